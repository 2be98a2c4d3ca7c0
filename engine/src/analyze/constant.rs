//! Constants of a form: literals and vars, each once.

use super::*;
use crate::heap::Gc;
use crate::space::Var;
use crate::text::{Keyword, Text};

impl Analyzer<'_> {
    /// The index of a constant.
    pub(crate) fn constant(&mut self, v: Value) -> Res<ConstId> {
        let key = self.key(v)?;
        self.keyed(key, v)
    }

    pub(crate) fn var_constant(&mut self, var: Gc<Var>) -> Res<ConstId> {
        let key = ConstKey::Var { ns: var.ns_str().into(), name: var.name_str().into() };
        self.keyed(key, var.value())
    }

    fn keyed(&mut self, key: ConstKey, v: Value) -> Res<ConstId> {
        if let Some(&id) = self.const_index.get(&key) {
            // Two vars can have one name: the namespace was removed and made again.
            if !matches!(key, ConstKey::Var { .. }) || self.consts[id.index()] == v {
                return Ok(id);
            }
        }
        let id = ConstId(self.consts.len() as u32);
        self.consts.push(v);
        self.tree.consts.push(key.clone());
        self.const_index.insert(key, id);
        Ok(id)
    }

    fn key(&mut self, v: Value) -> Res<ConstKey> {
        let has_meta = || -> bool { !coll::meta(v).is_nil() };
        Ok(match v {
            Value::NIL => ConstKey::Nil,
            Value::TRUE => ConstKey::Bool(true),
            Value::FALSE => ConstKey::Bool(false),
            _ if v.is_char() => ConstKey::Char(v.as_char().unwrap_or(0)),
            _ => {
                if let Some(n) = v.as_long() {
                    ConstKey::Long(n)
                } else if let Some(d) = v.as_double() {
                    ConstKey::Double(d.to_bits())
                } else if let Some(t) = v.cast::<Text>() {
                    ConstKey::Text(t.as_str().into())
                } else if let Some(k) = v.cast::<Keyword>() {
                    ConstKey::Keyword(k.symbol.full().into())
                } else if let (Some(s), false) = (v.cast::<Symbol>(), has_meta()) {
                    ConstKey::Symbol(s.full().into())
                } else {
                    self.opaque += 1;
                    ConstKey::Opaque(self.opaque)
                }
            }
        })
    }

    pub(crate) fn literal(&mut self, v: Value, position: Position) -> Res<ExprId> {
        let value = self.constant(v)?;
        Ok(self.add(Expr::Literal { value }, position, Ty::Value))
    }

    /// A vector, map or set form: a literal where every part is constant.
    pub(crate) fn collection(&mut self, form: Value, position: Position) -> Res<ExprId> {
        let meta = coll::meta(form);
        let bare = if meta.is_nil() { form } else { coll::with_meta(form, Value::NIL)? };
        let is_map = coll::is_map(form);
        let mut parts = GcVec::new();
        coll::each(form, &mut |v| {
            if is_map {
                parts.push(coll::nth(v, 0, None)?);
                parts.push(coll::nth(v, 1, None)?);
            } else {
                parts.push(v);
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        let id = if parts.iter().all(|&p| is_constant(p)) {
            self.literal(bare, position)?
        } else if parts.iter().all(|&p| is_constant(p) || quoted(p).is_some()) {
            // Quoted parts are constant too.
            let values: GcVec = parts.iter().map(|&p| quoted(p).unwrap_or(p)).collect();
            let made = if is_map {
                coll::map_with_check(&values)?
            } else if coll::is_set(form) {
                coll::set(&values)?
            } else {
                coll::vector(&values)
            };
            self.literal(made, position)?
        } else {
            let mut ids = Vec::with_capacity(parts.len());
            for (i, &p) in parts.iter().enumerate() {
                ids.push(self.at_child(form, i, |a| a.value(p))?);
            }
            let expr = if is_map {
                Expr::Map { entries: ids.into() }
            } else if coll::is_set(form) {
                Expr::Set { items: ids.into() }
            } else {
                Expr::Vector { items: ids.into() }
            };
            self.add(expr, position, Ty::Value)
        };
        if meta.is_nil() {
            return Ok(id);
        }
        let meta = self.value(meta)?;
        Ok(self.add(Expr::WithMeta { value: id, meta }, position, Ty::Value))
    }
}

/// The form inside `(quote form)`.
fn quoted(v: Value) -> Option<Value> {
    if !coll::is_seq(v) || coll::count(v).ok()? != 2 {
        return None;
    }
    let is_quote = coll::first(v).ok()? == Symbol::intern(None, "quote").value();
    if is_quote { coll::nth(v, 1, None).ok() } else { None }
}

/// Evaluates to itself, whatever is in scope. Collections only when empty or of constants one level deep; deeper ones are
/// literals by recursion where they are built.
pub(crate) fn is_constant(v: Value) -> bool {
    if v.is::<Symbol>() || coll::is_seq(v) {
        return false;
    }
    if coll::is_vector(v) || coll::is_map(v) || coll::is_set(v) {
        if !coll::meta(v).is_nil() {
            return false;
        }
        let is_map = coll::is_map(v);
        let mut all = true;
        let r = coll::each(v, &mut |x| {
            all = if is_map {
                is_constant(coll::nth(x, 0, None)?) && is_constant(coll::nth(x, 1, None)?)
            } else {
                is_constant(x)
            };
            Ok(if all { std::ops::ControlFlow::Continue(()) } else { std::ops::ControlFlow::Break(()) })
        });
        return all && r.is_ok();
    }
    true
}
