//! What happened to functions, in order: a ring of events that programs read as data (`(rung/events)`) and a callback
//! through which the command line prints them (`--trace-tier`).

use crate::tuning::{self, Knob};
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Define,
    FirstCall,
    Promote,
    Compile,
    Install,
    Stay,
    Invalidate,
    Loop,
    Load,
}

/// One event: contract.md, 'Metrics and events'.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Since the process started to count.
    pub t_us: u64,
    pub event: Kind,
    #[serde(rename = "fn")]
    pub function: String,
    pub from: u8,
    pub to: u8,
    pub reason: String,
    /// The counter that ran out.
    pub count: u64,
    /// How long it waited to be compiled.
    pub queue_us: u64,
    /// Parts of a compilation, µs.
    #[serde(serialize_with = "as_map")]
    pub phases: Vec<(String, f64)>,
}

fn as_map<S: serde::Serializer>(phases: &[(String, f64)], s: S) -> Result<S::Ok, S::Error> {
    s.collect_map(phases.iter().map(|(k, v)| (k, v)))
}

impl Event {
    pub fn new(event: Kind, function: &str, from: u8, to: u8, reason: impl Into<String>) -> Event {
        Event {
            t_us: now_us(),
            event,
            function: function.to_owned(),
            from,
            to,
            reason: reason.into(),
            count: 0,
            queue_us: 0,
            phases: Vec::new(),
        }
    }
    pub fn record(self) {
        if let Some(hook) = HOOK.read().as_ref() {
            hook(&self);
        }
        let mut ring = RING.lock();
        while ring.len() >= tuning::get(Knob::EVENTS_KEPT).max(1) as usize {
            ring.pop_front();
        }
        ring.push_back(self);
    }
}

type Hook = Box<dyn Fn(&Event) + Send + Sync>;
static RING: Mutex<VecDeque<Event>> = Mutex::new(VecDeque::new());
static HOOK: RwLock<Option<Hook>> = RwLock::new(None);

/// Microseconds since the first event, or since [`start`].
pub fn now_us() -> u64 {
    start().elapsed().as_micros() as u64
}

/// Starts the clock, once.
pub fn start() -> &'static Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now)
}

/// Calls `hook` with every event from now on, in the thread where it happens.
pub fn listen(hook: impl Fn(&Event) + Send + Sync + 'static) {
    *HOOK.write() = Some(Box::new(hook));
}

/// The events that the ring holds, oldest first.
pub fn all() -> Vec<Event> {
    RING.lock().iter().cloned().collect()
}

pub fn json() -> String {
    serde_json::to_string(&all()).unwrap_or_else(|_| "[]".into())
}
