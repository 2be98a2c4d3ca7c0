//! Hash tables of the engine itself: names, questions, sites. They are asked thousands of times on the way to a first call, so
//! their hash is a fast one; its seed differs from process to process, so that no input can be made to collide.

pub use foldhash::{HashMap, HashSet};

/// A table that several threads use.
pub type DashMap<K, V> = dashmap::DashMap<K, V, foldhash::fast::RandomState>;
