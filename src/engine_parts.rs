//! Assembly: the engine's parts put in place, and the thread that runs the main program.

use crate::session::Session;
use crate::store;
use engine::analyze::LoopId;
use engine::clock::{self, Part};
use engine::code::Code;
use engine::diagnostic::{Diagnostic, Phase};
use engine::host::{self, LoopEntry, Parts};
use engine::thread::Thread;
use engine::{heap, signal, space, thread};
use serde_json::{Map, Value as Json};
use std::path::PathBuf;
use std::sync::OnceLock;
use stubs::{Stubs, StubsConfig};
use tierup::clang::{self, Clang};
use tierup::policy::{Strategy, TierUp};
use tierup::{events, metrics, tuning};

/// Native stack that a program may use under `gc.stress`.
const STRESSED_STACK: usize = 512 << 10;

/// What `--strategy` takes.
pub const STRATEGIES: [&str; 5] = ["tiered", "interpret", "baseline", "clang", "stubs"];

/// Address space for the main program's native stack; touched pages are mapped as they are needed.
const MAIN_STACK: usize = 64 << 20;

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// One of [`STRATEGIES`].
    pub strategy: String,
    /// Names and values of `--tune`, checked when the engine starts.
    pub tunes: Vec<(String, u64)>,
    pub include_dirs: Vec<String>,
    pub library_dirs: Vec<String>,
    pub libraries: Vec<String>,
    pub headers: Vec<String>,
    /// Folders in which namespaces are sought.
    pub path: Vec<String>,
    /// Bytes; 0: no limit.
    pub max_heap: usize,
    /// Functions whose code will be asked for.
    pub dump: Vec<String>,
    /// Where what was compiled is kept.
    pub cache: PathBuf,
    /// The program `rung`, which precompiles headers for the next process in a process of its own; empty: this process
    /// does, when it has nothing else to do.
    pub builder: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            strategy: STRATEGIES[0].to_owned(),
            tunes: Vec::new(),
            include_dirs: Vec::new(),
            library_dirs: Vec::new(),
            libraries: Vec::new(),
            headers: Vec::new(),
            path: Vec::new(),
            max_heap: 0,
            dump: Vec::new(),
            cache: store::folder(),
            builder: PathBuf::new(),
        }
    }
}

/// The names that `--tune` takes.
pub fn tune_names() -> Vec<String> {
    tuning::KNOBS.iter().map(|k| k.0.to_owned()).collect()
}

/// The flags of the session with Clang (stubs/clang): they fix C++'s arithmetic and definedness for every tier.
pub const CXX_FLAGS: [&str; 5] =
    ["-std=c++20", "-ffp-contract=off", "-fno-strict-aliasing", "-fwrapv", "-fno-delete-null-pointer-checks"];

/// The engine, assembled. One a process.
#[derive(Debug)]
pub struct Engine(());

impl Engine {
    /// Puts the parts in place. Nothing is opened, no C++ compiler and no cache, before something needs it.
    ///
    /// # Errors
    /// A second engine in the process; a `--tune` name or strategy that is none.
    pub fn start(settings: Settings) -> Result<Engine, Diagnostic> {
        signal::install();
        for (name, value) in &settings.tunes {
            tuning::set(name, &value.to_string())
                .map_err(|e| Diagnostic::new(Phase::Run, "rung/tune", e.to_string()))?;
        }
        heap::configure(tuning::gc_config(settings.max_heap));
        let Some(strategy) = Strategy::named(&settings.strategy) else {
            let message = format!("`{}` is no strategy; there are {}", settings.strategy, STRATEGIES.join(", "));
            return Err(Diagnostic::new(Phase::Run, "rung/usage", message));
        };
        let calls = if strategy == Strategy::Stubs { clang::Strategy::Stubs } else { clang::Strategy::Direct };
        let tiers = TIERS.get_or_init(|| TierUp::new(strategy, Some(Box::new(Clang::new(calls)))));
        let cpp = Stubs::new(StubsConfig {
            include_dirs: settings.include_dirs,
            library_dirs: settings.library_dirs,
            libraries: settings.libraries,
            headers: settings.headers,
            flags: Vec::new(),
            cache_dir: settings.cache.to_string_lossy().into_owned(),
            builder: match tuning::get(tuning::Knob::CPP_PCH) {
                0 => stubs::NO_BUILDER.to_owned(),
                _ => settings.builder.to_string_lossy().into_owned(),
            },
            seconds: tuning::get(tuning::Knob::CPP_SECONDS) as u32,
            mebibytes: tuning::get(tuning::Knob::CPP_MEMORY) as u32,
        });
        let parts = Parts {
            evaluator: Box::new(interp::Interp),
            tiers: Box::new(Tiers(tiers)),
            cpp: Box::new(cpp),
            store: Box::new(store::Files::new(settings.cache)),
        };
        if !host::assemble(parts) {
            return Err(Diagnostic::new(Phase::Run, "rung/usage", "a process can hold one engine only"));
        }
        provide();
        space::require::set_path(settings.path.into_iter().map(PathBuf::from));
        if settings.max_heap > 0 {
            heap::take_reserve();
        }
        Ok(Engine(()))
    }

