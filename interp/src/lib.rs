//! rung-interp.
