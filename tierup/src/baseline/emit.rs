//! From a lowered unit to Cranelift's IR: the walk over blocks, where values are kept, and the arms that are neither
//! arithmetic, calls nor C++. Every heap object is reached through `code->consts[i]`; addresses in the code are those of
//! records and tables that live for ever.

use crate::lower::{BlockId, Inst, Lowered, Operand, Rep, Stay, Terminator, Unit, V};
use crate::runtime::{Kind, Rt};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F64, I8, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, FuncRef, InstBuilder, MemFlagsData, SigRef, Signature, StackSlotData, StackSlotKind,
    Type, Value,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, Variable};
use engine::analyze::ConstId;
use engine::code::Code;
use engine::table::{HashMap, HashSet};
use engine::value::Value as Word;
use questions::Repr;
use std::sync::Arc;

/// Offsets that generated code knows; `layout` tests hold them.
pub(super) mod offset {
    pub const LIMIT: i32 = 0;
    pub const VTOP: i32 = 8;
    pub const VEND: i32 = 16;
    pub const PENDING: i32 = 24;
    pub const RESULT: i32 = 32;
    /// From a pointer word to fields of what it names.
    pub const HEADER: i32 = -1;
    pub const FUNCTION_CODE: i32 = 8 - 1;
    pub const CAPTURES: i32 = 16 - 1;
    pub const VAR_ROOT: i32 = 8 - 1;
    pub const TEXT_BYTES: i32 = 16 - 1;
}

pub(super) const FLAGS: MemFlagsData = MemFlagsData::trusted();
/// The function stands at no node yet.
const NOWHERE: i64 = u32::MAX as i64;
pub(super) const THROWN: i64 = Word::THROWN.bits() as i64;

/// Where a variable of the unit is kept.
#[derive(Clone, Copy)]
enum Kept {
    /// Used in one block only: the value itself.
    Here(Option<Value>),
    Variable(Variable),
}

pub(super) struct Emit<'a, 'f> {
    pub b: &'a mut FunctionBuilder<'f>,
    pub unit: &'a Lowered,
    pub tree: &'a Arc<engine::analyze::Tree>,
    pub code: &'static Code,
    pub thread: Value,
    pub this: Value,
    /// The frame on the value stack, where the unit has one.
    pub frame: Option<Value>,
    pub blocks: Vec<Block>,
    kept: Vec<Kept>,
    sigs: HashMap<(CallConv, Vec<Type>, Vec<Type>), SigRef>,
    /// The job's functions that may be called directly: ordinary body by arity, and this unit's own.
    pub bodies: &'a dyn Fn(&mut FunctionBuilder<'f>, u32) -> FuncRef,
    pub own: Option<FuncRef>,
    /// Vars that words were read from: for the error of an unbound one.
    pub from_var: HashMap<V, ConstId>,
    /// Addresses that are known not to be null.
    pub not_null: HashSet<V>,
    /// The node where the function stands: what an error notes when it leaves.
    stands: Variable,
}

pub(super) fn ty(rep: Rep) -> Type {
    match rep {
        Rep::Bool => I8,
        Rep::Double | Rep::Native(Repr::F64) => F64,
        Rep::Native(Repr::F32) => F32,
        Rep::Value | Rep::Long | Rep::Native(_) => I64,
    }
}

/// The signature of a unit's function.
pub(super) fn signature(unit: &Unit) -> Signature {
    let mut s = Signature::new(CallConv::SystemV);
    let word = AbiParam::new(I64);
    s.params.extend([word, word]);
    match unit {
        Unit::Loop { .. } => s.returns.push(word),
        Unit::Arity { signature, .. } => {
            if signature.params.len() > engine::code::MAX_DIRECT {
                s.params.push(word);
            } else {
                s.params.extend(signature.params.iter().map(|r| match ty(*r) {
                    // As C passes them.
                    I8 => AbiParam::new(I8).uext(),
                    t => AbiParam::new(t),
                }));
            }
            s.returns.push(AbiParam::new(ty(signature.result)));
            if signature.result != Rep::Value {
                s.returns.push(word);
            }
        }
    }
    s
}

