//! Forms → expression tree: macroexpansion, names, slots, captures, positions and C++ types are settled here, so that
//! everything is known before anything runs.

mod expr;

pub use expr::*;
