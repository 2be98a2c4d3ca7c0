//! clojure.string.

use super::regex::groups;
use super::string::{byte_of, is_blank_char, str1, text, unit_of};
use crate::coll::{self, Cursor};
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec};
use crate::invoke::invoke;
use crate::number;
use crate::print;
use crate::text::{Regex, Text, behind};
use crate::value::Value;

natives! { pub TABLE "clojure.string";
    "join" "[coll] [separator coll]" [(1) join1, (2) join2]
    "split" "[s re] [s re limit]" [(2) split2, (3) split]
    "split-lines" "[s]" [(1) split_lines]
    "replace" "[s match replacement]" [(3) replace]
    "replace-first" "[s match replacement]" [(3) replace_first]
    "re-quote-replacement" "[replacement]" [(1) quote_replacement]
    "upper-case" "[s]" [(1) upper_case]
    "lower-case" "[s]" [(1) lower_case]
    "capitalize" "[s]" [(1) capitalize]
    "trim" "[s]" [(1) trim]
    "triml" "[s]" [(1) triml]
    "trimr" "[s]" [(1) trimr]
    "trim-newline" "[s]" [(1) trim_newline]
    "blank?" "[s]" [(1) is_blank]
    "escape" "[s cmap]" [(2) escape]
    "reverse" "[s]" [(1) reverse]
    "includes?" "[s substr]" [(2) includes]
    "starts-with?" "[s substr]" [(2) starts_with]
    "ends-with?" "[s substr]" [(2) ends_with]
    "index-of" "[s value] [s value from-index]" [(2) index_of2, (3) index_of]
    "last-index-of" "[s value] [s value from-index]" [(2) last_index_of2, (3) last_index_of]
}

/// What a CharSequence argument stands for: anything but nil gives its `str`.
fn chars(v: Value) -> Res<Gc<Text>> {
    if v.is_nil() {
        return Err(fault::raise(Class::NullPointer, "a string was wanted where nil was given"));
    }
    text(str1(v)?)
}

fn join1(items: Value) -> Res {
    join2(Text::value(""), items)
}
pub(super) fn join2(separator: Value, items: Value) -> Res {
    let mut between = String::new();
    print::to_str(&mut between, separator)?;
    let mut out = String::new();
    let mut cursor = Cursor::new(items)?;
    let mut first = true;
    while let Some(x) = cursor.next()? {
        if !first {
            out.push_str(&between);
        }
        first = false;
        print::to_str(&mut out, x)?;
    }
    Ok(Text::value(&out))
}

fn split2(s: Value, re: Value) -> Res {
    split(s, re, Value::ZERO)
}
/// As `String.split`: a limit above 0 bounds the parts, 0 drops empty ones at the end, below 0 keeps all.
fn split(s: Value, re: Value, limit: Value) -> Res {
    if !re.is_nil() {
        super::regex::regex(re)?;
    }
    let (t, limit) = (super::string::characters(s)?, number::to_long(limit)?);
    let re = super::regex::regex(re)?;
    let s = t.as_str();
    let mut parts = GcVec::new();
    let (mut from, mut at) = (0, 0);
    while limit <= 0 || (parts.len() as i64) < limit - 1 {
        let Some(span) = re.span_at(s, at)? else { break };
        crate::thread::check()?;
        at = behind(s, span);
        // A match of nothing at the beginning makes no part, nor one at the very end.
        if span.1 == 0 || (span.0 == span.1 && span.0 == s.len()) {
            continue;
        }
        parts.push(Text::value(&s[from..span.0]));
        from = span.1;
    }
    if parts.is_empty() {
        return Ok(coll::vector(&[t.value()]));
    }
    parts.push(Text::value(&s[from..]));
    if limit == 0 {
        let empty = |v: &Value| v.cast::<Text>().is_some_and(|t| t.as_str().is_empty());
        let kept = parts.iter().rposition(|v| !empty(v)).map_or(0, |i| i + 1);
        parts.truncate(kept);
    }
    Ok(coll::vector(&parts))
}
fn split_lines(s: Value) -> Res {
    let re = Regex::compile(r"\r?\n")?;
    split(s, re.value(), Value::ZERO)
}

