//! The collector behind the heap's contract: libgc. The only file that names it.
//!
//! Small objects come from free lists in the thread's block, filled by `GC_generic_malloc_many` and popped inline
//! (12.6 ns an object, heap-facts.md); the lists are linked through the objects' first words and scanned from the
//! block. The collector's signals are two real-time ones; libraries and JIT memory are no roots.

use super::debug;
use crate::thread::{self, Thread};
use crate::value::Value;
use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Granule of libgc on 64 bits.
pub(crate) const GRANULE: usize = 16;
/// Objects up to this size come from the inline free lists.
pub(crate) const SMALL_MAX: usize = 512;
/// Free lists a thread: by granules, index 0 unused.
pub(crate) const CLASSES: usize = SMALL_MAX / GRANULE + 1;
const KIND_NORMAL: c_int = 1;

#[repr(C)]
struct StackBase {
    mem_base: *mut c_void,
}
type PushRoots = unsafe extern "C" fn();
type Finalizer = unsafe extern "C" fn(*mut c_void, *mut c_void);

#[link(name = "gc")]
unsafe extern "C" {
    fn GC_init();
    fn GC_set_all_interior_pointers(on: c_int);
    fn GC_register_displacement(n: usize);
    fn GC_set_no_dls(on: c_int);
    fn GC_set_suspend_signal(signal: c_int);
    fn GC_set_thr_restart_signal(signal: c_int);
    fn GC_set_finalize_on_demand(on: c_int);
    fn GC_set_markers_count(n: u32);
    fn GC_set_warn_proc(f: unsafe extern "C" fn(*const i8, usize));
    fn GC_ignore_warn_proc(message: *const i8, arg: usize);
    fn GC_expand_hp(bytes: usize) -> c_int;
    fn GC_set_max_heap_size(bytes: usize);
    fn GC_allow_register_threads();
    fn GC_get_stack_base(base: *mut StackBase) -> c_int;
    fn GC_register_my_thread(base: *const StackBase) -> c_int;
    fn GC_unregister_my_thread() -> c_int;
    fn GC_generic_malloc_many(bytes: usize, kind: c_int, list: *mut *mut u8);
    fn GC_malloc(bytes: usize) -> *mut u8;
    fn GC_malloc_atomic(bytes: usize) -> *mut u8;
    fn GC_malloc_uncollectable(bytes: usize) -> *mut u8;
    fn GC_free(p: *mut u8);
    fn GC_gcollect();
    fn GC_get_gc_no() -> usize;
    fn GC_get_free_bytes() -> usize;
    fn GC_get_heap_size() -> usize;
    fn GC_push_all(bottom: *const c_void, top: *const c_void);
    fn GC_set_push_other_roots(f: PushRoots);
    fn GC_get_push_other_roots() -> PushRoots;
    fn GC_register_finalizer_no_order(
        p: *mut c_void,
        f: Option<Finalizer>,
        data: *mut c_void,
        old: *mut Option<Finalizer>,
        old_data: *mut *mut c_void,
    );
    fn GC_invoke_finalizers() -> c_int;
    fn GC_should_invoke_finalizers() -> c_int;
    fn GC_set_finalizer_notifier(f: extern "C" fn());
    fn GC_base(p: *mut c_void) -> *mut c_void;
    fn GC_size(p: *const c_void) -> usize;
    fn GC_is_marked(p: *const c_void) -> c_int;
    fn GC_set_on_collection_event(f: extern "C" fn(c_int));
}

/// Settings that may change before and while a program runs (`--tune gc.…`, `--max-heap`).
#[derive(Debug, Clone, Copy, Default)]
pub struct GcConfig {
    /// A collection at every so many allocations; 0: as the collector decides.
    pub stress: u64,
    /// Report mutable fields that changed without the barrier.
    pub verify: bool,
    /// Report live malloc blocks that name dead objects (in programs whose allocator is [`super::Tracked`]).
    /// 1: values only, 2: references too.
    pub search: u8,
    /// Fill dead objects with a pattern.
    pub poison: bool,
    /// Bytes; 0: no limit.
    pub max_heap: usize,
}

static STRESS: AtomicU64 = AtomicU64::new(0);
static STRESS_COUNT: AtomicU64 = AtomicU64::new(0);
/// Memory given back when the heap is full, so that the error can be made and the program can go on.
static RESERVE: AtomicUsize = AtomicUsize::new(0);
const RESERVE_BYTES: usize = 1 << 20;

