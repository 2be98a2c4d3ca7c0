//! Transients: vectors, maps and sets that are changed in place by their owner until `persistent!`.
//!
//! A transient has a number, `edit`; nodes made under it carry the number and are changed in place. `persistent!` takes
//! the number from the transient and hands the nodes over as they are.

use super::hamt::Table;
use super::map::{ARRAY_MAX, ArrayMap, HashMap, HashSet, position, table_of};
use super::object::{FROZEN, heap_type, new_edit, store};
use super::vector::{Trie, VecNode, Vector, WIDTH};
use super::{foreign, indexed, kind, lookup};
use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, Header, Mutable, TypeId, ValueArray};
use crate::value::Value;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[repr(C)]
pub struct TransientVector {
    header: Header,
    edit: AtomicU64,
    count: AtomicU64,
    shift: AtomicU64,
    root: Mutable,
    /// A `VecNode` of this transient's own.
    tail: Mutable,
}
heap_type!(TransientVector, TRANSIENT_VECTOR);

/// With few entries an array (key, value, …), then a table.
#[repr(C)]
pub struct TransientMap {
    header: Header,
    edit: AtomicU64,
    count: AtomicU64,
    /// A `ValueArray`, or nil where the table counts.
    array: Mutable,
    root: Mutable,
    null: Mutable,
}
heap_type!(TransientMap, TRANSIENT_MAP);

#[repr(C)]
pub struct TransientSet {
    header: Header,
    map: Gc<TransientMap>,
}
heap_type!(TransientSet, TRANSIENT_SET);

#[cold]
fn used_up() -> fault::Thrown {
    fault::raise(Class::IllegalAccess, "Transient used after persistent! call")
}

/// Index of the first item in the tail.
fn tail_at(count: usize) -> usize {
    if count < WIDTH { 0 } else { (count - 1) & !(WIDTH - 1) }
}

impl TransientVector {
    pub fn of(v: Gc<Vector>) -> Gc<TransientVector> {
        let edit = new_edit();
        let t = heap::new(TransientVector {
            header: Header::blank(),
            edit: AtomicU64::new(edit),
            count: AtomicU64::new(v.count() as u64),
            shift: AtomicU64::new(v.trie().shift as u64),
            root: Mutable::new(v.trie().root),
            tail: Mutable::new(VecNode::of(v.tail(), edit).value()),
        });
        t.root.watch(t);
        t.tail.watch(t);
        t
    }
    fn edit(&self) -> Res<u64> {
        match self.edit.load(Relaxed) {
            FROZEN => Err(used_up()),
            e => Ok(e),
        }
    }
    pub fn count(&self) -> Res<usize> {
        self.edit()?;
        Ok(self.count.load(Relaxed) as usize)
    }
    fn trie(&self) -> Trie {
        Trie { root: self.root.get(), shift: self.shift.load(Relaxed) as u32 }
    }
    fn tail(&self) -> Gc<VecNode> {
        // SAFETY: the field holds a node always.
        unsafe { super::object::unchecked(self.tail.get()) }
    }
    fn nth(&self, i: usize) -> Res<Option<Value>> {
        let n = self.count()?;
        if i >= n {
            return Ok(None);
        }
        let leaf = if i >= tail_at(n) { self.tail() } else { self.trie().leaf(i) };
        Ok(Some(leaf.tail()[i & (WIDTH - 1)]))
    }
}

