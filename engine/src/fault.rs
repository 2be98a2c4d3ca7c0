//! Errors that travel: a throw leaves the exception in the thread and returns a sentinel (contract *Errors*).
//!
//! Rust code sees `Result<_, Thrown>`; entries see `Value::THROWN`. Nothing unwinds.

use crate::analyze::Place;
use crate::code::Code;
use crate::coll;
use crate::cppbox::CppBox;
use crate::heap::{self, Gc, Header, HeapType, Mutable, TypeId};
use crate::text::Text;
use crate::thread::Thread;
use crate::value::Value;
use questions::Diagnostic;

/// 'An error is pending in this thread.' Carries nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Thrown(());

pub type Res<T = Value> = Result<T, Thrown>;

macro_rules! classes {
    ($($konst:ident $name:literal < $parent:ident,)*) => {
        /// The classes of exceptions that `catch` and `instance?` know, as the JVM names them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Class { $($konst),* }
        const CLASSES: &[(Class, &str, Class)] = &[$((Class::$konst, $name, Class::$parent)),*];
    };
}

classes! {
    Throwable "java.lang.Throwable" < Throwable,
    Exception "java.lang.Exception" < Throwable,
    Error "java.lang.Error" < Throwable,
    RuntimeException "java.lang.RuntimeException" < Exception,
    ExceptionInfo "clojure.lang.ExceptionInfo" < RuntimeException,
    IllegalArgument "java.lang.IllegalArgumentException" < RuntimeException,
    Arity "clojure.lang.ArityException" < IllegalArgument,
    NumberFormat "java.lang.NumberFormatException" < IllegalArgument,
    IllegalThreadState "java.lang.IllegalThreadStateException" < IllegalArgument,
    IllegalState "java.lang.IllegalStateException" < RuntimeException,
    UnsupportedOperation "java.lang.UnsupportedOperationException" < RuntimeException,
    Arithmetic "java.lang.ArithmeticException" < RuntimeException,
    ClassCast "java.lang.ClassCastException" < RuntimeException,
    NullPointer "java.lang.NullPointerException" < RuntimeException,
    IndexOutOfBounds "java.lang.IndexOutOfBoundsException" < RuntimeException,
    ArrayIndexOutOfBounds "java.lang.ArrayIndexOutOfBoundsException" < IndexOutOfBounds,
    StringIndexOutOfBounds "java.lang.StringIndexOutOfBoundsException" < IndexOutOfBounds,
    NegativeArraySize "java.lang.NegativeArraySizeException" < RuntimeException,
    NoSuchElement "java.util.NoSuchElementException" < RuntimeException,
    ConcurrentModification "java.util.ConcurrentModificationException" < RuntimeException,
    IllegalFormat "java.util.IllegalFormatException" < IllegalArgument,
    IllegalFormatConversion "java.util.IllegalFormatConversionException" < IllegalFormat,
    UnknownFormatConversion "java.util.UnknownFormatConversionException" < IllegalFormat,
    MissingFormatArgument "java.util.MissingFormatArgumentException" < IllegalFormat,
    IllegalFormatPrecision "java.util.IllegalFormatPrecisionException" < IllegalFormat,
    PatternSyntax "java.util.regex.PatternSyntaxException" < IllegalArgument,
    Interrupted "java.lang.InterruptedException" < Exception,
    Io "java.io.IOException" < Exception,
    FileNotFound "java.io.FileNotFoundException" < Io,
    EndOfFile "java.io.EOFException" < Io,
    ClassNotFound "java.lang.ClassNotFoundException" < Exception,
    Compiler "clojure.lang.Compiler$CompilerException" < RuntimeException,
    Reader "clojure.lang.LispReader$ReaderException" < RuntimeException,
    // A C++ exception that nobody caught by its type.
    Cpp "rung.CppException" < RuntimeException,
    Execution "java.util.concurrent.ExecutionException" < Exception,
    Cancellation "java.util.concurrent.CancellationException" < IllegalState,
    Timeout "java.util.concurrent.TimeoutException" < Exception,
    IllegalMonitorState "java.lang.IllegalMonitorStateException" < RuntimeException,
    ArrayStore "java.lang.ArrayStoreException" < RuntimeException,
    Security "java.lang.SecurityException" < RuntimeException,
    CloneNotSupported "java.lang.CloneNotSupportedException" < Exception,
    NoSuchField "java.lang.NoSuchFieldException" < Exception,
    NoSuchMethod "java.lang.NoSuchMethodException" < Exception,
    UncheckedIo "java.io.UncheckedIOException" < RuntimeException,
    UriSyntax "java.net.URISyntaxException" < Exception,
    UnknownHost "java.net.UnknownHostException" < Io,
    InputMismatch "java.util.InputMismatchException" < NoSuchElement,
    EmptyStack "java.util.EmptyStackException" < RuntimeException,
    DateTime "java.time.DateTimeException" < RuntimeException,
    ParseError "java.text.ParseException" < Exception,
    // A transaction that is to be tried again.
    Retry "clojure.lang.LockingTransaction$RetryEx" < Error,
    VirtualMachineError "java.lang.VirtualMachineError" < Error,
    StackOverflow "java.lang.StackOverflowError" < VirtualMachineError,
    OutOfMemory "java.lang.OutOfMemoryError" < VirtualMachineError,
    Assertion "java.lang.AssertionError" < Error,
    IllegalAccess "java.lang.IllegalAccessError" < Error,
}

