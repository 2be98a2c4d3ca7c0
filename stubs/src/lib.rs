//! Calls into C++: the session with the Clang library, trampolines, the guard, conversions, boxes, callbacks.
//! [`Stubs`] is the engine's `CppHost`. Nothing is opened before a program first needs C++.
//!
//! ```text
//!  library.rs    finds and opens librung_clang.so            session.rs   one open session, what was declared in it
//!  environment.rs the key of all that was declared            answers.rs   which answers outlive a declaration
//!  link.rs       shared libraries                            archive.rs   static ones, as shared ones
//!  package.rs    what pkg-config says                        provider.rs  which library has a missing symbol
//!  sites.rs      trampolines by site                         generated.rs small C++ functions made on demand, by type
//!  guard.rs      the call, exceptions as errors              runtime.rs   the table that generated C++ calls
//!  thunks.rs     trampolines from recipes, with nothing compiled
//!  boxes.rs      pointers and objects in Clojure's hands     convert/     words to C++ values and back
//!  callback.rs   Clojure functions as C++ callables
//! ```

mod answers;
mod archive;
mod boxes;
mod callback;
mod convert;
mod environment;
mod generated;
mod guard;
mod library;
mod link;
mod package;
mod provider;
mod runtime;
mod session;
mod sites;
mod thunks;

pub use library::library_path;
pub use questions::NO_BUILDER;
pub use thunks::is_compiled;

use engine::analyze::{SiteId, Tree, UnitData};
use engine::fault::{Res, Thrown};
use engine::host::CppHost;
use engine::thread::Thread;
use engine::value::Value;
use questions::{
    Answer, Blob, Compiled, Completion, CppType, Diagnostic, Loaded, Phase, Question, RawDone, Request, Response,
    Trampoline,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What the command line says about C++. Empty lists are fine.
#[derive(Debug, Clone, Default)]
pub struct StubsConfig {
    /// `-I`, in order.
    pub include_dirs: Vec<String>,
    /// `-L`, in order.
    pub library_dirs: Vec<String>,
    /// `-l`: opened before the first declaration.
    pub libraries: Vec<String>,
    /// `--include`: headers read at opening.
    pub headers: Vec<String>,
    /// Further compiler flags.
    pub flags: Vec<String>,
    /// Where PCHs are kept; empty: nowhere.
    pub cache_dir: String,
    /// The program that builds PCHs (`questions::SessionConfig::builder`); empty: this process does; `NO_BUILDER`: nobody.
    pub builder: String,
    /// What one request may take of the compiler; 0: no limit.
    pub seconds: u32,
    pub mebibytes: u32,
}

/// The C++ host.
pub struct Stubs {
    session: Arc<session::Session>,
    sites: sites::Sites,
    generated: generated::Generated,
}

impl Default for Stubs {
    fn default() -> Self {
        Stubs::new(StubsConfig::default())
    }
}

impl Stubs {
    pub fn new(config: StubsConfig) -> Stubs {
        Stubs {
            session: Arc::new(session::Session::new(config)),
            sites: sites::Sites::default(),
            generated: generated::Generated::default(),
        }
    }
    /// Changes the configuration; false once the session is open.
    pub fn configure(&self, config: StubsConfig) -> bool {
        self.session.configure(config)
    }
    /// True once the compiler's library was opened.
    pub fn is_open(&self) -> bool {
        self.session.is_open()
    }
    /// Trampolines made so far, and sites that found theirs in the table.
    pub fn counts(&self) -> Counts {
        self.sites.counts()
    }
    /// Any request, as it is: for tests and reports. Declares nothing in the environment key.
    pub fn request(&self, request: &Request) -> Result<Response, Diagnostic> {
        self.session.request(request)
    }
}

/// For `--metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Compiled by Clang.
    pub made: u64,
    /// From recipes.
    pub shaped: u64,
    pub shared: u64,
}

