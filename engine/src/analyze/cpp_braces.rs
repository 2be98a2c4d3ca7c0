//! Arguments that C++ text says better than a call's question: vectors as nested braces of aggregates, number literals that
//! braces must see as constants (`{255}` fits an `unsigned char`, an `int` does not), assignments to bit-fields, `throw`.

use super::*;
use questions::{Answer, CallQuestion, Callee, Question, TypeKind};

/// What a call looks like as text: before the arguments and behind them.
pub(crate) struct Shape {
    before: String,
    between: String,
    after: &'static str,
}

impl Shape {
    pub(crate) fn around(&self, parts: &[String]) -> String {
        format!("{}{}{}", self.before, parts.join(&self.between), self.after)
    }
}

impl Analyzer<'_> {
    /// The call with vectors among its arguments as nested braces, where the plain call would not do. `ids` are the
    /// arguments as analyzed, an object first where there is one.
    pub(crate) fn braces(
        &mut self,
        callee: &Callee,
        form: Value,
        first: usize,
        args: &[Value],
        ids: &[(ExprId, usize)],
        position: Position,
    ) -> Res<Option<ExprId>> {
        let vectors = args.iter().any(|a| coll::is_vector(*a));
        let literals = ids.iter().any(|(id, _)| matches!(self.tree.expr(*id), Expr::NativeLiteral { .. }));
        if !vectors && !literals || ids.iter().any(|&(id, _)| self.is_unknown(id)) {
            return Ok(None);
        }
        if !matches!(
            callee,
            Callee::Name { .. } | Callee::Construct { .. } | Callee::New { .. } | Callee::Method { .. }
        ) && !matches!(callee, Callee::Operator { token } if args.len() == 2 && !["[]", "++", "--"].contains(&&**token))
        {
            return Ok(None);
        }
        let kinds = ids.iter().map(|&(id, _)| self.arg_kind(id)).collect();
        // It is the form's own call that is asked about.
        let answered = self.answer(Question::Call(CallQuestion { callee: callee.clone(), args: kinds }));
        if answered.is_err() {
            self.await_last();
        }
        let mut wanted: Vec<Option<String>> = Vec::new();
        let plain = match answered? {
            Ok(Answer::Call(answer)) => {
                let skip = ids.len() - args.len();
                let wants = |i: usize| {
                    answer.args.get(skip + i).is_some_and(|t| {
                        // A class's constructors may take a list; what converts takes a vector as a value.
                        let class = t.aggregate || t.kind == TypeKind::Class;
                        t.kind == TypeKind::Array || class && !crate::host::parts().cpp.converts(t)
                    })
                };
                if !args.iter().enumerate().any(|(i, a)| coll::is_vector(*a) && wants(i)) {
                    return Ok(None);
                }
                let class = |t: &questions::CppType| {
                    (t.aggregate && t.kind != TypeKind::Array || t.kind == TypeKind::Class).then(|| t.name.clone())
                };
                wanted.extend(answer.args.iter().skip(skip).map(class));
                None
            }
            Ok(_) => return Ok(None),
            // An operator that only a constant fits: `<=>` is compared with a literal 0.
            Err(d) if !vectors && !d.message.contains("narrowed") && !matches!(callee, Callee::Operator { .. }) => {
                return Ok(None);
            }
            Err(d) => Some(d),
        };
        let Some(shape) = self.shape(callee, ids)? else { return Ok(None) };
        let mut operands: Vec<(ExprId, usize)> = ids[..ids.len() - args.len()].to_vec();
        let mut parts = Vec::with_capacity(args.len());
        for (i, &a) in args.iter().enumerate() {
            let known = if coll::is_vector(a) { None } else { Some(ids[ids.len() - args.len() + i].0) };
            match self.at_child(form, first + i, |an| an.brace(a, known, first + i, &mut operands))? {
                Some(text) => parts.push(text),
                // Clojure values inside: the parameter's own constructor knows what they become.
                None => match (coll::is_vector(a), wanted.get(i)) {
                    (true, Some(Some(ty))) => {
                        let callee = Callee::Construct { ty: ty.clone() };
                        let inside = items(a)?;
                        let id = self.cpp_call(callee, a, 0, &inside, None, Position::Value)?;
                        operands.push((id, first + i));
                        parts.push(self.operand(id, operands.len() - 1));
                    }
                    _ => return Ok(None),
                },
            }
        }
        // Braces of a collection are its elements: `std::vector<std::string>{{"a", "b"}}` would be one string of two pointers.
        if let ([part], true) = (&mut parts[..], args.iter().all(|a| coll::is_vector(*a))) {
            if part.starts_with('{') && self.converted_type(callee)?.is_some() {
                *part = part[1..part.len() - 1].to_owned();
            }
        }
        let text = shape.around(&parts);
        let kinds = operands.iter().map(|&(id, _)| self.arg_kind(id)).collect();
        let callee = Callee::Expression { text };
        match self.answer(Question::Call(CallQuestion { callee: callee.clone(), args: kinds }))? {
            Ok(_) => self.cpp_site(callee, form, operands, position).map(Some),
            Err(mut d) if plain.is_some() && d.message.contains("narrowed") => {
                if d.message.contains("constant expression evaluates to") {
                    d.code = "cpp/range".into();
                }
                Err(self.raise(d))
            }
            Err(_) => Ok(None),
        }
    }

    /// What the callee looks like around its arguments.
    pub(crate) fn shape(&mut self, callee: &Callee, ids: &[(ExprId, usize)]) -> Res<Option<Shape>> {
        let shape = |before: String, after| Ok(Some(Shape { before, between: ", ".into(), after }));
        match callee {
            Callee::Name { name } => match self.answer(Question::Name { name: name.clone() })? {
                // An array's type is no name that braces can follow.
                Ok(Answer::Type { .. }) if name.contains('[') => shape(format!("__rung::bare<{name}>{{"), "}"),
                Ok(Answer::Type { .. } | Answer::ClassTemplate { .. }) => shape(format!("{name}{{"), "}"),
                Ok(Answer::Functions { .. } | Answer::FunctionTemplate { .. }) => shape(format!("{name}("), ")"),
                _ => Ok(None),
            },
            Callee::Construct { ty } => shape(format!("__rung::bare<{ty}>{{"), "}"),
            Callee::New { ty } => shape(format!("new {ty}{{"), "}"),
            Callee::Method { name } => match ids.first() {
                Some(&(object, _)) => shape(format!("{}{}{name}(", self.operand(object, 0), self.access(object)), ")"),
                None => Ok(None),
            },
            Callee::Invoke {} => match ids.first() {
                Some(&(object, _)) => shape(format!("{}(", self.operand(object, 0)), ")"),
                None => Ok(None),
            },
            Callee::Operator { token } => {
                Ok(Some(Shape { before: String::new(), between: format!(" {token} "), after: "" }))
            }
            _ => Ok(None),
        }
    }

    /// One argument as text: a constant, nested braces, or `$n`; `None` for a Clojure value, whose type is not known.
    fn brace(
        &mut self,
        form: Value,
        known: Option<ExprId>,
        child: usize,
        operands: &mut Vec<(ExprId, usize)>,
    ) -> Res<Option<String>> {
        if coll::is_vector(form) && known.is_none() {
            let mut parts = Vec::new();
            for (i, &item) in items(form)?.iter().enumerate() {
                match self.at_child(form, i, |a| a.brace(item, None, child, operands))? {
                    Some(text) => parts.push(text),
                    None => return Ok(None),
                }
            }
            return Ok(Some(format!("{{{}}}", parts.join(", "))));
        }
        if let Some(text) = constant_text(form) {
            return Ok(Some(text));
        }
        let id = match known {
            Some(id) => id,
            None => self.cpp_arg(form)?,
        };
        if self.is_unknown(id) {
            return Err(self.missing());
        }
        if self.ty(id) == Ty::Value {
            return Ok(None);
        }
        operands.push((id, child));
        Ok(Some(self.operand(id, operands.len() - 1)))
    }

    /// Argument `i` in text, of its own category.
    pub(crate) fn operand(&self, id: ExprId, i: usize) -> String {
        match self.ty(id) {
            Ty::Cpp(_, Category::Lvalue) | Ty::Value => format!("${i}"),
            Ty::Cpp(t, c) => {
                let reference = if c == Category::Xvalue || self.tree.ty(t).repr == Repr::Memory { "&&" } else { "" };
                format!("static_cast<__rung::bare<decltype(${i})>{reference}>(${i})")
            }
        }
    }

    fn access(&self, object: ExprId) -> &'static str {
        match self.ty(object) {
            Ty::Cpp(t, _) if self.tree.ty(t).kind == TypeKind::Pointer => "->",
            _ => ".",
        }
    }

    /// An assignment to a bit-field, which has no address: the object and the value go to a text that does it.
    pub(crate) fn bit_field_assignment(
        &mut self,
        token: &str,
        args: &[(ExprId, usize)],
    ) -> Res<Option<(Callee, Vec<(ExprId, usize)>)>> {
        let assigns = matches!(token, "=" | "++" | "--")
            || token.len() >= 2 && token.ends_with('=') && !matches!(token, "==" | "!=" | "<=" | ">=");
        let Some(&(first, child)) = args.first().filter(|_| assigns) else { return Ok(None) };
        let Expr::CppField { site, object } = *self.tree.expr(first) else { return Ok(None) };
        let Ty::Cpp(t, Category::Prvalue) = self.ty(first) else { return Ok(None) };
        let Callee::Field { name } = &self.tree.sites[site.index()].site.callee else { return Ok(None) };
        if self.tree.ty(t).repr == Repr::Memory {
            return Ok(None);
        }
        let field = format!("{}{}{name}", self.operand(object, 0), self.access(object));
        let mut operands = vec![(object, child)];
        let done = match args {
            [_] => format!("{token}{field}"),
            [_, _] if token.len() == 2 && matches!(token, "++" | "--") => format!("{field}{token}"),
            [_, (value, child)] => {
                let value = if self.ty(*value) == Ty::Value { self.convert_in(*value, t)? } else { *value };
                operands.push((value, *child));
                format!("{field} {token} {}", self.operand(value, 1))
            }
            _ => return Ok(None),
        };
        Ok(Some((Callee::Expression { text: format!("static_cast<decltype({field})>({done})") }, operands)))
    }

    /// `(throw object)` of a C++ object: what C++ would throw, as C++ would, so that every handler takes it.
    pub(crate) fn throw_native(&mut self, id: ExprId, position: Position) -> Res<ExprId> {
        let text = format!("throw {}", self.operand(id, 0));
        let thrown = self.cpp_site(Callee::Expression { text }, Value::NIL, vec![(id, 1)], Position::Statement)?;
        let nil = self.literal(Value::NIL, position)?;
        Ok(self.add(Expr::Do { body: [thrown, nil].into() }, position, Ty::Value))
    }
}

/// A number, truth value or nil as C++ writes it.
fn constant_text(form: Value) -> Option<String> {
    if let Some(n) = form.as_long() {
        return Some(match i32::try_from(n) {
            Ok(n) if n != i32::MIN => n.to_string(),
            Ok(_) => "(-2147483647 - 1)".to_owned(),
            Err(_) if n == i64::MIN => "(-9223372036854775807L - 1)".to_owned(),
            Err(_) => format!("{n}L"),
        });
    }
    if let Some(d) = form.as_double() {
        return d.is_finite().then(|| format!("{d:?}"));
    }
    if let Some(b) = form.as_bool() {
        return Some(b.to_string());
    }
    form.is_nil().then(|| "nullptr".to_owned())
}
