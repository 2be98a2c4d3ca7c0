//! What a compiler of a tier is to the rest: a job goes in, addresses of code come out. Tier 1 and tier 2 are two
//! implementations; policy, queue and installation do not tell them apart.

use crate::feedback::Snapshot;
use crate::lower::Stay;
use engine::analyze::{FnId, LoopId, Tree};
use engine::code::Code;
use std::sync::Arc;
use std::time::Instant;

/// What is wanted of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Want {
    /// Every arity.
    Function,
    /// One loop, to be entered while it runs.
    Loop { arity: u32, id: LoopId },
}

/// A compilation, as plain data; `code` is for its constants' and records' addresses, never for a heap value.
pub struct Job {
    pub code: &'static Code,
    pub tree: Arc<Tree>,
    pub function: FnId,
    pub want: Want,
    pub feedback: Snapshot,
    /// Why it is wanted, and the count that said so.
    pub reason: &'static str,
    pub count: u64,
    pub queued: Instant,
}

impl Job {
    /// A job for a function of a tree; `None` for functions that are not from one.
    pub fn new(code: &'static Code, want: Want, reason: &'static str, count: u64) -> Option<Job> {
        let body = code.body.as_ref()?;
        Some(Job {
            code,
            tree: body.tree.clone(),
            function: body.function,
            want,
            feedback: Snapshot::take(code),
            reason,
            count,
            queued: Instant::now(),
        })
    }
}

/// Compiled code, mapped and ready to run.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    /// For `Want::Function`: an address an arity, in the tree's order. An arity of at most six parameters (its rest one
    /// included) is `Value body(Thread*, Value self, Value a0, …)`, one of more `Value body(Thread*, Value self, const Value* args)`.
    pub bodies: Vec<usize>,
    /// For `Want::Loop`: a `LoopEntry`.
    pub entry: usize,
    /// `Code::special` and its signature (`lower::Signature::bits`), where there is one.
    pub special: Option<(u64, usize)>,
    pub bytes: usize,
    /// Parts of the time, µs.
    pub phases: Vec<(String, f64)>,
}

/// A compiler of one tier.
pub trait Compiler: Send + Sync {
    fn tier(&self) -> u8;
    /// # Errors
    /// What it cannot take, as a reason to stay below.
    fn compile(&self, job: &Job) -> Result<Compiled, Stay>;
    /// The functions whose compiled code holds the body of a C++ function of one of these names.
    fn holding(&self, _names: &[&str]) -> Vec<&'static Code> {
        Vec::new()
    }
    /// The text that a person reads: `--dump-clif`, `--dump-cpp`.
    ///
    /// # Errors
    /// As `compile`.
    fn dump(&self, job: &Job) -> Result<String, Stay>;
}
