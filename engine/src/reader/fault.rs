//! The reader's errors: each a `Diagnostic` of phase `Read` with a code `read/…` and its places. Boxed on the way out
//! of the recursion, which keeps the reader's frames small.

use super::{MAX_NESTING, Place, Reader};
use questions::{Diagnostic, Phase};

pub(super) type Fault = Box<Diagnostic>;
pub(super) type Read<T> = Result<T, Fault>;

/// Something begun and not yet ended: a bracket, or a prefix that wants a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    /// As it is written: `(`, `#{`, `'`.
    pub text: &'static str,
    pub place: Place,
}

impl Reader<'_> {
    #[cold]
    pub(super) fn fault(&self, code: &str, message: impl Into<String>, place: Place) -> Fault {
        Box::new(Diagnostic::new(Phase::Read, code, message).at(place.in_file(self.file, "")))
    }

    /// The input ended inside something; `opened` says inside what, and `None` takes the innermost that is open.
    #[cold]
    pub(super) fn end_of_input(&mut self, opened: Option<Opened>) -> Fault {
        let here = self.cursor.here();
        let Some(opened) = opened.or(self.opened.last().copied()) else {
            return self.fault("read/eof", "the input ended where a form was expected", here);
        };
        let Opened { text, place } = opened;
        self.unfinished = place;
        let place_text = format!("line {}, column {}", place.line, place.column);
        let message = match text {
            "\"" | "#\"" => format!("the input ended inside the string that begins at {place_text}"),
            "(" | "[" | "{" | "#(" | "#{" | "#?(" => {
                format!("the input ended before `{text}` of {place_text} was closed")
            }
            _ => format!("the input ended after `{text}` of {place_text}, where a form was expected"),
        };
        let mut fault = self.fault("read/eof", message, here);
        fault.spans.push(place.in_file(self.file, "opened here"));
        fault
    }

    /// A closing bracket that closes nothing, or not what is open.
    #[cold]
    pub(super) fn unmatched(&self, found: char, place: Place) -> Fault {
        let Some(opened) = self.opened.last() else {
            return self.fault("read/delimiter", format!("`{found}` closes nothing"), place);
        };
        let message = match closer(opened.text) {
            Some(wanted) => format!("`{found}` does not close `{}`; `{wanted}` does", opened.text),
            None => format!("`{found}` stands where `{}` wants a form", opened.text),
        };
        let mut fault = self.fault("read/delimiter", message, place);
        fault.spans.push(opened.place.in_file(self.file, "opened here"));
        fault
    }

    #[cold]
    pub(super) fn too_deep(&self, place: Place) -> Fault {
        self.fault("read/nesting", format!("forms nest deeper than {MAX_NESTING} levels"), place)
    }
}

/// The bracket that ends what `open` begins; prefixes have none.
fn closer(open: &str) -> Option<char> {
    match open.chars().last()? {
        '(' => Some(')'),
        '[' => Some(']'),
        '{' => Some('}'),
        _ => None,
    }
}
