//! `gdl repl`.

use crate::repl::{self, Options};
use crate::{Failure, Terminal};
use clap::Args;
use std::path::PathBuf;

/// Explore groups, representations and models in an interactive session.
#[derive(Debug, Args)]
#[command(
    after_help = "Type an expression of the language, a definition, or a command; `:help` lists what there is. Input that does not come
from a keyboard is done line by line.

Examples:
  gdl repl examples/01-digits/digits.gdl
  gdl repl --eval 'D(4).r * D(4).s'
  gdl repl --eval 'Oh' --json
  gdl repl < script.gdlr"
)]
pub struct Repl {
    /// A program to load first.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Evaluate this and end; several in order.
    #[arg(long, value_name = "EXPR")]
    eval: Vec<String>,
    /// Values as JSON, one a line; of --eval the last one.
    #[arg(long)]
    json: bool,
}

impl Repl {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let options = Options {
            file: self.file.clone(),
            eval: self.eval.clone(),
            json: self.json,
        };
        repl::run(&options, terminal)
    }
}
