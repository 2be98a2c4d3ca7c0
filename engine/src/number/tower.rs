//! The tower: a number out of its word, and how two of different kinds meet. Long < big integer < ratio < big decimal <
//! double, as on the JVM.

use super::big::{self, BigDecimal, BigInteger, Ratio};
use super::decimal::{self, Decimal};
use crate::fault::{self, Class, Res, Thrown};
use crate::value::Value;
use num_bigint::BigInt;
use num_traits::Zero;
use num_traits::{One, ToPrimitive};

/// A number out of its word.
#[derive(Debug, Clone)]
pub enum Num {
    Long(i64),
    Big(BigInt),
    /// Lowest terms, denominator above 1.
    Ratio(BigInt, BigInt),
    Decimal(Decimal),
    Double(f64),
}

/// Two numbers of one kind.
pub(super) enum Pair {
    Long(i64, i64),
    Big(BigInt, BigInt),
    Ratio((BigInt, BigInt), (BigInt, BigInt)),
    Decimal(Decimal, Decimal),
    Double(f64, f64),
}

#[cold]
pub(super) fn no_number(v: Value) -> Thrown {
    if v.is_nil() {
        return fault::raise(Class::NullPointer, "a number was wanted where nil was given");
    }
    fault::class_cast(v, "java.lang.Number")
}

impl Num {
    pub fn maybe(v: Value) -> Option<Num> {
        if let Some(n) = v.as_long() {
            return Some(Num::Long(n));
        }
        if let Some(d) = v.as_double() {
            return Some(Num::Double(d));
        }
        if let Some(b) = v.cast::<BigInteger>() {
            return Some(Num::Big(b.big()));
        }
        if let Some(r) = v.cast::<Ratio>() {
            let (n, d) = r.parts();
            return Some(Num::Ratio(n, d));
        }
        v.cast::<BigDecimal>().map(|d| Num::Decimal(d.decimal()))
    }

    /// # Errors
    /// ClassCastException, NullPointerException: the value is no number.
    pub fn of(v: Value) -> Res<Num> {
        Num::maybe(v).ok_or_else(|| no_number(v))
    }

    pub fn value(&self) -> Value {
        match self {
            Num::Long(n) => Value::long(*n),
            Num::Big(b) => big::big_integer(b),
            Num::Ratio(n, d) => big::ratio(n, d),
            Num::Decimal(d) => big::big_decimal(d),
            Num::Double(d) => Value::double(*d),
        }
    }

    pub fn to_f64(&self) -> f64 {
        match self {
            Num::Long(n) => *n as f64,
            Num::Big(b) => b.to_f64().unwrap_or(f64::NAN),
            Num::Ratio(n, d) => decimal::ratio_to_f64(n, d),
            Num::Decimal(d) => d.to_f64(),
            Num::Double(d) => *d,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Num::Long(_) => 0,
            Num::Big(_) => 1,
            Num::Ratio(..) => 2,
            Num::Decimal(_) => 3,
            Num::Double(_) => 4,
        }
    }

    /// The integer, for kinds up to big integers.
    fn whole(self) -> BigInt {
        match self {
            Num::Long(n) => n.into(),
            Num::Big(b) => b,
            _ => unreachable!("asked of integers only"),
        }
    }

    fn fraction(self) -> (BigInt, BigInt) {
        match self {
            Num::Ratio(n, d) => (n, d),
            n => (n.whole(), BigInt::one()),
        }
    }

    /// # Errors
    /// ArithmeticException: a ratio that has no end in decimals.
    fn decimal(self) -> Res<Decimal> {
        match self {
            Num::Decimal(d) => Ok(d),
            Num::Ratio(n, d) => decimal::divide_exact(&Decimal::whole(n), &Decimal::whole(d)),
            n => Ok(Decimal::whole(n.whole())),
        }
    }
}

/// Brings two numbers to the kind of the higher one.
pub(super) fn pair(a: Num, b: Num) -> Res<Pair> {
    Ok(match (a, b) {
        (Num::Long(a), Num::Long(b)) => Pair::Long(a, b),
        (a, b) => match a.rank().max(b.rank()) {
            4 => Pair::Double(a.to_f64(), b.to_f64()),
            3 => Pair::Decimal(a.decimal()?, b.decimal()?),
            2 => Pair::Ratio(a.fraction(), b.fraction()),
            _ => Pair::Big(a.whole(), b.whole()),
        },
    })
}

/// # Errors
/// NullPointerException where one is nil, else ClassCastException for the first that is no number, as the JVM has it.
pub(super) fn pair_of(a: Value, b: Value) -> Res<Pair> {
    match (Num::maybe(a), Num::maybe(b)) {
        (Some(x), Some(y)) => pair(x, y),
        (Some(_), None) => Err(no_number(b)),
        _ => Err(no_number(if b.is_nil() { b } else { a })),
    }
}

/// For operations that divide: the divisor is looked at first, and whether it is an exact zero.
pub(super) fn pair_dividing(a: Value, b: Value) -> Res<Pair> {
    let y = Num::of(b)?;
    let zero = match &y {
        Num::Long(n) => *n == 0,
        Num::Big(n) => n.is_zero(),
        Num::Ratio(n, _) => n.is_zero(),
        Num::Decimal(d) => d.unscaled.is_zero(),
        Num::Double(_) => false,
    };
    // An exact zero is an error with a double too, but for `/`, which has gone to doubles before.
    match Num::maybe(a) {
        None if zero => Err(super::arith::by_zero()),
        None => Err(no_number(a)),
        Some(x) => pair(x, y),
    }
}
