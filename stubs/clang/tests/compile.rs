//! Tier 2: objects at -O2, their imports, exceptions, saved and loaded objects; one definition across all of it.

mod support;
use questions::*;
use support::*;

/// Compiles and loads a text; the addresses of its exports.
fn load(s: &Session, name: &str, text: &str, exports: &[&str]) -> (Compiled, Vec<u64>) {
    let compiled = compile(s, name, text, exports);
    let loaded = load_blob(s, compiled.object.clone(), vec![], exports);
    (compiled, loaded)
}

fn compile(s: &Session, name: &str, text: &str, exports: &[&str]) -> Compiled {
    let exports = exports.iter().map(|e| e.to_string()).collect();
    match s.ask_raw(&Request::Compile { name: name.into(), text: text.into(), exports }) {
        Response::Compiled(compiled) => compiled,
        other => panic!("{text}\n{other:#?}"),
    }
}

fn load_blob(s: &Session, object: Blob, symbols: Vec<(String, u64)>, exports: &[&str]) -> Vec<u64> {
    let exports = exports.iter().map(|e| e.to_string()).collect();
    match s.ask_raw(&Request::Load { object, symbols, exports }) {
        Response::Loaded(loaded) => {
            run_inits(&loaded.inits);
            loaded.addresses
        }
        other => panic!("{other:#?}"),
    }
}

fn int(address: u64, x: i32) -> i32 {
    // SAFETY: every export of these tests is `int(int)`.
    let f = unsafe { std::mem::transmute::<usize, extern "C" fn(i32) -> i32>(address as usize) };
    f(x)
}

#[test]
fn raw_bodies_are_inlined() {
    let s = Session::open();
    s.good("int tw(int x) { return 2 * x; }");
    let (compiled, at) =
        load(&s, "twice_plus", "extern \"C\" int twice_plus(int x) { return tw(x) + 1; }", &["twice_plus"]);
    assert_eq!(int(at[0], 20), 41);
    assert!(!compiled.imports.iter().any(|i| i.contains("tw")), "{:?}", compiled.imports);
    assert_eq!(compiled.uses, [("tw".to_string(), 0)]);
}

#[test]
fn what_nobody_emitted_is_supplied() {
    let s = Session::open();
    s.good("#include <string>\n#include <vector>\n#include <map>\n#include <algorithm>");
    let text = "extern \"C\" int words(int n) { std::map<std::string, std::vector<int>> m; for (int i = 0; i < n; ++i) m[std::to_string(i % 7)].push_back(i); int t = 0; for (auto &[k, v] : m) { std::sort(v.rbegin(), v.rend()); t += v.front(); } return t; }";
    let (_, at) = load(&s, "words", text, &["words"]);
    assert_eq!(int(at[0], 70), 63 + 64 + 65 + 66 + 67 + 68 + 69);
    let (_, again) = load(&s, "words", text, &["words"]);
    assert_ne!(at, again, "the same name may be loaded again");
    assert_eq!(int(again[0], 7), 21);
}

