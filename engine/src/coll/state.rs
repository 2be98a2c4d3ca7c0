//! Small holders: reduced, volatile, atom with watches and validator, delay.

use super::object::heap_type;
use super::once::{Held, Once};
use super::{foreign, lookup, walk};
use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, GcVec, Header, Mutable, TypeId};
use crate::invoke::invoke;
use crate::space::Var;
use crate::thread::Thread;
use crate::value::Value;
use std::ops::ControlFlow;

#[repr(C)]
pub struct Reduced {
    header: Header,
    pub value: Value,
}
heap_type!(Reduced, REDUCED);

#[repr(C)]
pub struct Volatile {
    header: Header,
    pub value: Mutable,
}
heap_type!(Volatile, VOLATILE);

#[repr(C)]
pub struct Atom {
    header: Header,
    value: Mutable,
    meta: Mutable,
    watches: Mutable,
    validator: Mutable,
}
heap_type!(Atom, ATOM);

/// `f` is nil once it was called; then `error` or `value` counts.
#[repr(C)]
pub struct Delay {
    header: Header,
    f: Mutable,
    value: Mutable,
    error: Mutable,
    once: Once,
    _pad: u32,
}
heap_type!(Delay, DELAY);

impl Reduced {
    pub fn new(value: Value) -> Gc<Reduced> {
        heap::new(Reduced { header: Header::blank(), value })
    }
}

/// The value inside a reduced one, anything else itself.
pub fn unreduced(v: Value) -> Value {
    v.cast::<Reduced>().map_or(v, |r| r.value)
}

impl Volatile {
    pub fn new(v: Value) -> Gc<Volatile> {
        let x = heap::new(Volatile { header: Header::blank(), value: Mutable::new(v) });
        x.value.watch(x);
        x
    }
}

impl Atom {
    pub fn new(v: Value) -> Gc<Atom> {
        let nil = || Mutable::new(Value::NIL);
        let a = heap::new(Atom {
            header: Header::blank(),
            value: Mutable::new(v),
            meta: nil(),
            watches: nil(),
            validator: nil(),
        });
        for field in [&a.value, &a.meta, &a.watches, &a.validator] {
            field.watch(a);
        }
        a
    }
    pub fn get(&self) -> Value {
        self.value.get()
    }
    pub fn meta(&self) -> Value {
        self.meta.get()
    }
    pub fn watches(&self) -> Value {
        self.watches.get()
    }
    pub fn validator(&self) -> Value {
        self.validator.get()
    }
}

/// Is the value one that a reference with this validator may have?
///
/// # Errors
/// IllegalStateException where it is not.
pub fn validate(validator: Value, v: Value) -> Res<()> {
    if validator.is_nil() || invoke(validator, &[v])?.truthy() {
        return Ok(());
    }
    Err(fault::raise(Class::IllegalState, "Invalid reference state"))
}

/// Calls every watch of a map of watches.
pub fn notify(watches: Value, reference: Value, old: Value, new: Value) -> Res<()> {
    if watches.is_nil() {
        return Ok(());
    }
    walk::each_entry(watches, &mut |key, f| {
        invoke(f, &[key, reference, old, new])?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(())
}

impl Gc<Atom> {
    pub fn set_meta(self, m: Value) {
        self.meta.set(self, m);
    }
    /// # Errors
    /// IllegalStateException where the present value is not valid.
    pub fn set_validator(self, f: Value) -> Res<()> {
        validate(f, self.get())?;
        self.validator.set(self, f);
        Ok(())
    }
    /// Changes the map of watches.
    pub fn update_watches(self, change: impl Fn(Value) -> Res) -> Res<()> {
        loop {
            let old = self.watches.get();
            if self.watches.compare_and_set(self, old, change(old)?) {
                return Ok(());
            }
        }
    }
    /// `(swap! a f args…)`: the old and the new value.
    pub fn swap(self, f: Value, args: &[Value]) -> Res<(Value, Value)> {
        loop {
            let old = self.get();
            let new = match *args {
                [] => invoke(f, &[old])?,
                [x] => invoke(f, &[old, x])?,
                [x, y] => invoke(f, &[old, x, y])?,
                _ => {
                    let mut all = GcVec::with_capacity(args.len() + 1);
                    all.push(old);
                    all.extend_from_slice(args);
                    invoke(f, &all)?
                }
            };
            validate(self.validator(), new)?;
            if self.value.compare_and_set(self, old, new) {
                notify(self.watches(), self.value(), old, new)?;
                return Ok((old, new));
            }
            crate::thread::check()?;
        }
    }
    /// `(reset! a v)`: the old value.
    pub fn reset(self, new: Value) -> Res {
        validate(self.validator(), new)?;
        loop {
            let old = self.get();
            if self.value.compare_and_set(self, old, new) {
                notify(self.watches(), self.value(), old, new)?;
                return Ok(old);
            }
        }
    }
    pub fn compare_and_set(self, old: Value, new: Value) -> Res<bool> {
        validate(self.validator(), new)?;
        let done = self.value.compare_and_set(self, old, new);
        if done {
            notify(self.watches(), self.value(), old, new)?;
        }
        Ok(done)
    }
}

impl Delay {
    pub fn new(f: Value) -> Gc<Delay> {
        let d = heap::new(Delay {
            header: Header::blank(),
            f: Mutable::new(f),
            value: Mutable::new(Value::NIL),
            error: Mutable::new(Value::ABSENT),
            once: Once::new(),
            _pad: 0,
        });
        for field in [&d.f, &d.value, &d.error] {
            field.watch(d);
        }
        d
    }
    pub fn is_realized(&self) -> bool {
        self.once.is_done()
    }
}

impl Gc<Delay> {
    /// The value; computed by the first who asks. An error is kept and thrown again.
    pub fn force(self) -> Res {
        if !self.once.is_done() {
            let held = self.once.enter()?;
            if held != Held::Done {
                self.run();
                self.once.leave(held, true);
            }
        }
        match self.error.get() {
            Value::ABSENT => Ok(self.value.get()),
            error => Err(fault::throw(error)),
        }
    }
    fn run(self) {
        let r = invoke(self.f.get(), &[]);
        if self.once.is_done() {
            return;
        }
        match r {
            Ok(v) => self.value.set(self, v),
            Err(_) => self.error.set(self, Thread::current().take_pending()),
        }
        self.f.set(self, Value::NIL);
    }
}

/// `(deref x)` of everything that holds one value.
///
/// # Errors
/// ClassCastException for what does not; what computing the value throws.
pub fn deref(v: Value) -> Res {
    if let Some(a) = v.cast::<Atom>() {
        return Ok(a.get());
    }
    match v.type_id() {
        TypeId::VOLATILE => Ok(v.cast::<Volatile>().map_or(Value::NIL, |x| x.value.get())),
        TypeId::REDUCED => Ok(unreduced(v)),
        TypeId::DELAY => v.cast::<Delay>().map_or(Ok(Value::NIL), Gc::force),
        TypeId::VAR => v.cast::<Var>().map_or(Ok(Value::NIL), |x| x.deref()),
        _ => match foreign::ask(foreign::Op::Deref, v, &[]) {
            Some(r) => r,
            None => Err(fault::class_cast(v, "java.util.concurrent.Future")),
        },
    }
}

/// `add-watch` on an atom or var: with the watch in the map.
pub fn add_watch(watches: Value, key: Value, f: Value) -> Res {
    lookup::assoc(watches, key, f)
}
