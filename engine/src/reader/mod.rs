//! Text to forms, with the place of each: Clojure's reader as 1.11 has it, and the few tokens of the dialect's own.
//! Forms are plain data (`form.rs`); what a name means is asked of the caller (`resolve.rs`); values are made elsewhere.
//!
//! **Invariants.** No input panics or overflows the stack: what nests deeper than [`MAX_NESTING`] is an error, of the text and
//! of what syntax quotes make of it. Every call to [`Reader::next`] takes at least one character or is at the end. The
//! time is linear in the text (nested syntax quotes multiply, up to a limit). No unsafe code, no heap word.

#![forbid(unsafe_code)]

mod collection;
mod complete;
mod conditional;
mod dispatch;
mod display;
mod fault;
mod form;
mod function;
mod meta;
mod number;
mod place;
mod resolve;
mod same;
mod string;
mod syntax_quote;
mod token;
pub mod value;

#[cfg(test)]
mod tests;

pub use complete::{Completeness, is_complete};
pub use form::{Form, FormKind, Name, Ratio};
pub use place::Place;
pub use resolve::{Detached, Resolve};

use fault::{Opened, Read};
use place::{Cursor, Mark};
use questions::Diagnostic;

/// The most levels that a form may have: what walks forms by recursion needs stack for no more.
pub const MAX_NESTING: usize = 1000;

/// What becomes of `#?(…)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditionals {
    /// It is an error, as in a `.clj` file on the JVM.
    Refuse,
    /// The first branch whose feature is in the list, or `:default`, is read.
    Allow,
    /// It stays a form of its own.
    Preserve,
}

/// What becomes of `#=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadEval {
    Refuse,
    /// It is a form of its own; whoever evaluates runs it.
    Allow,
}

/// Which of Clojure's two readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Program,
    /// Data only, as `clojure.edn` reads it: no quotes, functions, regular expressions, conditionals, `::k`.
    Edn,
}

/// How to read. Without a resolver `::k` stays unresolved and syntax quotes qualify with `user`.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    pub syntax: Syntax,
    /// Names of the features that hold, without colon; `default` always holds.
    pub features: &'a [&'a str],
    pub conditionals: Conditionals,
    pub read_eval: ReadEval,
    pub resolver: Option<&'a dyn Resolve>,
    /// The lowest address that the stack may reach here: where less than the 2 MB is left that [`MAX_NESTING`] levels can
    /// take, nesting ends at this address instead. 0: enough is there.
    pub stack_limit: usize,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            syntax: Syntax::Program,
            features: &["rung"],
            conditionals: Conditionals::Allow,
            read_eval: ReadEval::Refuse,
            resolver: None,
            stack_limit: 0,
        }
    }
}

/// Reads one form after another from a text.
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    file: &'a str,
    options: Options<'a>,
    /// What `#?@` spliced and nobody has taken yet, last first.
    pending: Vec<Form>,
    /// What is begun and not ended, outermost first; its length is the nesting.
    opened: Vec<Opened>,
    /// In a branch or a form that is read only to be skipped.
    suppressed: bool,
    /// Inside `#(…)`: the arguments seen.
    arguments: Option<function::Arguments>,
    /// Where this top-level form begins, in bytes.
    begin: usize,
    /// The forms that syntax quotes have walked in it.
    quoted: usize,
    /// What the end of the input cut off.
    unfinished: Place,
}

