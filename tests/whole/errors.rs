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
