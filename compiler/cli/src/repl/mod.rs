//! `gdl repl`: an interactive session.
//!
//! An input goes `line ─ editor ─> text ─ session ─> answers ─ show ─> text`. Expressions of the language are checked and compiled like any
//! model ([`language`]); what the session itself can do with groups, elements, representations and signals stands in the tables of
//! [`methods`]. A session is a value: an input makes a new one ([`session`]), on a thread of its own ([`worker`]), so that one that fails or is
//! interrupted leaves the old one.

mod action;
mod blocks;
mod commands;
mod editor;
mod elements;
mod eval;
mod json;
mod language;
mod matrix;
pub mod methods;
mod model;
mod operators;
mod picture;
mod plots;
mod raster;
mod samples;
mod session;
mod show;
mod sphere;
mod tensor;
mod value;
mod worker;

pub use session::{Answer, Outcome, Session};

use crate::report::{self, Style};
use crate::{Failure, Terminal};
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

/// What a session is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A program to load first.
    pub file: Option<PathBuf>,
    /// Expressions to evaluate instead of reading input.
    pub eval: Vec<String>,
    /// The last value as JSON.
    pub json: bool,
}

/// Runs a session until its input ends.
///
/// # Errors
/// If the file cannot be loaded; without a person at the keyboard, if any input failed.
pub fn run(options: &Options, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut session = Session::new();
    if let Some(file) = &options.file {
        let (answers, next) = session.load(file)?;
        // What was loaded is of interest to a person only.
        let failed = answers.iter().any(Answer::is_error);
        let quiet = !options.eval.is_empty() || options.json;
        let shown = answers.iter().filter(|a| !quiet || !matches!(a, Answer::Text(_)));
        print(shown, false, terminal)?;
        if failed {
            return Err(Failure::Reported);
        }
        session = next;
    }
    if !options.eval.is_empty() {
        return evaluate(session, &options.eval, options.json, terminal);
    }
    if std::io::stdin().is_terminal() {
        return editor::run(session, terminal);
    }
    script(session, &mut std::io::stdin().lock(), options.json, terminal)
}

/// Inputs given on the command line.
fn evaluate(session: Session, inputs: &[String], json: bool, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut session = session;
    let mut failed = false;
    for (k, text) in inputs.iter().enumerate() {
        let (answers, next) = step(&session, text)?;
        session = next;
        failed |= answers.iter().any(Answer::is_error);
        let last = k + 1 == inputs.len();
        print(answers.iter().filter(|a| !json || last || a.is_error()), json, terminal)?;
        if failed {
            return Err(Failure::Reported);
        }
    }
    Ok(())
}

/// Inputs line by line; those that fail do not end it.
///
/// # Errors
/// If one of them failed, at the end.
pub fn script(
    session: Session,
    lines: &mut dyn BufRead,
    json: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let mut session = session;
    let mut failed = false;
    let mut pending = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        let end = lines.read_line(&mut line)? == 0;
        pending += &line;
        let whole = end || is_complete(&pending);
        if !whole {
            continue;
        }
        let text = std::mem::take(&mut pending);
        if commands::ends(&text) {
            break;
        }
        match step(&session, &text) {
            Ok((answers, next)) => {
                failed |= answers.iter().any(Answer::is_error);
                print(answers.iter(), json, terminal)?;
                session = next;
            }
            Err(f) => {
                failed = true;
                terminal.failure(&f)?;
            }
        }
        if end {
            break;
        }
    }
    if failed { Err(Failure::Reported) } else { Ok(()) }
}

/// Whether a text is a whole input: a command, or one in which no bracket is open.
pub fn is_complete(text: &str) -> bool {
    text.trim_start().starts_with(':') || !gdl_syntax::goes_on(text) || text.ends_with("\n\n\n")
}

/// What one input does.
///
/// # Errors
/// If it is a command that cannot be done.
pub fn step(session: &Session, text: &str) -> Outcome {
    match text.trim().strip_prefix(':') {
        Some(command) => commands::run(session, command),
        None => Ok(session.input(text)),
    }
}

/// Answers on the terminal.
fn print<'a>(
    answers: impl IntoIterator<Item = &'a Answer>,
    json: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    for a in answers {
        match a {
            Answer::Value { value, .. } if json => terminal.object(&json::value(value))?,
            Answer::Value {
                value: value @ value::Value::Picture(p),
                name,
                text,
            } => {
                let shown = match terminal.style() {
                    Style::Colour => p.blocks(),
                    Style::Plain if std::io::stdout().is_terminal() => p.shades(),
                    Style::Plain => None,
                };
                terminal.line(shown.unwrap_or_else(|| show::value(value, name.as_deref(), text)))?;
            }
            Answer::Value { name, text, value } => terminal.line(show::value(value, name.as_deref(), text))?,
            Answer::Text(text) => terminal.line(text)?,
            Answer::Reports(list) => {
                for (d, program) in list {
                    terminal.report(program, std::slice::from_ref(d))?;
                }
            }
        }
    }
    Ok(())
}

/// An input and what is printed for it, errors included: for transcripts.
///
/// # Errors
/// Never: what goes wrong is part of the text.
pub fn transcript(session: &Session, text: &str) -> (String, Session) {
    match step(session, text) {
        Ok((answers, next)) => {
            let shown: Vec<String> = answers
                .iter()
                .map(|a| match a {
                    Answer::Value { name, text, value } => show::value(value, name.as_deref(), text) + "\n",
                    Answer::Text(t) => t.clone() + "\n",
                    reports => reports.reports(Style::Plain).unwrap_or_default(),
                })
                .collect();
            (shown.concat(), next)
        }
        Err(Failure::Error { message, help } | Failure::Usage { message, help }) => (
            report::failure(Style::Plain, &message, help.as_deref()),
            session.clone(),
        ),
        Err(Failure::Reported | Failure::Interrupted) => (String::new(), session.clone()),
    }
}

/// Where the history of inputs is kept: `$XDG_STATE_HOME/gdl/history`, or below `~/.local/state`.
fn history_file() -> Option<PathBuf> {
    let folder = match std::env::var_os("XDG_STATE_HOME") {
        Some(d) if !d.is_empty() => PathBuf::from(d),
        _ => Path::new(&std::env::var_os("HOME")?).join(".local/state"),
    };
    Some(folder.join("gdl").join("history"))
}
