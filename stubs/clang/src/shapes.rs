//! Recipes compiled: `void shape(void* record, void** args, void* ret)`, one for each shape, shared by all calls of that shape,
//! which differ only in the addresses that the record holds.
//!
//! The words are run on a stack of LLVM values; arguments travel as System V x86-64 wants them.

use crate::worker::Core;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::builder::{Builder, BuilderError};
use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::targets::{CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine};
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FloatType, IntType};
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, FloatValue, FunctionValue, IntValue, PointerValue};
use inkwell::{AddressSpace, FloatPredicate, IntPredicate, OptimizationLevel};
use questions::recipe::{Back, Binary, Op, Scalar, Shape, Unary, Way, Word};
use questions::{Diagnostic, Phase, Request, Response};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// Where a record keeps its table of addresses, in words.
const ADDRESSES: u64 = 2;

#[derive(Default)]
pub(crate) struct Shapes {
    /// 0: cannot be made.
    known: HashMap<Shape, u64>,
    machine: Option<TargetMachine>,
}

impl Shapes {
    /// The reply, if this is a request for shapes.
    pub(crate) fn answer(&mut self, core: &Core, request: &[u8]) -> Option<Vec<u8>> {
        // Other requests may be large: only those that may ask for shapes are read here.
        const MARK: &[u8] = b"\"op\":\"shapes\"";
        if !request.get(..64.min(request.len()))?.windows(MARK.len()).any(|w| w == MARK) {
            return None;
        }
        let Ok(Request::Shapes { shapes, objects }) = serde_json::from_slice(request) else { return None };
        let mut compiled = Vec::with_capacity(shapes.len());
        for (i, shape) in shapes.iter().enumerate() {
            match self.make(core, shape, objects.get(i).map_or("", String::as_str)) {
                Ok(object) => compiled.push(object),
                Err(text) => {
                    let diagnostics = vec![Diagnostic::new(Phase::Compile, "cpp/link", text)];
                    return serde_json::to_vec(&Response::Failed { diagnostics }).ok();
                }
            }
        }
        let addresses = shapes.iter().map(|s| self.known.get(s).copied().unwrap_or(0)).collect();
        serde_json::to_vec(&Response::Shapes { addresses, objects: compiled }).ok()
    }

    /// Makes a shape that is not known yet; the object, where it was compiled now.
    fn make(&mut self, core: &Core, shape: &Shape, stored: &str) -> Result<String, String> {
        if self.known.contains_key(shape) {
            return Ok(String::new());
        }
        let name = name_of(shape);
        let link = |object: &[u8]| -> Result<u64, String> {
            let addresses = core.link(object, &format!("{name}.o"), std::slice::from_ref(&name))?;
            addresses.first().copied().ok_or_else(|| format!("no {name}"))
        };
        if let Some(at) = from_hex(stored).and_then(|object| link(&object).ok()) {
            self.known.insert(shape.clone(), at);
            return Ok(String::new());
        }
        if self.machine.is_none() {
            self.machine = Some(machine()?);
        }
        let Some(object) = self.machine.as_ref().map_or(Ok(None), |m| compile(m, shape))? else {
            self.known.insert(shape.clone(), 0);
            return Ok(String::new());
        };
        self.known.insert(shape.clone(), link(&object)?);
        Ok(object.iter().map(|b| format!("{b:02x}")).collect())
    }
}

/// The function that a shape's object defines: the same in every process of this library, another one for each shape.
fn name_of(shape: &Shape) -> String {
    let mut h = std::hash::DefaultHasher::new();
    shape.hash(&mut h);
    format!("__rung_shape_{:016x}", h.finish())
}

/// None: there is no code for this shape.
fn compile(machine: &TargetMachine, shape: &Shape) -> Result<Option<Vec<u8>>, String> {
    let context = Context::create();
    let module = context.create_module("shape");
    let maker = Maker::new(&context, &module, &name_of(shape)).map_err(|e| e.to_string())?;
    let function = maker.function;
    if maker.body(shape).map_err(|e| e.to_string())?.is_none() || !function.verify(false) {
        return Ok(None);
    }
    let object = machine.write_to_memory_buffer(&module, FileType::Object).map_err(|e| e.to_string())?;
    Ok(Some(object.as_slice().to_vec()))
}

/// The bytes of hexadecimal digits; None: nothing, or no such.
fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks_exact(2);
    let bytes: Option<Vec<u8>> = if pairs.remainder().is_empty() {
        pairs.map(|p| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok()).collect()
    } else {
        None
    };
    bytes.filter(|b| !b.is_empty())
}

