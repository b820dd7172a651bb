//! The line editor: history, continuation lines, completion.

use super::commands::{self, COMMANDS};
use super::session::{Answer, Session};
use super::value::{Kind, Value};
use super::{methods, worker};
use crate::{Failure, Terminal};
use rustyline::completion::{Completer, Pair, extract_word};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::fs;

/// What stands before an input.
const PROMPT: &str = "gdl> ";

/// Words of the language that completion offers.
const WORDS: [&str; 22] = [
    "regular", "vector", "irrep", "hom", "sym", "alt", "dual", "dim", "tensor", "dot", "norm", "norm2", "grad", "sum",
    "mean", "max", "min", "layer", "model", "group", "rep", "trivial",
];

/// Reads and does inputs until the end.
pub fn run(session: Session, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .history_ignore_space(true)
        .max_history_size(10_000)
        .map(|c| c.auto_add_history(false).build());
    let config = config.map_err(|e| Failure::error(e.to_string()))?;
    let mut editor: Editor<Prompt, FileHistory> =
        Editor::with_config(config).map_err(|e| Failure::error(format!("the terminal cannot be edited: {e}")))?;
    let history = super::history_file();
    if let Some(file) = &history {
        // A first session has no history; one that cannot be kept is no reason to stop.
        let _ = file.parent().map(fs::create_dir_all);
        let _ = editor.load_history(file);
    }
    terminal.line(format!(
        "GDL {}. `:help` tells what there is, `:quit` ends.",
        env!("CARGO_PKG_VERSION")
    ))?;
    let mut session = session;
    loop {
        editor.set_helper(Some(Prompt {
            session: session.clone(),
        }));
        let text = match editor.readline(PROMPT) {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(e) => return Err(Failure::error(format!("the terminal cannot be read: {e}"))),
        };
        if text.trim().is_empty() {
            continue;
        }
        let _ = editor.add_history_entry(text.trim_end());
        if let Some(file) = &history {
            let _ = editor.save_history(file);
        }
        if commands::ends(&text) {
            break;
        }
        match worker::run(&session, &text) {
            Err(Failure::Interrupted) => terminal.line("interrupted")?,
            Err(f) => terminal.failure(&f)?,
            Ok((answers, next)) => {
                super::print(answers.iter(), false, terminal)?;
                let failed = answers.iter().any(Answer::is_error);
                session = next;
                if failed {
                    terminal.flush()?;
                }
            }
        }
    }
    Ok(())
}

/// What the editor asks about an input.
struct Prompt {
    session: Session,
}

impl Helper for Prompt {}
impl Highlighter for Prompt {}
impl Hinter for Prompt {
    type Hint = String;
}

impl Validator for Prompt {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if super::is_complete(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Completer for Prompt {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found) = complete(&self.session, &line[..at]);
        let pairs = found.into_iter().map(|word| Pair {
            display: word.clone(),
            replacement: word,
        });
        Ok((start, pairs.collect()))
    }
}

/// Where the word begins that ends a text, and what it may become: names of files within quotes and after `:load`, commands after
/// a colon, methods after a dot, otherwise names.
pub fn complete(session: &Session, text: &str) -> (usize, Vec<String>) {
    let quoted = text.matches('"').count() % 2 == 1;
    let command = text.trim_start().strip_prefix(':');
    if quoted {
        let start = text.rfind('"').map_or(0, |k| k + 1);
        return (start, files(&text[start..]));
    }
    if let Some(rest) = command {
        return match rest.split_once(' ') {
            Some(("load" | "save" | "plot", file)) => (text.len() - file.len(), files(file)),
            Some((_, _)) => words(session, text),
            None => {
                let list = COMMANDS.iter().map(|c| c.name.to_string());
                (text.len() - rest.len(), starting(rest, list))
            }
        };
    }
    words(session, text)
}

fn words(session: &Session, text: &str) -> (usize, Vec<String>) {
    let (start, word) = extract_word(text, text.len(), None, |c| {
        !c.is_alphanumeric() && c != '_' && c != '\''
    });
    let before = &text[..start];
    if let Some(base) = before.strip_suffix('.') {
        let list: Vec<String> = match kind_before(session, base) {
            Some(Value::Record(fields)) => fields.iter().map(|(n, _)| n.clone()).collect(),
            Some(Value::Samples(s)) => {
                let own = of_kind(Kind::Samples);
                s.members().into_iter().chain(own).collect()
            }
            Some(v) => of_kind(v.kind()),
            None => methods::names().iter().map(ToString::to_string).collect(),
        };
        return (start, starting(word, list));
    }
    let own = session.names().map(|(n, _)| n.clone());
    let items = session.program.names(session.program.root());
    let list = own
        .chain(items)
        .chain(methods::names().into_iter().map(ToString::to_string))
        .chain(WORDS.iter().map(ToString::to_string));
    (start, starting(word, list))
}

fn of_kind(kind: Kind) -> Vec<String> {
    let mut list: Vec<String> = methods::of(kind).map(|m| m.name.to_string()).collect();
    if kind == Kind::Group {
        list.extend(["regular", "vector", "irrep"].map(String::from));
    }
    list
}

/// The value before a dot, where it is a name or a call of a group: cheap to find.
fn kind_before(session: &Session, base: &str) -> Option<Value> {
    let start = base
        .rfind(|c: char| !c.is_alphanumeric() && !"_'()".contains(c))
        .map_or(0, |k| k + 1);
    let word = &base[start..];
    if let Some(v) = session.get(word) {
        return Some(v.clone());
    }
    if word.is_empty() || word.len() > 12 {
        return None;
    }
    let (answers, _) = session.input(word);
    answers.into_iter().find_map(|a| match a {
        Answer::Value {
            value: v @ (Value::Group(_) | Value::Samples(_)),
            ..
        } => Some(v),
        _ => None,
    })
}

fn starting(word: &str, list: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = list.into_iter().filter(|n| n.starts_with(word)).collect();
    found.sort();
    found.dedup();
    found
}

/// Files and folders that a path may go on with.
fn files(path: &str) -> Vec<String> {
    let (folder, name) = path
        .rsplit_once('/')
        .map_or((".", path), |(f, n)| (if f.is_empty() { "/" } else { f }, n));
    let Ok(entries) = fs::read_dir(folder) else {
        return vec![];
    };
    let prefix = &path[..path.len() - name.len()];
    let full = |e: fs::DirEntry| {
        let n = e.file_name().into_string().ok()?;
        let slash = if e.path().is_dir() { "/" } else { "" };
        (n.starts_with(name) && (!n.starts_with('.') || name.starts_with('.'))).then(|| format!("{prefix}{n}{slash}"))
    };
    let mut list: Vec<String> = entries.flatten().filter_map(full).collect();
    list.sort();
    list
}
