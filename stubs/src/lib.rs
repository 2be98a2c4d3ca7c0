//! rung-stubs.