fn machine() -> Result<TargetMachine, String> {
    Target::initialize_native(&InitializationConfig::default())?;
    let triple = TargetMachine::get_default_triple();
    Target::from_triple(&triple)
        .map_err(|e| e.to_string())?
        .create_target_machine(&triple, "x86-64", "", OptimizationLevel::Less, RelocMode::PIC, CodeModel::Small)
        .ok_or_else(|| "no machine for this target".to_owned())
}

type Made<T> = Result<Option<T>, BuilderError>;

/// The value of an option, or the whole shape is none that can be made.
macro_rules! some {
    ($e:expr) => {
        match $e {
            Some(v) => v,
            None => return Ok(None),
        }
    };
}

struct Maker<'c> {
    context: &'c Context,
    builder: Builder<'c>,
    function: FunctionValue<'c>,
    stack: Vec<IntValue<'c>>,
}

impl<'c> Maker<'c> {
    fn new(context: &'c Context, module: &Module<'c>, name: &str) -> Result<Self, BuilderError> {
        let pointer = context.ptr_type(AddressSpace::default());
        let shell = context.void_type().fn_type(&[pointer.into(), pointer.into(), pointer.into()], false);
        let function = module.add_function(name, shell, None);
        // Unwind tables: exceptions pass through to the guard.
        let uwtable = Attribute::get_named_enum_kind_id("uwtable");
        function.add_attribute(AttributeLoc::Function, context.create_enum_attribute(uwtable, 2));
        let builder = context.create_builder();
        builder.position_at_end(context.append_basic_block(function, ""));
        Ok(Maker { context, builder, function, stack: Vec::new() })
    }

    fn body(mut self, shape: &Shape) -> Made<()> {
        let pointer = self.context.ptr_type(AddressSpace::default());
        let parameter = |i| self.function.get_nth_param(i).map(BasicValueEnum::into_pointer_value);
        let (record, args, ret) = (some!(parameter(0)), some!(parameter(1)), some!(parameter(2)));
        let scratch = self.buffer(u64::from(shape.scratch).div_ceil(16) * 2)?;
        let table = self.builder.build_load(pointer, self.word_at(record, ADDRESSES)?, "")?.into_pointer_value();
        let mut words = shape.code.iter().copied();
        while let Some(word) = words.next() {
            let w = some!(Word::new(word));
            let n = i64::from(w.n);
            match w.op {
                Op::Arg | Op::Symbol | Op::Text => {
                    let (from, at) = match w.op {
                        Op::Arg => (args, n),
                        Op::Symbol => (table, n),
                        _ => (table, n + i64::from(shape.symbols)),
                    };
                    let v = self.builder.build_load(self.i64(), self.word_at(from, at as u64)?, "")?;
                    self.stack.push(v.into_int_value());
                }
                Op::Const => {
                    let v = some!(words.next());
                    self.stack.push(self.number(v));
                }
                Op::Temp => {
                    let base = self.builder.build_ptr_to_int(scratch, self.i64(), "")?;
                    self.stack.push(self.builder.build_int_add(base, self.number(n), "")?);
                }
                Op::Ret => self.stack.push(self.builder.build_ptr_to_int(ret, self.i64(), "")?),
                Op::Dup => self.stack.push(*some!(self.stack.last())),
                Op::Pop => drop(some!(self.stack.pop())),
                Op::Load => {
                    let p = some!(self.stack.pop());
                    let v = self.load(p, some!(Scalar::from_number(w.a)))?;
                    self.stack.push(v);
                }
                Op::Convert => {
                    let v = some!(self.stack.pop());
                    let (from, to) = (some!(Scalar::from_number(w.a)), some!(Scalar::from_number(w.b)));
                    let v = self.convert(v, from, to)?;
                    self.stack.push(v);
                }
                Op::Offset => {
                    let p = some!(self.stack.pop());
                    self.stack.push(self.builder.build_int_add(p, self.number(n), "")?);
                }
                Op::OffsetNonNull => {
                    let p = some!(self.stack.pop());
                    let moved = self.builder.build_int_add(p, self.number(n), "")?;
                    let null = self.builder.build_int_compare(IntPredicate::EQ, p, self.number(0), "")?;
                    self.stack.push(self.builder.build_select(null, p, moved, "")?.into_int_value());
                }
                Op::Index => {
                    let (i, p) = (some!(self.stack.pop()), some!(self.stack.pop()));
                    let by = self.builder.build_int_mul(i, self.number(n), "")?;
                    self.stack.push(self.builder.build_int_add(p, by, "")?);
                }
                Op::Binary => {
                    let (b, a) = (some!(self.stack.pop()), some!(self.stack.pop()));
                    let (op, s) = (some!(Binary::from_number(w.a)), some!(Scalar::from_number(w.b)));
                    let v = some!(self.binary(a, b, op, s)?);
                    self.stack.push(v);
                }
                Op::Unary => {
                    let v = some!(self.stack.pop());
                    let (op, s) = (some!(Unary::from_number(w.a)), some!(Scalar::from_number(w.b)));
                    let v = self.unary(v, op, s)?;
                    self.stack.push(v);
                }
                Op::Store => {
                    let (v, p) = (some!(self.stack.pop()), *some!(self.stack.last()));
                    let to = self.pointer(p)?;
                    self.store(to, v, some!(Scalar::from_number(w.a)))?;
                }
                Op::Copy => {
                    let (from, to) = (some!(self.stack.pop()), *some!(self.stack.last()));
                    let (from, to) = (self.pointer(from)?, self.pointer(to)?);
                    self.builder.build_memmove(to, 1, from, 1, self.number(n))?;
                }
                Op::Virtual => {
                    let at = some!(self.stack.len().checked_sub(usize::from(w.a)));
                    let object = self.pointer(*some!(self.stack.get(at)))?;
                    let vtable = self.builder.build_load(pointer, object, "")?.into_pointer_value();
                    let f = self.builder.build_load(self.i64(), self.word_at(vtable, n as u64)?, "")?;
                    self.stack.push(f.into_int_value());
                }
                Op::Call => {
                    let ways: Vec<i64> = words.by_ref().take(usize::from(w.a)).collect();
                    some!(self.call(w, &ways)?);
                }
                Op::ReturnScalar => {
                    let v = some!(self.stack.pop());
                    self.store(ret, v, some!(Scalar::from_number(w.a)))?;
                    break;
                }
                Op::ReturnAddress => {
                    let v = some!(self.stack.pop());
                    self.builder.build_store(ret, v)?;
                    break;
                }
                Op::End => break,
                // Landing pads are the interpreter's business.
                Op::EndsWith => return Ok(None),
            }
        }
        self.builder.build_return(None)?;
        Ok(Some(()))
    }

