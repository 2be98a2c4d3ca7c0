//! Without the library: an error that says what is missing, and nothing else is hurt. One test, for it sets the environment.

use engine::host::CppHost;
use questions::Question;
use stubs::Stubs;

#[test]
fn a_missing_library_is_an_error_with_a_code() {
    // SAFETY: the only test of this process; no other thread reads the environment yet.
    unsafe { std::env::set_var("RUNG_CLANG_LIB", "/nowhere/librung_clang.so") };
    let host = Stubs::default();
    assert!(!host.is_open());
    host.environment_key();
    host.link("m").unwrap();
    assert!(!host.is_open(), "a library needs no compiler");
    let e = &host.raw("int x;", "x.clj", 1).unwrap_err()[0];
    assert_eq!(e.code, "cpp/unavailable");
    assert!(e.notes[0].text.contains("/nowhere/librung_clang.so"), "{e:?}");
    assert!(e.help.as_ref().is_some_and(|h| h.contains("make setup")));
    let q = Question::Name { name: "x".into() };
    assert_eq!(host.ask(&[q]).remove(0).unwrap_err().code, "cpp/unavailable");
}
