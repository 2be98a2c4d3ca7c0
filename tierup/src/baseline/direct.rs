//! Sites that need no trampoline: functions whose arguments travel in registers, virtual functions, fields at an offset,
//! variables. A callee that may throw is called through the host's guard, which leaves the registers as they are.
//!
//! ```text
//!  noexcept:   args in their registers → callee
//!  may throw:  args in their registers, callee in the sixth integer register → guard → callee
//! ```
//! In both ways the language's output goes before C++'s, and an error that a callback left is looked for afterwards.

use super::emit::{Emit, FLAGS, offset};
use super::native::memory;
use crate::lower::{BlockId, Operand, Rep, Stay, V};
use crate::runtime::Rt;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F64, I8, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};
use engine::analyze::{NativeId, SiteId};
use engine::host::{self, DirectCalls};
use engine::value::Value as Word;
use questions::{Abi, CallAnswer, Category, Direct, Repr};
use std::sync::atomic::Ordering;

/// Integer registers of a guarded call, and float registers of any.
const GUARDED_INTEGERS: usize = 5;
const FLOATS: usize = 8;

/// How an argument gets into registers.
#[derive(Clone, Copy)]
enum Way {
    /// The value itself.
    Held,
    /// A scalar that lies at the address.
    Loaded(Repr),
    /// The address.
    Address,
    /// The address of a scalar that has none yet.
    Spilled,
    /// The parts of a small object.
    Parts([Option<Type>; 2]),
}

/// Memory of C++: it may overlap with anything.
fn plain() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

/// The registers of an object of so many bytes; none where a part is of an odd size.
fn parts(abi: Abi, size: u32) -> Option<[Option<Type>; 2]> {
    let part = |float: bool, bytes: u32| match (float, bytes) {
        (true, 8) => Some(F64),
        (true, 4) => Some(F32),
        (false, 1 | 2 | 4 | 8) => Type::int(8 * bytes as u16),
        _ => None,
    };
    let one = |float| (size <= 8).then(|| part(float, size)).flatten().map(|t| [Some(t), None]);
    let two = |a, b| (8 < size && size <= 16).then(|| Some([part(a, 8), part(b, size - 8)])).flatten();
    let found = match abi {
        Abi::StructInt => one(false)?,
        Abi::StructSse => one(true)?,
        Abi::IntInt => two(false, false)?,
        Abi::IntSse => two(false, true)?,
        Abi::SseInt => two(true, false)?,
        Abi::SseSse => two(true, true)?,
        _ => return None,
    };
    (found[0].is_some() && (size <= 8 || found[1].is_some())).then_some(found)
}

/// A small object's result registers: whole eightbytes.
fn result_parts(abi: Abi) -> Option<Vec<Type>> {
    Some(match abi {
        Abi::StructInt => vec![I64],
        Abi::StructSse => vec![F64],
        Abi::IntInt => vec![I64, I64],
        Abi::IntSse => vec![I64, F64],
        Abi::SseInt => vec![F64, I64],
        Abi::SseSse => vec![F64, F64],
        _ => return None,
    })
}

fn way(abi: Abi, rep: Rep, answer: &CallAnswer, i: usize) -> Option<Way> {
    let at_address = matches!(rep, Rep::Native(Repr::Reference | Repr::Memory));
    let ty = &answer.args[i];
    Some(match (abi, at_address) {
        (Abi::Int | Abi::F32 | Abi::F64, true) if ty.repr != Repr::Memory => Way::Loaded(ty.repr),
        (Abi::Int | Abi::F32 | Abi::F64, false) => Way::Held,
        (Abi::This | Abi::Indirect, true) => Way::Address,
        (Abi::Indirect, false) => Way::Spilled,
        (_, true) => Way::Parts(parts(abi, ty.size)?),
        _ => return None,
    })
}

impl Emit<'_, '_> {
    /// The site without a trampoline; false where it needs one.
    ///
    /// # Errors
    /// What this tier does not take.
    pub fn direct(
        &mut self,
        dst: Option<V>,
        site: SiteId,
        args: &[Operand],
        into: Option<NativeId>,
        err: BlockId,
    ) -> Result<bool, Stay> {
        let tree = self.tree.clone();
        let answer = tree.site(site);
        match &answer.direct {
            None => Ok(false),
            Some(Direct::Field { offset }) => Ok(self.field(dst, answer, args, *offset)),
            Some(Direct::Variable {}) => Ok(self.variable_address(dst, site)),
            Some(Direct::Function { abi }) => {
                let host = host::assembled().map(|p| &p.cpp);
                let Some(calls) = host.and_then(|h| h.direct_calls()) else { return Ok(false) };
                let Some(target) = host.and_then(|h| h.address_of(&answer.symbol)) else { return Ok(false) };
                self.function(dst, answer, abi, args, into, err, &calls, Some(target))
            }
            Some(Direct::Virtual { abi, slot }) => {
                let Some(calls) = host::assembled().and_then(|p| p.cpp.direct_calls()) else { return Ok(false) };
                let _ = slot;
                self.function(dst, answer, abi, args, into, err, &calls, None)
            }
        }
    }

