//! `throw` and `try`. An error on its way is a value in the thread and the sentinel as every node's answer; `try` takes
//! the value, looks for a clause, and runs `finally` on every way out.

use crate::control;
use crate::frame::Frame;
use crate::node::{Field, Node, THROWN};
use engine::analyze::Slot;
use engine::code::answer;
use engine::fault::{self, Class};
use engine::questions::CppType;
use engine::thread::Thread;
use engine::value::Value;

/// What a clause takes.
pub enum Takes {
    Class(Class),
    Cpp(CppType),
}

pub struct Clause {
    pub takes: Takes,
    pub slot: Slot,
    pub body: &'static Node,
}

pub fn throw(value: &'static Node) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let v = control::value(t, f, n.a.node());
        f.stand(n);
        match v {
            Ok(v) => answer(Err(fault::throw_value(v))),
            Err(()) => THROWN,
        }
    }
    Node::new(run).a(value)
}

impl Clause {
    /// The word that the clause binds, where it takes the error.
    fn takes(&self, error: Value) -> Option<Value> {
        match &self.takes {
            Takes::Class(c) => fault::takes(*c, error).then_some(error),
            Takes::Cpp(ty) => engine::host::parts().cpp.catch_cpp(error, ty).map(Value::from_bits),
        }
    }
}

/// The body, and the clause that takes its error.
fn guarded(t: &Thread, f: Frame, body: &'static Node, clauses: &[Clause]) -> Value {
    let v = body.run(t, f);
    if !crate::frame::failed(t, v) || clauses.is_empty() {
        return v;
    }
    // On the native stack until the clause has run: what a C++ clause binds lives in it.
    let error = t.take_pending();
    for c in clauses {
        if let Some(word) = c.takes(error) {
            f.set(c.slot, word);
            let v = c.body.run(t, f);
            std::hint::black_box(error);
            return v;
        }
    }
    answer(Err(fault::throw(error)))
}

/// `try` with its clauses and perhaps a `finally`, whose value is dropped and whose error replaces the one on its way.
pub fn attempt(body: &'static Node, clauses: Vec<Clause>, finally: Option<&'static Node>) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        guarded(t, f, n.a.node(), n.b.object::<Vec<Clause>>())
    }
    fn run_finally(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let v = guarded(t, f, n.a.node(), n.b.object::<Vec<Clause>>());
        let error = crate::frame::failed(t, v).then(|| t.take_pending());
        if control::value(t, f, n.c.node()).is_err() {
            return THROWN;
        }
        match error {
            Some(e) => answer(Err(fault::throw(e))),
            None => std::hint::black_box(v),
        }
    }
    let run = if finally.is_some() { run_finally } else { run };
    Node::new(run).a(body).b(Field::of_object(&*Box::leak(Box::new(clauses)))).c(finally)
}
