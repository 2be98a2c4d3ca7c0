//! Reports: measured latencies as tables for people and JSON for programs. `docs/measuring.md` says what each figure is.

pub mod callbacks;
pub mod calls;
pub mod child;
pub mod first_call;
pub mod forms;
pub mod one;
pub mod stats;
pub mod stubs;
pub mod table;
