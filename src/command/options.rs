//! The options that stand before FILE, and everywhere with other commands; what they mean for the engine and for reports.

use crate::render::{ColorChoice, Look};
use crate::{Settings, codes};
use clap::{Args, builder::PossibleValuesParser};
use engine::diagnostic::{Diagnostic, Phase};
use std::fs::File;
use std::io::Write;
use std::sync::Mutex;

#[derive(Args, Debug, Clone, Default)]
pub struct Options {
    /// Which tiers run: tiered climbs, interpret, baseline and clang stay in one, stubs is clang through trampolines
    #[arg(long, global = true, value_name = "NAME", value_parser = PossibleValuesParser::new(crate::STRATEGIES))]
    pub strategy: Option<String>,
    /// Sets a threshold or switch; may be repeated. A wrong name lists them all
    #[arg(long, global = true, value_name = "NAME=VALUE", action = clap::ArgAction::Append)]
    pub tune: Vec<String>,
    /// Shows the metrics at the end, those whose names match
    #[arg(long, global = true, value_name = "GLOB", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    pub metrics: Option<String>,
    /// Shows the events of functions that climb, those whose names match
    #[arg(long, global = true, value_name = "GLOB", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    pub trace_tier: Option<String>,
    /// Reports and errors as JSON, one object a line, on standard error or to a file
    #[arg(long, global = true, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub json: Option<String>,
    /// Shows the C++ of a function at the end
    #[arg(long, global = true, value_name = "FN")]
    pub dump_cpp: Option<String>,
    /// Shows the Cranelift code of a function at the end
    #[arg(long, global = true, value_name = "FN")]
    pub dump_clif: Option<String>,
    /// Seeks C++ headers in this folder too
    #[arg(short = 'I', global = true, value_name = "DIR", action = clap::ArgAction::Append)]
    pub include_dirs: Vec<String>,
    /// Seeks libraries in this folder too
    #[arg(short = 'L', global = true, value_name = "DIR", action = clap::ArgAction::Append)]
    pub library_dirs: Vec<String>,
    /// Opens a shared library before anything runs
    #[arg(short = 'l', global = true, value_name = "LIB", action = clap::ArgAction::Append)]
    pub libraries: Vec<String>,
    /// Reads a C++ header before anything runs
    #[arg(long, global = true, value_name = "HEADER", action = clap::ArgAction::Append)]
    pub include: Vec<String>,
    /// Folders in which namespaces are sought
    #[arg(long, global = true, value_name = "DIR:DIR")]
    pub path: Option<String>,
    /// The most that the heap may hold: bytes, or with K, M, G
    #[arg(long, global = true, value_name = "SIZE", value_parser = size)]
    pub max_heap: Option<usize>,
    /// Colour in messages
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    pub color: ColorChoice,
}

impl Options {
    pub fn look(&self) -> Look {
        Look::of_stderr(self.color)
    }

    /// What the engine is started with.
    ///
    /// # Errors
    /// An unknown `--tune` name or a value that is no number.
    pub fn settings(&self) -> Result<Settings, Diagnostic> {
        let tunes = self.tune.iter().map(|t| tune(t)).collect::<Result<Vec<_>, _>>()?;
        Ok(Settings {
            strategy: self.strategy.clone().unwrap_or_else(|| "tiered".to_owned()),
            tunes,
            include_dirs: self.include_dirs.clone(),
            library_dirs: self.library_dirs.clone(),
            libraries: self.libraries.clone(),
            headers: self.include.clone(),
            path: self.path.iter().flat_map(|p| p.split(':')).filter(|p| !p.is_empty()).map(str::to_owned).collect(),
            max_heap: self.max_heap.unwrap_or(0),
            dump: self.dump_cpp.iter().chain(&self.dump_clif).cloned().collect(),
            builder: std::env::current_exe().unwrap_or_default(),
            ..Settings::default()
        })
    }
}

/// `NAME=VALUE`, checked against the known names.
fn tune(text: &str) -> Result<(String, u64), Diagnostic> {
    let wrong = |message: String| Diagnostic::new(Phase::Run, "rung/tune", message);
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let names = crate::tune_names();
    if !names.iter().any(|n| n.as_str() == name) {
        let mut d = wrong(format!("`{name}` is no name for --tune")).note(format!("known are {}", names.join(", ")));
        if let Some(near) = codes::nearest(name, names.iter().map(String::as_str)) {
            d = d.help(format!("--tune {near}={}", if value.is_empty() { "VALUE" } else { value }));
        }
        return Err(d);
    }
    match value.parse() {
        Ok(n) => Ok((name.to_owned(), n)),
        Err(_) => Err(wrong(format!("--tune {name} wants a whole number, not `{value}`"))),
    }
}

/// `512M` as bytes.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.trim_end_matches(['B', 'b', 'i']) {
        t if t.ends_with(['k', 'K']) => (&t[..t.len() - 1], 10),
        t if t.ends_with(['m', 'M']) => (&t[..t.len() - 1], 20),
        t if t.ends_with(['g', 'G']) => (&t[..t.len() - 1], 30),
        t => (t, 0),
    };
    let n: usize = digits.parse().map_err(|_| "a number of bytes, as 512M".to_owned())?;
    n.checked_shl(shift).filter(|b| b >> shift == n).ok_or_else(|| "too large".to_owned())
}

/// Where JSON reports go.
pub enum Outlet {
    Stderr,
    File(Mutex<File>),
}

impl Outlet {
    pub fn line(&self, text: &str) {
        let text = format!("{text}\n");
        match self {
            Outlet::Stderr => drop(std::io::stderr().write_all(text.as_bytes())),
            Outlet::File(f) => drop(f.lock().map(|mut f| f.write_all(text.as_bytes()))),
        }
    }
}

/// How errors and reports about a running program are shown.
pub struct Reporting {
    pub json: Option<Outlet>,
    pub look: Look,
}

impl Reporting {
    /// # Errors
    /// `--json=FILE` that cannot be written.
    pub fn of(options: &Options) -> Result<Reporting, Diagnostic> {
        let json =
            match options.json.as_deref() {
                None => None,
                Some("") => Some(Outlet::Stderr),
                Some(path) => Some(Outlet::File(Mutex::new(File::create(path).map_err(|e| {
                    Diagnostic::new(Phase::Run, "rung/file", format!("{path} cannot be written: {e}"))
                })?))),
            };
        Ok(Reporting { json, look: options.look() })
    }
}

/// Does `name` match a glob of `*` and `?`?
pub fn glob(pattern: &str, name: &str) -> bool {
    let (p, n): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut i, mut j) = (0, 0);
    let mut star = None;
    while j < n.len() {
        if i < p.len() && p[i] == '*' {
            star = Some((i, j));
            i += 1;
        } else if i < p.len() && (p[i] == '?' || p[i] == n[j]) {
            (i, j) = (i + 1, j + 1);
        } else if let Some((si, sj)) = star {
            star = Some((si, sj + 1));
            (i, j) = (si + 1, sj + 1);
        } else {
            return false;
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (p, n, yes) in [
            ("*", "user/f", true),
            ("user/*", "user/f", true),
            ("user/*", "users/f", false),
            ("*draw*!", "ui/draw-it!", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "axxbyybzc", true),
        ] {
            assert_eq!(glob(p, n), yes, "{p} {n}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("64k"), Ok(64 << 10));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("77"), Ok(77));
        assert!(size("M").is_err() && size("12x").is_err() && size("99999999999999G").is_err());
    }
}
