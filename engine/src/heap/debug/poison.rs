//! `gc.poison`: dead objects are filled with a pattern before they are swept, so that a use of one shows. As a header it
//! is no type's, as a word it names memory that no process has: following it is a fault.

use super::table::Table;
use super::{collector, is_dead};

/// Not canonical as an address; tagged as a reference.
pub const PATTERN: u64 = 0xdead_0bad_dead_0bd1;

/// Every object that was allocated since the mode is on.
pub(super) static OBJECTS: Table<1> = Table::new();

pub(super) fn poison() {
    OBJECTS.retain(|object, _| {
        if !collector::is_live(object) {
            return false;
        }
        let dead = is_dead(object);
        if dead {
            for i in 0..collector::size_of_object(object) / 8 {
                // SAFETY: inside an object that nobody can reach, before it is swept. The collector clears what it hands
                // out again.
                unsafe { (object as *mut u64).add(i).write(PATTERN) };
            }
        }
        !dead
    });
}
