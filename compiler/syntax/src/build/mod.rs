//! Pest's pairs to the tree.
//!
//! Before: a [`Layout`]. After: items, with every error reported. A chunk of text (an item, a statement, an entry) that does not
//! parse yields one error and no node; its blocks are still read for errors of their own. A chunk in which the layout pass
//! reported an error yields no other error of its own.

mod expect;
mod expr;
mod item;
mod stmt;

use crate::ast::{Expr, Ident, Item, Span, TestPart};
use crate::error::{self, SyntaxError};
use crate::grammar::{Grammar, Rule};
use crate::layout::Layout;
use pest::Parser;
use std::ops::Range;

/// A parsed rule.
type Pair<'a> = pest::iterators::Pair<'a, Rule>;

/// Builds the tree of one file.
pub(crate) struct Builder<'a> {
    file: u32,
    /// The text as written, for messages.
    source: &'a str,
    /// The text as masked by the layout pass, which the grammar reads.
    text: &'a str,
    /// Where the chunk being built begins: pest counts from there.
    base: usize,
    /// How deep the functions that build expressions have called each other.
    depth: usize,
    /// The height of the tallest expression built in the current scope.
    tallest: usize,
    /// The errors of the layout pass in order of their place.
    layout_errors: Vec<SyntaxError>,
    errors: Vec<SyntaxError>,
}

/// What a chunk of text holds; the rule to parse it by follows from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chunk {
    Item,
    Stmt,
    /// An item or statement of a `test`.
    Part,
    /// An entry of `data`.
    Datum,
    /// An entry of `train`.
    Entry,
    Expr,
}

impl Chunk {
    fn rule(self) -> Rule {
        match self {
            Chunk::Item => Rule::item_chunk,
            Chunk::Stmt => Rule::stmt_chunk,
            Chunk::Part => Rule::part_chunk,
            Chunk::Datum => Rule::datum_chunk,
            Chunk::Entry => Rule::entry_chunk,
            Chunk::Expr => Rule::expr_chunk,
        }
    }
}

impl<'a> Builder<'a> {
    /// A builder of the file that `layout` was made from.
    pub fn new(file: u32, source: &'a str, layout: &'a Layout) -> Self {
        let mut layout_errors = layout.errors.clone();
        layout_errors.sort_by_key(|e| e.span.start);
        let text = &layout.text;
        Builder {
            file,
            source,
            text,
            base: 0,
            depth: 0,
            tallest: 0,
            layout_errors,
            errors: Vec::new(),
        }
    }

    /// All errors in the order of the text.
    pub fn finish(self) -> Vec<SyntaxError> {
        let mut errors = self.layout_errors;
        errors.extend(self.errors);
        errors.sort_by_key(|e| (e.span.start, e.span.end));
        errors.dedup();
        errors
    }

    /// The item in `range` of the text.
    pub fn item_chunk(&mut self, range: Range<usize>) -> Option<Item> {
        self.base = range.start;
        match Grammar::parse(Rule::item_chunk, &self.text[range.clone()]) {
            Ok(pairs) => pairs.flat_map(inner).next().map(|item| self.item(item)),
            Err(_) => {
                self.explain(Chunk::Item, range);
                None
            }
        }
    }

    /// The item or statements in `range` of the text.
    pub fn part_chunk(&mut self, range: Range<usize>) -> Vec<TestPart> {
        self.base = range.start;
        match Grammar::parse(Rule::part_chunk, &self.text[range.clone()]) {
            Ok(pairs) => pairs.flat_map(inner).flat_map(|part| self.part(part)).collect(),
            Err(_) => {
                self.explain(Chunk::Part, range);
                Vec::new()
            }
        }
    }

    /// The whole text as one expression.
    pub fn expr_chunk(&mut self) -> Option<Expr> {
        let range = 0..self.text.trim_end().len();
        match Grammar::parse(Rule::expr_chunk, &self.text[range.clone()]) {
            Ok(pairs) => pairs.flat_map(inner).next().map(|expr| self.expr(expr)),
            Err(_) => {
                self.explain(Chunk::Expr, range);
                None
            }
        }
    }

    /// Reports a pair of the rule `bad`, which stands where a chunk of the kind `chunk` should.
    fn bad(&mut self, chunk: Chunk, pair: &Pair) {
        let range = self.range(pair);
        let length = self.text[range.clone()].trim_end().len();
        self.explain(chunk, range.start..range.start + length);
    }

