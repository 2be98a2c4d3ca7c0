//! clojure.core on seqs: walking, counting, reducing, building lists, apply, order.

use crate::closure;
use crate::coll::{self, Reduced, kind, transient, unreduced};
use crate::fault::{self, Class, Res};
use crate::heap::{GcVec, ValueArray};
use crate::invoke::{apply, invoke};
use crate::number;
use crate::value::Value;
use std::cmp::Ordering;

natives! { pub SEQ "clojure.core";
    "seq" "[coll]" [(1) coll::seq]
    "first" "[coll]" [(1) coll::first]
    "next" "[coll]" [(1) coll::next]
    "rest" "[coll]" [(1) coll::rest]
    "second" "[x]" [(1) |v| coll::first(coll::next(v)?)]
    "ffirst" "[x]" [(1) |v| coll::first(coll::first(v)?)]
    "fnext" "[x]" [(1) |v| coll::first(coll::next(v)?)]
    "nfirst" "[x]" [(1) |v| coll::next(coll::first(v)?)]
    "nnext" "[x]" [(1) |v| coll::next(coll::next(v)?)]
    "last" "[coll]" [(1) last]
    "butlast" "[coll]" [(1) butlast]
    "nthnext" "[coll n]" [(2) nthnext]
    "nthrest" "[coll n]" [(2) nthrest]
    "cons" "[x seq]" [(2) coll::cons]
    "list" "[& items]" [(rest 0) |items: &[Value]| Ok(coll::list(items)), (tail) list_tail]
    "list*" "[args] [a args] [a b args] [a b c args] [a b c d & more]" [(1) coll::seq, (rest 2) list_star]
    "reverse" "[coll]" [(1) reverse]
    "count" "[coll]" [(1) |v| Ok(Value::long(coll::count(v)? as i64))]
    "bounded-count" "[n coll]" [(2) bounded_count]
    "empty?" "[coll]" [(1) |v| coll::is_empty(v).map(Value::bool)]
    "not-empty" "[coll]" [(1) |v| Ok(if coll::is_empty(v)? { Value::NIL } else { v })]
    "nth" "[coll index] [coll index not-found]"
        [(2) |c, i| coll::nth(c, index(i)?, None), (3) |c, i, d| coll::nth(c, index(i)?, Some(d))]
    "reduce" "[f coll] [f val coll]" [(2) coll::reduce_first, (3) coll::reduce]
    "reduce-kv" "[f init coll]" [(3) coll::reduce_kv]
    "transduce" "[xform f coll] [xform f init coll]"
        [(3) |x, f, c| transduce(x, f, invoke(f, &[])?, c), (4) transduce]
    "reduced" "[x]" [(1) |v| Ok(Reduced::new(v).value())]
    "reduced?" "[x]" [(1) |v: Value| Ok(Value::bool(v.is::<Reduced>()))]
    "unreduced" "[x]" [(1) |v| Ok(unreduced(v))]
    "ensure-reduced" "[x]" [(1) |v: Value| Ok(if v.is::<Reduced>() { v } else { Reduced::new(v).value() })]
    "into" "[] [to] [to from] [to xform from]"
        [(0) || Ok(coll::vector(&[])), (1) Ok, (2) into, (3) into_xf]
    "apply" "[f args] [f x args] [f x y args] [f x y z args] [f a b c d & args]" [(rest 2) apply_all]
    "sort" "[coll] [comp coll]" [(1) |c| sort(Value::NIL, c), (2) sort]
    "sort-by" "[keyfn coll] [keyfn comp coll]" [(2) |k, c| sort_by(k, Value::NIL, c), (3) sort_by]
    "shuffle" "[coll]" [(1) shuffle]
    "chunked-seq?" "[s]" [(1) |s| Ok(Value::bool(coll::is_chunked(s)))]
    "chunk-first" "[s]" [(1) |s| Ok(coll::chunk_first(s)?.value())]
    "chunk-rest" "[s]" [(1) coll::chunk_rest]
    "chunk-next" "[s]" [(1) coll::chunk_next]
    "chunk-cons" "[chunk rest]" [(2) |c, rest| Ok(coll::ChunkedCons::cons(cast(c, "clojure.lang.IChunk")?, rest))]
    "chunk-buffer" "[capacity]" [(1) |n| Ok(coll::ChunkBuffer::new(index(n)?.max(0) as usize).value())]
    "chunk-append" "[b x]" [(2) |b, x| buffer(b)?.add(x).map(|()| Value::NIL)]
    "chunk" "[b]" [(1) |b| Ok(buffer(b)?.chunk()?.value())]
}

