//! The hash trie under maps and sets.
//!
//! ```text
//!  HashNode: | header: len = room | datamap, nodemap | edit | key value key value … (room) … child child |
//!  CollisionNode: | header: len = room | hash, count | edit | key value key value … |
//! ```
//! A place holds an entry or a child, told by two bitmaps; entries grow from the front, children from the back, so that a
//! transient finds room in a node it owns. Places are visited in the order of their hash bits, which is the order in
//! which Clojure's nodes on the JVM are walked.

use super::equality::same_key;
use super::hash::hash;
use super::object::{FROZEN, heap_type, store, unchecked};
use crate::fault::Res;
use crate::heap::{self, Gc, Header};
use crate::value::Value;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[repr(C)]
pub struct HashNode {
    header: Header,
    datamap: AtomicU32,
    nodemap: AtomicU32,
    edit: u64,
}
heap_type!(HashNode, HASH_NODE, Value);

#[repr(C)]
pub struct CollisionNode {
    header: Header,
    hash: u32,
    count: AtomicU32,
    edit: u64,
}
heap_type!(CollisionNode, COLLISION_NODE, Value);

/// Words of room that a transient adds to a node it must copy anyway.
const SLACK: usize = 6;

fn bit_of(hash: u32, shift: u32) -> u32 {
    1 << (hash >> shift & 31)
}
fn rank(map: u32, bit: u32) -> usize {
    (map & (bit - 1)).count_ones() as usize
}
fn room(needed: usize, edit: u64) -> usize {
    if edit == FROZEN { needed } else { needed + SLACK }
}

impl HashNode {
    #[inline(always)]
    pub fn data(&self) -> u32 {
        self.datamap.load(Relaxed)
    }
    #[inline(always)]
    pub fn nodes(&self) -> u32 {
        self.nodemap.load(Relaxed)
    }
    /// A node of these entries (key, value, …) and children, both in order of their bits.
    fn of(datamap: u32, nodemap: u32, entries: &[&[Value]], children: &[&[Value]], edit: u64) -> Gc<HashNode> {
        let d = 2 * datamap.count_ones() as usize;
        let c = nodemap.count_ones() as usize;
        let (datamap, nodemap) = (AtomicU32::new(datamap), AtomicU32::new(nodemap));
        let n = heap::new_tail_with(
            HashNode { header: Header::blank(), datamap, nodemap, edit },
            room(d + c, edit),
            |_| Value::ZERO,
        );
        let mut at = 0;
        for run in entries {
            n.copy_in(at, run);
            at += run.len();
        }
        debug_assert_eq!(at, d);
        at = n.header().len() - c;
        for run in children {
            n.copy_in(at, run);
            at += run.len();
        }
        debug_assert_eq!(at, n.header().len());
        n
    }
}

