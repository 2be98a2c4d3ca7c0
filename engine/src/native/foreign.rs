//! What the collections ask of values that are none of theirs: UUIDs, instants, tagged literals, typed arrays,
//! promises, namespaces; `types::answer` speaks for the types that programs define.

use super::{array, multi, promise};
use crate::coll::foreign::{self, Interface, Op};
use crate::coll::{self, murmur};
use crate::concurrent;
use crate::fault::Res;
use crate::heap::TypeId;
use crate::space::NamespaceObject;
use crate::text::{FileName, Inst, ReaderConditional, Regex, TaggedLiteral, Uuid};
use crate::value::Value;

/// Puts the library's answers in place; done when the parts are assembled.
pub fn install() {
    foreign::install(answer);
}

fn answer(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    match v.type_id() {
        TypeId::UUID => uuid(op, v, args),
        TypeId::INST => inst(op, v, args),
        TypeId::FILE => file(op, v, args),
        TypeId::TAGGED_LITERAL => tagged(op, v, args),
        TypeId::READER_CONDITIONAL => conditional(op, v, args),
        TypeId::NAMESPACE => match op {
            Op::Meta => v.cast::<NamespaceObject>().map(|n| Ok(n.namespace.meta.get())),
            _ => None,
        },
        TypeId::MULTI_FN => multi::answer(op, v, args),
        TypeId::PROMISE => promise::answer(op, v, args),
        TypeId::FUTURE => concurrent::future::answer(op, v, args),
        TypeId::AGENT => concurrent::agent::answer(op, v, args),
        TypeId::REF => concurrent::refs::answer(op, v, args),
        TypeId::MATCHER | TypeId::REGEX => regex(op, v),
        TypeId::CPP_BOX => cpp_range(op, v, args),
        t if t >= TypeId::FIRST_USER => crate::types::answer(op, v, args),
        t if (TypeId::LONG_ARRAY..=TypeId::BOOLEAN_ARRAY).contains(&t) => array::answer(op, v, args),
        _ => None,
    }
}

/// A C++ container in a box is read as the collection it is.
fn cpp_range(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    if !matches!(op, Op::Seq | Op::Count | Op::Nth | Op::Is(Interface::Seqable)) {
        return None;
    }
    let all = match crate::host::parts().cpp.range(v)? {
        Ok(all) => all,
        Err(e) => return Some(Err(e)),
    };
    Some(match (op, args) {
        (Op::Seq, _) => coll::seq(all),
        (Op::Count, _) => coll::count(all).map(|n| Value::long(n as i64)),
        (Op::Nth, [i, default]) => {
            let default = if *default == Value::ABSENT { None } else { Some(*default) };
            coll::nth(all, i.as_long().unwrap_or(-1), default)
        }
        (Op::Is(_), _) => Ok(Value::TRUE),
        _ => return None,
    })
}

fn regex(op: Op, v: Value) -> Option<Res> {
    match op {
        Op::Hash if v.is::<Regex>() => Some(Ok(Value::long(i64::from(coll::identity_hash(v))))),
        _ => None,
    }
}

fn truth(b: bool) -> Option<Res> {
    Some(Ok(Value::bool(b)))
}
fn number(n: i64) -> Option<Res> {
    Some(Ok(Value::long(n)))
}

fn uuid(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let a = v.cast::<Uuid>()?;
    let other = || args.first().and_then(|b| b.cast::<Uuid>());
    match op {
        Op::Equal => truth(other().is_some_and(|b| (a.high, a.low) == (b.high, b.low))),
        // `UUID.hashCode`: both halves folded; `compareTo` is of signed halves.
        Op::Hash => {
            let x = a.high ^ a.low;
            number(i64::from((x ^ x >> 32) as u32))
        }
        Op::Compare => {
            let b = other()?;
            number((a.high as i64, a.low as i64).cmp(&(b.high as i64, b.low as i64)) as i64)
        }
        _ => None,
    }
}

fn inst(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let a = v.cast::<Inst>()?;
    let other = || args.first().and_then(|b| b.cast::<Inst>());
    match op {
        Op::Equal => truth(other().is_some_and(|b| a.millis == b.millis)),
        Op::Hash => number(i64::from((a.millis ^ (a.millis as u64 >> 32) as i64) as u32)),
        Op::Compare => number(a.millis.cmp(&other()?.millis) as i64),
        _ => None,
    }
}

fn file(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let a = v.cast::<FileName>()?;
    let other = || args.first().and_then(|b| b.cast::<FileName>());
    match op {
        Op::Equal => truth(other().is_some_and(|b| a.text() == b.text())),
        // `File.hashCode` on a Unix.
        Op::Hash => number(i64::from(murmur::java_string(&a.text()) ^ 1_234_321)),
        Op::Compare => number(a.text().cmp(&other()?.text()) as i64),
        _ => None,
    }
}

/// Two parts make the equality and the hash.
fn pair(op: Op, a: [Value; 2], b: Option<[Value; 2]>) -> Option<Res> {
    match op {
        Op::Equal => Some((|| {
            let Some(b) = b else { return Ok(Value::FALSE) };
            Ok(Value::bool(coll::equal(a[0], b[0])? && coll::equal(a[1], b[1])?))
        })()),
        Op::Hash => Some((|| {
            let h = murmur::combine(coll::hash(a[0])?, coll::hash(a[1])?);
            Ok(Value::long(i64::from(h)))
        })()),
        _ => None,
    }
}

fn tagged(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let parts = |v: Value| v.cast::<TaggedLiteral>().map(|t| [t.tag, t.form]);
    if op == Op::Get {
        let [tag, form] = parts(v)?;
        return keyed(args, &[("tag", tag), ("form", form)]);
    }
    if op == Op::Hash {
        let [tag, form] = parts(v)?;
        let hash = || Ok(coll::java_hash(tag)?.wrapping_mul(31).wrapping_add(coll::java_hash(form)?));
        return Some(hash().map(|h: u32| Value::long(i64::from(h))));
    }
    pair(op, parts(v)?, args.first().and_then(|&b| parts(b)))
}

fn conditional(op: Op, v: Value, args: &[Value]) -> Option<Res> {
    let parts = |v: Value| v.cast::<ReaderConditional>().map(|c| [c.form, c.splicing]);
    if op == Op::Get {
        let [form, splicing] = parts(v)?;
        return keyed(args, &[("form", form), ("splicing?", splicing)]);
    }
    pair(op, parts(v)?, args.first().and_then(|&b| parts(b)))
}

/// A look-up by keyword.
fn keyed(args: &[Value], fields: &[(&str, Value)]) -> Option<Res> {
    let key = args.first()?.cast::<crate::text::Keyword>()?.symbol.full();
    Some(Ok(fields.iter().find(|f| f.0 == key).map_or(args.get(1).copied().unwrap_or(Value::NIL), |f| f.1)))
}
