//! Tier 0 on hand-made trees: what every Clojure kind does, with and without a collection at every allocation.

use crate::lang::*;
use engine::heap::{GcConfig, configure};
use engine::thread::{Request, Thread};
use engine::value::Value;

fn fails(text: &str, class: &str, message: &str) {
    assert!(run(text).is_err(), "{text} did not fail");
    let e = Thread::current().take_pending().cast::<engine::fault::Throwable>().expect("an error");
    assert_eq!((e.class().name(), e.message_text().as_str()), (class, message), "{text}");
}

/// Programs and the longs that they yield.
const PROGRAMS: &[(&str, i64)] = &[
    ("42", 42),
    ("(do 1 2 3)", 3),
    ("(if nil 1 2)", 2),
    ("(if false 1 (if 0 2 3))", 2),
    ("(let [a 1 b (+ a 1)] (* (+ a b) (- b)))", -6),
    ("((fn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) 20)", 6765),
    ("(do (def fib2 (fn [n] (if (< n 2) n (+ (fib2 (dec n)) (fib2 (- n 2)))))) (fib2 15))", 610),
    ("((fn tak [x y z] (if (not (< y x)) z (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y)))) 14 8 3)", 4),
    ("(loop [i 0 s 0] (if (< i 1000) (recur (inc i) (+ s i)) s))", 499500),
    ("(loop [i 0 a 1 b 2 c 3] (if (< i 10) (recur (inc i) b c a) (+ (* 100 a) (+ (* 10 b) c))))", 231),
    ("(loop [i 0 a 1 b 2 c 3 d 4 e 5] (if (< i 7) (recur (inc i) b c d e a) (+ a (* 10 e))))", 23),
    ("((fn [n acc] (if (zero? n) acc (recur (- n 1) (+ acc n)))) 100 0)", 5050),
    ("(loop [i 0] (if (< i 5) (let [j (inc i)] (recur j)) i))", 5),
    ("(loop [i 0 s 0] (if (< i 5) (recur (inc i) (+ s (loop [j 0] (if (< j i) (recur (inc j)) j)))) s))", 10),
    ("(let [f (fn [x] (fn [y] (+ x y)))] ((f 40) 2))", 42),
    ("(let [a 1 b 2 c 3 d 4] ((fn [] (+ a (+ b (+ c d))))))", 10),
    ("(let [k (fn [a b c d e f] (+ a (* 10 f)))] (k 1 2 3 4 5 6))", 61),
    ("(let [k (fn [a b c d e f g h] (+ a (* 10 h)))] (k 1 2 3 4 5 6 7 8))", 81),
    ("((fn k ([] (k 1)) ([a] (k a 2)) ([a b] (k a b 3 4)) ([a b c d] (+ (* a b) (* c d)))))", 14),
    ("((fn [a & r] (+ a (count r))) 1 2 3 4)", 4),
    ("((fn [a & r] (if (nil? r) a 0)) 7)", 7),
    ("((fn [a & r] (+ a (first r))) 1 2)", 3),
    ("((fn [& r] (count r)) 1 2 3 4 5 6 7 8 9 10)", 10),
    ("((fn ([a] 1) ([a & r] (count r))) 5)", 1),
    ("((fn ([a] 1) ([a & r] (count r))) 5 6 7)", 2),
    ("((fn [n & r] (if (< n 3) (recur (inc n) r) (+ n (count r)))) 0 1 2)", 5),
    ("(letfn [(even [n] (if (zero? n) 1 (odd (- n 1)))) (odd [n] (if (zero? n) 0 (even (- n 1))))] (even 101))", 0),
    ("(let [z 10] (letfn [(a [] (+ z (b))) (b [] 5)] (a)))", 15),
    ("(case 3 1 10 (2 3) 20 30)", 20),
    ("(case :b :a 1 :b 2 3)", 2),
    ("(case \"long key\" \"other\" 1 \"long key\" 2 3)", 2),
    ("(case nil 1 1 nil 2 3)", 2),
    ("(case 9 1 1 :x 2 \"s\" 4 3)", 3),
    ("(loop [i 0 s 0] (if (< i 6) (recur (inc i) (+ s (case i 0 1 1 20 2 300 4000))) s))", 12321),
    ("(try (throw 1) (catch ClassCastException e 5))", 5),
    ("(try (/ 1 0) (catch ArithmeticException e 6))", 6),
    ("(try (/ 1 0) (catch NullPointerException e 6) (catch Throwable e 7))", 7),
    ("(try (try (/ 1 0) (catch NullPointerException e 6)) (catch RuntimeException e 8))", 8),
    ("(try 1 (finally 2))", 1),
    ("(do (def cell 0) (try (try (/ 1 0) (finally (def cell 5))) (catch Exception e cell)))", 5),
    ("(do (def c2 0) (+ (try (/ 1 0) (catch Exception e (/ 4 2)) (finally (def c2 5))) c2))", 7),
    ("(try (try (/ 1 0) (catch Exception e (throw 3)) (finally (def c3 5))) (catch ClassCastException e c3))", 5),
    ("(try (try (/ 1 0) (finally (throw 3))) (catch ClassCastException e 4))", 4),
    ("(try (try 1 (finally (throw 3))) (catch ClassCastException e 4))", 4),
    ("(loop [i 0 s 0] (if (< i 3) (recur (inc i) (try (+ s i) (finally nil))) s))", 3),
    ("(+ 4611686018427387904 -4611686018427387904)", 0),
    ("(- (+ 1152921504606846975 1) 1152921504606846976)", 0),
    ("(quot 17 -5)", -3),
    ("(rem 17 -5)", 2),
    ("(mod -17 5)", 3),
    ("(bit-shift-left 1 40)", 1 << 40),
    ("(bit-shift-right -9 1)", -5),
    ("(if (identical? :a :a) 1 0)", 1),
    ("(if (== 1 1.0) 1 0)", 1),
    ("(if (= 1 1.0) 1 0)", 0),
    ("(count [1 2 (+ 1 2)])", 3),
    ("(do (def unset) (def after 5) after)", 5),
    ("(do (def r1 (fn [] 1)) (def r2 (fn [] (r1))) (let [a (r2)] (def r1 (fn [] 10)) (+ a (r2))))", 11),
    ("(loop [i 0 f nil] (if (< i 3) (recur (inc i) (fn [] i)) (f)))", 2),
];

