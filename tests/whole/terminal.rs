//! The REPL at a terminal, in tmux: prompts, whole forms, history, Ctrl-C in an endless loop on each tier, Ctrl-D.

use crate::process::{cache, clang_library};
use std::process::Command;
use std::time::{Duration, Instant};

/// A REPL in a tmux session of its own server; gone when dropped.
struct Terminal {
    socket: String,
}

impl Terminal {
    fn start(name: &str, options: &str) -> Terminal {
        let t = Terminal { socket: format!("rung-test-{}-{name}", std::process::id()) };
        let command = format!(
            "XDG_CACHE_HOME={} RUNG_CLANG_LIB={} NO_COLOR=1 {} {options}; echo ended with $?; sleep 60",
            cache().display(),
            clang_library().display(),
            env!("CARGO_BIN_EXE_rung")
        );
        t.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "40", &command]);
        t.wait("user=>");
        t
    }

    fn tmux(&self, args: &[&str]) -> String {
        let done = Command::new("tmux").args(["-L", &self.socket]).args(args).output();
        let done = done.expect("tmux is installed (make setup; setup.sh test)");
        assert!(done.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.keys(&["Enter"]);
    }

    /// Waits until the screen, blanks at line ends left out, holds the text.
    fn wait(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let screen: String = self.screen().lines().map(|l| format!("{}\n", l.trim_end())).collect();
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < end, "no {text:?} on:\n{}", screen.trim_end());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}

#[test]
fn a_session() {
    let t = Terminal::start("session", "");
    t.line("(+ 40 2)");
    t.wait("\n42\n");
    // Enter goes on to the next line until the form is whole.
    t.line("(defn twice [x]");
    t.wait("#_=>");
    t.line("  (* 2 x))");
    t.wait("#'user/twice");
    t.line("(twice *1)");
    t.line("(twice 21)");
    t.line("[*1 :last]");
    t.wait("[42 :last]");
    // An error, and on.
    t.line("(undefined-name 1)");
    t.wait("analyze/unresolved-symbol");
    t.line("(ex-message *e)");
    t.wait("undefined-name");
    t.line("(ns other)");
    t.wait("other=>");
    t.keys(&["C-l"]);
    // Ctrl-C drops what is typed.
    t.tmux(&["send-keys", "-l", "(never \"this"]);
    t.keys(&["C-c"]);
    // What is typed in the instant of the interrupt goes with the line.
    std::thread::sleep(Duration::from_millis(500));
    t.line("(clojure.core/str \"aft\" \"er\")");
    t.wait("\"after\"");
    // The last line again.
    t.keys(&["C-l"]);
    t.keys(&["Up"]);
    t.wait("(clojure.core/str");
    t.keys(&["Enter"]);
    t.wait("\n\"after\"\n");
    t.keys(&["C-d"]);
    t.wait("ended with 0");
}

#[test]
fn tab_completes_names() {
    let t = Terminal::start("tab", "");
    t.line("(cpp/raw \"namespace my { struct S { int width() const { return 41; } }; inline S* made() { static S s; return &s; } }\")");
    t.wait("nil");
    t.line("(def object (cpp/box (cpp/my.made)))");
    t.wait("#'user/object");
    t.tmux(&["send-keys", "-l", "(clojure.string/upper-c"]);
    t.keys(&["Tab"]);
    t.wait("(clojure.string/upper-case");
    t.tmux(&["send-keys", "-l", " \"done\")"]);
    t.keys(&["Enter"]);
    t.wait("\"DONE\"");
    t.keys(&["C-l"]);
    t.tmux(&["send-keys", "-l", "(cpp/my.mad"]);
    t.keys(&["Tab"]);
    t.wait("(cpp/my.made");
    t.keys(&["C-c"]);
    std::thread::sleep(Duration::from_millis(500));
    // Of several the menu shows them with what they are.
    t.keys(&["C-l"]);
    t.tmux(&["send-keys", "-l", "(reduce"]);
    t.keys(&["Tab"]);
    t.wait("reduce-kv");
    t.keys(&["C-c"]);
    std::thread::sleep(Duration::from_millis(500));
    t.line("(clojure.core/str \"aft\" \"er\")");
    t.wait("\"after\"");
}

#[test]
fn ctrl_c_interrupts_an_endless_loop_on_every_tier() {
    for strategy in ["interpret", "baseline", "clang", "tiered"] {
        let t = Terminal::start(strategy, &format!("--strategy {strategy} --tune compile.wait=1"));
        for (i, form) in [
            "(defn spin [n] (loop [i 0] (recur (if (> i n) 0 (inc i)))))",
            "(defn count-on [] (count (iterate inc 0)))",
        ]
        .iter()
        .enumerate()
        {
            t.line(form);
            t.wait(if i == 0 { "#'user/spin" } else { "#'user/count-on" });
            t.keys(&["C-l"]);
            t.line(if i == 0 { "(do (println :running) (spin 1000))" } else { "(do (println :running) (count-on))" });
            t.wait("\n:running\n");
            std::thread::sleep(Duration::from_millis(150));
            let start = Instant::now();
            t.keys(&["C-c"]);
            t.wait("run/interrupted");
            let took = start.elapsed();
            assert!(took < Duration::from_millis(1500), "{strategy}: {took:?}");
            t.line("(str \"still \" \"here\")");
            t.wait("\"still here\"");
            t.keys(&["C-l"]);
        }
    }
}

#[test]
fn a_second_ctrl_c_in_cpp_says_that_it_is_not_interruptible() {
    let t = Terminal::start("cpp", "");
    t.line("(cpp/raw \"#include <unistd.h>\\nvoid nap() { write(1, __func__, 3); for (int i = 0; i < 30; i++) usleep(100000); }\")");
    t.wait("nil");
    t.keys(&["C-l"]);
    t.line("(do (cpp/nap) :awake)");
    // It says itself that C++ is running.
    t.wait("\nnap");
    t.keys(&["C-c"]);
    t.wait("^C");
    std::thread::sleep(Duration::from_millis(100));
    t.keys(&["C-c"]);
    t.wait("not interruptible");
    t.wait("run/interrupted");
    t.line("(str \"still \" \"here\")");
    t.wait("\"still here\"");
}
