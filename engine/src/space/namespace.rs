//! Namespaces: mappings from names to vars, aliases, what C++ headers were referred to. Kept off the heap, values in
//! roots; names are interned symbols, which never die, so a name is its word.

use super::var::Var;
use crate::heap::{self, Gc, Header, HeapType, Root, TypeId};
use crate::table::HashMap;
use crate::text::Symbol;
use crate::value::Value;
use parking_lot::RwLock;
use std::sync::OnceLock;

/// What an alias of a namespace stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alias {
    Namespace(&'static str),
    /// A C++ scope (`"ImGui"`, `""` for global) given by a header's `:as`.
    Cpp {
        scope: String,
        header: String,
    },
}

/// A namespace. Lives for ever.
pub struct Namespace {
    pub name: &'static str,
    symbol: Root,
    object: Root,
    /// Interned symbol → var: own names, and names referred to from other namespaces.
    mappings: RwLock<HashMap<u64, Root>>,
    pub aliases: RwLock<HashMap<String, Alias>>,
    /// Short names for C++ names: `(:refer-global :only [std.string] :rename {std.string S})`, `:refer` of a header.
    pub cpp_names: RwLock<HashMap<String, String>>,
    /// Names of clojure.core that the namespace does not see (`:refer-clojure :exclude`), or `only` those.
    pub core_excluded: RwLock<Vec<String>>,
    pub core_only: RwLock<Option<Vec<String>>>,
    /// Short names of the types that the namespace defined or imported.
    pub classes: RwLock<HashMap<String, &'static crate::types::UserType>>,
    pub meta: Root,
}

/// The heap object that stands for a namespace.
#[repr(C)]
pub struct NamespaceObject {
    header: Header,
    pub namespace: &'static Namespace,
}
// SAFETY: repr(C), header first, no destructor; the namespace is off the heap and lives for ever.
unsafe impl HeapType for NamespaceObject {
    const TYPE: TypeId = TypeId::NAMESPACE;
}

static ALL: OnceLock<RwLock<HashMap<&'static str, &'static Namespace>>> = OnceLock::new();

fn table() -> &'static RwLock<HashMap<&'static str, &'static Namespace>> {
    ALL.get_or_init(Default::default)
}

pub fn find(name: &str) -> Option<&'static Namespace> {
    table().read().get(name).copied()
}

pub fn find_or_create(name: &str) -> &'static Namespace {
    if let Some(ns) = find(name) {
        return ns;
    }
    let symbol = Symbol::intern(None, name);
    let made: &'static Namespace = Box::leak(Box::new(Namespace {
        name: Box::leak(name.to_owned().into_boxed_str()),
        symbol: Root::new(symbol.value()),
        object: Root::new(Value::NIL),
        mappings: RwLock::default(),
        aliases: RwLock::default(),
        cpp_names: RwLock::default(),
        core_excluded: RwLock::default(),
        core_only: RwLock::new(None),
        classes: RwLock::default(),
        meta: Root::new(Value::NIL),
    }));
    made.object.set(heap::new(NamespaceObject { header: Header::blank(), namespace: made }).value());
    table().write().entry(made.name).or_insert(made)
}

pub fn remove(name: &str) -> Option<&'static Namespace> {
    table().write().remove(name)
}

pub fn all() -> Vec<&'static Namespace> {
    table().read().values().copied().collect()
}

/// The var `clojure.core/*ns*`; its root is set when it is first asked for.
pub fn ns_var() -> Gc<Var> {
    static VAR: OnceLock<Root> = OnceLock::new();
    let root = VAR.get_or_init(|| {
        let var = find_or_create("clojure.core").intern(Symbol::intern(None, "*ns*"));
        var.set_flag(super::VarFlag::Dynamic, true);
        var.set_root(find_or_create("user").object());
        Root::new(var.value())
    });
    match root.get().cast::<Var>() {
        Some(v) => v,
        None => unreachable!("the root holds the var"),
    }
}

/// The namespace that `*ns*` holds.
pub fn current() -> &'static Namespace {
    let v = ns_var().deref().ok().and_then(|v| v.cast::<NamespaceObject>());
    v.map_or_else(|| find_or_create("user"), |o| o.namespace)
}

/// Sets `*ns*`: the thread's binding where there is one, else the root.
pub fn set_current(ns: &'static Namespace) {
    let var = ns_var();
    if super::binding::lookup(var).is_some() {
        let _ = super::binding::set(var, ns.object());
    } else {
        var.set_root(ns.object());
    }
}

impl Namespace {
    /// Does the namespace see the name of clojure.core without having it referred?
    pub fn sees_core(&self, name: &str) -> bool {
        let only = self.core_only.read();
        only.as_ref().is_none_or(|o| o.iter().any(|n| n == name))
            && !self.core_excluded.read().iter().any(|n| n == name)
    }
    /// The program's own type that a class name means here, short or full.
    pub fn user_type(&self, name: &str) -> Option<&'static crate::types::UserType> {
        self.classes.read().get(name).copied().or_else(|| crate::types::named(name))
    }
    /// The class that a name means here.
    pub fn class(&self, name: &str) -> Option<Value> {
        self.user_type(name).map(|t| t.class()).or_else(|| crate::native::class_constant(name))
    }
    pub fn object(&self) -> Value {
        self.object.get()
    }
    pub fn symbol(&self) -> Value {
        self.symbol.get()
    }
    /// What the name is mapped to here, own or referred; nothing is materialised.
    pub fn mapping(&self, name: Gc<Symbol>) -> Option<Gc<Var>> {
        self.mappings.read().get(&name.base().bits())?.get().cast::<Var>()
    }
    /// The namespace's own var of that name, made where there is none. A name that was referred is taken over.
    pub fn intern(&self, name: Gc<Symbol>) -> Gc<Var> {
        if let Some(v) = self.mapping(name) {
            if v.ns == self.symbol() {
                return v;
            }
        }
        let made = Var::alloc(self.symbol(), name.base());
        let mut mappings = self.mappings.write();
        match mappings.get(&name.base().bits()).and_then(|r| r.get().cast::<Var>()) {
            Some(v) if v.ns == self.symbol() => v,
            _ => {
                mappings.insert(name.base().bits(), Root::new(made.value()));
                made
            }
        }
    }
    /// Maps a name to another namespace's var.
    pub fn refer(&self, name: Gc<Symbol>, var: Gc<Var>) {
        let root = Root::new(var.value());
        self.mappings.write().insert(name.base().bits(), root);
    }
    pub fn unmap(&self, name: Gc<Symbol>) {
        self.mappings.write().remove(&name.base().bits());
    }
    /// Every mapping, as (symbol, var).
    pub fn each(&self, mut f: impl FnMut(Value, Gc<Var>)) {
        let snapshot: Vec<u64> = self.mappings.read().keys().copied().collect();
        for bits in snapshot {
            let var = self.mappings.read().get(&bits).and_then(|r| r.get().cast::<Var>());
            if let Some(v) = var {
                f(Value::from_bits(bits), v);
            }
        }
    }
}
