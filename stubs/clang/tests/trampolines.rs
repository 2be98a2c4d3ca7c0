//! Every kind of call a form can make, asked, made and run.

mod support;
use questions::*;
use std::ffi::{CStr, c_char, c_void};
use support::*;

const HEADER: &str = r#"
#include <string>
#include <vector>
#include <stdexcept>
#include <cstdio>
#include <cstring>
int twice(int x) { return 2 * x; }
int over(int) { return 1; }
int over(double) { return 2; }
int over(const char *) { return 3; }
int over(const std::string &) { return 4; }
namespace n { namespace m { long deep(long a, long b) { return a * b; } } }
int length(const std::string &s) { return static_cast<int>(s.size()); }
int by_value(std::string s) { s += "!"; return static_cast<int>(s.size()); }
struct Small { int a; int b; };
struct Mixed { double d; int i; };
struct Floats { float x, y; };
struct Big { long v[5]; };
Small small(Small s) { return {s.b, s.a}; }
Mixed mixed(Mixed m) { return {m.d * 2, m.i + 1}; }
Floats floats(Floats f) { return {f.y, f.x}; }
Big big(Big b) { for (auto &x : b.v) x += 1; return b; }
std::string text() { return "a text that is too long for the small buffer"; }
static int alive = 0;
struct Counted {
  int v;
  explicit Counted(int v) : v(v) { ++alive; }
  Counted(const Counted &o) : v(o.v) { ++alive; }
  Counted(Counted &&o) : v(o.v) { o.v = -1; ++alive; }
  ~Counted() { --alive; }
  int get() const { return v; }
  int add(int n) { return v += n; }
  static int count() { return alive; }
  virtual int kind() const { return 1; }
  Counted operator+(const Counted &o) const { return Counted(v + o.v); }
  bool operator==(const Counted &o) const { return v == o.v; }
  int operator[](int i) const { return v * i; }
  int operator()(int a, int b) { return v + a * b; }
};
struct Special : Counted { using Counted::Counted; int kind() const override { return 2; } };
Counted *special() { return new Special(7); }
int defaults(int a, int b = 10, int c = 100) { return a + b + c; }
namespace adl { struct P { int x; }; P operator*(P a, int k) { return {a.x * k}; } int reach(P p) { return p.x; } }
template <class T> T biggest(T a, T b) { return a < b ? b : a; }
template <class T> T *none() { return nullptr; }
template <int N> int constant() { return N; }
int thrower(int x) { if (x > 0) throw std::runtime_error("thrown on purpose"); return 5; }
inline int counter() { static int n = 0; return ++n; }
enum class Color : unsigned char { red = 1, green = 7 };
enum Plain { one = 1, big_one = 1000 };
Color next(Color) { return Color::green; }
int global = 11;
const std::string &same(const std::string &s) { return s; }
int &ref(int &x) { ++x; return x; }
bool truth(bool b) { return !b; }
float half(float f) { return f / 2; }
const char *name(Plain) { return "plain"; }
typedef int (*fn)(int);
fn pick() { return twice; }
int apply(int (*f)(int), int x) { return f(x); }
struct Bits { unsigned a : 3; unsigned b : 5; };
struct Aggregate { int a; double b; const char *c; };
struct Abstract { virtual int area() = 0; virtual ~Abstract() {} };
struct Square : Abstract { int side; Square(int s) : side(s) {} int area() override { return side * side; } };
Abstract *shape(int n) { return new Square(n); }
int sum(const std::vector<int> &v) { int t = 0; for (int x : v) t += x; return t; }
void nothing(int *p) { *p = 77; }
auto lambda = [](int x) { return x + 40; };
unsigned char byte(unsigned char c) { return c + 1; }
long long wide(long long x) { return x - 1; }
"#;

struct Fixture {
    s: Session,
}

fn open() -> Fixture {
    let s = Session::open();
    s.good(HEADER);
    Fixture { s }
}

fn site(callee: Callee, args: Vec<Arg>) -> Site {
    Site { callee, args, version: 0 }
}

