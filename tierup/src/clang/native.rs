//! C++ in C++: what a site chose is written as a person would write it, on arguments of exactly the types it was asked
//! about. Places stay places (an lvalue is its expression, not an address). Our own operators are checked as in tier 0:
//! null pointers, integer division by zero, floats that an integer cannot hold.

use super::gen_state::Gen;
use super::names;
use super::op::{Op, Order, hidden, prec};
use crate::lower::{Rep, Type};
use engine::analyze::{Expr, ExprId, NativeConst, NativeId, SiteId, Ty, TypeIx};
use questions::{Arg, CallAnswer, Callee, Category, CppType, Repr, TypeKind};

fn is_float(r: Repr) -> bool {
    matches!(r, Repr::F32 | Repr::F64)
}
fn is_integer(r: Repr) -> bool {
    use Repr::*;
    matches!(r, Bool | I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}
fn is_scalar(r: Repr) -> bool {
    is_integer(r) || is_float(r) || r == Repr::Pointer
}

impl Gen<'_> {
    /// The C++ type of a node and its category.
    fn cpp(&self, id: ExprId) -> Option<(TypeIx, Category)> {
        match self.tree.node(id).ty {
            Ty::Cpp(t, c) => Some((t, c)),
            Ty::Value => None,
        }
    }
    fn of_node(&self, id: ExprId, op: Op) -> Op {
        match (self.cpp(id), self.tree.repr(id)) {
            (Some((t, c)), Some(repr)) => Op { rep: Rep::Native(repr), ty: Some((t, c)), ..op },
            _ => op,
        }
    }

    pub fn native(&mut self, id: ExprId) -> Op {
        let tree = self.tree;
        match tree.expr(id) {
            Expr::CppRaw { raw } => {
                self.runtime("rung::raw", &[Op::atom("self", Rep::Value), Op::atom(raw.to_string(), Rep::Long)])
            }
            Expr::NativeLiteral { value } => self.native_literal(id, *value),
            Expr::CppVariable { site } => {
                let op = Op::atom(tree.site(*site).text.clone(), Rep::Value);
                self.of_node(id, op)
            }
            Expr::CppCall { site, args, into }
            | Expr::CppMethod { site, args, into }
            | Expr::CppConstruct { site, args, into } => self.site(id, *site, args, *into),
            Expr::CppOperator { site, token, args, into } => match self.builtin(id, *site, token, args) {
                Some(op) => op,
                None => self.site(id, *site, args, *into),
            },
            Expr::CppField { site, object } => self.site(id, *site, &[*object], None),
            Expr::CppCast { site, value, into } => match self.scalar_cast(id, *site, *value) {
                Some(op) => op,
                None => self.site(id, *site, &[*value], *into),
            },
            Expr::CppNew { site, args } => self.site(id, *site, args, None).some(),
            Expr::CppDelete { site, value } => self.site(id, *site, &[*value], None),
            Expr::CppLoad { value } => {
                let op = self.expr(*value);
                let op = self.tried(op);
                let op = self.loaded(op);
                self.of_node(id, op)
            }
            Expr::CppBox { value } => {
                let op = self.expr(*value);
                let op = self.tried(op);
                let Some((ty, _)) = self.cpp(*value) else { return self.refuse("a box of a Clojure value") };
                let d = self.descriptor(ty);
                Op {
                    throws: true,
                    rep: Rep::Value,
                    ty: None,
                    prec: prec::POSTFIX,
                    order: Order::Act,
                    text: format!("rung_box(&{d}, rung::pack({}))", op.arg()),
                    ..op
                }
            }
            Expr::CppUnbox { value, ty } => self.unbox(id, *value, *ty),
            Expr::ConvertOut { value, site, destroy } => self.convert_out(*value, *site, destroy.is_some()),
            Expr::ConvertIn { value, ty, into } => self.convert_in(id, *value, *ty, *into, "from"),
            Expr::Callback { value, ty, into } => self.convert_in(id, *value, *ty, *into, "call"),
            _ => self.refuse("a kind of expression that tier 2 does not know"),
        }
    }

    fn native_literal(&mut self, id: ExprId, value: NativeConst) -> Op {
        let Some((t, _)) = self.cpp(id) else { return self.refuse("a native literal without a type") };
        let ty = self.tree.ty(t);
        let text = match value {
            NativeConst::CString(c) => match &self.tree.consts[c.index()] {
                engine::analyze::ConstKey::Text(s) => Some(names::string(s)),
                _ => None,
            },
            NativeConst::Bits(b) => match self.tree.spelling(id) {
                Some(name) => Some(name.to_owned()),
                None => names::scalar(ty, b),
            },
        };
        match text {
            Some(text) => {
                let level = match text.as_bytes()[0] {
                    b'-' => prec::UNARY,
                    b's' if text.contains('(') => prec::POSTFIX,
                    _ => prec::ATOM,
                };
                let op = Op::new(text, level, Order::Fixed, Rep::Value);
                self.of_node(id, op)
            }
            None => self.refuse(format!("a literal of type {}", ty.name)),
        }
    }

    /// The value in a place.
    fn loaded(&self, op: Op) -> Op {
        match op.ty {
            Some((t, _)) if op.is_place() && self.tree.ty(t).repr != Repr::Memory => Op {
                rep: Rep::Native(self.tree.ty(t).repr),
                ty: Some((t, Category::Prvalue)),
                order: op.order.max(Order::Read),
                ..op
            },
            _ => op,
        }
    }

    // Sites.

    /// A C++ argument: a place as a place, an object to be moved from as such.
    fn argument(&mut self, id: ExprId) -> Op {
        let op = self.expr(id);
        let op = self.tried(op);
        match op.ty {
            Some((t, Category::Prvalue | Category::Xvalue))
                if op.is_place() && self.tree.repr(id) != Some(Repr::Reference) =>
            {
                let text = format!("static_cast<{} &&>({})", self.spelled(t), op.text);
                Op { text, prec: prec::POSTFIX, ..op }
            }
            _ => op,
        }
    }

    fn site(&mut self, id: ExprId, site: SiteId, args: &[ExprId], into: Option<NativeId>) -> Op {
        let answer = self.tree.site(site);
        let mut ops = self.pieces(args, &mut |s, _, a| s.argument(a));
        if args.iter().any(|a| self.types.node(*a) == Type::Never) {
            return self.dead(id);
        }
        if self.follows(answer, args.len()) {
            let first = ops[0].clone();
            ops[0] = self.not_null(first);
        }
        for (op, i) in ops.iter_mut().zip(0..) {
            self.exact(answer, i, op);
        }
        let pure = is_pure(answer);
        let order = ops.iter().map(|o| o.order).max().unwrap_or(Order::Fixed);
        let made =
            ops.iter().all(|o| o.order == Order::Fixed) && constructs(answer) && answer.result.trivially_destructible;
        let order = match (pure, made) {
            (true, _) => order,
            (_, true) => Order::Make,
            _ => Order::Act,
        };
        if !pure && !answer.noexcept {
            self.catches = true;
        }
        if self.strategy == super::Strategy::Stubs && !pure {
            if let Some(op) = self.through_stub(id, site, answer, &ops) {
                return op;
            }
        }
        let text = fill(&self.with_types(&answer.text, &ops), &ops);
        let level = strength(&text);
        let text = if pure || answer.noexcept && !self.left { text } else { self.standing(id, text) };
        let op = Op::new(text, level, order, Rep::Value);
        let op = ops.iter().fold(op, |op, o| op.with_temps(o));
        let mut op = self.of_node(id, op);
        if let Some(n) = into {
            if let Some(place) = self.places.get(&n).cloned() {
                return self.construct_in(&place, op);
            }
            op.temps.push(n);
        }
        if self.left && !pure { self.checked(op) } else { op }
    }

    /// The names of arguments' types where the text asks for them: an argument stands in it once.
    fn with_types(&self, text: &str, args: &[Op]) -> String {
        const BEFORE: &str = "__rung::bare<decltype($";
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(BEFORE) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let number = &from[BEFORE.len()..];
            let known = number.split_once(")>").and_then(|(n, after)| {
                let (t, _) = args.get(n.parse::<usize>().ok()?)?.ty?;
                let name = self.spelled(t);
                (!name.contains(['(', '['])).then_some((name, after))
            });
            match known {
                Some((name, after)) => {
                    out.push_str(&name);
                    rest = after;
                }
                None => {
                    out.push_str(BEFORE);
                    rest = number;
                }
            }
        }
        out + rest
    }

    /// What stands where control does not come.
    fn dead(&mut self, id: ExprId) -> Op {
        match self.cpp(id) {
            Some((t, c)) if self.tree.ty(t).repr != Repr::Void => {
                let text = format!("*static_cast<{}>(nullptr)", self.pointer_to(t));
                let rep = Rep::Native(self.tree.repr(id).unwrap_or(Repr::Void));
                Op::new(text, prec::UNARY, Order::Fixed, rep).typed(t, c)
            }
            _ => Op::nil(),
        }
    }

    /// Builds the object in storage that was declared for it.
    fn construct_in(&mut self, place: &str, op: Op) -> Op {
        let Some((t, _)) = op.ty else { return op };
        let name = self.spelled(t);
        self.line(format!("new ({place}.storage, rung_place()) {name}({});", op.text));
        self.line(format!("{place}.alive = true;"));
        if self.left {
            self.left_line();
        }
        Op::new(format!("*{place}"), prec::UNARY, Order::Fixed, Rep::Native(Repr::Reference))
            .typed(t, Category::Prvalue)
    }

    /// The call now, and behind it the test for an error that a callback left.
    fn checked(&mut self, op: Op) -> Op {
        let op = if op.is_void() {
            self.line(format!("{};", op.text));
            Op { order: Order::Fixed, text: "void()".into(), ..op }
        } else {
            let name = self.temporary();
            let stored = self.store(name, Op { order: Order::Act, ..op });
            match stored.ty {
                // An object in a variable is a place that is moved from, or that a local takes over.
                Some((_, Category::Prvalue)) if stored.rep == Rep::Native(Repr::Memory) => {
                    Op { rep: Rep::Native(Repr::Reference), ..stored }
                }
                Some((t, Category::Xvalue)) if stored.is_place() => Op {
                    text: format!("static_cast<{} &&>({})", self.spelled(t), stored.text),
                    prec: prec::POSTFIX,
                    ..stored
                },
                _ => stored,
            }
        };
        self.left_line();
        op
    }
    /// Behind a call that may have called back.
    fn left_line(&mut self) {
        let leave = self.leave(None, "rung::thrown");
        self.line(format!(
            "RUNG_LEFT{}(thread{});",
            hidden("_BY"),
            hidden(format!(", {}", leave.trim_end_matches(';')))
        ));
    }

    /// The first argument is a pointer that the call follows.
    fn follows(&self, answer: &CallAnswer, args: usize) -> bool {
        let pointer = answer.args.first().is_some_and(|t| t.kind == TypeKind::Pointer);
        pointer
            && match &answer.site.callee {
                Callee::Method { .. } | Callee::Field { .. } => true,
                Callee::Operator { token } => match token.as_str() {
                    "*" | "->" => args == 1,
                    "[]" => args == 2,
                    _ => false,
                },
                _ => false,
            }
    }
    fn not_null(&mut self, op: Op) -> Op {
        let op = self.loaded(op);
        if op.some {
            return op;
        }
        let op = Op { text: format!("rung::some({})", op.arg()), prec: prec::POSTFIX, ..op }.throwing();
        self.tried(op).some()
    }

    /// A piece whose text would have another type than the question had.
    fn exact(&self, answer: &CallAnswer, i: usize, op: &mut Op) {
        let Some(param) = answer.params.get(i) else { return };
        if op.text.starts_with('"') && !param.is_empty() && param != "const char *" {
            *op = Op { text: format!("static_cast<const char *>({})", op.text), prec: prec::POSTFIX, ..op.clone() };
        }
    }

    // Operators and casts of the language itself.

    fn scalar(&self, id: ExprId) -> Option<&'_ CppType> {
        let (t, _) = self.cpp(id)?;
        Some(self.tree.ty(t)).filter(|t| is_scalar(t.repr))
    }

    /// An operator that no function implements.
    fn builtin(&mut self, id: ExprId, site: SiteId, token: &str, args: &[ExprId]) -> Option<Op> {
        let tree = self.tree;
        if !tree.site(site).symbol.is_empty() {
            return None;
        }
        let types: Vec<CppType> =
            args.iter().map(|a| self.cpp(*a).map(|(t, _)| tree.ty(t).clone())).collect::<Option<_>>()?;
        let place = |s: &Self, i: usize| s.tree.repr(args[i]) == Some(Repr::Reference);
        let assigns =
            token == "=" || token.len() > 1 && token.ends_with('=') && !matches!(token, "==" | "!=" | "<=" | ">=");
        if args.len() == 2 && types.iter().any(|t| !is_scalar(t.repr)) && token != "[]" {
            return None;
        }
        let mut ops = self.pieces(args, &mut |s, i, a| {
            let op = s.expr(a);
            let op = s.tried(op);
            // Places are read in order, but for what is assigned to, taken the address of, or stepped.
            let keep = i == 0 && (assigns || matches!(token, "++" | "--") || token == "&" && args.len() == 1);
            if keep { op } else { s.loaded(op) }
        });
        if args.iter().any(|a| self.types.node(*a) == Type::Never) {
            return Some(self.dead(id));
        }
        let made = match (token, &mut ops[..]) {
            ("*", [a]) => {
                let a = self.not_null(a.clone());
                Op { text: format!("*{}", a.at(prec::UNARY)), prec: prec::UNARY, some: false, ..a }
            }
            ("&", [a]) if place(self, 0) => match a.text.strip_prefix('*') {
                Some(p) if a.prec == prec::UNARY => Op { text: p.to_owned(), prec: prec::POSTFIX, ..a.clone() }.some(),
                _ => Op { text: format!("&{}", a.at(prec::UNARY)), prec: prec::UNARY, ..a.clone() }.some(),
            },
            ("++" | "--", [a]) => {
                Op { text: format!("{token}{}", a.at(prec::UNARY)), prec: prec::UNARY, order: Order::Act, ..a.clone() }
            }
            ("-" | "+" | "~" | "!", [a]) => {
                let inner = a.at(prec::UNARY);
                let gap = if inner.starts_with(token) { " " } else { "" };
                Op { text: format!("{token}{gap}{inner}"), prec: prec::UNARY, ..a.clone() }
            }
            ("[]", [a, i]) if types[0].kind == TypeKind::Pointer => {
                let a = self.not_null(a.clone());
                join(
                    Op::new(format!("{}[{}]", a.at(prec::POSTFIX), i.text), prec::POSTFIX, Order::Fixed, a.rep),
                    &[a, i.clone()],
                )
            }
            ("[]", [a, i]) => join(
                Op::new(format!("{}[{}]", a.at(prec::POSTFIX), i.text), prec::POSTFIX, Order::Fixed, a.rep),
                &[a.clone(), i.clone()],
            ),
            ("=", [a, b]) => {
                let b = self.cut_to(&types[1], &types[0], b.clone());
                self.assignment(token, a.clone(), b)
            }
            (t, [a, b]) if assigns => {
                let bare = t.trim_end_matches('=');
                let signed = overflows(bare, &types, &b.text);
                let b = self.right_of(bare, &types, b.clone());
                if let Some(name) = signed {
                    let text = format!("rung::{name}_of({}, {})", a.arg(), b.arg());
                    join(Op::new(text, prec::POSTFIX, Order::Act, a.rep), &[a.clone(), b]).acting()
                } else {
                    self.assignment(token, a.clone(), b)
                }
            }
            (_, [a, b]) => {
                let level = level_of(token)?;
                let signed = overflows(token, &types, &b.text);
                let b = self.right_of(token, &types, b.clone());
                if let Some(name) = signed {
                    let text = format!("rung::{name}({}, {})", a.arg(), b.arg());
                    let made = join(Op::new(text, prec::POSTFIX, Order::Fixed, a.rep), &[a.clone(), b]);
                    let made = Op { throws: false, ..made };
                    let some = made.some;
                    let op = self.of_node(id, made);
                    return Some(Op { some, ..op });
                }
                let text = format!("{} {token} {}", a.at(level), b.at(level + 1));
                join(Op::new(text, level, Order::Fixed, a.rep), &[a.clone(), b])
            }
            _ => return None,
        };
        let made = Op { throws: false, ..made };
        let some = made.some;
        let op = self.of_node(id, made);
        Some(Op { some, ..op })
    }

    fn assignment(&mut self, token: &str, a: Op, b: Op) -> Op {
        // C++ evaluates the right side first; here the left one comes first.
        let a = if b.order == Order::Act && a.order > Order::Fixed { self.fixed(a) } else { a };
        join(
            Op::new(format!("{} {token} {}", a.at(prec::UNARY), b.at(prec::ASSIGN)), prec::ASSIGN, Order::Act, a.rep),
            &[a, b],
        )
        .acting()
    }

    /// The right operand of an arithmetic operator, checked or cut as tier 0 does.
    fn right_of(&mut self, token: &str, types: &[CppType], b: Op) -> Op {
        let integers = types.iter().all(|t| is_integer(t.repr));
        match token {
            "/" | "%" if integers && !is_nonzero_literal(&b.text) => {
                let op = Op { text: format!("rung::divisor({})", b.arg()), prec: prec::POSTFIX, ..b }.throwing();
                self.tried(op)
            }
            "<<" | ">>" if integers && b.text.parse::<u32>().is_err() => {
                let wide = types[0].size == 8;
                Op {
                    text: format!("({} & {})", b.at(prec::BIT_AND), if wide { 63 } else { 31 }),
                    prec: prec::ATOM,
                    ..b
                }
            }
            _ => b,
        }
    }

    /// A float on its way into an integer.
    fn cut_to(&mut self, from: &CppType, to: &CppType, op: Op) -> Op {
        let into_integer = is_integer(to.repr) && to.repr != Repr::Bool && to.kind != TypeKind::Enum;
        if !is_float(from.repr) || !into_integer {
            return op;
        }
        let signed = |bits: u32| (format!("-0x1p{}", bits - 1), format!("0x1p{}", bits - 1));
        let (least, past) = match to.repr {
            Repr::I8 => signed(8),
            Repr::I16 => signed(16),
            Repr::I32 => signed(32),
            Repr::U8 => ("0".into(), "0x1p8".into()),
            Repr::U16 => ("0".into(), "0x1p16".into()),
            Repr::U32 => ("0".into(), "0x1p32".into()),
            Repr::U64 => ("0".into(), "0x1p64".into()),
            _ => signed(64),
        };
        let text = format!("rung::cut<{}>({}, {least}, {past}, {})", to.name, op.arg(), to.repr as u32);
        let op = Op { text, prec: prec::POSTFIX, ..op }.throwing();
        self.tried(op)
    }

    fn scalar_cast(&mut self, id: ExprId, site: SiteId, value: ExprId) -> Option<Op> {
        let (from, to) = (self.scalar(value)?.clone(), self.scalar(id)?.clone());
        let plain = |t: &CppType| is_integer(t.repr) || is_float(t.repr);
        let prvalue = matches!(self.cpp(id), Some((_, Category::Prvalue)));
        if !plain(&from) || !plain(&to) || !prvalue || !self.tree.site(site).symbol.is_empty() {
            return None;
        }
        let op = self.expr(value);
        let op = self.tried(op);
        let op = self.loaded(op);
        let cut = self.cut_to(&from, &to, op.clone());
        if cut.text != op.text {
            return Some(self.of_node(id, cut));
        }
        let op = Op { text: format!("static_cast<{}>({})", to.name, op.arg()), prec: prec::POSTFIX, ..op };
        Some(self.of_node(id, op))
    }

    // Conversions.

    fn convert_out(&mut self, value: ExprId, site: Option<SiteId>, destroy: bool) -> Op {
        let op = self.expr(value);
        let op = self.tried(op);
        let Some((t, category)) = self.cpp(value) else { return self.coerce(op, Rep::Value) };
        let ty = self.tree.ty(t).clone();
        if self.types.node(value) == Type::Never {
            return Op::nil();
        }
        let op = if ty.repr == Repr::Memory { op } else { self.loaded(op) };
        let word =
            |text: String, op: Op| Op { text, prec: prec::POSTFIX, rep: Rep::Value, ty: None, some: false, ..op };
        match (ty.kind, ty.repr) {
            (_, Repr::Void) => {
                self.discard(op);
                Op::nil()
            }
            (TypeKind::NullPtr, _) => {
                self.discard(op);
                Op::nil()
            }
            (TypeKind::Bool, _) => Op { rep: Rep::Bool, ty: None, ..op },
            (TypeKind::Integer | TypeKind::Float, r) if is_integer(r) || is_float(r) => match r {
                Repr::F64 => Op { rep: Rep::Double, ty: None, ..op },
                Repr::I64 if ty.name == "long" => Op { rep: Rep::Long, ty: None, ..op },
                _ => word(format!("rung::of({})", op.arg()), op),
            },
            (TypeKind::Char, _) if ty.name == "char" => word(format!("rung::of({})", op.arg()), op),
            (TypeKind::Enum, Repr::U64) => word(format!("rung::of(static_cast<unsigned long>({}))", op.arg()), op),
            (TypeKind::Enum, _) => word(format!("rung::of(static_cast<long>({}))", op.arg()), op),
            (_, Repr::Memory) => {
                let d = self.descriptor(t);
                let moves = match site {
                    Some(s) => matches!(self.tree.site(s).site.callee, Callee::Move { .. }),
                    None => category != Category::Lvalue,
                };
                let text = match (site.is_some() || destroy, moves) {
                    (true, true) if op.is_place() => {
                        format!("rung::own_moved({d}, static_cast<{} &&>({}))", ty.name, op.arg())
                    }
                    (true, true) => format!("rung::own_moved({d}, {})", op.arg()),
                    (true, false) => format!("rung::own_copy({d}, {})", op.arg()),
                    (false, _) => format!("rung::to_value({d}, {})", op.arg()),
                };
                Op { order: Order::Act, throws: true, ..word(text, op) }
            }
            _ => {
                let d = self.descriptor(t);
                Op {
                    order: Order::Act,
                    throws: true,
                    ..word(format!("rung_to_value(&{d}, rung::pack({}))", op.arg()), op)
                }
            }
        }
    }

    fn convert_in(&mut self, id: ExprId, value: ExprId, t: TypeIx, into: Option<NativeId>, how: &str) -> Op {
        let ty = self.tree.ty(t).clone();
        let op = self.expr(value);
        let op = self.tried(op);
        let whole = ty.kind == TypeKind::Integer && is_integer(ty.repr) && how == "from";
        let op = if whole && op.rep == Rep::Long { op } else { self.coerce(op, Rep::Value) };
        let d = self.descriptor(t);
        if into.is_some() || ty.repr == Repr::Memory {
            let name = match into.and_then(|n| self.places.get(&n).cloned()) {
                Some(name) => name,
                None => {
                    into.into_iter().for_each(|n| self.ends_with_block(n));
                    let name = self.temporary();
                    let text = format!("rung::Converted<{}> {name};", self.spelled(t));
                    self.line(text);
                    name
                }
            };
            let leave = self.leave(Some(id), "rung::thrown");
            self.line(format!("if (!{name}.{how}({}, {d})) {leave}", op.arg()));
            return Op::new(format!("*{name}"), prec::UNARY, Order::Fixed, Rep::Native(Repr::Reference))
                .typed(t, Category::Lvalue);
        }
        let text = match (how, ty.kind, ty.repr) {
            ("call", ..) => format!("rung::callable<{}>({}, {d})", ty.name, op.arg()),
            _ if whole => format!("rung::to_integer<{}>({}, {d})", ty.name, op.arg()),
            (_, TypeKind::Float, Repr::F64) => format!("rung::to_double({}, {d})", op.arg()),
            (_, TypeKind::Bool, _) => format!("rung::to_bool({}, {d})", op.arg()),
            _ => format!("rung::to<{}>({}, {d})", ty.name, op.arg()),
        };
        // What is made in place can fail; what the host makes may run anything.
        let order = match ty.kind {
            TypeKind::Integer | TypeKind::Float | TypeKind::Bool => op.order.max(Order::Check),
            _ => Order::Act,
        };
        let op = Op { text, prec: prec::POSTFIX, order, ..op }.throwing();
        let op = self.tried(op);
        self.of_node(id, op)
    }

    fn unbox(&mut self, id: ExprId, value: ExprId, t: TypeIx) -> Op {
        let op = self.word(value);
        let d = self.descriptor(t);
        let ty = self.tree.ty(t).clone();
        let pointer = matches!(self.cpp(id), Some((_, Category::Prvalue)));
        let target = if pointer { ty.name.clone() } else { self.pointer_to(t) };
        let op = Op {
            text: format!("rung::unboxed<{target}>({}, {d})", op.arg()),
            prec: prec::POSTFIX,
            order: Order::Act,
            ..op
        }
        .throwing();
        let op = self.tried(op);
        let op = if pointer { op } else { Op { text: format!("*{}", op.at(prec::UNARY)), prec: prec::UNARY, ..op } };
        self.of_node(id, op)
    }

    // `--strategy stubs`: through the trampoline of the site.

    fn through_stub(&mut self, id: ExprId, site: SiteId, answer: &CallAnswer, ops: &[Op]) -> Option<Op> {
        let (t, c) = self.cpp(id)?;
        if self.tree.repr(id) == Some(Repr::Memory) {
            return None;
        }
        let mut args = Vec::new();
        for (op, arg) in ops.iter().zip(&answer.site.args) {
            let place = op.is_place() || matches!(op.ty, Some((t, _)) if self.tree.ty(t).repr == Repr::Memory);
            let native = matches!(arg, Arg::Native { .. } | Arg::Literal { .. } | Arg::Boxed {} | Arg::Callback {});
            if !native || op.is_place() && op.ty.is_none() {
                return None;
            }
            if place {
                // An object on its way lives in the block of its full expression.
                let object = if op.is_place() { op.clone() } else { self.fixed(op.clone()) };
                args.push(format!("rung::address({})", object.arg()));
            } else {
                let name = self.temporary();
                let ty = op.ty.map(|(t, _)| self.spelled(t))?;
                self.line(format!("{} {name} = {};", super::gen_state::declared(&ty), op.text));
                args.push(format!("const_cast<void *>(static_cast<const volatile void *>(&{name}))"));
            }
        }
        let list = self.temporary();
        self.line(format!(
            "void *{list}[] = {{{}}};",
            if args.is_empty() { "nullptr".into() } else { args.join(", ") }
        ));
        let result = self.temporary();
        self.line(format!("unsigned long {result} = 0;"));
        let leave = self.leave(Some(id), "rung::thrown");
        self.line(format!("if (rung::failed(rung::stub(thread, self, {}, {list}, &{result}))) {leave}", site.0));
        let rep = Rep::Native(self.tree.repr(id).unwrap_or(Repr::Void));
        let ty = self.spelled(t);
        let op = match rep {
            Rep::Native(Repr::Void) => Op::new("void()", prec::POSTFIX, Order::Fixed, rep),
            Rep::Native(Repr::Reference) => {
                Op::new(format!("*rung::unpack<{}>({result})", self.pointer_to(t)), prec::UNARY, Order::Fixed, rep)
            }
            _ => Op::new(format!("rung::unpack<{ty}>({result})"), prec::POSTFIX, Order::Fixed, rep),
        };
        Some(op.typed(t, c))
    }
}

