//! Namespaces `rung.host` (what `ns` forms and the analyzer expand to: headers, libraries, members looked up at run time)
//! and `rung` (tiers, events, metrics as data).

use crate::code::Function;
use crate::coll;
use crate::fault::{self, Class, Res, Throwable};
use crate::heap::GcVec;
use crate::host;
use crate::space::{self, Alias};
use crate::text::{Keyword, Symbol, Text};
use crate::value::Value;
use questions::{Diagnostic, RawDone};
use std::ops::ControlFlow;
use std::path::Path;

natives! { pub HOST "rung.host";
    "include" "[header & headers]" [(rest 1) include]
    "require-header" "[header options]" [(2) require_header]
    "refer-global" "[options]" [(1) refer_global]
    "link" "[library]" [(1) link]
    "with-headers" "[f]" [(1) with_headers]
    "construct" "[class-name & args]" [(rest 1) construct]
    "invoke-member" "[object name & args]" [(rest 2) invoke_member]
    "method-value" "[name]" [(1) method_value]
}

natives! { pub RUNG "rung";
    "tier" "[f]" [(1) tier]
    "events" "[]" [(0) events]
    "metrics" "[]" [(0) metrics]
    "invalidate!" "[f]" [(1) invalidate]
    "complete" "[text] [text class]" [(1) complete, (2) complete_member]
}

fn text_of(v: Value) -> Res<String> {
    if let Some(t) = v.cast::<Text>() {
        return Ok(t.as_str().to_owned());
    }
    match v.cast::<Symbol>() {
        Some(s) => Ok(s.full()),
        None => Err(fault::class_cast(v, "java.lang.String")),
    }
}

fn raise_all(all: Vec<Diagnostic>) -> fault::Thrown {
    let mut all = all.into_iter();
    match all.next() {
        Some(mut first) => {
            first.notes.extend(all.map(|d| questions::Note { text: d.message, span: d.spans.into_iter().next() }));
            fault::raise_diagnostic(Class::Compiler, &first)
        }
        None => fault::raise(Class::IllegalState, "the C++ side failed without a word"),
    }
}

/// Declares and runs what a header initialises, on this thread.
fn declared(done: Result<RawDone, Vec<Diagnostic>>) -> Res<()> {
    match done {
        Ok(done) => host::parts().cpp.run_inits(&done.inits),
        Err(all) => Err(raise_all(all)),
    }
}

/// Headers that are included meanwhile are read together at the end, or when something of them is asked for.
pub(crate) fn together<T>(f: impl FnOnce() -> Res<T>) -> Res<T> {
    host::parts().cpp.hold_headers();
    let done = f();
    let read = host::parts().cpp.read_headers();
    let done = done?;
    declared(read)?;
    Ok(done)
}

fn with_headers(f: Value) -> Res {
    together(|| crate::invoke::invoke(f, &[]))
}

/// `"my.h" ["SDL.h" :pkg-config "sdl2" :link "mine"]`
fn include(headers: &[Value]) -> Res {
    let from = space::load::current_file();
    together(|| {
        for &h in headers {
            let mut parts = GcVec::new();
            if coll::is_vector(h) {
                coll::each(h, &mut |part| {
                    parts.push(part);
                    Ok(ControlFlow::Continue(()))
                })?;
            } else {
                parts.push(h);
            }
            let Some((&name, options)) = parts.split_first() else { continue };
            if options.len() % 2 != 0 {
                return Err(fault::illegal_argument("the options of a header come in pairs"));
            }
            header(&text_of(name)?, &from, coll::map(options)?)?;
        }
        Ok(Value::NIL)
    })
}

/// Where it is found, what it wants before it, itself, and its libraries.
fn header(name: &str, from: &str, options: Value) -> Res<()> {
    each_text(option(options, "pkg-config")?, &mut |p| match host::parts().cpp.package(&p) {
        Ok(()) => Ok(()),
        Err(d) => Err(fault::raise_diagnostic(Class::Compiler, &d)),
    })?;
    each_text(option(options, "include")?, &mut |h| declared(host::parts().cpp.include(&h, from)))?;
    declared(host::parts().cpp.include(name, from))?;
    each_text(option(options, "link")?, &mut |l| link(Text::value(&l)).map(drop))
}

