//! Dynamic bindings: a stack of frames a thread, each a flat array of (var, box) pairs with all bindings of the frames
//! below it, so that a look-up reads one array. The list of frames is heap data and is conveyed to other threads by copy
//! of one word.

use super::var::{Var, VarFlag};
use crate::fault::{self, Class, Res};
use crate::heap::{self, Gc, Header, HeapType, Mutable, Tailed, TypeId};
use crate::thread::Thread;
use crate::value::Value;

/// A frame: `previous`, then pairs of a var and the cell that holds its value.
#[repr(C)]
struct Frame {
    header: Header,
    previous: Value,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Frame {
    const TYPE: TypeId = TypeId::BINDINGS;
}
// SAFETY: values behind 16 bytes of fields.
unsafe impl Tailed for Frame {
    type Item = Value;
}

/// A mutable place: a binding's value, a capture of `letfn`.
#[repr(C)]
pub struct Cell {
    header: Header,
    pub value: Mutable,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Cell {
    const TYPE: TypeId = TypeId::CELL;
}
impl Cell {
    pub fn alloc(v: Value) -> Gc<Cell> {
        let c = heap::new(Cell { header: Header::blank(), value: Mutable::new(v) });
        c.value.watch(c);
        c
    }
}

fn cell_of(t: &Thread, var: Gc<Var>) -> Option<Gc<Cell>> {
    let frame = t.bindings.get().cast::<Frame>()?;
    frame.tail().chunks_exact(2).find(|p| p[0] == var.value()).and_then(|p| p[1].cast::<Cell>())
}

/// The thread's binding of a var, if it has one.
pub fn lookup(var: Gc<Var>) -> Option<Value> {
    cell_of(Thread::current(), var).map(|c| c.value.get())
}

/// Pushes a frame that binds `pairs` (var, value, var, value, …).
///
/// # Errors
/// IllegalStateException for a var that is not dynamic.
pub fn push(pairs: &[Value]) -> Res<()> {
    let t = Thread::current();
    let mut all = heap::GcVec::new();
    for p in pairs.chunks_exact(2) {
        let Some(var) = p[0].cast::<Var>() else { return Err(fault::class_cast(p[0], "clojure.lang.Var")) };
        if !var.has(VarFlag::Dynamic) {
            return Err(fault::raise(
                Class::IllegalState,
                format!("Can't dynamically bind non-dynamic var: {}", var.full_name()),
            ));
        }
        var.set_flag(VarFlag::EverBound, true);
        let cell = Cell::alloc(p[1]);
        all.push(p[0]);
        all.push(cell.value());
    }
    let previous = t.bindings.get();
    if let Some(old) = previous.cast::<Frame>() {
        for p in old.tail().chunks_exact(2) {
            if !pairs.chunks_exact(2).any(|q| q[0] == p[0]) {
                all.push(p[0]);
                all.push(p[1]);
            }
        }
    }
    let frame = heap::new_tail(Frame { header: Header::blank(), previous }, &all);
    t.bindings.set(frame.value());
    Ok(())
}

/// Drops the innermost frame.
pub fn pop() {
    let t = Thread::current();
    if let Some(f) = t.bindings.get().cast::<Frame>() {
        t.bindings.set(f.previous);
    }
}

/// `set!` of a thread-bound var.
pub fn set(var: Gc<Var>, v: Value) -> Res {
    match cell_of(Thread::current(), var) {
        Some(c) => {
            c.value.set(c, v);
            Ok(v)
        }
        None => Err(fault::raise(
            Class::IllegalState,
            format!("Can't change/establish root binding of: {} with set", var.name_str()),
        )),
    }
}

/// The whole stack of bindings as one word, to convey to another thread, and back.
pub fn capture() -> Value {
    Thread::current().bindings.get()
}
pub fn restore(frames: Value) -> Value {
    Thread::current().bindings.replace(frames)
}

/// Calls `f(var, value)` for every binding of the thread: `get-thread-bindings`.
pub fn each(mut f: impl FnMut(Value, Value)) {
    if let Some(frame) = Thread::current().bindings.get().cast::<Frame>() {
        for p in frame.tail().chunks_exact(2) {
            if let Some(c) = p[1].cast::<Cell>() {
                f(p[0], c.value.get());
            }
        }
    }
}
