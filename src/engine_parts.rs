//! Assembly: the engine's parts put in place, and the thread that runs the main program.

use crate::session::Session;
use crate::store;
use engine::diagnostic::{Diagnostic, Phase};
use engine::host::{self, Parts};
use engine::{heap, signal, thread};
use serde_json::{Map, Value as Json};
use std::path::PathBuf;
use stubs::{Stubs, StubsConfig};
use tierup::{events, tuning};

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
        }
    }
}

/// The names that `--tune` takes.
pub fn tune_names() -> Vec<String> {
    tuning::KNOBS.iter().map(|k| k.0.to_owned()).collect()
}

/// The flags that fix C++'s arithmetic and definedness for every tier (design, 'Same answers').
pub const CXX_FLAGS: [&str; 4] =
    ["-ffp-contract=off", "-fno-strict-aliasing", "-fwrapv", "-fno-delete-null-pointer-checks"];

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
        let cpp = Stubs::new(StubsConfig {
            include_dirs: settings.include_dirs,
            library_dirs: settings.library_dirs,
            libraries: settings.libraries,
            headers: settings.headers,
            flags: Vec::new(),
            cache_dir: settings.cache.to_string_lossy().into_owned(),
        });
        let parts = Parts {
            evaluator: Box::new(interp::Interp),
            tiers: Box::new(tiers(&settings.strategy)?),
            cpp: Box::new(cpp),
            store: Box::new(store::Files::new(settings.cache)),
        };
        if !host::assemble(parts) {
            return Err(Diagnostic::new(Phase::Run, "rung/usage", "a process can hold one engine only"));
        }
        heap::configure(tuning::gc_config(settings.max_heap));
        if settings.max_heap > 0 {
            heap::take_reserve();
        }
        Ok(Engine(()))
    }

    /// Runs `f` on a thread with the main program's large stack, and waits for it.
    pub fn run<R: Send>(&self, f: impl FnOnce(&Session) -> R + Send) -> R {
        std::thread::scope(|scope| {
            let main = std::thread::Builder::new().name("main".to_owned()).stack_size(MAIN_STACK).spawn_scoped(scope, || {
                thread::attach();
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

    /// # Errors
    /// No such function, or the tier cannot take it.
    pub(crate) fn dump_cpp(name: &str) -> Result<String, Diagnostic> {
        Err(no_function(name))
    }

    /// # Errors
    /// As for `dump_cpp`.
    pub(crate) fn dump_clif(name: &str) -> Result<String, Diagnostic> {
        Err(no_function(name))
    }
}

fn no_function(name: &str) -> Diagnostic {
    Diagnostic::new(Phase::Compile, "rung/usage", format!("no function `{name}` was compiled"))
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
pub(crate) fn wait_for_compilers() {}

/// Folders of Rung's own C++ headers.
pub(crate) fn include_dirs() -> Vec<PathBuf> {
    Vec::new()
}
struct NoTiers;
impl host::Tiers for NoTiers {
    fn defined(&self, _: &'static engine::code::Code) {}
    fn call_hot(&self, _: &engine::thread::Thread, _: &'static engine::code::Code) {}
    fn loop_hot(&self, _: &engine::thread::Thread, _: &'static engine::code::Code, _: u32, _: engine::analyze::LoopId) -> Option<host::LoopEntry> { None }
    fn invalidate(&self, _: &'static engine::code::Code, _: &str) {}
    fn events_json(&self) -> String { events::json() }
    fn metrics_json(&self) -> String { "{}".into() }
}
fn tiers(_: &str) -> Result<NoTiers, Diagnostic> { Ok(NoTiers) }
