//! Multimethods: a function that chooses a method by what a dispatch function makes of the arguments, by equality or by
//! `isa?` in a hierarchy. Choices are remembered until methods, preferences or the hierarchy change.

use crate::coll;
use crate::coll::foreign::Op;
use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, GcVec, Header, HeapType, Mutable, TypeId};
use crate::invoke::invoke;
use crate::print;
use crate::space::resolve;
use crate::value::Value;
use std::ops::ControlFlow;

#[repr(C)]
pub struct MultiFn {
    header: Header,
    name: Value,
    dispatch: Value,
    default: Value,
    /// A reference to the hierarchy: a var, an atom.
    hierarchy: Value,
    /// Dispatch value → method.
    methods: Mutable,
    /// Dispatch value → set of those it is preferred to.
    prefers: Mutable,
    /// Dispatch value → method chosen, for the hierarchy in `chosen_in`.
    chosen: Mutable,
    chosen_in: Mutable,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for MultiFn {
    const TYPE: TypeId = TypeId::MULTI_FN;
}

natives! { pub HOST "rung.host";
    "multi-fn" "[name dispatch default hierarchy]" [(4) make]
    "multi-fn?" "[x]" [(1) |v: Value| Ok(Value::bool(v.is::<MultiFn>()))]
    "add-method" "[multifn dispatch-val f]" [(3) add_method]
}
natives! { pub TABLE "clojure.core";
    "get-method" "[multifn dispatch-val]" [(2) get_method]
    "methods" "[multifn]" [(1) |m| Ok(multi(m)?.methods.get())]
    "prefers" "[multifn]" [(1) |m| Ok(multi(m)?.prefers.get())]
    "remove-method" "[multifn dispatch-val]" [(2) remove_method]
    "remove-all-methods" "[multifn]" [(1) remove_all]
    "prefer-method" "[multifn dispatch-val-x dispatch-val-y]" [(3) prefer_method]
}

fn make(name: Value, dispatch: Value, default: Value, hierarchy: Value) -> Res {
    let empty = coll::map(&[])?;
    let m = heap::new(MultiFn {
        header: Header::blank(),
        name,
        dispatch,
        default,
        hierarchy,
        methods: Mutable::new(empty),
        prefers: Mutable::new(empty),
        chosen: Mutable::new(empty),
        chosen_in: Mutable::new(Value::NIL),
    });
    for field in [&m.methods, &m.prefers, &m.chosen, &m.chosen_in] {
        field.watch(m);
    }
    Ok(m.value())
}

fn multi(v: Value) -> Res<Gc<MultiFn>> {
    v.cast::<MultiFn>().ok_or_else(|| fault::class_cast(v, "clojure.lang.MultiFn"))
}

/// Replaces a table by what `change` makes of it, and forgets the choices.
fn update(m: Gc<MultiFn>, table: &Mutable, change: impl Fn(Value) -> Res) -> Res {
    loop {
        let old = table.get();
        let new = change(old)?;
        if table.compare_and_set(m, old, new) {
            m.chosen_in.set(m, Value::NIL);
            return Ok(m.value());
        }
    }
}
/// The method of `print-method` that a program gave the value's class; none where it is the one for all.
pub(crate) fn print_method(v: Value) -> Res<Option<Value>> {
    let Some(m) = resolve::core("print-method")?.cast::<MultiFn>() else { return Ok(None) };
    let f = method(m, invoke(m.dispatch, &[v, Value::NIL])?)?;
    let default = coll::get(m.methods.get(), m.default, Value::NIL)?;
    Ok((f != default && !f.is_nil()).then_some(f))
}

fn add_method(v: Value, key: Value, f: Value) -> Res {
    let m = multi(v)?;
    if name_of(m) == "print-method" && key != m.default {
        print::METHODS.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    update(m, &m.methods, |all| coll::assoc(all, key, f))
}
fn remove_method(v: Value, key: Value) -> Res {
    let m = multi(v)?;
    update(m, &m.methods, |all| coll::dissoc(all, key))
}
fn remove_all(v: Value) -> Res {
    let m = multi(v)?;
    update(m, &m.methods, |_| coll::map(&[]))?;
    update(m, &m.prefers, |_| coll::map(&[]))
}
fn prefer_method(v: Value, x: Value, y: Value) -> Res {
    let m = multi(v)?;
    let h = coll::deref(m.hierarchy)?;
    if is_preferred(m, h, y, x)? {
        return Err(fault::raise(
            Class::IllegalState,
            format!(
                "Preference conflict in multimethod '{}': {} is already preferred to {}",
                print::display(m.name),
                print::display(y),
                print::display(x)
            ),
        ));
    }
    update(m, &m.prefers, |all| {
        let others = match coll::get(all, x, Value::NIL)? {
            Value::NIL => coll::set(&[])?,
            set => set,
        };
        coll::assoc(all, x, coll::conj(others, y)?)
    })
}

fn isa(h: Value, child: Value, parent: Value) -> Res<bool> {
    if coll::equal(child, parent)? {
        return Ok(true);
    }
    Ok(invoke(resolve::core("isa?")?, &[h, child, parent])?.truthy())
}
fn parents(h: Value, of: Value) -> Res<GcVec> {
    coll::items(invoke(resolve::core("parents")?, &[h, of])?)
}

/// Is `x` preferred to `y`, itself, or by a parent of either?
fn is_preferred(m: Gc<MultiFn>, h: Value, x: Value, y: Value) -> Res<bool> {
    crate::thread::check()?;
    let direct = coll::get(m.prefers.get(), x, Value::NIL)?;
    if !direct.is_nil() && coll::contains(direct, y)? {
        return Ok(true);
    }
    if coll::count(m.prefers.get())? == 0 {
        return Ok(false);
    }
    for &p in parents(h, y)?.iter() {
        if is_preferred(m, h, x, p)? {
            return Ok(true);
        }
    }
    for &p in parents(h, x)?.iter() {
        if is_preferred(m, h, p, y)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The method for a dispatch value, the default one where no other fits, nil where there is none.
fn method(m: Gc<MultiFn>, value: Value) -> Res {
    let h = coll::deref(m.hierarchy)?;
    if m.chosen_in.get() == h {
        let known = coll::get(m.chosen.get(), value, Value::ABSENT)?;
        if known != Value::ABSENT {
            return Ok(known);
        }
    } else {
        m.chosen.set(m, coll::map(&[])?);
        m.chosen_in.set(m, h);
    }
    let found = best(m, h, value)?;
    if !found.is_nil() {
        m.chosen.set(m, coll::assoc(m.chosen.get(), value, found)?);
    }
    Ok(found)
}

fn best(m: Gc<MultiFn>, h: Value, value: Value) -> Res {
    let methods = m.methods.get();
    let mut best: Option<(Value, Value)> = None;
    coll::each_entry(methods, &mut |key, f| {
        if !isa(h, value, key)? {
            return Ok(ControlFlow::Continue(()));
        }
        let Some((other, _)) = best else {
            best = Some((key, f));
            return Ok(ControlFlow::Continue(()));
        };
        let dominates = |x, y| -> Res<bool> { Ok(is_preferred(m, h, x, y)? || isa(h, x, y)?) };
        if dominates(key, other)? {
            best = Some((key, f));
        } else if !dominates(other, key)? {
            return Err(fault::illegal_argument(format!(
                "Multiple methods in multimethod '{}' match dispatch value: {} -> {} and {}, and neither is preferred",
                name_of(m),
                print::display(value),
                print::display(key),
                print::display(other)
            )));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    match best {
        Some((_, f)) => Ok(f),
        None => coll::get(methods, m.default, Value::NIL),
    }
}

fn name_of(m: Gc<MultiFn>) -> String {
    let mut name = String::new();
    let _ = print::to_str(&mut name, m.name);
    name
}

fn get_method(v: Value, value: Value) -> Res {
    method(multi(v)?, value)
}

pub(super) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let m = v.cast::<MultiFn>()?;
    match op {
        Op::Invoke => Some(call(m, args)),
        _ => None,
    }
}

fn call(m: Gc<MultiFn>, args: &[Value]) -> Res {
    crate::thread::check()?;
    let value = invoke(m.dispatch, args)?;
    match method(m, value)? {
        Value::NIL => Err(fault::illegal_argument(format!(
            "No method in multimethod '{}' for dispatch value: {}",
            name_of(m),
            match value {
                Value::NIL => "null".into(),
                v => print::display(v),
            }
        ))),
        f => invoke(f, args),
    }
}
