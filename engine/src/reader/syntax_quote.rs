//! Syntax quote, expanded as Clojure expands it: into calls of `seq`, `concat`, `list` that build the form anew, symbols
//! qualified by the program, `x#` renamed alike within one quote.
//!
//! Quotes directly inside quotes multiply what they hold, so what an expansion makes is limited in size and in depth.

use super::fault::Read;
use super::place::Mark;
use super::{Form, FormKind, MAX_NESTING, Name, Place, Reader};
use crate::table::HashMap;

/// The most forms that the syntax quotes of a top-level form may walk, beside some for each byte of it.
const MOST_FORMS: usize = 1 << 18;
const FORMS_A_BYTE: usize = 8;

const SPECIAL_FORMS: &[&str] = &[
    "&",
    ".",
    "case*",
    "catch",
    "def",
    "deftype*",
    "do",
    "finally",
    "fn*",
    "if",
    "let*",
    "letfn*",
    "loop*",
    "monitor-enter",
    "monitor-exit",
    "new",
    "quote",
    "recur",
    "reify*",
    "set!",
    "throw",
    "try",
    "var",
];

/// One syntax quote on its way.
struct Expansion<'r, 'a> {
    reader: &'r Reader<'a>,
    /// What each `x#` became.
    generated: HashMap<Box<str>, Box<str>>,
    walked: usize,
    limit: usize,
}

impl Reader<'_> {
    #[inline(never)]
    pub(super) fn syntax_quote(&mut self, start: Mark) -> Read<Form> {
        let form = self.operand("`", start)?;
        let level = self.opened.len();
        let limit = MOST_FORMS + FORMS_A_BYTE * (self.cursor.offset() - self.begin);
        let mut expansion = Expansion { reader: self, generated: HashMap::default(), walked: self.quoted, limit };
        let expanded = expansion.quoted(form, level);
        self.quoted = expansion.walked;
        expanded
    }
}

impl Expansion<'_, '_> {
    /// What builds `form`. `level` is how deep the result will stand.
    fn quoted(&mut self, form: Form, level: usize) -> Read<Form> {
        let span = form.span;
        self.walked += 1;
        if self.walked > self.limit {
            return Err(self.reader.fault("read/nesting", "syntax quotes multiply beyond all measure here", span));
        }
        if level > MAX_NESTING || self.reader.out_of_stack() {
            return Err(self.reader.too_deep(span));
        }
        match form.kind {
            FormKind::Meta { meta, form } => self.with_meta(*meta, *form, level),
            FormKind::Symbol(name) => Ok(quote(Form::new(FormKind::Symbol(self.symbol(name)), span))),
            FormKind::List(items) => match unquoted(items) {
                Unquoted::Value(value) => Ok(value),
                Unquoted::Splice(_) => {
                    Err(self.reader.fault("read/syntax-quote", "`~@` has nothing to splice into", span))
                }
                Unquoted::Not(items) if items.is_empty() => Ok(call("list", vec![], span)),
                Unquoted::Not(items) => self.sequence(items, level, span),
            },
            FormKind::Vector(items) => self.applied("vector", items, level, span),
            FormKind::Map(items) => self.applied("hash-map", items, level, span),
            FormKind::Set(items) => self.applied("hash-set", items, level, span),
            FormKind::Keyword { .. }
            | FormKind::Long(_)
            | FormKind::BigInt(_)
            | FormKind::Ratio(_)
            | FormKind::Double(_)
            | FormKind::BigDecimal { .. }
            | FormKind::Char(_)
            | FormKind::String(_) => Ok(form),
            FormKind::Nil
            | FormKind::Bool(_)
            | FormKind::Regex(_)
            | FormKind::Tagged { .. }
            | FormKind::Eval(_)
            | FormKind::Conditional { .. } => Ok(quote(form)),
        }
    }

    /// An unquoted form drops the metadata that stands before its `~`, as in Clojure; so does empty metadata.
    fn with_meta(&mut self, meta: Form, form: Form, level: usize) -> Read<Form> {
        let span = form.span;
        let drops = is_unquote(&form) || matches!(&meta.kind, FormKind::Map(entries) if entries.is_empty());
        if drops {
            return self.quoted(form, level);
        }
        let form = self.quoted(form, level + 1)?;
        let meta = self.quoted(meta, level + 1)?;
        Ok(call("with-meta", vec![form, meta], span))
    }

