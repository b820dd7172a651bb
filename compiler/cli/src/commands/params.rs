//! `gdl params`.

use crate::session::{Session, words};
use crate::{Failure, Terminal};
use clap::Args;
use gdl_core::lower::{self, ParamInfo};
use serde_json::json;
use std::path::PathBuf;

/// List the parameters of a model.
#[derive(Debug, Args)]
#[command(
    after_help = "A parameter has one number for every element of a basis of what the group fixes; copies come first.

Examples:
  gdl params digits.gdl
  gdl params models.gdl Digits width=32 --json"
)]
pub struct Params {
    /// A program with a model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// One JSON object a parameter.
    #[arg(long)]
    json: bool,
}

impl Params {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let (model, settings) = words(&self.words);
        let session = Session::open(&self.file, settings, terminal)?;
        let model = session.model(model, terminal)?;
        let lowered = session.ok(lower::lower_model(&model), terminal)?;
        let count = |p: &ParamInfo| p.axes.iter().map(|&n| u64::from(n)).product::<u64>();
        if self.json {
            for (k, p) in lowered.params.iter().enumerate() {
                let kind = if k < lowered.learned { "learned" } else { "statistic" };
                let all = json!({ "name": p.name, "shape": p.axes, "count": count(p), "kind": kind, "external": p.external.as_ref().map(|s| &s.tensor), "basis": format!("{:016x}", p.basis_hash) });
                terminal.object(&all)?;
            }
            return Ok(());
        }
        let width = lowered.params.iter().map(|p| p.name.chars().count()).max().unwrap_or(0);
        for (k, p) in lowered.params.iter().enumerate() {
            let shape: Vec<String> = p.axes.iter().map(u32::to_string).collect();
            let note = if k < lowered.learned { "" } else { "  statistic" };
            terminal.line(format!(
                "{:width$}  {:>9}  {}{note}",
                p.name,
                count(p),
                shape.join(" x ")
            ))?;
        }
        let learned: u64 = lowered.params[..lowered.learned].iter().map(count).sum();
        let stats: u64 = lowered.params[lowered.learned..].iter().map(count).sum();
        let rest = if stats > 0 {
            format!(", and {stats} numbers of statistics")
        } else {
            String::new()
        };
        terminal.line(format!("{}: {learned} parameters{rest}", model.name))
    }
}
