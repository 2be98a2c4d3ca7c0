//! `seq`, `first`, `next`, `rest`, `cons` on everything that can be walked.

use super::chunk::{Chunk, ChunkedCons};
use super::eduction::Eduction;
use super::entries::{self, KeySeq, MapSeq, ValSeq, Way};
use super::foreign::{self, Op};
use super::generated::{Cycle, Iterate, Range, Repeat};
use super::indexed::{self, ArraySeq, ReverseSeq, StringSeq, Subvec, VecSeq};
use super::kind::is_seq;
use super::lazy::LazySeq;
use super::list::{self, Cons, List, MapEntry};
use super::map::{ArrayMap, HashMap, HashSet};

use super::queue::{Queue, QueueSeq};
use super::tree::{TreeSeq, tree_of};
use super::vector::Vector;
use crate::fault::{self, Res};
use crate::heap::{Gc, TypeId, ValueArray};
use crate::text::Text;
use crate::value::Value;

/// The object as its type, for match arms that have just seen its id.
macro_rules! as_type {
    ($v:expr, $t:ty) => {{
        // SAFETY: the arm matched this type's id.
        let g: $crate::heap::Gc<$t> = unsafe { $crate::coll::object::unchecked($v) };
        g
    }};
}
pub(super) use as_type;

/// A seq of the collection, nil where it is empty.
///
/// # Errors
/// IllegalArgumentException for what cannot be walked.
#[inline]
pub fn seq(v: Value) -> Res {
    use TypeId as T;
    match v.type_id() {
        T::NONE if v.is_nil() => Ok(v),
        T::CONS | T::LIST | T::VECTOR_SEQ | T::CHUNKED_CONS | T::RANGE => Ok(v),
        T::LAZY_SEQ => as_type!(v, LazySeq).seq(),
        T::VECTOR => {
            let x = as_type!(v, Vector);
            Ok(if x.count() == 0 { Value::NIL } else { VecSeq::new(v, 0, Value::NIL).value() })
        }
        _ => seq_slow(v),
    }
}

fn seq_slow(v: Value) -> Res {
    use TypeId as T;
    Ok(match v.type_id() {
        T::EMPTY_LIST => Value::NIL,
        T::ARRAY_SEQ | T::STRING_SEQ | T::REVERSE_SEQ | T::MAP_SEQ | T::KEY_SEQ | T::VAL_SEQ | T::TREE_SEQ => v,
        T::REPEAT | T::CYCLE | T::ITERATE | T::QUEUE_SEQ => v,
        T::SUBVEC | T::MAP_ENTRY => VecSeq::from(v, 0),
        T::ARRAY_MAP => Way::array(as_type!(v, ArrayMap)).seq(Value::NIL),
        T::HASH_MAP => Way::table(as_type!(v, HashMap).table).seq(Value::NIL),
        T::HASH_SET => KeySeq::new(Way::table(as_type!(v, HashSet).table).seq(Value::NIL), Value::NIL),
        T::TREE_MAP => tree_of(v).map_or(Value::NIL, |t| t.seq(false)),
        T::TREE_SET => KeySeq::new(tree_of(v).map_or(Value::NIL, |t| t.seq(false)), Value::NIL),
        T::QUEUE => as_type!(v, Queue).seq(),
        T::EDUCTION => return as_type!(v, Eduction).seq(),
        T::TEXT => StringSeq::of(as_type!(v, Text)),
        T::VALUE_ARRAY => ArraySeq::at(v, 0, as_type!(v, ValueArray).header().len(), Value::NIL),
        _ => match foreign::ask(Op::Seq, v, &[]) {
            Some(r) => r?,
            None => return Err(not_seqable(v)),
        },
    })
}

#[cold]
fn not_seqable(v: Value) -> fault::Thrown {
    fault::illegal_argument(format!("Don't know how to create ISeq from: {}", crate::print::shown_class(v)))
}

/// The first item, nil where there is none.
#[inline]
pub fn first(v: Value) -> Res {
    use TypeId as T;
    match v.type_id() {
        T::CONS => Ok(as_type!(v, Cons).first),
        T::LIST => Ok(as_type!(v, List).first),
        T::VECTOR_SEQ => {
            let s = as_type!(v, VecSeq);
            Ok(indexed::nth(s.vec, s.index as usize).unwrap_or(Value::NIL))
        }
        T::VECTOR => Ok(as_type!(v, Vector).nth(0).unwrap_or(Value::NIL)),
        T::CHUNKED_CONS => Ok(as_type!(v, ChunkedCons).chunk.items().first().copied().unwrap_or(Value::NIL)),
        T::LAZY_SEQ => first(as_type!(v, LazySeq).seq()?),
        T::RANGE => Ok(Value::long(as_type!(v, Range).start)),
        _ => first_slow(v),
    }
}