/// What one step through the text met.
enum Step {
    Form(Form),
    /// A comment, a discarded form, a conditional without a branch that holds.
    Nothing,
    Close(char, Place),
    End,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str, file: &'a str, options: Options<'a>) -> Self {
        Reader::starting_at(text, file, options, 1, 1)
    }

    /// A text that begins at this line and column of its file, as an editor sends one.
    pub fn starting_at(text: &'a str, file: &'a str, options: Options<'a>, line: u32, column: u32) -> Self {
        Reader {
            cursor: Cursor::new(text, line, column),
            file,
            options,
            pending: Vec::new(),
            opened: Vec::new(),
            suppressed: false,
            arguments: None,
            begin: 0,
            quoted: 0,
            unfinished: Place::default(),
        }
    }

    /// Bytes read so far: after a form, what remains of the text begins here.
    pub fn offset(&self) -> usize {
        self.cursor.offset()
    }

    /// The next top-level form; `None` at the end. After an error the next call goes on behind the place of the error.
    #[expect(clippy::should_implement_trait, reason = "`Result<Option>` reads better with `?` than `Option<Result>`")]
    #[expect(clippy::result_large_err, reason = "asked for once a top-level form")]
    pub fn next(&mut self) -> Result<Option<Form>, Diagnostic> {
        self.pending.clear();
        self.opened.clear();
        self.suppressed = false;
        self.arguments = None;
        self.begin = self.cursor.offset();
        self.quoted = 0;
        self.top_level().map_err(|fault| *fault)
    }

    fn top_level(&mut self) -> Read<Option<Form>> {
        loop {
            match self.step()? {
                Step::Form(form) if self.quoted > 0 && form.height() > MAX_NESTING => {
                    return Err(self.too_deep(form.span));
                }
                Step::Form(form) => return Ok(Some(form)),
                Step::Nothing => {}
                Step::Close(found, place) => return Err(self.unmatched(found, place)),
                Step::End => return Ok(None),
            }
        }
    }

    fn step(&mut self) -> Read<Step> {
        if let Some(form) = self.pending.pop() {
            return Ok(Step::Form(form));
        }
        self.cursor.skip_blank();
        let start = self.cursor.mark();
        let Some(first) = self.cursor.peek() else { return Ok(Step::End) };
        let form = match first {
            '(' => self.list(start),
            '[' => self.vector(start),
            '{' => self.map(start),
            ')' | ']' | '}' => {
                self.cursor.bump();
                return Ok(Step::Close(first, self.cursor.since(start)));
            }
            ';' => {
                self.cursor.skip_line();
                return Ok(Step::Nothing);
            }
            '"' => self.string(start),
            '\\' => self.character(start),
            '^' => self.meta("^", start),
            '#' if self.edn() => return self.edn_dispatch(start),
            '#' => return self.dispatch(start),
            _ if self.starts_number(first) => self.number(start),
            _ if self.edn() => self.token(start),
            '\'' => self.prefixed("'", start, |span| Form::symbol("quote", span)),
            '@' => self.prefixed("@", start, |span| Form::core("deref", span)),
            '~' if self.cursor.peek_second() == Some('@') => {
                self.prefixed("~@", start, |span| Form::core("unquote-splicing", span))
            }
            '~' => self.prefixed("~", start, |span| Form::core("unquote", span)),
            '`' => self.syntax_quote(start),
            '%' if self.arguments.is_some() => self.argument(start),
            _ => self.token(start),
        };
        form.map(Step::Form)
    }

    fn edn(&self) -> bool {
        self.options.syntax == Syntax::Edn
    }

    /// The next form, which must be there.
    fn required(&mut self) -> Read<Form> {
        loop {
            match self.step()? {
                Step::Form(form) => return Ok(form),
                Step::Nothing => {}
                Step::Close(found, place) => return Err(self.unmatched(found, place)),
                Step::End => return Err(self.end_of_input(None)),
            }
        }
    }

    /// The form behind a prefix.
    fn operand(&mut self, prefix: &'static str, start: Mark) -> Read<Form> {
        self.enter(prefix, start)?;
        let form = self.required()?;
        self.leave();
        Ok(form)
    }

    /// `'x` and its like: a list of a symbol and the form.
    fn prefixed(&mut self, prefix: &'static str, start: Mark, head: fn(Place) -> Form) -> Read<Form> {
        let form = self.operand(prefix, start)?;
        let span = self.cursor.since(start);
        Ok(Form::list(vec![head(span), form], span))
    }

    /// Takes what `text` says that stands here, and is inside of it until `leave`.
    fn enter(&mut self, text: &'static str, start: Mark) -> Read<()> {
        let written = self.cursor.text_since(start).len();
        for _ in written..text.len() {
            self.cursor.bump();
        }
        let place = self.cursor.since(start);
        if self.opened.len() >= MAX_NESTING || self.out_of_stack() {
            return Err(self.too_deep(place));
        }
        self.opened.push(Opened { text, place });
        Ok(())
    }

    fn out_of_stack(&self) -> bool {
        let here = 0u8;
        std::ptr::from_ref(&here).addr() < self.options.stack_limit
    }

    fn leave(&mut self) {
        self.opened.pop();
    }
}
