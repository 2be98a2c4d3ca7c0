//! `cl-format`: Common Lisp's `format`, as clojure.pprint documents it. A format is parsed into directives with their
//! clauses, then run over the arguments. Numbers are spelled, padded and grouped by `cl_number`.

use super::cl_number as number_text;
use crate::coll;
use crate::fault::{self, Class, Res};
use crate::heap::GcVec;
use crate::number;
use crate::print::{self, Style, pretty};
use crate::text::Text;
use crate::value::Value;

natives! { pub HOST "rung.host";
    "cl-format" "[column format args]" [(3) cl_format]
}

#[derive(Debug, Clone, PartialEq)]
enum Param {
    Absent,
    Number(i64),
    Char(char),
    /// `V`: from the arguments; `#`: how many are left.
    FromArgument,
    Remaining,
}

#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Directive(Box<Directive>),
}

#[derive(Debug, Clone)]
struct Directive {
    kind: char,
    params: Vec<Param>,
    colon: bool,
    at: bool,
    clauses: Vec<Vec<Node>>,
    /// `~:;` stood before the last clause; the parameters of `~;` and what ended the directive.
    default: bool,
    end_colon: bool,
    end_at: bool,
}

fn bad(message: impl AsRef<str>) -> fault::Thrown {
    fault::raise(Class::RuntimeException, message)
}

struct Parser<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Parser<'_> {
    /// Nodes up to one of the closing directives, which is given too.
    fn nodes(&mut self, closers: &[char]) -> Res<(Vec<Node>, Option<Directive>)> {
        let mut all = Vec::new();
        let mut text = String::new();
        while let Some(c) = self.chars.next() {
            if c != '~' {
                text.push(c);
                continue;
            }
            let mut d = self.directive()?;
            if d.kind == '\n' {
                // ~newline: the newline and the blanks behind it are left out; : keeps the blanks, @ the newline.
                if d.at {
                    text.push('\n');
                }
                while !d.colon && self.chars.peek().is_some_and(|c| c.is_whitespace()) {
                    self.chars.next();
                }
                continue;
            }
            if !text.is_empty() {
                all.push(Node::Text(std::mem::take(&mut text)));
            }
            if closers.contains(&d.kind) {
                return Ok((all, Some(d)));
            }
            let closer = match d.kind {
                '(' => Some(')'),
                '[' => Some(']'),
                '{' => Some('}'),
                '<' => Some('>'),
                ')' | ']' | '}' | '>' => return Err(bad(format!("\"~{}\" without its beginning", d.kind))),
                _ => None,
            };
            if let Some(closer) = closer {
                self.clauses(&mut d, closer)?;
            }
            all.push(Node::Directive(Box::new(d)));
        }
        if !text.is_empty() {
            all.push(Node::Text(text));
        }
        match closers {
            [] => Ok((all, None)),
            _ => Err(bad("a directive of the format is not closed")),
        }
    }

    fn clauses(&mut self, d: &mut Directive, closer: char) -> Res<()> {
        loop {
            let (nodes, end) = self.nodes(&[closer, ';'])?;
            d.clauses.push(nodes);
            match end {
                Some(e) if e.kind == ';' => d.default = e.colon,
                Some(e) => {
                    (d.end_colon, d.end_at) = (e.colon, e.at);
                    return Ok(());
                }
                None => return Ok(()),
            }
        }
    }

    fn directive(&mut self) -> Res<Directive> {
        let mut params = Vec::new();
        loop {
            let p = match self.chars.peek() {
                Some('\'') => {
                    self.chars.next();
                    Param::Char(self.chars.next().unwrap_or(' '))
                }
                Some('v' | 'V') => {
                    self.chars.next();
                    Param::FromArgument
                }
                Some('#') => {
                    self.chars.next();
                    Param::Remaining
                }
                Some(c) if c.is_ascii_digit() || *c == '-' || *c == '+' => {
                    let mut s = String::new();
                    while let Some(&c) = self.chars.peek().filter(|c| c.is_ascii_digit() || "+-".contains(**c)) {
                        s.push(c);
                        self.chars.next();
                    }
                    Param::Number(s.trim_start_matches('+').parse().map_err(|_| bad("a bad number in the format"))?)
                }
                Some(',') => Param::Absent,
                _ => break,
            };
            params.push(p);
            if self.chars.peek() == Some(&',') {
                self.chars.next();
            } else {
                break;
            }
        }
        let (mut colon, mut at) = (false, false);
        loop {
            match self.chars.next() {
                Some(':') => colon = true,
                Some('@') => at = true,
                Some(c) => {
                    let kind = c.to_ascii_lowercase();
                    let (clauses, default) = (Vec::new(), false);
                    return Ok(Directive {
                        kind,
                        params,
                        colon,
                        at,
                        clauses,
                        default,
                        end_colon: false,
                        end_at: false,
                    });
                }
                None => return Err(bad("the format ends inside a directive")),
            }
        }
    }
}

