//! Clojure functions as C++ callables. A `std::function` holds a share of its [`Callback`]; a plain function pointer is
//! one of a pool of functions generated for its signature (`callback/signature.rs`), each with a place for the callback
//! that it calls.
//!
//! C++ may keep a function pointer for ever, so its place is never given back; the same function (same code, same
//! captures) finds its place again, so a loop that passes `(fn [a b] …)` to `qsort` uses one. A signature has
//! [`MOST_FUNCTIONS`] places; a program that needs more passes ever new closures, and is told so.
//!
//! A thread that is inside already runs the function without asking here (`rung/callback.hpp`): a [`Callback`] begins with
//! what that needs. What is below answers for everything else.
//!
//! An error in a `std::function` is thrown as `rung::error`. One in a plain function is left for the outer call: in the
//! thread, or, where C++ called from a thread of its own, in the mailbox of the thread that made the callback.

mod signature;

pub(crate) use signature::{Signature, hot};

use crate::{Stubs, boxes, convert, guard};
use engine::code::{Code, Function, MAX_DIRECT};
use engine::cppbox::CppBox;
use engine::fault::{self, Class, Res, Thrown};
use engine::heap::{Gc, Root};
use engine::table::HashMap;
use engine::thread::{self, Thread};
use engine::value::Value;
use parking_lot::Mutex;
use questions::{CppType, Diagnostic, TypeKind};
use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// What C++ holds of a function, shared by its copies. Its first two fields are `callback_head` of `rung/callback.hpp`.
#[repr(C)]
pub(crate) struct Callback {
    cell: *const Value,
    /// Bit n: it is a function object that takes n arguments, at most 6.
    accepts: u64,
    function: Root,
    /// What a returned pointer points into.
    keep: OnceLock<Root>,
    mailbox: Mutex<Arc<Mailbox>>,
}

// SAFETY: `cell` is the place in `function`, which is read as a whole word from any thread.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

/// Errors that C++ threads left for the thread that made the callback.
#[derive(Default)]
struct Mailbox(Mutex<Vec<Root>>);

/// Errors in all mailboxes: the guard looks further only where there is one.
pub(crate) static LEFT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static MAILBOX: Arc<Mailbox> = Arc::default();
    /// The thread is C++'s own: it came to the language through a callback.
    static FOREIGN: Cell<bool> = const { Cell::new(false) };
}

#[inline(always)]
pub(crate) fn some_left() -> bool {
    LEFT.load(Ordering::Relaxed) != 0
}

/// The first error that was left for this thread.
pub(crate) fn take_left() -> Option<Value> {
    let mailbox = MAILBOX.try_with(Arc::clone).ok()?;
    let mut errors = mailbox.0.lock();
    if errors.is_empty() {
        return None;
    }
    LEFT.fetch_sub(errors.len(), Ordering::Relaxed);
    let first = errors.first().map(Root::get);
    errors.clear();
    first
}

impl Callback {
    fn new(f: Value) -> Arc<Callback> {
        let mailbox = MAILBOX.try_with(Arc::clone).unwrap_or_default();
        let function = Root::new(f);
        let takes = |code: &Code| (0..=MAX_DIRECT).filter(|&n| code.accepts(n)).fold(0, |all, n| all | 1 << n);
        let accepts = f.cast::<Function>().map_or(0, |f| takes(f.code));
        Arc::new(Callback {
            cell: function.cell(),
            accepts,
            function,
            keep: OnceLock::new(),
            mailbox: Mutex::new(mailbox),
        })
    }
}

/// `CppHost::callback`.
///
/// # Safety
/// As there.
pub(crate) unsafe fn callback(host: &Stubs, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    if v.is_nil() && ty.kind == TypeKind::Class {
        // SAFETY: the caller's promise.
        return unsafe { object(host, v, ty, storage) };
    }
    if v.cast::<CppBox>().is_some() || v.is_nil() {
        // SAFETY: the caller's promise.
        return unsafe { convert::from_value(host, v, ty, storage) };
    }
    if !convert::is_callable(v) {
        return Err(convert::conversion(v, ty));
    }
    match ty.kind {
        TypeKind::FunctionPointer => pointer(host, v, ty),
        // SAFETY: the caller's promise.
        TypeKind::Class => unsafe { object(host, v, ty, storage) },
        _ => Err(convert::conversion(v, ty)),
    }
}

