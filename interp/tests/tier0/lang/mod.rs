//! A little language for these tests: text → tree → functions, without the analyzer, so that tier 0 is tested alone. What
//! it accepts is what the tests write; anything else panics.

mod compile;
mod world;

pub use world::*;
