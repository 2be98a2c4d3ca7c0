//! Text → tree. Names are resolved, slots and captures numbered, nothing is checked.

use engine::analyze::*;
use engine::fault::Class;

#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    Sym(String),
    Key(String),
    Int(i64),
    Dbl(f64),
    Str(String),
    List(Vec<Form>),
    Vector(Vec<Form>),
}
use Form::*;

pub fn read(text: &str) -> Form {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' | ')' | '[' | ']' => tokens.push(c.to_string()),
            c if c.is_whitespace() => {}
            '"' => {
                let s: String = chars.by_ref().take_while(|c| *c != '"').collect();
                tokens.push(format!("\"{s}"));
            }
            c => {
                let mut s = c.to_string();
                while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !"()[]".contains(*c)) {
                    s.push(c);
                }
                tokens.push(s);
            }
        }
    }
    let mut i = 0;
    let form = parse(&tokens, &mut i);
    assert_eq!(i, tokens.len(), "more than one form");
    form
}

fn parse(tokens: &[String], i: &mut usize) -> Form {
    let t = &tokens[*i];
    *i += 1;
    let mut until = |close: &str| {
        let mut items = Vec::new();
        while tokens[*i] != close {
            items.push(parse(tokens, i));
        }
        *i += 1;
        items
    };
    match t.as_str() {
        "(" => List(until(")")),
        "[" => Vector(until("]")),
        t if t.starts_with('"') => Str(t[1..].into()),
        t if t.starts_with(':') => Key(t[1..].into()),
        t => match (t.parse::<i64>(), t.parse::<f64>()) {
            (Ok(n), _) => Int(n),
            (_, Ok(d)) if t.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Dbl(d),
            _ => Sym(t.into()),
        },
    }
}

struct Function {
    id: FnId,
    name: Option<String>,
    locals: Vec<(String, Slot)>,
    next: u32,
    top: u32,
    feedback: u32,
    loops: u32,
    captures: Vec<String>,
    /// In the enclosing function, what is captured.
    values: Vec<ExprId>,
    targets: Vec<(Target, Vec<Slot>)>,
}

#[derive(Default)]
pub struct Compiler {
    pub tree: Tree,
    functions: Vec<Function>,
}

fn sym(f: &Form) -> &str {
    match f {
        Sym(s) => s,
        f => panic!("a symbol instead of {f:?}"),
    }
}
fn items(f: &Form) -> &[Form] {
    match f {
        List(v) | Vector(v) => v,
        f => panic!("a list instead of {f:?}"),
    }
}

fn op(name: &str) -> Option<Op> {
    Some(match name {
        "+" => Op::Add,
        "-" => Op::Sub,
        "*" => Op::Mul,
        "/" => Op::Div,
        "quot" => Op::Quot,
        "rem" => Op::Rem,
        "mod" => Op::Mod,
        "inc" => Op::Inc,
        "dec" => Op::Dec,
        "<" => Op::Lt,
        "<=" => Op::Le,
        ">" => Op::Gt,
        ">=" => Op::Ge,
        "==" => Op::NumEq,
        "=" => Op::Equal,
        "identical?" => Op::Identical,
        "not" => Op::Not,
        "nil?" => Op::IsNil,
        "zero?" => Op::IsZero,
        "first" => Op::First,
        "next" => Op::Next,
        "count" => Op::Count,
        "conj" => Op::Conj,
        "bit-and" => Op::BitAnd,
        "bit-shift-left" => Op::Shl,
        "bit-shift-right" => Op::Shr,
        "get" => Op::Get,
        _ => return None,
    })
}

impl Compiler {
    /// The form as function 0 of the tree.
    pub fn top(mut self, form: &Form) -> Tree {
        self.function(None, &[List(vec![Vector(vec![]), form.clone()])]);
        self.tree
    }

    fn add(&mut self, expr: Expr) -> ExprId {
        self.tree.nodes.push(Node { expr, place: Place::default(), position: Position::Value, ty: Ty::Value });
        ExprId(self.tree.nodes.len() as u32 - 1)
    }
    fn constant(&mut self, key: ConstKey) -> ConstId {
        let at = self.tree.consts.iter().position(|k| *k == key).unwrap_or_else(|| {
            self.tree.consts.push(key);
            self.tree.consts.len() - 1
        });
        ConstId(at as u32)
    }
    fn literal(&mut self, key: ConstKey) -> ExprId {
        let value = self.constant(key);
        self.add(Expr::Literal { value })
    }
    fn var(&mut self, name: &str) -> ConstId {
        self.constant(ConstKey::Var { ns: "t".into(), name: name.into() })
    }
    fn here(&mut self) -> &mut Function {
        self.functions.last_mut().expect("inside a function")
    }
    fn feedback(&mut self) -> FeedbackId {
        let f = self.here();
        f.feedback += 1;
        FeedbackId(f.feedback - 1)
    }
    fn slot(&mut self, name: &str) -> Slot {
        let f = self.here();
        let s = Slot(f.next);
        f.next += 1;
        f.top = f.top.max(f.next);
        f.locals.push((name.into(), s));
        s
    }

