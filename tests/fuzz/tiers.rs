//! Tier against tier: a random program prints the same on each.

use super::process::{Done, finish, rung};
use super::random::{Random, rounds};
use super::{grammar, process};
use std::time::Duration;

const STRATEGIES: &[(&str, &[&str])] = &[
    ("interpret", &["--strategy", "interpret"]),
    ("baseline", &["--strategy", "baseline", "--tune", "compile.wait=1"]),
    ("clang", &["--strategy", "clang", "--tune", "compile.wait=1"]),
    (
        "tiered",
        &[
            "--tune",
            "compile.wait=1",
            "--tune",
            "tier1.calls=1",
            "--tune",
            "tier1.backedges=2",
            "--tune",
            "tier2.calls=2",
            "--tune",
            "tier2.backedges=4",
        ],
    ),
    (
        "stress",
        &["--strategy", "baseline", "--tune", "compile.wait=1", "--tune", "gc.stress=200", "--tune", "gc.poison=1"],
    ),
];

fn run(options: &[&str], file: &str) -> Done {
    finish(rung([options, &[file]].concat()), b"", Duration::from_secs(120))
}

#[test]
fn a_program_is_the_same_on_every_tier() {
    let folder = process::cache().join("fuzz");
    std::fs::create_dir_all(&folder).expect("a folder");
    rounds(|seed| {
        let text = grammar::program(&mut Random::new(seed), 12);
        let file = folder.join(format!("tiers-{seed}.clj"));
        std::fs::write(&file, &text).expect("a file");
        let file = file.to_string_lossy().into_owned();
        let mut wanted: Option<Done> = None;
        for (name, options) in STRATEGIES {
            let done = run(options, &file);
            assert!(!done.late && done.status.is_some(), "seed {seed}: {name} {done:?}\n{file}");
            match &wanted {
                None => wanted = Some(done),
                Some(first) => {
                    let differs = first.out.lines().zip(done.out.lines()).find(|(a, b)| a != b);
                    assert!(
                        first.out == done.out && first.status == done.status,
                        "seed {seed}, {file}: {} and {name} differ: {differs:?}\n{}",
                        STRATEGIES[0].0,
                        done.err
                    );
                }
            }
        }
        assert!(wanted.is_some_and(|w| w.out.lines().count() > 10), "seed {seed}: the program printed nothing");
        let _ = std::fs::remove_file(&file);
    });
}
