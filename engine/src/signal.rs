//! Signals: the one file that owns handlers and alternate stacks. Ctrl-C asks the running evaluation to stop, a crash in
//! C++ prints the Lisp functions on the stack before the process ends, a closed pipe ends quietly.
//!
//! The collector's two real-time signals are its own (`heap/collector.rs`). Clang's crash recovery puts its handlers over
//! ours when its library is opened and passes on what did not happen inside Clang; [`share`] makes it use our stacks.

use crate::code::Function;
use crate::heap;
use crate::thread::{self, Request, Thread};
use crate::value::Value;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

const CRASHES: [(c_int, &str); 5] = [
    (libc::SIGSEGV, "SIGSEGV: an address that is not the program's"),
    (libc::SIGBUS, "SIGBUS: an address that cannot be used"),
    (libc::SIGILL, "SIGILL: no instruction"),
    (libc::SIGFPE, "SIGFPE: an integer division without a result"),
    (libc::SIGABRT, "SIGABRT: abort() was called"),
];
const ALTERNATE_BYTES: usize = 64 << 10;
/// Words of the native stack that a crash report looks at, and functions that it names.
const SCANNED_WORDS: usize = 1 << 16;
const NAMED_FUNCTIONS: usize = 40;

/// The thread whose evaluation Ctrl-C interrupts; null: nothing runs, and Ctrl-C ends the process.
static WATCHED: AtomicPtr<Thread> = AtomicPtr::new(ptr::null_mut());
/// How often Ctrl-C came since the evaluation began.
static PRESSED: AtomicU32 = AtomicU32::new(0);
static REPORTING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static STACK_TOP: Cell<usize> = const { Cell::new(0) };
}

/// Installs every handler. Once, at the start, before any library is opened.
pub fn install() {
    for (signal, _) in CRASHES {
        handle(signal, crash as *const () as usize, libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER);
    }
    // No SA_RESTART: a blocking read or a sleep ends early and whoever waits can look up.
    handle(libc::SIGINT, interrupt as *const () as usize, libc::SA_ONSTACK);
    handle(libc::SIGPIPE, closed_pipe as *const () as usize, libc::SA_ONSTACK | libc::SA_RESTART);
}

fn handle(signal: c_int, handler: usize, flags: c_int) {
    // SAFETY: the handlers call only what is safe in a signal handler; the struct is zeroed, then filled.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(signal, &action, ptr::null_mut());
    }
}

/// Gives the calling thread a stack for handlers, so that an overflow of its own can be reported.
pub fn guard_thread() {
    // SAFETY: a fresh mapping that is never given back; the attribute object is initialised by the first call and
    // destroyed by the last.
    unsafe {
        let stack = libc::mmap(
            ptr::null_mut(),
            ALTERNATE_BYTES,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if stack != libc::MAP_FAILED {
            let alternate = libc::stack_t { ss_sp: stack, ss_flags: 0, ss_size: ALTERNATE_BYTES };
            libc::sigaltstack(&alternate, ptr::null_mut());
        }
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        let (mut low, mut size) = (ptr::null_mut(), 0);
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) == 0 {
            libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
            libc::pthread_attr_destroy(&mut attributes);
            STACK_TOP.set(low as usize + size);
        }
    }
}

/// Makes handlers that a library installed over ours run on the threads' alternate stacks too.
pub fn share() {
    for (signal, _) in CRASHES {
        // SAFETY: reads the action and puts it back with one flag more.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, ptr::null(), &mut action) == 0 && action.sa_flags & libc::SA_ONSTACK == 0 {
                action.sa_flags |= libc::SA_ONSTACK;
                libc::sigaction(signal, &action, ptr::null_mut());
            }
        }
    }
}

/// While it lives, Ctrl-C interrupts this thread's evaluation.
pub struct Watch(*mut Thread);

pub fn watch() -> Watch {
    let t: *const Thread = Thread::current();
    PRESSED.store(0, Ordering::Release);
    Watch(WATCHED.swap(t.cast_mut(), Ordering::AcqRel))
}

impl Watch {
    /// Did Ctrl-C come during this evaluation?
    pub fn interrupted(&self) -> bool {
        PRESSED.load(Ordering::Acquire) > 0
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHED.store(self.0, Ordering::Release);
        // A request that came too late for the evaluation it was meant for must not hit the next one.
        Thread::current().forget(Request::Interrupt);
    }
}