    fn function(&mut self, name: Option<String>, arities: &[Form]) -> (FnId, Vec<ExprId>) {
        let id = FnId(self.tree.fns.len() as u32);
        self.tree.fns.push(FnProto {
            name: format!("t/{}", name.as_deref().unwrap_or("fn")).into(),
            arities: vec![],
            captures: vec![],
            capture_types: vec![],
            feedback: 0,
            place: Place::default(),
            pinned: None,
        });
        let (captures, values) = (vec![], vec![]);
        self.functions.push(Function {
            id,
            name,
            locals: vec![],
            next: 1,
            top: 1,
            feedback: 0,
            loops: 0,
            captures,
            values,
            targets: vec![],
        });
        let made: Vec<Arity> = arities.iter().map(|a| self.arity(a)).collect();
        let f = self.functions.pop().expect("pushed above");
        let proto = &mut self.tree.fns[id.index()];
        proto.arities = made;
        proto.feedback = f.feedback;
        proto.captures = f.captures.iter().map(|c| c.as_str().into()).collect();
        (f.id, f.values)
    }

    fn arity(&mut self, form: &Form) -> Arity {
        let params: Vec<&str> = items(&items(form)[0]).iter().map(sym).collect();
        let variadic = params.contains(&"&");
        let f = self.here();
        (f.next, f.top, f.loops) = (1, 1, 0);
        f.locals.clear();
        let slots: Vec<Slot> = params.iter().filter(|p| **p != "&").map(|p| self.slot(p)).collect();
        let fixed = slots.len() - variadic as usize;
        self.here().targets.push((Target::Function, slots));
        let body = self.body(&items(form)[1..]);
        self.here().targets.pop();
        let f = self.here();
        let (frame, loops) = (f.top.next_multiple_of(2), f.loops);
        Arity {
            params: fixed as u32,
            variadic,
            body,
            frame,
            locals: vec![],
            natives: vec![],
            loops,
            hints: vec![],
            result: Hint::None,
        }
    }

    fn body(&mut self, forms: &[Form]) -> ExprId {
        match forms {
            [one] => self.expr(one),
            many => {
                let body = self.exprs(many);
                self.add(Expr::Do { body })
            }
        }
    }
    fn exprs(&mut self, forms: &[Form]) -> Box<[ExprId]> {
        forms.iter().map(|f| self.expr(f)).collect()
    }

    /// A name seen from function number `depth`: a local, the function itself, a capture; `None`: a var.
    fn resolve(&mut self, name: &str, depth: usize) -> Option<Expr> {
        let f = &self.functions[depth];
        if let Some((_, slot)) = f.locals.iter().rev().find(|(n, _)| n == name) {
            return Some(Expr::Local { slot: *slot });
        }
        if f.name.as_deref() == Some(name) {
            return Some(Expr::SelfRef {});
        }
        if let Some(i) = f.captures.iter().position(|c| c == name) {
            return Some(Expr::Capture { index: CaptureIx(i as u32) });
        }
        let outer = self.resolve(name, depth.checked_sub(1)?)?;
        let value = self.add(outer);
        let f = &mut self.functions[depth];
        f.captures.push(name.into());
        f.values.push(value);
        Some(Expr::Capture { index: CaptureIx(f.captures.len() as u32 - 1) })
    }

    fn bindings(&mut self, form: &Form) -> Vec<Binding> {
        let mut made = Vec::new();
        for pair in items(form).chunks(2) {
            let init = self.expr(&pair[1]);
            let slot = self.slot(sym(&pair[0]));
            made.push(Binding { slot, init, native: None });
        }
        made
    }

    fn expr(&mut self, form: &Form) -> ExprId {
        match form {
            Int(n) => self.literal(ConstKey::Long(*n)),
            Dbl(d) => self.literal(ConstKey::Double(d.to_bits())),
            Str(s) => self.literal(ConstKey::Text(s.as_str().into())),
            Key(s) => self.literal(ConstKey::Keyword(s.as_str().into())),
            Sym(s) => match s.as_str() {
                "nil" => self.literal(ConstKey::Nil),
                "true" | "false" => self.literal(ConstKey::Bool(s == "true")),
                s => match self.resolve(s, self.functions.len() - 1) {
                    Some(e) => self.add(e),
                    None => {
                        let (var, feedback) = (self.var(s), self.feedback());
                        self.add(Expr::VarDeref { var, dynamic: s.starts_with('*'), feedback })
                    }
                },
            },
            Vector(v) => {
                let items = self.exprs(v);
                self.add(Expr::Vector { items })
            }
            List(v) => self.list(v),
        }
    }

