//! From a program's text to something that runs: the model or training asked for, its data, its options, its compiled programs.
//!
//! [`Session`] finds what is meant and reports what is wrong with it; [`data`] turns a `data` block into arrays to read, [`domain`] holds
//! domains with their elements, [`options`] the options of a `train` block into settings of the training loop, [`programs`] models into
//! compiled programs, [`subjects`] the programs of a file with data to run them on, [`scene`] statements of tests and of the prompt.

pub mod backend;
pub mod data;
pub mod domain;
pub mod expr;
pub mod learn;
mod manifest;
pub mod options;
pub mod programs;
pub mod scene;
pub mod subjects;
pub mod tuning;

use crate::source::Source;
use crate::{Failure, Terminal};
use gdl_core::check::{self, LayerRef, TrainModel};
use gdl_core::diag::Diagnostic;
use gdl_core::lower;
use gdl_core::typed::Model;
use gdl_core::{cert, certify};
use gdl_host::train::read_notes;
use gdl_syntax::ast::{Callable, Data, ItemKind, Train};
use programs::Training;
use serde_json::Value;
use std::path::Path;
use std::rc::Rc;

/// A result whose error is a diagnostic.
pub type D<T> = Result<T, Box<Diagnostic>>;

/// A program that is being worked with.
pub struct Session {
    /// Its text.
    pub source: Source,
    /// Values given for its `setting` items.
    pub settings: Vec<(String, String)>,
}

impl Session {
    /// A program that has been read.
    pub fn new(source: Source) -> Session {
        Session {
            source,
            settings: Vec::new(),
        }
    }

    /// Reads a program; errors of the text are reported.
    ///
    /// # Errors
    /// If it cannot be read or parsed, or a setting is not one of it.
    pub fn open(path: &Path, settings: &[String], terminal: &mut Terminal<'_>) -> Result<Session, Failure> {
        let settings = settings.iter().map(|s| setting(s)).collect::<Result<Vec<_>, _>>()?;
        let source = Source::read(path, &settings)?;
        if terminal.report(&source.program, &source.diagnostics)? {
            return Err(Failure::Reported);
        }
        let session = Session { source, settings };
        session.known_settings()?;
        Ok(session)
    }

    /// Checks everything: models and trainings with their data and options, down to tensor IR. Gives the models, and all diagnostics
    /// in the order of the text.
    pub fn check(&self) -> (Vec<Model>, Vec<Diagnostic>) {
        let (models, mut all) = self.source.check();
        if all.iter().any(Diagnostic::is_error) {
            return (models, all);
        }
        let mut add = |d: Diagnostic| {
            if !all
                .iter()
                .any(|e| e.code == d.code && e.labels.first() == d.labels.first())
            {
                all.push(d);
            }
        };
        for model in &models {
            if let Err(d) = lower::lower_model(model) {
                add(*d);
            }
        }
        for train in self.trains() {
            let (Some(checked), _) = check::check_train(&self.source.program, self.source.program.root(), train) else {
                continue;
            };
            if let Err(d) = self.config(&checked) {
                add(*d);
            }
            let read = Training::new(&checked).and_then(|t| {
                self.tuning(&checked, &t.params)?;
                self.data_spec(self.data(&checked.data), &checked.model, &t.inputs())
            });
            if let Err(d) = read {
                add(*d);
            }
        }
        (models, all)
    }

    /// Tests what a model was lowered to, exactly.
    ///
    /// # Errors
    /// GDL0133 if it is not equivariant, or cannot be tested.
    pub fn certify(&self, model: &Model) -> D<certify::Report> {
        certify::certify_model(model, 1).map_err(|f| Box::new(f.diagnostic()))
    }

    /// The exact test of what every `train` block computes: its name, and the result.
    ///
    /// # Errors
    /// GDL0133 if a loss or metric is not invariant, or cannot be tested.
    pub fn certify_training(&self) -> Vec<(String, D<certify::Report>)> {
        let root = self.source.program.root();
        let test = |train| {
            let (checked, _) = check::check_train(&self.source.program, root, train);
            let checked = checked?;
            let result = certify::certify_train(&checked, 1).map_err(|f| Box::new(f.diagnostic()));
            Some((format!("{}, training", checked.model.name), result))
        };
        self.trains().into_iter().filter_map(test).collect()
    }

