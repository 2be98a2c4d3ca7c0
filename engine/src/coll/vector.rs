//! The persistent vector: a 32-way trie with the last block inline in the vector object.
//!
//! ```text
//!  Vector:  | header: len = items in the tail | count, shift | root | meta | hash | tail items (≤ 32) … |
//!  VecNode: | header: len = 32 | edit | 32 children or items |
//! ```
//! A vector of up to 32 items is one object. The trie holds full blocks only; unused children are the number zero.
//! Functions that change the trie take the `edit` of a transient, and change nodes of that owner in place.

use super::object::{FROZEN, Items, heap_type, store, unchecked};
use crate::heap::{self, Gc, GcVec, Header};
use crate::value::Value;
use std::sync::atomic::AtomicU32;

pub const BITS: u32 = 5;
pub const WIDTH: usize = 32;
const MASK: usize = WIDTH - 1;

#[repr(C)]
pub struct Vector {
    header: Header,
    count: u32,
    shift: u32,
    /// A `VecNode`, or nil while everything is in the tail.
    root: Value,
    pub meta: Value,
    pub(super) hash: AtomicU32,
    _pad: u32,
}
heap_type!(Vector, VECTOR, Value);

#[repr(C)]
pub struct VecNode {
    header: Header,
    edit: u64,
}
heap_type!(VecNode, VECTOR_NODE, Value);

impl VecNode {
    /// A node with the given first items, the others zero.
    pub fn of(items: &[Value], edit: u64) -> Gc<VecNode> {
        let n = Self::blank(edit);
        // SAFETY: a fresh node has room for 32.
        unsafe { std::ptr::copy_nonoverlapping(items.as_ptr(), n.tail_ptr(), items.len().min(WIDTH)) };
        n
    }
    pub fn blank(edit: u64) -> Gc<VecNode> {
        heap::new_tail_with(VecNode { header: Header::blank(), edit }, WIDTH, |_| Value::ZERO)
    }
    fn copy(n: Gc<VecNode>, edit: u64) -> Gc<VecNode> {
        heap::new_tail(VecNode { header: Header::blank(), edit }, n.tail())
    }
}

/// The node itself where `edit` owns it, else a copy that `edit` owns.
#[inline]
fn editable(n: Gc<VecNode>, edit: u64) -> Gc<VecNode> {
    if edit != FROZEN && n.edit == edit { n } else { VecNode::copy(n, edit) }
}

/// Child `i` of a node at a level above the leaves.
#[inline(always)]
fn child(n: Gc<VecNode>, i: usize) -> Value {
    // SAFETY: nodes have 32 items, `i` is masked by the callers.
    unsafe { n.tail_ptr().add(i).read() }
}

/// A trie: shift of the root's level, and the root.
#[derive(Clone, Copy)]
pub struct Trie {
    pub root: Value,
    pub shift: u32,
}

impl Trie {
    pub const EMPTY: Trie = Trie { root: Value::NIL, shift: BITS };

    /// The leaf with item `i`, which is in the trie.
    #[inline(always)]
    pub fn leaf(self, i: usize) -> Gc<VecNode> {
        // SAFETY: the trie reaches to `i`, so every node on the way exists.
        unsafe {
            let mut n: Gc<VecNode> = unchecked(self.root);
            let mut level = self.shift;
            while level > 0 {
                n = unchecked(child(n, i >> level & MASK));
                level -= BITS;
            }
            n
        }
    }

    /// Adds a full leaf as the block that starts with item `i`.
    pub fn push_leaf(self, i: usize, leaf: Gc<VecNode>, edit: u64) -> Trie {
        if self.root.is_nil() {
            return Trie { root: VecNode::of(&[leaf.value()], edit).value(), shift: BITS };
        }
        if i >> BITS >= 1 << self.shift {
            let root = VecNode::of(&[self.root, Self::path(self.shift, leaf, edit)], edit);
            return Trie { root: root.value(), shift: self.shift + BITS };
        }
        // SAFETY: the root is a node.
        let root = unsafe { unchecked(self.root) };
        Trie { root: Self::push_in(root, self.shift, i, leaf, edit).value(), shift: self.shift }
    }
    fn path(level: u32, leaf: Gc<VecNode>, edit: u64) -> Value {
        let mut n = leaf;
        for _ in 0..level / BITS {
            n = VecNode::of(&[n.value()], edit);
        }
        n.value()
    }
    fn push_in(n: Gc<VecNode>, level: u32, i: usize, leaf: Gc<VecNode>, edit: u64) -> Gc<VecNode> {
        let n = editable(n, edit);
        let slot = i >> level & MASK;
        let new = if level == BITS {
            leaf.value()
        } else {
            match child(n, slot).cast::<VecNode>() {
                Some(c) => Self::push_in(c, level - BITS, i, leaf, edit).value(),
                None => Self::path(level - BITS, leaf, edit),
            }
        };
        store(n, slot, new);
        n
    }

    /// Replaces item `i`, which is in the trie.
    pub fn assoc(self, i: usize, x: Value, edit: u64) -> Trie {
        // SAFETY: the trie reaches to `i`.
        let root = unsafe { unchecked(self.root) };
        Trie { root: Self::assoc_in(root, self.shift, i, x, edit).value(), shift: self.shift }
    }
    fn assoc_in(n: Gc<VecNode>, level: u32, i: usize, x: Value, edit: u64) -> Gc<VecNode> {
        let n = editable(n, edit);
        let slot = i >> level & MASK;
        let new = if level == 0 {
            x
        } else {
            // SAFETY: the trie reaches to `i`.
            let c = unsafe { unchecked(child(n, slot)) };
            Self::assoc_in(c, level - BITS, i, x, edit).value()
        };
        store(n, slot, new);
        n
    }