/// An empty one of nil.
///
/// # Safety
/// `storage` has room for the callable.
unsafe fn object(host: &Stubs, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    let signature = Signature::of_class(host, ty).map_err(|why| not_callable(ty, why))?;
    let share = if v.is_nil() { std::ptr::null() } else { Arc::into_raw(Callback::new(v)) };
    // SAFETY: the maker takes over the share, whether it succeeds or throws (the closure that holds it dies then).
    unsafe {
        let make = std::mem::transmute::<usize, guard::Convert>(signature.make as usize);
        guard::convert(Thread::current(), make, (&raw const share).cast(), storage.cast())?;
        if !share.is_null() {
            signature.hasten(storage);
        }
    }
    Ok(storage as u64)
}

fn not_callable(ty: &CppType, why: Diagnostic) -> Thrown {
    let name = boxes::shown(ty);
    let d = crate::run_error("cpp/conversion", format!("a Clojure function cannot become the C++ type {name}"));
    convert::raise(d.note(why.message).help("std::function and function pointers take Clojure functions"))
}

/// Functions of a generated pool.
const POOL: usize = signature::POOL;

/// Different functions that may become plain functions of one signature.
pub const MOST_FUNCTIONS: usize = 1024;

/// All plain functions of one signature.
#[derive(Default)]
struct Pools {
    made: usize,
    free: Vec<Place>,
    /// By the function's code (0: no function object).
    used: HashMap<usize, Vec<(Arc<Callback>, u64)>>,
}

struct Place {
    /// Where the pool's function looks its callback up.
    callback: u64,
    function: u64,
}

fn pools() -> &'static Mutex<HashMap<String, Pools>> {
    static POOLS: OnceLock<Mutex<HashMap<String, Pools>>> = OnceLock::new();
    POOLS.get_or_init(Mutex::default)
}

/// A Clojure function was, or is about to be, made a plain C++ function: its errors are left behind, not thrown.
static MADE: AtomicBool = AtomicBool::new(false);

pub(crate) fn some_were_made() -> bool {
    MADE.load(Ordering::Acquire)
}

/// From now on calls of C++ may leave errors behind.
pub(crate) fn begin() {
    if !MADE.load(Ordering::Relaxed) && !MADE.swap(true, Ordering::AcqRel) {
        // Tests of this crate run without tiers.
        if let Some(parts) = engine::host::assembled() {
            parts.tiers.callbacks_begin();
        }
    }
}

fn pointer(host: &Stubs, v: Value, ty: &CppType) -> Res<u64> {
    begin();
    let code = v.cast::<Function>().map_or(0, |f| std::ptr::from_ref(f.code) as usize);
    loop {
        {
            let mut all = pools().lock();
            let pools = all.entry(ty.name.clone()).or_default();
            let used = pools.used.entry(code).or_default();
            if let Some((c, function)) = used.iter().find(|(c, _)| same(c.function.get(), v)) {
                if let Ok(mine) = MAILBOX.try_with(Arc::clone) {
                    *c.mailbox.lock() = mine;
                }
                return Ok(*function);
            }
            if let Some(place) = pools.free.pop() {
                let callback = Callback::new(v);
                // SAFETY: the place is a pointer in the generated pool, read by its function with acquire.
                unsafe { &*(place.callback as *const AtomicPtr<c_void>) }
                    .store(Arc::as_ptr(&callback) as *mut c_void, Ordering::Release);
                used.push((callback, place.function));
                return Ok(place.function);
            }
        }
        if pools().lock().get(&ty.name).is_some_and(|p| p.made * POOL >= MOST_FUNCTIONS) {
            return Err(no_more(ty));
        }
        more(host, ty).map_err(|why| not_callable(ty, why))?;
    }
}

#[cold]
fn no_more(ty: &CppType) -> Thrown {
    let name = boxes::shown(ty);
    let message = format!("{MOST_FUNCTIONS} different functions were passed as {name} already");
    let help = "C++ may keep a function pointer for ever, so none is taken back: pass one function that looks its work up \
                (in an atom, by the void* that C++ hands through), or use std::function";
    convert::raise(crate::run_error("cpp/limit", message).help(help))
}

/// The same function: identical, or of the same code with identical captures.
fn same(a: Value, b: Value) -> bool {
    match (a.cast::<Function>(), b.cast::<Function>()) {
        _ if a == b => true,
        (Some(a), Some(b)) => std::ptr::eq(a.code, b.code) && a.tail() == b.tail(),
        _ => false,
    }
}

