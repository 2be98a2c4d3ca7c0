//! `rung test`: clojure.test over namespaces, a summary, an exit status. The work is `rung.runner`'s; here are the arguments
//! and the report as JSON.

use super::options::{Options, Reporting};
use super::{Status, run};
use clap::Args;
use engine::coll;
use engine::fault::Res;
use engine::heap::{GcVec, Root};
use engine::text::{Keyword, Symbol, Text};
use engine::value::Value;
use serde_json::{Map, Value as Json};
use std::ops::ControlFlow;

#[derive(Args, Debug)]
pub struct Tests {
    /// Namespaces, or tests as NS/NAME; without any, those below the path's folders whose `ns` form speaks of clojure.test
    #[arg(value_name = "NS")]
    targets: Vec<String>,
    /// Only tests whose NS/NAME matches, with * and ?
    #[arg(long, value_name = "GLOB")]
    filter: Option<String>,
}

pub fn run(mut options: Options, tests: Tests) -> Status {
    let folders = folders(&options);
    options.path = Some(folders.join(":"));
    run::with_session(options, move |session, reporting| {
        session.set_arguments(&[]);
        let mut result = None;
        let done = session.attempt(|| {
            let v = asked(&tests, &folders, reporting)?;
            result = Some((count(v, "test")?, count(v, "fail")? + count(v, "error")?, json(v)?));
            Ok(())
        });
        let Some((ran, bad, report)) = result else { return run::settle(session, reporting, done) };
        engine::print::flush_out();
        if reporting.json.is_some() {
            crate::say(&format!("{}\n", versioned(report)));
        }
        if ran == 0 {
            eprintln!("rung: no test was found");
        }
        if bad == 0 && ran > 0 { Status::Fine } else { Status::Failed }
    })
}

/// Where namespaces are looked for: the path, else the usual folders of a project, else here.
fn folders(options: &Options) -> Vec<String> {
    if let Some(path) = &options.path {
        return path.split(':').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    }
    let usual = ["src", "test"].iter().filter(|f| std::path::Path::new(f).is_dir()).map(|f| (*f).to_owned());
    let usual: Vec<String> = usual.collect();
    if usual.is_empty() { vec![".".to_owned()] } else { usual }
}

/// Calls the runner. With a report as JSON, standard output holds nothing else: what tests print goes to standard error.
fn asked(tests: &Tests, folders: &[String], reporting: &Reporting) -> Res {
    let texts = |all: &[String]| coll::list(&all.iter().map(|s| Text::value(s)).collect::<GcVec>());
    let filter = tests.filter.as_deref().map_or(Value::NIL, Text::value);
    let (targets, folders) = (Root::new(texts(&tests.targets)), Root::new(texts(folders)));
    let run = || engine::native::library("rung.runner", "run", &[targets.get(), folders.get(), filter]);
    if reporting.json.is_none() {
        return run();
    }
    let core = engine::space::find_or_create("clojure.core");
    let var = |name: &str| engine::space::resolve::own(core, Symbol::intern(None, name));
    let (Some(out), Some(err)) = (var("*out*")?, var("*err*")?) else { return run() };
    let test_out =
        engine::space::resolve::own(engine::space::find_or_create("clojure.test"), Symbol::intern(None, "*test-out*"))?;
    let err = err.deref()?;
    let mut frame = GcVec::new();
    frame.extend_from_slice(&[out.value(), err]);
    if let Some(test_out) = test_out {
        frame.extend_from_slice(&[test_out.value(), err]);
    }
    engine::space::binding::push(&frame)?;
    let done = run();
    engine::space::binding::pop();
    done
}

fn count(v: Value, key: &str) -> Res<i64> {
    Ok(coll::get(v, Keyword::intern(None, key).value(), Value::ZERO)?.as_long().unwrap_or(0))
}

fn versioned(report: Json) -> Json {
    let mut all = Map::new();
    all.insert("version".to_owned(), Json::from(1));
    if let Json::Object(fields) = report {
        all.extend(fields);
    }
    Json::Object(all)
}

/// Data as JSON: keywords as strings.
fn json(v: Value) -> Res<Json> {
    if let Some(t) = v.cast::<Text>() {
        return Ok(Json::from(t.as_str()));
    }
    if let Some(k) = v.cast::<Keyword>() {
        return Ok(Json::from(k.symbol.full()));
    }
    if let Some(n) = v.as_long() {
        return Ok(Json::from(n));
    }
    if let Some(d) = v.as_double() {
        return Ok(Json::from(d));
    }
    if let Some(b) = v.as_bool() {
        return Ok(Json::from(b));
    }
    if coll::is_map(v) {
        let mut all = Map::new();
        coll::each_entry(v, &mut |k, x| {
            if let Json::String(k) = json(k)? {
                all.insert(k, json(x)?);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        return Ok(Json::Object(all));
    }
    if v.is_nil() {
        return Ok(Json::Null);
    }
    coll::items(v)?.iter().map(|&x| json(x)).collect::<Res<Vec<_>>>().map(Json::Array)
}
