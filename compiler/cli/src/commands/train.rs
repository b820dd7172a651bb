//! `gdl train`.

use crate::interrupt::Interrupt;
use crate::session::backend::{Precision, Runs};
use crate::session::programs::{self, Training};
use crate::session::tuning::named_by;
use crate::session::{Session, words};
use crate::{Failure, Terminal};
use clap::Args;
use gdl_abi::{Dtype, Instance};
use gdl_core::check::TrainModel;
use gdl_core::ir::interp::{Real64, first_poison, one_hot, run_all};
use gdl_host::train::{self, Display, Hooks, Programs, Scores, Stop};
use gdl_host::{data, files, params::Params};
use gdl_runtime::Array;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Train a model as its `train` block says.
#[derive(Debug, Args)]
#[command(
    after_help = "The run folder holds best.safetensors (for `gdl run --weights`), last.safetensors (for --resume),
metrics.jsonl, metrics.csv and report.json. Ctrl-C finishes the step, saves it and ends with exit code 130;
a second one ends at once.

Examples:
  gdl train digits.gdl
  gdl train digits.gdl --epochs 2 --seed 7 --out runs/short
  gdl train digits.gdl width=32             a `setting width` of the program
  gdl train models.gdl Digits --resume      go on after an interruption"
)]
pub struct Train {
    /// A program with a `train` block.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model, if there are several `train` blocks; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// A data file or folder instead of the one that the data block names.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The run folder [default: runs/MODEL].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on from the last checkpoint of the run folder.
    #[arg(long)]
    resume: bool,
    /// Passes over the samples, instead of what the program says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    epochs: Option<u64>,
    /// Seed, instead of what the program says.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Threads [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Precision.
    #[arg(long, value_enum, default_value = "f32")]
    dtype: Precision,
    #[command(flatten)]
    runs: Runs,
    /// One JSON object at the end instead of progress.
    #[arg(long)]
    json: bool,
}

impl Train {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let (model, settings) = words(&self.words);
        let session = Session::open(&self.file, settings, terminal)?;
        let (train, block) = session.training(model, terminal)?;
        let mut config = session.ok(session.config(&train), terminal)?;
        config.epochs = self.epochs.unwrap_or(config.epochs);
        config.seed = self.seed.unwrap_or(config.seed);
        if let (Some(n), Some(notes)) = (self.epochs, config.settings.as_object_mut()) {
            notes.insert("epochs".into(), json!(n.to_string()));
        }
        let folder = self
            .out
            .clone()
            .unwrap_or_else(|| Path::new("runs").join(&train.model.name));
        config.folder = Some(folder.clone());
        config.resume = self.resume;
        if self.resume && !folder.join("last.safetensors").exists() {
            terminal.say(format!(
                "`{}` holds no checkpoint: the run begins at the start",
                folder.display()
            ))?;
        }
        config.display = if self.json { Display::Quiet } else { Display::Auto };

        let mut training = session.ok(Training::new(&train), terminal)?;
        let tuning = session.ok(session.tuning(&train, &training.params), terminal)?;
        training.freeze(&|name| named_by(&tuning.freeze, name));
        config.model_hash = session.hash_of(&training.params);
        let engine = self
            .runs
            .engine(self.dtype == Precision::F64, self.threads.map(usize::from))?;
        let step = training.load_step(&engine)?;
        let learn = training.load_learning(&engine, &config.optim)?;
        let eval = engine.load(&training.eval)?;
        let spec = session.ok(
            session.data_spec(Some(block), &train.model, &training.inputs()),
            terminal,
        )?;
        let path = self
            .data
            .clone()
            .unwrap_or_else(|| self.file.with_file_name(&block.path));
        let folds = data::load(&path, &spec)?;

        let specs = programs::specs(&training.params);
        let mut first = Params::init(step.signature(), &specs, config.seed, step.is_f64())?;
        if let Some((file, paths)) = &tuning.load {
            let table = files::load(self.file.with_file_name(file))?;
            first.load_some(&table, &|name| named_by(paths, name))?;
        }
        let count = |f: &Option<data::Fold>| f.as_ref().map_or(0, |f| f.ids.len());
        terminal.say(format!(
            "{}: {} parameters; samples: {} training, {} validation, {} test",
            train.model.name,
            first.count(),
            folds.train.ids.len(),
            count(&folds.val),
            count(&folds.test),
        ))?;
        let programs = Programs {
            step: step.as_ref(),
            eval: eval.as_ref(),
            learn: learn.as_deref(),
        };
        let explain = |batch: &Instance, inputs: &[Array], params: &Params| {
            first_nan(&session, &train, &training, batch, inputs, params)
        };
        let interrupt = Interrupt::catch()?;
        let hooks = Hooks {
            explain_nan: Some(&explain),
            interrupt: Some(interrupt.raised()),
        };
        let report = train::train_from(programs, &folds, &training.plan, first, &config, hooks)?;
        drop(interrupt);