impl Fixture {
    fn run<R: Default>(&self, callee: Callee, args: Vec<Arg>, values: &mut [*mut c_void]) -> R {
        let mut ret = R::default();
        let (_, stub) = self.s.made(callee, args);
        run(stub, values, &mut ret).expect("no exception");
        ret
    }

    /// A std::string made by C++ from a literal, alive for the test.
    fn string(&self, text: &CStr) -> Box<[u64; 4]> {
        let mut place = Box::new([0u64; 4]);
        let (_, stub) = self.s.made(Callee::Construct { ty: "std::string".into() }, vec![prvalue("const char *")]);
        let mut literal = text.as_ptr();
        run(stub, &mut [ptr(&mut literal)], &mut *place).expect("no exception");
        place
    }
}

#[test]
fn free_overloaded_namespaced() {
    let f = open();
    assert_eq!(f.s.int("twice", &[21]), 42);
    let (mut i, mut d, mut c) = (1i32, 1.5f64, c"x".as_ptr());
    assert_eq!(f.run::<i32>(named("over"), vec![prvalue("int")], &mut [ptr(&mut i)]), 1);
    assert_eq!(f.run::<i32>(named("over"), vec![prvalue("double")], &mut [ptr(&mut d)]), 2);
    assert_eq!(f.run::<i32>(named("over"), vec![prvalue("const char *")], &mut [ptr(&mut c)]), 3);
    let mut s = f.string(c"hello");
    assert_eq!(f.run::<i32>(named("over"), vec![lvalue("std::string")], &mut [ptr(&mut *s)]), 4);
    let (mut a, mut b) = (6i64, 7i64);
    assert_eq!(
        f.run::<i64>(named("n::m::deep"), vec![prvalue("long"), prvalue("long")], &mut [ptr(&mut a), ptr(&mut b)]),
        42
    );
}

#[test]
fn strings() {
    let f = open();
    let mut c = c"hello".as_ptr();
    assert_eq!(f.run::<i32>(named("length"), vec![prvalue("const char *")], &mut [ptr(&mut c)]), 5, "a temporary");
    let mut s = f.string(c"a longer text, beyond the small buffer");
    assert_eq!(f.run::<i32>(named("length"), vec![lvalue("std::string")], &mut [ptr(&mut *s)]), 38);
    let mut back: usize = 0;
    let (answer, stub) = f.s.made(named("same"), vec![lvalue("std::string")]);
    run(stub, &mut [ptr(&mut *s)], &mut back).unwrap();
    assert_eq!(back, (&raw const *s) as usize, "no copy for const std::string&");
    assert_eq!(answer.result_category, Category::Lvalue);
    assert!(answer.result.is_const && answer.direct.is_some() && answer.recipe.is_some(), "{answer:#?}");
    assert_eq!(f.run::<i32>(named("by_value"), vec![lvalue("std::string")], &mut [ptr(&mut *s)]), 39, "copied");
    assert_eq!(f.run::<i32>(named("length"), vec![lvalue("std::string")], &mut [ptr(&mut *s)]), 38, "unharmed");
    let made: [u64; 4] = f.run(named("text"), vec![], &mut []);
    let mut made = made;
    assert_eq!(f.run::<i32>(named("length"), vec![lvalue("std::string")], &mut [ptr(&mut made)]), 44);
    let at: usize = f.run(method("c_str"), vec![lvalue("std::string")], &mut [ptr(&mut made)]);
    // SAFETY: c_str of a live string.
    assert!(unsafe { CStr::from_ptr(at as *const c_char) }.to_str().unwrap().starts_with("a text"));
    f.run::<u8>(Callee::Destroy { ty: "std::string".into() }, vec![lvalue("std::string")], &mut [ptr(&mut made)]);
}

