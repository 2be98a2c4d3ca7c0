//! C++ ranges where Clojure's own words are used on them: `doseq` becomes C++'s loop over iterators, `count`, `nth` and
//! `get` ask the container. Nothing is copied for them, and an element keeps its C++ type in `doseq`. What is no range, or
//! is no C++ at all, goes the usual way.

use super::scope::Found;
use super::*;
use crate::heap::Gc;
use crate::space::{VarFlag, resolve};
use crate::text::{Keyword, Text};
use questions::{Answer, Arg, CallQuestion, Callee, Question, TypeKind};

/// Names that no program can write.
const RANGE: &str = "range of";
const AT: &str = "at in";
const END: &str = "end of";
const ITEM: &str = "item of";
const INDEX: &str = "index of";

/// Is the symbol clojure.core's own `name`?
pub(crate) fn is_core(ns: &'static Namespace, s: Gc<Symbol>, names: &[&str]) -> Res<bool> {
    if !names.contains(&s.name_str()) {
        return Ok(false);
    }
    Ok(resolve::var(ns, s)?.is_some_and(|v| v.has(VarFlag::Library) && v.ns_str() == "clojure.core"))
}

/// How a range begins and ends.
enum Ends {
    Members,
    Array,
    Functions,
}

impl Analyzer<'_> {
    /// `doseq`, `count`, `nth`, `get` of a C++ range, as forms that do it; `None`: the usual way.
    pub(crate) fn ranged(&mut self, s: Gc<Symbol>, form: Value) -> Res<Option<Value>> {
        if !is_core(self.ns, s, &["doseq", "count", "nth", "get"])? {
            return Ok(None);
        }
        if let Some(known) = self.expansions.get(form) {
            return Ok(Some(known));
        }
        let all = items(form)?;
        let made = match (s.name_str(), &all[1..]) {
            ("doseq", [bindings, body @ ..]) if coll::is_vector(*bindings) => self.doseq(form, *bindings, body)?,
            ("count", [x]) => self.over(form, *x, |a, x| a.count_of(x))?,
            ("nth", [x, i]) => self.over(form, *x, |a, x| a.nth_of(x, *i, None))?,
            ("nth", [x, i, default]) => self.over(form, *x, |a, x| a.nth_of(x, *i, Some(*default)))?,
            ("get", [x, k]) => self.over(form, *x, |a, x| a.get_of(x, *k, Value::NIL))?,
            ("get", [x, k, default]) => self.over(form, *x, |a, x| a.get_of(x, *k, *default))?,
            _ => None,
        };
        if let Some(made) = made {
            self.expansions.put(form, made);
        }
        Ok(made)
    }

    /// The word on a range that is a local already, or is made one first.
    fn over(
        &mut self,
        form: Value,
        x: Value,
        word: impl FnOnce(&mut Self, Value) -> Res<Option<Value>>,
    ) -> Res<Option<Value>> {
        if self.wants_name(x)? {
            let mut all = items(form)?;
            all[1] = name(RANGE);
            return Ok(Some(let_form(&[name(RANGE), x], coll::list(&all))));
        }
        if self.local_object(x)?.is_some() { word(self, x) } else { Ok(None) }
    }

    /// A call of C++, or a variable of C++: what it yields may be a range.
    fn wants_name(&mut self, form: Value) -> Res<bool> {
        if let Some(s) = form.cast::<Symbol>() {
            if self.is_bound(s) {
                return Ok(matches!(self.find(s)?, Some(Found::Capture(_, _, Some(_)))));
            }
            return Ok(self.cpp_name(s).is_some());
        }
        if !coll::is_seq(form) {
            return Ok(false);
        }
        let head = coll::first(form)?;
        Ok(match head.cast::<Symbol>() {
            Some(s) if self.is_bound(s) => match self.find(s)? {
                Some(Found::Local(l)) => matches!(l.ty, Ty::Cpp(..)),
                _ => false,
            },
            Some(s) => {
                self.cpp_name(s).is_some() || s.ns.is_nil() && s.name_str().len() > 1 && s.name_str().starts_with('.')
            }
            None => cpp_dsl::dsl_form(head)?.is_some(),
        })
    }

    /// The type of a local that is a C++ object, texts left out: they are Clojure's strings.
    fn local_object(&mut self, form: Value) -> Res<Option<TypeIx>> {
        let Some(s) = form.cast::<Symbol>().filter(|s| self.is_bound(*s)) else { return Ok(None) };
        let Some(Found::Local(l)) = self.find(s)? else { return Ok(None) };
        Ok(match l.ty {
            Ty::Cpp(t, _) if self.tree.ty(t).repr == Repr::Memory && !is_text(&self.tree.ty(t).name) => Some(t),
            _ => None,
        })
    }

    /// May the form yield a C++ range?
    fn is_range(&mut self, form: Value) -> Res<bool> {
        Ok(self.wants_name(form)? || self.local_object(form)?.is_some())
    }

    fn has_member(&mut self, t: TypeIx, member: &str) -> Res<bool> {
        let class = self.tree.ty(t).name.clone();
        if self.tree.ty(t).kind == TypeKind::Array {
            return Ok(false);
        }
        Ok(self.answer(Question::Member { class, name: member.to_owned() })?.is_ok())
    }

    fn accepts(&mut self, callee: Callee, t: TypeIx, more: &[Arg]) -> Res<bool> {
        let ty = self.tree.ty(t).name.clone();
        let mut args = vec![Arg::Native { ty, category: Category::Lvalue }];
        args.extend_from_slice(more);
        Ok(matches!(self.answer(Question::Call(CallQuestion { callee, args }))?, Ok(Answer::Call(_))))
    }

    fn ends(&mut self, t: TypeIx) -> Res<Option<Ends>> {
        if self.tree.ty(t).kind == TypeKind::Array {
            return Ok(Some(Ends::Array));
        }
        if self.has_member(t, "begin")? {
            return Ok(Some(Ends::Members));
        }
        let found = self.accepts(Callee::Expression { text: "begin($0)".into() }, t, &[])?;
        Ok(found.then_some(Ends::Functions))
    }

    fn doseq(&mut self, form: Value, bindings: Value, body: &[Value]) -> Res<Option<Value>> {
        let pairs = items(bindings)?;
        let [item, range, ref rest @ ..] = pairs[..] else { return Ok(None) };
        if item.is::<Keyword>() || pairs.len() % 2 != 0 {
            return Ok(None);
        }
        // A C++ range further in gets a loop of its own, so that the one around stays Clojure's.
        if !self.is_range(range)? {
            for at in (2..pairs.len()).step_by(2) {
                if !pairs[at].is::<Keyword>() && self.is_range(pairs[at + 1])? {
                    let inner = doseq_form(&pairs[at..], body);
                    return Ok(Some(doseq_form(&pairs[..at], &[inner])));
                }
            }
        }
        if self.wants_name(range)? {
            let mut all = items(form)?;
            let mut named: GcVec = pairs.iter().copied().collect();
            named[1] = name(RANGE);
            all[1] = coll::vector(&named);
            return Ok(Some(let_form(&[name(RANGE), range], coll::list(&all))));
        }
        let Some(t) = self.local_object(range)? else { return Ok(None) };
        let Some(ends) = self.ends(t)? else { return Ok(None) };
        let (begin, end) = match ends {
            Ends::Members => (call(".begin", &[range]), call(".end", &[range])),
            Ends::Array => (expression("&$0[0]", range), expression("&$0[0] + sizeof($0) / sizeof($0[0])", range)),
            Ends::Functions => (expression("begin($0)", range), expression("end($0)", range)),
        };
        // Each round says whether to go on; the item is a local of its own, so that a pattern may take it apart.
        let inner = rounds(rest, body)?;
        let read = cpp("*", &[name(AT)]);
        let round = if item.is::<Symbol>() {
            let_form(&[item, read], inner)
        } else {
            let_form(&[name(ITEM), read], call("clojure.core/let", &[coll::vector(&[item, name(ITEM)]), inner]))
        };
        let step = call("do", &[cpp("++", &[name(AT)]), call("recur", &[])]);
        let body = call("if", &[cpp("!=", &[name(AT), name(END)]), call("if", &[round, step])]);
        let looped = call("loop*", &[coll::vector(&[]), body]);
        Ok(Some(let_form(&[name(AT), begin, name(END), end], looped)))
    }

    fn count_of(&mut self, x: Value) -> Res<Option<Value>> {
        let Some(t) = self.local_object(x)? else { return Ok(None) };
        if self.tree.ty(t).kind == TypeKind::Array {
            return Ok(Some(expression("sizeof($0) / sizeof($0[0])", x)));
        }
        Ok(if self.has_member(t, "size")? && self.ends(t)?.is_some() { Some(call(".size", &[x])) } else { None })
    }

    /// Is an element reached by its index?
    fn is_indexed(&mut self, t: TypeIx) -> Res<bool> {
        if self.tree.ty(t).kind == TypeKind::Array {
            return Ok(true);
        }
        let index = Arg::Native { ty: "long".into(), category: Category::Prvalue };
        Ok(self.has_member(t, "size")?
            && !self.has_member(t, "key_type")?
            && self.ends(t)?.is_some()
            && self.accepts(Callee::Operator { token: "[]".into() }, t, &[index])?)
    }

    fn nth_of(&mut self, x: Value, i: Value, default: Option<Value>) -> Res<Option<Value>> {
        let Some(t) = self.local_object(x)? else { return Ok(None) };
        if !self.is_indexed(t)? {
            return Ok(None);
        }
        let index = name(INDEX);
        let missing = default.unwrap_or_else(|| call("clojure.core/nth", &[coll::vector(&[]), index]));
        let found = self.element(x, index, missing)?;
        Ok(found.map(|found| let_form(&[index, call("clojure.core/long", &[i])], found)))
    }

    /// `(if (<= 0 index (dec size)) x[index] missing)`.
    fn element(&mut self, x: Value, index: Value, missing: Value) -> Res<Option<Value>> {
        let Some(size) = self.count_of(x)? else { return Ok(None) };
        let below = call("clojure.core/<", &[index, size]);
        let inside = call("if", &[call("clojure.core/neg?", &[index]), Value::FALSE, below]);
        let at = cpp("aget", &[x, cpp("cast", &[Symbol::intern(Some("cpp"), "long").value(), index])]);
        Ok(Some(call("if", &[inside, at, missing])))
    }

    fn get_of(&mut self, x: Value, k: Value, default: Value) -> Res<Option<Value>> {
        let Some(t) = self.local_object(x)? else { return Ok(None) };
        if self.has_member(t, "mapped_type")? && self.has_member(t, "find")? {
            let second = call(".-second", &[cpp("*", &[name(AT)])]);
            let found = call("if", &[cpp("!=", &[name(AT), call(".end", &[x])]), second, default]);
            return Ok(Some(let_form(&[name(AT), call(".find", &[x, k])], found)));
        }
        if !self.is_indexed(t)? {
            return Ok(None);
        }
        let index = name(INDEX);
        let Some(found) = self.element(x, index, default)? else { return Ok(None) };
        let found = call("if", &[call("clojure.core/int?", &[index]), found, default]);
        Ok(Some(let_form(&[index, k], found)))
    }
}

