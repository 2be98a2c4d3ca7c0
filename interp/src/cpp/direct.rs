//! Sites without a trampoline: arguments go into registers and the host's guard calls the function itself; fields are an
//! addition, variables an address that is found once.

use super::call::{Call, Followed, Passed, Result, Site};
use super::operator::null_pointer;
use super::scalar;
use crate::control;
use crate::frame::Frame;
use crate::node::{Field, Node, THROWN};
use engine::code::answer;
use engine::fault::Res;
use engine::host::{self, DirectCalls};
use engine::questions::{Abi, CallAnswer, Direct, Repr};
use engine::thread::Thread;
use engine::value::Value;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

const INTEGERS: usize = 5;
const FLOATS: usize = 8;

/// Where the register file of a call has its floats.
const FIRST_FLOAT: u8 = INTEGERS as u8;

/// Into which register what of an argument goes.
#[derive(Clone, Copy)]
enum Move {
    /// The word: a scalar's bits, or an address.
    Word,
    /// The scalar that lies at the address.
    Loaded(Repr),
    /// The address of a scalar that has none yet: of the argument's word.
    Spilled,
    /// So many bytes of the object, from an offset.
    Part { offset: u8, bytes: u8 },
}

/// A result's registers.
#[derive(Clone, Copy)]
enum Answer {
    Integers,
    Float,
    Floats,
    Mixed,
    /// The same, the float being the first part.
    MixedFloatFirst,
}

#[derive(Clone, Copy)]
enum Target {
    /// The address of a symbol: looked up after the first call, which binds the site.
    Symbol,
    Virtual {
        slot: u32,
    },
}

/// A call whose arguments and result all travel in registers.
pub struct Registers {
    calls: DirectCalls,
    target: Target,
    symbol: String,
    address: AtomicU64,
    /// Times that the symbol was not found.
    tries: AtomicU8,
    /// (argument, register, what of it)
    moves: Vec<(u8, u8, Move)>,
    answer: Answer,
    /// The result's place is the first argument.
    place_first: bool,
    /// Parts of the object in the result's registers.
    parts: u8,
    floats: bool,
    /// The words are the registers, and so is the result.
    plain: bool,
}

const TRIES: u8 = 3;
/// The symbol has no address: for good.
const NOWHERE: u64 = 1;

impl Registers {
    /// The plan of a site, where it has one.
    pub fn plan(answer: &CallAnswer, args: &[Passed], result: &Result) -> Option<Registers> {
        let (abi, target) = match answer.direct.as_ref()? {
            Direct::Function { abi } => (abi, Target::Symbol),
            Direct::Virtual { abi, slot } => (abi, Target::Virtual { slot: *slot }),
            Direct::Field { .. } | Direct::Variable {} => return None,
        };
        if abi.len() != args.len() + 1 || args.len() > 200 {
            return None;
        }
        let calls = host::assembled()?.cpp.direct_calls()?;
        let object = matches!(result, Result::Place { .. });
        let (shape, parts) = match abi[0] {
            Abi::Void | Abi::Indirect => (Answer::Integers, 0),
            Abi::Int if !object => (Answer::Integers, 0),
            Abi::F32 | Abi::F64 => (Answer::Float, 0),
            Abi::StructInt => (Answer::Integers, 1),
            Abi::IntInt => (Answer::Integers, 2),
            Abi::StructSse => (Answer::Float, 1),
            Abi::SseSse => (Answer::Floats, 2),
            Abi::IntSse => (Answer::Mixed, 2),
            Abi::SseInt => (Answer::MixedFloatFirst, 2),
            _ => return None,
        };
        let place_first = abi[0] == Abi::Indirect;
        if (parts > 0 || place_first) != object {
            return None;
        }
        let (mut integers, mut floats) = (u8::from(place_first), FIRST_FLOAT);
        let mut moves = Vec::new();
        let mut to = |i: usize, float: bool, m: Move| {
            let next = if float { &mut floats } else { &mut integers };
            moves.push((i as u8, *next, m));
            *next += 1;
        };
        for (i, p) in args.iter().enumerate() {
            let ty = &answer.args[i];
            match abi[i + 1] {
                a @ (Abi::Int | Abi::F32 | Abi::F64) if ty.repr != Repr::Memory => {
                    to(i, a != Abi::Int, if p.address { Move::Loaded(ty.repr) } else { Move::Word });
                }
                Abi::This | Abi::Indirect if p.address => to(i, false, Move::Word),
                Abi::Indirect => to(i, false, Move::Spilled),
                _ if !p.address => return None,
                a => {
                    let classes: &[bool] = match a {
                        Abi::StructInt => &[false],
                        Abi::StructSse => &[true],
                        Abi::IntInt => &[false, false],
                        Abi::IntSse => &[false, true],
                        Abi::SseInt => &[true, false],
                        Abi::SseSse => &[true, true],
                        _ => return None,
                    };
                    for (k, float) in classes.iter().enumerate() {
                        let bytes = ty.size.checked_sub(8 * k as u32)?.min(8) as u8;
                        // Nothing behind the object is read.
                        if !matches!(bytes, 1 | 2 | 4 | 8) {
                            return None;
                        }
                        to(i, *float, Move::Part { offset: 8 * k as u8, bytes });
                    }
                }
            }
        }
        if integers as usize > INTEGERS || (floats - FIRST_FLOAT) as usize > FLOATS {
            return None;
        }
        let in_order =
            moves.iter().enumerate().all(|(k, m)| matches!(m, (i, to, Move::Word) if *i == *to && *i as usize == k));
        Some(Registers {
            plain: in_order && !object && matches!((shape, target), (Answer::Integers, Target::Symbol)),
            calls,
            target,
            symbol: answer.symbol.clone(),
            address: AtomicU64::new(0),
            tries: AtomicU8::new(0),
            moves,
            answer: shape,
            place_first,
            parts,
            floats: floats > FIRST_FLOAT,
        })
    }

