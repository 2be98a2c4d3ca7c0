//! Special forms, one function each.

use super::scope::RecurTarget;
use super::*;
use crate::heap::Gc;
use crate::space::{Var, VarFlag, resolve};
use crate::text::{Keyword, Text};

/// The special forms, by the symbols that name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    Def,
    Fn,
    Let,
    Letfn,
    Loop,
    Recur,
    If,
    Do,
    Quote,
    Var,
    Try,
    Catch,
    Finally,
    Throw,
    Case,
    Set,
    New,
    Dot,
    MonitorEnter,
    MonitorExit,
}

impl Special {
    pub fn named(s: Gc<Symbol>) -> Option<Special> {
        if !s.ns.is_nil() {
            return None;
        }
        Some(match s.name_str() {
            "def" => Special::Def,
            "fn*" => Special::Fn,
            "let*" => Special::Let,
            "letfn*" => Special::Letfn,
            "loop*" => Special::Loop,
            "recur" => Special::Recur,
            "if" => Special::If,
            "do" => Special::Do,
            "quote" => Special::Quote,
            "var" => Special::Var,
            "try" => Special::Try,
            "catch" => Special::Catch,
            "finally" => Special::Finally,
            "throw" => Special::Throw,
            "case*" => Special::Case,
            "set!" => Special::Set,
            "new" => Special::New,
            "." => Special::Dot,
            "monitor-enter" => Special::MonitorEnter,
            "monitor-exit" => Special::MonitorExit,
            _ => return None,
        })
    }
}

