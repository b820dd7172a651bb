//! Who runs a program: compiled code, a GPU, or the interpreter.

use crate::Failure;
use clap::{Args, ValueEnum};
use gdl_abi::plan::Plan;
use gdl_abi::shader::Shaders;
use gdl_abi::{ArrayDecl, Dtype, Instance, Signature};
use gdl_codegen::loop_ir::Program as Loops;
use gdl_codegen::{Compiled, Options, Shaded, StepTime, compile, shaded, step_times};
use gdl_core::ir::interp::{self, Real64};
use gdl_core::ir::{Func, opt};
use gdl_gpu::{Gpu, GpuError, GpuProgram};
use gdl_runtime::{Array, FromFn, Program, RunError, from_fn};
use std::sync::{Arc, OnceLock};

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

/// Who runs programs, as the command line says.
#[derive(Debug, Args)]
pub struct Runs {
    /// Who runs it.
    #[arg(long, value_enum, default_value = "cranelift")]
    backend: Backend,
    /// The GPU for `--backend wgsl`, by its number or a part of its name (`gdl devices`) [default: the fastest kind].
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

impl Runs {
    /// The options, as a command line has them.
    pub fn words(&self) -> Vec<String> {
        let value = self.backend.to_possible_value();
        let backend = value.filter(|_| self.backend != Backend::Cranelift);
        let backend = backend.map(|v| ["--backend".to_string(), v.get_name().to_string()]);
        let device = self.device.clone().map(|d| ["--device".to_string(), d]);
        backend.into_iter().chain(device).flatten().collect()
    }

    /// How programs are run.
    ///
    /// # Errors
    /// A device for a backend that has none.
    pub fn engine(&self, double: bool, threads: Option<usize>) -> Result<Engine, Failure> {
        if self.device.is_some() && self.backend != Backend::Wgsl {
            return Err(Failure::usage("`--device` is for `--backend wgsl`").help("Add it, or leave `--device` out."));
        }
        Ok(Engine {
            backend: self.backend,
            device: self.device.clone(),
            ..Engine::cranelift(double, threads)
        })
    }
}

/// How programs are run.
pub struct Engine {
    /// In double precision.
    pub double: bool,
    backend: Backend,
    device: Option<String>,
    /// As many as the machine has, if nothing is said.
    threads: Option<usize>,
    /// One device for all programs.
    gpu: OnceLock<Arc<Gpu>>,
}

impl Engine {
    /// By machine code, with so many threads; none: as many as the machine has.
    pub fn cranelift(double: bool, threads: Option<usize>) -> Engine {
        Engine {
            double,
            backend: Backend::Cranelift,
            device: None,
            threads,
            gpu: OnceLock::new(),
        }
    }

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
            Backend::Wgsl => Ok(Box::new(self.on_gpu(func, GpuProgram::new)?.0)),
            Backend::Interp => Ok(Box::new(interpreted(func.clone()))),
        }
    }

    /// Makes a program whose steps can be timed.
    ///
    /// # Errors
    /// If the code generator cannot do it, or the backend does not say what a step takes.
    pub fn timed(&self, func: &Func) -> Result<Timed, Failure> {
        match self.backend {
            Backend::Cranelift => Ok(Timed::Code(Box::new(self.compile(func)?))),
            Backend::Wgsl => {
                let (program, loops) = self.on_gpu(func, GpuProgram::new)?;
                Ok(Timed::Device(Box::new(program), Box::new(loops)))
            }
            Backend::Interp => Err(
                Failure::usage("the interpreter is the reference, not a measure of speed")
                    .help("Use `--backend cranelift` or `--backend wgsl`."),
            ),
        }
    }

    /// The GPU that programs run on, if it is one.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn gpu(&self) -> Result<Option<Arc<Gpu>>, Failure> {
        if self.backend != Backend::Wgsl {
            return Ok(None);
        }
        if let Some(gpu) = self.gpu.get() {
            return Ok(Some(gpu.clone()));
        }
        let opened = Gpu::open(self.device.as_deref()).map_err(|e| Failure::error(e.to_string()))?;
        Ok(Some(self.gpu.get_or_init(|| opened).clone()))
    }

    /// As [`Engine::load`], for a program that may never be called.
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn load_deferred(&self, func: &Func) -> Result<Box<dyn Program>, Failure> {
        match self.backend {
            Backend::Wgsl => Ok(Box::new(self.on_gpu(func, GpuProgram::deferred)?.0)),
            _ => self.load(func),
        }
    }

    /// Whether parameters can stay where programs run, which is not here.
    pub fn keeps_parameters(&self) -> bool {
        self.backend == Backend::Wgsl
    }

    fn on_gpu(&self, func: &Func, make: Make) -> Result<(GpuProgram, Loops), Failure> {
        if self.double {
            return Err(Failure::usage("shaders compute in single precision only")
                .help("Use `--dtype f32`, or `--backend cranelift` for f64."));
        }
        let func = optimised(func)?;
        let Shaded { loops, plan, shaders } =
            shaded(&func, &|_| None).map_err(|e| Failure::error(format!("`{}` cannot be compiled: {e}", func.name)))?;
        let gpu = self.gpu()?.ok_or_else(|| Failure::error("the backend has no device"))?;
        let program = make(gpu, plan, shaders).map_err(|e| Failure::error(e.to_string()))?;
        Ok((program, loops))
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

/// How a program is made of a plan and its shaders.
type Make = fn(Arc<Gpu>, Plan, Shaders) -> Result<GpuProgram, GpuError>;

/// A program that says what its steps take.
pub enum Timed {
    /// Machine code.
    Code(Box<Compiled>),
    /// Shaders, and the loops that they were made of.
    Device(Box<GpuProgram>, Box<Loops>),
}

impl Timed {
    /// The program.
    pub fn program(&self) -> &dyn Program {
        match self {
            Timed::Code(program) => program.as_ref(),
            Timed::Device(program, _) => program.as_ref(),
        }
    }

    /// Runs once and says what every kernel and matrix product took and did; on a device by its own clock.
    ///
    /// # Errors
    /// As [`Program::run`], or if a device has no clock.
    pub fn profile(&self, batch: &Instance, inputs: &[&Array], params: &[&Array]) -> Result<Vec<StepTime>, RunError> {
        match self {
            Timed::Code(program) => program.profile(batch, inputs, params),
            Timed::Device(program, loops) => {
                let times = program.profile(batch, inputs, params)?;
                Ok(step_times(loops, program.plan(), batch, &times))
            }
        }
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
