//! The table through which generated C++ and the `rung/` headers reach the language (`include/rung/runtime.hpp` is its
//! other side). A function that fails leaves its error pending and answers 1.

use crate::convert::numbers;
use crate::{boxes, callback, convert};
use engine::code::{Code, Function};
use engine::coll;
use engine::cppbox::{BoxType, CppBox};
use engine::fault::{Class, Res, Throwable};
use engine::heap::{GcVec, Root};
use engine::text::Text;
use engine::thread::{self, Thread};
use engine::value::Value;
use std::ffi::{CStr, c_char, c_void};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

pub(crate) type Text0 = *const c_char;

#[repr(C)]
pub(crate) struct Runtime {
    version: u32,
    bytes: u32,
    nil: Value,
    from_bool: extern "C" fn(i32) -> Value,
    from_long: extern "C" fn(i64) -> Value,
    from_ulong: extern "C" fn(u64) -> Value,
    from_double: extern "C" fn(f64) -> Value,
    from_char: extern "C" fn(u32) -> Value,
    from_text: unsafe extern "C" fn(*const u8, usize) -> Value,
    to_bool: unsafe extern "C" fn(Value, *mut i32) -> i32,
    to_long: unsafe extern "C" fn(Value, i64, i64, Text0, *mut i64) -> i32,
    to_ulong: unsafe extern "C" fn(Value, u64, Text0, *mut u64) -> i32,
    to_double: unsafe extern "C" fn(Value, i32, Text0, *mut f64) -> i32,
    to_char: unsafe extern "C" fn(Value, u32, Text0, *mut u32) -> i32,
    to_text: unsafe extern "C" fn(Value, Text0, *mut Text0, *mut usize) -> i32,
    box_pointer: unsafe extern "C" fn(*const c_void, Text0) -> Value,
    unbox: unsafe extern "C" fn(Value, Text0, *mut *mut c_void) -> i32,
    null_object: unsafe extern "C" fn(Text0) -> i32,
    own: unsafe extern "C" fn(*mut c_void, Text0, Option<boxes::Destroy>) -> Value,
    root_new: extern "C" fn(Value) -> *mut Root,
    root_get: unsafe extern "C" fn(*const Root) -> Value,
    root_free: unsafe extern "C" fn(*mut Root),
    attach: extern "C" fn() -> &'static Thread,
    callback_of: extern "C" fn(Value) -> *const callback::Callback,
    invoke: unsafe extern "C" fn(*const callback::Callback, *const Value, usize, isize) -> Value,
    callback_share: unsafe extern "C" fn(*const callback::Callback) -> *const callback::Callback,
    callback_free: unsafe extern "C" fn(*const callback::Callback),
    callback_keep: unsafe extern "C" fn(*const callback::Callback, Value),
    take_error: extern "C" fn() -> *mut Root,
    set_error: unsafe extern "C" fn(*const Root),
    error_text: unsafe extern "C" fn(*const Root, *mut u8, usize) -> *const u8,
    throw_pending: unsafe extern "C-unwind" fn(),
    leave_caught: unsafe extern "C" fn(*const c_void),
    row_new: unsafe extern "C" fn(*mut GcVec),
    row_add: unsafe extern "C" fn(*mut GcVec, Value),
    row_of: unsafe extern "C" fn(Value, Text0, *mut GcVec) -> i32,
    row_size: unsafe extern "C" fn(*const GcVec) -> usize,
    row_item: unsafe extern "C" fn(*const GcVec, usize) -> Value,
    row_end: unsafe extern "C" fn(*const GcVec, u8, *mut Value) -> i32,
    wrong_size: unsafe extern "C" fn(usize, usize, Text0) -> i32,
    wrong_arity: unsafe extern "C" fn(usize, Text0) -> i32,
    not_a: unsafe extern "C" fn(Value, Text0) -> i32,
    box_type: unsafe extern "C" fn(Text0) -> &'static BoxType,
    box_as: unsafe extern "C" fn(*const c_void, &'static BoxType) -> Value,
    numbers_out: unsafe extern "C" fn(u8, *const c_void, usize) -> Value,
    numbers_in: unsafe extern "C" fn(Value, u8, Text0, Text0, *mut c_void, numbers::Resize) -> i32,
    array_of: unsafe extern "C" fn(Value, u8, Text0, Text0, *mut *mut u8, *mut usize) -> i32,
    callback_hot: unsafe extern "C" fn(*const c_void),
    thread_at: isize,
    depth_at: usize,
}

// What `rung/runtime.hpp` says of words, threads, code and function objects.
const _: () = {
    assert!(Value::NIL.bits() == 0x02 && Value::FALSE.bits() == 0x0a && Value::TRUE.bits() == 0x12);
    assert!(Value::ABSENT.bits() == 0x17 && Value::THROWN.bits() == 0x07);
    assert!(std::mem::offset_of!(Thread, pending) == 24);
    assert!(std::mem::offset_of!(Code, entries) == 0 && std::mem::offset_of!(Code, special) == 96);
    assert!(std::mem::offset_of!(Code, special_signature) == 104 && std::mem::offset_of!(Function, code) == 8);
};

static TABLE: LazyLock<Runtime> = LazyLock::new(|| Runtime {
    version: 3,
    bytes: size_of::<Runtime>() as u32,
    nil: Value::NIL,
    from_bool,
    from_long,
    from_ulong,
    from_double,
    from_char,
    from_text,
    to_bool,
    to_long,
    to_ulong,
    to_double,
    to_char,
    to_text,
    box_pointer,
    unbox,
    null_object,
    own,
    root_new,
    root_get,
    root_free,
    attach: callback::attach,
    callback_of: callback::of,
    invoke: callback::invoke,
    callback_share: callback::share,
    callback_free: callback::free,
    callback_keep: callback::keep,
    take_error,
    set_error,
    error_text,
    throw_pending: rung_throw_pending,
    leave_caught: rung_leave_caught,
    row_new,
    row_add,
    row_of,
    row_size,
    row_item,
    row_end,
    wrong_size,
    wrong_arity,
    not_a,
    box_type,
    box_as,
    numbers_out: numbers::out,
    numbers_in: numbers::r#in,
    array_of: numbers::array_of,
    callback_hot: callback::hot,
    thread_at: thread::place_of_current().unwrap_or(0),
    depth_at: std::mem::offset_of!(Thread, depth),
});

unsafe extern "C" {
    fn rung_bind_runtime(table: *const Runtime);
}
unsafe extern "C-unwind" {
    fn rung_throw_pending();
}
unsafe extern "C" {
    fn rung_leave_caught(callback: *const c_void);
}

/// The table; the guard's own C++ is bound with it.
pub(crate) fn table() -> *const Runtime {
    // SAFETY: stores the pointer; the table is static.
    unsafe { rung_bind_runtime(&*TABLE) };
    &*TABLE
}

/// Stores what came out well.
///
/// # Safety
/// `out` has room for one.
unsafe fn give<T>(r: Res<T>, out: *mut T) -> i32 {
    match r {
        Ok(x) => {
            // SAFETY: the caller's promise.
            unsafe { out.write(x) };
            0
        }
        Err(_) => 1,
    }
}

/// # Safety
/// A zero-ended text that lives long enough.
pub(crate) unsafe fn name<'a>(p: Text0) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(p) }.to_string_lossy()
}

