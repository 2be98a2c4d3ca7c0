//! `rung explain`: what an error code means.

use super::{Options, Status, complain};
use crate::codes;
use engine::diagnostic::{Diagnostic, Phase};

pub fn run(options: &Options, code: Option<String>) -> Status {
    let Some(code) = code else {
        codes::all().for_each(|c| crate::say(&format!("{c}\n")));
        return Status::Fine;
    };
    match (codes::find(&code), options.json.is_some()) {
        (Some(text), true) => {
            crate::say(&format!("{}\n", serde_json::json!({"version": 1, "code": code, "text": text})));
            Status::Fine
        }
        (Some(text), false) => {
            let wrapped: Vec<String> = text.lines().flat_map(|l| crate::render::wrap(l, 80)).collect();
            crate::say(&format!("{code}\n\n{}\n", wrapped.join("\n")));
            Status::Fine
        }
        (None, _) => {
            let mut d = Diagnostic::new(Phase::Run, "rung/usage", format!("`{code}` is no error code"));
            d = match codes::nearest(&code, codes::all()) {
                Some(near) => d.help(format!("rung explain {near}")),
                None => d.help("rung explain"),
            };
            complain(options, &d);
            Status::Unusable
        }
    }
}
