//! Calls with the real compiler: scalars, strings, objects, destructors, boxes.

mod common;

use common::*;
use engine::cppbox::CppBox;
use engine::heap;
use engine::host::CppHost;
use engine::thread::Thread;
use engine::value::Value;
use questions::*;

#[test]
fn scalars_go_there_and_back() {
    raw("namespace sc { int add(int a, int b) { return a + b; } unsigned char low(unsigned char c) { return c; } \
         double half(double d) { return d / 2; } float f(float x) { return x; } bool no(bool b) { return !b; } \
         char next(char c) { return c + 1; } unsigned long big() { return ~0ul; } long id(long n) { return n; } \
         unsigned long uid(unsigned long n) { return n; } enum class E : short { A = -2, B = 7 }; E e(E x) { return x; } \
         __int128 wide(__int128 n) { return n * 4; } long double ld(long double d) { return d * 2; } short sh(short s) { return s; } }");
    let call = |name: &str, args: &[Value]| function(name, args.len()).call(args);
    assert_eq!(call("sc::add", &[int(2), int(40)]), Ok(int(42)));
    assert_eq!(call("sc::half", &[int(3)]), Ok(Value::double(1.5)));
    assert_eq!(call("sc::f", &[Value::double(0.5)]), Ok(Value::double(0.5)));
    assert_eq!(call("sc::no", &[Value::TRUE]), Ok(Value::FALSE));
    assert_eq!(call("sc::next", &[Value::char('a' as u32)]), Ok(Value::char('b' as u32)));
    assert_eq!(call("sc::low", &[int(255)]), Ok(int(255)));
    assert_eq!(call("sc::sh", &[int(-32768)]), Ok(int(-32768)));
    assert_eq!(call("sc::id", &[int(i64::MIN)]).unwrap().as_long(), Some(i64::MIN));
    assert_eq!(call("sc::e", &[int(7)]), Ok(int(7)));
    assert_eq!(call("sc::ld", &[Value::double(1.25)]), Ok(Value::double(2.5)));
    let big = call("sc::big", &[]).unwrap();
    assert_eq!(engine::number::text(big).unwrap_or_default(), "18446744073709551615");
    assert!(engine::number::equal(call("sc::uid", &[big]).unwrap(), big));
    let wide = call("sc::wide", &[int(i64::MAX)]).unwrap();
    assert_eq!(engine::number::text(wide).unwrap_or_default(), "36893488147419103228");
}

#[test]
fn what_does_not_fit_says_value_and_type() {
    raw(
        "namespace rg { int i(int a) { return a; } unsigned u(unsigned a) { return a; } float f(float x) { return x; } \
         signed char sc(signed char c) { return c; } bool b(bool x) { return x; } }",
    );
    let fails = |name: &str, v: Value| {
        assert!(function(name, 1).call(&[v]).is_err(), "{name}");
        error()
    };
    let range = |t: &str, v: &str| ("cpp/range".to_owned(), format!("Value out of range for {t}: {v}"));
    assert_eq!(fails("rg::i", int(1 << 31)), range("int", "2147483648"));
    assert_eq!(fails("rg::u", int(-1)), range("unsigned int", "-1"));
    assert_eq!(fails("rg::f", Value::double(1e300)), range("float", &1e300f64.to_string()));
    assert_eq!(fails("rg::sc", int(128)), range("signed char", "128"));
    let wrong = |class: &str, t: &str| {
        ("cpp/conversion".to_owned(), format!("a {class} cannot be converted to the C++ type {t}"))
    };
    assert_eq!(fails("rg::i", Value::double(1.0)), wrong("java.lang.Double", "int"));
    assert_eq!(fails("rg::i", text("1")), wrong("java.lang.String", "int"));
    assert_eq!(fails("rg::i", Value::NIL), wrong("nil", "int"));
    assert_eq!(fails("rg::b", int(1)), wrong("java.lang.Long", "bool"));
}

