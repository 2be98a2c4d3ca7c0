//! The walk over the tree: values and operations. Each arm evaluates its parts in order and emits into the current block;
//! after a `recur` or a throw there is no current block, and what would follow is dropped.

use super::form::*;
use super::infer::{Type, Types, infer, operation};
use crate::feedback::Snapshot;
use engine::analyze::{Arity, ConstId, ConstKey, Expr, ExprId, FnId, FnProto, NativeId, Op, Slot, Target, Tree, Ty};
use engine::table::HashMap;
use engine::value::Value;
use questions::Repr;
use smallvec::SmallVec;

/// What must happen when control leaves a region, innermost last.
#[derive(Debug, Clone)]
pub(super) enum Scope {
    /// Errors go to the block.
    Handler(BlockId),
    /// The objects are destroyed on every way out; on an error by the block.
    Natives { natives: Vec<NativeId>, handler: BlockId },
}

/// Where a recursion goes.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub block: BlockId,
    pub vars: Vec<V>,
    /// Depth of the scopes at the head: what lies above is left by the recursion.
    pub scopes: usize,
}

pub(super) struct Builder<'a> {
    pub tree: &'a Tree,
    pub function: &'a FnProto,
    pub arity: &'a Arity,
    pub arity_index: u32,
    pub signature: Signature,
    pub feedback: &'a Snapshot,
    pub types: Types,
    pub vs: Vec<VInfo>,
    pub blocks: Vec<Block>,
    /// The block that is being filled; none where control does not get here.
    pub current: Option<BlockId>,
    pub env: Vec<Option<Operand>>,
    pub scopes: Vec<Scope>,
    pub thrown: BlockId,
    pub heads: HashMap<Target, Head>,
    /// Locals whose truth is known here.
    pub known: Vec<(Slot, bool)>,
    /// 'Alive' of native storage.
    pub flags: HashMap<NativeId, V>,
    pub inlined: u32,
    pub inline_depth: u32,
    pub has_loops: bool,
    /// The node that is being lowered.
    at: ExprId,
}

/// The word that stands where no value comes out.
pub(super) const NOTHING: Operand = Operand::Word(Value::NIL.bits());
/// Self calls are inlined into themselves so deep at most, as long as all copies of the body have no more nodes than these.
const INLINE_DEPTH: u32 = 2;
const INLINE_NODES: usize = 160;

/// Lowers a unit.
///
/// # Errors
/// What the form cannot say yet, as a reason to stay in tier 0.
pub fn lower(tree: &Tree, function: FnId, unit: Unit, feedback: &Snapshot) -> Result<Lowered, Stay> {
    let proto = tree.function(function);
    let index = match unit {
        Unit::Arity { arity, .. } | Unit::Loop { arity, .. } => arity,
    };
    let arity = proto.arities.get(index as usize).ok_or_else(|| Stay::new("no such arity"))?;
    let n = arity.params as usize + arity.variadic as usize;
    let signature = match &unit {
        Unit::Arity { signature, .. } => signature.clone(),
        Unit::Loop { .. } => Signature::words(n),
    };
    let params: Vec<Type> = signature.params.iter().map(|r| Type::of_rep(*r)).collect();
    let types = infer(tree, proto, arity, &params, !signature.is_ordinary());
    let inline_depth = inline_depth(tree, function, index, &signature, feedback);
    let mut b = Builder {
        tree,
        function: proto,
        arity,
        arity_index: index,
        signature,
        feedback,
        types,
        vs: Vec::new(),
        blocks: Vec::new(),
        current: None,
        env: vec![None; arity.frame as usize + 1],
        scopes: Vec::new(),
        thrown: BlockId(0),
        heads: HashMap::default(),
        known: Vec::new(),
        flags: HashMap::default(),
        inlined: 0,
        inline_depth,
        has_loops: false,
        at: arity.body,
    };
    let start = b.block();
    b.thrown = b.cold_block();
    b.blocks[b.thrown.index()].end = Terminator::ReturnThrown;
    b.current = Some(start);
    let (params, from_frame) = match &unit {
        Unit::Arity { .. } => (b.arity_unit(), Vec::new()),
        Unit::Loop { id, .. } => (Vec::new(), b.loop_unit(*id)?),
    };
    let mut done = Lowered {
        name: proto.name.to_string(),
        function,
        unit,
        params,
        from_frame,
        vs: b.vs,
        blocks: b.blocks,
        frame: if arity.natives.is_empty() { 0 } else { arity.frame },
        has_loops: b.has_loops,
    };
    prune(&mut done);
    Ok(done)
}

