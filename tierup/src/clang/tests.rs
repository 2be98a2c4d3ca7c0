//! What trees become: snapshots of the text, each of which Clang must take.

use super::*;
use crate::feedback::Snapshot;
use crate::testing::{self, Hand, OBJECT};
use engine::analyze::*;
use questions::*;

const SHAPE: Shape =
    Shape { strategy: Strategy::Direct, left: false, salt: [0; 32], own_code: 0, signatures: |_| None };

fn with(tree: &Tree, want: Want, shape: Shape) -> String {
    let text = unit::write(tree, FnId(0), want, &Snapshot::default(), shape).unwrap();
    compiles(tree, &text.text);
    compiles(tree, &text.shown);
    text.shown
}
fn print(tree: &Tree) -> String {
    with(tree, Want::Function, SHAPE)
}

/// Clang's front end takes the text behind the prelude and the C++ that the tests are about.
fn compiles(tree: &Tree, text: &str) {
    let raws: String = tree.raws.iter().map(|r| r.text.to_string()).collect();
    let all = format!("{}\n{raws}\n{text}", prelude::text());
    let path = std::env::temp_dir().join(format!("rung-golden-{}.cpp", blake3::hash(all.as_bytes()).to_hex()));
    std::fs::write(&path, &all).unwrap();
    let flags = ["-std=c++17", "-fsyntax-only", "-Wall", "-Wno-unused", "-Werror", "-Wno-return-type-c-linkage"];
    let out = std::process::Command::new("clang++-19").args(flags).arg(&path).output().unwrap();
    let _ = std::fs::remove_file(&path);
    assert!(out.status.success(), "{}\n{text}", String::from_utf8_lossy(&out.stderr));
}

fn ty(name: &str, kind: TypeKind, repr: Repr) -> CppType {
    CppType { trivially_copyable: true, trivially_destructible: true, kind, repr, signed: true, ..testing::class(name) }
}

/// C++ trees by hand.
struct Cpp(Hand);

