//! Why a chunk of text does not parse, in the language's own words.

use super::{Builder, Chunk};
use crate::error::{self, SyntaxError};
use crate::grammar::Rule;
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

/// The error of a chunk that the grammar refused with `failure`.
pub(super) fn explain(builder: &Builder, chunk: Chunk, range: Range<usize>, failure: &Error<Rule>) -> SyntaxError {
    let at = range.start
        + match failure.location {
            InputLocation::Pos(at) => at,
            InputLocation::Span((at, _)) => at,
        };
    let text = &builder.text[..range.end];
    let (found, word) = error::found(text, at, chunk.end());
    let expected = match &failure.variant {
        ErrorVariant::ParsingError { positives, .. } => expected(positives, chunk),
        ErrorVariant::CustomError { message } => message.clone(),
    };
    let message = format!("expected {expected}, found {word}");
    SyntaxError::new("GDL0001", error::span(builder.file, found), message, "not expected here")
}

impl Chunk {
    fn end(self) -> &'static str {
        match self {
            Chunk::Item => "the end of the item",
            Chunk::Stmt | Chunk::Part => "the end of the statement",
            Chunk::Datum | Chunk::Entry => "the end of the entry",
            Chunk::Expr => "the end of the text",
        }
    }
}

fn expected(positives: &[Rule], chunk: Chunk) -> String {
    format!("{positives:?} {}", chunk.end())
}
