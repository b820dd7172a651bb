//! No input makes the parser panic, overflow its stack or run away.

use gdl_syntax::dump::dump;
use gdl_syntax::print::print;
use gdl_syntax::{parse, parse_expr};
use proptest::prelude::*;

const SAMPLES: &[&str] = &[
    include_str!("samples/attention.gdl"),
    include_str!("samples/bellman_ford.gdl"),
    include_str!("samples/deep_sets.gdl"),
    include_str!("samples/digits.gdl"),
    include_str!("samples/egnn.gdl"),
    include_str!("samples/gcn.gdl"),
    include_str!("samples/gem_conv.gdl"),
    include_str!("samples/groups.gdl"),
    include_str!("samples/potential.gdl"),
];

const TOKENS: &[&str] = &[
    "layer",
    "model",
    "data",
    "train",
    "test",
    "use",
    "group",
    "rep",
    "const",
    "trust",
    "under",
    "where",
    "param",
    "stat",
    "random",
    "repeat",
    "iterate",
    "scan",
    "integrate",
    "for",
    "from",
    "in",
    "if",
    "else",
    "by",
    "softmax",
    "and",
    "or",
    "not",
    "sum",
    "mean",
    "x",
    "as",
    "on",
    "f",
    "g'",
    "_",
    "1",
    "2e",
    "16x1o",
    "1e-2",
    "3abc",
    "\"s\"",
    "\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    "::",
    "=",
    "==",
    "->",
    "|>",
    "+",
    "-",
    "*",
    "^",
    "..",
    "++",
    "~",
    ".",
    "///",
    "//",
    "\n",
];

const OPERANDS: &[&str] = &[
    "a",
    "x",
    "1",
    "2e",
    "1.5",
    "f(a, b = c)",
    "y[i]",
    "(a, b)",
    "(a + b)",
    "(a else b)",
    "(sum i: a)",
    "(a |> f)",
    "(if c { a } else { b })",
    "- a",
    "not a",
    "sum i: a",
    "mean j in s by softmax l: b",
    "min e: j -> i in g.edges if c: a",
    "for n x V in a: n",
    "if c { a }",
    "[a]",
];

const OPERATORS: &[&str] = &[
    " -> ", " |> ", " else ", " as ", " or ", " and ", " == ", " < ", "..", " ++ ", " + ", " - ", " * ", " / ", " x ",
    " ^ ",
];

/// Parses it both ways; every span lies in the text, on the boundaries of its characters, and what has no errors is read
/// the same when printed.
fn survives(text: &str) {
    let parsed = parse(0, text);
    if parsed.errors.is_empty() {
        let printed = print(&parsed.ast);
        let again = parse(0, &printed);
        assert!(
            again.errors.is_empty(),
            "{text}\nprints as\n{printed}\n{:#?}",
            again.errors
        );
        assert_eq!(dump(&again.ast), dump(&parsed.ast), "{text}\nprints as\n{printed}");
    }
    let mut errors = parsed.errors;
    errors.extend(parse_expr(0, text).err().unwrap_or_default());
    for error in errors {
        let range = error.span.start as usize..error.span.end as usize;
        assert!(text.get(range).is_some(), "{error:?} of {text:?}");
    }
}

proptest! {
    #[test]
    fn bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn tokens(picks in proptest::collection::vec((0..TOKENS.len(), any::<bool>()), 0..120)) {
        let text: String = picks.iter().map(|(k, blank)| format!("{}{}", TOKENS[*k], if *blank { " " } else { "" })).collect();
        survives(&text);
        survives(&format!("layer f(x: a) {{\n{text}\n}}"));
    }

    #[test]
    fn expressions(picks in proptest::collection::vec((0..OPERANDS.len(), 0..OPERATORS.len()), 1..10)) {
        let mut text = "const c: t = ".to_string();
        for (operand, operator) in &picks {
            text += OPERANDS[*operand];
            text += OPERATORS[*operator];
        }
        survives(&(text + "z"));
    }

    #[test]
    fn truncations(sample in 0..SAMPLES.len(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let text = SAMPLES[sample];
        let (a, b) = (from.index(text.len() + 1), to.index(text.len() + 1));
        survives(&text[a.min(b)..a.max(b)]);
    }

    #[test]
    fn mutations(
        sample in 0..SAMPLES.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..TOKENS.len(), 0usize..4), 1..6),
    ) {
        let mut text = SAMPLES[sample].to_string();
        for (at, token, cut) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + cut).min(text.len());
            text.replace_range(at..end, TOKENS[token]);
        }
        survives(&text);
    }
}

#[test]
fn long_files() {
    let sample: String = SAMPLES.join("\n");
    let long = sample.repeat(2_000 / sample.lines().count() + 1);
    assert!(long.lines().count() >= 2_000);
    assert!(parse(0, &long).errors.is_empty());
}

/// Shapes on which a parser with back-tracking takes forever.
#[test]
fn no_exponential_time() {
    for (open, inner, close) in [
        ("(", "", ""),
        ("f(", "a b", ")"),
        ("a[i in (", "1", ")]"),
        ("sum i in (", "1", ")"),
        ("max i if (", "1", ")"),
        ("for n x V in (", "a", ")"),
        ("if (", "a", ") { b c }"),
        ("repeat (", "a", ") { b c"),
        ("if c { for n x V in (", "a", ") }"),
        ("iterate a in (if c { ", "a", " } else { b })"),
        ("(a = ", "1", ")"),
        ("y[i in (if c { ", "1", " })]"),
    ] {
        let text = format!("layer f(x: a) {{\n{}{inner}{}\n}}", open.repeat(60), close.repeat(60));
        survives(&text);
    }
    survives(&"if\n".repeat(20_000));
    survives(&"// a\n/// b\n".repeat(20_000));
    survives(&"layer f() {\n".repeat(2_000));
    survives(&"layer f() { a b\n".repeat(2_000));
}

/// Nesting as deep as it may be, in every way, fits the stack of a thread.
#[test]
fn deepest_nesting() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("f(a = ", "1", ")"),
        ("f[", "1", "]"),
        ("a.[", "1", "]"),
        ("for n x V in (", "a", "): a"),
        ("sum i in (", "1", "): a"),
        ("if (a) { ", "1", " }"),
    ] {
        let text = format!("const c: t = {}{inner}{}", open.repeat(127), close.repeat(127));
        survives(&text);
        assert!(parse(0, &text).errors.is_empty(), "{open}");
    }
    let blocks = format!(
        "layer f(x: a) {}{}",
        "{ repeat 2 ".repeat(127),
        "{ a }".to_string() + &"}".repeat(127)
    );
    assert!(parse(0, &blocks).errors.is_empty());
}
