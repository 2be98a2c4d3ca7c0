//! Arithmetic, comparison and number predicates of clojure.core.

use crate::fault::{self, Class, Res};
use crate::heap::TypeId;
use crate::number;
use crate::value::Value;

natives! { pub TABLE "clojure.core";
    "+" "[] [x] [x y] [x y & more]" [(0) zero, (1) number::to_num, (2) number::add, (rest 3) add_all]
    "+'" "[] [x] [x y] [x y & more]" [(0) zero, (1) number::to_num, (2) number::add_promoting, (rest 3) add_all_promoting]
    "-" "[x] [x y] [x y & more]" [(1) number::neg, (2) number::sub, (rest 3) sub_all]
    "-'" "[x] [x y] [x y & more]" [(1) number::neg_promoting, (2) number::sub_promoting, (rest 3) sub_all_promoting]
    "*" "[] [x] [x y] [x y & more]" [(0) one, (1) number::to_num, (2) number::mul, (rest 3) mul_all]
    "*'" "[] [x] [x y] [x y & more]" [(0) one, (1) number::to_num, (2) number::mul_promoting, (rest 3) mul_all_promoting]
    "/" "[x] [x y] [x y & more]" [(1) inverse, (2) number::div, (rest 3) div_all]
    "quot" "[num div]" [(2) number::quot]
    "rem" "[num div]" [(2) number::rem]
    "mod" "[num div]" [(2) number::modulo]
    "inc" "[x]" [(1) number::inc]
    "dec" "[x]" [(1) number::dec]
    "inc'" "[x]" [(1) number::inc_promoting]
    "dec'" "[x]" [(1) number::dec_promoting]
    "abs" "[a]" [(1) number::abs]
    "max" "[x] [x y] [x y & more]" [(1) Ok, (2) number::max, (rest 3) max_all]
    "min" "[x] [x y] [x y & more]" [(1) Ok, (2) number::min, (rest 3) min_all]
    "<" "[x] [x y] [x y & more]" [(1) yes, (2) lt, (rest 3) lt_all]
    "<=" "[x] [x y] [x y & more]" [(1) yes, (2) le, (rest 3) le_all]
    ">" "[x] [x y] [x y & more]" [(1) yes, (2) gt, (rest 3) gt_all]
    ">=" "[x] [x y] [x y & more]" [(1) yes, (2) ge, (rest 3) ge_all]
    "==" "[x] [x y] [x y & more]" [(1) yes, (2) num_eq, (rest 3) num_eq_all]
    "zero?" "[num]" [(1) is_zero]
    "pos?" "[num]" [(1) is_pos]
    "neg?" "[num]" [(1) is_neg]
    "even?" "[n]" [(1) is_even]
    "odd?" "[n]" [(1) is_odd]
    "number?" "[x]" [(1) is_number]
    "integer?" "[n]" [(1) is_integer]
    "int?" "[x]" [(1) is_int]
    "pos-int?" "[x]" [(1) is_pos_int]
    "neg-int?" "[x]" [(1) is_neg_int]
    "nat-int?" "[x]" [(1) is_nat_int]
    "float?" "[n]" [(1) is_double]
    "double?" "[x]" [(1) is_double]
    "ratio?" "[n]" [(1) is_ratio]
    "rational?" "[n]" [(1) is_rational]
    "decimal?" "[n]" [(1) is_decimal]
    "NaN?" "[num]" [(1) is_nan]
    "infinite?" "[num]" [(1) is_infinite]
    "numerator" "[r]" [(1) number::numerator]
    "denominator" "[r]" [(1) number::denominator]
    "rationalize" "[num]" [(1) number::rationalize]
    "num" "[x]" [(1) number::to_num]
    "long" "[x]" [(1) long]
    "int" "[x]" [(1) int]
    "short" "[x]" [(1) short]
    "byte" "[x]" [(1) byte]
    "char" "[x]" [(1) number::to_char]
    "double" "[x]" [(1) double]
    "float" "[x]" [(1) float]
    "boolean" "[x]" [(1) boolean]
    "bigint" "[x]" [(1) number::to_bigint]
    "biginteger" "[x]" [(1) number::to_bigint]
    "bigdec" "[x]" [(1) number::to_bigdec]
    "bit-and" "[x y] [x y & more]" [(2) number::bit_and, (rest 3) bit_and_all]
    "bit-or" "[x y] [x y & more]" [(2) number::bit_or, (rest 3) bit_or_all]
    "bit-xor" "[x y] [x y & more]" [(2) number::bit_xor, (rest 3) bit_xor_all]
    "bit-and-not" "[x y] [x y & more]" [(2) number::bit_and_not, (rest 3) bit_and_not_all]
    "bit-not" "[x]" [(1) number::bit_not]
    "bit-set" "[x n]" [(2) number::bit_set]
    "bit-clear" "[x n]" [(2) number::bit_clear]
    "bit-flip" "[x n]" [(2) number::bit_flip]
    "bit-test" "[x n]" [(2) bit_test]
    "bit-shift-left" "[x n]" [(2) number::shift_left]
    "bit-shift-right" "[x n]" [(2) number::shift_right]
    "unsigned-bit-shift-right" "[x n]" [(2) number::unsigned_shift_right]
    "unchecked-add" "[x y]" [(2) number::unchecked_add]
    "unchecked-subtract" "[x y]" [(2) number::unchecked_sub]
    "unchecked-multiply" "[x y]" [(2) number::unchecked_mul]
    "unchecked-inc" "[x]" [(1) number::unchecked_inc]
    "unchecked-dec" "[x]" [(1) number::unchecked_dec]
    "unchecked-negate" "[x]" [(1) number::unchecked_neg]
    "unchecked-add-int" "[x y]" [(2) add_int]
    "unchecked-subtract-int" "[x y]" [(2) sub_int]
    "unchecked-multiply-int" "[x y]" [(2) mul_int]
    "unchecked-divide-int" "[x y]" [(2) div_int]
    "unchecked-remainder-int" "[x y]" [(2) rem_int]
    "unchecked-inc-int" "[x]" [(1) inc_int]
    "unchecked-dec-int" "[x]" [(1) dec_int]
    "unchecked-negate-int" "[x]" [(1) neg_int]
    "unchecked-long" "[x]" [(1) unchecked_long]
    "unchecked-int" "[x]" [(1) unchecked_int]
    "unchecked-short" "[x]" [(1) unchecked_short]
    "unchecked-byte" "[x]" [(1) unchecked_byte]
    "unchecked-char" "[x]" [(1) unchecked_char]
    "unchecked-double" "[x]" [(1) double]
    "unchecked-float" "[x]" [(1) unchecked_float]
}

