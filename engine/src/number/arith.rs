//! Arithmetic. Two fixnums, or two doubles in their words, are done inline; everything else is out of line.

use super::big;
use super::decimal::{self, Decimal};
use super::tower::{Num, Pair, no_number, pair_dividing, pair_of};
use crate::fault::{self, Class, Res, Thrown};
use crate::value::Value;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

#[inline(always)]
pub(super) fn fixnums(a: Value, b: Value) -> bool {
    (a.bits() | b.bits()) & 7 == 0
}

/// Both doubles, where both are in their words by rotation.
#[inline(always)]
pub(super) fn doubles(a: Value, b: Value) -> Option<(f64, f64)> {
    if a.bits() & 6 == 4 && b.bits() & 6 == 4 { Some((a.as_double()?, b.as_double()?)) } else { None }
}

#[cold]
pub(super) fn overflow() -> Thrown {
    fault::raise(Class::Arithmetic, "long overflow")
}

#[cold]
pub(super) fn by_zero() -> Thrown {
    fault::raise(Class::Arithmetic, "Divide by zero")
}

/// What becomes of a long operation that 64 bits do not hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overflow {
    Raise,
    Promote,
}

macro_rules! operation {
    ($name:ident, $promoting:ident, $slow:ident, $checked:ident, $op:tt, $ratio:expr, $decimal:expr, $fast:expr) => {
        #[inline]
        pub fn $name(a: Value, b: Value) -> Res {
            if fixnums(a, b) {
                let fast: fn(i64, i64) -> Option<i64> = $fast;
                if let Some(bits) = fast(a.bits() as i64, b.bits() as i64) {
                    return Ok(Value::from_bits(bits as u64));
                }
            } else if let Some((x, y)) = doubles(a, b) {
                return Ok(Value::double(x $op y));
            }
            $slow(a, b, Overflow::Raise)
        }
        /// The same, to a big integer where 64 bits do not hold the result.
        pub fn $promoting(a: Value, b: Value) -> Res {
            $slow(a, b, Overflow::Promote)
        }
        #[inline(never)]
        fn $slow(a: Value, b: Value, overflows: Overflow) -> Res {
            if let (Some(x), Some(y)) = (a.as_long(), b.as_long()) {
                return match (x.$checked(y), overflows) {
                    (Some(n), _) => Ok(Value::long(n)),
                    (None, Overflow::Raise) => Err(overflow()),
                    (None, Overflow::Promote) => Ok(big::big_integer(&(BigInt::from(x) $op BigInt::from(y)))),
                };
            }
            Ok(match pair_of(a, b)? {
                Pair::Long(..) => unreachable!("done above"),
                Pair::Big(x, y) => big::big_integer(&(x $op y)),
                Pair::Ratio(x, y) => {
                    let ratio: fn((BigInt, BigInt), (BigInt, BigInt)) -> (BigInt, BigInt) = $ratio;
                    let (n, d) = ratio(x, y);
                    big::ratio(&n, &d)
                }
                Pair::Decimal(x, y) => {
                    let decimal: fn(&Decimal, &Decimal) -> Decimal = $decimal;
                    big::big_decimal(&decimal::in_context(decimal(&x, &y))?)
                }
                Pair::Double(x, y) => Value::double(x $op y),
            })
        }
    };
}

operation!(add, add_promoting, add_slow, checked_add, +,
    |(n, d), (m, e)| (n * &e + m * &d, d * e), Decimal::add, |a, b| a.checked_add(b));
operation!(sub, sub_promoting, sub_slow, checked_sub, -,
    |(n, d), (m, e)| (n * &e - m * &d, d * e), Decimal::sub, |a, b| a.checked_sub(b));
operation!(mul, mul_promoting, mul_slow, checked_mul, *,
    |(n, d), (m, e)| (n * m, d * e), Decimal::mul, |a, b| (a >> 3).checked_mul(b));