impl Gc<HashNode> {
    fn copy_in(self, at: usize, run: &[Value]) {
        debug_assert!(at + run.len() <= self.header().len());
        // SAFETY: inside the tail of a fresh node.
        unsafe { std::ptr::copy_nonoverlapping(run.as_ptr(), self.tail_ptr().add(at), run.len()) }
    }
    fn entries(&self) -> &[Value] {
        &self.tail()[..2 * self.data().count_ones() as usize]
    }
    fn children(&self) -> &[Value] {
        &self.tail()[self.header().len() - self.nodes().count_ones() as usize..]
    }
    fn owned(self, edit: u64) -> bool {
        edit != FROZEN && self.edit == edit
    }
    #[inline(always)]
    pub fn entry(self, bit: u32) -> (Value, Value) {
        let i = 2 * rank(self.data(), bit);
        // SAFETY: the bit is set in the data map.
        unsafe { (self.tail_ptr().add(i).read(), self.tail_ptr().add(i + 1).read()) }
    }
    #[inline(always)]
    pub fn child(self, bit: u32) -> Value {
        let nodes = self.nodes();
        let i = self.header().len() - nodes.count_ones() as usize + rank(nodes, bit);
        // SAFETY: the bit is set in the node map.
        unsafe { self.tail_ptr().add(i).read() }
    }
    fn editable(self, edit: u64) -> Gc<HashNode> {
        if self.owned(edit) {
            return self;
        }
        let (datamap, nodemap) = (AtomicU32::new(self.data()), AtomicU32::new(self.nodes()));
        let used = self.entries().len() + self.children().len();
        if edit == FROZEN && used == self.header().len() {
            return heap::new_tail(HashNode { header: Header::blank(), datamap, nodemap, edit }, self.tail());
        }
        HashNode::of(self.data(), self.nodes(), &[self.entries()], &[self.children()], edit)
    }
    fn with_val(self, bit: u32, v: Value, edit: u64) -> Gc<HashNode> {
        let n = self.editable(edit);
        store(n, 2 * rank(n.data(), bit) + 1, v);
        n
    }
    fn with_child(self, bit: u32, c: Value, edit: u64) -> Gc<HashNode> {
        let n = self.editable(edit);
        let nodes = n.nodes();
        store(n, n.header().len() - nodes.count_ones() as usize + rank(nodes, bit), c);
        n
    }
    fn with_entry(self, bit: u32, k: Value, v: Value, edit: u64) -> Gc<HashNode> {
        let (data, nodes) = (self.data(), self.nodes());
        let (i, d) = (2 * rank(data, bit), 2 * data.count_ones() as usize);
        if self.owned(edit) && self.header().len() - d - nodes.count_ones() as usize >= 2 {
            // SAFETY: there are two free words behind the entries; the node is this transient's own.
            unsafe { std::ptr::copy(self.tail_ptr().add(i), self.tail_ptr().add(i + 2), d - i) };
            store(self, i, k);
            store(self, i + 1, v);
            self.datamap.store(data | bit, Relaxed);
            return self;
        }
        let e = self.entries();
        HashNode::of(data | bit, nodes, &[&e[..i], &[k, v], &e[i..]], &[self.children()], edit)
    }
    /// An entry's place becomes a child.
    fn push_down(self, bit: u32, child: Value, edit: u64) -> Gc<HashNode> {
        let (data, nodes) = (self.data(), self.nodes());
        let (i, j) = (2 * rank(data, bit), rank(nodes, bit));
        let (e, c) = (self.entries(), self.children());
        HashNode::of(data & !bit, nodes | bit, &[&e[..i], &e[i + 2..]], &[&c[..j], &[child], &c[j..]], edit)
    }
    /// Without the entry; nil where nothing is left.
    fn without_entry(self, bit: u32, edit: u64) -> Value {
        let (data, nodes) = (self.data(), self.nodes());
        if data == bit && nodes == 0 {
            return Value::NIL;
        }
        let (i, d) = (2 * rank(data, bit), 2 * data.count_ones() as usize);
        if self.owned(edit) {
            // SAFETY: moves the entries behind the removed one down, inside the tail.
            unsafe { std::ptr::copy(self.tail_ptr().add(i + 2), self.tail_ptr().add(i), d - i - 2) };
            store(self, d - 1, Value::ZERO);
            store(self, d - 2, Value::ZERO);
            self.datamap.store(data & !bit, Relaxed);
            return self.value();
        }
        let e = self.entries();
        HashNode::of(data & !bit, nodes, &[&e[..i], &e[i + 2..]], &[self.children()], edit).value()
    }
    fn without_child(self, bit: u32, edit: u64) -> Value {
        let (data, nodes) = (self.data(), self.nodes());
        if nodes == bit && data == 0 {
            return Value::NIL;
        }
        let (j, c) = (rank(nodes, bit), self.children());
        HashNode::of(data, nodes & !bit, &[self.entries()], &[&c[..j], &c[j + 1..]], edit).value()
    }
}

impl CollisionNode {
    pub fn count(&self) -> usize {
        self.count.load(Relaxed) as usize
    }
    fn of(hash: u32, runs: &[&[Value]], edit: u64) -> Gc<CollisionNode> {
        let len: usize = runs.iter().map(|r| r.len()).sum();
        let count = AtomicU32::new(len as u32 / 2);
        let node = CollisionNode { header: Header::blank(), hash, count, edit };
        let n = heap::new_tail_with(node, room(len, edit), |_| Value::ZERO);
        let mut at = 0;
        for run in runs {
            // SAFETY: inside the fresh node: the runs' lengths were added up.
            unsafe { std::ptr::copy_nonoverlapping(run.as_ptr(), n.tail_ptr().add(at), run.len()) };
            at += run.len();
        }
        n
    }
}