fn zero() -> Res {
    Ok(Value::ZERO)
}
fn one() -> Res {
    Ok(Value::int(1))
}
fn yes(_: Value) -> Res {
    Ok(Value::TRUE)
}
fn inverse(x: Value) -> Res {
    number::div(Value::int(1), x)
}

macro_rules! folds {
    ($($name:ident $f:path;)*) => {$(
        fn $name(args: &[Value]) -> Res {
            args[1..].iter().try_fold(args[0], |a, &b| $f(a, b))
        }
    )*};
}
folds! {
    add_all number::add; add_all_promoting number::add_promoting;
    sub_all number::sub; sub_all_promoting number::sub_promoting;
    mul_all number::mul; mul_all_promoting number::mul_promoting;
    div_all number::div; max_all number::max; min_all number::min;
    bit_and_all number::bit_and; bit_or_all number::bit_or; bit_xor_all number::bit_xor;
    bit_and_not_all number::bit_and_not;
}

macro_rules! comparisons {
    ($($name:ident $all:ident;)*) => {$(
        fn $name(a: Value, b: Value) -> Res {
            number::$name(a, b).map(Value::bool)
        }
        fn $all(args: &[Value]) -> Res {
            for pair in args.windows(2) {
                if !number::$name(pair[0], pair[1])? {
                    return Ok(Value::FALSE);
                }
            }
            Ok(Value::TRUE)
        }
    )*};
}
comparisons! { lt lt_all; le le_all; gt gt_all; ge ge_all; num_eq num_eq_all; }

fn is_zero(x: Value) -> Res {
    number::is_zero(x).map(Value::bool)
}
fn is_pos(x: Value) -> Res {
    number::is_pos(x).map(Value::bool)
}
fn is_neg(x: Value) -> Res {
    number::is_neg(x).map(Value::bool)
}
fn is_even(x: Value) -> Res {
    number::is_even(x).map(Value::bool)
}
fn is_odd(x: Value) -> Res {
    number::is_odd(x).map(Value::bool)
}
fn bit_test(x: Value, n: Value) -> Res {
    number::bit_test(x, n).map(Value::bool)
}

