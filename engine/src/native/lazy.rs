//! The hot lazy functions of clojure.core: map, filter, remove, keep, take, take-while, drop, drop-while, concat, with the
//! chunking of Clojure's own and their transducers.

use super::Captures;
use crate::closure;
use crate::coll::{self, Chunk, ChunkedCons, Items, LazySeq, Reduced};
use crate::fault::Res;
use crate::heap::GcVec;
use crate::invoke::{apply, invoke};
use crate::number;
use crate::value::Value;

natives! { pub LAZY "clojure.core";
    "map" "[f] [f coll] [f c1 c2] [f c1 c2 c3] [f c1 c2 c3 & colls]"
        [(1) map_xf, (2) |f, c| Ok(map(f, c)), (rest 3) map_all, (tail) map_tail]
    "filter" "[pred] [pred coll]" [(1) filter_xf, (2) |p, c| Ok(filter(p, c))]
    "remove" "[pred] [pred coll]" [(1) |p| filter_xf(complement(p)), (2) |p, c| Ok(filter(complement(p), c))]
    "keep" "[f] [f coll]" [(1) keep_xf, (2) |f, c| Ok(keep(f, c))]
    "take" "[n] [n coll]" [(1) take_xf, (2) take]
    "take-while" "[pred] [pred coll]" [(1) take_while_xf, (2) |p, c| Ok(take_while(p, c))]
    "drop" "[n] [n coll]" [(1) drop_xf, (2) drop]
    "drop-while" "[pred] [pred coll]" [(1) drop_while_xf, (2) |p, c| Ok(drop_while(p, c))]
    "concat" "[] [x] [x y] [x y & zs]"
        [(0) || concat_all(&[], Value::NIL), (1) |x| concat_all(&[x], Value::NIL), (2) |x, y| Ok(concat(x, y)),
         (rest 3) |all: &[Value]| concat_all(&all[..2], coll::list(&all[2..])), (tail) concat_all]
    "complement" "[f]" [(1) |f| Ok(complement(f))]
    "lazy-seq*" "[thunk]" [(1) |thunk| Ok(LazySeq::new(thunk).value())]
    "range" "[] [end] [start end] [start end step]"
        [(0) endless, (1) |end| range(Value::int(0), end, Value::int(1)), (2) |a, b| range(a, b, Value::int(1)), (3) range]
    "repeat" "[x] [n x]"
        [(1) |x| Ok(coll::Repeat::new(x, -1, Value::NIL).value()), (2) |n, x| Ok(coll::Repeat::times(number::to_long(n)?, x))]
    "cycle" "[coll]" [(1) coll::Cycle::of]
    "iterate" "[f x]" [(2) |f, x| Ok(coll::Iterate::of(f, x).value())]
}

fn lazy(thunk: Value) -> Value {
    LazySeq::new(thunk).value()
}
/// A chunk of what was collected.
fn chunk(out: GcVec) -> crate::heap::Gc<Chunk> {
    let n = out.len();
    Chunk::new(out.into_array().value(), 0, n)
}

/// The seq's first chunk, where it is chunked.
fn first_chunk(s: Value) -> Res<Option<Items>> {
    Ok(if coll::is_chunked(s) { Some(coll::chunk_first(s)?.items()) } else { None })
}

pub fn complement(f: Value) -> Value {
    closure!([f] "clojure.core/complement",
        (0) |c: Captures| Ok(Value::bool(!invoke(c.get(0), &[])?.truthy())),
        (1) |c: Captures, x| Ok(Value::bool(!invoke(c.get(0), &[x])?.truthy())),
        (2) |c: Captures, x, y| Ok(Value::bool(!invoke(c.get(0), &[x, y])?.truthy())),
        (more) |c: Captures, args: &[Value]| Ok(Value::bool(!invoke(c.get(0), args)?.truthy())))
}

/// `(map f coll)`
pub fn map(f: Value, coll: Value) -> Value {
    lazy(closure!([f, coll] "clojure.core/map", (0) |c: Captures| {
        let (f, s) = (c.get(0), coll::seq(c.get(1))?);
        if s.is_nil() {
            return Ok(s);
        }
        let Some(items) = first_chunk(s)? else {
            return coll::cons(invoke(f, &[coll::first(s)?])?, map(f, coll::rest(s)?));
        };
        let mut out = GcVec::with_capacity(items.len());
        for &x in items.iter() {
            out.push(invoke(f, &[x])?);
        }
        Ok(ChunkedCons::cons(chunk(out), map(f, coll::chunk_rest(s)?)))
    }))
}