    /// Calls what is on top with the arguments below it.
    fn call(&mut self, w: Word, ways: &[i64]) -> Made<()> {
        let callee = some!(self.stack.pop());
        let callee = self.pointer(callee)?;
        let first = some!(self.stack.len().checked_sub(ways.len()));
        let given = self.stack.split_off(first);
        let mut values: Vec<BasicMetadataValueEnum<'c>> = Vec::new();
        let mut by_value: Vec<(u32, u64)> = Vec::new();
        let back = some!(Back::from_number(w.b));
        if back == Back::Memory {
            values.push((*some!(self.stack.last())).into());
        }
        for (v, &way) in given.into_iter().zip(ways) {
            let size = (way >> 8) as u64;
            match some!(Way::from_number(way as u8)) {
                Way::Int => values.push(v.into()),
                Way::Sse => values.push(self.builder.build_bit_cast(v, self.f64(), "")?.into_float_value().into()),
                Way::ByVal => {
                    by_value.push((values.len() as u32, size.div_ceil(8)));
                    let padded = self.buffer(size.div_ceil(8))?;
                    let from = self.pointer(v)?;
                    self.copy(padded, from, size)?;
                    values.push(padded.into());
                }
                pair => {
                    // Through a buffer, so that nothing behind the object is read.
                    let buffer = self.buffer(2)?;
                    let from = self.pointer(v)?;
                    self.copy(buffer, from, size)?;
                    for (part, ty) in self.eightbytes(pair).into_iter().enumerate() {
                        let v = self.builder.build_load(ty, self.word_at(buffer, part as u64)?, "")?;
                        values.push(match v {
                            BasicValueEnum::FloatValue(f) => f.into(),
                            other => other.into_int_value().into(),
                        });
                    }
                }
            }
        }
        let parts = match back {
            Back::Void | Back::Memory => vec![],
            Back::Int | Back::StructInt => vec![self.i64().into()],
            Back::F32 => vec![self.f32().into()],
            Back::F64 | Back::StructSse => vec![self.f64().into()],
            Back::IntInt => self.eightbytes(Way::IntInt),
            Back::IntSse => self.eightbytes(Way::IntSse),
            Back::SseInt => self.eightbytes(Way::SseInt),
            Back::SseSse => self.eightbytes(Way::SseSse),
        };
        // A C variadic type, so that the number of vector registers is told; other callees do not look at it.
        let none: [BasicMetadataTypeEnum<'c>; 0] = [];
        let signature = match parts.as_slice() {
            [] => self.context.void_type().fn_type(&none, true),
            [one] => one.fn_type(&none, true),
            more => self.context.struct_type(more, false).fn_type(&none, true),
        };
        let call = self.builder.build_indirect_call(signature, callee, &values, "")?;
        for (i, words) in by_value {
            let kind = Attribute::get_named_enum_kind_id("byval");
            let bytes = self.context.i64_type().array_type(words as u32);
            call.add_attribute(AttributeLoc::Param(i), self.context.create_type_attribute(kind, bytes.into()));
        }
        let Some(value) = call.try_as_basic_value().basic() else { return Ok(Some(())) };
        match back {
            Back::Int => {
                let scalar = some!(Scalar::from_number(w.c));
                let v = self.fit(value.into_int_value(), scalar)?;
                self.stack.push(v);
            }
            Back::F32 | Back::F64 => {
                let bits = self.bits(value.into_float_value())?;
                self.stack.push(bits);
            }
            _ => {
                let buffer = self.buffer(2)?;
                self.builder.build_store(buffer, value)?;
                let to = self.pointer(*some!(self.stack.last()))?;
                self.copy(to, buffer, w.n as u64)?;
            }
        }
        Ok(Some(()))
    }

    fn binary(&self, a: IntValue<'c>, b: IntValue<'c>, op: Binary, s: Scalar) -> Made<IntValue<'c>> {
        let builder = &self.builder;
        if let Some(ty) = self.float_of(s) {
            use FloatPredicate::{OEQ, OGE, OGT, OLE, OLT, UNE};
            let (a, b) = (self.float(a, ty)?, self.float(b, ty)?);
            let compare = |p| Ok(Some(self.widened(builder.build_float_compare(p, a, b, "")?)?));
            let v = match op {
                Binary::Add => builder.build_float_add(a, b, "")?,
                Binary::Sub => builder.build_float_sub(a, b, "")?,
                Binary::Mul => builder.build_float_mul(a, b, "")?,
                Binary::Div => builder.build_float_div(a, b, "")?,
                Binary::Lt => return compare(OLT),
                Binary::Le => return compare(OLE),
                Binary::Gt => return compare(OGT),
                Binary::Ge => return compare(OGE),
                Binary::Eq => return compare(OEQ),
                Binary::Ne => return compare(UNE),
                _ => return Ok(None),
            };
            return self.bits(v).map(Some);
        }
        let signed = !matches!(s, Scalar::U64 | Scalar::U32);
        // Promoted: nothing is computed in less than 32 bits.
        let ty = if matches!(s, Scalar::U64 | Scalar::I64) { self.i64() } else { self.context.i32_type() };
        let cut = |v| builder.build_int_truncate_or_bit_cast(v, ty, "");
        let (a, b) = (cut(a)?, cut(b)?);
        let compare = |yes, no| {
            let p = if signed { yes } else { no };
            Ok(Some(self.widened(builder.build_int_compare(p, a, b, "")?)?))
        };
        let count = builder.build_and(b, ty.const_int(u64::from(ty.get_bit_width()) - 1, false), "")?;
        use IntPredicate::{EQ, NE, SGE, SGT, SLE, SLT, UGE, UGT, ULE, ULT};
        let v = match op {
            Binary::Add => builder.build_int_add(a, b, "")?,
            Binary::Sub => builder.build_int_sub(a, b, "")?,
            Binary::Mul => builder.build_int_mul(a, b, "")?,
            Binary::Div if signed => builder.build_int_signed_div(a, b, "")?,
            Binary::Div => builder.build_int_unsigned_div(a, b, "")?,
            Binary::Rem if signed => builder.build_int_signed_rem(a, b, "")?,
            Binary::Rem => builder.build_int_unsigned_rem(a, b, "")?,
            Binary::And => builder.build_and(a, b, "")?,
            Binary::Or => builder.build_or(a, b, "")?,
            Binary::Xor => builder.build_xor(a, b, "")?,
            Binary::Shl => builder.build_left_shift(a, count, "")?,
            Binary::Shr => builder.build_right_shift(a, count, signed, "")?,
            Binary::Lt => return compare(SLT, ULT),
            Binary::Le => return compare(SLE, ULE),
            Binary::Gt => return compare(SGT, UGT),
            Binary::Ge => return compare(SGE, UGE),
            Binary::Eq => return compare(EQ, EQ),
            Binary::Ne => return compare(NE, NE),
        };
        let wide = if signed {
            builder.build_int_s_extend_or_bit_cast(v, self.i64(), "")?
        } else {
            builder.build_int_z_extend_or_bit_cast(v, self.i64(), "")?
        };
        self.fit(wide, s).map(Some)
    }

