//! Calls. The callee's type is checked, its `Code` gives the entry, and the entry is the last thing the node does. What
//! is called is written into the feedback cell; the compare that keeps it current is the only cost of that.
//!
//! Nodes: `a` callee, `b` `c` `d` up to three arguments, or in `b` the list of all; `e` feedback (of a call by the
//! function's own name: its `Owner`).

use crate::feedback;
use crate::frame::{Frame, Scratch};
use crate::node::{Any, Arg, Field, Local, Node, Operand, Plus, Run, Shape, THROWN};
use crate::program::Owner;
use crate::{pick1_plus, pick2_plus};
use engine::code::{
    self, Code, ENTRY_MANY, Entry0, Entry1, Entry2, Entry3, Entry4, Entry5, Entry6, EntryMany, Feedback,
};
use engine::code::{Function, MAX_DIRECT};
use engine::fault::{self, Class};
use engine::heap::Gc;
use engine::invoke;
use engine::space::Var;
use engine::thread::Thread;
use engine::value::Value;
use std::mem::transmute;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the callee comes from.
#[derive(Clone, Copy)]
pub enum Callee {
    /// The root of a var that is not dynamic: the address of the root.
    Root(Field),
    /// Any operand.
    Operand(Arg),
}

trait Target {
    /// It cannot throw.
    const LEAF: bool;
    fn get(t: &Thread, f: Frame, x: Field) -> Value;
}
struct Root;
impl Target for Root {
    const LEAF: bool = true;
    #[inline(always)]
    fn get(_: &Thread, _: Frame, x: Field) -> Value {
        Value::from_bits(x.object::<AtomicU64>().load(Ordering::Acquire))
    }
}
impl Target for Local {
    const LEAF: bool = true;
    #[inline(always)]
    fn get(t: &Thread, f: Frame, x: Field) -> Value {
        <Local as Operand>::get(t, f, x)
    }
}
impl Target for Any {
    const LEAF: bool = false;
    #[inline(always)]
    fn get(t: &Thread, f: Frame, x: Field) -> Value {
        <Any as Operand>::get(t, f, x)
    }
}

/// The function behind a callee, noted as seen; `None` for what is called the slow way.
#[inline(always)]
fn function(n: &'static Node, f: Value) -> Option<&'static Code> {
    let code = f.cast::<Function>()?.code;
    let cell: &Feedback = n.e.object();
    if cell.seen.load(Ordering::Relaxed) != std::ptr::from_ref(code) as u64 {
        feedback::callee(cell, code);
    }
    Some(code)
}

/// Calls entry `$n` of a code record.
macro_rules! enter {
    ($code:expr, $n:expr, $ty:ty; $($arg:expr),*) => {{
        // SAFETY: entry `$n` has the type that its index says (contract *Code*).
        let entry: $ty = unsafe { transmute($code.entry($n)) };
        entry($($arg),*)
    }};
}

/// Evaluates operands in order into locals, leaving at the first error.
macro_rules! operands {
    ($t:ident $f:ident; $($v:ident: $shape:ident = $field:expr;)*) => {$(
        let $v = $shape::get($t, $f, $field);
        if !$shape::LEAF && $v == THROWN {
            return THROWN;
        }
    )*};
}

fn call0<C: Target>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; callee: C = n.a;);
    f.stand(n);
    match function(n, callee) {
        Some(code) => enter!(code, 0, Entry0; t, callee),
        None => other0(n, callee),
    }
}
fn call1<C: Target, A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; callee: C = n.a; a: A = n.b;);
    f.stand(n);
    match function(n, callee) {
        Some(code) => enter!(code, 1, Entry1; t, callee, a),
        None => other1(n, callee, a),
    }
}
fn call2<C: Target, A: Operand, B: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; callee: C = n.a; a: A = n.b; b: B = n.c;);
    f.stand(n);
    match function(n, callee) {
        Some(code) => enter!(code, 2, Entry2; t, callee, a, b),
        None => other2(n, callee, a, b),
    }
}
fn call3<C: Target, A: Operand, B: Operand, D: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; callee: C = n.a; a: A = n.b; b: B = n.c; d: D = n.d;);
    f.stand(n);
    match function(n, callee) {
        Some(code) => enter!(code, 3, Entry3; t, callee, a, b, d),
        None => other3(n, callee, a, b, d),
    }
}

