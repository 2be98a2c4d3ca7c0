//! What tier 0 runs: a node is a function pointer, a few fields, and the pointers to its children. Nodes are made from
//! the tree at a function's first call and never freed; a node rewrites its function pointer as it learns what it sees.
//!
//! ```text
//!  Node, one cache line:   | run | a | b | c | d | e | x | expr |
//! ```
//! What a field means is settled by the constructor that stands beside the node's function; nobody else reads it.

use crate::frame::Frame;
use engine::analyze::{ExprId, Slot};
use engine::thread::Thread;
use engine::value::Value;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Runs a node. The answer is its value, [`Value::THROWN`] with an error pending in the thread, or [`RECUR`].
pub type Run = fn(&Thread, Frame, &'static Node) -> Value;

/// The answer of a `recur`: the slots are assigned, the nearest loop goes on. Only nodes in tail position see it.
pub const RECUR: Value = Value::from_bits(0x27);
pub const THROWN: Value = Value::THROWN;

/// A word of a node: a child, a slot, an immediate, an address.
#[derive(Clone, Copy)]
pub struct Field(u64);

#[repr(C, align(64))]
pub struct Node {
    run: AtomicPtr<()>,
    pub a: Field,
    pub b: Field,
    pub c: Field,
    pub d: Field,
    pub e: Field,
    pub x: u32,
    /// The expression it was made from: where an error in it arose. `u32::MAX` where it is none's.
    pub expr: u32,
}

impl Field {
    pub const NONE: Field = Field(0);

    #[inline(always)]
    pub fn bits(self) -> u64 {
        self.0
    }
    #[inline(always)]
    pub fn node(self) -> &'static Node {
        // SAFETY: the constructor of a node that reads this field as a child has stored a node of a leaked arena there.
        unsafe { &*(self.0 as *const Node) }
    }
    /// A child, where there may be none.
    #[inline(always)]
    pub fn some_node(self) -> Option<&'static Node> {
        if self.0 == 0 { None } else { Some(self.node()) }
    }
    /// What lives as long as the code: a `Code`, a feedback cell, a list of children.
    #[inline(always)]
    pub fn object<T: Sync>(self) -> &'static T {
        // SAFETY: the constructor stored a `&'static T` in this field (`From<&'static T>`).
        unsafe { &*(self.0 as *const T) }
    }
    #[inline(always)]
    pub fn slot(self) -> Slot {
        Slot(self.0 as u32)
    }
    #[inline(always)]
    pub fn index(self) -> usize {
        self.0 as usize
    }
    /// An immediate: never a pointer into the heap.
    #[inline(always)]
    pub fn immediate(self) -> Value {
        Value::from_bits(self.0)
    }
    /// A constant of the form, in memory that the collector scans and that is never freed.
    #[inline(always)]
    pub fn constant(self) -> Value {
        // SAFETY: the constructor stored the address of a word of `Code::consts`.
        unsafe { *(self.0 as *const Value) }
    }
    pub fn of_word(word: u64) -> Field {
        Field(word)
    }
    pub fn of_constant(at: *const Value) -> Field {
        Field(at as u64)
    }
    pub fn of_object<T: Sync>(object: &'static T) -> Field {
        Field(std::ptr::from_ref(object) as u64)
    }
}

impl From<&'static Node> for Field {
    fn from(n: &'static Node) -> Field {
        Field(std::ptr::from_ref(n) as u64)
    }
}
impl From<Option<&'static Node>> for Field {
    fn from(n: Option<&'static Node>) -> Field {
        n.map_or(Field::NONE, Field::from)
    }
}
impl From<Slot> for Field {
    fn from(s: Slot) -> Field {
        Field(s.0 as u64)
    }
}

