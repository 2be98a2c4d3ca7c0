//! Lists, the empty list, conses, map entries.

use super::object::heap_type;
use crate::heap::{self, Gc, Header, Root};
use crate::value::Value;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;

/// A counted list of at least one item; `rest` is a list or the empty list.
#[repr(C)]
pub struct List {
    header: Header,
    pub first: Value,
    pub rest: Value,
    pub meta: Value,
    pub count: u32,
    pub(super) hash: AtomicU32,
}
heap_type!(List, LIST);

#[repr(C)]
pub struct EmptyList {
    header: Header,
    pub meta: Value,
}
heap_type!(EmptyList, EMPTY_LIST);

/// An item before any seq or seqable; `rest` may be nil.
#[repr(C)]
pub struct Cons {
    header: Header,
    pub first: Value,
    pub rest: Value,
    pub meta: Value,
}
heap_type!(Cons, CONS);

/// A key and its value; in everything else a vector of two.
#[repr(C)]
pub struct MapEntry {
    header: Header,
    pub key: Value,
    pub val: Value,
}
heap_type!(MapEntry, MAP_ENTRY);

impl List {
    pub fn new(first: Value, rest: Value, count: u32, meta: Value) -> Gc<List> {
        heap::new(List { header: Header::blank(), first, rest, meta, count, hash: AtomicU32::new(0) })
    }
    pub fn from_slice(items: &[Value]) -> Value {
        let mut list = empty();
        for (i, &x) in items.iter().rev().enumerate() {
            list = List::new(x, list, i as u32 + 1, Value::NIL).value();
        }
        list
    }
}

impl EmptyList {
    pub fn new(meta: Value) -> Gc<EmptyList> {
        heap::new(EmptyList { header: Header::blank(), meta })
    }
}

impl Cons {
    #[inline]
    pub fn new(first: Value, rest: Value, meta: Value) -> Gc<Cons> {
        heap::new(Cons { header: Header::blank(), first, rest, meta })
    }
}

impl MapEntry {
    #[inline]
    pub fn new(key: Value, val: Value) -> Gc<MapEntry> {
        heap::new(MapEntry { header: Header::blank(), key, val })
    }
}

/// The empty list without metadata.
pub fn empty() -> Value {
    static EMPTY: OnceLock<Root> = OnceLock::new();
    EMPTY.get_or_init(|| Root::new(EmptyList::new(Value::NIL).value())).get()
}
