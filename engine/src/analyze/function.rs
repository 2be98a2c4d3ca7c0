//! `fn*`: arities, parameters, captures.

use super::scope::RecurTarget;
use super::special::hint_of;
use super::*;

/// One arity as written: the parameter vector and the body.
struct Written {
    params: Value,
    body: GcVec,
}

impl Analyzer<'_> {
    pub(crate) fn function(&mut self, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        let (own, rest) = match args.split_first() {
            Some((&n, rest)) if n.is::<Symbol>() => (n.cast::<Symbol>(), rest),
            _ => (None, args),
        };
        let (given_name, pinned) = match self.next_function.take() {
            Some((n, p)) => (Some(n), p),
            None => (None, None),
        };
        let name = match (given_name, own) {
            (Some(n), _) => n,
            (None, Some(s)) => format!("{}--{}", self.scope().name, s.name_str()).into(),
            (None, None) => format!("{}--fn", self.scope().name).into(),
        };
        let id = FnId(self.tree.fns.len() as u32);
        self.tree.fns.push(FnProto {
            name: name.clone(),
            arities: Vec::new(),
            captures: Vec::new(),
            capture_types: Vec::new(),
            feedback: 0,
            place: self.place,
            pinned,
        });
        let own_bits = own.map(|s| s.base().bits());
        let mut scope = FnScope::new(name, own_bits);
        let count = self.arity_count(rest)?;
        for i in 0..count {
            let w = self.written(rest, i)?;
            let (n, variadic) = self.parameters(w.params)?;
            if scope.accepts.contains(&n) && !variadic || variadic && scope.variadic_from.is_some() {
                return Err(self.error("analyze/arity", "two arities of a function take the same number of arguments"));
            }
            if variadic {
                scope.variadic_from = Some(n);
            } else {
                scope.accepts.push(n);
            }
        }
        if let Some(v) = scope.variadic_from {
            if scope.accepts.iter().any(|&n| n > v) {
                return Err(self.error("analyze/arity", "a fixed arity takes more arguments than the variadic one"));
            }
        }
        self.scopes.push(scope);
        let mut arities = Vec::new();
        let mut r = Ok(());
        for i in 0..count {
            let done = self.written(rest, i).and_then(|w| self.one_arity(w));
            match done {
                Ok(a) => arities.push(a),
                Err(t) => {
                    r = Err(t);
                    break;
                }
            }
        }
        let scope = self.pop_scope();
        r?;
        let mut captures = Vec::with_capacity(scope.captures.len());
        for c in &scope.captures {
            captures.push(self.capture_source(c)?);
        }
        let f = &mut self.tree.fns[id.index()];
        f.arities = arities;
        f.feedback = scope.feedback;
        f.captures = scope.captures.iter().map(|c| c.text.clone()).collect();
        f.capture_types = scope.captures.iter().map(|c| c.ty).collect();
        let meta = self.function_meta(form)?;
        Ok(self.add(Expr::Fn { function: id, captures: captures.into(), meta }, position, Ty::Value))
    }

    /// User metadata on the form, less what the reader put there.
    fn function_meta(&mut self, form: Value) -> Res<Option<ExprId>> {
        let mut meta = coll::meta(form);
        if meta.is_nil() {
            return Ok(None);
        }
        for k in ["line", "column", "end-line", "end-column", "file"] {
            meta = coll::dissoc(meta, crate::text::Keyword::intern(None, k).value())?;
        }
        if coll::count(meta)? == 0 { Ok(None) } else { self.value(meta).map(Some) }
    }

    fn arity_count(&mut self, rest: &[Value]) -> Res<usize> {
        match rest.first() {
            Some(&v) if coll::is_vector(v) => Ok(1),
            Some(_) => Ok(rest.len()),
            None => Err(self.arity("fn*", "(fn* name? [params] body …) or (fn* name? ([params] body …) …)")),
        }
    }

    fn written(&mut self, rest: &[Value], i: usize) -> Res<Written> {
        let mut parts = GcVec::new();
        if coll::is_vector(rest[0]) {
            parts.extend_from_slice(rest);
        } else if coll::is_seq(rest[i]) {
            parts = items(rest[i])?;
        }
        match parts.first() {
            Some(&params) if coll::is_vector(params) => {
                Ok(Written { params, body: parts[1..].iter().copied().collect() })
            }
            _ => Err(self.arity("fn*", "(fn* name? [params] body …) or (fn* name? ([params] body …) …)")),
        }
    }

    /// Number of fixed parameters, and whether a rest parameter follows.
    fn parameters(&mut self, params: Value) -> Res<(u32, bool)> {
        let names = items(params)?;
        let amp = Symbol::intern(None, "&").value();
        match names.iter().position(|&n| n == amp) {
            None => Ok((names.len() as u32, false)),
            Some(i) if i + 2 == names.len() => Ok((i as u32, true)),
            Some(_) => Err(self.error("analyze/syntax", "one name follows & in a parameter list")),
        }
    }

    fn one_arity(&mut self, w: Written) -> Res<Arity> {
        let (fixed, variadic) = self.parameters(w.params)?;
        let names = items(w.params)?;
        self.scope().begin_arity();
        let mut slots = Vec::new();
        let result = hint_of_vector(w.params)?;
        for &n in names.iter() {
            let Some(s) = n.cast::<Symbol>() else {
                return Err(self.error("analyze/syntax", "a parameter of fn* is a symbol"));
            };
            if s.ns.is_nil() && s.name_str() == "&" {
                continue;
            }
            if !s.ns.is_nil() {
                return Err(
                    self.error("analyze/syntax", format!("cannot use the qualified name {} as a parameter", s.full()))
                );
            }
            let slot = self.scope().slot();
            let hint = hint_of(s)?;
            self.scope().bind(s, slot, Ty::Value, hint);
            self.scope().hints.push(hint);
            slots.push((slot, Ty::Value));
        }
        self.scope().result = result;
        let names = slots.len();
        self.scope().recur.push(Some(RecurTarget { target: Target::Function, slots, names }));
        let mark = self.scope().temporaries.len();
        let body = self.body(&w.body, Want::Value, Position::Tail)?;
        let body = self.end_full_expression(body, mark, Position::Tail);
        self.scope().recur.pop();
        let body = if variadic { body } else { self.hinted(body, result) };
        Ok(self.finish_arity(body, fixed, variadic))
    }
}

