//! What clojure.pprint rests on: a writer that lays out what it is told, and printing past `print-method`.

use super::string::text;
use crate::coll;
use crate::fault::{self, Res};
use crate::heap::Gc;
use crate::number;
use crate::print::pretty::{From, Newline, Pretty};
use crate::print::{self, Sink, Style, Writer};
use crate::text::{Keyword, Text};
use crate::value::Value;

natives! { pub HOST "rung.host";
    "pretty-writer" "[margin miser]" [(2) writer]
    "pretty-writer?" "[w]" [(1) |w: Value| Ok(Value::bool(pretty(w, |_| ())))]
    "pretty-start" "[w prefix per-line suffix]" [(4) start]
    "pretty-end" "[w]" [(1) |w: Value| Ok(Value::bool(pretty(w, Pretty::end)))]
    "pretty-newline" "[w kind]" [(2) newline]
    "pretty-indent" "[w relative-to n]" [(3) indent]
    "pretty-tab" "[w kind column step]" [(4) tab]
    "pretty-text" "[w]" [(1) laid_out]
    "print-plainly" "[x w]" [(2) print_plainly]
    "identity-text" "[x]" [(1) |x| Ok(Text::value(&format!("{:x}", coll::identity_hash(x))))]
}

fn size(v: Value) -> Option<usize> {
    v.as_long().and_then(|n| usize::try_from(n).ok())
}

fn writer(margin: Value, miser: Value) -> Res {
    Ok(Writer::alloc(Sink::Pretty(Pretty::new(size(margin), size(miser), 0))).value())
}

/// Tells a pretty printer; writers that are none let it be.
fn pretty(w: Value, f: impl FnOnce(&mut Pretty)) -> bool {
    w.cast::<Writer>().is_some_and(|w| w.pretty(f).is_some())
}

fn optional(v: Value) -> Res<String> {
    if v.is_nil() { Ok(String::new()) } else { text(v).map(|t| t.as_str().to_owned()) }
}

fn start(w: Value, prefix: Value, per_line: Value, suffix: Value) -> Res {
    let (prefix, per_line, suffix) = (optional(prefix)?, optional(per_line)?, optional(suffix)?);
    let first = if per_line.is_empty() { &prefix } else { &per_line };
    Ok(Value::bool(pretty(w, |p| p.start(first, &per_line, &suffix))))
}

fn newline(w: Value, kind: Value) -> Res {
    let name = kind.cast::<Keyword>().map_or_else(String::new, |k| k.symbol.full());
    let kind = match name.as_str() {
        "linear" => Newline::Linear,
        "miser" => Newline::Miser,
        "fill" => Newline::Fill,
        "mandatory" => Newline::Mandatory,
        _ => return Err(fault::illegal_argument(format!("Bad argument: {name}"))),
    };
    Ok(Value::bool(pretty(w, |p| p.newline(kind))))
}

fn indent(w: Value, from: Value, n: Value) -> Res {
    let from = if from == Keyword::intern(None, "current").value() { From::Current } else { From::Block };
    let n = number::to_long(n)?;
    Ok(Value::bool(pretty(w, |p| p.indent(from, n))))
}

fn tab(w: Value, kind: Value, column: Value, step: Value) -> Res {
    let relative = kind.cast::<Keyword>().is_some_and(|k| k.symbol.full().contains("relative"));
    let (column, step) = (size(column).unwrap_or(0), size(step).unwrap_or(0));
    Ok(Value::bool(pretty(w, |p| p.tab(column, step, relative))))
}

/// `[text column]`
fn laid_out(w: Value) -> Res {
    let made: Gc<Writer> = w.cast().ok_or_else(|| fault::class_cast(w, "java.io.Writer"))?;
    match made.take_pretty() {
        Some(p) => {
            let (s, column) = p.lay_out();
            Ok(coll::vector(&[Text::value(&s), Value::long(column as i64)]))
        }
        None => Ok(Value::NIL),
    }
}

/// Prints as `pr` does, whatever methods `print-method` has for the value itself.
fn print_plainly(x: Value, w: Value) -> Res {
    let w: Gc<Writer> = w.cast().ok_or_else(|| fault::class_cast(w, "java.io.Writer"))?;
    let mut s = String::new();
    print::print_plainly(&mut s, x, Style::Readable)?;
    w.write(&s)?;
    Ok(Value::NIL)
}
