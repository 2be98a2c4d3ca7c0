//! The C++ of tier 2, which a person reads: the text of the main job's panel is kept in `fixtures/golden/`.

use crate::process::{finish, root, rung};
use std::time::Duration;

#[test]
fn the_panel_reads_as_a_person_would_write_it() {
    let program = "fixtures/programs/debug_ui.clj";
    let done = finish(rung(["--dump-cpp", "draw-debug-ui!", program]), b"", Duration::from_secs(300));
    let text = [&done.out, &done.err].into_iter().find_map(|t| t.find("// debug-ui/draw-debug-ui!").map(|at| &t[at..]));
    let text = text.unwrap_or_else(|| panic!("no C++ in {done:?}"));
    let golden = std::fs::read_to_string(root().join("fixtures/golden/draw_debug_ui.cpp")).expect("the golden file");
    // The name's tail is a hash of the text.
    let plain = |t: &str| t.lines().filter(|l| !l.starts_with("extern \"C\"")).collect::<Vec<_>>().join("\n");
    assert_eq!(plain(text).trim(), plain(&golden).trim());
}
