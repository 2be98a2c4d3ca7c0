//! A table off every heap: addresses, and a few words with each. Its memory is mapped, so the collector does not see it;
//! it has no locks, so it can be read while the world is stopped, wherever the threads were. A bounded probe keeps every
//! operation short; what finds no room is left out, and the mode sees a little less.

use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

const SLOTS: usize = 1 << 21;
const PROBE: usize = 64;
const EMPTY: usize = 0;
const GONE: usize = 1;
const TAKEN: usize = 2;

pub(super) struct Table<const N: usize> {
    keys: AtomicPtr<AtomicUsize>,
    words: AtomicPtr<[AtomicU64; N]>,
}

/// Zeroed memory that nothing scans and that costs nothing until it is touched.
pub(super) fn map(bytes: usize) -> *mut u8 {
    let (access, flags) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE);
    // SAFETY: a fresh private mapping.
    let p = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, flags, -1, 0) };
    assert_ne!(p, libc::MAP_FAILED, "no address space for a debug mode of the heap");
    p.cast()
}

impl<const N: usize> Table<N> {
    pub const fn new() -> Table<N> {
        Table { keys: AtomicPtr::new(std::ptr::null_mut()), words: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// Before anything else is called, by one thread.
    pub fn open(&self) {
        if self.keys.load(Ordering::Acquire).is_null() {
            self.words.store(map(SLOTS * size_of::<[AtomicU64; N]>()).cast(), Ordering::Release);
            self.keys.store(map(SLOTS * size_of::<AtomicUsize>()).cast(), Ordering::Release);
        }
    }

    fn keys(&self) -> &[AtomicUsize] {
        let p = self.keys.load(Ordering::Acquire);
        if p.is_null() {
            return &[];
        }
        // SAFETY: mapped by `open` for so many, and never unmapped.
        unsafe { std::slice::from_raw_parts(p, SLOTS) }
    }
    fn at(&self, i: usize) -> &[AtomicU64; N] {
        // SAFETY: asked with an index of `keys` only, which is mapped after the words.
        unsafe { &*self.words.load(Ordering::Acquire).add(i) }
    }

    fn probe(key: usize) -> impl Iterator<Item = usize> {
        let hash = (key >> 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        (0..PROBE).map(move |i| (hash + i) % SLOTS)
    }

    /// The words of the key, new where it was not there; none where there is no room.
    pub fn insert(&self, key: usize, words: [u64; N]) -> Option<&[AtomicU64; N]> {
        let keys = self.keys();
        for i in Self::probe(key).filter(|_| !keys.is_empty()) {
            let now = keys[i].load(Ordering::Acquire);
            let free = now == EMPTY || now == GONE;
            if free && keys[i].compare_exchange(now, TAKEN, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                self.at(i).iter().zip(words).for_each(|(w, v)| w.store(v, Ordering::Relaxed));
                keys[i].store(key, Ordering::Release);
                return self.sole(key, i);
            }
        }
        None
    }

    /// Of two that inserted one key, the first in probing order stays.
    fn sole(&self, key: usize, mine: usize) -> Option<&[AtomicU64; N]> {
        let first = self.position(key)?;
        if first != mine {
            self.keys()[mine].store(GONE, Ordering::Release);
        }
        Some(self.at(first))
    }

    fn position(&self, key: usize) -> Option<usize> {
        let keys = self.keys();
        for i in Self::probe(key).filter(|_| !keys.is_empty()) {
            match keys[i].load(Ordering::Acquire) {
                EMPTY => return None,
                k if k == key => return Some(i),
                _ => {}
            }
        }
        None
    }

    pub fn find(&self, key: usize) -> Option<&[AtomicU64; N]> {
        self.position(key).map(|i| self.at(i))
    }

    pub fn remove(&self, key: usize) {
        if let Some(i) = self.position(key) {
            self.keys()[i].store(GONE, Ordering::Release);
        }
    }

    /// Calls `f` with each key and its words; those it answers false for are removed.
    pub fn retain(&self, mut f: impl FnMut(usize, &[AtomicU64; N]) -> bool) {
        for (i, k) in self.keys().iter().enumerate() {
            let key = k.load(Ordering::Acquire);
            if key > TAKEN && !f(key, self.at(i)) {
                k.store(GONE, Ordering::Release);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_is_found_until_it_is_removed() {
        static T: Table<2> = Table::new();
        assert!(T.insert(64, [1, 2]).is_none(), "not open");
        T.open();
        for i in 1..5000usize {
            assert!(T.insert(i * 16, [i as u64, 7]).is_some());
        }
        assert!(T.insert(32, [9, 9]).is_some_and(|w| w[0].load(Ordering::Relaxed) == 2), "the first stays");
        T.remove(48);
        assert!(T.find(48).is_none() && T.find(64).is_some_and(|w| w[1].load(Ordering::Relaxed) == 7));
        let mut left = 0;
        T.retain(|k, _| {
            left += 1;
            k == 80
        });
        assert_eq!(left, 4998);
        assert!(T.find(80).is_some() && T.find(96).is_none());
    }
}
