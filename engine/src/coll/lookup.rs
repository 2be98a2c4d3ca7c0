//! `count nth get assoc dissoc contains? find conj peek pop disj empty` on every collection.

use super::chunk::{Chunk, ChunkBuffer};
use super::entries::MapSeq;
use super::foreign::{self, Op};
use super::generated::Range;
use super::hamt::Table;
use super::indexed::{self, ArraySeq, ReverseSeq, StringSeq, VecSeq};
use super::kind::{self, Kind, kind};
use super::list::{self, Cons, EmptyList, List, MapEntry};
use super::map::{ArrayMap, HashMap, HashSet};
use super::numbers::{any_index, index};
use super::object::FROZEN;
use super::queue::Queue;
use super::seq::{self, as_type};
use super::tree::{Tree, TreeMap, TreeSet, tree_of};
use super::vector::Vector;
use super::{arrays, cursor::Cursor, meta, transient, walk};
use crate::fault::{self, Class, Res};
use crate::heap::TypeId;
use crate::text::Text;
use crate::value::Value;
use std::ops::ControlFlow;

/// An IndexOutOfBoundsException without a message, as vectors throw it.
#[cold]
pub fn out_of_bounds() -> fault::Thrown {
    fault::throw(fault::Throwable::alloc(Class::IndexOutOfBounds, Value::NIL, Value::NIL, Value::NIL).value())
}

/// The class name without its package, as some messages have it.
pub fn simple_class_name(v: Value) -> String {
    let name = crate::class_name(v);
    name.rsplit(['.', '$']).next().unwrap_or(&name).to_owned()
}

/// The count of what knows it; `None` for seqs that must be walked.
pub fn quick_count(v: Value) -> Option<usize> {
    use TypeId as T;
    Some(match v.type_id() {
        T::NONE if v.is_nil() => 0,
        T::VECTOR | T::SUBVEC | T::MAP_ENTRY => return indexed::len(v),
        T::LIST => as_type!(v, List).count as usize,
        T::EMPTY_LIST => 0,
        T::ARRAY_MAP => as_type!(v, ArrayMap).header().len() / 2,
        T::HASH_MAP => as_type!(v, HashMap).table.count as usize,
        T::HASH_SET => as_type!(v, HashSet).table.count as usize,
        T::TREE_MAP | T::TREE_SET => tree_of(v).map_or(0, Tree::count),
        T::QUEUE => as_type!(v, Queue).count as usize,
        T::TEXT => as_type!(v, Text).units(),
        T::RANGE => as_type!(v, Range).count as usize,
        T::STRING_SEQ => as_type!(v, StringSeq).left as usize,
        T::REVERSE_SEQ => as_type!(v, ReverseSeq).index as usize + 1,
        T::VECTOR_SEQ => {
            let s = as_type!(v, VecSeq);
            indexed::len(s.vec)? - s.index as usize
        }
        T::ARRAY_SEQ => {
            let s = as_type!(v, ArraySeq);
            (s.len - s.index) as usize
        }
        T::MAP_SEQ => return as_type!(v, MapSeq).count(),
        T::CHUNK => as_type!(v, Chunk).len(),
        T::CHUNK_BUFFER => as_type!(v, ChunkBuffer).len(),
        _ => return None,
    })
}

/// `(count coll)`
pub fn count(v: Value) -> Res<usize> {
    if let Some(n) = quick_count(v) {
        return Ok(n);
    }
    if let Some(r) = transient::count(v) {
        return r;
    }
    if kind::is_array(v) {
        return arrays::len(v);
    }
    if kind(v) == Kind::Sequential && v.type_id() != TypeId::EDUCTION {
        let (mut n, mut items) = (0, Cursor::new(v)?);
        while items.next()?.is_some() {
            n += 1;
        }
        return Ok(n);
    }
    match foreign::ask(Op::Count, v, &[]) {
        Some(r) => r.map(|n| n.as_long().unwrap_or(0) as usize),
        None => Err(fault::raise(
            Class::UnsupportedOperation,
            format!("count not supported on this type: {}", simple_class_name(v)),
        )),
    }
}

