//! A plan and its shaders as a program on a GPU.

use crate::memory::{Call, Memory};
use crate::products::Product;
use crate::{Gpu, GpuError};
use gdl_abi::plan::Plan;
use gdl_abi::shader::{Lasting, Shader, Shaders, in_banks, named_buffer};
use gdl_abi::{Instance, Signature};
use gdl_runtime::exec::door;
use gdl_runtime::{Array, Bound, Program, RunError, check_next};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One for every kernel.
pub type Pipelines = Arc<[wgpu::ComputePipeline]>;

/// A program on a GPU: any number of calls, on batches of any size that fits the device.
///
/// [`Program::run`] puts the parameters on the device at every call. With [`gdl_runtime::bind`] they are put there once.
pub struct GpuProgram {
    pub(crate) gpu: Arc<Gpu>,
    pub(crate) plan: Plan,
    pub(crate) shaders: Vec<Shader>,
    source: String,
    pipelines: Mutex<HashMap<Vec<usize>, Pipelines>>,
    products: Mutex<HashMap<(Product, Vec<usize>), wgpu::ComputePipeline>>,
    pub(crate) lasting: Lasting,
    memory: Mutex<Memory>,
}

impl GpuProgram {
    /// Compiles the shaders of a plan, in single precision, for a device.
    ///
    /// # Errors
    /// A plan in double precision, or a shader that the device does not accept.
    pub fn new(gpu: Arc<Gpu>, plan: Plan, shaders: Shaders) -> Result<GpuProgram, GpuError> {
        let program = GpuProgram::deferred(gpu, plan, shaders)?;
        program.pipelines(&vec![0; program.plan.buffers.len() + 1])?;
        Ok(program)
    }

    /// As [`GpuProgram::new`], for a program that may never be called: its shaders are compiled when it is.
    ///
    /// # Errors
    /// A plan in double precision.
    pub fn deferred(gpu: Arc<Gpu>, plan: Plan, shaders: Shaders) -> Result<GpuProgram, GpuError> {
        if plan.double {
            return Err(GpuError(
                "shaders compute in single precision only: use `--dtype f32`, or `--backend cranelift` for f64".into(),
            ));
        }
        Ok(GpuProgram {
            source: shaders.module(gpu.has_subgroups()),
            gpu,
            lasting: Lasting::of(&plan.buffers),
            plan,
            shaders: shaders.kernels,
            pipelines: Mutex::default(),
            products: Mutex::default(),
            memory: Mutex::default(),
        })
    }

    /// The pipelines of all kernels where buffers and copies lie in these banks ([`Layout::banks`](crate::layout::Layout::banks)).
    pub(crate) fn pipelines(&self, banks: &[usize]) -> Result<Pipelines, GpuError> {
        let mut known = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipelines) = known.get(banks) {
            return Ok(pipelines.clone());
        }
        let entries: Vec<&str> = self.shaders.iter().map(|s| s.entry.as_str()).collect();
        let count = banks.iter().max().map_or(1, |last| last + 1);
        let bank = |name: &str| banks[named_buffer(name).map_or(banks.len() - 1, |b| b.0 as usize)];
        let source = in_banks(&self.source, count, &bank);
        let made: Pipelines = self.gpu.pipelines(&self.plan.name, &source, &entries, count)?.into();
        known.insert(banks.to_vec(), made.clone());
        Ok(made)
    }

    /// The pipeline of a product that reads what a kernel would pack; banks as in [`GpuProgram::pipelines`].
    pub(crate) fn product(&self, of: Product, banks: &[usize]) -> Result<wgpu::ComputePipeline, GpuError> {
        let mut known = self.products.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (of, banks.to_vec());
        if let Some(pipeline) = known.get(&key) {
            return Ok(pipeline.clone());
        }
        let missing = || GpuError(format!("kernel {} is of no product", of.pack));
        let source = self.shaders[of.pack].product.as_ref().ok_or_else(missing)?;
        let count = banks.iter().max().map_or(1, |last| last + 1);
        let [b, c] = of.operands;
        let bank = |name: &str| match (name, named_buffer(name)) {
            ("b", _) => b,
            ("c", _) => c,
            (_, Some(buffer)) => banks[buffer.0 as usize],
            (_, None) => 0,
        };
        let source = in_banks(source, count, &bank);
        let mut made = self.gpu.pipelines(&self.plan.name, &source, &["tiled"], count)?;
        let pipeline = made.pop().ok_or_else(missing)?;
        known.insert(key, pipeline.clone());
        Ok(pipeline)
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs once and says what every kernel and matrix product took on the device: its name ([`Plan::step_name`]) and seconds, in order, as
    /// often as it ran.
    ///
    /// # Errors
    /// As [`Program::run`], or if the device has no clock.
    pub fn profile(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
    ) -> Result<Vec<(String, f64)>, RunError> {
        door::check(&self.plan.signature, false, batch, inputs, params)?;
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.set_params(self, params)?;
        memory.lay(self, batch, &[])?;
        memory.write_inputs(self, inputs);
        memory.times(self)
    }
}

impl Program for GpuProgram {
    fn signature(&self) -> &Signature {
        &self.plan.signature
    }

    fn is_f64(&self) -> bool {
        false
    }

    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError> {
        door::check(&self.plan.signature, false, batch, inputs, params)?;
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.set_params(self, params)?;
        memory.call(
            self,
            Call {
                batch,
                inputs,
                next: &[],
            },
            outputs,
        )
    }

    fn bound<'a>(&'a self, params: &[&Array]) -> Option<Result<Box<dyn Bound + 'a>, RunError>> {
        let mut bound = OnDevice {
            program: self,
            memory: Memory::default(),
        };
        let set = door::check_params(&self.plan.signature, false, &Instance::default(), params)
            .and_then(|()| bound.memory.set_params(self, params));
        Some(set.map(|()| Box::new(bound) as Box<dyn Bound + 'a>))
    }
}

/// A program whose parameters are in memory of the device that nobody else uses.
struct OnDevice<'a> {
    program: &'a GpuProgram,
    memory: Memory,
}

impl Bound for OnDevice<'_> {
    fn run(&mut self, batch: &Instance, inputs: &[&Array], outputs: &mut Vec<Array>) -> Result<(), RunError> {
        self.advance(batch, inputs, outputs, &[])
    }

    fn advance(
        &mut self,
        batch: &Instance,
        inputs: &[&Array],
        outputs: &mut Vec<Array>,
        next: &[(usize, usize)],
    ) -> Result<(), RunError> {
        let signature = &self.program.plan.signature;
        check_next(signature, next)?;
        door::check_inputs(signature, false, batch, inputs)?;
        self.memory.call(self.program, Call { batch, inputs, next }, outputs)
    }

    fn params(&mut self) -> Result<Vec<Array>, RunError> {
        self.memory.params(self.program)
    }
}
