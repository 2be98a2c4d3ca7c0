//! Trampolines that depend only on a signature's shape: `void shape(void* callee, void** args, void* ret)`, the callee as data.
//! One is made for each shape and shared by all functions of that shape, so a call to an exported function needs no compiling.
//!
//! Arguments are loaded as the System V ABI wants them in registers; references and `this` are the slot's pointer itself.

use crate::worker::Core;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::builder::{Builder, BuilderError};
use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::targets::{CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine};
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum};
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, PointerValue};
use inkwell::{AddressSpace, OptimizationLevel};
use questions::{Abi, Diagnostic, Phase, Repr, Request, Response, SignatureShape};
use std::collections::HashMap;

#[derive(Default)]
pub(crate) struct Shapes {
    known: HashMap<SignatureShape, u64>,
    modules: usize,
}

impl Shapes {
    /// The reply, if this is a request for shapes.
    pub(crate) fn answer(&mut self, core: &Core, request: &[u8]) -> Option<Vec<u8>> {
        // Other requests may be large: only those that may ask for shapes are read here.
        const MARK: &[u8] = b"\"op\":\"shapes\"";
        if !request.get(..64.min(request.len()))?.windows(MARK.len()).any(|w| w == MARK) {
            return None;
        }
        let Ok(Request::Shapes { shapes }) = serde_json::from_slice(request) else { return None };
        let response = match self.make(core, &shapes) {
            Ok(()) => {
                Response::Shapes { addresses: shapes.iter().map(|s| self.known.get(s).copied().unwrap_or(0)).collect() }
            }
            Err(text) => Response::Failed { diagnostics: vec![Diagnostic::new(Phase::Compile, "cpp/link", text)] },
        };
        serde_json::to_vec(&response).ok()
    }

    /// Makes those that are not known, in one module.
    fn make(&mut self, core: &Core, shapes: &[SignatureShape]) -> Result<(), String> {
        let mut new: Vec<&SignatureShape> = Vec::new();
        for shape in shapes {
            if !self.known.contains_key(shape) && !new.contains(&shape) && supported(shape) {
                new.push(shape);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        self.modules += 1;
        let context = Context::create();
        let module = context.create_module(&format!("shapes_{}", self.modules));
        let mut names = Vec::new();
        for (i, shape) in new.iter().enumerate() {
            let name = format!("__rung_shape_{}_{i}", self.modules);
            Maker { context: &context, module: &module, builder: context.create_builder() }
                .function(&name, shape)
                .map_err(|e| e.to_string())?;
            names.push(name);
        }
        module.verify().map_err(|e| e.to_string())?;
        let object = machine()?.write_to_memory_buffer(&module, FileType::Object).map_err(|e| e.to_string())?;
        let name = format!("shapes_{}.o", self.modules);
        let addresses = core.link(object.as_slice(), &name, &names)?;
        for (shape, address) in new.into_iter().zip(addresses) {
            self.known.insert(shape.clone(), address);
        }
        Ok(())
    }
}

fn machine() -> Result<TargetMachine, String> {
    Target::initialize_native(&InitializationConfig::default())?;
    let triple = TargetMachine::get_default_triple();
    Target::from_triple(&triple)
        .map_err(|e| e.to_string())?
        .create_target_machine(&triple, "x86-64", "", OptimizationLevel::Less, RelocMode::PIC, CodeModel::Small)
        .ok_or_else(|| "no machine for this target".to_owned())
}

fn supported(shape: &SignatureShape) -> bool {
    let n = shape.abi.len();
    let result = shape.abi.first();
    n > 0
        && shape.reprs.len() == n
        && shape.sizes.len() == n
        && !matches!(result, Some(Abi::ByVal | Abi::This))
        && !shape.abi[1..].contains(&Abi::Void)
}

struct Maker<'c, 'm> {
    context: &'c Context,
    module: &'m Module<'c>,
    builder: Builder<'c>,
}

impl<'c> Maker<'c, '_> {
    fn function(&self, name: &str, shape: &SignatureShape) -> Result<(), BuilderError> {
        let pointer = self.context.ptr_type(AddressSpace::default());
        let shell = self.context.void_type().fn_type(&[pointer.into(), pointer.into(), pointer.into()], false);
        let function = self.module.add_function(name, shell, None);
        // Unwind tables: exceptions pass through to the guard.
        let uwtable = Attribute::get_named_enum_kind_id("uwtable");
        function.add_attribute(AttributeLoc::Function, self.context.create_enum_attribute(uwtable, 2));
        self.builder.position_at_end(self.context.append_basic_block(function, ""));
        let parameter = |i| function.get_nth_param(i).expect("three parameters").into_pointer_value();
        let (callee, args, ret) = (parameter(0), parameter(1), parameter(2));

        let mut types: Vec<BasicMetadataTypeEnum<'c>> = Vec::new();
        let mut values: Vec<BasicMetadataValueEnum<'c>> = Vec::new();
        let mut attributes: Vec<(u32, Attribute)> = Vec::new();
        let mut give = |value: BasicValueEnum<'c>, attribute: Option<Attribute>| {
            if let Some(attribute) = attribute {
                attributes.push((values.len() as u32, attribute));
            }
            types.push(value.get_type().into());
            values.push(value.into());
        };
        if shape.abi[0] == Abi::Indirect {
            give(ret.into(), None);
        }
        for i in 1..shape.abi.len() {
            let index = self.context.i64_type().const_int(i as u64 - 1, false);
            // SAFETY: the caller gives as many argument slots as the shape has.
            let place = unsafe { self.builder.build_in_bounds_gep(pointer, args, &[index], "")? };
            let slot = self.builder.build_load(pointer, place, "")?.into_pointer_value();
            let (repr, size) = (shape.reprs[i], shape.sizes[i]);
            match shape.abi[i] {
                Abi::Indirect | Abi::This => give(slot.into(), None),
                Abi::Int | Abi::F32 | Abi::F64 => {
                    let ty = self.scalar(shape.abi[i], repr);
                    give(self.builder.build_load(ty, slot, "")?, self.extension(repr));
                }
                Abi::ByVal => {
                    let kind = Attribute::get_named_enum_kind_id("byval");
                    let bytes = self.context.i64_type().array_type(size.div_ceil(8));
                    give(slot.into(), Some(self.context.create_type_attribute(kind, bytes.into())));
                }
                pair => {
                    // Through a buffer, so that nothing behind the object is read.
                    let buffer = self.buffer()?;
                    self.copy(buffer, slot, size)?;
                    for (part, ty) in self.eightbytes(pair).into_iter().enumerate() {
                        give(self.builder.build_load(ty, self.half(buffer, part)?, "")?, None);
                    }
                }
            }
        }

        let signature = match self.result(shape) {
            None => self.context.void_type().fn_type(&types, false),
            Some(ty) => ty.fn_type(&types, false),
        };
        let call = self.builder.build_indirect_call(signature, callee, &values, "")?;
        for (i, attribute) in attributes {
            call.add_attribute(AttributeLoc::Param(i), attribute);
        }
        if let Some(value) = call.try_as_basic_value().basic() {
            if matches!(shape.abi[0], Abi::Int | Abi::F32 | Abi::F64) {
                self.builder.build_store(ret, value)?;
            } else {
                let buffer = self.buffer()?;
                self.builder.build_store(buffer, value)?;
                self.copy(ret, buffer, shape.sizes[0])?;
            }
        }
        self.builder.build_return(None)?;
        Ok(())
    }

