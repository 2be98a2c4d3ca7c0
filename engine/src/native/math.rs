//! Statics of JVM classes that portable programs call: `Math/sqrt`, `Long/parseLong`, `System/nanoTime`,
//! `Thread/sleep`. The namespace of a table is the class's name. Constants (`Math/PI`) are in `CONSTANTS`.

use crate::coll;
use crate::fault::{self, Class, Res, Thrown};
use crate::number;
use crate::text::{Inst, Text};
use crate::thread::{self, Thread};
use crate::value::Value;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

macro_rules! doubles {
    ($($name:ident |$x:ident| $e:expr;)*) => {$(
        fn $name(v: Value) -> Res {
            let $x = number::to_double(v)?;
            Ok(Value::double($e))
        }
    )*};
}
doubles! {
    sqrt |x| x.sqrt(); cbrt |x| x.cbrt(); sin |x| x.sin(); cos |x| x.cos(); tan |x| x.tan();
    asin |x| x.asin(); acos |x| x.acos(); atan |x| x.atan(); sinh |x| x.sinh(); cosh |x| x.cosh(); tanh |x| x.tanh();
    exp |x| x.exp(); expm1 |x| x.exp_m1(); log |x| x.ln(); log10 |x| x.log10(); log1p |x| x.ln_1p();
    floor |x| x.floor(); ceil |x| x.ceil(); rint |x| x.round_ties_even(); signum |x| if x == 0.0 || x.is_nan() { x } else { x.signum() };
    radians |x| x * 0.017_453_292_519_943_295; degrees |x| x * 57.295_779_513_082_32;
    ulp |x| ulp_of(x); next_up |x| x.next_up(); next_down |x| x.next_down();
}
fn ulp_of(x: f64) -> f64 {
    if !x.is_finite() {
        return x.abs();
    }
    let x = x.abs();
    if x == f64::MAX { x - x.next_down() } else { x.next_up() - x }
}

/// `Math.pow`: unlike C, NaN for 1 to the power of an infinity or NaN.
fn pow(a: Value, b: Value) -> Res {
    let (a, b) = (number::to_double(a)?, number::to_double(b)?);
    let undefined = b.is_nan() || (a.abs() == 1.0 && b.is_infinite());
    Ok(Value::double(if undefined { f64::NAN } else { a.powf(b) }))
}
fn atan2(a: Value, b: Value) -> Res {
    Ok(Value::double(number::to_double(a)?.atan2(number::to_double(b)?)))
}
fn hypot(a: Value, b: Value) -> Res {
    Ok(Value::double(number::to_double(a)?.hypot(number::to_double(b)?)))
}
fn ieee_remainder(a: Value, b: Value) -> Res {
    let (a, b) = (number::to_double(a)?, number::to_double(b)?);
    // SAFETY: C's own function on two doubles; it reads no memory.
    Ok(Value::double(unsafe { remainder(a, b) }))
}
unsafe extern "C" {
    fn remainder(a: f64, b: f64) -> f64;
}
/// The unbiased exponent; -1023 for zero and what is smaller than normal, 1024 for infinities and NaN.
fn get_exponent(v: Value) -> Res {
    Ok(Value::long((number::to_double(v)?.to_bits() >> 52 & 0x7ff) as i64 - 1023))
}
fn next_after(a: Value, b: Value) -> Res {
    let (a, b) = (number::to_double(a)?, number::to_double(b)?);
    Ok(Value::double(match a.partial_cmp(&b) {
        None => f64::NAN,
        Some(std::cmp::Ordering::Equal) => b,
        Some(std::cmp::Ordering::Less) => a.next_up(),
        Some(std::cmp::Ordering::Greater) => a.next_down(),
    }))
}
fn scalb(a: Value, n: Value) -> Res {
    let n = number::to_long(n)?.clamp(-2100, 2100) as i32;
    // In two steps, for the power itself may be beyond what a double can hold.
    Ok(Value::double(number::to_double(a)? * 2f64.powi(n / 2) * 2f64.powi(n - n / 2)))
}
fn copy_sign(a: Value, b: Value) -> Res {
    Ok(Value::double(number::to_double(a)?.copysign(number::to_double(b)?)))
}
/// Half up, to a long, kept inside the longs.
fn round(v: Value) -> Res {
    if v.as_long().is_some() {
        return Ok(v);
    }
    let d = number::to_double(v)?;
    // Adding a half is wrong just below it; so look at what is left behind the floor.
    let floor = d.floor();
    Ok(Value::long(if d - floor >= 0.5 { floor + 1.0 } else { floor } as i64))
}

