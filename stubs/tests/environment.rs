//! The environment key and what is remembered between questions. One test: every declaration of the process counts.

mod common;

use common::*;
use engine::host::CppHost;
use questions::*;

#[test]
fn a_declaration_changes_the_key_and_the_answers() {
    raw("namespace ky { int f(long) { return 1; } }");
    let h = host();
    let before = h.environment_key();
    assert_eq!(function("ky::f", 1).answer.args[0].name, "long");
    assert_eq!(h.environment_key(), before, "questions change nothing");
    let q = Question::Name { name: "ky::late".into() };
    assert!(h.ask(std::slice::from_ref(&q))[0].is_err());
    raw("namespace ky { int late; }");
    assert!(matches!(h.ask(&[q])[0], Ok(Answer::Variable { .. })));
    assert_ne!(h.environment_key(), before);
}
