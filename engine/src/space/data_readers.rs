//! `data_readers.clj` and `.cljc` in the folders of the path: a map of tags to the names of functions, taken into
//! `*data-readers*` when the first tagged literal is read.

use super::{find_or_create, load, require, special};
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::text::Symbol;
use crate::value::Value;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes what the path's files say, once.
///
/// # Errors
/// A file that is no map of symbols.
pub fn take() -> Res<()> {
    if TAKEN.swap(true, Ordering::AcqRel) {
        return Ok(());
    }
    for folder in require::folders() {
        for name in ["data_readers.clj", "data_readers.cljc"] {
            let file = folder.join(name);
            if file.is_file() {
                from_file(&file)?;
            }
        }
    }
    Ok(())
}

fn from_file(file: &Path) -> Res<()> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|e| fault::raise(Class::Io, format!("{name}: {e}")))?;
    let forms = load::read_all(&text)?;
    let map = coll::first(forms)?;
    if !coll::is_map(map) {
        return Err(fault::raise(Class::RuntimeException, format!("Not a valid data-reader map: {name}")));
    }
    let var = special::DATA_READERS.var();
    let mut all = var.root();
    coll::each(map, &mut |entry| {
        let (tag, f) = coll::as_entry(entry)?;
        let Some(f) = f.cast::<Symbol>().filter(|f| !f.ns.is_nil()) else {
            return Err(fault::raise(Class::RuntimeException, format!("Invalid form in data-reader file {name}")));
        };
        let ns = find_or_create(f.ns_str().unwrap_or("user"));
        all = coll::assoc(all, tag, ns.intern(Symbol::intern(None, f.name_str())).value())?;
        Ok(ControlFlow::Continue(()))
    })?;
    var.set_root(all);
    Ok(())
}

/// The function of a tag: what a file named is loaded when it is first wanted.
pub fn function(reader: Value) -> Res {
    if let Some(var) = reader.cast::<super::Var>() {
        if var.root() == Value::UNBOUND {
            require::load(&var.ns_str(), require::Reload::Yes)?;
        }
    }
    Ok(reader)
}
