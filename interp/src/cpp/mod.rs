//! The C++ kinds. A word holds a scalar's bits, extended to 64 as its type says, or an object's address; objects lie in
//! the frame's native storage. Calls go through trampolines behind the guard; what C++ defines exactly on scalars is
//! computed in place (`scalar`, `operator`).

mod build;
mod call;
mod convert;
mod direct;
mod operator;
mod place;
pub use engine::scalar;
