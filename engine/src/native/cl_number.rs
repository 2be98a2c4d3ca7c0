//! Numbers as `cl-format` writes them: in words, Roman, grouped, with so many digits; and changes of case.

use crate::fault::Res;
use crate::number;
use crate::value::Value;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [&str; 7] = ["", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"];
const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

fn below_thousand(n: usize) -> String {
    let rest = n % 100;
    let tail = match rest {
        0 => String::new(),
        1..20 => SMALL[rest].to_owned(),
        _ if rest.is_multiple_of(10) => TENS[rest / 10].to_owned(),
        _ => format!("{}-{}", TENS[rest / 10], SMALL[rest % 10]),
    };
    match (n / 100, tail.is_empty()) {
        (0, _) => tail,
        (h, true) => format!("{} hundred", SMALL[h]),
        (h, false) => format!("{} hundred {tail}", SMALL[h]),
    }
}

/// `one thousand, two hundred thirty-four`
pub fn cardinal(n: i64) -> Option<String> {
    if n == 0 {
        return Some("zero".into());
    }
    let mut left = n.unsigned_abs();
    let mut parts = Vec::new();
    let mut scale = 0;
    while left > 0 {
        let group = (left % 1000) as usize;
        if group > 0 {
            let words = below_thousand(group);
            parts.push(if scale == 0 { words } else { format!("{words} {}", SCALES[scale]) });
        }
        left /= 1000;
        scale += 1;
    }
    parts.reverse();
    Some(format!("{}{}", if n < 0 { "minus " } else { "" }, parts.join(", ")))
}

/// `twenty-first`
pub fn ordinal(n: i64) -> Option<String> {
    let words = cardinal(n)?;
    let at = words.rfind([' ', '-']).map_or(0, |i| i + 1);
    let last = &words[at..];
    let made = match SMALL.iter().position(|s| *s == last) {
        Some(i) => ORDINALS[i].to_owned(),
        None => match last.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{last}th"),
        },
    };
    Some(format!("{}{made}", &words[..at]))
}

/// `MCMXCIV`; old style without subtraction. Numbers beyond 3999 have none.
pub fn roman(n: i64, old: bool) -> Option<String> {
    if !(1..=3999).contains(&n) {
        return None;
    }
    const NEW: &[(i64, &str)] = &[
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut left = n;
    let mut out = String::new();
    for (v, s) in NEW.iter().filter(|p| !old || p.1.len() == 1) {
        while left >= *v {
            out.push_str(s);
            left -= v;
        }
    }
    Some(out)
}

/// An integer in a radix, grouped where that is wanted.
pub fn integer(v: Value, radix: u32, sign: bool, groups: Option<(char, usize)>) -> Res<String> {
    let big: num_bigint::BigInt = match v.as_long() {
        Some(n) => n.into(),
        None => number::text(v).and_then(|t| t.parse().ok()).unwrap_or_default(),
    };
    let digits = big.magnitude().to_str_radix(radix);
    let negative = big.sign() == num_bigint::Sign::Minus;
    let digits = match groups {
        Some((comma, every)) => {
            let n = digits.len();
            let mut out = String::new();
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (n - i).is_multiple_of(every) {
                    out.push(comma);
                }
                out.push(c);
            }
            out
        }
        None => digits,
    };
    let mark = if negative {
        "-"
    } else if sign {
        "+"
    } else {
        ""
    };
    Ok(format!("{mark}{digits}"))
}

fn sign_of(v: f64, plus: bool) -> &'static str {
    if v.is_sign_negative() {
        "-"
    } else if plus {
        "+"
    } else {
        ""
    }
}

/// The shortest decimal digits of a positive number, rounded half up to so many places where that is asked for.
fn decimal(v: f64, places: Option<usize>) -> String {
    let shortest = format!("{v}");
    let Some(places) = places else {
        return if shortest.contains('.') { shortest } else { format!("{shortest}.0") };
    };
    let (whole, part) = shortest.split_once('.').unwrap_or((&shortest, ""));
    if part.len() <= places {
        return format!("{whole}.{part:0<places$}");
    }
    let up = part.as_bytes()[places] >= b'5';
    let mut digits: Vec<u8> = whole.bytes().chain(part.bytes().take(places)).collect();
    if up {
        let mut i = digits.len();
        loop {
            if i == 0 {
                digits.insert(0, b'1');
                break;
            }
            i -= 1;
            if digits[i] == b'9' {
                digits[i] = b'0';
            } else {
                digits[i] += 1;
                break;
            }
        }
    }
    let at = digits.len() - places;
    let text = String::from_utf8_lossy(&digits).into_owned();
    format!("{}.{}", &text[..at], &text[at..])
}

/// `~F`: so many places; the zero before the point is left out where the width is too small for it.
pub fn fixed(v: f64, width: usize, places: Option<usize>, scale: i64, plus: bool) -> String {
    let scaled = v.abs() * 10f64.powi(scale as i32);
    let sign = sign_of(v, plus);
    let room = width.saturating_sub(sign.len());
    let mut s = decimal(scaled, places);
    if width > 0 && places.is_none() && s.len() > room {
        let whole = s.find('.').unwrap_or(s.len());
        s = decimal(scaled, Some(room.saturating_sub(whole + 1)));
    }
    if width > 0 && s.len() > room && s.starts_with("0.") && s.len() > 2 {
        s.remove(0);
    }
    format!("{sign}{s}")
}

/// `~E`
pub fn exponential(v: f64, places: Option<usize>, exponent_digits: usize, plus: bool) -> String {
    let sign = sign_of(v, plus);
    let shortest = format!("{:e}", v.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let mut exponent: i64 = exponent.parse().unwrap_or(0);
    let mut m = decimal(mantissa.parse().unwrap_or(0.0), places);
    if m.starts_with("10.") {
        m = decimal(1.0, places);
        exponent += 1;
    }
    let mark = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{m}E{mark}{:0>width$}", exponent.abs(), width = exponent_digits.max(1))
}

/// `~G`: fixed where the exponent is small.
pub fn general(v: f64, places: Option<usize>, exponent_digits: usize, plus: bool) -> String {
    let n = if v == 0.0 { 0 } else { v.abs().log10().floor() as i64 + 1 };
    let d =
        places.map_or_else(|| format!("{}", v.abs()).chars().filter(char::is_ascii_digit).count() as i64, |p| p as i64);
    let dd = d - n;
    if (0..=d).contains(&dd) {
        let tail = if exponent_digits == 0 { 4 } else { exponent_digits + 2 };
        return format!("{}{}", fixed(v, 0, Some(dd as usize), 0, plus), " ".repeat(tail));
    }
    exponential(v, places, exponent_digits, plus)
}

/// `~$`: money.
pub fn dollars(v: f64, places: usize, least: usize, plus: bool) -> String {
    let s = decimal(v.abs(), Some(places));
    let whole = s.find('.').unwrap_or(s.len());
    format!("{}{}{s}", sign_of(v, plus), "0".repeat(least.saturating_sub(whole)))
}

/// `~(…~)`: lower case; with a colon every word capitalised, with @ the first, with both upper case.
pub fn cased(s: &str, colon: bool, at: bool) -> String {
    if colon && at {
        return s.to_uppercase();
    }
    let lower = s.to_lowercase();
    if !colon && !at {
        return lower;
    }
    let mut out = String::new();
    let mut begins = true;
    for c in lower.chars() {
        if c.is_alphanumeric() && begins {
            out.extend(c.to_uppercase());
            begins = false;
        } else {
            out.push(c);
        }
        if colon && !c.is_alphanumeric() {
            begins = true;
        }
    }
    out
}
