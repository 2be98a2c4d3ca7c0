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
            1 => format!("template<class T> struct X{i} {{ typename T::nope v; }}; X{i}<int> x{i}; int f{i}(){{return 1;}}"),
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
