//! THE table of expression kinds. The enum, visiting of children, printing and structural hashing all come from it; the
//! tiers' exhaustive matches do the rest (docs/add-an-expression.md).
//!
//! A tree is plain data in an arena (contract *Tree*): no heap word, no mutable cell, no Clang pointer. Literals are
//! indices into the form's constants, feedback an index into the function's feedback vector, C++ call sites an index
//! into the tree's sites. Slots are words of the frame.
//!
//! ```text
//!  frame, on the thread's value stack:
//!   word 0          the function object (captures are read through it)
//!   1 …             parameters, then locals, in the order of their slots
//!   …               native storage: C++ objects in place, 16-byte aligned runs of words; flags of temporaries
//! ```

use questions::{CallAnswer, Category, CppType, Repr};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u32);
        impl $name {
            #[inline(always)]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// A node of the tree's arena.
    ExprId,
    /// A function of the tree; 0 is the top-level form itself, a function of no arguments.
    FnId,
    /// A constant of the form: literals, vars.
    ConstId,
    /// A word of the frame.
    Slot,
    /// A C++ call site of the tree.
    SiteId,
    /// A C++ type of the tree.
    TypeIx,
    /// A cell of the function's feedback vector.
    FeedbackId,
    /// A loop of its function, numbered from 0 in source order.
    LoopId,
    /// A capture of the running function.
    CaptureIx,
    /// Native storage of a function's arity: an index into `Arity::natives`.
    NativeId,
}

/// Where a node stands in the source. Line 0: not known (code made by macros takes the macro call's place).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// What becomes of a node's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Position {
    Value,
    Statement,
    Tail,
}

/// What a node yields: a Clojure value, or a C++ value of a known type (then a word holds the scalar's bits, extended
/// to 64, or the object's address: `CppType::repr`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ty {
    Value,
    Cpp(TypeIx, Category),
}

/// Functions of clojure.core that are inlined, as Clojure's `:inline` does: a redefinition of the var does not reach
/// them. Semantics are those of `engine::number` and `engine::coll`; binary unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Quot,
    Rem,
    Mod,
    /// `inc`, `dec`, unary minus, `zero?` `pos?` `neg?` `even?` `odd?`: one operand.
    Inc,
    Dec,
    Neg,
    IsZero,
    IsPos,
    IsNeg,
    Lt,
    Le,
    Gt,
    Ge,
    /// `==` on numbers; `=` on anything; `identical?`.
    NumEq,
    Equal,
    Identical,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    UShr,
    /// `not`, `nil?`, `some?`: one operand.
    Not,
    IsNil,
    IsSome,
    /// `(nth c i)`, `(get m k)`, `first`, `next`, `rest`, `seq`, `count`, `conj` (two operands).
    Nth,
    Get,
    First,
    Next,
    Rest,
    Seq,
    Count,
    Conj,
    /// `(unchecked-add a b)` and friends, wrapping.
    UncheckedAdd,
    UncheckedSub,
    UncheckedMul,
    UncheckedInc,
    UncheckedDec,
    /// `(aget a i)`, `(alength a)`.
    AGet,
    ALength,
    /// What a `^long` or `^double` parameter makes of its argument: a number cut to a long, in range; a double. One operand.
    HintLong,
    HintDouble,
    /// What a `^long` result makes of the body's value: the low 64 bits.
    HintWrap,
}

/// Where a recursion goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// The head of the running arity.
    Function,
    Loop(LoopId),
}

/// What a `catch` clause takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Matcher {
    /// An exception class by its number (`fault::Class`).
    Class(u32),
    /// A C++ type: the site is a generated matcher, see `stubs`.
    Cpp { ty: TypeIx },
}

