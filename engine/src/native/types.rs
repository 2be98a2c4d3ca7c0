//! What `deftype`, `defrecord` and `reify` expand to: defining types, giving them methods, making objects.

use super::string::text;
use crate::coll;
use crate::fault::{self, Res};
use crate::heap::{Gc, GcVec};
use crate::space;
use crate::text::{Keyword, Symbol, Text};
use crate::types::{self, Field, Instance, Shape, UserType};
use crate::value::Value;

natives! { pub HOST "rung.host";
    "define-type" "[name fields shape]" [(3) define]
    "ensure-type" "[name fields shape]" [(3) ensure]
    "define-reified" "[name interfaces methods]" [(3) define_reified]
    "implement" "[class interfaces names & fns]" [(rest 3) implement]
    "instantiate" "[class & fields]" [(rest 1) instantiate]
    "reify" "[class & fns]" [(rest 1) reify]
    "field" "[this i]" [(2) field]
    "set-field" "[this i v]" [(3) set_field]
    "set-member" "[this name v]" [(3) set_member]
    "record-of-map" "[class map]" [(2) record_of_map]
    "basis" "[class]" [(1) basis]
    "class-implements?" "[class interface]" [(2) class_implements]
}

fn symbol(v: Value) -> Res<Gc<Symbol>> {
    v.cast::<Symbol>().ok_or_else(|| fault::class_cast(v, "clojure.lang.Symbol"))
}

pub(super) fn type_of_class(class: Value) -> Res<&'static UserType> {
    types::of_class(class).ok_or_else(|| fault::illegal_argument("not a class that a program defined"))
}

fn shape(v: Value) -> Shape {
    if v == Keyword::intern(None, "record").value() { Shape::Record } else { Shape::Type }
}

fn fields(v: Value) -> Res<Vec<Field>> {
    let mut all = Vec::new();
    for &f in coll::items(v)?.iter() {
        let meta = coll::meta(f);
        let flag = |k: &str| coll::get(meta, Keyword::intern(None, k).value(), Value::NIL);
        let mutable = flag("unsynchronized-mutable")?.truthy() || flag("volatile-mutable")?.truthy();
        all.push(Field { name: symbol(f)?.base().bits(), mutable });
    }
    Ok(all)
}

/// A new type under a full name, which the current namespace knows by its short one.
fn define(name: Value, names: Value, kind: Value) -> Res {
    let full = text(name)?;
    let ty = UserType::define(full.as_str(), shape(kind), fields(names)?)?;
    let short = full.as_str().rsplit('.').next().unwrap_or("");
    space::current().classes.write().insert(short.to_owned(), ty);
    Ok(ty.class())
}

/// The type that the macro's expansion made; made again where the text was compiled elsewhere.
fn ensure(name: Value, names: Value, kind: Value) -> Res {
    match types::named(text(name)?.as_str()) {
        Some(ty) if ty.shape == shape(kind) && ty.fields == fields(names)? => Ok(ty.class()),
        _ => define(name, names, kind),
    }
}

fn texts(v: Value) -> Res<Vec<Box<str>>> {
    coll::items(v)?.iter().map(|&t| Ok(text(t)?.as_str().into())).collect()
}

fn define_reified(name: Value, interfaces: Value, names: Value) -> Res {
    let ty = UserType::define(text(name)?.as_str(), Shape::Reified, Vec::new())?;
    let mut methods = Vec::new();
    for (i, &n) in coll::items(names)?.iter().enumerate() {
        methods.push((symbol(n)?, Value::long(i as i64)));
    }
    ty.implement(texts(interfaces)?, &methods);
    Ok(ty.class())
}

fn implement(args: &[Value]) -> Res {
    let ty = type_of_class(args[0])?;
    let names = coll::items(args[2])?;
    let mut methods = Vec::new();
    for (&n, &f) in names.iter().zip(&args[3..]) {
        methods.push((symbol(n)?, f));
    }
    ty.implement(texts(args[1])?, &methods);
    Ok(args[0])
}

