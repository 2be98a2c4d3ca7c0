//! Digits: numbers to text as the JVM writes them, and back.

use super::decimal::Decimal;
use super::tower::Num;
use crate::value::Value;
use num_bigint::BigInt;

/// `Double.toString`: the shortest digits that read back, with a point, and an exponent outside of [0.001, 10^7).
pub fn double_text(d: f64) -> String {
    if d.is_nan() {
        return "NaN".into();
    }
    if d.is_infinite() {
        return if d > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    if d == 0.0 {
        return if d.is_sign_negative() { "-0.0".into() } else { "0.0".into() };
    }
    let shortest = format!("{:e}", d.abs());
    let (mut mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let mut exponent: i32 = exponent.parse().unwrap_or(0);
    // With one digit Java looks for the nearest of two digits: 4.9E-324.
    let two = format!("{:.1e}", d.abs());
    if mantissa.len() == 1 && two.parse() == Ok(d.abs()) {
        let (m, e) = two.split_once('e').unwrap_or((&two, "0"));
        (mantissa, exponent) = (m, e.parse().unwrap_or(exponent));
    }
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        some => some,
    };
    let sign = if d < 0.0 { "-" } else { "" };
    let count = digits.len() as i32;
    if !(-3..7).contains(&exponent) {
        let rest = if count > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{rest}E{exponent}", &digits[..1]);
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    if count <= exponent + 1 {
        return format!("{sign}{digits}{}.0", "0".repeat((exponent + 1 - count) as usize));
    }
    let (whole, fraction) = digits.split_at(exponent as usize + 1);
    format!("{sign}{whole}.{fraction}")
}

/// A number as `str` writes it: no `N` or `M` at the end. `None` where it is none.
pub fn text(v: Value) -> Option<String> {
    Some(match Num::maybe(v)? {
        Num::Long(n) => n.to_string(),
        Num::Big(b) => b.to_string(),
        Num::Ratio(n, d) => format!("{n}/{d}"),
        Num::Decimal(d) => d.to_string(),
        Num::Double(d) => double_text(d),
    })
}

fn all_digits(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())
}

/// `Long.parseLong` in base 10.
pub fn parse_long(s: &str) -> Option<i64> {
    all_digits(s.strip_prefix(['+', '-']).unwrap_or(s)).then(|| s.parse().ok()).flatten()
}

pub fn parse_bigint(s: &str) -> Option<BigInt> {
    all_digits(s.strip_prefix(['+', '-']).unwrap_or(s)).then(|| BigInt::parse_bytes(s.as_bytes(), 10)).flatten()
}

/// `Double.valueOf`: blanks around, a `d` or `f` at the end, `NaN` and `Infinity` by name, hexadecimal digits.
pub fn parse_double(s: &str) -> Option<f64> {
    let s = s.trim_matches(|c: char| c <= ' ');
    let (sign, body) = match s.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, s.strip_prefix('+').unwrap_or(s)),
    };
    match body {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    if let Some(hex) = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        return parse_hex(hex).map(|d| sign * d);
    }
    let body = body.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(body);
    let starts = body.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let plain = body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !starts || !plain {
        return None;
    }
    body.parse::<f64>().ok().map(|d| sign * d)
}

/// `1.8p3`, behind the `0x`.
fn parse_hex(s: &str) -> Option<f64> {
    let s = s.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(s);
    let (mantissa, exponent) = s.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let n = u64::from_str_radix(&digits, 16).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(n as f64 * 2f64.powi(exponent - 4 * fraction.len() as i32))
}

/// `new BigDecimal(text)`.
pub fn parse_decimal(s: &str) -> Option<Decimal> {
    let (mantissa, exponent) = s.split_once(['e', 'E']).unwrap_or((s, "0"));
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if !all_digits(&digits) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let magnitude = BigInt::parse_bytes(digits.as_bytes(), 10)?;
    let unscaled = if negative { -magnitude } else { magnitude };
    Some(Decimal { unscaled, scale: fraction.len() as i64 - i64::from(exponent) })
}
