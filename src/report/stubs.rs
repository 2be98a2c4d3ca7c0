//! `rung bench stubs`: what making a trampoline costs, in CPU time of all threads, by way and by how many are made at once:
//! `sema` (an AST through Clang's Sema), `shape` (a recipe: nothing is compiled for the call), `ready` (made
//! before). Each function is seen for the first time; what is asked about it beforehand, as analysis does, is not counted.

use super::child::{self, Refusal, Scratch};
use super::stats::{median, quantile, tenth};
use super::table;
use crate::command::Options;
use crate::engine_parts;
use crate::session::{Failure, Session};
use engine::analyze::SiteId;
use engine::clock::process_cpu_us;
use engine::code::Function;
use engine::fault::{self, Class, Res};
use engine::host;
use engine::space::{Var, load};
use engine::value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Fresh processes that measure; medians are over them.
const RUNS: u32 = 5;
const BATCHES: [usize; 3] = [1, 10, 50];
/// Kinds of functions that no recipe covers, and that one does; each as declaration and call, `@` the number.
const GENERAL: [(&str, &str); 8] = [
    ("struct B@ { unsigned low : 3; unsigned high : 5; }; inline B@ f@{1, 2};", "(.-high cpp/f@)"),
    ("struct N@ { int a; double b; N@(int a, double b) : a(a), b(b) {} };", "(cpp/new N@ 1 2.5)"),
    ("inline long f@(std::initializer_list<int> v = {1, 2, 3}) { return (long)v.size(); }", "(cpp/f@)"),
    ("inline thread_local int f@ = 3;", "(cpp/+ cpp/f@ 1)"),
    ("struct D@ { int a = 1; }; inline D@* f@() { return new D@; }", "(cpp/delete (cpp/f@))"),
    ("struct V@ { volatile int a = 1; }; inline V@ f@;", "(cpp/+ (.-a cpp/f@) 1)"),
    ("struct A@ { int a[3]; }; inline A@ f@(A@ a) { return a; }", "(cpp/f@ (cpp/A@. 1 2 3))"),
    ("inline long f@(long double a) { return (long)a; }", "(cpp/f@ 2.5)"),
];
const SHAPED: [(&str, &str); 4] = [
    ("int f@(int a, int b) { return a + b; }", "(cpp/f@ 1 2)"),
    ("double f@(double a, float b = 2.5f) { return a * b; }", "(cpp/f@ 1.5)"),
    ("void f@(const char* format, ...) { (void)format; }", "(cpp/f@ \"x\" 1 2.0)"),
    ("int f@(int a, double b, int c) { return a + (int)b + c; }", "(cpp/f@ 1 2 3)"),
];
/// Functions of a batch size: the general ones, then the shaped.
const GENERAL_FUNCTIONS: usize = 40;
const SHAPED_FUNCTIONS: usize = 20;

/// The report as JSON and as text.
///
/// # Errors
/// A measured process that fails.
pub fn run(options: &Options) -> Result<(Json, String), Refusal> {
    let mut samples: BTreeMap<(String, String, u64), Vec<f64>> = BTreeMap::new();
    for _ in 0..RUNS {
        let scratch = Scratch::new()?;
        let out = scratch.join("out.json");
        let mut c = child::command(options, &scratch.join("cache"))?;
        c.arg("--strategy").arg("interpret").arg("bench-one").arg("--out").arg(&out).arg("stubs");
        for row in child::rows(c, &out)? {
            let text = |k: &str| row[k].as_str().unwrap_or_default().to_owned();
            let key = (text("name"), text("way"), row["batch"].as_u64().unwrap_or(0));
            samples.entry(key).or_default().push(row["us"].as_f64().unwrap_or(0.0));
        }
    }
    let rows: Vec<Json> = samples
        .iter()
        .map(|((name, way, batch), us)| {
            json!({"name": name, "way": way, "batch": batch, "median_us": tenth(median(us)), "p90_us": tenth(quantile(us, 0.9))})
        })
        .collect();
    let report = json!({"version": 1, "runs": RUNS, "rows": rows});
    let text = people(&report);
    Ok((report, text))
}

