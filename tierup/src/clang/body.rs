//! The walk over a tree: each node as a piece of an expression, or as statements that give its value to a destination.

use super::gen_state::{Dest, Gen, Line};
use super::names;
use super::op::{Op, Order, prec};
use crate::lower::{Rep, Signature, calls_own_var};
use engine::analyze::{ConstId, ConstKey, Expr, ExprId, FnId, Op as Operation, Ty};
use questions::Repr;

impl Gen<'_> {
    /// The node as a piece. What takes statements writes them down first.
    pub fn expr(&mut self, id: ExprId) -> Op {
        let outer = std::mem::replace(&mut self.at, id);
        let op = self.node(id);
        self.at = outer;
        Op { node: op.node.or(op.throws.then_some(id)), ..op }
    }

    fn node(&mut self, id: ExprId) -> Op {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Literal { value } => self.constant(*value),
            Expr::VarDeref { var, dynamic: false, .. } => {
                let text = self.var(*var);
                Op::call(format!("rung::value_of({text})"), Order::Read, Rep::Value)
            }
            Expr::VarDeref { var, .. } => {
                let var = self.pooled(*var);
                Op::call(format!("rung_rt_var_get({})", var.text), Order::Act, Rep::Value).throwing()
            }
            Expr::VarRef { var } => self.pooled(*var),
            Expr::Def { var, init, meta } => self.def(*var, *init, *meta),
            Expr::SetVar { var, value } => {
                let value = self.word(*value);
                let var = self.pooled(*var);
                Op::call(format!("rung_rt_var_set({}, {})", var.text, value.arg()), Order::Act, Rep::Value).throwing()
            }
            Expr::Local { slot } => match self.env.get(slot) {
                Some(op) => op.clone(),
                None => self.refuse("a local that is not bound"),
            },
            Expr::Capture { index } => {
                let word = format!("rung::capture(self, {})", index.0);
                match (self.function.capture_types.get(index.index()), tree.repr(id)) {
                    (Some(Ty::Cpp(t, c)), Some(repr)) => {
                        let text = format!("rung::unpack<{}>({word})", self.type_name(*t));
                        Op::call(text, Order::Fixed, Rep::Native(repr)).typed(*t, *c)
                    }
                    _ => Op::call(word, Order::Fixed, Rep::Value),
                }
            }
            Expr::SelfRef {} => Op::atom("self", Rep::Value),
            Expr::Call { callee, args, feedback } => self.call(*callee, args, *feedback),
            Expr::SelfCall { args, .. } => self.self_call(args),
            Expr::Operate { op, args, feedback } => self.operate(*op, args, *feedback),
            Expr::Vector { items } => self.collection("vector", items),
            Expr::Map { entries } => self.collection("map", entries),
            Expr::Set { items } => self.collection("set", items),
            Expr::List { items } => self.collection("list", items),
            Expr::WithMeta { value, meta } => {
                let parts = self.words(&[*value, *meta]);
                self.runtime("rung_rt_with_meta", &parts)
            }
            Expr::Fn { function, captures, meta } => self.closure(*function, captures, *meta),
            Expr::If { test, then, otherwise } => self.if_value(id, *test, *then, *otherwise),
            Expr::Do { body } => match body.split_last() {
                Some((last, first)) => {
                    for e in first {
                        if !self.stmt(*e, &Dest::Drop) {
                            return Op::nil();
                        }
                    }
                    self.expr(*last)
                }
                None => Op::nil(),
            },
            Expr::Let { bindings, body } => self.let_value(id, bindings, *body),
            Expr::Letfn { .. } | Expr::Loop { .. } | Expr::Try { .. } | Expr::Case { .. } => self.by_statements(id),
            Expr::Recur { .. } | Expr::Throw { .. } => {
                self.stmt(id, &Dest::Drop);
                Op::nil()
            }
            Expr::Cleanups { .. } => self.cleanups_value(id),
            _ => self.native(id),
        }
    }

    /// A node whose value comes out of statements.
    pub fn by_statements(&mut self, id: ExprId) -> Op {
        match self.result(id) {
            Some(op) if op.text == "rung::nil" => {
                self.stmt(id, &Dest::Drop);
                op
            }
            Some(op) => {
                self.stmt(id, &Dest::Assign(op.clone()));
                op
            }
            None => {
                self.stmt(id, &Dest::Drop);
                Op::nil()
            }
        }
    }

    /// The node as statements. False where control does not get behind them.
    pub fn stmt(&mut self, id: ExprId, dest: &Dest) -> bool {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Do { body } => {
                let Some((last, first)) = body.split_last() else { return self.give(Op::nil(), dest) };
                first.iter().all(|e| self.stmt(*e, &Dest::Drop)) && self.stmt(*last, dest)
            }
            Expr::If { test, then, otherwise } => self.if_(*test, *then, *otherwise, dest),
            Expr::Let { bindings, body } => self.let_(bindings, *body, dest),
            Expr::Letfn { bindings, body } => self.letfn(bindings, *body, dest),
            Expr::Loop { id: loop_id, bindings, body } => self.loop_(*loop_id, bindings, *body, dest),
            Expr::Recur { target, args, .. } => self.recur(*target, args),
            Expr::Case { subject, arms, default } => self.case(*subject, arms, *default, dest),
            Expr::Try { body, catches, finally } => self.try_(*body, catches, *finally, dest),
            Expr::Throw { value } => self.throw(id, *value),
            Expr::Cleanups { body, temporaries } => self.cleanups(id, *body, temporaries, dest),
            // A scalar that nobody wants converted.
            Expr::ConvertOut { value, .. } if matches!(dest, Dest::Drop) && self.is_scalar(*value) => {
                self.stmt(*value, dest)
            }
            Expr::CppLoad { value } if matches!(dest, Dest::Drop) => self.stmt(*value, dest),
            _ => {
                let op = self.expr(id);
                self.give(op, dest)
            }
        }
    }

    fn is_scalar(&self, id: ExprId) -> bool {
        match self.tree.node(id).ty {
            Ty::Cpp(t, _) => self.tree.ty(t).repr != Repr::Memory,
            Ty::Value => false,
        }
    }

    /// The text that names a var.
    pub fn var(&mut self, id: ConstId) -> String {
        let ConstKey::Var { ns, name } = &self.tree.consts[id.index()] else {
            self.refuse("a var's constant is no var");
            return String::new();
        };
        self.uses.vars.insert((ns.to_string(), name.to_string()), id.0);
        format!("rung::vars::{}::{}", names::global(ns), names::global(name))
    }

    /// A runtime function on words, which may throw.
    pub fn runtime(&mut self, name: &str, args: &[Op]) -> Op {
        Op::call(format!("{name}({})", list(args)), Order::Act, Rep::Value).throwing()
    }

    fn def(&mut self, var: ConstId, init: Option<ExprId>, meta: Option<ExprId>) -> Op {
        let ids: Vec<ExprId> = init.into_iter().chain(meta).collect();
        let mut parts = self.words(&ids).into_iter();
        let mut part =
            |is: bool| if is { parts.next() } else { None }.unwrap_or_else(|| Op::atom("rung::absent", Rep::Value));
        let (init, meta) = (part(init.is_some()), part(meta.is_some()));
        let var = self.pooled(var);
        self.runtime("rung_rt_def", &[var, init, meta])
    }

    fn call(&mut self, callee: ExprId, args: &[ExprId], feedback: engine::analyze::FeedbackId) -> Op {
        if let Expr::VarDeref { var, dynamic: false, .. } = self.tree.expr(callee) {
            if let Some(op) = self.already_long(*var, args) {
                return op;
            }
            let (mark, depth) = (self.lines.len(), self.depth);
            let known = self.callee(callee, args, feedback);
            let args = match &known {
                Known::Own(_, s) | Known::Special(s) => self.held(args, s),
                Known::No => self.words(args),
            };
            let mut var = self.var(*var);
            // The var is read before the arguments: by the call itself, unless they took statements.
            if self.lines.len() > mark {
                let name = self.temporary();
                self.lines.insert(mark, Line { depth, text: format!("rung::Callee {name} = {var};") });
                var = name;
            }
            return match &known {
                // A direct call behind a compare.
                Known::Own(own, _) => {
                    let text = format!("rung::call_own(thread, self, {var}, {own}{})", behind(&args));
                    Op::call(text, Order::Act, Rep::Value).throwing()
                }
                Known::Special(s) if args.iter().zip(&s.params).all(|(a, p)| a.rep == *p) => {
                    let text = format!("rung::call_as<{}>(thread, {var}{})", function_type(s), behind(&args));
                    Op::call(text, Order::Act, Rep::Value).throwing()
                }
                _ => {
                    let args: Vec<Op> = args.into_iter().map(|a| self.coerce(a, Rep::Value)).collect();
                    invocation(&var, &args)
                }
            };
        }
        let mut ids = vec![callee];
        ids.extend_from_slice(args);
        let all = self.words(&ids);
        invocation(&all[0].arg(), &all[1..])
    }

    /// `(long x)` of what is one: what Clojure inlines.
    fn already_long(&mut self, var: ConstId, args: &[ExprId]) -> Option<Op> {
        let core = |name: &str| matches!(&self.tree.consts[var.index()], ConstKey::Var { ns, name: n } if &**ns == "clojure.core" && &**n == name);
        let ([x], true) = (args, core("long")) else { return None };
        match self.tree.expr(*x) {
            Expr::Literal { .. } | Expr::Local { .. } => {
                let op = self.expr(*x);
                (op.rep == Rep::Long).then_some(op)
            }
            _ => None,
        }
    }

    /// What is known of the function that a var is called for.
    fn callee(&self, callee: ExprId, args: &[ExprId], feedback: engine::analyze::FeedbackId) -> Known {
        let met = self.feedback.callee(feedback);
        let n = args.len();
        // The var held this very function whenever it was called, or it has not been called and is the one it was defined as.
        let own = match met {
            Some(code) => code == self.own_code,
            None => self.feedback.cell(feedback).count == 0 && calls_own_var(self.tree, self.function, callee, n),
        };
        if own && n <= engine::code::MAX_DIRECT {
            let at = self.function.arities.iter().position(|a| !a.variadic && a.params as usize == n);
            match (at, self.special) {
                (Some(at), Some((name, s))) if std::ptr::eq(&self.function.arities[at], self.arity) => {
                    return Known::Own(name.clone(), s.clone());
                }
                (Some(at), _) if at < self.bodies.len() => {
                    return Known::Own(self.bodies[at].clone(), Signature::words(n));
                }
                _ => {}
            }
        }
        let special = met.filter(|_| !own).and_then(|code| (self.signatures)(code));
        match special.filter(|s| s.params.len() == n) {
            Some(s) => Known::Special(s),
            None => Known::No,
        }
    }

    /// Arguments held as a signature wants them, where their types allow it; else as they are.
    fn held(&mut self, args: &[ExprId], signature: &Signature) -> Vec<Op> {
        self.pieces(args, &mut |s, i, id| {
            let op = s.expr(id);
            let op = s.tried(op);
            match (op.rep, signature.params.get(i)) {
                (_, Some(Rep::Value)) | (Rep::Native(_), _) => s.coerce(op, Rep::Value),
                // A special body's own parameters are wide enough for what its calls of itself pass.
                (Rep::Value, Some(rep))
                    if s.special.is_some_and(|own| own.1 == *signature) && s.types.node(id).rep() == *rep =>
                {
                    s.coerce(op, *rep)
                }
                _ => op,
            }
        })
    }

    /// A call of the running function by its own name.
    fn self_call(&mut self, args: &[ExprId]) -> Op {
        if let Some((name, s)) = self.special.filter(|s| s.1.params.len() == args.len()) {
            let args = self.pieces(args, &mut |g, i, id| {
                let op = g.expr(id);
                g.coerce(op, s.params[i])
            });
            return Op::call(format!("{name}(thread, self{})", behind(&args)), Order::Act, s.result).throwing();
        }
        let args = self.words(args);
        let at = self.function.arities.iter().position(|a| !a.variadic && a.params as usize == args.len());
        match at.and_then(|i| self.bodies.get(i)).filter(|_| args.len() <= engine::code::MAX_DIRECT) {
            Some(body) => Op::call(format!("{body}(thread, self{})", behind(&args)), Order::Act, Rep::Value).throwing(),
            None => invocation("self", &args),
        }
    }

    fn collection(&mut self, name: &str, items: &[ExprId]) -> Op {
        let items = self.words(items);
        let text = match items.len() {
            0 => format!("rung_rt_{name}(0, nullptr)"),
            _ => format!("rung::{name}_of({{{}}})", list(&items)),
        };
        Op::call(text, Order::Act, Rep::Value).throwing()
    }

    fn closure(&mut self, function: FnId, captures: &[ExprId], meta: Option<ExprId>) -> Op {
        let captures = self.pieces(captures, &mut |s, _, id| {
            let op = s.expr(id);
            let op = s.tried(op);
            match op.is_native() && !op.is_void() {
                true => Op {
                    text: format!("rung::Value{{rung::pack({})}}", op.arg()),
                    prec: prec::POSTFIX,
                    rep: Rep::Value,
                    ty: None,
                    ..op
                },
                false => s.coerce(op, Rep::Value),
            }
        });
        let text = match captures.len() {
            0 => format!("rung_closure(self, {}, 0, nullptr)", function.0),
            _ => format!("rung::make_closure(self, {}, {{{}}})", function.0, list(&captures)),
        };
        let closure = Op::call(text, Order::Act, Rep::Value).throwing();
        match meta {
            None => closure,
            Some(m) => {
                let closure = self.fixed(closure);
                let meta = self.word(m);
                self.runtime("rung_rt_with_meta", &[closure, meta])
            }
        }
    }

    /// Is the node `not` of a value?
    pub fn negated(&self, id: ExprId) -> Option<ExprId> {
        match self.tree.expr(id) {
            Expr::Operate { op: Operation::Not, args, .. } if self.tree.repr(args[0]).is_none() => Some(args[0]),
            _ => None,
        }
    }
}