fn link(library: Value) -> Res {
    let given = text_of(library)?;
    // A path is relative to the source file, as a header's is; a bare name is the linker's business.
    let name = match given.contains('/') && !given.starts_with('/') {
        true => {
            let file = space::load::current_file();
            let dir = Path::new(&*file).parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
            dir.join(&given).to_string_lossy().into_owned()
        }
        false => given,
    };
    match host::parts().cpp.link(&name) {
        Ok(()) => Ok(Value::NIL),
        Err(d) => Err(fault::raise_diagnostic(Class::Compiler, &d)),
    }
}

/// A string or symbol, or a collection of them.
fn each_text(v: Value, f: &mut dyn FnMut(String) -> Res<()>) -> Res<()> {
    if v.is_nil() {
        return Ok(());
    }
    if v.is::<Text>() || v.is::<Symbol>() {
        return f(text_of(v)?);
    }
    coll::each(v, &mut |x| {
        f(text_of(x)?)?;
        Ok(ControlFlow::Continue(()))
    })
}

fn option(options: Value, name: &str) -> Res {
    if options.is_nil() { Ok(Value::NIL) } else { coll::get(options, Keyword::intern(None, name).value(), Value::NIL) }
}

/// `["imgui.h" :as imgui :scope "ImGui" :link "imgui" :pkg-config "imgui" :refer [Text] :rename {Text T}]`.
fn require_header(name: Value, options: Value) -> Res {
    let header = text_of(name)?;
    let from = space::load::current_file();
    self::header(&header, &from, options)?;
    let scope = match option(options, "scope")? {
        Value::NIL => default_scope(&header),
        v => text_of(v)?,
    };
    let ns = space::current();
    let qualified = |name: &str| match scope.is_empty() {
        true => name.replace('.', "::"),
        false => format!("{}::{}", scope.replace('.', "::"), name.replace('.', "::")),
    };
    if let Some(alias) = option(options, "as")?.cast::<Symbol>() {
        let alias = alias.full();
        ns.aliases.write().insert(alias, Alias::Cpp { scope: scope.clone(), header: header.clone() });
    }
    let rename = option(options, "rename")?;
    each_text(option(options, "refer")?, &mut |name| refer(ns, &name, &qualified(&name), rename))?;
    Ok(Value::NIL)
}

/// The path with dots and without extension.
fn default_scope(header: &str) -> String {
    let header = header.trim_start_matches("./");
    let stem = header.rsplit_once('.').filter(|(_, e)| !e.contains('/')).map_or(header, |p| p.0);
    stem.replace('/', ".")
}

/// `(:refer-global :only [std.string] :rename {std.string S})`.
fn refer_global(options: Value) -> Res {
    let rename = option(options, "rename")?;
    let ns = space::current();
    each_text(option(options, "only")?, &mut |name| refer(ns, &name, &name.replace('.', "::"), rename))?;
    Ok(Value::NIL)
}

fn refer(ns: &'static space::Namespace, name: &str, full: &str, rename: Value) -> Res<()> {
    let mut short = name.to_owned();
    if !rename.is_nil() {
        let to = coll::get(rename, Symbol::parse(name).value(), Value::NIL)?;
        if !to.is_nil() {
            short = text_of(to)?;
        }
    }
    ns.cpp_names.write().insert(short, full.to_owned());
    Ok(())
}

/// `(Exception. "message" cause)` and its like.
fn construct(args: &[Value]) -> Res {
    let name = text_of(args[0])?;
    if let Some(made) = super::member::construct(&name, &args[1..]) {
        return made;
    }
    let Some(class) = Class::named(&name) else {
        return Err(fault::illegal_argument(format!("cannot make a {name}")));
    };
    let (message, cause) = match args[1..] {
        [] => (Value::NIL, Value::NIL),
        [m] if m.is::<Throwable>() => (Value::NIL, m),
        [m] => (m, Value::NIL),
        [m, c] => (m, c),
        _ => return Err(fault::illegal_argument(format!("No matching ctor found for class {}", class.name()))),
    };
    if !message.is_nil() && !message.is::<Text>() {
        return Err(fault::class_cast(message, "java.lang.String"));
    }
    Ok(Throwable::alloc(class, message, cause, Value::NIL).value())
}

/// C++ is asked for members before anything runs, by types that are known then; that of what is in a box is not.
#[cold]
fn member_of_box(name: &str, ty: &crate::cppbox::BoxType) -> fault::Thrown {
    let display = &*ty.display;
    let text = display.strip_suffix('*').unwrap_or(display);
    let message = format!("{name} of a box of {display}: its C++ type was not known when the call was analyzed");
    let d = questions::Diagnostic::new(questions::Phase::Run, "cpp/member", message)
        .help(format!("unbox it: (.{name} (cpp/unbox (:* (cpp/type \"{text}\")) x))"));
    fault::raise_diagnostic(Class::IllegalArgument, &d)
}

