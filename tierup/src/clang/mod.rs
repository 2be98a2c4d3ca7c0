//! Tier 2: C++ that a person can read, compiled at -O2 by Clang in this process.
//!
//! The text is written from the tree, not from the lowered form: a reader wants `while`, nested calls and objects whose
//! destructors run at the end of their block, and the tree has just that shape, while the lowered form has blocks, flags
//! and edges in their place. What the two share is what decides answers: static types (`lower::infer`), feedback, what
//! stays. C++ does the cleanup that the lowered form spells out: objects are C++ locals, and an error leaves a region by
//! `return`.
//!
//! ```text
//!  unit.rs     functions and loops: parameters, entries, the declarations of what is bound at loading
//!  body.rs     the walk: a node as a piece of an expression (`Op`), or as statements for a destination (`Dest`)
//!  control.rs  branches, bindings, loops, case, try        operate.rs  inlined functions of clojure.core
//!  native.rs   C++ sites, operators, conversions            names.rs    identifiers and literals
//!  prelude.rs  the header that the text is written in       runtime.rs  what the text calls
//! ```
//! Order of evaluation: pieces that act are put into temporaries where another piece acts behind them. Clang evaluates
//! operands from left to right (but for the right side of assignments, seen to in `native.rs`), so pieces that only read
//! or check may stand beside one that acts behind them.

mod body;
mod control;
mod gen_state;
mod names;
mod native;
mod op;
mod operate;
mod prelude;
mod runtime;
#[cfg(test)]
mod tests;
mod unit;

use crate::compiler::{Compiled, Compiler, Job, Want};
use crate::lower::{Signature, Stay};
use engine::analyze::{ConstKey, Tree};
use engine::code::Code;
use engine::host::{self, CppHost};
use engine::table::HashMap;
use parking_lot::Mutex;
use questions::Diagnostic;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// What the C++ does at a call of C++.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The call itself, inlined by Clang where it can be.
    Direct,
    /// A call of the site's trampoline: `--strategy stubs`.
    Stubs,
}

/// What decides a text besides the tree and the feedback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub strategy: Strategy,
    /// Callbacks may leave errors behind a call of C++.
    pub left: bool,
    /// Part of the exported names: a session refuses a second function of a name, and the same text may be compiled again
    /// when the C++ around it has changed.
    pub salt: [u8; 32],
    /// The address of the function's own `Code`, as feedback has it; 0 where it is not to be known.
    pub own_code: usize,
    /// The signature of a callee's special entry, by the address of its `Code`.
    pub signatures: fn(usize) -> Option<Signature>,
}

/// The compiler of tier 2.
pub struct Clang {
    strategy: Strategy,
    /// Addresses by text and environment: equal text is equal code.
    known: Mutex<HashMap<[u8; 32], Compiled>>,
    /// Functions by the raw C++ functions that their objects may have inlined.
    uses: Mutex<Vec<(String, &'static Code)>>,
    /// The session has read the prelude.
    ready: Mutex<bool>,
}

impl Clang {
    pub fn new(strategy: Strategy) -> Clang {
        Clang { strategy, known: Mutex::default(), uses: Mutex::default(), ready: Mutex::new(false) }
    }

    fn text(&self, job: &Job, salt: [u8; 32]) -> Result<unit::Text, Stay> {
        let shape = Shape {
            strategy: self.strategy,
            salt,
            left: host::parts().cpp.callbacks_may_fail() || loads(&job.tree),
            own_code: std::ptr::from_ref(job.code) as usize,
            signatures: signature_of,
        };
        unit::write(&job.tree, job.function, job.want, &job.feedback, shape)
    }

