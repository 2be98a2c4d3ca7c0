//! Hand-made trees, compiled and run.

use super::*;
use crate::install;
use crate::testing::{self, Hand};
use engine::analyze::*;
use engine::code::{self, Body, Code, Function as Closure};
use engine::fault::{Class, Throwable};
use engine::heap::Gc;
use engine::thread::Thread;
use engine::value::Value;
use std::sync::{Arc, OnceLock};

fn baseline() -> &'static Baseline {
    static B: OnceLock<Baseline> = OnceLock::new();
    B.get_or_init(Baseline::default)
}

/// The compiled function of a tree, and what it was compiled from.
fn compile_seen(tree: Tree, seen: u64) -> Gc<Closure> {
    engine::thread::attach();
    let mut record = Code::blank(tree.fns[0].name.to_string());
    let cells: Vec<code::Feedback> = (0..tree.fns[0].feedback).map(|_| Default::default()).collect();
    cells.iter().for_each(|c| c.seen.store(seen, std::sync::atomic::Ordering::Relaxed));
    record.feedback = Box::leak(cells.into_boxed_slice()).as_ptr();
    let feedback_len = tree.fns[0].feedback as usize;
    let unit = Arc::new(UnitData { sites: Box::new([]), codes: OnceLock::new(), inits: Default::default() });
    record.body = Some(Body { tree: Arc::new(tree), function: FnId(0), consts_len: 0, feedback_len, unit });
    let code = record.register();
    let job = Job::new(code, Want::Function, "test", 0).unwrap();
    let compiled = baseline().compile(&job).unwrap();
    install::install(code, 1, &compiled);
    Closure::new(code, &[])
}
fn compile(tree: Tree) -> Gc<Closure> {
    compile_seen(tree, 0)
}
fn run(f: Gc<Closure>, args: &[Value]) -> Result<Value, String> {
    let t = Thread::current();
    code::result(t, code::call(t, f, args))
        .map_err(|_| t.take_pending().cast::<Throwable>().map(|e| e.message_text()).unwrap_or_default())
}
fn long(n: i64) -> Value {
    Value::long(n)
}

#[test]
fn fib() {
    let f = compile(testing::fib());
    assert_eq!(run(f, &[long(25)]), Ok(long(75025)));
    // The generic body takes what the special one does not.
    assert_eq!(run(f, &[Value::double(10.0)]).unwrap().as_double(), Some(55.0));
    assert_eq!(run(f, &[Value::NIL]), Err("a number was wanted where nil was given".into()));
    assert_eq!(run(f, &[]), Err("Wrong number of args (0) passed to: user/fib".into()));
    let start = std::time::Instant::now();
    assert_eq!(run(f, &[long(30)]), Ok(long(832040)));
    eprintln!("fib 30: {:?}, {:.2} ns a call", start.elapsed(), start.elapsed().as_nanos() as f64 / 1_346_269.0 / 2.0);
}

#[test]
fn sum() {
    let f = compile(testing::sum());
    assert_eq!(run(f, &[long(10)]), Ok(long(45)));
    assert_eq!(run(f, &[Value::double(10.5)]), Ok(long(55)));
    let start = std::time::Instant::now();
    assert_eq!(run(f, &[long(10_000_000)]), Ok(long(49_999_995_000_000)));
    eprintln!("sum: {:.2} ns an iteration", start.elapsed().as_nanos() as f64 / 1e7);
}

