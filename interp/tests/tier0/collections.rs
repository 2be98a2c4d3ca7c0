//! Collections, seqs and references as clojure.core shows them, line by line against Clojure on the JVM
//! (`fixtures/collections/jvm.txt`: `form => printed result`, or `form => exception class | message`).

use crate::lang;
use engine::coll::{self, kind};
use engine::fault::{Res, Throwable};
use engine::heap::{GcConfig, configure};
use engine::text::{Keyword, Symbol, Text};
use engine::thread::Thread;
use engine::value::Value;
use std::ops::ControlFlow;

/// As `pr` does, for what the fixture's results consist of.
fn print(v: Value, out: &mut String) -> Res<()> {
    if v.is_nil() {
        out.push_str("nil");
    } else if let Some(b) = v.as_bool() {
        out.push_str(if b { "true" } else { "false" });
    } else if let Some(c) = v.as_char() {
        match char::from_u32(c) {
            Some('\n') => out.push_str("\\newline"),
            Some(c) => out.extend(['\\', c]),
            None => out.extend(['\\', '?']),
        }
    } else if let Some(n) = engine::number::text(v) {
        out.push_str(&n);
        out.push_str(match v.type_id() {
            engine::heap::TypeId::BIG_INT if !n.ends_with('N') => "N",
            engine::heap::TypeId::BIG_DECIMAL if !n.ends_with('M') => "M",
            _ => "",
        });
    } else if let Some(t) = v.cast::<Text>() {
        out.push_str(&format!("{:?}", t.as_str()));
    } else if let Some(k) = v.cast::<Keyword>() {
        out.push_str(&format!(":{}", k.symbol.full()));
    } else if let Some(s) = v.cast::<Symbol>() {
        out.push_str(&s.full());
    } else if kind::is_map(v) {
        let mut first = true;
        out.push('{');
        coll::each_entry(v, &mut |k, x| {
            out.push_str(if first { "" } else { ", " });
            first = false;
            print(k, out)?;
            out.push(' ');
            print(x, out)?;
            Ok(ControlFlow::Continue(()))
        })?;
        out.push('}');
    } else if kind::is_coll(v) {
        let (open, close) = if kind::is_vector(v) {
            ("[", "]")
        } else if kind::is_set(v) {
            ("#{", "}")
        } else {
            ("(", ")")
        };
        out.push_str(open);
        let mut n = 0;
        coll::each(v, &mut |x| {
            out.push_str(if n == 0 { "" } else { " " });
            n += 1;
            if n > 60 {
                out.push_str("...");
                return Ok(ControlFlow::Break(()));
            }
            print(x, out)?;
            Ok(ControlFlow::Continue(()))
        })?;
        out.push_str(close);
    } else {
        out.push_str(&format!("{v:?}"));
    }
    Ok(())
}

fn run(form: &str) -> String {
    let mut out = String::new();
    match engine::space::load::eval_text(form, "collections.clj", 1).and_then(|v| print(v, &mut out)) {
        Ok(()) => out,
        Err(_) => match Thread::current().take_pending().cast::<Throwable>() {
            Some(e) => {
                format!("{} | {}", e.class().name(), if e.message.is_nil() { "".into() } else { e.message_text() })
            }
            None => "thrown value".into(),
        },
    }
}

fn check(rows: impl Iterator<Item = &'static str>) {
    lang::setup();
    let mut wrong = vec![];
    for row in rows {
        let Some((form, expected)) = row.rsplit_once(" => ") else { continue };
        let got = run(form);
        if got.trim_end() != expected.trim_end() {
            wrong.push(format!("{form}\n  expected {expected}\n  got      {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

const ROWS: &str = include_str!("../../../fixtures/collections/jvm.txt");

#[test]
fn as_on_the_jvm() {
    check(ROWS.lines());
    // Every eighth of the small ones again, with a collection at every allocation.
    configure(GcConfig { stress: 1, ..GcConfig::default() });
    check(ROWS.lines().filter(|row| row.len() < 70 && !row.contains("00")).step_by(8));
    configure(GcConfig::default());
}
