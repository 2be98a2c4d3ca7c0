//! Methods and constructors of the JVM's classes that portable programs use on the language's own values
//! (`(.length s)`, `(StringBuilder.)` is none of them), and what the reader asks of the library: tags, patterns.

use super::string::{text, unit_of};
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::heap::TypeId;
use crate::number;
use crate::print::{Reader, Writer};
use crate::space::{Var, special};
use crate::text::{Inst, Keyword, ReaderConditional, Regex, Symbol, TaggedLiteral, Text, Uuid};
use crate::value::Value;

type Method = fn(&[Value]) -> Res;

/// The method of that name for a value; `args[0]` is the value.
pub fn find(object: Value, name: &str) -> Option<Method> {
    universal(name).or_else(|| match object.type_id() {
        TypeId::TEXT => string(name),
        TypeId::KEYWORD | TypeId::SYMBOL => named(name),
        TypeId::VAR => var(name),
        TypeId::NAMESPACE if name == "getName" => Some(|a| namespace_name(a[0])),
        TypeId::CLASS => class(name),
        TypeId::PRINT_WRITER => writer(name),
        TypeId::READER => reader(name),
        TypeId::INST if name == "getTime" => {
            Some(|a| Ok(a[0].cast::<Inst>().map_or(Value::NIL, |i| Value::long(i.millis))))
        }
        TypeId::REGEX => super::regex::pattern_member(name),
        TypeId::MATCHER => super::regex::matcher_member(name),
        TypeId::FILE => super::file::member(name),
        TypeId::THROWABLE => throwable(name),
        _ if number::is_number(object) => numeric(name),
        _ => collection(name),
    })
}

fn universal(name: &str) -> Option<Method> {
    Some(match name {
        "toString" => |a| super::string::str1(a[0]),
        "hashCode" => |a| coll::java_hash(a[0]).map(|h| Value::int(h as i32)),
        "equals" => |a| coll::equal(a[0], arg(a, 1)?).map(Value::bool),
        "compareTo" => |a| coll::compare_long(a[0], arg(a, 1)?).map(Value::long),
        "getClass" => |a| Ok(super::class::named(&crate::class_name(a[0]))),
        _ => return None,
    })
}

/// # Errors
/// IllegalArgumentException: the method wants more arguments.
fn arg(a: &[Value], i: usize) -> Res {
    a.get(i)
        .copied()
        .ok_or_else(|| fault::illegal_argument(format!("No matching method found taking {} args", a.len() - 1)))
}

fn from_string(f: &str, a: &[Value]) -> Res {
    match super::find("clojure.string", f) {
        Some(row) => crate::invoke::invoke(row.materialise("clojure.string").value(), a),
        None => Err(fault::raise(Class::IllegalState, f)),
    }
}