    /// Runs `f` on a thread with the main program's large stack, and waits for it.
    pub fn run<R: Send>(&self, f: impl FnOnce(&Session) -> R + Send) -> R {
        std::thread::scope(|scope| {
            let main =
                std::thread::Builder::new().name("main".to_owned()).stack_size(MAIN_STACK).spawn_scoped(scope, || {
                    let thread = thread::attach();
                    if tuning::get(tuning::Knob::GC_STRESS) > 0 {
                        // A collection at every few allocations scans the whole stack each time: deep recursion must end early.
                        thread.restrict_stack(STRESSED_STACK);
                    }
                    signal::guard_thread();
                    f(&Session::new())
                });
            match main.map(|m| m.join()) {
                Ok(Ok(r)) => r,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(e) => fault(&format!("no thread for the main program: {e}")),
            }
        })
    }
}

/// A fault of ours or of the machine's that nothing can go on after.
fn fault(message: &str) -> ! {
    eprintln!("rung: {message}");
    signal::leave(2)
}

/// What `--trace-tier` shows of an event.
pub(crate) struct Traced {
    pub function: String,
    /// One object.
    pub json: String,
    /// For people.
    pub line: String,
}

impl Engine {
    /// Calls `hook` with every event from now on, in the thread where it happens.
    pub(crate) fn trace(&self, hook: Box<dyn Fn(Traced) + Send + Sync>) {
        events::listen(move |e| {
            let json = serde_json::to_string(e).unwrap_or_default();
            hook(Traced { function: e.function.clone(), json, line: line(e) })
        });
    }

    /// Metrics whose names `wanted` takes, by name.
    pub(crate) fn metrics(wanted: impl Fn(&str) -> bool) -> Map<String, Json> {
        let all = serde_json::from_str(&host::parts().tiers.metrics_json()).unwrap_or_default();
        let Json::Object(all) = all else { return Map::new() };
        all.into_iter().filter(|(name, _)| wanted(name)).collect()
    }

    /// The C++ that the Clang tier makes of a function.
    ///
    /// # Errors
    /// No such function, or the tier cannot take it.
    pub(crate) fn dump_cpp(name: &str) -> Result<String, Diagnostic> {
        dump(name, 2)
    }

    /// Tier 1's code of a function, before Cranelift compiles it.
    ///
    /// # Errors
    /// As for `dump_cpp`.
    pub(crate) fn dump_clif(name: &str) -> Result<String, Diagnostic> {
        dump(name, 1)
    }
}

