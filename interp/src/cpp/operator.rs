//! Nodes of built-in operators on scalars, computed in place by `engine::scalar`'s plans. Types are settled when the
//! node is built.

use super::scalar::{self, convert, is_float, is_integer, load, store, truth};
pub use super::scalar::{Operator, Plan, null_pointer, promoted};
use crate::control;
use crate::frame::Frame;
use crate::node::{Field, Node, THROWN};
use engine::code::answer;
use engine::fault::Res;
use engine::questions::Repr;
use engine::thread::Thread;
use engine::value::Value;

/// The word, or an error that arose in this node.
fn standing(f: Frame, n: &'static Node, r: Res<u64>) -> Value {
    match r {
        Ok(w) => Value::from_bits(w),
        Err(e) => {
            f.stand(n);
            answer(Err(e))
        }
    }
}

/// Two operands, a value.
pub fn binary(plan: Plan, left: &'static Node, right: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(a) = control::value(t, f, n.a.node()) else { return THROWN };
        let Ok(b) = control::value(t, f, n.b.node()) else { return THROWN };
        standing(f, n, n.c.object::<Plan>().compute(a.bits(), b.bits()))
    }
    /// The common types, their operators chosen when the node is built.
    fn same<const OP: u8, const SIGNED: bool>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(a) = control::value(t, f, n.a.node()) else { return THROWN };
        let Ok(b) = control::value(t, f, n.b.node()) else { return THROWN };
        let (a, b) = (a.bits(), b.bits());
        Value::from_bits(match OP {
            0 => a.wrapping_add(b) as i32 as i64 as u64,
            1 => a.wrapping_sub(b) as i32 as i64 as u64,
            2 => a.wrapping_mul(b) as i32 as i64 as u64,
            3 => a.wrapping_add(b),
            4 => a.wrapping_sub(b),
            5 => a.wrapping_mul(b),
            6 if SIGNED => ((a as i64) < b as i64) as u64,
            6 => (a < b) as u64,
            _ => (a == b) as u64,
        })
    }
    use Operator::*;
    let exact = plan.left == plan.in_type && plan.right == plan.in_type;
    let run = match (plan.op, plan.in_type) {
        _ if !exact => run,
        (Add, Repr::I32) => same::<0, true>,
        (Sub, Repr::I32) => same::<1, true>,
        (Mul, Repr::I32) => same::<2, true>,
        (Add, Repr::I64 | Repr::U64) => same::<3, true>,
        (Sub, Repr::I64 | Repr::U64) => same::<4, true>,
        (Mul, Repr::I64 | Repr::U64) => same::<5, true>,
        (Lt, Repr::I32 | Repr::I64) => same::<6, true>,
        (Lt, Repr::U32 | Repr::U64) => same::<6, false>,
        (Eq, Repr::I32 | Repr::I64 | Repr::U32 | Repr::U64) => same::<7, true>,
        _ => run,
    };
    Node::new(run).a(left).b(right).c(Field::of_object(&*Box::leak(Box::new(plan))))
}

/// An assignment; operands from left to right, as arguments of every call here. The lvalue's address is the result.
pub struct Assign {
    /// The operator of `+=` and friends; none for `=`.
    pub plan: Option<Plan>,
    pub left: Repr,
    pub right: Repr,
}

pub fn assign(how: Assign, left: &'static Node, right: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let how: &Assign = n.c.object();
        let Ok(at) = control::value(t, f, n.a.node()) else { return THROWN };
        let Ok(b) = control::value(t, f, n.b.node()) else { return THROWN };
        standing(f, n, how.apply(at.bits(), b.bits()).map(|()| at.bits()))
    }
    Node::new(run).a(left).b(right).c(Field::of_object(&*Box::leak(Box::new(how))))
}

