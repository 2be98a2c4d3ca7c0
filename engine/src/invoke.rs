//! Calling any value: functions, and what else can be called (keywords, symbols, maps, sets, vectors, vars).

use crate::code::{self, Function};
use crate::fault::{self, Class, Res};
use crate::thread::Thread;
use crate::value::Value;

/// Calls `f` with `args`, which lie where the collector sees them (native stack, value stack, a live array).
#[inline]
pub fn invoke(f: Value, args: &[Value]) -> Res {
    let t = Thread::current();
    match f.cast::<Function>() {
        Some(function) => code::result(t, code::call(t, function, args)),
        None => invoke_other(f, args),
    }
}

/// The slow path of a call: `f` is no function object.
#[cold]
pub fn invoke_other(f: Value, _args: &[Value]) -> Res {
    Err(fault::raise(
        Class::ClassCast,
        format!("class {} cannot be cast to class clojure.lang.IFn", crate::class_name(f)),
    ))
}
