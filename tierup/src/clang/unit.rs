//! A unit of text: a function with its arities, or a loop that is entered while it runs. The text is a pure function of
//! the tree, the feedback and the strategy; its exported names end in its own hash, so equal text is equal code.

use super::gen_state::{Dest, Gen, Head, Leaves, Line, Uses};
use super::names;
use super::op::{Op, Order, full, hidden, prec, shown};
use super::{Shape, Strategy};
use crate::compiler::Want;
use crate::feedback::Snapshot;
use crate::lower::{Rep, Signature, Stay, Type, infer, reaches, specialise};
use engine::analyze::{Arity, Expr, ExprId, FnId, FnProto, LoopId, Slot, Target, Tree, Ty, TypeIx};
use engine::code::MAX_DIRECT;
use engine::table::{HashMap, HashSet};
use questions::{Category, Repr};
use std::fmt::Write;

/// Text to compile, and what it refers to.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    /// Declarations of what is bound at loading, then the functions.
    pub text: String,
    /// The same without the places where errors stand, for a person.
    pub shown: String,
    pub exports: Vec<String>,
    /// Symbol → the constant that holds the var.
    pub vars: Vec<(String, u32)>,
    /// Symbol → the type.
    pub types: Vec<(String, TypeIx)>,
    /// The special entry, the last of the exports, by its signature.
    pub special: Option<Signature>,
}

/// Writes a unit.
///
/// # Errors
/// What this tier does not take, as a reason.
pub(super) fn write(tree: &Tree, function: FnId, want: Want, feedback: &Snapshot, shape: Shape) -> Result<Text, Stay> {
    let proto = tree.function(function);
    let base = names::local(proto.name.rsplit('/').next().unwrap_or(&proto.name));
    let several = proto.arities.len() > 1;
    let arities: Vec<usize> = match want {
        Want::Function => (0..proto.arities.len()).collect(),
        Want::Loop { arity, .. } => vec![arity as usize],
    };
    let bodies: Vec<String> = proto
        .arities
        .iter()
        .map(|a| match (want, several) {
            (Want::Loop { .. }, _) => String::new(),
            (_, true) => format!("{base}_{}{}{HASH}", a.params, if a.variadic { "_more" } else { "" }),
            (_, false) => format!("{base}{HASH}"),
        })
        .collect();
    // One special entry is what a `Code` has room for; the first arity that gains by it gets it.
    let special: Option<(usize, (String, Signature))> = match want {
        Want::Function => arities.iter().find_map(|i| {
            let signature = specialise(tree, function, *i as u32, feedback)?;
            signature.bits()?;
            Some((*i, (format!("{}_unboxed{HASH}", bodies[*i].trim_end_matches(HASH)), signature)))
        }),
        Want::Loop { .. } => None,
    };
    let mut uses = Uses::default();
    let mut text = String::new();
    let mut exports = Vec::new();
    let mut add = |lines: Vec<Line>| {
        if !text.is_empty() {
            text.push('\n');
        }
        place_comment(&mut text, tree, proto);
        for l in lines {
            let _ = writeln!(text, "{}{}", "  ".repeat(l.depth as usize), l.text);
        }
    };
    for i in arities {
        let arity = proto.arities.get(i).ok_or_else(|| Stay::new("no such arity"))?;
        let own = special.as_ref().filter(|s| s.0 == i).map(|s| &s.1);
        let mut one = |kind: Kind| unit(tree, proto, arity, &bodies, feedback, shape, &kind, &mut uses);
        let name = match (want, own) {
            (Want::Function, None) => {
                add(one(Kind::Words(&bodies[i]))?);
                bodies[i].clone()
            }
            (Want::Function, Some(own)) => {
                add(one(Kind::Special(own))?);
                let guarded = own.1.params.iter().any(|p| *p != Rep::Value);
                let words = format!("{}_words{HASH}", bodies[i].trim_end_matches(HASH));
                if guarded {
                    add(one(Kind::Slow(&words))?);
                }
                add(one(Kind::Entry { name: &bodies[i], special: own, words: &words })?);
                bodies[i].clone()
            }
            (Want::Loop { id, .. }, _) => {
                let name = format!("{base}_loop_{}{HASH}", id.0);
                add(one(Kind::Loop(id, &name))?);
                name
            }
        };
        exports.push(name);
    }
    if (several || special.is_some()) && matches!(want, Want::Function) {
        let ahead: Vec<String> =
            proto.arities.iter().zip(&bodies).map(|(a, b)| format!("{};\n", signature(a, b))).collect();
        text = format!("{}\n{text}", ahead.concat());
    }
    exports.extend(special.iter().map(|s| s.1.0.clone()));
    let done = finish(tree, text, exports, uses, shape.salt);
    Ok(Text { special: special.map(|s| s.1.1), ..done })
}

