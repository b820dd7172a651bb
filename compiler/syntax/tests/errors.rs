//! What is reported: code, text of the span, message; and that one error does not hide another.

use gdl_syntax::{SyntaxError, parse, parse_expr};

/// The text that an error points at.
fn at<'a>(text: &'a str, error: &SyntaxError) -> &'a str {
    &text[error.span.start as usize..error.span.end as usize]
}

/// The file `input` has exactly the errors `expected`: code, span text and message.
#[track_caller]
fn file(input: &str, expected: &[(&str, &str, &str)]) {
    let errors = parse(0, input).errors;
    let found: Vec<_> = errors
        .iter()
        .map(|e| (e.code, at(input, e), e.message.as_str()))
        .collect();
    assert_eq!(found, expected, "{input}");
}

/// The body `input` of a layer has exactly the errors `expected`.
#[track_caller]
fn body(input: &str, expected: &[(&str, &str, &str)]) {
    file(&format!("layer f(x: a) {{\n{input}\n}}"), expected);
}

#[test]
fn syntax() {
    for (input, found, message) in [
        (
            "y = 1 1",
            "1",
            "expected an operator or the end of the statement, found `1`",
        ),
        ("y = f(1 1)", "1", "expected an operator, `,` or `)`, found `1`"),
        ("y = x[1 1]", "1", "expected an operator, `,` or `]`, found `1`"),
        ("y =", "", "expected an expression, found the end of the statement"),
        (
            "y = sum i in S a",
            "a",
            "expected an operator, `:`, `by` or `if`, found `a`",
        ),
        ("repeat n m { y = 1 }", "m", "expected an operator or `{`, found `m`"),
        ("iterate 3 { y = 1 }", "{", "expected an operator or `from`, found `{`"),
        ("param W", "", "expected `=` or `:`, found the end of the statement"),
        (
            "y = a = b",
            "=",
            "expected an operator or the end of the statement, found `=`",
        ),
        ("in = 3", "in", "expected a statement, found `in`"),
        (
            "param W: T ~ he ~ he",
            "~ he",
            "a parameter has one `~`, one `=`, one `in` and one `as`",
        ),
    ] {
        body(input, &[("GDL0001", found, message)]);
    }
    file("layer (x: a) { x }", &[("GDL0001", "(", "expected a name, found `(`")]);
    file(
        "layer f { x }",
        &[("GDL0001", "{", "expected parameters in `( … )` or `under`, found `{`")],
    );
    file(
        "laye f(x: a) { x }",
        &[(
            "GDL0001",
            "laye",
            "expected an item (`layer`, `model`, `data`, …), found `laye`",
        )],
    );
    file(
        "train M on D {\n  loss x\n}",
        &[("GDL0001", "", "expected `=`, found the end of the entry")],
    );
}

#[test]
fn helps() {
    let help = |input: &str| {
        parse(0, &format!("layer f(x: a) {{\n{input}\n}}")).errors[0]
            .help
            .clone()
            .unwrap_or_default()
    };
    assert!(help("y = 1;").contains("no `;`"));
    assert!(help("y = a == b = c").contains("equality is `==`"));
    assert!(help("y = f (x)").contains("without a blank"));
    assert!(help("in = 3").contains("reserved word"));
    assert!(help("y = a && b").contains("`and`"));
    assert!(help("y = 8xregular").contains("`8 x regular`"));
    assert!(help("y = a\n- b\ny").contains("begins with `-`"));
}

