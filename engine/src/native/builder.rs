//! `StringBuilder` as portable programs use it: a string writer whose text can be looked at and changed.

use super::string::{byte_of, text, unit_of};
use crate::fault::{self, Class, Res};
use crate::heap::Gc;
use crate::number;
use crate::print::Writer;
use crate::text::Text;
use crate::value::Value;

type Method = fn(&[Value]) -> Res;

fn of(a: &[Value]) -> Res<Gc<Writer>> {
    a[0].cast::<Writer>().ok_or_else(|| fault::class_cast(a[0], "java.io.Writer"))
}
fn arg(a: &[Value], i: usize) -> Res {
    a.get(i).copied().ok_or_else(|| fault::illegal_argument("No matching method found"))
}
/// What it holds so far.
fn held(a: &[Value]) -> Res<Gc<Text>> {
    text(crate::print::contents(of(a)?))
}
fn shown(v: Value) -> Res<String> {
    let mut s = String::new();
    if v.is_nil() {
        s.push_str("null")
    } else {
        crate::print::to_str(&mut s, v)?
    }
    Ok(s)
}
/// A unit's index as the byte where it begins.
fn index(t: &Gc<Text>, v: Value) -> Res<usize> {
    let i = number::to_long(v)?;
    match usize::try_from(i) {
        Ok(n) if n <= t.units() => Ok(byte_of(t, n)),
        _ => Err(fault::raise(Class::StringIndexOutOfBounds, format!("index {i}, length {}", t.units()))),
    }
}
/// Puts `with` in the place of the bytes from `from` to `to`.
fn splice(a: &[Value], t: &Gc<Text>, from: usize, to: usize, with: &str) -> Res {
    let s = t.as_str();
    of(a)?.set_text(format!("{}{with}{}", &s[..from], &s[to.max(from)..]));
    Ok(a[0])
}

pub(super) fn member(name: &str) -> Option<Method> {
    Some(match name {
        "append" => |a| {
            let mut s = shown(arg(a, 1)?)?;
            if let (Some(&from), Some(&to)) = (a.get(2), a.get(3)) {
                let t = text(Text::value(&s))?;
                s = t.as_str()[index(&t, from)?..index(&t, to)?].to_owned();
            }
            of(a)?.write(&s)?;
            Ok(a[0])
        },
        "print" => |a| {
            of(a)?.write(&shown(arg(a, 1)?)?)?;
            Ok(Value::NIL)
        },
        "length" | "capacity" => |a| Ok(Value::long(held(a)?.units() as i64)),
        "isEmpty" => |a| Ok(Value::bool(held(a)?.as_str().is_empty())),
        "charAt" => |a| crate::coll::nth(held(a)?.value(), number::to_long(arg(a, 1)?)?, None),
        "reverse" => |a| {
            let turned = held(a)?.as_str().chars().rev().collect();
            of(a)?.set_text(turned);
            Ok(a[0])
        },
        "setLength" => |a| {
            let t = held(a)?;
            let n = number::to_long(arg(a, 1)?)?.max(0) as usize;
            let mut s = t.as_str()[..byte_of(&t, n)].to_owned();
            s.extend(std::iter::repeat_n('\0', n.saturating_sub(t.units())));
            of(a)?.set_text(s);
            Ok(Value::NIL)
        },
        "insert" => |a| {
            let t = held(a)?;
            let at = index(&t, arg(a, 1)?)?;
            splice(a, &t, at, at, &shown(arg(a, 2)?)?)
        },
        "delete" => |a| {
            let t = held(a)?;
            let end = number::to_long(arg(a, 2)?)?.max(0) as usize;
            splice(a, &t, index(&t, arg(a, 1)?)?, byte_of(&t, end), "")
        },
        "deleteCharAt" | "setCharAt" => return change_character(name),
        "substring" => |a| {
            let t = held(a)?;
            let to = a.get(2).map_or(Ok(t.as_str().len()), |&v| index(&t, v))?;
            let from = index(&t, arg(a, 1)?)?;
            match t.as_str().get(from..to) {
                Some(s) => Ok(Text::value(s)),
                None => Err(fault::raise(Class::StringIndexOutOfBounds, format!("begin {from}, end {to}"))),
            }
        },
        "indexOf" => |a| {
            let (t, part) = (held(a)?, shown(arg(a, 1)?)?);
            Ok(Value::long(t.as_str().find(&part).map_or(-1, |b| unit_of(&t, b) as i64)))
        },
        _ => return None,
    })
}

fn change_character(name: &str) -> Option<Method> {
    fn at(a: &[Value]) -> Res<(Gc<Text>, usize, usize)> {
        let t = held(a)?;
        let from = index(&t, arg(a, 1)?)?;
        match t.as_str()[from..].chars().next() {
            Some(c) => Ok((t, from, from + c.len_utf8())),
            None => Err(fault::raise(Class::StringIndexOutOfBounds, format!("index {from}, length {}", t.units()))),
        }
    }
    Some(match name {
        "deleteCharAt" => |a| {
            let (t, from, to) = at(a)?;
            splice(a, &t, from, to, "")
        },
        _ => |a| {
            let (t, from, to) = at(a)?;
            splice(a, &t, from, to, &shown(arg(a, 2)?)?).map(|_| Value::NIL)
        },
    })
}