fn longs(a: Value, b: Value) -> Res<(i64, i64)> {
    Ok((number::to_long(a)?, number::to_long(b)?))
}
fn overflow() -> Thrown {
    fault::raise(Class::Arithmetic, "long overflow")
}
fn by_zero() -> Thrown {
    fault::raise(Class::Arithmetic, "/ by zero")
}
macro_rules! exact {
    ($($name:ident $op:ident;)*) => {$(
        fn $name(a: Value, b: Value) -> Res {
            let (a, b) = longs(a, b)?;
            a.$op(b).map(Value::long).ok_or_else(overflow)
        }
    )*};
}
exact! { add_exact checked_add; sub_exact checked_sub; mul_exact checked_mul; }
fn inc_exact(a: Value) -> Res {
    number::to_long(a)?.checked_add(1).map(Value::long).ok_or_else(overflow)
}
fn dec_exact(a: Value) -> Res {
    number::to_long(a)?.checked_sub(1).map(Value::long).ok_or_else(overflow)
}
fn neg_exact(a: Value) -> Res {
    number::to_long(a)?.checked_neg().map(Value::long).ok_or_else(overflow)
}
fn to_int_exact(a: Value) -> Res {
    let n = number::to_long(a)?;
    i32::try_from(n).map(Value::int).map_err(|_| fault::raise(Class::Arithmetic, "integer overflow"))
}
/// Rounded towards minus infinity.
fn floor_div(a: Value, b: Value) -> Res {
    let (a, b) = longs(a, b)?;
    if b == 0 {
        return Err(by_zero());
    }
    let q = a.wrapping_div(b);
    Ok(Value::long(if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) { q - 1 } else { q }))
}
fn floor_mod(a: Value, b: Value) -> Res {
    let (a, b) = longs(a, b)?;
    if b == 0 {
        return Err(by_zero());
    }
    let m = a.wrapping_rem(b);
    Ok(Value::long(if m != 0 && (m < 0) != (b < 0) { m + b } else { m }))
}
fn fma(a: Value, b: Value, c: Value) -> Res {
    Ok(Value::double(number::to_double(a)?.mul_add(number::to_double(b)?, number::to_double(c)?)))
}

