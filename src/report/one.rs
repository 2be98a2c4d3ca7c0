//! One strategy's part of `bench first-call`, in this process: the file's forms are evaluated in order; where a definition
//! has `^{:bench '(f args)}` it is timed, and the call after it. Behind the last such definition nothing more runs.

use crate::engine_parts;
use crate::report::stats::{median, tenth, thousandth};
use crate::session::{Failure, Session};
use engine::clock::{Part, Spent};
use engine::diagnostic::{Diagnostic, Phase};
use engine::fault::{self, Class, Res};
use engine::heap::GcVec;
use engine::reader::{Form, FormKind, Name, Options, ReadEval, Reader};
use engine::space::{Var, load};
use engine::text::Keyword;
use engine::value::Value;
use engine::{coll, invoke};
use serde_json::{Map, Value as Json, json};
use std::ops::ControlFlow;
use std::time::Instant;

const STEADY_CALLS: usize = 10_000;
const STEADY_SAMPLE: usize = 100;

/// What the measured process is told.
#[derive(Debug, Clone)]
pub struct Plan {
    pub file: String,
    /// Calls of each function: 1,000 or, for the steady state too, 10,000.
    pub calls: usize,
}

/// Measures every such function of the file; one JSON object a function.
///
/// # Errors
/// What the file's forms raise; a file without such functions.
pub fn measure(session: &Session, plan: &Plan) -> Result<Vec<Json>, Failure> {
    let fault = |code: &str, message: String| Failure {
        diagnostic: Diagnostic::new(Phase::Run, code, message),
        interrupted: false,
    };
    let text = std::fs::read_to_string(&plan.file)
        .map_err(|e| fault("rung/file", format!("{} cannot be read: {e}", plan.file)))?;
    let mut left = count(&text, &plan.file);
    if left == 0 {
        let mut f = fault("rung/usage", format!("{} defines no function with ^{{:bench '(f args)}}", plan.file));
        f.diagnostic = f.diagnostic.help("(defn ^{:bench '(f 7)} f [n] …)");
        return Err(f);
    }
    engine::clock::turn_on();
    let mut rows = Vec::new();
    session.attempt(|| {
        let _file = load::FileScope::enter(&plan.file);
        let mut reader = Reader::new(&text, &plan.file, load::options(&plan.file));
        while left > 0 {
            let form = match reader.next() {
                Ok(Some(form)) => form,
                Ok(None) => break,
                Err(d) => return Err(fault::raise_diagnostic(Class::Reader, &d)),
            };
            match is_measured(&form) {
                false => drop(load::eval_form(&form, &plan.file)?),
                true => {
                    rows.push(function(&form, plan)?);
                    left -= 1;
                }
            }
        }
        Ok(())
    })?;
    Ok(rows)
}

/// The measured definitions of a text, as far as it can be read without evaluating it.
fn count(text: &str, file: &str) -> usize {
    let options = Options { read_eval: ReadEval::Allow, ..Options::default() };
    let mut reader = Reader::new(text, file, options);
    let mut n = 0;
    while let Ok(Some(form)) = reader.next() {
        n += usize::from(is_measured(&form));
    }
    n
}

/// `(defn ^{:bench …} name …)`.
fn is_measured(form: &Form) -> bool {
    let FormKind::List(items) = &form.kind else { return false };
    let [head, name, ..] = &items[..] else { return false };
    let FormKind::Symbol(head) = &head.kind else { return false };
    let FormKind::Meta { meta, .. } = &name.kind else { return false };
    let FormKind::Map(entries) = &meta.kind else { return false };
    let is_bench = |f: &Form| matches!(&f.kind, FormKind::Keyword { name, .. } if *name == Name::plain("bench"));
    matches!(&*head.name, "defn" | "defn-" | "def") && entries.iter().step_by(2).any(is_bench)
}

fn function(form: &Form, plan: &Plan) -> Res<Json> {
    let made = trampolines();
    let before = Spent::now();
    let start = Instant::now();
    let var = load::eval_form(form, &plan.file)?;
    let define = micros(start);
    let defined = Spent::now();
    let (f, args) = call_of(var)?;
    // What the call's own form took is neither the definition's nor the call's.
    let (ready, start) = (Spent::now(), Instant::now());
    invoke::invoke(f, &args)?;
    let run = micros(start);
    let now = Spent::now();

    // Everything that the definition did beyond reading, expanding and making the var is on the way to the first call.
    let parts = [
        ("analysis_us", Part::Analysis),
        ("cpp_lookup_us", Part::Lookup),
        ("trampolines_us", Part::Trampolines),
        ("generation_us", Part::Generation),
        ("compile_us", Part::Compile),
        ("link_us", Part::Link),
    ];
    let mut phases = Map::new();
    for (name, part) in parts {
        phases.insert(name.to_owned(), json!(tenth(defined.since(&before, part) + now.since(&ready, part))));
    }
    let in_define: f64 = parts.iter().map(|(_, p)| defined.since(&before, *p)).sum();
    let in_run: f64 = parts.iter().map(|(_, p)| now.since(&ready, *p)).sum();
    phases.insert("run_us".to_owned(), json!(tenth((run - in_run).max(0.0))));

    let made = trampolines() - made;
    let times = repeat(f, &args, plan.calls)?;
    let name = var.cast::<Var>().map_or_else(String::new, |v| v.full_name());
    Ok(json!({
        "name": name,
        "define_us": tenth(define - in_define),
        "first_call_us": tenth(in_define + run),
        "second_call_us": thousandth(times.second),
        "thousandth_call_us": thousandth(times.thousandth),
        "steady_call_us": times.steady.map(thousandth),
        "trampolines": made,
        "phases": phases,
    }))
}

struct Times {
    second: f64,
    thousandth: f64,
    steady: Option<f64>,
}

/// The calls behind the first, one by one; before the last hundred of 10,000 nothing is left in the compilers' queue.
fn repeat(f: Value, args: &[Value], calls: usize) -> Res<Times> {
    let mut times = Vec::with_capacity(calls);
    for i in 2..=calls.max(1_000) {
        if i + STEADY_SAMPLE == STEADY_CALLS + 1 {
            engine_parts::wait_for_compilers();
        }
        let start = Instant::now();
        invoke::invoke(f, args)?;
        times.push(micros(start));
    }
    let steady = (calls >= STEADY_CALLS).then(|| median(&times[times.len() - STEADY_SAMPLE..]));
    Ok(Times { second: times[0], thousandth: times[998], steady })
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_nanos() as f64 / 1e3
}

fn trampolines() -> u64 {
    engine_parts::metric("trampolines.made").as_u64().unwrap_or(0)
}

/// The function of a var and the arguments that its `:bench` form gives it.
fn call_of(var: Value) -> Res<(Value, GcVec)> {
    let Some(v) = var.cast::<Var>() else { return Err(fault::class_cast(var, "clojure.lang.Var")) };
    let bench = coll::get(v.meta(), Keyword::intern(None, "bench").value(), Value::NIL)?;
    let mut args = GcVec::new();
    coll::each(coll::rest(bench)?, &mut |form| {
        args.push(load::eval(form)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((v.root(), args))
}
