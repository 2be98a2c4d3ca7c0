//! The part of the library that is written in Clojure: `.clj` files embedded with an index of their definitions, so that a
//! name costs nothing until it is resolved. `resolve` evaluates a definition at its first use, in its namespace; hence
//! definitions do not depend on their order, and use full names for what is not of clojure.core.

use std::collections::HashMap;
use std::sync::OnceLock;

/// One definition: what it defines, the line it begins on, its text. Forms that belong to it follow it in the text.
struct Definition {
    name: &'static str,
    line: u32,
    text: &'static str,
}

/// An embedded file.
struct Source {
    ns: &'static str,
    definitions: &'static [Definition],
}

include!(concat!(env!("OUT_DIR"), "/library.rs"));

type Index = HashMap<&'static str, HashMap<&'static str, &'static Definition>>;

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| SOURCES.iter().map(|s| (s.ns, s.definitions.iter().map(|d| (d.name, d)).collect())).collect())
}

/// The definition of a name, and its line.
pub fn find(ns: &str, name: &str) -> Option<(&'static str, u32)> {
    index().get(ns)?.get(name).map(|d| (d.text, d.line))
}

/// Is a part of the namespace written in Clojure?
pub fn has(ns: &str) -> bool {
    SOURCES.iter().any(|s| s.ns == ns)
}

/// The names that are written in Clojure.
pub fn names(ns: &str) -> impl Iterator<Item = &'static str> {
    SOURCES.iter().filter(move |s| s.ns == ns).flat_map(|s| s.definitions.iter().map(|d| d.name))
}
