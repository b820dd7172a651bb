//! `gdl why`.

use crate::claims;
use crate::report::{Style, clip, position};
use crate::session::{Session, words};
use crate::{Failure, Terminal, show};
use clap::Args;
use gdl_core::cert::{self, Flags};
use gdl_core::check::nearest;
use gdl_core::typed::{Model, NodeId};
use gdl_syntax::ast::Span;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::PathBuf;

/// Show why a value has its type.
#[derive(Debug, Args)]
#[command(
    after_help = "Every line is a value: how it is made, its type, where, and the typing rule by which it is natural (spec/typing.md), with the
flag that the rule raises. What it is made from stands below it. The table at the end is the certificate of the value: the flags of
everything that it is made from.

Examples:
  gdl why digits.gdl output
  gdl why models.gdl h Potential --depth 3"
)]
pub struct Why {
    /// A program with a model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A name defined in the model, an input, or an output.
    #[arg(value_name = "NAME")]
    name: String,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// How many steps are followed back.
    #[arg(long, value_name = "N", default_value_t = 8)]
    depth: usize,
    /// One JSON object: the value, what it is made from, its certificate.
    #[arg(long)]
    json: bool,
}

impl Why {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let (name, settings) = words(&self.words);
        let session = Session::open(&self.file, settings, terminal)?;
        let model = session.model(name, terminal)?;
        let named = model.names.iter().chain(&model.outputs);
        let found: Vec<NodeId> = named
            .clone()
            .filter(|(n, _)| *n == self.name)
            .map(|(_, id)| *id)
            .collect();
        let input = model.inputs.iter().position(|i| i.name == self.name);
        let input = input.and_then(|k| {
            model
                .nodes
                .iter()
                .position(|n| matches!(n.op, gdl_core::typed::TOp::Input(j) if j as usize == k))
        });
        let found = found.last().copied().or(input.map(|k| NodeId(k as u32)));
        let Some(id) = found else {
            let known: Vec<String> = named
                .map(|(n, _)| n)
                .chain(model.inputs.iter().map(|i| &i.name))
                .cloned()
                .collect();
            let failure = Failure::usage(format!("`{}` defines no `{}`", model.name, self.name));
            return Err(match nearest(&self.name, &known) {
                Some(near) => failure.help(format!("Did you mean `{near}`?")),
                None => failure.help("Ask for a name on the left of `=`, an input, or an output."),
            });
        };
        let flags = Flags::of(&model, false);
        let mut walk = Walk {
            session: &session,
            model: &model,
            flags: &flags,
            seen: HashSet::new(),
        };
        let step = walk.step(id, self.depth);
        let running = cert::certificate_of(&model, &[id], &flags, false);
        let training = cert::certificate_of(&model, &[id], &Flags::of(&model, true), true);
        if self.json {
            let (running, training) = (claims::json(&running), claims::json(&training));
            return terminal.object(
                &json!({ "name": self.name, "derivation": step.json(), "certificate": running, "training": training }),
            );
        }
        terminal.line(format!("{}: {}", self.name, show::ty(&model, &model.node(id).ty)))?;
        let mut rows = Vec::new();
        step.rows("", "", &mut rows);
        let width = rows
            .iter()
            .map(|(text, _)| text.chars().count())
            .max()
            .unwrap_or(0)
            .min(60);
        for (text, place) in &rows {
            let gap = " ".repeat(width.saturating_sub(text.chars().count()) + 2);
            match terminal.style() {
                Style::Plain => terminal.line(format!("{text}{gap}{place}"))?,
                Style::Colour => terminal.line(format!("{text}{gap}\x1b[2m{place}\x1b[0m"))?,
            }
        }
        for line in claims::table(&session.source.program, &self.name, &running, &training) {
            terminal.line(line)?;
        }
        Ok(())
    }
}

/// A value of a derivation.
struct Step {
    word: String,
    ty: String,
    /// File, line, column.
    place: Option<(String, usize, usize)>,
    rule: &'static str,
    raises: Vec<&'static str>,
    parts: Parts,
}

/// What a value is made from.
enum Parts {
    Shown(Vec<Step>),
    /// They stand above.
    Above,
    /// `--depth` ends here.
    Deeper,
}

impl Step {
    /// Lines of a tree, each with a remark: this one after `lead`, what it is made from after `below`.
    fn rows(&self, lead: &str, below: &str, rows: &mut Vec<(String, String)>) {
        let mark = if matches!(self.parts, Parts::Above) {
            "  (as above)"
        } else {
            ""
        };
        let place = self.place.as_ref();
        let place = place.map_or(String::new(), |(file, line, column)| format!("{file}:{line}:{column}"));
        let raises: String = self.raises.iter().map(|f| format!(", raises `{f}`")).collect();
        rows.push((
            format!("{lead}{} : {}{mark}", self.word, self.ty),
            format!("{place}  {}{raises}", self.rule),
        ));
        match &self.parts {
            Parts::Above => {}
            Parts::Deeper => rows.push((format!("{below}└─ …"), "--depth shows more".into())),
            Parts::Shown(parts) => {
                for (k, part) in parts.iter().enumerate() {
                    let (branch, space) = if k + 1 == parts.len() {
                        ("└─ ", "   ")
                    } else {
                        ("├─ ", "│  ")
                    };
                    part.rows(&format!("{below}{branch}"), &format!("{below}{space}"), rows);
                }
            }
        }
    }

    fn json(&self) -> Value {
        let (file, line, column) = match &self.place {
            Some((file, line, column)) => (Some(file), Some(line), Some(column)),
            None => (None, None, None),
        };
        let (from, above) = match &self.parts {
            Parts::Shown(parts) => (Some(parts.iter().map(Step::json).collect::<Vec<_>>()), false),
            Parts::Above => (None, true),
            Parts::Deeper => (None, false),
        };
        json!({ "value": self.word, "type": self.ty, "file": file, "line": line, "column": column, "rule": self.rule, "flags": self.raises, "from": from, "as_above": above })
    }
}

struct Walk<'a> {
    session: &'a Session,
    model: &'a Model,
    flags: &'a Flags,
    seen: HashSet<NodeId>,
}

impl Walk<'_> {
    /// A node, and what it is made from.
    fn step(&mut self, id: NodeId, depth: usize) -> Step {
        let node = self.model.node(id);
        let operands = show::operands(self.model, node);
        let parts = if operands.is_empty() {
            Parts::Shown(Vec::new())
        } else if !self.seen.insert(id) {
            Parts::Above
        } else if depth == 0 {
            Parts::Deeper
        } else {
            Parts::Shown(operands.iter().map(|o| self.step(*o, depth - 1)).collect())
        };
        Step {
            word: show::word(self.model, &node.op),
            ty: show::ty(self.model, &node.ty),
            place: self.place(node.span),
            rule: cert::rule(self.model, &node.op),
            raises: self.flags.own(id),
            parts,
        }
    }

    fn place(&self, span: Span) -> Option<(String, usize, usize)> {
        let module = self.session.source.program.modules.get(span.file as usize)?;
        let (line, column) = position(&module.text, clip(&module.text, span).start);
        Some((module.path.clone(), line, column))
    }
}
