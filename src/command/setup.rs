//! Settings that stand elsewhere than on the command line: in the environment (`RUNG_STRATEGY`, …), in the project's
//! `rung.edn` (in this folder or the nearest one above), in the user's (`$XDG_CONFIG_HOME/rung/rung.edn`). The first of
//! these that says something wins; lists of folders, libraries and headers add up, the command line's first.
//!
//! ```clojure
//! {:strategy "tiered", :tune {"tier1.calls" 50}, :path ["src"], :max-heap "2G",
//!  :include-dirs ["include"], :library-dirs ["lib"], :libraries ["sqlite3"], :include ["game.h"]}
//! ```
//! Folders of a file are meant from where the file is.

use super::options::{Options, size};
use crate::codes;
use engine::diagnostic::{Diagnostic, Phase, Span};
use engine::reader::{self, Form, FormKind, Reader, Syntax};
use std::path::{Path, PathBuf};

const FILE: &str = "rung.edn";
/// Keys of a file; in the environment `RUNG_` and the key in capitals, lists joined by `:`, tunes by `,`.
const KEYS: [&str; 8] =
    ["strategy", "tune", "path", "max-heap", "include-dirs", "library-dirs", "libraries", "include"];

/// A setting that did not come from the command line: what, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub key: &'static str,
    pub value: String,
    pub source: String,
}

/// What one source says: keys with their words.
struct Layer {
    source: String,
    said: Vec<(&'static str, Vec<String>)>,
}

/// Fills in what the command line leaves open.
///
/// # Errors
/// A file that is no map of settings; an unknown key; a value that is none.
pub fn fill(options: &mut Options) -> Result<Vec<Decided>, Diagnostic> {
    let mut layers = vec![environment()];
    layers.extend(project().map(|p| file(&p)).transpose()?);
    layers.extend(user().filter(|p| p.exists()).map(|p| file(&p)).transpose()?);
    let mut decided = Vec::new();
    let mut tunes = Vec::new();
    for layer in layers {
        for (key, words) in layer.said {
            if take(options, &mut tunes, key, &words, &layer.source)? {
                decided.push(Decided { key, value: words.join(", "), source: layer.source.clone() });
            }
        }
    }
    // The last one of a name holds.
    tunes.reverse();
    tunes.append(&mut options.tune);
    options.tune = tunes;
    Ok(decided)
}

/// False where somebody before has decided.
fn take(
    options: &mut Options,
    tunes: &mut Vec<String>,
    key: &str,
    words: &[String],
    source: &str,
) -> Result<bool, Diagnostic> {
    let one = words.first().cloned();
    match key {
        "strategy" if options.strategy.is_none() => match one {
            Some(name) if crate::STRATEGIES.contains(&name.as_str()) => options.strategy = Some(name),
            other => {
                let message = format!("{source}: `{}` is no strategy", other.unwrap_or_default());
                return Err(wrong(message).note(format!("known are {}", crate::STRATEGIES.join(", "))));
            }
        },
        "max-heap" if options.max_heap.is_none() => {
            let text = one.unwrap_or_default();
            options.max_heap = Some(size(&text).map_err(|e| wrong(format!("{source}: max-heap `{text}`: {e}")))?);
        }
        "path" if options.path.is_none() => options.path = Some(words.join(":")),
        "strategy" | "max-heap" | "path" => return Ok(false),
        "tune" => tunes.extend(words.iter().rev().cloned()),
        "include-dirs" => options.include_dirs.extend_from_slice(words),
        "library-dirs" => options.library_dirs.extend_from_slice(words),
        "libraries" => options.libraries.extend_from_slice(words),
        _ => options.include.extend_from_slice(words),
    }
    Ok(true)
}

fn wrong(message: String) -> Diagnostic {
    Diagnostic::new(Phase::Read, "rung/settings", message)
}

fn environment() -> Layer {
    let said = KEYS
        .iter()
        .filter_map(|key| {
            let text = std::env::var(format!("RUNG_{}", key.to_uppercase().replace('-', "_"))).ok()?;
            let between = if *key == "tune" { ',' } else { ':' };
            let words = text.split(between).filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            (!words.is_empty()).then_some((*key, words))
        })
        .collect();
    Layer { source: "the environment".to_owned(), said }
}

fn project() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(FILE)).find(|p| p.is_file())
}

fn user() -> Option<PathBuf> {
    let folder = match std::env::var_os("XDG_CONFIG_HOME").filter(|v| !v.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".config"),
    };
    Some(folder.join("rung").join(FILE))
}

fn file(path: &Path) -> Result<Layer, Diagnostic> {
    let source = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("{source} cannot be read: {e}")))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Ok(Layer { said: parse(&text, &source, folder)?, source })
}