        let interrupted = report.stop == Stop::Interrupted;
        if self.json {
            let mut all = report.json();
            all["model"] = json!(train.model.name);
            all["parameters"] = json!(report.params.count());
            all["folder"] = json!(folder.display().to_string());
            all["resume"] = json!(interrupted.then(|| self.resume()));
            terminal.object(&all)?;
        }
        if interrupted {
            let (epochs, steps) = (report.epochs, report.steps);
            terminal.say(format!(
                "interrupted after {steps} steps ({epochs} of {} epochs); go on with",
                config.epochs
            ))?;
            terminal.say(format!("  {}", self.resume()))?;
            return Err(Failure::Interrupted);
        }
        if self.json {
            return Ok(());
        }
        if report.stop == Stop::Early {
            terminal.say(format!("stopped early after {} epochs", report.epochs))?;
        }
        for (name, scores) in [("validation", &report.val), ("test", &report.test)] {
            if let Some(scores) = scores {
                terminal.line(format!(
                    "{name}: {} (best epoch {}, {} samples)",
                    show(scores),
                    report.best_epoch,
                    scores.samples
                ))?;
            }
        }
        if report.val.is_none() && report.test.is_none() {
            terminal.line(format!("training: {}", show(&report.train)))?;
        }
        terminal.say(format!("weights: {}", folder.join("best.safetensors").display()))
    }
}

impl Train {
    /// The command line that goes on where this one stopped.
    fn resume(&self) -> String {
        let mut words = vec!["gdl".to_string(), "train".into(), self.file.display().to_string()];
        words.extend(self.words.iter().cloned());
        let mut option =
            |name: &str, value: Option<String>| words.extend(value.into_iter().flat_map(|v| [name.into(), v]));
        let path = |p: &Option<PathBuf>| p.as_ref().map(|p| p.display().to_string());
        option("--data", path(&self.data));
        option("--out", path(&self.out));
        option("--epochs", self.epochs.map(|n| n.to_string()));
        option("--seed", self.seed.map(|n| n.to_string()));
        option("--threads", self.threads.map(|n| n.to_string()));
        option("--dtype", (self.dtype == Precision::F64).then(|| "f64".into()));
        words.extend(self.runs.words());
        words.push("--resume".into());
        let quoted: Vec<String> = words.iter().map(|w| quoted(w)).collect();
        quoted.join(" ")
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// `ce 0.1234, acc 0.9876`.
fn show(scores: &Scores) -> String {
    let all: Vec<String> = scores.values.iter().map(|(n, x)| format!("{n} {x:.4}")).collect();
    all.join(", ")
}

/// Where the first value that is no number comes from: the step is run once more by the interpreter, in f64.
fn first_nan(
    session: &Session,
    train: &TrainModel,
    training: &Training,
    batch: &Instance,
    inputs: &[Array],
    params: &Params,
) -> String {
    const ADVICE: &str = "lower the learning rate or clip gradients";
    // Gradients come after the loss; what makes the loss is enough.
    let mut func = training.step.clone();
    func.body.results.truncate(1);
    func.outputs.truncate(1);
    let end = func.body.results.first().map_or(0, |v| v.0 as usize + 1);
    func.body.nodes.truncate(end);
    let func = &func;
    let mut arrays = Vec::new();
    for (decl, x) in func.inputs.iter().zip(inputs) {
        arrays.push(match (decl.dtype, x) {
            (Dtype::Class(n), Array::Class(labels)) => one_hot(&Real64, labels, n).unwrap_or_default(),
            (_, x) => x.to_f64(),
        });
    }
    let weights: Vec<Vec<f64>> = params.arrays().iter().map(Array::to_f64).collect();
    let Ok(values) = run_all(&Real64, func, batch, &arrays, &weights) else {
        return ADVICE.into();
    };
    let Some((_, origin)) = first_poison(&Real64, func, &values) else {
        return format!("in f64 every value up to the loss is a number; {ADVICE}");
    };
    let Some(node) = train.model.nodes.get(origin as usize) else {
        return format!("it appears first in a gradient; {ADVICE}");
    };
    let Some(module) = session.source.program.modules.get(node.span.file as usize) else {
        return ADVICE.into();
    };
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let line = module.text.get(..start).map_or(1, |t| t.matches('\n').count() + 1);
    let written: String = module
        .text
        .get(start..end)
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect();
    format!(
        "the first expression that is not a number is `{written}` ({}:{line})",
        module.path
    )
}
