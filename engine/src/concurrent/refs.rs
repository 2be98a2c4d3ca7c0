//! Refs: a value with as much of its past as transactions asked for. Only `transaction` changes one.

use super::{Held, transaction};
use crate::coll::foreign::Op;
use crate::coll::state;
use crate::fault::{self, Res};
use crate::heap::{self, Gc, Header, HeapType, Mutable, TypeId};
use crate::natives;
use crate::number;
use crate::text::Keyword;
use crate::value::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// A committed value: what, when, and the one before.
#[repr(C)]
struct Past {
    header: Header,
    value: Value,
    point: u64,
    prior: Mutable,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Past {
    const TYPE: TypeId = TypeId::REF_PAST;
}

#[repr(C)]
pub struct Ref {
    header: Header,
    pub(super) id: u64,
    /// The newest `Past`.
    past: Mutable,
    /// The transaction that is about to write it, or 0.
    pub(super) owner: AtomicU64,
    /// Reads that found no value old enough, since the last commit.
    faults: AtomicU64,
    min_history: AtomicU64,
    max_history: AtomicU64,
    held: Held,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Ref {
    const TYPE: TypeId = TypeId::REF;
}

natives! { pub TABLE "clojure.core";
    "ref" "[x] [x & options]" [(rest 1) make]
    "ref-history-count" "[ref]" [(1) |r| Ok(Value::long(of(r)?.history() as i64 - 1))]
    "ref-min-history" "[ref] [ref n]" [(1) |r| Ok(count(&of(r)?.min_history)), (2) |r, n| set(r, n, |r| &r.min_history)]
    "ref-max-history" "[ref] [ref n]" [(1) |r| Ok(count(&of(r)?.max_history)), (2) |r, n| set(r, n, |r| &r.max_history)]
}

pub(super) fn of(v: Value) -> Res<Gc<Ref>> {
    v.cast::<Ref>().ok_or_else(|| fault::class_cast(v, "clojure.lang.Ref"))
}
fn count(n: &AtomicU64) -> Value {
    Value::long(n.load(Ordering::Relaxed) as i64)
}
fn set(r: Value, n: Value, field: fn(&Ref) -> &AtomicU64) -> Res {
    let own = of(r)?;
    field(&own).store(number::to_long(n)?.max(0) as u64, Ordering::Relaxed);
    Ok(r)
}

fn past(value: Value, point: u64, prior: Value) -> Value {
    let p = heap::new(Past { header: Header::blank(), value, point, prior: Mutable::new(prior) });
    p.prior.watch(p);
    p.value()
}

fn make(args: &[Value]) -> Res {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let r = heap::new(Ref {
        header: Header::blank(),
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        past: Mutable::new(past(args[0], 0, Value::NIL)),
        owner: AtomicU64::new(0),
        faults: AtomicU64::new(0),
        min_history: AtomicU64::new(0),
        max_history: AtomicU64::new(10),
        held: Held::new(),
    });
    r.past.watch(r);
    r.held.watch(r);
    for option in args[1..].chunks_exact(2) {
        match option[0].cast::<Keyword>().map(|k| k.symbol.full()).as_deref() {
            Some("min-history") => drop(set(r.value(), option[1], |r| &r.min_history)?),
            Some("max-history") => drop(set(r.value(), option[1], |r| &r.max_history)?),
            Some(name) => drop(r.held.option(r, name, option[1])),
            None => {}
        }
    }
    state::validate(r.held.validator.get(), args[0])?;
    Ok(r.value())
}

impl Gc<Ref> {
    fn newest(&self) -> Option<Gc<Past>> {
        self.past.get().cast::<Past>()
    }
    /// The value of the last commit, and its point.
    pub(super) fn latest(&self) -> (Value, u64) {
        self.newest().map_or((Value::NIL, 0), |p| (p.value, p.point))
    }
    /// The value as it was at a point; none where that is forgotten.
    pub(super) fn at(&self, point: u64) -> Option<Value> {
        let mut p = self.newest();
        while let Some(now) = p {
            if now.point <= point {
                return Some(now.value);
            }
            p = now.prior.get().cast::<Past>();
        }
        self.faults.fetch_add(1, Ordering::Relaxed);
        None
    }
    fn history(&self) -> u64 {
        let (mut n, mut p) = (0, self.newest());
        while let Some(now) = p {
            n += 1;
            p = now.prior.get().cast::<Past>();
        }
        n
    }
    /// A commit: called by one thread at a time. The past grows where reads missed some of it.
    pub(super) fn commit(&self, value: Value, point: u64) {
        let kept = self.history() - 1;
        let most = self.max_history.load(Ordering::Relaxed);
        let missed = self.faults.load(Ordering::Relaxed) > 0 && kept < most;
        let length = if missed || kept < self.min_history.load(Ordering::Relaxed) { kept + 1 } else { kept.min(most) };
        if missed {
            self.faults.store(0, Ordering::Relaxed);
        }
        let prior = if length == 0 { Value::NIL } else { self.past.get() };
        self.past.set(*self, past(value, point, prior));
        // What is older than that is cut off.
        let mut p = self.newest();
        for _ in 0..length {
            p = p.and_then(|now| now.prior.get().cast::<Past>());
        }
        if let Some(last) = p {
            last.prior.set(last, Value::NIL);
        }
    }
    pub(super) fn validate(&self, v: Value) -> Res<()> {
        state::validate(self.held.validator.get(), v)
    }
    pub(super) fn notify(&self, old: Value, new: Value) -> Res<()> {
        state::notify(self.held.watches.get(), self.value(), old, new)
    }
}

pub(crate) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let r = v.cast::<Ref>()?;
    match op {
        Op::Deref => Some(transaction::read(r)),
        // A ref can be called where its value can.
        Op::Invoke => Some(transaction::read(r).and_then(|f| crate::invoke::invoke(f, args))),
        _ => r.held.answer(r, op, args, || Ok(r.latest().0)),
    }
}
