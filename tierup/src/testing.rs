//! Trees by hand, for tests of lowering and of tier 1: a function of one arity at a time.

use engine::analyze::*;
use questions::{Category, CppType, Repr, TypeKind};

/// A tree under construction, with one function.
pub struct Hand {
    pub tree: Tree,
    feedback: u32,
    loops: u32,
}

impl Hand {
    pub fn new() -> Hand {
        Hand { tree: Tree { ns: "user".into(), ..Tree::default() }, feedback: 0, loops: 0 }
    }
    pub fn node(&mut self, expr: Expr) -> ExprId {
        self.typed(expr, Ty::Value)
    }
    pub fn typed(&mut self, expr: Expr, ty: Ty) -> ExprId {
        self.tree.nodes.push(Node { expr, place: Place::default(), position: Position::Value, ty });
        ExprId(self.tree.nodes.len() as u32 - 1)
    }
    pub fn constant(&mut self, key: ConstKey) -> ConstId {
        match self.tree.consts.iter().position(|k| *k == key) {
            Some(i) => ConstId(i as u32),
            None => {
                self.tree.consts.push(key);
                ConstId(self.tree.consts.len() as u32 - 1)
            }
        }
    }
    pub fn literal(&mut self, key: ConstKey) -> ExprId {
        let value = self.constant(key);
        self.node(Expr::Literal { value })
    }
    pub fn long(&mut self, n: i64) -> ExprId {
        self.literal(ConstKey::Long(n))
    }
    pub fn double(&mut self, d: f64) -> ExprId {
        self.literal(ConstKey::Double(d.to_bits()))
    }
    pub fn local(&mut self, slot: u32) -> ExprId {
        self.node(Expr::Local { slot: Slot(slot) })
    }
    pub fn cell(&mut self) -> FeedbackId {
        self.feedback += 1;
        FeedbackId(self.feedback - 1)
    }
    pub fn op(&mut self, op: Op, args: &[ExprId]) -> ExprId {
        let feedback = self.cell();
        self.node(Expr::Operate { op, args: args.into(), feedback })
    }
    pub fn if_(&mut self, test: ExprId, then: ExprId, otherwise: ExprId) -> ExprId {
        self.node(Expr::If { test, then, otherwise })
    }
    pub fn self_call(&mut self, args: &[ExprId]) -> ExprId {
        let feedback = self.cell();
        self.node(Expr::SelfCall { args: args.into(), feedback })
    }
    pub fn call(&mut self, callee: ExprId, args: &[ExprId]) -> ExprId {
        let feedback = self.cell();
        self.node(Expr::Call { callee, args: args.into(), feedback })
    }
    pub fn let_(&mut self, bindings: &[(u32, ExprId)], body: ExprId) -> ExprId {
        let bindings = bindings.iter().map(|(s, init)| Binding { slot: Slot(*s), init: *init, native: None }).collect();
        self.node(Expr::Let { bindings, body })
    }
    pub fn loop_(&mut self, bindings: &[(u32, ExprId)], body: impl FnOnce(&mut Hand, LoopId) -> ExprId) -> ExprId {
        let id = LoopId(self.loops);
        self.loops += 1;
        let bindings = bindings.iter().map(|(s, init)| Binding { slot: Slot(*s), init: *init, native: None }).collect();
        let body = body(self, id);
        self.node(Expr::Loop { id, bindings, body })
    }
    pub fn recur(&mut self, id: LoopId, slots: &[u32], args: &[ExprId]) -> ExprId {
        let slots = slots.iter().map(|s| Slot(*s)).collect();
        self.node(Expr::Recur { target: Target::Loop(id), slots, args: args.into() })
    }
    /// The function, of `params` parameters and a frame of `frame` words.
    pub fn function(mut self, name: &str, params: u32, frame: u32, body: ExprId) -> Tree {
        let arity = Arity {
            params,
            variadic: false,
            body,
            frame,
            locals: Vec::new(),
            natives: Vec::new(),
            loops: self.loops,
            hints: Vec::new(),
            result: Hint::None,
        };
        self.tree.fns.push(FnProto {
            name: name.into(),
            arities: vec![arity],
            captures: Vec::new(),
            capture_types: Vec::new(),
            feedback: self.feedback,
            place: Place::default(),
            pinned: None,
        });
        self.tree
    }
}

