//! Training where the weights stay: the program of a step updates them too, and only scores come back.
//!
//! Such a program takes what the step takes and one more input, [`NUMBERS`]: the numbers of the optimiser's rule at a step. Its parameters are those
//! of the step and the optimiser's memories ([`memory`]). It gives the scores, the norm of all gradients ([`NORM`]), and the next value of
//! everything that changes ([`next`]). Where the loss, the norm or a statistic is not finite, the next values are the present ones.

use super::eval::{Ready, number, place, places};
use super::plan::Plan;
use crate::error::{Error, Kind, Result};
use crate::optim::Optimizer;
use crate::params::{Params, of_precision};
use gdl_runtime::{Array, Bound, Program, bind};
use std::borrow::Cow;

/// The input that holds the numbers of the optimiser's rule at a step.
pub const NUMBERS: &str = "optimizer.numbers";
/// The output that holds the norm of all gradients.
pub const NORM: &str = "optimizer.norm";

/// The parameter that holds what an optimiser remembers of a parameter, its `k`-th array.
pub fn memory(parameter: &str, k: usize) -> String {
    format!("optimizer.{k}.{parameter}")
}

/// The output that holds the next value of a parameter.
pub fn next(parameter: &str) -> String {
    format!("next.{parameter}")
}

/// Weights and what an optimiser remembers of them, where a program runs.
pub(super) struct Resident<'a> {
    program: &'a dyn Program,
    bound: Box<dyn Bound + 'a>,
    /// Outputs and the parameters that they become.
    next: Vec<(usize, usize)>,
    /// The loss and the metrics among the outputs, and the norm.
    scores: Vec<usize>,
    norm: usize,
    /// The place of the numbers among the inputs.
    numbers: usize,
}

impl<'a> Resident<'a> {
    /// Puts everything where the program runs. `trained` are the parameters that the optimiser has, in its order.
    pub(super) fn new(
        program: &'a dyn Program,
        plan: &Plan,
        params: &Params,
        optim: &Optimizer,
        trained: &[usize],
    ) -> Result<Resident<'a>> {
        let signature = program.signature();
        let names: Vec<&str> = params.names().collect();
        let (_, memories) = optim.state();
        let array = |name: &String| {
            let own = params.position(name).map(|k| &params.arrays()[k]);
            let remembered = || {
                let of = trained.iter().zip(memories);
                let mut all = of.flat_map(|(&p, arrays)| arrays.iter().enumerate().map(move |(k, a)| (p, k, a)));
                all.find(|(p, k, _)| memory(names[*p], *k) == *name).map(|(.., a)| a)
            };
            own.or_else(remembered)
                .ok_or_else(|| Error::config("the training has no such parameter").in_array(name))
        };
        let start = signature.params.iter().map(|d| array(&d.name).cloned().map(Cow::Owned));
        let becomes = |(k, d): (usize, &gdl_abi::ArrayDecl)| {
            let from = signature.outputs.iter().position(|o| o.name == next(&d.name))?;
            Some((from, k))
        };
        let numbers = signature.inputs.iter().position(|d| d.name == NUMBERS);
        Ok(Resident {
            next: signature.params.iter().enumerate().filter_map(becomes).collect(),
            scores: places(program, &plan.names())?,
            norm: place(program, NORM)?,
            numbers: numbers.ok_or_else(|| Error::config("the program takes no numbers of an optimiser"))?,
            bound: bind(program, start.collect::<Result<_>>()?).map_err(failed)?,
            program,
        })
    }

    /// One step; the loss and the metrics. None if something is not finite: nothing has changed then.
    pub(super) fn step(&mut self, ready: &Ready, numbers: Vec<f64>) -> Result<Option<Vec<f64>>> {
        let numbers = of_precision(numbers.into_iter(), self.program.is_f64());
        let mut inputs: Vec<&Array> = ready.inputs.iter().collect();
        inputs.insert(self.numbers.min(inputs.len()), &numbers);
        let mut outputs = Vec::new();
        let bound = &mut self.bound;
        bound
            .advance(&ready.instance, &inputs, &mut outputs, &self.next)
            .map_err(failed)?;
        let scores = self.scores.iter().map(|&k| number(&outputs, k, self.program));
        let scores = scores.collect::<Result<Vec<_>>>()?;
        let norm = number(&outputs, self.norm, self.program)?;
        Ok((scores[0].is_finite() && norm.is_finite()).then_some(scores))
    }

    /// Brings weights and the optimiser's memories up to date.
    pub(super) fn fetch(&mut self, params: &mut Params, optim: &mut Optimizer, trained: &[usize]) -> Result<()> {
        let arrays = self.bound.params().map_err(failed)?;
        let signature = self.program.signature();
        let find = |name: &str| {
            signature
                .params
                .iter()
                .position(|d| d.name == name)
                .map(|k| arrays[k].clone())
        };
        let (steps, memories) = optim.state();
        let mut memories = memories.to_vec();
        let names: Vec<String> = params.names().map(String::from).collect();
        for (&p, own) in trained.iter().zip(&mut memories) {
            for (k, slot) in own.iter_mut().enumerate() {
                if let Some(array) = find(&memory(&names[p], k)) {
                    *slot = array;
                }
            }
        }
        optim.restore(steps, memories)?;
        for (name, slot) in names.iter().zip(params.arrays_mut()) {
            if let Some(array) = find(name) {
                *slot = array;
            }
        }
        Ok(())
    }
}

fn failed(e: gdl_runtime::RunError) -> Error {
    Error::new(Kind::Run, e.0)
}
