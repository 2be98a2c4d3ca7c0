//! Tier 1: Cranelift, and the only folder that names it. Small functions compile in 0.1–0.4 ms in the thread that asks.
//!
//! `emit`, `arith`, `calls`, `native`, `direct` turn the lowered form into IR; `isa` has the settings, `arena` the memory, `preserve`
//! the stub that slow paths go through. A job's
//! functions call each other directly:
//!
//! ```text
//!  2 × arity      the ordinary body: words. Where there is a special one: guards, unboxes, calls it, boxes; else generic
//!  2 × arity + 1  the special body: unboxed parameters and {result, status}
//! ```

mod arena;
mod arith;
mod calls;
mod direct;
mod emit;
mod isa;
mod native;
mod preserve;
#[cfg(test)]
mod tests;

use crate::compiler::{Compiled, Compiler, Job, Want};
use crate::lower::{self, Lowered, Rep, Signature, Stay, Unit};
use crate::metrics;
use crate::tuning::{self, Knob};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{
    self, ExtFuncData, ExternalName, FuncRef, Function, InstBuilder, UserExternalName, UserFuncName,
};
use cranelift_codegen::{Context, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use emit::Emit;
use isa::Effort;
use std::sync::OnceLock;
use std::time::Instant;

/// The compiler of tier 1.
#[derive(Default)]
pub struct Baseline {
    arena: OnceLock<Result<arena::Arena, String>>,
}

/// A function of a job, and its number.
struct Part {
    number: u32,
    unit: Lowered,
    /// The ordinary body of an arity that has a special one.
    special: Option<Signature>,
}

/// Machine code of one function, not placed yet.
struct Piece {
    number: u32,
    bytes: Vec<u8>,
    /// Where in it a direct call goes to which function.
    calls: Vec<(u32, i64, u32, Reloc)>,
}

const NAMESPACE: u32 = 0;

fn internal(e: impl std::fmt::Display) -> Stay {
    Stay::new(format!("tier 1: {e}"))
}

impl Compiler for Baseline {
    fn tier(&self) -> u8 {
        1
    }

    fn compile(&self, job: &Job) -> Result<Compiled, Stay> {
        let start = Instant::now();
        let parts = parts(job)?;
        let lowered = start.elapsed();
        let mut pieces = Vec::new();
        for part in &parts {
            let (function, effort) = build(job, part)?;
            pieces.push(generate(part.number, function, effort)?);
        }
        let generated = start.elapsed();
        let (addresses, bytes) = self.place(&pieces)?;
        let done = start.elapsed();
        metrics::BASELINE_COMPILES.add(1);
        metrics::BASELINE_BYTES.add(bytes as u64);
        metrics::BASELINE_US.add(done.as_micros() as u64);
        let us = |d: std::time::Duration| d.as_secs_f64() * 1e6;
        let phases = vec![
            ("lower_us".to_owned(), us(lowered)),
            ("generate_us".to_owned(), us(generated - lowered)),
            ("install_us".to_owned(), us(done - generated)),
        ];
        let address = |number: u32| addresses.iter().find(|a| a.0 == number).map_or(0, |a| a.1);
        Ok(match job.want {
            Want::Function => {
                let n = job.tree.function(job.function).arities.len() as u32;
                // One is what a `Code` has room for: the first arity's that has one.
                let special = parts.iter().find_map(|p| Some((p.special.as_ref()?.bits()?, address(p.number + 1))));
                Compiled { bodies: (0..n).map(|i| address(2 * i)).collect(), entry: 0, special, bytes, phases }
            }
            Want::Loop { .. } => Compiled { bodies: Vec::new(), entry: address(LOOP), special: None, bytes, phases },
        })
    }

    fn dump(&self, job: &Job) -> Result<String, Stay> {
        let mut out = String::new();
        for part in parts(job)? {
            let (function, _) = build(job, &part)?;
            out.push_str(&format!(";; {}\n{}\n{}\n", part.number, part.unit, function.display()));
        }
        Ok(out)
    }
}

/// The number of a loop's function.
const LOOP: u32 = 1 << 16;

/// What a job compiles: every arity, or a loop and the arities that it calls.
fn parts(job: &Job) -> Result<Vec<Part>, Stay> {
    let mut parts = Vec::new();
    let lower = |unit| lower::lower(&job.tree, job.function, unit, &job.feedback);
    if let Want::Loop { arity, id } = job.want {
        parts.push(Part { number: LOOP, unit: lower(Unit::Loop { arity, id })?, special: None });
        if !parts[0].unit.calls_itself() {
            return Ok(parts);
        }
    }
    for (i, a) in job.tree.function(job.function).arities.iter().enumerate() {
        let arity = i as u32;
        let signature = Signature::words(a.params as usize + a.variadic as usize);
        let special = lower::specialise(&job.tree, job.function, arity, &job.feedback);
        if let Some(s) = &special {
            let unit = lower(Unit::Arity { arity, signature: s.clone() })?;
            parts.push(Part { number: 2 * arity + 1, unit, special: None });
        }
        parts.push(Part { number: 2 * arity, unit: lower(Unit::Arity { arity, signature })?, special });
    }
    Ok(parts)
}

fn reference(f: &mut Function, number: u32, signature: ir::Signature) -> FuncRef {
    let name = f.declare_imported_user_function(UserExternalName { namespace: NAMESPACE, index: number });
    let signature = f.import_signature(signature);
    f.import_function(ExtFuncData { name: ExternalName::user(name), signature, colocated: true, patchable: false })
}

/// The IR of a part.
fn build(job: &Job, part: &Part) -> Result<(Function, Effort), Stay> {
    let mut function =
        Function::with_name_signature(UserFuncName::user(NAMESPACE, part.number), emit::signature(&part.unit.unit));
    let mut context = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut context);
    let bodies = |b: &mut FunctionBuilder<'_>, arity: u32| {
        let a = &job.tree.function(job.function).arities[arity as usize];
        let words = Signature::words(a.params as usize + a.variadic as usize);
        reference(b.func, 2 * arity, emit::signature(&Unit::Arity { arity, signature: words }))
    };
    let own = match &part.unit.unit {
        Unit::Arity { .. } => Some(reference(b.func, part.number, emit::signature(&part.unit.unit))),
        Unit::Loop { .. } => None,
    };
    let special = part.special.as_ref().map(|s| {
        let unit = Unit::Arity { arity: part.number / 2, signature: s.clone() };
        (s, reference(b.func, part.number + 1, emit::signature(&unit)))
    });
    let mut emit = Emit::new(&mut b, &part.unit, &job.tree, job.code, &bodies, own);
    emit.run(special)?;
    b.seal_all_blocks();
    b.finalize(isa::isa(Effort::Plain).map_err(internal)?.frontend_config());
    let effort = match part.unit.insts() as u64 {
        n if n * 8 > tuning::get(Knob::SINGLE_PASS) * 4 => Effort::Quick,
        _ if part.unit.has_loops => Effort::Loops,
        _ => Effort::Plain,
    };
    Ok((function, effort))
}

