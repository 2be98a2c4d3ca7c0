//! Compiled recipes do what the general trampolines do.

mod support;
use questions::*;
use std::ffi::c_void;
use support::*;

const HEADER: &str = r#"
#include <stdexcept>
#include <string>
struct Small { int a; int b; };
struct Odd { char c[3]; };
struct Mixed { double d; int i; };
struct Floats { float x, y, z; };
struct Big { long v[5]; };
enum class Color : unsigned char { red = 1, green = 7 };
int add(int a, int b) { return a + b; }
double mean(double a, float b) { return (a + b) / 2; }
signed char narrow(signed char a, unsigned short b, bool c) { return static_cast<signed char>(a + b + c); }
Small small(Small s) { return {s.b, s.a}; }
Odd odd(Odd o) { return {{o.c[2], o.c[1], o.c[0]}}; }
Mixed mixed(Mixed m, int k) { return {m.d * k, m.i + k}; }
Floats floats(Floats f) { return {f.z, f.y, f.x}; }
Big big(Big b, long n) { for (auto &x : b.v) x += n; return b; }
Color next(Color c) { return c == Color::red ? Color::green : Color::red; }
int &ref(int &x) { ++x; return x; }
int length(const std::string &s) { return static_cast<int>(s.size()); }
std::string make(int n) { return std::string(n, 'x'); }
int eat(std::string s) { return static_cast<int>(s.size()); }
int raise(int x) { if (x) throw std::runtime_error("shaped"); return 3; }
struct Obj { int v; Obj(int v, int w); int get(int k) const; };
Obj::Obj(int v, int w) : v(v + w) {}
int Obj::get(int k) const { return v * k; }
long many(long a, long b, long c, long d, long e, long f, long g, double h) { return a + b + c + d + e + f + g * 10 + static_cast<long>(h); }
"#;

#[test]
fn shapes_call_like_trampolines() {
    let s = Session::open();
    s.good(HEADER);
    let cases: Vec<(Callee, Vec<Arg>)> = vec![
        (named("add"), vec![prvalue("int"), prvalue("int")]),
        (named("mean"), vec![prvalue("double"), prvalue("float")]),
        (named("narrow"), vec![prvalue("signed char"), prvalue("unsigned short"), prvalue("bool")]),
        (named("small"), vec![prvalue("Small")]),
        (named("odd"), vec![prvalue("Odd")]),
        (named("mixed"), vec![prvalue("Mixed"), prvalue("int")]),
        (named("floats"), vec![lvalue("Floats")]),
        (named("big"), vec![prvalue("Big"), prvalue("long")]),
        (named("next"), vec![prvalue("Color")]),
        (Callee::Construct { ty: "Obj".into() }, vec![prvalue("int"), prvalue("int")]),
        (method("get"), vec![lvalue("Obj"), prvalue("int")]),
        (method("get"), vec![prvalue("Obj *"), prvalue("int")]),
        (named("many"), [vec![prvalue("long"); 7], vec![prvalue("double")]].concat()),
    ];
    for (callee, args) in cases {
        let (answer, stub) = s.made(callee.clone(), args);
        let shaped = Shaped::of(&s, &answer);
        // Arguments: bytes counted up, through slots; a pointer argument points to an object.
        let mut object = [11i32, 0, 0, 0];
        let mut slots: Vec<[u64; 8]> = Vec::new();
        for (i, ty) in answer.args.iter().enumerate() {
            let mut slot = [0u64; 8];
            match ty.repr {
                Repr::Pointer => slot[0] = (&raw mut object) as u64,
                Repr::F32 => slot[0] = (1.5f32 + i as f32).to_bits().into(),
                Repr::F64 => slot[0] = (2.25 + i as f64).to_bits(),
                Repr::Bool => slot[0] = 1,
                _ if ty.name == "Floats" => slot = [f2(1.0, 2.0), f2(3.0, 0.0), 0, 0, 0, 0, 0, 0],
                _ if ty.name == "Mixed" => slot = [4.5f64.to_bits(), 9, 0, 0, 0, 0, 0, 0],
                _ => slot = std::array::from_fn(|k| (0x01020304 * (k as u64 + 1) + i as u64) & mask(ty.size, k)),
            }
            slots.push(slot);
        }
        let mut one = [0u64; 8];
        let mut pointers: Vec<*mut c_void> = slots.iter_mut().map(ptr).collect();
        run(stub, &mut pointers, &mut one).unwrap();
        let mut two = [0u64; 8];
        shaped.run(&mut pointers, &mut two).unwrap();
        assert_eq!(one, two, "{callee:?}\n{answer:#?}");
    }
}

fn f2(a: f32, b: f32) -> u64 {
    u64::from(a.to_bits()) | u64::from(b.to_bits()) << 32
}

fn mask(size: u32, eightbyte: usize) -> u64 {
    let bytes = (size as i64 - 8 * eightbyte as i64).clamp(0, 8);
    if bytes == 8 { u64::MAX } else { (1u64 << (8 * bytes)) - 1 }
}

/// A compiled recipe, and a record as it wants one.
struct Shaped {
    code: Trampoline,
    table: Vec<u64>,
    _texts: Vec<std::ffi::CString>,
}