#[test]
fn programs() {
    setup();
    for (text, expected) in PROGRAMS {
        assert_eq!(long(text), *expected, "{text}");
    }
}

/// The same, a collection at every allocation, on a thread of its own with a small stack.
#[test]
fn programs_under_gc_stress() {
    std::thread::spawn(|| {
        setup();
        configure(GcConfig { stress: 1, ..GcConfig::default() });
        for (text, expected) in PROGRAMS.iter().filter(|(t, _)| !t.contains("fib") && !t.contains("tak")) {
            assert_eq!(long(text), *expected, "{text}");
        }
        configure(GcConfig::default());
    })
    .join()
    .expect("the thread to end well");
}

#[test]
fn doubles_and_what_nodes_learn() {
    let double = |text: &str| run(text).expect("a value").as_double().expect("a double");
    setup();
    assert_eq!(double("(loop [i 0 x 0.5] (if (< i 10) (recur (inc i) (* x 2)) x))"), 512.0);
    assert_eq!(double("(loop [x 0.0] (if (< x 10) (recur (+ x 0.5)) x))"), 10.0);
    assert_eq!(double("((fn [f] (+ (f 1) (+ (f 2.5) (f 1)))) (fn [x] (+ x x)))"), 9.0);
    assert_eq!(double("(/ 7 2.0)"), 3.5);
    assert_eq!(double("(let [f (fn [a b] (- a b))] (+ (f 1.0 2) (+ (f 3 1) (f 1e300 1e300))))"), 1.0);
}

