//! Symbols and keywords. Both are interned by their text, so that equality of names is mostly identity; a symbol with
//! metadata is an object of its own with the same interned base.

use super::Text;
use crate::heap::{self, Gc, Header, HeapType, Root, TypeId};
use crate::table::DashMap;
use crate::value::Value;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A symbol. `base` is the interned symbol without metadata (itself where there is none): equal symbols share it.
#[repr(C)]
pub struct Symbol {
    header: Header,
    pub ns: Value,
    pub name: Value,
    pub meta: Value,
    base: Value,
    hash: AtomicU32,
    _pad: u32,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Symbol {
    const TYPE: TypeId = TypeId::SYMBOL;
}

/// A keyword: one object a name.
#[repr(C)]
pub struct Keyword {
    header: Header,
    /// The symbol of the same name.
    pub symbol: Gc<Symbol>,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Keyword {
    const TYPE: TypeId = TypeId::KEYWORD;
}

type Table = OnceLock<DashMap<Box<str>, Root>>;
static SYMBOLS: Table = OnceLock::new();
static KEYWORDS: Table = OnceLock::new();

/// Namespace and name in one key; names cannot hold the separator.
fn key(ns: Option<&str>, name: &str) -> String {
    match ns {
        Some(ns) => format!("{ns}\0{name}"),
        None => name.to_owned(),
    }
}

fn intern(table: &'static Table, key: &str, make: impl FnOnce() -> Value) -> Value {
    let table = table.get_or_init(|| DashMap::with_hasher_and_shard_amount(Default::default(), 4));
    if let Some(found) = table.get(key) {
        return found.get();
    }
    // Made outside the table's lock: making allocates, and a collection stops threads wherever they are.
    let made = Root::new(make());
    table.entry(key.into()).or_insert(made).get()
}

impl Symbol {
    /// The interned symbol `ns/name`.
    pub fn intern(ns: Option<&str>, name: &str) -> Gc<Symbol> {
        let v = intern(&SYMBOLS, &key(ns, name), || {
            let ns = ns.map_or(Value::NIL, Text::value);
            let name = Text::value(name);
            Symbol::alloc(ns, name, Value::NIL, Value::NIL).value()
        });
        match v.cast::<Symbol>() {
            Some(s) => s,
            None => unreachable!("the symbol table holds symbols"),
        }
    }
    /// `"a/b"` as the reader splits it: at the first slash unless the text is `/` or begins with it.
    pub fn parse(text: &str) -> Gc<Symbol> {
        let (ns, name) = split(text);
        Symbol::intern(ns, name)
    }
    fn alloc(ns: Value, name: Value, meta: Value, base: Value) -> Gc<Symbol> {
        heap::new(Symbol { header: Header::blank(), ns, name, meta, base, hash: AtomicU32::new(0), _pad: 0 })
    }
    pub fn cached_hash(&self) -> Option<u32> {
        Some(self.hash.load(Ordering::Relaxed)).filter(|&h| h != 0)
    }
    pub fn cache_hash(&self, h: u32) {
        self.hash.store(h, Ordering::Relaxed);
    }
}

impl Gc<Symbol> {
    /// The symbol without metadata: equal symbols have the identical one.
    #[inline]
    pub fn base(&self) -> Value {
        if self.base.is_nil() { self.value() } else { self.base }
    }
    pub fn with_meta(&self, meta: Value) -> Gc<Symbol> {
        if meta.is_nil() {
            if let Some(s) = self.base().cast::<Symbol>() {
                return s;
            }
        }
        Symbol::alloc(self.ns, self.name, meta, self.base())
    }
    /// The name's text. The borrow ends with this `Gc`, which keeps the text alive.
    pub fn name_str(&self) -> &str {
        str_of(&self.name)
    }
    pub fn ns_str(&self) -> Option<&str> {
        if self.ns.is_nil() { None } else { Some(str_of(&self.ns)) }
    }
    /// `ns/name` or `name`.
    pub fn full(&self) -> String {
        match self.ns_str() {
            Some(ns) => format!("{ns}/{}", self.name_str()),
            None => self.name_str().to_owned(),
        }
    }
}

/// The text behind a value that is known to be one; the empty string otherwise.
fn str_of(v: &Value) -> &str {
    match v.cast::<Text>() {
        // SAFETY: the text lives as long as `v`, which the borrow is of, names it.
        Some(t) => unsafe { &*std::ptr::from_ref(t.as_str()) },
        None => "",
    }
}

impl Keyword {
    pub fn intern(ns: Option<&str>, name: &str) -> Gc<Keyword> {
        let v = intern(&KEYWORDS, &key(ns, name), || {
            let symbol = Symbol::intern(ns, name);
            heap::new(Keyword { header: Header::blank(), symbol }).value()
        });
        match v.cast::<Keyword>() {
            Some(k) => k,
            None => unreachable!("the keyword table holds keywords"),
        }
    }
    pub fn parse(text: &str) -> Gc<Keyword> {
        let (ns, name) = split(text);
        Keyword::intern(ns, name)
    }
}

impl Keyword {
    /// The keyword of that text, where it was made already: `find-keyword`.
    pub fn known(text: &str) -> Option<Gc<Keyword>> {
        let (ns, name) = split(text);
        KEYWORDS.get()?.get(key(ns, name).as_str())?.get().cast::<Keyword>()
    }
}

fn split(text: &str) -> (Option<&str>, &str) {
    match text.find('/') {
        Some(i) if i > 0 && i + 1 < text.len() => (Some(&text[..i]), &text[i + 1..]),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_interned() {
        crate::thread::attach();
        assert_eq!(Keyword::parse("a/b"), Keyword::intern(Some("a"), "b"));
        assert_eq!(Symbol::parse("/"), Symbol::intern(None, "/"));
        let s = Symbol::parse("x");
        let m = s.with_meta(Value::TRUE);
        assert_ne!(s, m);
        assert_eq!(s.value(), m.base());
        assert_eq!(m.with_meta(Value::NIL), s);
        assert_eq!(Symbol::parse("clojure.core//").name_str(), "/");
    }
}
