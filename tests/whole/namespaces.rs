//! Programs of several files: `--path`, `-m`, `require` with its options, `data_readers`, `rung test`; and the limit of the heap.

use crate::process::{Done, run};
use std::path::PathBuf;

/// A folder of files of this test's own.
fn project(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("namespaces").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn is(done: &Done, out: &str, status: i32) {
    assert_eq!((done.out.as_str(), done.status), (out, Some(status)), "stderr: {}", done.err);
}

#[test]
fn several_folders_and_a_main() {
    let p = project(
        "main",
        &[
            (
                "src/app/core.clj",
                "(ns app.core (:require [app.greet-it :as g :refer [hello] :rename {hello hi}] [app.lib :as-alias l]))\n\
              (defn -main [& args] (println (hi (first args)) (g/twice 4) ::l/k *command-line-args*))",
            ),
            ("lib/app/greet_it.cljc", "(ns app.greet-it) (defn hello [x] (str \"hello \" x)) (defn twice [x] (* 2 x))"),
        ],
    );
    let path = format!("{}:{}", p.join("src").display(), p.join("lib").display());
    is(&run(&["--path", &path, "-m", "app.core", "you", "-x"]), "hello you 8 :app.lib/k (you -x)\n", 0);
    let missing = run(&["--path", &path, "-m", "app.none"]);
    assert_eq!(missing.status, Some(1), "{missing:?}");
    assert!(missing.err.contains("app/none"), "{}", missing.err);
}

#[test]
fn require_loads_once_and_again_when_asked() {
    let p =
        project("reload", &[("a.clj", "(ns a (:require b)) (println :a)"), ("b.clj", "(ns b) (println :b) (def x 1)")]);
    let path = p.display().to_string();
    let forms = "(require 'a) (require '[a :as q]) (println :again) (require 'a :reload) (println :all) (require 'a :reload-all) (require '(a)) b/x";
    is(&run(&["--path", &path, "-e", forms]), ":b\n:a\n:again\n:a\n:all\n:b\n:a\n1\n", 0);
    let unknown = run(&["--path", &path, "-e", "(require '[a :sa q])"]);
    assert!(unknown.status == Some(1) && unknown.err.contains("Unsupported option(s) supplied: :sa"), "{unknown:?}");
    let refer = "(require '[b :refer :all]) (use '[clojure.set :only [union]]) [x (union #{1} #{1})]";
    is(&run(&["--path", &path, "-e", refer]), ":b\n[1 #{1}]\n", 0);
}

#[test]
fn data_readers_of_the_path() {
    let p = project(
        "readers",
        &[
            ("data_readers.clj", "{my/point my.geo/point}"),
            ("my/geo.clj", "(ns my.geo) (defn point [[x y]] {:x x :y y})"),
            ("prog.clj", "(println #my/point [1 2] (read-string \"#my/point [3 4]\") (get *data-readers* 'my/point))"),
        ],
    );
    let path = p.display().to_string();
    let program = p.join("prog.clj").display().to_string();
    is(&run(&["--path", &path, &program]), "{:x 1, :y 2} {:x 3, :y 4} #'my.geo/point\n", 0);
    let none = run(&["-e", "#my/point [1 2]"]);
    assert!(none.status == Some(1) && none.err.contains("No reader function for tag my/point"), "{none:?}");
}

const TESTS: &[(&str, &str)] = &[
    ("src/calc.clj", "(ns calc) (defn add [a b] (+ a b))"),
    (
        "test/calc_test.clj",
        "(ns calc-test (:require [clojure.test :refer [deftest is testing use-fixtures]] calc))\n\
         (use-fixtures :once (fn [f] (println \"before\") (f) (println \"after\")))\n\
         (deftest adds (is (= 3 (calc/add 1 2))))\n\
         (deftest fails (testing \"sums\" (is (= 4 (calc/add 1 2)) \"not so\")))\n\
         (deftest breaks (is (thrown? ArithmeticException (/ 1 0))) (throw (ex-info \"broken\" {})))",
    ),
    ("test/other_test.clj", "(ns other-test (:use clojure.test)) (deftest fine (is true) (is (= 1 1)))"),
    ("test/helper.clj", "(ns helper) (throw (ex-info \"not to be loaded\" {}))"),
];

#[test]
fn tests_with_a_summary_and_an_exit_status() {
    let p = project("tests", TESTS);
    let path = format!("{}:{}", p.join("src").display(), p.join("test").display());
    let all = run(&["test", "--path", &path]);
    assert_eq!(all.status, Some(1), "{all:?}");
    for part in [
        "\nTesting calc-test\nbefore\n",
        "FAIL in (fails) (calc_test.clj:4)\nsums\nnot so\nexpected: (= 4 (calc/add 1 2))\n  actual: (not (= 4 3))\n",
        "ERROR in (breaks)",
        "after\n\nTesting other-test\n",
        "\nRan 4 tests containing 6 assertions.\n1 failures, 1 errors.\n",
    ] {
        assert!(all.out.contains(part), "{part:?} is missing in:\n{}", all.out);
    }
    let other = run(&["test", "other-test", "--path", &path]);
    is(&other, "\nTesting other-test\n\nRan 1 tests containing 2 assertions.\n0 failures, 0 errors.\n", 0);
    let one = run(&["test", "--path", &path, "calc-test/adds"]);
    assert!(one.status == Some(0) && one.out.contains("Ran 1 tests containing 1 assertions."), "{one:?}");
    let filtered = run(&["test", "--path", &path, "--filter", "*/f*"]);
    assert!(
        filtered.status == Some(1) && filtered.out.contains("Ran 2 tests containing 3 assertions."),
        "{filtered:?}"
    );
    let nothing = run(&["test", "--path", &path, "--filter", "no-such*"]);
    assert!(nothing.status == Some(1) && nothing.err.contains("no test was found"), "{nothing:?}");
    assert_eq!(run(&["test", "--path", &path, "no.such"]).status, Some(1));
}

#[test]
fn tests_as_json() {
    let p = project("tests-json", TESTS);
    let path = format!("{}:{}", p.join("src").display(), p.join("test").display());
    let done = run(&["test", "--json", "--path", &path]);
    assert_eq!(done.status, Some(1), "{done:?}");
    let report: serde_json::Value = serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}: {}", done.out));
    let count = |k: &str| report[k].as_i64();
    assert_eq!(
        (count("version"), count("test"), count("pass"), count("fail"), count("error")),
        (Some(1), Some(4), Some(4), Some(1), Some(1)),
        "{report}"
    );
    let failures = report["failures"].as_array().expect("failures");
    assert_eq!(failures[0]["test"], "calc-test/fails", "{report}");
    assert_eq!((&failures[0]["line"], &failures[0]["context"]), (&4.into(), &"sums".into()), "{report}");
    assert_eq!(report["tests"].as_array().map(Vec::len), Some(4), "{report}");
    assert!(done.err.contains("Testing calc-test"), "{}", done.err);
}

#[test]
fn a_full_heap_is_an_exception_and_the_process_lives_on() {
    for form in [
        "(loop [s \"a\"] (recur (str s s)))",
        "(loop [l nil] (recur (cons 1 l)))",
        "(loop [m {} i 0] (recur (assoc m i (str i)) (inc i)))",
        "(vec (repeat 100000000 [1 2]))",
        "(long-array 1000000000)",
        "(doall (map (fn [i] (long-array 100000)) (range 100000)))",
    ] {
        let caught = format!("(try {form} (catch OutOfMemoryError e :caught))");
        let after = "(reduce + (map count (repeatedly 1000 (fn [] (vec (range 1000))))))";
        let done = run(&["--max-heap", "100M", "-e", &caught, "-e", after, "-e", &caught, "-e", after]);
        is(&done, ":caught\n1000000\n:caught\n1000000\n", 0);
    }
    let uncaught = run(&["--max-heap", "64M", "--json", "-e", "(loop [l nil] (recur (cons 1 l)))"]);
    assert_eq!((uncaught.codes(), uncaught.status), (vec!["run/out-of-memory".to_owned()], Some(1)), "{uncaught:?}");
    assert_eq!(run(&["--max-heap", "much", "-e", "1"]).status, Some(2));
}
