//! Every threshold of the tiers, in one place. None has an effect on what a program computes.

use engine::heap::GcConfig;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! knobs {
    ($($konst:ident $name:literal $default:literal $help:literal)*) => {
        /// The knobs, by constant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(non_camel_case_types, reason = "named as the table writes them")]
        pub enum Knob { $($konst),* }
        /// (name, default, help), in the order of the table.
        pub const KNOBS: &[(&str, u64, &str)] = &[$(($name, $default, $help)),*];
        static VALUES: [AtomicU64; KNOBS.len()] = [$(AtomicU64::new($default)),*];
    };
}

// A row a knob: constant, the name that `--tune` takes, default, help.
knobs! {
    TIER1_CALLS "tier1.calls" 150 "calls of a function before it is compiled by tier 1"
    TIER1_BACKEDGES "tier1.backedges" 600 "turns of a loop before it is compiled by tier 1"
    TIER2_CALLS "tier2.calls" 30000 "calls in tier 1 before a function is compiled by tier 2"
    TIER2_BACKEDGES "tier2.backedges" 1000000 "turns of a loop in tier 1 before it is compiled by tier 2"
    TIER1_SYNCHRONOUS "tier1.synchronous" 1500 "functions of at most so many nodes are compiled by tier 1 in the thread that asks"
    COMPILE_THREADS "compile.threads" 1 "threads that compile"
    COMPILE_WAIT "compile.wait" 0 "1: promotion is synchronous, the thread that asks waits"
    SINGLE_PASS "tier1.single-pass" 2000 "functions of more instructions take the quick register allocator"
    CPP_SECONDS "cpp.seconds" 30 "processor time that Clang may take for one form; 0: any"
    CPP_MEMORY "cpp.memory" 3072 "MiB that Clang may take for one form; 0: any"
    CPP_PCH "cpp.pch" 1 "0: no precompiled headers are built for later processes"
    EVENTS_KEPT "events.kept" 4096 "events that the log holds"
    GC_STRESS "gc.stress" 0 "a collection at every so many allocations"
    GC_VERIFY "gc.verify" 0 "1: report fields that changed without the write barrier"
    GC_SEARCH "gc.search" 0 "report malloc blocks that hold a value that died; 2: or a reference"
    GC_POISON "gc.poison" 0 "1: fill dead objects with a pattern"
}

/// A `--tune` that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TuneError {
    /// No such name; the nearest there is.
    Unknown { name: String, nearest: &'static str },
    /// Not a whole number of 0 or more.
    Value { name: &'static str, value: String },
}

impl std::fmt::Display for TuneError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TuneError::Unknown { name, nearest } => write!(f, "no tuning name '{name}'; the nearest is '{nearest}'"),
            TuneError::Value { name, value } => {
                write!(f, "'{value}' is no value for '{name}': a whole number is wanted")
            }
        }
    }
}
impl std::error::Error for TuneError {}

/// Sets a knob by name.
///
/// # Errors
/// Unknown names, and values that are no whole numbers.
pub fn set(name: &str, value: &str) -> Result<(), TuneError> {
    let Some(i) = KNOBS.iter().position(|k| k.0 == name) else {
        let nearest = KNOBS.iter().min_by_key(|k| distance(k.0, name)).map_or("", |k| k.0);
        return Err(TuneError::Unknown { name: name.to_owned(), nearest });
    };
    let number = value.parse().map_err(|_| TuneError::Value { name: KNOBS[i].0, value: value.to_owned() })?;
    VALUES[i].store(number, Ordering::Relaxed);
    Ok(())
}

#[inline]
pub fn get(knob: Knob) -> u64 {
    VALUES[knob as usize].load(Ordering::Relaxed)
}

/// A threshold as a counter counts it.
pub fn count(knob: Knob) -> i32 {
    get(knob).min(i32::MAX as u64) as i32
}

/// The collector's part of the tuning; `max_heap` in bytes, 0 for no limit.
pub fn gc_config(max_heap: usize) -> GcConfig {
    let on = |knob| get(knob) != 0;
    GcConfig {
        stress: get(Knob::GC_STRESS),
        verify: on(Knob::GC_VERIFY),
        search: get(Knob::GC_SEARCH).min(2) as u8,
        poison: on(Knob::GC_POISON),
        max_heap,
    }
}

/// Edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        assert_eq!(
            set("tier1.call", "1"),
            Err(TuneError::Unknown { name: "tier1.call".into(), nearest: "tier1.calls" })
        );
        assert!(matches!(set("tier1.calls", "many"), Err(TuneError::Value { .. })));
        assert_eq!(set("events.kept", "5000"), Ok(()));
        assert_eq!(get(Knob::EVENTS_KEPT), 5000);
    }

    #[test]
    fn the_pinned_names_are_there() {
        let pinned =
            "tier1.calls tier1.backedges tier2.calls tier2.backedges compile.threads compile.wait gc.stress gc.verify";
        assert!(pinned.split(' ').all(|p| KNOBS.iter().any(|k| k.0 == p)));
    }
}
