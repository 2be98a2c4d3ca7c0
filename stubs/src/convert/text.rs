//! C strings, `std::string`, `std::string_view`. Heap texts end in a zero byte, so C++ reads them in place.

use super::{conversion_to, plain, raise};
use crate::run_error;
use engine::fault::Res;
use engine::text::Text;
use engine::value::Value;
use questions::CppType;
use std::ffi::{CStr, c_char};

unsafe extern "C" {
    fn rung_string_data(s: *const u8, bytes: *mut usize) -> *const u8;
    fn rung_string_make(into: *mut u8, text: *const u8, bytes: usize) -> i32;
    fn rung_view_data(s: *const u8, bytes: *mut usize) -> *const u8;
    fn rung_view_make(into: *mut u8, text: *const u8, bytes: usize);
}

#[derive(Clone, Copy)]
enum TextClass {
    String,
    View,
}

/// By canonical name, in the spellings that Clang's policies give it.
fn text_class(name: &str) -> Option<TextClass> {
    let name = plain(name).strip_prefix("std::")?;
    let name = name.strip_prefix("__cxx11::").unwrap_or(name);
    match name {
        "string" | "basic_string<char>" | "basic_string<char, std::char_traits<char>, std::allocator<char>>" => {
            Some(TextClass::String)
        }
        "string_view" | "basic_string_view<char>" | "basic_string_view<char, std::char_traits<char>>" => {
            Some(TextClass::View)
        }
        _ => None,
    }
}

pub(super) fn is_text_class(name: &str) -> bool {
    text_class(name).is_some()
}

pub(super) fn is_c_string(ty: &CppType) -> bool {
    matches!(ty.target.as_str(), "const char" | "char")
}

/// # Safety
/// Null or a zero-ended string.
pub(super) unsafe fn c_string_out(bits: u64) -> Res {
    if bits == 0 {
        return Ok(Value::NIL);
    }
    // SAFETY: the caller's promise.
    Ok(text_of(unsafe { CStr::from_ptr(bits as *const c_char) }.to_bytes()))
}

/// Bytes that are no UTF-8 become replacement characters.
pub(crate) fn text_of(bytes: &[u8]) -> Value {
    Text::value(&String::from_utf8_lossy(bytes))
}

/// # Safety
/// `bits` is the address of a live object of the type.
pub(super) unsafe fn class_out(ty: &CppType, bits: u64) -> Option<Value> {
    let data = match text_class(&ty.name)? {
        TextClass::String => rung_string_data,
        TextClass::View => rung_view_data,
    };
    let mut n = 0;
    // SAFETY: the caller's promise; the bytes are the object's own (an empty view's pointer may be null).
    Some(unsafe {
        let p = data(bits as *const u8, &mut n);
        text_of(if p.is_null() { &[] } else { std::slice::from_raw_parts(p, n) })
    })
}

/// `None`: no text class. A view sees the text in place: whoever calls keeps `v` as long as the view.
///
/// # Safety
/// `storage` has room for the type.
pub(super) unsafe fn class_in(v: &Value, ty: &CppType, storage: *mut u8) -> Option<Res<u64>> {
    let class = text_class(&ty.name)?;
    let Some(text) = v.cast::<Text>() else { return Some(Err(conversion_to(*v, &crate::boxes::shown(ty)))) };
    let (p, n) = (text.as_c_ptr().cast(), text.as_str().len());
    // SAFETY: the caller's promise; the text is alive on this stack.
    let failed = unsafe {
        match class {
            TextClass::String => rung_string_make(storage, p, n) != 0,
            TextClass::View => {
                rung_view_make(storage, p, n);
                false
            }
        }
    };
    Some(if failed { Err(raise(run_error("cpp/new", "no memory for a std::string"))) } else { Ok(storage as u64) })
}
