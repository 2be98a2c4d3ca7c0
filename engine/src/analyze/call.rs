//! Symbols and calls: special form, C++ name, local, own name, var; then macros, inlined functions, keywords.

use super::inline::{Inline, inline};
use super::scope::Found;
use super::special::Special;
use super::*;
use crate::heap::Gc;
use crate::native;
use crate::space::{Alias, Var, VarFlag, resolve};
use crate::text::Text;

impl Analyzer<'_> {
    pub(crate) fn symbol(&mut self, s: Gc<Symbol>, position: Position) -> Res<ExprId> {
        if let Some(found) = self.find(s)? {
            return self.found(found, position);
        }
        if let Some(name) = self.cpp_name(s) {
            let unresolved =
                |r: &Result<questions::Answer, Diagnostic>| matches!(r, Err(d) if d.code == "cpp/unresolved");
            if s.ns_str() != Some("cpp")
                && !s.ns.is_nil()
                && unresolved(&self.answer(questions::Question::Name { name: name.clone() })?)
            {
                if let Some(name) = self.macro_behind(s)? {
                    return self.cpp_value(&name, position);
                }
            }
            return self.cpp_value(&name, position);
        }
        if let Some(v) = resolve::var(self.ns, s)? {
            return self.var_value(v, position);
        }
        if let Some(v) = self.ns.class(&s.full()) {
            return self.literal(v, position);
        }
        if let Some(name) = self.qualified_member(s) {
            // `Class/.method` as a function.
            let name = self.add_text(&name)?;
            return self.call_library("rung.host", "method-value", vec![name], position);
        }
        Err(self.unresolved(s))
    }

    pub(crate) fn found(&mut self, found: Found, position: Position) -> Res<ExprId> {
        match found {
            Found::Field { this, index, .. } => {
                let this = self.found(*this, Position::Value)?;
                let index = self.literal(Value::int(index as i32), Position::Value)?;
                self.call_library("rung.host", "field", vec![this, index], position)
            }
            Found::Local(l) => Ok(self.add(Expr::Local { slot: l.slot }, position, l.ty)),
            Found::Itself => Ok(self.add(Expr::SelfRef {}, position, Ty::Value)),
            Found::Capture(index, ty, None) => Ok(self.add(Expr::Capture { index }, position, ty)),
            Found::Capture(index, _, Some(object)) => {
                let value = self.add(Expr::Capture { index }, Position::Value, Ty::Value);
                self.convert_in(value, object)
            }
        }
    }

    fn var_value(&mut self, v: Gc<Var>, position: Position) -> Res<ExprId> {
        if v.has(VarFlag::Macro) {
            return Err(
                self.error("analyze/macro-value", format!("cannot take the value of the macro {}", v.full_name()))
            );
        }
        self.check_private(v)?;
        let dynamic = v.has(VarFlag::Dynamic);
        let var = self.var_constant(v)?;
        let feedback = self.scope().feedback();
        Ok(self.add(Expr::VarDeref { var, dynamic, feedback }, position, Ty::Value))
    }

    fn check_private(&self, v: Gc<Var>) -> Res<()> {
        if v.has(VarFlag::Private) && v.ns_str() != self.ns.name && !v.has(VarFlag::Library) {
            return Err(self.error("analyze/private", format!("var {} is private", v.full_name())));
        }
        Ok(())
    }

    /// Nothing of that name; the nearest ones help.
    pub(crate) fn unresolved(&self, s: Gc<Symbol>) -> Thrown {
        let name = s.full();
        if let Some(part) = s.ns_str() {
            if resolve::namespace(self.ns, part).is_none() && !self.ns.aliases.read().contains_key(part) {
                let d = Diagnostic::new(
                    Phase::Analyze,
                    "analyze/unresolved-namespace",
                    format!("No such namespace: {part}"),
                )
                .at(self.span("no namespace or alias of this name"))
                .help(format!("(require '[… :as {part}])"));
                return fault::raise_diagnostic(Class::Compiler, &d);
            }
        }
        let message = format!("Unable to resolve symbol: {name} in this context");
        let mut d = Diagnostic::new(Phase::Analyze, "analyze/unresolved-symbol", message).at(self.span("not found"));
        for near in self.nearest(s.name_str()) {
            d = d.candidate(near, None);
        }
        fault::raise_diagnostic(Class::Compiler, &d)
    }

    fn nearest(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = native::names("clojure.core").map(str::to_owned).collect();
        names.extend(crate::space::library::names("clojure.core").map(str::to_owned));
        self.ns.each(|k, _| names.extend(k.cast::<Symbol>().map(|s| s.name_str().to_owned())));
        for s in &self.scopes {
            names.extend(s.infos.iter().map(|l| l.name.to_string()));
        }
        crate::space::nearest::nearest(name, names)
    }

    /// A list form with at least one item.
    pub(crate) fn list(&mut self, form: Value, want: Want, position: Position) -> Res<ExprId> {
        let head = coll::first(form)?;
        if let Some(s) = head.cast::<Symbol>() {
            if !self.is_bound(s) {
                if let Some(special) = Special::named(s) {
                    return self.special(special, form, want, position);
                }
                if s.ns_str() == Some("rung.host") && s.name_str() == "with-fields" {
                    return self.with_fields(form, want, position);
                }
                if s.ns_str() == Some("cpp") {
                    return self.cpp_form(s, form, position);
                }
                if let Some(id) = self.interop(s, form, position)? {
                    return Ok(id);
                }
                if let Some(ranged) = self.ranged(s, form)? {
                    return self.expr(ranged, want, position);
                }
                if let Some(expanded) = self.expand(form)? {
                    return self.expr(expanded, want, position);
                }
                if let Some(name) = self.cpp_name(s) {
                    return self.cpp_call_named(&name, form, position);
                }
                // `(Math/PI)`: a static without arguments is its value.
                if !s.ns.is_nil() && coll::next(form)?.is_nil() && native::class_constant(&s.full()).is_some() {
                    return self.expr(head, want, position);
                }
                if let Some(id) = self.inlined(s, form, position)? {
                    return Ok(id);
                }
            }
        }
        if let Some(name) = self.dsl_callee(head)? {
            return self.cpp_call_named(&name, form, position);
        }
        self.call(head, form, position)
    }

    /// `(.method object …)`, `(.-field object)`, `(Class. …)`.
    fn interop(&mut self, s: Gc<Symbol>, form: Value, position: Position) -> Res<Option<ExprId>> {
        let name = s.name_str();
        if let Some(member) = self.qualified_member(s) {
            return self.member(&member, form, position).map(Some);
        }
        if name == "getBasis" || name == "create" {
            if let Some(ty) = s.ns_str().and_then(|c| self.ns.user_type(c)) {
                let how = if name == "create" { "record-of-map" } else { "basis" };
                let mut ids = vec![self.literal(ty.class(), Position::Value)?];
                for (i, &a) in items(form)?.iter().enumerate().skip(1) {
                    ids.push(self.at_child(form, i, |an| an.value(a))?);
                }
                return self.call_library("rung.host", how, ids, position).map(Some);
            }
        }
        if name == "new" {
            if let Some(class) =
                s.ns_str().filter(|c| self.ns.class(c).is_some() && resolve::namespace(self.ns, c).is_none())
            {
                let class = Symbol::intern(None, class);
                let items = items(form)?;
                return self.construct(class.value(), form, &items[1..], 1, position).map(Some);
            }
        }
        if s.ns.is_nil() && name.len() > 1 && name.starts_with('.') && name != ".." {
            return self.member(&name[1..], form, position).map(Some);
        }
        if name.len() > 1 && name.ends_with('.') && !name.ends_with("..") {
            let class = Symbol::intern(s.ns_str(), &name[..name.len() - 1]);
            let items = items(form)?;
            return self.construct(class.value(), form, &items[1..], 1, position).map(Some);
        }
        Ok(None)
    }

    /// The method's name of `Class/.method`.
    fn qualified_member(&self, s: Gc<Symbol>) -> Option<String> {
        let name = s.name_str().strip_prefix('.').filter(|n| !n.is_empty())?;
        self.ns.class(s.ns_str()?)?;
        Some(name.to_owned())
    }

    fn inlined(&mut self, s: Gc<Symbol>, form: Value, position: Position) -> Res<Option<ExprId>> {
        let Some(v) = resolve::var(self.ns, s)? else { return Ok(None) };
        if !v.has(VarFlag::Library) || v.ns_str() != "clojure.core" {
            return Ok(None);
        }
        let items = items(form)?;
        let args = &items[1..];
        let Some(how) = inline(&v.name_str(), args.len()) else { return Ok(None) };
        let mut ids = Vec::with_capacity(args.len());
        for (i, &a) in args.iter().enumerate() {
            ids.push(self.at_child(form, i + 1, |an| an.value(a))?);
        }
        Ok(Some(match how {
            Inline::Op(op) => self.operate(op, ids, position),
            Inline::Fold(op) => {
                let mut rest = ids.into_iter();
                let (Some(first), Some(mut last)) = (rest.next(), rest.next()) else { return Ok(None) };
                let mut left = first;
                for next in rest {
                    left = self.operate(op, vec![left, last], Position::Value);
                    last = next;
                }
                self.operate(op, vec![left, last], position)
            }
        }))
    }

    fn operate(&mut self, op: Op, args: Vec<ExprId>, position: Position) -> ExprId {
        let feedback = self.scope().feedback();
        self.add(Expr::Operate { op, args: args.into(), feedback }, position, Ty::Value)
    }

    /// A call of a value.
    fn call(&mut self, head: Value, form: Value, position: Position) -> Res<ExprId> {
        let items = items(form)?;
        let own = match head.cast::<Symbol>() {
            Some(s) => matches!(self.find(s)?, Some(Found::Itself)),
            None => false,
        };
        let callee =
            if own { None } else { Some(self.at_child(form, 0, |a| a.expr(head, Want::Any, Position::Value))?) };
        if let Some(c) = callee {
            if self.is_unknown(c) {
                return Err(self.missing());
            }
        }
        let callee = match callee.map(|c| (c, self.ty(c))) {
            // A value that C++ holds is called as what it is.
            Some((c, Ty::Cpp(t, _))) if self.holds_value(t) => Some(self.to_value(c, Position::Value)?),
            Some((c, Ty::Cpp(..))) => return self.cpp_invoke(c, form, &items[1..], position),
            _ => callee,
        };
        let mut args = Vec::with_capacity(items.len() - 1);
        for (i, &x) in items.iter().enumerate().skip(1) {
            args.push(self.at_child(form, i, |a| a.value(x))?);
        }
        let feedback = self.scope().feedback();
        let n = args.len() as u32;
        let scope = self.scope();
        let known = scope.accepts.contains(&n) || scope.variadic_from.is_some_and(|v| n >= v);
        Ok(match callee {
            None if known => self.add(Expr::SelfCall { args: args.into(), feedback }, position, Ty::Value),
            None => {
                let callee = self.add(Expr::SelfRef {}, Position::Value, Ty::Value);
                self.add(Expr::Call { callee, args: args.into(), feedback }, position, Ty::Value)
            }
            Some(callee) => self.add(Expr::Call { callee, args: args.into(), feedback }, position, Ty::Value),
        })
    }

    /// A call of a library function with arguments that are analyzed already.
    pub(crate) fn call_library(&mut self, ns: &str, name: &str, args: Vec<ExprId>, position: Position) -> Res<ExprId> {
        let symbol = Symbol::intern(None, name);
        let Some(v) = resolve::own(space::find_or_create(ns), symbol)? else {
            return Err(self.error("analyze/internal", format!("{ns}/{name} is missing")));
        };
        let callee = self.var_value(v, Position::Value)?;
        let feedback = self.scope().feedback();
        Ok(self.add(Expr::Call { callee, args: args.into(), feedback }, position, Ty::Value))
    }

    /// `(new Class …)`, `(Class. …)`: C++ classes are constructed, the JVM's known ones are made by the library.
    pub(crate) fn construct(
        &mut self,
        class: Value,
        form: Value,
        args: &[Value],
        first: usize,
        position: Position,
    ) -> Res<ExprId> {
        if let Some(s) = class.cast::<Symbol>() {
            if let Some(name) = self.cpp_name(s) {
                return self.cpp_construct(&name, form, args, first, position);
            }
            if let Some(ty) = s.ns.is_nil().then(|| self.ns.user_type(s.name_str())).flatten() {
                let mut ids = vec![self.literal(ty.class(), Position::Value)?];
                for (i, &a) in args.iter().enumerate() {
                    ids.push(self.at_child(form, first + i, |an| an.value(a))?);
                }
                return self.call_library("rung.host", "instantiate", ids, position);
            }
            if s.ns.is_nil() {
                let name = self.add_text(s.name_str())?;
                let mut ids = vec![name];
                for (i, &a) in args.iter().enumerate() {
                    ids.push(self.at_child(form, first + i, |an| an.value(a))?);
                }
                if native::constructs(s.name_str()) {
                    return self.call_library("rung.host", "construct", ids, position);
                }
                return Err(
                    self.error("analyze/unresolved-class", format!("Unable to resolve classname: {}", s.name_str()))
                );
            }
            return Err(self.unresolved(s));
        }
        let name = self.type_text(class)?;
        self.cpp_construct(&name, form, args, first, position)
    }

    pub(crate) fn add_text(&mut self, text: &str) -> Res<ExprId> {
        let v = Text::value(text);
        self.literal(v, Position::Value)
    }

    pub(crate) fn new_(&mut self, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        match args.split_first() {
            Some((&class, rest)) => self.construct(class, form, rest, 2, position),
            None => Err(self.arity("new", "(new Class arguments …)")),
        }
    }

    /// `(. object member args …)`, `(. object (member args …))`.
    pub(crate) fn dot(&mut self, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        let [object, member, ref rest @ ..] = args[..] else {
            return Err(self.arity(".", "(. object member arguments …)"));
        };
        let (member, rest): (Value, GcVec) = if coll::is_seq(member) {
            let all = items(member)?;
            (coll::first(member)?, all[1..].iter().copied().collect())
        } else {
            (member, rest.iter().copied().collect())
        };
        let Some(name) = member.cast::<Symbol>() else {
            return Err(self.arity(".", "(. object member arguments …)"));
        };
        let mut call = GcVec::new();
        call.push(Symbol::intern(None, &format!(".{}", name.name_str())).value());
        call.push(object);
        call.extend_from_slice(&rest);
        let list = coll::list(&call);
        let list = coll::with_meta(list, coll::meta(form))?;
        self.member(name.name_str(), list, position)
    }

    /// A member of an object: a C++ one where the object's type is C++, else looked up at run time.
    pub(crate) fn member(&mut self, name: &str, form: Value, position: Position) -> Res<ExprId> {
        let items = items(form)?;
        let [_, object, ref args @ ..] = items[..] else {
            return Err(self.error("analyze/syntax", format!("(.{name} object arguments …) wants an object")));
        };
        // `(.method Class …)`: a static called as a member never comes up; `object` is an expression.
        let object_id = self.at_child(form, 1, |a| a.expr(object, Want::Any, Position::Value))?;
        if self.is_obscure(object_id) {
            return Err(self.missing());
        }
        if self.is_unknown(object_id) || self.ty(object_id) != Ty::Value {
            return self.cpp_member(object_id, name, form, args, position);
        }
        let name = self.add_text(name)?;
        let mut ids = vec![object_id, name];
        for (i, &a) in args.iter().enumerate() {
            ids.push(self.at_child(form, i + 2, |an| an.value(a))?);
        }
        self.call_library("rung.host", "invoke-member", ids, position)
    }

    /// The C++ name that a symbol stands for: `cpp/a.b`, an alias of a header, a referred short name.
    pub(crate) fn cpp_name(&self, s: Gc<Symbol>) -> Option<String> {
        let name = s.name_str();
        match s.ns_str() {
            Some("cpp") => Some(dots(name)),
            Some(part) => match self.ns.aliases.read().get(part) {
                Some(Alias::Cpp { scope, .. }) if scope.is_empty() => Some(dots(name)),
                Some(Alias::Cpp { scope, .. }) => Some(format!("{}::{}", dots(scope), dots(name))),
                _ => None,
            },
            None => self.ns.cpp_names.read().get(name).cloned(),
        }
    }
}

/// `a.b.c` → `a::b::c`; operator names and a trailing dot are left alone.
pub(crate) fn dots(name: &str) -> String {
    if name.contains("::") || !name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '~') {
        return name.to_owned();
    }
    name.replace('.', "::")
}
