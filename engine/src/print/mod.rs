//! Printing: values to text as Clojure prints them, and where it goes. `printer` walks values, `object` has the values
//! that print as `#object[…]`, `#error {…}` and their like, `writer` and `reader` are `*out*` and `*in*`, `pretty`
//! lays text out in lines.

mod object;
pub mod pretty;
mod printer;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use object::{munge_name, shown_class};
pub(crate) use printer::{METHODS, print_all, print_plainly, text_of_all};
pub use printer::{Style, escape, print_to, to_str};
pub use reader::{Reader, input, stdin_reader};
pub use writer::{
    Sink, Writer, contents, end_line, flush_out, io_error, out, pipe_closed, share_with_c, stderr_writer,
    stdout_writer, string_writer, waiting,
};

use crate::fault::Res;
use crate::value::Value;

/// `(pr-str v)`.
pub fn pr_str(v: Value) -> Res<String> {
    let mut text = String::new();
    print_to(&mut text, v, Style::Readable)?;
    Ok(text)
}

/// What the command line and the REPL show of a value; where printing fails, that.
pub fn display(v: Value) -> String {
    pr_str(v).unwrap_or_else(|_| {
        let error = crate::thread::Thread::current().take_pending();
        format!("#<{}: printing failed: {}>", crate::class_name(v), crate::class_name(error))
    })
}
