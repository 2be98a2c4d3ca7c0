//! Numbers by the thousand: a vector of a C++ number becomes a Clojure vector and the other way in one go, and typed arrays
//! are seen in place. What a number's memory is, a letter says (`number_kind` and `array_kind` of `rung/convert.hpp`).

use super::{conversion_to, double_in, raise, signed_in, unsigned_in, unsigned_out};
use crate::run_error;
use crate::runtime::{Text0, shown};
use engine::coll;
use engine::fault::{Res, Thrown};
use engine::heap::{GcVec, TypeId};
use engine::native::array;
use engine::text::Text;
use engine::value::Value;
use std::ffi::c_void;

/// Makes room for so many in C++'s object; null: there is none.
pub(crate) type Resize = unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;

/// A number as C++ has it in memory.
trait Number: Copy {
    fn value(self) -> Value;
    fn of(v: Value, ty: Text0) -> Res<Self>;
    /// Where nothing is to be checked but the range.
    fn plain(v: Value) -> Option<Self>;
}

macro_rules! whole {
    ($($t:ident $out:expr, $in:ident $least:expr;)*) => {$(
        impl Number for $t {
            #[inline(always)]
            fn value(self) -> Value {
                let out: fn($t) -> Value = $out;
                out(self)
            }
            #[cold]
            fn of(v: Value, ty: Text0) -> Res<$t> {
                // SAFETY: C++ passes a type's name.
                Ok(whole!($in v, $t, $least, &unsafe { shown(ty) })? as $t)
            }
            #[inline(always)]
            fn plain(v: Value) -> Option<$t> {
                v.as_fixnum().and_then(|n| $t::try_from(n).ok())
            }
        }
    )*};
    (signed $v:expr, $t:ident, $least:expr, $ty:expr) => { signed_in($v, $least, $t::MAX as i64, $ty) };
    (unsigned $v:expr, $t:ident, $least:expr, $ty:expr) => { unsigned_in($v, $t::MAX as u64, $ty) };
}

whole! {
    i8 |n| Value::int(n.into()), signed i8::MIN as i64;
    u8 |n| Value::int(n.into()), unsigned 0;
    i16 |n| Value::int(n.into()), signed i16::MIN as i64;
    u16 |n| Value::int(n.into()), unsigned 0;
    i32 Value::int, signed i32::MIN as i64;
    u32 |n| Value::long(n.into()), unsigned 0;
    i64 Value::long, signed i64::MIN;
    u64 unsigned_out, unsigned 0;
}

impl Number for f64 {
    #[inline(always)]
    fn value(self) -> Value {
        Value::double(self)
    }
    #[cold]
    fn of(v: Value, ty: Text0) -> Res<f64> {
        // SAFETY: C++ passes a type's name.
        double_in(v, &unsafe { shown(ty) }, false)
    }
    #[inline(always)]
    fn plain(v: Value) -> Option<f64> {
        v.as_double()
    }
}
impl Number for f32 {
    #[inline(always)]
    fn value(self) -> Value {
        Value::double(self.into())
    }
    fn of(v: Value, ty: Text0) -> Res<f32> {
        // SAFETY: C++ passes a type's name.
        Ok(double_in(v, &unsafe { shown(ty) }, true)? as f32)
    }
    #[inline(always)]
    fn plain(_: Value) -> Option<f32> {
        None
    }
}

/// Does `$do::<T>` with the type that a letter stands for.
macro_rules! of_kind {
    ($kind:expr, $do:ident($($arg:expr),*)) => {
        match $kind {
            b'b' => $do::<i8>($($arg),*),
            b'B' => $do::<u8>($($arg),*),
            b's' => $do::<i16>($($arg),*),
            b'S' => $do::<u16>($($arg),*),
            b'i' => $do::<i32>($($arg),*),
            b'I' => $do::<u32>($($arg),*),
            b'l' => $do::<i64>($($arg),*),
            b'L' => $do::<u64>($($arg),*),
            b'f' => $do::<f32>($($arg),*),
            _ => $do::<f64>($($arg),*),
        }
    };
}

/// # Safety
/// `first` points to `n` numbers of the kind.
pub(crate) unsafe extern "C" fn out(kind: u8, first: *const c_void, n: usize) -> Value {
    unsafe fn vector<T: Number>(first: *const c_void, n: usize) -> Value {
        // SAFETY: the caller's promise; of none the pointer may be null.
        let all = if n == 0 { &[] } else { unsafe { std::slice::from_raw_parts(first.cast::<T>(), n) } };
        let words: GcVec = all.iter().map(|x| x.value()).collect();
        coll::vector(&words)
    }
    // SAFETY: the caller's promise.
    unsafe { of_kind!(kind, vector(first, n)) }
}

/// # Safety
/// `resize` gives room for as many numbers of the kind as it is asked for; `ty` and `item` are types' names.
pub(crate) unsafe extern "C" fn r#in(
    v: Value,
    kind: u8,
    ty: Text0,
    item: Text0,
    object: *mut c_void,
    resize: Resize,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { of_kind!(kind, all_in(v, kind, (ty, item), object, resize)) }.is_err() as i32
}

