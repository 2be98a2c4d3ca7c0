//! Types that a program defines: `deftype`, `defrecord`, `reify`. A type is a record off the heap, known by the number in its
//! objects' headers; an object is its fields in a row, mutable ones behind the barrier. What the collections ask of such
//! objects is in `answer`, what records do as maps in `record`. Protocols choose methods in `native::protocol`.
//!
//! ```text
//!  deftype:   | header, type | fields … |
//!  defrecord: | header, type | fields … | metadata | other keys: a map or nil |
//!  reify:     | header, type | a function a method … | metadata |
//! ```

mod answer;
mod record;

pub use answer::answer;

use crate::fault::{self, Res};
use crate::heap::{self, Gc, Header, HeapType, Mutable, Root, Tailed, TypeId};
use crate::table::HashMap;
use crate::text::{ClassObject, Symbol, Text};
use crate::value::Value;
use parking_lot::RwLock;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Which of the three forms made the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Type,
    Record,
    Reified,
}

/// A field: its name, an interned symbol's word, and whether `set!` may change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub name: u64,
    pub mutable: bool,
}

/// Where a method of a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A function that all objects share.
    Shared(Value),
    /// An item of the object: a closure of `reify`.
    Own(usize),
}

/// A type. Lives for ever.
pub struct UserType {
    pub id: TypeId,
    pub shape: Shape,
    class: Root,
    pub fields: Vec<Field>,
    /// Interned symbol of the name → function; of a reified type the index of the item.
    methods: RwLock<HashMap<u64, Root>>,
    interfaces: RwLock<Vec<Box<str>>>,
}

static TYPES: RwLock<Vec<&'static UserType>> = RwLock::new(Vec::new());
/// Changes whenever a protocol may choose another method than before.
static EPOCH: AtomicU32 = AtomicU32::new(0);

pub fn epoch() -> u32 {
    EPOCH.load(Ordering::Acquire)
}
pub fn next_epoch() {
    EPOCH.fetch_add(1, Ordering::AcqRel);
}

fn by_name() -> &'static RwLock<HashMap<Box<str>, &'static UserType>> {
    static ALL: OnceLock<RwLock<HashMap<Box<str>, &'static UserType>>> = OnceLock::new();
    ALL.get_or_init(Default::default)
}

/// The type that has a full name now: a redefinition takes the name over.
pub fn named(full: &str) -> Option<&'static UserType> {
    by_name().read().get(full).copied()
}

/// The type of a class object, if it is a program's.
pub fn of_class(class: Value) -> Option<&'static UserType> {
    class.cast::<ClassObject>().and_then(|c| c.user_type)
}

impl UserType {
    /// # Errors
    /// IllegalStateException: a million types are enough.
    pub fn define(full: &str, shape: Shape, fields: Vec<Field>) -> Res<&'static UserType> {
        let Some(id) = TypeId::define(full) else {
            return Err(fault::raise(fault::Class::IllegalState, "too many types"));
        };
        let made: &'static UserType = Box::leak(Box::new(UserType {
            id,
            shape,
            class: Root::new(Value::NIL),
            fields,
            methods: RwLock::default(),
            interfaces: RwLock::default(),
        }));
        made.class.set(ClassObject::of_type(Text::value(full), made).value());
        TYPES.write().push(made);
        by_name().write().insert(full.into(), made);
        Ok(made)
    }
    pub fn name(&self) -> &'static str {
        self.id.name()
    }
    pub fn class(&self) -> Value {
        self.class.get()
    }
    pub fn is_record(&self) -> bool {
        self.shape == Shape::Record
    }
    pub fn field(&self, name: Gc<Symbol>) -> Option<usize> {
        let bits = name.base().bits();
        self.fields.iter().position(|f| f.name == bits)
    }
    /// Adds interfaces (`clojure.lang.IDeref`, `ns/Protocol`) and methods by name.
    pub fn implement(&self, interfaces: Vec<Box<str>>, methods: &[(Gc<Symbol>, Value)]) {
        self.interfaces.write().extend(interfaces);
        let mut all = self.methods.write();
        for (name, f) in methods {
            all.insert(name.base().bits(), Root::new(*f));
        }
        drop(all);
        next_epoch();
    }
    /// Does a program's type name the interface, or one that implies it?
    pub fn implements(&self, full: &str) -> bool {
        self.interfaces.read().iter().any(|i| **i == *full || answer::implies(i, full))
    }
    pub fn interfaces(&self) -> Vec<Box<str>> {
        self.interfaces.read().clone()
    }
    pub fn method(&self, name: Gc<Symbol>) -> Option<Method> {
        let f = self.methods.read().get(&name.base().bits())?.get();
        Some(match (self.shape, f.as_long()) {
            (Shape::Reified, Some(i)) => Method::Own(i as usize),
            _ => Method::Shared(f),
        })
    }
}

