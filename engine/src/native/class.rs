//! Classes by name: `class`, `type`, `instance?`, and which names of the JVM's classes and interfaces mean something here.

use crate::coll;
use crate::fault::{Class, Res, Throwable};
use crate::heap::{Gc, Root, TypeId};
use crate::number;
use crate::table::DashMap;
use crate::text::{ClassObject, Keyword, Symbol, Text};
use crate::types;
use crate::value::Value;
use std::sync::OnceLock;

natives! { pub TABLE "clojure.core";
    "class" "[x]" [(1) class]
    "type" "[x]" [(1) type_of]
    "class?" "[x]" [(1) is_class]
    "instance?" "[c x]" [(2) is_instance]
    "cast" "[c x]" [(2) cast]
    "supers" "[class]" [(1) supers]
    "bases" "[class]" [(1) bases]
}

type Test = fn(Value) -> bool;

/// What every record implements.
const RECORD: &[&str] = &[
    "clojure.lang.IRecord",
    "clojure.lang.IPersistentMap",
    "clojure.lang.IObj",
    "clojure.lang.IMeta",
    "clojure.lang.ILookup",
    "clojure.lang.Associative",
    "clojure.lang.Counted",
    "clojure.lang.IPersistentCollection",
    "clojure.lang.Seqable",
    "java.util.Map",
    "java.lang.Iterable",
    "java.io.Serializable",
];

