//! Regular expressions of clojure.core.

use super::string::{characters, text};
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec};
use crate::text::{Matcher, Regex, Spans, Text, behind};
use crate::value::Value;

natives! { pub TABLE "clojure.core";
    "re-pattern" "[s]" [(1) re_pattern]
    "re-matcher" "[re s]" [(2) re_matcher]
    "re-find" "[m] [re s]" [(1) find_next, (2) re_find]
    "re-matches" "[re s]" [(2) re_matches]
    "re-groups" "[m]" [(1) re_groups]
    "re-seq" "[re s]" [(2) re_seq]
}

pub(super) fn regex(v: Value) -> Res<Gc<Regex>> {
    v.cast::<Regex>().ok_or_else(|| {
        if v.is_nil() {
            return fault::raise(Class::NullPointer, "a pattern was wanted where nil was given");
        }
        fault::class_cast(v, "java.util.regex.Pattern")
    })
}

fn re_pattern(v: Value) -> Res {
    if v.is::<Regex>() {
        return Ok(v);
    }
    Ok(Regex::compile(text(v)?.as_str())?.value())
}

/// The whole match, or a vector of it and its groups where the pattern has groups.
pub(super) fn groups(s: &str, spans: &Spans) -> Value {
    let part = |span: Option<(usize, usize)>| span.map_or(Value::NIL, |(a, b)| Text::value(&s[a..b]));
    if spans.len() == 1 {
        return part(spans[0]);
    }
    let all: GcVec = spans.iter().map(|&g| part(g)).collect();
    coll::vector(&all)
}

/// The text is looked at first, as where the JVM casts.
fn both(re: Value, s: Value) -> Res<(Gc<Regex>, Gc<Text>)> {
    if !s.is_nil() {
        characters(s)?;
    }
    Ok((regex(re)?, characters(s)?))
}

fn re_find(re: Value, s: Value) -> Res {
    let (re, s) = both(re, s)?;
    Ok(re.find_at(s.as_str(), 0)?.map_or(Value::NIL, |spans| groups(s.as_str(), &spans)))
}
fn re_matches(re: Value, s: Value) -> Res {
    let (re, s) = both(re, s)?;
    Ok(re.matches(s.as_str())?.map_or(Value::NIL, |spans| groups(s.as_str(), &spans)))
}
fn re_matcher(re: Value, s: Value) -> Res {
    regex(re)?;
    characters(s)?;
    Ok(Matcher::alloc(re, s).value())
}
fn matcher(v: Value) -> Res<Gc<Matcher>> {
    v.cast::<Matcher>().ok_or_else(|| fault::class_cast(v, "java.util.regex.Matcher"))
}
/// The next match of a matcher, nil when there is none left.
fn find_next(m: Value) -> Res {
    if m.is_nil() {
        return Err(fault::raise(Class::NullPointer, "a matcher was wanted where nil was given"));
    }
    let m = matcher(m)?;
    let (re, s) = (regex(m.regex)?, text(m.text)?);
    let at = usize::try_from(m.at.get().as_long().unwrap_or(-1)).ok();
    let found = match at {
        Some(at) => re.find_at(s.as_str(), at)?,
        None => None,
    };
    let Some(spans) = found else {
        m.at.set(m, Value::int(-1));
        m.groups.set(m, Value::ABSENT);
        return Ok(Value::NIL);
    };
    let whole = spans[0].unwrap_or((0, 0));
    m.at.set(m, Value::long(behind(s.as_str(), whole) as i64));
    Ok(note(m, s.as_str(), &spans))
}

/// Keeps a match in its matcher.
fn note(m: Gc<Matcher>, s: &str, spans: &Spans) -> Value {
    let answer = groups(s, spans);
    m.groups.set(m, answer);
    let places: GcVec =
        spans.iter().flat_map(|g| g.map_or([-1, -1], |(a, b)| [a as i64, b as i64])).map(Value::long).collect();
    m.spans.set(m, coll::vector(&places));
    answer
}
fn re_groups(m: Value) -> Res {
    match matcher(m)?.groups.get() {
        Value::ABSENT => Err(fault::raise(Class::IllegalState, "No match found")),
        groups => Ok(groups),
    }
}
/// All matches; made at once, for the text is there.
fn re_seq(re: Value, s: Value) -> Res {
    let (re, t) = both(re, s)?;
    let s = t.as_str();
    let mut found = GcVec::new();
    let mut at = 0;
    while let Some(spans) = re.find_at(s, at)? {
        crate::thread::check()?;
        found.push(groups(s, &spans));
        at = behind(s, spans[0].unwrap_or((at, at)));
    }
    Ok(if found.is_empty() { Value::NIL } else { coll::list(&found) })
}

type Method = fn(&[Value]) -> Res;

