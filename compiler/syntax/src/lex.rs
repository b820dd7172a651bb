//! Text to tokens, for the layout pass and for naming what an error found.
//!
//! The grammar reads text, not these tokens; both agree on what a token is.

use crate::error::{self, SyntaxError};
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword, primes included.
    Word,
    /// A number or irrep.
    Number,
    /// A string.
    Str,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// Any other sign.
    Sign,
    /// Something that could not be read; its error has been reported.
    Unreadable,
    /// The end of a line.
    Newline,
    /// `// …`.
    Comment,
    /// `/// …`.
    Doc,
}

/// A token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// The tokens of `text` from first to last, blanks left out.
pub(crate) fn lex(file: u32, text: &str) -> (Vec<Token>, Vec<SyntaxError>) {
    let mut tokens = Vec::new();
    let mut errors = Vec::new();
    let mut at = 0;
    while let Some(token) = next(text, at) {
        at = token.range.end;
        if token.kind == Kind::Unreadable {
            let range = token.range.clone();
            errors.push(error::unreadable(file, text, range));
        }
        tokens.push(token);
    }
    (tokens, errors)
}

/// The first token at or after the byte `at`; `None` at the end of the text.
pub(crate) fn next(text: &str, at: usize) -> Option<Token> {
    let blank = |c| matches!(c, ' ' | '\t' | '\r');
    let rest = text[at..].trim_start_matches(blank);
    let start = text.len() - rest.len();
    let (kind, length) = first(rest)?;
    Some(Token {
        kind,
        range: start..start + length,
    })
}

fn first(rest: &str) -> Option<(Kind, usize)> {
    let c = rest.chars().next()?;
    let line = || rest.find('\n').unwrap_or(rest.len());
    Some(match c {
        '\n' => (Kind::Newline, 1),
        '(' | '[' | '{' => (Kind::Open, 1),
        ')' | ']' | '}' => (Kind::Close, 1),
        '"' => string(&rest[..line()]),
        '0'..='9' => number(rest),
        _ if is_word(c) => (Kind::Word, word(rest)),
        _ if rest.starts_with("///") => (Kind::Doc, line()),
        _ if rest.starts_with("//") => (Kind::Comment, line()),
        _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => (Kind::Sign, sign.len()),
            None => {
                let readable = |c: char| is_word(c) || c.is_whitespace() || "()[]{}\"+-*/^<>=:,.~;".contains(c);
                (
                    Kind::Unreadable,
                    rest[c.len_utf8()..]
                        .find(readable)
                        .map_or(rest.len(), |n| n + c.len_utf8()),
                )
            }
        },
    })
}

/// The signs, longer ones first.
const SIGNS: &[&str] = &[
    "|>", "->", "++", "==", "!=", "<=", ">=", "..", "::", "+", "-", "*", "/", "^", "<", ">", "=", ":", ",", ".", "~",
    ";",
];

/// Whether `c` may stand in a name.
pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn word(rest: &str) -> usize {
    let body = rest.trim_start_matches(is_word);
    rest.len() - body.trim_start_matches('\'').len()
}

/// A string ends on its line. What follows an unterminated one as a closing bracket or comma is left to be read.
fn string(line: &str) -> (Kind, usize) {
    match line[1..].find('"') {
        Some(n) => (Kind::Str, n + 2),
        None => {
            let inside = line[1..].trim_end_matches([')', ']', '}', '{', ',', ' ', '\t', '\r']);
            (Kind::Unreadable, 1 + inside.len())
        }
    }
}

/// An irrep with its multiplicity, a float, an irrep or an integer, in this order; no letter, digit or `_` follows.
fn number(rest: &str) -> (Kind, usize) {
    let length = [multiple, float, irrep, digits]
        .into_iter()
        .filter_map(|shape| shape(rest))
        .find(|length| !rest[*length..].starts_with(is_word));
    match length {
        Some(length) if rest[length..].strip_prefix('.').and_then(digits).is_some() => {
            let inside = |c| is_word(c) || c == '.';
            (Kind::Unreadable, rest.len() - rest.trim_start_matches(inside).len())
        }
        Some(length) if dangling_exponent(&rest[length..], &rest[..length]) => (Kind::Unreadable, length + 1),
        Some(length) if fits(&rest[..length]) => (Kind::Number, length),
        Some(length) => (Kind::Unreadable, length),
        None => (Kind::Unreadable, rest.len() - rest.trim_start_matches(is_word).len()),
    }
}

fn digits(rest: &str) -> Option<usize> {
    let length = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    (length > 0).then_some(length)
}

fn irrep(rest: &str) -> Option<usize> {
    let l = digits(rest)?;
    rest[l..].starts_with(['e', 'o']).then_some(l + 1)
}

fn multiple(rest: &str) -> Option<usize> {
    let mult = digits(rest)?;
    let of = rest[mult..].strip_prefix('x')?;
    Some(mult + 1 + irrep(of)?)
}

fn float(rest: &str) -> Option<usize> {
    let whole = digits(rest)?;
    let fraction = rest[whole..].strip_prefix('.').and_then(digits).map(|n| n + 1);
    let mantissa = whole + fraction.unwrap_or(0);
    let exponent = rest[mantissa..].strip_prefix('e').and_then(|tail| {
        let sign = usize::from(tail.starts_with(['+', '-']));
        Some(1 + sign + digits(&tail[sign..])?)
    });
    match (fraction, exponent) {
        (None, None) => None,
        _ => Some(mantissa + exponent.unwrap_or(0)),
    }
}

/// `2e+` with nothing after it on which `+` could act.
fn dangling_exponent(after: &str, number: &str) -> bool {
    let Some(tail) = after.strip_prefix(['+', '-']) else {
        return false;
    };
    let tail = tail.trim_start_matches([' ', '\t', '\r']);
    number.ends_with('e') && (tail.is_empty() || tail.starts_with([')', ']', '}', ',']))
}

/// Whether the whole numbers in it fit the machine's.
fn fits(number: &str) -> bool {
    let value = number.trim_end_matches(['e', 'o']);
    match value.split_once('x') {
        _ if number.contains('.') || float(number) == Some(number.len()) => true,
        Some((mult, l)) => mult.parse::<u64>().is_ok() && l.parse::<u32>().is_ok(),
        None if value.len() < number.len() => value.parse::<u32>().is_ok(),
        None => value.parse::<u64>().is_ok(),
    }
}