/// Full name, and who is an instance. Exceptions are `fault::Class`'s.
static CLASSES: &[(&str, Test)] = &[
    ("java.lang.Object", |v| !v.is_nil()),
    ("java.lang.Number", number::is_number),
    ("java.lang.Long", |v| v.as_long().is_some()),
    ("java.lang.Integer", |_| false),
    ("java.lang.Short", |_| false),
    ("java.lang.Byte", |_| false),
    ("java.lang.Double", |v| v.as_double().is_some()),
    ("java.lang.Float", |_| false),
    ("java.lang.Boolean", |v| v.as_bool().is_some()),
    ("java.lang.Character", Value::is_char),
    ("java.lang.String", |v| v.is::<Text>()),
    ("java.lang.CharSequence", |v| v.is::<Text>()),
    ("java.lang.Comparable", is_comparable),
    ("java.lang.Iterable", |v| coll::kind::is_coll(v)),
    ("java.lang.Class", |v| v.is::<ClassObject>()),
    ("java.lang.Runnable", coll::kind::is_fn),
    ("java.lang.AutoCloseable", |v| is(v, &[TypeId::PRINT_WRITER, TypeId::READER])),
    ("java.lang.Math", |_| false),
    ("java.lang.System", |_| false),
    ("java.lang.Thread", |_| false),
    ("java.lang.StackTraceElement", |_| false),
    ("java.util.concurrent.Callable", coll::kind::is_fn),
    ("java.util.Comparator", coll::kind::is_fn),
    ("java.math.BigInteger", |_| false),
    ("java.math.BigDecimal", |v| is(v, &[TypeId::BIG_DECIMAL])),
    ("java.util.UUID", |v| is(v, &[TypeId::UUID])),
    ("java.util.Date", |v| is(v, &[TypeId::INST])),
    ("java.util.regex.Pattern", |v| is(v, &[TypeId::REGEX])),
    ("java.util.regex.Matcher", |v| is(v, &[TypeId::MATCHER])),
    ("java.util.List", |v| coll::kind::is_sequential(v)),
    ("java.util.Map", |v| coll::kind::is_map(v)),
    ("java.util.Set", |v| coll::kind::is_set(v)),
    ("java.util.Collection", |v| coll::kind::is_coll(v) && !coll::kind::is_map(v)),
    ("java.util.RandomAccess", |v| coll::kind::is_vector(v)),
    ("java.util.Map$Entry", |v| is(v, &[TypeId::MAP_ENTRY])),
    ("java.io.Writer", |v| is(v, &[TypeId::PRINT_WRITER])),
    ("java.io.Reader", |v| is(v, &[TypeId::READER])),
    ("java.io.Closeable", |v| is(v, &[TypeId::PRINT_WRITER, TypeId::READER])),
    ("java.io.File", |v| is(v, &[TypeId::FILE])),
    ("java.io.Serializable", |v| !v.is_nil()),
    ("clojure.lang.Keyword", |v| v.is::<Keyword>()),
    ("clojure.lang.Symbol", |v| v.is::<Symbol>()),
    ("clojure.lang.Named", |v| v.is::<Keyword>() || v.is::<Symbol>()),
    ("clojure.lang.Ratio", |v| is(v, &[TypeId::RATIO])),
    ("clojure.lang.BigInt", |v| is(v, &[TypeId::BIG_INT])),
    ("clojure.lang.Fn", coll::kind::is_fn),
    ("clojure.lang.AFn", coll::kind::is_fn),
    ("clojure.lang.AFunction", coll::kind::is_fn),
    ("clojure.lang.IFn", coll::kind::is_ifn),
    ("clojure.lang.Var", |v| is(v, &[TypeId::VAR])),
    ("clojure.lang.Namespace", |v| is(v, &[TypeId::NAMESPACE])),
    ("clojure.lang.Atom", |v| is(v, &[TypeId::ATOM])),
    ("clojure.lang.Ref", |v| is(v, &[TypeId::REF])),
    ("clojure.lang.Agent", |v| is(v, &[TypeId::AGENT])),
    ("clojure.lang.Volatile", |v| is(v, &[TypeId::VOLATILE])),
    ("clojure.lang.Delay", |v| is(v, &[TypeId::DELAY])),
    ("clojure.lang.Reduced", |v| is(v, &[TypeId::REDUCED])),
    ("clojure.lang.MultiFn", |v| is(v, &[TypeId::MULTI_FN])),
    ("clojure.lang.TaggedLiteral", |v| is(v, &[TypeId::TAGGED_LITERAL])),
    ("clojure.lang.ReaderConditional", |v| is(v, &[TypeId::READER_CONDITIONAL])),
    ("clojure.lang.IDeref", |v| is_reference(v) || coll::foreign::is(coll::foreign::Interface::Deref, v)),
    ("clojure.lang.IPending", |v| is(v, &[TypeId::DELAY, TypeId::LAZY_SEQ, TypeId::PROMISE, TypeId::FUTURE])),
    ("clojure.lang.IBlockingDeref", |v| is(v, &[TypeId::PROMISE, TypeId::FUTURE])),
    ("clojure.lang.IRef", |v| is(v, &[TypeId::ATOM, TypeId::REF, TypeId::AGENT, TypeId::VAR])),
    ("clojure.lang.IAtom", |v| is(v, &[TypeId::ATOM])),
    ("clojure.lang.IReference", |v| is(v, &[TypeId::ATOM, TypeId::REF, TypeId::AGENT, TypeId::VAR, TypeId::NAMESPACE])),
    ("clojure.lang.ISeq", |v| coll::kind::is_seq(v)),
    ("clojure.lang.ASeq", |v| coll::kind::is_seq(v) && !is(v, &[TypeId::LAZY_SEQ])),
    ("clojure.lang.Seqable", |v| coll::kind::is_coll(v)),
    ("clojure.lang.Sequential", |v| coll::kind::is_sequential(v)),
    ("clojure.lang.Counted", |v| coll::kind::is_counted(v)),
    ("clojure.lang.Indexed", |v| coll::kind::is_indexed(v)),
    ("clojure.lang.Sorted", |v| coll::kind::is_sorted(v)),
    ("clojure.lang.Reversible", |v| coll::kind::is_reversible(v)),
    ("clojure.lang.Associative", |v| coll::kind::is_associative(v)),
    ("clojure.lang.ILookup", |v| coll::kind::is_associative(v)),
    ("clojure.lang.IPersistentCollection", |v| coll::kind::is_coll(v)),
    ("clojure.lang.IPersistentVector", |v| coll::kind::is_vector(v)),
    ("clojure.lang.APersistentVector", |v| coll::kind::is_vector(v)),
    ("clojure.lang.IPersistentMap", |v| coll::kind::is_map(v)),
    ("clojure.lang.APersistentMap", |v| is(v, &[TypeId::ARRAY_MAP, TypeId::HASH_MAP, TypeId::TREE_MAP])),
    ("clojure.lang.IPersistentSet", |v| coll::kind::is_set(v)),
    ("clojure.lang.APersistentSet", |v| is(v, &[TypeId::HASH_SET, TypeId::TREE_SET])),
    ("clojure.lang.IPersistentList", |v| coll::kind::is_list(v)),
    ("clojure.lang.IPersistentStack", |v| {
        coll::kind::is_vector(v) || coll::kind::is_list(v) || is(v, &[TypeId::QUEUE])
    }),
    ("clojure.lang.IMapEntry", |v| is(v, &[TypeId::MAP_ENTRY])),
    ("clojure.lang.IEditableCollection", |v| {
        is(v, &[TypeId::VECTOR, TypeId::ARRAY_MAP, TypeId::HASH_MAP, TypeId::HASH_SET])
    }),
    ("clojure.lang.ITransientCollection", |v| {
        is(v, &[TypeId::TRANSIENT_VECTOR, TypeId::TRANSIENT_MAP, TypeId::TRANSIENT_SET])
    }),
    ("clojure.lang.IObj", |v| {
        !coll::meta(v).is_nil() || coll::kind::is_coll(v) || v.is::<Symbol>() || coll::kind::is_fn(v)
    }),
    ("clojure.lang.IMeta", |v| coll::kind::is_coll(v) || v.is::<Symbol>() || coll::kind::is_fn(v) || is_reference(v)),
    ("clojure.lang.IRecord", |v| coll::foreign::is(coll::foreign::Interface::Record, v)),
    ("clojure.lang.IExceptionInfo", |v| v.cast::<Throwable>().is_some_and(|t| t.class().is_a(Class::ExceptionInfo))),
    ("clojure.lang.IReduceInit", |v| coll::kind::is_coll(v) || is(v, &[TypeId::EDUCTION])),
    ("clojure.lang.IReduce", |v| coll::kind::is_coll(v)),
    ("clojure.lang.IKVReduce", |v| coll::kind::is_map(v) || coll::kind::is_vector(v)),
    ("clojure.lang.IChunkedSeq", |v| is(v, &[TypeId::VECTOR_SEQ, TypeId::CHUNKED_CONS, TypeId::RANGE])),
    ("clojure.lang.PersistentQueue", |v| is(v, &[TypeId::QUEUE])),
    ("clojure.lang.PersistentList", |v| coll::kind::is_list(v)),
    ("clojure.lang.PersistentHashMap", |v| is(v, &[TypeId::HASH_MAP])),
    ("clojure.lang.PersistentArrayMap", |v| is(v, &[TypeId::ARRAY_MAP])),
    ("clojure.lang.PersistentTreeMap", |v| is(v, &[TypeId::TREE_MAP])),
    ("clojure.lang.PersistentHashSet", |v| is(v, &[TypeId::HASH_SET])),
    ("clojure.lang.PersistentTreeSet", |v| is(v, &[TypeId::TREE_SET])),
    ("clojure.lang.PersistentVector", |v| is(v, &[TypeId::VECTOR])),
    ("clojure.lang.LazySeq", |v| is(v, &[TypeId::LAZY_SEQ])),
    ("clojure.lang.Cons", |v| is(v, &[TypeId::CONS])),
    ("clojure.lang.MapEntry", |v| is(v, &[TypeId::MAP_ENTRY])),
    ("clojure.lang.LongRange", |v| is(v, &[TypeId::RANGE])),
    ("clojure.lang.Range", |_| false),
    ("clojure.lang.IType", |v| types::instance(v).is_some_and(|o| o.ty.shape == types::Shape::Type)),
    ("clojure.lang.IHashEq", |v| coll::kind::is_coll(v) || v.is::<Symbol>() || v.is::<Keyword>()),
    ("clojure.lang.MapEquivalence", |v| coll::kind::is_map(v) && types::instance(v).is_none()),
    ("clojure.lang.ARef", |v| is(v, &[TypeId::ATOM, TypeId::REF, TypeId::AGENT, TypeId::VAR])),
    ("clojure.lang.IAtom2", |v| is(v, &[TypeId::ATOM])),
    ("clojure.lang.ITransientMap", |v| is(v, &[TypeId::TRANSIENT_MAP])),
    ("clojure.lang.ITransientVector", |v| is(v, &[TypeId::TRANSIENT_VECTOR])),
    ("clojure.lang.ITransientSet", |v| is(v, &[TypeId::TRANSIENT_SET])),
    ("clojure.lang.ITransientAssociative", |v| is(v, &[TypeId::TRANSIENT_MAP, TypeId::TRANSIENT_VECTOR])),
    ("java.util.Iterator", |_| false),
    ("java.lang.Cloneable", |_| false),
    ("java.util.concurrent.Future", |v| is(v, &[TypeId::FUTURE])),
    ("clojure.core.Eduction", |v| is(v, &[TypeId::EDUCTION])),
];

