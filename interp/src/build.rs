//! From the tree to nodes: one function, all its arities, at its first call. Every slot, capture and constant that a
//! node will read is checked here once.

use crate::call::{self, Callee};
use crate::case::Dispatch;
use crate::control::{self, Step, Truthy};
use crate::data::{self, Group, Knot, Literal};
use crate::error::{self, Clause, Takes};
use crate::node::{Arena, Arg, Field, Node, Shape};
use crate::operate;
use crate::program::{Arity, Owner, Program};
use engine::analyze::{
    Binding, CaptureIx, CatchArm, ConstId, Expr, ExprId, FeedbackId, FnId, FnProto, LoopId, Matcher, NativeConst, Op,
    Slot, Target, Tree, Ty,
};
use engine::code::{Body, Code, Feedback, MAX_DIRECT};
use engine::fault::{self, Class, Res};
use engine::space::Var;
use engine::text::{Keyword, Text};
use engine::value::Value;
use std::cell::RefCell;

/// What building one arity needs.
pub struct Builder<'a> {
    pub code: &'static Code,
    pub body: &'static Body,
    pub tree: &'static Tree,
    pub proto: &'static FnProto,
    pub arity: &'static engine::analyze::Arity,
    pub owner: &'static Owner,
    pub arena: &'a Arena,
    /// Loops that yield C++ values: their `recur` leaves a mark.
    native_loops: RefCell<Vec<LoopId>>,
}

/// The nodes of all arities of a function.
///
/// # Errors
/// A form that breaks the tree's rules is a fault of ours, reported as an exception; a key of `case` may fail to hash.
pub fn program(code: &'static Code, arena: &Arena) -> Res<Program> {
    let Some(body) = &code.body else {
        return Err(fault::raise(Class::IllegalState, format!("{} has no body to run", code.name)));
    };
    let tree: &'static Tree = &body.tree;
    let proto = tree.function(body.function);
    let mut p = Program { direct: [None; MAX_DIRECT + 1], long: Vec::new(), variadic: None };
    for (i, arity) in proto.arities.iter().enumerate() {
        let owner: &'static Owner =
            Box::leak(Box::new(Owner { code, arity: i as u32, params: arity.params, variadic: arity.variadic }));
        let b = Builder { code, body, tree, proto, arity, owner, arena, native_loops: RefCell::default() };
        let made = b.arity()?;
        match (arity.variadic, arity.params as usize) {
            (true, _) => p.variadic = Some(made),
            (false, n) if n <= MAX_DIRECT => p.direct[n] = Some(made),
            (false, _) => p.long.push(made),
        }
    }
    if let Some(v) = p.variadic {
        for d in p.direct.iter_mut().skip(v.params) {
            d.get_or_insert(v);
        }
    }
    Ok(p)
}

