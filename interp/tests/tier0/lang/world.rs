//! Functions out of trees, and the parts that tier 0 needs around it: tiers that note what is asked of them, a C++ host
//! whose trampolines are Rust functions.

use super::compile::{Compiler, read};
use engine::analyze::{ConstKey, LoopId, SiteId, Tree, UnitData};
use engine::code::{self, Body, Code, Feedback, Function};
use engine::fault::{Res, Throwable};
use engine::heap;
use engine::host::{self, CppHost, Evaluator, LoopEntry, ObjectStore, Parts, Tiers};
use engine::questions::*;
use engine::space;
use engine::text::{Keyword, Symbol, Text};
use engine::thread::Thread;
use engine::value::Value;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

pub type CallHot = fn(&Thread, &'static Code);
pub type LoopHot = fn(&'static Code, LoopId) -> Option<LoopEntry>;

/// What the tests put in the tiers' place, by the name of the function that is hot.
pub struct World;
static CALL_HOT: Mutex<Vec<(&str, CallHot)>> = Mutex::new(Vec::new());
static LOOP_HOT: Mutex<Vec<(&str, LoopHot)>> = Mutex::new(Vec::new());
static STUBS: Mutex<Vec<(&str, usize)>> = Mutex::new(Vec::new());

impl World {
    pub fn on_call_hot(name: &'static str, f: CallHot) {
        CALL_HOT.lock().push((name, f));
    }
    pub fn on_loop_hot(name: &'static str, f: LoopHot) {
        LOOP_HOT.lock().push((name, f));
    }
    /// A trampoline for sites of this signature.
    pub fn stub(signature: &'static str, f: extern "C" fn(*mut u8, *const *mut u8, *mut u8)) {
        STUBS.lock().push((signature, f as usize));
    }
}

impl Tiers for World {
    fn defined(&self, _: &'static Code) {}
    fn call_hot(&self, t: &Thread, code: &'static Code) {
        let hook = CALL_HOT.lock().iter().find(|(n, _)| *n == code.name).map(|h| h.1);
        if let Some(f) = hook {
            f(t, code);
        }
    }
    fn loop_hot(&self, _: &Thread, code: &'static Code, _: u32, id: LoopId) -> Option<LoopEntry> {
        let hook = LOOP_HOT.lock().iter().find(|(n, _)| *n == code.name).map(|h| h.1);
        hook.and_then(|f| f(code, id))
    }
    fn invalidate(&self, _: &'static Code, _: &str) {}
    fn events_json(&self) -> String {
        "[]".into()
    }
    fn metrics_json(&self) -> String {
        "{}".into()
    }
}

fn none<T>() -> Result<T, Vec<Diagnostic>> {
    Err(vec![Diagnostic::new(Phase::Compile, "test/none", "no compiler in this test")])
}

impl CppHost for World {
    fn raw(&self, _: &str, _: &str, _: u32) -> Result<RawDone, Vec<Diagnostic>> {
        none()
    }
    fn include(&self, _: &str, _: &str) -> Result<RawDone, Vec<Diagnostic>> {
        none()
    }
    fn link(&self, _: &str) -> Result<(), Diagnostic> {
        none().map_err(|mut d| d.remove(0))
    }
    fn ask(&self, questions: &[Question]) -> Vec<Result<Answer, Diagnostic>> {
        questions.iter().map(|_| none().map_err(|mut d| d.remove(0))).collect()
    }
    fn bind_sites(&self, tree: &Tree, unit: &UnitData, sites: &[SiteId]) -> Result<(), Diagnostic> {
        let mut missing = Ok(());
        for s in sites {
            let signature = &tree.site(*s).signature;
            match STUBS.lock().iter().find(|(n, _)| n == signature) {
                Some((_, f)) => unit.sites[s.index()].store(*f as *mut _, Ordering::Release),
                None => missing = Err(Diagnostic::new(Phase::Compile, "test/stub", format!("no stub for {signature}"))),
            }
        }
        missing
    }
    unsafe fn call(&self, t: &Thread, stub: Trampoline, args: *const *mut u8, ret: *mut u8) -> Res<()> {
        // SAFETY: every stub of these tests has this type.
        let f: extern "C" fn(*mut u8, *const *mut u8, *mut u8) = unsafe { std::mem::transmute(stub.address) };
        f(std::ptr::null_mut(), args, ret);
        if t.is_pending() { Err(engine::fault::pending()) } else { Ok(()) }
    }
    unsafe fn to_value(&self, ty: &CppType, _: u64) -> Res {
        Err(engine::fault::illegal_argument(format!("to_value {}", ty.name)))
    }
    unsafe fn from_value(&self, _: Value, ty: &CppType, _: *mut u8) -> Res<u64> {
        Err(engine::fault::illegal_argument(format!("from_value {}", ty.name)))
    }
    unsafe fn callback(&self, _: Value, ty: &CppType, _: *mut u8) -> Res<u64> {
        Err(engine::fault::illegal_argument(format!("callback {}", ty.name)))
    }
    fn box_pointer(&self, _: &CppType, bits: u64) -> Res {
        Ok(Value::long(bits as i64))
    }
    fn unbox(&self, v: Value, _: &CppType) -> Res<u64> {
        Ok(v.as_long().unwrap_or(0) as u64)
    }
    unsafe fn own_value(&self, _: &Thread, ty: &CppType, _: u64, _: Option<Trampoline>, _: Option<Trampoline>) -> Res {
        Err(engine::fault::illegal_argument(format!("own_value {}", ty.name)))
    }
    fn catch_cpp(&self, _: Value, _: &CppType) -> Option<u64> {
        None
    }
    fn run_inits(&self, _: &[u64]) -> Res<()> {
        Ok(())
    }
    fn complete(&self, _: &str, _: &str) -> Vec<Completion> {
        vec![]
    }
    fn environment_key(&self) -> [u8; 32] {
        [0; 32]
    }
    fn compile(&self, _: &str, _: &str, _: &[String]) -> Result<Compiled, Vec<Diagnostic>> {
        none()
    }
    fn load(&self, _: Blob, _: Vec<(String, u64)>, _: &[String]) -> Result<Loaded, Vec<Diagnostic>> {
        none()
    }
}

impl ObjectStore for World {
    fn get(&self, _: &str, _: &[u8; 32]) -> Option<Vec<u8>> {
        None
    }
    fn put(&self, _: &str, _: &[u8; 32], _: &[u8]) {}
}

/// Puts the parts in place and attaches the thread.
pub fn setup() -> &'static Thread {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let world = || Box::new(World);
        host::assemble(Parts { evaluator: Box::new(interp::Interp), tiers: world(), cpp: world(), store: world() });
    });
    engine::thread::attach()
}

fn constant(key: &ConstKey) -> Value {
    match key {
        ConstKey::Var { ns, name } => space::find_or_create(ns).intern(Symbol::intern(None, name)).value(),
        ConstKey::Keyword(s) => Keyword::parse(s).value(),
        ConstKey::Symbol(s) => Symbol::parse(s).value(),
        ConstKey::Long(n) => Value::long(*n),
        ConstKey::Double(b) => Value::double(f64::from_bits(*b)),
        ConstKey::Text(s) => Text::value(s),
        ConstKey::Char(c) => Value::char(*c),
        ConstKey::Nil => Value::NIL,
        ConstKey::Bool(b) => Value::bool(*b),
        k => panic!("no constant for {k:?}"),
    }
}

impl World {
    /// The records of a tree's functions, installed; the first is the form itself.
    pub fn load(tree: Tree) -> &'static Code {
        setup();
        let tree = Arc::new(tree);
        let consts: *mut Value = heap::uncollectable((tree.consts.len() + 1) * 8).as_ptr().cast();
        for (i, k) in tree.consts.iter().enumerate() {
            // SAFETY: one word for each.
            unsafe { *consts.add(i) = constant(k) };
        }
        let sites = tree.sites.iter().map(|_| AtomicPtr::default()).collect();
        let inits = Mutex::new(vec![vec![]; tree.raws.len()]);
        let unit = Arc::new(UnitData { sites, codes: Default::default(), inits });
        let mut codes = Vec::new();
        for (i, f) in tree.fns.iter().enumerate() {
            let cells: Vec<Feedback> = (0..f.feedback + 1).map(|_| Feedback::default()).collect();
            let mut code = Code::blank(f.name.to_string());
            code.consts = consts;
            code.feedback = cells.leak().as_ptr();
            code.sites = unit.sites.as_ptr();
            code.body = Some(Body {
                tree: tree.clone(),
                function: engine::analyze::FnId(i as u32),
                consts_len: tree.consts.len(),
                feedback_len: f.feedback as usize,
                unit: unit.clone(),
            });
            codes.push(code.register());
        }
        assert!(unit.codes.set(codes.clone()).is_ok());
        codes.iter().for_each(|c| interp::Interp.install(c));
        codes[0]
    }

    pub fn call(code: &'static Code, args: &[Value]) -> Res {
        let t = setup();
        code::result(t, code::call(t, Function::new(code, &[]), args))
    }
}

/// Compiles and runs a form.
pub fn run(text: &str) -> Res {
    World::call(World::load(Compiler::default().top(&read(text))), &[])
}

/// The form's value, a long.
pub fn long(text: &str) -> i64 {
    match run(text) {
        Ok(v) => v.as_long().unwrap_or_else(|| panic!("{v:?} is no long")),
        Err(_) => panic!("{text}: {}", error_message()),
    }
}

/// The pending error, taken.
fn error() -> engine::heap::Gc<Throwable> {
    let v = Thread::current().take_pending();
    v.cast::<Throwable>().unwrap_or_else(|| panic!("{v:?} is no error"))
}
pub fn error_class() -> &'static str {
    error().class().name()
}
pub fn error_message() -> String {
    error().message_text()
}