/// SplitMix64, seeded by time and place: `rand`, `Math/random`, `shuffle`.
pub(super) fn random_bits() -> u64 {
    thread_local! {
        static STATE: std::cell::Cell<u64> = std::cell::Cell::new({
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
            now ^ (std::ptr::from_ref(Thread::current()) as u64).rotate_left(32) ^ u64::from(std::process::id()) << 16
        });
    }
    let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    STATE.set(state);
    let z = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
/// In [0, 1).
pub(super) fn random_double() -> f64 {
    (random_bits() >> 11) as f64 / (1u64 << 53) as f64
}
fn random() -> Res {
    Ok(Value::double(random_double()))
}
fn rand_to(n: Value) -> Res {
    Ok(Value::double(random_double() * number::to_double(n)?))
}
fn rand_int(n: Value) -> Res {
    Ok(Value::long((random_double() * number::to_double(n)?) as i64))
}

fn text_of(v: Value) -> Res<String> {
    match v.cast::<Text>() {
        Some(t) => Ok(t.as_str().to_owned()),
        None if v.is_nil() => Err(fault::raise(Class::NumberFormat, "Cannot parse null string: null")),
        None => Err(fault::class_cast(v, "java.lang.String")),
    }
}
fn no_number(s: &str, radix: i64) -> Thrown {
    let under = if radix == 10 { String::new() } else { format!(" under radix {radix}") };
    fault::raise(Class::NumberFormat, format!("For input string: \"{s}\"{under}"))
}
fn parse_long(s: Value) -> Res {
    parse_radix(s, Value::int(10))
}
fn parse_radix(s: Value, radix: Value) -> Res {
    let (s, radix) = (text_of(s)?, number::to_range(radix, 2, 36, "radix")?);
    i64::from_str_radix(&s, radix as u32).map(Value::long).map_err(|_| no_number(&s, radix))
}
fn parse_int(s: Value) -> Res {
    parse_int_radix(s, Value::int(10))
}
fn parse_int_radix(s: Value, radix: Value) -> Res {
    let (s, radix) = (text_of(s)?, number::to_range(radix, 2, 36, "radix")?);
    i32::from_str_radix(&s, radix as u32).map(Value::int).map_err(|_| no_number(&s, radix))
}
fn parse_double(s: Value) -> Res {
    let s = text_of(s)?;
    number::parse_double(&s).map(Value::double).ok_or_else(|| {
        if s.trim().is_empty() { fault::raise(Class::NumberFormat, "empty String") } else { no_number(&s, 10) }
    })
}
fn parse_boolean(s: Value) -> Res {
    Ok(Value::bool(s.cast::<Text>().is_some_and(|t| t.as_str().eq_ignore_ascii_case("true"))))
}
fn in_radix(n: u64, radix: u32) -> String {
    let mut digits = Vec::new();
    let mut n = n;
    loop {
        digits.push(char::from_digit((n % u64::from(radix)) as u32, radix).unwrap_or('0'));
        n /= u64::from(radix);
        if n == 0 {
            return digits.iter().rev().collect();
        }
    }
}
fn to_string(v: Value) -> Res {
    super::string::str1(v)
}
fn to_string_radix(n: Value, radix: Value) -> Res {
    let (n, radix) = (number::to_long(n)?, number::to_long(radix)?);
    let radix = if (2..=36).contains(&radix) { radix as u32 } else { 10 };
    let sign = if n < 0 { "-" } else { "" };
    Ok(Text::value(&format!("{sign}{}", in_radix(n.unsigned_abs(), radix))))
}
fn hex(n: Value) -> Res {
    Ok(Text::value(&format!("{:x}", number::to_long(n)?)))
}
fn binary(n: Value) -> Res {
    Ok(Text::value(&format!("{:b}", number::to_long(n)?)))
}
fn octal(n: Value) -> Res {
    Ok(Text::value(&format!("{:o}", number::to_long(n)?)))
}
fn hex_int(n: Value) -> Res {
    Ok(Text::value(&format!("{:x}", number::wrap_long(n)? as i32)))
}
fn binary_int(n: Value) -> Res {
    Ok(Text::value(&format!("{:b}", number::wrap_long(n)? as i32)))
}
fn octal_int(n: Value) -> Res {
    Ok(Text::value(&format!("{:o}", number::wrap_long(n)? as i32)))
}
fn bit_count(n: Value) -> Res {
    Ok(Value::int(number::to_long(n)?.count_ones() as i32))
}
fn bit_count_int(n: Value) -> Res {
    Ok(Value::int((number::wrap_long(n)? as i32).count_ones() as i32))
}
/// A function of 32 bits; what a long has above them is left out.
fn on_int(n: Value, f: fn(i32) -> i32) -> Res {
    Ok(Value::int(f(number::wrap_long(n)? as i32)))
}
fn highest_of_int(n: i32) -> i32 {
    if n == 0 { 0 } else { (1u32 << (31 - n.leading_zeros())) as i32 }
}
fn rotate_int(n: Value, by: Value, sign: i64) -> Res {
    let by = (number::wrap_long(by)? * sign).rem_euclid(32) as u32;
    Ok(Value::int((number::wrap_long(n)? as i32).rotate_left(by)))
}
fn leading_zeros(n: Value) -> Res {
    Ok(Value::int(number::to_long(n)?.leading_zeros() as i32))
}
fn trailing_zeros(n: Value) -> Res {
    Ok(Value::int(number::to_long(n)?.trailing_zeros() as i32))
}
fn rotate_left(n: Value, by: Value) -> Res {
    Ok(Value::long(number::to_long(n)?.rotate_left(number::wrap_long(by)? as u32 & 63)))
}
fn rotate_right(n: Value, by: Value) -> Res {
    Ok(Value::long(number::to_long(n)?.rotate_right(number::wrap_long(by)? as u32 & 63)))
}
fn compare(a: Value, b: Value) -> Res {
    number::compare(a, b).map(|o| Value::int(o as i32))
}
fn value_of_long(v: Value) -> Res {
    if v.as_long().is_some() { Ok(v) } else { parse_long(v) }
}
fn value_of_double(v: Value) -> Res {
    if number::is_number(v) { number::to_double(v).map(Value::double) } else { parse_double(v) }
}
fn is_nan(v: Value) -> Res {
    Ok(Value::bool(number::to_double(v)?.is_nan()))
}
fn is_infinite(v: Value) -> Res {
    Ok(Value::bool(number::to_double(v)?.is_infinite()))
}
fn double_bits(v: Value) -> Res {
    Ok(Value::long(number::to_double(v)?.to_bits() as i64))
}
fn bits_double(v: Value) -> Res {
    Ok(Value::double(f64::from_bits(number::to_long(v)? as u64)))
}
fn is_finite(v: Value) -> Res {
    Ok(Value::bool(number::to_double(v)?.is_finite()))
}

fn java_hash(v: Value) -> Res {
    coll::java_hash(v).map(|h| Value::int(h as i32))
}
fn sign_of(v: Value) -> Res {
    Ok(Value::long(number::to_long(v)?.signum()))
}
fn unsigned_text(v: Value) -> Res {
    Ok(Text::value(&(number::to_long(v)? as u64).to_string()))
}
fn reverse_bits(v: Value) -> Res {
    Ok(Value::long(number::to_long(v)?.reverse_bits()))
}
fn highest_bit(v: Value) -> Res {
    let n = number::to_long(v)?;
    Ok(Value::long(if n == 0 { 0 } else { (1u64 << (63 - n.leading_zeros())) as i64 }))
}
fn lowest_bit(v: Value) -> Res {
    let n = number::to_long(v)?;
    Ok(Value::long(n & n.wrapping_neg()))
}
fn unsigned(a: Value, b: Value, f: impl Fn(u64, u64) -> Option<i64>) -> Res {
    match f(number::to_long(a)? as u64, number::to_long(b)? as u64) {
        Some(n) => Ok(Value::long(n)),
        None => Err(fault::raise(Class::Arithmetic, "/ by zero")),
    }
}
fn divide_unsigned(a: Value, b: Value) -> Res {
    unsigned(a, b, |a, b| a.checked_div(b).map(|n| n as i64))
}
fn remainder_unsigned(a: Value, b: Value) -> Res {
    unsigned(a, b, |a, b| a.checked_rem(b).map(|n| n as i64))
}
fn compare_unsigned(a: Value, b: Value) -> Res {
    unsigned(a, b, |a, b| Some(a.cmp(&b) as i64))
}
/// Java's hexadecimal text of a double: `0x1.8p1`.
pub(super) fn hex_double_text(d: f64) -> String {
    if !d.is_finite() {
        return if d.is_nan() {
            "NaN".into()
        } else if d > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        };
    }
    let sign = if d.is_sign_negative() { "-" } else { "" };
    let (exponent, fraction) = ((d.to_bits() >> 52 & 0x7ff) as i64, d.to_bits() & ((1 << 52) - 1));
    let digits = format!("{fraction:013x}");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        some => some,
    };
    match (exponent, fraction) {
        (0, 0) => format!("{sign}0x0.0p0"),
        (0, _) => format!("{sign}0x0.{digits}p-1022"),
        _ => format!("{sign}0x1.{digits}p{}", exponent - 1023),
    }
}
fn hex_double(v: Value) -> Res {
    Ok(Text::value(&hex_double_text(number::to_double(v)?)))
}
fn value_of_boolean(v: Value) -> Res {
    if v.as_bool().is_some() { Ok(v) } else { parse_boolean(v) }
}
fn coll_compare(a: Value, b: Value) -> Res {
    coll::compare_long(a, b).map(Value::long)
}
fn logical_and(a: Value, b: Value) -> Res {
    Ok(Value::bool(a.truthy() && b.truthy()))
}
fn logical_or(a: Value, b: Value) -> Res {
    Ok(Value::bool(a.truthy() || b.truthy()))
}
/// `String.valueOf`: of an array its characters, of nil its name in Java.
fn string_of(v: Value) -> Res {
    if v.is_nil() {
        return Ok(Text::value("null"));
    }
    if v.type_id() == crate::heap::TypeId::CHAR_ARRAY { super::array::text_of(v, &[]) } else { to_string(v) }
}
/// `String.format`: the arguments may come as an array.
fn format_java(args: &[Value]) -> Res {
    match *args {
        [fmt, all] if all.type_id() == crate::heap::TypeId::VALUE_ARRAY => {
            let mut call = crate::heap::GcVec::new();
            call.push(fmt);
            call.extend_from_slice(&coll::items(all)?);
            super::format::format(&call)
        }
        _ => super::format::format(args),
    }
}
fn environment() -> Res {
    let mut all = crate::heap::GcVec::new();
    for (k, v) in std::env::vars_os() {
        all.push(Text::value(&k.to_string_lossy()));
        all.push(Text::value(&v.to_string_lossy()));
    }
    coll::map(&all)
}
fn to_chars(n: Value) -> Res {
    let n = number::to_range(n, 0, 0x10_ffff, "code point")? as u32;
    Ok(super::array::of_chars(&char::from_u32(n).map_or_else(String::new, String::from)))
}
fn is_space(v: Value) -> Res {
    class_of_char(v, |c| c == '\u{a0}' || c.is_whitespace() && !c.is_control())
}
fn is_control(v: Value) -> Res {
    class_of_char(v, char::is_control)
}
/// The general categories that programs ask for.
fn char_type(v: Value) -> Res {
    let c = v.as_char().and_then(char::from_u32).unwrap_or('\0');
    Ok(Value::int(match c {
        c if c.is_uppercase() => 1,
        c if c.is_lowercase() => 2,
        c if c.is_alphabetic() => 5,
        c if c.is_numeric() => 9,
        c if c.is_control() => 15,
        c if c.is_whitespace() => 12,
        _ => 24,
    }))
}
fn char_count(n: Value) -> Res {
    Ok(Value::int(if number::to_long(n)? > 0xffff { 2 } else { 1 }))
}
fn for_digit(n: Value, radix: Value) -> Res {
    let (n, radix) = (number::to_range(n, 0, 35, "digit")? as u32, number::to_range(radix, 2, 36, "radix")? as u32);
    Ok(Value::char(char::from_digit(n, radix).map_or(0, |c| c as u32)))
}

