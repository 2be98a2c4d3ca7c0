//! Where the time of a form goes: parts of the engine that `rung bench first-call` tells apart, each timed without what
//! is timed inside of it. Off unless a report turns it on; then a load and a branch a part.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Forms to trees, C++ questions left out.
    Analysis,
    /// Questions about C++: names, types, overloads.
    Lookup,
    Trampolines,
    /// In the tiers: lowering, writing C++, waiting for a compile thread.
    Generation,
    /// Machine code, by Cranelift or Clang.
    Compile,
    Link,
}

const PARTS: usize = 6;
static ON: AtomicBool = AtomicBool::new(false);
static SPENT: [AtomicU64; PARTS] = [const { AtomicU64::new(0) }; PARTS];

pub fn turn_on() {
    ON.store(true, Ordering::Release);
}

/// Runs `f` on the clock of a part; what other parts took meanwhile, in whichever thread, is theirs.
#[inline]
pub fn timed<R>(part: Part, f: impl FnOnce() -> R) -> R {
    if !ON.load(Ordering::Relaxed) {
        return f();
    }
    let (before, start) = (Spent::now(), Instant::now());
    let r = f();
    let own = start.elapsed().as_nanos() as u64;
    let inside: u64 = (0..PARTS).map(|i| Spent::now().0[i] - before.0[i]).sum();
    SPENT[part as usize].fetch_add(own.saturating_sub(inside), Ordering::AcqRel);
    r
}

/// Nanoseconds by part, since the clocks were turned on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent([u64; PARTS]);

impl Spent {
    pub fn now() -> Spent {
        Spent(std::array::from_fn(|i| SPENT[i].load(Ordering::Acquire)))
    }
    /// Microseconds of a part since `earlier`.
    pub fn since(&self, earlier: &Spent, part: Part) -> f64 {
        (self.0[part as usize] - earlier.0[part as usize]) as f64 / 1e3
    }
}

/// CPU time of all threads of the process, in microseconds.
pub fn process_cpu_us() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: fills the struct.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e6 + t.tv_nsec as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_part_is_timed_without_the_parts_inside() {
        turn_on();
        let before = Spent::now();
        timed(Part::Generation, || {
            std::thread::sleep(Duration::from_millis(2));
            timed(Part::Compile, || std::thread::sleep(Duration::from_millis(30)));
        });
        let now = Spent::now();
        let (own, inside) = (now.since(&before, Part::Generation), now.since(&before, Part::Compile));
        assert!((2_000.0..25_000.0).contains(&own) && inside >= 30_000.0, "{own} {inside}");
    }
}
