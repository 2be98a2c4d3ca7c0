//! What sort of thing a value is to the collection functions, and the predicates of clojure.core that ask for it.

use super::entries::MapSeq;
use super::foreign::{self, Interface};
use crate::heap::TypeId;
use crate::value::Value;

/// The partitions of equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Nil,
    /// Lists, vectors, seqs, queues.
    Sequential,
    Map,
    Set,
    /// A program's type, or anything that the hook answers for.
    Foreign,
    Other,
}

#[inline]
pub fn kind(v: Value) -> Kind {
    use TypeId as T;
    match v.type_id() {
        T::NONE => {
            if v.is_nil() {
                Kind::Nil
            } else {
                Kind::Other
            }
        }
        T::VECTOR | T::LIST | T::CONS | T::LAZY_SEQ | T::EMPTY_LIST | T::MAP_ENTRY | T::SUBVEC | T::QUEUE => {
            Kind::Sequential
        }
        T::ARRAY_MAP | T::HASH_MAP | T::TREE_MAP => Kind::Map,
        T::HASH_SET | T::TREE_SET => Kind::Set,
        T::EDUCTION => Kind::Sequential,
        t if is_seq_type(t) => Kind::Sequential,
        t if t >= T::FIRST_USER => Kind::Foreign,
        _ => Kind::Other,
    }
}

fn is_seq_type(t: TypeId) -> bool {
    use TypeId as T;
    matches!(
        t,
        T::LIST
            | T::EMPTY_LIST
            | T::CONS
            | T::LAZY_SEQ
            | T::ARRAY_SEQ
            | T::STRING_SEQ
            | T::VECTOR_SEQ
            | T::REVERSE_SEQ
            | T::MAP_SEQ
            | T::KEY_SEQ
            | T::VAL_SEQ
            | T::TREE_SEQ
            | T::QUEUE_SEQ
            | T::RANGE
            | T::REPEAT
            | T::CYCLE
            | T::ITERATE
            | T::CHUNKED_CONS
    )
}

/// `seq?`
pub fn is_seq(v: Value) -> bool {
    is_seq_type(v.type_id()) || foreign::is(Interface::Seq, v)
}
pub fn is_list(v: Value) -> bool {
    matches!(v.type_id(), TypeId::LIST | TypeId::EMPTY_LIST) || foreign::is(Interface::List, v)
}
/// `vector?`: map entries and subvectors too.
pub fn is_vector(v: Value) -> bool {
    matches!(v.type_id(), TypeId::VECTOR | TypeId::SUBVEC | TypeId::MAP_ENTRY) || foreign::is(Interface::Vector, v)
}
pub fn is_map(v: Value) -> bool {
    kind(v) == Kind::Map || foreign::is(Interface::Map, v)
}
pub fn is_set(v: Value) -> bool {
    kind(v) == Kind::Set || foreign::is(Interface::Set, v)
}
pub fn is_coll(v: Value) -> bool {
    (matches!(kind(v), Kind::Sequential | Kind::Map | Kind::Set) && v.type_id() != TypeId::EDUCTION)
        || foreign::is(Interface::Collection, v)
}
pub fn is_sequential(v: Value) -> bool {
    kind(v) == Kind::Sequential || foreign::is(Interface::Sequential, v)
}
pub fn is_associative(v: Value) -> bool {
    is_map(v) || is_vector(v) || foreign::is(Interface::Associative, v)
}
pub fn is_sorted(v: Value) -> bool {
    matches!(v.type_id(), TypeId::TREE_MAP | TypeId::TREE_SET) || foreign::is(Interface::Sorted, v)
}
pub fn is_reversible(v: Value) -> bool {
    is_vector(v) || is_sorted(v) || foreign::is(Interface::Reversible, v)
}
pub fn is_indexed(v: Value) -> bool {
    is_vector(v)
        || matches!(v.type_id(), TypeId::CHUNK | TypeId::TRANSIENT_VECTOR)
        || foreign::is(Interface::Indexed, v)
}
pub fn is_counted(v: Value) -> bool {
    use TypeId as T;
    is_vector(v)
        || matches!(kind(v), Kind::Map | Kind::Set)
        || matches!(
            v.type_id(),
            T::LIST
                | T::EMPTY_LIST
                | T::QUEUE
                | T::VECTOR_SEQ
                | T::REVERSE_SEQ
                | T::ARRAY_SEQ
                | T::STRING_SEQ
                | T::RANGE
                | T::TREE_SEQ
                | T::QUEUE_SEQ
                | T::CHUNK
                | T::CHUNK_BUFFER
                | T::TRANSIENT_VECTOR
                | T::TRANSIENT_MAP
                | T::TRANSIENT_SET
        )
        || v.cast::<MapSeq>().is_some_and(|s| s.count().is_some())
        || foreign::is(Interface::Counted, v)
}
pub fn is_array(v: Value) -> bool {
    (TypeId::VALUE_ARRAY..=TypeId::BOOLEAN_ARRAY).contains(&v.type_id())
}
pub fn is_seqable(v: Value) -> bool {
    v.is_nil()
        || is_coll(v)
        || matches!(v.type_id(), TypeId::TEXT | TypeId::EDUCTION)
        || is_array(v)
        || foreign::is(Interface::Seqable, v)
        || v.type_id() == TypeId::CPP_BOX && foreign::ask(foreign::Op::Is(Interface::Seqable), v, &[]).is_some()
}
/// `fn?`
pub fn is_fn(v: Value) -> bool {
    matches!(v.type_id(), TypeId::FUNCTION | TypeId::MULTI_FN) || foreign::is(Interface::Fn, v)
}
/// `ifn?`: whatever can be called.
pub fn is_ifn(v: Value) -> bool {
    is_fn(v)
        || is_associative(v) && !foreign::is(Interface::Record, v)
        || is_set(v)
        || matches!(
            v.type_id(),
            TypeId::KEYWORD
                | TypeId::SYMBOL
                | TypeId::VAR
                | TypeId::PROMISE
                | TypeId::TRANSIENT_VECTOR
                | TypeId::TRANSIENT_MAP
                | TypeId::TRANSIENT_SET
        )
        || foreign::is(Interface::IFn, v)
}
/// `map-entry?`
pub fn is_map_entry(v: Value) -> bool {
    v.type_id() == TypeId::MAP_ENTRY || foreign::is(Interface::MapEntry, v)
}
