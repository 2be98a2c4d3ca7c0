//! Records as maps: their fields, and whatever other keys were added.

use super::Instance;
use crate::coll;
use crate::coll::foreign::{Interface, Op};
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec};
use crate::text::{Keyword, Symbol};
use crate::value::Value;
use std::ops::ControlFlow;

/// Items behind the fields.
fn meta_at(r: Gc<Instance>) -> usize {
    r.ty.fields.len()
}
fn others(r: Gc<Instance>) -> Value {
    r.get(meta_at(r) + 1)
}
fn field_of(r: Gc<Instance>, key: Value) -> Option<usize> {
    let k = key.cast::<Keyword>()?;
    let bits = k.symbol.base().bits();
    r.ty.fields.iter().position(|f| f.name == bits)
}
fn keyword(name: u64) -> Value {
    match Value::from_bits(name).cast::<Symbol>() {
        Some(s) => Keyword::intern(s.ns_str(), s.name_str()).value(),
        None => Value::NIL,
    }
}

/// The record with one item replaced.
fn with(r: Gc<Instance>, i: usize, v: Value) -> Value {
    let mut items: GcVec = r.tail().iter().copied().collect();
    items[i] = v;
    Instance::alloc(r.ty, &items).value()
}

/// Calls `f` with every key and value.
fn each(r: Gc<Instance>, f: &mut dyn FnMut(Value, Value) -> Res<ControlFlow<()>>) -> Res<()> {
    for (i, field) in r.ty.fields.iter().enumerate() {
        if f(keyword(field.name), r.get(i))?.is_break() {
            return Ok(());
        }
    }
    let more = others(r);
    if more.is_nil() { Ok(()) } else { coll::each_entry(more, f) }
}

fn count(r: Gc<Instance>) -> Res<usize> {
    Ok(r.ty.fields.len() + coll::count(others(r))?)
}

fn look_up(r: Gc<Instance>, key: Value, default: Value) -> Res {
    match field_of(r, key) {
        Some(i) => Ok(r.get(i)),
        None => coll::get(others(r), key, default),
    }
}

fn assoc(r: Gc<Instance>, key: Value, v: Value) -> Res {
    match field_of(r, key) {
        Some(i) => Ok(with(r, i, v)),
        None => {
            let more = match others(r) {
                Value::NIL => coll::map(&[])?,
                m => m,
            };
            Ok(with(r, meta_at(r) + 1, coll::assoc(more, key, v)?))
        }
    }
}

/// Without a field it is no record of the type any more, but a map.
fn dissoc(r: Gc<Instance>, key: Value) -> Res {
    if field_of(r, key).is_some() {
        let mut all = GcVec::new();
        each(r, &mut |k, v| {
            if k != key {
                all.push(k);
                all.push(v);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        return coll::with_meta(coll::map(&all)?, r.get(meta_at(r)));
    }
    let more = others(r);
    if more.is_nil() || !coll::contains(more, key)? {
        return Ok(r.value());
    }
    let more = coll::dissoc(more, key)?;
    let more = if coll::count(more)? == 0 { Value::NIL } else { more };
    Ok(with(r, meta_at(r) + 1, more))
}

fn seq(r: Gc<Instance>) -> Res {
    let mut all = GcVec::new();
    each(r, &mut |k, v| {
        all.push(coll::entry(k, v));
        Ok(ControlFlow::Continue(()))
    })?;
    let n = all.len();
    Ok(if n == 0 { Value::NIL } else { coll::ArraySeq::at(all.into_array().value(), 0, n, Value::NIL) })
}

fn equal(r: Gc<Instance>, other: Value) -> Res<bool> {
    let Some(o) = super::instance(other).filter(|o| std::ptr::eq(o.ty, r.ty)) else { return Ok(false) };
    for i in 0..r.ty.fields.len() {
        if !coll::equal(r.get(i), o.get(i))? {
            return Ok(false);
        }
    }
    match (others(r), others(o)) {
        (Value::NIL, Value::NIL) => Ok(true),
        (Value::NIL, _) | (_, Value::NIL) => Ok(false),
        (a, b) => coll::equal(a, b),
    }
}

/// As Clojure's records: the hash of the entries, mixed with that of the class's name.
fn hash(r: Gc<Instance>) -> Res {
    let (mut h, mut n) = (0u32, 0);
    each(r, &mut |k, v| {
        h = h.wrapping_add(coll::hash(coll::entry(k, v))?);
        n += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    let class = coll::hash(Symbol::parse(r.ty.name()).value())?;
    Ok(Value::long(i64::from(class ^ coll::murmur::collection(h, n))))
}

pub(super) fn answer(op: Op, r: Gc<Instance>, args: &[Value]) -> Option<Res> {
    let arg = |i: usize| args.get(i).copied().unwrap_or(Value::NIL);
    Some(match op {
        Op::Seq => seq(r),
        Op::Count => count(r).map(|n| Value::long(n as i64)),
        Op::Get => look_up(r, arg(0), arg(1)),
        Op::Assoc => assoc(r, arg(0), arg(1)),
        Op::Dissoc => dissoc(r, arg(0)),
        Op::Contains => look_up(r, arg(0), Value::ABSENT).map(|v| Value::bool(v != Value::ABSENT)),
        Op::Find => look_up(r, arg(0), Value::ABSENT).map(|v| match v {
            Value::ABSENT => Value::NIL,
            v => coll::entry(arg(0), v),
        }),
        Op::Conj => conj(r, arg(0)),
        Op::Empty => {
            let message = format!("Can't create empty: {}", r.ty.name());
            Err(fault::raise(Class::UnsupportedOperation, message))
        }
        Op::Equal => equal(r, arg(0)).map(Value::bool),
        Op::Hash => hash(r),
        Op::Meta => Ok(r.get(meta_at(r))),
        Op::WithMeta => Ok(with(r, meta_at(r), arg(0))),
        Op::Is(i) => Ok(Value::bool(matches!(
            i,
            Interface::Record
                | Interface::Map
                | Interface::Collection
                | Interface::Associative
                | Interface::Counted
                | Interface::Seqable
                | Interface::Meta
        ))),
        _ => return None,
    })
}

fn conj(r: Gc<Instance>, x: Value) -> Res {
    if x.is_nil() {
        return Ok(r.value());
    }
    if coll::is_vector(x) {
        if coll::count(x)? != 2 {
            return Err(fault::illegal_argument("Vector arg to map conj must be a pair"));
        }
        return assoc(r, coll::nth(x, 0, None)?, coll::nth(x, 1, None)?);
    }
    let mut out = r.value();
    coll::each(x, &mut |e| {
        let (k, v) = coll::as_entry(e)?;
        out = coll::assoc(out, k, v)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(out)
}
