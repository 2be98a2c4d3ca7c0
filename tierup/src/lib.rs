//! rung-tierup.
