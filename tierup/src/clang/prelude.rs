//! The text that stands before all generated C++: the numbers of this build, then `rung/generated.hpp`.

use engine::code::{Code, Function};
use engine::heap::TypeId;
use engine::space::Var;
use engine::thread::Thread;
use std::mem::offset_of;

const HEADER: &str = include_str!("../../../stubs/include/rung/generated.hpp");

/// Declared once a session.
pub(super) fn text() -> String {
    let numbers = [
        ("pending", offset_of!(Thread, pending)),
        ("consts", offset_of!(Code, consts)),
        ("special", offset_of!(Code, special)),
        ("code", offset_of!(Function, code)),
        ("captures", size_of::<Function>()),
        ("root", Var::ROOT_OFFSET),
        ("function", TypeId::FUNCTION.0 as usize),
    ];
    let mut out = String::new();
    for (name, n) in numbers {
        out.push_str(&format!("constexpr unsigned long rung_layout_{name} = {n};\n"));
    }
    out + &HEADER.replace("#pragma once\n", "")
}