/// Builds the precompiled header that a request says, which another process has sent. Nothing is said of a failure: the next
/// process reads the headers.
///
/// # Errors
/// What came is no such request, or the compiler's library cannot be opened.
pub fn precompile(request: &str) -> Result<(), Diagnostic> {
    let request: Request = serde_json::from_str(request)
        .map_err(|e| compile_error("cpp/limit", format!("no request to precompile headers: {e}")))?;
    if matches!(request, Request::Precompile { .. }) {
        library::Library::open()?.request(&request)?;
    }
    Ok(())
}

/// A diagnostic of the compile phase.
pub(crate) fn compile_error(code: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Phase::Compile, code, message)
}

/// A diagnostic of the run phase.
pub(crate) fn run_error(code: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Phase::Run, code, message)
}

/// The first of a list that holds at least what went wrong.
pub(crate) fn first(diagnostics: Vec<Diagnostic>) -> Diagnostic {
    let mut all = diagnostics.into_iter();
    match all.next() {
        Some(mut d) => {
            d.notes.extend(all.map(|more| questions::Note { text: more.message, span: more.spans.into_iter().next() }));
            d
        }
        None => compile_error("cpp/limit", "the C++ compiler failed and did not say why"),
    }
}

/// Does the call take a Clojure value as a plain function? What is compiled from now on looks for errors that such a
/// function leaves: told here, before anything of the form runs, for a function that runs by then stays as it is.
fn passes_function(question: &Question, answer: &Result<Answer, Diagnostic>) -> bool {
    let (Question::Call(q), Ok(Answer::Call(a))) = (question, answer) else { return false };
    let boxed = |a: &questions::Arg| matches!(a, questions::Arg::Boxed {} | questions::Arg::Callback {});
    q.args.iter().zip(&a.args).any(|(q, t)| boxed(q) && t.kind == questions::TypeKind::FunctionPointer)
}

