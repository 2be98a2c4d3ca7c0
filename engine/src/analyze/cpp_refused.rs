//! Why C++ refuses a call, put where it is wrong: the argument rather than the whole form, and the nearest name where
//! there is none of that name. What Clang says counts arguments from 1, as a person does; the forms are found by that.

use super::*;
use questions::{Callee, Diagnostic, Question};

/// What the candidates agree on.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Wrong {
    /// The argument of this number does not fit.
    Argument(usize),
    /// So many are wanted at most.
    TooMany(usize),
}

impl Analyzer<'_> {
    /// The error of a call that Clang refused; `args` are the arguments' nodes and their places in `form`.
    #[cold]
    pub(crate) fn refused_call(
        &mut self,
        d: Diagnostic,
        callee: &Callee,
        form: Value,
        args: &[(ExprId, usize)],
    ) -> Thrown {
        let mut d = match (callee, d.code.as_str()) {
            (Callee::Name { name }, "cpp/unresolved") if d.help.is_none() => with_nearest(d, name),
            // A smart pointer, an iterator: C++ proposes its own arrow.
            (Callee::Method { name }, _) if d.help.is_none() && proposes_arrow(&d) => {
                d.help(format!("(.{name} (cpp/* object) …) asks what it points to"))
            }
            (Callee::Field { name }, _) if d.help.is_none() && proposes_arrow(&d) => {
                d.help(format!("(.-{name} (cpp/* object)) asks what it points to"))
            }
            _ => d,
        };
        let object = matches!(callee, Callee::Method { .. } | Callee::Invoke {}) as usize;
        let wrong: &[(ExprId, usize)] = match wrong_of(&d) {
            Some(Wrong::Argument(n)) => args.get(object + n - 1..object + n).unwrap_or_default(),
            Some(Wrong::TooMany(n)) => args.get(object + n..).unwrap_or_default(),
            None => &[],
        };
        let (Some(first), Some(last)) = (wrong.first(), wrong.last()) else { return self.raise(d) };
        let mut span = self.span_of(form, first.1);
        let end = self.span_of(form, last.1);
        (span.end_line, span.end_column) = (end.end_line, end.end_column);
        d.phase = Phase::Analyze;
        d.spans.insert(0, span);
        fault::raise_diagnostic(Class::Compiler, &d)
    }

    /// The place of a form's part; the form's own where a macro made it.
    fn span_of(&mut self, form: Value, i: usize) -> Span {
        let here = self.span("");
        self.at_child(form, i, |a| Ok(a.span(""))).unwrap_or(here)
    }
}

fn proposes_arrow(d: &Diagnostic) -> bool {
    d.message.contains("use '->' instead of '.'")
}

/// The same with what asking for the name alone proposes.
fn with_nearest(d: Diagnostic, name: &str) -> Diagnostic {
    let question = Question::Name { name: name.to_owned() };
    match crate::host::parts().cpp.ask(std::slice::from_ref(&question)).pop() {
        Some(Err(near)) => Diagnostic { notes: near.notes, help: near.help, ..d },
        _ => d,
    }
}

fn wrong_of(d: &Diagnostic) -> Option<Wrong> {
    if d.code != "cpp/no-matching-overload" && d.code != "cpp/constructor" {
        return None;
    }
    // Constructors that every class has (copy, move) say nothing about what was meant.
    let told = d.candidates.iter().map(|c| c.text.as_str()).filter(|t| !t.contains("(the implicit"));
    let mut found: Vec<Wrong> = told.filter_map(wrong_in).collect();
    if found.is_empty() {
        found.extend(wrong_in(&d.message));
    }
    let first = *found.first()?;
    found.iter().all(|w| *w == first).then_some(first)
}

fn wrong_in(text: &str) -> Option<Wrong> {
    if let Some((before, _)) = text.split_once(" argument").filter(|(b, _)| b.ends_with(['t', 'd', 'h'])) {
        let ordinal = before.rsplit(' ').next()?;
        if let Ok(n) = ordinal.trim_end_matches(char::is_alphabetic).parse() {
            return Some(Wrong::Argument(n)).filter(|_| n > 0);
        }
    }
    let wanted = ["requires at most ", "requires ", "expected at most ", "expected "]
        .iter()
        .find_map(|start| text.split_once(start).map(|(_, rest)| rest))?;
    let wanted = match wanted.strip_prefix("single argument") {
        Some(_) => 1,
        None => wanted.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?,
    };
    let given: usize = match text.split_once("but ").or_else(|| text.split_once("have ")) {
        Some((_, rest)) => rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?,
        None => return None,
    };
    (given > wanted).then_some(Wrong::TooMany(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrong_argument_is_read_from_what_clang_says() {
        let cases = [
            (
                "candidate function not viable: no known conversion from 'const char *' to 'int' for 2nd argument",
                Some(Wrong::Argument(2)),
            ),
            (
                "candidate function not viable: requires single argument 'x', but 3 arguments were provided",
                Some(Wrong::TooMany(1)),
            ),
            ("too many arguments to function call, expected at most 2, have 5", Some(Wrong::TooMany(2))),
            ("candidate function not viable: requires 2 arguments, but 1 was provided", None),
            ("too few arguments to function call, expected 2, have 1", None),
            ("candidate constructor (the implicit copy constructor) not viable", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(wrong_in(text), wanted, "{text}");
        }
    }
}
