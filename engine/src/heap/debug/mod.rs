//! Modes that find mistakes of the engine: `gc.search`, `gc.poison`, `gc.verify`. They work where a collection has marked
//! and not yet swept, the world stopped: no lock is taken and nothing is allocated there. What they find is said when the
//! world runs again. A store that was not seen ends the process (exit 2). A word in a block is said once for each place
//! that allocates such blocks, and the program goes on: bytes between the fields of a Rust value are whatever was on the
//! stack when it was made, so a person has to look.

mod poison;
mod search;
mod table;
mod verify;

use super::collector;
use crate::heap::TypeId;
pub use poison::PATTERN as POISON;
pub use search::Tracked;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use table::Table;
pub(super) use verify::{after_store, before_store, watch};

/// Which modes are on.
static MODES: AtomicU8 = AtomicU8::new(0);
pub(super) static VERIFY: AtomicBool = AtomicBool::new(false);
const SEARCH: u8 = 1;
/// Search for references too, not only for values.
const REFERENCES: u8 = 2;
const FILL: u8 = 4;

#[inline(always)]
fn is_on(mode: u8) -> bool {
    MODES.load(Ordering::Relaxed) & mode != 0
}

/// Objects that are to be finalized: they die a collection later than they are unreachable.
static FINALIZABLE: Table<1> = Table::new();
/// What lives on until those are finalized, in this collection.
static SPARED: Table<1> = Table::new();

pub(super) fn configure(search: u8, poison: bool, verify: bool) {
    if search > 0 || poison || verify {
        FINALIZABLE.open();
        SPARED.open();
        collector::call_debug_modes();
    }
    if search > 0 {
        search::open();
    }
    if poison {
        poison::OBJECTS.open();
    }
    if verify {
        verify::FIELDS.open();
    }
    MODES.store(
        (u8::from(search > 0) * SEARCH) | (u8::from(search > 1) * REFERENCES) | (u8::from(poison) * FILL),
        Ordering::Release,
    );
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

/// The collector's lock is held, the world runs.
pub(super) fn report() {
    search::report();
    verify::report();
}

/// Says it at once, past every lock.
fn say(text: &str) {
    // SAFETY: the text is so long.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}
