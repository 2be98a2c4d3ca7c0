//! Small functions that the library's Clojure part rests on, and a few of clojure.core that fit nowhere else.

use crate::coll;
use crate::fault::{self, Class, Res};
use crate::heap::TypeId;
use crate::print::{self, Reader};
use crate::reader::{self, Conditionals};
use crate::space::load;
use crate::text::{Keyword, Symbol, Text};
use crate::value::Value;

natives! { pub HOST "rung.host";
    "import-classes" "[specs]" [(1) import_classes]
    "read-tagged" "[tag form]" [(2) read_tagged]
    "read-with-text" "[] [stream] [stream eof-error? eof-value]" [(rest 0) read_with_text]
}
natives! { pub TABLE "clojure.core";
    "special-symbol?" "[s]" [(1) is_special]
    "read" "[] [stream] [opts stream] [stream eof-error? eof-value] [stream eof-error? eof-value recursive?]" [(rest 0) read]
    "uri?" "[x]" [(1) |_| Ok(Value::FALSE)]
    "future?" "[x]" [(1) |v: Value| Ok(Value::bool(v.type_id() == TypeId::FUTURE))]
    "record?" "[x]" [(1) |v| Ok(Value::bool(coll::foreign::is(coll::foreign::Interface::Record, v)))]
}

/// Classes need no import, but one that nobody knows is an error.
fn known(name: &str) -> Res<()> {
    let short = name.rsplit('.').next().unwrap_or(name);
    if super::class_constant(name).is_some() || super::constructs(name) || super::names(short).next().is_some() {
        return Ok(());
    }
    Err(fault::raise(Class::ClassNotFound, name))
}

fn import_classes(specs: Value) -> Res {
    let check = |name: &str| {
        if let Some(ty) = crate::types::named(name) {
            let short = name.rsplit('.').next().unwrap_or(name);
            crate::space::current().classes.write().insert(short.to_owned(), ty);
            return Ok(());
        }
        known(name)
    };
    for &spec in coll::items(specs)?.iter() {
        // (import (quote java.util.Date)) is written too.
        let spec = match coll::is_seq(spec) && coll::first(spec)? == Symbol::intern(None, "quote").value() {
            true => coll::nth(spec, 1, None)?,
            false => spec,
        };
        match spec.cast::<Symbol>() {
            Some(s) => check(&s.full())?,
            None => {
                let parts = coll::items(spec)?;
                let text = |v: &Value| v.cast::<Symbol>().map_or_else(String::new, |s| s.full());
                for name in parts.iter().skip(1) {
                    check(&format!("{}.{}", text(&parts[0]), text(name)))?;
                }
            }
        }
    }
    Ok(Value::NIL)
}

fn is_special(v: Value) -> Res {
    let Some(s) = v.cast::<Symbol>().filter(|s| s.ns.is_nil()) else { return Ok(Value::FALSE) };
    let names = [
        "def",
        "fn*",
        "let*",
        "letfn*",
        "loop*",
        "recur",
        "if",
        "do",
        "quote",
        "var",
        "try",
        "catch",
        "finally",
        "throw",
        "case*",
        "set!",
        "new",
        ".",
        "reify*",
        "deftype*",
        "monitor-enter",
        "monitor-exit",
        "&",
        "import*",
    ];
    Ok(Value::bool(names.contains(&s.name_str())))
}

fn reader_of(v: Value) -> Res<crate::heap::Gc<Reader>> {
    v.cast::<Reader>().ok_or_else(|| fault::class_cast(v, "java.io.PushbackReader"))
}

/// The next form of a stream and its text; nothing at the end. Text is taken line by line, as far as a form needs it.
pub(super) fn next_form(
    r: crate::heap::Gc<Reader>,
    options: impl Fn() -> reader::Options<'static>,
) -> Res<Option<(Box<reader::Form>, String)>> {
    enum Found {
        Form(Box<reader::Form>, String),
        Fault(Box<questions::Diagnostic>),
        End,
    }
    let found = r.take_with(|text, line, complete| {
        let mut forms = reader::Reader::starting_at(text, "stream", options(), line, 1);
        let next = forms.next();
        let taken = forms.offset();
        match next {
            Ok(Some(form)) if complete || taken < text.len() || !ends_open(text) => {
                Some((taken, Found::Form(Box::new(form), text[..taken].trim_start().to_owned())))
            }
            Ok(Some(_)) => None,
            Ok(None) if complete => Some((text.len(), Found::End)),
            Err(d) if complete || matches!(reader::is_complete(text), reader::Completeness::Invalid(_)) => {
                Some((taken, Found::Fault(Box::new(d))))
            }
            _ => None,
        }
    })?;
    match found {
        Some(Found::Form(form, text)) => Ok(Some((form, text))),
        Some(Found::Fault(d)) => Err(super::read_fault::raise(&d)),
        Some(Found::End) | None => Ok(None),
    }
}

/// Could more input make the last token longer?
fn ends_open(text: &str) -> bool {
    !text.ends_with(|c: char| c.is_whitespace() || matches!(c, ')' | ']' | '}' | '"'))
}

struct Wanted {
    reader: crate::heap::Gc<Reader>,
    /// Absent: the end is an error.
    eof: Value,
    conditionals: Conditionals,
}

fn wanted(args: &[Value]) -> Res<Wanted> {
    let plain = |reader, eof| Wanted { reader, eof, conditionals: Conditionals::Refuse };
    Ok(match *args {
        [] => plain(print::input()?, Value::ABSENT),
        [r] => plain(reader_of(r)?, Value::ABSENT),
        [options, r] if coll::kind::is_map(options) => {
            let key = |k: &str| Keyword::intern(None, k).value();
            let mode = coll::get(options, key("read-cond"), Value::NIL)?;
            let eof = coll::get(options, key("eof"), Value::ABSENT)?;
            Wanted {
                reader: reader_of(r)?,
                eof: if eof == key("eofthrow") { Value::ABSENT } else { eof },
                conditionals: match mode {
                    m if m == key("allow") => Conditionals::Allow,
                    m if m == key("preserve") => Conditionals::Preserve,
                    _ => Conditionals::Refuse,
                },
            }
        }
        [r, throws] => plain(reader_of(r)?, if throws.truthy() { Value::ABSENT } else { Value::NIL }),
        [r, throws, eof, ..] => plain(reader_of(r)?, if throws.truthy() { Value::ABSENT } else { eof }),
    })
}

fn read_one(args: &[Value]) -> Res<(Value, String)> {
    let w = wanted(args)?;
    let options = || reader::Options { conditionals: w.conditionals, ..load::options("stream") };
    match next_form(w.reader, options)? {
        Some((form, text)) => Ok((load::maker(None).value(&form)?, text)),
        None if w.eof == Value::ABSENT => Err(fault::raise(Class::RuntimeException, "EOF while reading")),
        None => Ok((w.eof, String::new())),
    }
}
fn read(args: &[Value]) -> Res {
    read_one(args).map(|found| found.0)
}
fn read_with_text(args: &[Value]) -> Res {
    let (v, text) = read_one(args)?;
    Ok(coll::vector(&[v, Text::value(&text)]))
}

fn read_tagged(tag: Value, form: Value) -> Res {
    match super::string::text(tag)?.as_str() {
        "inst" => super::member::inst(form),
        _ => super::member::uuid(form),
    }
}
