//! Carries out the steps of a program.

use super::arena::Arena;
use super::products::PARALLEL_GEMM;
use super::{Executor, KernelContext, local_bytes, place, tables};
use crate::gemm::Real;
use crate::{Array, RunError};
use gdl_abi::Instance;
use gdl_abi::plan::{Buffer, BufferId, Extent, Home, KernelHead, Local, Size, Space, Step, Table, TimeLoop};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Kernels with fewer operations run on one thread.
const PARALLEL: f64 = 60_000.0;
/// Parts a thread into which kernels are cut, so that uneven rows even out.
const PARTS: usize = 4;
/// Operations after which a kernel that may be stopped looks whether it is.
const PIECE: f64 = 2e8;

/// Memory aligned to cache lines.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line(#[expect(dead_code, reason = "only ever accessed through pointers")] [u8; 64]);

/// Memory of a call, kept for the next one.
#[derive(Default)]
pub struct Workspace {
    arena: Arena,
    offsets: Vec<usize>,
    /// The rows for which `offsets` hold.
    planned: Option<Vec<usize>>,
    tables: Vec<Option<Vec<u32>>>,
    /// The extents for which window tables hold.
    extents: Vec<Vec<u32>>,
    sizes: Vec<i64>,
    parts: Vec<Part>,
}

/// What one part of a kernel has for itself.
#[derive(Default)]
pub(super) struct Part {
    pub(super) buffers: Vec<*mut u8>,
    pub(super) scratch: Vec<Line>,
}

// SAFETY: the pointers are set at the start of a call and only used during it.
unsafe impl Send for Workspace {}

/// Everything a step needs.
pub(super) struct Call<'a> {
    pub(super) program: &'a Executor,
    pub(super) batch: &'a Instance,
    pub(super) tables: Vec<*const u32>,
    pub(super) sizes: *mut i64,
    parts: Vec<PartPointer>,
    pub(super) bytes: usize,
    /// Seconds by kernel and matrix product, if asked for.
    pub(super) times: Option<&'a Times>,
}

/// One part's memory, used by one thread at a time.
#[derive(Clone, Copy)]
struct PartPointer(*mut Part);

// SAFETY: the pointers of a call lead to arrays of that call, which outlive its steps; parts of a step write disjoint rows, and
// `parts[k]` is used by part k only.
unsafe impl Sync for Call<'_> {}
// SAFETY: as above.
unsafe impl Send for Call<'_> {}

/// Seconds by kernel and matrix product, in the order of their runs.
pub type Times = Mutex<Vec<(String, f64)>>;

/// Whether no step is worth a second thread.
pub fn is_small(program: &Executor, batch: &Instance) -> bool {
    program.pool.threads() == 1
        || program.plan.kernels.iter().all(|k| k.cost.at(&batch.rows) <= PARALLEL)
            && program
                .products
                .iter()
                .all(|size| multiplications(size, batch) < PARALLEL_GEMM)
}

pub(super) fn rows_of(e: Extent, batch: &Instance) -> usize {
    e.times * e.dim.map_or(1, |d| batch.rows[d.0 as usize])
}

pub(super) fn multiplications(size: &[Extent], batch: &Instance) -> usize {
    size.iter().map(|e| rows_of(*e, batch)).product()
}

