//! What the reader refuses at run time, in `read-string`, `read` and `clojure.edn`: the exception that Clojure throws
//! there, with its kind and message, since programs catch and compare them. The diagnostic with its places goes along,
//! and what is read as a program says it in its own words.

use crate::fault::{self, Class, Thrown};
use questions::Diagnostic;

/// Throws what Clojure's reader throws where ours gives `d`.
#[cold]
pub(super) fn raise(d: &Diagnostic) -> Thrown {
    let (class, message) = as_clojure(d);
    fault::raise_diagnostic_as(class, d, &message)
}

/// What stands between the first backquotes of a message: the text that is at fault.
fn quoted(message: &str) -> &str {
    message.split('`').nth(1).unwrap_or("")
}

fn as_clojure(d: &Diagnostic) -> (Class, String) {
    let text = quoted(&d.message);
    let says = |part: &str| d.message.contains(part);
    let runtime = |message: &str| (Class::RuntimeException, message.to_owned());
    match d.code.as_str() {
        "read/eof" if says("inside the string") => runtime("EOF while reading string"),
        "read/eof" if says("after `#` of") || says("after `\\` of") => runtime("EOF while reading character"),
        "read/eof" => runtime("EOF while reading"),
        "read/delimiter" => runtime(&format!("Unmatched delimiter: {text}")),
        "read/map" if says("a namespaced map has") => {
            runtime("Namespaced map literal must contain an even number of forms")
        }
        "read/map" if says("has a value for each key") => runtime("Map literal must contain an even number of forms"),
        "read/duplicate-key" => (Class::IllegalArgument, format!("Duplicate key: {}", plain(text))),
        "read/number" if is_divided_by_zero(text) => (Class::Arithmetic, "Divide by zero".to_owned()),
        "read/number" => (Class::NumberFormat, format!("Invalid number: {text}")),
        "read/token" if says("is no symbolic value") => runtime(&format!("Unknown symbolic value: {text}")),
        "read/token" => runtime(&format!("Invalid token: {text}")),
        "read/character" => runtime(&format!("Unsupported character: {text}")),
        "read/escape" => runtime(&format!("Unsupported escape character: {text}")),
        "read/meta" if says("carries none") => {
            (Class::IllegalArgument, "Metadata can only be applied to IMetas".to_owned())
        }
        "read/meta" => (Class::IllegalArgument, "Metadata must be Symbol,Keyword,String,Map or Vector".to_owned()),
        "read/conditional" if says("not allowed here") => runtime("Conditional read not allowed"),
        "read/dispatch" if text == "#<…>" => runtime("Unreadable form"),
        "read/dispatch" if says("begins nothing in data") => {
            runtime(&format!("No dispatch macro for: {}", text.trim_start_matches('#')))
        }
        "read/fn" if says("inside another") => (Class::IllegalState, "Nested #()s are not allowed".to_owned()),
        "read/fn" => (Class::IllegalState, "arg literal must be %, %& or %integer".to_owned()),
        "read/eval" => runtime("EvalReader not allowed when *read-eval* is false."),
        "read/syntax-quote" => (Class::IllegalState, "splice not in list".to_owned()),
        _ => runtime(&d.message),
    }
}

/// A key as `str` has it: a string without its quotes.
fn plain(key: &str) -> &str {
    key.strip_prefix('"').and_then(|k| k.strip_suffix('"')).unwrap_or(key)
}

fn is_divided_by_zero(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    text.trim_start_matches(['+', '-'])
        .split_once('/')
        .is_some_and(|(over, under)| digits(over) && digits(under) && under.bytes().all(|b| b == b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::{Conditionals, Options, Reader};

    fn said(text: &str) -> (Class, String) {
        let options = Options { conditionals: Conditionals::Refuse, ..Options::default() };
        match Reader::new(text, "string", options).next() {
            Err(d) => as_clojure(&d),
            Ok(form) => panic!("{text} reads as {form:?}"),
        }
    }

    #[test]
    fn kinds_and_messages_are_clojures() {
        use Class::{Arithmetic, IllegalArgument, IllegalState, NumberFormat, RuntimeException};
        for (text, class, message) in [
            ("(", RuntimeException, "EOF while reading"),
            ("[1 (2", RuntimeException, "EOF while reading"),
            ("^:a", RuntimeException, "EOF while reading"),
            ("'", RuntimeException, "EOF while reading"),
            ("\"abc", RuntimeException, "EOF while reading string"),
            ("#", RuntimeException, "EOF while reading character"),
            ("\\", RuntimeException, "EOF while reading character"),
            (")", RuntimeException, "Unmatched delimiter: )"),
            ("[1 2)", RuntimeException, "Unmatched delimiter: )"),
            ("{:a}", RuntimeException, "Map literal must contain an even number of forms"),
            ("#:a{b}", RuntimeException, "Namespaced map literal must contain an even number of forms"),
            ("{1 1 1 2}", IllegalArgument, "Duplicate key: 1"),
            ("#{:a :a}", IllegalArgument, "Duplicate key: :a"),
            ("#{\"a\" \"a\"}", IllegalArgument, "Duplicate key: a"),
            ("1/0", Arithmetic, "Divide by zero"),
            ("-7/00", Arithmetic, "Divide by zero"),
            ("08", NumberFormat, "Invalid number: 08"),
            ("1a", NumberFormat, "Invalid number: 1a"),
            ("1/0x", NumberFormat, "Invalid number: 1/0x"),
            ("a:", RuntimeException, "Invalid token: a:"),
            (":a:", RuntimeException, "Invalid token: :a:"),
            ("##Foo", RuntimeException, "Unknown symbolic value: ##Foo"),
            ("\\foo", RuntimeException, "Unsupported character: \\foo"),
            ("\"\\q\"", RuntimeException, "Unsupported escape character: \\q"),
            ("^1 a", IllegalArgument, "Metadata must be Symbol,Keyword,String,Map or Vector"),
            ("^:a 1", IllegalArgument, "Metadata can only be applied to IMetas"),
            ("#?(:clj 1)", RuntimeException, "Conditional read not allowed"),
            ("#<x>", RuntimeException, "Unreadable form"),
            ("#(#())", IllegalState, "Nested #()s are not allowed"),
            ("#(%a)", IllegalState, "arg literal must be %, %& or %integer"),
        ] {
            assert_eq!(said(text), (class, message.to_owned()), "{text}");
        }
    }
}
