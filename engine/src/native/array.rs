//! Typed arrays: numbers, characters and booleans as C++ lays them out, without a word for the collector in them.

use crate::coll::foreign::Op;
use crate::coll::{self, Cursor};
use crate::fault::{self, Res};
use crate::heap::{self, Gc, GcVec, Header, HeapType, Tailed, TypeId};
use crate::number;
use crate::value::Value;

macro_rules! arrays {
    ($($t:ident $id:ident $item:ty, $get:expr, $set:expr;)*) => {
        $(
            #[repr(C)]
            pub struct $t {
                header: Header,
            }
            // SAFETY: repr(C), header only, no destructor.
            unsafe impl HeapType for $t {
                const TYPE: TypeId = TypeId::$id;
            }
            // SAFETY: the items follow the header, whose 8 bytes align them.
            unsafe impl Tailed for $t {
                type Item = $item;
            }
            impl $t {
                pub fn of(items: &[$item]) -> Gc<$t> {
                    heap::new_atomic_tail($t { header: Header::blank() }, items, 0)
                }
            }
        )*
        fn len(v: Value) -> Option<usize> {
            match v.type_id() {
                $(TypeId::$id => v.cast::<$t>().map(|a| a.header().len()),)*
                _ => None,
            }
        }
        fn get(v: Value, i: usize) -> Option<Value> {
            match v.type_id() {
                $(TypeId::$id => {
                    let get: fn($item) -> Value = $get;
                    v.cast::<$t>().and_then(|a| a.tail().get(i).map(|&x| get(x)))
                })*
                _ => None,
            }
        }
        /// Stores a converted item at an index that was checked.
        fn set(v: Value, i: usize, x: Value) -> Res {
            match v.type_id() {
                $(TypeId::$id => {
                    let set: fn(Value) -> Res<$item> = $set;
                    let item = set(x)?;
                    if let Some(a) = v.cast::<$t>().filter(|a| i < a.header().len()) {
                        // SAFETY: inside the tail; a program's array may race, as on the JVM, on whole items.
                        unsafe { a.tail_ptr().add(i).write(item) };
                    }
                })*
                _ => {}
            }
            Ok(x)
        }
        fn clone(v: Value) -> Option<Value> {
            match v.type_id() {
                $(TypeId::$id => v.cast::<$t>().map(|a| $t::of(a.tail()).value()),)*
                _ => None,
            }
        }
        /// Where the items lie, and how many: for C++, which sees them in place. The type says what they are.
        pub fn memory(v: Value) -> Option<(*mut u8, usize)> {
            match v.type_id() {
                $(TypeId::$id => v.cast::<$t>().map(|a| (a.tail_ptr().cast(), a.header().len())),)*
                _ => None,
            }
        }
        /// A new array of a type, all zero.
        fn zeroed(ty: TypeId, n: usize) -> Option<Value> {
            match ty {
                $(TypeId::$id => Some($t::of(&vec![<$item>::default(); n]).value()),)*
                _ => None,
            }
        }
    };
}

fn narrow<T: TryFrom<i64>>(v: Value, least: i64, greatest: i64, kind: &str) -> Res<T> {
    let n = number::to_range(v, least, greatest, kind)?;
    T::try_from(n).map_err(|_| fault::illegal_argument(format!("Value out of range for {kind}: {n}")))
}

arrays! {
    LongArray LONG_ARRAY i64, Value::long, number::to_long;
    DoubleArray DOUBLE_ARRAY f64, Value::double, number::to_double;
    IntArray INT_ARRAY i32, Value::int, |v| narrow(v, i32::MIN.into(), i32::MAX.into(), "int");
    FloatArray FLOAT_ARRAY f32, |x| Value::double(x.into()), |v| Ok(number::to_double(v)? as f32);
    ShortArray SHORT_ARRAY i16, |x| Value::int(x.into()), |v| narrow(v, i16::MIN.into(), i16::MAX.into(), "short");
    CharArray CHAR_ARRAY u32, Value::char, |v| v.as_char().ok_or_else(|| fault::class_cast(v, "java.lang.Character"));
    ByteArray BYTE_ARRAY i8, |x| Value::int(x.into()), |v| narrow(v, i8::MIN.into(), i8::MAX.into(), "byte");
    BooleanArray BOOLEAN_ARRAY u8, |x| Value::bool(x != 0), |v| Ok(u8::from(v.truthy()));
}