fn cast<T: crate::heap::HeapType>(v: Value, class: &str) -> Res<crate::heap::Gc<T>> {
    v.cast::<T>().ok_or_else(|| fault::class_cast(v, class))
}
fn buffer(v: Value) -> Res<crate::heap::Gc<coll::ChunkBuffer>> {
    cast(v, "clojure.lang.ChunkBuffer")
}

/// An index: any number, truncated; nil is a NullPointerException.
pub fn index(v: Value) -> Res<i64> {
    match v.as_fixnum() {
        Some(n) => Ok(n),
        None => number::to_range(v, i32::MIN as i64, i32::MAX as i64, "int"),
    }
}

fn last(coll: Value) -> Res {
    if let Some(v) = coll.cast::<coll::Vector>() {
        return Ok(v.count().checked_sub(1).and_then(|i| v.nth(i)).unwrap_or(Value::NIL));
    }
    let (mut out, mut items) = (Value::NIL, coll::Cursor::new(coll)?);
    while let Some(x) = items.next()? {
        out = x;
    }
    Ok(out)
}

fn butlast(coll: Value) -> Res {
    let all = coll::items(coll)?;
    match all.len() {
        0 | 1 => Ok(Value::NIL),
        n => coll::seq(coll::vector(&all[..n - 1])),
    }
}

/// `n` is any number, looked at where there is something to leave out.
fn nthnext(coll: Value, n: Value) -> Res {
    let (mut s, mut n) = (coll::seq(coll)?, n);
    while !s.is_nil() && number::is_pos(n)? {
        s = coll::next(s)?;
        n = number::dec(n)?;
        crate::thread::check()?;
    }
    Ok(s)
}

fn nthrest(coll: Value, n: Value) -> Res {
    let (mut s, mut n) = (coll, n);
    while number::is_pos(n)? && !coll::seq(s)?.is_nil() {
        s = coll::rest(s)?;
        n = number::dec(n)?;
        crate::thread::check()?;
    }
    Ok(s)
}

fn list_tail(lead: &[Value], rest: Value) -> Res {
    Ok(coll::list(&coll::spread(lead, rest)?))
}

/// The last argument is a seqable; it is not realised.
fn list_star(args: &[Value]) -> Res {
    let Some((&more, lead)) = args.split_last() else { return Ok(Value::NIL) };
    let mut s = more;
    for &x in lead.iter().rev() {
        s = coll::cons(x, s)?;
    }
    Ok(s)
}

fn reverse(coll: Value) -> Res {
    let mut all = coll::items(coll)?;
    all.reverse();
    Ok(coll::list(&all))
}

fn bounded_count(n: Value, coll: Value) -> Res {
    if kind::is_counted(coll) {
        return Ok(Value::long(coll::count(coll)? as i64));
    }
    let (mut i, mut s) = (0, coll::seq(coll)?);
    while !s.is_nil() && number::lt(Value::long(i), n)? {
        i += 1;
        s = coll::next(s)?;
    }
    Ok(Value::long(i))
}

fn transduce(xform: Value, f: Value, init: Value, coll: Value) -> Res {
    let xf = invoke(xform, &[f])?;
    let result = coll::reduce(xf, init, coll)?;
    invoke(xf, &[result])
}

fn into(to: Value, from: Value) -> Res {
    if !transient::is_editable(to) {
        let conj = closure!([] "clojure.core/conj", (2) |_, c, x| coll::conj(c, x));
        return coll::reduce(conj, to, from);
    }
    let t = transient::transient(to)?;
    match coll::foreign::is(coll::foreign::Interface::Seqable, from) || from.type_id() == crate::heap::TypeId::EDUCTION
    {
        true => coll::reduce(conj_mut(), t, from).map(|_| ())?,
        false => {
            let mut items = coll::Cursor::new(from)?;
            while let Some(x) = items.next()? {
                transient::conj(t, x)?;
            }
        }
    }
    coll::with_meta(transient::persistent(t)?, coll::meta(to))
}

/// `conj!` as a reducing function.
fn conj_mut() -> Value {
    closure!([] "clojure.core/conj!",
        (0) |_| transient::transient(coll::vector(&[])),
        (1) |_, t| Ok(t),
        (2) |_, t, x| transient::conj(t, x))
}

