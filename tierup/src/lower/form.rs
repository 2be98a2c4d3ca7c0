//! The lowered form as data: what both compilers read. It says in which order things happen, how each value is held, and
//! where control goes when something throws; it leaves to the compilers which instructions that takes.
//!
//! ```text
//!  unit     one arity of a function, or one loop of it (on-stack replacement)
//!  V        a typed variable; temporaries are assigned once, locals, loop variables and results of `if` more often
//!  block    instructions, then one terminator
//!  err      the block to go to when an instruction throws; the error is in the thread (`pending`)
//! ```
//! Destructors, `finally` and rethrowing are ordinary blocks at the end of `err` edges: nothing is implied.

use engine::analyze::{CaptureIx, ConstId, ExprId, FnId, LoopId, NativeId, Op, SiteId, Slot, TypeIx};
use engine::scalar::Operator;
use questions::{Category, Repr};
use smallvec::SmallVec;

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident $prefix:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            #[inline(always)]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    )*};
}

index! {
    /// A variable of the unit.
    V "v",
    /// A block of the unit; 0 is where it starts.
    BlockId "b",
}

/// How a value is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rep {
    /// A word.
    Value,
    /// A 64-bit long, not tagged.
    Long,
    Double,
    /// True or false, 0 or 1.
    Bool,
    /// A C++ scalar in its 64-bit extension (`F32`, `F64`: in a float register), or an address (`Pointer`, `Memory`, `Reference`).
    Native(Repr),
}

/// What an instruction reads. Immediates are no heap words: nil, booleans, characters, small integers and unboxed doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    V(V),
    /// A word that is no pointer: its bits.
    Word(u64),
    Long(i64),
    /// Bits of the double.
    Double(u64),
    Bool(bool),
    Native(u64, Repr),
    /// `code->consts[i]`, a word.
    Const(ConstId),
}

pub type Operands = SmallVec<[Operand; 4]>;

/// A variable.
#[derive(Debug, Clone, PartialEq)]
pub struct VInfo {
    pub rep: Rep,
    /// The program's name for it, where it has one.
    pub name: Option<Box<str>>,
}

/// Parameters' and result's representations. Of the ordinary entry everything is `Value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Without `self`; a rest parameter is the last.
    pub params: Vec<Rep>,
    pub result: Rep,
}

impl Signature {
    pub fn words(params: usize) -> Signature {
        Signature { params: vec![Rep::Value; params], result: Rep::Value }
    }
    /// As `Code::special_signature` has it: the number of parameters and 1, how the result is held, how each parameter is, in four
    /// bits each. Parameters travel as C passes them behind the thread and `self`; a result that is no word is {result,
    /// status}, 0 where nothing was thrown.
    ///
    /// `None`: something that no special entry takes.
    pub fn bits(&self) -> Option<u64> {
        let held = |r: &Rep| match r {
            Rep::Value => Some(0),
            Rep::Long => Some(1),
            Rep::Double => Some(2),
            Rep::Bool => Some(3),
            Rep::Native(_) => None,
        };
        if self.params.len() > engine::code::MAX_DIRECT {
            return None;
        }
        let mut all = (self.params.len() as u64 + 1) | held(&self.result)? << 4;
        for (i, p) in self.params.iter().enumerate() {
            all |= held(p)? << (8 + 4 * i);
        }
        Some(all)
    }
    /// The signature that `bits` gave the number of.
    pub fn of_bits(bits: u64) -> Option<Signature> {
        let held = |at: usize| match bits >> at & 15 {
            0 => Some(Rep::Value),
            1 => Some(Rep::Long),
            2 => Some(Rep::Double),
            3 => Some(Rep::Bool),
            _ => None,
        };
        let params = ((bits & 15) as usize).checked_sub(1)?;
        Some(Signature { params: (0..params).map(|i| held(8 + 4 * i)).collect::<Option<_>>()?, result: held(4)? })
    }
    pub fn is_ordinary(&self) -> bool {
        self.result == Rep::Value && self.params.iter().all(|r| *r == Rep::Value)
    }
}

/// What a unit is made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unit {
    Arity {
        arity: u32,
        signature: Signature,
    },
    /// Takes the frame (`LoopEntry`); gives the loop's value as a word. A C++ scalar result is returned as its bits.
    Loop {
        arity: u32,
        id: LoopId,
    },
}

/// What collection a literal makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Build {
    Vector,
    Map,
    Set,
    /// Items that are constants: duplicates were looked for when it was read.
    ConstantSet,
    List,
}

/// What an operation has seen in tier 0, bits. Small integers leave no trace: they are what a node starts out for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Kinds(pub u8);

impl Kinds {
    /// A long that was noted while the node learned something else.
    pub const INT: u8 = 1;
    pub const DOUBLE: u8 = 2;
    /// Other numbers, and what is no number.
    pub const OTHER: u8 = 4;
    /// Small integers gave a result that is none.
    pub const OVERFLOW: u8 = 8;

