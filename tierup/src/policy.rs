//! What is compiled when: strategies, pins, counters, promotion. The engine tells what is defined and what is hot; what
//! comes of it has no effect on what a program computes.

use crate::baseline::Baseline;
use crate::compiler::{Compiled, Compiler, Job, Want};
use crate::events::{Event, Kind};
use crate::install::{self, State};
use crate::lower::{self, Stay};
use crate::queue::Queue;
use crate::tuning::{self, Knob};
use crate::{events, metrics};
use engine::analyze::{Expr, FnId, LoopId, SiteId};
use engine::code::Code;
use engine::host::{LoopEntry, Tiers};
use engine::thread::Thread;
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

/// `--strategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    #[default]
    Tiered,
    /// Tier 0 only.
    Interpret,
    /// User namespaces in tier 1, from definition on.
    Baseline,
    /// User namespaces in tier 2, from definition on.
    Clang,
    /// As `Clang`, calling trampolines instead of inlining C++.
    Stubs,
}

impl Strategy {
    pub const ALL: [(&'static str, Strategy); 5] = [
        ("tiered", Strategy::Tiered),
        ("interpret", Strategy::Interpret),
        ("baseline", Strategy::Baseline),
        ("clang", Strategy::Clang),
        ("stubs", Strategy::Stubs),
    ];
    pub fn named(name: &str) -> Option<Strategy> {
        Strategy::ALL.iter().find(|s| s.0 == name).map(|s| s.1)
    }
    /// The tier that user namespaces are pinned to.
    fn pinned(self) -> Option<u8> {
        match self {
            Strategy::Tiered => None,
            Strategy::Interpret => Some(0),
            Strategy::Baseline => Some(1),
            Strategy::Clang | Strategy::Stubs => Some(2),
        }
    }
}

/// A function that stayed below the tier that was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stayed {
    #[serde(rename = "fn")]
    pub function: String,
    pub wanted: u8,
    pub reason: String,
}

static STAYS: Mutex<Vec<Stayed>> = Mutex::new(Vec::new());

pub fn stays() -> Vec<Stayed> {
    STAYS.lock().clone()
}

fn stay(function: &str, wanted: u8, reason: &str) {
    let s = Stayed { function: function.to_owned(), wanted, reason: reason.to_owned() };
    let mut all = STAYS.lock();
    if !all.contains(&s) {
        all.push(s);
    }
    drop(all);
    Event::new(Kind::Stay, function, wanted.saturating_sub(1), wanted, reason).record();
}

/// The tiers above 0, assembled.
pub struct TierUp {
    shared: Arc<Shared>,
}

static FIRST: OnceLock<Arc<Shared>> = OnceLock::new();

/// A loop in tier 1 has made the turns that its counter was set to.
pub(crate) fn loop_hot_in_tier1(code: &'static Code, arity: u32, id: LoopId) -> Option<LoopEntry> {
    FIRST.get()?.loop_hot(code, arity, id, 1)
}

/// What the compile threads use too.
pub struct Shared {
    pub strategy: Strategy,
    tier1: Baseline,
    tier2: Option<Box<dyn Compiler>>,
    queue: Queue,
}

impl TierUp {
    /// With a compiler for tier 2 where there is one.
    pub fn new(strategy: Strategy, tier2: Option<Box<dyn Compiler>>) -> TierUp {
        events::start();
        let shared = Arc::new(Shared { strategy, tier1: Baseline::default(), tier2, queue: Queue::default() });
        // A second one in a process is a test's; tier 1's loops ask the first.
        let _ = FIRST.set(shared.clone());
        TierUp { shared }
    }
    /// Waits until nothing is queued or being compiled.
    pub fn drain(&self) {
        self.shared.queue.drain();
    }
    /// The text that a person reads of a function in a tier: `--dump-clif`, `--dump-cpp`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn dump(&self, code: &'static Code, tier: u8) -> Result<String, Stay> {
        let job = Job::new(code, Want::Function, "dump", 0).ok_or_else(|| Stay::new("it is not written in Clojure"))?;
        self.shared.compiler(tier).ok_or_else(|| Stay::new("there is no such tier"))?.dump(&job)
    }
}

