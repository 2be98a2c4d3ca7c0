//! Exceptions through the guard: kinds, texts, catching by type, many of them.

mod common;

use common::*;
use engine::fault::{Class, Throwable};
use engine::heap;
use engine::host::CppHost;

const KINDS: &str = r#"
#include <stdexcept>
#include <string>
#include <system_error>
namespace ex {
struct Base { int code = 5; virtual ~Base() {} };
struct Other { long o = 9; };
struct Derived : Other, Base { };
struct Quiet : std::exception { };
namespace { struct Hidden { int n = 3; }; }
int alive;
struct Counted : std::exception {
  std::string text = "a text that is longer than the small string";
  Counted() { ++alive; } Counted(const Counted &o) : text(o.text) { ++alive; } ~Counted() { --alive; }
  const char *what() const noexcept override { return text.c_str(); }
};
int count() { return alive; }
int go(int k) {
  switch (k) {
  case 0: throw std::runtime_error("boom");
  case 1: throw std::out_of_range("far");
  case 2: throw 42;
  case 3: throw "a literal";
  case 4: throw std::string("a string");
  case 5: throw Derived();
  case 6: throw Quiet();
  case 7: throw Hidden();
  case 8: throw Counted();
  case 9: throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory), "open");
  }
  return k;
}
void nested() { try { go(0); } catch (...) { std::throw_with_nested(std::logic_error("outer")); } }
}
"#;

fn declare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| raw(KINDS));
}

#[test]
fn every_kind_arrives_with_type_and_text() {
    declare();
    let go = function("ex::go", 1);
    let expected = [
        "std::runtime_error: boom",
        "std::out_of_range: far",
        "int: 42",
        "char const*: a literal",
        "std::string: a string",
        "ex::Derived",
        "ex::Quiet: std::exception",
        "ex::(anonymous namespace)::Hidden",
        "ex::Counted: a text that is longer than the small string",
        "std::system_error: open: No such file or directory",
    ];
    for (k, message) in expected.iter().enumerate() {
        assert!(go.call(&[int(k as i64)]).is_err());
        let e = pending().cast::<Throwable>().unwrap();
        assert_eq!(e.class(), Class::Cpp);
        assert_eq!(e.message_text(), *message);
        assert_eq!(e.diagnostic().unwrap().code, "cpp/exception");
    }
    assert_eq!(go.call(&[int(77)]), Ok(int(77)));
    assert!(function("ex::nested", 0).call(&[]).is_err());
    assert!(error().1.ends_with("outer"));
}

#[test]
fn handlers_match_as_in_cpp() {
    declare();
    let go = function("ex::go", 1);
    let thrown = |k: i64| {
        assert!(go.call(&[int(k)]).is_err());
        pending()
    };
    let caught = |k: i64, t: &str| host().catch_cpp(thrown(k), &ty(t)).is_some();
    assert!(caught(0, "std::runtime_error") && caught(0, "std::exception") && !caught(0, "std::logic_error"));
    assert!(caught(1, "std::logic_error") && !caught(1, "std::runtime_error"));
    assert!(caught(2, "int") && !caught(2, "long"));
    assert!(caught(3, "const char *") && !caught(3, "std::string"));
    assert!(caught(4, "std::string"));
    assert!(caught(7, "ex::Hidden") && !caught(7, "int"));
    // SAFETY: what is found is an object of the type asked for, alive as long as the error.
    unsafe {
        let e = thrown(5);
        assert_eq!(*(host().catch_cpp(e, &ty("ex::Other")).unwrap() as *const i64), 9);
        let base = host().catch_cpp(e, &ty("ex::Base")).unwrap();
        assert_eq!(*((base + 8) as *const i32), 5);
        let e = thrown(2);
        assert_eq!(*(host().catch_cpp(e, &ty("int")).unwrap() as *const i32), 42);
        let e = thrown(3);
        let p = *(host().catch_cpp(e, &ty("const char *")).unwrap() as *const *const std::ffi::c_char);
        assert_eq!(std::ffi::CStr::from_ptr(p).to_str(), Ok("a literal"));
    }
    // An object that the language threw itself.
    let object = Box::new(7i64);
    let ptr = ty("ex::Other *");
    let thrown = host().box_pointer(&ptr, &raw const *object as u64).unwrap();
    assert_eq!(host().catch_cpp(thrown, &ty("ex::Other")), Some(&raw const *object as u64));
    assert_eq!(host().catch_cpp(thrown, &ty("ex::Quiet")), None);
    let ours = Throwable::alloc(
        Class::IllegalState,
        engine::value::Value::NIL,
        engine::value::Value::NIL,
        engine::value::Value::NIL,
    );
    assert_eq!(host().catch_cpp(ours.value(), &ty("std::exception")), None);
}

#[test]
fn a_hundred_thousand_throws_leave_nothing() {
    declare();
    let (go, count) = (function("ex::go", 1), function("ex::count", 0));
    for i in 0..100_000 {
        assert!(go.call(&[int(8)]).is_err());
        let e = pending();
        if i % 10_000 == 0 {
            assert!(host().catch_cpp(e, &ty("ex::Counted")).is_some());
        }
    }
    for _ in 0..3 {
        heap::collect_now();
        heap::run_finalizers();
    }
    let left = count.call(&[]).unwrap().as_long().unwrap();
    assert!((0..200).contains(&left), "{left} exceptions are left");
}

#[test]
fn an_initialiser_that_throws_is_an_error() {
    let done = host()
        .raw(
            "#include <stdexcept>\nstatic int ini_fails = [] () -> int { throw std::runtime_error(\"at start\"); }();",
            "x.clj",
            1,
        )
        .unwrap();
    assert!(host().run_inits(&done.inits).is_err());
    assert_eq!(error(), ("cpp/exception".into(), "std::runtime_error: at start".into()));
}
