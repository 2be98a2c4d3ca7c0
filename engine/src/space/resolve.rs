//! What a symbol names, and how a name of the library comes to be: looked up in the tables of natives and in the index of
//! the Clojure sources, and made at its first use.

use super::namespace::{Alias, Namespace};
use super::var::{Var, VarFlag};
use super::{binding, find, find_or_create, library, ns_var, special};
use crate::coll;
use crate::fault::Res;
use crate::heap::{Gc, GcVec};
use crate::native;
use crate::text::{Keyword, Symbol};
use crate::value::Value;
use parking_lot::ReentrantMutex;

/// One thread at a time makes library definitions; making one may make others.
static MAKING: ReentrantMutex<()> = ReentrantMutex::new(());

/// The namespace that a symbol's namespace part means from `ns`.
pub fn namespace(ns: &'static Namespace, part: &str) -> Option<&'static Namespace> {
    match ns.aliases.read().get(part) {
        Some(Alias::Namespace(name)) => return find(name),
        Some(Alias::Cpp { .. }) => return None,
        None => (),
    }
    let part = native::statics(part);
    find(part).or_else(|| is_library(part).then(|| find_or_create(part)))
}

/// Does the library have names in a namespace that has not been made yet?
pub fn is_library(ns: &str) -> bool {
    native::names(ns).next().is_some() || library::has(ns)
}

/// The var that a symbol names from `ns`, made from the library where it is not there yet.
///
/// # Errors
/// What evaluating a library definition raises, which would be a fault of ours.
pub fn var(ns: &'static Namespace, symbol: Gc<Symbol>) -> Res<Option<Gc<Var>>> {
    if let Some(part) = symbol.ns_str() {
        return match namespace(ns, part) {
            Some(target) => own(target, Symbol::intern(None, symbol.name_str())),
            None => Ok(None),
        };
    }
    if let Some(v) = ns.mapping(symbol) {
        return Ok(Some(v));
    }
    if let Some(v) = own(ns, symbol)? {
        return Ok(Some(v));
    }
    let name = symbol.name_str();
    if ns.sees_core(name) { own(find_or_create("clojure.core"), symbol) } else { Ok(None) }
}

/// The namespace and name of the var that a symbol names from `ns`; nothing is made.
pub fn home(ns: &'static Namespace, symbol: Gc<Symbol>) -> Option<(String, String)> {
    let name = symbol.name_str();
    if let Some(part) = symbol.ns_str() {
        return home_in(namespace(ns, part)?, name);
    }
    home_in(ns, name).or_else(|| if ns.sees_core(name) { home_in(find_or_create("clojure.core"), name) } else { None })
}

fn home_in(ns: &'static Namespace, name: &str) -> Option<(String, String)> {
    if let Some(v) = ns.mapping(Symbol::intern(None, name)) {
        return Some((v.ns_str(), v.name_str()));
    }
    let special = ns.name == "clojure.core" && special::names().any(|n| n == name);
    let known = special || native::find(ns.name, name).is_some() || library::find(ns.name, name).is_some();
    known.then(|| (ns.name.to_owned(), name.to_owned()))
}

/// A namespace's own var, or a library definition of that name in it.
pub fn own(ns: &'static Namespace, name: Gc<Symbol>) -> Res<Option<Gc<Var>>> {
    match ns.mapping(name) {
        Some(v) => {
            // Without a root: declared, or on its way in another thread, for which this waits.
            if v.root() == Value::UNBOUND && is_library(ns.name) {
                drop(MAKING.lock());
            }
            Ok(Some(v))
        }
        None => materialise(ns, name),
    }
}

fn materialise(ns: &'static Namespace, symbol: Gc<Symbol>) -> Res<Option<Gc<Var>>> {
    let name = symbol.name_str();
    let _one = MAKING.lock();
    if let Some(v) = ns.mapping(symbol) {
        return Ok(Some(v));
    }
    if ns.name == "clojure.core" {
        if let Some(v) = special::find(name) {
            return Ok(Some(v));
        }
    }
    if let Some(row) = native::find(ns.name, name) {
        let f = row.materialise(ns.name);
        let v = ns.intern(symbol);
        v.set_flag(VarFlag::Library, true);
        v.set_flag(VarFlag::Macro, native::is_macro(ns.name, name));
        v.set_root(f.value());
        return Ok(Some(v));
    }
    let Some(found) = library::find(ns.name, name) else { return Ok(None) };
    let bound = [ns_var().value(), ns.object()];
    binding::push(&bound)?;
    let done = super::load::eval_text(found.text, found.file, found.line);
    binding::pop();
    if let Err(e) = done {
        // Whoever asks again is told again, and does not find a var without a root.
        if ns.mapping(symbol).is_some_and(|v| v.root() == Value::UNBOUND) {
            ns.unmap(symbol);
        }
        return Err(e);
    }
    let made = ns.mapping(symbol);
    if let Some(v) = made {
        v.set_flag(VarFlag::Library, true);
    }
    Ok(made)
}

/// A var of clojure.core that the engine itself needs.
pub fn core(name: &str) -> Res<Value> {
    match own(find_or_create("clojure.core"), Symbol::intern(None, name))? {
        Some(v) => Ok(v.root()),
        None => Err(crate::fault::raise(crate::fault::Class::IllegalState, format!("clojure.core/{name} is missing"))),
    }
}

/// Names of the library's part of a namespace, made or not.
pub fn library_names(ns: &str) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = native::names(ns).chain(library::names(ns)).collect();
    if ns == "clojure.core" {
        all.extend(special::names());
    }
    all
}

/// Makes all of the library's part of a namespace: for `ns-publics` and its like.
pub fn make_all(ns: &'static Namespace) -> Res<()> {
    for name in library_names(ns.name) {
        own(ns, Symbol::intern(None, name))?;
    }
    Ok(())
}

/// The names that a namespace defines, made or not.
pub fn own_names(ns: &'static Namespace) -> Vec<String> {
    let mut all: Vec<String> = library_names(ns.name).into_iter().map(str::to_owned).collect();
    ns.each(|name, v| {
        if let Some(s) = name.cast::<Symbol>().filter(|_| v.ns == ns.symbol()) {
            all.push(s.name_str().to_owned());
        }
    });
    all.sort();
    all.dedup();
    all
}

/// Metadata of a var whose function is written in Rust: name, namespace, argument lists; nil for others.
pub fn native_meta(var: Gc<Var>) -> Value {
    if !var.has(VarFlag::Library) {
        return Value::NIL;
    }
    let (ns, name) = (var.ns_str(), var.name_str());
    let Some(row) = native::find(&ns, &name) else { return Value::NIL };
    let key = |k: &str| Keyword::intern(None, k).value();
    let made = (|| -> Res {
        let lists = super::load::read_all(row.arglists)?;
        let mut pairs =
            vec_of([key("arglists"), lists, key("name"), var.name, key("ns"), find_or_create(&ns).object()]);
        if var.has(VarFlag::Macro) {
            pairs.push(key("macro"));
            pairs.push(Value::TRUE);
        }
        if let Some(doc) = native::doc(&ns, &name) {
            pairs.push(key("doc"));
            pairs.push(crate::text::Text::value(doc));
        }
        coll::map(&pairs)
    })();
    match made {
        Ok(meta) => {
            var.set_meta(meta);
            meta
        }
        Err(_) => {
            let _ = crate::thread::Thread::current().take_pending();
            Value::NIL
        }
    }
}

fn vec_of<const N: usize>(items: [Value; N]) -> GcVec {
    items.into_iter().collect()
}
