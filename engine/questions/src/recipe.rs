//! What a call does, as words for a small stack machine: loads of arguments, scalar conversions, field offsets, arithmetic,
//! calls by the platform's ABI. A trampoline that only interprets them needs no code generator; one that is hot is compiled,
//! and calls of equal words share what was compiled.
//!
//! A word is `op | a << 8 | b << 16 | n << 32`, `n` signed. The stack holds 64-bit places: integers extended by their own sign,
//! a `float` as its bits below zeros, a `double` as its bits, addresses. The C++ side writes them (`stubs/clang/cpp/recipe.cpp`).

use serde::{Deserialize, Serialize};

/// Complete but for addresses: those of `symbols`, then those of `texts`, are bound in each process. A reply lists the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recipe {
    #[serde(with = "words")]
    pub code: Vec<i64>,
    #[serde(default)]
    pub symbols: Vec<String>,
    /// String literals.
    #[serde(default)]
    pub texts: Vec<String>,
    /// Bytes of temporaries, aligned to 16.
    #[serde(default)]
    pub scratch: u32,
}

/// The words as one text, which is read at once: a call has some thirty.
mod words {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(words: &[i64], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&words.iter().map(i64::to_string).collect::<Vec<_>>().join(" "))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i64>, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Vec<i64>;
            fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
                to.write_str("numbers with spaces between them")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Vec<i64>, E> {
                let mut words = Vec::with_capacity(text.bytes().filter(|&b| b == b' ').count() + 1);
                for word in text.split(' ').filter(|w| !w.is_empty()) {
                    words.push(word.parse().map_err(E::custom)?);
                }
                Ok(words)
            }
        }
        from.deserialize_str(Words)
    }
}

/// All that compiled code depends on. Equal shapes share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    pub code: Vec<i64>,
    pub scratch: u32,
    /// Texts follow the symbols in the table of addresses.
    pub symbols: u32,
}

impl Recipe {
    pub fn shape(&self) -> Shape {
        Shape { code: self.code.clone(), scratch: self.scratch, symbols: self.symbols.len() as u32 }
    }
}

/// Operations, in the order of their numbers; what is taken from and left on the stack behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `args[n]`, an address. `( -- p)`
    Arg,
    /// A scalar `a`. `(p -- v)`
    Load,
    /// From scalar `a` to `b`, as C++ does. `(v -- v)`
    Convert,
    /// The next word. `( -- v)`
    Const,
    /// `n` bytes further. `(p -- p)`
    Offset,
    /// The same, but null stays null. `(p -- p)`
    OffsetNonNull,
    /// `p + i * n`. `(p i -- p)`
    Index,
    /// A [`Binary`] `a` on scalars `b`. `(v v -- v)`
    Binary,
    /// A [`Unary`] `a` on scalar `b`. `(v -- v)`
    Unary,
    /// A scalar `a`. `(p v -- p)`
    Store,
    /// `n` bytes. `(to from -- to)`
    Copy,
    /// The address of symbol `n`. `( -- p)`
    Symbol,
    /// The address of text `n`. `( -- p)`
    Text,
    /// `n` bytes into the temporaries. `( -- p)`
    Temp,
    /// Where the result goes. `( -- p)`
    Ret,
    /// `(v -- v v)`
    Dup,
    /// `(v -- )`
    Pop,
    /// Entry `n` of the virtual table of the object `a` places down. `( -- f)`
    Virtual,
    /// `a` arguments, a word each: a [`Way`] and the bytes of a struct `<< 8`; result by [`Back`] `b`, its scalar in bits
    /// 24–31, its bytes `n`. A struct's place lies below the arguments and stays. `(args… f -- v?)`
    Call,
    /// Stores scalar `a` as the result. `(v -- )`
    ReturnScalar,
    /// Stores an address as the result. `(p -- )`
    ReturnAddress,
    /// The result is in its place, or there is none.
    End,
    /// The object ends with the recipe, on a throw too, after those that were made later: at most 16. `(p destructor -- p)`
    EndsWith,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    Neg,
    Not,
    LNot,
}

/// How an argument travels under System V x86-64: by eightbytes; structs are given by address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Int,
    Sse,
    StructInt,
    StructSse,
    IntInt,
    IntSse,
    SseInt,
    SseSse,
    /// On the argument stack.
    ByVal,
}

/// How a result comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    Void,
    Int,
    F32,
    F64,
    StructInt,
    StructSse,
    IntInt,
    IntSse,
    SseInt,
    SseSse,
    /// Through a pointer that is passed first.
    Memory,
}

macro_rules! numbered {
    ($($name:ident: $($variant:ident)*;)*) => {$(
        impl $name {
            /// From its number in a word.
            pub fn from_number(n: u8) -> Option<$name> {
                const ALL: &[$name] = &[$($name::$variant),*];
                ALL.get(usize::from(n)).copied()
            }
        }
    )*};
}

numbered! {
    Op: Arg Load Convert Const Offset OffsetNonNull Index Binary Unary Store Copy Symbol Text Temp Ret Dup Pop Virtual Call
        ReturnScalar ReturnAddress End EndsWith;
    Scalar: Bool I8 U8 I16 U16 I32 U32 I64 U64 F32 F64;
    Binary: Add Sub Mul Div Rem And Or Xor Shl Shr Lt Le Gt Ge Eq Ne;
    Unary: Neg Not LNot;
    Way: Int Sse StructInt StructSse IntInt IntSse SseInt SseSse ByVal;
    Back: Void Int F32 F64 StructInt StructSse IntInt IntSse SseInt SseSse Memory;
}

/// A word taken apart.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    pub op: Op,
    pub a: u8,
    pub b: u8,
    pub c: u8,
    pub n: i32,
}

impl Word {
    pub fn new(word: i64) -> Option<Word> {
        let byte = |k: u32| (word >> k) as u8;
        Some(Word { op: Op::from_number(byte(0))?, a: byte(8), b: byte(16), c: byte(24), n: (word >> 32) as i32 })
    }
}