fn replace(s: Value, what: Value, with: Value) -> Res {
    replaced(s, what, with, usize::MAX)
}
fn replace_first(s: Value, what: Value, with: Value) -> Res {
    replaced(s, what, with, 1)
}
fn replaced(s: Value, what: Value, with: Value, most: usize) -> Res {
    let s = chars(s)?;
    if let (Some(a), Some(b)) = (what.as_char(), with.as_char()) {
        let shown = |c: u32| char::from_u32(c).unwrap_or('\u{fffd}').to_string();
        return Ok(Text::value(&s.as_str().replacen(&shown(a), &shown(b), most)));
    }
    if what.is_char() {
        return Err(fault::class_cast(with, "java.lang.Character"));
    }
    if what.is::<Text>() {
        let (what, with) = (chars(what)?, chars(with)?);
        return Ok(Text::value(&s.as_str().replacen(what.as_str(), with.as_str(), most)));
    }
    let Some(re) = what.cast::<Regex>() else {
        return Err(fault::illegal_argument(format!("Invalid match arg: {}", print::display(what))));
    };
    let s_str = s.as_str();
    let (mut out, mut at, mut copied, mut done) = (String::new(), 0, 0, 0);
    while done < most {
        let Some(spans) = re.find_at(s_str, at)? else { break };
        crate::thread::check()?;
        let whole = spans[0].unwrap_or((at, at));
        out.push_str(&s_str[copied..whole.0]);
        match with.cast::<Text>() {
            Some(template) => expand(&mut out, template.as_str(), s_str, &spans, re)?,
            None => {
                let answer = invoke(with, &[groups(s_str, &spans)])?;
                out.push_str(text(answer)?.as_str());
            }
        }
        copied = whole.1;
        at = behind(s_str, whole);
        done += 1;
    }
    if done == 0 {
        return Ok(s.value());
    }
    out.push_str(&s_str[copied..]);
    Ok(Text::value(&out))
}

/// `$1`, `${name}`, `\$` in a replacement.
fn expand(out: &mut String, template: &str, s: &str, spans: &crate::text::Spans, re: Gc<Regex>) -> Res<()> {
    let mut rest = template.chars().peekable();
    let group = |out: &mut String, n: usize| -> Res<()> {
        match spans.get(n) {
            Some(span) => {
                if let Some((a, b)) = span {
                    out.push_str(&s[*a..*b]);
                }
                Ok(())
            }
            None => Err(fault::raise(Class::IndexOutOfBounds, format!("No group {n}"))),
        }
    };
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some(c) => out.push(c),
                None => return Err(fault::illegal_argument("character to be escaped is missing")),
            },
            '$' if rest.peek() == Some(&'{') => {
                rest.next();
                let name: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let n = re.group_names().iter().position(|g| g.as_deref() == Some(name.as_str()));
                group(out, n.ok_or_else(|| fault::illegal_argument(format!("No group with name {{{name}}}")))?)?;
            }
            '$' => {
                let Some(d) = rest.peek().and_then(|c| c.to_digit(10)) else {
                    return Err(fault::illegal_argument("Illegal group reference"));
                };
                rest.next();
                let mut n = d as usize;
                // Further digits belong to the number while such a group exists.
                while let Some(d) = rest.peek().and_then(|c| c.to_digit(10)) {
                    let longer = n * 10 + d as usize;
                    if longer >= spans.len() {
                        break;
                    }
                    n = longer;
                    rest.next();
                }
                group(out, n)?;
            }
            c => out.push(c),
        }
    }
    Ok(())
}
fn quote_replacement(v: Value) -> Res {
    let t = chars(v)?;
    Ok(Text::value(&t.as_str().replace('\\', "\\\\").replace('$', "\\$")))
}

