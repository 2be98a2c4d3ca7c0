//! What the collections' heap types share: the declaration macro, runs of values inside an object, keeping an owner
//! alive, stores into objects that a transient owns.

use crate::heap::{Gc, HeapType, Tailed};
use crate::value::Value;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

/// Declares a heap type: `heap_type!(List, LIST)`, with values behind it `heap_type!(Vector, VECTOR, Value)`.
macro_rules! heap_type {
    ($t:ty, $id:ident) => {
        // SAFETY: `#[repr(C)]`, the header is the first field, no destructor; the id is this type's alone.
        unsafe impl $crate::heap::HeapType for $t {
            const TYPE: $crate::heap::TypeId = $crate::heap::TypeId::$id;
        }
    };
    ($t:ty, $id:ident, $item:ty) => {
        heap_type!($t, $id);
        // SAFETY: the fields' size is a multiple of eight; the items follow them.
        unsafe impl $crate::heap::Tailed for $t {
            type Item = $item;
        }
    };
}
pub(crate) use heap_type;

/// Keeps what `v` names alive up to here: the compiler must have the word somewhere the collector looks.
#[inline(always)]
pub fn keep(v: Value) {
    // SAFETY: no instruction; the operand forces the word into a register.
    unsafe { std::arch::asm!("/* {0} */", in(reg) v.bits(), options(nomem, nostack, preserves_flags)) }
}

/// The object as a `T`, without a look at its header.
///
/// # Safety
/// `v` is a pointer word to a live `T`.
#[inline(always)]
pub unsafe fn unchecked<T: HeapType>(v: Value) -> Gc<T> {
    debug_assert!(v.is::<T>(), "{v:?} is not a {:?}", T::TYPE);
    // SAFETY: the caller's promise.
    unsafe { Gc::from_ptr(v.address() as *mut T) }
}

/// A run of values inside a heap object. Keeps the object alive as long as it lives itself.
#[derive(Clone)]
pub struct Items {
    owner: Value,
    start: *const Value,
    len: usize,
}

impl Items {
    /// Items `from..to` of the object's tail.
    pub fn of<T: Tailed<Item = Value>>(owner: Gc<T>, from: usize, to: usize) -> Items {
        debug_assert!(from <= to && to <= owner.header().len());
        // SAFETY: inside the tail.
        Items { owner: owner.value(), start: unsafe { owner.tail_ptr().add(from) }, len: to - from }
    }
    pub const fn none() -> Items {
        Items { owner: Value::NIL, start: std::ptr::null(), len: 0 }
    }
    pub fn owner(&self) -> Value {
        self.owner
    }
    /// Takes the first item off.
    #[inline(always)]
    pub fn take_first(&mut self) -> Option<Value> {
        if self.len == 0 {
            return None;
        }
        self.len -= 1;
        // SAFETY: there was an item left; the owner is alive.
        unsafe {
            let v = self.start.read();
            self.start = self.start.add(1);
            Some(v)
        }
    }
    /// At most the first `n`.
    pub fn limit(mut self, n: usize) -> Items {
        self.len = self.len.min(n);
        self
    }
    pub fn skip(mut self, n: usize) -> Items {
        let n = n.min(self.len);
        // SAFETY: at most one past the last item.
        self.start = unsafe { self.start.add(n) };
        self.len -= n;
        self
    }
}
impl Deref for Items {
    type Target = [Value];
    #[inline(always)]
    fn deref(&self) -> &[Value] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: `of` checked the bounds; the owner lives as long as `self` (see `drop`).
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}
impl Drop for Items {
    #[inline(always)]
    fn drop(&mut self) {
        keep(self.owner);
    }
}

/// Stores into an item of an object that is fresh, or owned by a transient: not yet published, one thread's.
/// A collector with a write barrier hears of it here.
#[inline(always)]
pub fn store<T: Tailed<Item = Value>>(owner: Gc<T>, i: usize, v: Value) {
    debug_assert!(i < owner.header().len());
    // SAFETY: inside the tail; nobody else reads the object yet (edit ownership).
    unsafe { owner.tail_ptr().add(i).write(v) };
}

/// A number for the owner of the nodes that a transient may change in place; never 0, never used twice.
pub fn new_edit() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Owner of what nobody may change.
pub const FROZEN: u64 = 0;
