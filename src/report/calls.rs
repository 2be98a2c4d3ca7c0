//! `rung bench calls`: what one call into C++ costs from each tier, and the same call in a loop compiled by clang++ -O2, in
//! the same run. Both loops call the same functions, which count their calls so that none can be dropped; what an empty
//! loop takes is taken off.

use super::child::{self, Refusal, Scratch, unusable};
use super::stats::median;
use super::table;
use crate::command::Options;
use crate::engine_parts::CXX_FLAGS;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::process::{Command, Stdio};

/// Loops of a measurement; the median counts.
const REPEATS: usize = 5;

/// The functions that are called. Not inlined: a call is what is measured.
const TEXT: &str = r#"
#include <string>
struct Vec2 { float x, y; };
struct Shape { long n = 0; virtual long area(long k) { return n += k; } virtual ~Shape() {} };
struct Square : Shape { long area(long k) override { return n += k + 1; } };
struct Counter { long n = 0; __attribute__((noinline)) long bump(long k) { return n += k; } };
inline long calls = 0;
inline Vec2 va{1, 2}, vb{3, 4};
inline std::string word = "a word that is long enough to lie on the heap";
inline Counter counter;
inline Square square;
inline Shape* shape = &square;
__attribute__((noinline)) void touch() noexcept { ++calls; }
__attribute__((noinline)) int add(int a, int b) noexcept { ++calls; return a + b; }
__attribute__((noinline)) int add_may_throw(int a, int b) { if (a > b) throw a; ++calls; return a + b; }
__attribute__((noinline)) double scale(double a, double b) noexcept { ++calls; return a * b; }
__attribute__((noinline)) long six(long a, long b, long c, long d, long e, long f) noexcept { ++calls; return a + b + c + d + e + f; }
__attribute__((noinline)) Vec2 middle(Vec2 a, Vec2 b) noexcept { ++calls; return {(a.x + b.x) / 2, (a.y + b.y) / 2}; }
__attribute__((noinline)) unsigned long length(const std::string& s) noexcept { ++calls; return s.size(); }
__attribute__((noinline)) const char* text(int n) noexcept { ++calls; return n > 0 ? "some" : "none"; }
"#;

/// Signature, the call in Clojure, the call in C++.
const CALLS: [(&str, &str, &str); 10] = [
    ("void()", "(cpp/touch)", "touch()"),
    ("int(int, int)", "(cpp/add 1 2)", "add(1, 2)"),
    ("int(int, int), may throw", "(cpp/add_may_throw 1 2)", "add_may_throw(1, 2)"),
    ("double(double, double)", "(cpp/scale 1.5 2.5)", "scale(1.5, 2.5)"),
    ("long(long × 6)", "(cpp/six 1 2 3 4 5 6)", "six(1, 2, 3, 4, 5, 6)"),
    ("Vec2(Vec2, Vec2)", "(cpp/middle cpp/va cpp/vb)", "middle(va, vb)"),
    ("size_t(const std::string&)", "(cpp/length cpp/word)", "length(word)"),
    ("const char*(int)", "(cpp/text 1)", "text(1)"),
    ("long Counter::bump(long)", "(.bump cpp/counter 1)", "counter.bump(1)"),
    ("virtual long Shape::area(long)", "(.area cpp/shape 1)", "shape->area(1)"),
];
const TIERS: [(&str, u8); 3] = [("interpret", 0), ("baseline", 1), ("clang", 2)];

/// The report as JSON and as text.
///
/// # Errors
/// A measured process that fails; no clang++-19.
pub fn run(options: &Options, calls: u64) -> Result<(Json, String), Refusal> {
    let scratch = Scratch::new()?;
    let cpp = cpp_times(&scratch, calls)?;
    let program = scratch.join("calls.clj");
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
        for (i, (signature, _, _)) in CALLS.iter().enumerate() {
            // A function that stayed below its tier is no measurement of that tier.
            if times.tiers.get(&i) == Some(&tier) {
                rows.push(json!({"sig": signature, "tier": tier, "ns": net(&times, i), "cpp_ns": net(&cpp, i)}));
            }
        }
    }
    let report = json!({"version": 1, "calls": calls, "rows": rows});
    let text = people(&report);
    Ok((report, text))
}

/// Nanoseconds of each loop, and the tier that its function was in; index `CALLS.len()` is the empty loop.
#[derive(Default)]
struct Times {
    ns: HashMap<usize, Vec<f64>>,
    tiers: HashMap<usize, u8>,
}