impl Op {
    fn acting(mut self) -> Op {
        self.order = Order::Act;
        self
    }
}

fn join(op: Op, parts: &[Op]) -> Op {
    let order = parts.iter().map(|o| o.order).max().unwrap_or(Order::Fixed);
    let op = Op { order: op.order.max(order), ..op };
    parts.iter().fold(op, |op, o| op.with_temps(o))
}

/// Does the call do nothing but compute: a field, a cast of the language?
fn is_pure(answer: &CallAnswer) -> bool {
    match answer.site.callee {
        Callee::Field { .. } | Callee::Variable { .. } => true,
        Callee::Cast { .. } | Callee::Operator { .. } => answer.symbol.is_empty() && answer.result.repr != Repr::Memory,
        Callee::Construct { .. } => answer.symbol.is_empty() && is_scalar(answer.result.repr),
        _ => false,
    }
}

/// Does the text make an object of its result's type by naming the type?
fn constructs(answer: &CallAnswer) -> bool {
    let named = |name: &str| {
        !name.is_empty() && answer.text.strip_prefix(name).is_some_and(|rest| rest.starts_with(['(', '{']))
    };
    matches!(answer.site.callee, Callee::Construct { .. })
        || named(&answer.result.name)
        || named(&answer.result.display)
}

fn is_nonzero_literal(text: &str) -> bool {
    text.trim_end_matches(['u', 'U', 'L']).parse::<i64>().is_ok_and(|n| n != 0)
}

