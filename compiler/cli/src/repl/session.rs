//! The state of a session, and what an input does to it.

use super::eval::Evaluator;
use super::samples::Samples;
use super::value::Value;
use crate::Failure;
use crate::report::{Report, Style};
use crate::session::D;
use crate::source;
use gdl_core::check;
use gdl_core::diag::Diagnostic;
use gdl_core::modules::{self, Program};
use gdl_rep::Group;
use gdl_syntax::ast::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Samples by the module and the name of their block.
type Opened = BTreeMap<(usize, String), Arc<Samples>>;

/// What a session knows. A copy is cheap; an input that fails leaves the one before as it was.
#[derive(Clone)]
pub struct Session {
    /// The items typed and loaded: the root sees all of them.
    pub program: Arc<Program>,
    /// The group for what names none.
    pub group: Group,
    /// Named values.
    names: Arc<BTreeMap<String, Value>>,
    /// The last result.
    pub last: Option<Value>,
    /// The files that were loaded.
    pub files: Vec<PathBuf>,
    /// Data blocks whose files have been read, by module and name: `:load` makes new modules.
    opened: Arc<Mutex<Opened>>,
    /// The number of the next input.
    input: usize,
    /// The inputs that were done, in order.
    pub log: Arc<Vec<String>>,
}

/// What an input gave, in order.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A value, with the name it was given.
    Value {
        /// The name of a definition.
        name: Option<String>,
        /// The expression as typed.
        text: String,
        /// The value.
        value: Value,
    },
    /// Something to say, line by line.
    Text(String),
    /// Warnings and errors, rendered; whether there was an error.
    Reports(Vec<(Diagnostic, Arc<Program>)>),
}

/// What came of an input: its answers and the session after it, or why there are none.
pub type Outcome = Result<(Vec<Answer>, Session), Failure>;

impl Default for Session {
    fn default() -> Session {
        Session::new()
    }
}

impl Session {
    /// A new session.
    pub fn new() -> Session {
        let (program, _) = modules::load("session", "", &[], &|_, _| Err("there is nothing to use".into()));
        Session {
            program: Arc::new(program),
            group: Group::Trivial,
            names: Arc::default(),
            last: None,
            files: vec![],
            opened: Arc::default(),
            input: 1,
            log: Arc::default(),
        }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.names.get(name)
    }

    /// The names of values.
    pub fn names(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.names.iter()
    }

    /// A model of the program, by name.
    pub fn model(&self, name: &str) -> Option<&Callable> {
        match &self.program.find(self.program.root(), name)?.1.kind {
            ItemKind::Model(c) => Some(c),
            _ => None,
        }
    }

    /// The samples of a data block.
    ///
    /// # Errors
    /// What is wrong with the block or its file.
    pub fn samples(&self, module: usize, block: &Data, e: &Expr) -> D<Value> {
        let key = (module, block.name.name.clone());
        let opened = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened().get(&key).cloned();
        let samples = match known {
            Some(s) => s,
            None => Arc::new(super::samples::open(self, module, block, e)?),
        };
        opened().insert(key, samples.clone());
        Ok(Value::Samples(samples))
    }

    fn set(&mut self, name: &str, value: Value) {
        Arc::make_mut(&mut self.names).insert(name.into(), value);
    }

    /// What an input of the language does: its answers, and the session after it. After an error the rest is not done.
    pub fn input(&self, text: &str) -> (Vec<Answer>, Session) {
        let mut next = self.clone();
        next.input += 1;
        let path = format!("input {}", self.input);
        let (parts, diags) = next.extend(&path, text);
        if diags.iter().any(Diagnostic::is_error) {
            return (vec![next.reports(diags)], self.after_error());
        }
        let mut answers = Vec::new();
        if !diags.is_empty() {
            answers.push(next.reports(diags));
        }
        for part in &parts {
            if let Err(d) = next.part(part, text, &mut answers) {
                answers.push(next.reports(vec![*d]));
                return (answers, self.after_error());
            }
        }
        if !parts.is_empty() {
            Arc::make_mut(&mut next.log).push(text.trim_end().to_string());
        }
        (answers, next)
    }