/// `let` and `loop` bind in order. `slot` holds the value; for a C++ object in place it holds the object's address and
/// `native` its storage. A scalar may have storage too, where its address is wanted: the init gives the bits, which are
/// stored there, and the local is an lvalue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Binding {
    pub slot: Slot,
    pub init: ExprId,
    pub native: Option<NativeId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CatchArm {
    pub matcher: Matcher,
    pub slot: Slot,
    pub body: ExprId,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CaseArm {
    pub keys: Box<[ConstId]>,
    pub body: ExprId,
}

/// A native constant: the bits that a slot holds, or the text of a C string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NativeConst {
    /// Bits as `Repr` says: integers extended, floats as their own bits (F32 in the low half).
    Bits(u64),
    /// `const char*` to the text constant's bytes.
    CString(ConstId),
}

/// A part of a node: how it is visited, hashed and printed.
pub trait Part {
    fn children(&self, _f: &mut dyn FnMut(ExprId)) {}
    fn digest(&self, tree: &Tree, h: &mut dyn Hasher);
    fn print(&self, tree: &Tree, out: &mut String);
}

macro_rules! expressions {
    ($($(#[$doc:meta])* $name:ident $text:literal { $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)? })*) => {
        /// An expression. Fields are data or children.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Expr { $($(#[$doc])* $name { $($(#[$fdoc])* $field: $ty),* }),* }
        impl Expr {
            /// The kind's name in printed trees, metrics and docs.
            pub fn kind(&self) -> &'static str {
                match self { $(Expr::$name { .. } => $text),* }
            }
            /// Calls `f` for each child in evaluation order.
            pub fn children(&self, f: &mut dyn FnMut(ExprId)) {
                match self { $(Expr::$name { $($field),* } => { let _ = &f; $($field.children(f);)* })* }
            }
            /// Feeds structure and literals, no places, to the hasher.
            pub fn digest(&self, tree: &Tree, h: &mut dyn Hasher) {
                h.write(self.kind().as_bytes());
                match self { $(Expr::$name { $($field),* } => { $($field.digest(tree, h);)* })* }
            }
            pub fn print(&self, tree: &Tree, out: &mut String) {
                out.push('(');
                out.push_str(self.kind());
                match self { $(Expr::$name { $($field),* } => { $(out.push(' '); $field.print(tree, out);)* })* }
                out.push(')');
            }
        }
        /// Every kind's name, in the order of the table.
        pub const KINDS: &[&str] = &[$($text),*];
    };
}

expressions! {
    /// A constant.
    Literal "literal" { value: ConstId }
    /// The current value of a var: its thread binding where the var is dynamic, else its root.
    VarDeref "var-deref" { var: ConstId, dynamic: bool, feedback: FeedbackId }
    /// The var itself.
    VarRef "var-ref" { var: ConstId }
    /// Interns, sets the root and metadata; yields the var.
    Def "def" { var: ConstId, init: Option<ExprId>, meta: Option<ExprId> }
    /// `set!` of a dynamic var's thread binding.
    SetVar "set!" { var: ConstId, value: ExprId }
    /// A word of the frame; for a C++ object in place its address (an lvalue).
    Local "local" { slot: Slot }
    /// A captured value of the running function.
    Capture "capture" { index: CaptureIx }
    /// The running function itself.
    SelfRef "self" {}
    /// A test of a C++ scalar type is tested as C++ does.
    If "if" { test: ExprId, then: ExprId, otherwise: ExprId }
    /// All but the last are statements; never empty.
    Do "do" { body: Box<[ExprId]> }
    Let "let" { bindings: Box<[Binding]>, body: ExprId }
    /// Every init is a `Fn`; captures of each other are filled in after all closures exist.
    Letfn "letfn" { bindings: Box<[Binding]>, body: ExprId }
    /// Evaluates the inits in order, then the body; `recur` comes back to its head.
    Loop "loop" { id: LoopId, bindings: Box<[Binding]>, body: ExprId }
    /// Evaluates all arguments, then assigns `slots`, then goes to the target.
    Recur "recur" { target: Target, slots: Box<[Slot]>, args: Box<[ExprId]> }
    /// Callee first, then the arguments.
    Call "call" { callee: ExprId, args: Box<[ExprId]>, feedback: FeedbackId }
    /// A call of the running function by its own name, the arity known to exist.
    SelfCall "self-call" { args: Box<[ExprId]>, feedback: FeedbackId }
    /// An inlined function of clojure.core.
    Operate "op" { op: Op, args: Box<[ExprId]>, feedback: FeedbackId }
    Vector "vector" { items: Box<[ExprId]> }
    /// Keys and values in turn.
    Map "map" { entries: Box<[ExprId]> }
    Set "set" { items: Box<[ExprId]> }
    /// A list whose items are evaluated.
    List "list" { items: Box<[ExprId]> }
    /// A literal with metadata that is evaluated.
    WithMeta "with-meta" { value: ExprId, meta: ExprId }
    /// A closure of function `function`; captures in the order of its capture list.
    Fn "fn" { function: FnId, captures: Box<[ExprId]>, meta: Option<ExprId> }
    /// `finally` runs on every way out, its value dropped.
    Try "try" { body: ExprId, catches: Box<[CatchArm]>, finally: Option<ExprId> }
    Throw "throw" { value: ExprId }
    /// Dispatch by `=` on constants.
    Case "case" { subject: ExprId, arms: Box<[CaseArm]>, default: ExprId }

    /// C++ text that was declared when the form was analyzed: runs its initialisers once, yields nil.
    CppRaw "cpp-raw" { raw: u32 }
    /// A C++ literal.
    NativeLiteral "native" { value: NativeConst }
    /// A global or static variable, as an lvalue: its address.
    CppVariable "cpp-variable" { site: SiteId }
    /// A function, a static member function, a functor, a pointer to function or member.
    CppCall "cpp-call" { site: SiteId, args: Box<[ExprId]>, into: Option<NativeId> }
    /// A method of the first argument.
    CppMethod "cpp-method" { site: SiteId, args: Box<[ExprId]>, into: Option<NativeId> }
    /// Constructor, builtin or aggregate.
    CppConstruct "cpp-construct" { site: SiteId, args: Box<[ExprId]>, into: Option<NativeId> }
    /// A field of the argument, as an lvalue.
    CppField "cpp-field" { site: SiteId, object: ExprId }
    /// Any operator; built-in ones on scalars are computed in place by the tiers.
    CppOperator "cpp-operator" { site: SiteId, token: Box<str>, args: Box<[ExprId]>, into: Option<NativeId> }
    /// A checked or unsafe cast.
    CppCast "cpp-cast" { site: SiteId, value: ExprId, into: Option<NativeId> }
    CppNew "cpp-new" { site: SiteId, args: Box<[ExprId]> }
    CppDelete "cpp-delete" { site: SiteId, value: ExprId }
    /// Reads a scalar or copies an object out of an lvalue: the lvalue-to-rvalue conversion.
    CppLoad "cpp-load" { value: ExprId }
    /// An opaque box of a pointer.
    CppBox "cpp-box" { value: ExprId }
    /// The pointer in a box, its type checked.
    CppUnbox "cpp-unbox" { value: ExprId, ty: TypeIx }
    /// C++ to Clojure: `rung::convert<T>::to_value`, built in for the basic types; objects move or copy (`site`) into a finalized box.
    ConvertOut "convert-out" { value: ExprId, site: Option<SiteId>, destroy: Option<SiteId> }
    /// Clojure to C++: checked; class values need `into` (from a box of the type: a reference to the boxed object).
    ConvertIn "convert-in" { value: ExprId, ty: TypeIx, into: Option<NativeId> }
    /// A Clojure function as a C++ callable of the node's type.
    Callback "callback" { value: ExprId, ty: TypeIx, into: Option<NativeId> }
    /// The end of a full expression: temporaries constructed inside are destroyed in reverse order, on a throw too.
    Cleanups "cleanups" { body: ExprId, temporaries: Box<[NativeId]> }
}

/// A node: the expression, where it stands, what it yields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub expr: Expr,
    pub place: Place,
    pub position: Position,
    pub ty: Ty,
}

