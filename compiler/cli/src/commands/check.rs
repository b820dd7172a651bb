//! `gdl check`.

use crate::session::Session;
use crate::source::Source;
use crate::{Failure, Terminal};
use clap::Args;
use gdl_core::diag::Diagnostic;
use gdl_core::typed::Model;
use gdl_rep::Group;
use serde_json::json;
use std::path::PathBuf;

/// Prove models equivariant, or say what breaks them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gdl check model.gdl
  gdl check examples/*/model.gdl
  gdl check model.gdl --json      one object a line for editors and scripts")]
pub struct Check {
    /// Programs.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One JSON object a line: a diagnostic, or an accepted model.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let mut rejected = false;
        for file in &self.files {
            rejected |= match Source::read(file, &[]) {
                Ok(source) => check(&Session::new(source), terminal)?,
                Err(failure) => {
                    terminal.finish(Err(failure));
                    true
                }
            };
        }
        if rejected { Err(Failure::Reported) } else { Ok(()) }
    }
}

/// Whether a program is rejected.
fn check(session: &Session, terminal: &mut Terminal<'_>) -> Result<bool, Failure> {
    let source = &session.source;
    let (models, diagnostics) = session.check();
    let rejected = terminal.report(&source.program, &diagnostics)?;
    for m in &models {
        if terminal.is_json() {
            terminal.object(&json!({ "model": m.name, "group": m.group.to_string(), "file": source.path(), "accepted": true }))?;
        }
    }
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.iter().filter(|d: &&Diagnostic| !d.is_error()).count();
    if terminal.is_json() {
        return Ok(rejected);
    }
    let counts: Vec<String> = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(n, _)| *n > 0).map(|(n, w)| count(n, w)).collect();
    if rejected {
        terminal.say(format!("{}: rejected, {}", source.path(), counts.join(", ")))?;
        return Ok(true);
    }
    let name = |m: &Model| match m.group {
        Group::Trivial => m.name.clone(),
        _ => format!("{} under {}", m.name, m.group),
    };
    let names: Vec<String> = models.iter().map(name).collect();
    let what = if names.is_empty() { "no models".to_string() } else { names.join(", ") };
    let warned = if counts.is_empty() { String::new() } else { format!("; {}", counts.join(", ")) };
    terminal.line(format!("{}: accepted ({what}){warned}", source.path()))?;
    Ok(false)
}

/// `1 error`, `2 errors`.
fn count(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}