fn is(v: Value, types: &[TypeId]) -> bool {
    types.contains(&v.type_id())
}
fn is_comparable(v: Value) -> bool {
    number::is_number(v)
        || v.is_char()
        || v.as_bool().is_some()
        || is(v, &[TypeId::TEXT, TypeId::KEYWORD, TypeId::SYMBOL, TypeId::UUID, TypeId::INST, TypeId::FILE])
        || coll::kind::is_vector(v)
}
fn is_reference(v: Value) -> bool {
    is(
        v,
        &[
            TypeId::ATOM,
            TypeId::VAR,
            TypeId::VOLATILE,
            TypeId::DELAY,
            TypeId::REDUCED,
            TypeId::REF,
            TypeId::AGENT,
            TypeId::PROMISE,
            TypeId::FUTURE,
        ],
    )
}

fn short(name: &str) -> &str {
    name.rsplit(['.', '$']).next().unwrap_or(name)
}

/// The full name of a class that is known by this name, short or full: `String`, `clojure.lang.Keyword`, `Exception`.
pub fn full_name(name: &str) -> Option<&'static str> {
    CLASSES
        .iter()
        .map(|c| c.0)
        .find(|full| *full == name || short(full) == name)
        .or_else(|| Class::named(name).map(Class::name))
}

