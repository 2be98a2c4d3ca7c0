//! A program's shared libraries: a path, or a bare name as `-l` takes it.

use crate::compile_error;
use crate::library::open_shared;
use questions::Diagnostic;
use std::path::{Path, PathBuf};

/// Where the system keeps libraries: for names whose `.so` link only a -dev package would have.
const SYSTEM: &[&str] =
    &["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib"];

/// Opens the library for everybody: its symbols are seen by generated code.
pub(crate) fn link(library: &str, dirs: &[String]) -> Result<(), Diagnostic> {
    let mut tried = Vec::new();
    for candidate in candidates(library, dirs) {
        match open_shared(&candidate, libc::RTLD_NOW | libc::RTLD_GLOBAL) {
            Ok(_) => return Ok(()),
            Err(why) => tried.push(if why.contains(&candidate) { why } else { format!("{candidate}: {why}") }),
        }
    }
    let d = compile_error("cpp/link", format!("the library {library} cannot be opened"));
    let d = tried.into_iter().fold(d, |d, t| d.note(t));
    Err(if library.contains('/') {
        d
    } else {
        d.help("-L DIR adds a folder to look in; a name stands for lib<name>.so")
    })
}

fn candidates(library: &str, dirs: &[String]) -> Vec<String> {
    if library.contains('/') {
        return vec![library.to_owned()];
    }
    let file = if library.contains(".so") { library.to_owned() } else { format!("lib{library}.so") };
    let here = |d: &String| Path::new(d).join(&file);
    let mut all: Vec<String> = dirs.iter().map(here).filter(|p| p.exists()).map(text).collect();
    all.push(file.clone());
    for dir in dirs.iter().map(String::as_str).chain(SYSTEM.iter().copied()) {
        all.extend(versions(Path::new(dir), &file).into_iter().map(text));
    }
    all
}

/// `libx.so.2` and the like, the highest first.
fn versions(dir: &Path, file: &str) -> Vec<PathBuf> {
    let prefix = format!("{file}.");
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|e| e.file_name().to_str().is_some_and(|n| n.starts_with(&prefix)))
        .map(|e| e.path())
        .collect();
    found.sort();
    found.reverse();
    found
}

fn text(p: PathBuf) -> String {
    p.to_string_lossy().into_owned()
}
