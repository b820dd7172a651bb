//! The layout pass: text to text of the same length, in which a newline is what separates two statements.
//!
//! Before: any text. After, in [`Layout::text`]:
//! - comments, and newlines that end nothing, are blanks, so that byte offsets stay true;
//! - a newline separates two statements (or items), or ends a `///` line in front of one;
//! - brackets match and nest at most [`MAX_DEPTH`] deep;
//! - a token or bracket that is in error is a run of [`UNREADABLE`], and its error is in [`Layout::errors`].
//!
//! Brackets are matched strictly first. Where that fails, a second pass reads the indentation as well: inside `(` or `[`, a
//! line indented no deeper than that of the opener, and not beginning with a closer, shows that the opener was never closed;
//! so does, for every bracket, an item that begins at the left margin.

use crate::error::{self, SyntaxError};
use crate::lex::{Kind, Token, lex};
use std::ops::Range;

/// How deep brackets, and expression trees, may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// What stands for the bytes of a token that could not be read.
pub(crate) const UNREADABLE: u8 = 1;

/// The words that begin an item.
pub(crate) const ITEM_WORDS: &[&str] = &[
    "use", "group", "rep", "const", "setting", "trust", "layer", "model", "data", "train", "test",
];

/// After these a newline ends nothing.
const AFTER: &[&str] = &[
    "+", "-", "*", "/", "^", "++", "==", "!=", "<=", ">=", "<", ">", "..", "|>", "->", ",", "=", ":", "~", "{", "and",
    "or", "not", "if", "else", "in", "by", "from", "where", "under", "on",
];

/// The result of the pass.
pub(crate) struct Layout {
    /// The masked text.
    pub text: String,
    /// The extents of the items, `///` lines included.
    pub items: Vec<Range<usize>>,
    /// Lexical errors, and those of brackets.
    pub errors: Vec<SyntaxError>,
}

/// Runs the pass.
pub(crate) fn layout(file: u32, text: &str) -> Layout {
    let (tokens, lexical) = lex(file, text);
    let strict = Pass::new(file, text, &tokens, false).run();
    let mut layout = if strict.errors.is_empty() {
        strict
    } else {
        Pass::new(file, text, &tokens, true).run()
    };
    layout.errors.extend(lexical);
    layout
}

/// Whether the text needs a further line: more brackets open than close, or its last token is one of [`AFTER`].
pub(crate) fn goes_on(text: &str) -> bool {
    let (tokens, _) = lex(0, text);
    let kinds = |kind| tokens.iter().filter(|t| t.kind == kind).count();
    let trivia = |t: &&Token| !matches!(t.kind, Kind::Newline | Kind::Comment | Kind::Doc);
    let last = tokens.iter().rfind(trivia).map(|t| &text[t.range.clone()]);
    kinds(Kind::Open) > kinds(Kind::Close) || last.is_some_and(|l| AFTER.contains(&l))
}

struct Pass<'a> {
    file: u32,
    text: &'a str,
    tokens: &'a [Token],
    /// Whether the indentation is read as well.
    recover: bool,
    out: Vec<u8>,
    /// The open brackets.
    stack: Vec<usize>,
    /// Where nesting became too deep: nothing after it is read until its bracket is closed.
    too_deep: Option<usize>,
    items: Vec<Range<usize>>,
    /// Where the item begins that is being read.
    item: Option<usize>,
    errors: Vec<SyntaxError>,
    /// Up to which byte the answer of [`Pass::filters`] holds, and the answer.
    filters: (usize, bool),
}

impl<'a> Pass<'a> {
    fn new(file: u32, text: &'a str, tokens: &'a [Token], recover: bool) -> Self {
        Pass {
            file,
            text,
            tokens,
            recover,
            out: text.as_bytes().to_vec(),
            stack: Vec::new(),
            too_deep: None,
            items: Vec::new(),
            item: None,
            errors: Vec::new(),
            filters: (0, false),
        }
    }

