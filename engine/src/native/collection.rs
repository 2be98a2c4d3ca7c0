//! clojure.core on vectors, maps, sets, transients, arrays: making, looking up, changing; metadata, equality and hashes.

use super::seq::{index, no_value};
use crate::coll::{
    self, ArrayMap, HashMap, HashSet, Subvec, Tree, TreeMap, TreeSet, Vector, arrays, kind, murmur, transient,
};
use crate::fault::{self, Class, Res};
use crate::heap::GcVec;
use crate::invoke::{apply, invoke};
use crate::number;
use crate::value::Value;

natives! { pub COLLECTION "clojure.core";
    "conj" "[] [coll] [coll x] [coll x & xs]"
        [(0) || Ok(coll::vector(&[])), (1) Ok, (2) coll::conj, (rest 3) |a: &[Value]| fold(a, coll::conj), (tail) conj_tail]
    "vector" "[& args]" [(rest 0) |items: &[Value]| Ok(coll::vector(items)), (tail) vector_tail]
    "vec" "[coll]" [(1) vec]
    "hash-map" "[& keyvals]" [(rest 0) hash_map]
    "array-map" "[& keyvals]" [(rest 0) |a: &[Value]| coll::array_map(pairs(a)?)]
    "hash-set" "[& keys]" [(rest 0) coll::set]
    "set" "[coll]" [(1) set]
    "sorted-map" "[& keyvals]" [(rest 0) |a: &[Value]| sorted_map(Value::NIL, a)]
    "sorted-map-by" "[comparator & keyvals]" [(rest 1) |a: &[Value]| sorted_map(comparator(a[0])?, &a[1..])]
    "sorted-set" "[& keys]" [(rest 0) |a: &[Value]| sorted_set(Value::NIL, a)]
    "sorted-set-by" "[comparator & keys]" [(rest 1) |a: &[Value]| sorted_set(comparator(a[0])?, &a[1..])]
    "get" "[map key] [map key not-found]" [(2) |m, k| coll::get(m, k, Value::NIL), (3) coll::get]
    "assoc" "[map key val] [map key val & kvs]" [(3) coll::assoc, (rest 4) assoc_all]
    "dissoc" "[map] [map key] [map key & ks]" [(1) Ok, (2) coll::dissoc, (rest 3) |a: &[Value]| fold(a, coll::dissoc)]
    "disj" "[set] [set key] [set key & ks]" [(1) Ok, (2) coll::disj, (rest 3) |a: &[Value]| fold(a, coll::disj)]
    "contains?" "[coll key]" [(2) |m, k| coll::contains(m, k).map(Value::bool)]
    "find" "[map key]" [(2) coll::find]
    "keys" "[map]" [(1) |m| Ok(coll::KeySeq::new(coll::seq(m)?, Value::NIL))]
    "vals" "[map]" [(1) |m| Ok(coll::ValSeq::new(coll::seq(m)?, Value::NIL))]
    "key" "[e]" [(1) |e| coll::as_entry(e).map(|e| e.0)]
    "val" "[e]" [(1) |e| coll::as_entry(e).map(|e| e.1)]
    "empty" "[coll]" [(1) coll::empty]
    "peek" "[coll]" [(1) coll::peek]
    "pop" "[coll]" [(1) coll::pop]
    "subvec" "[v start] [v start end]"
        [(2) |v, s| coll::count(v).and_then(|n| coll::subvec(v, index(s)?, n as i64)), (3) |v, s, e| coll::subvec(v, index(s)?, index(e)?)]
    "rseq" "[rev]" [(1) coll::rseq]

    "transient" "[coll]" [(1) transient::transient]
    "persistent!" "[coll]" [(1) transient::persistent]
    "conj!" "[] [coll] [coll x]" [(0) || transient::transient(coll::vector(&[])), (1) Ok, (2) transient::conj]
    "assoc!" "[coll key val] [coll key val & kvs]" [(3) transient::assoc, (rest 4) assoc_mut_all]
    "dissoc!" "[map key] [map key & ks]" [(2) transient::dissoc, (rest 3) |a: &[Value]| fold(a, transient::dissoc)]
    "disj!" "[set] [set key] [set key & ks]" [(1) Ok, (2) transient::disj, (rest 3) |a: &[Value]| fold(a, transient::disj)]
    "pop!" "[coll]" [(1) transient::pop]

    "meta" "[obj]" [(1) |v| Ok(coll::meta(v))]
    "with-meta" "[obj m]" [(2) coll::with_meta]
    "vary-meta" "[obj f & args]" [(rest 2) |a: &[Value]| coll::with_meta(a[0], apply_to(a[1], coll::meta(a[0]), &a[2..])?)]
    "=" "[x] [x y] [x y & more]" [(1) |_| Ok(Value::TRUE), (2) |a, b| coll::equal(a, b).map(Value::bool), (rest 3) |a: &[Value]| all_equal(a).map(Value::bool)]
    "not=" "[x] [x y] [x y & more]" [(1) |_| Ok(Value::FALSE), (2) |a, b| coll::equal(a, b).map(|e| Value::bool(!e)), (rest 3) |a: &[Value]| all_equal(a).map(|e| Value::bool(!e))]
    "identical?" "[x y]" [(2) |a, b| Ok(Value::bool(a == b))]
    "compare" "[x y]" [(2) |a, b| coll::compare_long(a, b).map(Value::long)]
    "hash" "[x]" [(1) |v| coll::hash(v).map(hash_value)]
    "hash-ordered-coll" "[coll]" [(1) |v| coll::hash_ordered(iterable(v)?).map(hash_value)]
    "hash-unordered-coll" "[coll]" [(1) |v| coll::hash_unordered(iterable(v)?).map(hash_value)]
    "mix-collection-hash" "[hash-basis count]" [(2) |h, n| Ok(hash_value(murmur::collection(bits(h)?, bits(n)? as usize)))]
    "hash-combine" "[x y]" [(2) |a, b| Ok(hash_value(murmur::combine(bits(a)?, coll::java_hash(b)?)))]

    "object-array" "[size-or-seq]" [(1) object_array]
    "to-array" "[coll]" [(1) to_array]
    "into-array" "[aseq] [type aseq]" [(1) items_array, (2) |_, c| items_array(c)]
    "alength" "[array]" [(1) |a| arrays::len(a).map(|n| Value::long(n as i64))]
    "aclone" "[array]" [(1) arrays::clone]
    "aget" "[array idx] [array idx & idxs]" [(2) |a, i| arrays::get_checked(a, index(i)?), (rest 3) |a: &[Value]| fold(a, |x, i| arrays::get_checked(x, index(i)?))]
    "aset" "[array idx val] [array idx idx2 & idxv]" [(3) |a, i, x| arrays::set(a, index(i)?, x), (rest 4) aset_deep]
}

