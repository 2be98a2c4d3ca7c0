//! Clojure functions called by C++: function objects and pointers, threads, errors.

mod common;

use common::*;
use engine::fault::{self, Class, Res, Throwable};
use engine::heap;
use engine::text::Text;
use engine::value::Value;

fn inc(v: Value) -> Res {
    Ok(Value::long(v.as_long().unwrap() + 1))
}
fn compare(a: Value, b: Value) -> Res {
    // SAFETY: boxes of pointers to int, from qsort.
    let at = |v: Value| unsafe { *(v.cast::<engine::cppbox::CppBox>().unwrap().address as *const i32) };
    Ok(Value::long((at(a) - at(b)) as i64))
}
fn fail(_: Value) -> Res {
    Err(fault::raise(Class::IllegalState, "from the callback"))
}
fn fail2(a: Value, _: Value) -> Res {
    fail(a)
}
fn shout(v: Value) -> Res {
    Ok(Text::value(&format!("{}!", str_of(v))))
}
fn word(_: Value) -> Res {
    Ok(Text::value("no number"))
}
fn garbage(v: Value) -> Res {
    let mut last = v;
    for i in 0..2000 {
        last = Text::value(&format!("{i} {}", v.as_long().unwrap()));
    }
    assert!(str_of(last).starts_with("1999"));
    Ok(v)
}
fn catcher(v: Value) -> Res {
    // C++ again, from inside the callback.
    function("cb::plus", 2).call(&[v, int(100)])
}
engine::natives! { pub FNS "t";
    "inc" "[n]" [(1) inc]
    "compare" "[a b]" [(2) compare]
    "fail" "[x]" [(1) fail, (2) fail2]
    "shout" "[s]" [(1) shout]
    "word" "[x]" [(1) word]
    "garbage" "[n]" [(1) garbage]
    "catcher" "[n]" [(1) catcher]
}

fn f(name: &str) -> Value {
    FNS.rows.iter().find(|r| r.name == name).unwrap().materialise("t").value()
}

const TEXT: &str = r#"
#include <functional>
#include <string>
#include <thread>
#include <vector>
#include <cstdlib>
#include <stdexcept>
#include <signal.h>
namespace cb {
int plus(int a, int b) { return a + b; }
int twice(std::function<int(int)> f) { return f(f(1)); }
std::function<int(int)> kept;
void keep(std::function<int(int)> f) { kept = f; }
int again(int n) { return kept(n); }
void drop() { kept = nullptr; }
std::string shouted(const std::function<std::string(const std::string &)> &f) { return f("hey") + f("you"); }
int guarded(std::function<int(int)> f) { try { return f(1); } catch (const std::exception &e) { return std::string(e.what()) == "from the callback" ? -7 : -8; } }
int sorted(int (*cmp)(const void *, const void *)) {
  int v[] = {5, 3, 9, 1, 7};
  qsort(v, 5, sizeof(int), cmp);
  int n = 0;
  for (int x : v) n = n * 10 + x;
  return n;
}
// The tests run beside each other, each on a thread of its own.
thread_local int calls;
int many(int (*f)(int)) { calls = 0; for (int i = 0; i < 5; ++i) { f(i); ++calls; } return calls; }
int called() { return calls; }
int user(int (*f)(int, void *), void *p) { return f(20, p); }
const char *text(const char *(*f)(const char *)) { return f("text"); }
int threaded(int (*f)(int)) {
  std::vector<std::thread> ts; std::vector<int> out(8);
  for (int i = 0; i < 8; ++i) ts.emplace_back([&, i] {
    sigset_t all; sigfillset(&all); pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (int k = 0; k < 200; ++k) out[i] += f(i);
  });
  for (auto &t : ts) t.join();
  int n = 0; for (int x : out) n += x; return n;
}
int object_threaded(std::function<int(int)> f) { int n = 0; std::thread t([&] { n = f(41); }); t.join(); return n; }
int object_fails(std::function<int(int)> f) {
  std::exception_ptr e; std::thread t([&] { try { f(1); } catch (...) { e = std::current_exception(); } }); t.join();
  if (e) std::rethrow_exception(e); return 0;
}
}
"#;

