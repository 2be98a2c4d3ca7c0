//! Vars and dynamic bindings.

use crate::coll;
use crate::fault::{self, Res};
use crate::heap::{Gc, GcVec};
use crate::invoke::invoke;
use crate::space::{NamespaceObject, Var, VarFlag, binding};
use crate::value::Value;
use std::ops::ControlFlow;

natives! { pub TABLE "clojure.core";
    "var?" "[v]" [(1) is_var]
    "var-get" "[x]" [(1) var_get]
    "var-set" "[x val]" [(2) var_set]
    "alter-var-root" "[v f & args]" [(rest 2) alter_var_root]
    "bound?" "[& vars]" [(rest 0) are_bound]
    "thread-bound?" "[& vars]" [(rest 0) are_thread_bound]
    "push-thread-bindings" "[bindings]" [(1) push_bindings]
    "pop-thread-bindings" "[]" [(0) pop_bindings]
    "get-thread-bindings" "[]" [(0) get_bindings]
    "alter-meta!" "[iref f & args]" [(rest 2) alter_meta]
    "reset-meta!" "[iref metadata-map]" [(2) reset_meta]
}
natives! { pub HOST "rung.host";
    "local-var" "[]" [(0) local_var]
}

pub(super) fn var(v: Value) -> Res<Gc<Var>> {
    v.cast::<Var>().ok_or_else(|| fault::class_cast(v, "clojure.lang.Var"))
}

fn is_var(v: Value) -> Res {
    Ok(Value::bool(v.is::<Var>()))
}
fn var_get(v: Value) -> Res {
    coll::deref(var(v)?.value())
}
fn var_set(v: Value, x: Value) -> Res {
    binding::set(var(v)?, x)
}
fn alter_var_root(args: &[Value]) -> Res {
    let (v, f) = (var(args[0])?, args[1]);
    loop {
        let old = v.root();
        let mut all = GcVec::new();
        all.push(old);
        all.extend_from_slice(&args[2..]);
        let new = invoke(f, &all)?;
        if v.compare_and_set_root(old, new) {
            // The version rises with each root; setting the same root again does that.
            v.set_root(new);
            coll::state::notify(v.watches(), v.value(), old, new)?;
            return Ok(new);
        }
    }
}
fn are_bound(vars: &[Value]) -> Res {
    for &v in vars {
        let v = var(v)?;
        if v.root() == Value::UNBOUND && binding::lookup(v).is_none() {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}
fn are_thread_bound(vars: &[Value]) -> Res {
    for &v in vars {
        if binding::lookup(var(v)?).is_none() {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}
fn push_bindings(bindings: Value) -> Res {
    let mut pairs = GcVec::new();
    coll::each_entry(bindings, &mut |k, v| {
        pairs.push(k);
        pairs.push(v);
        Ok(ControlFlow::Continue(()))
    })?;
    binding::push(&pairs)?;
    Ok(Value::NIL)
}
fn pop_bindings() -> Res {
    binding::pop();
    Ok(Value::NIL)
}
fn get_bindings() -> Res {
    let mut pairs = GcVec::new();
    binding::each(|k, v| {
        pairs.push(k);
        pairs.push(v);
    });
    coll::map(&pairs)
}
/// Metadata of what can change its own: vars, namespaces, references.
fn set_meta(v: Value, meta: Value) -> Res<()> {
    if let Some(v) = v.cast::<Var>() {
        v.set_meta(meta);
        let flag = |name: &str| coll::get(meta, crate::text::Keyword::intern(None, name).value(), Value::NIL);
        v.set_flag(VarFlag::Private, flag("private")?.truthy());
        return Ok(());
    }
    if let Some(n) = v.cast::<NamespaceObject>() {
        n.namespace.meta.set(meta);
        return Ok(());
    }
    match v.cast::<coll::Atom>() {
        Some(a) => {
            a.set_meta(meta);
            Ok(())
        }
        None => Err(fault::class_cast(v, "clojure.lang.IReference")),
    }
}
fn meta_of(v: Value) -> Value {
    match v.cast::<NamespaceObject>() {
        Some(n) => n.namespace.meta.get(),
        None => coll::meta(v),
    }
}
fn alter_meta(args: &[Value]) -> Res {
    let mut all = GcVec::new();
    all.push(meta_of(args[0]));
    all.extend_from_slice(&args[2..]);
    let meta = invoke(args[1], &all)?;
    set_meta(args[0], meta)?;
    Ok(meta)
}
pub(super) fn reset_meta(v: Value, meta: Value) -> Res {
    set_meta(v, meta)?;
    Ok(meta)
}

/// A nameless dynamic var: `with-local-vars`.
fn local_var() -> Res {
    let v = Var::alloc(Value::NIL, Value::NIL);
    v.set_flag(VarFlag::Dynamic, true);
    Ok(v.value())
}
