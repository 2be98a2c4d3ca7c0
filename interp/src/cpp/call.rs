//! Calls through trampolines: arguments into an array of addresses, the result out of a buffer or built in place.

use super::direct::Registers;
use super::operator::null_pointer;
use super::scalar;
use crate::frame::Frame;
use crate::node::{Arg, Field, Node, THROWN};
use engine::analyze::{SiteId, Slot};
use engine::code::{Body, answer};
use engine::fault::{self, Class, Res};
use engine::questions::{Repr, Trampoline};
use engine::thread::Thread;
use engine::value::Value;
use std::sync::atomic::Ordering;

/// A call site of the running form, ready to be bound.
pub struct Site {
    pub body: &'static Body,
    pub id: SiteId,
}

impl Site {
    /// The trampoline. At the first need all sites of the form that have none are bound, in one batch.
    #[inline]
    pub fn stub(&self) -> Res<Trampoline> {
        let address = self.body.unit.sites[self.id.index()].load(Ordering::Acquire) as u64;
        if address != 0 { Ok(Trampoline { address }) } else { self.bind() }
    }

    pub fn is_bound(&self) -> bool {
        !self.body.unit.sites[self.id.index()].load(Ordering::Acquire).is_null()
    }

    #[cold]
    fn bind(&self) -> Res<Trampoline> {
        let sites = &self.body.unit.sites;
        let unbound: Vec<SiteId> = (0..sites.len())
            .filter(|&i| sites[i].load(Ordering::Acquire).is_null())
            .map(|i| SiteId(i as u32))
            .collect();
        // A site that cannot be bound may belong to code that never runs: only this one's absence is an error.
        let bound = engine::host::parts().cpp.bind_sites(&self.body.tree, &self.body.unit, &unbound);
        let address = sites[self.id.index()].load(Ordering::Acquire) as u64;
        match bound {
            _ if address != 0 => Ok(Trampoline { address }),
            Err(d) => Err(fault::raise_diagnostic(Class::Compiler, &d)),
            Ok(()) => Err(fault::raise(
                Class::IllegalState,
                format!("the C++ call `{}` was not bound", self.body.tree.site(self.id).text),
            )),
        }
    }
}

/// How one argument is handed over.
#[derive(Clone, Copy)]
pub struct Passed {
    pub arg: Arg,
    /// The word is the object's address; else the scalar itself, passed by its own address.
    pub address: bool,
    pub followed: Followed,
}

/// Is the argument a pointer that the call follows? Then null is an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    Not,
    /// The word is the pointer.
    Itself,
    /// The word is the address of the pointer.
    Held,
}

/// Where a result goes.
#[derive(Clone, Copy)]
pub enum Result {
    /// A scalar, an address, or nothing: through a buffer of eight bytes.
    Word(Repr),
    /// An object, built in the frame: its first word, and the flag that says it lives.
    Place { word: u32, flag: Slot },
}

pub struct Call {
    pub site: Site,
    pub args: Vec<Passed>,
    pub result: Result,
    /// How it goes without the trampoline.
    pub direct: Option<Registers>,
}

/// Arguments on the native stack; longer lists are rare.
const FEW: usize = 8;

impl Call {
    pub fn run(&self, t: &Thread, f: Frame, n: &'static Node) -> Res {
        if self.args.len() <= FEW { self.with::<FEW>(t, f, n) } else { self.with::<256>(t, f, n) }
    }

    #[inline(always)]
    fn with<const N: usize>(&self, t: &Thread, f: Frame, n: &'static Node) -> Res {
        if self.args.len() > N {
            return Err(fault::illegal_argument("more than 256 arguments in a call of C++"));
        }
        let mut words = [0u64; N];
        for (w, p) in words.iter_mut().zip(&self.args) {
            let v = p.arg.fetch(t, f);
            if crate::frame::failed(t, v) {
                return Err(fault::pending());
            }
            let target = match p.followed {
                Followed::Not => 1,
                Followed::Itself => v.bits(),
                // SAFETY: the address of a live pointer.
                Followed::Held => unsafe { scalar::load(Repr::Pointer, v.bits()) },
            };
            if target == 0 {
                f.stand(n);
                return Err(null_pointer());
            }
            *w = v.bits();
        }
        f.stand(n);
        if let Some(done) = self.direct.as_ref().and_then(|d| d.run(t, f, self, &mut words)) {
            return done;
        }
        let mut pointers = [std::ptr::null_mut::<u8>(); N];
        for ((to, w), p) in pointers.iter_mut().zip(&mut words).zip(&self.args) {
            *to = if p.address { *w as *mut u8 } else { std::ptr::from_mut(w).cast() };
        }
        let stub = self.site.stub()?;
        let cpp = &engine::host::parts().cpp;
        match self.result {
            Result::Word(repr) => {
                let mut raw = 0u64;
                // SAFETY: the trampoline was made for this site; the pointers are what it wants, a result has room.
                unsafe { cpp.call(t, stub, pointers.as_ptr(), (&raw mut raw).cast())? };
                Ok(Value::from_bits(scalar::extend(repr, raw)))
            }
            Result::Place { word, flag } => {
                let at = f.word(word);
                // SAFETY: as above; the storage has the size and alignment of the result's type and holds no live object.
                unsafe { cpp.call(t, stub, pointers.as_ptr(), at.cast())? };
                f.set(flag, Value::from_bits(1));
                Ok(Value::from_bits(at as u64))
            }
        }
    }
}

/// A call of C++.
pub fn node(call: Call) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        answer(n.a.object::<Call>().run(t, f, n))
    }
    Node::new(run).a(Field::of_object(&*Box::leak(Box::new(call))))
}

/// The initialisers of a raw text, once; nil.
pub fn raw(body: &'static Body, index: u32) -> Node {
    fn run(_: &Thread, _: Frame, n: &'static Node) -> Value {
        let inits = match n.a.object::<Body>().unit.inits.lock().get_mut(n.x as usize) {
            Some(waiting) => std::mem::take(waiting),
            None => Vec::new(),
        };
        if inits.is_empty() {
            return Value::NIL;
        }
        match engine::host::parts().cpp.run_inits(&inits) {
            Ok(()) => Value::NIL,
            Err(e) => {
                let _ = e;
                THROWN
            }
        }
    }
    Node::new(run).a(Field::of_object(body)).x(index)
}
