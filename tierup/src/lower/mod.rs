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
    let unknown = vec![Type::Any; a.params as usize];
    let plain = infer(tree, proto, a, &unknown, false);
    let mut guess: Vec<Type> = (0..a.params as usize)
        .map(|i| match a.hints.get(i) {
            Some(Hint::Long) => Type::Long,
            Some(Hint::Double) => Type::Double,
            _ => seen_of(tree, a.body, Slot(i as u32 + 1), feedback, &plain),
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
    // What is unboxed pays in calls of itself and in loops.
    let pays = reaches(tree, a.body, &|e| match e {
        Expr::SelfCall { args, .. } => args.len() == a.params as usize,
        Expr::Call { callee, args, .. } => {
            args.len() == a.params as usize && calls_own_var(tree, proto, *callee, args.len())
        }
        Expr::Loop { .. } | Expr::Recur { .. } => true,
        _ => false,
    });
    let simple = signature.params.iter().chain([&signature.result]).all(|r| !matches!(r, Rep::Native(_)));
    (pays && simple && !signature.is_ordinary()).then_some(signature)
}

/// What arithmetic on a parameter has met, where it all agrees; where nothing was noted, as the other operand suggests. A
/// parameter that meets no arithmetic stays a word.
fn seen_of(tree: &Tree, body: ExprId, slot: Slot, feedback: &Snapshot, plain: &Types) -> Type {
    let mut guess = Type::Never;
    let is_it = |id: &ExprId| matches!(tree.expr(*id), Expr::Local { slot: s } if *s == slot);
    each(tree, body, &mut |e| {
        if let Expr::Operate { op, args, feedback: f } = e {
            if numeric(*op) && args.iter().any(is_it) {
                let beside_double = args.iter().any(|a| plain.node(*a) == Type::Double);
                guess = guess.join(match feedback.kinds(*f) {
                    k if k.0 == Kinds::DOUBLE || k.0 == 0 && beside_double => Type::Double,
                    k if k.only_longs() => Type::Long,
                    _ => Type::Any,
                });
            }
        }
    });
    if guess == Type::Never { Type::Any } else { guess }
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

/// Is the callee the var that the function was defined as, called with the arguments of a fixed arity? Then the call is
/// likely to be of the function itself.
pub(crate) fn calls_own_var(tree: &Tree, function: &engine::analyze::FnProto, callee: ExprId, args: usize) -> bool {
    let Expr::VarDeref { var, dynamic: false, .. } = tree.expr(callee) else { return false };
    let engine::analyze::ConstKey::Var { ns, name } = &tree.consts[var.index()] else { return false };
    function.name.strip_prefix(&**ns).and_then(|n| n.strip_prefix('/')) == Some(&**name)
        && function.arities.iter().any(|a| !a.variadic && a.params as usize == args)
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
