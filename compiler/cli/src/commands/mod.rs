//! The subcommands, one file each.

mod bench;
mod build;
mod check;
mod devices;
mod explain;
mod ir;
mod new;
mod params;
mod repl;
mod run;
mod test;
mod train;
mod verify;
mod why;

pub(crate) use explain::page as error_page;

use crate::{Failure, Terminal};
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(missing_docs)] // clap takes the words from the arguments of each
pub enum Command {
    New(new::New),
    Check(check::Check),
    Explain(explain::Explain),
    Why(why::Why),
    Test(test::Test),
    Train(train::Train),
    Run(run::Run),
    Verify(verify::Verify),
    Params(params::Params),
    Ir(ir::Ir),
    Build(build::Build),
    Devices(devices::Devices),
    Bench(bench::Bench),
    Repl(repl::Repl),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// Why it could not.
    pub fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        match self {
            Command::New(c) => c.run(terminal),
            Command::Check(c) => c.run(terminal),
            Command::Explain(c) => c.run(terminal),
            Command::Why(c) => c.run(terminal),
            Command::Test(c) => c.run(terminal),
            Command::Train(c) => c.run(terminal),
            Command::Run(c) => c.run(terminal),
            Command::Verify(c) => c.run(terminal),
            Command::Params(c) => c.run(terminal),
            Command::Ir(c) => c.run(terminal),
            Command::Build(c) => c.run(terminal),
            Command::Devices(c) => c.run(terminal),
            Command::Bench(c) => c.run(terminal),
            Command::Repl(c) => c.run(terminal),
        }
    }
}