#[test]
fn structs_by_value() {
    let f = open();
    let mut s = [1i32, 2];
    assert_eq!(f.run::<[i32; 2]>(named("small"), vec![prvalue("Small")], &mut [ptr(&mut s)]), [2, 1]);
    #[repr(C)]
    #[derive(Default, Debug, PartialEq)]
    struct Mixed(f64, i32);
    let mut m = Mixed(1.5, 3);
    assert_eq!(f.run::<Mixed>(named("mixed"), vec![lvalue("Mixed")], &mut [ptr(&mut m)]), Mixed(3.0, 4));
    let mut x = [1f32, 2.0];
    assert_eq!(f.run::<[f32; 2]>(named("floats"), vec![prvalue("Floats")], &mut [ptr(&mut x)]), [2.0, 1.0]);
    let mut b = [1i64, 2, 3, 4, 5];
    assert_eq!(f.run::<[i64; 5]>(named("big"), vec![lvalue("Big")], &mut [ptr(&mut b)]), [2, 3, 4, 5, 6]);
    assert_eq!(b, [1, 2, 3, 4, 5]);
}

#[test]
fn objects() {
    let f = open();
    let alive = || f.s.int("Counted::count", &[]);
    let mut five = 5i32;
    let mut place: [u64; 2] =
        f.run(Callee::Construct { ty: "Counted".into() }, vec![prvalue("int")], &mut [ptr(&mut five)]);
    assert_eq!(alive(), 1);
    assert_eq!(f.run::<i32>(method("get"), vec![lvalue("Counted")], &mut [ptr(&mut place)]), 5);
    assert_eq!(f.run::<i32>(method("get"), vec![lvalue("const Counted")], &mut [ptr(&mut place)]), 5);
    assert_eq!(
        f.run::<i32>(method("add"), vec![lvalue("Counted"), prvalue("int")], &mut [ptr(&mut place), ptr(&mut five)]),
        10
    );
    assert!(f.s.call(method("add"), vec![lvalue("const Counted"), prvalue("int")]).is_err(), "const-correct");
    let mut copy: [u64; 2] =
        f.run(Callee::Copy { ty: "Counted".into() }, vec![lvalue("Counted")], &mut [ptr(&mut place)]);
    assert_eq!(alive(), 2);
    let mut moved: [u64; 2] =
        f.run(Callee::Move { ty: "Counted".into() }, vec![lvalue("Counted")], &mut [ptr(&mut copy)]);
    assert_eq!(f.run::<i32>(method("get"), vec![lvalue("Counted")], &mut [ptr(&mut copy)]), -1);
    let mut total: [u64; 2] = f.run(
        Callee::Operator { token: "+".into() },
        vec![lvalue("Counted"), lvalue("Counted")],
        &mut [ptr(&mut place), ptr(&mut moved)],
    );
    let mut at = ptr(&mut total);
    assert_eq!(f.run::<i32>(method("get"), vec![prvalue("Counted *")], &mut [ptr(&mut at)]), 20, "through a pointer");
    for x in [&mut place, &mut copy, &mut moved, &mut total] {
        f.run::<u8>(Callee::Destroy { ty: "Counted".into() }, vec![lvalue("Counted")], &mut [ptr(x)]);
    }
    assert_eq!(alive(), 0);
    let mut p: usize = f.run(Callee::New { ty: "Counted".into() }, vec![prvalue("int")], &mut [ptr(&mut five)]);
    assert_eq!(alive(), 1);
    assert!(f.run::<bool>(
        Callee::Operator { token: "==".into() },
        vec![lvalue("Counted"), lvalue("Counted")],
        &mut [p as *mut c_void, p as *mut c_void]
    ));
    let mut three = 3i32;
    assert_eq!(
        f.run::<i32>(
            Callee::Operator { token: "[]".into() },
            vec![lvalue("Counted"), prvalue("int")],
            &mut [p as *mut c_void, ptr(&mut three)]
        ),
        15
    );
    assert_eq!(
        f.run::<i32>(
            Callee::Invoke {},
            vec![lvalue("Counted"), prvalue("int"), prvalue("int")],
            &mut [p as *mut c_void, ptr(&mut three), ptr(&mut three)]
        ),
        14
    );
    f.run::<u8>(Callee::Delete {}, vec![prvalue("Counted *")], &mut [ptr(&mut p)]);
    assert_eq!(alive(), 0);
}

