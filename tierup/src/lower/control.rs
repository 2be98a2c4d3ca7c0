//! Branches, bindings, loops, `recur`, `case`.

use super::build::{Builder, Head, NOTHING, Scope};
use super::form::*;
use super::infer::Type;
use engine::analyze::{Binding, CaseArm, Expr, ExprId, LoopId, NativeId, Op, Slot, Target};
use questions::Repr;

impl Builder<'_> {
    /// Where a node's value goes when several ways lead to it: a variable, unless nothing comes out.
    pub fn merge(&mut self, id: ExprId) -> Option<V> {
        match self.types.node(id) {
            Type::Never => None,
            t => Some(self.v(t.rep())),
        }
    }
    /// Ends a way: stores its value and goes on at `join`.
    pub fn flow(&mut self, dst: Option<V>, value: Operand, join: BlockId) {
        if self.current.is_none() {
            return;
        }
        if let Some(d) = dst {
            self.copy(d, value);
        }
        self.jump(join);
    }
    pub fn joined(&mut self, dst: Option<V>, join: BlockId) -> Operand {
        self.current = Some(join);
        match dst {
            Some(v) if self.vs[v.index()].rep == Rep::Native(Repr::Void) => Operand::Native(0, Repr::Void),
            Some(v) => Operand::V(v),
            None => {
                // Nothing reaches the join: what follows is dropped.
                self.current = None;
                NOTHING
            }
        }
    }

    pub fn if_(&mut self, id: ExprId, test: ExprId, then: ExprId, otherwise: ExprId) -> Operand {
        let (a, b, join) = (self.block(), self.block(), self.block());
        let dst = self.merge(id);
        let depth = self.known.len();
        self.condition(test, a, b);
        for (block, arm, truth) in [(a, then, true), (b, otherwise, false)] {
            self.current = Some(block);
            let env = self.env.clone();
            if let Expr::Local { slot } = self.tree.expr(test) {
                self.known.push((*slot, truth));
            }
            let v = self.expr(arm);
            self.flow(dst, v, join);
            self.known.truncate(depth);
            self.env = env;
        }
        self.joined(dst, join)
    }

    /// Goes to `yes` or `no` by the truth of a node. What `and`, `or` and `not` expand to becomes jumps.
    pub fn condition(&mut self, id: ExprId, yes: BlockId, no: BlockId) {
        if self.current.is_none() {
            return;
        }
        let tree = self.tree;
        match tree.expr(id) {
            Expr::Local { slot } if self.known.iter().any(|(s, _)| s == slot) => {
                let truth = self.known.iter().rev().find(|(s, _)| s == slot).is_some_and(|k| k.1);
                self.jump(if truth { yes } else { no });
            }
            _ if tree.repr(id).is_some() => {
                let src = self.scalar(id);
                let test = self.emit_to(Rep::Bool, |dst| Inst::NonZero { dst, src });
                self.end(Terminator::Branch { test, then: yes, otherwise: no });
            }
            Expr::Operate { op: Op::Not, args, .. } if tree.repr(args[0]).is_none() => self.condition(args[0], no, yes),
            Expr::If { test, then, otherwise } => {
                let (a, b) = (self.block(), self.block());
                let depth = self.known.len();
                self.condition(*test, a, b);
                for (block, arm, truth) in [(a, then, true), (b, otherwise, false)] {
                    self.current = Some(block);
                    if let Expr::Local { slot } = tree.expr(*test) {
                        self.known.push((*slot, truth));
                    }
                    self.condition(*arm, yes, no);
                    self.known.truncate(depth);
                }
            }
            Expr::Let { bindings, body } if bindings.iter().all(|b| b.native.is_none()) => {
                for b in bindings {
                    self.bind_local(b);
                }
                self.condition(*body, yes, no);
            }
            Expr::Do { body } => {
                let Some((last, first)) = body.split_last() else { return };
                for e in first {
                    self.expr(*e);
                }
                self.condition(*last, yes, no);
            }
            _ => {
                let o = self.expr(id);
                let test = self.truth(o);
                match test {
                    Operand::Bool(true) => self.jump(yes),
                    Operand::Bool(false) => self.jump(no),
                    test => self.end(Terminator::Branch { test, then: yes, otherwise: no }),
                }
            }
        }
    }

    fn truth(&mut self, o: Operand) -> Operand {
        match (o, self.rep(o)) {
            (_, Rep::Bool) => o,
            (_, Rep::Long | Rep::Double) => Operand::Bool(true),
            (Operand::Word(w), _) => Operand::Bool(engine::value::Value::from_bits(w).truthy()),
            (_, Rep::Value) => self.emit_to(Rep::Bool, |dst| Inst::Truthy { dst, src: o }),
            (_, Rep::Native(_)) => self.emit_to(Rep::Bool, |dst| Inst::NonZero { dst, src: o }),
        }
    }

    pub fn bind_local(&mut self, b: &Binding) {
        let o = self.expr(b.init);
        if self.current.is_none() {
            return;
        }
        if let (Some(native), Some(from)) = (b.native, self.tree.repr(b.init)) {
            if !matches!(from, Repr::Memory | Repr::Reference) {
                return self.variable(b, native, from, o);
            }
        }
        if let Operand::V(v) = o {
            let name = self.arity.locals.iter().find(|l| l.slot == b.slot).map(|l| l.name.clone());
            self.vs[v.index()].name = self.vs[v.index()].name.take().or(name);
        }
        self.bind(b.slot, o);
    }

    /// A C++ scalar as a variable: stored in its storage, whose address the local is.
    fn variable(&mut self, b: &Binding, native: NativeId, from: Repr, value: Operand) {
        let Some((ty, _)) = self.cpp_type(b.init) else { return };
        let address = self.emit_to(Rep::Native(Repr::Reference), |dst| Inst::Storage { dst, native });
        let address = self.store(address, value, from, ty);
        self.bind(b.slot, address);
    }

    pub fn let_(&mut self, id: ExprId, bindings: &[Binding], body: ExprId) -> Operand {
        let natives: Vec<NativeId> = bindings.iter().filter_map(|b| b.native).filter(|n| self.destroyed(*n)).collect();
        if natives.is_empty() {
            for b in bindings {
                self.bind_local(b);
            }
            return self.expr(body);
        }
        self.with_natives(id, natives, |s| {
            for b in bindings {
                s.bind_local(b);
            }
            s.expr(body)
        })
    }

    pub fn loop_(&mut self, id: ExprId, loop_id: LoopId, bindings: &[Binding], body: ExprId) -> Operand {
        let mut vars = Vec::new();
        for (i, b) in bindings.iter().enumerate() {
            let o = self.expr(b.init);
            if self.current.is_none() {
                return NOTHING;
            }
            let rep = match self.rep(o) {
                Rep::Native(r) => Rep::Native(r),
                _ => self.types.loop_vars(loop_id).get(i).map_or(Rep::Value, |t| t.rep()),
            };
            let v = self.named(rep, b.slot);
            self.copy(v, o);
            self.bind(b.slot, Operand::V(v));
            vars.push(v);
        }
        self.loop_from_head(id, loop_id, bindings, vars, body)
    }

    /// The loop, its variables set.
    pub fn loop_from_head(
        &mut self,
        id: ExprId,
        loop_id: LoopId,
        bindings: &[Binding],
        vars: Vec<V>,
        body: ExprId,
    ) -> Operand {
        self.has_loops = true;
        let (head, join) = (self.block(), self.block());
        let dst = self.merge(id);
        self.blocks[head.index()].head = Some(loop_id);
        self.jump(head);
        self.current = Some(head);
        let mut live: Vec<(Slot, Operand)> = self.free_slots(id).into_iter().map(|s| (s, self.local(s))).collect();
        live.extend(bindings.iter().zip(&vars).map(|(b, v)| (b.slot, Operand::V(*v))));
        let err = self.err();
        let result = dst.unwrap_or_else(|| self.v(Rep::Value));
        self.emit(Inst::LoopHead { id: loop_id, live, dst: result, exit: join, err });
        let scopes = self.scopes.len();
        let known = std::mem::take(&mut self.known);
        self.heads.insert(Target::Loop(loop_id), Head { block: head, vars, scopes });
        let v = self.expr(body);
        self.known = known;
        self.flow(Some(result), v, join);
        self.joined(Some(result), join)
    }

    /// Slots that the node reads and does not bind itself, in order.
    pub fn free_slots(&self, id: ExprId) -> Vec<Slot> {
        let (mut read, mut bound) = (Vec::new(), Vec::new());
        super::each(self.tree, id, &mut |e| match e {
            Expr::Local { slot } => read.push(*slot),
            Expr::Let { bindings, .. } | Expr::Loop { bindings, .. } | Expr::Letfn { bindings, .. } => {
                bound.extend(bindings.iter().map(|b| b.slot));
            }
            Expr::Try { catches, .. } => bound.extend(catches.iter().map(|c| c.slot)),
            _ => {}
        });
        read.sort();
        read.dedup();
        read.retain(|s| !bound.contains(s));
        read
    }

    pub fn recur(&mut self, target: Target, args: &[ExprId]) -> Operand {
        let Some(head) = self.heads.get(&target).cloned() else { return NOTHING };
        let mut values = Operands::new();
        for (a, v) in args.iter().zip(&head.vars) {
            let o = self.expr(*a);
            values.push(self.coerce(o, self.vs[v.index()].rep));
        }
        if self.current.is_none() {
            return NOTHING;
        }
        self.leave_scopes(head.scopes);
        // All are read before the first is written.
        for i in 0..values.len() {
            if head.vars[..i].iter().any(|w| values[i] == Operand::V(*w)) {
                let (rep, src) = (self.rep(values[i]), values[i]);
                values[i] = self.emit_to(rep, |dst| Inst::Copy { dst, src });
            }
        }
        for (v, src) in head.vars.iter().zip(values) {
            if src != Operand::V(*v) {
                self.emit(Inst::Copy { dst: *v, src });
            }
        }
        self.jump(head.block);
        NOTHING
    }

    pub fn case(&mut self, id: ExprId, subject: ExprId, arms: &[CaseArm], default: ExprId) -> Operand {
        let subject = self.word(subject);
        if self.current.is_none() {
            return NOTHING;
        }
        let join = self.block();
        let dst = self.merge(id);
        let env = self.env.clone();
        let bodies: Vec<BlockId> = arms.iter().map(|_| self.block()).collect();
        for (arm, body) in arms.iter().zip(&bodies) {
            for key in &arm.keys {
                let test = self.emit_to(Rep::Bool, |dst| Inst::CaseTest { dst, subject, key: *key });
                let next = self.block();
                self.end(Terminator::Branch { test, then: *body, otherwise: next });
                self.current = Some(next);
            }
        }
        let v = self.expr(default);
        self.flow(dst, v, join);
        for (arm, body) in arms.iter().zip(bodies) {
            self.env.clone_from(&env);
            self.current = Some(body);
            let v = self.expr(arm.body);
            self.flow(dst, v, join);
        }
        self.env = env;
        self.joined(dst, join)
    }

    /// What a recursion leaves behind: objects of inner scopes are destroyed.
    fn leave_scopes(&mut self, depth: usize) {
        let inner = self.scopes.split_off(depth);
        let mut left = inner.clone();
        while let Some(scope) = left.pop() {
            if let Scope::Natives { natives, .. } = &scope {
                self.scopes.extend(left.iter().cloned().chain([scope.clone()]));
                self.destroy_all(natives);
                self.scopes.truncate(depth);
            }
        }
        self.scopes.extend(inner);
    }
}