natives! { pub PREDICATE "clojure.core";
    "nil?" "[x]" [(1) |v: Value| Ok(Value::bool(v.is_nil()))]
    "some?" "[x]" [(1) |v: Value| Ok(Value::bool(!v.is_nil()))]
    "true?" "[x]" [(1) |v| Ok(Value::bool(v == Value::TRUE))]
    "false?" "[x]" [(1) |v| Ok(Value::bool(v == Value::FALSE))]
    "not" "[x]" [(1) |v: Value| Ok(Value::bool(!v.truthy()))]
    "boolean?" "[x]" [(1) |v: Value| Ok(Value::bool(v.as_bool().is_some()))]
    "seq?" "[x]" [(1) |v| Ok(Value::bool(kind::is_seq(v)))]
    "list?" "[x]" [(1) |v| Ok(Value::bool(kind::is_list(v)))]
    "vector?" "[x]" [(1) |v| Ok(Value::bool(kind::is_vector(v)))]
    "map?" "[x]" [(1) |v| Ok(Value::bool(kind::is_map(v)))]
    "set?" "[x]" [(1) |v| Ok(Value::bool(kind::is_set(v)))]
    "coll?" "[x]" [(1) |v| Ok(Value::bool(kind::is_coll(v)))]
    "sequential?" "[coll]" [(1) |v| Ok(Value::bool(kind::is_sequential(v)))]
    "associative?" "[coll]" [(1) |v| Ok(Value::bool(kind::is_associative(v)))]
    "counted?" "[coll]" [(1) |v| Ok(Value::bool(kind::is_counted(v)))]
    "indexed?" "[coll]" [(1) |v| Ok(Value::bool(kind::is_indexed(v)))]
    "sorted?" "[coll]" [(1) |v| Ok(Value::bool(kind::is_sorted(v)))]
    "reversible?" "[coll]" [(1) |v| Ok(Value::bool(kind::is_reversible(v)))]
    "seqable?" "[x]" [(1) |v| Ok(Value::bool(kind::is_seqable(v)))]
    "map-entry?" "[x]" [(1) |v| Ok(Value::bool(kind::is_map_entry(v)))]
    "fn?" "[x]" [(1) |v| Ok(Value::bool(kind::is_fn(v)))]
    "ifn?" "[x]" [(1) |v| Ok(Value::bool(kind::is_ifn(v)))]
    "array?" "[x]" [(1) |v| Ok(Value::bool(kind::is_array(v)))]
}