natives! { pub TABLE "clojure.core";
    "long-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::LONG_ARRAY, n), (2) |n, x| filled(TypeId::LONG_ARRAY, n, x)]
    "double-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::DOUBLE_ARRAY, n), (2) |n, x| filled(TypeId::DOUBLE_ARRAY, n, x)]
    "int-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::INT_ARRAY, n), (2) |n, x| filled(TypeId::INT_ARRAY, n, x)]
    "float-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::FLOAT_ARRAY, n), (2) |n, x| filled(TypeId::FLOAT_ARRAY, n, x)]
    "short-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::SHORT_ARRAY, n), (2) |n, x| filled(TypeId::SHORT_ARRAY, n, x)]
    "char-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::CHAR_ARRAY, n), (2) |n, x| filled(TypeId::CHAR_ARRAY, n, x)]
    "byte-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::BYTE_ARRAY, n), (2) |n, x| filled(TypeId::BYTE_ARRAY, n, x)]
    "boolean-array" "[size-or-seq] [size init-val-or-seq]" [(1) |n| make(TypeId::BOOLEAN_ARRAY, n), (2) |n, x| filled(TypeId::BOOLEAN_ARRAY, n, x)]
    "make-array" "[type len] [type dim & more-dims]" [(2) make_array, (rest 3) make_nested]
    "aset-long" "[array idx val]" [(3) store] "aset-double" "[array idx val]" [(3) store] "aset-int" "[array idx val]" [(3) store]
    "aset-float" "[array idx val]" [(3) store] "aset-short" "[array idx val]" [(3) store] "aset-char" "[array idx val]" [(3) store]
    "aset-byte" "[array idx val]" [(3) store] "aset-boolean" "[array idx val]" [(3) store]
    "longs" "[xs]" [(1) |v| same(TypeId::LONG_ARRAY, v)] "doubles" "[xs]" [(1) |v| same(TypeId::DOUBLE_ARRAY, v)] "ints" "[xs]" [(1) |v| same(TypeId::INT_ARRAY, v)] "floats" "[xs]" [(1) |v| same(TypeId::FLOAT_ARRAY, v)]
    "shorts" "[xs]" [(1) |v| same(TypeId::SHORT_ARRAY, v)] "chars" "[xs]" [(1) |v| same(TypeId::CHAR_ARRAY, v)] "bytes" "[xs]" [(1) |v| same(TypeId::BYTE_ARRAY, v)] "booleans" "[xs]" [(1) |v| same(TypeId::BOOLEAN_ARRAY, v)]
    "bytes?" "[x]" [(1) |v: Value| Ok(Value::bool(v.type_id() == TypeId::BYTE_ARRAY))]
}

