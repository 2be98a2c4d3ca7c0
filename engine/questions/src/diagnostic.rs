//! What a user did wrong, as data. Rendering is the root package's business.

use serde::{Deserialize, Serialize};

/// The phase in which an error was found; the area part of a code names the same set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Read,
    Macroexpand,
    Analyze,
    Compile,
    Run,
    Print,
}

/// A place in a source text. Lines and columns count from 1, columns in characters; the end is exclusive.
/// Line 0 means that the place is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    #[serde(default)]
    pub label: String,
}

/// A remark beside the message, with a place where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// An error of the user's, complete: contract.md, 'Errors as data'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub version: u32,
    pub phase: Phase,
    /// `area/name`, as `cpp/no-matching-overload`.
    pub code: String,
    pub message: String,
    pub spans: Vec<Span>,
    pub candidates: Vec<Note>,
    pub notes: Vec<Note>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic with a code and a message and nothing else yet.
    pub fn new(phase: Phase, code: impl Into<String>, message: impl Into<String>) -> Self {
        Diagnostic {
            version: 1,
            phase,
            code: code.into(),
            message: message.into(),
            spans: Vec::new(),
            candidates: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    pub fn at(mut self, span: Span) -> Self {
        self.spans.push(span);
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(Note { text: text.into(), span: None });
        self
    }

    pub fn candidate(mut self, text: impl Into<String>, span: Option<Span>) -> Self {
        self.candidates.push(Note { text: text.into(), span });
        self
    }

    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}
