//! Small C++ functions made on demand, one a type: matchers of exceptions, converters, makers of callbacks. They are
//! text through the session, kept by kind and type, no part of the environment key.

use crate::guard;
use crate::session::Session;
use engine::table::DashMap;
use questions::{CppType, Diagnostic};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Match,
    ToValue,
    FromValue,
    Upcast,
    Range,
    Invoke,
    View,
}

/// What a generated text needs to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    None,
    /// `rung/rung.hpp`, and the table behind it.
    Rung,
}

#[derive(Default)]
pub(crate) struct Generated {
    made: DashMap<(Kind, Box<str>, u32), Result<u64, Diagnostic>>,
    number: AtomicU64,
}

impl Generated {
    /// The function of this kind for the type; `text(name, T)` writes it. Kept only where it could be made, or where `kind`
    /// is asked again and again (matchers, casts): a failed conversion may be mended by a specialisation.
    fn get(
        &self,
        session: &Session,
        kind: Kind,
        ty: &str,
        version: u32,
        text: impl FnOnce(&str, &str) -> String,
    ) -> Result<u64, Diagnostic> {
        let key = (kind, Box::from(ty), version);
        if let Some(found) = self.made.get(&key) {
            return found.clone();
        }
        let name = self.name();
        let headers = if matches!(kind, Kind::Match | Kind::Upcast) { Headers::None } else { Headers::Rung };
        let made = self.define(session, &name, &text(&name, &spelled(ty)), headers);
        if made.is_ok() || matches!(kind, Kind::Match | Kind::Upcast | Kind::View | Kind::Invoke) {
            self.made.insert(key, made.clone());
        }
        made
    }

    pub(crate) fn name(&self) -> String {
        format!("rung_generated_{}", self.number.fetch_add(1, Ordering::Relaxed))
    }

    /// Declares `text` and gives the address of its function `name`.
    pub(crate) fn define(
        &self,
        session: &Session,
        name: &str,
        text: &str,
        headers: Headers,
    ) -> Result<u64, Diagnostic> {
        let done = session.raw_internal(text, headers)?;
        guard::run_inits_or_diagnostic(&done.inits)?;
        session.lookup(name)
    }

    /// Takes what rethrows, a `std::exception_ptr` and a place for a pointer: the address of the object that a handler of
    /// the type binds.
    pub(crate) fn matcher(&self, session: &Session, ty: &CppType) -> Option<u64> {
        let by_value = !ty.target.is_empty() && ty.kind != questions::TypeKind::Reference;
        self.get(session, Kind::Match, &ty.name, ty.version, |name, t| {
            // A pointer is caught by value: a handler that takes a reference to it binds a temporary.
            let handler = if by_value {
                "catch (T e) { *(T *)scratch = e; return scratch; }"
            } else {
                "catch (T &e) { return (void *)&e; }"
            };
            format!(
                "extern \"C\" void *{name}(void (*rethrow)(const void *), const void *p, void *scratch) {{ using T = {t};\n\
                 try {{ rethrow(p); }} {handler} catch (...) {{ }} return nullptr; }}\n"
            )
        })
        .ok()
    }

    /// Reads an object, stores a word.
    pub(crate) fn to_value(&self, session: &Session, ty: &CppType) -> Result<u64, Diagnostic> {
        self.get(session, Kind::ToValue, &ty.name, ty.version, |name, t| {
            format!(
                "extern \"C\" void {name}(const void *from, void *to) {{ using T = {t};\n\
                 *(rung::word *)to = rung::convert<T>::to_value(*(const T *)from); }}\n"
            )
        })
    }

    /// Reads a word, constructs an object.
    pub(crate) fn from_value(&self, session: &Session, ty: &CppType) -> Result<u64, Diagnostic> {
        self.get(session, Kind::FromValue, &ty.name, ty.version, |name, t| {
            format!(
                "extern \"C\" void {name}(const void *from, void *to) {{ using T = {t};\n\
                 new (to) T(rung::taken<T>(*(const rung::word *)from)); }}\n"
            )
        })
    }

    /// Reads a range, stores a vector of its elements.
    pub(crate) fn range(&self, session: &Session, ty: &str, version: u32) -> Result<u64, Diagnostic> {
        self.get(session, Kind::Range, ty, version, |name, t| {
            format!(
                "extern \"C\" void {name}(const void *from, void *to) {{ using T = {t};\n\
                 static_assert(rung::is_range<T>, \"this type has no begin() and end()\");\n\
                 *(rung::word *)to = rung::elements(*(T *)from); }}\n"
            )
        })
    }

    /// Reads a callable, its arguments and their number, stores what it answers.
    pub(crate) fn invoke(&self, session: &Session, ty: &str, version: u32) -> Result<u64, Diagnostic> {
        self.get(session, Kind::Invoke, ty, version, |name, t| {
            format!(
                "extern \"C\" void {name}(const void *from, void *to) {{ using T = {t};\n\
                 *(rung::word *)to = rung::invoked<T>(*(const rung::invocation *)from); }}\n"
            )
        })
    }

    /// Reads an object of type `from`, constructs a `to` that sees it; an error where C++ does not convert by itself.
    pub(crate) fn view(&self, session: &Session, from: &str, to: &CppType) -> Result<u64, Diagnostic> {
        let key = format!("{from} → {}", to.name);
        let (from, to) = (spelled(from), spelled(&to.name));
        self.get(session, Kind::View, &key, 0, |name, _| {
            format!(
                "extern \"C\" void {name}(const void *from, void *to) {{ using F = {from}; using T = {to};\n\
                 T made = *(F *)from; ::new (to) T(made); }}\n"
            )
        })
    }

    /// Reads a pointer of type `from *`, stores it as a `to *`; an error where C++ does not convert by itself.
    /// The names come with their versions, which are the newest.
    pub(crate) fn upcast(&self, session: &Session, from: (&str, u32), to: (&str, u32)) -> Result<u64, Diagnostic> {
        let key = format!("{} {} → {} {}", from.0, from.1, to.0, to.1);
        let (from, to) = (spelled(from.0), spelled(to.0));
        self.get(session, Kind::Upcast, &key, 0, |name, _| {
            format!(
                "extern \"C\" void {name}(const void *from, void *to) {{ using F = {from}; using T = {to};\n\
                 *(T **)to = *(F *const *)from; }}\n"
            )
        })
    }
}

/// A canonical name as text that names the type again: nameless namespaces are looked through.
pub(crate) fn spelled(ty: &str) -> String {
    ty.replace("(anonymous namespace)::", "")
}
