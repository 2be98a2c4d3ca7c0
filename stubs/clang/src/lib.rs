//! The one library that links LLVM and Clang. The main binary opens it with `dlopen` at the first C++ need and talks to it
//! through four C functions; requests and replies are `questions::Request` and `questions::Response` as JSON.
//!
//! Clang runs on a thread of this library's own with a large stack; a caller blocks until its reply is there. The session
//! itself is C++ (`cpp/`, a file a concept); Rust holds the thread and, through inkwell, compiles recipes.

mod shapes;
mod worker;

use std::cell::RefCell;
use std::slice;

pub use worker::{Library, Ticket};

thread_local! {
    /// The last reply to a request of this thread: valid until its next one.
    static REPLY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Starts the Clang thread. Null when the system gives no thread.
#[unsafe(no_mangle)]
pub extern "C" fn rung_clang_open() -> *mut Library {
    Library::new().map_or(std::ptr::null_mut(), |library| Box::into_raw(Box::new(library)))
}

/// Hands a request over; requests are answered in order. Null: the Clang thread is gone. Anything else must be received.
///
/// # Safety
/// `library` comes from `rung_clang_open` and is not closed; `json_ptr` points to `json_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rung_clang_send(library: *mut Library, json_ptr: *const u8, json_len: usize) -> *mut Ticket {
    // SAFETY: the caller's contract, above.
    let (library, json) = unsafe { (&*library, slice::from_raw_parts(json_ptr, json_len)) };
    library.send(json.to_vec()).map_or(std::ptr::null_mut(), |ticket| Box::into_raw(Box::new(ticket)))
}

/// Waits for the answer. 0: the reply is at `*out_ptr`, valid until the calling thread receives the next one. 1: the Clang
/// thread is gone.
///
/// # Safety
/// `ticket` comes from `rung_clang_send` and is used no more; the out pointers are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rung_clang_receive(ticket: *mut Ticket, out_ptr: *mut *const u8, out_len: *mut usize) -> i32 {
    // SAFETY: the caller's contract, above.
    let ticket = unsafe { Box::from_raw(ticket) };
    let Some(reply) = worker::wait(&ticket) else { return 1 };
    REPLY.with_borrow_mut(|kept| {
        *kept = reply;
        // SAFETY: the caller's contract, above.
        unsafe {
            *out_ptr = kept.as_ptr();
            *out_len = kept.len();
        }
    });
    0
}

/// The process is about to end: starts what the next one gains from, without waiting for it or for the Clang thread.
///
/// # Safety
/// `library` comes from `rung_clang_open` and is not closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rung_clang_finish(library: *mut Library) {
    // SAFETY: the caller's contract, above.
    unsafe { &*library }.finish();
}

/// Ends the Clang thread. Code that was linked stays mapped: threads and exit handlers may still run it.
///
/// # Safety
/// `library` comes from `rung_clang_open` and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rung_clang_close(library: *mut Library) {
    if !library.is_null() {
        // SAFETY: the caller's contract, above.
        drop(unsafe { Box::from_raw(library) });
    }
}