/// Where the arguments are.
struct Arguments {
    all: GcVec,
    at: usize,
}

impl Arguments {
    fn of(v: Value) -> Res<Arguments> {
        Ok(Arguments { all: coll::items(v)?, at: 0 })
    }
    fn next(&mut self) -> Res {
        let v = self.all.get(self.at).copied().ok_or_else(|| bad("Not enough arguments for format definition"))?;
        self.at += 1;
        Ok(v)
    }
    fn left(&self) -> usize {
        self.all.len().saturating_sub(self.at)
    }
}

/// How running went: on, or out by `~^`.
#[derive(PartialEq, Eq)]
enum Flow {
    On,
    Out,
    /// `~:^`: out of the iteration itself.
    OutOfAll,
}

struct Run {
    out: pretty::Pretty,
    column: usize,
}

fn cl_format(column: Value, format: Value, args: Value) -> Res {
    let format = super::string::text(format)?;
    let (nodes, _) = Parser { chars: format.as_str().chars().peekable() }.nodes(&[])?;
    let column = column.as_long().unwrap_or(0).max(0) as usize;
    let mut run = Run { out: pretty::Pretty::new(Some(72), Some(40), column), column };
    run.nodes(&nodes, &mut Arguments::of(args)?)?;
    Ok(Text::value(&run.out.lay_out().0))
}

fn plain(v: Value) -> Res<String> {
    let mut s = String::new();
    print::print_to(&mut s, v, Style::Plain)?;
    Ok(s)
}

impl Run {
    fn put(&mut self, s: &str) {
        self.out.text(s);
        self.column = match s.rfind('\n') {
            Some(at) => s[at + 1..].chars().count(),
            None => self.column + s.chars().count(),
        };
    }

    fn nodes(&mut self, nodes: &[Node], args: &mut Arguments) -> Res<Flow> {
        crate::thread::check()?;
        for n in nodes {
            match n {
                Node::Text(t) => self.put(t),
                Node::Directive(d) => match self.directive(d, args)? {
                    Flow::On => {}
                    flow => return Ok(flow),
                },
            }
        }
        Ok(Flow::On)
    }

    /// What nodes print, as a text of its own.
    fn text_of(&mut self, nodes: &[Node], args: &mut Arguments) -> Res<(String, Flow)> {
        let mut inner = Run { out: pretty::Pretty::new(None, None, self.column), column: self.column };
        let flow = inner.nodes(nodes, args)?;
        Ok((inner.out.lay_out().0, flow))
    }

    fn number(&self, d: &Directive, i: usize, args: &mut Arguments) -> Res<Option<i64>> {
        Ok(match d.params.get(i) {
            Some(Param::Number(n)) => Some(*n),
            Some(Param::FromArgument) => args.next()?.as_long(),
            Some(Param::Remaining) => Some(args.left() as i64),
            _ => None,
        })
    }
    fn size(&self, d: &Directive, i: usize, args: &mut Arguments) -> Res<usize> {
        Ok(self.number(d, i, args)?.unwrap_or(0).max(0) as usize)
    }
    fn pad(&self, d: &Directive, i: usize, default: char, args: &mut Arguments) -> Res<char> {
        Ok(match d.params.get(i) {
            Some(Param::Char(c)) => *c,
            Some(Param::FromArgument) => args.next()?.as_char().and_then(char::from_u32).unwrap_or(default),
            _ => default,
        })
    }