impl Class {
    pub fn name(self) -> &'static str {
        CLASSES[self as usize].1
    }
    pub fn parent(self) -> Class {
        CLASSES[self as usize].2
    }
    pub fn all() -> impl Iterator<Item = Class> {
        CLASSES.iter().map(|c| c.0)
    }
    /// By its number in the table.
    pub fn numbered(n: u32) -> Option<Class> {
        CLASSES.get(n as usize).map(|c| c.0)
    }
    /// By full or short name.
    pub fn named(name: &str) -> Option<Class> {
        CLASSES.iter().find(|(_, n, _)| *n == name || n.rsplit(['.', '$']).next() == Some(name)).map(|c| c.0)
    }
    pub fn is_a(self, other: Class) -> bool {
        let mut c = self;
        loop {
            if c == other {
                return true;
            }
            if c == Class::Throwable {
                return false;
            }
            c = c.parent();
        }
    }
}

/// An exception object.
#[repr(C)]
pub struct Throwable {
    header: Header,
    class: u32,
    _pad: u32,
    /// A text or nil.
    pub message: Value,
    /// Another exception or nil.
    pub cause: Value,
    /// `ex-data`: a map or nil.
    pub data: Value,
    /// Text of the [`Diagnostic`] as JSON, or nil.
    pub diagnostic: Value,
    /// The kept C++ exception (a `CppBox` of an exception pointer), or nil.
    pub native: Value,
    /// Frames passed on the way out, innermost first: nil or a vector of texts, appended while the error travels ([`passed`]).
    pub trace: Mutable,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for Throwable {
    const TYPE: TypeId = TypeId::THROWABLE;
}

impl Throwable {
    pub fn alloc(class: Class, message: Value, cause: Value, data: Value) -> Gc<Throwable> {
        Throwable::alloc_full(class, message, cause, data, Value::NIL, Value::NIL)
    }
    pub fn alloc_full(
        class: Class,
        message: Value,
        cause: Value,
        data: Value,
        diagnostic: Value,
        native: Value,
    ) -> Gc<Throwable> {
        let t = heap::new(Throwable {
            header: Header::blank(),
            class: class as u32,
            _pad: 0,
            message,
            cause,
            data,
            diagnostic,
            native,
            trace: Mutable::new(Value::NIL),
        });
        t.trace.watch(t);
        t
    }
    pub fn class(&self) -> Class {
        CLASSES[self.class as usize].0
    }
    pub fn message_text(&self) -> String {
        self.message.cast::<Text>().map_or_else(String::new, |t| t.as_str().to_owned())
    }
    /// The diagnostic that this exception carries, if any.
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        serde_json::from_str(self.diagnostic.cast::<Text>()?.as_str()).ok()
    }
}

/// Throws a value that is already an exception (or whatever the language lets through).
#[cold]
pub fn throw(exception: Value) -> Thrown {
    let t = Thread::current();
    t.pending.set(exception);
    Thrown(())
}

