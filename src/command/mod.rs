//! The command line: what it may say (clap), and which command answers. Contract "Commands" pins the forms.

mod bench;
mod cache;
mod completions;
mod doctor;
mod explain;
mod options;
mod run;
mod setup;
mod test;

pub use options::{Options, Reporting};
pub(crate) use run::{TYPED, report};

use crate::render::{self, Sources};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use engine::diagnostic::{Diagnostic, Phase};
use std::ffi::OsString;
use std::path::PathBuf;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    Fine = 0,
    /// The user's program or input failed.
    Failed = 1,
    /// Usage, a missing file, something missing on the machine, a fault of ours.
    Unusable = 2,
    Interrupted = 130,
}

const EXAMPLES: &str = "\
Examples:
  rung                                 the REPL
  rung game.clj 800 600                a program with its arguments
  rung -e '(reduce + (range 10))'      a form; its value is printed
  rung -m game.main 800 600            calls -main of a namespace
  rung test --path src:test            the tests of a project
  rung --trace-tier='game/*' game.clj  shows which functions climb, when and why
  rung --dump-cpp game/draw game.clj   shows the C++ of a function
  rung bench first-call game.clj       the latency of first calls, by strategy
  rung explain cpp/ambiguous           what an error code means
";

#[derive(Parser)]
#[command(
    name = "rung",
    version,
    about = "Clojure whose host is C++: instant at the first call, C++ at the ten-thousandth",
    before_long_help = EXAMPLES,
    override_usage = "rung [OPTIONS] [FILE [ARGS]...]\n       rung [OPTIONS] -e FORM | -m NS [ARGS]...\n       rung COMMAND [OPTIONS] ...",
    disable_help_subcommand = true,
    max_term_width = 80
)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    /// Evaluates a form and prints its value; may be repeated
    #[arg(short = 'e', value_name = "FORM", action = clap::ArgAction::Append, allow_hyphen_values = true)]
    eval: Vec<String>,
    /// Loads a namespace and calls its -main with the arguments
    #[arg(short = 'm', value_name = "NS", conflicts_with = "eval")]
    main: Option<String>,
    /// The program, and behind it what is the program's own
    #[arg(value_name = "FILE [ARGS]", trailing_var_arg = true, allow_hyphen_values = false)]
    rest: Vec<OsString>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Reads, evaluates, prints, again
    Repl,
    /// Runs clojure.test's tests; exit 1 where one fails
    Test(test::Tests),
    /// Measures: first-call, stubs, calls, forms
    Bench {
        #[command(subcommand)]
        what: bench::What,
    },
    /// The cache's folder; `cache clear` empties it
    Cache {
        #[arg(value_enum, default_value = "path")]
        action: cache::Action,
    },
    /// Says what an error code means; without a code lists them
    Explain {
        /// As an error shows it: cpp/ambiguous
        code: Option<String>,
    },
    /// Looks at the machine: what is there, what is missing, and the command that mends it
    Doctor,
    /// Prints completions for a shell
    Completions {
        /// bash, elvish, fish, powershell or zsh
        shell: clap_complete::Shell,
    },
    #[command(hide = true)]
    Nrepl(Later),
    #[command(hide = true)]
    Profile(Later),
    #[command(hide = true)]
    Compile(Later),
    #[command(hide = true)]
    Serve(Later),
    #[command(hide = true)]
    Device(Later),
    /// One strategy's part of `bench first-call`, in a process of its own
    #[command(hide = true, name = "bench-one")]
    BenchOne(bench::One),
}

/// The arguments of a command that this build does not have.
#[derive(Args)]
struct Later {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<OsString>,
}

/// Parses, runs, ends the process.
pub fn main() -> ! {
    std::panic::set_hook(Box::new(|fault| {
        eprintln!("rung: internal fault: {fault}\nrung: please report it with the program that shows it");
        // A compile thread's fault costs one compilation (tierup's queue), the main program's everything.
        if std::thread::current().name() == Some("main") {
            leave(Status::Unusable);
        }
    }));
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(e) => refuse(&e),
    };
    let mut options = line.options;
    let reads = !matches!(line.command, Some(Command::Explain { .. } | Command::Completions { .. } | Command::Doctor));
    if let Err(d) = if reads { setup::fill(&mut options).map(drop) } else { Ok(()) } {
        complain(&options, &d);
        leave(Status::Unusable);
    }
    let status = match line.command {
        None => program(options, line.eval, line.main, line.rest),
        Some(Command::Repl) => run::repl(options, run::Prompting::Always),
        Some(Command::Bench { what }) => bench::run(options, what),
        Some(Command::BenchOne(one)) => bench::one(options, one),
        Some(Command::Cache { action }) => cache::run(&options, action),
        Some(Command::Explain { code }) => explain::run(&options, code),
        Some(Command::Doctor) => doctor::run(&options),
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Nrepl(_)) => later(&options, "nrepl"),
        Some(Command::Test(tests)) => test::run(options, tests),
        Some(Command::Profile(_)) => later(&options, "profile"),
        Some(Command::Compile(_)) => later(&options, "compile"),
        Some(Command::Serve(_)) => later(&options, "serve"),
        Some(Command::Device(_)) => later(&options, "device"),
    };
    leave(status)
}

fn program(options: Options, forms: Vec<String>, main: Option<String>, rest: Vec<OsString>) -> Status {
    let mut words = rest.into_iter();
    if !forms.is_empty() {
        return run::forms(options, forms, words.collect());
    }
    if let Some(ns) = main {
        return run::namespace(options, ns, words.collect());
    }
    match words.next() {
        Some(file) => run::file(options, PathBuf::from(file), words.collect()),
        None => run::repl(options, run::Prompting::AtTerminal),
    }
}

/// Ends the process: output is written out first; what other threads still do is not waited for.
fn leave(status: Status) -> ! {
    engine::print::flush_out();
    if let Some(parts) = engine::host::assembled() {
        parts.cpp.finish();
    }
    engine::signal::leave(status as i32)
}

fn refuse(e: &clap::Error) -> ! {
    match e.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = e.print();
            leave(Status::Fine)
        }
        _ => {
            eprint!("{}", e.render());
            leave(Status::Unusable)
        }
    }
}

fn later(options: &Options, command: &str) -> Status {
    let message = format!("`rung {command}` is not in this build yet");
    complain(options, &Diagnostic::new(Phase::Run, "rung/command", message));
    Status::Unusable
}

/// An error of the command line's own, on standard error.
pub(crate) fn complain(options: &Options, d: &Diagnostic) {
    match options.json {
        Some(_) => eprintln!("{}", render::json(d)),
        None => eprint!("{}", render::text(d, &Sources::default(), options.look())),
    }
}
