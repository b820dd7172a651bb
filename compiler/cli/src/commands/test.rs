//! `gdl test`: the `test` items of programs.

use crate::report::Style;
use crate::source::{self, Source};
use crate::{Failure, Terminal};
use clap::Args;
use gdl_core::diag::Diagnostic;
use gdl_syntax::ast::{Item, ItemKind, Span, Test as TestItem, TestPart};
use gdl_syntax::print::print_expr;
use serde_json::json;
use std::path::PathBuf;

/// Run the tests of programs.
#[derive(Debug, Args)]
#[command(
    after_help = "`test \"title\" { … }` must be accepted, `test \"title\" rejects GDL0104 { … }` must be rejected with this code
and no other. The items of the file can be used in a test.

Examples:
  gdl test model.gdl
  gdl test examples/*/*.gdl --json"
)]
pub struct Test {
    /// Programs.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One JSON object a test.
    #[arg(long)]
    json: bool,
}

/// What came of a test.
enum Outcome {
    Passed,
    Failed(String),
    /// It was not run.
    Skipped(String),
}

impl Test {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for file in &self.files {
            let source = Source::read(file, &[])?;
            if terminal.report(&source.program, &source.diagnostics)? {
                return Err(Failure::Reported);
            }
            let text = source::text(file)?;
            let items = &source.program.modules[source.program.root()].ast.items;
            for item in items {
                let ItemKind::Test(test) = &item.kind else { continue };
                let (title, outcome) = match test {
                    TestItem::Expr(e) => (print_expr(e), Outcome::Skipped("this version does not run it".into())),
                    TestItem::Block { title, rejects, body } => {
                        let alone = alone(&text, items, item, body);
                        let (_, found) = Source::parse(source.path(), &alone, &[]).check();
                        (
                            title.clone(),
                            judge(rejects.as_ref().map(|r| r.name.as_str()), body, item.span, &found),
                        )
                    }
                };
                let (word, why, colour) = match outcome {
                    Outcome::Passed => ("passed", None, "32"),
                    Outcome::Failed(why) => ("failed", Some(why), "31"),
                    Outcome::Skipped(why) => ("skipped", Some(why), "33"),
                };
                *match word {
                    "passed" => &mut passed,
                    "failed" => &mut failed,
                    _ => &mut skipped,
                } += 1;
                if self.json {
                    terminal.object(&json!({ "file": source.path(), "test": title, "result": word, "reason": why }))?;
                    continue;
                }
                let word = if terminal.style() == Style::Colour {
                    format!("\x1b[{colour}m{word}\x1b[0m")
                } else {
                    word.to_string()
                };
                let why = why.map_or(String::new(), |w| format!(": {w}"));
                terminal.line(format!("{word}  {title}{why}"))?;
            }
        }
        terminal.say(format!("{passed} passed, {failed} failed, {skipped} skipped"))?;
        if failed > 0 { Err(Failure::Reported) } else { Ok(()) }
    }
}

/// The file's text with blanks for all tests and trainings but the items of this test, so that places stay what they are.
fn alone(text: &str, items: &[Item], test: &Item, body: &[TestPart]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut blank = |from: u32, to: u32| {
        for b in bytes
            .iter_mut()
            .take(to as usize)
            .skip(from as usize)
            .filter(|b| **b != b'\n')
        {
            *b = b' ';
        }
    };
    for item in items {
        if matches!(item.kind, ItemKind::Test(_) | ItemKind::Train(_)) && item.span != test.span {
            blank(item.span.start, item.span.end);
        }
    }
    let mut at = test.span.start;
    for part in body {
        let span = match part {
            TestPart::Item(i) => i.span,
            TestPart::Stmt(s) => s.span,
        };
        blank(at, span.start);
        at = span.end;
    }
    blank(at, test.span.end);
    String::from_utf8(bytes).unwrap_or_default()
}

fn judge(rejects: Option<&str>, body: &[TestPart], span: Span, found: &[Diagnostic]) -> Outcome {
    if body.iter().any(|p| matches!(p, TestPart::Stmt(_))) {
        return Outcome::Skipped("this version runs tests made of items only".into());
    }
    let inside = |d: &&Diagnostic| {
        d.labels
            .iter()
            .any(|l| l.span.start >= span.start && l.span.end <= span.end)
    };
    let errors: Vec<&Diagnostic> = found.iter().filter(|d| d.is_error()).filter(inside).collect();
    let list = || {
        errors
            .iter()
            .map(|d| format!("{} ({})", d.code, d.title))
            .collect::<Vec<_>>()
            .join("; ")
    };
    match rejects {
        None if errors.is_empty() => Outcome::Passed,
        None => Outcome::Failed(format!("it is rejected with {}", list())),
        Some(code) if errors.is_empty() => Outcome::Failed(format!("it is accepted; {code} was expected")),
        Some(code) if errors.iter().all(|d| d.code == code) => Outcome::Passed,
        Some(code) => Outcome::Failed(format!("it is rejected with {}; {code} was expected", list())),
    }
}
