//! Casts between kinds of numbers, as `long`, `double`, `bigint`, `rationalize` and their like want them.

use super::arith::{cut, double_to_big};
use super::big::{self, BigInteger, Ratio};
use super::decimal::{self, Decimal};
use super::text;
use super::tower::{Num, no_number};
use crate::fault::{self, Class, Res, Thrown};
use crate::text::Text;
use crate::value::Value;
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// Does a number of any kind stand in the word?
pub fn is_number(v: Value) -> bool {
    use crate::heap::TypeId;
    v.as_long().is_some()
        || v.as_double().is_some()
        || matches!(v.type_id(), TypeId::BIG_INT | TypeId::RATIO | TypeId::BIG_DECIMAL)
}

/// `integer?`: a long or a big integer.
pub fn is_integer(v: Value) -> bool {
    v.as_long().is_some() || v.is::<BigInteger>()
}

/// The number itself, checked: `num`.
pub fn to_num(v: Value) -> Res {
    if is_number(v) { Ok(v) } else { Err(no_number(v)) }
}

#[cold]
fn out_of_range(v: Value, kind: &str) -> Thrown {
    let text =
        text::text(v).unwrap_or_else(|| v.as_char().and_then(char::from_u32).map_or_else(String::new, String::from));
    fault::raise(Class::IllegalArgument, format!("Value out of range for {kind}: {text}"))
}

/// The long that a number is when cut towards zero; characters give their code. NaN is 0.
///
/// # Errors
/// IllegalArgumentException: out of range.
pub fn cast_long(v: Value) -> Res<i64> {
    to_range(v, i64::MIN, i64::MAX, "long")
}
/// The same of numbers only.
pub fn to_long(v: Value) -> Res<i64> {
    if v.is_char() { Err(fault::class_cast(v, "java.lang.Number")) } else { cast_long(v) }
}

/// As `to_long`, of numbers only: what a `^long` parameter is given.
///
/// # Errors
/// ClassCastException, NullPointerException, IllegalArgumentException.
pub fn hint_long(v: Value) -> Res {
    Ok(Value::long(to_long(to_num(v)?)?))
}
/// As `wrap_long`, of numbers only: what a `^long` result is.
///
/// # Errors
/// ClassCastException, NullPointerException.
pub fn hint_wrap(v: Value) -> Res {
    Ok(Value::long(wrap_long(to_num(v)?)?))
}
/// What a `^double` parameter is given and a `^double` result is.
///
/// # Errors
/// ClassCastException, NullPointerException.
pub fn hint_double(v: Value) -> Res {
    Ok(Value::double(to_double(to_num(v)?)?))
}

/// The same for narrower kinds: `int`, `short`, `byte`.
pub fn to_range(v: Value, least: i64, greatest: i64, kind: &str) -> Res<i64> {
    if let Some(n) = v.as_long().or_else(|| v.as_char().map(i64::from)) {
        return match n >= least && n <= greatest {
            true => Ok(n),
            false if kind == "int" => Err(fault::raise(Class::Arithmetic, "integer overflow")),
            false => Err(out_of_range(v, kind)),
        };
    }
    let cut = match Num::of(v)? {
        Num::Double(d) if d.is_nan() => Some(0),
        Num::Double(d) if d >= least as f64 && d <= greatest as f64 => Some(d as i64),
        Num::Double(_) => None,
        n => whole(n).and_then(|n| n.to_i64()),
    };
    cut.filter(|n| *n >= least && *n <= greatest).ok_or_else(|| out_of_range(v, kind))
}

/// The low 64 bits of a number cut towards zero: `unchecked-long` and narrower ones.
pub fn wrap_long(v: Value) -> Res<i64> {
    if let Some(n) = v.as_long() {
        return Ok(n);
    }
    Ok(match Num::of(v)? {
        Num::Double(d) => d as i64,
        n => whole(n).map_or(0, |n| {
            let low = n.to_signed_bytes_le();
            let fill = if low.last().is_some_and(|b| *b >= 0x80) { 0xff } else { 0 };
            let mut bytes = [fill; 8];
            for (to, from) in bytes.iter_mut().zip(&low) {
                *to = *from;
            }
            i64::from_le_bytes(bytes)
        }),
    })
}

