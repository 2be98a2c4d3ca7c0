//! Where printing goes: `java.io.Writer` as programs see it. Standard output is buffered here and flushed before every
//! call into C++, so that C stdio, std::cout and `*out*` appear in program order.

use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, Header, HeapType, TypeId};
use crate::space::special;
use crate::text::Text;
use crate::value::Value;
use parking_lot::Mutex;
use std::ffi::c_void;
use std::fs::File;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of standard output that are held back at most.
const OUT_BUFFER: usize = 16 << 10;

/// What stands behind a writer.
pub enum Sink {
    Stdout,
    Stderr,
    Text(String),
    File(io::BufWriter<File>),
    /// An embedder's, nREPL's: told every piece.
    Call(Box<dyn FnMut(&str) + Send>),
    /// Laid out in lines when it is complete.
    Pretty(super::pretty::Pretty),
    Closed,
}

/// The heap object; what it stands for is off the heap and goes when it dies.
#[repr(C)]
pub struct Writer {
    header: Header,
    sink: &'static Mutex<Sink>,
}
// SAFETY: repr(C), header first, no destructor (a finalizer frees the sink).
unsafe impl HeapType for Writer {
    const TYPE: TypeId = TypeId::PRINT_WRITER;
}

unsafe extern "C" fn drop_sink(_: *mut c_void, sink: *mut c_void) {
    // SAFETY: `data` is the box that `Writer::alloc` leaked; the writer that named it is dead.
    drop(unsafe { Box::from_raw(sink.cast::<Mutex<Sink>>()) });
}

impl Writer {
    pub fn alloc(sink: Sink) -> Gc<Writer> {
        let sink: &'static Mutex<Sink> = Box::leak(Box::new(Mutex::new(sink)));
        let w = heap::new(Writer { header: Header::blank(), sink });
        // SAFETY: the finalizer frees the box that was leaked for this object, once.
        unsafe { heap::push_finalizer(w.value(), drop_sink, std::ptr::from_ref(sink).cast_mut().cast()) };
        w
    }
    /// # Errors
    /// IOException: the file or standard output does not take it, or the writer is closed.
    pub fn write(&self, s: &str) -> Res<()> {
        let done = match &mut *self.sink.lock() {
            Sink::Stdout => write_out(s.as_bytes()),
            Sink::Stderr => {
                let _ = flush_stdout();
                io::stderr().lock().write_all(s.as_bytes())
            }
            Sink::Text(text) => {
                text.push_str(s);
                Ok(())
            }
            Sink::File(f) => f.write_all(s.as_bytes()),
            Sink::Call(f) => {
                f(s);
                Ok(())
            }
            Sink::Pretty(p) => {
                p.text(s);
                Ok(())
            }
            Sink::Closed => Err(io::Error::other("Stream closed")),
        };
        done.map_err(|e| io_error(&e))
    }
    pub fn flush(&self) -> Res<()> {
        let done = match &mut *self.sink.lock() {
            Sink::Stdout => flush_stdout(),
            Sink::File(f) => f.flush(),
            _ => Ok(()),
        };
        done.map_err(|e| io_error(&e))
    }
    pub fn close(&self) -> Res<()> {
        self.flush()?;
        let mut sink = self.sink.lock();
        if matches!(*sink, Sink::File(_)) {
            *sink = Sink::Closed;
        }
        Ok(())
    }
    /// What the pretty printer is told; nothing where the writer is none.
    pub fn pretty<T>(&self, f: impl FnOnce(&mut super::pretty::Pretty) -> T) -> Option<T> {
        match &mut *self.sink.lock() {
            Sink::Pretty(p) => Some(f(p)),
            _ => None,
        }
    }
    /// What a pretty printer's writer was told, taken.
    pub fn take_pretty(&self) -> Option<super::pretty::Pretty> {
        let mut sink = self.sink.lock();
        match std::mem::replace(&mut *sink, Sink::Closed) {
            Sink::Pretty(p) => Some(p),
            other => {
                *sink = other;
                None
            }
        }
    }
    /// Puts other text in the place of what a string writer holds.
    pub fn set_text(&self, s: String) {
        if let Sink::Text(text) = &mut *self.sink.lock() {
            *text = s;
        }
    }
    /// What a string writer holds; `None` for others.
    pub fn text(&self) -> Option<String> {
        match &*self.sink.lock() {
            Sink::Text(s) => Some(s.clone()),
            _ => None,
        }
    }
}

/// An exception for what the system said.
#[cold]
pub fn io_error(e: &io::Error) -> fault::Thrown {
    fault::raise(Class::Io, e.to_string())
}

