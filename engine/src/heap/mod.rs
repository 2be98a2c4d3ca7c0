//! The heap's contract: objects with an 8-byte header, allocation, the barrier, roots. What collects is
//! `collector.rs`'s business alone.
//!
//! ```text
//!  object:  | header 8 | fields … | tail: header.len() items |
//!  header:  bits 0–19 type id, 20–31 collector and hash state, 32–63 length (of the tail, in items)
//! ```
//! Collection stops threads at any instruction and scans native stacks conservatively; objects do not move. A value
//! lives only on a native stack, in a heap object, on a thread's value stack, in a [`Root`] or in a [`GcVec`].
//! Memory handed out is zero; the header is written last.

mod barrier;
mod collector;
mod debug;
mod gcvec;
mod object;
mod root;
mod types;

pub use barrier::Mutable;
pub(crate) use collector::CLASSES;
pub use collector::{
    GcConfig, admits, collect_now, collections, configure, heap_bytes, is_live, push_finalizer, register_thread,
    run_finalizers, take_reserve, uncollectable, uncollectable_free, unregister_thread,
};
pub use debug::{POISON, Tracked};
pub use gcvec::{GcVec, ValueArray};
pub use object::{Gc, Header, HeapType, Tailed, new, new_atomic_tail, new_tail, new_tail_from, new_tail_with};
pub use root::Root;
pub use types::{BoxedDouble, BoxedLong, TypeId};
