//! The questions themselves, and what may be asked of a C++ compiler's session. One request is answered at a time;
//! whatever a form needs is batched into one.

use crate::recipe::Shape;
use crate::{Category, CppType, Diagnostic, Recipe, Span};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a session is opened with. Part of every environment key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionConfig {
    /// `-I` folders, in order.
    pub include_dirs: Vec<String>,
    /// Further compiler flags, in order.
    pub flags: Vec<String>,
    /// Folder for PCHs; empty: none are kept.
    #[serde(default)]
    pub cache_dir: String,
    /// Headers read at opening (through a PCH where `cache_dir` is set).
    #[serde(default)]
    pub headers: Vec<String>,
    /// A program that builds PCHs in a process of its own (`PROGRAM cache headers`, a `Precompile` request on its standard
    /// input); empty: they are built in this process when nothing is asked.
    #[serde(default)]
    pub builder: String,
    /// Processor time and memory that one request may take, code generation for tier 2 left out; 0: no limit.
    #[serde(default)]
    pub seconds: u32,
    #[serde(default)]
    pub mebibytes: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Opens the session, or replaces the one there is.
    Open { config: SessionConfig },
    /// C++ text at global scope. `(cpp/raw …)`; an `#include` line too.
    Raw { text: String, file: String, line: u32 },
    /// Answers about names, types and calls; never emits code. `first`: the number of the first one in its series, which
    /// begins with number 0; [`ASIDE`]: they belong to none.
    Ask {
        #[serde(serialize_with = "compact::questions")]
        questions: Vec<Question>,
        #[serde(default)]
        first: u32,
    },
    /// One module with a trampoline each; a failed site fails alone.
    Trampolines { sites: Vec<Site> },
    /// Tier 2: C++ text that sees all that the session has declared, compiled at -O2 by a compile session into an object.
    /// `exports`: the extern "C" functions that are wanted.
    Compile { name: String, text: String, exports: Vec<String> },
    /// Links an object of this or an earlier process; `symbols` binds what the process provides (vars, constants, runtime).
    Load { object: Blob, symbols: Vec<(String, u64)>, exports: Vec<String> },
    /// Writes a held object into a file, self-describing, for `Load` in a later process. By temporary file and rename.
    Save { object: Blob, path: String },
    /// Compiled recipes, which depend on nothing but the shape; `Response::Shapes` has an address each. `objects`: what an earlier
    /// reply gave for the shape, perhaps in another process; empty where it is to be compiled.
    Shapes { shapes: Vec<Shape>, objects: Vec<String> },
    /// Symbols that the process provides to everything that is linked from now on: the runtime of generated code.
    Bind { symbols: Vec<(String, u64)> },
    /// Addresses of what recipes mention, emitted where the session knows a definition that nobody has emitted; 0 where none is
    /// to be had: a trampoline of its own will say why.
    Provide { symbols: Vec<String> },
    /// Addresses of symbols in the JIT or the process.
    Lookup { symbols: Vec<String> },
    /// Names that begin with a qualified name's text, with signatures. `header`: only what stands in that header, as long as
    /// anything does, and its macros.
    Complete {
        prefix: String,
        #[serde(default)]
        header: String,
    },
    /// Further folders to look for headers in.
    Search { include_dirs: Vec<String> },
    /// Builds the PCH of these lines, in a process of its own: it takes the process' limits down.
    Precompile { config: SessionConfig, lines: Vec<String> },
    /// For tests of containment only: crash the compiler on purpose.
    Crash,
}

/// The builder of a session that leaves no PCHs behind.
pub const NO_BUILDER: &str = "-";

/// The number of questions that belong to no series.
pub const ASIDE: u32 = u32::MAX;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Opened {},
    Raw(RawDone),
    /// `types`: those that the answers mention by number; empty once read.
    Answers {
        #[serde(default)]
        types: Vec<CppType>,
        answers: Vec<Result<Answer, Diagnostic>>,
    },
    Trampolines {
        trampolines: Vec<Result<Trampoline, Diagnostic>>,
        #[serde(default)]
        inits: Vec<u64>,
    },
    Compiled(Compiled),
    Loaded(Loaded),
    Saved {
        bytes: u64,
    },
    /// `void shape(void* record, void** args, void* ret)`, in the order asked; 0 for a shape that cannot be made. The record's
    /// third word points to the addresses of symbols and texts. `objects`: what was compiled, in hexadecimal digits; empty for what
    /// was known, was given, or cannot be made.
    Shapes {
        addresses: Vec<u64>,
        objects: Vec<String>,
    },
    Addresses {
        addresses: Vec<u64>,
    },
    /// In the order asked, and initialisers to run before anything of it is used.
    Provided {
        addresses: Vec<u64>,
        #[serde(default)]
        inits: Vec<u64>,
    },
    Completions {
        items: Vec<Completion>,
    },
    Precompiled {
        built: bool,
        why: String,
    },
    /// The request failed as a whole; the session goes on.
    Failed {
        diagnostics: Vec<Diagnostic>,
    },
    /// The compiler died in this request; a new session replaced it and read its inputs again.
    Died {
        diagnostics: Vec<Diagnostic>,
    },
}

