//! Vars of clojure.core that hold data the engine itself reads or sets: `*out*`, `*print-length*` and their like. Each is
//! interned, dynamic and with its first root, when it is first asked for.

use super::var::{Var, VarFlag};
use crate::heap::{Gc, Root};
use crate::print;
use crate::text::Symbol;
use crate::value::Value;
use std::sync::OnceLock;

/// A dynamic var of clojure.core and how its first root is made.
pub struct Special {
    pub name: &'static str,
    init: fn() -> Value,
    var: OnceLock<Root>,
}

impl Special {
    const fn new(name: &'static str, init: fn() -> Value) -> Special {
        Special { name, init, var: OnceLock::new() }
    }
    pub fn var(&self) -> Gc<Var> {
        let root = self.var.get_or_init(|| {
            let var = super::find_or_create("clojure.core").intern(Symbol::intern(None, self.name));
            var.set_flag(VarFlag::Dynamic, true);
            if var.root() == Value::UNBOUND {
                var.set_root((self.init)());
            }
            Root::new(var.value())
        });
        match root.get().cast::<Var>() {
            Some(v) => v,
            None => unreachable!("the root holds the var"),
        }
    }
    /// The thread's binding or the root.
    pub fn get(&self) -> Value {
        self.var().deref().unwrap_or(Value::NIL)
    }
}

fn nil() -> Value {
    Value::NIL
}
fn no() -> Value {
    Value::FALSE
}
fn yes() -> Value {
    Value::TRUE
}

macro_rules! specials {
    ($($konst:ident $name:literal $init:expr;)*) => {
        $(pub static $konst: Special = Special::new($name, $init);)*
        static ALL: &[&Special] = &[$(&$konst),*];
    };
}

specials! {
    OUT "*out*" print::stdout_writer;
    ERR "*err*" print::stderr_writer;
    IN "*in*" print::stdin_reader;
    PRINT_LENGTH "*print-length*" nil;
    PRINT_LEVEL "*print-level*" nil;
    PRINT_READABLY "*print-readably*" yes;
    PRINT_META "*print-meta*" no;
    PRINT_NAMESPACE_MAPS "*print-namespace-maps*" yes;
    PRINT_DUP "*print-dup*" no;
    FLUSH_ON_NEWLINE "*flush-on-newline*" yes;
    MATH_CONTEXT "*math-context*" nil;
    ASSERT "*assert*" yes;
    FILE "*file*" || crate::text::Text::value("NO_SOURCE_PATH");
    COMMAND_LINE_ARGS "*command-line-args*" nil;
    WARN_ON_REFLECTION "*warn-on-reflection*" no;
    UNCHECKED_MATH "*unchecked-math*" no;
    READ_EVAL "*read-eval*" yes;
    DATA_READERS "*data-readers*" crate::coll::ArrayMap::empty;
    DEFAULT_DATA_READER_FN "*default-data-reader-fn*" nil;
    COMPILE_PATH "*compile-path*" nil;
    COMPILE_FILES "*compile-files*" no;
    COMPILER_OPTIONS "*compiler-options*" nil;
    ALLOW_UNRESOLVED "*allow-unresolved-vars*" no;
    SUPPRESS_READ "*suppress-read*" nil;
    CONTEXT_CLASSLOADER "*use-context-classloader*" yes;
    VERBOSE_DEFRECORDS "*verbose-defrecords*" no;
    READER_RESOLVER "*reader-resolver*" nil;
    SOURCE_PATH "*source-path*" || crate::text::Text::value("NO_SOURCE_FILE");
    AGENT "*agent*" nil;
    VALUE_1 "*1" nil;
    VALUE_2 "*2" nil;
    VALUE_3 "*3" nil;
    EXCEPTION "*e" nil;
}

/// The var of a name of clojure.core that is one of these, or `*ns*`.
pub fn find(name: &str) -> Option<Gc<Var>> {
    if name == "*ns*" {
        return Some(super::ns_var());
    }
    if !name.starts_with('*') {
        return None;
    }
    ALL.iter().find(|s| s.name == name).map(|s| s.var())
}

pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|s| s.name).chain(["*ns*"])
}
