//! Threads that run jobs: as many as there are jobs at once, kept for a while when they have nothing to do; and a number
//! of them that computes (`send`), so that many short actions do not make many threads.

use crate::thread::{Request, Thread};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::time::Duration;

type Job = Box<dyn FnOnce() + Send>;

/// How long a thread without work waits for some.
const IDLE: Duration = Duration::from_secs(30);
/// Address space of a worker's stack; used as far as it is touched.
const STACK: usize = 64 << 20;

struct State {
    jobs: VecDeque<Job>,
    idle: usize,
    threads: usize,
}

/// A pool of at most so many threads.
pub struct Pool {
    state: Mutex<State>,
    work: Condvar,
    most: fn() -> usize,
}

/// `future`, `send-off`: jobs may wait for each other.
pub static CACHED: Pool = Pool::new(|| usize::MAX);
/// `send`: jobs compute.
pub static COMPUTING: Pool = Pool::new(|| processors() + 2);

pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

impl Pool {
    const fn new(most: fn() -> usize) -> Pool {
        Pool { state: Mutex::new(State { jobs: VecDeque::new(), idle: 0, threads: 0 }), work: Condvar::new(), most }
    }

    pub fn run(&'static self, job: Job) {
        let mut state = self.state.lock();
        state.jobs.push_back(job);
        if state.idle >= state.jobs.len() {
            self.work.notify_one();
        } else if state.threads < (self.most)() {
            state.threads += 1;
            drop(state);
            let made =
                std::thread::Builder::new().name("rung-pool".into()).stack_size(STACK).spawn(move || self.work());
            if made.is_err() {
                // The machine has no thread left: those there are will come to it.
                self.state.lock().threads -= 1;
            }
        }
    }

    fn work(&'static self) {
        let t = Thread::current();
        loop {
            let Some(job) = self.next() else { return };
            t.forget(Request::Interrupt);
            job();
            let _ = t.take_pending();
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            state.idle += 1;
            let late = self.work.wait_for(&mut state, IDLE).timed_out();
            state.idle -= 1;
            if late && state.jobs.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }
}
