//! clojure.edn: reading data.

use super::string::text;
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::print::Reader as Stream;
use crate::reader::value::Maker;
use crate::reader::{self, Options, Reader, Syntax};
use crate::text::{Keyword, Symbol};
use crate::value::Value;

natives! { pub TABLE "clojure.edn";
    "read-string" "[s] [opts s]" [(1) |s| read_string(Value::NIL, s), (2) read_string]
    "read" "[stream] [opts stream]" [(1) |s| read(Value::NIL, s), (2) read]
}

fn options<'a>() -> Options<'a> {
    Options { syntax: Syntax::Edn, stack_limit: crate::thread::Thread::current().native_limit(), ..Options::default() }
}

fn option(options: Value, name: &str) -> Res {
    if options.is_nil() {
        return Ok(Value::ABSENT);
    }
    coll::get(options, Keyword::intern(None, name).value(), Value::ABSENT)
}

/// Tags: `:readers`, then `#inst` and `#uuid`, then `:default`.
fn tagged(given: Value, tag: &str, v: Value) -> Res {
    let symbol = Symbol::parse(tag).value();
    let readers = option(given, "readers")?;
    if readers != Value::ABSENT && !readers.is_nil() {
        let f = coll::get(readers, symbol, Value::NIL)?;
        if f.truthy() {
            return crate::invoke::invoke(f, &[v]);
        }
    }
    match tag {
        "inst" => return super::member::inst(v),
        "uuid" => return super::member::uuid(v),
        _ => {}
    }
    match option(given, "default")? {
        Value::ABSENT | Value::NIL => {
            Err(fault::raise(Class::RuntimeException, format!("No reader function for tag {tag}")))
        }
        f => crate::invoke::invoke(f, &[symbol, v]),
    }
}

fn value(given: Value, form: &reader::Form) -> Res {
    let mut maker = Maker {
        marked: false,
        places: None,
        data_reader: &|tag, v| tagged(given, tag, v),
        regex: &super::regex,
        conditional: &super::reader_conditional,
    };
    maker.value(form)
}

fn at_end(given: Value) -> Res {
    match option(given, "eof")? {
        Value::ABSENT if given.is_nil() => Ok(Value::NIL),
        Value::ABSENT => Err(fault::raise(Class::RuntimeException, "EOF while reading")),
        v => Ok(v),
    }
}

fn read_string(given: Value, s: Value) -> Res {
    if s.is_nil() {
        return Ok(Value::NIL);
    }
    let t = text(s)?;
    match Reader::new(t.as_str(), "string", options()).next() {
        Ok(Some(form)) => value(given, &form),
        Ok(None) => at_end(given),
        Err(d) => Err(super::read_fault::raise(&d)),
    }
}

fn read(given: Value, stream: Value) -> Res {
    let Some(r) = stream.cast::<Stream>() else { return Err(fault::class_cast(stream, "java.io.PushbackReader")) };
    match super::misc::next_form(r, options)? {
        Some(form) => value(given, &form.0),
        None => at_end(given),
    }
}