/// Namespaces of the library stay tiered whatever the strategy.
fn is_library(code: &Code) -> bool {
    let ns = code.body.as_ref().map_or("", |b| &b.tree.ns);
    ns.starts_with("clojure.") || ns.starts_with("rung.")
}

impl Shared {
    pub fn compiler(&self, tier: u8) -> Option<&dyn Compiler> {
        match tier {
            1 => Some(&self.tier1),
            2 => self.tier2.as_deref(),
            _ => None,
        }
    }

    /// The tier that the function must be in from definition on, if one is prescribed.
    fn pinned(&self, code: &'static Code) -> Option<u8> {
        let body = code.body.as_ref()?;
        let own = body.tree.function(body.function).pinned;
        own.or_else(|| if is_library(code) { None } else { self.strategy.pinned() })
    }

    /// The counters of a function in a tier: how long until the hook is asked again.
    fn set_counters(&self, code: &'static Code, tier: u8) {
        let (calls, backedges) = match tier {
            0 => (tuning::count(Knob::TIER1_CALLS), tuning::count(Knob::TIER1_BACKEDGES)),
            1 if self.tier2.is_some() => (tuning::count(Knob::TIER2_CALLS), tuning::count(Knob::TIER2_BACKEDGES)),
            _ => (i32::MAX, i32::MAX),
        };
        code.calls.store(calls, Ordering::Relaxed);
        match install::state(code) {
            Some(state) if tier > 0 => {
                state.turns.store(backedges, Ordering::Relaxed);
                state.steps[1].store(backedges, Ordering::Relaxed);
            }
            Some(state) => {
                code.backedges.store(backedges, Ordering::Relaxed);
                state.steps[0].store(backedges, Ordering::Relaxed);
            }
            None => {}
        }
    }

    /// Turns of a loop in tier 1 until tier 2 is asked.
    fn threshold_above(&self, tier: u8) -> i32 {
        if tier == 1 && self.tier2.is_some() { tuning::count(Knob::TIER2_BACKEDGES) } else { i32::MAX }
    }

    /// Compiles and installs, or notes why not. True where it is in place.
    pub fn perform(&self, job: &Job, tier: u8, generation: u32) -> bool {
        let Some(compiler) = self.compiler(tier) else { return false };
        let name = job.code.name.as_str();
        let from = job.code.tier.load(Ordering::Relaxed);
        let queue_us = job.queued.elapsed().as_micros() as u64;
        match compiler.compile(job) {
            Ok(compiled) => {
                Event {
                    count: job.count,
                    queue_us,
                    phases: compiled.phases.clone(),
                    ..Event::new(Kind::Compile, name, from, tier, job.reason)
                }
                .record();
                self.install(job, tier, generation, &compiled)
            }
            Err(Stay(reason)) => {
                stay(name, tier, &reason);
                false
            }
        }
    }

    fn install(&self, job: &Job, tier: u8, generation: u32, compiled: &Compiled) -> bool {
        let Some(state) = install::state(job.code) else { return false };
        if state.generation.load(Ordering::Acquire) != generation {
            return false;
        }
        match job.want {
            Want::Function => {
                self.set_counters(job.code, tier);
                install::install(job.code, tier, compiled);
                metrics::PROMOTIONS.add(1);
                Event::new(Kind::Install, &job.code.name, tier.saturating_sub(1), tier, job.reason).record();
            }
            Want::Loop { arity, id } => {
                install::install_loop(job.code, tier, arity, id, compiled);
                metrics::LOOP_ENTRIES.add(1);
                Event::new(Kind::Loop, &job.code.name, tier.saturating_sub(1), tier, job.reason).record();
                // The loop asks at its next turn, in whatever tier it runs. A loop in tier 1 counts from now on.
                job.code.backedges.store(0, Ordering::Relaxed);
                let next = if tier > 1 { 0 } else { self.threshold_above(tier) };
                state.turns.store(next, Ordering::Relaxed);
                state.steps[1].store(next, Ordering::Relaxed);
            }
        }
        true
    }

