//! The library beside Clojure on the JVM: every public function that both have is called with edge values
//! (`fixtures/comparison/functions.clj`), and what differs is counted a function. `tests/comparison.txt` says how many calls
//! may differ, and why; more of them fail. And the table of docs/core.md is true.

use crate::process::{finish, root, rung};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

const PROGRAM: &str = "fixtures/comparison/functions.clj";

fn outcomes(out: &str) -> BTreeMap<String, String> {
    out.lines().filter_map(|l| l.split_once('\t')).map(|(call, text)| (call.to_owned(), text.to_owned())).collect()
}

fn clojure(arity: &str) -> Option<BTreeMap<String, String>> {
    let mut c = Command::new("clojure");
    c.args([PROGRAM, arity]).current_dir(root()).env("LC_ALL", "C.UTF-8");
    let found = Command::new("sh").args(["-c", "command -v clojure"]).output().is_ok_and(|o| o.status.success());
    found.then(|| outcomes(&finish(c, b"", Duration::from_secs(240)).out))
}

/// Function → how many calls may differ.
fn allowed() -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(root().join("tests/comparison.txt")).expect("the list is there");
    let rows = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    rows.map(|l| {
        let mut parts = l.splitn(3, ' ');
        let (name, n) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        assert!(parts.next().is_some_and(|why| !why.is_empty()), "no reason: {l}");
        (name.to_owned(), n.parse().expect("a number"))
    })
    .collect()
}

#[test]
fn edge_values_give_what_the_jvm_gives() {
    let allowed = allowed();
    let mut differing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut compared = 0;
    for arity in ["1", "2", "3"] {
        let Some(jvm) = clojure(arity) else {
            println!("clojure is not installed: nothing to compare with");
            return;
        };
        let ours = outcomes(&finish(rung([PROGRAM, arity]), b"", Duration::from_secs(240)).out);
        for (call, wanted) in &jvm {
            let Some(got) = ours.get(call) else { continue };
            compared += 1;
            if got != wanted {
                let name = call.trim_start_matches('(').split(' ').next().unwrap_or("");
                differing.entry(name.to_owned()).or_default().push(format!("{call}: {got}, not {wanted}"));
            }
        }
    }
    assert!(compared > 600_000, "only {compared} calls were compared");
    let mut wrong = Vec::new();
    for (name, calls) in &differing {
        let most = allowed.get(name).copied().unwrap_or(0);
        if calls.len() > most {
            wrong.push(format!("{name}: {} calls differ, {most} may; {}", calls.len(), calls[0]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_clojure_core_is_true() {
    let table = std::fs::read_to_string(root().join("docs/core.md")).expect("docs/core.md");
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|l| {
            let (name, rest) = l.strip_prefix("| `")?.split_once("` | ")?;
            Some((name, rest.split(' ').next().unwrap_or("")))
        })
        .collect();
    assert!(rows.len() > 600, "only {} rows", rows.len());
    let text = "(doseq [n (read-string (slurp *in*))] (println n (some? (ns-resolve 'clojure.core n))))";
    let names: Vec<&str> = rows.iter().map(|r| r.0).collect();
    let mut c = rung(["-e", text]);
    c.env("LC_ALL", "C.UTF-8");
    let done = finish(c, format!("({})", names.join(" ")).as_bytes(), Duration::from_secs(60));
    let there = outcomes(&done.out.replace(" true", "\ttrue").replace(" false", "\tfalse"));
    let wrong: Vec<&str> = rows
        .iter()
        .filter(|(name, state)| {
            there.get(*name).map(String::as_str) != Some(if *state == "absent" { "false" } else { "true" })
        })
        .map(|r| r.0)
        .collect();
    assert!(wrong.is_empty(), "not as docs/core.md has it: {wrong:?}\n{}", done.err);
}
