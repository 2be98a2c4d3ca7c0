//! `rung bench first-call`: each strategy in fresh processes without stored code; beside them clang++ as a process, on the
//! very text that the Clang tier compiles. Medians and 90th percentiles over the processes.

use super::child::{self, Refusal, Scratch, unusable};
use super::stats::{median, quantile, tenth, thousandth};
use super::table;
use crate::STRATEGIES;
use crate::command::Options;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Processes of a strategy that make the 10,000 calls of the steady state.
const STEADY_RUNS: u32 = 3;
const PHASES: [&str; 7] =
    ["analysis_us", "cpp_lookup_us", "trampolines_us", "generation_us", "compile_us", "link_us", "run_us"];
const TIMES: [&str; 5] = ["define_us", "first_call_us", "second_call_us", "thousandth_call_us", "steady_call_us"];

/// The report as JSON and as text.
///
/// # Errors
/// A file without measured functions, a measured process that fails.
pub fn run(options: &Options, file: &str, runs: u32) -> Result<(Json, String), Refusal> {
    if !Path::new(file).is_file() {
        return Err((
            engine::diagnostic::Diagnostic::new(
                engine::diagnostic::Phase::Run,
                "rung/file",
                format!("there is no file `{file}`"),
            ),
            crate::command::Status::Unusable,
        ));
    }
    let mut by_strategy = Vec::new();
    for strategy in STRATEGIES {
        let samples = (0..runs).map(|i| sample(options, file, strategy, i)).collect::<Result<Vec<_>, _>>()?;
        by_strategy.push((strategy, samples));
    }
    let names: Vec<String> =
        by_strategy[0].1[0].iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect();
    let mut functions = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let mut strategies: Vec<Json> = by_strategy.iter().map(|(s, samples)| summary(s, samples, i)).collect();
        let spawned = spawn(options, file, name, runs);
        for (kind, measured) in ["spawn", "spawn-pch"].iter().zip(spawned) {
            strategies.push(match measured {
                Ok(times) => spawned_row(kind, &times),
                Err((d, _)) => json!({"name": kind, "error": d.message, "notes": d.notes}),
            });
        }
        functions.push(json!({"name": name, "strategies": strategies}));
    }
    let report = json!({"version": 1, "file": file, "runs": runs, "functions": functions});
    let text = people(&report);
    Ok((report, text))
}

/// One process of a strategy.
fn sample(options: &Options, file: &str, strategy: &str, run: u32) -> Result<Vec<Json>, Refusal> {
    let scratch = Scratch::new()?;
    let out = scratch.join("out.json");
    let mut c = child::command(options, &scratch.join("cache"))?;
    c.arg("--strategy").arg(strategy).arg("bench-one").arg("--out").arg(&out);
    c.arg("first-call").arg(file).arg(if run < STEADY_RUNS { "10000" } else { "1000" });
    child::rows(c, &out)
}

fn numbers(samples: &[Vec<Json>], i: usize, get: impl Fn(&Json) -> Option<f64>) -> Vec<f64> {
    samples.iter().filter_map(|rows| get(rows.get(i)?)).collect()
}

fn summary(strategy: &str, samples: &[Vec<Json>], i: usize) -> Json {
    let mut row = Map::new();
    row.insert("name".into(), json!(strategy));
    let mut spread = Map::new();
    // The phases are those of the process with the median first call, so that they sum to a first call that was.
    let firsts = numbers(samples, i, |r| r["first_call_us"].as_f64());
    let middle = quantile(&firsts, 0.5);
    let typical = samples
        .iter()
        .filter_map(|rows| rows.get(i))
        .min_by(|a, b| {
            let off = |r: &Json| (r["first_call_us"].as_f64().unwrap_or(f64::MAX) - middle).abs();
            off(a).total_cmp(&off(b))
        })
        .cloned()
        .unwrap_or_default();
    for name in TIMES {
        let all = numbers(samples, i, |r| r[name].as_f64());
        let value = if name == "first_call_us" { typical[name].as_f64().unwrap_or(0.0) } else { median(&all) };
        row.insert(name.into(), json!(thousandth(value)));
        spread.insert(name.into(), json!(tenth(quantile(&all, 0.9))));
    }
    row.insert("trampolines".into(), typical["trampolines"].clone());
    row.insert("phases".into(), typical["phases"].clone());
    row.insert("p90".into(), Json::Object(spread));
    Json::Object(row)
}

fn spawned_row(kind: &str, times: &[f64]) -> Json {
    let first = tenth(median(times));
    let phases: Map<String, Json> =
        PHASES.iter().map(|p| ((*p).to_owned(), json!(if *p == "compile_us" { first } else { 0.0 }))).collect();
    json!({
        "name": kind, "define_us": 0.0, "first_call_us": first, "second_call_us": null, "thousandth_call_us": null,
        "steady_call_us": null, "trampolines": 0, "phases": phases,
        "p90": {"first_call_us": tenth(quantile(times, 0.9))},
    })
}

/// `clang++-19 -O2 -c` of what `--dump-cpp` prints, without and with a PCH of exactly its includes: microseconds.
fn spawn(options: &Options, file: &str, function: &str, runs: u32) -> [Result<Vec<f64>, Refusal>; 2] {
    let prepared = Scratch::new().and_then(|scratch| {
        let text = dump(options, file, function, &scratch)?;
        Ok((scratch, text))
    });
    let (scratch, text) = match prepared {
        Ok(both) => both,
        Err((d, s)) => return [Err((d.clone(), s)), Err((d, s))],
    };
    let plain = compile_times(options, file, &scratch, &text, None, runs);
    let pch = precompile(options, file, &scratch, &text)
        .and_then(|pch| compile_times(options, file, &scratch, &text, Some(&pch), runs));
    [plain, pch]
}

