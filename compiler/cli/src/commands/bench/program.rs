//! The programs of a file: its model on a batch of the training data, forwards and with gradients.

use super::measure::Case;
use super::suite;
use crate::session::backend::Engine;
use crate::session::programs::{self, Training};
use crate::session::{Session, words};
use crate::{Failure, Terminal};
use gdl_abi::DoorSizes;
use gdl_core::certify::numeric::random_batches;
use gdl_core::ir::{Func, grad};
use gdl_core::lower::{self, ParamInfo};
use gdl_core::typed::Model;
use gdl_host::data;
use gdl_host::params::Params;
use gdl_host::train::BatchSize;
use gdl_runtime::{Array, Program};
use std::path::Path;
use std::time::Instant;

/// A function to be timed, with its batch.
struct Subject {
    part: &'static str,
    func: Func,
    door: DoorSizes,
    inputs: Vec<Array>,
}

/// The cases of a file.
pub(super) fn cases(
    file: &Path,
    given: &[String],
    weights: Option<&Path>,
    engine: &Engine,
    terminal: &mut Terminal<'_>,
) -> Result<Vec<Case>, Failure> {
    let (name, settings) = words(given);
    let session = Session::open(file, settings, terminal)?;
    let model = session.model(name, terminal)?;
    let (subjects, params) = if session.is_trained(&model.name) {
        trained(&session, &model, file, engine, terminal)?
    } else {
        untrained(&session, &model, engine, terminal)?
    };
    let mut cases = Vec::new();
    for s in subjects {
        let start = Instant::now();
        let program = engine.compile(&s.func)?;
        let compile = start.elapsed();
        let mut all = Params::init(program.signature(), &programs::specs(&params), 0, engine.double)?;
        if let Some(path) = weights {
            session.load(path, &params, &mut all, terminal)?;
        }
        cases.push(Case {
            name: model.name.clone(),
            part: s.part,
            compile,
            door: s.door,
            inputs: s.inputs,
            params: all.arrays().to_vec(),
            program,
        });
    }
    Ok(cases)
}

/// The model, and the training step, on the first batch for training.
fn trained(
    session: &Session,
    model: &Model,
    file: &Path,
    engine: &Engine,
    terminal: &mut Terminal<'_>,
) -> Result<(Vec<Subject>, Vec<ParamInfo>), Failure> {
    let (train, block) = session.training(Some(&model.name), terminal)?;
    let config = session.ok(session.config(&train), terminal)?;
    let training = session.ok(Training::new(&train), terminal)?;
    let forward = session.ok(lower::lower_model(model), terminal)?.func;
    let spec = session.ok(
        session.data_spec(Some(block), &train.model, &training.inputs()),
        terminal,
    )?;
    let folds = data::load(file.with_file_name(&block.path), &spec)?;
    let ids = match &config.batch {
        BatchSize::Samples(n) => folds.train.ids.iter().copied().take(*n).collect(),
        BatchSize::Rows { dim, most } => rows(&folds.train, dim, *most),
    };
    let ids: Vec<usize> = ids;
    let mut subjects = Vec::new();
    let mut drawn: Vec<usize> = training.randoms.iter().map(|r| r.0).collect();
    drawn.sort_unstable();
    for (part, func, drawn) in [
        ("forward", forward, Vec::new()),
        ("gradient", training.step.clone(), drawn),
    ] {
        let mut signature = training.inputs();
        signature.domains = func.domains.clone();
        signature.inputs = func.inputs.clone();
        let random: Vec<_> = drawn.iter().map(|&k| signature.inputs[k].clone()).collect();
        signature.inputs.retain(|d| !random.contains(d));
        let (door, mut inputs) = folds.train.data.batch(&ids, &signature, engine.double)?;
        // What is drawn at random: everything is kept.
        let instance = gdl_abi::Instance::new(&func.domains, &door).map_err(Failure::error)?;
        for (&k, decl) in drawn.iter().zip(&random) {
            let len = decl.dim.map_or(1, |d| instance.rows[d.0 as usize]) * decl.row_len();
            inputs.insert(k, suite::reals(vec![1.0; len], engine.double));
        }
        subjects.push(Subject {
            part,
            func,
            door,
            inputs,
        });
    }
    Ok((subjects, training.params))
}

/// The first samples with so many rows of a dim.
fn rows(fold: &data::Fold, dim: &str, most: usize) -> Vec<usize> {
    let mut sum = 0;
    let fits = |id: &usize| {
        sum += fold.data.rows(dim, *id).unwrap_or(0);
        sum <= most
    };
    fold.ids.iter().copied().take_while(fits).collect()
}

/// The model and its reverse derivative on random data.
fn untrained(
    session: &Session,
    model: &Model,
    engine: &Engine,
    terminal: &mut Terminal<'_>,
) -> Result<(Vec<Subject>, Vec<ParamInfo>), Failure> {
    let lowered = session.ok(lower::lower_model(model), terminal)?;
    let batch = random_batches(model, &lowered.func, 1)
        .map_err(Failure::error)?
        .into_iter()
        .next()
        .ok_or_else(|| Failure::error("no sizes satisfy what the signature promises"))?;
    let gradient = grad::vjp(&lowered.func).map_err(Failure::error)?;
    let mut subjects = Vec::new();
    for (part, func) in [("forward", lowered.func), ("gradient", gradient)] {
        let mut inputs = suite::inputs(&func, &batch.door, engine.double)?;
        for ((slot, values), decl) in inputs.iter_mut().zip(&batch.inputs).zip(&func.inputs) {
            *slot = match decl.dtype {
                gdl_abi::Dtype::Class(_) => Array::Class(values.iter().map(|v| *v as u32).collect()),
                gdl_abi::Dtype::Real => suite::reals(values.clone(), engine.double),
            };
        }
        subjects.push(Subject {
            part,
            func,
            door: batch.door.clone(),
            inputs,
        });
    }
    Ok((subjects, lowered.params))
}
