//! What the dialect adds to Clojure's reader, and what depends on how it is asked.

use super::{Options, program, shown};
use crate::reader::{Conditionals, ReadEval};

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(shown(text, program()), expect, "{text}");
}

#[test]
fn operators_behind_the_cpp_prefix() {
    check("(cpp/~ 1)", "(cpp/~ 1)");
    check("(cpp/^ 1 2)", "(cpp/^ 1 2)");
    check("(cpp/^= x 2)", "(cpp/^= x 2)");
    check("cpp/^x cpp/~(a)", "cpp/^ x cpp/~ (a)");
    let operators = "cpp/+ cpp/- cpp/* cpp// cpp/% cpp/++ cpp/-- cpp/== cpp/!= cpp/< cpp/> cpp/<= cpp/>= cpp/! cpp/&& cpp/|| \
                     cpp/& cpp/| cpp/<< cpp/>> cpp/= cpp/+= cpp//= cpp/%= cpp/&= cpp/|= cpp/<<= cpp/>>=";
    check(operators, operators);
    assert!(shown("#(cpp/% % 2)", program()).contains("(cpp/% p1__"));
    check("x/~a", "read/token");
}

#[test]
fn cpp_names() {
    let names = "cpp/std.string.npos cpp/T. .-x .size (cpp/Pt. 1) #cpp (:* int) cpp/a.b.c";
    check(names, names);
    check(
        "`(cpp/f cpp/T. cpp/^ .-x)",
        "(clojure.core/seq (clojure.core/concat (clojure.core/list (quote cpp/f)) (clojure.core/list (quote cpp/T.)) \
         (clojure.core/list (quote cpp/^)) (clojure.core/list (quote .-x))))",
    );
}

/// One code point is a character here; on the JVM only half of it is.
#[test]
fn characters_beyond_the_first_plane() {
    check("\\😀 \"\\ud83d\\ude00\"", "\\😀 \"😀\"");
}

/// `^[…]` is Clojure 1.12's.
#[test]
fn parameter_tags() {
    check("^[long _] f", "^{:param-tags [long _]} f");
}

#[test]
fn without_a_resolver() {
    let show = |text| shown(text, Options::default());
    assert_eq!(show("::a ::b/c #::{:a 1 :b/c 2} #::s{:a 1}"), "::a ::b/c {::a 1, :b/c 2} {::s/a 1}");
    assert_eq!(show("`a"), "(quote user/a)");
}

#[test]
fn conditionals_and_evaluation_as_forms() {
    let keep = Options { conditionals: Conditionals::Preserve, read_eval: ReadEval::Allow, ..program() };
    assert_eq!(shown("#?(:a 1 :b [2]) [#?@(:a [1])] #=(f)", keep), "#?(:a 1 :b [2]) [#?@(:a [1])] #=(f)");
}

/// A list of features is tried in the order of the text.
#[test]
fn features() {
    let both = Options { features: &["rung", "jank"], ..program() };
    assert_eq!(shown("#?(:jank 1 :rung 2) #?(:clj 1 :rung 2 :jank 3) #?(:default 0 :rung 1)", both), "1 2 0");
}

/// What other hosts' branches need must not be there.
#[test]
fn skipped_branches_need_no_alias() {
    check("#?(:cljs ::nope/k :rung 1) #_::nope/k 2 #?(:cljs #::nope{:a 1} :default 3)", "1 2 3");
}

#[test]
fn many_digits_take_no_square_of_time() {
    let digits = "7".repeat(400_000);
    let before = std::time::Instant::now();
    assert_eq!(shown(&format!("[{digits} {digits}M]"), program()).len(), 2 * digits.len() + 5);
    assert!(before.elapsed().as_secs() < 60);
}

/// Meta, tags, sets and places survive printing and reading again.
#[test]
fn what_is_printed_reads_back() {
    let text =
        r#"^{:a 1} [#inst "x" #{1N 2/3 4.5M 1.0E100} \space "a\nb" #"\d\"" nil true {:k v/w}] ##Inf ##NaN #a/b c"#;
    check(text, text);
}
