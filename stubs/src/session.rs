//! The one session with the Clang library: opened at the first need, held for one request, never while user code runs.
//! It remembers what was declared, for the environment key and for the answers that it keeps.

use crate::answers::{Answers, Given};
use crate::environment::{Environment, Header, included, read_header};
use crate::generated::Headers;
use crate::library::{Library, Ticket};
use crate::{StubsConfig, compile_error, first, guard, link, provider, runtime};
use engine::clock::{self, Part};
use engine::table::HashSet;
use parking_lot::Mutex;
use questions::{
    Answer, Arg, Blob, CallQuestion, Callee, Category, Compiled, Diagnostic, Loaded, Question, RawDone, Repr, Request,
    Response, SessionConfig,
};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) struct Session {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    config: StubsConfig,
    library: Option<Library>,
    environment: Option<Environment>,
    answers: Answers,
    /// Headers and libraries that are there already.
    included: HashSet<String>,
    linked: HashSet<String>,
    packages: HashSet<String>,
    /// What the program declared, in order.
    declared: String,
    /// The runtime table is bound: generated C++ and the `rung/` headers may be used.
    runtime: bool,
    /// The program's own C++ uses the `rung/` headers.
    conversions: bool,
    /// Questions under way, in the order in which they were sent.
    flights: VecDeque<Flight>,
    /// What their series is about so far, by number; and whether some of it was lost.
    series: Vec<Option<(String, Category)>>,
    lost: bool,
    /// Questions that follow from answers.
    destructors: Vec<Question>,
    /// Headers that wait to be read together, since together they may be precompiled; `holding`: more may come.
    waiting: Vec<Waiting>,
    holding: u32,
    /// Initialisers of headers that were read while something else was asked for.
    owed: Vec<u64>,
}

/// Questions that were sent.
struct Flight {
    questions: Vec<Question>,
    first: u32,
    ticket: Ticket,
}

/// A header that was included and not read yet.
struct Waiting {
    name: String,
    from: String,
    content: Header,
}

type Diagnostics = Vec<Diagnostic>;

/// Modules that Clang compiled, and sessions that were opened, those included that replaced a dead one.
pub(crate) static COMPILES: AtomicU64 = AtomicU64::new(0);
pub(crate) static SESSIONS: AtomicU64 = AtomicU64::new(0);

impl Session {
    pub(crate) fn new(config: StubsConfig) -> Session {
        Session { state: Mutex::new(State { config, ..State::default() }) }
    }
    pub(crate) fn configure(&self, config: StubsConfig) -> bool {
        let mut s = self.state.lock();
        let closed = s.library.is_none();
        if closed {
            s.config = config;
            s.environment = None;
        }
        closed
    }
    pub(crate) fn is_open(&self) -> bool {
        self.state.lock().library.is_some()
    }
    pub(crate) fn environment_key(&self) -> [u8; 32] {
        let mut s = self.state.lock();
        let _ = s.settle();
        s.environment().key()
    }
    pub(crate) fn request(&self, request: &Request) -> Result<Response, Diagnostic> {
        self.state.lock().request(request)
    }

    pub(crate) fn raw(&self, text: &str, file: &str, line: u32) -> Result<RawDone, Diagnostics> {
        let mut s = self.state.lock();
        let dirs = s.config.include_dirs.clone();
        let headers: Vec<_> = included(text).iter().map(|n| read_header(n, &dirs)).collect();
        if headers.iter().any(|h| h.needs_runtime) || text.contains("rung::") {
            s.bind_runtime().map_err(|d| vec![d])?;
            s.conversions = true;
        }
        s.settle().map_err(|d| vec![d])?;
        let mut done = s.declare(text, file, line)?;
        done.inits.splice(0..0, s.owed.drain(..));
        headers.iter().for_each(|h| s.environment().header(h));
        s.environment().raw(text);
        s.declared.push_str(text);
        s.declared.push('\n');
        s.answers.declared(&done.redefined);
        Ok(done)
    }

    pub(crate) fn include(&self, header: &str, from: &str) -> Result<RawDone, Diagnostics> {
        let mut s = self.state.lock();
        let name = resolve(header, from);
        if s.included.contains(&name) {
            return Ok(RawDone::default());
        }
        let content = read_header(&name, &s.config.include_dirs);
        if s.waiting.iter().all(|w| w.name != name) {
            s.waiting.push(Waiting { name, from: from.to_owned(), content });
        }
        if s.holding > 0 { Ok(RawDone::default()) } else { s.read_waiting() }
    }

