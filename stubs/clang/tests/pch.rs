//! Precompiled headers: made when the thread is idle, used by the next session, rebuilt when a header changed, ignored when damaged.

mod support;
use questions::*;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::*;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(folder: &Path) -> Session {
    Session::with(SessionConfig {
        include_dirs: vec![folder.to_string_lossy().into_owned()],
        cache_dir: folder.join("cache").to_string_lossy().into_owned(),
        ..Default::default()
    })
}

/// Waits for the checksum that is written last; the file it belongs to.
fn wait_for_pch(folder: &Path) -> PathBuf {
    let start = Instant::now();
    loop {
        let found = std::fs::read_dir(folder.join("cache/pch")).into_iter().flatten().flatten().map(|e| e.path());
        if let Some(sum) = found.into_iter().find(|p| p.extension().is_some_and(|e| e == "sum")) {
            return sum.with_extension("");
        }
        assert!(start.elapsed() < Duration::from_secs(120), "no precompiled header came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const INCLUDES: &str = "#include <string>\n#include <vector>\n#include <iostream>\n#include \"mine.hpp\"\n";

fn check(s: &Session, expected: i32) {
    s.good("#include <map>\nint use(int x) { std::map<int, std::string> m; m[x] = std::to_string(value() + step()); return std::stoi(m[x]); }");
    assert_eq!(s.int("use", &[1]), expected);
    assert_eq!(s.int("lambda", &[2]), 42, "an external of the header");
    assert!(s.raw("int bad() { return nope; }").is_err());
    s.good("struct Own { int a; }; int own(int x) { Own o{x}; std::vector<Own> v{o}; return v.back().a; }");
    assert_eq!(s.int("own", &[7]), 7);
    assert!(matches!(s.ask_raw(&Request::Crash), Response::Died { .. }));
    assert_eq!(s.int("own", &[8]), 8);
}

#[test]
fn the_next_session_starts_from_it() {
    let folder = Folder(std::env::temp_dir().join(format!("rung-pch-test-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let header = |n: i32| {
        let text = format!(
            "#pragma once\nstatic int counter = {n};\ninline int value() {{ return counter; }}\nstatic int step() {{ static int n = 0; return n++; }}\nauto lambda = [](int x) {{ return x + 40; }};\n"
        );
        std::fs::write(folder.0.join("mine.hpp"), text).unwrap();
    };
    header(100);
    {
        let s = open(&folder.0);
        s.good(INCLUDES);
        check(&s, 100);
        wait_for_pch(&folder.0);
    }
    let s = open(&folder.0);
    let start = Instant::now();
    s.good(INCLUDES);
    println!("headers from the precompiled file: {:?}", start.elapsed());
    check(&s, 100);
    drop(s);

    std::thread::sleep(Duration::from_millis(1100)); // the clock of file times
    header(2000);
    let s = open(&folder.0);
    s.good(INCLUDES);
    check(&s, 2000);
    let path = wait_for_pch(&folder.0);
    drop(s);

    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let s = open(&folder.0);
    s.good(INCLUDES);
    check(&s, 2000);
}