    /// Takes the last leaf off, which holds item `i`.
    pub fn pop_leaf(self, i: usize, edit: u64) -> Trie {
        // SAFETY: the trie reaches to `i`.
        let root = unsafe { unchecked(self.root) };
        match Self::pop_in(root, self.shift, i, edit) {
            None => Trie::EMPTY,
            Some(root) if self.shift > BITS && !child(root, 1).is_pointer() => {
                Trie { root: child(root, 0), shift: self.shift - BITS }
            }
            Some(root) => Trie { root: root.value(), shift: self.shift },
        }
    }
    fn pop_in(n: Gc<VecNode>, level: u32, i: usize, edit: u64) -> Option<Gc<VecNode>> {
        let slot = i >> level & MASK;
        let new = if level > BITS {
            // SAFETY: the trie reaches to `i`.
            let c = unsafe { unchecked(child(n, slot)) };
            Self::pop_in(c, level - BITS, i, edit).map_or(Value::ZERO, Gc::value)
        } else {
            Value::ZERO
        };
        if slot == 0 && !new.is_pointer() {
            return None;
        }
        let n = editable(n, edit);
        store(n, slot, new);
        Some(n)
    }
}

impl Vector {
    fn blank(count: usize, trie: Trie, meta: Value) -> Vector {
        let hash = AtomicU32::new(0);
        Vector { header: Header::blank(), count: count as u32, shift: trie.shift, root: trie.root, meta, hash, _pad: 0 }
    }
    /// A vector of a trie of full blocks and what follows them.
    pub fn assemble(trie: Trie, tail: &[Value], tail_at: usize, meta: Value) -> Gc<Vector> {
        heap::new_tail(Vector::blank(tail_at + tail.len(), trie, meta), tail)
    }
    pub fn from_slice(items: &[Value]) -> Gc<Vector> {
        let n = items.len();
        if n <= WIDTH {
            return Vector::assemble(Trie::EMPTY, items, 0, Value::NIL);
        }
        let tail_at = (n - 1) & !MASK;
        let block = |c: &[Value]| VecNode::of(c, FROZEN).value();
        let mut nodes: GcVec = items[..tail_at].chunks(WIDTH).map(block).collect();
        let mut shift = BITS;
        while nodes.len() > WIDTH {
            nodes = nodes.chunks(WIDTH).map(block).collect();
            shift += BITS;
        }
        let trie = Trie { root: block(&nodes), shift };
        Vector::assemble(trie, &items[tail_at..], tail_at, Value::NIL)
    }
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.count as usize
    }
    #[inline(always)]
    pub fn trie(&self) -> Trie {
        Trie { root: self.root, shift: self.shift }
    }
}

impl Gc<Vector> {
    #[inline(always)]
    pub fn tail_at(&self) -> usize {
        self.count() - self.header().len()
    }
    #[inline(always)]
    pub fn nth(&self, i: usize) -> Option<Value> {
        if i >= self.count() {
            return None;
        }
        let at = self.tail_at();
        // SAFETY: `i` is below the count: in the tail, or in a full leaf of 32.
        Some(unsafe {
            if i >= at {
                self.tail_ptr().add(i - at).read()
            } else {
                self.trie().leaf(i).tail_ptr().add(i & MASK).read()
            }
        })
    }
    /// From item `i` (below the count) to the end of its block.
    pub fn block(&self, i: usize) -> Items {
        let at = self.tail_at();
        if i >= at {
            Items::of(*self, i - at, self.header().len())
        } else {
            Items::of(self.trie().leaf(i), i & MASK, WIDTH)
        }
    }
    pub fn conj(&self, x: Value) -> Gc<Vector> {
        let tail = self.tail();
        if tail.len() < WIDTH {
            return heap::new_tail_from(Vector::blank(self.count() + 1, self.trie(), self.meta), tail, &[x]);
        }
        let leaf = VecNode::of(tail, FROZEN);
        let trie = self.trie().push_leaf(self.tail_at(), leaf, FROZEN);
        Vector::assemble(trie, &[x], self.count(), self.meta)
    }
    /// Replaces item `i`, below the count.
    pub fn assoc(&self, i: usize, x: Value) -> Gc<Vector> {
        let at = self.tail_at();
        if i >= at {
            let v = Vector::assemble(self.trie(), self.tail(), at, self.meta);
            store(v, i - at, x);
            v
        } else {
            Vector::assemble(self.trie().assoc(i, x, FROZEN), self.tail(), at, self.meta)
        }
    }
    /// Without the last item; the vector is not empty.
    pub fn pop(&self) -> Gc<Vector> {
        let (n, tail) = (self.count(), self.tail());
        if tail.len() > 1 || n == 1 {
            return Vector::assemble(self.trie(), &tail[..tail.len() - 1], self.tail_at(), self.meta);
        }
        let leaf = self.trie().leaf(n - 2);
        Vector::assemble(self.trie().pop_leaf(n - 2, FROZEN), leaf.tail(), n - 1 - WIDTH, self.meta)
    }
    pub fn with_meta(&self, meta: Value) -> Gc<Vector> {
        Vector::assemble(self.trie(), self.tail(), self.tail_at(), meta)
    }
}