/// What is known of a callee.
enum Known {
    No,
    /// It is the running function: the C++ function of the arity, and what it takes.
    Own(String, Signature),
    /// It has a special entry.
    Special(Signature),
}

/// `rung::Maybe<double>(long, rung::Value)`.
fn function_type(s: &Signature) -> String {
    let params: Vec<&str> = s.params.iter().map(|r| held_as(*r)).collect();
    format!("{}({})", returned(s.result), params.join(", "))
}
/// The C++ type of a representation that parameters have.
pub(super) fn held_as(rep: Rep) -> &'static str {
    match rep {
        Rep::Long => "long",
        Rep::Double => "double",
        Rep::Bool => "bool",
        Rep::Value | Rep::Native(_) => "rung::Value",
    }
}
/// What a special entry returns.
pub(super) fn returned(rep: Rep) -> String {
    match rep {
        Rep::Value | Rep::Native(_) => "rung::Value".into(),
        rep => format!("rung::Maybe<{}>", held_as(rep)),
    }
}

/// Arguments, separated by commas.
pub(super) fn list(args: &[Op]) -> String {
    args.iter().map(Op::arg).collect::<Vec<_>>().join(", ")
}
/// Arguments behind others.
pub(super) fn behind(args: &[Op]) -> String {
    args.iter().map(|a| format!(", {}", a.arg())).collect()
}

fn invocation(callee: &str, args: &[Op]) -> Op {
    let text = match args.len() {
        0..=engine::code::MAX_DIRECT => format!("rung::call(thread, {callee}{})", behind(args)),
        _ => format!("rung::call_many(thread, {callee}, {{{}}})", list(args)),
    };
    Op::call(text, Order::Act, Rep::Value).throwing()
}
