//! `^meta form`: shorthands become maps, stacked metadata becomes one map in which the outer wins.

use super::fault::Read;
use super::place::Mark;
use super::same::same;
use super::{Form, FormKind, Place, Reader};

impl Reader<'_> {
    #[inline(never)]
    pub(super) fn meta(&mut self, prefix: &'static str, start: Mark) -> Read<Form> {
        self.enter(prefix, start)?;
        let written = self.required()?;
        let meta = self.meta_map(written)?;
        let form = self.required()?;
        self.leave();
        self.attached(meta, form, self.cursor.since(start))
    }

    /// Apart from `meta`, as `meta_map` is, to keep the frames of nested metadata small.
    #[inline(never)]
    fn attached(&self, meta: Form, form: Form, span: Place) -> Read<Form> {
        let (meta, form) = match form.kind {
            FormKind::Meta { meta: inner, form } => (merged(*inner, meta), *form),
            _ => (meta, form),
        };
        if !carries_meta(&form.kind) {
            let message = "metadata is for symbols and collections; this form carries none";
            return Err(self.fault("read/meta", message, form.span));
        }
        Ok(Form::new(FormKind::Meta { meta: Box::new(meta), form: Box::new(form) }, span))
    }

    /// `^:k`, `^Type`, `^"Type"`, `^[Type …]` as the maps they stand for.
    #[inline(never)]
    fn meta_map(&self, written: Form) -> Read<Form> {
        let span = written.span;
        let entry = |key, value| Form::new(FormKind::Map(vec![key, value]), span);
        match &written.bare().kind {
            FormKind::Map(_) => Ok(match written.kind {
                FormKind::Meta { form, .. } => *form,
                _ => written,
            }),
            FormKind::Keyword { .. } => Ok(entry(written, truth(span))),
            FormKind::Symbol(_) | FormKind::String(_) => Ok(entry(Form::keyword("tag", span), written)),
            FormKind::Vector(_) => Ok(entry(Form::keyword("param-tags", span), written)),
            _ => Err(self.fault("read/meta", "metadata is a map, a keyword, a symbol, a string or a vector", span)),
        }
    }
}

fn truth(span: Place) -> Form {
    Form::new(FormKind::Bool(true), span)
}

/// Forms whose value can have metadata, as far as the reader can tell.
fn carries_meta(kind: &FormKind) -> bool {
    match kind {
        FormKind::Symbol(_)
        | FormKind::List(_)
        | FormKind::Vector(_)
        | FormKind::Map(_)
        | FormKind::Set(_)
        | FormKind::Tagged { .. }
        | FormKind::Eval(_)
        | FormKind::Conditional { .. } => true,
        FormKind::Meta { .. } // never nested
        | FormKind::Nil
        | FormKind::Bool(_)
        | FormKind::Long(_)
        | FormKind::BigInt(_)
        | FormKind::Ratio(_)
        | FormKind::Double(_)
        | FormKind::BigDecimal { .. }
        | FormKind::Char(_)
        | FormKind::String(_)
        | FormKind::Regex(_)
        | FormKind::Keyword { .. } => false,
    }
}

/// Both are maps.
fn merged(mut inner: Form, outer: Form) -> Form {
    let FormKind::Map(entries) = &mut inner.kind else { return outer };
    let FormKind::Map(added) = outer.kind else { return inner };
    let mut added = added.into_iter();
    while let (Some(key), Some(value)) = (added.next(), added.next()) {
        match entries.iter().step_by(2).position(|known| same(known, &key)) {
            Some(i) => entries[2 * i + 1] = value,
            None => entries.extend([key, value]),
        }
    }
    inner
}
