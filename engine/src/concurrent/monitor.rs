//! The lock that every object has: `locking`, `monitor-enter`, `monitor-exit`. Locks are kept beside the objects, by
//! identity, while somebody holds one or waits for it.

use crate::fault::{self, Class, Res};
use crate::heap::Root;
use crate::invoke::invoke;
use crate::natives;
use crate::table::HashMap;
use crate::thread::{self, Thread};
use crate::value::Value;
use parking_lot::{Condvar, Mutex};
use std::time::Duration;

struct Monitor {
    /// The object, so that its identity stays its own.
    _object: Root,
    owner: usize,
    depth: usize,
    waiting: usize,
}

static ALL: Mutex<Option<HashMap<u64, Monitor>>> = Mutex::new(None);
static FREED: Condvar = Condvar::new();

natives! { pub HOST "rung.host";
    "locked" "[x f]" [(2) locked]
    "monitor-enter" "[x]" [(1) |x| enter(x).map(|()| Value::NIL)]
    "monitor-exit" "[x]" [(1) |x| exit(x).map(|()| Value::NIL)]
}

fn me() -> usize {
    std::ptr::from_ref(Thread::current()) as usize
}

fn enter(x: Value) -> Res<()> {
    if x.is_nil() {
        return Err(fault::raise(Class::NullPointer, "cannot lock nil"));
    }
    let me = me();
    let object = Root::new(x);
    let mut all = ALL.lock();
    let m = all.get_or_insert_default().entry(x.bits()).or_insert_with(|| Monitor {
        _object: object,
        owner: 0,
        depth: 0,
        waiting: 0,
    });
    if m.owner == 0 || m.owner == me {
        (m.owner, m.depth) = (me, m.depth + 1);
        return Ok(());
    }
    m.waiting += 1;
    loop {
        // In slices, so that an interrupt is heard.
        FREED.wait_for(&mut all, Duration::from_millis(50));
        let Some(m) = all.as_mut().and_then(|a| a.get_mut(&x.bits())) else { return Ok(()) };
        if m.owner == 0 {
            (m.owner, m.depth, m.waiting) = (me, 1, m.waiting - 1);
            return Ok(());
        }
        if Thread::current().over_limit() {
            m.waiting -= 1;
            drop(all);
            thread::check()?;
            return enter(x);
        }
    }
}

fn exit(x: Value) -> Res<()> {
    let mut all = ALL.lock();
    let table = all.get_or_insert_default();
    match table.get_mut(&x.bits()) {
        Some(m) if m.owner == me() => {
            m.depth -= 1;
            if m.depth == 0 {
                m.owner = 0;
                if m.waiting == 0 {
                    table.remove(&x.bits());
                } else {
                    FREED.notify_all();
                }
            }
            Ok(())
        }
        _ => {
            drop(all);
            Err(fault::raise(Class::IllegalMonitorState, "current thread is not owner"))
        }
    }
}

/// Calls `f` while holding the lock of `x`.
fn locked(x: Value, f: Value) -> Res {
    enter(x)?;
    let answer = invoke(f, &[]);
    match answer {
        Ok(_) => exit(x)?,
        Err(_) => {
            // The error on its way stays the one that is pending.
            let error = Thread::current().take_pending();
            let _ = exit(x);
            return Err(fault::throw(error));
        }
    }
    answer
}
