//! Numbers: integers of any radix, ratios, doubles, decimals, as the patterns of Clojure's reader take them.
//! Integers that 64 bits do not hold become big ones.

use super::fault::Read;
use super::place::Mark;
use super::{Form, FormKind, Ratio, Reader};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};

impl Reader<'_> {
    pub(super) fn starts_number(&self, first: char) -> bool {
        first.is_ascii_digit()
            || (matches!(first, '+' | '-') && self.cursor.peek_second().is_some_and(|c| c.is_ascii_digit()))
    }

    /// Takes everything up to a blank or any macro character, and that must be a number.
    #[inline(never)]
    pub(super) fn number(&mut self, start: Mark) -> Read<Form> {
        self.take_until(Self::is_macro);
        let (text, span) = (self.cursor.text_since(start), self.cursor.since(start));
        match parse(text) {
            Some(kind) => Ok(Form::new(kind, span)),
            None => Err(self.fault("read/number", format!("`{text}` is no number"), span)),
        }
    }
}

pub(super) fn parse(text: &str) -> Option<FormKind> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    match integer_digits(body) {
        Some(Digits::Of { digits, radix, big }) => integer(digits, radix, negative, big),
        Some(Digits::Invalid) => None,
        None => decimal(body, negative).or_else(|| ratio(body, negative)),
    }
}

/// How an integer is written.
enum Digits<'a> {
    Of {
        digits: &'a str,
        radix: u32,
        big: bool,
    },
    /// Looks like an octal number and is none, as `08`.
    Invalid,
}

fn integer_digits(body: &str) -> Option<Digits<'_>> {
    if let Some((radix, digits)) = body.split_once(['r', 'R']) {
        return radix_digits(radix, digits);
    }
    let (number, big) = match body.strip_suffix('N') {
        Some(number) => (number, true),
        None => (body, false),
    };
    if let Some(digits) = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")) {
        let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
        return hex.then_some(Digits::Of { digits, radix: 16, big });
    }
    if !all_digits(number) {
        return None;
    }
    match number.strip_prefix('0') {
        None | Some("") => Some(Digits::Of { digits: number, radix: 10, big }),
        Some(digits) if digits.bytes().all(|b| b < b'8') => Some(Digits::Of { digits, radix: 8, big }),
        Some(_) => Some(Digits::Invalid),
    }
}

/// `36rZZ`. An `N` at the end is a digit here.
fn radix_digits<'a>(radix: &str, digits: &'a str) -> Option<Digits<'a>> {
    let short = radix.len() <= 2 && all_digits(radix) && !radix.starts_with('0');
    if !short || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let radix: u32 = radix.parse().ok()?;
    let fits = (2..=36).contains(&radix) && digits.chars().all(|c| c.is_digit(radix));
    Some(if fits { Digits::Of { digits, radix, big: false } } else { Digits::Invalid })
}

fn integer(digits: &str, radix: u32, negative: bool, big: bool) -> Option<FormKind> {
    let number = signed(digits, radix, negative)?;
    Some(match i64::try_from(&number) {
        Ok(long) if !big => FormKind::Long(long),
        _ => FormKind::BigInt(number),
    })
}

fn signed(digits: &str, radix: u32, negative: bool) -> Option<BigInt> {
    let number = magnitude(digits, radix)?;
    Some(if negative { -number } else { number })
}

/// Digits to number, by halves where there are many: digit by digit would take the square of their count.
fn magnitude(digits: &str, radix: u32) -> Option<BigInt> {
    const DIRECT: usize = 1000;
    if digits.len() <= DIRECT {
        return BigInt::parse_bytes(digits.as_bytes(), radix);
    }
    let (high, low) = digits.split_at(digits.len() / 2);
    let shift = BigInt::from(radix).pow(u32::try_from(low.len()).ok()?);
    Some(magnitude(high, radix)? * shift + magnitude(low, radix)?)
}

/// `1.5`, `1e3`, `1.5M`, `3M`.
fn decimal(body: &str, negative: bool) -> Option<FormKind> {
    let (number, exact) = match body.strip_suffix('M') {
        Some(number) => (number, true),
        None => (body, false),
    };
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent),
        None => (number, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = all_digits(whole)
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    if !well_formed {
        return None;
    }
    if exact {
        let exponent: i64 = exponent.parse().ok()?;
        let scale = i32::try_from(i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?).ok()?;
        return Some(FormKind::BigDecimal { unscaled: signed(&format!("{whole}{fraction}"), 10, negative)?, scale });
    }
    let magnitude: f64 = number.parse().ok()?;
    Some(FormKind::Double(if negative { -magnitude } else { magnitude }))
}

/// `1/2`; a whole quotient is an integer, a long only if both parts are.
fn ratio(body: &str, negative: bool) -> Option<FormKind> {
    let (above, below) = body.split_once('/')?;
    if !all_digits(above) || !all_digits(below) {
        return None;
    }
    let (above, below) = (signed(above, 10, negative)?, magnitude(below, 10)?);
    if below.is_zero() {
        return None;
    }
    let big = i64::try_from(&above).is_err() || i64::try_from(&below).is_err();
    let divisor = above.gcd(&below);
    let (numerator, denominator) = (above / &divisor, below / &divisor);
    Some(match i64::try_from(&numerator) {
        Ok(long) if denominator.is_one() && !big => FormKind::Long(long),
        _ if denominator.is_one() => FormKind::BigInt(numerator),
        _ => FormKind::Ratio(Box::new(Ratio { numerator, denominator })),
    })
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
