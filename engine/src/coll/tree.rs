//! Sorted maps and sets: a persistent balanced search tree with a comparator. Balance is by weight (sizes of subtrees
//! within a factor of three), which needs a count in each node and no colours, and gives `count` for nothing.

use super::compare::compare;
use super::list::{Cons, MapEntry};
use super::object::{heap_type, unchecked};
use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, Header, TypeId};
use crate::invoke::invoke;
use crate::value::Value;
use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicU32;

#[repr(C)]
pub struct TreeNode {
    header: Header,
    pub key: Value,
    pub val: Value,
    left: Value,
    right: Value,
    size: u64,
}
heap_type!(TreeNode, TREE_NODE);

/// A tree's root (a node or nil) and its order: a callable, or nil for `compare`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Tree {
    pub root: Value,
    pub comparator: Value,
}

#[repr(C)]
pub struct TreeMap {
    header: Header,
    pub tree: Tree,
    pub meta: Value,
    pub(super) hash: AtomicU32,
    _pad: u32,
}
heap_type!(TreeMap, TREE_MAP);

#[repr(C)]
pub struct TreeSet {
    header: Header,
    pub tree: Tree,
    pub meta: Value,
    pub(super) hash: AtomicU32,
    _pad: u32,
}
heap_type!(TreeSet, TREE_SET);

/// Entries from a node on, up or down: `stack` is a list of nodes, the first one being the current.
#[repr(C)]
pub struct TreeSeq {
    header: Header,
    stack: Gc<Cons>,
    pub meta: Value,
    down: u32,
    _pad: u32,
}
heap_type!(TreeSeq, TREE_SEQ);

fn node(v: Value) -> Option<Gc<TreeNode>> {
    // SAFETY: a place in a tree is nil or a node.
    if v.is_nil() { None } else { Some(unsafe { unchecked(v) }) }
}
fn size(v: Value) -> u64 {
    node(v).map_or(0, |n| n.size)
}
fn make(key: Value, val: Value, left: Value, right: Value) -> Gc<TreeNode> {
    let size = size(left) + size(right) + 1;
    heap::new(TreeNode { header: Header::blank(), key, val, left, right, size })
}

/// A node of two subtrees of which one may have become too heavy by one insertion or removal.
fn balance(key: Value, val: Value, left: Value, right: Value) -> Gc<TreeNode> {
    let (l, r) = (size(left), size(right));
    if l + r <= 1 || (l <= 3 * r && r <= 3 * l) {
        return make(key, val, left, right);
    }
    match (node(left), node(right)) {
        (_, Some(n)) if r > l => {
            if size(n.left) < 2 * size(n.right) {
                return make(n.key, n.val, make(key, val, left, n.left).value(), n.right);
            }
            match node(n.left) {
                Some(m) => {
                    let outer = make(n.key, n.val, m.right, n.right).value();
                    make(m.key, m.val, make(key, val, left, m.left).value(), outer)
                }
                None => make(key, val, left, right),
            }
        }
        (Some(n), _) => {
            if size(n.right) < 2 * size(n.left) {
                return make(n.key, n.val, n.left, make(key, val, n.right, right).value());
            }
            match node(n.right) {
                Some(m) => {
                    let outer = make(n.key, n.val, n.left, m.left).value();
                    make(m.key, m.val, outer, make(key, val, m.right, right).value())
                }
                None => make(key, val, left, right),
            }
        }
        _ => make(key, val, left, right),
    }
}

/// What a comparator says: a number, or a boolean 'is less'.
pub fn order(comparator: Value, a: Value, b: Value) -> Res<Ordering> {
    if comparator.is_nil() {
        return compare(a, b);
    }
    let r = invoke(comparator, &[a, b])?;
    match r.as_bool() {
        Some(true) => Ok(Ordering::Less),
        Some(false) => Ok(if invoke(comparator, &[b, a])?.truthy() { Ordering::Greater } else { Ordering::Equal }),
        None => match (r.as_long(), r.as_double()) {
            (Some(n), _) => Ok((n as i32).cmp(&0)),
            (_, Some(d)) => Ok((d as i32).cmp(&0)),
            _ => Err(fault::class_cast(r, "java.lang.Number")),
        },
    }
}

