//! The structures against the standard library's, the hashes and orders against the JVM's.

use super::*;
use crate::closure;
use crate::heap::GcConfig;
use crate::text::{Keyword, Symbol, Text};
use std::collections::{BTreeMap, HashMap as StdMap};
use std::ops::ControlFlow;

fn n(i: i64) -> Value {
    Value::long(i)
}
fn kw(s: &str) -> Value {
    Keyword::parse(s).value()
}
fn str(s: &str) -> Value {
    Text::value(s)
}
fn longs(v: Value) -> Vec<i64> {
    let mut out = vec![];
    each(v, &mut |x| {
        out.push(x.as_long().unwrap());
        Ok(ControlFlow::Continue(()))
    })
    .unwrap();
    out
}
fn by_seq(v: Value) -> Vec<i64> {
    let (mut out, mut s) = (vec![], seq(v).unwrap());
    while !s.is_nil() {
        out.push(first(s).unwrap().as_long().unwrap());
        s = next(s).unwrap();
    }
    out
}
/// A small generator: the tests are the same each time.
struct Random(u64);
impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

#[test]
fn vectors_agree_with_vec() {
    crate::thread::attach();
    let mut r = Random(42);
    let (mut v, mut oracle) = (vector(&[]), Vec::<i64>::new());
    for i in 0..40_000 {
        match r.below(10) {
            0..=6 => {
                v = conj(v, n(i)).unwrap();
                oracle.push(i);
            }
            7 if !oracle.is_empty() => {
                v = pop(v).unwrap();
                oracle.pop();
            }
            _ if !oracle.is_empty() => {
                let at = r.below(oracle.len() as u64) as usize;
                v = assoc(v, n(at as i64), n(-i)).unwrap();
                oracle[at] = -i;
                let at = r.below(oracle.len() as u64) as usize;
                assert_eq!(nth(v, at as i64, None).unwrap().as_long(), Some(oracle[at]));
            }
            _ => {}
        }
    }
    assert_eq!(longs(v), oracle);
    assert_eq!(by_seq(v), oracle);
    let values: GcVec = oracle.iter().map(|&i| n(i)).collect();
    assert!(equal(v, vector(&values)).unwrap() && equal(vector(&values), list(&values)).unwrap());
    while count(v).unwrap() > 0 {
        assert_eq!(peek(v).unwrap().as_long(), oracle.pop());
        v = pop(v).unwrap();
    }
}