impl Gc<TransientVector> {
    fn set_trie(self, t: Trie) {
        self.root.set(self, t.root);
        self.shift.store(t.shift as u64, Relaxed);
    }
    #[inline]
    pub fn conj(self, x: Value) -> Res<()> {
        let edit = self.edit()?;
        let n = self.count.load(Relaxed) as usize;
        let at = tail_at(n);
        if n - at < WIDTH {
            store(self.tail(), n - at, x);
        } else {
            self.set_trie(self.trie().push_leaf(at, self.tail(), edit));
            let tail = VecNode::blank(edit);
            store(tail, 0, x);
            self.tail.set(self, tail.value());
        }
        self.count.store(n as u64 + 1, Relaxed);
        Ok(())
    }
    pub fn assoc(self, key: Value, x: Value) -> Res<()> {
        let (edit, n) = (self.edit()?, self.count()?);
        let Some(i) = key.as_long() else { return Err(fault::illegal_argument("Key must be integer")) };
        if i < 0 || i as usize > n {
            return Err(lookup::out_of_bounds());
        }
        let i = i as usize;
        if i == n {
            return self.conj(x);
        }
        if i >= tail_at(n) {
            store(self.tail(), i & (WIDTH - 1), x);
        } else {
            self.set_trie(self.trie().assoc(i, x, edit));
        }
        Ok(())
    }
    pub fn pop(self) -> Res<()> {
        let (edit, n) = (self.edit()?, self.count()?);
        if n == 0 {
            return Err(fault::raise(Class::IllegalState, "Can't pop empty vector"));
        }
        if n > 1 && (n - 1) & (WIDTH - 1) == 0 {
            let leaf = self.trie().leaf(n - 2);
            self.tail.set(self, VecNode::of(leaf.tail(), edit).value());
            self.set_trie(self.trie().pop_leaf(n - 2, edit));
        } else {
            store(self.tail(), (n - 1) & (WIDTH - 1), Value::ZERO);
        }
        self.count.store(n as u64 - 1, Relaxed);
        Ok(())
    }
    pub fn persistent(self) -> Res<Gc<Vector>> {
        let n = self.count()?;
        self.edit.store(FROZEN, Relaxed);
        let at = tail_at(n);
        let tail = self.tail();
        Ok(Vector::assemble(self.trie(), &tail.tail()[..n - at], at, Value::NIL))
    }
}

impl TransientMap {
    fn alloc(count: u64, array: Value, table: Table) -> Gc<TransientMap> {
        let t = heap::new(TransientMap {
            header: Header::blank(),
            edit: AtomicU64::new(new_edit()),
            count: AtomicU64::new(count),
            array: Mutable::new(array),
            root: Mutable::new(table.root),
            null: Mutable::new(table.null),
        });
        for field in [&t.array, &t.root, &t.null] {
            field.watch(t);
        }
        t
    }
    pub fn of_array(m: Gc<ArrayMap>) -> Gc<TransientMap> {
        let pairs = m.tail();
        let mut array = heap::GcVec::with_capacity(pairs.len().max(2 * ARRAY_MAX));
        array.extend_from_slice(pairs);
        (pairs.len()..2 * ARRAY_MAX).for_each(|_| array.push(Value::ZERO));
        TransientMap::alloc(pairs.len() as u64 / 2, array.into_array().value(), Table::EMPTY)
    }
    pub fn of_table(t: Table) -> Gc<TransientMap> {
        TransientMap::alloc(t.count, Value::NIL, t)
    }
    fn edit(&self) -> Res<u64> {
        match self.edit.load(Relaxed) {
            FROZEN => Err(used_up()),
            e => Ok(e),
        }
    }
    pub fn count(&self) -> Res<usize> {
        self.edit()?;
        Ok(self.count.load(Relaxed) as usize)
    }
    fn table(&self) -> Table {
        Table { count: self.count.load(Relaxed), root: self.root.get(), null: self.null.get() }
    }
    fn array(&self) -> Option<Gc<ValueArray>> {
        self.array.get().cast()
    }
    pub fn find(&self, key: Value) -> Res<Option<(Value, Value)>> {
        let n = self.count()?;
        match self.array() {
            Some(a) => {
                let pairs = &a.tail()[..2 * n];
                Ok(position(pairs, key)?.map(|i| (pairs[i], pairs[i + 1])))
            }
            None => self.table().find(key),
        }
    }
}

