//! The compiler dies in a request: what was declared holds, what comes after works.

mod common;

use common::*;
use engine::host::CppHost;
use questions::{Request, Response};

#[test]
fn a_dead_session_is_replaced() {
    raw(
        "namespace rc { static int calls; int next() { return ++calls; } struct P { int x; }; int x(P *p) { return p->x; } }",
    );
    let next = function("rc::next", 0);
    assert_eq!(next.call(&[]), Ok(int(1)));
    let died = host().request(&Request::Crash);
    assert!(matches!(died, Ok(Response::Died { .. })), "{died:?}");
    assert_eq!(next.call(&[]), Ok(int(2)), "code that was linked goes on");
    assert_eq!(function("rc::next", 0).call(&[]), Ok(int(3)), "statics are the same ones");
    raw("namespace rc { int twice(int n) { return 2 * n + calls - 3; } }");
    assert_eq!(function("rc::twice", 1).call(&[int(21)]), Ok(int(42)));
    let e = host().raw("int broken(", "x.clj", 1).unwrap_err();
    assert!(e[0].code.starts_with("cpp/"));
}
