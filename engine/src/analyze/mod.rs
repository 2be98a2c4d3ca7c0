//! Forms → expression tree: macroexpansion, names, slots, captures, positions and C++ types are settled here, so that
//! everything is known before anything runs. What a form needs at run time is gathered in a [`TopLevel`].

mod call;
mod constant;
mod cpp;
mod cpp_braces;
mod cpp_call;
mod cpp_dsl;
mod cpp_range;
mod cpp_refused;
mod cpp_type;
mod dependants;
mod expr;
mod function;
mod inline;
mod macroexpand;
mod scope;
mod special;
mod unit;

pub use expr::*;
pub use macroexpand::{is_do, macroexpand, macroexpand_1, macroexpand_top};
pub use unit::TopLevel;

use crate::coll;
use crate::fault::{self, Class, Res, Thrown};
use crate::heap::GcVec;
use crate::reader;
use crate::reader::value::PlaceTable;
use crate::space::{self, Namespace};
use crate::table::HashMap;
use crate::text::Symbol;
use crate::value::Value;
use questions::{Category, Diagnostic, Phase, Repr, Span};
use scope::FnScope;

/// Does anybody look at a top-level form's value? A C++ object that nobody looks at is not made a Clojure value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Results {
    Wanted,
    Dropped,
}

/// What the context of a form can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// A Clojure value: a C++ result is converted where it arises.
    Value,
    /// Either: a C++ argument, a `let` binding, a statement.
    Any,
}

/// The analyzer of one top-level form. Lives on the native stack: it holds values.
pub(crate) struct Analyzer<'a> {
    ns: &'static Namespace,
    places: &'a PlaceTable,
    tree: Tree,
    consts: GcVec,
    const_index: HashMap<ConstKey, ConstId>,
    types: HashMap<(String, u32), TypeIx>,
    site_index: HashMap<questions::Site, SiteId>,
    /// Open functions, outermost (the form itself) first.
    scopes: Vec<FnScope>,
    /// Where the form at hand stands.
    place: Place,
    inits: Vec<Vec<u64>>,
    opaque: u64,
    /// The name (and pin) that the next function form takes: what it is bound to.
    next_function: Option<(Box<str>, Option<u8>)>,
    expansions: &'a mut Expansions,
    collecting: Option<Collected>,
}

/// Analyzes one form, which is no `do` any more.
///
/// Questions to the C++ side are asked in batches: a pass meets what is not known yet, notes it and goes on around it;
/// the notes are asked in one request, and the next pass sees further. A form without C++ takes one pass.
///
/// # Errors
/// What is wrong with the form, as a CompilerException that carries the diagnostic; whatever a macro throws.
pub fn analyze(form: Value, places: &PlaceTable, file: &str, place: reader::Place, results: Results) -> Res<TopLevel> {
    let mut expansions = Expansions::default();
    for _ in 0..MAX_PASSES {
        let mut a = Analyzer::new(places, file, place, &mut expansions);
        a.collecting = Some(Collected::default());
        a.top(form, results)?;
        match a.collecting.take() {
            Some(c) if c.questions.is_empty() && !c.failed => return unit::finish(a, form, place),
            Some(c) if c.questions.is_empty() => break,
            Some(c) => {
                let cpp = &crate::host::parts().cpp;
                cpp.send(c.sent as u32, &c.questions[c.sent..]);
                if !cpp.settle() {
                    break;
                }
            }
            None => break,
        }
    }
    let mut a = Analyzer::new(places, file, place, &mut expansions);
    a.top(form, results)?;
    unit::finish(a, form, place)
}

/// Passes that may collect questions: one a level of nesting that matters; what is deeper is asked one by one.
const MAX_PASSES: usize = 12;

/// So many questions are sent at once while a pass goes on: the compiler works beside it. The first are few, so that it begins
/// early; when it has answered them, the next are there.
const FIRST_BATCH: usize = 6;
const BATCH: usize = 24;

/// Which question of the pass says the type of a node that is not known yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Awaited {
    question: u32,
    /// The node is a local that was initialised with the question's result.
    local: bool,
}

