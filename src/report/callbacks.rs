//! `rung bench callbacks`: what C++ pays for calling a Clojure function, from each tier, beside a C++ function in its place.
//! Who calls is a library that clang++ -O2 compiles: `std::sort`, `qsort` and plain loops, through `std::function` and
//! through function pointers. It counts the calls and takes the time; what the caller itself takes is in both figures.

use super::child::{self, Refusal, Scratch, unusable};
use super::stats::median;
use super::table;
use crate::command::Options;
use crate::engine_parts::CXX_FLAGS;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs of a measurement; the median counts.
const REPEATS: usize = 3;

const HEADER: &str = r#"
#pragma once
#include <functional>
typedef int (*Compare)(const void *, const void *);
// Nanoseconds of one call, of `n` calls at least.
double sort_function(std::function<bool(int, int)> f, long n);
double sort_pointer(bool (*f)(int, int), long n);
double sort_q(Compare f, long n);
double loop_function(std::function<int(int)> f, long n);
double loop_pointer(int (*f)(int), long n);
double loop_doubles(std::function<double(double, double)> f, long n);
double loop_user(int (*f)(int, void *), void *user, long n);
"#;

const LIBRARY: &str = r#"
#include "callbacks.hpp"
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>
volatile long sink;
template <class F> static double timed(long calls, F f) {
  auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / calls;
}
static std::vector<int> numbers() {
  std::vector<int> v(100000);
  unsigned s = 1;
  for (auto &x : v) x = (s = s * 1103515245 + 12345) >> 4;
  return v;
}
template <class S> static double sorts(long n, S sort) {
  long calls = 0;
  double ns = 0;
  while (calls < n) {
    auto v = numbers();
    long here = 0;
    ns += timed(1, [&] { sort(v, here); });
    calls += here;
  }
  return ns / calls;
}
double sort_function(std::function<bool(int, int)> f, long n) {
  return sorts(n, [&](auto &v, long &calls) { std::sort(v.begin(), v.end(), [&](int a, int b) { ++calls; return f(a, b); }); });
}
double sort_pointer(bool (*f)(int, int), long n) {
  return sorts(n, [&](auto &v, long &calls) { std::sort(v.begin(), v.end(), [&](int a, int b) { ++calls; return f(a, b); }); });
}
static Compare counted;
static long compared;
double sort_q(Compare f, long n) {
  counted = f;
  return sorts(n, [&](auto &v, long &calls) {
    compared = 0;
    qsort(v.data(), v.size(), sizeof(int), [](const void *a, const void *b) { ++compared; return counted(a, b); });
    calls = compared;
  });
}
template <class F> static double loops(long n, F f) {
  return timed(n, [&] { long s = 0; for (long i = 0; i < n; ++i) s += static_cast<long>(f(i)); sink = s; });
}
double loop_function(std::function<int(int)> f, long n) { return loops(n, [&](long i) { return f(i & 1023); }); }
double loop_pointer(int (*f)(int), long n) { return loops(n, [&](long i) { return f(i & 1023); }); }
double loop_doubles(std::function<double(double, double)> f, long n) { return loops(n, [&](long i) { return f(i, 0.5); }); }
double loop_user(int (*f)(int, void *), void *user, long n) { return loops(n, [&](long i) { return f(i & 1023, user); }); }
"#;

/// What calls, the C++ type of what is called, the library's function, the Clojure function, the C++ one, further arguments.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);
const ROWS: [Row; 7] = [
    ("std::sort", "std::function<bool(int, int)>", "sort_function", "less", "[](int a, int b) { return a < b; }", ""),
    ("std::sort", "bool (*)(int, int)", "sort_pointer", "less", "[](int a, int b) { return a < b; }", ""),
    (
        "qsort",
        "int (*)(const void*, const void*)",
        "sort_q",
        "compare-at",
        "[](const void *a, const void *b) { int x = *(const int *)a, y = *(const int *)b; return x < y ? -1 : x > y; }",
        "",
    ),
    ("loop", "std::function<int(int)>", "loop_function", "plus-one", "[](int n) { return n + 1; }", ""),
    ("loop", "int (*)(int)", "loop_pointer", "plus-one", "[](int n) { return n + 1; }", ""),
    (
        "loop",
        "std::function<double(double, double)>",
        "loop_doubles",
        "product",
        "[](double a, double b) { return a * b; }",
        "",
    ),
    ("loop", "int (*)(int, void*)", "loop_user", "plus-one", "[](int n, void *) { return n + 1; }", "nullptr"),
];
const TIERS: [(&str, u8); 3] = [("interpret", 0), ("baseline", 1), ("clang", 2)];

