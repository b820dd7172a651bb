//! Runs a [`Plan`] whose kernels are machine code.
//!
//! A call checks its arguments ([`door`]), takes a workspace, lays out temporary arrays ([`place`]) and tables ([`tables`]) for the
//! batch, and carries out the steps ([`run`], [`products`]).

mod arena;
mod choices;
pub mod door;
pub mod place;
mod products;
mod run;
pub mod tables;

use crate::{Array, Program, RunError, pool::Pool};
use gdl_abi::plan::{Extent, Home, Plan, Step};
use gdl_abi::{Instance, Signature};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// A compiled kernel: context, first row, end row, memory for local arrays (aligned to 64 bytes, see [`local_bytes`]).
pub type KernelFn = unsafe extern "C" fn(*const KernelContext, i64, i64, *mut u8);

/// What a kernel finds its arrays by.
#[repr(C)]
pub struct KernelContext {
    /// The first element of every buffer.
    pub buffers: *const *mut u8,
    /// The first entry of every table.
    pub tables: *const *const u32,
    /// Every size.
    pub sizes: *const i64,
}

/// Bytes of a local array of `len` reals of `real` bytes, rounded up so that the next one is aligned.
pub fn local_bytes(len: usize, real: usize) -> usize {
    (len * real).next_multiple_of(LOCAL_ALIGN)
}

/// Local arrays begin at multiples of so many bytes.
pub const LOCAL_ALIGN: usize = 64;

/// A program ready to run: any number of calls, from any number of threads, on batches of any size.
pub struct Executor {
    plan: Plan,
    functions: Vec<KernelFn>,
    constants: Vec<Option<Array>>,
    /// The extents of all matrix products.
    products: Vec<Vec<Extent>>,
    pool: Arc<Pool>,
    workspaces: Mutex<Vec<run::Workspace>>,
    /// Ends calls from outside.
    stop: Option<Arc<AtomicBool>>,
}

impl Executor {
    /// A plan and the code of its kernels, run by the threads of a pool.
    ///
    /// # Safety
    /// `functions[k]` is the code of `plan.kernels[k]` for this machine, made from the loop IR that the plan was made from, and
    /// stays in memory as long as the executor.
    pub unsafe fn new(plan: Plan, functions: Vec<KernelFn>, pool: Arc<Pool>) -> Executor {
        let constant = |home: &Home| match home {
            Home::Const(data) if plan.double => Some(Array::F64(data.clone())),
            Home::Const(data) => Some(Array::F32(data.iter().map(|&x| x as f32).collect())),
            _ => None,
        };
        Executor {
            constants: plan.buffers.iter().map(|b| constant(&b.home)).collect(),
            products: products_of(&plan.steps),
            pool,
            workspaces: Mutex::new(Vec::new()),
            stop: None,
            functions,
            plan,
        }
    }

    /// Lets a flag end its calls, with an error, before their next step.
    pub fn stop_when(&mut self, flag: Arc<AtomicBool>) {
        self.stop = Some(flag);
    }

    /// What it runs.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs once and says what every kernel and matrix product took: its name ([`Plan::step_name`]) and seconds, in the order of
    /// their runs, as often as they ran.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn profile(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
    ) -> Result<Vec<(String, f64)>, RunError> {
        let times = Mutex::new(Vec::new());
        self.run_timed(batch, inputs, params, &mut Vec::new(), Some(&times))?;
        Ok(times.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn run_timed(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
        times: Option<&run::Times>,
    ) -> Result<(), RunError> {
        door::check(&self.plan.signature, self.plan.double, batch, inputs, params)?;
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
}

impl Program for Executor {
    fn signature(&self) -> &Signature {
        &self.plan.signature
    }

    fn is_f64(&self) -> bool {
        self.plan.double
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

fn products_of(steps: &[Step]) -> Vec<Vec<Extent>> {
    let of = |step: &Step| match step {
        Step::Kernel(_) | Step::Choose(_) => Vec::new(),
        Step::Gemm(g) => vec![g.size.iter().copied().chain(g.batch.iter().map(|(e, _)| *e)).collect()],
        Step::Loop(l) => products_of(&l.body),
    };
    steps.iter().flat_map(of).collect()
}
