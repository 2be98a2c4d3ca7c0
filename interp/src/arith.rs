//! Arithmetic and comparison. A node starts out for small integers; what it meets makes it the node for doubles or the
//! one for anything, by a store to its function pointer, and is noted in the feedback for the compilers.
//!
//! Nodes: `a` `b` operands, `e` feedback; a fused compare-and-branch has its branches in `c` and `d`.

use crate::control::apart;
use crate::frame::Frame;
use crate::node::{Arg, Node, Operand, Run, Shape, THROWN};
use crate::slow;
use crate::{feedback, pick2};
use engine::analyze::Op;
use engine::code::Feedback;
use engine::thread::Thread;
use engine::value::Value;
use std::sync::atomic::Ordering;

/// What a node is specialised for.
const INTS: u8 = 0;
const DOUBLES: u8 = 1;
const ANYTHING: u8 = 2;

/// An operation on two numbers. Integers come as words (`n << 3`); `None` sends it to the slow path.
pub trait Binary {
    const OP: Op;
    fn ints(a: i64, b: i64) -> Option<i64>;
    fn doubles(a: f64, b: f64) -> Option<f64>;
}
/// A comparison of two numbers.
pub trait Compare {
    const OP: Op;
    fn ints(a: i64, b: i64) -> bool;
    fn doubles(a: f64, b: f64) -> bool;
}

macro_rules! binary {
    ($($name:ident |$a:ident, $b:ident| $ints:expr, $doubles:expr;)*) => {$(
        struct $name;
        impl Binary for $name {
            const OP: Op = Op::$name;
            #[inline(always)]
            fn ints($a: i64, $b: i64) -> Option<i64> { $ints }
            #[inline(always)]
            fn doubles(a: f64, b: f64) -> Option<f64> {
                let f: Option<fn(f64, f64) -> f64> = $doubles;
                f.map(|f| f(a, b))
            }
        }
    )*};
}
macro_rules! compare {
    ($($name:ident $op:tt;)*) => {$(
        struct $name;
        impl Compare for $name {
            const OP: Op = Op::$name;
            #[inline(always)]
            fn ints(a: i64, b: i64) -> bool { a $op b }
            #[inline(always)]
            fn doubles(a: f64, b: f64) -> bool { a $op b }
        }
    )*};
}

/// A shift by 0 to 63 in place; the bits that leave 61 go the slow way.
#[inline(always)]
fn shift_left(a: i64, by: i64) -> Option<i64> {
    let by = by >> 3;
    if !(0..60).contains(&by) {
        return None;
    }
    let r = a << by;
    if r >> by == a { Some(r) } else { None }
}

binary! {
    Add |a, b| a.checked_add(b), Some(|x, y| x + y);
    Sub |a, b| a.checked_sub(b), Some(|x, y| x - y);
    Mul |a, b| (a >> 3).checked_mul(b), Some(|x, y| x * y);
    // An exact quotient; ratios, doubles and zero divisors are the slow path's.
    Div |a, b| if b != 0 && b != -8 && (a >> 3) % (b >> 3) == 0 { Some(((a >> 3) / (b >> 3)) << 3) } else { None },
        None;
    Quot |a, b| if b != 0 && b != -8 { Some(((a >> 3) / (b >> 3)) << 3) } else { None }, None;
    Rem |a, b| if b != 0 && b != -8 { Some(((a >> 3) % (b >> 3)) << 3) } else { None }, None;
    Mod |a, b| if b > 0 { Some((a >> 3).rem_euclid(b >> 3) << 3) } else { None }, None;
    BitAnd |a, b| Some(a & b), None;
    BitOr |a, b| Some(a | b), None;
    BitXor |a, b| Some(a ^ b), None;
    Shl |a, b| shift_left(a, b), None;
    Shr |a, b| if (0..64 << 3).contains(&b) { Some((a >> (b >> 3)) & !7) } else { None }, None;
    UncheckedAdd |a, b| a.checked_add(b), Some(|x, y| x + y);
    UncheckedSub |a, b| a.checked_sub(b), Some(|x, y| x - y);
    UncheckedMul |a, b| (a >> 3).checked_mul(b), Some(|x, y| x * y);
}
compare! { Lt <; Le <=; Gt >; Ge >=; NumEq ==; }

#[inline(always)]
fn both_ints(a: Value, b: Value) -> bool {
    (a.bits() | b.bits()) & 7 == 0
}

