//! Frames on the thread's value stack.
//!
//! ```text
//!  vbottom …  | caller's frame | – | at | frame: word 0 the function object, 1 … parameters, locals, native storage |  ← vtop
//! ```
//! `at` is the node whose call is under way (tier 0 alone looks at it): where the function stands, should an error pass.
//! Frames are 16-byte aligned: `vtop` always is, and whoever raises it does so by an even number of words. It is raised
//! before anything allocates (the collector scans up to it) and put back on every way out.

use crate::node::Node;
use engine::analyze::Slot;
use engine::thread::Thread;
use engine::value::Value;

/// Words before a frame: `at`, and one that keeps frames aligned.
pub const MARGIN: usize = 2;

/// The running function's frame. Made by entries only, with room for the arity's words; the tree's slots lie within.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Frame(*mut Value);

impl Frame {
    /// # Safety
    /// `at` is the base of a frame on the calling thread's value stack, as large as the code that runs in it wants.
    #[inline(always)]
    pub unsafe fn at(at: *mut Value) -> Frame {
        Frame(at)
    }
    #[inline(always)]
    pub fn base(self) -> *mut Value {
        self.0
    }
    #[inline(always)]
    pub fn get(self, s: Slot) -> Value {
        // SAFETY: the builder has checked every slot of the tree against the arity's frame.
        unsafe { *self.0.add(s.index()) }
    }
    #[inline(always)]
    pub fn set(self, s: Slot, v: Value) {
        // SAFETY: as above.
        unsafe { *self.0.add(s.index()) = v }
    }
    /// The function object.
    #[inline(always)]
    pub fn this(self) -> Value {
        // SAFETY: every frame has word 0.
        unsafe { *self.0 }
    }
    /// The node's call is under way.
    #[inline(always)]
    pub fn stand(self, n: &'static Node) {
        // SAFETY: every frame has `MARGIN` words before it.
        unsafe { *self.0.sub(1).cast::<*const Node>() = n }
    }
    #[inline(always)]
    pub fn stand_nowhere(self) {
        // SAFETY: as above.
        unsafe { *self.0.sub(1).cast::<*const Node>() = std::ptr::null() }
    }
    /// The node whose call was under way last.
    pub fn stands(self) -> Option<&'static Node> {
        // SAFETY: entries clear the word, and only `stand` stores there; nodes live for ever.
        unsafe { (*self.0.sub(1).cast::<*const Node>()).as_ref() }
    }
    /// The address of a word: native storage.
    #[inline(always)]
    pub fn word(self, i: u32) -> *mut Value {
        // SAFETY: as for slots.
        unsafe { self.0.add(i as usize) }
    }
}

/// Scratch words above the running frame: arguments of long calls, items of collections. The value stack is put back
/// when it is dropped.
pub struct Scratch<'t> {
    t: &'t Thread,
    base: *mut Value,
    len: usize,
}

impl<'t> Scratch<'t> {
    /// `n` words of zero; `None` with StackOverflowError pending where there is no room.
    #[inline]
    pub fn take(t: &'t Thread, n: usize) -> Option<Scratch<'t>> {
        let base = t.vtop.get();
        let words = n.next_multiple_of(2);
        if (t.vend.get() as usize).saturating_sub(base as usize) < words * size_of::<Value>() {
            let _ = engine::fault::stack_overflow();
            return None;
        }
        // SAFETY: there is room for `words` below the end of the mapping; words above `vtop` belong to nobody.
        unsafe {
            std::ptr::write_bytes(base, 0, n);
            t.vtop.set(base.add(words));
        }
        Some(Scratch { t, base, len: n })
    }
    pub fn set(&mut self, i: usize, v: Value) {
        debug_assert!(i < self.len);
        // SAFETY: callers count up to the number they took.
        unsafe { *self.base.add(i) = v }
    }
    pub fn values(&self) -> &[Value] {
        // SAFETY: `len` words were taken and zeroed.
        unsafe { std::slice::from_raw_parts(self.base, self.len) }
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        self.t.vtop.set(self.base);
    }
}

/// Did the node that gave this word throw? The sentinel alone does not tell: a C++ value may look like it.
#[inline(always)]
pub fn failed(t: &Thread, v: Value) -> bool {
    v == Value::THROWN && t.is_pending()
}
