//! Inlined functions of clojure.core: in place where the operands' types are known, else through the prelude, which has
//! the small integers (and, where feedback says so, the doubles) in place and the runtime behind them.

use super::gen_state::Gen;
use super::op::{Op, Order, prec};
use crate::lower::Rep;
use engine::analyze::{ExprId, FeedbackId, Op as Operation};

impl Gen<'_> {
    pub fn operate(&mut self, op: Operation, args: &[ExprId], feedback: FeedbackId) -> Op {
        use Operation::*;
        if op == Not && self.tree.repr(args[0]).is_none() {
            let c = self.condition(args[0]);
            return Op { text: format!("!{}", c.at(prec::UNARY)), prec: prec::UNARY, ..c };
        }
        let mut ops = self.pieces(args, &mut |s, _, id| {
            let o = s.expr(id);
            let o = s.tried(o);
            if o.is_native() { s.coerce(o, Rep::Value) } else { o }
        });
        // One operand is one of the two of another operation.
        let (op, one) = match op {
            Inc => (Add, Some("1L")),
            Dec => (Sub, Some("1L")),
            UncheckedInc => (UncheckedAdd, Some("1L")),
            UncheckedDec => (UncheckedSub, Some("1L")),
            IsZero => (NumEq, Some("0L")),
            IsPos => (Gt, Some("0L")),
            IsNeg => (Lt, Some("0L")),
            op => (op, None),
        };
        ops.extend(one.map(|t| Op::atom(t, Rep::Long)));
        if op == Neg && ops.len() == 1 {
            let zero = Op::atom("0L", Rep::Long);
            return match ops[0].rep {
                // Zero less a double would lose the sign of zero.
                Rep::Double => Op { text: format!("-{}", ops[0].at(prec::UNARY)), prec: prec::UNARY, ..ops.remove(0) },
                Rep::Long => self.both("sub", "-", &[zero, ops.remove(0)], feedback),
                _ => {
                    let word = self.coerce(ops.remove(0), Rep::Value);
                    call("rung_rt_neg", &[word], Rep::Value).throwing()
                }
            };
        }
        match op {
            Add => self.both("add", "+", &ops, feedback),
            Sub => self.both("sub", "-", &ops, feedback),
            Mul => self.both("mul", "*", &ops, feedback),
            Div => self.divide(ops),
            Quot => self.whole("quot", ops),
            Rem => self.whole("rem", ops),
            Mod => self.whole("mod", ops),
            Lt => self.compare("lt", "<", prec::LESS, ops, feedback),
            Le => self.compare("le", "<=", prec::LESS, ops, feedback),
            Gt => self.compare("gt", ">", prec::LESS, ops, feedback),
            Ge => self.compare("ge", ">=", prec::LESS, ops, feedback),
            NumEq => self.compare("num_eq", "==", prec::EQUAL, ops, feedback),
            Equal => self.equal(ops),
            Identical => {
                let ops = self.all_words(ops);
                infix("==", prec::EQUAL, &ops, Rep::Bool)
            }
            BitAnd => self.bits("bit_and", "&", prec::BIT_AND, ops),
            BitOr => self.bits("bit_or", "|", prec::BIT_OR, ops),
            BitXor => self.bits("bit_xor", "^", prec::BIT_XOR, ops),
            Shl => self.shift("shift_left", ops),
            Shr => self.shift("shift_right", ops),
            UShr => self.shift("unsigned_shift_right", ops),
            UncheckedAdd => self.wrapping("unchecked_add", "+", prec::ADD, ops, feedback),
            UncheckedSub => self.wrapping("unchecked_sub", "-", prec::ADD, ops, feedback),
            UncheckedMul => self.wrapping("unchecked_mul", "*", prec::MUL, ops, feedback),
            Not => {
                let word = self.coerce(ops.remove(0), Rep::Value);
                Op { text: format!("!rung::truthy({})", word.arg()), prec: prec::UNARY, rep: Rep::Bool, ..word }
            }
            IsNil | IsSome => {
                let word = self.coerce(ops.remove(0), Rep::Value);
                infix(if op == IsNil { "==" } else { "!=" }, prec::EQUAL, &[word, Op::nil()], Rep::Bool)
            }
            Nth => self.slow("rung_rt_nth", ops, Rep::Value),
            Get => self.slow("rung_rt_get", ops, Rep::Value),
            Conj => self.slow("rung_rt_conj", ops, Rep::Value),
            AGet => self.slow("rung_rt_aget", ops, Rep::Value),
            First => self.slow("rung_rt_first", ops, Rep::Value),
            Next => self.slow("rung_rt_next", ops, Rep::Value),
            Rest => self.slow("rung_rt_rest", ops, Rep::Value),
            Seq => self.slow("rung_rt_seq", ops, Rep::Value),
            Count => self.slow("rung_rt_count", ops, Rep::Long),
            ALength => self.slow("rung_rt_alength", ops, Rep::Long),
            HintLong | HintWrap if ops[0].rep == Rep::Long => ops.remove(0),
            HintDouble if ops[0].rep == Rep::Double => ops.remove(0),
            HintDouble if ops[0].rep == Rep::Long => {
                let n = ops.remove(0);
                let text = format!("static_cast<double>({})", n.text);
                Op { text, prec: prec::POSTFIX, rep: Rep::Double, ..n }
            }
            HintLong => self.slow("rung_rt_hint_long", ops, Rep::Long),
            HintWrap => self.slow("rung_rt_hint_wrap", ops, Rep::Long),
            HintDouble => self.slow("rung_rt_hint_double", ops, Rep::Double),
            Inc | Dec | Neg | IsZero | IsPos | IsNeg | UncheckedInc | UncheckedDec => {
                self.refuse("an operation without its operand")
            }
        }
    }

    fn all_words(&mut self, ops: Vec<Op>) -> Vec<Op> {
        ops.into_iter().map(|o| self.coerce(o, Rep::Value)).collect()
    }
    /// A runtime function on words. `rep`: what its word is known to be.
    fn slow(&mut self, name: &str, ops: Vec<Op>, rep: Rep) -> Op {
        let ops = self.all_words(ops);
        let answer = call(name, &ops, Rep::Value).throwing();
        let answer = Op { order: Order::Act, ..answer };
        match rep {
            Rep::Long => Op { text: format!("rung::known_long({})", answer.text), rep, ..answer },
            Rep::Double => Op { text: format!("rung::known_double({})", answer.text), rep, ..answer },
            _ => answer,
        }
    }

    /// `+ - *`: doubles in C++, longs checked, words by the prelude.
    fn both(&mut self, name: &str, token: &str, ops: &[Op], feedback: FeedbackId) -> Op {
        let [a, b] = ops else { return self.refuse("an operation of two operands") };
        let level = if token == "*" { prec::MUL } else { prec::ADD };
        match (a.rep, b.rep) {
            (Rep::Double, Rep::Double | Rep::Long) | (Rep::Long, Rep::Double) => {
                infix(token, level, &doubles(ops), Rep::Double)
            }
            (Rep::Long, Rep::Long) => call(&format!("rung::{name}"), ops, Rep::Long).throwing(),
            (Rep::Double, _) | (_, Rep::Double) => {
                let ops = self.no_bools(ops);
                call(&format!("rung::{name}"), &ops, Rep::Double).throwing()
            }
            _ => {
                let ops = self.no_bools(ops);
                let seen = self.feedback.kinds(feedback);
                let f = if seen.doubles() && ops.iter().all(|o| o.rep == Rep::Value) { "f" } else { "" };
                call(&format!("rung::{f}{name}"), &ops, Rep::Value).throwing()
            }
        }
    }
    fn no_bools(&mut self, ops: &[Op]) -> Vec<Op> {
        ops.iter().map(|o| if o.rep == Rep::Bool { self.coerce(o.clone(), Rep::Value) } else { o.clone() }).collect()
    }

    fn divide(&mut self, ops: Vec<Op>) -> Op {
        let numbers = |o: &Op| matches!(o.rep, Rep::Double | Rep::Long);
        if ops.iter().all(numbers) && ops.iter().any(|o| o.rep == Rep::Double) {
            return infix("/", prec::MUL, &doubles(&ops), Rep::Double);
        }
        let rep = if ops.iter().any(|o| o.rep == Rep::Double) { Rep::Double } else { Rep::Value };
        let ops = self.all_words(ops);
        let answer = call("rung_rt_div", &ops, Rep::Value).throwing();
        match rep {
            Rep::Double => Op { text: format!("rung::known_double({})", answer.text), rep, ..answer },
            _ => answer,
        }
    }

    fn whole(&mut self, name: &str, ops: Vec<Op>) -> Op {
        if ops.iter().all(|o| o.rep == Rep::Long) {
            return call(&format!("rung::{name}"), &ops, Rep::Long).throwing();
        }
        let double = ops.iter().any(|o| o.rep == Rep::Double);
        let ops = self.all_words(ops);
        let name = if name == "mod" { "modulo" } else { name };
        let prefix = if name == "modulo" || double { "rung_rt_" } else { "rung::" };
        let answer = call(&format!("{prefix}{name}"), &ops, Rep::Value).throwing();
        match double {
            true => Op { text: format!("rung::known_double({})", answer.text), rep: Rep::Double, ..answer },
            false => answer,
        }
    }

    fn compare(&mut self, name: &str, token: &str, level: u8, ops: Vec<Op>, feedback: FeedbackId) -> Op {
        let [a, b] = &ops[..] else { return self.refuse("a comparison of two operands") };
        match (a.rep, b.rep) {
            (Rep::Long, Rep::Long) | (Rep::Double, Rep::Double) => infix(token, level, &ops, Rep::Bool),
            (Rep::Long, Rep::Double) | (Rep::Double, Rep::Long) => infix(token, level, &doubles(&ops), Rep::Bool),
            _ => {
                let ops = self.no_bools(&ops);
                let seen = self.feedback.kinds(feedback);
                let f = if seen.doubles() && ops.iter().all(|o| o.rep == Rep::Value) { "f" } else { "" };
                call(&format!("rung::{f}{name}"), &ops, Rep::Bool).throwing()
            }
        }
    }

    fn equal(&mut self, ops: Vec<Op>) -> Op {
        let [a, b] = &ops[..] else { return self.refuse("an equality of two operands") };
        match (a.rep, b.rep) {
            (Rep::Long, Rep::Long) | (Rep::Double, Rep::Double) | (Rep::Bool, Rep::Bool) => {
                infix("==", prec::EQUAL, &ops, Rep::Bool)
            }
            _ => {
                let ops = self.all_words(ops);
                let answer = call("rung::equal", &ops, Rep::Bool).throwing();
                Op { order: Order::Act, ..answer }
            }
        }
    }

    fn bits(&mut self, name: &str, token: &str, level: u8, ops: Vec<Op>) -> Op {
        if ops.iter().all(|o| o.rep == Rep::Long) {
            return infix(token, level, &ops, Rep::Long);
        }
        let ops = self.all_words(ops);
        let answer = call(&format!("rung::{name}"), &ops, Rep::Value).throwing();
        Op { text: format!("rung::known_long({})", answer.text), rep: Rep::Long, ..answer }
    }

    fn shift(&mut self, name: &str, ops: Vec<Op>) -> Op {
        if ops.iter().all(|o| o.rep == Rep::Long) {
            return call(&format!("rung::{name}"), &ops, Rep::Long);
        }
        let ops = self.all_words(ops);
        let answer = call(
            &format!(
                "rung_rt_{}",
                match name {
                    "shift_left" => "shl",
                    "shift_right" => "shr",
                    _ => "ushr",
                }
            ),
            &ops,
            Rep::Value,
        )
        .throwing();
        Op { text: format!("rung::known_long({})", answer.text), rep: Rep::Long, ..answer }
    }

    /// Longs wrap, as all C++ here does; doubles and the rest as the checked operation.
    fn wrapping(&mut self, name: &str, token: &str, level: u8, ops: Vec<Op>, feedback: FeedbackId) -> Op {
        if ops.iter().all(|o| o.rep == Rep::Long) {
            return infix(token, level, &ops, Rep::Long);
        }
        let _ = feedback;
        let ops = self.all_words(ops);
        call(&format!("rung_rt_{name}"), &ops, Rep::Value).throwing()
    }
}

fn call(name: &str, ops: &[Op], rep: Rep) -> Op {
    let order = ops.iter().map(|o| o.order).max().unwrap_or(Order::Fixed);
    let op = Op::call(format!("{name}({})", super::body::list(ops)), order, rep);
    ops.iter().fold(op, |op, o| op.with_temps(o))
}

fn infix(token: &str, level: u8, ops: &[Op], rep: Rep) -> Op {
    let order = ops.iter().map(|o| o.order).max().unwrap_or(Order::Fixed);
    let text = format!("{} {token} {}", ops[0].at(level), ops[1].at(level + 1));
    let op = Op::new(text, level, order, rep);
    ops.iter().fold(op, |op, o| op.with_temps(o))
}

/// Longs among doubles, converted where C++ would not do it itself.
fn doubles(ops: &[Op]) -> Vec<Op> {
    let both_long = ops.iter().all(|o| o.rep == Rep::Long);
    ops.iter()
        .map(|o| match o.rep {
            Rep::Long if both_long => Op {
                text: format!("static_cast<double>({})", o.text),
                prec: prec::POSTFIX,
                rep: Rep::Double,
                ..o.clone()
            },
            _ => o.clone(),
        })
        .collect()
}