impl Cpp {
    fn new(raw: &str) -> Cpp {
        let mut h = Hand::new();
        h.tree.raws.push(RawText { text: raw.into(), place: Place::default() });
        Cpp(h)
    }
    fn ty(&mut self, t: CppType) -> TypeIx {
        match self.0.tree.types.iter().position(|x| *x == t) {
            Some(i) => TypeIx(i as u32),
            None => {
                self.0.tree.types.push(t);
                TypeIx(self.0.tree.types.len() as u32 - 1)
            }
        }
    }
    fn int(&mut self) -> TypeIx {
        self.ty(ty("int", TypeKind::Integer, Repr::I32))
    }
    fn literal(&mut self, n: i64) -> ExprId {
        let t = self.int();
        let value = NativeConst::Bits(n as u64);
        self.0.typed(Expr::NativeLiteral { value }, Ty::Cpp(t, Category::Prvalue))
    }
    fn text(&mut self, s: &str) -> ExprId {
        let t =
            self.ty(CppType { target: "const char".into(), ..ty("const char *", TypeKind::Pointer, Repr::Pointer) });
        let c = self.0.constant(ConstKey::Text(s.into()));
        self.0.typed(Expr::NativeLiteral { value: NativeConst::CString(c) }, Ty::Cpp(t, Category::Prvalue))
    }
    /// A site: its callee, text, result and the arguments' nodes.
    fn site(&mut self, callee: Callee, text: &str, result: TypeIx, category: Category, args: &[ExprId]) -> SiteId {
        let tree = &mut self.0.tree;
        let types: Vec<(CppType, Category)> = args
            .iter()
            .map(|a| match tree.nodes[a.index()].ty {
                Ty::Cpp(t, c) => (tree.types[t.index()].clone(), c),
                Ty::Value => unreachable!("an argument is C++"),
            })
            .collect();
        let symbol = match &callee {
            Callee::Operator { .. } | Callee::Field { .. } | Callee::Cast { .. } | Callee::Variable { .. } => {
                String::new()
            }
            _ => "f".into(),
        };
        tree.sites.push(std::sync::Arc::new(CallAnswer {
            site: Site {
                callee,
                args: types.iter().map(|(t, c)| Arg::Native { ty: t.name.clone(), category: *c }).collect(),
                version: 0,
            },
            result: tree.types[result.index()].clone(),
            result_category: category,
            args: types.iter().map(|t| t.0.clone()).collect(),
            params: types.iter().map(|t| t.0.name.clone()).collect(),
            symbol,
            signature: String::new(),
            text: text.into(),
            noexcept: false,
            is_virtual: false,
            extern_c: false,
            direct: None,
            recipe: None,
            version: 0,
            settled: String::new(),
        }));
        SiteId(tree.sites.len() as u32 - 1)
    }
    fn call(&mut self, text: &str, result: TypeIx, category: Category, args: &[ExprId], into: Option<u32>) -> ExprId {
        let site = self.site(Callee::Name { name: text.into() }, text, result, category, args);
        let into = into.map(NativeId);
        self.0.typed(Expr::CppCall { site, args: args.into(), into }, Ty::Cpp(result, category))
    }
    fn construct(&mut self, text: &str, result: TypeIx, args: &[ExprId], into: u32) -> ExprId {
        let site = self.site(Callee::Construct { ty: text.into() }, text, result, Category::Prvalue, args);
        let expr = Expr::CppConstruct { site, args: args.into(), into: Some(NativeId(into)) };
        self.0.typed(expr, Ty::Cpp(result, Category::Prvalue))
    }
    fn operator(&mut self, token: &str, result: TypeIx, category: Category, args: &[ExprId]) -> ExprId {
        let callee = Callee::Operator { token: token.into() };
        let site = self.site(callee, &format!("($0 {token} $1)"), result, category, args);
        let expr = Expr::CppOperator { site, token: token.into(), args: args.into(), into: None };
        self.0.typed(expr, Ty::Cpp(result, category))
    }
    fn field(&mut self, text: &str, result: TypeIx, object: ExprId) -> ExprId {
        let site = self.site(Callee::Field { name: text.into() }, text, result, Category::Lvalue, &[object]);
        self.0.typed(Expr::CppField { site, object }, Ty::Cpp(result, Category::Lvalue))
    }
    fn function(self, params: u32, body: ExprId, natives: &[(TypeIx, Option<SiteId>)]) -> Tree {
        let mut tree = self.0.function("user/f", params, 32, body);
        for (i, (ty, destroy)) in natives.iter().enumerate() {
            let native = Native { word: 16 + 2 * i as u32, words: 2, ty: *ty, destroy: *destroy, flag: Slot(8) };
            tree.fns[0].arities[0].natives.push(native);
        }
        tree
    }
}

#[test]
fn arithmetic_and_calls_of_itself() {
    insta::assert_snapshot!(print(&testing::fib()));
}

#[test]
fn a_call_through_the_functions_own_var_is_direct_behind_a_compare() {
    let mut h = Hand::new();
    let var = h.constant(ConstKey::Var { ns: "user".into(), name: "count-down!".into() });
    let feedback = h.cell();
    let callee = h.node(Expr::VarDeref { var, dynamic: false, feedback });
    let (n, one) = (h.local(1), h.long(1));
    let less = h.op(Op::Sub, &[n, one]);
    let call = h.call(callee, &[less]);
    let n = h.local(1);
    let zero = h.op(Op::IsZero, &[n]);
    let done = h.literal(ConstKey::Keyword("done".into()));
    let body = h.if_(zero, done, call);
    let tree = h.function("user/count-down!", 1, 2, body);
    let seen = crate::feedback::Cell { seen: 99, count: 1 };
    let feedback = Snapshot { cells: vec![seen; 4] };
    let shape = Shape { own_code: 99, ..SHAPE };
    let text = unit::write(&tree, FnId(0), Want::Function, &feedback, shape).unwrap().shown;
    compiles(&tree, &text);
    insta::assert_snapshot!(text);
}

#[test]
fn loops_are_loops() {
    insta::assert_snapshot!(print(&testing::sum()));
}

#[test]
fn a_loop_entered_while_it_runs() {
    insta::assert_snapshot!(with(&testing::sum(), Want::Loop { arity: 0, id: LoopId(0) }, SHAPE));
}