extern "C" fn interrupt(_: c_int) {
    let t = WATCHED.load(Ordering::Acquire);
    if t.is_null() {
        end(130);
    }
    // SAFETY: blocks of threads are never freed.
    let t = unsafe { &*t };
    let again = t.requests(Request::Interrupt);
    PRESSED.fetch_add(1, Ordering::AcqRel);
    if !again {
        t.request(Request::Interrupt);
        UNHEARD.store(0, Ordering::Release);
    } else if UNHEARD.fetch_add(1, Ordering::AcqRel) == 0 {
        say("\nrung: code inside a C++ library is running, which is not interruptible; ");
        say("the evaluation stops when it returns. Ctrl-C once more ends the process.\n");
    } else {
        end(130);
    }
}

/// How often Ctrl-C came while the request before it was not heard yet.
static UNHEARD: AtomicU32 = AtomicU32::new(0);

/// A write to a pipe that nobody reads. Standard output's: the end. Another's (a socket): the write's error says it.
extern "C" fn closed_pipe(_: c_int) {
    let mut out = libc::pollfd { fd: 1, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one entry; `poll` is safe in a handler.
    let n = unsafe { libc::poll(&mut out, 1, 0) };
    if n == 1 && out.revents & libc::POLLERR != 0 {
        end(0);
    }
}

extern "C" fn crash(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if REPORTING.swap(true, Ordering::AcqRel) {
        end(2);
    }
    let name = CRASHES.iter().find(|c| c.0 == signal).map_or("a signal", |c| c.1);
    say("\nrun run/crash: the process was stopped by ");
    say(name);
    if signal == libc::SIGSEGV && !info.is_null() {
        say(", ");
        // SAFETY: the kernel's record of this signal.
        say_hex(unsafe { (*info).si_addr() } as usize);
    }
    say("\n");
    let t = thread::current_ptr();
    if t.is_null() {
        say("  in a thread that runs no Clojure code\n");
    } else {
        // SAFETY: the context that the kernel passed.
        name_functions(unsafe { stack_pointer_in(context) });
    }
    say("  A crash inside C++ cannot be caught. For more: rung explain run/crash\n");
    end(1)
}

/// Names the functions whose objects lie on the stack between `low` and the stack's top, innermost first. Conservative, as
/// the collector is: an argument that is a function is named too.
fn name_functions(low: usize) {
    let top = STACK_TOP.get();
    let low = low.next_multiple_of(8);
    if top == 0 || low >= top || low == 0 {
        return;
    }
    let words = ((top - low) / 8).min(SCANNED_WORDS);
    let (mut last, mut named) = (ptr::null(), 0);
    for i in 0..words {
        // SAFETY: between the stack pointer and the top of the thread's own stack.
        let word = Value::from_bits(unsafe { ptr::read_volatile((low as *const u64).add(i)) });
        if !word.is_pointer() || word.address() == 0 || !heap::is_live(word.address()) {
            continue;
        }
        let Some(f) = word.cast::<Function>() else { continue };
        // A dead object's words may look like a function's.
        if ptr::eq(f.code, last) || !f.code.is_registered() {
            continue;
        }
        last = f.code;
        say(if named == 0 { "  Clojure functions on the stack, innermost first:\n    " } else { "    " });
        say(&f.code.name);
        say("\n");
        named += 1;
        if named == NAMED_FUNCTIONS {
            say("    …\n");
            break;
        }
    }
}

/// # Safety
/// `context` is what the kernel passed to a handler with SA_SIGINFO.
unsafe fn stack_pointer_in(context: *mut c_void) -> usize {
    if context.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    return machine.gregs[libc::REG_RSP as usize] as usize;
    #[cfg(target_arch = "aarch64")]
    return machine.sp as usize;
}

fn say(text: &str) {
    // SAFETY: `write` is safe in a handler.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}

fn say_hex(n: usize) {
    let digits: [u8; 16] = std::array::from_fn(|i| b"0123456789abcdef"[n >> (60 - 4 * i) & 15]);
    let skip = digits.iter().take(15).take_while(|d| **d == b'0').count();
    say("0x");
    say(std::str::from_utf8(&digits[skip..]).unwrap_or("?"));
}

/// Ends the process: C's streams are written out; what compile threads do is not waited for, and no library's destructors
/// run under their feet.
pub fn leave(status: i32) -> ! {
    // SAFETY: no thread of ours holds a stream's lock for long.
    unsafe { libc::fflush(ptr::null_mut()) };
    end(status)
}

fn end(status: c_int) -> ! {
    // SAFETY: safe in a handler; runs no destructors.
    unsafe { libc::_exit(status) }
}