    fn field(&mut self, dst: Option<V>, answer: &CallAnswer, args: &[Operand], bytes: u64) -> bool {
        let ([object], Some(d)) = (args, dst) else { return false };
        let at = self.address_in(*object, answer.args[0].repr == Repr::Pointer);
        let at = self.b.ins().iadd_imm_s(at, bytes as i64);
        self.not_null.insert(d);
        self.set(d, at);
        true
    }
    /// The address of an object: an operand's own, or the pointer that it is or refers to.
    fn address_in(&mut self, o: Operand, pointer: bool) -> Value {
        let x = self.get(o);
        if pointer && self.rep(o) == Rep::Native(Repr::Reference) { self.load_scalar(Repr::Pointer, x) } else { x }
    }

    /// The address is found once, by the trampoline, which does nothing else; not before the trampoline was needed.
    fn variable_address(&mut self, dst: Option<V>, site: SiteId) -> bool {
        let Some(d) = dst else { return false };
        if self.code.sites.is_null() {
            return false;
        }
        // SAFETY: `sites` is indexed by the tree's sites (contract *Code*) and lives for ever.
        let stub = unsafe { &*self.code.sites.add(site.index()) }.load(Ordering::Acquire);
        if stub.is_null() {
            return false;
        }
        type Stub = unsafe extern "C" fn(*mut u8, *const *mut u8, *mut u64);
        let mut address = 0u64;
        // SAFETY: a bound trampoline of a variable without arguments stores the variable's address and does nothing else.
        unsafe {
            std::mem::transmute::<*mut std::ffi::c_void, Stub>(stub)(
                std::ptr::null_mut(),
                std::ptr::null(),
                &mut address,
            )
        };
        let x = self.imm(address as i64);
        self.not_null.insert(d);
        self.set(d, x);
        true
    }

