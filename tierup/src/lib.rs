//! The tiers above the interpreter: what is hot is lowered from its tree to a linear form, compiled by Cranelift and
//! later as C++, and put in place of what ran before. Which function is compiled when is policy; that the program's
//! answers do not depend on it is the main test.

pub mod baseline;
pub mod clang;
pub mod compiler;
pub mod events;
pub mod feedback;
pub mod install;
pub mod lower;
pub mod metrics;
pub mod policy;
pub mod queue;
pub mod runtime;
#[cfg(test)]
mod testing;
pub mod tuning;
