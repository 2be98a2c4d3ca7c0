//! What equality, hashing and order need of numbers; the tower itself is `number`'s.

use crate::fault::Res;
use crate::heap::TypeId;
use crate::number;
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
#[inline]
pub fn equal(a: Value, b: Value) -> bool {
    match (a.as_double(), b.as_double()) {
        (Some(x), Some(y)) => x == y,
        _ => number::equal(a, b),
    }
}

pub fn hash(v: Value) -> u32 {
    number::hash(v).unwrap_or(0)
}

pub fn compare(a: Value, b: Value) -> Res<Ordering> {
    number::compare(a, b)
}

/// A key as an index of a vector: any integer.
#[inline]
pub fn index(key: Value) -> Option<usize> {
    match key.as_fixnum() {
        Some(n) => usize::try_from(n).ok(),
        None => wide_index(key),
    }
}
#[cold]
fn wide_index(key: Value) -> Option<usize> {
    if !number::is_integer(key) {
        return None;
    }
    number::wrap_long(key).ok().and_then(|n| usize::try_from(n).ok())
}

/// A key as an index of a string or array: any number, truncated.
pub fn any_index(key: Value) -> Option<usize> {
    match key.as_double() {
        Some(d) if d > -1.0 => Some(d as usize),
        Some(_) => None,
        None => index(key),
    }
}