fn dump(name: &str, tier: u8) -> Result<String, Diagnostic> {
    let mut found: Option<&'static Code> = None;
    let mut names = Vec::new();
    Code::each(|c| {
        if c.body.is_some() {
            // The newest definition counts; a name without namespace is taken where it is the end of one.
            if c.name == name || c.name.rsplit_once('/').is_some_and(|(_, short)| short == name) {
                found = Some(c);
            }
            names.push(c.name.as_str());
        }
    });
    let Some(code) = found else {
        let d = Diagnostic::new(Phase::Compile, "rung/usage", format!("there is no function `{name}`"));
        let near = crate::codes::nearest(name, names.into_iter());
        return Err(match near {
            Some(near) => d.help(near),
            None => d,
        });
    };
    let made = TIERS.get().map(|t| t.dump(code, tier));
    match made {
        Some(Ok(text)) => Ok(text),
        Some(Err(stay)) => {
            let message = format!("`{}` is not compiled by tier {tier}: {}", code.name, stay.0);
            Err(Diagnostic::new(Phase::Compile, "compile/failed", message))
        }
        None => Err(Diagnostic::new(Phase::Compile, "rung/usage", "no engine is running")),
    }
}

/// Figures that other parts than the tiers keep.
fn provide() {
    metrics::provide("cache.hits", "objects", "objects found in the store", || store::hits().into());
    metrics::provide("cache.misses", "objects", "objects sought in the store and not found", || store::misses().into());
    for (name, help) in CPP_METRICS {
        metrics::provide(name, "count", help, move || {
            let all = host::parts().cpp.metrics();
            all.iter().find(|m| m.0 == name).map_or(0, |m| m.1).into()
        });
    }
}

/// What the C++ host counts.
const CPP_METRICS: [(&str, &str); 6] = [
    ("trampolines.made", "trampolines that Clang compiled"),
    ("trampolines.shared", "call sites that found their trampoline made"),
    ("trampolines.shaped", "trampolines from recipes, with nothing compiled"),
    ("trampolines.shapes", "shapes of recipes that were hot and compiled"),
    ("clang.sessions", "sessions opened with Clang"),
    ("clang.compiles", "modules that Clang compiled"),
];

static TIERS: OnceLock<TierUp> = OnceLock::new();

/// The tiers as the engine sees them; the reports ask them for more.
struct Tiers(&'static TierUp);

impl host::Tiers for Tiers {
    fn defined(&self, code: &'static Code) {
        clock::timed(Part::Generation, || self.0.defined(code))
    }
    fn call_hot(&self, t: &Thread, code: &'static Code) {
        clock::timed(Part::Generation, || self.0.call_hot(t, code))
    }
    fn loop_hot(&self, t: &Thread, code: &'static Code, arity: u32, id: LoopId) -> Option<LoopEntry> {
        clock::timed(Part::Generation, || self.0.loop_hot(t, code, arity, id))
    }
    fn tier(&self, code: &'static Code) -> u8 {
        self.0.tier(code)
    }
    fn invalidate(&self, code: &'static Code, reason: &str) {
        self.0.invalidate(code, reason)
    }
    fn cpp_redefined(&self, names: &[&str]) {
        self.0.cpp_redefined(names)
    }
    fn callbacks_begin(&self) {
        self.0.callbacks_begin()
    }
    fn events_json(&self) -> String {
        self.0.events_json()
    }
    fn metrics_json(&self) -> String {
        self.0.metrics_json()
    }
}

/// `  12.3 ms  promote  user/f  0 → 1  calls 150  (compile 210 µs)`
fn line(e: &events::Event) -> String {
    let kind = serde_json::to_value(e.event).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let mut text = format!("{:>9.1} ms  {kind:<10} {}", e.t_us as f64 / 1e3, e.function);
    if e.from != e.to {
        text.push_str(&format!("  {} → {}", e.from, e.to));
    }
    if !e.reason.is_empty() {
        text.push_str(&format!("  {}", e.reason));
    }
    if e.count > 0 {
        text.push_str(&format!(" at {}", e.count));
    }
    if e.queue_us > 0 {
        text.push_str(&format!("  waited {}", crate::report::table::time(e.queue_us as f64)));
    }
    for (phase, us) in &e.phases {
        text.push_str(&format!("  {phase} {}", crate::report::table::time(*us)));
    }
    text
}

/// One metric's value; null where there is none of the name.
pub(crate) fn metric(name: &str) -> Json {
    Engine::metrics(|n| n == name).remove(name).unwrap_or_default()
}

/// Returns when no compilation is queued or running.
pub(crate) fn wait_for_compilers() {
    if let Some(tiers) = TIERS.get() {
        tiers.drain();
    }
}
