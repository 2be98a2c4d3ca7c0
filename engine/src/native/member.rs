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
        TypeId::CLASS => class(name),
        TypeId::PRINT_WRITER => writer(name),
        TypeId::READER => reader(name),
        TypeId::INST if name == "getTime" => {
            Some(|a| Ok(a[0].cast::<Inst>().map_or(Value::NIL, |i| Value::long(i.millis))))
        }
        TypeId::REGEX if name == "pattern" => Some(|a| super::string::str1(a[0])),
        _ if number::is_number(object) => numeric(name),
        _ => collection(name),
    })
}

fn universal(name: &str) -> Option<Method> {
    Some(match name {
        "toString" => |a| super::string::str1(a[0]),
        "hashCode" => |a| coll::hash(a[0]).map(|h| Value::int(h as i32)),
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
        "startsWith" => |a| from_string("starts-with?", &[a[0], arg(a, 1)?]),
        "endsWith" => |a| from_string("ends-with?", &[a[0], arg(a, 1)?]),
        "contains" => |a| from_string("includes?", &[a[0], arg(a, 1)?]),
        "concat" => |a| super::string::str_all(a),
        "replace" => |a| from_string("replace", &[a[0], arg(a, 1)?, arg(a, 2)?]),
        "split" => |a| {
            let re = Regex::compile(text(arg(a, 1)?)?.as_str())?;
            from_string("split", &[a[0], re.value()])
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
        "indexOf" => |a| place(a, |s, part| s.find(part)),
        "lastIndexOf" => |a| place(a, |s, part| s.rfind(part)),
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

fn place(a: &[Value], find: fn(&str, &str) -> Option<usize>) -> Res {
    let t = text(a[0])?;
    let part = text(super::string::str1(arg(a, 1)?)?)?;
    Ok(Value::long(find(t.as_str(), part.as_str()).map_or(-1, |b| unit_of(&t, b) as i64)))
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

fn class(name: &str) -> Option<Method> {
    let full: Method = |a| Ok(a[0].cast::<crate::text::ClassObject>().map_or(Value::NIL, |c| c.name));
    Some(match name {
        "getName" | "getTypeName" | "getCanonicalName" => full,
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
        "write" | "append" | "print" => |a| {
            let mut s = String::new();
            match arg(a, 1)?.as_long().and_then(|n| char::from_u32(n as u32)) {
                Some(c) => s.push(c),
                None => crate::print::to_str(&mut s, arg(a, 1)?)?,
            }
            of(a)?.write(&s)?;
            Ok(a[0])
        },
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
        "contains" | "containsKey" => |a| coll::contains(a[0], arg(a, 1)?).map(Value::bool),
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
        "isBound" => |a| Ok(Value::bool(a[0].cast::<Var>().is_some_and(|v| v.root() != Value::UNBOUND))),
        _ => return None,
    })
}

/// What `(Class. …)` makes, besides exceptions.
pub(super) fn constructor(class: &str) -> Option<Method> {
    let short = class.rsplit('.').next().unwrap_or(class);
    Some(match short {
        "String" => |a| a.first().map_or_else(|| Ok(Text::value("")), |&v| super::string::str1(v)),
        "StringWriter" => |_| Ok(crate::print::string_writer().value()),
        "StringReader" | "PushbackReader" | "BufferedReader" => |a| match a.first() {
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
    let own = coll::get(special::DATA_READERS.get(), symbol, Value::NIL)?;
    if own.truthy() {
        return crate::invoke::invoke(own, &[v]);
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
    let s = text(v)?;
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
    Ok(TaggedLiteral::alloc(tag, form).value())
}
fn is_tagged_literal(v: Value) -> Res {
    Ok(Value::bool(v.is::<TaggedLiteral>()))
}
fn make_conditional(form: Value, splicing: Value) -> Res {
    Ok(ReaderConditional::alloc(form, Value::bool(splicing.truthy())).value())
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
