//! Java's regular expression syntax to that of `fancy-regex`. Java's classes are ASCII unless told otherwise, `$` stands
//! before a last line end too, escapes of letters differ, `\Q…\E` quotes.

/// The translated pattern.
///
/// # Errors
/// What Java refuses and the target would take. The rest of what Java refuses is left for the compiler to refuse.
pub fn translate(pattern: &str) -> Result<String, String> {
    let mut t = Translator {
        rest: pattern.chars().peekable(),
        out: String::new(),
        flags: vec![Flags::default()],
        scoped: vec![Vec::new()],
        names: Vec::new(),
        class_ended: usize::MAX,
        refused: None,
    };
    t.run();
    t.refused.map_or(Ok(t.out), Err)
}

/// The flags that the translation itself looks at.
#[derive(Clone, Copy, Default)]
struct Flags {
    multiline: bool,
    /// Blanks and what follows `#` are nothing.
    comments: bool,
    /// `.` takes line ends too.
    dot_all: bool,
    /// Only `\n` ends a line.
    unix_lines: bool,
    ignore_case: bool,
    /// Letters of all scripts have cases, not ASCII's alone.
    unicode_case: bool,
    /// Predefined classes are Unicode's.
    unicode_classes: bool,
}

impl Flags {
    fn set(&mut self, letters: &str, on: bool) {
        for c in letters.chars() {
            match c {
                'm' => self.multiline = on,
                'x' => self.comments = on,
                's' => self.dot_all = on,
                'd' => self.unix_lines = on,
                'i' => self.ignore_case = on,
                'u' => self.unicode_case = on,
                'U' => (self.unicode_classes, self.unicode_case) = (on, on),
                _ => {}
            }
        }
    }
}

/// Java's line ends, within brackets.
const LINE_ENDS: &str = r"\n\r\x85\u{2028}\u{2029}";
/// `^` and `$` under `(?m)`: no line ends between `\r` and `\n`, and none begins at the end of the text.
const LINE_START: &str = r"(?:\A|(?<=[\n\x85\u{2028}\u{2029}])(?!\z)|(?<=\r)(?!\n|\z))";
const LINE_END: &str = r"(?:(?=[\r\x85\u{2028}\u{2029}]|\z)|(?<!\r)(?=\n))";

struct Translator<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    out: String,
    /// What holds, for each open group.
    flags: Vec<Flags>,
    /// Groups opened for flags that hold to the end of the group around: their openings, for each open group.
    scoped: Vec<Vec<String>>,
    /// Names of groups so far.
    names: Vec<String>,
    /// Length of the output where a predefined class ended last.
    class_ended: usize,
    /// What Java says against the pattern.
    refused: Option<String>,
}

/// Predefined classes, without brackets.
fn class_items(c: char, unicode: bool) -> Option<&'static str> {
    Some(match c {
        'd' | 'D' if unicode => r"\p{Nd}",
        'w' | 'W' if unicode => r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u{200c}\u{200d}",
        's' | 'S' if unicode => r"\p{White_Space}",
        'd' | 'D' => "0-9",
        'w' | 'W' => "a-zA-Z0-9_",
        's' | 'S' => r" \t\n\x0B\f\r",
        'h' | 'H' => r" \t\xA0\u{1680}\u{180e}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}",
        'v' | 'V' => r"\n\x0B\f\r\x85\u{2028}\u{2029}",
        _ => return None,
    })
}

