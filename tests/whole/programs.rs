//! Every program of `fixtures/programs` and `fixtures/peers` on every strategy, with thresholds of one, with a collection at
//! every allocation, and with checked barriers: the same output, error code and exit status. None is left out.

use crate::process::{Done, finish, root, rung};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

/// The codes of the errors that end the programs whose exit status is not 0.
const CODES: &[(&str, &str)] = &[("uncaught", "run/ex-info"), ("cpp_uncaught", "cpp/exception")];
struct Program {
    name: String,
    path: PathBuf,
    arguments: Vec<String>,
    out: String,
    exit: i32,
}

fn programs() -> Vec<Program> {
    imgui();
    let mut all = Vec::new();
    for folder in ["programs", "peers"] {
        let folder = root().join("fixtures").join(folder);
        let sizes = sizes(&folder);
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
            .expect("fixtures are there")
            .map(|e| e.expect("a readable folder").path())
            .filter(|p| p.extension().is_some_and(|e| e == "clj"))
            .collect();
        paths.sort();
        for path in paths {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let out = std::fs::read_to_string(path.with_extension("out"))
                .unwrap_or_else(|e| panic!("{}: no expected output beside it: {e}", path.display()));
            let exit =
                std::fs::read_to_string(path.with_extension("exit")).map_or(0, |t| t.trim().parse().expect("a status"));
            let arguments = sizes.get(&name).map(|n| vec![n.clone()]).unwrap_or_default();
            let path = path.strip_prefix(root()).unwrap_or(&path).to_owned();
            all.push(Program { name, path, arguments, out, exit });
        }
    }
    assert!(all.len() >= 30, "only {} programs", all.len());
    all
}

fn sizes(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("sizes")).unwrap_or_default();
    text.lines().filter_map(|l| l.split_once(' ')).map(|(n, s)| (n.to_owned(), s.trim().to_owned())).collect()
}

/// The panel's library, made where the set-up has not made it.
fn imgui() {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let script = root().join("scripts/imgui-so.sh");
        let status = Command::new(script).arg("target/native/librung_imgui.so").current_dir(root()).status();
        assert!(status.is_ok_and(|s| s.success()), "target/native/librung_imgui.so cannot be made");
    });
}

fn run(p: &Program, options: &[String]) -> Done {
    let mut c = rung(options);
    c.arg("--json").arg(&p.path).args(&p.arguments);
    finish(c, b"", Duration::from_secs(240))
}

/// What is wrong with a run, if anything.
fn wrong(p: &Program, done: &Done) -> Option<String> {
    if done.late {
        return Some("still running at the deadline".into());
    }
    let code = CODES.iter().find(|c| c.0 == p.name).map(|c| c.1);
    let codes = done.codes();
    if done.status != Some(p.exit) {
        let said: String = done.err.lines().take(6).collect::<Vec<_>>().join("\n    ");
        return Some(format!("exit status {:?}, not {}:\n    {said}", done.status, p.exit));
    }
    if codes.first().map(String::as_str) != code {
        return Some(format!("error codes {codes:?}, not {code:?}"));
    }
    let (got, want) = (&done.out, &p.out);
    (got != want).then(|| {
        let same = got.lines().zip(want.lines()).take_while(|(g, w)| g == w).count();
        let at = |t: &str| t.lines().nth(same).unwrap_or("(nothing)").to_owned();
        format!("line {}: {:?}, not {:?}", same + 1, at(got), at(want))
    })
}

