//! Drives the library as the main binary does: JSON requests, and calls of the addresses that come back, through the
//! guard that was compiled with exceptions.
#![allow(dead_code, reason = "each test file uses a part")]

use questions::*;
use rung_clang::Library;
use std::ffi::{CStr, c_char, c_int, c_void};

type Stub = unsafe extern "C" fn(*mut c_void, *mut *mut c_void, *mut c_void);

#[link(name = "rung_clang_guard", kind = "static")]
unsafe extern "C" {
    fn test_guard_call(stub: Stub, args: *mut *mut c_void, ret: *mut c_void, text: *mut c_char, room: usize) -> c_int;
    fn test_guard_shape(
        stub: Stub,
        callee: *mut c_void,
        args: *mut *mut c_void,
        ret: *mut c_void,
        text: *mut c_char,
        room: usize,
    ) -> c_int;
    fn test_guard_init(init: unsafe extern "C" fn()) -> c_int;
    fn rung_test_twice(x: c_int) -> c_int;
}

/// Keeps the function in the test's binary, for generated code to find.
pub fn anchor() -> i32 {
    // SAFETY: a pure function.
    unsafe { rung_test_twice(21) }
}

pub struct Session {
    pub library: Library,
}

impl Session {
    pub fn open() -> Session {
        Session::with(SessionConfig::default())
    }

    pub fn with(config: SessionConfig) -> Session {
        let session = Session { library: Library::new().expect("a Clang thread") };
        match session.ask_raw(&Request::Open { config }) {
            Response::Opened {} => session,
            other => panic!("open: {other:?}"),
        }
    }

    pub fn ask_raw(&self, request: &Request) -> Response {
        let json = serde_json::to_vec(request).expect("a request is JSON");
        let reply = self.library.request(json).expect("the thread lives");
        Response::read(&reply).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&reply)))
    }

    /// Reads C++ text and runs its initialisers.
    pub fn raw(&self, text: &str) -> Result<RawDone, Vec<Diagnostic>> {
        self.raw_at(text, "test.clj", 1)
    }

    pub fn raw_at(&self, text: &str, file: &str, line: u32) -> Result<RawDone, Vec<Diagnostic>> {
        match self.ask_raw(&Request::Raw { text: text.into(), file: file.into(), line }) {
            Response::Raw(done) => {
                run_inits(&done.inits);
                Ok(done)
            }
            Response::Failed { diagnostics } => Err(diagnostics),
            other => panic!("raw: {other:?}"),
        }
    }

    pub fn good(&self, text: &str) -> RawDone {
        self.raw(text).unwrap_or_else(|d| panic!("{text}\n{d:#?}"))
    }

    pub fn ask(&self, question: Question) -> Result<Answer, Diagnostic> {
        match self.ask_raw(&Request::Ask { questions: vec![question.clone()], first: 0 }) {
            Response::Answers { mut answers, .. } => {
                let mut answer = answers.remove(0);
                answer.iter_mut().for_each(|a| question.site(a));
                answer
            }
            other => panic!("ask: {other:?}"),
        }
    }

    pub fn call(&self, callee: Callee, args: Vec<Arg>) -> Result<CallAnswer, Diagnostic> {
        match self.ask(Question::Call(CallQuestion { callee, args }))? {
            Answer::Call(call) => Ok((*call).clone()),
            other => panic!("call: {other:?}"),
        }
    }

    pub fn trampolines(&self, sites: Vec<Site>) -> Vec<Result<Trampoline, Diagnostic>> {
        match self.ask_raw(&Request::Trampolines { sites }) {
            Response::Trampolines { trampolines, inits } => {
                run_inits(&inits);
                trampolines
            }
            other => panic!("trampolines: {other:?}"),
        }
    }

    pub fn trampoline(&self, site: Site) -> Result<Trampoline, Diagnostic> {
        self.trampolines(vec![site]).remove(0)
    }

    /// Asks, makes the trampoline, and hands both out.
    pub fn made(&self, callee: Callee, args: Vec<Arg>) -> (CallAnswer, Trampoline) {
        let answer = self.call(callee.clone(), args).unwrap_or_else(|d| panic!("{callee:?}: {d:#?}"));
        let stub = self.trampoline(answer.site.clone()).unwrap_or_else(|d| panic!("{callee:?}: {d:#?}"));
        (answer, stub)
    }

    /// Calls a function of ints that gives an int.
    pub fn int(&self, name: &str, args: &[i32]) -> i32 {
        let (_, stub) = self.made(named(name), args.iter().map(|_| prvalue("int")).collect());
        let mut values: Vec<i32> = args.to_vec();
        let mut pointers: Vec<*mut c_void> = values.iter_mut().map(|v| (v as *mut i32).cast()).collect();
        let mut ret = 0i32;
        run(stub, &mut pointers, &mut ret).expect("no exception");
        ret
    }
}

pub fn run_inits(inits: &[u64]) {
    for init in inits {
        // SAFETY: the library gives addresses of `void()` functions.
        let status = unsafe { test_guard_init(std::mem::transmute::<usize, unsafe extern "C" fn()>(*init as usize)) };
        assert_eq!(status, 0, "an initialiser threw");
    }
}

/// Runs a trampoline; Err is what was thrown.
pub fn run<R>(stub: Trampoline, args: &mut [*mut c_void], ret: &mut R) -> Result<(), String> {
    let mut text = [0 as c_char; 256];
    // SAFETY: the trampoline was made for these arguments and this result by the test that calls.
    unsafe {
        let stub = std::mem::transmute::<usize, Stub>(stub.address as usize);
        match test_guard_call(stub, args.as_mut_ptr(), (ret as *mut R).cast(), text.as_mut_ptr(), text.len()) {
            0 => Ok(()),
            _ => Err(CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()),
        }
    }
}

/// Runs a compiled recipe on its record.
pub fn run_shape<R>(stub: Trampoline, record: u64, args: &mut [*mut c_void], ret: &mut R) -> Result<(), String> {
    let mut text = [0 as c_char; 256];
    // SAFETY: as in `run`; the record is as the code wants it.
    unsafe {
        let stub = std::mem::transmute::<usize, Stub>(stub.address as usize);
        let record = record as usize as *mut c_void;
        match test_guard_shape(stub, record, args.as_mut_ptr(), (ret as *mut R).cast(), text.as_mut_ptr(), text.len()) {
            0 => Ok(()),
            _ => Err(CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()),
        }
    }
}

pub fn ptr<T>(value: &mut T) -> *mut c_void {
    (value as *mut T).cast()
}

pub fn named(name: &str) -> Callee {
    Callee::Name { name: name.into() }
}

pub fn method(name: &str) -> Callee {
    Callee::Method { name: name.into() }
}

pub fn prvalue(ty: &str) -> Arg {
    Arg::Native { ty: ty.into(), category: Category::Prvalue }
}

pub fn lvalue(ty: &str) -> Arg {
    Arg::Native { ty: ty.into(), category: Category::Lvalue }
}