/// A local variable, for names in dumps and debuggers; indexed by nothing, found by slot and place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalInfo {
    pub slot: Slot,
    pub name: Box<str>,
    pub ty: Ty,
    /// `^long` or `^double` on the binding.
    pub hint: Hint,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Hint {
    #[default]
    None,
    Long,
    Double,
}

/// Storage for one C++ object in the frame: a local or a temporary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Native {
    /// First word; a multiple of two, so that the object is 16-byte aligned (frames are).
    pub word: u32,
    pub words: u32,
    pub ty: TypeIx,
    /// The destructor's site; none where it is trivial.
    pub destroy: Option<SiteId>,
    /// A word that is 1 while the object is alive: set when constructed, cleared when destroyed. Zeroed at scope entry.
    pub flag: Slot,
}

/// One arity of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arity {
    /// Fixed parameters; parameter i is slot i + 1. A rest parameter follows them.
    pub params: u32,
    pub variadic: bool,
    pub body: ExprId,
    /// Words of the frame, word 0 and native storage included; even.
    pub frame: u32,
    pub locals: Vec<LocalInfo>,
    pub natives: Vec<Native>,
    pub loops: u32,
    /// Parameters' hints, and the result's.
    pub hints: Vec<Hint>,
    pub result: Hint,
}

