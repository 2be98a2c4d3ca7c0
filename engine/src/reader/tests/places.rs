//! Every form knows the text that it was read from.

use super::{Form, Options, Reader, program, read_all};

/// Each form of the tree, parents first: its place and its text.
fn listed(text: &str) -> Vec<String> {
    fn list(form: &Form, text: &str, out: &mut Vec<String>) {
        let s = form.span;
        let covered = &text[s.offset as usize..s.end_offset as usize];
        out.push(format!("{}:{}-{}:{} {covered}", s.line, s.column, s.end_line, s.end_column));
        form.children().for_each(|child| list(child, text, out));
    }
    let mut out = Vec::new();
    read_all(text, program()).expect(text).iter().for_each(|form| list(form, text, &mut out));
    out
}

#[test]
fn forms_stand_where_they_are_written() {
    assert_eq!(
        listed("(a é\n  [b \"c\nd\"]) x"),
        [
            "1:1-3:5 (a é\n  [b \"c\nd\"])",
            "1:2-1:3 a",
            "1:4-1:5 é",
            "2:3-3:4 [b \"c\nd\"]",
            "2:4-2:5 b",
            "2:6-3:3 \"c\nd\"",
            "3:6-3:7 x",
        ]
    );
    assert_eq!(listed("'a"), ["1:1-1:3 'a", "1:1-1:3 'a", "1:2-1:3 a"]);
    assert_eq!(listed("^:a b"), ["1:1-1:6 ^:a b", "1:2-1:4 :a", "1:2-1:4 :a", "1:2-1:4 :a", "1:5-1:6 b"]);
    assert_eq!(listed("#a b"), ["1:1-1:5 #a b", "1:4-1:5 b"]);
    assert_eq!(listed("#:a{:b 1}"), ["1:1-1:10 #:a{:b 1}", "1:5-1:7 :b", "1:8-1:9 1"]);
    assert_eq!(listed("[#?@(:rung [a b])]"), ["1:1-1:19 [#?@(:rung [a b])]", "1:13-1:14 a", "1:15-1:16 b"]);
}

/// `\r\n` and a lone `\r` end a line; a byte order mark is not there.
#[test]
fn line_ends() {
    assert_eq!(listed("a\r\nb\rc\n\nd"), ["1:1-1:2 a", "2:1-2:2 b", "3:1-3:2 c", "5:1-5:2 d"]);
    assert_eq!(listed("\u{feff}a"), ["1:1-1:2 a"]);
}

#[test]
fn a_text_can_begin_anywhere_and_the_rest_of_it_is_known() {
    let text = "  (a) rest";
    let mut reader = Reader::starting_at(text, "f", Options::default(), 10, 5);
    let form = reader.next().expect("reads").expect("a form");
    assert_eq!((form.span.line, form.span.column, form.span.end_column), (10, 7, 10));
    assert_eq!(&text[reader.offset()..], " rest");
}
