//! Bit operations, shifts and wrapping arithmetic, on 64 bits.

use super::arith::fixnums;
use crate::fault::{self, Class, Res};
use crate::value::Value;

/// # Errors
/// IllegalArgumentException: no long.
#[inline]
fn bits(v: Value) -> Res<i64> {
    match v.as_long() {
        Some(n) => Ok(n),
        None if v.is_nil() => Err(super::tower::no_number(v)),
        None => Err(fault::raise(
            Class::IllegalArgument,
            format!("bit operation not supported for: class {}", crate::class_name(v)),
        )),
    }
}

macro_rules! bitwise {
    ($($name:ident $op:tt)*) => {$(
        #[inline]
        pub fn $name(a: Value, b: Value) -> Res {
            if fixnums(a, b) {
                return Ok(Value::from_bits(a.bits() $op b.bits()));
            }
            Ok(Value::long(bits(a)? $op bits(b)?))
        }
    )*};
}
bitwise! { bit_and & bit_or | bit_xor ^ }

pub fn bit_and_not(a: Value, b: Value) -> Res {
    Ok(Value::long(bits(a)? & !bits(b)?))
}
pub fn bit_not(a: Value) -> Res {
    Ok(Value::long(!bits(a)?))
}
pub fn shift_left(a: Value, n: Value) -> Res {
    Ok(Value::long(bits(a)?.wrapping_shl(bits(n)? as u32 & 63)))
}
pub fn shift_right(a: Value, n: Value) -> Res {
    Ok(Value::long(bits(a)? >> (bits(n)? & 63)))
}
pub fn unsigned_shift_right(a: Value, n: Value) -> Res {
    Ok(Value::long((bits(a)? as u64 >> (bits(n)? & 63)) as i64))
}
pub fn bit_set(a: Value, n: Value) -> Res {
    Ok(Value::long(bits(a)? | 1 << (bits(n)? & 63)))
}
pub fn bit_clear(a: Value, n: Value) -> Res {
    Ok(Value::long(bits(a)? & !(1 << (bits(n)? & 63))))
}
pub fn bit_flip(a: Value, n: Value) -> Res {
    Ok(Value::long(bits(a)? ^ 1 << (bits(n)? & 63)))
}
pub fn bit_test(a: Value, n: Value) -> Res<bool> {
    Ok(bits(a)? >> (bits(n)? & 63) & 1 != 0)
}

macro_rules! unchecked {
    ($($name:ident $wrapping:ident $checked:ident)*) => {$(
        /// Wraps on longs; other numbers as the checked operation.
        #[inline]
        pub fn $name(a: Value, b: Value) -> Res {
            match (a.as_long(), b.as_long()) {
                (Some(x), Some(y)) => Ok(Value::long(x.$wrapping(y))),
                _ => super::$checked(a, b),
            }
        }
    )*};
}
unchecked! { unchecked_add wrapping_add add  unchecked_sub wrapping_sub sub  unchecked_mul wrapping_mul mul }

pub fn unchecked_inc(a: Value) -> Res {
    unchecked_add(a, Value::int(1))
}
pub fn unchecked_dec(a: Value) -> Res {
    unchecked_sub(a, Value::int(1))
}
pub fn unchecked_neg(a: Value) -> Res {
    match a.as_long() {
        Some(n) => Ok(Value::long(n.wrapping_neg())),
        None => super::neg(a),
    }
}