/// `(throw v)`: an exception, or a C++ object in its box.
#[cold]
pub fn throw_value(v: Value) -> Thrown {
    match v {
        v if v.is::<Throwable>() || v.is::<CppBox>() => throw(v),
        v if v.is_nil() => raise(Class::NullPointer, "throw of nil"),
        v => class_cast(v, "java.lang.Throwable"),
    }
}

/// Does a `catch` of the class take the error? A thrown C++ object counts as a C++ exception.
pub fn takes(class: Class, error: Value) -> bool {
    match error.cast::<Throwable>() {
        Some(e) => e.class().is_a(class),
        None => error.is::<CppBox>() && Class::Cpp.is_a(class),
    }
}

/// For code that saw the sentinel: the error is in the thread already.
#[inline(always)]
pub fn pending() -> Thrown {
    debug_assert!(Thread::current().is_pending());
    Thrown(())
}

#[cold]
pub fn raise(class: Class, message: impl AsRef<str>) -> Thrown {
    let message = Text::value(message.as_ref());
    throw(Throwable::alloc(class, message, Value::NIL, Value::NIL).value())
}

/// An error of the user's with a code: an exception of `class` whose `ex-data` holds `:rung/code`, `:rung/phase`,
/// `:rung/spans` (built when asked for, from the diagnostic).
#[cold]
pub fn raise_diagnostic(class: Class, d: &Diagnostic) -> Thrown {
    raise_diagnostic_as(class, d, &d.message)
}
/// With another message than the diagnostic's.
pub fn raise_diagnostic_as(class: Class, d: &Diagnostic, message: &str) -> Thrown {
    let message = Text::value(message);
    let json = Text::value(&serde_json::to_string(d).unwrap_or_default());
    throw(Throwable::alloc_full(class, message, Value::NIL, Value::NIL, json, Value::NIL).value())
}

pub fn illegal_argument(message: impl AsRef<str>) -> Thrown {
    raise(Class::IllegalArgument, message)
}

/// `X cannot be cast to Y`, with the class names that programs see.
pub fn class_cast(v: Value, wanted: &str) -> Thrown {
    raise(Class::ClassCast, format!("class {} cannot be cast to class {wanted}", crate::print::shown_class(v)))
}

pub fn interrupted() -> Thrown {
    raise(Class::Interrupted, "Evaluation interrupted")
}
pub fn stack_overflow() -> Thrown {
    raise(Class::StackOverflow, "Stack overflow")
}
/// Before something large is made.
///
/// # Errors
/// OutOfMemoryError: so many bytes are not to be had.
pub fn room(bytes: usize) -> Res<()> {
    if heap::admits(bytes) { Ok(()) } else { Err(out_of_memory()) }
}

/// The heap was full since a form began.
static EXHAUSTED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Between two forms: was the heap full? Asked once, the answer is no again.
pub fn was_exhausted() -> bool {
    EXHAUSTED.load(std::sync::atomic::Ordering::Acquire) && EXHAUSTED.swap(false, std::sync::atomic::Ordering::AcqRel)
}

pub fn out_of_memory() -> Thrown {
    let t = raise(Class::OutOfMemory, "Heap space");
    heap::take_reserve();
    EXHAUSTED.store(true, std::sync::atomic::Ordering::Release);
    // Making the error may have asked for it once more.
    Thread::current().forget(crate::thread::Request::OutOfMemory);
    t
}

/// Frames that an error notes on its way out.
const TRACE: usize = 64;

/// An error leaves a function: notes its name and place, `name (file:line:column)`, the innermost first. Without a place
/// of its own, the function's.
pub fn passed(t: &Thread, code: &Code, place: Option<Place>) {
    let error = t.pending.get();
    let Some(thrown) = error.cast::<Throwable>() else { return };
    let frames = thrown.trace.get();
    if coll::quick_count(frames).is_some_and(|n| n >= TRACE) {
        return;
    }
    let text = match &code.body {
        Some(body) => {
            let own = body.tree.function(body.function).place;
            let p = place.filter(|p| p.line > 0).unwrap_or(own);
            format!("{} ({}:{}:{})", code.name, body.tree.file, p.line, p.column)
        }
        None => code.name.clone(),
    };
    let text = Text::value(&text);
    let more = if frames.is_nil() { coll::vector(&[text]) } else { coll::conj(frames, text).unwrap_or(frames) };
    thrown.trace.set(thrown, more);
}