/// `/`: longs give a long or a ratio; doubles divide as IEEE says, also by zero.
///
/// # Errors
/// ArithmeticException: exact division by zero, or a decimal quotient without end.
#[inline]
pub fn div(a: Value, b: Value) -> Res {
    if let Some((x, y)) = doubles(a, b) {
        return Ok(Value::double(x / y));
    }
    div_slow(a, b)
}

#[inline(never)]
fn div_slow(a: Value, b: Value) -> Res {
    if let (Some(x), Some(y)) = (a.as_long(), b.as_long()) {
        if y == 0 {
            return Err(by_zero());
        }
        if y != -1 && x % y == 0 {
            return Ok(Value::long(x / y));
        }
        if y == -1 {
            return Ok(Value::long(x.wrapping_neg()));
        }
        return Ok(big::ratio(&x.into(), &y.into()));
    }
    match pair_dividing(a, b)? {
        Pair::Long(..) => unreachable!("done above"),
        Pair::Big(_, y) if y.is_zero() => Err(by_zero()),
        Pair::Big(x, y) => Ok(big::ratio(&x, &y)),
        Pair::Ratio(_, (m, _)) if m.is_zero() => Err(by_zero()),
        Pair::Ratio((n, d), (m, e)) => Ok(big::ratio(&(n * e), &(d * m))),
        Pair::Decimal(_, y) if y.unscaled.is_zero() => Err(by_zero()),
        Pair::Decimal(x, y) => Ok(big::big_decimal(&decimal::divide(&x, &y)?)),
        Pair::Double(x, y) => Ok(Value::double(x / y)),
    }
}

/// The quotient, cut towards zero.
#[inline]
pub fn quot(a: Value, b: Value) -> Res {
    match (a.as_fixnum(), b.as_fixnum()) {
        (Some(x), Some(y)) if y != 0 => Ok(Value::long(x.wrapping_div(y))),
        _ => quot_slow(a, b),
    }
}

#[inline(never)]
fn quot_slow(a: Value, b: Value) -> Res {
    match pair_dividing(a, b)? {
        Pair::Long(_, 0) => Err(by_zero()),
        Pair::Long(x, y) => Ok(Value::long(x.wrapping_div(y))),
        Pair::Big(_, y) if y.is_zero() => Err(by_zero()),
        Pair::Big(x, y) => Ok(big::big_integer(&(x / y))),
        Pair::Ratio(_, (m, _)) if m.is_zero() => Err(by_zero()),
        Pair::Ratio((n, d), (m, e)) => Ok(big::big_integer(&((n * e) / (d * m)))),
        Pair::Decimal(_, y) if y.unscaled.is_zero() => Err(by_zero()),
        Pair::Decimal(x, y) => Ok(big::big_decimal(&decimal::quot(&x, &y))),
        Pair::Double(_, 0.0) => Err(by_zero()),
        Pair::Double(x, y) => Ok(Value::double(whole_double(x / y)?.trunc() + 0.0)),
    }
}

/// # Errors
/// NumberFormatException for infinities and NaN, as the JVM's big decimals have it.
fn whole_double(d: f64) -> Res<f64> {
    if d.is_finite() { Ok(d) } else { Err(fault::raise(Class::NumberFormat, "Infinite or NaN")) }
}

/// The remainder, with the dividend's sign.
#[inline]
pub fn rem(a: Value, b: Value) -> Res {
    match (a.as_fixnum(), b.as_fixnum()) {
        (Some(x), Some(y)) if y != 0 => Ok(Value::long(x.wrapping_rem(y))),
        _ => rem_slow(a, b),
    }
}