#[test]
fn one_definition_across_tiers() {
    let s = Session::open();
    let header = r#"
#include <typeinfo>
#include <stdexcept>
static int counter = 0;
namespace { int hidden = 100; int bump() { return ++hidden; } }
inline int shared = 7;
inline int next() { static int n = 0; return ++n; }
template <class T> struct Tally { static int total; static int add(int x) { total += x; return total; } };
template <class T> int Tally<T>::total = 1000;
struct Base { virtual ~Base() {} virtual int id() const { return 1; } };
struct Derived : Base { int id() const override { return 2; } };
struct Odd : std::runtime_error { int n; Odd(int n) : std::runtime_error("odd"), n(n) {} };
auto stepper = [](int x) { static int at = 0; return at += x; };
thread_local int per_thread = 5;
int made() { static int calls = 0; return ++calls; }
static int initialised = made();
int use_static(int x) { return counter += x; }
int use_hidden(int) { return bump(); }
int use_thread(int x) { return per_thread += x; }
int throws(int x) { if (x > 2) throw Odd(x); return x; }
Base *derived() { return new Derived; }
"#;
    s.good(header);
    let names = [
        "c_static", "c_hidden", "c_shared", "c_next", "c_tally", "c_lambda", "c_thread", "c_cast", "c_throw", "c_init",
    ];
    let text = r#"
extern "C" int c_static(int x) { return counter += x; }
extern "C" int c_hidden(int) { return bump(); }
extern "C" int c_shared(int x) { return shared += x; }
extern "C" int c_next(int) { return next(); }
extern "C" int c_tally(int x) { return Tally<long>::add(x); }
extern "C" int c_lambda(int x) { return stepper(x); }
extern "C" int c_thread(int x) { return per_thread += x; }
extern "C" int c_cast(int) { Base *b = derived(); int r = dynamic_cast<Derived *>(b) ? b->id() : 0; r += typeid(*b) == typeid(Derived) ? 10 : 0; delete b; return r; }
extern "C" int c_throw(int x) { try { return throws(x); } catch (const Odd &o) { return 100 + o.n; } catch (const std::exception &) { return -1; } }
extern "C" int c_init(int) { return initialised * 10 + made(); }
"#;
    // Interpreted calls before, between and after.
    assert_eq!(s.int("use_static", &[1]), 1);
    let (_, at) = load(&s, "tier2", text, &names);
    let by = |name: &str| at[names.iter().position(|n| *n == name).unwrap()];
    assert_eq!(int(by("c_static"), 2), 3);
    assert_eq!(s.int("use_static", &[3]), 6);
    assert_eq!((s.int("use_hidden", &[0]), int(by("c_hidden"), 0), s.int("use_hidden", &[0])), (101, 102, 103));
    assert_eq!(int(by("c_next"), 0), 1);
    s.good("int raw_next(int) { return next(); } int raw_shared(int x) { return shared += x; } int raw_tally(int x) { return Tally<long>::add(x); } int raw_lambda(int x) { return stepper(x); }\nint raw_cast(int) { Base *b = derived(); try { throw Odd(4); } catch (std::runtime_error &e) { return dynamic_cast<Derived *>(b)->id(); } }");
    assert_eq!((s.int("raw_next", &[0]), s.int("next", &[]), int(by("c_next"), 0)), (2, 3, 4));
    assert_eq!((int(by("c_shared"), 1), s.int("raw_shared", &[1])), (8, 9));
    assert_eq!((int(by("c_tally"), 1), s.int("raw_tally", &[1]), int(by("c_tally"), 1)), (1001, 1002, 1003));
    assert_eq!((int(by("c_lambda"), 2), s.int("raw_lambda", &[2]), s.int("stepper", &[2])), (2, 4, 6));
    assert_eq!((int(by("c_thread"), 1), s.int("use_thread", &[1])), (6, 7));
    let thread = by("c_thread");
    assert_eq!(std::thread::spawn(move || int(thread, 1)).join().unwrap(), 6, "a thread of its own");
    assert_eq!((int(by("c_cast"), 0), s.int("raw_cast", &[0])), (12, 2));
    assert_eq!((int(by("c_throw"), 1), int(by("c_throw"), 9)), (1, 109));
    assert_eq!(int(by("c_init"), 0), 12, "initialised once");
    // A second object sees the same.
    let (_, more) = load(&s, "tier2b", "extern \"C\" int again(int) { return counter * 1000 + next(); }", &["again"]);
    assert_eq!(int(more[0], 0), 6005);
}

