//! Exceptions: making them, taking them apart.

use crate::coll;
use crate::fault::{self, Class, Res, Throwable};
use crate::heap::Gc;
use crate::text::{Keyword, Text};
use crate::value::Value;

natives! { pub TABLE "clojure.core";
    "ex-info" "[msg map] [msg map cause]" [(2) ex_info2, (3) ex_info]
    "ex-data" "[ex]" [(1) ex_data]
    "ex-message" "[ex]" [(1) ex_message]
    "ex-cause" "[ex]" [(1) ex_cause]
}
natives! { pub HOST "rung.host";
    "exception-trace" "[ex]" [(1) exception_trace]
}

fn ex_info2(message: Value, data: Value) -> Res {
    ex_info(message, data, Value::NIL)
}
fn ex_info(message: Value, data: Value, cause: Value) -> Res {
    if !message.is_nil() && !message.is::<Text>() {
        return Err(fault::class_cast(message, "java.lang.String"));
    }
    if data.is_nil() {
        return Err(fault::illegal_argument("Additional data must be non-nil."));
    }
    if !coll::kind::is_map(data) {
        return Err(fault::class_cast(data, "clojure.lang.IPersistentMap"));
    }
    Ok(Throwable::alloc(Class::ExceptionInfo, message, cause, data).value())
}

fn long(n: u32) -> Value {
    Value::long(i64::from(n))
}

/// The data of an `ex-info`; of an error of the engine's the code, the phase and the places.
pub fn data_of(t: Gc<Throwable>) -> Res {
    if !t.data.is_nil() {
        return Ok(t.data);
    }
    let Some(d) = t.diagnostic() else { return Ok(Value::NIL) };
    let rung = |name: &str| Keyword::intern(Some("rung"), name).value();
    let key = |name: &str| Keyword::intern(None, name).value();
    let phase = serde_json::to_string(&d.phase).unwrap_or_default();
    let mut spans = crate::heap::GcVec::new();
    for s in &d.spans {
        spans.push(coll::map(&[
            key("file"),
            Text::value(&s.file),
            key("line"),
            long(s.line),
            key("column"),
            long(s.column),
            key("end-line"),
            long(s.end_line),
            key("end-column"),
            long(s.end_column),
            key("label"),
            Text::value(&s.label),
        ])?);
    }
    let (area, name) = d.code.split_once('/').map_or((None, d.code.as_str()), |(a, n)| (Some(a), n));
    coll::map(&[
        rung("code"),
        Keyword::intern(area, name).value(),
        rung("phase"),
        key(phase.trim_matches('"')),
        rung("spans"),
        coll::vector(&spans),
    ])
}

fn ex_data(e: Value) -> Res {
    e.cast::<Throwable>().map_or(Ok(Value::NIL), data_of)
}
fn ex_message(e: Value) -> Res {
    Ok(e.cast::<Throwable>().map_or(Value::NIL, |t| t.message))
}
fn ex_cause(e: Value) -> Res {
    Ok(e.cast::<Throwable>().map_or(Value::NIL, |t| t.cause))
}
fn exception_trace(e: Value) -> Res {
    Ok(e.cast::<Throwable>().map_or(Value::NIL, |t| t.trace.get()))
}
