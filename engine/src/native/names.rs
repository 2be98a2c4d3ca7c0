//! What clojure.repl and file functions ask: public names, sources, folders.

use super::string::text;
use crate::fault::{self, Res};
use crate::heap::GcVec;
use crate::space::{self, NamespaceObject, Var, VarFlag, library, resolve};
use crate::text::{Keyword, Symbol, Text};
use crate::value::Value;
use crate::{coll, reader};

natives! { pub HOST "rung.host";
    "public-names" "[ns]" [(1) public_names]
    "library-namespaces" "[]" [(0) library_namespaces]
    "source-of" "[var]" [(1) source_of]
    "demunge" "[name]" [(1) demunge]
}

/// Nothing is made: names of the library are known from its index.
fn public_names(v: Value) -> Res {
    let Some(n) = v.cast::<NamespaceObject>() else { return Err(fault::class_cast(v, "clojure.lang.Namespace")) };
    let mut all = GcVec::new();
    for name in resolve::own_names(n.namespace) {
        let symbol = Symbol::intern(None, &name);
        if n.namespace.mapping(symbol).is_none_or(|v| !v.has(VarFlag::Private)) {
            all.push(symbol.value());
        }
    }
    Ok(coll::list(&all))
}

fn library_namespaces() -> Res {
    let mut names: Vec<&str> = super::namespaces().chain(library::namespaces()).collect();
    names.sort_unstable();
    names.dedup();
    // The engine's own and the JVM's classes are no namespaces of the language.
    let all: GcVec =
        names.into_iter().filter(|n| n.starts_with("clojure.")).map(|n| Symbol::intern(None, n).value()).collect();
    Ok(coll::list(&all))
}

/// The text of a definition: the library's, or from the file that the var's metadata names.
fn source_of(v: Value) -> Res {
    let Some(var) = v.cast::<Var>() else { return Err(fault::class_cast(v, "clojure.lang.Var")) };
    if let Some(found) = library::find(&var.ns_str(), &var.name_str()) {
        return Ok(Text::value(found.text));
    }
    let meta = coll::meta(v);
    let get = |k: &str| coll::get(meta, Keyword::intern(None, k).value(), Value::NIL);
    let (Some(file), Some(line)) = (get("file")?.cast::<Text>(), get("line")?.as_long()) else { return Ok(Value::NIL) };
    let Ok(all) = std::fs::read_to_string(file.as_str()) else { return Ok(Value::NIL) };
    let start: usize = all.split_inclusive('\n').take(line.max(1) as usize - 1).map(str::len).sum();
    let rest = &all[start.min(all.len())..];
    let mut forms = reader::Reader::new(rest, file.as_str(), space::load::options(file.as_str()));
    match forms.next() {
        Ok(Some(_)) => Ok(Text::value(rest[..forms.offset()].trim())),
        _ => Ok(Value::NIL),
    }
}

fn demunge(v: Value) -> Res {
    let name = text(v)?;
    let mut s = name.as_str().replace('$', "/");
    for c in "-:+><=~!@#'\"%^&*|{}[]/\\?".chars().filter(|c| *c != '-') {
        let munged = crate::print::munge_name(&c.to_string());
        if munged.len() > 1 {
            s = s.replace(&munged, &c.to_string());
        }
    }
    Ok(Text::value(&s.replace('_', "-")))
}