    fn prepare(&self, cpp: &dyn CppHost) -> Result<(), Stay> {
        let mut ready = self.ready.lock();
        if !*ready {
            cpp.prelude(&prelude::text(), runtime::functions().map(|(n, a)| (n.to_owned(), a)).collect())
                .map_err(|all| refused(&all))?;
            engine::print::share_with_c();
            *ready = true;
        }
        Ok(())
    }
}

/// Does the form's text load more of the program? The first callback of all may be passed there, while the function runs.
fn loads(tree: &Tree) -> bool {
    const LOADERS: [&str; 8] =
        ["eval", "load", "load-file", "load-reader", "load-string", "require", "use", "requiring-resolve"];
    tree.consts
        .iter()
        .any(|c| matches!(c, ConstKey::Var { ns, name } if &**ns == "clojure.core" && LOADERS.contains(&&**name)))
}

/// The signature of the special entry of a `Code` that the feedback of a call names.
fn signature_of(code: usize) -> Option<Signature> {
    // SAFETY: a call's feedback holds addresses of `Code` records, which live for ever (contract *Code*).
    let code = unsafe { &*(code as *const Code) };
    match code.special.load(Ordering::Acquire).is_null() {
        true => None,
        false => Signature::of_bits(code.special_signature.load(Ordering::Acquire)),
    }
}

/// A compile error in generated text is a fault of ours; what it says goes to `stays`.
fn refused(all: &[Diagnostic]) -> Stay {
    match all.first() {
        Some(d) => Stay::new(format!("C++: {}: {}", d.code, d.message)),
        None => Stay::new("C++: refused without a reason"),
    }
}

impl Compiler for Clang {
    fn tier(&self) -> u8 {
        2
    }

    fn compile(&self, job: &Job) -> Result<Compiled, Stay> {
        let cpp = &*host::parts().cpp;
        let start = Instant::now();
        let environment = cpp.environment_key();
        let text = self.text(job, environment)?;
        let generation = start.elapsed().as_secs_f64() * 1e6;
        let mut key = blake3::Hasher::new();
        key.update(text.text.as_bytes()).update(&environment).update(unit::strategy_name(self.strategy).as_bytes());
        let key = *key.finalize().as_bytes();
        if let Some(known) = self.known.lock().get(&key) {
            return Ok(known.clone());
        }
        if std::env::var_os("RUNG_SHOW_CPP").is_some() {
            eprintln!("{}", text.text);
        }
        self.prepare(cpp)?;
        let compiled = cpp.compile(&text.exports[0], &text.text, &text.exports).map_err(|all| refused(&all))?;
        self.uses.lock().extend(compiled.uses.iter().map(|(name, _)| (name.clone(), job.code)));
        let linking = Instant::now();
        let symbols = symbols(job, &text, &compiled.imports);
        let loaded = cpp.load(compiled.object, symbols, &text.exports).map_err(|all| refused(&all))?;
        let mut phases = vec![("generation".to_owned(), generation)];
        phases.extend(compiled.phases_us);
        phases.push(("link".to_owned(), linking.elapsed().as_secs_f64() * 1e6));
        let addresses: Vec<usize> = loaded.addresses.iter().map(|a| *a as usize).collect();
        if addresses.len() != text.exports.len() || addresses.contains(&0) {
            return Err(Stay::new("C++: an exported function has no address"));
        }
        let special = text.special.as_ref().and_then(Signature::bits).zip(addresses.last().copied());
        let arities = addresses.len() - special.is_some() as usize;
        let done = Compiled {
            entry: if job.want == Want::Function { 0 } else { addresses[0] },
            bodies: if job.want == Want::Function { addresses[..arities].to_vec() } else { Vec::new() },
            special,
            bytes: loaded.code_bytes as usize,
            phases,
        };
        self.known.lock().insert(key, done.clone());
        Ok(done)
    }

    fn holding(&self, names: &[&str]) -> Vec<&'static Code> {
        let mut stale: Vec<&'static Code> = Vec::new();
        self.uses.lock().retain(|(name, code)| {
            let holds = names.contains(&name.as_str());
            if holds && !stale.iter().any(|c| std::ptr::eq(*c, *code)) {
                stale.push(*code);
            }
            !holds
        });
        stale
    }

    fn dump(&self, job: &Job) -> Result<String, Stay> {
        let text = self.text(job, [0; 32])?.shown;
        Ok(format!("{}\n{}\n{text}", prelude::text(), host::parts().cpp.declarations()))
    }
}

/// What the object imports of ours besides the runtime, with addresses: vars, types.
fn symbols(job: &Job, text: &unit::Text, imports: &[String]) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    let wanted = |name: &str| imports.is_empty() || imports.iter().any(|i| i == name);
    for (name, at) in text.vars.iter().filter(|v| wanted(&v.0)) {
        // SAFETY: the constants of a form are never freed; the index comes from its tree. The word is only read as an address.
        let var = unsafe { *job.code.consts.add(*at as usize) };
        all.push((name.clone(), var.address() as u64));
    }
    for (name, ix) in text.types.iter().filter(|t| wanted(&t.0)) {
        all.push((name.clone(), runtime::descriptor(job.tree.ty(*ix)) as u64));
    }
    all
}