impl Response {
    /// A reply as the library sends it, with every type in its place.
    ///
    /// # Errors
    /// It is no reply, or mentions a type that it does not say.
    pub fn read(json: &[u8]) -> Result<Response, serde_json::Error> {
        let mut reply = serde_json::from_slice(json)?;
        if let Response::Answers { types, answers } = &mut reply {
            let types = std::mem::take(types);
            if !answers.iter_mut().flatten().all(|a| a.settle(&types)) {
                return Err(serde::de::Error::custom("a type that the reply's table does not have"));
            }
        }
        Ok(reply)
    }
}

impl Answer {
    /// Every type's place holder becomes the type; false: one is not in the table.
    fn settle(&mut self, table: &[CppType]) -> bool {
        match self {
            Answer::Type { ty }
            | Answer::Variable { ty }
            | Answer::EnumConstant { ty, .. }
            | Answer::Constant { ty, .. }
            | Answer::Field { ty }
            | Answer::Catch { ty } => ty.settle(table),
            Answer::Call(call) => Arc::get_mut(call)
                .is_some_and(|call| call.result.settle(table) && call.args.iter_mut().all(|t| t.settle(table))),
            Answer::Namespace { .. }
            | Answer::Functions { .. }
            | Answer::ClassTemplate { .. }
            | Answer::FunctionTemplate { .. }
            | Answer::Macro { .. } => true,
        }
    }
}

/// `inits` are static initialisers to run, in order, on the caller's thread: `void()` functions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RawDone {
    pub inits: Vec<u64>,
    /// What the text defined again, so that dependants are invalidated.
    pub redefined: Vec<Redefined>,
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redefined {
    /// Qualified name, as `ns::f`.
    pub name: String,
    pub version: u32,
    /// False: the canonical type is unchanged and the body was swapped behind its stub.
    pub changed_type: bool,
}

