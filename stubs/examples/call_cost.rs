//! What a call through guard and trampoline costs from Rust: `cargo run -p rung-stubs --example call_cost`. The medians
//! go into the report that `rung bench calls` prints; this one needs no engine around it.

use engine::analyze::{SiteId, Tree, UnitData};
use engine::host::CppHost;
use engine::thread::Thread;
use questions::{Answer, Arg, CallQuestion, Callee, Question, Trampoline};
use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};
use stubs::Stubs;

const ROUNDS: usize = 21;
const CALLS: u32 = 1_000_000;

/// CPU time of this thread: what others do on the machine does not count.
fn cpu_ns() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: fills the struct.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e9 + t.tv_nsec as f64
}

fn median_ns(mut f: impl FnMut()) -> f64 {
    let mut all: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = cpu_ns();
            (0..CALLS).for_each(|_| f());
            (cpu_ns() - start) / CALLS as f64
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[ROUNDS / 2]
}

fn stub(host: &Stubs, name: &str, args: usize) -> Result<Trampoline, String> {
    let callee = Callee::Name { name: name.into() };
    let question = Question::Call(CallQuestion { callee, args: vec![Arg::Boxed {}; args] });
    let Ok(Answer::Call(answer)) = host.ask(&[question]).remove(0) else { return Err(format!("no function {name}")) };
    let tree = Tree { sites: vec![answer], ..Tree::default() };
    let unit = UnitData { sites: Box::new([AtomicPtr::default()]), codes: OnceLock::new(), inits: Default::default() };
    host.bind_sites(&tree, &unit, &[SiteId(0)]).map_err(|d| d.message)?;
    Ok(Trampoline { address: unit.sites[0].load(Ordering::Acquire) as u64 })
}

fn main() -> Result<(), String> {
    let t = engine::thread::attach();
    let host = Stubs::default();
    let text = "int add(int a, int b) { return a + b; }\nint fails(int a) { if (a) throw a; return 0; }";
    host.raw(text, "call_cost", 1).map_err(|d| d[0].message.clone())?;
    let (add, fails) = (stub(&host, "add", 2)?, stub(&host, "fails", 1)?);
    let (mut a, mut b, mut ret) = (2i32, 3i32, 0i32);
    let args = [(&raw mut a).cast::<u8>(), (&raw mut b).cast()];
    let place = (&raw mut ret).cast::<u8>();
    // SAFETY: the trampoline takes two pointers to int and a place for one.
    let call = |t: &Thread| unsafe { host.call(t, black_box(add), args.as_ptr(), place) };
    println!("guard and trampoline of int add(int, int): {:.1} ns", median_ns(|| assert!(black_box(call(t)).is_ok())));
    let bare: unsafe extern "C" fn(*mut u8, *const *mut u8, *mut u8) =
        // SAFETY: the same trampoline, by its type.
        unsafe { std::mem::transmute(add.address as usize) };
    // SAFETY: as above.
    let direct = || unsafe { black_box(bare)(std::ptr::null_mut(), args.as_ptr(), place) };
    println!("the trampoline alone: {:.1} ns", median_ns(direct));
    let start = cpu_ns();
    const THROWS: u32 = 20_000;
    for _ in 0..THROWS {
        // SAFETY: the trampoline takes a pointer to int.
        if unsafe { host.call(t, fails, args.as_ptr(), place) }.is_ok() {
            return Err("it does not throw".into());
        }
        t.take_pending();
    }
    println!("throw to pending error: {:.2} us", (cpu_ns() - start) / THROWS as f64 / 1000.0);
    Ok(())
}
