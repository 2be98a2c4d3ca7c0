//! Seqs over maps and sets: entries, keys, values.
//!
//! A `MapSeq` is the way from the map to its current entry, as (container, place) pairs in its tail, innermost last:
//! an array map and an index, a hash map and 0 for the key nil, a node and the bits of the places not yet visited, a
//! collision node and an index. `next` copies the way, so that a step is one object.

use super::hamt::{CollisionNode, HashNode, Table};
use super::list::MapEntry;
use super::map::ArrayMap;
use super::object::{Items, heap_type, unchecked};
use super::seq;
use crate::fault::Res;
use crate::heap::{self, Gc, Header, TypeId};
use crate::value::Value;

#[repr(C)]
pub struct MapSeq {
    header: Header,
    pub meta: Value,
}
heap_type!(MapSeq, MAP_SEQ, Value);

/// Keys of the entries of another seq.
#[repr(C)]
pub struct KeySeq {
    header: Header,
    pub entries: Value,
    pub meta: Value,
}
heap_type!(KeySeq, KEY_SEQ);

#[repr(C)]
pub struct ValSeq {
    header: Header,
    pub entries: Value,
    pub meta: Value,
}
heap_type!(ValSeq, VAL_SEQ);

impl KeySeq {
    pub fn new(entries: Value, meta: Value) -> Value {
        if entries.is_nil() {
            return entries;
        }
        heap::new(KeySeq { header: Header::blank(), entries, meta }).value()
    }
}
impl ValSeq {
    pub fn new(entries: Value, meta: Value) -> Value {
        if entries.is_nil() {
            return entries;
        }
        heap::new(ValSeq { header: Header::blank(), entries, meta }).value()
    }
}

/// The way being changed: on the stack.
#[derive(Clone, Copy)]
pub struct Way {
    frames: [Value; 2 * 10],
    len: usize,
}

impl Way {
    const EMPTY: Way = Way { frames: [Value::ZERO; 20], len: 0 };

    pub fn array(m: Gc<ArrayMap>) -> Way {
        let mut w = Way::EMPTY;
        if !m.header().is_empty() {
            w.push(m.value(), 0);
        }
        w
    }
    /// `nil_entry`: any value that stands for the entry of the key nil, of the table `t`.
    pub fn table(t: Table) -> Way {
        let mut w = Way::EMPTY;
        if !t.root.is_nil() {
            w.enter(t.root);
        }
        if t.null != Value::ABSENT {
            // The value of nil stands in a frame of its own, marked by a place below zero.
            w.push(t.null, -1);
        }
        w
    }
    fn of(s: Gc<MapSeq>) -> Way {
        let mut w = Way::EMPTY;
        w.len = s.tail().len();
        w.frames[..w.len].copy_from_slice(s.tail());
        w
    }
    fn push(&mut self, container: Value, place: i64) {
        self.frames[self.len] = container;
        self.frames[self.len + 1] = Value::int(place as i32);
        self.len += 2;
    }
    /// Goes down to the first entry of a node.
    fn enter(&mut self, mut v: Value) {
        loop {
            if !v.is::<HashNode>() {
                self.push(v, 0);
                return;
            }
            // SAFETY: just looked at.
            let n: Gc<HashNode> = unsafe { unchecked(v) };
            let all = n.data() | n.nodes();
            let bit = all & all.wrapping_neg();
            if n.data() & bit != 0 {
                self.push_bits(v, all);
                return;
            }
            if all != bit {
                self.push_bits(v, all & !bit);
            }
            v = n.child(bit);
        }
    }
    fn push_bits(&mut self, v: Value, bits: u32) {
        self.frames[self.len] = v;
        self.frames[self.len + 1] = Value::long(bits as i64);
        self.len += 2;
    }
    /// The entry under way, `None` at the end.
    pub fn current(&self) -> Option<(Value, Value)> {
        if self.len == 0 {
            return None;
        }
        let (c, place) = (self.frames[self.len - 2], self.frames[self.len - 1].as_fixnum().unwrap_or(0));
        if place < 0 {
            return Some((Value::NIL, c));
        }
        Some(match c.type_id() {
            TypeId::HASH_NODE => {
                // SAFETY: just looked at.
                let n: Gc<HashNode> = unsafe { unchecked(c) };
                let bits = place as u32;
                n.entry(bits & bits.wrapping_neg())
            }
            TypeId::ARRAY_MAP => {
                // SAFETY: just looked at.
                let m: Gc<ArrayMap> = unsafe { unchecked(c) };
                (m.tail()[place as usize], m.tail()[place as usize + 1])
            }
            _ => {
                // SAFETY: no other container is ever pushed.
                let n: Gc<CollisionNode> = unsafe { unchecked(c) };
                (n.entries()[2 * place as usize], n.entries()[2 * place as usize + 1])
            }
        })
    }
    /// Goes on to the next entry.
    pub fn advance(&mut self) {
        let (c, place) = (self.frames[self.len - 2], self.frames[self.len - 1].as_fixnum().unwrap_or(0));
        self.len -= 2;
        if place < 0 {
            return;
        }
        match c.type_id() {
            TypeId::HASH_NODE => {
                let bits = place as u32;
                return self.resume(c, bits & (bits - 1));
            }
            TypeId::ARRAY_MAP => {
                if (place as usize) + 2 < c.header().map_or(0, |h| h.len()) {
                    return self.push(c, place + 2);
                }
            }
            _ => {
                // SAFETY: no other container is ever pushed.
                let n: Gc<CollisionNode> = unsafe { unchecked(c) };
                if (place as usize) + 1 < n.count() {
                    return self.push(c, place + 1);
                }
            }
        }
        self.up();
    }
    /// The places of a node that are left.
    fn resume(&mut self, c: Value, bits: u32) {
        if bits == 0 {
            return self.up();
        }
        // SAFETY: the caller has looked.
        let n: Gc<HashNode> = unsafe { unchecked(c) };
        let bit = bits & bits.wrapping_neg();
        if n.data() & bit != 0 {
            return self.push_bits(c, bits);
        }
        if bits != bit {
            self.push_bits(c, bits & !bit);
        }
        self.enter(n.child(bit));
    }
    fn up(&mut self) {
        if self.len == 0 {
            return;
        }
        let (c, place) = (self.frames[self.len - 2], self.frames[self.len - 1].as_fixnum().unwrap_or(0));
        if c.type_id() == TypeId::HASH_NODE {
            self.len -= 2;
            self.resume(c, place as u32);
        }
    }
    /// As a seq object, nil at the end.
    pub fn seq(&self, meta: Value) -> Value {
        if self.len == 0 {
            return Value::NIL;
        }
        heap::new_tail(MapSeq { header: Header::blank(), meta }, &self.frames[..self.len]).value()
    }
}