    /// Compiles here and now, or later on a thread. True where the code is in place on return.
    fn promote(self: &Arc<Self>, job: Job, tier: u8, state: &State, here: bool) -> bool {
        let generation = state.generation.load(Ordering::Acquire);
        let name = job.code.name.clone();
        Event { count: job.count, ..Event::new(Kind::Promote, &name, tier - 1, tier, job.reason) }.record();
        let wait = here || tuning::get(Knob::COMPILE_WAIT) != 0;
        if wait && roomy() {
            return self.perform(&job, tier, generation);
        }
        let shared = self.clone();
        self.queue.push(move || {
            shared.perform(&job, tier, generation);
        });
        if wait {
            self.queue.drain();
        }
        wait
    }

    /// Asks for the function in a tier, once.
    fn ask(self: &Arc<Self>, code: &'static Code, tier: u8, reason: &'static str, count: u64, here: bool) {
        let Some(state) = install::state(code) else { return };
        if state.asked.fetch_max(tier, Ordering::AcqRel) >= tier {
            return;
        }
        if tier == 1 && self.pinned(code).is_some() {
            bind_sites(code);
        }
        if let Some(job) = Job::new(code, Want::Function, reason, count) {
            self.promote(job, tier, state, here);
        }
    }

    /// A loop that runs in tier `from` has made the turns that its counter was set to. Compiled code of a higher tier goes on
    /// with its frame. Where a loop of the function has such code, every loop asks at its first turn, and is counted here.
    fn loop_hot(self: &Arc<Self>, code: &'static Code, arity: u32, id: LoopId, from: u8) -> Option<LoopEntry> {
        let state = install::state(code)?;
        let counter = if from == 0 { &code.backedges } else { &state.turns };
        let wanted = self.pinned(code).unwrap_or(from + 1);
        if wanted <= from || self.compiler(wanted).is_none() {
            counter.store(i32::MAX, Ordering::Relaxed);
            return None;
        }
        let above = || Some(state.entered(arity, id)).filter(|e| e.tier > from).and_then(install::loop_entry);
        if above().is_none() {
            let knob = if wanted == 1 { Knob::TIER1_BACKEDGES } else { Knob::TIER2_BACKEDGES };
            let step = &state.steps[from.min(1) as usize];
            let turns = state.turned(arity, id, from, step.load(Ordering::Relaxed).max(0) as u64 + 1);
            if turns >= tuning::get(knob) && state.ask_loop(arity, id, wanted) {
                if let Some(job) = Job::new(code, Want::Loop { arity, id }, "backedges", turns) {
                    let here = wanted == 1 && small(code) || self.pinned(code).is_some();
                    self.promote(job, wanted, state, here);
                }
            }
            let next = if state.any_above(from) { 0 } else { tuning::count(knob) };
            step.store(next, Ordering::Relaxed);
            counter.store(next, Ordering::Relaxed);
        }
        let entry = above();
        if entry.is_some() {
            counter.store(0, Ordering::Relaxed);
            state.steps[from.min(1) as usize].store(0, Ordering::Relaxed);
        }
        entry
    }

    /// The tier above the one that the function is in, if there is one for it.
    fn next_tier(&self, code: &'static Code) -> Option<u8> {
        if self.pinned(code).is_some() {
            return None;
        }
        let next = code.tier.load(Ordering::Relaxed) + 1;
        self.compiler(next).map(|_| next)
    }
}

