//! The object store that outlives the process: a file an object under the user's cache folder. Written to a temporary
//! file and renamed; each file carries the hash of its content, and what does not match is ignored and written again.

use engine::host::ObjectStore;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// `$XDG_CACHE_HOME/rung`, else `~/.cache/rung`.
pub fn folder() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = named("XDG_CACHE_HOME").filter(|p| p.is_absolute());
    base.or_else(|| named("HOME").map(|h| h.join(".cache"))).unwrap_or_else(std::env::temp_dir).join("rung")
}

/// Begins every file; the format's version is in it.
const MAGIC: &[u8; 8] = b"rungobj1";
const HASH: usize = 32;

pub struct Files {
    folder: PathBuf,
}

impl Files {
    pub fn new(folder: PathBuf) -> Files {
        Files { folder }
    }

    fn path(&self, kind: &str, key: &[u8; 32]) -> PathBuf {
        let name: String = key.iter().map(|b| format!("{b:02x}")).collect();
        self.folder.join(kind).join(&name[..2]).join(name)
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".{}.{n}", std::process::id()));
    let done = fs::File::create(&temporary).and_then(|mut f| {
        f.write_all(MAGIC)?;
        f.write_all(blake3::hash(bytes).as_bytes())?;
        f.write_all(bytes)
    });
    match done.and_then(|()| fs::rename(&temporary, path)) {
        Ok(()) => Ok(()),
        Err(e) => {
            let _ = fs::remove_file(&temporary);
            Err(e)
        }
    }
}

impl ObjectStore for Files {
    fn get(&self, kind: &str, key: &[u8; 32]) -> Option<Vec<u8>> {
        let found = self.sound(kind, key);
        let counter = if found.is_some() { &HITS } else { &MISSES };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// A cache that cannot be written is no error of the program's.
    fn put(&self, kind: &str, key: &[u8; 32], bytes: &[u8]) {
        let _ = write(&self.path(kind, key), bytes);
    }
}

static HITS: AtomicU64 = AtomicU64::new(0);
static MISSES: AtomicU64 = AtomicU64::new(0);

/// Objects found so far.
pub fn hits() -> u64 {
    HITS.load(Ordering::Relaxed)
}

/// Objects sought in vain so far.
pub fn misses() -> u64 {
    MISSES.load(Ordering::Relaxed)
}

impl Files {
    /// What is stored, if it is whole.
    fn sound(&self, kind: &str, key: &[u8; 32]) -> Option<Vec<u8>> {
        let mut all = fs::read(self.path(kind, key)).ok()?;
        let sound = all.len() >= MAGIC.len() + HASH
            && all.starts_with(MAGIC)
            && blake3::hash(&all[MAGIC.len() + HASH..]).as_bytes() == &all[MAGIC.len()..MAGIC.len() + HASH];
        if !sound {
            return None;
        }
        Some(all.split_off(MAGIC.len() + HASH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_ignored_and_written_again() {
        let folder = std::env::temp_dir().join(format!("rung-store-{}", std::process::id()));
        let store = Files::new(folder.clone());
        let key = [7; 32];
        assert_eq!(store.get("object", &key), None);
        store.put("object", &key, b"bytes");
        assert_eq!(store.get("object", &key).as_deref(), Some(&b"bytes"[..]));
        assert_eq!(store.get("other", &key), None);
        let path = store.path("object", &key);
        let mut raw = fs::read(&path).unwrap();
        *raw.last_mut().unwrap() ^= 1;
        fs::write(&path, &raw).unwrap();
        assert_eq!(store.get("object", &key), None);
        fs::write(&path, b"").unwrap();
        assert_eq!(store.get("object", &key), None);
        store.put("object", &key, b"again");
        assert_eq!(store.get("object", &key).as_deref(), Some(&b"again"[..]));
        fs::remove_dir_all(folder).unwrap();
    }
}
