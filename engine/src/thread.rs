//! What belongs to one thread: the limit, the pending error, the value stack, free lists, dynamic bindings.
//!
//! ```text
//!  Thread (in memory that the collector scans and never frees; compiled code knows the first fields' offsets)
//!   0  limit     lowest stack pointer allowed; raised to the top to make the next poll fail
//!   8  vtop      first free word of the value stack      16  vend   its end
//!  24  pending   the error that is on its way, or ABSENT  32  result of slow paths
//!  40  free      free lists by size class
//! ```

use crate::heap;
use crate::value::Value;
use std::cell::Cell;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use crate::heap::CLASSES;

/// Words of a value stack: 256 MiB of address space, mapped when touched.
const VALUE_STACK_WORDS: usize = 32 << 20;
/// Native stack kept free below the limit: C++ libraries, printing, error reports.
const STACK_RESERVE: usize = 256 << 10;

/// Why a poll must take the slow path. Bits of `Thread::requests`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Request {
    Interrupt = 1,
    OutOfMemory = 2,
    Finalizers = 4,
}

#[repr(C)]
pub struct Thread {
    pub limit: AtomicUsize,
    pub vtop: Cell<*mut Value>,
    pub vend: Cell<*mut Value>,
    pub pending: Cell<Value>,
    pub result: Cell<u64>,
    pub free: [Cell<*mut u8>; CLASSES],
    /// The thread's dynamic bindings: a heap list of frames, or nil.
    pub bindings: Cell<Value>,
    vbottom: Cell<*mut Value>,
    stack_limit: Cell<usize>,
    requests: AtomicU32,
    /// Threads that were ever attached, newest first; never removed, taken over by later threads.
    next: AtomicPtr<Thread>,
    in_use: AtomicU32,
    /// Nesting of calls from C++ back into the language. C++ counts too (`rung/callback.hpp`).
    pub depth: Cell<u32>,
}

// SAFETY: shared only as a `&Thread` of the current thread, and by the collector while the world is stopped;
// `limit` and `requests`, which other threads write, are atomics.
unsafe impl Sync for Thread {}

static THREADS: AtomicPtr<Thread> = AtomicPtr::new(std::ptr::null_mut());

thread_local! {
    static CURRENT: Cell<*const Thread> = const { Cell::new(std::ptr::null()) };
    static DETACH: Detach = const { Detach };
}

struct Detach;
impl Drop for Detach {
    fn drop(&mut self) {
        let t = CURRENT.replace(std::ptr::null());
        if !t.is_null() {
            // SAFETY: the block lives for ever; this thread gives it up and holds no value any more.
            unsafe {
                (*t).vtop.set((*t).vbottom.get());
                (*t).bindings.set(Value::NIL);
                (*t).pending.set(Value::ABSENT);
                (*t).drop_free_lists();
                (*t).in_use.store(0, Ordering::Release);
                heap::unregister_thread();
            }
        }
    }
}

#[inline(always)]
pub(crate) fn current_ptr() -> *const Thread {
    CURRENT.get()
}

/// Does the calling thread hold values already?
pub fn is_attached() -> bool {
    !CURRENT.get().is_null()
}

/// Makes the calling thread one that may hold values. Done by itself at the first allocation.
pub fn attach() -> &'static Thread {
    let t = CURRENT.get();
    if !t.is_null() {
        // SAFETY: blocks are never freed.
        return unsafe { &*t };
    }
    heap::register_thread();
    let t = take_block();
    t.set_stack_limit(stack_bounds());
    t.bindings.set(Value::NIL);
    t.pending.set(Value::ABSENT);
    CURRENT.set(t);
    // A thread that is ending already (a C++ destructor of its calls back) stays registered until it is gone.
    let _ = DETACH.try_with(|_| ());
    t
}

/// Leaves the calling thread's malloc a mebibyte that it need not ask the kernel for. glibc extends an arena other than the first
/// by what the one request lacks, mostly a page: the analysis of a large function spent a tenth of its time in such calls.
pub fn ready_malloc() {
    #[cfg(target_env = "gnu")]
    {
        const ROOM: usize = 1 << 20;
        static SETTINGS: std::sync::Once = std::sync::Once::new();
        // SAFETY: settings of malloc for the whole process: what it maps apart and what it gives back is larger than the room.
        SETTINGS.call_once(|| unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, 2 * ROOM as i32);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 8 * ROOM as i32);
        });
        // SAFETY: the block is given back as it came.
        unsafe { libc::free(std::hint::black_box(libc::malloc(ROOM))) };
    }
}

