//! Seqs that are computed: ranges of longs, repeat, cycle, iterate.

use super::object::heap_type;
use super::{list, seq};
use crate::fault::Res;
use crate::heap::{self, Gc, Header, Mutable};
use crate::invoke::invoke;
use crate::value::Value;

/// `count` longs from `start` in steps.
#[repr(C)]
pub struct Range {
    header: Header,
    pub start: i64,
    pub step: i64,
    pub count: u64,
    pub meta: Value,
}
heap_type!(Range, RANGE);

/// How many longs of a range make a chunk.
pub const RANGE_CHUNK: u64 = 32;

/// A value again and again: `left` times, for ever where negative.
#[repr(C)]
pub struct Repeat {
    header: Header,
    pub left: i64,
    pub value: Value,
    pub meta: Value,
}
heap_type!(Repeat, REPEAT);

/// A seq from its start again when it ends. `current` is the ABSENT value until it is asked for.
#[repr(C)]
pub struct Cycle {
    header: Header,
    pub all: Value,
    previous: Value,
    current: Mutable,
    pub meta: Value,
}
heap_type!(Cycle, CYCLE);

/// `x, (f x), (f (f x)), …`: the item is computed when it is asked for.
#[repr(C)]
pub struct Iterate {
    header: Header,
    pub f: Value,
    previous: Value,
    item: Mutable,
    next: Mutable,
    pub meta: Value,
}
heap_type!(Iterate, ITERATE);

impl Range {
    pub fn new(start: i64, step: i64, count: u64, meta: Value) -> Gc<Range> {
        heap::new(Range { header: Header::blank(), start, step, count, meta })
    }
    /// `(range start end step)` of longs; the empty list where there is nothing.
    pub fn between(start: i64, end: i64, step: i64) -> Value {
        let (wide_start, wide_end) = (start as i128, end as i128);
        let n = match step {
            0 if start == end => 0,
            0 => return Repeat::new(Value::long(start), -1, Value::NIL).value(),
            s if s > 0 => (wide_end - wide_start + s as i128 - 1).div_euclid(s as i128).max(0),
            s => (wide_start - wide_end - s as i128 - 1).div_euclid(-(s as i128)).max(0),
        };
        if n == 0 { list::empty() } else { Range::new(start, step, n as u64, Value::NIL).value() }
    }
    pub fn get(&self, i: u64) -> i64 {
        self.start.wrapping_add(self.step.wrapping_mul(i as i64))
    }
    /// Without the first `n`; nil where nothing is left.
    pub fn skip(&self, n: u64) -> Value {
        if n >= self.count {
            return Value::NIL;
        }
        Range::new(self.get(n), self.step, self.count - n, Value::NIL).value()
    }
    /// The items of the first chunk.
    pub fn chunk(&self) -> Gc<super::chunk::Chunk> {
        let n = self.count.min(RANGE_CHUNK);
        let items: heap::GcVec = (0..n).map(|i| Value::long(self.get(i))).collect();
        super::chunk::Chunk::new(items.into_array().value(), 0, n as usize)
    }
}

impl Repeat {
    pub fn new(value: Value, left: i64, meta: Value) -> Gc<Repeat> {
        heap::new(Repeat { header: Header::blank(), left, value, meta })
    }
    /// `(repeat n x)`
    pub fn times(n: i64, value: Value) -> Value {
        if n <= 0 { list::empty() } else { Repeat::new(value, n, Value::NIL).value() }
    }
}
impl Gc<Repeat> {
    pub fn next(self) -> Value {
        match self.left {
            1 => Value::NIL,
            n if n < 0 => self.value(),
            n => Repeat::new(self.value, n - 1, Value::NIL).value(),
        }
    }
}

impl Cycle {
    fn alloc(all: Value, previous: Value, current: Value, meta: Value) -> Gc<Cycle> {
        let c = heap::new(Cycle { header: Header::blank(), all, previous, current: Mutable::new(current), meta });
        c.current.watch(c);
        c
    }
    /// `(cycle coll)`
    pub fn of(coll: Value) -> Res {
        let all = seq::seq(coll)?;
        Ok(if all.is_nil() { list::empty() } else { Cycle::alloc(all, Value::NIL, all, Value::NIL).value() })
    }
}
impl Gc<Cycle> {
    pub fn current(self) -> Res {
        let c = self.current.get();
        if c != Value::ABSENT {
            return Ok(c);
        }
        let next = seq::next(self.previous)?;
        let c = if next.is_nil() { self.all } else { next };
        self.current.set(self, c);
        Ok(c)
    }
    pub fn next(self) -> Res {
        Ok(Cycle::alloc(self.all, self.current()?, Value::ABSENT, Value::NIL).value())
    }
    pub fn with_meta(self, meta: Value) -> Value {
        Cycle::alloc(self.all, self.previous, self.current.get(), meta).value()
    }
}

impl Iterate {
    fn alloc(f: Value, previous: Value, item: Value, meta: Value) -> Gc<Iterate> {
        let (item, next) = (Mutable::new(item), Mutable::new(Value::ABSENT));
        let i = heap::new(Iterate { header: Header::blank(), f, previous, item, next, meta });
        i.item.watch(i);
        i.next.watch(i);
        i
    }
    pub fn of(f: Value, x: Value) -> Gc<Iterate> {
        Iterate::alloc(f, Value::NIL, x, Value::NIL)
    }
}
impl Gc<Iterate> {
    pub fn first(self) -> Res {
        let x = self.item.get();
        if x != Value::ABSENT {
            return Ok(x);
        }
        let x = invoke(self.f, &[self.previous])?;
        self.item.set(self, x);
        Ok(x)
    }
    pub fn next(self) -> Res {
        let n = self.next.get();
        if n != Value::ABSENT {
            return Ok(n);
        }
        let n = Iterate::alloc(self.f, self.first()?, Value::ABSENT, Value::NIL).value();
        self.next.set(self, n);
        Ok(n)
    }
    pub fn with_meta(self, meta: Value) -> Value {
        Iterate::alloc(self.f, self.previous, self.item.get(), meta).value()
    }
}
