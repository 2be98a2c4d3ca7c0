//! Errors a user can cause, as data. The type itself is plain and lives with the C++ questions, which give it too.

pub use questions::{Diagnostic, Note, Phase, Span};