/// The same as a person writes it.
///
/// # Safety
/// As above.
pub(crate) unsafe fn shown<'a>(p: Text0) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's promise.
    let name = unsafe { name(p) };
    if name.contains("basic_string") {
        name.replace("std::basic_string<char>", "std::string")
            .replace("std::basic_string_view<char>", "std::string_view")
            .into()
    } else {
        name
    }
}

/// # Safety
/// `ty` is a type's name.
unsafe extern "C" fn wrong_arity(given: usize, ty: Text0) -> i32 {
    // SAFETY: C++ passes a type's name.
    let ty = unsafe { shown(ty) };
    let _ = engine::fault::raise(Class::Arity, format!("Wrong number of args ({given}) passed to: {ty}"));
    1
}

extern "C" fn from_bool(b: i32) -> Value {
    Value::bool(b != 0)
}
extern "C" fn from_long(n: i64) -> Value {
    Value::long(n)
}
extern "C" fn from_ulong(n: u64) -> Value {
    convert::unsigned_out(n)
}
extern "C" fn from_double(d: f64) -> Value {
    Value::double(d)
}
extern "C" fn from_char(c: u32) -> Value {
    Value::char(c)
}
unsafe extern "C" fn from_text(p: *const u8, n: usize) -> Value {
    // SAFETY: `n` bytes at `p`; an empty text's pointer may be null.
    convert::text_of(if n == 0 { &[] } else { unsafe { std::slice::from_raw_parts(p, n) } })
}
unsafe extern "C" fn to_bool(v: Value, out: *mut i32) -> i32 {
    let b = v.as_bool().map(i32::from).ok_or_else(|| convert::conversion_to(v, "bool"));
    // SAFETY: the header passes a place, here and below.
    unsafe { give(b, out) }
}
unsafe extern "C" fn to_long(v: Value, least: i64, greatest: i64, ty: Text0, out: *mut i64) -> i32 {
    // SAFETY: as above; `ty` is a type's name.
    unsafe { give(convert::signed_in(v, least, greatest, &name(ty)), out) }
}
unsafe extern "C" fn to_ulong(v: Value, greatest: u64, ty: Text0, out: *mut u64) -> i32 {
    // SAFETY: as above.
    unsafe { give(convert::unsigned_in(v, greatest, &name(ty)), out) }
}
unsafe extern "C" fn to_double(v: Value, is_float: i32, ty: Text0, out: *mut f64) -> i32 {
    // SAFETY: as above.
    unsafe { give(convert::double_in(v, &name(ty), is_float != 0), out) }
}
unsafe extern "C" fn to_char(v: Value, greatest: u32, ty: Text0, out: *mut u32) -> i32 {
    // SAFETY: as above.
    unsafe { give(convert::char_in(v, greatest, &name(ty)), out) }
}
/// The bytes lie in the text, which lives as long as `v` is held.
unsafe extern "C" fn to_text(v: Value, ty: Text0, text: *mut Text0, bytes: *mut usize) -> i32 {
    // SAFETY: as above, both places.
    unsafe {
        match v.cast::<Text>() {
            Some(t) => {
                bytes.write(t.as_str().len());
                give(Ok(t.as_c_ptr()), text)
            }
            None => give(Err(convert::conversion_to(v, &shown(ty))), text),
        }
    }
}
unsafe extern "C" fn box_pointer(p: *const c_void, pointee: Text0) -> Value {
    // SAFETY: as above.
    let pointee = unsafe { name(pointee) };
    boxes::pointer_to(&pointee, p as u64)
}
unsafe extern "C" fn unbox(v: Value, pointee: Text0, out: *mut *mut c_void) -> i32 {
    // SAFETY: as above.
    let pointee = unsafe { name(pointee) };
    let found = match v.cast::<CppBox>() {
        _ if v.is_nil() => Ok(std::ptr::null_mut()),
        Some(b) if boxes::fits(b.ty, &pointee, boxes::UNKNOWN) => Ok(b.address as *mut c_void),
        Some(b) => Err(boxes::mismatch_of(b.ty, &pointee)),
        None => Err(convert::conversion_to(v, &format!("{pointee}*"))),
    };
    // SAFETY: as above.
    unsafe { give(found, out) }
}
unsafe extern "C" fn null_object(ty: Text0) -> i32 {
    // SAFETY: as above.
    let ty = unsafe { name(ty) };
    let _ = convert::conversion_to(Value::NIL, &ty);
    1
}
unsafe extern "C" fn box_type(pointee: Text0) -> &'static BoxType {
    // SAFETY: as above.
    boxes::pointer_type(&unsafe { name(pointee) })
}
unsafe extern "C" fn box_as(p: *const c_void, ty: &'static BoxType) -> Value {
    if p.is_null() { Value::NIL } else { CppBox::alloc(p as u64, ty, 0).value() }
}
unsafe extern "C" fn not_a(v: Value, ty: Text0) -> i32 {
    // SAFETY: as above.
    let _ = convert::conversion_to(v, &unsafe { shown(ty) });
    1
}
unsafe extern "C" fn own(object: *mut c_void, ty: Text0, destroy: Option<boxes::Destroy>) -> Value {
    // SAFETY: as above.
    let ty = unsafe { name(ty) };
    boxes::own_made(object, &ty, destroy)
}
extern "C" fn root_new(v: Value) -> *mut Root {
    thread::attach();
    Box::into_raw(Box::new(Root::new(v)))
}
unsafe extern "C" fn root_get(root: *const Root) -> Value {
    // SAFETY: `rung::root` holds what `root_new` gave.
    unsafe { &*root }.get()
}
unsafe extern "C" fn root_free(root: *mut Root) {
    // SAFETY: as above, freed once.
    drop(unsafe { Box::from_raw(root) })
}
extern "C" fn take_error() -> *mut Root {
    let t = Thread::current();
    if !t.is_pending() {
        let _ = engine::fault::raise(Class::IllegalState, "an error without a cause");
    }
    root_new(t.take_pending())
}
unsafe extern "C" fn set_error(root: *const Root) {
    let t = Thread::current();
    if !t.is_pending() {
        // SAFETY: as above.
        t.pending.set(unsafe { root_get(root) });
    }
}
unsafe extern "C" fn error_text(root: *const Root, buffer: *mut u8, bytes: usize) -> *const u8 {
    // SAFETY: as above.
    let error = unsafe { root_get(root) };
    let text = error.cast::<Throwable>().map_or_else(|| engine::class_name(error), |e| e.message_text());
    let mut n = text.len().min(bytes.saturating_sub(1));
    while !text.is_char_boundary(n) {
        n -= 1;
    }
    // SAFETY: `buffer` has room for `bytes`, of which the text takes less.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), buffer, n);
        buffer.add(n).write(0);
    }
    buffer
}

