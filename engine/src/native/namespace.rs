//! Namespaces as programs handle them.

use crate::coll::{self, Cursor};
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec};
use crate::space::{self, Alias, Namespace, NamespaceObject, Var, VarFlag, resolve};
use crate::text::{Keyword, Symbol};
use crate::value::Value;
use std::ops::ControlFlow;

natives! { pub TABLE "clojure.core";
    "find-ns" "[sym]" [(1) find_ns]
    "create-ns" "[sym]" [(1) create_ns]
    "remove-ns" "[sym]" [(1) remove_ns]
    "the-ns" "[x]" [(1) the_ns]
    "ns-name" "[ns]" [(1) ns_name]
    "all-ns" "[]" [(0) all_ns]
    "in-ns" "[name]" [(1) in_ns]
    "ns-publics" "[ns]" [(1) ns_publics]
    "ns-interns" "[ns]" [(1) ns_interns]
    "ns-map" "[ns]" [(1) ns_map]
    "ns-refers" "[ns]" [(1) ns_refers]
    "ns-imports" "[ns]" [(1) ns_imports]
    "ns-aliases" "[ns]" [(1) ns_aliases]
    "ns-unalias" "[ns sym]" [(2) ns_unalias]
    "ns-unmap" "[ns sym]" [(2) ns_unmap]
    "alias" "[alias namespace-sym]" [(2) alias]
    "intern" "[ns name] [ns name val]" [(2) intern2, (3) intern]
    "refer" "[ns-sym & filters]" [(rest 1) refer]
    "resolve" "[sym] [env sym]" [(1) resolve_here, (2) resolve_env]
    "ns-resolve" "[ns sym] [ns env sym]" [(2) ns_resolve, (3) ns_resolve_env]
    "find-var" "[sym]" [(1) find_var]
}

fn symbol(v: Value) -> Res<Gc<Symbol>> {
    v.cast::<Symbol>().ok_or_else(|| {
        if v.is_nil() {
            return fault::raise(Class::NullPointer, "a symbol was wanted where nil was given");
        }
        fault::class_cast(v, "clojure.lang.Symbol")
    })
}

/// A namespace from its object or its name.
///
/// # Errors
/// `No namespace: x found`.
fn namespace(v: Value) -> Res<&'static Namespace> {
    if let Some(n) = v.cast::<NamespaceObject>() {
        return Ok(n.namespace);
    }
    let name = symbol(v)?;
    let full = name.full();
    space::find(&full)
        .or_else(|| resolve::is_library(&full).then(|| space::find_or_create(&full)))
        .ok_or_else(|| fault::raise(Class::Exception, format!("No namespace: {} found", name.full())))
}

fn find_ns(v: Value) -> Res {
    let name = symbol(v)?.full();
    let core = name == "clojure.core" || name == "user";
    let found = space::find(&name).or_else(|| core.then(|| space::find_or_create(&name)));
    Ok(found.map_or(Value::NIL, Namespace::object))
}
fn create_ns(v: Value) -> Res {
    let name = symbol(v)?;
    let ns = space::find_or_create(&name.full());
    let meta = coll::meta(v);
    if !meta.is_nil() {
        ns.meta.set(meta);
    }
    Ok(ns.object())
}
fn remove_ns(v: Value) -> Res {
    Ok(space::remove(&symbol(v)?.full()).map_or(Value::NIL, Namespace::object))
}
fn the_ns(v: Value) -> Res {
    Ok(namespace(v)?.object())
}
fn ns_name(v: Value) -> Res {
    Ok(namespace(v)?.symbol())
}
fn all_ns() -> Res {
    let all: GcVec = space::all().iter().map(|n| n.object()).collect();
    Ok(coll::list(&all))
}
fn in_ns(v: Value) -> Res {
    let object = create_ns(v)?;
    space::set_current(namespace(object)?);
    Ok(object)
}

