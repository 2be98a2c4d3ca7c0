//! The whole program from outside: the release binary is run as a user or a checker runs it. Every program of `fixtures/`
//! on every strategy, the command line's contract, the REPL, errors, reports.

#![forbid(unsafe_code)]

#[path = "whole/command_line.rs"]
mod command_line;
#[path = "whole/comparison.rs"]
mod comparison;
#[path = "whole/completion.rs"]
mod completion;
#[path = "whole/conformance.rs"]
mod conformance;
#[path = "whole/containment.rs"]
mod containment;
#[path = "whole/contracts.rs"]
mod contracts;
#[path = "whole/cpp_errors.rs"]
mod cpp_errors;
#[path = "whole/cpp_forms.rs"]
mod cpp_forms;
#[path = "whole/docs.rs"]
mod docs;
#[path = "whole/errors.rs"]
mod errors;
#[path = "whole/golden.rs"]
mod golden;
#[path = "whole/headers.rs"]
mod headers;
#[path = "whole/libraries.rs"]
mod libraries;
#[path = "whole/load.rs"]
mod load;
#[path = "whole/namespaces.rs"]
mod namespaces;
#[path = "whole/process.rs"]
mod process;
#[path = "whole/programs.rs"]
mod programs;
#[path = "whole/reports.rs"]
mod reports;
#[path = "whole/terminal.rs"]
mod terminal;
