//! Builds the C++ half of the library against LLVM/Clang 19 and says which Debian package is missing when it cannot.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Header or library, and the Debian package that holds it.
const NEEDED: &[(&str, &str)] = &[
    ("include/llvm/ExecutionEngine/Orc/LLJIT.h", "llvm-19-dev"),
    ("include/clang/Frontend/CompilerInstance.h", "libclang-19-dev"),
    ("lib/libclang-cpp.so", "libclang-cpp19-dev libclang-19-dev"),
    ("lib/clang/19/include/stddef.h", "libclang-common-19-dev"),
];

fn main() {
    println!("cargo:rerun-if-env-changed=LLVM_SYS_191_PREFIX");
    println!("cargo:rerun-if-changed=cpp");
    println!("cargo:rerun-if-changed=tests/support");
    let prefix = PathBuf::from(std::env::var("LLVM_SYS_191_PREFIX").unwrap_or_else(|_| "/usr/lib/llvm-19".into()));
    check(&prefix);
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .flag("-fno-rtti")
        .flag("-fno-exceptions")
        .flag("-Wno-unused-parameter")
        .flag("-Wno-comment")
        // GCC 12 sees a null pointer in Clang's LazyOffsetPtr once that is inlined.
        .flag("-Wno-nonnull")
        // Debian's LLVM has no assertions; its headers' own would see states that it accepts.
        .define("NDEBUG", None)
        .opt_level(if std::env::var("PROFILE").is_ok_and(|p| p == "release") { 2 } else { 0 })
        .debug(false)
        .flag(format!("-isystem{}", prefix.join("include").display()))
        .define("_GNU_SOURCE", None)
        .define("__STDC_CONSTANT_MACROS", None)
        .define("__STDC_FORMAT_MACROS", None)
        .define("__STDC_LIMIT_MACROS", None)
        .define("RUNG_LLVM_PREFIX", format!("\"{}\"", prefix.display()).as_str());
    let objects = compile(&build, &sources());
    build.objects(objects).compile("rung_clang_cpp");
    // Built with exceptions: what tests call generated code through.
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(1)
        .debug(false)
        .cargo_metadata(false)
        .file("tests/support/guard.cpp")
        .compile("rung_clang_guard");
    println!("cargo:rustc-link-search=native={}", out_dir().display());
    // Generated code in tests calls functions of the test itself.
    println!("cargo:rustc-link-arg-tests=-rdynamic");
    println!("cargo:rustc-link-search=native={}", prefix.join("lib").display());
    println!("cargo:rustc-link-lib=dylib=clang-cpp");
    println!("cargo:rustc-link-lib=dylib=LLVM-19");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", prefix.join("lib").display());
}

fn check(prefix: &Path) {
    let missing: Vec<_> = NEEDED.iter().filter(|(file, _)| !prefix.join(file).exists()).collect();
    if missing.is_empty() {
        return;
    }
    let mut text = format!("Rung needs LLVM/Clang 19 in {} (LLVM_SYS_191_PREFIX):\n", prefix.display());
    for (file, package) in &missing {
        text += &format!("  {file} is missing: apt-get install --no-install-recommends {package}\n");
    }
    panic!("{text}");
}

fn out_dir() -> PathBuf {
    PathBuf::from(std::env::var("OUT_DIR").unwrap_or_default())
}

/// Clang's headers are large: files compile side by side, and an object is kept by the content of what it was made from,
/// in the user's cache folder, since several build folders on a machine want the same ones.
fn compile(build: &cc::Build, files: &[PathBuf]) -> Vec<PathBuf> {
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get());
    let next = AtomicUsize::new(0);
    let objects: Vec<OnceLock<PathBuf>> = files.iter().map(|_| OnceLock::new()).collect();
    let key = environment(build);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)).cloned() {
                    let index = files.iter().position(|f| *f == file).unwrap_or(0);
                    let _ = objects[index].set(object(build, &file, key));
                }
            });
        }
    });
    objects.into_iter().filter_map(OnceLock::into_inner).collect()
}

/// What every object depends on: the compiler, its flags, our headers.
fn environment(build: &cc::Build) -> u64 {
    let mut hash = DefaultHasher::new();
    // Not the whole command: its environment differs from build to build.
    let compiler = build.get_compiler();
    (compiler.path(), compiler.args()).hash(&mut hash);
    let mut headers: Vec<PathBuf> = files_with("cpp", "h");
    headers.sort();
    for header in headers {
        std::fs::read(header).unwrap_or_default().hash(&mut hash);
    }
    hash.finish()
}

fn object(build: &cc::Build, file: &Path, key: u64) -> PathBuf {
    let mut hash = DefaultHasher::new();
    (key, file, std::fs::read(file).unwrap_or_default()).hash(&mut hash);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let here = out_dir().join(&stem);
    let mine = here.join(format!("{stem}.o"));
    let home = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache")));
    let store = home.map(|h| h.join("rung-build"));
    let kept = store.as_ref().map(|s| s.join(format!("{stem}-{:016x}.o", hash.finish())));
    let _ = std::fs::create_dir_all(&here);
    if let Some(kept) = &kept
        && std::fs::copy(kept, &mine).is_ok()
    {
        return mine;
    }
    let made = build.clone().out_dir(&here).file(file).compile_intermediates();
    if made[0] != mine {
        std::fs::copy(&made[0], &mine).expect("an object file can be copied");
    }
    if let (Some(store), Some(kept)) = (&store, &kept) {
        let part = kept.with_extension(format!("part{}", std::process::id()));
        // A cache that cannot be written only costs time.
        let _ = std::fs::create_dir_all(store);
        let _ = std::fs::copy(&mine, &part).and_then(|_| std::fs::rename(&part, kept));
    }
    mine
}

fn files_with(folder: &str, extension: &str) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect()
}

fn sources() -> Vec<PathBuf> {
    let mut files = files_with("cpp", "cpp");
    files.sort();
    files
}
