//! Built-in operators on scalars, computed in place: exactly C++ under `-fwrapv`, but that a division by zero is an
//! error. Types are settled when the node is built: the usual arithmetic conversions are here.

use super::scalar::{self, convert, is_float, is_integer, load, store, truth, width};
use crate::control;
use crate::frame::Frame;
use crate::node::{Field, Node, THROWN};
use engine::code::answer;
use engine::fault::{self, Class, Res};
use engine::questions::Repr;
use engine::thread::Thread;
use engine::value::Value;

/// The operators of two operands that yield a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
}

impl Operator {
    pub fn named(token: &str) -> Option<Operator> {
        use Operator::*;
        Some(match token {
            "+" => Add,
            "-" => Sub,
            "*" => Mul,
            "/" => Div,
            "%" => Rem,
            "&" => And,
            "|" => Or,
            "^" => Xor,
            "<<" => Shl,
            ">>" => Shr,
            "==" => Eq,
            "!=" => Ne,
            "<" => Lt,
            ">" => Gt,
            "<=" => Le,
            ">=" => Ge,
            _ => return None,
        })
    }
    fn compares(self) -> bool {
        use Operator::*;
        matches!(self, Eq | Ne | Lt | Gt | Le | Ge)
    }
    fn integers_only(self) -> bool {
        use Operator::*;
        matches!(self, Rem | And | Or | Xor | Shl | Shr)
    }
    fn shifts(self) -> bool {
        matches!(self, Operator::Shl | Operator::Shr)
    }
}

/// Integer promotion.
pub fn promoted(r: Repr) -> Repr {
    match r {
        Repr::Bool | Repr::I8 | Repr::I16 | Repr::U8 | Repr::U16 => Repr::I32,
        r => r,
    }
}

/// The usual arithmetic conversions.
pub fn common(a: Repr, b: Repr) -> Repr {
    let (a, b) = (promoted(a), promoted(b));
    for r in [Repr::F64, Repr::F32, Repr::U64, Repr::I64, Repr::U32] {
        if a == r || b == r {
            return r;
        }
    }
    Repr::I32
}

/// How an operator is computed: operand types, the type in which, and the result's.
pub struct Plan {
    pub op: Operator,
    pub left: Repr,
    pub right: Repr,
    /// Both operands are converted to it; a shift's right one is not.
    pub in_type: Repr,
    pub result: Repr,
}

impl Plan {
    /// `None` where C++ has no such operator on such scalars, or it is not computed in place (pointer arithmetic).
    pub fn new(op: Operator, left: Repr, right: Repr) -> Option<Plan> {
        let arithmetic = scalar::is_arithmetic(left) && scalar::is_arithmetic(right);
        let pointers = left == Repr::Pointer && right == Repr::Pointer && op.compares();
        if !arithmetic && !pointers || op.integers_only() && !(is_integer(left) && is_integer(right)) {
            return None;
        }
        let in_type = match () {
            () if pointers => Repr::U64,
            () if op.shifts() => promoted(left),
            () => common(left, right),
        };
        let (left, right) = if pointers { (Repr::U64, Repr::U64) } else { (left, right) };
        Some(Plan { op, left, right, in_type, result: if op.compares() { Repr::Bool } else { in_type } })
    }

    pub fn compute(&self, a: u64, b: u64) -> Res<u64> {
        let a = convert(self.left, self.in_type, a)?;
        let b = if self.op.shifts() { b } else { convert(self.right, self.in_type, b)? };
        match self.in_type {
            Repr::F32 | Repr::F64 => Ok(self.floats(a, b)),
            _ => self.integers(a, b),
        }
    }

    fn floats(&self, a: u64, b: u64) -> u64 {
        use Operator::*;
        macro_rules! of {
            ($x:expr, $y:expr, $wrap:expr) => {{
                let (x, y) = ($x, $y);
                match self.op {
                    Add => $wrap(x + y),
                    Sub => $wrap(x - y),
                    Mul => $wrap(x * y),
                    Div => $wrap(x / y),
                    Eq => (x == y) as u64,
                    Ne => (x != y) as u64,
                    Lt => (x < y) as u64,
                    Gt => (x > y) as u64,
                    Le => (x <= y) as u64,
                    Ge => (x >= y) as u64,
                    Rem | And | Or | Xor | Shl | Shr => 0,
                }
            }};
        }
        match self.in_type {
            Repr::F32 => of!(f32::from_bits(a as u32), f32::from_bits(b as u32), |r: f32| r.to_bits() as u64),
            _ => of!(f64::from_bits(a), f64::from_bits(b), f64::to_bits),
        }
    }

