//! Builds the part that must be compiled WITH exceptions: the guard around every call into C++, and what needs the
//! C++ library's own types. It links libstdc++ and nothing of LLVM.

fn main() {
    println!("cargo:rerun-if-changed=cpp");
    println!("cargo:rerun-if-changed=include");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(2)
        .debug(false)
        .flag("-fexceptions")
        .flag("-frtti")
        .include("include")
        .file("cpp/guard.cpp")
        .file("cpp/recipe.cpp")
        .file("cpp/text.cpp")
        .compile("rung_stubs_cpp");
}