fn parse(text: &str, source: &str, folder: &Path) -> Result<Vec<(&'static str, Vec<String>)>, Diagnostic> {
    let options = reader::Options { syntax: Syntax::Edn, ..reader::Options::default() };
    let mut reader = Reader::new(text, source, options);
    let Some(form) = reader.next()? else { return Ok(Vec::new()) };
    let FormKind::Map(items) = &form.kind else {
        return Err(wrong(format!("{source}: a map of settings is wanted")).at(span(&form, source)));
    };
    items.chunks_exact(2).map(|pair| entry(&pair[0], &pair[1], source, folder)).collect()
}

fn entry(key: &Form, value: &Form, source: &str, folder: &Path) -> Result<(&'static str, Vec<String>), Diagnostic> {
    let name = word(key).unwrap_or_default();
    let Some(key) = KEYS.iter().find(|k| **k == name) else {
        let d = wrong(format!("{source}: `{name}` is no setting")).at(span(key, source));
        let d = d.note(format!("known are {}", KEYS.join(", ")));
        return Err(match codes::nearest(&name, KEYS.iter().copied()) {
            Some(near) => d.help(format!("did you mean :{near}?")),
            None => d,
        });
    };
    let refuse = |f: &Form| wrong(format!("{source}: this is no value of :{key}")).at(span(f, source));
    let words = match &value.kind {
        FormKind::Map(items) if *key == "tune" => items
            .chunks_exact(2)
            .map(|p| Some(format!("{}={}", word(&p[0])?, word(&p[1])?)))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| refuse(value))?,
        FormKind::Vector(items) => {
            items.iter().map(|f| word(f).ok_or_else(|| refuse(f))).collect::<Result<Vec<_>, _>>()?
        }
        _ => vec![word(value).ok_or_else(|| refuse(value))?],
    };
    let folders = ["path", "include-dirs", "library-dirs"].contains(key);
    let placed = |w: String| if folders { folder.join(w).to_string_lossy().into_owned() } else { w };
    Ok((key, words.into_iter().map(placed).collect()))
}

/// A string, a name or a whole number as text.
fn word(form: &Form) -> Option<String> {
    match &form.kind {
        FormKind::String(s) => Some(s.to_string()),
        FormKind::Symbol(name) | FormKind::Keyword { name, .. } => Some(name.name.to_string()),
        FormKind::Long(n) => Some(n.to_string()),
        _ => None,
    }
}

fn span(form: &Form, source: &str) -> Span {
    let p = form.span;
    Span {
        file: source.to_owned(),
        line: p.line,
        column: p.column,
        end_line: p.end_line,
        end_column: p.end_column,
        label: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Vec<(&'static str, Vec<String>)>, Diagnostic> {
        parse(text, "rung.edn", Path::new("/game"))
    }

    #[test]
    fn a_file_says_what_it_says() {
        let all = said("{:strategy :baseline, :tune {\"tier1.calls\" 5}, :path [\"src\" \"/lib\"], :libraries [z]}");
        let words = |w: &[&str]| w.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            all,
            Ok(vec![
                ("strategy", words(&["baseline"])),
                ("tune", words(&["tier1.calls=5"])),
                ("path", words(&["/game/src", "/lib"])),
                ("libraries", words(&["z"])),
            ])
        );
        assert_eq!(said(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let place = |text| said(text).map_err(|d| (d.spans[0].column, d.help)).err();
        assert_eq!(place("[1]"), Some((1, None)));
        assert_eq!(place("{:strateg 1}"), Some((2, Some("did you mean :strategy?".to_owned()))));
        assert_eq!(place("{:path {}}"), Some((8, None)));
        assert!(said("{:path").is_err());
    }

    #[test]
    fn the_first_that_says_something_wins() {
        let mut o = Options { tune: vec!["tier1.calls=1".to_owned()], ..Options::default() };
        let mut tunes = Vec::new();
        let words = |s: &str| vec![s.to_owned()];
        assert_eq!(take(&mut o, &mut tunes, "strategy", &words("clang"), "a"), Ok(true));
        assert_eq!(take(&mut o, &mut tunes, "strategy", &words("stubs"), "b"), Ok(false));
        assert_eq!(o.strategy.as_deref(), Some("clang"));
        assert!(take(&mut Options::default(), &mut tunes, "strategy", &words("fast"), "a").is_err());
        assert!(take(&mut Options::default(), &mut tunes, "max-heap", &words("much"), "a").is_err());
        take(&mut o, &mut tunes, "include-dirs", &words("x"), "a").expect("a folder");
        take(&mut o, &mut tunes, "include-dirs", &words("y"), "b").expect("a folder");
        assert_eq!(o.include_dirs, ["x", "y"]);
    }
}
