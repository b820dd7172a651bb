//! Statements against literal data: compiled and run.
//!
//! [`Compiled::new`] takes what [`gdl_core::check::elaborate`] made of statements, [`Compiled::outputs`] the numbers it computes.

use super::backend::Engine;
use super::domain::{self, Domain};
use super::programs;
use crate::Failure;
use gdl_abi::{ArrayDecl, DoorSizes, Dtype, Instance};
use gdl_core::diag::Diagnostic;
use gdl_core::lower::{self, Lowered, Mode};
use gdl_core::scene::{Draw, Given, Run};
use gdl_host::params::Params;
use gdl_host::rng::Rng;
use gdl_runtime::{Array, Program};

/// Statements as a compiled program with its data.
pub struct Compiled<'r> {
    run: &'r Run,
    lowered: Lowered,
    program: Box<dyn Program>,
    instance: Instance,
    domains: Vec<(String, Domain)>,
}

impl<'r> Compiled<'r> {
    /// Lowers and compiles statements.
    ///
    /// # Errors
    /// The diagnostic of what has no lowering; or why it cannot be compiled, or why a domain has no edges or frames.
    pub fn new(run: &'r Run, engine: &Engine) -> Result<Compiled<'r>, Trouble> {
        let lowered = lower::lower(&run.model, &run.model.outputs, Mode::Run)?;
        let program = engine.load(&lowered.func)?;
        let mut door = DoorSizes {
            samples: 1,
            ..DoorSizes::default()
        };
        let mut domains = Vec::new();
        for place in &run.places {
            let Some(elements) = &place.elements else { continue };
            let domain = Domain::written(elements, &place.domain.kind).map_err(Failure::error)?;
            domain.enter(&place.domain.name, &mut door);
            domains.push((place.domain.name.clone(), domain));
        }
        let instance = Instance::new(&lowered.func.domains, &door).map_err(Failure::error)?;
        Ok(Compiled {
            run,
            lowered,
            program,
            instance,
            domains,
        })
    }

    /// Whether anything is drawn, so that another seed gives another result for the same weights.
    pub fn is_random(&self) -> bool {
        self.run.inputs.iter().any(|g| matches!(g, Given::Drawn(_)))
    }

    /// The outputs in order; `seed` is that of weights and draws.
    ///
    /// # Errors
    /// If the program refuses its arguments.
    pub fn outputs(&self, seed: u64) -> Result<Vec<Vec<f64>>, Failure> {
        let signature = self.program.signature();
        let double = self.program.is_f64();
        let params = Params::init(signature, &programs::specs(&self.lowered.params), seed, double)?;
        let inputs = signature
            .inputs
            .iter()
            .enumerate()
            .map(|(k, decl)| self.input(k, decl, seed, double))
            .collect::<Result<Vec<Array>, Failure>>()?;
        let inputs: Vec<&Array> = inputs.iter().collect();
        let mut outputs = Vec::new();
        self.program
            .run(&self.instance, &inputs, &params.of(signature)?, &mut outputs)
            .map_err(|e| Failure::error(e.to_string()))?;
        Ok(outputs.iter().map(Array::to_f64).collect())
    }

    fn input(&self, k: usize, decl: &ArrayDecl, seed: u64, double: bool) -> Result<Array, Failure> {
        let rows = decl.dim.map_or(1, |d| self.instance.rows[d.0 as usize]);
        let len = rows * decl.row_len();
        let numbers = |list: Vec<f64>| match double {
            true => Array::F64(list),
            false => Array::F32(list.into_iter().map(|x| x as f32).collect()),
        };
        match (self.run.inputs.get(k), decl.dtype) {
            (Some(Given::Numbers(list)), _) => Ok(numbers(list.clone())),
            (Some(Given::Labels(list)), _) => Ok(Array::Class(list.clone())),
            (Some(Given::Drawn(draw)), Dtype::Class(_)) => Ok(labels(draw, rows, &decl.name, seed)),
            (Some(Given::Drawn(draw)), Dtype::Real) => Ok(numbers(drawn(draw, len, &decl.name, seed))),
            (None, _) => match domain::field(&self.domains, &decl.name) {
                Some(list) => Ok(numbers(list)),
                None => Err(Failure::error(format!("nothing supplies `{}`", decl.name))),
            },
        }
    }
}

/// Why statements did not run.
pub enum Trouble {
    /// A part of the program.
    Program(Box<Diagnostic>),
    /// Anything else.
    Other(Failure),
}

impl From<Box<Diagnostic>> for Trouble {
    fn from(d: Box<Diagnostic>) -> Trouble {
        Trouble::Program(d)
    }
}

impl From<Failure> for Trouble {
    fn from(f: Failure) -> Trouble {
        Trouble::Other(f)
    }
}

fn drawn(draw: &Draw, len: usize, name: &str, seed: u64) -> Vec<f64> {
    let mut rng = Rng::named(seed, name);
    let mut one = || match draw {
        Draw::Normal(sd) => sd * rng.normal(),
        Draw::Uniform(a) => a * (2.0 * rng.uniform() - 1.0),
        Draw::Bernoulli(p) => f64::from(u8::from(rng.uniform() < *p)),
        Draw::Labels(n) => rng.below(u64::from(*n)) as f64,
    };
    (0..len).map(|_| one()).collect()
}

fn labels(draw: &Draw, rows: usize, name: &str, seed: u64) -> Array {
    Array::Class(drawn(draw, rows, name, seed).iter().map(|&x| x as u32).collect())
}