#[test]
fn errors() {
    setup();
    fails("(/ 1 0)", "java.lang.ArithmeticException", "Divide by zero");
    fails("(+ 9223372036854775807 1)", "java.lang.ArithmeticException", "long overflow");
    fails("((fn f [a] a))", "clojure.lang.ArityException", "Wrong number of args (0) passed to: t/f");
    fails("((fn f [a & r] a))", "clojure.lang.ArityException", "Wrong number of args (0) passed to: t/f");
    fails("((fn f [a] a) 1 2 3 4 5 6 7 8)", "clojure.lang.ArityException", "Wrong number of args (8) passed to: t/f");
    fails("(no-such-root 1)", "java.lang.IllegalStateException", "Attempting to call unbound fn: #'t/no-such-root");
    fails("(5 1)", "java.lang.ClassCastException", "class java.lang.Long cannot be cast to class clojure.lang.IFn");
    fails(
        "(set! not-bound 1)",
        "java.lang.IllegalStateException",
        "Can't change/establish root binding of: not-bound with set",
    );
}

#[test]
fn deep_recursion_is_an_error_that_can_be_caught() {
    let deep = || {
        let t = setup();
        let top = t.vtop.get();
        assert_eq!(long("(try ((fn deep [n] (+ 1 (deep (inc n)))) 0) (catch StackOverflowError e 9))"), 9);
        // And again: the limit is as it was, the value stack empty.
        fails("((fn deep [n] (+ 1 (deep (inc n)))) 0)", "java.lang.StackOverflowError", "Stack overflow");
        assert_eq!(long("((fn down [n] (if (zero? n) 0 (+ 1 (down (- n 1))))) 1000)"), 1000);
        assert_eq!(t.vtop.get(), top);
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(deep).unwrap().join().unwrap();
    let stressed = || {
        let t = setup();
        t.restrict_stack(256 << 10);
        configure(GcConfig { stress: 64, ..GcConfig::default() });
        assert_eq!(long("(try ((fn deep [n] (+ 1 (deep [n]))) 0) (catch StackOverflowError e 9))"), 9);
        configure(GcConfig::default());
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(stressed).unwrap().join().unwrap();
}

#[test]
fn an_endless_loop_is_interrupted() {
    for text in ["(loop [] (recur))", "((fn [] (recur)))", "(loop [i 0] (recur (inc i)))"] {
        let (to, from) = std::sync::mpsc::channel();
        let looping = std::thread::spawn(move || {
            to.send(setup() as &'static Thread).expect("a receiver");
            assert!(run(text).is_err());
            error_class()
        });
        let t = from.recv().expect("the thread");
        std::thread::sleep(std::time::Duration::from_millis(20));
        t.request(Request::Interrupt);
        assert_eq!(looping.join().expect("an end"), "java.lang.InterruptedException");
    }
}

#[test]
fn dynamic_vars() {
    setup();
    let var = engine::space::find_or_create("t").intern(engine::text::Symbol::intern(None, "*d*"));
    var.set_root(Value::int(1));
    var.set_flag(engine::space::VarFlag::Dynamic, true);
    assert_eq!(long("*d*"), 1);
    engine::space::binding::push(&[var.value(), Value::int(2)]).expect("a dynamic var");
    assert_eq!(long("(+ *d* (do (set! *d* 5) *d*))"), 7);
    engine::space::binding::pop();
    assert_eq!(long("*d*"), 1);
}

#[test]
fn threads_share_what_they_build() {
    setup();
    run("(def shared (fn [n] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s i)) s))))").expect("a def");
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(|| long("(shared 1000)"))).collect();
    for t in threads {
        assert_eq!(t.join().expect("a value"), 499500);
    }
}
