//! Walking anything that can be walked, from Rust: block by block where the structure has blocks, without making seq
//! objects where it can be helped, and without holding on to what was passed.

use super::chunk::ChunkedCons;
use super::entries;
use super::generated::Range;
use super::indexed::{self, VecSeq};
use super::list::{Cons, List};
use super::object::Items;
use super::seq::{self, as_type};
use crate::fault::Res;
use crate::heap::TypeId;
use crate::thread;
use crate::value::Value;

/// A place in a collection. Lives on a native stack; small, for what a frame leaves unwritten may look like references.
pub struct Cursor {
    items: Items,
    source: Source,
}

enum Source {
    End,
    /// A vector or subvector, from an index on.
    Indexed(Value, usize),
    /// Longs: next, step, how many.
    Longs(i64, i64, u64),
    /// Any seqable, not asked yet.
    Rest(Value),
}

impl Cursor {
    pub fn new(coll: Value) -> Res<Cursor> {
        use TypeId as T;
        let mut items = Items::none();
        let source = match coll.type_id() {
            T::NONE if coll.is_nil() => Source::End,
            T::VECTOR | T::SUBVEC => Source::Indexed(coll, 0),
            T::VALUE_ARRAY => {
                items = indexed::array_items(coll).unwrap_or(items);
                Source::End
            }
            T::LAZY_SEQ | T::CONS | T::LIST | T::CHUNKED_CONS | T::RANGE | T::VECTOR_SEQ => Source::Rest(coll),
            // So that what cannot be walked is refused at once.
            _ => Source::Rest(seq::seq(coll)?),
        };
        Ok(Cursor { items, source })
    }

    /// The next item, `None` at the end.
    #[inline(always)]
    pub fn next(&mut self) -> Res<Option<Value>> {
        match self.items.take_first() {
            Some(x) => Ok(Some(x)),
            None => self.advance(),
        }
    }

    fn advance(&mut self) -> Res<Option<Value>> {
        use TypeId as T;
        thread::check()?;
        loop {
            match &mut self.source {
                Source::End => return Ok(None),
                Source::Indexed(v, i) => match indexed::block(*v, *i) {
                    Some(block) => {
                        *i += block.len();
                        self.items = block;
                        return Ok(self.items.take_first());
                    }
                    None => self.source = Source::End,
                },
                Source::Longs(at, step, left) => {
                    if *left == 0 {
                        self.source = Source::End;
                        return Ok(None);
                    }
                    let v = Value::long(*at);
                    *at = at.wrapping_add(*step);
                    *left -= 1;
                    return Ok(Some(v));
                }
                Source::Rest(rest) => {
                    let s = seq::seq(*rest)?;
                    self.source = match s.type_id() {
                        T::NONE => Source::End,
                        T::CONS => {
                            let c = as_type!(s, Cons);
                            self.source = Source::Rest(c.rest);
                            return Ok(Some(c.first));
                        }
                        T::LIST => {
                            let c = as_type!(s, List);
                            self.source = Source::Rest(c.rest);
                            return Ok(Some(c.first));
                        }
                        T::CHUNKED_CONS => {
                            let c = as_type!(s, ChunkedCons);
                            self.items = c.chunk.items();
                            self.source = Source::Rest(c.more);
                            return Ok(self.items.take_first());
                        }
                        T::VECTOR_SEQ if seq::is_chunked(s) => {
                            let s = as_type!(s, VecSeq);
                            Source::Indexed(s.vec, s.index as usize)
                        }
                        T::MAP_SEQ | T::KEY_SEQ | T::VAL_SEQ if entries::is_batched(s) => {
                            let (items, rest) = entries::batch(s);
                            self.items = items;
                            self.source = Source::Rest(rest);
                            return Ok(self.items.take_first());
                        }
                        T::RANGE => {
                            let r = as_type!(s, Range);
                            Source::Longs(r.start, r.step, r.count)
                        }
                        _ => {
                            let x = seq::first(s)?;
                            *rest = seq::rest(s)?;
                            return Ok(Some(x));
                        }
                    };
                }
            }
        }
    }
}
