//! The language: words, heap, collections, reader, analyzer, namespaces, and the traits through which tiers and C++
//! come in. It knows no tier, no code generator and no C++ compiler.

pub mod analyze;
pub mod clock;
pub mod code;
pub mod coll;
pub mod concurrent;
pub mod cppbox;
pub mod diagnostic;
pub mod fault;
pub mod heap;
pub mod host;
pub mod invoke;
pub mod native;
pub mod number;
pub mod print;
pub mod reader;
pub mod scalar;
pub mod signal;
pub mod space;
pub mod table;
pub mod text;
pub mod thread;
pub mod types;
pub mod value;

pub use questions;

/// The class name that programs see for a value.
pub fn class_name(v: value::Value) -> String {
    use value::Value;
    match v {
        Value::NIL => "nil".into(),
        Value::TRUE | Value::FALSE => "java.lang.Boolean".into(),
        v if v.is_fixnum() => "java.lang.Long".into(),
        v if v.is_char() => "java.lang.Character".into(),
        v if v.is_pointer() => match v.cast::<fault::Throwable>() {
            Some(t) => t.class().name().into(),
            // `(Object.)` is a cell, for nothing but its identity.
            None if v.type_id() == heap::TypeId::CELL => "java.lang.Object".into(),
            None => v.type_id().name().into(),
        },
        _ => "java.lang.Double".into(),
    }
}
