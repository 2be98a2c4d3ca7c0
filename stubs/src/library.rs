//! Finds and opens the one library that links LLVM, and speaks with it: a request and a response as JSON.

use crate::compile_error;
use parking_lot::Mutex;
use questions::{Diagnostic, Request, Response};
use std::ffi::{CStr, CString, c_void};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

const NAME: &str = "librung_clang.so";

/// Where the library is sought, in order; the environment variable alone where it is set.
fn places() -> Vec<PathBuf> {
    if let Some(path) = std::env::var_os("RUNG_CLANG_LIB").filter(|p| !p.is_empty()) {
        return vec![path.into()];
    }
    let exe = std::env::current_exe().and_then(|p| p.canonicalize()).unwrap_or_default();
    let beside = exe.parent().unwrap_or(Path::new("."));
    vec![beside.join(NAME), beside.join("deps").join(NAME), beside.join("../lib/rung").join(NAME)]
}

/// The library's path, or the places where it is not.
pub fn library_path() -> Result<PathBuf, Vec<PathBuf>> {
    let places = places();
    places.iter().find(|p| p.exists()).cloned().ok_or(places)
}

type Open = unsafe extern "C" fn() -> *mut c_void;
type Send = unsafe extern "C" fn(*mut c_void, *const u8, usize) -> *mut c_void;
type Receive = unsafe extern "C" fn(*mut c_void, *mut *const u8, *mut usize) -> i32;
type Close = unsafe extern "C" fn(*mut c_void);
type Finish = unsafe extern "C" fn(*mut c_void);

/// What `finish` calls: found without the session's lock, which a long compilation may hold.
static FINISH: Mutex<Option<(usize, Finish)>> = Mutex::new(None);

/// The process is about to end.
pub(crate) fn finish() {
    if let Some((handle, f)) = *FINISH.lock() {
        // SAFETY: the library takes its entry away before it closes the handle; the call waits for nothing.
        unsafe { f(handle as *mut c_void) }
    }
}

/// The library, open. One request at a time, which `&mut` says.
pub(crate) struct Library {
    handle: NonNull<c_void>,
    send: Send,
    receive: Receive,
    close: Close,
}

// SAFETY: the library's threads are its own business; a handle may be used from any thread, one at a time.
unsafe impl std::marker::Send for Library {}

/// A request under way. Its answer must be received.
pub(crate) struct Ticket(NonNull<c_void>);

// SAFETY: as for the library.
unsafe impl std::marker::Send for Ticket {}

impl Library {
    pub(crate) fn open() -> Result<Library, Diagnostic> {
        let path = library_path().map_err(|tried| {
            let d = missing(format!("{NAME}, the part of Rung that holds Clang, is not there"));
            tried.iter().fold(d, |d, p| d.note(format!("not found: {}", p.display())))
        })?;
        let dl = open_shared(&path.to_string_lossy(), libc::RTLD_NOW | libc::RTLD_LOCAL).map_err(|why| {
            missing(format!("{NAME}, the part of Rung that holds Clang, cannot be opened"))
                .note(format!("{}: {why}", path.display()))
        })?;
        let symbol = |name: &CStr| {
            // SAFETY: `dl` is an open library.
            NonNull::new(unsafe { libc::dlsym(dl.as_ptr(), name.as_ptr()) })
                .ok_or_else(|| missing(format!("{} has no {}", path.display(), name.to_string_lossy())))
        };
        // SAFETY: the library exports these names with these types (stubs/clang).
        let (open, send, receive, close, finish) = unsafe {
            (
                std::mem::transmute::<NonNull<c_void>, Open>(symbol(c"rung_clang_open")?),
                std::mem::transmute::<NonNull<c_void>, Send>(symbol(c"rung_clang_send")?),
                std::mem::transmute::<NonNull<c_void>, Receive>(symbol(c"rung_clang_receive")?),
                std::mem::transmute::<NonNull<c_void>, Close>(symbol(c"rung_clang_close")?),
                std::mem::transmute::<NonNull<c_void>, Finish>(symbol(c"rung_clang_finish")?),
            )
        };
        // SAFETY: no arguments; null says that it could not.
        match NonNull::new(unsafe { open() }) {
            Some(handle) => {
                *FINISH.lock() = Some((handle.as_ptr() as usize, finish));
                Ok(Library { handle, send, receive, close })
            }
            None => Err(missing(format!("{} could not start its compiler", path.display()))),
        }
    }

    pub(crate) fn request(&mut self, request: &Request) -> Result<Response, Diagnostic> {
        let ticket = self.send(request)?;
        self.receive(ticket)
    }

    /// Hands a request over; requests are answered in order.
    pub(crate) fn send(&mut self, request: &Request) -> Result<Ticket, Diagnostic> {
        let json = serde_json::to_vec(request).map_err(|e| fault(format!("a request has no JSON: {e}")))?;
        // SAFETY: the handle is open; the bytes are copied.
        let ticket = unsafe { (self.send)(self.handle.as_ptr(), json.as_ptr(), json.len()) };
        NonNull::new(ticket).map(Ticket).ok_or_else(|| fault("the C++ compiler's thread is gone".into()))
    }

    /// Waits for the answer.
    pub(crate) fn receive(&mut self, ticket: Ticket) -> Result<Response, Diagnostic> {
        let (mut reply, mut bytes) = (std::ptr::null(), 0);
        // SAFETY: the ticket came from `send` and is given back here; the reply is valid until this thread receives the next
        // one, and it is read before that.
        let text = unsafe {
            let status = (self.receive)(ticket.0.as_ptr(), &mut reply, &mut bytes);
            if reply.is_null() {
                return Err(fault(format!("the C++ compiler's library answered {status} and nothing else")));
            }
            std::slice::from_raw_parts(reply, bytes)
        };
        Response::read(text).map_err(|e| fault(format!("the C++ compiler's answer cannot be read: {e}")))
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let mut finish = FINISH.lock();
        if finish.is_some_and(|(handle, _)| handle == self.handle.as_ptr() as usize) {
            *finish = None;
        }
        drop(finish);
        // SAFETY: opened once, closed once. The library itself stays mapped: code that it made may still run.
        unsafe { (self.close)(self.handle.as_ptr()) }
    }
}

fn missing(message: String) -> Diagnostic {
    compile_error("cpp/unavailable", message).help(
        "C++ needs librung_clang.so and LLVM/Clang 19: `make setup` installs what is missing, RUNG_CLANG_LIB names another place",
    )
}

fn fault(message: String) -> Diagnostic {
    compile_error("cpp/limit", message).help("this is a fault of Rung's: please report it")
}

/// Opens a shared library for good; the text is the linker's own.
pub(crate) fn open_shared(path: &str, flags: i32) -> Result<NonNull<c_void>, String> {
    let Ok(name) = CString::new(path) else { return Err("a path cannot hold a zero byte".into()) };
    // SAFETY: a zero-ended path. Initialisers of the library run: that is what opening it means.
    let handle = unsafe { libc::dlopen(name.as_ptr(), flags) };
    NonNull::new(handle).ok_or_else(|| {
        // SAFETY: after a failure `dlerror` gives a text of this thread, or null.
        let text = unsafe { libc::dlerror() };
        if text.is_null() {
            return "cannot be opened".into();
        }
        // SAFETY: not null, zero-ended.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    })
}
