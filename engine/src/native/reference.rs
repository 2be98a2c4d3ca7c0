//! clojure.core on what holds one value: atoms, volatiles, delays; `deref`, watches, validators.

use crate::coll::{self, Atom, Delay, LazySeq, Volatile, foreign, state};
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec};
use crate::invoke::invoke;
use crate::space::Var;
use crate::text::Keyword;
use crate::value::Value;

natives! { pub REFERENCE "clojure.core";
    "deref" "[ref] [ref timeout-ms timeout-val]" [(1) deref, (3) deref_timeout]
    "atom" "[x] [x & options]" [(1) |v| Ok(Atom::new(v).value()), (rest 2) atom_with]
    "swap!" "[atom f] [atom f x] [atom f x y] [atom f x y & args]"
        [(rest 2) |a: &[Value]| Ok(atom(a[0])?.swap(a[1], &a[2..])?.1)]
    "swap-vals!" "[atom f] [atom f x] [atom f x y] [atom f x y & args]"
        [(rest 2) |a: &[Value]| atom(a[0])?.swap(a[1], &a[2..]).map(|(old, new)| coll::vector(&[old, new]))]
    "reset!" "[atom newval]" [(2) |a, v| atom(a)?.reset(v).map(|_| v)]
    "reset-vals!" "[atom newval]" [(2) |a, v| atom(a)?.reset(v).map(|old| coll::vector(&[old, v]))]
    "compare-and-set!" "[atom oldval newval]" [(3) |a, old, new| atom(a)?.compare_and_set(old, new).map(Value::bool)]
    "add-watch" "[reference key fn]" [(3) add_watch]
    "remove-watch" "[reference key]" [(2) remove_watch]
    "set-validator!" "[iref validator-fn]" [(2) set_validator]
    "get-validator" "[iref]" [(1) get_validator]
    "volatile!" "[val]" [(1) |v| Ok(Volatile::new(v).value())]
    "volatile?" "[x]" [(1) |v: Value| Ok(Value::bool(v.is::<Volatile>()))]
    "vreset!" "[vol newval]" [(2) vreset]
    "vswap!*" "[vol f & args]" [(rest 2) vswap]
    "delay*" "[thunk]" [(1) |f| Ok(Delay::new(f).value())]
    "delay?" "[x]" [(1) |v: Value| Ok(Value::bool(v.is::<Delay>()))]
    "force" "[x]" [(1) |v: Value| v.cast::<Delay>().map_or(Ok(v), Gc::force)]
    "realized?" "[x]" [(1) realized]
}

fn atom(v: Value) -> Res<Gc<Atom>> {
    v.cast::<Atom>().ok_or_else(|| fault::class_cast(v, "clojure.lang.IAtom"))
}
fn volatile(v: Value) -> Res<Gc<Volatile>> {
    v.cast::<Volatile>().ok_or_else(|| fault::class_cast(v, "clojure.lang.Volatile"))
}

fn deref(v: Value) -> Res {
    if v.is_nil() {
        return Err(fault::raise(Class::NullPointer, "Cannot deref nil"));
    }
    state::deref(v)
}
fn deref_timeout(v: Value, ms: Value, default: Value) -> Res {
    match foreign::ask(foreign::Op::DerefTimeout, v, &[ms, default]) {
        Some(r) => r,
        None => Err(fault::class_cast(v, "clojure.lang.IBlockingDeref")),
    }
}

fn atom_with(args: &[Value]) -> Res {
    let a = Atom::new(args[0]);
    for option in args[1..].chunks(2) {
        let [name, value] = *option else { return Err(super::seq::no_value(option[0])) };
        match name.cast::<Keyword>().map(|k| k.symbol.full()).as_deref() {
            Some("meta") if value.is_nil() || coll::kind::is_map(value) => a.set_meta(value),
            Some("meta") => return Err(fault::class_cast(value, "clojure.lang.IPersistentMap")),
            Some("validator") => a.set_validator(value)?,
            _ => {}
        }
    }
    Ok(a.value())
}

/// The answer of a reference of another kind (refs, agents), or the error.
fn other(op: foreign::Op, v: Value, args: &[Value]) -> Res {
    foreign::ask(op, v, args).unwrap_or_else(|| Err(fault::class_cast(v, "clojure.lang.IRef")))
}
fn add_watch(reference: Value, key: Value, f: Value) -> Res {
    if let Some(a) = reference.cast::<Atom>() {
        a.update_watches(|w| coll::assoc(w, key, f))?;
    } else if let Some(v) = reference.cast::<Var>() {
        v.set_watches(coll::assoc(v.watches(), key, f)?);
    } else {
        return other(foreign::Op::AddWatch, reference, &[key, f]);
    }
    Ok(reference)
}
fn remove_watch(reference: Value, key: Value) -> Res {
    if let Some(a) = reference.cast::<Atom>() {
        a.update_watches(|w| coll::dissoc(w, key))?;
    } else if let Some(v) = reference.cast::<Var>() {
        v.set_watches(coll::dissoc(v.watches(), key)?);
    } else {
        return other(foreign::Op::RemoveWatch, reference, &[key]);
    }
    Ok(reference)
}
fn set_validator(reference: Value, f: Value) -> Res {
    match reference.cast::<Atom>() {
        Some(a) => a.set_validator(f).map(|()| Value::NIL),
        None => other(foreign::Op::SetValidator, reference, &[f]),
    }
}
fn get_validator(reference: Value) -> Res {
    match reference.cast::<Atom>() {
        Some(a) => Ok(a.validator()),
        None => other(foreign::Op::GetValidator, reference, &[]),
    }
}

fn vreset(v: Value, x: Value) -> Res {
    let cell = volatile(v)?;
    cell.value.set(cell, x);
    Ok(x)
}
fn vswap(args: &[Value]) -> Res {
    let cell = volatile(args[0])?;
    let mut all = GcVec::with_capacity(args.len());
    all.push(cell.value.get());
    all.extend_from_slice(&args[2..]);
    let x = invoke(args[1], &all)?;
    cell.value.set(cell, x);
    Ok(x)
}

fn realized(v: Value) -> Res {
    if let Some(l) = v.cast::<LazySeq>() {
        return Ok(Value::bool(l.is_realized()));
    }
    if let Some(d) = v.cast::<Delay>() {
        return Ok(Value::bool(d.is_realized()));
    }
    foreign::ask(foreign::Op::Realized, v, &[]).unwrap_or_else(|| Err(fault::class_cast(v, "clojure.lang.IPending")))
}
