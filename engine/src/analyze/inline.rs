//! Functions of clojure.core that become an operation, as Clojure's `:inline` has it.

use super::Op;

/// The operation of a function with so many arguments. More than two arguments of an associative one are folded from the
/// left by the caller: `Fold`.
pub(crate) enum Inline {
    Op(Op),
    Fold(Op),
}

pub(crate) fn inline(name: &str, args: usize) -> Option<Inline> {
    use Op::*;
    Some(Inline::Op(match (name, args) {
        ("+", 2) => Add,
        ("-", 2) => Sub,
        ("*", 2) => Mul,
        ("/", 2) => Div,
        ("+" | "*" | "-" | "/", 3..) => {
            return Some(Inline::Fold(match name {
                "+" => Add,
                "*" => Mul,
                "-" => Sub,
                _ => Div,
            }));
        }
        ("quot", 2) => Quot,
        ("rem", 2) => Rem,
        ("mod", 2) => Mod,
        ("inc", 1) => Inc,
        ("dec", 1) => Dec,
        ("-", 1) => Neg,
        ("zero?", 1) => IsZero,
        ("pos?", 1) => IsPos,
        ("neg?", 1) => IsNeg,
        ("<", 2) => Lt,
        ("<=", 2) => Le,
        (">", 2) => Gt,
        (">=", 2) => Ge,
        ("==", 2) => NumEq,
        ("=", 2) => Equal,
        ("identical?", 2) => Identical,
        ("bit-and", 2) => BitAnd,
        ("bit-or", 2) => BitOr,
        ("bit-xor", 2) => BitXor,
        ("bit-shift-left", 2) => Shl,
        ("bit-shift-right", 2) => Shr,
        ("unsigned-bit-shift-right", 2) => UShr,
        ("not", 1) => Not,
        ("nil?", 1) => IsNil,
        ("some?", 1) => IsSome,
        ("nth", 2) => Nth,
        ("get", 2) => Get,
        ("first", 1) => First,
        ("next", 1) => Next,
        ("rest", 1) => Rest,
        ("seq", 1) => Seq,
        ("count", 1) => Count,
        ("conj", 2) => Conj,
        ("unchecked-add", 2) => UncheckedAdd,
        ("unchecked-subtract", 2) => UncheckedSub,
        ("unchecked-multiply", 2) => UncheckedMul,
        ("unchecked-inc", 1) => UncheckedInc,
        ("unchecked-dec", 1) => UncheckedDec,
        ("aget", 2) => AGet,
        ("alength", 1) => ALength,
        _ => return None,
    }))
}
