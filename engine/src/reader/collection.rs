//! Lists, vectors, maps, sets, and maps with a namespace for their keys. Checks what only a literal can get wrong:
//! brackets that do not match, keys without a value, keys that are there twice.

use super::fault::Read;
use super::place::{Mark, is_blank};
use super::same::first_repeated;
use super::{Form, FormKind, Name, Place, Reader, Step};

impl Reader<'_> {
    pub(super) fn list(&mut self, start: Mark) -> Read<Form> {
        let items = self.delimited("(", ')', start)?;
        Ok(Form::list(items, self.cursor.since(start)))
    }

    pub(super) fn vector(&mut self, start: Mark) -> Read<Form> {
        let items = self.delimited("[", ']', start)?;
        Ok(Form::new(FormKind::Vector(items), self.cursor.since(start)))
    }

    #[inline(never)]
    pub(super) fn map(&mut self, start: Mark) -> Read<Form> {
        let entries = self.delimited("{", '}', start)?;
        self.map_of("map", entries, self.cursor.since(start))
    }

    #[inline(never)]
    pub(super) fn set(&mut self, start: Mark) -> Read<Form> {
        let items = self.delimited("#{", '}', start)?;
        self.refuse_repeated(items.iter().collect(), "set")?;
        Ok(Form::new(FormKind::Set(items), self.cursor.since(start)))
    }

    /// Forms up to the closing bracket.
    #[inline(never)]
    pub(super) fn delimited(&mut self, open: &'static str, close: char, start: Mark) -> Read<Vec<Form>> {
        self.enter(open, start)?;
        let mut items = Vec::new();
        loop {
            match self.step()? {
                Step::Form(form) => items.push(form),
                Step::Nothing => {}
                Step::Close(found, _) if found == close => break,
                Step::Close(found, place) => return Err(self.unmatched(found, place)),
                Step::End => return Err(self.end_of_input(None)),
            }
        }
        self.leave();
        Ok(items)
    }

    #[inline(never)]
    fn map_of(&self, what: &str, entries: Vec<Form>, span: Place) -> Read<Form> {
        if let Some(last) = entries.last().filter(|_| entries.len() % 2 == 1) {
            let message = format!("a {what} has a value for each key, and here one is missing");
            let mut fault = self.fault("read/map", message, span);
            fault.spans.insert(0, last.span.in_file(self.file, "key without a value"));
            return Err(fault);
        }
        self.refuse_repeated(entries.iter().step_by(2).collect(), "map")?;
        Ok(Form::new(FormKind::Map(entries), span))
    }

    #[inline(never)]
    fn refuse_repeated(&self, keys: Vec<&Form>, what: &str) -> Read<()> {
        let Some((first, second)) = first_repeated(&keys) else { return Ok(()) };
        let message = format!("`{}` is in this {what} twice", brief(second));
        let mut fault = self.fault("read/duplicate-key", message, second.span);
        fault.spans.push(first.span.in_file(self.file, "first here"));
        Err(fault)
    }

    /// `#:ns{…}`, `#::{…}`, `#::alias{…}`; the cursor stands behind the first colon.
    #[inline(never)]
    pub(super) fn namespaced_map(&mut self, start: Mark) -> Read<Form> {
        let auto = !self.edn() && self.cursor.eat(':');
        let named = self.cursor.peek().is_some_and(|c| !is_blank(c) && (c == '%' || !self.is_macro(c)));
        let namer = match (auto, named) {
            (_, true) => {
                let begin = self.cursor.mark();
                let name = self.token(begin)?;
                self.key_namespace(auto, &name)?
            }
            (true, false) if self.cursor.peek() != Some('#') => self.own_namespace(),
            _ => {
                return Err(self.fault("read/map", "`#:` wants a namespace at once", self.cursor.since(start)));
            }
        };
        self.cursor.skip_blank();
        let open = self.cursor.mark();
        if self.cursor.peek() != Some('{') {
            if self.cursor.peek().is_none() {
                self.enter("#:", start)?;
                return Err(self.end_of_input(None));
            }
            return Err(self.fault("read/map", "`#:ns` stands before a map only", self.cursor.since(start)));
        }
        let mut entries = self.delimited("{", '}', open)?;
        for key in entries.iter_mut().step_by(2) {
            namer.apply(key);
        }
        self.map_of("namespaced map", entries, self.cursor.since(start))
    }

    fn own_namespace(&self) -> Namer {
        match self.options.resolver {
            Some(program) => Namer { ns: Some(program.current_ns()), auto: false },
            None => Namer { ns: None, auto: true },
        }
    }

    fn key_namespace(&self, auto: bool, name: &Form) -> Read<Namer> {
        let FormKind::Symbol(Name { ns: None, name: ns }) = &name.kind else {
            return Err(self.fault("read/map", format!("`{name}` is no namespace for keys"), name.span));
        };
        match self.options.resolver {
            _ if !auto => Ok(Namer { ns: Some(ns.clone()), auto: false }),
            None => Ok(Namer { ns: Some(ns.clone()), auto: true }),
            Some(program) => match program.alias(ns) {
                Some(found) => Ok(Namer { ns: Some(found), auto: false }),
                None if self.suppressed => Ok(Namer { ns: Some(ns.clone()), auto: true }),
                None => Err(self.fault("read/map", format!("no namespace has the alias `{ns}`"), name.span)),
            },
        }
    }
}

/// Puts the keys of a map literal into a namespace: those that have none; `:_/k` stays `:k`.
struct Namer {
    ns: Option<Box<str>>,
    auto: bool,
}

impl Namer {
    fn apply(&self, key: &mut Form) {
        match &mut key.kind {
            FormKind::Meta { form, .. } => self.apply(form),
            FormKind::Symbol(name) => {
                self.rename(name);
            }
            FormKind::Keyword { name, auto } if !*auto => *auto = self.rename(name) && self.auto,
            _ => {}
        }
    }

    /// Whether the name got our namespace.
    fn rename(&self, name: &mut Name) -> bool {
        match name.ns.as_deref() {
            None => {
                name.ns = self.ns.clone();
                true
            }
            Some("_") => {
                name.ns = None;
                false
            }
            Some(_) => false,
        }
    }
}

/// A form in a message: not more of it than a line has room for.
fn brief(form: &Form) -> String {
    const ROOM: usize = 40;
    let text = form.to_string();
    match text.char_indices().nth(ROOM) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