pub fn of_chars(s: &str) -> Value {
    let units: Vec<u32> = s.encode_utf16().map(u32::from).collect();
    CharArray::of(&units).value()
}
pub fn of_bytes(bytes: &[u8]) -> Value {
    let signed: Vec<i8> = bytes.iter().map(|&b| b as i8).collect();
    ByteArray::of(&signed).value()
}
/// `(String. array)`, `(String. array from count)`: characters, or bytes of UTF-8.
pub fn text_of(v: Value, part: &[Value]) -> Res {
    let n = coll::arrays::len(v)?;
    let (from, count) = match *part {
        [from, count] if number::is_number(from) => (number::to_long(from)? as usize, number::to_long(count)? as usize),
        _ => (0, n),
    };
    if from.checked_add(count).is_none_or(|end| end > n) {
        return Err(fault::raise(
            fault::Class::StringIndexOutOfBounds,
            format!("offset {from}, count {count}, length {n}"),
        ));
    }
    let text = match (v.cast::<ByteArray>(), v.cast::<CharArray>()) {
        (Some(b), _) => {
            let bytes: Vec<u8> = b.tail()[from..from + count].iter().map(|&b| b as u8).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        (_, Some(c)) => {
            let units: Vec<u16> = c.tail()[from..from + count].iter().map(|&c| c as u16).collect();
            String::from_utf16_lossy(&units)
        }
        _ => return Err(fault::class_cast(v, "[C")),
    };
    Ok(crate::text::Text::value(&text))
}

natives! { pub ARRAYS "java.util.Arrays";
    "fill" "[a v] [a from to v]" [(2) |a, v| fill(a, Value::ZERO, None, v), (4) |a, from, to, v| fill(a, from, Some(to), v)]
    "sort" "[a] [a comparator]" [(1) |a| sort(a, None), (2) |a, c| sort(a, Some(c))]
    "equals" "[a b]" [(2) same_items]
    "asList" "[a]" [(1) |a| coll::items(a).map(|v| coll::vector(&v))]
    "toString" "[a]" [(1) items_text]
    "copyOf" "[a n]" [(2) |a, n| copy_range(a, Value::ZERO, n)]
    "copyOfRange" "[a from to]" [(3) copy_range]
    "hashCode" "[a]" [(1) |a| coll::items(a).and_then(|v| coll::java_hash(coll::vector(&v))).map(|h| Value::int(h as i32))]
}
pub(super) fn fill(a: Value, from: Value, to: Option<Value>, v: Value) -> Res {
    let to = to.map_or_else(|| coll::arrays::len(a).map(|n| n as i64), number::to_long)?;
    for i in number::to_long(from)?..to {
        coll::arrays::set(a, i, v)?;
    }
    Ok(Value::NIL)
}
fn sort(a: Value, comparator: Option<Value>) -> Res {
    let sort = crate::space::resolve::core("sort")?;
    let sorted = match comparator {
        Some(c) => crate::invoke::invoke(sort, &[c, a])?,
        None => crate::invoke::invoke(sort, &[coll::vector(&coll::items(a)?)])?,
    };
    for (i, &x) in coll::items(sorted)?.iter().enumerate() {
        coll::arrays::set(a, i as i64, x)?;
    }
    Ok(Value::NIL)
}
fn same_items(a: Value, b: Value) -> Res {
    if a.is_nil() || b.is_nil() {
        return Ok(Value::bool(a == b));
    }
    coll::equal(coll::vector(&coll::items(a)?), coll::vector(&coll::items(b)?)).map(Value::bool)
}
fn items_text(a: Value) -> Res {
    let mut out = String::from("[");
    for (i, &x) in coll::items(a)?.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        crate::print::to_str(&mut out, x)?;
    }
    out.push(']');
    Ok(crate::text::Text::value(&out))
}
fn copy_range(a: Value, from: Value, to: Value) -> Res {
    let (from, to) = (number::to_long(from)?, number::to_long(to)?);
    let n = size(Value::long(to - from))?;
    let made = match zeroed(a.type_id(), n) {
        Some(made) => made,
        None => (0..n).map(|_| Value::NIL).collect::<GcVec>().into_array().value(),
    };
    let end = (coll::arrays::len(a)? as i64).min(to);
    for i in from..end {
        coll::arrays::set(made, i - from, coll::arrays::get_checked(a, i)?)?;
    }
    Ok(made)
}
/// `System.arraycopy`; the arrays may be one.
pub(super) fn array_copy(from: Value, at: Value, to: Value, start: Value, n: Value) -> Res {
    let (at, start, n) = (number::to_long(at)?, number::to_long(start)?, number::to_long(n)?);
    let mut items = GcVec::new();
    for i in at..at + n {
        items.push(coll::arrays::get_checked(from, i)?);
    }
    for (i, &x) in items.iter().enumerate() {
        coll::arrays::set(to, start + i as i64, x)?;
    }
    Ok(Value::NIL)
}

/// The array, when it is one of the type.
fn same(ty: TypeId, v: Value) -> Res {
    if v.is_nil() || v.type_id() == ty { Ok(v) } else { Err(fault::class_cast(v, ty.name())) }
}
fn store(a: Value, i: Value, x: Value) -> Res {
    if !coll::kind::is_array(a) && number::is_number(i) {
        return Err(match a.is_nil() && number::is_number(x) {
            true => fault::raise(fault::Class::NullPointer, "an array was wanted where nil was given"),
            false => fault::class_cast(if a.is_nil() { x } else { a }, "an array"),
        });
    }
    coll::arrays::set(a, number::to_long(i)?, x)
}