fn into_xf(to: Value, xform: Value, from: Value) -> Res {
    if transient::is_editable(to) {
        // Who stops early sees what is complete: the last step of all makes it persistent.
        let step = closure!([coll::meta(to)] "clojure.core/into",
            (1) |c: super::Captures, t| coll::with_meta(transient::persistent(t)?, c.get(0)),
            (2) |_, t, x| transient::conj(t, x));
        return transduce(xform, step, transient::transient(to)?, from);
    }
    let conj = closure!([] "clojure.core/conj",
        (0) |_| Ok(coll::vector(&[])), (1) |_, c| Ok(c), (2) |_, c, x| coll::conj(c, x));
    transduce(xform, conj, to, from)
}

fn apply_all(args: &[Value]) -> Res {
    match args {
        [f, lead @ .., last] => apply(*f, lead, *last),
        _ => Ok(Value::NIL),
    }
}

/// Stable merge sort of values where the collector sees them; `slice::sort` would merge through malloc memory. What is shorter
/// than 32 asks the comparator what Java's sort asks, in its order, so that a comparator without an order gives the same.
pub fn sort_values(v: &mut GcVec, compare: &mut dyn FnMut(Value, Value) -> Res<Ordering>) -> Res<()> {
    const RUN: usize = 32;
    let n = v.len();
    if n < RUN {
        return sort_run(v, compare);
    }
    for run in v.chunks_mut(RUN / 2) {
        sort_run(run, compare)?;
    }
    let mut width = RUN / 2;
    let mut other: GcVec = v.iter().copied().collect();
    while width < n {
        for start in (0..n).step_by(2 * width) {
            let (mid, end) = ((start + width).min(n), (start + 2 * width).min(n));
            let (mut i, mut j) = (start, mid);
            for k in start..end {
                let left = j >= end || i < mid && compare(v[j], v[i])? != Ordering::Less;
                other[k] = if left { v[i] } else { v[j] };
                if left { i += 1 } else { j += 1 }
            }
        }
        std::mem::swap(v, &mut other);
        width *= 2;
        crate::thread::check()?;
    }
    Ok(())
}

/// The ascending or strictly descending run that it begins with, then each of the others by binary search.
fn sort_run(v: &mut [Value], compare: &mut dyn FnMut(Value, Value) -> Res<Ordering>) -> Res<()> {
    let mut sorted = v.len().min(1);
    if v.len() > 1 {
        let descending = compare(v[1], v[0])? == Ordering::Less;
        sorted = 2;
        while sorted < v.len() && (compare(v[sorted], v[sorted - 1])? == Ordering::Less) == descending {
            sorted += 1;
        }
        if descending {
            v[..sorted].reverse();
        }
    }
    for at in sorted..v.len() {
        let (mut low, mut high) = (0, at);
        while low < high {
            let mid = (low + high) / 2;
            if compare(v[at], v[mid])? == Ordering::Less { high = mid } else { low = mid + 1 }
        }
        v[low..=at].rotate_right(1);
    }
    Ok(())
}

fn sort(comparator: Value, coll: Value) -> Res {
    sorted(coll, &mut |a, b| coll::order(comparator, a, b))
}

fn sort_by(key: Value, comparator: Value, coll: Value) -> Res {
    sorted(coll, &mut |a, b| coll::order(comparator, invoke(key, &[a])?, invoke(key, &[b])?))
}

fn sorted(coll: Value, compare: &mut dyn FnMut(Value, Value) -> Res<Ordering>) -> Res {
    let mut all = coll::items(coll)?;
    if all.is_empty() {
        return Ok(coll::empty_list());
    }
    sort_values(&mut all, compare)?;
    if coll.is::<ValueArray>() {
        // As in Clojure an array is sorted itself.
        for (i, &x) in all.iter().enumerate() {
            coll::arrays::set(coll, i as i64, x)?;
        }
    }
    let n = all.len();
    let array = all.into_array().value();
    Ok(coll::ArraySeq::at(array, 0, n, coll::meta(coll)))
}

fn shuffle(coll: Value) -> Res {
    if !kind::is_coll(coll) || kind::is_map(coll) {
        return Err(fault::class_cast(coll, "java.util.Collection"));
    }
    let mut all = coll::items(coll)?;
    for i in (1..all.len()).rev() {
        all.swap(i, random_below(i + 1));
    }
    Ok(coll::vector(&all))
}

/// Any number below `n`, from a generator a thread.
fn random_below(n: usize) -> usize {
    use std::cell::Cell;
    use std::hash::{BuildHasher, RandomState};
    thread_local!(static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0u64) | 1));
    let mut x = STATE.get();
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    STATE.set(x);
    (x % n as u64) as usize
}

/// An error for arguments that come in pairs.
pub fn no_value(key: Value) -> fault::Thrown {
    fault::raise(Class::IllegalArgument, format!("No value supplied for key: {}", coll::brief(key)))
}