/// Hints: the body begins by binding the hinted parameters anew, to what they make of their arguments, and its value is made
/// what the result's hint says where control leaves it. `recur` comes back to the head, before the bindings.
impl Analyzer<'_> {
    fn hinted(&mut self, body: ExprId, result: Hint) -> ExprId {
        let op = match result {
            Hint::None => None,
            Hint::Long => Some(Op::HintWrap),
            Hint::Double => Some(Op::HintDouble),
        };
        let body = op.map_or(body, |op| self.hinted_value(body, op));
        let hints = self.scope().hints.clone();
        let mut bindings = Vec::new();
        for (i, hint) in hints.into_iter().enumerate() {
            let op = match hint {
                Hint::None => continue,
                Hint::Long => Op::HintLong,
                Hint::Double => Op::HintDouble,
            };
            let slot = Slot(i as u32 + 1);
            let given = self.add(Expr::Local { slot }, Position::Value, Ty::Value);
            let init = self.hint(op, given, Position::Value);
            bindings.push(Binding { slot, init, native: None });
        }
        if bindings.is_empty() {
            return body;
        }
        let ty = self.ty(body);
        self.add(Expr::Let { bindings: bindings.into(), body }, Position::Tail, ty)
    }

    fn hint(&mut self, op: Op, value: ExprId, position: Position) -> ExprId {
        let feedback = self.scope().feedback();
        self.add(Expr::Operate { op, args: [value].into(), feedback }, position, Ty::Value)
    }

    /// The values that the node ends with, each made what the operation says. What is a tail for `recur` stays one.
    fn hinted_value(&mut self, id: ExprId, op: Op) -> ExprId {
        let mut expr = self.tree.expr(id).clone();
        match &mut expr {
            Expr::Recur { .. } | Expr::Throw { .. } => return id,
            Expr::If { then, otherwise, .. } => {
                *then = self.hinted_value(*then, op);
                *otherwise = self.hinted_value(*otherwise, op);
            }
            Expr::Do { body } => {
                if let Some(last) = body.last_mut() {
                    *last = self.hinted_value(*last, op);
                }
            }
            Expr::Let { body, .. } | Expr::Letfn { body, .. } | Expr::Cleanups { body, .. } => {
                *body = self.hinted_value(*body, op);
            }
            Expr::Case { arms, default, .. } => {
                for arm in arms.iter_mut() {
                    arm.body = self.hinted_value(arm.body, op);
                }
                *default = self.hinted_value(*default, op);
            }
            // A loop's own value: nothing in it goes to the function's head, for `recur` finds the loop.
            _ => {
                self.tree.nodes[id.index()].position = Position::Value;
                return self.hint(op, id, Position::Tail);
            }
        }
        self.tree.nodes[id.index()].expr = expr;
        id
    }
}

fn hint_of_vector(params: Value) -> Res<Hint> {
    let meta = coll::meta(params);
    if meta.is_nil() {
        return Ok(Hint::None);
    }
    let tag = coll::get(meta, crate::text::Keyword::intern(None, "tag").value(), Value::NIL)?;
    Ok(match tag.cast::<Symbol>().map(|s| s.full()).as_deref() {
        Some("long") => Hint::Long,
        Some("double") => Hint::Double,
        _ => Hint::None,
    })
}
