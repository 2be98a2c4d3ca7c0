//! Static libraries: the system's linker makes a shared library of the whole archive once, kept by the archive's content, so that
//! initialisers, thread-locals and unwinding are the loader's business, as everywhere. Names inside are bound inside.

use crate::{StubsConfig, compile_error};
use questions::Diagnostic;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const MAGIC: &[u8] = b"!<arch>\n";
/// Names its members' files instead of holding them: what they hold may change without it.
const THIN: &[u8] = b"!<thin>\n";

/// Drivers that know where the system's start-up files and libraries are.
const LINKERS: [&str; 4] = ["c++", "g++", "clang++-19", "cc"];

/// Is it a static library, by its first bytes?
pub(crate) fn is_one(path: &Path) -> bool {
    let mut start = [0; 8];
    let read = fs::File::open(path).and_then(|mut f| std::io::Read::read_exact(&mut f, &mut start));
    read.is_ok() && (start == MAGIC || start == THIN)
}

/// The shared library that stands for the archive.
pub(crate) fn shared(archive: &Path, config: &StubsConfig) -> Result<PathBuf, Diagnostic> {
    let refuse =
        |why: String| compile_error("cpp/link", format!("the library {} cannot be linked: {why}", archive.display()));
    let bytes = fs::read(archive).map_err(|e| refuse(e.to_string()))?;
    let base = if config.cache_dir.is_empty() { std::env::temp_dir() } else { PathBuf::from(&config.cache_dir) };
    let folder = base.join("archive");
    fs::create_dir_all(&folder).map_err(|e| refuse(format!("{}: {e}", folder.display())))?;
    let made = folder.join(format!("{}.so", &blake3::hash(&bytes).to_hex()[..32]));
    if made.exists() && !bytes.starts_with(THIN) {
        return Ok(made);
    }
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let part = folder.join(format!(".{}.{n}.so", std::process::id()));
    let done = link(archive, &part, config);
    let kept = done.map_err(|why| why.map_or_else(no_linker, |text| said(archive, &text)));
    let kept = kept.and_then(|()| fs::rename(&part, &made).map_err(|e| refuse(e.to_string())));
    if kept.is_err() {
        let _ = fs::remove_file(&part);
    }
    kept.map(|()| made)
}

/// What the linker says against it; `None`: there is no linker.
fn link(archive: &Path, to: &Path, config: &StubsConfig) -> Result<(), Option<String>> {
    for linker in LINKERS {
        let mut c = Command::new(linker);
        c.args(["-shared", "-Wl,-Bsymbolic", "-Wl,-z,lazy", "-Wl,--whole-archive"]).arg(archive);
        c.arg("-Wl,--no-whole-archive").arg("-o").arg(to);
        c.args(config.library_dirs.iter().map(|d| format!("-L{d}")));
        match c.stdin(std::process::Stdio::null()).env("LC_ALL", "C").output() {
            Ok(done) if done.status.success() => return Ok(()),
            Ok(done) => return Err(Some(String::from_utf8_lossy(&done.stderr).into_owned())),
            Err(_) => {}
        }
    }
    Err(None)
}

fn no_linker() -> Diagnostic {
    compile_error("cpp/link", "a static library needs the system's linker, and there is none")
        .note(format!("sought: {}", LINKERS.join(", ")))
        .help("install g++, or link the shared library of it")
}

fn said(archive: &Path, text: &str) -> Diagnostic {
    let d = compile_error("cpp/link", format!("the linker refuses the library {}", archive.display()));
    let d = text.lines().filter(|l| !l.contains("ld returned")).take(4).fold(d, |d, l| d.note(l.trim()));
    if text.contains("-fPIC") || text.contains("relocation") {
        return d.help(
            "its code must be compiled with -fPIC to be loaded into a process; or link the shared library of it",
        );
    }
    d
}