    /// Headers that are included from now on may be read later, all in one.
    pub(crate) fn hold_headers(&self) {
        self.state.lock().holding += 1;
    }
    /// Reads what waits.
    pub(crate) fn read_headers(&self) -> Result<RawDone, Diagnostics> {
        let mut s = self.state.lock();
        s.holding = s.holding.saturating_sub(1);
        if s.holding > 0 { Ok(RawDone::default()) } else { s.read_waiting() }
    }

    /// Folders for headers and libraries, and libraries, as a package's description says them.
    pub(crate) fn package(&self, name: &str) -> Result<(), Diagnostic> {
        let package = crate::package::find(name)?;
        let mut s = self.state.lock();
        let fresh: Vec<String> =
            package.include_dirs.into_iter().filter(|d| !s.config.include_dirs.contains(d)).collect();
        if !fresh.is_empty() {
            for d in &fresh {
                s.environment().include_dir(d);
            }
            s.config.include_dirs.extend(fresh.iter().cloned());
            if s.library.is_some() {
                s.request(&Request::Search { include_dirs: fresh })?;
            }
        }
        for d in package.library_dirs {
            if !s.config.library_dirs.contains(&d) {
                s.config.library_dirs.push(d);
            }
        }
        if !package.defines.is_empty() && s.packages.insert(name.to_owned()) {
            let done = s.declare(&package.defines, "pkg-config", 0).map_err(first)?;
            s.owed.extend(done.inits);
            s.declared.push_str(&package.defines);
            s.environment().raw(&package.defines);
        }
        s.link_config()?;
        package.libraries.iter().try_for_each(|l| s.link(l))
    }

    /// C++ text of our own making: no part of the environment, and no answer changes by it.
    pub(crate) fn raw_internal(&self, text: &str, headers: Headers) -> Result<RawDone, Diagnostic> {
        let mut s = self.state.lock();
        if headers == Headers::Rung {
            s.bind_runtime()?;
        }
        s.declare(text, "rung", 1).map_err(first)
    }

    /// The same for text that needs nothing of the runtime table.
    pub(crate) fn prelude(&self, text: &str, symbols: Vec<(String, u64)>) -> Result<RawDone, Diagnostics> {
        let mut s = self.state.lock();
        match s.request(&Request::Bind { symbols }) {
            Ok(Response::Addresses { .. }) => s.declare(text, "rung", 1),
            other => Err(failure(other)),
        }
    }

    pub(crate) fn declarations(&self) -> String {
        let mut s = self.state.lock();
        // Their error is told to whoever asks for a name of theirs.
        let _ = s.settle();
        s.declared.clone()
    }

    pub(crate) fn lookup(&self, symbol: &str) -> Result<u64, Diagnostic> {
        self.state.lock().lookup(symbol)
    }

    /// The address of what is linked already, where nobody else talks to the compiler now.
    pub(crate) fn linked(&self, symbol: &str) -> Option<u64> {
        let mut s = self.state.try_lock()?;
        s.library.as_ref()?;
        s.lookup(symbol).ok()
    }

    pub(crate) fn link(&self, library: &str) -> Result<(), Diagnostic> {
        let mut s = self.state.lock();
        s.link_config()?;
        s.link(library)
    }

    pub(crate) fn known(&self, question: &Question) -> Option<Result<Answer, Diagnostic>> {
        let s = self.state.lock();
        // What waits to be read may change any answer.
        if s.waiting.is_empty() { s.answers.get(question).cloned() } else { None }
    }

    pub(crate) fn ask(&self, questions: &[Question]) -> Vec<Result<Answer, Diagnostic>> {
        let mut s = self.state.lock();
        if let Err(d) = s.settle() {
            return vec![Err(d); questions.len()];
        }
        let mut seen = HashSet::default();
        let fresh: Vec<Question> =
            questions.iter().filter(|q| s.answers.get(q).is_none() && seen.insert(*q)).cloned().collect();
        if !fresh.is_empty() {
            if let Err(d) = s.runtime_for(&fresh) {
                return vec![Err(d); questions.len()];
            }
            match s.request(&Request::Ask { questions: fresh.clone(), first: 0 }) {
                Ok(Response::Answers { answers, .. }) if answers.len() == fresh.len() => {
                    for (q, mut answer) in fresh.into_iter().zip(answers) {
                        answer.iter_mut().for_each(|a| q.site(a));
                        s.answers.put(q, answer);
                    }
                }
                other => {
                    let failed = first(failure(other));
                    return questions
                        .iter()
                        .map(|q| s.answers.get(q).cloned().unwrap_or(Err(failed.clone())))
                        .collect();
                }
            }
        }
        let absent = || Err(compile_error("cpp/limit", "the C++ compiler left a question unanswered"));
        questions.iter().map(|q| s.answers.get(q).cloned().unwrap_or_else(absent)).collect()
    }

