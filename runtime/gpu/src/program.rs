//! A plan and its shaders as a program on a GPU.

use crate::commands::{Run, commands};
use crate::layout::{Layout, elements, layout};
use crate::{Gpu, GpuError};
use gdl_abi::plan::{Home, Plan};
use gdl_abi::shader::{Shader, Shaders};
use gdl_abi::{Instance, Signature};
use gdl_runtime::exec::door;
use gdl_runtime::{Array, Program, RunError};
use std::sync::{Arc, Mutex, PoisonError};

/// A program on a GPU: any number of calls, on batches of any size that fits the device.
pub struct GpuProgram {
    gpu: Arc<Gpu>,
    plan: Plan,
    shaders: Vec<Shader>,
    pipelines: Vec<wgpu::ComputePipeline>,
    memory: Mutex<Memory>,
}

/// Buffers of the device, kept from call to call.
#[derive(Default)]
struct Memory {
    reals: Option<wgpu::Buffer>,
    tables: Option<wgpu::Buffer>,
    words: Option<wgpu::Buffer>,
    staging: Option<wgpu::Buffer>,
}

impl GpuProgram {
    /// Compiles the shaders of a plan, in single precision, for a device.
    ///
    /// # Errors
    /// A plan in double precision, or a shader that the device does not accept.
    pub fn new(gpu: Arc<Gpu>, plan: Plan, shaders: Shaders) -> Result<GpuProgram, GpuError> {
        if plan.double {
            return Err(GpuError(
                "shaders compute in single precision only: use `--dtype f32`, or `--backend cranelift` for f64".into(),
            ));
        }
        let entries: Vec<&str> = shaders.kernels.iter().map(|s| s.entry.as_str()).collect();
        let pipelines = gpu.pipelines(&plan.name, &shaders.source, &entries)?;
        Ok(GpuProgram {
            gpu,
            plan,
            shaders: shaders.kernels,
            pipelines,
            memory: Mutex::new(Memory::default()),
        })
    }

