//! `rung bench`: first-call, stubs, calls, callbacks, forms; and the hidden command by which it measures in processes of their own.

use super::options::{Options, Reporting};
use super::run::{report, with_session};
use super::{Status, complain};
use crate::report::{callbacks, calls, first_call, forms, one, stubs};
use engine::diagnostic::{Diagnostic, Phase};
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum What {
    /// The latency of first calls: every strategy in a fresh process, and clang++ as a process
    FirstCall {
        /// Functions with ^{:bench '(f args)} are measured
        file: String,
        /// Processes a strategy; medians and 90th percentiles are over them
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        runs: u32,
    },
    /// What trampolines cost: through Sema, by shape, and when they are there already
    Stubs,
    /// What a call into C++ costs from each tier, beside the same call compiled by clang++ -O2
    Calls {
        /// Calls a measurement
        #[arg(long, default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
        calls: u64,
    },
    /// What a C++ form costs at the beginning and at the end of thousands in one process, and what it leaves in memory
    Forms {
        /// Forms that are measured
        #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(100..))]
        forms: u64,
    },
    /// What C++ pays for calling a Clojure function, from std::sort, qsort and loops, beside a C++ function
    Callbacks {
        /// Calls a measurement
        #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
        calls: u64,
    },
}

/// The hidden command's arguments.
#[derive(clap::Args)]
pub struct One {
    #[command(subcommand)]
    what: Measured,
    /// Where the measured values go, as JSON
    #[arg(long, required = true)]
    out: PathBuf,
}

#[derive(clap::Subcommand)]
enum Measured {
    FirstCall { file: String, calls: usize },
    Stubs,
    Forms { forms: u64 },
}

pub fn run(options: Options, what: What) -> Status {
    let made = match what {
        What::FirstCall { file, runs } => first_call::run(&options, &file, runs),
        What::Stubs => stubs::run(&options),
        What::Calls { calls } => calls::run(&options, calls),
        What::Forms { forms } => forms::run(&options, forms),
        What::Callbacks { calls } => callbacks::run(&options, calls),
    };
    match made {
        Ok((json, table)) => {
            let text = if options.json.is_some() { format!("{json}\n") } else { table };
            match options.json.as_deref() {
                None | Some("") => crate::say(&text),
                Some(path) => {
                    if let Err(e) = std::fs::write(path, text) {
                        complain(&options, &Diagnostic::new(Phase::Run, "rung/file", format!("{path}: {e}")));
                        return Status::Unusable;
                    }
                }
            }
            Status::Fine
        }
        Err((d, status)) => {
            complain(&options, &d);
            status
        }
    }
}

pub fn one(options: Options, one: One) -> Status {
    let One { what, out } = one;
    with_session(options, move |session, reporting: &Reporting| {
        let made = match what {
            Measured::FirstCall { file, calls } => one::measure(session, &one::Plan { file, calls }),
            Measured::Stubs => stubs::measure(session),
            Measured::Forms { forms } => forms::measure(session, forms),
        };
        match made {
            Ok(rows) => {
                let text = serde_json::Value::Array(rows).to_string();
                match std::fs::write(&out, text) {
                    Ok(()) => Status::Fine,
                    Err(_) => Status::Unusable,
                }
            }
            Err(failure) => {
                report(&session.sources.borrow(), reporting, &failure.diagnostic);
                Status::Failed
            }
        }
    })
}
