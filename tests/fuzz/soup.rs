//! Texts with pieces cut, doubled and swapped, fed to a session: whatever they are, the session goes on and what comes
//! after them is right.

use super::process::{feed, root};
use super::random::{Random, rounds};
use std::path::PathBuf;

fn texts(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap_or_else(|e| panic!("{folder}: {e}"))
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == extension))
        .collect();
    all.sort();
    all.into_iter().filter_map(|p| std::fs::read_to_string(&p).ok().map(|t| (p, t))).collect()
}

/// Pieces of a text: words, and single characters that are none.
fn pieces(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (piece, after) = rest.split_at(word.max(if word == 0 { first.len_utf8() } else { 0 }));
        all.push(piece);
        rest = after;
    }
    all
}

fn mutated(random: &mut Random, text: &str, other: &str, spices: &[&str]) -> String {
    let (mut all, others) = (pieces(text), pieces(other));
    for _ in 0..1 + random.below(6) {
        if all.is_empty() {
            break;
        }
        let (i, j) = (random.below(all.len()), random.below(all.len()));
        let n = (1 + random.below(8)).min(all.len() - i);
        match random.below(6) {
            0 => drop(all.drain(i..i + n)),
            1 => all.swap(i, j),
            2 => all[i] = random.pick(spices),
            3 => all.insert(i, random.pick(spices)),
            4 => {
                let copy = all[i..i + n].to_vec();
                all.splice(j..j, copy);
            }
            _ if !others.is_empty() => all.insert(i, others[random.below(others.len())]),
            _ => {}
        }
    }
    all.concat()
}

const CPP: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    "<",
    ">",
    "::",
    "template",
    "typename",
    "struct",
    "int",
    "auto",
    "0",
    "-1",
    "\"",
    "'",
    "#",
    "#if 1",
    "#include",
    "/*",
    "*/",
    "//",
    "\\",
    "operator",
    "constexpr",
    "co_await",
    "requires",
    "=",
    "&",
    "*",
    "static_assert(",
    "decltype(",
    "noexcept",
    "virtual",
    "~",
    "R\"(",
    "\n",
    "using namespace std;",
    "extern \"C\"",
];

#[test]
fn a_session_outlives_any_cpp() {
    let mut all = texts("fixtures/cpp_errors", "cpp");
    // Its recursion has no end: it must not become a statement that runs, whose overflow is the program's own.
    all.iter_mut().for_each(|(_, text)| *text = text.replace("constexpr int down", "consteval int down"));
    rounds(|seed| {
        let mut random = Random::new(seed);
        let mut input = String::new();
        let mut wanted = Vec::new();
        for i in 0..40 {
            let (a, b) = (&all[random.below(all.len())].1, &all[random.below(all.len())].1);
            let text = mutated(&mut random, a, b, CPP);
            // A macro may turn what comes after it into anything.
            if text.contains("define") || text.contains("pragma") {
                continue;
            }
            input.push_str(&format!("(do (cpp/raw {}) nil)\n", serde_json::to_string(&text).expect("a string")));
            input.push_str(&format!("(cpp/raw \"int soup_right_{i}(int x) {{ return x + {i}; }}\")\n"));
            input.push_str(&format!("[:right (cpp/soup_right_{i} 1000)]\n"));
            wanted.push(format!("[:right {}]", 1000 + i));
        }
        let done = feed(&["--json"], &input);
        let right = done.out.lines().filter(|l| l.starts_with("[:right")).collect::<Vec<_>>();
        assert!(
            !done.late && done.status == Some(0) && right == wanted,
            "seed {seed}: {:?}, late {}\n{right:?}\n{}\n{input}",
            done.status,
            done.late,
            done.err
        );
        assert!(done.codes().iter().all(|c| !c.starts_with("rung/")), "seed {seed}: a fault of ours\n{}", done.err);
    });
}

const CLOJURE: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#{",
    "'",
    "`",
    "~",
    "~@",
    "@",
    "#'",
    "^",
    "nil",
    "true",
    "0",
    "-1",
    "1.5",
    "1/2",
    "\"s\"",
    ":k",
    "&",
    "fn",
    "let",
    "loop",
    "recur",
    "if",
    "do",
    "quote",
    "def",
    "var",
    "try",
    "catch",
    "finally",
    "throw",
    "new",
    "set!",
    "case*",
    "letfn*",
    ".",
    "..",
    "defn",
    "defmacro",
    "x",
    "#()",
    "%",
    "cpp/raw",
    "cpp/int",
    "binding",
    "deftype",
    "defprotocol",
    "reify",
    "ns",
    "##NaN",
    "9223372036854775808",
    "\\a",
    "#\"a\"",
];

#[test]
fn a_session_outlives_any_program() {
    // Wrong calls of C++ may be undefined behaviour.
    let all: Vec<_> = texts("fixtures/programs", "clj")
        .into_iter()
        .filter(|(_, t)| !t.contains("read-line") && !t.contains("cpp/"))
        .collect();
    rounds(|seed| {
        let mut random = Random::new(seed);
        for _ in 0..8 {
            let (file, a) = &all[random.below(all.len())];
            let b = &all[random.below(all.len())].1;
            let text = mutated(&mut random, a, b, CLOJURE);
            // Read as a string, evaluated form by form with an end to each: what is mutated may loop for ever.
            let quoted = serde_json::to_string(&text).expect("a string");
            let input = format!(
                "(def done (promise))\n(do (future (try (load-string {quoted}) (catch Throwable e nil) (finally (deliver done 1)))) nil)\n\
                 (do (deref done 3000 nil) nil)\n[:right (+ 40 2)]\n"
            );
            let done =
                feed(&["--strategy", "tiered", "--tune", "tier1.calls=1", "--tune", "tier1.backedges=2"], &input);
            // A loop without end keeps its thread; the process is ended with it, or its memory is.
            let ended = done.out.contains("[:right 42]");
            assert!(
                done.status.is_some() && (ended || text.contains("exit")),
                "seed {seed}, of {}: {:?}, late {}\n{}\n{}\n{text}",
                file.display(),
                done.status,
                done.late,
                done.err,
                done.out
            );
        }
    });
}
