//! Source text to [`ast`]: layout, grammar, recovery.
//!
//! [`parse`] never fails: it returns what could be read and every independent error of the file. Text becomes tokens
//! (`lex`), tokens become masked text in which newlines separate statements and brackets match (`layout`), masked text
//! is parsed item by item (`grammar.pest`), and the pairs become the tree (`build`).
#![forbid(unsafe_code)]

pub mod ast;
mod build;
pub mod dump;
mod error;
mod layout;
mod lex;
mod precedence;
pub mod print;

pub use error::SyntaxError;

/// The generated parser; its rules are private to the crate.
mod grammar {
    #![allow(missing_docs)]
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub(crate) struct Grammar;
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The items that parsed. Statements that did not are left out.
    pub ast: ast::SourceFile,
    /// The errors in the order of the text; none means that `ast` is all of the file.
    pub errors: Vec<SyntaxError>,
}

/// Parses the text of a file; `file` is the number that its spans carry. Nesting is bounded so that a stack of 1 MiB is enough.
pub fn parse(file: u32, text: &str) -> Parsed {
    let layout = layout::layout(file, text);
    let mut builder = build::Builder::new(file, text, &layout);
    let items = layout
        .items
        .iter()
        .filter_map(|range| builder.item_chunk(range.clone()))
        .collect();
    Parsed {
        ast: ast::SourceFile { items },
        errors: builder.finish(),
    }
}

/// What became of a text typed at a prompt.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Its items and statements in order, expressions anywhere.
    pub parts: Vec<ast::TestPart>,
    /// The errors in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// Parses a text typed at a prompt: items and statements, one after the other.
pub fn parse_input(file: u32, text: &str) -> Input {
    let layout = layout::layout(file, text);
    let mut builder = build::Builder::new(file, text, &layout);
    let parts = layout
        .items
        .iter()
        .flat_map(|range| builder.part_chunk(range.clone()))
        .collect();
    Input {
        parts,
        errors: builder.finish(),
    }
}

/// Whether a text typed at a prompt goes on in the next line: a bracket is open, or it ends in an operator.
pub fn goes_on(text: &str) -> bool {
    layout::goes_on(text)
}

/// Parses a single expression, as typed at a prompt.
pub fn parse_expr(file: u32, text: &str) -> Result<ast::Expr, Vec<SyntaxError>> {
    let layout = layout::layout(file, text);
    let mut builder = build::Builder::new(file, text, &layout);
    let expr = builder.expr_chunk();
    match (expr, builder.finish()) {
        (Some(expr), errors) if errors.is_empty() => Ok(expr),
        (_, errors) => Err(errors),
    }
}
