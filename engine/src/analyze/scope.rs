//! What is open while a function is analyzed: locals with their slots, native storage, captures, recursion targets.
//!
//! Names are interned symbols, which live for ever, so a name is its word.

use super::*;
use crate::heap::Gc;

/// A name in scope.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub name: u64,
    pub slot: Slot,
    pub ty: Ty,
    /// A field of a method's object: no local, but read through the local of that name.
    pub field: Option<FieldOf>,
}

/// A field of the object that a method was called with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldOf {
    /// The name of the object's local, which no program wrote.
    pub this: u64,
    pub index: u32,
    pub mutable: bool,
}

/// A variable of an enclosing function that the function uses.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    pub name: u64,
    pub text: Box<str>,
    /// Where the enclosing function has it.
    pub source: Source,
    /// What the capture holds: a value, or a C++ scalar's bits.
    pub ty: Ty,
    /// Set where a C++ object was converted on capture: how the name reads inside.
    pub object: Option<TypeIx>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Local {
        slot: Slot,
        ty: Ty,
    },
    Capture(CaptureIx),
    /// The enclosing function itself.
    Itself,
}

#[derive(Debug, Clone)]
pub(crate) struct RecurTarget {
    pub target: Target,
    pub slots: Vec<(Slot, Ty)>,
    pub names: usize,
}

pub(crate) struct FnScope {
    pub name: Box<str>,
    /// The function's own name for itself.
    pub own: Option<u64>,
    pub captures: Vec<Captured>,
    pub feedback: u32,
    /// Argument counts that the function takes, known before bodies are analyzed.
    pub accepts: Vec<u32>,
    pub variadic_from: Option<u32>,
    // Of the arity at hand:
    pub locals: Vec<Local>,
    pub infos: Vec<LocalInfo>,
    pub next_slot: u32,
    pub natives: Vec<Native>,
    pub loops: u32,
    /// Innermost last; `None` is a barrier (`try`).
    pub recur: Vec<Option<RecurTarget>>,
    /// Temporaries of the full expression at hand.
    pub temporaries: Vec<NativeId>,
    pub hints: Vec<Hint>,
    pub result: Hint,
}

impl FnScope {
    pub fn new(name: Box<str>, own: Option<u64>) -> FnScope {
        FnScope {
            name,
            own,
            captures: Vec::new(),
            feedback: 0,
            accepts: Vec::new(),
            variadic_from: None,
            locals: Vec::new(),
            infos: Vec::new(),
            next_slot: 1,
            natives: Vec::new(),
            loops: 0,
            recur: Vec::new(),
            temporaries: Vec::new(),
            hints: Vec::new(),
            result: Hint::None,
        }
    }

    pub fn begin_arity(&mut self) {
        self.locals.clear();
        self.infos.clear();
        self.natives.clear();
        self.temporaries.clear();
        self.recur.clear();
        self.hints.clear();
        self.result = Hint::None;
        (self.next_slot, self.loops) = (1, 0);
    }

    /// A new word of the frame. Words are not used again after a scope: cleanup on a throw looks at flags of scopes left.
    pub fn slot(&mut self) -> Slot {
        self.next_slot += 1;
        Slot(self.next_slot - 1)
    }

    pub fn feedback(&mut self) -> FeedbackId {
        self.feedback += 1;
        FeedbackId(self.feedback - 1)
    }

    pub fn bind(&mut self, name: Gc<Symbol>, slot: Slot, ty: Ty, hint: Hint) {
        self.locals.push(Local { name: name.base().bits(), slot, ty, field: None });
        self.infos.push(LocalInfo { slot, name: name.name_str().into(), ty, hint });
    }

    /// Makes a field of `this` readable by its name.
    pub fn bind_field(&mut self, name: Gc<Symbol>, field: FieldOf) {
        self.locals.push(Local { name: name.base().bits(), slot: Slot(0), ty: Ty::Value, field: Some(field) });
    }

    /// Storage for an object; words are given out when the arity is done.
    pub fn native(&mut self, ty: TypeIx, size: u32, destroy: Option<SiteId>) -> NativeId {
        let flag = self.slot();
        let words = size.div_ceil(16).max(1) * 2;
        self.natives.push(Native { word: 0, words, ty, destroy, flag });
        NativeId(self.natives.len() as u32 - 1)
    }

    pub fn find(&self, name: u64) -> Option<&Local> {
        self.locals.iter().rev().find(|l| l.name == name)
    }
}

/// A name found: how to read it in the innermost function.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    Local(Local),
    Capture(CaptureIx, Ty, Option<TypeIx>),
    Itself,
    Field { this: Box<Found>, index: u32, mutable: bool },
}

