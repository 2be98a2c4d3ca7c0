//! What tier 0 has seen of a function, copied at one moment: plain data, so that a compilation is a function of its inputs.

use crate::lower::Kinds;
use engine::analyze::FeedbackId;
use engine::code::Code;
use std::sync::atomic::Ordering;

/// One cell: `seen` and `count` as `engine::code::Feedback` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Cell {
    pub seen: u64,
    pub count: u64,
}

/// A function's feedback vector at one moment. Empty where there is none: everything was seen, nothing is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Snapshot {
    pub cells: Vec<Cell>,
}

impl Snapshot {
    pub fn take(code: &Code) -> Snapshot {
        let n = code.body.as_ref().map_or(0, |b| b.feedback_len);
        if code.feedback.is_null() {
            return Snapshot::default();
        }
        let cell = |i| {
            // SAFETY: `feedback` points to `feedback_len` cells that are never freed (contract *Code*).
            let f = unsafe { &*code.feedback.add(i) };
            Cell { seen: f.seen.load(Ordering::Relaxed), count: f.count.load(Ordering::Relaxed) }
        };
        Snapshot { cells: (0..n).map(cell).collect() }
    }
    pub fn cell(&self, id: FeedbackId) -> Cell {
        self.cells.get(id.index()).copied().unwrap_or_default()
    }
    /// The kinds of operands that an operation has met.
    pub fn kinds(&self, id: FeedbackId) -> Kinds {
        Kinds(self.cell(id).seen as u8)
    }
    /// The address of the `Code` that a call has met and met alone.
    pub fn callee(&self, id: FeedbackId) -> Option<usize> {
        let c = self.cell(id);
        (c.count == 1 && c.seen != 0).then_some(c.seen as usize)
    }
}