/// A function expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FnProto {
    /// As in stack traces: `ns/name` or `ns/outer--fn`.
    pub name: Box<str>,
    pub arities: Vec<Arity>,
    pub captures: Vec<Box<str>>,
    /// Types of captures that hold C++ scalars and pointers.
    pub capture_types: Vec<Ty>,
    pub feedback: u32,
    pub place: Place,
    /// `^:interpret`, `^:jit`, `^{:tier n}`: the tier it is pinned to.
    pub pinned: Option<u8>,
}

/// What a constant is, as plain data: for hashing and for keeping trees.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConstKey {
    Var {
        ns: Box<str>,
        name: Box<str>,
    },
    Keyword(Box<str>),
    Symbol(Box<str>),
    Long(i64),
    Double(u64),
    Text(Box<str>),
    Char(u32),
    Nil,
    Bool(bool),
    /// Anything else, by its readable text.
    Form(Box<str>),
    /// Something without a text (an object embedded by a macro): never equal to another; the number is its own.
    Opaque(u64),
}

/// C++ text that the form declared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RawText {
    pub text: Box<str>,
    pub place: Place,
}

/// A top-level form, analyzed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    pub file: Box<str>,
    /// Name of the namespace it was analyzed in.
    pub ns: Box<str>,
    pub nodes: Vec<Node>,
    pub fns: Vec<FnProto>,
    pub consts: Vec<ConstKey>,
    pub types: Vec<CppType>,
    #[serde(with = "questions::shared_list")]
    pub sites: Vec<Arc<CallAnswer>>,
    pub raws: Vec<RawText>,
    /// C++ names of constants, for people: what `NativeLiteral` nodes of enumerators are spelled as. In order of the nodes.
    #[serde(default)]
    pub spellings: Vec<(ExprId, Box<str>)>,
}