    /// Asks without waiting; `first` is the number of the first of the questions in their series.
    pub(crate) fn send(&self, first: u32, questions: &[Question]) {
        let mut s = self.state.lock();
        if first == 0 {
            s.land();
            s.series.clear();
            s.lost = false;
        }
        if !s.waiting.is_empty() {
            // Headers are to be read first, and their errors told by whoever asks.
            s.lost = true;
        } else if !questions.is_empty() {
            // An error is told to whoever asks.
            s.lost |= s.runtime_for(questions).is_err();
            s.take_off(first, questions.to_vec());
        }
    }

    /// Waits for what was sent. False: some of it was lost.
    pub(crate) fn settle(&self) -> bool {
        let mut s = self.state.lock();
        s.land();
        !s.lost
    }

    /// May a type outside the standard library have a conversion of its own? Only if some text or header used `rung/`.
    pub(crate) fn has_conversions(&self) -> bool {
        self.state.lock().conversions
    }

    /// Asks with the `rung/` headers in place.
    pub(crate) fn ask_with_runtime(&self, q: Question) -> Result<Answer, Diagnostic> {
        self.state.lock().bind_runtime()?;
        self.ask(std::slice::from_ref(&q)).pop().unwrap_or_else(|| Err(compile_error("cpp/limit", "no answer")))
    }

    pub(crate) fn compile(&self, name: &str, text: &str, exports: &[String]) -> Result<Compiled, Diagnostics> {
        let request = Request::Compile { name: name.to_owned(), text: text.to_owned(), exports: exports.to_vec() };
        match self.request(&request) {
            Ok(Response::Compiled(c)) => Ok(c),
            other => Err(failure(other)),
        }
    }

    pub(crate) fn load(
        &self,
        object: Blob,
        symbols: Vec<(String, u64)>,
        exports: &[String],
    ) -> Result<Loaded, Diagnostics> {
        match self.request(&Request::Load { object, symbols, exports: exports.to_vec() }) {
            Ok(Response::Loaded(l)) => Ok(l),
            other => Err(failure(other)),
        }
    }
}

impl State {
    fn environment(&mut self) -> &mut Environment {
        let config = &self.config;
        self.environment.get_or_insert_with(|| {
            let mut e = Environment::new(&config.flags, &config.include_dirs);
            config.headers.iter().for_each(|h| e.header(&read_header(h, &config.include_dirs)));
            config.libraries.iter().for_each(|l| e.library(l));
            e
        })
    }

    /// The library, opened with the configuration if it is not yet.
    fn open(&mut self) -> Result<(), Diagnostic> {
        if self.library.is_some() {
            return Ok(());
        }
        self.link_config()?;
        let mut library = Library::open()?;
        let mut include_dirs = self.config.include_dirs.clone();
        include_dirs.extend(runtime::include_dir(&self.config.cache_dir).map(|p| p.to_string_lossy().into_owned()));
        let config = SessionConfig {
            include_dirs,
            flags: self.config.flags.clone(),
            cache_dir: self.config.cache_dir.clone(),
            headers: self.config.headers.clone(),
            builder: self.config.builder.clone(),
            seconds: self.config.seconds,
            mebibytes: self.config.mebibytes,
        };
        match library.request(&Request::Open { config })? {
            Response::Opened {} => {
                SESSIONS.fetch_add(1, Ordering::Relaxed);
                // Clang's crash recovery has put its handlers in place.
                engine::signal::share();
                self.library = Some(library);
            }
            other => return Err(first(failure(Ok(other)))),
        }
        Ok(())
    }

    /// The command line's libraries, which the environment's key holds from the start.
    fn link_config(&mut self) -> Result<(), Diagnostic> {
        self.environment();
        for l in std::mem::take(&mut self.config.libraries) {
            link::link(&l, &self.config)?;
            self.linked.insert(l);
        }
        Ok(())
    }

