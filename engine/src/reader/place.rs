//! Where a form stands in its text, and the cursor that keeps count while the reader walks: every character is looked
//! at once, so places cost nothing extra. Knows nothing of forms.

use questions::Span;

/// The extent of a form. Lines and columns count from 1, columns in characters; offsets count bytes from 0; ends are exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub offset: u32,
    pub end_offset: u32,
}

impl Place {
    /// The place as diagnostics carry it.
    pub fn in_file(self, file: &str, label: &str) -> Span {
        Span {
            file: file.to_owned(),
            line: self.line,
            column: self.column,
            end_line: self.end_line,
            end_column: self.end_column,
            label: label.to_owned(),
        }
    }
}

/// A position that a place can be measured from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    offset: usize,
    line: u32,
    column: u32,
}

/// The text and how far it has been read.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: Mark,
}

impl<'a> Cursor<'a> {
    /// A byte order mark at the start is no part of the program.
    pub fn new(text: &'a str, line: u32, column: u32) -> Self {
        let offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Cursor { text, at: Mark { offset, line, column } }
    }

    pub fn offset(&self) -> usize {
        self.at.offset
    }

    pub fn mark(&self) -> Mark {
        self.at
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at.offset..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character after the next.
    pub fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    /// Takes one character. `\n`, `\r\n` and a lone `\r` each end a line.
    pub fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at.offset += c.len_utf8();
        let ends_line = c == '\n' || (c == '\r' && self.peek() != Some('\n'));
        if ends_line {
            self.at.line = self.at.line.saturating_add(1);
            self.at.column = 1;
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(c)
    }

    /// Takes the next character if it is `wanted`.
    pub fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    pub fn take_while(&mut self, mut wanted: impl FnMut(char) -> bool) {
        while self.peek().is_some_and(&mut wanted) {
            self.bump();
        }
    }

    pub fn skip_blank(&mut self) {
        self.take_while(is_blank);
    }

    pub fn skip_line(&mut self) {
        self.take_while(|c| c != '\n' && c != '\r');
    }

    /// What was taken since `start`.
    pub fn text_since(&self, start: Mark) -> &'a str {
        &self.text[start.offset..self.at.offset]
    }

    pub fn since(&self, start: Mark) -> Place {
        span(start, self.at)
    }

    /// The empty place right here.
    pub fn here(&self) -> Place {
        span(self.at, self.at)
    }
}

fn span(start: Mark, end: Mark) -> Place {
    Place {
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        offset: u32::try_from(start.offset).unwrap_or(u32::MAX),
        end_offset: u32::try_from(end.offset).unwrap_or(u32::MAX),
    }
}

/// What separates forms: the comma and `java.lang.Character/isWhitespace`, which leaves out the no-break spaces.
pub(super) fn is_blank(c: char) -> bool {
    match c {
        ' ' | ',' | '\t'..='\r' | '\u{1c}'..='\u{1f}' => true,
        '\u{a0}' | '\u{85}' | '\u{2007}' | '\u{202f}' => false,
        _ => !c.is_ascii() && c.is_whitespace(),
    }
}
