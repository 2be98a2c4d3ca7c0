//! The compile queue: threads that are started at the first need and take jobs in order. They touch no heap value.

use crate::tuning::{self, Knob};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;

type Task = Box<dyn FnOnce() + Send>;
/// Trees are walked recursively; address space is all that this costs.
const STACK: usize = 256 << 20;

#[derive(Default)]
struct Inner {
    tasks: VecDeque<Task>,
    threads: u64,
    busy: u64,
}

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    /// There is a task.
    work: Condvar,
    /// Nothing is left.
    idle: Condvar,
}

/// A queue; its threads end with the process.
#[derive(Default)]
pub struct Queue(Arc<Shared>);

impl Queue {
    pub fn push(&self, task: impl FnOnce() + Send + 'static) {
        let mut inner = self.0.inner.lock();
        inner.tasks.push_back(Box::new(task));
        let idle = inner.threads - inner.busy;
        if idle < inner.tasks.len() as u64 && inner.threads < tuning::get(Knob::COMPILE_THREADS).max(1) {
            let shared = self.0.clone();
            let started =
                std::thread::Builder::new().name("rung-compile".into()).stack_size(STACK).spawn(move || run(&shared));
            inner.threads += u64::from(started.is_ok());
        }
        // No thread is to be had: the task is done here.
        if inner.threads == 0 {
            let task = inner.tasks.pop_back();
            drop(inner);
            if let Some(task) = task {
                task();
            }
            return;
        }
        self.0.work.notify_one();
    }

    /// Waits until nothing is queued or running.
    pub fn drain(&self) {
        let mut inner = self.0.inner.lock();
        while inner.busy > 0 || !inner.tasks.is_empty() {
            self.0.idle.wait(&mut inner);
        }
    }
}

fn run(shared: &Shared) {
    let mut inner = shared.inner.lock();
    loop {
        match inner.tasks.pop_front() {
            Some(task) => {
                inner.busy += 1;
                drop(inner);
                // A fault of ours in a compiler must not take the others' compilations with it.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(task));
                inner = shared.inner.lock();
                inner.busy -= 1;
                if inner.busy == 0 && inner.tasks.is_empty() {
                    shared.idle.notify_all();
                }
            }
            None => shared.work.wait(&mut inner),
        }
    }
}
