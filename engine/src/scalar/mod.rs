//! Scalars as words: reading and writing them in memory, converting one type into another as C++ does.

mod operator;

pub use operator::{Operator, Plan, common, divide_by_zero, null_pointer, promoted};

use crate::fault::{self, Class, Res};
use questions::Repr;

/// Bytes in memory.
pub fn width(r: Repr) -> usize {
    match r {
        Repr::Void | Repr::Memory => 0,
        Repr::Bool | Repr::I8 | Repr::U8 => 1,
        Repr::I16 | Repr::U16 => 2,
        Repr::I32 | Repr::U32 | Repr::F32 => 4,
        Repr::I64 | Repr::U64 | Repr::F64 | Repr::Pointer | Repr::Reference => 8,
    }
}

/// Is it a number or a truth value, so that operations on it are computed in place?
pub fn is_arithmetic(r: Repr) -> bool {
    is_integer(r) || is_float(r)
}
pub fn is_integer(r: Repr) -> bool {
    use Repr::*;
    matches!(r, Bool | I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}
pub fn is_float(r: Repr) -> bool {
    matches!(r, Repr::F32 | Repr::F64)
}
pub fn is_scalar(r: Repr) -> bool {
    is_arithmetic(r) || r == Repr::Pointer
}

/// The word of a scalar whose low bytes are those of `raw`.
#[inline]
pub fn extend(r: Repr, raw: u64) -> u64 {
    match r {
        Repr::Void | Repr::Memory => 0,
        Repr::Bool => (raw as u8 != 0) as u64,
        Repr::I8 => raw as i8 as i64 as u64,
        Repr::I16 => raw as i16 as i64 as u64,
        Repr::I32 => raw as i32 as i64 as u64,
        Repr::U8 => raw as u8 as u64,
        Repr::U16 => raw as u16 as u64,
        Repr::U32 | Repr::F32 => raw as u32 as u64,
        Repr::I64 | Repr::U64 | Repr::F64 | Repr::Pointer | Repr::Reference => raw,
    }
}

/// # Safety
/// `at` names a live object of the type.
#[inline]
pub unsafe fn load(r: Repr, at: u64) -> u64 {
    let mut raw = 0u64;
    // SAFETY: as many bytes as the type has; little-endian machines only, as the rest of the word's layout.
    unsafe { std::ptr::copy_nonoverlapping(at as *const u8, (&raw mut raw).cast(), width(r)) };
    extend(r, raw)
}

/// # Safety
/// `at` names an object of the type that may be written.
#[inline]
pub unsafe fn store(r: Repr, at: u64, word: u64) {
    // SAFETY: as above.
    unsafe { std::ptr::copy_nonoverlapping((&raw const word).cast(), at as *mut u8, width(r)) }
}

pub fn float(r: Repr, word: u64) -> f64 {
    match r {
        Repr::F32 => f32::from_bits(word as u32) as f64,
        Repr::F64 => f64::from_bits(word),
        Repr::U64 | Repr::Pointer => word as f64,
        _ => word as i64 as f64,
    }
}

pub fn of_float(r: Repr, d: f64) -> u64 {
    if r == Repr::F32 { (d as f32).to_bits() as u64 } else { d.to_bits() }
}

/// Truth, as an `if` of C++ has it.
#[inline(always)]
pub fn truth(r: Repr, word: u64) -> bool {
    match r {
        Repr::F64 => f64::from_bits(word) != 0.0,
        Repr::F32 => f32::from_bits(word as u32) != 0.0,
        _ => word != 0,
    }
}

/// `static_cast` between scalars. Integers wrap; a float beyond the integer type, which C++ leaves open, is an error.
pub fn convert(from: Repr, to: Repr, word: u64) -> Res<u64> {
    if from == to {
        return Ok(word);
    }
    if to == Repr::Bool {
        return Ok(truth(from, word) as u64);
    }
    if is_float(to) {
        // An integer becomes a float in one rounding.
        return Ok(match (from, to) {
            (Repr::F32 | Repr::F64, _) => of_float(to, float(from, word)),
            (Repr::U64, Repr::F32) => (word as f32).to_bits() as u64,
            (_, Repr::F32) => (word as i64 as f32).to_bits() as u64,
            _ => of_float(to, float(from, word)),
        });
    }
    if !is_float(from) {
        return Ok(extend(to, word));
    }
    let d = float(from, word).trunc();
    let (least, past) = range(to);
    if d >= least && d < past {
        Ok(if to == Repr::U64 { d as u64 } else { d as i64 as u64 })
    } else {
        Err(out_of_range(float(from, word), to))
    }
}

/// Least value, and one past the greatest, as doubles (all exact).
fn range(r: Repr) -> (f64, f64) {
    let signed = |bits: i32| (-(2f64.powi(bits - 1)), 2f64.powi(bits - 1));
    let unsigned = |bits: i32| (0.0, 2f64.powi(bits));
    match r {
        Repr::I8 => signed(8),
        Repr::I16 => signed(16),
        Repr::I32 => signed(32),
        Repr::U8 => unsigned(8),
        Repr::U16 => unsigned(16),
        Repr::U32 => unsigned(32),
        Repr::U64 => unsigned(64),
        _ => signed(64),
    }
}

#[cold]
fn out_of_range(d: f64, to: Repr) -> fault::Thrown {
    let name = match to {
        Repr::I8 => "signed char",
        Repr::I16 => "short",
        Repr::I32 => "int",
        Repr::U8 => "unsigned char",
        Repr::U16 => "unsigned short",
        Repr::U32 => "unsigned int",
        Repr::U64 => "unsigned long",
        _ => "long",
    };
    let message = format!("Value out of range for {name}: {d}");
    fault::raise_diagnostic(
        Class::IllegalArgument,
        &questions::Diagnostic::new(questions::Phase::Run, "cpp/range", message),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_convert_as_in_c() {
        let minus_one = -1i64 as u64;
        assert_eq!(convert(Repr::I64, Repr::U8, minus_one), Ok(255));
        assert_eq!(convert(Repr::U8, Repr::I8, 200), Ok(-56i64 as u64));
        assert_eq!(convert(Repr::I32, Repr::U32, minus_one), Ok(0xffff_ffff));
        assert_eq!(convert(Repr::F64, Repr::I32, (-3.9f64).to_bits()), Ok(-3i64 as u64));
        assert_eq!(convert(Repr::U64, Repr::F64, u64::MAX), Ok(18446744073709551615f64.to_bits()));
        assert_eq!(convert(Repr::I64, Repr::F32, 16777217), Ok(16777216f32.to_bits() as u64));
        assert_eq!(convert(Repr::F64, Repr::Bool, 0.5f64.to_bits()), Ok(1));
        let t = crate::thread::attach();
        assert!(convert(Repr::F64, Repr::I32, 2147483648f64.to_bits()).is_err());
        t.take_pending();
        assert!(convert(Repr::F64, Repr::U8, f64::NAN.to_bits()).is_err());
        t.take_pending();
    }
}
