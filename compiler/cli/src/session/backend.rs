//! Who runs a program: compiled code, or the interpreter.

use crate::Failure;
use clap::ValueEnum;
use gdl_abi::{ArrayDecl, Dtype, Instance, Signature};
use gdl_codegen::{Options, compile};
use gdl_core::ir::interp::{self, Real64};
use gdl_core::ir::{Func, opt};
use gdl_runtime::{Array, Program, RunError};

/// Who runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// Machine code made by Cranelift.
    Cranelift,
    /// The interpreter: slow, in double precision; the reference.
    Interp,
}

/// The precision of reals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

/// How programs are run.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    /// By whom.
    pub backend: Backend,
    /// In double precision.
    pub double: bool,
    /// With so many threads; none: as many as the machine has.
    pub threads: Option<usize>,
}

impl Engine {
    /// Makes a program ready to run.
    ///
    /// # Errors
    /// If the code generator cannot do it.
    pub fn load(&self, func: &Func) -> Result<Box<dyn Program>, Failure> {
        if self.backend == Backend::Interp {
            return Ok(Box::new(Interpreted {
                signature: signature(func),
                func: func.clone(),
            }));
        }
        let mut options = Options {
            double: self.double,
            ..Options::default()
        };
        if let Some(threads) = self.threads {
            options.threads = threads.max(1);
        }
        let func =
            opt::optimised(func).map_err(|e| Failure::error(format!("`{}` cannot be optimised: {e}", func.name)))?;
        match compile(&func, &options) {
            Ok(compiled) => Ok(Box::new(compiled)),
            Err(e) => Err(Failure::error(format!("`{}` cannot be compiled: {e}", func.name))),
        }
    }
}

/// A program run by the interpreter.
struct Interpreted {
    func: Func,
    signature: Signature,
}

impl Program for Interpreted {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn is_f64(&self) -> bool {
        true
    }

    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError> {
        let input = |(decl, array): (&ArrayDecl, &&Array)| match (decl.dtype, array) {
            (Dtype::Class(n), Array::Class(labels)) => interp::one_hot(&Real64, labels, n),
            _ => Ok(array.to_f64()),
        };
        let inputs = self
            .signature
            .inputs
            .iter()
            .zip(inputs)
            .map(input)
            .collect::<Result<Vec<_>, _>>()
            .map_err(RunError)?;
        let params: Vec<Vec<f64>> = params.iter().map(|p| p.to_f64()).collect();
        let results = interp::run(&Real64, &self.func, batch, &inputs, &params).map_err(RunError)?;
        *outputs = results.into_iter().map(Array::F64).collect();
        Ok(())
    }
}

fn signature(func: &Func) -> Signature {
    let output = |(name, v): (&String, &gdl_core::ir::Value)| {
        let shape = func
            .body
            .nodes
            .get(v.0 as usize)
            .map(|n| n.shape.clone())
            .unwrap_or_default();
        ArrayDecl {
            name: name.clone(),
            dim: shape.dim,
            axes: shape.axes,
            dtype: Dtype::Real,
        }
    };
    Signature {
        domains: func.domains.clone(),
        inputs: func.inputs.clone(),
        params: func.params.clone(),
        outputs: func.outputs.iter().zip(&func.body.results).map(output).collect(),
    }
}
