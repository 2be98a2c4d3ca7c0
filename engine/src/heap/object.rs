//! Headers, typed references and allocation of objects with and without a tail.

use super::collector;
use super::types::TypeId;
use crate::value::Value;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// The first word of every object. Zero means 'not yet an object'.
#[repr(transparent)]
#[derive(Debug)]
pub struct Header(AtomicU64);

impl Header {
    /// A header for a struct literal; `new` and friends overwrite it, so its type does not matter.
    pub const fn blank() -> Header {
        Header(AtomicU64::new(0))
    }
    #[inline(always)]
    pub fn type_id(&self) -> TypeId {
        TypeId((self.0.load(Ordering::Relaxed) & 0xf_ffff) as u32)
    }
    /// Items in the tail.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.0.load(Ordering::Relaxed) >> 32) as usize
    }
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// One of the twelve state bits (0–11).
    #[inline(always)]
    pub fn flag(&self, bit: u32) -> bool {
        self.0.load(Ordering::Relaxed) >> (20 + bit) & 1 != 0
    }
    pub fn set_flag(&self, bit: u32) {
        self.0.fetch_or(1 << (20 + bit), Ordering::Relaxed);
    }
    /// Retypes an object in place: a transient that became persistent. Same layout is the caller's promise.
    pub fn set_type(&self, ty: TypeId) {
        let old = self.0.load(Ordering::Relaxed);
        self.0.store(old & !0xf_ffff | ty.0 as u64, Ordering::Relaxed);
    }
    /// Shortens the tail: a buffer that was over-allocated. Never lengthens.
    pub fn shrink(&self, len: usize) {
        debug_assert!(len <= self.len());
        let old = self.0.load(Ordering::Relaxed);
        self.0.store(old & 0xffff_ffff | (len as u64) << 32, Ordering::Relaxed);
    }
    pub(crate) fn word(ty: TypeId, len: usize) -> u64 {
        debug_assert!(len <= u32::MAX as usize);
        ty.0 as u64 | (len as u64) << 32
    }
}

/// A type of heap object: `#[repr(C)]`, a [`Header`] first, no destructor.
///
/// # Safety
/// `TYPE` is this type's alone, the layout is as said, and the type does not implement `Drop`.
pub unsafe trait HeapType: Sized {
    const TYPE: TypeId;
}

/// A heap type whose objects end in `header.len()` items.
///
/// # Safety
/// The items start right behind `Self`, whose size is a multiple of their alignment (at most 8).
pub unsafe trait Tailed: HeapType {
    type Item: Copy;
}

/// A reference to a live object. Copy; keeps it alive as a [`Value`] does.
#[repr(transparent)]
pub struct Gc<T>(NonNull<T>, PhantomData<T>);

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Gc<T> {}
impl<T> PartialEq for Gc<T> {
    /// Identity.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Gc<T> {}
impl<T> std::fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gc({:p})", self.0)
    }
}

impl<T: HeapType> Gc<T> {
    /// # Safety
    /// `p` is the address of a live object of type `T`.
    #[inline(always)]
    pub unsafe fn from_ptr(p: *mut T) -> Gc<T> {
        // SAFETY: the caller's promise; a live object is not null.
        Gc(unsafe { NonNull::new_unchecked(p) }, PhantomData)
    }
    #[inline(always)]
    pub fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_pointer(self.0.as_ptr().cast())
    }
    #[inline(always)]
    pub fn header(&self) -> &Header {
        // SAFETY: every heap type starts with its header.
        unsafe { self.0.cast::<Header>().as_ref() }
    }
}

impl<T: Tailed> Gc<T> {
    /// The items behind the fields. The borrow is of this `Gc`, so the owner stays on the stack while it is read.
    #[inline(always)]
    pub fn tail(&self) -> &[T::Item] {
        // SAFETY: `Tailed` says where the items are, the header how many; they were initialised at allocation.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().add(1).cast(), self.header().len()) }
    }
    /// Address of the items, for code that fills an object nobody else has seen yet, or owns it (transients).
    #[inline(always)]
    pub fn tail_ptr(self) -> *mut T::Item {
        // SAFETY: one past the fields is inside the object or at its end.
        unsafe { self.0.as_ptr().add(1).cast() }
    }
}

