//! Lowering: a tree into the linear form that both compilers read. A pure function of the tree, the unit wanted and a
//! feedback snapshot; it touches no heap value and may run on any thread.
//!
//! `form` is the data, `print` its text, `infer` the static types, `build` the walk; `control`, `protect` and `native` are
//! the walk's arms for control flow, for errors and cleanup, and for C++.

mod build;
mod control;
mod form;
mod infer;
mod native;
mod print;
mod protect;
#[cfg(test)]
mod tests;
mod visit;

pub use build::lower;
pub use form::*;
pub use infer::{Type, Types, infer, operation};

use crate::feedback::Snapshot;
use engine::analyze::{Expr, ExprId, FnId, Hint, Op, Slot, Tree};

/// The signature worth a specialised entry: parameters and result that need not be words. None where there is nothing to gain.
pub fn specialise(tree: &Tree, function: FnId, arity: u32, feedback: &Snapshot) -> Option<Signature> {
    let proto = tree.function(function);
    let a = proto.arities.get(arity as usize)?;
    if a.variadic || a.params as usize > engine::code::MAX_DIRECT || !a.natives.is_empty() {
        return None;
    }
    let mut guess: Vec<Type> = (0..a.params as usize)
        .map(|i| match a.hints.get(i) {
            Some(Hint::Long) => Type::Long,
            Some(Hint::Double) => Type::Double,
            _ => seen_of(tree, a.body, Slot(i as u32 + 1), feedback),
        })
        .collect();
    // Recursion may widen a guess; what was widened stays a word, and the rest is tried again.
    let types = loop {
        let types = infer(tree, proto, a, &guess, true);
        if types.params == guess {
            break types;
        }
        guess = types.params.clone();
    };
    let signature = Signature { params: guess.iter().map(|t| t.rep()).collect(), result: types.result.rep() };
    let calls_itself =
        reaches(tree, a.body, &|e| matches!(e, Expr::SelfCall { args, .. } if args.len() == a.params as usize));
    let simple = signature.params.iter().chain([&signature.result]).all(|r| !matches!(r, Rep::Native(_)));
    (calls_itself && simple && !signature.is_ordinary()).then_some(signature)
}

/// What arithmetic on a parameter has met, where it all agrees. A parameter that meets no arithmetic stays a word.
fn seen_of(tree: &Tree, body: ExprId, slot: Slot, feedback: &Snapshot) -> Type {
    let (mut seen, mut used) = (0u8, false);
    each(tree, body, &mut |e| {
        if let Expr::Operate { op, args, feedback: f } = e {
            if numeric(*op) && args.iter().any(|a| matches!(tree.expr(*a), Expr::Local { slot: s } if *s == slot)) {
                seen |= feedback.kinds(*f).0;
                used = true;
            }
        }
    });
    match Kinds(seen) {
        k if used && k.only_longs() => Type::Long,
        k if used && k.0 == Kinds::DOUBLE => Type::Double,
        _ => Type::Any,
    }
}

pub(crate) fn numeric(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        Add | Sub
            | Mul
            | Div
            | Quot
            | Rem
            | Mod
            | Inc
            | Dec
            | Neg
            | IsZero
            | IsPos
            | IsNeg
            | Lt
            | Le
            | Gt
            | Ge
            | NumEq
            | BitAnd
            | BitOr
            | BitXor
            | Shl
            | Shr
            | UShr
            | UncheckedAdd
            | UncheckedSub
            | UncheckedMul
            | UncheckedInc
            | UncheckedDec
    )
}

/// Calls `f` for a node and all below it, not into other functions.
pub(crate) fn each(tree: &Tree, id: ExprId, f: &mut dyn FnMut(&Expr)) {
    let e = tree.expr(id);
    f(e);
    e.children(&mut |c| each(tree, c, f));
}

pub(crate) fn reaches(tree: &Tree, id: ExprId, test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = false;
    each(tree, id, &mut |e| found |= test(e));
    found
}

/// Nodes of an expression, for budgets.
pub(crate) fn size(tree: &Tree, id: ExprId) -> usize {
    let mut n = 0;
    each(tree, id, &mut |_| n += 1);
    n
}
