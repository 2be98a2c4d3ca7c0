//! The generator of random numbers (splitmix64), and how long a test goes on.

use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Calls `f` with seed after seed while there is time; once at least.
pub fn rounds(mut f: impl FnMut(u64)) {
    let end = Instant::now() + Duration::from_secs(setting("RUNG_FUZZ_SECONDS").unwrap_or(0));
    let mut seed = setting("RUNG_FUZZ_SEED").unwrap_or(1);
    loop {
        f(seed);
        seed += 1;
        if Instant::now() >= end {
            return;
        }
    }
}