impl Assign {
    fn apply(&self, at: u64, b: u64) -> Res<()> {
        if at == 0 {
            return Err(null_pointer());
        }
        let new = match &self.plan {
            None => convert(self.right, self.left, b)?,
            Some(p) => {
                // SAFETY: an lvalue names a live object of its type.
                let old = unsafe { load(self.left, at) };
                convert(p.result, self.left, p.compute(old, b)?)?
            }
        };
        // SAFETY: as above; C++ has checked that it is not const.
        unsafe { store(self.left, at, new) };
        Ok(())
    }
}

/// One operand, a value: `- + ~ !`.
pub fn unary(token: &str, operand: Repr, value: &'static Node) -> Option<Node> {
    fn run<const T: u8>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        let [from, to] = [n.b, n.c].map(|r| *r.object::<Repr>());
        if T == b'!' {
            return Value::from_bits(!truth(from, v.bits()) as u64);
        }
        let promoted = convert(from, to, v.bits()).map(|w| match T {
            b'-' if is_float(to) => scalar::of_float(to, -scalar::float(to, w)),
            b'-' => scalar::extend(to, w.wrapping_neg()),
            b'~' => scalar::extend(to, !w),
            _ => w,
        });
        standing(f, n, promoted)
    }
    let run = match token {
        "!" if scalar::is_scalar(operand) => run::<b'!'>,
        "-" if scalar::is_arithmetic(operand) => run::<b'-'>,
        "+" if scalar::is_arithmetic(operand) => run::<b'+'>,
        "~" if is_integer(operand) => run::<b'~'>,
        _ => return None,
    };
    let leak = |r: Repr| Field::of_object(&*Box::leak(Box::new(r)));
    Some(Node::new(run).a(value).b(leak(operand)).c(leak(promoted(operand))))
}

/// `&&` and `||`: the right operand only where the left one does not decide.
pub fn logical(and: bool, left: (Repr, &'static Node), right: (Repr, &'static Node)) -> Node {
    fn run<const AND: bool>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(a) = control::value(t, f, n.a.node()) else { return THROWN };
        if truth(*n.c.object::<Repr>(), a.bits()) != AND {
            return Value::from_bits(!AND as u64);
        }
        match control::value(t, f, n.b.node()) {
            Ok(b) => Value::from_bits(truth(*n.d.object::<Repr>(), b.bits()) as u64),
            Err(()) => THROWN,
        }
    }
    let leak = |r: Repr| Field::of_object(&*Box::leak(Box::new(r)));
    let run = if and { run::<true> } else { run::<false> };
    Node::new(run).a(left.1).b(right.1).c(leak(left.0)).d(leak(right.0))
}

/// `*p`: the pointer is the address of what it points to; null is an error.
pub fn dereference(pointer: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        match control::value(t, f, n.a.node()) {
            Ok(p) if p.bits() == 0 => standing(f, n, Err(null_pointer())),
            Ok(p) => p,
            Err(()) => THROWN,
        }
    }
    Node::new(run).a(pointer)
}

/// A scalar cast.
pub fn cast(from: Repr, to: Repr, value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let [from, to] = [n.b, n.c].map(|r| *r.object::<Repr>());
        match control::value(t, f, n.a.node()) {
            Ok(v) => standing(f, n, convert(from, to, v.bits())),
            Err(()) => THROWN,
        }
    }
    let leak = |r: Repr| Field::of_object(&*Box::leak(Box::new(r)));
    Node::new(run).a(value).b(leak(from)).c(leak(to))
}

/// A branch on a C++ scalar.
pub fn branch(r: Repr, test: &'static Node, then: &'static Node, otherwise: &'static Node) -> Node {
    fn run<const FLOAT: u8>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        let holds = match FLOAT {
            64 => truth(Repr::F64, v.bits()),
            32 => truth(Repr::F32, v.bits()),
            _ => v.bits() != 0,
        };
        if holds {
            n.c.node().run(t, f)
        } else {
            control::apart();
            n.d.node().run(t, f)
        }
    }
    let run = match r {
        Repr::F64 => run::<64>,
        Repr::F32 => run::<32>,
        _ => run::<0>,
    };
    Node::new(run).a(test).c(then).d(otherwise)
}