/// The C++ functions that an arity becomes. Where parameters may be held unboxed there are three: the special entry, the body
/// for all else, and the ordinary entry, which looks at its arguments and calls one of the two.
enum Kind<'a> {
    Words(&'a str),
    Special(&'a (String, Signature)),
    Slow(&'a str),
    Entry { name: &'a str, special: &'a (String, Signature), words: &'a str },
    Loop(LoopId, &'a str),
}

/// Stands for the hash in names until the text is complete.
const HASH: &str = "_HASH_";

fn finish(tree: &Tree, body: String, exports: Vec<String>, uses: Uses, salt: [u8; 32]) -> Text {
    let mut done = Text::default();
    let mut head = String::new();
    let mut by_ns: Vec<(String, Vec<String>)> = Vec::new();
    for ((ns, name), at) in &uses.vars {
        let symbol = format!("rung_var:{ns}/{name}");
        let line = format!("extern Var {} asm({});", names::global(name), names::string(&symbol));
        let ns = names::global(ns);
        match by_ns.last_mut() {
            Some((last, lines)) if *last == ns => lines.push(line),
            _ => by_ns.push((ns, vec![line])),
        }
        done.vars.push((symbol, *at));
    }
    for (ns, lines) in by_ns {
        let _ = writeln!(head, "namespace rung::vars::{ns} {{\n{}\n}}", lines.join("\n"));
    }
    if !uses.types.is_empty() {
        let _ = writeln!(head, "namespace rung::types {{");
        for (name, ix) in &uses.types {
            let ty = tree.ty(*ix);
            let symbol = format!("rung_type:{}:{}", ty.version, ty.name);
            let _ = writeln!(head, "extern const Type {name} asm({});", names::string(&symbol));
            done.types.push((symbol, *ix));
        }
        let _ = writeln!(head, "}}");
    }
    if !head.is_empty() {
        head.push('\n');
    }
    let text = head + &body;
    let hash = blake3::Hasher::new().update(full(&text).as_bytes()).update(&salt).finalize().to_hex();
    let tag = format!("_{}", &hash[..8]);
    done.shown = shown(&text).replace(HASH, &tag);
    done.text = full(&text).replace(HASH, &tag);
    done.exports = exports.into_iter().map(|e| e.replace(HASH, &tag)).collect();
    done
}

fn place_comment(out: &mut String, tree: &Tree, proto: &FnProto) {
    let file = tree.file.rsplit('/').next().unwrap_or(&tree.file);
    let _ = match proto.place.line {
        0 => writeln!(out, "// {}", proto.name),
        line => writeln!(out, "// {}, {file}:{line}", proto.name),
    };
}

/// `extern "C" rung::Value name(rung::Thread *thread, rung::Value self, …)`, parameters unnamed.
fn signature(arity: &Arity, name: &str) -> String {
    let n = arity.params as usize + arity.variadic as usize;
    let params = if n > MAX_DIRECT { ", const rung::Value *".to_owned() } else { ", rung::Value".repeat(n) };
    format!("extern \"C\" rung::Value {name}(rung::Thread *, rung::Value{params}) noexcept")
}

#[expect(clippy::too_many_arguments, reason = "the parts of a job, taken apart once")]
fn unit(
    tree: &Tree,
    proto: &FnProto,
    arity: &Arity,
    bodies: &[String],
    feedback: &Snapshot,
    shape: Shape,
    kind: &Kind,
    uses: &mut Uses,
) -> Result<Vec<Line>, Stay> {
    let n = arity.params as usize + arity.variadic as usize;
    let special = match kind {
        Kind::Special(s) => Some(*s),
        _ => None,
    };
    let held = special.map_or_else(|| Signature::words(n), |s| s.1.clone());
    let params: Vec<Type> = held.params.iter().map(|r| Type::of_rep(*r)).collect();
    // A loop's unit goes on with a frame of tier 0: its calls of the function are calls like all others.
    let bodies = if matches!(kind, Kind::Loop(..)) { &[] } else { bodies };
    let mut named = HashSet::default();
    let mut reserved: HashSet<&str> = HashSet::default();
    for s in &tree.sites {
        names::identifiers(&s.text, &mut reserved);
    }
    for t in &tree.types {
        names::identifiers(&t.name, &mut reserved);
    }
    for (_, s) in &tree.spellings {
        names::identifiers(s, &mut reserved);
    }
    loop {
        let mut g = Gen {
            tree,
            function: proto,
            arity,
            bodies,
            feedback,
            own_code: shape.own_code,
            signatures: shape.signatures,
            leaves: if matches!(kind, Kind::Loop(..)) { Leaves::Inside } else { Leaves::Function },
            at: arity.body,
            uses_stood: false,
            special,
            returns: held.result,
            types: infer(tree, proto, arity, &params, special.is_some()),
            strategy: shape.strategy,
            left: shape.left,
            env: HashMap::default(),
            variables: variables(tree, arity.body),
            reserved: reserved.clone(),
            scope: Vec::new(),
            lines: Vec::new(),
            depth: 0,
            temporaries: 0,
            heads: Vec::new(),
            uses: uses.clone(),
            uses_consts: false,
            catches: false,
            named: named.clone(),
            again: false,
            full: Vec::new(),
            places: HashMap::default(),
            hint: None,
            stay: None,
        };
        match kind {
            Kind::Words(name) => g.function_unit(&format!("extern \"C\" rung::Value {name}"), &held),
            Kind::Slow(name) => {
                // Rare, where what the function has met says so.
                let rare = feedback.cells.iter().any(|c| c.count != 0);
                let head = if rare { "[[gnu::cold]] static" } else { "static" };
                g.function_unit(&format!("{head} rung::Value {name}"), &held);
            }
            Kind::Special((name, s)) => {
                g.function_unit(&format!("extern \"C\" {} {name}", super::body::returned(s.result)), &held);
            }
            Kind::Entry { name, special, words } => g.entry_unit(name, special, words),
            Kind::Loop(id, name) => g.loop_unit(*id, name),
        }
        if let Some(stay) = g.stay {
            return Err(stay);
        }
        if !g.again {
            *uses = g.uses;
            return Ok(g.lines);
        }
        named = g.named;
    }
}

impl Gen<'_> {
    /// `head(thread, self, …) {` and the body, parameters held as the signature says.
    fn function_unit(&mut self, head: &str, held: &Signature) {
        let params: Vec<String> = (0..held.params.len()).map(|i| self.local_name(Slot(i as u32 + 1))).collect();
        let list: String = match params.len() > MAX_DIRECT {
            true => ", const rung::Value *args".into(),
            false => params
                .iter()
                .zip(&held.params)
                .map(|(p, rep)| format!(", {} {p}", super::body::held_as(*rep)))
                .collect(),
        };
        self.open(&format!("{head}(rung::Thread *thread, rung::Value self{list}) noexcept"));
        if params.len() > MAX_DIRECT {
            for (i, p) in params.iter().enumerate() {
                self.line(format!("rung::Value {p} = args[{i}];"));
            }
        }
        let vars: Vec<Op> = params.iter().zip(&held.params).map(|(p, rep)| Op::atom(p.clone(), *rep)).collect();
        for (i, v) in vars.iter().enumerate() {
            self.bind(Slot(i as u32 + 1), v.clone());
        }
        let body = self.arity.body;
        let recurs = reaches(self.tree, body, &|e| matches!(e, Expr::Recur { target: Target::Function, .. }));
        let start = self.lines.len();
        if !recurs {
            self.line("RUNG_POLL(thread);");
        }
        let mark = self.lines.len();
        let unowned = self.unowned();
        self.holders(&unowned);
        if recurs {
            self.heads.push(Head { target: Target::Function, vars });
            self.open("for (;;)");
            self.line("RUNG_POLL(thread);");
            self.stmt(body, &Dest::Return);
            self.close("");
        } else {
            self.stmt(body, &Dest::Return);
        }
        self.caught(mark);
        self.constants_at(start);
        self.close("");
    }

    /// The ordinary entry of an arity that has a special one.
    fn entry_unit(&mut self, name: &str, (special, held): &(String, Signature), words: &str) {
        let params: Vec<String> = (0..held.params.len()).map(|i| self.local_name(Slot(i as u32 + 1))).collect();
        let list: String = params.iter().map(|p| format!(", rung::Value {p}")).collect();
        self.open(&format!("extern \"C\" rung::Value {name}(rung::Thread *thread, rung::Value self{list}) noexcept"));
        let (mut tests, mut passed) = (Vec::new(), String::new());
        for (p, rep) in params.iter().zip(&held.params) {
            let (test, as_held) = match rep {
                Rep::Long => ("is_long", "as_long"),
                Rep::Double => ("is_unboxed_double", "as_double"),
                _ => {
                    let _ = write!(passed, ", {p}");
                    continue;
                }
            };
            tests.push(format!("rung::{test}({p})"));
            let _ = write!(passed, ", rung::{as_held}({p})");
        }
        let call = match held.result {
            Rep::Value => format!("return {special}(thread, self{passed});"),
            _ => format!("return rung::as_word({special}(thread, self{passed}));"),
        };
        if tests.is_empty() {
            self.line(call);
        } else {
            self.open(&format!("if ({})", tests.join(" && ")));
            self.line(call);
            self.close("");
            self.line(format!(
                "return {words}(thread, self{});",
                params.iter().map(|p| format!(", {p}")).collect::<String>()
            ));
        }
        self.close("");
    }

    /// `consts`, where the text has it.
    fn constants_at(&mut self, at: usize) {
        if self.uses_stood {
            let depth = self.depth;
            self.lines.insert(at, Line { depth, text: hidden("[[maybe_unused]] unsigned long stood = ~0ul;") });
        }
        if self.uses_consts {
            let depth = self.depth;
            self.lines.insert(at, Line { depth, text: "const rung::Value *consts = rung::constants(self);".into() });
        }
    }

    /// Objects that no scope of the arity owns end with the function.
    fn unowned(&self) -> Vec<engine::analyze::NativeId> {
        let mut owned = HashSet::default();
        let mut work = vec![self.arity.body];
        while let Some(id) = work.pop() {
            match self.tree.expr(id) {
                Expr::Let { bindings, .. } | Expr::Loop { bindings, .. } => {
                    owned.extend(bindings.iter().filter_map(|b| b.native))
                }
                Expr::Cleanups { temporaries, .. } => owned.extend(temporaries.iter().copied()),
                _ => {}
            }
            self.tree.expr(id).children(&mut |c| work.push(c));
        }
        let mut made = HashSet::default();
        crate::lower::each(self.tree, self.arity.body, &mut |e| match e {
            Expr::CppCall { into, .. }
            | Expr::CppMethod { into, .. }
            | Expr::CppConstruct { into, .. }
            | Expr::CppOperator { into, .. }
            | Expr::CppCast { into, .. } => {
                made.extend(into.iter().copied());
            }
            _ => {}
        });
        let mut all: Vec<_> = made.into_iter().filter(|n| !owned.contains(n)).collect();
        all.sort();
        all
    }

    /// A loop with the frame's slots as its only state.
    fn loop_unit(&mut self, id: LoopId, name: &str) {
        self.open(&format!("extern \"C\" rung::Value {name}(rung::Thread *thread, rung::Value *slots) noexcept"));
        let Some(node) = self.find_loop(self.arity.body, id) else {
            self.refuse("no such loop");
            return;
        };
        let Expr::Loop { bindings, body, .. } = self.tree.expr(node) else { return };
        self.line("rung::Value self = slots[0];");
        let start = self.lines.len();
        for slot in self.free_slots(node) {
            let op = self.read_slot(node, slot);
            self.bind(slot, op);
        }
        let mut vars = Vec::new();
        for (i, b) in bindings.iter().enumerate() {
            let name = self.local_name(b.slot);
            let word = format!("slots[{}]", b.slot.0);
            let op = match self.tree.node(b.init).ty {
                Ty::Cpp(t, c) => {
                    let ty = self.spelled(t);
                    self.line(format!("{ty} {name} = rung::unpack<{ty}>({word});"));
                    Op::atom(name, Rep::Native(self.tree.ty(t).repr)).typed(t, c)
                }
                Ty::Value => {
                    let rep = self.types.loop_vars(id).get(i).map_or(Rep::Value, |t| t.rep());
                    let op = Op::call(word, Order::Read, Rep::Value);
                    let op = self.coerce(op, rep);
                    self.store(name, op)
                }
            };
            self.bind(b.slot, op.clone());
            vars.push(op);
        }
        let mark = self.lines.len();
        self.loop_from(id, vars, *body, &Dest::Return);
        self.caught(mark);
        self.constants_at(start);
        self.close("");
    }

    /// A slot of the frame that the loop reads: C++ places by their addresses.
    fn read_slot(&mut self, node: ExprId, slot: Slot) -> Op {
        let name = self.local_name(slot);
        let word = format!("slots[{}]", slot.0);
        match self.slot_type(node, slot) {
            Some(Ty::Cpp(t, Category::Prvalue)) if self.tree.ty(t).repr != Repr::Memory => {
                let ty = self.spelled(t);
                self.line(format!("{ty} {name} = rung::unpack<{ty}>({word});"));
                Op::atom(name, Rep::Native(self.tree.ty(t).repr)).typed(t, Category::Prvalue)
            }
            Some(Ty::Cpp(t, c)) => {
                self.line(format!("auto &{name} = *rung::unpack<{}>({word});", self.pointer_to(t)));
                Op::atom(name, Rep::Native(Repr::Reference))
                    .typed(t, if c == Category::Prvalue { Category::Lvalue } else { c })
            }
            _ => {
                self.line(format!("rung::Value {name} = {word};"));
                Op::new(name, prec::ATOM, Order::Fixed, Rep::Value)
            }
        }
    }

    fn slot_type(&self, at: ExprId, slot: Slot) -> Option<Ty> {
        if matches!(self.tree.expr(at), Expr::Local { slot: s } if *s == slot) {
            return Some(self.tree.node(at).ty);
        }
        let mut found = None;
        self.tree.expr(at).children(&mut |c| {
            if found.is_none() {
                found = self.slot_type(c, slot);
            }
        });
        found
    }

    fn find_loop(&self, at: ExprId, id: LoopId) -> Option<ExprId> {
        if matches!(self.tree.expr(at), Expr::Loop { id: l, .. } if *l == id) {
            return Some(at);
        }
        let mut found = None;
        self.tree.expr(at).children(&mut |c| {
            if found.is_none() {
                found = self.find_loop(c, id);
            }
        });
        found
    }

    /// Slots that the node reads and does not bind itself, in order.
    fn free_slots(&self, id: ExprId) -> Vec<Slot> {
        let (mut read, mut bound) = (Vec::new(), Vec::new());
        crate::lower::each(self.tree, id, &mut |e| match e {
            Expr::Local { slot } => read.push(*slot),
            Expr::Let { bindings, .. } | Expr::Loop { bindings, .. } | Expr::Letfn { bindings, .. } => {
                bound.extend(bindings.iter().map(|b| b.slot));
            }
            Expr::Try { catches, .. } => bound.extend(catches.iter().map(|c| c.slot)),
            _ => {}
        });
        read.sort();
        read.dedup();
        read.retain(|s| !bound.contains(s));
        read
    }
}

/// Locals that are more than read: assigned, stepped, taken the address of, passed where C++ may keep a reference.
fn variables(tree: &Tree, id: ExprId) -> HashSet<Slot> {
    let mut found = HashSet::default();
    let mut work = vec![id];
    while let Some(id) = work.pop() {
        let e = tree.expr(id);
        e.children(&mut |c| work.push(c));
        let local = |c: ExprId| match tree.expr(c) {
            Expr::Local { slot } if tree.repr(c) == Some(Repr::Reference) => Some(*slot),
            _ => None,
        };
        match e {
            // A scalar that has fields is a pointer, which is read.
            Expr::CppLoad { .. } | Expr::ConvertOut { .. } | Expr::CppField { .. } => {}
            Expr::CppOperator { site, token, args, .. } if tree.site(*site).symbol.is_empty() => {
                let writes = token.ends_with('=') && !matches!(&**token, "==" | "!=" | "<=" | ">=")
                    || matches!(&**token, "++" | "--");
                if writes || &**token == "&" && args.len() == 1 {
                    found.extend(args.first().copied().and_then(local));
                }
            }
            Expr::CppCast { site, .. }
                if tree.site(*site).symbol.is_empty() && tree.site(*site).result_category == Category::Prvalue => {}
            Expr::CppCall { site, args, .. }
            | Expr::CppMethod { site, args, .. }
            | Expr::CppConstruct { site, args, .. } => {
                let params = &tree.site(*site).params;
                // Behind the parameters come C's variadic arguments, by value.
                let by_value = |i: usize| params.get(i).is_some_and(|p| !p.contains('&'));
                found.extend(args.iter().enumerate().filter(|(i, _)| !by_value(*i)).filter_map(|(_, a)| local(*a)));
            }
            other => other.children(&mut |c| found.extend(local(c))),
        }
    }
    found
}

/// The strategy's mark in caches.
pub(super) fn strategy_name(s: Strategy) -> &'static str {
    match s {
        Strategy::Direct => "direct",
        Strategy::Stubs => "stubs",
    }
}
