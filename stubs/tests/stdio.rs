//! C's stdio, `std::cout` and `*out*` appear in program order, through a pipe too. The test runs itself again as a child.

mod common;

use common::*;
use engine::print::{self, Writer};
use engine::value::Value;

const CHILD: &str = "RUNG_STDIO_CHILD";

#[test]
fn output_is_in_program_order() {
    if std::env::var_os(CHILD).is_some() {
        return child();
    }
    let exe = std::env::current_exe().unwrap();
    let out = std::process::Command::new(exe)
        .args(["--exact", "output_is_in_program_order", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let ours: String = text.chars().skip_while(|&c| c != '<').take_while(|&c| c != '>').collect();
    assert_eq!(ours, "<a1b2c3d4", "{text}");
}

fn child() {
    raw(
        "#include <cstdio>\n#include <iostream>\nnamespace io { void c(const char *s) { printf(\"%s\", s); } void cpp(const char *s) { std::cout << s; } }",
    );
    let (c, cpp) = (function("io::c", 1), function("io::cpp", 1));
    let out = print::stdout_writer().cast::<Writer>().unwrap();
    let lisp = |s: &str| out.write(s).unwrap();
    lisp("<a");
    c.call(&[text("1")]).unwrap();
    lisp("b");
    cpp.call(&[text("2")]).unwrap();
    lisp("c");
    c.call(&[text("3")]).unwrap();
    lisp("d");
    cpp.call(&[text("4")]).unwrap();
    lisp(">");
    print::flush_out();
    assert_eq!(c.call(&[text("")]), Ok(Value::NIL));
}
