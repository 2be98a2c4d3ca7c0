//! What the other crates do for the language: the traits that `interp`, `stubs` and `tierup` implement and that
//! `src/lib.rs` puts in place. The language knows no tier, no code generator and no C++ compiler.

use crate::analyze::{LoopId, SiteId, Tree, UnitData};
use crate::code::Code;
use crate::fault::Res;
use crate::thread::Thread;
use crate::value::Value;
use questions::{Answer, Blob, Compiled, Completion, Diagnostic, Loaded, Question, RawDone, Trampoline};
use std::sync::OnceLock;

/// Tier 0.
pub trait Evaluator: Sync + Send {
    /// Gives a new record its first entries. Cheap: nothing is built before the first call.
    fn install(&self, code: &'static Code);
}

/// A compiled loop: takes the frame, gives the loop's value.
pub type LoopEntry = extern "C" fn(&Thread, *mut Value) -> Value;

/// The tiers above 0: told what is hot, they decide.
pub trait Tiers: Sync + Send {
    /// A new function exists, its tier-0 entries installed; sets its counters, or compiles it at once where the strategy says so.
    fn defined(&self, code: &'static Code);
    /// The call counter ran out.
    fn call_hot(&self, t: &Thread, code: &'static Code);
    /// The back-edge counter ran out at a loop head of the function: compiled code that goes on with the frame, if there is some.
    fn loop_hot(&self, t: &Thread, code: &'static Code, arity: u32, id: LoopId) -> Option<LoopEntry>;
    /// The tier the function is in and what is known about it, for `rung/tier`, `:tier`.
    fn tier(&self, code: &'static Code) -> u8 {
        code.tier.load(std::sync::atomic::Ordering::Relaxed)
    }
    /// Forget compiled code of a function: it or what it depends on was redefined.
    fn invalidate(&self, code: &'static Code, reason: &str);
    /// Events and metrics as JSON text, for `(rung/events)` and `(rung/metrics)`.
    fn events_json(&self) -> String;
    fn metrics_json(&self) -> String;
}

/// Calls into C++.
pub trait CppHost: Sync + Send {
    /// Declares C++ text at global scope; `place` is where the text begins.
    fn raw(&self, text: &str, file: &str, line: u32) -> Result<RawDone, Vec<Diagnostic>>;
    fn include(&self, header: &str, from: &str) -> Result<RawDone, Vec<Diagnostic>>;
    /// Opens a shared library: a path, or a bare name as `-l` takes it.
    fn link(&self, library: &str) -> Result<(), Diagnostic>;
    /// Answers, from what is kept or from Clang; one request a batch.
    fn ask(&self, questions: &[Question]) -> Vec<Result<Answer, Diagnostic>>;
    /// Makes the trampolines of a form's sites that have none yet, in one batch, and stores their addresses.
    fn bind_sites(&self, tree: &Tree, unit: &UnitData, sites: &[SiteId]) -> Result<(), Diagnostic>;
    /// Calls a bound site through the guard: a C++ exception becomes a pending error.
    ///
    /// # Safety
    /// `stub` is the address of a trampoline of the type in `questions::Trampoline`; `args` and `ret` are as it wants them.
    unsafe fn call(&self, t: &Thread, stub: Trampoline, args: *const *mut u8, ret: *mut u8) -> Res<()>;
    /// Runs static initialisers, behind the guard.
    fn run_inits(&self, inits: &[u64]) -> Res<()>;
    fn complete(&self, prefix: &str) -> Vec<Completion>;
    /// Key of everything declared so far: flags, headers' contents, raw code, in order.
    fn environment_key(&self) -> [u8; 32];
    fn compile(&self, name: &str, text: &str, exports: &[String]) -> Result<Compiled, Vec<Diagnostic>>;
    fn load(&self, object: Blob, symbols: Vec<(String, u64)>, exports: &[String]) -> Result<Loaded, Vec<Diagnostic>>;
}

/// A keyed store of objects that outlives the process.
pub trait ObjectStore: Sync + Send {
    fn get(&self, kind: &str, key: &[u8; 32]) -> Option<Vec<u8>>;
    fn put(&self, kind: &str, key: &[u8; 32], bytes: &[u8]);
}

/// The parts, put in place once by the root package.
pub struct Parts {
    pub evaluator: Box<dyn Evaluator>,
    pub tiers: Box<dyn Tiers>,
    pub cpp: Box<dyn CppHost>,
    pub store: Box<dyn ObjectStore>,
}

static PARTS: OnceLock<Parts> = OnceLock::new();

/// Puts the parts in place. The second call of a process is ignored and answers false.
pub fn assemble(parts: Parts) -> bool {
    PARTS.set(parts).is_ok()
}

/// The parts. Using the language before they are assembled is a fault of ours.
pub fn parts() -> &'static Parts {
    match PARTS.get() {
        Some(p) => p,
        None => {
            eprintln!("rung: internal fault: the engine was used before it was assembled");
            std::process::exit(2)
        }
    }
}
