//! What begins with a colon.

use super::methods::{self, TABLES};
use super::session::{Answer, Outcome, Session};
use super::show;
use crate::{Failure, commands};
use gdl_core::check::nearest;
use std::path::Path;

/// A command of the prompt.
pub struct Command {
    /// Its name, without the colon.
    pub name: &'static str,
    /// What follows it.
    pub args: &'static str,
    /// What it does, in a line.
    pub doc: &'static str,
    /// An input that shows it.
    pub example: &'static str,
    run: fn(&Session, &str) -> Outcome,
}

/// All commands.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        args: "[NAME]",
        doc: "What there is; with the name of a function, command or error, more of it.",
        example: ":help orbit",
        run: help,
    },
    Command {
        name: "type",
        args: "EXPR",
        doc: "The type of a value, without the value.",
        example: ":type D(4).vector(1, 2)",
        run: of_type,
    },
    Command {
        name: "under",
        args: "[GROUP]",
        doc: "The group that `regular`, `vector` and `8 x irrep(1)` belong to where nothing else says.",
        example: ":under D(4)",
        run: under,
    },
    Command {
        name: "load",
        args: "FILE",
        doc: "Reads a program: its models, layers, data and settings have their names from now on.",
        example: ":load examples/01-digits/digits.gdl",
        run: load,
    },
    Command {
        name: "reload",
        args: "",
        doc: "Reads all loaded files again.",
        example: ":reload",
        run: reload,
    },
    Command {
        name: "rep",
        args: "EXPR",
        doc: "What there is to know of a representation: blocks, irreps, matrices of generators.",
        example: ":rep D(4).vector",
        run: rep_of,
    },
    Command {
        name: "time",
        args: "EXPR",
        doc: "The value of an expression, and how long it took.",
        example: ":time 1o * 1o * 1o",
        run: time,
    },
    Command {
        name: "ir",
        args: "EXPR",
        doc: "The tensor IR of an expression or model, optimised.",
        example: ":ir norm2((1o)(1, 2, 3))",
        run: ir,
    },
    Command {
        name: "asm",
        args: "EXPR",
        doc: "The machine code of an expression or model.",
        example: ":asm norm2((1o)(1, 2, 3))",
        run: asm,
    },
    Command {
        name: "save",
        args: "FILE",
        doc: "Writes the inputs so far as a script that `gdl repl < FILE` repeats.",
        example: ":save session.gdlr",
        run: save,
    },
    Command {
        name: "explain",
        args: "CODE",
        doc: "The page of an error.",
        example: ":explain GDL0102",
        run: explain,
    },
    Command {
        name: "names",
        args: "",
        doc: "The names that the session has defined.",
        example: ":names",
        run: names,
    },
    Command {
        name: "quit",
        args: "",
        doc: "Ends the session; so does Ctrl-D.",
        example: ":quit",
        run: |s, _| Ok((vec![], s.clone())),
    },
];

/// Does a command; `line` begins after the colon.
///
/// # Errors
/// If there is no such command, or it cannot be done.
pub fn run(session: &Session, line: &str) -> Outcome {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let found = COMMANDS.iter().find(|c| c.name == name);
    let short: Vec<&Command> = COMMANDS
        .iter()
        .filter(|c| !name.is_empty() && c.name.starts_with(name))
        .collect();
    let only = match short.as_slice() {
        [c] => Some(*c),
        _ => None,
    };
    match found.or(only) {
        Some(c) => (c.run)(session, rest.trim()),
        None => {
            let known: Vec<String> = COMMANDS.iter().map(|c| c.name.to_string()).collect();
            let failure = Failure::error(format!("there is no command `:{name}`"));
            Err(match nearest(name, &known) {
                Some(near) => failure.help(format!("Did you mean `:{near}`?")),
                None => failure.help("`:help` lists the commands."),
            })
        }
    }
}

/// Whether a line ends the session.
pub fn ends(line: &str) -> bool {
    matches!(line.trim(), ":quit" | ":q" | ":exit")
}

fn said(session: &Session, text: String) -> Outcome {
    Ok((vec![Answer::Text(text)], session.clone()))
}

