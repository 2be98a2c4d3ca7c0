//! What the other crates do for the language: the traits that `interp`, `stubs` and `tierup` implement and that
//! `src/lib.rs` puts in place. The language knows no tier, no code generator and no C++ compiler.

use crate::analyze::{LoopId, SiteId, Tree, UnitData};
use crate::code::Code;
use crate::fault::{Res, Thrown};
use crate::thread::Thread;
use crate::value::Value;
pub use questions::Completion;
use questions::{Answer, Blob, Compiled, CppType, Diagnostic, Loaded, Question, RawDone, Trampoline};
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
    /// C++ functions or types of these names were redefined: code that has their bodies inside must go.
    fn cpp_redefined(&self, _names: &[&str]) {}
    /// From now on a call of C++ may leave a callback's error behind: code that does not look for it must go.
    fn callbacks_begin(&self) {}
    /// Events and metrics as JSON text, for `(rung/events)` and `(rung/metrics)`.
    fn events_json(&self) -> String;
    fn metrics_json(&self) -> String;
}

/// Functions and cells for code that calls C++ without asking the host each time, under System V's x86-64 convention.
///
/// The four guards take up to five integers and eight floats in their registers and the callee in the sixth integer register;
/// they call it with the registers as they are and leave its answer where it left it. An exception is the thread's pending
/// error when a guard returns. After every call, guarded or not, `pending` and `left` tell of an error: see `raise_left`.
#[derive(Debug, Clone, Copy)]
pub struct DirectCalls {
    /// The answer is in rax and rdx, in xmm0, in xmm0 and xmm1, in rax and xmm0.
    pub integers: usize,
    pub float: usize,
    pub floats: usize,
    pub mixed: usize,
    /// `void(stub, args, ret)`: a trampoline behind the guard.
    pub trampoline: usize,
    /// Not 0 where some thread's mailbox holds an error.
    pub left: &'static std::sync::atomic::AtomicUsize,
}

