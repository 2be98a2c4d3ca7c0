//! Destructuring: a binding vector with patterns to one with symbols only, as clojure.org's guide to destructuring
//! describes it.

use super::{bad, call, fresh, plain, special};
use crate::coll;
use crate::fault::Res;
use crate::heap::GcVec;
use crate::text::{Keyword, Symbol};
use crate::value::Value;
use std::ops::ControlFlow;

/// `(destructure [pattern value …])`
pub fn destructure(bindings: Value) -> Res {
    let items = coll::items(bindings)?;
    if items.iter().step_by(2).all(|v| v.is::<Symbol>()) {
        return Ok(bindings);
    }
    let mut out = GcVec::new();
    for pair in items.chunks(2) {
        let [pattern, value] = *pair else { return Err(bad("a binding vector requires an even number of forms")) };
        bind(&mut out, pattern, value)?;
    }
    Ok(coll::vector(&out))
}

/// Adds what binds the names of `pattern` to the parts of `value`.
pub fn bind(out: &mut GcVec, pattern: Value, value: Value) -> Res<()> {
    crate::thread::check()?;
    if pattern.is::<Symbol>() {
        out.push(pattern);
        out.push(value);
        return Ok(());
    }
    if let Some(k) = pattern.cast::<Keyword>() {
        out.push(plain(k.symbol.name_str()));
        out.push(value);
        return Ok(());
    }
    if coll::kind::is_vector(pattern) {
        return sequential(out, pattern, value);
    }
    if coll::kind::is_map(pattern) {
        return associative(out, pattern, value);
    }
    Err(bad(format!("Unsupported binding form: {}", crate::print::display(pattern))))
}

fn is_rest(v: Value) -> bool {
    v.cast::<Symbol>().is_some_and(|s| s.ns.is_nil() && s.name_str() == "&")
}

fn sequential(out: &mut GcVec, pattern: Value, value: Value) -> Res<()> {
    let items = coll::items(pattern)?;
    let whole = fresh("vec");
    out.push(whole);
    out.push(value);
    let as_key = super::key("as");
    // With `&` the vector is walked as a seq; else items are taken by index.
    let walked = items.iter().any(|&v| is_rest(v)).then(|| fresh("seq"));
    if let Some(seq) = walked {
        out.push(seq);
        out.push(call("seq", &[whole]));
    }
    let mut i = 0;
    let mut index = 0;
    let mut rest_seen = false;
    while i < items.len() {
        let item = items[i];
        if is_rest(item) {
            let (Some(&target), Some(seq)) = (items.get(i + 1), walked) else {
                return Err(bad("a binding form must follow & in a vector pattern"));
            };
            bind(out, target, seq)?;
            rest_seen = true;
            i += 2;
        } else if item == as_key {
            let Some(&target) = items.get(i + 1) else { return Err(bad("a symbol must follow :as")) };
            bind(out, target, whole)?;
            i += 2;
        } else if rest_seen {
            return Err(bad("Unsupported binding form, only :as can follow & parameter"));
        } else {
            match walked {
                Some(seq) => {
                    let first = fresh("first");
                    out.push(first);
                    out.push(call("first", &[seq]));
                    out.push(seq);
                    out.push(call("next", &[seq]));
                    bind(out, item, first)?;
                }
                None => bind(out, item, call("nth", &[whole, Value::int(index), Value::NIL]))?,
            }
            index += 1;
            i += 1;
        }
    }
    Ok(())
}

/// `:keys`, `:strs`, `:syms`, each with or without a namespace: the kind of key it makes.
fn directive(k: Value) -> Option<(&'static str, Option<String>)> {
    let k = k.cast::<Keyword>()?;
    let kind = match k.symbol.name_str() {
        "keys" => "keys",
        "strs" => "strs",
        "syms" => "syms",
        _ => return None,
    };
    Some((kind, k.symbol.ns_str().map(str::to_owned)))
}

fn associative(out: &mut GcVec, pattern: Value, value: Value) -> Res<()> {
    let map = fresh("map");
    out.push(map);
    out.push(value);
    let converted = call("seq-to-map-for-destructuring", &[map]);
    out.push(map);
    out.push(special("if", &[call("seq?", &[map]), converted, map]));
    let defaults = coll::get(pattern, super::key("or"), Value::NIL)?;
    let whole = coll::get(pattern, super::key("as"), Value::NIL)?;
    if !whole.is_nil() {
        bind(out, whole, map)?;
    }
    let mut listed = GcVec::new();
    let mut plain_entries = GcVec::new();
    coll::each_entry(pattern, &mut |k, v| {
        if k == super::key("or") || k == super::key("as") {
            return Ok(ControlFlow::Continue(()));
        }
        match directive(k) {
            Some((kind, ns)) => {
                for &name in coll::items(v)?.iter() {
                    listed.push(name);
                    listed.push(key_form(kind, ns.as_deref(), name)?);
                }
            }
            None => {
                plain_entries.push(k);
                plain_entries.push(v);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for pair in plain_entries.chunks_exact(2).chain(listed.chunks_exact(2)) {
        let (target, k) = (pair[0], pair[1]);
        let local = local_of(target)?;
        let looked_up = match local {
            Some(name) if !defaults.is_nil() && coll::contains(defaults, coll::with_meta(name, Value::NIL)?)? => {
                call("get", &[map, k, coll::get(defaults, name, Value::NIL)?])
            }
            _ => call("get", &[map, k]),
        };
        match local {
            Some(name) => {
                out.push(name);
                out.push(looked_up);
            }
            None => bind(out, target, looked_up)?,
        }
    }
    Ok(())
}

/// The local that a symbol or keyword in a map pattern stands for; `None` for nested patterns.
fn local_of(target: Value) -> Res<Option<Value>> {
    if let Some(s) = target.cast::<Symbol>() {
        let bare = Symbol::intern(None, s.name_str()).value();
        return coll::with_meta(bare, coll::meta(target)).map(Some);
    }
    Ok(target.cast::<Keyword>().map(|k| plain(k.symbol.name_str())))
}

/// The form of the key that a name of `:keys [a b/c]` and its like is looked up by.
fn key_form(kind: &str, ns: Option<&str>, name: Value) -> Res {
    let symbol = name.cast::<Symbol>().or_else(|| name.cast::<Keyword>().map(|k| k.symbol));
    let Some(symbol) = symbol else { return Err(bad(format!(":{kind} takes symbols or keywords"))) };
    let ns = ns.map(str::to_owned).or_else(|| symbol.ns_str().map(str::to_owned));
    let name = symbol.name_str();
    Ok(match kind {
        "keys" => Keyword::intern(ns.as_deref(), name).value(),
        "syms" => super::quote(Symbol::intern(ns.as_deref(), name).value()),
        _ => crate::text::Text::value(name),
    })
}