impl Gc<CollisionNode> {
    pub fn entries(&self) -> &[Value] {
        &self.tail()[..2 * self.count()]
    }
    fn position(self, key: Value) -> Res<Option<usize>> {
        for i in 0..self.count() {
            if same_key(self.entries()[2 * i], key)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }
    fn assoc(self, key: Value, val: Value, edit: u64, added: &mut bool) -> Res<Value> {
        let owned = edit != FROZEN && self.edit == edit;
        let e = self.entries();
        if let Some(i) = self.position(key)? {
            if e[2 * i + 1] == val {
                return Ok(self.value());
            }
            let n = if owned { self } else { CollisionNode::of(self.hash, &[e], edit) };
            store(n, 2 * i + 1, val);
            return Ok(n.value());
        }
        *added = true;
        if owned && self.header().len() >= e.len() + 2 {
            store(self, e.len(), key);
            store(self, e.len() + 1, val);
            self.count.store(self.count() as u32 + 1, Relaxed);
            return Ok(self.value());
        }
        Ok(CollisionNode::of(self.hash, &[e, &[key, val]], edit).value())
    }
    fn dissoc(self, key: Value, edit: u64) -> Res<Value> {
        let e = self.entries();
        Ok(match self.position(key)? {
            None => self.value(),
            Some(_) if e.len() == 2 => Value::NIL,
            Some(i) => CollisionNode::of(self.hash, &[&e[..2 * i], &e[2 * i + 2..]], edit).value(),
        })
    }
}

/// The node as one of the two kinds.
enum Node {
    Hash(Gc<HashNode>),
    Collision(Gc<CollisionNode>),
}
#[inline(always)]
fn node(v: Value) -> Node {
    match v.cast::<HashNode>() {
        Some(n) => Node::Hash(n),
        // SAFETY: what is not a hash node in a trie is a collision node.
        None => Node::Collision(unsafe { unchecked(v) }),
    }
}

/// Two entries under one place.
fn pair(shift: u32, a: (u32, Value, Value), b: (u32, Value, Value), edit: u64) -> Value {
    if a.0 == b.0 {
        return CollisionNode::of(a.0, &[&[a.1, a.2], &[b.1, b.2]], edit).value();
    }
    let (x, y) = (bit_of(a.0, shift), bit_of(b.0, shift));
    if x == y {
        let c = pair(shift + 5, a, b, edit);
        return HashNode::of(0, x, &[], &[&[c]], edit).value();
    }
    let (a, b) = if x < y { (a, b) } else { (b, a) };
    HashNode::of(x | y, 0, &[&[a.1, a.2], &[b.1, b.2]], &[], edit).value()
}

fn assoc_in(v: Value, shift: u32, h: u32, key: Value, val: Value, edit: u64, added: &mut bool) -> Res<Value> {
    let bit = bit_of(h, shift);
    let n = match node(v) {
        Node::Hash(n) => n,
        Node::Collision(c) if c.hash == h => return c.assoc(key, val, edit, added),
        Node::Collision(c) => HashNode::of(0, bit_of(c.hash, shift), &[], &[&[v]], edit),
    };
    if n.data() & bit != 0 {
        let (k, old) = n.entry(bit);
        if same_key(k, key)? {
            return Ok(if old == val { n.value() } else { n.with_val(bit, val, edit).value() });
        }
        *added = true;
        let c = pair(shift + 5, (hash(k)?, k, old), (h, key, val), edit);
        return Ok(n.push_down(bit, c, edit).value());
    }
    if n.nodes() & bit != 0 {
        let c = n.child(bit);
        let new = assoc_in(c, shift + 5, h, key, val, edit, added)?;
        return Ok(if new == c { n.value() } else { n.with_child(bit, new, edit).value() });
    }
    *added = true;
    Ok(n.with_entry(bit, key, val, edit).value())
}

fn dissoc_in(v: Value, shift: u32, h: u32, key: Value, edit: u64, removed: &mut bool) -> Res<Value> {
    let bit = bit_of(h, shift);
    let n = match node(v) {
        Node::Hash(n) => n,
        Node::Collision(c) => {
            let before = c.count();
            let new = if c.hash == h { c.dissoc(key, edit)? } else { v };
            *removed = new != v || before != c.count();
            return Ok(new);
        }
    };
    if n.data() & bit != 0 {
        let (k, _) = n.entry(bit);
        *removed = same_key(k, key)?;
        return Ok(if *removed { n.without_entry(bit, edit) } else { v });
    }
    if n.nodes() & bit == 0 {
        return Ok(v);
    }
    let c = n.child(bit);
    let new = dissoc_in(c, shift + 5, h, key, edit, removed)?;
    Ok(if new == c {
        v
    } else if new.is_nil() {
        n.without_child(bit, edit)
    } else {
        n.with_child(bit, new, edit).value()
    })
}

fn each_in(v: Value, f: &mut dyn FnMut(Value, Value) -> Res<ControlFlow<()>>) -> Res<ControlFlow<()>> {
    match node(v) {
        Node::Hash(n) => {
            let mut all = n.data() | n.nodes();
            while all != 0 {
                let bit = all & all.wrapping_neg();
                all &= !bit;
                let flow = if n.data() & bit != 0 {
                    let (k, v) = n.entry(bit);
                    f(k, v)?
                } else {
                    each_in(n.child(bit), f)?
                };
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        Node::Collision(n) => {
            for i in 0..n.count() {
                let flow = f(n.entries()[2 * i], n.entries()[2 * i + 1])?;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
    }
    super::object::keep(v);
    Ok(ControlFlow::Continue(()))
}

/// What a hash map or set is apart from its header: the trie, and nil's value, which stands outside it and comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Table {
    pub count: u64,
    pub root: Value,
    /// Value of the key nil, or absent.
    pub null: Value,
}

impl Table {
    pub const EMPTY: Table = Table { count: 0, root: Value::NIL, null: Value::ABSENT };

    /// The entry of an equal key.
    #[inline]
    pub fn find(self, key: Value) -> Res<Option<(Value, Value)>> {
        if key.is_nil() {
            return Ok(if self.null == Value::ABSENT { None } else { Some((key, self.null)) });
        }
        if self.root.is_nil() {
            return Ok(None);
        }
        let h = hash(key)?;
        let (mut v, mut shift) = (self.root, 0);
        loop {
            match node(v) {
                Node::Hash(n) => {
                    let bit = bit_of(h, shift);
                    if n.data() & bit != 0 {
                        let e = n.entry(bit);
                        return Ok(if same_key(e.0, key)? { Some(e) } else { None });
                    }
                    if n.nodes() & bit == 0 {
                        return Ok(None);
                    }
                    v = n.child(bit);
                    shift += 5;
                }
                Node::Collision(n) => {
                    return Ok(n.position(key)?.map(|i| (n.entries()[2 * i], n.entries()[2 * i + 1])));
                }
            }
        }
    }

    pub fn assoc(self, key: Value, val: Value, edit: u64) -> Res<Table> {
        if key.is_nil() {
            return Ok(Table { count: self.count + (self.null == Value::ABSENT) as u64, null: val, ..self });
        }
        let h = hash(key)?;
        if self.root.is_nil() {
            let root = HashNode::of(bit_of(h, 0), 0, &[&[key, val]], &[], edit).value();
            return Ok(Table { count: self.count + 1, root, ..self });
        }
        let mut added = false;
        let root = assoc_in(self.root, 0, h, key, val, edit, &mut added)?;
        Ok(Table { count: self.count + added as u64, root, ..self })
    }

    pub fn dissoc(self, key: Value, edit: u64) -> Res<Table> {
        if key.is_nil() {
            return Ok(Table { count: self.count - (self.null != Value::ABSENT) as u64, null: Value::ABSENT, ..self });
        }
        if self.root.is_nil() {
            return Ok(self);
        }
        let mut removed = false;
        let root = dissoc_in(self.root, 0, hash(key)?, key, edit, &mut removed)?;
        Ok(Table { count: self.count - removed as u64, root, ..self })
    }

    /// Every entry, in Clojure's order.
    pub fn each(self, f: &mut dyn FnMut(Value, Value) -> Res<ControlFlow<()>>) -> Res<ControlFlow<()>> {
        if self.null != Value::ABSENT && f(Value::NIL, self.null)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if self.root.is_nil() { Ok(ControlFlow::Continue(())) } else { each_in(self.root, f) }
    }
}
