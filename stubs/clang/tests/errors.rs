//! Bad input: each file of fixtures/cpp_errors fails with the code its first line names, leaves no trace, and the next
//! good input works.

mod support;
use questions::*;
use std::path::PathBuf;
use support::*;

fn cases() -> Vec<(String, String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cpp_errors");
    let mut out: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let (first, rest) = text.split_once('\n').unwrap();
            let code = first.strip_prefix("// code: ").expect("a first line that names the code").to_owned();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), code, rest.to_owned())
        })
        .collect();
    out.sort();
    assert!(out.len() >= 40);
    out
}

#[test]
fn bad_and_good_alternate() {
    let s = Session::open();
    let mut wrong = Vec::new();
    for round in 0..2 {
        for (i, (name, code, text)) in cases().into_iter().enumerate() {
            let file = format!("{name}.cpp");
            if std::env::var_os("RUNG_TEST_VERBOSE").is_some() {
                eprintln!("{name}");
            }
            match s.raw_at(&text, &file, 10) {
                Ok(_) => wrong.push(format!("{name}: accepted")),
                Err(diagnostics) => {
                    let first = &diagnostics[0];
                    if first.code != code {
                        wrong.push(format!("{name}: {} instead of {code}: {}", first.code, first.message));
                    }
                    if !first.spans.first().is_some_and(|s| s.file == file && s.line >= 10 && s.column >= 1) {
                        wrong.push(format!("{name}: no place in the user's text: {:?}", first.spans));
                    }
                }
            }
            let n = round * 1000 + i as i32;
            let again = format!("struct S{n} {{ int a = {n}; }}; int good_{n}(int x) {{ S{n} s; return s.a + x; }}");
            match s.raw(&again) {
                Ok(_) => assert_eq!(s.int(&format!("good_{n}"), &[1]), n + 1),
                Err(d) => wrong.push(format!("{name}: the next good input fails: {}", d[0].message)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n", wrong.join("\n"));
}

#[test]
fn a_corrected_input_works() {
    let s = Session::open();
    s.good("#include <functional>\n#include <vector>\nstruct Key { int k; };\nint declared(int);");
    assert!(s.raw("namespace std { template <> struct hash<Key> { size_t operator()(const Key &k) const { return k.none; } }; }").is_err());
    s.good("namespace std { template <> struct hash<Key> { size_t operator()(const Key &k) const { return k.k + 1; } }; }\nint hashed(int x) { return static_cast<int>(std::hash<Key>()(Key{x})); }");
    assert_eq!(s.int("hashed", &[4]), 5);
    assert!(s.raw("int declared(int x) { return oops; }").is_err());
    s.good("int declared(int x) { return x * 3; }");
    assert_eq!(s.int("declared", &[4]), 12);
    // What a failed input instantiated first is instantiated again by the next.
    assert!(
        s.raw("int g1(int x) { std::vector<long> v; v.push_back(x); v.push_back(2); return v.back() + oops; }")
            .is_err()
    );
    s.good(
        "int g1(int x) { std::vector<long> v; v.push_back(x); v.push_back(2); return static_cast<int>(v.front()); }",
    );
    assert_eq!(s.int("g1", &[9]), 9);
    // A header that was first read by a failed input is read again.
    assert!(
        s.raw("int before;\n#include <map>\nint h1(int x) { std::map<int,int> m; m[1] = x; return m[1] + oops; }")
            .is_err()
    );
    s.good("int before;\n#include <map>\nint h1(int x) { std::map<int,int> m; m[1] = x; return m[1]; }");
    assert_eq!(s.int("h1", &[8]), 8);
    assert!(
        s.raw(
            "template <class T> struct W { T t; int f() { return t.nope(); } }; int h2() { W<int> w; return w.f(); }"
        )
        .is_err()
    );
    s.good("template <class T> struct W { T t{}; int f() { return t + 5; } }; int h2() { W<int> w; return w.f(); }");
    assert_eq!(s.int("h2", &[]), 5);
}

#[test]
fn undefined_when_linked() {
    let s = Session::open();
    s.good("int absent(int);\nint wants(int x) { return absent(x) + 1; }");
    let failed = s.trampoline(Site { callee: named("wants"), args: vec![prvalue("int")], version: 0 }).unwrap_err();
    assert_eq!(failed.code, "cpp/link");
    assert!(failed.message.contains("absent(int)"), "{failed:#?}");
    assert_eq!((failed.spans[0].file.as_str(), failed.spans[0].line), ("test.clj", 1));
    s.good("int unrelated(int x) { return x; }");
    assert_eq!(s.int("unrelated", &[3]), 3);
    s.good("int absent(int x) { return 10 * x; }");
    assert_eq!(s.int("wants", &[4]), 41);
}

#[test]
fn a_crash_is_contained() {
    let s = Session::open();
    s.good("#include <string>\nint kept = 5; int f(int x) { return x + kept; } struct P { int a; };");
    for _ in 0..3 {
        assert!(matches!(s.ask_raw(&Request::Crash), Response::Died { .. }));
        assert_eq!(s.int("f", &[1]), 6);
        s.good("int again(P p) { return p.a + f(1); }");
        assert!(matches!(s.ask(Question::Type { text: "P".into() }), Ok(Answer::Type { ty }) if ty.size == 4));
    }
}

#[test]
fn places_in_headers_and_text() {
    let folder = std::env::temp_dir().join(format!("rung-clang-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bad.hpp"), "#pragma once\nint fine;\nint broken = nope;\n").unwrap();
    let config = SessionConfig { include_dirs: vec![folder.to_string_lossy().into_owned()], ..Default::default() };
    let s = Session::with(config);
    let d = &s.raw_at("#include \"bad.hpp\"\nint x;", "user.clj", 7).unwrap_err()[0];
    assert_eq!((d.spans[0].file.as_str(), d.spans[0].line), ("user.clj", 7), "{d:#?}");
    assert!(d.spans[1].file.ends_with("bad.hpp") && d.spans[1].line == 3, "{d:#?}");
    std::fs::write(folder.join("bad.hpp"), "#pragma once\nint fine = 1;\nint broken = 2;\n").unwrap();
    let d = &s.raw_at("int a;\nint ü = b;", "user.clj", 3).unwrap_err()[0];
    assert_eq!(
        (d.spans[0].line, d.spans[0].column, d.spans[0].end_column),
        (4, 9, 10),
        "columns count characters: {d:#?}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
