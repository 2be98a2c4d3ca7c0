//! Values without a literal: functions, references, namespaces, arrays print as `#object[class 0xhash text]`, exceptions
//! as `#error {…}`.

use super::printer::{Printer, Style, collect, print_to, to_str};
use crate::code::Function;
use crate::coll;
use crate::cppbox::CppBox;
use crate::fault::{Res, Throwable};
use crate::heap::{Gc, TypeId};
use crate::space::NamespaceObject;
use crate::text::{FileName, Matcher, Text};
use crate::value::Value;
use std::fmt::Write;

/// The class name of an object as `#object[…]` and errors show it; of a function that of its class on the JVM.
pub(crate) fn shown_class(v: Value) -> String {
    match v.cast::<Function>() {
        Some(f) => munge(&f.code.name),
        None => crate::class_name(v),
    }
}

/// As `#object[…]` and `#error` show a class: names that are no symbols, those of arrays, as strings.
fn quoted_class(name: String) -> String {
    if name.starts_with('[') { format!("{name:?}") } else { name }
}

/// `user/f?` → `user$f_QMARK_`: the name of a function's class.
fn munge(name: &str) -> String {
    let (ns, name) = match name.split_once('/') {
        Some((ns, name)) if !name.is_empty() => (Some(ns), name),
        _ => (None, name),
    };
    let plain = |s: &str| s.chars().map(munged).collect::<String>();
    match ns {
        Some(ns) => format!("{}${}", ns.replace('-', "_"), plain(name)),
        None => plain(name),
    }
}

fn munged(c: char) -> String {
    let name = match c {
        '-' => "_",
        ':' => "_COLON_",
        '+' => "_PLUS_",
        '>' => "_GT_",
        '<' => "_LT_",
        '=' => "_EQ_",
        '~' => "_TILDE_",
        '!' => "_BANG_",
        '@' => "_CIRCA_",
        '#' => "_SHARP_",
        '\'' => "_SINGLEQUOTE_",
        '"' => "_DOUBLEQUOTE_",
        '%' => "_PERCENT_",
        '^' => "_CARET_",
        '&' => "_AMPERSAND_",
        '*' => "_STAR_",
        '|' => "_BAR_",
        '{' => "_LBRACE_",
        '}' => "_RBRACE_",
        '[' => "_LBRACK_",
        ']' => "_RBRACK_",
        '/' => "_SLASH_",
        '\\' => "_BSLASH_",
        '?' => "_QMARK_",
        c => return c.to_string(),
    };
    name.to_owned()
}

pub(crate) fn munge_name(s: &str) -> String {
    s.chars().map(munged).collect()
}

/// `class@hash`.
pub fn identity_str(out: &mut String, v: Value) -> Res<()> {
    if let Some(b) = v.cast::<CppBox>() {
        out.push_str(&b.print());
        return Ok(());
    }
    if let Some(m) = v.cast::<Matcher>() {
        return matcher_str(out, m);
    }
    let _ = write!(out, "{}@{:x}", shown_class(v), coll::identity_hash(v));
    Ok(())
}

fn matcher_str(out: &mut String, m: Gc<Matcher>) -> Res<()> {
    out.push_str("java.util.regex.Matcher[pattern=");
    to_str(out, m.regex)?;
    let end = m.text.cast::<Text>().map_or(0, |t| t.as_str().encode_utf16().count());
    let _ = write!(out, " region=0,{end} lastmatch=");
    match m.groups.get() {
        Value::ABSENT => {}
        groups if groups.is::<Text>() => to_str(out, groups)?,
        groups => to_str(out, coll::nth(groups, 0, Some(Value::NIL))?)?,
    }
    out.push(']');
    Ok(())
}

/// A program's own type: what its `toString` says, where it has one.
pub fn foreign_str(out: &mut String, v: Value) -> Res<()> {
    if let Some(own) = crate::native::types::own_text(v) {
        out.push_str(own?.as_str());
        return Ok(());
    }
    // A record's text is that of any object; its contents are what printing shows.
    if coll::foreign::is(coll::foreign::Interface::Record, v) {
        let _ = write!(out, "{}@{:x}", shown_class(v), coll::java_hash(v)?);
        return Ok(());
    }
    if coll::kind::is_coll(v) {
        return print_to(out, v, Style::Readable);
    }
    identity_str(out, v)
}

