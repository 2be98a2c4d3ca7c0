//! Tier 0 alone: hand-made trees, no analyzer, no compiler, no C++.

mod analyzed;
mod collections;
mod lang;
mod language;
mod library;
mod natives;
mod promotion;
