//! What a training run is told.

use super::batches::BatchSize;
use crate::optim::OptimSpec;
use crate::params::Params;
use crate::random::Draw;
use gdl_abi::Instance;
use gdl_runtime::{Array, Program};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// The programs of a training run. Both take fields of the data as inputs, `step` also what is drawn at random, and parameters by name.
#[derive(Clone, Copy)]
pub struct Programs<'a> {
    /// Gives the loss, metrics, gradients and statistics of a batch. Its parameters are the model's.
    pub step: &'a dyn Program,
    /// Gives the loss and metrics as the model runs after training. It takes some or all of the parameters.
    pub eval: &'a dyn Program,
    /// A step that updates parameters too, where they stay where it runs ([`super::device`]); none: parameters come and go.
    pub learn: Option<&'a dyn Program>,
}

/// What the outputs of the programs mean; all by name. All these outputs are one number, or, gradients and statistics, as large
/// as their parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The loss: a mean over the samples of a batch, in both programs.
    pub loss: String,
    /// Metrics: means over the samples of a batch, in both programs.
    pub metrics: Vec<String>,
    /// A parameter and the output of `step` that holds its gradient. Parameters without one stay as they are.
    pub gradients: Vec<(String, String)>,
    /// Running statistics.
    pub stats: Vec<Stat>,
    /// The inputs of `step` that are drawn at random: their positions in ascending order, and how they are drawn.
    pub draws: Vec<(usize, Draw)>,
}

impl Plan {
    /// The loss and the metrics, by name.
    pub fn names(&self) -> Vec<String> {
        std::iter::once(&self.loss).chain(&self.metrics).cloned().collect()
    }
}

/// A parameter that follows the data instead of a gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stat {
    /// The parameter.
    pub state: String,
    /// The output of `step` that holds its value for one batch.
    pub output: String,
    /// How it follows.
    pub update: Update,
}

/// How a statistic follows the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// After each step: state ← (1 − m) · state + m · output.
    Momentum(f64),
    /// Before training, in one pass over all samples for training: the mean of the batches' outputs, each counted by its samples.
    OverData,
}

/// The settings of a training run.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Passes over the samples.
    pub epochs: u64,
    /// How much is in a batch.
    pub batch: BatchSize,
    /// The optimiser.
    pub optim: OptimSpec,
    /// Of the first weights, of the order of samples, and of what is drawn at random.
    pub seed: u64,
    /// Which score makes an epoch the best.
    pub monitor: Monitor,
    /// When to stop before the last epoch.
    pub early_stop: Option<EarlyStop>,
    /// The run folder, made if it does not exist; without one nothing is saved.
    pub folder: Option<PathBuf>,
    /// Go on from the folder's last checkpoint, if there is one.
    pub resume: bool,
    /// Write a checkpoint after so many steps too, not only after each epoch.
    pub checkpoint_steps: Option<u64>,
    /// A hash of the model's source; checkpoints of another are refused.
    pub model_hash: String,
    /// The settings as the user wrote them, kept in checkpoints; a run is resumed only with the same.
    pub settings: serde_json::Value,
    /// What is shown.
    pub display: Display,
}

impl Config {
    /// Settings without early stopping, a run folder, or anything shown.
    pub fn new(epochs: u64, batch: BatchSize, optim: OptimSpec, seed: u64) -> Config {
        Config {
            epochs,
            batch,
            optim,
            seed,
            monitor: Monitor {
                name: None,
                goal: Goal::Min,
            },
            early_stop: None,
            folder: None,
            resume: false,
            checkpoint_steps: None,
            model_hash: String::new(),
            settings: serde_json::Value::Null,
            display: Display::Quiet,
        }
    }
}

/// Which score makes an epoch the best, on the validation samples, or, if there are none, on those for training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// A metric; none: the loss.
    pub name: Option<String>,
    /// Which way is better.
    pub goal: Goal,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Down.
    Min,
    /// Up.
    Max,
}

/// Stop once the monitored score has not improved for some epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStop {
    /// So many epochs.
    pub patience: u64,
    /// What counts as an improvement: more than this.
    pub least: f64,
}

/// What is shown on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// A bar and a line an epoch on a terminal, lines otherwise.
    Auto,
    /// A line an epoch.
    Lines,
    /// Nothing.
    Quiet,
}

/// Says where a NaN comes from, given the batch, the inputs of `step`, and the parameters.
pub type ExplainNan<'a> = &'a dyn Fn(&Instance, &[Array], &Params) -> String;

/// Calls out of the loop.
#[derive(Clone, Copy, Default)]
pub struct Hooks<'a> {
    /// Called when the loss or a gradient is not finite; the answer ends up in the error.
    pub explain_nan: Option<ExplainNan<'a>>,
    /// Once true, the run saves a checkpoint and ends after the current step.
    pub interrupt: Option<&'a AtomicBool>,
}