impl Node {
    pub fn new(run: Run) -> Node {
        let none = Field::NONE;
        Node { run: AtomicPtr::new(run as *mut ()), a: none, b: none, c: none, d: none, e: none, x: 0, expr: u32::MAX }
    }
    pub fn a(mut self, f: impl Into<Field>) -> Node {
        self.a = f.into();
        self
    }
    pub fn b(mut self, f: impl Into<Field>) -> Node {
        self.b = f.into();
        self
    }
    pub fn c(mut self, f: impl Into<Field>) -> Node {
        self.c = f.into();
        self
    }
    pub fn d(mut self, f: impl Into<Field>) -> Node {
        self.d = f.into();
        self
    }
    pub fn e(mut self, f: impl Into<Field>) -> Node {
        self.e = f.into();
        self
    }
    pub fn x(mut self, x: u32) -> Node {
        self.x = x;
        self
    }
    pub fn from(mut self, id: ExprId) -> Node {
        self.expr = id.0;
        self
    }
    /// Runs the node.
    #[inline(always)]
    pub fn run(&'static self, t: &Thread, f: Frame) -> Value {
        let p = self.run.load(Ordering::Relaxed);
        // SAFETY: only `new` and `become_` store here, and both store a `Run`.
        let run: Run = unsafe { std::mem::transmute(p) };
        run(t, f, self)
    }
    /// From now on the node is run by `run`, which reads the same fields.
    pub fn become_(&self, run: Run) {
        self.run.store(run as *mut (), Ordering::Relaxed);
    }
}

/// How an operand is fetched; the combinations of a node's operands are generic instances of its function.
pub trait Operand {
    /// It cannot throw and has no effect.
    const LEAF: bool;
    fn get(t: &Thread, f: Frame, x: Field) -> Value;
}

/// A word of the frame.
pub struct Local;
/// A constant that is no heap object.
pub struct Imm;
/// Any node.
pub struct Any;
/// A node that adds a small integer to a local, in place where it is one: `(inc i)`, `(- n 1)`. Its field `c` is what is
/// added; all else is the node's business.
pub struct Plus;

impl Operand for Local {
    const LEAF: bool = true;
    #[inline(always)]
    fn get(_: &Thread, f: Frame, x: Field) -> Value {
        f.get(x.slot())
    }
}
impl Operand for Imm {
    const LEAF: bool = true;
    #[inline(always)]
    fn get(_: &Thread, _: Frame, x: Field) -> Value {
        x.immediate()
    }
}
impl Operand for Any {
    const LEAF: bool = false;
    #[inline(always)]
    fn get(t: &Thread, f: Frame, x: Field) -> Value {
        x.node().run(t, f)
    }
}

impl Operand for Plus {
    const LEAF: bool = false;
    #[inline(always)]
    fn get(t: &Thread, f: Frame, x: Field) -> Value {
        let n = x.node();
        let v = f.get(n.a.slot());
        if v.is_fixnum() {
            if let Some(sum) = (v.bits() as i64).checked_add(n.c.bits() as i64) {
                return Value::from_bits(sum as u64);
            }
        }
        n.run(t, f)
    }
}

/// Which of them an operand is. `Plus` is an instance of calls and `recur` only; to all others it is `Any`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    Local,
    Imm,
    Any,
    Plus,
}

/// An operand, ready to be stored in a node.
#[derive(Clone, Copy)]
pub struct Arg {
    pub shape: Shape,
    pub field: Field,
}

impl Arg {
    pub fn imm(v: Value) -> Arg {
        Arg { shape: Shape::Imm, field: Field::of_word(v.bits()) }
    }
    /// Fetches an operand whose shape is known at run time only: long argument lists, collections.
    #[inline(always)]
    pub fn fetch(&self, t: &Thread, f: Frame) -> Value {
        match self.shape {
            Shape::Local => f.get(self.field.slot()),
            Shape::Imm => self.field.immediate(),
            Shape::Any | Shape::Plus => self.field.node().run(t, f),
        }
    }
}

// SAFETY: a field is a number or the address of something that is `Sync` and lives for ever.
unsafe impl Sync for Field {}
// SAFETY: as above.
unsafe impl Send for Field {}

/// The instance of a function generic over one operand.
#[macro_export]
macro_rules! pick1 {
    ($a:expr, $f:ident $(, $g:ty)* $(; $k:expr)*) => {
        match $a {
            $crate::node::Shape::Local => $f::<$($g,)* $crate::node::Local $(, $k)*> as $crate::node::Run,
            $crate::node::Shape::Imm => $f::<$($g,)* $crate::node::Imm $(, $k)*> as $crate::node::Run,
            $crate::node::Shape::Any | $crate::node::Shape::Plus => {
                $f::<$($g,)* $crate::node::Any $(, $k)*> as $crate::node::Run
            }
        }
    };
}

