//! Promises: a value that one thread delivers and others wait for.

use crate::coll::foreign::Op;
use crate::fault::{self, Res};
use crate::heap::{self, Gc, Header, HeapType, Mutable, TypeId};
use crate::number;
use crate::thread;
use crate::value::Value;
use parking_lot::{Condvar, Mutex};
use std::time::{Duration, Instant};

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

/// All promises share one place to wait at: deliveries are rare, and a woken thread looks again.
static DELIVERED: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

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
    let _held = DELIVERED.0.lock();
    DELIVERED.1.notify_all();
    Ok(if first { p } else { Value::NIL })
}

/// Waits in slices, so that an interrupt is heard.
fn wait(p: Gc<Promise>, until: Option<Instant>) -> Res<Option<Value>> {
    crate::print::flush_out();
    loop {
        match p.value.get() {
            Value::ABSENT => {}
            v => return Ok(Some(v)),
        }
        let left = until.map(|end| end.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Ok(None);
        }
        thread::check()?;
        let mut held = DELIVERED.0.lock();
        if p.value.get() == Value::ABSENT {
            DELIVERED.1.wait_for(&mut held, left.unwrap_or(Duration::from_millis(50)).min(Duration::from_millis(50)));
        }
    }
}

pub(super) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let p = v.cast::<Promise>()?;
    Some(match op {
        Op::Deref => wait(p, None).map(|v| v.unwrap_or(Value::NIL)),
        Op::DerefTimeout => number::to_long(args[0]).and_then(|ms| {
            let end = Instant::now() + Duration::from_millis(ms.max(0) as u64);
            wait(p, Some(end)).map(|v| v.unwrap_or(args[1]))
        }),
        Op::Realized => Ok(Value::bool(p.value.get() != Value::ABSENT)),
        Op::Invoke => match *args {
            [x] => deliver(v, x),
            _ => Err(super::arity("promise", args.len())),
        },
        _ => return None,
    })
}