impl CppHost for Stubs {
    fn raw(&self, text: &str, file: &str, line: u32) -> Result<RawDone, Vec<Diagnostic>> {
        self.session.raw(text, file, line).inspect(|done| self.sites.redefined(&done.redefined))
    }
    fn include(&self, header: &str, from: &str) -> Result<RawDone, Vec<Diagnostic>> {
        self.session.include(header, from).inspect(|done| self.sites.redefined(&done.redefined))
    }
    fn link(&self, library: &str) -> Result<(), Diagnostic> {
        self.session.link(library)
    }
    fn ask(&self, questions: &[Question]) -> Vec<Result<Answer, Diagnostic>> {
        let answers = self.session.ask(questions);
        if questions.iter().zip(&answers).any(|(q, a)| passes_function(q, a)) {
            callback::begin();
        }
        answers
    }
    fn send(&self, first: u32, questions: &[Question]) {
        self.session.send(first, questions);
    }
    fn settle(&self) -> bool {
        self.session.settle()
    }
    fn known(&self, question: &Question) -> Option<Result<Answer, Diagnostic>> {
        let answer = self.session.known(question);
        if answer.as_ref().is_some_and(|a| passes_function(question, a)) {
            callback::begin();
        }
        answer
    }
    fn converts(&self, ty: &CppType) -> bool {
        convert::converts(self, ty)
    }
    fn bind_sites(&self, tree: &Tree, unit: &UnitData, sites: &[SiteId]) -> Result<(), Diagnostic> {
        self.sites.bind(&self.session, tree, unit, sites)
    }
    #[inline]
    unsafe fn call(&self, t: &Thread, stub: Trampoline, args: *const *mut u8, ret: *mut u8) -> Res<()> {
        // SAFETY: the caller's promise.
        unsafe { guard::call(t, stub, args, ret) }
    }
    unsafe fn to_value(&self, ty: &CppType, bits: u64) -> Res {
        // SAFETY: the caller's promise.
        unsafe { convert::to_value(self, ty, bits) }
    }
    unsafe fn from_value(&self, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
        // SAFETY: the caller's promise.
        unsafe { convert::from_value(self, v, ty, storage) }
    }
    unsafe fn callback(&self, v: Value, ty: &CppType, storage: *mut u8) -> Res<u64> {
        // SAFETY: the caller's promise.
        unsafe { callback::callback(self, v, ty, storage) }
    }
    fn box_pointer(&self, ty: &CppType, bits: u64) -> Res {
        Ok(boxes::pointer(ty, bits))
    }
    fn range(&self, boxed: Value) -> Option<Res> {
        boxes::range(self, boxed)
    }
    fn invoke(&self, boxed: Value, args: &[Value]) -> Option<Res> {
        boxes::invoke(self, boxed, args)
    }
    fn unbox(&self, v: Value, ty: &CppType) -> Res<u64> {
        boxes::unbox(v, ty)
    }
    unsafe fn own_value(
        &self,
        t: &Thread,
        ty: &CppType,
        source: u64,
        transfer: Option<Trampoline>,
        destroy: Option<Trampoline>,
    ) -> Res {
        // SAFETY: the caller's promise.
        unsafe { boxes::own(t, ty, source, transfer, destroy) }
    }
    fn catch_cpp(&self, error: Value, ty: &CppType) -> Option<u64> {
        guard::caught_as(self, error, ty)
    }
    fn run_inits(&self, inits: &[u64]) -> Res<()> {
        guard::run_inits(inits)
    }
    fn hold_headers(&self) {
        self.session.hold_headers();
    }
    fn read_headers(&self) -> Result<RawDone, Vec<Diagnostic>> {
        self.session.read_headers()
    }
    fn package(&self, name: &str) -> Result<(), Diagnostic> {
        self.session.package(name)
    }
    fn finish(&self) {
        library::finish();
    }
    fn complete(&self, prefix: &str, header: &str) -> Vec<Completion> {
        let (prefix, header) = (prefix.to_owned(), header.to_owned());
        match self.session.request(&Request::Complete { prefix, header }) {
            Ok(Response::Completions { items }) => items,
            _ => Vec::new(),
        }
    }
    fn metrics(&self) -> Vec<(&'static str, u64)> {
        let counts = self.sites.counts();
        vec![
            ("trampolines.made", counts.made),
            ("trampolines.shaped", counts.shaped),
            ("trampolines.shapes", thunks::SHAPES.load(Ordering::Relaxed)),
            ("trampolines.shared", counts.shared),
            ("clang.sessions", session::SESSIONS.load(Ordering::Relaxed)),
            ("clang.compiles", session::COMPILES.load(Ordering::Relaxed)),
        ]
    }
    fn environment_key(&self) -> [u8; 32] {
        self.session.environment_key()
    }
    fn prelude(&self, text: &str, symbols: Vec<(String, u64)>) -> Result<RawDone, Vec<Diagnostic>> {
        self.session.prelude(text, symbols)
    }
    fn declarations(&self) -> String {
        self.session.declarations()
    }
    fn callbacks_may_fail(&self) -> bool {
        callback::some_were_made()
    }
    fn direct_calls(&self) -> Option<engine::host::DirectCalls> {
        guard::direct_calls()
    }
    fn address_of(&self, symbol: &str) -> Option<u64> {
        self.sites.address(&self.session, symbol)
    }
    fn raise_left(&self) -> Res<()> {
        guard::raise_left()
    }
    fn exception_caught(&self) -> Thrown {
        guard::handled()
    }
    fn compile(&self, name: &str, text: &str, exports: &[String]) -> Result<Compiled, Vec<Diagnostic>> {
        self.session.compile(name, text, exports)
    }
    fn load(&self, object: Blob, symbols: Vec<(String, u64)>, exports: &[String]) -> Result<Loaded, Vec<Diagnostic>> {
        self.session.load(object, symbols, exports)
    }
}
