//! `meta` and `with-meta` of everything that carries metadata.

use super::chunk::ChunkedCons;
use super::entries::{KeySeq, MapSeq, ValSeq};
use super::foreign::{self, Op};
use super::generated::{Cycle, Iterate, Range, Repeat};
use super::indexed::{ArraySeq, ReverseSeq, StringSeq, Subvec, VecSeq};
use super::kind::{Kind, kind};
use super::lazy::LazySeq;
use super::list::{Cons, EmptyList, List};
use super::map::{ArrayMap, HashMap, HashSet};
use super::queue::{Queue, QueueSeq};
use super::seq::as_type;
use super::state::Atom;
use super::tree::{TreeMap, TreeSeq, TreeSet};
use super::vector::Vector;
use crate::code::Function;
use crate::fault::{self, Res};
use crate::heap::TypeId;
use crate::space::Var;
use crate::text::Symbol;
use crate::value::Value;

/// The metadata, nil where there is none or cannot be any.
pub fn meta(v: Value) -> Value {
    use TypeId as T;
    match v.type_id() {
        T::NONE => Value::NIL,
        T::VECTOR => as_type!(v, Vector).meta,
        T::LIST => as_type!(v, List).meta,
        T::EMPTY_LIST => as_type!(v, EmptyList).meta,
        T::CONS => as_type!(v, Cons).meta,
        T::ARRAY_MAP => as_type!(v, ArrayMap).meta,
        T::HASH_MAP => as_type!(v, HashMap).meta,
        T::HASH_SET => as_type!(v, HashSet).meta,
        T::TREE_MAP => as_type!(v, TreeMap).meta,
        T::TREE_SET => as_type!(v, TreeSet).meta,
        T::SUBVEC => as_type!(v, Subvec).meta,
        T::LAZY_SEQ => as_type!(v, LazySeq).meta(),
        T::QUEUE => as_type!(v, Queue).meta,
        T::QUEUE_SEQ => as_type!(v, QueueSeq).meta,
        T::VECTOR_SEQ => as_type!(v, VecSeq).meta,
        T::REVERSE_SEQ => as_type!(v, ReverseSeq).meta,
        T::STRING_SEQ => as_type!(v, StringSeq).meta,
        T::ARRAY_SEQ => as_type!(v, ArraySeq).meta,
        T::CHUNKED_CONS => as_type!(v, ChunkedCons).meta,
        T::MAP_SEQ => as_type!(v, MapSeq).meta,
        T::KEY_SEQ => as_type!(v, KeySeq).meta,
        T::VAL_SEQ => as_type!(v, ValSeq).meta,
        T::TREE_SEQ => as_type!(v, TreeSeq).meta,
        T::RANGE => as_type!(v, Range).meta,
        T::REPEAT => as_type!(v, Repeat).meta,
        T::CYCLE => as_type!(v, Cycle).meta,
        T::ITERATE => as_type!(v, Iterate).meta,
        T::SYMBOL => as_type!(v, Symbol).meta,
        T::FUNCTION => as_type!(v, Function).meta(),
        T::VAR => {
            let var = as_type!(v, Var);
            // A function written in Rust makes its metadata when it is first asked for.
            if var.meta().is_nil() { crate::space::resolve::native_meta(var) } else { var.meta() }
        }
        T::ATOM => as_type!(v, Atom).meta(),
        _ => match foreign::ask(Op::Meta, v, &[]) {
            Some(Ok(m)) => m,
            _ => Value::NIL,
        },
    }
}

/// The same value with other metadata: a map or nil.
///
/// # Errors
/// ClassCastException where the value has no metadata, or `m` is no map.
pub fn with_meta(v: Value, m: Value) -> Res {
    use TypeId as T;
    if !m.is_nil() && !super::kind::is_map(m) {
        return Err(fault::class_cast(m, "clojure.lang.IPersistentMap"));
    }
    // The same metadata: the same object, as on the JVM.
    if v.is_pointer()
        && !matches!(v.type_id(), T::VAR | T::ATOM | T::NAMESPACE)
        && kind(v) != Kind::Other
        && meta(v) == m
    {
        return Ok(v);
    }
    Ok(match v.type_id() {
        T::VECTOR => as_type!(v, Vector).with_meta(m).value(),
        T::LIST => {
            let l = as_type!(v, List);
            List::new(l.first, l.rest, l.count, m).value()
        }
        T::EMPTY_LIST if m.is_nil() => super::list::empty(),
        T::EMPTY_LIST => EmptyList::new(m).value(),
        T::CONS => {
            let c = as_type!(v, Cons);
            Cons::new(c.first, c.rest, m).value()
        }
        T::ARRAY_MAP => ArrayMap::new(as_type!(v, ArrayMap).tail(), m).value(),
        T::HASH_MAP => HashMap::new(as_type!(v, HashMap).table, m).value(),
        T::HASH_SET => HashSet::new(as_type!(v, HashSet).table, m).value(),
        T::TREE_MAP => TreeMap::new(as_type!(v, TreeMap).tree, m).value(),
        T::TREE_SET => TreeSet::new(as_type!(v, TreeSet).tree, m).value(),
        T::SUBVEC => {
            let s = as_type!(v, Subvec);
            Subvec::new(s.vec, s.start as usize, s.end as usize, m).value()
        }
        T::LAZY_SEQ => as_type!(v, LazySeq).with_meta(m)?,
        T::QUEUE => {
            let q = as_type!(v, Queue);
            Queue::new(q.count, q.front, q.rear, m).value()
        }
        T::QUEUE_SEQ => as_type!(v, QueueSeq).with_meta(m),
        T::VECTOR_SEQ => {
            let s = as_type!(v, VecSeq);
            VecSeq::new(s.vec, s.index as usize, m).value()
        }
        T::REVERSE_SEQ => {
            let s = as_type!(v, ReverseSeq);
            ReverseSeq::new(s.vec, s.index as usize, m).value()
        }
        T::STRING_SEQ => as_type!(v, StringSeq).with_meta(m),
        T::ARRAY_SEQ => {
            let s = as_type!(v, ArraySeq);
            ArraySeq::at(s.array, s.index as usize, s.len as usize, m)
        }
        T::CHUNKED_CONS => {
            let c = as_type!(v, ChunkedCons);
            ChunkedCons::new(c.chunk, c.more, m).value()
        }
        T::MAP_SEQ => as_type!(v, MapSeq).with_meta(m),
        T::KEY_SEQ => KeySeq::new(as_type!(v, KeySeq).entries, m),
        T::VAL_SEQ => ValSeq::new(as_type!(v, ValSeq).entries, m),
        T::TREE_SEQ => as_type!(v, TreeSeq).with_meta(m),
        T::RANGE => {
            let r = as_type!(v, Range);
            Range::new(r.start, r.step, r.count, m).value()
        }
        T::REPEAT => {
            let r = as_type!(v, Repeat);
            Repeat::new(r.value, r.left, m).value()
        }
        T::CYCLE => as_type!(v, Cycle).with_meta(m),
        T::ITERATE => as_type!(v, Iterate).with_meta(m),
        T::SYMBOL => as_type!(v, Symbol).with_meta(m).value(),
        T::FUNCTION => as_type!(v, Function).with_meta(m).value(),
        _ => match foreign::ask(Op::WithMeta, v, &[m]) {
            Some(r) => r?,
            None => return Err(fault::class_cast(v, "clojure.lang.IObj")),
        },
    })
}