/// The body of a round under its modifiers: true to go on, false where a `:while` ends the loop.
fn rounds(rest: &[Value], body: &[Value]) -> Res<Value> {
    let Some((&modifier, rest)) = rest.split_first() else {
        let mut all = GcVec::new();
        all.push(Symbol::intern(None, "do").value());
        all.extend_from_slice(body);
        all.push(Value::TRUE);
        return Ok(coll::list(&all));
    };
    let Some((&argument, after)) = rest.split_first() else { return Ok(Value::TRUE) };
    Ok(match modifier.cast::<Keyword>().map(|k| k.symbol.name_str().to_owned()).as_deref() {
        Some("let") => call("clojure.core/let", &[argument, rounds(after, body)?]),
        Some("when") => call("if", &[argument, rounds(after, body)?, Value::TRUE]),
        Some("while") => call("if", &[argument, rounds(after, body)?, Value::FALSE]),
        _ => {
            // Another binding, or a modifier that `doseq` itself refuses.
            let mut bindings = GcVec::new();
            bindings.push(modifier);
            bindings.extend_from_slice(rest);
            call("do", &[doseq_form(&bindings, body), Value::TRUE])
        }
    })
}

fn doseq_form(bindings: &[Value], body: &[Value]) -> Value {
    let mut all = GcVec::new();
    all.push(Symbol::intern(Some("clojure.core"), "doseq").value());
    all.push(coll::vector(bindings));
    all.extend_from_slice(body);
    coll::list(&all)
}

fn is_text(ty: &str) -> bool {
    let ty = ty.strip_prefix("const ").unwrap_or(ty);
    ty.starts_with("std::basic_string") || ty.starts_with("std::__cxx11::basic_string")
}

fn name(text: &str) -> Value {
    Symbol::intern(None, text).value()
}

fn call(head: &str, args: &[Value]) -> Value {
    let mut all = GcVec::new();
    all.push(match head.split_once('/') {
        Some((ns, name)) if !ns.is_empty() => Symbol::intern(Some(ns), name).value(),
        _ => name(head),
    });
    all.extend_from_slice(args);
    coll::list(&all)
}

fn cpp(head: &str, args: &[Value]) -> Value {
    let mut all = GcVec::new();
    all.push(Symbol::intern(Some("cpp"), head).value());
    all.extend_from_slice(args);
    coll::list(&all)
}

fn expression(text: &str, x: Value) -> Value {
    cpp("expression", &[Text::value(text), x])
}

fn let_form(bindings: &[Value], body: Value) -> Value {
    call("let*", &[coll::vector(bindings), body])
}