/// A block that an ended thread left, or a new one.
fn take_block() -> &'static Thread {
    let mut p = THREADS.load(Ordering::Acquire);
    while !p.is_null() {
        // SAFETY: blocks in the list are never freed.
        let t = unsafe { &*p };
        if t.in_use.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            return t;
        }
        p = t.next.load(Ordering::Acquire);
    }
    let p: *mut Thread = heap::uncollectable(size_of::<Thread>()).as_ptr().cast();
    // SAFETY: fresh zeroed memory; zero is valid for every field (null pointers, zero atomics, the number 0).
    let t = unsafe { &*p };
    t.in_use.store(1, Ordering::Relaxed);
    t.map_value_stack();
    let mut head = THREADS.load(Ordering::Acquire);
    loop {
        t.next.store(head, Ordering::Relaxed);
        match THREADS.compare_exchange(head, p, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return t,
            Err(now) => head = now,
        }
    }
}

/// Asks the calling thread, or where it holds no values any one that does. Takes no lock, for the collector calls it.
pub(crate) fn request_of_any(r: Request) {
    let mut p = CURRENT.get();
    if p.is_null() {
        p = THREADS.load(Ordering::Acquire);
    }
    while !p.is_null() {
        // SAFETY: blocks are never freed.
        let t = unsafe { &*p };
        if t.in_use.load(Ordering::Acquire) != 0 {
            return t.request(r);
        }
        p = t.next.load(Ordering::Acquire);
    }
}

/// Where `CURRENT` lies from the thread pointer, the same in every thread: what generated code finds its thread by. `None`
/// where that is not so (a library that was opened while the program ran).
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub fn place_of_current() -> Option<isize> {
    unsafe extern "C" fn main_program(
        info: *mut libc::dl_phdr_info,
        _: usize,
        found: *mut std::ffi::c_void,
    ) -> libc::c_int {
        // SAFETY: as `dl_iterate_phdr` calls it; the program itself comes first, and its storage is at a fixed place.
        unsafe {
            let tls =
                (0..(*info).dlpi_phnum).map(|i| &*(*info).dlpi_phdr.add(i.into())).find(|h| h.p_type == libc::PT_TLS);
            let size = tls.map_or(0, |h| h.p_memsz as usize);
            found.cast::<(usize, usize)>().write(((*info).dlpi_tls_data as usize, size));
        }
        1
    }
    let mut block = (0usize, 0usize);
    // SAFETY: the callback writes a pair there.
    unsafe { libc::dl_iterate_phdr(Some(main_program), (&raw mut block).cast()) };
    let at = CURRENT.with(|c| std::ptr::from_ref(c) as usize);
    let pointer: usize;
    // SAFETY: reads the word that the psABI puts there.
    unsafe { std::arch::asm!("mov {}, fs:0", out(reg) pointer, options(nostack, preserves_flags)) };
    (block.0 != 0 && at >= block.0 && at < block.0 + block.1).then(|| at.wrapping_sub(pointer) as isize)
}
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
pub fn place_of_current() -> Option<isize> {
    None
}

/// Calls `f(bottom, top)` for the used part of every value stack. The world is stopped: no lock is taken.
pub(crate) fn each_value_stack(f: impl Fn(*const Value, *const Value)) {
    let mut p = THREADS.load(Ordering::Acquire);
    while !p.is_null() {
        // SAFETY: blocks in the list are never freed.
        let t = unsafe { &*p };
        if !t.vbottom.get().is_null() {
            f(t.vbottom.get(), t.vtop.get());
        }
        p = t.next.load(Ordering::Acquire);
    }
}

/// Lowest usable address of the calling thread's native stack.
fn stack_bounds() -> usize {
    // SAFETY: the attribute object is initialised by the first call and destroyed by the last.
    unsafe {
        let mut attr: libc::pthread_attr_t = std::mem::zeroed();
        let (mut low, mut size) = (std::ptr::null_mut(), 0);
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attr) == 0 {
            libc::pthread_attr_getstack(&attr, &mut low, &mut size);
            libc::pthread_attr_destroy(&mut attr);
        }
        low as usize
    }
}

