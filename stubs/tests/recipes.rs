//! A recipe does what the trampoline does that Clang compiles for the same site: interpreted, and compiled once it is hot.

mod common;

use common::*;
use engine::host::CppHost;
use engine::thread::Thread;
use questions::*;
use std::time::{Duration, Instant};

/// What a trampoline leaves: the result's bytes, or the error.
type Left = Result<[u64; 8], String>;

fn run(stub: Trampoline, slots: &[[u64; 8]]) -> (Left, Vec<[u64; 8]>) {
    let mut slots = slots.to_vec();
    let args: Vec<*mut u8> = slots.iter_mut().map(|s| s.as_mut_ptr().cast()).collect();
    let mut ret = [0u64; 8];
    // SAFETY: slots and result are larger than any type of the tests.
    let done = unsafe { host().call(Thread::current(), stub, args.as_ptr(), ret.as_mut_ptr().cast()) };
    (done.map(|()| ret).map_err(|_| error().1), slots)
}

fn question(callee: Callee, args: &[(&str, Category)]) -> CallQuestion {
    CallQuestion { callee, args: args.iter().map(|(ty, c)| Arg::Native { ty: (*ty).into(), category: *c }).collect() }
}

fn compiled_by_clang(site: &CallAnswer) -> Trampoline {
    match host().request(&Request::Trampolines { sites: vec![site.site.clone()] }) {
        Ok(Response::Trampolines { trampolines, inits }) => {
            host().run_inits(&inits).unwrap();
            trampolines[0].clone().unwrap_or_else(|d| panic!("{d:#?}"))
        }
        other => panic!("{other:?}"),
    }
}

