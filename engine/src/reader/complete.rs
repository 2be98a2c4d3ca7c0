//! Whether a text can be evaluated as it stands, or wants more lines: what a prompt asks after Enter.

use super::{Options, Place, ReadEval, Reader};
use questions::Diagnostic;

/// What a text is so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// Whole forms, or none at all.
    Complete,
    /// It ends inside what begins at `opened`.
    Incomplete { opened: Place },
    /// No further text can make it right.
    Invalid(Box<Diagnostic>),
}

/// Reads as by default, with `#=` allowed and nothing resolved.
pub fn is_complete(text: &str) -> Completeness {
    let options = Options { read_eval: ReadEval::Allow, ..Options::default() };
    let mut reader = Reader::new(text, "", options);
    loop {
        match reader.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Completeness::Complete,
            Err(error) if error.code == "read/eof" => return Completeness::Incomplete { opened: reader.unfinished },
            Err(error) => return Completeness::Invalid(Box::new(error)),
        }
    }
}
