//! Evaluating: a form, a text, a file. One top-level form after another, so that each sees what the one before did; a
//! top-level `do` is unrolled.

use super::resolve;
use super::{Namespace, binding, current};
use crate::analyze::{self, Results};
use crate::clock;
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::reader::value::{Maker, PlaceTable};
use crate::reader::{self, Conditionals, Name, Options, ReadEval, Reader, Resolve, Syntax};
use crate::text::Symbol;
use crate::value::Value;
use std::cell::RefCell;

thread_local! {
    /// The file being loaded, as programs named it.
    static FILE: RefCell<Box<str>> = RefCell::new("NO_SOURCE_PATH".into());
}

/// The file being loaded by this thread; relative C++ headers are sought beside it.
pub fn current_file() -> Box<str> {
    FILE.with(|f| f.borrow().clone())
}

/// The names a reader must know, as the current namespace sees them.
pub struct NamespaceNames;

impl Resolve for NamespaceNames {
    fn current_ns(&self) -> Box<str> {
        current().name.into()
    }
    fn alias(&self, alias: &str) -> Option<Box<str>> {
        resolve::namespace(current(), alias).map(|n| n.name.into())
    }
    fn symbol(&self, ns: Option<&str>, name: &str) -> Name {
        qualify(current(), ns, name)
    }
}

fn qualify(here: &'static Namespace, ns: Option<&str>, name: &str) -> Name {
    // Where a name is defined, without making it: a macro of the library names others, and itself.
    if let Some((ns, name)) = resolve::home(here, Symbol::intern(ns, name)) {
        return Name::qualified(ns, name);
    }
    if ns.is_none() {
        if let Some(ty) = here.classes.read().get(name.strip_suffix('.').unwrap_or(name)) {
            let dot = if name.ends_with('.') { "." } else { "" };
            return Name::plain(format!("{}{dot}", ty.name()));
        }
    }
    match ns {
        Some(part) => Name::qualified(resolve::namespace(here, part).map_or(part, |n| n.name), name),
        None if crate::native::class_constant(name).is_some() => {
            // Classes of java.lang are imported everywhere, so a syntax quote names them in full.
            let full = crate::native::class::full_name(name).filter(|f| f.starts_with("java.lang."));
            Name::plain(full.unwrap_or(name))
        }
        None => Name::qualified(here.name, name),
    }
}

/// Default handling of a tagged literal: `#inst`, `#uuid`, `#cpp`, then `*data-readers*`.
pub fn tagged(tag: &str, v: Value) -> Res {
    if tag == "cpp" {
        let dsl = Symbol::intern(Some("cpp"), "dsl").value();
        return Ok(coll::list(&[dsl, v]));
    }
    crate::native::data_reader(tag, v)
}

/// How program text is read.
pub fn options<'a>(file: &str) -> Options<'a> {
    Options {
        syntax: Syntax::Program,
        features: if file.ends_with(".jank") { &["rung", "jank"] } else { &["rung"] },
        conditionals: Conditionals::Allow,
        read_eval: if super::special::READ_EVAL.get().truthy() { ReadEval::Allow } else { ReadEval::Refuse },
        resolver: Some(&NamespaceNames),
        stack_limit: crate::thread::Thread::current().native_limit(),
    }
}

/// Reads and evaluates every form of a text; the value of the last. `line` is where the text begins in its file.
pub fn eval_text(text: &str, file: &str, line: u32) -> Res {
    let mut last = Value::NIL;
    eval_each(text, file, line, &mut |v| {
        last = v;
        Ok(())
    })?;
    Ok(last)
}

/// Reads and evaluates form after form, giving each value to `f`.
pub fn eval_each(text: &str, file: &str, line: u32, f: &mut dyn FnMut(Value) -> Res<()>) -> Res<()> {
    each_form(text, file, line, Results::Wanted, f)
}

fn each_form(text: &str, file: &str, line: u32, results: Results, f: &mut dyn FnMut(Value) -> Res<()>) -> Res<()> {
    let _file = FileScope::enter(file);
    let mut reader = Reader::starting_at(text, file, options(file), line, 1);
    loop {
        let form = match reader.next() {
            Ok(Some(form)) => form,
            Ok(None) => return Ok(()),
            Err(d) => return Err(fault::raise_diagnostic(Class::Reader, &d)),
        };
        let v = read_form(&form, file, results)?;
        f(v)?;
    }
}

/// Evaluates one form that was read, its places known.
pub fn eval_form(form: &reader::Form, file: &str) -> Res {
    read_form(form, file, Results::Wanted)
}

fn read_form(form: &reader::Form, file: &str, results: Results) -> Res {
    let mut places = PlaceTable::default();
    let v = maker(Some(&mut places)).value(form)?;
    eval_with(v, &places, file, form.span, results)
}

/// A maker of values with the language's own handling of tags, patterns and conditionals.
pub fn maker(places: Option<&mut PlaceTable>) -> Maker<'_> {
    Maker {
        places,
        marked: true,
        data_reader: &tagged,
        regex: &crate::native::regex,
        conditional: &crate::native::reader_conditional,
    }
}

/// The forms of a text as a list, nothing evaluated.
pub fn read_all(text: &str) -> Res {
    let mut reader = Reader::new(text, "NO_SOURCE_PATH", options("NO_SOURCE_PATH"));
    let mut all = crate::heap::GcVec::new();
    loop {
        match reader.next() {
            Ok(Some(form)) => all.push(maker(None).value(&form)?),
            Ok(None) => return Ok(coll::list(&all)),
            Err(d) => return Err(fault::raise_diagnostic(Class::Reader, &d)),
        }
    }
}

/// Evaluates a value as a form: `eval`.
pub fn eval(form: Value) -> Res {
    eval_with(form, &PlaceTable::default(), &current_file(), reader::Place::default(), Results::Wanted)
}

fn eval_with(form: Value, places: &PlaceTable, file: &str, place: reader::Place, results: Results) -> Res {
    if fault::was_exhausted() {
        crate::thread::Thread::current().forget_what_was();
    }
    crate::thread::check()?;
    crate::thread::ready_malloc();
    let expanded = analyze::macroexpand_top(form, places, file, place)?;
    if analyze::is_do(expanded) {
        let mut last = Value::NIL;
        coll::each(coll::rest(expanded)?, &mut |sub| {
            last = eval_with(sub, places, file, places.of(sub).unwrap_or(place), results)?;
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        return Ok(last);
    }
    let unit = clock::timed(clock::Part::Analysis, || analyze::analyze(expanded, places, file, place, results))?;
    unit.run()
}

/// Loads a file; the value of its last form, nil where that is a C++ object.
///
/// # Errors
/// FileNotFoundException; what its forms raise.
pub fn load_file(path: &str) -> Res {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let mut last = Value::NIL;
            let named = crate::text::Text::value(path);
            binding::push(&[super::special::FILE.var().value(), named])?;
            let done = each_form(&text, path, 1, Results::Dropped, &mut |v| {
                last = v;
                Ok(())
            });
            binding::pop();
            done?;
            Ok(last)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Err(fault::raise(Class::FileNotFound, format!("{path} (No such file or directory)")))
        }
        Err(e) => Err(fault::raise(Class::Io, format!("{path} ({e})"))),
    }
}

/// While it lives, the thread loads this file.
pub struct FileScope(Box<str>);
impl FileScope {
    pub fn enter(file: &str) -> FileScope {
        FileScope(FILE.with(|f| f.replace(file.into())))
    }
}
impl Drop for FileScope {
    fn drop(&mut self) {
        FILE.with(|f| *f.borrow_mut() = std::mem::take(&mut self.0));
    }
}
