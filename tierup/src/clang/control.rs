//! Control: branches and their conditions, bindings, loops, `case`, errors. All of it is structured C++; `try` is a lambda
//! that is called where it stands, so that an error leaves it by `return` as it leaves a function.

use super::gen_state::{Dest, Gen, Head, Leaves};
use super::names;
use super::op::{Op, Order, prec, shown};
use crate::lower::{Rep, Type, reaches, size};
use engine::analyze::{
    Binding, CaseArm, CatchArm, ConstKey, Expr, ExprId, LoopId, Matcher, NativeId, Slot, Target, Ty,
};
use questions::{Category, Repr};

/// Branches of so many nodes are tried as expressions before they are written as statements.
const NESTED: usize = 40;

impl Gen<'_> {
    /// The truth of a node, as C++ tests it.
    pub fn condition(&mut self, id: ExprId) -> Op {
        let tree = self.tree;
        if let Some(inner) = self.negated(id) {
            let op = self.condition(inner);
            return Op { text: format!("!{}", op.at(prec::UNARY)), prec: prec::UNARY, ..op };
        }
        match tree.expr(id) {
            Expr::If { test, then, otherwise } => {
                if let Some(op) = self.logical(*test, *then, *otherwise) {
                    return op;
                }
            }
            Expr::Let { bindings, body } => {
                if let [b] = &bindings[..] {
                    if let Some((and, other)) = self.and_or(b, *body) {
                        return self.joined(b.init, other, and);
                    }
                }
                if !self.owns(bindings) {
                    return if self.bind_all(bindings) { self.condition(*body) } else { Op::atom("true", Rep::Bool) };
                }
            }
            _ => {}
        }
        let op = self.expr(id);
        self.truth(op)
    }

    /// `(let [x a] (if x b x))` is `a && b`, `(let [x a] (if x x b))` is `a || b`: what `and` and `or` expand to.
    fn and_or(&self, b: &Binding, body: ExprId) -> Option<(bool, ExprId)> {
        let Expr::If { test, then, otherwise } = self.tree.expr(body) else { return None };
        let is = |e: ExprId| matches!(self.tree.expr(e), Expr::Local { slot } if *slot == b.slot);
        let uses = |e: ExprId| reaches(self.tree, e, &|e| matches!(e, Expr::Local { slot } if *slot == b.slot));
        if b.native.is_some() || !is(*test) {
            return None;
        }
        match (is(*then), is(*otherwise)) {
            (false, true) if !uses(*then) => Some((true, *then)),
            (true, false) if !uses(*otherwise) => Some((false, *otherwise)),
            _ => None,
        }
    }

    fn logical(&mut self, test: ExprId, then: ExprId, otherwise: ExprId) -> Option<Op> {
        match (self.fixed_truth(then), self.fixed_truth(otherwise)) {
            (None, Some(false)) => Some(self.joined(test, then, true)),
            (Some(true), None) => Some(self.joined(test, otherwise, false)),
            _ => None,
        }
    }

    fn fixed_truth(&self, id: ExprId) -> Option<bool> {
        match self.tree.expr(id) {
            Expr::Literal { value } => {
                Some(!matches!(self.tree.consts[value.index()], ConstKey::Nil | ConstKey::Bool(false)))
            }
            Expr::NativeLiteral { value: engine::analyze::NativeConst::Bits(b) } => Some(*b != 0),
            _ => None,
        }
    }

    /// `a && b` or `a || b`, where `b` takes no statements.
    fn joined(&mut self, a: ExprId, b: ExprId, and: bool) -> Op {
        let left = self.condition(a);
        let small = size(self.tree, b) <= NESTED;
        let mark = self.lines.len();
        let saved = self.save();
        let right = if small { self.condition(b) } else { Op::nil() };
        if !small || self.lines.len() > mark {
            self.restore(saved, mark);
            // By statements: `bool t = a; if (t) t = b;`.
            let name = self.temporary();
            let t = self.store(name, left);
            self.open(&format!("if ({}{})", if and { "" } else { "!" }, t.text));
            let right = self.condition(b);
            self.assign(&t, right);
            self.close("");
            return t;
        }
        let (token, level) = if and { ("&&", prec::AND) } else { ("||", prec::OR) };
        let text = format!("{} {token} {}", left.at(level), right.at(level + 1));
        Op::new(text, level, left.order.max(right.order), Rep::Bool).with_temps(&left).with_temps(&right)
    }

    pub fn truth(&mut self, op: Op) -> Op {
        let op = self.tried(op);
        match op.rep {
            Rep::Bool => op,
            Rep::Value => Op { text: format!("rung::truthy({})", op.arg()), prec: prec::POSTFIX, rep: Rep::Bool, ..op },
            Rep::Long | Rep::Double => {
                self.discard(op);
                Op::atom("true", Rep::Bool)
            }
            // C++ tests its scalars itself.
            Rep::Native(_) => Op {
                rep: Rep::Bool,
                ty: None,
                order: if op.is_place() { op.order.max(Order::Read) } else { op.order },
                ..op
            },
        }
    }

    /// What trying to write something in a nested place may change.
    fn save(&self) -> (u32, usize) {
        (self.temporaries, self.scope.len())
    }
    fn restore(&mut self, (temporaries, scope): (u32, usize), lines: usize) {
        self.lines.truncate(lines);
        self.temporaries = temporaries;
        self.scope.truncate(scope);
    }

    /// `c ? a : b` where both sides are plain expressions; else by statements.
    pub fn if_value(&mut self, id: ExprId, test: ExprId, then: ExprId, otherwise: ExprId) -> Op {
        let rep = match self.types.node(id) {
            Type::Never => return self.by_statements(id),
            t => t.rep(),
        };
        if matches!(rep, Rep::Native(Repr::Void | Repr::Memory)) || size(self.tree, id) > NESTED {
            return self.by_statements(id);
        }
        let mark = self.lines.len();
        let saved = self.save();
        let c = self.condition(test);
        let middle = self.lines.len();
        let arm = |s: &mut Self, e| {
            let op = s.expr(e);
            if matches!(rep, Rep::Native(_)) { s.tried(op) } else { s.coerce(op, rep) }
        };
        let never = [then, otherwise].iter().any(|e| self.types.node(*e) == Type::Never);
        if !never {
            let (a, b) = (arm(self, then), arm(self, otherwise));
            let plain =
                self.lines.len() == middle && a.rep == b.rep && shown(&a.text).len() + shown(&b.text).len() < 80;
            if plain {
                let text = format!("{} ? {} : {}", c.at(prec::OR), a.at(prec::TERNARY), b.at(prec::TERNARY));
                let order = c.order.max(a.order).max(b.order);
                let ty = a.ty;
                let op = Op::new(text, prec::TERNARY, order, a.rep).with_temps(&c).with_temps(&a).with_temps(&b);
                return Op { ty, ..op };
            }
        }
        self.restore(saved, mark);
        self.by_statements(id)
    }

    pub fn if_(&mut self, test: ExprId, then: ExprId, otherwise: ExprId, dest: &Dest) -> bool {
        let c = self.condition(test);
        let nothing = |s: &Self, e: ExprId| matches!(dest, Dest::Drop) && s.is_nothing(e);
        if nothing(self, then) && !nothing(self, otherwise) {
            self.open(&format!("if (!{})", c.at(prec::UNARY)));
            self.scoped(|s| s.stmt(otherwise, dest));
            self.close("");
            return true;
        }
        self.open(&format!("if ({})", c.text));
        let goes_on = self.scoped(|s| s.stmt(then, dest));
        if nothing(self, otherwise) {
            self.close("");
            return true;
        }
        // Behind a branch that is left for good, the other needs no braces.
        if !goes_on {
            self.close("");
            return self.stmt(otherwise, dest);
        }
        self.close(" else");
        self.lines.pop();
        self.line("} else {");
        self.depth += 1;
        let other = self.scoped(|s| s.stmt(otherwise, dest));
        self.close("");
        goes_on || other
    }

    /// A node that does nothing where its value is dropped.
    fn is_nothing(&self, id: ExprId) -> bool {
        match self.tree.expr(id) {
            Expr::Literal { .. }
            | Expr::Local { .. }
            | Expr::Capture { .. }
            | Expr::NativeLiteral { .. }
            | Expr::VarRef { .. } => true,
            Expr::ConvertOut { value, .. } | Expr::CppLoad { value } => self.is_nothing(*value),
            Expr::Do { body } => body.iter().all(|e| self.is_nothing(*e)),
            _ => false,
        }
    }

    pub fn bind(&mut self, slot: Slot, op: Op) {
        self.env.insert(slot, op);
    }

    /// One binding: a variable named as the program names it.
    fn bind_local(&mut self, b: &Binding) -> bool {
        if let Some(n) = b.native {
            return self.bind_object(b, n);
        }
        // The full expression ends with the declaration.
        let (init, full) = match self.tree.expr(b.init) {
            Expr::Cleanups { body, temporaries } if !self.is_named(b.init) => {
                (*body, Some((b.init, temporaries.to_vec())))
            }
            _ => (b.init, None),
        };
        let inside = full.is_some();
        self.full.extend(full);
        // A `let` inside the initialiser has a hint of its own.
        let outer = self.hint.replace((init, b.slot));
        let op = self.expr(init);
        let named = self.hint.is_none();
        self.hint = outer;
        let on = self.types.node(init) != Type::Never;
        if on && op.is_void() {
            self.discard(op);
            self.bind(b.slot, Op::nil());
        } else if on && named {
            self.bind(b.slot, op);
        } else if on {
            let name = self.local_name(b.slot);
            let op = if inside { Op { temps: Vec::new(), ..op } } else { op };
            let bound = self.store(name, op);
            self.bind(b.slot, bound);
        }
        if inside {
            self.full.pop();
        }
        on
    }

    pub fn let_(&mut self, bindings: &[Binding], body: ExprId, dest: &Dest) -> bool {
        let owns = self.owns(bindings);
        // Objects end with the block; plain variables may stay in the one around.
        if owns && !matches!(dest, Dest::Return) {
            self.open("");
            let on = self.scoped(|s| s.bind_all(bindings) && s.stmt(body, dest));
            self.close("");
            return on;
        }
        self.bind_all(bindings) && self.stmt(body, dest)
    }
    /// Do objects end with the bindings' scope?
    fn owns(&self, bindings: &[Binding]) -> bool {
        bindings.iter().any(|b| {
            b.native.is_some() && self.tree.repr(b.init).is_none_or(|r| matches!(r, Repr::Memory | Repr::Reference))
        })
    }
    fn bind_all(&mut self, bindings: &[Binding]) -> bool {
        bindings.iter().all(|b| self.bind_local(b))
    }

    fn local_of(&self, slot: Slot) -> String {
        self.env.get(&slot).map(|o| o.text.clone()).unwrap_or_default()
    }

    /// A `let` as a piece: its variables stay in the block around, unless objects end with it.
    pub fn let_value(&mut self, id: ExprId, bindings: &[Binding], body: ExprId) -> Op {
        if self.owns(bindings) {
            return self.by_statements(id);
        }
        if self.bind_all(bindings) { self.expr(body) } else { Op::nil() }
    }

    pub fn letfn(&mut self, bindings: &[Binding], body: ExprId, dest: &Dest) -> bool {
        for b in bindings {
            let name = self.local_name(b.slot);
            self.line(format!("rung::Value {name} = rung::nil;"));
            self.bind(b.slot, Op::atom(name, Rep::Value));
        }
        for b in bindings {
            let closure = self.word(b.init);
            let name = self.local_of(b.slot);
            self.line(format!("{name} = {};", closure.text));
        }
        for b in bindings {
            let Expr::Fn { captures, .. } = self.tree.expr(b.init) else { continue };
            for (i, c) in captures.iter().enumerate() {
                let Expr::Local { slot } = self.tree.expr(*c) else { continue };
                if bindings.iter().any(|o| o.slot == *slot) {
                    let (closure, value) = (self.local_of(b.slot), self.local_of(*slot));
                    self.line(format!("rung_set_capture({closure}, {i}, {value});"));
                }
            }
        }
        self.stmt(body, dest)
    }

    pub fn loop_(&mut self, id: LoopId, bindings: &[Binding], body: ExprId, dest: &Dest) -> bool {
        let mut vars = Vec::new();
        for (i, b) in bindings.iter().enumerate() {
            let op = self.expr(b.init);
            let op = self.tried(op);
            if self.types.node(b.init) == Type::Never {
                return false;
            }
            let rep = match op.rep {
                Rep::Native(r) => Rep::Native(r),
                _ => self.types.loop_vars(id).get(i).map_or(Rep::Value, |t| t.rep()),
            };
            let op = self.coerce(op, rep);
            let name = self.local_name(b.slot);
            let var = self.variable(name, op);
            self.bind(b.slot, var.clone());
            vars.push(var);
        }
        self.loop_from(id, vars, body, dest)
    }

    /// A variable that is assigned later: a C++ scalar keeps its own type.
    fn variable(&mut self, name: String, op: Op) -> Op {
        match op.ty {
            Some((t, _)) => {
                let text = format!("{} {name} = {};", self.spelled(t), op.text);
                self.line(text);
                Op { text: name, prec: prec::ATOM, order: Order::Fixed, some: false, ..op }
            }
            None => Op { some: false, ..self.store(name, op) },
        }
    }

    /// The loop, its variables declared.
    pub fn loop_from(&mut self, id: LoopId, vars: Vec<Op>, body: ExprId, dest: &Dest) -> bool {
        self.heads.push(Head { target: Target::Loop(id), vars });
        let on = self.while_(body, dest).unwrap_or_else(|| {
            self.open("for (;;)");
            self.turn(body);
            let on = self.scoped(|s| s.stmt(body, dest));
            if on {
                self.line("break;");
            }
            self.close("");
            on
        });
        self.heads.pop();
        on
    }

    /// `(loop […] (if test (do … (recur …)) result))` as `while (test) { … } result`.
    fn while_(&mut self, body: ExprId, dest: &Dest) -> Option<bool> {
        let Expr::If { test, then, otherwise } = self.tree.expr(body) else { return None };
        let (turn, rest, negated) = match (self.types.node(*then), self.types.node(*otherwise)) {
            (Type::Never, _) if self.always_recurs(*then) => (*then, *otherwise, false),
            (_, Type::Never) if self.always_recurs(*otherwise) => (*otherwise, *then, true),
            _ => return None,
        };
        let mark = self.lines.len();
        let saved = self.save();
        let c = self.condition(*test);
        if self.lines.len() > mark {
            self.restore(saved, mark);
            return None;
        }
        self.open(&if negated { format!("while (!{})", c.at(prec::UNARY)) } else { format!("while ({})", c.text) });
        self.turn(body);
        self.scoped(|s| s.stmt(turn, &Dest::Drop));
        if self.lines.last().is_some_and(|l| l.text == "continue;" && l.depth == self.depth) {
            self.lines.pop();
        }
        self.close("");
        let head = self.heads.pop();
        let on = self.stmt(rest, dest);
        self.heads.extend(head);
        Some(on)
    }

    /// Does every way through the node end in a `recur`?
    fn always_recurs(&self, id: ExprId) -> bool {
        match self.tree.expr(id) {
            Expr::Recur { .. } => true,
            Expr::Do { body } => body.last().is_some_and(|e| self.always_recurs(*e)),
            Expr::Let { body, .. } | Expr::Letfn { body, .. } | Expr::Cleanups { body, .. } => {
                self.always_recurs(*body)
            }
            Expr::If { then, otherwise, .. } => self.always_recurs(*then) && self.always_recurs(*otherwise),
            Expr::Case { arms, default, .. } => {
                arms.iter().all(|a| self.always_recurs(a.body)) && self.always_recurs(*default)
            }
            _ => false,
        }
    }

    pub fn recur(&mut self, target: Target, args: &[ExprId]) -> bool {
        let Some(head) = self.head(target) else {
            self.refuse("a recur that leads nowhere");
            return false;
        };
        let mut values = self.pieces(args, &mut |s, i, id| {
            let op = s.expr(id);
            match head.vars.get(i).map_or(Rep::Value, |v| v.rep) {
                Rep::Native(_) => s.tried(op),
                rep => s.coerce(op, rep),
            }
        });
        // What an assignment changes is read before it: by order where errors do not tell, else through a temporary.
        let alike = values.iter().all(|v| v.order == Order::Fixed || v.rep == Rep::Long && v.order <= Order::Check);
        let mut left: Vec<usize> = (0..values.len()).filter(|i| values[*i].text != head.vars[*i].text).collect();
        while !left.is_empty() {
            let read = |i: usize, left: &[usize]| {
                left.iter().any(|j| *j != i && names::mentions(&values[*j].text, &head.vars[i].text))
            };
            let next = left.iter().position(|i| !read(*i, &left)).filter(|at| *at == 0 || alike);
            let at = next.unwrap_or(0);
            let i = left[at];
            if next.is_none() {
                for j in left.clone() {
                    if values[j].order > Order::Fixed || names::mentions(&values[j].text, &head.vars[i].text) {
                        let name = self.temporary();
                        values[j] = self.store(name, values[j].clone());
                    }
                }
            }
            self.line(format!("{} = {};", head.vars[i].text, values[i].text));
            left.remove(at);
        }
        self.line("continue;");
        false
    }

    pub fn case(&mut self, subject: ExprId, arms: &[CaseArm], default: ExprId, dest: &Dest) -> bool {
        let subject = self.expr(subject);
        let subject = self.tried(subject);
        let subject = self.fixed(subject);
        let word = self.coerce(subject.clone(), Rep::Value);
        let mut on = false;
        for (i, arm) in arms.iter().enumerate() {
            let tests: Vec<String> = arm.keys.iter().map(|k| self.case_test(&subject, &word, *k)).collect();
            let test = if tests.is_empty() { "false".to_owned() } else { tests.join(" || ") };
            if i == 0 {
                self.open(&format!("if ({test})"));
            } else {
                self.depth -= 1;
                self.open(&format!("}} else if ({test})"));
            }
            on |= self.scoped(|s| s.stmt(arm.body, dest));
        }
        if arms.is_empty() {
            return self.stmt(default, dest);
        }
        if !on {
            self.close("");
            return self.stmt(default, dest);
        }
        self.depth -= 1;
        self.open("} else");
        on |= self.scoped(|s| s.stmt(default, dest));
        self.close("");
        on
    }

    fn case_test(&mut self, subject: &Op, word: &Op, key: engine::analyze::ConstId) -> String {
        let key_op = self.constant(key);
        match (&self.tree.consts[key.index()], subject.rep) {
            (ConstKey::Long(n), Rep::Long) => format!("{} == {}", subject.at(prec::EQUAL + 1), names::long(*n)),
            (ConstKey::Keyword(_) | ConstKey::Nil | ConstKey::Bool(_) | ConstKey::Char(_), _) => {
                let key = self.coerce(key_op, Rep::Value);
                format!("{} == {}", word.at(prec::EQUAL + 1), key.text)
            }
            _ => {
                let key = self.coerce(key_op, Rep::Value);
                let test = Op::call(format!("rung::is_case({}, {})", word.arg(), key.text), Order::Check, Rep::Bool);
                self.tried(test.throwing()).text
            }
        }
    }

    pub fn throw(&mut self, id: ExprId, value: ExprId) -> bool {
        let op = self.expr(value);
        let op = self.coerce(op, Rep::Value);
        if self.types.node(value) != Type::Never {
            let leave = self.leave(Some(id), &format!("rung::raise({})", op.arg()));
            self.line(leave);
        }
        false
    }

    /// A lambda that gives the value of `inside`, called at once: what an error leaves.
    fn region(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> bool) {
        let catches = std::mem::replace(&mut self.catches, false);
        let returns = std::mem::replace(&mut self.returns, Rep::Value);
        let leaves = std::mem::replace(&mut self.leaves, Leaves::Inside);
        let full = std::mem::take(&mut self.full);
        self.open(&format!("rung::Value {name} = RUNG_REGION"));
        let mark = self.lines.len();
        let on = self.scoped(inside);
        if on {
            self.line("return rung::nil;");
        }
        self.caught(mark);
        self.close("();");
        self.full = full;
        self.returns = returns;
        self.leaves = leaves;
        self.catches = catches;
    }

    /// Puts the lines since `mark` into one `try` where they call C++ that may throw.
    pub fn caught(&mut self, mark: usize) {
        if !self.catches {
            return;
        }
        for l in &mut self.lines[mark..] {
            l.depth += 1;
        }
        let depth = self.depth;
        self.lines.insert(mark, super::gen_state::Line { depth, text: "try {".into() });
        self.line("} catch (...) {");
        self.depth += 1;
        if self.returns == Rep::Value {
            let leave = self.leave(None, "rung_caught()");
            self.line(leave);
        } else {
            self.line("rung_caught();");
            let leave = self.leave(None, "rung::thrown");
            self.line(leave);
        }
        self.close("");
    }

    pub fn try_(&mut self, body: ExprId, catches: &[CatchArm], finally: Option<ExprId>, dest: &Dest) -> bool {
        let Some(finally) = finally else { return self.attempt(body, catches, dest) };
        let name = self.temporary();
        self.region(&name, |s| match catches {
            [] => s.stmt(body, &Dest::Return),
            _ => s.attempt(body, catches, &Dest::Return),
        });
        let error = self.temporary();
        self.line(format!("rung::Value {error} = rung::failed({name}) ? rung::take_error(thread) : rung::absent;"));
        let on = self.scoped(|s| s.stmt(finally, &Dest::Drop));
        if !on {
            return false;
        }
        let leave = self.leave(None, &format!("rung::throw_again(thread, {error})"));
        self.line(format!("if ({error} != rung::absent) {leave}"));
        self.give(Op::atom(name, Rep::Value), dest)
    }

    fn attempt(&mut self, body: ExprId, catches: &[CatchArm], dest: &Dest) -> bool {
        let name = self.temporary();
        self.region(&name, |s| s.stmt(body, &Dest::Return));
        let result = Op::atom(name.clone(), Rep::Value);
        self.open(&format!("if (rung::failed({name}))"));
        let error = self.fresh("error");
        self.line(format!("rung::Value {error} = rung::take_error(thread);"));
        let to = if matches!(dest, Dest::Return) { Dest::Return } else { Dest::Assign(result.clone()) };
        for (i, arm) in catches.iter().enumerate() {
            let head = if i == 0 { "" } else { "} else " };
            if i > 0 {
                self.depth -= 1;
            }
            self.scoped(|s| {
                s.catch_arm(head, arm, &error, &to);
            });
        }
        self.depth -= 1;
        self.line("} else {");
        self.depth += 1;
        let leave = self.leave(None, &format!("rung::throw_again(thread, {error})"));
        self.line(leave);
        self.close("");
        self.close("");
        self.give(result, dest)
    }

    fn catch_arm(&mut self, head: &str, arm: &CatchArm, error: &str, to: &Dest) {
        match &arm.matcher {
            Matcher::Class(class) => {
                self.open(&format!("{head}if (rung_is_class({error}, {class}))"));
                let name = self.local_name(arm.slot);
                if reaches(self.tree, arm.body, &|e| matches!(e, Expr::Local { slot } if *slot == arm.slot)) {
                    self.line(format!("rung::Value {name} = {error};"));
                }
                self.bind(arm.slot, Op::atom(name, Rep::Value));
            }
            Matcher::Cpp { ty } => {
                let t = self.pointer_to(*ty);
                let descriptor = self.descriptor(*ty);
                let name = self.local_name(arm.slot);
                self.open(&format!(
                    "{head}if (auto *{name} = static_cast<{t}>(rung_catch_cpp({error}, &{descriptor})))"
                ));
                self.line(format!("rung::Keep alive{{{error}}};"));
                let op = Op::new(format!("*{name}"), prec::UNARY, Order::Fixed, Rep::Native(Repr::Reference));
                self.bind(arm.slot, op.typed(*ty, Category::Lvalue));
            }
        }
        self.stmt(arm.body, to);
    }

    // Full expressions.

    /// Is the full expression's body plain enough to stand in one C++ full expression?
    fn is_named(&self, id: ExprId) -> bool {
        self.named.contains(&id)
    }

    pub fn cleanups(&mut self, id: ExprId, body: ExprId, temporaries: &[NativeId], dest: &Dest) -> bool {
        if !self.is_named(id) {
            self.full.push((id, temporaries.to_vec()));
            let on = match self.tree.expr(body) {
                Expr::If { .. }
                | Expr::Do { .. }
                | Expr::Let { .. }
                | Expr::Letfn { .. }
                | Expr::Loop { .. }
                | Expr::Case { .. }
                | Expr::Try { .. } => self.stmt(body, dest),
                Expr::ConvertOut { .. } | Expr::CppLoad { .. } if matches!(dest, Dest::Drop) => self.stmt(body, dest),
                // The C++ full expression is this one.
                _ => {
                    let op = self.expr(body);
                    self.give(Op { temps: Vec::new(), ..op }, dest)
                }
            };
            self.full.pop();
            return on;
        }
        self.open("");
        let on = self.scoped(|s| {
            s.holders(temporaries);
            s.stmt(body, dest)
        });
        self.close("");
        on
    }

    pub fn cleanups_value(&mut self, id: ExprId) -> Op {
        let Expr::Cleanups { body, temporaries } = self.tree.expr(id) else { return Op::nil() };
        if self.is_named(id) {
            return self.by_statements(id);
        }
        self.full.push((id, temporaries.to_vec()));
        let op = self.expr(*body);
        // Objects with destructors end here, not with the expression around.
        let lives = |n: &NativeId| self.arity.natives.get(n.index()).is_some_and(|n| n.destroy.is_some());
        let ends = op.temps.iter().any(lives);
        self.full.pop();
        if ends { self.fixed(Op { temps: Vec::new(), ..op }) } else { op }
    }

    /// Is the object made by a conversion from a value?
    fn is_converted(&self, n: NativeId) -> bool {
        reaches(
            self.tree,
            self.arity.body,
            &|e| matches!(e, Expr::ConvertIn { into: Some(i), .. } | Expr::Callback { into: Some(i), .. } if *i == n),
        )
    }
    /// An object that ends with its full expression is one of a block.
    pub fn ends_with_block(&mut self, n: NativeId) {
        let found = self.full.iter().rev().find(|(_, natives)| natives.contains(&n)).map(|f| f.0);
        if let Some(id) = found {
            self.again |= self.named.insert(id);
        }
    }

    /// Storage for the objects of a block, declared at its start.
    pub fn holders(&mut self, natives: &[NativeId]) {
        for n in natives {
            let Some(native) = self.arity.natives.get(n.index()) else { continue };
            let t = self.spelled(native.ty);
            let name = self.temporary();
            let kind = if self.is_converted(*n) { "Converted" } else { "Place" };
            self.line(format!("rung::{kind}<{t}> {name};"));
            self.places.insert(*n, name);
        }
    }

    /// A type as the text has it.
    pub fn spelled(&self, ty: engine::analyze::TypeIx) -> String {
        self.tree.ty(ty).name.clone()
    }
    /// A pointer to the type.
    pub fn pointer_to(&self, ty: engine::analyze::TypeIx) -> String {
        let name = self.spelled(ty);
        if name.contains(['(', '[']) { format!("__typeof__({name}) *") } else { format!("{name} *") }
    }

    /// A C++ object that is a local: constructed where it is declared.
    fn bind_object(&mut self, b: &Binding, n: NativeId) -> bool {
        let ty = match self.tree.node(b.init).ty {
            Ty::Cpp(t, _) => t,
            Ty::Value => {
                self.refuse("a C++ local without a C++ type");
                return false;
            }
        };
        let (init, full) = match self.tree.expr(b.init) {
            Expr::Cleanups { body, temporaries } if !self.is_named(b.init) => {
                (*body, Some((b.init, temporaries.to_vec())))
            }
            _ => (b.init, None),
        };
        if !matches!(self.tree.repr(init), None | Some(Repr::Memory | Repr::Reference)) {
            // A scalar: a C++ variable.
            // The full expression ends with the declaration.
            let inside = full.is_some();
            self.full.extend(full);
            let op = self.expr(init);
            let op = self.tried(op);
            let op = if inside { Op { temps: Vec::new(), ..op } } else { op };
            let on = self.types.node(init) != Type::Never;
            if on {
                let name = self.local_name(b.slot);
                let some = op.some;
                let bound = self.store(name.clone(), Op { ty: Some((ty, Category::Prvalue)), ..op });
                let bound = match self.variables.contains(&b.slot) {
                    true => Op::atom(name, Rep::Native(Repr::Reference)).typed(ty, Category::Lvalue),
                    // Nobody writes to it: its name is its value.
                    false => Op { some, ..bound },
                };
                self.bind(b.slot, bound);
            }
            if inside {
                self.full.pop();
            }
            return on;
        }
        let wrapped = self.needs_holder(b.init);
        if wrapped {
            self.holders(&[n]);
            if !self.stmt(b.init, &Dest::Drop) {
                return false;
            }
            let place = self.places.get(&n).cloned().unwrap_or_default();
            let op = Op::new(format!("*{place}"), prec::UNARY, Order::Fixed, Rep::Native(Repr::Reference));
            self.bind(b.slot, op.typed(ty, Category::Lvalue));
            return true;
        }
        let op = self.expr(b.init);
        let op = self.tried(op);
        if self.types.node(b.init) == Type::Never {
            return false;
        }
        let name = self.local_name(b.slot);
        if op.is_place() {
            // Converted in place already: the local is another name of it.
            let bound = self.store(name, op);
            self.bind(b.slot, Op { ty: Some((ty, Category::Lvalue)), ..bound });
            return true;
        }
        let others: Vec<NativeId> = op.temps.iter().copied().filter(|t| *t != n).collect();
        let lasting = Op { temps: others, ..op };
        let lasting = Op { ty: lasting.ty.map(|(t, _)| (t, Category::Prvalue)), ..lasting };
        // An array would decay to a pointer into what is gone; a reference keeps it.
        let array = self.tree.ty(ty).kind == questions::TypeKind::Array;
        self.line(format!("auto {}{name} = {};", if array { "&&" } else { "" }, lasting.text));
        self.bind(b.slot, Op::atom(name, Rep::Native(Repr::Reference)).typed(ty, Category::Lvalue));
        true
    }

    /// Is the object made inside a block that ends before its own scope does?
    fn needs_holder(&self, id: ExprId) -> bool {
        match self.tree.expr(id) {
            // Each branch makes it.
            Expr::If { .. } => self.tree.repr(id) == Some(Repr::Memory),
            Expr::Cleanups { body, .. } => self.is_named(id) || self.needs_holder(*body),
            Expr::Do { body } => body.last().is_some_and(|e| self.needs_holder(*e)),
            Expr::Let { bindings, body } => self.owns(bindings) || self.needs_holder(*body),
            Expr::Letfn { body, .. } => self.needs_holder(*body),
            _ => false,
        }
    }
}
