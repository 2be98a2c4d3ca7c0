//! Raw text, failures that leave no trace, one definition, redefinition.

mod support;
use support::*;

#[test]
fn raw_then_call() {
    let s = Session::open();
    s.good("int tw(int x){return 2*x;}");
    assert_eq!(s.int("tw", &[21]), 42);
}

#[test]
fn process_symbols_are_seen() {
    assert_eq!(anchor(), 42);
    let s = Session::open();
    s.good("extern \"C\" int rung_test_twice(int);");
    assert_eq!(s.int("rung_test_twice", &[4]), 8);
}

#[test]
fn initialisers_are_returned_and_run_once() {
    let s = Session::open();
    let done = s.good("int made(){ static int n = 0; return ++n; } int first = made(); int second = made();\nint get(){ return first * 10 + second; }");
    assert_eq!(done.inits.len(), 1);
    assert_eq!(s.int("get", &[]), 12);
    assert_eq!(s.int("made", &[]), 3);
}

#[test]
fn good_and_bad_alternate() {
    let s = Session::open();
    for i in 0..200 {
        let bad = match i % 5 {
            0 => format!("int f{i}(int x){{ return undeclared_{i}; }} struct T{i} {{ int a; }};"),
            1 => format!(
                "template<class T> struct X{i} {{ typename T::nope v; }}; X{i}<int> x{i}; int f{i}(){{return 1;}}"
            ),
            2 => format!("struct T{i} {{ int a; "),
            3 => format!("namespace n {{ int f{i}() {{ return 1 }} }} enum E{i} {{ a{i} }};"),
            _ => format!("#define M{i} 3\n int f{i}(int) {{ return M{i}; }} static_assert(M{i} == 4);"),
        };
        assert!(s.raw(&bad).is_err(), "{bad}");
        s.good(&format!("struct T{i} {{ int a = {i}; }}; int f{i}(int x){{ T{i} t; return t.a + x; }}\n#ifdef M{i}\n#error left over\n#endif"));
        if i % 20 == 0 {
            assert_eq!(s.int(&format!("f{i}"), &[1]), i + 1);
        }
    }
    assert_eq!(s.int("f199", &[1]), 200);
}

#[test]
fn a_function_is_replaced_for_all_callers() {
    let s = Session::open();
    s.good("int f(int x) { return x + 1; }\nint caller(int x) { return f(x) * 10; }\nint (*pointer)(int) = f;\nint through(int x) { return pointer(x); }\nstruct Holder { int (*g)(int) = f; };\nHolder holder;\nint held(int x) { return holder.g(x); }");
    let (_, old_stub) = s.made(named("f"), vec![prvalue("int")]);
    let call = |stub| {
        let (mut x, mut r) = (1i32, 0i32);
        run(stub, &mut [ptr(&mut x)], &mut r).unwrap();
        r
    };
    assert_eq!((call(old_stub), s.int("caller", &[1]), s.int("through", &[1]), s.int("held", &[1])), (2, 20, 2, 2));
    for round in 1..=3 {
        let done = s.good(&format!("int f(int x) {{ return x + {}; }}", round * 100));
        assert_eq!(done.redefined.len(), 1);
        assert_eq!(
            (done.redefined[0].name.as_str(), done.redefined[0].version, done.redefined[0].changed_type),
            ("f", round as u32, false)
        );
        let r = round * 100 + 1;
        assert_eq!(
            (call(old_stub), s.int("caller", &[1]), s.int("through", &[1]), s.int("held", &[1]), s.int("f", &[1])),
            (r, r * 10, r, r, r)
        );
    }
    // A replacement that fails leaves the old one.
    assert!(s.raw("int f(int x) { return oops; }").is_err());
    assert_eq!(s.int("f", &[1]), 301);
    s.good("namespace n { int g(int x) { return x; } } extern \"C\" int plain(int x) { return x; } struct M { int m(int); }; int M::m(int x) { return x; } int mm(int x) { return M().m(x); }");
    s.good("namespace n { int g(int x) { return -x; } } extern \"C\" int plain(int x) { return -x; } int M::m(int x) { return -x; }");
    assert_eq!((s.int("n::g", &[3]), s.int("plain", &[3]), s.int("mm", &[3])), (-3, -3, -3));
}

