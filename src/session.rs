//! One thread's way to evaluate: texts and files in, values given to a caller on the stack, errors as diagnostics.

use crate::render::Sources;
use crate::thrown;
use engine::diagnostic::Diagnostic;
use engine::fault::{Res, Thrown};
use engine::heap::Root;
use engine::print;
use engine::signal;
use engine::space::{self, Var, VarFlag};
use engine::text::{Symbol, Text};
use engine::thread::Thread;
use engine::value::Value;
use std::cell::RefCell;

/// An evaluation that failed.
#[derive(Debug)]
pub struct Failure {
    pub diagnostic: Diagnostic,
    /// Ctrl-C stopped it.
    pub interrupted: bool,
}

/// The way to evaluate on the thread that `Engine::run` gave. Not to be sent elsewhere.
pub struct Session {
    pub(crate) sources: RefCell<Sources>,
    /// `*1 *2 *3 *e`, once they are wanted.
    results: RefCell<Vec<Root>>,
}

impl Session {
    pub(crate) fn new() -> Session {
        Session { sources: RefCell::default(), results: RefCell::default() }
    }

    /// Evaluates every form of a text and gives the last value's text.
    ///
    /// # Errors
    /// The first form's that fails.
    pub fn eval_text(&self, text: &str, file: &str, line: u32) -> Result<String, Failure> {
        let mut last = String::from("nil");
        self.each(text, file, line, &mut |v| {
            last = print::pr_str(v)?;
            Ok(())
        })?;
        Ok(last)
    }

    /// Evaluates form after form and gives each value to `f`.
    ///
    /// # Errors
    /// The first form's that fails, or what `f` raises.
    pub(crate) fn each(
        &self,
        text: &str,
        file: &str,
        line: u32,
        f: &mut dyn FnMut(Value) -> Res<()>,
    ) -> Result<(), Failure> {
        self.sources.borrow_mut().remember(file, line, text);
        self.attempt(|| space::load::eval_each(text, file, line, f))
    }

    /// # Errors
    /// The first form's that fails.
    pub(crate) fn load_file(&self, path: &str) -> Result<(), Failure> {
        self.attempt(|| space::load::load_file(path).map(drop))
    }

    /// Runs something that may throw while Ctrl-C interrupts it.
    pub(crate) fn attempt(&self, f: impl FnOnce() -> Res<()>) -> Result<(), Failure> {
        let watch = signal::watch();
        let done = f();
        match done {
            Ok(()) => Ok(()),
            Err(thrown) => {
                let error = taken(thrown);
                let interrupted = watch.interrupted() && thrown::is_interrupt(error);
                drop(watch);
                self.remember_error(error);
                Err(Failure { diagnostic: thrown::diagnose(error, &print::display), interrupted })
            }
        }
    }

    /// `*command-line-args*`: strings or nil.
    pub(crate) fn set_arguments(&self, words: &[String]) {
        let var = core_var("*command-line-args*");
        if words.is_empty() {
            return var.set_root(Value::NIL);
        }
        let mut values = engine::heap::GcVec::new();
        words.iter().for_each(|w| values.push(Text::value(w)));
        var.set_root(engine::coll::list(&values));
    }

    /// Makes `*1 *2 *3 *e`, as a prompt has them.
    pub(crate) fn keep_results(&self) {
        let vars = ["*1", "*2", "*3", "*e"].map(core_var);
        for v in vars {
            if v.root() == Value::UNBOUND {
                v.set_root(Value::NIL);
            }
        }
        *self.results.borrow_mut() = vars.iter().map(|v| Root::new(v.value())).collect();
    }

    /// `v` is the newest result.
    pub(crate) fn remember_result(&self, v: Value) {
        let results = self.results.borrow();
        let vars = || results.iter().filter_map(|r| r.get().cast::<Var>()).take(3);
        let mut newest = v;
        for var in vars() {
            let old = var.root();
            var.set_root(newest);
            newest = old;
        }
    }

    fn remember_error(&self, error: Value) {
        if let Some(var) = self.results.borrow().get(3).and_then(|r| r.get().cast::<Var>()) {
            var.set_root(error);
        }
    }
}

fn taken(_: Thrown) -> Value {
    Thread::current().take_pending()
}

fn core_var(name: &str) -> engine::heap::Gc<Var> {
    let core = space::find_or_create("clojure.core");
    let symbol = Symbol::intern(None, name);
    match space::resolve::own(core, symbol) {
        Ok(Some(v)) => v,
        other => {
            if other.is_err() {
                let _ = Thread::current().take_pending();
            }
            let v = core.intern(symbol);
            v.set_flag(VarFlag::Dynamic, true);
            v
        }
    }
}

/// Prints a value as `prn` does, to `*out*`.
pub(crate) fn show(v: Value) -> Res<()> {
    let text = print::pr_str(v)?;
    let out = print::out()?;
    out.write(&text)?;
    out.write("\n")?;
    print::end_line(out)
}