fn nano_time() -> Res {
    static START: OnceLock<Instant> = OnceLock::new();
    Ok(Value::long(START.get_or_init(Instant::now).elapsed().as_nanos() as i64))
}
pub(super) fn now_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}
fn current_time_millis() -> Res {
    Ok(Value::long(now_millis()))
}
/// A property that has a meaning here: where the program runs, not what runs it.
fn property(name: Value) -> Res {
    let name = text_of(name)?;
    let found = match name.as_str() {
        "user.dir" => std::env::current_dir().ok().map(|p| p.display().to_string()),
        "user.home" => std::env::var("HOME").ok(),
        "user.name" => std::env::var("USER").ok(),
        "java.io.tmpdir" => Some(std::env::temp_dir().display().to_string()),
        "os.name" => Some("Linux".into()),
        "os.arch" => Some(if cfg!(target_arch = "x86_64") { "amd64" } else { std::env::consts::ARCH }.into()),
        "file.separator" => Some("/".into()),
        "path.separator" => Some(":".into()),
        "line.separator" => Some("\n".into()),
        _ => None,
    };
    Ok(found.map_or(Value::NIL, |s| Text::value(&s)))
}
fn property_or(name: Value, default: Value) -> Res {
    property(name).map(|v| if v.is_nil() { default } else { v })
}
fn getenv(name: Value) -> Res {
    Ok(std::env::var(text_of(name)?).map_or(Value::NIL, |s| Text::value(&s)))
}
fn line_separator() -> Res {
    Ok(Text::value("\n"))
}
fn identity_hash(v: Value) -> Res {
    Ok(Value::int(crate::coll::identity_hash(v) as i32))
}
fn collect() -> Res {
    crate::heap::collect_now();
    if crate::thread::Thread::current().depth.get() == 0 {
        crate::heap::run_finalizers();
    }
    Ok(Value::NIL)
}
/// Ends the program at a request of its own, by way of an error that nobody catches: the root package exits.
fn exit(status: Value) -> Res {
    let status = number::to_long(status)?;
    crate::print::flush_out();
    if let Some(parts) = crate::host::assembled() {
        parts.cpp.finish();
    }
    std::process::exit(status as i32)
}

