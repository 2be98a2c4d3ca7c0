//! The C++ kinds, their trampolines being Rust functions: operators in place, objects in the frame and their ends.

use crate::lang::{World, error_class, setup};
use engine::analyze::*;
use engine::fault::{self, Class, Res};
use engine::questions::*;
use engine::value::Value;
use std::sync::atomic::{AtomicI64, Ordering};

fn ty(name: &str, kind: TypeKind, repr: Repr, size: u32) -> CppType {
    CppType {
        name: name.into(),
        display: name.into(),
        kind,
        repr,
        size,
        align: size.clamp(1, 16),
        is_const: false,
        trivially_copyable: repr != Repr::Memory,
        trivially_destructible: repr != Repr::Memory,
        copyable: true,
        movable: true,
        default_constructible: true,
        aggregate: false,
        incomplete: false,
        signed: true,
        target: String::new(),
        version: 0,
        way: Way::Plain,
    }
}

const INT: TypeIx = TypeIx(0);
const LONG: TypeIx = TypeIx(1);
const UNSIGNED: TypeIx = TypeIx(2);
const DOUBLE: TypeIx = TypeIx(3);
const BOOL: TypeIx = TypeIx(4);
const OBJECT: TypeIx = TypeIx(5);
const POINTER: TypeIx = TypeIx(6);
const VOID: TypeIx = TypeIx(7);

/// A form in the making.
struct Make {
    tree: Tree,
    natives: Vec<Native>,
    next: u32,
}

impl Make {
    fn new() -> Make {
        setup();
        use TypeKind::*;
        let types = vec![
            ty("int", Integer, Repr::I32, 4),
            ty("long", Integer, Repr::I64, 8),
            ty("unsigned int", Integer, Repr::U32, 4),
            ty("double", Float, Repr::F64, 8),
            ty("bool", Bool, Repr::Bool, 1),
            ty("Thing", Class, Repr::Memory, 8),
            ty("int *", Pointer, Repr::Pointer, 8),
            ty("void", Void, Repr::Void, 0),
        ];
        // Slots 1 to 9 are for the tests.
        Make { tree: Tree { types, ..Tree::default() }, natives: vec![], next: 10 }
    }
    fn add(&mut self, expr: Expr, ty: Ty) -> ExprId {
        self.tree.nodes.push(Node { expr, place: Place::default(), position: Position::Value, ty });
        ExprId(self.tree.nodes.len() as u32 - 1)
    }
    fn literal(&mut self, t: TypeIx, bits: i64) -> ExprId {
        self.add(Expr::NativeLiteral { value: NativeConst::Bits(bits as u64) }, Ty::Cpp(t, Category::Prvalue))
    }
    fn double(&mut self, d: f64) -> ExprId {
        self.literal(DOUBLE, d.to_bits() as i64)
    }
    fn site(&mut self, signature: &str, callee: Callee, result: TypeIx, category: Category) -> SiteId {
        self.tree.sites.push(std::sync::Arc::new(CallAnswer {
            site: Site { callee, args: vec![], version: 0 },
            result: self.tree.ty(result).clone(),
            result_category: category,
            args: vec![],
            params: vec![],
            symbol: String::new(),
            signature: signature.into(),
            text: signature.into(),
            noexcept: false,
            is_virtual: false,
            extern_c: false,
            direct: None,
            recipe: None,
            version: 0,
            settled: String::new(),
        }));
        SiteId(self.tree.sites.len() as u32 - 1)
    }
    fn named(&mut self, signature: &str, result: TypeIx, category: Category) -> SiteId {
        self.site(signature, Callee::Name { name: signature.into() }, result, category)
    }
    fn operator(&mut self, token: &str, args: &[ExprId], result: TypeIx, category: Category) -> ExprId {
        let site = self.site("an operator", Callee::Operator { token: token.into() }, result, category);
        let expr = Expr::CppOperator { site, token: token.into(), args: args.into(), into: None };
        self.add(expr, Ty::Cpp(result, category))
    }
    fn call(&mut self, signature: &str, args: &[ExprId], result: TypeIx, category: Category) -> ExprId {
        let site = self.named(signature, result, category);
        self.add(Expr::CppCall { site, args: args.into(), into: None }, Ty::Cpp(result, category))
    }
    fn out(&mut self, value: ExprId) -> ExprId {
        self.add(Expr::ConvertOut { value, site: None, destroy: None }, Ty::Value)
    }
    /// Storage of one Thing.
    fn storage(&mut self) -> NativeId {
        let destroy = Some(self.named("~Thing", VOID, Category::Prvalue));
        let n = Native { word: self.next, words: 2, ty: OBJECT, destroy, flag: Slot(self.next + 2) };
        self.next += 4;
        self.natives.push(n);
        NativeId(self.natives.len() as u32 - 1)
    }
    fn thing(&mut self, n: i64, into: NativeId) -> ExprId {
        let n = self.literal(INT, n);
        let site = self.named("Thing(int)", OBJECT, Category::Prvalue);
        let expr = Expr::CppConstruct { site, args: [n].into(), into: Some(into) };
        self.add(expr, Ty::Cpp(OBJECT, Category::Prvalue))
    }
    fn local(&mut self, slot: u32) -> ExprId {
        self.add(Expr::Local { slot: Slot(slot) }, Ty::Cpp(OBJECT, Category::Lvalue))
    }
    fn run(mut self, body: ExprId) -> Res {
        let arity = Arity {
            params: 0,
            variadic: false,
            body,
            frame: self.next,
            locals: vec![],
            natives: std::mem::take(&mut self.natives),
            loops: 1,
            hints: vec![],
            result: Hint::None,
        };
        self.tree.fns.push(FnProto {
            name: "t/native".into(),
            arities: vec![arity],
            captures: vec![],
            capture_types: vec![],
            feedback: 0,
            place: Place::default(),
            pinned: None,
        });
        World::call(World::load(self.tree), &[])
    }
    fn long(self, body: ExprId) -> i64 {
        self.run(body).expect("a value").as_long().expect("a long")
    }
}

