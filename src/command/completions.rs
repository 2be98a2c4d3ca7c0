//! `rung completions SHELL`: from the same definitions as parsing and help.

use super::{CommandLine, Status};
use clap::{Command, CommandFactory};

pub fn run(shell: clap_complete::Shell) -> Status {
    let mut text = Vec::new();
    let all = CommandLine::command();
    let shown = all.get_subcommands().filter(|c| !c.is_hide_set()).cloned();
    let mut command = Command::new("rung").args(all.get_arguments().cloned()).subcommands(shown);
    clap_complete::generate(shell, &mut command, "rung", &mut text);
    crate::say(&String::from_utf8_lossy(&text));
    Status::Fine
}
