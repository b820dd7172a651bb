//! One step of a training: how parameters follow the outputs of the step program.

use super::eval::{number, place, places};
use super::plan::{Plan, Update};
use crate::error::{Error, Kind, Result};
use crate::optim::{OptimSpec, Optimizer, Time, mix};
use crate::params::Params;
use gdl_runtime::{Array, Program};

/// What the outputs of a step program do to the parameters.
pub struct Stepper {
    pub(super) optim: Optimizer,
    /// Indices of the trained parameters.
    pub(super) trained: Vec<usize>,
    plan: Plan,
    /// Outputs of the step program by their places: the loss and the metrics, gradients, statistics with their parameters.
    scores: Vec<usize>,
    gradients: Vec<usize>,
    pub(super) stats: Vec<(usize, usize)>,
}

impl Stepper {
    /// For a step program, its plan, and parameters as they are before the first step.
    ///
    /// # Errors
    /// If the plan names an output or a parameter that there is not, or the optimiser has a setting out of its range.
    pub fn new(program: &dyn Program, plan: &Plan, params: &Params, optim: OptimSpec) -> Result<Stepper> {
        let param = |name: &String| {
            params
                .position(name)
                .ok_or_else(|| Error::config("the model has no such parameter").in_array(name))
        };
        let trained = plan
            .gradients
            .iter()
            .map(|(p, _)| param(p))
            .collect::<Result<Vec<_>>>()?;
        let outputs: Vec<&String> = plan.gradients.iter().map(|(_, output)| output).collect();
        let stats = plan
            .stats
            .iter()
            .map(|s| Ok((param(&s.state)?, place(program, &s.output)?)))
            .collect::<Result<_>>()?;
        let arrays: Vec<&Array> = trained.iter().map(|&k| &params.arrays()[k]).collect();
        Ok(Stepper {
            optim: Optimizer::new(optim, &arrays)?,
            scores: places(program, &plan.names())?,
            gradients: places(program, &outputs)?,
            trained,
            stats,
            plan: plan.clone(),
        })
    }

    /// Steps so far, those before a checkpoint that was resumed among them.
    pub fn steps(&self) -> u64 {
        self.optim.state().0
    }

    /// Changes the parameters by what the step program gave for a batch; the loss and the metrics of the batch.
    ///
    /// # Errors
    /// [`Kind::NotFinite`] if the loss, a gradient or a statistic is not finite; no trained parameter has changed then.
    pub fn step(
        &mut self,
        program: &dyn Program,
        params: &mut Params,
        outputs: &[Array],
        time: Time,
    ) -> Result<Vec<f64>> {
        let scores = self
            .scores
            .iter()
            .map(|&k| number(outputs, k, program))
            .collect::<Result<Vec<_>>>()?;
        let loss = scores.first().copied().unwrap_or(f64::NAN);
        if !loss.is_finite() {
            let what = format!("the loss `{}` is {loss}", self.plan.loss);
            return Err(Error::new(Kind::NotFinite, what));
        }
        let gradients: Vec<&Array> = self.gradients.iter().filter_map(|&k| outputs.get(k)).collect();
        let mut all: Vec<Option<&mut Array>> = params.arrays_mut().iter_mut().map(Some).collect();
        let mut trained: Vec<&mut Array> = self.trained.iter().filter_map(|&k| all[k].take()).collect();
        match self.optim.step(&mut trained, &gradients, time) {
            Ok(_) => {}
            Err(e) if e.kind == Kind::NotFinite => {
                let bad = gradients
                    .iter()
                    .zip(&self.plan.gradients)
                    .find(|(g, _)| !g.to_f64().iter().all(|x| x.is_finite()));
                let what = format!(
                    "the gradient of `{}` is not finite",
                    bad.map_or("", |(_, (name, _))| name)
                );
                return Err(Error::new(Kind::NotFinite, what));
            }
            Err(e) => return Err(e),
        }
        for k in 0..self.plan.stats.len() {
            if let Update::Momentum(m) = self.plan.stats[k].update {
                self.follow(params, k, output(outputs, self.stats[k].1)?, 1.0 - m)?;
            }
        }
        Ok(scores)
    }

    /// Statistic k: state ← keep · state + (1 − keep) · value.
    pub(super) fn follow(&self, params: &mut Params, k: usize, value: &Array, keep: f64) -> Result<()> {
        let name = &self.plan.stats[k].state;
        if !value.to_f64().iter().all(|x| x.is_finite()) {
            return Err(Error::new(Kind::NotFinite, "a statistic of the data is NaN or infinite").in_array(name));
        }
        let state = &mut params.arrays_mut()[self.stats[k].0];
        if state.len() != value.len() {
            return Err(Error::new(Kind::Run, "a statistic has another length than its parameter").in_array(name));
        }
        mix(state, value, keep);
        Ok(())
    }
}

/// Output `k` of a program.
pub(super) fn output(outputs: &[Array], k: usize) -> Result<&Array> {
    outputs
        .get(k)
        .ok_or_else(|| Error::new(Kind::Run, "a program gave fewer outputs than its signature says"))
}
