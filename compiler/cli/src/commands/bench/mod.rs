//! `gdl bench`.

mod measure;
mod program;
mod report;
mod suite;

use crate::session::backend::{Engine, Precision, Runs};
use crate::{Failure, Terminal};
use clap::Args;
use gdl_codegen::machine;
use std::path::PathBuf;

/// Measure speed: arithmetic and memory traffic against what this machine can do
#[derive(Debug, Args)]
#[command(
    after_help = "First the limits of the machine are measured: fused multiply-adds on registers, and memory traffic on arrays larger
than any cache, for every number of threads. Then the model, and its gradient, run on a batch of the training data (random
data without a `train` block); the time is the best of many calls. Operations are counted in the compiled loops: a
multiplication and an addition are two, an exponential is 20. Bytes are those of the arrays that a step reads or writes,
each once a step; what stays in a cache can therefore exceed the bandwidth.

Examples:
  gdl bench digits.gdl
  gdl bench digits.gdl --weights runs/Digits/best.safetensors --json
  gdl bench --suite                     kernels of common architectures at realistic sizes
  gdl bench --suite attention gat --backend wgsl    on a GPU, by its own clock"
)]
pub struct Bench {
    /// A program with a model.
    #[arg(value_name = "FILE", required_unless_present = "suite")]
    file: Option<PathBuf>,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// Weights; without them the model has those it starts from.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// A data file: all its samples are the batch.
    #[arg(long, value_name = "PATH", conflicts_with = "suite")]
    input: Option<PathBuf>,
    /// Only the model, or only its gradient.
    #[arg(long, value_name = "PART", value_parser = ["forward", "gradient"])]
    part: Option<String>,
    /// Built-in programs instead of a file: all, or those of these names.
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with_all = ["file", "weights"])]
    suite: Option<Vec<String>>,
    /// Precision.
    #[arg(long, value_enum, default_value = "f32")]
    dtype: Precision,
    #[command(flatten)]
    runs: Runs,
    /// Threads [default: all].
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Seconds for every program.
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    seconds: f64,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        if cfg!(debug_assertions) {
            terminal.say("this is a debug build: matrix products and the machine's limits are slow; use --release")?;
        }
        let engine = self.runs.engine(self.dtype == Precision::F64, self.threads)?;
        let limits = limits(&engine)?;
        report::machine(&limits, terminal)?;
        let machine = &limits[limits.len() - 1];
        let mut results = Vec::new();
        match (&self.suite, &self.file) {
            (Some(names), _) => {
                for subject in suite::chosen(names)? {
                    for case in suite::cases(subject, self.part.as_deref(), &engine, terminal)? {
                        results.push(measure::measure(&case, self.seconds)?);
                        report::result(&results[results.len() - 1], machine, engine.double, terminal)?;
                    }
                }
            }
            (None, Some(file)) => {
                let (weights, input) = (self.weights.as_deref(), self.input.as_deref());
                let part = self.part.as_deref();
                for case in program::cases(file, &self.words, weights, input, part, &engine, terminal)? {
                    results.push(measure::measure(&case, self.seconds)?);
                    report::result(&results[results.len() - 1], machine, engine.double, terminal)?;
                }
            }
            (None, None) => return Err(Failure::usage("neither a file nor --suite is given")),
        }
        if self.json {
            return terminal.object(&report::json(&limits, &results, engine.double));
        }
        Ok(())
    }
}

/// What the machine, or a device, can do at most.
pub(super) struct Yardstick {
    /// What was measured: `2 threads`, the name of a device.
    name: String,
    /// Operations a second in single and in double precision; a device has no double precision.
    flops: [Option<f64>; 2],
    /// Bytes a second.
    bandwidth: f64,
}

impl Yardstick {
    /// Operations a second in the precision that is used.
    fn peak(&self, double: bool) -> f64 {
        self.flops[usize::from(double)].unwrap_or(f64::NAN)
    }
}

/// The limits of a device, or the machine's with 1, 2, 4, … threads and with as many as are used.
fn limits(engine: &Engine) -> Result<Vec<Yardstick>, Failure> {
    if let Some(gpu) = engine.gpu()? {
        let found = gdl_gpu::limits(&gpu).map_err(|e| Failure::error(e.to_string()))?;
        return Ok(vec![Yardstick {
            name: gpu.info().name.clone(),
            flops: [Some(found.flops), None],
            bandwidth: found.bandwidth,
        }]);
    }
    let threads = engine.threads();
    let mut counts: Vec<usize> = std::iter::successors(Some(1), |n| Some(2 * n))
        .take_while(|n| *n < threads)
        .collect();
    counts.push(threads);
    let measured = |n: usize| {
        let found = machine::limits(n).map_err(Failure::error)?;
        Ok(Yardstick {
            name: format!("{n} thread{}", if n == 1 { "" } else { "s" }),
            flops: [Some(found.f32_flops), Some(found.f64_flops)],
            bandwidth: found.bandwidth,
        })
    };
    counts.into_iter().map(measured).collect()
}