/// Sleeps in slices, so that an interrupt is heard.
fn sleep(millis: Value) -> Res {
    let millis = number::to_long(millis)?;
    if millis < 0 {
        return Err(fault::illegal_argument("timeout value is negative"));
    }
    crate::print::flush_out();
    let end = Instant::now() + Duration::from_millis(millis as u64);
    loop {
        thread::check()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Value::NIL);
        }
        std::thread::sleep(left.min(Duration::from_millis(20)));
    }
}
fn yield_now() -> Res {
    std::thread::yield_now();
    Ok(Value::NIL)
}

fn class_of_char(v: Value, test: impl Fn(char) -> bool) -> Res {
    let code = match v.as_char() {
        Some(c) => c,
        None => number::to_range(v, 0, 0x10_ffff, "char")? as u32,
    };
    Ok(Value::bool(char::from_u32(code).is_some_and(test)))
}
fn is_digit(v: Value) -> Res {
    class_of_char(v, |c| c.is_ascii_digit())
}
fn is_letter(v: Value) -> Res {
    class_of_char(v, char::is_alphabetic)
}
fn is_letter_or_digit(v: Value) -> Res {
    class_of_char(v, char::is_alphanumeric)
}
fn is_whitespace(v: Value) -> Res {
    class_of_char(v, super::string::is_blank_char)
}
fn is_upper(v: Value) -> Res {
    class_of_char(v, char::is_uppercase)
}
fn is_lower(v: Value) -> Res {
    class_of_char(v, char::is_lowercase)
}
fn char_case(v: Value, change: impl Fn(char) -> Option<char>) -> Res {
    match v.as_char() {
        Some(code) => Ok(Value::char(char::from_u32(code).and_then(change).map_or(code, |c| c as u32))),
        None => Err(fault::class_cast(v, "java.lang.Character")),
    }
}
fn to_upper(v: Value) -> Res {
    char_case(v, |c| c.to_uppercase().next())
}
fn to_lower(v: Value) -> Res {
    char_case(v, |c| c.to_lowercase().next())
}
fn digit(v: Value, radix: Value) -> Res {
    let radix = number::to_range(radix, 2, 36, "radix")? as u32;
    let c = v.as_char().and_then(char::from_u32);
    Ok(Value::int(c.and_then(|c| c.to_digit(radix)).map_or(-1, |d| d as i32)))
}
fn numeric_value(v: Value) -> Res {
    digit(v, Value::int(36))
}
fn random_uuid() -> Res {
    super::name::random_uuid()
}
fn uuid_of(s: Value) -> Res {
    let text = text_of(s)?;
    match super::name::parse_uuid(s)? {
        Value::NIL => Err(fault::illegal_argument(format!("Invalid UUID string: {text}"))),
        u => Ok(u),
    }
}
fn instant_now() -> Res {
    Ok(Inst::alloc(now_millis()).value())
}

