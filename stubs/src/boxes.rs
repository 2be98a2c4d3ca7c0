//! Pointers and objects in Clojure's hands: typed opaque boxes, and boxes that own what they point to.

use crate::{Stubs, guard, run_error};
use engine::cppbox::{BoxType, CppBox};
use engine::fault::{self, Class, Res, Thrown};
use engine::heap;
use engine::thread::Thread;
use engine::value::Value;
use questions::{Answer, CppType, Question, Trampoline, TypeKind};
use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// `T *` as people write it: `T*`.
fn tight(name: &str) -> String {
    name.replace(" *", "*").replace(" &", "&")
}

/// What a person calls the type: the canonical name, for what was written may be short for a namespace that is not
/// open here; the library's own long names as they were written.
pub(crate) fn shown(ty: &CppType) -> String {
    let written = ty.display.strip_prefix("const ").unwrap_or(&ty.display);
    tight(if written.starts_with("std::") { &ty.display } else { &ty.name })
}

/// A pointer in a box that owns nothing; null is nil.
pub(crate) fn pointer(ty: &CppType, bits: u64) -> Value {
    if bits == 0 {
        return Value::NIL;
    }
    CppBox::alloc(bits, BoxType::intern(&ty.target, &shown(ty), ty.version), 0).value()
}

/// Version of a type of which only the name is known.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// What generated code boxes, which knows the pointee's name.
pub(crate) fn pointer_type(pointee: &str) -> &'static BoxType {
    BoxType::intern(pointee, &format!("{}*", tight(pointee)), UNKNOWN)
}

/// A pointer of that type; null is nil.
pub(crate) fn pointer_to(pointee: &str, bits: u64) -> Value {
    if bits == 0 { Value::NIL } else { CppBox::alloc(bits, pointer_type(pointee), 0).value() }
}

/// `CppHost::unbox`: the pointer type must be the box's, const may be added, `void*` takes any.
///
/// For a type that is no pointer it is the address of the object in the box, which must be there.
pub(crate) fn unbox(v: Value, ty: &CppType) -> Res<u64> {
    let pointer = matches!(ty.kind, TypeKind::Pointer | TypeKind::FunctionPointer | TypeKind::NullPtr);
    let wanted = || if pointer { shown(ty) } else { format!("{}*", shown(ty)) };
    if v.is_nil() && pointer {
        return Ok(0);
    }
    let Some(b) = v.cast::<CppBox>() else { return Err(mismatch(&engine::class_name(v), &wanted())) };
    let target = if pointer { &ty.target } else { &ty.name };
    if fits(b.ty, target, ty.version) {
        return Ok(b.address);
    }
    Err(if pointer { mismatch_of(b.ty, target) } else { mismatch(&b.ty.display, &wanted()) })
}

/// Does a pointer to the box's pointee convert to a pointer to `target` with nothing to compute?
pub(crate) fn fits(ty: &BoxType, target: &str, version: u32) -> bool {
    let from = &*ty.pointee;
    match target {
        "const void" => true,
        "void" => !from.starts_with("const ") || from.ends_with('*'),
        _ => names_fit(from, target) && (ty.version == version || version == UNKNOWN || ty.version == UNKNOWN),
    }
}

/// The same type, or the same with const.
fn names_fit(from: &str, target: &str) -> bool {
    from == target
        || if from.ends_with('*') {
            target.strip_suffix("const") == Some(from)
        } else {
            target.strip_prefix("const ") == Some(from)
        }
}

/// The object in a box, as a `T`: of that type or const where `T` is; through C++'s own pointer conversion where it is
/// a base.
pub(crate) fn object(host: &Stubs, b: &CppBox, target: &str, version: u32) -> Option<u64> {
    if fits(b.ty, target, version) {
        return Some(b.address);
    }
    // An object of an earlier definition is not one of the type of today.
    if matches!(&*b.ty.pointee, "void" | "const void") || names_fit(&b.ty.pointee, target) {
        return None;
    }
    if !is_current(host, &b.ty.pointee, b.ty.version) || !is_current(host, target, version) {
        return None;
    }
    let cast = host.generated.upcast(&host.session, (&b.ty.pointee, b.ty.version), (target, version)).ok()?;
    let (from, mut to) = (b.address, 0u64);
    // SAFETY: the generated cast reads one pointer and stores one; a box's pointer may be cast to its base while the
    // object is alive, which is the program's promise for boxes that own nothing.
    unsafe {
        let f = std::mem::transmute::<usize, guard::Convert>(cast as usize);
        guard::convert(Thread::current(), f, (&raw const from).cast(), (&raw mut to).cast()).ok()?;
    }
    Some(to)
}