/// A C++ class with a destructor, for tests of cleanup.
pub fn class(name: &str) -> CppType {
    CppType {
        name: name.into(),
        display: name.into(),
        kind: TypeKind::Class,
        repr: Repr::Memory,
        size: 8,
        align: 8,
        is_const: false,
        trivially_copyable: false,
        trivially_destructible: false,
        copyable: true,
        movable: true,
        default_constructible: true,
        aggregate: false,
        incomplete: false,
        signed: false,
        target: String::new(),
        version: 0,
        way: engine::questions::Way::Plain,
    }
}

/// The type of an object in place.
pub const OBJECT: Ty = Ty::Cpp(TypeIx(0), Category::Prvalue);

/// `(fn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))`
pub fn fib() -> Tree {
    let mut h = Hand::new();
    let (n, two) = (h.local(1), h.long(2));
    let test = h.op(Op::Lt, &[n, two]);
    let (n, one) = (h.local(1), h.long(1));
    let a = h.op(Op::Sub, &[n, one]);
    let a = h.self_call(&[a]);
    let (n, two) = (h.local(1), h.long(2));
    let b = h.op(Op::Sub, &[n, two]);
    let b = h.self_call(&[b]);
    let sum = h.op(Op::Add, &[a, b]);
    let n = h.local(1);
    let body = h.if_(test, n, sum);
    h.function("user/fib", 1, 2, body)
}

/// `(def down (fn [n] (if (< n 1) 0 (+ 1 (down (- n 1))))))`, the call through the var.
pub fn through_the_var() -> Tree {
    let mut h = Hand::new();
    let (n, one) = (h.local(1), h.long(1));
    let test = h.op(Op::Lt, &[n, one]);
    let var = h.constant(ConstKey::Var { ns: "user".into(), name: "down".into() });
    let feedback = h.cell();
    let callee = h.node(Expr::VarDeref { var, dynamic: false, feedback });
    let (n, one) = (h.local(1), h.long(1));
    let next = h.op(Op::Sub, &[n, one]);
    let call = h.call(callee, &[next]);
    let one = h.long(1);
    let sum = h.op(Op::Add, &[one, call]);
    let zero = h.long(0);
    let body = h.if_(test, zero, sum);
    h.function("user/down", 1, 2, body)
}

/// `(fn [n] (loop [i 0 acc 0] (if (< i n) (recur (inc i) (+ acc i)) acc)))`
pub fn sum() -> Tree {
    let mut h = Hand::new();
    let (zero, zero2) = (h.long(0), h.long(0));
    let body = h.loop_(&[(2, zero), (3, zero2)], |h, id| {
        let (i, n) = (h.local(2), h.local(1));
        let test = h.op(Op::Lt, &[i, n]);
        let i = h.local(2);
        let next = h.op(Op::Inc, &[i]);
        let (acc, i) = (h.local(3), h.local(2));
        let acc = h.op(Op::Add, &[acc, i]);
        let again = h.recur(id, &[2, 3], &[next, acc]);
        let acc = h.local(3);
        h.if_(test, again, acc)
    });
    h.function("user/sum", 1, 4, body)
}

/// A call site whose result is a class value.
pub fn site(result: CppType) -> questions::CallAnswer {
    questions::CallAnswer {
        site: questions::Site {
            callee: questions::Callee::Construct { ty: result.name.clone() },
            args: Vec::new(),
            version: 0,
        },
        result,
        result_category: Category::Prvalue,
        args: Vec::new(),
        params: Vec::new(),
        symbol: "_ZN1SC1Ev".into(),
        signature: String::new(),
        text: "S()".into(),
        noexcept: false,
        is_virtual: false,
        extern_c: false,
        direct: None,
        recipe: None,
        version: 0,
        settled: String::new(),
    }
}