    fn link(&mut self, library: &str) -> Result<(), Diagnostic> {
        if !self.linked.contains(library) {
            link::link(library, &self.config)?;
            self.linked.insert(library.to_owned());
            self.environment().library(library);
        }
        Ok(())
    }

    fn take_off(&mut self, first: u32, questions: Vec<Question>) {
        let request = Request::Ask { questions, first };
        let sent = self.open().and_then(|()| match &mut self.library {
            Some(library) => library.send(&request),
            None => Err(compile_error("cpp/unavailable", "the C++ compiler is not open")),
        });
        match (sent, request) {
            (Ok(ticket), Request::Ask { questions, .. }) => self.flights.push_back(Flight { questions, first, ticket }),
            _ => self.lost = true,
        }
    }

    /// Receives the answers of what is under way, and keeps them under the questions that they answer.
    fn land(&mut self) {
        while let Some(Flight { questions: asked, first, ticket }) = self.flights.pop_front() {
            let Some(library) = &mut self.library else { return };
            match clock::timed(Part::Lookup, || library.receive(ticket)) {
                Ok(Response::Answers { answers, .. }) if answers.len() == asked.len() => {
                    for (q, answer) in asked.into_iter().zip(answers) {
                        self.landed(first, q, answer);
                    }
                    let more = std::mem::take(&mut self.destructors);
                    if !more.is_empty() {
                        self.take_off(questions::ASIDE, more);
                    }
                }
                other => {
                    if matches!(other, Ok(Response::Died { .. })) {
                        SESSIONS.fetch_add(1, Ordering::Relaxed);
                    }
                    if first != questions::ASIDE {
                        self.series.resize(self.series.len() + asked.len(), None);
                    }
                    self.lost = true;
                }
            }
        }
    }

    fn landed(&mut self, first: u32, q: Question, mut answer: Given) {
        let q = q.complete(|n| self.series.get(n as usize)?.clone());
        if first != questions::ASIDE {
            self.series.push(answer.as_ref().ok().and_then(Answer::as_argument));
        }
        let Some(q) = q else { return };
        if let Ok(answer) = &mut answer {
            q.site(answer);
            // Whoever makes an object asks next how it ends.
            if let Answer::Call(call) = answer {
                let ty = &call.result;
                if call.result_category == Category::Prvalue && ty.repr == Repr::Memory && !ty.trivially_destructible {
                    let args = vec![Arg::Native { ty: ty.name.clone(), category: Category::Lvalue }];
                    let callee = Callee::Destroy { ty: ty.name.clone() };
                    let question = Question::Call(CallQuestion { callee, args });
                    if self.answers.get(&question).is_none() && !self.destructors.contains(&question) {
                        self.destructors.push(question);
                    }
                }
            }
        }
        self.answers.put(q, answer);
    }