// Rows: a `GcVec` in two words of C++'s native stack, where the collector looks.
const _: () = assert!(size_of::<GcVec>() == 16 && !std::mem::needs_drop::<GcVec>());

unsafe extern "C" fn row_new(row: *mut GcVec) {
    // SAFETY: the header passes two words of its stack, here and below.
    unsafe { row.write(GcVec::new()) }
}
unsafe extern "C" fn row_add(row: *mut GcVec, v: Value) {
    // SAFETY: as above.
    unsafe { &mut *row }.push(v);
}
pub(crate) unsafe extern "C" fn row_of(v: Value, ty: Text0, row: *mut GcVec) -> i32 {
    let items = if v.cast::<Text>().is_some() { Err(None) } else { coll::items(v).map_err(Some) };
    let items = items.map_err(|thrown| match thrown {
        // An error out of a lazy seq is the program's own; 'not a collection' becomes ours.
        Some(thrown) if coll::kind::is_seqable(v) => thrown,
        _ => {
            Thread::current().take_pending();
            // SAFETY: as above.
            convert::conversion_to(v, &unsafe { shown(ty) })
        }
    });
    // SAFETY: as above.
    unsafe { give(items, row) }
}
unsafe extern "C" fn row_size(row: *const GcVec) -> usize {
    // SAFETY: as above.
    unsafe { &*row }.len()
}
unsafe extern "C" fn row_item(row: *const GcVec, i: usize) -> Value {
    // SAFETY: as above.
    unsafe { &*row }.get(i).copied().unwrap_or(Value::NIL)
}
unsafe extern "C" fn row_end(row: *const GcVec, kind: u8, out: *mut Value) -> i32 {
    // SAFETY: as above.
    let row = unsafe { &*row };
    let made = match kind {
        b'm' => coll::map(row),
        b's' => coll::set(row),
        _ => Ok(coll::vector(row)),
    };
    // SAFETY: as above.
    unsafe { give(made, out) }
}
unsafe extern "C" fn wrong_size(has: usize, wanted: usize, ty: Text0) -> i32 {
    // SAFETY: as above.
    let ty = unsafe { shown(ty) };
    let _ = convert::raise(crate::run_error("cpp/conversion", format!("{has} items, but {ty} takes {wanted}")));
    1
}

