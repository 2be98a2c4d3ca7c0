//! The debug modes of the heap find a fault that is planted, and nothing where there is none. Each plant runs in a process
//! of its own: this test's program again, with the plant's name in the environment.

use engine::heap::{self, Gc, GcConfig, GcVec, Header, HeapType, Mutable, Root, Tracked, TypeId};
use engine::native::Captures;
use engine::thread;
use engine::value::Value;
use std::hint::black_box;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: Tracked = Tracked;

const PLANT: &str = "RUNG_TEST_PLANT";

#[repr(C)]
struct Cell {
    header: Header,
    field: Mutable,
}
// SAFETY: repr(C), header first, no destructor; the number is one that this program's other types do not have.
unsafe impl HeapType for Cell {
    const TYPE: TypeId = TypeId::CELL;
}

fn cell(v: Value) -> Gc<Cell> {
    let c = heap::new(Cell { header: Header::blank(), field: Mutable::new(v) });
    c.field.watch(c);
    c
}

/// A boxed double.
#[inline(never)]
fn boxed(i: usize) -> Value {
    Value::double(1e300 + i as f64 * 1e290)
}

/// Overwrites what is left of earlier calls on the stack, and collects.
#[inline(never)]
fn collect() {
    fn deep(n: usize) -> usize {
        let junk = black_box([n; 64]);
        if n == 0 { junk[0] } else { deep(n - 1) + junk[1] }
    }
    black_box(deep(64));
    heap::collect_now();
}

fn plants(name: &str) {
    let config = |search, poison, verify| heap::configure(GcConfig { search, poison, verify, ..GcConfig::default() });
    match name {
        "search_vec" | "search_gcvec" => {
            config(1, false, false);
            thread::attach();
            let faulty = name == "search_vec";
            let mut hidden: Vec<Value> = Vec::new();
            let mut seen = GcVec::new();
            for i in 0..1000 {
                if faulty { hidden.push(boxed(i)) } else { seen.push(boxed(i)) }
            }
            collect();
            black_box((&hidden, &seen));
        }
        "search_finalized" => {
            config(1, false, false);
            thread::attach();
            unsafe extern "C" fn free(_: *mut std::ffi::c_void, data: *mut std::ffi::c_void) {
                // SAFETY: the box that was leaked below.
                drop(unsafe { Box::from_raw(data.cast::<Value>()) });
            }
            // What an object's finalizer takes along may name it.
            let plant = || {
                for i in 0..100 {
                    let object = cell(boxed(i)).value();
                    let data = Box::into_raw(Box::new(object));
                    // SAFETY: frees the box once.
                    unsafe { heap::push_finalizer(object, free, data.cast()) };
                }
            };
            plant();
            collect();
            heap::run_finalizers();
            collect();
        }
        "poison" => {
            config(0, true, false);
            thread::attach();
            let hide = || (0..100).map(|i| !cell(boxed(i)).value().address()).collect::<Vec<usize>>();
            let hidden = hide();
            collect();
            // SAFETY: the heap stays mapped; whatever is there is read as words.
            let words: Vec<u64> = hidden.iter().map(|a| unsafe { *((!a + 8) as *const u64) }).collect();
            let poisoned = words.iter().filter(|w| **w == heap::POISON).count();
            println!("poisoned {}", poisoned > 90);
            // What lives is as it was, and what is new is zero.
            let kept = Root::new(cell(boxed(7)).value());
            collect();
            for i in 0..10_000 {
                // SAFETY: a cell, of two words.
                let new = unsafe { *((cell(Value::ZERO).value().address() + 8) as *const u64) };
                assert_eq!(new, Value::ZERO.bits(), "{i}");
            }
            let double = kept.get().cast::<Cell>().and_then(|c| c.field.get().as_double());
            println!("kept {}", double == boxed(7).as_double());
        }
        "verify_unseen" | "verify_seen" => {
            config(0, false, true);
            let c = cell(Value::ZERO);
            collect();
            if name == "verify_seen" {
                c.field.set(c, Value::TRUE);
            } else {
                // SAFETY: the field is an atomic word.
                unsafe { &*c.field.as_ptr().cast::<AtomicU64>() }.store(Value::TRUE.bits(), Ordering::Release);
            }
            collect();
            black_box(c);
        }
        "verify_capture" | "verify_captures_die" => {
            config(0, false, true);
            thread::attach();
            let make = |v| engine::closure!([v] "counting", (0) |c: Captures| engine::fault::Res::Ok(c.get(0)));
            for i in 0..50_000 {
                let f = make(Value::long(i));
                // SAFETY: a closure of one capture.
                unsafe { Captures::of(f) }.set(0, Value::long(-i));
                if i % 1000 == 0 {
                    collect();
                }
            }
            let f = make(Value::ZERO);
            // SAFETY: as above.
            let captures = unsafe { Captures::of(f) };
            captures.set(0, Value::TRUE);
            collect();
            if name == "verify_capture" {
                // SAFETY: header, code, then the capture.
                unsafe { &*((f.address() + 16) as *const AtomicU64) }.store(Value::NIL.bits(), Ordering::Release);
            }
            collect();
            black_box(f);
        }
        other => panic!("no plant {other}"),
    }
    println!("ended");
}

/// The other half of every test.
#[test]
fn plant() {
    if let Ok(name) = std::env::var(PLANT) {
        plants(&name);
    }
}

fn run(plant: &str) -> Output {
    let program = std::env::current_exe().expect("this program");
    Command::new(program)
        .args(["--exact", "plant", "--nocapture", "--test-threads=1"])
        .env(PLANT, plant)
        .output()
        .expect("this program runs")
}

fn check(plant: &str, exit: i32, out: &[&str], err: &[&str]) {
    let o = run(plant);
    let (stdout, stderr) = (String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr));
    assert_eq!(o.status.code(), Some(exit), "{plant}: {stdout}\n{stderr}");
    assert!(out.iter().all(|t| stdout.contains(t)), "{plant}: {stdout}");
    assert!(err.iter().all(|t| stderr.contains(t)), "{plant}: {stderr}");
    assert!(!err.is_empty() || !stderr.contains("rung:"), "{plant}: {stderr}");
}

#[test]
fn search_finds_a_value_in_a_vec() {
    let text = ["rung: gc.search: a malloc block of", "java.lang.Double", "which is dead", "allocated by"];
    check("search_vec", 0, &["ended"], &text);
}

#[test]
fn search_is_silent_about_a_gcvec_and_what_a_finalizer_holds() {
    check("search_gcvec", 0, &["ended"], &[]);
    check("search_finalized", 0, &["ended"], &[]);
}

#[test]
fn poison_fills_what_died_and_nothing_else() {
    check("poison", 0, &["poisoned true", "kept true", "ended"], &[]);
}

#[test]
fn verify_finds_a_store_without_the_barrier() {
    check("verify_unseen", 2, &[], &["gc.verify: a field of the Cell", "changed without the barrier"]);
    check("verify_seen", 0, &["ended"], &[]);
}

#[test]
fn verify_sees_captures_too() {
    check("verify_capture", 2, &[], &["gc.verify: a field of the clojure.lang.Fn", "16 bytes in"]);
    check("verify_captures_die", 0, &["ended"], &[]);
}