macro_rules! predicates {
    ($($name:ident |$v:ident| $test:expr;)*) => {$(
        fn $name($v: Value) -> Res {
            Ok(Value::bool($test))
        }
    )*};
}
predicates! {
    is_number |v| number::is_number(v);
    is_integer |v| number::is_integer(v);
    is_int |v| v.as_long().is_some();
    is_pos_int |v| v.as_long().is_some_and(|n| n > 0);
    is_neg_int |v| v.as_long().is_some_and(|n| n < 0);
    is_nat_int |v| v.as_long().is_some_and(|n| n >= 0);
    is_double |v| v.as_double().is_some();
    is_ratio |v| v.type_id() == TypeId::RATIO;
    is_rational |v| number::is_integer(v) || matches!(v.type_id(), TypeId::RATIO | TypeId::BIG_DECIMAL);
    is_decimal |v| v.type_id() == TypeId::BIG_DECIMAL;
    boolean_of |v| v.truthy();
}
fn boolean(v: Value) -> Res {
    boolean_of(v)
}
fn is_nan(v: Value) -> Res {
    Ok(Value::bool(number::to_double(v)?.is_nan()))
}
fn is_infinite(v: Value) -> Res {
    Ok(Value::bool(number::to_double(v)?.is_infinite()))
}

fn long(v: Value) -> Res {
    if v.is_fixnum() { Ok(v) } else { number::cast_long(v).map(Value::long) }
}
fn int(v: Value) -> Res {
    number::to_range(v, i32::MIN.into(), i32::MAX.into(), "int").map(Value::long)
}
fn short(v: Value) -> Res {
    number::to_range(v, i16::MIN.into(), i16::MAX.into(), "short").map(Value::long)
}
fn byte(v: Value) -> Res {
    number::to_range(v, i8::MIN.into(), i8::MAX.into(), "byte").map(Value::long)
}
fn double(v: Value) -> Res {
    number::to_double(v).map(Value::double)
}
/// There is no word for a 32-bit float: the double nearest to it stands for it.
fn float(v: Value) -> Res {
    let d = number::to_double(v)?;
    let f = d as f32;
    if d.is_finite() && f.is_infinite() {
        return Err(fault::raise(
            Class::IllegalArgument,
            format!("Value out of range for float: {}", number::double_text(d)),
        ));
    }
    Ok(Value::double(shortest(f)))
}
fn unchecked_float(v: Value) -> Res {
    Ok(Value::double(shortest(number::to_double(v)? as f32)))
}
/// The double whose digits are those that the float prints with, so that `(float 0.1)` prints as 0.1.
fn shortest(f: f32) -> f64 {
    f.to_string().parse().unwrap_or(f64::from(f))
}

macro_rules! narrow {
    ($($name:ident $t:ty;)*) => {$(
        fn $name(v: Value) -> Res {
            Ok(Value::long(i64::from(number::wrap_long(v)? as $t)))
        }
    )*};
}
narrow! { unchecked_long i64; unchecked_short i16; unchecked_byte i8; }
/// Of a character its code; a double is cut to the nearest int.
fn unchecked_int(v: Value) -> Res {
    if let (Some(d), None) = (v.as_double(), v.as_long()) {
        return Ok(Value::int(d as i32));
    }
    let v = v.as_char().map_or(v, |c| Value::long(i64::from(c)));
    Ok(Value::int(number::wrap_long(v)? as i32))
}
fn unchecked_char(v: Value) -> Res {
    if v.is_char() {
        return Ok(v);
    }
    Ok(Value::char(u32::from(number::wrap_long(v)? as u16)))
}

fn narrow_int(v: Value) -> Res<i32> {
    if v.is_char() {
        return Err(fault::class_cast(v, "java.lang.Number"));
    }
    Ok(number::to_range(v, i32::MIN.into(), i32::MAX.into(), "int")? as i32)
}
macro_rules! int_operations {
    ($($name:ident $wrapping:ident;)*) => {$(
        fn $name(a: Value, b: Value) -> Res {
            Ok(Value::int(narrow_int(a)?.$wrapping(narrow_int(b)?)))
        }
    )*};
}
int_operations! { add_int wrapping_add; sub_int wrapping_sub; mul_int wrapping_mul; }
fn divisor(b: Value) -> Res<i32> {
    match narrow_int(b)? {
        0 => Err(fault::raise(Class::Arithmetic, "/ by zero")),
        n => Ok(n),
    }
}
fn div_int(a: Value, b: Value) -> Res {
    Ok(Value::int(narrow_int(a)?.wrapping_div(divisor(b)?)))
}
fn rem_int(a: Value, b: Value) -> Res {
    Ok(Value::int(narrow_int(a)?.wrapping_rem(divisor(b)?)))
}
fn inc_int(a: Value) -> Res {
    Ok(Value::int(narrow_int(a)?.wrapping_add(1)))
}
fn dec_int(a: Value) -> Res {
    Ok(Value::int(narrow_int(a)?.wrapping_sub(1)))
}
fn neg_int(a: Value) -> Res {
    Ok(Value::int(narrow_int(a)?.wrapping_neg()))
}
