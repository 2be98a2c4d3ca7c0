//! C++ types in forms: written as symbols, strings and lists, turned into C++ text; and the tree's table of types.

use super::call::dots;
use super::*;
use crate::host;
use crate::text::{Keyword, Text};
use questions::{Answer, CppType, Question, TypeKind};

impl Analyzer<'_> {
    /// The C++ text of a type form.
    pub(crate) fn type_text(&mut self, form: Value) -> Res<String> {
        if let Some(t) = form.cast::<Text>() {
            return Ok(t.as_str().to_owned());
        }
        if let Some(s) = form.cast::<Symbol>() {
            return Ok(match self.cpp_name(s) {
                Some(name) => name,
                None if s.ns.is_nil() => dots(s.name_str()),
                None => return Err(self.unresolved(s)),
            });
        }
        if let Some(n) = form.as_long() {
            return Ok(n.to_string());
        }
        if let Some(b) = form.as_bool() {
            return Ok(b.to_string());
        }
        if !coll::is_seq(form) {
            return Err(self.error("cpp/type", "this does not name a C++ type"));
        }
        if let Some(inner) = cpp_dsl::dsl_form(form)? {
            return self.type_text(inner);
        }
        let parts = items(form)?;
        let Some((&head, args)) = parts.split_first() else {
            return Err(self.error("cpp/type", "an empty list names no type"));
        };
        match head.cast::<Keyword>() {
            Some(k) => {
                let name = k.symbol.name_str().to_owned();
                self.type_operator(&name, args)
            }
            None => {
                let mut text = self.type_text(head)?;
                text.push('<');
                for (i, &a) in args.iter().enumerate() {
                    if i > 0 {
                        text.push_str(", ");
                    }
                    text.push_str(&self.type_text(a)?);
                }
                text.push('>');
                Ok(text)
            }
        }
    }

    fn type_operator(&mut self, operator: &str, args: &[Value]) -> Res<String> {
        let one = |a: &mut Self| match args {
            [t] => a.type_text(*t),
            _ => Err(a.error("cpp/type", format!("(:{operator} type) takes one type"))),
        };
        Ok(match operator {
            "*" => format!("{}*", simple(one(self)?)),
            "&" => format!("{}&", simple(one(self)?)),
            "&&" => format!("{}&&", simple(one(self)?)),
            "const" => format!("{} const", simple(one(self)?)),
            "volatile" => format!("{} volatile", simple(one(self)?)),
            "unsigned" => format!("unsigned {}", one(self)?),
            "signed" => format!("signed {}", one(self)?),
            "long" => format!("long {}", one(self)?),
            "short" => format!("short {}", one(self)?),
            "array" => match args {
                [t] => format!("__typeof__({}[])", simple(self.type_text(*t)?)),
                [t, n] if n.as_long().is_some_and(|n| n > 0) => {
                    format!("__typeof__({}[{}])", simple(self.type_text(*t)?), n.as_long().unwrap_or(1))
                }
                _ => return Err(self.error("cpp/type", "(:array type n) takes a type and a size")),
            },
            "fn" => match args {
                [ret, params] if coll::is_vector(*params) => {
                    let ret = simple(self.type_text(*ret)?);
                    let mut list = Vec::new();
                    for &p in items(*params)?.iter() {
                        list.push(self.type_text(p)?);
                    }
                    format!("__typeof__({ret}({}))", list.join(", "))
                }
                _ => return Err(self.error("cpp/type", "(:fn result [parameters]) takes a type and a vector of types")),
            },
            "member" => match args {
                [t, name] if name.is::<Symbol>() || coll::is_seq(*name) => {
                    format!("{}::{}", self.type_text(*t)?, self.type_text(*name)?)
                }
                _ => return Err(self.error("cpp/type", "(:member type name) takes a type and a name")),
            },
            "&member" => match args {
                [t, name] if name.is::<Symbol>() => {
                    format!("decltype(&{}::{})", self.type_text(*t)?, self.type_text(*name)?)
                }
                _ => return Err(self.error("cpp/type", "(:&member type name) takes a type and a name")),
            },
            "member*" => match args {
                [t, m] => format!("{} {}::*", simple(self.type_text(*m)?), self.type_text(*t)?),
                _ => return Err(self.error("cpp/type", "(:member* class type) takes two types")),
            },
            other => return Err(self.error("cpp/type", format!("no type operator :{other}"))),
        })
    }

    /// A type form, resolved.
    pub(crate) fn type_form(&mut self, form: Value) -> Res<TypeIx> {
        let text = self.type_text(form)?;
        self.type_named(&text)
    }

    pub(crate) fn type_named(&mut self, text: &str) -> Res<TypeIx> {
        if let Some(t) = builtin(text) {
            return Ok(self.add_type(t));
        }
        match self.ask(Question::Type { text: text.to_owned() })? {
            Answer::Type { ty } => Ok(self.add_type(ty)),
            _ => Err(self.error("cpp/type", format!("{text} does not name a type"))),
        }
    }

    pub(crate) fn add_type(&mut self, ty: CppType) -> TypeIx {
        let key = (ty.name.clone(), ty.version);
        if let Some(&ix) = self.types.get(&key) {
            return ix;
        }
        let ix = TypeIx(self.tree.types.len() as u32);
        self.tree.types.push(ty);
        self.types.insert(key, ix);
        ix
    }

    /// The type as what a value becomes in another way.
    pub(crate) fn type_by(&mut self, way: questions::Way, t: TypeIx) -> TypeIx {
        let ty = self.tree.ty(t).clone();
        let key = (format!("{way:?} {}", ty.name), ty.version);
        if let Some(&ix) = self.types.get(&key) {
            return ix;
        }
        let ix = TypeIx(self.tree.types.len() as u32);
        self.tree.types.push(CppType { way, ..ty });
        self.types.insert(key, ix);
        ix
    }

    pub(crate) fn builtin(&mut self, name: &str) -> TypeIx {
        match builtin(name) {
            Some(t) => self.add_type(t),
            None => self.add_type(scalar(name, TypeKind::Other, Repr::Memory, 0, false)),
        }
    }

    /// One question to the C++ side, its errors put at the form at hand.
    pub(crate) fn ask(&mut self, q: Question) -> Res<Answer> {
        self.answer(q)?.map_err(|d| self.raise(d))
    }

    /// The answer, or what is wrong; Err where a later pass will know.
    pub(crate) fn answer(&mut self, q: Question) -> Res<Result<Answer, Diagnostic>> {
        if self.collecting.is_some() {
            if let Some(known) = host::parts().cpp.known(&q) {
                return Ok(known);
            }
            if let Some(c) = &mut self.collecting {
                let next = c.questions.len() as u32;
                let number = *c.asked.entry(q.clone()).or_insert(next);
                c.last = Some(number);
                if number == next {
                    c.questions.push(q);
                    if c.questions.len() - c.sent >= if c.sent == 0 { FIRST_BATCH } else { BATCH } {
                        host::parts().cpp.send(c.sent as u32, &c.questions[c.sent..]);
                        c.sent = c.questions.len();
                    }
                }
            }
            return Err(self.missing());
        }
        match host::parts().cpp.ask(std::slice::from_ref(&q)).pop() {
            Some(answer) => Ok(answer),
            None => Err(self.error("cpp/unresolved", "the C++ side gave no answer")),
        }
    }
}

