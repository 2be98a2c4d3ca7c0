//! Each error has its code and stands where a person would look: `check` wants the code, the place of each span and what
//! they cover.

use super::{Options, program, read_all};
use crate::reader::{Completeness, Conditionals, MAX_NESTING, is_complete};

/// `places`: `line:column-line:column` for each span, in order.
#[track_caller]
fn check(text: &str, code: &str, places: &str) {
    let error = match read_all(text, program()) {
        Err(error) => error,
        Ok(forms) => panic!("`{text}` was read as {forms:?}"),
    };
    let found: Vec<_> =
        error.spans.iter().map(|s| format!("{}:{}-{}:{}", s.line, s.column, s.end_line, s.end_column)).collect();
    assert_eq!((&*error.code, &*found.join(" ")), (code, places), "{text}: {}", error.message);
    assert!(error.spans.iter().all(|span| span.file == "test.clj"));
}

#[test]
fn end_of_input_names_what_is_open() {
    check("(a [b", "read/eof", "1:6-1:6 1:4-1:5");
    check("(a\n  (b)\n", "read/eof", "3:1-3:1 1:1-1:2");
    check("x \"abc\n", "read/eof", "2:1-2:1 1:3-1:4");
    check("#\"abc", "read/eof", "1:6-1:6 1:1-1:3");
    check("#{1", "read/eof", "1:4-1:4 1:1-1:3");
    check("#(f", "read/eof", "1:4-1:4 1:1-1:3");
    check("'", "read/eof", "1:2-1:2 1:1-1:2");
    check("[a ~@", "read/eof", "1:6-1:6 1:4-1:6");
    check("#?(:rung", "read/eof", "1:9-1:9 1:3-1:4");
    check("#:a", "read/eof", "1:4-1:4 1:1-1:4");
    check("\\", "read/eof", "1:2-1:2 1:1-1:2");
    check("#_", "read/eof", "1:3-1:3 1:1-1:3");
    check("^:a", "read/eof", "1:4-1:4 1:1-1:2");
    check("#inst", "read/eof", "1:6-1:6 1:1-1:6");
}

#[test]
fn brackets() {
    check(")", "read/delimiter", "1:1-1:2");
    check("(a\n ]", "read/delimiter", "2:2-2:3 1:1-1:2");
    check("(defn f [x)", "read/delimiter", "1:11-1:12 1:9-1:10");
    check("(')", "read/delimiter", "1:3-1:4 1:2-1:3");
    check("#{a]", "read/delimiter", "1:4-1:5 1:1-1:3");
}

#[test]
fn atoms() {
    check("a 1x b", "read/number", "1:3-1:5");
    check("08", "read/number", "1:1-1:3");
    check("1/0", "read/number", "1:1-1:4");
    check("a: b", "read/token", "1:1-1:3");
    check("(f\n  ::nope/k)", "read/token", "2:3-2:11");
    check("##Foo", "read/token", "1:1-1:6");
    check("\"ab\\qc\"", "read/escape", "1:4-1:6");
    check("\"é\\u12x\"", "read/escape", "1:3-1:7");
    check("\"\\400\"", "read/escape", "1:2-1:6");
    check("\"\\ud800\"", "read/escape", "1:2-1:8");
    check("\\foo", "read/character", "1:1-1:5");
    check("\\ud800", "read/character", "1:1-1:7");
}

#[test]
fn literals() {
    check("{:a 1\n :b}", "read/map", "2:2-2:4 1:1-2:5");
    check("#:a [1]", "read/map", "1:1-1:5");
    check("{:a 1 :b 2 :a 3}", "read/duplicate-key", "1:12-1:14 1:2-1:4");
    check("#{a (b) [b]}", "read/duplicate-key", "1:9-1:12 1:5-1:8");
    check("#(f #(g))", "read/fn", "1:5-1:7");
    check("#(f %x)", "read/fn", "1:5-1:7");
    check("^1 a", "read/meta", "1:2-1:3");
    check("^:a 1", "read/meta", "1:5-1:6");
    check("`~@a", "read/syntax-quote", "1:2-1:5");
    check("#=(f)", "read/eval", "1:1-1:6");
    check("#<a>", "read/dispatch", "1:1-1:3");
    check("#[a]", "read/dispatch", "1:1-1:5");
    check("#?(rung 1)", "read/conditional", "1:4-1:8");
    check("[#?@(:rung 1)]", "read/conditional", "1:12-1:13");
}