    /// The function's address; 0 where it is not known.
    #[inline]
    fn callee(&self, site: &Site, words: &[u64]) -> u64 {
        match self.target {
            Target::Symbol => match self.address.load(Ordering::Relaxed) {
                0 => self.look_up(site),
                NOWHERE => 0,
                known => known,
            },
            // SAFETY: the object is alive and begins with the address of its class's table, which has the slot.
            Target::Virtual { slot } => unsafe {
                let this = words.first().map_or(0, |w| self.this(*w));
                *(*(this as *const *const u64)).add(slot as usize)
            },
        }
    }
    /// The object of a method: the first word, or what it points to.
    fn this(&self, word: u64) -> u64 {
        match self.moves.first() {
            // SAFETY: the address of a live pointer.
            Some((_, _, Move::Loaded(r))) => unsafe { scalar::load(*r, word) },
            _ => word,
        }
    }
    #[cold]
    fn look_up(&self, site: &Site) -> u64 {
        if !site.is_bound() {
            return 0;
        }
        match host::parts().cpp.address_of(&self.symbol) {
            Some(at) => {
                self.address.store(at, Ordering::Relaxed);
                at
            }
            None => {
                if self.tries.fetch_add(1, Ordering::Relaxed) >= TRIES {
                    self.address.store(NOWHERE, Ordering::Relaxed);
                }
                0
            }
        }
    }

    /// Calls with the arguments' words; none where the address is not known yet.
    #[inline]
    pub fn run(&self, t: &Thread, f: Frame, call: &Call, words: &mut [u64]) -> Option<Res> {
        let callee = self.callee(&call.site, words);
        if callee == 0 {
            return None;
        }
        if let (true, [a, b, c, d, e, ..], Result::Word(repr)) = (self.plain, &words[..], call.result) {
            engine::print::flush_out();
            // The second word of the answer is nothing here.
            type One = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> u64;
            // SAFETY: as below.
            let r = unsafe { std::mem::transmute::<usize, One>(self.calls.integers)(*a, *b, *c, *d, *e, callee) };
            if !t.is_pending() && self.calls.left.load(Ordering::Relaxed) == 0 {
                return Some(Ok(Value::from_bits(scalar::extend(repr, r))));
            }
            return Some(host::parts().cpp.raise_left().map(|()| Value::from_bits(scalar::extend(repr, r))));
        }
        let mut file = [0u64; INTEGERS + FLOATS];
        let place = match call.result {
            Result::Place { word, .. } => f.word(word) as u64,
            Result::Word(_) => 0,
        };
        if self.place_first {
            file[0] = place;
        }
        for (i, to, how) in &self.moves {
            let w = &mut words[*i as usize];
            file[*to as usize] = match how {
                Move::Word => *w,
                // SAFETY: an lvalue names a live object of its type.
                Move::Loaded(r) => unsafe { scalar::load(*r, *w) },
                Move::Spilled => std::ptr::from_mut(w) as u64,
                Move::Part { offset, bytes } => {
                    let mut part = 0u64;
                    // SAFETY: the object is alive and has these bytes.
                    unsafe {
                        let from = (*w as *const u8).add(*offset as usize);
                        std::ptr::copy_nonoverlapping(from, (&raw mut part).cast(), *bytes as usize);
                    }
                    part
                }
            };
        }
        // What C++ prints comes after what the language has printed.
        engine::print::flush_out();
        // SAFETY: the guards' convention (`DirectCalls`); the registers are the callee's by Clang's own answer.
        let parts = unsafe { self.guarded(callee, &file) };
        if t.is_pending() || self.calls.left.load(Ordering::Relaxed) != 0 {
            if let Err(e) = host::parts().cpp.raise_left() {
                return Some(Err(e));
            }
        }
        Some(Ok(match call.result {
            Result::Word(repr) => Value::from_bits(scalar::extend(repr, parts[0])),
            Result::Place { flag, .. } => {
                for (i, part) in parts.iter().enumerate().take(self.parts as usize) {
                    // SAFETY: storage is whole pairs of words.
                    unsafe { (place as *mut u64).add(i).write(*part) };
                }
                f.set(flag, Value::from_bits(1));
                Value::from_bits(place)
            }
        }))
    }

