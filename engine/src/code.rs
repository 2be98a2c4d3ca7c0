//! The `Code` record of a function and the function object (contract *Code*).
//!
//! ```text
//!  function object: | header: FUNCTION, len = captures | Code* | captures … [metadata] |
//!  call:  check the type, load self → Code → entries[n], call entry(thread, self, a0 … a(n-1))
//! ```
//! Promotion is one release store into `entries`; every closure of the code is promoted with it. No cache holds an
//! entry's address, only `*const Code`. Records are never freed.

use crate::analyze::Tree;
use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, Header, HeapType, Tailed, TypeId};
use crate::thread::Thread;
use crate::value::Value;
use parking_lot::RwLock;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU8, AtomicU64, Ordering};

/// Calls with up to so many arguments have an entry of their own and pass arguments in registers.
pub const MAX_DIRECT: usize = 6;
/// Index of the entry that takes a count and a pointer into the value stack: 7 and more arguments.
pub const ENTRY_MANY: usize = 7;
/// Index of the entry for `apply`: like `ENTRY_MANY`, the last of the values being the rest as a seq (or nil).
pub const ENTRY_REST: usize = 8;
pub const ENTRIES: usize = 9;

pub type Entry0 = extern "C" fn(&Thread, Value) -> Value;
pub type Entry1 = extern "C" fn(&Thread, Value, Value) -> Value;
pub type Entry2 = extern "C" fn(&Thread, Value, Value, Value) -> Value;
pub type Entry3 = extern "C" fn(&Thread, Value, Value, Value, Value) -> Value;
pub type Entry4 = extern "C" fn(&Thread, Value, Value, Value, Value, Value) -> Value;
pub type Entry5 = extern "C" fn(&Thread, Value, Value, Value, Value, Value, Value) -> Value;
pub type Entry6 = extern "C" fn(&Thread, Value, Value, Value, Value, Value, Value, Value) -> Value;
pub type EntryMany = extern "C" fn(&Thread, Value, usize, *const Value) -> Value;

/// One cell of feedback: what a node has seen. The meaning is the node kind's (interp writes, compilers read a snapshot).
#[derive(Default, Debug)]
#[repr(C)]
pub struct Feedback {
    /// A call: the `Code*` seen last; an operation: bits of the operand kinds seen.
    pub seen: AtomicU64,
    /// A call: 1 monomorphic, 2 more than one; a loop: back edges taken.
    pub count: AtomicU64,
}

/// Everything compiled code and callers need of a function. The first fields' offsets are known to compiled code.
#[repr(C)]
pub struct Code {
    pub entries: [AtomicPtr<c_void>; ENTRIES],
    /// The constants of the form, in memory the collector scans; read as `code->consts[i]`.
    pub consts: *const Value,
    pub feedback: *const Feedback,
    /// Counts down to the next promotion; below zero the hook is asked.
    pub calls: AtomicI32,
    pub backedges: AtomicI32,
    /// The specialised entry and, in `special_signature`, how it takes and returns values; null where there is none.
    pub special: AtomicPtr<c_void>,
    pub special_signature: AtomicU64,
    /// Tier of the installed entries: 0, 1, 2.
    pub tier: AtomicU8,
    /// What tier 0 made of the tree at the first call.
    pub nodes: AtomicPtr<c_void>,
    /// What the tiers keep about the function.
    pub tier_state: AtomicPtr<c_void>,
    /// Address cache of the form's call sites into C++, indexed by `SiteId`; shared by the functions of a form.
    pub sites: *const AtomicPtr<c_void>,
    pub name: String,
    /// Where the body is; `None` for functions written in Rust.
    pub body: Option<Body>,
}

/// A function expression of a tree.
pub struct Body {
    pub tree: Arc<Tree>,
    pub function: crate::analyze::FnId,
    /// The form's constants, for the tiers: length of `consts`.
    pub consts_len: usize,
    pub feedback_len: usize,
    pub unit: Arc<crate::analyze::UnitData>,
}

impl Feedback {
    /// Operand kinds of an operation, in `seen`. Zero: small integers only, or it has not run.
    pub const INT: u64 = 1;
    pub const DOUBLE: u64 = 2;
    pub const OTHER: u64 = 4;
    /// Small integers whose result was none.
    pub const OVERFLOW: u64 = 8;
}

// SAFETY: what changes is atomic; `consts` and `feedback` point to memory that is never freed and only changes through atomics.
unsafe impl Sync for Code {}
// SAFETY: as above.
unsafe impl Send for Code {}

static REGISTRY: RwLock<Vec<&'static Code>> = RwLock::new(Vec::new());