/// The class object of a full name; one a name.
pub fn named(full: &str) -> Value {
    static ALL: OnceLock<DashMap<Box<str>, Root>> = OnceLock::new();
    let all = ALL.get_or_init(DashMap::default);
    if let Some(found) = all.get(full) {
        return found.get();
    }
    let made = Root::new(ClassObject::alloc(Text::value(full)).value());
    all.entry(full.into()).or_insert(made).get()
}

/// The class object that a symbol of a program names, if it names a class.
pub fn resolve(name: &str) -> Option<Value> {
    full_name(name).map(named)
}

impl ClassObject {
    pub fn name_text(&self) -> String {
        self.name.cast::<Text>().map_or_else(String::new, |t| t.as_str().to_owned())
    }
}

/// Is `v` an instance of the class of that full name?
pub fn instance_of(full: &str, v: Value) -> bool {
    if let (Some(t), Some(class)) = (v.cast::<Throwable>(), Class::named(full)) {
        return t.class().is_a(class);
    }
    if types::instance(v).is_some_and(|o| o.ty.implements(full)) {
        return true;
    }
    match CLASSES.iter().find(|c| c.0 == full) {
        Some((_, test)) => test(v),
        None => !v.is_nil() && crate::class_name(v) == full,
    }
}

pub(super) fn class(v: Value) -> Res {
    if let Some(o) = types::instance(v) {
        return Ok(o.ty.class());
    }
    Ok(if v.is_nil() { Value::NIL } else { named(&crate::class_name(v)) })
}

/// Is `v` an instance of the class object `c`?
pub(super) fn has_instance(c: Value, v: Value) -> bool {
    let Some(class) = c.cast::<ClassObject>() else { return false };
    match class.user_type {
        Some(ty) => types::instance(v).is_some_and(|o| std::ptr::eq(o.ty, ty)),
        None => instance_of(&class.name_text(), v),
    }
}

/// The JVM's interfaces from the general to the special, where several could take a value.
const GENERAL: &[&str] = &[
    "Serializable",
    "Comparable",
    "Callable",
    "Runnable",
    "Iterable",
    "CharSequence",
    "Number",
    "Comparator",
    "AutoCloseable",
    "Closeable",
    "Collection",
    "RandomAccess",
    "List",
    "Set",
    "Map",
    "Seqable",
    "IMeta",
    "IObj",
    "IFn",
    "AFn",
    "Fn",
    "ILookup",
    "Counted",
    "Sequential",
    "IPersistentCollection",
    "IReduceInit",
    "IReduce",
    "IKVReduce",
    "Reversible",
    "Indexed",
    "IEditableCollection",
    "IPersistentStack",
    "Associative",
    "IDeref",
    "IRef",
    "ISeq",
    "ASeq",
    "IChunkedSeq",
    "Sorted",
    "IPersistentMap",
    "IPersistentSet",
    "IPersistentList",
    "IPersistentVector",
    "IMapEntry",
    "Map$Entry",
    "IRecord",
    "IType",
];

/// How special a class is: the greater, the nearer to the values' own classes.
pub(super) fn specificity(c: Value) -> i64 {
    let Some(class) = c.cast::<ClassObject>() else { return 0 };
    let name = class.name_text();
    if class.user_type.is_some() {
        return i64::MAX;
    }
    if name == "java.lang.Object" {
        return -1;
    }
    if let Some(mut class) = Class::named(&name) {
        let mut depth = 100;
        while class != Class::Throwable {
            class = class.parent();
            depth += 1;
        }
        return depth;
    }
    GENERAL.iter().position(|g| *g == short(&name)).map_or(1000, |i| i as i64)
}

