//! Where reading comes from: `*in*`, string readers, files; lines and single characters.

use super::writer::{flush_out, io_error};
use crate::fault::{self, Res};
use crate::heap::{self, Gc, Header, HeapType, TypeId};
use crate::space::special;
use crate::value::Value;
use parking_lot::Mutex;
use std::ffi::c_void;
use std::fs::File;
use std::io::{self, BufRead, Read};

/// What a reader has read ahead, and where more comes from.
pub struct Source {
    buffer: String,
    at: usize,
    more: Option<Box<dyn BufRead + Send>>,
    /// Lines taken so far: places of forms that are read.
    pub line: u32,
}

/// The heap object `java.io.Reader`.
#[repr(C)]
pub struct Reader {
    header: Header,
    source: &'static Mutex<Source>,
}
// SAFETY: repr(C), header first, no destructor (a finalizer frees the source).
unsafe impl HeapType for Reader {
    const TYPE: TypeId = TypeId::READER;
}

unsafe extern "C" fn drop_source(_: *mut c_void, source: *mut c_void) {
    // SAFETY: `data` is the box that `alloc` leaked; the reader that named it is dead.
    drop(unsafe { Box::from_raw(source.cast::<Mutex<Source>>()) });
}

impl Reader {
    fn alloc(buffer: String, more: Option<Box<dyn BufRead + Send>>) -> Gc<Reader> {
        let source: &'static Mutex<Source> = Box::leak(Box::new(Mutex::new(Source { buffer, at: 0, more, line: 1 })));
        let r = heap::new(Reader { header: Header::blank(), source });
        // SAFETY: the finalizer frees the box that was leaked for this object, once.
        unsafe { heap::push_finalizer(r.value(), drop_source, std::ptr::from_ref(source).cast_mut().cast()) };
        r
    }
    pub fn of_text(s: &str) -> Gc<Reader> {
        Reader::alloc(s.to_owned(), None)
    }
    pub fn of_file(f: File) -> Gc<Reader> {
        Reader::alloc(String::new(), Some(Box::new(io::BufReader::new(f))))
    }
    pub fn of_stdin() -> Gc<Reader> {
        Reader::alloc(String::new(), Some(Box::new(io::BufReader::new(io::stdin()))))
    }
    /// The next line without its end, `None` at the end of the input.
    pub fn line(&self) -> Res<Option<String>> {
        let mut source = self.source.lock();
        if !source.buffer[source.at..].contains('\n') {
            source.read_line()?;
        }
        let rest = &source.buffer[source.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let (line, taken) = match rest.find('\n') {
            Some(i) => (rest[..i].trim_end_matches('\r').to_owned(), i + 1),
            None => (rest.to_owned(), rest.len()),
        };
        source.at += taken;
        source.line += 1;
        Ok(Some(line))
    }
    /// The next character, `None` at the end.
    pub fn character(&self) -> Res<Option<char>> {
        let mut source = self.source.lock();
        if source.at == source.buffer.len() {
            source.read_line()?;
        }
        let c = source.buffer[source.at..].chars().next();
        source.at += c.map_or(0, char::len_utf8);
        Ok(c)
    }
    /// The line of the next character, from 1.
    pub fn line_number(&self) -> u32 {
        self.source.lock().line
    }
    /// Puts back what was taken last.
    pub fn unread(&self, c: char) {
        let mut source = self.source.lock();
        let at = source.at;
        if source.buffer[..at].ends_with(c) {
            source.at -= c.len_utf8();
        } else {
            source.buffer.insert(at, c);
        }
    }
    /// All that is left.
    pub fn rest(&self) -> Res<String> {
        let mut source = self.source.lock();
        let mut all = source.buffer[source.at..].to_owned();
        if let Some(more) = &mut source.more {
            more.read_to_string(&mut all).map_err(|e| io_error(&e))?;
        }
        source.buffer.clear();
        source.at = 0;
        Ok(all)
    }
    /// Shows `f` what is read ahead, line by line more, until it says how many bytes it takes (`Some`), or at the end
    /// what it makes of all of it; for reading forms. `f(text, line, complete)`.
    pub fn take_with<T>(&self, mut f: impl FnMut(&str, u32, bool) -> Option<(usize, T)>) -> Res<Option<T>> {
        loop {
            let mut source = self.source.lock();
            let before = source.buffer.len();
            let (text, line) = (source.buffer[source.at..].to_owned(), source.line);
            drop(source);
            if let Some((n, answer)) = f(&text, line, false) {
                self.advance(&text[..n]);
                return Ok(Some(answer));
            }
            source = self.source.lock();
            source.read_line()?;
            if source.buffer.len() == before {
                drop(source);
                return Ok(f(&text, line, true).map(|(n, answer)| {
                    self.advance(&text[..n]);
                    answer
                }));
            }
        }
    }
    fn advance(&self, taken: &str) {
        let mut source = self.source.lock();
        source.at += taken.len();
        source.line += taken.matches('\n').count() as u32;
    }
    pub fn close(&self) {
        let mut source = self.source.lock();
        (source.more, source.at) = (None, 0);
        source.buffer.clear();
    }
}

impl Source {
    fn read_line(&mut self) -> Res<()> {
        if self.at > 4096 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        flush_out();
        match &mut self.more {
            Some(more) => more.read_line(&mut self.buffer).map(|_| ()).map_err(|e| io_error(&e)),
            None => Ok(()),
        }
    }
}

pub fn stdin_reader() -> Value {
    Reader::of_stdin().value()
}

/// The reader that `*in*` holds.
pub fn input() -> Res<Gc<Reader>> {
    let v = special::IN.get();
    v.cast::<Reader>().ok_or_else(|| fault::class_cast(v, "java.io.Reader"))
}
