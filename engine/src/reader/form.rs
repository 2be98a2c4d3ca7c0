//! What the reader gives: a tree of plain data with a place at each node. No heap word is in it; making values of it
//! is the business of whoever evaluates. `'x`, `@x`, `#'x`, `~x` and an expanded syntax quote are the lists they stand for.

use super::Place;
use num_bigint::BigInt;

/// A form and where it stands. Forms that the reader made up (in an expanded syntax quote) have the place of what they came from.
#[derive(Debug, Clone)]
pub struct Form {
    pub kind: FormKind,
    pub span: Place,
}

/// A name with an optional namespace, as symbols, keywords and tags have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    pub ns: Option<Box<str>>,
    pub name: Box<str>,
}

/// Collections keep the order of the text. A map is its keys and values in turn, always an even number.
#[derive(Debug, Clone)]
pub enum FormKind {
    Nil,
    Bool(bool),
    Long(i64),
    BigInt(BigInt),
    /// In lowest terms; the denominator is above 1.
    Ratio(Box<Ratio>),
    Double(f64),
    /// unscaled × 10^-scale
    BigDecimal {
        unscaled: BigInt,
        scale: i32,
    },
    Char(char),
    String(Box<str>),
    /// The pattern as written, escapes untouched.
    Regex(Box<str>),
    Symbol(Name),
    /// `auto`: `::k` or `::alias/k` that no resolver was there to resolve; `ns` is then the alias.
    Keyword {
        name: Name,
        auto: bool,
    },
    List(Vec<Form>),
    Vector(Vec<Form>),
    Map(Vec<Form>),
    Set(Vec<Form>),
    /// `meta` is a map (shorthands and stacked metadata are merged); `form` is not itself a `Meta`.
    Meta {
        meta: Box<Form>,
        form: Box<Form>,
    },
    /// `#tag form`; records (`#my.Type{…}`, `#my.Type[…]`) and `#cpp (…)` too.
    Tagged {
        tag: Name,
        form: Box<Form>,
    },
    /// `#=form`, where it is allowed.
    Eval(Box<Form>),
    /// `#?(…)`, `#?@(…)`, where conditionals are preserved.
    Conditional {
        splicing: bool,
        body: Vec<Form>,
    },
}

#[derive(Debug, Clone)]
pub struct Ratio {
    pub numerator: BigInt,
    pub denominator: BigInt,
}

impl Name {
    pub fn plain(name: impl Into<Box<str>>) -> Self {
        Name { ns: None, name: name.into() }
    }

    pub fn qualified(ns: impl Into<Box<str>>, name: impl Into<Box<str>>) -> Self {
        Name { ns: Some(ns.into()), name: name.into() }
    }

    /// Splits at the first slash, as `clojure.core/symbol` does; `/` alone is a name.
    pub fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((ns, name)) if text != "/" => Name::qualified(ns, name),
            _ => Name::plain(text),
        }
    }
}

impl Form {
    pub fn new(kind: FormKind, span: Place) -> Self {
        Form { kind, span }
    }

    /// A symbol without namespace.
    pub fn symbol(name: &str, span: Place) -> Self {
        Form::new(FormKind::Symbol(Name::plain(name)), span)
    }

    /// A symbol of `clojure.core`.
    pub fn core(name: &str, span: Place) -> Self {
        Form::new(FormKind::Symbol(Name::qualified("clojure.core", name)), span)
    }

    pub fn keyword(name: &str, span: Place) -> Self {
        Form::new(FormKind::Keyword { name: Name::plain(name), auto: false }, span)
    }

    pub fn list(items: Vec<Form>, span: Place) -> Self {
        Form::new(FormKind::List(items), span)
    }

    /// The form without its metadata.
    pub fn bare(&self) -> &Form {
        match &self.kind {
            FormKind::Meta { form, .. } => form,
            _ => self,
        }
    }

    /// The forms directly inside this one, in order.
    pub fn children(&self) -> impl Iterator<Item = &Form> {
        let (many, pair): (&[Form], [Option<&Form>; 2]) = match &self.kind {
            FormKind::List(items) | FormKind::Vector(items) | FormKind::Map(items) | FormKind::Set(items) => {
                (items, [None, None])
            }
            FormKind::Conditional { body, .. } => (body, [None, None]),
            FormKind::Meta { meta, form } => (&[], [Some(meta), Some(form)]),
            FormKind::Tagged { form, .. } | FormKind::Eval(form) => (&[], [Some(form), None]),
            _ => (&[], [None, None]),
        };
        many.iter().chain(pair.into_iter().flatten())
    }

    /// The levels of forms in this one, counted without recursion; an atom has 1.
    pub fn height(&self) -> usize {
        let (mut highest, mut left) = (0, vec![(self, 1)]);
        while let Some((form, level)) = left.pop() {
            highest = highest.max(level);
            left.extend(form.children().map(|child| (child, level + 1)));
        }
        highest
    }
}
