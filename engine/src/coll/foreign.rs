//! How types from outside this folder take part: a program's `deftype` and `reify` that implement `clojure.lang`
//! interfaces, records, typed arrays, multimethods. One hook, set once by whoever knows those types.

use crate::fault::Res;
use crate::heap::TypeId;
use crate::value::Value;
use std::sync::OnceLock;

/// What is asked of a foreign value; the arguments besides the value itself in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// → a seq or nil
    Seq,
    First,
    Next,
    Rest,
    /// → a long
    Count,
    /// [index, default or absent]
    Nth,
    /// [key, default]
    Get,
    /// [key, value]
    Assoc,
    /// [key]
    Dissoc,
    /// [key] → boolean
    Contains,
    /// [key] → map entry or nil
    Find,
    /// [item]
    Conj,
    Peek,
    Pop,
    /// [item]
    Disj,
    Empty,
    Rseq,
    /// [other] → boolean
    Equal,
    /// → a long
    Hash,
    /// [other] → a long
    Compare,
    Meta,
    /// [metadata]
    WithMeta,
    /// [arguments …]
    Invoke,
    Deref,
    /// [milliseconds, default]
    DerefTimeout,
    /// → boolean
    Realized,
    /// [f] or [f, init]
    Reduce,
    /// [f, init]
    ReduceKv,
    /// [key, value], [item]: transients
    AssocMut,
    ConjMut,
    Persistent,
    Transient,
    /// [index, value]
    ArraySet,
    ArrayClone,
    /// [key, f], [key], [f], []: references
    AddWatch,
    RemoveWatch,
    SetValidator,
    GetValidator,
    /// → boolean
    Is(Interface),
}

/// The interfaces of `clojure.lang` that predicates ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interface {
    Seq,
    Sequential,
    List,
    Vector,
    Map,
    Set,
    Collection,
    Associative,
    Counted,
    Indexed,
    Sorted,
    Reversible,
    Seqable,
    Fn,
    IFn,
    Deref,
    Pending,
    Meta,
    MapEntry,
    Record,
}

/// Answers for a value, or `None` where its type does not.
pub type Hook = fn(Op, Value, &[Value]) -> Option<Res>;

static HOOK: OnceLock<Hook> = OnceLock::new();

/// Installs the hook; the first one stays.
pub fn install(hook: Hook) {
    let _ = HOOK.set(hook);
}

/// Asks for an operation on a heap object that this folder does not know.
pub fn ask(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    if v.is_pointer() { HOOK.get().and_then(|h| h(op, v, args)) } else { None }
}

/// Does a program's type implement the interface? An error counts as no.
pub fn is(i: Interface, v: Value) -> bool {
    v.type_id() >= TypeId::FIRST_USER && matches!(ask(Op::Is(i), v, &[]), Some(Ok(Value::TRUE)))
}

pub fn hash(v: Value) -> Option<Res<u32>> {
    ask(Op::Hash, v, &[]).map(|r| r.map(|n| n.as_long().unwrap_or(0) as u32))
}
