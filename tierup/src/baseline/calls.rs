//! Calls, function entry, loop heads.

use super::emit::{Emit, FLAGS, offset};
use crate::lower::{BlockId, Operand, Operands, Rep, Signature, Unit, V};
use crate::runtime::Rt;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};
use engine::analyze::{LoopId, Slot};
use engine::code::{Code, ENTRY_MANY, MAX_DIRECT};
use engine::heap::TypeId;
use engine::value::Value as Word;
use std::mem::offset_of;

impl Emit<'_, '_> {
    /// Checks that the word is a function object, loads self → Code → entry, calls; anything else takes the slow path.
    pub fn call_value(&mut self, dst: V, callee: Operand, args: &Operands, err: BlockId) {
        let f = self.get(callee);
        let args: Vec<Value> = args.iter().map(|a| self.word(*a)).collect();
        let result = self.call_words(callee, f, &args);
        self.check(result, err);
        self.set(dst, result);
    }

    /// The call; the result may be the sentinel.
    fn call_words(&mut self, callee: Operand, f: Value, args: &[Value]) -> Value {
        let (other, join) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(other);
        let result = self.b.append_block_param(join, I64);
        let tag = self.b.ins().band_imm_s(f, 7);
        let no_pointer = self.b.ins().icmp_imm_s(IntCC::NotEqual, tag, 1);
        self.leave_for(no_pointer, other);
        let header = self.b.ins().load(I32, FLAGS, f, offset::HEADER);
        let id = self.b.ins().band_imm_s(header, 0xf_ffff);
        let no_function = self.b.ins().icmp_imm_s(IntCC::NotEqual, id, TypeId::FUNCTION.0 as i64);
        self.leave_for(no_function, other);
        let code = self.b.ins().load(I64, FLAGS, f, offset::FUNCTION_CODE);
        let many = args.len() > MAX_DIRECT;
        let index = if many { ENTRY_MANY } else { args.len() };
        let entry = self.b.ins().load(I64, FLAGS, code, (offset_of!(Code, entries) + 8 * index) as i32);
        let mut passed = vec![self.thread, f];
        if many {
            let (n, at) = (self.imm(args.len() as i64), self.on_stack(args));
            passed.extend([n, at]);
        } else {
            passed.extend(args);
        }
        let sig = self.sig(vec![I64; passed.len()], vec![I64]);
        let call = self.b.ins().call_indirect(sig, entry, &passed);
        let r = self.b.inst_results(call)[0];
        self.b.ins().jump(join, &[BlockArg::Value(r)]);

        self.b.seal_block(other);
        self.b.switch_to_block(other);
        let r = self.call_other(callee, f, args);
        self.b.ins().jump(join, &[BlockArg::Value(r)]);
        self.b.seal_block(join);
        self.b.switch_to_block(join);
        result
    }