/// `(map f c1 c2 …)`; `colls` is a vector.
fn map_many(f: Value, colls: Value) -> Value {
    lazy(closure!([f, colls] "clojure.core/map", (0) |c: Captures| {
        let f = c.get(0);
        let (mut seqs, mut firsts, mut rests) = (GcVec::new(), GcVec::new(), GcVec::new());
        let mut done = false;
        coll::each(c.get(1), &mut |x| {
            let s = coll::seq(x)?;
            done |= s.is_nil();
            seqs.push(s);
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        if done {
            return Ok(Value::NIL);
        }
        for &s in seqs.iter() {
            firsts.push(coll::first(s)?);
        }
        let x = invoke(f, &firsts)?;
        for &s in seqs.iter() {
            rests.push(coll::rest(s)?);
        }
        coll::cons(x, map_many(f, coll::vector(&rests)))
    }))
}
fn map_all(args: &[Value]) -> Res {
    Ok(map_many(args[0], coll::vector(&args[1..])))
}
fn map_tail(lead: &[Value], rest: Value) -> Res {
    let all = coll::spread(lead, rest)?;
    match *all {
        [] => Err(super::arity("clojure.core/map", 0)),
        [f] => map_xf(f),
        [f, c] => Ok(map(f, c)),
        _ => map_all(&all),
    }
}

/// `(filter pred coll)`
pub fn filter(pred: Value, coll: Value) -> Value {
    lazy(closure!([pred, coll] "clojure.core/filter", (0) |c: Captures| {
        pick(c, |pred, x| Ok(if invoke(pred, &[x])?.truthy() { Some(x) } else { None }), filter)
    }))
}
/// `(keep f coll)`
fn keep(f: Value, coll: Value) -> Value {
    lazy(closure!([f, coll] "clojure.core/keep", (0) |c: Captures| {
        pick(c, |f, x| Ok(Some(invoke(f, &[x])?).filter(|y| !y.is_nil())), keep)
    }))
}

/// Goes on until something is found: the place reached is the second capture.
fn pick(c: Captures, choose: fn(Value, Value) -> Res<Option<Value>>, again: fn(Value, Value) -> Value) -> Res {
    let f = c.get(0);
    loop {
        let s = coll::seq(c.get(1))?;
        if s.is_nil() {
            return Ok(s);
        }
        c.set(1, s);
        match first_chunk(s)? {
            Some(items) => {
                let mut out = GcVec::new();
                for &x in items.iter() {
                    if let Some(y) = choose(f, x)? {
                        out.push(y);
                    }
                }
                let rest = coll::chunk_rest(s)?;
                if !out.is_empty() {
                    return Ok(ChunkedCons::cons(chunk(out), again(f, rest)));
                }
                c.set(1, rest);
            }
            None => {
                let found = choose(f, coll::first(s)?)?;
                let rest = coll::rest(s)?;
                if let Some(y) = found {
                    return coll::cons(y, again(f, rest));
                }
                c.set(1, rest);
            }
        }
        crate::thread::check()?;
    }
}

fn take(n: Value, coll: Value) -> Res {
    Ok(take_more(n, coll))
}
fn take_more(n: Value, coll: Value) -> Value {
    lazy(closure!([n, coll] "clojure.core/take", (0) |c: Captures| {
        let n = c.get(0);
        if !number::is_pos(n)? {
            return Ok(Value::NIL);
        }
        let s = coll::seq(c.get(1))?;
        if s.is_nil() {
            return Ok(s);
        }
        coll::cons(coll::first(s)?, take_more(number::dec(n)?, coll::rest(s)?))
    }))
}

pub fn take_while(pred: Value, coll: Value) -> Value {
    lazy(closure!([pred, coll] "clojure.core/take-while", (0) |c: Captures| {
        let (pred, s) = (c.get(0), coll::seq(c.get(1))?);
        if s.is_nil() {
            return Ok(s);
        }
        let x = coll::first(s)?;
        if !invoke(pred, &[x])?.truthy() {
            return Ok(Value::NIL);
        }
        coll::cons(x, take_while(pred, coll::rest(s)?))
    }))
}

fn drop(n: Value, coll: Value) -> Res {
    Ok(lazy(closure!([n, coll] "clojure.core/drop", (0) |c: Captures| {
        loop {
            let s = coll::seq(c.get(1))?;
            let n = c.get(0);
            if !number::is_pos(n)? || s.is_nil() {
                return Ok(s);
            }
            c.set(1, coll::rest(s)?);
            c.set(0, number::dec(n)?);
        }
    })))
}

fn drop_while(pred: Value, coll: Value) -> Value {
    lazy(closure!([pred, coll] "clojure.core/drop-while", (0) |c: Captures| {
        let pred = c.get(0);
        loop {
            let s = coll::seq(c.get(1))?;
            if s.is_nil() || !invoke(pred, &[coll::first(s)?])?.truthy() {
                return Ok(s);
            }
            c.set(1, coll::rest(s)?);
        }
    }))
}

/// `(concat x y)`
pub fn concat(x: Value, y: Value) -> Value {
    lazy(closure!([x, y] "clojure.core/concat", (0) |c: Captures| {
        let (s, y) = (coll::seq(c.get(0))?, c.get(1));
        if s.is_nil() {
            return Ok(y);
        }
        if coll::is_chunked(s) {
            return Ok(ChunkedCons::cons(coll::chunk_first(s)?, concat(coll::chunk_rest(s)?, y)));
        }
        coll::cons(coll::first(s)?, concat(coll::rest(s)?, y))
    }))
}
/// The items of `x`, then those of the collections in the seq `more`.
fn concat_seq(x: Value, more: Value) -> Value {
    lazy(closure!([x, more] "clojure.core/concat", (0) |c: Captures| {
        let (s, more) = (coll::seq(c.get(0))?, c.get(1));
        if s.is_nil() {
            return Ok(if more.is_nil() { more } else { concat_seq(coll::first(more)?, coll::next(more)?) });
        }
        if coll::is_chunked(s) {
            return Ok(ChunkedCons::cons(coll::chunk_first(s)?, concat_seq(coll::chunk_rest(s)?, more)));
        }
        coll::cons(coll::first(s)?, concat_seq(coll::rest(s)?, more))
    }))
}
/// `lead`, then a seq of further collections, of which no more than two are asked for.
fn concat_all(lead: &[Value], rest: Value) -> Res {
    let (mut lead, mut rest): (GcVec, Value) = (lead.iter().copied().collect(), rest);
    while lead.len() < 2 && !rest.is_nil() {
        lead.push(coll::first(rest)?);
        rest = coll::next(rest)?;
    }
    if lead.len() == 2 && !rest.is_nil() {
        // Clojure's `apply` counts one item further before it calls.
        coll::next(rest)?;
    }
    while lead.len() > 2 {
        rest = coll::cons(lead.pop().unwrap_or(Value::NIL), rest)?;
    }
    Ok(match *lead {
        [] => lazy(closure!([] "clojure.core/concat", (0) |_| Ok(Value::NIL))),
        [x] => lazy(closure!([x] "clojure.core/concat", (0) |c: Captures| Ok(c.get(0)))),
        [x, y, ..] if rest.is_nil() => concat(x, y),
        [x, y, ..] => concat_seq(concat(x, y), rest),
    })
}

fn endless() -> Res {
    let inc = closure!([] "clojure.core/inc'", (1) |_, n| number::inc_promoting(n));
    Ok(coll::Iterate::of(inc, Value::int(0)).value())
}
fn range(start: Value, end: Value, step: Value) -> Res {
    if let (Some(a), Some(b), Some(s)) = (start.as_long(), end.as_long(), step.as_long()) {
        return Ok(coll::Range::between(a, b, s));
    }
    let up = number::is_pos(step)?;
    if number::is_zero(step)? {
        return Ok(if number::num_eq(start, end)? {
            coll::empty_list()
        } else {
            coll::Repeat::new(start, -1, Value::NIL).value()
        });
    }
    if beyond(start, end, up)? { Ok(coll::empty_list()) } else { coll::seq(number_range(start, end, step)) }
}
fn beyond(at: Value, end: Value, up: bool) -> Res<bool> {
    if up { number::ge(at, end) } else { number::le(at, end) }
}
/// A range of any numbers, in chunks of 32.
fn number_range(start: Value, end: Value, step: Value) -> Value {
    lazy(closure!([start, end, step] "clojure.core/range", (0) |c: Captures| {
        let (mut at, end, step) = (c.get(0), c.get(1), c.get(2));
        let up = number::is_pos(step)?;
        let mut out = GcVec::new();
        while out.len() < 32 && !beyond(at, end, up)? {
            out.push(at);
            at = number::add_promoting(at, step)?;
        }
        if out.is_empty() {
            return Ok(Value::NIL);
        }
        Ok(ChunkedCons::cons(chunk(out), number_range(at, end, step)))
    }))
}

/// A transducer: the step function gets the captures (the reducing function first) and result and input.
macro_rules! transducer {
    ([$($x:expr),*] $name:literal, $step:expr) => {
        Ok(closure!([$($x),*] $name, (1) |c: Captures, rf| Ok(stepper!(c, rf, $name, $step))))
    };
}
macro_rules! stepper {
    ($c:ident, $rf:ident, $name:literal, $step:expr) => {
        closure!([$rf, $c.get(0), Value::NIL] $name,
            (0) |c: Captures| invoke(c.get(0), &[]),
            (1) |c: Captures, result| invoke(c.get(0), &[result]),
            (2) $step)
    };
}

fn map_xf(f: Value) -> Res {
    Ok(closure!([f] "clojure.core/map", (1) |c: Captures, rf| Ok(closure!([rf, c.get(0)] "clojure.core/map",
        (0) |c: Captures| invoke(c.get(0), &[]),
        (1) |c: Captures, result| invoke(c.get(0), &[result]),
        (2) |c: Captures, result, x| invoke(c.get(0), &[result, invoke(c.get(1), &[x])?]),
        (more) |c: Captures, args: &[Value]| invoke(c.get(0), &[args[0], apply(c.get(1), &args[1..], Value::NIL)?])))))
}
fn filter_xf(pred: Value) -> Res {
    transducer!([pred] "clojure.core/filter", |c: Captures, result, x| {
        if invoke(c.get(1), &[x])?.truthy() { invoke(c.get(0), &[result, x]) } else { Ok(result) }
    })
}
fn keep_xf(f: Value) -> Res {
    transducer!([f] "clojure.core/keep", |c: Captures, result, x| {
        let y = invoke(c.get(1), &[x])?;
        if y.is_nil() { Ok(result) } else { invoke(c.get(0), &[result, y]) }
    })
}
fn ensure_reduced(v: Value) -> Value {
    if v.is::<Reduced>() { v } else { Reduced::new(v).value() }
}
fn take_xf(n: Value) -> Res {
    transducer!([n] "clojure.core/take", |c: Captures, result, x| {
        let n = c.get(1);
        let left = number::dec(n)?;
        c.set(1, left);
        let result = if number::is_pos(n)? { invoke(c.get(0), &[result, x])? } else { result };
        Ok(if number::is_pos(left)? { result } else { ensure_reduced(result) })
    })
}
fn take_while_xf(pred: Value) -> Res {
    transducer!([pred] "clojure.core/take-while", |c: Captures, result, x| {
        if invoke(c.get(1), &[x])?.truthy() {
            invoke(c.get(0), &[result, x])
        } else {
            Ok(Reduced::new(result).value())
        }
    })
}
fn drop_xf(n: Value) -> Res {
    transducer!([n] "clojure.core/drop", |c: Captures, result, x| {
        let n = c.get(1);
        if number::is_pos(n)? {
            c.set(1, number::dec(n)?);
            return Ok(result);
        }
        invoke(c.get(0), &[result, x])
    })
}
fn drop_while_xf(pred: Value) -> Res {
    // The third capture turns true when the dropping is over.
    transducer!([pred] "clojure.core/drop-while", |c: Captures, result, x| {
        if !c.get(2).truthy() {
            if invoke(c.get(1), &[x])?.truthy() {
                return Ok(result);
            }
            c.set(2, Value::TRUE);
        }
        invoke(c.get(0), &[result, x])
    })
}