    fn directive(&mut self, d: &Directive, args: &mut Arguments) -> Res<Flow> {
        match d.kind {
            'a' | 's' | 'w' => self.ascii(d, args)?,
            'd' => self.integer(d, 10, 0, args)?,
            'b' => self.integer(d, 2, 0, args)?,
            'o' => self.integer(d, 8, 0, args)?,
            'x' => self.integer(d, 16, 0, args)?,
            'r' => self.radix(d, args)?,
            'p' => {
                if d.colon {
                    args.at = args.at.saturating_sub(1);
                }
                let one = args.next()?.as_long() == Some(1);
                self.put(match (d.at, one) {
                    (true, true) => "y",
                    (true, false) => "ies",
                    (false, true) => "",
                    (false, false) => "s",
                });
            }
            'c' => {
                let v = args.next()?;
                let s = if d.at { print::pr_str(v)? } else { plain(v)? };
                self.put(&s);
            }
            'f' => {
                let (w, dd, k) = (self.size(d, 0, args)?, self.number(d, 1, args)?, self.number(d, 2, args)?);
                let (over, pad) = (self.overflow(d, 3), self.pad(d, 4, ' ', args)?);
                let v = args.next()?;
                let s =
                    number_text::fixed(number::to_double(v)?, w, dd.map(|n| n.max(0) as usize), k.unwrap_or(0), d.at);
                self.padded_number(&s, w, pad, over);
            }
            'e' | 'g' => {
                let (w, dd, e) = (self.size(d, 0, args)?, self.number(d, 1, args)?, self.number(d, 2, args)?);
                let v = number::to_double(args.next()?)?;
                let digits = dd.map(|n| n.max(0) as usize);
                let s = match d.kind {
                    'e' => number_text::exponential(v, digits, e.unwrap_or(0).max(0) as usize, d.at),
                    _ => number_text::general(v, digits, e.unwrap_or(0).max(0) as usize, d.at),
                };
                self.padded_number(&s, w, ' ', None);
            }
            '$' => {
                let (digits, n, w) = (self.number(d, 0, args)?, self.number(d, 1, args)?, self.size(d, 2, args)?);
                let pad = self.pad(d, 3, ' ', args)?;
                let v = number::to_double(args.next()?)?;
                let s =
                    number_text::dollars(v, digits.unwrap_or(2).max(0) as usize, n.unwrap_or(1).max(0) as usize, d.at);
                self.padded_number(&s, w, pad, None);
            }
            '%' => {
                let n = self.number(d, 0, args)?.unwrap_or(1).max(0) as usize;
                self.put(&"\n".repeat(n));
            }
            '&' => {
                let n = self.number(d, 0, args)?.unwrap_or(1).max(0) as usize;
                if n > 0 {
                    let n = if self.column == 0 { n - 1 } else { n };
                    self.put(&"\n".repeat(n));
                }
            }
            '|' => self.put("\u{c}"),
            '~' => {
                let n = self.number(d, 0, args)?.unwrap_or(1).max(0) as usize;
                self.put(&"~".repeat(n));
            }
            't' => {
                let (to, step) = (self.number(d, 0, args)?.unwrap_or(1), self.number(d, 1, args)?.unwrap_or(1));
                let n = pretty::spaces_to_tab(self.column, to.max(0) as usize, step.max(0) as usize, d.at);
                self.put(&" ".repeat(n));
            }
            '*' => {
                let n = self.number(d, 0, args)?;
                args.at = match (d.at, d.colon) {
                    (true, _) => n.unwrap_or(0).max(0) as usize,
                    (_, true) => args.at.saturating_sub(n.unwrap_or(1).max(0) as usize),
                    _ => args.at + n.unwrap_or(1).max(0) as usize,
                };
                if args.at > args.all.len() {
                    return Err(bad("Not enough arguments for format definition"));
                }
            }
            '?' => {
                let format = super::string::text(args.next()?)?;
                let (nodes, _) = Parser { chars: format.as_str().chars().peekable() }.nodes(&[])?;
                if d.at {
                    self.nodes(&nodes, args)?;
                } else {
                    let mut own = Arguments::of(args.next()?)?;
                    self.nodes(&nodes, &mut own)?;
                }
            }
            '(' => {
                let (s, flow) = self.text_of(&d.clauses[0], args)?;
                self.put(&number_text::cased(&s, d.colon, d.at));
                return Ok(flow);
            }
            '[' => return self.choice(d, args),
            '{' => return self.iteration(d, args),
            '<' if d.end_colon => return self.logical_block(d, args),
            '<' => self.justified(d, args)?,
            '^' => {
                let done = match (self.number(d, 0, args)?, self.number(d, 1, args)?, self.number(d, 2, args)?) {
                    (None, ..) => args.left() == 0,
                    (Some(a), None, _) => a == 0,
                    (Some(a), Some(b), None) => a == b,
                    (Some(a), Some(b), Some(c)) => a <= b && b <= c,
                };
                if done {
                    return Ok(if d.colon { Flow::OutOfAll } else { Flow::Out });
                }
            }
            '_' => self.out.newline(match (d.colon, d.at) {
                (true, true) => pretty::Newline::Mandatory,
                (true, false) => pretty::Newline::Fill,
                (false, true) => pretty::Newline::Miser,
                _ => pretty::Newline::Linear,
            }),
            'i' => {
                let n = self.number(d, 0, args)?.unwrap_or(0);
                self.out.indent(if d.colon { pretty::From::Current } else { pretty::From::Block }, n);
            }
            other => return Err(bad(format!("Directive \"{other}\" is undefined"))),
        }
        Ok(Flow::On)
    }

