//! `gdl verify`.

use crate::session::backend::{Engine, Runs};
use crate::session::programs::{self, bound, call};
use crate::session::{Session, words};
use crate::{Failure, Terminal};
use clap::Args;
use gdl_abi::DoorSizes;
use gdl_core::certify::numeric::{Batch, VerifyOptions, VerifyReport, VerifyRow, verify};
use gdl_core::ir::Func;
use gdl_core::lower;
use gdl_core::typed::{Break, Model};
use gdl_core::types::Elem;
use gdl_host::data;
use gdl_host::files;
use gdl_host::params::Params;
use gdl_runtime::{Array, Program};
use serde_json::json;
use std::path::PathBuf;

/// The relative errors above which rounding is no explanation, in f32 and f64.
const LIMITS: [f64; 2] = [1e-3, 1e-9];

/// Apply random group elements to real inputs and compare, layer by layer
#[derive(Debug, Args)]
#[command(
    after_help = "Runs the compiled model on inputs and on the moved inputs, in f32 (by `--backend`) and in f64 (by machine code), and prints the largest relative error
|f(gx) - g f(x)| / |f(x)| of every layer. Without --input the inputs are random.

Examples:
  gdl verify digits.gdl
  gdl verify digits.gdl --weights runs/Digits/best.safetensors --input digits8x8.npz --samples 16"
)]
pub struct Verify {
    /// A program with a model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The model, if there are several; then values of settings.
    #[arg(value_name = "MODEL | NAME=VALUE")]
    words: Vec<String>,
    /// Weights; without them the model has those it starts from.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// A data file or folder; without it inputs are random.
    #[arg(long, value_name = "PATH")]
    input: Option<PathBuf>,
    /// Only the samples that this index array or group of arrays holds.
    #[arg(long, value_name = "NAME", requires = "input")]
    fold: Option<String>,
    /// How many samples of it.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=4096))]
    samples: u32,
    #[command(flatten)]
    runs: Runs,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        terminal.set_json(self.json);
        let (name, settings) = words(&self.words);
        let session = Session::open(&self.file, settings, terminal)?;
        let model = with_layers(&session.model(name, terminal)?);
        let lowered = session.ok(lower::lower_model(&model), terminal)?;
        let open = model.with_breaks_at_the_door();
        let jointly = match model.breaks.is_empty() {
            true => None,
            false => Some(session.ok(lower::lower_model(&open), terminal)?),
        };
        let mut reports = Vec::new();
        for double in [false, true] {
            // A GPU computes in single precision only.
            let engine = match double {
                true => Engine::cranelift(true, None),
                false => self.runs.engine(false, None)?,
            };
            let mut batches = Vec::new();
            let mut report = VerifyReport::default();
            for (model, lowered) in std::iter::once((&model, &lowered)).chain(jointly.as_ref().map(|l| (&open, l))) {
                let program = engine.load(&lowered.func)?;
                let mut params = Params::init(program.signature(), &programs::specs(&lowered.params), 1, double)?;
                if let Some(path) = &self.weights {
                    session.load(path, &lowered.params, &mut params, terminal)?;
                }
                let first = report.rows.is_empty();
                if first && self.input.is_some() {
                    batches.push(self.batch(&session, model, program.as_ref(), terminal)?);
                }
                let mut bound = bound(program.as_ref(), &params).map_err(Failure::error)?;
                let mut run =
                    |door: &DoorSizes, inputs: &[Vec<f64>]| call(program.as_ref(), bound.as_mut(), door, inputs);
                let options = VerifyOptions {
                    double,
                    ..VerifyOptions::default()
                };
                let found = verify(model, &lowered.func, &mut run, &batches, &options);
                let found = found.map_err(Failure::error)?;
                if first {
                    report = found;
                    batches
                        .iter_mut()
                        .for_each(|b| write_down(&model.breaks, model.inputs.len(), b));
                } else {
                    join(&mut report, found);
                }
            }
            reports.push(report);
        }
        self.show(&model, &lowered.func, &reports, terminal)
    }

    /// The first samples of the data.
    fn batch(
        &self,
        session: &Session,
        model: &Model,
        program: &dyn Program,
        terminal: &mut Terminal<'_>,
    ) -> Result<Batch, Failure> {
        let path = self.input.as_ref().ok_or_else(|| Failure::error("no data"))?;
        let block = session.data_of(&model.name);
        let spec = session.ok(session.data_spec(block, model, program.signature()), terminal)?;
        let fold = data::pick(&files::load(path)?, &spec, self.fold.as_deref())?;
        let ids = &fold.ids[..fold.ids.len().min(self.samples as usize)];
        let (door, inputs) = fold.data.batch(ids, program.signature(), program.is_f64())?;
        Ok(Batch {
            door,
            inputs: inputs.iter().map(Array::to_f64).collect(),
        })
    }

    fn show(
        &self,
        model: &Model,
        func: &Func,
        reports: &[VerifyReport],
        terminal: &mut Terminal<'_>,
    ) -> Result<(), Failure> {
        let worst = |r: &VerifyReport, k: usize| r.rows.iter().map(|row| row.errors[k].1).fold(0.0, f64::max);
        let broken: Vec<bool> = reports
            .iter()
            .zip(LIMITS)
            .map(|(r, limit)| r.error().is_nan() || r.error() > limit)
            .collect();
        if self.json {
            let layers: Vec<_> = func
                .outputs
                .iter()
                .enumerate()
                .map(|(k, n)| json!({ "name": n, "f32": worst(&reports[0], k), "f64": worst(&reports[1], k) }))
                .collect();
            let factors: Vec<_> = reports[1]
                .rows
                .iter()
                .zip(&reports[0].rows)
                .map(|(d, s)| json!({ "factor": d.factor, "f32": s.largest(), "f64": d.largest(), "worst": d.worst, "runs": d.runs }))
                .collect();
            let measured = |r: &VerifyReport| {
                r.approximate.as_ref().map(
                    |row| json!({ "group": row.factor, "error": row.largest(), "worst": row.worst, "runs": row.runs }),
                )
            };
            terminal.object(&json!({ "model": model.name, "approximate": measured(&reports[1]), "f32": reports[0].error(), "f64": reports[1].error(), "layers": layers, "factors": factors, "verified": !broken.contains(&true) }))?;
        } else {
            let width = func.outputs.iter().map(|n| n.chars().count()).max().unwrap_or(0);
            terminal.line(format!("{:width$}  largest relative error    f32        f64", ""))?;
            for (k, n) in func.outputs.iter().enumerate() {
                terminal.line(format!(
                    "{n:width$}  {:22}  {:.1e}    {:.1e}",
                    "",
                    worst(&reports[0], k),
                    worst(&reports[1], k)
                ))?;
            }
            for (row, single) in reports[1].rows.iter().zip(&reports[0].rows) {
                let (s, d) = (single.largest(), row.largest());
                terminal.line(format!("{}: f32 {s:.1e}, f64 {d:.1e} in {} runs", row.factor, row.runs))?;
            }
            if let Some(row) = &reports[1].approximate {
                terminal.line(format!(
                    "{}: approximately, root mean square {:.1e} in {} runs ({})",
                    row.factor,
                    row.largest(),
                    row.runs,
                    row.worst
                ))?;
            }
            for (factor, why) in &reports[1].not_claimed {
                terminal.line(format!("{factor}: not claimed ({why})"))?;
            }
        }
        if broken.contains(&true) {
            let at = &reports[1]
                .rows
                .iter()
                .max_by(|a: &&VerifyRow, b| a.largest().total_cmp(&b.largest()));
            let element = at.map_or(String::new(), |r| format!(" ({}, {})", r.factor, r.worst));
            return Err(Failure::error(format!(
                "`{}` is not equivariant: the error is more than rounding{element}",
                model.name
            )));
        }
        Ok(())
    }
}

