//! Walks a value and writes its text, honouring the `*print-…*` vars. Depth is checked against the stack; text that was
//! made before a lazy seq runs user code is handed to the writer first, so that output appears in program order.

use super::object;
use super::writer::Writer;
use crate::coll::{self, Cursor};
use crate::fault::{self, Res, Throwable};
use crate::heap::{Gc, GcVec, TypeId};
use crate::number;
use crate::space::{NamespaceObject, Var, binding, special};
use crate::text::{ClassObject, FileName, Inst, Keyword, ReaderConditional, Regex, Symbol, TaggedLiteral, Text, Uuid};
use crate::thread;
use crate::value::Value;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set for good when a program adds a method to `print-method`.
pub(crate) static METHODS: AtomicBool = AtomicBool::new(false);

/// `pr` or `print`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As the reader takes it; `*print-readably*` can turn it off.
    Readable,
    /// Strings and characters as they are.
    Plain,
}

/// The settings of one call, and what was written.
pub(super) struct Printer<'a> {
    pub out: &'a mut String,
    sink: Option<Gc<Writer>>,
    pub(super) readably: bool,
    meta: bool,
    dup: bool,
    namespace_maps: bool,
    length: Option<usize>,
    level: Option<usize>,
    /// What `*print-length*` or `*print-level*` holds that is none; an error where it would count.
    no_number: Option<Value>,
    depth: usize,
    /// `print-method` has methods of the program's, and they count for the next value.
    methods: bool,
}

/// Prints to a text.
pub fn print_to(out: &mut String, v: Value, style: Style) -> Res<()> {
    if style == Style::Plain || special::PRINT_READABLY.get().truthy() {
        if let Some(done) = simple(out, v, style) {
            return done;
        }
    }
    Printer::new(out, None, style).print(v)
}

/// Prints to a text; no method of `print-method` counts for `v` itself.
pub(crate) fn print_plainly(out: &mut String, v: Value, style: Style) -> Res<()> {
    let mut p = Printer::new(out, None, style);
    p.methods = false;
    p.print(v)
}

/// Prints to a writer by way of `buffer`, whose rest the caller writes.
pub(super) fn print_through(buffer: &mut String, sink: Gc<Writer>, v: Value, style: Style) -> Res<()> {
    if let Some(text) = v.cast::<Text>().filter(|_| style == Style::Plain) {
        buffer.push_str(text.as_str());
        return Ok(());
    }
    Printer::new(buffer, Some(sink), style).print(v)
}

/// Numbers, nil, booleans, texts and names need no settings.
fn simple(out: &mut String, v: Value, style: Style) -> Option<Res<()>> {
    match v {
        Value::NIL => out.push_str("nil"),
        Value::TRUE => out.push_str("true"),
        Value::FALSE => out.push_str("false"),
        v if v.is_fixnum() => {
            let _ = write!(out, "{}", v.as_fixnum().unwrap_or(0));
        }
        _ => match (v.cast::<Text>(), style) {
            (Some(t), Style::Plain) => out.push_str(t.as_str()),
            (Some(t), Style::Readable) => escape(out, t.as_str()),
            _ => match v.cast::<Keyword>() {
                Some(k) => keyword(out, k),
                None => return None,
            },
        },
    }
    Some(Ok(()))
}

fn keyword(out: &mut String, k: Gc<Keyword>) {
    out.push(':');
    symbol(out, k.symbol);
}

fn symbol(out: &mut String, s: Gc<Symbol>) {
    if let Some(ns) = s.ns_str() {
        out.push_str(ns);
        out.push('/');
    }
    out.push_str(s.name_str());
}

/// A string literal.
pub fn escape(out: &mut String, s: &str) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A character as text; a lone surrogate as the replacement character.
fn character(code: u32) -> char {
    char::from_u32(code).unwrap_or('\u{fffd}')
}