impl<'a, 'f> Emit<'a, 'f> {
    pub fn new(
        b: &'a mut FunctionBuilder<'f>,
        unit: &'a Lowered,
        tree: &'a Arc<engine::analyze::Tree>,
        code: &'static Code,
        bodies: &'a dyn Fn(&mut FunctionBuilder<'f>, u32) -> FuncRef,
        own: Option<FuncRef>,
    ) -> Self {
        let zero = Value::from_u32(0);
        let stands = b.declare_var(I64);
        Emit {
            stands,
            b,
            unit,
            tree,
            code,
            thread: zero,
            this: zero,
            frame: None,
            blocks: Vec::new(),
            kept: Vec::new(),
            sigs: HashMap::default(),
            bodies,
            own,
            from_var: HashMap::default(),
            not_null: HashSet::default(),
        }
    }

    /// Emits the whole function.
    ///
    /// # Errors
    /// What this tier does not take.
    pub fn run(&mut self, special: Option<(&crate::lower::Signature, FuncRef)>) -> Result<(), Stay> {
        self.place_variables();
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        self.b.seal_block(entry);
        let args: Vec<Value> = self.b.block_params(entry).to_vec();
        self.thread = args[0];
        let nowhere = self.imm(NOWHERE);
        self.b.def_var(self.stands, nowhere);
        self.blocks = self.unit.blocks.iter().map(|_| self.b.create_block()).collect();
        for (block, lowered) in self.blocks.iter().zip(&self.unit.blocks) {
            if lowered.cold {
                self.b.set_cold_block(*block);
            }
        }
        match &self.unit.unit {
            Unit::Arity { signature, .. } => {
                self.this = args[1];
                if let Some((signature, special)) = special {
                    self.try_special(signature, special, &args[2..]);
                }
                let by_pointer = signature.params.len() > engine::code::MAX_DIRECT;
                for (i, v) in self.unit.params.iter().enumerate() {
                    let x = if by_pointer { self.b.ins().load(I64, FLAGS, args[2], 8 * i as i32) } else { args[2 + i] };
                    self.set(*v, x);
                }
            }
            Unit::Loop { .. } => {
                self.frame = Some(args[1]);
                self.this = self.b.ins().load(I64, FLAGS, args[1], 0);
                for (slot, v) in &self.unit.from_frame {
                    let bits = self.b.ins().load(I64, FLAGS, args[1], 8 * slot.0 as i32);
                    let x = self.from_bits(bits, self.unit.vs[v.index()].rep);
                    self.set(*v, x);
                }
            }
        }
        self.make_frame();
        let first = self.blocks[0];
        self.b.ins().jump(first, []);
        let (order, heads) = self.order();
        for id in &order {
            let block = self.blocks[id.index()];
            if !heads[id.index()] {
                self.b.seal_block(block);
            }
            self.b.switch_to_block(block);
            let lowered = &self.unit.blocks[id.index()];
            for (inst, at) in lowered.insts.iter().zip(&lowered.at) {
                if inst.throws() {
                    let at = self.imm(at.0 as i64);
                    self.b.def_var(self.stands, at);
                }
                self.inst(inst)?;
            }
            self.end(&self.unit.blocks[id.index()].end);
        }
        for id in order {
            if heads[id.index()] {
                let block = self.blocks[id.index()];
                self.b.seal_block(block);
            }
        }
        Ok(())
    }

    /// Variables that live in one block need no bookkeeping across blocks.
    fn place_variables(&mut self) {
        let mut home: Vec<Option<u32>> = vec![None; self.unit.vs.len()];
        let mut shared = vec![false; self.unit.vs.len()];
        for (i, block) in self.unit.blocks.iter().enumerate() {
            block.each_v(&mut |v| match home[v.index()] {
                None => home[v.index()] = Some(i as u32),
                Some(h) => shared[v.index()] |= h != i as u32,
            });
        }
        for v in self.unit.params.iter().chain(self.unit.from_frame.iter().map(|(_, v)| v)) {
            shared[v.index()] = true;
        }
        self.kept = self
            .unit
            .vs
            .iter()
            .zip(shared)
            .map(
                |(info, shared)| {
                    if shared { Kept::Variable(self.b.declare_var(ty(info.rep))) } else { Kept::Here(None) }
                },
            )
            .collect();
    }

    /// Reverse post-order, and which blocks are entered from behind.
    fn order(&self) -> (Vec<BlockId>, Vec<bool>) {
        let n = self.unit.blocks.len();
        let (mut post, mut state, mut heads) = (Vec::new(), vec![0u8; n], vec![false; n]);
        let mut stack = vec![(BlockId(0), self.unit.blocks[0].targets(), 0)];
        state[0] = 1;
        while let Some((block, targets, next)) = stack.last_mut() {
            if let Some(t) = targets.get(*next).copied() {
                *next += 1;
                match state[t.index()] {
                    0 => {
                        state[t.index()] = 1;
                        stack.push((t, self.unit.blocks[t.index()].targets(), 0));
                    }
                    1 => heads[t.index()] = true,
                    _ => {}
                }
            } else {
                state[block.index()] = 2;
                post.push(*block);
                stack.pop();
            }
        }
        post.reverse();
        (post, heads)
    }

    // Values.

    pub fn imm(&mut self, n: i64) -> Value {
        self.b.ins().iconst(I64, n)
    }
    pub fn set(&mut self, v: V, x: Value) {
        match &mut self.kept[v.index()] {
            Kept::Here(at) => *at = Some(x),
            Kept::Variable(var) => self.b.def_var(*var, x),
        }
    }
    /// An operand as its own representation holds it.
    pub fn get(&mut self, o: Operand) -> Value {
        match o {
            Operand::V(v) => match self.kept[v.index()] {
                Kept::Here(Some(x)) => x,
                Kept::Here(None) => self.zero(self.unit.vs[v.index()].rep),
                Kept::Variable(var) => self.b.use_var(var),
            },
            Operand::Word(w) => self.imm(w as i64),
            Operand::Long(n) => self.imm(n),
            Operand::Double(bits) => self.b.ins().f64const(f64::from_bits(bits)),
            Operand::Bool(b) => self.b.ins().iconst(I8, b as i64),
            Operand::Native(bits, Repr::F64) => self.b.ins().f64const(f64::from_bits(bits)),
            Operand::Native(bits, Repr::F32) => self.b.ins().f32const(f32::from_bits(bits as u32)),
            Operand::Native(bits, _) => self.imm(bits as i64),
            Operand::Const(c) => self.constant(c),
        }
    }
    fn zero(&mut self, rep: Rep) -> Value {
        match ty(rep) {
            F64 => self.b.ins().f64const(0.0),
            F32 => self.b.ins().f32const(0.0),
            t => self.b.ins().iconst(t, 0),
        }
    }
    pub fn rep(&self, o: Operand) -> Rep {
        self.unit.rep(o)
    }
    /// `code->consts[i]`.
    fn constant(&mut self, c: ConstId) -> Value {
        let at = self.imm(self.code.consts as i64);
        self.b.ins().load(I64, FLAGS.with_readonly().with_can_move(), at, 8 * c.0 as i32)
    }
    /// An operand as a word.
    pub fn word(&mut self, o: Operand) -> Value {
        match o {
            Operand::Long(n) => match Word::fixnum(n) {
                Some(w) => return self.imm(w.bits() as i64),
                None => {
                    let n = self.imm(n);
                    return self.call(Rt::BoxLong, &[n]);
                }
            },
            Operand::Bool(b) => return self.imm(Word::bool(b).bits() as i64),
            _ => {}
        }
        let x = self.get(o);
        match self.rep(o) {
            Rep::Value => x,
            Rep::Long => self.box_long(x),
            Rep::Double => self.box_double(x),
            Rep::Bool => self.box_bool(x),
            Rep::Native(_) => self.to_bits(x),
        }
    }
    /// Any value as 64 bits, as a slot of a frame has it.
    pub fn to_bits(&mut self, x: Value) -> Value {
        match self.b.func.dfg.value_type(x) {
            F64 => self.b.ins().bitcast(I64, MemFlagsData::new(), x),
            F32 => {
                let bits = self.b.ins().bitcast(I32, MemFlagsData::new(), x);
                self.b.ins().uextend(I64, bits)
            }
            I8 => self.b.ins().uextend(I64, x),
            _ => x,
        }
    }
    pub fn from_bits(&mut self, bits: Value, rep: Rep) -> Value {
        match ty(rep) {
            F64 => self.b.ins().bitcast(F64, MemFlagsData::new(), bits),
            F32 => {
                let low = self.b.ins().ireduce(I32, bits);
                self.b.ins().bitcast(F32, MemFlagsData::new(), low)
            }
            I8 => self.b.ins().ireduce(I8, bits),
            _ => bits,
        }
    }
    pub fn box_bool(&mut self, x: Value) -> Value {
        // false is 0x0a, true 0x12.
        let wide = self.b.ins().uextend(I64, x);
        let eight = self.b.ins().ishl_imm_s(wide, 3);
        self.b.ins().iadd_imm_s(eight, Word::FALSE.bits() as i64)
    }
    pub fn box_long(&mut self, n: Value) -> Value {
        let w = self.b.ins().ishl_imm_s(n, 3);
        let back = self.b.ins().sshr_imm_s(w, 3);
        let lost = self.b.ins().icmp(IntCC::NotEqual, back, n);
        self.either(lost, I64, |_| w, |e| e.slow(Rt::BoxLong, &[n]))
    }
    pub fn box_double(&mut self, d: Value) -> Value {
        let bits = self.b.ins().bitcast(I64, MemFlagsData::new(), d);
        let moved = self.b.ins().iadd_imm_s(bits, 1 << 60);
        let w = self.b.ins().rotl_imm_s(moved, 4);
        let no = self.is_no_double(w);
        self.either(no, I64, |_| w, |e| e.slow(Rt::BoxDouble, &[d]))
    }
    /// True where the word is not a rotated double.
    pub fn is_no_double(&mut self, w: Value) -> Value {
        let low = self.b.ins().band_imm_s(w, 6);
        self.b.ins().icmp_imm_s(IntCC::NotEqual, low, 4)
    }
    pub fn rotated_double(&mut self, w: Value) -> Value {
        let moved = self.b.ins().rotr_imm_s(w, 4);
        let bits = self.b.ins().iadd_imm_s(moved, -(1 << 60));
        self.b.ins().bitcast(F64, MemFlagsData::new(), bits)
    }
    /// A word that is a long.
    pub fn unbox_long(&mut self, w: Value) -> Value {
        let tag = self.b.ins().band_imm_s(w, 7);
        self.either(tag, I64, |e| e.b.ins().sshr_imm_s(w, 3), |e| e.slow(Rt::UnboxLong, &[w]))
    }
    /// A word that is a double.
    pub fn unbox_double(&mut self, w: Value) -> Value {
        let no = self.is_no_double(w);
        self.either(no, F64, |e| e.rotated_double(w), |e| e.slow(Rt::UnboxDouble, &[w]))
    }
    /// A word as a representation that its type says it has.
    pub fn unbox(&mut self, w: Value, rep: Rep) -> Value {
        match rep {
            Rep::Value => w,
            Rep::Long => self.unbox_long(w),
            Rep::Double => self.unbox_double(w),
            Rep::Bool => self.b.ins().icmp_imm_s(IntCC::Equal, w, Word::TRUE.bits() as i64),
            Rep::Native(_) => self.from_bits(w, rep),
        }
    }
    pub fn is_truthy(&mut self, w: Value) -> Value {
        let masked = self.b.ins().band_imm_s(w, !8);
        self.b.ins().icmp_imm_s(IntCC::NotEqual, masked, Word::NIL.bits() as i64)
    }

    // Control.

    /// Goes on in `yes` or `no`, both new and sealed; returns with `yes` current.
    pub fn fork(&mut self, test: Value) -> (Block, Block) {
        let (yes, no) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(test, yes, [], no, []);
        self.b.seal_block(yes);
        self.b.seal_block(no);
        (yes, no)
    }
    /// Where `rare`, the value of `slow`, laid out apart; else that of `fast`.
    pub fn either(
        &mut self,
        rare: Value,
        ty: Type,
        fast: impl FnOnce(&mut Self) -> Value,
        slow: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let (cold, hot) = self.fork(rare);
        self.b.set_cold_block(cold);
        let join = self.b.create_block();
        let result = self.b.append_block_param(join, ty);
        self.b.switch_to_block(hot);
        let x = fast(self);
        self.b.ins().jump(join, &[BlockArg::Value(x)]);
        self.b.switch_to_block(cold);
        let y = slow(self);
        self.b.ins().jump(join, &[BlockArg::Value(y)]);
        self.b.seal_block(join);
        self.b.switch_to_block(join);
        result
    }
    /// Where `rare`, does `slow` apart and comes back.
    pub fn rarely(&mut self, rare: Value, slow: impl FnOnce(&mut Self)) {
        let (cold, hot) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(rare, cold, [], hot, []);
        self.b.seal_block(cold);
        self.b.set_cold_block(cold);
        self.b.switch_to_block(cold);
        slow(self);
        self.b.ins().jump(hot, []);
        self.b.seal_block(hot);
        self.b.switch_to_block(hot);
    }
    /// Goes to a block of the unit where `test`, else on.
    pub fn go_if(&mut self, test: Value, to: BlockId) {
        let next = self.b.create_block();
        let to = self.blocks[to.index()];
        self.b.ins().brif(test, to, [], next, []);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }
    /// Goes to the handler where the word is the sentinel.
    pub fn check(&mut self, word: Value, err: BlockId) {
        let thrown = self.b.ins().icmp_imm_s(IntCC::Equal, word, THROWN);
        self.go_if(thrown, err);
    }

    // Calls.

    pub fn sig(&mut self, params: Vec<Type>, returns: Vec<Type>) -> SigRef {
        self.sig_of(CallConv::SystemV, params, returns)
    }
    fn sig_of(&mut self, convention: CallConv, params: Vec<Type>, returns: Vec<Type>) -> SigRef {
        let key = (convention, params, returns);
        if let Some(s) = self.sigs.get(&key) {
            return *s;
        }
        let (_, params, returns) = &key;
        let mut s = Signature::new(convention);
        s.params.extend(params.iter().map(|t| AbiParam::new(*t)));
        s.returns.extend(returns.iter().map(|t| AbiParam::new(*t)));
        let r = self.b.import_signature(s);
        self.sigs.insert(key, r);
        r
    }
    fn call_raw(&mut self, f: Rt, args: &[Value]) -> Option<Value> {
        let of = |k: &Kind| match k {
            Kind::Double => Some(F64),
            Kind::Word => Some(I64),
            Kind::Void => None,
        };
        let row = f.row();
        let sig = self.sig(row.params.iter().filter_map(of).collect(), of(&row.result).into_iter().collect());
        let address = self.imm(f.address() as i64);
        let call = self.b.ins().call_indirect(sig, address, args);
        self.b.inst_results(call).first().copied()
    }
    /// Calls off the straight path: all registers keep what they hold, so that values of the straight path need not be
    /// spilled (tier-facts.md). The result comes through the thread.
    pub fn slow(&mut self, f: Rt, args: &[Value]) -> Value {
        let row = f.row();
        let words = row.params.iter().filter(|k| **k == Kind::Word).count();
        let doubles = row.params.len() - words;
        if !super::preserve::AVAILABLE || words > super::preserve::WORDS || doubles > 1 {
            return self.call(f, args);
        }
        let target = self.imm(f.address() as i64);
        let (mut passed, mut float) = (vec![self.thread, target], None);
        for (x, kind) in args.iter().zip(row.params) {
            match kind {
                Kind::Double => float = Some(*x),
                _ => passed.push(*x),
            }
        }
        let mut types = vec![I64; passed.len()];
        if let Some(d) = float {
            passed.push(d);
            types.push(F64);
        }
        let sig = self.sig_of(CallConv::PreserveAll, types, Vec::new());
        let stub = self.imm(super::preserve::stub(row.result == Kind::Double) as i64);
        self.b.ins().call_indirect(sig, stub, &passed);
        match row.result {
            Kind::Double => self.b.ins().load(F64, FLAGS, self.thread, offset::RESULT),
            Kind::Word => self.b.ins().load(I64, FLAGS, self.thread, offset::RESULT),
            Kind::Void => self.imm(0),
        }
    }
    /// As `slow`, and goes to the handler where it threw.
    pub fn try_slow(&mut self, f: Rt, args: &[Value], err: BlockId) -> Value {
        let r = self.slow(f, args);
        self.check(r, err);
        r
    }

    /// Calls a function of the runtime that has a result.
    pub fn call(&mut self, f: Rt, args: &[Value]) -> Value {
        match self.call_raw(f, args) {
            Some(x) => x,
            None => self.imm(0),
        }
    }
    pub fn run_rt(&mut self, f: Rt, args: &[Value]) {
        self.call_raw(f, args);
    }
    /// Calls, and goes to the handler where it threw.
    pub fn try_call(&mut self, f: Rt, args: &[Value], err: BlockId) -> Value {
        let r = self.call(f, args);
        self.check(r, err);
        r
    }
    pub fn code_address(&mut self) -> Value {
        self.imm(std::ptr::from_ref(self.code) as i64)
    }
    /// Values on the native stack, where the collector looks: their address.
    pub fn on_stack(&mut self, values: &[Value]) -> Value {
        if values.is_empty() {
            return self.imm(8);
        }
        let slot =
            self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 8 * values.len() as u32, 3));
        for (i, x) in values.iter().enumerate() {
            self.b.ins().stack_store(I64, *x, slot, 8 * i as i32);
        }
        self.b.ins().stack_addr(I64, slot, 0)
    }

    // Frames.

    /// Units with native storage put a frame on the value stack; a loop has its function's.
    fn make_frame(&mut self) {
        if self.unit.frame == 0 || self.frame.is_some() {
            return;
        }
        let base = self.b.ins().load(I64, FLAGS, self.thread, offset::VTOP);
        let top = self.b.ins().iadd_imm_s(base, 8 * self.unit.frame as i64);
        let end = self.b.ins().load(I64, FLAGS, self.thread, offset::VEND);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, top, end);
        let (full, fits) = self.fork(over);
        self.b.set_cold_block(full);
        self.b.switch_to_block(full);
        self.run_rt(Rt::StackOverflow, &[]);
        self.return_thrown();
        self.b.switch_to_block(fits);
        self.b.ins().store(FLAGS, self.this, base, 0);
        self.b.ins().store(FLAGS, top, self.thread, offset::VTOP);
        self.frame = Some(base);
    }
    fn drop_frame(&mut self) {
        if let (Some(base), Unit::Arity { .. }) = (self.frame, &self.unit.unit) {
            self.b.ins().store(FLAGS, base, self.thread, offset::VTOP);
        }
    }
    fn return_thrown(&mut self) {
        let special = match &self.unit.unit {
            Unit::Arity { signature, .. } if signature.result != Rep::Value => Some(signature.result),
            _ => None,
        };
        match special {
            Some(rep) => {
                let (nothing, failed) = (self.zero(rep), self.imm(1));
                self.b.ins().return_(&[nothing, failed]);
            }
            None => {
                let thrown = self.imm(THROWN);
                self.b.ins().return_(&[thrown]);
            }
        }
    }

    fn end(&mut self, end: &Terminator) {
        match end {
            Terminator::Jump(to) => {
                let to = self.blocks[to.index()];
                self.b.ins().jump(to, []);
            }
            Terminator::Branch { test, then, otherwise } => {
                let test = self.get(*test);
                let (then, otherwise) = (self.blocks[then.index()], self.blocks[otherwise.index()]);
                self.b.ins().brif(test, then, [], otherwise, []);
            }
            Terminator::Return(o) => {
                let x = self.get(*o);
                self.drop_frame();
                match &self.unit.unit {
                    Unit::Arity { signature, .. } if signature.result != Rep::Value => {
                        let ok = self.imm(0);
                        self.b.ins().return_(&[x, ok]);
                    }
                    _ => {
                        let x = self.to_bits(x);
                        self.b.ins().return_(&[x]);
                    }
                }
            }
            Terminator::ReturnThrown => {
                if matches!(self.unit.unit, Unit::Arity { .. }) {
                    let (code, at) = (self.code_address(), self.b.use_var(self.stands));
                    self.run_rt(Rt::Passed, &[self.thread, code, at]);
                }
                self.drop_frame();
                self.return_thrown();
            }
        }
    }

    fn inst(&mut self, inst: &Inst) -> Result<(), Stay> {
        match inst {
            Inst::Copy { dst, src } => {
                let x = self.get(*src);
                self.set(*dst, x);
            }
            Inst::Box { dst, src } => {
                let x = self.word(*src);
                self.set(*dst, x);
            }
            Inst::Unbox { dst, src } => {
                let w = self.get(*src);
                let x = self.unbox(w, self.unit.vs[dst.index()].rep);
                self.set(*dst, x);
            }
            Inst::Guard { dst, src, fail } => {
                let w = self.get(*src);
                let x = match self.unit.vs[dst.index()].rep {
                    Rep::Double => {
                        let no = self.is_no_double(w);
                        self.go_if(no, *fail);
                        self.rotated_double(w)
                    }
                    _ => {
                        let tag = self.b.ins().band_imm_s(w, 7);
                        self.go_if(tag, *fail);
                        self.b.ins().sshr_imm_s(w, 3)
                    }
                };
                self.set(*dst, x);
            }
            Inst::Operate { dst, op, args, seen, err } => self.operate(*dst, *op, args, *seen, *err),
            Inst::Truthy { dst, src } => {
                let w = self.get(*src);
                let x = self.is_truthy(w);
                self.set(*dst, x);
            }
            Inst::NonZero { dst, src } => {
                let x = self.get(*src);
                let x = match self.b.func.dfg.value_type(x) {
                    F64 | F32 => {
                        let zero = self.zero(self.rep(*src));
                        self.b.ins().fcmp(cranelift_codegen::ir::condcodes::FloatCC::NotEqual, x, zero)
                    }
                    _ => self.b.ins().icmp_imm_s(IntCC::NotEqual, x, 0),
                };
                self.set(*dst, x);
            }
            Inst::Same { dst, a, b } => {
                let (a, b) = (self.get(*a), self.get(*b));
                let x = self.b.ins().icmp(IntCC::Equal, a, b);
                self.set(*dst, x);
            }
            Inst::VarGet { dst, var, dynamic, err } => self.var_get(*dst, *var, *dynamic, *err),
            Inst::VarSet { dst, var, value, err } => {
                let (var, value) = (self.constant(*var), self.word(*value));
                let x = self.try_call(Rt::VarSet, &[var, value], *err);
                self.set(*dst, x);
            }
            Inst::Def { dst, var, init, meta, err } => {
                let var = self.constant(*var);
                let mut word = |o: &Option<Operand>| match o {
                    Some(o) => self.word(*o),
                    None => self.imm(Word::ABSENT.bits() as i64),
                };
                let (init, meta) = (word(init), word(meta));
                let x = self.try_call(Rt::Def, &[var, init, meta], *err);
                self.set(*dst, x);
            }
            Inst::Capture { dst, index } => {
                let bits = self.b.ins().load(I64, FLAGS, self.this, offset::CAPTURES + 8 * index.0 as i32);
                let x = self.from_bits(bits, self.unit.vs[dst.index()].rep);
                self.set(*dst, x);
            }
            Inst::SelfRef { dst } => self.set(*dst, self.this),
            Inst::Call { dst, callee, args, err } => self.call_value(*dst, *callee, args, *err),
            Inst::CallSpecial { dst, callee, signature, args, err } => {
                self.call_special(*dst, *callee, signature, args, *err)
            }
            Inst::CallSelf { dst, arity, args, err } => self.call_self(*dst, *arity, args, *err),
            Inst::Build { dst, what, items, err } => {
                use crate::lower::Build;
                let items: Vec<Value> = items.iter().map(|o| self.word(*o)).collect();
                let (n, at) = (self.imm(items.len() as i64), self.on_stack(&items));
                let f = match what {
                    Build::Vector => Rt::Vector,
                    Build::Map => Rt::Map,
                    Build::Set => Rt::Set,
                    Build::ConstantSet => Rt::ConstantSet,
                    Build::List => Rt::List,
                };
                let x = self.try_call(f, &[n, at], *err);
                self.set(*dst, x);
            }
            Inst::WithMeta { dst, value, meta, err } => {
                let (value, meta) = (self.word(*value), self.word(*meta));
                let x = self.try_call(Rt::WithMeta, &[value, meta], *err);
                self.set(*dst, x);
            }
            Inst::Closure { dst, function, captures, .. } => {
                let codes = self.code.body.as_ref().and_then(|b| b.unit.codes.get());
                let Some(code) = codes.and_then(|c| c.get(function.index()).copied()) else {
                    return Err(Stay::new("a closure whose record is not made yet"));
                };
                let captures: Vec<Value> = captures.iter().map(|o| self.word(*o)).collect();
                let code = self.imm(std::ptr::from_ref(code) as i64);
                let (n, at) = (self.imm(captures.len() as i64), self.on_stack(&captures));
                let x = self.call(Rt::Closure, &[code, n, at]);
                self.set(*dst, x);
            }
            Inst::SetCapture { closure, index, value } => {
                let (closure, value) = (self.get(Operand::V(*closure)), self.word(*value));
                self.b.ins().store(FLAGS, value, closure, offset::CAPTURES + 8 * *index as i32);
            }
            Inst::CaseTest { dst, subject, key } => self.case_test(*dst, *subject, *key),
            Inst::Throw { value } => {
                if matches!(self.rep(*value), Rep::Native(_)) {
                    return Err(Stay::new("throws a C++ value"));
                }
                let v = self.word(*value);
                self.run_rt(Rt::Throw, &[v]);
            }
            Inst::CatchClass { dst, class } => {
                let class = self.imm(*class as i64);
                let yes = self.call(Rt::CatchClass, &[self.thread, class]);
                let x = self.b.ins().icmp_imm_s(IntCC::NotEqual, yes, 0);
                self.set(*dst, x);
            }
            Inst::TakeError { dst } => {
                let error = self.b.ins().load(I64, FLAGS, self.thread, offset::PENDING);
                let none = self.imm(Word::ABSENT.bits() as i64);
                self.b.ins().store(FLAGS, none, self.thread, offset::PENDING);
                self.set(*dst, error);
            }
            Inst::PutError { src } => {
                let error = self.get(*src);
                self.b.ins().store(FLAGS, error, self.thread, offset::PENDING);
            }
            Inst::KeepAlive { src } => {
                let w = self.get(*src);
                // Read by an instruction that is not removed.
                self.b.ins().store(FLAGS, w, self.thread, offset::RESULT);
            }
            Inst::Entry { err } => self.entry(*err),
            Inst::LoopHead { id, live, dst, exit, err } => self.loop_head(*id, live, *dst, *exit, *err),
            Inst::Storage { .. }
            | Inst::CString { .. }
            | Inst::Load { .. }
            | Inst::Store { .. }
            | Inst::NotNull { .. }
            | Inst::Convert { .. }
            | Inst::Compute { .. }
            | Inst::Negate { .. }
            | Inst::Cpp { .. }
            | Inst::Destroy { .. }
            | Inst::ToValue { .. }
            | Inst::FromValue { .. }
            | Inst::Callback { .. }
            | Inst::BoxPointer { .. }
            | Inst::UnboxPointer { .. }
            | Inst::CatchCpp { .. }
            | Inst::Raw { .. } => self.native(inst)?,
        }
        Ok(())
    }

    fn var_get(&mut self, dst: V, var: ConstId, dynamic: bool, err: BlockId) {
        let v = self.constant(var);
        let x = if dynamic {
            self.try_call(Rt::VarGet, &[v], err)
        } else {
            let at = self.b.ins().iadd_imm_s(v, offset::VAR_ROOT as i64);
            self.b.ins().atomic_load(I64, FLAGS, at)
        };
        self.from_var.insert(dst, var);
        self.set(dst, x);
    }

    /// `=` with a constant: the same word, or, for what is not identified by its word, the language's `=`.
    fn case_test(&mut self, dst: V, subject: Operand, key: ConstId) {
        use engine::analyze::ConstKey;
        let s = self.get(subject);
        let (k, by_word) = match &self.tree.consts[key.index()] {
            ConstKey::Nil => (self.imm(Word::NIL.bits() as i64), true),
            ConstKey::Bool(b) => (self.imm(Word::bool(*b).bits() as i64), true),
            ConstKey::Char(c) => (self.imm(Word::char(*c).bits() as i64), true),
            ConstKey::Keyword(_) => (self.constant(key), true),
            ConstKey::Long(n) => match Word::fixnum(*n) {
                Some(w) => (self.imm(w.bits() as i64), false),
                None => (self.constant(key), false),
            },
            _ => (self.constant(key), false),
        };
        let same = self.b.ins().icmp(IntCC::Equal, s, k);
        if by_word {
            return self.set(dst, same);
        }
        // Small integers are equal only to themselves; what is no pointer is equal to no pointer but a number.
        let tag = self.b.ins().band_imm_s(s, 7);
        let pointer = self.b.ins().icmp_imm_s(IntCC::Equal, tag, 1);
        let different = self.b.ins().bxor_imm_s(same, 1);
        let ask = self.b.ins().band(pointer, different);
        let x = self.either(
            ask,
            I8,
            |_| same,
            |e| {
                let r = e.slow(Rt::Equal, &[s, k]);
                e.b.ins().icmp_imm_s(IntCC::Equal, r, Word::TRUE.bits() as i64)
            },
        );
        self.set(dst, x);
    }
}
