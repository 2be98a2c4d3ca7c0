//! Figures about the running system, declared as a table. What other crates count, the root package provides by name.

use parking_lot::RwLock;
use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($konst:ident $name:literal $unit:literal $help:literal)*) => {
        $(pub static $konst: Counter = Counter(AtomicU64::new(0));)*
        const COUNTERS: &[(&str, &str, &str, &Counter)] = &[$(($name, $unit, $help, &$konst)),*];
    };
}

/// A number that only rises.
pub struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

// A row a counter: constant, name, unit, help.
counters! {
    BASELINE_COMPILES "baseline.compiles" "functions" "functions and loops compiled by tier 1"
    BASELINE_BYTES "baseline.bytes" "bytes" "machine code made by tier 1"
    BASELINE_US "baseline.time" "us" "time spent compiling by tier 1"
    TIER2_COMPILES "tier2.compiles" "functions" "functions and loops compiled by tier 2"
    TIER2_US "tier2.time" "us" "time spent compiling by tier 2"
    PROMOTIONS "promotions" "functions" "entries replaced by compiled code"
    LOOP_ENTRIES "loop_entries" "loops" "loops replaced while they ran"
    INVALIDATIONS "invalidations" "functions" "functions whose compiled code was dropped"
}

/// A figure that somebody else keeps.
type Provider = Box<dyn Fn() -> Json + Send + Sync>;
static PROVIDED: RwLock<Vec<(String, String, String, Provider)>> = RwLock::new(Vec::new());

/// Adds a figure: name, unit, help, and how to read it. A name given twice is replaced.
pub fn provide(name: &str, unit: &str, help: &str, read: impl Fn() -> Json + Send + Sync + 'static) {
    let mut all = PROVIDED.write();
    all.retain(|p| p.0 != name);
    all.push((name.to_owned(), unit.to_owned(), help.to_owned(), Box::new(read)));
}

/// One figure as read now.
#[derive(Debug, Clone)]
pub struct Metric {
    pub name: String,
    pub unit: String,
    pub help: String,
    pub value: Json,
}

/// All figures, by name.
pub fn all() -> Vec<Metric> {
    let mut out: Vec<Metric> = COUNTERS
        .iter()
        .map(|(name, unit, help, c)| Metric {
            name: (*name).into(),
            unit: (*unit).into(),
            help: (*help).into(),
            value: json!(c.get()),
        })
        .collect();
    let mut tiers = [0u64; 3];
    engine::code::Code::each(|c| {
        if c.body.is_some() {
            tiers[c.tier.load(Ordering::Relaxed).min(2) as usize] += 1;
        }
    });
    let row = |name: &str, unit: &str, help: &str, value| Metric {
        name: name.into(),
        unit: unit.into(),
        help: help.into(),
        value,
    };
    out.push(row("functions_by_tier", "functions", "functions by the tier they run in: 0, 1, 2", json!(tiers)));
    out.push(row("gc.collections", "collections", "collections so far", json!(engine::heap::collections())));
    out.push(row("gc.heap", "bytes", "size of the heap", json!(engine::heap::heap_bytes())));
    out.push(row(
        "stays",
        "functions",
        "functions that stayed below the tier that was wanted, and why",
        json!(crate::policy::stays()),
    ));
    for (name, unit, help, read) in PROVIDED.read().iter() {
        out.push(row(name, unit, help, read()));
    }
    // Figures that must be there even when nobody provides them.
    for name in
        ["trampolines.made", "trampolines.shaped", "clang.sessions", "clang.compiles", "cache.hits", "cache.misses"]
    {
        if !out.iter().any(|m| m.name == name) {
            out.push(row(name, "count", "", json!(0)));
        }
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

/// As one object, name to value.
pub fn json() -> String {
    let map: serde_json::Map<String, Json> = all().into_iter().map(|m| (m.name, m.value)).collect();
    Json::Object(map).to_string()
}
