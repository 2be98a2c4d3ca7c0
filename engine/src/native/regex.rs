//! Regular expressions of clojure.core.

use super::string::text;
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

fn re_find(re: Value, s: Value) -> Res {
    let (re, s) = (regex(re)?, text(s)?);
    Ok(re.find_at(s.as_str(), 0)?.map_or(Value::NIL, |spans| groups(s.as_str(), &spans)))
}
fn re_matches(re: Value, s: Value) -> Res {
    let (re, s) = (regex(re)?, text(s)?);
    Ok(re.matches(s.as_str())?.map_or(Value::NIL, |spans| groups(s.as_str(), &spans)))
}
fn re_matcher(re: Value, s: Value) -> Res {
    regex(re)?;
    text(s)?;
    Ok(Matcher::alloc(re, s).value())
}
fn matcher(v: Value) -> Res<Gc<Matcher>> {
    v.cast::<Matcher>().ok_or_else(|| fault::class_cast(v, "java.util.regex.Matcher"))
}
/// The next match of a matcher, nil when there is none left.
fn find_next(m: Value) -> Res {
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
    let answer = groups(s.as_str(), &spans);
    m.groups.set(m, answer);
    Ok(answer)
}
fn re_groups(m: Value) -> Res {
    match matcher(m)?.groups.get() {
        Value::ABSENT => Err(fault::raise(Class::IllegalState, "No match found")),
        groups => Ok(groups),
    }
}
/// All matches; made at once, for the text is there.
fn re_seq(re: Value, s: Value) -> Res {
    let (re, t) = (regex(re)?, text(s)?);
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