fn string(name: &str) -> Option<Method> {
    Some(match name {
        "length" => |a| Ok(Value::long(text(a[0])?.units() as i64)),
        "isEmpty" => |a| Ok(Value::bool(text(a[0])?.as_str().is_empty())),
        "isBlank" => |a| from_string("blank?", &a[..1]),
        "charAt" => |a| {
            let (t, i) = (text(a[0])?, number::to_long(arg(a, 1)?)?);
            if i < 0 || i >= t.units() as i64 {
                return Err(fault::raise(Class::StringIndexOutOfBounds, format!("String index out of range: {i}")));
            }
            coll::nth(a[0], i, None)
        },
        "toUpperCase" => |a| from_string("upper-case", &a[..1]),
        "toLowerCase" => |a| from_string("lower-case", &a[..1]),
        "trim" | "strip" => |a| from_string("trim", &a[..1]),
        "startsWith" => |a| {
            let t = text(a[0])?;
            let from = a.get(2).map_or(Ok(0), |&n| number::to_long(n))?;
            let at = super::string::byte_of(&t, usize::try_from(from).unwrap_or(usize::MAX));
            Ok(Value::bool(from >= 0 && t.as_str()[at..].starts_with(text(arg(a, 1)?)?.as_str())))
        },
        "endsWith" => |a| from_string("ends-with?", &[a[0], arg(a, 1)?]),
        "contains" => |a| from_string("includes?", &[a[0], arg(a, 1)?]),
        "concat" => |a| super::string::str_all(a),
        "replace" => |a| from_string("replace", &[a[0], arg(a, 1)?, arg(a, 2)?]),
        "split" => |a| {
            let re = Regex::compile(text(arg(a, 1)?)?.as_str())?;
            let mut call = crate::heap::GcVec::new();
            call.extend_from_slice(&[a[0], re.value()]);
            call.extend_from_slice(a.get(2..).unwrap_or(&[]));
            coll::items(from_string("split", &call)?).map(|v| v.into_array().value())
        },
        "repeat" => |a| {
            let n = usize::try_from(number::to_long(arg(a, 1)?)?)
                .map_err(|_| fault::illegal_argument("count is negative"))?;
            Ok(Text::value(&text(a[0])?.as_str().repeat(n)))
        },
        "substring" => |a| {
            let row = super::find("clojure.core", "subs");
            row.map_or(Ok(Value::NIL), |r| crate::invoke::invoke(r.materialise("clojure.core").value(), a))
        },
        "subSequence" => |a| {
            let subs = crate::space::resolve::core("subs")?;
            crate::invoke::invoke(subs, &[a[0], arg(a, 1)?, arg(a, 2)?])
        },
        "regionMatches" => region_matches,
        "lines" => |a| {
            let lines: crate::heap::GcVec = text(a[0])?.as_str().lines().map(Text::value).collect();
            coll::seq(coll::vector(&lines))
        },
        "indexOf" => |a| place(a, |s, from, part| s[from..].find(part).map(|i| i + from)),
        "lastIndexOf" => |a| {
            place(a, |s, from, part| match from {
                0 => s.rfind(part),
                from => s[..(from + part.len()).min(s.len())].rfind(part),
            })
        },
        "replaceAll" => |a| replaced(a, "replace"),
        "replaceFirst" => |a| replaced(a, "replace-first"),
        "toCharArray" => |a| Ok(super::array::of_chars(text(a[0])?.as_str())),
        "getBytes" => |a| Ok(super::array::of_bytes(text(a[0])?.as_str().as_bytes())),
        "intern" | "stripIndent" => |a| Ok(a[0]),
        "stripLeading" => |a| from_string("triml", &a[..1]),
        "stripTrailing" => |a| from_string("trimr", &a[..1]),
        "compareToIgnoreCase" => |a| {
            let fold = |s: &str| s.to_lowercase();
            let (x, y) = (fold(text(a[0])?.as_str()), fold(text(arg(a, 1)?)?.as_str()));
            coll::compare_long(Text::value(&x), Text::value(&y)).map(Value::long)
        },
        "codePointAt" => |a| {
            let (t, i) = (text(a[0])?, number::to_long(arg(a, 1)?)?);
            if i < 0 || i >= t.units() as i64 {
                return Err(fault::raise(Class::StringIndexOutOfBounds, format!("String index out of range: {i}")));
            }
            let at = super::string::byte_of(&t, i as usize);
            Ok(Value::long(t.as_str()[at..].chars().next().map_or(0, |c| i64::from(c as u32))))
        },
        "chars" | "codePoints" => |a| coll::seq(a[0]),
        "equalsIgnoreCase" => |a| {
            let (x, y) = (text(a[0])?, text(arg(a, 1)?)?);
            Ok(Value::bool(x.as_str().to_lowercase() == y.as_str().to_lowercase()))
        },
        "matches" => |a| {
            let re = Regex::compile(text(arg(a, 1)?)?.as_str())?;
            Ok(Value::bool(re.matches(text(a[0])?.as_str())?.is_some()))
        },
        _ => return None,
    })
}

