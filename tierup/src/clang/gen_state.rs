//! The generator's state: what is in scope, the lines written so far, temporaries, and what the text refers to.

use super::Strategy;
use super::names;
use super::op::{Op, Order, hidden};
use crate::feedback::Snapshot;
use crate::lower::{Rep, Signature, Stay, Types};
use engine::analyze::{Arity, ConstKey, ExprId, FnProto, NativeId, Slot, Target, Tree, Ty, TypeIx};
use engine::table::{HashMap, HashSet};
use engine::value::Value;
use questions::{Category, Repr};
use std::collections::BTreeMap;

/// Where a statement's value goes.
#[derive(Debug, Clone)]
pub(super) enum Dest {
    /// Out of the function, or out of the lambda that a `try` is.
    Return,
    /// Into a variable declared before.
    Assign(Op),
    Drop,
}

/// What an error leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    /// The function: its trace gets the place.
    Function,
    /// A region, or a loop whose frame is another tier's.
    Inside,
}

/// A loop that is open: where `recur` goes.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub target: Target,
    pub vars: Vec<Op>,
}

/// A line of text at its depth.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub depth: u16,
    pub text: String,
}

/// What a unit's text refers to by symbols.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    /// (namespace, name) of vars, with the constant that holds each.
    pub vars: BTreeMap<(String, String), u32>,
    /// Types by the name that the text has for them.
    pub types: BTreeMap<String, TypeIx>,
}

pub(super) struct Gen<'a> {
    pub tree: &'a Tree,
    pub function: &'a FnProto,
    pub arity: &'a Arity,
    /// Names of the arities' functions, for direct calls.
    pub bodies: &'a [String],
    pub feedback: &'a Snapshot,
    /// The function's own `Code`, as feedback names it.
    pub own_code: usize,
    /// The signature of a callee's special entry, by the `Code` that feedback names.
    pub signatures: fn(usize) -> Option<Signature>,
    /// The node that is being written.
    pub at: ExprId,
    /// Where errors go from here.
    pub leaves: Leaves,
    /// The text keeps where it stands.
    pub uses_stood: bool,
    /// The special entry of this arity and its signature, in the text of its own body.
    pub special: Option<&'a (String, Signature)>,
    /// How what is returned here is held: words but in the body of a special entry.
    pub returns: Rep,
    pub types: Types,
    pub strategy: Strategy,
    /// Callbacks may leave errors: every call of C++ is followed by a test.
    pub left: bool,
    pub env: HashMap<Slot, Op>,
    /// Locals of C++ scalar type that something may write to or point at.
    pub variables: HashSet<Slot>,
    /// Identifiers that C++ texts of the tree use.
    pub reserved: HashSet<&'a str>,
    /// Names in scope.
    pub scope: Vec<String>,
    pub lines: Vec<Line>,
    pub depth: u16,
    pub temporaries: u32,
    pub heads: Vec<Head>,
    pub uses: Uses,
    pub uses_consts: bool,
    /// The region's text calls C++ that may throw.
    pub catches: bool,
    /// Full expressions whose temporaries are named objects of a block, found out by trying.
    pub named: HashSet<ExprId>,
    /// Something was found out: the unit is written again.
    pub again: bool,
    /// Open full expressions: their node, and the temporaries that end with them.
    pub full: Vec<(ExprId, Vec<NativeId>)>,
    /// Storage declared beforehand for objects: the holder's name.
    pub places: HashMap<NativeId, String>,
    /// The next result variable of the node takes the local's name.
    pub hint: Option<(ExprId, Slot)>,
    pub stay: Option<Stay>,
}

