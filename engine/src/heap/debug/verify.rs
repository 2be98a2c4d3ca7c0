//! `gc.verify`: what each watched field was last stored through the barrier; at a collection it must still be there.

use super::table::Table;
use super::{UNSEEN_STORE, found, is_dead, type_of};
use std::sync::atomic::{AtomicU64, Ordering};

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
            found(UNSEEN_STORE, &[type_of(owner).0 as usize, owner, field - owner, then as usize, now as usize]);
        }
        true
    });
}