fn people(report: &Json) -> String {
    let mut groups: BTreeMap<(String, u64), Vec<f64>> = BTreeMap::new();
    for row in report["rows"].as_array().into_iter().flatten() {
        let key = (row["way"].as_str().unwrap_or_default().to_owned(), row["batch"].as_u64().unwrap_or(0));
        groups.entry(key).or_default().push(row["median_us"].as_f64().unwrap_or(0.0));
    }
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|((way, batch), all)| {
            vec![
                way.clone(),
                batch.to_string(),
                all.len().to_string(),
                table::time(median(all)),
                table::time(quantile(all, 0.9)),
            ]
        })
        .collect();
    let mut out = format!("making a trampoline, CPU time of all threads each; {} processes\n", report["runs"]);
    out.push_str(&table::text(&["way", "batch", "functions", "median", "p90"], &rows));
    out
}

/// In the measured process: a row a function, batch size and way.
///
/// # Errors
/// What declaring or analyzing the functions raises.
pub fn measure(session: &Session) -> Result<Vec<Json>, Failure> {
    let mut rows = Vec::new();
    session.attempt(|| {
        load::eval_text("(cpp/raw \"#include <string>\\n#include <vector>\")", "bench", 1)?;
        // The compiler's first request of a kind warms it up.
        batch(&mut Vec::new(), 9_000, &GENERAL, 8, 8)?;
        for (i, size) in BATCHES.into_iter().enumerate() {
            let first = 1_000 * (i + 1);
            batch(&mut rows, first, &GENERAL, GENERAL_FUNCTIONS, size)?;
            batch(&mut rows, first + 500, &SHAPED, SHAPED_FUNCTIONS, size)?;
        }
        Ok(())
    })?;
    Ok(rows)
}

/// Declares `n` functions and makes their trampolines `size` at a time, twice.
fn batch(rows: &mut Vec<Json>, first: usize, kinds: &[(&str, &str)], n: usize, size: usize) -> Res<()> {
    let numbers: Vec<usize> = (first..first + n).collect();
    let kind = |i: usize| kinds[(i - first) % kinds.len()];
    let mut declarations = String::new();
    for &i in &numbers {
        let _ = writeln!(declarations, "{}", kind(i).0.replace('@', &i.to_string()));
    }
    let raw = format!("(cpp/raw {})", serde_json::to_string(&declarations).unwrap_or_default());
    load::eval_text(&raw, "bench", 1)?;
    for chunk in numbers.chunks(size) {
        let calls: String = chunk.iter().map(|&i| format!("{} ", kind(i).1.replace('@', &i.to_string()))).collect();
        let compiled = || engine_parts::metric("trampolines.made").as_u64().unwrap_or(0);
        let before = compiled();
        let (us, sites) = bind(&calls)?;
        // Sites beside them that recipes cover cost next to nothing, and must not make the others look cheaper.
        let made = compiled() - before;
        let (way, each) = if made > 0 { ("sema", us / made as f64) } else { ("shape", us / sites) };
        let (ready, _) = bind(&calls)?;
        for &i in chunk {
            let name =
                format!("{} #{}", kind(i).0.split(['(', '{']).next().unwrap_or_default().replace('@', ""), i - first);
            rows.push(json!({"name": name, "way": way, "batch": size, "us": each}));
            rows.push(json!({"name": name, "way": "ready", "batch": size, "us": ready / sites}));
        }
    }
    Ok(())
}

/// CPU time of making the trampolines of a function with these calls, and how many sites it has.
fn bind(calls: &str) -> Res<(f64, f64)> {
    let var = load::eval_text(&format!("(defn bench-stubs [] {calls} nil)"), "bench", 1)?;
    let root = var.cast::<Var>().map_or(Value::NIL, |v| v.root());
    let body = root.cast::<Function>().and_then(|f| f.code.body.as_ref());
    let Some(body) = body else { return Err(fault::raise(Class::IllegalState, "the bench's function has no tree")) };
    let sites: Vec<_> = (0..body.tree.sites.len() as u32).map(SiteId).collect();
    let start = process_cpu_us();
    host::parts()
        .cpp
        .bind_sites(&body.tree, &body.unit, &sites)
        .map_err(|d| fault::raise_diagnostic(Class::Compiler, &d))?;
    Ok((process_cpu_us() - start, sites.len().max(1) as f64))
}
