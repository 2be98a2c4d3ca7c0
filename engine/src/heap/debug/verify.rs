//! `gc.verify`: what each watched field was last stored through the barrier; at a collection it must still be there.

use super::table::Table;
use super::{is_dead, say, type_of};
use crate::heap::TypeId;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// By the field's address: owner, word, stores that have begun and not ended. While there are any nothing is compared.
pub(super) static FIELDS: Table<3> = Table::new();

fn entry(owner: usize, field: &AtomicU64) -> Option<&'static [AtomicU64; 3]> {
    let key = std::ptr::from_ref(field) as usize;
    match FIELDS.find(key) {
        Some(e) => Some(e),
        None => FIELDS.insert(key, [owner as u64, field.load(Ordering::Acquire), 0]),
    }
}

/// The field is there, in an object that was just made.
pub(in crate::heap) fn watch(owner: usize, field: &AtomicU64) {
    if let Some([place, word, _]) = entry(owner, field) {
        place.store(owner as u64, Ordering::Relaxed);
        word.store(field.load(Ordering::Acquire), Ordering::Release);
    }
}

pub(in crate::heap) fn before_store(owner: usize, field: &AtomicU64) {
    if let Some([_, _, begun]) = entry(owner, field) {
        begun.fetch_add(1, Ordering::AcqRel);
    }
}

pub(in crate::heap) fn after_store(owner: usize, field: &AtomicU64) {
    let Some([_, word, begun]) = entry(owner, field) else { return };
    // Another thread may store in between: the last one to look sees the last word.
    loop {
        let now = field.load(Ordering::Acquire);
        word.store(now, Ordering::Release);
        if field.load(Ordering::Acquire) == now {
            break;
        }
    }
    // Found by nobody before the store began: no room then, room now.
    let _ = begun.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1));
}

/// Fields of dead objects are forgotten before their memory is anybody else's.
pub(super) fn verify() {
    FIELDS.retain(|field, [owner, word, begun]| {
        let owner = owner.load(Ordering::Relaxed) as usize;
        if is_dead(owner) {
            return false;
        }
        let then = word.load(Ordering::Acquire);
        // SAFETY: the owner lives, and the field lies in it.
        let now = unsafe { (*(field as *const AtomicU64)).load(Ordering::Acquire) };
        if now != then && begun.load(Ordering::Acquire) == 0 {
            found([type_of(owner).0 as usize, owner, field - owner, then as usize, now as usize]);
        }
        true
    });
}

/// The first finding: type and address of the owner, the field's place in it, what was there and what is.
static FOUND: [AtomicUsize; 5] = [const { AtomicUsize::new(0) }; 5];
static IS_FOUND: AtomicBool = AtomicBool::new(false);

fn found(numbers: [usize; 5]) {
    if !IS_FOUND.load(Ordering::Relaxed) {
        FOUND.iter().zip(numbers).for_each(|(place, n)| place.store(n, Ordering::Relaxed));
        IS_FOUND.store(true, Ordering::Release);
    }
}

pub(super) fn report() {
    if !IS_FOUND.load(Ordering::Acquire) {
        return;
    }
    let [ty, owner, at, then, now] = std::array::from_fn(|i| FOUND[i].load(Ordering::Relaxed));
    say(&format!(
        "rung: gc.verify: a field of the {:?} at {owner:x}, {at} bytes in, changed without the barrier: {now:x}, was {then:x}\n",
        TypeId(ty as u32)
    ));
    // SAFETY: nothing may run any more: exit handlers could wait for the collector, whose lock is held.
    unsafe { libc::_exit(2) }
}