/// The two as doubles where at least one is a double and the other a number that needs no allocation to read.
#[inline(always)]
fn both_doubles(a: Value, b: Value) -> Option<(f64, f64)> {
    #[inline(always)]
    fn plain(v: Value) -> f64 {
        f64::from_bits(v.bits().rotate_right(4).wrapping_sub(1 << 60))
    }
    if is_plain_double(a) && is_plain_double(b) { Some((plain(a), plain(b))) } else { unusual_doubles(a, b) }
}

#[inline(always)]
fn is_plain_double(v: Value) -> bool {
    v.bits() & 6 == 4
}

/// Mixed with integers; zeros, infinities, boxed doubles; no numbers.
#[inline(never)]
fn unusual_doubles(a: Value, b: Value) -> Option<(f64, f64)> {
    fn number(v: Value) -> Option<f64> {
        v.as_double().or_else(|| v.as_fixnum().map(|n| n as f64))
    }
    if both_ints(a, b) { None } else { Some((number(a)?, number(b)?)) }
}

/// The word of a double; the ones that a word does not hold as they are out of line.
#[inline(always)]
fn of_double(d: f64) -> Value {
    #[cold]
    #[inline(never)]
    fn unusual(d: f64) -> Value {
        Value::double(d)
    }
    let plain = Value::from_bits(d.to_bits().wrapping_add(1 << 60).rotate_left(4));
    if is_plain_double(plain) { plain } else { unusual(d) }
}

/// Where a node's slow path leads: the operation itself, and the node's other forms.
struct Next {
    op: Op,
    doubles: Run,
    anything: Run,
}

fn bin<O: Binary, A: Operand, B: Operand, const K: u8>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let a = A::get(t, f, n.a);
    if !A::LEAF && !B::LEAF && a == THROWN {
        return THROWN;
    }
    let b = B::get(t, f, n.b);
    if K != DOUBLES && both_ints(a, b) {
        if let Some(r) = O::ints(a.bits() as i64, b.bits() as i64) {
            return Value::from_bits(r as u64);
        }
    }
    if K != INTS {
        if let Some((x, y)) = both_doubles(a, b) {
            if let Some(r) = O::doubles(x, y) {
                return of_double(r);
            }
        }
    }
    bin_miss(
        f,
        n,
        a,
        b,
        const { &Next { op: O::OP, doubles: bin::<O, A, B, DOUBLES>, anything: bin::<O, A, B, ANYTHING> } },
    )
}

/// The slow path: an error on its way, or numbers that the node is not specialised for.
#[cold]
#[inline(never)]
fn bin_miss(f: Frame, n: &'static Node, a: Value, b: Value, next: &'static Next) -> Value {
    if a == THROWN || b == THROWN {
        return THROWN;
    }
    f.stand(n);
    learn(n, a, b, next);
    let r = slow::binary(next.op, a, b);
    if let Ok(v) = r {
        if !v.is_fixnum() && both_ints(a, b) {
            feedback::note(n.e.object(), Feedback::OVERFLOW);
        }
    }
    engine::code::answer(r)
}

/// Notes what was seen and takes the node's next form.
fn learn(n: &'static Node, a: Value, b: Value, next: &'static Next) {
    let kinds = feedback::kind(a) | feedback::kind(b);
    let cell: &Feedback = n.e.object();
    let before = cell.seen.load(Ordering::Relaxed);
    feedback::note(cell, kinds);
    let seen = before | kinds;
    if seen & Feedback::OTHER != 0 || (before & Feedback::DOUBLE != 0 && kinds & Feedback::DOUBLE == 0) {
        n.become_(next.anything);
    } else if seen & Feedback::DOUBLE != 0 {
        n.become_(next.doubles);
    }
}

/// A comparison: its operands, and `hit` where they are such as the node is specialised for, else `miss`.
macro_rules! compared {
    ($t:ident $f:ident $n:ident; |$holds:ident| $hit:expr; |$a:ident, $b:ident| $miss:expr) => {{
        let $a = A::get($t, $f, $n.a);
        if !A::LEAF && !B::LEAF && $a == THROWN {
            return THROWN;
        }
        let $b = B::get($t, $f, $n.b);
        if K != DOUBLES && both_ints($a, $b) {
            let $holds = C::ints($a.bits() as i64, $b.bits() as i64);
            return $hit;
        }
        if K != INTS {
            if let Some((x, y)) = both_doubles($a, $b) {
                let $holds = C::doubles(x, y);
                return $hit;
            }
        }
        $miss
    }};
}