/// Runs a program whose arguments have been checked.
pub fn run(
    program: &Executor,
    w: &mut Workspace,
    batch: &Instance,
    inputs: &[&Array],
    params: &[&Array],
    outputs: &mut Vec<Array>,
    times: Option<&Times>,
) -> Result<(), RunError> {
    let plan = &program.plan;
    let bytes = if plan.double { 8 } else { 4 };
    let buffer_rows = |b: &Buffer| b.dim.map_or(1, |d| batch.rows[d.0 as usize]);
    if w.planned.as_ref() != Some(&batch.rows) {
        let sizes: Vec<usize> = plan
            .lives
            .iter()
            .map(|l| &plan.buffers[l.buffer.0 as usize])
            .map(|b| (buffer_rows(b) * b.row_len * bytes).next_multiple_of(64) + 64)
            .collect();
        let (offsets, total) = place::place(&plan.lives, &sizes);
        w.arena.reserve(total)?;
        w.offsets = offsets;
        w.planned = Some(batch.rows.clone());
    }
    build_tables(program, w, batch)?;
    w.sizes.clear();
    w.sizes.extend(plan.sizes.iter().map(|s| tables::size(s, batch)));
    let most = program.pool.threads() * PARTS;
    w.parts.resize_with(most, Part::default);
    prepare_outputs(program, batch, outputs);

    let mut buffers: Vec<*mut u8> = plan
        .buffers
        .iter()
        .enumerate()
        .map(|(k, b)| match &b.home {
            Home::Input(j) => pointer(inputs[*j as usize]),
            Home::Param(j) => pointer(params[*j as usize]),
            Home::Const(_) => program.constants[k].as_ref().map_or(std::ptr::null_mut(), pointer),
            Home::Output(j) => pointer_mut(&mut outputs[*j as usize]),
            Home::Temp | Home::Tile => std::ptr::null_mut(),
        })
        .collect();
    let arena = w.arena.start();
    for (life, &offset) in program.plan.lives.iter().zip(&w.offsets) {
        // SAFETY: the plan keeps all offsets within the arena.
        buffers[life.buffer.0 as usize] = unsafe { arena.add(offset) };
    }
    for part in &mut w.parts {
        part.buffers.clear();
        part.buffers.extend_from_slice(&buffers);
    }
    let tables = plan
        .tables
        .iter()
        .enumerate()
        .map(|(k, t)| table_pointer(t, w.tables[k].as_deref_mut(), batch, inputs))
        .collect();
    let first = w.parts.as_mut_ptr();
    // SAFETY: `parts` has `most` elements and is not touched otherwise until the call ends.
    let parts = (0..most).map(|k| PartPointer(unsafe { first.add(k) })).collect();
    let call = Call {
        program,
        batch,
        tables,
        sizes: w.sizes.as_mut_ptr(),
        parts,
        bytes,
        times,
    };
    call.steps(&plan.steps)
}

pub(super) fn reserve(arena: &mut Vec<Line>, bytes: usize) -> Result<(), RunError> {
    let lines = bytes.div_ceil(64);
    if arena.len() < lines {
        arena
            .try_reserve_exact(lines - arena.len())
            .map_err(|_| RunError(format!("{bytes} bytes of memory could not be had")))?;
        arena.resize(lines, Line([0; 64]));
    }
    Ok(())
}

fn build_tables(program: &Executor, w: &mut Workspace, batch: &Instance) -> Result<(), RunError> {
    let plan = &program.plan;
    let same_extents = w.extents == batch.extents && w.tables.len() == plan.tables.len();
    w.tables.resize(plan.tables.len(), None);
    for (table, slot) in plan.tables.iter().zip(&mut w.tables) {
        let lasting = matches!(table, Table::Window(_) | Table::WindowBack(_));
        if !(lasting && same_extents) {
            *slot = tables::build(table, &plan.signature.domains, batch)?;
        }
    }
    if !same_extents {
        w.extents.clone_from(&batch.extents);
    }
    Ok(())
}

fn prepare_outputs(program: &Executor, batch: &Instance, outputs: &mut Vec<Array>) {
    let decls = &program.plan.signature.outputs;
    outputs.resize_with(decls.len(), || Array::F32(Vec::new()));
    for (decl, out) in decls.iter().zip(outputs) {
        let len = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]) * decl.row_len();
        match out {
            Array::F64(v) if program.plan.double => v.resize(len, 0.0),
            Array::F32(v) if !program.plan.double => v.resize(len, 0.0),
            _ if program.plan.double => *out = Array::F64(vec![0.0; len]),
            _ => *out = Array::F32(vec![0.0; len]),
        }
    }
}

/// The elements of an array that is only read.
fn pointer(array: &Array) -> *mut u8 {
    match array {
        Array::F32(v) => v.as_ptr().cast_mut().cast(),
        Array::F64(v) => v.as_ptr().cast_mut().cast(),
        Array::Class(v) => v.as_ptr().cast_mut().cast(),
    }
}

fn pointer_mut(array: &mut Array) -> *mut u8 {
    match array {
        Array::F32(v) => v.as_mut_ptr().cast(),
        Array::F64(v) => v.as_mut_ptr().cast(),
        Array::Class(v) => v.as_mut_ptr().cast(),
    }
}

