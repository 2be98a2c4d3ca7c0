//! Tier 0 alone: hand-made trees, no analyzer, no compiler, no C++.

mod collections;
mod lang;
mod language;
mod natives;
mod promotion;
