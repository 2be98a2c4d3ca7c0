//! The codes of errors and what is known about each: docs/errors.md, read where `rung explain` or an error names a code.

const TEXT: &str = include_str!("../docs/errors.md");

/// The section of a code, without its heading.
pub fn find(code: &str) -> Option<&'static str> {
    let heading = format!("\n### `{code}`\n");
    let start = TEXT.find(&heading)? + heading.len();
    let rest = &TEXT[start..];
    let end = rest.find("\n##").unwrap_or(rest.len());
    Some(rest[..end].trim())
}

/// Every code, in the order of the page.
pub fn all() -> impl Iterator<Item = &'static str> {
    TEXT.lines().filter_map(|l| l.strip_prefix("### `")?.strip_suffix('`'))
}

/// The known name that is nearest to `name`, where one is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(2);
    known.map(|k| (distance(name, k), k)).min().filter(|(d, _)| *d <= limit).map(|(_, k)| k)
}

/// Edits between two names: insert, delete, replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_code_has_a_text() {
        let codes: Vec<_> = super::all().collect();
        assert!(codes.len() > 40, "{codes:?}");
        for code in codes {
            let text = super::find(code).unwrap_or_default();
            assert!(text.lines().count() >= 1 && text.len() > 20, "{code} says nothing");
        }
    }

    #[test]
    fn the_nearest_name() {
        let known = ["tier1.calls", "tier2.calls", "compile.wait"];
        assert_eq!(super::nearest("tier1.cals", known.into_iter()), Some("tier1.calls"));
        assert_eq!(super::nearest("compile_wait", known.into_iter()), Some("compile.wait"));
        assert_eq!(super::nearest("zzzzzzzzzz", known.into_iter()), None);
    }
}
