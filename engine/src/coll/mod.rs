//! Persistent collections, seqs, transients, references, and equality, hashing and order of values: what the whole engine
//! works with. Every structure is made of our own heap objects.
//!
//! The functions here follow clojure.core: nil counts as empty, and errors are of the classes that Clojure throws.
//!
//! | file | what |
//! |---|---|
//! | `vector hamt map tree list queue` | the structures |
//! | `indexed entries lazy chunk generated eduction` | the seqs |
//! | `seq lookup walk cursor transient meta` | what is done with them |
//! | `equality hash murmur compare numbers kind` | how they compare |
//! | `state once foreign` | atoms, delays; locks in objects; types from outside |

pub mod arrays;
pub mod chunk;
mod compare;
mod cursor;
mod eduction;
mod entries;
mod equality;
pub mod foreign;
mod generated;
pub mod hamt;
mod hash;
mod indexed;
pub mod kind;
mod lazy;
mod list;
mod lookup;
mod map;
mod meta;
pub mod murmur;
mod numbers;
mod object;
mod once;
mod queue;
mod seq;
pub mod state;
pub mod transient;
mod tree;
mod vector;
mod walk;

#[cfg(test)]
mod tests;

pub use chunk::{Chunk, ChunkBuffer, ChunkedCons};
pub use compare::{compare, compare_long};
pub use cursor::Cursor;
pub use eduction::Eduction;
pub use entries::{KeySeq, MapSeq, ValSeq, first_entry};
pub use equality::{equal, same_key};
pub use generated::{Cycle, Iterate, Range, Repeat};
pub use hash::{
    hash, identity as identity_hash, java as java_hash, ordered as hash_ordered, unordered as hash_unordered,
};
pub use indexed::{ArraySeq, ReverseSeq, StringSeq, Subvec, VecSeq};
pub use kind::{is_map, is_seq, is_set, is_vector};
pub use lazy::LazySeq;
pub use list::{Cons, EmptyList, List, MapEntry, empty as empty_list};
pub use lookup::{
    as_entry, assoc, conj, contains, count, disj, dissoc, empty, find, find_entry, get, is_empty, nth, peek, pop,
    quick_count,
};
pub use map::{ArrayMap, HashMap, HashSet, table_of};
pub use meta::{meta, with_meta};
pub use object::{Items, keep};
pub use once::{Held, Once};
pub use queue::Queue;
pub use seq::{chunk_first, chunk_next, chunk_rest, cons, first, is_chunked, next, rest, rseq, seq, subvec};
pub use state::{Atom, Delay, Reduced, Volatile, deref, unreduced};
pub use transient::vector_of;
pub use tree::{Tree, TreeMap, TreeSet, order, tree_of};
pub use vector::Vector;
pub use walk::{each, each_entry, reduce, reduce_first, reduce_kv};

use crate::fault::{self, Res};
use crate::heap::GcVec;
use crate::value::Value;

/// A vector of the items.
pub fn vector(items: &[Value]) -> Value {
    static EMPTY: std::sync::OnceLock<crate::heap::Root> = std::sync::OnceLock::new();
    if items.is_empty() {
        // One empty vector, as on the JVM.
        return EMPTY.get_or_init(|| crate::heap::Root::new(Vector::from_slice(&[]).value())).get();
    }
    Vector::from_slice(items).value()
}
/// A list of the items; the empty list where there are none.
pub fn list(items: &[Value]) -> Value {
    List::from_slice(items)
}
pub fn entry(key: Value, val: Value) -> Value {
    MapEntry::new(key, val).value()
}
/// A map of key, value, …: an array map up to eight entries. Of equal keys the last value wins.
pub fn map(pairs: &[Value]) -> Res {
    if pairs.len() > 2 * map::ARRAY_MAX {
        return Ok(HashMap::new(map::table_of(pairs)?, Value::NIL).value());
    }
    array_map(pairs)
}
/// A map that keeps the order of its keys, however many.
pub fn array_map(pairs: &[Value]) -> Res {
    let mut unique = GcVec::with_capacity(pairs.len());
    for p in pairs.chunks_exact(2) {
        match map::position(&unique, p[0])? {
            Some(i) => unique[i + 1] = p[1],
            None => unique.extend_from_slice(p),
        }
    }
    Ok(if unique.is_empty() { ArrayMap::empty() } else { ArrayMap::new(&unique, Value::NIL).value() })
}
/// A map literal: equal keys are an error.
///
/// # Errors
/// IllegalArgumentException `Duplicate key: …`.
pub fn map_with_check(pairs: &[Value]) -> Res {
    let m = map(pairs)?;
    if count(m)? * 2 != pairs.len() {
        let mut seen = HashSet::empty();
        for p in pairs.chunks_exact(2) {
            if contains(seen, p[0])? {
                return Err(duplicate(p[0]));
            }
            seen = conj(seen, p[0])?;
        }
    }
    Ok(m)
}
/// A set of the items; of equal ones the first stays.
pub fn set(items: &[Value]) -> Res {
    Ok(if items.is_empty() { HashSet::empty() } else { HashSet::from_slice(items)?.value() })
}
/// A set literal: equal items are an error.
///
/// # Errors
/// IllegalArgumentException `Duplicate key: …`.
pub fn set_with_check(items: &[Value]) -> Res {
    let s = set(items)?;
    if count(s)? != items.len() {
        let mut seen = HashSet::empty();
        for &x in items {
            if contains(seen, x)? {
                return Err(duplicate(x));
            }
            seen = conj(seen, x)?;
        }
    }
    Ok(s)
}
fn duplicate(key: Value) -> fault::Thrown {
    fault::illegal_argument(format!("Duplicate key: {}", brief(key)))
}
/// A key as it stands in a message: names, texts and numbers; the class of anything else.
pub fn brief(v: Value) -> String {
    use crate::text::{Keyword, Symbol, Text};
    if let Some(k) = v.cast::<Keyword>() {
        return format!(":{}", k.symbol.full());
    }
    if let Some(s) = v.cast::<Symbol>() {
        return s.full();
    }
    if let Some(t) = v.cast::<Text>() {
        return t.as_str().to_owned();
    }
    if v.is_pointer() { crate::class_name(v) } else { format!("{v:?}") }
}
/// `items`, then the items of the seqable `rest`: for `list*`, `apply`.
pub fn spread(items: &[Value], rest: Value) -> Res<GcVec> {
    let mut all = GcVec::with_capacity(items.len() + quick_count(rest).unwrap_or(4));
    all.extend_from_slice(items);
    let mut more = Cursor::new(rest)?;
    while let Some(x) = more.next()? {
        all.push(x);
    }
    Ok(all)
}
/// Every item of a seqable in a buffer.
pub fn items(coll: Value) -> Res<GcVec> {
    arrays::items(coll)
}
