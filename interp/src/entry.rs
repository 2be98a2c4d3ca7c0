//! Entries of functions in tier 0: they make the frame, count, check the limits and run the arity's body.
//!
//! A function starts with entries that build its nodes (`first_…`); these put the running ones in place (`run_…`,
//! `rest_…` where arguments are collected into a list) unless another tier has put its own there meanwhile.

use crate::frame::{Frame, MARGIN};
use crate::node::THROWN;
use crate::program::{self, Arity, Owner};
use engine::code::{self, Code, ENTRIES, ENTRY_MANY, ENTRY_REST, Function, MAX_DIRECT};
use engine::fault::Res;
use engine::heap::GcVec;
use engine::thread::Thread;
use engine::value::Value;
use std::ffi::c_void;
use std::sync::atomic::Ordering;

/// The record of the function that an entry was called with.
#[inline(always)]
fn code_of(this: Value) -> &'static Code {
    // SAFETY: an entry is called with the function object as `self` (contract *Code*); a pointer word is the address plus 1.
    unsafe { (*((this.bits() - 1) as *const Function)).code }
}

/// A call is counted and its limits are looked at. `None`: something is to be done first, see `pause`.
#[inline(always)]
fn admit(t: &Thread, code: &'static Code, arity: &Arity) -> Option<*mut Value> {
    let base = t.vtop.get();
    let top = base.wrapping_add(arity.words);
    let left = code.calls.load(Ordering::Relaxed).wrapping_sub(1);
    code.calls.store(left, Ordering::Relaxed);
    if t.over_limit() || top > t.vend.get() || left < 0 { None } else { Some(base) }
}

/// The slow path of a call: limits, and the counter that ran out. True where the call may go on. It goes on in this
/// tier; the next call sees what the tiers installed.
#[cold]
#[inline(never)]
fn pause(t: &Thread, code: &'static Code, arity: &Arity) -> bool {
    if t.over_limit() && t.poll().is_err() {
        return false;
    }
    if t.vtop.get().wrapping_add(arity.words) > t.vend.get() {
        let _ = engine::fault::stack_overflow();
        return false;
    }
    if code.calls.load(Ordering::Relaxed) < 0 {
        code.calls.store(i32::MAX, Ordering::Relaxed);
        engine::host::parts().tiers.call_hot(t, code);
    }
    true
}

/// Makes the frame and runs the body. `fill` stores the parameters, from word 1 on.
#[inline(always)]
fn enter(t: &Thread, this: Value, base: *mut Value, arity: &Arity, fill: impl FnOnce(*mut Value)) -> Value {
    // SAFETY: from `base` to the new top is free value stack (`admit`, `pause`); the frame and its parameters lie within.
    let f = unsafe { Frame::at(base.add(MARGIN)) };
    f.stand_nowhere();
    // SAFETY: as above.
    unsafe {
        *f.base() = this;
        fill(f.base().add(1));
    }
    t.vtop.set(base.wrapping_add(arity.words));
    let v = arity.body.run(t, f);
    t.vtop.set(base);
    if v == THROWN { passed(t, f) } else { v }
}

/// An error leaves the function: notes where it stood.
#[cold]
#[inline(never)]
fn passed(t: &Thread, f: Frame) -> Value {
    let code = code_of(f.this());
    let place = match (&code.body, f.stands()) {
        (Some(body), Some(n)) => body.tree.nodes.get(n.expr as usize).map(|n| n.place),
        _ => None,
    };
    engine::fault::passed(t, code, place);
    THROWN
}

/// Admits and enters, where it is not worth a slow path of its own.
fn admit_and_enter(
    t: &Thread,
    this: Value,
    code: &'static Code,
    arity: &Arity,
    fill: impl FnOnce(*mut Value),
) -> Value {
    match admit(t, code, arity) {
        Some(base) => enter(t, this, base, arity, fill),
        None if pause(t, code, arity) => enter(t, this, t.vtop.get(), arity, fill),
        None => THROWN,
    }
}

/// The arity that takes `n` arguments in registers.
#[inline(always)]
fn direct(code: &Code, n: usize) -> &'static Arity {
    // SAFETY: `install_built` installs entry `n` of this file only where the program has this arity.
    unsafe { program::built(code).direct[n].as_ref().unwrap_unchecked() }
}