    fn unary(&self, v: IntValue<'c>, op: Unary, s: Scalar) -> Result<IntValue<'c>, BuilderError> {
        match (op, self.float_of(s)) {
            (Unary::LNot, _) => {
                self.widened(self.builder.build_int_compare(IntPredicate::EQ, v, self.number(0), "")?)
            }
            (Unary::Neg, Some(ty)) => {
                let f = self.builder.build_float_neg(self.float(v, ty)?, "")?;
                self.bits(f)
            }
            (Unary::Neg, None) => self.fit(self.builder.build_int_neg(v, "")?, s),
            (Unary::Not, _) => self.fit(self.builder.build_not(v, "")?, s),
        }
    }

    fn convert(&self, v: IntValue<'c>, from: Scalar, to: Scalar) -> Result<IntValue<'c>, BuilderError> {
        let builder = &self.builder;
        match (self.float_of(from), self.float_of(to)) {
            (Some(a), Some(b)) => {
                let f = builder.build_float_cast(self.float(v, a)?, b, "")?;
                self.bits(f)
            }
            (Some(a), None) => {
                let f = self.float(v, a)?;
                if to == Scalar::Bool {
                    return self.widened(builder.build_float_compare(FloatPredicate::UNE, f, a.const_zero(), "")?);
                }
                let wide = match to {
                    Scalar::U64 => builder.build_float_to_unsigned_int(f, self.i64(), "")?,
                    Scalar::I64 | Scalar::U32 => builder.build_float_to_signed_int(f, self.i64(), "")?,
                    _ => {
                        let narrow = builder.build_float_to_signed_int(f, self.context.i32_type(), "")?;
                        builder.build_int_s_extend(narrow, self.i64(), "")?
                    }
                };
                self.fit(wide, to)
            }
            (None, Some(b)) => {
                let f = if from == Scalar::U64 {
                    builder.build_unsigned_int_to_float(v, b, "")?
                } else {
                    builder.build_signed_int_to_float(v, b, "")?
                };
                self.bits(f)
            }
            (None, None) if to == Scalar::Bool => {
                self.widened(builder.build_int_compare(IntPredicate::NE, v, self.number(0), "")?)
            }
            (None, None) => self.fit(v, to),
        }
    }

    /// An integer cut to the width of `s` and extended again.
    fn fit(&self, v: IntValue<'c>, s: Scalar) -> Result<IntValue<'c>, BuilderError> {
        let Some((ty, signed)) = self.int_of(s) else { return Ok(v) };
        let cut = self.builder.build_int_truncate_or_bit_cast(v, ty, "")?;
        if signed {
            self.builder.build_int_s_extend_or_bit_cast(cut, self.i64(), "")
        } else {
            self.builder.build_int_z_extend_or_bit_cast(cut, self.i64(), "")
        }
    }

    fn load(&self, p: IntValue<'c>, s: Scalar) -> Result<IntValue<'c>, BuilderError> {
        let from = self.pointer(p)?;
        let width = if s == Scalar::Bool { self.context.i8_type() } else { self.width_of(s) };
        let v = self.builder.build_load(width, from, "")?.into_int_value();
        self.aligned(v, 1);
        if matches!(s, Scalar::I8 | Scalar::I16 | Scalar::I32) {
            self.builder.build_int_s_extend(v, self.i64(), "")
        } else {
            self.builder.build_int_z_extend_or_bit_cast(v, self.i64(), "")
        }
    }

    fn store(&self, to: PointerValue<'c>, v: IntValue<'c>, s: Scalar) -> Result<(), BuilderError> {
        let cut = self.builder.build_int_truncate_or_bit_cast(v, self.width_of(s), "")?;
        let store = self.builder.build_store(to, cut)?;
        // Every scalar is at least byte aligned: members of packed structs too. The machine does not mind.
        let _ = store.set_alignment(1);
        Ok(())
    }

    fn aligned(&self, v: IntValue<'c>, bytes: u32) {
        if let Some(load) = v.as_instruction() {
            let _ = load.set_alignment(bytes);
        }
    }

    fn int_of(&self, s: Scalar) -> Option<(IntType<'c>, bool)> {
        Some(match s {
            Scalar::Bool => (self.context.bool_type(), false),
            Scalar::I8 => (self.context.i8_type(), true),
            Scalar::U8 => (self.context.i8_type(), false),
            Scalar::I16 => (self.context.i16_type(), true),
            Scalar::U16 => (self.context.i16_type(), false),
            Scalar::I32 => (self.context.i32_type(), true),
            Scalar::U32 => (self.context.i32_type(), false),
            _ => return None,
        })
    }

    fn width_of(&self, s: Scalar) -> IntType<'c> {
        match s {
            Scalar::Bool | Scalar::I8 | Scalar::U8 => self.context.i8_type(),
            Scalar::I16 | Scalar::U16 => self.context.i16_type(),
            Scalar::I32 | Scalar::U32 | Scalar::F32 => self.context.i32_type(),
            Scalar::I64 | Scalar::U64 | Scalar::F64 => self.i64(),
        }
    }

    fn float_of(&self, s: Scalar) -> Option<FloatType<'c>> {
        match s {
            Scalar::F32 => Some(self.f32()),
            Scalar::F64 => Some(self.f64()),
            _ => None,
        }
    }

    /// A place of the stack as a number with a point.
    fn float(&self, v: IntValue<'c>, ty: FloatType<'c>) -> Result<FloatValue<'c>, BuilderError> {
        let width = if ty == self.f32() { self.context.i32_type() } else { self.i64() };
        let cut = self.builder.build_int_truncate_or_bit_cast(v, width, "")?;
        Ok(self.builder.build_bit_cast(cut, ty, "")?.into_float_value())
    }

    fn bits(&self, f: FloatValue<'c>) -> Result<IntValue<'c>, BuilderError> {
        let width = if f.get_type() == self.f32() { self.context.i32_type() } else { self.i64() };
        let v = self.builder.build_bit_cast(f, width, "")?.into_int_value();
        self.builder.build_int_z_extend_or_bit_cast(v, self.i64(), "")
    }

    fn widened(&self, bit: IntValue<'c>) -> Result<IntValue<'c>, BuilderError> {
        self.builder.build_int_z_extend(bit, self.i64(), "")
    }

    fn pointer(&self, v: IntValue<'c>) -> Result<PointerValue<'c>, BuilderError> {
        self.builder.build_int_to_ptr(v, self.context.ptr_type(AddressSpace::default()), "")
    }

    fn number(&self, n: i64) -> IntValue<'c> {
        self.i64().const_int(n as u64, true)
    }
    fn i64(&self) -> IntType<'c> {
        self.context.i64_type()
    }
    fn f32(&self) -> FloatType<'c> {
        self.context.f32_type()
    }
    fn f64(&self) -> FloatType<'c> {
        self.context.f64_type()
    }