impl<'a> Gen<'a> {
    pub fn line(&mut self, text: impl Into<String>) {
        self.lines.push(Line { depth: self.depth, text: text.into() });
    }
    /// `head {`; what follows is one deeper.
    pub fn open(&mut self, head: &str) {
        self.line(if head.is_empty() { "{".into() } else { format!("{head} {{") });
        self.depth += 1;
    }
    pub fn close(&mut self, tail: &str) {
        self.depth -= 1;
        self.line(format!("}}{tail}"));
    }
    pub fn refuse(&mut self, why: impl Into<String>) -> Op {
        self.stay.get_or_insert(Stay::new(why));
        Op::nil()
    }

    /// A name that nothing in scope and no C++ text of the tree has.
    pub fn fresh(&mut self, wanted: &str) -> String {
        let taken = |n: &str| names::is_keyword(n) || self.reserved.contains(n) || self.scope.iter().any(|s| s == n);
        let mut name = wanted.to_owned();
        let mut n = 2;
        while taken(&name) {
            name = format!("{wanted}_{n}");
            n += 1;
        }
        self.scope.push(name.clone());
        name
    }
    pub fn temporary(&mut self) -> String {
        self.temporaries += 1;
        self.fresh(&format!("t{}", self.temporaries))
    }
    pub fn local_name(&mut self, slot: Slot) -> String {
        let name = self.arity.locals.iter().find(|l| l.slot == slot).map(|l| names::local(&l.name));
        self.fresh(name.as_deref().unwrap_or("x"))
    }
    pub fn type_name(&self, ty: TypeIx) -> String {
        self.tree.ty(ty).name.clone()
    }
    /// The descriptor of a type that the runtime gets.
    pub fn descriptor(&mut self, ty: TypeIx) -> String {
        let name = names::of_type(self.tree.ty(ty));
        self.uses.types.insert(name.clone(), ty);
        format!("rung::types::{name}")
    }
    pub fn constant(&mut self, id: engine::analyze::ConstId) -> Op {
        match &self.tree.consts[id.index()] {
            ConstKey::Long(n) => Op::new(
                names::long(*n),
                if *n < 0 { super::op::prec::UNARY } else { super::op::prec::ATOM },
                Order::Fixed,
                Rep::Long,
            ),
            ConstKey::Double(b) => {
                let d = f64::from_bits(*b);
                let prec = if d.is_sign_negative() { super::op::prec::UNARY } else { super::op::prec::ATOM };
                Op::new(names::double(d), prec, Order::Fixed, Rep::Double)
            }
            ConstKey::Bool(b) => Op::atom(b.to_string(), Rep::Bool),
            ConstKey::Nil => Op::nil(),
            ConstKey::Char(c) => Op::atom(format!("rung::Value{{{:#x}}}", Value::char(*c).bits()), Rep::Value),
            _ => self.pooled(id),
        }
    }
    /// `consts[i]`.
    pub fn pooled(&mut self, id: engine::analyze::ConstId) -> Op {
        self.uses_consts = true;
        Op::call(format!("consts[{}]", id.0), Order::Fixed, Rep::Value)
    }

    /// `return thrown;`, where `thrown` is the text of a result that tells of an error.
    pub fn leave(&mut self, node: Option<ExprId>, thrown: &str) -> String {
        let at = node.map_or_else(|| self.stood(), |n| n.0.to_string());
        match self.leaves {
            Leaves::Function => {
                format!("return {}{thrown}{};", hidden(format!("rung::left(thread, self, {at}, ")), hidden(")"))
            }
            Leaves::Inside if node.is_some() => {
                self.uses_stood = true;
                format!("return {}{thrown};", hidden(format!("stood = {at}, ")))
            }
            Leaves::Inside => format!("return {thrown};"),
        }
    }
    /// Where the function stood last.
    fn stood(&mut self) -> String {
        self.uses_stood = true;
        "stood".into()
    }
    /// The text of a call that may throw a C++ exception: where it stands is known to the handler.
    pub fn standing(&mut self, node: ExprId, text: String) -> String {
        self.uses_stood = true;
        format!("{}{text}{}", hidden(format!("((void)(stood = {}), ", node.0)), hidden(")"))
    }
    /// The test at a turn of a loop.
    pub fn turn(&mut self, node: ExprId) {
        let text = match self.leaves {
            Leaves::Function => format!("RUNG_POLL{}(thread{});", hidden("_AT"), hidden(format!(", {}", node.0))),
            Leaves::Inside => "RUNG_POLL(thread);".to_owned(),
        };
        self.line(text);
    }

