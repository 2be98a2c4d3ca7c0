//! The table of built-in heap types, and the two boxed numbers that the word itself needs.

use super::object::{self, Gc, Header, HeapType};
use parking_lot::RwLock;

/// What kind of object a header belongs to: 20 bits. Built-in types are constants; a `deftype` takes the next number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct TypeId(pub u32);

macro_rules! types {
    ($($konst:ident $name:literal),* $(,)?) => {
        #[expect(non_camel_case_types, dead_code, clippy::upper_case_acronyms, reason = "numbers the constants")]
        #[repr(u32)]
        enum Number { NONE, $($konst),* , Count }
        impl TypeId {
            /// Not a heap object.
            pub const NONE: TypeId = TypeId(0);
            $(pub const $konst: TypeId = TypeId(Number::$konst as u32);)*
            /// The first number that a program's own types take.
            pub const FIRST_USER: TypeId = TypeId(Number::Count as u32);
        }
        const NAMES: &[&str] = &["immediate", $($name),*];
    };
}

// A row a built-in heap type: constant, and the class name that programs see (`class`, errors).
types! {
    BOXED_LONG "java.lang.Long", BOXED_DOUBLE "java.lang.Double", BIG_INT "clojure.lang.BigInt", RATIO "clojure.lang.Ratio",
    BIG_DECIMAL "java.math.BigDecimal",
    TEXT "java.lang.String", SYMBOL "clojure.lang.Symbol", KEYWORD "clojure.lang.Keyword",
    REGEX "java.util.regex.Pattern", MATCHER "java.util.regex.Matcher",
    FUNCTION "clojure.lang.Fn", VAR "clojure.lang.Var", NAMESPACE "clojure.lang.Namespace",
    CONS "clojure.lang.Cons", LIST "clojure.lang.PersistentList", EMPTY_LIST "clojure.lang.PersistentList$EmptyList",
    LAZY_SEQ "clojure.lang.LazySeq", ARRAY_SEQ "clojure.lang.ArraySeq", STRING_SEQ "clojure.lang.StringSeq",
    VECTOR "clojure.lang.PersistentVector", VECTOR_NODE "VectorNode", VECTOR_SEQ "clojure.lang.PersistentVector$ChunkedSeq",
    SUBVEC "clojure.lang.APersistentVector$SubVector", MAP_ENTRY "clojure.lang.MapEntry", REVERSE_SEQ "clojure.lang.APersistentVector$RSeq",
    ARRAY_MAP "clojure.lang.PersistentArrayMap", HASH_MAP "clojure.lang.PersistentHashMap", HASH_NODE "HashNode",
    COLLISION_NODE "CollisionNode", MAP_SEQ "clojure.lang.PersistentHashMap$NodeSeq", HASH_SET "clojure.lang.PersistentHashSet",
    KEY_SEQ "clojure.lang.APersistentMap$KeySeq", VAL_SEQ "clojure.lang.APersistentMap$ValSeq",
    TREE_MAP "clojure.lang.PersistentTreeMap", TREE_NODE "TreeNode", TREE_SET "clojure.lang.PersistentTreeSet",
    TREE_SEQ "clojure.lang.PersistentTreeMap$Seq", QUEUE "clojure.lang.PersistentQueue", QUEUE_SEQ "clojure.lang.PersistentQueue$Seq",
    TRANSIENT_VECTOR "clojure.lang.PersistentVector$TransientVector", TRANSIENT_MAP "clojure.lang.PersistentHashMap$TransientHashMap",
    TRANSIENT_SET "clojure.lang.PersistentHashSet$TransientHashSet",
    RANGE "clojure.lang.LongRange", REPEAT "clojure.lang.Repeat", CYCLE "clojure.lang.Cycle", ITERATE "clojure.lang.Iterate",
    CHUNK "clojure.lang.ArrayChunk", CHUNK_BUFFER "clojure.lang.ChunkBuffer", CHUNKED_CONS "clojure.lang.ChunkedCons",
    ATOM "clojure.lang.Atom", VOLATILE "clojure.lang.Volatile", REDUCED "clojure.lang.Reduced", DELAY "clojure.lang.Delay",
    PROMISE "clojure.lang.Promise", FUTURE "clojure.lang.Future", REF "clojure.lang.Ref", REF_PAST "RefPast", AGENT "clojure.lang.Agent",
    THROWABLE "java.lang.Throwable", CLASS "java.lang.Class",
    UUID "java.util.UUID", INST "java.util.Date", TAGGED_LITERAL "clojure.lang.TaggedLiteral",
    READER_CONDITIONAL "clojure.lang.ReaderConditional",
    VALUE_ARRAY "[Ljava.lang.Object;", LONG_ARRAY "[J", DOUBLE_ARRAY "[D", INT_ARRAY "[I", FLOAT_ARRAY "[F",
    SHORT_ARRAY "[S", CHAR_ARRAY "[C", BYTE_ARRAY "[B", BOOLEAN_ARRAY "[Z",
    CELL "Cell", BINDINGS "Bindings", CONSTANTS "Constants", MULTI_FN "clojure.lang.MultiFn", PROTOCOL "Protocol",
    INSTANCE "rung.Instance", CPP_BOX "rung.CppBox", EDUCTION "clojure.core.Eduction", FORM_PLACES "rung.Places", PRINT_WRITER "java.io.Writer", READER "java.io.Reader", FILE "java.io.File",
}

static USER_TYPES: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

impl TypeId {
    /// A new type for a program's `deftype`; at most 2^20 in all.
    pub fn define(name: &str) -> Option<TypeId> {
        let mut users = USER_TYPES.write();
        let id = TypeId::FIRST_USER.0 + users.len() as u32;
        if id >= 1 << 20 {
            return None;
        }
        users.push(Box::leak(name.to_owned().into_boxed_str()));
        Some(TypeId(id))
    }
    /// Is it the number of a type there is? For checks of memory that may be anything.
    pub(super) fn is_known(self) -> bool {
        self.0 > 0 && (self.0 as usize) < NAMES.len()
    }
    /// The class name that programs see.
    pub fn name(self) -> &'static str {
        match NAMES.get(self.0 as usize) {
            Some(n) => n,
            None => USER_TYPES.read().get((self.0 - TypeId::FIRST_USER.0) as usize).copied().unwrap_or("unknown"),
        }
    }
}

impl std::fmt::Debug for TypeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A long that does not fit 61 bits.
#[repr(C)]
pub struct BoxedLong {
    header: Header,
    pub value: i64,
}
// SAFETY: repr(C), header first, no destructor, the number is its own.
unsafe impl HeapType for BoxedLong {
    const TYPE: TypeId = TypeId::BOXED_LONG;
}
impl BoxedLong {
    #[cold]
    pub fn alloc(value: i64) -> Gc<BoxedLong> {
        object::new(BoxedLong { header: Header::blank(), value })
    }
}

/// A double whose exponent does not fit the word.
#[repr(C)]
pub struct BoxedDouble {
    header: Header,
    pub value: f64,
}
// SAFETY: as above.
unsafe impl HeapType for BoxedDouble {
    const TYPE: TypeId = TypeId::BOXED_DOUBLE;
}
impl BoxedDouble {
    #[cold]
    pub fn alloc(value: f64) -> Gc<BoxedDouble> {
        object::new(BoxedDouble { header: Header::blank(), value })
    }
}
