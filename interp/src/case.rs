//! `case`: dispatch by `=` on constants. What identity settles — small integers, characters, keywords, nil, booleans —
//! is one probe of a table of words; the rest goes by hash and equality.

use crate::control;
use crate::frame::Frame;
use crate::node::{Arg, Field, Node, Operand, THROWN};
use crate::pick1;
use engine::analyze::ConstId;
use engine::code::answer;
use engine::coll;
use engine::fault::Res;
use engine::text::Keyword;
use engine::thread::Thread;
use engine::value::Value;

/// A key of the second table: its hash, where the constant lies, where it leads. Keys stay with the form's constants, so
/// no value lives here; the words of the first table name immediates and keywords, which never die.
struct Hashed {
    hash: u32,
    key: Field,
    to: &'static Node,
}

pub struct Dispatch {
    /// Open addressing, a power of two, at most half full; key 0 with no target is free.
    words: Box<[(u64, Option<&'static Node>)]>,
    hashed: Vec<Hashed>,
    default: &'static Node,
}

/// Does identity decide whether a value equals anything? (Not numbers beyond small integers: `1N` equals `1`.)
fn by_identity(v: Value) -> bool {
    v.is_nil() || v.as_bool().is_some() || v.is_char() || v.is::<Keyword>()
}

#[inline(always)]
fn start(word: u64, mask: usize) -> usize {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask
}

impl Dispatch {
    /// # Errors
    /// A key whose hash cannot be computed.
    pub fn new(
        keys: impl Iterator<Item = (ConstId, &'static Node)>,
        consts: *const Value,
        default: &'static Node,
    ) -> Res<Dispatch> {
        let (mut words, mut hashed) = (Vec::new(), Vec::new());
        for (id, to) in keys {
            // SAFETY: the id is an index into the form's constants.
            let at = unsafe { consts.add(id.index()) };
            let key = Field::of_constant(at);
            let v = key.constant();
            if v.is_fixnum() || by_identity(v) {
                words.push((v.bits(), to));
            } else {
                hashed.push(Hashed { hash: coll::hash(v)?, key, to });
            }
        }
        hashed.sort_by_key(|h| h.hash);
        let mut table = vec![(0, None); (words.len() * 2).next_power_of_two().max(2)].into_boxed_slice();
        let mask = table.len() - 1;
        for (word, to) in words {
            let mut i = start(word, mask);
            while table[i].1.is_some() && table[i].0 != word {
                i = (i + 1) & mask;
            }
            if table[i].1.is_none() {
                table[i] = (word, Some(to));
            }
        }
        Ok(Dispatch { words: table, hashed, default })
    }

    #[inline(always)]
    fn find(&self, v: Value) -> Res<&'static Node> {
        let mask = self.words.len() - 1;
        let mut i = start(v.bits(), mask);
        while let (word, Some(to)) = self.words[i] {
            if word == v.bits() {
                return Ok(to);
            }
            i = (i + 1) & mask;
        }
        if (self.hashed.is_empty() && v.is_fixnum()) || by_identity(v) { Ok(self.default) } else { self.find_equal(v) }
    }

    #[inline(never)]
    fn find_equal(&self, v: Value) -> Res<&'static Node> {
        let hash = coll::hash(v)?;
        let from = self.hashed.partition_point(|h| h.hash < hash);
        for h in self.hashed[from..].iter().take_while(|h| h.hash == hash) {
            if coll::equal(h.key.constant(), v)? {
                return Ok(h.to);
            }
        }
        // A big integer or a boxed long may equal a small one of the first table.
        match engine::number::is_integer(v).then(|| engine::number::to_long(v)) {
            Some(Ok(n)) => match Value::fixnum(n) {
                Some(small) if small != v => self.find(small),
                _ => Ok(self.default),
            },
            Some(Err(_)) => {
                Thread::current().take_pending();
                Ok(self.default)
            }
            None => Ok(self.default),
        }
    }
}

fn run<A: Operand>(t: &Thread, f: Frame, n: &'static Node) -> Value {
    let v = A::get(t, f, n.a);
    if !A::LEAF && v == THROWN {
        return THROWN;
    }
    match n.b.object::<Dispatch>().find(v) {
        Ok(to) => {
            control::apart();
            to.run(t, f)
        }
        Err(e) => answer(Err(e)),
    }
}

pub fn node(subject: Arg, dispatch: Dispatch) -> Node {
    Node::new(pick1!(subject.shape, run)).a(subject.field).b(Field::of_object(&*Box::leak(Box::new(dispatch))))
}
