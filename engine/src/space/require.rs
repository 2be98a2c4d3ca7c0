//! `require`: finding a namespace's source, in the library or on the path, loading it once, and making aliases.

use super::load::{current_file, load_file};
use super::{Alias, Namespace, binding, current, find, find_or_create, library, ns_var, resolve};
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::heap::GcVec;
use crate::table::HashSet;
use crate::text::{Keyword, Symbol, Text};
use crate::value::Value;
use parking_lot::{Mutex, RwLock};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Folders in which sources are sought, before the one of the file that asks (`--path`).
static PATH: RwLock<Vec<PathBuf>> = RwLock::new(Vec::new());
static LOADED: Mutex<Option<HashSet<String>>> = Mutex::new(None);

thread_local! {
    /// While `:reload-all` runs: the namespaces that were loaded again.
    static AGAIN: RefCell<Option<HashSet<String>>> = const { RefCell::new(None) };
}

/// The folders in which sources are sought, in their order.
pub fn folders() -> Vec<PathBuf> {
    let mut all = PATH.read().clone();
    all.push(Path::new(&*current_file()).parent().map(Path::to_path_buf).unwrap_or_default());
    all.push(PathBuf::from("."));
    all
}

pub fn set_path(folders: impl IntoIterator<Item = PathBuf>) {
    *PATH.write() = folders.into_iter().collect();
}

/// How a namespace is to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    No,
    Yes,
}

/// Makes sure that the namespace is loaded.
///
/// # Errors
/// FileNotFoundException; what its forms raise.
pub fn load(name: &str, reload: Reload) -> Res<&'static Namespace> {
    let again = AGAIN.with(|a| a.borrow_mut().as_mut().map(|again| again.insert(name.to_owned())));
    let reload = match again {
        Some(true) => Reload::Yes,
        Some(false) => Reload::No,
        None => reload,
    };
    let known = LOADED.lock().get_or_insert_default().contains(name);
    if reload == Reload::No {
        if let Some(ns) = find(name).filter(|_| known) {
            return Ok(ns);
        }
        if resolve::is_library(name) {
            return Ok(find_or_create(name));
        }
    }
    match source(name) {
        Some(file) => {
            // The file's `ns` form changes `*ns*` for its own extent only.
            let frame = [ns_var().value(), current().object()];
            binding::push(&frame)?;
            let done = load_file(&file.to_string_lossy());
            binding::pop();
            done?;
        }
        // A namespace that was made by hand needs no file.
        None if find(name).is_some() => (),
        None => {
            let path = relative(name);
            let message = format!("Could not locate {path}.clj, {path}.cljc or {path}.jank on the path");
            return Err(fault::raise(Class::FileNotFound, message));
        }
    }
    let Some(ns) = find(name) else {
        return Err(fault::raise(
            Class::Exception,
            format!("namespace '{name}' not found after loading '/{}'", relative(name)),
        ));
    };
    LOADED.lock().get_or_insert_default().insert(name.to_owned());
    Ok(ns)
}

fn relative(name: &str) -> String {
    name.replace('.', "/").replace('-', "_")
}

fn source(name: &str) -> Option<PathBuf> {
    let stem = relative(name);
    let names = ["clj", "cljc", "jank"].map(|e| format!("{stem}.{e}"));
    folders().iter().flat_map(|f| names.iter().map(|n| f.join(n))).find(|p| p.is_file())
}

/// `(require 'a '[b :as x :refer [y]] :reload)`, C++ headers too.
pub fn require(specs: &[Value]) -> Res {
    // Headers are read together, which a precompiled one of them all makes quick.
    let header = |s: &&Value| coll::is_vector(**s) && coll::first(**s).is_ok_and(|h| h.is::<Text>());
    let libraries = || each_spec(specs, Mode::Require);
    if specs.iter().filter(header).count() < 2 { libraries() } else { crate::native::host::together(libraries) }
}

fn each_spec(specs: &[Value], mode: Mode) -> Res {
    let has = |name: &str| specs.contains(&key(name));
    known(specs.iter().copied().filter(|s| s.is::<Keyword>()), &["reload", "reload-all", "verbose"])?;
    let reload = if has("reload") || has("reload-all") { Reload::Yes } else { Reload::No };
    let outermost = has("reload-all") && AGAIN.with(|a| a.borrow().is_none());
    if outermost {
        AGAIN.with(|a| *a.borrow_mut() = Some(HashSet::default()));
    }
    let done = specs.iter().filter(|s| !s.is::<Keyword>()).try_for_each(|&s| one(s, "", reload, mode));
    if outermost {
        AGAIN.with(|a| *a.borrow_mut() = None);
    }
    done.map(|()| Value::NIL)
}

