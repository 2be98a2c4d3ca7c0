//! The lowered form as text: for snapshots, `:explain` and people.

use super::form::*;
use std::fmt::{self, Display, Formatter};

impl Display for Rep {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Rep::Value => f.write_str("value"),
            Rep::Long => f.write_str("long"),
            Rep::Double => f.write_str("double"),
            Rep::Bool => f.write_str("bool"),
            Rep::Native(r) => write!(f, "c++{}", format!("{r:?}").to_lowercase()),
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operand::V(v) => write!(f, "{v:?}"),
            Operand::Word(w) => write!(f, "{:?}", engine::value::Value::from_bits(*w)),
            Operand::Long(n) => write!(f, "{n}L"),
            Operand::Double(b) => write!(f, "{:?}", f64::from_bits(*b)),
            Operand::Bool(b) => write!(f, "{b}?"),
            Operand::Native(b, _) => write!(f, "{b:#x}"),
            Operand::Const(c) => write!(f, "const{}", c.0),
        }
    }
}

struct List<'a>(&'a [Operand]);
impl Display for List<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|o| write!(f, " {o}"))
    }
}

struct Opt<'a, T>(&'a str, &'a Option<T>);
impl<T: fmt::Debug> Display for Opt<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.1 {
            Some(x) => write!(f, " {}={x:?}", self.0),
            None => Ok(()),
        }
    }
}

impl Display for Inst {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Inst::Copy { dst, src } => write!(f, "{dst:?} = {src}"),
            Inst::Box { dst, src } => write!(f, "{dst:?} = box {src}"),
            Inst::Unbox { dst, src } => write!(f, "{dst:?} = unbox {src}"),
            Inst::Guard { dst, src, fail } => write!(f, "{dst:?} = guard {src} else {fail:?}"),
            Inst::Operate { dst, op, args, seen, err } => {
                write!(f, "{dst:?} = {op:?}{}", List(args))?;
                if seen.0 != 0 {
                    write!(f, " seen {:#x}", seen.0)?;
                }
                write!(f, " err {err:?}")
            }
            Inst::Truthy { dst, src } => write!(f, "{dst:?} = truthy {src}"),
            Inst::NonZero { dst, src } => write!(f, "{dst:?} = nonzero {src}"),
            Inst::Same { dst, a, b } => write!(f, "{dst:?} = same {a} {b}"),
            Inst::VarGet { dst, var, dynamic, err } => {
                write!(f, "{dst:?} = var const{}{} err {err:?}", var.0, if *dynamic { " dynamic" } else { "" })
            }
            Inst::VarSet { dst, var, value, err } => write!(f, "{dst:?} = set-var const{} {value} err {err:?}", var.0),
            Inst::Def { dst, var, init, meta, err } => {
                write!(f, "{dst:?} = def const{}{}{} err {err:?}", var.0, Opt("init", init), Opt("meta", meta))
            }
            Inst::Capture { dst, index } => write!(f, "{dst:?} = capture {}", index.0),
            Inst::SelfRef { dst } => write!(f, "{dst:?} = self"),
            Inst::Call { dst, callee, args, err } => write!(f, "{dst:?} = call {callee}{} err {err:?}", List(args)),
            Inst::CallSpecial { dst, callee, signature, args, err } => {
                write!(
                    f,
                    "{dst:?} = call-special {callee} {:?}->{:?}{} err {err:?}",
                    signature.params,
                    signature.result,
                    List(args)
                )
            }
            Inst::CallSelf { dst, arity, args, err } => {
                write!(f, "{dst:?} = call-self/{arity}{} err {err:?}", List(args))
            }
            Inst::Build { dst, what, items, err } => {
                write!(f, "{dst:?} = {}{} err {err:?}", format!("{what:?}").to_lowercase(), List(items))
            }
            Inst::WithMeta { dst, value, meta, err } => write!(f, "{dst:?} = with-meta {value} {meta} err {err:?}"),
            Inst::Closure { dst, function, captures, err } => {
                write!(f, "{dst:?} = closure fn{}{} err {err:?}", function.0, List(captures))
            }
            Inst::SetCapture { closure, index, value } => write!(f, "set-capture {closure:?} {index} {value}"),
            Inst::CaseTest { dst, subject, key } => write!(f, "{dst:?} = case {subject} const{}", key.0),
            Inst::Throw { value } => write!(f, "throw {value}"),
            Inst::CatchClass { dst, class } => write!(f, "{dst:?} = catch class{class}"),
            Inst::CatchCpp { dst, object, ty } => write!(f, "{dst:?} {object:?} = catch c++ type{}", ty.0),
            Inst::TakeError { dst } => write!(f, "{dst:?} = take-error"),
            Inst::PutError { src } => write!(f, "put-error {src}"),
            Inst::KeepAlive { src } => write!(f, "keep-alive {src}"),
            Inst::Entry { err } => write!(f, "entry err {err:?}"),
            Inst::LoopHead { id, live, dst, exit, err } => {
                write!(f, "loop {} {dst:?} exit {exit:?} err {err:?} live", id.0)?;
                live.iter().try_for_each(|(s, o)| write!(f, " s{}={o}", s.0))
            }
            Inst::Storage { dst, native } => write!(f, "{dst:?} = storage {}", native.0),
            Inst::CString { dst, text } => write!(f, "{dst:?} = c-string const{}", text.0),
            Inst::Load { dst, address, ty, err } => write!(f, "{dst:?} = load {address} type{} err {err:?}", ty.0),
            Inst::Store { address, src, ty, err } => write!(f, "store {address} {src} type{} err {err:?}", ty.0),
            Inst::NotNull { src, err } => write!(f, "not-null {src} err {err:?}"),
            Inst::Convert { dst, src, from, to, err } => write!(f, "{dst:?} = cast {from:?} {to:?} {src} err {err:?}"),
            Inst::Compute { dst, op, a, b, ty, err } => write!(f, "{dst:?} = {op:?} {ty:?} {a} {b} err {err:?}"),
            Inst::Negate { dst, src } => write!(f, "{dst:?} = negate {src}"),
            Inst::Cpp { dst, site, args, into, err } => {
                match dst {
                    Some(d) => write!(f, "{d:?} = c++ site{}{}", site.0, List(args))?,
                    None => write!(f, "c++ site{}{}", site.0, List(args))?,
                }
                write!(f, "{} err {err:?}", Opt("into", into))
            }
            Inst::Destroy { native, site, err } => write!(f, "destroy {} site{} err {err:?}", native.0, site.0),
            Inst::ToValue { dst, src, ty, site, err, .. } => {
                write!(f, "{dst:?} = to-value {src} type{}{} err {err:?}", ty.0, Opt("site", site))
            }
            Inst::FromValue { dst, src, ty, into, err } => {
                write!(f, "{dst:?} = from-value {src} type{}{} err {err:?}", ty.0, Opt("into", into))
            }
            Inst::Callback { dst, src, ty, into, err } => {
                write!(f, "{dst:?} = callback {src} type{}{} err {err:?}", ty.0, Opt("into", into))
            }
            Inst::BoxPointer { dst, src, ty, err } => write!(f, "{dst:?} = box-pointer {src} type{} err {err:?}", ty.0),
            Inst::UnboxPointer { dst, src, ty, err } => {
                write!(f, "{dst:?} = unbox-pointer {src} type{} err {err:?}", ty.0)
            }
            Inst::Raw { raw, err } => write!(f, "raw {raw} err {err:?}"),
        }
    }
}

