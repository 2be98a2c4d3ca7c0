//! Order, equality and hashes of numbers. `num_eq` (`==`) looks at the value, `equal` (`=`) also at the category:
//! integers, ratios, decimals and doubles are never equal to one another.

use super::arith::fixnums;
use super::tower::{Num, Pair, no_number, pair, pair_of};
use crate::fault::{self, Class, Res};
use crate::value::Value;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// `None` where one is NaN.
fn order(a: Value, b: Value) -> Res<Option<Ordering>> {
    Ok(match pair_of(a, b)? {
        Pair::Long(x, y) => Some(x.cmp(&y)),
        Pair::Big(x, y) => Some(x.cmp(&y)),
        Pair::Ratio((n, d), (m, e)) => Some((n * e).cmp(&(m * d))),
        Pair::Decimal(x, y) => Some(x.compare(&y)),
        Pair::Double(x, y) => x.partial_cmp(&y),
    })
}

macro_rules! comparison {
    ($name:ident, $slow:ident, $op:tt, $when:pat) => {
        #[inline]
        pub fn $name(a: Value, b: Value) -> Res<bool> {
            if fixnums(a, b) {
                return Ok((a.bits() as i64) $op (b.bits() as i64));
            }
            $slow(a, b)
        }
        #[inline(never)]
        fn $slow(a: Value, b: Value) -> Res<bool> {
            if let (Some(x), Some(y)) = (a.as_double(), b.as_double()) {
                return Ok(x $op y);
            }
            Ok(matches!(order(a, b)?, Some($when)))
        }
    };
}

comparison!(lt, lt_slow, <, Ordering::Less);
comparison!(le, le_slow, <=, Ordering::Less | Ordering::Equal);
comparison!(gt, gt_slow, >, Ordering::Greater);
comparison!(ge, ge_slow, >=, Ordering::Greater | Ordering::Equal);
comparison!(num_eq, num_eq_slow, ==, Ordering::Equal);

/// `compare` of two numbers.
pub fn compare(a: Value, b: Value) -> Res<Ordering> {
    Ok(order(a, b)?.unwrap_or(Ordering::Equal))
}

fn category(n: &Num) -> u8 {
    match n {
        Num::Long(_) | Num::Big(_) => 0,
        Num::Double(_) => 1,
        Num::Decimal(_) => 2,
        Num::Ratio(..) => 3,
    }
}

/// `=`; false where one is no number. Never raises.
#[inline]
pub fn equal(a: Value, b: Value) -> bool {
    if fixnums(a, b) { a == b } else { equal_slow(a, b) }
}

#[inline(never)]
fn equal_slow(a: Value, b: Value) -> bool {
    let (Some(x), Some(y)) = (Num::maybe(a), Num::maybe(b)) else { return false };
    if category(&x) != category(&y) {
        return false;
    }
    match pair(x, y) {
        Ok(Pair::Long(x, y)) => x == y,
        Ok(Pair::Big(x, y)) => x == y,
        Ok(Pair::Ratio(x, y)) => x == y,
        Ok(Pair::Decimal(x, y)) => x.compare(&y).is_eq(),
        Ok(Pair::Double(x, y)) => x == y,
        Err(_) => false,
    }
}

fn sign(v: Value) -> Res<Option<Ordering>> {
    if let Some(n) = v.as_long() {
        return Ok(Some(n.cmp(&0)));
    }
    if let Some(d) = v.as_double() {
        return Ok(d.partial_cmp(&0.0));
    }
    let of = |n: &BigInt| Some(n.cmp(&BigInt::zero()));
    match Num::maybe(v) {
        Some(Num::Big(n) | Num::Ratio(n, _)) => Ok(of(&n)),
        Some(Num::Decimal(d)) => Ok(of(&d.unscaled)),
        _ => Err(no_number(v)),
    }
}

#[inline]
pub fn is_zero(v: Value) -> Res<bool> {
    if v.is_fixnum() { Ok(v == Value::ZERO) } else { Ok(sign(v)? == Some(Ordering::Equal)) }
}
#[inline]
pub fn is_pos(v: Value) -> Res<bool> {
    if v.is_fixnum() { Ok(v.bits() as i64 > 0) } else { Ok(sign(v)? == Some(Ordering::Greater)) }
}
#[inline]
pub fn is_neg(v: Value) -> Res<bool> {
    if v.is_fixnum() { Ok((v.bits() as i64) < 0) } else { Ok(sign(v)? == Some(Ordering::Less)) }
}

/// # Errors
/// IllegalArgumentException: the value is no integer.
pub fn is_odd(v: Value) -> Res<bool> {
    match v.as_long() {
        Some(n) => Ok(n & 1 != 0),
        None => match Num::maybe(v) {
            Some(Num::Big(b)) => Ok(b.bit(0)),
            _ => Err(fault::raise(
                Class::IllegalArgument,
                format!("Argument must be an integer: {}", super::text(v).unwrap_or_else(|| crate::class_name(v))),
            )),
        },
    }
}
pub fn is_even(v: Value) -> Res<bool> {
    Ok(!is_odd(v)?)
}

fn mix_k(k: u32) -> u32 {
    k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}
fn mix_h(h: u32, k: u32) -> u32 {
    (h ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}
fn finish(h: u32, length: u32) -> u32 {
    let h = h ^ length;
    let h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
    let h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

/// Murmur3 of a long, as Clojure hashes it.
pub(crate) fn hash_long(n: i64) -> u32 {
    if n == 0 {
        return 0;
    }
    let h = mix_h(0, mix_k(n as u32));
    finish(mix_h(h, mix_k((n >> 32) as u32)), 8)
}

/// `BigInteger.hashCode`.
fn hash_big(n: &BigInt) -> u32 {
    let magnitude = n.magnitude().to_u32_digits();
    let h = magnitude.iter().rev().fold(0u32, |h, &d| h.wrapping_mul(31).wrapping_add(d));
    if n.is_negative() { h.wrapping_neg() } else { h }
}

/// Clojure's hash of a number; `None` where it is none. Numbers that are `=` hash alike.
pub fn hash(v: Value) -> Option<u32> {
    Some(match Num::maybe(v)? {
        Num::Long(n) => hash_long(n),
        Num::Big(b) => match b.to_i64() {
            Some(n) => hash_long(n),
            None => hash_big(&b),
        },
        Num::Ratio(n, d) => hash_big(&n) ^ hash_big(&d),
        Num::Decimal(d) => {
            let d = d.stripped();
            hash_big(&d.unscaled).wrapping_mul(31).wrapping_add(d.scale as u32)
        }
        Num::Double(d) => {
            let bits = if d == 0.0 { 0 } else { d.to_bits() };
            (bits ^ bits >> 32) as u32
        }
    })
}
