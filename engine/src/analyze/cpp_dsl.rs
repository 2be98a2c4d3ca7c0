//! Names of C++ that no symbol can spell, in forms: `#cpp (…)` as a value and as what is called, `cpp/type` and `cpp/value`
//! at the head of a call, the address of a function or member, a cast that chooses an overload.

use super::call::dots;
use super::*;
use crate::heap::Gc;
use crate::text::{Keyword, Text};
use questions::{Answer, Callee, Question};

impl Analyzer<'_> {
    /// What `#cpp form` stands for as a value: a native literal, a variable, a constant, a pointer to a member.
    pub(crate) fn dsl_value(&mut self, form: Value, position: Position) -> Res<ExprId> {
        if let Some(id) = self.native_literal(form)? {
            return Ok(id);
        }
        if self.dsl_operator(form)?.as_deref() == Some("&member") {
            let text = self.type_text(form)?;
            // As a type it is what the pointer's type is: `decltype(&T::name)`.
            let text = text.strip_prefix("decltype(").and_then(|t| t.strip_suffix(')')).unwrap_or(&text).to_owned();
            return self.cpp_site(Callee::Expression { text }, Value::NIL, Vec::new(), position);
        }
        let text = self.type_text(form)?;
        self.cpp_value(&text, position)
    }

    /// The keyword that a list of the type language begins with.
    fn dsl_operator(&self, form: Value) -> Res<Option<String>> {
        if !coll::is_seq(form) {
            return Ok(None);
        }
        Ok(coll::first(form)?.cast::<Keyword>().map(|k| k.symbol.name_str().to_owned()))
    }

    /// The C++ name that the head of a call stands for, where it is `#cpp …` or `(cpp/type …)`: a function, or a type to
    /// construct.
    pub(crate) fn dsl_callee(&mut self, head: Value) -> Res<Option<String>> {
        let Some(inner) = dsl_form(head)? else { return Ok(None) };
        if self.dsl_operator(inner)?.as_deref() == Some("&member") || self.native_literal_form(inner, head)? {
            return Ok(None);
        }
        self.type_text(inner).map(Some)
    }

    /// `(#cpp 3 …)` and `(#cpp "text" …)` call a literal, which is refused like any other; `(cpp/type "text")` is a type.
    fn native_literal_form(&self, inner: Value, head: Value) -> Res<bool> {
        let is_type = macroexpand::head(head).is_some_and(|s| s.name_str() == "type");
        let literal = inner.as_long().is_some() || inner.as_double().is_some() || inner.is::<Text>();
        Ok(literal && !is_type)
    }

    /// The C++ name of a form that is nothing but a name: a symbol that is no local, or `#cpp …`.
    fn plain_name(&mut self, form: Value) -> Res<Option<String>> {
        if let Some(s) = form.cast::<Symbol>() {
            return Ok(if self.is_bound(s) { None } else { self.cpp_name(s) });
        }
        match dsl_form(form)? {
            Some(inner) if inner.is::<Symbol>() || coll::is_seq(inner) => self.type_text(inner).map(Some),
            _ => Ok(None),
        }
    }

    /// `(cpp/& name)` of a function, or of a member of a class: no object is asked for its address.
    pub(crate) fn address_of_name(&mut self, form: Value, position: Position) -> Res<Option<ExprId>> {
        let Some(name) = self.plain_name(form)? else { return Ok(None) };
        match self.answer(Question::Name { name: name.clone() })? {
            Ok(Answer::Functions { .. } | Answer::FunctionTemplate { .. }) => self.cpp_value(&name, position).map(Some),
            Ok(Answer::Field { .. }) => {
                let text = format!("&{name}");
                self.cpp_site(Callee::Expression { text }, Value::NIL, Vec::new(), position).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The name of an overloaded function, or of a function template, that a cast to a pointer's type chooses from.
    pub(crate) fn overloaded_name(&mut self, form: Value) -> Res<Option<String>> {
        let form = match macroexpand::head(form) {
            Some(s) if s.ns_str() == Some("cpp") && s.name_str() == "&" => coll::nth(form, 1, Some(Value::NIL))?,
            _ => form,
        };
        let Some(name) = self.plain_name(form)? else { return Ok(None) };
        match self.answer(Question::Name { name: name.clone() })? {
            Ok(Answer::Functions { overloads }) if overloads.len() > 1 => Ok(Some(name)),
            Ok(Answer::FunctionTemplate { .. }) => Ok(Some(name)),
            _ => Ok(None),
        }
    }

    /// The same of a call's argument, where it is known already: what is not is asked as any name.
    pub(crate) fn overloaded_argument(&mut self, form: Value) -> Res<Option<String>> {
        if !form.is::<Symbol>() {
            return Ok(None);
        }
        if self.collecting.is_some() {
            let Some(name) = self.plain_name(form)? else { return Ok(None) };
            if crate::host::parts().cpp.known(&Question::Name { name }).is_none() {
                return Ok(None);
            }
        }
        self.overloaded_name(form)
    }

    /// A macro that is called or read through the alias of a header with a scope: macros know no namespaces.
    pub(crate) fn macro_behind(&mut self, s: Gc<Symbol>) -> Res<Option<String>> {
        if s.ns.is_nil() || s.ns_str() == Some("cpp") {
            return Ok(None);
        }
        let name = dots(s.name_str());
        match self.answer(Question::Name { name: name.clone() })? {
            Ok(Answer::Macro { .. }) => Ok(Some(name)),
            _ => Ok(None),
        }
    }
}

/// The form inside `(cpp/dsl form)`, which `#cpp form` is read as, or `(cpp/type form)`.
pub(crate) fn dsl_form(form: Value) -> Res<Option<Value>> {
    let Some(s) = macroexpand::head(form) else { return Ok(None) };
    if s.ns_str() != Some("cpp") || !matches!(s.name_str(), "dsl" | "type") {
        return Ok(None);
    }
    Ok(match items(form)?[..] {
        [_, inner] => Some(inner),
        _ => None,
    })
}
