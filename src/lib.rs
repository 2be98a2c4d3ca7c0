//! Rung as a library: assembles the engine from its parts and evaluates. The command line, the REPL and the reports, the
//! engine's faces, are here too; nothing else prints, exits or parses arguments.
//!
//! ```no_run
//! let engine = rung::Engine::start(rung::Settings::default()).unwrap();
//! let answer = engine.run(|session| session.eval_text("(reduce + (range 10))", "example", 1));
//! ```

#![forbid(unsafe_code)]

mod codes;
pub mod command;
mod engine_parts;
pub mod render;
mod repl;
mod report;
mod session;
mod store;
mod thrown;

pub use engine_parts::{Engine, STRATEGIES, Settings, tune_names};
pub use session::{Failure, Session};

use std::io::Write;

/// Writes to standard output; a closed pipe ends the process quietly (`engine::signal`).
pub(crate) fn say(text: &str) {
    engine::print::flush_out();
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
