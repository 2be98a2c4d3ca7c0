//! Headers: include errors with their chain, precompiled headers that outlive short processes, that follow a header's change,
//! that two processes build at once, that a kill or a full disk leaves sound.

use crate::process::{Done, finish, rung};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("headers-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file");
    }
    fn command(&self, program: &str) -> std::process::Command {
        self.write("program.clj", program);
        let mut c = rung(["--json"]);
        c.env("XDG_CACHE_HOME", self.0.join("cache")).arg(self.0.join("program.clj"));
        c
    }
    fn run(&self, program: &str) -> Done {
        finish(self.command(program), b"", Duration::from_secs(120))
    }
    fn kept(&self, ending: &str) -> Vec<PathBuf> {
        let all = std::fs::read_dir(self.0.join("cache/rung/pch")).into_iter().flatten().flatten().map(|e| e.path());
        all.filter(|p| p.to_string_lossy().ends_with(ending)).collect()
    }
    /// Waits for so many precompiled headers, whose checksums are written last.
    fn wait(&self, count: usize) {
        let end = Instant::now() + Duration::from_secs(120);
        while self.kept(".pch.sum").len() < count {
            assert!(Instant::now() < end, "no precompiled header: {:?}", self.kept(""));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    /// Until no builder holds a lock.
    fn quiet(&self) {
        let end = Instant::now() + Duration::from_secs(120);
        let busy = || {
            let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
            let lines = all.filter_map(|e| std::fs::read(e.path().join("environ")).ok());
            let mark = self.0.display().to_string();
            lines.filter(|l| String::from_utf8_lossy(l).contains(&mark)).count() > 0
        };
        while busy() {
            assert!(Instant::now() < end, "a builder that does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

const PROGRAM: &str = "(ns p (:include \"string\" \"vector\" \"./mine.hpp\") (:require [\"map\" :as m :scope \"std\"]))
(println (cpp/value_of) (cpp/name_of))
";
const HEADER: &str = "#pragma once
#include <string>
static int value = 1;
inline int value_of() { return value; }
static const auto name = [] { return std::string(\"lambda\"); };
inline std::string name_of() { return name(); }
";

#[test]
fn a_short_process_leaves_a_precompiled_header_for_the_next() {
    let f = Folder::new("short");
    f.write("mine.hpp", HEADER);
    let first = f.run(PROGRAM);
    assert_eq!((first.out.as_str(), first.status), ("1 lambda\n", Some(0)), "{}", first.err);
    f.wait(1);
    let second = f.run(PROGRAM);
    assert_eq!((second.out.as_str(), second.status), ("1 lambda\n", Some(0)), "{}", second.err);
    f.quiet();
    assert_eq!(f.kept(".pch.sum").len(), 1, "the headers of one program are one: {:?}", f.kept(""));
    // On every strategy what comes out of it is the same.
    for strategy in ["interpret", "baseline", "clang", "stubs"] {
        let program = format!("{PROGRAM}(defn f [] [(cpp/value_of) (cpp/name_of)])\n(println (f) (f))");
        f.write("program.clj", &program);
        let mut c = rung(["--strategy", strategy, "--tune", "compile.wait=1"]);
        c.env("XDG_CACHE_HOME", f.0.join("cache")).arg(f.0.join("program.clj"));
        let done = finish(c, b"", Duration::from_secs(120));
        assert_eq!(done.out, "1 lambda\n[1 lambda] [1 lambda]\n", "{strategy}: {}", done.err);
    }
    // A program that fails or exits leaves one too.
    f.write("other.hpp", "inline int other() { return 2; }");
    let done = f.run("(ns p (:include \"./other.hpp\" \"list\"))\n(println (cpp/other))\n(System/exit 3)");
    assert_eq!((done.out.as_str(), done.status), ("2\n", Some(3)), "{}", done.err);
    f.wait(2);
    let done = f.run("(ns p (:include \"./other.hpp\" \"deque\"))\n(/ 1 (cpp/- (cpp/other) 2))");
    assert_eq!(done.status, Some(1), "{done:?}");
    f.wait(3);
}

#[test]
fn it_is_built_again_when_a_header_changes() {
    let f = Folder::new("change");
    f.write("mine.hpp", HEADER);
    assert_eq!(f.run(PROGRAM).out, "1 lambda\n");
    f.wait(1);
    assert_eq!(f.run(PROGRAM).out, "1 lambda\n");
    // File times count seconds in some places.
    std::thread::sleep(Duration::from_millis(1100));
    f.write("mine.hpp", &HEADER.replace("value = 1", "value = 2000"));
    assert_eq!(f.run(PROGRAM).out, "2000 lambda\n");
    f.quiet();
    f.wait(1);
    let built = std::fs::metadata(&f.kept(".pch.sum")[0]).and_then(|m| m.modified()).expect("a time");
    assert_eq!(f.run(PROGRAM).out, "2000 lambda\n");
    f.quiet();
    let still = std::fs::metadata(&f.kept(".pch.sum")[0]).and_then(|m| m.modified()).expect("a time");
    assert_eq!(built, still, "the new one is used, not built once more");
}

#[test]
fn two_processes_at_once() {
    let f = Folder::new("two");
    f.write("mine.hpp", HEADER);
    f.write("program.clj", PROGRAM);
    for _ in 0..2 {
        let all: Vec<_> = (0..4)
            .map(|_| {
                let mut c = rung(["--json"]);
                c.env("XDG_CACHE_HOME", f.0.join("cache")).arg(f.0.join("program.clj"));
                c.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
                c.spawn().expect("a process")
            })
            .collect();
        for one in all {
            let done = one.wait_with_output().expect("its end");
            assert_eq!(
                String::from_utf8_lossy(&done.stdout),
                "1 lambda\n",
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
        }
        f.wait(1);
    }
    f.quiet();
    assert_eq!((f.kept(".pch").len(), f.kept(".pch.sum").len()), (1, 1), "{:?}", f.kept(""));
}

#[test]
fn what_a_killed_builder_leaves_is_not_used() {
    let f = Folder::new("killed");
    f.write("mine.hpp", HEADER);
    let folder = f.0.join("cache/rung/pch");
    // A builder that cannot take half of the time that it needs, as one that was killed or had no room.
    for kilobytes in [64, 512, 2048] {
        f.write("program.clj", PROGRAM);
        let line = format!(
            "ulimit -f {kilobytes}; exec {} --json {}",
            env!("CARGO_BIN_EXE_rung"),
            f.0.join("program.clj").display()
        );
        let mut c = std::process::Command::new("bash");
        let library = crate::process::clang_library();
        c.args(["-c", &line]).env("XDG_CACHE_HOME", f.0.join("cache")).env("RUNG_CLANG_LIB", library);
        let done = finish(c, b"", Duration::from_secs(120));
        assert_eq!(done.out, "1 lambda\n", "{}", done.err);
        f.quiet();
        assert_eq!(f.kept(".pch.sum").len(), 0, "{:?}", f.kept(""));
    }
    // Half a file with the sum of the whole.
    assert_eq!(f.run(PROGRAM).out, "1 lambda\n");
    f.wait(1);
    f.quiet();
    let pch = f.kept(".pch").pop().expect("a precompiled header");
    let bytes = std::fs::read(&pch).expect("its bytes");
    std::fs::write(&pch, &bytes[..bytes.len() / 2]).expect("half of it");
    assert_eq!(f.run(PROGRAM).out, "1 lambda\n");
    // A folder that nobody can write.
    std::fs::remove_dir_all(&folder).expect("the folder");
    std::fs::write(&folder, "a file where the folder should be").expect("a file");
    assert_eq!(f.run(PROGRAM).out, "1 lambda\n");
}

/// The reader of a pipe sees its end when the program ends: nobody else holds it open.
#[test]
fn the_builder_holds_nothing_of_the_program() {
    let f = Folder::new("pipe");
    f.write("mine.hpp", "#include <regex>\n#include <iostream>\n#include <thread>\n#include <functional>\ninline int value_of() { return 3; }\n");
    let program = "(ns p (:include \"./mine.hpp\"))\n(println (cpp/value_of))";
    f.write("program.clj", program);
    let line = format!(
        "{} {} | cat; echo; {} {} 2>&1 >/dev/null | cat",
        env!("CARGO_BIN_EXE_rung"),
        f.0.join("program.clj").display(),
        env!("CARGO_BIN_EXE_rung"),
        f.0.join("program.clj").display()
    );
    let mut c = std::process::Command::new("bash");
    c.args(["-c", &line])
        .env("XDG_CACHE_HOME", f.0.join("cache"))
        .env("RUNG_CLANG_LIB", crate::process::clang_library());
    let done = finish(c, b"", Duration::from_secs(120));
    assert_eq!((done.out.as_str(), done.late), ("3\n\n", false), "{}", done.err);
    f.wait(1);
}

#[test]
fn an_include_error_shows_the_chain() {
    let f = Folder::new("chain");
    f.write("a.hpp", "#pragma once\n\n#include \"b.hpp\"\n");
    f.write("b.hpp", "#pragma once\n#include \"c.hpp\"\n");
    f.write("c.hpp", "#pragma once\n#include <no/such/header.hpp>\n");
    let done = f.run("(ns p (:include \"string\" \"./a.hpp\"))");
    assert_eq!((done.codes(), done.status), (vec!["cpp/include".to_owned()], Some(1)), "{done:?}");
    let error = &done.objects()[0];
    assert!(error["message"].to_string().contains("no/such/header.hpp"), "{error:#}");
    assert!(error["spans"].to_string().contains("c.hpp"), "{error:#}");
    let notes = error["notes"].as_array().cloned().unwrap_or_default();
    let chain: Vec<(String, u64)> = notes
        .iter()
        .filter(|n| n["text"] == "included here")
        .map(|n| {
            let file = n["span"]["file"].as_str().unwrap_or_default();
            (file.rsplit('/').next().unwrap_or_default().to_owned(), n["span"]["line"].as_u64().unwrap_or(0))
        })
        .collect();
    assert_eq!(chain[..2], [("b.hpp".to_owned(), 2), ("a.hpp".to_owned(), 3)], "{error:#}");
    // And the next form works.
    let input = format!(
        "(ns p (:include \"{0}/a.hpp\"))\n(ns q (:include \"string\"))\n(.size (cpp/std.string \"four\"))\n",
        f.0.display()
    );
    let done = crate::process::feed(&["--json"], &input);
    assert_eq!(done.codes(), ["cpp/include"], "{done:?}");
    assert!(done.out.ends_with("4\n"), "{done:?}");
}
