//! Chunks: runs of items that seqs hand over at once, and the seq made of a chunk and what follows it.

use super::object::{Items, heap_type};
use super::vector::{VecNode, Vector};
use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, Header, Mutable, TypeId, ValueArray};
use crate::value::Value;

/// Items `from..to` of `owner`: an array, a vector's node, or a vector for its tail.
#[repr(C)]
pub struct Chunk {
    header: Header,
    owner: Value,
    from: u32,
    to: u32,
}
heap_type!(Chunk, CHUNK);

/// A chunk before `more`, which is not asked for until the chunk is used up.
#[repr(C)]
pub struct ChunkedCons {
    header: Header,
    pub chunk: Gc<Chunk>,
    pub more: Value,
    pub meta: Value,
}
heap_type!(ChunkedCons, CHUNKED_CONS);

/// `chunk-buffer`: filled up to its capacity, then made a chunk.
#[repr(C)]
pub struct ChunkBuffer {
    header: Header,
    array: Mutable,
    len: std::sync::atomic::AtomicU32,
    _pad: u32,
}
heap_type!(ChunkBuffer, CHUNK_BUFFER);

impl Chunk {
    pub fn new(owner: Value, from: usize, to: usize) -> Gc<Chunk> {
        heap::new(Chunk { header: Header::blank(), owner, from: from as u32, to: to as u32 })
    }
    /// A chunk of a copy of the items.
    pub fn of(items: &[Value]) -> Gc<Chunk> {
        Chunk::new(heap::GcVec::from_iter(items.iter().copied()).into_array().value(), 0, items.len())
    }
    /// The items from `i` to the end of a vector's block.
    pub fn of_vector(v: Gc<Vector>, i: usize) -> Gc<Chunk> {
        let at = v.tail_at();
        if i >= at {
            Chunk::new(v.value(), i - at, v.header().len())
        } else {
            Chunk::new(v.trie().leaf(i).value(), i & 31, 32)
        }
    }
    pub fn len(&self) -> usize {
        (self.to - self.from) as usize
    }
    pub fn items(&self) -> Items {
        let (from, to) = (self.from as usize, self.to as usize);
        match self.owner.type_id() {
            TypeId::VALUE_ARRAY => self.owner.cast::<ValueArray>().map(|a| Items::of(a, from, to)),
            TypeId::VECTOR_NODE => self.owner.cast::<VecNode>().map(|n| Items::of(n, from, to)),
            _ => self.owner.cast::<Vector>().map(|v| Items::of(v, from, to)),
        }
        .unwrap_or(Items::none())
    }
    /// Without the first item.
    pub fn drop_first(&self) -> Res<Gc<Chunk>> {
        if self.len() == 0 {
            return Err(fault::raise(Class::IllegalState, "dropFirst of empty chunk"));
        }
        Ok(Chunk::new(self.owner, self.from as usize + 1, self.to as usize))
    }
}

impl ChunkedCons {
    pub fn new(chunk: Gc<Chunk>, more: Value, meta: Value) -> Gc<ChunkedCons> {
        heap::new(ChunkedCons { header: Header::blank(), chunk, more, meta })
    }
    /// `chunk-cons`: `more` itself where the chunk is empty.
    pub fn cons(chunk: Gc<Chunk>, more: Value) -> Value {
        if chunk.len() == 0 { more } else { ChunkedCons::new(chunk, more, Value::NIL).value() }
    }
    pub fn rest(&self) -> Res {
        if self.chunk.len() > 1 {
            return Ok(ChunkedCons::new(self.chunk.drop_first()?, self.more, Value::NIL).value());
        }
        Ok(if self.more.is_nil() { super::list::empty() } else { self.more })
    }
    pub fn next(&self) -> Res {
        if self.chunk.len() > 1 {
            return self.rest();
        }
        super::seq::seq(self.more)
    }
}

impl ChunkBuffer {
    pub fn new(capacity: usize) -> Gc<ChunkBuffer> {
        let mut array = heap::GcVec::with_capacity(capacity);
        (0..capacity).for_each(|_| array.push(Value::NIL));
        let b = heap::new(ChunkBuffer {
            header: Header::blank(),
            array: Mutable::new(array.into_array().value()),
            len: Default::default(),
            _pad: 0,
        });
        b.array.watch(b);
        b
    }
    pub fn len(&self) -> usize {
        self.len.load(std::sync::atomic::Ordering::Relaxed) as usize
    }
}

impl Gc<ChunkBuffer> {
    fn array(&self) -> Res<Gc<ValueArray>> {
        let used = || fault::raise(Class::NullPointer, "the chunk buffer became a chunk already");
        self.array.get().cast::<ValueArray>().ok_or_else(used)
    }
    /// # Errors
    /// ArrayIndexOutOfBoundsException when it is full.
    pub fn add(self, v: Value) -> Res<()> {
        let (array, n) = (self.array()?, self.len());
        if n >= array.header().len() {
            return Err(fault::raise(Class::ArrayIndexOutOfBounds, format!("Index {n} out of bounds for length {n}")));
        }
        super::object::store(array, n, v);
        self.len.store(n as u32 + 1, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
    pub fn chunk(self) -> Res<Gc<Chunk>> {
        let array = self.array()?;
        self.array.set(self, Value::NIL);
        Ok(Chunk::new(array.value(), 0, self.len()))
    }
}
