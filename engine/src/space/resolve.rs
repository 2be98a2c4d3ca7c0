//! What a symbol names, and how a name of the library comes to be: looked up in the tables of natives and in the index of
//! the Clojure sources, and made at its first use.

use super::namespace::{Alias, Namespace};
use super::var::{Var, VarFlag};
use super::{binding, find, find_or_create, library, ns_var};
use crate::fault::Res;
use crate::heap::Gc;
use crate::native;
use crate::text::Symbol;
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
    let hidden = ns.core_excluded.read().iter().any(|n| n == name)
        || ns.core_only.read().as_ref().is_some_and(|only| !only.iter().any(|n| n == name));
    if hidden { Ok(None) } else { own(find_or_create("clojure.core"), symbol) }
}

/// A namespace's own var, or a library definition of that name in it.
pub fn own(ns: &'static Namespace, name: Gc<Symbol>) -> Res<Option<Gc<Var>>> {
    match ns.mapping(name) {
        Some(v) => Ok(Some(v)),
        None => materialise(ns, name),
    }
}

fn materialise(ns: &'static Namespace, symbol: Gc<Symbol>) -> Res<Option<Gc<Var>>> {
    let name = symbol.name_str();
    let _one = MAKING.lock();
    if let Some(v) = ns.mapping(symbol) {
        return Ok(Some(v));
    }
    if let Some(row) = native::find(ns.name, name) {
        let f = row.materialise(ns.name);
        let v = ns.intern(symbol);
        v.set_flag(VarFlag::Library, true);
        v.set_root(f.value());
        return Ok(Some(v));
    }
    let Some((text, line)) = library::find(ns.name, name) else { return Ok(None) };
    let bound = [ns_var().value(), ns.object()];
    binding::push(&bound)?;
    let file = format!("{}.clj", ns.name.replace('.', "/").replace('-', "_"));
    let done = super::load::eval_text(text, &file, line);
    binding::pop();
    done?;
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
