//! Calling any value: functions, and what else can be called (keywords, symbols, maps, sets, vectors, vars); `apply`.

use crate::code::{self, ENTRY_MANY, ENTRY_REST, EntryMany, Function};
use crate::coll::{self, foreign, kind};
use crate::fault::{self, Class, Res};
use crate::heap::{Gc, GcVec, TypeId};
use crate::space::Var;
use crate::text::Keyword;
use crate::thread::{self, Thread};
use crate::value::Value;
use std::sync::atomic::Ordering;

/// Calls `f` with `args`, which lie where the collector sees them (native stack, value stack, a live array).
#[inline]
pub fn invoke(f: Value, args: &[Value]) -> Res {
    let t = Thread::current();
    match f.cast::<Function>() {
        Some(function) => code::result(t, code::call(t, function, args)),
        None => invoke_other(f, args),
    }
}

/// The slow path of a call: `f` is no function object.
#[cold]
pub fn invoke_other(f: Value, args: &[Value]) -> Res {
    match f.type_id() {
        TypeId::FUNCTION => return invoke(f, args),
        TypeId::KEYWORD | TypeId::SYMBOL => {
            return match *args {
                [m] => coll::get(m, f, Value::NIL),
                [m, default] => coll::get(m, f, default),
                _ => Err(wrong_arity(f, args.len())),
            };
        }
        TypeId::VAR => {
            thread::check()?;
            let Some(var) = f.cast::<Var>() else { return Err(not_callable(f)) };
            let target = var.deref()?;
            if target == Value::UNBOUND {
                let name = var.full_name();
                return Err(fault::raise(Class::IllegalState, format!("Attempting to call unbound fn: #'{name}")));
            }
            return invoke(target, args);
        }
        TypeId::TRANSIENT_MAP | TypeId::TRANSIENT_SET | TypeId::ARRAY_MAP | TypeId::HASH_MAP | TypeId::TREE_MAP => {
            return match *args {
                [key] => coll::get(f, key, Value::NIL),
                [key, default] => coll::get(f, key, default),
                _ => Err(wrong_arity(f, args.len())),
            };
        }
        TypeId::HASH_SET | TypeId::TREE_SET => {
            return match *args {
                [key] => coll::get(f, key, Value::NIL),
                _ => Err(wrong_arity(f, args.len())),
            };
        }
        TypeId::VECTOR | TypeId::SUBVEC | TypeId::MAP_ENTRY | TypeId::TRANSIENT_VECTOR => {
            return match *args {
                [i] if crate::number::is_integer(i) => coll::nth(f, crate::number::to_long(i)?, None),
                [_] => Err(fault::illegal_argument("Key must be integer")),
                _ => Err(wrong_arity(f, args.len())),
            };
        }
        TypeId::CPP_BOX => {
            thread::check()?;
            return crate::host::parts().cpp.invoke(f, args).unwrap_or_else(|| Err(not_callable(f)));
        }
        _ => {}
    }
    foreign::ask(foreign::Op::Invoke, f, args).unwrap_or_else(|| Err(not_callable(f)))
}

#[cold]
fn not_callable(f: Value) -> fault::Thrown {
    if f.is_nil() {
        return fault::raise(
            Class::NullPointer,
            "Cannot invoke \"clojure.lang.IFn.invoke()\" because the function is nil",
        );
    }
    fault::class_cast(f, "clojure.lang.IFn")
}

#[cold]
fn wrong_arity(f: Value, n: usize) -> fault::Thrown {
    let name = match f.cast::<Keyword>() {
        Some(k) => format!(":{}", k.symbol.full()),
        None => crate::class_name(f),
    };
    fault::raise(Class::Arity, format!("Wrong number of args ({n}) passed to: {name}"))
}

/// `(apply f lead… rest)`. The rest stays a seq, realised only as far as the function's arities ask for.
pub fn apply(f: Value, lead: &[Value], rest: Value) -> Res {
    let Some(function) = f.cast::<Function>() else {
        if !is_callable(f) && f.type_id() < TypeId::FIRST_USER {
            return Err(not_callable(f));
        }
        let args = coll::spread(lead, rest)?;
        return invoke_other(f, &args);
    };
    if function.code.entries[ENTRY_REST].load(Ordering::Acquire).is_null() {
        return apply_fixed(function, lead, rest);
    }
    match required(function) {
        Some(n) => apply_variadic(function, n, lead, rest),
        None => {
            let mut args: GcVec = lead.iter().copied().collect();
            args.push(coll::seq(rest)?);
            enter_rest(function, &args)
        }
    }
}

/// How many arguments the variadic arity takes besides the rest; `None` for functions in Rust, whose entry takes any.
fn required(f: Gc<Function>) -> Option<usize> {
    let body = f.code.body.as_ref()?;
    let arities = &body.tree.function(body.function).arities;
    arities.iter().find(|a| a.variadic).map(|a| a.params as usize)
}

fn enter_rest(f: Gc<Function>, args: &[Value]) -> Res {
    let t = Thread::current();
    // SAFETY: the entry has the type that its index says (contract *Code*).
    let entry: EntryMany = unsafe { std::mem::transmute(f.code.entry(ENTRY_REST)) };
    code::result(t, entry(t, f.value(), args.len(), args.as_ptr()))
}

/// No variadic arity: all arguments at once, though never more of an endless seq than can be told to be too many.
fn apply_fixed(f: Gc<Function>, lead: &[Value], rest: Value) -> Res {
    let mut args: GcVec = lead.iter().copied().collect();
    let mut more = coll::Cursor::new(rest)?;
    let mut bounded = false;
    while let Some(x) = more.next()? {
        args.push(x);
        if args.len() == ENTRY_MANY {
            bounded = f.code.body.is_some() || !f.code.accepts(ENTRY_MANY);
        }
        if bounded && args.len() > 20 {
            break;
        }
    }
    invoke(f.value(), &args)
}

fn apply_variadic(f: Gc<Function>, n: usize, lead: &[Value], rest: Value) -> Res {
    let mut args: GcVec = lead.iter().copied().collect();
    let mut rest = coll::seq(rest)?;
    while args.len() < n && !rest.is_nil() {
        args.push(coll::first(rest)?);
        rest = coll::next(rest)?;
    }
    if rest.is_nil() {
        return invoke(f.value(), &args);
    }
    if lead.len() <= n {
        // Clojure counts one item further before it decides; programs see which items were realised.
        coll::next(rest)?;
    }
    while args.len() > n {
        let last = args.pop().unwrap_or(Value::NIL);
        rest = coll::cons(last, rest)?;
    }
    args.push(rest);
    enter_rest(f, &args)
}

/// Can `v` be called? For errors before a call.
pub fn is_callable(v: Value) -> bool {
    kind::is_ifn(v)
}