#[cold]
#[inline(never)]
fn cmp_miss(f: Frame, n: &'static Node, a: Value, b: Value, next: &'static Next) -> Value {
    if a == THROWN || b == THROWN {
        return THROWN;
    }
    f.stand(n);
    learn(n, a, b, next);
    engine::code::answer(slow::binary(next.op, a, b))
}

#[cold]
#[inline(never)]
fn branch_miss(t: &Thread, f: Frame, n: &'static Node, a: Value, b: Value, next: &'static Next) -> Value {
    match cmp_miss(f, n, a, b, next) {
        Value::TRUE => n.c.node().run(t, f),
        Value::FALSE => n.d.node().run(t, f),
        _ => THROWN,
    }
}

fn cmp<C: Compare, A: Operand, B: Operand, const K: u8>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    compared!(t f n; |holds| Value::bool(holds); |a, b| cmp_miss(
        f,
        n,
        a,
        b,
        const { &Next { op: C::OP, doubles: cmp::<C, A, B, DOUBLES>, anything: cmp::<C, A, B, ANYTHING> } },
    ))
}

fn if_cmp<C: Compare, A: Operand, B: Operand, const K: u8>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    compared!(t f n; |holds| {
        if holds {
            n.c.node().run(t, f)
        } else {
            apart();
            n.d.node().run(t, f)
        }
    }; |a, b| branch_miss(
        t,
        f,
        n,
        a,
        b,
        const { &Next { op: C::OP, doubles: if_cmp::<C, A, B, DOUBLES>, anything: if_cmp::<C, A, B, ANYTHING> } },
    ))
}

/// `inc`, `dec` and the tests against zero are their two-operand forms with a constant.
pub fn as_binary(op: Op, a: Arg) -> Option<(Op, Arg, Arg)> {
    let int = |n| Arg::imm(Value::int(n));
    Some(match op {
        Op::Inc => (Op::Add, a, int(1)),
        Op::Dec => (Op::Sub, a, int(1)),
        Op::UncheckedInc => (Op::UncheckedAdd, a, int(1)),
        Op::UncheckedDec => (Op::UncheckedSub, a, int(1)),
        Op::IsZero => (Op::NumEq, a, int(0)),
        Op::IsPos => (Op::Gt, a, int(0)),
        Op::IsNeg => (Op::Lt, a, int(0)),
        _ => return None,
    })
}

fn node(run: Run, a: Arg, b: Arg, cell: &'static Feedback) -> Node {
    Node::new(run).a(a.field).b(b.field).e(crate::node::Field::of_object(cell))
}

/// A node of an arithmetic operation or comparison; `None` where the operation is neither.
pub fn binary(op: Op, a: Arg, b: Arg, cell: &'static Feedback) -> Option<Node> {
    let (x, y): (Shape, Shape) = (a.shape, b.shape);
    macro_rules! of {
        ($($bin:ident)*; $($cmp:ident)*) => {
            match op {
                $(Op::$bin => pick2!(x, y, bin, $bin; INTS),)*
                $(Op::$cmp => pick2!(x, y, cmp, $cmp; INTS),)*
                _ => return None,
            }
        };
    }
    let run = of!(Add Sub Mul Div Quot Rem Mod BitAnd BitOr BitXor Shl Shr UncheckedAdd UncheckedSub UncheckedMul;
                  Lt Le Gt Ge NumEq);
    let n = node(run, a, b, cell);
    // For `node::Plus`: what is added. No small integer's negation leaves the 64 bits.
    Some(match (op, b.shape) {
        (Op::Add, Shape::Imm) => n.c(b.field),
        (Op::Sub, Shape::Imm) => n.c(crate::node::Field::of_word(b.field.bits().wrapping_neg())),
        _ => n,
    })
}

/// A comparison that chooses between two branches; `None` where the operation is none.
pub fn branch(
    op: Op,
    (a, b): (Arg, Arg),
    cell: &'static Feedback,
    then: &'static Node,
    otherwise: &'static Node,
) -> Option<Node> {
    let (x, y) = (a.shape, b.shape);
    let run = match op {
        Op::Lt => pick2!(x, y, if_cmp, Lt; INTS),
        Op::Le => pick2!(x, y, if_cmp, Le; INTS),
        Op::Gt => pick2!(x, y, if_cmp, Gt; INTS),
        Op::Ge => pick2!(x, y, if_cmp, Ge; INTS),
        Op::NumEq => pick2!(x, y, if_cmp, NumEq; INTS),
        _ => return None,
    };
    Some(node(run, a, b, cell).c(then).d(otherwise))
}