#[test]
fn virtual_and_abstract() {
    let f = open();
    let p: usize = f.run(named("special"), vec![], &mut []);
    let (answer, stub) = f.s.made(method("kind"), vec![lvalue("Counted")]);
    assert!(answer.is_virtual && matches!(answer.direct, Some(Direct::Virtual { .. })));
    let mut r = 0i32;
    run(stub, &mut [p as *mut c_void], &mut r).unwrap();
    assert_eq!(r, 2);
    let mut nine = 9i32;
    let mut q: usize = f.run(named("shape"), vec![prvalue("int")], &mut [ptr(&mut nine)]);
    assert_eq!(f.run::<i32>(method("area"), vec![prvalue("Abstract *")], &mut [ptr(&mut q)]), 81);
    f.run::<u8>(Callee::Delete {}, vec![prvalue("Abstract *")], &mut [ptr(&mut q)]);
}

#[test]
fn defaults_templates_variadics() {
    let f = open();
    assert_eq!(f.s.int("defaults", &[1]), 111);
    assert_eq!(f.s.int("defaults", &[1, 2]), 103);
    assert_eq!(f.s.int("biggest", &[3, 9]), 9);
    assert_eq!(f.s.int("constant<17>", &[]), 17);
    assert_eq!(f.s.int("biggest<int>", &[3, 9]), 9);
    assert_eq!(f.run::<usize>(named("none<double>"), vec![], &mut []), 0);
    let mut buffer = [0u8; 64];
    let (mut at, mut format, mut n) = (buffer.as_mut_ptr(), c"%d %.1f %s".as_ptr(), 64u64);
    let (mut i, mut d, mut s) = (7i32, 2.5f64, c"x".as_ptr());
    let args = vec![
        prvalue("char *"),
        prvalue("unsigned long"),
        prvalue("const char *"),
        prvalue("int"),
        prvalue("double"),
        prvalue("const char *"),
    ];
    let written: i32 = f.run(
        named("snprintf"),
        args,
        &mut [ptr(&mut at), ptr(&mut n), ptr(&mut format), ptr(&mut i), ptr(&mut d), ptr(&mut s)],
    );
    assert_eq!(&buffer[..written as usize], b"7 2.5 x");
}

#[test]
fn exceptions_reach_the_guard() {
    let f = open();
    let (answer, stub) = f.s.made(named("thrower"), vec![prvalue("int")]);
    assert!(!answer.noexcept);
    let (mut x, mut r) = (1i32, 0i32);
    for _ in 0..3 {
        assert_eq!(run(stub, &mut [ptr(&mut x)], &mut r).unwrap_err(), "thrown on purpose");
    }
    x = 0;
    run(stub, &mut [ptr(&mut x)], &mut r).unwrap();
    assert_eq!(r, 5);
}

#[test]
fn statics_enums_globals_fields() {
    let f = open();
    assert_eq!((f.s.int("counter", &[]), f.s.int("counter", &[])), (1, 2));
    f.s.good("int counted_elsewhere() { return counter(); }");
    assert_eq!(f.s.int("counted_elsewhere", &[]), 3);
    let mut red = 1u8;
    assert_eq!(f.run::<u8>(named("next"), vec![prvalue("Color")], &mut [ptr(&mut red)]), 7);
    assert_eq!(f.run::<u8>(Callee::Variable { name: "Color::green".into() }, vec![], &mut []), 7);
    let at: usize = f.run(Callee::Variable { name: "global".into() }, vec![], &mut []);
    // SAFETY: the address of a C++ int.
    assert_eq!(unsafe { *(at as *const i32) }, 11);
    let mut nine = 9i32;
    let r: usize = f.run(
        Callee::Operator { token: "=".into() },
        vec![lvalue("int"), prvalue("int")],
        &mut [at as *mut c_void, ptr(&mut nine)],
    );
    assert_eq!(r, at);
    // SAFETY: as above.
    assert_eq!(unsafe { *(at as *const i32) }, 9);
    let mut small = [3i32, 4];
    let field: usize = f.run(Callee::Field { name: "b".into() }, vec![lvalue("Small")], &mut [ptr(&mut small)]);
    assert_eq!(field, small.as_ptr() as usize + 4);
    let mut p = ptr(&mut small);
    let field: usize = f.run(Callee::Field { name: "b".into() }, vec![prvalue("Small *")], &mut [ptr(&mut p)]);
    assert_eq!(field, small.as_ptr() as usize + 4);
    let mut bits = 0b1011_0101u32;
    let (answer, stub) = f.s.made(Callee::Field { name: "b".into() }, vec![lvalue("Bits")]);
    assert_eq!(answer.result_category, Category::Prvalue, "a bit field has no address");
    let mut r = 0u32;
    run(stub, &mut [ptr(&mut bits)], &mut r).unwrap();
    assert_eq!(r, 0b10110);
}