#[test]
fn conditionals_can_be_refused() {
    let refuse = Options { conditionals: Conditionals::Refuse, ..Options::default() };
    let error = read_all("[#?(:rung 1)]", refuse).expect_err("refused");
    assert_eq!(error.code, "read/conditional");
}

#[test]
fn reading_goes_on_after_an_error() {
    let mut reader = crate::reader::Reader::new("a ) 1x b", "test.clj", program());
    let shown: Vec<_> = std::iter::from_fn(|| match reader.next() {
        Ok(form) => form.map(|form| form.to_string()),
        Err(error) => Some(error.code),
    })
    .collect();
    assert_eq!(shown, ["a", "read/delimiter", "read/number", "b"]);
}

/// On a thread with the 2 MB that `Options::stack_limit` speaks of.
#[test]
fn deep_nesting_is_an_error_and_needs_little_stack() {
    let read = || {
        let levels = |n: usize, open: &str, close: &str| format!("{}x{}", open.repeat(n), close.repeat(n));
        let constructs = [
            ("(", ")"),
            ("[", "]"),
            ("{1 ", "}"),
            ("#{", "}"),
            ("'", ""),
            ("@", ""),
            ("#'", ""),
            ("#_", " 1"),
            ("^", " b"),
            ("^:a ", ""),
            ("#a ", ""),
            ("~", ""),
            ("#?(:rung ", ")"),
            ("#?(:nope ", ")"),
            ("[#?@(:rung [", "])]"),
            ("`(~", ")"),
            ("#=", ""),
            ("#:a{:b ", "}"),
            ("#", " 1"),
        ];
        for (open, close) in constructs {
            let text = levels(100_000, open, close);
            let error = read_all(&text, program()).expect_err(open);
            assert_eq!(error.code, "read/nesting", "{open}");
            assert!(matches!(is_complete(&text), Completeness::Invalid(_)), "{open}");
        }
        let deepest = levels(MAX_NESTING - 1, "(", ")");
        let forms = read_all(&deepest, program()).expect("as deep as may be");
        assert_eq!(forms[0].height(), MAX_NESTING);
        assert_eq!(forms[0].to_string(), deepest);
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(read).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn nesting_ends_where_the_stack_does() {
    let text = "(".repeat(200);
    let here = std::ptr::from_ref(&text).addr();
    let code = |stack_limit| super::shown(&text, Options { stack_limit, ..program() });
    assert_eq!(code(here - (16 << 10)), "read/nesting");
    assert_eq!(code(0), "read/eof");
}

#[test]
fn what_syntax_quotes_make_is_limited() {
    let deep = format!("`{}{}", "(".repeat(400), ")".repeat(400));
    check_code(&deep, "read/nesting");
    check_code(&format!("{}(a b)", "`".repeat(30)), "read/nesting");
    let unquoted = format!("{}x{}", "`[~".repeat(300), "]".repeat(300));
    check_code(&unquoted, "read/nesting");
}

#[track_caller]
fn check_code(text: &str, code: &str) {
    assert_eq!(read_all(text, program()).map_err(|error| error.code).err().as_deref(), Some(code));
}

#[test]
fn completeness() {
    for text in
        ["", " ; c", "a", "(a)", "a b", "#_a", "#?(:a 1)", "[#?@(:a [1])]", "::x/y", "`(a ~b)", "#=(a)", "\"a\nb\""]
    {
        assert_eq!(is_complete(text), Completeness::Complete, "{text}");
    }
    for (text, line, column) in
        [("(a", 1, 1), ("(a\n [b", 2, 2), ("a \"b", 1, 3), ("'", 1, 1), ("(a) #_", 1, 5), ("#\"", 1, 1)]
    {
        match is_complete(text) {
            Completeness::Incomplete { opened } => assert_eq!((opened.line, opened.column), (line, column), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for text in [")", "(a]", "1x", "{:a}", "\"\\q", "(a: b", "#{1 1}"] {
        assert!(matches!(is_complete(text), Completeness::Invalid(_)), "{text}");
    }
}
