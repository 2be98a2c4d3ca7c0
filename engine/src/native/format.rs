//! `format`, the part of `java.util.Formatter` that programs use: `%d %s %S %f %e %g %a %x %X %o %b %c %h %t %n %%`, flags, width,
//! precision, argument indices.

use crate::coll;
use crate::fault::{self, Class, Res, Thrown};
use crate::number::{self, Num};
use crate::print;
use crate::text::{Inst, MONTHS, Text, WEEKDAYS};
use crate::value::Value;
use num_bigint::BigInt;
use num_traits::Signed;

/// One `%…` of a format.
#[derive(Default)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    comma: bool,
    paren: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
    /// The letter behind `%t`.
    time: Option<char>,
}

#[cold]
fn malformed(message: String) -> Thrown {
    fault::raise(Class::UnknownFormatConversion, message)
}

pub(super) fn format(args: &[Value]) -> Res {
    let fmt = super::string::text(args[0])?;
    let out = formatted(fmt.as_str(), &args[1..])?;
    Ok(Text::value(&out))
}

pub fn formatted(fmt: &str, args: &[Value]) -> Res<String> {
    let mut out = String::with_capacity(fmt.len());
    let mut chars = fmt.chars().peekable();
    let (mut next, mut last) = (0, None);
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut spec = Spec::default();
        let mut number = String::new();
        let mut index = None;
        loop {
            let Some(&c) = chars.peek() else { return Err(malformed("Conversion = '%'".into())) };
            match c {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                ',' => spec.comma = true,
                '(' => spec.paren = true,
                '#' => spec.alternate = true,
                '<' => index = Some(last.unwrap_or(0)),
                '0' if number.is_empty() => spec.zero = true,
                '0'..='9' => number.push(c),
                '$' => {
                    index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                    number.clear();
                }
                _ => break,
            }
            chars.next();
        }
        spec.width = number.parse().unwrap_or(0);
        if chars.peek() == Some(&'.') {
            chars.next();
            let mut digits = String::new();
            while let Some(c) = chars.peek().filter(|c| c.is_ascii_digit()) {
                digits.push(*c);
                chars.next();
            }
            spec.precision = digits.parse().ok();
        }
        let Some(c) = chars.next() else { return Err(malformed("Conversion = '%'".into())) };
        spec.conversion = c;
        if matches!(c, 't' | 'T') {
            spec.time = chars.next();
        }
        match c {
            'n' => out.push('\n'),
            '%' => pad(&mut out, &spec, "%"),
            _ => {
                let i = index.unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                last = Some(i);
                let Some(&arg) = args.get(i) else {
                    return Err(fault::raise(Class::MissingFormatArgument, format!("Format specifier '%{c}'")));
                };
                one(&mut out, &spec, arg)?;
            }
        }
    }
    Ok(out)
}

fn pad(out: &mut String, spec: &Spec, s: &str) {
    let missing = spec.width.saturating_sub(s.chars().count());
    if !spec.left {
        out.extend(std::iter::repeat_n(' ', missing));
    }
    out.push_str(s);
    if spec.left {
        out.extend(std::iter::repeat_n(' ', missing));
    }
}

/// With sign, grouping and zeros. `digits` has no sign.
fn pad_number(out: &mut String, spec: &Spec, negative: bool, digits: &str) {
    let mut body = if spec.comma { grouped(digits) } else { digits.to_owned() };
    let (before, after) = match (negative, spec.paren) {
        (true, true) => ("(", ")"),
        (true, false) => ("-", ""),
        (false, _) if spec.plus => ("+", ""),
        (false, _) if spec.space => (" ", ""),
        _ => ("", ""),
    };
    if spec.zero && !spec.left {
        let missing = spec.width.saturating_sub(body.len() + before.len() + after.len());
        body.insert_str(0, &"0".repeat(missing));
    }
    pad(out, spec, &format!("{before}{body}{after}"));
}

fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out + rest
}

fn mismatch(spec: &Spec, v: Value) -> Thrown {
    fault::raise(Class::IllegalFormatConversion, format!("{} != {}", spec.conversion, crate::class_name(v)))
}

