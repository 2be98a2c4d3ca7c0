//! Forms as the language's values: what macros, `read-string` and the analyzer work on. Places of lists go into their
//! metadata, as in Clojure; places of everything else into a table that lives as long as the top-level form.

use super::{Form, FormKind, Name, Place};
use crate::coll;
use crate::fault::Res;
use crate::heap::GcVec;
use crate::table::HashMap;
use crate::text::{Keyword, Symbol, Text};
use crate::value::Value;

/// Places of the forms inside collections, by the collection's address: objects do not move and the top-level form keeps
/// them alive.
#[derive(Debug, Default)]
pub struct PlaceTable {
    of: HashMap<usize, (Place, Vec<Place>)>,
}

impl PlaceTable {
    /// The place of a collection that the reader made.
    pub fn of(&self, form: Value) -> Option<Place> {
        self.of.get(&form.address()).map(|p| p.0)
    }
    /// The place of the `i`th form inside a collection.
    pub fn child(&self, form: Value, i: usize) -> Option<Place> {
        self.of.get(&form.address()).and_then(|p| p.1.get(i)).copied()
    }
}

/// Makes the value of a form. `data_reader` is asked for tagged forms.
pub struct Maker<'a> {
    pub places: Option<&'a mut PlaceTable>,
    /// Do lists carry their line and column as metadata? Those of data do not.
    pub marked: bool,
    pub data_reader: &'a dyn Fn(&str, Value) -> Res,
    pub regex: &'a dyn Fn(&str) -> Res,
    pub conditional: &'a dyn Fn(Value, bool) -> Res,
}

impl Maker<'_> {
    pub fn value(&mut self, form: &Form) -> Res {
        crate::thread::check()?;
        Ok(match &form.kind {
            FormKind::Nil => Value::NIL,
            FormKind::Bool(b) => Value::bool(*b),
            FormKind::Long(n) => Value::long(*n),
            FormKind::BigInt(n) => crate::number::big_integer(n),
            FormKind::Ratio(r) => crate::number::ratio(&r.numerator, &r.denominator),
            FormKind::Double(d) => Value::double(*d),
            FormKind::BigDecimal { unscaled, scale } => {
                crate::number::big_decimal(&crate::number::Decimal { unscaled: unscaled.clone(), scale: *scale as i64 })
            }
            FormKind::Char(c) => Value::char(*c as u32),
            FormKind::String(s) => Text::value(s),
            FormKind::Regex(s) => (self.regex)(s)?,
            FormKind::Symbol(n) => symbol(n),
            FormKind::Keyword { name, .. } => Keyword::intern(name.ns.as_deref(), &name.name).value(),
            FormKind::List(items) => {
                let values = self.values(items)?;
                let list = coll::list(&values);
                let with_place = if items.is_empty() || !self.marked {
                    list
                } else {
                    coll::with_meta(list, place_meta(form.span)?)?
                };
                self.note(with_place, form.span, items);
                with_place
            }
            FormKind::Vector(items) => {
                let v = coll::vector(&self.values(items)?);
                self.note(v, form.span, items);
                v
            }
            FormKind::Map(items) => {
                let v = coll::map(&self.values(items)?)?;
                self.note(v, form.span, items);
                v
            }
            FormKind::Set(items) => {
                let v = coll::set(&self.values(items)?)?;
                self.note(v, form.span, items);
                v
            }
            FormKind::Meta { meta, form: inner } => {
                let given = self.value(meta)?;
                let target = self.value(inner)?;
                let place = self.places.as_ref().and_then(|p| p.of.get(&target.address()).cloned());
                let mut all = coll::meta(target);
                if all.is_nil() {
                    all = given;
                } else {
                    coll::each(given, &mut |entry| {
                        all = coll::assoc(all, coll::nth(entry, 0, None)?, coll::nth(entry, 1, None)?)?;
                        Ok(std::ops::ControlFlow::Continue(()))
                    })?;
                }
                let made = coll::with_meta(target, all)?;
                if let (Some(places), Some(place)) = (self.places.as_mut(), place) {
                    places.of.insert(made.address(), place);
                }
                made
            }
            FormKind::Tagged { tag, form: inner } => {
                let v = self.value(inner)?;
                (self.data_reader)(&full(tag), v)?
            }
            FormKind::Eval(inner) => {
                let v = self.value(inner)?;
                crate::space::load::eval(v)?
            }
            FormKind::Conditional { splicing, body } => {
                let list = coll::list(&self.values(body)?);
                (self.conditional)(list, *splicing)?
            }
        })
    }

    fn values(&mut self, items: &[Form]) -> Res<GcVec> {
        let mut all = GcVec::with_capacity(items.len());
        for i in items {
            let v = self.value(i)?;
            all.push(v);
        }
        Ok(all)
    }

    fn note(&mut self, v: Value, place: Place, items: &[Form]) {
        if let Some(places) = self.places.as_mut() {
            places.of.insert(v.address(), (place, items.iter().map(|i| i.span).collect()));
        }
    }
}

fn full(n: &Name) -> String {
    match &n.ns {
        Some(ns) => format!("{ns}/{}", n.name),
        None => n.name.to_string(),
    }
}

pub fn symbol(n: &Name) -> Value {
    Symbol::intern(n.ns.as_deref(), &n.name).value()
}

fn place_meta(p: Place) -> Res {
    coll::map(&[
        Keyword::intern(None, "line").value(),
        Value::int(p.line as i32),
        Keyword::intern(None, "column").value(),
        Value::int(p.column as i32),
    ])
}
