//! Native storage: the scopes whose C++ objects are destroyed at the end, in reverse order, on every way out.

use super::call::Site;
use super::scalar;
use crate::control;
use crate::frame::Frame;
use crate::node::{Field, Node, THROWN};
use engine::analyze::Slot;
use engine::fault::{self, Res};
use engine::questions::Repr;
use engine::thread::Thread;
use engine::value::Value;

/// An object's place: its storage, its flag, its destructor where it has one.
pub struct Place {
    pub word: u32,
    pub flag: Slot,
    pub destroy: Option<Site>,
}

impl Place {
    fn destroy(&self, t: &Thread, f: Frame) -> Res<()> {
        if f.get(self.flag).bits() == 0 {
            return Ok(());
        }
        f.set(self.flag, Value::ZERO);
        let Some(site) = &self.destroy else { return Ok(()) };
        let object: *mut u8 = f.word(self.word).cast();
        let mut none = 0u64;
        // SAFETY: the flag says that the object lives; the trampoline destroys one object of its type.
        unsafe { engine::host::parts().cpp.call(t, site.stub()?, &object, (&raw mut none).cast()) }
    }
}

/// Runs the body with the places empty, then destroys what lives in them, the last first. A destructor's error replaces
/// the body's value; an error that is on its way already stays.
pub fn scope(places: Vec<Place>, body: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let places: &Vec<Place> = n.a.object();
        for p in places {
            f.set(p.flag, Value::ZERO);
        }
        let v = n.b.node().run(t, f);
        let mut error = crate::frame::failed(t, v).then(|| t.take_pending());
        // What `recur` leaves in the thread is not the destructors'.
        let mark = t.result.get();
        for p in places.iter().rev() {
            if p.destroy(t, f).is_err() {
                let raised = t.take_pending();
                error.get_or_insert(raised);
            }
        }
        t.result.set(mark);
        match error {
            Some(e) => {
                let _ = fault::throw(e);
                THROWN
            }
            None => v,
        }
    }
    Node::new(run).a(Field::of_object(&*Box::leak(Box::new(places)))).b(body)
}

/// Binds a local to a scalar in storage: the slot holds its address.
pub fn bind_scalar(word: u32, repr: Repr, slot: Slot, init: &'static Node, body: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        let at = f.word(n.x) as u64;
        // SAFETY: the storage has the scalar's size.
        unsafe { scalar::store(*n.c.object::<Repr>(), at, v.bits()) };
        f.set(n.d.slot(), Value::from_bits(at));
        n.b.node().run(t, f)
    }
    Node::new(run).a(init).b(body).c(Field::of_object(&*Box::leak(Box::new(repr)))).d(slot).x(word)
}
