//! Vars (contract *Vars*): a root that call sites read at each use, metadata, flags. Thread bindings are `space::binding`'s.

use crate::fault::Res;
use crate::heap::{self, Gc, Header, HeapType, Mutable, TypeId};
use crate::text::Symbol;
use crate::value::Value;
use std::sync::atomic::{AtomicU32, Ordering};

/// A var. The root is the first field: compiled code loads it (acquire) at offset 8.
#[repr(C)]
pub struct Var {
    header: Header,
    root: Mutable,
    /// Symbols: namespace and name.
    pub ns: Value,
    pub name: Value,
    meta: Mutable,
    watches: Mutable,
    flags: AtomicU32,
    /// Rises with each new root: what was compiled on an assumption about the root checks it.
    version: AtomicU32,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Var {
    const TYPE: TypeId = TypeId::VAR;
}

/// Bits of a var's flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum VarFlag {
    Dynamic = 1,
    Macro = 2,
    Private = 4,
    /// Some thread has bound it at some time: a dynamic var without this bit needs no look-up.
    EverBound = 8,
    /// Made by the library, not by a program: an inlined function of clojure.core may rely on it.
    Library = 16,
}

impl Var {
    /// Where compiled code finds the root.
    pub const ROOT_OFFSET: usize = std::mem::offset_of!(Var, root);
    pub fn alloc(ns: Value, name: Value) -> Gc<Var> {
        let v = heap::new(Var {
            header: Header::blank(),
            root: Mutable::new(Value::UNBOUND),
            ns,
            name,
            meta: Mutable::new(Value::NIL),
            watches: Mutable::new(Value::NIL),
            flags: AtomicU32::new(0),
            version: AtomicU32::new(0),
        });
        v.root.watch(v);
        v.meta.watch(v);
        v.watches.watch(v);
        v
    }
    /// The root value, `Value::UNBOUND` where there is none.
    #[inline(always)]
    pub fn root(&self) -> Value {
        self.root.get()
    }
    pub fn root_address(&self) -> *const u64 {
        self.root.as_ptr()
    }
    pub fn meta(&self) -> Value {
        self.meta.get()
    }
    pub fn watches(&self) -> Value {
        self.watches.get()
    }
    pub fn has(&self, f: VarFlag) -> bool {
        self.flags.load(Ordering::Acquire) & f as u32 != 0
    }
    pub fn set_flag(&self, f: VarFlag, on: bool) {
        if on {
            self.flags.fetch_or(f as u32, Ordering::AcqRel);
        } else {
            self.flags.fetch_and(!(f as u32), Ordering::AcqRel);
        }
    }
    pub fn version(&self) -> u32 {
        self.version.load(Ordering::Acquire)
    }
}

impl Gc<Var> {
    /// Gives the var a new root; the next call through it sees it, from every tier.
    pub fn set_root(&self, v: Value) {
        self.root.set(*self, v);
        self.version.fetch_add(1, Ordering::AcqRel);
    }
    pub fn compare_and_set_root(&self, old: Value, new: Value) -> bool {
        self.root.compare_and_set(*self, old, new)
    }
    pub fn set_meta(&self, m: Value) {
        self.meta.set(*self, m);
    }
    pub fn set_watches(&self, m: Value) {
        self.watches.set(*self, m);
    }
    pub fn name_str(&self) -> String {
        self.name.cast::<Symbol>().map_or_else(String::new, |s| s.name_str().to_owned())
    }
    pub fn ns_str(&self) -> String {
        self.ns.cast::<Symbol>().map_or_else(String::new, |s| s.name_str().to_owned())
    }
    /// `ns/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.ns_str(), self.name_str())
    }
    /// The current value: the thread's binding of a dynamic var, else the root.
    #[inline]
    pub fn deref(&self) -> Res {
        if self.has(VarFlag::EverBound) {
            if let Some(v) = super::binding::lookup(*self) {
                return Ok(v);
            }
        }
        Ok(self.root())
    }
}
