//! Between words of the two worlds: conversions, boxes, callbacks. Numbers and truth values are converted in place; the
//! rest is the host's.

use super::call::Site;
use super::operator::null_pointer;
use super::scalar;
use crate::control;
use crate::frame::Frame;
use crate::node::{Field, Node, THROWN};
use engine::analyze::Slot;
use engine::code::answer;
use engine::fault::Res;
use engine::host::parts;
use engine::questions::{Category, CppType, Repr, TypeKind};
use engine::thread::Thread;
use engine::value::Value;

/// An object's place in the frame, for a conversion that may build one.
#[derive(Clone, Copy)]
pub struct Into {
    pub word: u32,
    pub flag: Slot,
}

/// A conversion's type and parts.
pub struct Conversion {
    pub ty: &'static CppType,
    pub into: Option<Into>,
    /// The object moves into a box of its own.
    pub owns: bool,
    /// Copies or moves an object into a box, and destroys it there.
    pub transfer: Option<Site>,
    pub destroy: Option<Site>,
}

fn conversion(c: Conversion, run: crate::node::Run, value: &'static Node) -> Node {
    Node::new(run).a(value).b(Field::of_object(&*Box::leak(Box::new(c))))
}

/// A scalar as a value, where no library is needed.
#[inline]
fn plain_out(ty: &CppType, w: u64) -> Option<Value> {
    Some(match (ty.kind, ty.repr) {
        (TypeKind::Void, _) => Value::NIL,
        (TypeKind::Bool, _) => Value::bool(w != 0),
        (TypeKind::Integer, Repr::U64) if w > i64::MAX as u64 => return None,
        (TypeKind::Integer, r) if scalar::is_integer(r) => Value::long(w as i64),
        (TypeKind::Float, r) if scalar::is_float(r) => Value::double(scalar::float(r, w)),
        _ => return None,
    })
}

/// A value as a scalar, where nothing is to be checked but the range.
#[inline]
fn plain_in(ty: &CppType, v: Value) -> Option<u64> {
    match (ty.kind, ty.repr) {
        (TypeKind::Integer, r) if scalar::is_integer(r) => {
            let w = v.as_fixnum()? as u64;
            let fits = scalar::extend(r, w) == w && (r != Repr::U64 || w as i64 >= 0);
            if fits { Some(w) } else { None }
        }
        (TypeKind::Float, Repr::F64) => v.as_double().map(f64::to_bits),
        (TypeKind::Bool, _) => v.as_bool().map(u64::from),
        _ => None,
    }
}

/// C++ to Clojure.
pub fn out(c: Conversion, value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let c: &Conversion = n.b.object();
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        match plain_out(c.ty, v.bits()) {
            Some(v) => v,
            None => {
                f.stand(n);
                answer(c.out(t, v.bits()))
            }
        }
    }
    conversion(c, run, value)
}

impl Conversion {
    fn out(&self, t: &Thread, word: u64) -> Res {
        let cpp = &parts().cpp;
        if !self.owns {
            // SAFETY: the word is a value of the type; an address names a live object until the full expression ends.
            return unsafe { cpp.to_value(self.ty, word) };
        }
        let transfer = self.transfer.as_ref().map(Site::stub).transpose()?;
        let destroy = self.destroy.as_ref().map(Site::stub).transpose()?;
        // SAFETY: as above; the trampolines were made for the type.
        unsafe { cpp.own_value(t, self.ty, word, transfer, destroy) }
    }

    /// Storage for a conversion, and what its answer means for the flag.
    fn into_place(&self, f: Frame, make: impl FnOnce(*mut u8) -> Res<u64>) -> Res {
        let storage = self.into.map_or(std::ptr::null_mut(), |i| f.word(i.word).cast::<u8>());
        let word = make(storage)?;
        if let Some(i) = self.into {
            if word == storage as u64 {
                f.set(i.flag, Value::from_bits(1));
            }
        }
        Ok(Value::from_bits(word))
    }
}

/// Clojure to C++.
pub fn r#in(c: Conversion, value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let c: &Conversion = n.b.object();
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        match plain_in(c.ty, v) {
            Some(w) => Value::from_bits(w),
            None => {
                f.stand(n);
                // SAFETY: the storage is the type's, and empty: its scope zeroed the flag.
                answer(c.into_place(f, |storage| unsafe { parts().cpp.from_value(v, c.ty, storage) }))
            }
        }
    }
    conversion(c, run, value)
}

/// A Clojure function as a C++ callable.
pub fn callback(c: Conversion, value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let c: &Conversion = n.b.object();
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        f.stand(n);
        // SAFETY: as above.
        answer(c.into_place(f, |storage| unsafe { parts().cpp.callback(v, c.ty, storage) }))
    }
    conversion(c, run, value)
}

pub fn boxed(c: Conversion, value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        match control::value(t, f, n.a.node()) {
            Ok(v) => answer(parts().cpp.box_pointer(n.b.object::<Conversion>().ty, v.bits())),
            Err(()) => THROWN,
        }
    }
    conversion(c, run, value)
}

pub fn unboxed(c: Conversion, value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        match control::value(t, f, n.a.node()) {
            Ok(v) => answer(parts().cpp.unbox(v, n.b.object::<Conversion>().ty).map(Value::from_bits)),
            Err(()) => THROWN,
        }
    }
    conversion(c, run, value)
}

/// The scalar that an lvalue holds; of an object the address, which is read by whoever copies it.
pub fn load(repr: Repr, category: Category, value: &'static Node) -> Option<Node> {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        match control::value(t, f, n.a.node()) {
            Ok(at) if at.bits() == 0 => answer(Err(null_pointer())),
            // SAFETY: an lvalue names a live object of its type.
            Ok(at) => Value::from_bits(unsafe { scalar::load(*n.b.object::<Repr>(), at.bits()) }),
            Err(()) => THROWN,
        }
    }
    if category == Category::Prvalue || !scalar::is_scalar(repr) {
        return None;
    }
    Some(Node::new(run).a(value).b(Field::of_object(&*Box::leak(Box::new(repr)))))
}
