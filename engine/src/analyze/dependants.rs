//! Forms that depend on C++ declarations: when one is redefined with another type, what was settled about its calls no
//! longer holds. The definitions that use it are analyzed and run again; they define functions and do nothing else.

use super::*;
use crate::code::{Code, Function};
use crate::heap::Root;
use crate::space::{Var, binding, ns_var};
use crate::table::HashSet;
use parking_lot::Mutex;
use questions::{Callee, Redefined};

/// A `(def name (fn* …))` with calls into C++.
struct Dependant {
    form: Root,
    var: Root,
    ns: &'static Namespace,
    file: Box<str>,
    place: reader::Place,
    /// Qualified C++ names that its calls and types mention.
    names: HashSet<String>,
    code: &'static Code,
}

static ALL: Mutex<Vec<Dependant>> = Mutex::new(Vec::new());

/// Remembers an analyzed form, where a redefinition can reach it.
pub(super) fn note(form: Value, tree: &Tree, consts: &[Value], codes: &[&'static Code], place: reader::Place) {
    if tree.sites.is_empty() {
        return;
    }
    let Some(arity) = tree.fns[0].arities.first() else { return };
    let Expr::Def { var, init: Some(init), .. } = tree.expr(arity.body) else { return };
    let Expr::Fn { function, .. } = tree.expr(*init) else { return };
    let mut names = HashSet::default();
    for site in &tree.sites {
        words(&site.signature, &mut names);
        match &site.site.callee {
            Callee::Name { name } | Callee::Variable { name } => words(name, &mut names),
            Callee::Construct { ty } | Callee::New { ty } | Callee::Cast { ty, .. } => words(ty, &mut names),
            Callee::Expression { text } => words(text, &mut names),
            _ => (),
        }
    }
    for t in &tree.types {
        words(&t.name, &mut names);
    }
    let entry = Dependant {
        form: Root::new(form),
        var: Root::new(consts[var.index()]),
        ns: space::find_or_create(&tree.ns),
        file: tree.file.clone(),
        place,
        names,
        code: codes[function.index()],
    };
    ALL.lock().push(entry);
}

/// The qualified names in a C++ text.
fn words(text: &str, into: &mut HashSet<String>) {
    let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    into.extend(parts.filter(|w| !w.is_empty()).map(str::to_owned));
}

/// Runs the definitions again that mention something whose type changed. One that cannot be analyzed any more stays as it
/// is: its calls go on to what it was made for.
pub(super) fn redefined(all: &[Redefined]) {
    if !all.is_empty() {
        let names: Vec<&str> = all.iter().map(|r| r.name.as_str()).collect();
        crate::host::parts().tiers.cpp_redefined(&names);
    }
    let changed: Vec<&str> = all.iter().filter(|r| r.changed_type).map(|r| r.name.as_str()).collect();
    if changed.is_empty() {
        return;
    }
    let affected: Vec<Dependant> = {
        let mut known = ALL.lock();
        let mut taken = Vec::new();
        let mut i = 0;
        while i < known.len() {
            if changed.iter().any(|c| known[i].names.contains(*c)) {
                taken.push(known.swap_remove(i));
            } else {
                i += 1;
            }
        }
        taken
    };
    for d in affected {
        if !d.is_current() {
            continue;
        }
        if d.run_again().is_err() {
            let _ = crate::thread::Thread::current().take_pending();
            ALL.lock().push(d);
        }
    }
}

impl Dependant {
    /// Does the var still hold the function that this form made?
    fn is_current(&self) -> bool {
        let held = self.var.get().cast::<Var>().and_then(|v| v.root().cast::<Function>());
        held.is_some_and(|f| std::ptr::eq(f.code, self.code))
    }
    fn run_again(&self) -> Res<()> {
        let frame = [ns_var().value(), self.ns.object()];
        binding::push(&frame)?;
        let places = PlaceTable::default();
        let done = analyze(self.form.get(), &places, &self.file, self.place, Results::Wanted).and_then(|t| t.run());
        binding::pop();
        done.map(drop)
    }
}
