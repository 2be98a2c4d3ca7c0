//! A piece of a C++ expression that is not written down yet: its text, how tightly it binds, and what its evaluation does,
//! so that pieces are nested where order allows and put into named temporaries where it does not.

use crate::lower::Rep;
use engine::analyze::{ExprId, NativeId, TypeIx};
use questions::{Category, Repr};

/// What the evaluation of a piece does. Clang evaluates operands from left to right, so pieces that only read or check
/// may stand beside one another; of two that act, the first is put into a temporary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// A literal, a local: the same whenever it is evaluated.
    Fixed,
    /// Makes an object out of fixed parts.
    Make,
    /// May leave the function with an error; does nothing else.
    Check,
    /// Reads what others may write.
    Read,
    /// Anything.
    Act,
}

/// Text that is compiled and that a person is not shown: where in the program something stands.
pub(super) fn hidden(text: impl AsRef<str>) -> String {
    format!("{HIDE}{}{SHOW}", text.as_ref())
}
const HIDE: char = '\u{1}';
const SHOW: char = '\u{2}';

/// The text for the compiler.
pub(super) fn full(text: &str) -> String {
    text.replace([HIDE, SHOW], "")
}
/// The text for a person. A line of which nothing is left is none.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let from = out.len();
        let mut hides = 0;
        for c in line.chars() {
            match c {
                HIDE => hides += 1,
                SHOW => hides -= 1,
                c if hides == 0 => out.push(c),
                _ => {}
            }
        }
        if line.contains(HIDE) && out[from..].trim().is_empty() {
            out.truncate(from);
        }
    }
    out
}

/// Binding strength in C++, the stronger the greater.
pub(super) mod prec {
    pub const ASSIGN: u8 = 2;
    pub const TERNARY: u8 = 3;
    pub const OR: u8 = 4;
    pub const AND: u8 = 5;
    pub const BIT_OR: u8 = 6;
    pub const BIT_XOR: u8 = 7;
    pub const BIT_AND: u8 = 8;
    pub const EQUAL: u8 = 9;
    pub const LESS: u8 = 10;
    pub const SHIFT: u8 = 12;
    pub const ADD: u8 = 13;
    pub const MUL: u8 = 14;
    pub const UNARY: u8 = 16;
    pub const POSTFIX: u8 = 17;
    pub const ATOM: u8 = 18;
}

#[derive(Debug, Clone)]
pub(super) struct Op {
    pub text: String,
    pub prec: u8,
    pub order: Order,
    pub rep: Rep,
    /// The C++ type, of native pieces.
    pub ty: Option<(TypeIx, Category)>,
    /// The text gives a word that may be the sentinel, or a `Maybe`: it must be tried or returned.
    pub throws: bool,
    /// Where in the program an error of it stands.
    pub node: Option<ExprId>,
    /// A pointer that is not null.
    pub some: bool,
    /// Class temporaries inside the text: they die with the C++ full expression.
    pub temps: Vec<NativeId>,
}

impl Op {
    pub fn new(text: impl Into<String>, prec: u8, order: Order, rep: Rep) -> Op {
        Op { text: text.into(), prec, order, rep, ty: None, throws: false, node: None, some: false, temps: Vec::new() }
    }
    /// A name or a literal.
    pub fn atom(text: impl Into<String>, rep: Rep) -> Op {
        Op::new(text, prec::ATOM, Order::Fixed, rep)
    }
    /// A call, or whatever binds like one.
    pub fn call(text: impl Into<String>, order: Order, rep: Rep) -> Op {
        Op::new(text, prec::POSTFIX, order, rep)
    }
    pub fn nil() -> Op {
        Op::atom("rung::nil", Rep::Value)
    }
    pub fn throwing(mut self) -> Op {
        self.throws = true;
        self.order = self.order.max(Order::Check);
        self
    }
    pub fn typed(mut self, ty: TypeIx, category: Category) -> Op {
        self.ty = Some((ty, category));
        self
    }
    pub fn some(mut self) -> Op {
        self.some = true;
        self
    }
    pub fn with_temps(mut self, from: &Op) -> Op {
        self.temps.extend(from.temps.iter().copied());
        self
    }
    /// Is it an expression that names an object: an lvalue or xvalue?
    pub fn is_place(&self) -> bool {
        self.rep == Rep::Native(Repr::Reference)
    }
    pub fn is_void(&self) -> bool {
        self.rep == Rep::Native(Repr::Void)
    }
    pub fn is_native(&self) -> bool {
        matches!(self.rep, Rep::Native(_))
    }
    /// The text where something binding as tightly as `least` must stand.
    pub fn at(&self, least: u8) -> String {
        if self.prec < least { format!("({})", self.text) } else { self.text.clone() }
    }
    /// As an argument or an initialiser.
    pub fn arg(&self) -> String {
        self.at(prec::ASSIGN)
    }
}