/// The function that divides where the least integer by -1 may come up, which stops the machine: there it wraps.
fn overflows(token: &str, types: &[CppType], divisor: &str) -> Option<&'static str> {
    let name = match token {
        "/" => "quotient",
        "%" => "remainder",
        _ => return None,
    };
    let signed = types.iter().all(|t| is_integer(t.repr)) && types.iter().any(|t| t.signed);
    let harmless = is_nonzero_literal(divisor) && divisor.trim_end_matches('L') != "-1";
    (signed && !harmless).then_some(name)
}

fn level_of(token: &str) -> Option<u8> {
    Some(match token {
        "*" | "/" | "%" => prec::MUL,
        "+" | "-" => prec::ADD,
        "<<" | ">>" => prec::SHIFT,
        "<" | ">" | "<=" | ">=" => prec::LESS,
        "==" | "!=" => prec::EQUAL,
        "&" => prec::BIT_AND,
        "^" => prec::BIT_XOR,
        "|" => prec::BIT_OR,
        "&&" => prec::AND,
        "||" => prec::OR,
        _ => return None,
    })
}

/// How tightly a site's text binds, by its look.
fn strength(text: &str) -> u8 {
    if text.starts_with("new ") || text.starts_with("delete ") {
        return prec::UNARY;
    }
    if text.starts_with('(') && !closes_at_end(text) {
        // `(a.*f)(x)`.
        return prec::POSTFIX;
    }
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    if plain || text.starts_with('(') { prec::ATOM } else { prec::POSTFIX }
}