    // Pieces.

    /// The piece with its error, if it can have one, tested.
    pub fn tried(&mut self, op: Op) -> Op {
        if !op.throws {
            return op;
        }
        let how = self.trying(&op);
        let (kind, place) = how.split_once('(').unwrap_or_default();
        let text = format!("RUNG_TRY{}({}{})", hidden(kind), hidden(place), op.text);
        Op { text, prec: super::op::prec::ATOM, throws: false, node: None, ..op }
    }
    /// `_AT(12, ` or `_IN(12, `: what the compiler's text says of a try.
    fn trying(&mut self, op: &Op) -> String {
        let node = op.node.unwrap_or(self.at).0;
        match self.leaves {
            Leaves::Function => format!("_AT({node}, "),
            Leaves::Inside => {
                self.uses_stood = true;
                format!("_IN({node}, ")
            }
        }
    }

    /// How a variable for the piece is declared: type and initialiser.
    fn declaration(&self, name: &str, op: &Op) -> String {
        let text = &op.text;
        match (op.rep, op.ty) {
            (Rep::Value, _) => format!("rung::Value {name} = {text};"),
            (Rep::Long, _) => format!("long {name} = {text};"),
            (Rep::Double, _) => format!("double {name} = {text};"),
            (Rep::Bool, _) => format!("bool {name} = {text};"),
            (Rep::Native(Repr::Reference), Some((_, Category::Lvalue))) => format!("auto &{name} = {text};"),
            (Rep::Native(Repr::Reference), _) => format!("auto &&{name} = {text};"),
            (Rep::Native(_), Some((t, _))) if plain_type(&self.tree.ty(t).name) => {
                format!("{} {name} = {text};", self.tree.ty(t).name)
            }
            (Rep::Native(_), _) => format!("auto {name} = {text};"),
        }
    }

    /// A temporary that outlives the full expression it is in must not lose the objects it points into.
    fn escapes(&mut self, op: &Op) {
        let points = match op.ty {
            Some((t, _)) => op.is_place() || matches!(self.tree.ty(t).repr, Repr::Pointer | Repr::Memory),
            None => false,
        };
        let lives = |n: &NativeId| self.arity.natives.get(n.index()).is_some_and(|n| n.destroy.is_some());
        if op.temps.is_empty() || !points && !op.temps.iter().any(lives) {
            return;
        }
        for (id, natives) in &self.full {
            if op.temps.iter().any(|t| natives.contains(t)) && self.named.insert(*id) {
                self.again = true;
            }
        }
    }

    /// Declares a variable for the piece, at line `at`.
    pub fn store_at(&mut self, at: usize, name: String, op: Op) -> Op {
        let op = self.tried(op);
        self.escapes(&op);
        let text = self.declaration(&name, &op);
        self.lines.insert(at, Line { depth: self.depth, text });
        Op { text: name, prec: super::op::prec::ATOM, order: Order::Fixed, temps: Vec::new(), ..op }
    }
    pub fn store(&mut self, name: String, op: Op) -> Op {
        self.store_at(self.lines.len(), name, op)
    }
    /// The piece as something that can be evaluated at any time.
    pub fn fixed(&mut self, op: Op) -> Op {
        if op.order == Order::Fixed || op.is_void() {
            return op;
        }
        let name = self.temporary();
        self.store(name, op)
    }
    pub fn assign(&mut self, to: &Op, op: Op) {
        let op = self.tried(op);
        self.escapes(&op);
        let text = if to.is_place() {
            format!("{} = &{};", pointer(to), op.at(16))
        } else {
            format!("{} = {};", to.text, op.text)
        };
        self.line(text);
    }
    /// Writes the piece down for what it does.
    pub fn discard(&mut self, op: Op) {
        if op.order == Order::Fixed || op.order == Order::Read && op.is_place() {
            return;
        }
        let op = self.tried(op);
        self.line(format!("{};", op.text));
    }

