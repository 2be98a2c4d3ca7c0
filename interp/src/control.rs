//! Control: sequences, locals, branches, loops, recursion, dispatch.
//!
//! A `let` is a chain of nodes, one a binding, each of which ends by running the next; so are sequences. Every node in
//! tail position runs its successor as its last act, which the compiler makes a jump.

use crate::frame::Frame;
use crate::node::{Any, Arg, Field, Node, Operand, RECUR, Run, THROWN};
use crate::program::Owner;
use crate::{pick1, pick1_plus, pick2, pick2_plus};
use engine::analyze::{LoopId, Slot};
use engine::thread::Thread;
use engine::value::Value;
use std::sync::atomic::Ordering;

/// Keeps the two branches of a test apart: merged into one indirect jump, they cost the processor its prediction
/// (tier-facts.md: 11.0 → 9.2 ns a call of fib).
#[inline(always)]
pub fn apart() {
    // SAFETY: no instruction.
    unsafe { std::arch::asm!("", options(nomem, nostack, preserves_flags)) }
}

/// An operand as a node of its own.
pub fn leaf(a: Arg) -> Option<Node> {
    fn operand<A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        A::get(t, f, n.a)
    }
    match a.shape {
        crate::node::Shape::Any | crate::node::Shape::Plus => None,
        shape => Some(Node::new(pick1!(shape, operand)).a(a.field)),
    }
}

/// A constant that lives on the heap, read through the form's constants.
pub fn constant(at: *const Value) -> Node {
    fn run(_: &Thread, _: Frame, n: &'static Node) -> Value {
        n.a.constant()
    }
    Node::new(run).a(Field::of_constant(at))
}

/// The running function.
pub fn this() -> Node {
    fn run(_: &Thread, f: Frame, _: &'static Node) -> Value {
        f.this()
    }
    Node::new(run)
}

/// `first` for its effect, then `rest`.
pub fn then(first: &'static Node, rest: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        if crate::frame::failed(t, n.a.node().run(t, f)) {
            return THROWN;
        }
        n.b.node().run(t, f)
    }
    Node::new(run).a(first).b(rest)
}

/// Binds one local, then goes on. The init's word may be a C++ value that looks like the sentinel.
pub fn bind(slot: Slot, init: Arg, body: &'static Node) -> Node {
    fn run<A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let v = A::get(t, f, n.b);
        if !A::LEAF && crate::frame::failed(t, v) {
            return THROWN;
        }
        f.set(n.a.slot(), v);
        n.c.node().run(t, f)
    }
    Node::new(pick1!(init.shape, run)).a(slot).b(init.field).c(body)
}

/// A test that is inlined: of one operand, or of two for identity.
pub trait Test {
    fn holds(v: Value) -> bool;
}
/// Truth, as `if` has it.
pub struct Truthy;
pub struct Not;
pub struct IsNil;
pub struct IsSome;
macro_rules! tests {
    ($($name:ident |$v:ident| $holds:expr;)*) => {$(
        impl Test for $name {
            #[inline(always)]
            fn holds($v: Value) -> bool { $holds }
        }
    )*};
}
tests! {
    Truthy |v| v.truthy();
    Not |v| !v.truthy();
    IsNil |v| v.is_nil();
    IsSome |v| !v.is_nil();
}

fn test_value<T: Test, A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let v = A::get(t, f, n.a);
    if !A::LEAF && v == THROWN {
        return THROWN;
    }
    Value::bool(T::holds(v))
}

fn test_branch<T: Test, A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let v = A::get(t, f, n.a);
    if !A::LEAF && v == THROWN {
        return THROWN;
    }
    if T::holds(v) {
        n.c.node().run(t, f)
    } else {
        apart();
        n.d.node().run(t, f)
    }
}