/// Where a string or a character (or its code) lies, from a unit on; -1 where it does not.
fn place(a: &[Value], find: fn(&str, usize, &str) -> Option<usize>) -> Res {
    let t = text(a[0])?;
    let part = match arg(a, 1)? {
        n if n.as_long().is_some() => Value::char(number::to_range(n, 0, 0x10_ffff, "char")? as u32),
        other => other,
    };
    let part = text(super::string::str1(part)?)?;
    let from = a.get(2).map_or(Ok(0), |&n| number::to_long(n))?.max(0);
    let from = super::string::byte_of(&t, from as usize);
    Ok(Value::long(find(t.as_str(), from, part.as_str()).map_or(-1, |b| unit_of(&t, b) as i64)))
}

/// `(.regionMatches s ignore-case? from other other-from n)`: are `n` units of both the same?
fn region_matches(a: &[Value]) -> Res {
    let (folds, rest) = match a.get(1).and_then(|v| v.as_bool()) {
        Some(folds) => (folds, &a[1..]),
        None => (false, a),
    };
    let n = number::to_long(arg(rest, 4)?)?;
    let part = |s: Value, from: Value| -> Res<Option<String>> {
        let (from, n) = (number::to_long(from)?, n.max(0));
        let units: Vec<u16> = text(s)?.as_str().encode_utf16().collect();
        let range = usize::try_from(from).ok().zip(usize::try_from(from.saturating_add(n)).ok());
        Ok(range.and_then(|(i, j)| units.get(i..j)).map(String::from_utf16_lossy))
    };
    let fold = |s: String| if folds { s.to_lowercase() } else { s };
    let (x, y) = (part(a[0], arg(rest, 1)?)?, part(arg(rest, 2)?, arg(rest, 3)?)?);
    Ok(Value::bool(x.is_some_and(|x| y.is_some_and(|y| fold(x) == fold(y)))))
}

fn replaced(a: &[Value], by: &str) -> Res {
    let re = Regex::compile(text(arg(a, 1)?)?.as_str())?;
    from_string(by, &[a[0], re.value(), arg(a, 2)?])
}

fn throwable(name: &str) -> Option<Method> {
    Some(match name {
        "getStackTrace" => |a| {
            let trace = a[0].cast::<fault::Throwable>().map_or(Value::NIL, |t| t.trace.get());
            coll::items(trace).map(|v| v.into_array().value())
        },
        "printStackTrace" => |a| {
            let f = crate::space::resolve::own(
                crate::space::find_or_create("clojure.stacktrace"),
                Symbol::intern(None, "print-cause-trace"),
            )?;
            let Some(f) = f else { return Ok(Value::NIL) };
            crate::space::binding::push(&[special::OUT.var().value(), special::ERR.get()])?;
            let r = crate::invoke::invoke(f.root(), &a[..1]);
            crate::space::binding::pop();
            r.map(|_| Value::NIL)
        },
        "getSuppressed" => |_| Ok(crate::heap::GcVec::new().into_array().value()),
        "fillInStackTrace" | "initCause" => |a| Ok(a[0]),
        _ => return None,
    })
}

fn named(name: &str) -> Option<Method> {
    Some(match name {
        "getName" => |a| part_of(a[0], |s| s.name),
        "getNamespace" => |a| part_of(a[0], |s| s.ns),
        _ => return None,
    })
}
fn part_of(v: Value, part: fn(&Symbol) -> Value) -> Res {
    let symbol = v.cast::<Symbol>().or_else(|| v.cast::<Keyword>().map(|k| k.symbol));
    Ok(symbol.map_or(Value::NIL, |s| part(&s)))
}

fn namespace_name(v: Value) -> Res {
    Ok(v.cast::<crate::space::NamespaceObject>().map_or(Value::NIL, |n| n.namespace.symbol()))
}

