//! `hash`: Clojure's hasheq, the numbers that the JVM gives.

use super::cursor::Cursor;
use super::kind::{Kind, kind};
use super::list::{List, MapEntry};
use super::map::{ArrayMap, HashMap, HashSet};
use super::vector::Vector;
use super::{foreign, murmur, numbers};
use crate::fault::Res;
use crate::heap::TypeId;
use crate::text::{Keyword, Symbol, Text};
use crate::thread;
use crate::value::Value;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const KEYWORD_MIX: u32 = 0x9e37_79b9;

#[inline]
pub fn hash(v: Value) -> Res<u32> {
    if let Some(n) = v.as_fixnum() {
        return Ok(murmur::long(n));
    }
    if let Some(k) = v.cast::<Keyword>() {
        return Ok(symbol(&k.symbol).wrapping_add(KEYWORD_MIX));
    }
    slow(v)
}

fn slow(v: Value) -> Res<u32> {
    match v {
        Value::NIL => return Ok(0),
        Value::TRUE => return Ok(1231),
        Value::FALSE => return Ok(1237),
        _ => {}
    }
    if let Some(c) = v.as_char() {
        return Ok(c);
    }
    if numbers::is_number(v) {
        return Ok(numbers::hash(v));
    }
    match v.type_id() {
        TypeId::TEXT => Ok(v.cast::<Text>().map_or(0, |t| string(&t))),
        TypeId::SYMBOL => Ok(v.cast::<Symbol>().map_or(0, |s| symbol(&s))),
        _ => {
            thread::check()?;
            collection(v)
        }
    }
}

fn string(t: &crate::heap::Gc<Text>) -> u32 {
    t.cached_hash().unwrap_or_else(|| {
        let h = murmur::int(murmur::java_string(t.as_str()));
        t.cache_hash(h);
        h
    })
}

fn symbol(s: &crate::heap::Gc<Symbol>) -> u32 {
    s.cached_hash().unwrap_or_else(|| {
        let h = murmur::combine(murmur::units(s.name_str()), s.ns_str().map_or(0, murmur::java_string));
        s.cache_hash(h);
        h
    })
}

fn collection(v: Value) -> Res<u32> {
    if let Some(x) = v.cast::<Vector>() {
        return cached(&x.hash, || ordered(v));
    }
    if let Some(x) = v.cast::<List>() {
        return cached(&x.hash, || ordered(v));
    }
    if let Some(x) = v.cast::<ArrayMap>() {
        return cached(&x.hash, || unordered(v));
    }
    if let Some(x) = v.cast::<HashMap>() {
        return cached(&x.hash, || unordered(v));
    }
    if let Some(x) = v.cast::<HashSet>() {
        return cached(&x.hash, || unordered(v));
    }
    if let Some(e) = v.cast::<MapEntry>() {
        return entry(e.key, e.val);
    }
    match kind(v) {
        Kind::Foreign => match foreign::hash(v) {
            Some(r) => r,
            None => Ok(identity(v)),
        },
        Kind::Sequential => ordered(v),
        Kind::Map | Kind::Set => unordered(v),
        // UUIDs, instants, tagged literals are equal by what they hold.
        _ => foreign::hash(v).unwrap_or_else(|| Ok(identity(v))),
    }
}

fn cached(cell: &AtomicU32, compute: impl FnOnce() -> Res<u32>) -> Res<u32> {
    match cell.load(Relaxed) {
        0 => {
            let h = compute()?;
            cell.store(h, Relaxed);
            Ok(h)
        }
        h => Ok(h),
    }
}

/// Of anything that is walked in order: `hash-ordered-coll`.
pub fn ordered(v: Value) -> Res<u32> {
    let (mut h, mut n) = (1u32, 0);
    let mut items = Cursor::new(v)?;
    while let Some(x) = items.next()? {
        h = h.wrapping_mul(31).wrapping_add(hash(x)?);
        n += 1;
    }
    Ok(murmur::collection(h, n))
}

/// Of maps (their entries) and sets: `hash-unordered-coll`.
pub fn unordered(v: Value) -> Res<u32> {
    let (mut h, mut n) = (0u32, 0);
    let is_map = kind(v) == Kind::Map;
    super::walk::each_entry(v, &mut |k, x| {
        h = h.wrapping_add(if is_map { entry(k, x)? } else { hash(k)? });
        n += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(murmur::collection(h, n))
}

fn entry(k: Value, v: Value) -> Res<u32> {
    let h = 31u32.wrapping_add(hash(k)?).wrapping_mul(31).wrapping_add(hash(v)?);
    Ok(murmur::collection(h, 2))
}

/// Of things that are equal only to themselves. Objects do not move; were they to, this is the place for a side table.
pub fn identity(v: Value) -> u32 {
    murmur::long((v.bits() >> 4) as i64)
}

/// Java's `hashCode`, which differs from `hash`: of numbers, strings, names, and of what holds them.
pub fn java(v: Value) -> Res<u32> {
    match kind(v) {
        Kind::Sequential => {
            let (mut h, mut items) = (1u32, Cursor::new(v)?);
            while let Some(x) = items.next()? {
                h = h.wrapping_mul(31).wrapping_add(java(x)?);
            }
            return Ok(h);
        }
        Kind::Map | Kind::Set => return java_unordered(v, kind(v) == Kind::Map),
        Kind::Foreign if foreign::is(foreign::Interface::Record, v) => return java_unordered(v, true),
        _ => {}
    }
    if let Some(d) = v.as_double() {
        let bits = if d.is_nan() { f64::NAN.to_bits() } else { d.to_bits() };
        return Ok((bits ^ bits >> 32) as u32);
    }
    let name = |s: &crate::heap::Gc<Symbol>| {
        murmur::combine(murmur::java_string(s.name_str()), s.ns_str().map_or(0, murmur::java_string))
    };
    if let Some(k) = v.cast::<Keyword>() {
        return Ok(name(&k.symbol).wrapping_add(KEYWORD_MIX));
    }
    if let Some(s) = v.cast::<Symbol>() {
        return Ok(name(&s));
    }
    match (v.as_long(), v.cast::<Text>()) {
        (Some(n), _) => Ok((n ^ (n as u64 >> 32) as i64) as u32),
        (_, Some(t)) => Ok(murmur::java_string(t.as_str())),
        _ => hash(v),
    }
}

/// Maps add up their entries, keys and values mixed, sets their items.
fn java_unordered(v: Value, is_map: bool) -> Res<u32> {
    let mut h = 0u32;
    super::walk::each_entry(v, &mut |k, x| {
        h = h.wrapping_add(if is_map { java(k)? ^ java(x)? } else { java(k)? });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(h)
}