    /// What the typing rules prove of the losses and metrics of every `train` block: its name, and a row for every factor.
    pub fn training_claims(&self) -> Vec<(String, Vec<cert::Row>)> {
        let root = self.source.program.root();
        let claims = |train| {
            let measured = check::check_train(&self.source.program, root, train).0?.measured();
            let [_, training] = cert::certificates(&measured);
            Some((format!("{}, training", measured.name), training))
        };
        self.trains().into_iter().filter_map(claims).collect()
    }

    /// The settings that weights were trained with, as a command line would give them.
    pub fn trained_settings(weights: Option<&Path>) -> Vec<String> {
        let Some(path) = weights.filter(|p| p.exists()) else {
            return Vec::new();
        };
        let Ok(notes) = read_notes(path) else {
            return Vec::new();
        };
        let all = notes.settings.as_object().cloned().unwrap_or_default();
        let setting =
            |(name, value): (&String, &Value)| Some(format!("{}={}", name.strip_prefix("setting ")?, value.as_str()?));
        all.iter().filter_map(setting).collect()
    }

    fn known_settings(&self) -> Result<(), Failure> {
        let items = self.source.program.modules.iter().flat_map(|m| &m.ast.items);
        let known: Vec<String> = items
            .filter_map(|i| match &i.kind {
                ItemKind::Setting { name, .. } => Some(name.name.clone()),
                _ => None,
            })
            .collect();
        let Some((name, _)) = self.settings.iter().find(|(n, _)| !known.contains(n)) else {
            return Ok(());
        };
        let failure = Failure::usage(format!("the program has no setting `{name}`"));
        Err(match check::nearest(name, &known) {
            Some(near) => failure.help(format!("Did you mean `{near}`?")),
            None if known.is_empty() => failure.help(format!("Declare it: `setting {name}: int = 64`.")),
            None => failure.help(format!("There are: {}.", known.join(", "))),
        })
    }

    /// Reports a diagnostic of this program.
    ///
    /// # Errors
    /// Always, so that it ends a command.
    pub fn fail<T>(&self, d: Diagnostic, terminal: &mut Terminal<'_>) -> Result<T, Failure> {
        terminal.report(&self.source.program, &[d])?;
        Err(Failure::Reported)
    }

    /// The value, or its diagnostic reported.
    ///
    /// # Errors
    /// If it is a diagnostic.
    pub fn ok<T>(&self, value: D<T>, terminal: &mut Terminal<'_>) -> Result<T, Failure> {
        value.or_else(|d| self.fail(*d, terminal))
    }

    /// The items of the file itself.
    fn items(&self) -> impl Iterator<Item = &ItemKind> {
        let program = &self.source.program;
        program.modules[program.root()].ast.items.iter().map(|i| &i.kind)
    }

    fn models(&self) -> Vec<&Callable> {
        self.items()
            .filter_map(|k| match k {
                ItemKind::Model(c) => Some(c),
                _ => None,
            })
            .collect()
    }

    /// The model of this name, or the only one (or the one that is trained), checked.
    ///
    /// # Errors
    /// If there is none, several, or it is rejected.
    pub fn model(&self, name: Option<&str>, terminal: &mut Terminal<'_>) -> Result<Model, Failure> {
        let all = self.models();
        let trained: Vec<&str> = self.trains().iter().map(|t| t.model.name.as_str()).collect();
        let wanted = name.or(match trained.as_slice() {
            [one] if all.iter().any(|m| m.name.name == *one) => Some(one),
            _ => None,
        });
        let names: Vec<String> = all.iter().map(|m| m.name.name.clone()).collect();
        let callable = pick(&all, wanted, &names, "model")?;
        let layer = Rc::new(LayerRef {
            module: self.source.program.root(),
            callable: (*callable).clone(),
            is_model: true,
        });
        let (model, diagnostics) = check::check_model(&self.source.program, &layer);
        terminal.report(&self.source.program, &diagnostics)?;
        model.ok_or(Failure::Reported)
    }

    fn trains(&self) -> Vec<&Train> {
        self.items()
            .filter_map(|k| match k {
                ItemKind::Train(t) => Some(t),
                _ => None,
            })
            .collect()
    }

    /// Whether there is exactly one `train` block for this model.
    pub fn is_trained(&self, model: &str) -> bool {
        self.trains().iter().filter(|t| t.model.name == model).count() == 1
    }

