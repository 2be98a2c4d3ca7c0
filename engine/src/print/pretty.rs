//! Laying text out in lines, as Waters' XP does ('XP: a Common Lisp pretty printing system', MIT AI memo 1102): logical
//! blocks, conditional newlines, indentation. What is printed is kept as tokens until the outermost block is complete;
//! then every newline is decided in order, with what stands behind it known.

/// When a newline is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newline {
    /// Where the block does not fit on the line.
    Linear,
    /// As linear, but only in what is left of a narrow line.
    Miser,
    /// Where what comes next in the block does not fit.
    Fill,
    Mandatory,
}

/// What an indentation counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Block,
    Current,
}

#[derive(Debug)]
enum Token {
    Text(String),
    Start { block: usize },
    End { block: usize },
    Newline { kind: Newline, block: usize },
    Indent { from: From, by: i64, block: usize },
    Tab { column: usize, step: usize, relative: bool },
}

#[derive(Debug, Default)]
struct Block {
    parent: Option<usize>,
    prefix: String,
    per_line: String,
    suffix: String,
    start: usize,
    indent: usize,
    /// A newline was made in it, or in a block inside it.
    broken: bool,
}

/// What was printed so far.
#[derive(Debug)]
pub struct Pretty {
    tokens: Vec<Token>,
    blocks: Vec<Block>,
    open: Vec<usize>,
    margin: Option<usize>,
    miser: Option<usize>,
    /// Column where the text begins on its first line.
    column: usize,
}

fn width(s: &str) -> usize {
    s.chars().count()
}

impl Pretty {
    pub fn new(margin: Option<usize>, miser: Option<usize>, column: usize) -> Pretty {
        // Block 0 is the whole.
        Pretty { tokens: Vec::new(), blocks: vec![Block::default()], open: vec![0], margin, miser, column }
    }
    fn block(&self) -> usize {
        self.open.last().copied().unwrap_or(0)
    }
    pub fn text(&mut self, s: &str) {
        if let Some(Token::Text(last)) = self.tokens.last_mut() {
            last.push_str(s);
        } else if !s.is_empty() {
            self.tokens.push(Token::Text(s.to_owned()));
        }
    }
    pub fn start(&mut self, prefix: &str, per_line: &str, suffix: &str) {
        let block = self.blocks.len();
        self.blocks.push(Block {
            parent: Some(self.block()),
            prefix: prefix.to_owned(),
            per_line: per_line.to_owned(),
            suffix: suffix.to_owned(),
            ..Block::default()
        });
        self.open.push(block);
        self.tokens.push(Token::Start { block });
    }
    pub fn end(&mut self) {
        if self.open.len() > 1 {
            let block = self.block();
            self.open.pop();
            self.tokens.push(Token::End { block });
        }
    }
    pub fn newline(&mut self, kind: Newline) {
        let block = self.block();
        self.tokens.push(Token::Newline { kind, block });
    }
    pub fn indent(&mut self, from: From, by: i64) {
        let block = self.block();
        self.tokens.push(Token::Indent { from, by, block });
    }
    pub fn tab(&mut self, column: usize, step: usize, relative: bool) {
        self.tokens.push(Token::Tab { column, step, relative });
    }

    fn is_inside(&self, block: usize, of: usize) -> bool {
        let mut b = self.blocks[block].parent;
        while let Some(p) = b {
            if p == of {
                return true;
            }
            b = self.blocks[p].parent;
        }
        false
    }

    fn length(&self, t: &Token) -> usize {
        match t {
            Token::Text(s) => width(s),
            Token::Start { block } => width(&self.blocks[*block].prefix),
            Token::End { block } => width(&self.blocks[*block].suffix),
            _ => 0,
        }
    }

