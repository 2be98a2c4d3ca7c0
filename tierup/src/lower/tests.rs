//! What trees become: snapshots of the printed form.

use super::*;
use crate::feedback::Snapshot;
use crate::testing::{self, Hand, OBJECT};
use engine::analyze::*;

fn print(tree: &Tree, unit: Unit) -> String {
    lower(tree, FnId(0), unit, &Snapshot::default()).unwrap().to_string()
}
fn ordinary(tree: &Tree) -> String {
    let n = tree.fns[0].arities[0].params as usize;
    print(tree, Unit::Arity { arity: 0, signature: Signature::words(n) })
}

#[test]
fn arithmetic_and_calls_of_itself() {
    insta::assert_snapshot!(ordinary(&testing::fib()));
}

#[test]
fn a_specialised_signature_follows_from_what_was_seen() {
    let tree = testing::fib();
    let signature = specialise(&tree, FnId(0), 0, &Snapshot::default()).unwrap();
    assert_eq!(signature, Signature { params: vec![Rep::Long], result: Rep::Long });
    insta::assert_snapshot!(print(&tree, Unit::Arity { arity: 0, signature }));
}

#[test]
fn a_call_through_the_own_var_is_direct_behind_a_compare() {
    insta::assert_snapshot!(ordinary(&testing::through_the_var()));
}

#[test]
fn loop_variables_are_unboxed() {
    insta::assert_snapshot!(ordinary(&testing::sum()));
}

#[test]
fn a_loop_entered_while_it_runs() {
    insta::assert_snapshot!(print(&testing::sum(), Unit::Loop { arity: 0, id: LoopId(0) }));
}

#[test]
fn a_loop_variable_that_does_not_stay_a_long_is_a_word() {
    let mut h = Hand::new();
    let zero = h.long(0);
    let body = h.loop_(&[(2, zero)], |h, id| {
        let (x, p) = (h.local(2), h.local(1));
        let next = h.op(Op::Add, &[x, p]);
        let again = h.recur(id, &[2], &[next]);
        let (x, p, q) = (h.local(2), h.local(2), h.local(1));
        let test = h.op(Op::Lt, &[p, q]);
        h.if_(test, again, x)
    });
    let tree = h.function("user/f", 1, 4, body);
    insta::assert_snapshot!(ordinary(&tree));
}

#[test]
fn recur_reads_everything_before_it_writes() {
    let mut h = Hand::new();
    let (a, b) = (h.long(1), h.long(2));
    let body = h.loop_(&[(2, a), (3, b)], |h, id| {
        let (x, y) = (h.local(2), h.local(3));
        h.recur(id, &[2, 3], &[y, x])
    });
    insta::assert_snapshot!(ordinary(&h.function("user/swap", 0, 4, body)));
}

#[test]
fn and_or_and_not_are_jumps() {
    // (if (let [a (< p 1)] (if a a (not q))) 1 2)
    let mut h = Hand::new();
    let (p, one) = (h.local(1), h.long(1));
    let less = h.op(Op::Lt, &[p, one]);
    let (a, a2, q) = (h.local(3), h.local(3), h.local(2));
    let not = h.op(Op::Not, &[q]);
    let or = h.if_(a, a2, not);
    let test = h.let_(&[(3, less)], or);
    let (x, y) = (h.long(1), h.long(2));
    let body = h.if_(test, x, y);
    insta::assert_snapshot!(ordinary(&h.function("user/f", 2, 4, body)));
}

#[test]
fn finally_is_on_every_way_out() {
    let mut h = Hand::new();
    let f = h.local(1);
    let call = h.call(f, &[]);
    let caught = h.local(2);
    let catches = [CatchArm { matcher: Matcher::Class(1), slot: Slot(2), body: caught }];
    let g = h.local(1);
    let last = h.call(g, &[]);
    let body = h.node(Expr::Try { body: call, catches: catches.into(), finally: Some(last) });
    insta::assert_snapshot!(ordinary(&h.function("user/f", 1, 4, body)));
}

#[test]
fn native_locals_are_destroyed_in_reverse_on_every_way_out() {
    let mut h = Hand::new();
    h.tree.types.push(testing::class("S"));
    h.tree.sites.push(std::sync::Arc::new(testing::site(testing::class("S"))));
    let made = |h: &mut Hand, n| {
        h.typed(Expr::CppConstruct { site: SiteId(0), args: [].into(), into: Some(NativeId(n)) }, OBJECT)
    };
    let (a, b) = (made(&mut h, 0), made(&mut h, 1));
    let p = h.local(1);
    let call = h.call(p, &[]);
    let bindings =
        [(2, a, 0), (3, b, 1)].map(|(s, init, n)| Binding { slot: Slot(s), init, native: Some(NativeId(n)) });
    let body = h.node(Expr::Let { bindings: bindings.into(), body: call });
    let mut tree = h.function("user/f", 1, 12, body);
    for i in 0..2 {
        let native = Native { word: 4 + 2 * i, words: 2, ty: TypeIx(0), destroy: Some(SiteId(1)), flag: Slot(8 + i) };
        tree.fns[0].arities[0].natives.push(native);
    }
    insta::assert_snapshot!(ordinary(&tree));
}
