//! Putting compiled code in place: release stores into the function's `Code`. Entries that must collect or spread
//! arguments are Rust functions here, common to both compilers, which find the arity's body through the function's state.

use crate::compiler::Compiled;
use crate::runtime;
use engine::analyze::{Arity, LoopId};
use engine::code::{
    self, Code, ENTRY_MANY, ENTRY_REST, Entry0, Entry1, Entry2, Entry3, Entry4, Entry5, Entry6, Function, MAX_DIRECT,
};
use engine::fault::Res;
use engine::heap::GcVec;
use engine::host::LoopEntry;
use engine::table::HashMap;
use engine::thread::Thread;
use engine::value::Value;
use parking_lot::Mutex;
use std::ffi::c_void;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU8, AtomicU32, Ordering};

/// What the tiers keep about a function; `Code::tier_state` points to it. Lives for ever.
pub struct State {
    /// Compiled bodies by arity; null where the arity has none.
    bodies: Box<[AtomicPtr<c_void>]>,
    /// By parameters and 'variadic', as the shims need it.
    arities: Box<[(u32, bool)]>,
    loops: Mutex<HashMap<(u32, LoopId), Entered>>,
    /// Tier 1's back edges, counted down as `Code::backedges` counts tier 0's.
    pub turns: AtomicI32,
    /// What the two counters were last set to.
    pub steps: [AtomicI32; 2],
    /// The highest tier that was asked for: nobody asks twice.
    pub asked: AtomicU8,
    /// The tier it is pinned to, or -1.
    pub pinned: AtomicI32,
    /// Rises with each invalidation; a compilation of an older one is not installed.
    pub generation: AtomicU32,
}

/// What is known of a loop's compiled code.
#[derive(Clone, Copy, Default)]
pub struct Entered {
    pub tier: u8,
    pub asked: u8,
    /// Address of the `LoopEntry`, 0 where there is none.
    pub entry: usize,
    /// Turns counted in tiers 0 and 1.
    turns: [u64; 2],
}

impl State {
    fn new(arities: &[Arity]) -> State {
        State {
            bodies: arities.iter().map(|_| AtomicPtr::new(std::ptr::null_mut())).collect(),
            arities: arities.iter().map(|a| (a.params, a.variadic)).collect(),
            loops: Mutex::default(),
            turns: AtomicI32::new(i32::MAX),
            steps: [AtomicI32::new(0), AtomicI32::new(0)],
            asked: AtomicU8::new(0),
            pinned: AtomicI32::new(-1),
            generation: AtomicU32::new(0),
        }
    }
    pub fn entered(&self, arity: u32, id: LoopId) -> Entered {
        self.loops.lock().get(&(arity, id)).copied().unwrap_or_default()
    }
    /// Adds to the turns that a loop was seen to make in a tier; gives their number.
    pub fn turned(&self, arity: u32, id: LoopId, tier: u8, turns: u64) -> u64 {
        let mut loops = self.loops.lock();
        let count = &mut loops.entry((arity, id)).or_default().turns[tier.min(1) as usize];
        *count = count.saturating_add(turns);
        *count
    }
    /// Has some loop code of a higher tier?
    pub fn any_above(&self, tier: u8) -> bool {
        self.loops.lock().values().any(|e| e.entry != 0 && e.tier > tier)
    }
    /// Notes that a tier is asked for a loop; false where it was already.
    pub fn ask_loop(&self, arity: u32, id: LoopId, tier: u8) -> bool {
        let mut loops = self.loops.lock();
        let e = loops.entry((arity, id)).or_default();
        let first = e.asked < tier;
        e.asked = e.asked.max(tier);
        first
    }
}

