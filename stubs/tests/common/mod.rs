//! What the tests share: one host with the real Clang library, and calls written as a tier would make them.
#![allow(dead_code, reason = "each test binary uses a part")]

use engine::analyze::{SiteId, Tree, UnitData};
use engine::fault::{Res, Throwable};
use engine::host::CppHost;
use engine::text::Text;
use engine::thread::Thread;
use engine::value::Value;
use questions::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};
use stubs::{Stubs, StubsConfig};

/// The process's host. `cargo test -p rung-stubs` does not build librung_clang.so, so this does where there is none.
pub fn host() -> &'static Stubs {
    static HOST: OnceLock<Stubs> = OnceLock::new();
    engine::thread::attach();
    HOST.get_or_init(|| {
        if stubs::library_path().is_err() {
            let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
            let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
            let build = ["build", "-p", "rung-clang", "--profile", profile];
            let status = std::process::Command::new(cargo).args(build).status().unwrap();
            assert!(status.success(), "librung_clang.so cannot be built");
        }
        Stubs::new(StubsConfig::default())
    })
}

/// Declares C++ and runs its initialisers.
pub fn raw(text: &str) {
    let done = host().raw(text, "test.clj", 1).unwrap_or_else(|d| panic!("{d:#?}"));
    host().run_inits(&done.inits).unwrap();
}

pub fn ty(text: &str) -> CppType {
    match host().ask(&[Question::Type { text: text.into() }]).remove(0) {
        Ok(Answer::Type { ty }) => ty,
        other => panic!("{text}: {other:#?}"),
    }
}

/// A bound call site.
pub struct Site {
    pub answer: std::sync::Arc<CallAnswer>,
    pub stub: Trampoline,
}

pub fn bind(question: CallQuestion) -> Site {
    let answer = match host().ask(&[Question::Call(question)]).remove(0) {
        Ok(Answer::Call(c)) => c,
        other => panic!("{other:#?}"),
    };
    let tree = Tree { sites: vec![answer.clone()], ..Tree::default() };
    let unit = UnitData {
        sites: Box::new([AtomicPtr::default()]),
        codes: OnceLock::new(),
        inits: parking_lot::Mutex::default(),
    };
    host().bind_sites(&tree, &unit, &[SiteId(0)]).unwrap_or_else(|d| panic!("{d:#?}"));
    Site { answer, stub: Trampoline { address: unit.sites[0].load(Ordering::Acquire) as u64 } }
}

/// A function by name, every argument boxed.
pub fn function(name: &str, args: usize) -> Site {
    bind(CallQuestion { callee: Callee::Name { name: name.into() }, args: vec![Arg::Boxed {}; args] })
}

pub fn unary(callee: Callee, ty: &CppType, category: Category) -> Site {
    bind(CallQuestion { callee, args: vec![Arg::Native { ty: ty.name.clone(), category }] })
}

const WORDS: usize = 8;

impl Site {
    /// Converts, calls, converts back, destroys what it made: what tier 0 does with a call of boxed values.
    pub fn call(&self, values: &[Value]) -> Res {
        let h = host();
        let t = Thread::current();
        let mut storage = [[0u128; WORDS]; 4];
        let mut bits = [0u64; 4];
        let mut args = [std::ptr::null_mut::<u8>(); 4];
        let mut made = [false; 4];
        assert!(values.len() <= 4);
        let converted = self.answer.args.iter().enumerate().try_for_each(|(i, ty)| {
            let place = storage[i].as_mut_ptr().cast::<u8>();
            // SAFETY: the storage is larger than any type of the tests.
            bits[i] = unsafe { h.from_value(values[i], ty, place) }?;
            made[i] = ty.repr == Repr::Memory && bits[i] == place as u64;
            args[i] = if ty.repr == Repr::Memory { bits[i] as *mut u8 } else { (&raw mut bits[i]).cast() };
            Ok(())
        });
        let mut ret = [0u128; WORDS];
        let ret_at = ret.as_mut_ptr().cast::<u8>();
        // SAFETY: the site's own types.
        let result = converted.and_then(|_| unsafe { h.call(t, self.stub, args.as_ptr(), ret_at) });
        for (i, ty) in self.answer.args.iter().enumerate() {
            if made[i] && !ty.trivially_destructible {
                let pending = t.pending.replace(Value::ABSENT);
                destroy(ty, bits[i] as *mut u8);
                t.pending.set(pending);
            }
        }
        result?;
        let r = &self.answer.result;
        let is_lvalue = self.answer.result_category != Category::Prvalue;
        let address = if is_lvalue { ret[0] as u64 } else { ret_at as u64 };
        // SAFETY: the result of the site's type lies at `address`.
        let value = unsafe {
            let bits = if r.repr == Repr::Memory { address } else { load(r, address) };
            h.to_value(r, bits)
        };
        if r.repr == Repr::Memory && !is_lvalue && !r.trivially_destructible {
            let pending = t.pending.replace(Value::ABSENT);
            destroy(r, address as *mut u8);
            t.pending.set(pending);
        }
        value
    }
}

/// A scalar at `address`, extended to 64 bits.
///
/// # Safety
/// A scalar of the type lies there.
pub unsafe fn load(ty: &CppType, address: u64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match ty.repr {
            Repr::Void => 0,
            Repr::Bool | Repr::U8 => *(address as *const u8) as u64,
            Repr::I8 => *(address as *const i8) as i64 as u64,
            Repr::I16 => *(address as *const i16) as i64 as u64,
            Repr::U16 => *(address as *const u16) as u64,
            Repr::I32 => *(address as *const i32) as i64 as u64,
            Repr::U32 | Repr::F32 => *(address as *const u32) as u64,
            _ => *(address as *const u64),
        }
    }
}

pub fn destroy(ty: &CppType, object: *mut u8) {
    let site = unary(Callee::Destroy { ty: ty.name.clone() }, ty, Category::Lvalue);
    let args = [object];
    // SAFETY: the object is the test's, alive.
    unsafe { host().call(Thread::current(), site.stub, args.as_ptr(), std::ptr::null_mut()) }.unwrap();
}

/// The pending error: its code (or class) and message.
pub fn error() -> (String, String) {
    let e = pending().cast::<Throwable>().expect("a throwable");
    (e.diagnostic().map_or_else(|| e.class().name().to_owned(), |d| d.code), e.message_text())
}

pub fn pending() -> Value {
    let t = Thread::current();
    assert!(t.is_pending(), "no error is pending");
    t.take_pending()
}

pub fn text(s: &str) -> Value {
    Text::value(s)
}

pub fn str_of(v: Value) -> String {
    v.cast::<Text>().map_or_else(|| panic!("no text: {v:?}"), |t| t.as_str().to_owned())
}

pub fn int(n: i64) -> Value {
    Value::long(n)
}
