//! Forms as text that reads back as the same form: for tests, messages and whoever looks at what was read. Numbers print
//! as on the JVM.

use super::{Form, FormKind, Name};
use num_bigint::BigInt;
use num_traits::Signed;
use std::fmt::{self, Display, Formatter, Write};

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.ns {
            Some(ns) => write!(f, "{ns}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Display for Form {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FormKind::Nil => f.write_str("nil"),
            FormKind::Bool(value) => write!(f, "{value}"),
            FormKind::Long(value) => write!(f, "{value}"),
            FormKind::BigInt(value) => write!(f, "{value}N"),
            FormKind::Ratio(ratio) => write!(f, "{}/{}", ratio.numerator, ratio.denominator),
            FormKind::Double(value) => double(*value, f),
            FormKind::BigDecimal { unscaled, scale } => decimal(unscaled, *scale, f),
            FormKind::Char(value) => character(*value, f),
            FormKind::String(text) => string(text, f),
            FormKind::Regex(pattern) => write!(f, "#\"{pattern}\""),
            FormKind::Symbol(name) => write!(f, "{name}"),
            FormKind::Keyword { name, auto } => write!(f, "{}{name}", if *auto { "::" } else { ":" }),
            FormKind::List(items) => between("(", items, ")", f),
            FormKind::Vector(items) => between("[", items, "]", f),
            FormKind::Set(items) => between("#{", items, "}", f),
            FormKind::Map(entries) => map(entries, f),
            FormKind::Meta { meta, form } => write!(f, "^{meta} {form}"),
            FormKind::Tagged { tag, form } => write!(f, "#{}{tag} {form}", tag_gap(tag)),
            FormKind::Eval(form) => write!(f, "#={form}"),
            FormKind::Conditional { splicing, body } => between(if *splicing { "#?@(" } else { "#?(" }, body, ")", f),
        }
    }
}

/// A tag that would mean something else right behind the `#` stands apart from it.
fn tag_gap(tag: &Name) -> &'static str {
    let text = tag.ns.as_deref().unwrap_or(&tag.name);
    if text.starts_with(['_', '!', '<', '=', '?', '\'', ':']) { " " } else { "" }
}

fn between(open: &str, items: &[Form], close: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(open)?;
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { " " })?;
    }
    f.write_str(close)
}

fn map(entries: &[Form], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('{')?;
    for (i, item) in entries.iter().enumerate() {
        let gap = match i {
            0 => "",
            _ if i % 2 == 0 => ", ",
            _ => " ",
        };
        write!(f, "{gap}{item}")?;
    }
    f.write_char('}')
}

fn double(value: f64, f: &mut Formatter<'_>) -> fmt::Result {
    if value.is_nan() {
        return f.write_str("##NaN");
    }
    if value.is_infinite() {
        return f.write_str(if value > 0.0 { "##Inf" } else { "##-Inf" });
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return write!(f, "{value:?}");
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    write!(f, "{mantissa}{point}E{exponent}")
}

/// As `java.math.BigDecimal/toString`.
fn decimal(unscaled: &BigInt, scale: i32, f: &mut Formatter<'_>) -> fmt::Result {
    let sign = if unscaled.is_negative() { "-" } else { "" };
    let digits = unscaled.magnitude().to_string();
    let (count, scale) = (i64::try_from(digits.len()).unwrap_or(i64::MAX), i64::from(scale));
    let adjusted = count - 1 - scale;
    f.write_str(sign)?;
    if scale == 0 {
        write!(f, "{digits}M")
    } else if scale > 0 && adjusted >= -6 {
        let padded = format!("{digits:0>width$}", width = usize::try_from(scale + 1).unwrap_or(0));
        let (whole, fraction) = padded.split_at(padded.len() - usize::try_from(scale).unwrap_or(0));
        write!(f, "{whole}.{fraction}M")
    } else {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{first}{point}{rest}E{adjusted:+}M")
    }
}

fn character(value: char, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('\\')?;
    match value {
        '\n' => f.write_str("newline"),
        ' ' => f.write_str("space"),
        '\t' => f.write_str("tab"),
        '\u{8}' => f.write_str("backspace"),
        '\u{c}' => f.write_str("formfeed"),
        '\r' => f.write_str("return"),
        _ => f.write_char(value),
    }
}

fn string(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\""),
            '\\' => f.write_str("\\\\"),
            '\n' => f.write_str("\\n"),
            '\t' => f.write_str("\\t"),
            '\r' => f.write_str("\\r"),
            '\u{8}' => f.write_str("\\b"),
            '\u{c}' => f.write_str("\\f"),
            _ => f.write_char(c),
        }?;
    }
    f.write_char('"')
}