/// The state of a function, made at first need. `None` for functions that are not from a tree.
pub fn state(code: &'static Code) -> Option<&'static State> {
    let p = code.tier_state.load(Ordering::Acquire);
    if !p.is_null() {
        // SAFETY: only this function stores there, a leaked `State`.
        return Some(unsafe { &*p.cast::<State>() });
    }
    let body = code.body.as_ref()?;
    let made = Box::into_raw(Box::new(State::new(&body.tree.function(body.function).arities)));
    let null = std::ptr::null_mut();
    match code.tier_state.compare_exchange(null, made.cast(), Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: leaked just now, or by the thread that was first; ours is freed then.
        Ok(_) => Some(unsafe { &*made }),
        Err(first) => {
            // SAFETY: as above.
            unsafe {
                drop(Box::from_raw(made));
                Some(&*first.cast::<State>())
            }
        }
    }
}

/// Replaces a function's entries. The next call of every closure runs the new code.
pub fn install(code: &'static Code, tier: u8, compiled: &Compiled) {
    let Some(state) = state(code) else { return };
    for (cell, body) in state.bodies.iter().zip(&compiled.bodies) {
        cell.store(*body as *mut c_void, Ordering::Release);
    }
    for (i, (params, variadic)) in state.arities.iter().enumerate() {
        let params = *params as usize;
        if *variadic {
            for (n, shim) in REST_TABLE.iter().enumerate().skip(params) {
                if !state.arities.iter().any(|(p, v)| !*v && *p as usize == n) {
                    code.entries[n].store(shim.0.cast_mut(), Ordering::Release);
                }
            }
            code.entries[ENTRY_MANY].store(many as *mut c_void, Ordering::Release);
            code.entries[ENTRY_REST].store(rest as *mut c_void, Ordering::Release);
        } else if params <= MAX_DIRECT {
            code.entries[params].store(state.bodies[i].load(Ordering::Acquire), Ordering::Release);
        } else {
            code.entries[ENTRY_MANY].store(many as *mut c_void, Ordering::Release);
        }
    }
    // The signature is settled once for all: callers read it and the entry apart. An entry of a lower tier does not stay.
    let special = compiled.special.filter(|(signature, _)| {
        let first = code.special_signature.compare_exchange(0, *signature, Ordering::AcqRel, Ordering::Acquire);
        first.is_ok() || first == Err(*signature)
    });
    code.special.store(special.map_or(std::ptr::null_mut(), |s| s.1 as *mut c_void), Ordering::Release);
    code.tier.store(tier, Ordering::Release);
}

/// The signature of the special entry of a `Code` that the feedback of a call names.
pub fn special_of(code: usize) -> Option<crate::lower::Signature> {
    // SAFETY: a call's feedback holds addresses of `Code` records, which live for ever (contract *Code*).
    let code = unsafe { &*(code as *const Code) };
    if code.special.load(Ordering::Acquire).is_null() {
        return None;
    }
    crate::lower::Signature::of_bits(code.special_signature.load(Ordering::Acquire))
}

/// Makes a loop's compiled code known to the next back edge.
pub fn install_loop(code: &'static Code, tier: u8, arity: u32, id: LoopId, compiled: &Compiled) {
    if let Some(state) = state(code) {
        let mut loops = state.loops.lock();
        let e = loops.entry((arity, id)).or_default();
        *e = Entered { tier, asked: e.asked.max(tier), entry: compiled.entry, turns: e.turns };
    }
}

/// A loop's compiled code.
pub fn loop_entry(e: Entered) -> Option<LoopEntry> {
    // SAFETY: the address of code that a compiler made as a `LoopEntry`; code stays mapped.
    (e.entry != 0).then(|| unsafe { std::mem::transmute::<usize, LoopEntry>(e.entry) })
}

/// Back to tier 0.
pub fn uninstall(code: &'static Code) {
    if let Some(state) = state(code) {
        state.generation.fetch_add(1, Ordering::AcqRel);
        state.loops.lock().clear();
        state.asked.store(0, Ordering::Release);
    }
    code.special.store(std::ptr::null_mut(), Ordering::Release);
    let blank = Code::blank(String::new());
    for (entry, first) in code.entries.iter().zip(&blank.entries) {
        entry.store(first.load(Ordering::Relaxed), Ordering::Release);
    }
    code.tier.store(0, Ordering::Release);
    engine::host::parts().evaluator.install(code);
}

/// Calls an arity's body with all its values, the rest included.
///
/// # Safety
/// `body` is the address of a body with so many parameters (`Compiled::bodies`).
unsafe fn call_body(t: &Thread, this: Value, body: *mut c_void, args: &[Value]) -> Value {
    use std::mem::transmute as cast;
    // SAFETY: the caller's promise; more than six are passed by pointer.
    unsafe {
        match *args {
            [] => cast::<_, Entry0>(body)(t, this),
            [a] => cast::<_, Entry1>(body)(t, this, a),
            [a, b] => cast::<_, Entry2>(body)(t, this, a, b),
            [a, b, c] => cast::<_, Entry3>(body)(t, this, a, b, c),
            [a, b, c, d] => cast::<_, Entry4>(body)(t, this, a, b, c, d),
            [a, b, c, d, e] => cast::<_, Entry5>(body)(t, this, a, b, c, d, e),
            [a, b, c, d, e, f] => cast::<_, Entry6>(body)(t, this, a, b, c, d, e, f),
            _ => cast::<_, extern "C" fn(&Thread, Value, *const Value) -> Value>(body)(t, this, args.as_ptr()),
        }
    }
}

fn state_of(this: Value) -> Option<&'static State> {
    state(this.cast::<Function>()?.code)
}

