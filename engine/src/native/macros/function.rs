//! `fn`, `defn`, `defmacro`, `letfn`.

use super::binding::with_conditions;
use super::{bad, destructure, fresh, is_text, key, list, plain, quote, special};
use crate::coll;
use crate::fault::Res;
use crate::heap::GcVec;
use crate::text::Symbol;
use crate::value::Value;
use std::ops::ControlFlow;

/// `([params] body …)` of one arity, patterns taken apart. `extra` are parameters in front of those written.
fn one_arity(decl: &[Value], extra: &[Value]) -> Res {
    let Some((&params, forms)) = decl.split_first() else { return Err(bad("Parameter declaration missing")) };
    if !coll::kind::is_vector(params) {
        return Err(bad(format!("Parameter declaration {} should be a vector", crate::print::display(params))));
    }
    let written = coll::items(params)?;
    let forms = with_conditions(params, forms)?;
    if extra.is_empty() && written.iter().all(|v| v.is::<Symbol>()) {
        let mut all = GcVec::new();
        all.push(params);
        all.extend_from_slice(&forms);
        return Ok(list(&all));
    }
    let (mut names, mut patterns) = (GcVec::new(), GcVec::new());
    names.extend_from_slice(extra);
    for &p in written.iter() {
        if p.is::<Symbol>() {
            names.push(p);
        } else {
            let name = fresh("p");
            names.push(name);
            destructure::bind(&mut patterns, p, name)?;
        }
    }
    let names = coll::with_meta(coll::vector(&names), coll::meta(params))?;
    if patterns.is_empty() {
        let mut all = GcVec::new();
        all.push(names);
        all.extend_from_slice(&forms);
        return Ok(list(&all));
    }
    let mut inner = GcVec::new();
    inner.push(coll::vector(&patterns));
    inner.extend_from_slice(&forms);
    Ok(list(&[names, special("let*", &inner)]))
}

/// The arities of a declaration, one or several, as `fn*` takes them.
fn arities(decls: &[Value], extra: &[Value]) -> Res<GcVec> {
    let mut all = GcVec::new();
    match decls {
        [] => return Err(bad("Parameter declaration missing")),
        [first, ..] if coll::kind::is_vector(*first) => all.push(one_arity(decls, extra)?),
        many => {
            for &d in many {
                if !coll::is_seq(d) {
                    return Err(bad(format!("Invalid signature {} should be a list", crate::print::display(d))));
                }
                let made = one_arity(&coll::items(d)?, extra)?;
                all.push(super::placed(made, d)?);
            }
        }
    }
    Ok(all)
}

pub(super) fn fn_(a: &[Value]) -> Res {
    let (form, decls) = (a[0], &a[2..]);
    let (name, decls) = match decls {
        [name, rest @ ..] if name.is::<Symbol>() => (Some(*name), rest),
        all => (None, all),
    };
    let mut all = GcVec::new();
    all.push(plain("fn*"));
    if let Some(n) = name {
        all.push(n);
    }
    all.extend_from_slice(&arities(decls, &[])?);
    let made = list(&all);
    let meta = coll::meta(form);
    if meta.is_nil() { Ok(made) } else { coll::with_meta(made, meta) }
}