impl<T> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: a `Gc` names a live object; fields that change are atomics behind `Mutable`.
        unsafe { self.0.as_ref() }
    }
}

impl<T: HeapType> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(g: Gc<T>) -> Value {
        g.value()
    }
}

/// Writes the fields, then the header.
#[inline(always)]
unsafe fn fill<T: HeapType>(p: *mut u8, init: T, len: usize) -> Gc<T> {
    // SAFETY: `p` is fresh memory of at least `size_of::<T>()` bytes, aligned to 16; its first word is the header.
    unsafe {
        let init = std::mem::ManuallyDrop::new(init);
        let fields = size_of::<T>() - 8;
        std::ptr::copy_nonoverlapping((&raw const init).cast::<u8>().add(8), p.add(8), fields);
        (*p.cast::<Header>()).0.store(Header::word(T::TYPE, len), Ordering::Release);
        Gc::from_ptr(p.cast())
    }
}

/// A new object without a tail.
#[inline(always)]
pub fn new<T: HeapType>(init: T) -> Gc<T> {
    const { assert!(align_of::<T>() <= 8 && size_of::<T>() >= 8) };
    let p = collector::allocate(size_of::<T>());
    // SAFETY: fresh memory of that size.
    unsafe { fill(p, init, 0) }
}

/// A new object with a copy of `items` behind it.
#[inline]
pub fn new_tail<T: Tailed>(init: T, items: &[T::Item]) -> Gc<T> {
    let p = collector::allocate(size_of::<T>() + size_of_val(items));
    // SAFETY: fresh memory that has room for the fields and the items.
    unsafe {
        std::ptr::copy_nonoverlapping(items.as_ptr(), p.add(size_of::<T>()).cast(), items.len());
        fill(p, init, items.len())
    }
}

/// A new object with two runs of items behind it: an array with one more item.
#[inline]
pub fn new_tail_from<T: Tailed>(init: T, first: &[T::Item], second: &[T::Item]) -> Gc<T> {
    let p = collector::allocate(size_of::<T>() + size_of_val(first) + size_of_val(second));
    // SAFETY: as above, both runs have room.
    unsafe {
        let tail: *mut T::Item = p.add(size_of::<T>()).cast();
        std::ptr::copy_nonoverlapping(first.as_ptr(), tail, first.len());
        std::ptr::copy_nonoverlapping(second.as_ptr(), tail.add(first.len()), second.len());
        fill(p, init, first.len() + second.len())
    }
}

/// A new object of `len` items, item `i` being `item(i)`. `item` may allocate.
#[inline]
pub fn new_tail_with<T: Tailed>(init: T, len: usize, mut item: impl FnMut(usize) -> T::Item) -> Gc<T> {
    let p = collector::allocate(size_of::<T>() + len * size_of::<T::Item>());
    // SAFETY: fresh memory with room; the object is reachable from this stack frame while `item` runs, and what is
    // already stored in it is scanned, for the collector looks at all of an object's words.
    unsafe {
        let tail: *mut T::Item = p.add(size_of::<T>()).cast();
        for i in 0..len {
            tail.add(i).write(item(i));
        }
        fill(p, init, len)
    }
}

/// A new object without any word for the collector in it: bytes, digits. `init`'s fields must not be values.
#[inline]
pub fn new_atomic_tail<T: Tailed>(init: T, items: &[T::Item], padding: usize) -> Gc<T> {
    let used = size_of::<T>() + size_of_val(items);
    let p = collector::allocate_atomic(used + padding);
    // SAFETY: fresh memory with room; `padding` bytes behind the items are zeroed, for this kind of memory is not.
    unsafe {
        std::ptr::copy_nonoverlapping(items.as_ptr(), p.add(size_of::<T>()).cast(), items.len());
        std::ptr::write_bytes(p.add(used), 0, padding);
        fill(p, init, items.len())
    }
}