/// Text that a declarator can follow: function and array types through `__typeof__`, the rest as it is.
fn simple(text: String) -> String {
    if text.contains('(') && !text.starts_with("__typeof__") && !text.starts_with("decltype") {
        format!("__typeof__({text})")
    } else {
        text
    }
}

fn scalar(name: &str, kind: TypeKind, repr: Repr, size: u32, signed: bool) -> CppType {
    CppType {
        name: name.to_owned(),
        display: name.to_owned(),
        kind,
        repr,
        size,
        align: size,
        is_const: false,
        trivially_copyable: true,
        trivially_destructible: true,
        copyable: true,
        movable: true,
        default_constructible: true,
        aggregate: false,
        incomplete: false,
        signed,
        target: String::new(),
        version: 0,
        way: questions::Way::Plain,
    }
}

/// The type of `nullptr`, spelled so that no header is needed.
pub(crate) const NULLPTR: &str = "decltype(nullptr)";

/// The types of literals, known without asking: native forms must not open Clang for them.
pub(crate) fn builtin(name: &str) -> Option<CppType> {
    Some(match name {
        "void" => scalar(name, TypeKind::Void, Repr::Void, 0, false),
        "bool" => scalar(name, TypeKind::Bool, Repr::Bool, 1, false),
        "char" => scalar(name, TypeKind::Char, Repr::I8, 1, true),
        "int" => scalar(name, TypeKind::Integer, Repr::I32, 4, true),
        "long" => scalar(name, TypeKind::Integer, Repr::I64, 8, true),
        "unsigned int" => scalar(name, TypeKind::Integer, Repr::U32, 4, false),
        "unsigned long" => scalar(name, TypeKind::Integer, Repr::U64, 8, false),
        "float" => scalar(name, TypeKind::Float, Repr::F32, 4, true),
        "double" => scalar(name, TypeKind::Float, Repr::F64, 8, true),
        NULLPTR => scalar(name, TypeKind::NullPtr, Repr::Pointer, 8, false),
        "const char *" => {
            CppType { target: "const char".into(), ..scalar(name, TypeKind::Pointer, Repr::Pointer, 8, false) }
        }
        _ => return None,
    })
}
