//! Agents: a value that actions change one after another, on pools of threads. Actions sent inside an action, or inside a
//! transaction, wait until it is done.

use super::{Held, pool, settled, transaction};
use crate::coll::foreign::Op;
use crate::coll::{self, state};
use crate::fault::{self, Class, Res, Throwable};
use crate::heap::{self, Gc, GcVec, Header, HeapType, Mutable, Root, TypeId};
use crate::invoke::{apply, invoke};
use crate::natives;
use crate::space::{binding, special};
use crate::text::{Keyword, Text};
use crate::thread::Thread;
use crate::value::Value;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};

#[repr(C)]
pub struct Agent {
    header: Header,
    value: Mutable,
    /// The exception that stopped it, or nil.
    error: Mutable,
    handler: Mutable,
    /// `:continue` or `:fail`.
    mode: Mutable,
    /// Actions that wait, a persistent queue; the first is the one that runs.
    queue: Mutable,
    held: Held,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Agent {
    const TYPE: TypeId = TypeId::AGENT;
}

static SHUT_DOWN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// What the running action sent: a vector of agent, action, …; none outside actions.
    static NESTED: RefCell<Option<Root>> = const { RefCell::new(None) };
}

natives! { pub TABLE "clojure.core";
    "agent" "[state & options]" [(rest 1) agent]
    "send" "[a f & args]" [(rest 2) |a: &[Value]| send(a, false)]
    "send-off" "[a f & args]" [(rest 2) |a: &[Value]| send(a, true)]
    "agent-error" "[a]" [(1) |a| Ok(of(a)?.error.get())]
    "restart-agent" "[a new-state & options]" [(rest 2) restart]
    "set-error-handler!" "[a handler-fn]" [(2) |a, f| { let a = of(a)?; a.handler.set(a, f); Ok(Value::NIL) }]
    "error-handler" "[a]" [(1) |a| Ok(of(a)?.handler.get())]
    "set-error-mode!" "[a mode-keyword]" [(2) |a, m| { let a = of(a)?; a.mode.set(a, m); Ok(Value::NIL) }]
    "error-mode" "[a]" [(1) |a| Ok(of(a)?.mode.get())]
    "release-pending-sends" "[]" [(0) release]
    "shutdown-agents" "[]" [(0) || { SHUT_DOWN.store(true, Ordering::Release); Ok(Value::NIL) }]
}

fn key(name: &str) -> Value {
    Keyword::intern(None, name).value()
}

fn of(v: Value) -> Res<Gc<Agent>> {
    v.cast::<Agent>().ok_or_else(|| fault::class_cast(v, "clojure.lang.Agent"))
}

fn agent(args: &[Value]) -> Res {
    let a = heap::new(Agent {
        header: Header::blank(),
        value: Mutable::new(args[0]),
        error: Mutable::new(Value::NIL),
        handler: Mutable::new(Value::NIL),
        mode: Mutable::new(Value::NIL),
        queue: Mutable::new(coll::Queue::empty(Value::NIL)),
        held: Held::new(),
    });
    for m in [&a.value, &a.error, &a.handler, &a.mode, &a.queue] {
        m.watch(a);
    }
    a.held.watch(a);
    for option in args[1..].chunks_exact(2) {
        match option[0].cast::<Keyword>().map(|k| k.symbol.full()).as_deref() {
            Some("error-handler") => a.handler.set(a, option[1]),
            Some("error-mode") => a.mode.set(a, option[1]),
            Some(name) => drop(a.held.option(a, name, option[1])),
            None => {}
        }
    }
    if a.mode.get().is_nil() {
        a.mode.set(a, key(if a.handler.get().is_nil() { "fail" } else { "continue" }));
    }
    state::validate(a.held.validator.get(), args[0])?;
    Ok(a.value())
}

/// An action: function, arguments, bindings, pool.
fn send(args: &[Value], off: bool) -> Res {
    let a = of(args[0])?;
    let error = a.error.get();
    if !error.is_nil() {
        let message = Text::value("Agent is failed, needs restart");
        return Err(fault::throw(Throwable::alloc(Class::RuntimeException, message, error, Value::NIL).value()));
    }
    if SHUT_DOWN.load(Ordering::Acquire) {
        return Err(fault::raise(Class::IllegalState, "agents are shut down"));
    }
    let action = coll::vector(&[args[1], coll::list(&args[2..]), binding::capture(), Value::bool(off)]);
    if transaction::hold_send(a.value(), action) {
        return Ok(args[0]);
    }
    let nested = NESTED.with_borrow(|n| n.as_ref().map(Root::get));
    match nested {
        Some(sent) => {
            let more = coll::conj(coll::conj(sent, a.value())?, action)?;
            NESTED.with_borrow(|n| {
                if let Some(n) = n {
                    n.set(more);
                }
            });
        }
        None => enqueue(a, action)?,
    }
    Ok(args[0])
}