fn self_call0(t: &Thread, f: Frame, n: &'static Node) -> Value {
    f.stand(n);
    enter!(n.e.object::<Owner>().code, 0, Entry0; t, f.this())
}
fn self_call1<A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; a: A = n.b;);
    f.stand(n);
    enter!(n.e.object::<Owner>().code, 1, Entry1; t, f.this(), a)
}
fn self_call2<A: Operand, B: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; a: A = n.b; b: B = n.c;);
    f.stand(n);
    enter!(n.e.object::<Owner>().code, 2, Entry2; t, f.this(), a, b)
}
fn self_call3<A: Operand, B: Operand, D: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; a: A = n.b; b: B = n.c; d: D = n.d;);
    f.stand(n);
    enter!(n.e.object::<Owner>().code, 3, Entry3; t, f.this(), a, b, d)
}

/// Four to six arguments.
#[inline(always)]
fn fetch<const N: usize>(t: &Thread, f: Frame, args: &[Arg]) -> Option<[Value; N]> {
    let mut values = [Value::NIL; N];
    for (v, a) in values.iter_mut().zip(args) {
        *v = a.fetch(t, f);
        if *v == THROWN {
            return None;
        }
    }
    Some(values)
}

#[inline(always)]
fn enter_some<const N: usize>(t: &Thread, code: &'static Code, callee: Value, v: &[Value; N]) -> Value {
    match N {
        4 => enter!(code, 4, Entry4; t, callee, v[0], v[1], v[2], v[3]),
        5 => enter!(code, 5, Entry5; t, callee, v[0], v[1], v[2], v[3], v[4]),
        _ => enter!(code, 6, Entry6; t, callee, v[0], v[1], v[2], v[3], v[4], v[5]),
    }
}

fn call_some<C: Target, const N: usize>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; callee: C = n.a;);
    let Some(v) = fetch::<N>(t, f, n.b.object::<Vec<Arg>>()) else { return THROWN };
    f.stand(n);
    match function(n, callee) {
        Some(code) => enter_some::<N>(t, code, callee, &v),
        None => other(n, callee, &v),
    }
}
fn self_call_some<const N: usize>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let Some(v) = fetch::<N>(t, f, n.b.object::<Vec<Arg>>()) else { return THROWN };
    f.stand(n);
    enter_some::<N>(t, n.e.object::<Owner>().code, f.this(), &v)
}

/// Seven and more: through the value stack.
fn call_many<C: Target>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    operands!(t f; callee: C = n.a;);
    let Some(v) = spread(t, f, n.b.object::<Vec<Arg>>()) else { return THROWN };
    f.stand(n);
    let args = v.values();
    match function(n, callee) {
        Some(code) => enter!(code, ENTRY_MANY, EntryMany; t, callee, args.len(), args.as_ptr()),
        None => other(n, callee, args),
    }
}
fn self_call_many(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let Some(v) = spread(t, f, n.b.object::<Vec<Arg>>()) else { return THROWN };
    f.stand(n);
    let args = v.values();
    enter!(n.e.object::<Owner>().code, ENTRY_MANY, EntryMany; t, f.this(), args.len(), args.as_ptr())
}

/// Evaluates operands onto the value stack; `None` with an error pending.
pub fn spread<'t>(t: &'t Thread, f: Frame, args: &[Arg]) -> Option<Scratch<'t>> {
    let mut v = Scratch::take(t, args.len())?;
    for (i, a) in args.iter().enumerate() {
        let x = a.fetch(t, f);
        if crate::frame::failed(t, x) {
            return None;
        }
        v.set(i, x);
    }
    Some(v)
}

#[cold]
#[inline(never)]
fn other0(n: &'static Node, callee: Value) -> Value {
    other(n, callee, &[])
}
#[cold]
#[inline(never)]
fn other1(n: &'static Node, callee: Value, a: Value) -> Value {
    other(n, callee, &[a])
}
#[cold]
#[inline(never)]
fn other2(n: &'static Node, callee: Value, a: Value, b: Value) -> Value {
    other(n, callee, &[a, b])
}
#[cold]
#[inline(never)]
fn other3(n: &'static Node, callee: Value, a: Value, b: Value, c: Value) -> Value {
    other(n, callee, &[a, b, c])
}

/// Calls what is no function object: keywords, maps, vars, and what cannot be called.
#[inline(never)]
fn other(n: &'static Node, callee: Value, args: &[Value]) -> Value {
    if callee == Value::UNBOUND {
        return unbound(n);
    }
    code::answer(invoke::invoke_other(callee, args))
}