/// `(nth coll i)`, `(nth coll i default)`
///
/// # Errors
/// IndexOutOfBoundsException without a default; UnsupportedOperationException for what has no order.
#[inline]
pub fn nth(coll: Value, i: i64, default: Option<Value>) -> Res {
    if let Some(v) = coll.cast::<Vector>() {
        if let Some(x) = v.nth(i as usize) {
            return Ok(x);
        }
        return default.ok_or_else(out_of_bounds);
    }
    nth_slow(coll, i, default)
}

fn nth_slow(coll: Value, i: i64, default: Option<Value>) -> Res {
    use TypeId as T;
    let found = match coll.type_id() {
        T::NONE if coll.is_nil() => return Ok(default.unwrap_or(Value::NIL)),
        T::SUBVEC | T::MAP_ENTRY => usize::try_from(i).ok().and_then(|i| indexed::nth(coll, i)),
        T::TEXT => match usize::try_from(i).ok().and_then(|i| indexed::unit_at(as_type!(coll, Text), i)) {
            None if default.is_none() => {
                return Err(fault::raise(Class::StringIndexOutOfBounds, format!("String index out of range: {i}")));
            }
            found => found,
        },
        T::CHUNK => usize::try_from(i).ok().and_then(|i| as_type!(coll, Chunk).items().get(i).copied()),
        T::RANGE => {
            let r = as_type!(coll, Range);
            u64::try_from(i).ok().filter(|&i| i < r.count).map(|i| Value::long(r.get(i)))
        }
        T::TRANSIENT_VECTOR => return transient::nth(coll, i, default),
        _ if kind::is_array(coll) => match (default, arrays::len(coll)?) {
            (Some(d), n) if i < 0 || i as usize >= n => Some(d),
            _ => return arrays::get_checked(coll, i),
        },
        _ if kind(coll) == Kind::Sequential => nth_walking(coll, i)?,
        _ => {
            if let Some(r) = foreign::ask(Op::Nth, coll, &[Value::long(i), default.unwrap_or(Value::ABSENT)]) {
                return r;
            }
            if !kind::is_sequential(coll) {
                return Err(fault::raise(
                    Class::UnsupportedOperation,
                    format!("nth not supported on this type: {}", simple_class_name(coll)),
                ));
            }
            nth_walking(coll, i)?
        }
    };
    found.or(default).ok_or_else(out_of_bounds)
}

fn nth_walking(coll: Value, i: i64) -> Res<Option<Value>> {
    if i < 0 {
        return Ok(None);
    }
    let mut items = Cursor::new(coll)?;
    for _ in 0..i {
        if items.next()?.is_none() {
            return Ok(None);
        }
    }
    items.next()
}

/// The entry of a key in a map or set of ours.
pub fn find_entry(m: Value, key: Value) -> Res<Option<(Value, Value)>> {
    use TypeId as T;
    match m.type_id() {
        T::ARRAY_MAP => as_type!(m, ArrayMap).find(key),
        T::HASH_MAP => as_type!(m, HashMap).table.find(key),
        T::HASH_SET => as_type!(m, HashSet).table.find(key),
        T::TREE_MAP | T::TREE_SET => tree_of(m).map_or(Ok(None), |t| t.find(key)),
        _ => Ok(None),
    }
}

/// `(get m k default)`; `default` for everything that has no keys.
#[inline]
pub fn get(m: Value, key: Value, default: Value) -> Res {
    use TypeId as T;
    match m.type_id() {
        T::ARRAY_MAP => Ok(as_type!(m, ArrayMap).find(key)?.map_or(default, |e| e.1)),
        T::HASH_MAP => Ok(as_type!(m, HashMap).table.find(key)?.map_or(default, |e| e.1)),
        _ => get_slow(m, key, default),
    }
}

fn get_slow(m: Value, key: Value, default: Value) -> Res {
    use TypeId as T;
    Ok(match m.type_id() {
        T::NONE => default,
        T::VECTOR | T::SUBVEC | T::MAP_ENTRY => index(key).and_then(|i| indexed::nth(m, i)).unwrap_or(default),
        T::HASH_SET | T::TREE_SET => find_entry(m, key)?.map_or(default, |e| e.0),
        T::TREE_MAP => find_entry(m, key)?.map_or(default, |e| e.1),
        T::TEXT => any_index(key).and_then(|i| indexed::unit_at(as_type!(m, Text), i)).unwrap_or(default),
        T::TRANSIENT_VECTOR | T::TRANSIENT_MAP | T::TRANSIENT_SET => return transient::get(m, key, default),
        _ if kind::is_array(m) => match any_index(key) {
            Some(i) if i < arrays::len(m)? => return arrays::get(m, i),
            _ => default,
        },
        _ => match foreign::ask(Op::Get, m, &[key, default]) {
            Some(r) => r?,
            None => default,
        },
    })
}