/// The instance of a function generic over two operands.
#[macro_export]
macro_rules! pick2 {
    ($a:expr, $b:expr, $f:ident $(, $g:ty)* $(; $k:expr)*) => {{
        use $crate::node::{Any, Imm, Local, Run, Shape};
        match ($a, $b) {
            (Shape::Local, Shape::Local) => $f::<$($g,)* Local, Local $(, $k)*> as Run,
            (Shape::Local, Shape::Imm) => $f::<$($g,)* Local, Imm $(, $k)*> as Run,
            (Shape::Local, _) => $f::<$($g,)* Local, Any $(, $k)*> as Run,
            (Shape::Imm, Shape::Local) => $f::<$($g,)* Imm, Local $(, $k)*> as Run,
            (Shape::Imm, Shape::Imm) => $f::<$($g,)* Imm, Imm $(, $k)*> as Run,
            (Shape::Imm, _) => $f::<$($g,)* Imm, Any $(, $k)*> as Run,
            (_, Shape::Local) => $f::<$($g,)* Any, Local $(, $k)*> as Run,
            (_, Shape::Imm) => $f::<$($g,)* Any, Imm $(, $k)*> as Run,
            (_, _) => $f::<$($g,)* Any, Any $(, $k)*> as Run,
        }
    }};
}

/// As `pick1`, with an instance for `Plus`.
#[macro_export]
macro_rules! pick1_plus {
    ($a:expr, $f:ident $(, $g:ty)* $(; $k:expr)*) => {
        match $a {
            $crate::node::Shape::Plus => $f::<$($g,)* $crate::node::Plus $(, $k)*> as $crate::node::Run,
            other => $crate::pick1!(other, $f $(, $g)* $(; $k)*),
        }
    };
}

/// As `pick2`, with instances for `Plus`.
#[macro_export]
macro_rules! pick2_plus {
    ($a:expr, $b:expr, $f:ident $(, $g:ty)* $(; $k:expr)*) => {{
        use $crate::node::{Any, Imm, Local, Plus, Run, Shape};
        match ($a, $b) {
            (Shape::Plus, Shape::Local) => $f::<$($g,)* Plus, Local $(, $k)*> as Run,
            (Shape::Plus, Shape::Imm) => $f::<$($g,)* Plus, Imm $(, $k)*> as Run,
            (Shape::Plus, Shape::Any) => $f::<$($g,)* Plus, Any $(, $k)*> as Run,
            (Shape::Plus, Shape::Plus) => $f::<$($g,)* Plus, Plus $(, $k)*> as Run,
            (Shape::Local, Shape::Plus) => $f::<$($g,)* Local, Plus $(, $k)*> as Run,
            (Shape::Imm, Shape::Plus) => $f::<$($g,)* Imm, Plus $(, $k)*> as Run,
            (Shape::Any, Shape::Plus) => $f::<$($g,)* Any, Plus $(, $k)*> as Run,
            (a, b) => $crate::pick2!(a, b, $f $(, $g)* $(; $k)*),
        }
    }};
}

/// Nodes of one function: chunks that do not move. Leaked when the program is published; dropped where another thread
/// was first.
#[derive(Default)]
pub struct Arena {
    chunks: UnsafeCell<Vec<Vec<Node>>>,
}

const CHUNK: usize = 32;

impl Arena {
    /// The node, in its final place. The reference is good for as long as the arena is: for ever, once it is leaked; the
    /// builder that drops an arena drops every such reference with it.
    pub fn add(&self, n: Node) -> &'static Node {
        // SAFETY: the arena is used by the one thread that builds, and no reference into the vector of chunks outlives this call.
        let chunks = unsafe { &mut *self.chunks.get() };
        if chunks.last().is_none_or(|c| c.len() == CHUNK) {
            chunks.push(Vec::with_capacity(CHUNK));
        }
        let last = chunks.len() - 1;
        chunks[last].push(n);
        let at = &raw const chunks[last][chunks[last].len() - 1];
        // SAFETY: a chunk never grows beyond its capacity, so the node does not move.
        unsafe { &*at }
    }
    /// Keeps the nodes for ever.
    pub fn leak(self) {
        std::mem::forget(self.chunks.into_inner());
    }
}
