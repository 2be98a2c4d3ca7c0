//! Arrays as collections: object arrays here, typed arrays by the hook.

use super::foreign::{self, Op};
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec, ValueArray};
use crate::value::Value;

pub fn len(v: Value) -> Res<usize> {
    if let Some(a) = v.cast::<ValueArray>() {
        return Ok(a.header().len());
    }
    match foreign::ask(Op::Count, v, &[]) {
        Some(r) => r.map(|n| n.as_long().unwrap_or(0) as usize),
        None if v.is_nil() => Err(fault::raise(Class::NullPointer, "an array was wanted where nil was given")),
        None => Err(fault::illegal_argument("Argument is not an array")),
    }
}

/// Item `i`, nil outside.
pub fn get(v: Value, i: usize) -> Res {
    match v.cast::<ValueArray>() {
        Some(a) => Ok(load(a, i).unwrap_or(Value::NIL)),
        None => foreign::ask(Op::Nth, v, &[Value::long(i as i64), Value::NIL]).unwrap_or(Ok(Value::NIL)),
    }
}

/// `aget`
///
/// # Errors
/// ArrayIndexOutOfBoundsException.
pub fn get_checked(v: Value, i: i64) -> Res {
    let n = len(v)?;
    if i < 0 || i as usize >= n { Err(bad_index(i, n)) } else { get(v, i as usize) }
}

/// `aset`
///
/// # Errors
/// ArrayIndexOutOfBoundsException.
pub fn set(v: Value, i: i64, x: Value) -> Res {
    let n = len(v)?;
    if i < 0 || i as usize >= n {
        return Err(bad_index(i, n));
    }
    match v.cast::<ValueArray>() {
        Some(a) => {
            slot(a, i as usize).set(a, x);
            Ok(x)
        }
        None => foreign::ask(Op::ArraySet, v, &[Value::long(i), x]).unwrap_or(Ok(x)),
    }
}

fn bad_index(i: i64, n: usize) -> fault::Thrown {
    fault::raise(Class::ArrayIndexOutOfBounds, format!("Index {i} out of bounds for length {n}"))
}

fn load(a: Gc<ValueArray>, i: usize) -> Option<Value> {
    if i < a.header().len() { Some(slot(a, i).get()) } else { None }
}

/// An item of a program's array: mutable and shared between threads.
fn slot(a: Gc<ValueArray>, i: usize) -> &'static crate::heap::Mutable {
    debug_assert!(i < a.header().len());
    // SAFETY: inside the tail; `Mutable` is one atomic word, and items of a published array are only reached through here
    // or read as whole words. The caller holds the array.
    unsafe { &*a.tail_ptr().add(i).cast::<crate::heap::Mutable>() }
}

/// `aclone`
pub fn clone(v: Value) -> Res {
    match v.cast::<ValueArray>() {
        Some(a) => {
            let items: GcVec = (0..a.header().len()).map(|i| slot(a, i).get()).collect();
            Ok(items.into_array().value())
        }
        None => match foreign::ask(Op::ArrayClone, v, &[]) {
            Some(r) => r,
            None => Err(fault::class_cast(v, "java.lang.Object[]")),
        },
    }
}

/// The items of any seqable, as a growable buffer.
pub fn items(coll: Value) -> Res<GcVec> {
    let mut out = GcVec::with_capacity(super::lookup::quick_count(coll).unwrap_or(0));
    let mut from = super::cursor::Cursor::new(coll)?;
    while let Some(x) = from.next()? {
        out.push(x);
    }
    Ok(out)
}
