//! Tier 0: runs a function's tree at once, through an array of nodes that is built at its first call.
//!
//! ```text
//!  install → first call: build → nodes;  entry: frame on the value stack, count, limits → body → nodes
//! ```
//! `entry` and `frame` are the way in, `build` makes nodes from the tree, `node` is what they are; each other file is a
//! family of nodes: constructor and function side by side. Counters ask the tiers (`engine::host::Tiers`) for something
//! faster: of a function at its entry, of a loop at its back edge.

mod arith;
mod build;
mod call;
mod case;
mod control;
mod cpp;
mod data;
mod entry;
mod error;
mod feedback;
mod frame;
mod node;
mod operate;
mod program;
mod slow;

use engine::code::Code;
use engine::host::Evaluator;

/// The evaluator of tier 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interp;

impl Evaluator for Interp {
    fn install(&self, code: &'static Code) {
        entry::install(code);
    }
}
