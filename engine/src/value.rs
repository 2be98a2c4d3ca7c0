//! The word: 64 bits that are an integer, a double, a pointer or an immediate (contract *Word*).
//!
//! ```text
//!  low 3 bits   meaning
//!  000          61-bit integer, value << 3
//!  001          pointer + 1
//!  010          nil 0x02, false 0x0a, true 0x12
//!  011          doubles that the rotation cannot hold but programs use: 0.0 -0.0 inf -inf NaN
//!  10x          double: (bits + (1 << 60)) rotated left by 4
//!  110          character: UTF-16 unit or code point << 8
//!  111          sentinels
//! ```
//! Longs outside 61 bits and all other doubles are boxed on the heap. Equality of words is identity (`identical?`),
//! never the language's `=`.

use crate::heap::{self, BoxedDouble, BoxedLong, Gc, HeapType, TypeId};
use std::fmt;

/// One word. Copy; it keeps what it names alive only where the collector looks: a native stack, a heap object, a
/// thread's value stack, a `Root`, a `GcVec`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value(u64);

const TAG: u64 = 7;
const POINTER: u64 = 1;
const SPECIAL_DOUBLES: [u64; 5] =
    [0, 0x8000_0000_0000_0000, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000, 0x7ff8_0000_0000_0000];

/// The least and the greatest integer that a word holds unboxed.
pub const FIXNUM_MIN: i64 = -(1 << 60);
pub const FIXNUM_MAX: i64 = (1 << 60) - 1;

impl Value {
    pub const NIL: Value = Value(0x02);
    pub const FALSE: Value = Value(0x0a);
    pub const TRUE: Value = Value(0x12);
    /// Returned by an entry when an error is pending in the thread.
    pub const THROWN: Value = Value(0x07);
    /// The root of a var that has none.
    pub const UNBOUND: Value = Value(0x0f);
    /// 'Absent', for look-ups and optional arguments; never reaches a program.
    pub const ABSENT: Value = Value(0x17);
    /// A removed place in a table.
    pub const TOMBSTONE: Value = Value(0x1f);
    /// The number zero: what fresh memory holds.
    pub const ZERO: Value = Value(0);

    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Value {
        Value(bits)
    }
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }
    /// A code point, or a lone UTF-16 surrogate as the reader's `\ud800` gives.
    #[inline(always)]
    pub const fn char(c: u32) -> Value {
        Value((c as u64) << 8 | 6)
    }
    /// A long; boxed when it does not fit 61 bits.
    #[inline(always)]
    pub fn long(n: i64) -> Value {
        match Value::fixnum(n) {
            Some(v) => v,
            None => BoxedLong::alloc(n).value(),
        }
    }
    #[inline(always)]
    pub const fn fixnum(n: i64) -> Option<Value> {
        if n >= FIXNUM_MIN && n <= FIXNUM_MAX { Some(Value((n << 3) as u64)) } else { None }
    }
    /// A small integer known to fit: lengths, indices.
    #[inline(always)]
    pub const fn int(n: i32) -> Value {
        Value(((n as i64) << 3) as u64)
    }
    #[inline(always)]
    pub fn double(d: f64) -> Value {
        match Value::unboxed_double(d) {
            Some(v) => v,
            None => BoxedDouble::alloc(d).value(),
        }
    }
    #[inline(always)]
    pub fn unboxed_double(d: f64) -> Option<Value> {
        let word = d.to_bits().wrapping_add(1 << 60).rotate_left(4);
        if word & 6 == 4 {
            return Some(Value(word));
        }
        Value::special_double(d)
    }
    #[cold]
    fn special_double(d: f64) -> Option<Value> {
        let bits = if d.is_nan() { SPECIAL_DOUBLES[4] } else { d.to_bits() };
        SPECIAL_DOUBLES.iter().position(|&s| s == bits).map(|i| Value((i as u64) << 3 | 3))
    }

    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.0 == Value::NIL.0
    }
    /// Everything but nil and false: the two differ in one bit.
    #[inline(always)]
    pub const fn truthy(self) -> bool {
        self.0 & !0x08 != 0x02
    }
    #[inline(always)]
    pub const fn is_fixnum(self) -> bool {
        self.0 & TAG == 0
    }
    #[inline(always)]
    pub const fn as_fixnum(self) -> Option<i64> {
        if self.is_fixnum() { Some((self.0 as i64) >> 3) } else { None }
    }
    /// Any 64-bit long, boxed or not.
    #[inline(always)]
    pub fn as_long(self) -> Option<i64> {
        match self.as_fixnum() {
            Some(n) => Some(n),
            None => self.cast::<BoxedLong>().map(|b| b.value),
        }
    }
    /// Any double, boxed or not; not a long.
    #[inline(always)]
    pub fn as_double(self) -> Option<f64> {
        if self.0 & 6 == 4 {
            return Some(f64::from_bits(self.0.rotate_right(4).wrapping_sub(1 << 60)));
        }
        if self.0 & TAG == 3 {
            return Some(f64::from_bits(SPECIAL_DOUBLES[(self.0 >> 3) as usize]));
        }
        self.cast::<BoxedDouble>().map(|b| b.value)
    }
    #[inline(always)]
    pub const fn is_char(self) -> bool {
        self.0 & TAG == 6
    }
    #[inline(always)]
    pub const fn as_char(self) -> Option<u32> {
        if self.is_char() { Some((self.0 >> 8) as u32) } else { None }
    }
    #[inline(always)]
    pub const fn as_bool(self) -> Option<bool> {
        match self {
            Value::TRUE => Some(true),
            Value::FALSE => Some(false),
            _ => None,
        }
    }
    #[inline(always)]
    pub const fn is_pointer(self) -> bool {
        self.0 & TAG == POINTER
    }
    #[inline(always)]
    pub const fn is_sentinel(self) -> bool {
        self.0 & TAG == 7
    }
    /// The heap object's header, if this is a pointer.
    #[inline(always)]
    pub fn header(self) -> Option<&'static heap::Header> {
        if self.is_pointer() {
            // SAFETY: a word with tag 001 is made only from a live `Gc` (`from_gc`), and whoever holds the word where the
            // collector sees it keeps the object alive.
            Some(unsafe { &*((self.0 - POINTER) as *const heap::Header) })
        } else {
            None
        }
    }
    /// The type of the heap object, `TypeId::NONE` for immediates.
    #[inline(always)]
    pub fn type_id(self) -> TypeId {
        self.header().map_or(TypeId::NONE, |h| h.type_id())
    }
    /// The object as a `T`, if it is one.
    #[inline(always)]
    pub fn cast<T: HeapType>(self) -> Option<Gc<T>> {
        match self.header() {
            // SAFETY: the header's type id says that the object was allocated as a `T`.
            Some(h) if h.type_id() == T::TYPE => Some(unsafe { Gc::from_ptr((self.0 - POINTER) as *mut T) }),
            _ => None,
        }
    }
    #[inline(always)]
    pub fn is<T: HeapType>(self) -> bool {
        self.type_id() == T::TYPE
    }
    #[inline(always)]
    pub(crate) fn from_pointer(p: *const ()) -> Value {
        Value(p as u64 + POINTER)
    }
    /// The address of the heap object, 0 for immediates.
    #[inline(always)]
    pub fn address(self) -> usize {
        if self.is_pointer() { (self.0 - POINTER) as usize } else { 0 }
    }
}

