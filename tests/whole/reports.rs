//! The shapes of the reports, and what they must hold whatever the machine.

use crate::process::{Done, finish, rung};
use serde_json::Value as Json;
use std::time::Duration;

fn report(args: &[&str]) -> Json {
    let done: Done = finish(rung(args), b"", Duration::from_secs(600));
    assert_eq!(done.status, Some(0), "{args:?}: {}", done.err);
    let report: Json = serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{args:?}: {e}: {}", done.out));
    assert_eq!(report["version"], 1, "{report}");
    report
}

#[test]
fn forms() {
    let report = report(&["bench", "forms", "--forms", "120", "--json"]);
    let kinds = report["kinds"].as_array().expect("kinds");
    assert_eq!(kinds.len(), 6, "{report}");
    for row in kinds.iter().chain([&report["all"]]) {
        assert!(row["first_us"].as_f64() > Some(0.0) && row["last_us"].as_f64() > Some(0.0), "{row}");
        assert!(row["ratio"].is_number(), "{row}");
    }
    assert!(report["all"]["bytes_per_form"].is_u64(), "{report}");
}

#[test]
fn first_call() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("first_call.clj");
    let program = "(cpp/raw \"inline int twice(int x) { return 2 * x; }\")\n(println \"noise\")\n\
                   (defn ^{:bench '(f 3)} f [x] (cpp/twice (cpp/cast cpp/int x)))\n(throw (ex-info \"not reached\" {}))\n";
    std::fs::write(&folder, program).expect("the test's file");
    let report = report(&["bench", "first-call", &folder.to_string_lossy(), "--json", "--runs", "2"]);
    let functions = report["functions"].as_array().expect("functions");
    assert_eq!(functions.len(), 1, "{report}");
    assert_eq!(functions[0]["name"], "user/f");
    let strategies = functions[0]["strategies"].as_array().expect("strategies");
    let names: Vec<&str> = strategies.iter().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(names, ["tiered", "interpret", "baseline", "clang", "stubs", "spawn", "spawn-pch"]);
    for s in strategies {
        let first = s["first_call_us"].as_f64().unwrap_or_else(|| panic!("{s}"));
        let phases = s["phases"].as_object().unwrap_or_else(|| panic!("{s}"));
        assert_eq!(phases.len(), 7, "{s}");
        let sum: f64 = phases.values().filter_map(Json::as_f64).sum();
        assert!(first > 0.0 && (sum - first).abs() <= first * 0.05, "{sum} and {first}: {s}");
        let spawned = s["name"].as_str().is_some_and(|n| n.starts_with("spawn"));
        for name in ["define_us", "second_call_us", "thousandth_call_us", "steady_call_us"] {
            assert!(s[name].is_number() || spawned, "{name}: {s}");
        }
    }
}

#[test]
fn stubs() {
    let report = report(&["bench", "stubs", "--json"]);
    let rows = report["rows"].as_array().expect("rows");
    let of = |way: &str, batch: u64| rows.iter().filter(|r| r["way"] == way && r["batch"] == batch).count();
    assert!(of("sema", 10) >= 30 && of("ready", 10) >= 50, "{report}");
    assert!(rows.iter().all(|r| r["median_us"].is_number() && r["name"].is_string()), "{report}");
}

#[test]
fn callbacks() {
    let report = report(&["bench", "callbacks", "--json", "--calls", "20000"]);
    let rows = report["rows"].as_array().expect("rows");
    for tier in 0..3 {
        assert_eq!(rows.iter().filter(|r| r["tier"] == tier).count(), 7, "tier {tier}: {report}");
    }
    let positive = |v: &serde_json::Value| v.as_f64().is_some_and(|ns| ns > 0.0);
    assert!(rows.iter().all(|r| positive(&r["ns"]) && positive(&r["cpp_ns"]) && r["sig"].is_string()), "{report}");
}

#[test]
fn calls() {
    let report = report(&["bench", "calls", "--json", "--calls", "20000"]);
    let rows = report["rows"].as_array().expect("rows");
    for tier in 0..3 {
        assert!(rows.iter().filter(|r| r["tier"] == tier).count() >= 8, "tier {tier}: {report}");
    }
    assert!(rows.iter().all(|r| r["ns"].is_number() && r["cpp_ns"].is_number() && r["sig"].is_string()), "{report}");
}