    /// A call that goes to the function's special entry, where it has one of the signature and the arguments are what that takes.
    pub fn call_special(&mut self, dst: V, callee: Operand, signature: &Signature, args: &Operands, err: BlockId) {
        let Some(bits) = signature.bits() else { return self.call_value(dst, callee, args, err) };
        let f = self.get(callee);
        let (generic, join) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(generic);
        let result = self.b.append_block_param(join, I64);
        let tag = self.b.ins().band_imm_s(f, 7);
        let no_pointer = self.b.ins().icmp_imm_s(IntCC::NotEqual, tag, 1);
        self.leave_for(no_pointer, generic);
        let header = self.b.ins().load(I32, FLAGS, f, offset::HEADER);
        let id = self.b.ins().band_imm_s(header, 0xf_ffff);
        let no_function = self.b.ins().icmp_imm_s(IntCC::NotEqual, id, TypeId::FUNCTION.0 as i64);
        self.leave_for(no_function, generic);
        let code = self.b.ins().load(I64, FLAGS, f, offset::FUNCTION_CODE);
        let entry = self.b.ins().load(I64, FLAGS, code, offset_of!(Code, special) as i32);
        let none = self.b.ins().icmp_imm_s(IntCC::Equal, entry, 0);
        self.leave_for(none, generic);
        let held = self.b.ins().load(I64, FLAGS, code, offset_of!(Code, special_signature) as i32);
        let wanted = self.imm(bits as i64);
        let other = self.b.ins().icmp(IntCC::NotEqual, held, wanted);
        self.leave_for(other, generic);
        let mut passed = vec![self.thread, f];
        for (a, rep) in args.iter().zip(&signature.params) {
            let x = self.get(*a);
            let x = if self.rep(*a) == *rep { x } else { self.held(x, *rep, generic) };
            passed.push(x);
        }
        let unit = Unit::Arity { arity: 0, signature: signature.clone() };
        let sig = self.b.import_signature(super::emit::signature(&unit));
        let call = self.b.ins().call_indirect(sig, entry, &passed);
        let results = self.b.inst_results(call).to_vec();
        let word = match signature.result {
            Rep::Value => results[0],
            rep => {
                self.go_if(results[1], err);
                match rep {
                    Rep::Long => self.box_long(results[0]),
                    Rep::Double => self.box_double(results[0]),
                    _ => self.box_bool(results[0]),
                }
            }
        };
        self.b.ins().jump(join, &[BlockArg::Value(word)]);

        self.b.seal_block(generic);
        self.b.switch_to_block(generic);
        let words: Vec<Value> = args.iter().map(|a| self.word(*a)).collect();
        let r = self.call_words(callee, f, &words);
        self.b.ins().jump(join, &[BlockArg::Value(r)]);
        self.b.seal_block(join);
        self.b.switch_to_block(join);
        self.check(result, err);
        self.set(dst, result);
    }

    fn leave_for(&mut self, test: Value, to: cranelift_codegen::ir::Block) {
        let next = self.b.create_block();
        self.b.ins().brif(test, to, [], next, []);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }

    /// What is no function object: other callables, and unbound vars, which the error names.
    fn call_other(&mut self, callee: Operand, f: Value, args: &[Value]) -> Value {
        let n = self.imm(args.len() as i64);
        let at = self.on_stack(args);
        let var = match callee {
            Operand::V(v) => self.from_var.get(&v).copied(),
            _ => None,
        };
        let Some(var) = var else { return self.call(Rt::CallOther, &[f, n, at]) };
        let unbound = self.b.ins().icmp_imm_s(IntCC::Equal, f, Word::UNBOUND.bits() as i64);
        self.either(
            unbound,
            I64,
            |e| e.call(Rt::CallOther, &[f, n, at]),
            |e| {
                let var = e.get(Operand::Const(var));
                e.call(Rt::Unbound, &[var])
            },
        )
    }

    /// A direct call within the job.
    pub fn call_self(&mut self, dst: V, arity: u32, args: &Operands, err: BlockId) {
        let own = matches!(&self.unit.unit, Unit::Arity { arity: a, .. } if *a == arity);
        let target = match (own, self.own) {
            (true, Some(f)) => f,
            _ => (self.bodies)(self.b, arity),
        };
        let special = match &self.unit.unit {
            Unit::Arity { signature, .. } if own && self.own.is_some() => signature.result,
            _ => Rep::Value,
        };
        let mut passed = vec![self.thread, self.this];
        if args.len() > MAX_DIRECT {
            let words: Vec<Value> = args.iter().map(|a| self.word(*a)).collect();
            passed.push(self.on_stack(&words));
        } else {
            for a in args {
                passed.push(self.get(*a));
            }
        }
        let call = self.b.ins().call(target, &passed);
        let results = self.b.inst_results(call).to_vec();
        if special == Rep::Value {
            self.check(results[0], err);
        } else {
            self.go_if(results[1], err);
        }
        self.set(dst, results[0]);
    }

    /// The compare of the stack pointer with the limit.
    fn poll(&mut self, err: BlockId) {
        let at = self.b.ins().iadd_imm_s(self.thread, offset::LIMIT as i64);
        let limit = self.b.ins().atomic_load(I64, FLAGS, at);
        let sp = self.b.ins().get_stack_pointer(I64);
        let over = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        self.rarely(over, |e| {
            e.try_slow(Rt::Poll, &[e.thread], err);
        });
    }

