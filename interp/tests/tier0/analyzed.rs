//! Text through the reader and the analyzer.

use crate::lang::{error_message, setup};
use engine::fault::Throwable;
use engine::thread::Thread;
use engine::value::Value;

fn eval(text: &str) -> engine::fault::Res {
    setup();
    let mut last = Value::NIL;
    engine::space::load::eval_each(text, "t.clj", 1, &mut |v| {
        last = v;
        Ok(())
    })?;
    Ok(last)
}

const PROGRAMS: &[(&str, i64)] = &[
    ("((fn* fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) 15)", 610),
    ("(def fib (fn* [n] (if (< n 2) n (+ (fib (dec n)) (fib (- n 2)))))) (fib 15)", 610),
    ("(loop* [i 0 s 0] (if (< i 100) (recur (inc i) (+ s i)) s))", 4950),
    ("(let* [a 1 f (fn* ([x] (+ x a)) ([x & r] (+ x (count r))))] (+ (f 10) (f 20 1 2 3)))", 34),
    (
        "(letfn* [ev (fn* ev [n] (if (zero? n) 1 (od (dec n)))) od (fn* od [n] (if (zero? n) 0 (ev (dec n))))] (ev 10))",
        1,
    ),
    ("(try (throw 1) (catch ClassCastException e 3) (finally 4))", 3),
    ("(try (+ 1 (try (/ 1 0) (finally nil))) (catch ArithmeticException e 8))", 8),
    ("(get {:a 1 :b (+ 1 1)} :b)", 2),
    ("(:b {:a 1 :b 3})", 3),
    ("({:a 1} :c 4)", 4),
    ("(:c {:a 1} 5)", 5),
    ("([1 2 3] 1)", 2),
    ("(nth [1 2 (inc 2)] 2)", 3),
    ("(count #{1 2 (+ 1 2)})", 3),
    ("(def ^:dynamic *x* 1) *x*", 1),
    ("(def y) (def y 5) (if (identical? (var y) #'y) y 0)", 5),
    ("(count (first (next '(1 (2 3)))))", 2),
    ("(let* [f (fn* [& xs] (count xs))] (apply f 1 2 '(3 4)))", 4),
    ("(let* [f (fn* [a b c] (+ a (+ b c)))] (apply f 1 '(2 3)))", 6),
    ("(do (def z 1) (def z (+ z 1)) z)", 2),
    ("(case 5 1 2 (4 5) 7 9)", 7),
    ("(try (throw nil) (catch NullPointerException e 7))", 7),
    ("(count #{[1 2] (quote (1 2))})", 1),
];

#[test]
fn programs_from_text() {
    for (text, expected) in PROGRAMS {
        match eval(text) {
            Ok(v) => assert_eq!(v.as_long(), Some(*expected), "{text}: {v:?}"),
            Err(_) => panic!("{text}: {}", error_message()),
        }
    }
}

#[test]
fn an_error_knows_where_it_arose_and_what_it_passed() {
    let text = "(def inner (fn* inner [x]\n  (if (zero? x)\n    (/ 1 x) 0)))\n(def outer (fn* outer [x]\n   (+ 1 (inner x))))\n(outer 0)";
    assert!(eval(text).is_err());
    let error = Thread::current().take_pending().cast::<Throwable>().expect("an error");
    let mut frames = Vec::new();
    engine::coll::each(error.trace.get(), &mut |v| {
        frames.push(v.cast::<engine::text::Text>().expect("a text").as_str().to_owned());
        Ok(std::ops::ControlFlow::Continue(()))
    })
    .expect("a seq");
    assert_eq!(frames, ["user/inner (t.clj:3:5)", "user/outer (t.clj:5:9)", "user/eval (t.clj:6:1)"]);
}

#[test]
fn a_thread_asked_to_stop_says_where() {
    let (to, from) = std::sync::mpsc::channel();
    let looping = std::thread::spawn(move || {
        to.send(setup()).expect("a receiver");
        assert!(eval("(def spin (fn* spin [] (recur)))\n(spin)").is_err());
        error_message()
    });
    let t = from.recv().expect("the thread");
    std::thread::sleep(std::time::Duration::from_millis(50));
    t.request(engine::thread::Request::Interrupt);
    assert_eq!(looping.join().expect("an end"), "Evaluation interrupted");
}
