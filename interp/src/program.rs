//! The executable form of a function: its arities' nodes, built at the first call and kept in `Code::nodes`.

use crate::build;
use crate::node::{Arena, Node};
use engine::code::{Code, MAX_DIRECT};
use engine::fault::Res;
use std::sync::atomic::Ordering;

/// Which arity of which function a node belongs to.
pub struct Owner {
    pub code: &'static Code,
    /// Index into the function's arities.
    pub arity: u32,
    pub params: u32,
    pub variadic: bool,
}

/// An arity, ready to run.
#[derive(Clone, Copy)]
pub struct Arity {
    pub body: &'static Node,
    /// Words of the frame, `frame::MARGIN` included.
    pub words: usize,
    pub params: usize,
    /// A list of the remaining arguments follows the parameters.
    pub variadic: bool,
}

/// A function, ready to run. `direct[n]`: the arity that takes exactly `n` arguments in registers, fixed or, where the
/// function is variadic and there is none, the variadic one.
pub struct Program {
    pub direct: [Option<Arity>; MAX_DIRECT + 1],
    /// Arities of more parameters than go in registers.
    pub long: Vec<Arity>,
    pub variadic: Option<Arity>,
}

/// The program of a function with a body; built where there is none yet.
///
/// # Errors
/// A C++ call site that cannot be bound, a literal that cannot be hashed: pending.
pub fn of(code: &'static Code) -> Res<&'static Program> {
    let p = code.nodes.load(Ordering::Acquire);
    if !p.is_null() {
        // SAFETY: only the store below fills `nodes`, with a leaked `Program`.
        return Ok(unsafe { &*p.cast::<Program>() });
    }
    let arena = Arena::default();
    let made = Box::into_raw(Box::new(build::program(code, &arena)?));
    match code.nodes.compare_exchange(std::ptr::null_mut(), made.cast(), Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {
            arena.leak();
            // SAFETY: just leaked.
            Ok(unsafe { &*made })
        }
        Err(first) => {
            // SAFETY: nobody has seen `made`; the program that is there was stored by this function.
            unsafe {
                drop(Box::from_raw(made));
                Ok(&*first.cast::<Program>())
            }
        }
    }
}

/// The program of a function that has run before: what the entries use.
#[inline(always)]
pub fn built(code: &Code) -> &'static Program {
    // SAFETY: the entries that call this are installed after the program was stored (`entry::install_built`).
    unsafe { &*code.nodes.load(Ordering::Relaxed).cast::<Program>() }
}
