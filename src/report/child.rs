//! The same program in a fresh process, with a cache of its own that holds nothing: what it measured comes back as JSON.

use crate::command::{Options, Status};
use engine::diagnostic::{Diagnostic, Phase};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What went wrong, and how the command ends.
pub type Refusal = (Diagnostic, Status);

/// A folder that is removed when it is no longer used.
pub struct Scratch(PathBuf);

impl Scratch {
    /// # Errors
    /// No folder can be made under the system's temporary one.
    pub fn new() -> Result<Scratch, Refusal> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rung-bench-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|e| unusable(format!("{} cannot be made: {e}", path.display())))?;
        Ok(Scratch(path))
    }
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn unusable(message: impl Into<String>) -> Refusal {
    (Diagnostic::new(Phase::Run, "rung/bench", message), Status::Unusable)
}

/// This program with the options that say what the program under measurement needs, and an empty cache.
pub fn command(options: &Options, cache: &Path) -> Result<Command, Refusal> {
    let exe = std::env::current_exe().map_err(|e| unusable(format!("this program cannot be found: {e}")))?;
    let mut c = Command::new(exe);
    c.env("XDG_CACHE_HOME", cache).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let pairs = [("-I", &options.include_dirs), ("-L", &options.library_dirs), ("-l", &options.libraries)];
    for (flag, values) in pairs {
        for v in values {
            c.arg(flag).arg(v);
        }
    }
    // Building them for a cache that nobody sees again would take a processor from the next process that is measured.
    c.arg("--tune").arg("cpp.pch=0");
    for t in &options.tune {
        c.arg("--tune").arg(t);
    }
    for h in &options.include {
        c.arg("--include").arg(h);
    }
    if let Some(p) = &options.path {
        c.arg("--path").arg(p);
    }
    Ok(c)
}

/// Runs it and reads the JSON array that it wrote to `out`.
///
/// # Errors
/// What the process said on standard error, with its status.
pub fn rows(mut c: Command, out: &Path) -> Result<Vec<Json>, Refusal> {
    let done = c.output().map_err(|e| unusable(format!("a process cannot be started: {e}")))?;
    if !done.status.success() {
        return Err(failed(&done));
    }
    let text = std::fs::read_to_string(out).unwrap_or_default();
    match serde_json::from_str(&text) {
        Ok(Json::Array(rows)) => Ok(rows),
        _ => Err(unusable("a measuring process wrote nothing that can be read")),
    }
}

/// A process that ended badly.
pub fn failed(done: &Output) -> Refusal {
    let said = String::from_utf8_lossy(&done.stderr);
    let lines: Vec<&str> = said.trim_end().lines().take(40).collect();
    let mut d = Diagnostic::new(Phase::Run, "rung/bench", format!("the measured process ended with {}", done.status));
    for line in lines {
        d = d.note(line);
    }
    let status = if done.status.code() == Some(1) { Status::Failed } else { Status::Unusable };
    (d, status)
}