    /// Nothing but longs, or nothing at all.
    pub fn only_longs(self) -> bool {
        self.0 & (Kinds::DOUBLE | Kinds::OTHER) == 0
    }
    /// Doubles, perhaps with longs among them, and nothing else.
    pub fn doubles(self) -> bool {
        self.0 & (Kinds::DOUBLE | Kinds::OTHER) == Kinds::DOUBLE
    }
}

/// One instruction. `dst` is assigned where nothing was thrown.
#[derive(Debug, Clone, PartialEq)]
pub enum Inst {
    /// Both sides held alike.
    Copy {
        dst: V,
        src: Operand,
    },
    /// A long, double or boolean to a word; may allocate.
    Box {
        dst: V,
        src: Operand,
    },
    /// A word that is known to be a long, a double, or true or false.
    Unbox {
        dst: V,
        src: Operand,
    },
    /// A word as `dst` holds it, if it is a long or a double; else goes to `fail`. The word is unchanged.
    Guard {
        dst: V,
        src: Operand,
        fail: BlockId,
    },
    /// An operation of clojure.core. Operands are words, longs, doubles or booleans; `dst` is what the operation's type says or a word.
    /// Where words meet, compilers test for small integers (and, where `seen`, doubles) in place and call the runtime for the rest.
    Operate {
        dst: V,
        op: Op,
        args: Operands,
        seen: Kinds,
        err: BlockId,
    },
    /// Not nil, not false.
    Truthy {
        dst: V,
        src: Operand,
    },
    /// A C++ scalar, as C++ tests it.
    NonZero {
        dst: V,
        src: Operand,
    },
    /// The same word, or the same address.
    Same {
        dst: V,
        a: Operand,
        b: Operand,
    },

    /// The value of a var.
    VarGet {
        dst: V,
        var: ConstId,
        dynamic: bool,
        err: BlockId,
    },
    VarSet {
        dst: V,
        var: ConstId,
        value: Operand,
        err: BlockId,
    },
    Def {
        dst: V,
        var: ConstId,
        init: Option<Operand>,
        meta: Option<Operand>,
        err: BlockId,
    },
    Capture {
        dst: V,
        index: CaptureIx,
    },
    SelfRef {
        dst: V,
    },
    /// Calls a word with words.
    Call {
        dst: V,
        callee: Operand,
        args: Operands,
        err: BlockId,
    },
    /// Calls a word that is likely to have a special entry of this signature. An argument is held as the signature has it, or is a
    /// word; the result is a word.
    CallSpecial {
        dst: V,
        callee: Operand,
        signature: Box<Signature>,
        args: Operands,
        err: BlockId,
    },
    /// Calls this function's arity with so many arguments; of the unit's own signature where `arity` is the unit's.
    CallSelf {
        dst: V,
        arity: u32,
        args: Operands,
        err: BlockId,
    },
    Build {
        dst: V,
        what: Build,
        items: Operands,
        err: BlockId,
    },
    WithMeta {
        dst: V,
        value: Operand,
        meta: Operand,
        err: BlockId,
    },
    /// A function object of the form's function. C++ scalars among the captures lie there as their bits.
    Closure {
        dst: V,
        function: FnId,
        captures: Operands,
        err: BlockId,
    },
    /// Fills a capture of a closure that nobody else has seen (`letfn`).
    SetCapture {
        closure: V,
        index: u32,
        value: Operand,
    },
    /// `(= subject constant)` of a `case`.
    CaseTest {
        dst: V,
        subject: Operand,
        key: ConstId,
    },

    /// Sets the thread's error. The block ends with a jump to its handler.
    Throw {
        value: Operand,
    },
    /// Is the thread's error of the exception class?
    CatchClass {
        dst: V,
        class: u32,
    },
    /// Is the thread's error a C++ exception that a handler of the type takes? `object`: its address.
    CatchCpp {
        dst: V,
        object: V,
        ty: TypeIx,
    },
    /// Takes the thread's error.
    TakeError {
        dst: V,
    },
    /// Puts it back.
    PutError {
        src: Operand,
    },

    /// The word is read here: what it owns lives so long.
    KeepAlive {
        src: Operand,
    },

    /// Compare of the stack pointer with the limit, at function entry; counts the call.
    Entry {
        err: BlockId,
    },
    /// The head of a loop: compare with the limit, count of the back edge. `live`: all that the loop needs, by slot; where the
    /// loop's compiled code of a higher tier is called with a frame of these, its value goes to `dst` and control to `exit`.
    LoopHead {
        id: LoopId,
        live: Vec<(Slot, Operand)>,
        dst: V,
        exit: BlockId,
        err: BlockId,
    },

