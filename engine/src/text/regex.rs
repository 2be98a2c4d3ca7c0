//! Regular expressions in Java's syntax. A pattern is translated (`java`) for the `fancy-regex` crate, which hands what
//! needs neither look-around nor back-references to the linear-time `regex`.

mod java;

use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, Header, HeapType, Mutable, TypeId};
use crate::text::Text;
use crate::value::Value;
use std::ffi::c_void;

/// Steps back that a match may take before it is an error: nested repetitions could go on for ever.
const BACKTRACKS: usize = 50_000_000;

/// A compiled pattern.
#[repr(C)]
pub struct Regex {
    header: Header,
    pub pattern: Value,
    compiled: &'static fancy_regex::Regex,
}
// SAFETY: repr(C), header first, no destructor (a finalizer frees what is compiled).
unsafe impl HeapType for Regex {
    const TYPE: TypeId = TypeId::REGEX;
}

unsafe extern "C" fn drop_compiled(_: *mut c_void, compiled: *mut c_void) {
    // SAFETY: `data` is the box that `Regex::compile` leaked; the pattern that named it is dead.
    drop(unsafe { Box::from_raw(compiled.cast::<fancy_regex::Regex>()) });
}

impl Regex {
    /// # Errors
    /// PatternSyntaxException.
    pub fn compile(pattern: &str) -> Res<Gc<Regex>> {
        let translated = java::translate(pattern)
            .map_err(|why| fault::raise(Class::PatternSyntax, format!("{why} near {pattern:?}")))?;
        let compiled = fancy_regex::RegexBuilder::new(&translated)
            .backtrack_limit(BACKTRACKS)
            .build()
            .map_err(|e| fault::raise(Class::PatternSyntax, format!("{e} near {pattern:?}")))?;
        let compiled: &'static fancy_regex::Regex = Box::leak(Box::new(compiled));
        let r = heap::new(Regex { header: Header::blank(), pattern: Text::value(pattern), compiled });
        // SAFETY: the finalizer frees the box that was leaked for this object, once.
        unsafe { heap::push_finalizer(r.value(), drop_compiled, std::ptr::from_ref(compiled).cast_mut().cast()) };
        Ok(r)
    }
}

/// Where the groups of a match lie, in bytes; group 0 is the whole.
pub type Spans = Vec<Option<(usize, usize)>>;

impl Gc<Regex> {
    pub fn pattern_text(&self) -> &str {
        match self.pattern.cast::<Text>() {
            // SAFETY: the text lives as long as this pattern, which the borrow is of.
            Some(t) => unsafe { &*std::ptr::from_ref(t.as_str()) },
            None => "",
        }
    }
    /// The first match at or behind a byte.
    pub fn find_at(&self, s: &str, from: usize) -> Res<Option<Spans>> {
        if from > s.len() {
            return Ok(None);
        }
        let found = self.compiled.captures_from_pos(s, from).map_err(too_far)?;
        Ok(found.map(|c| c.iter().map(|m| m.map(|m| (m.start(), m.end()))).collect()))
    }
    /// The first match's place alone: cheaper than with groups.
    pub fn span_at(&self, s: &str, from: usize) -> Res<Option<(usize, usize)>> {
        if from > s.len() {
            return Ok(None);
        }
        Ok(self.compiled.find_from_pos(s, from).map_err(too_far)?.map(|m| (m.start(), m.end())))
    }
    /// A match of the whole text.
    pub fn matches(&self, s: &str) -> Res<Option<Spans>> {
        if let Some(spans) = self.find_at(s, 0)? {
            if spans[0] == Some((0, s.len())) {
                return Ok(Some(spans));
            }
        } else {
            return Ok(None);
        }
        // The first match stopped short; one that must reach the end may not.
        let anchored = Regex::compile(&format!("(?:{})\\z", self.pattern_text()))?;
        Ok(anchored.find_at(s, 0)?.filter(|spans| spans[0] == Some((0, s.len()))))
    }
    /// A match at the beginning.
    pub fn looking_at(&self, s: &str) -> Res<Option<Spans>> {
        Ok(self.find_at(s, 0)?.filter(|spans| spans[0].is_some_and(|m| m.0 == 0)))
    }
    pub fn group_names(&self) -> Vec<Option<String>> {
        self.compiled.capture_names().map(|n| n.map(str::to_owned)).collect()
    }
}

#[cold]
fn too_far(e: fancy_regex::Error) -> fault::Thrown {
    fault::raise(Class::StackOverflow, format!("regular expression: {e}"))
}

