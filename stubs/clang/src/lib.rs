//! rung-clang.
