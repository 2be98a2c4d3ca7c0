//! When two forms are the same key of a map or set: Clojure's `=` on what they will be, places and metadata aside.
//!
//! Forms whose value only the program knows (tagged ones, `#=`, conditionals) and regular expressions are never the same
//! here, except for equal `#inst` and `#uuid`; whoever makes the values checks those.

use super::{Form, FormKind};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The first form that is there twice, behind the one it repeats.
pub(super) fn first_repeated<'f>(forms: &[&'f Form]) -> Option<(&'f Form, &'f Form)> {
    const FEW: usize = 8;
    if forms.len() <= FEW {
        return forms.iter().enumerate().find_map(|(i, form)| {
            let earlier = forms[..i].iter().find(|earlier| same(earlier, form))?;
            Some((*earlier, *form))
        });
    }
    let mut seen: HashMap<u64, Vec<&Form>> = HashMap::with_capacity(forms.len());
    for form in forms {
        let alike = seen.entry(hash(form)).or_default();
        match alike.iter().find(|earlier| same(earlier, form)) {
            Some(earlier) => return Some((earlier, form)),
            None => alike.push(form),
        }
    }
    None
}

pub(super) fn same(a: &Form, b: &Form) -> bool {
    use FormKind::*;
    match (&a.bare().kind, &b.bare().kind) {
        (Nil, Nil) => true,
        (Bool(a), Bool(b)) => a == b,
        (Long(a), Long(b)) => a == b,
        (BigInt(a), BigInt(b)) => a == b,
        (Long(long), BigInt(big)) | (BigInt(big), Long(long)) => i64::try_from(big) == Ok(*long),
        (Ratio(a), Ratio(b)) => a.numerator == b.numerator && a.denominator == b.denominator,
        (Double(a), Double(b)) => a == b || (a.is_nan() && b.is_nan()),
        (BigDecimal { unscaled: a, scale: m }, BigDecimal { unscaled: b, scale: n }) => {
            stripped(a, *m) == stripped(b, *n)
        }
        (Char(a), Char(b)) => a == b,
        (String(a), String(b)) => a == b,
        (Symbol(a), Symbol(b)) => a == b,
        (Keyword { name: a, auto: m }, Keyword { name: b, auto: n }) => a == b && m == n,
        (List(a) | Vector(a), List(b) | Vector(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Map(a), Map(b)) => a.len() == b.len() && same_unordered(&entries(a), &entries(b)),
        (Set(a), Set(b)) => a.len() == b.len() && same_unordered(&items(a), &items(b)),
        (Tagged { tag: a, form: x }, Tagged { tag: b, form: y }) => {
            a == b && a.ns.is_none() && matches!(&*a.name, "inst" | "uuid") && same(x, y)
        }
        _ => false,
    }
}

/// A map's entry, or a set's item with nothing behind it.
type Entry<'f> = (&'f Form, Option<&'f Form>);

fn entries(map: &[Form]) -> Vec<Entry<'_>> {
    map.chunks(2).map(|entry| (&entry[0], entry.get(1))).collect()
}

fn items(set: &[Form]) -> Vec<Entry<'_>> {
    set.iter().map(|item| (item, None)).collect()
}

fn same_unordered(a: &[Entry], b: &[Entry]) -> bool {
    let mut by_hash: HashMap<u64, Vec<&Entry>> = HashMap::with_capacity(b.len());
    for entry in b {
        by_hash.entry(hash(entry.0)).or_default().push(entry);
    }
    a.iter().all(|(key, value)| {
        let alike = by_hash.get(&hash(key)).map_or(&[][..], Vec::as_slice);
        alike.iter().any(|(other, found)| {
            same(key, other)
                && match (value, found) {
                    (Some(value), Some(found)) => same(value, found),
                    _ => true,
                }
        })
    })
}

/// Equal for forms that are the same.
fn hash(form: &Form) -> u64 {
    let mut state = DefaultHasher::new();
    hash_into(form, &mut state);
    state.finish()
}

fn hash_into(form: &Form, state: &mut DefaultHasher) {
    use FormKind::*;
    let kind = &form.bare().kind;
    family(kind).hash(state);
    match kind {
        Nil | Regex(_) | Eval(_) | Conditional { .. } => {}
        Bool(value) => value.hash(state),
        Long(value) => value.hash(state),
        BigInt(value) => match i64::try_from(value) {
            Ok(long) => long.hash(state),
            Err(_) => value.hash(state),
        },
        Ratio(value) => (&value.numerator, &value.denominator).hash(state),
        Double(value) if value.is_nan() => {}
        Double(value) => (value + 0.0).to_bits().hash(state), // -0.0 is 0.0
        BigDecimal { unscaled, scale } => stripped(unscaled, *scale).hash(state),
        Char(value) => value.hash(state),
        String(value) => value.hash(state),
        Symbol(name) | Keyword { name, .. } => name.hash(state),
        List(items) | Vector(items) => items.iter().for_each(|item| hash_into(item, state)),
        Map(entries) => entries.chunks(2).fold(0, |sum: u64, entry| sum.wrapping_add(hash(&entry[0]))).hash(state),
        Set(items) => items.iter().fold(0, |sum: u64, item| sum.wrapping_add(hash(item))).hash(state),
        Tagged { tag, form } => {
            tag.hash(state);
            hash_into(form, state);
        }
        Meta { form, .. } => hash_into(form, state),
    }
}

/// Kinds that can be equal to each other have one number.
fn family(kind: &FormKind) -> u8 {
    use FormKind::*;
    match kind {
        Nil => 0,
        Bool(_) => 1,
        Long(_) | BigInt(_) => 2,
        Ratio(_) => 3,
        Double(_) => 4,
        BigDecimal { .. } => 5,
        Char(_) => 6,
        String(_) => 7,
        Regex(_) => 8,
        Symbol(_) => 9,
        Keyword { .. } => 10,
        List(_) | Vector(_) => 11,
        Map(_) => 12,
        Set(_) => 13,
        Meta { .. } => 14,
        Tagged { .. } => 15,
        Eval(_) => 16,
        Conditional { .. } => 17,
    }
}

/// A decimal without the zeros at its end.
fn stripped(unscaled: &BigInt, scale: i32) -> (BigInt, i64) {
    let (mut digits, mut scale) = (unscaled.clone(), i64::from(scale));
    if digits.is_zero() {
        return (digits, 0);
    }
    let ten = BigInt::from(10);
    loop {
        let (quotient, remainder) = digits.div_rem(&ten);
        if !remainder.is_zero() {
            return (digits, scale);
        }
        (digits, scale) = (quotient, scale - 1);
    }
}
