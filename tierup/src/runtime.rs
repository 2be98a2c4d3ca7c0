//! What generated code calls: the slow path of every operation, and whatever a tier does not do in place. A table, common
//! to both compilers: tier 1 takes the addresses, tier 2 imports the symbols. C calling convention; a function that
//! can throw answers `Value::THROWN` and leaves the error in the thread.

use engine::analyze::{Op, SiteId};
use engine::code::{Code, Function, answer};
use engine::fault::{self, Class, Res};
use engine::heap::{BoxedDouble, BoxedLong, Gc, GcVec};
use engine::space::{Var, binding};
use engine::thread::Thread;
use engine::value::Value;
use engine::{coll, host, invoke, number};
use questions::{Repr, Trampoline};
use std::sync::atomic::Ordering;

/// How an argument or a result travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Void,
    /// 64 bits in an integer register: words, longs, addresses.
    Word,
    Double,
}

/// A type that generated code passes.
trait Passed {
    const KIND: Kind;
}
macro_rules! passed {
    ($($t:ty = $k:ident),* $(,)?) => {$(impl Passed for $t { const KIND: Kind = Kind::$k; })*};
}
passed!(() = Void, Value = Word, i64 = Word, u64 = Word, usize = Word, f64 = Double, *const Value = Word, *const *mut u8 = Word);
passed!(*mut u8 = Word, &Thread = Word, &'static Code = Word);

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The symbol.
    pub name: &'static str,
    pub params: &'static [Kind],
    pub result: Kind,
}

macro_rules! runtime {
    ($($variant:ident $name:ident ($($arg:ident: $ty:ty),*) -> $ret:ty $body:block)*) => {
        /// A function of the runtime.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rt { $($variant),* }
        $(extern "C" fn $name($($arg: $ty),*) -> $ret $body)*
        /// In the order of `Rt`.
        pub const ROWS: &[Row] = &[$(Row {
            name: concat!("rung_rt_", stringify!($name)),
            params: &[$(<$ty as Passed>::KIND),*],
            result: <$ret as Passed>::KIND,
        }),*];
        /// All functions.
        pub const ALL: &[Rt] = &[$(Rt::$variant),*];
        impl Rt {
            pub fn address(self) -> usize {
                match self { $(Rt::$variant => $name as *const () as usize),* }
            }
        }
    };
}

impl Rt {
    pub fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
    /// The function of an operation on words.
    pub fn of(op: Op) -> Rt {
        match op {
            Op::Add => Rt::Add,
            Op::Sub => Rt::Sub,
            Op::Mul => Rt::Mul,
            Op::Div => Rt::Div,
            Op::Quot => Rt::Quot,
            Op::Rem => Rt::Rem,
            Op::Mod => Rt::Mod,
            Op::Inc => Rt::Inc,
            Op::Dec => Rt::Dec,
            Op::Neg => Rt::Neg,
            Op::IsZero => Rt::IsZero,
            Op::IsPos => Rt::IsPos,
            Op::IsNeg => Rt::IsNeg,
            Op::Lt => Rt::Lt,
            Op::Le => Rt::Le,
            Op::Gt => Rt::Gt,
            Op::Ge => Rt::Ge,
            Op::NumEq => Rt::NumEq,
            Op::Equal => Rt::Equal,
            Op::Identical => Rt::Identical,
            Op::BitAnd => Rt::BitAnd,
            Op::BitOr => Rt::BitOr,
            Op::BitXor => Rt::BitXor,
            Op::Shl => Rt::Shl,
            Op::Shr => Rt::Shr,
            Op::UShr => Rt::UShr,
            Op::Not => Rt::Not,
            Op::IsNil => Rt::IsNil,
            Op::IsSome => Rt::IsSome,
            Op::Nth => Rt::Nth,
            Op::Get => Rt::Get,
            Op::First => Rt::First,
            Op::Next => Rt::Next,
            Op::Rest => Rt::Rest,
            Op::Seq => Rt::Seq,
            Op::Count => Rt::Count,
            Op::Conj => Rt::Conj,
            Op::UncheckedAdd => Rt::UncheckedAdd,
            Op::UncheckedSub => Rt::UncheckedSub,
            Op::UncheckedMul => Rt::UncheckedMul,
            Op::UncheckedInc => Rt::UncheckedInc,
            Op::UncheckedDec => Rt::UncheckedDec,
            Op::HintLong => Rt::HintLong,
            Op::HintDouble => Rt::HintDouble,
            Op::HintWrap => Rt::HintWrap,
            Op::AGet => Rt::AGet,
            Op::ALength => Rt::ALength,
        }
    }
}