fn var(name: &str) -> Option<Method> {
    fn of(a: &[Value]) -> Res<crate::heap::Gc<Var>> {
        a[0].cast::<Var>().ok_or_else(|| fault::class_cast(a[0], "clojure.lang.Var"))
    }
    Some(match name {
        "sym" => |a| Ok(of(a)?.name),
        "ns" => |a| Ok(crate::space::find_or_create(&of(a)?.ns_str()).object()),
        "toSymbol" => |a| Ok(Symbol::parse(&of(a)?.full_name()).value()),
        "hasRoot" | "isBound" => |a| Ok(Value::bool(of(a)?.root() != Value::UNBOUND)),
        "getRawRoot" => |a| Ok(of(a)?.root()),
        "isMacro" => |a| Ok(Value::bool(of(a)?.has(crate::space::VarFlag::Macro))),
        "isDynamic" => |a| Ok(Value::bool(of(a)?.has(crate::space::VarFlag::Dynamic))),
        _ => return collection(name),
    })
}

fn class(name: &str) -> Option<Method> {
    let full: Method = |a| Ok(a[0].cast::<crate::text::ClassObject>().map_or(Value::NIL, |c| c.name));
    Some(match name {
        "getName" | "getTypeName" | "getCanonicalName" => full,
        "isInstance" => |a| super::class::is_instance(a[0], arg(a, 1)?),
        "cast" => |a| super::class::cast(a[0], arg(a, 1)?),
        "getSimpleName" => |a| {
            let name = a[0].cast::<crate::text::ClassObject>().map_or_else(String::new, |c| c.name_text());
            Ok(Text::value(name.rsplit(['.', '$']).next().unwrap_or("")))
        },
        _ => return None,
    })
}

fn writer(name: &str) -> Option<Method> {
    fn of(a: &[Value]) -> Res<crate::heap::Gc<Writer>> {
        a[0].cast::<Writer>().ok_or_else(|| fault::class_cast(a[0], "java.io.Writer"))
    }
    Some(match name {
        "append" | "print" | "insert" | "length" | "charAt" | "setLength" | "reverse" | "deleteCharAt"
        | "substring" | "indexOf" | "isEmpty" | "delete" | "setCharAt" | "capacity" => {
            return super::builder::member(name);
        }
        "write" => |a| {
            let mut s = String::new();
            match arg(a, 1)?.as_long().and_then(|n| char::from_u32(n as u32)) {
                Some(c) => s.push(c),
                None => crate::print::to_str(&mut s, arg(a, 1)?)?,
            }
            // `write(text, offset, length)`
            if let (Some(&from), Some(&n)) = (a.get(2), a.get(3)) {
                let (from, n) = (number::to_long(from)?.max(0) as usize, number::to_long(n)?.max(0) as usize);
                s = s.chars().skip(from).take(n).collect();
            }
            of(a)?.write(&s)?;
            Ok(Value::NIL)
        },
        "getBuffer" => |a| Ok(a[0]),
        "println" => |a| {
            let mut s = String::new();
            for &v in &a[1..] {
                crate::print::to_str(&mut s, v)?;
            }
            s.push('\n');
            of(a)?.write(&s)?;
            Ok(Value::NIL)
        },
        "flush" => |a| of(a)?.flush().map(|()| Value::NIL),
        "close" => |a| of(a)?.close().map(|()| Value::NIL),
        _ => return None,
    })
}

