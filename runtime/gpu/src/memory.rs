//! The memory of a program on a device, and calls in it.
//!
//! Reals lie in one buffer, or in several where one would be too large: parameters and constants first, which stay from call to call, then what
//! belongs to a batch. Another buffer holds all tables, and one the words of every dispatch. A call writes its inputs, is one submission, and reads its results; calls on the same batch as
//! the last one write nothing else.

use crate::banks::Place;
use crate::commands::{Command, Move, Run, commands, step_names};
use crate::common::Common;
use crate::layout::{Layout, Room, elements, layout};
use crate::products::Product;
use crate::program::{GpuProgram, Pipelines};
use crate::{GpuError, clock};
use gdl_abi::Instance;
use gdl_abi::plan::Home;
use gdl_abi::shader::ALIGN;
use gdl_runtime::{Array, RunError};
use std::collections::HashMap;
use wgpu::BufferUsages as Usage;

/// What a call is about.
pub struct Call<'a> {
    /// Sizes and maps.
    pub batch: &'a Instance,
    /// By the signature.
    pub inputs: &'a [&'a Array],
    /// Outputs that become parameters.
    pub next: &'a [(usize, usize)],
}

/// Memory of a device.
#[derive(Default)]
pub struct Memory {
    /// By bank.
    reals: Vec<wgpu::Buffer>,
    tables: Option<wgpu::Buffer>,
    words: Option<wgpu::Buffer>,
    staging: Option<wgpu::Buffer>,
    last: Option<Batch>,
    /// The banks of the last batch.
    banks: Option<Vec<usize>>,
}

/// Everything that follows from the sizes and maps of a batch, and is on the device.
struct Batch {
    of: Instance,
    next: Vec<(usize, usize)>,
    at: Layout,
    list: Vec<Command>,
    /// Bytes from one dispatch's words to the next one's.
    window: u32,
    /// Without and with tables that are written.
    groups: [wgpu::BindGroup; 2],
    /// Where the outputs that are read lie, and their lengths.
    outputs: Vec<(Place, usize)>,
    pipelines: Pipelines,
    common: HashMap<Common, wgpu::ComputePipeline>,
    products: HashMap<Product, wgpu::ComputePipeline>,
}

impl Memory {
    /// Writes parameters.
    pub fn set_params(&mut self, program: &GpuProgram, params: &[&Array]) -> Result<(), RunError> {
        self.grow(program, 0, program.lasting.len)?;
        self.write_lasting(program, |home| match home {
            Home::Param(j) => match params[*j as usize] {
                Array::F32(v) => Some(v.clone()),
                _ => None,
            },
            _ => None,
        });
        Ok(())
    }

    fn write_lasting(&self, program: &GpuProgram, numbers: impl Fn(&Home) -> Option<Vec<f32>>) {
        for (b, at) in program.plan.buffers.iter().zip(&program.lasting.at) {
            if let (Some(at), Some(numbers)) = (at, numbers(&b.home)) {
                self.write_reals(program, Place { bank: 0, at: *at }, &numbers);
            }
        }
    }

    fn write_reals(&self, program: &GpuProgram, to: Place, numbers: &[f32]) {
        if let Some(reals) = self.reals.get(to.bank) {
            let queue = &program.gpu.queue;
            queue.write_buffer(reals, 4 * to.at as u64, bytemuck::cast_slice(numbers));
        }
    }

    /// Makes room for so many reals in a bank, the last one or the next. What lasts, in the first bank, moves along.
    fn grow(&mut self, program: &GpuProgram, bank: usize, len: usize) -> Result<(), GpuError> {
        let bytes = 4 * len.max(1) as u64;
        if self.reals.get(bank).is_some_and(|b| b.size() >= bytes) {
            return Ok(());
        }
        self.last = None;
        let gpu = &program.gpu;
        let make = || gpu.buffer(bytes, Usage::STORAGE | Usage::COPY_DST | Usage::COPY_SRC);
        match self.reals.get_mut(bank) {
            Some(old) if bank == 0 => {
                // If there is no room, what lasts is still where it was.
                let larger = make()?;
                let mut encoder = gpu.device.create_command_encoder(&Default::default());
                encoder.copy_buffer_to_buffer(old, 0, &larger, 0, old.size().min(4 * program.lasting.len as u64));
                gpu.queue.submit([encoder.finish()]);
                *old = larger;
            }
            Some(_) => {
                // The old one goes first, and those after it, which are made again.
                self.reals.truncate(bank);
                self.reals.push(make()?);
            }
            None => {
                self.reals.push(make()?);
                if bank == 0 {
                    self.write_lasting(program, |home| match home {
                        Home::Const(v) => Some(v.iter().map(|&x| x as f32).collect()),
                        _ => None,
                    });
                }
            }
        }
        Ok(())
    }

