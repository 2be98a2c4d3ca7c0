//! Code that is linked while the address space near the libraries is taken: nothing that is linked may count on lying
//! within 2 GiB of a library or of what was linked before.

mod support;
use questions::*;
use support::*;

/// Takes address space until fresh mappings lie more than 8 GiB below the first one, holes between libraries included.
fn take_what_is_near() {
    let map = |bytes: usize| {
        // SAFETY: a fresh mapping that nobody touches.
        let p = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        assert_ne!(p, libc::MAP_FAILED);
        p as usize
    };
    let high = map(8 << 30);
    for bytes in [64 << 20, 1 << 20, 64 << 10, 4 << 10] {
        while map(bytes) > high {}
    }
}

const BEFORE: &str = r#"
#include <string>
#include <vector>
#include <stdexcept>
#include <typeinfo>
#include <iostream>
static int counter = 0;
int visible = 3;
namespace { int hidden = 100; int bump() { return ++hidden; } }
inline int next() { static int n = 0; return ++n; }
thread_local int per_thread = 5;
struct Base { virtual ~Base() {} virtual int id() const { return 1; } };
struct Derived : Base { int id() const override { return 2; } };
struct Odd : std::runtime_error { int n; Odd(int n) : std::runtime_error("odd"), n(n) {} };
int twice(int x) { return 2 * x; }
static int thrice(int x) { return 3 * x; }
int (*chosen)(int) = thrice;
static std::string text = "seven";
"#;

const AFTER: &str = r#"
struct Ends { ~Ends() { counter = -1; } };
static Ends ends;
static std::vector<int> numbers{1, 2, 3};
thread_local std::string per_thread_text = "abc";
struct Third : Derived { int id() const override { return 3; } };
int all(int x) {
  int (*f)(int) = twice;
  static std::string own = "ninety";
  Base *b = new Third();
  int r = f(x) + chosen(x) + bump() + next() + per_thread + b->id() + (int)text.size() + (int)numbers.size() + (int)own.size();
  r += per_thread_text.size() + (typeid(*b) == typeid(Third)) + visible;
  delete b;
  counter += 1;
  try { if (x) throw Odd(r); } catch (const std::runtime_error &e) { r = dynamic_cast<const Odd &>(e).n + counter; }
  std::cout << std::flush;
  return r;
}
"#;

/// The same in a piece of its own.
fn again(name: &str) -> String {
    format!(
        "{{ static Ends here; int (*f)(int) = &{name}; return (f != nullptr) + all(x) + twice(x) + (twice == chosen); }}"
    )
}

#[test]
fn nothing_counts_on_being_near() {
    let s = Session::open();
    s.good(BEFORE);
    assert_eq!(s.int("twice", &[4]), 8);
    take_what_is_near();
    s.good(AFTER);
    // 8 + 12 + 101 + 1 + 5 + 3 + 5 + 3 + 6 + 3 + 1 + 3, and the counter
    assert_eq!(s.int("all", &[4]), 152);
    take_what_is_near();
    s.good(&format!("int again(int x) {}", again("again")));
    assert_eq!(s.int("again", &[4]), 1 + 152 + 3 + 8);
    take_what_is_near();
    let text = format!("extern \"C\" int tier2(int x) {}", again("tier2"));
    let object = match s.ask_raw(&Request::Compile { name: "tier2".into(), text, exports: vec!["tier2".into()] }) {
        Response::Compiled(compiled) => compiled.object,
        other => panic!("{other:#?}"),
    };
    take_what_is_near();
    let loaded = match s.ask_raw(&Request::Load { object, symbols: vec![], exports: vec!["tier2".into()] }) {
        Response::Loaded(loaded) => loaded,
        other => panic!("{other:#?}"),
    };
    run_inits(&loaded.inits);
    // SAFETY: the export is `int(int)`.
    let f = unsafe { std::mem::transmute::<usize, extern "C" fn(i32) -> i32>(loaded.addresses[0] as usize) };
    assert_eq!(f(4), 1 + 152 + 6 + 8);
}