fn truth(r: Res<bool>) -> Value {
    answer(r.map(Value::bool))
}

runtime! {
    Add add(a: Value, b: Value) -> Value { answer(number::add(a, b)) }
    Sub sub(a: Value, b: Value) -> Value { answer(number::sub(a, b)) }
    Mul mul(a: Value, b: Value) -> Value { answer(number::mul(a, b)) }
    Div div(a: Value, b: Value) -> Value { answer(number::div(a, b)) }
    Quot quot(a: Value, b: Value) -> Value { answer(number::quot(a, b)) }
    Rem rem(a: Value, b: Value) -> Value { answer(number::rem(a, b)) }
    Mod modulo(a: Value, b: Value) -> Value { answer(number::modulo(a, b)) }
    Inc inc(a: Value) -> Value { answer(number::inc(a)) }
    Dec dec(a: Value) -> Value { answer(number::dec(a)) }
    Neg neg(a: Value) -> Value { answer(number::neg(a)) }
    IsZero is_zero(a: Value) -> Value { truth(number::is_zero(a)) }
    IsPos is_pos(a: Value) -> Value { truth(number::is_pos(a)) }
    IsNeg is_neg(a: Value) -> Value { truth(number::is_neg(a)) }
    Lt lt(a: Value, b: Value) -> Value { truth(number::lt(a, b)) }
    Le le(a: Value, b: Value) -> Value { truth(number::le(a, b)) }
    Gt gt(a: Value, b: Value) -> Value { truth(number::gt(a, b)) }
    Ge ge(a: Value, b: Value) -> Value { truth(number::ge(a, b)) }
    NumEq num_eq(a: Value, b: Value) -> Value { truth(number::num_eq(a, b)) }
    Equal equal(a: Value, b: Value) -> Value { truth(coll::equal(a, b)) }
    Identical identical(a: Value, b: Value) -> Value { Value::bool(a == b) }
    BitAnd bit_and(a: Value, b: Value) -> Value { answer(number::bit_and(a, b)) }
    BitOr bit_or(a: Value, b: Value) -> Value { answer(number::bit_or(a, b)) }
    BitXor bit_xor(a: Value, b: Value) -> Value { answer(number::bit_xor(a, b)) }
    Shl shl(a: Value, b: Value) -> Value { answer(number::shift_left(a, b)) }
    Shr shr(a: Value, b: Value) -> Value { answer(number::shift_right(a, b)) }
    UShr ushr(a: Value, b: Value) -> Value { answer(number::unsigned_shift_right(a, b)) }
    Not not(a: Value) -> Value { Value::bool(!a.truthy()) }
    IsNil is_nil(a: Value) -> Value { Value::bool(a.is_nil()) }
    IsSome is_some(a: Value) -> Value { Value::bool(!a.is_nil()) }
    Nth nth(c: Value, i: Value) -> Value { answer(index(i).and_then(|i| coll::nth(c, i, None))) }
    NthAt nth_at(c: Value, i: i64) -> Value { answer(coll::nth(c, i, None)) }
    Get get(m: Value, k: Value) -> Value { answer(coll::get(m, k, Value::NIL)) }
    First first(a: Value) -> Value { answer(coll::first(a)) }
    Next next(a: Value) -> Value { answer(coll::next(a)) }
    Rest rest(a: Value) -> Value { answer(coll::rest(a)) }
    Seq seq(a: Value) -> Value { answer(coll::seq(a)) }
    Count count(a: Value) -> Value { answer(coll::count(a).map(|n| Value::long(n as i64))) }
    Conj conj(c: Value, x: Value) -> Value { answer(coll::conj(c, x)) }
    UncheckedAdd unchecked_add(a: Value, b: Value) -> Value { answer(number::unchecked_add(a, b)) }
    UncheckedSub unchecked_sub(a: Value, b: Value) -> Value { answer(number::unchecked_sub(a, b)) }
    UncheckedMul unchecked_mul(a: Value, b: Value) -> Value { answer(number::unchecked_mul(a, b)) }
    UncheckedInc unchecked_inc(a: Value) -> Value { answer(number::unchecked_inc(a)) }
    UncheckedDec unchecked_dec(a: Value) -> Value { answer(number::unchecked_dec(a)) }
    AGet aget(a: Value, i: Value) -> Value { answer(index(i).and_then(|i| coll::arrays::get_checked(a, i))) }
    ALength alength(a: Value) -> Value { answer(coll::arrays::len(a).map(|n| Value::long(n as i64))) }

    HintLong hint_long(a: Value) -> Value { answer(number::hint_long(a)) }
    HintDouble hint_double(a: Value) -> Value { answer(number::hint_double(a)) }
    HintWrap hint_wrap(a: Value) -> Value { answer(number::hint_wrap(a)) }

    // Held otherwise.
    BoxLong box_long(n: i64) -> Value { BoxedLong::alloc(n).value() }
    BoxDouble box_double(d: f64) -> Value { Value::unboxed_double(d).unwrap_or_else(|| BoxedDouble::alloc(d).value()) }
    UnboxLong unbox_long(v: Value) -> i64 { v.as_long().unwrap_or_default() }
    UnboxDouble unbox_double(v: Value) -> f64 { v.as_double().unwrap_or(f64::NAN) }
    // Any number; the error is in the thread.
    ToDouble to_double(v: Value) -> f64 { number::to_double(v).unwrap_or(0.0) }
    // Errors of arithmetic on unboxed longs, raised by the operation that has their text.
    Overflow overflow() -> () { let _ = number::add(Value::long(i64::MAX), Value::int(1)); }

    // Control.
    Poll poll(t: &Thread) -> Value { answer(t.poll().map(|()| Value::NIL)) }
    StackOverflow stack_overflow() -> () { let _ = fault::stack_overflow(); }
    CallHot call_hot(t: &Thread, code: &'static Code) -> () { host::parts().tiers.call_hot(t, code) }
    LoopHot loop_hot(code: &'static Code, arity: u64, id: u64) -> usize {
        let id = engine::analyze::LoopId(id as u32);
        crate::policy::loop_hot_in_tier1(code, arity as u32, id).map_or(0, |e| e as usize)
    }
    CallOther call_other(callee: Value, n: usize, args: *const Value) -> Value {
        // SAFETY: generated code passes `n` words of its native stack.
        answer(invoke::invoke(callee, unsafe { std::slice::from_raw_parts(args, n) }))
    }
    Unbound unbound(var: Value) -> Value {
        let name = var.cast::<Var>().map_or_else(|| "a var".to_owned(), |v| format!("#'{}", v.full_name()));
        answer(Err(fault::raise(Class::IllegalState, format!("Attempting to call unbound fn: {name}"))))
    }
    Throw throw(v: Value) -> () {
        let _ = fault::throw_value(v);
    }
    // An error leaves the function.
    Passed passed(t: &Thread, code: &'static Code, node: u64) -> () {
        let place = code.body.as_ref().and_then(|b| b.tree.nodes.get(node as usize)).map(|n| n.place);
        fault::passed(t, code, place);
    }
    CatchClass catch_class(t: &Thread, class: u64) -> u64 {
        u64::from(Class::numbered(class as u32).is_some_and(|c| fault::takes(c, t.pending.get())))
    }

    // Vars, functions, collections.
    VarGet var_get(v: Value) -> Value {
        v.cast::<Var>().map_or(Value::NIL, |v| answer(v.deref()))
    }
    VarSet var_set(var: Value, v: Value) -> Value { answer(binding::set(var_of(var), v)) }
    Def def(var: Value, init: Value, meta: Value) -> Value {
        let some = |v: Value| (v != Value::ABSENT).then_some(v);
        answer(engine::space::define(var_of(var), some(init), some(meta)).map(|()| var))
    }
    WithMeta with_meta(v: Value, meta: Value) -> Value {
        match (v.is::<Function>(), meta.is_nil()) {
            (true, true) => v,
            _ => answer(coll::with_meta(v, meta)),
        }
    }
    Closure closure(code: &'static Code, n: usize, captures: *const Value) -> Value {
        // SAFETY: generated code passes `n` words of its native stack.
        Function::new(code, unsafe { std::slice::from_raw_parts(captures, n) }).value()
    }
    Vector vector(n: usize, items: *const Value) -> Value {
        // SAFETY: as above.
        coll::vector(unsafe { std::slice::from_raw_parts(items, n) })
    }
    Map map(n: usize, items: *const Value) -> Value {
        // SAFETY: as above.
        answer(coll::map_with_check(unsafe { std::slice::from_raw_parts(items, n) }))
    }
    Set set(n: usize, items: *const Value) -> Value {
        // SAFETY: as above.
        answer(coll::set_with_check(unsafe { std::slice::from_raw_parts(items, n) }))
    }
    // Of constants, a duplicate is the reader's to find.
    ConstantSet constant_set(n: usize, items: *const Value) -> Value {
        // SAFETY: as above.
        answer(coll::set(unsafe { std::slice::from_raw_parts(items, n) }))
    }
    List list(n: usize, items: *const Value) -> Value {
        // SAFETY: as above.
        coll::list(unsafe { std::slice::from_raw_parts(items, n) })
    }

    // C++. Types and sites are numbers of the function's tree.
    Cpp cpp(t: &Thread, code: &'static Code, site: u64, args: *const *mut u8, ret: *mut u8) -> Value {
        answer(call_site(t, code, SiteId(site as u32), args, ret))
    }
    ToValue to_value(t: &Thread, code: &'static Code, ty: u64, bits: u64) -> Value {
        let cpp = &host::parts().cpp;
        // SAFETY: the tree says that the bits are a value of the type.
        with_type(code, ty, |ty| unsafe {
            // An object that nothing converts is boxed by copying its bytes.
            match ty.repr == Repr::Memory && !cpp.converts(ty) {
                true => cpp.own_value(t, ty, bits, None, None),
                false => cpp.to_value(ty, bits),
            }
        })
    }
    OwnValue own_value(t: &Thread, code: &'static Code, ty: u64, source: u64, sites: u64) -> Value {
        let (transfer, destroy) = ((sites >> 32) as u32, sites as u32);
        let stub = |site: u32| if site == u32::MAX { Ok(None) } else { bound(code, SiteId(site)).map(Some) };
        match (stub(transfer), stub(destroy)) {
            (Ok(transfer), Ok(destroy)) => {
                // SAFETY: the tree says that a live object of the type is there; the sites are of that type.
                with_type(code, ty, |ty| unsafe { host::parts().cpp.own_value(t, ty, source, transfer, destroy) })
            }
            _ => Value::THROWN,
        }
    }
    FromValue from_value(t: &Thread, code: &'static Code, ty: u64, v: Value, storage: *mut u8) -> Value {
        // SAFETY: the tree gives storage of the type's size, or null for scalars.
        with_bits(t, code, ty, |ty| unsafe { host::parts().cpp.from_value(v, ty, storage) })
    }
    Callback callback(t: &Thread, code: &'static Code, ty: u64, v: Value, storage: *mut u8) -> Value {
        // SAFETY: as above.
        with_bits(t, code, ty, |ty| unsafe { host::parts().cpp.callback(v, ty, storage) })
    }
    BoxPointer box_pointer(code: &'static Code, ty: u64, bits: u64) -> Value {
        with_type(code, ty, |ty| host::parts().cpp.box_pointer(ty, bits))
    }
    UnboxPointer unbox_pointer(t: &Thread, code: &'static Code, ty: u64, v: Value) -> Value {
        with_bits(t, code, ty, |ty| host::parts().cpp.unbox(v, ty))
    }
    CatchCpp catch_cpp(t: &Thread, code: &'static Code, ty: u64) -> u64 {
        // Finding a base class may run code of its own, which must not meet the error.
        let error = t.take_pending();
        let found = code.body.as_ref().and_then(|b| host::parts().cpp.catch_cpp(error, &b.tree.types[ty as usize]));
        t.pending.set(error);
        found.unwrap_or(0)
    }
    Raw raw(code: &'static Code, raw: u64) -> Value {
        let Some(body) = &code.body else { return Value::NIL };
        let inits = body.unit.inits.lock().get_mut(raw as usize).map(std::mem::take).unwrap_or_default();
        answer(host::parts().cpp.run_inits(&inits).map(|()| Value::NIL))
    }
    FlushOut flush_out() -> () { engine::print::flush_out() }
    // What a callback or a guard left behind.
    RaiseLeft raise_left() -> Value { answer(host::parts().cpp.raise_left().map(|()| Value::NIL)) }
    NullPointer null_pointer() -> () { let _ = engine::scalar::null_pointer(); }
    DivideByZero divide_by_zero() -> () { let _ = engine::scalar::divide_by_zero(); }
    OutOfRange out_of_range(d: f64, to: u64) -> () {
        let reprs = [Repr::I8, Repr::I16, Repr::I32, Repr::I64, Repr::U8, Repr::U16, Repr::U32, Repr::U64];
        if let Some(r) = reprs.into_iter().find(|r| *r as u64 == to) {
            let _ = engine::scalar::convert(Repr::F64, r, d.to_bits());
        }
    }
}

fn var_of(v: Value) -> Gc<Var> {
    match v.cast::<Var>() {
        Some(v) => v,
        None => unreachable!("the analyzer puts vars among the constants where the tree says var"),
    }
}

fn index(i: Value) -> Res<i64> {
    number::to_long(i)
}

fn with_type(code: &'static Code, ty: u64, f: impl FnOnce(&questions::CppType) -> Res) -> Value {
    match &code.body {
        Some(b) => answer(f(&b.tree.types[ty as usize])),
        None => Value::NIL,
    }
}

/// Bits go to the thread's result, for a word may look like the sentinel.
fn with_bits(t: &Thread, code: &'static Code, ty: u64, f: impl FnOnce(&questions::CppType) -> Res<u64>) -> Value {
    with_type(code, ty, |ty| {
        t.result.set(f(ty)?);
        Ok(Value::NIL)
    })
}

/// The trampoline of a site. At the first need all sites of the form that have none are bound, in one batch.
fn bound(code: &'static Code, site: SiteId) -> Res<Trampoline> {
    // SAFETY: `sites` is indexed by the tree's sites (contract *Code*) and lives for ever.
    let address = unsafe { &*code.sites.add(site.index()) }.load(Ordering::Acquire) as u64;
    if address != 0 { Ok(Trampoline { address }) } else { bind(code, site) }
}

#[cold]
fn bind(code: &'static Code, site: SiteId) -> Res<Trampoline> {
    let Some(body) = &code.body else { return Err(fault::raise(Class::IllegalState, "a call of C++ of no form")) };
    let sites = &body.unit.sites;
    let unbound: Vec<SiteId> =
        (0..sites.len()).filter(|i| sites[*i].load(Ordering::Acquire).is_null()).map(|i| SiteId(i as u32)).collect();
    // A site that cannot be bound may belong to code that never runs: only this one's absence is an error.
    let bound = host::parts().cpp.bind_sites(&body.tree, &body.unit, &unbound);
    let address = sites[site.index()].load(Ordering::Acquire) as u64;
    match bound {
        _ if address != 0 => Ok(Trampoline { address }),
        Err(d) => Err(fault::raise_diagnostic(Class::Compiler, &d)),
        Ok(()) => Err(fault::raise(
            Class::IllegalState,
            format!("the C++ call `{}` was not bound", body.tree.site(site).text),
        )),
    }
}

fn call_site(t: &Thread, code: &'static Code, site: SiteId, args: *const *mut u8, ret: *mut u8) -> Res {
    let stub = bound(code, site)?;
    // SAFETY: the lowered form passes arguments and result as the site's types say.
    unsafe { host::parts().cpp.call(t, stub, args, ret)? };
    Ok(Value::NIL)
}

/// The rest arguments of a variadic function: nil, or a list.
pub fn rest_list(items: &[Value]) -> Value {
    if items.is_empty() { Value::NIL } else { coll::list(items) }
}

/// Takes at most `n` items of a seq onto the vector; gives what is left, nil where nothing is.
///
/// # Errors
/// What the seq throws.
pub fn take_onto(seq: Value, n: usize, onto: &mut GcVec) -> Res {
    let mut s = coll::seq(seq)?;
    for _ in 0..n {
        if s.is_nil() {
            break;
        }
        onto.push(coll::first(s)?);
        s = coll::next(s)?;
    }
    Ok(s)
}

/// Puts items back in front of a seq.
///
/// # Errors
/// What the seq throws.
pub fn put_before(items: &[Value], mut seq: Value) -> Res {
    for v in items.iter().rev() {
        seq = coll::cons(*v, seq)?;
    }
    Ok(seq)
}
