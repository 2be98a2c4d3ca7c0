//! Locks inside heap objects that realise something once (lazy seqs, delays): a word that names the holder. Waiters sleep
//! in a small table off the heap. A thread that holds a lock may take it again, as with the JVM's monitors.

use crate::fault::Res;
use crate::thread;
use parking_lot::{Condvar, Mutex};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// 0 free, `DONE`, else the holder's number.
#[repr(transparent)]
pub struct Once(AtomicU32);

const FREE: u32 = 0;
const DONE: u32 = u32::MAX;

struct Bed {
    sleepers: AtomicU32,
    lock: Mutex<()>,
    wake: Condvar,
}
static BEDS: [Bed; 16] =
    [const { Bed { sleepers: AtomicU32::new(0), lock: Mutex::new(()), wake: Condvar::new() } }; 16];

thread_local! {
    static NUMBER: Cell<u32> = const { Cell::new(0) };
}
fn me() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let n = NUMBER.get();
    if n != 0 {
        return n;
    }
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    NUMBER.set(n);
    n
}

/// How a lock was got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Fresh,
    /// By this thread, further down its stack.
    Again,
    /// Nothing is left to do.
    Done,
}

impl Default for Once {
    fn default() -> Once {
        Once::new()
    }
}

impl Once {
    pub const fn new() -> Once {
        Once(AtomicU32::new(FREE))
    }
    pub const fn done() -> Once {
        Once(AtomicU32::new(DONE))
    }
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::Acquire) == DONE
    }
    fn bed(&self) -> &'static Bed {
        &BEDS[(std::ptr::from_ref(self) as usize >> 4) % BEDS.len()]
    }
    /// Takes the lock; waits while another thread holds it.
    pub fn enter(&self) -> Res<Held> {
        let me = me();
        loop {
            match self.0.compare_exchange(FREE, me, Ordering::SeqCst, Ordering::Acquire) {
                Ok(_) => return Ok(Held::Fresh),
                Err(DONE) => return Ok(Held::Done),
                Err(n) if n == me => return Ok(Held::Again),
                Err(_) => self.sleep()?,
            }
        }
    }
    fn sleep(&self) -> Res<()> {
        let bed = self.bed();
        let mut guard = bed.lock.lock();
        bed.sleepers.fetch_add(1, Ordering::SeqCst);
        if !matches!(self.0.load(Ordering::SeqCst), FREE | DONE) {
            bed.wake.wait_for(&mut guard, Duration::from_millis(20));
        }
        bed.sleepers.fetch_sub(1, Ordering::SeqCst);
        drop(guard);
        thread::check()
    }
    /// Gives the lock back, for ever where `done`.
    pub fn leave(&self, held: Held, done: bool) {
        if held != Held::Fresh && !done {
            return;
        }
        self.0.store(if done { DONE } else { FREE }, Ordering::SeqCst);
        let bed = self.bed();
        if bed.sleepers.load(Ordering::SeqCst) > 0 {
            let _guard = bed.lock.lock();
            bed.wake.notify_all();
        }
    }
}