    /// # Safety
    /// The file holds what the callee wants in its registers.
    #[inline(always)]
    unsafe fn guarded(&self, callee: u64, file: &[u64; INTEGERS + FLOATS]) -> [u64; 2] {
        #[repr(C)]
        struct Floats(f64, f64);
        #[repr(C)]
        struct Mixed(u64, f64);
        #[repr(C)]
        struct Integers(u64, u64);
        macro_rules! call {
            ($guard:ident, $result:ty) => {{
                let [a, b, c, d, e, x @ ..] = *file;
                if self.floats {
                    let [s, t, u, v, w, x, y, z] = x.map(f64::from_bits);
                    type Guard = unsafe extern "C" fn(
                        u64,
                        u64,
                        u64,
                        u64,
                        u64,
                        u64,
                        f64,
                        f64,
                        f64,
                        f64,
                        f64,
                        f64,
                        f64,
                        f64,
                    ) -> $result;
                    // SAFETY: the caller's promise.
                    unsafe {
                        std::mem::transmute::<usize, Guard>(self.calls.$guard)(
                            a, b, c, d, e, callee, s, t, u, v, w, x, y, z,
                        )
                    }
                } else {
                    type Guard = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> $result;
                    // SAFETY: the caller's promise.
                    unsafe { std::mem::transmute::<usize, Guard>(self.calls.$guard)(a, b, c, d, e, callee) }
                }
            }};
        }
        match self.answer {
            Answer::Integers => {
                let r = call!(integers, Integers);
                [r.0, r.1]
            }
            Answer::Float => [call!(float, f64).to_bits(), 0],
            Answer::Floats => {
                let r = call!(floats, Floats);
                [r.0.to_bits(), r.1.to_bits()]
            }
            Answer::Mixed => {
                let r = call!(mixed, Mixed);
                [r.0, r.1.to_bits()]
            }
            Answer::MixedFloatFirst => {
                let r = call!(mixed, Mixed);
                [r.1.to_bits(), r.0]
            }
        }
    }
}

/// A field: the object's address, so many bytes on. A pointer that is followed is not null.
pub fn field(object: &'static Node, followed: Followed, offset: u64) -> Node {
    fn run<const HOW: u8>(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let Ok(v) = control::value(t, f, n.a.node()) else { return THROWN };
        let at = match HOW {
            // SAFETY: the address of a live pointer.
            2 => unsafe { scalar::load(Repr::Pointer, v.bits()) },
            _ => v.bits(),
        };
        if HOW != 0 && at == 0 {
            f.stand(n);
            return answer(Err(null_pointer()));
        }
        Value::from_bits(at.wrapping_add(n.b.bits()))
    }
    let run = match followed {
        Followed::Not => run::<0>,
        Followed::Itself => run::<1>,
        Followed::Held => run::<2>,
    };
    Node::new(run).a(object).b(Field::of_word(offset))
}

/// A variable that stays where it is.
struct Variable {
    call: Call,
    address: AtomicU64,
}

/// Its address: from the trampoline, once.
pub fn variable(call: Call) -> Node {
    fn run(t: &Thread, f: Frame, n: &'static Node) -> Value {
        let v: &Variable = n.a.object();
        let known = v.address.load(Ordering::Relaxed);
        if known != 0 {
            return Value::from_bits(known);
        }
        let found = v.call.run(t, f, n);
        if let Ok(at) = found {
            v.address.store(at.bits(), Ordering::Relaxed);
        }
        answer(found)
    }
    Node::new(run).a(Field::of_object(&*Box::leak(Box::new(Variable { call, address: AtomicU64::new(0) }))))
}