/// `(contains? m k)`
pub fn contains(m: Value, key: Value) -> Res<bool> {
    use TypeId as T;
    Ok(match m.type_id() {
        T::NONE if m.is_nil() => false,
        T::VECTOR | T::SUBVEC | T::MAP_ENTRY => index(key).is_some_and(|i| i < quick_count(m).unwrap_or(0)),
        T::TEXT if super::numbers::is_number(key) => any_index(key).is_some_and(|i| i < as_type!(m, Text).units()),
        T::ARRAY_MAP | T::HASH_MAP | T::HASH_SET | T::TREE_MAP | T::TREE_SET => find_entry(m, key)?.is_some(),
        T::TRANSIENT_VECTOR | T::TRANSIENT_MAP | T::TRANSIENT_SET => {
            transient::get(m, key, Value::ABSENT)? != Value::ABSENT
        }
        _ if kind::is_array(m) => {
            let n = arrays::len(m)?;
            any_index(key).is_some_and(|i| i < n)
        }
        _ => match foreign::ask(Op::Contains, m, &[key]) {
            Some(r) => r?.truthy(),
            None => {
                return Err(fault::illegal_argument(format!(
                    "contains? not supported on type: {}",
                    crate::class_name(m)
                )));
            }
        },
    })
}

/// `(find m k)`: a map entry or nil.
pub fn find(m: Value, key: Value) -> Res {
    use TypeId as T;
    let entry = match m.type_id() {
        T::NONE if m.is_nil() => None,
        T::VECTOR | T::SUBVEC | T::MAP_ENTRY => index(key).and_then(|i| indexed::nth(m, i)).map(|x| (key, x)),
        T::ARRAY_MAP | T::HASH_MAP | T::TREE_MAP => find_entry(m, key)?,
        T::TRANSIENT_VECTOR | T::TRANSIENT_MAP => {
            let v = transient::get(m, key, Value::ABSENT)?;
            if v == Value::ABSENT { None } else { Some((key, v)) }
        }
        _ => match foreign::ask(Op::Find, m, &[key]) {
            Some(r) => return r,
            None => {
                return Err(fault::illegal_argument(format!("find not supported on type: {}", crate::class_name(m))));
            }
        },
    };
    Ok(entry.map_or(Value::NIL, |(k, v)| MapEntry::new(k, v).value()))
}

/// `(assoc m k v)`
pub fn assoc(m: Value, key: Value, val: Value) -> Res {
    use TypeId as T;
    match m.type_id() {
        T::NONE if m.is_nil() => Ok(ArrayMap::new(&[key, val], Value::NIL).value()),
        T::ARRAY_MAP => as_type!(m, ArrayMap).assoc(key, val),
        T::HASH_MAP => {
            let h = as_type!(m, HashMap);
            Ok(h.with(h.table.assoc(key, val, FROZEN)?))
        }
        T::VECTOR | T::SUBVEC | T::MAP_ENTRY => assoc_index(m, key, val),
        T::TREE_MAP => {
            let t = as_type!(m, TreeMap);
            Ok(t.with(t.tree.assoc(key, val)?))
        }
        _ => match foreign::ask(Op::Assoc, m, &[key, val]) {
            Some(r) => r,
            None => Err(fault::class_cast(m, "clojure.lang.Associative")),
        },
    }
}

fn assoc_index(v: Value, key: Value, x: Value) -> Res {
    let Some(i) = key.as_long() else { return Err(fault::illegal_argument("Key must be integer")) };
    let n = indexed::len(v).unwrap_or(0) as i64;
    if i < 0 || i > n {
        return Err(out_of_bounds());
    }
    if i == n {
        return conj(v, x);
    }
    if let Some(s) = v.cast::<indexed::Subvec>() {
        let vec = s.vec.assoc(s.start as usize + i as usize, x);
        return Ok(indexed::Subvec::new(vec, s.start as usize, s.end as usize, s.meta).value());
    }
    Ok(indexed::to_vector(v).map_or(Value::NIL, |y| y.assoc(i as usize, x).value()))
}

