//! Transactions over refs: snapshot isolation by keeping values with their commit points.
//!
//! A transaction reads every ref as it was at its read point. Who writes a ref owns it from the write to the end; another
//! that wants it too waits and tries again, or, being older, takes it and lets the other one try again. A commit is one
//! step: its values are put in place under one lock, and only then the point moves that new transactions read at.

use super::{agent, refs};
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec};
use crate::invoke::apply;
use crate::natives;
use crate::table::{DashMap, HashMap};
use crate::thread::{self, Thread};
use crate::value::Value;
use parking_lot::Mutex;
use refs::Ref;
use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The last commit.
static POINT: AtomicU64 = AtomicU64::new(1);
static COMMIT: Mutex<()> = Mutex::new(());
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

const TRIES: usize = 10_000;
/// A transaction is not robbed before it is so old.
const GRACE: Duration = Duration::from_millis(10);

const RUNNING: u8 = 0;
const COMMITTING: u8 = 1;
const KILLED: u8 = 2;

/// What other transactions know of one try.
struct Info {
    state: AtomicU8,
    /// When the transaction began, its first try: the smaller, the older.
    order: u64,
    began: Instant,
}

fn tries() -> &'static DashMap<u64, Arc<Info>> {
    static ALL: OnceLock<DashMap<u64, Arc<Info>>> = OnceLock::new();
    ALL.get_or_init(DashMap::default)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Ensured,
    Set,
    Commuted,
}

/// A transaction's try. Lives on the native stack of `run`, which the collector scans.
struct Transaction {
    id: u64,
    info: Arc<Info>,
    read_point: u64,
    /// Ref's id → its place: (ref, value) in `values`.
    index: HashMap<u64, (usize, Use)>,
    values: GcVec,
    owned: GcVec,
    /// ref, function, arguments, in the order they were asked for.
    commutes: GcVec,
    /// agent, action, ….
    sends: GcVec,
    /// The error on its way means: try again.
    again: bool,
}

thread_local! {
    static CURRENT: Cell<*mut Transaction> = const { Cell::new(std::ptr::null_mut()) };
}

natives! { pub TABLE "clojure.core";
    "ref-set" "[ref val]" [(2) ref_set]
    "alter" "[ref fun & args]" [(rest 2) alter]
    "commute" "[ref fun & args]" [(rest 2) commute]
    "ensure" "[ref]" [(1) ensure]
}
natives! { pub HOST "rung.host";
    "transact" "[f]" [(1) transact]
    "in-transaction?" "[]" [(0) || Ok(Value::bool(!CURRENT.get().is_null()))]
}

/// The running transaction of this thread.
fn running<'a>() -> Option<&'a mut Transaction> {
    // SAFETY: set by `transact` for the extent of its call, on this thread alone; no two of the references that this
    // gives are used at the same time: each function below takes one, and user code runs between uses only.
    unsafe { CURRENT.get().as_mut() }
}

fn current<'a>() -> Res<&'a mut Transaction> {
    running().ok_or_else(|| fault::raise(Class::IllegalState, "No transaction running"))
}

impl Transaction {
    fn begin(order: u64, began: Instant) -> Transaction {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let info = Arc::new(Info { state: AtomicU8::new(RUNNING), order, began });
        tries().insert(id, info.clone());
        Transaction {
            id,
            info,
            read_point: POINT.load(Ordering::Acquire),
            index: HashMap::default(),
            values: GcVec::new(),
            owned: GcVec::new(),
            commutes: GcVec::new(),
            sends: GcVec::new(),
            again: false,
        }
    }

    /// Ends the try: refs are free again.
    fn end(&mut self) {
        for &r in self.owned.iter() {
            if let Some(r) = r.cast::<Ref>() {
                let _ = r.owner.compare_exchange(self.id, 0, Ordering::AcqRel, Ordering::Relaxed);
            }
        }
        tries().remove(&self.id);
    }

    fn retry(&mut self) -> fault::Thrown {
        self.again = true;
        fault::raise(Class::Retry, "the transaction is tried again")
    }

