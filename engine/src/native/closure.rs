//! Functions in Rust that capture values: transducers, thunks of lazy seqs, `complement` and the like.

use crate::code::Function;
use crate::heap::{Gc, Mutable};
use crate::value::Value;

/// What a closure holds on to, by number. A captured place may be changed: it is the state of stateful transducers, and the
/// progress of a lazy seq that is being looked for, so that what is passed is not held on to.
#[derive(Clone, Copy)]
pub struct Captures(Gc<Function>);

impl Captures {
    /// # Safety
    /// `this` is the function object that a closure's entry was called with.
    pub unsafe fn of(this: Value) -> Captures {
        // SAFETY: the caller's promise.
        Captures(unsafe { Gc::from_ptr(this.address() as *mut Function) })
    }
    fn slot(&self, i: usize) -> &Mutable {
        debug_assert!(i < self.0.header().len());
        // SAFETY: a capture inside the tail; `Mutable` is one atomic word, and captures are read as words.
        unsafe { &*self.0.tail_ptr().add(i).cast::<Mutable>() }
    }
    #[inline]
    pub fn get(&self, i: usize) -> Value {
        self.slot(i).get()
    }
    #[inline]
    pub fn set(&self, i: usize, v: Value) {
        self.slot(i).set(self.0, v);
    }
}

/// A function object with captures: `closure!([f, coll] "name", (0) |c| …, (2) |c, a, b| …, (more) |c, args| …)`. Each arity
/// is a closure of Rust's without captures, from the [`Captures`] and the arguments to `Res`; `(more)`: 3 and more.
#[macro_export]
macro_rules! closure {
    ([$($capture:expr),* $(,)?] $name:literal, $(($n:tt) $f:expr),* $(,)?) => {{
        static CODE: std::sync::OnceLock<&'static $crate::code::Code> = std::sync::OnceLock::new();
        let code = *CODE.get_or_init(|| {
            let code = $crate::code::Code::blank($name.to_owned());
            $($crate::closure!(@set code $n $f);)*
            code.leak()
        });
        $crate::code::Function::new(code, &[$($capture),*]).value()
    }};
    (@set $code:ident 0 $f:expr) => { $crate::closure!(@entry $code [0] $f,) };
    (@set $code:ident 1 $f:expr) => { $crate::closure!(@entry $code [1] $f, a) };
    (@set $code:ident 2 $f:expr) => { $crate::closure!(@entry $code [2] $f, a b) };
    (@set $code:ident more $f:expr) => {
        $crate::closure!(@slice $code [3] $f, a b c);
        $crate::closure!(@slice $code [4] $f, a b c d);
        $crate::closure!(@slice $code [5] $f, a b c d g);
        $crate::closure!(@slice $code [6] $f, a b c d g h);
        {
            extern "C" fn e(
                _: &$crate::thread::Thread, this: $crate::value::Value, n: usize, args: *const $crate::value::Value,
            ) -> $crate::value::Value {
                // SAFETY: the convention of this entry: `this` is a closure of this code, `args` points to `n` live values.
                let (captures, args) = unsafe {
                    ($crate::native::Captures::of(this), std::slice::from_raw_parts(args, n))
                };
                $crate::code::answer($f(captures, args))
            }
            $crate::closure!(@store $code [$crate::code::ENTRY_MANY] e)
        }
    };
    (@entry $code:ident [$i:expr] $f:expr, $($a:ident)*) => {{
        extern "C" fn e(
            _: &$crate::thread::Thread, this: $crate::value::Value, $($a: $crate::value::Value),*
        ) -> $crate::value::Value {
            // SAFETY: the entry is of this closure's code.
            $crate::code::answer($f(unsafe { $crate::native::Captures::of(this) }, $($a),*))
        }
        $crate::closure!(@store $code [$i] e)
    }};
    (@slice $code:ident [$i:expr] $f:expr, $($a:ident)*) => {{
        extern "C" fn e(
            _: &$crate::thread::Thread, this: $crate::value::Value, $($a: $crate::value::Value),*
        ) -> $crate::value::Value {
            // SAFETY: the entry is of this closure's code.
            $crate::code::answer($f(unsafe { $crate::native::Captures::of(this) }, &[$($a),*]))
        }
        $crate::closure!(@store $code [$i] e)
    }};
    (@store $code:ident [$i:expr] $e:ident) => {
        $code.entries[$i].store($e as *mut std::ffi::c_void, std::sync::atomic::Ordering::Release)
    };
}