fn help(session: &Session, name: &str) -> Outcome {
    if name.is_empty() {
        return said(session, overview());
    }
    let plain = name.trim_start_matches(':');
    if let Some(c) = COMMANDS.iter().find(|c| c.name == plain) {
        let usage = format!(":{} {}", c.name, c.args);
        let doc = filled(" ", 1, c.doc);
        return said(session, format!("{}\n{doc}\n  > {}", usage.trim_end(), c.example));
    }
    let found: Vec<String> = TABLES
        .iter()
        .flat_map(|(_, list)| list.iter())
        .filter(|m| m.name == plain)
        .map(|m| {
            let kinds: Vec<&str> = m.on.iter().map(|k| k.words()).collect();
            let on = if kinds.is_empty() {
                String::new()
            } else {
                format!("   for {}", kinds.join(", "))
            };
            let example = m.example.replace('\n', "\n  . ");
            format!("{}{on}\n{}\n  > {example}", m.usage(), filled(" ", 1, m.doc))
        })
        .collect();
    if !found.is_empty() {
        return said(session, found.join("\n\n"));
    }
    if let Some(page) = commands::error_page(plain) {
        return said(session, page.trim_end().to_string());
    }
    if let Some(m) = session.model(plain) {
        return said(session, super::model::usage(m));
    }
    let known: Vec<String> = methods::names()
        .iter()
        .map(ToString::to_string)
        .chain(COMMANDS.iter().map(|c| c.name.to_string()))
        .collect();
    let failure = Failure::error(format!("there is no help for `{name}`"));
    Err(match nearest(plain, &known) {
        Some(near) => failure.help(format!("Did you mean `:help {near}`?")),
        None => failure.help("`:help` lists what there is."),
    })
}

fn overview() -> String {
    let mut out = String::from(
        "Type an expression of the language, a definition, or a command. `_` is the last\nresult; a line goes on while a bracket is open.\n",
    );
    let commands: Vec<(String, &str)> = COMMANDS
        .iter()
        .map(|c| (format!(":{} {}", c.name, c.args), c.doc))
        .collect();
    out += &format!("\nCommands\n{}", glossary(&commands));
    for (subject, list) in TABLES {
        let entries: Vec<(String, &str)> = list.iter().map(|m| (m.usage(), m.doc)).collect();
        out += &format!("\n{subject}\n{}", glossary(&entries));
    }
    out += "\n`f(x, y)` and `x.f(y)` are the same. `:help NAME` shows an example.";
    out
}

/// Words to the left, what they mean to the right.
fn glossary(entries: &[(String, &str)]) -> String {
    let wide = entries.iter().map(|(word, _)| word.chars().count()).max().unwrap_or(0);
    let entry = |(word, meaning): &(String, &str)| filled(&format!("  {word:wide$} "), wide + 3, meaning) + "\n";
    entries.iter().map(entry).collect()
}