    #[expect(clippy::too_many_arguments, reason = "a site and what the host says about it")]
    fn function(
        &mut self,
        dst: Option<V>,
        answer: &CallAnswer,
        abi: &[Abi],
        args: &[Operand],
        into: Option<NativeId>,
        err: BlockId,
        calls: &DirectCalls,
        target: Option<u64>,
    ) -> Result<bool, Stay> {
        if abi.len() != args.len() + 1 || answer.args.len() != args.len() {
            return Ok(false);
        }
        let ways: Option<Vec<Way>> = (0..args.len()).map(|i| way(abi[i + 1], self.rep(args[i]), answer, i)).collect();
        let Some(ways) = ways else { return Ok(false) };
        let object = answer.result_category == Category::Prvalue && answer.result.repr == Repr::Memory;
        if object && into.is_none() {
            return Err(Stay::new("a C++ object without a place to build it in"));
        }
        let small = if object { result_parts(abi[0]) } else { None };
        let scalar = match abi[0] {
            Abi::Void => None,
            Abi::Indirect if object => None,
            Abi::Int if !object => Some(I64),
            Abi::F32 => Some(F32),
            Abi::F64 => Some(F64),
            _ if small.is_some() => None,
            _ => return Ok(false),
        };
        let returns = small.clone().unwrap_or_else(|| scalar.into_iter().collect());
        let (mut integers, mut floats) = (usize::from(abi[0] == Abi::Indirect), 0);
        for w in &ways {
            match w {
                Way::Parts(p) => {
                    p.iter().flatten().for_each(|t| *(if t.is_int() { &mut integers } else { &mut floats }) += 1)
                }
                Way::Held | Way::Loaded(_) => {}
                Way::Address | Way::Spilled => integers += 1,
            }
        }
        for (w, a) in ways.iter().zip(&abi[1..]) {
            if matches!(w, Way::Held | Way::Loaded(_)) {
                *(if *a == Abi::Int { &mut integers } else { &mut floats }) += 1;
            }
        }
        let guarded = !answer.noexcept;
        let few = floats <= FLOATS && (!guarded || integers <= GUARDED_INTEGERS);
        if !few || target.is_none() && !matches!(answer.direct, Some(Direct::Virtual { .. })) {
            return Ok(false);
        }

        self.flush_before();
        let place = if object { Some(self.storage(into)?) } else { None };
        let mut passed = Vec::new();
        if abi[0] == Abi::Indirect {
            passed.extend(place);
        }
        for (o, w) in args.iter().zip(&ways) {
            let x = self.get(*o);
            match w {
                Way::Held | Way::Address => passed.push(x),
                Way::Loaded(r) => {
                    let x = self.load_scalar(*r, x);
                    passed.push(x);
                }
                Way::Spilled => {
                    let bits = self.to_bits(x);
                    let at = self.on_stack(&[bits]);
                    passed.push(at);
                }
                Way::Parts(p) => {
                    for (i, t) in p.iter().enumerate() {
                        let Some(t) = t else { continue };
                        let part = self.b.ins().load(*t, plain(), x, 8 * i as i32);
                        let part = if t.is_int() && *t != I64 { self.b.ins().uextend(I64, part) } else { part };
                        passed.push(part);
                    }
                }
            }
        }
        let callee = match (&answer.direct, target) {
            (Some(Direct::Virtual { slot, .. }), _) => {
                let this = passed[usize::from(abi[0] == Abi::Indirect)];
                let table = self.b.ins().load(I64, plain(), this, 0);
                self.b.ins().load(I64, plain(), table, 8 * *slot as i32)
            }
            (_, t) => self.imm(t.unwrap_or_default() as i64),
        };
        let results = if guarded {
            let guard = match &returns[..] {
                [] | [I64] | [I64, I64] => calls.integers,
                [_] => calls.float,
                [a, b] if a.is_float() && b.is_float() => calls.floats,
                _ => calls.mixed,
            };
            let (mut ints, mut rest): (Vec<Value>, Vec<Value>) =
                passed.iter().partition(|x| self.b.func.dfg.value_type(**x).is_int());
            while ints.len() < GUARDED_INTEGERS {
                let zero = self.imm(0);
                ints.push(zero);
            }
            ints.push(callee);
            ints.append(&mut rest);
            let guard = self.imm(guard as i64);
            self.call_at(guard, &ints, returns)
        } else {
            self.call_at(callee, &passed, returns)
        };
        self.errors_after(calls, err);
        if let Some(at) = place {
            for (i, part) in results.iter().enumerate().take(if small.is_some() { 2 } else { 0 }) {
                self.b.ins().store(plain(), *part, at, 8 * i as i32);
            }
            if let Some(d) = dst {
                self.not_null.insert(d);
                self.set(d, at);
            }
        } else if let (Some(d), Some(x)) = (dst, results.first().copied()) {
            let x = match self.unit.vs[d.index()].rep {
                Rep::Native(r) if memory(r).0.is_int() => self.extend(r, x),
                _ => x,
            };
            self.set(d, x);
        }
        Ok(true)
    }

    fn call_at(&mut self, target: Value, args: &[Value], returns: Vec<Type>) -> Vec<Value> {
        let types = args.iter().map(|x| self.b.func.dfg.value_type(*x)).collect();
        let sig = self.sig(types, returns);
        let call = self.b.ins().call_indirect(sig, target, args);
        self.b.inst_results(call).to_vec()
    }

    /// What the language has printed goes before what C++ prints.
    pub fn flush_before(&mut self) {
        let at = self.imm(std::ptr::from_ref(engine::print::waiting()) as i64);
        let waiting = self.b.ins().load(I8, FLAGS, at, 0);
        self.rarely(waiting, |e| {
            e.slow(Rt::FlushOut, &[]);
        });
    }
    /// Goes to the handler where C++ has left an error, or a callback of it.
    pub fn errors_after(&mut self, calls: &DirectCalls, err: BlockId) {
        let cold = self.b.create_block();
        let (first, second) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(cold);
        let pending = self.b.ins().load(I64, FLAGS, self.thread, offset::PENDING);
        let failed = self.b.ins().icmp_imm_s(IntCC::NotEqual, pending, Word::ABSENT.bits() as i64);
        self.b.ins().brif(failed, cold, [], first, []);
        self.b.seal_block(first);
        self.b.switch_to_block(first);
        let at = self.imm(std::ptr::from_ref(calls.left) as i64);
        let left = self.b.ins().load(I64, FLAGS, at, 0);
        self.b.ins().brif(left, cold, [], second, []);
        self.b.seal_block(cold);
        self.b.switch_to_block(cold);
        self.try_slow(Rt::RaiseLeft, &[], err);
        self.b.ins().jump(second, []);
        self.b.seal_block(second);
        self.b.switch_to_block(second);
    }
}
