//! Calls into C++: the arguments are analyzed, Clang is asked what the call chooses, boxed arguments are converted to
//! what was chosen, and the site is entered in the tree.

use super::scope::show;
use super::*;
use crate::text::Text;
use questions::{Answer, Arg, CallAnswer, CallQuestion, Callee, Question};
use std::sync::Arc;

impl Analyzer<'_> {
    /// `(name args …)`: a function, or a type to construct.
    pub(crate) fn cpp_call_named(&mut self, name: &str, form: Value, position: Position) -> Res<ExprId> {
        let all = items(form)?;
        self.cpp_call(Callee::Name { name: name.to_owned() }, form, 1, &all[1..], None, position)
    }

    pub(crate) fn cpp_construct(
        &mut self,
        ty: &str,
        form: Value,
        args: &[Value],
        first: usize,
        position: Position,
    ) -> Res<ExprId> {
        self.cpp_call(Callee::Construct { ty: ty.to_owned() }, form, first, args, None, position)
    }

    /// `(.name object args …)`, `(.-name object)`: the object is analyzed already.
    pub(crate) fn cpp_member(
        &mut self,
        object: ExprId,
        name: &str,
        form: Value,
        args: &[Value],
        position: Position,
    ) -> Res<ExprId> {
        match name.strip_prefix('-') {
            Some(field) if args.is_empty() => {
                self.cpp_call(Callee::Field { name: field.to_owned() }, form, 2, &[], Some(object), position)
            }
            Some(field) => Err(self.error("cpp/member", format!("a field takes no arguments: (.-{field} object)"))),
            None => self.cpp_call(Callee::Method { name: name.to_owned() }, form, 2, args, Some(object), position),
        }
    }

    /// Calls a C++ value: a function pointer, a functor, a lambda.
    pub(crate) fn cpp_invoke(
        &mut self,
        callee: ExprId,
        form: Value,
        args: &[Value],
        position: Position,
    ) -> Res<ExprId> {
        self.cpp_call(Callee::Invoke {}, form, 1, args, Some(callee), position)
    }

    /// A call whose arguments are forms; `first` is the index of the first of them in `form`.
    pub(crate) fn cpp_call(
        &mut self,
        callee: Callee,
        form: Value,
        first: usize,
        args: &[Value],
        object: Option<ExprId>,
        position: Position,
    ) -> Res<ExprId> {
        let names = args.iter().map(|&a| self.overloaded_argument(a)).collect::<Res<Vec<_>>>()?;
        if names.iter().any(Option::is_some) {
            return self.call_with_names(callee, form, first, args, &names, object, position);
        }
        let mut ids = Vec::with_capacity(args.len() + 1);
        ids.extend(object.map(|o| (o, first.saturating_sub(1))));
        for (i, &a) in args.iter().enumerate() {
            let id = self.at_child(form, first + i, |an| an.cpp_arg(a))?;
            ids.push((id, first + i));
        }
        if let Some(id) = self.braces(&callee, form, first, args, &ids, position)? {
            return Ok(id);
        }
        self.cpp_site(callee, form, ids, position)
    }

    /// A call with overloaded functions among its arguments, which have no type of their own: C++ chooses them by the call,
    /// which is text for that.
    #[cold]
    #[expect(clippy::too_many_arguments, reason = "what a call has, and the names")]
    fn call_with_names(
        &mut self,
        callee: Callee,
        form: Value,
        first: usize,
        args: &[Value],
        names: &[Option<String>],
        object: Option<ExprId>,
        position: Position,
    ) -> Res<ExprId> {
        let mut operands: Vec<(ExprId, usize)> = object.map(|o| (o, first.saturating_sub(1))).into_iter().collect();
        let mut parts = Vec::with_capacity(args.len());
        for (i, (&a, name)) in args.iter().zip(names).enumerate() {
            parts.push(match name {
                Some(name) => name.clone(),
                None => {
                    let id = self.at_child(form, first + i, |an| an.cpp_arg(a))?;
                    operands.push((id, first + i));
                    String::new()
                }
            });
        }
        if operands.iter().any(|&(id, _)| self.is_unknown(id)) {
            return Err(self.missing());
        }
        let Some(shape) = self.shape(&callee, &operands)? else {
            let name = names.iter().flatten().next().map_or("", String::as_str);
            return Err(
                self.error("cpp/ambiguous", format!("{name} is overloaded, and nothing here chooses one: cast it"))
            );
        };
        for (n, part) in (object.is_some() as usize..).zip(parts.iter_mut().filter(|p| p.is_empty())) {
            *part = self.operand(operands[n].0, n);
        }
        let text = shape.around(&parts);
        self.cpp_site(Callee::Expression { text }, form, operands, position)
    }

    /// A call whose arguments are nodes, each with the index of its form in `form`.
    pub(crate) fn cpp_site(
        &mut self,
        callee: Callee,
        form: Value,
        args: Vec<(ExprId, usize)>,
        position: Position,
    ) -> Res<ExprId> {
        if args.iter().any(|&(id, _)| self.is_obscure(id)) {
            return Err(self.missing());
        }
        if let Callee::Operator { token } = &callee {
            if let Some((callee, args)) = self.bit_field_assignment(token, &args)? {
                return self.cpp_site(callee, form, args, position);
            }
        }
        if let [(id, _)] = args[..] {
            if !self.is_unknown(id) && self.ty(id) == Ty::Value && !matches!(self.tree.expr(id), Expr::Fn { .. }) {
                if let Some(ty) = self.converted_type(&callee)? {
                    return self.cast_in(id, ty);
                }
            }
        }
        let mut kinds = Vec::with_capacity(args.len());
        for &(id, _) in &args {
            if let Some(Awaited { question, local }) = self.awaited(id) {
                kinds.push(Arg::Of { question, local });
                continue;
            }
            kinds.push(match self.ty(id) {
                Ty::Cpp(t, category) => Arg::Native { ty: self.tree.ty(t).name.clone(), category },
                Ty::Value if matches!(self.tree.expr(id), Expr::Fn { .. }) => Arg::Callback {},
                Ty::Value => Arg::Boxed {},
            });
        }
        let mut answered = self.answer(Question::Call(CallQuestion { callee: callee.clone(), args: kinds.clone() }));
        if matches!(&answered, Ok(Err(d)) if d.code == "cpp/constant") && self.name_literals(&args, &mut kinds) {
            answered = self.answer(Question::Call(CallQuestion { callee: callee.clone(), args: kinds }));
        }
        if answered.is_err() {
            self.await_last();
        }
        let answer = match answered? {
            Ok(Answer::Call(answer)) => answer,
            Ok(_) => return Err(self.error("cpp/call", "this cannot be called")),
            Err(d) => 'refused: {
                if let Some(answer) = self.with_functors(&callee, &args)? {
                    break 'refused answer;
                }
                if let Some(answer) = self.with_functions_as_values(&callee, &args)? {
                    break 'refused answer;
                }
                if let Some(id) = self.literals_as_values(&callee, form, &args, position)? {
                    return Ok(id);
                }
                if let (Callee::Name { .. }, "cpp/unresolved", Some(s)) = (&callee, &*d.code, macroexpand::head(form)) {
                    if let Some(name) = self.macro_behind(s)? {
                        return self.cpp_site(Callee::Name { name }, form, args, position);
                    }
                }
                return Err(self.refused_call(d, &callee, form, &args));
            }
        };
        self.check_literals(&answer, form, &args)?;
        let mut ids = Vec::with_capacity(args.len());
        for (i, (id, child)) in args.into_iter().enumerate() {
            ids.push(match (self.ty(id), answer.args.get(i)) {
                (Ty::Value, Some(wanted)) => {
                    let wanted = wanted.clone();
                    let t = self.add_type(wanted);
                    let arg = answer.site.args.get(i).cloned();
                    self.at_child(form, child, |a| a.argument_in(id, t, arg.as_ref()))?
                }
                _ => id,
            });
        }
        self.site_node(callee, answer, ids, position)
    }

    /// Literals by their C++ text, for a call that wants constants; false where none is.
    fn name_literals(&self, args: &[(ExprId, usize)], kinds: &mut [Arg]) -> bool {
        let mut any = false;
        for (&(id, _), kind) in args.iter().zip(kinds) {
            let (Expr::NativeLiteral { value }, Arg::Native { ty, .. }) = (self.tree.expr(id), &*kind) else {
                continue;
            };
            let text = match value {
                NativeConst::CString(c) => self.consts[c.index()].cast::<Text>().map(|t| c_string(t.as_str())),
                NativeConst::Bits(bits) => number_text(ty, *bits),
            };
            if let Some(text) = text {
                *kind = Arg::Literal { ty: ty.clone(), text };
                any = true;
            }
        }
        any
    }

    /// An argument whose type is known, as a question tells it.
    pub(crate) fn arg_kind(&self, id: ExprId) -> Arg {
        match self.ty(id) {
            Ty::Cpp(t, category) => Arg::Native { ty: self.tree.ty(t).name.clone(), category },
            Ty::Value if matches!(self.tree.expr(id), Expr::Fn { .. }) => Arg::Callback {},
            Ty::Value => Arg::Boxed {},
        }
    }

    /// A refused call again with its literals as Clojure values: what holds any value (`rung::root<>`) takes them.
    fn literals_as_values(
        &mut self,
        callee: &Callee,
        form: Value,
        args: &[(ExprId, usize)],
        position: Position,
    ) -> Res<Option<ExprId>> {
        let mut boxed = Vec::with_capacity(args.len());
        let mut changed = Vec::new();
        for (i, &(id, child)) in args.iter().enumerate() {
            boxed.push(match self.literal_value(id)? {
                Some(id) => {
                    changed.push(i);
                    (id, child)
                }
                None => (id, child),
            });
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let kinds = boxed.iter().map(|&(id, _)| self.arg_kind(id)).collect();
        let answer = match self.answer(Question::Call(CallQuestion { callee: callee.clone(), args: kinds }))? {
            Ok(Answer::Call(answer)) => answer,
            _ => return Ok(None),
        };
        let root = |t: &questions::CppType| t.name.strip_prefix("const ").unwrap_or(&t.name).starts_with("rung::root<");
        if !changed.iter().all(|&i| answer.args.get(i).is_some_and(root)) {
            return Ok(None);
        }
        self.cpp_site(callee.clone(), form, boxed, position).map(Some)
    }

    /// A native literal as the Clojure value that it was written as.
    fn literal_value(&mut self, id: ExprId) -> Res<Option<ExprId>> {
        let (Expr::NativeLiteral { value }, Ty::Cpp(t, _)) = (self.tree.expr(id).clone(), self.ty(id)) else {
            return Ok(None);
        };
        let v = match (value, &*self.tree.ty(t).name) {
            (NativeConst::Bits(b), "int" | "long") => Value::long(b as i64),
            (NativeConst::Bits(b), "double") => Value::double(f64::from_bits(b)),
            (NativeConst::Bits(b), "bool") => Value::bool(b != 0),
            (NativeConst::Bits(b), "char") => Value::char(b as u32),
            (NativeConst::Bits(_), cpp_type::NULLPTR) => Value::NIL,
            (NativeConst::CString(text), "const char *") => self.consts[text.index()],
            _ => return Ok(None),
        };
        self.literal(v, Position::Value).map(Some)
    }

    /// A literal that its parameter cannot hold is an error, not another number.
    fn check_literals(&mut self, answer: &CallAnswer, form: Value, args: &[(ExprId, usize)]) -> Res<()> {
        for (i, &(id, child)) in args.iter().enumerate() {
            let Some(wanted) = answer.params.get(i).filter(|w| !w.is_empty()) else { continue };
            let Expr::NativeLiteral { value: NativeConst::Bits(bits) } = *self.tree.expr(id) else { continue };
            let Ty::Cpp(t, _) = self.ty(id) else { continue };
            let n = bits as i64;
            if self.tree.ty(t).kind != questions::TypeKind::Integer
                || (0..128).contains(&n)
                || wanted == "int" && i32::try_from(n).is_ok()
            {
                continue;
            }
            let ty = match cpp_type::builtin(wanted) {
                Some(ty) => ty,
                None => match self.answer(Question::Type { text: wanted.clone() })? {
                    Ok(Answer::Type { ty }) => ty,
                    _ => continue,
                },
            };
            let bare = ty.name.trim_start_matches("const ").trim_end_matches(['&', ' ']);
            let ty = if ty.target.is_empty() || ty.kind != questions::TypeKind::Reference {
                ty.clone()
            } else {
                match self.answer(Question::Type { text: bare.to_owned() })? {
                    Ok(Answer::Type { ty }) => ty,
                    _ => continue,
                }
            };
            if ty.kind != questions::TypeKind::Integer && ty.kind != questions::TypeKind::Char
                || ty.size == 0
                || ty.size > 8
            {
                continue;
            }
            let all = 8 * ty.size;
            let fits = match ty.signed {
                true => all == 64 || (-(1i64 << (all - 1))..1i64 << (all - 1)).contains(&n),
                false => n >= 0 && (all == 64 || n < 1i64 << all),
            };
            if !fits {
                let name = show(&ty).to_owned();
                let message = format!("Value out of range for {name}: {n}");
                let help = format!("(cpp/cast \"{name}\" {n}) takes what is left of it");
                return Err(self.at_child(form, child, |a| {
                    let d = Diagnostic::new(Phase::Analyze, "cpp/range", message).at(a.span("")).help(help);
                    Ok(fault::raise_diagnostic(Class::Compiler, &d))
                })?);
            }
        }
        Ok(())
    }

    /// Functions where a template takes any callable, and says of none what it is called with.
    #[cold]
    fn with_functors(&mut self, callee: &Callee, args: &[(ExprId, usize)]) -> Res<Option<Arc<CallAnswer>>> {
        if args.iter().any(|&(id, _)| self.is_unknown(id)) || !args.iter().any(|&(id, _)| self.is_function(id)) {
            return Ok(None);
        }
        let kind = |&(id, _): &(ExprId, usize)| match self.is_function(id) {
            true => Arg::Native { ty: questions::FUNCTOR.to_owned(), category: Category::Prvalue },
            false => self.arg_kind(id),
        };
        let args = args.iter().map(kind).collect();
        match self.answer(Question::Call(CallQuestion { callee: callee.clone(), args }))? {
            Ok(Answer::Call(answer)) => Ok(Some(answer)),
            _ => Ok(None),
        }
    }

    /// Is it a function for certain: a `fn`, or a var that holds one?
    fn is_function(&self, id: ExprId) -> bool {
        match self.tree.expr(id) {
            Expr::Fn { .. } => true,
            Expr::VarDeref { var, .. } => self.consts[var.index()]
                .cast::<crate::space::Var>()
                .and_then(|v| v.deref().ok())
                .is_some_and(|f| f.is::<crate::code::Function>()),
            _ => false,
        }
    }

    /// A function is a value too: a `rung::root<>` takes it, or what converts it.
    #[cold]
    fn with_functions_as_values(&mut self, callee: &Callee, args: &[(ExprId, usize)]) -> Res<Option<Arc<CallAnswer>>> {
        // What is not settled yet cannot be asked about again; a later pass will.
        let unsettled = args.iter().any(|&(id, _)| self.is_unknown(id));
        if unsettled || !args.iter().any(|&(id, _)| matches!(self.tree.expr(id), Expr::Fn { .. })) {
            return Ok(None);
        }
        let kind = |&(id, _): &(ExprId, usize)| match self.ty(id) {
            Ty::Cpp(t, category) => Arg::Native { ty: self.tree.ty(t).name.clone(), category },
            Ty::Value => Arg::Boxed {},
        };
        let kinds = args.iter().map(kind).collect();
        let answer = match self.answer(Question::Call(CallQuestion { callee: callee.clone(), args: kinds }))? {
            Ok(Answer::Call(answer)) => answer,
            _ => return Ok(None),
        };
        // Only an object can hold a function: a number that wants one is a mistake of the call.
        let held = |(&(id, _), ty): (&(ExprId, usize), &questions::CppType)| {
            !matches!(self.tree.expr(id), Expr::Fn { .. }) || ty.repr == Repr::Memory
        };
        Ok(args.iter().zip(&answer.args).all(held).then_some(answer))
    }

    /// `(cpp/T x)` of a Clojure value is a conversion where the type has one: constructors are not asked.
    pub(crate) fn converted_type(&mut self, callee: &Callee) -> Res<Option<TypeIx>> {
        let text = match callee {
            Callee::Construct { ty } => ty.clone(),
            Callee::Name { name } => name.clone(),
            _ => return Ok(None),
        };
        if cpp_type::builtin(&text).is_some() {
            return self.type_named(&text).map(Some);
        }
        let ty = match self.ask(Question::Name { name: text })? {
            Answer::Type { ty } => ty,
            _ => return Ok(None),
        };
        if !crate::host::parts().cpp.converts(&ty) {
            return Ok(None);
        }
        Ok(Some(self.add_type(ty)))
    }

    fn site_node(
        &mut self,
        callee: Callee,
        answer: Arc<CallAnswer>,
        args: Vec<ExprId>,
        position: Position,
    ) -> Res<ExprId> {
        let result = self.add_type(answer.result.clone());
        let ty = Ty::Cpp(result, answer.result_category);
        let constructs = matches!(answer.site.callee, Callee::Construct { .. });
        let site = self.add_site(answer);
        let in_memory = self.tree.ty(result).repr == Repr::Memory && category(ty) == Category::Prvalue;
        let into = if in_memory { Some(self.temporary(result)?) } else { None };
        let one = |args: &[ExprId]| args.first().copied();
        let expr = match (callee, one(&args)) {
            (Callee::Method { .. }, _) => Expr::CppMethod { site, args: args.into(), into },
            (Callee::Field { .. }, Some(object)) => Expr::CppField { site, object },
            (Callee::Operator { token }, _) => Expr::CppOperator { site, token: token.into(), args: args.into(), into },
            (Callee::Cast { .. }, Some(value)) => Expr::CppCast { site, value, into },
            (Callee::New { .. }, _) => Expr::CppNew { site, args: args.into() },
            (Callee::Delete {}, Some(value)) => Expr::CppDelete { site, value },
            (Callee::Variable { .. }, _) => Expr::CppVariable { site },
            _ if constructs => Expr::CppConstruct { site, args: args.into(), into },
            _ => Expr::CppCall { site, args: args.into(), into },
        };
        Ok(self.add(expr, position, ty))
    }
}

/// A C++ string literal. What is no plain character is escaped by three octal digits, which nothing behind it can join.
fn c_string(text: &str) -> String {
    let mut out = String::from("\"");
    for b in text.bytes() {
        match b {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(b as char);
            }
            b' '..=b'~' if b != b'?' => out.push(b as char),
            _ => out.push_str(&format!("\\{b:03o}")),
        }
    }
    out.push('"');
    out
}

/// The C++ literal of a scalar's bits.
fn number_text(ty: &str, bits: u64) -> Option<String> {
    Some(match ty {
        "int" => format!("{}", bits as i64),
        "long" if bits as i64 == i64::MIN => return None,
        "long" => format!("{}L", bits as i64),
        "bool" => if bits != 0 { "true" } else { "false" }.to_owned(),
        "char" => format!("'\\{bits:03o}'"),
        "double" => Some(f64::from_bits(bits)).filter(|d| d.is_finite()).map(|d| format!("{d:?}"))?,
        _ => return None,
    })
}
