//! The call into C++: nothing unwinds past the guard. An exception becomes a pending error that keeps it, and an error
//! that a callback left behind is found after every call (contract *Errors*).

use crate::{Stubs, boxes, callback, run_error};
use engine::cppbox::{BoxType, CppBox};
use engine::fault::{self, Class, Res, Throwable, Thrown};
use engine::heap;
use engine::text::Text;
use engine::thread::Thread;
use engine::value::Value;
use questions::{CppType, Diagnostic, Trampoline};
use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

type Stub = unsafe extern "C" fn(*mut c_void, *const *mut u8, *mut u8);
type Init = unsafe extern "C" fn();
/// `T` of a generated converter: reads at the first, makes at the second.
pub(crate) type Convert = unsafe extern "C" fn(*const c_void, *mut c_void);
type Rethrow = unsafe extern "C-unwind" fn(*const c_void);
type Matcher = unsafe extern "C" fn(Rethrow, *const c_void, *mut c_void) -> *mut c_void;

unsafe extern "C" {
    fn rung_guard(stub: Stub, this: *mut c_void, args: *const *mut u8, ret: *mut u8, kept: *mut *mut c_void) -> i32;
    fn rung_guard_init(init: Init, kept: *mut *mut c_void) -> i32;
    fn rung_guard_convert(f: Convert, from: *const c_void, to: *mut c_void, kept: *mut *mut c_void) -> i32;
    fn rung_guard_handled(kept: *mut *mut c_void) -> i32;
    fn rung_kept_type(kept: *mut c_void, bytes: *mut usize) -> *const u8;
    fn rung_kept_what(kept: *mut c_void, bytes: *mut usize) -> *const u8;
    fn rung_kept_match(kept: *mut c_void, matcher: Matcher) -> *mut c_void;
    fn rung_kept_free(kept: *mut c_void);
}

/// Statuses of the guard (`cpp/guard.cpp`).
const EXCEPTION: i32 = 1;

/// # Safety
/// As for `CppHost::call`.
#[inline]
pub(crate) unsafe fn call(t: &Thread, stub: Trampoline, args: *const *mut u8, ret: *mut u8) -> Res<()> {
    // What C++ prints comes after what the language has printed.
    engine::print::flush_out();
    let mut kept = std::ptr::null_mut();
    // SAFETY: the caller's promise: the address is a trampoline's, `args` and `ret` are as it wants them.
    let status = unsafe {
        let stub = std::mem::transmute::<usize, Stub>(stub.address as usize);
        rung_guard(stub, std::ptr::null_mut(), args, ret, &mut kept)
    };
    if status == 0 && !t.is_pending() && !callback::some_left() { Ok(()) } else { after(t, status, kept) }
}

/// # Safety
/// `f` is a generated converter; `from` and `to` are as it wants them.
pub(crate) unsafe fn convert(t: &Thread, f: Convert, from: *const c_void, to: *mut c_void) -> Res<()> {
    let mut kept = std::ptr::null_mut();
    // SAFETY: the caller's promise.
    let status = unsafe { rung_guard_convert(f, from, to, &mut kept) };
    if status == 0 && !t.is_pending() { Ok(()) } else { after(t, status, kept) }
}

/// Static initialisers, in order; the first error ends it.
pub(crate) fn run_inits(inits: &[u64]) -> Res<()> {
    let t = Thread::current();
    engine::print::flush_out();
    for &init in inits {
        let mut kept = std::ptr::null_mut();
        // SAFETY: the Clang library's answer: the address of a `void()` function.
        let status = unsafe { rung_guard_init(std::mem::transmute::<usize, Init>(init as usize), &mut kept) };
        if status != 0 || t.is_pending() {
            return after(t, status, kept);
        }
    }
    Ok(())
}

/// The same for places that answer with a diagnostic.
pub(crate) fn run_inits_or_diagnostic(inits: &[u64]) -> Result<(), Diagnostic> {
    run_inits(inits).map_err(|_| {
        let error = Thread::current().take_pending();
        error.cast::<Throwable>().map_or_else(
            || run_error("cpp/exception", "a static initialiser failed"),
            |e| e.diagnostic().unwrap_or_else(|| run_error("cpp/exception", e.message_text())),
        )
    })
}

/// The exception that a handler of generated code is handling, as the pending error.
#[cold]
pub(crate) fn handled() -> Thrown {
    let mut kept = std::ptr::null_mut();
    // SAFETY: `CppHost::exception_caught` is called inside a handler.
    let status = unsafe { rung_guard_handled(&mut kept) };
    match after(Thread::current(), status, kept) {
        Err(e) => e,
        Ok(()) => fault::raise(Class::Cpp, "an unknown C++ exception"),
    }
}

/// What generated code calls C++ through.
#[cfg(all(target_arch = "x86_64", unix))]
pub(crate) fn direct_calls() -> Option<engine::host::DirectCalls> {
    unsafe extern "C" {
        fn rung_direct_integers();
        fn rung_direct_float();
        fn rung_direct_floats();
        fn rung_direct_mixed();
        fn rung_direct_trampoline();
    }
    Some(engine::host::DirectCalls {
        integers: rung_direct_integers as *const () as usize,
        float: rung_direct_float as *const () as usize,
        floats: rung_direct_floats as *const () as usize,
        mixed: rung_direct_mixed as *const () as usize,
        trampoline: rung_direct_trampoline as *const () as usize,
        left: &callback::LEFT,
    })
}
#[cfg(not(all(target_arch = "x86_64", unix)))]
pub(crate) fn direct_calls() -> Option<engine::host::DirectCalls> {
    None
}