fn same_value<A: Operand, B: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    match same::<A, B>(t, f, n) {
        Some(c) => Value::bool(c),
        None => THROWN,
    }
}
fn same_branch<A: Operand, B: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    match same::<A, B>(t, f, n) {
        Some(true) => n.c.node().run(t, f),
        Some(false) => {
            apart();
            n.d.node().run(t, f)
        }
        None => THROWN,
    }
}
#[inline(always)]
fn same<A: Operand, B: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Option<bool> {
    let a = A::get(t, f, n.a);
    if !A::LEAF && a == THROWN {
        return None;
    }
    let b = B::get(t, f, n.b);
    if !B::LEAF && b == THROWN { None } else { Some(a == b) }
}

/// A test as a value.
pub fn test<T: Test>(a: Arg) -> Node {
    Node::new(pick1!(a.shape, test_value, T)).a(a.field)
}
/// A branch on a test.
pub fn branch<T: Test>(a: Arg, then: &'static Node, otherwise: &'static Node) -> Node {
    Node::new(pick1!(a.shape, test_branch, T)).a(a.field).c(then).d(otherwise)
}
pub fn identical(a: Arg, b: Arg) -> Node {
    Node::new(pick2!(a.shape, b.shape, same_value)).a(a.field).b(b.field)
}
pub fn branch_identical(a: Arg, b: Arg, then: &'static Node, otherwise: &'static Node) -> Node {
    Node::new(pick2!(a.shape, b.shape, same_branch)).a(a.field).b(b.field).c(then).d(otherwise)
}

/// The head of a loop. Its inits are a chain of bindings before it. `native`: it yields a C++ value, which may look
/// like the sentinel of `recur`; then `recur` leaves a mark in the thread too.
pub fn loop_head(owner: &'static Owner, id: LoopId, body: &'static Node, native: bool) -> Node {
    fn run<const NATIVE: bool>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let body = n.a.node();
        loop {
            let v = body.run(t, f);
            if v != RECUR || (NATIVE && t.result.replace(0) != RECUR.bits()) {
                return v;
            }
            if t.over_limit() && t.poll().is_err() {
                return THROWN;
            }
            let counter = &n.b.object::<Owner>().code.backedges;
            let left = counter.load(Ordering::Relaxed).wrapping_sub(1);
            counter.store(left, Ordering::Relaxed);
            if left < 0 {
                if let Some(v) = loop_hot(t, f, n) {
                    return v;
                }
            }
        }
    }
    let run = if native { run::<true> as Run } else { run::<false> };
    Node::new(run).a(body).b(Field::of_object(owner)).x(id.0)
}

/// The back-edge counter ran out: compiled code may go on with the frame.
#[cold]
#[inline(never)]
fn loop_hot(t: &Thread, f: Frame, n: &'static Node) -> Option<Value> {
    let owner: &Owner = n.b.object();
    owner.code.backedges.store(i32::MAX, Ordering::Relaxed);
    let go_on = engine::host::parts().tiers.loop_hot(t, owner.code, owner.arity, LoopId(n.x))?;
    Some(go_on(t, f.base()))
}

/// The head of an arity whose body recurs to it: parameters are its loop variables. When the function has been promoted
/// meanwhile, the next round is a call of its new entry.
pub fn arity_head(owner: &'static Owner, body: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let body = n.a.node();
        loop {
            let v = body.run(t, f);
            if v != RECUR {
                return v;
            }
            if t.over_limit() && t.poll().is_err() {
                return THROWN;
            }
            let owner: &Owner = n.b.object();
            let left = owner.code.backedges.load(Ordering::Relaxed).wrapping_sub(1);
            owner.code.backedges.store(left, Ordering::Relaxed);
            if left < 0 {
                owner.code.backedges.store(i32::MAX, Ordering::Relaxed);
                engine::host::parts().tiers.call_hot(t, owner.code);
                if let Some(v) = crate::entry::again(t, f, owner) {
                    return v;
                }
            }
        }
    }
    Node::new(run).a(body).b(Field::of_object(owner))
}