/// The headers as this build knows them.
const HEADERS: &[(&str, &str)] = &[
    ("runtime.hpp", include_str!("../include/rung/runtime.hpp")),
    ("error.hpp", include_str!("../include/rung/error.hpp")),
    ("convert.hpp", include_str!("../include/rung/convert.hpp")),
    ("collections.hpp", include_str!("../include/rung/collections.hpp")),
    ("callback.hpp", include_str!("../include/rung/callback.hpp")),
    ("rung.hpp", include_str!("../include/rung/rung.hpp")),
];

/// Stands for the headers' contents.
pub(crate) fn headers_hash() -> [u8; 32] {
    let mut h = blake3::Hasher::new();
    HEADERS.iter().for_each(|(_, text)| {
        h.update(text.as_bytes());
    });
    *h.finalize().as_bytes()
}

/// A folder that holds exactly these headers: the source tree's, or a copy in the cache.
pub(crate) fn include_dir(cache_dir: &str) -> Option<PathBuf> {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/include"));
    if holds_headers(source) {
        return Some(source.to_owned());
    }
    let base = if cache_dir.is_empty() { std::env::temp_dir() } else { PathBuf::from(cache_dir) };
    let dir = base.join(format!("rung-include-{}", &blake3::Hash::from(headers_hash()).to_hex()[..16]));
    if !holds_headers(&dir) {
        std::fs::create_dir_all(dir.join("rung")).ok()?;
        for (name, text) in HEADERS {
            std::fs::write(dir.join("rung").join(name), text).ok()?;
        }
    }
    Some(dir)
}

fn holds_headers(dir: &Path) -> bool {
    HEADERS.iter().all(|(name, text)| std::fs::read(dir.join("rung").join(name)).is_ok_and(|b| b == text.as_bytes()))
}
