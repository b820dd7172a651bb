//! `gdl run`.

use crate::session::backend::{Precision, Runs};
use crate::session::{Session, programs, words};
use crate::{Failure, Terminal};
use clap::Args;
use gdl_core::lower;
use gdl_host::data;
use gdl_host::files::{self, HostArray};
use gdl_host::params::Params;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Run a model on data.
#[derive(Debug, Args)]
#[command(
    after_help = "The input has an array for every input of the model, read as the data block of the model's training says, or by
their names. Results go to --output as one array each, or to the terminal.

Examples:
  gdl run digits.gdl --input digits8x8.npz --weights runs/Digits/best.safetensors --fold test
  gdl run digits.gdl --input scans.npz --weights w.safetensors --output logits.npz
  gdl run digits.gdl --input digits8x8.npz --backend interp --json"
)]
pub struct Run {
    /// A program with a model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// A data file or folder.
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// Only the samples that this index array or group of arrays holds.
    #[arg(long, value_name = "NAME")]
    fold: Option<String>,
    /// Weights; without them the model runs with those it starts from.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Where the results go: an .npz or .json file, or an .xyz file for an .xyz input.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Precision; the interpreter computes in f64.
    #[arg(long, value_enum, default_value = "f32")]
    dtype: Precision,
    #[command(flatten)]
    runs: Runs,
    /// Threads [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// One JSON object: the outputs, and the milliseconds that compiling (tensor IR to machine code) and running took.
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let ending = |p: &PathBuf| p.extension().and_then(|e| e.to_str()).unwrap_or_default().to_string();
        if let Some(path) = self
            .output
            .as_ref()
            .filter(|p| !files::RESULTS.contains(&ending(p).as_str()))
        {
            let failure = Failure::usage(format!(
                "`{}` ends in neither `.npz` nor `.json` nor `.xyz`",
                path.display()
            ));
            return Err(failure.help("Results are written as .npz, as .json, or, for an .xyz input, as .xyz."));
        }
        let (model, given) = words(&self.words);
        let mut settings = Session::trained_settings(self.weights.as_deref());
        settings.extend(given.iter().cloned());
        let session = Session::open(&self.file, &settings, terminal)?;
        let model = session.model(model, terminal)?;
        let lowered = session.ok(lower::lower_model(&model), terminal)?;
        let engine = self
            .runs
            .engine(self.dtype == Precision::F64, self.threads.map(usize::from))?;
        let start = Instant::now();
        let program = engine.load(&lowered.func)?;
        let compiling = start.elapsed();

        let mut params = Params::init(
            program.signature(),
            &programs::specs(&lowered.params),
            0,
            program.is_f64(),
        )?;
        match &self.weights {
            Some(path) => session.load(path, &lowered.params, &mut params, terminal)?,
            None => terminal.say("no --weights: the model runs with the weights it starts from")?,
        }
        let block = session.data_of(&model.name);
        let spec = session.ok(session.data_spec(block, &model, program.signature()), terminal)?;
        let table = files::load(&self.input)?;
        let fold = data::pick(&table, &spec, self.fold.as_deref())?;
        let start = Instant::now();
        let results = gdl_host::run::run(program.as_ref(), &params.of(program.signature())?, &fold)?;
        let running = start.elapsed();

        if let Some(path) = &self.output {
            files::save_results(path, &table, &results)?;
        }
        for (name, array) in &results {
            if let Some(warning) = not_finite(name, array) {
                terminal.say(warning)?;
            }
        }
        if self.json {
            let outputs: Map<String, Value> = results.iter().map(|(n, a)| (n.clone(), a.json())).collect();
            return terminal.object(&json!({
                "model": model.name,
                "outputs": outputs,
                "compile_ms": milliseconds(compiling),
                "run_ms": milliseconds(running),
                "threads": engine.threads(),
            }));
        }
        terminal.say(format!(
            "compiled in {:.1} ms, ran in {:.1} ms",
            milliseconds(compiling),
            milliseconds(running)
        ))?;
        for (name, array) in &results {
            terminal.line(format!(
                "{name} {:?}{}",
                array.shape(),
                if self.output.is_some() {
                    String::new()
                } else {
                    preview(array)
                }
            ))?;
        }
        Ok(())
    }
}

/// What is said of an array with numbers that are not finite.
fn not_finite(name: &str, array: &HostArray) -> Option<String> {
    let first = array.reals()?.position(|x| !x.is_finite())?;
    let count = array.reals()?.filter(|x| !x.is_finite()).count();
    let row = array.shape().iter().skip(1).product::<usize>().max(1);
    Some(format!(
        "warning: `{name}`: {count} of {} numbers are not finite, the first in row {}",
        array.len(),
        first / row
    ))
}

/// To a hundredth.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

/// The first numbers.
fn preview(array: &HostArray) -> String {
    const SHOWN: usize = 10;
    let numbers: Vec<String> = match array.integers() {
        Some(whole) => whole.iter().take(SHOWN).map(i64::to_string).collect(),
        None => array
            .reals()
            .into_iter()
            .flatten()
            .take(SHOWN)
            .map(|x| format!("{x:.4}"))
            .collect(),
    };
    let more = if array.len() > SHOWN { ", …" } else { "" };
    format!(": {}{more}", numbers.join(", "))
}
