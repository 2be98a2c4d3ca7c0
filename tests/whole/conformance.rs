//! Rows of a conformance corpus: program text and what its value must be equal to (`fixtures/conformance/rows.clj` runs
//! them, many a process). The corpus is not ours and not here: `RUNG_CONFORMANCE` names it, or it lies beside the
//! repository. Our own rows, some of which must fail, show that the runner would notice.

use crate::process::{finish, root, rung};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Rows that do not pass, a line each: label, two blanks, reason.
const KNOWN: &str = "tests/conformance.txt";

const INTERPRET: &[&str] = &["--strategy", "interpret"];
const ONE: &[&str] = &[
    "--tune=tier1.calls=1",
    "--tune=tier1.backedges=1",
    "--tune=tier2.calls=1",
    "--tune=tier2.backedges=1",
    "--tune=compile.wait=1",
];

struct Outcome {
    rows: usize,
    /// Label → what went wrong.
    failures: BTreeMap<String, String>,
}

fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("RUNG_CONFORMANCE").map(PathBuf::from);
    let found = named.unwrap_or_else(|| root().join("../shared/conformance/corpus.edn"));
    [found, PathBuf::from("/work/shared/conformance/corpus.edn")].into_iter().find(|p| p.is_file())
}

/// Runs all rows; a row that ends the process, or hangs, is a failure, and the next process goes on behind it.
fn run(corpus: &str, options: &[&str]) -> Outcome {
    let mut out = Outcome { rows: 0, failures: BTreeMap::new() };
    let mut from = 0;
    for _ in 0..20 {
        let mut c = rung(options);
        c.args(["fixtures/conformance/rows.clj", corpus, &from.to_string(), "1000000"]);
        let done = finish(c, b"", Duration::from_secs(400));
        let mut last = (from, String::new());
        for line in done.out.lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            match parts[..] {
                ["row", n, label] => last = (n.parse().expect("a number"), label.to_owned()),
                ["failed", _, label, why] => drop(out.failures.insert(label.to_owned(), why.to_owned())),
                ["done", n] => {
                    out.rows = n.parse().expect("a number");
                    return out;
                }
                _ => {}
            }
        }
        let said: String = done.err.lines().take(4).collect::<Vec<_>>().join(" / ");
        let how = if done.late { "hung".to_owned() } else { format!("ended the process ({:?}): {said}", done.status) };
        assert!(!last.1.is_empty(), "no row was run: {how}");
        out.failures.insert(last.1, how);
        from = last.0 + 1;
    }
    panic!("rows end the process again and again: {:?}", out.failures);
}

fn known() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join(KNOWN)).unwrap_or_default();
    let rows = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    rows.map(|l| l.rsplit_once("  ").unwrap_or_else(|| panic!("{KNOWN}: no reason in {l:?}")))
        .map(|(label, reason)| (label.to_owned(), reason.to_owned()))
        .collect()
}

fn check(options: &[&str]) {
    let Some(path) = corpus() else {
        println!(
            "no conformance corpus: RUNG_CONFORMANCE names none, and ../shared/conformance/corpus.edn is not there"
        );
        return;
    };
    let outcome = run(&path.to_string_lossy(), options);
    let known = known();
    println!("{} of {} rows pass under {options:?}", outcome.rows - outcome.failures.len(), outcome.rows);
    let mut wrong: Vec<String> = Vec::new();
    for (label, why) in outcome.failures.iter().filter(|f| !known.contains_key(f.0)) {
        println!("{label}: {why}");
        wrong.push(format!("{label}: {why}"));
    }
    for label in known.keys().filter(|l| !outcome.failures.contains_key(*l)) {
        wrong.push(format!("{label}: passes, but is in {KNOWN}"));
    }
    assert!(known.len() * 100 <= outcome.rows.max(100), "more than one row in a hundred is in {KNOWN}");
    assert!(wrong.is_empty(), "{} rows under {options:?}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every row passes but those that must fail, and those do.
fn own(options: &[&str]) {
    let outcome = run("fixtures/conformance/own.edn", options);
    let wrong: Vec<_> = outcome.failures.iter().filter(|f| !f.0.starts_with("must fail: ")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(outcome.failures.len(), 3, "rows that must fail did not: {:?}", outcome.failures.keys());
}

#[test]
fn the_runner_tells_rows_apart() {
    own(INTERPRET);
    own(ONE);
}

#[test]
fn interpret() {
    check(INTERPRET);
}

#[test]
fn tiered_with_thresholds_of_one() {
    check(ONE);
}
