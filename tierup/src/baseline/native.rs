//! C++ in tier 1: sites through their trampolines and the host's guard, scalars in place, other conversions through the
//! host.

use super::emit::{Emit, FLAGS, offset};
use crate::lower::{BlockId, Inst, Operand, Rep, Stay, V};
use crate::runtime::Rt;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use engine::analyze::{NativeId, SiteId, TypeIx};
use engine::scalar::Operator;
use engine::value::Value as Word;
use questions::{Category, Repr, TypeKind};

/// How a scalar lies in memory, and whether it is extended with its sign.
pub(super) fn memory(r: Repr) -> (Type, bool) {
    match r {
        Repr::Bool | Repr::U8 => (I8, false),
        Repr::I8 => (I8, true),
        Repr::U16 => (I16, false),
        Repr::I16 => (I16, true),
        Repr::U32 => (I32, false),
        Repr::I32 => (I32, true),
        Repr::F32 => (F32, false),
        Repr::F64 => (F64, false),
        _ => (I64, false),
    }
}

fn signed(r: Repr) -> bool {
    matches!(r, Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64)
}

impl Emit<'_, '_> {
    /// # Errors
    /// What this tier does not take.
    pub fn native(&mut self, inst: &Inst) -> Result<(), Stay> {
        match inst {
            Inst::Storage { dst, native } => {
                let x = self.storage(Some(*native))?;
                self.not_null.insert(*dst);
                self.set(*dst, x);
            }
            Inst::CString { dst, text } => {
                let w = self.get(Operand::Const(*text));
                let x = self.b.ins().iadd_imm_s(w, offset::TEXT_BYTES as i64);
                self.set(*dst, x);
            }
            Inst::Load { dst, address, ty, err } => {
                let at = self.checked(*address, *err);
                let x = self.load_scalar(self.tree.ty(*ty).repr, at);
                self.set(*dst, x);
            }
            Inst::Store { address, src, ty, .. } => {
                let (at, x) = (self.get(*address), self.get(*src));
                self.store_scalar(self.tree.ty(*ty).repr, at, x);
            }
            Inst::NotNull { src, err } => {
                self.checked(*src, *err);
            }
            Inst::Convert { dst, src, from, to, err } => {
                let x = self.get(*src);
                let x = self.convert(x, *from, *to, *err);
                self.set(*dst, x);
            }
            Inst::Compute { dst, op, a, b, ty, err } => {
                let (a, b) = (self.get(*a), self.get(*b));
                let x = self.compute(*op, a, b, *ty, *err);
                self.set(*dst, x);
            }
            Inst::Negate { dst, src } => {
                let x = self.get(*src);
                let x = self.b.ins().fneg(x);
                self.set(*dst, x);
            }
            Inst::Cpp { dst, site, args, into, err } => self.site(*dst, *site, args, *into, *err)?,
            Inst::Destroy { native, site, err } => {
                let object = self.storage(Some(*native))?;
                let (args, ret) = (self.on_stack(&[object]), self.imm(0));
                let ret = self.on_stack(&[ret]);
                self.call_site(*site, args, ret, *err);
            }
            Inst::ToValue { dst, src, ty, category, site, destroy, err } => {
                let x = self.to_value(*src, *ty, *category, (*site, *destroy), *err);
                self.set(*dst, x);
            }
            Inst::FromValue { dst, src, ty, into, err } => {
                let x = self.from_value(*src, *ty, *into, self.unit.vs[dst.index()].rep, *err)?;
                self.set(*dst, x);
            }
            Inst::Callback { dst, src, ty, into, err } => {
                let (v, storage) = (self.get(*src), self.storage(*into)?);
                let x = self.bits_of(Rt::Callback, *ty, &[v, storage], *err);
                let x = self.from_bits(x, self.unit.vs[dst.index()].rep);
                self.set(*dst, x);
            }
            Inst::BoxPointer { dst, src, ty, err } => {
                let bits = self.get(*src);
                let (code, ty) = (self.code_address(), self.imm(ty.0 as i64));
                let x = self.try_call(Rt::BoxPointer, &[code, ty, bits], *err);
                self.set(*dst, x);
            }
            Inst::UnboxPointer { dst, src, ty, err } => {
                let v = self.get(*src);
                let x = self.bits_of(Rt::UnboxPointer, *ty, &[v], *err);
                let x = self.from_bits(x, self.unit.vs[dst.index()].rep);
                self.set(*dst, x);
            }
            Inst::CatchCpp { dst, object, ty } => {
                let (code, ty) = (self.code_address(), self.imm(ty.0 as i64));
                let at = self.call(Rt::CatchCpp, &[self.thread, code, ty]);
                let yes = self.b.ins().icmp_imm_s(IntCC::NotEqual, at, 0);
                self.set(*dst, yes);
                self.set(*object, at);
            }
            Inst::Raw { raw, err } => {
                let (code, raw) = (self.code_address(), self.imm(*raw as i64));
                self.try_call(Rt::Raw, &[code, raw], *err);
            }
            other => return Err(Stay::new(format!("an instruction that tier 1 does not know: {other}"))),
        }
        Ok(())
    }