impl Shaped {
    fn of(s: &Session, answer: &CallAnswer) -> Shaped {
        let recipe = answer.recipe.as_ref().unwrap_or_else(|| panic!("{answer:#?}"));
        let address =
            match s.ask_raw(&Request::Shapes { shapes: vec![recipe.shape(), recipe.shape()], objects: Vec::new() }) {
                Response::Shapes { addresses, .. } => {
                    assert!(addresses[0] != 0 && addresses[0] == addresses[1]);
                    addresses[0]
                }
                other => panic!("{other:?}"),
            };
        let mut table = match s.ask_raw(&Request::Provide { symbols: recipe.symbols.clone() }) {
            Response::Provided { addresses, inits } => {
                run_inits(&inits);
                addresses
            }
            other => panic!("{other:?}"),
        };
        assert!(table.iter().all(|a| *a != 0), "{:?}", recipe.symbols);
        let texts: Vec<_> = recipe.texts.iter().map(|t| std::ffi::CString::new(t.as_str()).unwrap()).collect();
        table.extend(texts.iter().map(|t| t.as_ptr() as u64));
        Shaped { code: Trampoline { address }, table, _texts: texts }
    }

    fn run<R>(&self, args: &mut [*mut c_void], ret: &mut R) -> Result<(), String> {
        let record = [0, 0, self.table.as_ptr() as u64];
        run_shape(self.code, record.as_ptr() as u64, args, ret)
    }
}

#[test]
fn references_strings_and_exceptions() {
    let s = Session::open();
    s.good(HEADER);
    let by_shape = |callee: Callee, args: Vec<Arg>| Shaped::of(&s, &s.call(callee, args).unwrap());
    let stub = by_shape(named("ref"), vec![lvalue("int")]);
    let (mut x, mut back) = (1i32, 0usize);
    stub.run(&mut [ptr(&mut x)], &mut back).unwrap();
    assert_eq!((x, back), (2, (&raw const x) as usize));
    let stub = by_shape(named("make"), vec![prvalue("int")]);
    let (mut n, mut text) = (30i32, [0u64; 4]);
    stub.run(&mut [ptr(&mut n)], &mut text).unwrap();
    let stub = by_shape(named("length"), vec![lvalue("std::string")]);
    let mut length = 0i32;
    stub.run(&mut [ptr(&mut text)], &mut length).unwrap();
    assert_eq!(length, 30);
    let stub = by_shape(named("eat"), vec![prvalue("std::string")]);
    stub.run(&mut [ptr(&mut text)], &mut length).unwrap();
    assert_eq!(length, 30);
    let (_, destroy) = s.made(Callee::Destroy { ty: "std::string".into() }, vec![lvalue("std::string")]);
    run(destroy, &mut [ptr(&mut text)], &mut length).unwrap();
    let stub = by_shape(named("raise"), vec![prvalue("int")]);
    assert_eq!(stub.run(&mut [ptr(&mut n)], &mut length).unwrap_err(), "shaped");
    // Temporaries that must be destroyed: the words are there, and only the interpreter runs them.
    let copied = s.call(named("eat"), vec![lvalue("std::string")]).unwrap().recipe.unwrap();
    match s.ask_raw(&Request::Shapes { shapes: vec![copied.shape()], objects: Vec::new() }) {
        Response::Shapes { addresses, objects } => assert_eq!((addresses, objects), (vec![0], vec![String::new()])),
        other => panic!("{other:?}"),
    }
}

/// What was compiled is linked elsewhere without compiling; what is damaged is compiled again.
#[test]
fn objects_of_shapes_travel() {
    let (first, second) = (Session::open(), Session::open());
    let shapes = |s: &Session, code: Vec<i64>, object: &str| {
        let shape = recipe::Shape { code, scratch: 0, symbols: 0 };
        match s.ask_raw(&Request::Shapes { shapes: vec![shape], objects: vec![object.to_owned()] }) {
            Response::Shapes { addresses, objects } => (addresses[0], objects[0].clone()),
            other => panic!("{other:?}"),
        }
    };
    // `*(int *)args[0] + 1` and its double, as the words of recipes.
    let code = |n: i64| {
        let op = |o: recipe::Op, a: recipe::Scalar, b: i64| o as i64 | (a as i64) << 8 | b << 16;
        let i32 = recipe::Scalar::I32;
        let add = recipe::Op::Binary as i64 | (recipe::Binary::Add as i64) << 8 | (i32 as i64) << 16;
        vec![
            recipe::Op::Arg as i64,
            op(recipe::Op::Load, i32, 0),
            recipe::Op::Const as i64,
            n,
            add,
            op(recipe::Op::ReturnScalar, i32, 0),
        ]
    };
    let call = |address: u64| {
        let (mut n, mut out, record) = (20i32, 0i32, [0u64; 3]);
        run_shape(Trampoline { address }, record.as_ptr() as u64, &mut [ptr(&mut n)], &mut out).unwrap();
        out
    };
    let (at, object) = shapes(&first, code(1), "");
    assert!(!object.is_empty());
    assert_eq!(call(at), 21);
    assert_eq!(shapes(&first, code(1), ""), (at, String::new()), "known by now");
    let (there, again) = shapes(&second, code(1), &object);
    assert_eq!((call(there), again.as_str()), (21, ""));
    for (n, damaged) in (2..).zip(["00", "zz", "abc", &object[..object.len() / 2]]) {
        let (at, again) = shapes(&second, code(n), damaged);
        assert_eq!(i64::from(call(at)), 20 + n, "{damaged}");
        assert!(!again.is_empty());
    }
}
