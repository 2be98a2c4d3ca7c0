//! Namespaces and vars, and how a name of the library comes to be: found by name and materialised at first use, so that
//! nothing of it costs start-up time.

pub mod binding;
pub mod complete;
pub mod data_readers;
mod define;
pub mod library;
pub mod load;
mod namespace;
pub mod nearest;
pub mod require;
pub mod resolve;
pub mod special;
mod var;

pub use define::define;
pub use namespace::{
    Alias, Namespace, NamespaceObject, all, current, find, find_or_create, ns_var, remove, set_current,
};
pub use var::{Var, VarFlag};