impl Thread {
    /// The calling thread's block; attaches it where it is not.
    #[inline(always)]
    pub fn current() -> &'static Thread {
        let t = CURRENT.get();
        if t.is_null() {
            return attach();
        }
        // SAFETY: blocks are never freed.
        unsafe { &*t }
    }

    fn map_value_stack(&self) {
        // SAFETY: a fresh private mapping.
        let p = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                VALUE_STACK_WORDS * 8,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if p == libc::MAP_FAILED {
            eprintln!("rung: no address space for a thread's value stack");
            std::process::exit(2);
        }
        let p: *mut Value = p.cast();
        self.vbottom.set(p);
        self.vtop.set(p);
        // SAFETY: inside the mapping; a little is kept for the error path.
        self.vend.set(unsafe { p.add(VALUE_STACK_WORDS - 4096) });
    }

    /// The lowest stack pointer that recursion may reach, whatever is requested.
    pub fn native_limit(&self) -> usize {
        self.stack_limit.get()
    }

    fn set_stack_limit(&self, low: usize) {
        let limit = low + STACK_RESERVE;
        self.stack_limit.set(limit);
        self.limit.store(limit, Ordering::Release);
    }

    /// Lowers the usable native stack to `bytes` from here: for tests of deep recursion under a collection at every allocation.
    pub fn restrict_stack(&self, bytes: usize) {
        let here = stack_pointer().saturating_sub(bytes);
        if here > self.stack_limit.get() {
            self.stack_limit.set(here);
            self.limit.store(here, Ordering::Release);
        }
    }

    pub(crate) fn drop_free_lists(&self) {
        self.free.iter().for_each(|l| l.set(std::ptr::null_mut()));
    }

    /// True where this call must not go on: too deep, or something is requested. The slow path is [`Thread::poll`].
    #[inline(always)]
    pub fn over_limit(&self) -> bool {
        stack_pointer() < self.limit.load(Ordering::Relaxed)
    }

    /// Asks the thread to look up at its next poll. Safe in a signal handler and from other threads.
    pub fn request(&self, r: Request) {
        self.requests.fetch_or(r as u32, Ordering::AcqRel);
        self.limit.store(usize::MAX, Ordering::Release);
    }

    /// Is it requested and not heard yet?
    pub fn requests(&self, r: Request) -> bool {
        self.requests.load(Ordering::Acquire) & r as u32 != 0
    }

    /// Takes a request back that nobody heard.
    pub fn forget(&self, r: Request) {
        self.requests.fetch_and(!(r as u32), Ordering::AcqRel);
    }

    /// What was requested, taken; the limit is put back.
    pub fn take_requests(&self) -> u32 {
        self.limit.store(self.stack_limit.get(), Ordering::Release);
        self.requests.swap(0, Ordering::AcqRel)
    }

    /// Clears the words above the frames of the value stack and below the native stack's: what was there keeps objects alive for
    /// a conservative collector. After a full heap was an error, between two forms of a program.
    #[cold]
    pub fn forget_what_was(&self) {
        const WORDS: usize = 64 << 10;
        let (top, end) = (self.vtop.get(), self.vend.get());
        let free = (end as usize).saturating_sub(top as usize) / size_of::<Value>();
        // SAFETY: words above `vtop` belong to nobody, up to the end of the mapping.
        unsafe { std::ptr::write_bytes(top, 0, free.min(WORDS)) };
        if stack_pointer() > self.stack_limit.get() + 4 * CLEARED {
            clear_below();
        }
    }

    /// The same inside of the runtime, where no destructor of C++ may run: a later collection asks for them again.
    #[cold]
    fn poll_inside(&self) -> crate::fault::Res<()> {
        self.requests.fetch_and(!(Request::Finalizers as u32), Ordering::AcqRel);
        self.poll()
    }

    /// The slow path of a poll: raises what there is to raise.
    #[cold]
    pub fn poll(&self) -> crate::fault::Res<()> {
        let r = self.take_requests();
        if r & Request::Interrupt as u32 != 0 {
            return Err(crate::fault::interrupted());
        }
        if r & Request::OutOfMemory as u32 != 0 {
            return Err(crate::fault::out_of_memory());
        }
        if stack_pointer() < self.stack_limit.get() {
            return Err(crate::fault::stack_overflow());
        }
        // Not below C++ that calls back: it may hold what a destructor wants. A later collection asks again.
        if r & Request::Finalizers as u32 != 0 && self.depth.get() == 0 {
            heap::run_finalizers();
        }
        Ok(())
    }

    /// An error is on its way.
    #[inline(always)]
    pub fn is_pending(&self) -> bool {
        self.pending.get() != Value::ABSENT
    }
    /// The error, taken.
    #[inline]
    pub fn take_pending(&self) -> Value {
        self.pending.replace(Value::ABSENT)
    }
}

/// Checks depth, interrupts and memory: for recursive Rust code (printing, equality, hashing, reader, analyzer).
#[inline(always)]
pub fn check() -> crate::fault::Res<()> {
    let t = Thread::current();
    if t.over_limit() { t.poll_inside() } else { Ok(()) }
}

/// Bytes of native stack that [`Thread::forget_what_was`] clears.
const CLEARED: usize = 64 << 10;

#[inline(never)]
fn clear_below() {
    let mut room = [0u64; CLEARED / 8];
    std::hint::black_box(&mut room);
}

#[inline(always)]
pub fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: reads a register.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags))
    };
    // SAFETY: reads a register.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags))
    };
    sp
}