impl Code {
    /// A record with every entry answering 'wrong number of arguments'.
    pub fn blank(name: String) -> Code {
        Code {
            entries: [
                AtomicPtr::new(arity0 as *mut c_void),
                AtomicPtr::new(arity1 as *mut c_void),
                AtomicPtr::new(arity2 as *mut c_void),
                AtomicPtr::new(arity3 as *mut c_void),
                AtomicPtr::new(arity4 as *mut c_void),
                AtomicPtr::new(arity5 as *mut c_void),
                AtomicPtr::new(arity6 as *mut c_void),
                AtomicPtr::new(arity_many as *mut c_void),
                AtomicPtr::new(std::ptr::null_mut()),
            ],
            consts: std::ptr::null(),
            feedback: std::ptr::null(),
            calls: AtomicI32::new(i32::MAX),
            backedges: AtomicI32::new(i32::MAX),
            special: AtomicPtr::new(std::ptr::null_mut()),
            special_signature: AtomicU64::new(0),
            tier: AtomicU8::new(0),
            nodes: AtomicPtr::new(std::ptr::null_mut()),
            tier_state: AtomicPtr::new(std::ptr::null_mut()),
            sites: std::ptr::null(),
            name,
            body: None,
        }
    }
    /// Makes the record live for ever and findable.
    pub fn register(self) -> &'static Code {
        let code: &'static Code = Box::leak(Box::new(self));
        REGISTRY.write().push(code);
        code
    }
    /// A record that is not listed: natives, of which there are hundreds.
    pub fn leak(self) -> &'static Code {
        Box::leak(Box::new(self))
    }
    /// Is the record one of those that `each` gives? For a crash report, which must not wait: no where the list is in use.
    pub(crate) fn is_registered(&self) -> bool {
        REGISTRY.try_read().is_some_and(|all| all.iter().any(|c| std::ptr::eq(*c, self)))
    }
    pub fn each(mut f: impl FnMut(&'static Code)) {
        REGISTRY.read().iter().for_each(|c| f(c));
    }
    #[inline(always)]
    pub fn entry(&self, n: usize) -> *mut c_void {
        self.entries[n].load(Ordering::Acquire)
    }
    /// Does the entry for `n` (at most 6) arguments exist, that is, not answer with an arity error?
    pub fn accepts(&self, n: usize) -> bool {
        let errors = Code::blank(String::new());
        self.entry(n.min(ENTRY_MANY)) != errors.entry(n.min(ENTRY_MANY))
    }
}

/// A function object: a closure. Flag 0 of the header: the last item of the tail is metadata, not a capture.
#[repr(C)]
pub struct Function {
    header: Header,
    pub code: &'static Code,
}
// SAFETY: repr(C), header first, no destructor; `Code` is off the heap and lives for ever.
unsafe impl HeapType for Function {
    const TYPE: TypeId = TypeId::FUNCTION;
}
// SAFETY: the captures follow the 16 bytes of fields.
unsafe impl Tailed for Function {
    type Item = Value;
}

const HAS_META: u32 = 0;

impl Function {
    pub fn new(code: &'static Code, captures: &[Value]) -> Gc<Function> {
        heap::new_tail(Function { header: Header::blank(), code }, captures)
    }
}

impl Gc<Function> {
    pub fn meta(&self) -> Value {
        if self.header().flag(HAS_META) { self.tail().last().copied().unwrap_or(Value::NIL) } else { Value::NIL }
    }
    pub fn with_meta(&self, meta: Value) -> Gc<Function> {
        let n = self.header().len() - self.header().flag(HAS_META) as usize;
        let f = heap::new_tail_from(Function { header: Header::blank(), code: self.code }, &self.tail()[..n], &[meta]);
        f.header().set_flag(HAS_META);
        f
    }
}

/// Calls a function object with its arguments. At most 6 go in registers; `args` must be where the collector sees it.
#[inline]
pub fn call(t: &Thread, f: Gc<Function>, args: &[Value]) -> Value {
    let code = f.code;
    let v = f.value();
    // SAFETY: each entry has the type that its index says (contract *Code*).
    unsafe {
        use std::mem::transmute as cast;
        match *args {
            [] => cast::<_, Entry0>(code.entry(0))(t, v),
            [a] => cast::<_, Entry1>(code.entry(1))(t, v, a),
            [a, b] => cast::<_, Entry2>(code.entry(2))(t, v, a, b),
            [a, b, c] => cast::<_, Entry3>(code.entry(3))(t, v, a, b, c),
            [a, b, c, d] => cast::<_, Entry4>(code.entry(4))(t, v, a, b, c, d),
            [a, b, c, d, e] => cast::<_, Entry5>(code.entry(5))(t, v, a, b, c, d, e),
            [a, b, c, d, e, g] => cast::<_, Entry6>(code.entry(6))(t, v, a, b, c, d, e, g),
            _ => cast::<_, EntryMany>(code.entry(ENTRY_MANY))(t, v, args.len(), args.as_ptr()),
        }
    }
}

/// An entry's answer as a Rust result.
#[inline(always)]
pub fn result(t: &Thread, v: Value) -> Res {
    if v == Value::THROWN && t.is_pending() { Err(fault::pending()) } else { Ok(v) }
}

/// A Rust result as an entry's answer.
#[inline(always)]
pub fn answer(r: Res) -> Value {
    r.unwrap_or(Value::THROWN)
}

/// Raises the arity error: what the entries of missing arities do.
pub fn wrong_arity(this: Value, n: usize) -> Value {
    let name = this.cast::<Function>().map_or_else(|| crate::class_name(this), |f| f.code.name.clone());
    let _ = fault::raise(Class::Arity, format!("Wrong number of args ({n}) passed to: {name}"));
    Value::THROWN
}
extern "C" fn arity0(_: &Thread, this: Value) -> Value {
    wrong_arity(this, 0)
}
extern "C" fn arity1(_: &Thread, this: Value, _: Value) -> Value {
    wrong_arity(this, 1)
}
extern "C" fn arity2(_: &Thread, this: Value, _: Value, _: Value) -> Value {
    wrong_arity(this, 2)
}
extern "C" fn arity3(_: &Thread, this: Value, _: Value, _: Value, _: Value) -> Value {
    wrong_arity(this, 3)
}
extern "C" fn arity4(_: &Thread, this: Value, _: Value, _: Value, _: Value, _: Value) -> Value {
    wrong_arity(this, 4)
}
extern "C" fn arity5(_: &Thread, this: Value, _: Value, _: Value, _: Value, _: Value, _: Value) -> Value {
    wrong_arity(this, 5)
}
extern "C" fn arity6(_: &Thread, this: Value, _: Value, _: Value, _: Value, _: Value, _: Value, _: Value) -> Value {
    wrong_arity(this, 6)
}
extern "C" fn arity_many(_: &Thread, this: Value, n: usize, _: *const Value) -> Value {
    wrong_arity(this, n)
}
