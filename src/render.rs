//! Errors for people: a diagnostic as text. The first line says phase, code, place and cause; behind it the source with the
//! argument underlined (ariadne), the candidates, notes, help, and where to read more. Errors for programs are the
//! diagnostic's JSON, one object a line.

use ariadne::{CharSet, Color, Config, Label, LabelAttach, Report, ReportKind, Source};
use engine::diagnostic::{Diagnostic, Note, Phase, Span};
use engine::reader::{Options, ReadEval, Reader};
use std::collections::HashMap;
use std::fmt::Write;
use std::io::IsTerminal;

/// How text may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub color: bool,
    /// Lines and arrows beyond ASCII.
    pub unicode: bool,
    /// Columns to keep within, where the source's own lines allow it.
    pub width: usize,
}

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

impl Look {
    fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
    pub const PLAIN: Look = Look { color: false, unicode: true, width: 80 };

    /// For standard error.
    pub fn of_stderr(choice: ColorChoice) -> Look {
        let wanted = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
                !set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
                    && std::io::stderr().is_terminal()
            }
        };
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
        let utf8 =
            locale.is_none_or(|l| l.to_ascii_lowercase().replace('-', "").contains("utf8") || l.starts_with("C."));
        Look { color: wanted, unicode: utf8, width: 80 }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Texts that are no files: what was typed, what `-e` was given.
#[derive(Debug, Default)]
pub struct Sources(HashMap<String, String>);

impl Sources {
    /// A text that begins at a line of its name.
    pub fn remember(&mut self, name: &str, line: u32, text: &str) {
        let above = "\n".repeat(line.max(1) as usize - 1);
        self.0.insert(name.to_owned(), above + text);
    }
    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            Some(text) => Some(text.clone()),
            None => std::fs::read_to_string(name).ok(),
        }
    }
}

/// One object, one line.
pub fn json(d: &Diagnostic) -> String {
    serde_json::to_string(d).unwrap_or_default()
}

/// The whole text, with a newline at its end.
pub fn text(d: &Diagnostic, sources: &Sources, look: Look) -> String {
    let mut out = headline(d, look);
    if let Some(block) = source_block(d, sources, look) {
        out.push_str(&block);
    }
    remarks(&mut out, "candidate", &d.candidates, look);
    remarks(&mut out, "note", &d.notes, look);
    if let Some(help) = &d.help {
        paragraph(&mut out, "help", "36", help, look);
    }
    if crate::codes::find(&d.code).is_some() {
        let _ = writeln!(out, "  for more: rung explain {}", d.code);
    }
    out
}

fn headline(d: &Diagnostic, look: Look) -> String {
    let place = d.spans.first().filter(|s| !s.file.is_empty() || s.line > 0).map(|s| format!(" at {}", place(s)));
    // The command line's own errors have no phase.
    let phase = if d.code.starts_with("rung/") { String::new() } else { format!("{} ", phase(d.phase)) };
    let head = format!("{phase}error {}{}:", d.code, place.unwrap_or_default());
    let message = d.message.trim_end();
    let first = message.lines().next().unwrap_or_default();
    // The head stays whole; what does not fit beside it goes on below.
    let mut pieces = wrap(&format!("{head} {first}"), look.width - 2);
    pieces.extend(message.lines().skip(1).flat_map(|l| wrap(l, look.width - 2)));
    let mut out = String::new();
    for (i, piece) in pieces.iter().enumerate() {
        let _ = match (i, piece.strip_prefix(&head)) {
            (0, Some(rest)) => writeln!(out, "{}{rest}", look.paint("1;31", &head)),
            (0, None) => writeln!(out, "{piece}"),
            _ => writeln!(out, "  {piece}"),
        };
    }
    out
}

pub fn phase(p: Phase) -> &'static str {
    match p {
        Phase::Read => "read",
        Phase::Macroexpand => "macroexpand",
        Phase::Analyze => "analyze",
        Phase::Compile => "compile",
        Phase::Run => "run",
        Phase::Print => "print",
    }
}

