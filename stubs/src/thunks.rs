//! Trampolines from recipes: nothing is compiled for the call. A record holds the words and the addresses; a thunk of two
//! instructions hands it to what runs it, the interpreter (`cpp/recipe.cpp`) or, once it is hot, code compiled for its shape.
//!
//! ```text
//! site ──▶ thunk: mov rdi, record; jmp [rdi] ──▶ record.run ─┬▶ rung_recipe, counting
//!                                                            └▶ code of the shape (stubs/clang/src/shapes.rs)
//! ```

use crate::session::Session;
use engine::host;
use engine::table::DashMap;
use parking_lot::Mutex;
use questions::recipe::Shape;
use questions::{Recipe, Request, Response};
use std::ffi::{CString, c_void};
use std::io::Error;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

/// What a thunk hands over. Lives for good, as trampolines do. C++ and compiled shapes know the first six fields.
#[repr(C)]
struct Record {
    run: AtomicUsize,
    code: *const i64,
    /// Of symbols, then of texts.
    addresses: *const u64,
    symbols: u32,
    scratch: u32,
    calls: u32,
    shape: Shape,
    session: Arc<Session>,
    table: Vec<u64>,
    texts: Vec<CString>,
}

// SAFETY: the pointers are into the record's own vectors, which never change; `run` is atomic; `calls` is the interpreter's
// alone, and a count lost between threads does no harm.
unsafe impl Sync for Record {}
// SAFETY: as above.
unsafe impl Send for Record {}

unsafe extern "C" {
    fn rung_recipe(record: *mut c_void, args: *mut *mut c_void, ret: *mut c_void);
}

/// Compiled code by shape; 0: none can be made. One table for the process: the code depends on nothing else.
static COMPILED: LazyLock<DashMap<Shape, usize>> = LazyLock::new(DashMap::default);
/// Records whose shape waits for its code, and whether somebody is at work.
static WAITING: Mutex<(Vec<&'static Record>, bool)> = Mutex::new((Vec::new(), false));
pub(crate) static SHAPES: AtomicU64 = AtomicU64::new(0);

/// The address of a trampoline that does what `recipe` says. `addresses`: of its symbols.
///
/// # Errors
/// No memory for code is to be had.
pub(crate) fn make(session: &Arc<Session>, recipe: &Recipe, addresses: Vec<u64>) -> Result<u64, Error> {
    let texts: Vec<CString> = recipe.texts.iter().map(|t| CString::new(t.as_str()).unwrap_or_default()).collect();
    let mut table = addresses;
    table.extend(texts.iter().map(|t| t.as_ptr() as u64));
    let shape = recipe.shape();
    let known = COMPILED.get(&shape).map(|a| *a).filter(|a| *a != 0);
    let record = Box::leak(Box::new(Record {
        run: AtomicUsize::new(known.unwrap_or(rung_recipe as *const () as usize)),
        code: std::ptr::null(),
        addresses: std::ptr::null(),
        symbols: shape.symbols,
        scratch: shape.scratch,
        calls: 0,
        shape,
        session: session.clone(),
        table,
        texts,
    }));
    record.code = record.shape.code.as_ptr();
    record.addresses = record.table.as_ptr();
    debug_assert_eq!(record.texts.len() + record.symbols as usize, record.table.len());
    ARENA.lock().thunk(record as *const Record as u64)
}

/// Has the shape's compiled code been put in place? For tests and reports.
pub fn is_compiled(shape: &Shape) -> bool {
    COMPILED.get(shape).is_some_and(|code| *code != 0)
}

/// Called by the interpreter when a record has been run often: its shape is compiled beside the program.
///
/// # Safety
/// `record` was made by `make`.
#[unsafe(no_mangle)]
unsafe extern "C" fn rung_recipe_hot(record: *const c_void) {
    // SAFETY: the caller's promise; records live for good.
    let record: &'static Record = unsafe { &*record.cast() };
    if let Some(code) = COMPILED.get(&record.shape) {
        if *code != 0 {
            record.run.store(*code, Ordering::Release);
        }
        return;
    }
    let mut waiting = WAITING.lock();
    waiting.0.push(record);
    if !waiting.1 {
        // Without a thread the interpreter goes on.
        waiting.1 = std::thread::Builder::new().name("shapes".into()).spawn(compile_waiting).is_ok();
    }
}

fn compile_waiting() {
    loop {
        let batch = {
            let mut waiting = WAITING.lock();
            if waiting.0.is_empty() {
                waiting.1 = false;
                return;
            }
            std::mem::take(&mut waiting.0)
        };
        let shapes: Vec<Shape> = batch.iter().map(|r| r.shape.clone()).collect();
        let keys: Vec<_> = shapes.iter().map(key).collect();
        let objects = keys.iter().map(stored).collect();
        let made = match batch[0].session.request(&Request::Shapes { shapes, objects }) {
            Ok(Response::Shapes { addresses, objects }) if addresses.len() == batch.len() => {
                for (key, object) in keys.iter().zip(objects).filter(|(_, o)| !o.is_empty()) {
                    host::store().inspect(|store| store.put(KIND, key, object.as_bytes()));
                }
                addresses
            }
            // It stays as it is: slower, and right.
            _ => vec![0; batch.len()],
        };
        for (record, code) in batch.into_iter().zip(made) {
            if COMPILED.insert(record.shape.clone(), code as usize).is_none() && code != 0 {
                SHAPES.fetch_add(1, Ordering::Relaxed);
            }
            if code != 0 {
                record.run.store(code as usize, Ordering::Release);
            }
        }
    }
}

/// What compiled shapes are called in the store.
const KIND: &str = "shape";

/// The compiled code depends on the shape and on what compiles it: the library, known by its file.
fn key(shape: &Shape) -> [u8; 32] {
    static LIBRARY: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let path = crate::library_path().unwrap_or_default();
        let (size, time) = std::fs::metadata(&path).map_or((0, None), |m| (m.len(), m.modified().ok()));
        format!("{} {size} {time:?}", path.display()).into_bytes()
    });
    let mut h = blake3::Hasher::new();
    h.update(&LIBRARY).update(&u64::from(shape.scratch).to_le_bytes()).update(&u64::from(shape.symbols).to_le_bytes());
    shape.code.iter().for_each(|word| {
        h.update(&word.to_le_bytes());
    });
    *h.finalize().as_bytes()
}