    /// The `train` block for this model, or the only one, checked, with its data block.
    ///
    /// # Errors
    /// If there is none, several, or it is rejected.
    pub fn training(&self, name: Option<&str>, terminal: &mut Terminal<'_>) -> Result<(TrainModel, &Data), Failure> {
        let all = self.trains();
        let names: Vec<String> = all.iter().map(|t| t.model.name.clone()).collect();
        let train = pick(&all, name, &names, "`train` block")?;
        let (model, diagnostics) = check::check_train(&self.source.program, self.source.program.root(), train);
        terminal.report(&self.source.program, &diagnostics)?;
        let model = model.ok_or(Failure::Reported)?;
        let data = self
            .data(&model.data)
            .ok_or_else(|| Failure::error(format!("there is no data block `{}`", model.data)))?;
        Ok((model, data))
    }

    /// A data block by name.
    fn data(&self, name: &str) -> Option<&Data> {
        match &self.source.program.find(self.source.program.root(), name)?.1.kind {
            ItemKind::Data(d) => Some(d),
            _ => None,
        }
    }

    /// The data block that a model is trained on, if there is exactly one; of a model that is not trained, the only one of the file.
    pub fn data_of(&self, model: &str) -> Option<&Data> {
        let trains = self.trains();
        let mut found = trains
            .iter()
            .filter(|t| t.model.name == model)
            .map(|t| t.data.name.as_str());
        let Some(first) = found.next() else {
            let mut blocks = self.items().filter_map(|k| match k {
                ItemKind::Data(d) => Some(d),
                _ => None,
            });
            return blocks.next().filter(|_| blocks.next().is_none());
        };
        found.all(|n| n == first).then(|| self.data(first)).flatten()
    }

    /// What a value of a lowered model belongs to ([`gdl_core::ir::Node::origin`]), for reading: a layer call, or a line of the model.
    pub fn part(&self, model: &Model, origin: u32) -> Option<String> {
        let node = model.nodes.get(origin as usize)?;
        match model.paths.get(node.path as usize) {
            Some(path) if !path.is_empty() => Some(path.clone()),
            _ => {
                let module = self.source.program.modules.get(node.span.file as usize)?;
                let before = module.text.get(..node.span.start as usize)?;
                Some(format!("line {}", before.matches('\n').count() + 1))
            }
        }
    }

    /// A hash of what the model computes from its parameters: the texts of its modules without comments, data, trainings and tests,
    /// its settings, and the bases its parameters refer to.
    pub fn hash(&self, bases: impl IntoIterator<Item = u64>) -> String {
        let mut text = String::new();
        for module in &self.source.program.modules {
            let mut file = module.ast.clone();
            file.items
                .retain(|i| !matches!(i.kind, ItemKind::Data(_) | ItemKind::Train(_) | ItemKind::Test(_)));
            for item in &mut file.items {
                item.doc = None;
            }
            text.push_str(&gdl_syntax::print::print(&file));
        }
        for (name, value) in &self.settings {
            text.push_str(&format!("{name}={value}\n"));
        }
        for basis in bases {
            text.push_str(&format!("{basis:016x}\n"));
        }
        format!("{:016x}", gdl_host::rng::fnv(text.bytes()))
    }
}

/// `width=64`.
fn setting(text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().into(), value.trim().into()))
        }
        _ => Err(
            Failure::usage(format!("`{text}` is neither a model's name nor a setting"))
                .help("Settings are written NAME=VALUE."),
        ),
    }
}

/// Model name and settings from what stands after the file.
pub fn words(words: &[String]) -> (Option<&str>, &[String]) {
    match words.split_first() {
        Some((first, rest)) if !first.contains('=') => (Some(first), rest),
        _ => (None, words),
    }
}

/// The only one, or the one of this name.
fn pick<'a, T>(all: &[&'a T], name: Option<&str>, names: &[String], what: &str) -> Result<&'a T, Failure> {
    let list = || format!("There are: {}.", names.join(", "));
    match (name, all) {
        (_, []) => Err(Failure::error(format!("the file has no {what}"))),
        (Some(name), all) => match names.iter().position(|n| n == name) {
            Some(k) => Ok(all[k]),
            None => {
                let failure = Failure::usage(format!("the file has no {what} for `{name}`"));
                Err(match check::nearest(name, names) {
                    Some(near) => failure.help(format!("Did you mean `{near}`?")),
                    None => failure.help(list()),
                })
            }
        },
        (None, [one]) => Ok(one),
        (None, _) => Err(Failure::usage(format!("the file has more than one {what}; say which")).help(list())),
    }
}