    fn list(&mut self, v: &[Form]) -> ExprId {
        let Sym(head) = &v[0] else { return self.call(v) };
        let mark = self.here().locals.len();
        let made = match head.as_str() {
            "if" => {
                let [test, then, otherwise] = [1, 2, 3].map(|i| self.expr(v.get(i).unwrap_or(&Sym("nil".into()))));
                self.add(Expr::If { test, then, otherwise })
            }
            "do" => self.body(&v[1..]),
            "let" => {
                let bindings = self.bindings(&v[1]).into();
                let body = self.body(&v[2..]);
                self.add(Expr::Let { bindings, body })
            }
            "loop" => {
                let id = LoopId(self.here().loops);
                self.here().loops += 1;
                let bindings = self.bindings(&v[1]);
                self.here().targets.push((Target::Loop(id), bindings.iter().map(|b| b.slot).collect()));
                let body = self.body(&v[2..]);
                self.here().targets.pop();
                self.add(Expr::Loop { id, bindings: bindings.into(), body })
            }
            "recur" => {
                let args = self.exprs(&v[1..]);
                let (target, slots) = self.here().targets.last().cloned().expect("a target");
                self.add(Expr::Recur { target, slots: slots.into(), args })
            }
            "letfn" => {
                let fns = items(&v[1]);
                let slots: Vec<Slot> = fns.iter().map(|f| self.slot(sym(&items(f)[0]))).collect();
                let mut bindings = Vec::new();
                for (f, slot) in fns.iter().zip(slots) {
                    let init = self.closure(None, &[List(items(f)[1..].to_vec())]);
                    bindings.push(Binding { slot, init, native: None });
                }
                let body = self.body(&v[2..]);
                self.add(Expr::Letfn { bindings: bindings.into(), body })
            }
            "fn" => {
                let (name, rest) = match &v[1] {
                    Sym(s) => (Some(s.clone()), &v[2..]),
                    _ => (None, &v[1..]),
                };
                match &rest[0] {
                    Vector(_) => self.closure(name, &[List(rest.to_vec())]),
                    _ => self.closure(name, rest),
                }
            }
            "def" => {
                let var = self.var(sym(&v[1]));
                let init = v.get(2).map(|f| self.expr(f));
                self.add(Expr::Def { var, init, meta: None })
            }
            "throw" => {
                let value = self.expr(&v[1]);
                self.add(Expr::Throw { value })
            }
            "try" => self.attempt(&v[1..]),
            "case" => {
                let subject = self.expr(&v[1]);
                let mut arms = Vec::new();
                let pairs = v[2..].chunks_exact(2);
                let default = self.expr(&pairs.remainder()[0]);
                for pair in pairs {
                    let keys = match &pair[0] {
                        List(keys) => keys.iter().map(|k| self.key(k)).collect(),
                        k => [self.key(k)].into(),
                    };
                    arms.push(CaseArm { keys, body: self.expr(&pair[1]) });
                }
                self.add(Expr::Case { subject, arms: arms.into(), default })
            }
            "set!" => {
                let var = self.var(sym(&v[1]));
                let value = self.expr(&v[2]);
                self.add(Expr::SetVar { var, value })
            }
            name if self.functions.iter().any(|f| f.name.as_deref() == Some(name)) && self.is_self(name) => {
                let args = self.exprs(&v[1..]);
                let feedback = self.feedback();
                self.add(Expr::SelfCall { args, feedback })
            }
            "-" if v.len() == 2 => {
                let args = self.exprs(&v[1..]);
                let feedback = self.feedback();
                self.add(Expr::Operate { op: Op::Neg, args, feedback })
            }
            name => match op(name) {
                Some(op) => {
                    let args = self.exprs(&v[1..]);
                    let feedback = self.feedback();
                    self.add(Expr::Operate { op, args, feedback })
                }
                None => self.call(v),
            },
        };
        self.here().locals.truncate(mark);
        made
    }

    /// Does the name mean the innermost function itself?
    fn is_self(&self, name: &str) -> bool {
        let f = self.functions.last().expect("inside a function");
        f.name.as_deref() == Some(name) && !f.locals.iter().any(|(n, _)| n == name)
    }

    fn key(&mut self, k: &Form) -> ConstId {
        let e = self.expr(k);
        match self.tree.expr(e) {
            Expr::Literal { value } => *value,
            _ => panic!("a constant instead of {k:?}"),
        }
    }

    fn closure(&mut self, name: Option<String>, arities: &[Form]) -> ExprId {
        let (function, captures) = self.function(name, arities);
        self.add(Expr::Fn { function, captures: captures.into(), meta: None })
    }

    fn attempt(&mut self, forms: &[Form]) -> ExprId {
        let (mut body, mut catches, mut finally) = (Vec::new(), Vec::new(), None);
        for f in forms {
            match f {
                List(v) if v[0] == Sym("catch".into()) => {
                    let class = Class::named(sym(&v[1])).expect("an exception class");
                    let slot = self.slot(sym(&v[2]));
                    let arm = self.body(&v[3..]);
                    catches.push(CatchArm { matcher: Matcher::Class(class as u32), slot, body: arm });
                }
                List(v) if v[0] == Sym("finally".into()) => finally = Some(self.body(&v[1..])),
                f => body.push(f.clone()),
            }
        }
        let body = self.body(&body);
        self.add(Expr::Try { body, catches: catches.into(), finally })
    }

    fn call(&mut self, v: &[Form]) -> ExprId {
        let callee = self.expr(&v[0]);
        let args = self.exprs(&v[1..]);
        let feedback = self.feedback();
        self.add(Expr::Call { callee, args, feedback })
    }
}
