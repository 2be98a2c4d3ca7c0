//! Time a call and an iteration of tier 0: `cargo bench -p rung-interp`, figures of tier-facts.md beside. With a name as
//! argument one program runs once, for counting instructions: `valgrind --tool=callgrind … fib 20`.

#[path = "../tests/tier0/lang/mod.rs"]
#[expect(dead_code, reason = "what the tests alone use")]
mod lang;

use engine::value::Value;
use std::time::Instant;

/// Name, program, its argument, calls or iterations for an argument, ns in the prototype.
type Row = (&'static str, &'static str, i64, fn(i64) -> f64, f64);

const ROWS: &[Row] = &[
    ("fib call", "(def fib (fn [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))", 30, |_| 2692537.0, 9.0),
    ("fib self call", "(def fibs (fn f [n] (if (< n 2) n (+ (f (- n 1)) (f (- n 2))))))", 30, |_| 2692537.0, 9.0),
    (
        "tak call",
        "(do (def tak (fn [x y z] (if (not (< y x)) z (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))))) \
         (def tak18 (fn [n] (loop [i 0 r 0] (if (< i n) (recur (inc i) (tak 18 12 6)) r)))))",
        20,
        |n| n as f64 * 63609.0,
        10.0,
    ),
    (
        "loop iteration",
        "(def looped (fn [n] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s i)) s))))",
        10_000_000,
        |n| n as f64,
        6.0,
    ),
    (
        "double iteration",
        "(def doubled (fn [n] (loop [i 0 x 1.0] (if (< i n) (recur (inc i) (+ (* x 0.5) 0.25)) x))))",
        5_000_000,
        |n| n as f64,
        0.0,
    ),
    (
        "closure call",
        "(def closed (fn [n] (let [a 3 f (fn [x] (+ x a))] (loop [i 0 s 0] (if (< i n) (recur (inc i) (f s)) s)))))",
        5_000_000,
        |n| n as f64,
        0.0,
    ),
];

fn main() {
    lang::setup();
    let only: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    for (name, text, arg, units, prototype) in ROWS {
        let f = lang::run(text).expect("a definition");
        let f = f.cast::<engine::space::Var>().expect("a var").root();
        let call = |n: i64| engine::invoke::invoke(f, &[Value::long(n)]).expect("a value");
        if let [wanted, n, ..] = &only[..] {
            if name.starts_with(wanted.as_str()) {
                call(n.parse().expect("a number"));
            }
            continue;
        }
        call(10);
        let best = (0..5)
            .map(|_| {
                let start = Instant::now();
                call(*arg);
                start.elapsed().as_nanos() as f64 / units(*arg)
            })
            .fold(f64::INFINITY, f64::min);
        println!("{name:18} {best:7.2} ns   prototype {prototype}");
    }
}