/// What a collecting pass met. Its questions are one series: those of calls whose arguments are calls say so, and the compiler,
/// which answers in order, knows what these give.
#[derive(Default)]
struct Collected {
    questions: Vec<questions::Question>,
    asked: HashMap<questions::Question, u32>,
    /// How many of them were sent.
    sent: usize,
    /// Nodes and slots whose C++ type waits for an answer; for which, where it is one answer alone.
    unknown: HashMap<ExprId, Option<Awaited>>,
    unknown_slots: HashMap<(usize, Slot), Option<Awaited>>,
    /// The question asked last, and the one that says what the form at hand is.
    last: Option<u32>,
    awaited: Option<Awaited>,
    /// Something failed, perhaps only for want of an answer: the last pass will say.
    failed: bool,
}

/// Macro calls of the form that were expanded: a macro runs once, however many passes there are.
#[derive(Default)]
struct Expansions {
    index: HashMap<usize, usize>,
    values: GcVec,
}

impl Expansions {
    fn get(&self, form: Value) -> Option<Value> {
        self.index.get(&form.address()).map(|&i| self.values[i])
    }
    fn put(&mut self, form: Value, expanded: Value) {
        // The form itself is kept too, so that its address stays its own.
        self.values.push(form);
        self.index.insert(form.address(), self.values.len());
        self.values.push(expanded);
    }
}

impl<'a> Analyzer<'a> {
    fn new(places: &'a PlaceTable, file: &str, place: reader::Place, expansions: &'a mut Expansions) -> Analyzer<'a> {
        let ns = space::current();
        Analyzer {
            ns,
            places,
            tree: Tree { file: file.into(), ns: ns.name.into(), ..Tree::default() },
            consts: GcVec::new(),
            const_index: HashMap::default(),
            types: HashMap::default(),
            site_index: HashMap::default(),
            scopes: Vec::new(),
            place: to_place(place),
            inits: Vec::new(),
            opaque: 0,
            next_function: None,
            expansions,
            collecting: None,
        }
    }
}

fn to_place(p: reader::Place) -> Place {
    Place { line: p.line, column: p.column, end_line: p.end_line, end_column: p.end_column }
}