#[test]
fn recur_reads_everything_before_it_writes() {
    let mut h = Hand::new();
    let (a, b) = (h.long(1), h.long(2));
    let body = h.loop_(&[(2, a), (3, b)], |h, id| {
        let (x, y) = (h.local(2), h.local(3));
        let again = h.recur(id, &[2, 3], &[y, x]);
        let (p, x) = (h.local(1), h.local(2));
        let f = h.call(p, &[x]);
        let x = h.local(2);
        h.if_(f, again, x)
    });
    insta::assert_snapshot!(print(&h.function("user/swap", 1, 4, body)));
}

#[test]
fn and_or_and_not_are_operators() {
    let mut h = Hand::new();
    let (p, one) = (h.local(1), h.long(1));
    let less = h.op(Op::Lt, &[p, one]);
    let (a, a2, q) = (h.local(3), h.local(3), h.local(2));
    let not = h.op(Op::Not, &[q]);
    let or = h.if_(a, a2, not);
    let test = h.let_(&[(3, less)], or);
    let (x, y) = (h.long(1), h.long(2));
    let body = h.if_(test, x, y);
    insta::assert_snapshot!(print(&h.function("user/f", 2, 4, body)));
}

#[test]
fn doubles_are_not_boxed_in_a_loop() {
    // (loop [x 0.0 i 0] (if (< i 50) (recur (+ (* x x) c) (inc i)) x))
    let mut h = Hand::new();
    let (zero, i0) = (h.double(0.0), h.long(0));
    let body = h.loop_(&[(2, zero), (3, i0)], |h, id| {
        let (x, y, c) = (h.local(2), h.local(2), h.local(1));
        let square = h.op(Op::Mul, &[x, y]);
        let next = h.op(Op::Add, &[square, c]);
        let i = h.local(3);
        let inc = h.op(Op::Inc, &[i]);
        let again = h.recur(id, &[2, 3], &[next, inc]);
        let (i, most) = (h.local(3), h.long(50));
        let test = h.op(Op::Lt, &[i, most]);
        let x = h.local(2);
        h.if_(test, again, x)
    });
    insta::assert_snapshot!(print(&h.function("user/orbit", 1, 4, body)));
}

#[test]
fn an_error_leaves_a_region_by_return() {
    let mut h = Hand::new();
    let f = h.local(1);
    let call = h.call(f, &[]);
    let caught = h.local(2);
    let catches = [CatchArm { matcher: Matcher::Class(1), slot: Slot(2), body: caught }];
    let g = h.local(1);
    let last = h.call(g, &[]);
    let body = h.node(Expr::Try { body: call, catches: catches.into(), finally: Some(last) });
    insta::assert_snapshot!(print(&h.function("user/f", 1, 4, body)));
}

#[test]
fn case_closures_collections_and_long_calls() {
    let mut h = Hand::new();
    let subject = h.local(1);
    let (k1, k2) = (h.constant(ConstKey::Keyword("a".into())), h.constant(ConstKey::Long(7)));
    let k3 = h.constant(ConstKey::Text("seven".into()));
    let captures = [h.local(1), h.local(2)];
    let closure = h.node(Expr::Fn { function: FnId(1), captures: captures.into(), meta: None });
    let items = [h.long(1), h.local(2)];
    let vector = h.node(Expr::Vector { items: items.into() });
    let arms = [CaseArm { keys: [k1].into(), body: closure }, CaseArm { keys: [k2, k3].into(), body: vector }];
    let f = h.local(2);
    let args: Vec<ExprId> = (0..8).map(|n| h.long(n)).collect();
    let default = h.call(f, &args);
    let body = h.node(Expr::Case { subject, arms: arms.into(), default });
    insta::assert_snapshot!(print(&h.function("user/choose", 2, 4, body)));
}

