//! Syntax errors, each made in one place.

use crate::ast::Span;
use crate::lex;
use std::ops::Range;

/// An error of the text, with everything needed to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// `GDL0001` to `GDL0007`; see `spec/language.md`.
    pub code: &'static str,
    /// One line: what is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to write at the span.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl SyntaxError {
    /// An error without help.
    pub(crate) fn new(code: &'static str, span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        SyntaxError {
            code,
            message: message.into(),
            span,
            label: label.into(),
            help: None,
        }
    }

    /// The same error with a line of help.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The span of a range; files beyond 4 GiB have no offsets, and saturate.
pub(crate) fn span(file: u32, range: Range<usize>) -> Span {
    let offset = |n| u32::try_from(n).unwrap_or(u32::MAX);
    Span {
        file,
        start: offset(range.start),
        end: offset(range.end),
    }
}

/// GDL0005 or GDL0007: a token that cannot be read.
pub(crate) fn unreadable(file: u32, text: &str, range: Range<usize>) -> SyntaxError {
    let token = &text[range.clone()];
    let span = span(file, range);
    if token.starts_with('"') {
        return SyntaxError::new("GDL0007", span, "this string is not closed", "no `\"` on this line")
            .help("a string ends on the line on which it begins; it has no escapes");
    }
    if !token.starts_with(|c: char| c.is_ascii_digit()) {
        let found = token.chars().take(8).collect::<String>();
        let message = format!("`{}` has no meaning here", found.escape_debug());
        let help = match token {
            "&&" | "&" => "write `and`",
            "||" | "|" => "write `or`",
            "!" => "write `not`",
            "#" => "a comment begins with `//`",
            _ => {
                "outside of strings and comments, text is ASCII letters, digits and `_ ' ( ) [ ] { } + - * / ^ < > = : , . ~ |>`"
            }
        };
        return SyntaxError::new("GDL0007", span, message, "not a character of the language").help(help);
    }
    let digits = token.trim_start_matches(|c: char| c.is_ascii_digit());
    let whole = &token[..token.len() - digits.len()];
    let message = format!("`{}` is not a number", shorten(token));
    if token.ends_with(['+', '-']) {
        return SyntaxError::new("GDL0005", span, message, "its exponent has no digits").help("write it as `2e-3`");
    }
    if digits.is_empty() || digits.starts_with(['e', 'o']) && digits.len() == 1 || multiple_too_large(digits) {
        let message = format!("`{}` is too large", shorten(token));
        return SyntaxError::new("GDL0005", span, message, "beyond 2^64 - 1 (a degree: 2^32 - 1)");
    }
    let error = SyntaxError::new("GDL0005", span, message, "a letter follows the digits");
    match digits.strip_prefix('x') {
        Some(rep) if !rep.is_empty() => error.help(format!("for a multiple, leave blanks: `{whole} x {rep}`")),
        Some(_) => error.help(format!("for a multiple, leave blanks: `{whole} x …`")),
        _ => error.help("a product is written with `*`, a multiple of a representation with ` x `"),
    }
}

fn multiple_too_large(digits: &str) -> bool {
    let Some(l) = digits.strip_prefix('x').and_then(|d| d.strip_suffix(['e', 'o'])) else {
        return false;
    };
    !l.is_empty() && l.bytes().all(|b| b.is_ascii_digit())
}

fn shorten(token: &str) -> String {
    match token.char_indices().nth(24) {
        Some((end, _)) => format!("{}…", &token[..end]),
        None => token.to_string(),
    }
}

/// GDL0002: an opener without its closer, and how many more opened inside it.
pub(crate) fn unclosed(file: u32, text: &str, at: usize, more: usize) -> SyntaxError {
    let label = match more {
        0 => "opened here".to_string(),
        n => format!("opened here, and {n} more inside it"),
    };
    let open = &text[at..at + 1];
    SyntaxError::new(
        "GDL0002",
        span(file, at..at + 1),
        format!("`{open}` is never closed"),
        label,
    )
}

/// GDL0002: a closer without its opener; `top` is the bracket that is open instead.
pub(crate) fn mismatched(file: u32, text: &str, at: usize, top: Option<usize>) -> SyntaxError {
    let close = &text[at..at + 1];
    let span = span(file, at..at + 1);
    match top {
        None => SyntaxError::new(
            "GDL0002",
            span,
            format!("`{close}` closes nothing"),
            "no such bracket is open here",
        ),
        Some(top) => {
            let open = &text[top..top + 1];
            let line = text[..top].bytes().filter(|b| *b == b'\n').count() + 1;
            let message = format!("`{close}` does not close `{open}`");
            SyntaxError::new("GDL0002", span, message, format!("`{open}` was opened in line {line}"))
        }
    }
}

/// GDL0003: nesting.
pub(crate) fn too_deep(file: u32, range: Range<usize>) -> SyntaxError {
    let message = format!("this nests more than {} deep", crate::layout::MAX_DEPTH);
    SyntaxError::new("GDL0003", span(file, range), message, "too deep from here on").help("give a part of it a name")
}

/// The token at `at` in the language's words: `` `)` ``, or `end` where nothing follows in `text`.
pub(crate) fn found(text: &str, at: usize, end: &str) -> (Range<usize>, String) {
    match lex::next(text, at) {
        Some(token) if token.kind != lex::Kind::Newline => {
            let quoted = format!("`{}`", shorten(&text[token.range.clone()]));
            (token.range, quoted)
        }
        _ => (at..at, end.to_string()),
    }
}