/// # Errors
/// NegativeArraySizeException; OutOfMemoryError for sizes that are not to be had.
fn size(n: Value) -> Res<usize> {
    let n = number::to_long(n)?;
    match u32::try_from(n) {
        Ok(n) => fault::room(n as usize * 8).map(|()| n as usize),
        Err(_) if n < 0 => Err(fault::raise(fault::Class::NegativeArraySize, n.to_string())),
        Err(_) => Err(fault::out_of_memory()),
    }
}

/// Zeros, or the items of a seqable.
fn make(ty: TypeId, n: Value) -> Res {
    if number::is_number(n) {
        return Ok(zeroed(ty, size(n)?).unwrap_or(Value::NIL));
    }
    let items: GcVec = coll::items(n)?;
    let a = zeroed(ty, items.len()).unwrap_or(Value::NIL);
    for (i, &x) in items.iter().enumerate() {
        set(a, i, x)?;
    }
    Ok(a)
}
/// One value throughout, or as many items of a seqable as there are.
fn filled(ty: TypeId, n: Value, init: Value) -> Res {
    let n = size(n)?;
    let a = zeroed(ty, n).unwrap_or(Value::NIL);
    if !coll::kind::is_seqable(init) || init.is_nil() {
        for i in 0..n {
            set(a, i, init)?;
        }
        return Ok(a);
    }
    let mut cursor = Cursor::new(init)?;
    for i in 0..n {
        let Some(x) = cursor.next()? else { break };
        set(a, i, x)?;
    }
    Ok(a)
}

/// The array type of a class: `Long/TYPE` and `Long` both mean longs.
fn type_of(class: Value) -> TypeId {
    let name = class.cast::<crate::text::ClassObject>().map_or_else(String::new, |c| c.name_text());
    match name.rsplit('.').next().unwrap_or("") {
        "Long" | "long" => TypeId::LONG_ARRAY,
        "Double" | "double" => TypeId::DOUBLE_ARRAY,
        "Integer" | "int" => TypeId::INT_ARRAY,
        "Float" | "float" => TypeId::FLOAT_ARRAY,
        "Short" | "short" => TypeId::SHORT_ARRAY,
        "Character" | "char" => TypeId::CHAR_ARRAY,
        "Byte" | "byte" => TypeId::BYTE_ARRAY,
        "Boolean" | "boolean" => TypeId::BOOLEAN_ARRAY,
        _ => TypeId::VALUE_ARRAY,
    }
}
fn make_array(class: Value, n: Value) -> Res {
    if let Some(a) = zeroed(type_of(class), size(n)?) {
        return Ok(a);
    }
    let nils: GcVec = (0..size(n)?).map(|_| Value::NIL).collect();
    Ok(nils.into_array().value())
}
fn make_nested(args: &[Value]) -> Res {
    let (class, n, rest) = (args[0], args[1], &args[2..]);
    if rest.is_empty() {
        return make_array(class, n);
    }
    let mut inner = GcVec::new();
    inner.push(class);
    inner.extend_from_slice(rest);
    let mut all = GcVec::new();
    for _ in 0..size(n)? {
        all.push(make_nested(&inner)?);
    }
    Ok(all.into_array().value())
}

pub(super) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let n = len(v)?;
    let index = || args.first().and_then(|i| i.as_long()).and_then(|i| usize::try_from(i).ok());
    Some(match op {
        Op::Count => Ok(Value::long(n as i64)),
        Op::Nth => match index().and_then(|i| get(v, i)) {
            Some(x) => Ok(x),
            None => match args.get(1) {
                Some(&d) if d != Value::ABSENT => Ok(d),
                _ => Err(fault::raise(
                    fault::Class::ArrayIndexOutOfBounds,
                    format!("Index out of bounds for length {n}"),
                )),
            },
        },
        Op::Get => Ok(index().and_then(|i| get(v, i)).unwrap_or(args.get(1).copied().unwrap_or(Value::NIL))),
        Op::Seq => {
            let all: GcVec = (0..n).filter_map(|i| get(v, i)).collect();
            Ok(if n == 0 { Value::NIL } else { coll::ArraySeq::at(all.into_array().value(), 0, n, Value::NIL) })
        }
        Op::ArraySet => match index() {
            Some(i) => set(v, i, args[1]),
            None => Ok(Value::NIL),
        },
        Op::ArrayClone => Ok(clone(v)?),
        _ => return None,
    })
}
