//! Who runs a program: compiled code, a GPU, or the interpreter.

use crate::Failure;
use clap::ValueEnum;
use gdl_abi::{ArrayDecl, Dtype, Signature};
use gdl_codegen::{Compiled, Options, compile, plan_and_shaders};
use gdl_core::ir::interp::{self, Real64};
use gdl_core::ir::{Func, opt};
use gdl_gpu::{Gpu, GpuProgram};
use gdl_runtime::{Array, FromFn, Program, RunError, from_fn};

/// Who runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// Machine code made by Cranelift.
    Cranelift,
    /// Shaders on a GPU, in single precision.
    Wgsl,
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
    /// The number of threads that a call may use: the interpreter has one, and so has who drives a GPU.
    pub fn threads(&self) -> usize {
        match self.backend {
            Backend::Cranelift => self.threads.unwrap_or_else(|| Options::default().threads).max(1),
            Backend::Wgsl | Backend::Interp => 1,
        }
    }

    /// Makes a program ready to run.
    ///
    /// # Errors
    /// If the code generator cannot do it.
    pub fn load(&self, func: &Func) -> Result<Box<dyn Program>, Failure> {
        match self.backend {
            Backend::Cranelift => Ok(Box::new(self.compile(func)?)),
            Backend::Wgsl => self.on_gpu(func),
            Backend::Interp => Ok(Box::new(interpreted(func.clone()))),
        }
    }

    fn on_gpu(&self, func: &Func) -> Result<Box<dyn Program>, Failure> {
        if self.double {
            return Err(Failure::usage("shaders compute in single precision only")
                .help("Use `--dtype f32`, or `--backend cranelift` for f64."));
        }
        let func = optimised(func)?;
        let (plan, shaders) = plan_and_shaders(&func, &|_| None)
            .map_err(|e| Failure::error(format!("`{}` cannot be compiled: {e}", func.name)))?;
        let gpu = Gpu::open(None).map_err(|e| Failure::error(e.to_string()))?;
        let program = GpuProgram::new(gpu, plan, shaders).map_err(|e| Failure::error(e.to_string()))?;
        Ok(Box::new(program))
    }

    /// Makes machine code, whatever the backend.
    ///
    /// # Errors
    /// If the code generator cannot do it.
    pub fn compile(&self, func: &Func) -> Result<Compiled, Failure> {
        let options = Options {
            double: self.double,
            threads: self.threads(),
            texts: false,
        };
        let func = optimised(func)?;
        compile(&func, &options).map_err(|e| Failure::error(format!("`{}` cannot be compiled: {e}", func.name)))
    }
}

fn optimised(func: &Func) -> Result<Func, Failure> {
    opt::optimised(func).map_err(|e| Failure::error(format!("`{}` cannot be optimised: {e}", func.name)))
}

/// A program run by the interpreter, in double precision.
fn interpreted(func: Func) -> FromFn<'static> {
    from_fn(signature(&func), true, move |batch, inputs, params| {
        let input = |(decl, array): (&ArrayDecl, &&Array)| match (decl.dtype, array) {
            (Dtype::Class(n), Array::Class(labels)) => interp::one_hot(&Real64, labels, n),
            _ => Ok(array.to_f64()),
        };
        let inputs = func.inputs.iter().zip(inputs).map(input);
        let inputs = inputs.collect::<Result<Vec<_>, _>>().map_err(RunError)?;
        let params: Vec<Vec<f64>> = params.iter().map(|p| p.to_f64()).collect();
        let results = interp::run(&Real64, &func, batch, &inputs, &params).map_err(RunError)?;
        Ok(results.into_iter().map(Array::F64).collect())
    })
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