/// For a debugger's eye only; the language prints through `print`.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Value::NIL => write!(f, "nil"),
            Value::TRUE => write!(f, "true"),
            Value::FALSE => write!(f, "false"),
            v if v.is_fixnum() => write!(f, "{}", (v.0 as i64) >> 3),
            v if v.is_sentinel() => write!(f, "#<sentinel {:x}>", v.0),
            v if v.is_char() => write!(f, "\\u{:x}", v.0 >> 8),
            v if v.is_pointer() => write!(f, "#<{} {:x}>", v.type_id().name(), v.address()),
            v => write!(f, "{:?}", v.as_double()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_word() {
        for n in [0, 1, -1, 42, FIXNUM_MAX, FIXNUM_MIN] {
            assert_eq!(Value::fixnum(n).unwrap().as_fixnum(), Some(n));
        }
        assert_eq!(Value::fixnum(FIXNUM_MAX + 1), None);
        assert_eq!(Value::fixnum(FIXNUM_MIN - 1), None);
        for d in [0.0, -0.0, 1.0, -1.5, 3.14e-70, 1e77, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.1] {
            let v = Value::unboxed_double(d).unwrap();
            assert!(!v.is_fixnum() && !v.is_pointer());
            assert_eq!(v.as_double().unwrap().to_bits(), if d.is_nan() { f64::NAN.to_bits() } else { d.to_bits() });
        }
        assert_eq!(Value::unboxed_double(1e300), None);
        assert_eq!(Value::unboxed_double(f64::MIN_POSITIVE), None);
        assert!(!Value::NIL.truthy() && !Value::FALSE.truthy() && Value::TRUE.truthy());
        assert!(Value::int(0).truthy() && Value::char(0).truthy() && Value::unboxed_double(0.0).unwrap().truthy());
        assert_eq!(Value::char(0x1f600).as_char(), Some(0x1f600));
        assert_eq!(Value::ZERO, Value::int(0));
    }

    #[test]
    fn boxed_numbers_stay_what_they_are() {
        crate::thread::attach();
        for n in [i64::MAX, i64::MIN, FIXNUM_MAX + 1, FIXNUM_MIN - 1] {
            assert_eq!(Value::long(n).as_long(), Some(n));
            assert_eq!(Value::long(n).as_double(), None);
        }
        for d in [1e300, -1e-300, f64::MIN_POSITIVE, f64::MAX] {
            assert_eq!(Value::double(d).as_double(), Some(d));
            assert_eq!(Value::double(d).as_long(), None);
        }
    }
}
