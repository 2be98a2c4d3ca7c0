//! The hooks: what the tiers are asked when a counter runs out, and that what they install is used.

use crate::lang::{World, long, run, setup};
use engine::code::Code;
use engine::thread::Thread;
use engine::value::Value;
use std::sync::atomic::{AtomicU32, Ordering};

static ASKED: AtomicU32 = AtomicU32::new(0);

extern "C" fn always_seven(_: &Thread, _: Value, _: Value) -> Value {
    Value::int(7)
}

fn root(name: &str) -> &'static Code {
    let var = engine::space::find_or_create("t").intern(engine::text::Symbol::intern(None, name));
    var.root().cast::<engine::code::Function>().expect("a function").code
}

#[test]
fn a_call_counter_that_runs_out_asks_once_and_the_next_call_sees_the_new_entry() {
    setup();
    World::on_call_hot("t/hot", |_, code| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        code.entries[1].store(always_seven as *mut _, Ordering::Release);
    });
    run("(def hot (fn hot [n] (if (zero? n) 0 (+ 1 (hot (- n 1))))))").expect("a def");
    root("hot").calls.store(3, Ordering::Relaxed);
    assert_eq!(long("(hot 1)"), 1);
    // The fourth call is the one that asks: it goes on in tier 0, its own recursion is in the new entry.
    assert_eq!(long("(hot 5)"), 1 + 1 + 7);
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    assert_eq!(long("(hot 5)"), 7);
}

extern "C" fn a_hundred_more(_: &Thread, frame: *mut Value) -> Value {
    // SAFETY: the frame of `looping`: slot 2 is `i`, slot 3 the sum.
    let (i, sum) = unsafe { (*frame.add(2), *frame.add(3)) };
    Value::long(1000 * i.as_long().expect("a long") + sum.as_long().expect("a long"))
}

#[test]
fn a_loop_goes_on_in_compiled_code_with_its_frame() {
    setup();
    World::on_loop_hot("t/looping", |_, id| (id.0 == 0).then_some(a_hundred_more as engine::host::LoopEntry));
    run("(def looping (fn looping [n] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s i)) s))))").expect("a def");
    assert_eq!(long("(looping 10)"), 45);
    root("looping").backedges.store(4, Ordering::Relaxed);
    // Five back edges: i is 5, the sum 0+1+2+3+4.
    assert_eq!(long("(looping 10)"), 5010);
}

extern "C" fn the_sum_so_far(_: &Thread, _: Value, _: Value, acc: Value) -> Value {
    acc
}

#[test]
fn an_arity_that_recurs_to_its_head_goes_on_in_the_new_entry() {
    setup();
    World::on_call_hot("t/down", |_, code| code.entries[2].store(the_sum_so_far as *mut _, Ordering::Release));
    run("(def down (fn down [n acc] (if (zero? n) acc (recur (- n 1) (+ acc n)))))").expect("a def");
    assert_eq!(long("(down 10 0)"), 55);
    root("down").backedges.store(2, Ordering::Relaxed);
    assert_eq!(long("(down 10 0)"), 10 + 9 + 8);
}

#[test]
fn back_in_tier_0_the_entries_are_the_running_ones() {
    setup();
    run("(def back (fn back [n] n))").expect("a def");
    assert_eq!(long("(back 3)"), 3);
    let code = root("back");
    code.entries[1].store(always_seven as *mut _, Ordering::Release);
    assert_eq!(long("(back 3)"), 7);
    engine::host::parts().evaluator.install(code);
    assert_eq!(long("(back 3)"), 3);
}

#[test]
fn feedback_says_what_was_seen() {
    use engine::code::Feedback;
    setup();
    run("(def seen (fn [a b f] (+ (f a) b)))").expect("a def");
    let cell = |i: usize| {
        // SAFETY: the function has two feedback cells.
        unsafe { &*root("seen").feedback.add(i) }
    };
    // Cells in order of evaluation's end: the call, then the addition.
    let (call, add) = (0, 1);
    assert_eq!(long("(seen 1 2 (fn [x] x))"), 3);
    assert_eq!(cell(call).count.load(Ordering::Relaxed), 1);
    assert_eq!(cell(add).seen.load(Ordering::Relaxed), 0);
    assert_eq!(run("(seen 1.5 2 (fn [x] x))").expect("a value").as_double(), Some(3.5));
    assert_eq!(cell(call).count.load(Ordering::Relaxed), 2);
    assert_eq!(cell(add).seen.load(Ordering::Relaxed), Feedback::DOUBLE | Feedback::INT);
    run("(seen 1152921504606846975 1 (fn [x] x))").expect("a value");
    assert_ne!(cell(add).seen.load(Ordering::Relaxed) & Feedback::OVERFLOW, 0);
}

#[test]
fn apply_hands_the_rest_over_as_it_is() {
    use engine::code::{ENTRY_REST, EntryMany, Function};
    let t = setup();
    run("(def spread (fn spread ([a] (+ 100 a)) ([a & r] (+ a (count r)))))").expect("a def");
    let f = Function::new(root("spread"), &[]).value();
    let apply = |args: &[Value]| {
        // SAFETY: the entry has the type that its index says.
        let e: EntryMany = unsafe { std::mem::transmute(root("spread").entry(ENTRY_REST)) };
        e(t, f, args.len(), args.as_ptr()).as_long().expect("a long")
    };
    let list = engine::coll::list(&[1, 2, 3].map(Value::int));
    assert_eq!(apply(&[list]), 1 + 2);
    assert_eq!(apply(&[Value::int(10), list]), 10 + 3);
    assert_eq!(apply(&[Value::int(10), Value::int(11), list]), 10 + 4);
    assert_eq!(apply(&[Value::int(10), Value::NIL]), 110);
    let one = engine::coll::list(&[Value::int(5)]);
    assert_eq!(apply(&[one]), 105);
}
