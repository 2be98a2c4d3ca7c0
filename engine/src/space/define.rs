//! What `def` does once its value and metadata are known.

use super::var::{Var, VarFlag};
use crate::coll;
use crate::fault::Res;
use crate::heap::Gc;
use crate::text::Keyword;
use crate::value::Value;

/// Gives the var its root, its metadata and the flags that the metadata names. A new root without `:macro` in the
/// metadata makes a plain function of what was a macro; without metadata the old stays.
///
/// # Errors
/// Metadata that cannot be read as a map.
pub fn define(var: Gc<Var>, value: Option<Value>, meta: Option<Value>) -> Res<()> {
    if let Some(v) = value {
        let old = var.root();
        var.set_root(v);
        var.set_flag(VarFlag::Macro, false);
        if !var.watches().is_nil() {
            coll::state::notify(var.watches(), var.value(), old, v)?;
        }
    }
    let Some(meta) = meta else { return Ok(()) };
    let key = |k: &str| Keyword::intern(None, k).value();
    let named = coll::assoc(meta, key("name"), var.name)?;
    let home = super::find(&var.ns_str()).map_or(Value::NIL, |n| n.object());
    var.set_meta(coll::assoc(named, key("ns"), home)?);
    for (flag, name) in [(VarFlag::Dynamic, "dynamic"), (VarFlag::Macro, "macro"), (VarFlag::Private, "private")] {
        let on = coll::get(meta, Keyword::intern(None, name).value(), Value::NIL)?.truthy();
        var.set_flag(flag, on);
    }
    Ok(())
}