/// `CppHost::range`: the elements of what the box holds, each converted or in a box of its own.
pub(crate) fn range(host: &Stubs, v: Value) -> Option<Res> {
    let b = v.cast::<CppBox>()?;
    let name = &*b.ty.pointee;
    // What a pointer to a number or to nothing known points to is no range: no compiler is asked.
    let plain = name.strip_prefix("const ").unwrap_or(name);
    if name.ends_with('*') || matches!(plain, "void" | "char" | "int" | "long" | "float" | "double") {
        return None;
    }
    let f = host.generated.range(&host.session, name, b.ty.version).ok()?;
    let mut word = Value::NIL;
    // SAFETY: the reader of this type: reads the object, which the box keeps alive or the program promises to; stores a word.
    let done = unsafe {
        let f = std::mem::transmute::<usize, guard::Convert>(f as usize);
        guard::convert(Thread::current(), f, b.address as *const c_void, (&raw mut word).cast())
    };
    Some(done.map(|()| word))
}

/// What `rung::invocation` is.
#[repr(C)]
struct Invocation {
    callable: u64,
    args: *const Value,
    count: usize,
}

/// `CppHost::invoke`: the callable in the box, or the function that it points to.
pub(crate) fn invoke(host: &Stubs, v: Value, args: &[Value]) -> Option<Res> {
    let b = v.cast::<CppBox>()?;
    let name = &*b.ty.pointee;
    let plain = name.strip_prefix("const ").unwrap_or(name);
    if name.ends_with('*') || matches!(plain, "void" | "char" | "int" | "long" | "float" | "double") {
        return None;
    }
    let f = host.generated.invoke(&host.session, name, b.ty.version).ok()?;
    let invocation = Invocation { callable: b.address, args: args.as_ptr(), count: args.len() };
    let mut word = Value::NIL;
    // SAFETY: the caller of this type: calls the object, which the box keeps alive or the program promises to, with arguments
    // that lie where the collector sees them; stores a word.
    let done = unsafe {
        let f = std::mem::transmute::<usize, guard::Convert>(f as usize);
        guard::convert(Thread::current(), f, (&raw const invocation).cast(), (&raw mut word).cast())
    };
    Some(done.map(|()| word))
}

/// Does the name mean this version now?
fn is_current(host: &Stubs, name: &str, version: u32) -> bool {
    let question = Question::Type { text: crate::generated::spelled(name) };
    match host.session.ask(std::slice::from_ref(&question)).pop() {
        Some(Ok(Answer::Type { ty })) => version == UNKNOWN || ty.version == version,
        _ => false,
    }
}

/// The error of a box where a pointer to `wanted` is needed.
pub(crate) fn mismatch_of(has: &BoxType, wanted: &str) -> Thrown {
    let shown = format!("{}*", tight(wanted));
    if names_fit(&has.pointee, wanted) {
        return mismatch("one of an earlier definition", &has.display);
    }
    mismatch(&has.display, &shown)
}

pub(crate) fn mismatch(has: &str, wanted: &str) -> Thrown {
    let d = run_error("cpp/box", format!("a box of {wanted} is wanted, this is {has}"));
    fault::raise_diagnostic(Class::ClassCast, &d)
}

