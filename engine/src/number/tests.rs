//! Numbers against what Clojure on the JVM answers: `fixtures/numbers.tsv`, written by `fixtures/numbers.clj`.

use super::*;
use crate::fault::{Res, Throwable};
use crate::text::Text;
use crate::thread::Thread;
use crate::value::Value;

fn literal(s: &str) -> Value {
    match s {
        "##Inf" => return Value::double(f64::INFINITY),
        "##-Inf" => return Value::double(f64::NEG_INFINITY),
        "##NaN" => return Value::double(f64::NAN),
        _ => {}
    }
    if let Some(text) = s.strip_prefix('"') {
        return Text::value(text.trim_end_matches('"'));
    }
    if let Some(n) = s.strip_suffix('N') {
        return big_integer(&parse_bigint(n).unwrap());
    }
    if let Some(d) = s.strip_suffix('M') {
        return big_decimal(&parse_decimal(d).unwrap());
    }
    if let Some((n, d)) = s.split_once('/') {
        return ratio(&parse_bigint(n).unwrap(), &parse_bigint(d).unwrap());
    }
    match parse_long(s) {
        Some(n) => Value::long(n),
        None => Value::double(parse_double(s).unwrap()),
    }
}

fn shown(v: Value) -> String {
    use crate::heap::TypeId;
    if let Some(t) = v.cast::<Text>() {
        return format!("{:?}", t.as_str());
    }
    match (v, text(v)) {
        (Value::TRUE, _) => "true".into(),
        (Value::FALSE, _) => "false".into(),
        (Value::NIL, _) => "nil".into(),
        (_, Some(t)) => match (v.type_id(), t.as_str()) {
            (TypeId::BIG_INT, _) => t + "N",
            (TypeId::BIG_DECIMAL, _) => t + "M",
            (_, "Infinity") => "##Inf".into(),
            (_, "-Infinity") => "##-Inf".into(),
            (_, "NaN") => "##NaN".into(),
            _ => t,
        },
        _ => panic!("{v:?}"),
    }
}

fn truth(r: Res<bool>) -> Res {
    r.map(Value::bool)
}

fn call(op: &str, a: &[Value]) -> Res {
    let x = a[0];
    if a.len() == 1 {
        return match op {
            "-" => neg(x),
            "-'" => neg_promoting(x),
            "inc" => inc(x),
            "dec" => dec(x),
            "inc'" => inc_promoting(x),
            "dec'" => dec_promoting(x),
            "abs" => abs(x),
            "zero?" => truth(is_zero(x)),
            "pos?" => truth(is_pos(x)),
            "neg?" => truth(is_neg(x)),
            "hash" => Ok(Value::int(hash(x).unwrap() as i32)),
            "str" => Ok(Text::value(&text(x).unwrap())),
            "long" => to_long(x).map(Value::long),
            "double" => to_double(x).map(Value::double),
            "bigint" => to_bigint(x),
            "bigdec" => to_bigdec(x),
            "rationalize" => rationalize(x),
            "parse-long" => Ok(parse_long(x.cast::<Text>().unwrap().as_str()).map_or(Value::NIL, Value::long)),
            "parse-double" => Ok(parse_double(x.cast::<Text>().unwrap().as_str()).map_or(Value::NIL, Value::double)),
            _ => panic!("{op}"),
        };
    }
    let y = a[1];
    match op {
        "+" => add(x, y),
        "-" => sub(x, y),
        "*" => mul(x, y),
        "/" => div(x, y),
        "quot" => quot(x, y),
        "rem" => rem(x, y),
        "mod" => modulo(x, y),
        "+'" => add_promoting(x, y),
        "-'" => sub_promoting(x, y),
        "*'" => mul_promoting(x, y),
        "max" => max(x, y),
        "min" => min(x, y),
        "<" => truth(lt(x, y)),
        "<=" => truth(le(x, y)),
        ">" => truth(gt(x, y)),
        ">=" => truth(ge(x, y)),
        "==" => truth(num_eq(x, y)),
        "=" => Ok(Value::bool(equal(x, y))),
        "compare" => compare(x, y).map(|o| Value::int(o as i32)),
        "bit-and" => bit_and(x, y),
        "bit-or" => bit_or(x, y),
        "bit-xor" => bit_xor(x, y),
        "bit-and-not" => bit_and_not(x, y),
        "bit-shift-left" => shift_left(x, y),
        "bit-shift-right" => shift_right(x, y),
        "unsigned-bit-shift-right" => unsigned_shift_right(x, y),
        "bit-test" => truth(bit_test(x, y)),
        "bit-set" => bit_set(x, y),
        "bit-flip" => bit_flip(x, y),
        "bit-clear" => bit_clear(x, y),
        "unchecked-add" => unchecked_add(x, y),
        "unchecked-subtract" => unchecked_sub(x, y),
        "unchecked-multiply" => unchecked_mul(x, y),
        _ => panic!("{op}"),
    }
}

fn answer(form: &str) -> String {
    let inner = form.trim_start_matches('(').trim_end_matches(')');
    let (op, rest) = inner.split_once(' ').unwrap();
    let args: [Value; 2] = match rest.strip_prefix('"') {
        Some(text) => [Text::value(text.strip_suffix('"').unwrap()); 2],
        None => {
            let mut parts = rest.split(' ').map(literal);
            let first = parts.next().unwrap();
            [first, parts.next().unwrap_or(Value::ABSENT)]
        }
    };
    let n = if rest.starts_with('"') || args[1] == Value::ABSENT { 1 } else { 2 };
    match call(op, &args[..n]) {
        Ok(v) => shown(v),
        Err(_) => {
            let error = Thread::current().take_pending().cast::<Throwable>().unwrap();
            format!("!{}", error.class().name().rsplit('.').next().unwrap())
        }
    }
}

#[test]
fn numbers_are_those_of_the_jvm() {
    crate::thread::attach();
    let rows = include_str!("../../fixtures/numbers.tsv");
    let wrong: Vec<String> = rows
        .lines()
        .filter_map(|row| {
            let (form, wanted) = row.split_once('\t').unwrap();
            let got = answer(form);
            // An older JDK's digits of the same double.
            let same = |w: &str| w.parse::<f64>().is_ok_and(|w| got.contains('.') && got.parse() == Ok(w));
            (got != wanted && !same(wanted)).then(|| format!("{form}\n  wanted {wanted}\n  got    {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), rows.lines().count(), wrong.join("\n"));
}
