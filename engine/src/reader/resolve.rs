//! What the reader must ask of the program it reads: the current namespace, its aliases, and what a symbol in a syntax
//! quote stands for. The answers change from form to form, so they are asked for when they are needed.

use super::Name;
use std::sync::atomic::{AtomicU64, Ordering};

pub trait Resolve {
    /// The name of the namespace that is being read into.
    fn current_ns(&self) -> Box<str>;

    /// The namespace that an alias stands for in the current namespace. A namespace's own name is no alias (`::clojure.core/k` is
    /// an error).
    fn alias(&self, alias: &str) -> Option<Box<str>>;

    /// A symbol of a syntax quote, qualified: what it refers to in the current namespace, else the current namespace's own.
    /// Special forms, `x#`, `.x`, `a.b` and `cpp/…` are never asked for.
    fn symbol(&self, ns: Option<&str>, name: &str) -> Name {
        match ns {
            Some(ns) => Name::qualified(self.alias(ns).unwrap_or_else(|| ns.into()), name),
            None => Name::qualified(self.current_ns(), name),
        }
    }

    /// A number for a generated symbol, never given twice in a process.
    fn next_id(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

/// The namespace `user` with no alias: what a reader without a program resolves against.
#[derive(Debug, Clone, Copy)]
pub struct Detached;

impl Resolve for Detached {
    fn current_ns(&self) -> Box<str> {
        "user".into()
    }

    fn alias(&self, _: &str) -> Option<Box<str>> {
        None
    }
}
