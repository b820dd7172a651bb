//! `gdl check`.

use crate::claims;
use crate::report::wrap;
use crate::session::Session;
use crate::source::Source;
use crate::{Failure, Terminal};
use clap::Args;
use gdl_core::cert;
use gdl_core::certify::{Report, Row, Status};
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
  gdl check model.gdl --certify   the exact test of what was compiled
  gdl check model.gdl --json        one object a line for editors and scripts")]
pub struct Check {
    /// Programs.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// One JSON object a line: a diagnostic, or an accepted model.
    #[arg(long)]
    json: bool,
    /// Test every model exactly, in a finite field, and print its certificate: one row for every factor of its symmetry.
    #[arg(long)]
    certify: bool,
}

impl Check {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let mut rejected = false;
        for file in &self.files {
            rejected |= match Source::read(file, &[]) {
                Ok(source) => check(&Session::new(source), self.certify, terminal)?,
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
fn check(session: &Session, certify: bool, terminal: &mut Terminal<'_>) -> Result<bool, Failure> {
    let source = &session.source;
    let (models, diagnostics) = session.check();
    let mut diagnostics = diagnostics;
    let mut certificates = Vec::new();
    if certify && !diagnostics.iter().any(Diagnostic::is_error) {
        for model in &models {
            match session.certify(model) {
                Ok(report) => certificates.push((model.name.clone(), report)),
                Err(d) => diagnostics.push(*d),
            }
        }
        for (name, result) in session.certify_training() {
            match result {
                Ok(report) => certificates.push((name, report)),
                Err(d) => diagnostics.push(*d),
            }
        }
    }
    let rejected = terminal.report(&source.program, &diagnostics)?;
    for (name, report) in &certificates {
        certificate(name, report, terminal)?;
    }
    for m in &models {
        if terminal.is_json() {
            let [running, training] = cert::certificates(m).map(|rows| claims::json(&rows));
            terminal.object(&json!({ "model": m.name, "group": m.group.to_string(), "file": source.path(), "accepted": true, "certificate": running, "training": training }))?;
        } else if !certify && !rejected {
            let [running, training] = cert::certificates(m);
            for line in claims::table(&source.program, &m.name, &running, &training) {
                terminal.line(line)?;
            }
        }
    }
    // Losses are invariant, or there is a warning.
    if !certify && !rejected && diagnostics.iter().any(|d| d.code == "GDL0161") {
        for (name, rows) in session.training_claims() {
            if terminal.is_json() {
                terminal.object(&json!({ "model": name, "file": source.path(), "training": claims::json(&rows) }))?;
                continue;
            }
            for line in claims::table(&source.program, &name, &rows, &rows) {
                terminal.line(line)?;
            }
        }
    }
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.iter().filter(|d: &&Diagnostic| !d.is_error()).count();
    if terminal.is_json() {
        return Ok(rejected);
    }
    let counts: Vec<String> = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, w)| count(n, w))
        .collect();
    if rejected {
        terminal.say(format!("{}: rejected, {}", source.path(), counts.join(", ")))?;
        return Ok(true);
    }
    let name = |m: &Model| match m.group {
        Group::Trivial => m.name.clone(),
        _ => format!("{} under {}", m.name, m.group),
    };
    let names: Vec<String> = models.iter().map(name).collect();
    let what = if names.is_empty() {
        "no models".to_string()
    } else {
        names.join(", ")
    };
    let warned = if counts.is_empty() {
        String::new()
    } else {
        format!("; {}", counts.join(", "))
    };
    terminal.line(format!("{}: accepted ({what}){warned}", source.path()))?;
    Ok(false)
}

/// A certificate of the exact test: a table, or a JSON object a row.
fn certificate(name: &str, report: &Report, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let words = |row: &Row| match &row.status {
        Status::Exact => ("exact", None, None),
        Status::NotClaimed(why) => ("not claimed", None, Some(why.clone())),
        Status::Numeric(error, why) => ("numeric", Some(*error), Some(why.clone())),
        Status::Approximate(why) => ("approx", None, Some(why.clone())),
    };
    if terminal.is_json() {
        for row in &report.rows {
            let (status, error, reason) = words(row);
            terminal.object(&json!({ "model": name, "factor": row.factor, "status": status, "error": error, "reason": reason, "runs": row.runs }))?;
        }
        return terminal.object(&json!({ "model": name, "degree": report.degree, "false_acceptance": report.false_acceptance, "undefined": report.undefined, "skipped": report.skipped }));
    }
    let width = |texts: Vec<usize>| texts.into_iter().max().unwrap_or(0);
    let first = width(report.rows.iter().map(|r| r.factor.chars().count()).collect());
    for (k, row) in report.rows.iter().enumerate() {
        let (status, error, reason) = words(row);
        let lead_name = if k == 0 { name } else { "" };
        let error = error.map_or(String::new(), |e| format!(" {e:.1e}"));
        let lead = format!(
            "{lead_name:12}  {:first$}  {:18}",
            row.factor,
            format!("{status}{error}")
        );
        let lines = wrap(
            &reason.unwrap_or_default(),
            80usize.saturating_sub(lead.chars().count() + 2).max(24),
        );
        for (k, line) in lines.iter().enumerate() {
            let lead = if k == 0 {
                lead.clone()
            } else {
                " ".repeat(lead.chars().count())
            };
            terminal.line(format!("{lead}  {line}").trim_end())?;
        }
    }
    for (what, list) in [("says nothing", &report.undefined), ("left out", &report.skipped)] {
        if !list.is_empty() {
            terminal.line(format!("{:12}  {what}: {}", "", list.join(", ")))?;
        }
    }
    terminal.line(format!(
        "{:12}  a false model passes a run with probability below {:.0e}",
        "", report.false_acceptance
    ))
}

/// `1 error`, `2 errors`.
fn count(n: usize, word: &str) -> String {
    if n == 1 {
        format!("1 {word}")
    } else {
        format!("{n} {word}s")
    }
}