/// Every binary operation, on longs, doubles, mixed, and what is neither, as the runtime has it.
#[test]
fn operations_are_the_runtime_s() {
    engine::thread::attach();
    let big = [i64::MAX, i64::MIN, engine::value::FIXNUM_MAX, engine::value::FIXNUM_MIN].map(Value::long);
    let numbers: Vec<Value> = [0, 1, -1, 2, 7, -13, 1000]
        .map(Value::long)
        .into_iter()
        .chain(big)
        .chain([0.0, -0.0, 1.5, -2.25, 1e300, f64::NAN, f64::INFINITY].map(Value::double))
        .chain([Value::NIL, Value::TRUE, Value::char(65)])
        .collect();
    let pairs: Vec<(Value, Value)> = numbers.iter().flat_map(|a| numbers.iter().map(|b| (*a, *b))).collect();
    use Op::*;
    let two = [
        Add,
        Sub,
        Mul,
        Div,
        Quot,
        Rem,
        Mod,
        Lt,
        Le,
        Gt,
        Ge,
        NumEq,
        Equal,
        Identical,
        BitAnd,
        BitOr,
        BitXor,
        Shl,
        Shr,
        UShr,
        UncheckedAdd,
        UncheckedSub,
        UncheckedMul,
    ];
    let one = [
        Inc,
        Dec,
        Neg,
        IsZero,
        IsPos,
        IsNeg,
        Not,
        IsNil,
        IsSome,
        UncheckedInc,
        UncheckedDec,
        HintLong,
        HintDouble,
        HintWrap,
    ];
    let show = |r: Result<Value, String>| match r {
        Ok(v) => engine::number::text(v).unwrap_or_else(|| format!("{v:?}")),
        Err(e) => format!("error {e}"),
    };
    let direct = |op, args: &[Value]| {
        let f = crate::runtime::Rt::of(op).address();
        // SAFETY: operations take one or two words.
        let v = unsafe {
            match *args {
                [a] => std::mem::transmute::<usize, extern "C" fn(Value) -> Value>(f)(a),
                [a, b] => std::mem::transmute::<usize, extern "C" fn(Value, Value) -> Value>(f)(a, b),
                _ => unreachable!(),
            }
        };
        let t = Thread::current();
        show(code::result(t, v).map_err(|_| t.take_pending().cast::<Throwable>().unwrap().message_text()))
    };
    for seen in [0, 2, 7] {
        for op in two {
            let mut h = Hand::new();
            let (a, b) = (h.local(1), h.local(2));
            let body = h.op(op, &[a, b]);
            let f = compile_seen(h.function("user/op", 2, 4, body), seen);
            for (a, b) in &pairs {
                assert_eq!(show(run(f, &[*a, *b])), direct(op, &[*a, *b]), "{op:?} {a:?} {b:?} seen {seen}");
            }
        }
        for op in one {
            let mut h = Hand::new();
            let a = h.local(1);
            let body = h.op(op, &[a]);
            let f = compile_seen(h.function("user/op", 1, 2, body), seen);
            for a in &numbers {
                assert_eq!(show(run(f, &[*a])), direct(op, &[*a]), "{op:?} {a:?} seen {seen}");
            }
        }
    }
    // One operand unboxed: a constant.
    for op in two {
        for (i, c) in [2, -1, 0, i64::MAX].into_iter().enumerate() {
            for flip in [false, true] {
                for double in [false, true] {
                    let mut h = Hand::new();
                    let (x, k) = (h.local(1), if double { h.double(c as f64 + 0.5) } else { h.long(c) });
                    let body = if flip { h.op(op, &[k, x]) } else { h.op(op, &[x, k]) };
                    let f = compile_seen(h.function("user/op", 1, 4, body), i as u64);
                    let k = if double { Value::double(c as f64 + 0.5) } else { long(c) };
                    if op == Identical {
                        continue;
                    }
                    for a in &numbers {
                        let args = if flip { [k, *a] } else { [*a, k] };
                        assert_eq!(show(run(f, &[*a])), direct(op, &args), "{op:?} {args:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn unboxed_longs_overflow_with_an_error() {
    // (fn [n] (loop [i 1 k 0] (if (< k n) (recur (* i 3) (inc k)) i)))
    let mut h = Hand::new();
    let (one, zero) = (h.long(1), h.long(0));
    let body = h.loop_(&[(2, one), (3, zero)], |h, id| {
        let (k, n) = (h.local(3), h.local(1));
        let test = h.op(Op::Lt, &[k, n]);
        let (i, three) = (h.local(2), h.long(3));
        let next = h.op(Op::Mul, &[i, three]);
        let k = h.local(3);
        let k = h.op(Op::Inc, &[k]);
        let again = h.recur(id, &[2, 3], &[next, k]);
        let i = h.local(2);
        h.if_(test, again, i)
    });
    let f = compile(h.function("user/f", 1, 4, body));
    assert_eq!(run(f, &[long(39)]).unwrap().as_long(), Some(4052555153018976267));
    assert_eq!(run(f, &[long(40)]), Err("long overflow".into()));
}

#[test]
fn doubles_in_loops() {
    // (fn [x n] (loop [a 0.0 i 0] (if (< i n) (recur (+ a (* x 0.5)) (inc i)) a)))
    let mut h = Hand::new();
    let (z, zero) = (h.double(0.0), h.long(0));
    let body = h.loop_(&[(3, z), (4, zero)], |h, id| {
        let (i, n) = (h.local(4), h.local(2));
        let test = h.op(Op::Lt, &[i, n]);
        let (x, half) = (h.local(1), h.double(0.5));
        let part = h.op(Op::Mul, &[x, half]);
        let a = h.local(3);
        let a = h.op(Op::Add, &[a, part]);
        let i = h.local(4);
        let i = h.op(Op::Inc, &[i]);
        let again = h.recur(id, &[3, 4], &[a, i]);
        let a = h.local(3);
        h.if_(test, again, a)
    });
    let f = compile(h.function("user/f", 2, 6, body));
    assert_eq!(run(f, &[Value::double(3.0), long(4)]).unwrap().as_double(), Some(6.0));
    assert_eq!(run(f, &[long(3), long(4)]).unwrap().as_double(), Some(6.0));
    assert_eq!(
        run(f, &[Value::TRUE, long(4)]),
        Err("class java.lang.Boolean cannot be cast to class java.lang.Number".into())
    );
    assert_eq!(run(f, &[Value::TRUE, long(0)]).unwrap().as_double(), Some(0.0));
}

#[test]
fn errors_are_caught_and_finally_runs() {
    // (fn [f g] (try (f) (catch RuntimeException e e) (finally (g))))
    let mut h = Hand::new();
    let f = h.local(1);
    let call = h.call(f, &[]);
    let caught = h.local(3);
    let class = Class::RuntimeException as u32;
    let catches = [CatchArm { matcher: Matcher::Class(class), slot: Slot(3), body: caught }];
    let g = h.local(2);
    let last = h.call(g, &[]);
    let body = h.node(Expr::Try { body: call, catches: catches.into(), finally: Some(last) });
    let f = compile(h.function("user/f", 2, 4, body));

    let mut h = Hand::new();
    let body = h.long(5);
    let five = compile(h.function("user/five", 0, 2, body)).value();
    let mut h = Hand::new();
    let (a, b) = (h.long(1), h.long(0));
    let body = h.op(Op::Quot, &[a, b]);
    let bad = compile(h.function("user/bad", 0, 2, body)).value();

    assert_eq!(run(f, &[five, five]), Ok(long(5)));
    let error = run(f, &[bad, five]).unwrap().cast::<Throwable>().unwrap();
    assert_eq!((error.class(), error.message_text()), (Class::Arithmetic, "Divide by zero".into()));
    assert_eq!(run(f, &[five, bad]), Err("Divide by zero".into()));
    assert_eq!(run(f, &[bad, bad]), Err("Divide by zero".into()));
    // An arity error is an IllegalArgumentException, which is a RuntimeException; what cannot be called is a class cast.
    let caught = run(f, &[Value::TRUE, five]).unwrap().cast::<Throwable>().unwrap();
    assert_eq!(caught.class(), Class::ClassCast);
    assert!(!Thread::current().is_pending());
}

#[test]
fn variadic_functions_collect_and_spread() {
    // (fn ([a] a) ([a b & more] (count more)))
    let mut h = Hand::new();
    let a = h.local(1);
    let more = h.local(3);
    let count = h.op(Op::Count, &[more]);
    let mut tree = h.function("user/v", 1, 2, a);
    let mut second = tree.fns[0].arities[0].clone();
    (second.params, second.variadic, second.body, second.frame) = (2, true, count, 4);
    tree.fns[0].arities.push(second);
    let f = compile(tree);
    assert_eq!(run(f, &[long(9)]), Ok(long(9)));
    assert_eq!(run(f, &[long(9); 2]), Ok(long(0)));
    assert_eq!(run(f, &[long(9); 6]), Ok(long(4)));
    assert_eq!(run(f, &[long(9); 12]), Ok(long(10)));
    assert_eq!(run(f, &[]), Err("Wrong number of args (0) passed to: user/v".into()));
    let t = Thread::current();
    let apply = |args: &[Value]| {
        // SAFETY: the convention of `ENTRY_REST`.
        let entry: code::EntryMany = unsafe { std::mem::transmute(f.code.entry(code::ENTRY_REST)) };
        entry(t, f.value(), args.len(), args.as_ptr())
    };
    let list = engine::coll::list(&[long(1), long(2), long(3)]);
    assert_eq!(apply(&[list]), long(1));
    assert_eq!(apply(&[long(0), long(0), long(0), list]), long(4));
    assert_eq!(apply(&[long(7), Value::NIL]), long(7));
}

#[test]
fn long_argument_lists_and_deep_recursion() {
    // (fn [a … i] (+ a i)) with nine parameters.
    let mut h = Hand::new();
    let (a, i) = (h.local(1), h.local(9));
    let body = h.op(Op::Add, &[a, i]);
    let f = compile(h.function("user/nine", 9, 10, body));
    let args: Vec<Value> = (1..=9).map(long).collect();
    assert_eq!(run(f, &args), Ok(long(10)));

    // (fn down [n] (if (< n 0) 0 (+ 1 (down (+ n 1)))))
    let mut h = Hand::new();
    let (n, zero) = (h.local(1), h.long(0));
    let test = h.op(Op::Lt, &[n, zero]);
    let (n, one) = (h.local(1), h.long(1));
    let next = h.op(Op::Add, &[n, one]);
    let call = h.self_call(&[next]);
    let one = h.long(1);
    let sum = h.op(Op::Add, &[one, call]);
    let zero = h.long(0);
    let body = h.if_(test, zero, sum);
    let f = compile(h.function("user/down", 1, 2, body));
    assert_eq!(run(f, &[long(0)]), Err("Stack overflow".into()));
    assert_eq!(run(f, &[Value::double(0.0)]), Err("Stack overflow".into()));
    assert_eq!(run(f, &[long(-1)]), Ok(long(0)));
}
