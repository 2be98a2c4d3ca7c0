//! `reduce` and its kind: the loops over whole collections.

use super::cursor::Cursor;
use super::eduction::Eduction;
use super::foreign::{self, Op};
use super::kind::{Kind, kind};
use super::map::{ArrayMap, HashMap, HashSet};
use super::state::{Reduced, unreduced};
use super::{seq, tree};
use crate::fault::Res;
use crate::invoke::invoke;
use crate::value::Value;
use std::ops::ControlFlow;

/// Calls `f` with every item until it breaks.
pub fn each(coll: Value, f: &mut dyn FnMut(Value) -> Res<ControlFlow<()>>) -> Res<()> {
    let mut items = Cursor::new(coll)?;
    while let Some(x) = items.next()? {
        if f(x)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Calls `f` with key and value of every entry of a map; of a set with each item twice.
pub fn each_entry(m: Value, f: &mut dyn FnMut(Value, Value) -> Res<ControlFlow<()>>) -> Res<()> {
    if let Some(a) = m.cast::<ArrayMap>() {
        for e in a.tail().chunks_exact(2) {
            if f(e[0], e[1])?.is_break() {
                break;
            }
        }
        return Ok(());
    }
    if let Some(h) = m.cast::<HashMap>() {
        return h.table.each(f).map(|_| ());
    }
    if let Some(s) = m.cast::<HashSet>() {
        return s.table.each(&mut |k, _| f(k, k)).map(|_| ());
    }
    if let Some(t) = tree::tree_of(m) {
        return t.each(f).map(|_| ());
    }
    let is_map = super::kind::is_map(m);
    each(m, &mut |e| {
        let (k, v) = if is_map { super::lookup::as_entry(e)? } else { (e, e) };
        f(k, v)
    })
}

/// `(reduce f init coll)`
pub fn reduce(f: Value, init: Value, coll: Value) -> Res {
    if let Some(r) = reduce_foreign(coll, &[f, init]) {
        return r;
    }
    fold(f, init, Cursor::new(coll)?)
}

/// `(reduce f coll)`
pub fn reduce_first(f: Value, coll: Value) -> Res {
    if let Some(r) = reduce_foreign(coll, &[f]) {
        return r;
    }
    let mut items = Cursor::new(coll)?;
    match items.next()? {
        None => invoke(f, &[]),
        Some(x) => fold(f, x, items),
    }
}

fn reduce_foreign(coll: Value, args: &[Value]) -> Option<Res> {
    if let Some(e) = coll.cast::<Eduction>() {
        return Some(e.reduce(args));
    }
    if kind(coll) == Kind::Foreign { foreign::ask(Op::Reduce, coll, args) } else { None }
}

fn fold(f: Value, mut acc: Value, mut items: Cursor) -> Res {
    while let Some(x) = items.next()? {
        acc = invoke(f, &[acc, x])?;
        if let Some(r) = acc.cast::<Reduced>() {
            return Ok(r.value);
        }
    }
    Ok(acc)
}

/// `(reduce-kv f init coll)`
///
/// # Errors
/// IllegalArgumentException for what has no keys.
pub fn reduce_kv(f: Value, init: Value, coll: Value) -> Res {
    let mut acc = init;
    if coll.is_nil() {
        return Ok(acc);
    }
    if let Some(n) = super::indexed::len(coll) {
        for i in 0..n {
            let x = super::indexed::nth(coll, i).unwrap_or(Value::NIL);
            acc = invoke(f, &[acc, Value::long(i as i64), x])?;
            if acc.is::<Reduced>() {
                return Ok(unreduced(acc));
            }
        }
        return Ok(acc);
    }
    if kind(coll) != Kind::Map {
        if let Some(r) = foreign::ask(Op::ReduceKv, coll, &[f, init]) {
            return r;
        }
        if !super::kind::is_map(coll) && !super::kind::is_seq(coll) {
            // Whatever has items: they must be entries.
            return reduce_kv(f, init, super::seq(coll)?);
        }
    }
    let mut step = |k, v| {
        acc = invoke(f, &[acc, k, v])?;
        Ok(if acc.is::<Reduced>() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    if super::kind::is_seq(coll) {
        each(seq::seq(coll)?, &mut |e| {
            let (k, v) = super::lookup::as_entry(e)?;
            step(k, v)
        })?;
    } else {
        each_entry(coll, &mut step)?;
    }
    Ok(unreduced(acc))
}
