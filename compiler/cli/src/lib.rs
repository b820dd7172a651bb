//! The `gdl` program as a library: [`main`] is the program, [`run`] the same with its streams given (for tests).
//!
//! One file a subcommand in [`commands`]. What a command has to say goes through [`Terminal`]; diagnostics become text or JSON in
//! [`report`] and nowhere else. Exit codes: 0 accepted or done, 1 rejected or failed, 2 wrong usage, 130 ended by Ctrl-C.
#![forbid(unsafe_code)]

mod cache;
mod claims;
pub mod commands;
mod interrupt;
mod library;
pub mod repl;
pub mod report;
pub mod session;
mod show;
pub mod source;
mod terminal;
mod web;

pub use terminal::{Failure, Terminal};

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser};
use report::Style;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Programs nest; the checker follows them recursively.
pub const STACK: usize = 256 << 20;

/// A language and compiler for equivariant neural networks.
#[derive(Debug, Parser)]
#[command(
    name = "gdl",
    version,
    max_term_width = 100,
    after_help = "Start with `gdl new digits`, then `gdl train digits/model.gdl`."
)]
struct Arguments {
    /// Colours: `auto` looks at the terminal and at NO_COLOR.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    color: String,
    #[command(subcommand)]
    command: commands::Command,
}

/// The program: reads the arguments of the process.
pub fn main() -> ExitCode {
    cache::open();
    let work = || {
        let arguments: Vec<OsString> = std::env::args_os().collect();
        run(
            arguments,
            &mut std::io::stdout(),
            &mut std::io::stderr(),
            std::io::stderr().is_terminal(),
        )
    };
    match std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .map(std::thread::JoinHandle::join)
    {
        Ok(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::from(1),
    }
}

/// Runs one command line, the first argument being the program's name, and gives its exit code. `terminal`: whether colours are
/// shown unless the command line says otherwise.
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    out: &mut dyn std::io::Write,
    err: &mut dyn std::io::Write,
    terminal: bool,
) -> u8 {
    let quiet = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let coloured = terminal && !quiet;
    let choice = if coloured {
        ColorChoice::Auto
    } else {
        ColorChoice::Never
    };
    let parsed = Arguments::command()
        .color(choice)
        .try_get_matches_from(arguments)
        .and_then(|m| Arguments::from_arg_matches(&m));
    let arguments = match parsed {
        Ok(a) => a,
        Err(e) => {
            let text = if coloured {
                e.render().ansi().to_string()
            } else {
                e.render().to_string()
            };
            // A closed stream leaves nobody to tell.
            let _ = if e.use_stderr() {
                err.write_all(text.as_bytes())
            } else {
                out.write_all(text.as_bytes())
            };
            return u8::try_from(e.exit_code()).unwrap_or(2);
        }
    };
    let style = match arguments.color.as_str() {
        "always" => Style::Colour,
        "never" => Style::Plain,
        _ if coloured => Style::Colour,
        _ => Style::Plain,
    };
    let mut terminal = Terminal::new(out, err, style);
    let result = arguments.command.run(&mut terminal);
    terminal.finish(result)
}
