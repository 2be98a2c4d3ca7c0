//! `rung completions SHELL`: from the same definitions as parsing and help.

use super::{CommandLine, Status};
use clap::CommandFactory;

pub fn run(shell: clap_complete::Shell) -> Status {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "rung", &mut text);
    crate::say(&String::from_utf8_lossy(&text));
    Status::Fine
}