/// Calls into C++.
pub trait CppHost: Sync + Send {
    /// Declares C++ text at global scope; `place` is where the text begins.
    fn raw(&self, text: &str, file: &str, line: u32) -> Result<RawDone, Vec<Diagnostic>>;
    fn include(&self, header: &str, from: &str) -> Result<RawDone, Vec<Diagnostic>>;
    /// Opens a shared library: a path, or a bare name as `-l` takes it.
    fn link(&self, library: &str) -> Result<(), Diagnostic>;
    /// Headers that are included from now on may be read later and together, up to `read_headers`. Calls nest.
    fn hold_headers(&self) {}
    /// Reads the headers that were held back.
    fn read_headers(&self) -> Result<RawDone, Vec<Diagnostic>> {
        Ok(RawDone::default())
    }
    /// Takes in the folders, macros and libraries of a package that pkg-config knows.
    fn package(&self, name: &str) -> Result<(), Diagnostic> {
        let message = format!("there is no C++, and so no package `{name}`");
        Err(Diagnostic::new(questions::Phase::Compile, "cpp/package", message))
    }
    /// The process is about to end: what only the next one gains from begins to be done. Waits for nothing.
    fn finish(&self) {}
    /// Answers, from what is kept or from Clang; one request a batch.
    fn ask(&self, questions: &[Question]) -> Vec<Result<Answer, Diagnostic>>;
    /// Asks without waiting: questions of one series, which begins with number 0 and of which `first` is the number of the
    /// first one here. They may speak of earlier ones (`Arg::Of`). The answers are `known` after [`CppHost::settle`].
    fn send(&self, _first: u32, questions: &[Question]) {
        let alone: Vec<Question> = questions.iter().filter(|q| q.stands_alone()).cloned().collect();
        self.ask(&alone);
    }
    /// Waits for what was sent. False: some of it was lost.
    fn settle(&self) -> bool {
        true
    }
    /// The answer, where it is known without asking Clang.
    fn known(&self, question: &Question) -> Option<Result<Answer, Diagnostic>> {
        self.ask(std::slice::from_ref(question)).pop()
    }
    /// Does `to_value` give a Clojure value for the type, rather than an object in a box? Scalars, pointers, texts; what
    /// `rung::convert<T>` is specialised for, as the standard library's collections of such.
    fn converts(&self, ty: &CppType) -> bool {
        ty.repr != questions::Repr::Memory
    }
    /// Makes the trampolines of a form's sites that have none yet, in one batch, and stores their addresses.
    fn bind_sites(&self, tree: &Tree, unit: &UnitData, sites: &[SiteId]) -> Result<(), Diagnostic>;
    /// Calls a bound site through the guard: a C++ exception becomes a pending error.
    ///
    /// # Safety
    /// `stub` is the address of a trampoline of the type in `questions::Trampoline`; `args` and `ret` are as it wants them.
    unsafe fn call(&self, t: &Thread, stub: Trampoline, args: *const *mut u8, ret: *mut u8) -> Res<()>;
    /// A C++ value as a Clojure value: built in for the basic types, else `rung::convert<T>::to_value`. `bits` is what a
    /// slot holds: the scalar's bits extended to 64, or the object's address; the object is read, not taken.
    ///
    /// # Safety
    /// `bits` is a value of type `ty`; an address names a live object.
    unsafe fn to_value(&self, ty: &CppType, bits: u64) -> Res;
    /// A Clojure value as a C++ value of type `ty`, checked: a scalar's bits, or an object's address. An object is
    /// constructed in `storage` exactly where the answer is `storage`; from a box of the type the answer is the address of
    /// the boxed object and nothing is constructed. `storage` is null for scalars and pointers.
    ///
    /// # Safety
    /// `storage` has the size and alignment of the type and holds no object.
    unsafe fn from_value(&self, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64>;
    /// A Clojure function as a C++ callable of type `ty`: a function pointer's bits, or the address of a callable object,
    /// constructed in `storage` exactly where the answer is `storage`.
    ///
    /// # Safety
    /// As for `from_value`.
    unsafe fn callback(&self, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64>;
    /// An opaque box of a pointer of type `ty`; nothing is owned.
    fn box_pointer(&self, ty: &CppType, bits: u64) -> Res;
    /// The pointer in a box whose type must be `ty`; an error names both types.
    fn unbox(&self, v: Value, ty: &CppType) -> Res<u64>;
    /// A finalized box that owns a new object made of the one at `source`: by the `transfer` trampoline (`Callee::Copy` or
    /// `Move`: one argument), by copying its bytes where there is none; destroyed by `destroy`, if any.
    ///
    /// # Safety
    /// `source` names a live object of type `ty`; the trampolines are of that type.
    unsafe fn own_value(
        &self,
        t: &Thread,
        ty: &CppType,
        source: u64,
        transfer: Option<Trampoline>,
        destroy: Option<Trampoline>,
    ) -> Res;
    /// The elements of the C++ range that a box holds or points to, as a vector of values; `None` where it is no range.
    fn range(&self, _box: Value) -> Option<Res> {
        None
    }
    /// Calls the C++ callable that a box holds or points to; `None` where it is none that says what it takes.
    fn invoke(&self, _box: Value, _args: &[Value]) -> Option<Res> {
        None
    }
    /// The address of the C++ exception object in `error`, where a handler of type `ty` takes it. Lives as long as `error`.
    fn catch_cpp(&self, error: Value, ty: &CppType) -> Option<u64>;
    /// Runs static initialisers, behind the guard.
    fn run_inits(&self, inits: &[u64]) -> Res<()>;
    /// Names that begin with a qualified C++ name's text, at most some hundreds. `header`: only what stands in it, as long as
    /// anything does, and its macros; empty: all.
    fn complete(&self, prefix: &str, header: &str) -> Vec<Completion>;
    /// Counts for `--metrics`, by the contract's names.
    fn metrics(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
    /// Key of everything declared so far: flags, headers' contents, raw code, in order.
    fn environment_key(&self) -> [u8; 32];
    /// Declares C++ text of our own, no part of the environment key, and binds the symbols that it names.
    fn prelude(&self, text: &str, symbols: Vec<(String, u64)>) -> Result<RawDone, Vec<Diagnostic>> {
        let _ = symbols;
        self.raw(text, "rung", 1)
    }
    /// What the program declared so far, as text in order: `#include` lines and raw code.
    fn declarations(&self) -> String {
        String::new()
    }
    /// Has a Clojure function ever become a plain C++ function? Then any call of C++ may leave an error behind (`raise_left`).
    fn callbacks_may_fail(&self) -> bool {
        true
    }
    /// What code needs that calls C++ itself; none on other machines.
    fn direct_calls(&self) -> Option<DirectCalls> {
        None
    }
    /// The address of a mangled symbol, where it is linked and known without waiting. Of a function that may be redefined it is
    /// the stub that goes to the newest body.
    fn address_of(&self, _symbol: &str) -> Option<u64> {
        None
    }
    /// Raises the error that a callback left for this thread, if there is one.
    fn raise_left(&self) -> Res<()> {
        if Thread::current().is_pending() { Err(crate::fault::pending()) } else { Ok(()) }
    }
    /// Called inside a C++ handler: the exception that is being handled becomes the pending error.
    fn exception_caught(&self) -> Thrown {
        crate::fault::raise(crate::fault::Class::Cpp, "a C++ exception")
    }
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
    crate::native::foreign::install();
    PARTS.set(parts).is_ok()
}

/// The parts, where they are in place already.
pub fn assembled() -> Option<&'static Parts> {
    PARTS.get()
}

/// The store of objects; none where the engine was not assembled, as in tests of its parts.
pub fn store() -> Option<&'static dyn ObjectStore> {
    PARTS.get().map(|p| p.store.as_ref())
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