    pub fn storage(&mut self, native: Option<NativeId>) -> Result<Value, Stay> {
        let Some(n) = native else { return Ok(self.imm(0)) };
        let Some(frame) = self.frame else { return Err(Stay::new("native storage without a frame")) };
        let arity = match &self.unit.unit {
            crate::lower::Unit::Arity { arity, .. } | crate::lower::Unit::Loop { arity, .. } => *arity as usize,
        };
        let word = self.tree.function(self.unit.function).arities[arity].natives[n.index()].word;
        Ok(self.b.ins().iadd_imm_s(frame, 8 * word as i64))
    }

    /// An address, or an error where it is null.
    fn checked(&mut self, o: Operand, err: BlockId) -> Value {
        let x = self.get(o);
        if matches!(o, Operand::V(v) if self.not_null.contains(&v)) {
            return x;
        }
        let null = self.b.ins().icmp_imm_s(IntCC::Equal, x, 0);
        self.rarely_err(null, Rt::NullPointer, &[], err);
        x
    }
    /// Where `rare`, raises through a function of the runtime and goes to the handler.
    fn rarely_err(&mut self, rare: Value, f: Rt, args: &[Value], err: BlockId) {
        let (cold, on) = self.fork(rare);
        self.b.set_cold_block(cold);
        self.b.switch_to_block(cold);
        self.slow(f, args);
        let handler = self.blocks[err.index()];
        self.b.ins().jump(handler, []);
        self.b.switch_to_block(on);
    }

    pub fn load_scalar(&mut self, r: Repr, at: Value) -> Value {
        let (ty, sign) = memory(r);
        let flags = cranelift_codegen::ir::MemFlagsData::new().with_notrap();
        let x = self.b.ins().load(ty, flags, at, 0);
        let x = match ty {
            F32 | F64 | I64 => x,
            _ if sign => self.b.ins().sextend(I64, x),
            _ => self.b.ins().uextend(I64, x),
        };
        if r == Repr::Bool {
            let yes = self.b.ins().icmp_imm_s(IntCC::NotEqual, x, 0);
            return self.b.ins().uextend(I64, yes);
        }
        x
    }
    pub fn store_scalar(&mut self, r: Repr, at: Value, x: Value) {
        let (ty, _) = memory(r);
        let flags = cranelift_codegen::ir::MemFlagsData::new().with_notrap();
        let x = if matches!(ty, F32 | F64 | I64) { x } else { self.b.ins().ireduce(ty, x) };
        self.b.ins().store(flags, x, at, 0);
    }

    /// A 64-bit integer cut to the type and extended again.
    pub fn extend(&mut self, r: Repr, x: Value) -> Value {
        let (ty, sign) = memory(r);
        if !ty.is_int() || ty == I64 {
            return x;
        }
        let low = self.b.ins().ireduce(ty, x);
        if sign { self.b.ins().sextend(I64, low) } else { self.b.ins().uextend(I64, low) }
    }