    /// Lays out a batch, unless it is the last one.
    pub fn lay(&mut self, program: &GpuProgram, batch: &Instance, next: &[(usize, usize)]) -> Result<(), RunError> {
        if self.last.as_ref().is_some_and(|b| b.of == *batch && b.next == next) {
            return Ok(());
        }
        self.last = None;
        let (gpu, plan) = (&program.gpu, &program.plan);
        let room = Room {
            device: &gpu.info().name,
            elements: gpu.largest_array() as usize / 4,
            banks: self.banks.as_deref(),
        };
        let at = layout(plan, &program.shaders, &program.lasting, batch, &room)?;
        let banks = at.lens.len();
        let pipelines = program.pipelines(&at.banks())?;
        let outputs = outputs(program, &at, batch);
        let moves = moves(program, &outputs, next);
        let todo = commands(plan, &program.shaders, &at, batch, &moves)?;
        let (mut common, mut products) = (HashMap::new(), HashMap::new());
        for c in &todo.list {
            match c.run {
                Run::Common(of) if !common.contains_key(&of) => {
                    common.insert(of, gpu.common(of, banks)?);
                }
                Run::Product(of) if !products.contains_key(&of) => {
                    products.insert(of, program.product(of, &at.banks())?);
                }
                Run::Kernel(_) | Run::Common(_) | Run::Product(_) => {}
            }
        }
        // The words of every dispatch begin where bindings may.
        let align = gpu.limits.min_storage_buffer_offset_alignment as usize / 4;
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
        for (bank, len) in at.lens.iter().enumerate() {
            self.grow(program, bank, *len)?;
        }
        let read = Usage::STORAGE | Usage::COPY_DST;
        gpu.reserve(&mut self.tables, 4 * at.tables.len().max(1) as u64, read)?;
        gpu.reserve(&mut self.words, 4 * words.len() as u64, read)?;
        let (Some(tables), Some(third)) = (&self.tables, &self.words) else {
            return Err(RunError("a buffer of the device is missing".into()));
        };
        gpu.queue.write_buffer(tables, 0, bytemuck::cast_slice(&at.tables));
        gpu.queue.write_buffer(third, 0, bytemuck::cast_slice(&words));
        let window = 4 * window as u32;
        let reals: Vec<&wgpu::Buffer> = self.reals.iter().take(banks).collect();
        let groups = [false, true].map(|writes| gpu.group(writes, &reals, tables, (third, window.into())));
        self.banks = Some(at.banks());
        self.last = Some(Batch {
            of: batch.clone(),
            next: next.to_vec(),
            outputs: outputs
                .into_iter()
                .enumerate()
                .map(|(k, (from, len))| (from, if next.iter().any(|n| n.0 == k) { 0 } else { len }))
                .collect(),
            at,
            list: todo.list,
            window,
            groups,
            pipelines,
            common,
            products,
        });
        Ok(())
    }

    /// Writes inputs for the last batch.
    pub fn write_inputs(&self, program: &GpuProgram, inputs: &[&Array]) {
        let Some(batch) = &self.last else { return };
        for (k, b) in program.plan.buffers.iter().enumerate() {
            if let Home::Input(j) = b.home
                && let Array::F32(v) = inputs[j as usize]
            {
                self.write_reals(program, batch.at.buffers[k], v);
            }
        }
        for &(at, input) in &batch.at.labels {
            if let (Array::Class(v), Some(tables)) = (inputs[input], &self.tables) {
                let queue = &program.gpu.queue;
                queue.write_buffer(tables, 4 * at as u64, bytemuck::cast_slice(v));
            }
        }
    }