/// The object of an earlier process, or nothing.
fn stored(key: &[u8; 32]) -> String {
    host::store().and_then(|store| String::from_utf8(store.get(KIND, key)?).ok()).unwrap_or_default()
}

/// Memory for thunks: one file seen twice, writable here and executable there.
struct Arena {
    write: Option<NonNull<u8>>,
    run: u64,
    used: usize,
}

// SAFETY: the pointer is to memory that only the arena writes, under its lock.
unsafe impl Send for Arena {}

static ARENA: Mutex<Arena> = Mutex::new(Arena { write: None, run: 0, used: CHUNK });

const CHUNK: usize = 64 << 10;
const THUNK: usize = 16;

impl Arena {
    fn thunk(&mut self, record: u64) -> Result<u64, Error> {
        if self.used + THUNK > CHUNK {
            self.chunk()?;
        }
        let Some(write) = self.write else { return Err(Error::from(std::io::ErrorKind::OutOfMemory)) };
        // mov rdi, imm64; jmp qword ptr [rdi]; int3 …
        let mut code = [0xccu8; THUNK];
        code[..2].copy_from_slice(&[0x48, 0xbf]);
        code[2..10].copy_from_slice(&record.to_le_bytes());
        code[10..12].copy_from_slice(&[0xff, 0x27]);
        // SAFETY: within the chunk, by the test above; nobody runs these bytes before their address is handed out.
        unsafe { write.as_ptr().add(self.used).copy_from_nonoverlapping(code.as_ptr(), THUNK) };
        let at = self.run + self.used as u64;
        self.used += THUNK;
        Ok(at)
    }

    fn chunk(&mut self) -> Result<(), Error> {
        // SAFETY: a name that ends in zero; sizes and flags as the calls want them; failures are looked at.
        unsafe {
            let file = libc::memfd_create(c"rung-thunks".as_ptr(), libc::MFD_CLOEXEC);
            if file < 0 {
                return Err(Error::last_os_error());
            }
            let map = |protection| libc::mmap(std::ptr::null_mut(), CHUNK, protection, libc::MAP_SHARED, file, 0);
            let sized = libc::ftruncate(file, CHUNK as libc::off_t) == 0;
            let views =
                sized.then(|| (map(libc::PROT_READ | libc::PROT_WRITE), map(libc::PROT_READ | libc::PROT_EXEC)));
            let error = Error::last_os_error();
            libc::close(file);
            match views {
                Some((w, x)) if w != libc::MAP_FAILED && x != libc::MAP_FAILED => {
                    (self.write, self.run, self.used) = (NonNull::new(w.cast()), x as u64, 0);
                    Ok(())
                }
                _ => Err(error),
            }
        }
    }
}
