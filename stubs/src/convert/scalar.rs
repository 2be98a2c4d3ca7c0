//! Numbers, characters, booleans and enums. A slot holds a scalar's bits extended to 64; what lives in memory (long
//! double, 128-bit integers) comes by address.

use super::{conversion, conversion_to, range};
use engine::fault::Res;
use engine::number::BigInteger;
use engine::value::Value;
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use questions::{CppType, Repr, TypeKind, Way};

unsafe extern "C" {
    fn rung_long_double_get(p: *const u8) -> f64;
    fn rung_long_double_set(p: *mut u8, d: f64);
}

/// `signed char` and `unsigned char` are numbers; these are characters.
fn is_char(name: &str) -> bool {
    matches!(super::plain(name), "char" | "wchar_t" | "char8_t" | "char16_t" | "char32_t")
}

/// # Safety
/// `bits` is a value of the type; the address of one where it lives in memory.
pub(super) unsafe fn to_value(ty: &CppType, bits: u64) -> Res {
    Ok(match ty.repr {
        Repr::Bool => Value::bool(bits & 0xff != 0),
        Repr::F32 => Value::double(f32::from_bits(bits as u32) as f64),
        Repr::F64 => Value::double(f64::from_bits(bits)),
        Repr::I8 | Repr::U8 if is_char(&ty.name) => Value::char(bits as u8 as u32),
        Repr::U16 if is_char(&ty.name) => Value::char(bits as u16 as u32),
        Repr::I32 | Repr::U32 if is_char(&ty.name) => Value::char(bits as u32),
        Repr::I8 => Value::int(bits as i8 as i32),
        Repr::I16 => Value::int(bits as i16 as i32),
        Repr::I32 => Value::int(bits as i32),
        Repr::I64 => Value::long(bits as i64),
        Repr::U8 => Value::int(bits as u8 as i32),
        Repr::U16 => Value::int(bits as u16 as i32),
        Repr::U32 => Value::long(bits as u32 as i64),
        Repr::U64 => unsigned_out(bits),
        // SAFETY: the caller's promise: the address of a value of 16 bytes.
        Repr::Memory if ty.kind == TypeKind::Float => Value::double(unsafe { rung_long_double_get(bits as *const u8) }),
        // SAFETY: as above.
        Repr::Memory => wide_out(unsafe { (bits as *const i128).read_unaligned() }, ty),
        Repr::Void => Value::NIL,
        Repr::Pointer | Repr::Reference => return Err(super::no_conversion(ty, None)),
    })
}

/// A long holds 63 bits of an unsigned number; what is beyond is a big integer.
pub(crate) fn unsigned_out(n: u64) -> Value {
    engine::number::integer(&BigInt::from(n))
}

fn wide_out(n: i128, ty: &CppType) -> Value {
    engine::number::integer(&if ty.signed { BigInt::from(n) } else { BigInt::from(n as u128) })
}

/// # Safety
/// `storage` has room for the type where it lives in memory.
pub(super) unsafe fn from_value(v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    let name = ty.name.as_str();
    let v = if ty.way == Way::Cast { cast(v, ty)? } else { v };
    match ty.repr {
        Repr::Bool => v.as_bool().map(u64::from).ok_or_else(|| conversion(v, ty)),
        Repr::F32 => Ok((double_in(v, name, true)? as f32).to_bits() as u64),
        Repr::F64 => Ok(double_in(v, name, false)?.to_bits()),
        Repr::I8 if is_char(name) => Ok(char_in(v, 0xff, name)? as i8 as i64 as u64),
        Repr::U8 if is_char(name) => Ok(char_in(v, 0xff, name)? as u64),
        Repr::U16 if is_char(name) => Ok(char_in(v, 0xffff, name)? as u64),
        Repr::I32 | Repr::U32 if is_char(name) => Ok(char_in(v, 0x10_ffff, name)? as u64),
        Repr::I8 => Ok(signed_in(v, i8::MIN.into(), i8::MAX.into(), name)? as u64),
        Repr::I16 => Ok(signed_in(v, i16::MIN.into(), i16::MAX.into(), name)? as u64),
        Repr::I32 => Ok(signed_in(v, i32::MIN.into(), i32::MAX.into(), name)? as u64),
        Repr::I64 => Ok(signed_in(v, i64::MIN, i64::MAX, name)? as u64),
        Repr::U8 => unsigned_in(v, u8::MAX.into(), name),
        Repr::U16 => unsigned_in(v, u16::MAX.into(), name),
        Repr::U32 => unsigned_in(v, u32::MAX.into(), name),
        Repr::U64 => unsigned_in(v, u64::MAX, name),
        Repr::Memory if ty.kind == TypeKind::Float => {
            let d = double_in(v, name, false)?;
            // SAFETY: the caller's promise.
            unsafe { rung_long_double_set(storage, d) };
            Ok(storage as u64)
        }
        Repr::Memory => {
            let least = if ty.signed { i128::MIN } else { 0 };
            let n = whole(v, name)?;
            if n < least {
                return Err(range(n, name));
            }
            // SAFETY: the caller's promise: 16 bytes.
            unsafe { storage.cast::<i128>().write_unaligned(n) };
            Ok(storage as u64)
        }
        Repr::Void | Repr::Pointer | Repr::Reference => Err(conversion(v, ty)),
    }
}

