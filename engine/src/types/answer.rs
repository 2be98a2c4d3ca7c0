//! What the collections ask of a program's objects, answered by the methods of `clojure.lang`'s interfaces that the type
//! has, else as a record does.

use super::{Instance, Shape, instance, record};
use crate::coll;
use crate::coll::foreign::{Interface, Op};
use crate::fault::Res;
use crate::heap::{Gc, GcVec};
use crate::invoke::invoke;
use crate::text::Symbol;
use crate::value::Value;

/// Each interface and those right above it, as the JVM has them.
const ABOVE: &[(&str, &[&str])] = &[
    ("IPersistentMap", &["Iterable", "Associative", "Counted"]),
    ("IPersistentVector", &["Associative", "Sequential", "IPersistentStack", "Reversible", "Indexed"]),
    ("IPersistentSet", &["IPersistentCollection", "Counted"]),
    ("IPersistentList", &["Sequential", "IPersistentStack"]),
    ("IPersistentStack", &["IPersistentCollection"]),
    ("Associative", &["IPersistentCollection", "ILookup"]),
    ("ISeq", &["IPersistentCollection"]),
    ("IPersistentCollection", &["Seqable"]),
    ("Indexed", &["Counted"]),
    ("IFn", &["Callable", "Runnable"]),
    ("AFn", &["IFn"]),
    ("Fn", &[]),
    ("IObj", &["IMeta"]),
    ("IMapEntry", &["Map$Entry"]),
    ("IBlockingDeref", &[]),
    ("IReduce", &["IReduceInit"]),
    ("ITransientMap", &["ITransientAssociative", "Counted"]),
    ("ITransientAssociative", &["ITransientCollection", "ILookup"]),
    ("ITransientVector", &["ITransientAssociative", "Indexed"]),
    ("ITransientSet", &["ITransientCollection", "Counted"]),
];

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Does implementing the one mean implementing the other?
pub(super) fn implies(one: &str, other: &str) -> bool {
    let (one, other) = (short(one), short(other));
    one == other || ABOVE.iter().find(|a| a.0 == one).is_some_and(|a| a.1.iter().any(|above| implies(above, other)))
}

/// The names of the methods that answer an operation, the first that is there counts.
fn methods(op: Op) -> &'static [&'static str] {
    match op {
        Op::Seq => &["seq"],
        Op::First => &["first"],
        Op::Next => &["next"],
        Op::Rest => &["more"],
        Op::Count => &["count", "size"],
        Op::Nth => &["nth"],
        Op::Get => &["valAt", "get"],
        Op::Assoc => &["assoc"],
        Op::Dissoc => &["without"],
        Op::Contains => &["containsKey", "contains"],
        Op::Find => &["entryAt"],
        Op::Conj => &["cons"],
        Op::Peek => &["peek"],
        Op::Pop => &["pop"],
        Op::Disj => &["disjoin"],
        Op::Empty => &["empty"],
        Op::Rseq => &["rseq"],
        Op::Equal => &["equiv", "equals"],
        Op::Hash => &["hasheq", "hashCode"],
        Op::Compare => &["compareTo", "compare"],
        Op::Meta => &["meta"],
        Op::WithMeta => &["withMeta"],
        Op::Deref | Op::DerefTimeout => &["deref"],
        Op::Realized => &["isRealized"],
        Op::Reduce => &["reduce"],
        Op::ReduceKv => &["kvreduce"],
        Op::AssocMut => &["assoc"],
        Op::ConjMut => &["conj"],
        Op::Persistent => &["persistent"],
        Op::Transient => &["asTransient"],
        Op::AddWatch => &["addWatch"],
        Op::RemoveWatch => &["removeWatch"],
        Op::SetValidator => &["setValidator"],
        Op::GetValidator => &["getValidator"],
        Op::Invoke | Op::ArraySet | Op::ArrayClone | Op::Is(_) => &[],
    }
}