natives! { pub HOST "rung.host";
    "map-entry" "[k v]" [(2) |k, v| Ok(coll::entry(k, v))]
    "subseq" "[sorted start-test start-key end-test end-key ascending]" [(6) |s, a, b, c, d, up| subseq([s, a, b, c, d, up])]
    "keyword-arguments" "[s]" [(1) keyword_arguments]
    "eduction" "[xform coll]" [(2) |xform, c| Ok(coll::Eduction::new(xform, c).value())]
    "persistent-queue" "[]" [(0) || Ok(coll::Queue::empty(Value::NIL))]
}

/// `(subseq sc start-test start-key)`, with an end test, and the same downwards: `rsubseq`, where a single test bounds the
/// seq from the other side.
fn subseq(args: [Value; 6]) -> Res {
    let [sorted, start_test, start_key, end_test, end_key, ascending] = args;
    let (t, down) = (tree(sorted)?, !ascending.truthy());
    let keys = kind::is_set(sorted);
    let passes = |test: Value, key: Value, bound: Value| -> Res<bool> {
        let o = coll::order(t.comparator, key, bound)?;
        Ok(invoke(test, &[Value::int(o as i32), Value::int(0)])?.truthy())
    };
    // Which way a test looks is seen by what it says of 1 and 0: `>` and `>=` hold.
    let upward = |test: Value| -> Res<bool> { Ok(invoke(test, &[Value::int(1), Value::int(0)])?.truthy()) };
    let (from, until) = if end_test.is_nil() {
        if upward(start_test)? != down {
            (Some((start_test, start_key)), None)
        } else {
            (None, Some((start_test, start_key)))
        }
    } else if down {
        (Some((end_test, end_key)), Some((start_test, start_key)))
    } else {
        (Some((start_test, start_key)), Some((end_test, end_key)))
    };
    let mut s = t.seq(down);
    if let Some((test, key)) = from {
        s = t.seq_from(key, down)?;
        if s.is_nil() {
            return Ok(s);
        }
        if !passes(test, coll::first_entry(s)?.0, key)? {
            s = coll::next(s)?;
        }
    }
    let s = if keys { coll::KeySeq::new(s, Value::NIL) } else { s };
    let Some((test, bound)) = until else { return Ok(s) };
    let within = crate::closure!([t.comparator, test, bound, Value::bool(keys)] "clojure.core/subseq", (1) |c: super::Captures, x| {
        let key = if c.get(3).truthy() { x } else { coll::as_entry(x)?.0 };
        let o = coll::order(c.get(0), key, c.get(2))?;
        invoke(c.get(1), &[Value::int(o as i32), Value::int(0)])
    });
    Ok(super::lazy::take_while(within, s))
}

/// Keyword arguments (`k v k v`, perhaps a map at the end) as a map.
fn keyword_arguments(s: Value) -> Res {
    let all = coll::items(s)?;
    if all.len() % 2 == 0 {
        return coll::map(&all);
    }
    let Some((&last, pairs)) = all.split_last() else { return coll::map(&[]) };
    if !kind::is_map(last) {
        return Err(no_value(last));
    }
    coll::conj(coll::map(pairs)?, last)
}

/// What `hash-ordered-coll` and its like walk; a string is none.
fn iterable(v: Value) -> Res {
    if v.is_nil() || coll::kind::is_coll(v) || super::class::instance_of("java.lang.Iterable", v) {
        return Ok(v);
    }
    Err(fault::class_cast(v, "java.lang.Iterable"))
}
fn hash_value(h: u32) -> Value {
    Value::int(h as i32)
}
fn bits(v: Value) -> Res<u32> {
    number::wrap_long(v).map(|n| n as u32)
}

/// `f` over the first argument and each of the others.
fn fold(args: &[Value], f: impl Fn(Value, Value) -> Res) -> Res {
    let mut acc = args[0];
    for &x in &args[1..] {
        acc = f(acc, x)?;
    }
    Ok(acc)
}
fn conj_tail(lead: &[Value], rest: Value) -> Res {
    let all = coll::spread(lead, rest)?;
    if all.is_empty() { Ok(coll::vector(&[])) } else { fold(&all, coll::conj) }
}
fn vector_tail(lead: &[Value], rest: Value) -> Res {
    if lead.is_empty() { vec(rest) } else { Ok(coll::vector(&coll::spread(lead, rest)?)) }
}
fn apply_to(f: Value, first: Value, more: &[Value]) -> Res {
    match *more {
        [] => invoke(f, &[first]),
        [x] => invoke(f, &[first, x]),
        _ => {
            let mut args: GcVec = GcVec::with_capacity(more.len() + 1);
            args.push(first);
            args.extend_from_slice(more);
            apply(f, &args, Value::NIL)
        }
    }
}

