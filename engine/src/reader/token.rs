//! Symbols, keywords, `nil`, `true`, `false`: what a run of ordinary characters means. Names may hold any Unicode.
//! After the prefix `cpp/` the operators `~`, `^` and `^=` belong to the name too.

use super::fault::Read;
use super::place::{Mark, is_blank};
use super::{Form, FormKind, Name, Reader};

impl<'a> Reader<'a> {
    /// Whether `c` begins a form of its own.
    pub(super) fn is_macro(&self, c: char) -> bool {
        c == '#' || self.ends_token(c) || (matches!(c, '\'' | '%') && !self.edn())
    }

    /// Whether `c` begins a form of its own even in the midst of a token.
    pub(super) fn ends_token(&self, c: char) -> bool {
        match c {
            '"' | ';' | '^' | '(' | ')' | '[' | ']' | '{' | '}' | '\\' => true,
            '@' | '`' | '~' => !self.edn(),
            _ => false,
        }
    }

    /// Takes characters up to a blank or one that `ends`.
    pub(super) fn take_until(&mut self, ends: impl Fn(&Self, char) -> bool) {
        while self.cursor.peek().is_some_and(|c| !is_blank(c) && !ends(self, c)) {
            self.cursor.bump();
        }
    }

    /// Takes a token whose first character may be anything.
    pub(super) fn take_token(&mut self, start: Mark) -> &'a str {
        self.cursor.bump();
        self.take_until(Self::ends_token);
        if self.cursor.text_since(start) == "cpp/" {
            self.take_cpp_operator();
        }
        self.cursor.text_since(start)
    }

    fn take_cpp_operator(&mut self) {
        if self.cursor.eat('^') {
            self.cursor.eat('=');
        } else {
            self.cursor.eat('~');
        }
    }

    #[inline(never)]
    pub(super) fn token(&mut self, start: Mark) -> Read<Form> {
        let text = self.take_token(start);
        let span = self.cursor.since(start);
        let kind = match text {
            "nil" => FormKind::Nil,
            "true" => FormKind::Bool(true),
            "false" => FormKind::Bool(false),
            _ if !is_name(text) || (self.edn() && !is_edn_name(text)) => return Err(self.invalid_token(text, start)),
            _ => match (text.strip_prefix("::"), text.strip_prefix(':')) {
                (Some(name), _) => return self.auto_keyword(name, text, start),
                (None, Some(name)) => FormKind::Keyword { name: Name::parse(name), auto: false },
                (None, None) => FormKind::Symbol(Name::parse(text)),
            },
        };
        Ok(Form::new(kind, span))
    }

    /// `::k` and `::alias/k`. In a branch that is read only to be skipped, an unknown alias is no error.
    fn auto_keyword(&self, name: &str, text: &str, start: Mark) -> Read<Form> {
        let span = self.cursor.since(start);
        let written = Name::parse(name);
        let ns = match (self.options.resolver, &written.ns) {
            (None, _) => None,
            (Some(program), None) => Some(program.current_ns()),
            (Some(program), Some(alias)) => match program.alias(alias) {
                Some(ns) => Some(ns),
                None if self.suppressed => None,
                None => {
                    let message = format!("`{text}`: no namespace has the alias `{alias}`");
                    return Err(self.fault("read/token", message, span));
                }
            },
        };
        let kind = match ns {
            Some(ns) => FormKind::Keyword { name: Name { ns: Some(ns), name: written.name }, auto: false },
            None => FormKind::Keyword { name: written, auto: true },
        };
        Ok(Form::new(kind, span))
    }

    #[cold]
    fn invalid_token(&self, text: &str, start: Mark) -> super::fault::Fault {
        self.fault("read/token", format!("`{text}` is neither a symbol nor a keyword"), self.cursor.since(start))
    }
}

/// Clojure's pattern for symbols and keywords, `[:]?([\D&&[^/]].*/)?(/|[\D&&[^/]][^/]*)`, with its three exceptions. The
/// pattern may also match without taking the colon as such, which is why `:1` is a keyword and `:a/1` is not.
fn is_name(text: &str) -> bool {
    let past_colon = text.strip_prefix(':').unwrap_or(text);
    let matched = match_name(past_colon).or_else(|| match_name(text));
    let doubled = text.char_indices().nth(1).is_some_and(|(second, _)| text[second..].contains("::"));
    matched.is_some_and(|(ns, name)| !ns.ends_with(':') && !name.ends_with(':')) && !doubled
}

/// What names cannot have in data.
fn is_edn_name(name: &str) -> bool {
    !name.contains(['@', '`', '~']) && !name.starts_with("::")
}

/// Splits at the last slash (the namespace is empty where there is none), if both parts can begin as they do.
fn match_name(text: &str) -> Option<(&str, &str)> {
    let begins_well = |part: &str| part.chars().next().is_some_and(|c| !c.is_ascii_digit() && c != '/');
    let (ns, name) = match text.strip_suffix('/') {
        Some("") => return Some(("", "/")),
        Some(before) => (before.strip_suffix('/')?, "/"),
        None => match text.rsplit_once('/') {
            None => return begins_well(text).then_some(("", text)),
            Some(parts) => parts,
        },
    };
    (begins_well(ns) && (name == "/" || begins_well(name))).then_some((ns, name))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        for name in [
            "a", "/", "a/b", "a/b/c", "ns//", "a///", "a//b", ":a", "::a", ":/", ":1", ":a:b", "::a/b", "a'", "+",
            "->", ".-x", "T.",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ":", "::", ":::a", "a:", "a:/b", "a::b", "a/", "/a", "//", "a/1", ":a/1", ":a/", "::/"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
