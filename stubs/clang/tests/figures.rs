//! Prints what things cost (`cargo test --test figures -- --nocapture`); asserts only orders of magnitude.

mod support;
use questions::*;
use std::time::Instant;
use support::*;

/// Thread CPU of the Clang thread would be finer; wall time of a blocking request is what a caller sees.
fn timed<T>(f: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let value = f();
    (value, start.elapsed().as_secs_f64() * 1e6)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn figures() {
    let opens = (0..5).map(|_| timed(Session::open).1).collect();
    let s = Session::open();
    let mut text = String::new();
    for i in 0..50 {
        text += &format!("int fn{i}(int a, double b) {{ return a + static_cast<int>(b) + {i}; }}\n");
    }
    s.good(&text);
    let site =
        |i: usize| Site { callee: named(&format!("fn{i}")), args: vec![prvalue("int"), prvalue("double")], version: 0 };
    s.trampolines(vec![site(0)]);
    let mut batches = Vec::new();
    for batch in 0..5 {
        let sites: Vec<Site> = (0..10).map(|i| site(batch * 10 + i)).collect();
        let (made, us) = timed(|| s.trampolines(sites));
        assert!(made.iter().all(Result::is_ok));
        batches.push(us / 10.0);
    }
    let asks = (0..50)
        .map(|i| timed(|| s.call(named(&format!("fn{i}")), vec![prvalue("int"), prvalue("double")]).unwrap()).1)
        .collect();
    let mut compiles = Vec::new();
    let mut phases = Vec::new();
    for i in 0..10 {
        let text = format!("extern \"C\" int tiny{i}(int x) {{ return fn{i}(x, 1.5) * 3; }}");
        let (reply, us) = timed(|| {
            s.ask_raw(&Request::Compile { name: format!("tiny{i}"), text, exports: vec![format!("tiny{i}")] })
        });
        let Response::Compiled(compiled) = reply else { panic!("{reply:?}") };
        phases = compiled.phases_us;
        if i > 0 {
            compiles.push(us);
        }
    }
    let raws = (0..20).map(|i| timed(|| s.good(&format!("int raw{i}(int x) {{ return x + {i}; }}"))).1).collect();
    let shapes = |n: usize| {
        // `n` loads that differ, then the end.
        let shape = |k: usize| recipe::Shape {
            code: (0..n + k).flat_map(|i| [(i as i64) << 32, 1 | 7 << 8, 16]).chain([21]).collect(),
            scratch: 0,
            symbols: 0,
        };
        timed(|| s.ask_raw(&Request::Shapes { shapes: (0..10).map(shape).collect(), objects: Vec::new() })).1 / 10.0
    };
    shapes(1);
    println!("session open                 {:9.0} us", median(opens));
    println!("stub, in batches of 10       {:9.0} us", median(batches.clone()));
    println!("shape stub, batches of 10    {:9.0} us; again {:.1} us", shapes(2), shapes(2));
    println!("ask about a call             {:9.0} us", median(asks));
    println!("raw, a tiny function         {:9.0} us", median(raws));
    println!("tiny function -O2            {:9.0} us {phases:?}", median(compiles));
    assert!(median(batches) < 100_000.0);
}
