//! From what a program threw to a diagnostic: the one an exception carries, or one made of its class, message, data, causes
//! and the frames it passed.

use engine::coll;
use engine::diagnostic::{Diagnostic, Phase, Span};
use engine::fault::{Class, Throwable};
use engine::text::Text;
use engine::thread::Thread;
use engine::value::Value;
use std::ops::ControlFlow;

/// Frames that a report shows.
const FRAMES: usize = 24;
/// Causes that a report follows.
const CAUSES: usize = 16;

/// The code of an exception without a diagnostic of its own: its class's, else its parent's.
pub fn code(class: Class) -> &'static str {
    match class {
        Class::Arithmetic => "run/arithmetic",
        Class::Arity => "run/arity",
        Class::Assertion => "run/assertion",
        Class::ClassCast => "run/class-cast",
        Class::ClassNotFound => "run/class-not-found",
        Class::Cpp => "cpp/exception",
        Class::ExceptionInfo => "run/ex-info",
        Class::IllegalArgument => "run/illegal-argument",
        Class::IllegalState => "run/illegal-state",
        Class::IndexOutOfBounds => "run/index",
        Class::Interrupted => "run/interrupted",
        Class::Io => "run/io",
        Class::NoSuchElement => "run/no-such-element",
        Class::NullPointer => "run/null",
        Class::NumberFormat => "run/number-format",
        Class::OutOfMemory => "run/out-of-memory",
        Class::StackOverflow => "run/stack-overflow",
        Class::UnsupportedOperation => "run/unsupported",
        Class::Throwable => "run/exception",
        other => code(other.parent()),
    }
}

pub fn is_interrupt(error: Value) -> bool {
    error.cast::<Throwable>().is_some_and(|t| t.class() == Class::Interrupted)
}

/// Everything known about an error, as data.
pub fn diagnose(error: Value, print: &dyn Fn(Value) -> String) -> Diagnostic {
    let Some(thrown) = error.cast::<Throwable>() else {
        let class = engine::class_name(error);
        return Diagnostic::new(Phase::Run, "run/exception", format!("thrown: {} ({class})", print(error)));
    };
    let mut d = thrown.diagnostic().unwrap_or_else(|| {
        let message = thrown.message_text();
        let name = short(thrown.class());
        let message = if message.is_empty() { name.to_owned() } else { format!("{name}: {message}") };
        Diagnostic::new(Phase::Run, code(thrown.class()), message)
    });
    if thrown.diagnostic.is_nil() && !thrown.data.is_nil() {
        d = d.note(format!("data: {}", print(thrown.data)));
    }
    let mut cause = thrown.cause;
    for _ in 0..CAUSES {
        let Some(c) = cause.cast::<Throwable>() else { break };
        let data = if c.data.is_nil() { String::new() } else { format!(" {}", print(c.data)) };
        d = d.note(format!("caused by {}: {}{data}", short(c.class()), c.message_text()));
        cause = c.cause;
    }
    let frames = texts(thrown.trace.get());
    if d.spans.is_empty() {
        d.spans.extend(frames.iter().find_map(|f| frame_place(f)));
    }
    for frame in frames.iter().take(FRAMES) {
        d = d.note(format!("at {frame}"));
    }
    if frames.len() > FRAMES {
        d = d.note(format!("and {} frames more", frames.len() - FRAMES));
    }
    d
}

fn short(class: Class) -> &'static str {
    let name = class.name();
    name.rsplit(['.', '$']).next().unwrap_or(name)
}

/// The place in a frame's text `name (file:line:column)`, where it has one.
fn frame_place(frame: &str) -> Option<Span> {
    let inside = frame.rsplit_once('(')?.1.split(')').next()?;
    let mut parts = inside.rsplitn(3, ':');
    let (last, middle, first) = (parts.next()?, parts.next()?, parts.next());
    let (file, line, column) = match first {
        Some(file) => (file, middle.parse().ok()?, last.parse().ok()?),
        None => (middle, last.parse().ok()?, 0),
    };
    if line == 0 {
        return None;
    }
    Some(Span { file: file.to_owned(), line, column, end_line: 0, end_column: 0, label: String::new() })
}

/// The texts of a list, as far as it can be walked.
fn texts(list: Value) -> Vec<String> {
    let mut all = Vec::new();
    let walked = coll::each(list, &mut |v| {
        all.extend(v.cast::<Text>().map(|t| t.as_str().to_owned()));
        Ok(ControlFlow::Continue(()))
    });
    if walked.is_err() {
        let _ = Thread::current().take_pending();
    }
    all
}