/// How deep a body's calls of itself are inlined: as deep as the budget allows. Not in an ordinary body that has a special one,
/// which does the work.
fn inline_depth(tree: &Tree, function: FnId, arity: u32, signature: &Signature, feedback: &Snapshot) -> u32 {
    let proto = tree.function(function);
    let a = &proto.arities[arity as usize];
    let n = a.params as usize;
    if !a.natives.is_empty() || a.loops > 0 || a.variadic {
        return 0;
    }
    if signature.is_ordinary() && super::specialise(tree, function, arity, feedback).is_some() {
        return 0;
    }
    let mut calls = 0;
    super::each(tree, a.body, &mut |e| {
        calls += match e {
            Expr::SelfCall { args, .. } => (args.len() == n) as usize,
            Expr::Call { callee, args, .. } => {
                (args.len() == n && super::calls_own_var(tree, proto, *callee, n)) as usize
            }
            _ => 0,
        };
    });
    let size = super::size(tree, a.body);
    let (mut depth, mut copies, mut level) = (0, 1, 1);
    while depth < INLINE_DEPTH {
        level *= calls;
        copies += level;
        if size * copies > INLINE_NODES {
            break;
        }
        depth += 1;
    }
    depth
}

/// Drops blocks that control does not reach and numbers the rest anew, in order, the cold ones last.
fn prune(unit: &mut Lowered) {
    let mut seen = vec![false; unit.blocks.len()];
    let mut work = vec![BlockId(0)];
    while let Some(b) = work.pop() {
        if std::mem::replace(&mut seen[b.index()], true) {
            continue;
        }
        work.extend(unit.blocks[b.index()].targets());
    }
    let mut order: Vec<usize> = (0..unit.blocks.len()).filter(|i| seen[*i]).collect();
    order.sort_by_key(|i| (unit.blocks[*i].cold, *i));
    let mut number = vec![BlockId(0); unit.blocks.len()];
    for (new, old) in order.iter().enumerate() {
        number[*old] = BlockId(new as u32);
    }
    let mut old: Vec<Option<Block>> = std::mem::take(&mut unit.blocks).into_iter().map(Some).collect();
    unit.blocks = order.iter().filter_map(|i| old[*i].take()).collect();
    for b in &mut unit.blocks {
        b.targets_mut(&mut |t| *t = number[t.index()]);
    }
}

impl<'a> Builder<'a> {
    /// A new block; cold where it is made on the way of an error.
    pub fn block(&mut self) -> BlockId {
        let cold = self.current.is_some_and(|b| self.blocks[b.index()].cold);
        self.blocks.push(Block { insts: Vec::new(), at: Vec::new(), end: Terminator::ReturnThrown, cold, head: None });
        BlockId(self.blocks.len() as u32 - 1)
    }
    pub fn cold_block(&mut self) -> BlockId {
        let b = self.block();
        self.blocks[b.index()].cold = true;
        b
    }
    pub fn emit(&mut self, inst: Inst) {
        if let Some(b) = self.current {
            let block = &mut self.blocks[b.index()];
            block.insts.push(inst);
            block.at.push(self.at);
        }
    }
    /// Ends the current block.
    pub fn end(&mut self, end: Terminator) {
        if let Some(b) = self.current.take() {
            self.blocks[b.index()].end = end;
        }
    }
    pub fn jump(&mut self, to: BlockId) {
        self.end(Terminator::Jump(to));
    }
    pub fn v(&mut self, rep: Rep) -> V {
        self.vs.push(VInfo { rep, name: None });
        V(self.vs.len() as u32 - 1)
    }
    pub fn named(&mut self, rep: Rep, slot: Slot) -> V {
        let v = self.v(rep);
        self.vs[v.index()].name = self.arity.locals.iter().find(|l| l.slot == slot).map(|l| l.name.clone());
        v
    }
    pub fn rep(&self, o: Operand) -> Rep {
        rep_of(&self.vs, o)
    }
    /// Where an error goes from here.
    pub fn err(&self) -> BlockId {
        match self.scopes.last() {
            Some(Scope::Handler(b) | Scope::Natives { handler: b, .. }) => *b,
            None => self.thrown,
        }
    }
    pub fn bind(&mut self, slot: Slot, o: Operand) {
        if slot.index() >= self.env.len() {
            self.env.resize(slot.index() + 1, None);
        }
        self.env[slot.index()] = Some(o);
        self.known.retain(|(s, _)| *s != slot);
    }
    pub fn local(&self, slot: Slot) -> Operand {
        self.env.get(slot.index()).copied().flatten().unwrap_or(NOTHING)
    }
    pub fn copy(&mut self, dst: V, src: Operand) {
        let src = self.coerce(src, self.vs[dst.index()].rep);
        if src != Operand::V(dst) {
            self.emit(Inst::Copy { dst, src });
        }
    }

