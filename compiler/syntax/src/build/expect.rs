//! Why a chunk of text does not parse, in the language's own words.

use super::{Builder, Chunk};
use crate::error::{self, SyntaxError};
use crate::grammar::Rule;
use crate::lex::{self, Kind};
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

/// The error of a chunk that the grammar refused with `failure`.
pub(super) fn explain(builder: &Builder, chunk: Chunk, range: Range<usize>, failure: &Error<Rule>) -> SyntaxError {
    let at = match failure.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => range.start + at,
    };
    let before = Before::read(&builder.text[range.start..at]);
    let (found, word) = error::found(&builder.text[..range.end], at, chunk.end());
    let span = error::span(builder.file, found);
    if let Some((outer, reduction)) = before.bare_reduction() {
        let message = format!("a reduction after `{outer}` needs parentheses");
        return SyntaxError::new("GDL0006", span, message, format!("the binder of `{reduction}`"))
            .help(format!("write `{outer} ({reduction} …: …)`"));
    }
    let rules = match &failure.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { .. } => &[],
    };
    let message = format!("expected {}, found {word}", expected(rules, chunk, before.open));
    let error = SyntaxError::new("GDL0001", span, message, "not expected here");
    match help(&word, rules, before.last.as_deref()) {
        Some(help) => error.help(help),
        None => error,
    }
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

/// What stands before an error.
struct Before {
    /// The last token and the one before it.
    last: Option<String>,
    last_but_one: Option<String>,
    /// The innermost open bracket.
    open: Option<char>,
}

impl Before {
    fn read(text: &str) -> Before {
        let mut before = Before {
            last: None,
            last_but_one: None,
            open: None,
        };
        let mut stack = Vec::new();
        let mut at = 0;
        while let Some(token) = lex::next(text, at) {
            at = token.range.end;
            match token.kind {
                Kind::Open => stack.extend(text[token.range.clone()].chars()),
                Kind::Close => drop(stack.pop()),
                Kind::Newline | Kind::Comment | Kind::Doc => continue,
                _ => {}
            }
            before.last_but_one = before.last.replace(text[token.range].to_string());
        }
        before.open = stack.pop();
        before
    }

    /// `if`, `by` or `in` and the reduction right after it, if the text ends in these.
    fn bare_reduction(&self) -> Option<(&str, &str)> {
        let (outer, word) = (self.last_but_one.as_deref()?, self.last.as_deref()?);
        let reduces = matches!(word, "sum" | "mean" | "max" | "min" | "prod" | "logsumexp");
        (reduces && matches!(outer, "if" | "by" | "in" | "softmax")).then_some((outer, word))
    }
}

/// What could have stood there: a list in words.
fn expected(rules: &[Rule], chunk: Chunk, open: Option<char>) -> String {
    let mut words: Vec<String> = Vec::new();
    if rules.contains(&Rule::infix) {
        words.extend(describe(Rule::infix));
    }
    for word in rules.iter().filter_map(|rule| describe(*rule)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    // The grammar names rules only: commas, closers and the ends of lines are added by what is open.
    let after_operand = rules.contains(&Rule::infix);
    let must_follow = [
        Rule::colon,
        Rule::block,
        Rule::k_in,
        Rule::k_from,
        Rule::k_of,
        Rule::times,
    ];
    let definite = rules.iter().any(|rule| must_follow.contains(rule));
    if words.is_empty() || after_operand && !definite {
        match open {
            Some('(') => words.extend(["`,`".to_string(), "`)`".to_string()]),
            Some('[') => words.extend(["`,`".to_string(), "`]`".to_string()]),
            _ => words.push(chunk.end().to_string()),
        }
    }
    match words.pop() {
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
        None => chunk.end().to_string(),
    }
}

/// A rule in words; `None` for what goes without saying.
fn describe(rule: Rule) -> Option<String> {
    let words = match rule {
        Rule::item | Rule::item_chunk => "an item (`layer`, `model`, `data`, …)",
        Rule::stmt_ok | Rule::stmt_chunk | Rule::part_chunk => "a statement",
        Rule::datum_ok | Rule::datum_chunk | Rule::entry_ok | Rule::entry_chunk => "an entry `NAME = …`",
        Rule::expr | Rule::operand | Rule::head | Rule::head_operand | Rule::postfix | Rule::def | Rule::arg => {
            "an expression"
        }
        Rule::expr_chunk | Rule::acting | Rule::tuple | Rule::list | Rule::neg | Rule::not | Rule::record => {
            "an expression"
        }
        Rule::reduction | Rule::for_prefix | Rule::if_ | Rule::from => "an expression",
        Rule::ident | Rule::place | Rule::names => "a name",
        Rule::in_binder | Rule::edge_binder => "a binder",
        Rule::string => "a string",
        Rule::int => "a number",
        Rule::infix => "an operator",
        Rule::params => "parameters in `( … )`",
        Rule::parameter | Rule::field => "`NAME: TYPE`",
        Rule::block | Rule::test_block | Rule::braces => "`{`",
        Rule::use_names => "names in `{ … }`",
        Rule::eq | Rule::init => "`=`",
        Rule::colon => "`:`",
        Rule::arrow | Rule::result => "`->`",
        Rule::times => "`x`",
        Rule::dist => "`~`",
        Rule::basis => "`in`",
        Rule::external => "`as`",
        Rule::cond => "`if`",
        Rule::by => "`by`",
        Rule::under => "`under`",
        Rule::where_ => "`where`",
        Rule::else_ => "`else`",
        _ => return keyword(rule),
    };
    Some(words.to_string())
}

/// The word that a rule like `k_from` stands for.
fn keyword(rule: Rule) -> Option<String> {
    format!("{rule:?}").strip_prefix("k_").map(|word| format!("`{word}`"))
}

/// What is often meant by the token found.
fn help(found: &str, rules: &[Rule], last: Option<&str>) -> Option<String> {
    const RESERVED: &[&str] = &[
        "`if`", "`else`", "`in`", "`by`", "`from`", "`where`", "`and`", "`or`", "`not`",
    ];
    let wants_name = [Rule::ident, Rule::stmt_ok, Rule::stmt_chunk]
        .iter()
        .any(|rule| rules.contains(rule));
    Some(match found {
        "`;`" => "a statement ends with its line: there is no `;`".to_string(),
        "`=`" if rules.contains(&Rule::infix) => "`=` defines a name; equality is `==`".to_string(),
        "`(`" | "`[`" if rules.contains(&Rule::infix) => {
            format!(
                "arguments and indices follow without a blank: `f(x)`, `x[i]`; a product is `a * (b)`, not `a {}`",
                &found[1..2]
            )
        }
        "`:`" if last == Some(":") => "paths are written with `::` only in `use`".to_string(),
        word if wants_name && RESERVED.contains(&word) => format!("{word} is a reserved word"),
        _ => return None,
    })
}
