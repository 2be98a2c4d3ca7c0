//! The environment key: a hash chained over all that shapes the meaning of C++ text, in order — flags, headers'
//! contents, raw code, libraries. Two sessions with one key give every question the same answer.

use engine::table::HashSet;
use std::path::{Path, PathBuf};

/// Folders whose headers belong to the system: told apart by path, size and time, their includes not followed.
const SYSTEM: &[&str] = &["/usr/include", "/usr/local/include", "/usr/lib"];

/// Names this build's understanding of C++; changes where the same text would mean something else.
const FORMAT: &str = concat!("rung environment 1 ", env!("CARGO_PKG_VERSION"));

#[derive(Debug, Clone)]
pub(crate) struct Environment {
    key: [u8; 32],
}

impl Environment {
    pub(crate) fn new(flags: &[String], include_dirs: &[String]) -> Environment {
        let mut e = Environment { key: *blake3::hash(FORMAT.as_bytes()).as_bytes() };
        e.chain("rung headers", &[&crate::runtime::headers_hash()]);
        flags.iter().for_each(|f| e.chain("flag", &[f.as_bytes()]));
        include_dirs.iter().for_each(|d| e.chain("include dir", &[d.as_bytes()]));
        e
    }
    pub(crate) fn key(&self) -> [u8; 32] {
        self.key
    }
    fn chain(&mut self, kind: &str, parts: &[&[u8]]) {
        let mut h = blake3::Hasher::new();
        h.update(&self.key);
        for p in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
            h.update(&(p.len() as u64).to_le_bytes());
            h.update(p);
        }
        self.key = *h.finalize().as_bytes();
    }
    pub(crate) fn raw(&mut self, text: &str) {
        self.chain("raw", &[text.as_bytes()]);
    }
    pub(crate) fn include_dir(&mut self, dir: &str) {
        self.chain("include dir", &[dir.as_bytes()]);
    }
    pub(crate) fn library(&mut self, name: &str) {
        self.chain("library", &[name.as_bytes()]);
    }
    pub(crate) fn header(&mut self, header: &Header) {
        self.chain("header", &[header.name.as_bytes()]);
        header.contents.iter().for_each(|c| self.chain("content", &[c]));
    }
}

/// A header as it is now, with all that it includes as far as that is the user's own.
pub(crate) struct Header {
    pub(crate) name: String,
    contents: Vec<Vec<u8>>,
    /// Includes something of `rung/`: then the runtime table must be there before it is used.
    pub(crate) needs_runtime: bool,
}

/// Reads a header: an absolute path, or a name that is sought in the include folders.
pub(crate) fn read_header(name: &str, include_dirs: &[String]) -> Header {
    let mut header = Header { name: name.to_owned(), contents: Vec::new(), needs_runtime: name.starts_with("rung/") };
    let mut seen = HashSet::default();
    let mut open: Vec<(String, Option<PathBuf>)> = vec![(name.to_owned(), None)];
    while let Some((name, from)) = open.pop() {
        header.needs_runtime |= name.starts_with("rung/");
        let Some(path) = find(&name, from.as_deref(), include_dirs) else { continue };
        if !seen.insert(path.clone()) {
            continue;
        }
        if SYSTEM.iter().any(|s| path.starts_with(s)) {
            header.contents.push(identity(&path));
            continue;
        }
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for inner in includes(&String::from_utf8_lossy(&bytes)) {
            open.push((inner, path.parent().map(Path::to_path_buf)));
        }
        header.contents.push(bytes);
    }
    header
}

fn find(name: &str, from: Option<&Path>, include_dirs: &[String]) -> Option<PathBuf> {
    if name.starts_with('/') {
        return Some(PathBuf::from(name)).filter(|p| p.is_file());
    }
    let own = include_dirs.iter().map(Path::new);
    let system = ["/usr/local/include", "/usr/include"].map(Path::new);
    from.into_iter().chain(own).chain(system).map(|d| d.join(name)).find(|p| p.is_file())
}

fn identity(path: &Path) -> Vec<u8> {
    let meta = std::fs::metadata(path).ok();
    let time = meta.as_ref().and_then(|m| m.modified().ok());
    format!("{} {:?} {:?}", path.display(), meta.map(|m| m.len()), time).into_bytes()
}

/// What `#include` lines name, macros left out.
fn includes(text: &str) -> Vec<String> {
    let line = |l: &str| {
        let rest = l.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?.trim_start();
        let end = match rest.chars().next()? {
            '<' => '>',
            '"' => '"',
            _ => return None,
        };
        rest[1..].split_once(end).map(|(name, _)| name.to_owned())
    };
    text.lines().filter_map(line).collect()
}

/// The names in a text's own `#include` lines.
pub(crate) fn included(text: &str) -> Vec<String> {
    includes(text)
}