/// Binary data inside a request: base64 is not worth it, the library hands out a number that stands for the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blob {
    /// An object that the library holds since the `Compile` that made it.
    Held(u64),
    /// A file in the object store.
    File(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Compiled {
    pub object: Blob,
    pub bytes: u64,
    pub imports: Vec<String>,
    pub phases_us: Vec<(String, f64)>,
    /// Raw functions whose bodies the object may have inlined, with the version: it is stale once one is redefined.
    #[serde(default)]
    pub uses: Vec<(String, u32)>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Loaded {
    /// In the order of `exports`.
    pub addresses: Vec<u64>,
    pub inits: Vec<u64>,
    pub code_bytes: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Completion {
    pub text: String,
    pub kind: String,
    #[serde(default)]
    pub signature: String,
}

/// Names are C++ names with `::`. Types are any C++ text that names a type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Question {
    /// What a qualified name stands for.
    Name { name: String },
    /// A type written as C++ text.
    Type { text: String },
    /// The type of a constant expression, and its value where it has one: `(cpp/value "1 << 4")`, object-like macros.
    Value { text: String },
    /// Which function a call chooses, with what conversions, and its result.
    Call(CallQuestion),
    /// The members of a class, by name: for `.-x` and errors.
    Member { class: String, name: String },
    /// Is a handler of type `handler` (a type text) well-formed, and what does it bind?
    Catch { handler: String },
}

/// A call, in the widest sense.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallQuestion {
    pub callee: Callee,
    pub args: Vec<Arg>,
}

impl Question {
    /// The question with what it says of others put in their place: `of` gives type and category of a question of the series.
    /// None: one of them is not known.
    pub fn complete(&self, of: impl Fn(u32) -> Option<(String, Category)>) -> Option<Question> {
        let Question::Call(call) = self else { return Some(self.clone()) };
        let args = call.args.iter().map(|arg| match arg {
            Arg::Of { question, local } => {
                let (ty, category) = of(*question)?;
                let category = if *local && category == Category::Prvalue { Category::Lvalue } else { category };
                Some(Arg::Native { ty, category })
            }
            other => Some(other.clone()),
        });
        Some(Question::Call(CallQuestion { callee: call.callee.clone(), args: args.collect::<Option<_>>()? }))
    }
    /// Puts the site into the answer to this question.
    pub fn site(&self, answer: &mut Answer) {
        if let (Question::Call(asked), Answer::Call(call)) = (self, answer) {
            if let Some(call) = Arc::get_mut(call) {
                let mut args = asked.args.clone();
                for ((arg, ty), how) in args.iter_mut().zip(&call.args).zip(call.settled.bytes()) {
                    let category = match how {
                        b'l' => Category::Lvalue,
                        b'p' => Category::Prvalue,
                        _ => continue,
                    };
                    *arg = Arg::Native { ty: ty.name.clone(), category };
                }
                call.site = Site { callee: asked.callee.clone(), args, version: call.version };
            }
        }
    }
    /// Says nothing of other questions.
    pub fn stands_alone(&self) -> bool {
        !matches!(self, Question::Call(call) if call.args.iter().any(|a| matches!(a, Arg::Of { .. })))
    }
}

impl Answer {
    /// As an argument of a call: the type's name and the category. None: it is no expression.
    pub fn as_argument(&self) -> Option<(String, Category)> {
        match self {
            Answer::Call(call) => Some((call.result.name.clone(), call.result_category)),
            Answer::Variable { ty } => Some((ty.name.clone(), Category::Lvalue)),
            Answer::EnumConstant { ty, .. } | Answer::Constant { ty, value: Some(_) } => {
                Some((ty.name.clone(), Category::Prvalue))
            }
            _ => None,
        }
    }
}

/// The class of `rung/callback.hpp` that a Clojure function is where a template takes any callable.
pub const FUNCTOR: &str = "rung::functor";

impl Question {
    /// Does it speak of the classes of the `rung/` headers, where no text of the program does?
    pub fn wants_runtime(&self) -> bool {
        matches!(self, Question::Call(call) if call.args.iter().any(|a| matches!(a, Arg::Native { ty, .. } if ty == FUNCTOR)))
    }
}

impl Default for Callee {
    fn default() -> Callee {
        Callee::Invoke {}
    }
}

/// What is called. `args[0]` is the object for `Method`, `Field`, `Invoke`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "callee", rename_all = "snake_case")]
pub enum Callee {
    /// A function, static member function, function template (explicit arguments in the name: `f<int>`), or a type (then: construct).
    Name {
        name: String,
    },
    /// A method of the first argument; explicit template arguments in the name.
    Method {
        name: String,
    },
    /// Access to a field of the first argument (also through pointers): an lvalue.
    Field {
        name: String,
    },
    /// `T(args…)`, aggregates by `T{args…}` where no constructor fits.
    Construct {
        ty: String,
    },
    /// `new T(args…)`.
    New {
        ty: String,
    },
    /// `delete p`.
    Delete {},
    /// The destructor of an object of the type; one argument, an lvalue.
    Destroy {
        ty: String,
    },
    /// An operator token on one or more operands, as `+`, `[]`, `++`, `*` (one operand: dereference), `=`.
    Operator {
        token: String,
    },
    /// Calls the first argument: function pointer, functor, lambda, pointer to member.
    Invoke {},
    /// `(T)x` with `static_cast` first and the C-style cast where `unchecked`.
    Cast {
        ty: String,
        unchecked: bool,
    },
    /// A global or static variable: its address, an lvalue. No arguments.
    Variable {
        name: String,
    },
    /// A constant expression or macro evaluated at run time. No arguments.
    Expression {
        text: String,
    },
    /// Copies (`T(const T&)`) or moves the argument into the result: escaping values, boxes.
    Copy {
        ty: String,
    },
    Move {
        ty: String,
    },
}

/// An argument of a call as the question sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "arg", rename_all = "snake_case")]
pub enum Arg {
    /// A C++ expression of this canonical type (never a reference: `category` says it).
    Native { ty: String, category: Category },
    /// A literal, where the call wants a constant: its C++ text. What the caller passes is not looked at.
    Literal { ty: String, text: String },
    /// A boxed Clojure value of unknown type: takes the parameter's type once the callee is chosen by arity.
    Boxed {},
    /// A Clojure function literal where a callable is wanted: takes the parameter's type.
    Callback {},
    /// What an earlier question of the series is about: the result of a call, the object that a name stands for. `local`: as the
    /// variable that it initialised. Whoever asks does not know the type yet; never in a site.
    Of { question: u32, local: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Namespace {
        name: String,
    },
    Type {
        ty: CppType,
    },
    Functions {
        overloads: Vec<Overload>,
    },
    /// A variable or static data member; its type without reference.
    Variable {
        ty: CppType,
    },
    EnumConstant {
        ty: CppType,
        #[serde(with = "wide")]
        value: i128,
    },
    /// A constant expression; the value as text where it is a literal (`-3`, `1.5`, `true`).
    Constant {
        ty: CppType,
        value: Option<Literal>,
    },
    ClassTemplate {
        name: String,
    },
    FunctionTemplate {
        overloads: Vec<Overload>,
    },
    /// An object-like macro: ask `Value` of its name. Function-like ones have parameters.
    Macro {
        function_like: bool,
    },
    /// Shared: a form's passes and its tree hold the same one.
    #[serde(with = "shared")]
    Call(Arc<CallAnswer>),
    Field {
        ty: CppType,
    },
    Catch {
        ty: CppType,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    Int(i64),
    UInt(u64),
    Float(f64),
    Bool(bool),
    Null,
    String(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overload {
    /// As a person would write it: `void ImGui::Text(const char *fmt, ...)`.
    pub signature: String,
    pub min_args: u32,
    pub max_args: u32,
    pub variadic: bool,
    pub span: Option<Span>,
}

/// What a call does, complete: enough to build a trampoline, to emit C++ that names the chosen callee, and to run it
/// when seen again without asking. A reply lists the fields in this order, without their names, and may end early.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallAnswer {
    /// The result as an expression: without reference; `result_category` says the rest.
    pub result: CppType,
    pub result_category: Category,
    /// Type of each argument as the caller passes it (for `Boxed` ones the parameter's, without reference), in the order of `site.args`.
    pub args: Vec<CppType>,
    /// The same as declared: parameter types as written, empty for variadic extras and operators on built-in types.
    pub params: Vec<String>,
    /// C++ expression text with `$0`, `$1`, … for the arguments and exactly the callee that was chosen: what tier 2 writes.
    pub text: String,
    pub noexcept: bool,
    /// Version of the chosen declaration.
    pub version: u32,
    /// A letter an argument: `l` and `p` for one that was `Boxed` or a `Callback` and is an lvalue or prvalue of the type in `args`.
    pub settled: String,
    /// The call as words that need no code generator; none where only a trampoline of its own will do.
    pub recipe: Option<Recipe>,
    /// How it is done without a trampoline, where that is possible.
    #[serde(default)]
    pub direct: Option<Direct>,
    /// Qualified name and signature, for people.
    #[serde(default)]
    pub signature: String,
    #[serde(default)]
    pub is_virtual: bool,
    #[serde(default)]
    pub extern_c: bool,
    /// Mangled name of the chosen function; empty for built-in operations, fields, casts.
    #[serde(default)]
    pub symbol: String,
    /// The site with every argument's type fixed: the key of its trampoline. A reply does not repeat it: it is what was asked
    /// (`Question::site`).
    #[serde(default)]
    pub site: Site,
}

/// What a site does, in terms of machine code: no conversion, no copy, nothing evaluated besides it. A pointer that is
/// followed is not null; the caller looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direct {
    /// Calls the function whose address `CallAnswer::symbol` names, where it has one: inline functions may have none. `abi`: how the result
    /// and each argument travel.
    Function { abi: Vec<Abi> },
    /// Calls through the object's table of virtual functions, whose address the object begins with.
    Virtual { abi: Vec<Abi>, slot: u32 },
    /// The field lies so many bytes behind the address of the object: no bit-field, no reference, no virtual base between.
    Field { offset: u64 },
    /// A variable whose address is the same at all times, in every thread.
    Variable {},
}

/// How one value travels under the System V x86-64 ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abi {
    Void,
    /// In an integer register, extended from the repr's width.
    Int,
    F32,
    F64,
    /// In memory behind a pointer passed in an integer register (sret, non-trivial class by value).
    Indirect,
    /// Two eightbytes, by class: small trivially copyable structs.
    IntInt,
    IntSse,
    SseInt,
    SseSse,
    /// One eightbyte of a small struct.
    StructInt,
    StructSse,
    /// Copied onto the argument stack.
    ByVal,
    /// The `this` pointer.
    This,
}

/// A call site with exact types: the key of a trampoline. Equal sites share one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Site {
    pub callee: Callee,
    pub args: Vec<Arg>,
    /// Version of the chosen declaration: a redefinition makes a new site.
    #[serde(default)]
    pub version: u32,
}

/// `void stub(void* self, void** args, void* ret)`: `args[i]` points to the scalar, to the object, or to the object
/// referred to; a scalar result is stored at `ret` in its own width, a glvalue's address is stored, a class value is
/// constructed there. `self` is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trampoline {
    pub address: u64,
}

