//! `let`, `loop` and the macros that bind.

use super::{arity, bad, body, call, destructure, fresh, key, plain, requires, special};
use crate::coll;
use crate::fault::Res;
use crate::heap::GcVec;
use crate::text::Symbol;
use crate::value::Value;

/// The binding vector that a macro's first argument must be.
pub(super) fn vector_of(name: &str, v: Option<&Value>) -> Res {
    match v {
        Some(&v) if coll::kind::is_vector(v) => {
            if coll::count(v)? % 2 == 0 {
                return Ok(v);
            }
            Err(bad(format!("{name} requires an even number of forms in binding vector")))
        }
        _ => Err(bad(format!("{name} requires a vector for its binding"))),
    }
}

fn with_body(head: &str, bindings: Value, forms: &[Value]) -> Value {
    let mut all = GcVec::with_capacity(forms.len() + 1);
    all.push(bindings);
    all.extend_from_slice(forms);
    special(head, &all)
}

pub(super) fn let_(a: &[Value]) -> Res {
    let bindings = vector_of("let", a.get(2))?;
    Ok(with_body("let*", destructure::destructure(bindings)?, &a[3..]))
}

/// Patterns are taken apart inside the loop, at each turn; initial values see what was bound before them.
pub(super) fn loop_(a: &[Value]) -> Res {
    let bindings = vector_of("loop", a.get(2))?;
    let items = coll::items(bindings)?;
    if items.iter().step_by(2).all(|v| v.is::<Symbol>()) {
        return Ok(with_body("loop*", bindings, &a[3..]));
    }
    let (mut before, mut turns, mut inside) = (GcVec::new(), GcVec::new(), GcVec::new());
    for pair in items.chunks_exact(2) {
        let (pattern, value) = (pair[0], pair[1]);
        if pattern.is::<Symbol>() {
            before.extend_from_slice(pair);
            turns.extend_from_slice(&[pattern, pattern]);
        } else {
            let name = fresh("loop");
            before.extend_from_slice(&[name, value]);
            destructure::bind(&mut before, pattern, name)?;
            turns.extend_from_slice(&[name, name]);
            destructure::bind(&mut inside, pattern, name)?;
        }
    }
    let inner = with_body("let*", coll::vector(&inside), &a[3..]);
    let turned = special("loop*", &[coll::vector(&turns), inner]);
    Ok(special("let*", &[coll::vector(&before), turned]))
}

/// `[form test]` of `if-let` and its kin.
fn one_binding(a: &[Value]) -> Res<(Value, Value)> {
    let Some(v) = a.get(2).copied().filter(|v| coll::kind::is_vector(*v)) else {
        return Err(requires(a[0], "a vector for its binding"));
    };
    if coll::count(v)? != 2 {
        return Err(requires(a[0], "exactly 2 forms in binding vector"));
    }
    Ok((coll::nth(v, 0, None)?, coll::nth(v, 1, None)?))
}

fn chosen(pattern: Value, value: Value, test: impl FnOnce(Value) -> Value, then: &[Value], other: Value) -> Res {
    let temporary = fresh("temp");
    let bindings = destructure::destructure(coll::vector(&[pattern, temporary]))?;
    let then = with_body("let*", bindings, then);
    let choice = special("if", &[test(temporary), then, other]);
    Ok(special("let*", &[coll::vector(&[temporary, value]), choice]))
}

pub(super) fn if_let(a: &[Value]) -> Res {
    let (pattern, value) = one_binding(a)?;
    match a[3..] {
        [then] => chosen(pattern, value, |t| t, &[then], Value::NIL),
        [then, other] => chosen(pattern, value, |t| t, &[then], other),
        [] => Err(arity("if-let", 1)),
        _ => Err(requires(a[0], "1 or 2 forms after binding vector")),
    }
}
pub(super) fn when_let(a: &[Value]) -> Res {
    let (pattern, value) = one_binding(a)?;
    chosen(pattern, value, |t| t, &a[3..], Value::NIL)
}
fn not_nil(t: Value) -> Value {
    call("some?", &[t])
}
pub(super) fn if_some(a: &[Value]) -> Res {
    let (pattern, value) = one_binding(a)?;
    match a[3..] {
        [then] => chosen(pattern, value, not_nil, &[then], Value::NIL),
        [then, other] => chosen(pattern, value, not_nil, &[then], other),
        [] => Err(arity("if-some", 1)),
        _ => Err(requires(a[0], "1 or 2 forms after binding vector")),
    }
}
pub(super) fn when_some(a: &[Value]) -> Res {
    let (pattern, value) = one_binding(a)?;
    chosen(pattern, value, not_nil, &a[3..], Value::NIL)
}

pub(super) fn dotimes(a: &[Value]) -> Res {
    let (name, count) = one_binding(a)?;
    if !name.is::<Symbol>() {
        return Err(bad("dotimes binds a symbol"));
    }
    let limit = fresh("n");
    let turn = special("recur", &[call("unchecked-inc", &[name])]);
    let mut forms = GcVec::new();
    forms.extend_from_slice(&a[3..]);
    forms.push(turn);
    let test = special("if", &[call("<", &[name, limit]), body(&forms)]);
    let turns = special("loop*", &[coll::vector(&[name, Value::ZERO]), test]);
    Ok(special("let*", &[coll::vector(&[limit, call("long", &[count])]), turns]))
}

/// `:pre` and `:post` of a function's body: the forms with their assertions around.
pub(super) fn with_conditions(params: Value, forms: &[Value]) -> Res<GcVec> {
    let (conditions, forms) = match forms {
        [map, rest @ ..] if coll::kind::is_map(*map) && !rest.is_empty() => (*map, rest),
        all => (coll::meta(params), all),
    };
    let condition = |name: &str| match conditions {
        Value::NIL => Ok(Value::NIL),
        c => coll::get(c, key(name), Value::NIL),
    };
    let (pre, post) = (condition("pre")?, condition("post")?);
    let mut all = GcVec::new();
    if pre.is_nil() && post.is_nil() {
        all.extend_from_slice(forms);
        return Ok(all);
    }
    let assertions = |out: &mut GcVec, of: Value| -> Res<()> {
        for &c in coll::items(of)?.iter() {
            out.push(call("assert", &[c]));
        }
        Ok(())
    };
    assertions(&mut all, pre)?;
    if post.is_nil() {
        all.extend_from_slice(forms);
        return Ok(all);
    }
    let result = plain("%");
    let mut checked = GcVec::new();
    assertions(&mut checked, post)?;
    checked.push(result);
    let bindings = coll::vector(&[result, body(forms)]);
    all.push(with_body("let*", bindings, &checked));
    Ok(all)
}
