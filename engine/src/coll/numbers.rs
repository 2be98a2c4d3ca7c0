//! What equality, hashing and order need of numbers.

use super::murmur;
use crate::fault::Res;
use crate::heap::TypeId;
use crate::value::Value;
use std::cmp::Ordering;

/// Any number; characters and booleans are none.
#[inline]
pub fn is_number(v: Value) -> bool {
    v.is_fixnum()
        || matches!(
            v.type_id(),
            TypeId::BOXED_LONG | TypeId::BOXED_DOUBLE | TypeId::BIG_INT | TypeId::RATIO | TypeId::BIG_DECIMAL
        )
        || v.as_double().is_some()
}

/// `=`: equal numbers of the same category (integers, doubles, …).
pub fn equal(a: Value, b: Value) -> Res<bool> {
    Ok(match (a.as_long(), b.as_long(), a.as_double(), b.as_double()) {
        (Some(x), Some(y), ..) => x == y,
        (_, _, Some(x), Some(y)) => x == y,
        _ => false,
    })
}

pub fn hash(v: Value) -> Res<u32> {
    Ok(match (v.as_long(), v.as_double()) {
        (Some(n), _) => murmur::long(n),
        (_, Some(d)) => double(d),
        _ => super::hash::identity(v),
    })
}

/// `Double.hashCode`, with one hash for both zeros.
pub fn double(d: f64) -> u32 {
    let bits = if d == 0.0 { 0 } else { d.to_bits() };
    (bits ^ bits >> 32) as u32
}

pub fn compare(a: Value, b: Value) -> Res<Ordering> {
    Ok(match (a.as_long(), b.as_long()) {
        (Some(x), Some(y)) => x.cmp(&y),
        _ => {
            let d = |v: Value| v.as_double().or(v.as_long().map(|n| n as f64)).unwrap_or(f64::NAN);
            d(a).partial_cmp(&d(b)).unwrap_or(Ordering::Equal)
        }
    })
}
