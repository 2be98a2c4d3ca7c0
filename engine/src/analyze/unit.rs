//! A form ready to run: the tree, its constants in memory that the collector scans, and a `Code` record a function.

use super::*;
use crate::code::{self, Body, Code, Feedback, Function};
use crate::heap;
use crate::host;
use crate::thread::Thread;
use std::sync::atomic::AtomicPtr;
use std::sync::{Arc, OnceLock};

/// An analyzed top-level form. Its parts live for ever: functions made by it may.
pub struct TopLevel {
    pub code: &'static Code,
    pub tree: Arc<Tree>,
}

impl TopLevel {
    /// Runs the form.
    pub fn run(&self) -> Res {
        let t = Thread::current();
        let f = Function::new(self.code, &[]);
        code::result(t, code::call(t, f, &[]))
    }
}

/// Makes the records of a finished analysis and hands them to tier 0.
pub(super) fn finish(a: Analyzer, form: Value, place: reader::Place) -> Res<TopLevel> {
    let consts_len = a.consts.len();
    let consts = constants(&a.consts);
    let tree = Arc::new(a.tree);
    let sites: Box<[AtomicPtr<std::ffi::c_void>]> =
        tree.sites.iter().map(|_| AtomicPtr::new(std::ptr::null_mut())).collect();
    let unit = Arc::new(UnitData { sites, codes: OnceLock::new(), inits: parking_lot::Mutex::new(a.inits) });
    let mut codes = Vec::with_capacity(tree.fns.len());
    for (i, f) in tree.fns.iter().enumerate() {
        let feedback: Box<[Feedback]> = (0..f.feedback).map(|_| Feedback::default()).collect();
        let mut record = Code::blank(f.name.to_string());
        record.consts = consts;
        record.feedback = Box::leak(feedback).as_ptr();
        record.sites = unit.sites.as_ptr();
        record.body = Some(Body {
            tree: tree.clone(),
            function: FnId(i as u32),
            consts_len,
            feedback_len: f.feedback as usize,
            unit: unit.clone(),
        });
        codes.push(record.register());
    }
    let entry = codes[0];
    dependants::note(form, &tree, &a.consts, &codes, place);
    // A second set is impossible: the unit was made here.
    let _ = unit.codes.set(codes.clone());
    for c in codes {
        host::parts().evaluator.install(c);
        host::parts().tiers.defined(c);
    }
    Ok(TopLevel { code: entry, tree })
}

/// The constants where the collector sees them, for as long as the code lives: for ever.
fn constants(values: &[Value]) -> *const Value {
    if values.is_empty() {
        return std::ptr::null();
    }
    let p: *mut Value = heap::uncollectable(size_of_val(values)).as_ptr().cast();
    // SAFETY: fresh memory of that size.
    unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), p, values.len()) };
    p
}
