//! What a name that is being typed may become: names of the language, and C++ names with their signatures, by `cpp/`, by a
//! header's alias, or as members of a type.

use super::{Alias, Namespace, VarFlag, current, library, namespace, resolve};
use crate::host;
use questions::Completion;

/// Most names of one answer.
const MOST: usize = 500;

/// Completions of the text of one name, in order. `class`: the C++ type whose members `.na` and `.-na` mean, where it is known.
pub fn complete(text: &str, class: Option<&str>) -> Vec<Completion> {
    let ns = current();
    if let Some(start) = text.strip_prefix('.') {
        return class.map_or_else(Vec::new, |class| members(start, class));
    }
    let mut all = match text.split_once('/').filter(|(before, _)| !before.is_empty()) {
        Some(("cpp", name)) => cpp(name, "", "", "cpp/"),
        Some((alias, name)) => qualified(ns, alias, name),
        None => plain(ns, text),
    };
    all.truncate(MOST);
    all
}

fn item(text: impl Into<String>, kind: &str) -> Completion {
    Completion { text: text.into(), kind: kind.into(), signature: String::new() }
}

/// Names of a C++ scope as the program writes them behind `prefix`.
fn cpp(name: &str, scope: &str, header: &str, prefix: &str) -> Vec<Completion> {
    let scope = if scope.is_empty() { String::new() } else { format!("{}::", scope.replace('.', "::")) };
    let asked = format!("{scope}{}", name.replace('.', "::"));
    let found = host::parts().cpp.complete(&asked, header);
    let written = |c: Completion| {
        let inner = c.text.strip_prefix(&scope)?;
        Some(Completion { text: format!("{prefix}{}", inner.replace("::", ".")), ..c })
    };
    found.into_iter().filter_map(written).collect()
}

fn members(start: &str, class: &str) -> Vec<Completion> {
    let (field, start) = start.strip_prefix('-').map_or((false, start), |s| (true, s));
    let class = class.trim().trim_start_matches("const ").trim_end_matches(['*', '&', ' ']);
    let scope = format!("{class}::");
    let found = host::parts().cpp.complete(&format!("{scope}{start}"), "");
    let wanted = if field { ["field", "field"] } else { ["method", "function"] };
    let mark = if field { ".-" } else { "." };
    let written = |c: Completion| {
        let inner = c.text.strip_prefix(&scope).filter(|_| wanted.contains(&c.kind.as_str()))?;
        Some(Completion { text: format!("{mark}{inner}"), ..c })
    };
    found.into_iter().filter_map(written).collect()
}

/// `alias/na`.
fn qualified(ns: &'static Namespace, alias: &str, name: &str) -> Vec<Completion> {
    let known = ns.aliases.read().get(alias).map(|a| match a {
        Alias::Namespace(n) => (Some(*n), String::new(), String::new()),
        Alias::Cpp { scope, header } => (None, scope.clone(), header.clone()),
    });
    let home = match known {
        Some((None, scope, header)) => return cpp(name, &scope, &header, &format!("{alias}/")),
        Some((Some(_), ..)) | None => resolve::namespace(ns, alias),
    };
    let Some(home) = home else { return Vec::new() };
    let names = resolve::own_names(home).into_iter().filter(|n| n.starts_with(name));
    names.map(|n| item(format!("{alias}/{n}"), "var")).collect()
}

/// A name without a namespace: what the current one sees, aliases, namespaces.
fn plain(ns: &'static Namespace, text: &str) -> Vec<Completion> {
    let mut all = Vec::new();
    ns.each(|symbol, var| {
        if let Some(s) = symbol.cast::<crate::text::Symbol>() {
            all.push(item(s.name_str(), if var.has(VarFlag::Macro) { "macro" } else { "var" }));
        }
    });
    let core = resolve::library_names("clojure.core").into_iter();
    all.extend(core.filter(|n| ns.sees_core(n)).map(|n| item(n, "var")));
    all.extend(
        ns.cpp_names.read().iter().map(|(short, full)| Completion { signature: full.clone(), ..item(short, "c++") }),
    );
    all.extend(ns.aliases.read().keys().map(|a| item(format!("{a}/"), "alias")));
    all.push(item("cpp/", "alias"));
    all.extend(namespace::all().into_iter().map(|n| item(n.name, "namespace")));
    all.extend(library::namespaces().chain(crate::native::namespaces()).map(|n| item(n, "namespace")));
    all.retain(|c| c.text.starts_with(text));
    all.sort_by(|a, b| a.text.cmp(&b.text));
    all.dedup_by(|b, a| a.text == b.text);
    all
}