/// Machine code of a function.
fn generate(number: u32, function: Function, effort: Effort) -> Result<Piece, Stay> {
    let isa = isa::isa(effort).map_err(internal)?;
    let mut context = Context::for_function(function);
    let code = context.compile(&**isa, &mut ControlPlane::default()).map_err(|e| internal(format!("{:?}", e.inner)))?;
    let mut calls = Vec::new();
    for r in code.buffer.relocs() {
        let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = &r.target else {
            return Err(internal(format!("a relocation of another kind: {r:?}")));
        };
        calls.push((r.offset, r.addend, name.as_u32(), r.kind));
    }
    let bytes = code.buffer.data().to_vec();
    // Names of callees are numbers of this function's own table.
    let names = &context.func.params.user_named_funcs();
    let calls = calls
        .into_iter()
        .map(|(at, addend, name, kind)| (at, addend, names[ir::UserExternalNameRef::from_u32(name)].index, kind))
        .collect();
    Ok(Piece { number, bytes, calls })
}

impl Baseline {
    /// Places the pieces beside each other and binds their calls; gives address by number, and bytes in all.
    fn place(&self, pieces: &[Piece]) -> Result<(Vec<(u32, usize)>, usize), Stay> {
        let arena = self.arena.get_or_init(arena::Arena::new).as_ref().map_err(internal)?;
        let mut at = Vec::new();
        let mut total = 0usize;
        for p in pieces {
            at.push((p.number, total));
            total = (total + p.bytes.len()).next_multiple_of(32);
        }
        let room = arena.take(total).map_err(internal)?;
        let base = room.address();
        let mut all = vec![0u8; total];
        for (p, (_, offset)) in pieces.iter().zip(&at) {
            all[*offset..*offset + p.bytes.len()].copy_from_slice(&p.bytes);
            for (from, addend, callee, kind) in &p.calls {
                let target = at
                    .iter()
                    .find(|a| a.0 == *callee)
                    .ok_or_else(|| internal("a direct call to a function of no job"))?
                    .1;
                let place = *offset + *from as usize;
                let distance = target as i64 + addend - place as i64;
                match kind {
                    Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => {
                        all[place..place + 4].copy_from_slice(&(distance as i32).to_le_bytes());
                    }
                    Reloc::Arm64Call => {
                        let old = u32::from_le_bytes(all[place..place + 4].try_into().unwrap_or_default());
                        let word = old | ((distance >> 2) as u32 & 0x03ff_ffff);
                        all[place..place + 4].copy_from_slice(&word.to_le_bytes());
                    }
                    Reloc::Abs8 => {
                        all[place..place + 8].copy_from_slice(&((base + target) as i64 + addend).to_le_bytes());
                    }
                    other => return Err(internal(format!("a relocation of another kind: {other:?}"))),
                }
            }
        }
        room.fill(&all);
        Ok((at.into_iter().map(|(n, offset)| (n, base + offset)).collect(), total))
    }
}

