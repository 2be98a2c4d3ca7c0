//! Eductions: a transducer and a collection, run anew whenever the eduction is reduced or walked.

use crate::coll::foreign::Op;
use crate::coll::{self};
use crate::fault::Res;
use crate::heap::{self, Header, HeapType, TypeId};
use crate::invoke::invoke;
use crate::space::resolve;
use crate::value::Value;

#[repr(C)]
pub struct Eduction {
    header: Header,
    xform: Value,
    coll: Value,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Eduction {
    const TYPE: TypeId = TypeId::EDUCTION;
}

natives! { pub HOST "rung.host"; "eduction" "[xform coll]" [(2) make] }

fn make(xform: Value, coll: Value) -> Res {
    Ok(heap::new(Eduction { header: Header::blank(), xform, coll }).value())
}

pub(super) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let e = v.cast::<Eduction>()?;
    Some(match op {
        Op::Seq => (|| {
            let s = invoke(resolve::core("sequence")?, &[e.xform, e.coll])?;
            coll::seq(s)
        })(),
        Op::Reduce => (|| {
            let f = args[0];
            let completed = invoke(resolve::core("completing")?, &[f])?;
            let init = match args.get(1) {
                Some(&init) => init,
                None => invoke(f, &[])?,
            };
            invoke(resolve::core("transduce")?, &[e.xform, completed, init, e.coll])
        })(),
        _ => return None,
    })
}