fn instantiate(args: &[Value]) -> Res {
    types::instantiate(type_of_class(args[0])?, &args[1..])
}

fn reify(args: &[Value]) -> Res {
    Ok(Instance::alloc_from(type_of_class(args[0])?, &args[1..], &[Value::NIL]).value())
}

fn field(this: Value, i: Value) -> Res {
    match (types::instance(this), i.as_long()) {
        (Some(o), Some(i)) if (i as usize) < o.header().len() => Ok(o.get(i as usize)),
        _ => Err(fault::class_cast(this, "the method's own type")),
    }
}
fn set_field(this: Value, i: Value, v: Value) -> Res {
    match (types::instance(this), i.as_long()) {
        (Some(o), Some(i)) if (i as usize) < o.header().len() => {
            o.set(i as usize, v);
            Ok(v)
        }
        _ => Err(fault::class_cast(this, "the method's own type")),
    }
}

/// `(set! (.-x object) v)`
fn set_member(this: Value, name: Value, v: Value) -> Res {
    let name = text(name)?;
    let name = name.as_str().trim_start_matches('-');
    let Some(o) = types::instance(this) else {
        return Err(fault::illegal_argument(format!(
            "No matching field found: {name} for {}",
            crate::class_name(this)
        )));
    };
    match o.ty.field(Symbol::intern(None, name)) {
        Some(i) if o.ty.fields[i].mutable => {
            o.set(i, v);
            Ok(v)
        }
        Some(_) => Err(fault::raise(fault::Class::IllegalAccess, format!("Cannot set! the immutable field {name}"))),
        None => Err(fault::illegal_argument(format!("No matching field found: {name} for class {}", o.ty.name()))),
    }
}

/// A field or a method of a program's object; none where it has neither.
pub(super) fn member(object: Value, name: &str, args: &[Value]) -> Option<Res> {
    let o = types::instance(object)?;
    let name = Symbol::intern(None, name);
    if args.is_empty() {
        if let Some(i) = o.ty.field(name) {
            return Some(Ok(o.get(i)));
        }
    }
    let f = o.method(name)?;
    let mut all = GcVec::new();
    all.push(object);
    all.extend_from_slice(args);
    Some(crate::invoke::invoke(f, &all))
}

/// `map->R`: fields by their keywords, other keys are kept.
fn record_of_map(class: Value, map: Value) -> Res {
    let ty = type_of_class(class)?;
    let nothing: GcVec = ty.fields.iter().map(|_| Value::NIL).collect();
    let record = types::instantiate(ty, &nothing)?;
    let mut out = record;
    coll::each_entry(map, &mut |k, v| {
        out = coll::assoc(out, k, v)?;
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    Ok(out)
}

/// The names of the fields.
fn basis(class: Value) -> Res {
    let all: GcVec = type_of_class(class)?.fields.iter().map(|f| Value::from_bits(f.name)).collect();
    Ok(coll::vector(&all))
}

fn class_implements(class: Value, interface: Value) -> Res {
    let name = text(interface)?;
    Ok(Value::bool(types::of_class(class).is_some_and(|ty| ty.implements(name.as_str()))))
}

/// The value of `#ns.Type{…}` and `#ns.Type[…]`, where the tag names a program's type.
pub(super) fn tagged(tag: &str, v: Value) -> Option<Res> {
    let ty = types::named(tag)?;
    Some(if coll::is_map(v) {
        if ty.is_record() {
            record_of_map(ty.class(), v)
        } else {
            Err(fault::illegal_argument(format!("{tag} is no record")))
        }
    } else {
        coll::items(v).and_then(|items| types::instantiate(ty, &items))
    })
}

/// `toString` of a program's object, where it has one of its own.
pub fn own_text(v: Value) -> Option<Res<Gc<Text>>> {
    let o = types::instance(v)?;
    let f = o.method(Symbol::intern(None, "toString"))?;
    Some(crate::invoke::invoke(f, &[v]).and_then(text))
}