impl Gc<MapSeq> {
    pub fn entry(self) -> (Value, Value) {
        // A seq object is never at the end.
        Way::of(self).current().unwrap_or((Value::NIL, Value::NIL))
    }
    /// Entries left, where that is known: in array maps.
    pub fn count(self) -> Option<usize> {
        match *self.tail() {
            [m, place] if m.is::<ArrayMap>() => Some((m.header()?.len() - place.as_fixnum()? as usize) / 2),
            _ => None,
        }
    }
    pub fn next(self) -> Value {
        let mut w = Way::of(self);
        w.advance();
        w.seq(Value::NIL)
    }
    pub fn with_meta(self, meta: Value) -> Value {
        Way::of(self).seq(meta)
    }
}

/// Key and value of a seq's first item, an entry; without making the entry where possible.
pub fn first_entry(s: Value) -> Res<(Value, Value)> {
    if let Some(m) = s.cast::<MapSeq>() {
        return Ok(m.entry());
    }
    let e = seq::first(s)?;
    match e.cast::<MapEntry>() {
        Some(e) => Ok((e.key, e.val)),
        None => super::lookup::as_entry(e),
    }
}

/// Is it a seq over a map of ours, whose items [`batch`] takes out many at a time?
pub fn is_batched(s: Value) -> bool {
    entries_of(s).is::<MapSeq>()
}
fn entries_of(s: Value) -> Value {
    let keys = s.cast::<KeySeq>().map(|k| k.entries);
    keys.or_else(|| s.cast::<ValSeq>().map(|v| v.entries)).unwrap_or(s)
}

/// The next items of a seq of entries, keys or values, and the seq that follows them.
#[inline(never)]
pub fn batch(s: Value) -> (Items, Value) {
    const MOST: usize = 32;
    let Some(m) = entries_of(s).cast::<MapSeq>() else { return (Items::none(), Value::NIL) };
    let mut way = Way::of(m);
    let mut out = heap::GcVec::new();
    while let Some((k, v)) = way.current() {
        if out.len() == MOST {
            break;
        }
        out.push(match s.type_id() {
            TypeId::KEY_SEQ => k,
            TypeId::VAL_SEQ => v,
            _ => MapEntry::new(k, v).value(),
        });
        way.advance();
    }
    let rest = way.seq(Value::NIL);
    let rest = match s.type_id() {
        TypeId::KEY_SEQ => KeySeq::new(rest, Value::NIL),
        TypeId::VAL_SEQ => ValSeq::new(rest, Value::NIL),
        _ => rest,
    };
    let n = out.len();
    (Items::of(out.into_array(), 0, n), rest)
}