#[cold]
fn unbound(n: &'static Node) -> Value {
    // Only `Root` yields a var's root as it is; any other node passed the value on, and its var is not known here.
    let name = if n.x == FROM_ROOT { format!("#'{}", var_of_root(n.a).full_name()) } else { "a var".to_owned() };
    let _ = fault::raise(Class::IllegalState, format!("Attempting to call unbound fn: {name}"));
    THROWN
}

const FROM_ROOT: u32 = 1;

/// The var whose root lies at the address.
fn var_of_root(root: Field) -> Gc<Var> {
    // SAFETY: the field was made from `Var::root_address`; the root is the var's first field, behind the header, and the
    // var is a constant of the form, which keeps it alive.
    unsafe { Gc::from_ptr((root.bits() - 8) as *mut Var) }
}

/// The root of a var as a callee.
pub fn root_of(var: Gc<Var>) -> Field {
    Field::of_word(var.root_address() as u64)
}

/// Of three arguments, immediates have no instance: they become nodes (`leaf`) before they come here.
macro_rules! pick3 {
    (@1 $s:expr, $f:ident, [$($g:ty)*], $rest:expr) => {
        match $s[0].shape {
            Shape::Local => pick3!(@2 $s, $f, [$($g)* Local]),
            Shape::Plus => pick3!(@2 $s, $f, [$($g)* Plus]),
            _ => pick3!(@2 $s, $f, [$($g)* Any]),
        }
    };
    (@2 $s:expr, $f:ident, [$($g:ty)*]) => {
        match $s[1].shape {
            Shape::Local => pick3!(@3 $s, $f, [$($g)* Local]),
            Shape::Plus => pick3!(@3 $s, $f, [$($g)* Plus]),
            _ => pick3!(@3 $s, $f, [$($g)* Any]),
        }
    };
    (@3 $s:expr, $f:ident, [$($g:ty)*]) => {
        match $s[2].shape {
            Shape::Local => $f::<$($g,)* Local> as Run,
            Shape::Plus => $f::<$($g,)* Plus> as Run,
            _ => $f::<$($g,)* Any> as Run,
        }
    };
    ($args:expr, $f:ident $(, $g:ty)*) => { pick3!(@1 $args, $f, [$($g)*], ()) };
}

fn run_of<C: Target>(args: &[Arg]) -> Run {
    match args {
        [] => call0::<C>,
        [a] => pick1_plus!(a.shape, call1, C),
        [a, b] => pick2_plus!(a.shape, b.shape, call2, C),
        [_, _, _] => pick3!(args, call3, C),
        [_, _, _, _] => call_some::<C, 4>,
        [_, _, _, _, _] => call_some::<C, 5>,
        _ if args.len() == MAX_DIRECT => call_some::<C, 6>,
        _ => call_many::<C>,
    }
}

/// The arguments in the node's fields.
fn with_args(mut n: Node, args: Vec<Arg>) -> Node {
    match args[..] {
        [] => {}
        [a] => n.b = a.field,
        [a, b] => (n.b, n.c) = (a.field, b.field),
        [a, b, c] => (n.b, n.c, n.d) = (a.field, b.field, c.field),
        _ => n.b = Field::of_object(&*Box::leak(Box::new(args))),
    }
    n
}

/// A call. Of three arguments, immediates must have been made nodes.
pub fn call(callee: Callee, args: Vec<Arg>, cell: &'static Feedback) -> Node {
    let (run, a, x) = match callee {
        Callee::Root(root) => (run_of::<Root>(&args), root, FROM_ROOT),
        Callee::Operand(Arg { shape: Shape::Local, field }) => (run_of::<Local>(&args), field, 0),
        Callee::Operand(Arg { field, .. }) => (run_of::<Any>(&args), field, 0),
    };
    with_args(Node::new(run).a(a).e(Field::of_object(cell)).x(x), args)
}

/// A call of the running function.
pub fn self_call(owner: &'static Owner, args: Vec<Arg>) -> Node {
    let run = match args[..] {
        [] => self_call0 as Run,
        [a] => pick1_plus!(a.shape, self_call1),
        [a, b] => pick2_plus!(a.shape, b.shape, self_call2),
        [_, _, _] => pick3!(args, self_call3),
        [_, _, _, _] => self_call_some::<4>,
        [_, _, _, _, _] => self_call_some::<5>,
        _ if args.len() == MAX_DIRECT => self_call_some::<6>,
        _ => self_call_many,
    };
    with_args(Node::new(run).e(Field::of_object(owner)), args)
}