    fn overflow(&self, d: &Directive, i: usize) -> Option<char> {
        match d.params.get(i) {
            Some(Param::Char(c)) => Some(*c),
            _ => None,
        }
    }
    fn padded_number(&mut self, s: &str, w: usize, pad: char, over: Option<char>) {
        let n = s.chars().count();
        match over {
            Some(c) if w > 0 && n > w => self.put(&c.to_string().repeat(w)),
            _ => {
                let padding = pad.to_string().repeat(w.saturating_sub(n));
                self.put(&format!("{padding}{s}"));
            }
        }
    }

    /// `~mincol,colinc,minpad,padcharA`
    fn ascii(&mut self, d: &Directive, args: &mut Arguments) -> Res<()> {
        let least = self.size(d, 0, args)?;
        let step = self.number(d, 1, args)?.unwrap_or(1).max(1) as usize;
        let (min, pad) = (self.size(d, 2, args)?, self.pad(d, 3, ' ', args)?);
        let v = args.next()?;
        let s = match d.kind {
            'a' if v.is_nil() && d.colon => "()".to_owned(),
            'a' => plain(v)?,
            _ => print::pr_str(v)?,
        };
        let n = s.chars().count() + min;
        let more = if n < least { (least - n).div_ceil(step) * step } else { 0 };
        let padding = pad.to_string().repeat(min + more);
        self.put(&if d.at { format!("{padding}{s}") } else { format!("{s}{padding}") });
        Ok(())
    }

    /// `~mincol,padchar,commachar,intervalD`, with the radix in front for `~R`.
    fn integer(&mut self, d: &Directive, radix: u32, first: usize, args: &mut Arguments) -> Res<()> {
        let (w, pad) = (self.size(d, first, args)?, self.pad(d, first + 1, ' ', args)?);
        let comma = self.pad(d, first + 2, ',', args)?;
        let every = self.number(d, first + 3, args)?.unwrap_or(3).max(1) as usize;
        let v = args.next()?;
        if !number::is_integer(v) {
            // No integer: as ~A has it.
            let s = plain(v)?;
            self.padded_number(&s, w, pad, None);
            return Ok(());
        }
        let s = number_text::integer(v, radix, d.at, d.colon.then_some((comma, every)))?;
        self.padded_number(&s, w, pad, None);
        Ok(())
    }

    fn radix(&mut self, d: &Directive, args: &mut Arguments) -> Res<()> {
        if let Some(radix) = self.number(d, 0, args)? {
            return self.integer(d, radix.clamp(2, 36) as u32, 1, args);
        }
        let v = args.next()?;
        let s = match v.as_long() {
            Some(n) if d.at => number_text::roman(n, d.colon),
            Some(n) if d.colon => number_text::ordinal(n),
            Some(n) => number_text::cardinal(n),
            None => None,
        };
        let s = match s {
            Some(s) => s,
            None => plain(v)?,
        };
        self.put(&s);
        Ok(())
    }

    fn choice(&mut self, d: &Directive, args: &mut Arguments) -> Res<Flow> {
        if d.at {
            let v = args.next()?;
            if !v.truthy() {
                return Ok(Flow::On);
            }
            args.at -= 1;
            return self.nodes(&d.clauses[0], args);
        }
        if d.colon {
            let i = usize::from(args.next()?.truthy());
            return d.clauses.get(i).map_or(Ok(Flow::On), |c| self.nodes(c, args));
        }
        let n = match self.number(d, 0, args)? {
            Some(n) => n,
            None => number::to_long(args.next()?)?,
        };
        let plain = d.clauses.len() - usize::from(d.default);
        match usize::try_from(n).ok().filter(|i| *i < plain) {
            Some(i) => self.nodes(&d.clauses[i], args),
            None if d.default => self.nodes(&d.clauses[plain], args),
            None => Ok(Flow::On),
        }
    }

