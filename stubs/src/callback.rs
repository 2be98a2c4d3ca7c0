//! Clojure functions as C++ callables. A `std::function` holds a share of its [`Callback`]; a plain function pointer is
//! one of a pool of functions generated for its signature, each with a place for the callback that it calls.
//!
//! C++ may keep a function pointer for ever, so its place is never given back; the same function (same code, same
//! captures) finds its place again, so a loop that passes `(fn [a b] …)` to `qsort` uses one. A signature has
//! [`MOST_FUNCTIONS`] places; a program that needs more passes ever new closures, and is told so.
//!
//! An error in a `std::function` is thrown as `rung::error`. One in a plain function is left for the outer call: in the
//! thread, or, where C++ called from a thread of its own, in the mailbox of the thread that made the callback.

use crate::{Stubs, boxes, convert, guard};
use engine::code::Function;
use engine::cppbox::CppBox;
use engine::fault::{self, Class, Res, Thrown};
use engine::heap::{Gc, Root};
use engine::thread::{self, Thread};
use engine::value::Value;
use parking_lot::Mutex;
use questions::{CppType, Diagnostic, TypeKind};
use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// What C++ holds of a function, shared by its copies.
pub(crate) struct Callback {
    function: Root,
    /// What a returned pointer points into.
    keep: Root,
    mailbox: Mutex<Arc<Mailbox>>,
}

/// Errors that C++ threads left for the thread that made the callback.
#[derive(Default)]
struct Mailbox(Mutex<Vec<Root>>);

/// Errors in all mailboxes: the guard looks further only where there is one.
pub(crate) static LEFT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static MAILBOX: Arc<Mailbox> = Arc::default();
    /// Callbacks that run on this thread now.
    static ACTIVE: Cell<u32> = const { Cell::new(0) };
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
        Arc::new(Callback { function: Root::new(f), keep: Root::new(Value::NIL), mailbox: Mutex::new(mailbox) })
    }
}

/// `CppHost::callback`.
///
/// # Safety
/// As there.
pub(crate) unsafe fn callback(host: &Stubs, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    if v.cast::<CppBox>().is_some() || v.is_nil() && ty.kind != TypeKind::Class {
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

/// # Safety
/// `storage` has room for the callable.
unsafe fn object(host: &Stubs, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    let make = host.generated.make_function(&host.session, ty).map_err(|why| not_callable(ty, why))?;
    let share = Arc::into_raw(Callback::new(v));
    // SAFETY: the maker takes over the share, whether it succeeds or throws (the closure that holds it dies then).
    unsafe {
        let make = std::mem::transmute::<usize, guard::Convert>(make as usize);
        guard::convert(Thread::current(), make, share.cast(), storage.cast())?;
    }
    Ok(storage as u64)
}

fn not_callable(ty: &CppType, why: Diagnostic) -> Thrown {
    let name = boxes::shown(ty);
    let d = crate::run_error("cpp/conversion", format!("a Clojure function cannot become the C++ type {name}"));
    convert::raise(d.note(why.message).help("std::function and function pointers take Clojure functions"))
}

/// Functions of a generated pool; `pool_size` of `rung/callback.hpp`.
const POOL: usize = 4;

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
    let name = host.generated.name();
    let number = pools().lock().get(&ty.name).map_or(0, |p| p.made);
    let t = crate::generated::spelled(&ty.name);
    let text = format!(
        "extern \"C\" void {name}(const void *, void *to) {{ using T = {t};\n\
         rung::pool<{number}, rung::signature<T>::type>::addresses((void **)to); }}\n"
    );
    let f = host.generated.define(&host.session, &name, &text, crate::generated::Headers::Rung)?;
    let mut addresses = [0u64; 2 * POOL];
    // SAFETY: the generated function stores twice the pool's size.
    unsafe {
        let f = std::mem::transmute::<usize, guard::Convert>(f as usize);
        f(std::ptr::null(), addresses.as_mut_ptr().cast());
    }
    let mut all = pools().lock();
    let pools = all.entry(ty.name.clone()).or_default();
    // Two threads may have made the same pool: its functions are the same ones then.
    if pools.made == number {
        pools.made += 1;
        pools.free.extend((0..POOL).rev().map(|i| Place { callback: addresses[i], function: addresses[POOL + i] }));
    }
    Ok(())
}

// What generated code calls, through the runtime table.

/// A callback begins; not 0: an error is on its way already.
pub(crate) extern "C" fn enter() -> i32 {
    if !thread::is_attached() {
        FOREIGN.set(true);
    }
    let t = thread::attach();
    t.depth.set(t.depth.get() + 1);
    ACTIVE.set(ACTIVE.get() + 1);
    t.is_pending() as i32
}

pub(crate) extern "C" fn leave() {
    let t = Thread::current();
    t.depth.set(t.depth.get().saturating_sub(1));
    ACTIVE.set(ACTIVE.get().saturating_sub(1));
}

/// # Safety
/// `callback` is alive, `args` points to `n` words on the native stack, `out` to room for one.
pub(crate) unsafe extern "C" fn invoke(
    callback: *const Callback,
    args: *const Value,
    n: usize,
    user: isize,
    out: *mut Value,
) -> i32 {
    // SAFETY: the caller's promise.
    let (callback, args) = unsafe { (&*callback, std::slice::from_raw_parts(args, n)) };
    let f = callback.function.get();
    let answer = match (f.cast::<Function>(), usize::try_from(user)) {
        (Some(function), Ok(user)) if leaves_out(function, n) => without(f, args, user),
        _ => engine::invoke::invoke(f, args),
    };
    match answer {
        Ok(v) => {
            // SAFETY: the caller's promise.
            unsafe { out.write(v) };
            0
        }
        Err(_) => 1,
    }
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
    unsafe { &*callback }.keep.set(v);
}

/// The pending error of a callback that may not throw: it stays in the thread where an outer call will find it; a C++
/// thread has none, so it goes to the maker's mailbox.
///
/// # Safety
/// `callback` is alive.
pub(crate) unsafe extern "C" fn leave_error(callback: *const Callback) {
    if !FOREIGN.get() || ACTIVE.get() > 0 {
        return;
    }
    let t = Thread::current();
    if t.is_pending() {
        // SAFETY: the caller's promise.
        let mailbox = unsafe { &*callback }.mailbox.lock().clone();
        mailbox.0.lock().push(Root::new(t.take_pending()));
        LEFT.fetch_add(1, Ordering::Relaxed);
    }
}

/// The same for a C++ exception that came out of a callback's conversions.
///
/// # Safety
/// `callback` is alive, `pointer` holds an exception.
pub(crate) unsafe extern "C" fn leave_exception(callback: *const Callback, pointer: *const c_void) {
    let t = thread::attach();
    // SAFETY: the caller's promise.
    let error = unsafe { guard::error_of(pointer) };
    if !t.is_pending() {
        t.pending.set(error);
    }
    // SAFETY: the caller's promise.
    unsafe { leave_error(callback) }
}
