//! Big decimals as java.math.BigDecimal has them: an integer and a scale, results with the scale that each operation
//! prefers, rounding to a context's precision (`with-precision`).

use crate::fault::{self, Class, Res};
use crate::space;
use crate::text::{Symbol, Text};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;

/// `unscaled` × 10^-`scale`.
#[derive(Debug, Clone)]
pub struct Decimal {
    pub unscaled: BigInt,
    pub scale: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    Up,
    Down,
    Ceiling,
    Floor,
    HalfUp,
    HalfDown,
    HalfEven,
    Unnecessary,
}

impl Rounding {
    pub fn named(name: &str) -> Option<Rounding> {
        Some(match name {
            "UP" => Rounding::Up,
            "DOWN" => Rounding::Down,
            "CEILING" => Rounding::Ceiling,
            "FLOOR" => Rounding::Floor,
            "HALF_UP" => Rounding::HalfUp,
            "HALF_DOWN" => Rounding::HalfDown,
            "HALF_EVEN" => Rounding::HalfEven,
            "UNNECESSARY" => Rounding::Unnecessary,
            _ => return None,
        })
    }
}

/// Digits kept and how the rest is rounded. Precision 0 keeps all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    pub precision: u32,
    pub rounding: Rounding,
}

pub fn power_of_ten(n: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(n).unwrap_or(0))
}

/// Number of decimal digits; of zero 1.
pub fn digits(n: &BigInt) -> i64 {
    if n.is_zero() { 1 } else { n.magnitude().to_string().len() as i64 }
}

impl Decimal {
    pub fn whole(n: BigInt) -> Decimal {
        Decimal { unscaled: n, scale: 0 }
    }

    /// Both as integers of one scale.
    fn aligned(&self, other: &Decimal) -> (BigInt, BigInt, i64) {
        let scale = self.scale.max(other.scale);
        let up = |d: &Decimal| {
            if d.scale == scale { d.unscaled.clone() } else { &d.unscaled * power_of_ten(scale - d.scale) }
        };
        (up(self), up(other), scale)
    }
    pub fn add(&self, other: &Decimal) -> Decimal {
        let (a, b, scale) = self.aligned(other);
        Decimal { unscaled: a + b, scale }
    }
    pub fn sub(&self, other: &Decimal) -> Decimal {
        let (a, b, scale) = self.aligned(other);
        Decimal { unscaled: a - b, scale }
    }
    pub fn mul(&self, other: &Decimal) -> Decimal {
        Decimal { unscaled: &self.unscaled * &other.unscaled, scale: self.scale + other.scale }
    }
    pub fn compare(&self, other: &Decimal) -> Ordering {
        let (a, b, _) = self.aligned(other);
        a.cmp(&b)
    }

    /// Drops zeros at the end while the scale is above `preferred`.
    fn strip(mut self, preferred: i64) -> Decimal {
        let ten = BigInt::from(10);
        while self.scale > preferred {
            let (q, r) = self.unscaled.div_rem(&ten);
            if !r.is_zero() {
                break;
            }
            self = Decimal { unscaled: q, scale: self.scale - 1 };
        }
        self
    }
    /// Without zeros at the end: what the hash is of.
    pub fn stripped(&self) -> Decimal {
        if self.unscaled.is_zero() {
            return Decimal::whole(BigInt::zero());
        }
        self.clone().strip(i64::MIN)
    }

    /// The whole part.
    pub fn truncated(&self) -> BigInt {
        if self.scale <= 0 {
            &self.unscaled * power_of_ten(-self.scale)
        } else {
            &self.unscaled / power_of_ten(self.scale)
        }
    }