/// The whole part; `None` for infinities and NaN.
fn whole(n: Num) -> Option<BigInt> {
    match n {
        Num::Long(n) => Some(n.into()),
        Num::Big(b) => Some(b),
        Num::Ratio(n, d) => Some(cut(&n, &d)),
        Num::Decimal(d) => Some(d.truncated()),
        Num::Double(d) => double_to_big(d),
    }
}

#[inline]
pub fn to_double(v: Value) -> Res<f64> {
    match v.as_double() {
        Some(d) => Ok(d),
        None => Ok(Num::of(v)?.to_f64()),
    }
}

/// `char`: a character from its code, or itself.
pub fn to_char(v: Value) -> Res {
    if v.is_char() {
        return Ok(v);
    }
    Ok(Value::char(to_range(v, 0, 0xffff, "char")? as u32))
}

fn no_format(what: &str) -> Thrown {
    fault::raise(Class::NumberFormat, format!("For input string: \"{what}\""))
}

/// `bigint`: of a number cut towards zero, or of a text.
/// # Errors
/// IllegalArgumentException for what is no number, NullPointerException for nil.
fn convertible(v: Value) -> Res<Num> {
    match Num::maybe(v) {
        Some(n) => Ok(n),
        None if v.is_nil() => Num::of(v),
        None => Err(fault::illegal_argument(format!(
            "No matching method found taking 1 args for class {}",
            crate::class_name(v)
        ))),
    }
}

pub fn to_bigint(v: Value) -> Res {
    if v.is::<BigInteger>() {
        return Ok(v);
    }
    if let Some(t) = v.cast::<Text>() {
        return text::parse_bigint(t.as_str()).map(|n| big::big_integer(&n)).ok_or_else(|| no_format(t.as_str()));
    }
    let n = match convertible(v)? {
        Num::Double(d) => decimal_of_double(d)?.truncated(),
        n => whole(n).unwrap_or_default(),
    };
    Ok(big::big_integer(&n))
}

/// The digits of a double as a decimal.
fn decimal_of_double(d: f64) -> Res<Decimal> {
    text::parse_decimal(&text::double_text(d)).ok_or_else(|| fault::raise(Class::NumberFormat, "Infinite or NaN"))
}

pub fn to_bigdec(v: Value) -> Res {
    if let Some(t) = v.cast::<Text>() {
        return match text::parse_decimal(t.as_str()) {
            Some(d) => Ok(big::big_decimal(&d)),
            None => Err(fault::raise(Class::NumberFormat, "Character array is missing \"exponent\" mark 'e' or 'E'.")),
        };
    }
    let d = match convertible(v)? {
        Num::Decimal(_) => return Ok(v),
        Num::Double(d) => decimal_of_double(d)?,
        Num::Ratio(n, d) => decimal::divide(&Decimal::whole(n), &Decimal::whole(d))?,
        Num::Long(n) => Decimal::whole(n.into()),
        Num::Big(b) => Decimal::whole(b),
    };
    Ok(big::big_decimal(&d))
}

/// Doubles and decimals as ratios or big integers, by their digits.
pub fn rationalize(v: Value) -> Res {
    if v.is_nil() {
        return Ok(v);
    }
    let d = match Num::of(v)? {
        Num::Double(d) => decimal_of_double(d)?,
        Num::Decimal(d) => d,
        _ => return Ok(v),
    };
    Ok(if d.scale <= 0 {
        big::big_integer(&d.truncated())
    } else {
        big::ratio(&d.unscaled, &decimal::power_of_ten(d.scale))
    })
}

pub fn numerator(v: Value) -> Res {
    v.cast::<Ratio>().map(|r| r.numerator).ok_or_else(|| fault::class_cast(v, "clojure.lang.Ratio"))
}
pub fn denominator(v: Value) -> Res {
    v.cast::<Ratio>().map(|r| r.denominator).ok_or_else(|| fault::class_cast(v, "clojure.lang.Ratio"))
}