macro_rules! entries {
    ($($n:literal $run:ident $slow:ident $rest:ident $first:ident ($($a:ident)*);)*) => {
        $(
            extern "C" fn $run(t: &Thread, this: Value, $($a: Value),*) -> Value {
                let code = code_of(this);
                let arity = direct(code, $n);
                match admit(t, code, arity) {
                    // SAFETY: `enter` gives the place of the parameters, of which there are as many as arguments.
                    Some(base) => enter(t, this, base, arity, |p| unsafe { *p.cast::<[Value; $n]>() = [$($a),*] }),
                    None => $slow(t, this, $($a),*),
                }
            }
            /// Behind a jump, so that the entry itself keeps next to nothing across the call of the body.
            #[cold]
            #[inline(never)]
            extern "C" fn $slow(t: &Thread, this: Value, $($a: Value),*) -> Value {
                let code = code_of(this);
                let arity = direct(code, $n);
                if !pause(t, code, arity) {
                    return THROWN;
                }
                // SAFETY: as above.
                enter(t, this, t.vtop.get(), arity, |p| unsafe { *p.cast::<[Value; $n]>() = [$($a),*] })
            }
            extern "C" fn $rest(t: &Thread, this: Value, $($a: Value),*) -> Value {
                let code = code_of(this);
                enter_rest(t, this, code, direct(code, $n), &[$($a),*])
            }
            extern "C" fn $first(t: &Thread, this: Value, $($a: Value),*) -> Value {
                first(t, this, &[$($a),*])
            }
        )*
        const RUN: [*const (); MAX_DIRECT + 1] = [$($run as *const ()),*];
        const REST: [*const (); MAX_DIRECT + 1] = [$($rest as *const ()),*];
        const FIRST: [*const (); MAX_DIRECT + 1] = [$($first as *const ()),*];
    };
}

entries! {
    0 run0 slow0 rest0 first0 ();
    1 run1 slow1 rest1 first1 (a);
    2 run2 slow2 rest2 first2 (a b);
    3 run3 slow3 rest3 first3 (a b c);
    4 run4 slow4 rest4 first4 (a b c d);
    5 run5 slow5 rest5 first5 (a b c d e);
    6 run6 slow6 rest6 first6 (a b c d e g);
}

/// A variadic arity, its rest arguments not collected yet.
fn enter_rest(t: &Thread, this: Value, code: &'static Code, arity: &Arity, args: &[Value]) -> Value {
    let (fixed, rest) = args.split_at(arity.params);
    let rest = if rest.is_empty() { Value::NIL } else { engine::coll::list(rest) };
    enter_seq(t, this, code, arity, fixed, rest)
}

/// A variadic arity, its rest arguments a seq or nil.
fn enter_seq(t: &Thread, this: Value, code: &'static Code, arity: &Arity, fixed: &[Value], rest: Value) -> Value {
    admit_and_enter(t, this, code, arity, |p| {
        // SAFETY: the fixed parameters and the rest parameter follow each other from `p` on.
        unsafe {
            std::ptr::copy_nonoverlapping(fixed.as_ptr(), p, fixed.len());
            *p.add(fixed.len()) = rest;
        }
    })
}

/// Any number of arguments, from the value stack or a live array.
extern "C" fn run_many(t: &Thread, this: Value, n: usize, args: *const Value) -> Value {
    let code = code_of(this);
    let p = program::built(code);
    // SAFETY: the convention of this entry.
    let args = unsafe { std::slice::from_raw_parts(args, n) };
    let fixed = match n {
        0..=MAX_DIRECT => p.direct[n].as_ref().filter(|a| !a.variadic),
        _ => p.long.iter().find(|a| a.params == n),
    };
    if let Some(arity) = fixed {
        return admit_and_enter(t, this, code, arity, |to| {
            // SAFETY: the arity has `n` parameters; the arguments lie elsewhere.
            unsafe { std::ptr::copy_nonoverlapping(args.as_ptr(), to, n) }
        });
    }
    match &p.variadic {
        Some(arity) if n >= arity.params => enter_rest(t, this, code, arity, args),
        _ => code::wrong_arity(this, n),
    }
}

extern "C" fn first_many(t: &Thread, this: Value, n: usize, args: *const Value) -> Value {
    // SAFETY: the convention of this entry.
    first(t, this, unsafe { std::slice::from_raw_parts(args, n) })
}

/// `apply` on a variadic function: the last word is the rest of the arguments, a seq or nil, which is not walked further
/// than the parameters want.
extern "C" fn run_rest(t: &Thread, this: Value, n: usize, args: *const Value) -> Value {
    let code = code_of(this);
    let p = program::built(code);
    // SAFETY: the convention of this entry.
    let args = unsafe { std::slice::from_raw_parts(args, n) };
    let (Some(arity), Some((&last, front))) = (&p.variadic, args.split_last()) else {
        return code::wrong_arity(this, n);
    };
    code::answer(apply(t, this, code, arity, front, last))
}

extern "C" fn first_rest(t: &Thread, this: Value, n: usize, args: *const Value) -> Value {
    match program::of(code_of(this)) {
        Ok(_) => {
            install_built(code_of(this), FIRST_ALL);
            run_rest(t, this, n, args)
        }
        Err(_) => THROWN,
    }
}

