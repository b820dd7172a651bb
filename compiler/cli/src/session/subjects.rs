//! The programs of a file with data to run them on: its model on a batch of the training data, forwards and with gradients.

use super::Session;
use super::programs::Training;
use crate::{Failure, Terminal};
use gdl_abi::{ArrayDecl, DoorSizes, Dtype, Instance, Signature};
use gdl_core::certify::numeric::random_batches;
use gdl_core::ir::{Func, grad};
use gdl_core::lower::{self, ParamInfo};
use gdl_core::typed::Model;
use gdl_host::data;
use gdl_host::files;
use gdl_host::rng::Rng;
use gdl_host::train::BatchSize;
use gdl_runtime::Array;
use std::path::Path;

/// A function with a batch.
pub struct Subject {
    /// `forward` or `gradient`.
    pub part: &'static str,
    /// What runs.
    pub func: Func,
    /// The batch.
    pub door: DoorSizes,
    /// Its arrays.
    pub inputs: Vec<Array>,
}

/// The model and its gradient: the training step on the first batch of the training data if the model is trained, otherwise the reverse
/// derivative on random data. Also the parameters of both. A batch has `most` samples at most.
///
/// # Errors
/// What is wrong with the training or its data.
pub fn subjects(
    session: &Session,
    model: &Model,
    file: &Path,
    double: bool,
    most: usize,
    terminal: &mut Terminal<'_>,
) -> Result<(Vec<Subject>, Vec<ParamInfo>), Failure> {
    if session.is_trained(&model.name) {
        trained(session, model, file, double, most, terminal)
    } else {
        untrained(session, model, double, terminal)
    }
}

/// The model and its reverse derivative on all samples of a data file. Also their parameters.
///
/// # Errors
/// What is wrong with the data.
pub fn on_data(
    session: &Session,
    model: &Model,
    path: &Path,
    double: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(Vec<Subject>, Vec<ParamInfo>), Failure> {
    let lowered = session.ok(lower::lower_model(model), terminal)?;
    let gradient = grad::vjp(&lowered.func).map_err(Failure::error)?;
    let signature = Signature {
        domains: lowered.func.domains.clone(),
        inputs: lowered.func.inputs.clone(),
        ..Signature::default()
    };
    let spec = session.ok(
        session.data_spec(session.data_of(&model.name), model, &signature),
        terminal,
    )?;
    let fold = data::pick(&files::load(path)?, &spec, None)?;
    let (door, inputs) = fold.data.batch(&fold.ids, &signature, double)?;
    let mut subjects = Vec::new();
    for (part, func) in [("forward", lowered.func), ("gradient", gradient)] {
        // What the derivative is taken along is random.
        let mut all = random_inputs(&func, &door, double)?;
        all.iter_mut().zip(&inputs).for_each(|(slot, x)| *slot = x.clone());
        subjects.push(Subject {
            part,
            func,
            door: door.clone(),
            inputs: all,
        });
    }
    Ok((subjects, lowered.params))
}

/// The model, and the training step, on the first batch for training.
fn trained(
    session: &Session,
    model: &Model,
    file: &Path,
    double: bool,
    most: usize,
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
    let mut ids: Vec<usize> = ids;
    ids.truncate(most);
    let mut subjects = Vec::new();
    let drawn: Vec<usize> = training.plan.draws.iter().map(|d| d.0).collect();
    for (part, func, drawn) in [
        ("forward", forward, Vec::new()),
        ("gradient", training.step.clone(), drawn),
    ] {
        let mut signature = training.inputs();
        signature.domains = func.domains.clone();
        signature.inputs = func.inputs.clone();
        let random: Vec<_> = drawn.iter().map(|&k| signature.inputs[k].clone()).collect();
        signature.inputs.retain(|d| !random.contains(d));
        let (door, mut inputs) = folds.train.data.batch(&ids, &signature, double)?;
        // What is drawn at random: everything is kept.
        let instance = Instance::new(&func.domains, &door).map_err(Failure::error)?;
        for (&k, decl) in drawn.iter().zip(&random) {
            let len = decl.dim.map_or(1, |d| instance.rows[d.0 as usize]) * decl.row_len();
            inputs.insert(k, reals(vec![1.0; len], double));
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
    double: bool,
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
        let mut inputs = random_inputs(&func, &batch.door, double)?;
        for ((slot, values), decl) in inputs.iter_mut().zip(&batch.inputs).zip(&func.inputs) {
            *slot = match decl.dtype {
                Dtype::Class(_) => Array::Class(values.iter().map(|v| *v as u32).collect()),
                Dtype::Real => reals(values.clone(), double),
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

/// Random arrays for the inputs of a function.
///
/// # Errors
/// A batch that is not one of the function's.
pub fn random_inputs(func: &Func, door: &DoorSizes, double: bool) -> Result<Vec<Array>, Failure> {
    let batch = Instance::new(&func.domains, door).map_err(Failure::error)?;
    let array = |decl: &ArrayDecl| {
        let mut rng = Rng::named(0, &decl.name);
        let len = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]) * decl.row_len();
        match decl.dtype {
            Dtype::Class(n) => Array::Class(
                (0..len)
                    .map(|_| ((rng.uniform() * f64::from(n)) as u32).min(n - 1))
                    .collect(),
            ),
            Dtype::Real => reals((0..len).map(|_| 2.0 * rng.uniform() - 1.0).collect(), double),
        }
    };
    Ok(func.inputs.iter().map(array).collect())
}

/// Numbers in a precision.
fn reals(values: Vec<f64>, double: bool) -> Array {
    if double {
        Array::F64(values)
    } else {
        Array::F32(values.into_iter().map(|x| x as f32).collect())
    }
}
