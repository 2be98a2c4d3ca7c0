//! The out-of-line form of every inlined function of clojure.core: what the nodes of `arith` fall back to, and what the
//! other operations always call.

use engine::analyze::Op;
use engine::coll;
use engine::fault::Res;
use engine::number;
use engine::value::Value;

pub type One = fn(Value) -> Res;
pub type Two = fn(Value, Value) -> Res;

/// A two-operand operation.
pub fn binary(op: Op, a: Value, b: Value) -> Res {
    match two(op) {
        Some(f) => f(a, b),
        None => unreachable!("{op:?} does not take two operands"),
    }
}

/// The function of an operation of two operands.
pub fn two(op: Op) -> Option<Two> {
    macro_rules! truth {
        ($f:path) => {
            |a, b| $f(a, b).map(Value::bool)
        };
    }
    Some(match op {
        Op::Add => number::add,
        Op::Sub => number::sub,
        Op::Mul => number::mul,
        Op::Div => number::div,
        Op::Quot => number::quot,
        Op::Rem => number::rem,
        Op::Mod => number::modulo,
        Op::Lt => truth!(number::lt),
        Op::Le => truth!(number::le),
        Op::Gt => truth!(number::gt),
        Op::Ge => truth!(number::ge),
        Op::NumEq => truth!(number::num_eq),
        Op::Equal => equal,
        Op::Identical => |a, b| Ok(Value::bool(a == b)),
        Op::BitAnd => number::bit_and,
        Op::BitOr => number::bit_or,
        Op::BitXor => number::bit_xor,
        Op::Shl => number::shift_left,
        Op::Shr => number::shift_right,
        Op::UShr => number::unsigned_shift_right,
        Op::UncheckedAdd => number::unchecked_add,
        Op::UncheckedSub => number::unchecked_sub,
        Op::UncheckedMul => number::unchecked_mul,
        Op::Nth => |c, i| coll::nth(c, number::to_long(i)?, None),
        Op::Get => |m, k| coll::get(m, k, Value::NIL),
        Op::Conj => coll::conj,
        Op::AGet => |a, i| coll::arrays::get_checked(a, number::to_long(i)?),
        Op::Inc
        | Op::Dec
        | Op::Neg
        | Op::IsZero
        | Op::IsPos
        | Op::IsNeg
        | Op::Not
        | Op::IsNil
        | Op::IsSome
        | Op::First
        | Op::Next
        | Op::Rest
        | Op::Seq
        | Op::Count
        | Op::UncheckedInc
        | Op::UncheckedDec
        | Op::ALength
        | Op::HintLong
        | Op::HintDouble
        | Op::HintWrap => return None,
    })
}

/// The function of an operation of one operand.
pub fn one(op: Op) -> Option<One> {
    Some(match op {
        Op::Inc => number::inc,
        Op::Dec => number::dec,
        Op::Neg => number::neg,
        Op::IsZero => |a| number::is_zero(a).map(Value::bool),
        Op::IsPos => |a| number::is_pos(a).map(Value::bool),
        Op::IsNeg => |a| number::is_neg(a).map(Value::bool),
        Op::Not => |a| Ok(Value::bool(!a.truthy())),
        Op::IsNil => |a| Ok(Value::bool(a.is_nil())),
        Op::IsSome => |a| Ok(Value::bool(!a.is_nil())),
        Op::First => coll::first,
        Op::Next => coll::next,
        Op::Rest => coll::rest,
        Op::Seq => coll::seq,
        Op::Count => |c| coll::count(c).map(|n| Value::long(n as i64)),
        Op::UncheckedInc => number::unchecked_inc,
        Op::UncheckedDec => number::unchecked_dec,
        Op::HintLong => |v| if v.is_fixnum() { Ok(v) } else { number::hint_long(v) },
        Op::HintDouble => number::hint_double,
        Op::HintWrap => number::hint_wrap,
        Op::ALength => |a| coll::arrays::len(a).map(|n| Value::long(n as i64)),
        // `(- x)` and `(/ x)` of one operand come as `Neg` and as `Div` of 1; the rest take two.
        _ => return None,
    })
}

/// `=`: identity settles all but NaN.
fn equal(a: Value, b: Value) -> Res {
    if a.is_fixnum() && b.is_fixnum() {
        return Ok(Value::bool(a == b));
    }
    coll::equal(a, b).map(Value::bool)
}