const P: Category = Category::Prvalue;
const L: Category = Category::Lvalue;

fn binary(token: &str, a: (TypeIx, i64), b: (TypeIx, i64), result: TypeIx) -> Res {
    let mut m = Make::new();
    let args = [m.literal(a.0, a.1), m.literal(b.0, b.1)];
    let v = m.operator(token, &args, result, P);
    let v = m.out(v);
    m.run(v)
}

#[test]
fn operators_in_place() {
    let long = |r: Res| r.expect("a value").as_long().expect("a long");
    assert_eq!(long(binary("+", (INT, i32::MAX as i64), (INT, 1), INT)), i32::MIN as i64);
    assert_eq!(long(binary("*", (LONG, 1 << 40), (INT, -2), LONG)), -(1 << 41));
    assert_eq!(long(binary("-", (UNSIGNED, 0), (INT, 1), UNSIGNED)), 0xffff_ffff);
    assert_eq!(binary("<", (INT, -1), (UNSIGNED, 1), BOOL), Ok(Value::FALSE));
    assert_eq!(binary("/", (DOUBLE, 1f64.to_bits() as i64), (INT, 2), DOUBLE).expect("a value").as_double(), Some(0.5));
    assert!(binary("%", (INT, 1), (INT, 0), INT).is_err());
    assert_eq!(error_class(), "java.lang.ArithmeticException");
    // The word of the sum is that of the sentinel, and no error.
    assert_eq!(long(binary("+", (INT, 3), (INT, 4), INT)), 7);

    let mut m = Make::new();
    let [a, b] = [m.double(0.0), m.literal(INT, 5)];
    let neg = m.operator("-", &[b], INT, P);
    let not = m.operator("!", &[a], BOOL, P);
    let [one, two] = [m.out(neg), m.out(not)];
    let test = m.operator("&&", &[a, b], BOOL, P);
    let v = m.add(Expr::If { test, then: two, otherwise: one }, Ty::Value);
    assert_eq!(m.long(v), -5);
}

static COUNTER: AtomicI64 = AtomicI64::new(0);
extern "C" fn counter(_: *mut u8, _: *const *mut u8, ret: *mut u8) {
    // SAFETY: a variable's trampoline stores its address.
    unsafe { *ret.cast::<u64>() = COUNTER.as_ptr() as u64 }
}

