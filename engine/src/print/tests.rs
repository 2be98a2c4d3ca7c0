//! Printing against what Clojure on the JVM prints of the same values.

use super::*;
use crate::coll;
use crate::number;
use crate::text::{Inst, Keyword, Regex, Symbol, Text, Uuid};
use crate::value::Value;

fn key(s: &str) -> Value {
    Keyword::parse(s).value()
}
fn text(s: &str) -> Value {
    Text::value(s)
}

#[track_caller]
fn check(v: Value, readable: &str, plain: &str, str_: &str) {
    assert_eq!(pr_str(v).unwrap(), readable);
    let mut out = String::new();
    print_to(&mut out, v, Style::Plain).unwrap();
    assert_eq!(out, plain);
    out.clear();
    to_str(&mut out, v).unwrap();
    assert_eq!(out, str_);
}

#[test]
fn values_print_as_on_the_jvm() {
    crate::thread::attach();
    let int = Value::int;
    check(Value::NIL, "nil", "nil", "");
    check(Value::TRUE, "true", "true", "true");
    check(int(-7), "-7", "-7", "-7");
    check(Value::double(1e21), "1.0E21", "1.0E21", "1.0E21");
    check(Value::double(f64::INFINITY), "##Inf", "##Inf", "Infinity");
    check(number::big_integer(&5.into()), "5N", "5N", "5");
    check(number::ratio(&6.into(), &(-4).into()), "-3/2", "-3/2", "-3/2");
    check(number::big_decimal(&number::parse_decimal("1.50").unwrap()), "1.50M", "1.50M", "1.50");
    check(Value::char(0x61), "\\a", "a", "a");
    check(Value::char(10), "\\newline", "\n", "\n");
    check(text("a\"b\\\n\té"), "\"a\\\"b\\\\\\n\\té\"", "a\"b\\\n\té", "a\"b\\\n\té");
    check(key("a/b"), ":a/b", ":a/b", ":a/b");
    check(Symbol::parse("x").value(), "x", "x", "x");
    let v = coll::vector(&[int(1), text("x"), Value::NIL]);
    check(v, "[1 \"x\" nil]", "[1 x nil]", "[1 \"x\" nil]");
    check(coll::list(&[v, int(2)]), "([1 \"x\" nil] 2)", "([1 x nil] 2)", "([1 \"x\" nil] 2)");
    check(coll::list(&[]), "()", "()", "()");
    check(
        coll::map(&[key("a"), int(1), key("b"), v]).unwrap(),
        "{:a 1, :b [1 \"x\" nil]}",
        "{:a 1, :b [1 x nil]}",
        "{:a 1, :b [1 \"x\" nil]}",
    );
    check(coll::set(&[int(1)]).unwrap(), "#{1}", "#{1}", "#{1}");
    check(Regex::compile("a\\d\"").unwrap().value(), "#\"a\\d\\\"\"", "#\"a\\d\\\"\"", "a\\d\"");
    let (h, l) = Uuid::parse("01234567-89ab-cdef-0123-456789abcdef").unwrap();
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    check(Uuid::alloc(h, l).value(), &format!("#uuid \"{uuid}\""), &format!("#uuid \"{uuid}\""), uuid);
    let inst = Inst::alloc(Inst::parse("2020-02-29T12:30:01.5+01:00").unwrap());
    assert_eq!(pr_str(inst.value()).unwrap(), "#inst \"2020-02-29T11:30:01.500-00:00\"");
}

#[test]
fn the_print_vars_hold() {
    crate::thread::attach();
    use crate::space::{binding, special};
    let bound = |var: &special::Special, v: Value| binding::push(&[var.var().value(), v]).unwrap();
    let nested = coll::vector(&[coll::vector(&[coll::vector(&[Value::int(1)])]), Value::int(2), Value::int(3)]);
    bound(&special::PRINT_LEVEL, Value::int(2));
    bound(&special::PRINT_LENGTH, Value::int(2));
    assert_eq!(pr_str(nested).unwrap(), "[[#] 2 ...]");
    binding::pop();
    binding::pop();
    let m = coll::map(&[key("a/x"), Value::int(1), key("a/y"), Value::int(2)]).unwrap();
    bound(&special::PRINT_NAMESPACE_MAPS, Value::TRUE);
    assert_eq!(pr_str(m).unwrap(), "#:a{:x 1, :y 2}");
    binding::pop();
    bound(&special::PRINT_META, Value::TRUE);
    let tagged =
        coll::with_meta(Symbol::parse("x").value(), coll::map(&[key("tag"), Symbol::parse("long").value()]).unwrap());
    assert_eq!(pr_str(tagged.unwrap()).unwrap(), "^long x");
    binding::pop();
    bound(&special::PRINT_READABLY, Value::FALSE);
    assert_eq!(pr_str(coll::vector(&[text("a"), Value::char(0x62)])).unwrap(), "[a b]");
    binding::pop();
}

#[test]
fn output_goes_through_the_bound_writer() {
    crate::thread::attach();
    use crate::space::{binding, special};
    let w = string_writer();
    binding::push(&[special::OUT.var().value(), w.value()]).unwrap();
    print_all(&[text("a"), Value::int(1), Value::NIL], Style::Plain, "\n").unwrap();
    print_all(&[text("a")], Style::Readable, "").unwrap();
    binding::pop();
    assert_eq!(w.text().unwrap(), "a 1 nil\n\"a\"");
}

#[test]
fn deep_values_are_an_error_and_no_crash() {
    crate::thread::attach();
    let mut v = Value::NIL;
    for _ in 0..1_000_000 {
        v = coll::vector(&[v]);
    }
    assert!(pr_str(v).is_err());
    let error = crate::thread::Thread::current().take_pending();
    assert_eq!(crate::class_name(error), "java.lang.StackOverflowError");
}