fn char_literal(out: &mut String, code: u32) {
    out.push('\\');
    match code {
        10 => out.push_str("newline"),
        9 => out.push_str("tab"),
        32 => out.push_str("space"),
        8 => out.push_str("backspace"),
        12 => out.push_str("formfeed"),
        13 => out.push_str("return"),
        c if char::from_u32(c).is_none() => {
            let _ = write!(out, "u{c:04x}");
        }
        c => out.push(character(c)),
    }
}

/// A pattern literal: quotes are escaped that are not yet.
fn regex(out: &mut String, pattern: &str) {
    out.push_str("#\"");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// What a setting says, and whether it is one: nil and false are none, numbers are.
fn setting(v: Value) -> Result<Option<usize>, Value> {
    match v.as_long() {
        Some(n) => Ok(Some(usize::try_from(n).unwrap_or(0))),
        None if !v.truthy() || number::is_number(v) => Ok(None),
        None => Err(v),
    }
}

impl<'a> Printer<'a> {
    fn new(out: &'a mut String, sink: Option<Gc<Writer>>, style: Style) -> Printer<'a> {
        let (length, level) = (setting(special::PRINT_LENGTH.get()), setting(special::PRINT_LEVEL.get()));
        Printer {
            out,
            sink,
            readably: style == Style::Readable && special::PRINT_READABLY.get().truthy(),
            meta: special::PRINT_META.get().truthy(),
            dup: special::PRINT_DUP.get().truthy(),
            namespace_maps: special::PRINT_NAMESPACE_MAPS.get().truthy(),
            length: length.unwrap_or(None),
            level: level.unwrap_or(None),
            no_number: length.err().or(level.err()),
            depth: 0,
            methods: METHODS.load(Ordering::Relaxed),
        }
    }

    /// Hands on what is written, since user code runs next.
    fn pass_on(&mut self) -> Res<()> {
        if let Some(sink) = self.sink.filter(|_| !self.out.is_empty()) {
            sink.write(self.out)?;
            self.out.clear();
        }
        Ok(())
    }

    pub fn print(&mut self, v: Value) -> Res<()> {
        thread::check()?;
        if v.is_pointer() {
            return self.print_object(v);
        }
        if let Some(done) = simple(self.out, v, Style::Readable) {
            return done;
        }
        match v.as_char() {
            Some(c) if self.readably => char_literal(self.out, c),
            Some(c) => self.out.push(character(c)),
            None if v == Value::UNBOUND => self.out.push_str("#object[clojure.lang.Var$Unbound 0x0 \"Unbound\"]"),
            None => self.number(v),
        }
        Ok(())
    }

    fn number(&mut self, v: Value) {
        let text = match v.as_double() {
            Some(d) if d.is_nan() => "##NaN".into(),
            Some(f64::INFINITY) => "##Inf".into(),
            Some(f64::NEG_INFINITY) => "##-Inf".into(),
            _ => number::text(v).unwrap_or_default(),
        };
        self.out.push_str(&text);
        match v.type_id() {
            TypeId::BIG_INT => self.out.push('N'),
            TypeId::BIG_DECIMAL => self.out.push('M'),
            _ => {}
        }
    }

    /// What a method of the program's prints for the value; false where there is none.
    fn by_method(&mut self, v: Value) -> Res<bool> {
        let Some(f) = crate::native::print_method(v)? else { return Ok(false) };
        let w = super::string_writer();
        if self.readably {
            crate::invoke::invoke(f, &[v, w.value()])?;
        } else {
            // What the method prints in its turn is for people too.
            binding::push(&[special::PRINT_READABLY.var().value(), Value::NIL])?;
            let done = crate::invoke::invoke(f, &[v, w.value()]);
            binding::pop();
            done?;
        }
        self.out.push_str(&w.text().unwrap_or_default());
        Ok(true)
    }

    fn print_object(&mut self, v: Value) -> Res<()> {
        use TypeId as T;
        if METHODS.load(Ordering::Relaxed) && (self.readably || !v.is::<Text>()) {
            let counts = std::mem::replace(&mut self.methods, true);
            if counts && self.by_method(v)? {
                return Ok(());
            }
        }
        match v.type_id() {
            T::TEXT => match v.cast::<Text>() {
                Some(t) if self.readably => escape(self.out, t.as_str()),
                Some(t) => self.out.push_str(t.as_str()),
                None => {}
            },
            T::KEYWORD => {
                if let Some(k) = v.cast::<Keyword>() {
                    keyword(self.out, k);
                }
            }
            T::BOXED_LONG | T::BOXED_DOUBLE | T::BIG_INT | T::RATIO | T::BIG_DECIMAL => self.number(v),
            T::SYMBOL => {
                self.metadata(v)?;
                if let Some(s) = v.cast::<Symbol>() {
                    symbol(self.out, s);
                }
            }
            T::VECTOR | T::SUBVEC | T::MAP_ENTRY => {
                self.metadata(v)?;
                self.items("[", v, "]")?;
            }
            T::ARRAY_MAP | T::HASH_MAP | T::TREE_MAP => {
                self.metadata(v)?;
                self.map(v)?;
            }
            T::HASH_SET | T::TREE_SET => {
                self.metadata(v)?;
                self.items("#{", v, "}")?;
            }
            _ if coll::kind::is_seq(v) || v.type_id() == T::EDUCTION => {
                self.metadata(v)?;
                self.items("(", v, ")")?;
            }
            T::VAR => {
                if let Some(var) = v.cast::<Var>() {
                    let _ = write!(self.out, "#'{}", var.full_name());
                }
            }
            T::REGEX => {
                if let Some(r) = v.cast::<Regex>() {
                    regex(self.out, r.pattern_text());
                }
            }
            T::UUID => {
                if let Some(u) = v.cast::<Uuid>() {
                    let text = u.text();
                    self.tagged("uuid", &text);
                }
            }
            T::INST => {
                if let Some(i) = v.cast::<Inst>() {
                    let text = i.text();
                    self.tagged("inst", &text);
                }
            }
            T::TAGGED_LITERAL => {
                if let Some(t) = v.cast::<TaggedLiteral>() {
                    self.out.push('#');
                    self.print(t.tag)?;
                    self.out.push(' ');
                    self.print(t.form)?;
                }
            }
            T::READER_CONDITIONAL => {
                if let Some(r) = v.cast::<ReaderConditional>() {
                    self.out.push_str(if r.splicing.truthy() { "#?@" } else { "#?" });
                    self.print(r.form)?;
                }
            }
            T::CLASS => {
                if let Some(c) = v.cast::<ClassObject>() {
                    self.out.push_str(&c.name_text());
                }
            }
            T::THROWABLE => {
                if let Some(t) = v.cast::<Throwable>() {
                    object::throwable(self, t)?;
                }
            }
            _ => object::other(self, v)?,
        }
        Ok(())
    }

    /// `#inst "…"`; plain style leaves the quotes to nobody: both print alike on the JVM.
    fn tagged(&mut self, tag: &str, text: &str) {
        let _ = write!(self.out, "#{tag} \"{text}\"");
    }

    /// `^{…} ` where metadata is asked for and there is some.
    fn metadata(&mut self, v: Value) -> Res<()> {
        if !self.meta || !(self.readably || self.dup) {
            return Ok(());
        }
        let m = coll::meta(v);
        if m.is_nil() || coll::count(m)? == 0 {
            return Ok(());
        }
        self.out.push('^');
        let tag = coll::get(m, Keyword::intern(None, "tag").value(), Value::NIL)?;
        if coll::count(m)? == 1 && tag.truthy() {
            self.print(tag)?
        } else {
            self.print(m)?
        }
        self.out.push(' ');
        Ok(())
    }

    /// One level deeper, unless that is deeper than `*print-level*`, where `#` stands for it all.
    pub fn nested(&mut self, f: impl FnOnce(&mut Self) -> Res<()>) -> Res<()> {
        if let Some(v) = self.no_number {
            return Err(fault::class_cast(v, "java.lang.Number"));
        }
        if self.level.is_some_and(|l| self.depth >= l) {
            self.out.push('#');
            return Ok(());
        }
        self.depth += 1;
        let done = f(self);
        self.depth -= 1;
        done
    }

    fn items(&mut self, open: &str, v: Value, close: &str) -> Res<()> {
        self.nested(|p| {
            p.out.push_str(open);
            // Only these may run user code when they are walked.
            let runs = !matches!(v.type_id(), TypeId::VECTOR | TypeId::HASH_SET | TypeId::LIST | TypeId::EMPTY_LIST);
            if runs {
                p.pass_on()?;
            }
            let mut cursor = Cursor::new(v)?;
            let mut n = 0;
            while let Some(x) = cursor.next()? {
                if n > 0 {
                    p.out.push(' ');
                }
                if p.length.is_some_and(|l| n >= l) {
                    p.out.push_str("...");
                    break;
                }
                p.print(x)?;
                n += 1;
                if runs {
                    p.pass_on()?;
                }
            }
            p.out.push_str(close);
            Ok(())
        })
    }

    /// A record: `#ns.Name{:a 1}`.
    pub fn print_record(&mut self, v: Value) -> Res<()> {
        self.metadata(v)?;
        self.out.push('#');
        self.out.push_str(v.type_id().name());
        self.map(v)
    }

    fn map(&mut self, m: Value) -> Res<()> {
        let lifted = if self.namespace_maps { common_namespace(m)? } else { None };
        self.nested(|p| {
            if let Some(ns) = &lifted {
                let _ = write!(p.out, "#:{ns}");
            }
            p.out.push('{');
            let mut n = 0;
            coll::each_entry(m, &mut |k, v| {
                if n > 0 {
                    p.out.push_str(", ");
                }
                if p.length.is_some_and(|l| n >= l) {
                    p.out.push_str("...");
                    return Ok(ControlFlow::Break(()));
                }
                p.print(if lifted.is_some() { unqualified(k) } else { k })?;
                p.out.push(' ');
                p.print(v)?;
                n += 1;
                Ok(ControlFlow::Continue(()))
            })?;
            p.out.push('}');
            Ok(())
        })
    }
}

fn name_of(k: Value) -> Option<Gc<Symbol>> {
    k.cast::<Symbol>().or_else(|| k.cast::<Keyword>().map(|k| k.symbol))
}

/// The namespace that all keys of a map have, if they have one.
fn common_namespace(m: Value) -> Res<Option<String>> {
    let mut common: Option<String> = None;
    let mut all = true;
    coll::each_entry(m, &mut |k, _| {
        let ns = name_of(k).and_then(|s| s.ns_str().map(str::to_owned));
        all = ns.is_some() && common.as_ref().is_none_or(|c| Some(c) == ns.as_ref());
        common = ns;
        Ok(if all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(common.filter(|_| all))
}

fn unqualified(k: Value) -> Value {
    match (k.cast::<Symbol>(), k.cast::<Keyword>()) {
        (Some(s), _) => Symbol::intern(None, s.name_str()).value(),
        (_, Some(k)) => Keyword::intern(None, k.symbol.name_str()).value(),
        _ => k,
    }
}

/// `(str v)`, appended; nil is nothing.
pub fn to_str(out: &mut String, v: Value) -> Res<()> {
    use TypeId as T;
    match v {
        Value::NIL => return Ok(()),
        v if v.is_char() => {
            out.push(character(v.as_char().unwrap_or(0)));
            return Ok(());
        }
        v if number::is_number(v) => {
            out.push_str(&number::text(v).unwrap_or_default());
            return Ok(());
        }
        _ => {}
    }
    match v.type_id() {
        T::TEXT => {
            if let Some(t) = v.cast::<Text>() {
                out.push_str(t.as_str());
            }
            Ok(())
        }
        T::SYMBOL => {
            if let Some(s) = v.cast::<Symbol>() {
                symbol(out, s);
            }
            Ok(())
        }
        T::REGEX => {
            if let Some(r) = v.cast::<Regex>() {
                out.push_str(r.pattern_text());
            }
            Ok(())
        }
        T::UUID => {
            if let Some(u) = v.cast::<Uuid>() {
                out.push_str(&u.text());
            }
            Ok(())
        }
        T::INST => {
            if let Some(i) = v.cast::<Inst>() {
                out.push_str(&i.date_text());
            }
            Ok(())
        }
        T::FILE => {
            if let Some(f) = v.cast::<FileName>() {
                out.push_str(&f.text());
            }
            Ok(())
        }
        T::NAMESPACE => {
            if let Some(n) = v.cast::<NamespaceObject>() {
                out.push_str(n.namespace.name);
            }
            Ok(())
        }
        T::CLASS => {
            if let Some(c) = v.cast::<ClassObject>() {
                let _ = write!(out, "class {}", c.name_text());
            }
            Ok(())
        }
        T::THROWABLE => match v.cast::<Throwable>() {
            Some(t) => object::throwable_str(out, t),
            None => Ok(()),
        },
        T::PRINT_WRITER => match v.cast::<Writer>().and_then(|w| w.text()) {
            Some(text) => {
                out.push_str(&text);
                Ok(())
            }
            None => object::identity_str(out, v),
        },
        T::LAZY_SEQ | T::EDUCTION => {
            // As Object.toString has it on the JVM; forced, as the hash there forces it.
            let (mut items, mut h) = (Cursor::new(v)?, 1u32);
            if v.type_id() == T::EDUCTION {
                return object::identity_str(out, v);
            }
            while let Some(x) = items.next()? {
                h = h.wrapping_mul(31).wrapping_add(coll::java_hash(x)?);
            }
            let _ = write!(out, "clojure.lang.LazySeq@{h:x}");
            Ok(())
        }
        _ if v.type_id() >= T::FIRST_USER => object::foreign_str(out, v),
        T::VAR | T::KEYWORD | T::NONE | T::VECTOR | T::SUBVEC | T::MAP_ENTRY => print_to(out, v, Style::Readable),
        _ if coll::kind::is_coll(v) && v.type_id() != T::QUEUE => print_to(out, v, Style::Readable),
        T::TAGGED_LITERAL | T::READER_CONDITIONAL => print_to(out, v, Style::Readable),
        _ => object::identity_str(out, v),
    }
}

/// Prints several values with blanks between, to the writer that `*out*` holds.
pub(crate) fn print_all(args: &[Value], style: Style, end: &str) -> Res {
    let w = super::out()?;
    let mut buffer = String::new();
    for (i, &v) in args.iter().enumerate() {
        if i > 0 {
            buffer.push(' ');
        }
        if let Err(e) = print_through(&mut buffer, w, v, style) {
            // What was printed before the error is seen, and the error stays the one that is pending.
            let error = thread::Thread::current().take_pending();
            let _ = w.write(&buffer);
            let _ = e;
            return Err(fault::throw(error));
        }
    }
    buffer.push_str(end);
    w.write(&buffer)?;
    if end.ends_with('\n') {
        super::end_line(w)?;
    }
    Ok(Value::NIL)
}

/// Several values as one text: `pr-str`, `print-str`.
pub(crate) fn text_of_all(args: &[Value], style: Style, end: &str) -> Res {
    let mut buffer = String::new();
    for (i, &v) in args.iter().enumerate() {
        if i > 0 {
            buffer.push(' ');
        }
        print_to(&mut buffer, v, style)?;
    }
    buffer.push_str(end);
    Ok(Text::value(&buffer))
}

/// The items of a seqable, where the collector sees them.
pub(super) fn collect(v: Value) -> Res<GcVec> {
    let mut items = GcVec::new();
    let mut cursor = Cursor::new(v)?;
    while let Some(x) = cursor.next()? {
        items.push(x);
    }
    Ok(items)
}
