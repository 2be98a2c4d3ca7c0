//! Words to C++ values and back (contract: dialect, 'Conversions'). Scalars, C strings and the two string classes here;
//! every other class through `rung::convert<T>`, generated.

pub(crate) mod numbers;
mod scalar;
mod text;

pub(crate) use scalar::{char_in, double_in, signed_in, unsigned_in, unsigned_out};
pub(crate) use text::text_of;

use crate::{Stubs, boxes, guard, run_error};
use engine::cppbox::CppBox;
use engine::fault::{self, Class, Res, Thrown};
use engine::text::Text;
use engine::thread::Thread;
use engine::value::Value;
use questions::{Answer, CppType, Diagnostic, Literal, Question, TypeKind, Way};

/// `CppHost::to_value`.
///
/// # Safety
/// As there.
pub(crate) unsafe fn to_value(host: &Stubs, ty: &CppType, bits: u64) -> Res {
    match ty.kind {
        TypeKind::Void | TypeKind::NullPtr => Ok(Value::NIL),
        TypeKind::Bool | TypeKind::Char | TypeKind::Integer | TypeKind::Float | TypeKind::Enum => {
            // SAFETY: the caller's promise.
            unsafe { scalar::to_value(ty, bits) }
        }
        // SAFETY: the caller's promise.
        TypeKind::Pointer if text::is_c_string(ty) => unsafe { text::c_string_out(bits) },
        TypeKind::Pointer | TypeKind::FunctionPointer => Ok(boxes::pointer(ty, bits)),
        TypeKind::Class | TypeKind::Union => {
            // SAFETY: the caller's promise: a live object of the class.
            match unsafe { text::class_out(ty, bits) } {
                Some(text) => Ok(text),
                // SAFETY: as above.
                None => unsafe { generated_out(host, ty, bits) },
            }
        }
        _ => Err(no_conversion(ty, None)),
    }
}

/// `CppHost::from_value`.
///
/// # Safety
/// As there.
pub(crate) unsafe fn from_value(host: &Stubs, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    match ty.kind {
        TypeKind::Void => Ok(0),
        TypeKind::NullPtr if v.is_nil() => Ok(0),
        TypeKind::Bool | TypeKind::Char | TypeKind::Integer | TypeKind::Float | TypeKind::Enum => {
            // SAFETY: the caller's promise: storage for a `long double`.
            unsafe { scalar::from_value(v, ty, storage) }
        }
        TypeKind::Pointer | TypeKind::FunctionPointer => pointer_in(host, v, ty, storage),
        TypeKind::Class | TypeKind::Union => {
            if let Some(b) = v.cast::<CppBox>() {
                if plain(&ty.name).starts_with("std::span<") && !boxes::fits(b.ty, plain(&ty.name), ty.version) {
                    // SAFETY: the caller's promise.
                    return unsafe { view(host, &b, ty, storage) };
                }
                return boxes::object(host, &b, plain(&ty.name), ty.version)
                    .ok_or_else(|| boxes::mismatch_of(b.ty, plain(&ty.name)));
            }
            if ty.way == Way::Bound {
                return Err(unbound(v, ty));
            }
            // SAFETY: the caller's promise.
            match unsafe { text::class_in(&v, ty, storage) } {
                Some(done) => done,
                // SAFETY: as above.
                None => unsafe { generated_in(host, v, ty, storage) },
            }
        }
        _ => Err(conversion(v, ty)),
    }
}

/// `CppHost::converts`: does a value of the type become a Clojure value, rather than an object in a box?
pub(crate) fn converts(host: &Stubs, ty: &CppType) -> bool {
    let whole = text::is_text_class(&ty.name) || plain(&ty.name).starts_with("rung::answered<");
    if !matches!(ty.kind, TypeKind::Class | TypeKind::Union) || whole {
        return true;
    }
    if ty.incomplete || !(plain(&ty.name).starts_with("std::") || host.session.has_conversions()) {
        return false;
    }
    let text = format!("sizeof(rung::conversion<{}>)", crate::generated::spelled(plain(&ty.name)));
    matches!(
        host.session.ask_with_runtime(Question::Value { text }),
        Ok(Answer::Constant { value: Some(Literal::UInt(2) | Literal::Int(2)), .. })
    )
}

/// The name without the const of the object itself.
pub(crate) fn plain(name: &str) -> &str {
    name.strip_prefix("const ").unwrap_or(name)
}

