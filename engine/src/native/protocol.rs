//! Protocols: functions that choose a method by the type of their first argument. A method is the object's type's own, or
//! one in its metadata, or one that `extend` gave its class. What was chosen for a type is kept in the function, until
//! any protocol or type changes.
//!
//! A protocol is a map, as Clojure has it: `:var`, `:sigs`, `:impls` (class → map of methods) and the like.

use super::{Captures, class};
use crate::coll;
use crate::fault::{self, Class, Res, Throwable};
use crate::heap::{Gc, GcVec, TypeId, ValueArray};
use crate::invoke::invoke;
use crate::print;
use crate::space::Var;
use crate::text::{Keyword, Symbol};
use crate::types;
use crate::value::Value;
use std::ops::ControlFlow;

natives! { pub HOST "rung.host";
    "protocol-fn" "[var name via-metadata]" [(3) protocol_fn]
    "protocols-changed" "[]" [(0) changed]
    "implementation" "[protocol x]" [(2) implementation]
}

/// Types whose choice a function remembers.
const REMEMBERED: usize = 24;

fn changed() -> Res {
    types::next_epoch();
    Ok(Value::NIL)
}

fn key(name: &str) -> Value {
    Keyword::intern(None, name).value()
}

/// A number for the class of a value.
#[inline]
fn kind_of(v: Value) -> i64 {
    let id = |t: TypeId| i64::from(t.0);
    if v.is_pointer() {
        return match v.cast::<Throwable>() {
            Some(t) => 1 << 21 | t.class() as i64,
            None => id(v.type_id()),
        };
    }
    match v {
        Value::NIL => -1,
        Value::TRUE | Value::FALSE => -2,
        v if v.is_fixnum() => id(TypeId::BOXED_LONG),
        v if v.is_char() => -3,
        _ => id(TypeId::BOXED_DOUBLE),
    }
}

/// Captures: the protocol's var, the method's name, whether metadata counts, what was chosen: epoch, kind, method, kind, ….
fn protocol_fn(var: Value, name: Value, via_metadata: Value) -> Res {
    Ok(crate::closure!([var, name, Value::bool(via_metadata.truthy()), Value::NIL] "protocol-method",
        (1) |c: Captures, a: Value| call(c, &[a]),
        (2) |c: Captures, a: Value, b: Value| call(c, &[a, b]),
        (more) |c: Captures, args: &[Value]| call(c, args)))
}

fn call(c: Captures, args: &[Value]) -> Res {
    let v = args[0];
    if c.get(2) == Value::TRUE {
        if let Some(f) = in_metadata(c, v)? {
            return invoke(f, args);
        }
    }
    let kind = kind_of(v);
    let known = c.get(3).cast::<ValueArray>().filter(|a| a.tail()[0].as_long() == Some(i64::from(types::epoch())));
    let chosen = known.and_then(|a| a.tail()[1..].chunks_exact(2).find(|p| p[0].as_long() == Some(kind)).map(|p| p[1]));
    let method = match chosen {
        Some(m) => m,
        None => choose(c, v, kind)?,
    };
    // An index stands for an item of the object: a closure of `reify`.
    match (method.as_long(), types::instance(v)) {
        (Some(i), Some(o)) => invoke(o.get(i as usize), args),
        _ => invoke(method, args),
    }
}

fn protocol_of(c: Captures) -> Res<(Gc<Var>, Value)> {
    match c.get(0).cast::<Var>() {
        Some(var) => Ok((var, var.root())),
        None => Err(fault::raise(Class::IllegalState, "a method without a protocol")),
    }
}

/// The method `ns/name` of the metadata, for protocols that say so.
fn in_metadata(c: Captures, v: Value) -> Res<Option<Value>> {
    let meta = coll::meta(v);
    if meta.is_nil() {
        return Ok(None);
    }
    let (Some(var), Some(name)) = (c.get(0).cast::<Var>(), c.get(1).cast::<Symbol>()) else { return Ok(None) };
    let full = Symbol::intern(Some(&var.ns_str()), name.name_str()).value();
    let f = coll::get(meta, full, Value::NIL)?;
    Ok(f.truthy().then_some(f))
}

/// Finds the method for a value's class and remembers it.
#[cold]
fn choose(c: Captures, v: Value, kind: i64) -> Res {
    let epoch = types::epoch();
    let (var, protocol) = protocol_of(c)?;
    let Some(name) = c.get(1).cast::<Symbol>() else { return Ok(Value::NIL) };
    let found = method(var, protocol, name, v)?;
    let Some(found) = found else {
        let shown = if v.is_nil() { "nil".to_owned() } else { crate::class_name(v) };
        return Err(fault::illegal_argument(format!(
            "No implementation of method: :{} of protocol: #'{} found for class: {shown}",
            name.name_str(),
            var.full_name()
        )));
    };
    let mut all = GcVec::new();
    all.push(Value::long(i64::from(epoch)));
    if let Some(old) = c.get(3).cast::<ValueArray>() {
        if old.tail()[0] == all[0] && old.tail().len() < 2 * REMEMBERED {
            all.extend_from_slice(&old.tail()[1..]);
        }
    }
    all.push(Value::long(kind));
    all.push(found);
    c.set(3, all.into_array().value());
    Ok(found)
}

fn method(var: Gc<Var>, protocol: Value, name: Gc<Symbol>, v: Value) -> Res<Option<Value>> {
    if let Some(o) = types::instance(v) {
        if o.ty.implements(&var.full_name()) {
            match o.ty.method(name) {
                Some(types::Method::Shared(f)) => return Ok(Some(f)),
                Some(types::Method::Own(i)) => return Ok(Some(Value::long(i as i64))),
                None => {}
            }
        }
    }
    let methods = extension(protocol, v)?;
    let f = if methods.is_nil() { Value::NIL } else { coll::get(methods, key(name.name_str()), Value::NIL)? };
    Ok((!f.is_nil()).then_some(f))
}

/// The methods that `extend` gave the class of a value, or the nearest class above it; nil.
fn extension(protocol: Value, v: Value) -> Res {
    let impls = coll::get(protocol, key("impls"), Value::NIL)?;
    if impls.is_nil() {
        return Ok(Value::NIL);
    }
    let own = coll::get(impls, class::class(v)?, Value::NIL)?;
    if !own.is_nil() || v.is_nil() {
        return Ok(own);
    }
    let mut best: Option<(i64, Value)> = None;
    coll::each_entry(impls, &mut |c, methods| {
        if !c.is_nil() && !methods.is_nil() && class::has_instance(c, v) {
            let rank = class::specificity(c);
            if best.is_none_or(|b| rank > b.0) {
                best = Some((rank, methods));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(best.map_or(Value::NIL, |b| b.1))
}

/// What implements a protocol for a value: the value itself, or a map of methods, or nil.
fn implementation(protocol: Value, v: Value) -> Res {
    let Some(var) = coll::get(protocol, key("var"), Value::NIL)?.cast::<Var>() else {
        return Err(fault::illegal_argument(format!("{} is not a protocol", print::display(protocol))));
    };
    if types::instance(v).is_some_and(|o| o.ty.implements(&var.full_name())) {
        return Ok(v);
    }
    extension(protocol, v)
}