impl Analyzer<'_> {
    fn top(&mut self, form: Value, results: Results) -> Res<()> {
        // Function 0 is the form; its number is taken before any inner function gets one.
        self.tree.fns.push(FnProto {
            name: format!("{}/eval", self.ns.name).into(),
            arities: Vec::new(),
            captures: Vec::new(),
            capture_types: Vec::new(),
            feedback: 0,
            place: self.place,
            pinned: None,
        });
        self.scopes.push(FnScope::new(format!("{}/eval", self.ns.name).into(), None));
        self.scope().begin_arity();
        let body = match results {
            Results::Wanted => self.full_value(form, Position::Tail)?,
            Results::Dropped => self.dropped(form)?,
        };
        let arity = self.finish_arity(body, 0, false);
        let scope = self.pop_scope();
        let f = &mut self.tree.fns[0];
        f.arities.push(arity);
        f.feedback = scope.feedback;
        Ok(())
    }

    /// A form whose C++ result nobody takes; a Clojure result is its value all the same.
    fn dropped(&mut self, form: Value) -> Res<ExprId> {
        let mark = self.scope().temporaries.len();
        let id = self.expr(form, Want::Any, Position::Tail)?;
        let id = self.end_full_expression(id, mark, Position::Tail);
        if self.ty(id) == Ty::Value {
            return Ok(id);
        }
        let nil = self.literal(Value::NIL, Position::Tail)?;
        Ok(self.add(Expr::Do { body: [id, nil].into() }, Position::Tail, Ty::Value))
    }

    pub(crate) fn scope(&mut self) -> &mut FnScope {
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    fn pop_scope(&mut self) -> FnScope {
        match self.scopes.pop() {
            Some(s) => s,
            None => FnScope::new("".into(), None),
        }
    }

    pub(crate) fn add(&mut self, expr: Expr, position: Position, ty: Ty) -> ExprId {
        let id = ExprId(self.tree.nodes.len() as u32);
        self.tree.nodes.push(Node { expr, place: self.place, position, ty });
        id
    }

    pub(crate) fn ty(&self, id: ExprId) -> Ty {
        self.tree.node(id).ty
    }

    /// Is the node a C++ object that lives in native storage (a prvalue of class type)?
    pub(crate) fn is_memory(&self, id: ExprId) -> bool {
        self.tree.repr(id) == Some(Repr::Memory)
    }

    /// A form as a Clojure value, temporaries of C++ expressions inside gone at its end.
    pub(crate) fn full_value(&mut self, form: Value, position: Position) -> Res<ExprId> {
        let mark = self.scope().temporaries.len();
        let id = self.expr(form, Want::Value, position)?;
        Ok(self.end_full_expression(id, mark, position))
    }

    /// A form whose value is dropped.
    pub(crate) fn statement(&mut self, form: Value) -> Res<ExprId> {
        let mark = self.scope().temporaries.len();
        let id = self.expr(form, Want::Any, Position::Statement)?;
        Ok(self.end_full_expression(id, mark, Position::Statement))
    }

    /// Wraps `id` so that the temporaries made since `mark` end with it.
    pub(crate) fn end_full_expression(&mut self, id: ExprId, mark: usize, position: Position) -> ExprId {
        let mut temporaries = self.scope().temporaries.split_off(mark);
        if temporaries.is_empty() {
            return id;
        }
        if temporaries.len() > 1 {
            // They end in the reverse order of their making, which is not the order in which they were found to be needed.
            let mut made = Vec::new();
            self.made(id, &mut made);
            temporaries.sort_by_key(|n| made.iter().position(|m| m == n));
        }
        let ty = self.ty(id);
        self.add(Expr::Cleanups { body: id, temporaries: temporaries.into() }, position, ty)
    }

    /// The objects that a node makes, in order.
    fn made(&self, id: ExprId, out: &mut Vec<NativeId>) {
        let e = self.tree.expr(id);
        e.children(&mut |c| self.made(c, out));
        if let Expr::CppCall { into, .. }
        | Expr::CppMethod { into, .. }
        | Expr::CppConstruct { into, .. }
        | Expr::CppOperator { into, .. }
        | Expr::CppCast { into, .. }
        | Expr::ConvertIn { into, .. }
        | Expr::Callback { into, .. } = e
        {
            out.extend(*into);
        }
    }

    /// A form in an argument position: a Clojure value.
    pub(crate) fn value(&mut self, form: Value) -> Res<ExprId> {
        self.full_value(form, Position::Value)
    }

    /// The heart: any form.
    pub(crate) fn expr(&mut self, form: Value, want: Want, position: Position) -> Res<ExprId> {
        crate::thread::check()?;
        let saved = self.place;
        if let Some(p) = self.places.of(form) {
            self.place = to_place(p);
        }
        let r = self.expr_here(form, want, position);
        let r = match r {
            Ok(id) if want == Want::Value => self.to_value(id, position),
            r => r,
        };
        let r = if r.is_err() && self.collecting.is_some() { self.go_around(position) } else { r };
        self.place = saved;
        r
    }

    /// In a collecting pass: a node of unknown type for a form that failed, so that its siblings are still met.
    #[cold]
    fn go_around(&mut self, position: Position) -> Res<ExprId> {
        let t = crate::thread::Thread::current();
        let error = t.take_pending();
        let serious = error
            .cast::<fault::Throwable>()
            .is_some_and(|e| e.class().is_a(Class::Error) || e.class() == Class::Interrupted);
        if serious {
            return Err(fault::throw(error));
        }
        let id = self.literal(Value::NIL, position)?;
        if let Some(c) = &mut self.collecting {
            c.failed = true;
            let awaited = c.awaited.take();
            c.unknown.insert(id, awaited);
        }
        Ok(id)
    }

    /// Does the node stand for one whose type is not known yet?
    pub(crate) fn is_unknown(&self, id: ExprId) -> bool {
        self.collecting.as_ref().is_some_and(|c| c.unknown.contains_key(&id))
    }

    /// Which question will say the type of an unknown node.
    pub(crate) fn awaited(&self, id: ExprId) -> Option<Awaited> {
        self.collecting.as_ref().and_then(|c| c.unknown.get(&id).copied().flatten())
    }

    /// Not known, and no one question will say it.
    pub(crate) fn is_obscure(&self, id: ExprId) -> bool {
        self.is_unknown(id) && self.awaited(id).is_none()
    }

    /// The question asked last says what the form at hand is.
    pub(crate) fn await_last(&mut self) {
        if let Some(c) = &mut self.collecting {
            c.awaited = c.last.map(|question| Awaited { question, local: false });
        }
    }

    /// The result of a part of the form at hand, which says nothing of the form's own type where it fails.
    pub(crate) fn part(&mut self, result: Res<ExprId>) -> Res<ExprId> {
        if let (Err(_), Some(c)) = (&result, &mut self.collecting) {
            c.awaited = None;
        }
        result
    }

    /// The slot's variable takes the unknown value of a node.
    pub(crate) fn mark_unknown_slot(&mut self, slot: Slot, awaited: Option<Awaited>) {
        let depth = self.scopes.len();
        if let Some(c) = &mut self.collecting {
            c.unknown_slots.insert((depth, slot), awaited);
        }
    }

    /// `missing`, if the slot's type is not known yet.
    fn know_slot(&mut self, depth: usize, slot: Slot) -> Res<()> {
        let innermost = depth == self.scopes.len();
        let Some(c) = &mut self.collecting else { return Ok(()) };
        let Some(&awaited) = c.unknown_slots.get(&(depth, slot)) else { return Ok(()) };
        // What is captured has a type of its own.
        c.awaited = awaited.filter(|_| innermost);
        Err(self.missing())
    }

    /// 'Not known yet', in a collecting pass: never leaves the analyzer.
    #[cold]
    pub(crate) fn missing(&self) -> Thrown {
        fault::throw(Value::TOMBSTONE)
    }

    fn expr_here(&mut self, form: Value, want: Want, position: Position) -> Res<ExprId> {
        if let Some(s) = form.cast::<Symbol>() {
            return self.symbol(s, position);
        }
        if coll::is_seq(form) {
            if coll::seq(form)?.is_nil() {
                return self.literal(coll::list(&[]), position);
            }
            return self.list(form, want, position);
        }
        if coll::is_vector(form) || coll::is_map(form) || coll::is_set(form) {
            return self.collection(form, position);
        }
        self.literal(form, position)
    }

    /// Analyzes child `i` of `parent` at its own place: atoms know theirs through their parent.
    pub(crate) fn at_child<R>(&mut self, parent: Value, i: usize, f: impl FnOnce(&mut Self) -> Res<R>) -> Res<R> {
        let saved = self.place;
        if let Some(p) = self.places.child(parent, i) {
            self.place = to_place(p);
        }
        let r = f(self);
        self.place = saved;
        r
    }

    pub(crate) fn span(&self, label: &str) -> Span {
        let p = self.place;
        Span {
            file: self.tree.file.to_string(),
            line: p.line,
            column: p.column,
            end_line: p.end_line,
            end_column: p.end_column,
            label: label.to_owned(),
        }
    }

    /// An error at the form at hand.
    #[cold]
    pub(crate) fn error(&self, code: &str, message: impl Into<String>) -> Thrown {
        let d = Diagnostic::new(Phase::Analyze, code, message).at(self.span(""));
        fault::raise_diagnostic(Class::Compiler, &d)
    }

    /// A diagnostic of the C++ side, put at the form at hand.
    #[cold]
    pub(crate) fn raise(&self, mut d: Diagnostic) -> Thrown {
        d.phase = Phase::Analyze;
        d.spans.insert(0, self.span(""));
        fault::raise_diagnostic(Class::Compiler, &d)
    }

    /// Converts a C++ result to a Clojure value where the node is not one yet.
    pub(crate) fn to_value(&mut self, id: ExprId, position: Position) -> Res<ExprId> {
        match self.ty(id) {
            Ty::Value => Ok(id),
            Ty::Cpp(t, category) => self.convert_out(id, t, category, position),
        }
    }
}

/// The category of what a `Ty` is, prvalue for values.
pub(crate) fn category(ty: Ty) -> Category {
    match ty {
        Ty::Cpp(_, c) => c,
        Ty::Value => Category::Prvalue,
    }
}

/// The items of a list or seq form, where the collector sees them.
pub(crate) fn items(form: Value) -> Res<GcVec> {
    let mut all = GcVec::new();
    coll::each(form, &mut |v| {
        all.push(v);
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    Ok(all)
}
