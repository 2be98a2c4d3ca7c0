//! What nodes write down for the compilers. Plain loads and stores: a lost update costs a little precision.

use engine::code::{Code, Feedback};
use engine::value::Value;
use std::sync::atomic::Ordering;

/// The kind of an operand, as `Feedback::seen` of an operation has it.
pub fn kind(v: Value) -> u64 {
    if v.as_long().is_some() {
        Feedback::INT
    } else if v.as_double().is_some() {
        Feedback::DOUBLE
    } else {
        Feedback::OTHER
    }
}

pub fn note(cell: &Feedback, kinds: u64) {
    let seen = cell.seen.load(Ordering::Relaxed);
    if seen | kinds != seen {
        cell.seen.store(seen | kinds, Ordering::Relaxed);
    }
}

/// A call site met a function that it had not met last.
#[cold]
#[inline(never)]
pub fn callee(cell: &Feedback, code: &'static Code) {
    let count = cell.count.load(Ordering::Relaxed);
    if count < 2 {
        cell.count.store(count + 1, Ordering::Relaxed);
        cell.seen.store(std::ptr::from_ref(code) as u64, Ordering::Relaxed);
    }
}