    fn applied(&mut self, maker: &str, items: Vec<Form>, level: usize, span: Place) -> Read<Form> {
        let items = self.sequence(items, level + 1, span)?;
        Ok(call("apply", vec![Form::core(maker, span), items], span))
    }

    /// `(seq (concat (list a) spliced …))`
    fn sequence(&mut self, items: Vec<Form>, level: usize, span: Place) -> Read<Form> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            parts.push(self.part(item, level + 3)?);
        }
        Ok(call("seq", vec![call("concat", parts, span)], span))
    }

    fn part(&mut self, item: Form, level: usize) -> Read<Form> {
        let span = item.span;
        let bare = if is_unquote(item.bare()) { without_meta(item) } else { item };
        let value = match bare.kind {
            FormKind::List(items) => match unquoted(items) {
                Unquoted::Value(value) => value,
                Unquoted::Splice(list) => return Ok(list),
                Unquoted::Not(items) => self.quoted(Form::list(items, span), level)?,
            },
            kind => self.quoted(Form::new(kind, span), level)?,
        };
        Ok(call("list", vec![value], span))
    }

    fn symbol(&mut self, symbol: Name) -> Name {
        let name = &*symbol.name;
        match symbol.ns.as_deref() {
            Some("cpp") => return symbol,
            None if SPECIAL_FORMS.contains(&name) => return symbol,
            None if name.len() > 1 && name.ends_with('#') => return self.generated(name),
            None if name.len() > 1 && name.ends_with('.') => {
                let class = self.resolved(None, &name[..name.len() - 1]);
                return Name { ns: None, name: format!("{}.", class.name).into() };
            }
            None if name.starts_with('.') || name.starts_with('[') || name.contains('.') => return symbol,
            _ => {}
        }
        self.resolved(symbol.ns.as_deref(), name)
    }

    fn resolved(&self, ns: Option<&str>, name: &str) -> Name {
        use super::{Detached, Resolve};
        match self.reader.options.resolver {
            _ if ns.is_none() && name.contains('.') => Name::plain(name),
            Some(program) => program.symbol(ns, name),
            None => Detached.symbol(ns, name),
        }
    }

    fn generated(&mut self, written: &str) -> Name {
        let reader = self.reader;
        let make = || format!("{}__{}__auto__", &written[..written.len() - 1], reader.next_id()).into();
        Name::plain(self.generated.entry(written.into()).or_insert_with(make).clone())
    }
}

/// A list, as a syntax quote looks at it.
enum Unquoted {
    Value(Form),
    Splice(Form),
    Not(Vec<Form>),
}

fn unquoted(mut items: Vec<Form>) -> Unquoted {
    let splices = match items.first().map(head_of) {
        Some(Some("unquote")) => false,
        Some(Some("unquote-splicing")) => true,
        _ => return Unquoted::Not(items),
    };
    let span = items[0].span;
    let value = if items.len() > 1 { items.swap_remove(1) } else { Form::new(FormKind::Nil, span) };
    if splices { Unquoted::Splice(value) } else { Unquoted::Value(value) }
}

fn is_unquote(form: &Form) -> bool {
    match &form.kind {
        FormKind::List(items) => {
            matches!(items.first().and_then(head_of), Some("unquote" | "unquote-splicing"))
        }
        _ => false,
    }
}

/// The name of a symbol of clojure.core.
fn head_of(form: &Form) -> Option<&str> {
    match &form.bare().kind {
        FormKind::Symbol(Name { ns: Some(ns), name }) if &**ns == "clojure.core" => Some(name),
        _ => None,
    }
}

fn without_meta(form: Form) -> Form {
    match form.kind {
        FormKind::Meta { form, .. } => *form,
        _ => form,
    }
}

fn quote(form: Form) -> Form {
    let span = form.span;
    Form::list(vec![Form::symbol("quote", span), form], span)
}

/// A call of a function of clojure.core.
fn call(name: &str, mut arguments: Vec<Form>, span: Place) -> Form {
    arguments.insert(0, Form::core(name, span));
    Form::list(arguments, span)
}