    /// The address of native storage.
    Storage {
        dst: V,
        native: NativeId,
    },
    /// The address of a text constant's bytes.
    CString {
        dst: V,
        text: ConstId,
    },
    /// Reads a scalar of the C++ type from an address; null is an error.
    Load {
        dst: V,
        address: Operand,
        ty: TypeIx,
        err: BlockId,
    },
    /// Writes a scalar of the C++ type to an address; null is an error.
    Store {
        address: Operand,
        src: Operand,
        ty: TypeIx,
        err: BlockId,
    },
    /// A pointer that is followed: null is an error.
    NotNull {
        src: Operand,
        err: BlockId,
    },
    /// `static_cast` between scalars (`engine::scalar::convert`): integers wrap, a float beyond an integer type is an error.
    Convert {
        dst: V,
        src: Operand,
        from: Repr,
        to: Repr,
        err: BlockId,
    },
    /// A built-in operator; both operands are of type `ty`, but a shift's count is any integer. A comparison yields a C++ bool.
    /// Integers wrap; division by zero is an error.
    Compute {
        dst: V,
        op: Operator,
        a: Operand,
        b: Operand,
        ty: Repr,
        err: BlockId,
    },
    /// Minus a float.
    Negate {
        dst: V,
        src: Operand,
    },
    /// A C++ call site of any kind. Arguments are scalars or addresses, as the site's types say. A class value is constructed in `into`
    /// and `dst` is its address.
    Cpp {
        dst: Option<V>,
        site: SiteId,
        args: Operands,
        into: Option<NativeId>,
        err: BlockId,
    },
    /// Destroys the object in storage.
    Destroy {
        native: NativeId,
        site: SiteId,
        err: BlockId,
    },
    /// C++ to Clojure.
    ToValue {
        dst: V,
        src: Operand,
        ty: TypeIx,
        category: Category,
        site: Option<SiteId>,
        destroy: Option<SiteId>,
        err: BlockId,
    },
    /// Clojure to C++.
    FromValue {
        dst: V,
        src: Operand,
        ty: TypeIx,
        into: Option<NativeId>,
        err: BlockId,
    },
    /// A Clojure function as a C++ callable.
    Callback {
        dst: V,
        src: Operand,
        ty: TypeIx,
        into: Option<NativeId>,
        err: BlockId,
    },
    BoxPointer {
        dst: V,
        src: Operand,
        ty: TypeIx,
        err: BlockId,
    },
    UnboxPointer {
        dst: V,
        src: Operand,
        ty: TypeIx,
        err: BlockId,
    },
    /// Runs the initialisers of declared C++ text.
    Raw {
        raw: u32,
        err: BlockId,
    },
}

/// How a block ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Terminator {
    Jump(BlockId),
    /// On a `Bool`.
    Branch {
        test: Operand,
        then: BlockId,
        otherwise: BlockId,
    },
    Return(Operand),
    /// The error goes to the caller: the sentinel.
    ReturnThrown,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub insts: Vec<Inst>,
    /// The node of the tree that each instruction is of: where the function stands when it throws.
    pub at: Vec<ExprId>,
    pub end: Terminator,
    /// Reached only when something failed; compilers lay it out apart.
    pub cold: bool,
    /// Head of a loop.
    pub head: Option<LoopId>,
}

/// A unit, lowered.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    pub name: String,
    pub function: FnId,
    pub unit: Unit,
    /// Where the parameters are at the start, in order; of a loop: what is read from the frame, by slot.
    pub params: Vec<V>,
    pub from_frame: Vec<(Slot, V)>,
    pub vs: Vec<VInfo>,
    pub blocks: Vec<Block>,
    /// Words of the frame on the value stack, 0 where the unit needs none (only native storage does).
    pub frame: u32,
    pub has_loops: bool,
}

impl Lowered {
    pub fn rep(&self, o: Operand) -> Rep {
        rep_of(&self.vs, o)
    }
    /// Does it call an arity of its own function directly?
    pub fn calls_itself(&self) -> bool {
        self.blocks.iter().any(|b| b.insts.iter().any(|i| matches!(i, Inst::CallSelf { .. })))
    }
    pub fn insts(&self) -> usize {
        self.blocks.iter().map(|b| b.insts.len() + 1).sum()
    }
}

pub(super) fn rep_of(vs: &[VInfo], o: Operand) -> Rep {
    match o {
        Operand::V(v) => vs[v.index()].rep,
        Operand::Word(_) | Operand::Const(_) => Rep::Value,
        Operand::Long(_) => Rep::Long,
        Operand::Double(_) => Rep::Double,
        Operand::Bool(_) => Rep::Bool,
        Operand::Native(_, r) => Rep::Native(r),
    }
}

/// Why a function stays in a lower tier, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay(pub String);

impl Stay {
    pub fn new(reason: impl Into<String>) -> Stay {
        Stay(reason.into())
    }
}