#[test]
fn references_pointers_callables() {
    let f = open();
    let mut x = 4i32;
    let r: usize = f.run(named("ref"), vec![lvalue("int")], &mut [ptr(&mut x)]);
    assert_eq!((r, x), ((&raw const x) as usize, 5));
    let mut function: usize = f.run(named("pick"), vec![], &mut []);
    let mut six = 6i32;
    assert_eq!(
        f.run::<i32>(
            Callee::Invoke {},
            vec![prvalue("int (*)(int)"), prvalue("int")],
            &mut [ptr(&mut function), ptr(&mut six)]
        ),
        12
    );
    let at: usize = f.run(Callee::Variable { name: "twice".into() }, vec![], &mut []);
    assert_eq!(
        f.run::<i32>(
            named("apply"),
            vec![lvalue("int (int)"), prvalue("int")],
            &mut [at as *mut c_void, ptr(&mut six)]
        ),
        12
    );
    assert_eq!(f.run::<i32>(named("lambda"), vec![prvalue("int")], &mut [ptr(&mut six)]), 46);
    let mut member: usize = f.run(Callee::Expression { text: "&Small::b".into() }, vec![], &mut []);
    let mut small = [3i32, 4];
    let field: usize = f.run(
        Callee::Invoke {},
        vec![prvalue("int Small::*"), lvalue("Small")],
        &mut [ptr(&mut member), ptr(&mut small)],
    );
    assert_eq!(field, small.as_ptr() as usize + 4);
    let mut at = ptr(&mut x);
    f.run::<u8>(named("nothing"), vec![prvalue("int *")], &mut [ptr(&mut at)]);
    assert_eq!(x, 77);
    let mut null = 0usize;
    assert!(f.s.call(named("nothing"), vec![prvalue("std::nullptr_t")]).is_ok());
    let deref: usize = f.run(Callee::Operator { token: "*".into() }, vec![prvalue("int *")], &mut [ptr(&mut at)]);
    assert_eq!(deref, (&raw const x) as usize);
    let _ = &mut null;
}

#[test]
fn scalars_of_all_widths() {
    let f = open();
    let (mut b, mut h, mut c, mut w) = (true, 3f32, 255u8, i64::MIN + 1);
    assert!(!f.run::<bool>(named("truth"), vec![prvalue("bool")], &mut [ptr(&mut b)]));
    assert_eq!(f.run::<f32>(named("half"), vec![prvalue("float")], &mut [ptr(&mut h)]), 1.5);
    assert_eq!(f.run::<u8>(named("byte"), vec![prvalue("unsigned char")], &mut [ptr(&mut c)]), 0);
    assert_eq!(f.run::<i64>(named("wide"), vec![prvalue("long long")], &mut [ptr(&mut w)]), i64::MIN);
    let (mut i, mut d) = (3i32, 0.5f64);
    assert_eq!(
        f.run::<f64>(
            Callee::Operator { token: "+".into() },
            vec![prvalue("int"), prvalue("double")],
            &mut [ptr(&mut i), ptr(&mut d)]
        ),
        3.5
    );
    assert_eq!(
        f.run::<f32>(Callee::Cast { ty: "float".into(), unchecked: false }, vec![prvalue("int")], &mut [ptr(&mut i)]),
        3.0
    );
    let mut p = ptr(&mut i);
    assert_eq!(
        f.run::<usize>(
            Callee::Cast { ty: "void *".into(), unchecked: true },
            vec![prvalue("int *")],
            &mut [ptr(&mut p)]
        ),
        p as usize
    );
    let n: u64 = f.run(Callee::Variable { name: "std::string::npos".into() }, vec![], &mut []);
    assert_ne!(n, 0);
    assert_eq!(f.run::<i32>(Callee::Expression { text: "1 << 4".into() }, vec![], &mut []), 16);
}

