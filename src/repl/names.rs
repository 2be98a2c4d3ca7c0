//! The name at the cursor and what it may become. Of `(.na object)` the object's class counts, where a var holds the object.

use engine::cppbox::CppBox;
use engine::host::Completion;
use engine::space;
use engine::text::Symbol;

/// What ends a name.
fn ends(c: char) -> bool {
    c.is_whitespace() || "()[]{}\"\\;@^`~,'".contains(c)
}

/// Where the name before `position` begins, and its completions.
pub fn at(line: &str, position: usize) -> (usize, Vec<Completion>) {
    let Some(before) = line.get(..position) else { return (position, Vec::new()) };
    let start = before.rfind(ends).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
    let name = &before[start..];
    if name.is_empty() {
        return (start, Vec::new());
    }
    let class = name.starts_with('.').then(|| class_of(&line[position..])).flatten();
    (start, space::complete::complete(name, class.as_deref()))
}

/// The class of the object that the text behind a member's name begins with.
fn class_of(rest: &str) -> Option<String> {
    let object = rest.trim_start().split(ends).next().filter(|o| !o.is_empty())?;
    let var = space::current().mapping(Symbol::intern(None, object))?;
    Some(var.root().cast::<CppBox>()?.ty.pointee.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn where_a_name_begins() {
        let start = |line: &str| {
            let before = line.find('|').unwrap();
            let plain = line.replace('|', "");
            let cut = &plain[..before];
            cut.rfind(super::ends).map_or(0, |i| i + 1)
        };
        assert_eq!(start("(cpp/std.ve|"), 1);
        assert_eq!(start("(f [a @b|"), 7);
        assert_eq!(start("red|"), 0);
    }
}