/// What a C++ cast makes of a number or character on the way to a scalar: cut towards zero, a test against zero for `bool`.
fn cast(v: Value, ty: &CppType) -> Res {
    let bool = ty.repr == Repr::Bool;
    if let Some(b) = v.as_bool() {
        return Ok(if bool { v } else { Value::int(b.into()) });
    }
    if let Some(c) = v.as_char() {
        return Ok(if bool {
            Value::bool(c != 0)
        } else if is_char(&ty.name) {
            v
        } else {
            Value::int(c as i32)
        });
    }
    if !engine::number::is_number(v) {
        return Err(conversion(v, ty));
    }
    if bool {
        return Ok(Value::bool(engine::number::to_double(v)? != 0.0));
    }
    if ty.kind == TypeKind::Float || v.as_long().is_some() || v.is::<BigInteger>() {
        return Ok(v);
    }
    if let Some(d) = v.as_double().filter(|d| !d.is_finite()) {
        return Err(range(d, &ty.name));
    }
    engine::number::to_bigint(v)
}

/// Any integer: a double is none, whatever its value.
fn whole(v: Value, ty: &str) -> Res<i128> {
    match (v.as_long(), v.cast::<BigInteger>()) {
        (Some(n), _) => Ok(n as i128),
        (None, Some(big)) => big.big().to_i128().ok_or_else(|| range(big.big(), ty)),
        _ => Err(conversion_to(v, ty)),
    }
}

pub(crate) fn signed_in(v: Value, least: i64, greatest: i64, ty: &str) -> Res<i64> {
    match v.as_fixnum() {
        Some(n) if (least..=greatest).contains(&n) => Ok(n),
        _ => {
            let n = whole(v, ty)?;
            i64::try_from(n).ok().filter(|n| (least..=greatest).contains(n)).ok_or_else(|| range(n, ty))
        }
    }
}

pub(crate) fn unsigned_in(v: Value, greatest: u64, ty: &str) -> Res<u64> {
    let n = whole(v, ty)?;
    u64::try_from(n).ok().filter(|&n| n <= greatest).ok_or_else(|| range(n, ty))
}

/// Any number; a float takes what rounds to one.
pub(crate) fn double_in(v: Value, ty: &str, is_float: bool) -> Res<f64> {
    let d = match v.as_double() {
        Some(d) => d,
        None if engine::number::is_number(v) => engine::number::to_double(v)?,
        None => return Err(conversion_to(v, ty)),
    };
    if is_float && d.is_finite() && !(d as f32).is_finite() { Err(range(d, ty)) } else { Ok(d) }
}

/// A character, or the number of one.
pub(crate) fn char_in(v: Value, greatest: u32, ty: &str) -> Res<u32> {
    if let Some(c) = v.as_char() {
        return if c <= greatest { Ok(c) } else { Err(range(format!("character {c:#x}"), ty)) };
    }
    match v.as_long() {
        // A plain `char` is signed here, so its negative numbers are characters of it too.
        Some(n) if greatest == 0xff && (-128..0).contains(&n) => Ok(n as i8 as u8 as u32),
        Some(n) => u32::try_from(n).ok().filter(|&n| n <= greatest).ok_or_else(|| range(n, ty)),
        None => Err(conversion_to(v, ty)),
    }
}
