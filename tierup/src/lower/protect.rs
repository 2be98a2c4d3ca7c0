//! Errors and what must be done on every way out: `try`, `catch`, `finally`, destructors of native locals and temporaries.
//! All of it becomes blocks; a region's errors go to its handler, which does its part and passes the error on.

use super::build::{Builder, NOTHING, Scope};
use super::form::*;
use engine::analyze::{CatchArm, Expr, ExprId, Matcher, NativeId};
use engine::value::Value;
use questions::Repr;

const NO_ERROR: Operand = Operand::Word(Value::ABSENT.bits());

impl Builder<'_> {
    pub fn throw(&mut self, value: ExprId) -> Operand {
        let value = match self.expr(value) {
            o if matches!(self.rep(o), Rep::Native(_)) => o,
            o => self.coerce(o, Rep::Value),
        };
        let err = self.err();
        self.emit(Inst::Throw { value });
        self.jump(err);
        NOTHING
    }

    /// ```text
    ///  body ──err──▶ handler: catch arms ──none──▶ ┐
    ///    │                       │ └────err──────▶ ├ keep: saved = error ─▶ finally ─▶ saved? ─▶ error goes on
    ///    └──────────────────────▶└▶ saved = none ────────────────────────▶ ┘              └───▶ join
    /// ```
    pub fn try_(&mut self, id: ExprId, body: ExprId, catches: &[CatchArm], finally: Option<ExprId>) -> Operand {
        let dst = self.merge(id);
        let join = self.block();
        let handler = self.cold_block();
        let outer = self.err();
        // With a `finally`, ways out go through it.
        let (done, keep, last) = match finally {
            Some(_) => (self.block(), self.cold_block(), self.block()),
            None => (join, outer, join),
        };
        let env = self.env.clone();
        let protect = finally.is_some();
        if protect {
            self.scopes.push(Scope::Handler(keep));
        }
        self.scopes.push(Scope::Handler(handler));
        let v = self.expr(body);
        self.scopes.pop();
        self.flow(dst, v, done);

        self.current = Some(handler);
        for arm in catches {
            self.env.clone_from(&env);
            let (taken, next) = (self.cold_block(), self.cold_block());
            let test = self.v(Rep::Bool);
            let object = match &arm.matcher {
                Matcher::Class(class) => {
                    self.emit(Inst::CatchClass { dst: test, class: *class });
                    None
                }
                Matcher::Cpp { ty } => {
                    let object = self.named(Rep::Native(Repr::Reference), arm.slot);
                    self.emit(Inst::CatchCpp { dst: test, object, ty: *ty });
                    Some(object)
                }
            };
            self.end(Terminator::Branch { test: Operand::V(test), then: taken, otherwise: next });
            self.current = Some(taken);
            // Of a C++ exception the error word keeps the object alive: it stays in a variable of the frame.
            let error = self.named(Rep::Value, arm.slot);
            self.emit(Inst::TakeError { dst: error });
            self.bind(arm.slot, Operand::V(object.unwrap_or(error)));
            let v = self.expr(arm.body);
            if object.is_some() && self.current.is_some() {
                self.emit(Inst::KeepAlive { src: Operand::V(error) });
            }
            self.flow(dst, v, done);
            self.current = Some(next);
        }
        self.jump(keep);
        self.env = env;

        if let Some(f) = finally {
            self.scopes.pop();
            let saved = self.v(Rep::Value);
            self.current = Some(done);
            self.emit(Inst::Copy { dst: saved, src: NO_ERROR });
            self.jump(last);
            self.current = Some(keep);
            self.emit(Inst::TakeError { dst: saved });
            self.jump(last);
            self.current = Some(last);
            self.expr(f);
            let none = self.emit_to(Rep::Bool, |dst| Inst::Same { dst, a: Operand::V(saved), b: NO_ERROR });
            let again = self.cold_block();
            self.end(Terminator::Branch { test: none, then: join, otherwise: again });
            self.current = Some(again);
            self.emit(Inst::PutError { src: Operand::V(saved) });
            self.jump(outer);
        }
        self.joined(dst, join)
    }

    /// Does the object need a destructor?
    pub fn destroyed(&self, n: NativeId) -> bool {
        self.arity.natives[n.index()].destroy.is_some()
    }

    /// Runs `inside` with the objects' flags cleared; destroys those that are alive on every way out of it.
    pub fn with_natives(
        &mut self,
        id: ExprId,
        natives: Vec<NativeId>,
        inside: impl FnOnce(&mut Self) -> Operand,
    ) -> Operand {
        for n in &natives {
            let flag = self.v(Rep::Bool);
            self.emit(Inst::Copy { dst: flag, src: Operand::Bool(false) });
            self.flags.insert(*n, flag);
        }
        let outer = self.err();
        let handler = self.cold_block();
        self.scopes.push(Scope::Natives { natives: natives.clone(), handler });
        let v = inside(self);
        let dst = self.merge(id);
        let (done, join) = (self.block(), self.block());
        self.flow(dst, v, done);
        self.current = Some(done);
        // A destructor's error goes to the handler, which destroys what is left.
        self.destroy_all(&natives);
        self.jump(join);
        self.scopes.pop();

        // An error that is on its way stays, whatever destructors do.
        self.current = Some(handler);
        let saved = self.emit_to(Rep::Value, |dst| Inst::TakeError { dst });
        for n in natives.iter().rev() {
            self.destroy_one(*n, None);
        }
        self.emit(Inst::PutError { src: saved });
        self.jump(outer);
        self.joined(dst, join)
    }

    /// Destroys what is alive, last constructed first.
    pub fn destroy_all(&mut self, natives: &[NativeId]) {
        let err = self.err();
        for n in natives.iter().rev() {
            self.destroy_one(*n, Some(err));
        }
    }

    /// Destroys an object if it is alive; without a handler an error of its destructor is passed over.
    fn destroy_one(&mut self, n: NativeId, err: Option<BlockId>) {
        let (Some(flag), Some(site)) = (self.flags.get(&n).copied(), self.arity.natives[n.index()].destroy) else {
            return;
        };
        let (alive, next) = (self.block(), self.block());
        self.end(Terminator::Branch { test: Operand::V(flag), then: alive, otherwise: next });
        self.current = Some(alive);
        self.emit(Inst::Copy { dst: flag, src: Operand::Bool(false) });
        self.emit(Inst::Destroy { native: n, site, err: err.unwrap_or(next) });
        self.jump(next);
        self.current = Some(next);
    }

    /// Objects with a destructor that no scope of the arity owns: they live until the arity is left.
    pub fn unowned(&self) -> Vec<NativeId> {
        let mut owned = Vec::new();
        super::each(self.tree, self.arity.body, &mut |e| match e {
            Expr::Let { bindings, .. } | Expr::Loop { bindings, .. } => {
                owned.extend(bindings.iter().filter_map(|b| b.native))
            }
            Expr::Cleanups { temporaries, .. } => owned.extend(temporaries.iter().copied()),
            _ => {}
        });
        (0..self.arity.natives.len() as u32)
            .map(NativeId)
            .filter(|n| self.destroyed(*n) && !owned.contains(n))
            .collect()
    }

    /// Notes that the object was constructed; where that depends on the value, that it was if `address` is its storage.
    pub fn constructed(&mut self, into: Option<NativeId>, address: Option<Operand>) {
        let Some((n, flag)) = into.and_then(|n| Some((n, self.flags.get(&n).copied()?))) else { return };
        match address {
            None => self.emit(Inst::Copy { dst: flag, src: Operand::Bool(true) }),
            Some(a) => {
                let storage = self.emit_to(Rep::Native(Repr::Pointer), |dst| Inst::Storage { dst, native: n });
                self.emit(Inst::Same { dst: flag, a, b: storage });
            }
        }
    }
}
