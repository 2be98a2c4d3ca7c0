//! Which installed library has a symbol that a program lacks: the shared libraries' own hash tables are asked, a few small reads
//! each. Only errors come here.

use crate::link;
use engine::table::HashSet;
use questions::{Diagnostic, Response};
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Says in each error of a missing symbol which library has it, where one is found.
pub(crate) fn explain(response: &mut Response, library_dirs: &[String]) {
    let each = |d: &mut Diagnostic| {
        let Some(symbol) = wanted(d) else { return };
        let found = libraries_with(&symbol, library_dirs);
        let Some(best) = found.first() else { return };
        let name = short(best);
        found.iter().take(3).for_each(|p| d.notes.push(note(p)));
        d.help =
            Some(format!("load the library that has it: -l {name}, or :link \"{name}\" where its header is required"));
    };
    match response {
        Response::Trampolines { trampolines, .. } => {
            trampolines.iter_mut().filter_map(|t| t.as_mut().err()).for_each(each)
        }
        Response::Failed { diagnostics } => diagnostics.iter_mut().for_each(each),
        _ => (),
    }
}

fn note(library: &Path) -> questions::Note {
    questions::Note { text: format!("{} defines it", library.display()), span: None }
}

/// The symbol that an error says is undefined, as the linker spells it.
fn wanted(d: &Diagnostic) -> Option<String> {
    if d.code != "cpp/link" {
        return None;
    }
    let plain = d.message.strip_prefix("undefined symbol: ")?;
    let spelled = d.notes.iter().find_map(|n| n.text.strip_prefix("its symbol is "));
    Some(spelled.unwrap_or(plain).to_owned())
}

/// `sqlite3` of `/usr/lib/libsqlite3.so.0`; the path where it is not called so.
fn short(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = file.strip_prefix("lib").and_then(|f| f.split_once(".so")).map(|(n, _)| n.to_owned());
    name.unwrap_or_else(|| path.display().to_string())
}

fn libraries_with(symbol: &str, library_dirs: &[String]) -> Vec<PathBuf> {
    let mut seen = HashSet::default();
    let mut found = Vec::new();
    for dir in library_dirs.iter().map(String::as_str).chain(link::SYSTEM.iter().copied()) {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| is_library(p)).collect();
        // The shortest name of a library is the one people say.
        paths.sort_by_key(|p| (p.as_os_str().len(), p.clone()));
        for path in paths {
            let Ok(meta) = std::fs::metadata(&path) else { continue };
            if meta.is_file() && seen.insert((meta.dev(), meta.ino())) && defines(&path, symbol) == Some(true) {
                found.push(path);
            }
        }
    }
    found
}

fn is_library(p: &Path) -> bool {
    let name = p.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("lib") && (name.ends_with(".so") || name.contains(".so."))
}

/// A file that is read here and there; whatever lies outside of it is nothing.
struct Elf(File);

impl Elf {
    fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let mut b = [0; N];
        self.0.read_exact_at(&mut b, at).ok().map(|()| b)
    }
    fn u16(&self, at: u64) -> Option<u64> {
        self.bytes(at).map(|b| u16::from_le_bytes(b).into())
    }
    fn u32(&self, at: u64) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }
    fn u64(&self, at: u64) -> Option<u64> {
        self.bytes(at).map(u64::from_le_bytes)
    }
}

/// Looks the symbol up as the dynamic loader does, in the library's GNU hash table.
fn defines(path: &Path, symbol: &str) -> Option<bool> {
    const LOAD: u32 = 1;
    const DYNAMIC: u32 = 2;
    const STRTAB: u64 = 5;
    const SYMTAB: u64 = 6;
    const GNU_HASH: u64 = 0x6fff_fef5;
    let elf = Elf(File::open(path).ok()?);
    // 64 bits, little-endian.
    if elf.bytes::<6>(0)? != *b"\x7fELF\x02\x01" {
        return None;
    }
    let (headers, size, count) = (elf.u64(32)?, elf.u16(54)?, elf.u16(56)?);
    let header = |i: u64| headers + i * size;
    let segments: Vec<(u64, u64, u64)> = (0..count)
        .filter(|&i| elf.u32(header(i)) == Some(LOAD))
        .filter_map(|i| Some((elf.u64(header(i) + 16)?, elf.u64(header(i) + 32)?, elf.u64(header(i) + 8)?)))
        .collect();
    let place = |address: u64| {
        let inside = |s: &&(u64, u64, u64)| address >= s.0 && address - s.0 < s.1;
        segments.iter().find(inside).map(|s| address - s.0 + s.2)
    };
    let dynamic = (0..count).find(|&i| elf.u32(header(i)) == Some(DYNAMIC))?;
    let (start, bytes) = (elf.u64(header(dynamic) + 8)?, elf.u64(header(dynamic) + 32)?);
    let entry = |tag: u64| {
        let at = (0..bytes / 16).map(|i| start + i * 16).find(|&at| elf.u64(at) == Some(tag))?;
        place(elf.u64(at + 8)?)
    };
    let (strings, symbols, table) = (entry(STRTAB)?, entry(SYMTAB)?, entry(GNU_HASH)?);
    let (buckets, first, words) = (elf.u32(table)?, elf.u32(table + 4)?, elf.u32(table + 8)?);
    if buckets == 0 {
        return Some(false);
    }
    let hash = symbol.bytes().fold(5381u32, |h, b| h.wrapping_mul(33).wrapping_add(b.into()));
    let bucket_at = table + 16 + u64::from(words) * 8;
    let chain = bucket_at + u64::from(buckets) * 4;
    let mut index = elf.u32(bucket_at + u64::from(hash % buckets) * 4)?;
    if index < first {
        return Some(false);
    }
    loop {
        let link = elf.u32(chain + u64::from(index - first) * 4)?;
        if link | 1 == hash | 1 {
            let at = symbols + u64::from(index) * 24;
            let mut name = vec![0; symbol.len() + 1];
            elf.0.read_exact_at(&mut name, strings + u64::from(elf.u32(at)?)).ok()?;
            if name.strip_suffix(&[0]) == Some(symbol.as_bytes()) && elf.u16(at + 6)? != 0 {
                return Some(true);
            }
        }
        if link & 1 == 1 {
            return Some(false);
        }
        index = index.checked_add(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_has_printf() {
        let found = libraries_with("printf", &[]);
        assert!(found.iter().any(|p| p.to_string_lossy().contains("libc.so")), "{found:?}");
        assert!(libraries_with("no_library_has_this_name", &[]).is_empty());
        assert_eq!(short(Path::new("/usr/lib/libsqlite3.so.0.8.6")), "sqlite3");
    }
}