#[inline(never)]
fn rem_slow(a: Value, b: Value) -> Res {
    match pair_dividing(a, b)? {
        Pair::Long(_, 0) => Err(by_zero()),
        Pair::Long(x, y) => Ok(Value::long(x.wrapping_rem(y))),
        Pair::Big(_, y) if y.is_zero() => Err(by_zero()),
        Pair::Big(x, y) => Ok(big::big_integer(&(x % y))),
        Pair::Ratio(_, (m, _)) if m.is_zero() => Err(by_zero()),
        Pair::Ratio((n, d), (m, e)) => {
            let whole = (&n * &e) / (&d * &m);
            Ok(big::ratio(&(n * &e - whole * m * &d), &(d * e)))
        }
        Pair::Decimal(_, y) if y.unscaled.is_zero() => Err(by_zero()),
        Pair::Decimal(x, y) => Ok(big::big_decimal(&decimal::rem(&x, &y))),
        Pair::Double(_, 0.0) => Err(by_zero()),
        Pair::Double(x, y) => Ok(Value::double(x - whole_double(x / y)?.trunc() * y)),
    }
}

/// The remainder, with the divisor's sign: `mod`.
#[inline]
pub fn modulo(a: Value, b: Value) -> Res {
    match (a.as_fixnum(), b.as_fixnum()) {
        (Some(x), Some(y)) if y != 0 => {
            let m = x.wrapping_rem(y);
            Ok(Value::long(if m != 0 && (m < 0) != (y < 0) { m + y } else { m }))
        }
        _ => {
            let m = rem(a, b)?;
            if super::is_zero(m)? || super::is_pos(m)? == super::is_pos(b)? { Ok(m) } else { add(m, b) }
        }
    }
}

#[inline]
pub fn inc(a: Value) -> Res {
    add(a, Value::int(1))
}
#[inline]
pub fn dec(a: Value) -> Res {
    sub(a, Value::int(1))
}
pub fn inc_promoting(a: Value) -> Res {
    add_promoting(a, Value::int(1))
}
pub fn dec_promoting(a: Value) -> Res {
    sub_promoting(a, Value::int(1))
}

/// Unary minus.
#[inline]
pub fn neg(a: Value) -> Res {
    match a.as_double() {
        Some(d) => Ok(Value::double(-d)),
        None => sub(Value::ZERO, a),
    }
}
pub fn neg_promoting(a: Value) -> Res {
    match a.as_double() {
        Some(d) => Ok(Value::double(-d)),
        None => sub_promoting(Value::ZERO, a),
    }
}

/// `abs`: the least long is its own, as on the JVM.
pub fn abs(a: Value) -> Res {
    Ok(match Num::of(a)? {
        Num::Long(n) => Value::long(n.wrapping_abs()),
        Num::Double(d) => Value::double(d.abs()),
        Num::Big(b) => big::big_integer(&b.abs()),
        Num::Ratio(n, d) => big::ratio(&n.abs(), &d),
        Num::Decimal(d) => big::big_decimal(&Decimal { unscaled: d.unscaled.abs(), scale: d.scale }),
    })
}

fn nan(v: Value) -> bool {
    v.as_double().is_some_and(f64::is_nan)
}

/// One of the two as it is; NaN where one is NaN.
pub fn max(a: Value, b: Value) -> Res {
    choose(a, b, super::gt)
}
pub fn min(a: Value, b: Value) -> Res {
    choose(a, b, super::lt)
}
fn choose(a: Value, b: Value, better: fn(Value, Value) -> Res<bool>) -> Res {
    if Num::maybe(a).is_none() {
        return Err(no_number(a));
    }
    let first = better(a, b)?;
    Ok(match (nan(a), nan(b)) {
        (true, _) => a,
        (_, true) => b,
        _ if first => a,
        _ => b,
    })
}

/// A double cut to an integer of any size.
pub(super) fn double_to_big(d: f64) -> Option<BigInt> {
    d.to_i64().map(BigInt::from).or_else(|| BigInt::from_f64(d))
}

/// The floor of a ratio, cut towards zero.
pub(super) fn cut(n: &BigInt, d: &BigInt) -> BigInt {
    n.div_rem(d).0
}