/// A text after another in lines of 80 columns, further ones indented.
fn filled(start: &str, indent: usize, text: &str) -> String {
    const WIDTH: usize = 80;
    let mut lines = vec![start.to_string()];
    for word in text.split(' ') {
        let last = lines.last_mut().map_or(0, |l| l.chars().count());
        if last + 1 + word.chars().count() > WIDTH {
            lines.push(" ".repeat(indent));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    let lines: Vec<&str> = lines.iter().map(|l| l.trim_end()).collect();
    lines.join("\n")
}

fn of_type(session: &Session, text: &str) -> Outcome {
    let (answers, _) = session.input(text);
    let shown = answers.into_iter().map(|a| match a {
        Answer::Value { value, .. } => Answer::Text(type_of(&value)),
        other => other,
    });
    Ok((shown.collect(), session.clone()))
}

/// The type of a value in words.
pub fn type_of(v: &super::value::Value) -> String {
    use super::value::Value;
    match v {
        Value::Tensor(t) => match t.group() {
            Some(g) => format!("{} under {g}", t.words()),
            None => t.words(),
        },
        Value::Element(m) => format!("an element of {}", m.group),
        Value::Rep(r) => format!("a representation of {}", r.group),
        Value::Domain(d) => format!("a domain: {}", d.words()),
        Value::Samples(s) => match s.len() {
            Some(n) => format!("{n} samples of data"),
            None => "samples of data, in folds".into(),
        },
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Record(fields) => {
            let fields: Vec<String> = fields.iter().map(|(n, v)| format!("{n}: {}", type_of(v))).collect();
            format!("({})", fields.join(", "))
        }
        other => other.kind().words().to_string(),
    }
}

fn under(session: &Session, text: &str) -> Outcome {
    if text.is_empty() {
        return said(session, session.group.to_string());
    }
    let (answers, _) = session.input(text);
    match answers.as_slice() {
        [
            Answer::Value {
                value: super::value::Value::Group(g),
                ..
            },
        ] => {
            let mut next = session.clone();
            next.group = (**g).clone();
            Ok((vec![Answer::Text(format!("under {g}"))], next))
        }
        [Answer::Value { value, .. }] => Err(Failure::error(format!(
            "a group is needed; `{}` is {}",
            show::short(value),
            value.kind()
        ))),
        _ => Ok((answers, session.clone())),
    }
}

fn load(session: &Session, file: &str) -> Outcome {
    let file = file.trim_matches('"');
    if file.is_empty() {
        return Err(Failure::error("which file?").help("Write `:load FILE`."));
    }
    session.load(Path::new(file))
}

fn reload(session: &Session, _: &str) -> Outcome {
    if session.files.is_empty() {
        return Err(Failure::error("no file has been loaded").help("Write `:load FILE`."));
    }
    let mut answers = Vec::new();
    let mut next = session.clone();
    for file in &session.files {
        let (more, after) = next.load(file)?;
        let failed = more.iter().any(Answer::is_error);
        answers.extend(more);
        if failed {
            return Ok((answers, session.clone()));
        }
        next = after;
    }
    Ok((answers, next))
}

fn explain(session: &Session, code: &str) -> Outcome {
    match commands::error_page(code) {
        Some(page) => said(session, page.trim_end().to_string()),
        None => Err(Failure::error(format!("there is no error `{code}`")).help("Codes look like GDL0102.")),
    }
}

fn names(session: &Session, _: &str) -> Outcome {
    let lines: Vec<String> = session.names().map(|(n, v)| format!("{n}: {}", type_of(v))).collect();
    said(
        session,
        if lines.is_empty() {
            "nothing is defined yet".into()
        } else {
            lines.join("\n")
        },
    )
}

fn rep_of(session: &Session, text: &str) -> Outcome {
    use super::value::Value;
    let (answers, _) = session.input(text);
    let shown = answers.into_iter().map(|a| match a {
        Answer::Value {
            value: Value::Rep(r), ..
        } => Answer::Text(about(&r)),
        Answer::Value { value, .. } => Answer::Text(format!("this is {}", value.kind())),
        other => other,
    });
    Ok((shown.collect(), session.clone()))
}

/// A representation in full.
fn about(r: &gdl_rep::Rep) -> String {
    let mut lines = vec![
        format!("{r}"),
        format!("group       {}", r.group),
        format!("dimension   {}", r.dim()),
    ];
    if let Ok(sum) = methods::rep::decompose(r) {
        lines.push(format!("irreps      {sum}"));
    }
    let kind = if r.is_trivial() {
        "invariants: any function may be applied"
    } else if r.is_permutation() {
        "the group permutes the components: functions of single components may be applied"
    } else {
        "orthogonal: linear operations, dot and norm"
    };
    lines.push(format!("kind        {kind}"));
    if r.dim() <= 8 {
        for g in r.group.generators() {
            let cells: Vec<Vec<String>> = r
                .matrix(&g)
                .chunks(r.dim().max(1))
                .map(|row| row.iter().map(|x| show::number((x * 1e12).round() / 1e12)).collect())
                .collect();
            lines.push(format!(
                "{}\n{}",
                super::elements::name(&r.group, &g),
                show::brackets(&cells)
            ));
        }
    }
    lines.join("\n")
}

fn time(session: &Session, text: &str) -> Outcome {
    let start = std::time::Instant::now();
    let (mut answers, next) = session.input(text);
    let seconds = start.elapsed().as_secs_f64();
    answers.push(Answer::Text(format!("{:.3} ms", seconds * 1e3)));
    Ok((answers, next))
}

/// The optimised program of an expression or model.
fn optimised(session: &Session, text: &str) -> Result<Result<gdl_core::ir::Func, Answer>, Failure> {
    match session.lowered(text)? {
        Ok(func) => gdl_core::ir::opt::optimised(&func)
            .map(Ok)
            .map_err(|e| Failure::error(format!("it cannot be optimised: {e}"))),
        Err(reports) => Ok(Err(reports)),
    }
}

fn ir(session: &Session, text: &str) -> Outcome {
    match optimised(session, text)? {
        Ok(func) => said(session, gdl_core::ir::text::print(&func).trim_end().to_string()),
        Err(reports) => Ok((vec![reports], session.clone())),
    }
}

fn asm(session: &Session, text: &str) -> Outcome {
    let func = match optimised(session, text)? {
        Ok(func) => func,
        Err(reports) => return Ok((vec![reports], session.clone())),
    };
    let options = gdl_codegen::Options {
        double: true,
        texts: true,
        ..gdl_codegen::Options::default()
    };
    let compiled =
        gdl_codegen::compile(&func, &options).map_err(|e| Failure::error(format!("it cannot be compiled: {e}")))?;
    said(session, compiled.asm_text().trim_end().to_string())
}

fn save(session: &Session, file: &str) -> Outcome {
    let file = file.trim_matches('"');
    if file.is_empty() {
        return Err(Failure::error("which file?").help("Write `:save FILE`."));
    }
    let loads = session.files.iter().map(|f| format!(":load {}", f.display()));
    let lines: Vec<String> = loads.chain(session.log.iter().cloned()).collect();
    let written = gdl_host::files::write::atomically(Path::new(file), (lines.join("\n") + "\n").as_bytes());
    written?;
    said(session, format!("{} inputs in {file}", session.log.len()))
}