/// Runs all programs with these options and with `more` of each, and fails with a line for each that is wrong.
fn check(options: &[&str], more: impl Fn(&Program) -> Vec<String>, judge: impl Fn(&Program, &Done) -> Option<String>) {
    let all = programs();
    let mut failures = Vec::new();
    for p in &all {
        let mut full: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
        full.extend(more(p));
        let done = run(p, &full);
        if let Some(what) = wrong(p, &done).or_else(|| judge(p, &done)) {
            failures.push(format!("{}: {what}", p.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} programs under {options:?}:\n{}",
        failures.len(),
        all.len(),
        failures.join("\n")
    );
}

fn strategy(options: &[&str]) {
    check(options, |_| Vec::new(), |_, _| None);
}

#[test]
fn interpret() {
    strategy(&["--strategy", "interpret"]);
}

#[test]
fn baseline() {
    strategy(&["--strategy", "baseline", "--tune", "compile.wait=1"]);
}

#[test]
fn clang() {
    strategy(&["--strategy", "clang", "--tune", "compile.wait=1"]);
}

#[test]
fn stubs() {
    strategy(&["--strategy", "stubs", "--tune", "compile.wait=1"]);
}

#[test]
fn tiered() {
    strategy(&[]);
}

const ONE: [&str; 5] = ["tier1.calls=1", "tier1.backedges=1", "tier2.calls=1", "tier2.backedges=1", "compile.wait=1"];

#[test]
fn tiered_with_thresholds_of_one() {
    let options: Vec<&str> = ONE.iter().flat_map(|t| ["--tune", t]).collect();
    strategy(&options);
}

fn collected(_: &Program, done: &Done) -> Option<String> {
    let n = done.metric("gc.collections").as_u64().unwrap_or(0);
    (n == 0).then(|| "no collection ran".to_owned())
}

fn stress(every: u32) -> Vec<String> {
    vec!["--tune".into(), format!("gc.stress={every}"), "--metrics=gc.*".into()]
}

#[test]
fn a_collection_at_every_allocation() {
    check(&["--strategy", "interpret"], |_| stress(1), collected);
}

#[test]
fn a_collection_at_every_allocation_in_compiled_code() {
    let options: Vec<&str> = ONE.iter().flat_map(|t| ["--tune", t]).collect();
    check(&options, |_| stress(1), collected);
}

#[test]
fn every_barrier_is_there() {
    // Each collection compares all that is alive with what it was, which at every allocation takes minutes.
    // lib_sqlite inserts 100,000 rows, and takes its collections less often here.
    let every = |p: &Program| if p.name == "lib_sqlite" { 211 } else { 13 };
    let more = |p: &Program| [stress(every(p)), vec!["--tune".into(), "gc.verify=1".into()]].concat();
    check(&["--strategy", "interpret"], more, collected);
}

/// Under the strategies that pin a tier, what stays below it is on a committed list.
fn stays(strategy: &str) {
    let allowed = std::fs::read_to_string(root().join("tests/stays.txt")).unwrap_or_default();
    let mut failures = Vec::new();
    let looked_at =
        |p: &&Program| p.path.starts_with("fixtures/peers") || p.name == "debug_ui" || p.name.starts_with("cpp_");
    for p in programs().iter().filter(looked_at) {
        let done = run(p, &["--strategy", strategy, "--tune", "compile.wait=1", "--metrics=stays"].map(str::to_owned));
        let stays = done.metric("stays");
        assert!(stays.is_array() || stays.is_object(), "{}: no metric `stays`: {}", p.name, done.err);
        let mut names = Vec::new();
        match &stays {
            serde_json::Value::Array(rows) => {
                names.extend(rows.iter().map(|r| (r["fn"].to_string(), r["reason"].to_string())))
            }
            serde_json::Value::Object(rows) => names.extend(rows.iter().map(|(f, r)| (f.clone(), r.to_string()))),
            _ => {}
        }
        for (f, reason) in names {
            let line = format!("{strategy} {} {}", p.name, f.trim_matches('"'));
            if !allowed.lines().any(|l| l == line) {
                failures.push(format!("{line}: {reason}"));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "these stay below their tier and are not in tests/stays.txt:\n{}",
        failures.join("\n")
    );
}

#[test]
fn nothing_stays_below_the_baseline_tier() {
    stays("baseline");
}

#[test]
fn nothing_stays_below_the_clang_tier() {
    stays("clang");
}
