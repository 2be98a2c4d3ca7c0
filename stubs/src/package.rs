//! What a package says that it needs: pkg-config is asked for folders, macros and libraries.

use crate::compile_error;
use questions::Diagnostic;
use std::process::Command;

/// `pkg-config --cflags --libs`, as far as it concerns a program that is running already.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) include_dirs: Vec<String>,
    pub(crate) library_dirs: Vec<String>,
    pub(crate) libraries: Vec<String>,
    /// `#define` lines.
    pub(crate) defines: String,
}

pub(crate) fn find(name: &str) -> Result<Package, Diagnostic> {
    let mut c = Command::new("pkg-config");
    let done =
        c.args(["--print-errors", "--cflags", "--libs", "--"]).arg(name).stdin(std::process::Stdio::null()).output();
    let done = done.map_err(|e| {
        compile_error("cpp/package", format!("pkg-config, which would know the package `{name}`, cannot be run"))
            .note(e.to_string())
            .help("install pkg-config (Debian: apt-get install pkg-config), or say :include-dir and :link yourself")
    })?;
    if !done.status.success() {
        let d = compile_error("cpp/package", format!("there is no package `{name}` that can be used"));
        let said = String::from_utf8_lossy(&done.stderr);
        let d = said.lines().filter(|l| !l.trim().is_empty()).take(6).fold(d, |d, l| d.note(l.trim()));
        return Err(d.help("install its development package; PKG_CONFIG_PATH names further folders with .pc files"));
    }
    Ok(read(&words(&String::from_utf8_lossy(&done.stdout))))
}

fn read(words: &[String]) -> Package {
    let mut p = Package::default();
    let mut all = words.iter();
    while let Some(word) = all.next() {
        let mut value = |prefix: &str| match word.strip_prefix(prefix)? {
            "" => all.next().cloned(),
            rest => Some(rest.to_owned()),
        };
        if let Some(dir) = value("-isystem").or_else(|| value("-I")) {
            p.include_dirs.push(dir);
        } else if let Some(dir) = value("-L") {
            p.library_dirs.push(dir);
        } else if let Some(library) = value("-l") {
            p.libraries.push(library);
        } else if let Some(macro_) = value("-D") {
            let (name, text) = macro_.split_once('=').unwrap_or((&macro_, "1"));
            p.defines.push_str(&format!("#define {name} {text}\n"));
        } else if word.starts_with('/') && word.contains(".so") || word.ends_with(".a") {
            p.libraries.push(word.clone());
        }
        // What is left (-pthread, warnings, the standard) is settled in this process.
    }
    p
}

/// Words as a shell splits them.
fn words(text: &str) -> Vec<String> {
    let (mut all, mut word, mut some, mut quote) = (Vec::new(), String::new(), false, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => word.extend(chars.next()),
            (q, Some(open)) if q == open => quote = None,
            (q @ ('"' | '\''), None) => quote = Some(q),
            (c, None) if c.is_whitespace() => {
                if some {
                    all.push(std::mem::take(&mut word));
                }
                some = false;
                continue;
            }
            (c, _) => word.push(c),
        }
        some = true;
    }
    if some {
        all.push(word);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pkg_config_says() {
        let text = "-pthread -I/opt/a\\ b/include -isystem /opt/c -DONE -DTEXT=\\\"x\\\" -L/opt/lib -lz -l m /opt/lib/libq.so.2 \n";
        let p = read(&words(text));
        assert_eq!(p.include_dirs, ["/opt/a b/include", "/opt/c"]);
        assert_eq!(p.library_dirs, ["/opt/lib"]);
        assert_eq!(p.libraries, ["z", "m", "/opt/lib/libq.so.2"]);
        assert_eq!(p.defines, "#define ONE 1\n#define TEXT \"x\"\n");
    }
}
