//! Inputs that nobody would write: random characters, random tokens, and real programs with pieces cut, doubled and
//! swapped. Reading them ends, never panics, keeps every form's place inside the text, and what was read prints as
//! something that reads the same. The generator is seeded: a failure repeats.

use super::{Form, Options, Reader, program};
use crate::reader::{Completeness, Conditionals, FormKind, MAX_NESTING, ReadEval, Syntax, is_complete};

const PROGRAMS: &[&str] = &[
    include_str!("../../../../fixtures/reader/inputs.txt"),
    r#"(ns a.b "doc" (:require [clojure.string :as s] ["imgui.h" :as imgui :scope "ImGui"]) (:include "chrono"))
(defmacro unless [test & body] `(if (not ~test) (do ~@body) (let [x# 1] x#)))
(defn ^{:bench '(f 1)} f "doc" ([] (f 0)) ([^long x] (let [{:keys [a b] :or {a 1}} {:a x}] #(+ % %2 a b))))
(cpp/raw "int tw(int x){return 2*x;}") ; comment
(def m {:a 1, "b" [\a \newline \u0041], 'c #{1 2.5e3 3/4 5N 6.7M}, #"\d+" ##Inf})
#?(:clj (foo) :rung (try (cpp/^= x (cpp/~ y)) (catch cpp/std.exception e (.what e))) :default nil)
(letfn [(g [n] (if (zero? n) :done (recur (dec n))))] @(delay (g 10)) #'f #_ignored ^:k [::a ::s/b #:x{:y 1}])"#,
];

const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#{",
    "#(",
    "#?(",
    "#?@(",
    "'",
    "@",
    "`",
    "~",
    "~@",
    "^",
    "#'",
    "#_",
    "#=",
    "##",
    "#:a{",
    "#::{",
    "\"",
    "#\"",
    "\\",
    ";",
    "\n",
    " ",
    ",",
    "%",
    "%1",
    "%&",
    ":a",
    ":rung",
    ":default",
    "::s/a",
    "a",
    "a#",
    "a/b",
    "cpp/",
    "cpp/^=",
    "1",
    "-1",
    "1/2",
    "1.5M",
    "0x",
    "36rZ",
    "nil",
    "true",
    "Inf",
    "\\u",
    "\\newline",
    "inst",
    "&",
    ".x",
    "é",
    "😀",
    "\u{2028}",
    "\0",
    "\r\n",
    "#",
];

struct Random(u64);

impl Random {
    /// xorshift64
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

fn check(text: &str) {
    let errors = check_reading(text, program());
    if errors == 0 {
        assert_eq!(is_complete(text), Completeness::Complete, "{text:?}");
    }
    check_reading(text, Options { syntax: Syntax::Edn, ..program() });
    let keep = Options { conditionals: Conditionals::Preserve, read_eval: ReadEval::Allow, ..Options::default() };
    check_reading(text, keep);
}

/// How many errors the text has.
fn check_reading(text: &str, options: Options) -> usize {
    let mut reader = Reader::new(text, "soup.clj", options);
    let mut errors = 0;
    loop {
        let before = reader.offset();
        match reader.next() {
            Ok(Some(form)) => check_form(&form, text, options),
            Ok(None) => return errors,
            Err(error) => {
                errors += 1;
                assert!(error.code.starts_with("read/") && !error.spans.is_empty(), "{error:?}");
            }
        }
        let progress = reader.offset() > before || reader.offset() == text.len();
        assert!(progress, "none at {before} of {text:?}");
    }
}

fn check_form(form: &Form, text: &str, options: Options) {
    assert!(form.height() <= MAX_NESTING);
    let (mut left, mut readable) = (vec![form], true);
    while let Some(form) = left.pop() {
        let covered = text.get(form.span.offset as usize..form.span.end_offset as usize);
        assert!(covered.is_some_and(|covered| !covered.is_empty()), "{form} of {text:?}");
        readable &= !qualified_digit(form);
        left.extend(form.children());
    }
    if !readable {
        return;
    }
    let printed = form.to_string();
    let read = Reader::new(&printed, "", options).next();
    let again = read.unwrap_or_else(|e| panic!("{printed:?} of {text:?}: {e:?}")).expect("a form").to_string();
    assert_eq!(again, printed, "{text:?}");
}

/// `::1` is `:user/1`, which cannot be written so: here and on the JVM.
fn qualified_digit(form: &Form) -> bool {
    match &form.kind {
        FormKind::Symbol(name) | FormKind::Keyword { name, .. } => {
            name.ns.is_some() && name.name.starts_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

#[test]
fn random_characters() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..6000 {
        let length = random.below(60);
        let bytes: Vec<u8> =
            (0..length).map(|_| random.next() as u8 & if length.is_multiple_of(3) { 0xff } else { 0x7f }).collect();
        check(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn random_tokens() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..12000 {
        let length = random.below(30);
        let text: String = (0..length).map(|_| random.pick(TOKENS)).collect();
        check(&text);
    }
}

#[test]
fn mutated_programs() {
    let mut random = Random(0xd1b5_4a32_d192_ed03);
    let mut lines: Vec<&str> = PROGRAMS[0].lines().collect();
    lines.extend(PROGRAMS[1].lines().chain([PROGRAMS[1]]));
    for _ in 0..12000 {
        let mut text: Vec<char> = random.pick(&lines).chars().collect();
        for _ in 0..=random.below(4) {
            mutate(&mut text, &mut random);
        }
        check(&text.into_iter().collect::<String>());
    }
}

fn mutate(text: &mut Vec<char>, random: &mut Random) {
    let (a, b) = (random.below(text.len() + 1), random.below(text.len() + 1));
    let (a, b) = (a.min(b), a.max(b).min(a.min(b) + 20));
    match random.below(4) {
        0 => drop(text.drain(a..b)),
        1 => {
            let piece: Vec<char> = text[a..b].to_vec();
            text.splice(a..a, piece);
        }
        2 => {
            let token = random.pick(TOKENS);
            text.splice(a..b, token.chars());
        }
        _ => text[a..b].reverse(),
    }
}