fn closes_at_end(text: &str) -> bool {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return i + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    false
}

/// A site's text with its arguments in place of `$0`, `$1`, …, in parentheses where they need them.
pub(super) fn fill(text: &str, args: &[Op]) -> String {
    let mut out = String::with_capacity(text.len() + 16 * args.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let digits = rest[at + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - at - 1);
        let after = &rest[at + 1 + digits..];
        match rest[at + 1..at + 1 + digits].parse::<usize>().ok().and_then(|i| args.get(i)) {
            Some(op) => {
                let separated = matches!(out.trim_end().chars().last(), Some('(' | ',' | '[' | '{'))
                    && matches!(after.chars().next(), Some(')' | ',' | ']' | '}'));
                let prefixed =
                    out.ends_with("delete ") || out.ends_with("(*") || out.ends_with("(&") || out.ends_with("(!");
                // A dereference reads better as an arrow.
                let arrow = op.prec == prec::UNARY
                    && op.text.starts_with('*')
                    && after.starts_with('.')
                    && !op.text.starts_with("**");
                if arrow {
                    let inner = &op.text[1..];
                    let plain = inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                    out.push_str(&if plain { inner.to_owned() } else { format!("({inner})") });
                    out.push_str("->");
                    rest = &after[1..];
                    continue;
                }
                out.push_str(&op.at(if separated {
                    prec::ASSIGN
                } else if prefixed {
                    prec::UNARY
                } else {
                    prec::POSTFIX
                }));
            }
            None => out.push_str(&rest[at..at + 1 + digits]),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_take_the_parentheses_they_need() {
        let sum = Op::new("a + b", prec::ADD, Order::Fixed, Rep::Long);
        let star = Op::new("*p", prec::UNARY, Order::Fixed, Rep::Long);
        assert_eq!(fill("f($0, $1)", &[sum.clone(), star.clone()]), "f(a + b, *p)");
        assert_eq!(fill("$0.size()", &[sum]), "(a + b).size()");
        assert_eq!(fill("$0.size()", &[star]), "p->size()");
        assert_eq!(strength("f(x)"), prec::POSTFIX);
        assert_eq!(strength("(a)(b)"), prec::POSTFIX);
        assert_eq!(strength("(a + b)"), prec::ATOM);
    }
}