#[test]
fn everything_else_gets_new_symbols() {
    let s = Session::open();
    s.good("struct P { int a; int sum() const { return a; } };\nint old_sum(int x) { P p{x}; return p.sum(); }\nint value = 1; int old_value() { return value; }\ninline int half(int x) { return x / 2; } int old_half(int x) { return half(x); }\nstatic int secret() { return 1; } int old_secret() { return secret(); }\nlong changed(int) { return 1; }\ntemplate <class T> T twice(T x) { return x + x; } int old_twice(int x) { return twice(x); }\nenum E { e_one = 1 }; int old_e() { return e_one; }\ntypedef int num;");
    assert_eq!(
        (
            s.int("old_sum", &[3]),
            s.int("old_value", &[]),
            s.int("old_half", &[9]),
            s.int("old_secret", &[]),
            s.int("old_twice", &[4])
        ),
        (3, 1, 4, 1, 8)
    );
    let done = s.good("struct P { int a; int b; int sum() const { return a + b; } };\nint new_sum(int x) { P p{x, 10}; return p.sum(); }");
    assert_eq!((done.redefined[0].name.as_str(), done.redefined[0].changed_type), ("P", true));
    assert_eq!((s.int("old_sum", &[3]), s.int("new_sum", &[3])), (3, 13));
    s.good("int value = 50; int new_value() { return value; }");
    assert_eq!((s.int("old_value", &[]), s.int("new_value", &[])), (1, 50));
    s.good("inline int half(int x) { return x / 2 + 1000; } int new_half(int x) { return half(x); }");
    assert_eq!((s.int("old_half", &[9]), s.int("new_half", &[9])), (4, 1004));
    s.good("static int secret() { return 2; } int new_secret() { return secret(); }");
    assert_eq!((s.int("old_secret", &[]), s.int("new_secret", &[])), (1, 2));
    s.good("int changed(int) { return 7; }");
    assert_eq!(s.int("changed", &[0]), 7);
    s.good("template <class T> T twice(T x) { return x * 20; } int new_twice(int x) { return twice(x); }");
    assert_eq!((s.int("old_twice", &[4]), s.int("new_twice", &[4])), (8, 80));
    s.good("enum E { e_one = 11, e_two }; int new_e() { return e_one; }");
    assert_eq!((s.int("old_e", &[]), s.int("new_e", &[])), (1, 11));
    s.good("typedef long num; static_assert(sizeof(num) == 8);");
    // After a crash the replayed session knows the newest ones.
    assert!(matches!(s.ask_raw(&questions::Request::Crash), questions::Response::Died { .. }));
    assert_eq!((s.int("new_sum", &[3]), s.int("new_half", &[9]), s.int("changed", &[0])), (13, 1004, 7));
    s.good("int newest(int x) { P p{x, 20}; return p.sum() + value; }");
    assert_eq!(s.int("newest", &[1]), 71);
}

#[test]
fn overloads_are_replaced_one_by_one() {
    let s = Session::open();
    s.good("int o(int) { return 1; } int o(double) { return 2; } int both() { return o(1) * 10 + o(1.5); }");
    s.good("int o(double) { return 5; }");
    assert_eq!((s.int("both", &[]), s.int("o", &[1])), (15, 1));
}

#[test]
fn includes_survive_a_failure_behind_them() {
    let s = Session::open();
    assert!(s.raw("#include <vector>\n#include <string>\nint broken() { return nope; }").is_err());
    s.good("int size() { std::vector<std::string> v(3); return static_cast<int>(v.size()); }");
    assert_eq!(s.int("size", &[]), 3);
}

#[test]
fn warnings_and_macros() {
    let s = Session::open();
    let done =
        s.good("#define LIMIT 12\n#define ADD(a, b) ((a) + (b))\nint warn(int x) { if (x = 3) return 1; return 0; }");
    assert!(!done.warnings.is_empty());
    assert_eq!((s.int("ADD", &[3, 4]), s.int("warn", &[0])), (7, 1));
}