    pub fn to_f64(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

/// As `BigDecimal.toString` writes it.
impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.unscaled.magnitude().to_string();
        let sign = if self.unscaled.is_negative() { "-" } else { "" };
        if self.scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let adjusted = digits.len() as i64 - 1 - self.scale;
        if self.scale > 0 && adjusted >= -6 {
            let scale = self.scale as usize;
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = padded.split_at(padded.len() - scale);
            return write!(f, "{sign}{whole}.{fraction}");
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{sign}{first}{point}{rest}E{adjusted:+}")
    }
}

/// n / d rounded to an integer.
fn rounded_quotient(n: &BigInt, d: &BigInt, rounding: Rounding) -> Res<BigInt> {
    let (q, r) = n.div_rem(d);
    if r.is_zero() {
        return Ok(q);
    }
    let negative = n.is_negative() != d.is_negative();
    let half = (r.abs() * 2u8).cmp(&d.abs());
    let away = match rounding {
        Rounding::Up => true,
        Rounding::Down => false,
        Rounding::Ceiling => !negative,
        Rounding::Floor => negative,
        Rounding::HalfUp => half != Ordering::Less,
        Rounding::HalfDown => half == Ordering::Greater,
        Rounding::HalfEven => half == Ordering::Greater || half == Ordering::Equal && q.is_odd(),
        Rounding::Unnecessary => return Err(fault::raise(Class::Arithmetic, "Rounding necessary")),
    };
    let step = if negative { -BigInt::one() } else { BigInt::one() };
    Ok(if away { q + step } else { q })
}

/// Rounds to the context's precision.
pub fn round(d: Decimal, context: Context) -> Res<Decimal> {
    let mut d = d;
    loop {
        let excess = digits(&d.unscaled) - i64::from(context.precision);
        if context.precision == 0 || excess <= 0 {
            return Ok(d);
        }
        // A carry (999 → 1000) makes one digit more, hence the loop.
        let unscaled = rounded_quotient(&d.unscaled, &power_of_ten(excess), context.rounding)?;
        d = Decimal { unscaled, scale: d.scale - excess };
    }
}

fn divide_rounded(a: &Decimal, b: &Decimal, context: Context) -> Res<Decimal> {
    let preferred = a.scale - b.scale;
    if a.unscaled.is_zero() {
        return Ok(Decimal { unscaled: BigInt::zero(), scale: preferred });
    }
    // Enough digits for the quotient to have `precision` of them, and a sticky remainder for the rounding.
    let shift = (i64::from(context.precision) + 3 + digits(&b.unscaled) - digits(&a.unscaled)).max(0);
    let (q, r) = (&a.unscaled * power_of_ten(shift)).div_rem(&b.unscaled);
    let scale = preferred + shift;
    if r.is_zero() {
        let exact = round(Decimal { unscaled: q, scale }, context)?;
        return Ok(exact.strip(preferred));
    }
    // The remainder is not zero: one more digit, which is neither 0 nor 5, stands for it.
    let sticky = if r.is_negative() != b.unscaled.is_negative() { -BigInt::one() } else { BigInt::one() };
    round(Decimal { unscaled: q * 10 + sticky, scale: scale + 1 }, context)
}

/// The exact quotient.
///
/// # Errors
/// ArithmeticException where it has no end.
pub fn divide_exact(a: &Decimal, b: &Decimal) -> Res<Decimal> {
    let preferred = a.scale - b.scale;
    let divisor = a.unscaled.gcd(&b.unscaled);
    let (mut n, mut d) = (&a.unscaled / &divisor, &b.unscaled / &divisor);
    if d.is_negative() {
        (n, d) = (-n, -d);
    }
    let (mut twos, mut fives) = (0i64, 0i64);
    let (two, five) = (BigInt::from(2), BigInt::from(5));
    while d.is_even() {
        d /= &two;
        twos += 1;
    }
    while (&d % &five).is_zero() {
        d /= &five;
        fives += 1;
    }
    if !d.is_one() {
        return Err(fault::raise(
            Class::Arithmetic,
            "Non-terminating decimal expansion; no exact representable decimal result.",
        ));
    }
    let shift = twos.max(fives);
    let n = n * two.pow((shift - twos) as u32) * five.pow((shift - fives) as u32);
    Ok(Decimal { unscaled: n, scale: preferred + shift }.strip(preferred))
}

/// `/`: exact, or rounded by `*math-context*`.
pub fn divide(a: &Decimal, b: &Decimal) -> Res<Decimal> {
    match context() {
        Some(c) if c.precision > 0 => divide_rounded(a, b, c),
        _ => divide_exact(a, b),
    }
}

/// The quotient's whole part, with the scale that the JVM prefers.
pub fn quot(a: &Decimal, b: &Decimal) -> Decimal {
    let preferred = a.scale - b.scale;
    let (n, d, _) = a.aligned(b);
    let q = n / d;
    if preferred >= 0 {
        return Decimal { unscaled: q * power_of_ten(preferred), scale: preferred };
    }
    Decimal::whole(q).strip(preferred)
}

pub fn rem(a: &Decimal, b: &Decimal) -> Decimal {
    a.sub(&quot(a, b).mul(b))
}

/// What `with-precision` has bound: a vector-like pair is avoided, the binding is a string `"precision ROUNDING"`.
pub fn context() -> Option<Context> {
    let core = space::find("clojure.core")?;
    let var = core.mapping(Symbol::intern(None, "*math-context*"))?;
    let bound = var.deref().ok()?.cast::<Text>()?;
    let (precision, rounding) = bound.as_str().split_once(' ')?;
    Some(Context { precision: precision.parse().ok()?, rounding: Rounding::named(rounding)? })
}

/// Rounds the result of an operation by `*math-context*`, where that is bound.
pub fn in_context(d: Decimal) -> Res<Decimal> {
    match context() {
        Some(c) => round(d, c),
        None => Ok(d),
    }
}

/// A ratio as a double, by way of 16 decimal digits as the JVM's Clojure goes.
pub fn ratio_to_f64(n: &BigInt, d: &BigInt) -> f64 {
    let context = Context { precision: 16, rounding: Rounding::HalfEven };
    divide_rounded(&Decimal::whole(n.clone()), &Decimal::whole(d.clone()), context).map_or(f64::NAN, |q| q.to_f64())
}

/// Rounded half up to so many places behind the point, or padded to them.
pub fn to_places(d: &Decimal, places: i64) -> Option<Decimal> {
    if d.scale <= places {
        return Some(Decimal { unscaled: &d.unscaled * power_of_ten(places - d.scale), scale: places });
    }
    let unscaled = rounded_quotient(&d.unscaled, &power_of_ten(d.scale - places), Rounding::HalfUp).ok()?;
    Some(Decimal { unscaled, scale: places })
}

impl Decimal {
    /// Digits without an exponent.
    pub fn to_plain(&self) -> String {
        let digits = self.unscaled.magnitude().to_string();
        let sign = if self.unscaled.is_negative() { "-" } else { "" };
        if self.scale <= 0 {
            let zeros = if self.unscaled.is_zero() { 0 } else { -self.scale };
            return format!("{sign}{digits}{}", "0".repeat(zeros as usize));
        }
        let padded = format!("{digits:0>width$}", width = self.scale as usize + 1);
        let (whole, fraction) = padded.split_at(padded.len() - self.scale as usize);
        format!("{sign}{whole}.{fraction}")
    }
}