    /// Reads a file: its items are those of the session from now on.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn load(&self, file: &std::path::Path) -> Outcome {
        let text = source::text(file)?;
        let mut next = self.clone();
        let path = file.to_string_lossy().into_owned();
        let (parts, diags) = next.extend(&path, &text);
        if diags.iter().any(Diagnostic::is_error) {
            return Ok((vec![next.reports(diags)], self.clone()));
        }
        let mut answers = Vec::new();
        if !diags.is_empty() {
            answers.push(next.reports(diags));
        }
        if let Some(stmt) = parts.iter().find_map(|p| match p {
            TestPart::Stmt(s) => Some(s),
            TestPart::Item(_) => None,
        }) {
            let d = Diagnostic::error("GDL0001", "a file is made of items", stmt.span, "a statement")
                .help("Type it at the prompt, or put it into a script: `gdl repl < script.gdlr`.");
            return Ok((vec![next.reports(vec![d])], self.clone()));
        }
        if !next.files.contains(&file.to_path_buf()) {
            next.files.push(file.to_path_buf());
        }
        let names = item_names(&parts);
        // A loaded item hides a value of its name.
        let hidden = Arc::make_mut(&mut next.names);
        for n in &names {
            hidden.remove(n);
        }
        answers.push(Answer::Text(format!("loaded {path}: {}", names.join(", "))));
        Ok((answers, next))
    }

    /// Parses a text as the new root of the program and checks its items.
    fn extend(&mut self, path: &str, text: &str) -> (Vec<TestPart>, Vec<Diagnostic>) {
        let mut program = (*self.program).clone();
        let (parts, mut diags) = program.extend(path, text, &source::load);
        if !diags.iter().any(Diagnostic::is_error) {
            diags.extend(check::check(&program).1);
        }
        self.program = Arc::new(program);
        (parts, diags)
    }

    /// The program of an expression in tensor IR, or that of a model by name.
    ///
    /// # Errors
    /// What is wrong with it, rendered.
    pub fn lowered(&self, text: &str) -> Result<Result<gdl_core::ir::Func, Answer>, Failure> {
        let mut next = self.clone();
        let (parts, diags) = next.extend("input", text);
        if diags.iter().any(Diagnostic::is_error) {
            return Ok(Err(next.reports(diags)));
        }
        let [
            TestPart::Stmt(Stmt {
                kind: StmtKind::Expr(e),
                ..
            }),
        ] = parts.as_slice()
        else {
            return Err(Failure::error("an expression, or the name of a model, is needed"));
        };
        let found = match &e.kind {
            ExprKind::Name(n) if self.model(n).is_some() => match self.model(n) {
                Some(m) => super::model::checked(&next, m)
                    .and_then(|m| gdl_core::lower::lower_model(&m))
                    .map(|l| Some(l.func)),
                None => Ok(None),
            },
            _ => Evaluator::new(&next).program(e),
        };
        match found {
            Ok(Some(func)) => Ok(Ok(func)),
            Ok(None) => Err(Failure::error("this needs no program: it is known at compile time")),
            Err(d) => Ok(Err(next.reports(vec![*d]))),
        }
    }

    fn reports(&self, diags: Vec<Diagnostic>) -> Answer {
        Answer::Reports(diags.into_iter().map(|d| (d, self.program.clone())).collect())
    }

    /// The session after an input that failed: as before, but for the number of the input.
    fn after_error(&self) -> Session {
        Session {
            input: self.input + 1,
            ..self.clone()
        }
    }

    fn part(&mut self, part: &TestPart, text: &str, answers: &mut Vec<Answer>) -> D<()> {
        let stmt = match part {
            TestPart::Item(item) => {
                if let Some(name) = item_name(item) {
                    Arc::make_mut(&mut self.names).remove(name);
                }
                return Ok(());
            }
            TestPart::Stmt(s) => s,
        };
        let session = self.clone();
        let mut evaluator = Evaluator::new(&session);
        let names = defined(stmt);
        let (value, written) = match &stmt.kind {
            StmtKind::Expr(e) => (evaluator.eval(e), e.span),
            StmtKind::Def(Def {
                lhs: Lhs::Name { binders, .. },
                ty: None,
                value,
            }) if binders.is_empty() => (evaluator.eval(value), value.span),
            StmtKind::Def(Def {
                lhs: Lhs::Tuple(_),
                value,
                ..
            }) => (evaluator.eval(value), value.span),
            _ => (evaluator.statement(stmt, &names), stmt.span),
        };
        let warnings = std::mem::take(&mut evaluator.warnings);
        if !warnings.is_empty() {
            answers.push(self.reports(warnings));
        }
        let value = value?;
        let written = text
            .get(written.start as usize..written.end as usize)
            .unwrap_or_default()
            .to_string();
        match (names.as_slice(), &value) {
            ([], _) => {
                self.last = Some(value.clone());
                answers.push(Answer::Value {
                    name: None,
                    text: written,
                    value,
                });
            }
            ([name], _) => self.define(name, written, value, answers),
            (names, Value::Record(fields)) if fields.len() == names.len() => {
                for (name, (_, v)) in names.iter().zip(fields.iter()) {
                    self.define(name, String::new(), v.clone(), answers);
                }
            }
            (names, Value::List(items)) if items.len() == names.len() => {
                for (name, v) in names.iter().zip(items.iter()) {
                    self.define(name, String::new(), v.clone(), answers);
                }
            }
            (names, other) => {
                return Err(Box::new(Diagnostic::error(
                    "GDL0202",
                    format!("{} names need as many values", names.len()),
                    stmt.span,
                    format!("this is {}", other.kind()),
                )));
            }
        }
        Ok(())
    }

    fn define(&mut self, name: &str, text: String, value: Value, answers: &mut Vec<Answer>) {
        self.set(name, value.clone());
        self.last = Some(value.clone());
        answers.push(Answer::Value {
            name: Some(name.into()),
            text,
            value,
        });
    }
}