/// An object of a program's type.
#[repr(C)]
pub struct Instance {
    header: Header,
    pub ty: &'static UserType,
}
// SAFETY: repr(C), header first, no destructor; the type is off the heap and lives for ever. Objects carry their own
// type's number instead of this one, see `Instance::alloc`; the layout is the same.
unsafe impl HeapType for Instance {
    const TYPE: TypeId = TypeId::INSTANCE;
}
// SAFETY: values behind 16 bytes of fields.
unsafe impl Tailed for Instance {
    type Item = Value;
}

/// The value as an object of a program's type.
#[inline]
pub fn instance(v: Value) -> Option<Gc<Instance>> {
    if v.type_id() < TypeId::FIRST_USER {
        return None;
    }
    // SAFETY: numbers from `FIRST_USER` on are only given to objects made by `Instance::alloc`.
    Some(unsafe { Gc::from_ptr(v.address() as *mut Instance) })
}

impl Instance {
    pub fn alloc(ty: &'static UserType, items: &[Value]) -> Gc<Instance> {
        Instance::alloc_from(ty, items, &[])
    }
    pub fn alloc_from(ty: &'static UserType, items: &[Value], more: &[Value]) -> Gc<Instance> {
        let made = heap::new_tail_from(Instance { header: Header::blank(), ty }, items, more);
        made.header().set_type(ty.id);
        for (i, _) in ty.fields.iter().enumerate().filter(|(_, f)| f.mutable) {
            made.slot(i).watch(made);
        }
        made
    }
}

impl Gc<Instance> {
    fn slot(&self, i: usize) -> &Mutable {
        debug_assert!(i < self.header().len());
        // SAFETY: an item inside the tail; `Mutable` is one atomic word, and items are read as words.
        unsafe { &*self.tail_ptr().add(i).cast::<Mutable>() }
    }
    #[inline]
    pub fn get(&self, i: usize) -> Value {
        self.slot(i).get()
    }
    pub fn set(&self, i: usize, v: Value) {
        self.slot(i).set(*self, v);
    }
    /// The function that is the object's method of that name.
    pub fn method(&self, name: Gc<Symbol>) -> Option<Value> {
        self.ty.method(name).map(|m| self.resolve(m))
    }
    pub fn resolve(&self, m: Method) -> Value {
        match m {
            Method::Shared(f) => f,
            Method::Own(i) => self.get(i),
        }
    }
}

/// Makes an object of a type from its fields.
///
/// # Errors
/// IllegalArgumentException: not as many values as fields.
pub fn instantiate(ty: &'static UserType, fields: &[Value]) -> Res {
    if fields.len() != ty.fields.len() {
        if ty.is_record() && fields.len() == ty.fields.len() + 2 {
            return Ok(Instance::alloc(ty, fields).value());
        }
        let message = format!("No matching ctor found for class {}", ty.name());
        return Err(fault::illegal_argument(message));
    }
    Ok(match ty.shape {
        Shape::Record => Instance::alloc_from(ty, fields, &[Value::NIL, Value::NIL]).value(),
        _ => Instance::alloc(ty, fields).value(),
    })
}