#[test]
fn vectors_aggregates_adl() {
    let f = open();
    let ty = "std::vector<std::string>";
    let mut v: [u64; 3] = f.run(Callee::Construct { ty: ty.into() }, vec![], &mut []);
    let mut s = f.string(c"pushed");
    let mut c = c"literal".as_ptr();
    f.run::<u8>(method("push_back"), vec![lvalue(ty), lvalue("std::string")], &mut [ptr(&mut v), ptr(&mut *s)]);
    f.run::<u8>(method("push_back"), vec![lvalue(ty), prvalue("const char *")], &mut [ptr(&mut v), ptr(&mut c)]);
    assert_eq!(f.run::<u64>(method("size"), vec![lvalue(ty)], &mut [ptr(&mut v)]), 2);
    let mut one = 1u64;
    let at: usize = f.run(
        Callee::Operator { token: "[]".into() },
        vec![lvalue(ty), prvalue("unsigned long")],
        &mut [ptr(&mut v), ptr(&mut one)],
    );
    assert_eq!(f.run::<i32>(named("length"), vec![lvalue("std::string")], &mut [at as *mut c_void]), 7);
    f.run::<u8>(Callee::Destroy { ty: ty.into() }, vec![lvalue(ty)], &mut [ptr(&mut v)]);
    #[repr(C)]
    #[derive(Default)]
    struct Aggregate(i32, f64, usize);
    let (mut i, mut d) = (1i32, 2.5f64);
    let a: Aggregate = f.run(
        Callee::Construct { ty: "Aggregate".into() },
        vec![prvalue("int"), prvalue("double"), prvalue("const char *")],
        &mut [ptr(&mut i), ptr(&mut d), ptr(&mut c)],
    );
    assert_eq!((a.0, a.1, a.2), (1, 2.5, c as usize));
    let mut p = 6i32;
    let mut k = 7i32;
    assert_eq!(
        f.run::<i32>(
            Callee::Operator { token: "*".into() },
            vec![lvalue("adl::P"), prvalue("int")],
            &mut [ptr(&mut p), ptr(&mut k)]
        ),
        42
    );
    assert_eq!(f.run::<i32>(named("reach"), vec![lvalue("adl::P")], &mut [ptr(&mut p)]), 6, "found by its argument");
}

#[test]
fn one_bad_site_fails_alone() {
    let f = open();
    f.s.good("int nowhere(int); struct NoCopy { NoCopy(const NoCopy&) = delete; };");
    let made = f.s.trampolines(vec![
        site(named("twice"), vec![prvalue("int")]),
        site(named("over"), vec![prvalue("Small")]),
        site(named("nowhere"), vec![prvalue("int")]),
        site(Callee::Copy { ty: "NoCopy".into() }, vec![lvalue("NoCopy")]),
        site(named("wide"), vec![prvalue("long long")]),
    ]);
    let code = |i: usize| made[i].as_ref().err().map(|d| d.code.as_str());
    assert_eq!(
        [code(0), code(1), code(2), code(4)],
        [None, Some("cpp/no-matching-overload"), Some("cpp/link"), None],
        "{made:#?}"
    );
    assert!(code(3).is_some());
    let over = made[1].as_ref().unwrap_err();
    assert_eq!(over.candidates.len(), 4, "{over:#?}");
    let link = made[2].as_ref().unwrap_err();
    assert!(link.message.contains("nowhere(int)"), "{link:#?}");
    assert_eq!(link.spans[0].file, "test.clj");
    f.s.good("int nowhere(int x) { return x + 1; }");
    assert_eq!(f.s.int("nowhere", &[1]), 2, "defined later");
}