#[test]
fn strings_by_value_reference_and_pointer() {
    raw(
        "#include <string>\n#include <string_view>\nnamespace st { std::string twice(std::string s) { return s + s; } \
         unsigned long size(const std::string &s) { return s.size(); } const char *tail(const char *s) { return s && *s ? s + 1 : nullptr; } \
         std::string_view view(std::string_view v) { return v.substr(1); } bool null(const char *s) { return !s; } \
         const std::string &held() { static std::string s(300, 'x'); return s; } char *env() { static char t[] = \"mutable\"; return t; } }",
    );
    let call = |name: &str, v: Value| function(name, 1).call(&[v]).unwrap_or_else(|_| panic!("{:?}", error()));
    assert_eq!(str_of(call("st::twice", text("ab"))), "abab");
    let long = "long enough to be on the heap of C++ ".repeat(20);
    assert_eq!(str_of(call("st::twice", text(&long))), long.repeat(2));
    assert_eq!(call("st::size", text("\0é")), int(3));
    assert_eq!(str_of(call("st::tail", text("xyz"))), "yz");
    assert_eq!(call("st::tail", text("")), Value::NIL);
    assert_eq!(call("st::null", Value::NIL), Value::TRUE);
    assert_eq!(call("st::null", text("")), Value::FALSE);
    assert_eq!(str_of(call("st::view", text("über"))).chars().last(), Some('r'));
    assert_eq!(str_of(function("st::held", 0).call(&[]).unwrap()).len(), 300);
    assert_eq!(str_of(function("st::env", 0).call(&[]).unwrap()), "mutable");
    assert!(function("st::twice", 1).call(&[int(1)]).is_err());
    assert_eq!(error().0, "cpp/conversion");
    for i in 0..20_000 {
        let s = text(&format!("{i} {long}"));
        assert_eq!(call("st::size", s), int(format!("{i} {long}").len() as i64));
    }
}

#[test]
fn owned_objects_are_destroyed_once() {
    raw(
        "namespace ow { int alive; struct T { int n; T(int n) : n(n) { ++alive; } T(const T &o) : n(o.n) { ++alive; } ~T() { --alive; } }; \
         T make(int n) { return T(n); } int read(const T &t) { return t.n; } int count() { return alive; } }",
    );
    let t = ty("ow::T");
    let copy = unary(Callee::Copy { ty: t.name.clone() }, &t, Category::Lvalue);
    let end = unary(Callee::Destroy { ty: t.name.clone() }, &t, Category::Lvalue);
    let (make, read) = (function("ow::make", 1), function("ow::read", 1));
    // On a thread of its own: the collector is conservative, and would see what is left on this stack.
    let work = move || {
        let h = host();
        let mut boxes = heap::GcVec::with_capacity(200);
        for n in 0..200i32 {
            let mut place = [0u128; 4];
            let args = [(&raw const n).cast_mut().cast::<u8>()];
            // SAFETY: the site's own types; the object is destroyed below.
            unsafe {
                h.call(Thread::current(), make.stub, args.as_ptr(), place.as_mut_ptr().cast()).unwrap();
                let source = place.as_ptr() as u64;
                boxes.push(h.own_value(Thread::current(), &t, source, Some(copy.stub), Some(end.stub)).unwrap());
            }
            destroy(&t, place.as_mut_ptr().cast());
        }
        heap::collect_now();
        heap::run_finalizers();
        assert_eq!(count_of("ow::count"), 200);
        for (n, &b) in boxes.iter().enumerate() {
            assert_eq!(read.call(&[b]), Ok(int(n as i64)));
            assert!(b.cast::<CppBox>().unwrap().print().starts_with("#cpp/box[ow::T*  0x"));
        }
        // So that a stale word that names the buffer does not keep all of them.
        boxes.fill(Value::NIL);
    };
    std::thread::spawn(work).join().unwrap();
    for _ in 0..3 {
        heap::collect_now();
        heap::run_finalizers();
    }
    let left = count_of("ow::count");
    assert!((0..20).contains(&left), "{left} objects are left");
}

fn count_of(name: &str) -> i64 {
    function(name, 0).call(&[]).unwrap().as_long().unwrap()
}

