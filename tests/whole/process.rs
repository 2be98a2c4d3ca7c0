//! Running the binary under test: with a cache of its own, from the repository's root, and never for ever.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a process did.
#[derive(Debug)]
pub struct Done {
    pub out: String,
    pub err: String,
    /// The exit status; `None` when a signal or the deadline ended it.
    pub status: Option<i32>,
    pub late: bool,
}

impl Done {
    /// The JSON objects on standard error, a line each.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        self.err.lines().filter_map(|l| serde_json::from_str(l).ok()).collect()
    }
    /// The codes of the errors shown as JSON.
    pub fn codes(&self) -> Vec<String> {
        self.objects().iter().filter_map(|o| o["code"].as_str().map(str::to_owned)).collect()
    }
    /// One value of `--metrics --json`.
    pub fn metric(&self, name: &str) -> serde_json::Value {
        let all = self.objects();
        all.iter().find_map(|o| o["metrics"].get(name).cloned()).unwrap_or_default()
    }
}

/// The cache that the tests share, so that headers are precompiled once.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// The compiler's library that was built with the tests: `cargo test` leaves an older one beside the executable as it is.
pub fn clang_library() -> PathBuf {
    let tests = std::env::current_exe().expect("a test's own path");
    tests.with_file_name("librung_clang.so")
}

pub fn rung(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_rung"));
    c.env("RUNG_CLANG_LIB", clang_library());
    c.args(args).current_dir(root()).env("XDG_CACHE_HOME", cache()).env_remove("NO_COLOR").env("LC_ALL", "C.UTF-8");
    c
}

/// Runs to the end, or to the deadline.
pub fn finish(mut c: Command, input: &[u8], deadline: Duration) -> Done {
    c.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = c.spawn().expect("the binary under test starts");
    let stdin = child.stdin.take();
    let (out, err) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that ends early does not read the rest.
        let _ = stdin.map(|mut s| s.write_all(&input));
    });
    let (status, late) = wait(&mut child, deadline);
    let _ = writer.join();
    Done { out: text(out), err: text(err), status, late }
}

pub fn run(args: &[&str]) -> Done {
    finish(rung(args), b"", Duration::from_secs(120))
}

/// Standard input is `input`.
pub fn feed(args: &[&str], input: &str) -> Done {
    finish(rung(args), input.as_bytes(), Duration::from_secs(300))
}

type Reader = std::thread::JoinHandle<Vec<u8>>;

fn drain(from: Option<impl Read + Send + 'static>) -> Reader {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        let _ = from.map(|mut f| f.read_to_end(&mut all));
        all
    })
}

fn text(r: Reader) -> String {
    String::from_utf8_lossy(&r.join().unwrap_or_default()).into_owned()
}

fn wait(child: &mut Child, deadline: Duration) -> (Option<i32>, bool) {
    let end = Instant::now() + deadline;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return (status.code(), false);
        }
        if Instant::now() > end {
            let _ = child.kill();
            let _ = child.wait();
            return (None, true);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
