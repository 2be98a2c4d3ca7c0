//! The program `rung`: all of it is in the library's `command`.

#![forbid(unsafe_code)]

/// The system's, and what `--tune gc.search=1` needs.
#[global_allocator]
static ALLOCATOR: engine::heap::Tracked = engine::heap::Tracked;

fn main() {
    rung::command::main();
}
