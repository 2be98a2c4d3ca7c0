//! A program's libraries: a path, or a bare name as `-l` takes it. Shared ones are opened; static ones become shared ones
//! (`archive`); a linker's script stands for the libraries that it names. What a library itself needs is sought beside it and in
//! the `-L` folders, as the linker would with `-rpath`.

use crate::library::open_shared;
use crate::{StubsConfig, archive, compile_error};
use questions::Diagnostic;
use std::path::{Path, PathBuf};

/// Where the system keeps libraries: for names whose `.so` link only a -dev package would have.
pub(crate) const SYSTEM: &[&str] =
    &["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib"];

/// Libraries that a library needs, and scripts that name scripts, so many in a row.
const DEEPEST: u32 = 16;

/// Opens the library for everybody: its symbols are seen by generated code.
pub(crate) fn link(library: &str, config: &StubsConfig) -> Result<(), Diagnostic> {
    let mut tried = Vec::new();
    for candidate in candidates(library, &config.library_dirs) {
        match open(&candidate, config, 0) {
            Ok(()) => return Ok(()),
            // There is one, and it cannot be used.
            Err(Refused::Fault(d)) => return Err(*d),
            Err(Refused::No(why)) => {
                tried.push(if why.contains(&candidate) { why } else { format!("{candidate}: {why}") })
            }
        }
    }
    let d = compile_error("cpp/link", format!("the library {library} cannot be opened"));
    let d = tried.into_iter().fold(d, |d, t| d.note(t));
    Err(if library.contains('/') {
        d
    } else {
        d.help("-L DIR adds a folder to look in; a name stands for lib<name>.so or lib<name>.a")
    })
}

enum Refused {
    No(String),
    Fault(Box<Diagnostic>),
}

fn open(path: &str, config: &StubsConfig, depth: u32) -> Result<(), Refused> {
    let file = Path::new(path);
    if archive::is_one(file) {
        let made = archive::shared(file, config).map_err(|d| Refused::Fault(Box::new(d)))?;
        return shared(&text(made), file.parent(), config, libc::RTLD_LAZY, depth);
    }
    if depth < DEEPEST {
        if let Some(named) = script(file) {
            return named.iter().try_for_each(|l| {
                let found = candidates(l, &config.library_dirs);
                let mut why = Refused::No(format!("it names {l}, which is not there"));
                for c in found {
                    match open(&c, config, depth + 1) {
                        Ok(()) => return Ok(()),
                        Err(e) => why = e,
                    }
                }
                Err(why)
            });
        }
    }
    shared(path, file.parent(), config, libc::RTLD_NOW, depth)
}

/// Opens a shared library, after those that it needs and the loader does not find.
fn shared(path: &str, beside: Option<&Path>, config: &StubsConfig, when: i32, depth: u32) -> Result<(), Refused> {
    let mut last = String::new();
    for _ in depth..DEEPEST {
        let why = match open_shared(path, when | libc::RTLD_GLOBAL) {
            Ok(_) => return Ok(()),
            Err(why) => why,
        };
        let lacking = why.strip_suffix(": cannot open shared object file: No such file or directory");
        let Some(needed) = lacking.filter(|n| *n != path && !n.contains('/') && why != last) else {
            return Err(Refused::No(why));
        };
        let folders = beside.into_iter().chain(config.library_dirs.iter().map(Path::new));
        let Some(there) = folders.map(|d| d.join(needed)).find(|p| p.is_file()) else {
            return Err(Refused::No(why));
        };
        shared(&text(there.clone()), there.parent(), config, when, depth + 1)?;
        last = why;
    }
    Err(Refused::No("libraries that need each other are too many".into()))
}

/// What a linker's script names: `INPUT(libncurses.so.6 -ltinfo)`, `GROUP(/lib/libc.so.6 AS_NEEDED(…))`.
fn script(file: &Path) -> Option<Vec<String>> {
    const LONGEST: u64 = 64 << 10;
    let meta = file.metadata().ok().filter(|m| m.is_file() && m.len() < LONGEST)?;
    let bytes = (meta.len() > 0).then(|| std::fs::read(file).ok()).flatten()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = comment.split_once("*/").map_or("", |c| c.1);
    }
    plain.push_str(rest);
    let from = ["INPUT", "GROUP"].iter().filter_map(|w| plain.find(w)).min()?;
    let spaced = plain[from..].replace(['(', ')', ','], " ");
    let named = spaced.split_whitespace().filter(|w| !["INPUT", "GROUP", "AS_NEEDED"].contains(w));
    // Parts that only a static link takes in.
    let named = named.filter(|w| !w.ends_with("_nonshared.a"));
    Some(named.map(|w| w.strip_prefix("-l").unwrap_or(w).to_owned()).collect())
}

fn candidates(library: &str, dirs: &[String]) -> Vec<String> {
    if library.contains('/') {
        return vec![library.to_owned()];
    }
    let whole = library.contains(".so") || library.ends_with(".a");
    let file = if whole { library.to_owned() } else { format!("lib{library}.so") };
    let mut files = vec![file.clone()];
    if !whole {
        files.push(format!("lib{library}.a"));
    }
    let here = |d: &str| files.iter().map(|f| Path::new(d).join(f)).filter(|p| p.exists()).collect::<Vec<_>>();
    let mut all: Vec<String> = dirs.iter().flat_map(|d| here(d)).map(text).collect();
    all.push(file.clone());
    for dir in dirs.iter().map(String::as_str).chain(SYSTEM.iter().copied()) {
        all.extend(versions(Path::new(dir), &file).into_iter().map(text));
    }
    all.extend(SYSTEM.iter().flat_map(|d| here(d)).map(text));
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

#[cfg(test)]
mod tests {
    #[test]
    fn a_script_names_libraries() {
        let path = std::env::temp_dir().join(format!("rung-script-{}", std::process::id()));
        std::fs::write(&path, "/* GNU ld script */\nGROUP ( /lib/libx.so.6 -ly AS_NEEDED ( libz.so ) )\n").unwrap();
        assert_eq!(super::script(&path).unwrap(), ["/lib/libx.so.6", "y", "libz.so"]);
        std::fs::write(&path, b"\x7fELF\x02\x01 INPUT(\xff)").unwrap();
        assert_eq!(super::script(&path), None);
        std::fs::remove_file(path).unwrap();
    }
}
