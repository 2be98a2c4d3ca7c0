//! The persistent queue: a seq to take from, a vector to add to.

use super::object::heap_type;
use super::vector::Vector;
use super::{indexed, seq};
use crate::fault::Res;
use crate::heap::{self, Gc, Header};
use crate::value::Value;

#[repr(C)]
pub struct Queue {
    header: Header,
    pub count: u64,
    /// A seq; nil only in the empty queue.
    pub front: Value,
    /// A vector or nil.
    pub rear: Value,
    pub meta: Value,
}
heap_type!(Queue, QUEUE);

impl Queue {
    pub fn new(count: u64, front: Value, rear: Value, meta: Value) -> Gc<Queue> {
        heap::new(Queue { header: Header::blank(), count, front, rear, meta })
    }
    pub fn empty(meta: Value) -> Value {
        Queue::new(0, Value::NIL, Value::NIL, meta).value()
    }
    pub fn conj(&self, x: Value) -> Value {
        if self.front.is_nil() {
            return Queue::new(1, super::list(&[x]), Value::NIL, self.meta).value();
        }
        let rear = match self.rear.cast::<Vector>() {
            Some(v) => v.conj(x),
            None => Vector::from_slice(&[x]),
        };
        Queue::new(self.count + 1, self.front, rear.value(), self.meta).value()
    }
    pub fn peek(&self) -> Res {
        if self.front.is_nil() { Ok(Value::NIL) } else { seq::first(self.front) }
    }
    /// The items as a seq, nil where there are none.
    pub fn seq(&self) -> Value {
        if self.front.is_nil() || self.rear.is_nil() {
            return self.front;
        }
        QueueSeq::of(self.front, self.rear)
    }
}
impl Gc<Queue> {
    pub fn pop(self) -> Res {
        if self.front.is_nil() {
            return Ok(self.value());
        }
        let front = seq::next(self.front)?;
        Ok(if front.is_nil() {
            Queue::new(self.count - 1, indexed::VecSeq::from(self.rear, 0), Value::NIL, self.meta)
        } else {
            Queue::new(self.count - 1, front, self.rear, self.meta)
        }
        .value())
    }
}

/// Front, then rear.
#[repr(C)]
pub struct QueueSeq {
    header: Header,
    pub front: Value,
    pub rear: Value,
    pub meta: Value,
}
heap_type!(QueueSeq, QUEUE_SEQ);

impl QueueSeq {
    fn of(front: Value, rear: Value) -> Value {
        heap::new(QueueSeq { header: Header::blank(), front, rear, meta: Value::NIL }).value()
    }
    pub fn next(&self) -> Res {
        let front = seq::next(self.front)?;
        Ok(if front.is_nil() { indexed::VecSeq::from(self.rear, 0) } else { QueueSeq::of(front, self.rear) })
    }
    pub fn with_meta(&self, meta: Value) -> Value {
        heap::new(QueueSeq { header: Header::blank(), front: self.front, rear: self.rear, meta }).value()
    }
}