fn reader(name: &str) -> Option<Method> {
    fn of(a: &[Value]) -> Res<crate::heap::Gc<Reader>> {
        a[0].cast::<Reader>().ok_or_else(|| fault::class_cast(a[0], "java.io.Reader"))
    }
    Some(match name {
        "readLine" => |a| Ok(of(a)?.line()?.map_or(Value::NIL, |s| Text::value(&s))),
        "unread" => |a| {
            let c = arg(a, 1)?;
            let code = c.as_char().or_else(|| c.as_long().and_then(|n| u32::try_from(n).ok()));
            if let Some(c) = code.and_then(char::from_u32) {
                of(a)?.unread(c);
            }
            Ok(Value::NIL)
        },
        "ready" => |_| Ok(Value::TRUE),
        "lines" => |a| {
            let mut all = crate::heap::GcVec::new();
            while let Some(s) = of(a)?.line()? {
                all.push(Text::value(&s));
            }
            coll::seq(coll::list(&all))
        },
        "getLineNumber" => |a| Ok(Value::long(i64::from(of(a)?.line_number()))),
        "read" => |a| Ok(Value::long(of(a)?.character()?.map_or(-1, |c| i64::from(c as u32)))),
        "close" => |a| {
            of(a)?.close();
            Ok(Value::NIL)
        },
        _ => return None,
    })
}
fn numeric(name: &str) -> Option<Method> {
    Some(match name {
        "longValue" => |a| number::wrap_long(a[0]).map(Value::long),
        "intValue" => |a| Ok(Value::int(number::wrap_long(a[0])? as i32)),
        "doubleValue" | "floatValue" => |a| number::to_double(a[0]).map(Value::double),
        "isNaN" => |a| Ok(Value::bool(number::to_double(a[0])?.is_nan())),
        "isInfinite" => |a| Ok(Value::bool(number::to_double(a[0])?.is_infinite())),
        "negate" => |a| number::neg_promoting(a[0]),
        "abs" => |a| number::abs(a[0]),
        "add" => |a| number::add_promoting(a[0], arg(a, 1)?),
        "subtract" => |a| number::sub_promoting(a[0], arg(a, 1)?),
        "multiply" => |a| number::mul_promoting(a[0], arg(a, 1)?),
        "signum" => |a| number::compare(a[0], Value::ZERO).map(|o| Value::int(o as i32)),
        _ => return None,
    })
}

fn collection(name: &str) -> Option<Method> {
    Some(match name {
        "size" | "count" => |a| coll::count(a[0]).map(|n| Value::long(n as i64)),
        "isEmpty" => |a| coll::is_empty(a[0]).map(Value::bool),
        "get" | "valAt" | "getOrDefault" => |a| {
            let default = a.get(2).copied().unwrap_or(Value::NIL);
            match (arg(a, 1)?.as_long(), coll::kind::is_sequential(a[0])) {
                (Some(i), true) => coll::nth(a[0], i, None),
                _ => coll::get(a[0], arg(a, 1)?, default),
            }
        },
        "nth" => |a| coll::nth(a[0], number::to_long(arg(a, 1)?)?, a.get(2).copied()),
        // `Collection.contains` is about values, also of what is looked up by index.
        "contains" => |a| match coll::kind::is_sequential(a[0]) {
            true => {
                let (wanted, mut cursor) = (arg(a, 1)?, coll::Cursor::new(a[0])?);
                while let Some(x) = cursor.next()? {
                    if coll::equal(x, wanted)? {
                        return Ok(Value::TRUE);
                    }
                }
                Ok(Value::FALSE)
            }
            false => coll::contains(a[0], arg(a, 1)?).map(Value::bool),
        },
        "containsKey" => |a| coll::contains(a[0], arg(a, 1)?).map(Value::bool),
        "assoc" => |a| coll::assoc(a[0], arg(a, 1)?, arg(a, 2)?),
        "cons" => |a| coll::conj(a[0], arg(a, 1)?),
        "seq" => |a| coll::seq(a[0]),
        "first" => |a| coll::first(a[0]),
        "next" => |a| coll::next(a[0]),
        "getKey" | "key" => |a| coll::as_entry(a[0]).map(|e| e.0),
        "getValue" | "val" => |a| coll::as_entry(a[0]).map(|e| e.1),
        "meta" => |a| Ok(coll::meta(a[0])),
        "withMeta" => |a| coll::with_meta(a[0], arg(a, 1)?),
        "deref" => |a| coll::deref(a[0]),
        "invoke" | "call" | "run" | "apply" => |a| crate::invoke::invoke(a[0], &a[1..]),
        "indexOf" => |a| {
            let wanted = arg(a, 1)?;
            let mut cursor = coll::Cursor::new(a[0])?;
            let mut i = 0;
            while let Some(x) = cursor.next()? {
                if coll::equal(x, wanted)? {
                    return Ok(Value::long(i));
                }
                i += 1;
            }
            Ok(Value::int(-1))
        },
        "keySet" => |a| keys_of(a[0], |k, _| k).and_then(|v| coll::set(&v)),
        "values" => |a| keys_of(a[0], |_, v| v).map(|v| coll::list(&v)),
        "entrySet" => |a| keys_of(a[0], coll::entry).and_then(|v| coll::set(&v)),
        "iterator" => |a| library("rung.iterator", "iterator", &a[..1]),
        "toArray" => |a| coll::items(a[0]).map(|v| v.into_array().value()),
        "containsValue" => |a| {
            let mut found = false;
            for &v in keys_of(a[0], |_, v| v)?.iter() {
                found = found || coll::equal(v, arg(a, 1)?)?;
            }
            Ok(Value::bool(found))
        },
        "isBound" => |a| Ok(Value::bool(a[0].cast::<Var>().is_some_and(|v| v.root() != Value::UNBOUND))),
        _ => return None,
    })
}

