//! Every example of the pages in docs/ runs, in the page's order, and prints what the page says behind `;=>`.

use crate::process::{feed, root};
use engine::reader::{Options, Reader};

/// The Clojure blocks of a page, joined.
fn program(page: &str) -> String {
    let mut program = String::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```clojure" => inside = true,
            "```" => inside = false,
            _ if inside => {
                program.push_str(line);
                program.push('\n');
            }
            _ => (),
        }
    }
    program
}

/// What each form is expected to print; `None` where the page does not say.
fn expected(program: &str) -> Vec<Option<String>> {
    let mut reader = Reader::new(program, "docs", Options::default());
    let mut all = Vec::new();
    while let Some(_form) = reader.next().expect("the page's forms can be read") {
        let line = program[reader.offset()..].lines().next().unwrap_or_default();
        all.push(line.trim_start().strip_prefix(";=>").map(|e| e.trim().to_owned()));
    }
    all
}

fn check(name: &str) {
    let page = std::fs::read_to_string(root().join("docs").join(name)).expect("the page is there");
    let program = program(&page);
    let expected = expected(&program);
    assert!(expected.iter().flatten().count() >= 2, "{name} has examples");
    let done = feed(&[], &program);
    let printed: Vec<&str> = done.out.lines().collect();
    assert_eq!(printed.len(), expected.len(), "a value a form in {name}: {}\n{}", done.out, done.err);
    for (i, (printed, expected)) in printed.iter().zip(&expected).enumerate() {
        if let Some(e) = expected {
            assert_eq!(printed, e, "example {i} of {name}: {}", done.err);
        }
    }
}

#[test]
fn the_language_page() {
    check("language.md");
}

#[test]
fn the_interop_page() {
    check("interop.md");
}

#[test]
fn the_tiers_page() {
    check("tiers.md");
}