/// Adds one map to another.
fn merged(into: Value, from: Value) -> Res {
    let mut all = if into.is_nil() { coll::map(&[])? } else { into };
    if !from.is_nil() {
        coll::each_entry(from, &mut |k, v| {
            all = coll::assoc(all, k, v)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(all)
}

/// `(def ^{…} name (fn* …))`.
fn definition(a: &[Value], what: &str, extra: &[Value], more: &[(&str, Value)]) -> Res {
    let Some((&name, mut decls)) = a[2..].split_first() else { return Err(bad(format!("{what} requires a name"))) };
    if !name.is::<Symbol>() {
        return Err(bad("First argument to defn must be a symbol"));
    }
    let mut meta = coll::map(&[])?;
    if let [doc, rest @ ..] = decls {
        if is_text(*doc) {
            meta = coll::assoc(meta, key("doc"), *doc)?;
            decls = rest;
        }
    }
    if let [map, rest @ ..] = decls {
        if coll::kind::is_map(*map) {
            meta = merged(meta, *map)?;
            decls = rest;
        }
    }
    if let [rest @ .., map] = decls {
        if coll::kind::is_map(*map) && !rest.is_empty() && !coll::kind::is_vector(rest[0]) {
            meta = merged(meta, *map)?;
            decls = rest;
        }
    }
    let mut lists = GcVec::new();
    match decls {
        [first, ..] if coll::kind::is_vector(*first) => lists.push(*first),
        many => {
            for &d in many {
                lists.push(if coll::is_seq(d) { coll::first(d)? } else { Value::NIL });
            }
        }
    }
    let arglists = quote(list(&lists));
    let mut all = merged(coll::map(&[key("arglists"), arglists])?, meta)?;
    all = merged(all, coll::meta(name))?;
    for (k, v) in more {
        all = coll::assoc(all, key(k), *v)?;
    }
    // A hint is a name, not something to evaluate.
    let tag = coll::get(all, key("tag"), Value::NIL)?;
    if tag.is::<Symbol>() {
        all = coll::assoc(all, key("tag"), quote(tag))?;
    }
    let name = coll::with_meta(name, all)?;
    let decls = hinted(decls, tag)?;
    let decls = &decls[..];
    let mut function = GcVec::new();
    function.push(plain("fn*"));
    // Inside, its own name is the var: a later redefinition is seen. Hence the function itself has none.
    function.extend_from_slice(&arities(decls, extra)?);
    let function = super::placed(list(&function), a[0])?;
    Ok(special("def", &[name, function]))
}

/// `^long` and `^double` on the name are hints of every arity's result that has none of its own.
fn hinted(decls: &[Value], tag: Value) -> Res<GcVec> {
    let all: GcVec = decls.iter().copied().collect();
    if !tag.cast::<Symbol>().is_some_and(|s| matches!(s.name_str(), "long" | "double")) {
        return Ok(all);
    }
    let hint = |params: Value| -> Res {
        let meta = coll::meta(params);
        let meta = if meta.is_nil() { coll::map(&[])? } else { meta };
        if coll::get(meta, key("tag"), Value::NIL)?.is_nil() {
            coll::with_meta(params, coll::assoc(meta, key("tag"), tag)?)
        } else {
            Ok(params)
        }
    };
    let mut out = GcVec::new();
    for (i, &d) in all.iter().enumerate() {
        if coll::kind::is_vector(d) && i == 0 {
            out.push(hint(d)?);
        } else if coll::is_seq(d) && !coll::kind::is_vector(all[0]) {
            let rest = coll::rest(d)?;
            let made = coll::cons(hint(coll::first(d)?)?, rest)?;
            out.push(super::placed(made, d)?);
        } else {
            out.push(d);
        }
    }
    Ok(out)
}

pub(super) fn defn(a: &[Value]) -> Res {
    definition(a, "defn", &[], &[])
}
pub(super) fn defn_private(a: &[Value]) -> Res {
    definition(a, "defn-", &[], &[("private", Value::TRUE)])
}
pub(super) fn defmacro(a: &[Value]) -> Res {
    definition(a, "defmacro", &[plain("&form"), plain("&env")], &[("macro", Value::TRUE)])
}

/// `(letfn [(f [x] …) …] …)`
pub(super) fn letfn(a: &[Value]) -> Res {
    let Some(&specs) = a.get(2) else { return Err(bad("letfn requires a vector of functions")) };
    let mut bindings = GcVec::new();
    for &spec in coll::items(specs)?.iter() {
        let parts = coll::items(spec)?;
        let Some((&name, decls)) = parts.split_first() else { return Err(bad("letfn: a function needs a name")) };
        let mut function = GcVec::new();
        function.push(plain("fn*"));
        function.push(name);
        function.extend_from_slice(&arities(decls, &[])?);
        bindings.push(name);
        bindings.push(super::placed(list(&function), spec)?);
    }
    let mut all = GcVec::new();
    all.push(coll::vector(&bindings));
    all.extend_from_slice(&a[3..]);
    Ok(special("letfn*", &all))
}
