//! Indexes the definitions of the library's Clojure files: for each file a table of name, line and text, embedded in
//! `space/library.rs`. Top-level forms are told apart by brackets, strings, characters and comments alone; a form that
//! defines nothing (`defmethod`, `derive`, …) is attached to the definition before it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

const DEFINING: [&str; 10] =
    ["def", "defn", "defn-", "defmacro", "defonce", "defmulti", "defprotocol", "defrecord", "deftype", "definline"];

struct Form {
    start: usize,
    end: usize,
    line: usize,
}

/// Top-level lists of a file.
fn forms(text: &str) -> Vec<Form> {
    let bytes = text.as_bytes();
    let (mut i, mut line, mut depth, mut start, mut start_line) = (0, 1, 0usize, 0, 1);
    let mut all = Vec::new();
    while i < bytes.len() {
        match bytes[i] {
            b'\n' => line += 1,
            b';' => {
                while i < bytes.len() && bytes[i] != b'\n' {
                    i += 1;
                }
                continue;
            }
            b'\\' => {
                // A character: whatever follows the backslash belongs to it.
                i += 1;
            }
            b'"' => {
                i += 1;
                while bytes[i] != b'"' {
                    if bytes[i] == b'\\' {
                        i += 1;
                    }
                    if bytes[i] == b'\n' {
                        line += 1;
                    }
                    i += 1;
                }
            }
            b'(' | b'[' | b'{' => {
                if depth == 0 {
                    (start, start_line) = (i, line);
                }
                depth += 1;
            }
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1).unwrap_or_else(|| panic!("line {line}: a closing bracket too many"));
                if depth == 0 {
                    all.push(Form { start, end: i + 1, line: start_line });
                }
            }
            _ => {}
        }
        i += 1;
    }
    assert_eq!(depth, 0, "the form of line {start_line} is not closed");
    all
}

/// The next word behind blanks and metadata.
fn word(mut rest: &str) -> &str {
    loop {
        rest = rest.trim_start();
        let Some(meta) = rest.strip_prefix('^') else { break };
        rest = if meta.starts_with('{') {
            let mut depth = 0;
            let end = meta.char_indices().find(|(_, c)| {
                depth += match c {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                depth == 0
            });
            &meta[end.map_or(meta.len(), |e| e.0 + 1)..]
        } else {
            &meta[meta.find(char::is_whitespace).unwrap_or(meta.len())..]
        };
    }
    &rest[..rest.find(|c: char| c.is_whitespace() || "()[]{}\"".contains(c)).unwrap_or(rest.len())]
}

/// The other names that a definition makes: a protocol's methods.
fn also(head: &str, name: &str, body: &str) -> Vec<String> {
    if head != "defprotocol" {
        return if head == "defrecord" || head == "deftype" { vec![format!("->{name}")] } else { Vec::new() };
    }
    forms(body).iter().map(|f| word(&body[f.start + 1..f.end]).to_owned()).filter(|n| !n.is_empty()).collect()
}

fn clj_files(dir: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for e in entries.flatten() {
        let path = e.path();
        if path.is_dir() {
            clj_files(&path, all);
        } else if path.extension().is_some_and(|x| x == "clj") {
            all.push(path);
        }
    }
}

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("clj");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    clj_files(&root, &mut files);
    files.sort();
    let mut out = String::from("static SOURCES: &[Source] = &[\n");
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        let text = std::fs::read_to_string(file).expect("a file of the library");
        let relative = file.strip_prefix(&root).expect("below the root").with_extension("");
        // A namespace of several files: each begins with (in-ns 'name).
        let own = text.find("(in-ns '").map(|i| text[i + 8..].split(')').next().unwrap_or("").to_owned());
        let ns = own.unwrap_or_else(|| relative.display().to_string().replace('/', ".").replace('_', "-"));
        let name = format!("{}.clj", relative.display());
        // (name, line, start, end). The ns form is for the reader's eye: definitions use full names.
        let mut definitions: Vec<(String, usize, usize, usize)> = Vec::new();
        for f in forms(&text) {
            let body = &text[f.start + 1..f.end];
            let head = word(body);
            if DEFINING.contains(&head) {
                let name = word(&body[body.find(head).expect("it is there") + head.len()..]);
                definitions.push((name.to_owned(), f.line, f.start, f.end));
                for more in also(head, name, &body[..body.len() - 1]) {
                    definitions.push((more, f.line, f.start, f.end));
                }
            } else if head != "ns" && head != "in-ns" {
                // It belongs to every name of the definition before it.
                if let Some(start) = definitions.last().map(|d| d.2) {
                    definitions.iter_mut().filter(|d| d.2 == start).for_each(|d| d.3 = f.end);
                }
            }
        }
        let path = file.display();
        writeln!(
            out,
            "    Source {{ ns: {ns:?}, file: {name:?}, definitions: {{ const TEXT: &str = include_str!({:?}); &[",
            path.to_string()
        )
        .expect("writing to a string");
        for (name, line, start, end) in definitions {
            writeln!(out, "        Definition {{ name: {name:?}, line: {line}, text: part(TEXT, {start}, {end}) }},")
                .expect("writing to a string");
        }
        out.push_str("    ] } },\n");
    }
    out.push_str("];\n");
    out.push_str(
        "const fn part(text: &'static str, start: usize, end: usize) -> &'static str {\n    \
         text.split_at(start).1.split_at(end - start).0\n}\n",
    );
    let target = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it")).join("library.rs");
    std::fs::write(target, out).expect("the index");
}
