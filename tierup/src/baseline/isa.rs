//! Cranelift's settings, as measured (tier-facts.md): no optimisation with the good register allocator, `speed` where
//! there are loops, the quick allocator for what is very long.

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use std::sync::OnceLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    Plain,
    Loops,
    Quick,
}

/// The target with the settings of an effort; made once each.
///
/// # Errors
/// Cranelift does not know this machine.
pub fn isa(effort: Effort) -> Result<&'static OwnedTargetIsa, String> {
    static ISAS: [OnceLock<Result<OwnedTargetIsa, String>>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
    ISAS[effort as usize].get_or_init(|| make(effort)).as_ref().map_err(Clone::clone)
}

fn make(effort: Effort) -> Result<OwnedTargetIsa, String> {
    let mut flags = settings::builder();
    let (opt, allocator) = match effort {
        Effort::Plain => ("none", "backtracking"),
        Effort::Loops => ("speed", "backtracking"),
        Effort::Quick => ("none", "single_pass"),
    };
    for (name, value) in [
        ("opt_level", opt),
        ("regalloc_algorithm", allocator),
        ("enable_verifier", if cfg!(test) { "true" } else { "false" }),
        ("enable_probestack", "false"),
        ("is_pic", "false"),
        ("unwind_info", "false"),
    ] {
        flags.set(name, value).map_err(|e| format!("cranelift: {name}: {e}"))?;
    }
    let builder = cranelift_native::builder().map_err(|e| format!("cranelift: {e}"))?;
    builder.finish(settings::Flags::new(flags)).map_err(|e| format!("cranelift: {e}"))
}