unsafe fn all_in<T: Number>(
    v: Value,
    kind: u8,
    (ty, item): (Text0, Text0),
    object: *mut c_void,
    resize: Resize,
) -> Res<()> {
    let room = |n: usize| -> Res<*mut T> {
        // SAFETY: the caller's promise.
        let p = unsafe { resize(object, n) };
        if p.is_null() && n > 0 { Err(no_room(n, ty)) } else { Ok(p.cast()) }
    };
    let fill = |to: *mut T, items: &[Value]| -> Res<()> {
        for (i, &x) in items.iter().enumerate() {
            let number = match T::plain(x) {
                Some(number) => number,
                None => T::of(x, item)?,
            };
            // SAFETY: room was made for all items.
            unsafe { to.add(i).write(number) };
        }
        Ok(())
    };
    if let Some((first, n)) = array::memory(v) {
        if holds(v.type_id(), kind) {
            let to = room(n)?;
            // SAFETY: both have room for `n` of the kind, and C++'s is its own.
            unsafe { std::ptr::copy_nonoverlapping(first.cast::<T>(), to, n) };
            return Ok(());
        }
    }
    if let Some(vector) = v.cast::<coll::Vector>() {
        let n = vector.count();
        let to = room(n)?;
        let mut i = 0;
        while i < n {
            let block = vector.block(i);
            // SAFETY: blocks follow each other, `n` items in all.
            fill(unsafe { to.add(i) }, &block)?;
            i += block.len();
        }
        return Ok(());
    }
    if v.is::<Text>() {
        // SAFETY: C++ passes a type's name.
        return Err(conversion_to(v, &unsafe { shown(ty) }));
    }
    let mut items = GcVec::new();
    // SAFETY: a place on this stack.
    if unsafe { crate::runtime::row_of(v, ty, &mut items) } != 0 {
        return Err(engine::fault::pending());
    }
    fill(room(items.len())?, &items)
}

#[cold]
fn no_room(n: usize, ty: Text0) -> Thrown {
    // SAFETY: C++ passes a type's name.
    let ty = unsafe { shown(ty) };
    raise(run_error("cpp/new", format!("no memory for {n} items of {ty}")))
}

/// Do the items of an array of this type lie in memory as the kind says? Bytes are anything of one byte.
fn holds(array: TypeId, kind: u8) -> bool {
    match array {
        TypeId::LONG_ARRAY => kind == b'l',
        TypeId::INT_ARRAY => kind == b'i',
        TypeId::SHORT_ARRAY => kind == b's',
        TypeId::BYTE_ARRAY => kind == b'b',
        TypeId::DOUBLE_ARRAY => kind == b'd',
        TypeId::FLOAT_ARRAY => kind == b'f',
        TypeId::BOOLEAN_ARRAY => kind == b'?',
        TypeId::CHAR_ARRAY => kind == b'w',
        _ => false,
    }
}

fn seen_as(array: TypeId, kind: u8) -> bool {
    holds(array, kind) || array == TypeId::BYTE_ARRAY && matches!(kind, b'B' | b'c')
}

/// Numbers that a span sees which are no array's: as bytes of an array of their own. The span's pointer keeps it alive.
///
/// # Safety
/// As `r#in`.
unsafe fn copy(v: Value, kind: u8, ty: Text0, item: Text0) -> Res<(*mut u8, usize)> {
    struct Copy {
        array: Value,
        items: usize,
        bytes: usize,
    }
    unsafe extern "C" fn room(copy: *mut c_void, n: usize) -> *mut c_void {
        // SAFETY: `all_in` passes what it was given.
        let copy = unsafe { &mut *copy.cast::<Copy>() };
        copy.items = n;
        match n.checked_mul(copy.bytes).map(|bytes| array::of_bytes(&vec![0; bytes])) {
            Some(array) => copy.array = array,
            None => return std::ptr::null_mut(),
        }
        array::memory(copy.array).map_or(std::ptr::null_mut(), |(first, _)| first.cast())
    }
    fn size<T>() -> usize {
        size_of::<T>()
    }
    let mut copy = Copy { array: Value::NIL, items: 0, bytes: of_kind!(kind, size()) };
    // SAFETY: the caller's promise; `room` makes room for as many numbers of the kind.
    unsafe { of_kind!(kind, all_in(v, kind, (ty, item), (&raw mut copy).cast(), room)) }?;
    Ok(array::memory(copy.array).map_or((std::ptr::null_mut(), 0), |(first, _)| (first, copy.items)))
}

/// # Safety
/// Places for both; `ty` is a type's name, `item` one or null.
pub(crate) unsafe extern "C" fn array_of(
    v: Value,
    kind: u8,
    ty: Text0,
    item: Text0,
    first: *mut *mut u8,
    n: *mut usize,
) -> i32 {
    let found = if v.is_nil() {
        Some((std::ptr::null_mut(), 0))
    } else {
        match array::memory(v).filter(|_| seen_as(v.type_id(), kind)) {
            // SAFETY: the caller's promise.
            None if !item.is_null() => match unsafe { copy(v, kind, ty, item) } {
                Ok(copy) => Some(copy),
                Err(_) => return 1,
            },
            found => found,
        }
    };
    match found {
        Some((at, items)) => {
            // SAFETY: the caller's promise.
            unsafe {
                first.write(at);
                n.write(items);
            }
            0
        }
        None => {
            // SAFETY: the caller's promise.
            let ty = unsafe { shown(ty) };
            let d = super::named_error(v, &ty);
            let _ =
                raise(d.help("a span sees memory: a typed array of the same numbers, as (int-array [1 2 3]) for int"));
            1
        }
    }
}

/// The items of a typed array, where a pointer to `target` may see them.
pub(super) fn pointer(v: Value, target: &str) -> Option<u64> {
    let (first, _) = array::memory(v)?;
    let kind = match super::plain(target) {
        "void" => return Some(first as u64),
        "char" => b'c',
        "signed char" => b'b',
        "unsigned char" | "std::byte" | "char8_t" => b'B',
        "bool" => b'?',
        "short" => b's',
        "int" => b'i',
        "long" | "long long" => b'l',
        "float" => b'f',
        "double" => b'd',
        "char32_t" | "wchar_t" => b'w',
        _ => return None,
    };
    seen_as(v.type_id(), kind).then_some(first as u64)
}
