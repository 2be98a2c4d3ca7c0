//! Eductions: a collection and a transducer, applied anew each time the eduction is reduced or walked.

use super::chunk::{Chunk, ChunkedCons};
use super::lazy::LazySeq;
use super::object::heap_type;
use super::state::{Reduced, unreduced};
use super::{seq, transient, vector, walk};
use crate::closure;
use crate::fault::Res;
use crate::heap::{self, Gc, Header};
use crate::invoke::invoke;
use crate::native::Captures;
use crate::value::Value;

#[repr(C)]
pub struct Eduction {
    header: Header,
    pub xform: Value,
    pub coll: Value,
}
heap_type!(Eduction, EDUCTION);

impl Eduction {
    pub fn new(xform: Value, coll: Value) -> Gc<Eduction> {
        heap::new(Eduction { header: Header::blank(), xform, coll })
    }
    /// `args`: a function, perhaps an initial value. The function's completing arity is not called.
    pub fn reduce(&self, args: &[Value]) -> Res {
        let f = args[0];
        let init = match args.get(1) {
            Some(&init) => init,
            None => invoke(f, &[])?,
        };
        let completing = closure!([f] "clojure.core/completing",
            (0) |c: Captures| invoke(c.get(0), &[]),
            (1) |_, result| Ok(result),
            (2) |c: Captures, result, x| invoke(c.get(0), &[result, x]));
        let xf = invoke(self.xform, &[completing])?;
        let result = walk::reduce(xf, init, self.coll)?;
        invoke(xf, &[unreduced(result)])
    }
    /// The items as a seq, nil where there are none; what one item of the collection yields is a chunk.
    pub fn seq(&self) -> Res {
        // The step function collects into a transient vector, which each round replaces: captured place 0.
        let collect = closure!([Value::NIL] "clojure.core/eduction",
        (0) |_| Ok(Value::NIL),
        (1) |_, result| Ok(result),
        (2) |c: Captures, result, x| {
            if c.get(0).is_nil() {
                c.set(0, transient::transient(vector(&[]))?);
            }
            transient::conj(c.get(0), x)?;
            Ok(result)
        });
        let xf = invoke(self.xform, &[collect])?;
        seq::seq(rest(xf, collect, self.coll))
    }
}

/// What the step function has collected since the last call, as a chunk.
fn collected(collect: Value) -> Res<Gc<Chunk>> {
    // SAFETY: `collect` is the closure that `seq` made.
    let c = unsafe { Captures::of(collect) };
    if c.get(0).is_nil() {
        return Ok(Chunk::of(&[]));
    }
    let v = transient::persistent(c.get(0))?;
    c.set(0, Value::NIL);
    Ok(Chunk::of(&super::items(v)?))
}

/// The seq from `coll` on. The third capture is what is left of it, absent when the step function is completed.
fn rest(xf: Value, collect: Value, coll: Value) -> Value {
    LazySeq::new(closure!([xf, collect, coll] "clojure.core/eduction", (0) |c: Captures| {
        let (xf, collect) = (c.get(0), c.get(1));
        loop {
            if c.get(2) == Value::ABSENT {
                return Ok(Value::NIL);
            }
            let s = seq::seq(c.get(2))?;
            let over = s.is_nil() || invoke(xf, &[Value::NIL, seq::first(s)?])?.is::<Reduced>();
            if over {
                invoke(xf, &[Value::NIL])?;
            }
            c.set(2, if over { Value::ABSENT } else { seq::rest(s)? });
            let chunk = collected(collect)?;
            if chunk.len() > 0 {
                return Ok(ChunkedCons::cons(chunk, rest(xf, collect, c.get(2))));
            }
            crate::thread::check()?;
        }
    }))
    .value()
}