    /// Evaluates nodes in order into pieces that may stand in one expression.
    pub fn pieces(&mut self, ids: &[ExprId], each: &mut dyn FnMut(&mut Self, usize, ExprId) -> Op) -> Vec<Op> {
        let mut ops: Vec<Op> = Vec::with_capacity(ids.len());
        for (i, id) in ids.iter().enumerate() {
            let mark = self.lines.len();
            let op = each(self, i, *id);
            let wrote = self.lines.len() > mark;
            let mut at = mark;
            if wrote || op.order == Order::Act {
                for earlier in &mut ops {
                    // A place is read by whoever gets it, so only how it is found must come first.
                    let early = earlier.order > Order::Fixed && wrote
                        || earlier.order >= Order::Read && !(earlier.is_place() && earlier.order < Order::Act);
                    if early && !earlier.is_void() {
                        let name = self.temporary();
                        let stored = self.store_at(at, name, earlier.clone());
                        *earlier = self.handed_on(stored);
                        at += 1;
                    }
                }
            }
            let late = op.order == Order::Act && ops.iter().any(|o| o.is_place() && i > 0);
            ops.push(if late && op.order != Order::Fixed && !op.is_void() {
                let stored = self.fixed(op);
                self.handed_on(stored)
            } else {
                op
            });
        }
        ops
    }
    /// A temporary in a variable, where the argument was one: whoever takes it may move from it, and nobody copies it.
    fn handed_on(&self, op: Op) -> Op {
        match op.ty {
            Some((t, Category::Prvalue)) if op.rep == Rep::Native(Repr::Memory) => Op {
                text: format!("static_cast<{} &&>({})", self.tree.ty(t).name, op.text),
                prec: super::op::prec::POSTFIX,
                rep: Rep::Native(Repr::Reference),
                ..op
            },
            Some((t, Category::Xvalue)) if op.is_place() => Op {
                text: format!("static_cast<{} &&>({})", self.tree.ty(t).name, op.text),
                prec: super::op::prec::POSTFIX,
                ..op
            },
            _ => op,
        }
    }
    pub fn words(&mut self, ids: &[ExprId]) -> Vec<Op> {
        self.pieces(ids, &mut |s, _, id| s.word(id))
    }
    /// The node's value as a word, tested.
    pub fn word(&mut self, id: ExprId) -> Op {
        let op = self.expr(id);
        self.coerce(op, Rep::Value)
    }
    /// The piece held as `rep`; its type allows it. The result needs no test.
    pub fn coerce(&mut self, op: Op, rep: Rep) -> Op {
        let op = self.tried(op);
        if op.rep == rep {
            return op;
        }
        let text = match (op.rep, rep) {
            (Rep::Native(Repr::Void), Rep::Value) => {
                self.discard(op);
                return Op::nil();
            }
            (Rep::Native(_), _) | (_, Rep::Native(_)) => return op,
            (_, Rep::Value) => format!("rung::of({})", op.arg()),
            (Rep::Value, Rep::Long) => format!("rung::as_long({})", op.arg()),
            (Rep::Value, Rep::Double) => format!("rung::as_double({})", op.arg()),
            (Rep::Value, Rep::Bool) => format!("rung::as_bool({})", op.arg()),
            (Rep::Long, Rep::Double) => format!("static_cast<double>({})", op.arg()),
            // Nobody reads a value of a type that the node cannot have.
            (_, Rep::Long) => "0L".into(),
            (_, Rep::Double) => "0.0".into(),
            (_, Rep::Bool) => "false".into(),
        };
        Op { text, prec: super::op::prec::POSTFIX, rep, ty: None, ..op }
    }

