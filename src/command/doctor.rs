//! `rung doctor`: what is there on this machine, what is missing, and the command that mends it.

use super::{Options, Status};
use crate::store;
use std::path::Path;
use std::process::{Command, Stdio};

struct Finding {
    name: &'static str,
    found: Result<String, String>,
    /// The command that mends it.
    mend: &'static str,
    /// Can programs that call C++ run without it?
    needed: bool,
}

pub fn run(options: &Options) -> Status {
    let findings = [compiler_library(), headers(), clang(), cache(), setup(options)];
    let ok = findings.iter().all(|f| f.found.is_ok() || !f.needed);
    if options.json.is_some() {
        let rows: Vec<_> = findings
            .iter()
            .map(|f| {
                let text = f.found.as_ref().unwrap_or_else(|e| e);
                serde_json::json!({"name": f.name, "ok": f.found.is_ok(), "found": text,
                                   "mend": if f.found.is_ok() { "" } else { f.mend }})
            })
            .collect();
        crate::say(&format!("{}\n", serde_json::json!({"version": 1, "findings": rows})));
    } else {
        for f in &findings {
            match &f.found {
                Ok(text) => crate::say(&format!("ok       {:<18}{text}\n", f.name)),
                Err(text) => {
                    crate::say(&format!("missing  {:<18}{text}\n         mend with:        {}\n", f.name, f.mend))
                }
            }
        }
    }
    if ok { Status::Fine } else { Status::Unusable }
}

fn compiler_library() -> Finding {
    let found = match stubs::library_path() {
        Ok(path) => Ok(path.display().to_string()),
        Err(sought) => {
            let list: Vec<_> = sought.iter().map(|p| p.display().to_string()).collect();
            Err(format!("librung_clang.so is not at {}", list.join(", ")))
        }
    };
    Finding { name: "C++ in process", found, mend: "cargo build --release (or set RUNG_CLANG_LIB)", needed: true }
}

fn headers() -> Finding {
    let places = ["/usr/include/c++/12/vector", "/usr/include/c++/13/vector", "/usr/include/c++/14/vector"];
    let found = places.iter().find(|p| Path::new(p).exists()).map(|p| (*p).to_owned());
    Finding {
        name: "C++ headers",
        found: found.ok_or_else(|| "no libstdc++ headers under /usr/include/c++".to_owned()),
        mend: "apt-get install --no-install-recommends libstdc++-12-dev g++",
        needed: true,
    }
}

fn clang() -> Finding {
    let run = Command::new("clang++-19").arg("--version").stderr(Stdio::null()).output();
    let found = match run {
        Ok(out) if out.status.success() => {
            Ok(String::from_utf8_lossy(&out.stdout).lines().next().unwrap_or_default().to_owned())
        }
        _ => Err("clang++-19 does not run; only `rung bench` needs it".to_owned()),
    };
    Finding { name: "clang++-19", found, mend: "apt-get install --no-install-recommends clang-19", needed: false }
}

fn cache() -> Finding {
    let folder = store::folder();
    let probe = folder.join(format!(".doctor.{}", std::process::id()));
    let found = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&probe, b"x")).map(|()| {
        let _ = std::fs::remove_file(&probe);
        folder.display().to_string()
    });
    Finding {
        name: "cache",
        found: found.map_err(|e| format!("{} cannot be written: {e}", folder.display())),
        mend: "set XDG_CACHE_HOME to a folder that is yours",
        needed: false,
    }
}

/// Which source decided the settings that have several.
fn setup(options: &Options) -> Finding {
    let cache = if std::env::var_os("XDG_CACHE_HOME").is_some() { "XDG_CACHE_HOME" } else { "HOME" };
    let lib = if std::env::var_os("RUNG_CLANG_LIB").is_some() { "RUNG_CLANG_LIB" } else { "the executable's place" };
    let text = format!("cache folder from {cache}, C++ library from {lib}");
    let found = super::setup::fill(&mut options.clone())
        .map_err(|d| d.message)
        .map(|decided| decided.iter().fold(text, |all, d| format!("{all}; {} {} from {}", d.key, d.value, d.source)));
    Finding { name: "settings", found, mend: "correct the file", needed: true }
}
