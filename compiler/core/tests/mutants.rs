//! Edits that break equivariance: every one is rejected with the right code, at the right place, with a help.
//!
//! A file of `mutants/` belongs to one example. It holds programs, library layers written out so that edits can break them, and
//! after each program its edits:
//!
//! ```text
//! program
//! model M … { … }
//! end
//!
//! relu on vectors: GDL0102
//! - the text that is replaced (it occurs once)
//! + what replaces it
//! @ a piece of the line of the first label, where that is not the edited line
//! then GDL0110 (a consequence that may follow)
//! ```

use gdl_core::check::check;
use gdl_core::diag::Diagnostic;
use gdl_core::modules::{Program, load};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Errors of these codes are about equivariance: a group element shows them.
const SHOWN: [&str; 6] = ["GDL0102", "GDL0103", "GDL0104", "GDL0107", "GDL0108", "GDL0109"];

/// An edit, and what must be said about it.
#[derive(Debug, Default)]
struct Mutant {
    name: String,
    code: String,
    from: Vec<String>,
    to: Vec<String>,
    /// A piece of the line of the first label, if that is not the edited one.
    at: Option<String>,
    /// Codes of errors that may follow.
    then: Vec<String>,
    /// The program is a layer on its own: its representations are unknown, so no element of a group can be shown.
    unknown: bool,
}

/// A program and its edits.
#[derive(Debug, Default)]
struct Group {
    program: String,
    mutants: Vec<Mutant>,
}

fn parse(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if inside {
            inside = line != "end";
            if inside {
                let program = &mut groups.last_mut().expect("a program").program;
                program.push_str(line);
                program.push('\n');
            }
            continue;
        }
        if line == "program" {
            groups.push(Group::default());
            inside = true;
            continue;
        }
        let group = groups.last_mut().expect("a program comes first");
        let last = || "an edit comes first";
        if let Some(rest) = line.strip_prefix("- ") {
            group
                .mutants
                .last_mut()
                .unwrap_or_else(|| panic!("{}", last()))
                .from
                .push(rest.into());
        } else if let Some(rest) = line.strip_prefix("+ ") {
            group
                .mutants
                .last_mut()
                .unwrap_or_else(|| panic!("{}", last()))
                .to
                .push(rest.into());
        } else if let Some(rest) = line.strip_prefix("@ ") {
            group.mutants.last_mut().unwrap_or_else(|| panic!("{}", last())).at = Some(rest.into());
        } else if let Some(rest) = line.strip_prefix("then ") {
            group
                .mutants
                .last_mut()
                .unwrap_or_else(|| panic!("{}", last()))
                .then
                .push(rest.into());
        } else if line == "unknown" {
            group.mutants.last_mut().unwrap_or_else(|| panic!("{}", last())).unknown = true;
        } else if let Some((name, code)) = line.rsplit_once(": ") {
            group.mutants.push(Mutant {
                name: name.into(),
                code: code.into(),
                ..Mutant::default()
            });
        } else {
            assert!(line.is_empty(), "what is `{line}`?");
        }
    }
    groups
}

fn checked(text: &str) -> (Program, Vec<Diagnostic>) {
    let (program, mut diags) = load("mutant.gdl", text, &[], &|_, _| Err("no files".into()));
    let (_, found) = check(&program);
    diags.extend(found);
    (program, diags)
}

fn errors(diags: &[Diagnostic]) -> Vec<&Diagnostic> {
    diags.iter().filter(|d| d.is_error()).collect()
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// What is wrong with the answer to an edit.
fn wrong(program: &str, m: &Mutant) -> Vec<String> {
    let (from, to) = (m.from.join("\n"), m.to.join("\n"));
    let found: Vec<usize> = program.match_indices(&from).map(|(k, _)| k).collect();
    let [start] = found[..] else {
        return vec![format!("`{from}` occurs {} times", found.len())];
    };
    let text = [&program[..start], &to, &program[start + from.len()..]].concat();
    let (loaded, diags) = checked(&text);
    let errors = errors(&diags);
    let Some(d) = errors.iter().find(|d| d.code == m.code) else {
        let have: Vec<String> = errors.iter().map(|d| format!("{} {}", d.code, d.title)).collect();
        return vec![if have.is_empty() {
            "ACCEPTED".into()
        } else {
            format!("not {}, but {}", m.code, have.join("; "))
        }];
    };
    let mut out = Vec::new();
    for e in &errors {
        if e.code != m.code && !m.then.iter().any(|t| t == e.code) {
            out.push(format!("also {} {}", e.code, e.title));
        }
    }
    let label = &d.labels[0];
    let own = label.span.file == loaded.root_file();
    let (first, last) = (line_of(&text, start), line_of(&text, start + to.len()));
    let span = &label.span;
    let (top, bottom) = if own {
        (line_of(&text, span.start as usize), line_of(&text, span.end as usize))
    } else {
        (0, 0)
    };
    let right = match &m.at {
        Some(piece) => own && text.lines().nth(top - 1).is_some_and(|l| l.contains(piece)),
        None => own && top <= last && first <= bottom,
    };
    if !right {
        out.push(format!(
            "the label `{}` lies on line {top}, the edit on {first}..{last}",
            label.text
        ));
    }
    if d.help.as_ref().is_none_or(String::is_empty) {
        out.push(format!("no help: {}", d.title));
    }
    if SHOWN.contains(&d.code) && !m.unknown && d.counterexample.is_none() {
        out.push(format!("no counterexample: {} ({})", d.title, label.text));
    }
    out
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutants");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("tests/mutants")
        .map(|e| e.expect("an entry").path())
        .collect();
    files.sort();
    files
}

/// Every edit of the file whose name starts so is rejected as it says.
fn all_rejected(prefix: &str) {
    let path = files()
        .into_iter()
        .find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix)))
        .expect("a file");
    let groups = parse(&fs::read_to_string(path).expect("a text"));
    let mut failures = Vec::new();
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for g in &groups {
        let (_, diags) = checked(&g.program);
        for d in errors(&diags) {
            failures.push(format!(
                "the program itself: {} {} ({})",
                d.code, d.title, d.labels[0].text
            ));
        }
        for m in &g.mutants {
            *codes.entry(m.code.clone()).or_default() += 1;
            failures.extend(wrong(&g.program, m).into_iter().map(|w| format!("{}: {w}", m.name)));
        }
    }
    println!("{prefix}: {} edits {codes:?}", codes.values().sum::<usize>());
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(codes.values().sum::<usize>() >= 20, "an example has at least 20 edits");
}

#[test]
fn digits() {
    all_rejected("01");
}

#[test]
fn sets() {
    all_rejected("02");
}

#[test]
fn karate() {
    all_rejected("03");
}

#[test]
fn transformer() {
    all_rejected("04");
}

#[test]
fn egnn() {
    all_rejected("05");
}

#[test]
fn potential() {
    all_rejected("06");
}

#[test]
fn mesh() {
    all_rejected("07");
}

#[test]
fn bellman_ford() {
    all_rejected("08");
}

#[test]
fn examples_have_no_errors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for example in fs::read_dir(folder).expect("examples") {
        for file in fs::read_dir(example.expect("an entry").path()).into_iter().flatten() {
            let path = file.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "gdl") {
                let (_, diags) = checked(&fs::read_to_string(&path).expect("a text"));
                let found: Vec<String> = errors(&diags)
                    .iter()
                    .map(|d| format!("{} {}", d.code, d.title))
                    .collect();
                assert!(found.is_empty(), "{}: {found:?}", path.display());
            }
        }
    }
}
