//! Array maps (insertion order, up to eight entries unless made so), hash maps, hash sets: the objects around entries.

use super::equality::same_key;
use super::hamt::Table;
use super::object::{FROZEN, heap_type, store};
use crate::fault::Res;
use crate::heap::{self, Gc, Header, Root};
use crate::text::Keyword;
use crate::value::Value;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;

/// An array map of so many entries becomes a hash map when one more is added.
pub const ARRAY_MAX: usize = 8;

/// Keys and values one after another in the tail.
#[repr(C)]
pub struct ArrayMap {
    header: Header,
    pub meta: Value,
    pub(super) hash: AtomicU32,
    _pad: u32,
}
heap_type!(ArrayMap, ARRAY_MAP, Value);

#[repr(C)]
pub struct HashMap {
    header: Header,
    pub table: Table,
    pub meta: Value,
    pub(super) hash: AtomicU32,
    _pad: u32,
}
heap_type!(HashMap, HASH_MAP);

/// A hash set: the table of a hash map whose values are its keys.
#[repr(C)]
pub struct HashSet {
    header: Header,
    pub table: Table,
    pub meta: Value,
    pub(super) hash: AtomicU32,
    _pad: u32,
}
heap_type!(HashSet, HASH_SET);

impl ArrayMap {
    fn blank(meta: Value) -> ArrayMap {
        ArrayMap { header: Header::blank(), meta, hash: AtomicU32::new(0), _pad: 0 }
    }
    /// From key, value, … with different keys.
    pub fn new(pairs: &[Value], meta: Value) -> Gc<ArrayMap> {
        heap::new_tail(ArrayMap::blank(meta), pairs)
    }
    pub fn empty() -> Value {
        static EMPTY: OnceLock<Root> = OnceLock::new();
        EMPTY.get_or_init(|| Root::new(ArrayMap::new(&[], Value::NIL).value())).get()
    }
}

/// Place of a key among key, value, …
pub fn position(pairs: &[Value], key: Value) -> Res<Option<usize>> {
    if key.is::<Keyword>() {
        return Ok(pairs.iter().step_by(2).position(|&k| k == key).map(|i| 2 * i));
    }
    for i in (0..pairs.len()).step_by(2) {
        if same_key(pairs[i], key)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

impl Gc<ArrayMap> {
    pub fn find(self, key: Value) -> Res<Option<(Value, Value)>> {
        let e = self.tail();
        Ok(position(e, key)?.map(|i| (e[i], e[i + 1])))
    }
    pub fn assoc(self, key: Value, val: Value) -> Res {
        let e = self.tail();
        if let Some(i) = position(e, key)? {
            if e[i + 1] == val {
                return Ok(self.value());
            }
            let m = ArrayMap::new(e, self.meta);
            store(m, i + 1, val);
            return Ok(m.value());
        }
        if e.len() >= 2 * ARRAY_MAX {
            let table = table_of(e)?.assoc(key, val, FROZEN)?;
            return Ok(HashMap::new(table, self.meta).value());
        }
        Ok(heap::new_tail_from(ArrayMap::blank(self.meta), e, &[key, val]).value())
    }
    pub fn dissoc(self, key: Value) -> Res {
        let e = self.tail();
        Ok(match position(e, key)? {
            None => self.value(),
            Some(i) => heap::new_tail_from(ArrayMap::blank(self.meta), &e[..i], &e[i + 2..]).value(),
        })
    }
}

/// The table of key, value, …: of equal keys the last value wins.
pub fn table_of(pairs: &[Value]) -> Res<Table> {
    let edit = super::object::new_edit();
    let mut t = Table::EMPTY;
    for p in pairs.chunks_exact(2) {
        t = t.assoc(p[0], p[1], edit)?;
    }
    Ok(t)
}

impl HashMap {
    pub fn new(table: Table, meta: Value) -> Gc<HashMap> {
        heap::new(HashMap { header: Header::blank(), table, meta, hash: AtomicU32::new(0), _pad: 0 })
    }
}
impl Gc<HashMap> {
    /// This map with another table; itself where nothing changed.
    pub fn with(self, table: Table) -> Value {
        if table == self.table { self.value() } else { HashMap::new(table, self.meta).value() }
    }
}

impl HashSet {
    pub fn new(table: Table, meta: Value) -> Gc<HashSet> {
        heap::new(HashSet { header: Header::blank(), table, meta, hash: AtomicU32::new(0), _pad: 0 })
    }
    pub fn empty() -> Value {
        static EMPTY: OnceLock<Root> = OnceLock::new();
        EMPTY.get_or_init(|| Root::new(HashSet::new(Table::EMPTY, Value::NIL).value())).get()
    }
    pub fn from_slice(items: &[Value]) -> Res<Gc<HashSet>> {
        let edit = super::object::new_edit();
        let mut t = Table::EMPTY;
        for &x in items {
            if t.find(x)?.is_none() {
                t = t.assoc(x, x, edit)?;
            }
        }
        Ok(HashSet::new(t, Value::NIL))
    }
}
impl Gc<HashSet> {
    pub fn conj(self, x: Value) -> Res {
        if self.table.find(x)?.is_some() {
            return Ok(self.value());
        }
        Ok(HashSet::new(self.table.assoc(x, x, FROZEN)?, self.meta).value())
    }
    pub fn disj(self, x: Value) -> Res {
        let table = self.table.dissoc(x, FROZEN)?;
        Ok(if table == self.table { self.value() } else { HashSet::new(table, self.meta).value() })
    }
}