const FUNCTIONS: &str = r#"
(defn less [a b] (< a b))
(defn plus-one [n] (+ n 1))
(defn product [a b] (* a b))
(defn at [p] (cpp/* (cpp/cast (:* (:const int)) (cpp/unbox (:* (:const void)) p))))
(defn compare-at [a b]
  (let [x (cpp/* (cpp/cast (:* (:const int)) (cpp/unbox (:* (:const void)) a)))
        y (cpp/* (cpp/cast (:* (:const int)) (cpp/unbox (:* (:const void)) b)))]
    (if (cpp/< x y) -1 (if (cpp/> x y) 1 0))))
"#;

/// The report as JSON and as text.
///
/// # Errors
/// A measured process that fails; no clang++-19.
pub fn run(options: &Options, calls: u64) -> Result<(Json, String), Refusal> {
    let scratch = Scratch::new()?;
    write(&scratch.join("callbacks.hpp"), HEADER)?;
    write(&scratch.join("callbacks.cpp"), LIBRARY)?;
    compile(&scratch, &["-shared", "-fPIC", "callbacks.cpp", "-o", "libcallbacks.so"])?;
    let cpp = cpp_times(&scratch, calls)?;
    let program = scratch.join("callbacks.clj");
    write(&program, &clojure(calls))?;
    let mut rows = Vec::new();
    for (strategy, tier) in TIERS {
        let mut c = child::command(options, &scratch.join("cache"))?;
        c.arg("--strategy").arg(strategy).arg("--tune").arg("compile.wait=1").arg(&program).stdout(Stdio::piped());
        let done = c.output().map_err(|e| unusable(format!("a process cannot be started: {e}")))?;
        if !done.status.success() {
            return Err(child::failed(&done));
        }
        let times = read(&String::from_utf8_lossy(&done.stdout));
        for (i, (name, signature, ..)) in ROWS.iter().enumerate() {
            if let (Some(ns), Some(cpp_ns)) = (times.get(&i), cpp.get(&i)) {
                rows.push(
                    json!({"name": name, "sig": signature, "tier": tier, "ns": rounded(ns), "cpp_ns": rounded(cpp_ns)}),
                );
            }
        }
    }
    let report = json!({"version": 1, "calls": calls, "rows": rows});
    let text = people(&report);
    Ok((report, text))
}

/// Nanoseconds of each row's runs.
type Times = HashMap<usize, Vec<f64>>;

fn rounded(all: &[f64]) -> f64 {
    (median(all) * 100.0).round() / 100.0
}

/// Lines `index nanoseconds`.
fn read(text: &str) -> Times {
    let mut times = Times::new();
    for line in text.lines() {
        if let Some((Ok(i), Ok(ns))) = line.split_once(' ').map(|(i, ns)| (i.parse(), ns.trim().parse())) {
            times.entry(i).or_default().push(ns);
        }
    }
    times
}

/// Every row once to grow warm, a pause for what compiles beside the program, then what counts.
fn clojure(calls: u64) -> String {
    let mut out =
        "(ns callbacks (:require [\"./callbacks.hpp\" :as cb :scope \"\" :link \"./libcallbacks.so\"]))\n".to_owned();
    out.push_str(FUNCTIONS);
    for (i, (_, _, library, function, _, more)) in ROWS.iter().enumerate() {
        let more = if more.is_empty() { String::new() } else { format!(" cpp/{more}") };
        let _ = writeln!(out, "(defn run{i} [n] (cpp/{library} {function}{more} (cpp/cast cpp/long n)))");
        let _ = writeln!(
            out,
            "(run{i} 200000)\n(Thread/sleep 300)\n(run{i} 200000)\n(dotimes [_ {REPEATS}] (println {i} (run{i} {calls})))"
        );
    }
    out
}

fn cpp_times(scratch: &Scratch, calls: u64) -> Result<Times, Refusal> {
    let mut out = "#include \"callbacks.hpp\"\n#include <cstdio>\nint main() {\n".to_owned();
    for (i, (_, _, library, _, function, more)) in ROWS.iter().enumerate() {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        let _ = writeln!(
            out,
            "  for (int k = 0; k < {REPEATS}; ++k) std::printf(\"{i} %g\\n\", {library}({function}{more}, {calls}L));"
        );
    }
    out.push_str("}\n");
    write(&scratch.join("main.cpp"), &out)?;
    compile(scratch, &["main.cpp", "./libcallbacks.so", "-o", "main"])?;
    let program = scratch.join("main");
    let done = Command::new(&program).current_dir(scratch.join("")).output();
    let done = done.map_err(|e| unusable(format!("{}: {e}", program.display())))?;
    if done.status.success() { Ok(read(&String::from_utf8_lossy(&done.stdout))) } else { Err(child::failed(&done)) }
}

fn compile(scratch: &Scratch, args: &[&str]) -> Result<(), Refusal> {
    let mut c = Command::new(std::env::var_os("CXX").unwrap_or_else(|| "clang++-19".into()));
    c.current_dir(scratch.join("")).args(CXX_FLAGS).arg("-O2").args(args);
    let done = c.output().map_err(|e| unusable(format!("clang++-19 cannot be started: {e}")))?;
    if done.status.success() { Ok(()) } else { Err(child::failed(&done)) }
}

fn write(path: &Path, text: &str) -> Result<(), Refusal> {
    std::fs::write(path, text).map_err(|e| unusable(format!("{}: {e}", path.display())))
}

fn people(report: &Json) -> String {
    let rows = report["rows"].as_array().cloned().unwrap_or_default();
    let ns = |name: &str, signature: &str, tier: u8, what: &str| {
        let row = rows.iter().find(|r| r["name"] == name && r["sig"] == signature && r["tier"] == tier);
        row.and_then(|r| r[what].as_f64()).map_or("–".to_owned(), |v| format!("{v:.2}"))
    };
    let lines: Vec<Vec<String>> = ROWS
        .iter()
        .map(|(name, signature, ..)| {
            let at = |tier| ns(name, signature, tier, "ns");
            vec![(*name).to_owned(), (*signature).to_owned(), at(0), at(1), at(2), ns(name, signature, 0, "cpp_ns")]
        })
        .collect();
    let mut out = format!(
        "one call of a Clojure function from C++, in ns; median of {REPEATS} runs of {} calls\n",
        report["calls"]
    );
    out.push_str(&table::text(&["caller", "callee", "tier 0", "tier 1", "tier 2", "C++ function"], &lines));
    out
}