    fn eightbytes(&self, way: Way) -> Vec<BasicTypeEnum<'c>> {
        let (int, sse): (BasicTypeEnum, BasicTypeEnum) = (self.i64().into(), self.f64().into());
        match way {
            Way::Sse | Way::StructSse => vec![sse],
            Way::IntInt => vec![int, int],
            Way::IntSse => vec![int, sse],
            Way::SseInt => vec![sse, int],
            Way::SseSse => vec![sse, sse],
            Way::Int | Way::StructInt | Way::ByVal => vec![int],
        }
    }

    fn buffer(&self, words: u64) -> Result<PointerValue<'c>, BuilderError> {
        let made = self.builder.build_alloca(self.i64().array_type(words.max(1) as u32), "")?;
        if let Some(alloca) = made.as_instruction() {
            let _ = alloca.set_alignment(16);
        }
        Ok(made)
    }

    /// The address of a word.
    fn word_at(&self, base: PointerValue<'c>, index: u64) -> Result<PointerValue<'c>, BuilderError> {
        let index = self.i64().const_int(index, false);
        // SAFETY: an inkwell requirement that the index is within the object: argument slots, tables and buffers have as
        // many words as the recipe says.
        unsafe { self.builder.build_in_bounds_gep(self.i64(), base, &[index], "") }
    }

    fn copy(&self, to: PointerValue<'c>, from: PointerValue<'c>, size: u64) -> Result<(), BuilderError> {
        self.builder.build_memcpy(to, 1, from, 1, self.i64().const_int(size, false)).map(drop)
    }
}