    /// A buffer of at least so many bytes.
    fn reserve<'a>(
        &self,
        slot: &'a mut Option<wgpu::Buffer>,
        bytes: u64,
        usage: wgpu::BufferUsages,
    ) -> Result<&'a wgpu::Buffer, GpuError> {
        let limits = &self.gpu.limits;
        let most = limits.max_buffer_size.min(limits.max_storage_buffer_binding_size);
        if bytes > most {
            return Err(GpuError(format!(
                "the batch needs an array of {} MB, and `{}` has room for {} MB: use smaller batches",
                bytes >> 20,
                self.gpu.info().name,
                most >> 20
            )));
        }
        if slot.as_ref().is_some_and(|b| b.size() < bytes) {
            *slot = None;
        }
        if slot.is_none() {
            let scope = self.gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
            let buffer = self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("gdl"),
                size: bytes.next_multiple_of(256).min(most),
                usage,
                mapped_at_creation: false,
            });
            if let Some(e) = pollster::block_on(scope.pop()) {
                return Err(GpuError(format!(
                    "the device has no memory left: {e}. Use smaller batches"
                )));
            }
            *slot = Some(buffer);
        }
        slot.as_ref()
            .ok_or_else(|| GpuError("a buffer of the device is missing".into()))
    }

    fn upload(&self, reals: &wgpu::Buffer, at: &Layout, inputs: &[&Array], params: &[&Array]) {
        for (k, b) in self.plan.buffers.iter().enumerate() {
            let offset = 4 * at.buffers[k] as u64;
            let put = |data: &[f32]| self.gpu.queue.write_buffer(reals, offset, bytemuck::cast_slice(data));
            match &b.home {
                Home::Input(j) => {
                    if let Array::F32(v) = inputs[*j as usize] {
                        put(v);
                    }
                }
                Home::Param(j) => {
                    if let Array::F32(v) = params[*j as usize] {
                        put(v);
                    }
                }
                Home::Const(v) => put(&v.iter().map(|&x| x as f32).collect::<Vec<_>>()),
                Home::Output(_) | Home::Temp | Home::Tile => {}
            }
        }
    }

    /// Where every output lies, and its length, in elements.
    fn outputs(&self, at: &Layout, batch: &Instance) -> Vec<(usize, usize)> {
        let mut list = vec![(0, 0); self.plan.signature.outputs.len()];
        for (k, b) in self.plan.buffers.iter().enumerate() {
            if let Home::Output(j) = b.home {
                list[j as usize] = (at.buffers[k], elements(&self.plan, k, batch));
            }
        }
        list
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
        let at = layout(&self.plan, &self.shaders, batch, inputs)?;
        let todo = commands(&self.plan, &self.shaders, &at, batch);
        let (device, queue) = (&self.gpu.device, &self.gpu.queue);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = &mut *memory;

        // The words of every dispatch begin where bindings may.
        let align = self.gpu.limits.min_storage_buffer_offset_alignment as usize / 4;
        let window = todo
            .words
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .next_multiple_of(align);
        let mut words: Vec<i32> = Vec::with_capacity(window * todo.words.len());
        for list in &todo.words {
            words.extend(list);
            words.resize(words.len().next_multiple_of(window), 0);
        }
        let read = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
        let reals = self.reserve(
            &mut memory.reals,
            4 * at.len.max(1) as u64,
            read | wgpu::BufferUsages::COPY_SRC,
        )?;
        let tables = self.reserve(&mut memory.tables, 4 * at.tables.len().max(1) as u64, read)?;
        let third = self.reserve(&mut memory.words, 4 * words.len() as u64, read)?;
        self.upload(reals, &at, inputs, params);
        queue.write_buffer(tables, 0, bytemuck::cast_slice(&at.tables));
        queue.write_buffer(third, 0, bytemuck::cast_slice(&words));
        let entry = |binding: u32, buffer, size| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset: 0,
                size,
            }),
        };
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("gdl"),
            layout: &self.gpu.layout,
            entries: &[
                entry(0, reals, None),
                entry(1, tables, None),
                entry(2, third, std::num::NonZeroU64::new(4 * window as u64)),
            ],
        });

        let results = self.outputs(&at, batch);
        let total: usize = results.iter().map(|(_, n)| n).sum();
        let staging = self.reserve(
            &mut memory.staging,
            4 * total.max(1) as u64,
            wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        )?;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for c in &todo.list {
                pass.set_pipeline(match c.run {
                    Run::Kernel(k) => &self.pipelines[k],
                    Run::Gemm => &self.gpu.gemm,
                    Run::GemmSmall => &self.gpu.gemm_small,
                    Run::Join => &self.gpu.join,
                });
                pass.set_bind_group(0, &group, &[(4 * window * c.words) as u32]);
                let [x, y, z] = c.groups;
                pass.dispatch_workgroups(x, y, z);
            }
        }
        let mut to = 0;
        for &(from, len) in &results {
            if len > 0 {
                encoder.copy_buffer_to_buffer(reals, 4 * from as u64, staging, 4 * to as u64, 4 * len as u64);
            }
            to += len;
        }
        queue.submit([encoder.finish()]);
        if let Some(e) = pollster::block_on(scope.pop()) {
            return Err(RunError(format!("the device refuses the program: {e}")));
        }
        outputs.clear();
        if total == 0 {
            outputs.extend(results.iter().map(|_| Array::F32(Vec::new())));
            return Ok(());
        }
        let slice = staging.slice(..4 * total as u64);
        let (send, receive) = std::sync::mpsc::channel();
        slice.map_async(wgpu::MapMode::Read, move |r| {
            // The receiver waits below; if it is gone, nobody wants the answer.
            let _ = send.send(r);
        });
        let gone = |e: String| RunError(self.gpu.lost().unwrap_or(e));
        device
            .poll(wgpu::PollType::wait_indefinitely())
            .map_err(|e| gone(e.to_string()))?;
        match receive.recv() {
            Ok(Ok(())) => {}
            Ok(Err(e)) => return Err(gone(e.to_string())),
            Err(e) => return Err(gone(e.to_string())),
        }
        let view = slice.get_mapped_range().map_err(|e| gone(e.to_string()))?;
        let all: &[f32] = bytemuck::cast_slice(&view);
        let mut from = 0;
        for &(_, len) in &results {
            outputs.push(Array::F32(all[from..from + len].to_vec()));
            from += len;
        }
        drop(view);
        staging.unmap();
        Ok(())
    }
}
