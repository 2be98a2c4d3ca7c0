//! The C++ functions behind a callable type: what makes a `std::function`, what calls its target, pools of plain functions.
//!
//! They are text, compiled at once without optimising, for a first call waits for them. They count their calls; once a
//! signature is hot, what calls the Clojure function is compiled at -O2 beside the program, and they hand every call on:
//!
//! ```text
//!  std::function ──▶ its last word: invoke ─┬▶ [fast = 0] rung::call ──▶ the function's entry
//!  int (*)(int)  ──▶ one of a pool ─────────┴▶ fast: the same, optimised
//! ```

use crate::Stubs;
use crate::generated::{Headers, spelled};
use crate::guard;
use crate::run_error;
use crate::session::Session;
use engine::table::DashMap;
use parking_lot::Mutex;
use questions::{CppType, Diagnostic};
use std::ffi::c_void;
use std::fmt::Write;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

/// Functions of a pool.
pub(super) const POOL: usize = 4;
/// Calls after which the functions of a text are compiled again, optimised. No effect on correctness.
const HOT: u32 = 500;
/// The place in libstdc++'s `std::function` of the function that calls its target.
const INVOKER: usize = 24;

/// All functions of one signature. Lives for good.
struct Hot {
    /// What takes a callback and the arguments, optimised; 0: not yet.
    fast: AtomicUsize,
    /// Calls so far; C++ counts.
    calls: AtomicU32,
    /// Stands for the signature in C++: `…_c`.
    name: String,
    parameters: usize,
    session: Arc<Session>,
}

/// What a `std::function` type needs.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    /// Takes a share of a callback and a place.
    pub make: u64,
    /// Calls a function object's target; 0 where the library's own does.
    invoke: u64,
}

type Made<T> = LazyLock<DashMap<(Box<str>, u32), T>>;

impl Signature {
    pub(super) fn of_class(host: &Stubs, ty: &CppType) -> Result<Signature, Diagnostic> {
        static MADE: Made<Signature> = LazyLock::new(DashMap::default);
        let key = (Box::from(ty.name.as_str()), ty.version);
        if let Some(found) = MADE.get(&key) {
            return Ok(*found);
        }
        let signature = Signature::class(host, ty)?;
        MADE.insert(key, signature);
        Ok(signature)
    }

    fn class(host: &Stubs, ty: &CppType) -> Result<Signature, Diagnostic> {
        let hot = Hot::new(host, ty)?;
        let (name, c) = (&hot.name, hot.alias());
        let parameters = hot.list(|n| format!(", {c}::arg<{n}> &&a{n}"));
        let mut text = hot.declaration(ty);
        let _ = write!(
            text,
            "extern \"C\" {c}::result {name}_i(const void *f{parameters}) {{\n  void *callback = {c}::behind(f);\n{}}}\n\
             using {name}_t = {t};\n\
             extern \"C\" void {name}(const void *from, void *to) {{\n  \
             if (!from) {{ *(void **)to = rung::known_function<{name}_t>() ? (void *){name}_i : nullptr; return; }}\n  \
             rung::make_function<{name}_t>(*(void *const *)from, to);\n}}\n",
            hot.body(),
            t = spelled(&ty.name),
        );
        let make = host.generated.define(&host.session, name, &text, Headers::Rung)?;
        let mut invoke = 0u64;
        // SAFETY: the maker stores one word where it is given nothing to make.
        unsafe {
            let make = std::mem::transmute::<usize, guard::Convert>(make as usize);
            make(std::ptr::null(), (&raw mut invoke).cast());
        }
        Ok(Signature { make, invoke })
    }

    /// Lets the function object at `function` call its target through our own function.
    ///
    /// # Safety
    /// The maker has just made it, of a callback.
    pub(super) unsafe fn hasten(&self, function: *mut u8) {
        if self.invoke != 0 {
            // SAFETY: the caller's promise; C++ has looked at the type's name and size.
            unsafe { function.add(INVOKER).cast::<u64>().write(self.invoke) };
        }
    }

    /// A new pool of plain functions: where each finds its callback, and the function.
    pub(super) fn pool(host: &Stubs, ty: &CppType) -> Result<Vec<(u64, u64)>, Diagnostic> {
        static KNOWN: Made<&'static Hot> = LazyLock::new(DashMap::default);
        let key = (Box::from(ty.name.as_str()), ty.version);
        let known = KNOWN.get(&key).map(|found| *found);
        let (hot, mut text) = match known {
            Some(hot) => (hot, String::new()),
            None => {
                let hot = Hot::new(host, ty)?;
                (hot, hot.declaration(ty))
            }
        };
        let places: &'static [AtomicU64; POOL] = Box::leak(Box::default());
        let (base, c) = (host.generated.name(), hot.alias());
        let parameters = hot.list(|n| format!("{c}::arg<{n}> a{n}, "));
        for (i, place) in places.iter().enumerate() {
            let _ = write!(
                text,
                "extern \"C\" {c}::result {base}_{i}({}) noexcept {{\n  \
                 void *callback = __atomic_load_n((void **){:#x}, __ATOMIC_ACQUIRE);\n  try {{\n{}  }} catch (...) {{\n    \
                 rung_runtime->leave_caught(callback);\n  }}\n  return rung::zero<{c}::result>();\n}}\n",
                parameters.trim_end_matches(", "),
                std::ptr::from_ref(place) as usize,
                hot.body(),
            );
        }
        host.generated.define(&host.session, &format!("{base}_0"), &text, Headers::Rung)?;
        KNOWN.entry(key).or_insert(hot);
        let function = |i: usize| host.session.lookup(&format!("{base}_{i}"));
        places.iter().enumerate().map(|(i, p)| Ok((std::ptr::from_ref(p) as u64, function(i)?))).collect()
    }
}

