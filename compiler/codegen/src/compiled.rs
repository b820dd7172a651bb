//! Programs compiled for this machine, in memory.

use crate::cranelift::jit::{self, Code};
use crate::cranelift::{self, KernelCode, Target};
use crate::loop_ir::{Program as Loops, Step, Work};
use crate::{CodegenError, Options, plan, schedule};
use gdl_abi::plan::Plan;
use gdl_abi::{ArrayDecl, Dtype, Instance, Signature};
use gdl_core::ir::Func;
use gdl_runtime::pool::Pool;
use gdl_runtime::{Array, Executor, Program, RunError};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What compiling took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Tensor IR to loop IR.
    pub schedule: Duration,
    /// Loop IR to machine code.
    pub code: Duration,
    /// Bytes of machine code.
    pub bytes: usize,
    /// Kernels.
    pub kernels: usize,
}

/// What a step took and did.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTime {
    /// Its name, unique within the program.
    pub name: String,
    /// Wall time.
    pub seconds: f64,
    /// Arithmetic and memory traffic.
    pub work: Work,
}

/// What steps took and did, from the times of all their runs by name ([`Plan::step_name`]).
pub fn step_times(loops: &Loops, plan: &Plan, batch: &Instance, times: &[(String, f64)]) -> Vec<StepTime> {
    let step = |(step, work): (&Step, Work)| {
        let name = plan.step_name(step);
        let seconds = times.iter().filter(|(n, _)| *n == name).map(|(_, t)| t).sum();
        StepTime { name, seconds, work }
    };
    loops.work(batch).into_iter().map(step).collect()
}

/// A program compiled for this machine: any number of calls, from any number of threads, on batches of any size.
pub struct Compiled {
    // In front of the code that it calls, so that it is dropped first.
    executor: Executor,
    _code: Code,
    loops: Loops,
    kernels: Vec<KernelCode>,
    stats: Stats,
}

impl Compiled {
    pub(crate) fn new(func: &Func, options: &Options) -> Result<Compiled, CodegenError> {
        let start = Instant::now();
        let loops = schedule::schedule(func, schedule::Target::Cpu { double: options.double })?;
        let scheduled = Instant::now();
        let isa = cranelift::target_isa(Target::Host)?;
        let kernels = cranelift::compile(&loops, isa.as_ref(), options.texts)?;
        let code = jit::load(&kernels, isa)?;
        let stats = Stats {
            schedule: scheduled - start,
            code: scheduled.elapsed(),
            bytes: kernels.iter().map(|k| k.bytes.len()).sum(),
            kernels: loops.kernels.len(),
        };
        let plan = plan::plan(&loops, signature(func));
        let pool = Pool::shared(options.threads).map_err(CodegenError)?;
        // SAFETY: the functions are the compiled kernels of this very program, and `code` lives as long as the executor.
        let executor = unsafe { Executor::new(plan, code.functions().to_vec(), pool) };
        Ok(Compiled {
            executor,
            _code: code,
            loops,
            kernels,
            stats,
        })
    }

    /// Lets a flag end its calls, with an error, before their next step.
    pub fn stop_when(&mut self, flag: Arc<AtomicBool>) {
        self.executor.stop_when(flag);
    }

    /// The loop IR as text.
    pub fn loop_text(&self) -> String {
        self.loops.to_string()
    }

    /// Cranelift's IR as text, if the options asked for texts.
    pub fn clif_text(&self) -> String {
        let texts = self.kernels.iter().filter_map(|k| k.texts.as_ref());
        texts.map(|(clif, _)| clif.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Assembly as text, if the options asked for texts.
    pub fn asm_text(&self) -> String {
        let texts = self
            .kernels
            .iter()
            .enumerate()
            .filter_map(|(k, code)| Some((k, code.texts.as_ref()?)));
        texts
            .map(|(k, (_, asm))| format!("kernel{k}_{}:\n{asm}", self.loops.kernels[k].name))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Runs once and says what every kernel and matrix product took and did, in order; the runs of one in a loop are added up.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn profile(&self, batch: &Instance, inputs: &[&Array], params: &[&Array]) -> Result<Vec<StepTime>, RunError> {
        let times = self.executor.profile(batch, inputs, params)?;
        Ok(step_times(&self.loops, self.executor.plan(), batch, &times))
    }

    /// What compiling took.
    pub fn stats(&self) -> Stats {
        self.stats
    }
}

impl Program for Compiled {
    fn signature(&self) -> &Signature {
        self.executor.signature()
    }

    fn is_f64(&self) -> bool {
        self.executor.is_f64()
    }

    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError> {
        self.executor.run(batch, inputs, params, outputs)
    }
}

/// What a function takes and gives.
pub(crate) fn signature(func: &Func) -> Signature {
    let output = |(k, v): (usize, &gdl_core::ir::Value)| {
        let shape = &func.body.nodes[v.0 as usize].shape;
        ArrayDecl {
            name: func.outputs.get(k).cloned().unwrap_or_else(|| format!("result{k}")),
            dim: shape.dim,
            axes: shape.axes.clone(),
            dtype: Dtype::Real,
        }
    };
    Signature {
        domains: func.domains.clone(),
        inputs: func.inputs.clone(),
        params: func.params.clone(),
        outputs: func.body.results.iter().enumerate().map(output).collect(),
    }
}
