//! Every error code has a page in `spec/errors`, and every page says what gdl says.

use gdl_tests::{check, gdl, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Codes of defects of the compiler: no program shows them.
const DEFECTS: [&str; 2] = ["GDL0132", "GDL0133"];

/// All pages: code and text.
fn pages() -> Vec<(String, String)> {
    let folder = root().join("spec/errors");
    let mut pages: Vec<(String, String)> = fs::read_dir(folder)
        .expect("spec/errors")
        .map(|e| e.expect("an entry").path())
        .map(|p| {
            (
                p.file_stem().expect("a name").to_string_lossy().into_owned(),
                fs::read_to_string(&p).expect("a page"),
            )
        })
        .collect();
    pages.sort();
    pages
}

/// The block of code below a heading, with its last newline.
fn block<'a>(page: &'a str, heading: &str, language: &str) -> Option<&'a str> {
    let below = page.split_once(&format!("\n## {heading}\n"))?.1;
    let below = below.split("\n## ").next()?;
    let code = below.split_once(&format!("```{language}\n"))?.1;
    code.find("\n```").map(|end| &code[..=end])
}

/// What a session prints for inputs after `> `.
fn session(inputs: &str) -> String {
    let inputs: Vec<String> = inputs
        .lines()
        .filter_map(|l| l.strip_prefix("> "))
        .map(String::from)
        .collect();
    let work = move || {
        let mut session = gdl::repl::Session::new();
        let mut all = String::new();
        for input in inputs {
            let (printed, next) = gdl::repl::transcript(&session, &input);
            all += &printed;
            session = next;
        }
        all
    };
    let thread = std::thread::Builder::new().stack_size(gdl::STACK).spawn(work);
    thread.expect("a thread").join().expect("the session panicked")
}

#[test]
fn pages_say_what_gdl_says() {
    let mut wrong = Vec::new();
    for (code, page) in pages() {
        assert!(
            page.starts_with(&format!("# {code}: ")),
            "{code}: the title begins with the code"
        );
        if DEFECTS.contains(&code.as_str()) {
            continue;
        }
        let part =
            |heading, language| block(&page, heading, language).unwrap_or_else(|| panic!("{code}: no `{heading}`"));
        if let (Some(wrong_input), Some(right)) = (block(&page, "Wrong", "repl"), block(&page, "Right", "repl")) {
            let printed = session(wrong_input);
            if printed != part("What gdl prints", "text") {
                wrong.push(format!("{code}: gdl prints\n{printed}"));
            }
            if !printed.contains(&format!("[{code}]")) {
                wrong.push(format!("{code}: the wrong input is not rejected with it"));
            }
            if session(right).contains("error") {
                wrong.push(format!("{code}: the right input is not accepted"));
            }
            continue;
        }
        let (text, accepted) = check("model.gdl", part("Wrong", "gdl"));
        if text != part("What gdl prints", "text") {
            wrong.push(format!("{code}: gdl prints\n{text}"));
        }
        if !text.contains(&format!("[{code}]")) {
            wrong.push(format!("{code}: the wrong program is not rejected with it"));
        }
        if accepted != text.starts_with("warning") {
            wrong.push(format!("{code}: errors reject, warnings do not"));
        }
        let (text, accepted) = check("model.gdl", part("Right", "gdl"));
        if !accepted || !text.is_empty() {
            wrong.push(format!("{code}: the right program is not accepted\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn codes_and_pages_agree() {
    let mut codes = BTreeSet::new();
    for folder in ["compiler/syntax/src", "compiler/core/src", "compiler/cli/src"] {
        collect(&root().join(folder), &mut codes);
    }
    let pages: BTreeSet<String> = pages().into_iter().map(|(code, _)| code).collect();
    let missing: Vec<_> = codes.difference(&pages).collect();
    assert!(missing.is_empty(), "codes without a page: {missing:?}");
    let unused: Vec<_> = pages.difference(&codes).collect();
    assert!(unused.is_empty(), "pages without a code: {unused:?}");
}

/// String literals that are codes, in the sources below a folder.
fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, codes);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            for (at, _) in text.match_indices("\"GDL0") {
                let code = &text[at + 1..];
                let is_code = code.len() > 7
                    && code.as_bytes()[3..7].iter().all(u8::is_ascii_digit)
                    && code.as_bytes()[7] == b'"';
                if is_code {
                    codes.insert(code[..7].to_string());
                }
            }
        }
    }
}

#[test]
fn pages_are_embedded() {
    for (code, page) in pages() {
        let shown = gdl(&["explain", &code]);
        assert_eq!((shown.code, shown.out), (0, page), "{code}");
    }
    let list = gdl(&["explain"]);
    assert_eq!(list.out.lines().count(), pages().len());
    let unknown = gdl(&["explain", "GDL0199"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("there is no error code `GDL0199`"),
        "{}",
        unknown.err
    );
}

#[test]
fn texts_fit_the_page() {
    for (code, page) in pages() {
        let printed = block(&page, "What gdl prints", "text").unwrap_or("");
        for line in printed.lines() {
            assert!(line.chars().count() <= 100, "{code}: {line}");
        }
    }
}