impl State {
    fn fixed(&self, n: usize) -> Option<usize> {
        self.arities.iter().position(|(p, v)| !*v && *p as usize == n)
    }
    /// The variadic arity, and its fixed parameters.
    fn variadic(&self) -> Option<(usize, usize)> {
        self.arities.iter().position(|a| a.1).map(|i| (i, self.arities[i].0 as usize))
    }
    /// Calls an arity's body with all its values.
    fn run(&self, t: &Thread, this: Value, arity: usize, values: &[Value]) -> Value {
        // SAFETY: callers pass as many values as the arity has parameters, the rest included; a function whose entries are
        // these has a body for every arity.
        unsafe { call_body(t, this, self.bodies[arity].load(Ordering::Acquire), values) }
    }
}

/// A call with any number of arguments.
fn dispatch(t: &Thread, this: Value, args: &[Value]) -> Value {
    let Some(state) = state_of(this) else { return code::wrong_arity(this, args.len()) };
    if let Some(i) = state.fixed(args.len()) {
        return state.run(t, this, i, args);
    }
    match state.variadic() {
        Some((i, fixed)) if fixed <= args.len() => {
            let rest = runtime::rest_list(&args[fixed..]);
            let values: GcVec = args[..fixed].iter().copied().chain([rest]).collect();
            state.run(t, this, i, &values)
        }
        _ => code::wrong_arity(this, args.len()),
    }
}

/// A call with `args` and the items of `more`, a seq or nil, behind them. The seq is walked no further than the arities
/// want.
fn spread(t: &Thread, this: Value, args: &[Value], more: Value) -> Res {
    let Some(state) = state_of(this) else { return code::result(t, code::wrong_arity(this, args.len())) };
    let most = state.arities.iter().map(|a| a.0 as usize).max().unwrap_or(0);
    let mut all: GcVec = args.iter().copied().collect();
    let left = runtime::take_onto(more, (most + 1).saturating_sub(args.len()), &mut all)?;
    let answer = match state.variadic() {
        Some((i, fixed)) if all.len() >= fixed && (!left.is_nil() || state.fixed(all.len()).is_none()) => {
            let rest = if left.is_nil() {
                runtime::rest_list(&all[fixed..])
            } else {
                runtime::put_before(&all[fixed..], left)?
            };
            all.truncate(fixed);
            all.push(rest);
            state.run(t, this, i, &all)
        }
        _ if left.is_nil() => dispatch(t, this, &all),
        _ => code::wrong_arity(this, all.len() + engine::coll::count(left)?),
    };
    code::result(t, answer)
}

extern "C" fn many(t: &Thread, this: Value, n: usize, args: *const Value) -> Value {
    // SAFETY: the convention of `ENTRY_MANY`: `n` values on a stack or in a live array.
    dispatch(t, this, unsafe { std::slice::from_raw_parts(args, n) })
}
extern "C" fn rest(t: &Thread, this: Value, n: usize, args: *const Value) -> Value {
    // SAFETY: the convention of `ENTRY_REST`: as above, the last being the rest.
    let all = unsafe { std::slice::from_raw_parts(args, n) };
    match all.split_last() {
        Some((more, args)) => code::answer(spread(t, this, args, *more)),
        None => code::wrong_arity(this, n),
    }
}

extern "C" fn rest0(t: &Thread, this: Value) -> Value {
    dispatch(t, this, &[])
}
extern "C" fn rest1(t: &Thread, this: Value, a: Value) -> Value {
    dispatch(t, this, &[a])
}
extern "C" fn rest2(t: &Thread, this: Value, a: Value, b: Value) -> Value {
    dispatch(t, this, &[a, b])
}
extern "C" fn rest3(t: &Thread, this: Value, a: Value, b: Value, c: Value) -> Value {
    dispatch(t, this, &[a, b, c])
}
extern "C" fn rest4(t: &Thread, this: Value, a: Value, b: Value, c: Value, d: Value) -> Value {
    dispatch(t, this, &[a, b, c, d])
}
extern "C" fn rest5(t: &Thread, this: Value, a: Value, b: Value, c: Value, d: Value, e: Value) -> Value {
    dispatch(t, this, &[a, b, c, d, e])
}
extern "C" fn rest6(t: &Thread, this: Value, a: Value, b: Value, c: Value, d: Value, e: Value, f: Value) -> Value {
    dispatch(t, this, &[a, b, c, d, e, f])
}

/// Entries of a variadic function for 0 to 6 arguments.
struct Shim(*const c_void);
// SAFETY: addresses of functions.
unsafe impl Sync for Shim {}
static REST_TABLE: [Shim; MAX_DIRECT + 1] = [
    Shim(rest0 as *const c_void),
    Shim(rest1 as *const c_void),
    Shim(rest2 as *const c_void),
    Shim(rest3 as *const c_void),
    Shim(rest4 as *const c_void),
    Shim(rest5 as *const c_void),
    Shim(rest6 as *const c_void),
];