/// Called by the guards of `direct_calls` with what they caught.
#[unsafe(no_mangle)]
extern "C" fn rung_left_by(status: i32, kept: *mut c_void) {
    // The error is pending from here on, or it was before.
    let _ = after(Thread::current(), status, kept);
}

/// An error that a callback left, in the thread or in its mailbox.
pub(crate) fn raise_left() -> Res<()> {
    let t = Thread::current();
    if !t.is_pending() && !callback::some_left() { Ok(()) } else { after(t, 0, std::ptr::null_mut()) }
}

/// Something is left to raise. An error of a callback came first, so it wins over what C++ made of it.
#[cold]
fn after(t: &Thread, status: i32, kept: *mut c_void) -> Res<()> {
    if t.is_pending() {
        if !kept.is_null() {
            // SAFETY: handed out by the guard just now, nobody else has it.
            unsafe { rung_kept_free(kept) };
        }
        return Err(fault::pending());
    }
    if status == EXCEPTION {
        return Err(raise_kept(kept));
    }
    match callback::take_left() {
        Some(error) => Err(fault::throw(error)),
        None => Ok(()),
    }
}

/// A kept exception as the pending error.
fn raise_kept(kept: *mut c_void) -> Thrown {
    fault::throw(throwable(kept))
}

/// Every so many exceptions the dead ones are let go, for their memory is C++'s and no collection is due to it.
const FREE_EVERY: u32 = 4096;
static THROWN: AtomicU32 = AtomicU32::new(0);

fn throwable(kept: *mut c_void) -> Value {
    if THROWN.fetch_add(1, Ordering::Relaxed) % FREE_EVERY == FREE_EVERY - 1 {
        heap::run_finalizers();
    }
    // SAFETY: `kept` is alive until its box's finalizer frees it; the texts are its own.
    let (name, what) = unsafe { (text(rung_kept_type, kept).unwrap_or_default(), text(rung_kept_what, kept)) };
    let message = match what {
        Some(what) => format!("{name}: {what}"),
        None => name,
    };
    let json = serde_json::to_string(&run_error("cpp/exception", &message)).unwrap_or_default();
    let native = CppBox::alloc(kept as u64, BoxType::intern(KEPT, "std::exception_ptr*", 0), 1);
    // SAFETY: the box is the only owner of what was kept.
    unsafe { heap::push_finalizer(native.value(), free_kept, std::ptr::null_mut()) };
    let (message, json) = (Text::value(&message), Text::value(&json));
    Throwable::alloc_full(Class::Cpp, message, Value::NIL, Value::NIL, json, native.value()).value()
}

const KEPT: &str = "std::exception_ptr";

unsafe extern "C" fn free_kept(object: *mut c_void, _: *mut c_void) {
    // SAFETY: libgc calls it once, with the box that `throwable` made.
    unsafe { rung_kept_free((*object.cast::<CppBox>()).address as *mut c_void) }
}

/// # Safety
/// `kept` is alive, `f` is one of the two getters.
unsafe fn text(f: unsafe extern "C" fn(*mut c_void, *mut usize) -> *const u8, kept: *mut c_void) -> Option<String> {
    let mut bytes = 0;
    // SAFETY: the caller's promise; the text lives as long as `kept`.
    unsafe {
        let p = f(kept, &mut bytes);
        (!p.is_null()).then(|| String::from_utf8_lossy(std::slice::from_raw_parts(p, bytes)).into_owned())
    }
}

/// `CppHost::catch_cpp`.
pub(crate) fn caught_as(host: &Stubs, error: Value, ty: &CppType) -> Option<u64> {
    if let Some(thrown) = error.cast::<CppBox>() {
        // `(throw native)`: the object itself, in its box.
        return boxes::object(host, &thrown, &ty.name, ty.version);
    }
    let native = error.cast::<Throwable>()?.native.cast::<CppBox>()?;
    if &*native.ty.pointee != KEPT {
        return None;
    }
    let matcher = host.generated.matcher(&host.session, ty)?;
    // SAFETY: a generated matcher; the box keeps the exception alive, and `error` the box.
    let found = unsafe {
        rung_kept_match(native.address as *mut c_void, std::mem::transmute::<usize, Matcher>(matcher as usize))
    };
    (!found.is_null()).then_some(found as u64)
}

/// Ends the object at `address` by its destructor's trampoline; an exception out of a destructor is dropped.
///
/// # Safety
/// `destroy` is a trampoline of `Callee::Destroy` for the object's type; the object is alive and nobody uses it again.
pub(crate) unsafe fn destroy(destroy: u64, address: u64) {
    let t = Thread::current();
    let held = t.take_pending();
    let args = [address as *mut u8];
    // SAFETY: the caller's promise.
    if unsafe { call(t, Trampoline { address: destroy }, args.as_ptr(), std::ptr::null_mut()) }.is_err() {
        t.take_pending();
    }
    t.pending.set(held);
}