    fn run(mut self) -> Layout {
        let mut last: Option<&Token> = None;
        let mut at = 0;
        loop {
            let gap = at;
            while self
                .tokens
                .get(at)
                .is_some_and(|t| matches!(t.kind, Kind::Newline | Kind::Comment | Kind::Doc))
            {
                at += 1;
            }
            self.gap(last, gap..at);
            let Some(token) = self.tokens.get(at) else {
                break;
            };
            match token.kind {
                Kind::Open => self.open(token.range.start),
                Kind::Close => self.close(token.range.start),
                Kind::Unreadable => self.mask(token.range.clone()),
                _ => {}
            }
            last = Some(token);
            at += 1;
        }
        self.unclosed(0, self.text.len());
        if let Some(start) = self.item {
            self.items.push(start..self.text.trim_end().len().max(start));
        }
        // Masking replaces whole characters by ASCII: nothing is lost here.
        let text = String::from_utf8_lossy(&self.out).into_owned();
        Layout {
            text,
            items: self.items,
            errors: self.errors,
        }
    }

    /// What stands between the token `last` and the next one: newlines and comments, of which few are kept.
    fn gap(&mut self, last: Option<&Token>, gap: Range<usize>) {
        let trivia = &self.tokens[gap.clone()];
        let newline = trivia.iter().position(|t| t.kind == Kind::Newline);
        let next = self.tokens.get(gap.end);
        let errors = self.errors.len();
        if let (true, Some(_), Some(next)) = (self.recover, newline, next) {
            self.close_by_indentation(next);
        }
        let closed = self.errors.len() > errors;
        let starts = self.stack.is_empty() && last.is_none_or(|l| l.kind != Kind::Open);
        let begins = last.is_none() || last.is_some_and(|l| self.str(l) == "{") && self.innermost() == Some(b'{');
        let ends = newline.is_some() && last.is_some_and(|last| closed || self.ends(last, gap.end));
        let mut keep_docs = begins;
        let mut documented = None;
        for (k, token) in trivia.iter().enumerate() {
            match token.kind {
                Kind::Newline if ends && Some(k) == newline => keep_docs = true,
                Kind::Doc if keep_docs && next.is_some_and(|n| self.str(n) != "}") => {
                    documented.get_or_insert(token.range.start);
                }
                Kind::Newline if k > 0 && keep_docs && documented.is_some() && trivia[k - 1].kind == Kind::Doc => {}
                _ => self.blank(token.range.clone()),
            }
        }
        if let (true, Some(next)) = (starts && (begins || ends), next) {
            self.begin_item(last, documented.unwrap_or(next.range.start), next);
        }
    }

    /// The token `next` begins a line outside of all brackets: an item begins. In recovery only a word at the left margin
    /// does, so that the rest of a broken item is not taken for items.
    fn begin_item(&mut self, last: Option<&Token>, start: usize, next: &Token) {
        if self.recover && self.item.is_some() && !self.is_word_at_margin(next) {
            return;
        }
        if let (Some(item), Some(last)) = (self.item, last) {
            self.items.push(item..last.range.end);
        }
        self.item = Some(start);
    }

    fn open(&mut self, at: usize) {
        if self.stack.len() == MAX_DEPTH && self.too_deep.is_none() {
            self.too_deep = Some(at);
            self.errors.push(error::too_deep(self.file, at..at + 1));
        }
        self.stack.push(at);
    }