/// libgc takes the stack of the thread that initialises it for the main thread's, so it is done before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static INITIALISE: extern "C" fn() = initialise;

extern "C" fn initialise() {
    // SAFETY: called once, before any other thread exists; the settings must precede `GC_init`, which they do.
    unsafe {
        GC_set_all_interior_pointers(0);
        GC_set_no_dls(1);
        GC_set_suspend_signal(libc::SIGRTMAX() - 5);
        GC_set_thr_restart_signal(libc::SIGRTMAX() - 4);
        GC_set_finalize_on_demand(1);
        GC_set_finalizer_notifier(finalizers_are_due);
        GC_set_markers_count(1);
        GC_set_warn_proc(GC_ignore_warn_proc);
        GC_init();
        // A pointer word is the address plus one.
        GC_register_displacement(1);
        GC_allow_register_threads();
        let _ = PUSH_NATIVE_STACKS.set(GC_get_push_other_roots());
        GC_set_push_other_roots(push_value_stacks);
        GC_expand_hp(16 << 20);
    }
}

/// libgc's own procedure, which pushes the native stacks of all threads.
static PUSH_NATIVE_STACKS: OnceLock<PushRoots> = OnceLock::new();

/// Runs with the world stopped: no lock, no allocation.
unsafe extern "C" fn push_value_stacks() {
    if let Some(push) = PUSH_NATIVE_STACKS.get() {
        // SAFETY: libgc's own, called where libgc would call it.
        unsafe { push() }
    }
    thread::each_value_stack(|bottom, top| {
        // SAFETY: the value stack is mapped from `bottom` to `top`, which its owner keeps current.
        unsafe { GC_push_all(bottom.cast(), top.cast()) }
    });
}

pub fn configure(config: GcConfig) {
    // SAFETY: a setter.
    unsafe { GC_set_max_heap_size(config.max_heap) };
    LIMIT.store(config.max_heap, Ordering::Relaxed);
    STRESS.store(config.stress, Ordering::Relaxed);
    debug::configure(config.search, config.poison, config.verify);
    if config.stress > 0 || config.poison {
        thread::Thread::current().drop_free_lists();
    }
}

/// Tells the collector of the calling thread and its stack. Twice is harmless. A C++ library may have blocked all
/// signals in a thread of its own; the collector's must come through.
pub fn register_thread() {
    // SAFETY: the set is initialised before it is used.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGRTMAX() - 5);
        libc::sigaddset(&mut set, libc::SIGRTMAX() - 4);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, std::ptr::null_mut());
    }
    let mut base = StackBase { mem_base: std::ptr::null_mut() };
    // SAFETY: `base` is filled by the first call; a thread that is registered already answers GC_DUPLICATE.
    unsafe {
        GC_get_stack_base(&mut base);
        GC_register_my_thread(&base);
    }
}

/// # Safety
/// The thread holds no heap reference any more.
pub unsafe fn unregister_thread() {
    // SAFETY: the caller's promise.
    unsafe { GC_unregister_my_thread() };
}

/// Zeroed memory for one object that the collector scans.
#[inline(always)]
pub(crate) fn allocate(bytes: usize) -> *mut u8 {
    if bytes <= SMALL_MAX {
        let class = bytes.div_ceil(GRANULE);
        let t = thread::current_ptr();
        if !t.is_null() {
            // SAFETY: the current thread's own block; nobody else touches its lists.
            let list = unsafe { &(*t).free[class] };
            let p = list.get();
            if !p.is_null() {
                // SAFETY: a free object's first word links to the next; the rest of it is zero, and now that word too.
                unsafe {
                    list.set(*p.cast::<*mut u8>());
                    *p.cast::<*mut u8>() = std::ptr::null_mut();
                }
                return p;
            }
        }
    }
    allocate_slow(bytes)
}