#[test]
fn assignments_through_an_lvalue() {
    World::stub("counter", counter);
    let mut m = Make::new();
    COUNTER.store(40, Ordering::Relaxed);
    let site = m.site("counter", Callee::Variable { name: "counter".into() }, LONG, L);
    let var = m.add(Expr::CppVariable { site }, Ty::Cpp(LONG, L));
    let three = m.double(3.9);
    let add = m.operator("+=", &[var, three], LONG, L);
    let up = m.operator("++", &[add], LONG, L);
    let loaded = m.add(Expr::CppLoad { value: up }, Ty::Cpp(LONG, P));
    let v = m.out(loaded);
    // 40 + 3.9 is 43.9 as a double, 43 as a long; then one more.
    assert_eq!(m.long(v), 44);
    assert_eq!(COUNTER.load(Ordering::Relaxed), 44);

    let mut m = Make::new();
    let null = m.literal(POINTER, 0);
    let at = m.operator("*", &[null], INT, L);
    let v = m.out(at);
    assert!(m.run(v).is_err());
    assert_eq!(error_class(), "java.lang.NullPointerException");
}

/// Things that live, as a number in base 100: constructed at the low end, destroyed noted behind.
static LOG: parking_lot::Mutex<Vec<i32>> = parking_lot::Mutex::new(Vec::new());

extern "C" fn construct(_: *mut u8, args: *const *mut u8, ret: *mut u8) {
    // SAFETY: one int argument; the storage of a Thing.
    let n = unsafe { *(*args).cast::<i32>() };
    LOG.lock().push(n);
    // SAFETY: as above.
    unsafe { *ret.cast::<i32>() = n }
}
extern "C" fn destroy(_: *mut u8, args: *const *mut u8, _: *mut u8) {
    // SAFETY: one Thing.
    LOG.lock().push(-unsafe { *(*args).cast::<i32>() });
}
extern "C" fn value_of(_: *mut u8, args: *const *mut u8, ret: *mut u8) {
    // SAFETY: one Thing; an int result.
    unsafe { *ret.cast::<i32>() = *(*args).cast::<i32>() }
}
extern "C" fn fail(_: *mut u8, _: *const *mut u8, _: *mut u8) {
    let _ = fault::raise(Class::Cpp, "it failed");
}

/// The tests below share the log.
static ONE_AT_A_TIME: parking_lot::Mutex<()> = parking_lot::Mutex::new(());

fn log() -> Vec<i32> {
    std::mem::take(&mut *LOG.lock())
}

fn stubs() {
    World::stub("Thing(int)", construct);
    World::stub("~Thing", destroy);
    World::stub("value", value_of);
    World::stub("fail", fail);
}

/// `(let [a (Thing 1) b (Thing 2)] body…)` with slots 1 and 2.
fn two_things(m: &mut Make, body: ExprId, ty: Ty) -> ExprId {
    let [na, nb] = [m.storage(), m.storage()];
    let [a, b] = [m.thing(1, na), m.thing(2, nb)];
    let bindings =
        [Binding { slot: Slot(1), init: a, native: Some(na) }, Binding { slot: Slot(2), init: b, native: Some(nb) }];
    m.add(Expr::Let { bindings: bindings.into(), body }, ty)
}

#[test]
fn objects_end_with_their_scope_in_reverse_order() {
    let _one = ONE_AT_A_TIME.lock();
    stubs();
    let mut m = Make::new();
    let b = m.local(2);
    let n = m.call("value", &[b], INT, P);
    let n = m.out(n);
    let v = two_things(&mut m, n, Ty::Value);
    assert_eq!(m.long(v), 2);
    assert_eq!(log(), [1, 2, -2, -1]);
}

#[test]
fn objects_end_when_an_error_passes() {
    let _one = ONE_AT_A_TIME.lock();
    stubs();
    let mut m = Make::new();
    let failing = m.call("fail", &[], VOID, P);
    let nil = m.out(failing);
    let v = two_things(&mut m, nil, Ty::Value);
    assert!(m.run(v).is_err());
    assert_eq!(error_class(), "rung.CppException");
    assert_eq!(log(), [1, 2, -2, -1]);

    // Only what was constructed ends: the second construction is never reached.
    let mut m = Make::new();
    let [na, nb] = [m.storage(), m.storage()];
    let a = m.thing(1, na);
    let failing = m.call("fail", &[], VOID, P);
    let two = m.thing(2, nb);
    let b = m.add(Expr::Do { body: [failing, two].into() }, Ty::Cpp(OBJECT, P));
    let bindings =
        [Binding { slot: Slot(1), init: a, native: Some(na) }, Binding { slot: Slot(2), init: b, native: Some(nb) }];
    let body = m.literal(INT, 0);
    let body = m.out(body);
    let v = m.add(Expr::Let { bindings: bindings.into(), body }, Ty::Value);
    assert!(m.run(v).is_err());
    error_class();
    assert_eq!(log(), [1, -1]);
}