impl Gc<TransientMap> {
    fn set_table(self, t: Table) {
        self.count.store(t.count, Relaxed);
        self.root.set(self, t.root);
        self.null.set(self, t.null);
    }
    pub fn assoc(self, key: Value, val: Value) -> Res<()> {
        let edit = self.edit()?;
        if let Some(a) = self.array() {
            let n = self.count.load(Relaxed) as usize;
            if let Some(i) = position(&a.tail()[..2 * n], key)? {
                store(a, i + 1, val);
                return Ok(());
            }
            if 2 * n < a.header().len() {
                store(a, 2 * n, key);
                store(a, 2 * n + 1, val);
                self.count.store(n as u64 + 1, Relaxed);
                return Ok(());
            }
            self.set_table(table_of(a.tail())?);
            self.array.set(self, Value::NIL);
        }
        self.set_table(self.table().assoc(key, val, edit)?);
        Ok(())
    }
    pub fn dissoc(self, key: Value) -> Res<()> {
        let edit = self.edit()?;
        let Some(a) = self.array() else {
            self.set_table(self.table().dissoc(key, edit)?);
            return Ok(());
        };
        let n = self.count.load(Relaxed) as usize;
        if let Some(i) = position(&a.tail()[..2 * n], key)? {
            // The last entry takes the place of the removed one, as in Clojure.
            let (k, v) = (a.tail()[2 * n - 2], a.tail()[2 * n - 1]);
            store(a, i, k);
            store(a, i + 1, v);
            self.count.store(n as u64 - 1, Relaxed);
        }
        Ok(())
    }
    pub fn persistent(self) -> Res {
        let n = self.count()?;
        self.edit.store(FROZEN, Relaxed);
        Ok(match self.array() {
            Some(a) => ArrayMap::new(&a.tail()[..2 * n], Value::NIL).value(),
            None => HashMap::new(self.table(), Value::NIL).value(),
        })
    }
}

/// `(transient coll)`
pub fn transient(coll: Value) -> Res {
    match coll.type_id() {
        TypeId::VECTOR => coll.cast().map(|v| TransientVector::of(v).value()),
        TypeId::ARRAY_MAP => coll.cast().map(|m| TransientMap::of_array(m).value()),
        TypeId::HASH_MAP => coll.cast::<HashMap>().map(|m| TransientMap::of_table(m.table).value()),
        TypeId::HASH_SET => coll.cast::<HashSet>().map(|s| {
            let map = TransientMap::of_table(s.table);
            heap::new(TransientSet { header: Header::blank(), map }).value()
        }),
        _ => {
            return foreign::ask(foreign::Op::Transient, coll, &[]).unwrap_or_else(|| not(coll, "IEditableCollection"));
        }
    }
    .map_or_else(|| not(coll, "IEditableCollection"), Ok)
}

/// Can `into` go through a transient?
pub fn is_editable(coll: Value) -> bool {
    matches!(coll.type_id(), TypeId::VECTOR | TypeId::ARRAY_MAP | TypeId::HASH_MAP | TypeId::HASH_SET)
}

fn not<T>(v: Value, interface: &str) -> Res<T> {
    Err(fault::class_cast(v, &format!("clojure.lang.{interface}")))
}

/// `(persistent! t)`
pub fn persistent(t: Value) -> Res {
    if let Some(v) = t.cast::<TransientVector>() {
        return Ok(v.persistent()?.value());
    }
    if let Some(m) = t.cast::<TransientMap>() {
        return m.persistent();
    }
    if let Some(s) = t.cast::<TransientSet>() {
        s.map.edit()?;
        s.map.edit.store(FROZEN, Relaxed);
        return Ok(HashSet::new(s.map.table(), Value::NIL).value());
    }
    foreign::ask(foreign::Op::Persistent, t, &[]).unwrap_or_else(|| not(t, "ITransientCollection"))
}