/// Names and vars that pass a test, as a map.
fn select(ns: &'static Namespace, mut test: impl FnMut(Gc<Var>) -> bool) -> Res {
    resolve::make_all(ns)?;
    let mut pairs = GcVec::new();
    ns.each(|name, var| {
        if test(var) {
            pairs.push(name);
            pairs.push(var.value());
        }
    });
    coll::map(&pairs)
}
fn ns_publics(v: Value) -> Res {
    let ns = namespace(v)?;
    select(ns, |var| var.ns == ns.symbol() && !var.has(VarFlag::Private))
}
fn ns_interns(v: Value) -> Res {
    let ns = namespace(v)?;
    select(ns, |var| var.ns == ns.symbol())
}
/// Names of clojure.core are seen without being mapped; they are added here.
fn ns_map(v: Value) -> Res {
    let mut all = ns_refers(v)?;
    let own = ns_interns(v)?;
    coll::each_entry(own, &mut |k, v| {
        all = coll::assoc(all, k, v)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}
fn ns_refers(v: Value) -> Res {
    let ns = namespace(v)?;
    let mut all = coll::map(&[])?;
    if ns.name != "clojure.core" {
        let core = ns_publics(space::find_or_create("clojure.core").object())?;
        coll::each_entry(core, &mut |k, v| {
            if k.cast::<Symbol>().is_some_and(|s| ns.sees_core(s.name_str())) {
                all = coll::assoc(all, k, v)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let others = select(ns, |var| var.ns != ns.symbol())?;
    coll::each_entry(others, &mut |k, v| {
        all = coll::assoc(all, k, v)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}
fn ns_imports(v: Value) -> Res {
    super::class::imports(namespace(v)?)
}
fn ns_aliases(v: Value) -> Res {
    let ns = namespace(v)?;
    let aliases: Vec<(String, Alias)> = ns.aliases.read().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut pairs = GcVec::new();
    for (name, alias) in aliases {
        if let Alias::Namespace(to) = alias {
            pairs.push(Symbol::intern(None, &name).value());
            pairs.push(space::find_or_create(to).object());
        }
    }
    coll::map(&pairs)
}
fn ns_unalias(v: Value, name: Value) -> Res {
    namespace(v)?.aliases.write().remove(&symbol(name)?.full());
    Ok(Value::NIL)
}
fn ns_unmap(v: Value, name: Value) -> Res {
    let (ns, name) = (namespace(v)?, symbol(name)?);
    ns.unmap(name);
    // A name of clojure.core that was only seen is not seen any more.
    if ns.name != "clojure.core" {
        ns.core_excluded.write().push(name.name_str().to_owned());
    }
    Ok(Value::NIL)
}
fn alias(name: Value, to: Value) -> Res {
    let target = namespace(to)?;
    let (name, current) = (symbol(name)?, space::current());
    let mut aliases = current.aliases.write();
    match aliases.get(name.name_str()) {
        Some(Alias::Namespace(other)) if *other != target.name => Err(fault::raise(
            Class::IllegalState,
            format!("Alias {} already exists in namespace {}, aliasing {other}", name.name_str(), current.name),
        )),
        _ => {
            aliases.insert(name.name_str().to_owned(), Alias::Namespace(target.name));
            Ok(Value::NIL)
        }
    }
}

fn interned(ns: Value, name: Value) -> Res<Gc<Var>> {
    let (ns, name) = (namespace(ns)?, symbol(name)?);
    let var = ns.intern(name);
    let meta = coll::meta(name.value());
    if !meta.is_nil() {
        super::var::reset_meta(var.value(), meta)?;
        let flag = |key: &str| coll::get(meta, Keyword::intern(None, key).value(), Value::NIL);
        var.set_flag(VarFlag::Dynamic, flag("dynamic")?.truthy());
        var.set_flag(VarFlag::Macro, flag("macro")?.truthy());
    }
    Ok(var)
}
fn intern2(ns: Value, name: Value) -> Res {
    Ok(interned(ns, name)?.value())
}
fn intern(ns: Value, name: Value, v: Value) -> Res {
    let var = interned(ns, name)?;
    var.set_root(v);
    Ok(var.value())
}

/// A set of names out of a seqable of symbols.
fn names(v: Value) -> Res<Vec<String>> {
    let mut all = Vec::new();
    let mut cursor = Cursor::new(v)?;
    while let Some(x) = cursor.next()? {
        all.push(symbol(x)?.full());
    }
    Ok(all)
}

/// Everything public of a namespace, or what the filters leave, under its own name or another.
fn refer(args: &[Value]) -> Res {
    let from = namespace(args[0])?;
    let option = |name: &str| {
        let key = Keyword::intern(None, name).value();
        args[1..].chunks_exact(2).find(|p| p[0] == key).map_or(Value::NIL, |p| p[1])
    };
    let (exclude, only, rename) = (names(option("exclude"))?, option("only"), option("rename"));
    let to = space::current();
    if from.name == "clojure.core" {
        return refer_core(to, &exclude, only, rename);
    }
    let wanted = if only.is_nil() { resolve::own_names(from) } else { names(only)? };
    for name in wanted.iter().filter(|n| !exclude.contains(n)) {
        let symbol = Symbol::intern(None, name);
        let Some(var) = resolve::own(from, symbol)? else {
            return Err(fault::raise(Class::IllegalAccess, format!("{name} does not exist")));
        };
        if var.has(VarFlag::Private) {
            if only.is_nil() {
                continue;
            }
            return Err(fault::raise(Class::IllegalAccess, format!("{name} is not public")));
        }
        let new = coll::get(rename, symbol.value(), symbol.value())?;
        to.refer(self::symbol(new)?, var);
    }
    Ok(Value::NIL)
}
/// What clojure.core gives is seen, not mapped; only new names are mapped.
fn refer_core(to: &'static Namespace, exclude: &[String], only: Value, rename: Value) -> Res {
    let mut hidden = exclude.to_vec();
    let mut renamed = Vec::new();
    if !rename.is_nil() {
        coll::each_entry(rename, &mut |from, new| {
            renamed.push((symbol(from)?.full(), symbol(new)?.full()));
            Ok(ControlFlow::Continue(()))
        })?;
    }
    for (from, new) in &renamed {
        if let Some(var) = resolve::own(space::find_or_create("clojure.core"), Symbol::intern(None, from))? {
            to.refer(Symbol::intern(None, new), var);
        }
        hidden.push(from.clone());
    }
    *to.core_excluded.write() = hidden;
    *to.core_only.write() = if only.is_nil() { None } else { Some(names(only)?) };
    Ok(Value::NIL)
}

/// What a symbol means in a namespace: a var, a class, or nil.
fn meaning(ns: &'static Namespace, name: Gc<Symbol>) -> Res {
    if let Some(var) = resolve::var(ns, name)? {
        return Ok(var.value());
    }
    if name.ns_str().is_none() {
        if let Some(class) = ns.class(name.name_str()) {
            return Ok(class);
        }
    }
    Ok(Value::NIL)
}
fn resolve_here(name: Value) -> Res {
    meaning(space::current(), symbol(name)?)
}
fn resolve_env(env: Value, name: Value) -> Res {
    ns_resolve_env(space::current().object(), env, name)
}
fn ns_resolve(ns: Value, name: Value) -> Res {
    meaning(namespace(ns)?, symbol(name)?)
}
fn ns_resolve_env(ns: Value, env: Value, name: Value) -> Res {
    if !env.is_nil() && coll::contains(env, name)? {
        return Ok(Value::NIL);
    }
    ns_resolve(ns, name)
}
fn find_var(name: Value) -> Res {
    let name = symbol(name)?;
    let Some(ns) = name.ns_str() else {
        return Err(fault::illegal_argument("Symbol must be namespace-qualified"));
    };
    let Some(target) = space::find(ns).or_else(|| resolve::is_library(ns).then(|| space::find_or_create(ns))) else {
        return Err(fault::illegal_argument(format!("No such namespace: {ns}")));
    };
    Ok(resolve::own(target, Symbol::intern(None, name.name_str()))?.map_or(Value::NIL, |v| v.value()))
}
