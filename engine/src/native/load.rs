//! Functions that read, expand, evaluate and load program text.

use crate::analyze;
use crate::fault::{self, Class, Res};
use crate::reader::{self, Conditionals, Reader};
use crate::space::{binding, current, load, ns_var, require};
use crate::text::{Keyword, Text};
use crate::value::Value;
use crate::{coll, space};

natives! { pub LOAD "clojure.core";
    "eval" "[form]" [(1) load::eval]
    "macroexpand-1" "[form]" [(1) analyze::macroexpand_1]
    "macroexpand" "[form]" [(1) analyze::macroexpand]
    "read-string" "[s] [opts s]" [(1) read_string, (2) read_string_with]
    "load-string" "[s]" [(1) load_string]
    "load-file" "[name]" [(1) load_file]
    "require" "[& args]" [(rest 0) require::require]
    "use" "[& args]" [(rest 0) require::use_]
}

fn text(v: Value) -> Res<String> {
    match v.cast::<Text>() {
        Some(t) => Ok(t.as_str().to_owned()),
        None if v.is_nil() => {
            Err(fault::raise(Class::NullPointer, "Cannot invoke \"String.length()\" because \"s\" is null"))
        }
        None => Err(fault::class_cast(v, "java.lang.String")),
    }
}

/// The value of a form that is read as data.
fn data(form: &reader::Form) -> Res {
    reader::value::Maker { marked: false, ..load::maker(None) }.value(form)
}

/// The first form of a text.
fn read_string(s: Value) -> Res {
    let text = text(s)?;
    let mut reader =
        Reader::new(&text, "string", reader::Options { conditionals: Conditionals::Refuse, ..load::options("string") });
    match reader.next() {
        Ok(Some(form)) => data(&form),
        Ok(None) => Err(fault::raise(Class::RuntimeException, "EOF while reading")),
        Err(d) => Err(super::read_fault::raise(&d)),
    }
}

/// `{:eof v :read-cond :allow|:preserve :features #{…}}`
fn read_string_with(options: Value, s: Value) -> Res {
    if !options.is_nil() && !coll::kind::is_map(options) {
        return Err(fault::class_cast(options, "clojure.lang.IPersistentMap"));
    }
    let text = text(s)?;
    let get = |k: &str| coll::get(options, Keyword::intern(None, k).value(), Value::ABSENT);
    let mode = get("read-cond")?;
    let conditionals = if mode == Keyword::intern(None, "allow").value() {
        Conditionals::Allow
    } else if mode == Keyword::intern(None, "preserve").value() {
        Conditionals::Preserve
    } else {
        Conditionals::Refuse
    };
    let mut features = Vec::new();
    let given = get("features")?;
    if given != Value::ABSENT {
        coll::each(given, &mut |f| {
            features.extend(f.cast::<Keyword>().map(|k| k.symbol.full()));
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
    }
    features.push("rung".to_owned());
    let names: Vec<&str> = features.iter().map(String::as_str).collect();
    let mut reader =
        Reader::new(&text, "string", reader::Options { conditionals, features: &names, ..load::options("string") });
    match reader.next() {
        Ok(Some(form)) => data(&form),
        Ok(None) => match get("eof")? {
            Value::ABSENT => Err(fault::raise(Class::RuntimeException, "EOF while reading")),
            v if v == Keyword::intern(None, "eofthrow").value() => {
                Err(fault::raise(Class::RuntimeException, "EOF while reading"))
            }
            v => Ok(v),
        },
        Err(d) => Err(super::read_fault::raise(&d)),
    }
}

/// Runs `f` with `*ns*` bound, so that an `ns` form inside ends with it.
fn in_own_extent(f: impl FnOnce() -> Res) -> Res {
    let frame = [ns_var().value(), current().object()];
    binding::push(&frame)?;
    let r = f();
    binding::pop();
    r
}

fn load_string(s: Value) -> Res {
    let text = text(s)?;
    in_own_extent(|| load::eval_text(&text, "NO_SOURCE_PATH", 1))
}

fn load_file(name: Value) -> Res {
    let name = text(name)?;
    in_own_extent(|| space::load::load_file(&name))
}