fn first_slow(v: Value) -> Res {
    use TypeId as T;
    Ok(match v.type_id() {
        T::NONE if v.is_nil() => v,
        T::EMPTY_LIST => Value::NIL,
        T::REVERSE_SEQ => {
            let s = as_type!(v, ReverseSeq);
            indexed::nth(s.vec, s.index as usize).unwrap_or(Value::NIL)
        }
        T::STRING_SEQ => as_type!(v, StringSeq).first(),
        T::ARRAY_SEQ => {
            let s = as_type!(v, ArraySeq);
            return super::arrays::get(s.array, s.index as usize);
        }
        T::MAP_SEQ => {
            let (k, x) = as_type!(v, MapSeq).entry();
            MapEntry::new(k, x).value()
        }
        T::KEY_SEQ => entries::first_entry(as_type!(v, KeySeq).entries)?.0,
        T::VAL_SEQ => entries::first_entry(as_type!(v, ValSeq).entries)?.1,
        T::TREE_SEQ => as_type!(v, TreeSeq).first(),
        T::REPEAT => as_type!(v, Repeat).value,
        T::CYCLE => return first(as_type!(v, Cycle).current()?),
        T::ITERATE => return as_type!(v, Iterate).first(),
        T::QUEUE_SEQ => return first(as_type!(v, QueueSeq).front),
        T::SUBVEC | T::MAP_ENTRY => indexed::nth(v, 0).unwrap_or(Value::NIL),
        t if t >= T::FIRST_USER && is_seq(v) => match foreign::ask(Op::First, v, &[]) {
            Some(r) => r?,
            None => return Err(not_seqable(v)),
        },
        _ => {
            let s = seq(v)?;
            return if s.is_nil() { Ok(s) } else { first(s) };
        }
    })
}

/// The seq after the first item, nil where there is none.
#[inline]
pub fn next(v: Value) -> Res {
    use TypeId as T;
    match v.type_id() {
        T::LIST => {
            let rest = as_type!(v, List).rest;
            Ok(if rest.is::<List>() { rest } else { Value::NIL })
        }
        T::CONS => seq(as_type!(v, Cons).rest),
        T::VECTOR_SEQ => {
            let s = as_type!(v, VecSeq);
            Ok(VecSeq::from(s.vec, s.index as usize + 1))
        }
        T::CHUNKED_CONS => as_type!(v, ChunkedCons).next(),
        T::LAZY_SEQ => next(as_type!(v, LazySeq).seq()?),
        T::RANGE => Ok(as_type!(v, Range).skip(1)),
        _ => next_slow(v),
    }
}

fn next_slow(v: Value) -> Res {
    use TypeId as T;
    Ok(match v.type_id() {
        T::NONE if v.is_nil() => v,
        T::EMPTY_LIST => Value::NIL,
        T::VECTOR | T::SUBVEC | T::MAP_ENTRY => VecSeq::from(v, 1),
        T::REVERSE_SEQ => {
            let s = as_type!(v, ReverseSeq);
            if s.index == 0 { Value::NIL } else { ReverseSeq::new(s.vec, s.index as usize - 1, Value::NIL).value() }
        }
        T::STRING_SEQ => as_type!(v, StringSeq).next(),
        T::ARRAY_SEQ => {
            let s = as_type!(v, ArraySeq);
            ArraySeq::at(s.array, s.index as usize + 1, s.len as usize, Value::NIL)
        }
        T::MAP_SEQ => as_type!(v, MapSeq).next(),
        T::KEY_SEQ => KeySeq::new(next(as_type!(v, KeySeq).entries)?, Value::NIL),
        T::VAL_SEQ => ValSeq::new(next(as_type!(v, ValSeq).entries)?, Value::NIL),
        T::TREE_SEQ => as_type!(v, TreeSeq).next(),
        T::REPEAT => as_type!(v, Repeat).next(),
        T::CYCLE => return as_type!(v, Cycle).next(),
        T::ITERATE => return as_type!(v, Iterate).next(),
        T::QUEUE_SEQ => return as_type!(v, QueueSeq).next(),
        t if t >= T::FIRST_USER && is_seq(v) => match foreign::ask(Op::Next, v, &[]) {
            Some(r) => r?,
            None => return Err(not_seqable(v)),
        },
        _ => {
            let s = seq(v)?;
            return if s.is_nil() { Ok(s) } else { next(s) };
        }
    })
}