fn one(out: &mut String, spec: &Spec, v: Value) -> Res<()> {
    let mut text = String::new();
    match spec.conversion {
        's' | 'S' => {
            if v.is_nil() {
                text.push_str("null");
            } else {
                print::to_str(&mut text, v)?;
            }
        }
        'b' | 'B' => text.push_str(if v.truthy() { "true" } else { "false" }),
        'h' | 'H' if v.is_nil() => text.push_str("null"),
        'h' | 'H' => text = format!("{:x}", coll::java_hash(v)?),
        'a' | 'A' => match v.as_double() {
            Some(d) => text = super::math::hex_double_text(d),
            None if v.is_nil() => text.push_str("null"),
            None => return Err(mismatch(spec, v)),
        },
        'c' | 'C' => match v.as_char().or_else(|| v.as_long().and_then(|n| u32::try_from(n).ok())) {
            Some(c) => text.push(char::from_u32(c).unwrap_or('\u{fffd}')),
            None if v.is_nil() => text.push_str("null"),
            None => return Err(mismatch(spec, v)),
        },
        't' | 'T' if v.is_nil() => text.push_str("null"),
        't' | 'T' => text = moment(spec, v)?,
        'd' | 'x' | 'X' | 'o' => return integer(out, spec, v),
        'f' | 'e' | 'E' | 'g' | 'G' => return decimal(out, spec, v),
        c => return Err(malformed(format!("Conversion = '{c}'"))),
    }
    if let Some(most) = spec.precision {
        text = text.chars().take(most).collect();
    }
    if spec.conversion.is_ascii_uppercase() {
        text = text.to_uppercase();
    }
    pad(out, spec, &text);
    Ok(())
}

/// `%tY` and its like, of an instant or of milliseconds since 1970; in UTC.
fn moment(spec: &Spec, v: Value) -> Res<String> {
    let millis = v.cast::<Inst>().map(|i| i.millis).or_else(|| v.as_long()).ok_or_else(|| mismatch(spec, v))?;
    let [y, m, d, h, min, s, ms, weekday] = Inst::alloc(millis).fields();
    let hour12 = if h % 12 == 0 { 12 } else { h % 12 };
    let half = if h < 12 { "am" } else { "pm" };
    let (weekday, month) = (WEEKDAYS[weekday as usize], MONTHS[m as usize - 1]);
    Ok(match spec.time {
        Some('Y') => format!("{y:04}"),
        Some('y') => format!("{:02}", y % 100),
        Some('C') => format!("{:02}", y / 100),
        Some('m') => format!("{m:02}"),
        Some('d') => format!("{d:02}"),
        Some('e') => d.to_string(),
        Some('B') => month.to_owned(),
        Some('b' | 'h') => month[..3].to_owned(),
        Some('A') => weekday.to_owned(),
        Some('a') => weekday[..3].to_owned(),
        Some('H') => format!("{h:02}"),
        Some('k') => h.to_string(),
        Some('I') => format!("{hour12:02}"),
        Some('l') => hour12.to_string(),
        Some('M') => format!("{min:02}"),
        Some('S') => format!("{s:02}"),
        Some('L') => format!("{ms:03}"),
        Some('N') => format!("{ms:03}000000"),
        Some('p') => half.to_owned(),
        Some('z') => "+0000".to_owned(),
        Some('Z') => "UTC".to_owned(),
        Some('s') => (millis.div_euclid(1000)).to_string(),
        Some('Q') => millis.to_string(),
        Some('R') => format!("{h:02}:{min:02}"),
        Some('T') => format!("{h:02}:{min:02}:{s:02}"),
        Some('r') => format!("{hour12:02}:{min:02}:{s:02} {}", half.to_uppercase()),
        Some('D') => format!("{m:02}/{d:02}/{:02}", y % 100),
        Some('F') => format!("{y:04}-{m:02}-{d:02}"),
        Some('c') => Inst::alloc(millis).date_text(),
        other => return Err(malformed(format!("Conversion = 't{}'", other.unwrap_or(' ')))),
    })
}

