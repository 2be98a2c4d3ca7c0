//! Assembles the engine.
