//! The heap types of numbers that no word holds: big integers, ratios, big decimals. Digits lie in the object; arithmetic
//! is num-bigint's, on copies of them.

use crate::heap::{self, Gc, Header, HeapType, Tailed, TypeId};
use crate::number::decimal::Decimal;
use crate::value::Value;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A big integer: sign, and 32-bit digits from the lowest on, without leading zeros.
#[repr(C)]
pub struct BigInteger {
    header: Header,
    /// -1, 0 or 1.
    sign: i64,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for BigInteger {
    const TYPE: TypeId = TypeId::BIG_INT;
}
// SAFETY: 32-bit digits follow the 16 bytes of fields.
unsafe impl Tailed for BigInteger {
    type Item = u32;
}

impl Gc<BigInteger> {
    pub fn big(&self) -> BigInt {
        let sign = match self.sign {
            0 => Sign::NoSign,
            1 => Sign::Plus,
            _ => Sign::Minus,
        };
        BigInt::from_slice(sign, self.tail())
    }
    /// The value, where 64 bits hold it.
    pub fn small(&self) -> Option<i64> {
        if self.tail().len() > 2 { None } else { self.big().to_i64() }
    }
}

/// A ratio in lowest terms; both parts are longs or big integers, the denominator above 1.
#[repr(C)]
pub struct Ratio {
    header: Header,
    pub numerator: Value,
    pub denominator: Value,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Ratio {
    const TYPE: TypeId = TypeId::RATIO;
}

/// `unscaled` × 10^-`scale`, `unscaled` a long or a big integer.
#[repr(C)]
pub struct BigDecimal {
    header: Header,
    pub unscaled: Value,
    pub scale: i64,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for BigDecimal {
    const TYPE: TypeId = TypeId::BIG_DECIMAL;
}

impl BigDecimal {
    pub fn decimal(&self) -> Decimal {
        Decimal { unscaled: part(self.unscaled), scale: self.scale }
    }
}

impl Ratio {
    pub fn parts(&self) -> (BigInt, BigInt) {
        (part(self.numerator), part(self.denominator))
    }
}

/// The big integer of a part: a long or a big integer by construction.
fn part(v: Value) -> BigInt {
    match v.as_long() {
        Some(n) => n.into(),
        None => v.cast::<BigInteger>().map_or_else(BigInt::zero, |b| b.big()),
    }
}

/// A big integer, also where a long would hold it: `1N`.
pub fn big_integer(n: &BigInt) -> Value {
    let (sign, digits) = n.to_u32_digits();
    let sign = match sign {
        Sign::Minus => -1,
        Sign::NoSign => 0,
        Sign::Plus => 1,
    };
    heap::new_atomic_tail(BigInteger { header: Header::blank(), sign }, &digits, 0).value()
}

/// A long where it fits, else a big integer.
pub fn integer(n: &BigInt) -> Value {
    match n.to_i64() {
        Some(n) => Value::long(n),
        None => big_integer(n),
    }
}

/// n/d in lowest terms; a big integer where it is whole. `d` is not zero.
pub fn ratio(n: &BigInt, d: &BigInt) -> Value {
    let divisor = n.gcd(d);
    let (mut n, mut d) = (n / &divisor, d / &divisor);
    if d.is_negative() {
        (n, d) = (-n, -d);
    }
    if d.is_one() {
        return big_integer(&n);
    }
    let numerator = integer(&n);
    let denominator = integer(&d);
    heap::new(Ratio { header: Header::blank(), numerator, denominator }).value()
}

pub fn big_decimal(d: &Decimal) -> Value {
    let unscaled = integer(&d.unscaled);
    heap::new(BigDecimal { header: Header::blank(), unscaled, scale: d.scale }).value()
}
