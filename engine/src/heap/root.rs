//! Roots held by Rust data off the heap.

use super::collector;
use crate::value::Value;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// A registered place that keeps one value alive, whoever owns the `Root`.
pub struct Root(NonNull<AtomicU64>);

// SAFETY: the cell is only loaded and stored atomically, and freeing it is libgc's, which locks.
unsafe impl Send for Root {}
// SAFETY: as above.
unsafe impl Sync for Root {}

impl Root {
    pub fn new(v: Value) -> Root {
        let cell: NonNull<AtomicU64> = collector::uncollectable(8).cast();
        // SAFETY: fresh memory of eight bytes that the collector scans and does not free.
        unsafe { cell.as_ref() }.store(v.bits(), Ordering::Release);
        Root(cell)
    }
    #[inline]
    pub fn get(&self) -> Value {
        // SAFETY: the cell lives until this `Root` is dropped.
        Value::from_bits(unsafe { self.0.as_ref() }.load(Ordering::Acquire))
    }
    /// Where the value lies, for code that reads it without this type; good as long as the `Root`.
    pub fn cell(&self) -> *const Value {
        self.0.as_ptr().cast()
    }
    pub fn set(&self, v: Value) {
        // SAFETY: as above.
        unsafe { self.0.as_ref() }.store(v.bits(), Ordering::Release);
    }
    pub fn compare_and_set(&self, old: Value, new: Value) -> bool {
        // SAFETY: as above.
        unsafe { self.0.as_ref() }.compare_exchange(old.bits(), new.bits(), Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // SAFETY: the cell came from `uncollectable` and is freed once.
        unsafe { collector::uncollectable_free(self.0.cast()) }
    }
}
