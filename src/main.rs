//! The program `rung`: all of it is in the library's `command`.

#![forbid(unsafe_code)]

fn main() {
    rung::command::main();
}
