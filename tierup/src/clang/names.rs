//! Names and literals of generated C++: what a Clojure name becomes, which identifiers are taken, how constants are spelled.

use engine::table::HashSet;
use questions::{CppType, Repr, TypeKind};
use std::fmt::Write;

const KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
    // Macros that compilers and C headers define under such names.
    "linux",
    "unix",
    "errno",
    "stdin",
    "stdout",
    "stderr",
    "assert",
    "NULL",
    "EOF",
    "major",
    "minor",
    "offsetof",
    // Names of the generated code itself.
    "rung",
    "thread",
    "self",
    "consts",
    "slots",
    "args",
    "std",
];

pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// A local's name as C++ has it; not injective, whoever declares it makes it unique.
pub(super) fn local(name: &str) -> String {
    // `x__12__auto__`, `vec__34`: made by macros; the number says nothing.
    let base = name.split("__").find(|p| !p.is_empty()).unwrap_or("x");
    let mut out = String::new();
    for c in base.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => out.push(c),
            '?' | '!' | '\'' | '%' | '#' | '*' | '&' => {}
            _ => out.push('_'),
        }
    }
    let out = out.trim_matches('_').to_owned();
    match out.chars().next() {
        None => "x".into(),
        Some(c) if c.is_ascii_digit() => format!("x{out}"),
        _ => out,
    }
}

/// A global name: different for different names.
pub(super) fn global(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => out.push(c),
            '-' | '.' => out.push('_'),
            '_' => out.push_str("_U_"),
            '?' => out.push_str("_p"),
            '!' => out.push_str("_x"),
            '*' => out.push_str("_S_"),
            '+' => out.push_str("_plus"),
            '/' => out.push_str("_div"),
            '<' => out.push_str("_lt"),
            '>' => out.push_str("_gt"),
            '=' => out.push_str("_eq"),
            '\'' => out.push_str("_q"),
            _ => {
                let _ = write!(out, "_{:x}_", c as u32);
            }
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) || is_keyword(&out) || out.is_empty() {
        out.push_str("_K");
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'n');
    }
    out
}

/// A type's name as an identifier.
pub(super) fn of_type(ty: &CppType) -> String {
    let shown = if ty.display.is_empty() { &ty.name } else { &ty.display };
    let mut out = String::new();
    for c in shown.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => out.push(c),
            '*' => out.push_str("_ptr"),
            '&' => out.push_str("_ref"),
            '<' | '>' | '(' | ')' | ',' => out.push('_'),
            _ if !out.ends_with('_') => out.push('_'),
            _ => {}
        }
    }
    let mut out = out.trim_matches('_').to_owned();
    while out.contains("__") {
        out = out.replace("__", "_");
    }
    if ty.version > 0 {
        let _ = write!(out, "_v{}", ty.version);
    }
    // What a person reads need not tell two types apart.
    if shown.contains(['<', '(', '[', '{']) {
        let hash = blake3::hash(ty.name.as_bytes());
        let _ = write!(out, "_{:02x}{:02x}", hash.as_bytes()[0], hash.as_bytes()[1]);
    }
    if is_keyword(&out) || out.is_empty() { out + "_" } else { out }
}

/// All identifiers in a piece of C++.
pub(super) fn identifiers<'a>(text: &'a str, into: &mut HashSet<&'a str>) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for part in text.split(|c| !word(c)) {
        if part.starts_with(|c: char| !c.is_ascii_digit()) {
            into.insert(part);
        }
    }
}

/// Does the text mention the identifier?
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| !text[..at].ends_with(word) && !text[at + name.len()..].starts_with(word))
}

/// A C string literal.
pub(super) fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for b in text.bytes() {
        match b {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'?' => out.push_str(if out.ends_with('?') { "\\?" } else { "?" }),
            // An octal escape takes at most three digits, so what follows cannot be taken into it.
            0..=31 | 127.. => {
                let _ = write!(out, "\\{b:03o}");
            }
            _ => {
                out.push(b as char);
            }
        }
    }
    out.push('"');
    out
}

pub(super) fn double(d: f64) -> String {
    if d.is_nan() {
        return "__builtin_nan(\"\")".into();
    }
    if d.is_infinite() {
        return if d > 0.0 { "__builtin_inf()".into() } else { "-__builtin_inf()".into() };
    }
    let text = format!("{d:?}");
    if text.contains(['.', 'e', 'n']) { text } else { text + ".0" }
}

pub(super) fn long(n: i64) -> String {
    if n == i64::MIN { "(-9223372036854775807L - 1)".into() } else { format!("{n}L") }
}

/// A scalar constant of a C++ type by the bits that a slot holds; `None` where it has no literal.
pub(super) fn scalar(ty: &CppType, bits: u64) -> Option<String> {
    let n = bits as i64;
    Some(match ty.kind {
        TypeKind::Bool => (bits != 0).to_string(),
        TypeKind::NullPtr => "nullptr".into(),
        TypeKind::Pointer | TypeKind::FunctionPointer if bits == 0 => format!("static_cast<{}>(nullptr)", ty.name),
        TypeKind::Float if ty.repr == Repr::F64 => double(f64::from_bits(bits)),
        TypeKind::Float if ty.repr == Repr::F32 => match f32::from_bits(bits as u32) {
            f if f.is_finite() => format!("{f:?}f"),
            f => format!("static_cast<float>({})", double(f as f64)),
        },
        TypeKind::Char if ty.name == "char" && (32..127).contains(&bits) => match bits as u8 {
            b'\'' => "'\\''".into(),
            b'\\' => "'\\\\'".into(),
            c => format!("'{}'", c as char),
        },
        TypeKind::Integer if ty.name == "int" && n == i32::MIN as i64 => "(-2147483647 - 1)".into(),
        TypeKind::Integer if ty.name == "int" => n.to_string(),
        TypeKind::Integer if ty.name == "long" => long(n),
        TypeKind::Integer if ty.name == "unsigned int" => format!("{bits}u"),
        TypeKind::Integer if ty.name == "unsigned long" => format!("{bits}UL"),
        TypeKind::Integer | TypeKind::Char | TypeKind::Enum => match ty.repr {
            Repr::U64 => format!("static_cast<{}>({bits}UL)", ty.name),
            Repr::I64 => format!("static_cast<{}>({})", ty.name, long(n)),
            _ => format!("static_cast<{}>({n})", ty.name),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        assert_eq!(local("draw-debug-ui!"), "draw_debug_ui");
        assert_eq!(local("x__12__auto__"), "x");
        assert_eq!(local("p1__3#"), "p1");
        assert_eq!(local("+"), "x");
        assert_eq!(global("draw-debug-ui!"), "draw_debug_ui_x");
        assert_ne!(global("a-b"), global("a_b"));
        assert_eq!(global("int"), "int_K");
        assert!(mentions("f(i, j)", "i") && !mentions("fi(j)", "i"));
    }

    #[test]
    fn literals_are_exact() {
        assert_eq!(string("a\"b\\\n\u{1}2"), "\"a\\\"b\\\\\\n\\0012\"");
        assert_eq!(string("what??!"), "\"what?\\?!\"");
        assert_eq!(double(0.1), "0.1");
        assert_eq!(double(1e300), "1e300");
        assert_eq!(double(20.0), "20.0");
        assert_eq!(long(i64::MIN), "(-9223372036854775807L - 1)");
    }
}
