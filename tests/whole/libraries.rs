//! Libraries of a program's own, made on the spot: shared, static, of C, found in folders, needing each other, by pkg-config;
//! what is lacking, told with the declaration and the library that has it; initialisers, thread-locals, one state for all.

use crate::process::{Done, finish, rung};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("libraries-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }
    fn text(&self) -> String {
        self.0.display().to_string()
    }
    /// Runs a compiler or its like in the folder.
    fn make(&self, words: &[&str]) {
        let done = Command::new(words[0]).args(&words[1..]).current_dir(&self.0).output().expect("g++ is installed");
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    fn run(&self, options: &[&str], program: &str) -> Done {
        self.write("program.clj", program);
        let mut c = rung(options);
        c.arg("--json").arg(self.0.join("program.clj"));
        finish(c, b"", Duration::from_secs(120))
    }
}

fn check(done: &Done, out: &str) {
    assert_eq!((done.out.as_str(), done.status), (out, Some(0)), "{}", done.err);
}

const SOURCE: &str = "#include \"mine.hpp\"
#include <string>
struct Started { int n; Started() : n(40) {} ~Started() {} };
static Started started;
int counter = 1;
thread_local int per_thread = 5;
int started_with() { return started.n; }
int bump() { return ++counter; }
int bump_thread() { return ++per_thread; }
std::string greet(const std::string& who) { return \"hello \" + who; }
int Base::twice() const { return 2 * value(); }
Base::~Base() {}
void fail() { throw std::runtime_error(\"from the library\"); }
";
const HEADER: &str = "#pragma once
#include <stdexcept>
#include <string>
extern int counter;
extern thread_local int per_thread;
int started_with();
int bump();
int bump_thread();
std::string greet(const std::string&);
struct Base { virtual ~Base(); virtual int value() const { return 1; } int twice() const; };
void fail();
int nowhere(int);
";
/// What the library does, whatever it is linked from. The body of `Derived` calls into it.
const USE: &str = "
(cpp/raw \"struct Derived : Base { int value() const override { return 21; } };
int from_raw() { return bump() + counter; }
int raw_thread() { return ++per_thread; }\")
(println (cpp/started_with) (cpp/greet \"you\"))
(println (cpp/bump) cpp/counter (cpp/from_raw))
(cpp/= cpp/counter 100)
(println (cpp/bump) (cpp/from_raw))
(let [d (cpp/Derived)] (println (.twice d)))
(println (try (cpp/fail) (catch cpp/std.runtime_error e (cpp/cast (:* (:const char)) (.what e)))))
(println (cpp/bump_thread) (cpp/raw_thread) cpp/per_thread @(future (cpp/raw_thread)) (cpp/bump_thread))
(defn hot [n] (loop [i 0] (if (< i n) (do (cpp/bump) (recur (inc i))) cpp/counter)))
(println (hot 2000) (cpp/from_raw))
";
const USED: &str = "40 hello you\n2 2 6\n101 204\n42\nfrom the library\n6 7 7 6 8\n2102 4206\n";

#[test]
fn a_shared_library_by_path_name_and_option() {
    let f = Folder::new("shared");
    f.write("mine.hpp", HEADER);
    f.write("mine.cpp", SOURCE);
    f.make(&["g++", "-shared", "-fPIC", "-O1", "mine.cpp", "-o", "libmine.so"]);
    for strategy in ["interpret", "clang"] {
        let tier = ["--strategy", strategy, "--tune", "compile.wait=1"];
        let by_path = format!("(ns p (:require [\"./mine.hpp\" :as m :scope \"\" :link \"./libmine.so\"]))\n{USE}");
        check(&f.run(&tier, &by_path), USED);
        let by_name = format!("(ns p (:require [\"./mine.hpp\" :as m :scope \"\" :link \"mine\"]))\n{USE}");
        let folder = f.text();
        check(&f.run(&[&tier[..], &["-L", &folder]].concat(), &by_name), USED);
        let by_option = format!("(ns p (:include \"./mine.hpp\"))\n{USE}");
        check(&f.run(&[&tier[..], &["-L", &folder, "-l", "mine"]].concat(), &by_option), USED);
        check(
            &f.run(&[&tier[..], &["-L", &folder, "-lmine", "-I", &folder]].concat(), &by_option.replace("./", "")),
            USED,
        );
    }
}

#[test]
fn a_static_library_is_one_like_any_other() {
    let f = Folder::new("static");
    f.write("mine.hpp", HEADER);
    f.write("mine.cpp", SOURCE);
    f.make(&["g++", "-c", "-fPIC", "-O1", "mine.cpp"]);
    f.make(&["ar", "rcs", "libmine.a", "mine.o"]);
    let program = format!("(ns p (:require [\"./mine.hpp\" :as m :scope \"\" :link \"./libmine.a\"]))\n{USE}");
    for strategy in ["interpret", "clang"] {
        check(&f.run(&["--strategy", strategy, "--tune", "compile.wait=1"], &program), USED);
    }
    let folder = f.text();
    let by_name = program.replace("./libmine.a", "mine");
    check(&f.run(&["-L", &folder], &by_name), USED);
    // Its content counts, not its name.
    f.write("mine.cpp", &SOURCE.replace("n(40)", "n(41)"));
    f.make(&["g++", "-c", "-fPIC", "-O1", "mine.cpp"]);
    f.make(&["ar", "rcs", "libmine.a", "mine.o"]);
    check(&f.run(&[], &program), &USED.replace("40 hello", "41 hello"));
    // Of code that cannot be loaded the linker's own words are told.
    f.write(
        "bad.c",
        "extern int elsewhere; int get(void) { return elsewhere; } char big[1]; char *at(void) { return big; }",
    );
    f.make(&["gcc", "-c", "-fno-pic", "-mcmodel=small", "bad.c"]);
    f.make(&["ar", "rcs", "libbad.a", "bad.o"]);
    let bad = f.run(&[], "(ns p (:require [\"./mine.hpp\" :as m :scope \"\" :link \"./libbad.a\"]))");
    assert_eq!(bad.codes(), ["cpp/link"], "{bad:?}");
    assert!(bad.err.contains("-fPIC"), "{}", bad.err);
}

#[test]
fn a_library_of_c() {
    let f = Folder::new("c");
    f.write("plain.h", "#ifdef __cplusplus\nextern \"C\" {\n#endif\ntypedef struct { int a; double b; } pair;\npair make_pair_of(int a, double b);\nint sum(int n, ...);\nextern const char *const names[2];\n#ifdef __cplusplus\n}\n#endif\n");
    f.write("plain.c", "#include <stdarg.h>\n#include \"plain.h\"\nconst char *const names[2] = {\"one\", \"two\"};\npair make_pair_of(int a, double b) { pair p = {a, b}; return p; }\nint sum(int n, ...) { va_list v; va_start(v, n); int s = 0; while (n--) s += va_arg(v, int); va_end(v); return s; }\n");
    f.make(&["gcc", "-shared", "-fPIC", "plain.c", "-o", "libplain.so"]);
    let program = "(ns p (:require [\"./plain.h\" :as c :scope \"\" :link \"./libplain.so\"]))
        (let [p (c/make_pair_of 3 2.5)] (println (.-a p) (.-b p)))
        (println (c/sum 3 10 20 12) (cpp/aget c/names 1))";
    check(&f.run(&[], program), "3 2.5\n42 two\n");
}

#[test]
fn what_a_library_needs_is_sought_beside_it() {
    let f = Folder::new("needs");
    f.write("low.cpp", "int low() { return 7; }");
    f.write("high.cpp", "int low(); int high() { return low() * 6; }");
    std::fs::create_dir_all(f.0.join("deep")).expect("a folder");
    f.make(&["g++", "-shared", "-fPIC", "low.cpp", "-o", "deep/liblow.so", "-Wl,-soname,liblow.so"]);
    f.make(&["g++", "-shared", "-fPIC", "high.cpp", "-o", "deep/libhigh.so", "-Ldeep", "-llow"]);
    f.make(&["g++", "-shared", "-fPIC", "high.cpp", "-o", "libhigh.so", "-Ldeep", "-llow"]);
    let program = |link: &str| {
        format!(
            "(ns p (:require [\"string\" :as s :scope \"std\" :link \"{link}\"]))\n(cpp/raw \"int high();\")\n(println (cpp/high))"
        )
    };
    check(&f.run(&[], &program("./deep/libhigh.so")), "42\n");
    let deep = f.0.join("deep").display().to_string();
    check(&f.run(&["-L", &deep], &program("./libhigh.so")), "42\n");
    let alone = f.run(&[], &program("./libhigh.so"));
    assert_eq!(alone.codes(), ["cpp/link"], "{alone:?}");
    assert!(alone.err.contains("liblow.so"), "{}", alone.err);
    // A linker's script stands for what it names.
    f.write("libscript.so", "/* GNU ld script */\nINPUT ( deep/libhigh.so )\n");
    let named = format!("INPUT ( {}/deep/libhigh.so )\n", f.text());
    f.write("libscript.so", &named);
    check(&f.run(&[], &program("./libscript.so")), "42\n");
}

#[test]
fn a_missing_symbol_names_its_declaration_and_the_library_that_has_it() {
    let f = Folder::new("missing");
    f.write("mine.hpp", HEADER);
    f.write("mine.cpp", SOURCE);
    f.make(&["g++", "-shared", "-fPIC", "mine.cpp", "-o", "libmine.so"]);
    let program = "(ns p (:include \"./mine.hpp\"))\n(println (cpp/bump))";
    let folder = f.text();
    let done = f.run(&["-L", &folder], program);
    assert_eq!(done.codes(), ["cpp/link"], "{done:?}");
    let error = &done.objects()[0];
    assert!(error["message"].as_str().is_some_and(|m| m.contains("bump()")), "{error:#}");
    let spans = error["spans"].as_array().cloned().unwrap_or_default();
    assert!(
        spans.iter().any(|s| s["file"].as_str().is_some_and(|f| f.ends_with("mine.hpp")) && s["line"] == 7),
        "{error:#}"
    );
    assert!(error["help"].as_str().is_some_and(|h| h.contains("-l mine")), "{error:#}");
    assert!(error["notes"].to_string().contains("libmine.so defines it"), "{error:#}");
    // One that the system has, and one that nobody has.
    let done = f.run(&[], "(ns p (:include \"sqlite3.h\"))\n(println (cpp/sqlite3_libversion_number))");
    assert_eq!(done.codes(), ["cpp/link"], "{done:?}");
    assert!(done.objects()[0]["help"].as_str().is_some_and(|h| h.contains("-l sqlite3")), "{}", done.err);
    let done = f.run(&["-L", &folder, "-lmine"], "(ns p (:include \"./mine.hpp\"))\n(println (cpp/nowhere 1))");
    assert_eq!(done.codes(), ["cpp/link"], "{done:?}");
    assert!(done.err.contains("nowhere(int)") && !done.err.contains("defines it"), "{}", done.err);
    // What a raw function wants is told with that function.
    let raw =
        "(ns p (:include \"./mine.hpp\"))\n(cpp/raw \"int wants() { return nowhere(2); }\")\n(println (cpp/wants))";
    let done = f.run(&["-L", &folder, "-lmine"], raw);
    assert_eq!(done.codes(), ["cpp/link"], "{done:?}");
    assert!(done.err.contains("wanted by wants()"), "{}", done.err);
}

#[test]
fn a_library_that_is_not_there() {
    let f = Folder::new("absent");
    for link in ["./libabsent.so", "absent-library-of-nobody"] {
        let done = f.run(&[], &format!("(ns p (:require [\"string\" :as s :scope \"std\" :link \"{link}\"]))"));
        assert_eq!((done.codes(), done.status), (vec!["cpp/link".to_owned()], Some(1)), "{done:?}");
    }
    f.write("libtext.so", "this is no library");
    let done = f.run(&[], "(ns p (:require [\"string\" :as s :scope \"std\" :link \"./libtext.so\"]))");
    assert_eq!(done.codes(), ["cpp/link"], "{done:?}");
}

#[test]
fn a_package_by_pkg_config() {
    let f = Folder::new("package");
    f.write("include/deep/mine.hpp", &format!("{HEADER}\n#ifndef MINE_LEVEL\n#error no level\n#endif\n"));
    f.write("mine.cpp", &SOURCE.replace("mine.hpp", "include/deep/mine.hpp"));
    f.make(&["g++", "-shared", "-fPIC", "-DMINE_LEVEL=3", "mine.cpp", "-o", "libmine.so"]);
    let folder = f.text();
    f.write(
        "mine.pc",
        &format!("Name: mine\nDescription: a test\nVersion: 1\nCflags: -I{folder}/include/deep -DMINE_LEVEL=3\nLibs: -L{folder} -lmine\n"),
    );
    let run = |program: &str| {
        f.write("program.clj", program);
        let mut c = rung(["--json"]);
        c.env("PKG_CONFIG_PATH", &folder).arg(f.0.join("program.clj"));
        finish(c, b"", Duration::from_secs(120))
    };
    let required = format!(
        "(ns p (:require [\"mine.hpp\" :as m :scope \"\" :pkg-config \"mine\"]))\n(println cpp/MINE_LEVEL)\n{USE}"
    );
    check(&run(&required), &format!("3\n{USED}"));
    let included = format!("(ns p (:include \"vector\" [\"mine.hpp\" :pkg-config \"mine\"]))\n{USE}");
    check(&run(&included), USED);
    // Not the first thing that C++ is asked.
    let late = format!(
        "(println (cpp/+ 1 2))\n(ns p (:require [\"mine.hpp\" :as m :scope \"\" :pkg-config \"mine\"]))\n{USE}"
    );
    check(&run(&late), &format!("3\n{USED}"));
    let absent = run("(ns p (:require [\"mine.hpp\" :as m :scope \"\" :pkg-config \"no-such-package\"]))");
    assert_eq!((absent.codes(), absent.status), (vec!["cpp/package".to_owned()], Some(1)), "{absent:?}");
    assert!(absent.err.contains("no-such-package"), "{}", absent.err);
    // Without the program that knows packages.
    let mut c = rung(["--json"]);
    c.env("PATH", "/nowhere")
        .arg(f.write("program.clj", "(ns p (:require [\"mine.hpp\" :as m :scope \"\" :pkg-config \"mine\"]))"));
    let none = finish(c, b"", Duration::from_secs(60));
    assert_eq!(none.codes(), ["cpp/package"], "{none:?}");
    assert!(none.err.contains("pkg-config"), "{}", none.err);
}