    fn convert(&mut self, x: Value, from: Repr, to: Repr, err: BlockId) -> Value {
        let float = |r| matches!(r, Repr::F32 | Repr::F64);
        match (float(from), float(to)) {
            _ if from == to => x,
            (_, false) if to == Repr::Bool => {
                let yes = if float(from) {
                    let zero = self.get(Operand::Native(0, from));
                    self.b.ins().fcmp(FloatCC::NotEqual, x, zero)
                } else {
                    self.b.ins().icmp_imm_s(IntCC::NotEqual, x, 0)
                };
                self.b.ins().uextend(I64, yes)
            }
            (false, false) => self.extend(to, x),
            (true, true) if to == Repr::F64 => self.b.ins().fpromote(F64, x),
            (true, true) => self.b.ins().fdemote(F32, x),
            (false, true) => {
                let ty = memory(to).0;
                if matches!(from, Repr::U64 | Repr::Pointer) {
                    self.b.ins().fcvt_from_uint(ty, x)
                } else {
                    self.b.ins().fcvt_from_sint(ty, x)
                }
            }
            (true, false) => {
                let d = if from == Repr::F32 { self.b.ins().fpromote(F64, x) } else { x };
                let whole = self.b.ins().trunc(d);
                let bits = 8 * memory(to).0.bytes() as i32;
                let (least, past) =
                    if signed(to) { (-(2f64.powi(bits - 1)), 2f64.powi(bits - 1)) } else { (0.0, 2f64.powi(bits)) };
                let (least, past) = (self.b.ins().f64const(least), self.b.ins().f64const(past));
                let above = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, whole, least);
                let below = self.b.ins().fcmp(FloatCC::LessThan, whole, past);
                let fits = self.b.ins().band(above, below);
                let beyond = self.b.ins().bxor_imm_s(fits, 1);
                let ty = self.imm(to as i64);
                self.rarely_err(beyond, Rt::OutOfRange, &[d, ty], err);
                if to == Repr::U64 {
                    self.b.ins().fcvt_to_uint_sat(I64, whole)
                } else {
                    self.b.ins().fcvt_to_sint_sat(I64, whole)
                }
            }
        }
    }

    fn compute(&mut self, op: Operator, a: Value, b: Value, ty: Repr, err: BlockId) -> Value {
        use Operator::*;
        let truth = |e: &mut Self, x: Value| e.b.ins().uextend(I64, x);
        if matches!(ty, Repr::F32 | Repr::F64) {
            let compare = |e: &mut Self, cc| {
                let x = e.b.ins().fcmp(cc, a, b);
                truth(e, x)
            };
            return match op {
                Add => self.b.ins().fadd(a, b),
                Sub => self.b.ins().fsub(a, b),
                Mul => self.b.ins().fmul(a, b),
                Div => self.b.ins().fdiv(a, b),
                Eq => compare(self, FloatCC::Equal),
                Ne => compare(self, FloatCC::NotEqual),
                Lt => compare(self, FloatCC::LessThan),
                Gt => compare(self, FloatCC::GreaterThan),
                Le => compare(self, FloatCC::LessThanOrEqual),
                Ge => compare(self, FloatCC::GreaterThanOrEqual),
                // C++ has none of them on floats.
                Rem | And | Or | Xor | Shl | Shr => a,
            };
        }
        let signed = matches!(ty, Repr::I32 | Repr::I64);
        let compare = |e: &mut Self, s, u| {
            let x = e.b.ins().icmp(if signed { s } else { u }, a, b);
            truth(e, x)
        };
        let width = 8 * memory(ty).0.bytes() as i64;
        let x = match op {
            Add => self.b.ins().iadd(a, b),
            Sub => self.b.ins().isub(a, b),
            Mul => self.b.ins().imul(a, b),
            Div | Rem => {
                let zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
                self.rarely_err(zero, Rt::DivideByZero, &[], err);
                match (op, signed) {
                    (Div, false) => self.b.ins().udiv(a, b),
                    (_, false) => self.b.ins().urem(a, b),
                    (_, true) => {
                        // The least long by -1 wraps.
                        let minus = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
                        self.either(
                            minus,
                            I64,
                            |e| if op == Div { e.b.ins().sdiv(a, b) } else { e.b.ins().srem(a, b) },
                            |e| if op == Div { e.b.ins().ineg(a) } else { e.imm(0) },
                        )
                    }
                }
            }
            And => self.b.ins().band(a, b),
            Or => self.b.ins().bor(a, b),
            Xor => self.b.ins().bxor(a, b),
            Shl | Shr => {
                let by = self.b.ins().band_imm_s(b, width - 1);
                match (op, signed) {
                    (Shl, _) => self.b.ins().ishl(a, by),
                    (_, true) => self.b.ins().sshr(a, by),
                    (_, false) => self.b.ins().ushr(a, by),
                }
            }
            Eq => return compare(self, IntCC::Equal, IntCC::Equal),
            Ne => return compare(self, IntCC::NotEqual, IntCC::NotEqual),
            Lt => return compare(self, IntCC::SignedLessThan, IntCC::UnsignedLessThan),
            Gt => return compare(self, IntCC::SignedGreaterThan, IntCC::UnsignedGreaterThan),
            Le => return compare(self, IntCC::SignedLessThanOrEqual, IntCC::UnsignedLessThanOrEqual),
            Ge => return compare(self, IntCC::SignedGreaterThanOrEqual, IntCC::UnsignedGreaterThanOrEqual),
        };
        self.extend(ty, x)
    }

    /// `args[i]` points to the scalar, to the object, or to what is referred to.
    fn site(
        &mut self,
        dst: Option<V>,
        site: SiteId,
        args: &[Operand],
        into: Option<NativeId>,
        err: BlockId,
    ) -> Result<(), Stay> {
        if self.direct(dst, site, args, into, err)? {
            return Ok(());
        }
        let mut pointers = Vec::new();
        for a in args {
            let x = self.get(*a);
            pointers.push(match self.rep(*a) {
                Rep::Native(Repr::Memory | Repr::Reference) => x,
                Rep::Native(_) => {
                    let bits = self.to_bits(x);
                    self.on_stack(&[bits])
                }
                _ => return Err(Stay::new("a Clojure value as an argument of C++")),
            });
        }
        let args = self.on_stack(&pointers);
        let answer = self.tree.site(site);
        let object = answer.result_category == Category::Prvalue && answer.result.repr == Repr::Memory;
        if object {
            let Some(_) = into else { return Err(Stay::new("a C++ object without a place to build it in")) };
            let at = self.storage(into)?;
            self.call_site(site, args, at, err);
            if let Some(d) = dst {
                self.set(d, at);
            }
            return Ok(());
        }
        let zero = self.imm(0);
        let ret = self.on_stack(&[zero]);
        self.call_site(site, args, ret, err);
        if let Some(d) = dst {
            let r = match self.unit.vs[d.index()].rep {
                Rep::Native(r) => r,
                _ => Repr::I64,
            };
            let x = self.load_scalar(r, ret);
            self.set(d, x);
        }
        Ok(())
    }
    fn call_site(&mut self, site: SiteId, args: Value, ret: Value, err: BlockId) {
        let calls = engine::host::assembled().and_then(|p| p.cpp.direct_calls());
        let (Some(calls), false) = (calls, self.code.sites.is_null()) else {
            let (code, site) = (self.code_address(), self.imm(site.0 as i64));
            self.try_call(Rt::Cpp, &[self.thread, code, site, args, ret], err);
            return;
        };
        // Not bound yet: the runtime does all of it, the first time.
        let cell = self.imm(self.code.sites as i64 + 8 * site.0 as i64);
        let stub = self.b.ins().load(I64, FLAGS, cell, 0);
        let unbound = self.b.ins().icmp_imm_s(IntCC::Equal, stub, 0);
        let (first, bound) = self.fork(unbound);
        let join = self.b.create_block();
        self.b.set_cold_block(first);
        self.b.switch_to_block(first);
        let (code, number) = (self.code_address(), self.imm(site.0 as i64));
        self.try_call(Rt::Cpp, &[self.thread, code, number, args, ret], err);
        self.b.ins().jump(join, []);
        self.b.switch_to_block(bound);
        self.flush_before();
        let guard = self.imm(calls.trampoline as i64);
        let sig = self.sig(vec![I64; 3], Vec::new());
        self.b.ins().call_indirect(sig, guard, &[stub, args, ret]);
        self.errors_after(&calls, err);
        self.b.ins().jump(join, []);
        self.b.seal_block(join);
        self.b.switch_to_block(join);
    }

    /// Calls what leaves bits in the thread.
    fn bits_of(&mut self, f: Rt, ty: TypeIx, more: &[Value], err: BlockId) -> Value {
        let (code, ty) = (self.code_address(), self.imm(ty.0 as i64));
        let args: Vec<Value> = [self.thread, code, ty].into_iter().chain(more.iter().copied()).collect();
        self.try_call(f, &args, err);
        self.b.ins().load(I64, FLAGS, self.thread, offset::RESULT)
    }

    /// Numbers and truth values are converted in place.
    fn to_value(
        &mut self,
        src: Operand,
        ty: TypeIx,
        category: Category,
        (transfer, destroy): (Option<SiteId>, Option<SiteId>),
        err: BlockId,
    ) -> Value {
        let t = self.tree.ty(ty);
        let x = self.get(src);
        let _ = category;
        match (t.kind, t.repr) {
            (TypeKind::Bool, _) => {
                let yes = self.b.ins().icmp_imm_s(IntCC::NotEqual, x, 0);
                return self.box_bool(yes);
            }
            (TypeKind::Integer, Repr::I64) => return self.box_long(x),
            // What fits 32 bits needs no check.
            (TypeKind::Integer, Repr::I8 | Repr::I16 | Repr::I32 | Repr::U8 | Repr::U16 | Repr::U32) => {
                return self.b.ins().ishl_imm_s(x, 3);
            }
            (TypeKind::Float, Repr::F64) => return self.box_double(x),
            (TypeKind::Float, Repr::F32) => {
                let d = self.b.ins().fpromote(F64, x);
                return self.box_double(d);
            }
            _ => {}
        }
        let bits = self.to_bits(x);
        let (code, number) = (self.code_address(), self.imm(ty.0 as i64));
        if transfer.is_none() {
            return self.try_call(Rt::ToValue, &[self.thread, code, number, bits], err);
        }
        let site = |s: Option<SiteId>| s.map_or(u32::MAX, |s| s.0) as u64;
        let sites = self.imm((site(transfer) << 32 | site(destroy)) as i64);
        self.try_call(Rt::OwnValue, &[self.thread, code, number, bits, sites], err)
    }

    fn from_value(
        &mut self,
        src: Operand,
        ty: TypeIx,
        into: Option<NativeId>,
        rep: Rep,
        err: BlockId,
    ) -> Result<Value, Stay> {
        let w = self.get(src);
        let storage = self.storage(into)?;
        let t = self.tree.ty(ty);
        let slow = |e: &mut Self| {
            let bits = e.bits_of(Rt::FromValue, ty, &[w, storage], err);
            e.from_bits(bits, rep)
        };
        Ok(match (t.kind, t.repr) {
            (TypeKind::Integer, r) if engine::scalar::is_integer(r) => {
                let n = self.b.ins().sshr_imm_s(w, 3);
                let cut = self.extend(r, n);
                let changed = self.b.ins().bxor(cut, n);
                let tag = self.b.ins().band_imm_s(w, 7);
                let mut rare = self.b.ins().bor(changed, tag);
                if r == Repr::U64 {
                    let negative = self.b.ins().ushr_imm_s(n, 63);
                    rare = self.b.ins().bor(rare, negative);
                }
                self.either(rare, I64, |_| n, slow)
            }
            (TypeKind::Float, Repr::F64) => {
                let no = self.is_no_double(w);
                self.either(no, F64, |e| e.rotated_double(w), slow)
            }
            (TypeKind::Bool, _) => {
                let low = self.b.ins().bor_imm_s(w, 0x18);
                let no = self.b.ins().icmp_imm_s(IntCC::NotEqual, low, 0x1a);
                self.either(
                    no,
                    I64,
                    |e| {
                        let yes = e.b.ins().icmp_imm_s(IntCC::Equal, w, Word::TRUE.bits() as i64);
                        e.b.ins().uextend(I64, yes)
                    },
                    slow,
                )
            }
            _ => slow(self),
        })
    }
}