/// Adds the constants of `break` to a batch, as inputs after the `own` ones of the model: one for every sample.
fn write_down(breaks: &[Break], own: usize, batch: &mut Batch) {
    for (k, b) in breaks.iter().enumerate() {
        let value: Vec<f64> = b.value.iter().map(|x| x.f).collect();
        batch.inputs.insert(own + k, value.repeat(batch.door.samples));
    }
}

/// Adds what was measured with the constants of `break` as inputs: factors of which less was measured without.
fn join(report: &mut VerifyReport, jointly: VerifyReport) {
    let known: Vec<String> = report.rows.iter().map(|r| r.factor.clone()).collect();
    for row in jointly.rows.into_iter().filter(|r| !known.contains(&r.factor)) {
        let factor = format!("{}, jointly with `break`", row.factor);
        report.rows.push(VerifyRow { factor, ..row });
    }
}

/// The model with the named values of its layers as outputs before its own.
fn with_layers(model: &Model) -> Model {
    let mut out = model.clone();
    let own = std::mem::take(&mut out.outputs);
    for (name, id) in &model.names {
        let node = model.node(*id);
        let plain = node.deps.is_empty()
            && !matches!(node.ty.elem, Elem::Index(_))
            && node.ty.sets.iter().all(gdl_core::types::Set::is_dynamic);
        let path = &model.paths[node.path as usize];
        let full = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let taken = |n: &str| out.outputs.iter().chain(&own).any(|(m, _)| m == n);
        if !plain || taken(&full) {
            continue;
        }
        let alone = vec![(full.clone(), *id)];
        if lower::lower(model, &alone, lower::Mode::Run).is_ok_and(|l| {
            l.func
                .body
                .results
                .iter()
                .all(|v| l.func.body.get(*v).is_some_and(|n| n.shape.dim.is_some()))
        }) {
            out.outputs.push((full, *id));
        }
    }
    out.outputs.extend(own);
    out
}
