//! Modes that find mistakes of the engine: `gc.search`, `gc.poison`, `gc.verify`. They work where a collection has marked
//! and not yet swept, the world stopped: no lock is taken and nothing is allocated there. What they find is said when the
//! world runs again, and ends the process: exit 2.

mod poison;
mod search;
mod table;
mod verify;

use super::collector;
use crate::heap::TypeId;
pub use poison::PATTERN as POISON;
pub use search::Tracked;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use table::Table;
pub(super) use verify::{after_store, before_store, watch};

/// Which modes are on.
static MODES: AtomicU8 = AtomicU8::new(0);
pub(super) static VERIFY: AtomicBool = AtomicBool::new(false);
const SEARCH: u8 = 1;
const FILL: u8 = 2;

#[inline(always)]
fn is_on(mode: u8) -> bool {
    MODES.load(Ordering::Relaxed) & mode != 0
}

/// Objects that are to be finalized: they die a collection later than they are unreachable.
static FINALIZABLE: Table<1> = Table::new();
/// What lives on until those are finalized, in this collection.
static SPARED: Table<1> = Table::new();

pub(super) fn configure(search: bool, poison: bool, verify: bool) {
    if search || poison || verify {
        FINALIZABLE.open();
        SPARED.open();
        collector::call_debug_modes();
    }
    if search {
        search::BLOCKS.open();
    }
    if poison {
        poison::OBJECTS.open();
    }
    if verify {
        verify::FIELDS.open();
    }
    MODES.store(u8::from(search) * SEARCH | u8::from(poison) * FILL, Ordering::Release);
    VERIFY.store(verify, Ordering::Release);
}

/// An object is there. Asked of every one by the slow path alone, which poison makes the only one.
pub(super) fn allocated(address: usize) {
    if is_on(FILL) {
        poison::OBJECTS.insert(address, [0]);
    }
}

/// Are inline free lists to stay empty?
pub(super) fn wants_slow_path() -> bool {
    is_on(FILL)
}

pub(super) fn finalizable(address: usize) {
    FINALIZABLE.insert(address, [0]);
}

/// The world is stopped; everything that lives is marked.
pub(super) fn marked() {
    spare();
    if is_on(SEARCH) {
        search::search();
    }
    if VERIFY.load(Ordering::Relaxed) {
        verify::verify();
    }
    if is_on(FILL) {
        poison::poison();
    }
    SPARED.retain(|_, _| false);
}

/// Unmarked, and nothing that waits for its finalizer needs it.
fn is_dead(object: usize) -> bool {
    !collector::is_marked(object) && SPARED.find(object).is_none()
}

/// Finds what the objects that will be finalized hold on to, as the collector will when it has found them.
fn spare() {
    FINALIZABLE.retain(|object, _| {
        let live = collector::is_marked(object);
        if !live {
            spare_from(object, 0);
        }
        live
    });
}

/// Longest chain that is followed; the list of finalizable objects is short, and so is what they hold.
const DEEP: usize = 512;

fn spare_from(object: usize, depth: usize) {
    if depth > DEEP || SPARED.find(object).is_some() || SPARED.insert(object, [0]).is_none() {
        return;
    }
    for i in 0..collector::size_of_object(object) / 8 {
        // SAFETY: inside an object that is not swept yet.
        let word = unsafe { *(object as *const usize).add(i) };
        if let Some(inner) = named_object(word)
            && !collector::is_marked(inner)
        {
            spare_from(inner, depth + 1);
        }
    }
}

/// The object that a word names: as a value (address + 1) or as a reference.
fn named_object(word: usize) -> Option<usize> {
    let address = match word % 16 {
        0 => word,
        1 => word - 1,
        _ => return None,
    };
    (address > 4096 && collector::is_live(address)).then_some(address)
}

/// What an object's header says.
fn type_of(object: usize) -> TypeId {
    // SAFETY: asked of objects that are not swept yet.
    TypeId((unsafe { *(object as *const u64) } & 0xf_ffff) as u32)
}

/// The first finding: what kind, and up to twelve numbers for its text.
static FOUND: AtomicUsize = AtomicUsize::new(0);
static NUMBERS: [AtomicUsize; 12] = [const { AtomicUsize::new(0) }; 12];
const IN_BLOCK: usize = 1;
const UNSEEN_STORE: usize = 2;

fn found(kind: usize, numbers: &[usize]) {
    if FOUND.compare_exchange(0, kind, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
        NUMBERS.iter().zip(numbers).for_each(|(place, n)| place.store(*n, Ordering::Relaxed));
    }
}

/// The collector's lock is held, the world runs.
pub(super) fn report() {
    let n: [usize; 12] = std::array::from_fn(|i| NUMBERS[i].load(Ordering::Relaxed));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match FOUND.load(Ordering::Acquire) {
        IN_BLOCK => search::describe(&mut text, &n),
        UNSEEN_STORE => writeln!(
            text,
            "rung: gc.verify: a field of the {:?} at {:x}, {} bytes in, changed without the barrier: {:x}, was {:x}",
            TypeId(n[0] as u32),
            n[1],
            n[2],
            n[4],
            n[3]
        ),
        _ => return,
    };
    // SAFETY: the text is so long. Nothing may run any more: exit handlers could wait for the collector.
    unsafe {
        libc::write(2, text.as_ptr().cast(), text.len());
        libc::_exit(2)
    }
}
