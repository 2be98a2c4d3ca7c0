//! The REPL: read, evaluate, print, again. At a terminal with an editor (`terminal`), else form by form (`pipe`).

mod names;
pub mod pipe;
pub mod terminal;

use crate::command::{Reporting, TYPED, report};
use crate::session::{Failure, Session, show};
use engine::reader::Form;
use engine::value::Value;

/// `user=> `, with the current namespace.
fn prompt() -> String {
    format!("{}=> ", engine::space::current().name)
}

/// Evaluates what was typed and prints each value; an error is shown, and given back.
fn evaluate(session: &Session, reporting: &Reporting, text: &str) -> Result<(), Failure> {
    let done = session.each(text, TYPED, 1, &mut |v: Value| {
        session.remember_result(v);
        show(v)
    });
    finish(session, reporting, done)
}

/// The same for a form that was read.
fn evaluate_form(session: &Session, reporting: &Reporting, form: &Form) -> Result<(), Failure> {
    let done = session.attempt(|| {
        let v = engine::space::load::eval_form(form, TYPED)?;
        session.remember_result(v);
        show(v)
    });
    finish(session, reporting, done)
}

fn finish(session: &Session, reporting: &Reporting, done: Result<(), Failure>) -> Result<(), Failure> {
    engine::print::flush_out();
    if let Err(failure) = &done {
        report(&session.sources.borrow(), reporting, &failure.diagnostic);
    }
    done
}
