//! Promises: a value that one thread delivers and others wait for.

use crate::coll::foreign::Op;
use crate::concurrent;
use crate::fault::{self, Res};
use crate::heap::{self, Gc, Header, HeapType, Mutable, TypeId};
use crate::value::Value;
use std::time::Instant;

#[repr(C)]
pub struct Promise {
    header: Header,
    /// Absent until it is delivered.
    value: Mutable,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Promise {
    const TYPE: TypeId = TypeId::PROMISE;
}

natives! { pub TABLE "clojure.core";
    "promise" "[]" [(0) promise]
    "deliver" "[promise val]" [(2) deliver]
}

fn promise() -> Res {
    let p = heap::new(Promise { header: Header::blank(), value: Mutable::new(Value::ABSENT) });
    p.value.watch(p);
    Ok(p.value())
}

/// The promise, or nil where it had a value already.
fn deliver(p: Value, v: Value) -> Res {
    let Some(promise) = p.cast::<Promise>() else { return Err(fault::class_cast(p, "clojure.lang.IFn")) };
    let first = promise.value.compare_and_set(promise, Value::ABSENT, v);
    concurrent::settled();
    Ok(if first { p } else { Value::NIL })
}

fn wait(p: Gc<Promise>, until: Option<Instant>) -> Res<Option<Value>> {
    concurrent::wait_until(until, || (p.value.get() != Value::ABSENT).then(|| p.value.get()))
}

pub(super) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let p = v.cast::<Promise>()?;
    Some(match op {
        Op::Deref => wait(p, None).map(|v| v.unwrap_or(Value::NIL)),
        Op::DerefTimeout => {
            concurrent::deadline(args[0]).and_then(|end| wait(p, Some(end))).map(|v| v.unwrap_or(args[1]))
        }
        Op::Realized => Ok(Value::bool(p.value.get() != Value::ABSENT)),
        Op::Invoke => match *args {
            [x] => deliver(v, x),
            _ => Err(super::arity("promise", args.len())),
        },
        _ => return None,
    })
}