#[test]
fn brackets() {
    body("y = (1 + 2", &[("GDL0002", "(", "`(` is never closed")]);
    body(
        "y = 1)\nz = 2 2",
        &[
            ("GDL0002", ")", "`)` closes nothing"),
            (
                "GDL0001",
                "2",
                "expected an operator or the end of the statement, found `2`",
            ),
        ],
    );
    body("y = (1]", &[("GDL0002", "]", "`]` does not close `(`")]);
    // Indentation tells where the bracket should have been closed: the next line has an error of its own.
    body(
        "  y = f(1 +\n  z = 2 2\n  w = g(",
        &[
            ("GDL0002", "(", "`(` is never closed"),
            (
                "GDL0001",
                "2",
                "expected an operator or the end of the statement, found `2`",
            ),
            ("GDL0002", "(", "`(` is never closed"),
        ],
    );
    file(
        "layer f(x: a {\n  y = 1 1\n}\nlayer g(x: a) { 2 2 }",
        &[
            ("GDL0002", "(", "`(` is never closed"),
            (
                "GDL0001",
                "1",
                "expected an operator or the end of the statement, found `1`",
            ),
            (
                "GDL0001",
                "2",
                "expected an operator or the end of the statement, found `2`",
            ),
        ],
    );
    file(
        "layer f(x: a) {\n  y = 1\nlayer g(x: a) { x }",
        &[("GDL0002", "{", "`{` is never closed")],
    );
}

#[test]
fn nesting() {
    let nested = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
    assert!(parse_expr(0, &nested(128)).is_ok());
    let too_deep = "this nests more than 128 deep";
    for n in [129, 10_000] {
        body(
            &format!("y = {}\nz = 1 1", nested(n)),
            &[
                ("GDL0003", "(", too_deep),
                (
                    "GDL0001",
                    "1",
                    "expected an operator or the end of the statement, found `1`",
                ),
            ],
        );
    }
    for chain in ["- ", "not ", "sum i: ", "a + ", "a ^ ", "a -> ", "for n x V in a: "] {
        assert!(parse_expr(0, &format!("{}a", chain.repeat(100))).is_ok(), "{chain}");
        let text = format!("{}a", chain.repeat(10_000));
        let errors = parse_expr(0, &text).expect_err("too deep");
        assert!(errors.iter().all(|e| e.code == "GDL0003"), "{chain}: {}", errors.len());
    }
    for suffix in ["(a)", "[a]", ".a", ".[a]"] {
        let errors = parse_expr(0, &format!("a{}", suffix.repeat(10_000))).expect_err("too deep");
        assert!(errors.iter().all(|e| e.code == "GDL0003"), "{suffix}");
    }
    let choice = format!("if a {{ 1 }}{}", " else if a { 1 }".repeat(10_000));
    assert!(parse_expr(0, &choice).is_err());
    let blocks = format!("layer f(x: a) {}{}", "{ repeat 2 ".repeat(10_000), "}".repeat(10_000));
    assert_eq!(parse(0, &blocks).errors[0].code, "GDL0003");
    let opened = parse(0, &"(".repeat(10_000)).errors;
    assert!(opened.len() <= 3, "{opened:#?}");
}

#[test]
fn expression_statements() {
    let message = "only the last statement of a block may be an expression";
    body("y = a\n- b\ny", &[("GDL0004", "- b", message)]);
    body("f(x)\ny", &[("GDL0004", "f(x)", message)]);
    body("repeat 2 {\n  (a)\n  y = 1\n}", &[("GDL0004", "(a)", message)]);
    body("if c { y = 1 }\ny", &[]);
}

#[test]
fn numbers() {
    for (number, found, message) in [
        ("3abc", "3abc", "`3abc` is not a number"),
        ("2e+", "2e+", "`2e+` is not a number"),
        ("f(2e+)", "2e+", "`2e+` is not a number"),
        ("1.5e", "1.5e", "`1.5e` is not a number"),
        ("1.2.3", "1.2.3", "`1.2.3` is not a number"),
        ("0x1f", "0x1f", "`0x1f` is not a number"),
        (
            "18446744073709551616",
            "18446744073709551616",
            "`18446744073709551616` is too large",
        ),
        (
            "18446744073709551616x1o",
            "18446744073709551616x1o",
            "`18446744073709551616x1o` is too large",
        ),
        ("4294967296e", "4294967296e", "`4294967296e` is too large"),
    ] {
        let errors = parse_expr(0, number).expect_err(number);
        let found_here: Vec<_> = errors
            .iter()
            .map(|e| (e.code, at(number, e), e.message.as_str()))
            .collect();
        assert_eq!(found_here, [("GDL0005", found, message)]);
    }
}

