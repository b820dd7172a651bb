//! The subcommands, one file each.

mod check;
mod explain;
mod train;

use crate::{Failure, Terminal};
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prove models equivariant, or say what breaks them.
    Check(check::Check),
    /// Explain an error code.
    Explain(explain::Explain),
    /// Train a model as its `train` block says.
    Train(train::Train),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// Why it could not.
    pub fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        match self {
            Command::Check(c) => c.run(terminal),
            Command::Explain(c) => c.run(terminal),
            Command::Train(c) => c.run(terminal),
        }
    }
}
