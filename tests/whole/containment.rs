//! C++ that takes too much, crashes Clang or is no C++ at all: an error with its code in bounded time, and the next form works.
//! The limits are low here; `cpp_errors` has the mistakes that people make.

use crate::process::{finish, rung};
use std::time::{Duration, Instant};

/// Name, the error's code (none where it is accepted), text.
fn cases() -> Vec<(&'static str, &'static str, String)> {
    let many = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    let mut all: Vec<(&'static str, &'static str, String)> = vec![
        ("macros that double", "cpp/limit", {
            let doubling = many(39, &|i| format!("#define A{} A{i} + A{i}\n", i + 1));
            format!("#define A0 1\n{doubling}long runaway() {{ return A39; }}")
        }),
        ("texts that multiply", "cpp/limit", {
            let growing = many(11, &|i| format!("#define S{} S{i} S{i} S{i} S{i} S{i} S{i} S{i} S{i}\n", i + 1));
            format!("#define S0 \"aaaaaaaaaaaaaaaa\"\n{growing}const char* s = S11;")
        }),
        ("templates that double", "cpp/limit", "template <int N, int M> struct X { static const int v = X<N-1, 2*M>::v + X<N-1, 2*M+1>::v; };\ntemplate <int M> struct X<0, M> { static const int v = 1; };\nint blown = X<30, 0>::v;".into()),
        ("a type that doubles", "cpp/limit", "template <class T, class U> struct P {}; template <int N> struct G { using type = P<typename G<N-1>::type, typename G<N-1>::type>; }; template <> struct G<0> { using type = int; }; template<class T> void f(T); void g() { f(G<60>::type()); }".into()),
        ("a variable template without an end", "cpp/limit", "template <int N> constexpr int count = count<N + 1> + 1;\nint c = count<0>;".into()),
        ("a lambda that wants itself", "cpp/limit", "auto r = [](auto self, auto x) -> decltype(self(self, &x)) { return self(self, &x); }; auto v = r(r, 1);".into()),
        ("a loop in a constant", "cpp/limit", "constexpr int spin() { int n = 0; for (;;) n = (n + 1) % 7; return n; }\nconstexpr int spun = spin();".into()),
        ("allocation in a constant", "cpp/limit", "constexpr long grow() { long n = 0; while (true) { int* p = new int[1000]; n += p[0] = 1; delete[] p; } return n; }\nconstexpr long grown = grow();".into()),
        ("brackets", "cpp/limit", format!("int deep = {}1{};", "(".repeat(5000), ")".repeat(5000))),
        ("namespaces", "cpp/limit", format!("{}{}", many(3000, &|i| format!("namespace n{i} {{ ")), "}".repeat(3000))),
        ("signs", "cpp/limit", format!("int deep = {}1;", "- ".repeat(300_000))),
        ("a name", "cpp/limit", format!("int f() {{ return {}; }}", "a".repeat(300_000))),
        ("a text of many megabytes", "cpp/limit", format!("const char* s = \"{}\";", "a".repeat(17 << 20))),
        ("an array with values", "cpp/limit", "int huge[1ull << 38] = {1};".into()),
        ("a sequence", "cpp/limit", "template <class T, T... I> struct IS {}; using Big = __make_integer_seq<IS, int, 2000000000>; Big b;".into()),
        ("a crash", "cpp/limit", "#pragma clang __debug crash\n".into()),
        ("a fatal error of LLVM", "cpp/limit", "#pragma clang __debug llvm_fatal_error\n".into()),
        ("an overflow of Clang's stack", "cpp/limit", "#pragma clang __debug overflow_stack\n".into()),
        ("many errors", "cpp/unresolved", many(20_000, &|i| format!("int v{i} = nope{i};\n"))),
        ("an array that no machine has", "cpp/raw", "char huge[1ull << 62];".into()),
        ("a header that includes itself", "cpp/include", "#include __FILE__\n".into()),
        ("a folder as a header", "cpp/include", "#include \"/usr\"\n".into()),
        ("an instruction that is none", "cpp/raw", "int f(int x) { asm(\"this is no instruction\" : \"+r\"(x)); return x; }".into()),
        ("a constraint that is none", "cpp/raw", "int f(int x) { asm(\"nop\" : \"=@nonsense\"(x)); return x; }".into()),
        ("a directive that is none", "cpp/raw", "asm(\".nonsense directive\");".into()),
        ("a pragma that refuses", "cpp/syntax", "#pragma GCC error \"no\"\nint x;".into()),
        ("an operator that refuses", "cpp/syntax", "_Pragma(\"GCC error \\\"no\\\"\") int y;".into()),
        ("a pragma without its end", "cpp/syntax", "_Pragma(\"once\" int y;".into()),
        ("a module", "cpp/syntax", "import std;\n".into()),
        ("a coroutine", "cpp/raw", "int co() { co_return 1; }".into()),
        // The parser forgets the body of `g` but Sema still had a typo of it to correct: the next form was lost.
        (
            "a misspelt name that nothing asks about any more",
            "cpp/unresolved",
            "struct N { N() =n default; }; N n; void g()".into(),
        ),
        ("a concept that wants itself", "cpp/template", "template <class T> concept C = requires(T t) { f(t); };\ntemplate <C T> void f(T); struct S {}; void g() { f(S{}); }".into()),
        ("a number", "cpp/raw", format!("int n = {};", "9".repeat(100_000))),
        ("nonsense", "cpp/syntax", "int \u{2028} \u{e9}\u{20ac} = ;".into()),
        ("an initialiser that throws", "cpp/exception", "struct Trap { Trap() { throw 7; } } trap;".into()),
    ];
    all.extend([
        ("a pragma that nobody knows", "", "#pragma what is this (\nint fine_pragma() { return 1; }".into()),
        (
            "a pack that was never pushed",
            "",
            "#pragma pack(pop)\n#pragma pack(push, 1)\nstruct Packed1 { char a; int b; };\n#pragma pack(pop)\n".into(),
        ),
        ("a long sum", "", format!("int sum_of(int x) {{ return {}x; }}", "x + ".repeat(20_000))),
        (
            "a type of many brackets",
            "",
            format!("template<class T> struct W {{}}; {}int{} w;", "W<".repeat(200), ">".repeat(200)),
        ),
        ("a large enum", "", format!("enum Giant {{ {}last }};", many(20_000, &|i| format!("g{i}, ")))),
        ("a text of megabytes", "", format!("const char* long_text = \"{}\";", "a".repeat(2 << 20))),
    ]);
    all
}