impl Tree {
    pub fn new(comparator: Value) -> Tree {
        Tree { root: Value::NIL, comparator }
    }
    pub fn count(self) -> usize {
        size(self.root) as usize
    }
    pub fn find(self, key: Value) -> Res<Option<(Value, Value)>> {
        let mut at = node(self.root);
        while let Some(n) = at {
            at = match order(self.comparator, key, n.key)? {
                Ordering::Equal => return Ok(Some((n.key, n.val))),
                Ordering::Less => node(n.left),
                Ordering::Greater => node(n.right),
            };
        }
        Ok(None)
    }
    /// With the entry. The key that is there already stays.
    pub fn assoc(self, key: Value, val: Value) -> Res<Tree> {
        if self.root.is_nil() && self.comparator.is_nil() && !is_comparable(key) {
            // Refused at once, not when there is another to compare it with.
            let mut shown = String::new();
            crate::print::to_str(&mut shown, key)?;
            let message = format!("Default comparator requires nil, Number, or Comparable: {shown}");
            return Err(fault::raise(Class::ClassCast, message));
        }
        Ok(Tree { root: self.assoc_in(self.root, key, val)?, ..self })
    }
    fn assoc_in(self, at: Value, key: Value, val: Value) -> Res {
        let Some(n) = node(at) else { return Ok(make(key, val, Value::NIL, Value::NIL).value()) };
        Ok(match order(self.comparator, key, n.key)? {
            Ordering::Equal if n.val == val => at,
            Ordering::Equal => make(n.key, val, n.left, n.right).value(),
            Ordering::Less => {
                let left = self.assoc_in(n.left, key, val)?;
                if left == n.left { at } else { balance(n.key, n.val, left, n.right).value() }
            }
            Ordering::Greater => {
                let right = self.assoc_in(n.right, key, val)?;
                if right == n.right { at } else { balance(n.key, n.val, n.left, right).value() }
            }
        })
    }
    pub fn dissoc(self, key: Value) -> Res<Tree> {
        Ok(Tree { root: self.dissoc_in(self.root, key)?, ..self })
    }
    fn dissoc_in(self, at: Value, key: Value) -> Res {
        let Some(n) = node(at) else { return Ok(at) };
        Ok(match order(self.comparator, key, n.key)? {
            Ordering::Equal => join(n.left, n.right),
            Ordering::Less => {
                let left = self.dissoc_in(n.left, key)?;
                if left == n.left { at } else { balance(n.key, n.val, left, n.right).value() }
            }
            Ordering::Greater => {
                let right = self.dissoc_in(n.right, key)?;
                if right == n.right { at } else { balance(n.key, n.val, n.left, right).value() }
            }
        })
    }
    /// Nodes on the longest way down.
    #[cfg(test)]
    pub fn depth(self) -> usize {
        let below = |root| Tree { root, ..self }.depth();
        node(self.root).map_or(0, |n| 1 + below(n.left).max(below(n.right)))
    }
    pub fn each(self, f: &mut dyn FnMut(Value, Value) -> Res<ControlFlow<()>>) -> Res<ControlFlow<()>> {
        each_in(self.root, f)
    }
    /// All entries in order, nil where there are none.
    pub fn seq(self, down: bool) -> Value {
        seq_of(push(self.root, Value::NIL, down), down)
    }
    /// From the first entry on that does not come before `key` in the direction.
    pub fn seq_from(self, key: Value, down: bool) -> Res {
        let (mut stack, mut at) = (Value::NIL, node(self.root));
        while let Some(n) = at {
            let o = order(self.comparator, key, n.key)?;
            let before = if down { Ordering::Greater } else { Ordering::Less };
            if o == Ordering::Equal || o == before {
                stack = Cons::new(n.value(), stack, Value::NIL).value();
                if o == Ordering::Equal {
                    break;
                }
                at = node(if down { n.right } else { n.left });
            } else {
                at = node(if down { n.left } else { n.right });
            }
        }
        Ok(seq_of(stack, down))
    }
}