fn table_pointer(table: &Table, built: Option<&mut [u32]>, batch: &Instance, inputs: &[&Array]) -> *const u32 {
    match table {
        Table::MapIndex(m) => batch.maps[m.0 as usize].index.as_ptr(),
        Table::MapPtr(m) => batch.maps[m.0 as usize].ptr.as_ptr(),
        Table::MapOrder(m) => batch.maps[m.0 as usize].order.as_ptr(),
        Table::SamplePtr(d) => batch.sample_ptr[d.0 as usize].as_ptr(),
        Table::List(list) => list.as_ptr(),
        Table::Labels(k) => match inputs[*k as usize] {
            Array::Class(labels) => labels.as_ptr(),
            Array::F32(_) | Array::F64(_) => std::ptr::null(),
        },
        Table::Position(_) | Table::Sample(_) | Table::Window(_) | Table::WindowBack(_) => {
            built.map_or(std::ptr::null(), |t| t.as_ptr())
        }
        // Written during the call.
        Table::Chosen(..) | Table::ChosenPtr(..) | Table::ChosenOrder(..) => {
            built.map_or(std::ptr::null(), |t| t.as_mut_ptr().cast_const())
        }
    }
}

impl Call<'_> {
    fn steps(&self, steps: &[Step]) -> Result<(), RunError> {
        for step in steps {
            if self.is_stopped() {
                return Err(RunError("it was stopped".into()));
            }
            let start = Instant::now();
            match step {
                Step::Kernel(k) => self.kernel(*k)?,
                Step::Gemm(g) if self.program.plan.double => self.gemm::<f64>(g)?,
                Step::Gemm(g) => self.gemm::<f32>(g)?,
                Step::Loop(l) => self.time_loop(l)?,
                Step::Choose(c) if self.program.plan.double => self.choose::<f64>(c)?,
                Step::Choose(c) => self.choose::<f32>(c)?,
            }
            if let (Some(times), Step::Kernel(_) | Step::Gemm(_) | Step::Choose(_)) = (self.times, step) {
                let time = (self.program.plan.step_name(step), start.elapsed().as_secs_f64());
                times.lock().unwrap_or_else(PoisonError::into_inner).push(time);
            }
        }
        Ok(())
    }

    /// The memory of a part. While a step runs, each part uses its own only.
    pub(super) fn part(&self, k: usize) -> *mut Part {
        self.parts[k].0
    }

    fn time_loop(&self, l: &TimeLoop) -> Result<(), RunError> {
        let steps = self.batch.steps(l.time);
        for k in 0..steps {
            let t = if l.reverse { steps - 1 - k } else { k };
            for (j, size) in self.program.plan.sizes.iter().enumerate() {
                let value = match size {
                    Size::Step(id) if *id == l.id => t,
                    Size::StepRows(id, d) if *id == l.id => t * self.batch.rows[d.0 as usize],
                    _ => continue,
                };
                // SAFETY: `sizes` has an element for every size, and no kernel is running.
                unsafe { *self.sizes.add(j) = value as i64 };
            }
            self.steps(&l.body)?;
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        let flag = self.program.stop.as_ref();
        flag.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    fn rows(&self, kernel: &KernelHead) -> usize {
        match kernel.space {
            Space::Rows { dim, times } => self.batch.rows[dim.0 as usize] * times as usize,
            Space::Fixed(n) => n as usize,
        }
    }

    fn kernel(&self, number: usize) -> Result<(), RunError> {
        let kernel = &self.program.plan.kernels[number];
        let rows = self.rows(kernel);
        let threads = self.program.pool.threads();
        let cost = kernel.cost.at(&self.batch.rows);
        let worth = cost > PARALLEL;
        let pieces = match self.program.stop {
            Some(_) => ((cost / PIECE) as usize).clamp(1, rows.max(1)),
            None => 1,
        };
        let parts = match (worth, kernel.folds.is_empty()) {
            (false, _) => 1,
            (true, true) => (threads * PARTS).min(rows),
            (true, false) => threads.min(rows),
        };
        let parts = if threads == 1 { 1 } else { parts.max(1) };
        let locals: usize = kernel.locals.iter().map(|l| self.local_bytes(l)).sum();
        let fold_bytes: Vec<usize> = kernel
            .folds
            .iter()
            .map(|b| (self.elements(*b) * self.bytes).next_multiple_of(64))
            .collect();
        let scratch = locals + fold_bytes.iter().sum::<usize>();
        for k in 0..parts {
            // SAFETY: no part is running.
            let part = unsafe { &mut *self.part(k) };
            reserve(&mut part.scratch, scratch)?;
        }
        self.program.pool.run(parts, &|k| {
            // SAFETY: part k is run by one thread, once.
            let part = unsafe { &mut *self.part(k) };
            let scratch = part.scratch.as_mut_ptr().cast::<u8>();
            let mut at = locals;
            for (b, bytes) in kernel.folds.iter().zip(&fold_bytes) {
                if k > 0 {
                    // SAFETY: `reserve` made room for the locals and all folds.
                    part.buffers[b.0 as usize] = unsafe { scratch.add(at) };
                    at += bytes;
                }
                // SAFETY: the buffer has this many bytes, and zero bits are the number 0.
                unsafe { std::ptr::write_bytes(part.buffers[b.0 as usize], 0, self.elements(*b) * self.bytes) };
            }
            let (low, high) = (k * rows / parts, (k + 1) * rows / parts);
            let cut = |piece: usize| low + piece * (high - low) / pieces;
            for piece in (0..pieces).take_while(|&piece| piece == 0 || !self.is_stopped()) {
                self.run_rows(number, part, cut(piece), cut(piece + 1), scratch);
            }
        });
        for b in &kernel.folds {
            self.join_parts(*b, parts);
        }
        Ok(())
    }

    fn local_bytes(&self, local: &Local) -> usize {
        // SAFETY: `sizes` has all sizes of the plan, and none is written while a kernel is prepared.
        let times = local
            .times
            .map_or(1, |s| unsafe { *self.sizes.add(s.0 as usize) } as usize);
        local_bytes(local.len as usize * times, self.bytes)
    }

    /// Adds the parts' own copies of a buffer, in order.
    pub(super) fn join_parts(&self, b: BufferId, parts: usize) {
        let (len, b) = (self.elements(b), b.0 as usize);
        for k in 1..parts {
            // SAFETY: no part is running; part 0 and part k are different.
            let (first, own) = unsafe { (&*self.part(0), &mut *self.part(k)) };
            let (to, from) = (first.buffers[b], own.buffers[b]);
            own.buffers[b] = to;
            // SAFETY: both pointers lead to `len` reals, in different memory.
            unsafe {
                if self.program.plan.double {
                    add::<f64>(to, from, len)
                } else {
                    add::<f32>(to, from, len)
                }
            }
        }
    }

    pub(super) fn elements(&self, b: BufferId) -> usize {
        let buffer = &self.program.plan.buffers[b.0 as usize];
        buffer.dim.map_or(1, |d| self.batch.rows[d.0 as usize]) * buffer.row_len
    }

    pub(super) fn run_rows(&self, number: usize, part: &Part, low: usize, high: usize, locals: *mut u8) {
        let context = KernelContext {
            buffers: part.buffers.as_ptr(),
            tables: self.tables.as_ptr(),
            sizes: self.sizes,
        };
        // SAFETY: buffers, tables and sizes have an entry for each of the program's, with the lengths that the schedule assumes:
        // arguments and maps were checked at the door, temporary arrays were laid out for this batch; rows are within the kernel's
        // space, and no other part writes them; `locals` has room for the kernel's local arrays.
        unsafe { self.program.functions[number](&raw const context, low as i64, high as i64, locals) };
    }
}

/// Adds `len` reals.
///
/// # Safety
/// Both pointers lead to that many reals that nobody else uses, in different memory.
unsafe fn add<T: Real>(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller's contract.
    let (to, from) = unsafe {
        (
            std::slice::from_raw_parts_mut(to.cast::<T>(), len),
            std::slice::from_raw_parts(from.cast::<T>(), len),
        )
    };
    to.iter_mut().zip(from).for_each(|(x, y)| *x += *y);
}