#[test]
fn vars_definitions_and_letfn() {
    let mut h = Hand::new();
    let var = h.constant(ConstKey::Var { ns: "my.app".into(), name: "*level*".into() });
    let feedback = h.cell();
    let deref = h.node(Expr::VarDeref { var, dynamic: true, feedback });
    let set = h.node(Expr::SetVar { var, value: deref });
    let one = h.long(1);
    let def = h.node(Expr::Def { var, init: Some(one), meta: None });
    let odd = h.local(3);
    let even = h.node(Expr::Fn { function: FnId(1), captures: [odd].into(), meta: None });
    let even_ref = h.local(2);
    let odd = h.node(Expr::Fn { function: FnId(2), captures: [even_ref].into(), meta: None });
    let bindings = [(2, even), (3, odd)].map(|(s, init)| Binding { slot: Slot(s), init, native: None });
    let (f, n) = (h.local(2), h.local(1));
    let call = h.call(f, &[n]);
    let letfn = h.node(Expr::Letfn { bindings: bindings.into(), body: call });
    let body = h.node(Expr::Do { body: [set, def, letfn].into() });
    insta::assert_snapshot!(print(&h.function("my.app/f", 1, 4, body)));
}

const DRAWING: &str = "struct Vec { float x, y; Vec(float, float); };
struct Panel { float speed; int clicks; };
extern Panel panel;
Panel &current();
namespace Gui {
void Text(const char *, ...);
bool Button(const char *, Vec);
bool Slider(const char *, float *, float, float);
}
";

#[test]
fn calls_of_cpp_read_as_written() {
    let mut c = Cpp::new(DRAWING);
    let void = c.ty(ty("void", TypeKind::Void, Repr::Void));
    let boolean = c.ty(ty("bool", TypeKind::Bool, Repr::Bool));
    let int = c.int();
    let float = c.ty(ty("float", TypeKind::Float, Repr::F32));
    let float_ptr = c.ty(CppType { target: "float".into(), ..ty("float *", TypeKind::Pointer, Repr::Pointer) });
    let panel = c.ty(ty("Panel", TypeKind::Class, Repr::Memory));
    let panel_ptr = c.ty(CppType { target: "Panel".into(), ..ty("Panel *", TypeKind::Pointer, Repr::Pointer) });
    let vec = c.ty(ty("Vec", TypeKind::Class, Repr::Memory));
    // [n (cast int frame), p (& panel)]
    let frame = c.0.local(1);
    let n = c.0.typed(Expr::ConvertIn { value: frame, ty: int, into: None }, Ty::Cpp(int, Category::Prvalue));
    let site = c.site(Callee::Variable { name: "panel".into() }, "panel", panel, Category::Lvalue, &[]);
    let object = c.0.typed(Expr::CppVariable { site }, Ty::Cpp(panel, Category::Lvalue));
    let p = c.operator("&", panel_ptr, Category::Prvalue, &[object]);
    let local = |c: &mut Cpp, slot, t| c.0.typed(Expr::Local { slot: Slot(slot) }, Ty::Cpp(t, Category::Prvalue));
    let (format, n2) = (c.text("frame %d of %s"), local(&mut c, 2, int));
    let many = c.text("\"all\"\n");
    let text = c.call("Gui::Text($0, $1, $2)", void, Category::Prvalue, &[format, n2, many], None);
    let (label, p2) = (c.text("speed"), local(&mut c, 3, panel_ptr));
    let speed = c.field("$0->speed", float, p2);
    let speed = c.operator("&", float_ptr, Category::Prvalue, &[speed]);
    let (lo, hi) = (c.literal(0), c.literal(10));
    let slider = c.call("Gui::Slider($0, $1, $2, $3)", boolean, Category::Prvalue, &[label, speed, lo, hi], None);
    // (when (button "step" (Vec 1 (+ n 2))) (++ (.-clicks (current))))
    let (label, one) = (c.text("step"), c.literal(1));
    let (n3, two) = (local(&mut c, 2, int), c.literal(2));
    let sum = c.operator("+", int, Category::Prvalue, &[n3, two]);
    let size = c.construct("Vec($0, $1)", vec, &[one, sum], 0);
    let button = c.call("Gui::Button($0, $1)", boolean, Category::Prvalue, &[label, size], None);
    let button = c
        .0
        .typed(Expr::Cleanups { body: button, temporaries: [NativeId(0)].into() }, Ty::Cpp(boolean, Category::Prvalue));
    let now = c.call("current()", panel, Category::Lvalue, &[], None);
    let clicks = c.field("$0.clicks", int, now);
    let step = c.operator("++", int, Category::Lvalue, &[clicks]);
    let load = c.0.typed(Expr::CppLoad { value: step }, Ty::Cpp(int, Category::Prvalue));
    let step = c.0.node(Expr::ConvertOut { value: load, site: None, destroy: None });
    let nil = c.0.literal(ConstKey::Nil);
    let when = c.0.if_(button, step, nil);
    let again = local(&mut c, 2, int);
    let result = c.0.node(Expr::ConvertOut { value: again, site: None, destroy: None });
    let body = c.0.node(Expr::Do { body: [text, slider, when, result].into() });
    let body = c.0.let_(&[(2, n), (3, p)], body);
    let mut tree = c.function(1, body, &[(vec, None)]);
    for (slot, name) in [(1, "frame"), (2, "n"), (3, "p")] {
        let info = LocalInfo { slot: Slot(slot), name: name.into(), ty: Ty::Value, hint: Hint::None };
        tree.fns[0].arities[0].locals.push(info);
    }
    insta::assert_snapshot!(print(&tree));
}

