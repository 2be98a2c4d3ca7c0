//! Wrong C++ between right C++: two hundred inputs of each, in turn, through one session. Every right one gives its value,
//! every wrong one a coded error, and none hangs or ends the session.

use crate::process::{feed, root};

/// `fixtures/cpp_errors/X.cpp`: wrong C++, to be given to `cpp/raw`; the first line names the code: `// code: cpp/syntax`.
/// Name, code and form.
fn wrong() -> Vec<(String, String, String)> {
    let folder = root().join("fixtures/cpp_errors");
    let mut all: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "cpp"))
        .collect();
    all.sort();
    all.into_iter()
        .map(|p| {
            let text = std::fs::read_to_string(&p).expect("a fixture");
            let code = text.lines().next().and_then(|l| l.strip_prefix("// code: ")).unwrap_or_default().to_owned();
            let form = format!("(cpp/raw {})", serde_json::to_string(&text).expect("a string"));
            (p.file_stem().unwrap_or_default().to_string_lossy().into_owned(), code, form)
        })
        .collect()
}

#[test]
fn right_and_wrong_in_turn() {
    let wrong = wrong();
    assert!(wrong.len() >= 40, "only {} kinds of wrong C++", wrong.len());
    let mut input = String::new();
    let mut expected_out = String::new();
    for i in 0..200 {
        input.push_str(&format!("(cpp/raw \"int right_{i}(int x) {{ return x + {i}; }}\")\n(cpp/right_{i} 1000)\n"));
        expected_out.push_str(&format!("nil\n{}\n", 1000 + i));
        input.push_str(&format!("{}\n", wrong[i % wrong.len()].2));
    }
    let done = feed(&["--json"], &input);
    assert!(!done.late, "still running at the deadline; so far {} values", done.out.lines().count());
    assert_eq!(done.status, Some(0), "{}", done.err);
    let codes = done.codes();
    let mut failures = Vec::new();
    for (i, code) in codes.iter().enumerate().take(200) {
        let (name, wanted, _) = &wrong[i % wrong.len()];
        if code != wanted {
            failures.push(format!("{name}: {code}, not {wanted}"));
        }
    }
    failures.dedup();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(codes.len(), 200, "errors: {}", done.err);
    assert_eq!(done.out, expected_out);
}

#[test]
fn an_unbalanced_text_is_an_error_at_once() {
    let start = std::time::Instant::now();
    let done =
        feed(&["--json"], "(cpp/raw \"struct S{ int a\")\n(cpp/raw \"int after() { return 7; }\")\n(cpp/after)\n");
    assert_eq!(
        (done.codes(), done.out.as_str(), done.status),
        (vec!["cpp/syntax".to_owned()], "nil\n7\n", Some(0)),
        "{done:?}"
    );
    assert!(start.elapsed() < std::time::Duration::from_secs(60));
}