#[test]
fn mixing() {
    body(
        "y = a + b |> f",
        &[("GDL0006", "+", "`|>` and `+` are mixed without parentheses")],
    );
    body(
        "y = a |> f as T",
        &[("GDL0006", "as", "`|>` and `as` are mixed without parentheses")],
    );
    body(
        "y = sum i: a |> f",
        &[("GDL0006", "|>", "`|>` in the body of a reduction needs parentheses")],
    );
    body(
        "y = max i if sum j: a: b",
        &[("GDL0006", "j", "a reduction after `if` needs parentheses")],
    );
    body(
        "y = mean i by softmax sum j: a: b",
        &[("GDL0006", "j", "a reduction after `softmax` needs parentheses")],
    );
    body(
        "y = sum i in sum j: a: b",
        &[("GDL0006", "j", "a reduction after `in` needs parentheses")],
    );
    let message = "comparisons do not chain";
    body("y = a < b == c", &[("GDL0006", "==", message)]);
    body("y = (a < b) == c and d == e", &[]);
    body("y = sum i by w: a", &[("GDL0006", "by w", "only `mean` takes weights")]);
}

#[test]
fn unreadable() {
    body(
        "y = \"abc\nz = f(\"abc)",
        &[
            ("GDL0007", "\"abc", "this string is not closed"),
            ("GDL0007", "\"abc", "this string is not closed"),
        ],
    );
    body(
        "y = a § b\nα = 1",
        &[
            ("GDL0007", "§", "`§` has no meaning here"),
            ("GDL0007", "α", "`α` has no meaning here"),
        ],
    );
    body("y = a && b", &[("GDL0007", "&&", "`&&` has no meaning here")]);
    // Anything may stand in strings and comments.
    body("y = \"§\" // α", &[]);
}

#[test]
fn one_error_does_not_hide_another() {
    let text = "layer f(x: a) {\n  y = 1 1\n  repeat n m {\n    z = 2 2\n  }\n  w = 3 3\n}\n\nbogus\n\nmodel g(x a) {\n  y = 4 4\n}\ndata D from \"f\" {\n  x 5\n  y = 1\n  z = )\n}\n";
    let parsed = parse(0, text);
    let found: Vec<&str> = parsed.errors.iter().map(|e| at(text, e)).collect();
    assert_eq!(found, ["1", "m", "2", "3", "bogus", "a", "4", "5", ")"]);
    assert_eq!(parsed.ast.items.len(), 2);
}

#[test]
fn messages_use_no_names_of_rules() {
    let samples = [
        "layer",
        "layer f",
        "layer f(",
        "model f() under",
        "use",
        "use \"a\"::",
        "group",
        "rep a",
        "rep a of",
        "const",
        "trust f",
        "data",
        "data D from",
        "data D from \"f\"",
        "train",
        "train M on",
        "test",
        "test \"a\" rejects",
        "test \"a\" {\n a b }",
        "layer f() { y[",
        "layer f() { y[i in",
        "layer f() { y[e: j ->",
        "layer f() { for",
        "layer f() { for n x",
        "layer f() { scan t",
        "layer f() { if }",
        "layer f() { stat a }",
        "layer f() { random a: b }",
        "layer f() -> (a: b",
        "layer f() where a",
        "layer f() { a. }",
    ];
    for sample in samples {
        for text in [
            sample.to_string(),
            format!("{sample} )"),
            format!("{sample} 1"),
            format!("{sample}}}"),
        ] {
            for error in parse(0, &text).errors {
                let message = error.message.replace("`test_", "");
                assert!(!message.contains('_') && !message.contains("EOI"), "{text}: {message}");
            }
        }
    }
}
