//! Inlined functions of clojure.core that are neither arithmetic nor tests: the operands in place, then a call.
//!
//! Nodes: `a` `b` operands, `e` the function.

use crate::arith;
use crate::control::{self, IsNil, IsSome, Not};
use crate::frame::Frame;
use crate::node::{Arg, Field, Node, Operand, THROWN};
use crate::slow::{self, One, Two};
use crate::{pick1, pick2};
use engine::analyze::Op;
use engine::code::{Feedback, answer};
use engine::thread::Thread;
use engine::value::Value;

fn one<A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let a = A::get(t, f, n.a);
    if !A::LEAF && a == THROWN {
        return THROWN;
    }
    f.stand(n);
    // SAFETY: the constructor stored a `One`.
    let call: One = unsafe { std::mem::transmute(n.e.bits()) };
    answer(call(a))
}

fn two<A: Operand, B: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let a = A::get(t, f, n.a);
    if !A::LEAF && a == THROWN {
        return THROWN;
    }
    let b = B::get(t, f, n.b);
    if !B::LEAF && b == THROWN {
        return THROWN;
    }
    f.stand(n);
    // SAFETY: the constructor stored a `Two`.
    let call: Two = unsafe { std::mem::transmute(n.e.bits()) };
    answer(call(a, b))
}

/// A call of a Rust function of one value.
pub fn call_one(call: One, a: Arg) -> Node {
    Node::new(pick1!(a.shape, one)).a(a.field).e(Field::of_word(call as usize as u64))
}
/// A call of a Rust function of two values.
pub fn call_two(call: Two, a: Arg, b: Arg) -> Node {
    Node::new(pick2!(a.shape, b.shape, two)).a(a.field).b(b.field).e(Field::of_word(call as usize as u64))
}

/// The node of an operation; `None` where it does not take so many operands.
pub fn node(op: Op, args: &[Arg], cell: &'static Feedback) -> Option<Node> {
    match *args {
        [a] => Some(match op {
            Op::Not => control::test::<Not>(a),
            Op::IsNil => control::test::<IsNil>(a),
            Op::IsSome => control::test::<IsSome>(a),
            _ => match arith::as_binary(op, a) {
                Some((op, a, b)) => arith::binary(op, a, b, cell)?,
                None => call_one(slow::one(op)?, a),
            },
        }),
        [a, b] => Some(match op {
            Op::Identical => control::identical(a, b),
            _ => match arith::binary(op, a, b, cell) {
                Some(n) => n,
                None => call_two(slow::two(op)?, a, b),
            },
        }),
        _ => None,
    }
}

/// A branch whose test is the operation, fused; `None` where there is no such form.
pub fn branch(
    op: Op,
    args: &[Arg],
    cell: &'static Feedback,
    then: &'static Node,
    otherwise: &'static Node,
) -> Option<Node> {
    match *args {
        [a] => match op {
            Op::Not => Some(control::branch::<Not>(a, then, otherwise)),
            Op::IsNil => Some(control::branch::<IsNil>(a, then, otherwise)),
            Op::IsSome => Some(control::branch::<IsSome>(a, then, otherwise)),
            _ => arith::as_binary(op, a).and_then(|(op, a, b)| arith::branch(op, (a, b), cell, then, otherwise)),
        },
        [a, b] if op == Op::Identical => Some(control::branch_identical(a, b, then, otherwise)),
        [a, b] => arith::branch(op, (a, b), cell, then, otherwise),
        _ => None,
    }
}