#[test]
fn a_recur_out_of_a_scope_ends_its_objects_each_time() {
    let _one = ONE_AT_A_TIME.lock();
    stubs();
    let mut m = Make::new();
    // (loop [i 0] (let [a (Thing 1) b (Thing 2)] (if (< i 2) (recur (+ i 1)) i))), `i` a C++ int in slot 3.
    let i = |m: &mut Make| m.add(Expr::Local { slot: Slot(3) }, Ty::Cpp(INT, P));
    let [i1, i2, i3] = [i(&mut m), i(&mut m), i(&mut m)];
    let [one, two, zero] = [1, 2, 0].map(|n| m.literal(INT, n));
    let test = m.operator("<", &[i1, two], BOOL, P);
    let next = m.operator("+", &[i2, one], INT, P);
    let int = Ty::Cpp(INT, P);
    let recur = Expr::Recur { target: Target::Loop(LoopId(0)), slots: [Slot(3)].into(), args: [next].into() };
    let recur = m.add(recur, int);
    let choose = m.add(Expr::If { test, then: recur, otherwise: i3 }, int);
    let scope = two_things(&mut m, choose, int);
    let bindings = [Binding { slot: Slot(3), init: zero, native: None }].into();
    let looped = m.add(Expr::Loop { id: LoopId(0), bindings, body: scope }, int);
    let v = m.out(looped);
    assert_eq!(m.long(v), 2);
    assert_eq!(log(), [1, 2, -2, -1].repeat(3));
}

#[test]
fn a_native_loop_may_yield_the_word_of_the_sentinel() {
    let mut m = Make::new();
    let int = Ty::Cpp(INT, P);
    let zero = m.literal(INT, 0);
    let mark = m.literal(INT, 0x27);
    let bindings = [Binding { slot: Slot(1), init: zero, native: None }].into();
    let looped = m.add(Expr::Loop { id: LoopId(0), bindings, body: mark }, int);
    let v = m.out(looped);
    assert_eq!(m.long(v), 0x27);
}

#[test]
fn temporaries_end_with_the_full_expression() {
    let _one = ONE_AT_A_TIME.lock();
    stubs();
    let mut m = Make::new();
    let [na, nb] = [m.storage(), m.storage()];
    let [a, b] = [m.thing(3, na), m.thing(4, nb)];
    let [x, y] = [m.call("value", &[a], INT, P), m.call("value", &[b], INT, P)];
    let sum = m.operator("+", &[x, y], INT, P);
    let out = m.out(sum);
    let v = m.add(Expr::Cleanups { body: out, temporaries: [na, nb].into() }, Ty::Value);
    assert_eq!(m.long(v), 7);
    assert_eq!(log(), [3, 4, -4, -3]);
}

#[test]
fn a_scalar_in_storage_is_an_lvalue() {
    let mut m = Make::new();
    // (let [n (int 41)] (++ n) n), `n` in storage.
    let n = Native { word: m.next, words: 2, ty: INT, destroy: None, flag: Slot(m.next + 2) };
    m.next += 4;
    m.natives.push(n);
    let init = m.literal(INT, 41);
    let int = |m: &mut Make| m.add(Expr::Local { slot: Slot(1) }, Ty::Cpp(INT, L));
    let [n1, n2] = [int(&mut m), int(&mut m)];
    let up = m.operator("++", &[n1], INT, L);
    let out = m.out(n2);
    let body = m.add(Expr::Do { body: [up, out].into() }, Ty::Value);
    let bindings = [Binding { slot: Slot(1), init, native: Some(NativeId(0)) }].into();
    let v = m.add(Expr::Let { bindings, body }, Ty::Value);
    assert_eq!(m.long(v), 42);
}

#[test]
fn a_site_that_cannot_be_bound_is_an_error_where_it_runs() {
    let mut m = Make::new();
    let v = m.call("no such stub", &[], INT, P);
    let v = m.out(v);
    assert!(m.run(v).is_err());
    assert_eq!(error_class(), "clojure.lang.Compiler$CompilerException");
}