impl Answer {
    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        matches!(self, Answer::Reports(list) if list.iter().any(|(d, _)| d.is_error()))
    }

    /// Reports as text.
    pub fn reports(&self, style: Style) -> Option<String> {
        match self {
            Answer::Reports(list) => {
                let texts: Vec<String> = list.iter().map(|(d, p)| Report::new(p, d).text(style)).collect();
                Some(texts.join("\n"))
            }
            _ => None,
        }
    }
}

/// The names that a statement defines.
fn defined(s: &Stmt) -> Vec<String> {
    match &s.kind {
        StmtKind::Expr(_) => vec![],
        _ => check::names_of(s),
    }
}

fn item_name(item: &Item) -> Option<&str> {
    match &item.kind {
        ItemKind::Group { name, .. }
        | ItemKind::Rep { name, .. }
        | ItemKind::Setting { name, .. }
        | ItemKind::Trust { name, .. } => Some(&name.name),
        ItemKind::Const(c) => Some(&c.name.name),
        ItemKind::Layer(c) | ItemKind::Model(c) => Some(&c.name.name),
        ItemKind::Data(d) => Some(&d.name.name),
        ItemKind::Use(_) | ItemKind::Train(_) | ItemKind::Test(_) => None,
    }
}

fn item_names(parts: &[TestPart]) -> Vec<String> {
    let name = |p: &TestPart| match p {
        TestPart::Item(i) => item_name(i).map(String::from),
        TestPart::Stmt(_) => None,
    };
    parts.iter().filter_map(name).collect()
}