/// Sends what a transaction held back.
pub(super) fn send_held(agent: Value, action: Value) -> Res<()> {
    let nested = NESTED.with_borrow(Option::is_some);
    let a = of(agent)?;
    if nested {
        let sent = NESTED.with_borrow(|n| n.as_ref().map_or(Value::NIL, Root::get));
        let more = coll::conj(coll::conj(sent, agent)?, action)?;
        NESTED.with_borrow(|n| {
            if let Some(n) = n {
                n.set(more);
            }
        });
        return Ok(());
    }
    enqueue(a, action)
}

fn enqueue(a: Gc<Agent>, action: Value) -> Res<()> {
    loop {
        let old = a.queue.get();
        let new = coll::conj(old, action)?;
        if a.queue.compare_and_set(a, old, new) {
            if coll::count(old)? == 0 && a.error.get().is_nil() {
                start(a, action)?;
            }
            return Ok(());
        }
    }
}

fn start(a: Gc<Agent>, action: Value) -> Res<()> {
    let off = coll::nth(action, 3, None)?.truthy();
    let (own, action) = (Root::new(a.value()), Root::new(action));
    let pool = if off { &pool::CACHED } else { &pool::COMPUTING };
    pool.run(Box::new(move || {
        if let Some(a) = own.get().cast::<Agent>() {
            run(a, action.get());
        }
    }));
    Ok(())
}

/// Runs the first action of the queue, then lets the next one start.
fn run(a: Gc<Agent>, action: Value) {
    NESTED.set(Some(Root::new(coll::vector(&[]))));
    let done = act(a, action);
    let failed = done.err().map(|_| Thread::current().take_pending());
    let sent = NESTED.take().map_or(Value::NIL, |r| r.get());
    match failed {
        None => {
            if let Err(_e) = send_all(sent) {
                let _ = Thread::current().take_pending();
            }
        }
        Some(error) => fail(a, error),
    }
    let next = loop {
        let old = a.queue.get();
        let Ok(new) = coll::pop(old) else { return };
        if a.queue.compare_and_set(a, old, new) {
            break new;
        }
    };
    if a.error.get().is_nil() {
        go_on(a, next);
    }
    settled();
}

fn go_on(a: Gc<Agent>, queue: Value) {
    match coll::peek(queue) {
        Ok(next) if !next.is_nil() => {
            if start(a, next).is_err() {
                let _ = Thread::current().take_pending();
            }
        }
        _ => {}
    }
}

fn act(a: Gc<Agent>, action: Value) -> Res<()> {
    let part = |i| coll::nth(action, i, None);
    let before = binding::restore(part(2)?);
    let bound = [special::AGENT.var().value(), a.value()];
    let done = binding::push(&bound).and_then(|()| {
        let old = a.value.get();
        let new = apply(part(0)?, &[old], part(1)?)?;
        state::validate(a.held.validator.get(), new)?;
        a.value.set(a, new);
        state::notify(a.held.watches.get(), a.value(), old, new)
    });
    binding::restore(before);
    done
}

fn fail(a: Gc<Agent>, error: Value) {
    let handler = a.handler.get();
    if !handler.is_nil() && invoke(handler, &[a.value(), error]).is_err() {
        let _ = Thread::current().take_pending();
    }
    if a.mode.get() != key("continue") {
        a.error.set(a, error);
    }
}

fn send_all(sent: Value) -> Res<()> {
    let all: GcVec = coll::items(sent)?;
    for p in all.chunks_exact(2) {
        enqueue(of(p[0])?, p[1])?;
    }
    Ok(())
}

/// Sends now what the running action held back; how many.
fn release() -> Res {
    let sent = NESTED.with_borrow(|n| n.as_ref().map(Root::get));
    let Some(sent) = sent else { return Ok(Value::ZERO) };
    let empty = coll::vector(&[]);
    NESTED.with_borrow(|n| {
        if let Some(n) = n {
            n.set(empty);
        }
    });
    send_all(sent)?;
    Ok(Value::long(coll::count(sent)? as i64 / 2))
}

fn restart(args: &[Value]) -> Res {
    let a = of(args[0])?;
    if a.error.get().is_nil() {
        return Err(fault::raise(Class::RuntimeException, "Agent does not need a restart"));
    }
    state::validate(a.held.validator.get(), args[1])?;
    let clear = args[2..].chunks_exact(2).any(|o| o[0] == key("clear-actions") && o[1].truthy());
    a.value.set(a, args[1]);
    if clear {
        a.queue.set(a, coll::Queue::empty(Value::NIL));
    }
    a.error.set(a, Value::NIL);
    go_on(a, a.queue.get());
    Ok(args[1])
}

pub(crate) fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let a = v.cast::<Agent>()?;
    match op {
        Op::Deref => Some(Ok(a.value.get())),
        _ => a.held.answer(a, op, args, || Ok(a.value.get())),
    }
}