fn interface_name(i: Interface) -> &'static str {
    match i {
        Interface::Seq => "clojure.lang.ISeq",
        Interface::Sequential => "clojure.lang.Sequential",
        Interface::List => "clojure.lang.IPersistentList",
        Interface::Vector => "clojure.lang.IPersistentVector",
        Interface::Map => "clojure.lang.IPersistentMap",
        Interface::Set => "clojure.lang.IPersistentSet",
        Interface::Collection => "clojure.lang.IPersistentCollection",
        Interface::Associative => "clojure.lang.Associative",
        Interface::Counted => "clojure.lang.Counted",
        Interface::Indexed => "clojure.lang.Indexed",
        Interface::Sorted => "clojure.lang.Sorted",
        Interface::Reversible => "clojure.lang.Reversible",
        Interface::Seqable => "clojure.lang.Seqable",
        Interface::Fn => "clojure.lang.Fn",
        Interface::IFn => "clojure.lang.IFn",
        Interface::Deref => "clojure.lang.IDeref",
        Interface::Pending => "clojure.lang.IPending",
        Interface::Meta => "clojure.lang.IMeta",
        Interface::MapEntry => "clojure.lang.IMapEntry",
        Interface::Record => "clojure.lang.IRecord",
    }
}

pub fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let o = instance(v)?;
    if let Op::Is(i) = op {
        if o.ty.implements(interface_name(i)) {
            return Some(Ok(Value::TRUE));
        }
        return if o.ty.is_record() { record::answer(op, o, args) } else { Some(Ok(Value::FALSE)) };
    }
    if let Some(r) = by_method(op, o, args) {
        return Some(r);
    }
    match o.ty.shape {
        Shape::Record => record::answer(op, o, args),
        Shape::Reified => reified(op, o, args),
        Shape::Type => match op {
            // Equal only to itself, as any object; what is the same object is not asked.
            Op::Equal => Some(Ok(Value::FALSE)),
            Op::Contains if o.ty.implements("clojure.lang.ILookup") => {
                Some(coll::get(v, args[0], Value::ABSENT).map(|x| Value::bool(x != Value::ABSENT)))
            }
            _ => None,
        },
    }
}

fn by_method(op: Op, o: Gc<Instance>, args: &[Value]) -> Option<Res> {
    if op == Op::Invoke {
        return call(o, args);
    }
    let Some(f) = methods(op).iter().find_map(|name| o.method(Symbol::intern(None, name))) else {
        let iterable = op == Op::Seq && o.method(Symbol::intern(None, "iterator")).is_some();
        return iterable.then(|| crate::native::library("rung.iterator", "items", &[o.value()]));
    };
    let mut all = GcVec::new();
    all.push(o.value());
    all.extend_from_slice(args);
    match op {
        // Without a default the method takes one argument less.
        Op::Nth if all[2] == Value::ABSENT => all.truncate(2),
        Op::Get if all[2].is_nil() && takes(f, 2) => all.truncate(2),
        Op::Deref => all.truncate(1),
        _ => {}
    }
    let r = invoke(f, &all);
    Some(match op {
        Op::Equal | Op::Contains | Op::Realized => r.map(|v| Value::bool(v.truthy())),
        _ => r,
    })
}

fn takes(f: Value, n: usize) -> bool {
    f.cast::<crate::code::Function>().is_some_and(|f| f.code.accepts(n))
}

/// `invoke`, else `applyTo`.
fn call(o: Gc<Instance>, args: &[Value]) -> Option<Res> {
    let mut all = GcVec::new();
    all.push(o.value());
    if let Some(f) = o.method(Symbol::intern(None, "invoke")) {
        all.extend_from_slice(args);
        return Some(invoke(f, &all));
    }
    // A Comparator, a Callable or a Runnable goes where a function is wanted.
    let other = match args.len() {
        2 => o.method(Symbol::intern(None, "compare")),
        0 => ["call", "run"].iter().find_map(|n| o.method(Symbol::intern(None, n))),
        _ => None,
    };
    if let Some(f) = other {
        all.extend_from_slice(args);
        return Some(invoke(f, &all));
    }
    let f = o.method(Symbol::intern(None, "applyTo"))?;
    all.push(coll::seq(coll::list(args)).unwrap_or(Value::NIL));
    Some(invoke(f, &all))
}

/// Objects of `reify` carry metadata behind their functions.
fn reified(op: Op, o: Gc<Instance>, args: &[Value]) -> Option<Res> {
    let last = o.header().len().checked_sub(1)?;
    Some(match op {
        Op::Meta => Ok(o.get(last)),
        Op::WithMeta => {
            let mut items: GcVec = o.tail().iter().copied().collect();
            items[last] = args[0];
            Ok(Instance::alloc(o.ty, &items).value())
        }
        Op::Equal => Ok(Value::FALSE),
        _ => return None,
    })
}