#[test]
fn exceptions_of_callees_are_caught_in_objects() {
    let s = Session::open();
    s.good("#include <stdexcept>\n#include <string>\nint may(int x) { std::string kept(100, 'x'); if (x) throw std::out_of_range(kept); return 1; }");
    let text = "extern \"C\" int guarded(int x) { try { return may(x); } catch (...) { return -7; } }";
    let (compiled, at) = load(&s, "guarded", text, &["guarded"]);
    assert!(compiled.bytes > 0);
    for i in 0..1000 {
        assert_eq!(int(at[0], i % 2), if i % 2 == 1 { -7 } else { 1 });
    }
    // A bare throw in a new object, again and again: each object unwinds by its own tables.
    for i in 0..20 {
        let name = format!("g{i}");
        let text = format!(
            "extern \"C\" int {name}(int x) {{ try {{ if (x > 0) throw x; return 0; }} catch (int n) {{ return n + {i}; }} }}"
        );
        let (_, at) = load(&s, &name, &text, &[&name]);
        assert_eq!(int(at[0], 5), 5 + i);
    }
}

#[test]
fn bound_symbols_and_own_statics() {
    extern "C" fn provided(x: i32) -> i32 {
        x * 100
    }
    let s = Session::open();
    let text = "extern \"C\" int runtime_call(int); static int keep = 0; static int helper(int x) { return x + ++keep; }\nextern \"C\" int uses(int x) { static int own = 10; return helper(runtime_call(x)) + own++; }";
    let exports = ["uses"];
    let compiled = compile(&s, "uses", text, &exports);
    assert!(compiled.imports.contains(&"runtime_call".to_string()));
    let missing =
        s.ask_raw(&Request::Load { object: compiled.object.clone(), symbols: vec![], exports: vec!["uses".into()] });
    assert!(matches!(&missing, Response::Failed { diagnostics } if diagnostics[0].code == "cpp/link"), "{missing:?}");
    let symbols = vec![("runtime_call".to_string(), provided as *const () as usize as u64)];
    let first = load_blob(&s, compiled.object.clone(), symbols.clone(), &exports);
    let second = load_blob(&s, compiled.object, symbols, &exports);
    assert_eq!((int(first[0], 1), int(first[0], 1)), (111, 113));
    assert_eq!(int(second[0], 1), 111, "an object's own statics are its own");
    assert!(s.raw("int after() { return helper(1); }").is_err(), "the text's names are not seen by others");
}

#[test]
fn saved_objects_load_in_another_session() {
    let path = std::env::temp_dir().join(format!("rung-object-{}.o", std::process::id()));
    let header =
        "#include <string>\n#include <vector>\nstatic int state = 40;\nint outside(int x) { return state += x; }";
    let text = "extern \"C\" int kept(int x) { std::vector<std::string> v; v.emplace_back(\"abc\"); return outside(x) + static_cast<int>(v.back().size()); }";
    {
        let s = Session::open();
        s.good(header);
        let compiled = compile(&s, "kept", text, &["kept"]);
        let saved = s.ask_raw(&Request::Save { object: compiled.object, path: path.to_string_lossy().into_owned() });
        assert!(matches!(saved, Response::Saved { bytes } if bytes > 0), "{saved:?}");
    }
    let s = Session::open();
    s.good(header);
    let at = load_blob(&s, Blob::File(path.to_string_lossy().into_owned()), vec![], &["kept"]);
    assert_eq!(int(at[0], 2), 45);
    assert_eq!(s.int("outside", &[1]), 43);
    std::fs::write(&path, b"not an object").unwrap();
    let damaged = s.ask_raw(&Request::Load {
        object: Blob::File(path.to_string_lossy().into_owned()),
        symbols: vec![],
        exports: vec![],
    });
    assert!(matches!(damaged, Response::Failed { .. }));
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn errors_in_compiled_text_are_data() {
    let s = Session::open();
    for bad in
        ["extern \"C\" int f(int x) { return nope(x); }", "extern \"C\" int f(int x) {", "int f(int x) { return x; }"]
    {
        let reply = s.ask_raw(&Request::Compile { name: "f".into(), text: bad.into(), exports: vec!["f".into()] });
        assert!(matches!(reply, Response::Failed { .. }), "{reply:?}");
    }
    let (_, at) = load(&s, "f", "extern \"C\" int f(int x) { return x + 1; }", &["f"]);
    assert_eq!(int(at[0], 1), 2);
}
