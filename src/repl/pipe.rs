//! The REPL without a terminal: a form is evaluated as soon as its last line has come, one value a line on standard output,
//! errors on standard error, on after errors. The end of the input ends it with 0. Forms are taken from `*in*`, so that a
//! program's own `read-line` goes on where its form ended.

use super::evaluate_form;
use crate::command::{Reporting, Status, TYPED, report};
use crate::session::Session;
use engine::diagnostic::Diagnostic;
use engine::print;
use engine::reader::{Form, Reader};
use engine::space::load;
use engine::thread::Thread;

/// What came from the input.
enum Taken {
    Form(Form),
    Wrong(Diagnostic),
    /// Blanks and comments.
    Nothing,
}

pub fn run(session: &Session, reporting: &Reporting, prompting: bool) -> Status {
    let prompt = || {
        if prompting {
            crate::say(&super::prompt());
        }
    };
    prompt();
    while let Some((text, line, taken)) = take() {
        session.sources.borrow_mut().remember(TYPED, line, &text);
        match taken {
            Taken::Form(form) => {
                if evaluate_form(session, reporting, &form).is_err_and(|f| f.interrupted) {
                    return Status::Interrupted;
                }
                prompt();
            }
            Taken::Wrong(d) => {
                report(&session.sources.borrow(), reporting, &d);
                prompt();
            }
            Taken::Nothing => {}
        }
    }
    Status::Fine
}

/// The next form or error with its text and line; `None` at the end of the input.
fn take() -> Option<(String, u32, Taken)> {
    let input = print::input().and_then(|input| {
        input.take_with(|text, line, ended| {
            let (n, taken) = first(text, line, ended)?;
            Some((n, (text[..n].to_owned(), line, taken)))
        })
    });
    match input {
        Ok(taken) => taken.filter(|(text, _, taken)| !(text.is_empty() && matches!(taken, Taken::Nothing))),
        Err(_) => {
            Thread::current().take_pending();
            None
        }
    }
}

/// What the text begins with and how many bytes it takes; `None` where more lines are needed to know.
fn first(text: &str, line: u32, ended: bool) -> Option<(usize, Taken)> {
    let mut reader = Reader::starting_at(text, TYPED, load::options(TYPED), line, 1);
    match reader.next() {
        Ok(Some(form)) => Some((with_line_end(text, reader.offset()), Taken::Form(form))),
        Ok(None) if ended => Some((text.len(), Taken::Nothing)),
        Ok(None) => None,
        Err(d) if d.code == "read/eof" && !ended => None,
        Err(d) => {
            // The rest of the line belongs to the mistake.
            let behind = reader.offset();
            let end = text[behind..].find('\n').map_or(text.len(), |i| behind + i + 1);
            Some((end, Taken::Wrong(d)))
        }
    }
}

/// The line's end behind a form goes with it: a `read-line` in the form reads the next line.
fn with_line_end(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    match rest.find(|c: char| c != ' ' && c != '\t' && c != '\r') {
        Some(i) if rest[i..].starts_with('\n') => offset + i + 1,
        _ => offset,
    }
}
