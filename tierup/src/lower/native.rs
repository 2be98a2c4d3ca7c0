//! C++: sites, conversions, loads, native storage.

use super::build::{Builder, NOTHING};
use super::form::*;
use engine::analyze::{Expr, ExprId, NativeConst, NativeId, SiteId, Ty, TypeIx};
use questions::{Category, Repr};

impl Builder<'_> {
    /// The C++ type of a node, and its category; `None` for Clojure values.
    fn cpp_type(&self, id: ExprId) -> Option<(TypeIx, Category)> {
        match self.tree.node(id).ty {
            Ty::Cpp(t, c) => Some((t, c)),
            Ty::Value => None,
        }
    }
    fn native_rep(&self, id: ExprId) -> Rep {
        self.tree.repr(id).map_or(Rep::Value, Rep::Native)
    }
    /// An argument of a site: C++ values as they are, words as words.
    fn argument(&mut self, id: ExprId) -> Operand {
        match self.expr(id) {
            o if matches!(self.rep(o), Rep::Native(_)) => o,
            o => self.coerce(o, Rep::Value),
        }
    }

    fn site(&mut self, id: ExprId, site: SiteId, args: &[ExprId], into: Option<NativeId>) -> Operand {
        let args: Operands = args.iter().map(|a| self.argument(*a)).collect();
        if self.current.is_none() {
            return NOTHING;
        }
        let err = self.err();
        let rep = self.native_rep(id);
        let result = match rep {
            Rep::Value | Rep::Native(Repr::Void) => {
                self.emit(Inst::Cpp { dst: None, site, args, into, err });
                if rep == Rep::Value { NOTHING } else { Operand::Native(0, Repr::Void) }
            }
            rep => self.emit_to(rep, |dst| Inst::Cpp { dst: Some(dst), site, args, into, err }),
        };
        self.constructed(into, None);
        result
    }

    pub fn native(&mut self, id: ExprId) -> Operand {
        let tree = self.tree;
        let err = self.err();
        match tree.expr(id) {
            Expr::CppRaw { raw } => {
                self.emit(Inst::Raw { raw: *raw, err });
                NOTHING
            }
            Expr::NativeLiteral { value } => match value {
                NativeConst::Bits(b) => Operand::Native(*b, tree.repr(id).unwrap_or(Repr::I64)),
                NativeConst::CString(c) => {
                    self.emit_to(Rep::Native(Repr::Pointer), |dst| Inst::CString { dst, text: *c })
                }
            },
            Expr::CppVariable { site } => self.site(id, *site, &[], None),
            Expr::CppCall { site, args, into }
            | Expr::CppMethod { site, args, into }
            | Expr::CppConstruct { site, args, into }
            | Expr::CppOperator { site, args, into, .. } => self.site(id, *site, args, *into),
            Expr::CppField { site, object } => self.site(id, *site, &[*object], None),
            Expr::CppCast { site, value, into } => self.site(id, *site, &[*value], *into),
            Expr::CppNew { site, args } => self.site(id, *site, args, None),
            Expr::CppDelete { site, value } => self.site(id, *site, &[*value], None),
            Expr::CppLoad { value } => {
                let address = self.expr(*value);
                let Some((ty, _)) = self.cpp_type(id) else { return address };
                if matches!(tree.ty(ty).repr, Repr::Memory | Repr::Void) {
                    return address;
                }
                self.emit_to(Rep::Native(tree.ty(ty).repr), |dst| Inst::Load { dst, address, ty, err })
            }
            Expr::CppBox { value } => {
                let src = self.expr(*value);
                let Some((ty, _)) = self.cpp_type(*value) else { return src };
                self.emit_to(Rep::Value, |dst| Inst::BoxPointer { dst, src, ty, err })
            }
            Expr::CppUnbox { value, ty } => {
                let src = self.word(*value);
                let rep = self.native_rep(id);
                self.emit_to(rep, |dst| Inst::UnboxPointer { dst, src, ty: *ty, err })
            }
            Expr::ConvertOut { value, site, destroy } => {
                let src = self.expr(*value);
                match (self.cpp_type(*value), self.rep(src)) {
                    (_, Rep::Native(Repr::Void)) => NOTHING,
                    (Some((ty, category)), _) => self.emit_to(Rep::Value, |dst| Inst::ToValue {
                        dst,
                        src,
                        ty,
                        category,
                        site: *site,
                        destroy: *destroy,
                        err,
                    }),
                    (None, _) => self.coerce(src, Rep::Value),
                }
            }
            Expr::ConvertIn { value, ty, into } => {
                let src = self.word(*value);
                let rep = self.native_rep(id);
                let o = self.emit_to(rep, |dst| Inst::FromValue { dst, src, ty: *ty, into: *into, err });
                self.constructed(*into, Some(o));
                o
            }
            Expr::Callback { value, ty, into } => {
                let src = self.word(*value);
                let rep = self.native_rep(id);
                let o = self.emit_to(rep, |dst| Inst::Callback { dst, src, ty: *ty, into: *into, err });
                self.constructed(*into, Some(o));
                o
            }
            Expr::Cleanups { body, temporaries } => {
                let natives: Vec<NativeId> = temporaries.iter().copied().filter(|n| self.destroyed(*n)).collect();
                if natives.is_empty() {
                    return self.expr(*body);
                }
                self.with_natives(id, natives, |s| s.expr(*body))
            }
            // Every other kind has its arm in `expr`.
            _ => NOTHING,
        }
    }
}