/// `(dissoc m k)`
pub fn dissoc(m: Value, key: Value) -> Res {
    use TypeId as T;
    match m.type_id() {
        T::NONE if m.is_nil() => Ok(m),
        T::ARRAY_MAP => as_type!(m, ArrayMap).dissoc(key),
        T::HASH_MAP => {
            let h = as_type!(m, HashMap);
            Ok(h.with(h.table.dissoc(key, FROZEN)?))
        }
        T::TREE_MAP => {
            let t = as_type!(m, TreeMap);
            Ok(t.with(t.tree.dissoc(key)?))
        }
        _ => match foreign::ask(Op::Dissoc, m, &[key]) {
            Some(r) => r,
            None => Err(fault::class_cast(m, "clojure.lang.IPersistentMap")),
        },
    }
}

/// Key and value of a map entry, or of what serves as one.
pub fn as_entry(e: Value) -> Res<(Value, Value)> {
    if let Some(e) = e.cast::<MapEntry>() {
        return Ok((e.key, e.val));
    }
    if foreign::is(foreign::Interface::MapEntry, e) {
        return Ok((nth(e, 0, None)?, nth(e, 1, None)?));
    }
    if e.is_nil() {
        let message = "Cannot invoke \"java.util.Map$Entry.getKey()\" because \"e\" is null";
        return Err(fault::raise(fault::Class::NullPointer, message));
    }
    Err(fault::class_cast(e, "java.util.Map$Entry"))
}

/// `(conj coll x)`
#[inline]
pub fn conj(coll: Value, x: Value) -> Res {
    match coll.cast::<Vector>() {
        Some(v) => Ok(v.conj(x).value()),
        None => conj_slow(coll, x),
    }
}

fn conj_slow(coll: Value, x: Value) -> Res {
    use TypeId as T;
    match coll.type_id() {
        T::NONE if coll.is_nil() => Ok(list(&[x])),
        T::LIST => {
            let l = as_type!(coll, List);
            Ok(List::new(x, coll, l.count + 1, l.meta).value())
        }
        T::EMPTY_LIST => Ok(List::new(x, list::empty(), 1, as_type!(coll, EmptyList).meta).value()),
        T::MAP_ENTRY => Ok(indexed::to_vector(coll).map_or(Value::NIL, |v| v.conj(x).value())),
        T::SUBVEC => {
            let s = as_type!(coll, indexed::Subvec);
            let end = s.end as usize;
            let vec = if end < s.vec.count() { s.vec.assoc(end, x) } else { s.vec.conj(x) };
            Ok(indexed::Subvec::new(vec, s.start as usize, end + 1, s.meta).value())
        }
        T::ARRAY_MAP | T::HASH_MAP | T::TREE_MAP => conj_entry(coll, x),
        T::HASH_SET => as_type!(coll, HashSet).conj(x),
        T::TREE_SET => {
            let t = as_type!(coll, TreeSet);
            Ok(if t.tree.find(x)?.is_some() { coll } else { t.with(t.tree.assoc(x, x)?) })
        }
        T::QUEUE => Ok(as_type!(coll, Queue).conj(x)),
        _ if kind(coll) == Kind::Sequential => Ok(Cons::new(x, coll, Value::NIL).value()),
        _ => match foreign::ask(Op::Conj, coll, &[x]) {
            Some(r) => r,
            None => Err(fault::class_cast(coll, "clojure.lang.IPersistentCollection")),
        },
    }
}