/// # Errors
/// An option that nobody knows.
fn known(options: impl Iterator<Item = Value>, names: &[&str]) -> Res<()> {
    for o in options {
        if !names.iter().any(|n| o == key(n)) {
            let shown = crate::print::pr_str(o)?;
            return Err(fault::illegal_argument(format!("Unsupported option(s) supplied: {shown}")));
        }
    }
    Ok(())
}

/// `(use 'a)`: like `require` with everything referred.
pub fn use_(specs: &[Value]) -> Res {
    each_spec(specs, Mode::Use)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Require,
    Use,
}

fn key(name: &str) -> Value {
    Keyword::intern(None, name).value()
}

fn one(spec: Value, prefix: &str, reload: Reload, mode: Mode) -> Res<()> {
    if let Some(s) = spec.cast::<Symbol>() {
        return lib(&join(prefix, s.name_str()), Value::NIL, reload, mode);
    }
    let parts: GcVec = {
        let mut all = GcVec::new();
        coll::each(spec, &mut |v| {
            all.push(v);
            Ok(ControlFlow::Continue(()))
        })?;
        all
    };
    let Some((&head, rest)) = parts.split_first() else { return Ok(()) };
    if head.is::<Text>() {
        let host = resolve::own(find_or_create("rung.host"), Symbol::intern(None, "require-header"))?;
        let options = coll::map(rest)?;
        return match host {
            Some(f) => crate::invoke::invoke(f.root(), &[head, options]).map(drop),
            None => Ok(()),
        };
    }
    let Some(name) = head.cast::<Symbol>() else {
        return Err(fault::illegal_argument("a library is named by a symbol or, a C++ header, by a string"));
    };
    if coll::is_vector(spec) {
        if rest.len() % 2 != 0 {
            return Err(fault::illegal_argument("the options of a library come in pairs"));
        }
        const NAMES: [&str; 8] = ["as", "as-alias", "refer", "rename", "exclude", "only", "reload", "verbose"];
        known(rest.iter().step_by(2).copied(), &NAMES)?;
        return lib(&join(prefix, name.name_str()), coll::map(rest)?, reload, mode);
    }
    // A prefix list: (clojure [string :as s] set)
    for &r in rest {
        one(r, name.name_str(), reload, mode)?;
    }
    Ok(())
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn lib(name: &str, options: Value, reload: Reload, mode: Mode) -> Res<()> {
    let option = |k: &str| if options.is_nil() { Ok(Value::NIL) } else { coll::get(options, key(k), Value::NIL) };
    let here = current();
    if let Some(alias) = option("as-alias")?.cast::<Symbol>() {
        find_or_create(name);
        here.aliases.write().insert(alias.full(), Alias::Namespace(find_or_create(name).name));
        return Ok(());
    }
    let ns = load(name, reload)?;
    if let Some(alias) = option("as")?.cast::<Symbol>() {
        here.aliases.write().insert(alias.full(), Alias::Namespace(ns.name));
    }
    let rename = option("rename")?;
    let excluded = option("exclude")?;
    let names = match (option("refer")?, mode) {
        (Value::NIL, Mode::Require) => return Ok(()),
        (v, Mode::Require) => v,
        (_, Mode::Use) => match option("only")? {
            Value::NIL => key("all"),
            only => only,
        },
    };
    if names == key("all") {
        return refer_all(here, ns, excluded, rename);
    }
    coll::each(names, &mut |n| {
        refer(here, ns, n, rename)?;
        Ok(ControlFlow::Continue(()))
    })
}

fn refer(here: &'static Namespace, ns: &'static Namespace, name: Value, rename: Value) -> Res<()> {
    let Some(symbol) = name.cast::<Symbol>() else { return Err(fault::class_cast(name, "clojure.lang.Symbol")) };
    let Some(var) = resolve::own(ns, symbol)? else {
        return Err(fault::raise(Class::IllegalAccess, format!("{} does not exist", symbol.name_str())));
    };
    let to = if rename.is_nil() { Value::NIL } else { coll::get(rename, name, Value::NIL)? };
    here.refer(to.cast::<Symbol>().unwrap_or(symbol), var);
    Ok(())
}

fn refer_all(here: &'static Namespace, ns: &'static Namespace, excluded: Value, rename: Value) -> Res<()> {
    let mut names = GcVec::new();
    ns.each(|name, var| {
        if var.ns == ns.symbol() && !var.has(super::VarFlag::Private) {
            names.push(name);
        }
    });
    for n in crate::native::names(ns.name).chain(library::names(ns.name)) {
        names.push(Symbol::intern(None, n).value());
    }
    for &n in names.iter() {
        let mut skip = false;
        if !excluded.is_nil() {
            coll::each(excluded, &mut |x| {
                skip |= coll::equal(x, n)?;
                Ok(ControlFlow::Continue(()))
            })?;
        }
        if !skip {
            refer(here, ns, n, rename)?;
        }
    }
    Ok(())
}
