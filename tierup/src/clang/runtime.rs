//! What generated C++ calls besides the runtime that both compilers share: errors that C++ raises, conversions by type
//! descriptors, closures of the form's functions.

use crate::runtime::{self, Rt};
use engine::code::{Function, answer};
use engine::fault::{self, Class, Res};
use engine::heap::Gc;
use engine::host;
use engine::number;
use engine::table::HashMap;
use engine::thread::Thread;
use engine::value::Value;
use parking_lot::Mutex;
use questions::{CppType, Repr, Trampoline};
use std::sync::OnceLock;

type Stub = unsafe extern "C" fn(*mut u8, *mut *mut u8, *mut u8);

macro_rules! functions {
    ($(unsafe fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block)*) => {
        $(unsafe extern "C" fn $name($($arg: $ty),*) -> $ret $body)*
        const OWN: &[(&str, fn() -> usize)] = &[$((stringify!($name), || $name as *const () as usize)),*];
    };
}

/// All symbols that generated text may import, with their addresses.
pub(super) fn functions() -> impl Iterator<Item = (&'static str, u64)> {
    let shared = runtime::ALL.iter().map(|f: &Rt| (f.row().name, f.address() as u64));
    shared.chain(OWN.iter().map(|(name, address)| (*name, address() as u64)))
}

/// A type where generated code finds it, for ever.
pub(super) fn descriptor(ty: &CppType) -> *const CppType {
    static TYPES: OnceLock<Mutex<HashMap<(String, u32, questions::Way), &'static CppType>>> = OnceLock::new();
    let mut types = TYPES.get_or_init(Mutex::default).lock();
    *types.entry((ty.name.clone(), ty.version, ty.way)).or_insert_with(|| Box::leak(Box::new(ty.clone())))
}

/// 0 and the bits, or 1 and an error in the thread.
unsafe fn bits(r: Res<u64>, out: *mut u64) -> i32 {
    match r {
        Ok(b) => {
            // SAFETY: generated code passes room for a word.
            unsafe { out.write(b) };
            0
        }
        Err(_) => 1,
    }
}

fn function_of(this: Value) -> Option<Gc<Function>> {
    this.cast::<Function>()
}

functions! {
    // Errors.
    unsafe fn rung_caught() -> Value { answer(Err(host::parts().cpp.exception_caught())) }
    unsafe fn rung_left() -> i32 { host::parts().cpp.raise_left().is_err() as i32 }
    unsafe fn rung_is_class(error: Value, class: u32) -> i32 {
        Class::numbered(class).is_some_and(|c| fault::takes(c, error)) as i32
    }
    unsafe fn rung_catch_cpp(error: Value, ty: &CppType) -> u64 {
        host::parts().cpp.catch_cpp(error, ty).unwrap_or(0)
    }
    unsafe fn rung_null_pointer() -> () { let _ = fault::raise(Class::NullPointer, "null pointer dereference in C++"); }
    unsafe fn rung_divide_by_zero() -> () { let _ = fault::raise(Class::Arithmetic, "Divide by zero"); }
    unsafe fn rung_cast_range(d: f64, to: u32) -> () {
        let name = INTEGERS.iter().find(|(r, _)| *r as u32 == to).map_or("long", |(_, n)| n);
        let message = format!("Value out of range for {name}: {d}");
        let d = questions::Diagnostic::new(questions::Phase::Run, "cpp/range", message);
        let _ = fault::raise_diagnostic(Class::IllegalArgument, &d);
    }

    // Numbers.
    unsafe fn rung_number(v: Value, out: *mut f64) -> i32 {
        let d = match (v.as_double(), v.as_long()) {
            (Some(d), _) => d,
            (None, Some(n)) => n as f64,
            _ => return 0,
        };
        // SAFETY: generated code passes room for a double.
        unsafe { out.write(d) };
        1
    }
    unsafe fn rung_from_unsigned(n: u64) -> Value { number::integer(&n.into()) }

    // Functions.
    unsafe fn rung_closure(this: Value, function: u32, n: usize, captures: *const Value) -> Value {
        let codes = function_of(this).and_then(|f| f.code.body.as_ref()).and_then(|b| b.unit.codes.get());
        match codes.and_then(|c| c.get(function as usize)) {
            // SAFETY: generated code passes `n` words of its native stack, or null and 0.
            Some(code) => Function::new(code, if n == 0 { &[] } else { unsafe { std::slice::from_raw_parts(captures, n) } }).value(),
            None => answer(Err(fault::raise(Class::IllegalState, "a function of a form that is not there"))),
        }
    }
    unsafe fn rung_set_capture(closure: Value, index: u32, v: Value) -> () {
        if let Some(f) = function_of(closure) {
            // SAFETY: a closure that nobody else has seen yet; the tree says how many captures it has.
            unsafe { f.tail_ptr().add(index as usize).write(v) };
        }
    }

    // Conversions.
    unsafe fn rung_to_value(ty: &CppType, bits: u64) -> Value {
        // SAFETY: generated code passes a value of the type.
        answer(unsafe { host::parts().cpp.to_value(ty, bits) })
    }
    unsafe fn rung_own(ty: &CppType, object: u64, transfer: Stub, destroy: Stub) -> Value {
        let stub = |s: Stub| Some(Trampoline { address: s as usize as u64 });
        // SAFETY: generated code passes a live object and functions made for its type.
        answer(unsafe { host::parts().cpp.own_value(Thread::current(), ty, object, stub(transfer), stub(destroy)) })
    }
    unsafe fn rung_from_value(ty: &CppType, v: Value, storage: *mut u8, out: *mut u64) -> i32 {
        // SAFETY: generated code passes storage of the type's size, or null for scalars.
        unsafe { bits(host::parts().cpp.from_value(v, ty, storage), out) }
    }
    unsafe fn rung_callback(ty: &CppType, v: Value, storage: *mut u8, out: *mut u64) -> i32 {
        // SAFETY: as above.
        unsafe { bits(host::parts().cpp.callback(v, ty, storage), out) }
    }
    unsafe fn rung_box(ty: &CppType, bits: u64) -> Value { answer(host::parts().cpp.box_pointer(ty, bits)) }
    unsafe fn rung_unbox(ty: &CppType, v: Value, out: *mut u64) -> i32 {
        // SAFETY: room for a word.
        unsafe { bits(host::parts().cpp.unbox(v, ty), out) }
    }
}

const INTEGERS: &[(Repr, &str)] = &[
    (Repr::I8, "signed char"),
    (Repr::I16, "short"),
    (Repr::I32, "int"),
    (Repr::U8, "unsigned char"),
    (Repr::U16, "unsigned short"),
    (Repr::U32, "unsigned int"),
    (Repr::U64, "unsigned long"),
];