/// The short names of classes that every namespace knows, and its own.
pub(super) fn imports(ns: &crate::space::Namespace) -> Res {
    let mut pairs = crate::heap::GcVec::new();
    let all = CLASSES.iter().map(|c| c.0).chain(Class::all().map(Class::name));
    for full in
        all.filter(|n| n.starts_with("java.lang.") || *n == "java.math.BigInteger" || *n == "java.math.BigDecimal")
    {
        pairs.push(Symbol::intern(None, short(full)).value());
        pairs.push(named(full));
    }
    let own: Vec<(String, Value)> = ns.classes.read().iter().map(|(k, t)| (k.clone(), t.class())).collect();
    for (name, class) in own {
        pairs.push(Symbol::intern(None, &name).value());
        pairs.push(class);
    }
    coll::map(&pairs)
}
fn type_of(v: Value) -> Res {
    let meta = coll::meta(v);
    let given = coll::get(meta, Keyword::intern(None, "type").value(), Value::NIL)?;
    if given.is_nil() { class(v) } else { Ok(given) }
}
fn is_class(v: Value) -> Res {
    Ok(Value::bool(v.is::<ClassObject>()))
}
fn class_object(v: Value) -> Res<Gc<ClassObject>> {
    v.cast::<ClassObject>().ok_or_else(|| crate::fault::class_cast(v, "java.lang.Class"))
}
pub(super) fn is_instance(c: Value, v: Value) -> Res {
    class_object(c)?;
    Ok(Value::bool(has_instance(c, v)))
}
pub(super) fn cast(c: Value, v: Value) -> Res {
    let name = class_object(c)?.name_text();
    if v.is_nil() || has_instance(c, v) {
        return Ok(v);
    }
    let message = format!("Cannot cast {} to {name}", crate::class_name(v));
    Err(crate::fault::raise(Class::ClassCast, message))
}
/// A value of a class that is the language's own, to ask the tests about.
fn sample(full: &str) -> Option<Value> {
    let name = || Symbol::intern(None, "a");
    Some(match full {
        "java.lang.Long" => Value::ZERO,
        "java.lang.Double" => Value::double(0.0),
        "java.lang.Boolean" => Value::TRUE,
        "java.lang.Character" => Value::char(97),
        "java.lang.String" => Text::value(""),
        "clojure.lang.Keyword" => Keyword::intern(None, "a").value(),
        "clojure.lang.Symbol" => name().value(),
        "clojure.lang.BigInt" => number::big_integer(&0.into()),
        "clojure.lang.Ratio" => number::ratio(&1.into(), &2.into()),
        "java.math.BigDecimal" => number::big_decimal(&number::parse_decimal("0")?),
        "clojure.lang.PersistentVector" => coll::vector(&[]),
        "clojure.lang.MapEntry" => coll::entry(Value::NIL, Value::NIL),
        "clojure.lang.PersistentList" => coll::list(&[Value::NIL]),
        "clojure.lang.PersistentList$EmptyList" => coll::list(&[]),
        "clojure.lang.PersistentArrayMap" => coll::ArrayMap::empty(),
        "clojure.lang.PersistentHashSet" => coll::set(&[]).ok()?,
        "clojure.lang.LazySeq" => coll::LazySeq::new(Value::NIL).value(),
        "clojure.lang.Cons" => coll::Cons::new(Value::NIL, Value::NIL, Value::NIL).value(),
        "clojure.lang.Atom" => coll::Atom::new(Value::NIL).value(),
        "clojure.lang.Fn" => crate::space::resolve::core("inc").ok()?,
        _ => return evaluated_sample(full),
    })
}