natives! { pub CORE "clojure.core";
    "rand" "[] [n]" [(0) random, (1) rand_to]
    "rand-int" "[n]" [(1) rand_int]
}
natives! { pub MATH "Math";
    "sqrt" "[a]" [(1) sqrt] "cbrt" "[a]" [(1) cbrt] "sin" "[a]" [(1) sin] "cos" "[a]" [(1) cos] "tan" "[a]" [(1) tan]
    "asin" "[a]" [(1) asin] "acos" "[a]" [(1) acos] "atan" "[a]" [(1) atan] "atan2" "[y x]" [(2) atan2]
    "sinh" "[a]" [(1) sinh] "cosh" "[a]" [(1) cosh] "tanh" "[a]" [(1) tanh] "exp" "[a]" [(1) exp] "expm1" "[a]" [(1) expm1]
    "log" "[a]" [(1) log] "log10" "[a]" [(1) log10] "log1p" "[a]" [(1) log1p] "pow" "[a b]" [(2) pow]
    "hypot" "[x y]" [(2) hypot] "floor" "[a]" [(1) floor] "ceil" "[a]" [(1) ceil] "rint" "[a]" [(1) rint]
    "round" "[a]" [(1) round] "signum" "[a]" [(1) signum] "abs" "[a]" [(1) number::abs] "max" "[a b]" [(2) number::max]
    "min" "[a b]" [(2) number::min] "toRadians" "[a]" [(1) radians] "toDegrees" "[a]" [(1) degrees] "random" "[]" [(0) random]
    "ulp" "[a]" [(1) ulp] "nextUp" "[a]" [(1) next_up] "nextDown" "[a]" [(1) next_down] "fma" "[a b c]" [(3) fma]
    "IEEEremainder" "[a b]" [(2) ieee_remainder] "copySign" "[a b]" [(2) copy_sign]
    "addExact" "[a b]" [(2) add_exact] "subtractExact" "[a b]" [(2) sub_exact] "multiplyExact" "[a b]" [(2) mul_exact]
    "incrementExact" "[a]" [(1) inc_exact] "decrementExact" "[a]" [(1) dec_exact] "negateExact" "[a]" [(1) neg_exact]
    "toIntExact" "[a]" [(1) to_int_exact] "floorDiv" "[a b]" [(2) floor_div] "floorMod" "[a b]" [(2) floor_mod]
}
natives! { pub CLOJURE_MATH "clojure.math";
    "get-exponent" "[d]" [(1) get_exponent] "next-after" "[start direction]" [(2) next_after] "scalb" "[d scaleFactor]" [(2) scalb]
    "sqrt" "[a]" [(1) sqrt] "cbrt" "[a]" [(1) cbrt] "sin" "[a]" [(1) sin] "cos" "[a]" [(1) cos] "tan" "[a]" [(1) tan]
    "asin" "[a]" [(1) asin] "acos" "[a]" [(1) acos] "atan" "[a]" [(1) atan] "atan2" "[y x]" [(2) atan2]
    "sinh" "[a]" [(1) sinh] "cosh" "[a]" [(1) cosh] "tanh" "[a]" [(1) tanh] "exp" "[a]" [(1) exp] "expm1" "[a]" [(1) expm1]
    "log" "[a]" [(1) log] "log10" "[a]" [(1) log10] "log1p" "[a]" [(1) log1p] "pow" "[a b]" [(2) pow]
    "hypot" "[x y]" [(2) hypot] "floor" "[a]" [(1) floor] "ceil" "[a]" [(1) ceil] "rint" "[a]" [(1) rint]
    "round" "[a]" [(1) round] "signum" "[a]" [(1) signum] "to-radians" "[a]" [(1) radians] "to-degrees" "[a]" [(1) degrees]
    "random" "[]" [(0) random] "ulp" "[a]" [(1) ulp] "next-up" "[a]" [(1) next_up] "next-down" "[a]" [(1) next_down]
    "IEEE-remainder" "[a b]" [(2) ieee_remainder] "copy-sign" "[a b]" [(2) copy_sign]
    "add-exact" "[a b]" [(2) add_exact] "subtract-exact" "[a b]" [(2) sub_exact] "multiply-exact" "[a b]" [(2) mul_exact]
    "increment-exact" "[a]" [(1) inc_exact] "decrement-exact" "[a]" [(1) dec_exact] "negate-exact" "[a]" [(1) neg_exact]
    "floor-div" "[a b]" [(2) floor_div] "floor-mod" "[a b]" [(2) floor_mod]
}
natives! { pub LONG "Long";
    "parseLong" "[s] [s radix]" [(1) parse_long, (2) parse_radix] "valueOf" "[x] [s radix]" [(1) value_of_long, (2) parse_radix]
    "toString" "[n] [n radix]" [(1) to_string, (2) to_string_radix] "toHexString" "[n]" [(1) hex] "toBinaryString" "[n]" [(1) binary]
    "toOctalString" "[n]" [(1) octal] "bitCount" "[n]" [(1) bit_count] "numberOfLeadingZeros" "[n]" [(1) leading_zeros]
    "numberOfTrailingZeros" "[n]" [(1) trailing_zeros] "rotateLeft" "[n by]" [(2) rotate_left]
    "rotateRight" "[n by]" [(2) rotate_right] "compare" "[a b]" [(2) compare] "signum" "[n]" [(1) sign_of]
    "max" "[a b]" [(2) number::max] "min" "[a b]" [(2) number::min] "sum" "[a b]" [(2) add_exact]
    "hashCode" "[n]" [(1) java_hash] "toUnsignedString" "[n]" [(1) unsigned_text] "reverse" "[n]" [(1) reverse_bits]
    "reverseBytes" "[n]" [(1) |n| Ok(Value::long(number::to_long(n)?.swap_bytes()))]
    "highestOneBit" "[n]" [(1) highest_bit] "lowestOneBit" "[n]" [(1) lowest_bit] "divideUnsigned" "[a b]" [(2) divide_unsigned]
    "remainderUnsigned" "[a b]" [(2) remainder_unsigned] "compareUnsigned" "[a b]" [(2) compare_unsigned]
}
natives! { pub INTEGER "Integer";
    "parseInt" "[s] [s radix]" [(1) parse_int, (2) parse_int_radix] "valueOf" "[x] [s radix]" [(1) value_of_long, (2) parse_int_radix]
    "toString" "[n] [n radix]" [(1) to_string, (2) to_string_radix] "toHexString" "[n]" [(1) hex_int]
    "toBinaryString" "[n]" [(1) binary_int] "toOctalString" "[n]" [(1) octal_int] "bitCount" "[n]" [(1) bit_count_int]
    "compare" "[a b]" [(2) compare] "max" "[a b]" [(2) number::max] "min" "[a b]" [(2) number::min]
    "signum" "[n]" [(1) sign_of] "hashCode" "[n]" [(1) java_hash] "sum" "[a b]" [(2) add_exact]
    "reverse" "[n]" [(1) |n| on_int(n, i32::reverse_bits)] "reverseBytes" "[n]" [(1) |n| on_int(n, i32::swap_bytes)]
    "highestOneBit" "[n]" [(1) |n| on_int(n, highest_of_int)] "lowestOneBit" "[n]" [(1) |n| on_int(n, |n| n & n.wrapping_neg())]
    "numberOfLeadingZeros" "[n]" [(1) |n| on_int(n, |n| n.leading_zeros() as i32)]
    "numberOfTrailingZeros" "[n]" [(1) |n| on_int(n, |n| n.trailing_zeros() as i32)]
    "rotateLeft" "[n by]" [(2) |n, by| rotate_int(n, by, 1)] "rotateRight" "[n by]" [(2) |n, by| rotate_int(n, by, -1)]
    "toUnsignedLong" "[n]" [(1) |n| Ok(Value::long(i64::from(number::wrap_long(n)? as u32)))]
    "toUnsignedString" "[n]" [(1) |n| Ok(Text::value(&(number::wrap_long(n)? as u32).to_string()))]
}
natives! { pub DOUBLE "Double";
    "parseDouble" "[s]" [(1) parse_double] "valueOf" "[x]" [(1) value_of_double] "toString" "[d]" [(1) to_string]
    "isNaN" "[d]" [(1) is_nan] "isInfinite" "[d]" [(1) is_infinite] "isFinite" "[d]" [(1) is_finite]
    "compare" "[a b]" [(2) compare] "doubleToLongBits" "[d]" [(1) double_bits] "doubleToRawLongBits" "[d]" [(1) double_bits]
    "longBitsToDouble" "[n]" [(1) bits_double] "hashCode" "[d]" [(1) java_hash] "max" "[a b]" [(2) number::max]
    "min" "[a b]" [(2) number::min] "sum" "[a b]" [(2) number::add] "toHexString" "[d]" [(1) hex_double]
}
natives! { pub FLOAT "Float";
    "parseFloat" "[s]" [(1) parse_double] "isNaN" "[d]" [(1) is_nan]
}
natives! { pub BOOLEAN "Boolean";
    "parseBoolean" "[s]" [(1) parse_boolean] "valueOf" "[s]" [(1) value_of_boolean] "hashCode" "[b]" [(1) java_hash]
    "compare" "[a b]" [(2) coll_compare] "logicalAnd" "[a b]" [(2) logical_and] "logicalOr" "[a b]" [(2) logical_or] "toString" "[b]" [(1) to_string]
}
natives! { pub STRING "String";
    "valueOf" "[x]" [(1) string_of] "copyValueOf" "[x]" [(1) string_of] "format" "[fmt & args]" [(rest 1) format_java] "join" "[separator coll]" [(2) super::clojure_string::join2]
}
natives! { pub CHARACTER "Character";
    "isDigit" "[c]" [(1) is_digit] "isLetter" "[c]" [(1) is_letter] "isLetterOrDigit" "[c]" [(1) is_letter_or_digit]
    "isWhitespace" "[c]" [(1) is_whitespace] "isUpperCase" "[c]" [(1) is_upper] "isLowerCase" "[c]" [(1) is_lower]
    "isAlphabetic" "[c]" [(1) is_letter] "toUpperCase" "[c]" [(1) to_upper] "toLowerCase" "[c]" [(1) to_lower]
    "valueOf" "[c]" [(1) Ok] "compare" "[a b]" [(2) coll_compare] "hashCode" "[c]" [(1) java_hash] "toChars" "[n]" [(1) to_chars]
    "isSpaceChar" "[c]" [(1) is_space] "charCount" "[n]" [(1) char_count] "forDigit" "[n radix]" [(2) for_digit]
    "isISOControl" "[c]" [(1) is_control] "getType" "[c]" [(1) char_type] "digit" "[c radix]" [(2) digit] "getNumericValue" "[c]" [(1) numeric_value] "toString" "[c]" [(1) to_string]
}
natives! { pub SYSTEM "System";
    "nanoTime" "[]" [(0) nano_time] "currentTimeMillis" "[]" [(0) current_time_millis] "getProperty" "[k] [k default]" [(1) property, (2) property_or]
    "getenv" "[] [k]" [(0) environment, (1) getenv] "arraycopy" "[from at to start n]" [(5) super::array::array_copy]
    "setProperty" "[k v]" [(2) |_, _| Ok(Value::NIL)] "lineSeparator" "[]" [(0) line_separator] "identityHashCode" "[x]" [(1) identity_hash]
    "gc" "[]" [(0) collect] "exit" "[status]" [(1) exit]
}
natives! { pub THREAD "Thread";
    "sleep" "[millis]" [(1) sleep] "yield" "[]" [(0) yield_now] "currentThread" "[]" [(0) || super::member::library("rung.thread", "current", &[])]
    "interrupted" "[]" [(0) || Ok(Value::FALSE)] "onSpinWait" "[]" [(0) yield_now]
}
natives! { pub UUID "java.util.UUID"; "randomUUID" "[]" [(0) random_uuid] "fromString" "[s]" [(1) uuid_of] }
natives! { pub DATE "java.util.Date"; "now" "[]" [(0) instant_now] }

