//! Wrong forms of C++, by the code that they have: `fixtures/cpp_forms/X.clj` holds forms, apart by empty lines, that all
//! are the error `cpp/X`, on every strategy. What is said of each is kept as a snapshot, so that a change of it is seen.

use crate::process::{feed, root};
use std::fmt::Write;

struct Case {
    code: String,
    situation: String,
    form: String,
}

fn cases() -> Vec<Case> {
    let folder = root().join("fixtures/cpp_forms");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("fixtures are there")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "clj"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().replace('_', "-");
        let text = std::fs::read_to_string(&file).expect("a fixture");
        for block in text.split("\n\n").filter(|b| !b.trim().is_empty()) {
            let (situation, form) = block.split_once('\n').expect("a comment and a form");
            let situation = situation.strip_prefix(";; ").expect("a comment says the situation").to_owned();
            all.push(Case { code: format!("cpp/{name}"), situation, form: form.trim().to_owned() });
        }
    }
    assert!(all.len() >= 100, "only {} cases", all.len());
    all
}

/// The form inside a function where that may be: what is compiled says the same as what is interpreted.
fn text(i: usize, c: &Case) -> String {
    let plain = ["(require", "(cpp/raw", "(try"].iter().any(|p| c.form.starts_with(p));
    if plain { format!("{}\n", c.form) } else { format!("(do (defn wrong-{i} [] {}) (wrong-{i}))\n", c.form) }
}

/// The errors of all cases, as data.
fn errors(options: &[&str], all: &[Case]) -> Vec<serde_json::Value> {
    let prelude = root().join("fixtures/cpp_forms/prelude.hpp");
    let mut input = format!("(cpp/raw {:?})\n", format!("#include \"{}\"", prelude.display()));
    for (i, c) in all.iter().enumerate() {
        input.push_str(&text(i, c));
        // Between them something right, so that none leaves the session in disorder.
        let _ = writeln!(input, "(println \"next\" {i} (cpp/takes_int {i}))");
    }
    let done = feed(&[options, &["--json"]].concat(), &input);
    assert!(!done.late, "still running at the deadline: {}", done.out);
    let rights = done.out.lines().filter(|l| l.starts_with("next")).count();
    assert_eq!(rights, all.len(), "not every right form ran: {}\n{}", done.out, done.err);
    done.objects().into_iter().filter(|o| o["code"].is_string()).collect()
}

fn check(options: &[&str]) {
    let all = cases();
    let found = errors(options, &all);
    let codes: Vec<&str> = found.iter().filter_map(|o| o["code"].as_str()).collect();
    let wrong: Vec<String> = all
        .iter()
        .zip(&codes)
        .filter(|(c, code)| c.code != **code)
        .map(|(c, code)| format!("{}: {}: {code}\n    {}", c.code, c.situation, c.form))
        .collect();
    assert_eq!(codes.len(), all.len(), "an error each: {codes:?}");
    assert!(wrong.is_empty(), "{} under {options:?}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn interpret() {
    check(&["--strategy", "interpret"]);
}

#[test]
fn baseline() {
    check(&["--strategy", "baseline", "--tune", "compile.wait=1"]);
}

#[test]
fn clang() {
    check(&["--strategy", "clang", "--tune", "compile.wait=1"]);
}

#[test]
fn stubs() {
    check(&["--strategy", "stubs", "--tune", "compile.wait=1"]);
}

#[test]
fn tiered() {
    check(&["--tune", "tier1.calls=1", "--tune", "tier2.calls=1", "--tune", "compile.wait=1"]);
}

#[test]
fn what_is_said() {
    let all = cases();
    let here = root().display().to_string();
    let mut out = String::new();
    for (c, e) in all.iter().zip(errors(&["--strategy", "interpret"], &all)) {
        let said = |key: &str| e[key].as_str().unwrap_or_default().replace(&here, "");
        let _ = writeln!(out, "{}: {}\n  {}\n  {}", c.code, c.situation, c.form, said("message"));
        let list = |key: &str| e[key].as_array().cloned().unwrap_or_default();
        for (what, key) in [("candidate", "candidates"), ("note", "notes")] {
            for item in list(key) {
                let text = item["text"].as_str().unwrap_or_default().replace(&here, "");
                // Places in a trace move with the prelude.
                if !text.starts_with("at ") {
                    let _ = writeln!(out, "    {what}: {text}");
                }
            }
        }
        if !said("help").is_empty() {
            let _ = writeln!(out, "    help: {}", said("help"));
        }
    }
    insta::assert_snapshot!(out);
}
