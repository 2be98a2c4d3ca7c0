//! Strings, symbols, keywords: the heap types. Operations on strings that programs call are `native/string.rs`.

mod name;
mod regex;
mod tagged;

pub use name::{Keyword, Symbol};
pub use regex::{Matcher, Regex, Spans, behind};
pub use tagged::{ClassObject, FileName, Inst, MONTHS, ReaderConditional, TaggedLiteral, Uuid, WEEKDAYS};

use crate::heap::{self, Gc, Header, HeapType, Tailed, TypeId};
use crate::value::Value;
use std::sync::atomic::{AtomicU32, Ordering};

/// A string: UTF-8, ended by a zero byte behind the tail so that C++ reads it in place; length in UTF-16 units kept, for
/// that is what programs see. `len` of the header is bytes.
#[repr(C)]
pub struct Text {
    header: Header,
    /// Clojure's hash of the string, 0 while it is not known.
    pub(crate) hash: AtomicU32,
    units: u32,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Text {
    const TYPE: TypeId = TypeId::TEXT;
}
// SAFETY: bytes follow the 16 bytes of fields.
unsafe impl Tailed for Text {
    type Item = u8;
}

impl Text {
    pub fn new(s: &str) -> Gc<Text> {
        let units = if s.is_ascii() { s.len() } else { s.encode_utf16().count() };
        heap::new_atomic_tail(
            Text { header: Header::blank(), hash: AtomicU32::new(0), units: units as u32 },
            s.as_bytes(),
            1,
        )
    }
    pub fn value(s: &str) -> Value {
        Text::new(s).value()
    }
    /// Length in UTF-16 units: `(count s)`.
    pub fn units(&self) -> usize {
        self.units as usize
    }
}

impl Gc<Text> {
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: texts are made from `str` only.
        unsafe { std::str::from_utf8_unchecked(self.tail()) }
    }
    pub fn is_ascii(&self) -> bool {
        self.units as usize == self.header().len()
    }
    /// The characters as a zero-ended C string that lives as long as the text.
    pub fn as_c_ptr(&self) -> *const std::ffi::c_char {
        self.tail_ptr().cast()
    }
    pub fn cached_hash(&self) -> Option<u32> {
        Some(self.hash.load(Ordering::Relaxed)).filter(|&h| h != 0)
    }
    pub fn cache_hash(&self, h: u32) {
        self.hash.store(h, Ordering::Relaxed);
    }
}

/// The text of a string value.
pub fn as_text(v: &Value) -> Option<Gc<Text>> {
    v.cast::<Text>()
}