    fn result(&self, shape: &SignatureShape) -> Option<BasicTypeEnum<'c>> {
        match shape.abi[0] {
            Abi::Void | Abi::Indirect | Abi::ByVal | Abi::This => None,
            scalar @ (Abi::Int | Abi::F32 | Abi::F64) => Some(self.scalar(scalar, shape.reprs[0])),
            pair => {
                let parts = self.eightbytes(pair);
                Some(if parts.len() == 1 { parts[0] } else { self.context.struct_type(&parts, false).into() })
            }
        }
    }

    fn scalar(&self, abi: Abi, repr: Repr) -> BasicTypeEnum<'c> {
        match (abi, repr) {
            (Abi::F32, _) => self.context.f32_type().into(),
            (Abi::F64, _) => self.context.f64_type().into(),
            (_, Repr::Bool | Repr::I8 | Repr::U8) => self.context.i8_type().into(),
            (_, Repr::I16 | Repr::U16) => self.context.i16_type().into(),
            (_, Repr::I32 | Repr::U32) => self.context.i32_type().into(),
            _ => self.context.i64_type().into(),
        }
    }

    /// Clang's callees expect small integers extended to 32 bits.
    fn extension(&self, repr: Repr) -> Option<Attribute> {
        let name = match repr {
            Repr::I8 | Repr::I16 => "signext",
            Repr::Bool | Repr::U8 | Repr::U16 => "zeroext",
            _ => return None,
        };
        Some(self.context.create_enum_attribute(Attribute::get_named_enum_kind_id(name), 0))
    }

    fn eightbytes(&self, abi: Abi) -> Vec<BasicTypeEnum<'c>> {
        let (int, sse): (BasicTypeEnum, BasicTypeEnum) =
            (self.context.i64_type().into(), self.context.f64_type().into());
        match abi {
            Abi::StructSse => vec![sse],
            Abi::IntInt => vec![int, int],
            Abi::IntSse => vec![int, sse],
            Abi::SseInt => vec![sse, int],
            Abi::SseSse => vec![sse, sse],
            _ => vec![int],
        }
    }

    fn buffer(&self) -> Result<PointerValue<'c>, BuilderError> {
        let bytes = self.context.i64_type().array_type(2);
        let buffer = self.builder.build_alloca(bytes, "")?;
        self.builder.build_store(buffer, bytes.const_zero())?;
        Ok(buffer)
    }

    fn half(&self, buffer: PointerValue<'c>, part: usize) -> Result<PointerValue<'c>, BuilderError> {
        let index = self.context.i64_type().const_int(part as u64, false);
        // SAFETY: the buffer has two eightbytes.
        unsafe { self.builder.build_in_bounds_gep(self.context.i64_type(), buffer, &[index], "") }
    }

    fn copy(&self, to: PointerValue<'c>, from: PointerValue<'c>, size: u32) -> Result<(), BuilderError> {
        let size = self.context.i64_type().const_int(size.min(16).into(), false);
        self.builder.build_memcpy(to, 1, from, 1, size).map(|_| ())
    }
}