/// Adds an entry, a vector of two, or all entries of a map.
pub fn conj_entry(m: Value, x: Value) -> Res {
    if x.is_nil() {
        return Ok(m);
    }
    if let Some(e) = x.cast::<MapEntry>() {
        return assoc(m, e.key, e.val);
    }
    if kind::is_vector(x) {
        if count(x)? != 2 {
            return Err(fault::illegal_argument("Vector arg to map conj must be a pair"));
        }
        return assoc(m, nth(x, 0, None)?, nth(x, 1, None)?);
    }
    let mut out = m;
    walk::each(x, &mut |e| {
        let (k, v) = as_entry(e)?;
        out = assoc(out, k, v)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(out)
}

fn list(items: &[Value]) -> Value {
    List::from_slice(items)
}

/// `(peek coll)`
pub fn peek(coll: Value) -> Res {
    use TypeId as T;
    match coll.type_id() {
        T::NONE if coll.is_nil() => Ok(coll),
        T::VECTOR | T::SUBVEC | T::MAP_ENTRY => {
            let n = indexed::len(coll).unwrap_or(0);
            Ok(n.checked_sub(1).and_then(|i| indexed::nth(coll, i)).unwrap_or(Value::NIL))
        }
        T::LIST => Ok(as_type!(coll, List).first),
        T::EMPTY_LIST => Ok(Value::NIL),
        T::QUEUE => as_type!(coll, Queue).peek(),
        _ => match foreign::ask(Op::Peek, coll, &[]) {
            Some(r) => r,
            None => Err(fault::class_cast(coll, "clojure.lang.IPersistentStack")),
        },
    }
}

/// `(pop coll)`
pub fn pop(coll: Value) -> Res {
    use TypeId as T;
    match coll.type_id() {
        T::NONE if coll.is_nil() => Ok(coll),
        T::VECTOR => match as_type!(coll, Vector) {
            v if v.count() == 0 => Err(fault::raise(Class::IllegalState, "Can't pop empty vector")),
            v => Ok(v.pop().value()),
        },
        T::MAP_ENTRY => Ok(super::vector(&[as_type!(coll, MapEntry).key])),
        T::SUBVEC => {
            let s = as_type!(coll, indexed::Subvec);
            if s.end - s.start == 1 {
                return Ok(super::vector(&[]));
            }
            Ok(indexed::Subvec::new(s.vec, s.start as usize, s.end as usize - 1, s.meta).value())
        }
        T::LIST => {
            let l = as_type!(coll, List);
            if l.count == 1 { Ok(EmptyList::new(l.meta).value()) } else { Ok(l.rest) }
        }
        T::EMPTY_LIST => Err(fault::raise(Class::IllegalState, "Can't pop empty list")),
        T::QUEUE => as_type!(coll, Queue).pop(),
        _ => match foreign::ask(Op::Pop, coll, &[]) {
            Some(r) => r,
            None => Err(fault::class_cast(coll, "clojure.lang.IPersistentStack")),
        },
    }
}

/// `(disj set x)`
pub fn disj(coll: Value, x: Value) -> Res {
    use TypeId as T;
    match coll.type_id() {
        T::NONE if coll.is_nil() => Ok(coll),
        T::HASH_SET => as_type!(coll, HashSet).disj(x),
        T::TREE_SET => {
            let t = as_type!(coll, TreeSet);
            Ok(t.with(t.tree.dissoc(x)?))
        }
        _ => match foreign::ask(Op::Disj, coll, &[x]) {
            Some(r) => r,
            None => Err(fault::class_cast(coll, "clojure.lang.IPersistentSet")),
        },
    }
}

/// `(empty coll)`: nil for what is no collection.
pub fn empty(coll: Value) -> Res {
    use TypeId as T;
    let m = meta::meta(coll);
    Ok(match coll.type_id() {
        T::VECTOR | T::SUBVEC => meta::with_meta(super::vector(&[]), m)?,
        T::MAP_ENTRY => Value::NIL,
        T::LIST | T::EMPTY_LIST if m.is_nil() => list::empty(),
        T::LIST | T::EMPTY_LIST => EmptyList::new(m).value(),
        T::ARRAY_MAP => meta::with_meta(ArrayMap::empty(), m)?,
        T::HASH_MAP => HashMap::new(Table::EMPTY, m).value(),
        T::HASH_SET => meta::with_meta(HashSet::empty(), m)?,
        T::TREE_MAP => TreeMap::new(Tree::new(as_type!(coll, TreeMap).tree.comparator), m).value(),
        T::TREE_SET => TreeSet::new(Tree::new(as_type!(coll, TreeSet).tree.comparator), m).value(),
        T::QUEUE => Queue::empty(m),
        _ if kind(coll) == Kind::Sequential => list::empty(),
        _ => match foreign::ask(Op::Empty, coll, &[]) {
            Some(r) => r?,
            None => Value::NIL,
        },
    })
}

/// Is there nothing in it? `(not (seq coll))`
pub fn is_empty(coll: Value) -> Res<bool> {
    match quick_count(coll) {
        Some(n) => Ok(n == 0),
        None => Ok(seq::seq(coll)?.is_nil()),
    }
}
