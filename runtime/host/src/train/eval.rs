//! Losses and metrics over many samples.

use super::batches::BatchSize;
use crate::data::Fold;
use crate::error::{Error, Kind, Result};
use crate::files::list;
use crate::params::Params;
use crate::random::{Draw, Moment, with_draws, without_draws};
use gdl_abi::Instance;
use gdl_runtime::{Array, Program, RunError, bind};
use std::borrow::Cow;

/// A loss and metrics: means over samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// How many samples.
    pub samples: usize,
    /// By name; the loss first.
    pub values: Vec<(String, f64)>,
}

impl Scores {
    /// The loss.
    pub fn loss(&self) -> f64 {
        self.values.first().map_or(f64::NAN, |(_, x)| *x)
    }

    /// The loss or metric of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, x)| *x)
    }
}

/// Sums of scores, weighted by samples.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sums {
    pub(super) samples: usize,
    pub(super) sums: Vec<f64>,
}

impl Sums {
    pub(super) fn new(scores: usize) -> Sums {
        Sums {
            samples: 0,
            sums: vec![0.0; scores],
        }
    }

    pub(super) fn add(&mut self, samples: usize, values: &[f64]) {
        self.samples += samples;
        self.sums
            .iter_mut()
            .zip(values)
            .for_each(|(s, v)| *s += samples as f64 * v);
    }

    pub(super) fn scores(&self, names: &[String]) -> Scores {
        let mean = |s: &f64| s / self.samples as f64;
        Scores {
            samples: self.samples,
            values: names.iter().cloned().zip(self.sums.iter().map(mean)).collect(),
        }
    }
}

/// Runs a program over all samples of a fold, in order, and gives the means of the outputs `names`; the loss stands first.
///
/// # Errors
/// If the data or the parameters do not fit the program, it has no such outputs of one number, or it fails.
pub fn evaluate(
    program: &dyn Program,
    params: &Params,
    fold: &Fold,
    names: &[String],
    batch: &BatchSize,
) -> Result<Scores> {
    let places = places(program, names)?;
    let mut sums = Sums::new(names.len());
    let failed = |e: RunError| Error::new(Kind::Run, e.0);
    let arrays = params.of(program.signature())?.into_iter().map(Cow::Borrowed);
    let mut bound = bind(program, arrays.collect()).map_err(failed)?;
    let mut outputs = Vec::new();
    for range in batch.cut(fold, &fold.ids)? {
        let ids = &fold.ids[range];
        let ready = Ready::new(program, fold, ids)?;
        let inputs: Vec<&Array> = ready.inputs.iter().collect();
        bound.run(&ready.instance, &inputs, &mut outputs).map_err(failed)?;
        let values = places
            .iter()
            .map(|&k| number(&outputs, k, program))
            .collect::<Result<Vec<_>>>()?;
        sums.add(ids.len(), &values);
    }
    Ok(sums.scores(names))
}

/// A batch as a program takes it.
pub(super) struct Ready {
    pub(super) instance: Instance,
    pub(super) inputs: Vec<Array>,
}

impl Ready {
    pub(super) fn new(program: &dyn Program, fold: &Fold, ids: &[usize]) -> Result<Ready> {
        let (door, inputs) = fold.data.batch(ids, program.signature(), program.is_f64())?;
        let instance = Instance::new(&program.signature().domains, &door).map_err(Error::data)?;
        Ok(Ready { instance, inputs })
    }

    /// As [`Ready::new`], for a program some of whose inputs are drawn at random.
    pub(super) fn drawn(
        program: &dyn Program,
        draws: &[(usize, Draw)],
        (fold, ids): (&Fold, &[usize]),
        seed: u64,
        moment: Moment,
    ) -> Result<Ready> {
        let signature = without_draws(program.signature(), draws);
        let (door, given) = fold.data.batch(ids, &signature, program.is_f64())?;
        let instance = Instance::new(&signature.domains, &door).map_err(Error::data)?;
        let inputs = with_draws(program, draws, &instance, given, seed, moment);
        Ok(Ready { instance, inputs })
    }

    pub(super) fn run(&self, program: &dyn Program, params: &Params, outputs: &mut Vec<Array>) -> Result<()> {
        let inputs: Vec<&Array> = self.inputs.iter().collect();
        let params = params.of(program.signature())?;
        program
            .run(&self.instance, &inputs, &params, outputs)
            .map_err(|e| Error::new(Kind::Run, e.0))
    }
}

/// The places of outputs of these names.
pub(super) fn places<S: AsRef<str>>(program: &dyn Program, names: &[S]) -> Result<Vec<usize>> {
    names.iter().map(|n| place(program, n.as_ref())).collect()
}

/// The place of the output of this name.
pub(super) fn place(program: &dyn Program, name: &str) -> Result<usize> {
    let outputs = &program.signature().outputs;
    outputs.iter().position(|o| o.name == name).ok_or_else(|| {
        let known = list(outputs.iter().map(|o| o.name.as_str()));
        Error::config("the program has no output of this name")
            .in_array(name)
            .help(format!("it gives {known}"))
    })
}

/// Output `k`, which is one number.
pub(super) fn number(outputs: &[Array], k: usize, program: &dyn Program) -> Result<f64> {
    match outputs.get(k) {
        Some(Array::F32(v)) if v.len() == 1 => Ok(f64::from(v[0])),
        Some(Array::F64(v)) if v.len() == 1 => Ok(v[0]),
        _ => {
            let name = program.signature().outputs.get(k).map_or("", |o| &o.name);
            Err(Error::new(Kind::Run, "a loss or metric should be one number").in_array(name))
        }
    }
}