impl Tree {
    /// The C++ name of a native constant, where it has one.
    pub fn spelling(&self, id: ExprId) -> Option<&str> {
        let at = self.spellings.binary_search_by_key(&id, |s| s.0).ok()?;
        Some(&self.spellings[at].1)
    }
    #[inline(always)]
    pub fn node(&self, id: ExprId) -> &Node {
        &self.nodes[id.index()]
    }
    #[inline(always)]
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.nodes[id.index()].expr
    }
    pub fn function(&self, id: FnId) -> &FnProto {
        &self.fns[id.index()]
    }
    pub fn ty(&self, id: TypeIx) -> &CppType {
        &self.types[id.index()]
    }
    pub fn site(&self, id: SiteId) -> &CallAnswer {
        &self.sites[id.index()]
    }
    /// How the node's value is held: `None` for Clojure values.
    pub fn repr(&self, id: ExprId) -> Option<Repr> {
        match self.node(id).ty {
            Ty::Value => None,
            Ty::Cpp(t, Category::Prvalue) => Some(self.ty(t).repr),
            Ty::Cpp(..) => Some(Repr::Reference),
        }
    }
    /// A function of the tree as indented text: for snapshots and `:explain`.
    pub fn print_function(&self, id: FnId) -> String {
        let f = self.function(id);
        let mut out = format!("fn {}", f.name);
        for a in &f.arities {
            out.push_str(&format!("\n  [{}{}] frame {}: ", a.params, if a.variadic { " &" } else { "" }, a.frame));
            self.expr(a.body).print(self, &mut out);
        }
        out
    }
    /// Structure and literals of a function, no places: equal for equal code (structural cache).
    pub fn digest_function(&self, id: FnId, h: &mut dyn Hasher) {
        for a in &self.function(id).arities {
            h.write_u32(a.params);
            h.write_u8(a.variadic as u8);
            h.write_u32(a.frame);
            self.expr(a.body).digest(self, h);
        }
    }
}

/// What a form's functions share in this process, off the heap: the call sites' addresses and the functions' records.
pub struct UnitData {
    pub sites: Box<[std::sync::atomic::AtomicPtr<std::ffi::c_void>]>,
    pub codes: std::sync::OnceLock<Vec<&'static crate::code::Code>>,
    /// Addresses of the initialisers of `Tree::raws`, taken by the first run.
    pub inits: parking_lot::Mutex<Vec<Vec<u64>>>,
}

mod parts {
    //! How each field type of an expression is visited, hashed and printed.
    use super::*;

    macro_rules! plain {
        ($($t:ty),* $(,)?) => {$(impl Part for $t {
            fn digest(&self, _: &Tree, mut h: &mut dyn Hasher) { self.hash(&mut h); }
            fn print(&self, _: &Tree, out: &mut String) { out.push_str(&format!("{self:?}")); }
        })*};
    }
    plain!(u32, bool, Slot, CaptureIx, LoopId, Op, Target, NativeId, Box<[Slot]>, Box<str>);

    impl Part for ExprId {
        fn children(&self, f: &mut dyn FnMut(ExprId)) {
            f(*self);
        }
        fn digest(&self, tree: &Tree, h: &mut dyn Hasher) {
            tree.expr(*self).digest(tree, h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            tree.expr(*self).print(tree, out);
        }
    }
    impl<T: Part> Part for Option<T> {
        fn children(&self, f: &mut dyn FnMut(ExprId)) {
            if let Some(x) = self {
                x.children(f);
            }
        }
        fn digest(&self, tree: &Tree, h: &mut dyn Hasher) {
            h.write_u8(self.is_some() as u8);
            if let Some(x) = self {
                x.digest(tree, h);
            }
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            match self {
                Some(x) => x.print(tree, out),
                None => out.push('-'),
            }
        }
    }
    macro_rules! list {
        ($($t:ty),*) => {$(impl Part for Box<[$t]> {
            fn children(&self, f: &mut dyn FnMut(ExprId)) { for x in self.iter() { x.children(f); } }
            fn digest(&self, tree: &Tree, h: &mut dyn Hasher) {
                h.write_usize(self.len());
                for x in self.iter() { x.digest(tree, h); }
            }
            fn print(&self, tree: &Tree, out: &mut String) {
                out.push('[');
                for (i, x) in self.iter().enumerate() {
                    if i > 0 { out.push(' '); }
                    x.print(tree, out);
                }
                out.push(']');
            }
        })*};
    }
    list!(ExprId, Binding, CatchArm, CaseArm, ConstId, NativeId);

