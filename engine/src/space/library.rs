//! The part of the library that is written in Clojure: `.clj` files embedded with an index of their definitions, so that a
//! name costs nothing until it is resolved. `resolve` evaluates a definition at its first use, in its namespace; hence
//! definitions do not depend on their order, and use full names for what is not of clojure.core.

use crate::table::HashMap;
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
    file: &'static str,
    definitions: &'static [Definition],
}

include!(concat!(env!("OUT_DIR"), "/library.rs"));

/// What stands where: the text of a definition, its file, the line it begins on.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub text: &'static str,
    pub file: &'static str,
    pub line: u32,
}

type Index = HashMap<(&'static str, &'static str), Found>;

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let found = |s: &Source, d: &Definition| Found { text: d.text, file: s.file, line: d.line };
        SOURCES.iter().flat_map(|s| s.definitions.iter().map(move |d| ((s.ns, d.name), found(s, d)))).collect()
    })
}

/// The definition of a name.
pub fn find(ns: &str, name: &str) -> Option<Found> {
    index().get(&(ns, name)).copied()
}

/// Is a part of the namespace written in Clojure?
pub fn has(ns: &str) -> bool {
    SOURCES.iter().any(|s| s.ns == ns)
}

/// The namespaces that are, or of which a part is.
pub fn namespaces() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|s| s.ns)
}

/// The names that are written in Clojure.
pub fn names(ns: &str) -> impl Iterator<Item = &'static str> {
    SOURCES.iter().filter(move |s| s.ns == ns).flat_map(|s| s.definitions.iter().map(|d| d.name))
}
