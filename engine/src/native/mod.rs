//! clojure.core and friends, the part that is written in Rust. A topic a file; each file holds a table of rows
//! (`natives!`) that costs nothing until a name of it is used: then the row becomes a `Code`, a function object and a
//! var's root.
//!
//! A row: name, argument lists as `doc` shows them, and one Rust function an arity: `fn(Value, …) -> Res`, or `(rest N) f`
//! with `fn(&[Value]) -> Res`, for N and more arguments (the slice lies where the collector sees it). `(tail) f` with
//! `fn(&[Value], Value) -> Res` is for `apply`: leading arguments and a seq of the rest that need not be realised.

use crate::code::{
    Code, ENTRY_MANY, ENTRY_REST, Entry0, Entry1, Entry2, Entry3, Entry4, Entry5, Entry6, EntryMany, Function,
};
use crate::fault::{self, Class};
use crate::heap::Gc;
use crate::table::HashMap;
use crate::value::Value;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

/// One arity of a native function, or all from a number on.
pub enum Shim {
    A0(Entry0),
    A1(Entry1),
    A2(Entry2),
    A3(Entry3),
    A4(Entry4),
    A5(Entry5),
    A6(Entry6),
    /// From so many arguments on.
    Rest(usize, RestShims),
    /// For `apply`, which must not realise the rest: any number of arguments, the last being the rest as a seq or nil.
    Tail(EntryMany),
}

/// The entries that collect their arguments into a slice.
pub struct RestShims(pub Entry0, pub Entry1, pub Entry2, pub Entry3, pub Entry4, pub Entry5, pub Entry6, pub EntryMany);

/// A function of the library.
pub struct Native {
    pub name: &'static str,
    pub arglists: &'static str,
    pub shims: &'static [Shim],
}

/// The functions of one topic, all of one namespace.
pub struct Table {
    pub ns: &'static str,
    pub rows: &'static [Native],
}

