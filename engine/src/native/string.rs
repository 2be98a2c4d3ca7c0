//! Strings and characters of clojure.core. Indices that programs see count UTF-16 units, as on the JVM; for ASCII they are
//! bytes.

use crate::fault::{self, Class, Res};
use crate::heap::Gc;
use crate::number;
use crate::print;
use crate::text::{Text, Uuid};
use crate::value::Value;

natives! { pub TABLE "clojure.core";
    "str" "[] [x] [x & ys]" [(0) str0, (1) str1, (rest 2) str_all]
    "subs" "[s start] [s start end]" [(2) subs2, (3) subs]
    "string?" "[x]" [(1) is_string]
    "char?" "[x]" [(1) is_char]
    "char-escape-string" "[c]" [(1) char_escape]
    "char-name-string" "[c]" [(1) char_name]
    "parse-long" "[s]" [(1) parse_long]
    "parse-double" "[s]" [(1) parse_double]
    "parse-boolean" "[s]" [(1) parse_boolean]
    "format" "[fmt & args]" [(rest 1) super::format::format]
    "munge" "[s]" [(1) munge]
    "namespace-munge" "[ns]" [(1) namespace_munge]
}

/// The string that an argument must be.
pub(super) fn text(v: Value) -> Res<Gc<Text>> {
    match v.cast::<Text>() {
        Some(t) => Ok(t),
        None if v.is_nil() => Err(fault::raise(Class::NullPointer, "a string was wanted where nil was given")),
        None => Err(fault::class_cast(v, "java.lang.String")),
    }
}

/// The text that an argument must be, where Clojure takes any sequence of characters.
pub(super) fn characters(v: Value) -> Res<Gc<Text>> {
    match v.cast::<Text>() {
        Some(t) => Ok(t),
        None if v.is_nil() => text(v),
        None => Err(fault::class_cast(v, "java.lang.CharSequence")),
    }
}

fn str0() -> Res {
    Ok(Text::value(""))
}
pub(super) fn str1(v: Value) -> Res {
    if v.is::<Text>() {
        return Ok(v);
    }
    if let Some(s) = v.cast::<crate::text::Symbol>().filter(|s| s.ns.is_nil()) {
        return Ok(s.name);
    }
    let mut out = String::new();
    print::to_str(&mut out, v)?;
    Ok(Text::value(&out))
}
pub(super) fn str_all(args: &[Value]) -> Res {
    let mut out = String::new();
    for &v in args {
        print::to_str(&mut out, v)?;
    }
    Ok(Text::value(&out))
}

/// The byte where UTF-16 unit `unit` begins; the end where it is behind all.
pub(crate) fn byte_of(t: &Gc<Text>, unit: usize) -> usize {
    let s = t.as_str();
    if t.is_ascii() {
        return unit.min(s.len());
    }
    let mut units = 0;
    for (i, c) in s.char_indices() {
        if units >= unit {
            return i;
        }
        units += c.len_utf16();
    }
    s.len()
}
/// The UTF-16 unit at a byte.
pub(crate) fn unit_of(t: &Gc<Text>, byte: usize) -> usize {
    if t.is_ascii() { byte } else { t.as_str()[..byte].chars().map(char::len_utf16).sum() }
}

fn subs2(s: Value, start: Value) -> Res {
    let t = text(s)?;
    subs(s, start, Value::long(t.units() as i64))
}
fn subs(s: Value, start: Value, end: Value) -> Res {
    let t = text(s)?;
    let (from, to) = (number::to_long(start)?, number::to_long(end)?);
    let n = t.units() as i64;
    if from < 0 || to > n || from > to {
        return Err(fault::raise(Class::StringIndexOutOfBounds, format!("begin {from}, end {to}, length {n}")));
    }
    let (a, b) = (byte_of(&t, from as usize), byte_of(&t, to as usize));
    Ok(Text::value(&t.as_str()[a..b]))
}

fn is_string(v: Value) -> Res {
    Ok(Value::bool(v.is::<Text>()))
}
fn is_char(v: Value) -> Res {
    Ok(Value::bool(v.is_char()))
}

fn optional(s: Option<&str>) -> Res {
    Ok(s.map_or(Value::NIL, Text::value))
}
fn char_escape(c: Value) -> Res {
    optional(match c.as_char() {
        Some(10) => Some("\\n"),
        Some(9) => Some("\\t"),
        Some(13) => Some("\\r"),
        Some(34) => Some("\\\""),
        Some(92) => Some("\\\\"),
        Some(12) => Some("\\f"),
        Some(8) => Some("\\b"),
        _ => None,
    })
}
fn char_name(c: Value) -> Res {
    optional(match c.as_char() {
        Some(10) => Some("newline"),
        Some(9) => Some("tab"),
        Some(32) => Some("space"),
        Some(8) => Some("backspace"),
        Some(12) => Some("formfeed"),
        Some(13) => Some("return"),
        _ => None,
    })
}

/// What a `parse-…` function takes: a string, or an error that names what came.
fn parsed(v: Value) -> Res<Gc<Text>> {
    v.cast::<Text>().ok_or_else(|| {
        let found = if v.is_nil() { "nil".to_owned() } else { crate::class_name(v) };
        fault::illegal_argument(format!("Expected string, got {found}"))
    })
}
fn parse_long(s: Value) -> Res {
    Ok(number::parse_long(parsed(s)?.as_str()).map_or(Value::NIL, Value::long))
}
fn parse_double(s: Value) -> Res {
    Ok(number::parse_double(parsed(s)?.as_str()).map_or(Value::NIL, Value::double))
}
fn parse_boolean(s: Value) -> Res {
    Ok(match parsed(s)?.as_str() {
        "true" => Value::TRUE,
        "false" => Value::FALSE,
        _ => Value::NIL,
    })
}
pub(super) fn parse_uuid(s: Value) -> Res {
    Ok(Uuid::parse(text(s)?.as_str()).map_or(Value::NIL, |(h, l)| Uuid::alloc(h, l).value()))
}

/// `Character.isWhitespace`.
pub(crate) fn is_blank_char(c: char) -> bool {
    match c {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        '\u{1c}'..='\u{1f}' => true,
        c => c.is_whitespace(),
    }
}

fn munge(s: Value) -> Res {
    let mut name = String::new();
    print::to_str(&mut name, s)?;
    let munged = print::munge_name(&name);
    if s.is::<crate::text::Symbol>() {
        return Ok(crate::text::Symbol::intern(None, &munged).value());
    }
    Ok(Text::value(&munged))
}
fn namespace_munge(s: Value) -> Res {
    let mut name = String::new();
    print::to_str(&mut name, s)?;
    Ok(Text::value(&name.replace('-', "_")))
}