/// What follows the first item, not realised; the empty list where there is nothing.
pub fn rest(v: Value) -> Res {
    use TypeId as T;
    match v.type_id() {
        T::LIST => Ok(as_type!(v, List).rest),
        T::CONS => {
            let r = as_type!(v, Cons).rest;
            Ok(if r.is_nil() { list::empty() } else { r })
        }
        T::CHUNKED_CONS => as_type!(v, ChunkedCons).rest(),
        T::LAZY_SEQ => rest(as_type!(v, LazySeq).seq()?),
        t if t >= T::FIRST_USER && is_seq(v) => match foreign::ask(Op::Rest, v, &[]) {
            Some(r) => r,
            None => Err(not_seqable(v)),
        },
        _ => {
            let n = next(v)?;
            Ok(if n.is_nil() { list::empty() } else { n })
        }
    }
}

/// `(cons x coll)`: of a seq or lazy seq nothing is realised.
pub fn cons(x: Value, coll: Value) -> Res {
    if coll.is_nil() {
        return Ok(List::new(x, list::empty(), 1, Value::NIL).value());
    }
    let rest = if is_seq(coll) { coll } else { seq(coll)? };
    Ok(Cons::new(x, rest, Value::NIL).value())
}

/// Is the seq one that hands over chunks?
pub fn is_chunked(s: Value) -> bool {
    match s.type_id() {
        TypeId::CHUNKED_CONS | TypeId::RANGE => true,
        TypeId::VECTOR_SEQ => s.cast::<VecSeq>().is_some_and(|s| s.vec.is::<Vector>()),
        _ => false,
    }
}

/// `chunk-first` of a chunked seq.
pub fn chunk_first(s: Value) -> Res<Gc<Chunk>> {
    match s.type_id() {
        TypeId::CHUNKED_CONS => Ok(as_type!(s, ChunkedCons).chunk),
        TypeId::RANGE => Ok(as_type!(s, Range).chunk()),
        TypeId::VECTOR_SEQ if is_chunked(s) => {
            let s = as_type!(s, VecSeq);
            Ok(Chunk::of_vector(as_type!(s.vec, Vector), s.index as usize))
        }
        _ => Err(fault::class_cast(s, "clojure.lang.IChunkedSeq")),
    }
}

/// `chunk-rest`: what follows the first chunk, not realised.
pub fn chunk_rest(s: Value) -> Res {
    let r = match s.type_id() {
        TypeId::CHUNKED_CONS => as_type!(s, ChunkedCons).more,
        TypeId::RANGE => as_type!(s, Range).skip(super::generated::RANGE_CHUNK),
        TypeId::VECTOR_SEQ if is_chunked(s) => {
            let s = as_type!(s, VecSeq);
            VecSeq::from(s.vec, (s.index as usize | 31) + 1)
        }
        _ => return Err(fault::class_cast(s, "clojure.lang.IChunkedSeq")),
    };
    Ok(if r.is_nil() { list::empty() } else { r })
}

/// `chunk-next`
pub fn chunk_next(s: Value) -> Res {
    seq(chunk_rest(s)?)
}

/// `rseq`
pub fn rseq(v: Value) -> Res {
    match v.type_id() {
        TypeId::VECTOR | TypeId::SUBVEC | TypeId::MAP_ENTRY => Ok(match indexed::len(v) {
            Some(n) if n > 0 => ReverseSeq::new(v, n - 1, Value::NIL).value(),
            _ => Value::NIL,
        }),
        TypeId::TREE_MAP => Ok(tree_of(v).map_or(Value::NIL, |t| t.seq(true))),
        TypeId::TREE_SET => Ok(KeySeq::new(tree_of(v).map_or(Value::NIL, |t| t.seq(true)), Value::NIL)),
        _ => match foreign::ask(Op::Rseq, v, &[]) {
            Some(r) => r,
            None => Err(fault::class_cast(v, "clojure.lang.Reversible")),
        },
    }
}

/// `(subvec v start end)`
pub fn subvec(v: Value, start: i64, end: i64) -> Res {
    let Some(n) = indexed::len(v) else { return Err(fault::class_cast(v, "clojure.lang.IPersistentVector")) };
    if start < 0 || end < start || end as usize > n {
        return Err(super::lookup::out_of_bounds());
    }
    if start == end {
        return Ok(super::vector(&[]));
    }
    let (start, end) = (start as usize, end as usize);
    if let Some(s) = v.cast::<Subvec>() {
        let at = s.start as usize;
        return Ok(Subvec::new(s.vec, at + start, at + end, Value::NIL).value());
    }
    match indexed::to_vector(v) {
        Some(x) => Ok(Subvec::new(x, start, end, Value::NIL).value()),
        None => Err(fault::class_cast(v, "clojure.lang.IPersistentVector")),
    }
}