    fn close(&mut self, at: usize) {
        let opener = match self.byte(at) {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        match self.stack.iter().rposition(|open| self.byte(*open) == opener) {
            Some(depth) => {
                self.unclosed(depth + 1, at);
                self.stack.truncate(depth);
                self.leave_depth(depth, at + 1);
            }
            None => {
                let top = self.stack.pop_if(|top| self.text.as_bytes()[*top] != b'{');
                self.errors.push(error::mismatched(self.file, self.text, at, top));
                self.mask(at..at + 1);
                if let Some(top) = top {
                    self.mask(top..top + 1);
                    self.leave_depth(self.stack.len(), at + 1);
                }
            }
        }
    }

    /// Reports and drops the brackets from `depth` on; the text up to `end` is what they contain.
    fn unclosed(&mut self, depth: usize, end: usize) {
        let Some(first) = self.stack.get(depth).copied() else {
            return;
        };
        self.errors.push(error::unclosed(
            self.file,
            self.text,
            first,
            self.stack.len() - depth - 1,
        ));
        while self.stack.len() > depth {
            if let Some(open) = self.stack.pop() {
                self.mask(open..open + 1);
            }
        }
        self.leave_depth(depth, end);
    }

    /// Only `depth` brackets are still open: what was too deep, up to `end`, becomes one unreadable token.
    fn leave_depth(&mut self, depth: usize, end: usize) {
        if let (true, Some(start)) = (depth <= MAX_DEPTH, self.too_deep) {
            self.mask(start..end);
            self.too_deep = None;
        }
    }

    fn close_by_indentation(&mut self, next: &Token) {
        if self.is_word_at_margin(next) && ITEM_WORDS.contains(&self.str(next)) {
            self.unclosed(0, next.range.start);
        }
        if next.kind == Kind::Close {
            return;
        }
        let column = self.indent(next.range.start);
        let open = |open: &usize| self.byte(*open) == b'{' || self.indent(*open) < column;
        let depth = self.stack.iter().rposition(open).map_or(0, |k| k + 1);
        self.unclosed(depth, next.range.start);
    }

    fn is_word_at_margin(&self, token: &Token) -> bool {
        let start = token.range.start;
        token.kind == Kind::Word && (start == 0 || self.byte(start - 1) == b'\n')
    }

    /// The indentation of the line in which `at` stands.
    fn indent(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |n| n + 1);
        self.text[line..]
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count()
    }

    /// Whether the newline between the tokens `last` and `next` ends a statement.
    fn ends(&mut self, last: &Token, next: usize) -> bool {
        const BEFORE: &[&str] = &[
            "|>", "->", "+", "++", "*", "/", "==", "!=", "<", "<=", ">", ">=", "and", "or", "else", "by", "where",
            "from", "{", "}",
        ];
        if self.innermost().is_some_and(|open| open != b'{') || AFTER.contains(&self.str(last)) {
            return false;
        }
        match self.tokens.get(next).map(|token| self.str(token)) {
            None => false,
            Some("if") => !self.filters(next),
            Some(token) => !BEFORE.contains(&token),
        }
    }

    /// Whether the `if` that begins a line filters the reduction above (`:` follows its condition) or is a statement
    /// (`{` follows). One look ahead serves all `if` that it passes.
    fn filters(&mut self, at: usize) -> bool {
        if self.tokens[at].range.start < self.filters.0 {
            return self.filters.1;
        }
        let mut depth = 0;
        let mut found = (self.text.len(), false);
        for token in &self.tokens[at..] {
            match (token.kind, self.str(token)) {
                (Kind::Sign, ":") | (Kind::Open, "{") if depth == 0 => {
                    found = (token.range.start, self.str(token) == ":");
                    break;
                }
                (Kind::Open, _) => depth += 1,
                (Kind::Close, _) if depth == 0 => {
                    found = (token.range.start, false);
                    break;
                }
                (Kind::Close, _) => depth -= 1,
                _ => {}
            }
        }
        self.filters = found;
        found.1
    }

    fn innermost(&self) -> Option<u8> {
        self.stack.last().map(|open| self.byte(*open))
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes()[at]
    }

    fn str(&self, token: &Token) -> &'a str {
        &self.text[token.range.clone()]
    }

    fn blank(&mut self, range: Range<usize>) {
        self.out[range].fill(b' ');
    }

    fn mask(&mut self, range: Range<usize>) {
        self.out[range].fill(UNREADABLE);
    }
}