fn net(times: &Times, i: usize) -> f64 {
    let at = |i| times.ns.get(&i).map_or(0.0, |all| median(all));
    ((at(i) - at(CALLS.len())).max(0.0) * 100.0).round() / 100.0
}

/// Lines `index nanoseconds [tier]`.
fn read(text: &str) -> Times {
    let mut times = Times::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [i, ns, tier @ ..] = &words[..] else { continue };
        let (Ok(i), Ok(ns)) = (i.parse(), ns.parse()) else { continue };
        times.ns.entry(i).or_default().push(ns);
        if let Some(Ok(tier)) = tier.first().map(|t| t.parse()) {
            times.tiers.insert(i, tier);
        }
    }
    times
}

/// Every loop in a function of its own, run once before it is timed.
fn clojure(calls: u64) -> String {
    let mut out = format!("(cpp/raw {})\n", serde_json::to_string(TEXT).unwrap_or_default());
    for (i, (_, call, _)) in CALLS.iter().enumerate() {
        let _ = writeln!(out, "(defn f{i} [n] (loop [i 0] (if (< i n) (do {call} (recur (inc i))) i)))");
    }
    let empty = CALLS.len();
    let _ = writeln!(out, "(defn f{empty} [n] (loop [i 0] (if (< i n) (recur (inc i)) i)))");
    let _ = writeln!(
        out,
        "(defn report [i f n]\n  (f 1000)\n  (dotimes [_ {REPEATS}]\n    (let [start (System/nanoTime)]\n      (f n)\n      \
         (println i (/ (double (- (System/nanoTime) start)) n) (rung/tier f)))))"
    );
    for i in 0..=empty {
        let _ = writeln!(out, "(report {i} f{i} {calls})");
    }
    out
}

fn cpp_times(scratch: &Scratch, calls: u64) -> Result<Times, Refusal> {
    let mut out = format!("{TEXT}\n#include <chrono>\n#include <cstdio>\n");
    let _ = writeln!(
        out,
        "template <class F> void report(int i, F f) {{\n  for (int k = 0; k < {REPEATS}; k++) {{\n    auto start = \
         std::chrono::steady_clock::now();\n    for (long j = 0; j < {calls}L; j++) {{ f(); asm volatile(\"\" ::: \"memory\"); }}\n    \
         std::chrono::duration<double, std::nano> t = std::chrono::steady_clock::now() - start;\n    \
         std::printf(\"%d %g\\n\", i, t.count() / {calls});\n  }}\n}}\nint main() {{"
    );
    for (i, (_, _, call)) in CALLS.iter().enumerate() {
        let _ = writeln!(out, "  report({i}, [] {{ {call}; }});");
    }
    let _ = writeln!(out, "  report({}, [] {{}});\n}}", CALLS.len());
    let (source, program) = (scratch.join("calls.cpp"), scratch.join("calls"));
    write(&source, &out)?;
    let mut c = Command::new(std::env::var_os("CXX").unwrap_or_else(|| "clang++-19".into()));
    c.args(CXX_FLAGS).arg("-O2").arg(&source).arg("-o").arg(&program);
    let done = c.output().map_err(|e| unusable(format!("clang++-19 cannot be started: {e}")))?;
    if !done.status.success() {
        return Err(child::failed(&done));
    }
    let done = Command::new(&program).output().map_err(|e| unusable(format!("{}: {e}", program.display())))?;
    Ok(read(&String::from_utf8_lossy(&done.stdout)))
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Refusal> {
    std::fs::write(path, text).map_err(|e| unusable(format!("{}: {e}", path.display())))
}

fn people(report: &Json) -> String {
    let rows = report["rows"].as_array().cloned().unwrap_or_default();
    let ns = |signature: &str, tier: u8| {
        let row = rows.iter().find(|r| r["sig"] == signature && r["tier"] == tier);
        row.and_then(|r| r["ns"].as_f64()).map_or("–".to_owned(), |v| format!("{v:.2}"))
    };
    let lines: Vec<Vec<String>> = CALLS
        .iter()
        .map(|(signature, _, _)| {
            let cpp = rows.iter().find(|r| r["sig"] == *signature).and_then(|r| r["cpp_ns"].as_f64()).unwrap_or(0.0);
            vec![(*signature).to_owned(), ns(signature, 0), ns(signature, 1), ns(signature, 2), format!("{cpp:.2}")]
        })
        .collect();
    let mut out = format!("one call into C++, in ns; median of {REPEATS} loops of {} calls\n", report["calls"]);
    out.push_str(&table::text(&["signature", "tier 0", "tier 1", "tier 2", "clang++ -O2"], &lines));
    out
}
