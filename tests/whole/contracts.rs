//! A test named after each contract of the design that is best seen from outside: a small program that leans on it, on
//! every strategy, with a collection at every few allocations. (`contract_word`, `contract_heap` and `contract_code` stand beside
//! what they hold.)

use crate::process::{Done, finish, rung};
use std::time::Duration;

const STRATEGIES: [&[&str]; 6] = [
    &["--strategy", "interpret"],
    &["--strategy", "baseline", "--tune", "compile.wait=1"],
    &["--strategy", "clang", "--tune", "compile.wait=1"],
    &["--strategy", "stubs", "--tune", "compile.wait=1"],
    &["--strategy", "tiered"],
    &[
        "--tune",
        "tier1.calls=1",
        "--tune",
        "tier1.backedges=1",
        "--tune",
        "tier2.calls=2",
        "--tune",
        "tier2.backedges=2",
        "--tune",
        "compile.wait=1",
    ],
];

fn run(options: &[&str], program: &str) -> Done {
    let mut all: Vec<&str> = options.to_vec();
    all.extend(["-e", program]);
    finish(rung(all), b"", Duration::from_secs(120))
}

/// The program prints this on every strategy, also with a collection at every 7 allocations.
fn same(program: &str, out: &str) {
    for options in STRATEGIES {
        for stress in [&[][..], &["--tune", "gc.stress=7"]] {
            let options = [options, stress].concat();
            let done = run(&options, program);
            assert_eq!(done.out, out, "{options:?}: {}", done.err);
            assert_eq!(done.status, Some(0), "{options:?}: {}", done.err);
        }
    }
}

/// A tree is data: the same form analyzed twice behaves the same, literals and metadata included, and `eval` of data is a form.
#[test]
fn contract_tree() {
    same(
        "(do (defn f [x] (case x :a [1 {:k \"v\"}] (2 3) :n 'other)) (println (mapv f [:a 2 :z]) (= (eval '(let [y 2] [y y])) [2 2])))",
        "[[1 {:k v}] :n other] true\n",
    );
}

/// Answers about C++ are data: what was settled at analysis holds wherever the call runs, overloads chosen once.
#[test]
fn contract_questions() {
    same(
        "(do (cpp/raw \"int pick(int) { return 1; } int pick(double) { return 2; } int pick(const char*) { return 3; }\") \
         (println (cpp/pick 1) (cpp/pick 1.5) (cpp/pick \"x\") (map (fn [n] (cpp/pick (cpp/cast cpp/double n))) [1 2])))",
        "1 2 3 (2 2)\n",
    );
}

/// A static counter, a function's static and a lambda's are one for every tier.
#[test]
fn contract_one_definition() {
    same(
        "(do (cpp/raw \"static int n = 0; static int next() { static int calls = 0; return ++n * 100 + ++calls; } namespace { int hidden = 5; } \
         auto twice = [](int x) { static int seen = 0; return x * 2 + seen++; };\") \
         (defn go [] (cpp/next)) (defn lam [] (cpp/twice 1)) \
         (dotimes [_ 50] (go) (lam)) (println (go) cpp/n (lam) cpp/hidden))",
        "5151 51 52 5\n",
    );
}

/// Redefined C++ reaches callers that are compiled; a changed type is a new one.
#[test]
fn contract_redefining() {
    same(
        "(do (cpp/raw \"int weigh(int x) { return x; }\") (defn w [x] (cpp/weigh (cpp/cast cpp/int x))) (dotimes [i 40] (w i)) (print (w 3) \"\") \
         (eval '(cpp/raw \"int weigh(int x) { return x * 10; }\")) (print (w 3) \"\") \
         (eval '(cpp/raw \"double weigh(int x) { return x / 2.0; }\")) (println (w 3)))",
        "3 30 1.5\n",
    );
}

/// The next call sees a redefinition, from every tier.
#[test]
fn contract_vars() {
    same(
        "(do (defn g [x] (+ x 1)) (defn f [x] (g x)) (dotimes [i 40] (f i)) (print (f 1) \"\") (defn g [x] (* x 100)) (print (f 2) \"\") \
         (def ^:dynamic *d* 1) (defn d [] *d*) (println (binding [*d* 2] (d)) (d) (with-redefs [g (fn [_] :other)] (f 1))))",
        "2 200 2 1 :other\n",
    );
}

/// Throws on either side, cleanup on the way, catching by C++ type, nothing unwinds through our frames.
#[test]
fn contract_errors() {
    same(
        "(do (cpp/raw \"#include <stdexcept>\\nstruct G { int* n; ~G() { ++*n; } }; int ended = 0; G guard() { return G{&ended}; } \
         int boom(int x) { if (x > 2) throw std::out_of_range(\\\"far\\\"); return x; }\") \
         (defn f [x] (let [g (cpp/guard)] (cpp/boom (cpp/cast cpp/int x)))) \
         (dotimes [i 3] (f i)) \
         (println (try (f 9) (catch cpp/std.out_of_range e (.what e)) (finally (print \"finally \"))) \
                  (try (f 9) (catch Exception e (:rung/code (ex-data e)))) \
                  (try (let [g (cpp/guard)] (throw (ex-info \"ours\" {:a 1}))) (catch Exception e (ex-data e))) cpp/ended))",
        "finally far :cpp/exception {:a 1} 6\n",
    );
}

/// Deep recursion is an error that can be caught, again and again.
#[test]
fn contract_limits() {
    for options in STRATEGIES {
        let done = run(
            options,
            "(do (defn deep [n] (+ 1 (deep n))) (dotimes [_ 2] (print (try (deep 0) (catch StackOverflowError e \"deep\")) \"\")) (println (reduce + (range 10))))",
        );
        assert_eq!(done.out, "deep deep 45\n", "{options:?}: {}", done.err);
    }
}

/// A loop is replaced while it runs; its frame's words are all the state there is.
#[test]
fn contract_on_stack_replacement() {
    for options in STRATEGIES {
        let done = run(
            options,
            "(println (let [k 3] (loop [i 0 s 0 d 0.5] (if (< i 300000) (recur (inc i) (+ s (rem i k)) (+ d 0.5)) [s d]))))",
        );
        assert_eq!(done.out, "[300000 150000.5]\n", "{options:?}: {}", done.err);
    }
}

/// A C++ thread calls back into the language while the language waits in C++.
#[test]
fn contract_threads() {
    same(
        "(do (cpp/raw \"#include <functional>\\n#include <thread>\\nint other(std::function<int(int)> f, int n) { int r = 0; \
         std::thread([&] { for (int i = 0; i < n; i++) r += f(i); }).join(); return r; }\") \
         (println (cpp/other (fn [x] (count (vec (range x)))) 20)))",
        "190\n",
    );
}

/// C stdio, std::cout and *out* appear in program order.
#[test]
fn contract_same_answers() {
    same(
        "(do (cpp/raw \"#include <cstdio>\\n#include <iostream>\\nvoid c(int x) { printf(\\\"c%d \\\", x); } void s(int x) { std::cout << 's' << x << ' '; }\") \
         (dotimes [i 3] (print (str \"r\" i \" \")) (cpp/c (cpp/cast cpp/int i)) (cpp/s (cpp/cast cpp/int i))) (println (/ 0.1 3) (* 3 0.1) (quot -7 2)))",
        "r0 c0 s0 r1 c1 s1 r2 c2 s2 0.03333333333333333 0.30000000000000004 -3\n",
    );
}
