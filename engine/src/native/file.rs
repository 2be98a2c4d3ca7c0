//! `java.io.File` as programs use it: paths that can be asked about what lies there.

use super::string::text;
use crate::fault::{self, Res};
use crate::heap::GcVec;
use crate::text::{FileName, Text};
use crate::value::Value;
use std::path::Path;

natives! { pub HOST "rung.host";
    "file" "[path] [parent child]" [(1) |p| construct(&[p]), (2) |p, c| construct(&[p, c])]
    "file?" "[x]" [(1) |v: Value| Ok(Value::bool(v.is::<FileName>()))]
}

type Method = fn(&[Value]) -> Res;

/// The path of a file or a string.
pub(super) fn path(v: Value) -> Res<String> {
    if v.is_nil() {
        return Err(fault::raise(fault::Class::NullPointer, "a path was wanted where nil was given"));
    }
    match v.cast::<FileName>() {
        Some(f) => Ok(f.text()),
        None => {
            let given = text(v)?;
            Ok(given.as_str().strip_prefix("file:").unwrap_or(given.as_str()).to_owned())
        }
    }
}

fn made(path: &str) -> Value {
    FileName::alloc(path).value()
}

/// `(File. path)`, `(File. parent child)`.
pub(super) fn construct(a: &[Value]) -> Res {
    match *a {
        [p] if p.is::<FileName>() => Ok(p),
        [p] => Ok(made(&path(p)?)),
        [parent, child] if parent.is_nil() => Ok(made(&path(child)?)),
        [parent, child] => Ok(made(&format!("{}/{}", path(parent)?, path(child)?))),
        _ => Err(fault::illegal_argument("No matching ctor found for class java.io.File")),
    }
}

fn absolute(p: &str) -> String {
    std::path::absolute(if p.is_empty() { "." } else { p }).map_or_else(|_| p.to_owned(), |p| p.display().to_string())
}
fn parent(p: &str) -> Option<&str> {
    p.rfind('/').map(|i| if i == 0 && p.len() > 1 { "/" } else { &p[..i] }).filter(|parent| !parent.is_empty())
}
fn optional(s: Option<&str>) -> Value {
    s.map_or(Value::NIL, Text::value)
}
/// Names of what is in a folder; `None` where there is none.
fn children(p: &str) -> Option<Vec<String>> {
    let mut all: Vec<String> =
        std::fs::read_dir(p).ok()?.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    Some(all)
}
fn succeeded<T>(r: std::io::Result<T>) -> Res {
    Ok(Value::bool(r.is_ok()))
}
fn access(p: &str, mode: libc::c_int) -> bool {
    let Ok(c) = std::ffi::CString::new(p) else { return false };
    // SAFETY: a string that ends with zero.
    unsafe { libc::access(c.as_ptr(), mode) == 0 }
}

pub(super) fn member(name: &str) -> Option<Method> {
    Some(match name {
        "getName" => |a| path(a[0]).map(|p| Text::value(p.rsplit('/').next().unwrap_or(""))),
        "getPath" => |a| path(a[0]).map(|p| Text::value(&p)),
        "getParent" => |a| path(a[0]).map(|p| optional(parent(&p))),
        "getParentFile" => |a| path(a[0]).map(|p| parent(&p).map_or(Value::NIL, made)),
        "getAbsolutePath" => |a| path(a[0]).map(|p| Text::value(&absolute(&p))),
        "getAbsoluteFile" => |a| path(a[0]).map(|p| made(&absolute(&p))),
        "getCanonicalPath" | "getCanonicalFile" => return canonical(name),
        "isAbsolute" => |a| path(a[0]).map(|p| Value::bool(p.starts_with('/'))),
        "exists" => |a| path(a[0]).map(|p| Value::bool(Path::new(&p).exists())),
        "isDirectory" => |a| path(a[0]).map(|p| Value::bool(Path::new(&p).is_dir())),
        "isFile" => |a| path(a[0]).map(|p| Value::bool(Path::new(&p).is_file())),
        "isHidden" => |a| path(a[0]).map(|p| Value::bool(p.rsplit('/').next().is_some_and(|n| n.starts_with('.')))),
        "canRead" => |a| path(a[0]).map(|p| Value::bool(access(&p, libc::R_OK))),
        "canWrite" => |a| path(a[0]).map(|p| Value::bool(access(&p, libc::W_OK))),
        "canExecute" => |a| path(a[0]).map(|p| Value::bool(access(&p, libc::X_OK))),
        "length" => |a| path(a[0]).map(|p| Value::long(std::fs::metadata(p).map_or(0, |m| m.len() as i64))),
        "lastModified" => |a| {
            let changed = std::fs::metadata(path(a[0])?).and_then(|m| m.modified()).ok();
            let since = changed.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            Ok(Value::long(since.map_or(0, |d| d.as_millis() as i64)))
        },
        "list" | "listFiles" => return listing(name),
        "mkdir" => |a| succeeded(std::fs::create_dir(path(a[0])?)),
        "mkdirs" => |a| {
            let p = path(a[0])?;
            if Path::new(&p).exists() { Ok(Value::FALSE) } else { succeeded(std::fs::create_dir_all(p)) }
        },
        "createNewFile" => |a| succeeded(std::fs::OpenOptions::new().write(true).create_new(true).open(path(a[0])?)),
        "delete" => |a| {
            let p = path(a[0])?;
            if Path::new(&p).is_dir() { succeeded(std::fs::remove_dir(p)) } else { succeeded(std::fs::remove_file(p)) }
        },
        "renameTo" => |a| match a.get(1) {
            Some(&to) => succeeded(std::fs::rename(path(a[0])?, path(to)?)),
            None => Err(fault::illegal_argument("renameTo wants a file")),
        },
        "toURI" | "toURL" => |a| path(a[0]).map(|p| Text::value(&format!("file:{}", absolute(&p)))),
        _ => return None,
    })
}

fn canonical(name: &str) -> Option<Method> {
    fn real(v: Value) -> Res<String> {
        let p = path(v)?;
        Ok(std::fs::canonicalize(&p).map_or_else(|_| absolute(&p), |p| p.display().to_string()))
    }
    Some(match name {
        "getCanonicalPath" => |a| real(a[0]).map(|p| Text::value(&p)),
        _ => |a| real(a[0]).map(|p| made(&p)),
    })
}

fn listing(name: &str) -> Option<Method> {
    fn list(v: Value, item: fn(&str, &str) -> Value) -> Res {
        let p = path(v)?;
        let Some(names) = children(&p) else { return Ok(Value::NIL) };
        let all: GcVec = names.iter().map(|n| item(&p, n)).collect();
        Ok(all.into_array().value())
    }
    Some(match name {
        "list" => |a| list(a[0], |_, n| Text::value(n)),
        _ => |a| list(a[0], |p, n| made(&format!("{p}/{n}"))),
    })
}