/// `(conj! t x)`
pub fn conj(t: Value, x: Value) -> Res {
    if let Some(v) = t.cast::<TransientVector>() {
        v.conj(x)?;
        return Ok(t);
    }
    if let Some(s) = t.cast::<TransientSet>() {
        // Of equal items the last stays, unlike in a persistent set.
        let old = s.map.find(x)?;
        if old.is_some_and(|o| o.0 != x) {
            s.map.dissoc(x)?;
        }
        if old.is_none_or(|o| o.0 != x) {
            s.map.assoc(x, x)?;
        }
        return Ok(t);
    }
    let Some(m) = t.cast::<TransientMap>() else {
        return foreign::ask(foreign::Op::ConjMut, t, &[x]).unwrap_or_else(|| not(t, "ITransientCollection"));
    };
    if x.is_nil() {
        return Ok(t);
    }
    if kind::is_vector(x) && !x.is::<super::list::MapEntry>() {
        if lookup::count(x)? != 2 {
            return Err(fault::illegal_argument("Vector arg to map conj must be a pair"));
        }
        m.assoc(lookup::nth(x, 0, None)?, lookup::nth(x, 1, None)?)?;
    } else if let Ok((k, v)) = entry_of(x) {
        m.assoc(k, v)?;
    } else {
        super::walk::each(x, &mut |e| {
            let (k, v) = lookup::as_entry(e)?;
            m.assoc(k, v)?;
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
    }
    Ok(t)
}

fn entry_of(x: Value) -> Result<(Value, Value), ()> {
    x.cast::<super::list::MapEntry>().map(|e| (e.key, e.val)).ok_or(())
}

/// `(assoc! t k v)`
pub fn assoc(t: Value, key: Value, val: Value) -> Res {
    if let Some(m) = t.cast::<TransientMap>() {
        m.assoc(key, val)?;
    } else if let Some(v) = t.cast::<TransientVector>() {
        v.assoc(key, val)?;
    } else {
        return foreign::ask(foreign::Op::AssocMut, t, &[key, val]).unwrap_or_else(|| not(t, "ITransientAssociative"));
    }
    Ok(t)
}

/// `(dissoc! t k)`
pub fn dissoc(t: Value, key: Value) -> Res {
    match t.cast::<TransientMap>() {
        Some(m) => m.dissoc(key).map(|()| t),
        None => not(t, "ITransientMap"),
    }
}

/// `(disj! t x)`
pub fn disj(t: Value, x: Value) -> Res {
    match t.cast::<TransientSet>() {
        Some(s) => s.map.dissoc(x).map(|()| t),
        None => not(t, "ITransientSet"),
    }
}

/// `(pop! t)`
pub fn pop(t: Value) -> Res {
    match t.cast::<TransientVector>() {
        Some(v) => v.pop().map(|()| t),
        None => not(t, "ITransientVector"),
    }
}

/// The count of a transient, `None` for anything else.
pub fn count(t: Value) -> Option<Res<usize>> {
    match t.type_id() {
        TypeId::TRANSIENT_VECTOR => t.cast::<TransientVector>().map(|v| v.count()),
        TypeId::TRANSIENT_MAP => t.cast::<TransientMap>().map(|m| m.count()),
        TypeId::TRANSIENT_SET => t.cast::<TransientSet>().map(|s| s.map.count()),
        _ => None,
    }
}

pub fn nth(t: Value, i: i64, default: Option<Value>) -> Res {
    let found = match (t.cast::<TransientVector>(), usize::try_from(i)) {
        (Some(v), Ok(i)) => v.nth(i)?,
        _ => None,
    };
    found.or(default).ok_or_else(lookup::out_of_bounds)
}

/// `get` on a transient.
pub fn get(t: Value, key: Value, default: Value) -> Res {
    if let Some(m) = t.cast::<TransientMap>() {
        return Ok(m.find(key)?.map_or(default, |e| e.1));
    }
    if let Some(s) = t.cast::<TransientSet>() {
        return Ok(s.map.find(key)?.map_or(default, |e| e.0));
    }
    if let Some(v) = t.cast::<TransientVector>() {
        v.edit()?;
        return match super::numbers::index(key) {
            Some(i) => Ok(v.nth(i)?.unwrap_or(default)),
            None => Ok(default),
        };
    }
    Ok(default)
}

/// A vector of everything that a seqable holds.
pub fn vector_of(coll: Value) -> Res<Gc<Vector>> {
    if let Some(v) = indexed::to_vector(coll) {
        return Ok(v);
    }
    let t = TransientVector::of(Vector::from_slice(&[]));
    let mut items = super::cursor::Cursor::new(coll)?;
    while let Some(x) = items.next()? {
        t.conj(x)?;
    }
    t.persistent()
}