impl Emit<'_, '_> {
    /// Before the generic body: where all arguments are what the special body wants, it does the work.
    pub(super) fn try_special(&mut self, signature: &Signature, special: FuncRef, args: &[ir::Value]) {
        let generic = self.b.create_block();
        let mut passed = vec![self.thread, self.this];
        for (w, rep) in args.iter().zip(&signature.params) {
            let x = self.held(*w, *rep, generic);
            passed.push(x);
        }
        let call = self.b.ins().call(special, &passed);
        let results = self.b.inst_results(call).to_vec();
        let word = match signature.result {
            Rep::Value => results[0],
            rep => {
                let (failed, ok) = self.fork(results[1]);
                self.b.set_cold_block(failed);
                self.b.switch_to_block(failed);
                let thrown = self.b.ins().iconst(I64, emit::THROWN);
                self.b.ins().return_(&[thrown]);
                self.b.switch_to_block(ok);
                match rep {
                    Rep::Long => self.box_long(results[0]),
                    Rep::Double => self.box_double(results[0]),
                    Rep::Bool => self.box_bool(results[0]),
                    Rep::Value | Rep::Native(_) => results[0],
                }
            }
        };
        self.b.ins().return_(&[word]);
        self.b.seal_block(generic);
        self.b.switch_to_block(generic);
    }
    /// A word as a special body takes it; goes to `otherwise` where it is something else.
    pub(super) fn held(&mut self, w: ir::Value, rep: Rep, otherwise: ir::Block) -> ir::Value {
        match rep {
            Rep::Long => {
                let tag = self.b.ins().band_imm_s(w, 7);
                self.or_else(tag, otherwise);
                self.b.ins().sshr_imm_s(w, 3)
            }
            Rep::Double => {
                let no = self.is_no_double(w);
                self.or_else(no, otherwise);
                self.rotated_double(w)
            }
            Rep::Bool => {
                let low = self.b.ins().bor_imm_s(w, 0x18);
                let no = self.b.ins().icmp_imm_s(IntCC::NotEqual, low, 0x1a);
                self.or_else(no, otherwise);
                self.b.ins().icmp_imm_s(IntCC::Equal, w, engine::value::Value::TRUE.bits() as i64)
            }
            Rep::Value | Rep::Native(_) => w,
        }
    }
    fn or_else(&mut self, rare: ir::Value, to: ir::Block) {
        let next = self.b.create_block();
        self.b.ins().brif(rare, to, [], next, []);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }
}
