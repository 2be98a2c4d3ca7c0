//! What errors look like, at 80 columns without colour: a golden file each (tests/whole/snapshots). The programs are typed
//! here, so that each stands beside its text.

use crate::process::run;

fn check(name: &str, form: &str) {
    let done = run(&["-e", form]);
    assert_eq!(done.status, Some(1), "{name}: {done:?}");
    let wide: Vec<&str> = done.err.lines().filter(|l| l.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{name}: wider than 80 columns: {wide:?}");
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true,
                            description => form }, {
        insta::assert_snapshot!(name, done.err);
    });
}

macro_rules! golden {
    ($($name:ident $form:literal)*) => { $(#[test] fn $name() { check(stringify!($name), $form); })* };
}

golden! {
    read_eof "(defn f [x]\n  (let [y (inc x)]\n    (* y 2)"
    read_delimiter "(defn f [x}\n  x)"
    read_number "(+ 1 2x)"
    read_string "(println \"never ended)"
    analyze_symbol "(defn total [prices]\n  (reduce + (filter pos? pricse)))"
    analyze_recur "(defn f [n]\n  (+ 1 (recur (dec n))))"
    macroexpand "(defn f [n]\n  (let [x] x))"
    run_arithmetic "(defn ratio [a b] (/ a b))\n(defn report [xs] (mapv #(ratio 1 %) xs))\n(report [1 0])"
    run_ex_info "(defn check [x]\n  (throw (ex-info \"out of range\" {:x x :max 10}\n                  (Exception. \"deeper\"))))\n(check 11)"
    run_class_cast "(+ 1 \"two\")"
    run_arity "((fn [a b] a) 1)"
    cpp_nearest_name "(cpp/raw \"int tw(int x) { return 2 * x; }\")\n(cpp/tww 4)"
    cpp_wrong_argument "(cpp/raw \"double area(double w, double h) { return w * h; }\")\n(cpp/area 2.0 \"three\")"
    cpp_too_many_arguments "(cpp/raw \"int tw(int x) { return 2 * x; }\")\n(println (cpp/tw 1 2 3))"
    cpp_conversion_out "(cpp/raw \"#include <mutex>\nstd::mutex& lock() { static std::mutex m; return m; }\")\n(println (cpp/lock))"
    cpp_conversion_in "(cpp/raw \"#include <vector>\nlong total(const std::vector<int>& v) { long s = 0; for (int x : v) s += x; return s; }\")\n(defn sum [xs] (cpp/total xs))\n(println (sum [1 \"two\" 3]))"
    cpp_range "(cpp/raw \"int level(unsigned char c) { return c; }\")\n(defn at [n] (cpp/level n))\n(println (at 300))"
    cpp_box "(cpp/raw \"struct Cat { int lives; }; struct Dog { int age; }; int ask(const Dog& d) { return d.age; }\")\n(def pet (identity (cpp/Cat 9)))\n(println (cpp/ask pet))"
    cpp_cast "(cpp/raw \"struct Cat { int lives; };\")\n(println (let [c (cpp/Cat 9)] (cpp/cast cpp/int c)))"
    cpp_capture "(cpp/raw \"struct Only { int n; Only(int n) : n(n) {} Only(const Only&) = delete; };\")\n(defn keep-it []\n  (let [o (cpp/Only 3)]\n    (fn [] (.-n o))))"
}

#[test]
fn functions_behind_pointers_run_out_with_an_error() {
    let program = "(cpp/raw \"int lone(int (*f)(int)) { return f(20); }\")
        (defn go [i] (cpp/lone (fn [x] (+ x i))))
        (prn (try (loop [i 0] (go i) (recur (inc i))) (catch Throwable e (:rung/code (ex-data e)))))
        (prn (go 3))";
    let done = run(&["--strategy", "interpret", "-e", program]);
    assert!(done.out.ends_with(":cpp/limit\n23\n"), "{done:?}");
}

/// Every strategy, and thresholds that promote while the program runs.
const STRATEGIES: [&[&str]; 5] = [
    &["--strategy", "interpret"],
    &["--strategy", "baseline", "--tune", "compile.wait=1"],
    &["--strategy", "clang", "--tune", "compile.wait=1"],
    &["--strategy", "stubs", "--tune", "compile.wait=1"],
    &["--tune", "tier1.calls=1", "--tune", "tier2.calls=2", "--tune", "compile.wait=1"],
];

/// The frames that an uncaught error names are the same, in whatever tier the functions run: errors of the language, of
/// Clojure's `throw`, of C++, through a `try` that does not take them.
#[test]
fn traces_are_the_same_on_every_strategy() {
    let program = "(cpp/raw \"#include <stdexcept>\nint boom(int x) { if (x > 2) throw std::out_of_range(\\\"far\\\"); return x; }\")
(defn deep [x d]
  (+ 1
     (/ x d)))
(defn mid [x d]
  (let [y (inc x)]
    (deep y d)))
(defn passing [x d]
  (try
    (mid x d)
    (catch ClassCastException e 3)))
(defn in-cpp [x]
  (+ 1
     (cpp/boom (cpp/cast cpp/int x))))
(defn ours [x]
  (if (> x 3)
    (throw (ex-info \"ours\" {}))
    (in-cpp x)))
(defn counting [^long n d]
  (loop [i 0 s 0]
    (if (< i n)
      (recur (inc i) (+ s i))
      (passing s d))))
(dotimes [i 9] (counting 2 1) (ours 1))
";
    let expected = [
        ("(counting 3 0)", "deep 5:6, mid 8:5, passing 11:5, counting 24:7"),
        ("(in-cpp 3)", "in-cpp 15:6"),
        ("(ours 3)", "in-cpp 15:6, ours 19:5"),
        ("(ours 4)", "ours 18:5"),
    ];
    for (form, frames) in expected {
        for options in STRATEGIES {
            let file = std::env::temp_dir().join(format!("rung-trace-{}-{}.clj", std::process::id(), frames.len()));
            std::fs::write(&file, format!("{program}{form}\n")).expect("a folder for temporary files");
            let path = file.to_string_lossy().into_owned();
            let done = run(&[options, &[path.as_str()]].concat());
            let _ = std::fs::remove_file(&file);
            // `  note: at user/deep (/tmp/….clj:4:6)`, but for the top-level form's.
            let seen: Vec<String> = done
                .err
                .lines()
                .filter_map(|l| l.trim().strip_prefix("note: at user/"))
                .filter(|l| !l.starts_with("eval"))
                .filter_map(|l| {
                    let (name, place) = l.trim_end_matches(')').split_once(' ')?;
                    Some(format!("{name} {}", place.rsplit_once(".clj:")?.1))
                })
                .collect();
            assert_eq!(seen.join(", "), frames, "{form} {options:?}: {}", done.err);
        }
    }
}