/// `\p{…}` names that are Java's own.
fn property(name: &str) -> Option<&'static str> {
    Some(match name.strip_prefix("Is").unwrap_or(name) {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`{-~",
        "Graph" => "!-~",
        "Print" => " -~",
        "Blank" => r" \t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r" \t\n\x0B\f\r",
        "javaLowerCase" => r"\p{Lowercase}",
        "javaUpperCase" => r"\p{Uppercase}",
        "javaWhitespace" => r"\s",
        "javaLetter" | "javaAlphabetic" => r"\p{Alphabetic}",
        "javaDigit" => r"\p{Nd}",
        "javaLetterOrDigit" => r"\p{Alphabetic}\p{Nd}",
        _ => return None,
    })
}

impl Translator<'_> {
    fn run(&mut self) {
        while let Some(c) = self.rest.next() {
            match c {
                '#' if self.in_comments() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                c if c.is_ascii_whitespace() && self.in_comments() => {}
                '\\' => self.escape(false),
                '[' => self.class(),
                '(' => self.open(),
                ')' => {
                    self.close_scoped();
                    if self.flags.len() > 1 {
                        self.flags.pop();
                        self.scoped.pop();
                    }
                    self.out.push(')');
                }
                '|' => {
                    self.close_scoped();
                    self.out.push('|');
                    for opening in self.scoped.last().cloned().unwrap_or_default() {
                        self.out.push_str(&opening);
                    }
                }
                '.' => match self.flags() {
                    Flags { dot_all: true, .. } => self.out.push('.'),
                    Flags { unix_lines: true, .. } => self.out.push_str(r"[^\n]"),
                    _ => self.out.push_str(&format!("[^{LINE_ENDS}]")),
                },
                '^' if self.flags().multiline && !self.flags().unix_lines => self.out.push_str(LINE_START),
                '$' if self.flags().multiline && !self.flags().unix_lines => self.out.push_str(LINE_END),
                '$' if !self.flags().multiline => self.out.push_str(r"(?=(?:\r\n|[\n\r\x85\u{2028}\u{2029}])?\z)"),
                '{' if !self.rest.peek().is_some_and(char::is_ascii_digit) => self.refuse("Illegal repetition"),
                // Java's cases are ASCII's unless told otherwise.
                c if !c.is_ascii() && self.flags().ignore_case && !self.flags().unicode_case => {
                    self.out.push_str(&format!("(?-i:{c})"));
                }
                c => self.out.push(c),
            }
        }
        self.close_scoped();
    }

    fn flags(&self) -> Flags {
        self.flags.last().copied().unwrap_or_default()
    }
    fn in_comments(&self) -> bool {
        self.flags().comments
    }
    fn refuse(&mut self, why: impl Into<String>) {
        self.refused.get_or_insert(why.into());
    }

    fn close_scoped(&mut self) {
        for _ in self.scoped.last().map_or(&[][..], |s| s) {
            self.out.push(')');
        }
    }

    /// A group, or flags.
    fn open(&mut self) {
        let mut current = self.flags();
        let ahead: String = self.rest.clone().take(24).collect();
        self.out.push('(');
        let Some(flags) = ahead.strip_prefix('?') else {
            self.flags.push(current);
            self.scoped.push(Vec::new());
            return;
        };
        if let Some(name) = flags.strip_prefix('<').filter(|n| n.starts_with(|c: char| c.is_ascii_alphabetic())) {
            let name: String = name.chars().take_while(|c| *c != '>').collect();
            if self.names.contains(&name) {
                self.refuse(format!("Named capturing group <{name}> is already defined"));
            }
            self.names.push(name);
        }
        let end = flags.find(|c: char| !(c.is_ascii_alphabetic() || c == '-'));
        let (letters, stop) = match end {
            Some(i) => (&flags[..i], flags[i..].chars().next()),
            None => (flags, None),
        };
        if !matches!(stop, Some(')' | ':')) {
            self.flags.push(current);
            self.scoped.push(Vec::new());
            return;
        }
        let (on, off) = letters.split_once('-').unwrap_or((letters, ""));
        if letters.chars().any(|c| !"cidmsuxU-".contains(c)) {
            self.refuse("Unknown inline modifier");
        }
        current.set(on, true);
        current.set(off, false);
        // Flags that the target does not know say nothing there: d (Unix lines), u, U (Unicode case, classes).
        let keep = |s: &str| s.chars().filter(|c| "ims".contains(*c)).collect::<String>();
        let (on, off) = (keep(on), keep(off));
        for _ in 0..letters.len() + 1 {
            self.rest.next();
        }
        let minus = if off.is_empty() { String::new() } else { format!("-{off}") };
        if stop == Some(')') {
            self.rest.next();
            if let Some(f) = self.flags.last_mut() {
                *f = current;
            }
            self.out.pop();
            if letters.is_empty() {
                // Nothing, however often: a quantifier that follows says nothing either.
                if self.rest.next_if_eq(&'{').is_some() {
                    while self.rest.next_if(|c| *c != '}').is_some() {}
                    self.rest.next();
                } else {
                    self.out.push_str("(?:)");
                }
            }
            if !(on.is_empty() && off.is_empty()) {
                // Flags hold to the end of the group, over its alternatives.
                let opening = format!("(?{on}{minus}:");
                self.out.push_str(&opening);
                if let Some(scoped) = self.scoped.last_mut() {
                    scoped.push(opening);
                }
            }
            return;
        }
        self.flags.push(current);
        self.scoped.push(Vec::new());
        self.out.push_str(&format!("?{on}{minus}"));
    }

    /// Behind a backslash.
    fn escape(&mut self, in_class: bool) {
        let Some(c) = self.rest.next() else {
            self.out.push('\\');
            return;
        };
        if let Some(items) = class_items(c, self.flags().unicode_classes) {
            let negated = c.is_ascii_uppercase();
            match (in_class, negated) {
                (true, false) => self.out.push_str(items),
                (_, true) => self.out.push_str(&format!("[^{items}]")),
                (false, false) => self.out.push_str(&format!("[{items}]")),
            }
            self.class_ended = self.out.len();
            return;
        }
        match c {
            'Q' => self.quoted(in_class),
            'E' => {}
            'p' | 'P' => self.property(c == 'P', in_class),
            'u' => self.unicode(),
            'x' => self.hexadecimal(),
            '0' => self.octal(),
            'c' => {
                if let Some(x) = self.rest.next() {
                    self.literal(char::from_u32(x as u32 ^ 64).unwrap_or(x));
                }
            }
            'e' => self.out.push_str(r"\x1B"),
            'R' => self.out.push_str(r"(?:\r\n|[\n\x0B\f\r\x85\u{2028}\u{2029}])"),
            'X' => self.out.push_str(r"(?:\r\n|\P{M}\p{M}*|\p{M}+)"),
            'Z' => self.out.push_str(r"(?=(?:\r\n|[\n\r\x85\u{2028}\u{2029}])?\z)"),
            'k' => {
                let mut ahead = self.rest.clone();
                if ahead.next() != Some('<') || !ahead.next().is_some_and(|c| c.is_ascii_alphabetic()) {
                    self.refuse("capturing group name does not start with a Latin letter");
                }
                self.out.push_str("\\k");
            }
            'b' | 'B' | 'A' | 'z' | 'G' | 't' | 'n' | 'r' | 'f' | 'a' | '1'..='9' => {
                self.out.push('\\');
                self.out.push(c);
            }
            c if c.is_ascii_alphabetic() => {
                // Java refuses escapes of other letters; so does the target.
                self.out.push('\\');
                self.out.push(c);
            }
            c => self.literal(c),
        }
    }

    /// The character itself, whatever it means in the target.
    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation()
            && c != '_'
            && !matches!(c, '<' | '>' | '"' | '\'' | '`' | '@' | ',' | ';' | ':' | '!' | '%' | '=' | '/')
        {
            self.out.push('\\');
            self.out.push(c);
        } else if c.is_ascii_whitespace() || c.is_ascii_control() {
            self.out.push_str(&format!(r"\x{:02X}", c as u32));
        } else {
            self.out.push(c);
        }
    }

    fn quoted(&mut self, _in_class: bool) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.peek() == Some(&'E') {
                self.rest.next();
                return;
            }
            self.literal(c);
        }
    }

    fn property(&mut self, negated: bool, in_class: bool) {
        let name = match self.rest.next() {
            Some('{') => {
                let mut name = String::new();
                for c in self.rest.by_ref() {
                    if c == '}' {
                        break;
                    }
                    name.push(c);
                }
                name
            }
            Some(c) => c.to_string(),
            None => return,
        };
        match property(&name) {
            Some(items) if in_class && !negated => self.out.push_str(items),
            Some(items) => self.out.push_str(&format!("[{}{items}]", if negated { "^" } else { "" })),
            None => {
                let name = name.strip_prefix("Is").or_else(|| name.strip_prefix("In")).unwrap_or(&name);
                self.out.push_str(&format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }));
            }
        }
    }

    fn digits(&mut self, most: usize, radix: u32) -> u32 {
        let mut n = 0;
        for _ in 0..most {
            match self.rest.peek().and_then(|c| c.to_digit(radix)) {
                Some(d) => n = n * radix + d,
                None => break,
            }
            self.rest.next();
        }
        n
    }
    fn code(&mut self, n: u32) {
        self.out.push_str(&format!(r"\x{{{n:X}}}"));
    }
    fn unicode(&mut self) {
        let n = self.digits(4, 16);
        self.code(n);
    }
    fn hexadecimal(&mut self) {
        if self.rest.peek() == Some(&'{') {
            self.rest.next();
            let n = self.digits(8, 16);
            self.rest.next();
            self.code(n);
        } else {
            let n = self.digits(2, 16);
            self.code(n);
        }
    }
    fn octal(&mut self) {
        let n = self.digits(3, 8);
        self.code(n);
    }

    /// Does a predefined class stand before or behind the `-` that was just taken? Then it is no range.
    fn beside_class(&self) -> bool {
        let mut ahead = self.rest.clone();
        let behind = ahead.next() == Some('\\') && ahead.next().is_some_and(|c| "dDwWsShHvVpP".contains(c));
        behind || self.class_ended == self.out.len()
    }

    /// A class within a class. `[:alpha:]` means its letters in Java; the target would take a name of POSIX.
    fn class_in_class(&mut self) {
        let posix = self.rest.peek() == Some(&':');
        if posix {
            self.rest.next();
        }
        self.class_of(if posix { r"[\x3A-\x3A" } else { "[" });
    }

    /// Behind an opening bracket, up to its end; classes nest.
    fn class(&mut self) {
        self.class_of("[");
    }
    fn class_of(&mut self, opening: &str) {
        self.out.push_str(opening);
        if self.rest.peek() == Some(&'^') {
            self.rest.next();
            self.out.push('^');
        }
        if self.rest.peek() == Some(&']') {
            self.rest.next();
            self.out.push_str(r"\]");
        }
        while let Some(c) = self.rest.next() {
            match c {
                ']' => {
                    self.out.push(']');
                    return;
                }
                '[' => {
                    self.class_in_class();
                }
                '\\' => self.escape(true),
                '&' if self.rest.peek() == Some(&'&') => {
                    self.rest.next();
                    // A side without items takes everything.
                    let empty = self.out.ends_with('[') && !self.out.ends_with("\\[") || self.out.ends_with("[^");
                    if !empty && self.rest.peek() != Some(&']') {
                        self.out.push_str("&&");
                    }
                }
                // Set operations of the target that Java does not have, and blanks under the flag x.
                '~' | '&' | '#' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '-' if self.rest.peek() == Some(&'-') || self.beside_class() => self.out.push_str(r"\-"),
                ' ' => self.out.push_str(r"\x20"),
                c => self.out.push(c),
            }
        }
    }
}
