//! The macros that nearly every form of a program uses, in Rust: expansion takes a microsecond and needs nothing evaluated
//! first. The others are written in Clojure (`clj/clojure/core.clj`). What they make refers to clojure.core by full names.

mod binding;
mod destructure;
pub mod documented;
mod function;

use crate::coll;
use crate::fault::{self, Class, Res, Thrown};
use crate::heap::GcVec;
use crate::text::{Symbol, Text};
use crate::value::Value;

natives! { pub TABLE "clojure.core";
    "fn" "[name? [params*] exprs*] [name? ([params*] exprs*) +]" [(rest 2) function::fn_]
    "defn" "[name doc-string? attr-map? [params*] body] [name doc-string? attr-map? ([params*] body) + attr-map?]" [(rest 2) function::defn]
    "defn-" "[name & decls]" [(rest 2) function::defn_private]
    "defmacro" "[name doc-string? attr-map? [params*] body]" [(rest 2) function::defmacro]
    "let" "[bindings & body]" [(rest 2) binding::let_]
    "loop" "[bindings & body]" [(rest 2) binding::loop_]
    "letfn" "[fnspecs & body]" [(rest 2) function::letfn]
    "if-let" "[bindings then] [bindings then else]" [(rest 2) binding::if_let]
    "when-let" "[bindings & body]" [(rest 2) binding::when_let]
    "if-some" "[bindings then] [bindings then else]" [(rest 2) binding::if_some]
    "when-some" "[bindings & body]" [(rest 2) binding::when_some]
    "when" "[test & body]" [(rest 2) when]
    "when-not" "[test & body]" [(rest 2) when_not]
    "if-not" "[test then] [test then else]" [(rest 2) if_not]
    "cond" "[& clauses]" [(rest 2) cond]
    "case" "[e & clauses]" [(rest 2) case]
    "and" "[& exprs]" [(rest 2) and]
    "or" "[& exprs]" [(rest 2) or]
    "->" "[x & forms]" [(rest 2) thread_first]
    "->>" "[x & forms]" [(rest 2) thread_last]
    "dotimes" "[bindings & body]" [(rest 2) binding::dotimes]
    "lazy-seq" "[& body]" [(rest 2) lazy_seq]
    "delay" "[& body]" [(rest 2) delay]
    "declare" "[& names]" [(rest 2) declare]
    "comment" "[& body]" [(rest 2) comment]
}
natives! { pub HOST "rung.host";
    "refuse-bindings" "[form what]" [(2) refuse_bindings]
}
natives! { pub FUNCTIONS "clojure.core";
    "destructure" "[bindings]" [(1) destructure::destructure]
}

/// An unqualified symbol: special forms.
fn plain(name: &str) -> Value {
    Symbol::intern(None, name).value()
}
/// A name of clojure.core.
fn core(name: &str) -> Value {
    Symbol::intern(Some("clojure.core"), name).value()
}
/// A symbol that no program wrote.
fn fresh(prefix: &str) -> Value {
    Symbol::intern(None, &format!("{prefix}__{}__auto", super::name::next_id())).value()
}
fn list(items: &[Value]) -> Value {
    coll::list(items)
}
fn call(name: &str, args: &[Value]) -> Value {
    let mut all = GcVec::with_capacity(args.len() + 1);
    all.push(core(name));
    all.extend_from_slice(args);
    list(&all)
}
fn special(name: &str, args: &[Value]) -> Value {
    let mut all = GcVec::with_capacity(args.len() + 1);
    all.push(plain(name));
    all.extend_from_slice(args);
    list(&all)
}
/// `(do …)`, or the one form.
fn body(forms: &[Value]) -> Value {
    match forms {
        [one] => *one,
        all => special("do", all),
    }
}
#[cold]
fn bad(message: impl AsRef<str>) -> Thrown {
    fault::raise(Class::IllegalArgument, message)
}
#[cold]
fn arity(name: &str, n: usize) -> Thrown {
    fault::raise(Class::Arity, format!("Wrong number of args ({n}) passed to: clojure.core/{name}"))
}
/// What a macro's bindings must be and are not, with the call's place, as Clojure says it.
#[cold]
fn requires(form: Value, what: &str) -> Thrown {
    let head = coll::first(form).map_or_else(|_| String::new(), crate::print::display);
    let line = match coll::get(coll::meta(form), key("line"), Value::NIL) {
        Ok(line) if !line.is_nil() => crate::print::display(line),
        _ => String::new(),
    };
    bad(format!("{head} requires {what} in {}:{line}", crate::space::current().name))
}
/// For the macros that are written in Clojure.
fn refuse_bindings(form: Value, what: Value) -> Res {
    Err(requires(form, what.cast::<Text>().map_or_else(String::new, |t| t.as_str().to_owned()).as_str()))
}
/// Gives a form that a macro made the place of the form it stands for.
fn placed(made: Value, like: Value) -> Res {
    let meta = if coll::is_seq(like) { coll::meta(like) } else { Value::NIL };
    if meta.is_nil() || !coll::meta(made).is_nil() { Ok(made) } else { coll::with_meta(made, meta) }
}

