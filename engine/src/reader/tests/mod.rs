//! The reader from outside: what Clojure reads (`oracle`), where errors and forms stand (`places`, `errors`), what is
//! the dialect's own (`dialect`), and inputs nobody would write (`soup`).

mod dialect;
mod errors;
mod oracle;
mod places;
mod soup;

use super::{Form, Name, Options, Reader, Resolve};

/// The namespace `user` of a program: a few names of clojure.core are referred, `s` is clojure.string.
struct Program;

impl Resolve for Program {
    fn current_ns(&self) -> Box<str> {
        "user".into()
    }

    fn alias(&self, alias: &str) -> Option<Box<str>> {
        (alias == "s").then(|| "clojure.string".into())
    }

    fn symbol(&self, ns: Option<&str>, name: &str) -> Name {
        const REFERRED: &[&str] = &["inc", "fn", "let", "map", "unquote", "+", "/"];
        match ns {
            Some(ns) => Name::qualified(self.alias(ns).unwrap_or_else(|| ns.into()), name),
            None if REFERRED.contains(&name) => Name::qualified("clojure.core", name),
            None => Name::qualified("user", name),
        }
    }
}

fn program() -> Options<'static> {
    Options { resolver: Some(&Program), ..Options::default() }
}

/// All forms of a text up to the first error.
fn read_all(text: &str, options: Options) -> Result<Vec<Form>, Box<questions::Diagnostic>> {
    let mut reader = Reader::new(text, "test.clj", options);
    let mut forms = Vec::new();
    while let Some(form) = reader.next()? {
        forms.push(form);
    }
    Ok(forms)
}

/// A text's forms as text, or the code of its error.
fn shown(text: &str, options: Options) -> String {
    match read_all(text, options) {
        Ok(forms) => forms.iter().map(Form::to_string).collect::<Vec<_>>().join(" "),
        Err(error) => error.code.clone(),
    }
}