fn apply(t: &Thread, this: Value, code: &'static Code, arity: &Arity, front: &[Value], last: Value) -> Res {
    let mut fixed: GcVec = front.iter().copied().collect();
    let mut rest = engine::coll::seq(last)?;
    while fixed.len() < arity.params && !rest.is_nil() {
        fixed.push(engine::coll::first(rest)?);
        rest = engine::coll::next(rest)?;
    }
    if rest.is_nil() && fixed.len() <= arity.params {
        // No more than the fixed parameters: the arity with exactly so many, if any, comes first.
        return engine::invoke::invoke(this, &fixed);
    }
    while fixed.len() > arity.params {
        let Some(v) = fixed.pop() else { break };
        rest = engine::coll::cons(v, rest)?;
    }
    code::result(t, enter_seq(t, this, code, arity, &fixed, rest))
}

/// The first call: builds the nodes, installs the running entries, calls again.
#[cold]
fn first(t: &Thread, this: Value, args: &[Value]) -> Value {
    let code = code_of(this);
    if program::of(code).is_err() {
        return THROWN;
    }
    install_built(code, FIRST_ALL);
    let Some(f) = this.cast::<Function>() else { return THROWN };
    code::call(t, f, args)
}

type Entries = [*const (); ENTRIES];
const FIRST_ALL: Entries = [
    FIRST[0],
    FIRST[1],
    FIRST[2],
    FIRST[3],
    FIRST[4],
    FIRST[5],
    FIRST[6],
    first_many as *const (),
    first_rest as *const (),
];

fn at(p: *const ()) -> *mut c_void {
    p as *mut c_void
}

/// Which entries a function has: by number of arguments, then `ENTRY_MANY` and `ENTRY_REST`; `true` where it collects.
fn wanted(code: &Code) -> [Option<bool>; ENTRIES] {
    let mut w = [None; ENTRIES];
    let Some(body) = &code.body else { return w };
    let arities = &body.tree.function(body.function).arities;
    for a in arities.iter().filter(|a| a.variadic) {
        for e in w.iter_mut().skip(a.params as usize).take((MAX_DIRECT + 1).saturating_sub(a.params as usize)) {
            *e = Some(true);
        }
        w[ENTRY_MANY] = Some(true);
        w[ENTRY_REST] = Some(true);
    }
    for a in arities.iter().filter(|a| !a.variadic) {
        w[(a.params as usize).min(ENTRY_MANY)] = Some(false);
    }
    w
}

/// The entries of a function that has not run yet, or has been put back to tier 0.
pub fn install(code: &'static Code) {
    let built = !code.nodes.load(Ordering::Acquire).is_null();
    for (n, w) in wanted(code).into_iter().enumerate() {
        if let Some(collects) = w {
            let e = if built { running(n, collects) } else { FIRST_ALL[n] };
            code.entries[n].store(at(e), Ordering::Release);
        }
    }
}

/// Puts the running entries where `expected` ones are: another tier's stay.
fn install_built(code: &'static Code, expected: Entries) {
    for (n, w) in wanted(code).into_iter().enumerate() {
        if let Some(collects) = w {
            let to = at(running(n, collects));
            let _ = code.entries[n].compare_exchange(at(expected[n]), to, Ordering::AcqRel, Ordering::Relaxed);
        }
    }
}

fn running(n: usize, collects: bool) -> *const () {
    match n {
        ENTRY_MANY => run_many as *const (),
        ENTRY_REST => run_rest as *const (),
        _ if collects => REST[n],
        _ => RUN[n],
    }
}

/// The next round of an arity that recurs to its head, when the function was promoted meanwhile: a call of the new entry
/// with the parameters as arguments. `None`: it is in tier 0 still.
pub fn again(t: &Thread, f: Frame, owner: &Owner) -> Option<Value> {
    let params = owner.params as usize;
    let n = match (owner.variadic, params) {
        (true, _) => ENTRY_REST,
        (false, p) => p.min(ENTRY_MANY),
    };
    if owner.code.entry(n) == at(running(n, false)) {
        return None;
    }
    let count = params + owner.variadic as usize;
    // SAFETY: the parameters lie behind word 0 of the running frame, which stays where it is during the call.
    let args = unsafe { std::slice::from_raw_parts(f.word(1), count) };
    if owner.variadic {
        // SAFETY: the entry has the type that its index says.
        let e: code::EntryMany = unsafe { std::mem::transmute(owner.code.entry(ENTRY_REST)) };
        return Some(e(t, f.this(), count, args.as_ptr()));
    }
    f.this().cast::<Function>().map(|this| code::call(t, this, args))
}
