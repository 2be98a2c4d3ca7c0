//! `compare`: the order of comparable things.

use super::indexed;
use super::{foreign, numbers};
use crate::fault::{self, Res};
use crate::heap::{Gc, TypeId};
use crate::text::{Keyword, Symbol, Text};
use crate::thread;
use crate::value::Value;
use std::cmp::Ordering;

/// # Errors
/// ClassCastException for things that have no order.
#[inline]
pub fn compare(a: Value, b: Value) -> Res<Ordering> {
    if let (Some(x), Some(y)) = (a.as_fixnum(), b.as_fixnum()) {
        return Ok(x.cmp(&y));
    }
    compare_long(a, b).map(|n| n.cmp(&0))
}

/// The number that `(compare a b)` gives: of strings, the JVM's difference.
pub fn compare_long(a: Value, b: Value) -> Res<i64> {
    if a == b {
        return Ok(0);
    }
    if a.is_nil() {
        return Ok(-1);
    }
    if b.is_nil() {
        return Ok(1);
    }
    if numbers::is_number(a) {
        if !numbers::is_number(b) {
            return Err(fault::class_cast(b, "java.lang.Number"));
        }
        return numbers::compare(a, b).map(|o| o as i64);
    }
    if let Some(x) = a.as_char() {
        return b.as_char().map(|y| x as i64 - y as i64).ok_or_else(|| mismatch(b, a));
    }
    if let Some(x) = a.as_bool() {
        return b.as_bool().map(|y| x as i64 - y as i64).ok_or_else(|| mismatch(b, a));
    }
    match (a.type_id(), b.type_id()) {
        (TypeId::TEXT, TypeId::TEXT) => texts(a, b),
        (TypeId::KEYWORD, TypeId::KEYWORD) => match (a.cast::<Keyword>(), b.cast::<Keyword>()) {
            (Some(x), Some(y)) => symbols(x.symbol, y.symbol),
            _ => Ok(0),
        },
        (TypeId::SYMBOL, TypeId::SYMBOL) => match (a.cast::<Symbol>(), b.cast::<Symbol>()) {
            (Some(x), Some(y)) => symbols(x, y),
            _ => Ok(0),
        },
        (TypeId::TEXT | TypeId::KEYWORD | TypeId::SYMBOL, _) => Err(mismatch(b, a)),
        _ => match (indexed::len(a), indexed::len(b)) {
            (Some(n), Some(m)) => vectors(a, n, b, m),
            (Some(_), None) => Err(fault::class_cast(b, "clojure.lang.IPersistentVector")),
            _ => match foreign::ask(foreign::Op::Compare, a, &[b]) {
                Some(r) => r.map(|n| n.as_long().unwrap_or(0)),
                None => Err(fault::class_cast(a, "java.lang.Comparable")),
            },
        },
    }
}

fn mismatch(v: Value, wanted: Value) -> fault::Thrown {
    fault::class_cast(v, &crate::class_name(wanted))
}

fn texts(a: Value, b: Value) -> Res<i64> {
    Ok(match (a.cast::<Text>(), b.cast::<Text>()) {
        (Some(x), Some(y)) => units(x, y),
        _ => 0,
    })
}

/// `String.compareTo`: the difference of the first units that differ, else of the lengths.
fn units(x: Gc<Text>, y: Gc<Text>) -> i64 {
    let (mut p, mut q) = (x.as_str().encode_utf16(), y.as_str().encode_utf16());
    loop {
        match (p.next(), q.next()) {
            (Some(c), Some(d)) if c == d => {}
            (Some(c), Some(d)) => return c as i64 - d as i64,
            _ => return x.units() as i64 - y.units() as i64,
        }
    }
}

fn symbols(x: Gc<Symbol>, y: Gc<Symbol>) -> Res<i64> {
    if x.base() == y.base() {
        return Ok(0);
    }
    match (x.ns.is_nil(), y.ns.is_nil()) {
        (true, false) => return Ok(-1),
        (false, true) => return Ok(1),
        (false, false) => {
            let n = texts(x.ns, y.ns)?;
            if n != 0 {
                return Ok(n);
            }
        }
        _ => {}
    }
    texts(x.name, y.name)
}

/// The shorter is less; then item by item.
fn vectors(a: Value, n: usize, b: Value, m: usize) -> Res<i64> {
    thread::check()?;
    if n != m {
        return Ok(if n < m { -1 } else { 1 });
    }
    for i in 0..n {
        let (Some(x), Some(y)) = (indexed::nth(a, i), indexed::nth(b, i)) else { break };
        let c = compare_long(x, y)?;
        if c != 0 {
            return Ok(c);
        }
    }
    Ok(0)
}
