//! What programs run at once: futures and agents on pools of threads, refs under transactions, monitors.
//!
//! A job on another thread gets its values through [`Root`]s and runs with the bindings of whoever asked for it.

pub mod agent;
pub mod future;
pub mod monitor;
pub mod pool;
pub mod refs;
pub mod transaction;

use crate::coll;
use crate::coll::foreign::Op;
use crate::coll::state;
use crate::fault::Res;
use crate::heap::{Gc, HeapType, Mutable, Root};
use crate::invoke::invoke;
use crate::space::binding;
use crate::thread::{self, Thread};
use crate::value::Value;
use parking_lot::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// One place to wait at, for all futures, promises and agents: what is waited for is rare, and a woken thread looks again.
static SETTLED: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

/// Wakes whoever waits: something has come.
pub fn settled() {
    let _held = SETTLED.0.lock();
    SETTLED.1.notify_all();
}

/// Waits until `look` finds something, in slices, so that an interrupt is heard. Nothing after the time.
///
/// # Errors
/// InterruptedException.
pub fn wait_until(until: Option<Instant>, mut look: impl FnMut() -> Option<Value>) -> Res<Option<Value>> {
    crate::print::flush_out();
    loop {
        if let Some(v) = look() {
            return Ok(Some(v));
        }
        let left = until.map(|end| end.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Ok(None);
        }
        thread::check()?;
        let mut held = SETTLED.0.lock();
        if let Some(v) = look() {
            return Ok(Some(v));
        }
        SETTLED.1.wait_for(&mut held, left.unwrap_or(Duration::from_millis(50)).min(Duration::from_millis(50)));
    }
}

/// When a wait of so many milliseconds ends.
pub fn deadline(ms: Value) -> Res<Instant> {
    Ok(Instant::now() + Duration::from_millis(crate::number::to_long(ms)?.max(0) as u64))
}

/// Calls `f` with the bindings `frames`; an error is given as the exception.
pub(crate) fn with_bindings(frames: &Root, f: &Root) -> Result<Value, Value> {
    let before = binding::restore(frames.get());
    let r = invoke(f.get(), &[]);
    binding::restore(before);
    r.map_err(|_| Thread::current().take_pending())
}

/// What every reference has besides its value.
pub(crate) struct Held {
    pub meta: Mutable,
    pub watches: Mutable,
    pub validator: Mutable,
}

impl Held {
    pub const fn new() -> Held {
        Held { meta: Mutable::new(Value::NIL), watches: Mutable::new(Value::NIL), validator: Mutable::new(Value::NIL) }
    }
    pub fn watch<T: HeapType>(&self, owner: Gc<T>) {
        for m in [&self.meta, &self.watches, &self.validator] {
            m.watch(owner);
        }
    }
    /// The options `:meta` and `:validator`; true where it was one of them.
    pub fn option<T: HeapType>(&self, owner: Gc<T>, name: &str, v: Value) -> bool {
        match name {
            "meta" => self.meta.set(owner, v),
            "validator" => self.validator.set(owner, v),
            _ => return false,
        }
        true
    }
    fn change_watches<T: HeapType>(&self, owner: Gc<T>, change: impl Fn(Value) -> Res) -> Res {
        loop {
            let old = self.watches.get();
            if self.watches.compare_and_set(owner, old, change(old)?) {
                return Ok(owner.value());
            }
        }
    }
    /// What is asked of every reference alike. `now` is its value.
    pub fn answer<T: HeapType>(&self, owner: Gc<T>, op: Op, args: &[Value], now: impl Fn() -> Res) -> Option<Res> {
        Some(match op {
            Op::Meta => Ok(self.meta.get()),
            Op::AddWatch => self.change_watches(owner, |w| coll::assoc(w, args[0], args[1])),
            Op::RemoveWatch => self.change_watches(owner, |w| coll::dissoc(w, args[0])),
            Op::GetValidator => Ok(self.validator.get()),
            Op::SetValidator => (|| {
                state::validate(args[0], now()?)?;
                self.validator.set(owner, args[0]);
                Ok(Value::NIL)
            })(),
            _ => return None,
        })
    }
}