    /// The operand held as `rep`; its type allows it.
    pub fn coerce(&mut self, o: Operand, rep: Rep) -> Operand {
        let from = self.rep(o);
        if from == rep || self.current.is_none() {
            return o;
        }
        match (o, rep) {
            (Operand::Long(n), Rep::Value) if Value::fixnum(n).is_some() => Operand::Word((n << 3) as u64),
            (Operand::Bool(b), Rep::Value) => Operand::Word(Value::bool(b).bits()),
            (Operand::Double(d), Rep::Value) => match unboxed(f64::from_bits(d)) {
                Some(w) => Operand::Word(w),
                None => self.emit_to(rep, |dst| Inst::Box { dst, src: o }),
            },
            (Operand::Native(bits, _), Rep::Native(r)) => Operand::Native(bits, r),
            (_, Rep::Value) if from != Rep::Native(Repr::Void) && !matches!(from, Rep::Native(_)) => {
                self.emit_to(rep, |dst| Inst::Box { dst, src: o })
            }
            (_, Rep::Long | Rep::Double | Rep::Bool) if from == Rep::Value => {
                self.emit_to(rep, |dst| Inst::Unbox { dst, src: o })
            }
            (_, Rep::Native(_)) if matches!(from, Rep::Native(_)) => {
                self.emit_to(rep, |dst| Inst::Copy { dst, src: o })
            }
            // A statement's value that nobody reads.
            (_, Rep::Value) => NOTHING,
            (_, Rep::Native(r)) => Operand::Native(0, r),
            (_, Rep::Long) => Operand::Long(0),
            (_, Rep::Double) => Operand::Double(0),
            (_, Rep::Bool) => Operand::Bool(false),
        }
    }
    /// Emits an instruction with a fresh result.
    pub fn emit_to(&mut self, rep: Rep, inst: impl FnOnce(V) -> Inst) -> Operand {
        let dst = self.v(rep);
        let inst = inst(dst);
        self.emit(inst);
        Operand::V(dst)
    }

    fn arity_unit(&mut self) -> Vec<V> {
        let reps = self.signature.params.clone();
        let params: Vec<V> = reps.iter().enumerate().map(|(i, r)| self.named(*r, Slot(i as u32 + 1))).collect();
        self.function_body(&params, true);
        params
    }

    /// The body from its head on; the result is returned.
    fn function_body(&mut self, params: &[V], entry: bool) {
        let natives = self.unowned();
        let result = if natives.is_empty() {
            self.inlined_body(params, entry)
        } else {
            self.with_natives(self.arity.body, natives, |s| s.inlined_body(params, entry))
        };
        let result = self.coerce(result, self.signature.result);
        self.end(Terminator::Return(result));
    }

    /// The body of the running arity with its parameters bound: yields its value.
    fn inlined_body(&mut self, params: &[V], entry: bool) -> Operand {
        let head = self.block();
        let recurs =
            super::reaches(self.tree, self.arity.body, &|e| matches!(e, Expr::Recur { target: Target::Function, .. }));
        self.has_loops |= recurs;
        for (i, v) in params.iter().enumerate() {
            self.bind(Slot(i as u32 + 1), Operand::V(*v));
        }
        self.jump(head);
        self.current = Some(head);
        if entry || recurs {
            let err = self.err();
            self.emit(Inst::Entry { err });
        }
        let scopes = self.scopes.len();
        let outer = self.heads.insert(Target::Function, Head { block: head, vars: params.to_vec(), scopes });
        let result = self.expr(self.arity.body);
        match outer {
            Some(h) => self.heads.insert(Target::Function, h),
            None => self.heads.remove(&Target::Function),
        };
        result
    }

