//! C++: sites, conversions, native storage, and built-in operators on scalars, which are computed in place by the same
//! plans as in tier 0 (`engine::scalar`).

use super::build::{Builder, NOTHING};
use super::form::*;
use engine::analyze::{Expr, ExprId, NativeConst, NativeId, SiteId, Ty, TypeIx};
use engine::scalar::{Operator, Plan, is_arithmetic, is_float, is_integer, is_scalar, promoted};
use questions::{Callee, Category, Repr, TypeKind};

impl Builder<'_> {
    /// The C++ type of a node, and its category; `None` for Clojure values.
    pub(super) fn cpp_type(&self, id: ExprId) -> Option<(TypeIx, Category)> {
        match self.tree.node(id).ty {
            Ty::Cpp(t, c) => Some((t, c)),
            Ty::Value => None,
        }
    }
    fn native_rep(&self, id: ExprId) -> Rep {
        self.tree.repr(id).map_or(Rep::Value, Rep::Native)
    }
    /// The type of a node that is a scalar, loaded or not.
    fn scalar_type(&self, id: ExprId) -> Option<(TypeIx, Repr, TypeKind)> {
        let (t, _) = self.cpp_type(id)?;
        let ty = self.tree.ty(t);
        is_scalar(ty.repr).then_some((t, ty.repr, ty.kind))
    }
    fn is_lvalue(&self, id: ExprId) -> bool {
        matches!(self.cpp_type(id), Some((_, Category::Lvalue)))
    }

    /// The node's value; a scalar that is no prvalue is loaded.
    pub fn scalar(&mut self, id: ExprId) -> Operand {
        let o = self.expr(id);
        match (self.scalar_type(id), self.cpp_type(id)) {
            (Some((ty, repr, _)), Some((_, category))) if category != Category::Prvalue => self.load(o, ty, repr),
            _ => o,
        }
    }
    fn load(&mut self, address: Operand, ty: TypeIx, repr: Repr) -> Operand {
        let err = self.err();
        self.emit_to(Rep::Native(repr), |dst| Inst::Load { dst, address, ty, err })
    }

    /// `static_cast` between scalars.
    fn convert(&mut self, src: Operand, from: Repr, to: Repr) -> Operand {
        if from == to {
            return self.coerce(src, Rep::Native(to));
        }
        let err = self.err();
        self.emit_to(Rep::Native(to), |dst| Inst::Convert { dst, src, from, to, err })
    }

    fn site(&mut self, id: ExprId, site: SiteId, args: &[ExprId], into: Option<NativeId>) -> Operand {
        let answer = self.tree.site(site);
        let follows = match &answer.site.callee {
            Callee::Method { .. } | Callee::Field { .. } => true,
            Callee::Operator { token } => match token.as_str() {
                "*" | "->" => args.len() == 1,
                "[]" => args.len() == 2,
                _ => false,
            },
            _ => false,
        };
        let mut passed = Operands::new();
        for (i, a) in args.iter().enumerate() {
            let o = self.expr(*a);
            // A pointer that is followed; an lvalue's word is the address of the pointer.
            if let (true, Some((ty, Repr::Pointer, _))) = (i == 0 && follows, self.scalar_type(*a)) {
                let held = self.tree.repr(*a) == Some(Repr::Reference);
                let src = if held { self.load(o, ty, Repr::Pointer) } else { o };
                let err = self.err();
                self.emit(Inst::NotNull { src, err });
            }
            passed.push(o);
        }
        if self.current.is_none() {
            return NOTHING;
        }
        let err = self.err();
        let rep = match (answer.result_category, answer.result.repr) {
            (Category::Prvalue, Repr::Void) => None,
            (Category::Prvalue, r) => Some(Rep::Native(r)),
            _ => Some(Rep::Native(Repr::Reference)),
        };
        let result = match rep {
            None => {
                self.emit(Inst::Cpp { dst: None, site, args: passed, into, err });
                if self.native_rep(id) == Rep::Value { NOTHING } else { Operand::Native(0, Repr::Void) }
            }
            Some(rep) => self.emit_to(rep, |dst| Inst::Cpp { dst: Some(dst), site, args: passed, into, err }),
        };
        self.constructed(into, None);
        result
    }

    /// A built-in operator on scalars; `None` where it is a call.
    fn in_place(&mut self, site: SiteId, token: &str, args: &[ExprId]) -> Option<Operand> {
        if !self.tree.site(site).symbol.is_empty() {
            return None;
        }
        match *args {
            [a] => self.unary(token, a),
            [a, b] => self.binary(token, a, b),
            _ => None,
        }
    }

    fn unary(&mut self, token: &str, a: ExprId) -> Option<Operand> {
        let (ty, repr, kind) = self.scalar_type(a)?;
        Some(match token {
            "*" if kind == TypeKind::Pointer => {
                let src = self.scalar(a);
                let err = self.err();
                self.emit(Inst::NotNull { src, err });
                self.coerce(src, Rep::Native(Repr::Reference))
            }
            // An lvalue's word is its address.
            "&" if self.is_lvalue(a) => {
                let address = self.expr(a);
                self.coerce(address, Rep::Native(Repr::Pointer))
            }
            "++" | "--" if self.is_lvalue(a) && is_arithmetic(repr) && repr != Repr::Bool => {
                let op = if token == "++" { Operator::Add } else { Operator::Sub };
                let plan = Plan::new(op, repr, Repr::I32)?;
                let address = self.expr(a);
                let old = self.load(address, ty, repr);
                let new = self.planned(&plan, old, Operand::Native(1, Repr::I32));
                self.store(address, new, plan.result, ty)
            }
            "!" => {
                let x = self.scalar(a);
                self.compute(Operator::Eq, x, Operand::Native(0, repr), repr, Repr::Bool)
            }
            "-" | "+" if is_arithmetic(repr) => {
                let (x, to) = (self.scalar(a), promoted(repr));
                let src = self.convert(x, repr, to);
                match token {
                    "+" => src,
                    _ if is_float(to) => self.emit_to(Rep::Native(to), |dst| Inst::Negate { dst, src }),
                    _ => self.compute(Operator::Sub, Operand::Native(0, to), src, to, to),
                }
            }
            "~" if is_integer(repr) => {
                let (x, to) = (self.scalar(a), promoted(repr));
                let src = self.convert(x, repr, to);
                let ones = engine::scalar::extend(to, u64::MAX);
                self.compute(Operator::Xor, src, Operand::Native(ones, to), to, to)
            }
            _ => return None,
        })
    }

    fn binary(&mut self, token: &str, a: ExprId, b: ExprId) -> Option<Operand> {
        let ((ty, x, _), (_, y, _)) = (self.scalar_type(a)?, self.scalar_type(b)?);
        if let Some(op) = Operator::named(token) {
            let plan = Plan::new(op, x, y)?;
            let (m, n) = (self.scalar(a), self.scalar(b));
            return Some(self.planned(&plan, m, n));
        }
        if matches!(token, "&&" | "||") {
            return Some(self.logical(token == "&&", a, b));
        }
        if !self.is_lvalue(a) || !is_arithmetic(x) || !is_arithmetic(y) {
            return None;
        }
        let plan = match token.strip_suffix('=')? {
            "" => None,
            op => Some(Operator::named(op).and_then(|op| Plan::new(op, x, y))?),
        };
        let address = self.expr(a);
        let value = self.scalar(b);
        let (new, repr) = match &plan {
            None => (value, y),
            Some(p) => {
                let old = self.load(address, ty, x);
                (self.planned(p, old, value), p.result)
            }
        };
        Some(self.store(address, new, repr, ty))
    }

    fn planned(&mut self, plan: &Plan, a: Operand, b: Operand) -> Operand {
        let shifts = matches!(plan.op, Operator::Shl | Operator::Shr);
        let a = self.convert(a, plan.left, plan.in_type);
        let b = if shifts { b } else { self.convert(b, plan.right, plan.in_type) };
        self.compute(plan.op, a, b, plan.in_type, plan.result)
    }
    fn compute(&mut self, op: Operator, a: Operand, b: Operand, ty: Repr, result: Repr) -> Operand {
        let err = self.err();
        self.emit_to(Rep::Native(result), |dst| Inst::Compute { dst, op, a, b, ty, err })
    }
    /// Stores a scalar as the lvalue's type; the lvalue's address is the result.
    pub(super) fn store(&mut self, address: Operand, src: Operand, from: Repr, ty: TypeIx) -> Operand {
        let err = self.err();
        // Null is found before the conversion fails.
        self.emit(Inst::NotNull { src: address, err });
        let src = self.convert(src, from, self.tree.ty(ty).repr);
        self.emit(Inst::Store { address, src, ty, err });
        self.coerce(address, Rep::Native(Repr::Reference))
    }

    /// `&&` and `||`: the right operand only where the left one does not decide.
    fn logical(&mut self, and: bool, a: ExprId, b: ExprId) -> Operand {
        let dst = self.v(Rep::Native(Repr::Bool));
        let (more, yes, no, join) = (self.block(), self.block(), self.block(), self.block());
        let left = self.scalar(a);
        let test = self.emit_to(Rep::Bool, |dst| Inst::NonZero { dst, src: left });
        let (then, otherwise) = if and { (more, no) } else { (yes, more) };
        self.end(Terminator::Branch { test, then, otherwise });
        self.current = Some(more);
        let right = self.scalar(b);
        let test = self.emit_to(Rep::Bool, |dst| Inst::NonZero { dst, src: right });
        self.end(Terminator::Branch { test, then: yes, otherwise: no });
        for (block, bit) in [(yes, 1), (no, 0)] {
            self.current = Some(block);
            self.emit(Inst::Copy { dst, src: Operand::Native(bit, Repr::Bool) });
            self.jump(join);
        }
        self.current = Some(join);
        Operand::V(dst)
    }

    /// A cast between numbers.
    fn cast(&mut self, id: ExprId, site: SiteId, value: ExprId) -> Option<Operand> {
        let ((_, from, _), (_, to, _)) = (self.scalar_type(value)?, self.scalar_type(id)?);
        let prvalue = matches!(self.cpp_type(id), Some((_, Category::Prvalue)));
        if !is_arithmetic(from) || !is_arithmetic(to) || !prvalue || !self.tree.site(site).symbol.is_empty() {
            return None;
        }
        let src = self.scalar(value);
        Some(self.convert(src, from, to))
    }

    pub fn native(&mut self, id: ExprId) -> Operand {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::CppRaw { raw } => {
                let err = self.err();
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
            | Expr::CppConstruct { site, args, into } => self.site(id, *site, args, *into),
            Expr::CppOperator { site, token, args, into } => match self.in_place(*site, token, args) {
                Some(o) => o,
                None => self.site(id, *site, args, *into),
            },
            Expr::CppField { site, object } => self.site(id, *site, &[*object], None),
            Expr::CppCast { site, value, into } => match self.cast(id, *site, *value) {
                Some(o) => o,
                None => self.site(id, *site, &[*value], *into),
            },
            Expr::CppNew { site, args } => self.site(id, *site, args, None),
            Expr::CppDelete { site, value } => self.site(id, *site, &[*value], None),
            Expr::CppLoad { value } => self.scalar(*value),
            Expr::CppBox { value } => {
                let src = self.expr(*value);
                let Some((ty, _)) = self.cpp_type(*value) else { return src };
                let err = self.err();
                self.emit_to(Rep::Value, |dst| Inst::BoxPointer { dst, src, ty, err })
            }
            Expr::CppUnbox { value, ty } => {
                let src = self.word(*value);
                let (rep, err) = (self.native_rep(id), self.err());
                self.emit_to(rep, |dst| Inst::UnboxPointer { dst, src, ty: *ty, err })
            }
            Expr::ConvertOut { value, site, destroy } => {
                let src = self.scalar(*value);
                let err = self.err();
                let (site, destroy) = (*site, *destroy);
                match (self.cpp_type(*value), self.rep(src)) {
                    (_, Rep::Native(Repr::Void)) => NOTHING,
                    (Some((ty, category)), _) => {
                        self.emit_to(Rep::Value, |dst| Inst::ToValue { dst, src, ty, category, site, destroy, err })
                    }
                    (None, _) => self.coerce(src, Rep::Value),
                }
            }
            Expr::ConvertIn { value, ty, into } => {
                let src = self.word(*value);
                let (rep, err) = (self.native_rep(id), self.err());
                let o = self.emit_to(rep, |dst| Inst::FromValue { dst, src, ty: *ty, into: *into, err });
                self.constructed(*into, Some(o));
                o
            }
            Expr::Callback { value, ty, into } => {
                let src = self.word(*value);
                let (rep, err) = (self.native_rep(id), self.err());
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
