//! Operations: in place where the operands are held unboxed or turn out to be small integers or doubles; the runtime does
//! the rest, laid out apart.

use super::emit::Emit;
use crate::lower::{BlockId, Kinds, Operand, Operands, Rep, V};
use crate::runtime::Rt;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I64};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, MemFlagsData, Value};
use engine::analyze::Op;
use engine::value::Value as Word;

/// A comparison's condition.
fn condition(op: Op) -> Option<(IntCC, FloatCC)> {
    Some(match op {
        Op::Lt | Op::IsNeg => (IntCC::SignedLessThan, FloatCC::LessThan),
        Op::Le => (IntCC::SignedLessThanOrEqual, FloatCC::LessThanOrEqual),
        Op::Gt | Op::IsPos => (IntCC::SignedGreaterThan, FloatCC::GreaterThan),
        Op::Ge => (IntCC::SignedGreaterThanOrEqual, FloatCC::GreaterThanOrEqual),
        Op::NumEq | Op::IsZero => (IntCC::Equal, FloatCC::Equal),
        _ => return None,
    })
}

/// Operations of one operand as those of two.
fn binary(op: Op, args: &Operands) -> (Op, Operand, Operand) {
    let a = args[0];
    match (op, args.get(1)) {
        (_, Some(b)) => (op, a, *b),
        (Op::Inc, _) => (Op::Add, a, Operand::Long(1)),
        (Op::Dec, _) => (Op::Sub, a, Operand::Long(1)),
        (Op::UncheckedInc, _) => (Op::UncheckedAdd, a, Operand::Long(1)),
        (Op::UncheckedDec, _) => (Op::UncheckedSub, a, Operand::Long(1)),
        _ => (op, a, Operand::Long(0)),
    }
}

impl Emit<'_, '_> {
    pub fn operate(&mut self, dst: V, op: Op, args: &Operands, seen: Kinds, err: BlockId) {
        let x = match op {
            Op::Identical => {
                let (a, b) = (self.word(args[0]), self.word(args[1]));
                self.b.ins().icmp(IntCC::Equal, a, b)
            }
            Op::Not => {
                let w = self.word(args[0]);
                let t = self.is_truthy(w);
                self.b.ins().bxor_imm_s(t, 1)
            }
            Op::IsNil | Op::IsSome => {
                let w = self.word(args[0]);
                let cc = if op == Op::IsNil { IntCC::Equal } else { IntCC::NotEqual };
                self.b.ins().icmp_imm_s(cc, w, Word::NIL.bits() as i64)
            }
            Op::Equal => self.equal(args[0], args[1], err),
            Op::HintDouble => self.as_double(args[0], err),
            Op::HintLong | Op::HintWrap => {
                let w = self.word(args[0]);
                let tag = self.b.ins().band_imm_s(w, 7);
                self.either(
                    tag,
                    I64,
                    |e| e.b.ins().sshr_imm_s(w, 3),
                    |e| {
                        let r = e.try_slow(Rt::of(op), &[w], err);
                        e.unbox_long(r)
                    },
                )
            }
            op if crate::lower::numeric(op) => return self.arithmetic(dst, op, args, seen, err),
            Op::Nth if self.rep(args[1]) == Rep::Long => {
                let (c, i) = (self.word(args[0]), self.get(args[1]));
                self.try_call(Rt::NthAt, &[c, i], err)
            }
            op => {
                let words: Vec<Value> = args.iter().map(|a| self.word(*a)).collect();
                let r = self.try_call(Rt::of(op), &words, err);
                self.unbox(r, self.unit.vs[dst.index()].rep)
            }
        };
        let x = if self.unit.vs[dst.index()].rep == Rep::Value && self.b.func.dfg.value_type(x) == I8 {
            self.box_bool(x)
        } else {
            x
        };
        self.set(dst, x);
    }

    fn arithmetic(&mut self, dst: V, op: Op, args: &Operands, seen: Kinds, err: BlockId) {
        let original = op;
        let (op, a, b) = binary(op, args);
        let unary = args.len() == 1;
        let (ra, rb) = (self.rep(a), self.rep(b));
        let rep = self.unit.vs[dst.index()].rep;
        let double = ra == Rep::Double || rb == Rep::Double;
        let longs = ra == Rep::Long && rb == Rep::Long;
        let x = match (condition(op), rep) {
            (Some((_, cc)), _) if double => {
                let (x, y) = (self.as_double(a, err), self.as_double(b, err));
                self.b.ins().fcmp(cc, x, y)
            }
            (Some((cc, _)), _) if longs => {
                let (x, y) = (self.get(a), self.get(b));
                self.b.ins().icmp(cc, x, y)
            }
            (Some(cc), _) => self.compare(cc, original, unary, a, b, seen, err),
            (None, Rep::Double) => self.doubles(original, op, unary, a, b, err),
            (None, Rep::Long) if longs => self.longs(op, a, b, err),
            (None, Rep::Long) => self.words_to_long(op, a, b, err),
            (None, _) => self.words(original, op, unary, a, b, seen, err),
        };
        let x = if rep == Rep::Value && self.b.func.dfg.value_type(x) == I8 { self.box_bool(x) } else { x };
        self.set(dst, x);
    }

