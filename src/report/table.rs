//! Tables for people: the first column left, numbers right, nothing wider than it must be.

use std::fmt::Write;

/// Rows of cells under a header; every row as long as the header.
pub fn text(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        let cells = rows.iter().map(|r| r[i].chars().count());
        cells.chain([header[i].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut out = String::new();
    let mut line = |cells: &[String]| {
        let mut text = String::new();
        for (i, cell) in cells.iter().enumerate() {
            let w = widths[i];
            let _ = if i == 0 { write!(text, "{cell:<w$}") } else { write!(text, "  {cell:>w$}") };
        }
        let _ = writeln!(out, "{}", text.trim_end());
    };
    line(&header.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
    rows.iter().for_each(|r| line(r));
    out
}

/// Microseconds in the unit that reads best.
pub fn time(us: f64) -> String {
    match us {
        us if us >= 999_500.0 => format!("{:.2} s", us / 1e6),
        us if us >= 999.5 => format!("{:.2} ms", us / 1e3),
        us if us >= 9.95 => format!("{us:.0} µs"),
        us => format!("{us:.2} µs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![vec!["tiered".into(), time(4.2)], vec!["x".into(), time(123_456.0)]];
        assert_eq!(
            text(&["strategy", "first"], &rows),
            "strategy      first\ntiered      4.20 µs\nx         123.46 ms\n"
        );
    }
}