#[test]
fn stubs_go_through_trampolines() {
    let mut c = Cpp::new("int twice(int);\n");
    let int = c.int();
    let x = c.0.local(1);
    let x = c.0.typed(Expr::ConvertIn { value: x, ty: int, into: None }, Ty::Cpp(int, Category::Prvalue));
    let call = c.call("twice($0)", int, Category::Prvalue, &[x], None);
    let body = c.0.node(Expr::ConvertOut { value: call, site: None, destroy: None });
    let tree = c.function(1, body, &[]);
    insta::assert_snapshot!(with(&tree, Want::Function, Shape { strategy: Strategy::Stubs, ..SHAPE }));
}

const STRINGS: &str = "struct S { S(const char *); S(S &&); ~S(); const char *text() const; };
void show(const char *, int);
int count(const S &);
";

/// A class with a destructor, and its destructor's site.
fn strings() -> (Cpp, TypeIx, SiteId, TypeIx, TypeIx) {
    let mut c = Cpp::new(STRINGS);
    let s = c.ty(testing::class("S"));
    let void = c.ty(ty("void", TypeKind::Void, Repr::Void));
    let chars = c.ty(CppType { target: "const char".into(), ..ty("const char *", TypeKind::Pointer, Repr::Pointer) });
    let destroy = c.site(Callee::Destroy { ty: "S".into() }, "$0.~S()", void, Category::Prvalue, &[]);
    (c, s, destroy, void, chars)
}

#[test]
fn objects_are_locals_that_end_with_their_block() {
    let (mut c, s, destroy, _, _) = strings();
    let int = c.int();
    let text = c.text("one");
    let first = c.construct("S($0)", s, &[text], 0);
    let f = c.0.local(1);
    let call = c.0.call(f, &[]);
    let object = c.0.typed(Expr::Local { slot: Slot(2) }, Ty::Cpp(s, Category::Lvalue));
    let count = c.call("count($0)", int, Category::Prvalue, &[object], None);
    let body = c.0.node(Expr::Do { body: [call, count].into() });
    let binding = Binding { slot: Slot(2), init: first, native: Some(NativeId(0)) };
    let scope = c.0.node(Expr::Let { bindings: [binding].into(), body });
    let g = c.0.local(1);
    let last = c.0.call(g, &[]);
    let body = c.0.node(Expr::Do { body: [scope, last].into() });
    insta::assert_snapshot!(print(&c.function(1, body, &[(s, Some(destroy))])));
}

#[test]
fn a_pointer_into_a_temporary_does_not_outlive_it() {
    let (mut c, s, destroy, void, chars) = strings();
    let int = c.int();
    let text = c.text("one");
    let made = c.construct("S($0)", s, &[text], 0);
    let pointer = c.call("$0.text()", chars, Category::Prvalue, &[made], None);
    // What needs statements comes between the pointer and its use.
    let (f, x) = (c.0.local(1), c.0.local(1));
    let call = c.0.call(f, &[x]);
    let n = c.0.typed(Expr::ConvertIn { value: call, ty: int, into: None }, Ty::Cpp(int, Category::Prvalue));
    let show = c.call("show($0, $1)", void, Category::Prvalue, &[pointer, n], None);
    let full =
        c.0.typed(Expr::Cleanups { body: show, temporaries: [NativeId(0)].into() }, Ty::Cpp(void, Category::Prvalue));
    let body = c.0.node(Expr::ConvertOut { value: full, site: None, destroy: None });
    insta::assert_snapshot!(print(&c.function(1, body, &[(s, Some(destroy))])));
}