    fn iteration(&mut self, d: &Directive, args: &mut Arguments) -> Res<Flow> {
        let most = self.number(d, 0, args)?.map_or(usize::MAX, |n| n.max(0) as usize);
        let given;
        let body = match d.clauses[0].is_empty() {
            true => {
                let format = super::string::text(args.next()?)?;
                given = Parser { chars: format.as_str().chars().peekable() }.nodes(&[])?.0;
                &given
            }
            false => &d.clauses[0],
        };
        let mut own;
        let items = if d.at {
            args
        } else {
            own = Arguments::of(args.next()?)?;
            &mut own
        };
        let mut n = 0;
        while n < most && (items.left() > 0 || d.end_colon && n == 0) {
            let before = items.at;
            let flow = if d.colon {
                let mut sub = Arguments::of(items.next()?)?;
                self.nodes(body, &mut sub)?
            } else {
                self.nodes(body, items)?
            };
            if flow == Flow::OutOfAll || flow == Flow::Out && !d.colon {
                break;
            }
            if items.at == before {
                return Err(bad("%{ construct not consuming any arguments: Infinite loop!"));
            }
            n += 1;
        }
        Ok(Flow::On)
    }

    /// `~<prefix~;body~;suffix~:>`: a block of the pretty printer.
    fn logical_block(&mut self, d: &Directive, args: &mut Arguments) -> Res<Flow> {
        let fixed = |nodes: &Vec<Node>| -> String {
            nodes.iter().map(|n| if let Node::Text(t) = n { t.as_str() } else { "" }).collect()
        };
        let (prefix, body, suffix) = match &d.clauses[..] {
            [body] => (
                if d.colon { "(".into() } else { String::new() },
                body,
                if d.colon { ")".into() } else { String::new() },
            ),
            [prefix, body] => (fixed(prefix), body, String::new()),
            [prefix, body, suffix, ..] => (fixed(prefix), body, fixed(suffix)),
            [] => return Ok(Flow::On),
        };
        self.out.start(&prefix, "", &suffix);
        self.column += prefix.chars().count();
        let flow = if d.at {
            self.nodes(body, args)?
        } else {
            let mut own = Arguments::of(args.next()?)?;
            self.nodes(body, &mut own)?;
            Flow::On
        };
        self.out.end();
        self.column += suffix.chars().count();
        Ok(if flow == Flow::Out { Flow::On } else { flow })
    }

    /// `~mincol,colinc,minpad,padchar<a~;b~>`: the clauses spread over the width.
    fn justified(&mut self, d: &Directive, args: &mut Arguments) -> Res<()> {
        let least = self.size(d, 0, args)?;
        let step = self.number(d, 1, args)?.unwrap_or(1).max(1) as usize;
        let (min, pad) = (self.size(d, 2, args)?, self.pad(d, 3, ' ', args)?);
        let mut parts = Vec::new();
        for c in &d.clauses {
            let (s, flow) = self.text_of(c, args)?;
            if flow != Flow::On {
                break;
            }
            parts.push(s);
        }
        let one_left = parts.len() == 1 && !d.at && !d.colon;
        let gaps = parts.len().saturating_sub(1) + usize::from(d.colon || one_left) + usize::from(d.at);
        let chars: usize = parts.iter().map(|p| p.chars().count()).sum();
        let needed = chars + gaps * min;
        let total = if needed <= least { least } else { least + (needed - least).div_ceil(step) * step };
        let blanks = total - chars;
        let each = blanks.checked_div(gaps).unwrap_or(0);
        let mut extra = blanks.checked_rem(gaps).unwrap_or(0);
        let mut gap = || {
            let n = each + usize::from(extra > 0);
            extra = extra.saturating_sub(1);
            pad.to_string().repeat(n)
        };
        let mut out = String::new();
        if d.colon || one_left {
            out.push_str(&gap());
        }
        for (i, p) in parts.iter().enumerate() {
            if i > 0 {
                out.push_str(&gap());
            }
            out.push_str(p);
        }
        if d.at {
            out.push_str(&gap());
        }
        self.put(&out);
        Ok(())
    }
}