    impl Part for ConstId {
        fn digest(&self, tree: &Tree, mut h: &mut dyn Hasher) {
            tree.consts[self.index()].hash(&mut h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            out.push_str(&match &tree.consts[self.index()] {
                ConstKey::Var { ns, name } => format!("#'{ns}/{name}"),
                ConstKey::Keyword(s) => format!(":{s}"),
                ConstKey::Symbol(s) | ConstKey::Form(s) => s.to_string(),
                ConstKey::Long(n) => n.to_string(),
                ConstKey::Double(b) => format!("{:?}", f64::from_bits(*b)),
                ConstKey::Text(s) => format!("{s:?}"),
                ConstKey::Char(c) => format!("\\u{c:04x}"),
                ConstKey::Nil => "nil".into(),
                ConstKey::Bool(b) => b.to_string(),
                ConstKey::Opaque(_) => "#<object>".into(),
            });
        }
    }
    /// Feedback cells are places to write to, not structure.
    impl Part for FeedbackId {
        fn digest(&self, _: &Tree, _: &mut dyn Hasher) {}
        fn print(&self, _: &Tree, out: &mut String) {
            out.push_str(&format!("f{}", self.0));
        }
    }
    impl Part for FnId {
        fn digest(&self, tree: &Tree, h: &mut dyn Hasher) {
            tree.digest_function(*self, h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            out.push_str(&tree.function(*self).name);
        }
    }
    impl Part for SiteId {
        fn digest(&self, tree: &Tree, mut h: &mut dyn Hasher) {
            tree.site(*self).site.hash(&mut h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            out.push_str(&format!("«{}»", tree.site(*self).text));
        }
    }
    impl Part for TypeIx {
        fn digest(&self, tree: &Tree, mut h: &mut dyn Hasher) {
            let t = tree.ty(*self);
            (&t.name, t.version).hash(&mut h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            out.push_str(&format!("<{}>", tree.ty(*self).name));
        }
    }
    impl Part for NativeConst {
        fn digest(&self, tree: &Tree, h: &mut dyn Hasher) {
            match self {
                NativeConst::Bits(b) => h.write_u64(*b),
                NativeConst::CString(c) => c.digest(tree, h),
            }
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            match self {
                NativeConst::Bits(b) => out.push_str(&format!("{:#x}", b)),
                NativeConst::CString(c) => c.print(tree, out),
            }
        }
    }
    impl Part for Binding {
        fn children(&self, f: &mut dyn FnMut(ExprId)) {
            f(self.init);
        }
        fn digest(&self, tree: &Tree, mut h: &mut dyn Hasher) {
            (self.slot, self.native).hash(&mut h);
            self.init.digest(tree, h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            out.push_str(&format!("s{}=", self.slot.0));
            self.init.print(tree, out);
        }
    }
    impl Part for CatchArm {
        fn children(&self, f: &mut dyn FnMut(ExprId)) {
            f(self.body);
        }
        fn digest(&self, tree: &Tree, mut h: &mut dyn Hasher) {
            self.slot.hash(&mut h);
            match &self.matcher {
                Matcher::Class(c) => h.write_u32(*c),
                Matcher::Cpp { ty } => ty.digest(tree, h),
            }
            self.body.digest(tree, h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            match &self.matcher {
                Matcher::Class(c) => out.push_str(&format!("(catch class{c} s{} ", self.slot.0)),
                Matcher::Cpp { ty } => out.push_str(&format!("(catch <{}> s{} ", tree.ty(*ty).name, self.slot.0)),
            }
            self.body.print(tree, out);
            out.push(')');
        }
    }
    impl Part for CaseArm {
        fn children(&self, f: &mut dyn FnMut(ExprId)) {
            f(self.body);
        }
        fn digest(&self, tree: &Tree, h: &mut dyn Hasher) {
            self.keys.digest(tree, h);
            self.body.digest(tree, h);
        }
        fn print(&self, tree: &Tree, out: &mut String) {
            self.keys.print(tree, out);
            out.push_str("=>");
            self.body.print(tree, out);
        }
    }
}
