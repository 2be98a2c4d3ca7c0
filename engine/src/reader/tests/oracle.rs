//! Every line of `fixtures/reader/inputs.txt` reads as Clojure on the JVM and clojure.edn read it, by `expected.txt` and
//! `expected-edn.txt` there, which `certify.clj` beside them wrote. `differs.txt` and `differs-edn.txt` list the lines in
//! which we differ on purpose, each with its reason.

use super::{Form, Options, Reader, program};
use crate::reader::{FormKind, Syntax};

const INPUTS: &str = include_str!("../../../../fixtures/reader/inputs.txt");
const EXPECTED: &str = include_str!("../../../../fixtures/reader/expected.txt");
const EXPECTED_EDN: &str = include_str!("../../../../fixtures/reader/expected-edn.txt");
const DIFFERS: &str = include_str!("../../../../fixtures/reader/differs.txt");
const DIFFERS_EDN: &str = include_str!("../../../../fixtures/reader/differs-edn.txt");

#[test]
fn reads_what_clojure_reads() {
    check(EXPECTED, DIFFERS, program());
}

#[test]
fn reads_what_clojure_edn_reads() {
    check(EXPECTED_EDN, DIFFERS_EDN, Options { syntax: Syntax::Edn, ..Options::default() });
}

fn check(expected: &str, differs: &str, options: Options) {
    assert_eq!(INPUTS.lines().count(), expected.lines().count(), "certify.clj was not run");
    let mut wrong = Vec::new();
    for (input, expected) in INPUTS.lines().zip(expected.lines()) {
        let found = canonical(&input.replace('⏎', "\n"), options);
        let meant = differs.lines().find_map(|line| line.strip_prefix(input)?.strip_prefix("  =>  "));
        let (wanted, _reason) = meant.and_then(|rest| rest.split_once("  ;")).unwrap_or((expected, ""));
        if found != wanted.trim_end() {
            wrong.push(format!("{input}\n  expected {wanted}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} lines:\n{}", wrong.len(), INPUTS.lines().count(), wrong.join("\n"));
}

/// As `certify.clj` prints: up to the first error, keys and items in order of their text, numbers of generated names left out.
fn canonical(text: &str, options: Options) -> String {
    let mut reader = Reader::new(text, "test.clj", options);
    let mut shown = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(form)) => shown.push(ordered(form).to_string()),
            Ok(None) => break,
            Err(_) => {
                shown.push("ERROR".to_owned());
                break;
            }
        }
    }
    without_ids(&visible(&shown.join(" | ")))
}

fn ordered(form: Form) -> Form {
    let all = |items: Vec<Form>| items.into_iter().map(ordered).collect::<Vec<_>>();
    let kind = match form.kind {
        FormKind::List(items) => FormKind::List(all(items)),
        FormKind::Vector(items) => FormKind::Vector(all(items)),
        FormKind::Set(items) => {
            let mut items = all(items);
            items.sort_by_key(Form::to_string);
            FormKind::Set(items)
        }
        FormKind::Map(entries) => {
            let entries = all(entries);
            let mut entries: Vec<_> = entries.chunks(2).collect();
            entries.sort_by_key(|entry| format!("{} {}", entry[0], entry[1]));
            FormKind::Map(entries.concat())
        }
        FormKind::Meta { meta, form } => match ordered(*meta) {
            Form { kind: FormKind::Map(entries), .. } if entries.is_empty() => return ordered(*form),
            meta => FormKind::Meta { meta: Box::new(meta), form: Box::new(ordered(*form)) },
        },
        FormKind::Tagged { tag, form } => FormKind::Tagged { tag, form: Box::new(ordered(*form)) },
        kind => kind,
    };
    Form { kind, span: form.span }
}

/// Control characters as the pictures of them.
fn visible(text: &str) -> String {
    let picture = |c: char| if c < ' ' { char::from_u32(0x2400 + c as u32).unwrap_or(c) } else { c };
    text.chars().map(picture).collect()
}

fn without_ids(text: &str) -> String {
    let mut parts = text.split("__");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out += "__";
        out += if rest.len() < part.len() { "N" } else { "" };
        out += rest;
    }
    out
}
