//! The Clang thread: hand-over of requests, and the C functions of the C++ half.

use crate::shapes::Shapes;
use parking_lot::Mutex;
use std::ffi::{CString, c_char, c_void};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Templates recurse; Clang's own guard against a small stack is to start threads, which this saves.
const STACK: usize = 256 << 20;

/// After this long without a request the thread may do what is for later.
const IDLE: Duration = Duration::from_millis(300);

/// How often a thread that waits looks whether its request takes more than it may.
const LOOK: Duration = Duration::from_millis(50);

unsafe extern "C" {
    fn rung_cpp_create() -> *mut c_void;
    fn rung_cpp_request(library: *mut c_void, json: *const c_char, length: usize, take: Take, to: *mut c_void);
    fn rung_cpp_idle(library: *mut c_void);
    fn rung_cpp_finish(library: *mut c_void);
    fn rung_cpp_look();
    fn rung_cpp_link(
        library: *mut c_void,
        bytes: *const c_char,
        length: usize,
        name: *const c_char,
        symbols: *const *const c_char,
        count: usize,
        addresses: *mut u64,
        take: Take,
        to: *mut c_void,
    ) -> i32;
}

type Take = unsafe extern "C" fn(*mut c_void, *const c_char, usize);

/// # Safety
/// `to` is a `Vec<u8>`, `text` points to `length` bytes.
unsafe extern "C" fn take_bytes(to: *mut c_void, text: *const c_char, length: usize) {
    // SAFETY: the caller's contract, above.
    unsafe { (*to.cast::<Vec<u8>>()).extend_from_slice(std::slice::from_raw_parts(text.cast(), length)) }
}

/// The C++ half. It lives on the Clang thread and is never destroyed: what it linked may still run.
pub(crate) struct Core(*mut c_void);

// SAFETY: all but `rung_cpp_finish`, which any thread may call, is called on the Clang thread only.
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

impl Core {
    fn new() -> Core {
        // SAFETY: no precondition.
        Core(unsafe { rung_cpp_create() })
    }

    fn request(&self, json: &[u8]) -> Vec<u8> {
        let mut reply = Vec::new();
        // SAFETY: the core is alive; the reply buffer outlives the call.
        unsafe {
            rung_cpp_request(self.0, json.as_ptr().cast(), json.len(), take_bytes, (&raw mut reply).cast());
        }
        reply
    }

    fn idle(&self) {
        // SAFETY: the core is alive, and this is its thread.
        unsafe { rung_cpp_idle(self.0) }
    }

    /// Links an object from elsewhere and gives the addresses of `symbols`.
    pub(crate) fn link(&self, object: &[u8], name: &str, symbols: &[String]) -> Result<Vec<u64>, String> {
        let c_string = |s: &str| CString::new(s).map_err(|_| "a NUL in a symbol".to_owned());
        let name = c_string(name)?;
        let names = symbols.iter().map(|s| c_string(s)).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<_> = names.iter().map(|s| s.as_ptr()).collect();
        let mut addresses = vec![0u64; symbols.len()];
        let mut error = Vec::<u8>::new();
        // SAFETY: every pointer is into a local that outlives the call; counts match.
        let status = unsafe {
            rung_cpp_link(
                self.0,
                object.as_ptr().cast(),
                object.len(),
                name.as_ptr(),
                pointers.as_ptr(),
                pointers.len(),
                addresses.as_mut_ptr(),
                take_bytes,
                (&raw mut error).cast(),
            )
        };
        if status == 0 { Ok(addresses) } else { Err(String::from_utf8_lossy(&error).into_owned()) }
    }
}

struct Job {
    request: Vec<u8>,
    reply: Sender<Vec<u8>>,
}

/// So long a thread looks for what is about to arrive before it sleeps: being woken costs as much as several answers.
const AWAKE: Duration = Duration::from_micros(1500);
const BRIEFLY: Duration = Duration::from_micros(200);

