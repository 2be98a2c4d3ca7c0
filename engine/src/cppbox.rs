//! The typed, opaque box of a C++ pointer or object: what a native thing is once it reaches Clojure code. What is made
//! of it is the C++ host's business; the language prints and compares it.

use crate::heap::{self, Gc, Header, HeapType, TypeId};
use crate::table::DashMap;
use std::sync::OnceLock;

/// What a box points to. One a type, never freed: boxes of the same type share it.
#[derive(Debug, PartialEq, Eq)]
pub struct BoxType {
    /// Canonical name of the pointee, with its const: `const Pt`.
    pub pointee: Box<str>,
    /// The pointer's type as a person writes it: `const Pt*`.
    pub display: Box<str>,
    /// Version of the pointee's declaration.
    pub version: u32,
}

impl BoxType {
    pub fn intern(pointee: &str, display: &str, version: u32) -> &'static BoxType {
        static TYPES: OnceLock<DashMap<(Box<str>, u32), &'static BoxType>> = OnceLock::new();
        let types = TYPES.get_or_init(DashMap::default);
        let key = (Box::from(pointee), version);
        if let Some(found) = types.get(&key) {
            return *found;
        }
        *types.entry(key).or_insert_with(|| {
            Box::leak(Box::new(BoxType { pointee: pointee.into(), display: display.into(), version }))
        })
    }
}

/// `#cpp/box[T*  0x…]`.
#[repr(C)]
pub struct CppBox {
    header: Header,
    /// The C++ address; memory that the collector does not know.
    pub address: u64,
    pub ty: &'static BoxType,
    /// What ends the object when the box dies: the host's, 0 where the box owns nothing.
    pub owner: u64,
}
// SAFETY: repr(C), header first, no destructor; the type is off the heap and lives for ever.
unsafe impl HeapType for CppBox {
    const TYPE: TypeId = TypeId::CPP_BOX;
}

impl CppBox {
    pub fn alloc(address: u64, ty: &'static BoxType, owner: u64) -> Gc<CppBox> {
        heap::new(CppBox { header: Header::blank(), address, ty, owner })
    }
    /// As it prints.
    pub fn print(&self) -> String {
        format!("#cpp/box[{}  {:#x}]", self.ty.display, self.address)
    }
}