/// On-stack replacement: a unit that starts at a loop's head with the frame's slots as its only state.
impl Builder<'_> {
    pub fn loop_unit(&mut self, id: LoopId) -> Result<Vec<(Slot, V)>, Stay> {
        let node = self.find_loop(self.arity.body, id).ok_or_else(|| Stay::new("no such loop"))?;
        let Expr::Loop { bindings, body, .. } = self.tree.expr(node) else { return Err(Stay::new("no such loop")) };
        if !self.unowned().is_empty() {
            return Err(Stay::new("the loop's function owns C++ objects of no scope"));
        }
        let mut from_frame = Vec::new();
        for slot in self.free_slots(node) {
            let rep = self.slot_rep(node, slot);
            let o = self.read_slot(slot, rep, &mut from_frame);
            self.bind(slot, o);
        }
        let mut vars = Vec::new();
        for (i, b) in bindings.iter().enumerate() {
            let rep = match self.tree.repr(b.init) {
                Some(r) => Rep::Native(r),
                None => self.types.loop_vars(id).get(i).map_or(Rep::Value, |t| t.rep()),
            };
            let o = self.read_slot(b.slot, rep, &mut from_frame);
            let v = self.named(rep, b.slot);
            self.emit(Inst::Copy { dst: v, src: o });
            self.bind(b.slot, Operand::V(v));
            vars.push(v);
        }
        let result = self.loop_from_head(node, id, bindings, vars, *body);
        let result = match self.rep(result) {
            Rep::Native(_) => result,
            _ => self.coerce(result, Rep::Value),
        };
        self.end(Terminator::Return(result));
        Ok(from_frame)
    }

    fn read_slot(&mut self, slot: Slot, rep: Rep, from_frame: &mut Vec<(Slot, V)>) -> Operand {
        let held = match rep {
            Rep::Native(r) => Rep::Native(r),
            _ => Rep::Value,
        };
        let v = self.named(held, slot);
        from_frame.push((slot, v));
        self.coerce(Operand::V(v), rep)
    }

    fn find_loop(&self, at: ExprId, id: LoopId) -> Option<ExprId> {
        if matches!(self.tree.expr(at), Expr::Loop { id: l, .. } if *l == id) {
            return Some(at);
        }
        let mut found = None;
        self.tree.expr(at).children(&mut |c| {
            if found.is_none() {
                found = self.find_loop(c, id);
            }
        });
        found
    }

    /// How a slot's value is held where the node reads it.
    fn slot_rep(&self, at: ExprId, slot: Slot) -> Rep {
        if matches!(self.tree.expr(at), Expr::Local { slot: s } if *s == slot) {
            return match self.tree.repr(at) {
                Some(r) => Rep::Native(r),
                None => self.types.node(at).rep(),
            };
        }
        let mut rep = None;
        self.tree.expr(at).children(&mut |c| {
            if rep.is_none() && super::reaches(self.tree, c, &|e| matches!(e, Expr::Local { slot: s } if *s == slot)) {
                rep = Some(self.slot_rep(c, slot));
            }
        });
        rep.unwrap_or(Rep::Value)
    }
}