    /// The runtime's answer on words.
    fn ask(&mut self, op: Op, unary: bool, a: Value, b: Value, err: BlockId) -> Value {
        let args = [a, b];
        self.try_slow(Rt::of(op), &args[..if unary { 1 } else { 2 }], err)
    }

    /// An operand of an operation whose other operand is a double.
    fn as_double(&mut self, o: Operand, err: BlockId) -> Value {
        match (o, self.rep(o)) {
            (Operand::Long(n), _) => self.b.ins().f64const(n as f64),
            (_, Rep::Double) => self.get(o),
            (_, Rep::Long) => {
                let n = self.get(o);
                self.b.ins().fcvt_from_sint(F64, n)
            }
            _ => {
                let w = self.word(o);
                let no = self.is_no_double(w);
                self.either(
                    no,
                    F64,
                    |e| e.rotated_double(w),
                    |e| {
                        let d = e.slow(Rt::ToDouble, &[w]);
                        let pending = e.b.ins().load(I64, super::emit::FLAGS, e.thread, super::emit::offset::PENDING);
                        let failed = e.b.ins().icmp_imm_s(IntCC::NotEqual, pending, Word::ABSENT.bits() as i64);
                        e.go_if(failed, err);
                        d
                    },
                )
            }
        }
    }

    fn doubles(&mut self, original: Op, op: Op, unary: bool, a: Operand, b: Operand, err: BlockId) -> Value {
        match op {
            Op::Neg => {
                let x = self.as_double(a, err);
                self.b.ins().fneg(x)
            }
            Op::Add | Op::Sub | Op::Mul | Op::Div => {
                let (x, y) = (self.as_double(a, err), self.as_double(b, err));
                self.double(op, x, y)
            }
            _ => {
                let (x, y) = (self.word(a), self.word(b));
                let r = self.ask(original, unary, x, y, err);
                self.unbox_double(r)
            }
        }
    }
    fn double(&mut self, op: Op, x: Value, y: Value) -> Value {
        match op {
            Op::Add => self.b.ins().fadd(x, y),
            Op::Sub => self.b.ins().fsub(x, y),
            Op::Mul => self.b.ins().fmul(x, y),
            _ => self.b.ins().fdiv(x, y),
        }
    }