/// An assignment of a `recur`.
#[derive(Clone, Copy)]
pub struct Step {
    pub slot: Slot,
    pub arg: Arg,
}

#[inline(always)]
fn recurred<const NATIVE: bool>(t: &Thread) -> Value {
    if NATIVE {
        t.result.set(RECUR.bits());
    }
    RECUR
}

fn recur1<A: Operand, const NATIVE: bool>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let a = A::get(t, f, n.b);
    if !A::LEAF && crate::frame::failed(t, a) {
        return THROWN;
    }
    f.set(n.a.slot(), a);
    recurred::<NATIVE>(t)
}

fn recur2<A: Operand, B: Operand, const NATIVE: bool>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let a = A::get(t, f, n.b);
    if !A::LEAF && crate::frame::failed(t, a) {
        return THROWN;
    }
    let b = B::get(t, f, n.d);
    if !B::LEAF && crate::frame::failed(t, b) {
        return THROWN;
    }
    f.set(n.a.slot(), a);
    f.set(n.c.slot(), b);
    recurred::<NATIVE>(t)
}

/// Three and four steps, all of them nodes.
fn recur_some<const N: usize, const NATIVE: bool>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let steps = n.a.object::<Vec<Step>>();
    let mut values = [Value::NIL; N];
    for (v, s) in values.iter_mut().zip(steps) {
        *v = s.arg.fetch(t, f);
        if crate::frame::failed(t, *v) {
            return THROWN;
        }
    }
    for (v, s) in values.iter().zip(steps) {
        f.set(s.slot, *v);
    }
    recurred::<NATIVE>(t)
}

fn recur_many<const NATIVE: bool>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let steps = n.a.object::<Vec<Step>>();
    let Some(mut values) = crate::frame::Scratch::take(t, steps.len()) else { return THROWN };
    for (i, s) in steps.iter().enumerate() {
        let v = s.arg.fetch(t, f);
        if crate::frame::failed(t, v) {
            return THROWN;
        }
        values.set(i, v);
    }
    for (v, s) in values.values().iter().zip(steps) {
        f.set(s.slot, *v);
    }
    recurred::<NATIVE>(t)
}

/// `recur`: all arguments, then all slots. Steps that assign a slot to itself are left out.
pub fn recur(mut steps: Vec<Step>, native: bool) -> Node {
    steps.retain(|s| !(s.arg.shape == crate::node::Shape::Local && s.arg.field.slot() == s.slot));
    fn none<const NATIVE: bool>(t: &Thread, _: Frame, _: &'static Node) -> Value {
        recurred::<NATIVE>(t)
    }
    match (&steps[..], native) {
        ([], false) => return Node::new(none::<false>),
        ([], true) => return Node::new(none::<true>),
        ([s], false) => return Node::new(pick1_plus!(s.arg.shape, recur1; false)).a(s.slot).b(s.arg.field),
        ([p, q], false) => {
            let run = pick2_plus!(p.arg.shape, q.arg.shape, recur2; false);
            return Node::new(run).a(p.slot).b(p.arg.field).c(q.slot).d(q.arg.field);
        }
        _ => {}
    }
    let run = match (steps.len(), native) {
        (1, _) => recur_some::<1, true> as Run,
        (2, _) => recur_some::<2, true>,
        (3, false) => recur_some::<3, false>,
        (3, true) => recur_some::<3, true>,
        (4, false) => recur_some::<4, false>,
        (4, true) => recur_some::<4, true>,
        (_, false) => recur_many::<false>,
        (_, true) => recur_many::<true>,
    };
    Node::new(run).a(Field::of_object(&*Box::leak(Box::new(steps))))
}

/// Runs a node for its value and answers `Err` where it threw.
#[inline(always)]
pub fn value(t: &Thread, f: Frame, n: &'static Node) -> Result<Value, ()> {
    let v = Any::get(t, f, Field::from(n));
    if crate::frame::failed(t, v) { Err(()) } else { Ok(v) }
}