    fn check(&mut self) -> Res<()> {
        if self.info.state.load(Ordering::Acquire) == KILLED {
            return Err(self.retry());
        }
        thread::check()
    }

    /// Becomes the ref's owner; whoever has it is waited for a little, robbed if it is younger, else this one tries again.
    fn own(&mut self, r: Gc<Ref>) -> Res<()> {
        let end = Instant::now() + Duration::from_millis(100);
        let mut pause = Duration::from_micros(20);
        loop {
            self.check()?;
            let owner = r.owner.load(Ordering::Acquire);
            if owner == self.id {
                return Ok(());
            }
            let other = if owner == 0 { None } else { tries().get(&owner).map(|i| i.clone()) };
            let free = match other {
                None => true,
                Some(o) => self.barge(&o),
            };
            if free {
                if r.owner.compare_exchange(owner, self.id, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    self.owned.push(r.value());
                    return Ok(());
                }
                continue;
            }
            if Instant::now() > end {
                return Err(self.retry());
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }

    fn barge(&self, other: &Info) -> bool {
        if other.state.load(Ordering::Acquire) == KILLED {
            return true;
        }
        self.info.began.elapsed() > GRACE
            && self.info.order < other.order
            && other.state.compare_exchange(RUNNING, KILLED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn entry(&self, r: Gc<Ref>) -> Option<(usize, Use)> {
        self.index.get(&r.id).copied()
    }

    fn put(&mut self, r: Gc<Ref>, v: Value, how: Use) {
        match self.index.get_mut(&r.id) {
            Some((at, old)) => {
                self.values[*at + 1] = v;
                *old = how;
            }
            None => {
                self.index.insert(r.id, (self.values.len(), how));
                self.values.push(r.value());
                self.values.push(v);
            }
        }
    }

    fn read(&mut self, r: Gc<Ref>) -> Res {
        self.check()?;
        if let Some((at, _)) = self.entry(r) {
            return Ok(self.values[at + 1]);
        }
        match r.at(self.read_point) {
            Some(v) => Ok(v),
            None => Err(self.retry()),
        }
    }

    /// Owns the ref and makes sure that nobody has written it since the read point.
    fn own_current(&mut self, r: Gc<Ref>) -> Res<()> {
        self.own(r)?;
        if r.latest().1 > self.read_point { Err(self.retry()) } else { Ok(()) }
    }

    fn write(&mut self, r: Gc<Ref>, v: Value) -> Res {
        match self.entry(r) {
            Some((_, Use::Commuted)) => {
                return Err(fault::raise(Class::IllegalState, "Can't set after commute"));
            }
            Some((_, Use::Set)) => self.check()?,
            _ => self.own_current(r)?,
        }
        self.put(r, v, Use::Set);
        Ok(v)
    }
}

/// `@ref`: in a transaction as of its read point.
pub(super) fn read(r: Gc<Ref>) -> Res {
    match running() {
        Some(t) => t.read(r),
        None => Ok(r.latest().0),
    }
}

fn ref_set(r: Value, v: Value) -> Res {
    let t = current()?;
    t.write(refs::of(r)?, v)
}

fn alter(args: &[Value]) -> Res {
    let r = refs::of(args[0])?;
    let old = current()?.read(r)?;
    // Owned before the function runs: what it makes of the value is not made in vain.
    let t = current()?;
    match t.entry(r) {
        Some((_, Use::Commuted)) => return Err(fault::raise(Class::IllegalState, "Can't set after commute")),
        Some((_, Use::Set)) => {}
        _ => t.own_current(r)?,
    }
    let new = apply(args[1], &[old], coll::list(&args[2..]))?;
    current()?.write(r, new)
}

fn commute(args: &[Value]) -> Res {
    let r = refs::of(args[0])?;
    let t = current()?;
    let old = match t.entry(r) {
        Some((at, _)) => t.values[at + 1],
        None => r.latest().0,
    };
    t.commutes.extend_from_slice(&[args[0], args[1], coll::list(&args[2..])]);
    let new = apply(args[1], &[old], coll::list(&args[2..]))?;
    let t = current()?;
    let how = match t.entry(r) {
        Some((_, Use::Set)) => Use::Set,
        _ => Use::Commuted,
    };
    t.put(r, new, how);
    Ok(new)
}

fn ensure(r: Value) -> Res {
    let (t, r) = (current()?, refs::of(r)?);
    if t.entry(r).is_none() {
        t.own_current(r)?;
        let v = r.latest().0;
        t.put(r, v, Use::Ensured);
    }
    t.read(r)
}

/// Inside a transaction an action waits for the commit.
pub(super) fn hold_send(agent: Value, action: Value) -> bool {
    match running() {
        Some(t) => {
            t.sends.push(agent);
            t.sends.push(action);
            true
        }
        None => false,
    }
}

/// What a commit changed: ref, old value, new value, …; and the actions to send.
struct Done {
    changes: GcVec,
    sends: GcVec,
}

/// Runs the commuting functions once more, on what the refs hold now; checks; puts all in place in one step.
fn commit(t: &mut Transaction) -> Res<Done> {
    let mut commuted = GcVec::new();
    for c in t.commutes.chunks_exact(3) {
        if let Some(r) = c[0].cast::<Ref>() {
            if !commuted.contains(&c[0]) && matches!(t.index.get(&r.id), Some((_, Use::Commuted))) {
                commuted.push(c[0]);
            }
        }
    }
    // In one order everywhere, so that two commits do not wait for each other.
    let id = |v: &Value| v.cast::<Ref>().map_or(0, |r| r.id);
    commuted.sort_unstable_by_key(id);
    for &r in commuted.iter() {
        let r = refs::of(r)?;
        t.own(r)?;
        let mut v = r.latest().0;
        let all: GcVec = t.commutes.iter().copied().collect();
        for c in all.chunks_exact(3).filter(|c| c[0] == r.value()) {
            v = apply(c[1], &[v], c[2])?;
        }
        t.put(r, v, Use::Commuted);
    }
    let mut changes = GcVec::new();
    for (at, how) in t.index.values() {
        if *how != Use::Ensured {
            let r = refs::of(t.values[*at])?;
            r.validate(t.values[*at + 1])?;
            changes.extend_from_slice(&[r.value(), Value::NIL, t.values[*at + 1]]);
        }
    }
    if t.info.state.compare_exchange(RUNNING, COMMITTING, Ordering::AcqRel, Ordering::Acquire).is_err() {
        return Err(t.retry());
    }
    if !changes.is_empty() {
        let _one = COMMIT.lock();
        let point = POINT.load(Ordering::Acquire) + 1;
        for c in changes.chunks_exact_mut(3) {
            if let Some(r) = c[0].cast::<Ref>() {
                c[1] = r.latest().0;
                r.commit(c[2], point);
            }
        }
        POINT.store(point, Ordering::Release);
    }
    Ok(Done { changes, sends: t.sends.iter().copied().collect() })
}

/// `(dosync …)`: inside another transaction a part of it.
fn transact(f: Value) -> Res {
    if !CURRENT.get().is_null() {
        return crate::invoke::invoke(f, &[]);
    }
    static ORDER: AtomicU64 = AtomicU64::new(0);
    let (order, began) = (ORDER.fetch_add(1, Ordering::Relaxed), Instant::now());
    for n in 0..TRIES {
        let mut t = Transaction::begin(order, began);
        CURRENT.set(&raw mut t);
        let done = crate::invoke::invoke(f, &[]).and_then(|v| current().and_then(commit).map(|d| (v, d)));
        CURRENT.set(std::ptr::null_mut());
        t.end();
        match done {
            Ok((v, done)) => {
                for c in done.changes.chunks_exact(3) {
                    refs::of(c[0])?.notify(c[1], c[2])?;
                }
                for s in done.sends.chunks_exact(2) {
                    agent::send_held(s[0], s[1])?;
                }
                return Ok(v);
            }
            Err(_) if t.again => {
                let _ = Thread::current().take_pending();
                thread::check()?;
                if n > 3 {
                    std::thread::sleep(Duration::from_micros((n as u64).min(50) * 20));
                }
            }
            Err(e) => return Err(e),
        }
    }
    Err(fault::raise(Class::RuntimeException, "Transaction failed after reaching retry limit"))
}