#[test]
fn boxed_arguments_take_parameter_types() {
    let f = open();
    let answer = f.s.call(named("defaults"), vec![Arg::Boxed {}, prvalue("int")]).unwrap();
    assert_eq!(answer.args[0].name, "int");
    let answer = f.s.call(named("length"), vec![Arg::Boxed {}]).unwrap();
    assert_eq!(answer.args[0].display, "std::string");
    let ambiguous = f.s.call(named("over"), vec![Arg::Boxed {}]).unwrap_err();
    assert_eq!(ambiguous.code, "cpp/ambiguous");
    assert_eq!(ambiguous.candidates.len(), 4);
    assert!(ambiguous.candidates[0].text.contains("cpp/cast"), "{ambiguous:#?}");
    let answer = f.s.call(named("apply"), vec![Arg::Callback {}, Arg::Boxed {}]).unwrap();
    assert_eq!(answer.args[0].kind, TypeKind::FunctionPointer);
}

#[test]
fn answers_about_names_and_types() {
    let f = open();
    let ask = |name: &str| f.s.ask(Question::Name { name: name.into() });
    assert!(matches!(ask("n::m"), Ok(Answer::Namespace { .. })));
    assert!(matches!(ask("over"), Ok(Answer::Functions { overloads }) if overloads.len() == 4));
    assert!(matches!(ask("biggest"), Ok(Answer::FunctionTemplate { .. })));
    assert!(matches!(ask("std::vector"), Ok(Answer::ClassTemplate { .. })));
    assert!(
        matches!(ask("std::vector<int>"), Ok(Answer::Type { ty }) if ty.size == 24 && !ty.trivially_copyable && ty.copyable)
    );
    assert!(matches!(ask("unsigned long"), Ok(Answer::Type { ty }) if ty.repr == Repr::U64));
    assert!(matches!(ask("Color::green"), Ok(Answer::EnumConstant { value: 7, .. })));
    assert!(matches!(ask("global"), Ok(Answer::Variable { ty }) if ty.name == "int"));
    assert!(matches!(ask("EOF"), Ok(Answer::Macro { function_like: false })));
    let unknown = ask("n::m::depe").unwrap_err();
    assert_eq!(unknown.code, "cpp/unresolved");
    assert!(unknown.help.as_deref().is_some_and(|h| h.contains("n::m::deep")), "{unknown:#?}");
    let value = |text: &str| f.s.ask(Question::Value { text: text.into() });
    assert!(matches!(value("1 << 4"), Ok(Answer::Constant { value: Some(Literal::Int(16)), .. })));
    assert!(matches!(value("EOF"), Ok(Answer::Constant { value: Some(Literal::Int(-1)), .. })));
    assert!(matches!(value("\"abc\""), Ok(Answer::Constant { value: Some(Literal::String(s)), .. }) if s == "abc"));
    assert!(matches!(value("nullptr"), Ok(Answer::Constant { value: Some(Literal::Null), .. })));
    assert!(matches!(value("2.5f"), Ok(Answer::Constant { value: Some(Literal::Float(2.5)), .. })));
    let member = |class: &str, name: &str| f.s.ask(Question::Member { class: class.into(), name: name.into() });
    assert!(matches!(member("Small", "a"), Ok(Answer::Field { .. })));
    assert!(matches!(member("Counted", "get"), Ok(Answer::Functions { .. })));
    assert_eq!(member("Counted", "gett").unwrap_err().code, "cpp/member");
    assert!(matches!(f.s.ask(Question::Catch { handler: "const std::exception &".into() }), Ok(Answer::Catch { .. })));
    assert!(f.s.ask(Question::Catch { handler: "no_such_type".into() }).is_err());
    assert!(f.s.ask(Question::Catch { handler: "Abstract".into() }).is_err());
}

