//! `=` on every kind of value.

use super::cursor::Cursor;
use super::kind::{Kind, is_sequential, kind};
use super::{foreign, lookup, numbers, walk};
use crate::fault::Res;
use crate::heap::TypeId;
use crate::text::{Symbol, Text};
use crate::thread;
use crate::value::Value;
use std::ops::ControlFlow;

/// Equality of keys in maps and sets: like `equal`, quick for the common kinds.
#[inline]
pub fn same_key(a: Value, b: Value) -> Res<bool> {
    if a == b {
        return Ok(true);
    }
    if a.is_fixnum() && b.is_fixnum() || a.type_id() == TypeId::KEYWORD || b.type_id() == TypeId::KEYWORD {
        return Ok(false);
    }
    equal(a, b)
}

/// `(= a b)`
#[inline]
pub fn equal(a: Value, b: Value) -> Res<bool> {
    if a == b {
        return Ok(a != Value::double(f64::NAN));
    }
    if a.is_fixnum() && b.is_fixnum() {
        return Ok(false);
    }
    slow(a, b)
}

fn slow(a: Value, b: Value) -> Res<bool> {
    if numbers::is_number(a) {
        return Ok(numbers::is_number(b) && numbers::equal(a, b));
    }
    match (a.type_id(), b.type_id()) {
        (TypeId::TEXT, TypeId::TEXT) => {
            return Ok(matches!((a.cast::<Text>(), b.cast::<Text>()), (Some(x), Some(y)) if x.as_str() == y.as_str()));
        }
        (TypeId::SYMBOL, TypeId::SYMBOL) => {
            return Ok(matches!((a.cast::<Symbol>(), b.cast::<Symbol>()), (Some(x), Some(y)) if x.base() == y.base()));
        }
        (TypeId::TEXT | TypeId::SYMBOL | TypeId::KEYWORD | TypeId::NONE, y) if y < TypeId::FIRST_USER => {
            return Ok(false);
        }
        _ => {}
    }
    thread::check()?;
    match (kind(a), kind(b)) {
        (Kind::Foreign, _) => foreign_equal(a, b),
        (Kind::Sequential, Kind::Sequential) => sequential(a, b),
        (Kind::Sequential, Kind::Foreign) if is_sequential(b) => sequential(a, b),
        (Kind::Map, Kind::Map) => maps(a, b),
        (Kind::Set, Kind::Set) => sets(a, b),
        (_, Kind::Foreign) => foreign_equal(b, a),
        // What this folder does not know: uuids, dates and the like, whose owner may answer.
        (Kind::Other, Kind::Other) if a.type_id() == b.type_id() => foreign_equal(a, b),
        _ => Ok(false),
    }
}

fn foreign_equal(a: Value, b: Value) -> Res<bool> {
    foreign::ask(foreign::Op::Equal, a, &[b]).map_or(Ok(false), |r| r.map(Value::truthy))
}

fn sequential(a: Value, b: Value) -> Res<bool> {
    if let (Some(n), Some(m)) = (lookup::quick_count(a), lookup::quick_count(b)) {
        if n != m {
            return Ok(false);
        }
    }
    let (mut x, mut y) = (Cursor::new(a)?, Cursor::new(b)?);
    loop {
        match (x.next()?, y.next()?) {
            (Some(p), Some(q)) if equal(p, q)? => {}
            (None, None) => return Ok(true),
            _ => return Ok(false),
        }
    }
}

fn maps(a: Value, b: Value) -> Res<bool> {
    if lookup::count(a)? != lookup::count(b)? {
        return Ok(false);
    }
    let mut same = true;
    walk::each_entry(a, &mut |k, v| {
        same = match lookup::find_entry(b, k)? {
            Some((_, w)) => equal(v, w)?,
            None => false,
        };
        Ok(if same { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(same)
}

fn sets(a: Value, b: Value) -> Res<bool> {
    if lookup::count(a)? != lookup::count(b)? {
        return Ok(false);
    }
    let mut same = true;
    walk::each_entry(b, &mut |k, _| {
        same = lookup::find_entry(a, k)?.is_some();
        Ok(if same { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(same)
}