/// What a reference holds, and whether it has it yet.
fn reference(v: Value) -> Res<Option<(&'static str, Value)>> {
    use TypeId as T;
    Ok(match v.type_id() {
        T::ATOM | T::VOLATILE | T::REDUCED | T::REF | T::AGENT => Some((":ready", coll::deref(v)?)),
        T::DELAY | T::PROMISE | T::FUTURE => {
            if is_realized(v)? {
                Some((":ready", coll::deref(v)?))
            } else {
                Some((":pending", Value::NIL))
            }
        }
        _ => None,
    })
}

fn is_realized(v: Value) -> Res<bool> {
    if let Some(d) = v.cast::<coll::Delay>() {
        return Ok(d.is_realized());
    }
    coll::foreign::ask(coll::foreign::Op::Realized, v, &[]).map_or(Ok(false), |r| r.map(Value::truthy))
}

pub fn other(p: &mut Printer<'_>, v: Value) -> Res<()> {
    if coll::foreign::is(coll::foreign::Interface::Record, v) {
        return p.print_record(v);
    }
    if let Some(b) = v.cast::<CppBox>() {
        p.out.push_str(&b.print());
        return Ok(());
    }
    let class = if p.readably { quoted_class(shown_class(v)) } else { shown_class(v) };
    let _ = write!(p.out, "#object[{} {:#x} ", class, coll::identity_hash(v));
    if let Some((status, held)) = reference(v)? {
        let _ = write!(p.out, "{{:status {status}, :val ");
        p.nested(|p| p.print(held))?;
        p.out.push_str("}]");
        return Ok(());
    }
    // As a text within the text: `print` and its like leave out the quotes of that too.
    let readably = p.readably;
    let quote = if readably { "\"" } else { "" };
    p.out.push_str(quote);
    match v.cast::<NamespaceObject>() {
        Some(n) => p.out.push_str(n.namespace.name),
        None if v.is::<FileName>() => to_str(p.out, v)?,
        None => {
            let mut text = String::new();
            match crate::native::types::own_text(v) {
                Some(own) => text.push_str(own?.as_str()),
                None => identity_str(&mut text, v)?,
            }
            if readably {
                text = text.replace('\\', "\\\\").replace('"', "\\\"");
            }
            p.out.push_str(&text);
        }
    }
    p.out.push_str(quote);
    p.out.push(']');
    Ok(())
}

/// `class: message`, of an ExceptionInfo also the data.
pub fn throwable_str(out: &mut String, t: Gc<Throwable>) -> Res<()> {
    out.push_str(t.class().name());
    if !t.message.is_nil() {
        out.push_str(": ");
        to_str(out, t.message)?;
    }
    if !t.data.is_nil() {
        out.push(' ');
        print_to(out, t.data, Style::Readable)?;
    }
    Ok(())
}

fn root_cause(t: Gc<Throwable>) -> Gc<Throwable> {
    let mut t = t;
    while let Some(c) = t.cause.cast::<Throwable>() {
        t = c;
    }
    t
}

/// As Clojure prints a Throwable: cause, data, the chain, the trace.
pub fn throwable(p: &mut Printer<'_>, t: Gc<Throwable>) -> Res<()> {
    let root = root_cause(t);
    p.out.push_str("#error {\n :cause ");
    p.print(root.message)?;
    if !root.data.is_nil() {
        p.out.push_str("\n :data ");
        p.print(root.data)?;
    }
    p.out.push_str("\n :via\n [");
    let mut link = Some(t);
    let mut first = true;
    while let Some(t) = link {
        if !first {
            p.out.push_str("\n  ");
        }
        first = false;
        let _ = write!(p.out, "{{:type {}\n   :message ", t.class().name());
        p.print(t.message)?;
        if !t.data.is_nil() {
            p.out.push_str("\n   :data ");
            p.print(t.data)?;
        }
        if let Some(&frame) = collect(t.trace.get())?.first() {
            p.out.push_str("\n   :at ");
            frame_text(p, frame);
        }
        p.out.push('}');
        link = t.cause.cast::<Throwable>();
    }
    p.out.push_str("]\n :trace\n [");
    for (i, frame) in collect(root.trace.get())?.iter().enumerate() {
        if i > 0 {
            p.out.push_str("\n  ");
        }
        frame_text(p, *frame);
    }
    p.out.push_str("]}");
    Ok(())
}

fn frame_text(p: &mut Printer<'_>, frame: Value) {
    if let Some(t) = frame.cast::<Text>() {
        let _ = write!(p.out, "[{}]", t.as_str());
    }
}