    /// Reads the headers that wait, for whoever needs them without having included them.
    fn settle(&mut self) -> Result<(), Diagnostic> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let done = self.read_waiting().map_err(first)?;
        guard::run_inits_or_diagnostic(&done.inits)
    }

    fn read_waiting(&mut self) -> Result<RawDone, Diagnostics> {
        let all = std::mem::take(&mut self.waiting);
        if all.is_empty() {
            return Ok(RawDone { inits: std::mem::take(&mut self.owed), ..RawDone::default() });
        }
        if all.iter().any(|w| w.content.needs_runtime) {
            self.bind_runtime().map_err(|d| vec![d])?;
            self.conversions = true;
        }
        let line = |name: &str| match name.starts_with('/') {
            true => format!("#include \"{name}\"\n"),
            false => format!("#include <{name}>\n"),
        };
        let text: String = all.iter().map(|w| line(&w.name)).collect();
        let from = all.last().map(|w| w.from.clone()).unwrap_or_default();
        let mut done =
            self.declare(&text, &from, 0).map_err(|errors| errors.into_iter().map(as_include).collect::<Vec<_>>())?;
        done.inits.splice(0..0, self.owed.drain(..));
        for w in all {
            self.environment().header(&w.content);
            self.included.insert(w.name);
        }
        self.declared.push_str(&text);
        self.answers.declared(&done.redefined);
        Ok(done)
    }

    fn request(&mut self, request: &Request) -> Result<Response, Diagnostic> {
        self.land();
        self.open()?;
        if !matches!(request, Request::Raw { .. } | Request::Search { .. } | Request::Shapes { .. }) {
            self.settle()?;
        }
        let Some(library) = &mut self.library else {
            return Err(compile_error("cpp/unavailable", "the C++ compiler is not open"));
        };
        let part = match request {
            Request::Ask { .. } => Some(Part::Lookup),
            Request::Trampolines { .. } => Some(Part::Trampolines),
            Request::Compile { .. } => Some(Part::Compile),
            Request::Load { .. } => Some(Part::Link),
            _ => None,
        };
        let answer = match part {
            Some(part) => clock::timed(part, || library.request(request)),
            None => library.request(request),
        };
        if matches!(request, Request::Trampolines { .. } | Request::Compile { .. } | Request::Raw { .. }) {
            COMPILES.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(answer, Ok(Response::Died { .. })) {
            SESSIONS.fetch_add(1, Ordering::Relaxed);
        }
        answer.map(|mut r| {
            provider::explain(&mut r, &self.config.library_dirs);
            r
        })
    }

    fn declare(&mut self, text: &str, file: &str, line: u32) -> Result<RawDone, Diagnostics> {
        match self.request(&Request::Raw { text: text.to_owned(), file: file.to_owned(), line }) {
            Ok(Response::Raw(done)) => Ok(done),
            other => Err(failure(other)),
        }
    }

    fn lookup(&mut self, symbol: &str) -> Result<u64, Diagnostic> {
        match self.request(&Request::Lookup { symbols: vec![symbol.to_owned()] }) {
            Ok(Response::Addresses { addresses }) if addresses.first().is_some_and(|a| *a != 0) => Ok(addresses[0]),
            Ok(Response::Addresses { .. }) => Err(compile_error("cpp/link", format!("no symbol {symbol}"))),
            other => Err(first(failure(other))),
        }
    }

    /// The `rung/` headers, where a question wants them.
    fn runtime_for(&mut self, questions: &[Question]) -> Result<(), Diagnostic> {
        if questions.iter().any(Question::wants_runtime) { self.bind_runtime() } else { Ok(()) }
    }

    /// Generated code and the `rung/` headers reach the language through one pointer, which this defines and fills.
    fn bind_runtime(&mut self) -> Result<(), Diagnostic> {
        if self.runtime {
            return Ok(());
        }
        let text = "#include <rung/rung.hpp>\nextern \"C\" { const ::rung::runtime *rung_runtime = nullptr; }\n";
        let done = self.declare(text, "rung", 1).map_err(first)?;
        let place = self.lookup("rung_runtime")?;
        // SAFETY: the address of the variable just defined: one pointer.
        unsafe { *(place as *mut *const runtime::Runtime) = runtime::table() };
        self.runtime = true;
        guard::run_inits_or_diagnostic(&done.inits)
    }
}

/// What a response says that is not the one wanted.
pub(crate) fn failure(response: Result<Response, Diagnostic>) -> Diagnostics {
    match response {
        Err(d) => vec![d],
        Ok(Response::Failed { diagnostics }) if !diagnostics.is_empty() => diagnostics,
        // The library has put a new session in its place, which has read all earlier inputs again.
        Ok(Response::Died { diagnostics }) if !diagnostics.is_empty() => diagnostics,
        Ok(Response::Died { .. }) => {
            vec![compile_error("cpp/limit", "the C++ compiler crashed on this and was replaced")]
        }
        Ok(Response::Failed { .. }) => vec![compile_error("cpp/limit", "the C++ compiler failed and did not say why")],
        Ok(_) => vec![compile_error("cpp/limit", "the C++ compiler answered another question")],
    }
}

/// A path with `./` or `../` is relative to the file that names it; anything else goes through the include folders.
fn resolve(header: &str, from: &str) -> String {
    let header = header.trim_matches(['<', '>', '"']);
    if !header.starts_with("./") && !header.starts_with("../") {
        return header.to_owned();
    }
    let base = Path::new(from).parent().unwrap_or(Path::new(""));
    let path: PathBuf = base.join(header);
    path.canonicalize().or_else(|_| std::path::absolute(&path)).unwrap_or(path).to_string_lossy().into_owned()
}

fn as_include(mut d: Diagnostic) -> Diagnostic {
    if matches!(d.code.as_str(), "cpp/raw" | "cpp/syntax") {
        d.code = "cpp/include".into();
    }
    d
}