impl TierUp {
    /// Compiled code that holds no longer: back to tier 0, and up again where the function is pinned.
    fn renew(&self, codes: &[&'static Code], reason: &str) {
        for code in codes {
            self.invalidate(code, reason);
            self.defined(code);
        }
    }
}

/// Native stack that a compiler may use.
const COMPILER_STACK: usize = 2 << 20;

/// Is there room for a compiler on this thread's stack? A function may become hot deep in a recursion.
fn roomy() -> bool {
    engine::thread::stack_pointer().saturating_sub(Thread::current().native_limit()) > COMPILER_STACK
}

/// Small units compile where they are asked for: a background thread costs milliseconds on a busy core.
fn small(code: &Code) -> bool {
    let Some(b) = &code.body else { return false };
    let arities = &b.tree.function(b.function).arities;
    arities.iter().map(|a| lower::size(&b.tree, a.body)).sum::<usize>() as u64 <= tuning::get(Knob::TIER1_SYNCHRONOUS)
}

/// Binds the C++ of a function that is compiled before it has run: tier 1 takes addresses from what is bound. What cannot be
/// bound is an error where it is called.
fn bind_sites(code: &Code) {
    let Some(body) = &code.body else { return };
    let sites = &body.unit.sites;
    let unbound = |i: &u32| sites[*i as usize].load(Ordering::Acquire).is_null();
    let unbound: Vec<SiteId> = (0..sites.len() as u32).filter(unbound).map(SiteId).collect();
    if body.function != FnId(0) && !unbound.is_empty() {
        let _ = engine::host::parts().cpp.bind_sites(&body.tree, &body.unit, &unbound);
    }
}

/// A top-level form that runs straight through once: nothing in it can become hot.
fn runs_once(code: &Code) -> bool {
    code.body.as_ref().is_some_and(|b| {
        b.function == FnId(0)
            && !lower::reaches(&b.tree, b.tree.function(b.function).arities[0].body, &|e| {
                matches!(e, Expr::Loop { .. })
            })
    })
}

impl Tiers for TierUp {
    fn defined(&self, code: &'static Code) {
        let s = &self.shared;
        s.set_counters(code, 0);
        match s.pinned(code) {
            Some(0) => {
                code.calls.store(i32::MAX, Ordering::Relaxed);
                code.backedges.store(i32::MAX, Ordering::Relaxed);
            }
            Some(2) if runs_once(code) => {}
            Some(tier) => {
                s.ask(code, tier.min(2), "pinned", 0, true);
                // Tier 2 may have refused.
                if tier == 2 && code.tier.load(Ordering::Relaxed) == 0 {
                    s.set_counters(code, 0);
                }
            }
            None => {}
        }
    }

    fn call_hot(&self, _t: &Thread, code: &'static Code) {
        let s = &self.shared;
        let from = code.tier.load(Ordering::Relaxed);
        match s.next_tier(code) {
            Some(tier) => {
                let knob = if tier == 1 { Knob::TIER1_CALLS } else { Knob::TIER2_CALLS };
                s.set_counters(code, from);
                s.ask(code, tier, "calls", tuning::get(knob), tier == 1 && small(code));
            }
            None => {
                code.calls.store(i32::MAX, Ordering::Relaxed);
            }
        }
    }

    fn loop_hot(&self, _t: &Thread, code: &'static Code, arity: u32, id: LoopId) -> Option<LoopEntry> {
        self.shared.loop_hot(code, arity, id, 0)
    }

    fn invalidate(&self, code: &'static Code, reason: &str) {
        let from = code.tier.load(Ordering::Relaxed);
        install::uninstall(code);
        self.shared.set_counters(code, 0);
        metrics::INVALIDATIONS.add(1);
        Event::new(Kind::Invalidate, &code.name, from, 0, reason).record();
    }

    fn callbacks_begin(&self) {
        let mut unguarded = Vec::new();
        Code::each(|c| {
            if c.tier.load(Ordering::Relaxed) == 2 {
                unguarded.push(c);
            }
        });
        self.renew(&unguarded, "a callback may leave an error behind");
    }
    fn cpp_redefined(&self, names: &[&str]) {
        if let Some(compiler) = self.shared.compiler(2) {
            let stale = compiler.holding(names);
            self.renew(&stale, "C++ that it holds was redefined");
        }
    }

    fn events_json(&self) -> String {
        events::json()
    }
    fn metrics_json(&self) -> String {
        metrics::json()
    }
}
