//! Futures: a computation on another thread, and its value or error when it is there.

use super::{pool, settled, wait_until, with_bindings};
use crate::coll::foreign::Op;
use crate::fault::{self, Class, Res, Throwable};
use crate::heap::{self, Gc, Header, HeapType, Mutable, Root, TypeId};
use crate::natives;
use crate::print;
use crate::space::binding;
use crate::text::Text;
use crate::thread::{Request, Thread};
use crate::value::Value;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::time::Instant;

const RUNNING: u64 = 0;
const DONE: u64 = 1;
const FAILED: u64 = 2;
const CANCELLED: u64 = 3;

#[repr(C)]
pub struct Future {
    header: Header,
    /// The value, or the exception.
    value: Mutable,
    state: AtomicU64,
    /// The thread that computes it, while it does.
    worker: AtomicPtr<Thread>,
}
// SAFETY: repr(C), header first, no destructor; the thread's block lives for ever.
unsafe impl HeapType for Future {
    const TYPE: TypeId = TypeId::FUTURE;
}

natives! { pub TABLE "clojure.core";
    "future-call" "[f]" [(1) start]
    "future-cancel" "[f]" [(1) cancel]
    "future-cancelled?" "[f]" [(1) |f| Ok(Value::bool(future(f)?.state.load(Ordering::Acquire) == CANCELLED))]
    "future-done?" "[f]" [(1) |f| Ok(Value::bool(future(f)?.state.load(Ordering::Acquire) != RUNNING))]
}
natives! { pub HOST "rung.host";
    "processors" "[]" [(0) || Ok(Value::long(pool::processors() as i64))]
}

fn future(v: Value) -> Res<Gc<Future>> {
    v.cast::<Future>().ok_or_else(|| fault::class_cast(v, "java.util.concurrent.Future"))
}

fn start(f: Value) -> Res {
    let made = heap::new(Future {
        header: Header::blank(),
        value: Mutable::new(Value::NIL),
        state: AtomicU64::new(RUNNING),
        worker: AtomicPtr::new(std::ptr::null_mut()),
    });
    made.value.watch(made);
    let (own, f, frames) = (Root::new(made.value()), Root::new(f), Root::new(binding::capture()));
    pool::CACHED.run(Box::new(move || run(&own, &f, &frames)));
    Ok(made.value())
}

fn run(own: &Root, f: &Root, frames: &Root) {
    let Some(future) = own.get().cast::<Future>() else { return };
    if future.state.load(Ordering::Acquire) == CANCELLED {
        return;
    }
    future.worker.store(std::ptr::from_ref(Thread::current()).cast_mut(), Ordering::Release);
    let (state, v) = match with_bindings(frames, f) {
        Ok(v) => (DONE, v),
        Err(e) => (FAILED, e),
    };
    future.worker.store(std::ptr::null_mut(), Ordering::Release);
    if future.state.load(Ordering::Acquire) != CANCELLED {
        future.value.set(future, v);
        let _ = future.state.compare_exchange(RUNNING, state, Ordering::AcqRel, Ordering::Acquire);
    }
    settled();
}

fn cancel(f: Value) -> Res {
    let future = future(f)?;
    let done = future.state.compare_exchange(RUNNING, CANCELLED, Ordering::AcqRel, Ordering::Acquire).is_ok();
    if done {
        let worker = future.worker.load(Ordering::Acquire);
        if !worker.is_null() {
            // SAFETY: blocks of threads are never freed; a request that comes too late is forgotten before the next job.
            unsafe { (*worker).request(Request::Interrupt) };
        }
        settled();
    }
    Ok(Value::bool(done))
}

/// The value, or the error in an ExecutionException.
fn outcome(f: Gc<Future>) -> Res {
    match f.state.load(Ordering::Acquire) {
        FAILED => {
            let cause = f.value.get();
            let mut text = String::new();
            print::to_str(&mut text, cause)?;
            Err(fault::throw(Throwable::alloc(Class::Execution, Text::value(&text), cause, Value::NIL).value()))
        }
        CANCELLED => Err(fault::raise(Class::Cancellation, "cancelled")),
        _ => Ok(f.value.get()),
    }
}

fn wait(f: Gc<Future>, until: Option<Instant>) -> Res<Option<Value>> {
    let done = wait_until(until, || (f.state.load(Ordering::Acquire) != RUNNING).then_some(Value::TRUE))?;
    match done {
        Some(_) => outcome(f).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let f = v.cast::<Future>()?;
    Some(match op {
        Op::Deref => wait(f, None).map(|v| v.unwrap_or(Value::NIL)),
        Op::DerefTimeout => super::deadline(args[0]).and_then(|end| wait(f, Some(end))).map(|v| v.unwrap_or(args[1])),
        Op::Realized => Ok(Value::bool(f.state.load(Ordering::Acquire) != RUNNING)),
        _ => return None,
    })
}
