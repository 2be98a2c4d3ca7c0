//! Lazy seqs: a thunk that is called once, whoever asks first, and its result as a seq.
//!
//! `thunk` is a callable until it was called; then `s` holds what it returned. Once that was turned into a seq, `once`
//! is done, `s` is the seq or nil and `thunk` the metadata.

use super::object::heap_type;
use super::once::{Held, Once};
use super::seq;
use crate::fault::Res;
use crate::heap::{self, Gc, Header, Mutable};
use crate::invoke::invoke;
use crate::thread;
use crate::value::Value;

#[repr(C)]
pub struct LazySeq {
    header: Header,
    thunk: Mutable,
    s: Mutable,
    once: Once,
    _pad: u32,
}
heap_type!(LazySeq, LAZY_SEQ);

/// In `thunk`: it was called.
const CALLED: Value = Value::ABSENT;

impl LazySeq {
    fn alloc(thunk: Value, s: Value, once: Once) -> Gc<LazySeq> {
        let l = heap::new(LazySeq {
            header: Header::blank(),
            thunk: Mutable::new(thunk),
            s: Mutable::new(s),
            once,
            _pad: 0,
        });
        l.thunk.watch(l);
        l.s.watch(l);
        l
    }
    /// `(lazy-seq …)`: `thunk` is called without arguments.
    #[inline]
    pub fn new(thunk: Value) -> Gc<LazySeq> {
        LazySeq::alloc(thunk, Value::NIL, Once::new())
    }
    pub fn is_realized(&self) -> bool {
        self.once.is_done() || self.thunk.get() == CALLED
    }
    pub fn meta(&self) -> Value {
        if self.once.is_done() { self.thunk.get() } else { Value::NIL }
    }
}

impl Gc<LazySeq> {
    /// The seq, nil where there is none; realises it.
    #[inline]
    pub fn seq(self) -> Res {
        if self.once.is_done() { Ok(self.s.get()) } else { self.realise() }
    }
    fn realise(self) -> Res {
        thread::check()?;
        let held = self.once.enter()?;
        if held == Held::Done {
            return Ok(self.s.get());
        }
        let s = self.unwrap();
        match s {
            Ok(s) => {
                // A nested realisation of the same seq may have been quicker.
                if !self.once.is_done() {
                    self.s.set(self, s);
                    self.thunk.set(self, Value::NIL);
                    self.once.leave(held, true);
                }
                Ok(self.s.get())
            }
            Err(e) => {
                self.once.leave(held, false);
                Err(e)
            }
        }
    }
    /// Follows lazy seqs in lazy seqs without deepening the stack.
    fn unwrap(self) -> Res {
        let mut v = self.call()?;
        while let Some(inner) = v.cast::<LazySeq>() {
            v = inner.value_inside()?;
        }
        seq::seq(v)
    }
    /// The thunk's result; calls it where it was not called. The lock is held.
    fn call(self) -> Res {
        if self.once.is_done() {
            return Ok(self.s.get());
        }
        let thunk = self.thunk.get();
        if thunk != CALLED {
            let v = invoke(thunk, &[])?;
            if !self.once.is_done() {
                self.s.set(self, v);
                self.thunk.set(self, CALLED);
            }
        }
        Ok(self.s.get())
    }
    fn value_inside(self) -> Res {
        let held = self.once.enter()?;
        let v = self.call();
        self.once.leave(held, self.once.is_done());
        v
    }
    pub fn with_meta(self, meta: Value) -> Res {
        Ok(LazySeq::alloc(meta, self.seq()?, Once::done()).value())
    }
}