impl Hot {
    fn new(host: &Stubs, ty: &CppType) -> Result<&'static Hot, Diagnostic> {
        let Some(parameters) = parameters(&ty.name) else {
            let why = format!("the parameters of {} cannot be taken over", ty.name);
            return Err(run_error("cpp/conversion", why));
        };
        Ok(Box::leak(Box::new(Hot {
            fast: AtomicUsize::new(0),
            calls: AtomicU32::new(0),
            name: host.generated.name(),
            parameters,
            session: host.session.clone(),
        })))
    }

    fn alias(&self) -> String {
        format!("{}_c", self.name)
    }

    fn list(&self, each: impl Fn(usize) -> String) -> String {
        (0..self.parameters).map(each).collect()
    }

    /// The signature's name; it means the same types whatever is redefined later.
    fn declaration(&self, ty: &CppType) -> String {
        format!("using {} = rung::calls<rung::signature<{}>::type>;\n", self.alias(), spelled(&ty.name))
    }

    /// Calls `callback` with `a0` …: counts, and hands on to what is compiled better.
    fn body(&'static self) -> String {
        let c = self.alias();
        let forwarded = self.list(|n| format!(", static_cast<{c}::arg<{n}> &&>(a{n})"));
        format!(
            "  if (auto fast = __atomic_load_n(({c}::fast **){:#x}, __ATOMIC_ACQUIRE)) return fast(callback{forwarded});\n  \
             if (__atomic_add_fetch((unsigned *){:#x}, 1, __ATOMIC_RELAXED) == {HOT}) rung_runtime->callback_hot((void *){:#x});\n  \
             return {c}::run(callback{});\n",
            std::ptr::from_ref(&self.fast) as usize,
            std::ptr::from_ref(&self.calls) as usize,
            std::ptr::from_ref(self) as usize,
            self.list(|n| format!(", a{n}")),
        )
    }

    /// Compiles what calls the function at -O2. Where that fails all stays as it is: slower, and right.
    fn compile(&'static self) -> Option<()> {
        let (c, name) = (self.alias(), format!("{}_o", self.name));
        let text = format!(
            "extern \"C\" {c}::result {name}(void *callback{}) {{\n  return {c}::run(callback{});\n}}\n",
            self.list(|n| format!(", {c}::arg<{n}> &&a{n}")),
            self.list(|n| format!(", a{n}")),
        );
        let exports = [name];
        let compiled = self.session.compile(&exports[0], &text, &exports).ok()?;
        let loaded = self.session.load(compiled.object, Vec::new(), &exports).ok()?;
        guard::run_inits_or_diagnostic(&loaded.inits).ok()?;
        self.fast.store(*loaded.addresses.first()? as usize, Ordering::Release);
        Some(())
    }
}

/// Texts that wait, and whether somebody is at work.
static WAITING: Mutex<(Vec<&'static Hot>, bool)> = Mutex::new((Vec::new(), false));

/// `callback_hot`: the functions were called often.
///
/// # Safety
/// `record` is what their text was written with.
pub(crate) unsafe extern "C" fn hot(record: *const c_void) {
    // SAFETY: the caller's promise; records live for good.
    let record: &'static Hot = unsafe { &*record.cast() };
    let mut waiting = WAITING.lock();
    waiting.0.push(record);
    if !waiting.1 {
        waiting.1 = std::thread::Builder::new().name("callbacks".into()).spawn(compile_waiting).is_ok();
    }
}

fn compile_waiting() {
    loop {
        let next = {
            let mut waiting = WAITING.lock();
            let next = waiting.0.pop();
            waiting.1 = next.is_some();
            next
        };
        match next {
            Some(hot) => hot.compile(),
            None => return,
        };
    }
}

/// The number of parameters that a canonical name of a function pointer or of a `std::function` says; `None` where C++
/// may pass any.
fn parameters(ty: &str) -> Option<usize> {
    let inner = ty.strip_prefix("std::function<").and_then(|t| t.strip_suffix('>'));
    let text = inner.unwrap_or(ty);
    let (mut angles, mut start) = (0, None);
    for (i, c) in text.char_indices() {
        match c {
            '<' => angles += 1,
            '>' => angles -= 1,
            '(' if angles == 0 && inner.is_some() => {
                start = Some(i + 1);
                break;
            }
            '(' if angles == 0 && text[i..].starts_with("(*)(") => {
                start = Some(i + "(*)(".len());
                break;
            }
            _ => {}
        }
    }
    let rest = &text[start?..];
    let (mut depth, mut commas) = (0, 0);
    for (i, c) in rest.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                let list = rest[..i].trim();
                return match list {
                    "" | "void" => Some(0),
                    _ if list.ends_with("...") => None,
                    _ => Some(commas + 1),
                };
            }
            '>' | ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => commas += 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn parameters_are_counted() {
        let cases = [
            ("int (*)(const void *, const void *)", Some(2)),
            ("void (*)()", Some(0)),
            ("void (*)(void)", Some(0)),
            ("int (*)(int) noexcept", Some(1)),
            ("void (*)(std::map<int, int>, int (*)(int, int))", Some(2)),
            ("void (*(*)(int))(int, int)", Some(1)),
            ("int (*)(const char *, ...)", None),
            ("std::function<bool (int, int)>", Some(2)),
            ("std::function<std::pair<int, int> ()>", Some(0)),
            ("std::function<void (std::function<int (int, int)>)>", Some(1)),
            ("int", None),
        ];
        for (ty, wanted) in cases {
            assert_eq!(parameters(ty), wanted, "{ty}");
        }
    }
}
