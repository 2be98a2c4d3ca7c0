//! Strings, regular expressions and characters, with their escapes. `\uXXXX` names a UTF-16 unit as on the JVM: two
//! that make a pair are one character in a string, half a pair is an error.

use super::fault::{Fault, Opened, Read};
use super::place::{Mark, is_blank};
use super::{Form, FormKind, Reader};

impl<'a> Reader<'a> {
    #[inline(never)]
    pub(super) fn string(&mut self, start: Mark) -> Read<Form> {
        self.cursor.bump();
        let opened = self.opening("\"", start);
        let mut text = String::new();
        loop {
            let plain = self.cursor.mark();
            self.cursor.take_while(|c| c != '"' && c != '\\');
            text.push_str(self.cursor.text_since(plain));
            let escape = self.cursor.mark();
            match self.cursor.bump() {
                None => return Err(self.end_of_input(Some(opened))),
                Some('"') => break,
                Some(_) => text.push(self.escape(escape, opened)?),
            }
        }
        Ok(Form::new(FormKind::String(text.into()), self.cursor.since(start)))
    }

    /// `#"…"`: the backslash only keeps a quote from ending it.
    #[inline(never)]
    pub(super) fn regex(&mut self, start: Mark) -> Read<Form> {
        self.cursor.bump();
        let opened = self.opening("#\"", start);
        let begin = self.cursor.mark();
        loop {
            self.cursor.take_while(|c| c != '"' && c != '\\');
            let text = self.cursor.text_since(begin);
            match self.cursor.bump() {
                Some('"') => return Ok(Form::new(FormKind::Regex(text.into()), self.cursor.since(start))),
                Some(_) if self.cursor.bump().is_some() => {}
                _ => return Err(self.end_of_input(Some(opened))),
            }
        }
    }

    #[inline(never)]
    pub(super) fn character(&mut self, start: Mark) -> Read<Form> {
        self.cursor.bump();
        let opened = self.opening("\\", start);
        let begin = self.cursor.mark();
        if self.cursor.peek().is_none() {
            return Err(self.end_of_input(Some(opened)));
        }
        let token = self.take_token(begin);
        let span = self.cursor.since(start);
        match named_character(token) {
            Some(c) => Ok(Form::new(FormKind::Char(c), span)),
            None => Err(self.fault("read/character", format!("`\\{token}` is no character"), span)),
        }
    }

    fn opening(&self, text: &'static str, start: Mark) -> Opened {
        Opened { text, place: self.cursor.since(start) }
    }

    /// What follows the backslash that stands at `start`.
    fn escape(&mut self, start: Mark, opened: Opened) -> Read<char> {
        let Some(c) = self.cursor.bump() else { return Err(self.end_of_input(Some(opened))) };
        Ok(match c {
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            'b' => '\u{8}',
            'f' => '\u{c}',
            '\\' | '"' => c,
            'u' => self.unicode_escape(start, opened)?,
            '0'..='7' => self.octal_escape(c, start)?,
            _ => return Err(self.bad_escape(start)),
        })
    }

    fn unicode_escape(&mut self, start: Mark, opened: Opened) -> Read<char> {
        let first = self.unicode_unit(start, opened)?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        let second = match (self.cursor.eat('\\'), self.cursor.eat('u')) {
            (true, true) => self.unicode_unit(start, opened)?,
            _ => return Err(self.bad_escape(start)),
        };
        let units = [first, second].map(|unit| u16::try_from(unit).unwrap_or(0));
        let mut pair = char::decode_utf16(units);
        match (pair.next(), pair.next()) {
            (Some(Ok(c)), None) => Ok(c),
            _ => Err(self.bad_escape(start)),
        }
    }

    /// The four hexadecimal digits behind `\u`.
    fn unicode_unit(&mut self, start: Mark, opened: Opened) -> Read<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(c) = self.cursor.peek() else { return Err(self.end_of_input(Some(opened))) };
            let Some(digit) = c.to_digit(16) else { return Err(self.bad_escape(start)) };
            unit = unit * 16 + digit;
            self.cursor.bump();
        }
        Ok(unit)
    }

    /// One to three octal digits, up to `\377`; a digit that is not octal may not follow before the third.
    fn octal_escape(&mut self, first: char, start: Mark) -> Read<char> {
        let mut value = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(c) = self.cursor.peek().filter(|&c| !is_blank(c) && !self.is_macro(c)) else { break };
            let Some(digit) = c.to_digit(8) else { return Err(self.bad_escape(start)) };
            value = value * 8 + digit;
            self.cursor.bump();
        }
        byte_character(value).ok_or_else(|| self.bad_escape(start))
    }

    #[cold]
    fn bad_escape(&mut self, start: Mark) -> Fault {
        let text = self.cursor.text_since(start);
        let message = format!("`{text}` begins no escape that strings have");
        self.fault("read/escape", message, self.cursor.since(start))
            .help_with("they have \\t \\r \\n \\\\ \\\" \\b \\f, \\uXXXX and \\0 to \\377")
    }
}

/// Adds help to a boxed diagnostic.
trait HelpWith {
    fn help_with(self, text: &str) -> Self;
}

impl HelpWith for Fault {
    fn help_with(mut self, text: &str) -> Self {
        self.help = Some(text.to_owned());
        self
    }
}

fn byte_character(value: u32) -> Option<char> {
    u8::try_from(value).ok().map(char::from)
}

/// What stands behind the backslash of a character.
fn named_character(token: &str) -> Option<char> {
    let mut chars = token.chars();
    let first = chars.next()?;
    let digits = chars.as_str();
    match token {
        _ if digits.is_empty() => Some(first),
        "newline" => Some('\n'),
        "space" => Some(' '),
        "tab" => Some('\t'),
        "backspace" => Some('\u{8}'),
        "formfeed" => Some('\u{c}'),
        "return" => Some('\r'),
        _ if first == 'u' && digits.len() == 4 => char::from_u32(digits_of(digits, 16)?),
        _ if first == 'o' && digits.len() <= 3 => byte_character(digits_of(digits, 8)?),
        _ => None,
    }
}

/// Digits and nothing else: no sign.
fn digits_of(text: &str, radix: u32) -> Option<u32> {
    text.chars().try_fold(0, |number: u32, c| Some(number * radix + c.to_digit(radix)?))
}