fn when(a: &[Value]) -> Res {
    match &a[2..] {
        [] => Err(arity("when", 0)),
        [test, forms @ ..] => Ok(special("if", &[*test, special("do", forms)])),
    }
}
fn when_not(a: &[Value]) -> Res {
    match &a[2..] {
        [] => Err(arity("when-not", 0)),
        [test, forms @ ..] => Ok(special("if", &[*test, Value::NIL, special("do", forms)])),
    }
}
fn if_not(a: &[Value]) -> Res {
    match a[2..] {
        [test, then] => Ok(special("if", &[test, Value::NIL, then])),
        [test, then, other] => Ok(special("if", &[test, other, then])),
        ref other => Err(arity("if-not", other.len())),
    }
}

fn cond(a: &[Value]) -> Res {
    let clauses = &a[2..];
    if !clauses.len().is_multiple_of(2) {
        return Err(bad("cond requires an even number of forms"));
    }
    let mut made = Value::NIL;
    for (i, pair) in clauses.chunks_exact(2).rev().enumerate() {
        made = match (i, made) {
            (0, _) => special("if", &[pair[0], pair[1]]),
            (_, rest) => special("if", &[pair[0], pair[1], rest]),
        };
        made = placed(made, pair[0])?;
    }
    Ok(made)
}

/// `(case* value default [[constant …] then] …)`.
fn case(a: &[Value]) -> Res {
    let Some((&subject, clauses)) = a[2..].split_first() else { return Err(arity("case", 0)) };
    let value = fresh("case");
    let (clauses, default) = match clauses {
        [clauses @ .., default] if clauses.len() % 2 == 0 => (clauses, *default),
        all => {
            let message = call("str", &[Text::value("No matching clause: "), value]);
            (all, special("throw", &[special("new", &[plain("IllegalArgumentException"), message])]))
        }
    };
    let mut seen = coll::set(&[])?;
    let mut all = GcVec::new();
    all.extend_from_slice(&[value, default]);
    for pair in clauses.chunks_exact(2) {
        let keys = if coll::is_seq(pair[0]) { coll::items(pair[0])? } else { [pair[0]].into_iter().collect() };
        for &k in keys.iter() {
            if coll::contains(seen, k)? {
                return Err(bad(format!("Duplicate case test constant: {}", crate::print::display(k))));
            }
            seen = coll::conj(seen, k)?;
        }
        all.push(coll::vector(&[coll::vector(&keys), pair[1]]));
    }
    let bindings = coll::vector(&[value, subject]);
    Ok(special("let*", &[bindings, special("case*", &all)]))
}

fn and(a: &[Value]) -> Res {
    connective("and", &a[2..], Value::TRUE, |x, rest| [x, rest, x])
}
fn or(a: &[Value]) -> Res {
    connective("or", &a[2..], Value::NIL, |x, rest| [x, x, rest])
}
fn connective(name: &str, args: &[Value], none: Value, choose: fn(Value, Value) -> [Value; 3]) -> Res {
    match args {
        [] => Ok(none),
        [one] => Ok(*one),
        [first, rest @ ..] => {
            let x = fresh(name);
            let rest = connective(name, rest, none, choose)?;
            let test = special("if", &choose(x, rest));
            placed(special("let*", &[coll::vector(&[x, *first]), test]), *first)
        }
    }
}

fn thread(a: &[Value], name: &str, put: fn(Value, &[Value]) -> GcVec) -> Res {
    let [mut x, ref forms @ ..] = a[2..] else { return Err(arity(name, 0)) };
    for &form in forms {
        x = if coll::is_seq(form) && !coll::seq(form)?.is_nil() {
            let made = list(&put(x, &coll::items(form)?));
            let meta = coll::meta(form);
            if meta.is_nil() { made } else { coll::with_meta(made, meta)? }
        } else {
            list(&[form, x])
        };
    }
    Ok(x)
}
fn thread_first(a: &[Value]) -> Res {
    thread(a, "->", |x, form| [form[0], x].into_iter().chain(form[1..].iter().copied()).collect())
}
fn thread_last(a: &[Value]) -> Res {
    thread(a, "->>", |x, form| form.iter().copied().chain([x]).collect())
}

/// `(fn* [] …)` that runs once.
fn thunk(forms: &[Value]) -> Value {
    let mut all = GcVec::new();
    all.push(plain("fn*"));
    all.push(coll::vector(&[]));
    all.extend_from_slice(forms);
    list(&all)
}
fn lazy_seq(a: &[Value]) -> Res {
    Ok(call("lazy-seq*", &[thunk(&a[2..])]))
}
fn delay(a: &[Value]) -> Res {
    Ok(call("delay*", &[thunk(&a[2..])]))
}
fn declare(a: &[Value]) -> Res {
    let mut all = GcVec::new();
    for &name in &a[2..] {
        if !name.is::<Symbol>() {
            return Err(bad("declare takes symbols"));
        }
        let meta = coll::meta(name);
        let declared = coll::assoc(meta, key("declared"), Value::TRUE)?;
        all.push(special("def", &[coll::with_meta(name, declared)?]));
    }
    Ok(special("do", &all))
}
fn comment(_: &[Value]) -> Res {
    Ok(Value::NIL)
}

fn key(name: &str) -> Value {
    crate::text::Keyword::intern(None, name).value()
}
/// A quoted form.
fn quote(v: Value) -> Value {
    special("quote", &[v])
}
fn is_text(v: Value) -> bool {
    v.is::<Text>()
}