static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// Something waits in `BUFFER`.
static WAITING: AtomicBool = AtomicBool::new(false);
static CLOSED_PIPE: AtomicBool = AtomicBool::new(false);

/// Compiled code calls C++ without asking us: what the language prints goes into C's own buffer then, behind what C++ printed.
static THROUGH_C: AtomicBool = AtomicBool::new(false);

/// From now on standard output is C's.
pub fn share_with_c() {
    if !THROUGH_C.swap(true, Ordering::AcqRel) {
        flush_out();
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut buffer = BUFFER.lock();
    if THROUGH_C.load(Ordering::Acquire) {
        drain_held(&mut buffer)?;
        WAITING.store(true, Ordering::Release);
        // SAFETY: C's own standard output; as many bytes as said.
        let n = unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), stdout) };
        return if n == bytes.len() { Ok(()) } else { drain(&mut buffer) };
    }
    WAITING.store(true, Ordering::Release);
    buffer.extend_from_slice(bytes);
    if buffer.len() >= OUT_BUFFER { drain(&mut buffer) } else { Ok(()) }
}

unsafe extern "C" {
    static stdout: *mut libc::FILE;
}

/// What was held back before standard output became C's.
fn drain_held(buffer: &mut Vec<u8>) -> io::Result<()> {
    if buffer.is_empty() { Ok(()) } else { drain(buffer) }
}

fn drain(buffer: &mut Vec<u8>) -> io::Result<()> {
    // What C holds back was printed before: our buffer is empty whenever C++ is called.
    // SAFETY: C's own standard output.
    let flushed = unsafe { libc::fflush(stdout) };
    let mut rest: &[u8] = buffer;
    let mut done = Ok(());
    if flushed != 0 && THROUGH_C.load(Ordering::Acquire) {
        let e = io::Error::last_os_error();
        if e.kind() == io::ErrorKind::BrokenPipe {
            CLOSED_PIPE.store(true, Ordering::Release);
        }
        done = Err(e);
    }
    while !rest.is_empty() {
        // SAFETY: the buffer is alive and as long as said.
        let n = unsafe { libc::write(1, rest.as_ptr().cast(), rest.len()) };
        if n >= 0 {
            rest = &rest[n as usize..];
            continue;
        }
        let e = io::Error::last_os_error();
        if e.kind() == io::ErrorKind::Interrupted {
            continue;
        }
        if e.kind() == io::ErrorKind::BrokenPipe {
            CLOSED_PIPE.store(true, Ordering::Release);
        }
        done = Err(e);
        break;
    }
    buffer.clear();
    WAITING.store(false, Ordering::Release);
    done
}

fn flush_stdout() -> io::Result<()> {
    if WAITING.load(Ordering::Acquire) { drain(&mut BUFFER.lock()) } else { Ok(()) }
}

/// Writes what standard output holds back. Called before every call into C++ that may print, before waiting for input,
/// and at the end; costs one load where nothing waits.
#[inline]
pub fn flush_out() {
    if WAITING.load(Ordering::Acquire) {
        let _ = drain(&mut BUFFER.lock());
    }
}

/// Not 0 while something waits for `flush_out`: for code that calls C++ itself.
pub fn waiting() -> &'static AtomicBool {
    &WAITING
}

/// Standard output's reader went away: the program ends quietly.
pub fn pipe_closed() -> bool {
    CLOSED_PIPE.load(Ordering::Acquire)
}

fn is_terminal() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    // SAFETY: asks about a descriptor.
    *ANSWER.get_or_init(|| unsafe { libc::isatty(1) == 1 })
}

pub fn stdout_writer() -> Value {
    Writer::alloc(Sink::Stdout).value()
}
pub fn stderr_writer() -> Value {
    Writer::alloc(Sink::Stderr).value()
}
pub fn string_writer() -> Gc<Writer> {
    Writer::alloc(Sink::Text(String::new()))
}

/// The writer that `*out*` holds.
pub fn out() -> Res<Gc<Writer>> {
    let v = special::OUT.get();
    v.cast::<Writer>().ok_or_else(|| fault::class_cast(v, "java.io.Writer"))
}

/// A line is complete: terminals, files and string writers see it now, a pipe when the buffer is full.
pub fn end_line(w: Gc<Writer>) -> Res<()> {
    if special::FLUSH_ON_NEWLINE.get().truthy() && (!matches!(*w.sink.lock(), Sink::Stdout) || is_terminal()) {
        return w.flush();
    }
    Ok(())
}

/// `(str w)` of a string writer.
pub fn contents(w: Gc<Writer>) -> Value {
    w.text().map_or(Value::NIL, |s| Text::value(&s))
}