/// `file:line:column`, as far as it is known.
pub fn place(s: &Span) -> String {
    match (s.line, s.column) {
        (0, _) => s.file.clone(),
        (line, 0) => format!("{}:{line}", s.file),
        (line, column) => format!("{}:{line}:{column}", s.file),
    }
}

/// The source with its labels, without ariadne's own first line; `None` where no span's text is known.
fn source_block(d: &Diagnostic, sources: &Sources, look: Look) -> Option<String> {
    let mut cache: Vec<(String, Source<String>)> = Vec::new();
    let mut labels = Vec::new();
    let mut at = None;
    for (i, span) in d.spans.iter().enumerate() {
        if span.line == 0 {
            continue;
        }
        if !cache.iter().any(|c| c.0 == span.file) {
            let Some(text) = sources.text(&span.file) else { continue };
            // Tabs would move the marks: ariadne counts them as one character and draws them as many.
            cache.push((span.file.clone(), Source::from(text.replace('\t', " "))));
        }
        let Some((_, source)) = cache.iter().find(|c| c.0 == span.file) else { continue };
        let Some(range) = offsets(source, span) else { continue };
        let color = if i == 0 { Color::Red } else { Color::Cyan };
        at.get_or_insert_with(|| (span.file.clone(), range.clone()));
        // Without a word ariadne underlines nothing.
        let word = if span.label.is_empty() { "here" } else { &span.label };
        labels.push(Label::new((span.file.clone(), range)).with_message(word).with_color(color).with_order(i as i32));
    }
    let config = Config::default()
        .with_color(look.color)
        .with_label_attach(LabelAttach::Start)
        .with_char_set(if look.unicode { CharSet::Unicode } else { CharSet::Ascii });
    let report =
        Report::build(ReportKind::Custom("", Color::Red), at?).with_config(config).with_labels(labels).finish();
    let mut bytes = Vec::new();
    report.write(ariadne::sources(cache.into_iter().map(|(n, s)| (n, s.text().to_owned()))), &mut bytes).ok()?;
    let all = String::from_utf8_lossy(&bytes);
    let body = all.split_once('\n')?.1;
    Some(body.lines().map(|l| format!("{}\n", l.trim_end())).collect())
}

/// A span as offsets in characters; at least one character long, inside of the text.
fn offsets(source: &Source<String>, span: &Span) -> Option<std::ops::Range<usize>> {
    let at = |line: u32, column: u32| {
        let l = source.line(line.checked_sub(1)? as usize)?;
        Some(l.offset() + (column.max(1) as usize - 1).min(l.len()))
    };
    let start = at(span.line, span.column)?;
    let line_end = source.line(span.line as usize - 1).map(|l| l.offset() + l.len())?;
    let end = if span.end_line == 0 { form_end(source, start) } else { at(span.end_line, span.end_column) };
    let end = end.unwrap_or(line_end);
    // A form over many lines is shown by its first.
    let end = if span.end_line > span.line + 3 || span.end_line == 0 { end.min(line_end) } else { end };
    Some(start..end.max(start + 1))
}

/// Where the form that begins at an offset ends.
fn form_end(source: &Source<String>, start: usize) -> Option<usize> {
    let rest: String = source.text().chars().skip(start).collect();
    let mut reader = Reader::new(&rest, "", Options { read_eval: ReadEval::Allow, ..Options::default() });
    reader.next().ok()??;
    Some(start + rest[..reader.offset()].chars().count())
}

/// So many of a kind are shown; a program gets all of them by `--json`.
const SHOWN: usize = 8;

fn remarks(out: &mut String, kind: &str, all: &[Note], look: Look) {
    // One that would be the only one left out takes no more room than what says so.
    let shown = if all.len() > SHOWN + 1 { SHOWN } else { all.len() };
    for note in &all[..shown] {
        let text = shortened(note.text.trim_end(), look.ellipsis());
        let text = match &note.span {
            Some(s) if s.line > 0 || !s.file.is_empty() => format!("{text} ({})", place(s)),
            _ => text,
        };
        paragraph(out, kind, "33", &text, look);
    }
    if shown < all.len() {
        let _ = writeln!(out, "  {} and {} more", look.ellipsis(), all.len() - shown);
    }
}