/// Constants: class, name, value.
pub static CONSTANTS: &[(&str, &str, fn() -> Value)] = &[
    ("Math", "PI", || Value::double(std::f64::consts::PI)),
    ("Math", "E", || Value::double(std::f64::consts::E)),
    ("Long", "MAX_VALUE", || Value::long(i64::MAX)),
    ("Long", "MIN_VALUE", || Value::long(i64::MIN)),
    ("Integer", "MAX_VALUE", || Value::long(i32::MAX.into())),
    ("Integer", "MIN_VALUE", || Value::long(i32::MIN.into())),
    ("Short", "MAX_VALUE", || Value::long(i16::MAX.into())),
    ("Short", "MIN_VALUE", || Value::long(i16::MIN.into())),
    ("Byte", "MAX_VALUE", || Value::long(i8::MAX.into())),
    ("Byte", "MIN_VALUE", || Value::long(i8::MIN.into())),
    ("Character", "MAX_VALUE", || Value::char(0xffff)),
    ("Character", "MIN_VALUE", || Value::char(0)),
    ("Double", "MAX_VALUE", || Value::double(f64::MAX)),
    ("Double", "MIN_VALUE", || Value::double(f64::from_bits(1))),
    ("Double", "POSITIVE_INFINITY", || Value::double(f64::INFINITY)),
    ("Double", "NEGATIVE_INFINITY", || Value::double(f64::NEG_INFINITY)),
    ("Double", "NaN", || Value::double(f64::NAN)),
    ("Float", "MAX_VALUE", || Value::double(f32::MAX.into())),
    ("PersistentQueue", "EMPTY", || coll::Queue::empty(Value::NIL)),
    ("Long", "TYPE", || super::class::named("long")),
    ("Integer", "TYPE", || super::class::named("int")),
    ("Short", "TYPE", || super::class::named("short")),
    ("Byte", "TYPE", || super::class::named("byte")),
    ("Double", "TYPE", || super::class::named("double")),
    ("Float", "TYPE", || super::class::named("float")),
    ("Character", "TYPE", || super::class::named("char")),
    ("Boolean", "TYPE", || super::class::named("boolean")),
    ("Long", "SIZE", || Value::int(64)),
    ("Long", "BYTES", || Value::int(8)),
    ("Integer", "SIZE", || Value::int(32)),
    ("Double", "MIN_NORMAL", || Value::double(f64::MIN_POSITIVE)),
    ("java.util.regex.Pattern", "CASE_INSENSITIVE", || Value::int(2)),
    ("java.util.regex.Pattern", "COMMENTS", || Value::int(4)),
    ("java.util.regex.Pattern", "MULTILINE", || Value::int(8)),
    ("java.util.regex.Pattern", "LITERAL", || Value::int(16)),
    ("java.util.regex.Pattern", "DOTALL", || Value::int(32)),
    ("java.util.regex.Pattern", "UNICODE_CASE", || Value::int(64)),
    ("File", "separator", || Text::value("/")),
    ("java.io.File", "separator", || Text::value("/")),
    ("java.io.File", "pathSeparator", || Text::value(":")),
    ("Boolean", "TRUE", || Value::TRUE),
    ("Boolean", "FALSE", || Value::FALSE),
    ("clojure.lang.PersistentQueue", "EMPTY", || coll::Queue::empty(Value::NIL)),
    ("clojure.lang.PersistentVector", "EMPTY", || coll::vector(&[])),
    ("clojure.lang.PersistentList", "EMPTY", coll::empty_list),
    ("clojure.lang.PersistentArrayMap", "EMPTY", coll::ArrayMap::empty),
    ("clojure.lang.PersistentHashMap", "EMPTY", || coll::HashMap::new(coll::hamt::Table::EMPTY, Value::NIL).value()),
    ("clojure.lang.PersistentHashSet", "EMPTY", coll::HashSet::empty),
];