/// Members that programs use on the language's own objects.
fn invoke_member(args: &[Value]) -> Res {
    let (object, name) = (args[0], text_of(args[1])?);
    let name = name.trim_start_matches('-');
    if object.is_nil() {
        let message = format!("Cannot invoke \"{name}\" because the object is null");
        return Err(fault::raise(Class::NullPointer, message));
    }
    if let Some(e) = object.cast::<Throwable>() {
        match name {
            "getMessage" | "getLocalizedMessage" => return Ok(e.message),
            "getCause" => return Ok(e.cause),
            "getData" => return Ok(e.data),
            _ => (),
        }
    }
    if let Some(r) = super::types::member(object, name, &args[2..]) {
        return r;
    }
    let mut call = GcVec::new();
    call.push(object);
    call.extend_from_slice(&args[2..]);
    match super::member(object, name) {
        Some(f) => f(&call),
        None => {
            if let Some(b) = object.cast::<crate::cppbox::CppBox>() {
                return Err(member_of_box(name, b.ty));
            }
            let message = format!(
                "No matching method {name} found taking {} args for class {}",
                args.len() - 2,
                crate::class_name(object)
            );
            Err(fault::illegal_argument(message))
        }
    }
}

/// A function that calls the method on its first argument.
fn method_value(name: Value) -> Res {
    Ok(crate::closure!([name] "method",
    (1) |c: super::Captures, a: Value| invoke_member(&[a, c.get(0)]),
    (2) |c: super::Captures, a: Value, b: Value| invoke_member(&[a, c.get(0), b]),
    (more) |c: super::Captures, args: &[Value]| {
        let mut all = GcVec::new();
        all.push(args[0]);
        all.push(c.get(0));
        all.extend_from_slice(&args[1..]);
        invoke_member(&all)
    }))
}

fn function_of(f: Value) -> Res<&'static crate::code::Code> {
    let f = match f.cast::<space::Var>() {
        Some(var) => var.deref()?,
        None => f,
    };
    match f.cast::<Function>() {
        Some(f) => Ok(f.code),
        None => Err(fault::class_cast(f, "clojure.lang.Fn")),
    }
}

fn tier(f: Value) -> Res {
    Ok(Value::int(host::parts().tiers.tier(function_of(f)?) as i32))
}

fn invalidate(f: Value) -> Res {
    host::parts().tiers.invalidate(function_of(f)?, "asked for");
    Ok(Value::NIL)
}

/// `(rung/complete "cpp/std.vec")`: names as data.
fn complete(text: Value) -> Res {
    completions(&text_of(text)?, None)
}

/// `(rung/complete ".pu" "std::vector<int>")`: members of a class, which a text, a symbol or an object in a box says.
fn complete_member(text: Value, class: Value) -> Res {
    let class = match class.cast::<crate::cppbox::CppBox>() {
        Some(object) => object.ty.pointee.to_string(),
        None => text_of(class)?,
    };
    completions(&text_of(text)?, Some(&class.replace('.', "::")))
}

fn completions(text: &str, class: Option<&str>) -> Res {
    let found = space::complete::complete(text, class);
    data(&serde_json::to_string(&found).unwrap_or_default())
}

fn events() -> Res {
    data(&host::parts().tiers.events_json())
}

fn metrics() -> Res {
    data(&host::parts().tiers.metrics_json())
}

fn data(json: &str) -> Res {
    match serde_json::from_str(json) {
        Ok(v) => value(&v),
        Err(e) => Err(fault::raise(Class::IllegalState, format!("not JSON: {e}"))),
    }
}

/// JSON as data: objects with keyword keys, arrays as vectors.
fn value(json: &serde_json::Value) -> Res {
    use serde_json::Value as J;
    Ok(match json {
        J::Null => Value::NIL,
        J::Bool(b) => Value::bool(*b),
        J::Number(n) => match n.as_i64() {
            Some(i) => Value::long(i),
            None => Value::double(n.as_f64().unwrap_or(f64::NAN)),
        },
        J::String(s) => Text::value(s),
        J::Array(items) => {
            let mut all = GcVec::new();
            for i in items {
                all.push(value(i)?);
            }
            coll::vector(&all)
        }
        J::Object(fields) => {
            let mut all = GcVec::new();
            for (k, v) in fields {
                all.push(Keyword::intern(None, k).value());
                all.push(value(v)?);
            }
            coll::map(&all)?
        }
    })
}