fn vec(coll: Value) -> Res {
    if coll.is::<Vector>() || coll.is::<Subvec>() {
        return if coll::meta(coll).is_nil() { Ok(coll) } else { coll::with_meta(coll, Value::NIL) };
    }
    if !kind::is_seqable(coll) {
        return Err(cannot_convert(coll));
    }
    Ok(coll::vector_of(coll)?.value())
}
#[cold]
fn cannot_convert(v: Value) -> fault::Thrown {
    fault::raise(Class::RuntimeException, format!("Unable to convert: class {} to Object[]", crate::class_name(v)))
}

fn set(coll: Value) -> Res {
    if kind::is_set(coll) {
        return if coll::meta(coll).is_nil() { Ok(coll) } else { coll::with_meta(coll, Value::NIL) };
    }
    let t = transient::transient(HashSet::empty())?;
    let mut items = coll::Cursor::new(coll)?;
    while let Some(x) = items.next()? {
        transient::conj(t, x)?;
    }
    transient::persistent(t)
}

/// Keys and values; an odd one is an error.
fn pairs(args: &[Value]) -> Res<&[Value]> {
    match args.last() {
        Some(&k) if args.len() % 2 == 1 => Err(no_value(k)),
        _ => Ok(args),
    }
}
fn hash_map(args: &[Value]) -> Res {
    if args.is_empty() {
        return Ok(ArrayMap::empty());
    }
    Ok(HashMap::new(coll::table_of(pairs(args)?)?, Value::NIL).value())
}
/// # Errors
/// ClassCastException: functions compare, and objects that implement Comparator.
fn comparator(v: Value) -> Res {
    let takes = v.is_nil() || v.is::<crate::code::Function>() || v.type_id() >= crate::heap::TypeId::FIRST_USER;
    if takes { Ok(v) } else { Err(fault::class_cast(v, "java.util.Comparator")) }
}
fn sorted_map(comparator: Value, args: &[Value]) -> Res {
    let mut t = Tree::new(comparator);
    for p in args.chunks_exact(2) {
        t = t.assoc(p[0], p[1])?;
    }
    // As in Clojure a key without a value is noticed when its turn comes.
    pairs(args)?;
    Ok(TreeMap::new(t, Value::NIL).value())
}
fn sorted_set(comparator: Value, args: &[Value]) -> Res {
    let mut t = Tree::new(comparator);
    for &x in args {
        if t.find(x)?.is_none() {
            t = t.assoc(x, x)?;
        }
    }
    Ok(TreeSet::new(t, Value::NIL).value())
}
fn tree(v: Value) -> Res<Tree> {
    coll::tree_of(v).ok_or_else(|| fault::class_cast(v, "clojure.lang.Sorted"))
}

fn assoc_all(args: &[Value]) -> Res {
    if args.len().is_multiple_of(2) {
        return Err(fault::illegal_argument(
            "assoc expects even number of arguments after map/vector, found odd number",
        ));
    }
    let mut m = args[0];
    for p in args[1..].chunks_exact(2) {
        m = coll::assoc(m, p[0], p[1])?;
    }
    Ok(m)
}
fn assoc_mut_all(args: &[Value]) -> Res {
    let mut t = args[0];
    for p in pairs(&args[1..])?.chunks(2) {
        t = transient::assoc(t, p[0], p[1])?;
    }
    Ok(t)
}

fn all_equal(args: &[Value]) -> Res<bool> {
    for p in args.windows(2) {
        if !coll::equal(p[0], p[1])? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn object_array(v: Value) -> Res {
    if !number::is_number(v) {
        return items_array(v);
    }
    let n = index(v)?;
    if n < 0 {
        return Err(fault::raise(Class::NegativeArraySize, n.to_string()));
    }
    Ok((0..n).map(|_| Value::NIL).collect::<GcVec>().into_array().value())
}
fn items_array(coll: Value) -> Res {
    Ok(coll::items(coll)?.into_array().value())
}
fn to_array(coll: Value) -> Res {
    if kind::is_array(coll) {
        return Ok(coll);
    }
    if kind::is_seqable(coll) { items_array(coll) } else { Err(cannot_convert(coll)) }
}
/// `(aset array i j … value)`
fn aset_deep(args: &[Value]) -> Res {
    let n = args.len();
    let inner = fold(&args[..n - 2], |a, i| arrays::get_checked(a, index(i)?))?;
    arrays::set(inner, index(args[n - 2])?, args[n - 1])
}