    /// Does what follows the newline at `i`, up to the next one that `ends` the section, fit behind `column`?
    fn fits(&self, i: usize, column: usize, ends: impl Fn(usize) -> bool) -> bool {
        let Some(margin) = self.margin else { return true };
        let mut n = column;
        for t in &self.tokens[i + 1..] {
            if matches!(t, Token::Newline { block, .. } if ends(*block)) {
                break;
            }
            n += self.length(t);
            if n >= margin {
                return false;
            }
        }
        true
    }

    /// The text in lines, and the column at its end.
    pub fn lay_out(mut self) -> (String, usize) {
        let mut out = String::new();
        let mut column = self.column;
        for i in 0..self.tokens.len() {
            match &self.tokens[i] {
                Token::Text(s) => {
                    out.push_str(s);
                    column = match s.rfind('\n') {
                        Some(at) => width(&s[at + 1..]),
                        None => column + width(s),
                    };
                }
                Token::Start { block } => {
                    let b = *block;
                    out.push_str(&self.blocks[b].prefix);
                    column += width(&self.blocks[b].prefix);
                    self.blocks[b].start = column;
                    self.blocks[b].indent = column;
                }
                Token::End { block } => {
                    out.push_str(&self.blocks[*block].suffix);
                    column += width(&self.blocks[*block].suffix);
                }
                &Token::Indent { from, by, block } => {
                    let base = match from {
                        From::Block => self.blocks[block].start,
                        From::Current => column,
                    };
                    self.blocks[block].indent = (base as i64 + by).max(0) as usize;
                }
                &Token::Tab { column: to, step, relative } => {
                    let n = spaces_to_tab(column, to, step, relative);
                    out.extend(std::iter::repeat_n(' ', n));
                    column += n;
                }
                &Token::Newline { kind, block } => {
                    // Blanks before a newline are dropped, so they need no room.
                    let blanks = out.len() - out.trim_end_matches(' ').len();
                    if self.breaks(i, kind, block, column.saturating_sub(blanks)) {
                        column = self.break_line(&mut out, block);
                    }
                }
            }
        }
        (out, column)
    }

    fn breaks(&self, i: usize, kind: Newline, block: usize, column: usize) -> bool {
        let linear = || self.blocks[block].broken || !self.fits(i, column, |b| b != block && self.is_inside(block, b));
        let miser = || match (self.miser, self.margin) {
            (Some(miser), Some(margin)) => self.blocks[block].start + miser >= margin && linear(),
            _ => false,
        };
        match kind {
            Newline::Mandatory => true,
            Newline::Linear => linear(),
            Newline::Miser => miser(),
            Newline::Fill => {
                self.blocks[block].broken && self.tail_broken(i, block)
                    || !self.fits(i, column, |b| b == block || self.is_inside(block, b))
                    || miser()
            }
        }
    }

    /// For fill: was the section before this newline broken into lines?
    fn tail_broken(&self, i: usize, block: usize) -> bool {
        for t in self.tokens[..i].iter().rev() {
            match t {
                Token::Newline { block: b, .. } if *b == block => return false,
                Token::End { block: b } if self.blocks[*b].broken => return true,
                _ => {}
            }
        }
        false
    }

    /// Drops the blanks at the end of the line and begins the next one.
    fn break_line(&mut self, out: &mut String, block: usize) -> usize {
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
        let (prefix, indent) = (self.blocks[block].per_line.clone(), self.blocks[block].indent);
        out.push_str(&prefix);
        let n = indent.saturating_sub(width(&prefix));
        out.extend(std::iter::repeat_n(' ', n));
        let mut b = Some(block);
        while let Some(at) = b {
            self.blocks[at].broken = true;
            b = self.blocks[at].parent;
        }
        width(&prefix) + n
    }
}

/// How many blanks reach a tab stop.
pub fn spaces_to_tab(column: usize, to: usize, step: usize, relative: bool) -> usize {
    if relative {
        let past = if step == 0 { 0 } else { (column + to) % step };
        return to + if past == 0 { 0 } else { step - past };
    }
    if column < to {
        to - column
    } else if step == 0 {
        0
    } else {
        step - (column - to) % step
    }
}