/// Generates one more pool for the type. The lock is not held while C++ is compiled.
fn more(host: &Stubs, ty: &CppType) -> Result<(), Diagnostic> {
    let number = pools().lock().get(&ty.name).map_or(0, |p| p.made);
    let pool = Signature::pool(host, ty)?;
    let mut all = pools().lock();
    let pools = all.entry(ty.name.clone()).or_default();
    // Two threads may make a pool each at the same time; the second is for later.
    pools.made = pools.made.max(number + 1);
    pools.free.extend(pool.into_iter().rev().map(|(callback, function)| Place { callback, function }));
    Ok(())
}

// What generated code calls, through the runtime table.

/// The calling thread, attached: one that was not is C++'s own.
pub(crate) extern "C" fn attach() -> &'static Thread {
    if !thread::is_attached() {
        FOREIGN.set(true);
    }
    thread::attach()
}

/// A share of a new callback; null and an error where it cannot be called.
pub(crate) extern "C" fn of(f: Value) -> *const Callback {
    if convert::is_callable(f) {
        return Arc::into_raw(Callback::new(f));
    }
    let _ = convert::conversion_to(f, "a callable");
    std::ptr::null()
}

/// What C++ cannot enter by itself: other callables than functions, many arguments, a wrong number of them.
///
/// # Safety
/// `callback` is alive, `args` points to `n` words on the native stack.
pub(crate) unsafe extern "C" fn invoke(callback: *const Callback, args: *const Value, n: usize, user: isize) -> Value {
    // SAFETY: the caller's promise.
    let (callback, args) = unsafe { (&*callback, std::slice::from_raw_parts(args, n)) };
    let f = callback.function.get();
    engine::code::answer(match (f.cast::<Function>(), usize::try_from(user)) {
        (Some(function), Ok(user)) if leaves_out(function, n) => without(f, args, user),
        _ => engine::invoke::invoke(f, args),
    })
}

/// The function takes one argument less: the `void*` that C++ passes through is not for it.
fn leaves_out(f: Gc<Function>, n: usize) -> bool {
    !f.code.accepts(n) && n > 0 && f.code.accepts(n - 1)
}

/// Most arguments of a callback whose function leaves one out.
const MOST: usize = 16;

fn without(f: Value, args: &[Value], user: usize) -> Res {
    if args.len() > MOST {
        return Err(fault::raise(Class::Arity, format!("a callback of {} arguments must name them all", args.len())));
    }
    let mut rest = [Value::NIL; MOST];
    let others = args.iter().enumerate().filter(|(i, _)| *i != user).map(|(_, v)| *v);
    rest.iter_mut().zip(others).for_each(|(place, v)| *place = v);
    engine::invoke::invoke(f, &rest[..args.len() - 1])
}

/// # Safety
/// `callback` is alive.
pub(crate) unsafe extern "C" fn share(callback: *const Callback) -> *const Callback {
    // SAFETY: the caller's promise; it came from `Arc::into_raw`.
    unsafe { Arc::increment_strong_count(callback) };
    callback
}

/// # Safety
/// The caller gives up its share.
pub(crate) unsafe extern "C" fn free(callback: *const Callback) {
    // SAFETY: the caller's promise.
    unsafe { Arc::decrement_strong_count(callback) }
}

/// # Safety
/// `callback` is alive.
pub(crate) unsafe extern "C" fn keep(callback: *const Callback, v: Value) {
    // SAFETY: the caller's promise.
    unsafe { &*callback }.keep.get_or_init(|| Root::new(Value::NIL)).set(v);
}

/// An exception came out of a callback that may not throw, and is the pending error now: it stays in the thread where an
/// outer call will find it; a C++ thread has none, so it goes to the maker's mailbox.
///
/// # Safety
/// `callback` is alive.
#[unsafe(no_mangle)]
unsafe extern "C" fn rung_leave_error(callback: *const Callback) {
    let t = Thread::current();
    if !FOREIGN.get() || t.depth.get() > 0 || !t.is_pending() {
        return;
    }
    // SAFETY: the caller's promise.
    let mailbox = unsafe { &*callback }.mailbox.lock().clone();
    mailbox.0.lock().push(Root::new(t.take_pending()));
    LEFT.fetch_add(1, Ordering::Relaxed);
}