    /// Counts one down; true where the counter has run out.
    fn count(&mut self, counter: usize) -> Value {
        let at = self.imm(counter as i64);
        let n = self.b.ins().load(I32, FLAGS, at, 0);
        let left = self.b.ins().iadd_imm_s(n, -1);
        self.b.ins().store(FLAGS, left, at, 0);
        self.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0)
    }

    pub fn entry(&mut self, err: BlockId) {
        self.poll(err);
        let hot = self.count(self.code.calls.as_ptr() as usize);
        self.rarely(hot, |e| {
            let code = e.code_address();
            e.slow(Rt::CallHot, &[e.thread, code]);
        });
    }

    /// Polls, counts, and where a higher tier has the loop, goes on there with a frame of what is live.
    pub fn loop_head(&mut self, id: LoopId, live: &[(Slot, Operand)], dst: V, exit: BlockId, err: BlockId) {
        self.poll(err);
        let hot = match crate::install::state(self.code) {
            Some(state) => self.count(state.turns.as_ptr() as usize),
            None => return,
        };
        let arity = match &self.unit.unit {
            Unit::Arity { arity, .. } | Unit::Loop { arity, .. } => *arity,
        };
        let (cold, on) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(hot, cold, [], on, []);
        self.b.seal_block(cold);
        self.b.set_cold_block(cold);
        self.b.switch_to_block(cold);
        let (code, a, l) = (self.code_address(), self.imm(arity as i64), self.imm(id.0 as i64));
        let entry = self.slow(Rt::LoopHot, &[code, a, l]);
        let none = self.b.ins().icmp_imm_s(IntCC::Equal, entry, 0);
        let replace = self.b.create_block();
        self.b.ins().brif(none, on, [], replace, []);
        self.b.seal_block(replace);
        self.b.set_cold_block(replace);
        self.b.switch_to_block(replace);

        // A frame of its own above the value stack's top, or the unit's.
        let words = self.tree.function(self.unit.function).arities[arity as usize].frame.next_multiple_of(2);
        let (frame, made) = match self.frame {
            Some(f) => (f, false),
            None => (self.b.ins().load(I64, FLAGS, self.thread, offset::VTOP), true),
        };
        if made {
            let top = self.b.ins().iadd_imm_s(frame, 8 * words as i64);
            let end = self.b.ins().load(I64, FLAGS, self.thread, offset::VEND);
            let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, top, end);
            // Where there is no room for it the loop goes on where it is.
            let fits = self.b.create_block();
            self.b.ins().brif(over, on, [], fits, []);
            self.b.seal_block(fits);
            self.b.switch_to_block(fits);
            self.b.ins().store(FLAGS, top, self.thread, offset::VTOP);
        }
        self.b.ins().store(FLAGS, self.this, frame, 0);
        for (slot, o) in live {
            let x = match self.rep(*o) {
                Rep::Native(_) => {
                    let x = self.get(*o);
                    self.to_bits(x)
                }
                _ => self.word(*o),
            };
            self.b.ins().store(FLAGS, x, frame, 8 * slot.0 as i32);
        }
        let sig = self.sig(vec![I64, I64], vec![I64]);
        let call = self.b.ins().call_indirect(sig, entry, &[self.thread, frame]);
        let r = self.b.inst_results(call)[0];
        if made {
            self.b.ins().store(FLAGS, frame, self.thread, offset::VTOP);
        }
        let rep = self.unit.vs[dst.index()].rep;
        if matches!(rep, Rep::Native(_)) {
            // Bits may look like the sentinel: an error is pending or not.
            let pending = self.b.ins().load(I64, FLAGS, self.thread, offset::PENDING);
            let failed = self.b.ins().icmp_imm_s(IntCC::NotEqual, pending, Word::ABSENT.bits() as i64);
            self.go_if(failed, err);
        } else {
            self.check(r, err);
        }
        let x = self.unbox(r, rep);
        self.set(dst, x);
        let exit = self.blocks[exit.index()];
        self.b.ins().jump(exit, []);
        self.b.seal_block(on);
        self.b.switch_to_block(on);
    }
}
