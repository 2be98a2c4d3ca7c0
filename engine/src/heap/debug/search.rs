//! `gc.search`: live malloc blocks that hold a word which names a dead object: a value where the collector does not look.
//!
//! Without symbols a place is said as an offset in a file, for `addr2line` or `nm`.
//!
//! Blocks are those of Rust's allocator in a program that has [`Tracked`] for it; they are cleared when they are made, so
//! that nothing stale is found in them. What C++ code, its library and LLVM allocate is not seen.

use super::table::Table;
use super::{REFERENCES, SEARCH, is_dead, is_on, named_object, say, type_of};
use crate::heap::TypeId;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{CStr, c_void};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Frames kept of who allocated a block, and those of the allocator itself, which are not.
const FRAMES: usize = 7;
const OWN_FRAMES: usize = 3;

/// By the block's address: its size, and who allocated it.
pub(super) static BLOCKS: Table<{ 1 + FRAMES }> = Table::new();

/// The global allocator of a program that wants the mode: the system's, and a table of blocks while the mode is on.
#[derive(Debug, Clone, Copy)]
pub struct Tracked;

// SAFETY: the system's allocator does the work; the table is only told.
unsafe impl GlobalAlloc for Tracked {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_on(SEARCH) {
            // SAFETY: the caller's promise.
            return noted(unsafe { System.alloc_zeroed(layout) }, layout);
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let p = unsafe { System.alloc_zeroed(layout) };
        if is_on(SEARCH) { noted(p, layout) } else { p }
    }
    #[inline]
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        if is_on(SEARCH) {
            BLOCKS.remove(p as usize);
        }
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(p, layout) }
    }
    #[inline]
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !is_on(SEARCH) {
            // SAFETY: the caller's promise.
            return unsafe { System.realloc(p, layout, size) };
        }
        // SAFETY: the caller's promise; both blocks have room for what is copied.
        unsafe {
            let grown = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !grown.is_null() {
                std::ptr::copy_nonoverlapping(p, grown, layout.size().min(size));
                self.dealloc(p, layout);
            }
            grown
        }
    }
}

#[cold]
#[inline(never)]
fn noted(p: *mut u8, layout: Layout) -> *mut u8 {
    if !p.is_null() && layout.size() >= 8 {
        let mut frames = [std::ptr::null_mut::<c_void>(); FRAMES + OWN_FRAMES];
        // SAFETY: so many fit.
        unsafe { libc::backtrace(frames.as_mut_ptr(), frames.len() as i32) };
        let mut words = [layout.size() as u64; 1 + FRAMES];
        words[1..].iter_mut().zip(&frames[OWN_FRAMES..]).for_each(|(w, f)| *w = *f as u64);
        BLOCKS.insert(p as usize, words);
    }
    p
}

/// What was found in this collection: block, size, offset, object, type, then who allocated the block.
static FOUND: [[AtomicUsize; HEAD + FRAMES]; 16] = [const { [const { AtomicUsize::new(0) }; HEAD + FRAMES] }; 16];
static FOUND_COUNT: AtomicUsize = AtomicUsize::new(0);
const HEAD: usize = 5;
/// Places that were said already.
static SAID: Table<1> = Table::new();

pub(super) fn open() {
    BLOCKS.open();
    SAID.open();
}

/// The world is stopped: blocks are as they are, those of the table are not freed.
pub(super) fn search() {
    let values_only = !is_on(REFERENCES);
    BLOCKS.retain(|block, words| {
        let size = words[0].load(Ordering::Relaxed) as usize;
        for offset in (0..size / 8).map(|i| i * 8) {
            // SAFETY: inside a live block; what another thread was about to write there is of no consequence.
            let word = unsafe { ((block + offset) as *const usize).read_volatile() };
            if values_only && word % 16 != 1 {
                continue;
            }
            if let Some(object) = named_object(word)
                && is_dead(object)
                && type_of(object).is_known()
            {
                found([block, size, offset, object, type_of(object).0 as usize], words);
                break;
            }
        }
        true
    });
}

fn found(head: [usize; HEAD], words: &[AtomicU64; 1 + FRAMES]) {
    let frames = || words[1..].iter().map(|w| w.load(Ordering::Relaxed) as usize);
    // The innermost frame tells the kind of block: a vector of what, a box of what.
    let place = frames().next().unwrap_or(0) | 8;
    let n = FOUND_COUNT.load(Ordering::Relaxed);
    if SAID.find(place).is_some() || n == FOUND.len() {
        return;
    }
    SAID.insert(place, [0]);
    FOUND[n].iter().zip(head.into_iter().chain(frames())).for_each(|(place, n)| place.store(n, Ordering::Relaxed));
    FOUND_COUNT.store(n + 1, Ordering::Release);
}

pub(super) fn report() {
    for found in &FOUND[..FOUND_COUNT.swap(0, Ordering::AcqRel)] {
        let n: [usize; HEAD + FRAMES] = std::array::from_fn(|i| found[i].load(Ordering::Relaxed));
        let mut text = String::new();
        if describe(&mut text, &n).is_ok() {
            say(&text);
        }
    }
}

fn describe(text: &mut String, n: &[usize; HEAD + FRAMES]) -> std::fmt::Result {
    let [block, size, offset, object, ty, frames @ ..] = n;
    let ty = TypeId(*ty as u32);
    writeln!(
        text,
        "rung: gc.search: a malloc block of {size} bytes at {block:x} names, {offset} bytes in, the {ty:?} at {object:x}, \
         which is dead; allocated by"
    )?;
    for frame in frames.iter().filter(|f| **f != 0) {
        writeln!(text, "  {}", symbol(*frame))?;
    }
    Ok(())
}

fn symbol(address: usize) -> String {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: takes any address; the names it gives are the loader's and stay.
    unsafe {
        if libc::dladdr(address as *const c_void, &mut info) == 0 || info.dli_fname.is_null() {
            return "code made here".to_owned();
        }
        let file = CStr::from_ptr(info.dli_fname).to_string_lossy().into_owned();
        match info.dli_sname.is_null() {
            true => format!("{file}+{:x}", address - info.dli_fbase as usize),
            false => format!(
                "{} ({file}+{:x})",
                CStr::from_ptr(info.dli_sname).to_string_lossy(),
                address - info.dli_fbase as usize
            ),
        }
    }
}
