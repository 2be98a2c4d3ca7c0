//! Symbols, keywords, identifiers: making them and taking them apart.

use crate::fault::{self, Res};
use crate::heap::{Gc, TypeId};
use crate::space::Var;
use crate::text::{Keyword, Symbol, Text, Uuid};
use crate::value::Value;
use std::sync::atomic::{AtomicU64, Ordering};

natives! { pub TABLE "clojure.core";
    "name" "[x]" [(1) name]
    "namespace" "[x]" [(1) namespace]
    "symbol" "[name] [ns name]" [(1) symbol1, (2) symbol2]
    "keyword" "[name] [ns name]" [(1) keyword1, (2) keyword2]
    "find-keyword" "[name] [ns name]" [(1) find_keyword1, (2) find_keyword2]
    "symbol?" "[x]" [(1) is_symbol]
    "keyword?" "[x]" [(1) is_keyword]
    "ident?" "[x]" [(1) is_ident]
    "simple-ident?" "[x]" [(1) is_simple_ident]
    "qualified-ident?" "[x]" [(1) is_qualified_ident]
    "simple-symbol?" "[x]" [(1) is_simple_symbol]
    "qualified-symbol?" "[x]" [(1) is_qualified_symbol]
    "simple-keyword?" "[x]" [(1) is_simple_keyword]
    "qualified-keyword?" "[x]" [(1) is_qualified_keyword]
    "gensym" "[] [prefix]" [(0) gensym0, (1) gensym]
    "parse-uuid" "[s]" [(1) parse_uuid]
    "random-uuid" "[]" [(0) random_uuid]
    "uuid?" "[x]" [(1) is_uuid]
}

/// The symbol under a symbol or a keyword.
fn named(v: Value) -> Option<Gc<Symbol>> {
    v.cast::<Symbol>().or_else(|| v.cast::<Keyword>().map(|k| k.symbol))
}

fn name(v: Value) -> Res {
    match named(v) {
        Some(s) => Ok(s.name),
        None if v.is::<Text>() => Ok(v),
        None if v.is_nil() => Err(fault::raise(fault::Class::NullPointer, "nil has no name")),
        None => Err(fault::class_cast(v, "clojure.lang.Named")),
    }
}
fn namespace(v: Value) -> Res {
    match named(v) {
        Some(s) => Ok(s.ns),
        None if v.is_nil() => Err(fault::raise(fault::Class::NullPointer, "nil has no namespace")),
        None => Err(fault::class_cast(v, "clojure.lang.Named")),
    }
}

fn symbol1(v: Value) -> Res {
    if v.is::<Symbol>() {
        return Ok(v);
    }
    if let Some(t) = v.cast::<Text>() {
        return Ok(Symbol::parse(t.as_str()).value());
    }
    if let Some(k) = v.cast::<Keyword>() {
        return Ok(k.symbol.value());
    }
    match v.cast::<Var>() {
        Some(var) => Ok(Symbol::intern(Some(&var.ns_str()), &var.name_str()).value()),
        None => Err(fault::illegal_argument("no conversion to symbol")),
    }
}
/// Namespace and name as texts; the namespace may be nil.
fn parts(ns: Value, name: Value) -> Res<(Option<Gc<Text>>, Gc<Text>)> {
    let ns = if ns.is_nil() { None } else { Some(super::string::text(ns)?) };
    Ok((ns, super::string::text(name)?))
}
fn symbol2(ns: Value, name: Value) -> Res {
    let (ns, name) = parts(ns, name)?;
    Ok(Symbol::intern(ns.as_ref().map(|t| t.as_str()), name.as_str()).value())
}
fn keyword1(v: Value) -> Res {
    Ok(match (v.cast::<Symbol>(), v.cast::<Text>()) {
        (Some(s), _) => Keyword::intern(s.ns_str(), s.name_str()).value(),
        (_, Some(t)) => Keyword::parse(t.as_str()).value(),
        _ if v.is::<Keyword>() => v,
        _ => Value::NIL,
    })
}
fn keyword2(ns: Value, name: Value) -> Res {
    let (ns, name) = parts(ns, name)?;
    Ok(Keyword::intern(ns.as_ref().map(|t| t.as_str()), name.as_str()).value())
}
fn find_keyword1(v: Value) -> Res {
    let text = match (v.cast::<Symbol>(), v.cast::<Text>()) {
        _ if v.is::<Keyword>() => return Ok(v),
        (Some(s), _) => s.full(),
        (_, Some(t)) => t.as_str().to_owned(),
        _ => return Ok(Value::NIL),
    };
    Ok(Keyword::known(&text).map_or(Value::NIL, |k| k.value()))
}
fn find_keyword2(ns: Value, name: Value) -> Res {
    let (ns, name) = parts(ns, name)?;
    let full = match &ns {
        Some(ns) => format!("{}/{}", ns.as_str(), name.as_str()),
        None => name.as_str().to_owned(),
    };
    Ok(Keyword::known(&full).map_or(Value::NIL, |k| k.value()))
}

macro_rules! predicates {
    ($($name:ident |$v:ident| $test:expr;)*) => {$(
        fn $name($v: Value) -> Res {
            Ok(Value::bool($test))
        }
    )*};
}
fn simple(v: Value) -> bool {
    named(v).is_some_and(|s| s.ns.is_nil())
}
fn qualified(v: Value) -> bool {
    named(v).is_some_and(|s| !s.ns.is_nil())
}
predicates! {
    is_symbol |v| v.is::<Symbol>();
    is_keyword |v| v.is::<Keyword>();
    is_ident |v| named(v).is_some();
    is_simple_ident |v| simple(v);
    is_qualified_ident |v| qualified(v);
    is_simple_symbol |v| v.is::<Symbol>() && simple(v);
    is_qualified_symbol |v| v.is::<Symbol>() && qualified(v);
    is_simple_keyword |v| v.is::<Keyword>() && simple(v);
    is_qualified_keyword |v| v.is::<Keyword>() && qualified(v);
    is_uuid |v| v.type_id() == TypeId::UUID;
}

/// A number that no other name made here has: one sequence for `gensym` and the reader's `x#`.
pub fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
fn gensym0() -> Res {
    Ok(Symbol::intern(None, &format!("G__{}", next_id())).value())
}
fn gensym(prefix: Value) -> Res {
    let mut text = String::new();
    crate::print::to_str(&mut text, prefix)?;
    Ok(Symbol::intern(None, &format!("{text}{}", next_id())).value())
}

pub(super) fn parse_uuid(s: Value) -> Res {
    super::string::parse_uuid(s)
}
/// Version 4, from the system's random numbers.
pub(super) fn random_uuid() -> Res {
    let mut bytes = [0u8; 16];
    // SAFETY: fills exactly the array.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if got != 16 {
        return Err(crate::print::io_error(&std::io::Error::last_os_error()));
    }
    let n = u128::from_be_bytes(bytes);
    let (high, low) = ((n >> 64) as u64, n as u64);
    Ok(Uuid::alloc(high & !0xf000 | 0x4000, low & !(3 << 62) | 2 << 62).value())
}