/// `re-matcher`: a pattern, a text, and how far it got.
#[repr(C)]
pub struct Matcher {
    header: Header,
    pub regex: Value,
    pub text: Value,
    /// Byte where the next search begins; -1 when nothing is left.
    pub at: Mutable,
    /// Groups of the last match as `re-groups` gives them, or absent.
    pub groups: Mutable,
    /// Where they lie: a vector of two bytes' places a group, -1 for one that took no part.
    pub spans: Mutable,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Matcher {
    const TYPE: TypeId = TypeId::MATCHER;
}
impl Matcher {
    pub fn alloc(regex: Value, text: Value) -> Gc<Matcher> {
        let m = heap::new(Matcher {
            header: Header::blank(),
            regex,
            text,
            at: Mutable::new(Value::ZERO),
            groups: Mutable::new(Value::ABSENT),
            spans: Mutable::new(Value::NIL),
        });
        m.at.watch(m);
        m.groups.watch(m);
        m.spans.watch(m);
        m
    }
}

/// Where a search goes on behind a match: a match of nothing moves on by one character.
pub fn behind(s: &str, span: (usize, usize)) -> usize {
    if span.1 > span.0 { span.1 } else { span.1 + s[span.1..].chars().next().map_or(1, char::len_utf8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, wanted: Option<&str>) {
        crate::thread::attach();
        let r = Regex::compile(pattern).unwrap();
        let found = r.span_at(text, 0).unwrap().map(|(a, b)| &text[a..b]);
        assert_eq!(found, wanted, "{pattern} on {text}");
    }

    #[test]
    fn java_syntax() {
        check(r"\d+", "ab١12", Some("12"));
        check(r"\Qa.b\E+", "aab a.bb", Some("a.bb"));
        check("a$", "ba\n", Some("a"));
        check(r"(?m)^b$", "a\nb\nc", Some("b"));
        check(r"[\w-]+", "é a-b_c", Some("a-b_c"));
        check(r"\p{Upper}\p{Alpha}+", "xAbc1", Some("Abc"));
        check(r"(a)\1", "baa", Some("aa"));
        check("(?<=x)y", "yxy", Some("y"));
        check("a++b", "aaab", Some("aaab"));
        check(r"[^\d\s]+", "12 ab", Some("ab"));
        check(r"[a-z&&[^b]]+", "bac", Some("ac"));
        check(r"\u0041\x42\t?", "AB", Some("AB"));
        check(r"a\-b\ c\_", "a-b c_", Some("a-b c_"));
        check(r"\h", "x\ty", Some("\t"));
        check("(?i)ABC", "xabc", Some("abc"));
        check("(a(?i)b)c", "aBC", None);
        check("(a(?i)b|x)c", "Xc aBc", Some("Xc"));
        check("x(?i)y|z", "Z", Some("Z"));
        check(r"[\w-_\.]+", "a.b_c-d", Some("a.b_c-d"));
        check(r"[.-\d]+", "1-.", Some("1-."));
        check("(?x) a b # both", "xab", Some("ab"));
        check("(?x: a ) b", "xa b", Some("a b"));
        check("((?){0,0})b", "ab", Some("b"));
        check("a.c", "a\nc", None);
        check("(?s)a.c", "a\nc", Some("a\nc"));
        check("a.c", "a\rc", None);
        check("a.c", "a\u{2028}c", None);
        check("(?d)a.c", "a\rc", Some("a\rc"));
        check("(?m)^cd$", "ab\ncd\r\nef", Some("cd"));
        check("(?m)^$", "a\r\nb", None);
        check("(?m)^$", "a\n", None);
        check("[[:alpha:]]+", "zabc:", Some("a"));
        check(r"(?U)\w+", " été", Some("été"));
        check("(?i)É", "é", None);
        check("(?iu)É", "é", Some("é"));
        check(r"\X", "e\u{301}x", Some("e\u{301}"));
    }

    #[test]
    fn what_java_refuses() {
        crate::thread::attach();
        for pattern in ["(?<n>a)(?<n>b)", "(?z)", "a{,3}", "{", r"(a)\k<1>", "(", "a**"] {
            assert!(Regex::compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn whole_matches_backtrack_into_the_end() {
        crate::thread::attach();
        let r = Regex::compile("a|ab").unwrap();
        assert!(r.matches("ab").unwrap().is_some());
        assert!(r.matches("abc").unwrap().is_none());
    }
}