    /// One call.
    pub fn call(&mut self, program: &GpuProgram, call: Call<'_>, outputs: &mut Vec<Array>) -> Result<(), RunError> {
        program.gpu.check()?;
        self.lay(program, call.batch, call.next)?;
        self.write_inputs(program, call.inputs);
        let Some(batch) = &self.last else { return Ok(()) };
        let gpu = &program.gpu;
        let total: usize = batch.outputs.iter().map(|(_, n)| n).sum();
        gpu.reserve(
            &mut self.staging,
            4 * total.max(1) as u64,
            Usage::MAP_READ | Usage::COPY_DST,
        )?;
        let Some(staging) = &self.staging else {
            return Err(RunError("a buffer of the device is missing".into()));
        };
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            batch.list.iter().for_each(|c| dispatch(batch, &mut pass, c));
        }
        let mut to = 0;
        for &(from, len) in batch.outputs.iter().filter(|(_, len)| *len > 0) {
            let reals = &self.reals[from.bank];
            encoder.copy_buffer_to_buffer(reals, 4 * from.at as u64, staging, to, 4 * len as u64);
            to += 4 * len as u64;
        }
        gpu.queue.submit([encoder.finish()]);
        if let Some(e) = pollster::block_on(scope.pop()) {
            return Err(RunError(
                gpu.lost().unwrap_or(format!("the device refuses the program: {e}")),
            ));
        }
        let all = gpu.read(staging, total)?;
        outputs.clear();
        let mut from = 0;
        for &(_, len) in &batch.outputs {
            outputs.push(Array::F32(all[from..from + len].to_vec()));
            from += len;
        }
        Ok(())
    }

    /// The parameters, in the order of the signature; those that nothing reads have not been kept and are 0.
    pub fn params(&mut self, program: &GpuProgram) -> Result<Vec<Array>, RunError> {
        let gpu = &program.gpu;
        let len = program.lasting.params;
        gpu.reserve(
            &mut self.staging,
            4 * len.max(1) as u64,
            Usage::MAP_READ | Usage::COPY_DST,
        )?;
        let (Some(reals), Some(staging)) = (self.reals.first(), &self.staging) else {
            return Err(RunError("a buffer of the device is missing".into()));
        };
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        if len > 0 {
            encoder.copy_buffer_to_buffer(reals, 0, staging, 0, 4 * len as u64);
        }
        gpu.queue.submit([encoder.finish()]);
        let all = gpu.read(staging, len)?;
        let signature = &program.plan.signature;
        let mut params: Vec<Array> = signature
            .params
            .iter()
            .map(|d| Array::F32(vec![0.0; d.row_len()]))
            .collect();
        for (b, at) in program.plan.buffers.iter().zip(&program.lasting.at) {
            if let (Home::Param(j), Some(at)) = (&b.home, at) {
                params[*j as usize] = Array::F32(all[*at..*at + b.row_len].to_vec());
            }
        }
        Ok(params)
    }

    /// What every dispatch of the last batch takes, in seconds, by the name of its step.
    pub fn times(&mut self, program: &GpuProgram) -> Result<Vec<(String, f64)>, RunError> {
        let gpu = &program.gpu;
        let Some(batch) = &self.last else { return Ok(Vec::new()) };
        let times = clock::times(gpu, batch.list.len(), &|k, pass| dispatch(batch, pass, &batch.list[k]))?;
        let names = step_names(&program.plan);
        let steps = batch.list.iter().map(|c| names[c.step].clone());
        Ok(steps.zip(times).collect())
    }
}

fn dispatch(batch: &Batch, pass: &mut wgpu::ComputePass<'_>, c: &Command) {
    let (pipeline, writes_tables) = match c.run {
        Run::Kernel(k) => (&batch.pipelines[k], false),
        Run::Common(of) => (&batch.common[&of], of.writes_tables()),
        Run::Product(of) => (&batch.products[&of], false),
    };
    pass.set_pipeline(pipeline);
    pass.set_bind_group(
        0,
        &batch.groups[usize::from(writes_tables)],
        &[batch.window * c.words as u32],
    );
    let [x, y, z] = c.groups;
    pass.dispatch_workgroups(x, y, z);
}

/// Where every output lies, and its length.
fn outputs(program: &GpuProgram, at: &Layout, batch: &Instance) -> Vec<(Place, usize)> {
    let plan = &program.plan;
    let mut list = vec![(Place::default(), 0); plan.signature.outputs.len()];
    for (k, b) in plan.buffers.iter().enumerate() {
        if let Home::Output(j) = b.home {
            list[j as usize] = (at.buffers[k], elements(plan, k, batch));
        }
    }
    list
}

/// What is moved where so that outputs are parameters. Neighbours are moved at once.
fn moves(program: &GpuProgram, outputs: &[(Place, usize)], next: &[(usize, usize)]) -> Vec<Move> {
    let param = |p: usize| {
        let is = |b: &gdl_abi::plan::Buffer| b.home == Home::Param(p as u32);
        let at = program.lasting.at[program.plan.buffers.iter().position(is)?]?;
        Some(Place { bank: 0, at })
    };
    let of = |&(output, p): &(usize, usize)| {
        let (from, len) = outputs[output];
        Some(Move {
            from,
            to: param(p)?,
            len,
        })
    };
    let mut all: Vec<Move> = next.iter().filter_map(of).collect();
    all.sort_unstable();
    let mut joined: Vec<Move> = Vec::new();
    for next in all {
        match joined.last_mut() {
            Some(last) if follows(last, &next) => last.len = next.from.at - last.from.at + next.len,
            _ => joined.push(next),
        }
    }
    joined
}

/// Whether numbers stand right after others, where they are moved from and where to.
fn follows(last: &Move, next: &Move) -> bool {
    let after = |place: Place| Place {
        at: place.at + last.len.next_multiple_of(ALIGN),
        ..place
    };
    next.from == after(last.from) && next.to == after(last.to)
}