impl Display for Terminator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Terminator::Jump(b) => write!(f, "jump {b:?}"),
            Terminator::Branch { test, then, otherwise } => write!(f, "if {test} {then:?} else {otherwise:?}"),
            Terminator::Return(o) => write!(f, "return {o}"),
            Terminator::ReturnThrown => f.write_str("return thrown"),
        }
    }
}

impl Display for Lowered {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Arity { arity, signature } => {
                write!(f, "{} arity {arity} (", self.name)?;
                for (i, (v, r)) in self.params.iter().zip(&signature.params).enumerate() {
                    write!(f, "{}{v:?}: {r}", if i > 0 { ", " } else { "" })?;
                }
                write!(f, ") -> {}", signature.result)?;
            }
            Unit::Loop { arity, id } => {
                write!(f, "{} arity {arity} loop {} (", self.name, id.0)?;
                for (i, (s, v)) in self.from_frame.iter().enumerate() {
                    write!(f, "{}s{}={v:?}", if i > 0 { ", " } else { "" }, s.0)?;
                }
                write!(f, ")")?;
            }
        }
        writeln!(f, " frame {}", self.frame)?;
        for (i, v) in self.vs.iter().enumerate() {
            if let Some(name) = &v.name {
                writeln!(f, "  v{i}: {} {name}", v.rep)?;
            }
        }
        for (i, b) in self.blocks.iter().enumerate() {
            writeln!(f, "b{i}:{}", if b.cold { " cold" } else { "" })?;
            for inst in &b.insts {
                writeln!(f, "  {inst}")?;
            }
            writeln!(f, "  {}", b.end)?;
        }
        Ok(())
    }
}