#[test]
fn what_takes_too_much_or_crashes_is_an_error_and_the_next_form_works() {
    let mut input = String::from("(cpp/raw \"int right(int x) { return x + 1; }\")\n");
    let cases = cases();
    for (i, (_, _, text)) in cases.iter().enumerate() {
        let text = serde_json::to_string(text).expect("a string");
        input.push_str(&format!("[:case {i}]\n(cpp/raw {text})\n(cpp/right {i})\n"));
        input.push_str(&format!(
            "(cpp/raw \"int after_{i}(int x) {{ return x + right({i}); }}\")\n(cpp/after_{i} 1000)\n"
        ));
    }
    let start = Instant::now();
    let options = ["--json", "--tune", "cpp.seconds=2", "--tune", "cpp.memory=400"];
    let done = finish(rung(options), input.as_bytes(), Duration::from_secs(600));
    assert_eq!(
        (done.status, done.late),
        (Some(0), false),
        "after {:?}: {}\n{}",
        start.elapsed(),
        tail(&done.out),
        tail(&done.err)
    );
    let codes = done.codes();
    let wanted: Vec<&str> = cases.iter().map(|c| c.1).filter(|c| !c.is_empty()).collect();
    let mut failures = Vec::new();
    let named = cases.iter().filter(|c| !c.1.is_empty());
    for ((name, code, _), got) in named.zip(&codes) {
        if got != code {
            failures.push(format!("{name}: {got}, not {code}"));
        }
    }
    assert!(failures.is_empty(), "{}\n{:?}", failures.join("\n"), codes);
    assert_eq!(codes.len(), wanted.len(), "{codes:?}");
    for (i, case) in cases.iter().enumerate() {
        let values = format!("{}\n", i + 1);
        let after = format!("nil\n{}\n", 1000 + i + 1);
        let part = done.out.split(&format!("[:case {i}]\n")).nth(1).unwrap_or_default();
        let part = part.split("[:case ").next().unwrap_or_default();
        assert!(part.contains(&values) && part.ends_with(&after), "{}: {part:?}", case.0);
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(6)..].join("\n").chars().take(2000).collect()
}

/// Forms that ask Clang something wrong.
#[test]
fn questions_that_have_no_answer() {
    let input = "(cpp/raw \"#include <string>
        struct Incomplete; struct Hidden { int seen; private: int secret; Hidden(int); void work(); };
        struct Gone { Gone(const Gone&) = delete; Gone() = default; void operator()() = delete; int f() = delete; };
        struct Abstract { virtual void f() = 0; };
        void either(int, long); void either(long, int);
        template <class T> struct Bad { static_assert(sizeof(T) == 3); }; template <class T> int bad(T t) { return t.nothing(); }
        Incomplete& incomplete(); Gone& gone();\")
        (try 1 (catch cpp/no.such.type e 2))
        (try 1 (catch cpp/Incomplete e 2))
        (try 1 (catch cpp/Abstract e 2))
        (cpp/Incomplete)
        (.x (cpp/incomplete))
        (cpp/Hidden 1)
        (let [g (cpp/Gone)] (.f g))
        (let [g (cpp/Gone)] (g))
        (cpp/Abstract)
        (cpp/either 1 1)
        (cpp/bad 1)
        (cpp/Bad<int>)
        (cpp/value \"((\")
        (cpp/value \"1 +\")
        (cpp/value \"template\")
        (cpp/nowhere.at.all 1)
        (cpp/+ (cpp/std.string \"a\") 1)
        (.nothing (cpp/std.string \"a\"))
        (.-nothing (cpp/std.string \"a\"))
        (.size (cpp/std.string \"four\"))
        ";
    let done = crate::process::feed(&["--json"], input);
    assert_eq!(done.status, Some(0), "{done:?}");
    assert!(done.out.ends_with("\n4\n"), "{}", done.out);
    let codes = done.codes();
    let wanted = [
        "cpp/unresolved",
        "cpp/type",
        "cpp/type",
        "cpp/type",
        "cpp/type",
        "cpp/access",
        "cpp/call",
        "cpp/call",
        "cpp/constructor",
        "cpp/ambiguous",
        "cpp/template",
        "cpp/template",
        "cpp/syntax",
        "cpp/syntax",
        "cpp/syntax",
        "cpp/unresolved",
        "cpp/operator",
        "cpp/member",
        "cpp/member",
    ];
    assert_eq!(codes, wanted, "{}", done.err);
}