/// `Pattern`'s flags as the letters that a pattern may begin with.
fn with_flags(pattern: &str, flags: i64) -> String {
    if flags & 16 != 0 {
        return quoted(pattern);
    }
    let letters: String =
        [(2, 'i'), (4, 'x'), (8, 'm'), (32, 's')].iter().filter(|f| flags & f.0 != 0).map(|f| f.1).collect();
    if letters.is_empty() { pattern.to_owned() } else { format!("(?{letters}){pattern}") }
}
fn quoted(s: &str) -> String {
    format!("\\Q{}\\E", s.replace("\\E", "\\E\\\\E\\Q"))
}
natives! { pub PATTERN "java.util.regex.Pattern";
    "compile" "[s] [s flags]" [(1) re_pattern, (2) compile_with]
    "quote" "[s]" [(1) |s| Ok(Text::value(&quoted(text(s)?.as_str())))]
    "matches" "[s text]" [(2) |re, s| re_matches(re_pattern(re)?, s).map(|v| Value::bool(!v.is_nil()))]
}
fn compile_with(s: Value, flags: Value) -> Res {
    let flags = crate::number::to_long(flags)?;
    Ok(Regex::compile(&with_flags(text(s)?.as_str(), flags))?.value())
}

pub(super) fn pattern_member(name: &str) -> Option<Method> {
    Some(match name {
        "pattern" => |a| super::string::str1(a[0]),
        "matcher" => |a| re_matcher(a[0], a.get(1).copied().unwrap_or(Value::NIL)),
        "split" => {
            |a| super::member::library("clojure.string", "split", &[a.get(1).copied().unwrap_or(Value::NIL), a[0]])
        }
        "flags" => |_| Ok(Value::ZERO),
        _ => return None,
    })
}

/// A group of the last match by its number or name: where it lies, in bytes.
fn span(a: &[Value]) -> Res<Option<(usize, usize)>> {
    let m = matcher(a[0])?;
    let spans = m.spans.get();
    if spans.is_nil() || m.groups.get() == Value::ABSENT {
        return Err(fault::raise(Class::IllegalState, "No match found"));
    }
    let group = match a.get(1) {
        None => 0,
        Some(&name) if name.is::<Text>() => {
            let (wanted, names) = (text(name)?, regex(m.regex)?.group_names());
            match names.iter().position(|n| n.as_deref() == Some(wanted.as_str())) {
                Some(i) => i as i64,
                None => return Err(fault::illegal_argument(format!("No group with name <{}>", wanted.as_str()))),
            }
        }
        Some(&n) => crate::number::to_long(n)?,
    };
    if group < 0 || group * 2 >= coll::count(spans)? as i64 {
        return Err(fault::raise(Class::IndexOutOfBounds, format!("No group {group}")));
    }
    let place = |i: i64| Ok(usize::try_from(coll::nth(spans, i, None)?.as_long().unwrap_or(-1)).ok());
    Ok(place(group * 2)?.zip(place(group * 2 + 1)?))
}

pub(super) fn matcher_member(name: &str) -> Option<Method> {
    fn attempt(a: &[Value], f: fn(&Gc<Regex>, &str) -> Res<Option<Spans>>) -> Res {
        let m = matcher(a[0])?;
        let (re, s) = (regex(m.regex)?, text(m.text)?);
        match f(&re, s.as_str())? {
            Some(spans) => {
                m.at.set(m, Value::long(behind(s.as_str(), spans[0].unwrap_or((0, 0))) as i64));
                note(m, s.as_str(), &spans);
                Ok(Value::TRUE)
            }
            None => {
                m.groups.set(m, Value::ABSENT);
                Ok(Value::FALSE)
            }
        }
    }
    fn place(a: &[Value], which: fn((usize, usize)) -> usize) -> Res {
        let t = text(matcher(a[0])?.text)?;
        Ok(Value::long(span(a)?.map_or(-1, |s| super::string::unit_of(&t, which(s)) as i64)))
    }
    fn replaced(a: &[Value], by: &str) -> Res {
        let m = matcher(a[0])?;
        super::member::library("clojure.string", by, &[m.text, m.regex, a.get(1).copied().unwrap_or(Value::NIL)])
    }
    Some(match name {
        "find" => {
            |a| find_next(a[0]).map(|_| Value::bool(matcher(a[0]).is_ok_and(|m| m.groups.get() != Value::ABSENT)))
        }
        "matches" => |a| attempt(a, |re, s| re.matches(s)),
        "lookingAt" => |a| attempt(a, |re, s| re.looking_at(s)),
        "group" => |a| {
            let t = text(matcher(a[0])?.text)?;
            Ok(span(a)?.map_or(Value::NIL, |(from, to)| Text::value(&t.as_str()[from..to])))
        },
        "groupCount" => |a| Ok(Value::long(regex(matcher(a[0])?.regex)?.group_names().len() as i64 - 1)),
        "start" => |a| place(a, |s| s.0),
        "end" => |a| place(a, |s| s.1),
        "reset" => |a| {
            let m = matcher(a[0])?;
            m.at.set(m, Value::ZERO);
            m.groups.set(m, Value::ABSENT);
            Ok(a[0])
        },
        "hitEnd" => |a| Ok(Value::bool(matcher(a[0])?.at.get().as_long() == Some(-1))),
        "pattern" => |a| Ok(matcher(a[0])?.regex),
        "replaceAll" => |a| replaced(a, "replace"),
        "replaceFirst" => |a| replaced(a, "replace-first"),
        _ => return None,
    })
}
