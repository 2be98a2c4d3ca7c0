//! What the parts of the language cost, each alone: words, collections, reader, analyzer, tier 0, a call into C++.
//! `make bench` runs it behind the latency tables; `cargo bench --bench engine -- reader` runs a part.

use criterion::{Criterion, Throughput};
use engine::heap::Root;
use engine::reader::Reader;
use engine::space::load;
use engine::text::Keyword;
use engine::value::Value;
use engine::{coll, number};
use rung::{Engine, Session, Settings};
use std::hint::black_box;
use std::time::Duration;

const CORE: &str = include_str!("../engine/clj/clojure/core/sequence.clj");

fn main() {
    let settings = Settings { strategy: "interpret".to_owned(), ..Settings::default() };
    let engine = Engine::start(settings).expect("the engine starts");
    engine.run(|session| {
        // Its arguments are the command line's.
        let mut c = Criterion::default()
            .sample_size(30)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1))
            .configure_from_args();
        words(&mut c);
        collections(&mut c);
        texts(&mut c);
        programs(&mut c, session);
        c.final_summary();
    });
}

fn words(c: &mut Criterion) {
    let mut g = c.benchmark_group("words");
    let (a, b) = (Value::long(20), Value::long(22));
    g.bench_function("add longs", |t| t.iter(|| number::add(black_box(a), black_box(b)).is_ok()));
    let (x, y) = (Value::double(1.5), Value::double(2.25));
    g.bench_function("multiply doubles", |t| t.iter(|| number::mul(black_box(x), black_box(y)).is_ok()));
    g.bench_function("compare a long with a double", |t| t.iter(|| number::lt(black_box(a), black_box(y)).is_ok()));
    g.finish();
}

fn collections(c: &mut Criterion) {
    const N: i64 = 1000;
    let mut g = c.benchmark_group("collections");
    let vector = || (0..N).try_fold(coll::vector(&[]), |v, i| coll::conj(v, Value::long(i)));
    g.throughput(Throughput::Elements(N as u64));
    g.bench_function("conj to a vector", |t| t.iter(|| vector().is_ok()));
    let key = |i: i64| Keyword::intern(None, &format!("k{i}")).value();
    let keys: Vec<Root> = (0..N).map(|i| Root::new(key(i))).collect();
    let map = || keys.iter().try_fold(coll::map(&[])?, |m, k| coll::assoc(m, k.get(), Value::TRUE));
    g.bench_function("assoc to a hash map", |t| t.iter(|| map().is_ok()));
    let v = vector().expect("a vector");
    let m = map().expect("a map");
    g.bench_function("nth of a vector", |t| t.iter(|| (0..N).all(|i| coll::nth(v, i, None).is_ok())));
    g.bench_function("get from a hash map", |t| {
        t.iter(|| keys.iter().all(|k| coll::get(m, k.get(), Value::NIL).is_ok_and(|v| v == Value::TRUE)));
    });
    g.bench_function("reduce a seq", |t| {
        t.iter(|| {
            let mut sum = 0;
            let walked = coll::each(v, &mut |x| {
                sum += x.as_long().unwrap_or(0);
                Ok(std::ops::ControlFlow::Continue(()))
            });
            walked.is_ok() && sum == N * (N - 1) / 2
        });
    });
    g.finish();
}

fn texts(c: &mut Criterion) {
    let mut g = c.benchmark_group("texts");
    g.throughput(Throughput::Bytes(CORE.len() as u64));
    g.bench_function("reader", |t| {
        t.iter(|| {
            let mut r = Reader::new(CORE, "core.clj", load::options("core.clj"));
            std::iter::from_fn(|| r.next().expect("the library reads")).count()
        });
    });
    g.bench_function("reader, to values", |t| t.iter(|| load::read_all(CORE).is_ok()));
    g.finish();
}

const DEFINITIONS: &str = r#"
(defn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(defn analyzed [] '(fn [xs] (loop [i 0 total 0] (if (< i (count xs)) (let [{:keys [a b]} (nth xs i)]
  (cond (nil? a) (recur (inc i) total) (> a b) (recur (inc i) (+ total a)) :else (recur (inc i) (+ total b)))) total))))
"#;
const CPP: &str = "(cpp/raw \"int bench_twice(int x) { return 2 * x; }\")
(defn call-cpp [n] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s (cpp/bench_twice i))) s)))";

fn programs(c: &mut Criterion, session: &Session) {
    let eval = |text: &str| session.eval_text(text, "bench.clj", 1).unwrap_or_else(|e| panic!("{:?}", e.diagnostic));
    let call = |text: &'static str| {
        let f = Root::new(load::eval_text(text, "bench.clj", 1).unwrap_or_else(|_| panic!("{text}")));
        move || engine::invoke::invoke(f.get(), &[]).is_ok()
    };
    eval(DEFINITIONS);
    let mut g = c.benchmark_group("programs");
    // `eval` of a function form: macros, analysis, and making the function object.
    g.bench_function("analyzer", |t| {
        let run = call("(fn [] (eval (analyzed)))");
        t.iter(|| assert!(run()));
    });
    g.bench_function("fib 15 in tier 0", |t| {
        let run = call("(fn [] (fib 15))");
        t.iter(|| assert!(run()));
    });
    eval(CPP);
    g.bench_function("1000 calls into C++ from tier 0", |t| {
        let run = call("(fn [] (call-cpp 1000))");
        t.iter(|| assert!(run()));
    });
    g.finish();
}