fn pointer_in(host: &Stubs, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    if v.is_nil() {
        return Ok(0);
    }
    if let Some(b) = v.cast::<CppBox>() {
        return boxes::object(host, &b, &ty.target, ty.version).ok_or_else(|| boxes::mismatch_of(b.ty, &ty.target));
    }
    if let Some(first) = numbers::pointer(v, &ty.target) {
        // Seen in place, as texts are.
        return Ok(first);
    }
    if let Some(text) = v.cast::<Text>() {
        return match &*ty.target {
            // Read in place: the caller keeps the text as long as the call.
            "const char" => Ok(text.as_c_ptr() as u64),
            "char" => Err(raise(conversion_error(v, ty).help("C++ may write through char*: pass a buffer of its own"))),
            _ => Err(conversion(v, ty)),
        };
    }
    if ty.kind == TypeKind::FunctionPointer {
        // SAFETY: a function pointer needs no storage.
        return unsafe { crate::callback::callback(host, v, ty, storage) };
    }
    Err(conversion(v, ty))
}

/// What a box holds, as what sees it.
///
/// # Safety
/// `storage` has room for an object of the type.
unsafe fn view(host: &Stubs, b: &CppBox, ty: &CppType, storage: *mut u8) -> Res<u64> {
    let f = host.generated.view(&host.session, &b.ty.pointee, ty).map_err(|_| boxes::mismatch_of(b.ty, &ty.name))?;
    // SAFETY: reads the object, which the box keeps alive or the program promises to; constructs the view in `storage`.
    unsafe {
        let f = std::mem::transmute::<usize, guard::Convert>(f as usize);
        guard::convert(Thread::current(), f, b.address as *const _, storage.cast())?;
    }
    Ok(storage as u64)
}

/// # Safety
/// `bits` is the address of a live object of the type.
unsafe fn generated_out(host: &Stubs, ty: &CppType, bits: u64) -> Res {
    let f = host.generated.to_value(&host.session, ty).map_err(|why| no_conversion(ty, Some(why)))?;
    let mut word = Value::NIL;
    // SAFETY: the converter of this type: reads the object, stores a word; `word` is on the stack while it runs.
    unsafe {
        let f = std::mem::transmute::<usize, guard::Convert>(f as usize);
        guard::convert(Thread::current(), f, bits as *const _, (&raw mut word).cast())?;
    }
    Ok(word)
}

/// # Safety
/// `storage` has room for an object of the type.
unsafe fn generated_in(host: &Stubs, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
    if (is_callable(v) || v.is_nil()) && ty.name.starts_with("std::function<") {
        // SAFETY: the caller's promise.
        return unsafe { crate::callback::callback(host, v, ty, storage) };
    }
    let f = host.generated.from_value(&host.session, ty).map_err(|why| {
        let d = conversion_error(v, ty).note(why.message);
        raise(d.help(format!("specialise rung::convert<{}> to convert it", boxes::shown(ty))))
    })?;
    // SAFETY: the converter of this type: reads a word, constructs the object in `storage`.
    unsafe {
        let f = std::mem::transmute::<usize, guard::Convert>(f as usize);
        guard::convert(Thread::current(), f, (&raw const v).cast(), storage.cast())?;
    }
    Ok(storage as u64)
}

/// Can the language call it?
pub(crate) fn is_callable(v: Value) -> bool {
    engine::coll::kind::is_ifn(v)
}

pub(crate) fn raise(d: Diagnostic) -> Thrown {
    let class = if d.code == "cpp/range" { Class::IllegalArgument } else { Class::ClassCast };
    fault::raise_diagnostic(class, &d)
}

fn conversion_error(v: Value, ty: &CppType) -> Diagnostic {
    named_error(v, &boxes::shown(ty))
}

fn named_error(v: Value, ty: &str) -> Diagnostic {
    run_error("cpp/conversion", format!("a {} cannot be converted to the C++ type {ty}", engine::class_name(v)))
}

/// A value that is no C++ object, where C++ may change the object that it is given.
#[cold]
fn unbound(v: Value, ty: &CppType) -> Thrown {
    let (class, name) = (engine::class_name(v), boxes::shown(ty));
    let d = run_error("cpp/conversion", format!("a {class} is no {name} that C++ may change: {name}& is wanted"));
    raise(d.help(format!("make one first: (let [x (cpp/{} …)] …) and pass x", name.replace("::", "."))))
}

/// A value of the wrong class, both types named.
pub(crate) fn conversion(v: Value, ty: &CppType) -> Thrown {
    raise(conversion_error(v, ty))
}

pub(crate) fn conversion_to(v: Value, ty: &str) -> Thrown {
    raise(named_error(v, ty))
}

/// A number of the right class that does not fit.
pub(crate) fn range(shown: impl std::fmt::Display, ty: &str) -> Thrown {
    raise(run_error("cpp/range", format!("Value out of range for {ty}: {shown}")))
}

fn no_conversion(ty: &CppType, why: Option<Diagnostic>) -> Thrown {
    let name = boxes::shown(ty);
    let d = run_error("cpp/conversion", format!("the C++ type {name} cannot be converted to a value"))
        .help(format!("specialise rung::convert<{name}>, or box its address with cpp/box"));
    raise(why.into_iter().fold(d, |d, w| d.note(w.message)))
}