/// The tree of two neighbours, the root's entry being gone.
fn join(left: Value, right: Value) -> Value {
    match (node(left), node(right)) {
        (None, _) => right,
        (_, None) => left,
        (Some(l), Some(r)) if l.size > r.size => {
            let (m, rest) = take_last(l);
            balance(m.key, m.val, rest, right).value()
        }
        (_, Some(r)) => {
            let (m, rest) = take_first(r);
            balance(m.key, m.val, left, rest).value()
        }
    }
}
fn take_first(n: Gc<TreeNode>) -> (Gc<TreeNode>, Value) {
    match node(n.left) {
        None => (n, n.right),
        Some(l) => {
            let (m, rest) = take_first(l);
            (m, balance(n.key, n.val, rest, n.right).value())
        }
    }
}
fn take_last(n: Gc<TreeNode>) -> (Gc<TreeNode>, Value) {
    match node(n.right) {
        None => (n, n.left),
        Some(r) => {
            let (m, rest) = take_last(r);
            (m, balance(n.key, n.val, n.left, rest).value())
        }
    }
}

fn each_in(at: Value, f: &mut dyn FnMut(Value, Value) -> Res<ControlFlow<()>>) -> Res<ControlFlow<()>> {
    let Some(n) = node(at) else { return Ok(ControlFlow::Continue(())) };
    if each_in(n.left, f)?.is_break() || f(n.key, n.val)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    each_in(n.right, f)
}

/// The way down to the outermost entry of a subtree.
fn push(mut at: Value, mut stack: Value, down: bool) -> Value {
    while let Some(n) = node(at) {
        stack = Cons::new(at, stack, Value::NIL).value();
        at = if down { n.right } else { n.left };
    }
    stack
}
fn seq_of(stack: Value, down: bool) -> Value {
    match stack.cast::<Cons>() {
        Some(stack) => TreeSeq::alloc(stack, down, Value::NIL),
        None => Value::NIL,
    }
}

impl TreeSeq {
    fn alloc(stack: Gc<Cons>, down: bool, meta: Value) -> Value {
        heap::new(TreeSeq { header: Header::blank(), stack, meta, down: down as u32, _pad: 0 }).value()
    }
    fn node(&self) -> Gc<TreeNode> {
        // SAFETY: the stack holds nodes only.
        unsafe { unchecked(self.stack.first) }
    }
    pub fn first(&self) -> Value {
        let n = self.node();
        MapEntry::new(n.key, n.val).value()
    }
    pub fn next(&self) -> Value {
        let (n, down) = (self.node(), self.down != 0);
        seq_of(push(if down { n.left } else { n.right }, self.stack.rest, down), down)
    }
    pub fn with_meta(&self, meta: Value) -> Value {
        TreeSeq::alloc(self.stack, self.down != 0, meta)
    }
}

/// What the default comparator takes.
fn is_comparable(v: Value) -> bool {
    use TypeId as T;
    super::numbers::is_number(v)
        || super::kind::is_vector(v)
        || match v.type_id() {
            T::NONE => true,
            T::TEXT | T::KEYWORD | T::SYMBOL | T::UUID | T::INST | T::FILE => true,
            t => t >= T::FIRST_USER,
        }
}

impl TreeMap {
    pub fn new(tree: Tree, meta: Value) -> Gc<TreeMap> {
        heap::new(TreeMap { header: Header::blank(), tree, meta, hash: AtomicU32::new(0), _pad: 0 })
    }
}
impl Gc<TreeMap> {
    pub fn with(self, tree: Tree) -> Value {
        if tree == self.tree { self.value() } else { TreeMap::new(tree, self.meta).value() }
    }
}
impl TreeSet {
    pub fn new(tree: Tree, meta: Value) -> Gc<TreeSet> {
        heap::new(TreeSet { header: Header::blank(), tree, meta, hash: AtomicU32::new(0), _pad: 0 })
    }
}
impl Gc<TreeSet> {
    pub fn with(self, tree: Tree) -> Value {
        if tree == self.tree { self.value() } else { TreeSet::new(tree, self.meta).value() }
    }
}

/// The tree inside a sorted map or set.
pub fn tree_of(v: Value) -> Option<Tree> {
    v.cast::<TreeMap>().map(|m| m.tree).or_else(|| v.cast::<TreeSet>().map(|s| s.tree))
}