/// What makes a value of the other classes.
const SAMPLES: &[(&str, &str)] = &[
    ("clojure.lang.LongRange", "(range 3)"),
    ("clojure.lang.PersistentHashMap", "(hash-map 1 2 3 4)"),
    ("clojure.lang.PersistentTreeMap", "(sorted-map 1 2)"),
    ("clojure.lang.PersistentTreeSet", "(sorted-set 1)"),
    ("clojure.lang.PersistentQueue", "clojure.lang.PersistentQueue/EMPTY"),
    ("clojure.lang.ChunkedCons", "(seq (map inc [1]))"),
    ("clojure.lang.PersistentVector$ChunkedSeq", "(seq [1])"),
    ("clojure.lang.APersistentVector$SubVector", "(subvec [1 2 3] 1 2)"),
    ("clojure.lang.APersistentVector$RSeq", "(rseq [1 2])"),
    ("clojure.lang.PersistentHashMap$NodeSeq", "(seq (hash-map 1 2))"),
    ("clojure.lang.APersistentMap$KeySeq", "(keys {1 2})"),
    ("clojure.lang.APersistentMap$ValSeq", "(vals {1 2})"),
    ("clojure.lang.PersistentTreeMap$Seq", "(seq (sorted-map 1 2))"),
    ("clojure.lang.PersistentQueue$Seq", "(seq (conj clojure.lang.PersistentQueue/EMPTY 1))"),
    ("clojure.lang.Repeat", "(repeat 1)"),
    ("clojure.lang.Cycle", "(cycle [1])"),
    ("clojure.lang.Iterate", "(iterate inc 1)"),
    ("clojure.lang.ArraySeq", "(seq (to-array [1]))"),
    ("clojure.lang.StringSeq", "(seq \"a\")"),
    ("clojure.lang.Var", "(var inc)"),
    ("clojure.lang.Namespace", "*ns*"),
    ("clojure.lang.Ref", "(ref 1)"),
    ("clojure.lang.Agent", "(agent 1)"),
    ("clojure.lang.Volatile", "(volatile! 1)"),
    ("clojure.lang.Delay", "(delay 1)"),
    ("clojure.lang.Promise", "(promise)"),
    ("clojure.lang.Future", "(future 1)"),
    ("clojure.lang.Reduced", "(reduced 1)"),
    ("clojure.lang.MultiFn", "print-method"),
    ("java.util.regex.Pattern", "(re-pattern \"a\")"),
    ("java.util.UUID", "(parse-uuid \"00000000-0000-0000-0000-000000000000\")"),
    ("java.util.Date", "#inst \"2000-01-01\""),
    ("clojure.lang.PersistentVector$TransientVector", "(transient [])"),
    ("clojure.lang.PersistentHashMap$TransientHashMap", "(transient {})"),
    ("clojure.lang.PersistentHashSet$TransientHashSet", "(transient #{})"),
];

fn evaluated_sample(full: &str) -> Option<Value> {
    static MADE: OnceLock<DashMap<&'static str, Root>> = OnceLock::new();
    let (name, text) = SAMPLES.iter().find(|s| s.0 == full)?;
    let made = MADE.get_or_init(DashMap::default);
    if let Some(v) = made.get(name) {
        return Some(v.get());
    }
    let core = crate::space::find_or_create("clojure.core").object();
    crate::space::binding::push(&[crate::space::ns_var().value(), core]).ok()?;
    let v = crate::space::load::eval_text(text, "clojure/core.clj", 1);
    crate::space::binding::pop();
    let v = v.ok()?;
    made.insert(name, Root::new(v));
    Some(v)
}

/// The class's own superclass, as far as that means something here.
fn bases(c: Value) -> Res {
    let name = class_object(c)?.name_text();
    Ok(match Class::named(&name) {
        Some(Class::Throwable) => coll::list(&[named("java.lang.Object")]),
        Some(class) => coll::list(&[named(class.parent().name())]),
        None if name == "java.lang.Object" => Value::NIL,
        None => supers(c).and_then(|all| coll::items(all).map(|v| coll::list(&v)))?,
    })
}
fn supers(c: Value) -> Res {
    let name = class_object(c)?.name_text();
    if name == "java.lang.Object" {
        return Ok(Value::NIL);
    }
    let mut all = crate::heap::GcVec::new();
    if let Some(ty) = types::of_class(c) {
        for i in ty.interfaces().iter().filter(|i| !i.contains('/')) {
            all.push(named(i));
        }
        if ty.is_record() {
            for i in RECORD {
                all.push(named(i));
            }
        }
        if ty.shape == types::Shape::Type {
            all.push(named("clojure.lang.IType"));
        }
    }
    let mut class = Class::named(&name);
    while let Some(c) = class.filter(|c| *c != Class::Throwable) {
        all.push(named(c.parent().name()));
        class = Some(c.parent());
    }
    if let Some(v) = sample(&name) {
        for (full, _) in CLASSES.iter().filter(|(full, test)| *full != name && test(v)) {
            all.push(named(full));
        }
    }
    if !all.iter().any(|&c| c == named("java.lang.Object")) {
        all.push(named("java.lang.Object"));
    }
    coll::set(&all)
}
