//! The code blocks of `spec/typing.md` do what the page says.

use gdl_core::{check, modules};

/// The fenced blocks of a page: line, what is expected (`None`: no errors), source.
fn blocks(text: &str) -> Vec<(usize, Option<String>, String)> {
    let mut out = Vec::new();
    let mut open: Option<(usize, Option<String>, String)> = None;
    for (k, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => out.extend(open.take()),
            (Some((_, _, body)), None) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, Some(head)) => {
                let words: Vec<&str> = head.split_whitespace().collect();
                open = match words.as_slice() {
                    ["gdl", "accept"] => Some((k + 1, None, String::new())),
                    ["gdl", "reject", code] => Some((k + 1, Some((*code).to_string()), String::new())),
                    _ => Some((0, None, String::new())),
                };
            }
            (None, None) => {}
        }
    }
    out.retain(|(line, _, _)| *line > 0);
    out
}

#[test]
fn typing_rules() {
    let page = include_str!("../../spec/typing.md");
    let found = blocks(page);
    assert!(found.len() > 25, "the page has {} blocks", found.len());
    let mut wrong = Vec::new();
    for (line, expected, source) in found {
        let (program, mut diags) = modules::load("spec.gdl", &source, &[], &|_, f| Err(format!("no file `{f}`")));
        diags.extend(check::check(&program).1);
        let codes: Vec<&str> = diags.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
        let fine = match &expected {
            None => codes.is_empty(),
            Some(code) => codes == [code.as_str()],
        };
        if !fine {
            let titles: Vec<String> = diags.iter().map(|d| format!("{} {}", d.code, d.title)).collect();
            wrong.push(format!(
                "spec/typing.md:{line}: expected {}, found {titles:?}",
                expected.as_deref().unwrap_or("no errors")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As above, with `data` and `train` blocks read as `gdl check` reads them.
#[test]
fn data_and_training() {
    let found = blocks(include_str!("../../spec/data.md"));
    assert!(found.len() >= 4, "the page has {} blocks", found.len());
    for (line, expected, source) in found {
        let (text, accepted) = gdl_tests::check("spec.gdl", &source);
        let fine = match &expected {
            None => accepted,
            Some(code) => !accepted && text.contains(&format!("error[{code}]")),
        };
        assert!(fine, "spec/data.md:{line}: expected {expected:?}\n{text}");
    }
}
