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
}

impl Why {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
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
        terminal.line(format!("{}: {}", self.name, show::ty(&model, &model.node(id).ty)))?;
        let flags = Flags::of(&model, false);
        let mut walk = Walk {
            session: &session,
            model: &model,
            flags: &flags,
            seen: HashSet::new(),
            rows: Vec::new(),
        };
        walk.node(id, String::new(), String::new(), self.depth);
        let width = walk
            .rows
            .iter()
            .map(|(text, _)| text.chars().count())
            .max()
            .unwrap_or(0)
            .min(60);
        for (text, place) in &walk.rows {
            let gap = " ".repeat(width.saturating_sub(text.chars().count()) + 2);
            match terminal.style() {
                Style::Plain => terminal.line(format!("{text}{gap}{place}"))?,
                Style::Colour => terminal.line(format!("{text}{gap}\x1b[2m{place}\x1b[0m"))?,
            }
        }
        let running = cert::certificate_of(&model, &[id], &flags, false);
        let training = cert::certificate_of(&model, &[id], &Flags::of(&model, true), true);
        for line in claims::table(&session.source.program, &self.name, &running, &training) {
            terminal.line(line)?;
        }
        Ok(())
    }
}

struct Walk<'a> {
    session: &'a Session,
    model: &'a Model,
    flags: &'a Flags,
    seen: HashSet<NodeId>,
    rows: Vec<(String, String)>,
}

impl Walk<'_> {
    /// A node after `lead`, and below it, after `below`, what it is made from.
    fn node(&mut self, id: NodeId, lead: String, below: String, depth: usize) {
        let node = self.model.node(id);
        let operands = show::operands(self.model, node);
        let again = !self.seen.insert(id) && !operands.is_empty();
        let mark = if again { "  (as above)" } else { "" };
        let text = format!(
            "{lead}{} : {}{mark}",
            show::word(self.model, &node.op),
            show::ty(self.model, &node.ty)
        );
        let raises: String = self.flags.own(id).iter().map(|f| format!(", raises `{f}`")).collect();
        let place = format!(
            "{}  {}{raises}",
            self.place(node.span),
            cert::rule(self.model, &node.op)
        );
        self.rows.push((text, place));
        if again {
            return;
        }
        if depth == 0 && !operands.is_empty() {
            self.rows.push((format!("{below}└─ …"), "--depth shows more".into()));
            return;
        }
        for (k, operand) in operands.iter().enumerate() {
            let (branch, space) = if k + 1 == operands.len() {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            self.node(
                *operand,
                format!("{below}{branch}"),
                format!("{below}{space}"),
                depth - 1,
            );
        }
    }

    fn place(&self, span: Span) -> String {
        let Some(module) = self.session.source.program.modules.get(span.file as usize) else {
            return String::new();
        };
        let (line, column) = position(&module.text, clip(&module.text, span).start);
        format!("{}:{line}:{column}", module.path)
    }
}