    /// Both unboxed longs, a long as result.
    fn longs(&mut self, op: Op, a: Operand, b: Operand, err: BlockId) -> Value {
        let (x, y) = (self.get(a), self.get(b));
        match op {
            Op::Add | Op::Sub | Op::Mul | Op::Neg => {
                let (r, over) = match op {
                    Op::Add => self.b.ins().sadd_overflow(x, y),
                    Op::Sub => self.b.ins().ssub_overflow(x, y),
                    Op::Mul => self.b.ins().smul_overflow(x, y),
                    _ => {
                        let zero = self.imm(0);
                        self.b.ins().ssub_overflow(zero, x)
                    }
                };
                let (cold, hot) = self.fork(over);
                self.b.set_cold_block(cold);
                self.b.switch_to_block(cold);
                self.slow(Rt::Overflow, &[]);
                let handler = self.blocks[err.index()];
                self.b.ins().jump(handler, []);
                self.b.switch_to_block(hot);
                r
            }
            Op::Quot | Op::Rem | Op::Mod => {
                let plain = matches!(b, Operand::Long(n) if n != 0 && n != -1);
                if plain {
                    return self.divide(op, x, y);
                }
                // A divisor of 0 or -1 is the runtime's.
                let up = self.b.ins().iadd_imm_s(y, 1);
                let rare = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, up, 1);
                self.either(
                    rare,
                    I64,
                    |e| e.divide(op, x, y),
                    |e| {
                        let (x, y) = (e.box_long(x), e.box_long(y));
                        let r = e.ask(op, false, x, y, err);
                        e.unbox_long(r)
                    },
                )
            }
            op => self.wrap(op, x, y),
        }
    }
    fn divide(&mut self, op: Op, x: Value, y: Value) -> Value {
        if op == Op::Quot {
            return self.b.ins().sdiv(x, y);
        }
        let r = self.b.ins().srem(x, y);
        if op == Op::Rem {
            return r;
        }
        // The divisor's sign: add it where the signs differ and something is left.
        let mixed = self.b.ins().bxor(r, y);
        let differ = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, mixed, 0);
        let left = self.b.ins().icmp_imm_s(IntCC::NotEqual, r, 0);
        let add = self.b.ins().band(differ, left);
        let sum = self.b.ins().iadd(r, y);
        self.b.ins().select(add, sum, r)
    }
    /// Operations that any two longs have a long for.
    fn wrap(&mut self, op: Op, x: Value, y: Value) -> Value {
        match op {
            Op::UncheckedAdd => self.b.ins().iadd(x, y),
            Op::UncheckedSub => self.b.ins().isub(x, y),
            Op::UncheckedMul => self.b.ins().imul(x, y),
            Op::BitAnd => self.b.ins().band(x, y),
            Op::BitOr => self.b.ins().bor(x, y),
            Op::BitXor => self.b.ins().bxor(x, y),
            Op::Shl => self.b.ins().ishl(x, y),
            Op::Shr => self.b.ins().sshr(x, y),
            _ => self.b.ins().ushr(x, y),
        }
    }

    /// An operand as a word, and the bits of it that must be zero in a small integer; none where that is known.
    fn tagged(&mut self, o: Operand) -> (Value, Option<Value>) {
        let w = self.word(o);
        let known = matches!(o, Operand::Long(n) if Word::fixnum(n).is_some());
        (w, (!known).then_some(w))
    }
    /// True where not both are small integers; none where both are known to be.
    fn not_fixnums(&mut self, a: Option<Value>, b: Option<Value>) -> Option<Value> {
        let bits = match (a, b) {
            (Some(a), Some(b)) if a == b => a,
            (Some(a), Some(b)) => self.b.ins().bor(a, b),
            (Some(x), None) | (None, Some(x)) => x,
            (None, None) => return None,
        };
        Some(self.b.ins().band_imm_s(bits, 7))
    }

    /// Bit operations, whose result is a long whatever the operands.
    fn words_to_long(&mut self, op: Op, a: Operand, b: Operand, err: BlockId) -> Value {
        let ((x, ta), (y, tb)) = (self.tagged(a), self.tagged(b));
        let fast = move |e: &mut Self| {
            let (m, n) = (e.b.ins().sshr_imm_s(x, 3), e.b.ins().sshr_imm_s(y, 3));
            e.wrap(op, m, n)
        };
        match self.not_fixnums(ta, tb) {
            None => fast(self),
            Some(rare) => self.either(rare, I64, fast, |e| {
                let r = e.ask(op, false, x, y, err);
                e.unbox_long(r)
            }),
        }
    }

    /// Words in, a word out: small integers in place, doubles too where some were seen.
    #[expect(clippy::too_many_arguments, reason = "an operation with its two spellings")]
    fn words(&mut self, original: Op, op: Op, unary: bool, a: Operand, b: Operand, seen: Kinds, err: BlockId) -> Value {
        let ((x, ta), (y, tb)) = (self.tagged(a), self.tagged(b));
        let (slow, join) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let result = self.b.append_block_param(join, I64);
        let doubles = seen.0 & Kinds::DOUBLE != 0 && matches!(op, Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Neg);
        let not_ints = if doubles { self.b.create_block() } else { slow };
        if let Some(rare) = self.not_fixnums(ta, if unary && op == Op::Neg { None } else { tb }) {
            let ints = self.b.create_block();
            self.b.ins().brif(rare, not_ints, [], ints, []);
            self.b.seal_block(ints);
            self.b.switch_to_block(ints);
        }
        match self.fixnums(op, x, y, slow) {
            Some(r) => self.b.ins().jump(join, &[BlockArg::Value(r)]),
            None => self.b.ins().jump(slow, []),
        };
        if doubles {
            self.b.seal_block(not_ints);
            self.b.switch_to_block(not_ints);
            let unary_double = op == Op::Neg;
            self.expect_double(x, slow);
            if !unary_double {
                self.expect_double(y, slow);
            }
            let m = self.rotated_double(x);
            let r = if unary_double {
                self.b.ins().fneg(m)
            } else {
                let n = self.rotated_double(y);
                self.double(op, m, n)
            };
            let bits = self.b.ins().bitcast(I64, MemFlagsData::new(), r);
            let moved = self.b.ins().iadd_imm_s(bits, 1 << 60);
            let w = self.b.ins().rotl_imm_s(moved, 4);
            let no = self.is_no_double(w);
            let boxed = self.either(no, I64, |_| w, |e| e.slow(Rt::BoxDouble, &[r]));
            self.b.ins().jump(join, &[BlockArg::Value(boxed)]);
        }
        self.b.seal_block(slow);
        self.b.switch_to_block(slow);
        let r = self.ask_spelled(original, unary, x, y, err);
        self.b.ins().jump(join, &[BlockArg::Value(r)]);
        self.b.seal_block(join);
        self.b.switch_to_block(join);
        result
    }
    fn ask_spelled(&mut self, original: Op, unary: bool, x: Value, y: Value, err: BlockId) -> Value {
        self.ask(original, unary, x, y, err)
    }
    fn expect_double(&mut self, w: Value, otherwise: Block) {
        let no = self.is_no_double(w);
        let next = self.b.create_block();
        self.b.ins().brif(no, otherwise, [], next, []);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }
    /// Two small integers as words; leaves for `slow` where the result is none. `None`: always the runtime's.
    fn fixnums(&mut self, op: Op, x: Value, y: Value, slow: Block) -> Option<Value> {
        let (r, rare) = match op {
            Op::Add | Op::UncheckedAdd => self.b.ins().sadd_overflow(x, y),
            Op::Sub | Op::UncheckedSub => self.b.ins().ssub_overflow(x, y),
            Op::Mul | Op::UncheckedMul => {
                let n = self.b.ins().sshr_imm_s(x, 3);
                self.b.ins().smul_overflow(n, y)
            }
            Op::Neg => {
                let zero = self.imm(0);
                self.b.ins().ssub_overflow(zero, x)
            }
            Op::Quot | Op::Rem | Op::Mod => {
                // As words: 0 and -8 are the divisors for the runtime.
                let up = self.b.ins().iadd_imm_s(y, 8);
                let rare = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, up, 8);
                let next = self.b.create_block();
                self.b.ins().brif(rare, slow, [], next, []);
                self.b.seal_block(next);
                self.b.switch_to_block(next);
                let r = self.divide(op, x, y);
                return Some(if op == Op::Quot { self.b.ins().ishl_imm_s(r, 3) } else { r });
            }
            _ => return None,
        };
        let next = self.b.create_block();
        self.b.ins().brif(rare, slow, [], next, []);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
        Some(r)
    }

    /// A comparison where at least one is a word and none a double.
    #[expect(clippy::too_many_arguments, reason = "an operation with its two spellings")]
    fn compare(
        &mut self,
        (int, float): (IntCC, FloatCC),
        original: Op,
        unary: bool,
        a: Operand,
        b: Operand,
        seen: Kinds,
        err: BlockId,
    ) -> Value {
        let ((x, ta), (y, tb)) = (self.tagged(a), self.tagged(b));
        let Some(rare) = self.not_fixnums(ta, tb) else { return self.b.ins().icmp(int, x, y) };
        let doubles = seen.0 & Kinds::DOUBLE != 0;
        let slow = move |e: &mut Self| {
            let r = e.ask(original, unary, x, y, err);
            e.b.ins().icmp_imm_s(IntCC::Equal, r, Word::TRUE.bits() as i64)
        };
        if !doubles {
            return self.either(rare, I8, |e| e.b.ins().icmp(int, x, y), slow);
        }
        let (others, ints) = self.fork(rare);
        let (join, rest) = (self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(join, I8);
        self.b.switch_to_block(ints);
        let r = self.b.ins().icmp(int, x, y);
        self.b.ins().jump(join, &[BlockArg::Value(r)]);
        self.b.switch_to_block(others);
        self.expect_double(x, rest);
        self.expect_double(y, rest);
        let (m, n) = (self.rotated_double(x), self.rotated_double(y));
        let r = self.b.ins().fcmp(float, m, n);
        self.b.ins().jump(join, &[BlockArg::Value(r)]);
        self.b.seal_block(rest);
        self.b.set_cold_block(rest);
        self.b.switch_to_block(rest);
        let r = slow(self);
        self.b.ins().jump(join, &[BlockArg::Value(r)]);
        self.b.seal_block(join);
        self.b.switch_to_block(join);
        result
    }

    /// `=`: small integers by their words, a heap object equals itself, the rest is the runtime's.
    fn equal(&mut self, a: Operand, b: Operand, err: BlockId) -> Value {
        let (x, y) = (self.word(a), self.word(b));
        let either = self.b.ins().bor(x, y);
        let rare = self.b.ins().band_imm_s(either, 7);
        self.either(
            rare,
            I8,
            |e| e.b.ins().icmp(IntCC::Equal, x, y),
            |e| {
                let r = e.try_slow(Rt::Equal, &[x, y], err);
                e.b.ins().icmp_imm_s(IntCC::Equal, r, Word::TRUE.bits() as i64)
            },
        )
    }
}