    /// The node's value as a word.
    pub fn word(&mut self, id: ExprId) -> Operand {
        let o = self.expr(id);
        self.coerce(o, Rep::Value)
    }
    pub fn words(&mut self, ids: &[ExprId]) -> Operands {
        ids.iter().map(|id| self.word(*id)).collect()
    }

    pub fn constant(&self, id: ConstId) -> Operand {
        match &self.tree.consts[id.index()] {
            ConstKey::Long(n) => Operand::Long(*n),
            ConstKey::Double(b) => Operand::Double(*b),
            ConstKey::Bool(b) => Operand::Bool(*b),
            ConstKey::Nil => Operand::Word(Value::NIL.bits()),
            ConstKey::Char(c) => Operand::Word(Value::char(*c).bits()),
            _ => Operand::Const(id),
        }
    }

    /// Lowers a node; the result is held as its parts gave it.
    pub fn expr(&mut self, id: ExprId) -> Operand {
        if self.current.is_none() {
            return NOTHING;
        }
        let outer = std::mem::replace(&mut self.at, id);
        let o = self.node(id);
        self.at = outer;
        o
    }

    fn node(&mut self, id: ExprId) -> Operand {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Literal { value } => self.constant(*value),
            Expr::VarDeref { var, dynamic, .. } => {
                let err = self.err();
                self.emit_to(Rep::Value, |dst| Inst::VarGet { dst, var: *var, dynamic: *dynamic, err })
            }
            Expr::VarRef { var } => Operand::Const(*var),
            Expr::Def { var, init, meta } => {
                let init = init.map(|e| self.word(e));
                let meta = meta.map(|e| self.word(e));
                let err = self.err();
                self.emit_to(Rep::Value, |dst| Inst::Def { dst, var: *var, init, meta, err })
            }
            Expr::SetVar { var, value } => {
                let value = self.word(*value);
                let err = self.err();
                self.emit_to(Rep::Value, |dst| Inst::VarSet { dst, var: *var, value, err })
            }
            Expr::Local { slot } => self.local(*slot),
            Expr::Capture { index } => {
                let rep = match self.function.capture_types.get(index.index()) {
                    Some(Ty::Cpp(..)) => tree.repr(id).map_or(Rep::Value, Rep::Native),
                    _ => Rep::Value,
                };
                self.emit_to(rep, |dst| Inst::Capture { dst, index: *index })
            }
            Expr::SelfRef {} => self.emit_to(Rep::Value, |dst| Inst::SelfRef { dst }),
            Expr::If { test, then, otherwise } => self.if_(id, *test, *then, *otherwise),
            Expr::Do { body } => {
                let mut last = NOTHING;
                for e in body {
                    last = self.expr(*e);
                }
                last
            }
            Expr::Let { bindings, body } => self.let_(id, bindings, *body),
            Expr::Letfn { bindings, body } => self.letfn(bindings, *body),
            Expr::Loop { id: loop_id, bindings, body } => self.loop_(id, *loop_id, bindings, *body),
            Expr::Recur { target, args, .. } => self.recur(*target, args),
            Expr::Call { callee, args, .. } if super::calls_own_var(tree, self.function, *callee, args.len()) => {
                self.own_call(*callee, args)
            }
            Expr::Call { callee, args, feedback } => {
                let special = self.feedback.callee(*feedback).and_then(crate::install::special_of);
                let callee = self.word(*callee);
                if let Some(signature) = special.filter(|s| s.params.len() == args.len()) {
                    return self.special_call(callee, Box::new(signature), args);
                }
                let args = self.words(args);
                let err = self.err();
                self.emit_to(Rep::Value, |dst| Inst::Call { dst, callee, args, err })
            }
            Expr::SelfCall { args, .. } => self.self_call(args),
            Expr::Operate { op, args, feedback } => {
                let seen = self.feedback.kinds(*feedback);
                let args: SmallVec<[Operand; 4]> = args.iter().map(|a| self.expr(*a)).collect();
                self.operate(*op, args, seen)
            }
            Expr::Vector { items } => self.build(Build::Vector, items),
            Expr::Map { entries } => self.build(Build::Map, entries),
            Expr::Set { items } => {
                let constant = items.iter().all(|i| matches!(tree.expr(*i), Expr::Literal { .. }));
                self.build(if constant { Build::ConstantSet } else { Build::Set }, items)
            }
            Expr::List { items } => self.build(Build::List, items),
            Expr::WithMeta { value, meta } => {
                let value = self.word(*value);
                let meta = self.word(*meta);
                self.with_meta(value, meta)
            }
            Expr::Fn { function, captures, meta } => {
                let closure = self.closure(*function, captures);
                match meta {
                    Some(m) => {
                        let meta = self.word(*m);
                        self.with_meta(closure, meta)
                    }
                    None => closure,
                }
            }
            Expr::Try { body, catches, finally } => self.try_(id, *body, catches, *finally),
            Expr::Throw { value } => self.throw(*value),
            Expr::Case { subject, arms, default } => self.case(id, *subject, arms, *default),
            _ => self.native(id),
        }
    }

    pub fn operate(&mut self, op: Op, args: Operands, seen: Kinds) -> Operand {
        if self.current.is_none() {
            return NOTHING;
        }
        let types: SmallVec<[Type; 4]> = args.iter().map(|a| Type::of_rep(self.rep(*a))).collect();
        match (op, types.first()) {
            (Op::HintLong | Op::HintWrap, Some(Type::Long)) | (Op::HintDouble, Some(Type::Double)) => return args[0],
            _ => {}
        }
        let rep = operation(op, &types).rep();
        // Operations that are not arithmetic take words; an index may stay a long.
        let args = args
            .iter()
            .enumerate()
            .map(|(i, a)| match (super::numeric(op), op, i) {
                (true, ..) | (_, Op::Nth | Op::AGet, 1) | (_, Op::HintDouble, _)
                    if !matches!(self.rep(*a), Rep::Bool | Rep::Native(_)) =>
                {
                    *a
                }
                _ => self.coerce(*a, Rep::Value),
            })
            .collect();
        let err = self.err();
        self.emit_to(rep, |dst| Inst::Operate { dst, op, args, seen, err })
    }

    fn build(&mut self, what: Build, items: &[ExprId]) -> Operand {
        let items = self.words(items);
        let err = self.err();
        self.emit_to(Rep::Value, |dst| Inst::Build { dst, what, items, err })
    }
    fn with_meta(&mut self, value: Operand, meta: Operand) -> Operand {
        let err = self.err();
        self.emit_to(Rep::Value, |dst| Inst::WithMeta { dst, value, meta, err })
    }

    /// Captured words, and C++ scalars as they are.
    fn closure(&mut self, function: FnId, captures: &[ExprId]) -> Operand {
        let captures: Operands = captures
            .iter()
            .map(|c| {
                let o = self.expr(*c);
                if matches!(self.rep(o), Rep::Native(_)) { o } else { self.coerce(o, Rep::Value) }
            })
            .collect();
        let err = self.err();
        self.emit_to(Rep::Value, |dst| Inst::Closure { dst, function, captures, err })
    }

    /// Closures that capture each other: all are made, then the captures are filled in.
    fn letfn(&mut self, bindings: &[engine::analyze::Binding], body: ExprId) -> Operand {
        let made: Vec<V> = bindings.iter().map(|b| self.named(Rep::Value, b.slot)).collect();
        for (b, v) in bindings.iter().zip(&made) {
            self.emit(Inst::Copy { dst: *v, src: NOTHING });
            self.bind(b.slot, Operand::V(*v));
        }
        for (b, v) in bindings.iter().zip(&made) {
            let closure = self.word(b.init);
            self.emit(Inst::Copy { dst: *v, src: closure });
        }
        for (b, v) in bindings.iter().zip(&made) {
            let Expr::Fn { captures, .. } = self.tree.expr(b.init) else { continue };
            for (i, c) in captures.iter().enumerate() {
                let Expr::Local { slot } = self.tree.expr(*c) else { continue };
                if bindings.iter().any(|o| o.slot == *slot) {
                    let value = self.local(*slot);
                    self.emit(Inst::SetCapture { closure: *v, index: i as u32, value });
                }
            }
        }
        self.expr(body)
    }

    /// A call of a function that had a special entry when it was met.
    fn special_call(&mut self, callee: Operand, signature: Box<Signature>, args: &[ExprId]) -> Operand {
        let args: Operands = args
            .iter()
            .zip(&signature.params)
            .map(|(a, rep)| {
                let o = self.expr(*a);
                if self.rep(o) == *rep { o } else { self.coerce(o, Rep::Value) }
            })
            .collect();
        if self.current.is_none() {
            return NOTHING;
        }
        let err = self.err();
        self.emit_to(Rep::Value, |dst| Inst::CallSpecial { dst, callee, signature, args, err })
    }

    fn self_call(&mut self, args: &[ExprId]) -> Operand {
        let Some(arity) = self.fixed_arity(args.len()) else {
            // A variadic arity collects its rest: an ordinary call of the function itself.
            let callee = self.emit_to(Rep::Value, |dst| Inst::SelfRef { dst });
            let args = self.words(args);
            let err = self.err();
            return self.emit_to(Rep::Value, |dst| Inst::Call { dst, callee, args, err });
        };
        let operands: Operands = args.iter().map(|a| self.expr(*a)).collect();
        self.call_arity(arity, operands)
    }
    fn fixed_arity(&self, n: usize) -> Option<u32> {
        self.function.arities.iter().position(|a| !a.variadic && a.params as usize == n).map(|i| i as u32)
    }

    /// A direct call of an arity of the running function.
    fn call_arity(&mut self, arity: u32, args: Operands) -> Operand {
        let own = arity == self.arity_index;
        let reps = if own { self.signature.params.clone() } else { vec![Rep::Value; args.len()] };
        let args: Operands = args.into_iter().zip(reps).map(|(o, rep)| self.coerce(o, rep)).collect();
        if self.current.is_none() {
            return NOTHING;
        }
        if own && self.may_inline() {
            return self.inline_self(args);
        }
        let rep = if own { self.signature.result } else { Rep::Value };
        let err = self.err();
        self.emit_to(rep, |dst| Inst::CallSelf { dst, arity, args, err })
    }

    /// A call through the var that the function was defined as: direct where the var still holds it.
    fn own_call(&mut self, callee: ExprId, args: &[ExprId]) -> Operand {
        let Some(arity) = self.fixed_arity(args.len()) else { return NOTHING };
        let callee = self.word(callee);
        let operands: Operands = args.iter().map(|a| self.expr(*a)).collect();
        if self.current.is_none() {
            return NOTHING;
        }
        let this = self.emit_to(Rep::Value, |dst| Inst::SelfRef { dst });
        let test = self.emit_to(Rep::Bool, |dst| Inst::Same { dst, a: callee, b: this });
        let (own, other, join) = (self.block(), self.cold_block(), self.block());
        self.end(Terminator::Branch { test, then: own, otherwise: other });
        let dst = self.v(Rep::Value);
        self.current = Some(own);
        let r = self.call_arity(arity, operands.clone());
        self.flow(Some(dst), r, join);
        self.current = Some(other);
        let args: Operands = operands.into_iter().map(|o| self.coerce(o, Rep::Value)).collect();
        let err = self.err();
        let r = self.emit_to(Rep::Value, |dst| Inst::Call { dst, callee, args, err });
        self.flow(Some(dst), r, join);
        self.current = Some(join);
        Operand::V(dst)
    }

    fn may_inline(&self) -> bool {
        self.inlined < self.inline_depth && self.heads.contains_key(&Target::Function)
    }

    fn inline_self(&mut self, args: Operands) -> Operand {
        let params: Vec<V> = args
            .iter()
            .enumerate()
            .map(|(i, a)| {
                let v = self.named(self.rep(*a), Slot(i as u32 + 1));
                self.emit(Inst::Copy { dst: v, src: *a });
                v
            })
            .collect();
        let env = self.env.clone();
        let known = std::mem::take(&mut self.known);
        self.inlined += 1;
        let result = self.inlined_body(&params, false);
        let result = self.coerce(result, self.signature.result);
        self.inlined -= 1;
        self.known = known;
        self.env = env;
        result
    }
}

/// The word of a double that needs no box.
fn unboxed(d: f64) -> Option<u64> {
    Value::unboxed_double(d).map(|v| v.bits())
}