    /// Evaluates the node and gives its value to `dest`. False where control does not get behind it.
    pub fn give(&mut self, op: Op, dest: &Dest) -> bool {
        match dest {
            Dest::Return => {
                let op = if op.rep == self.returns { op } else { self.coerce(op, self.returns) };
                if op.throws {
                    // The result as it is; where it tells of an error, the place too.
                    let how = self.trying(&op);
                    self.line(format!("return {}{}{};", hidden(format!("RUNG_TRY{how}")), op.text, hidden(")")));
                    return false;
                }
                if op.is_native() {
                    // A loop of a C++ scalar: its bits.
                    self.line(format!("return rung::Value{{rung::pack({})}};", op.arg()));
                } else {
                    self.line(format!("return {};", op.text));
                }
                false
            }
            Dest::Assign(to) => {
                let op = if to.is_native() { op } else { self.coerce(op, to.rep) };
                self.assign(&to.clone(), op);
                true
            }
            Dest::Drop => {
                self.discard(op);
                true
            }
        }
    }

    /// A variable for a node's value, declared; `None` where nothing comes out of the node.
    pub fn result(&mut self, id: ExprId) -> Option<Op> {
        let rep = match self.types.node(id) {
            crate::lower::Type::Never => return None,
            t => t.rep(),
        };
        let name = match self.hint {
            Some((node, slot)) if node == id => {
                self.hint = None;
                self.local_name(slot)
            }
            _ => self.temporary(),
        };
        let (text, op) = match (rep, self.tree.node(id).ty) {
            (Rep::Native(Repr::Void), _) => return Some(Op::nil()),
            (_, Ty::Cpp(t, Category::Prvalue)) if self.tree.ty(t).repr != Repr::Memory => {
                let op = Op::atom(name.clone(), Rep::Native(self.tree.ty(t).repr)).typed(t, Category::Prvalue);
                (format!("{} {name};", declared(&self.type_name(t))), op)
            }
            (_, Ty::Cpp(t, c)) => {
                let op =
                    Op::new(format!("*{name}"), super::op::prec::UNARY, Order::Fixed, Rep::Native(Repr::Reference))
                        .typed(t, c);
                (format!("{}{name};", self.pointer_to(t)), op)
            }
            (Rep::Long, _) => (format!("long {name};"), Op::atom(name, rep)),
            (Rep::Double, _) => (format!("double {name};"), Op::atom(name, rep)),
            (Rep::Bool, _) => (format!("bool {name};"), Op::atom(name, rep)),
            (_, Ty::Value) => (format!("rung::Value {name};"), Op::atom(name, Rep::Value)),
        };
        self.line(text);
        Some(op)
    }

    /// Names declared by `f` end with it.
    pub fn scoped<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let names = self.scope.len();
        let r = f(self);
        self.scope.truncate(names);
        r
    }

    pub fn head(&self, target: Target) -> Option<Head> {
        self.heads.iter().rev().find(|h| h.target == target).cloned()
    }
}

/// The pointer behind a place variable `*t1`.
fn pointer(place: &Op) -> String {
    place.text.trim_start_matches('*').to_owned()
}

/// A type name that a declarator can follow.
pub(super) fn declared(name: &str) -> String {
    if plain_type(name) || !name.contains(['(', '[']) { name.to_owned() } else { format!("__typeof__({name})") }
}

/// Names that a person writes out rather than `auto`.
fn plain_type(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "char"
            | "short"
            | "int"
            | "long"
            | "float"
            | "double"
            | "signed char"
            | "unsigned char"
            | "unsigned short"
            | "unsigned int"
            | "unsigned long"
            | "const char *"
    )
}