/// Makes the `extern "C"` entry of one arity out of a Rust function.
#[macro_export]
macro_rules! shim {
    (0, $f:expr) => {{
        extern "C" fn e(_: &$crate::thread::Thread, _: $crate::value::Value) -> $crate::value::Value {
            $crate::code::answer($f())
        }
        $crate::native::Shim::A0(e)
    }};
    (1, $f:expr) => { $crate::shim!(@A1 $f, a) };
    (2, $f:expr) => { $crate::shim!(@A2 $f, a b) };
    (3, $f:expr) => { $crate::shim!(@A3 $f, a b c) };
    (4, $f:expr) => { $crate::shim!(@A4 $f, a b c d) };
    (5, $f:expr) => { $crate::shim!(@A5 $f, a b c d g) };
    (6, $f:expr) => { $crate::shim!(@A6 $f, a b c d g h) };
    (@$variant:ident $f:expr, $($a:ident)*) => {{
        extern "C" fn e(_: &$crate::thread::Thread, _: $crate::value::Value, $($a: $crate::value::Value),*) -> $crate::value::Value {
            $crate::code::answer($f($($a),*))
        }
        $crate::native::Shim::$variant(e)
    }};
    (#slice $f:expr, $($a:ident)*) => {{
        extern "C" fn e(_: &$crate::thread::Thread, _: $crate::value::Value, $($a: $crate::value::Value),*) -> $crate::value::Value {
            $crate::code::answer($f(&[$($a),*]))
        }
        e
    }};
    (rest $n:literal, $f:expr) => {{
        extern "C" fn all_of_them(_: &$crate::thread::Thread, _: $crate::value::Value, n: usize, args: *const $crate::value::Value) -> $crate::value::Value {
            // SAFETY: the convention of this entry: `args` points to `n` values on the value stack or in a live array.
            $crate::code::answer($f(unsafe { std::slice::from_raw_parts(args, n) }))
        }
        $crate::native::Shim::Rest($n, $crate::native::RestShims(
            $crate::shim!(#slice $f, ),
            $crate::shim!(#slice $f, a),
            $crate::shim!(#slice $f, a b),
            $crate::shim!(#slice $f, a b c),
            $crate::shim!(#slice $f, a b c d),
            $crate::shim!(#slice $f, a b c d g),
            $crate::shim!(#slice $f, a b c d g h),
            all_of_them,
        ))
    }};
    (tail, $f:expr) => {{
        extern "C" fn tail(_: &$crate::thread::Thread, _: $crate::value::Value, n: usize, args: *const $crate::value::Value) -> $crate::value::Value {
            // SAFETY: the convention of this entry: `args` points to `n` values, at least one, in live memory.
            match unsafe { std::slice::from_raw_parts(args, n) } {
                [lead @ .., rest] => $crate::code::answer($f(lead, *rest)),
                [] => $crate::value::Value::NIL,
            }
        }
        $crate::native::Shim::Tail(tail)
    }};
}

/// A table: `natives! { pub TABLE "clojure.core"; "first" "[coll]" [(1) first] "str" "[& xs]" [(rest 0) str] }`.
#[macro_export]
macro_rules! natives {
    (pub $table:ident $ns:literal; $($name:literal $args:literal [$(($($arity:tt)+) $f:expr),* $(,)?])*) => {
        pub static $table: $crate::native::Table = $crate::native::Table {
            ns: $ns,
            rows: &[$($crate::native::Native {
                name: $name,
                arglists: $args,
                shims: &[$($crate::shim!($($arity)+, $f)),*],
            }),*],
        };
    };
}

mod arith;
pub mod array;
mod builder;
mod cl_format;
mod cl_number;
pub mod class;
mod clojure_string;
mod closure;
mod collection;
mod edn;
pub mod exception;
mod file;
pub mod foreign;
mod format;
pub(crate) mod host;
mod lazy;
mod load;
mod macros;
mod math;
mod member;
mod misc;
mod multi;
pub mod name;
mod names;
mod namespace;
mod pretty;
mod printing;
mod promise;
mod protocol;
mod read_fault;
mod reference;
mod regex;
mod seq;
mod string;
pub mod types;
mod var;

pub use closure::Captures;
pub use seq::sort_values;

/// Every table. A new topic adds its own here.
static TABLES: &[&Table] = &[
    &collection::COLLECTION,
    &collection::PREDICATE,
    &collection::HOST,
    &seq::SEQ,
    &lazy::LAZY,
    &reference::REFERENCE,
    &arith::TABLE,
    &array::TABLE,
    &array::ARRAYS,
    &file::HOST,
    &edn::TABLE,
    &misc::HOST,
    &misc::TABLE,
    &multi::HOST,
    &multi::TABLE,
    &pretty::HOST,
    &cl_format::HOST,
    &names::HOST,
    &promise::TABLE,
    &crate::concurrent::future::TABLE,
    &crate::concurrent::future::HOST,
    &crate::concurrent::agent::TABLE,
    &crate::concurrent::monitor::HOST,
    &crate::concurrent::refs::TABLE,
    &crate::concurrent::transaction::TABLE,
    &crate::concurrent::transaction::HOST,
    &protocol::HOST,
    &types::HOST,
    &class::TABLE,
    &clojure_string::TABLE,
    &exception::TABLE,
    &exception::HOST,
    &macros::FUNCTIONS,
    &macros::HOST,
    &host::HOST,
    &host::RUNG,
    &load::LOAD,
    &math::CORE,
    &math::MATH,
    &math::CLOJURE_MATH,
    &math::LONG,
    &math::INTEGER,
    &math::DOUBLE,
    &math::FLOAT,
    &math::BOOLEAN,
    &math::STRING,
    &math::CHARACTER,
    &math::SYSTEM,
    &math::THREAD,
    &math::UUID,
    &math::DATE,
    &member::TABLE,
    &name::TABLE,
    &namespace::TABLE,
    &printing::TABLE,
    &printing::HOST,
    &regex::TABLE,
    &regex::PATTERN,
    &string::TABLE,
    &var::TABLE,
    &var::HOST,
];

/// Tables whose functions are macros: they take the form, the environment and the arguments, all unevaluated.
static MACROS: &[&Table] = &[&macros::TABLE];

fn constant(ns: &str, name: &str) -> Option<Value> {
    math::CONSTANTS.iter().find(|c| c.0 == ns && c.1 == name).map(|c| (c.2)())
}

/// Is the function of that name a macro?
pub fn is_macro(ns: &str, name: &str) -> bool {
    MACROS.iter().any(|t| t.ns == ns && t.rows.iter().any(|r| r.name == name))
}

/// The namespaces that have a function in Rust, some of them several times.
pub fn namespaces() -> impl Iterator<Item = &'static str> {
    TABLES.iter().chain(MACROS).map(|t| t.ns)
}

/// The error for a number of arguments that a function does not take.
pub fn arity(name: &str, n: usize) -> fault::Thrown {
    fault::raise(Class::Arity, format!("Wrong number of args ({n}) passed to: {name}"))
}

/// The row of a name, `None` where the library has no such function in Rust.
pub fn find(ns: &str, name: &str) -> Option<&'static Native> {
    static INDEX: OnceLock<HashMap<(&'static str, &'static str), &'static Native>> = OnceLock::new();
    let index = INDEX
        .get_or_init(|| TABLES.iter().chain(MACROS).flat_map(|t| t.rows.iter().map(|r| ((t.ns, r.name), r))).collect());
    index.get(&(ns, name)).copied()
}

/// What `doc` says of a function in Rust: a line `name|text` behind the one that names its namespace.
pub fn doc(ns: &str, name: &str) -> Option<&'static str> {
    let own = include_str!("docs.txt").lines().skip_while(|l| *l != ns).skip(1);
    own.take_while(|l| l.contains('|')).find_map(|l| l.strip_prefix(name)?.strip_prefix('|'))
}

/// All names of a namespace that are written in Rust.
pub fn names(ns: &str) -> impl Iterator<Item = &'static str> {
    TABLES.iter().chain(MACROS).filter(move |t| t.ns == ns).flat_map(|t| t.rows.iter().map(|r| r.name))
}

/// The name of the table that holds a class's statics.
pub fn statics(class: &str) -> &str {
    match class.strip_prefix("java.lang.").unwrap_or(class) {
        "UUID" => "java.util.UUID",
        "Date" => "java.util.Date",
        "Arrays" => "java.util.Arrays",
        "Pattern" => "java.util.regex.Pattern",
        plain => plain,
    }
}

/// A class name or a static constant (`Long/MAX_VALUE`) as a value, where the library knows it.
pub fn class_constant(name: &str) -> Option<Value> {
    if let Some((class, field)) = name.split_once('/') {
        return constant(statics(class), field).or_else(|| constant(class, field));
    }
    class::resolve(name)
}
/// Can `(new Class …)` make one of these?
pub fn constructs(class: &str) -> bool {
    Class::named(class).is_some() || member::constructor(class).is_some()
}
pub use macros::documented;
pub use member::{data_reader, find as member, library, reader_conditional, regex};
pub(crate) use multi::print_method;

impl Native {
    /// The function object. Called once a name, by the namespace that materialises it.
    pub fn materialise(&self, ns: &str) -> Gc<Function> {
        let code = Code::blank(format!("{ns}/{}", self.name));
        let set = |i: usize, p: *mut std::ffi::c_void| code.entries[i].store(p, Ordering::Release);
        for shim in self.shims {
            match shim {
                Shim::A0(e) => set(0, *e as *mut _),
                Shim::A1(e) => set(1, *e as *mut _),
                Shim::A2(e) => set(2, *e as *mut _),
                Shim::A3(e) => set(3, *e as *mut _),
                Shim::A4(e) => set(4, *e as *mut _),
                Shim::A5(e) => set(5, *e as *mut _),
                Shim::A6(e) => set(6, *e as *mut _),
                Shim::Tail(e) => set(ENTRY_REST, *e as *mut _),
                Shim::Rest(n, r) => {
                    let all = [
                        r.0 as *mut _,
                        r.1 as *mut _,
                        r.2 as *mut _,
                        r.3 as *mut _,
                        r.4 as *mut _,
                        r.5 as *mut _,
                        r.6 as *mut _,
                    ];
                    for (i, e) in all.into_iter().enumerate().skip(*n) {
                        set(i, e);
                    }
                    set(ENTRY_MANY, r.7 as *mut _);
                }
            }
        }
        Function::new(code.leak(), &[])
    }
}

#[cfg(test)]
mod tests {
    use crate::code;
    use crate::fault::Res;
    use crate::thread::Thread;
    use crate::value::Value;

    fn one() -> Res {
        Ok(Value::int(1))
    }
    fn second(_: Value, b: Value) -> Res {
        Ok(b)
    }
    fn many(args: &[Value]) -> Res {
        Ok(Value::int(args.len() as i32))
    }
    natives! { pub TEST "t"; "f" "[] [a b] [a b c & more]" [(0) one, (2) second, (rest 3) many] }

    #[test]
    fn contract_code() {
        crate::thread::attach();
        let t = Thread::current();
        let f = TEST.rows[0].materialise("t");
        let v = Value::int;
        assert_eq!(code::call(t, f, &[]), v(1));
        assert_eq!(code::call(t, f, &[v(7), v(8)]), v(8));
        assert_eq!(code::call(t, f, &[v(0), v(0), v(0)]), v(3));
        assert_eq!(code::call(t, f, &[v(0); 9]), v(9));
        assert_eq!(code::call(t, f, &[v(0)]), Value::THROWN);
        let error = t.take_pending().cast::<crate::fault::Throwable>().unwrap();
        assert_eq!(error.message_text(), "Wrong number of args (1) passed to: t/f");
        let g = f.with_meta(Value::TRUE);
        assert_eq!((g.meta(), f.meta()), (Value::TRUE, Value::NIL));
        assert_eq!(code::call(t, g, &[]), v(1));
    }
}
