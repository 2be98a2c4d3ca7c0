//! Inputs that nobody wrote, made by a seeded generator: programs that must do the same on every tier, texts of programs
//! and of C++ with pieces cut, doubled and swapped, which must end in values or in coded errors and never take the process
//! down. `RUNG_FUZZ_SECONDS` is the time for each (one round where it is not set), `RUNG_FUZZ_SEED` where to begin. A
//! failure prints its seed and the input.

#![forbid(unsafe_code)]

#[path = "fuzz/grammar.rs"]
mod grammar;
#[path = "whole/process.rs"]
#[expect(dead_code, reason = "shared with the whole-program tests")]
mod process;
#[path = "fuzz/random.rs"]
mod random;
#[path = "fuzz/soup.rs"]
mod soup;
#[path = "fuzz/tiers.rs"]
mod tiers;
