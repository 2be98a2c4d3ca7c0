//! `#(…)`: a function whose arguments are `%`, `%1` … `%20` and `%&`. Their names end in `#`, so that a syntax quote
//! around the function renames them with everything else.

use super::fault::Read;
use super::place::{Mark, is_blank};
use super::{Detached, Form, FormKind, Reader, Resolve, number};

/// The most positional arguments that a function has.
const MOST: usize = 20;

/// The names of the arguments that the body mentions.
#[derive(Default)]
pub(super) struct Arguments {
    positional: Vec<Option<Box<str>>>,
    rest: Option<Box<str>>,
}

impl Reader<'_> {
    #[inline(never)]
    pub(super) fn function(&mut self, start: Mark) -> Read<Form> {
        if self.arguments.is_some() {
            self.cursor.bump();
            self.cursor.bump();
            return Err(self.fault("read/fn", "a #() cannot stand inside another", self.cursor.since(start)));
        }
        self.arguments = Some(Arguments::default());
        let body = self.delimited("#(", ')', start)?;
        let span = self.cursor.since(start);
        let Arguments { positional, rest } = self.arguments.take().unwrap_or_default();
        let mut names = Vec::new();
        for (i, name) in positional.into_iter().enumerate() {
            let name = name.unwrap_or_else(|| self.argument_name(&format!("p{}", i + 1)));
            names.push(Form::symbol(&name, span));
        }
        if let Some(rest) = rest {
            names.extend([Form::symbol("&", span), Form::symbol(&rest, span)]);
        }
        let names = Form::new(FormKind::Vector(names), span);
        Ok(Form::list(vec![Form::symbol("fn*", span), names, Form::list(body, span)], span))
    }

    /// `%` inside a `#(…)`.
    #[inline(never)]
    pub(super) fn argument(&mut self, start: Mark) -> Read<Form> {
        self.cursor.bump();
        let begin = self.cursor.mark();
        match self.cursor.peek() {
            None => {}
            Some(c) if is_blank(c) || self.ends_token(c) => {}
            Some(c) if self.starts_number(c) => self.take_until(Self::is_macro),
            Some(_) => {
                self.take_token(begin);
            }
        }
        let text = self.cursor.text_since(begin);
        let span = self.cursor.since(start);
        let index = match (text, number::parse(text)) {
            ("", _) => Some(1),
            (_, Some(FormKind::Long(index))) => usize::try_from(index).ok().filter(|i| (1..=MOST).contains(i)),
            _ => None,
        };
        let name = match index {
            Some(index) => self.positional(index),
            None if text == "&" => self.rest(),
            None => {
                let message = format!("`%{text}` is no argument: they are %, %1 to %{MOST} and %&");
                return Err(self.fault("read/fn", message, span));
            }
        };
        Ok(Form::symbol(&name, span))
    }

    fn positional(&mut self, index: usize) -> Box<str> {
        let mut seen = self.arguments.take().unwrap_or_default();
        if seen.positional.len() < index {
            seen.positional.resize(index, None);
        }
        let name = seen.positional[index - 1].get_or_insert_with(|| self.argument_name(&format!("p{index}"))).clone();
        self.arguments = Some(seen);
        name
    }

    fn rest(&mut self) -> Box<str> {
        let mut seen = self.arguments.take().unwrap_or_default();
        let name = seen.rest.get_or_insert_with(|| self.argument_name("rest")).clone();
        self.arguments = Some(seen);
        name
    }

    fn argument_name(&self, prefix: &str) -> Box<str> {
        format!("{prefix}__{}#", self.next_id()).into()
    }

    pub(super) fn next_id(&self) -> u64 {
        self.options.resolver.map_or_else(|| Detached.next_id(), Resolve::next_id)
    }
}
