//! C++ questions and their answers as plain, serialisable data: what the engine may ask of a C++ compiler
//! without knowing one. No heap word, no pointer into Clang; addresses occur only where an answer is bound
//! to this process (`Loaded`, `Trampoline`), never where it is kept.
//!
//! The Clang library (`stubs/clang`) takes a [`Request`] as JSON and gives a [`Response`] as JSON.

pub mod diagnostic;
pub mod recipe;
mod request;
mod types;

pub use diagnostic::{Diagnostic, Note, Phase, Span};
pub use recipe::Recipe;
pub use request::*;
pub use types::*;