fn integer(out: &mut String, spec: &Spec, v: Value) -> Res<()> {
    if v.is_nil() {
        pad(out, spec, "null");
        return Ok(());
    }
    let n = match Num::maybe(v) {
        Some(Num::Long(n)) => BigInt::from(n),
        Some(Num::Big(n)) => n,
        _ => return Err(mismatch(spec, v)),
    };
    // Longs show their two's complement in other radices; big integers a sign.
    let unsigned = match v.as_long() {
        Some(n) if spec.conversion != 'd' => Some(n as u64),
        _ => None,
    };
    let radix = match spec.conversion {
        'd' => 10,
        'o' => 8,
        _ => 16,
    };
    let mut digits = match unsigned {
        Some(n) => BigInt::from(n).to_str_radix(radix),
        None => n.magnitude().to_str_radix(radix),
    };
    if spec.alternate && radix == 16 {
        digits.insert_str(0, "0x");
    }
    if spec.conversion == 'X' {
        digits = digits.to_uppercase();
    }
    pad_number(out, spec, unsigned.is_none() && n.is_negative(), &digits);
    Ok(())
}

/// The decimal digits of a double as Java's Formatter takes them: those of its shortest text, rounded half up.
fn fixed(v: Value, places: usize) -> Option<(bool, String)> {
    let d = match Num::maybe(v)? {
        Num::Double(d) => number::parse_decimal(&number::double_text(d))?,
        Num::Decimal(d) => d,
        _ => return None,
    };
    let negative = d.unscaled.is_negative() || v.as_double().is_some_and(|d| d.is_sign_negative());
    let scaled = number::to_places(&d, places as i64)?;
    Some((negative, scaled.to_plain().trim_start_matches('-').to_owned()))
}

fn decimal(out: &mut String, spec: &Spec, v: Value) -> Res<()> {
    let d = match Num::maybe(v) {
        None if v.is_nil() => {
            pad(out, spec, "null");
            return Ok(());
        }
        Some(n @ (Num::Double(_) | Num::Decimal(_))) => n.to_f64(),
        _ => return Err(mismatch(spec, v)),
    };
    if !d.is_finite() {
        let text = if d.is_nan() { "NaN" } else { "Infinity" };
        let plain = Spec { zero: false, comma: false, ..copy(spec) };
        pad_number(out, &plain, d < 0.0, text);
        return Ok(());
    }
    let places = spec.precision.unwrap_or(6);
    match spec.conversion {
        'f' => {
            let (negative, digits) = fixed(v, places).ok_or_else(|| mismatch(spec, v))?;
            pad_number(out, spec, negative, &digits);
        }
        'e' | 'E' => pad_number(out, spec, d.is_sign_negative(), &scientific(d.abs(), places, spec.conversion)),
        _ => {
            let places = places.max(1);
            let a = d.abs();
            if a != 0.0 && !(1e-4..10f64.powi(places as i32)).contains(&a) {
                let c = if spec.conversion == 'G' { 'E' } else { 'e' };
                pad_number(out, spec, d < 0.0, &scientific(a, places - 1, c));
            } else {
                let magnitude = if a == 0.0 { 0 } else { a.log10().floor() as i64 };
                let after = (places as i64 - 1 - magnitude).max(0) as usize;
                let (negative, digits) = fixed(v, after).ok_or_else(|| mismatch(spec, v))?;
                pad_number(out, spec, negative, &digits);
            }
        }
    }
    Ok(())
}

fn copy(s: &Spec) -> Spec {
    Spec { ..*s }
}

/// Rounded half up in decimal, as Java does, not by what the double is in binary.
fn scientific(d: f64, places: usize, e: char) -> String {
    let shortest = format!("{d:e}");
    let rounded = shortest.split_once('e').and_then(|(mantissa, exponent)| {
        let m = number::to_places(&number::parse_decimal(mantissa)?, places as i64)?.to_plain();
        // 9.99 may have become 10.0.
        let exponent: i32 = exponent.parse().ok()?;
        match m.strip_prefix("10") {
            Some(zeros) => Some(format!("1{}e{}", &zeros[..zeros.len().min(places + 1)], exponent + 1)),
            None => Some(format!("{m}e{exponent}")),
        }
    });
    let text = rounded.unwrap_or_else(|| format!("{d:.places$e}"));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}{e}{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}
