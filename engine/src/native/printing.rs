//! Printing functions of clojure.core, files, input.

use super::file::path;
use super::string::text;
use crate::fault::{self, Class, Res};
use crate::heap::Gc;
use crate::print::{self, Reader, Sink, Style, Writer, print_all, text_of_all};
use crate::text::{Keyword, Text};
use crate::value::Value;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};

natives! { pub TABLE "clojure.core";
    "pr" "[& args]" [(rest 0) pr]
    "prn" "[& args]" [(rest 0) prn]
    "print" "[& args]" [(rest 0) print_]
    "println" "[& args]" [(rest 0) println_]
    "pr-str" "[& args]" [(rest 0) pr_str]
    "prn-str" "[& args]" [(rest 0) prn_str]
    "print-str" "[& args]" [(rest 0) print_str]
    "println-str" "[& args]" [(rest 0) println_str]
    "newline" "[]" [(0) newline]
    "flush" "[]" [(0) flush]
    "printf" "[fmt & args]" [(rest 1) printf]
    "slurp" "[f & opts]" [(rest 1) slurp]
    "spit" "[f content & opts]" [(rest 2) spit]
    "read-line" "[]" [(0) read_line]
    "print-simple" "[o w]" [(2) print_simple]
}
natives! { pub HOST "rung.host";
    "string-writer" "[]" [(0) string_writer]
    "writer-text" "[w]" [(1) writer_text]
    "string-reader" "[s]" [(1) string_reader]
    "reader" "[f]" [(1) reader]
    "writer" "[f append?]" [(2) writer]
    "close" "[x]" [(1) close]
    "copy-file" "[from to]" [(2) copy_file]
    "path" "[]" [(0) folders]
    "read-line-from" "[r]" [(1) read_line_from]
    "write-text" "[w s]" [(2) write_text]
}

fn pr(args: &[Value]) -> Res {
    print_all(args, Style::Readable, "")
}
fn prn(args: &[Value]) -> Res {
    print_all(args, Style::Readable, "\n")
}
fn print_(args: &[Value]) -> Res {
    print_all(args, Style::Plain, "")
}
fn println_(args: &[Value]) -> Res {
    print_all(args, Style::Plain, "\n")
}
fn pr_str(args: &[Value]) -> Res {
    text_of_all(args, Style::Readable, "")
}
fn prn_str(args: &[Value]) -> Res {
    text_of_all(args, Style::Readable, "\n")
}
fn print_str(args: &[Value]) -> Res {
    text_of_all(args, Style::Plain, "")
}
fn println_str(args: &[Value]) -> Res {
    text_of_all(args, Style::Plain, "\n")
}
fn newline() -> Res {
    print_all(&[], Style::Plain, "\n")
}
fn flush() -> Res {
    print::out()?.flush()?;
    Ok(Value::NIL)
}
fn printf(args: &[Value]) -> Res {
    let fmt = text(args[0])?;
    let s = super::format::formatted(fmt.as_str(), &args[1..])?;
    print::out()?.write(&s)?;
    Ok(Value::NIL)
}

fn file_error(path: &str, e: &io::Error) -> fault::Thrown {
    let reason = match e.kind() {
        io::ErrorKind::NotFound => "No such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "Permission denied".to_owned(),
        _ => e.to_string(),
    };
    let class = if e.kind() == io::ErrorKind::Other { Class::Io } else { Class::FileNotFound };
    fault::raise(class, format!("{path} ({reason})"))
}

fn slurp(args: &[Value]) -> Res {
    if let Some(r) = args[0].cast::<Reader>() {
        return Ok(Text::value(&r.rest()?));
    }
    if args[0].is_nil() {
        return Err(fault::illegal_argument("Cannot open <nil> as an InputStream."));
    }
    let path = path(args[0])?;
    print::flush_out();
    let bytes = std::fs::read(&path).map_err(|e| file_error(&path, &e))?;
    Ok(Text::value(&String::from_utf8_lossy(&bytes)))
}

/// The value of an option in `:k v :k v`.
fn option(options: &[Value], name: &str) -> Value {
    let key = Keyword::intern(None, name).value();
    options.chunks_exact(2).find(|p| p[0] == key).map_or(Value::NIL, |p| p[1])
}

fn spit(args: &[Value]) -> Res {
    let mut content = String::new();
    print::to_str(&mut content, args[1])?;
    if let Some(w) = args[0].cast::<Writer>() {
        w.write(&content)?;
        return Ok(Value::NIL);
    }
    let path = path(args[0])?;
    let mut file = open_to_write(&path, option(&args[2..], "append").truthy())?;
    file.write_all(content.as_bytes()).map_err(|e| file_error(&path, &e))?;
    Ok(Value::NIL)
}
fn open_to_write(path: &str, append: bool) -> Res<File> {
    let mut options = OpenOptions::new();
    options.create(true);
    if append {
        options.append(true)
    } else {
        options.write(true).truncate(true)
    };
    options.open(path).map_err(|e| file_error(path, &e))
}

fn copy_file(from: Value, to: Value) -> Res {
    let (from, to) = (path(from)?, path(to)?);
    std::fs::copy(&from, &to).map_err(|e| file_error(&from, &e))?;
    Ok(Value::NIL)
}
/// The folders in which sources are sought.
fn folders() -> Res {
    let all: crate::heap::GcVec =
        crate::space::require::folders().iter().map(|p| Text::value(&p.to_string_lossy())).collect();
    Ok(crate::coll::list(&all))
}

fn line_of(r: Gc<Reader>) -> Res {
    Ok(r.line()?.map_or(Value::NIL, |s| Text::value(&s)))
}
fn read_line() -> Res {
    line_of(print::input()?)
}
fn reader_of(v: Value) -> Res<Gc<Reader>> {
    v.cast::<Reader>().ok_or_else(|| fault::class_cast(v, "java.io.Reader"))
}
fn writer_of(v: Value) -> Res<Gc<Writer>> {
    v.cast::<Writer>().ok_or_else(|| fault::class_cast(v, "java.io.Writer"))
}
fn read_line_from(r: Value) -> Res {
    line_of(reader_of(r)?)
}
fn string_writer() -> Res {
    Ok(print::string_writer().value())
}
fn writer_text(w: Value) -> Res {
    Ok(print::contents(writer_of(w)?))
}
fn string_reader(s: Value) -> Res {
    Ok(Reader::of_text(text(s)?.as_str()).value())
}
fn reader(f: Value) -> Res {
    if f.is::<Reader>() {
        return Ok(f);
    }
    let path = path(f)?;
    let file = File::open(&path).map_err(|e| file_error(&path, &e))?;
    Ok(Reader::of_file(file).value())
}
fn writer(f: Value, append: Value) -> Res {
    if f.is::<Writer>() {
        return Ok(f);
    }
    let file = open_to_write(&path(f)?, append.truthy())?;
    Ok(Writer::alloc(Sink::File(io::BufWriter::new(file))).value())
}
/// What `with-open` calls at the end.
fn close(v: Value) -> Res {
    if let Some(w) = v.cast::<Writer>() {
        w.close()?;
    } else if let Some(r) = v.cast::<Reader>() {
        r.close();
    } else {
        return super::types::member(v, "close", &[]).unwrap_or_else(|| Err(fault::class_cast(v, "java.io.Closeable")));
    }
    Ok(Value::NIL)
}
fn write_text(w: Value, s: Value) -> Res {
    let mut content = String::new();
    print::to_str(&mut content, s)?;
    writer_of(w)?.write(&content)?;
    Ok(Value::NIL)
}
fn print_simple(v: Value, w: Value) -> Res {
    write_text(w, v)
}