fn keys_of(map: Value, part: fn(Value, Value) -> Value) -> Res<crate::heap::GcVec> {
    let mut all = crate::heap::GcVec::new();
    coll::each_entry(map, &mut |k, v| {
        all.push(part(k, v));
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    Ok(all)
}

/// Calls a function of the library that is written in Clojure.
pub fn library(ns: &str, name: &str, args: &[Value]) -> Res {
    match crate::space::resolve::own(crate::space::find_or_create(ns), Symbol::intern(None, name))? {
        Some(f) => crate::invoke::invoke(f.root(), args),
        None => Err(fault::raise(Class::IllegalState, format!("{ns}/{name} is missing"))),
    }
}

/// What `(Class. …)` makes, besides exceptions.
pub(super) fn constructor(class: &str) -> Option<Method> {
    let short = class.rsplit('.').next().unwrap_or(class);
    Some(match short {
        "String" => |a| match a.first() {
            Some(&v) if coll::kind::is_array(v) => super::array::text_of(v, &a[1..]),
            Some(&v) => super::string::str1(v),
            None => Ok(Text::value("")),
        },
        "StringWriter" => |_| Ok(crate::print::string_writer().value()),
        "StringBuilder" | "StringBuffer" => |a| {
            let w = crate::print::string_writer();
            if let Some(t) = a.first().and_then(|v| v.cast::<Text>()) {
                w.write(t.as_str())?;
            }
            Ok(w.value())
        },
        "BufferedWriter" | "PrintWriter" | "OutputStreamWriter" => |a| arg(&[&[Value::NIL], a].concat(), 1),
        "File" => super::file::construct,
        "Thread" => |a| library("rung.thread", "thread", a),
        "StringReader"
        | "PushbackReader"
        | "BufferedReader"
        | "LineNumberingPushbackReader"
        | "InputStreamReader"
        | "LineNumberReader" => |a| match a.first() {
            Some(&r) if r.is::<Reader>() => Ok(r),
            Some(&s) => Ok(Reader::of_text(text(s)?.as_str()).value()),
            None => Err(fault::illegal_argument("No matching ctor found")),
        },
        "Date" => |a| match a.first() {
            Some(&n) => Ok(Inst::alloc(number::to_long(n)?).value()),
            None => Ok(Inst::alloc(super::math::now_millis()).value()),
        },
        "UUID" => |a| Ok(Uuid::alloc(number::to_long(arg(a, 0)?)? as u64, number::to_long(arg(a, 1)?)? as u64).value()),
        "BigDecimal" => |a| number::to_bigdec(arg(a, 0)?),
        "BigInteger" => |a| number::to_bigint(arg(a, 0)?),
        "Long" | "Integer" | "Double" | "Boolean" => |a| arg(a, 0),
        "MapEntry" => |a| Ok(coll::entry(arg(a, 0)?, arg(a, 1)?)),
        "Object" => |_| Ok(crate::space::binding::Cell::alloc(Value::NIL).value()),
        _ => return None,
    })
}

/// Makes an object of a class that is no exception.
pub(super) fn construct(class: &str, args: &[Value]) -> Option<Res> {
    constructor(class).map(|f| f(args))
}

/// The value of a tagged literal: `#inst`, `#uuid`, then `*data-readers*` and `*default-data-reader-fn*`.
///
/// # Errors
/// RuntimeException: nobody knows the tag.
pub fn data_reader(tag: &str, v: Value) -> Res {
    let symbol = Symbol::parse(tag).value();
    crate::space::data_readers::take()?;
    let own = coll::get(special::DATA_READERS.get(), symbol, Value::NIL)?;
    if own.truthy() {
        return crate::invoke::invoke(crate::space::data_readers::function(own)?, &[v]);
    }
    match tag {
        "inst" => return inst(v),
        "uuid" => return uuid(v),
        _ => {}
    }
    if let Some(made) = super::types::tagged(tag, v) {
        return made;
    }
    let default = special::DEFAULT_DATA_READER_FN.get();
    if default.truthy() {
        return crate::invoke::invoke(default, &[symbol, v]);
    }
    Err(fault::raise(Class::RuntimeException, format!("No reader function for tag {tag}")))
}

pub(super) fn uuid(v: Value) -> Res {
    let s = text(v)?;
    match Uuid::parse(s.as_str()) {
        Some((h, l)) => Ok(Uuid::alloc(h, l).value()),
        None => Err(fault::illegal_argument(format!("Invalid UUID string: {}", s.as_str()))),
    }
}

pub(super) fn inst(v: Value) -> Res {
    let s = super::string::characters(v)?;
    match Inst::parse(s.as_str()) {
        Some(millis) => Ok(Inst::alloc(millis).value()),
        None => Err(fault::raise(Class::RuntimeException, format!("Unrecognized date/time syntax: {}", s.as_str()))),
    }
}

/// A regex literal.
pub fn regex(pattern: &str) -> Res {
    Ok(Regex::compile(pattern)?.value())
}

pub fn reader_conditional(form: Value, splicing: bool) -> Res {
    Ok(ReaderConditional::alloc(form, Value::bool(splicing)).value())
}

natives! { pub TABLE "clojure.core";
    "tagged-literal" "[tag form]" [(2) tagged_literal]
    "tagged-literal?" "[v]" [(1) is_tagged_literal]
    "reader-conditional" "[form splicing?]" [(2) make_conditional]
    "reader-conditional?" "[v]" [(1) is_conditional]
    "inst-ms" "[inst]" [(1) inst_ms]
    "inst?" "[x]" [(1) is_inst]
}
fn tagged_literal(tag: Value, form: Value) -> Res {
    if !tag.is_nil() && !tag.is::<Symbol>() {
        return Err(fault::class_cast(tag, "clojure.lang.Symbol"));
    }
    Ok(TaggedLiteral::alloc(tag, form).value())
}
fn is_tagged_literal(v: Value) -> Res {
    Ok(Value::bool(v.is::<TaggedLiteral>()))
}
fn make_conditional(form: Value, splicing: Value) -> Res {
    if splicing.as_bool().is_none() {
        return Err(match splicing.is_nil() {
            true => fault::raise(Class::NullPointer, "a boolean was wanted where nil was given"),
            false => fault::class_cast(splicing, "java.lang.Boolean"),
        });
    }
    Ok(ReaderConditional::alloc(form, splicing).value())
}
fn is_conditional(v: Value) -> Res {
    Ok(Value::bool(v.is::<ReaderConditional>()))
}
fn inst_ms(v: Value) -> Res {
    v.cast::<Inst>().map(|i| Value::long(i.millis)).ok_or_else(|| fault::class_cast(v, "java.util.Date"))
}
fn is_inst(v: Value) -> Res {
    Ok(Value::bool(v.is::<Inst>()))
}