/// Runs a recipe on `inputs`, then until it is compiled, then again; all equal to Clang's trampoline.
fn same(callee: Callee, args: &[(&str, Category)], inputs: &[Vec<[u64; 8]>]) {
    let what = format!("{callee:?} {args:?}");
    let site = bind(question(callee, args));
    let recipe = site.answer.recipe.clone().unwrap_or_else(|| panic!("{what}: no recipe"));
    let clang = compiled_by_clang(&site.answer);
    let expected: Vec<_> = inputs.iter().map(|i| run(clang, i)).collect();
    let check = |way: &str| {
        for (input, expected) in inputs.iter().zip(&expected) {
            assert_eq!(&run(site.stub, input), expected, "{way}: {what}\n{input:x?}\n{recipe:?}");
        }
    };
    check("interpreted");
    // Hot at 1000 calls; another thread compiles.
    let shape = recipe.shape();
    let deadline = Instant::now() + Duration::from_secs(60);
    for _ in 0..1100 {
        drop(run(site.stub, &inputs[0]));
    }
    while !stubs::is_compiled(&shape) {
        assert!(Instant::now() < deadline, "{what} was never compiled");
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(run(site.stub, &inputs[0]));
    check("compiled");
}

fn scalar(ty: &str, n: i64) -> [u64; 8] {
    let bits = match ty {
        "float" => u64::from((n as f32 * 1.25).to_bits()),
        "double" => (n as f64 * 1.25).to_bits(),
        "bool" => (n & 1) as u64,
        _ => n as u64,
    };
    [bits, 0, 0, 0, 0, 0, 0, 0]
}

use Category::{Lvalue, Prvalue};

#[test]
fn operators_and_casts() {
    raw("struct none {};");
    let scalars =
        ["bool", "signed char", "unsigned short", "int", "unsigned int", "long", "unsigned long", "float", "double"];
    let numbers = [1i64, -3, 77, 0x7fff_ffff, -0x8000_0000, 255, 65_537];
    let pairs = |a: &str, b: &str| -> Vec<Vec<[u64; 8]>> {
        let some = |ty: &str, n: i64| scalar(ty, if n == 0 { 1 } else { n });
        numbers.iter().zip([5i64, 7, -9, 3, 1, 2, 31]).map(|(x, y)| vec![some(a, *x), some(b, y | 1)]).collect()
    };
    let mut all = 0;
    for (i, a) in scalars.iter().enumerate() {
        for (j, b) in scalars.iter().enumerate() {
            let floating = i >= 7 || j >= 7;
            for op in ["+", "-", "*", "/", "<", ">=", "==", "!=", "%", "&", "|", "^"] {
                // One of each kind is enough of each pair.
                if (i + 2 * j + op.len() + all) % 5 != 0 || (floating && ["%", "&", "|", "^"].contains(&op)) {
                    all += 1;
                    continue;
                }
                all += 1;
                let callee = Callee::Operator { token: op.into() };
                same(callee, &[(a, Prvalue), (b, Lvalue)], &pairs(a, b));
            }
            let inputs: Vec<_> =
                [1i64, 0, 77, -3, 120].iter().filter(|n| **n >= 0 || i < 7).map(|n| vec![scalar(a, *n)]).collect();
            if i != j {
                same(Callee::Cast { ty: (*b).into(), unchecked: false }, &[(a, Prvalue)], &inputs);
            }
        }
    }
    for (ty, op) in
        [("int", "-"), ("unsigned int", "~"), ("double", "-"), ("float", "-"), ("long", "!"), ("short", "-")]
    {
        same(Callee::Operator { token: op.into() }, &[(ty, Prvalue)], &[vec![scalar(ty, 5)], vec![scalar(ty, 0)]]);
    }
}

const TYPES: &str = r#"
#include <cstdarg>
#include <cstdio>
#include <stdexcept>
#include <string>
namespace rc {
struct Small { int a, b; };
struct Odd { char c[3]; };
struct Mixed { double d; int i; };
struct Floats { float x, y, z; };
struct Big { long v[5]; };
struct Two { double a, b; };
struct Base1 { long one = 1; virtual long f(long n) { return n + one; } virtual ~Base1() = default; };
struct Base2 { long two = 2; virtual long g(long n) { return n * two; } virtual ~Base2() = default; };
struct Both : Base1, Base2 { long three = 3; long g(long n) override { return n * three; } };
inline Both both;
inline Base2 *second() { return &both; }
inline Small small(Small s) { return {s.b, s.a}; }
inline Odd odd(Odd o) { return {{o.c[2], o.c[1], o.c[0]}}; }
inline Mixed mixed(Mixed m, float k) { return {m.d * k, m.i + 1}; }
inline Floats floats(Floats f) { return {f.z, f.y, f.x}; }
inline Big big(Big b, short n) { for (auto &x : b.v) x += n; return b; }
inline Two two(Two t) { return {t.b, t.a}; }
inline float half(float x) { return x / 2; }
inline bool is(bool b) { return !b; }
inline signed char low(int n) { return static_cast<signed char>(n); }
inline long many(long a, long b, long c, long d, long e, long f, long g, double h, long i) { return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + static_cast<long>(h) + 9 * i; }
inline double nine(double a, double b, double c, double d, double e, double f, double g, double h, double i, float j) { return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j; }
inline int defaults(int a, float b = 2.5f, const char *s = "text", int *p = nullptr, Small q = Small{3, 4}) { return a + static_cast<int>(b * 10) + s[1] + (p ? *p : 5) + q.a * q.b; }
inline const Two &unit(const Two &t = Two{1, 2}) { static Two kept; kept = t; return kept; }
inline int count = 7;
static int hidden = 8;
inline int &ref(int &x) { ++x; return x; }
template <class T> T twice(T x) { return x + x; }
inline int raise(int x) { if (x > 2) throw std::runtime_error("thrown by rc"); return x; }
inline int sum(int n, ...) { va_list l; va_start(l, n); double s = 0; for (int i = 0; i < n; i++) s += i % 2 ? va_arg(l, int) : va_arg(l, double); va_end(l); return static_cast<int>(s * 8); }
inline std::string text(int n) { return std::string(n, 'x'); }
inline long length(const std::string &s) { return static_cast<long>(s.size()); }
struct Made { int a; float b; Made(int a, float b) : a(a + 1), b(b * 2) {} Made(const Made &) = default; int get(int k = 2) const { return a * k; } static int fixed() { return 6; } int operator+(int n) const { return a + n; } };
struct Put { int a; float b; short c; Put(int a, float y) : a(a), b{y}, c(9) {} };
struct Set { float x, y; char k = 3; Set(float p, float q) { x = p; y = q; } };
struct Late { int a, b; Late(int x, int y) { b = y; a = x; } };
struct Nest { Put p; int n; Nest(Put p, int n) : p(p), n(n) {} };
}
"#;

fn named(name: &str) -> Callee {
    Callee::Name { name: format!("rc::{name}") }
}

#[test]
fn calls() {
    raw(TYPES);
    let bytes: [u64; 8] = std::array::from_fn(|k| 0x0102_0304_0506_0708 + k as u64 * 0x11);
    let floats = |a: f32, b: f32| u64::from(a.to_bits()) | u64::from(b.to_bits()) << 32;
    let three = [floats(1.0, 2.5), floats(-3.0, 0.0), 0, 0, 0, 0, 0, 0];
    let pair = [4.5f64.to_bits(), 9.25f64.to_bits(), 0, 0, 0, 0, 0, 0];
    let mixed = [4.5f64.to_bits(), 9, 0, 0, 0, 0, 0, 0];
    let n = |k: i64| scalar("long", k);
    same(named("small"), &[("rc::Small", Prvalue)], &[vec![[7, 0, 0, 0, 0, 0, 0, 0]], vec![bytes]]);
    same(named("odd"), &[("rc::Odd", Prvalue)], &[vec![[0x030201, 0, 0, 0, 0, 0, 0, 0]]]);
    same(named("mixed"), &[("rc::Mixed", Prvalue), ("double", Prvalue)], &[vec![mixed, scalar("double", 2)]]);
    same(named("floats"), &[("rc::Floats", Lvalue)], &[vec![three]]);
    same(named("big"), &[("rc::Big", Prvalue), ("int", Prvalue)], &[vec![bytes, n(-4)]]);
    same(named("two"), &[("rc::Two", Prvalue)], &[vec![pair]]);
    same(named("half"), &[("double", Prvalue)], &[vec![scalar("double", 3)]]);
    same(named("half"), &[("int", Prvalue)], &[vec![n(-7)]]);
    same(named("is"), &[("int", Prvalue)], &[vec![n(256)], vec![n(0)]]);
    same(named("low"), &[("long", Prvalue)], &[vec![n(-129)], vec![n(300)]]);
    same(named("many"), &[("int", Prvalue); 9], &[(1..=9).map(n).collect()]);
    same(named("nine"), &[("double", Prvalue); 10], &[(1..=10).map(|k| scalar("double", k)).collect()]);
    same(named("defaults"), &[("int", Prvalue)], &[vec![n(100)]]);
    same(named("defaults"), &[("int", Prvalue), ("int", Prvalue)], &[vec![n(100), n(3)]]);
    same(
        named("defaults"),
        &[("int", Prvalue), ("float", Prvalue), ("const char *", Prvalue)],
        &[vec![n(1), scalar("float", 2), [c"abc".as_ptr() as u64, 0, 0, 0, 0, 0, 0, 0]]],
    );
    same(named("unit"), &[], &[vec![]]);
    same(named("unit"), &[("rc::Two", Lvalue)], &[vec![pair]]);
    same(named("twice<double>"), &[("double", Prvalue)], &[vec![scalar("double", 3)]]);
    same(named("twice"), &[("unsigned char", Prvalue)], &[vec![n(200)]]);
    same(named("raise"), &[("int", Prvalue)], &[vec![n(1)], vec![n(3)]]);
    same(
        named("sum"),
        &[("int", Prvalue), ("double", Prvalue), ("int", Lvalue), ("float", Prvalue), ("short", Prvalue)],
        &[vec![n(4), scalar("double", 1), n(5), scalar("float", 3), n(-2)]],
    );
    same(Callee::Construct { ty: "rc::Made".into() }, &[("int", Prvalue), ("int", Prvalue)], &[vec![n(3), n(4)]]);
    for ty in ["rc::Put", "rc::Set", "rc::Late"] {
        same(
            Callee::Construct { ty: ty.into() },
            &[("double", Prvalue), ("int", Lvalue)],
            &[vec![scalar("double", 3), n(4)]],
        );
    }
    let put = [floats(f32::from_bits(5), 2.5), 9, 0, 0, 0, 0, 0, 0];
    same(Callee::Construct { ty: "rc::Nest".into() }, &[("rc::Put", Prvalue), ("int", Prvalue)], &[vec![put, n(7)]]);
    let assign = Callee::Operator { token: "=".into() };
    let set = |x: f32, y: f32| [floats(x, y), 4, 0, 0, 0, 0, 0, 0];
    let site = bind(question(assign, &[("rc::Set", Lvalue), ("rc::Set", Prvalue)]));
    assert_eq!(site.answer.recipe.as_ref().map(|r| r.symbols.len()), Some(0), "{:#?}", site.answer);
    let inputs = [set(1.0, 2.0), set(3.0, 4.0)];
    assert_eq!(run(site.stub, &inputs).1, run(compiled_by_clang(&site.answer), &inputs).1);
    assert_eq!(run(site.stub, &inputs).1[0], inputs[1]);
    same(Callee::Construct { ty: "rc::Small".into() }, &[("int", Prvalue), ("int", Prvalue)], &[vec![n(3), n(4)]]);
    let made = [floats(f32::from_bits(5), 2.5), 0, 0, 0, 0, 0, 0, 0];
    same(Callee::Method { name: "get".into() }, &[("rc::Made", Lvalue), ("int", Prvalue)], &[vec![made, n(4)]]);
    same(Callee::Method { name: "get".into() }, &[("rc::Made", Prvalue)], &[vec![made]]);
    same(Callee::Operator { token: "+".into() }, &[("rc::Made", Lvalue), ("int", Prvalue)], &[vec![made, n(4)]]);
    same(Callee::Copy { ty: "rc::Made".into() }, &[("rc::Made", Lvalue)], &[vec![made]]);
}

#[test]
fn objects_addresses_and_dispatch() {
    raw(&TYPES.replace("namespace rc", "namespace rd"));
    let get = |callee: Callee, args: &[(&str, Category)], slots: &[[u64; 8]]| {
        let site = bind(question(callee, args));
        assert!(site.answer.recipe.is_some(), "{:#?}", site.answer);
        let (interpreted, _) = run(site.stub, slots);
        let (clang, _) = run(compiled_by_clang(&site.answer), slots);
        assert_eq!(interpreted, clang);
        interpreted.unwrap()[0]
    };
    let slot = |v: u64| [v, 0, 0, 0, 0, 0, 0, 0];
    let second = get(Callee::Name { name: "rd::second".into() }, &[], &[]);
    let f = |method: &str| Callee::Method { name: method.into() };
    assert_eq!(get(f("g"), &[("rd::Base2 *", Prvalue), ("int", Prvalue)], &[slot(second), slot(5)]), 15, "virtual");
    let both = get(Callee::Variable { name: "rd::both".into() }, &[], &[]);
    assert_eq!(get(f("f"), &[("rd::Both *", Prvalue), ("int", Prvalue)], &[slot(both), slot(5)]), 6);
    let field = |name: &str| Callee::Field { name: name.into() };
    let two = get(field("two"), &[("rd::Both *", Prvalue)], &[slot(both)]);
    // SAFETY: the address of a long of the object.
    assert_eq!(unsafe { *(two as *const i64) }, 2, "a field of a base at an offset");
    let cast = Callee::Cast { ty: "rd::Base2 *".into(), unchecked: false };
    assert_eq!(get(cast.clone(), &[("rd::Both *", Prvalue)], &[slot(both)]), second);
    assert_eq!(get(cast, &[("rd::Both *", Prvalue)], &[slot(0)]), 0, "null stays null");
    for (name, value) in [("count", 7), ("hidden", 8)] {
        let at = get(Callee::Variable { name: format!("rd::{name}") }, &[], &[]);
        // SAFETY: the address of an int.
        assert_eq!(unsafe { *(at as *const i32) }, value, "{name} is one, whoever asks");
    }
    let mut numbers = [10i32, 20, 30];
    let at = numbers.as_mut_ptr() as u64;
    let op = |token: &str| Callee::Operator { token: token.into() };
    assert_eq!(get(op("[]"), &[("int *", Prvalue), ("int", Prvalue)], &[slot(at), slot(2)]), at + 8);
    assert_eq!(get(op("+"), &[("int *", Prvalue), ("long", Prvalue)], &[slot(at), slot(1)]), at + 4);
    assert_eq!(get(op("*"), &[("int *", Prvalue)], &[slot(at)]), at);
    for (token, to, from) in [
        ("=", "int", "double"),
        ("+=", "int", "double"),
        ("-=", "unsigned char", "int"),
        ("<<=", "long", "int"),
        ("*=", "float", "int"),
    ] {
        let inputs = [slot(if to == "float" { u64::from(3f32.to_bits()) } else { 12 }), scalar(from, 3)];
        let site = bind(question(op(token), &[(to, Lvalue), (from, Prvalue)]));
        assert!(site.answer.recipe.is_some(), "{token}");
        let (_, left) = run(site.stub, &inputs);
        let (_, expected) = run(compiled_by_clang(&site.answer), &inputs);
        assert_eq!(left, expected, "{token}");
    }
    for ty in ["int", "double", "unsigned char", "int *"] {
        let site = bind(question(op("++"), &[(ty, Lvalue)]));
        let inputs = [if ty == "double" { scalar("double", 2) } else { slot(255) }];
        assert_eq!(run(site.stub, &inputs).1, run(compiled_by_clang(&site.answer), &inputs).1, "++ {ty}");
    }
}

/// Temporaries of the call end with it, in reverse order, also when it throws; what takes a copy of an object has its own.
#[test]
fn temporaries_end_with_the_call() {
    raw("#include <stdexcept>\n#include <string>\nnamespace re { inline std::string log; \
         struct T { char c; T(char c) : c(c) { log += c; } T(const T& t) : c(t.c) { log += '+'; } ~T() { log += c - 32; } }; \
         inline int two(const T& a, T b) { log += '('; if (a.c == 'x') throw std::runtime_error(\"two\"); log += ')'; return b.c; } \
         inline int three(int n, const T& t = T('d')) { return n + t.c; } \
         inline long length(const std::string& s, std::string t) { return static_cast<long>(s.size() * 100 + t.size()); } \
         inline int took() { int n = 0; for (char c : log) n = n * 31 + c; log.clear(); return n; } \
         inline int spelled(const char* s) { int n = 0; for (; *s; ++s) n = n * 31 + *s; return n; } }");
    let slot = |v: u64| [v, 0, 0, 0, 0, 0, 0, 0];
    let name = |n: &str| Callee::Name { name: format!("re::{n}") };
    let call = |callee: Callee, args: &[(&str, Category)], slots: &[[u64; 8]]| {
        let site = bind(question(callee, args));
        assert!(site.answer.recipe.is_some(), "{:#?}", site.answer);
        run(site.stub, slots).0.map(|r| r[0] as i32)
    };
    let log_is = |text: &std::ffi::CStr| {
        let spelled = call(name("spelled"), &[("const char *", Prvalue)], &[slot(text.as_ptr() as u64)]);
        assert_eq!(call(name("took"), &[], &[]), spelled, "{text:?}");
    };
    let chars = [("char", Prvalue), ("char", Prvalue)];
    assert_eq!(call(name("two"), &chars, &[slot(b'a'.into()), slot(b'b'.into())]), Ok(i32::from(b'b')));
    log_is(c"ab()BA");
    assert_eq!(
        call(name("two"), &chars, &[slot(b'x'.into()), slot(b'y'.into())]).unwrap_err(),
        "std::runtime_error: two"
    );
    log_is(c"xy(YX");
    assert_eq!(call(name("three"), &[("int", Prvalue)], &[slot(1)]), Ok(101));
    log_is(c"dD");
    let texts = [("const char *", Prvalue), ("const char *", Prvalue)];
    let long = c"a text that is longer than the buffer inside a string";
    let slots = [slot(c"four".as_ptr() as u64), slot(long.as_ptr() as u64)];
    for _ in 0..2000 {
        assert_eq!(call(name("length"), &texts, &slots), Ok(453));
    }
}