/// A form's questions as the library reads them with least work: a call is `[callee, its text, unchecked, type, category, …]`,
/// anything else is as it is.
mod compact {
    use super::{Arg, CallQuestion, Callee, Question};
    use crate::Category;
    use serde::ser::{Serialize, SerializeSeq, Serializer};

    pub fn questions<S: Serializer>(all: &[Question], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(all.iter().map(One))
    }

    struct One<'q>(&'q Question);

    impl Serialize for One<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                Question::Call(call) => flat(call, to),
                other => other.serialize(to),
            }
        }
    }

    fn flat<S: Serializer>(call: &CallQuestion, to: S) -> Result<S::Ok, S::Error> {
        let (kind, text) = match &call.callee {
            Callee::Name { name } => ("name", name.as_str()),
            Callee::Method { name } => ("method", name.as_str()),
            Callee::Field { name } => ("field", name.as_str()),
            Callee::Construct { ty } => ("construct", ty.as_str()),
            Callee::New { ty } => ("new", ty.as_str()),
            Callee::Delete {} => ("delete", ""),
            Callee::Destroy { ty } => ("destroy", ty.as_str()),
            Callee::Operator { token } => ("operator", token.as_str()),
            Callee::Invoke {} => ("invoke", ""),
            Callee::Cast { ty, .. } => ("cast", ty.as_str()),
            Callee::Variable { name } => ("variable", name.as_str()),
            Callee::Expression { text } => ("expression", text.as_str()),
            Callee::Copy { ty } => ("copy", ty.as_str()),
            Callee::Move { ty } => ("move", ty.as_str()),
        };
        let mut out = to.serialize_seq(Some(3 + 2 * call.args.len()))?;
        out.serialize_element(kind)?;
        out.serialize_element(text)?;
        out.serialize_element(&matches!(call.callee, Callee::Cast { unchecked: true, .. }))?;
        for arg in &call.args {
            if let Arg::Of { question, local } = arg {
                out.serialize_element(&question.to_string())?;
                out.serialize_element(if *local { "v" } else { "r" })?;
                continue;
            }
            let known;
            let (ty, category) = match arg {
                Arg::Literal { ty, text } => {
                    known = format!("={text}");
                    (ty.as_str(), known.as_str())
                }
                Arg::Native { ty, category: Category::Lvalue } => (ty.as_str(), "l"),
                Arg::Native { ty, category: Category::Xvalue } => (ty.as_str(), "x"),
                Arg::Native { ty, category: Category::Prvalue } => (ty.as_str(), "p"),
                Arg::Boxed {} => ("", "b"),
                Arg::Callback {} | Arg::Of { .. } => ("", "c"),
            };
            out.serialize_element(ty)?;
            out.serialize_element(category)?;
        }
        out.end()
    }
}