#[cold]
#[inline(never)]
fn allocate_slow(bytes: usize) -> *mut u8 {
    let t = Thread::current();
    let stress = STRESS.load(Ordering::Relaxed);
    if stress > 0 {
        stress_step(stress);
    } else if bytes <= SMALL_MAX && !debug::wants_slow_path() {
        let class = bytes.div_ceil(GRANULE);
        let mut list = std::ptr::null_mut();
        // SAFETY: the size is a multiple of the granule; the list that comes back is this thread's.
        unsafe { GC_generic_malloc_many(class * GRANULE, KIND_NORMAL, &mut list) };
        if !list.is_null() {
            // SAFETY: as in `allocate`.
            unsafe {
                t.free[class].set(*list.cast::<*mut u8>());
                *list.cast::<*mut u8>() = std::ptr::null_mut();
            }
            return list;
        }
    }
    // SAFETY: plain allocation.
    let p = checked(unsafe { GC_malloc(bytes) }, bytes, |n| unsafe { GC_malloc(n) });
    debug::allocated(p as usize);
    p
}

/// Memory that the collector does not scan; not zeroed.
pub(crate) fn allocate_atomic(bytes: usize) -> *mut u8 {
    Thread::current();
    let stress = STRESS.load(Ordering::Relaxed);
    if stress > 0 {
        stress_step(stress);
    }
    // SAFETY: plain allocation.
    let p = checked(unsafe { GC_malloc_atomic(bytes) }, bytes, |n| unsafe { GC_malloc_atomic(n) });
    debug::allocated(p as usize);
    p
}

fn stress_step(every: u64) {
    if STRESS_COUNT.fetch_add(1, Ordering::Relaxed) + 1 >= every {
        STRESS_COUNT.store(0, Ordering::Relaxed);
        collect_now();
    }
}

/// What the program may use (`--max-heap`); 0: no limit.
static LIMIT: AtomicUsize = AtomicUsize::new(0);
/// Bytes beyond the limit that were given since an OutOfMemoryError was asked for: what runs until the next poll.
static BEYOND: AtomicUsize = AtomicUsize::new(0);
/// More than this nothing may take beyond the limit before it polls.
const MOST_BEYOND: usize = 256 << 20;

/// May one object of so many bytes be made? Asked before large ones: arrays, long strings. Without a limit, the machine's
/// memory is one.
pub fn admits(bytes: usize) -> bool {
    if bytes < RESERVE_BYTES {
        return true;
    }
    match LIMIT.load(Ordering::Relaxed) {
        0 => {
            // SAFETY: asks about the machine.
            let (pages, size) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
            (pages.max(0) as usize).checked_mul(size.max(0) as usize).is_none_or(|all| bytes <= all / 4 * 3)
        }
        limit => bytes < limit,
    }
}

/// A full heap gives back the reserve and asks the thread to raise OutOfMemoryError at its next poll.
#[inline(always)]
fn checked(p: *mut u8, bytes: usize, again: impl Fn(usize) -> *mut u8) -> *mut u8 {
    if p.is_null() { out_of_memory(bytes, again) } else { p }
}

#[cold]
fn out_of_memory(bytes: usize, again: impl Fn(usize) -> *mut u8) -> *mut u8 {
    // libgc does not collect before it says no, where it has said no before. What is dead counts as room only where it is more
    // than the last crumbs: otherwise every allocation to come would collect everything.
    // SAFETY: every thread that holds values is registered; the others are getters.
    let (free, all) = unsafe {
        GC_gcollect();
        (GC_get_free_bytes(), GC_get_heap_size())
    };
    if free > all / 16 {
        let p = again(bytes);
        if !p.is_null() {
            return p;
        }
    }
    let reserve = RESERVE.swap(0, Ordering::AcqRel) as *mut u8;
    if !reserve.is_null() {
        // SAFETY: the reserve came from `GC_malloc_uncollectable` and is freed once.
        unsafe { GC_free(reserve) };
        Thread::current().request(thread::Request::OutOfMemory);
        let p = again(bytes);
        if !p.is_null() {
            return p;
        }
    }
    // Until the thread polls it gets what it asks for: there is nobody here who could answer with an error.
    let limit = LIMIT.load(Ordering::Relaxed);
    if limit > 0 && BEYOND.fetch_add(bytes, Ordering::AcqRel) + bytes <= MOST_BEYOND.max(limit) {
        Thread::current().request(thread::Request::OutOfMemory);
        // SAFETY: a setter, to and fro.
        unsafe { GC_set_max_heap_size(0) };
        let p = again(bytes);
        // SAFETY: as above.
        unsafe { GC_set_max_heap_size(limit) };
        if !p.is_null() {
            return p;
        }
    }
    eprintln!("rung: out of memory: {bytes} bytes more than the heap may hold");
    std::process::exit(2)
}