fn upper_case(v: Value) -> Res {
    Ok(Text::value(&chars(v)?.as_str().to_uppercase()))
}
fn lower_case(v: Value) -> Res {
    Ok(Text::value(&chars(v)?.as_str().to_lowercase()))
}
/// The string itself: functions that take nothing else.
fn own(v: Value) -> Res<Gc<Text>> {
    if v.is_nil() { chars(v) } else { text(v) }
}
fn capitalize(v: Value) -> Res {
    let t = chars(v)?;
    let s = t.as_str();
    let first = s.chars().next().map_or(0, char::len_utf8);
    Ok(Text::value(&(s[..first].to_uppercase() + &s[first..].to_lowercase())))
}
fn trim(v: Value) -> Res {
    Ok(Text::value(own(v)?.as_str().trim_matches(is_blank_char)))
}
fn triml(v: Value) -> Res {
    Ok(Text::value(own(v)?.as_str().trim_start_matches(is_blank_char)))
}
fn trimr(v: Value) -> Res {
    Ok(Text::value(own(v)?.as_str().trim_end_matches(is_blank_char)))
}
fn trim_newline(v: Value) -> Res {
    Ok(Text::value(own(v)?.as_str().trim_end_matches(['\n', '\r'])))
}
fn is_blank(v: Value) -> Res {
    if v.is_nil() {
        return Ok(Value::TRUE);
    }
    Ok(Value::bool(text(v)?.as_str().chars().all(is_blank_char)))
}
fn escape(s: Value, map: Value) -> Res {
    let s = own(s)?;
    let mut out = String::new();
    for c in s.as_str().chars() {
        let found = invoke(map, &[Value::char(c as u32)])?;
        if found.is_nil() {
            out.push(c);
        } else {
            print::to_str(&mut out, found)?;
        }
    }
    Ok(Text::value(&out))
}
fn reverse(v: Value) -> Res {
    Ok(Text::value(&own(v)?.as_str().chars().rev().collect::<String>()))
}
fn includes(s: Value, part: Value) -> Res {
    Ok(Value::bool(chars(s)?.as_str().contains(text(part)?.as_str())))
}
fn starts_with(s: Value, part: Value) -> Res {
    Ok(Value::bool(chars(s)?.as_str().starts_with(text(part)?.as_str())))
}
fn ends_with(s: Value, part: Value) -> Res {
    Ok(Value::bool(chars(s)?.as_str().ends_with(text(part)?.as_str())))
}

fn place(t: &Gc<Text>, byte: Option<usize>) -> Res {
    Ok(byte.map_or(Value::NIL, |b| Value::long(unit_of(t, b) as i64)))
}
fn index_of2(s: Value, part: Value) -> Res {
    index_of(s, part, Value::ZERO)
}
/// Whatever is searched gives its `str`; what is sought is a string or a character.
fn searched(s: Value, part: Value) -> Res<(Gc<Text>, Gc<Text>)> {
    if part.is_nil() || s.is_nil() {
        return Err(fault::raise(Class::NullPointer, "a string was wanted where nil was given"));
    }
    let part = if part.is_char() { text(str1(part)?)? } else { text(part)? };
    Ok((chars(s)?, part))
}
fn index_of(s: Value, part: Value, from: Value) -> Res {
    let (t, part) = searched(s, part)?;
    let from = byte_of(&t, usize::try_from(number::to_long(from)?).unwrap_or(0));
    place(&t, t.as_str()[from..].find(part.as_str()).map(|i| from + i))
}
fn last_index_of2(s: Value, part: Value) -> Res {
    let (t, part) = searched(s, part)?;
    place(&t, t.as_str().rfind(part.as_str()))
}
/// The last place that begins at or before `from`.
fn last_index_of(s: Value, part: Value, from: Value) -> Res {
    let (t, part) = searched(s, part)?;
    let Ok(from) = usize::try_from(number::to_long(from)?) else { return Ok(Value::NIL) };
    let (s, from) = (t.as_str(), byte_of(&t, from));
    let mut end = (from + part.as_str().len()).min(s.len());
    while !s.is_char_boundary(end) {
        end -= 1;
    }
    place(&t, s[..end].rfind(part.as_str()))
}
