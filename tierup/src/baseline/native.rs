//! C++ in tier 1: sites through their trampolines and the host's guard, conversions through the host.

use super::emit::Emit;
use crate::lower::{Inst, Stay};

impl Emit<'_, '_> {
    /// # Errors
    /// What this tier does not take.
    pub fn native(&mut self, inst: &Inst) -> Result<(), Stay> {
        Err(Stay::new(format!("C++: {inst}")))
    }
}
