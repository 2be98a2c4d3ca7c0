//! A growable buffer of values that the collector sees: what a `Vec<Value>` must never be.

use super::object::{self, Gc, Header, HeapType, Tailed};
use super::types::TypeId;
use crate::value::Value;
use std::ops::{Deref, DerefMut};

/// The buffer, also the program's `object-array`.
#[repr(C)]
pub struct ValueArray {
    header: Header,
}
// SAFETY: repr(C), header only, values behind it.
unsafe impl HeapType for ValueArray {
    const TYPE: TypeId = TypeId::VALUE_ARRAY;
}
// SAFETY: the items follow the header, which is 8 bytes.
unsafe impl Tailed for ValueArray {
    type Item = Value;
}

/// A vector of values in a heap buffer. It must itself live on a native stack (it holds the only reference).
pub struct GcVec {
    buffer: Option<Gc<ValueArray>>,
    len: usize,
}

impl GcVec {
    pub const fn new() -> GcVec {
        GcVec { buffer: None, len: 0 }
    }
    pub fn with_capacity(n: usize) -> GcVec {
        GcVec { buffer: if n == 0 { None } else { Some(Self::buffer(n)) }, len: 0 }
    }
    fn buffer(n: usize) -> Gc<ValueArray> {
        object::new_tail_with(ValueArray { header: Header::blank() }, n, |_| Value::ZERO)
    }
    fn capacity(&self) -> usize {
        self.buffer.map_or(0, |b| b.header().len())
    }
    pub fn push(&mut self, v: Value) {
        if self.len == self.capacity() {
            let grown = Self::buffer((self.len * 2).max(8));
            if let Some(old) = self.buffer {
                // SAFETY: `grown` is new and longer than what is copied.
                unsafe { std::ptr::copy_nonoverlapping(old.tail_ptr(), grown.tail_ptr(), self.len) };
            }
            self.buffer = Some(grown);
        }
        if let Some(b) = self.buffer {
            // SAFETY: `len` is below the capacity now; the buffer is this vector's own.
            unsafe { b.tail_ptr().add(self.len).write(v) };
            self.len += 1;
        }
    }
    pub fn pop(&mut self) -> Option<Value> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: the index is below the old length.
        self.buffer.map(|b| unsafe { b.tail_ptr().add(self.len).read() })
    }
    pub fn truncate(&mut self, n: usize) {
        self.len = self.len.min(n);
    }
    pub fn extend_from_slice(&mut self, vs: &[Value]) {
        for &v in vs {
            self.push(v);
        }
    }
    /// The buffer as a program's array, exactly as long as the vector.
    pub fn into_array(self) -> Gc<ValueArray> {
        match self.buffer {
            Some(b) => {
                b.header().shrink(self.len);
                b
            }
            None => Self::buffer(0),
        }
    }
}

impl Default for GcVec {
    fn default() -> Self {
        GcVec::new()
    }
}

impl Deref for GcVec {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        match &self.buffer {
            Some(b) => &b.tail()[..self.len],
            None => &[],
        }
    }
}
impl DerefMut for GcVec {
    fn deref_mut(&mut self) -> &mut [Value] {
        match self.buffer {
            // SAFETY: the buffer is this vector's own and has `len` initialised items.
            Some(b) => unsafe { std::slice::from_raw_parts_mut(b.tail_ptr(), self.len) },
            None => &mut [],
        }
    }
}
impl FromIterator<Value> for GcVec {
    fn from_iter<I: IntoIterator<Item = Value>>(iter: I) -> Self {
        let iter = iter.into_iter();
        let mut v = GcVec::with_capacity(iter.size_hint().0);
        for x in iter {
            v.push(x);
        }
        v
    }
}
