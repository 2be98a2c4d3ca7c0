//! Answers that were given: good until the next declaration; what names a type or a namespace for good stays longer.

use engine::table::HashMap;
use questions::{Answer, Diagnostic, Question, Redefined};

pub(crate) type Given = Result<Answer, Diagnostic>;

#[derive(Default)]
pub(crate) struct Answers {
    kept: HashMap<Question, Given>,
}

impl Answers {
    pub(crate) fn get(&self, q: &Question) -> Option<&Given> {
        self.kept.get(q)
    }
    pub(crate) fn put(&mut self, q: Question, given: Given) {
        self.kept.insert(q, given);
    }
    /// Something was declared: an overload set may have grown, a name may be found now, an incomplete type complete.
    pub(crate) fn declared(&mut self, redefined: &[Redefined]) {
        if redefined.is_empty() {
            self.kept.retain(|_, given| given.as_ref().is_ok_and(settled));
        } else {
            self.kept.clear();
        }
    }
}

/// No further declaration changes it, only a redefinition.
fn settled(answer: &Answer) -> bool {
    match answer {
        Answer::Namespace { .. } | Answer::ClassTemplate { .. } | Answer::EnumConstant { .. } => true,
        Answer::Type { ty } => !ty.incomplete,
        _ => false,
    }
}
