//! `rung bench forms`: does the ten-thousandth form cost what the first did? Thousands of C++ forms in one process, each seen for
//! the first time: raw functions, calls of them, classes, templates of the standard library. By kind, the first hundred after the
//! warm-up beside the last hundred, in CPU time of all threads; and what a form leaves in memory.

use super::child::{self, Refusal, Scratch};
use super::stats::{median, tenth, thousandth};
use super::table;
use crate::command::Options;
use crate::session::{Failure, Session};
use engine::clock::process_cpu_us;
use serde_json::{Value as Json, json};

/// Forms that are not counted: headers are read, pools are filled.
const WARM_UP: u64 = 400;
/// Forms at the beginning and at the end that are compared, of all kinds together.
const COMPARED: usize = 100;
/// What the forms use.
const HEADERS: &str = "(cpp/raw \"#include <string>\n#include <vector>\n#include <map>\")";
/// The kinds, in turn; `@` is the number of the round.
const KINDS: [(&str, &str); 6] = [
    ("raw function", "(cpp/raw \"int f@(int x) { return x + @; }\")"),
    ("call", "(cpp/f@ 1)"),
    ("raw class", "(cpp/raw \"struct S@ { int a, b; int sum() const { return a + b + @; } };\")"),
    ("construct, method", "(let [s (cpp/S@ 1 2)] (.sum s))"),
    ("strings", "(let [s (cpp/std.string \"text @\")] (.push_back s \\!) (.size s))"),
    ("function of C++", "(defn g@ [n] (cpp/f@ (cpp/cast cpp/int n))) (g@ 3)"),
];

/// The report as JSON and as text.
///
/// # Errors
/// A measured process that fails.
pub fn run(options: &Options, forms: u64) -> Result<(Json, String), Refusal> {
    let scratch = Scratch::new()?;
    let out = scratch.join("out.json");
    let mut c = child::command(options, &scratch.join("cache"))?;
    c.arg("bench-one").arg("--out").arg(&out).arg("forms").arg(forms.to_string());
    let rows = child::rows(c, &out)?;
    let Some((total, kinds)) = rows.split_last() else { return Ok((json!({"version": 1}), String::new())) };
    let number = |row: &Json, key: &str| row[key].as_f64().unwrap_or(0.0);
    let mut shown: Vec<Vec<String>> = Vec::new();
    for row in kinds.iter().chain([total]) {
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        let time = |key: &str| table::time(number(row, key));
        shown.push(vec![name, time("first_us"), time("last_us"), format!("{:.2}", number(row, "ratio"))]);
    }
    let mut text = table::text(&["form", "first", "last", "ratio"], &shown);
    let bytes = number(total, "bytes_per_form");
    text.push_str(&format!("{forms} forms; {:.1} KiB of memory a form\n", bytes / 1024.0));
    Ok((json!({"version": 1, "forms": forms, "kinds": kinds, "all": total}), text))
}

/// What the process of its own measures: a row a kind, and one for all.
///
/// # Errors
/// A form that fails.
pub fn measure(session: &Session, forms: u64) -> Result<Vec<Json>, Failure> {
    session.each(HEADERS, "bench", 1, &mut |_| Ok(()))?;
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); KINDS.len()];
    let mut memory = 0;
    for i in 0..WARM_UP + forms {
        if i == WARM_UP {
            memory = resident();
        }
        let kind = (i % KINDS.len() as u64) as usize;
        let text = KINDS[kind].1.replace('@', &(i / KINDS.len() as u64).to_string());
        let before = process_cpu_us();
        session.each(&text, "bench", 1, &mut |_| Ok(()))?;
        if i >= WARM_UP {
            times[kind].push(process_cpu_us() - before);
        }
    }
    let grown = resident().saturating_sub(memory);
    let each = (COMPARED / KINDS.len()).max(1);
    let (mut first_all, mut last_all) = (0.0, 0.0);
    let mut rows = Vec::new();
    for ((name, _), t) in KINDS.iter().zip(&times) {
        let n = each.min(t.len());
        let (first, last) = (median(&t[..n]), median(&t[t.len() - n..]));
        first_all += first;
        last_all += last;
        rows.push(row(name, first, last));
    }
    let mut all = row("all", first_all / KINDS.len() as f64, last_all / KINDS.len() as f64);
    all["bytes_per_form"] = json!(grown / forms.max(1));
    rows.push(all);
    Ok(rows)
}

fn row(name: &str, first: f64, last: f64) -> Json {
    let ratio = if first > 0.0 { last / first } else { 0.0 };
    json!({"name": name, "first_us": tenth(first), "last_us": tenth(last), "ratio": thousandth(ratio)})
}

/// Bytes of memory that the process holds.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
