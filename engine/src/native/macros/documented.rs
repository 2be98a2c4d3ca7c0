//! What `macroexpand-1` shows of the macros that Rust expands at once to special forms: the one step that Clojure documents.
//! Programs compare and walk it; evaluated it means the same as what the analyzer uses.

use super::{call, core, fresh, list, plain, special};
use crate::coll;
use crate::fault::Res;
use crate::heap::GcVec;
use crate::text::{Symbol, Text};
use crate::value::Value;

/// `(clojure.core/let [name value …] form …)`
fn let_(bindings: &[Value], forms: &[Value]) -> Value {
    let mut all = GcVec::with_capacity(forms.len() + 1);
    all.push(coll::vector(bindings));
    all.extend_from_slice(forms);
    call("let", &all)
}

/// Clojure's `x#`.
fn temporary(name: &str) -> Value {
    let name = fresh(name);
    match name.cast::<Symbol>() {
        Some(s) => plain(&format!("{}__", s.name_str())),
        None => name,
    }
}

fn pair(bindings: Value) -> Res<Option<(Value, Value)>> {
    if !coll::kind::is_vector(bindings) || coll::count(bindings)? != 2 {
        return Ok(None);
    }
    Ok(Some((coll::nth(bindings, 0, None)?, coll::nth(bindings, 1, None)?)))
}

/// The step for a call of a macro of clojure.core; `None`: what the macro itself gives is shown, or it refuses the call.
pub fn step(name: &str, form: Value) -> Res<Option<Value>> {
    let all = coll::items(form)?;
    let args = &all[1..];
    Ok(match (name, args) {
        ("cond", [test, then, rest @ ..]) => Some(special("if", &[*test, *then, call("cond", rest)])),
        ("if-not", [test, then]) => Some(call("if-not", &[*test, *then, Value::NIL])),
        ("if-not", [test, then, other]) => Some(special("if", &[call("not", &[*test]), *then, *other])),
        ("and" | "or", [first, rest @ ..]) if !rest.is_empty() => {
            let x = temporary(name);
            let rest = call(name, rest);
            let choice = if name == "and" { [x, rest, x] } else { [x, x, rest] };
            Some(let_(&[x, *first], &[special("if", &choice)]))
        }
        ("if-let" | "if-some", [bindings, then]) if pair(*bindings)?.is_some() => {
            Some(call(name, &[*bindings, *then, Value::NIL]))
        }
        ("if-let" | "if-some" | "when-let" | "when-some", [bindings, forms @ ..]) => {
            pair(*bindings)?.and_then(|(pattern, value)| bound(name, pattern, value, forms))
        }
        ("dotimes", [bindings, forms @ ..]) => match pair(*bindings)? {
            Some((i, count)) if i.is::<Symbol>() => Some(dotimes(i, count, forms)),
            _ => None,
        },
        ("defn", [name, decls @ ..]) if name.is::<Symbol>() => {
            let mut call_of = GcVec::new();
            call_of.extend_from_slice(&[form, Value::NIL]);
            call_of.extend_from_slice(args);
            let shown = super::function::defn(&call_of)?;
            let decls = functions(decls)?;
            Some(special("def", &[coll::nth(shown, 1, None)?, call("fn", &decls)]))
        }
        ("letfn", [specs, forms @ ..]) if coll::kind::is_vector(*specs) => {
            let mut bindings = GcVec::new();
            for &spec in coll::items(*specs)?.iter() {
                bindings.push(coll::first(spec)?);
                bindings.push(coll::cons(core("fn"), spec)?);
            }
            let mut all = GcVec::new();
            all.push(coll::vector(&bindings));
            all.extend_from_slice(forms);
            Some(special("letfn*", &all))
        }
        _ => None,
    })
}

fn bound(name: &str, pattern: Value, value: Value, forms: &[Value]) -> Option<Value> {
    let x = temporary("temp");
    let inner = |forms: &[Value]| let_(&[pattern, x], forms);
    let choice = match (name, forms) {
        ("if-let", [then, other]) => special("if", &[x, inner(&[*then]), *other]),
        ("if-some", [then, other]) => special("if", &[call("nil?", &[x]), *other, inner(&[*then])]),
        ("when-let", forms) => call("when", &[x, inner(forms)]),
        ("when-some", forms) => special("if", &[call("nil?", &[x]), Value::NIL, inner(forms)]),
        _ => return None,
    };
    Some(let_(&[x, value], &[choice]))
}

fn dotimes(i: Value, count: Value, forms: &[Value]) -> Value {
    let n = temporary("n");
    let mut turn = GcVec::new();
    turn.push(call("<", &[i, n]));
    turn.extend_from_slice(forms);
    turn.push(special("recur", &[call("unchecked-inc", &[i])]));
    let turns = call("loop", &[coll::vector(&[i, Value::ZERO]), call("when", &turn)]);
    let_(&[n, call("long", &[count])], &[turns])
}

/// The arities of a `defn`, as lists, without its text and its map of metadata.
fn functions(mut decls: &[Value]) -> Res<GcVec> {
    if let [doc, rest @ ..] = decls {
        if doc.is::<Text>() && !rest.is_empty() {
            decls = rest;
        }
    }
    if let [map, rest @ ..] = decls {
        if coll::kind::is_map(*map) {
            decls = rest;
        }
    }
    let mut lists = GcVec::new();
    if decls.first().is_some_and(|d| coll::kind::is_vector(*d)) {
        lists.push(list(decls));
        return Ok(lists);
    }
    if let [rest @ .., map] = decls {
        if coll::kind::is_map(*map) {
            decls = rest;
        }
    }
    lists.extend_from_slice(decls);
    Ok(lists)
}
