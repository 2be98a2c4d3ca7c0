//! Vars, definitions, closures and collection literals.

use crate::call;
use crate::control;
use crate::frame::Frame;
use crate::node::{Arg, Field, Node, THROWN};
use engine::analyze::Slot;
use engine::code::{Code, Function, answer};
use engine::coll;
use engine::fault::Res;
use engine::heap::Gc;
use engine::space::{self, Var, binding};
use engine::thread::Thread;
use engine::value::Value;
use std::sync::atomic::{AtomicU64, Ordering};

/// A var among the form's constants.
fn var(at: Field) -> Gc<Var> {
    match at.constant().cast::<Var>() {
        Some(v) => v,
        None => unreachable!("the builder checked that the constant is a var"),
    }
}

/// The root of a var that is not dynamic.
pub fn var_root(v: Gc<Var>) -> Node {
    fn run(_: &Thread, _: Frame, n: &'static Node) -> Value {
        Value::from_bits(n.a.object::<AtomicU64>().load(Ordering::Acquire))
    }
    Node::new(run).a(call::root_of(v))
}

/// The thread's binding of a dynamic var, else its root.
pub fn var_dynamic(at: *const Value) -> Node {
    fn run(_: &Thread, _: Frame, n: &'static Node) -> Value {
        answer(var(n.a).deref())
    }
    Node::new(run).a(Field::of_constant(at))
}

/// `set!` of a thread binding.
pub fn set_var(at: *const Value, value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        match control::value(t, f, n.b.node()) {
            Ok(v) => answer(binding::set(var(n.a), v)),
            Err(()) => THROWN,
        }
    }
    Node::new(run).a(Field::of_constant(at)).b(value)
}

/// `def`: the value, then the metadata, then the var gets both.
pub fn def(at: *const Value, init: Option<&'static Node>, meta: Option<&'static Node>) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let mut parts = [None, None];
        for (part, node) in parts.iter_mut().zip([n.b.some_node(), n.c.some_node()]) {
            if let Some(node) = node {
                match control::value(t, f, node) {
                    Ok(v) => *part = Some(v),
                    Err(()) => return THROWN,
                }
            }
        }
        let [init, meta] = parts;
        answer(space::define(var(n.a), init, meta).map(|()| var(n.a).value()))
    }
    Node::new(run).a(Field::of_constant(at)).b(init).c(meta)
}

/// A value with metadata that was evaluated after it.
pub fn with_meta(value: &'static Node, meta: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        let Ok(m) = control::value(t, f, n.b.node()) else { return THROWN };
        answer(coll::with_meta(v, m))
    }
    Node::new(run).a(value).b(meta)
}

/// What a literal's items become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Literal {
    Vector,
    Map,
    Set,
    /// Of constants: no check.
    ConstantSet,
    List,
}

fn gather(kind: Literal, items: &[Value]) -> Res {
    match kind {
        Literal::Vector => Ok(coll::vector(items)),
        Literal::Map => coll::map_with_check(items),
        Literal::Set => coll::set_with_check(items),
        Literal::ConstantSet => coll::set(items),
        Literal::List => Ok(coll::list(items)),
    }
}

fn collect(t: &Thread, f: Frame, n: &'static Node, kind: Literal) -> Value {
    match call::spread(t, f, n.a.object::<Vec<Arg>>()) {
        Some(items) => {
            f.stand(n);
            answer(gather(kind, items.values()))
        }
        None => THROWN,
    }
}

/// A literal of items that are evaluated.
pub fn literal(kind: Literal, items: Vec<Arg>) -> Node {
    fn vector(t: &Thread, f: Frame, n: &'static Node) -> Value {
        collect(t, f, n, Literal::Vector)
    }
    fn map(t: &Thread, f: Frame, n: &'static Node) -> Value {
        collect(t, f, n, Literal::Map)
    }
    fn set(t: &Thread, f: Frame, n: &'static Node) -> Value {
        collect(t, f, n, Literal::Set)
    }
    fn constant_set(t: &Thread, f: Frame, n: &'static Node) -> Value {
        collect(t, f, n, Literal::ConstantSet)
    }
    fn list(t: &Thread, f: Frame, n: &'static Node) -> Value {
        collect(t, f, n, Literal::List)
    }
    let run = match kind {
        Literal::Vector => vector,
        Literal::Map => map,
        Literal::Set => set,
        Literal::ConstantSet => constant_set,
        Literal::List => list,
    };
    Node::new(run).a(Field::of_object(&*Box::leak(Box::new(items))))
}

/// A captured value of the running function.
pub fn capture(index: u32) -> Node {
    fn run(_: &Thread, f: Frame, n: &'static Node) -> Value {
        let captures = (f.this().address() + size_of::<Function>()) as *const Value;
        // SAFETY: word 0 is the function object, whose captures follow its fields; the builder has checked the index.
        unsafe { *captures.add(n.a.index()) }
    }
    Node::new(run).a(Field::of_word(index as u64))
}

/// A closure.
pub fn closure(code: &'static Code, captures: Vec<Arg>, meta: Option<&'static Node>) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Some(captures) = call::spread(t, f, n.b.object::<Vec<Arg>>()) else { return THROWN };
        let made = Function::new(n.a.object::<Code>(), captures.values());
        match n.c.some_node() {
            None => made.value(),
            Some(meta) => match control::value(t, f, meta) {
                Ok(m) if m.is_nil() => made.value(),
                Ok(m) => made.with_meta(m).value(),
                Err(()) => THROWN,
            },
        }
    }
    /// The common ones: no metadata and few captures, no detour over the value stack.
    fn few<const N: usize>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let mut values = [Value::NIL; N];
        for (v, a) in values.iter_mut().zip(n.b.object::<Vec<Arg>>()) {
            *v = a.fetch(t, f);
            if crate::frame::failed(t, *v) {
                return THROWN;
            }
        }
        Function::new(n.a.object::<Code>(), &values).value()
    }
    let run = match (captures.len(), meta) {
        (0, None) => few::<0>,
        (1, None) => few::<1>,
        (2, None) => few::<2>,
        (3, None) => few::<3>,
        _ => run,
    };
    let captures: &'static Vec<Arg> = Box::leak(Box::new(captures));
    Node::new(run).a(Field::of_object(code)).b(Field::of_object(captures)).c(meta)
}

/// A capture of a `letfn` function that names one of the group: `function`'s capture `index` is the value of `from`.
#[derive(Clone, Copy)]
pub struct Knot {
    pub function: Slot,
    pub index: u32,
    pub from: Slot,
}

/// Functions that capture each other: all slots nil, all closures made, then what they captured too early is filled in
/// while nobody else has seen them.
pub struct Group {
    pub inits: Vec<(Slot, &'static Node)>,
    pub knots: Vec<Knot>,
}

pub fn letfn(group: Group, body: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let group: &Group = n.a.object();
        for (slot, _) in &group.inits {
            f.set(*slot, Value::NIL);
        }
        for (slot, init) in &group.inits {
            match control::value(t, f, init) {
                Ok(v) => f.set(*slot, v),
                Err(()) => return THROWN,
            }
        }
        for knot in &group.knots {
            if let Some(function) = f.get(knot.function).cast::<Function>() {
                // SAFETY: the builder has checked the index against the function's captures; the object is this frame's alone.
                unsafe { *function.tail_ptr().add(knot.index as usize) = f.get(knot.from) };
            }
        }
        n.b.node().run(t, f)
    }
    Node::new(run).a(Field::of_object(&*Box::leak(Box::new(group)))).b(body)
}