#[test]
fn answers_about_calls() {
    let f = open();
    let a = f.s.call(named("small"), vec![prvalue("Small")]).unwrap();
    let by_registers = |abi: &[Abi]| Some(Direct::Function { abi: abi.to_vec() });
    assert_eq!(a.direct, by_registers(&[Abi::StructInt, Abi::StructInt]), "{a:#?}");
    let a = f.s.call(named("mixed"), vec![prvalue("Mixed")]).unwrap();
    assert_eq!(a.direct, by_registers(&[Abi::SseInt, Abi::SseInt]));
    let a = f.s.call(named("big"), vec![prvalue("Big")]).unwrap();
    assert_eq!(a.direct, by_registers(&[Abi::Indirect, Abi::ByVal]));
    let a = f.s.call(named("n::m::deep"), vec![prvalue("long"), prvalue("int")]).unwrap();
    assert!(a.direct.is_none() && a.recipe.is_some() && a.text == "n::m::deep($0, $1)", "{a:#?}");
    assert_eq!(a.symbol, "_ZN1n1m4deepEll");
    let a = f.s.call(method("size"), vec![lvalue("std::string")]).unwrap();
    assert!(a.noexcept && a.text == "$0.size()", "{a:#?}");
    let access = f.s.call(method("_M_data"), vec![lvalue("std::string")]);
    assert!(access.is_ok() || access.unwrap_err().code == "cpp/access");
}

#[test]
fn what_needs_no_trampoline() {
    let f = open();
    let more = "struct Low { char c; int low; }; struct Mid { long m; virtual ~Mid() {} virtual long first(); virtual long second(long); };
        struct Top : Mid, Low { struct { int in; short deep[3]; }; unsigned bits : 4; int &ref; Top(); };
        struct Far : virtual Low { int f; }; thread_local int mine = 1; extern int &other; int throwing(int); inline int seen(int x) noexcept { return x; }";
    f.s.raw(more).unwrap();
    let field = |object: Arg, name: &str| {
        f.s.call(Callee::Field { name: name.into() }, vec![object]).unwrap_or_else(|d| panic!("{name}: {d:?}")).direct
    };
    let top = || lvalue("Top");
    let at = |offset| Some(Direct::Field { offset });
    // The table's address, `m`, `c`, `low`, then the unnamed struct.
    assert_eq!(field(top(), "m"), at(8));
    assert_eq!(field(top(), "low"), at(20));
    assert_eq!(field(prvalue("Top *"), "low"), at(20));
    assert_eq!(field(top(), "in"), at(24));
    assert_eq!(field(top(), "deep"), at(28));
    assert_eq!(field(lvalue("Far"), "f"), at(8));
    assert_eq!(field(lvalue("Far"), "low"), None, "behind a virtual base");
    assert_eq!(field(top(), "bits"), None, "a bit-field has no address");
    assert_eq!(field(top(), "ref"), None, "a reference is another's address");

    let variable = |name: &str| f.s.call(Callee::Variable { name: name.into() }, vec![]).unwrap().direct;
    assert_eq!(variable("global"), Some(Direct::Variable {}));
    assert_eq!(variable("mine"), None, "each thread has its own");
    assert_eq!(variable("other"), None);

    let second = f.s.call(method("second"), vec![lvalue("Mid"), prvalue("long")]).unwrap();
    // Two destructors and `first` come before it.
    assert_eq!(second.direct, Some(Direct::Virtual { abi: vec![Abi::Int, Abi::This, Abi::Int], slot: 3 }));
    let call = |name: &str, args| f.s.call(named(name), args).unwrap();
    let throwing = call("throwing", vec![prvalue("int")]);
    assert_eq!(throwing.direct, Some(Direct::Function { abi: vec![Abi::Int, Abi::Int] }));
    assert!(!throwing.noexcept);
    let seen = call("seen", vec![prvalue("int")]);
    assert!(seen.noexcept && seen.direct.is_some(), "an inline function may have a symbol");
    assert_eq!(call("seen", vec![prvalue("long")]).direct, None, "a conversion is needed");
}