fn declare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| raw(TEXT));
}

fn call(name: &str, args: &[Value]) -> Res {
    declare();
    function(name, args.len()).call(args)
}

fn ok(name: &str, args: &[Value]) -> Value {
    call(name, args).unwrap_or_else(|_| panic!("{name}: {:?}", error()))
}

#[test]
fn function_objects() {
    assert_eq!(ok("cb::twice", &[f("inc")]), int(3));
    assert_eq!(str_of(ok("cb::shouted", &[f("shout")])), "hey!you!");
    assert_eq!(ok("cb::twice", &[f("catcher")]), int(201));
    ok("cb::keep", &[f("garbage")]);
    for i in 0..50 {
        heap::collect_now();
        assert_eq!(ok("cb::again", &[int(i)]), int(i));
    }
    ok("cb::drop", &[]);
    assert!(call("cb::again", &[int(1)]).is_err());
    assert!(error().1.starts_with("std::bad_function_call"));
    assert!(call("cb::twice", &[int(1)]).is_err());
    assert_eq!(error().0, "cpp/conversion");
}

#[test]
fn function_pointers() {
    assert_eq!(ok("cb::sorted", &[f("compare")]), int(13579));
    let a = function("cb::many", 1);
    for _ in 0..100 {
        assert_eq!(a.call(&[f("inc")]), Ok(int(5)), "one function is one place of the pool");
    }
    assert_eq!(ok("cb::user", &[f("inc"), Value::NIL]), int(21));
    assert_eq!(str_of(ok("cb::text", &[f("shout")])), "text!");
}

#[test]
fn more_functions_than_a_pool_has() {
    declare();
    let site = function("cb::many", 1);
    for n in 0..20 {
        let Some(g) = f("inc").cast::<engine::code::Function>() else { panic!() };
        assert_eq!(site.call(&[g.with_meta(int(n)).value()]), Ok(int(5)));
    }
}

#[test]
fn an_error_is_the_same_error_outside() {
    assert!(call("cb::twice", &[f("fail")]).is_err());
    let e = pending().cast::<Throwable>().unwrap();
    assert_eq!((e.class(), e.message_text()), (Class::IllegalState, "from the callback".to_owned()));
    assert_eq!(ok("cb::guarded", &[f("fail")]), int(-7));
    // C code goes on with zeros; the error comes out when it returns, and the function was called once.
    assert!(call("cb::many", &[f("fail")]).is_err());
    assert_eq!(error().1, "from the callback");
    assert_eq!(ok("cb::called", &[]), int(5));
    assert!(call("cb::user", &[f("fail"), Value::NIL]).is_err());
    assert_eq!(error().1, "from the callback");
    assert_eq!(ok("cb::many", &[f("inc")]), int(5));
    // A result of the wrong class.
    assert!(call("cb::many", &[f("word")]).is_err());
    assert_eq!(error(), ("cpp/conversion".into(), "a java.lang.String cannot be converted to the C++ type int".into()));
}

#[test]
fn threads_of_cpp() {
    assert_eq!(ok("cb::threaded", &[f("inc")]), int(200 * 36));
    assert_eq!(ok("cb::threaded", &[f("garbage")]), int(200 * 28));
    assert_eq!(ok("cb::object_threaded", &[f("inc")]), int(42));
    assert!(call("cb::object_fails", &[f("fail")]).is_err());
    assert_eq!(error().1, "from the callback");
    assert!(call("cb::threaded", &[f("fail")]).is_err());
    assert_eq!(error().1, "from the callback");
    assert_eq!(ok("cb::threaded", &[f("inc")]), int(200 * 36), "no error is left");
}
