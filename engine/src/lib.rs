//! rung-engine.
