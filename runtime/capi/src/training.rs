//! Training steps: the program of a `train` block, and what its optimiser remembers.

use crate::status::{Failure, Status};
use gdl_abi::Signature;
use gdl_host::data::{Argument, Arguments};
use gdl_host::library::Recipe;
use gdl_host::optim::Time;
use gdl_host::params::{Init, ParamSpec, Params};
use gdl_host::random::{Moment, with_draws, without_draws};
use gdl_host::train::Stepper;
use gdl_runtime::{Array, Executor, Program};
use std::sync::{Mutex, PoisonError};

/// How a model is trained.
pub struct Training {
    program: Executor,
    /// What a batch is read by: the program's signature without what is drawn at random.
    given: Signature,
    recipe: Recipe,
    listed: Vec<Argument>,
    /// None before the first step.
    stepper: Mutex<Option<Stepper>>,
}

impl Training {
    /// The step program of a model and its recipe.
    pub(crate) fn new(program: Executor, recipe: Recipe) -> Training {
        let given = without_draws(program.signature(), &recipe.plan.draws);
        Training {
            listed: recipe.arguments.list(&given),
            given,
            stepper: Mutex::new(None),
            program,
            recipe,
        }
    }

    /// The arrays of a batch, in order.
    pub fn arguments(&self) -> &[Argument] {
        &self.listed
    }

    /// The loss and the metrics, in order.
    pub fn scores(&self) -> Vec<String> {
        self.recipe.plan.names()
    }

    /// How the arrays of a batch are read.
    pub(crate) fn reads(&self) -> (&Signature, &Arguments) {
        (&self.given, &self.recipe.arguments)
    }

    /// Forgets the steps that were made.
    pub(crate) fn restart(&self) {
        *self.stepper.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// One step on a batch from `weights`, which belong to the parameters of `signature` in order: their values after it, and the loss and metrics of
    /// the batch. Steps are made one after the other.
    ///
    /// # Errors
    /// If the program does not run, or the loss or a gradient is not finite.
    pub(crate) fn step(
        &self,
        signature: &Signature,
        weights: &dyn Fn() -> Result<Vec<Array>, Failure>,
        batch: (&gdl_abi::Instance, &[Array]),
        time: Time,
    ) -> Result<(Vec<Array>, Vec<f64>), Failure> {
        let mut stepper = self.stepper.lock().unwrap_or_else(PoisonError::into_inner);
        let mut params = zeros(signature, self.program.is_f64())?;
        params.arrays_mut().clone_from_slice(&weights()?);
        let program = &self.program;
        let stepper = match &mut *stepper {
            Some(stepper) => stepper,
            first => first.insert(Stepper::new(
                program,
                &self.recipe.plan,
                &params,
                self.recipe.optim.clone(),
            )?),
        };
        let (instance, given) = batch;
        let (draws, moment) = (&self.recipe.plan.draws, Moment::Step(stepper.steps()));
        let inputs = with_draws(program, draws, instance, given.to_vec(), self.recipe.seed, moment);
        let inputs: Vec<&Array> = inputs.iter().collect();
        let mut outputs = Vec::new();
        program
            .run(instance, &inputs, &params.of(program.signature())?, &mut outputs)
            .map_err(|e| Failure::new(Status::Run, e.to_string()))?;
        let scores = stepper.step(program, &mut params, &outputs, time)?;
        Ok((params.arrays().to_vec(), scores))
    }
}

/// Parameters of a signature, all 0.
pub(crate) fn zeros(signature: &Signature, double: bool) -> Result<Params, Failure> {
    let zero = |p: &gdl_abi::ArrayDecl| ParamSpec::new(&p.name, Init::Constant(0.0));
    let specs: Vec<ParamSpec> = signature.params.iter().map(zero).collect();
    Ok(Params::init(signature, &specs, 0, double)?)
}