#[test]
fn objects_come_and_go_as_values() {
    let (mut c, s, destroy, _, _) = strings();
    let x = c.0.local(1);
    let object = c.0.typed(Expr::ConvertIn { value: x, ty: s, into: Some(NativeId(0)) }, Ty::Cpp(s, Category::Lvalue));
    let text = c.text("two");
    let second = c.construct("S($0)", s, &[text], 1);
    let moved = c.site(Callee::Move { ty: "S".into() }, "__rung::move($0)", s, Category::Prvalue, &[]);
    let out = c.0.node(Expr::ConvertOut { value: second, site: Some(moved), destroy: Some(destroy) });
    let full = c.0.node(Expr::Cleanups { body: out, temporaries: [NativeId(1)].into() });
    let int = c.int();
    let count = c.call("count($0)", int, Category::Prvalue, &[object], None);
    let count = c.0.node(Expr::ConvertOut { value: count, site: None, destroy: None });
    let count = c.0.node(Expr::Cleanups { body: count, temporaries: [NativeId(0)].into() });
    let items = [full, count];
    let body = c.0.node(Expr::Vector { items: items.into() });
    insta::assert_snapshot!(print(&c.function(1, body, &[(s, Some(destroy)), (s, Some(destroy))])));
}

#[test]
fn a_cpp_exception_is_caught_by_its_type() {
    let (mut c, s, _, void, _) = strings();
    let (t, n) = (c.text("x"), c.literal(3));
    let show = c.call("show($0, $1)", void, Category::Prvalue, &[t, n], None);
    let show = c.0.node(Expr::ConvertOut { value: show, site: None, destroy: None });
    let int = c.int();
    let e = c.0.typed(Expr::Local { slot: Slot(2) }, Ty::Cpp(s, Category::Lvalue));
    let count = c.call("count($0)", int, Category::Prvalue, &[e], None);
    let caught = c.0.node(Expr::ConvertOut { value: count, site: None, destroy: None });
    let other = c.0.literal(ConstKey::Keyword("other".into()));
    let catches = [
        CatchArm { matcher: Matcher::Cpp { ty: s }, slot: Slot(2), body: caught },
        CatchArm { matcher: Matcher::Class(0), slot: Slot(3), body: other },
    ];
    let body = c.0.node(Expr::Try { body: show, catches: catches.into(), finally: None });
    let _ = OBJECT;
    insta::assert_snapshot!(print(&c.function(0, body, &[])));
}

#[test]
fn our_own_operators_are_checked() {
    let mut c = Cpp::new("struct P { int x; };\nP *find(int);\n");
    let int = c.int();
    let p = c.ty(CppType { target: "P".into(), ..ty("P *", TypeKind::Pointer, Repr::Pointer) });
    let n = c.0.local(1);
    let n = c.0.typed(Expr::ConvertIn { value: n, ty: int, into: None }, Ty::Cpp(int, Category::Prvalue));
    let n1 = c.0.typed(Expr::Local { slot: Slot(2) }, Ty::Cpp(int, Category::Prvalue));
    let n2 = c.0.typed(Expr::Local { slot: Slot(2) }, Ty::Cpp(int, Category::Prvalue));
    let found = c.call("find($0)", p, Category::Prvalue, &[n1], None);
    let x = c.field("$0->x", int, found);
    let quotient = c.operator("/", int, Category::Prvalue, &[x, n2]);
    let body = c.0.node(Expr::ConvertOut { value: quotient, site: None, destroy: None });
    let body = c.0.let_(&[(2, n)], body);
    insta::assert_snapshot!(print(&c.function(1, body, &[])));
}