/// Takes the reserve again once there is room; called when an OutOfMemoryError has been raised, and at start with a limit.
pub fn take_reserve() {
    BEYOND.store(0, Ordering::Release);
    // SAFETY: plain allocation.
    let p = unsafe { GC_malloc_uncollectable(RESERVE_BYTES) };
    let old = RESERVE.swap(p as usize, Ordering::AcqRel) as *mut u8;
    if !old.is_null() {
        // SAFETY: as above, freed once.
        unsafe { GC_free(old) };
    }
}

/// Zeroed memory that is scanned and never freed by the collector.
pub fn uncollectable(bytes: usize) -> NonNull<u8> {
    // SAFETY: plain allocation.
    match NonNull::new(unsafe { GC_malloc_uncollectable(bytes) }) {
        Some(p) => p,
        None => {
            eprintln!("rung: out of memory");
            std::process::exit(2)
        }
    }
}

/// # Safety
/// `p` came from [`uncollectable`] and is not used any more.
pub unsafe fn uncollectable_free(p: NonNull<u8>) {
    // SAFETY: the caller's promise.
    unsafe { GC_free(p.as_ptr()) }
}

/// A full collection, now.
pub fn collect_now() {
    // SAFETY: every thread that holds values is registered.
    unsafe { GC_gcollect() }
}

/// Collections so far.
pub fn collections() -> u64 {
    // SAFETY: a getter.
    unsafe { GC_get_gc_no() as u64 }
}

pub fn heap_bytes() -> u64 {
    // SAFETY: a getter.
    unsafe { GC_get_heap_size() as u64 }
}

/// Does the address name the start of an allocated object? For checks only.
pub fn is_live(address: usize) -> bool {
    // SAFETY: `GC_base` takes any address.
    unsafe { GC_base(address as *mut c_void) as usize == address }
}

/// Has the collection that runs marked the object? Asked while the world is stopped.
pub(super) fn is_marked(object: usize) -> bool {
    // SAFETY: asked of objects' addresses.
    unsafe { GC_is_marked(object as *const c_void) != 0 }
}

/// Bytes of an object, as the collector rounds them.
pub(super) fn size_of_object(object: usize) -> usize {
    // SAFETY: asked of objects' addresses.
    unsafe { GC_size(object as *const c_void) }
}

/// From now on the debug modes see each collection.
pub(super) fn call_debug_modes() {
    const MARK_END: c_int = 2;
    const RECLAIM_END: c_int = 4;
    extern "C" fn event(which: c_int) {
        match which {
            // The world is stopped.
            MARK_END => debug::marked(),
            // It runs again.
            RECLAIM_END => debug::report(),
            _ => {}
        }
    }
    // SAFETY: a setter; the function takes no lock of the collector's and allocates nothing from it.
    unsafe { GC_set_on_collection_event(event) };
}

/// Runs `finalize(object, data)` some time after the object died, from [`run_finalizers`].
///
/// # Safety
/// `finalize` may be called with the object's address and `data`, once, on any thread.
pub unsafe fn push_finalizer(object: Value, finalize: Finalizer, data: *mut c_void) {
    debug::finalizable(object.address());
    // SAFETY: the address is an object's base; the finalizer is called once with it.
    unsafe {
        GC_register_finalizer_no_order(
            object.address() as *mut c_void,
            Some(finalize),
            data,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    }
}

/// libgc calls it once a collection that found something to finalize: a thread is asked to do so at its next poll.
extern "C" fn finalizers_are_due() {
    thread::request_of_any(thread::Request::Finalizers);
}

/// Runs the finalizers of what has died. Called where user code may run: at polls of code, and by `System/gc`.
pub fn run_finalizers() {
    // SAFETY: finalizers are C++ destructors behind the guard.
    unsafe {
        if GC_should_invoke_finalizers() != 0 {
            GC_invoke_finalizers();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{GcVec, Root};

    #[test]
    fn contract_heap() {
        crate::thread::attach();
        let before = collections();
        let mut v = GcVec::new();
        let root = Root::new(Value::long(i64::MAX));
        for i in 0..20_000 {
            v.push(Value::double(1e300 + i as f64 * 1e290));
            if i % 4096 == 0 {
                collect_now();
            }
        }
        assert!(collections() > before);
        assert!(v.iter().enumerate().all(|(i, x)| x.as_double() == Some(1e300 + i as f64 * 1e290)));
        assert_eq!(root.get().as_long(), Some(i64::MAX));
    }
}
