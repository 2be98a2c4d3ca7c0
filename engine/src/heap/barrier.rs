//! Mutable fields and the write barrier. libgc needs none; the collector that will follow does, so every store goes
//! through it from the first day, and `gc.verify` reports the ones that did not.

use super::debug::{self, VERIFY};
use super::object::{Gc, HeapType};
use crate::value::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// A field of a heap object that changes after construction. Loads acquire, stores release.
#[repr(transparent)]
pub struct Mutable(AtomicU64);

impl Mutable {
    pub const fn new(v: Value) -> Mutable {
        Mutable(AtomicU64::new(v.bits()))
    }
    #[inline(always)]
    pub fn get(&self) -> Value {
        Value::from_bits(self.0.load(Ordering::Acquire))
    }
    /// Stores `v` into this field of `owner`.
    #[inline(always)]
    pub fn set<T: HeapType>(&self, owner: Gc<T>, v: Value) {
        self.begin(owner.value());
        self.0.store(v.bits(), Ordering::Release);
        self.end(owner.value());
    }
    /// Compare-and-set by identity; true where it was done.
    pub fn compare_and_set<T: HeapType>(&self, owner: Gc<T>, old: Value, new: Value) -> bool {
        self.begin(owner.value());
        let done = self.0.compare_exchange(old.bits(), new.bits(), Ordering::AcqRel, Ordering::Acquire).is_ok();
        self.end(owner.value());
        done
    }
    /// Registers the field with `gc.verify`: called once where the object is made.
    pub fn watch<T: HeapType>(&self, owner: Gc<T>) {
        if VERIFY.load(Ordering::Relaxed) {
            debug::watch(owner.value().address(), &self.0);
        }
    }
    /// The field's address, for compiled code that loads it (acquire).
    pub fn as_ptr(&self) -> *const u64 {
        self.0.as_ptr()
    }
    #[inline(always)]
    fn begin(&self, owner: Value) {
        if VERIFY.load(Ordering::Relaxed) {
            debug::before_store(owner.address(), &self.0);
        }
    }
    #[inline(always)]
    fn end(&self, owner: Value) {
        if VERIFY.load(Ordering::Relaxed) {
            debug::after_store(owner.address(), &self.0);
        }
    }
}
