//! What is read by index: subvectors, the seqs over vectors forwards and backwards, over strings and arrays.

use super::list::MapEntry;
use super::object::{Items, heap_type};
use super::vector::Vector;
use crate::heap::{self, Gc, Header, TypeId, ValueArray};
use crate::text::Text;
use crate::value::Value;
use std::sync::atomic::AtomicU32;

/// Items `start..end` of a vector.
#[repr(C)]
pub struct Subvec {
    header: Header,
    pub vec: Gc<Vector>,
    pub start: u32,
    pub end: u32,
    pub meta: Value,
    pub(super) hash: AtomicU32,
    _pad: u32,
}
heap_type!(Subvec, SUBVEC);

/// From an index on, over anything that [`nth`] reads. Chunked over a real vector.
#[repr(C)]
pub struct VecSeq {
    header: Header,
    pub vec: Value,
    pub meta: Value,
    pub index: u32,
    _pad: u32,
}
heap_type!(VecSeq, VECTOR_SEQ);

/// From an index down.
#[repr(C)]
pub struct ReverseSeq {
    header: Header,
    pub vec: Value,
    pub meta: Value,
    pub index: u32,
    _pad: u32,
}
heap_type!(ReverseSeq, REVERSE_SEQ);

/// From a byte of a text on; `low` where the second half of a surrogate pair comes first.
#[repr(C)]
pub struct StringSeq {
    header: Header,
    pub text: Gc<Text>,
    pub meta: Value,
    byte: u32,
    low: u32,
    /// UTF-16 units left.
    pub left: u32,
    _pad: u32,
}
heap_type!(StringSeq, STRING_SEQ);

#[repr(C)]
pub struct ArraySeq {
    header: Header,
    pub array: Value,
    pub meta: Value,
    pub index: u32,
    pub len: u32,
}
heap_type!(ArraySeq, ARRAY_SEQ);

/// Length of a vector, subvector or map entry.
#[inline]
pub fn len(v: Value) -> Option<usize> {
    match v.type_id() {
        TypeId::VECTOR => v.cast::<Vector>().map(|x| x.count()),
        TypeId::MAP_ENTRY => Some(2),
        TypeId::SUBVEC => v.cast::<Subvec>().map(|s| (s.end - s.start) as usize),
        _ => None,
    }
}

/// Item `i` of a vector, subvector or map entry.
#[inline]
pub fn nth(v: Value, i: usize) -> Option<Value> {
    match v.type_id() {
        TypeId::VECTOR => v.cast::<Vector>()?.nth(i),
        TypeId::MAP_ENTRY => {
            let e = v.cast::<MapEntry>()?;
            [e.key, e.val].get(i).copied()
        }
        TypeId::SUBVEC => {
            let s = v.cast::<Subvec>()?;
            if i < (s.end - s.start) as usize { s.vec.nth(s.start as usize + i) } else { None }
        }
        _ => None,
    }
}

/// A vector, subvector or entry as a vector object.
pub fn to_vector(v: Value) -> Option<Gc<Vector>> {
    match v.type_id() {
        TypeId::VECTOR => v.cast(),
        TypeId::MAP_ENTRY => v.cast::<MapEntry>().map(|e| Vector::from_slice(&[e.key, e.val])),
        TypeId::SUBVEC => v.cast::<Subvec>().map(|s| {
            let mut items = heap::GcVec::with_capacity((s.end - s.start) as usize);
            for i in s.start as usize..s.end as usize {
                items.push(s.vec.nth(i).unwrap_or(Value::NIL));
            }
            Vector::from_slice(&items).with_meta(s.meta)
        }),
        _ => None,
    }
}

/// The items from `i` to the end of their block.
pub fn block(v: Value, i: usize) -> Option<Items> {
    match v.type_id() {
        TypeId::VECTOR => v.cast::<Vector>().filter(|x| i < x.count()).map(|x| x.block(i)),
        TypeId::SUBVEC => {
            let s = v.cast::<Subvec>()?;
            let at = s.start as usize + i;
            (at < s.end as usize).then(|| s.vec.block(at).limit(s.end as usize - at))
        }
        _ => None,
    }
}

impl Subvec {
    /// `start <= end <= count` of the vector is the caller's.
    pub fn new(vec: Gc<Vector>, start: usize, end: usize, meta: Value) -> Gc<Subvec> {
        let (start, end, hash) = (start as u32, end as u32, AtomicU32::new(0));
        heap::new(Subvec { header: Header::blank(), vec, start, end, meta, hash, _pad: 0 })
    }
}

impl VecSeq {
    pub fn new(vec: Value, index: usize, meta: Value) -> Gc<VecSeq> {
        heap::new(VecSeq { header: Header::blank(), vec, meta, index: index as u32, _pad: 0 })
    }
    /// The seq from `index` on, nil at the end.
    pub fn from(vec: Value, index: usize) -> Value {
        if index < len(vec).unwrap_or(0) { VecSeq::new(vec, index, Value::NIL).value() } else { Value::NIL }
    }
}

impl ReverseSeq {
    pub fn new(vec: Value, index: usize, meta: Value) -> Gc<ReverseSeq> {
        heap::new(ReverseSeq { header: Header::blank(), vec, meta, index: index as u32, _pad: 0 })
    }
}

impl StringSeq {
    pub fn of(text: Gc<Text>) -> Value {
        StringSeq::at(text, 0, 0, text.units() as u32, Value::NIL)
    }
    fn at(text: Gc<Text>, byte: u32, low: u32, left: u32, meta: Value) -> Value {
        if left == 0 {
            return Value::NIL;
        }
        heap::new(StringSeq { header: Header::blank(), text, meta, byte, low, left, _pad: 0 }).value()
    }
    fn char(&self) -> char {
        self.text.as_str()[self.byte as usize..].chars().next().unwrap_or('\0')
    }
    pub fn first(&self) -> Value {
        let mut units = [0; 2];
        let c = self.char();
        c.encode_utf16(&mut units);
        Value::char(units[self.low as usize] as u32)
    }
    pub fn next(&self) -> Value {
        let c = self.char();
        if c.len_utf16() == 2 && self.low == 0 {
            return StringSeq::at(self.text, self.byte, 1, self.left - 1, Value::NIL);
        }
        StringSeq::at(self.text, self.byte + c.len_utf8() as u32, 0, self.left - 1, Value::NIL)
    }
    pub fn with_meta(&self, meta: Value) -> Value {
        StringSeq::at(self.text, self.byte, self.low, self.left, meta)
    }
}

impl ArraySeq {
    pub fn at(array: Value, index: usize, len: usize, meta: Value) -> Value {
        if index >= len {
            return Value::NIL;
        }
        let (index, len) = (index as u32, len as u32);
        heap::new(ArraySeq { header: Header::blank(), array, meta, index, len }).value()
    }
}

/// The items of an object array.
pub fn array_items(v: Value) -> Option<Items> {
    v.cast::<ValueArray>().map(|a| Items::of(a, 0, a.header().len()))
}

/// UTF-16 unit `i` of a text.
pub fn unit_at(t: Gc<Text>, i: usize) -> Option<Value> {
    if t.is_ascii() {
        return t.as_str().as_bytes().get(i).map(|&b| Value::char(b as u32));
    }
    t.as_str().encode_utf16().nth(i).map(|u| Value::char(u as u32))
}