impl Analyzer<'_> {
    /// Is the name bound by any open scope? Nothing is captured by asking.
    pub(crate) fn is_bound(&self, name: Gc<Symbol>) -> bool {
        let bits = name.base().bits();
        name.ns.is_nil() && self.scopes.iter().any(|s| s.own == Some(bits) || s.find(bits).is_some())
    }

    /// Finds a name, capturing it through the functions between.
    pub(crate) fn find(&mut self, name: Gc<Symbol>) -> Res<Option<Found>> {
        if !name.ns.is_nil() {
            return Ok(None);
        }
        let bits = name.base().bits();
        self.find_bits(bits, name.name_str())
    }

    fn find_bits(&mut self, bits: u64, text: &str) -> Res<Option<Found>> {
        let innermost = self.scopes.len() - 1;
        for depth in (0..=innermost).rev() {
            let scope = &self.scopes[depth];
            let source = if let Some(l) = scope.find(bits) {
                if let Some(FieldOf { this, index, mutable }) = l.field {
                    let this = self.find_bits(this, "this")?;
                    return Ok(this.map(|this| Found::Field { this: Box::new(this), index, mutable }));
                }
                let slot = l.slot;
                self.know_slot(depth + 1, slot)?;
                let scope = &self.scopes[depth];
                let Some(l) = scope.find(bits) else { return Ok(None) };
                if depth == innermost {
                    return Ok(Some(Found::Local(l.clone())));
                }
                Source::Local { slot: l.slot, ty: l.ty }
            } else if scope.own == Some(bits) {
                if depth == innermost {
                    return Ok(Some(Found::Itself));
                }
                Source::Itself
            } else {
                continue;
            };
            return self.capture(bits, text, source, depth).map(Some);
        }
        Ok(None)
    }

    /// Threads a variable of scope `depth` through every function inside it.
    fn capture(&mut self, bits: u64, text: &str, source: Source, depth: usize) -> Res<Found> {
        let mut source = source;
        let mut found = None;
        for level in depth + 1..self.scopes.len() {
            let index = match self.scopes[level].captures.iter().position(|c| c.name == bits && c.source == source) {
                Some(i) => i,
                None => {
                    let (ty, object) = match source {
                        Source::Local { ty, .. } => self.captured_type(ty, text)?,
                        Source::Capture(ix) => {
                            let c = &self.scopes[level - 1].captures[ix.index()];
                            (c.ty, c.object)
                        }
                        Source::Itself => (Ty::Value, None),
                    };
                    self.scopes[level].captures.push(Captured { name: bits, text: text.into(), source, ty, object });
                    self.scopes[level].captures.len() - 1
                }
            };
            let c = &self.scopes[level].captures[index];
            found = Some(Found::Capture(CaptureIx(index as u32), c.ty, c.object));
            source = Source::Capture(CaptureIx(index as u32));
        }
        match found {
            Some(f) => Ok(f),
            None => Err(self.error("analyze/internal", "a capture without a function")),
        }
    }

    /// C++ scalars are captured as their bits; objects are converted, so they must be copyable.
    fn captured_type(&mut self, ty: Ty, name: &str) -> Res<(Ty, Option<TypeIx>)> {
        let Ty::Cpp(t, _) = ty else { return Ok((Ty::Value, None)) };
        let cpp = self.tree.ty(t);
        if cpp.repr != Repr::Memory && cpp.repr != Repr::Void {
            return Ok((Ty::Cpp(t, Category::Prvalue), None));
        }
        if !cpp.copyable {
            let message = format!("{name} is a {}, which cannot be copied, so a function cannot capture it", show(cpp));
            let d = Diagnostic::new(Phase::Analyze, "cpp/capture", message)
                .at(self.span("captured here"))
                .help(format!("make it with (cpp/new {} …) and capture the pointer", show(cpp)));
            return Err(fault::raise_diagnostic(Class::Compiler, &d));
        }
        Ok((Ty::Value, Some(t)))
    }

    /// The expression that fills a capture, in the function that makes the closure.
    pub(crate) fn capture_source(&mut self, c: &Captured) -> Res<ExprId> {
        let id = match c.source {
            Source::Local { slot, ty } => self.add(Expr::Local { slot }, Position::Value, ty),
            Source::Capture(index) => {
                let outer = &self.scope().captures[index.index()];
                let ty = outer.ty;
                self.add(Expr::Capture { index }, Position::Value, ty)
            }
            Source::Itself => self.add(Expr::SelfRef {}, Position::Value, Ty::Value),
        };
        match (c.ty, self.ty(id)) {
            (Ty::Value, Ty::Cpp(..)) => self.to_value(id, Position::Value),
            (Ty::Cpp(..), Ty::Cpp(t, Category::Lvalue | Category::Xvalue)) => Ok(self.load(id, t)),
            _ => Ok(id),
        }
    }

    /// Gives native storage its words behind the slots; the frame's size is even, so that frames stay 16-byte aligned.
    pub(crate) fn finish_arity(&mut self, body: ExprId, params: u32, variadic: bool) -> Arity {
        let s = self.scope();
        let mut next = s.next_slot.next_multiple_of(2);
        for n in &mut s.natives {
            n.word = next;
            next += n.words;
        }
        Arity {
            params,
            variadic,
            body,
            frame: next,
            locals: std::mem::take(&mut s.infos),
            natives: std::mem::take(&mut s.natives),
            loops: s.loops,
            hints: std::mem::take(&mut s.hints),
            result: s.result,
        }
    }
}

/// A type as a person reads it.
pub(crate) fn show(t: &questions::CppType) -> &str {
    if t.display.is_empty() { &t.name } else { &t.display }
}