/// What is behind an `Arc`, as itself.
mod shared {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub fn serialize<T: Serialize, S: Serializer>(value: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(to)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Arc<T>, D::Error> {
        T::deserialize(from).map(Arc::new)
    }
}

/// The same for a list of them.
pub mod shared_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    /// # Errors
    /// The serializer's.
    pub fn serialize<T: Serialize, S: Serializer>(values: &[Arc<T>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(AsRef::<T>::as_ref))
    }

    /// # Errors
    /// What is read is no list of these.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<Arc<T>>, D::Error> {
        Ok(Vec::<T>::deserialize(from)?.into_iter().map(Arc::new).collect())
    }
}

/// An `i128` that holds an `i64` or a `u64`, as one of these: serde's tagged enums know no wider integer.
mod wide {
    use serde::{Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(value: &i128, to: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(*value) {
            Ok(small) => to.serialize_i64(small),
            Err(_) => to.serialize_u64(*value as u64),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i128, D::Error> {
        struct Integer;
        impl de::Visitor<'_> for Integer {
            type Value = i128;
            fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
                to.write_str("an integer of 64 bits")
            }
            fn visit_i64<E>(self, value: i64) -> Result<i128, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<i128, E> {
                Ok(value.into())
            }
        }
        from.deserialize_any(Integer)
    }
}