/// Characters that a remark may have before what its types are made of is left out.
const LONG: usize = 240;

/// A long text with the innermost template arguments left out until it is short: `map<…>`.
fn shortened(text: &str, ellipsis: &str) -> String {
    let mut text = text.to_owned();
    while text.chars().count() > LONG {
        let Some((from, to)) = innermost(&text, ellipsis) else { break };
        text.replace_range(from..to, ellipsis);
    }
    text
}

/// What stands between the `<` and `>` of the longest template argument list that holds none that could still be left out.
fn innermost(text: &str, ellipsis: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut open = Vec::new();
    let mut best: Option<(usize, usize)> = None;
    for (i, b) in bytes.iter().enumerate() {
        let before = i.checked_sub(1).map_or(b' ', |at| bytes[at]);
        match b {
            // An operator has a space, or another operator, before it.
            b'<' if before.is_ascii_alphanumeric() || before == b'_' => open.push((i + 1, false)),
            b'>' if before != b'-' && before != b' ' => {
                let Some((from, holds)) = open.pop() else { continue };
                let inside = &text[from..i];
                if inside.len() <= ellipsis.len() {
                    continue;
                }
                if !holds && best.is_none_or(|(f, t)| t - f < i - from) {
                    best = Some((from, i));
                }
                if let Some(outer) = open.last_mut() {
                    outer.1 = true;
                }
            }
            _ => {}
        }
    }
    best
}

/// `  kind: text`, wrapped, further lines indented below the text's first.
fn paragraph(out: &mut String, kind: &str, color: &str, text: &str, look: Look) {
    let head = format!("  {kind}: ");
    let indent = " ".repeat(head.len());
    let room = look.width.saturating_sub(head.len()).max(20);
    let mut first = true;
    for line in text.trim_end().lines() {
        for piece in wrap(line, room) {
            if first {
                let _ = writeln!(out, "{}{piece}", look.paint(color, &head));
            } else {
                let _ = writeln!(out, "{indent}{piece}");
            }
            first = false;
        }
    }
}

/// Breaks at spaces; a word longer than the room stays whole.
pub fn wrap(line: &str, room: usize) -> Vec<String> {
    if line.chars().count() <= room {
        return vec![line.to_owned()];
    }
    let mut pieces = vec![String::new()];
    for word in line.split(' ') {
        let last = pieces.len() - 1;
        let used = pieces[last].chars().count();
        if used > 0 && used + 1 + word.chars().count() > room {
            pieces.push(word.to_owned());
        } else {
            if used > 0 {
                pieces[last].push(' ');
            }
            pieces[last].push_str(word);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_types_lose_their_inner_arguments_first() {
        let args = "std::pair<const std::basic_string<char, std::char_traits<char>, std::allocator<char>>, int>";
        let text = format!("no conversion from 'std::map<{args}, {args}, std::less<{args}>>' to 'int' and a < b, p->q");
        let short = shortened(&text, "…");
        assert!(short.chars().count() <= LONG, "{short}");
        assert!(short.starts_with("no conversion from 'std::map<std::pair<"), "{short}");
        assert!(short.ends_with("' to 'int' and a < b, p->q"), "{short}");
        assert_eq!(shortened("vector<int>", "…"), "vector<int>");
        let plain = "word ".repeat(100);
        assert_eq!(shortened(&plain, "…"), plain);
    }

    #[test]
    fn long_lists_of_candidates_are_cut() {
        let look = Look { color: false, unicode: false, width: 80 };
        let note = |i: usize| Note { text: format!("f({i})"), span: None };
        let shown = |n: usize| {
            let mut out = String::new();
            remarks(&mut out, "candidate", &(0..n).map(note).collect::<Vec<_>>(), look);
            out
        };
        assert_eq!(shown(SHOWN + 1).lines().count(), SHOWN + 1);
        let cut = shown(40);
        assert_eq!(cut.lines().count(), SHOWN + 1);
        assert!(cut.ends_with("  ... and 32 more\n"), "{cut}");
    }
}