    fn integers(&self, a: u64, b: u64) -> Res<u64> {
        use Operator::*;
        let signed = matches!(self.in_type, Repr::I32 | Repr::I64);
        let (x, y) = (a as i64, b as i64);
        if matches!(self.op, Div | Rem) && b == 0 {
            return Err(divide_by_zero());
        }
        // The processor's shift: by the count modulo the width.
        let by = (b as u32) & (width(self.in_type) as u32 * 8 - 1);
        Ok(match self.op {
            Add => scalar::extend(self.in_type, a.wrapping_add(b)),
            Sub => scalar::extend(self.in_type, a.wrapping_sub(b)),
            Mul => scalar::extend(self.in_type, a.wrapping_mul(b)),
            Div if signed => scalar::extend(self.in_type, x.wrapping_div(y) as u64),
            Div => a / b,
            Rem if signed => scalar::extend(self.in_type, x.wrapping_rem(y) as u64),
            Rem => a % b,
            And => a & b,
            Or => a | b,
            Xor => a ^ b,
            Shl => scalar::extend(self.in_type, a << by),
            Shr if signed => (x >> by) as u64,
            Shr => a >> by,
            Eq => (a == b) as u64,
            Ne => (a != b) as u64,
            Lt => (if signed { x < y } else { a < b }) as u64,
            Gt => (if signed { x > y } else { a > b }) as u64,
            Le => (if signed { x <= y } else { a <= b }) as u64,
            Ge => (if signed { x >= y } else { a >= b }) as u64,
        })
    }
}

#[cold]
fn divide_by_zero() -> fault::Thrown {
    fault::raise(Class::Arithmetic, "Divide by zero")
}

/// A null pointer was followed by an operator of ours.
#[cold]
pub fn null_pointer() -> fault::Thrown {
    fault::raise(Class::NullPointer, "null pointer dereference in C++")
}

fn word(r: Res<u64>) -> Value {
    match r {
        Ok(w) => Value::from_bits(w),
        Err(e) => answer(Err(e)),
    }
}

/// Two operands, a value.
pub fn binary(plan: Plan, left: &'static Node, right: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(a) = control::value(t, f, n.a.node()) else { return THROWN };
        let Ok(b) = control::value(t, f, n.b.node()) else { return THROWN };
        word(n.c.object::<Plan>().compute(a.bits(), b.bits()))
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
        match how.apply(at.bits(), b.bits()) {
            Ok(()) => at,
            Err(e) => answer(Err(e)),
        }
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
        word(convert(from, to, v.bits()).map(|w| match T {
            b'-' if is_float(to) => scalar::of_float(to, -scalar::float(to, w)),
            b'-' => scalar::extend(to, w.wrapping_neg()),
            b'~' => scalar::extend(to, !w),
            _ => w,
        }))
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
            Ok(p) if p.bits() == 0 => answer(Err(null_pointer())),
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
            Ok(v) => word(convert(from, to, v.bits())),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn int(op: Operator, a: (Repr, i64), b: (Repr, i64)) -> Option<i64> {
        let plan = Plan::new(op, a.0, b.0)?;
        plan.compute(a.1 as u64, b.1 as u64).ok().map(|w| w as i64)
    }

    #[test]
    fn operators_are_those_of_c() {
        use Operator::*;
        use Repr::*;
        assert_eq!(int(Add, (I32, i32::MAX as i64), (I32, 1)), Some(i32::MIN as i64));
        assert_eq!(int(Add, (I32, i32::MAX as i64), (I64, 1)), Some(1 << 31));
        assert_eq!(int(Lt, (I32, -1), (U32, 1)), Some(0));
        assert_eq!(int(Lt, (I64, -1), (U32, 1)), Some(1));
        assert_eq!(int(Div, (I32, -7), (I32, 2)), Some(-3));
        assert_eq!(int(Rem, (I32, -7), (I32, 2)), Some(-1));
        assert_eq!(int(Div, (I32, i32::MIN as i64), (I32, -1)), Some(i32::MIN as i64));
        assert_eq!(int(Shl, (U8, 255), (I32, 8)), Some(255 << 8));
        assert_eq!(int(Shr, (I32, -8), (I32, 1)), Some(-4));
        assert_eq!(int(Sub, (U32, 0), (U32, 1)), Some(0xffff_ffff));
        assert_eq!(int(Mul, (Bool, 1), (I8, -3)), Some(-3));
        assert!(Plan::new(Rem, F64, I32).is_none() && Plan::new(Add, Pointer, I32).is_none());
        let p = Plan::new(Add, F32, I32).unwrap();
        assert_eq!((p.result, p.compute(1.5f32.to_bits() as u64, 2)), (F32, Ok(3.5f32.to_bits() as u64)));
        let t = engine::thread::attach();
        assert_eq!(int(Div, (I32, 1), (I32, 0)), None);
        assert!(t.is_pending());
        t.take_pending();
    }
}