    /// Reports why `range` is no `chunk`, and the errors within its blocks.
    fn explain(&mut self, chunk: Chunk, range: Range<usize>) {
        let text = &self.text[range.clone()];
        let Err(failure) = Grammar::parse(chunk.rule(), text) else {
            return;
        };
        if !self.has_layout_error(&range) {
            let error = expect::explain(self, chunk, range.clone(), &failure);
            self.errors.push(error);
        }
        if matches!(chunk, Chunk::Item | Chunk::Stmt | Chunk::Part) {
            self.blocks(range);
        }
    }

    /// Reads the blocks of a chunk that did not parse, for their errors alone.
    fn blocks(&mut self, range: Range<usize>) {
        let word = self.text[range.clone()].trim_start();
        let rule = match word {
            _ if word.starts_with("data ") || word.starts_with("train ") || word.starts_with("use ") => {
                return;
            }
            _ if word.starts_with("test ") => Rule::test_chunk,
            _ => Rule::block_chunk,
        };
        let outer = self.base;
        for block in braces(&self.text[range.clone()]) {
            self.base = range.start + block.start;
            if let Ok(pairs) = Grammar::parse(rule, &self.text[range.start + block.start..range.start + block.end]) {
                for block in pairs.flat_map(inner) {
                    match block.as_rule() {
                        Rule::test_block => drop(self.test_block(block)),
                        Rule::block => drop(self.block(block)),
                        _ => {}
                    }
                }
            }
        }
        self.base = outer;
    }

    fn has_layout_error(&self, range: &Range<usize>) -> bool {
        let first = self
            .layout_errors
            .partition_point(|e| (e.span.start as usize) < range.start);
        self.layout_errors
            .get(first)
            .is_some_and(|e| (e.span.start as usize) <= range.end)
    }

    fn error(&mut self, error: SyntaxError) {
        self.errors.push(error);
    }

    /// The bytes of a pair.
    fn range(&self, pair: &Pair) -> Range<usize> {
        let span = pair.as_span();
        self.base + span.start()..self.base + span.start() + span.as_str().trim_end().len()
    }

    /// The span of a pair, without the blanks that a rule may end in.
    fn span(&self, pair: &Pair) -> Span {
        error::span(self.file, self.range(pair))
    }

    fn ident(&self, pair: Pair) -> Ident {
        Ident {
            name: pair.as_str().to_string(),
            span: self.span(&pair),
        }
    }

    /// The `///` text of the pairs at the front of `parts`, which are dropped from it.
    fn doc(&self, parts: &mut Parts<'a>) -> Option<String> {
        let mut lines = Vec::new();
        while let Some(doc) = parts.next_if(Rule::doc) {
            let line = doc.as_str().trim_start_matches("///").trim_end();
            lines.push(line.strip_prefix(' ').unwrap_or(line).to_string());
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// The contents of a string.
fn unquoted(pair: &Pair) -> String {
    pair.as_str().trim_matches('"').to_string()
}

/// The extents of the outermost `{ … }` in a text whose braces match.
fn braces(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut depth, mut start, mut at) = (Vec::new(), 0, 0, 0);
    while let Some(token) = crate::lex::next(text, at) {
        match &text[token.range.clone()] {
            "{" => {
                if depth == 0 {
                    start = token.range.start;
                }
                depth += 1;
            }
            "}" => {
                depth -= 1;
                if depth == 0 {
                    found.push(start..token.range.end);
                }
            }
            _ => {}
        }
        at = token.range.end;
    }
    found
}

/// The pairs inside a pair that mean something: without keywords and signs.
fn inner<'a>(pair: Pair<'a>) -> Parts<'a> {
    let pairs: Vec<Pair<'a>> = pair.into_inner().filter(means).collect();
    Parts(pairs.into_iter().peekable())
}

/// The pairs of a rule, to be taken one by one.
struct Parts<'a>(std::iter::Peekable<std::vec::IntoIter<Pair<'a>>>);

impl<'a> Parts<'a> {
    /// Whether nothing is left.
    fn is_empty(&mut self) -> bool {
        self.0.peek().is_none()
    }

    /// The next pair if it is of this rule.
    fn next_if(&mut self, rule: Rule) -> Option<Pair<'a>> {
        self.0.next_if(|pair| pair.as_rule() == rule)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        self.0.next()
    }
}

fn means(pair: &Pair) -> bool {
    use Rule::*;
    !matches!(
        pair.as_rule(),
        EOI | eq
            | colon
            | k_as
            | k_by
            | k_const
            | k_data
            | k_else
            | k_for
            | k_from
            | k_group
            | k_if
            | k_in
            | k_integrate
            | k_iterate
            | k_of
            | k_on
            | k_param
            | k_random
            | k_rejects
            | k_rep
            | k_repeat
            | k_scan
            | k_setting
            | k_stat
            | k_test
            | k_train
            | k_trust
            | k_under
            | k_use
            | k_where
    )
}
