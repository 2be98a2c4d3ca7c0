//! Built-in operators on scalars: exactly C++ under `-fwrapv`, but that a division by zero is an error. The usual
//! arithmetic conversions are here: every tier computes by the same plan.

use super::{convert, extend, is_arithmetic, is_integer, width};
use crate::fault::{self, Class, Res};
use questions::Repr;

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
        let arithmetic = is_arithmetic(left) && is_arithmetic(right);
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
            Add => extend(self.in_type, a.wrapping_add(b)),
            Sub => extend(self.in_type, a.wrapping_sub(b)),
            Mul => extend(self.in_type, a.wrapping_mul(b)),
            Div if signed => extend(self.in_type, x.wrapping_div(y) as u64),
            Div => a / b,
            Rem if signed => extend(self.in_type, x.wrapping_rem(y) as u64),
            Rem => a % b,
            And => a & b,
            Or => a | b,
            Xor => a ^ b,
            Shl => extend(self.in_type, a << by),
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
pub fn divide_by_zero() -> fault::Thrown {
    fault::raise(Class::Arithmetic, "Divide by zero")
}

/// A null pointer was followed by an operator of ours.
#[cold]
pub fn null_pointer() -> fault::Thrown {
    fault::raise(Class::NullPointer, "null pointer dereference in C++")
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
        let t = crate::thread::attach();
        assert_eq!(int(Div, (I32, 1), (I32, 0)), None);
        assert!(t.is_pending());
        t.take_pending();
    }
}