/// The C++ of a function, as the Clang tier has it.
fn dump(options: &Options, file: &str, function: &str, scratch: &Scratch) -> Result<String, Refusal> {
    let mut c = child::command(options, &scratch.join("cache"))?;
    c.arg("--strategy").arg("clang").arg("--tune").arg("compile.wait=1").arg("--dump-cpp").arg(function).arg("--json");
    let out = scratch.join("out.json");
    c.arg("bench-one").arg("--out").arg(&out).arg("first-call").arg(file).arg("1000");
    let done = c.output().map_err(|e| unusable(format!("a process cannot be started: {e}")))?;
    if !done.status.success() {
        return Err(child::failed(&done));
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let text = said
        .lines()
        .filter_map(|l| serde_json::from_str::<Json>(l).ok())
        .find_map(|j| j["dump"]["text"].as_str().map(str::to_owned));
    text.ok_or_else(|| unusable(format!("--dump-cpp {function} printed nothing")))
}

fn compiler(options: &Options, file: &str) -> Command {
    let mut c = Command::new(std::env::var_os("CXX").unwrap_or_else(|| "clang++-19".into()));
    c.args(crate::engine_parts::CXX_FLAGS);
    for dir in &options.include_dirs {
        c.arg("-I").arg(dir);
    }
    if let Some(folder) = Path::new(file).parent() {
        c.arg("-I").arg(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    }
    c.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    c
}

fn compile_times(
    options: &Options,
    file: &str,
    scratch: &Scratch,
    text: &str,
    pch: Option<&Path>,
    runs: u32,
) -> Result<Vec<f64>, Refusal> {
    let source = scratch.join("function.cpp");
    std::fs::write(&source, text).map_err(|e| unusable(format!("{}: {e}", source.display())))?;
    let mut times = Vec::new();
    for _ in 0..runs {
        let mut c = compiler(options, file);
        if let Some(pch) = pch {
            c.arg("-include-pch").arg(pch);
        }
        c.arg("-O2").arg("-c").arg(&source).arg("-o").arg(scratch.join("function.o"));
        let start = Instant::now();
        let done = c.output().map_err(|e| unusable(format!("clang++-19 cannot be started: {e}")))?;
        times.push(start.elapsed().as_nanos() as f64 / 1e3);
        if !done.status.success() {
            return Err(child::failed(&done));
        }
    }
    Ok(times)
}

/// A PCH of the includes of a text, in their order.
fn precompile(options: &Options, file: &str, scratch: &Scratch, text: &str) -> Result<std::path::PathBuf, Refusal> {
    let includes: String =
        text.lines().filter(|l| l.trim_start().starts_with("#include")).map(|l| format!("{l}\n")).collect();
    let header = scratch.join("includes.hpp");
    std::fs::write(&header, includes).map_err(|e| unusable(format!("{}: {e}", header.display())))?;
    let pch = scratch.join("includes.pch");
    let mut c = compiler(options, file);
    c.arg("-O2").arg("-x").arg("c++-header").arg(&header).arg("-o").arg(&pch);
    let done = c.output().map_err(|e| unusable(format!("clang++-19 cannot be started: {e}")))?;
    if done.status.success() { Ok(pch) } else { Err(child::failed(&done)) }
}

/// The table and the waterfall of each function.
fn people(report: &Json) -> String {
    let mut out = String::new();
    let time = |row: &Json, name: &str| row[name].as_f64().map_or("–".to_owned(), table::time);
    for f in report["functions"].as_array().into_iter().flatten() {
        let name = f["name"].as_str().unwrap_or_default();
        let _ = writeln!(out, "{name}: the first call, headers loaded, nothing stored; median of {}", report["runs"]);
        let strategies = f["strategies"].as_array().cloned().unwrap_or_default();
        let mut rows = Vec::new();
        for s in &strategies {
            let label = s["name"].as_str().unwrap_or_default().to_owned();
            if s["error"].is_string() {
                continue;
            }
            let total = s["define_us"].as_f64().unwrap_or(0.0) + s["first_call_us"].as_f64().unwrap_or(0.0);
            rows.push(vec![
                label,
                table::time(total),
                time(s, "define_us"),
                time(s, "first_call_us"),
                s["p90"]["first_call_us"].as_f64().map_or("–".to_owned(), table::time),
                time(s, "second_call_us"),
                time(s, "thousandth_call_us"),
                time(s, "steady_call_us"),
            ]);
        }
        let header = ["strategy", "total", "define", "first", "p90", "second", "1000th", "steady"];
        out.push_str(&table::text(&header, &rows));
        for s in strategies.iter().filter(|s| s["error"].is_string()) {
            let _ = writeln!(
                out,
                "{}: {}",
                s["name"].as_str().unwrap_or_default(),
                s["error"].as_str().unwrap_or_default()
            );
            for note in s["notes"].as_array().into_iter().flatten() {
                let _ = writeln!(out, "  {}", note["text"].as_str().unwrap_or_default());
            }
        }
        out.push('\n');
        let mut rows = Vec::new();
        for s in strategies.iter().filter(|s| s["error"].is_null()) {
            let mut row = vec![s["name"].as_str().unwrap_or_default().to_owned()];
            row.extend(PHASES.iter().map(|p| time(&s["phases"], p)));
            rows.push(row);
        }
        let _ = writeln!(out, "where the first call's time went");
        let header = ["strategy", "analysis", "C++ lookup", "trampolines", "generation", "compile", "link", "run"];
        out.push_str(&table::text(&header, &rows));
        out.push('\n');
    }
    out
}