impl Builder<'_> {
    fn arity(&self) -> Res<Arity> {
        let a = self.arity;
        let least = a.params + 1 + a.variadic as u32;
        if a.frame < least || a.natives.iter().any(|n| n.word + n.words > a.frame || n.word % 2 != 0) {
            return Err(self.fault("a frame that does not hold its slots"));
        }
        let mut body = self.node(a.body)?;
        if self.recurs_to_head(a.body) {
            body = self.add(control::arity_head(self.owner, body));
        }
        let body = self.guard_natives(body)?;
        let words = (a.frame as usize).next_multiple_of(2) + crate::frame::MARGIN;
        Ok(Arity { body, words, params: a.params as usize, variadic: a.variadic })
    }

    /// Is there a `recur` to the head of the arity? Only tail positions can hold one.
    fn recurs_to_head(&self, id: ExprId) -> bool {
        match self.tree.expr(id) {
            Expr::Recur { target, .. } => *target == Target::Function,
            Expr::If { then, otherwise, .. } => self.recurs_to_head(*then) || self.recurs_to_head(*otherwise),
            Expr::Do { body } => body.last().is_some_and(|&e| self.recurs_to_head(e)),
            Expr::Let { body, .. } | Expr::Letfn { body, .. } | Expr::Cleanups { body, .. } => {
                self.recurs_to_head(*body)
            }
            Expr::Case { arms, default, .. } => {
                self.recurs_to_head(*default) || arms.iter().any(|a| self.recurs_to_head(a.body))
            }
            _ => false,
        }
    }

    pub fn add(&self, n: Node) -> &'static Node {
        self.arena.add(n)
    }

    /// The tree breaks its own rules: a fault of the analyzer's.
    #[cold]
    pub fn fault(&self, what: &str) -> fault::Thrown {
        fault::raise(Class::IllegalState, format!("internal fault in the tree of {}: {what}", self.code.name))
    }

    /// The slot, checked.
    pub fn slot(&self, s: Slot) -> Res<Slot> {
        if s.0 < self.arity.frame { Ok(s) } else { Err(self.fault("a slot outside the frame")) }
    }

    /// Where a constant lies, and what it is.
    pub fn constant(&self, id: ConstId) -> Res<(*const Value, Value)> {
        if id.index() >= self.body.consts_len {
            return Err(self.fault("a constant outside the form's"));
        }
        // SAFETY: checked just now.
        let at = unsafe { self.code.consts.add(id.index()) };
        Ok((at, Field::of_constant(at).constant()))
    }

    fn var(&self, id: ConstId) -> Res<(*const Value, engine::heap::Gc<Var>)> {
        let (at, v) = self.constant(id)?;
        v.cast::<Var>().map(|var| (at, var)).ok_or_else(|| self.fault("a constant that should be a var"))
    }

    fn feedback(&self, id: FeedbackId) -> Res<&'static Feedback> {
        if id.index() >= self.body.feedback_len {
            return Err(self.fault("a feedback cell outside the vector"));
        }
        // SAFETY: checked just now; the vector is never freed (contract *Code*).
        Ok(unsafe { &*self.code.feedback.add(id.index()) })
    }

    fn function(&self, id: FnId) -> Res<&'static Code> {
        let code = self.body.unit.codes.get().and_then(|c| c.get(id.index()).copied());
        code.ok_or_else(|| self.fault("a function without a record"))
    }

    /// The expression as an operand: locals and immediates need no node.
    pub fn arg(&self, id: ExprId) -> Res<Arg> {
        Ok(match self.tree.expr(id) {
            Expr::Local { slot } => Arg { shape: Shape::Local, field: self.slot(*slot)?.into() },
            Expr::Literal { value } => {
                let (at, v) = self.constant(*value)?;
                match v.is_pointer() {
                    false => Arg::imm(v),
                    true => self.any(self.add(control::constant(at))),
                }
            }
            Expr::NativeLiteral { value: NativeConst::Bits(b) } => Arg::imm(Value::from_bits(*b)),
            Expr::Operate { op, args, .. } => {
                let shape = if self.is_plus(*op, args)? { Shape::Plus } else { Shape::Any };
                Arg { shape, field: self.node(id)?.into() }
            }
            _ => self.any(self.node(id)?),
        })
    }

    /// Does `arith::binary` make a node of it that `Plus` reads: a local and a small integer, added or subtracted?
    fn is_plus(&self, op: Op, args: &[ExprId]) -> Res<bool> {
        let local = args.first().is_some_and(|a| matches!(self.tree.expr(*a), Expr::Local { .. }));
        Ok(match (op, args) {
            (Op::Inc | Op::Dec, [_]) => local,
            (Op::Add | Op::Sub, [_, by]) if local => match self.tree.expr(*by) {
                // The least integer has no negation.
                Expr::Literal { value } => {
                    self.constant(*value)?.1.as_fixnum().is_some_and(|n| n != engine::value::FIXNUM_MIN)
                }
                _ => false,
            },
            _ => false,
        })
    }

    pub fn any(&self, n: &'static Node) -> Arg {
        Arg { shape: Shape::Any, field: n.into() }
    }

    pub fn args(&self, ids: &[ExprId]) -> Res<Vec<Arg>> {
        ids.iter().map(|&id| self.arg(id)).collect()
    }

    /// Arguments of a call: three of them have no instance for immediates.
    fn call_args(&self, ids: &[ExprId]) -> Res<Vec<Arg>> {
        let mut args = self.args(ids)?;
        if args.len() == 3 {
            for a in args.iter_mut().filter(|a| a.shape == Shape::Imm) {
                if let Some(leaf) = control::leaf(*a) {
                    *a = self.any(self.add(leaf));
                }
            }
        }
        Ok(args)
    }

    /// The expression as a node in its place.
    pub fn node(&self, id: ExprId) -> Res<&'static Node> {
        engine::thread::check()?;
        let node = match self.tree.expr(id) {
            Expr::Literal { .. } | Expr::Local { .. } => {
                let a = self.arg(id)?;
                match control::leaf(a) {
                    Some(leaf) => leaf,
                    None => return Ok(a.field.node()),
                }
            }
            Expr::VarDeref { var, dynamic, .. } => {
                let (at, v) = self.var(*var)?;
                if *dynamic { data::var_dynamic(at) } else { data::var_root(v) }
            }
            Expr::VarRef { var } => control::constant(self.var(*var)?.0),
            Expr::Def { var, init, meta } => data::def(self.var(*var)?.0, self.some(*init)?, self.some(*meta)?),
            Expr::SetVar { var, value } => data::set_var(self.var(*var)?.0, self.node(*value)?),
            Expr::Capture { index } => data::capture(self.capture(*index)?),
            Expr::SelfRef {} => control::this(),
            Expr::If { test, then, otherwise } => return self.branch(*test, *then, *otherwise),
            Expr::Do { body } => return self.sequence(body),
            Expr::Let { bindings, body } => {
                let body = self.node(*body)?;
                let chain = self.bindings(bindings, body)?;
                return self.scope(bindings, chain);
            }
            Expr::Letfn { bindings, body } => self.letfn(bindings, *body)?,
            Expr::Loop { id: loop_id, bindings, body } => {
                let native = self.tree.node(id).ty != Ty::Value;
                if native {
                    self.native_loops.borrow_mut().push(*loop_id);
                }
                let head = self.add(control::loop_head(self.owner, *loop_id, self.node(*body)?, native));
                let chain = self.bindings(bindings, head)?;
                return self.scope(bindings, chain);
            }
            Expr::Recur { target, slots, args } => {
                let native = matches!(target, Target::Loop(l) if self.native_loops.borrow().contains(l));
                let mut steps = Vec::with_capacity(slots.len());
                for (slot, arg) in slots.iter().zip(args.iter()) {
                    steps.push(Step { slot: self.slot(*slot)?, arg: self.arg(*arg)? });
                }
                control::recur(steps, native)
            }
            Expr::Call { callee, args, feedback } => self.call(*callee, args, *feedback)?,
            Expr::SelfCall { args, .. } => call::self_call(self.owner, self.call_args(args)?),
            Expr::Operate { op, args, feedback } => {
                match operate::node(*op, &self.args(args)?, self.feedback(*feedback)?) {
                    Some(n) => n,
                    None => return Err(self.fault("an operation with a wrong number of operands")),
                }
            }
            Expr::Vector { items } => data::literal(Literal::Vector, self.args(items)?),
            Expr::Map { entries } => data::literal(Literal::Map, self.args(entries)?),
            Expr::Set { items } => {
                // Of constants, a duplicate is the reader's to find; what only evaluation makes equal is one element.
                let constant = items.iter().all(|i| matches!(self.tree.expr(*i), Expr::Literal { .. }));
                data::literal(if constant { Literal::ConstantSet } else { Literal::Set }, self.args(items)?)
            }
            Expr::List { items } => data::literal(Literal::List, self.args(items)?),
            Expr::WithMeta { value, meta } => data::with_meta(self.node(*value)?, self.node(*meta)?),
            Expr::Fn { function, captures, meta } => {
                data::closure(self.function(*function)?, self.args(captures)?, self.some(*meta)?)
            }
            Expr::Try { body, catches, finally } => {
                let clauses = catches.iter().map(|c| self.clause(c)).collect::<Res<Vec<_>>>()?;
                error::attempt(self.node(*body)?, clauses, self.some(*finally)?)
            }
            Expr::Throw { value } => error::throw(self.node(*value)?),
            Expr::Case { subject, arms, default } => {
                let mut keys = Vec::new();
                for arm in arms.iter() {
                    let to = self.node(arm.body)?;
                    for k in arm.keys.iter() {
                        self.constant(*k)?;
                        keys.push((*k, to));
                    }
                }
                let dispatch = Dispatch::new(keys.into_iter(), self.code.consts, self.node(*default)?)?;
                crate::case::node(self.arg(*subject)?, dispatch)
            }
            Expr::CppRaw { .. }
            | Expr::NativeLiteral { .. }
            | Expr::CppVariable { .. }
            | Expr::CppCall { .. }
            | Expr::CppMethod { .. }
            | Expr::CppConstruct { .. }
            | Expr::CppField { .. }
            | Expr::CppOperator { .. }
            | Expr::CppCast { .. }
            | Expr::CppNew { .. }
            | Expr::CppDelete { .. }
            | Expr::CppLoad { .. }
            | Expr::CppBox { .. }
            | Expr::CppUnbox { .. }
            | Expr::ConvertOut { .. }
            | Expr::ConvertIn { .. }
            | Expr::Callback { .. }
            | Expr::Cleanups { .. } => return self.native(id),
        };
        Ok(self.add(node.from(id)))
    }

    fn some(&self, id: Option<ExprId>) -> Res<Option<&'static Node>> {
        id.map(|id| self.node(id)).transpose()
    }

    fn capture(&self, c: CaptureIx) -> Res<u32> {
        if c.index() < self.proto.captures.len() { Ok(c.0) } else { Err(self.fault("a capture that is not there")) }
    }

    fn branch(&self, test: ExprId, then: ExprId, otherwise: ExprId) -> Res<&'static Node> {
        let (then, otherwise) = (self.node(then)?, self.node(otherwise)?);
        if self.tree.repr(test).is_some() {
            return self.native_branch(test, then, otherwise);
        }
        if let Expr::Operate { op, args, feedback } = self.tree.expr(test) {
            let args = self.args(args)?;
            if let Some(n) = operate::branch(*op, &args, self.feedback(*feedback)?, then, otherwise) {
                return Ok(self.add(n.from(test)));
            }
        }
        Ok(self.add(control::branch::<Truthy>(self.arg(test)?, then, otherwise)))
    }

    fn sequence(&self, body: &[ExprId]) -> Res<&'static Node> {
        let Some((last, front)) = body.split_last() else { return Err(self.fault("an empty sequence")) };
        let mut chain = self.node(*last)?;
        for &e in front.iter().rev() {
            // A statement that is a word and nothing else has no effect.
            if !matches!(self.tree.expr(e), Expr::Literal { .. } | Expr::Local { .. } | Expr::Capture { .. }) {
                chain = self.add(control::then(self.node(e)?, chain));
            }
        }
        Ok(chain)
    }

    /// The bindings as a chain that ends in `body`.
    fn bindings(&self, bindings: &[Binding], body: &'static Node) -> Res<&'static Node> {
        let mut chain = body;
        for b in bindings.iter().rev() {
            chain = match self.scalar_in_storage(b)? {
                Some(bind) => self.add(bind(chain)),
                None => self.add(control::bind(self.slot(b.slot)?, self.arg(b.init)?, chain)),
            };
        }
        Ok(chain)
    }

    fn letfn(&self, bindings: &[Binding], body: ExprId) -> Res<Node> {
        let mut group = Group { inits: Vec::new(), knots: Vec::new() };
        for b in bindings {
            group.inits.push((self.slot(b.slot)?, self.node(b.init)?));
            let Expr::Fn { captures, .. } = self.tree.expr(b.init) else {
                return Err(self.fault("a letfn binding that is no function"));
            };
            for (i, c) in captures.iter().enumerate() {
                if let Expr::Local { slot } = self.tree.expr(*c) {
                    if bindings.iter().any(|b| b.slot == *slot) {
                        group.knots.push(Knot { function: b.slot, index: i as u32, from: *slot });
                    }
                }
            }
        }
        Ok(data::letfn(group, self.node(body)?))
    }

    fn call(&self, callee: ExprId, args: &[ExprId], feedback: FeedbackId) -> Res<Node> {
        let cell = self.feedback(feedback)?;
        let callee = match self.tree.expr(callee) {
            Expr::VarDeref { var, dynamic: false, .. } => Callee::Root(call::root_of(self.var(*var)?.1)),
            Expr::Literal { value } if args.len() == 1 && self.constant(*value)?.1.is::<Keyword>() => {
                // `(:k m)`: the look-up itself, no call.
                let [key, map] = [self.arg(callee)?, self.arg(args[0])?];
                return Ok(operate::call_two(|k, m| engine::coll::get(m, k, Value::NIL), key, map));
            }
            _ => match self.arg(callee)? {
                a if a.shape == Shape::Imm => {
                    let leaf = control::leaf(a).map(|n| self.any(self.add(n)));
                    Callee::Operand(leaf.unwrap_or(a))
                }
                a => Callee::Operand(a),
            },
        };
        Ok(call::call(callee, self.call_args(args)?, cell))
    }

    fn clause(&self, c: &CatchArm) -> Res<Clause> {
        let takes = match &c.matcher {
            Matcher::Class(n) => match Class::numbered(*n) {
                Some(class) => Takes::Class(class),
                None => return Err(self.fault("an exception class that is not there")),
            },
            Matcher::Cpp { ty } => Takes::Cpp(self.tree.ty(*ty).clone()),
        };
        Ok(Clause { takes, slot: self.slot(c.slot)?, body: self.node(c.body)? })
    }

    /// The address of a text constant's bytes.
    pub fn c_string(&self, id: ConstId) -> Res<u64> {
        match self.constant(id)?.1.cast::<Text>() {
            Some(t) => Ok(t.as_c_ptr() as u64),
            None => Err(self.fault("a C string that is no text")),
        }
    }
}
