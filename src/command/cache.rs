//! `rung cache`: where the cache is, and emptying it.

use super::{Options, Status, complain};
use crate::store;
use engine::diagnostic::{Diagnostic, Phase};

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Action {
    /// Prints the folder
    Path,
    /// Removes everything in it
    Clear,
    /// Builds a precompiled header, as another process asks on standard input
    #[value(hide = true)]
    Headers,
}

pub fn run(options: &Options, action: Action) -> Status {
    let folder = store::folder();
    match action {
        Action::Path => {
            crate::say(&format!("{}\n", folder.display()));
            Status::Fine
        }
        Action::Headers => {
            let mut request = String::new();
            let read = std::io::Read::read_to_string(&mut std::io::stdin(), &mut request);
            // Nobody listens; whoever needs the headers reads them.
            let done = read.is_ok() && stubs::precompile(&request).is_ok();
            if done { Status::Fine } else { Status::Failed }
        }
        Action::Clear => match std::fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                let message = format!("{} cannot be emptied: {e}", folder.display());
                complain(options, &Diagnostic::new(Phase::Run, "rung/file", message));
                Status::Unusable
            }
            _ => Status::Fine,
        },
    }
}
