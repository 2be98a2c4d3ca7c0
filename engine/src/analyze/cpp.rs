//! Forms that name C++: `cpp/raw`, casts, boxes, `new`, operators, literals, values; conversions between the worlds.

use super::call::dots;
use super::cpp_type::NULLPTR;
use super::scope::show;
use super::*;
use crate::heap::Gc;
use crate::host;
use crate::text::Text;
use questions::{Answer, Arg, CallAnswer, CallQuestion, Callee, Literal, Question, TypeKind};
use std::sync::Arc;

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "%", "++", "--", "==", "!=", "<", ">", "<=", ">=", "<=>", "!", "&&", "||", "~", "&", "|", "^",
    "<<", ">>", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "aget",
];

impl Analyzer<'_> {
    /// A list whose head is `cpp/…`.
    pub(crate) fn cpp_form(&mut self, s: Gc<Symbol>, form: Value, position: Position) -> Res<ExprId> {
        let name = s.name_str();
        let all = items(form)?;
        let args = &all[1..];
        match name {
            "raw" => self.raw(form, args, position),
            "cast" | "unsafe-cast" => self.cast(form, args, name == "unsafe-cast", position),
            "box" => self.box_(args, position),
            "unbox" => self.unbox(args, position),
            "new" => match args.split_first() {
                Some((&ty, rest)) => {
                    let ty = self.type_text(ty)?;
                    self.cpp_call(Callee::New { ty }, form, 2, rest, None, position)
                }
                None => Err(self.arity("cpp/new", "(cpp/new Type arguments …)")),
            },
            "delete" => self.cpp_call(Callee::Delete {}, form, 1, args, None, position),
            "dsl" => match args {
                [x] => self.dsl_value(*x, position),
                _ => Err(self.arity("#cpp", "#cpp form")),
            },
            // What C++ text says of arguments `$0`, `$1`, …: for forms that Rung itself makes.
            "expression" => match args.split_first() {
                Some((text, rest)) if text.is::<Text>() => {
                    let text = text.cast::<Text>().map(|t| t.as_str().to_owned()).unwrap_or_default();
                    self.cpp_call(Callee::Expression { text }, form, 2, rest, None, position)
                }
                _ => Err(self.arity("cpp/expression", "(cpp/expression \"text\" arguments …)")),
            },
            "type" => Err(self.error("cpp/type", "a C++ type is no value; write it where a type is wanted")),
            "value" => match args {
                [v] if v.is::<Text>() => {
                    let text = v.cast::<Text>().map(|t| t.as_str().to_owned()).unwrap_or_default();
                    self.constant_expression(text, position)
                }
                _ => Err(self.arity("cpp/value", "(cpp/value \"expression\")")),
            },
            op if OPERATORS.contains(&op) => self.operator(op, form, args, position),
            n if n.len() > 1 && n.starts_with('.') => self.member(&n[1..], form, position),
            n if n.len() > 1 && n.ends_with('.') => {
                self.cpp_construct(&dots(&n[..n.len() - 1]), form, args, 1, position)
            }
            n => self.cpp_call_named(&dots(n), form, position),
        }
    }

    fn raw(&mut self, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        let [text] = args else { return Err(self.arity("cpp/raw", "(cpp/raw \"C++ text\")")) };
        let Some(text) = text.cast::<Text>() else { return Err(self.arity("cpp/raw", "(cpp/raw \"C++ text\")")) };
        let text = text.as_str().to_owned();
        if self.collecting.is_some() {
            // What follows may use what the text declares: it is declared once, in the last pass.
            return Err(self.missing());
        }
        self.at_child(form, 1, |a| {
            let (file, place) = (a.tree.file.to_string(), a.place);
            match host::parts().cpp.raw(&text, &file, place.line) {
                Ok(done) => {
                    let raw = a.tree.raws.len() as u32;
                    a.tree.raws.push(RawText { text: text.as_str().into(), place });
                    a.inits.push(done.inits);
                    dependants::redefined(&done.redefined);
                    Ok(a.add(Expr::CppRaw { raw }, position, Ty::Value))
                }
                Err(all) => Err(a.raise_all(all)),
            }
        })
    }

    /// The first diagnostic, the others as its notes.
    fn raise_all(&mut self, all: Vec<Diagnostic>) -> Thrown {
        let mut all = all.into_iter();
        let mut d = all.next().unwrap_or_else(|| Diagnostic::new(Phase::Analyze, "cpp/raw", "C++ text was refused"));
        for more in all {
            let span = more.spans.into_iter().next();
            d.notes.push(questions::Note { text: format!("{}: {}", more.code, more.message), span });
        }
        d.phase = Phase::Analyze;
        if d.spans.is_empty() {
            d.spans.push(self.span(""));
        }
        fault::raise_diagnostic(Class::Compiler, &d)
    }

    fn cast(&mut self, form: Value, args: &[Value], unchecked: bool, position: Position) -> Res<ExprId> {
        let name = if unchecked { "cpp/unsafe-cast" } else { "cpp/cast" };
        let [ty, v] = args[..] else { return Err(self.arity(name, &format!("({name} Type value)"))) };
        let text = self.at_child(form, 1, |a| a.type_text(ty))?;
        if let Some(name) = self.overloaded_name(v)? {
            let text = format!("static_cast<{text}>(&{name})");
            return self.cpp_site(Callee::Expression { text }, Value::NIL, Vec::new(), position);
        }
        let value = self.at_child(form, 2, |a| a.cpp_arg(v))?;
        if self.is_obscure(value) {
            return Err(self.missing());
        }
        if !self.is_unknown(value) && self.ty(value) == Ty::Value {
            let t = self.at_child(form, 1, |a| a.type_named(&text))?;
            return self.cast_in(value, t);
        }
        self.cpp_site(Callee::Cast { ty: text, unchecked }, form, vec![(value, 2)], position)
    }

    fn box_(&mut self, args: &[Value], position: Position) -> Res<ExprId> {
        let [v] = args else { return Err(self.arity("cpp/box", "(cpp/box pointer)")) };
        let value = self.cpp_arg(*v)?;
        let value = match self.ty(value) {
            Ty::Cpp(t, Category::Lvalue | Category::Xvalue) if self.tree.ty(t).repr == Repr::Pointer => {
                self.load(value, t)
            }
            _ => value,
        };
        match self.ty(value) {
            Ty::Cpp(..) if self.tree.repr(value) == Some(Repr::Pointer) => {
                Ok(self.add(Expr::CppBox { value }, position, Ty::Value))
            }
            Ty::Cpp(t, _) => {
                let message = format!("only a pointer can be boxed, this is a {}", show(self.tree.ty(t)));
                Err(self.error("cpp/box", message))
            }
            Ty::Value => Err(self.error("cpp/box", "only a C++ pointer can be boxed, this is a Clojure value")),
        }
    }

    fn unbox(&mut self, args: &[Value], position: Position) -> Res<ExprId> {
        let [ty, v] = args[..] else { return Err(self.arity("cpp/unbox", "(cpp/unbox Type box)")) };
        let ty = self.type_form(ty)?;
        let value = self.value(v)?;
        let category = if self.tree.ty(ty).repr == Repr::Pointer { Category::Prvalue } else { Category::Lvalue };
        Ok(self.add(Expr::CppUnbox { value, ty }, position, Ty::Cpp(ty, category)))
    }

    fn operator(&mut self, op: &str, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        let token = if op == "aget" { "[]" } else { op };
        if let ("&", [one]) = (token, args) {
            if let Some(id) = self.at_child(form, 1, |a| a.address_of_name(*one, position))? {
                return Ok(id);
            }
        }
        if matches!(token, "&&" | "||") && args.len() == 2 {
            return self.short_circuit(token, form, args, position);
        }
        if args.len() > 2 && token == "[]" {
            return self.subscript(form, args, position);
        }
        let folds = matches!(token, "+" | "-" | "*" | "/" | "%" | "|" | "&" | "^" | "&&" | "||" | "<<" | ">>");
        if args.len() > 2 && folds {
            let left = self.operator(op, form, &args[..2], Position::Value);
            let mut left = self.part(left)?;
            for (i, &a) in args.iter().enumerate().skip(2) {
                let p = if i + 1 == args.len() { position } else { Position::Value };
                if let Some(name) = self.overloaded_argument(a)? {
                    if self.is_unknown(left) {
                        return Err(self.missing());
                    }
                    let text = format!("{} {token} {name}", self.operand(left, 0));
                    left = self.cpp_site(Callee::Expression { text }, form, vec![(left, 1)], p)?;
                    continue;
                }
                let right = self.at_child(form, i + 1, |an| an.cpp_arg(a))?;
                left =
                    self.cpp_site(Callee::Operator { token: token.into() }, form, vec![(left, 1), (right, i + 1)], p)?;
            }
            return Ok(left);
        }
        self.cpp_call(Callee::Operator { token: token.to_owned() }, form, 1, args, None, position)
    }

    /// `(cpp/aget a i j)` is `a[i][j]`, but of a class that takes both at once.
    #[cold]
    fn subscript(&mut self, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        let mut ids = Vec::with_capacity(args.len());
        for (i, &a) in args.iter().enumerate() {
            ids.push((self.at_child(form, i + 1, |an| an.cpp_arg(a))?, i + 1));
        }
        if ids.iter().any(|&(id, _)| self.is_unknown(id)) {
            return Err(self.missing());
        }
        let callee = Callee::Operator { token: "[]".into() };
        if self.is_class(ids[0].0) {
            let kinds = ids.iter().map(|&(id, _)| self.arg_kind(id)).collect();
            if let Ok(Answer::Call(_)) =
                self.answer(Question::Call(CallQuestion { callee: callee.clone(), args: kinds }))?
            {
                return self.cpp_site(callee, form, ids, position);
            }
        }
        let mut left = ids[0];
        for (i, &at) in ids.iter().enumerate().skip(1) {
            let last = i + 1 == ids.len();
            let p = if last { position } else { Position::Value };
            let element = self.cpp_site(callee.clone(), form, vec![left, at], p);
            left = (if last { element? } else { self.part(element)? }, 1);
        }
        Ok(left.0)
    }

    /// `&&` and `||` evaluate their right side only where C++ would: on scalars they are an `if`.
    fn short_circuit(&mut self, token: &str, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        let left = self.at_child(form, 1, |a| a.cpp_arg(args[0]))?;
        let mark = self.scope().temporaries.len();
        let right = self.at_child(form, 2, |a| a.cpp_arg(args[1]))?;
        if self.is_class(left) || self.is_class(right) {
            return self.cpp_site(
                Callee::Operator { token: token.into() },
                form,
                vec![(left, 1), (right, 2)],
                position,
            );
        }
        let bool_type = self.builtin("bool");
        let left = self.convert_to(left, bool_type)?;
        let right = self.convert_to(right, bool_type)?;
        let right = self.end_full_expression(right, mark, Position::Value);
        let ty = Ty::Cpp(bool_type, Category::Prvalue);
        let known = self.add(Expr::NativeLiteral { value: NativeConst::Bits((token == "||") as u64) }, position, ty);
        let (then, otherwise) = if token == "&&" { (right, known) } else { (known, right) };
        Ok(self.add(Expr::If { test: left, then, otherwise }, position, ty))
    }

    fn is_class(&self, id: ExprId) -> bool {
        match self.ty(id) {
            Ty::Cpp(t, _) => self.tree.ty(t).repr == Repr::Memory,
            Ty::Value => false,
        }
    }

    /// `(set! place value)` and `(cpp/= place value)` on C++ lvalues.
    pub(crate) fn cpp_assign(&mut self, target: Value, value: Value, position: Position) -> Res<ExprId> {
        let target = self.cpp_arg(target)?;
        if self.is_obscure(target) {
            return Err(self.missing());
        }
        if !self.is_unknown(target) && self.ty(target) == Ty::Value {
            return Err(self.error("analyze/set", "set! wants a var, a field or a C++ lvalue"));
        }
        let value = self.cpp_arg(value)?;
        self.cpp_site(Callee::Operator { token: "=".into() }, Value::NIL, vec![(target, 1), (value, 2)], position)
    }

    /// A C++ name in value position.
    pub(crate) fn cpp_value(&mut self, name: &str, position: Position) -> Res<ExprId> {
        if let Some((ty, bits)) = match name {
            "nullptr" => Some((NULLPTR, 0)),
            "true" => Some(("bool", 1)),
            "false" => Some(("bool", 0)),
            _ => None,
        } {
            let ty = self.builtin(ty);
            let value = NativeConst::Bits(bits);
            return Ok(self.add(Expr::NativeLiteral { value }, position, Ty::Cpp(ty, Category::Prvalue)));
        }
        let answered = self.ask(Question::Name { name: name.to_owned() });
        if answered.is_err() {
            self.await_last();
        }
        match answered? {
            Answer::Variable { .. } => {
                let callee = Callee::Variable { name: name.to_owned() };
                self.cpp_site(callee, Value::NIL, Vec::new(), position)
            }
            Answer::EnumConstant { ty, value } => {
                let ty = self.add_type(ty);
                let value = NativeConst::Bits(value as u64);
                let id = self.add(Expr::NativeLiteral { value }, position, Ty::Cpp(ty, Category::Prvalue));
                self.tree.spellings.push((id, name.into()));
                Ok(id)
            }
            Answer::Constant { ty, value } => self.native_constant(name, ty, value, position),
            Answer::Macro { function_like: false } => self.constant_expression(name.to_owned(), position),
            // With its template arguments written out it is one function, or Clang says why not.
            Answer::Functions { .. } | Answer::FunctionTemplate { .. } if name.ends_with('>') => {
                self.cpp_site(Callee::Expression { text: format!("&{name}") }, Value::NIL, Vec::new(), position)
            }
            Answer::Functions { overloads } if overloads.len() == 1 => {
                self.cpp_site(Callee::Expression { text: format!("&{name}") }, Value::NIL, Vec::new(), position)
            }
            Answer::Functions { overloads } | Answer::FunctionTemplate { overloads } => {
                let mut d = Diagnostic::new(
                    Phase::Analyze,
                    "cpp/ambiguous",
                    format!("{name} is overloaded, so it has no one address"),
                )
                .at(self.span("which one?"))
                .help(format!("(cpp/cast (:* (:fn result [parameters])) cpp/{})", name.replace("::", ".")));
                for o in overloads {
                    d = d.candidate(o.signature, o.span);
                }
                Err(fault::raise_diagnostic(Class::Compiler, &d))
            }
            Answer::Macro { function_like: true } => {
                Err(self.error("cpp/call", format!("{name} is a macro that takes arguments: call it")))
            }
            Answer::Namespace { .. } => Err(self.error("cpp/type", format!("{name} is a namespace, not a value"))),
            Answer::Type { .. } | Answer::ClassTemplate { .. } => {
                let d = Diagnostic::new(Phase::Analyze, "cpp/type", format!("{name} is a type, not a value"))
                    .at(self.span("a type"))
                    .help(format!("(cpp/{}) makes one", name.replace("::", ".")));
                Err(fault::raise_diagnostic(Class::Compiler, &d))
            }
            Answer::Field { .. } => {
                let d =
                    Diagnostic::new(Phase::Analyze, "cpp/member", format!("{name} is a field of objects, not a value"))
                        .at(self.span("of which object?"))
                        .help(format!(
                            "(.-{} object), or a pointer to the member: (cpp/& cpp/{})",
                            name.rsplit("::").next().unwrap_or(name),
                            name.replace("::", ".")
                        ));
                Err(fault::raise_diagnostic(Class::Compiler, &d))
            }
            _ => Err(self.error("cpp/unresolved", format!("{name} is no value"))),
        }
    }

    fn constant_expression(&mut self, text: String, position: Position) -> Res<ExprId> {
        match self.ask(Question::Value { text: text.clone() })? {
            Answer::Constant { ty, value } => self.native_constant(&text, ty, value, position),
            Answer::EnumConstant { ty, value } => {
                let ty = self.add_type(ty);
                let value = NativeConst::Bits(value as u64);
                Ok(self.add(Expr::NativeLiteral { value }, position, Ty::Cpp(ty, Category::Prvalue)))
            }
            _ => self.cpp_site(Callee::Expression { text }, Value::NIL, Vec::new(), position),
        }
    }

    /// A constant whose value is known becomes a literal; any other is evaluated where it is used.
    fn native_constant(
        &mut self,
        text: &str,
        ty: questions::CppType,
        value: Option<Literal>,
        position: Position,
    ) -> Res<ExprId> {
        let value = match value {
            Some(Literal::Int(n)) => NativeConst::Bits(n as u64),
            Some(Literal::UInt(n)) => NativeConst::Bits(n),
            Some(Literal::Float(d)) if ty.repr == Repr::F32 => NativeConst::Bits((d as f32).to_bits() as u64),
            Some(Literal::Float(d)) if ty.repr == Repr::F64 => NativeConst::Bits(d.to_bits()),
            Some(Literal::Bool(b)) => NativeConst::Bits(b as u64),
            Some(Literal::Null) => NativeConst::Bits(0),
            Some(Literal::String(s)) if ty.kind == TypeKind::Pointer => {
                let v = Text::value(&s);
                NativeConst::CString(self.constant(v)?)
            }
            _ => return self.cpp_site(Callee::Expression { text: text.to_owned() }, Value::NIL, Vec::new(), position),
        };
        let ty = self.add_type(ty);
        Ok(self.add(Expr::NativeLiteral { value }, position, Ty::Cpp(ty, Category::Prvalue)))
    }

    /// A literal where C++ wants it: native.
    pub(crate) fn native_literal(&mut self, form: Value) -> Res<Option<ExprId>> {
        let (name, value) = if let Some(n) = form.as_long() {
            (if i32::try_from(n).is_ok() { "int" } else { "long" }, NativeConst::Bits(n as u64))
        } else if let Some(d) = form.as_double() {
            ("double", NativeConst::Bits(d.to_bits()))
        } else if let Some(b) = form.as_bool() {
            ("bool", NativeConst::Bits(b as u64))
        } else if form.is_nil() {
            (NULLPTR, NativeConst::Bits(0))
        } else if let Some(c) = form.as_char().filter(|&c| c < 128) {
            ("char", NativeConst::Bits(c as u64))
        } else if form.is::<Text>() {
            ("const char *", NativeConst::CString(self.constant(form)?))
        } else {
            return Ok(None);
        };
        let ty = self.builtin(name);
        Ok(Some(self.add(Expr::NativeLiteral { value }, Position::Value, Ty::Cpp(ty, Category::Prvalue))))
    }

    /// An argument of a C++ call: literals native, C++ expressions as they are, everything else a value.
    pub(crate) fn cpp_arg(&mut self, form: Value) -> Res<ExprId> {
        match self.native_literal(form)? {
            Some(id) => Ok(id),
            None => self.expr(form, Want::Any, Position::Value),
        }
    }

    /// A Clojure value as a C++ value of the type, checked when it runs.
    pub(crate) fn convert_in(&mut self, value: ExprId, ty: TypeIx) -> Res<ExprId> {
        let t = self.tree.ty(ty).clone();
        let callable = t.kind == TypeKind::FunctionPointer || t.name.starts_with("std::function<");
        if t.repr == Repr::Memory {
            let into = Some(self.temporary(ty)?);
            let expr = if callable { Expr::Callback { value, ty, into } } else { Expr::ConvertIn { value, ty, into } };
            return Ok(self.add(expr, Position::Value, Ty::Cpp(ty, Category::Lvalue)));
        }
        let expr =
            if callable { Expr::Callback { value, ty, into: None } } else { Expr::ConvertIn { value, ty, into: None } };
        Ok(self.add(expr, Position::Value, Ty::Cpp(ty, Category::Prvalue)))
    }

    /// A Clojure value cast to a C++ type: a number as C++ casts it, cut or widened, where the type can hold it.
    pub(crate) fn cast_in(&mut self, value: ExprId, ty: TypeIx) -> Res<ExprId> {
        let id = self.convert_in(value, ty)?;
        use TypeKind::*;
        let number = matches!(self.tree.ty(ty).kind, Bool | Char | Integer | Float | Enum);
        Ok(if number { self.convert_by(questions::Way::Cast, id) } else { id })
    }

    /// What a site takes for a Clojure value: an object of its own or, by a reference that is not const, the one in a box.
    pub(crate) fn argument_in(&mut self, value: ExprId, ty: TypeIx, arg: Option<&Arg>) -> Res<ExprId> {
        let t = self.tree.ty(ty);
        let changes = matches!(arg, Some(Arg::Native { category: Category::Lvalue, .. }));
        let held = t.name.starts_with("rung::root<") || t.name.starts_with("std::function<");
        if !changes || held || t.is_const {
            return self.convert_in(value, ty);
        }
        if matches!(self.tree.expr(value), Expr::Vector { .. } | Expr::Map { .. } | Expr::Set { .. } | Expr::Fn { .. })
        {
            let name = show(t).to_owned();
            let d = Diagnostic::new(
                Phase::Analyze,
                "cpp/conversion",
                format!("C++ may change what it is given as {name}&"),
            )
            .at(self.span("a Clojure value, which never changes"))
            .help(format!("make an object first: (let [x (cpp/{} …)] …) and pass x", name.replace("::", ".")));
            return Err(fault::raise_diagnostic(Class::Compiler, &d));
        }
        if t.repr == Repr::Memory {
            let id = self.convert_in(value, ty)?;
            return Ok(self.convert_by(questions::Way::Bound, id));
        }
        Ok(self.add(Expr::CppUnbox { value, ty }, Position::Value, Ty::Cpp(ty, Category::Lvalue)))
    }

    fn convert_by(&mut self, way: questions::Way, id: ExprId) -> ExprId {
        if let Expr::ConvertIn { ty, .. } = *self.tree.expr(id) {
            let by = self.type_by(way, ty);
            if let Expr::ConvertIn { ty, .. } = &mut self.tree.nodes[id.index()].expr {
                *ty = by;
            }
        }
        id
    }

    /// Anything as a C++ value of the type, by an implicit conversion of C++ or from a Clojure value.
    pub(crate) fn convert_to(&mut self, id: ExprId, ty: TypeIx) -> Res<ExprId> {
        match self.ty(id) {
            Ty::Value => self.convert_in(id, ty),
            Ty::Cpp(t, Category::Prvalue) if t == ty => Ok(id),
            Ty::Cpp(t, _) if t == ty && self.tree.ty(t).repr != Repr::Memory => Ok(self.load(id, t)),
            Ty::Cpp(..) => {
                let callee = Callee::Cast { ty: self.tree.ty(ty).name.clone(), unchecked: false };
                let converted = self.cpp_site(callee, Value::NIL, vec![(id, 1)], Position::Value);
                self.part(converted)
            }
        }
    }

    /// The test of an `if`: a value, or a C++ scalar; objects convert to bool as C++ does it.
    pub(crate) fn truth(&mut self, id: ExprId) -> Res<ExprId> {
        match self.ty(id) {
            Ty::Value => Ok(id),
            Ty::Cpp(t, category) => match self.tree.ty(t).repr {
                Repr::Void => Err(self.error("cpp/type", "the test's call returns void")),
                Repr::Memory => {
                    let callee = Callee::Cast { ty: "bool".into(), unchecked: false };
                    let test = self.cpp_site(callee, Value::NIL, vec![(id, 1)], Position::Value);
                    self.part(test)
                }
                _ if category == Category::Prvalue => Ok(id),
                _ => Ok(self.load(id, t)),
            },
        }
    }

    /// Reads a scalar through its address. Objects stay where they are.
    pub(crate) fn load(&mut self, id: ExprId, t: TypeIx) -> ExprId {
        if self.tree.ty(t).repr == Repr::Memory {
            return id;
        }
        self.add(Expr::CppLoad { value: id }, Position::Value, Ty::Cpp(t, Category::Prvalue))
    }

    /// Is it `rung::root<>`: a Clojure value in C++'s hands?
    pub(crate) fn holds_value(&self, t: TypeIx) -> bool {
        let name = &self.tree.ty(t).name;
        name.strip_prefix("const ").unwrap_or(name).starts_with("rung::root<")
    }

    /// A C++ result where a Clojure value is wanted.
    pub(crate) fn convert_out(&mut self, id: ExprId, t: TypeIx, category: Category, position: Position) -> Res<ExprId> {
        let ty = self.tree.ty(t).clone();
        if ty.repr != Repr::Memory {
            let id = if category == Category::Prvalue { id } else { self.load(id, t) };
            return Ok(self.add(Expr::ConvertOut { value: id, site: None, destroy: None }, position, Ty::Value));
        }
        if host::parts().cpp.converts(&ty) {
            return Ok(self.add(Expr::ConvertOut { value: id, site: None, destroy: None }, position, Ty::Value));
        }
        if category == Category::Lvalue && !ty.copyable && self.is_of_global(id) {
            // A stream in a chain of `<<`: the program's own for good.
            let callee = Callee::Operator { token: "&".into() };
            let value = self.cpp_site(callee, Value::NIL, vec![(id, 1)], Position::Value)?;
            return Ok(self.add(Expr::CppBox { value }, position, Ty::Value));
        }
        let moving = category != Category::Lvalue && ty.movable;
        if !moving && !ty.copyable || ty.incomplete {
            let message =
                format!("a {} cannot become a Clojure value: it can be neither converted nor copied", show(&ty));
            let d = Diagnostic::new(Phase::Analyze, "cpp/conversion", message)
                .at(self.span("needed as a Clojure value here"))
                .note(format!("no specialisation of rung::convert<{}>", show(&ty)))
                .help("keep it in a C++ local, or box a pointer to it: (cpp/box (cpp/& x))");
            return Err(fault::raise_diagnostic(Class::Compiler, &d));
        }
        let name = ty.name.clone();
        // A site even where bytes would do: that there is one says 'into a box', not 'convert'.
        let (callee, category) = if moving {
            (Callee::Move { ty: name.clone() }, Category::Xvalue)
        } else {
            (Callee::Copy { ty: name.clone() }, Category::Lvalue)
        };
        let site = Some(self.lifecycle(callee, &name, category)?);
        let destroy = self.destructor(t)?;
        Ok(self.add(Expr::ConvertOut { value: id, site, destroy }, position, Ty::Value))
    }

    /// A global variable, or what an operator on one gave, which is that again.
    fn is_of_global(&self, id: ExprId) -> bool {
        match self.tree.expr(id) {
            Expr::CppVariable { .. } => true,
            Expr::CppOperator { token, args, .. } if matches!(&**token, "<<" | ">>") => {
                args.first().is_some_and(|&a| self.is_of_global(a))
            }
            Expr::CppCall { site, args, .. } => {
                let text = matches!(&self.tree.site(*site).site.callee, Callee::Expression { text } if text.starts_with("$0 << "));
                text && args.first().is_some_and(|&a| self.is_of_global(a))
            }
            _ => false,
        }
    }

    /// The destructor's site of a type, none where it is trivial.
    pub(crate) fn destructor(&mut self, t: TypeIx) -> Res<Option<SiteId>> {
        let ty = self.tree.ty(t);
        if ty.trivially_destructible || ty.repr != Repr::Memory {
            return Ok(None);
        }
        let name = ty.name.clone();
        self.lifecycle(Callee::Destroy { ty: name.clone() }, &name, Category::Lvalue).map(Some)
    }

    fn lifecycle(&mut self, callee: Callee, ty: &str, category: Category) -> Res<SiteId> {
        let args = vec![Arg::Native { ty: ty.to_owned(), category }];
        match self.ask(Question::Call(CallQuestion { callee, args }))? {
            Answer::Call(answer) => Ok(self.add_site(answer)),
            _ => Err(self.error("cpp/call", format!("{ty} has no such operation"))),
        }
    }

    pub(crate) fn add_site(&mut self, answer: Arc<CallAnswer>) -> SiteId {
        if let Some(&id) = self.site_index.get(&answer.site) {
            return id;
        }
        let id = SiteId(self.tree.sites.len() as u32);
        self.site_index.insert(answer.site.clone(), id);
        self.tree.sites.push(answer);
        id
    }

    /// Storage for a temporary object of the full expression at hand.
    pub(crate) fn temporary(&mut self, t: TypeIx) -> Res<NativeId> {
        let destroy = self.destructor(t)?;
        let size = self.tree.ty(t).size;
        let n = self.scope().native(t, size, destroy);
        self.scope().temporaries.push(n);
        Ok(n)
    }

    /// Takes the storage of a prvalue's temporary over for a local: it is constructed in place and lives with the local.
    pub(crate) fn take_storage(&mut self, id: ExprId, mark: usize) -> Option<NativeId> {
        let into = self.storage_of(id)?;
        let temporaries = &mut self.scope().temporaries;
        let at = temporaries.iter().skip(mark).position(|&n| n == into)? + mark;
        temporaries.remove(at);
        Some(into)
    }

    /// Where the object that a node yields is constructed.
    fn storage_of(&self, id: ExprId) -> Option<NativeId> {
        match self.tree.expr(id) {
            Expr::CppCall { into, .. }
            | Expr::CppMethod { into, .. }
            | Expr::CppConstruct { into, .. }
            | Expr::CppOperator { into, .. }
            | Expr::CppCast { into, .. }
            | Expr::ConvertIn { into, .. }
            | Expr::Callback { into, .. } => *into,
            Expr::Do { body } => body.last().and_then(|&b| self.storage_of(b)),
            Expr::Let { body, .. } | Expr::Letfn { body, .. } | Expr::Cleanups { body, .. } => self.storage_of(*body),
            // Both branches' storage, or it is nobody's.
            Expr::If { then, otherwise, .. } => {
                self.storage_of(*then).filter(|n| self.storage_of(*otherwise) == Some(*n))
            }
            _ => None,
        }
    }

    /// Lets the objects that two branches yield be made in the same place: only one of them is.
    pub(crate) fn share_storage(&mut self, a: ExprId, b: ExprId) {
        let (Some(kept), Some(given_up)) = (self.storage_of(a), self.storage_of(b)) else { return };
        let temporaries = &mut self.scope().temporaries;
        if let Some(at) = temporaries.iter().position(|&n| n == given_up) {
            temporaries.remove(at);
            self.make_in(b, given_up, kept);
        }
    }

    fn make_in(&mut self, id: ExprId, from: NativeId, to: NativeId) {
        let mut work = vec![id];
        while let Some(id) = work.pop() {
            match &mut self.tree.nodes[id.index()].expr {
                Expr::CppCall { into, .. }
                | Expr::CppMethod { into, .. }
                | Expr::CppConstruct { into, .. }
                | Expr::CppOperator { into, .. }
                | Expr::CppCast { into, .. }
                | Expr::ConvertIn { into, .. }
                | Expr::Callback { into, .. } => {
                    if *into == Some(from) {
                        *into = Some(to);
                    }
                }
                Expr::Do { body } => work.extend(body.last().copied()),
                Expr::Let { body, .. } | Expr::Letfn { body, .. } | Expr::Cleanups { body, .. } => work.push(*body),
                Expr::If { then, otherwise, .. } => work.extend([*then, *otherwise]),
                _ => {}
            }
        }
    }

    /// The type that a handler binds.
    pub(crate) fn catch_type(&mut self, class: Value) -> Res<TypeIx> {
        let text = match class.cast::<Symbol>() {
            Some(s) if s.ns_str() != Some("cpp") && self.cpp_name(s).is_none() => {
                let message = format!("Unable to resolve classname: {}", s.full());
                return Err(self.error("analyze/unresolved-class", message));
            }
            _ => self.type_text(class)?,
        };
        match self.ask(Question::Catch { handler: text.clone() })? {
            Answer::Catch { ty } => Ok(self.add_type(ty)),
            _ => Err(self.error("cpp/type", format!("{text} cannot be caught"))),
        }
    }
}
