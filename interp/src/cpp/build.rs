//! Nodes of the C++ kinds.

use super::call::{self, Call, Followed, Passed, Result, Site};
use super::convert::{self, Conversion, Into};
use super::direct::{self, Registers};
use super::operator::{self, Assign, Operator, Plan};
use super::place::{self, Place};
use super::scalar;
use crate::build::Builder;
use crate::control;
use crate::node::{Arg, Node};
use engine::analyze::{Binding, Expr, ExprId, NativeConst, NativeId, SiteId, Ty, TypeIx};
use engine::fault::Res;
use engine::questions::{Callee, Category, CppType, Direct, Repr, TypeKind};
use engine::value::Value;

impl Builder<'_> {
    /// A node of a C++ kind.
    pub fn native(&self, id: ExprId) -> Res<&'static Node> {
        let node = match self.tree.expr(id) {
            Expr::CppRaw { raw } => call::raw(self.body, *raw),
            Expr::NativeLiteral { value } => {
                let word = match value {
                    NativeConst::Bits(b) => *b,
                    NativeConst::CString(c) => self.c_string(*c)?,
                };
                match control::leaf(Arg::imm(Value::from_bits(word))) {
                    Some(n) => n,
                    None => return Err(self.fault("a literal that is no leaf")),
                }
            }
            Expr::CppVariable { site } => self.site_call(*site, &[], None)?,
            Expr::CppCall { site, args, into }
            | Expr::CppMethod { site, args, into }
            | Expr::CppConstruct { site, args, into } => self.site_call(*site, args, *into)?,
            Expr::CppNew { site, args } => self.site_call(*site, args, None)?,
            Expr::CppDelete { site, value } => self.site_call(*site, &[*value], None)?,
            Expr::CppField { site, object } => self.site_call(*site, &[*object], None)?,
            Expr::CppOperator { site, token, args, into } => match self.in_place(*site, token, args)? {
                Some(n) => n,
                None => self.site_call(*site, args, *into)?,
            },
            Expr::CppCast { site, value, into } => match self.cast(id, *site, *value)? {
                Some(n) => n,
                None => self.site_call(*site, &[*value], *into)?,
            },
            Expr::CppLoad { value } => {
                let Ty::Cpp(ty, category) = self.tree.node(*value).ty else {
                    return Err(self.fault("a load of a Clojure value"));
                };
                let inner = self.node(*value)?;
                match convert::load(self.tree.ty(ty).repr, category, inner) {
                    Some(n) => n,
                    None => return Ok(inner),
                }
            }
            Expr::CppBox { value } => convert::boxed(self.conversion(self.type_of(*value)?, None)?, self.node(*value)?),
            Expr::CppUnbox { value, ty } => convert::unboxed(self.conversion(*ty, None)?, self.node(*value)?),
            Expr::ConvertOut { value, site, destroy } => {
                let ty = self.type_of(*value)?;
                let mut c = self.conversion(ty, None)?;
                // An object that nothing converts is boxed; without a site by copying its bytes.
                c.owns = site.is_some()
                    || (self.tree.ty(ty).repr == Repr::Memory && !engine::host::parts().cpp.converts(self.tree.ty(ty)));
                c.transfer = site.map(|s| self.site(s)).transpose()?;
                c.destroy = destroy.map(|s| self.site(s)).transpose()?;
                convert::out(c, self.rvalue(*value)?.field.node())
            }
            Expr::ConvertIn { value, ty, into } => convert::r#in(self.conversion(*ty, *into)?, self.node(*value)?),
            Expr::Callback { value, ty, into } => convert::callback(self.conversion(*ty, *into)?, self.node(*value)?),
            Expr::Cleanups { body, temporaries } => {
                let body = self.node(*body)?;
                return self.scoped(temporaries, body);
            }
            _ => return Err(self.fault("a Clojure kind among the C++ ones")),
        };
        Ok(self.add(node.from(id)))
    }

    /// A branch on a C++ scalar, tested as C++ does.
    pub fn native_branch(&self, test: ExprId, then: &'static Node, otherwise: &'static Node) -> Res<&'static Node> {
        let repr = self.tree.ty(self.type_of(test)?).repr;
        let value = self.rvalue(test)?.field.node();
        Ok(self.add(operator::branch(repr, value, then, otherwise)))
    }

    /// The bindings' objects are destroyed when the chain is left.
    pub fn scope(&self, bindings: &[Binding], chain: &'static Node) -> Res<&'static Node> {
        let natives: Vec<NativeId> = bindings.iter().filter_map(|b| b.native).collect();
        self.scoped(&natives, chain)
    }

    /// A scalar that is bound to storage of its own: what binds it, before the node that it is given.
    pub fn scalar_in_storage(&self, b: &Binding) -> Res<Option<impl FnOnce(&'static Node) -> Node>> {
        let (Some(native), Some(repr)) = (b.native, self.tree.repr(b.init)) else { return Ok(None) };
        if !scalar::is_scalar(repr) {
            return Ok(None);
        }
        let (place, slot, init) = (self.place(native)?, self.slot(b.slot)?, self.node(b.init)?);
        Ok(Some(move |body| place::bind_scalar(place.word, repr, slot, init, body)))
    }

    fn scoped(&self, natives: &[NativeId], body: &'static Node) -> Res<&'static Node> {
        if natives.is_empty() {
            return Ok(body);
        }
        let places = natives.iter().map(|&n| self.place(n)).collect::<Res<Vec<_>>>()?;
        Ok(self.add(place::scope(places, body)))
    }

    /// Objects that no scope of the arity owns are destroyed when the arity is left.
    pub fn guard_natives(&self, body: &'static Node) -> Res<&'static Node> {
        let mut owned = vec![false; self.arity.natives.len()];
        let mut own = |n: NativeId| {
            if let Some(o) = owned.get_mut(n.index()) {
                *o = true;
            }
        };
        let mut work = vec![self.arity.body];
        while let Some(id) = work.pop() {
            match self.tree.expr(id) {
                Expr::Let { bindings, .. } | Expr::Loop { bindings, .. } => {
                    bindings.iter().filter_map(|b| b.native).for_each(&mut own)
                }
                Expr::Cleanups { temporaries, .. } => temporaries.iter().copied().for_each(&mut own),
                _ => {}
            }
            self.tree.expr(id).children(&mut |c| work.push(c));
        }
        let free: Vec<NativeId> =
            owned.iter().enumerate().filter(|(_, o)| !**o).map(|(i, _)| NativeId(i as u32)).collect();
        self.scoped(&free, body)
    }

    fn place(&self, id: NativeId) -> Res<Place> {
        let Some(n) = self.arity.natives.get(id.index()) else {
            return Err(self.fault("native storage that is not there"));
        };
        let destroy = n.destroy.map(|s| self.site(s)).transpose()?;
        Ok(Place { word: n.word, flag: self.slot(n.flag)?, destroy })
    }

    fn site(&self, id: SiteId) -> Res<Site> {
        if id.index() < self.tree.sites.len() && id.index() < self.body.unit.sites.len() {
            Ok(Site { body: self.body, id })
        } else {
            Err(self.fault("a call site that is not there"))
        }
    }

    /// The C++ type that the expression yields, without category.
    fn type_of(&self, id: ExprId) -> Res<TypeIx> {
        match self.tree.node(id).ty {
            Ty::Cpp(t, _) => Ok(t),
            Ty::Value => Err(self.fault("a Clojure value where a C++ value is wanted")),
        }
    }

    fn conversion(&self, ty: TypeIx, into: Option<NativeId>) -> Res<Conversion> {
        let into = into.map(|n| self.place(n)).transpose()?.map(|p| Into { word: p.word, flag: p.flag });
        Ok(Conversion { ty: self.tree.ty(ty), into, owns: false, transfer: None, destroy: None })
    }

    /// The expression's value as a node: a scalar lvalue is loaded.
    fn rvalue(&self, id: ExprId) -> Res<Arg> {
        let node = self.node(id)?;
        if let Ty::Cpp(ty, category) = self.tree.node(id).ty {
            if let Some(n) = convert::load(self.tree.ty(ty).repr, category, node) {
                return Ok(self.any(self.add(n)));
            }
        }
        Ok(self.any(node))
    }

    fn site_call(&self, id: SiteId, args: &[ExprId], into: Option<NativeId>) -> Res<Node> {
        let site = self.site(id)?;
        let answer = self.tree.site(id);
        let follows = match &answer.site.callee {
            Callee::Method { .. } | Callee::Field { .. } => true,
            Callee::Operator { token } => matches!((token.as_str(), args.len()), ("*" | "->", 1) | ("[]", 2)),
            _ => false,
        };
        let mut passed = Vec::with_capacity(args.len());
        for (i, &a) in args.iter().enumerate() {
            let Some(repr) = self.tree.repr(a) else {
                return Err(self.fault("a Clojure value as an argument of C++"));
            };
            let address = matches!(repr, Repr::Memory | Repr::Reference);
            let followed = match self.tree.node(a).ty {
                Ty::Cpp(t, _) if i == 0 && follows && self.tree.ty(t).repr == Repr::Pointer => match address {
                    true => Followed::Held,
                    false => Followed::Itself,
                },
                _ => Followed::Not,
            };
            passed.push(Passed { arg: self.arg(a)?, address, followed });
        }
        let result = match (answer.result_category, answer.result.repr, into) {
            (Category::Prvalue, Repr::Memory, Some(n)) => {
                let p = self.place(n)?;
                Result::Place { word: p.word, flag: p.flag }
            }
            (Category::Prvalue, Repr::Memory, None) => {
                return Err(self.fault("a C++ object without a place to build it in"));
            }
            (Category::Prvalue, r, _) => Result::Word(r),
            _ => Result::Word(Repr::Reference),
        };
        if let (Some(Direct::Field { offset }), [object]) = (&answer.direct, &passed[..]) {
            return Ok(direct::field(self.node(args[0])?, object.followed, *offset));
        }
        let registers = Registers::plan(answer, &passed, &result);
        let call = Call { site, args: passed, result, direct: registers };
        Ok(if matches!(answer.direct, Some(Direct::Variable {})) { direct::variable(call) } else { call::node(call) })
    }

    /// A built-in operator on scalars, where it is computed in place.
    fn in_place(&self, id: SiteId, token: &str, args: &[ExprId]) -> Res<Option<Node>> {
        let answer = self.tree.site(id);
        let Some(types) = args.iter().map(|&a| self.scalar_of(a)).collect::<Option<Vec<_>>>() else { return Ok(None) };
        if !answer.symbol.is_empty() {
            return Ok(None);
        }
        Ok(match (args, &types[..]) {
            (&[a], &[ty]) => self.unary(token, a, ty)?,
            (&[a, b], &[x, y]) => self.binary(token, (a, x), (b, y))?,
            _ => None,
        })
    }

    /// The expression's type, where it is a scalar, loaded or not.
    fn scalar_of(&self, id: ExprId) -> Option<&'static CppType> {
        match self.tree.node(id).ty {
            Ty::Cpp(t, _) => Some(self.tree.ty(t)).filter(|t| scalar::is_scalar(t.repr)),
            Ty::Value => None,
        }
    }

    fn is_lvalue(&self, id: ExprId) -> bool {
        matches!(self.tree.node(id).ty, Ty::Cpp(_, Category::Lvalue))
    }

    fn unary(&self, token: &str, a: ExprId, ty: &CppType) -> Res<Option<Node>> {
        let value = || Ok(self.rvalue(a)?.field.node());
        Ok(match token {
            "*" if ty.kind == TypeKind::Pointer => Some(operator::dereference(value()?)),
            // An lvalue's word is its address.
            "&" if self.is_lvalue(a) => Some(operator::cast(Repr::Pointer, Repr::Pointer, self.node(a)?)),
            "++" | "--" if self.is_lvalue(a) && scalar::is_arithmetic(ty.repr) && ty.repr != Repr::Bool => {
                let op = if token == "++" { Operator::Add } else { Operator::Sub };
                let plan = Plan::new(op, ty.repr, Repr::I32);
                match control::leaf(Arg::imm(Value::from_bits(1))) {
                    Some(one) if plan.is_some() => {
                        let how = Assign { plan, left: ty.repr, right: Repr::I32 };
                        Some(operator::assign(how, self.node(a)?, self.add(one)))
                    }
                    _ => None,
                }
            }
            "-" | "+" | "~" | "!" => operator::unary(token, ty.repr, value()?),
            _ => None,
        })
    }

    fn binary(&self, token: &str, (a, x): (ExprId, &CppType), (b, y): (ExprId, &CppType)) -> Res<Option<Node>> {
        let value = |id| Ok(self.rvalue(id)?.field.node());
        if let Some(op) = Operator::named(token) {
            return Ok(match Plan::new(op, x.repr, y.repr) {
                Some(plan) => Some(operator::binary(plan, value(a)?, value(b)?)),
                None => None,
            });
        }
        if matches!(token, "&&" | "||") {
            return Ok(Some(operator::logical(token == "&&", (x.repr, value(a)?), (y.repr, value(b)?))));
        }
        if !self.is_lvalue(a) || !scalar::is_arithmetic(x.repr) || !scalar::is_arithmetic(y.repr) {
            return Ok(None);
        }
        // An enum takes no plain number, and Clang has checked that; what it takes is stored as it is.
        let plan = match token.strip_suffix('=') {
            Some("") => None,
            Some(op) => match Operator::named(op).and_then(|op| Plan::new(op, x.repr, y.repr)) {
                Some(p) => Some(p),
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        let how = Assign { plan, left: x.repr, right: y.repr };
        Ok(Some(operator::assign(how, self.node(a)?, value(b)?)))
    }

    /// A cast between scalar numbers.
    fn cast(&self, id: ExprId, site: SiteId, value: ExprId) -> Res<Option<Node>> {
        let (Some(from), Some(to)) = (self.scalar_of(value), self.scalar_of(id)) else { return Ok(None) };
        let plain = scalar::is_arithmetic(from.repr) && scalar::is_arithmetic(to.repr);
        let prvalue = matches!(self.tree.node(id).ty, Ty::Cpp(_, Category::Prvalue));
        if !plain || !prvalue || !self.tree.site(site).symbol.is_empty() {
            return Ok(None);
        }
        Ok(Some(operator::cast(from.repr, to.repr, self.rvalue(value)?.field.node())))
    }
}
