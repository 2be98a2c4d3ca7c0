//! Numbers: one tower for natives, interpreter and the slow paths of compiled code. Longs are 64 bits and overflow is an
//! error, `add_promoting` and friends go to big integers; ratios, big decimals, doubles as IEEE says. Operations take and
//! give words; what is not a number is a ClassCastException, nil a NullPointerException.
//!
//! `arith` has the operations, `tower` contagion, `big` the heap types, `decimal` big decimals, `compare` order,
//! equality and hashes, `bits` bit operations and wrapping arithmetic, `convert` casts, `text` digits to and fro.

mod arith;
mod big;
mod bits;
mod compare;
mod convert;
mod decimal;
mod text;
mod tower;

#[cfg(test)]
mod tests;

pub use arith::{
    abs, add, add_promoting, dec, dec_promoting, div, inc, inc_promoting, max, min, modulo, mul, mul_promoting, neg,
    neg_promoting, quot, rem, sub, sub_promoting,
};
pub use big::{BigDecimal, BigInteger, Ratio, big_decimal, big_integer, integer, ratio};
pub use bits::{
    bit_and, bit_and_not, bit_clear, bit_flip, bit_not, bit_or, bit_set, bit_test, bit_xor, shift_left, shift_right,
    unchecked_add, unchecked_dec, unchecked_inc, unchecked_mul, unchecked_neg, unchecked_sub, unsigned_shift_right,
};
pub use compare::{compare, equal, ge, gt, hash, is_even, is_neg, is_odd, is_pos, is_zero, le, lt, num_eq};
pub use convert::{
    cast_long, denominator, hint_double, hint_long, hint_wrap, is_integer, is_number, numerator, rationalize,
    to_bigdec, to_bigint, to_char, to_double, to_long, to_num, to_range, wrap_long,
};
pub use decimal::{Context, Decimal, Rounding, round, to_places};
pub use text::{double_text, parse_bigint, parse_decimal, parse_double, parse_long, text};
pub use tower::Num;