/// `CppHost::own_value`.
///
/// # Safety
/// As there.
pub(crate) unsafe fn own(
    t: &Thread,
    ty: &CppType,
    source: u64,
    transfer: Option<Trampoline>,
    destroy: Option<Trampoline>,
) -> Res {
    let object = Memory::new(ty);
    press();
    match transfer {
        Some(stub) => {
            let args = [source as *mut u8];
            // SAFETY: the caller's promise; the memory has the type's size and alignment and holds nothing.
            unsafe { guard::call(t, stub, args.as_ptr(), object.0) }?;
        }
        // SAFETY: the caller's promise: such a type is copied by its bytes; the memory is new.
        None => unsafe { std::ptr::copy_nonoverlapping(source as *const u8, object.0, ty.size as usize) },
    }
    let name = BoxType::intern(&ty.name, &format!("{}*", shown(ty)), ty.version);
    let b = CppBox::alloc(object.into_raw() as u64, name, 1).value();
    let destroy = destroy.map_or(0, |d| d.address);
    // SAFETY: the box owns the object; `data` is its type's destructor or null.
    unsafe { heap::push_finalizer(b, finalize, destroy as *mut c_void) };
    Ok(b)
}

/// Owned objects after which the memory that C++ holds is looked at.
const LOOK_EVERY: u32 = 1024;
/// Bytes that it may grow by before the dead objects among the owned are sought.
const MAY_GROW: usize = 64 << 20;

/// The collector does not know what C++ objects hold: where that grows, it is asked to find the dead ones.
fn press() {
    static MADE: AtomicU32 = AtomicU32::new(0);
    static HELD: AtomicUsize = AtomicUsize::new(0);
    if MADE.fetch_add(1, Ordering::Relaxed) % LOOK_EVERY != LOOK_EVERY - 1 {
        return;
    }
    let held = || {
        // SAFETY: reads the allocator's figures.
        let m = unsafe { libc::mallinfo2() };
        m.uordblks + m.hblkhd
    };
    let now = held();
    if now > HELD.load(Ordering::Relaxed).max(MAY_GROW) + MAY_GROW {
        // What is found dies at the next poll; until then it counts.
        heap::collect_now();
        HELD.store(held(), Ordering::Relaxed);
    } else if now < HELD.load(Ordering::Relaxed) {
        HELD.store(now, Ordering::Relaxed);
    }
}

/// Memory for one object, given back unless taken.
struct Memory(*mut u8);

impl Memory {
    fn new(ty: &CppType) -> Memory {
        let align = (ty.align as usize).max(16);
        let size = (ty.size as usize).max(1).next_multiple_of(align);
        // SAFETY: a power of two, as C++ alignments are, and a size that is a multiple of it.
        let p = unsafe { libc::aligned_alloc(align, size) };
        if p.is_null() {
            eprintln!("rung: out of memory: an object of {size} bytes");
            std::process::exit(2);
        }
        Memory(p.cast())
    }
    fn into_raw(self) -> *mut u8 {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: came from `aligned_alloc`, given back once.
        unsafe { libc::free(self.0.cast()) }
    }
}

/// Ends an owned object; `destroy` is its destructor's trampoline, or null.
unsafe extern "C" fn finalize(object: *mut c_void, destroy: *mut c_void) {
    // SAFETY: libgc calls it once, with the box that `own` made: the object is alive and only the box had it.
    unsafe {
        let address = (*object.cast::<CppBox>()).address;
        if !destroy.is_null() {
            guard::destroy(destroy as u64, address);
        }
        libc::free(address as *mut c_void);
    }
}

/// A box that owns what generated code made with malloc; `destroy` is a plain C function.
pub(crate) fn own_made(object: *mut c_void, name: &str, destroy: Option<Destroy>) -> Value {
    press();
    let b = CppBox::alloc(object as u64, pointer_type(name), 1).value();
    let data = destroy.map_or(std::ptr::null_mut(), |d| d as *mut c_void);
    // SAFETY: the box owns the object; `data` is its type's destructor or null.
    unsafe { heap::push_finalizer(b, finalize_made, data) };
    b
}

pub(crate) type Destroy = unsafe extern "C" fn(*mut c_void);

unsafe extern "C" fn finalize_made(object: *mut c_void, destroy: *mut c_void) {
    // SAFETY: as in `finalize`; `destroy` is null or the function that `own_made` was given. A destructor that throws
    // ends the process, as C++ has it.
    unsafe {
        let address = (*object.cast::<CppBox>()).address as *mut c_void;
        if !destroy.is_null() {
            std::mem::transmute::<*mut c_void, Destroy>(destroy)(address);
        }
        libc::free(address);
    }
}