/// What arrives while this thread is still awake. It gives way to any other that can run.
fn soon<T>(from: &Receiver<T>, patience: Duration) -> Option<T> {
    let start = Instant::now();
    loop {
        match from.try_recv() {
            Ok(one) => return Some(one),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if start.elapsed() > patience => return None,
            Err(TryRecvError::Empty) => std::thread::yield_now(),
        }
    }
}

/// Where the reply to a request arrives.
pub struct Ticket {
    reply: Receiver<Vec<u8>>,
    /// It is answered in less time than a sleep takes.
    quick: bool,
}

/// Waits for the reply, and looks meanwhile whether the request takes more than it may. None when the thread is gone.
pub fn wait(ticket: &Ticket) -> Option<Vec<u8>> {
    if ticket.quick {
        if let Some(reply) = soon(&ticket.reply, AWAKE) {
            return Some(reply);
        }
    }
    loop {
        match ticket.reply.recv_timeout(LOOK) {
            Ok(reply) => return Some(reply),
            Err(RecvTimeoutError::Disconnected) => return None,
            // SAFETY: no precondition.
            Err(RecvTimeoutError::Timeout) => unsafe { rung_cpp_look() },
        }
    }
}

/// A handle on the Clang thread; requests of several threads are answered one at a time, in order.
pub struct Library {
    core: Arc<OnceLock<Core>>,
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Library {
    pub fn new() -> Option<Library> {
        let (jobs, inbox) = channel();
        let core = Arc::new(OnceLock::new());
        let serving = Arc::clone(&core);
        let serve = move || serve(serving.get_or_init(Core::new), &inbox);
        let thread = std::thread::Builder::new().name("clang".into()).stack_size(STACK).spawn(serve).ok()?;
        Some(Library { core, jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// The reply to a request, both JSON. None when the thread is gone.
    pub fn request(&self, request: Vec<u8>) -> Option<Vec<u8>> {
        wait(&self.send(request)?)
    }

    /// Hands a request over. None when the thread is gone.
    pub fn send(&self, request: Vec<u8>) -> Option<Ticket> {
        let (to, reply) = channel();
        let quick = QUICK.iter().any(|start| request.starts_with(start));
        self.jobs.lock().as_ref()?.send(Job { request, reply: to }).ok()?;
        Some(Ticket { reply, quick })
    }

    /// The process ends: what is for the next one begins to be done. Waits for nothing, whatever the thread is at.
    pub fn finish(&self) {
        if let Some(core) = self.core.get() {
            // SAFETY: the core is never destroyed, and this may be called from any thread.
            unsafe { rung_cpp_finish(core.0) }
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        *self.jobs.lock() = None;
        if let Some(thread) = self.thread.lock().take() {
            let _ = thread.join();
        }
    }
}

const RAW: &[u8] = b"{\"op\":\"raw\"";
const LATER: &[u8] = b"{\"op\":\"later\"}";
const ASK: &[u8] = b"{\"op\":\"ask\"";
const QUICK: [&[u8]; 3] = [ASK, b"{\"op\":\"provide\"", b"{\"op\":\"lookup\""];
const PREPARE: &[u8] = b"{\"op\":\"prepare\"}";

fn serve(core: &Core, inbox: &Receiver<Job>) {
    let mut shapes = Shapes::default();
    let mut waiting = None;
    let mut awake = false;
    loop {
        // Headers are precompiled when nobody waits.
        let next = waiting.take().or_else(|| if awake { soon(inbox, BRIEFLY) } else { None });
        let job = match next.map_or_else(|| inbox.recv_timeout(IDLE), Ok) {
            Ok(job) => job,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                core.idle();
                match inbox.recv() {
                    Ok(job) => job,
                    Err(_) => break,
                }
            }
        };
        let reply = match shapes.answer(core, &job.request) {
            Some(reply) => reply,
            None => core.request(&job.request),
        };
        let _ = job.reply.send(reply);
        // What follows is done while nobody waits, and the next request finds it done.
        waiting = inbox.try_recv().ok();
        awake = job.request.starts_with(ASK);
        if job.request.starts_with(RAW) {
            core.request(LATER);
        } else if waiting.is_none() && awake {
            core.request(PREPARE);
        }
    }
}