impl Analyzer<'_> {
    pub(crate) fn special(&mut self, which: Special, form: Value, want: Want, position: Position) -> Res<ExprId> {
        let items = items(form)?;
        let args = &items[1..];
        match which {
            Special::Def => self.def(form, args, position),
            Special::Fn => self.function(form, args, position),
            Special::Let => self.let_(args, want, position),
            Special::Letfn => self.letfn(args, want, position),
            Special::Loop => self.loop_(args, want, position),
            Special::Recur => self.recur(args, position),
            Special::If => self.if_(form, args, want, position),
            Special::Do => self.body(args, want, position),
            Special::Quote => match args {
                [x] => self.literal(*x, position),
                _ => Err(self.arity("quote", "(quote form)")),
            },
            Special::Var => self.var(args, position),
            Special::Try => self.try_(args, want, position),
            Special::Catch | Special::Finally => {
                Err(self.error("analyze/syntax", "catch and finally stand inside try, after its body"))
            }
            Special::Throw => match args {
                [x] => {
                    let mark = self.scope().temporaries.len();
                    let value = self.expr(*x, Want::Any, Position::Value)?;
                    if self.is_unknown(value) {
                        return Err(self.missing());
                    }
                    if matches!(self.ty(value), Ty::Cpp(t, _) if !self.holds_value(t)) {
                        return self.throw_native(value, position);
                    }
                    let value = self.to_value(value, Position::Value)?;
                    let value = self.end_full_expression(value, mark, Position::Value);
                    Ok(self.add(Expr::Throw { value }, position, Ty::Value))
                }
                _ => Err(self.arity("throw", "(throw exception)")),
            },
            Special::Case => self.case(args, position),
            Special::Set => self.set(args, position),
            Special::New => self.new_(form, args, position),
            Special::Dot => self.dot(form, args, position),
            Special::MonitorEnter | Special::MonitorExit => {
                let name = if which == Special::MonitorEnter { "monitor-enter" } else { "monitor-exit" };
                let [x] = args else { return Err(self.arity(name, &format!("({name} object)"))) };
                let object = self.value(*x)?;
                self.call_library("rung.host", name, vec![object], position)
            }
        }
    }

    pub(crate) fn arity(&self, name: &str, shape: &str) -> Thrown {
        self.error("analyze/syntax", format!("{name} has the shape {shape}"))
    }

    /// Forms in turn; the last one's value. No forms: nil.
    pub(crate) fn body(&mut self, forms: &[Value], want: Want, position: Position) -> Res<ExprId> {
        match forms {
            [] => self.literal(Value::NIL, position),
            [one] => self.expr(*one, want, position),
            [first @ .., last] => {
                let mut ids = Vec::with_capacity(forms.len());
                // Only the last form is a tail: from the others there is nothing to recur to.
                let targets = std::mem::take(&mut self.scope().recur);
                let done = first.iter().try_for_each(|&f| {
                    ids.push(self.statement(f)?);
                    Ok(())
                });
                self.scope().recur = targets;
                done?;
                let last = self.expr(*last, want, position)?;
                ids.push(last);
                let ty = self.ty(last);
                Ok(self.add(Expr::Do { body: ids.into() }, position, ty))
            }
        }
    }

    fn def(&mut self, form: Value, args: &[Value], position: Position) -> Res<ExprId> {
        let (symbol, doc, init) = match *args {
            [s] => (s, None, None),
            [s, init] => (s, None, Some(init)),
            [s, doc, init] if doc.is::<Text>() => (s, Some(doc), Some(init)),
            _ => return Err(self.arity("def", "(def name), (def name value) or (def name \"doc\" value)")),
        };
        let Some(name) = symbol.cast::<Symbol>() else {
            return Err(self.error("analyze/syntax", "the first argument to def must be a symbol"));
        };
        let var = self.def_target(name)?;
        let meta = self.def_meta(name, doc)?;
        let flag = |k: &str| -> bool {
            let key = Keyword::intern(None, k).value();
            coll::get(coll::meta(symbol), key, Value::NIL).is_ok_and(Value::truthy)
        };
        // Later forms of this one must see it, and the root comes only when it runs.
        var.set_flag(VarFlag::Dynamic, flag("dynamic"));
        let meta = Some(self.value(meta)?);
        let init = match init {
            Some(i) => Some(self.at_child(form, if doc.is_some() { 3 } else { 2 }, |a| a.named_value(i, name))?),
            None => None,
        };
        let var = self.var_constant(var)?;
        Ok(self.add(Expr::Def { var, init, meta }, position, Ty::Value))
    }

    fn def_target(&mut self, name: Gc<Symbol>) -> Res<Gc<Var>> {
        let Some(part) = name.ns_str() else { return Ok(self.ns.intern(name)) };
        match resolve::namespace(self.ns, part) {
            Some(n) if n.name == self.ns.name => Ok(n.intern(Symbol::intern(None, name.name_str()))),
            Some(n) => match n.mapping(Symbol::intern(None, name.name_str())) {
                Some(v) => Ok(v),
                None => Err(self.error("analyze/def", format!("cannot def {}: namespaces differ", name.full()))),
            },
            None => Err(self.error("analyze/unresolved-namespace", format!("no such namespace: {part}"))),
        }
    }

    /// The metadata map form of a def: the symbol's, the doc string, the place.
    fn def_meta(&mut self, name: Gc<Symbol>, doc: Option<Value>) -> Res {
        let mut meta = coll::meta(name.value());
        if meta.is_nil() {
            meta = coll::map(&[])?;
        }
        let key = |k: &str| Keyword::intern(None, k).value();
        if let Some(d) = doc {
            meta = coll::assoc(meta, key("doc"), d)?;
        }
        meta = coll::assoc(meta, key("line"), Value::int(self.place.line as i32))?;
        meta = coll::assoc(meta, key("column"), Value::int(self.place.column as i32))?;
        coll::assoc(meta, key("file"), Text::value(&self.tree.file.clone()))
    }

    /// A value whose function, if it is one, takes the name of what it is bound to.
    fn named_value(&mut self, form: Value, name: Gc<Symbol>) -> Res<ExprId> {
        let named = format!("{}/{}", self.ns.name, name.name_str());
        let pinned = self.pin_of(coll::meta(name.value()))?;
        self.next_function = Some((named.into(), pinned));
        let r = self.value(form);
        self.next_function = None;
        r
    }

    /// `^:interpret`, `^:jit`, `^{:tier n}`.
    fn pin_of(&self, meta: Value) -> Res<Option<u8>> {
        if meta.is_nil() {
            return Ok(None);
        }
        let get = |k: &str| coll::get(meta, Keyword::intern(None, k).value(), Value::NIL);
        if let Some(n) = get("tier")?.as_long() {
            return Ok(Some(n.clamp(0, 2) as u8));
        }
        if get("interpret")?.truthy() {
            return Ok(Some(0));
        }
        Ok(if get("jit")?.truthy() { Some(2) } else { None })
    }

    fn var(&mut self, args: &[Value], position: Position) -> Res<ExprId> {
        let [x] = args else { return Err(self.arity("var", "(var symbol)")) };
        let Some(s) = x.cast::<Symbol>() else { return Err(self.arity("var", "(var symbol)")) };
        match resolve::var(self.ns, s)? {
            Some(v) => {
                let var = self.var_constant(v)?;
                Ok(self.add(Expr::VarRef { var }, position, Ty::Value))
            }
            None => Err(self.unresolved(s)),
        }
    }

    fn if_(&mut self, form: Value, args: &[Value], want: Want, position: Position) -> Res<ExprId> {
        let (test, then, otherwise) = match *args {
            [t, a] => (t, a, Value::NIL),
            [t, a, b] => (t, a, b),
            _ => return Err(self.arity("if", "(if test then) or (if test then else)")),
        };
        let mark = self.scope().temporaries.len();
        let test = self.at_child(form, 1, |a| a.expr(test, Want::Any, Position::Value))?;
        let test = self.truth(test)?;
        let test = self.end_full_expression(test, mark, Position::Value);
        let want = if args.len() == 2 { Want::Value } else { want };
        let mark = self.scope().temporaries.len();
        let mut then_id = self.at_child(form, 2, |a| a.expr(then, want, position))?;
        let then_temporaries = self.scope().temporaries.split_off(mark);
        let mut else_id = self.at_child(form, 3, |a| a.expr(otherwise, want, position))?;
        self.scope().temporaries.splice(mark..mark, then_temporaries);
        if self.ty(then_id) != self.ty(else_id) {
            then_id = self.to_value(then_id, position)?;
            else_id = self.to_value(else_id, position)?;
        }
        let ty = self.ty(then_id);
        if let Ty::Cpp(t, Category::Prvalue) = ty {
            if self.tree.ty(t).repr == Repr::Memory {
                self.share_storage(then_id, else_id);
            }
        }
        Ok(self.add(Expr::If { test, then: then_id, otherwise: else_id }, position, ty))
    }

    fn let_(&mut self, args: &[Value], want: Want, position: Position) -> Res<ExprId> {
        let Some((&vector, body)) = args.split_first() else {
            return Err(self.arity("let*", "(let* [name value …] body …)"));
        };
        let pairs = self.binding_pairs(vector)?;
        let mark = self.scope().locals.len();
        let mut bindings = Vec::with_capacity(pairs.len() / 2);
        for (i, p) in pairs.chunks_exact(2).enumerate() {
            let b = self.at_child(vector, 2 * i + 1, |a| a.binding(p[0], p[1]))?;
            bindings.push(b);
        }
        let owns = bindings.iter().any(|b| b.native.is_some());
        let mut id = self.body(body, want, position)?;
        // A reference into an object that dies here would dangle.
        if owns && position != Position::Statement {
            if let Ty::Cpp(t, Category::Lvalue | Category::Xvalue) = self.ty(id) {
                id = self.load(id, t);
            }
        }
        self.scope().locals.truncate(mark);
        let ty = self.ty(id);
        Ok(self.add(Expr::Let { bindings: bindings.into(), body: id }, position, ty))
    }

    fn binding_pairs(&mut self, vector: Value) -> Res<GcVec> {
        if !coll::is_vector(vector) {
            return Err(self.error("analyze/syntax", "bindings stand in a vector: [name value …]"));
        }
        let pairs = items(vector)?;
        if pairs.len() % 2 != 0 {
            return Err(self.error("analyze/syntax", "bindings come in pairs: [name value …]"));
        }
        Ok(pairs)
    }

    fn local_name(&self, v: Value) -> Res<Gc<Symbol>> {
        match v.cast::<Symbol>() {
            Some(s) if s.ns.is_nil() => Ok(s),
            Some(s) => Err(self.error("analyze/syntax", format!("cannot bind the qualified name {}", s.full()))),
            None => Err(self.error("analyze/syntax", "a binding needs a symbol for a name")),
        }
    }

    /// One binding of `let*`: a C++ object is constructed in place, a reference stays one.
    fn binding(&mut self, name: Value, init: Value) -> Res<Binding> {
        let name = self.local_name(name)?;
        let mark = self.scope().temporaries.len();
        let id = self.expr(init, Want::Any, Position::Value)?;
        let native = match self.ty(id) {
            // A C++ local is a variable: it can be assigned, referred to, its address taken.
            Ty::Cpp(t, Category::Prvalue) if self.is_variable(t) => {
                let size = self.tree.ty(t).size;
                Some(self.scope().native(t, size, None))
            }
            _ => self.take_storage(id, mark),
        };
        let id = self.end_full_expression(id, mark, Position::Value);
        let slot = self.scope().slot();
        if self.is_unknown(id) {
            let awaited = self.awaited(id).map(|a| Awaited { local: true, ..a });
            self.mark_unknown_slot(slot, awaited);
        }
        let ty = match (self.ty(id), native) {
            (Ty::Cpp(t, Category::Prvalue), Some(_)) => Ty::Cpp(t, Category::Lvalue),
            (ty, _) => ty,
        };
        if let Ty::Cpp(t, Category::Prvalue) = ty {
            if self.tree.ty(t).repr == Repr::Void {
                let message = format!("{} cannot be bound: the call returns void", name.name_str());
                return Err(self.error("cpp/type", message));
            }
        }
        let hint = hint_of(name)?;
        self.scope().bind(name, slot, ty, hint);
        Ok(Binding { slot, init: id, native })
    }

    /// Is a value of the type a scalar that a variable can hold?
    fn is_variable(&self, t: TypeIx) -> bool {
        !matches!(self.tree.ty(t).repr, Repr::Memory | Repr::Void | Repr::Reference)
    }

    fn letfn(&mut self, args: &[Value], want: Want, position: Position) -> Res<ExprId> {
        let Some((&vector, body)) = args.split_first() else {
            return Err(self.arity("letfn*", "(letfn* [name fn …] body …)"));
        };
        let pairs = self.binding_pairs(vector)?;
        let mark = self.scope().locals.len();
        let mut slots = Vec::new();
        for p in pairs.chunks_exact(2) {
            let name = self.local_name(p[0])?;
            let slot = self.scope().slot();
            self.scope().bind(name, slot, Ty::Value, Hint::None);
            slots.push(slot);
        }
        let mut bindings = Vec::new();
        for (p, slot) in pairs.chunks_exact(2).zip(slots) {
            let init = self.value(p[1])?;
            if !matches!(self.tree.expr(init), Expr::Fn { .. }) {
                return Err(self.error("analyze/syntax", "letfn* binds functions only"));
            }
            bindings.push(Binding { slot, init, native: None });
        }
        let id = self.body(body, want, position)?;
        self.scope().locals.truncate(mark);
        let ty = self.ty(id);
        Ok(self.add(Expr::Letfn { bindings: bindings.into(), body: id }, position, ty))
    }

    fn loop_(&mut self, args: &[Value], want: Want, position: Position) -> Res<ExprId> {
        let Some((&vector, body)) = args.split_first() else {
            return Err(self.arity("loop*", "(loop* [name value …] body …)"));
        };
        let pairs = self.binding_pairs(vector)?;
        let mark = self.scope().locals.len();
        let mut bindings = Vec::new();
        let mut slots = Vec::new();
        for (i, p) in pairs.chunks_exact(2).enumerate() {
            let name = self.local_name(p[0])?;
            let mark = self.scope().temporaries.len();
            let mut id = self.at_child(vector, 2 * i + 1, |a| a.expr(p[1], Want::Any, Position::Value))?;
            if let Some((binding, ty)) = self.loop_object(id, mark)? {
                self.scope().bind(name, binding.slot, ty, Hint::None);
                slots.push((binding.slot, ty));
                bindings.push(binding);
                continue;
            }
            // A loop's variable is assigned at each turn: a scalar stays native, anything else is a value.
            id = match self.ty(id) {
                Ty::Value => id,
                Ty::Cpp(t, c) if self.tree.ty(t).repr == Repr::Memory || self.tree.ty(t).repr == Repr::Void => {
                    self.convert_out(id, t, c, Position::Value)?
                }
                Ty::Cpp(_, Category::Prvalue) => id,
                Ty::Cpp(t, _) => self.load(id, t),
            };
            let id = self.end_full_expression(id, mark, Position::Value);
            let slot = self.scope().slot();
            if self.is_unknown(id) {
                self.mark_unknown_slot(slot, None);
            }
            let ty = self.ty(id);
            self.scope().bind(name, slot, ty, hint_of(name)?);
            bindings.push(Binding { slot, init: id, native: None });
            slots.push((slot, ty));
        }
        let outer = self.around_loop(&pairs, &mut bindings, &mut slots)?;
        let loop_id = LoopId(self.scope().loops);
        self.scope().loops += 1;
        let names = slots.len();
        self.scope().recur.push(Some(RecurTarget { target: Target::Loop(loop_id), slots, names }));
        let body_position = if position == Position::Statement { Position::Statement } else { Position::Tail };
        let r = self.loop_body(body, want, body_position);
        self.scope().recur.pop();
        let mut id = r?;
        self.scope().locals.truncate(mark);
        if let (true, Ty::Cpp(t, c @ (Category::Lvalue | Category::Xvalue))) = (outer.is_some(), self.ty(id)) {
            // It may be one of the objects that end with the loop.
            id = if self.tree.ty(t).repr == Repr::Memory {
                self.convert_out(id, t, c, position)?
            } else {
                self.load(id, t)
            };
        }
        let ty = self.ty(id);
        let id = self.add(Expr::Loop { id: loop_id, bindings: bindings.into(), body: id }, position, ty);
        Ok(match outer {
            Some(outer) => self.add(Expr::Let { bindings: outer.into(), body: id }, position, ty),
            None => id,
        })
    }

    /// A loop's variable that is a C++ object and no Clojure value, as an iterator: a local that each turn assigns to.
    fn loop_object(&mut self, id: ExprId, mark: usize) -> Res<Option<(Binding, Ty)>> {
        let Ty::Cpp(t, _) = self.ty(id) else { return Ok(None) };
        let ty = self.tree.ty(t).clone();
        if ty.repr != Repr::Memory
            || !matches!(ty.kind, questions::TypeKind::Class | questions::TypeKind::Union)
            || !(ty.copyable || ty.movable)
            || ty.is_const
            || self.holds_value(t)
            || crate::host::parts().cpp.converts(&ty)
        {
            return Ok(None);
        }
        let (id, native) = match self.take_storage(id, mark) {
            Some(native) => (id, native),
            None => {
                let callee = questions::Callee::Construct { ty: ty.name.clone() };
                let id = self.cpp_site(callee, Value::NIL, vec![(id, 1)], Position::Value)?;
                match self.take_storage(id, mark) {
                    Some(native) => (id, native),
                    None => return Ok(None),
                }
            }
        };
        let init = self.end_full_expression(id, mark, Position::Value);
        let slot = self.scope().slot();
        Ok(Some((Binding { slot, init, native: Some(native) }, Ty::Cpp(t, Category::Lvalue))))
    }

    /// Where a loop has objects, all its variables begin in a `let` around it, in their order, and only the others are the
    /// loop's own.
    fn around_loop(
        &mut self,
        pairs: &[Value],
        bindings: &mut Vec<Binding>,
        slots: &mut [(Slot, Ty)],
    ) -> Res<Option<Vec<Binding>>> {
        if bindings.iter().all(|b| b.native.is_none()) {
            return Ok(None);
        }
        let outer = std::mem::take(bindings);
        for (i, b) in outer.iter().enumerate().filter(|(_, b)| b.native.is_none()) {
            let name = self.local_name(pairs[2 * i])?;
            let ty = slots[i].1;
            let init = self.add(Expr::Local { slot: b.slot }, Position::Value, ty);
            let slot = self.scope().slot();
            self.scope().bind(name, slot, ty, hint_of(name)?);
            bindings.push(Binding { slot, init, native: None });
            slots[i].0 = slot;
        }
        Ok(Some(outer))
    }

    /// `recur` of a loop that has objects: everything is evaluated, then the objects are assigned, then the loop goes on.
    fn recur_objects(&mut self, args: &[Value], target: &RecurTarget, position: Position) -> Res<ExprId> {
        let mut bindings = Vec::with_capacity(args.len());
        let (mut assigned, mut slots, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (&a, &(slot, ty)) in args.iter().zip(&target.slots) {
            let mark = self.scope().temporaries.len();
            let object = match ty {
                Ty::Cpp(t, _) if self.tree.ty(t).repr == Repr::Memory => Some(t),
                _ => None,
            };
            let id = match (ty, object) {
                (Ty::Value, _) => self.expr(a, Want::Value, Position::Value)?,
                (Ty::Cpp(t, _), None) => {
                    let id = self.cpp_arg(a)?;
                    self.convert_to(id, t)?
                }
                (_, Some(t)) => {
                    let id = self.cpp_arg(a)?;
                    if self.is_unknown(id) {
                        return Err(self.missing());
                    }
                    if matches!(*self.tree.expr(id), Expr::Local { slot: same } if same == slot) {
                        continue;
                    }
                    match self.ty(id) {
                        Ty::Cpp(had, Category::Prvalue) if had == t => id,
                        _ => {
                            let callee = questions::Callee::Construct { ty: self.tree.ty(t).name.clone() };
                            self.cpp_site(callee, Value::NIL, vec![(id, 1)], Position::Value)?
                        }
                    }
                }
            };
            let native = if object.is_some() { self.take_storage(id, mark) } else { None };
            let init = self.end_full_expression(id, mark, Position::Value);
            let new = self.scope().slot();
            bindings.push(Binding { slot: new, init, native });
            match object {
                Some(t) => assigned.push((slot, new, t)),
                None => {
                    slots.push(slot);
                    values.push((new, ty));
                }
            }
        }
        let mut body = Vec::with_capacity(assigned.len() + 1);
        for (to, from, t) in assigned {
            let mark = self.scope().temporaries.len();
            let ty = Ty::Cpp(t, Category::Lvalue);
            let to = self.add(Expr::Local { slot: to }, Position::Value, ty);
            let from = self.add(Expr::Local { slot: from }, Position::Value, ty);
            let text = "$0 = static_cast<__rung::bare<decltype($1)> &&>($1)".to_owned();
            let callee = questions::Callee::Expression { text };
            let id = self.cpp_site(callee, Value::NIL, vec![(to, 1), (from, 2)], Position::Statement)?;
            body.push(self.end_full_expression(id, mark, Position::Statement));
        }
        let args: Vec<ExprId> =
            values.into_iter().map(|(slot, ty)| self.add(Expr::Local { slot }, Position::Value, ty)).collect();
        let go = Expr::Recur { target: target.target, slots: slots.into(), args: args.into() };
        body.push(self.add(go, position, Ty::Value));
        let body = self.add(Expr::Do { body: body.into() }, position, Ty::Value);
        Ok(self.add(Expr::Let { bindings: bindings.into(), body }, position, Ty::Value))
    }

    /// Temporaries of the body end inside it: each turn has its own.
    fn loop_body(&mut self, body: &[Value], want: Want, position: Position) -> Res<ExprId> {
        let mark = self.scope().temporaries.len();
        let id = self.body(body, want, position)?;
        let id = match self.ty(id) {
            Ty::Cpp(t, c) if self.is_memory(id) => self.convert_out(id, t, c, position)?,
            _ => id,
        };
        Ok(self.end_full_expression(id, mark, position))
    }

    fn recur(&mut self, args: &[Value], position: Position) -> Res<ExprId> {
        if position == Position::Value {
            return Err(self.error("analyze/recur", "can only recur from tail position"));
        }
        let target = match self.scope().recur.last() {
            Some(Some(t)) => t.clone(),
            Some(None) => return Err(self.error("analyze/recur", "cannot recur across try")),
            None => return Err(self.error("analyze/recur", "can only recur from the tail of a loop or a function")),
        };
        if target.names != args.len() {
            let message = format!("recur takes {} arguments here, got {}", target.names, args.len());
            return Err(self.error("analyze/recur", message));
        }
        let object = |ty: Ty| matches!(ty, Ty::Cpp(t, _) if self.tree.ty(t).repr == Repr::Memory);
        if target.slots.iter().any(|s| object(s.1)) {
            return self.recur_objects(args, &target, position);
        }
        let mut ids = Vec::with_capacity(args.len());
        for (&a, &(_, ty)) in args.iter().zip(&target.slots) {
            let mark = self.scope().temporaries.len();
            let id = match ty {
                Ty::Value => self.expr(a, Want::Value, Position::Value)?,
                Ty::Cpp(t, _) => {
                    let id = self.cpp_arg(a)?;
                    self.convert_to(id, t)?
                }
            };
            ids.push(self.end_full_expression(id, mark, Position::Value));
        }
        let slots: Vec<Slot> = target.slots.iter().map(|s| s.0).collect();
        Ok(self.add(Expr::Recur { target: target.target, slots: slots.into(), args: ids.into() }, position, Ty::Value))
    }

    fn try_(&mut self, args: &[Value], want: Want, position: Position) -> Res<ExprId> {
        let is = |v: Value, which: Special| macroexpand::head(v).and_then(Special::named) == Some(which);
        let n = args.iter().position(|&a| is(a, Special::Catch) || is(a, Special::Finally)).unwrap_or(args.len());
        let (body, clauses) = args.split_at(n);
        let finally = clauses.last().copied().filter(|&c| is(c, Special::Finally));
        let catches = &clauses[..clauses.len() - finally.is_some() as usize];
        if catches.is_empty() && finally.is_none() {
            return self.body(body, want, position);
        }
        self.scope().recur.push(None);
        let inner = if position == Position::Tail { Position::Value } else { position };
        let r = self.try_parts(body, catches, finally, inner);
        self.scope().recur.pop();
        let (body, catches, finally) = r?;
        Ok(self.add(Expr::Try { body, catches: catches.into(), finally }, position, Ty::Value))
    }

    fn try_parts(
        &mut self,
        body: &[Value],
        catches: &[Value],
        finally: Option<Value>,
        position: Position,
    ) -> Res<(ExprId, Vec<CatchArm>, Option<ExprId>)> {
        let body = self.scoped_body(body, position)?;
        let mut arms = Vec::new();
        for &c in catches {
            let clause = items(c)?;
            let [_, class, name, ref forms @ ..] = clause[..] else {
                return Err(self.error("analyze/syntax", "catch has the shape (catch Class name body …)"));
            };
            if macroexpand::head(c).and_then(Special::named) != Some(Special::Catch) {
                return Err(self.error("analyze/syntax", "only catch and finally clauses may follow a catch clause"));
            }
            let matcher = self.matcher(class)?;
            let name = self.local_name(name)?;
            let slot = self.scope().slot();
            let ty = match matcher {
                Matcher::Class(_) => Ty::Value,
                Matcher::Cpp { ty } => Ty::Cpp(ty, Category::Lvalue),
            };
            let mark = self.scope().locals.len();
            self.scope().bind(name, slot, ty, Hint::None);
            let body = self.scoped_body(forms, position)?;
            self.scope().locals.truncate(mark);
            arms.push(CatchArm { matcher, slot, body });
        }
        let finally = match finally {
            Some(f) => {
                let forms = items(f)?;
                Some(self.scoped_body(&forms[1..], Position::Statement)?)
            }
            None => None,
        };
        Ok((body, arms, finally))
    }

    /// A body that ends its own temporaries and yields a value.
    fn scoped_body(&mut self, forms: &[Value], position: Position) -> Res<ExprId> {
        let mark = self.scope().temporaries.len();
        let want = if position == Position::Statement { Want::Any } else { Want::Value };
        let id = self.body(forms, want, position)?;
        Ok(self.end_full_expression(id, mark, position))
    }

    fn matcher(&mut self, class: Value) -> Res<Matcher> {
        if let Some(s) = class.cast::<Symbol>() {
            let full = s.full();
            if s.ns_str() != Some("cpp") {
                if matches!(full.as_str(), "Object" | "java.lang.Object") {
                    return Ok(Matcher::Class(Class::Throwable as u32));
                }
                if let Some(c) = Class::named(&full) {
                    return Ok(Matcher::Class(c as u32));
                }
            }
        }
        let ty = self.catch_type(class)?;
        Ok(Matcher::Cpp { ty })
    }

    fn case(&mut self, args: &[Value], position: Position) -> Res<ExprId> {
        let [subject, default, ref arms @ ..] = args[..] else {
            return Err(self.arity("case*", "(case* value default [[constant …] body] …)"));
        };
        let subject = self.value(subject)?;
        let mut made = Vec::with_capacity(arms.len());
        for &arm in arms {
            let keys = coll::nth(arm, 0, None)?;
            let body = coll::nth(arm, 1, None)?;
            let mut ids = Vec::new();
            for &k in items(keys)?.iter() {
                ids.push(self.constant(k)?);
            }
            let body = self.full_value(body, position)?;
            made.push(CaseArm { keys: ids.into(), body });
        }
        let default = self.full_value(default, position)?;
        Ok(self.add(Expr::Case { subject, arms: made.into(), default }, position, Ty::Value))
    }

    fn set(&mut self, args: &[Value], position: Position) -> Res<ExprId> {
        let [target, value] = args[..] else { return Err(self.arity("set!", "(set! place value)")) };
        if let Some(s) = target.cast::<Symbol>() {
            if let Some(found) = self.find(s)? {
                if let scope::Found::Field { this, index, mutable: true } = found {
                    let this = self.found(*this, Position::Value)?;
                    let index = self.literal(Value::int(index as i32), Position::Value)?;
                    let value = self.value(value)?;
                    return self.call_library("rung.host", "set-field", vec![this, index, value], position);
                }
                if let scope::Found::Local(l) = &found {
                    if let Ty::Cpp(..) = l.ty {
                        return self.cpp_assign(target, value, position);
                    }
                }
                return Err(self.error("analyze/set", format!("cannot assign to the local {}", s.name_str())));
            }
            if s.ns_str() != Some("cpp") {
                let Some(v) = resolve::var(self.ns, s)? else { return Err(self.unresolved(s)) };
                let var = self.var_constant(v)?;
                let value = self.value(value)?;
                return Ok(self.add(Expr::SetVar { var, value }, position, Ty::Value));
            }
        }
        if let Some(name) = macroexpand::head(target).filter(|n| n.ns.is_nil() && n.name_str().starts_with(".-")) {
            let object = coll::nth(target, 1, None)?;
            let object = self.expr(object, Want::Any, Position::Value)?;
            if !self.is_unknown(object) && self.ty(object) == Ty::Value {
                let name = self.add_text(name.name_str())?;
                let value = self.value(value)?;
                return self.call_library("rung.host", "set-member", vec![object, name, value], position);
            }
        }
        self.cpp_assign(target, value, position)
    }

    /// `(rung.host/with-fields this [field …] body …)`: what methods expand to. The fields' names read and, where they are
    /// mutable, `set!` the object's fields.
    pub(crate) fn with_fields(&mut self, form: Value, want: Want, position: Position) -> Res<ExprId> {
        let items = items(form)?;
        let [_, this, fields, ref body @ ..] = items[..] else {
            return Err(self.arity("with-fields", "(with-fields this [field …] body …)"));
        };
        let this = self.local_name(this)?.base().bits();
        let mark = self.scope().locals.len();
        for (i, &f) in self::items(fields)?.iter().enumerate() {
            let name = self.local_name(f)?;
            let meta = coll::meta(f);
            let flag = |k: &str| coll::get(meta, Keyword::intern(None, k).value(), Value::NIL).is_ok_and(Value::truthy);
            let mutable = flag("unsynchronized-mutable") || flag("volatile-mutable");
            self.scope().bind_field(name, scope::FieldOf { this, index: i as u32, mutable });
        }
        let id = self.body(body, want, position)?;
        self.scope().locals.truncate(mark);
        Ok(id)
    }
}

/// `^long`, `^double` on a name.
pub(crate) fn hint_of(name: Gc<Symbol>) -> Res<Hint> {
    let meta = coll::meta(name.value());
    if meta.is_nil() {
        return Ok(Hint::None);
    }
    let tag = coll::get(meta, Keyword::intern(None, "tag").value(), Value::NIL)?;
    Ok(match tag.cast::<Symbol>().map(|s| s.full()).as_deref() {
        Some("long") => Hint::Long,
        Some("double") => Hint::Double,
        _ => Hint::None,
    })
}
