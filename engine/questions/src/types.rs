//! C++ types as data, with what the tiers need of them: how a value of the type is held, moved and destroyed.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a value of a type is held outside C++: what tier 0 keeps in a slot and what a compiler keeps in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repr {
    Void,
    Bool,
    /// Integers, characters and enums: width in bytes 1, 2, 4, 8; extended to 64 bits in a slot as the signedness says.
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    /// Any object or function pointer, `nullptr_t` too.
    Pointer,
    /// A class, union, array, member pointer, complex or 128-bit value: lives in memory, a slot holds its address.
    Memory,
    /// An lvalue or xvalue of anything: a slot holds the address of the object.
    Reference,
}

/// What kind of type it is, for conversions and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeKind {
    Void,
    Bool,
    Char,
    Integer,
    Float,
    Enum,
    NullPtr,
    Pointer,
    FunctionPointer,
    MemberPointer,
    Reference,
    Class,
    Union,
    Array,
    Function,
    Other,
}

/// How a Clojure value becomes a C++ one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As an argument does: nothing is lost.
    #[default]
    Plain,
    /// As C++ casts numbers: cut, widened, tested against zero.
    Cast,
    /// As what C++ may change: the object in a box, never one made for the call.
    Bound,
}

impl Way {
    fn is_plain(&self) -> bool {
        *self == Way::Plain
    }
}

/// A C++ type that Clang has resolved. `name` is the canonical spelling, fully qualified, and identifies the type
/// within an environment key; `size` and `align` in bytes, 0 for void, functions and incomplete types.
///
/// In a reply it may be a number: that of the type in the reply's table (`Response::read`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct CppType {
    pub name: String,
    /// The spelling to show a person: `std::string` where `name` is the basic_string.
    #[serde(default)]
    pub display: String,
    pub kind: TypeKind,
    pub repr: Repr,
    pub size: u32,
    pub align: u32,
    /// Of the type itself, or of what a reference refers to.
    #[serde(default)]
    pub is_const: bool,
    #[serde(default)]
    pub trivially_copyable: bool,
    #[serde(default)]
    pub trivially_destructible: bool,
    #[serde(default)]
    pub copyable: bool,
    #[serde(default)]
    pub movable: bool,
    #[serde(default)]
    pub default_constructible: bool,
    #[serde(default)]
    pub aggregate: bool,
    #[serde(default)]
    pub incomplete: bool,
    /// Signedness of integers, characters and of an enum's underlying type.
    #[serde(default)]
    pub signed: bool,
    /// Canonical name of the pointee, the referred type or the array element; empty where there is none.
    #[serde(default)]
    pub target: String,
    /// Changes when the type is redefined by `cpp/raw`: 0 for the first definition.
    #[serde(default)]
    pub version: u32,
    /// How a value becomes one: said by the analyzer, never by Clang.
    #[serde(default, skip_serializing_if = "Way::is_plain")]
    pub way: Way,
}

impl Serialize for CppType {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        CppType::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for CppType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<CppType, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = CppType;
            fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
                to.write_str("a type or its number in a table")
            }
            fn visit_u64<E>(self, number: u64) -> Result<CppType, E> {
                Ok(CppType::numbered(number as u32))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CppType, A::Error> {
                CppType::deserialize(MapAccessDeserializer::new(map))
            }
        }
        from.deserialize_any(Either)
    }
}

impl CppType {
    /// A place holder for a type of a table; no type has an empty name.
    fn numbered(number: u32) -> CppType {
        CppType {
            name: String::new(),
            display: String::new(),
            kind: TypeKind::Other,
            repr: Repr::Void,
            size: number,
            align: 0,
            is_const: false,
            trivially_copyable: false,
            trivially_destructible: false,
            copyable: false,
            movable: false,
            default_constructible: false,
            aggregate: false,
            incomplete: false,
            signed: false,
            target: String::new(),
            version: 0,
            way: Way::Plain,
        }
    }

    /// Takes the place holder's type out of the table; false: it is not there.
    pub(crate) fn settle(&mut self, table: &[CppType]) -> bool {
        if !self.name.is_empty() {
            return true;
        }
        let found = table.get(self.size as usize);
        if let Some(ty) = found {
            *self = ty.clone();
        }
        found.is_some()
    }
}

/// The value category of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Lvalue,
    Xvalue,
    Prvalue,
}
