//! Macroexpansion, one step and all steps.

use super::special::Special;
use super::*;
use crate::space::{VarFlag, resolve};

/// Is the form `(do …)`?
pub fn is_do(form: Value) -> bool {
    head(form).is_some_and(|s| s.ns.is_nil() && s.name_str() == "do")
}

/// The symbol that a list form begins with.
pub(crate) fn head(form: Value) -> Option<crate::heap::Gc<Symbol>> {
    if !coll::is_seq(form) {
        return None;
    }
    coll::first(form).ok()?.cast::<Symbol>()
}

/// Expands a top-level form until its head is no macro.
pub fn macroexpand_top(form: Value, places: &PlaceTable, file: &str, place: reader::Place) -> Res {
    let mut form = form;
    loop {
        let ns = space::current();
        // The analyzer looks at what it goes over before it expands it.
        if let Some(s) = head(form) {
            if super::cpp_range::is_core(ns, s, &["doseq"])? {
                return Ok(form);
            }
        }
        match expand(ns, form, no_locals, |_| false) {
            Ok(Some(next)) => form = next,
            Ok(None) => return Ok(form),
            Err(t) => return Err(placed(t, form, places, file, place)),
        }
    }
}

/// One step, as `macroexpand-1` does.
pub fn macroexpand_1(form: Value) -> Res {
    Ok(shown_step(form)?.unwrap_or(form))
}

pub fn macroexpand(form: Value) -> Res {
    let mut form = form;
    while let Some(next) = shown_step(form)? {
        form = next;
    }
    Ok(form)
}

/// One step as Clojure documents it, `None` where there is none. The analyzer takes shorter ways to the same meaning.
fn shown_step(form: Value) -> Res<Option<Value>> {
    let ns = space::current();
    let Some(symbol) = head(form) else { return Ok(None) };
    if Special::named(symbol).is_some() || symbol.ns_str() == Some("cpp") {
        return Ok(None);
    }
    let name = symbol.name_str();
    if let Some(var) = resolve::var(ns, symbol)? {
        if var.has(VarFlag::Macro) && var.has(VarFlag::Library) && var.ns_str() == "clojure.core" {
            if let Some(shown) = crate::native::documented::step(&var.name_str(), form)? {
                return Ok(Some(keep_place(form, shown)?));
            }
        }
    } else if symbol.ns.is_nil() && name.len() > 1 && !name.starts_with("..") {
        if let Some(made) = dotted(name, coll::rest(form)?)? {
            return Ok(Some(keep_place(form, made)?));
        }
    }
    expand(ns, form, no_locals, |_| false)
}

/// `(.member x …)` is `(. x member …)`, `(Type. …)` is `(new Type …)`.
fn dotted(name: &str, args: Value) -> Res<Option<Value>> {
    let plain = |name: &str| Symbol::intern(None, name).value();
    if let Some(member) = name.strip_prefix('.') {
        if coll::seq(args)?.is_nil() {
            return Ok(None);
        }
        let rest = coll::cons(plain(member), coll::rest(args)?)?;
        return coll::cons(plain("."), coll::cons(coll::first(args)?, rest)?).map(Some);
    }
    match name.strip_suffix('.') {
        Some(ty) => coll::cons(plain("new"), coll::cons(plain(ty), args)?).map(Some),
        None => Ok(None),
    }
}

fn no_locals() -> Res {
    Ok(Value::NIL)
}

/// The expansion of a macro call, `None` where the form is none. `bound` says whether a name is a local, `env` makes what
/// a program's macro sees as `&env`; the library's own macros do not look at it.
pub(crate) fn expand(
    ns: &'static Namespace,
    form: Value,
    env: impl FnOnce() -> Res,
    bound: impl Fn(crate::heap::Gc<Symbol>) -> bool,
) -> Res<Option<Value>> {
    let Some(symbol) = head(form) else { return Ok(None) };
    if Special::named(symbol).is_some() || symbol.ns_str() == Some("cpp") || bound(symbol) {
        return Ok(None);
    }
    let Some(var) = resolve::var(ns, symbol)? else { return Ok(None) };
    if !var.has(VarFlag::Macro) {
        return Ok(None);
    }
    let mut args = GcVec::new();
    args.push(form);
    args.push(if var.has(VarFlag::Library) { Value::NIL } else { env()? });
    coll::each(coll::rest(form)?, &mut |v| {
        args.push(v);
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    let expanded = crate::invoke::invoke(var.deref()?, &args)?;
    Ok(Some(keep_place(form, expanded)?))
}

/// A list made by a macro takes the call's line and column where it has none of its own.
fn keep_place(form: Value, expanded: Value) -> Res {
    if !coll::is_seq(expanded) || !coll::meta(expanded).is_nil() || coll::seq(expanded)?.is_nil() {
        return Ok(expanded);
    }
    let meta = coll::meta(form);
    if meta.is_nil() { Ok(expanded) } else { coll::with_meta(expanded, meta) }
}

/// An error that a macro threw, given the place of its call; one that has a place already keeps it.
fn placed(thrown: Thrown, form: Value, places: &PlaceTable, file: &str, place: reader::Place) -> Thrown {
    let t = crate::thread::Thread::current();
    let error = t.take_pending();
    let Some(e) = error.cast::<fault::Throwable>() else { return fault::throw(error) };
    if !e.diagnostic.is_nil() || e.class().is_a(Class::Error) || e.class() == Class::Interrupted {
        return fault::throw(error);
    }
    let _ = thrown;
    let name = head(form).map_or_else(|| "macro".to_owned(), |s| s.full());
    let p = places.of(form).unwrap_or(place);
    let d = Diagnostic::new(Phase::Macroexpand, "macroexpand/failed", format!("{name}: {}", e.message_text()))
        .at(p.in_file(file, "expanding this"));
    let message = crate::text::Text::value(&d.message);
    let json = crate::text::Text::value(&serde_json::to_string(&d).unwrap_or_default());
    fault::throw(fault::Throwable::alloc_full(Class::Compiler, message, error, Value::NIL, json, Value::NIL).value())
}

impl Analyzer<'_> {
    /// `&env`: a map whose keys are the locals in scope, nil where there are none.
    fn environment(&self) -> Res {
        let mut pairs = GcVec::new();
        for scope in &self.scopes {
            for name in scope.own.iter().copied().chain(scope.locals.iter().map(|l| l.name)) {
                pairs.push(Value::from_bits(name));
                pairs.push(Value::TRUE);
            }
        }
        if pairs.is_empty() { Ok(Value::NIL) } else { coll::map(&pairs) }
    }

    /// Expands a macro call inside the form at hand.
    pub(crate) fn expand(&mut self, form: Value) -> Res<Option<Value>> {
        if let Some(known) = self.expansions.get(form) {
            return Ok(Some(known));
        }
        let this = &*self;
        match expand(this.ns, form, || this.environment(), |s| this.is_bound(s)) {
            Err(t) => {
                let p = self.place;
                let place = reader::Place {
                    line: p.line,
                    column: p.column,
                    end_line: p.end_line,
                    end_column: p.end_column,
                    ..Default::default()
                };
                Err(placed(t, form, self.places, &self.tree.file, place))
            }
            Ok(Some(expanded)) => {
                self.expansions.put(form, expanded);
                Ok(Some(expanded))
            }
            Ok(None) => Ok(None),
        }
    }
}