#[test]
fn maps_agree_with_a_map() {
    crate::thread::attach();
    for seed in 1..5u64 {
        let mut r = Random(seed * 7919);
        let (mut m, mut oracle) = (map(&[]).unwrap(), StdMap::<i64, i64>::new());
        let keys = [30, 1000, 20_000, 300_000][seed as usize - 1];
        for i in 0..30_000 {
            let k = r.below(keys) as i64 - keys as i64 / 2;
            if r.below(3) == 0 {
                m = dissoc(m, n(k)).unwrap();
                oracle.remove(&k);
            } else {
                m = assoc(m, n(k), n(i)).unwrap();
                oracle.insert(k, i);
            }
            let k = r.below(keys) as i64;
            assert_eq!(get(m, n(k), Value::NIL).unwrap().as_long(), oracle.get(&k).copied());
        }
        assert_eq!(count(m).unwrap(), oracle.len());
        let mut seen = 0;
        each_entry(m, &mut |k, v| {
            assert_eq!(oracle.get(&k.as_long().unwrap()).copied(), v.as_long());
            seen += 1;
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        assert_eq!(seen, oracle.len());
    }
}

#[test]
fn hashes_are_the_jvms() {
    crate::thread::attach();
    let h = |v: Value| hash(v).unwrap() as i32;
    assert_eq!(h(vector(&[n(1), n(2)])), 156247261);
    assert_eq!(h(list(&[n(1), n(2)])), 156247261);
    assert_eq!(h(str("abc")), 74834163_u32 as i32);
    assert_eq!(h(kw("a")), -2123407586);
    assert_eq!(h(Symbol::parse("a/b").value()), -1172211204);
    assert_eq!(h(Value::double(1.5)), 1073217536);
    assert_eq!(h(map(&[kw("a"), n(1)]).unwrap()), 1772842048);
    assert_eq!(h(set(&[n(1), n(2)]).unwrap()), 460223544);
    assert_eq!(h(Value::char(97)), 97);
}

#[test]
fn mixed_equality() {
    crate::thread::attach();
    let v = vector(&[n(1), kw("a"), str("x")]);
    let l = list(&[n(1), kw("a"), str("x")]);
    assert!(equal(v, l).unwrap() && equal(l, v).unwrap() && equal(seq(v).unwrap(), l).unwrap());
    let (m, s) = (map(&[v, n(1)]).unwrap(), set(&[l]).unwrap());
    assert_eq!(get(m, l, Value::NIL).unwrap(), n(1));
    assert!(contains(s, v).unwrap());
    assert!(!equal(n(1), Value::double(1.0)).unwrap());
    assert!(!equal(Value::double(f64::NAN), Value::double(f64::NAN)).unwrap());
    assert!(equal(Value::double(0.0), Value::double(-0.0)).unwrap());
    assert!(!equal(v, m).unwrap() && !equal(Value::NIL, list(&[])).unwrap());
}

#[test]
fn sorted_agrees_with_a_btree() {
    crate::thread::attach();
    let mut r = Random(5);
    let mut t = Tree::new(Value::NIL);
    let mut oracle = BTreeMap::<i64, i64>::new();
    for i in 0..20_000 {
        let k = r.below(3000) as i64;
        if r.below(3) == 0 {
            t = t.dissoc(n(k)).unwrap();
            oracle.remove(&k);
        } else {
            t = t.assoc(n(k), n(i)).unwrap();
            oracle.insert(k, i);
        }
    }
    let m = TreeMap::new(t, Value::NIL).value();
    let keys: Vec<i64> = oracle.keys().copied().collect();
    assert_eq!(by_seq(KeySeq::new(seq(m).unwrap(), Value::NIL)), keys);
    let back: Vec<i64> = keys.iter().rev().copied().collect();
    assert_eq!(by_seq(KeySeq::new(rseq(m).unwrap(), Value::NIL)), back);
    assert_eq!(count(m).unwrap(), keys.len());
    for k in [0, 17, 1500, 2999, 3001] {
        let up: Vec<i64> = oracle.range(k..).map(|e| *e.0).collect();
        assert_eq!(by_seq(KeySeq::new(t.seq_from(n(k), false).unwrap(), Value::NIL)), up);
        let down: Vec<i64> = oracle.range(..=k).rev().map(|e| *e.0).collect();
        assert_eq!(by_seq(KeySeq::new(t.seq_from(n(k), true).unwrap(), Value::NIL)), down);
    }
    assert!(t.depth() <= 2 * (usize::BITS - keys.len().leading_zeros()) as usize);
}

#[test]
fn under_a_collection_at_every_allocation() {
    crate::thread::attach();
    crate::heap::configure(GcConfig { stress: 1, ..GcConfig::default() });
    let mut v = vector(&[]);
    let mut m = map(&[]).unwrap();
    let t = transient::transient(vector(&[])).unwrap();
    for i in 0..70 {
        let text = str(&format!("k{i}"));
        v = conj(v, text).unwrap();
        m = assoc(m, text, v).unwrap();
        transient::conj(t, text).unwrap();
    }
    let p = transient::persistent(t).unwrap();
    assert!(equal(p, v).unwrap());
    for i in 0..70 {
        let found = get(m, str(&format!("k{i}")), Value::NIL).unwrap();
        assert_eq!(count(found).unwrap(), i + 1);
    }
    let (mut s, mut seen) = (seq(m).unwrap(), 0);
    while !s.is_nil() {
        let e = first(s).unwrap();
        assert!(e.is::<MapEntry>());
        seen += 1;
        s = next(s).unwrap();
    }
    assert_eq!(seen, 70);
    crate::heap::configure(GcConfig::default());
}

#[test]
fn transients_agree_with_the_standard_library() {
    crate::thread::attach();
    let mut r = Random(99);
    let (mut v, mut oracle) = (vector(&[]), Vec::<i64>::new());
    let (mut m, mut table) = (map(&[]).unwrap(), StdMap::<i64, i64>::new());
    for round in 0..40 {
        // What was persistent before must not change under the transient.
        let (kept, before) = (v, oracle.clone());
        let (kept_map, before_map) = (m, table.clone());
        let (tv, tm) = (transient::transient(v).unwrap(), transient::transient(m).unwrap());
        for i in 0..r.below(1500) as i64 {
            let k = r.below(700) as i64;
            match r.below(8) {
                0 if !oracle.is_empty() => {
                    transient::pop(tv).unwrap();
                    oracle.pop();
                    transient::dissoc(tm, n(k)).unwrap();
                    table.remove(&k);
                }
                1 | 2 if !oracle.is_empty() => {
                    let at = r.below(oracle.len() as u64) as usize;
                    transient::assoc(tv, n(at as i64), n(i)).unwrap();
                    oracle[at] = i;
                }
                _ => {
                    transient::conj(tv, n(i)).unwrap();
                    oracle.push(i);
                    transient::assoc(tm, n(k), n(i)).unwrap();
                    table.insert(k, i);
                }
            }
        }
        v = transient::persistent(tv).unwrap();
        m = transient::persistent(tm).unwrap();
        assert_eq!(longs(v), oracle, "round {round}");
        assert_eq!(longs(kept), before);
        for (map, expected) in [(m, &table), (kept_map, &before_map)] {
            assert_eq!(count(map).unwrap(), expected.len());
            for (k, x) in expected {
                assert_eq!(get(map, n(*k), Value::NIL).unwrap().as_long(), Some(*x));
            }
        }
        assert!(transient::conj(tv, n(1)).is_err());
        crate::thread::Thread::current().take_pending();
        if r.below(4) == 0 {
            v = vector(&[]);
            oracle.clear();
            m = map(&[]).unwrap();
            table.clear();
        }
    }
}

#[test]
fn seqs_walk_maps_in_the_order_of_the_table() {
    crate::thread::attach();
    let mut r = Random(3);
    for size in [0, 1, 9, 40, 1000, 30_000] {
        let mut m = HashMap::new(hamt::Table::EMPTY, Value::NIL).value();
        for _ in 0..size {
            m = assoc(m, n(r.below(1 << 40) as i64), n(1)).unwrap();
        }
        // Texts of the same hash, and nil.
        for k in ["AaAa", "BBBB", "AaBB", "BBAa"] {
            m = assoc(m, str(k), n(2)).unwrap();
        }
        m = assoc(m, Value::NIL, n(0)).unwrap();
        let mut expected = GcVec::new();
        each_entry(m, &mut |k, _| {
            expected.push(k);
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        assert_eq!(expected.len(), count(m).unwrap());
        let (mut s, mut i) = (KeySeq::new(seq(m).unwrap(), Value::NIL), 0);
        while !s.is_nil() {
            assert_eq!(first(s).unwrap(), expected[i]);
            s = next(s).unwrap();
            i += 1;
        }
        assert_eq!(i, expected.len());
        assert_eq!(expected[0], Value::NIL);
    }
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    crate::thread::attach();
    let deep = |x: i64| (0..300_000).fold(n(x), |v, _| vector(&[v]));
    let (a, b) = (deep(1), deep(1));
    for go in [|a, b| equal(a, b).is_err(), |a, _| hash(a).is_err()] {
        assert!(go(a, b));
        let e = crate::thread::Thread::current().take_pending();
        let class = e.cast::<crate::fault::Throwable>().unwrap().class();
        assert_eq!(class, crate::fault::Class::StackOverflow);
    }
    // Lazy seqs in lazy seqs take no stack.
    let mut s = list(&[n(7)]);
    for _ in 0..300_000 {
        s = LazySeq::new(closure!([s] "wrap", (0) |c: crate::native::Captures| Ok(c.get(0)))).value();
    }
    assert_eq!(longs(s), [7]);
}

#[test]
fn a_lazy_seq_is_realised_once_by_many_threads() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    crate::thread::attach();
    let thunk = closure!([] "slow", (0) |_| {
        CALLS.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(30));
        Ok(list(&[n(5)]))
    });
    let root = crate::heap::Root::new(LazySeq::new(thunk).value());
    let delay = crate::heap::Root::new(Delay::new(thunk).value());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                crate::thread::attach();
                assert_eq!(longs(root.get()), [5]);
                assert_eq!(longs(deref(delay.get()).unwrap()), [5]);
            });
        }
    });
    assert_eq!(CALLS.load(Ordering::SeqCst), 2);
}

fn counted_off(limit: i64) -> Res<Value> {
    let core = |name: &str| crate::native::find("clojure.core", name).unwrap().materialise("clojure.core").value();
    let numbers = crate::invoke::invoke(core("iterate"), &[core("inc"), n(0)])?;
    let mapped = crate::invoke::invoke(core("map"), &[core("inc"), numbers])?;
    crate::invoke::invoke(core("take"), &[n(limit), mapped])
}

#[test]
fn walking_holds_on_to_nothing() {
    crate::thread::attach();
    let before = crate::heap::heap_bytes();
    let last = closure!([] "last", (2) |_, _, x| Ok(x));
    // Made by another thread, so that nothing of it is left over on this stack.
    let make = || crate::heap::Root::new(counted_off(2_000_000).unwrap());
    let root = std::thread::spawn(make).join().unwrap();
    let taken_out = |root: crate::heap::Root| root.get();
    let found = reduce(last, n(0), taken_out(root)).unwrap();
    assert_eq!(found.as_long(), Some(2_000_000));
    let grown = crate::heap::heap_bytes().saturating_sub(before);
    // Held on to, two million items of three seqs would be over 500 MB.
    assert!(grown < 250 << 20, "the heap grew by {} MB", grown >> 20);
}
