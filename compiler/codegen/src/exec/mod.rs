//! Compiled programs and how they run.
//!
//! A call checks its arguments ([`door`]), takes a workspace, lays out temporary arrays ([`plan`]) and tables ([`tables`]) for the
//! batch, and carries out the steps ([`run`]).

mod door;
mod plan;
mod products;
mod run;
mod tables;

use crate::cranelift::{self, Code};
use crate::loop_ir::{Cost, Extent, Home, Program as Loops, Step};
use crate::{CodegenError, Options, schedule};
use gdl_abi::{ArrayDecl, Dtype, Instance, Signature};
use gdl_core::ir::Func;
use gdl_runtime::{Array, Program, RunError, pool::Pool};
use std::sync::{Arc, Mutex, PoisonError};
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

/// A program compiled for this machine: any number of calls, from any number of threads, on batches of any size.
pub struct Compiled {
    signature: Signature,
    loops: Loops,
    code: Code,
    costs: Vec<Cost>,
    constants: Vec<Option<Array>>,
    lives: Vec<plan::Life>,
    /// The extents of all matrix products.
    products: Vec<Vec<Extent>>,
    pool: Arc<Pool>,
    workspaces: Mutex<Vec<run::Workspace>>,
    stats: Stats,
}

impl Compiled {
    pub(crate) fn new(func: &Func, options: &Options) -> Result<Compiled, CodegenError> {
        let start = Instant::now();
        let loops = schedule::schedule(func, options.double)?;
        let scheduled = Instant::now();
        let code = cranelift::compile(&loops, options.texts)?;
        let stats = Stats {
            schedule: scheduled - start,
            code: scheduled.elapsed(),
            bytes: code.bytes,
            kernels: loops.kernels.len(),
        };
        let constant = |home: &Home| match home {
            Home::Const(data) if options.double => Some(Array::F64(data.clone())),
            Home::Const(data) => Some(Array::F32(data.iter().map(|&x| x as f32).collect())),
            _ => None,
        };
        Ok(Compiled {
            signature: signature(func),
            costs: loops.kernels.iter().map(|k| Cost::of(&loops, k)).collect(),
            constants: loops.buffers.iter().map(|b| constant(&b.home)).collect(),
            lives: plan::lives(&loops),
            products: products(&loops.steps),
            pool: Pool::shared(options.threads).map_err(CodegenError)?,
            workspaces: Mutex::new(Vec::new()),
            loops,
            code,
            stats,
        })
    }

    /// The loop IR as text.
    pub fn loop_text(&self) -> String {
        self.loops.to_string()
    }

    /// Cranelift's IR as text, if the options asked for texts.
    pub fn clif_text(&self) -> String {
        self.code
            .texts
            .iter()
            .map(|(clif, _)| clif.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Assembly as text, if the options asked for texts.
    pub fn asm_text(&self) -> String {
        let part =
            |(k, (_, asm)): (usize, &(String, String))| format!("kernel{k}_{}:\n{asm}", self.loops.kernels[k].name);
        self.code
            .texts
            .iter()
            .enumerate()
            .map(part)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Runs once and says what every step took: name, share, seconds, the longest first.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn profile(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
    ) -> Result<Vec<(String, f64, f64)>, RunError> {
        let times = Mutex::new(Vec::new());
        self.run_timed(batch, inputs, params, &mut Vec::new(), Some(&times))?;
        let times = times.into_inner().unwrap_or_else(PoisonError::into_inner);
        let total: f64 = times.iter().map(|(_, t)| t).sum();
        let mut list: Vec<(String, f64, f64)> = times.into_iter().map(|(name, t)| (name, t / total, t)).collect();
        list.sort_by(|x, y| y.2.total_cmp(&x.2));
        Ok(list)
    }

    fn run_timed(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
        times: Option<&run::Times>,
    ) -> Result<(), RunError> {
        door::check(&self.signature, self.loops.double, batch, inputs, params)?;
        let lock = || self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = lock().pop().unwrap_or_default();
        let mut call = || run::run(self, &mut workspace, batch, inputs, params, outputs, times);
        // Small programs are over before another thread is awake.
        let result = if run::is_small(self, batch) {
            call()
        } else {
            self.pool.enter(call)
        };
        lock().push(workspace);
        result
    }

    /// What compiling took.
    pub fn stats(&self) -> Stats {
        self.stats
    }
}

impl Program for Compiled {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn is_f64(&self) -> bool {
        self.loops.double
    }

    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError> {
        self.run_timed(batch, inputs, params, outputs, None)
    }
}

fn products(steps: &[Step]) -> Vec<Vec<Extent>> {
    let of = |step: &Step| match step {
        Step::Kernel(_) => Vec::new(),
        Step::Gemm(g) => vec![g.size.iter().copied().chain(g.batch.iter().map(|(e, _)| *e)).collect()],
        Step::Loop(l) => products(&l.body),
    };
    steps.iter().flat_map(of).collect()
}

fn signature(func: &Func) -> Signature {
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
