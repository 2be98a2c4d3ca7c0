//! What an instruction reads, writes and where it may go.

use super::form::*;

impl Inst {
    /// May it leave an error in the thread?
    pub fn throws(&self) -> bool {
        matches!(self, Inst::Throw { .. })
            || !matches!(self, Inst::Entry { .. } | Inst::LoopHead { .. } | Inst::Guard { .. }) && {
                let mut any = false;
                self.clone().targets(&mut |_| any = true);
                any
            }
    }

    /// Calls `f` for every block that the instruction may go to.
    pub fn targets(&mut self, f: &mut dyn FnMut(&mut BlockId)) {
        match self {
            Inst::Guard { fail, .. } => f(fail),
            Inst::LoopHead { exit, err, .. } => {
                f(exit);
                f(err);
            }
            Inst::Operate { err, .. }
            | Inst::VarGet { err, .. }
            | Inst::VarSet { err, .. }
            | Inst::Def { err, .. }
            | Inst::Call { err, .. }
            | Inst::CallSelf { err, .. }
            | Inst::CallSpecial { err, .. }
            | Inst::Build { err, .. }
            | Inst::WithMeta { err, .. }
            | Inst::Closure { err, .. }
            | Inst::Entry { err }
            | Inst::Load { err, .. }
            | Inst::Store { err, .. }
            | Inst::NotNull { err, .. }
            | Inst::Convert { err, .. }
            | Inst::Compute { err, .. }
            | Inst::Cpp { err, .. }
            | Inst::Destroy { err, .. }
            | Inst::ToValue { err, .. }
            | Inst::FromValue { err, .. }
            | Inst::Callback { err, .. }
            | Inst::BoxPointer { err, .. }
            | Inst::UnboxPointer { err, .. }
            | Inst::Raw { err, .. } => f(err),
            Inst::Copy { .. }
            | Inst::Box { .. }
            | Inst::Unbox { .. }
            | Inst::Truthy { .. }
            | Inst::NonZero { .. }
            | Inst::Same { .. }
            | Inst::Capture { .. }
            | Inst::SelfRef { .. }
            | Inst::SetCapture { .. }
            | Inst::CaseTest { .. }
            | Inst::Throw { .. }
            | Inst::CatchClass { .. }
            | Inst::CatchCpp { .. }
            | Inst::TakeError { .. }
            | Inst::PutError { .. }
            | Inst::KeepAlive { .. }
            | Inst::Negate { .. }
            | Inst::Storage { .. }
            | Inst::CString { .. } => {}
        }
    }

    /// Calls `read` for every operand and `write` for every variable that is assigned.
    pub fn values(&self, read: &mut dyn FnMut(Operand), write: &mut dyn FnMut(V)) {
        match self {
            Inst::Copy { dst, src }
            | Inst::Box { dst, src }
            | Inst::Unbox { dst, src }
            | Inst::Guard { dst, src, .. }
            | Inst::Truthy { dst, src }
            | Inst::NonZero { dst, src }
            | Inst::Load { dst, address: src, .. }
            | Inst::Convert { dst, src, .. }
            | Inst::Negate { dst, src }
            | Inst::ToValue { dst, src, .. }
            | Inst::FromValue { dst, src, .. }
            | Inst::Callback { dst, src, .. }
            | Inst::BoxPointer { dst, src, .. }
            | Inst::UnboxPointer { dst, src, .. }
            | Inst::VarSet { dst, value: src, .. }
            | Inst::CaseTest { dst, subject: src, .. } => {
                read(*src);
                write(*dst);
            }
            Inst::Operate { dst, args, .. }
            | Inst::CallSelf { dst, args, .. }
            | Inst::Build { dst, items: args, .. }
            | Inst::Closure { dst, captures: args, .. } => {
                args.iter().for_each(|a| read(*a));
                write(*dst);
            }
            Inst::Call { dst, callee, args, .. } | Inst::CallSpecial { dst, callee, args, .. } => {
                read(*callee);
                args.iter().for_each(|a| read(*a));
                write(*dst);
            }
            Inst::Store { address, src, .. } => {
                read(*address);
                read(*src);
            }
            Inst::NotNull { src, .. } => read(*src),
            Inst::Same { dst, a, b }
            | Inst::Compute { dst, a, b, .. }
            | Inst::WithMeta { dst, value: a, meta: b, .. } => {
                read(*a);
                read(*b);
                write(*dst);
            }
            Inst::VarGet { dst, .. }
            | Inst::Capture { dst, .. }
            | Inst::SelfRef { dst }
            | Inst::CatchClass { dst, .. }
            | Inst::TakeError { dst }
            | Inst::Storage { dst, .. }
            | Inst::CString { dst, .. } => write(*dst),
            Inst::Def { dst, init, meta, .. } => {
                init.iter().chain(meta).for_each(|o| read(*o));
                write(*dst);
            }
            Inst::SetCapture { closure, value, .. } => {
                read(Operand::V(*closure));
                read(*value);
            }
            Inst::Throw { value: src } | Inst::PutError { src } | Inst::KeepAlive { src } => read(*src),
            Inst::CatchCpp { dst, object, .. } => {
                write(*dst);
                write(*object);
            }
            Inst::LoopHead { live, dst, .. } => {
                live.iter().for_each(|(_, o)| read(*o));
                write(*dst);
            }
            Inst::Cpp { dst, args, .. } => {
                args.iter().for_each(|a| read(*a));
                dst.iter().for_each(|d| write(*d));
            }
            Inst::Entry { .. } | Inst::Destroy { .. } | Inst::Raw { .. } => {}
        }
    }
}

impl Terminator {
    pub fn targets(&mut self, f: &mut dyn FnMut(&mut BlockId)) {
        match self {
            Terminator::Jump(t) => f(t),
            Terminator::Branch { then, otherwise, .. } => {
                f(then);
                f(otherwise);
            }
            Terminator::Return(_) | Terminator::ReturnThrown => {}
        }
    }
}

impl Block {
    /// Calls `f` for every block that this one may go to.
    pub fn targets_mut(&mut self, f: &mut dyn FnMut(&mut BlockId)) {
        self.insts.iter_mut().for_each(|i| i.targets(f));
        self.end.targets(f);
    }
    /// The blocks that this one may go to, each once.
    pub fn targets(&self) -> Vec<BlockId> {
        let mut out = Vec::new();
        let mut add = |t: &mut BlockId| {
            if !out.contains(t) {
                out.push(*t);
            }
        };
        for i in &self.insts {
            i.clone().targets(&mut add);
        }
        self.end.clone().targets(&mut add);
        out
    }
    /// Calls `f` for every variable that the block reads or assigns.
    pub fn each_v(&self, f: &mut dyn FnMut(V)) {
        for i in &self.insts {
            let mut seen = Vec::new();
            i.values(
                &mut |o| {
                    if let Operand::V(v) = o {
                        seen.push(v);
                    }
                },
                &mut |_| (),
            );
            i.values(&mut |_| (), &mut |v| seen.push(v));
            seen.into_iter().for_each(&mut *f);
        }
        match &self.end {
            Terminator::Branch { test: Operand::V(v), .. } | Terminator::Return(Operand::V(v)) => f(*v),
            _ => {}
        }
    }
}