#[test]
fn boxes_know_their_types() {
    raw(
        "namespace bx { struct Base { int b = 1; }; struct Other { int o = 5; }; struct Pt : Other, Base { int x = 3; }; Pt p; \
         Pt *get() { return &p; } int x(Pt *p) { return p ? p->x : -1; } int cx(const Pt *p) { return p->x; } int base(Base *b) { return b->b; } \
         int other(Other &o) { return o.o; } const Pt *cget() { return &p; } bool any(void *v) { return v == &p; } struct No {}; int no(No *) { return 0; } }",
    );
    let get = |name: &str| function(name, 0).call(&[]).unwrap();
    let call = |name: &str, v: Value| function(name, 1).call(&[v]);
    let (p, cp) = (get("bx::get"), get("bx::cget"));
    let print = p.cast::<CppBox>().unwrap().print();
    assert!(print.starts_with("#cpp/box[bx::Pt*  0x"), "{print}");
    assert_eq!(call("bx::x", p), Ok(int(3)));
    assert_eq!(call("bx::x", Value::NIL), Ok(int(-1)));
    assert_eq!(call("bx::cx", p), Ok(int(3)));
    assert_eq!(call("bx::cx", cp), Ok(int(3)));
    assert_eq!(call("bx::base", p), Ok(int(1)));
    assert_eq!(call("bx::other", p), Ok(int(5)));
    assert_eq!(call("bx::any", p), Ok(Value::TRUE));
    assert!(call("bx::x", cp).is_err());
    assert_eq!(error(), ("cpp/box".into(), "a box of bx::Pt* is wanted, this is const bx::Pt*".into()));
    assert!(call("bx::no", p).is_err());
    assert_eq!(error(), ("cpp/box".into(), "a box of bx::No* is wanted, this is bx::Pt*".into()));
    let pt = ty("bx::Pt *");
    let b = host().box_pointer(&pt, 0x1000).unwrap();
    assert_eq!(host().unbox(b, &pt), Ok(0x1000));
    assert!(host().unbox(b, &ty("bx::No *")).is_err());
    assert_eq!(error().0, "cpp/box");
    assert_eq!(host().box_pointer(&pt, 0), Ok(Value::NIL));
}

#[test]
fn libraries_are_opened_for_all() {
    host().link("m").unwrap();
    let e = host().link("no-such-library").unwrap_err();
    assert_eq!(e.code, "cpp/link");
    assert!(e.notes.iter().any(|n| n.text.contains("libno-such-library.so")), "{e:?}");
    assert_eq!(host().link("/nowhere/libx.so").unwrap_err().code, "cpp/link");
}

#[test]
fn errors_of_cpp_text_are_data() {
    let e = host().raw("int broken( { }", "bad.clj", 7).unwrap_err();
    assert!(e[0].code.starts_with("cpp/"), "{e:?}");
    assert_eq!(host().include("no/such/header.hpp", "x.clj").unwrap_err()[0].code, "cpp/include");
}

/// Questions that speak of earlier ones are answered in one go, and their answers are known by what they turned out to ask.
#[test]
fn a_series_of_questions() {
    raw(
        "namespace series { enum E { A = 3 }; struct S { int n; S half() const; ~S(); }; inline S S::half() const { return S{n / 2}; } \
         inline S::~S() {} inline S make(E e) { return S{e}; } inline int take(const S &) { return 1; } inline long take(int &) { return 2; } \
         inline int one() { return 1; } }",
    );
    let h = host();
    let name = |n: &str| Callee::Name { name: format!("series::{n}") };
    let of = |question, local| Arg::Of { question, local };
    let call = |callee, args: Vec<Arg>| Question::Call(CallQuestion { callee, args });
    let series = [
        Question::Name { name: "series::A".into() },
        call(name("make"), vec![of(0, false)]),
        call(Callee::Method { name: "half".into() }, vec![of(1, true)]),
        call(name("take"), vec![of(2, false)]),
        call(name("nothing"), vec![]),
        call(name("take"), vec![of(4, false)]),
        call(name("one"), vec![]),
        call(name("take"), vec![of(6, true)]),
    ];
    h.send(0, &series[..3]);
    h.send(3, &series[3..]);
    assert!(h.settle());
    let native = |ty: &str, category| Arg::Native { ty: format!("series::{ty}"), category };
    let known = |q: Question| match h.known(&q) {
        Some(Ok(Answer::Call(answer))) => answer,
        other => panic!("{q:?}: {other:?}"),
    };
    assert_eq!(known(call(name("make"), vec![native("E", Category::Prvalue)])).result.name, "series::S");
    let half = known(call(Callee::Method { name: "half".into() }, vec![native("S", Category::Lvalue)]));
    assert_eq!(half.site.args, [native("S", Category::Lvalue)]);
    assert_eq!(known(call(name("take"), vec![native("S", Category::Prvalue)])).result.name, "int");
    let int = Arg::Native { ty: "int".into(), category: Category::Lvalue };
    assert_eq!(known(call(name("take"), vec![int])).result.name, "long", "a local is an lvalue");
    known(call(Callee::Destroy { ty: "series::S".into() }, vec![native("S", Category::Lvalue)]));
    assert!(matches!(h.known(&call(name("nothing"), vec![])), Some(Err(_))), "what failed is known too");
    // The next series begins anew.
    h.send(0, &[call(name("take"), vec![of(1, false)])]);
    assert!(h.settle());
}
