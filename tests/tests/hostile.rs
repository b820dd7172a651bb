//! Input that nobody should write: an error that says what is wrong, exit code 1, and never a panic.

use gdl_tests::{Output, Scratch, gdl};
use serde_json::Value;

/// Checks a text as a file.
fn check(text: impl AsRef<[u8]>) -> Output {
    let folder = Scratch::new();
    gdl(&["check", &folder.file("model.gdl", text)])
}

/// The text is rejected, and the error has these words.
fn rejected(text: impl AsRef<[u8]>, words: &str) {
    let output = check(text);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.err.contains(words), "{}", output.err);
    assert!(output.out.is_empty(), "{}", output.out);
    for line in output.err.lines().filter(|l| !l.contains("model.gdl")) {
        assert!(
            line.chars().count() <= 200,
            "a line of {} characters",
            line.chars().count()
        );
    }
}

#[test]
fn ten_thousand_parentheses() {
    rejected(
        format!(
            "model M(x: 3) -> 3 {{\n  {}x{}\n}}\n",
            "(".repeat(10_000),
            ")".repeat(10_000)
        ),
        "GDL0003",
    );
    rejected(
        format!("model M(x: 3) -> 3 {{\n  {}\n}}\n", "(".repeat(10_000)),
        "GDL000",
    );
    rejected(
        format!("model M(x: 3) -> 3 {{\n  {}x\n}}\n", "-".repeat(10_000)),
        "GDL0003",
    );
    rejected("{".repeat(10_000), "GDL000");
}

#[test]
fn sizes_beyond_reason() {
    rejected(
        "model M under O(3) (x: 1000000000x7o) -> 1 {\n  norm2(x)\n}\n",
        "GDL0124",
    );
    rejected(
        "model M under O(3) (x: 99999999999999999999x7o) -> 1 {\n  norm2(x)\n}\n",
        "GDL0005",
    );
    rejected(
        "model M under C(1000000000) (x: regular) -> 1 {\n  norm2(x)\n}\n",
        "error[",
    );
}

#[test]
fn unknown_names_are_suggested() {
    rejected("model M(x: 3) -> 10 {\n  mpl(x, [64, 10])\n}\n", "Did you mean `mlp`?");
    rejected("model M(x: 3) -> 3 {\n  y = x\n  yy\n}\n", "unknown name `yy`");
    rejected(
        "train Digit on Data {\n  loss l = 1\n}\nmodel Digits(x: 3) -> 3 {\n  x\n}\n",
        "Did you mean `Digits`?",
    );
}

#[test]
fn files_that_use_each_other() {
    let folder = Scratch::new();
    let first = folder.file("a.gdl", "use \"b.gdl\"::{g}\nlayer f(x: a) -> a {\n  x\n}\n");
    folder.file("b.gdl", "use \"a.gdl\"::{f}\nlayer g(x: a) -> a {\n  x\n}\n");
    let output = gdl(&["check", &first]);
    assert_eq!(output.code, 1);
    assert!(output.err.contains("use each other in a circle"), "{}", output.err);
    rejected("use \"model.gdl\"::{f}\n", "circle");
    rejected("use \"nowhere.gdl\"::{f}\n", "there is no such file");
    rejected("use \"/dev/null/x\"::{f}\n", "GDL0121");
}

#[test]
fn files_that_are_not_there() {
    let folder = Scratch::new();
    folder.file("digits.gdl", "");
    let output = gdl(&["check", &folder.path("digts.gdl")]);
    assert_eq!(output.code, 1);
    assert!(output.err.contains("there is no such file"), "{}", output.err);
    assert!(output.err.contains("digits.gdl`?"), "{}", output.err);
    let output = gdl(&["check", &folder.path("")]);
    assert_eq!(output.code, 1);
    assert!(output.err.contains("it is a folder"), "{}", output.err);
    for command in [
        &["train"][..],
        &["params"],
        &["ir"],
        &["test"],
        &["run", "--input", "x.npz"],
    ] {
        let mut arguments = command.to_vec();
        let missing = folder.path("missing.gdl");
        arguments.push(&missing);
        assert_eq!(gdl(&arguments).code, 1, "{command:?}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    let noise: Vec<u8> = (0..100_000u32)
        .map(|k| (k.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    rejected(&noise, "UTF-8");
    rejected(b"model M(x: 3) -> 3 {\n  \xff\n}\n", "line 2");
    rejected([0u8; 4096], "GDL0007");
    rejected("\u{feff}\u{202e}model", "GDL000");
    let text: String = noise.iter().map(|b| char::from(b' ' + b % 95)).collect();
    assert_eq!(check(text).code, 1);
}

#[test]
fn nothing_at_all() {
    let output = check("");
    assert_eq!((output.code, output.err.as_str()), (0, ""));
    assert!(output.out.contains("no models"), "{}", output.out);
}

#[test]
fn json_stays_json() {
    let folder = Scratch::new();
    let bad = folder.file("model.gdl", "model M(x: 3) -> 10 {\n  mpl(x, [\"ä\", 10])\n}\n");
    let output = gdl(&["check", "--json", &bad, &folder.path("missing.gdl")]);
    assert_eq!((output.code, output.err.as_str()), (1, ""));
    let objects: Vec<Value> = output
        .out
        .lines()
        .map(|l| serde_json::from_str(l).expect("an object a line"))
        .collect();
    assert_eq!(objects[0]["code"], "GDL0100");
    assert_eq!(
        (&objects[0]["line"], &objects[0]["column"], &objects[0]["end_column"]),
        (&2.into(), &3.into(), &6.into())
    );
    assert!(objects.iter().all(|o| o["severity"] == "error"), "{objects:?}");
}

#[test]
fn wrong_usage() {
    for arguments in [
        &["chek"][..],
        &["check"],
        &[],
        &["run", "model.gdl"],
        &["check", "--color", "blue", "x"],
        &["ir", "x", "--stage", "magic"],
    ] {
        let output = gdl(arguments);
        assert_eq!(output.code, 2, "{arguments:?}: {output:?}");
    }
    let output = gdl(&["chek", "x.gdl"]);
    assert!(output.err.contains("check"), "{}", output.err);
    assert_eq!(gdl(&["--help"]).code, 0);
    assert_eq!(gdl(&["--version"]).out, format!("gdl {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn settings_must_exist() {
    let folder = Scratch::new();
    let file = folder.file(
        "model.gdl",
        "setting width: int = 8\nmodel M(x: 3) -> width {\n  linear(x, width)\n}\n",
    );
    assert_eq!(gdl(&["params", &file, "width=16"]).code, 0);
    let output = gdl(&["params", &file, "witdh=16"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("Did you mean `width`?"), "{}", output.err);
    assert_eq!(gdl(&["params", &file, "N"]).code, 2);
    assert_eq!(gdl(&["params", &file, "width=1000000000000"]).code, 1);
}
