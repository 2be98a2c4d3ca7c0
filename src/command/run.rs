//! Running programs: a file, forms, a namespace's `-main`, the REPL. What a run says at its end (`--metrics`, `--dump-cpp`)
//! goes to standard error.

use super::options::{Options, Outlet, Reporting, glob};
use super::{Status, complain};
use crate::engine_parts::Engine;
use crate::session::{Failure, Session, show};
use crate::{render, repl};
use engine::diagnostic::{Diagnostic, Phase};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// When the REPL prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompting {
    AtTerminal,
    Always,
}

/// The name of what was typed, in places.
pub const TYPED: &str = "REPL";

pub fn file(options: Options, path: PathBuf, words: Vec<OsString>) -> Status {
    // Looked at before anything starts: a missing file is a matter of usage.
    if let Err(e) = std::fs::metadata(&path).and_then(|m| if m.is_dir() { Err(is_a_folder()) } else { Ok(()) }) {
        return missing(&options, &path, &e);
    }
    let name = path.to_string_lossy().into_owned();
    with_session(options, move |session, reporting| {
        session.set_arguments(&strings(words));
        settle(session, reporting, session.load_file(&name))
    })
}

fn is_a_folder() -> std::io::Error {
    std::io::Error::other("it is a folder")
}

fn missing(options: &Options, path: &Path, e: &std::io::Error) -> Status {
    let name = path.display().to_string();
    let message = match e.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file `{name}`"),
        _ => format!("{name} cannot be read: {e}"),
    };
    let mut d = Diagnostic::new(Phase::Run, "rung/file", message);
    let commands = ["repl", "test", "bench", "cache", "explain", "doctor", "completions"];
    if let Some(near) = crate::codes::nearest(&name, commands.into_iter()) {
        d = d.help(format!("rung {near}"));
    }
    complain(options, &d);
    Status::Unusable
}

pub fn forms(options: Options, forms: Vec<String>, words: Vec<OsString>) -> Status {
    with_session(options, move |session, reporting| {
        session.set_arguments(&strings(words));
        for form in &forms {
            let done = session.each(form, "-e", 1, &mut |v| if v.is_nil() { Ok(()) } else { show(v) });
            if done.is_err() {
                return settle(session, reporting, done);
            }
        }
        Status::Fine
    })
}

pub fn namespace(options: Options, ns: String, words: Vec<OsString>) -> Status {
    with_session(options, move |session, reporting| {
        session.set_arguments(&strings(words));
        let text = format!("(require '{ns}) (apply {ns}/-main *command-line-args*)");
        settle(session, reporting, session.each(&text, "-m", 1, &mut |_| Ok(())))
    })
}

pub fn repl(options: Options, prompting: Prompting) -> Status {
    let terminal = std::io::stdin().is_terminal();
    with_session(options, move |session, reporting| {
        session.set_arguments(&[]);
        session.keep_results();
        match (terminal, prompting) {
            (true, _) => repl::terminal::run(session, reporting),
            (false, Prompting::Always) => repl::pipe::run(session, reporting, true),
            (false, Prompting::AtTerminal) => repl::pipe::run(session, reporting, false),
        }
    })
}

fn strings(words: Vec<OsString>) -> Vec<String> {
    words.into_iter().map(|w| w.to_string_lossy().into_owned()).collect()
}

/// Starts the engine, runs on its thread, says what was asked for.
pub(super) fn with_session(options: Options, f: impl FnOnce(&Session, &Reporting) -> Status + Send) -> Status {
    let started = options.settings().and_then(|s| Ok((Engine::start(s)?, Arc::new(Reporting::of(&options)?))));
    let (engine, reporting) = match started {
        Ok(both) => both,
        Err(d) => {
            complain(&options, &d);
            return Status::Unusable;
        }
    };
    if let Some(pattern) = &options.trace_tier {
        trace(&engine, pattern.clone(), reporting.clone());
    }
    let at_end = reporting.clone();
    engine.run(move |session| {
        let status = f(session, &reporting);
        engine::print::flush_out();
        afterwards(session, &options, &at_end).unwrap_or(status)
    })
}

fn trace(engine: &Engine, pattern: String, reporting: Arc<Reporting>) {
    engine.trace(Box::new(move |event| {
        if !glob(&pattern, &event.function) {
            return;
        }
        match &reporting.json {
            Some(outlet) => outlet.line(&event.json),
            None => eprintln!("{}", event.line),
        }
    }));
}

/// `--metrics`, `--dump-cpp`, `--dump-clif`.
fn afterwards(_: &Session, options: &Options, reporting: &Reporting) -> Option<Status> {
    let mut status = None;
    for (name, dump) in
        [(&options.dump_cpp, Engine::dump_cpp as fn(&str) -> _), (&options.dump_clif, Engine::dump_clif)]
    {
        let Some(name) = name else { continue };
        match dump(name) {
            Ok(text) => emit(reporting, "dump", &serde_json::json!({"fn": name, "text": text}), text.trim_end()),
            Err(d) => {
                report(&Default::default(), reporting, &d);
                status = Some(Status::Unusable);
            }
        }
    }
    if let Some(pattern) = &options.metrics {
        let metrics = Engine::metrics(|name| glob(pattern, name));
        let lines: Vec<String> = metrics.iter().map(|(n, v)| format!("{n:<28} {}", plain(v))).collect();
        emit(reporting, "metrics", &serde_json::Value::Object(metrics), &lines.join("\n"));
    }
    status
}

fn plain(v: &serde_json::Value) -> String {
    match v {
        serde_json::Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

fn emit(reporting: &Reporting, key: &str, json: &serde_json::Value, text: &str) {
    match &reporting.json {
        Some(outlet) => outlet.line(&serde_json::json!({"version": 1, key: json}).to_string()),
        None => eprintln!("{text}"),
    }
}

/// The status of a run, its error shown.
pub(crate) fn settle(session: &Session, reporting: &Reporting, done: Result<(), Failure>) -> Status {
    match done {
        Ok(()) => Status::Fine,
        Err(failure) => {
            engine::print::flush_out();
            report(&session.sources.borrow(), reporting, &failure.diagnostic);
            if failure.interrupted { Status::Interrupted } else { Status::Failed }
        }
    }
}

/// Shows an error on standard error, or as JSON.
pub(crate) fn report(sources: &render::Sources, reporting: &Reporting, d: &Diagnostic) {
    match &reporting.json {
        Some(Outlet::Stderr) => eprintln!("{}", render::json(d)),
        Some(outlet) => {
            outlet.line(&render::json(d));
            eprint!("{}", render::text(d, sources, reporting.look));
        }
        None => eprint!("{}", render::text(d, sources, reporting.look)),
    }
}
