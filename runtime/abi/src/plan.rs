//! What a compiled program does, as plain data: its arrays, tables and sizes, and the steps in order. The bodies of its kernels are
//! machine code (or shaders) and come separately, by number.
//!
//! A [`Plan`] with its kernels is all that is needed to run a program: the compiler is not.

use crate::{DimId, MapId, Signature};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Serialize};

/// A program without the bodies of its kernels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What it takes and gives.
    pub signature: Signature,
    /// Whether reals are doubles.
    pub double: bool,
    /// By [`BufferId`].
    pub buffers: Vec<Buffer>,
    /// By [`TableId`].
    pub tables: Vec<Table>,
    /// By [`SizeId`].
    pub sizes: Vec<Size>,
    /// By number.
    pub kernels: Vec<KernelHead>,
    /// In order.
    pub steps: Vec<Step>,
    /// When temporary arrays are in use.
    pub lives: Vec<Life>,
}

/// What is known of a kernel from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelHead {
    /// For reading.
    pub name: String,
    /// Its rows.
    pub space: Space,
    /// Its local arrays.
    pub locals: Vec<Local>,
    /// Buffers without rows to which the rows add: zero before the kernel, summed over rows in a fixed order.
    pub folds: Vec<BufferId>,
    /// Its arithmetic.
    pub cost: Cost,
}

/// An array of a kernel, one a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Reals.
    pub len: u32,
    /// Times this size: what one loop over the list of a row leaves for the next loop over it.
    pub times: Option<SizeId>,
}

/// When a temporary array is in use: steps, counted through loops.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// The array.
    pub buffer: BufferId,
    /// The step that writes it.
    pub first: usize,
    /// The last step that reads it.
    pub last: usize,
}

/// Arithmetic operations: a fixed number, and a number for every row of some dims.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Whatever the batch.
    pub fixed: f64,
    /// For every row of a dim.
    pub rows: Vec<(DimId, f64)>,
}

impl Cost {
    /// The number of operations for these numbers of rows.
    pub fn at(&self, rows: &[usize]) -> f64 {
        self.fixed
            + self
                .rows
                .iter()
                .map(|(d, c)| rows[d.0 as usize] as f64 * c)
                .sum::<f64>()
    }

    /// Adds operations, for every row of a dim if there is one.
    pub fn add(&mut self, dim: Option<DimId>, amount: f64) {
        let Some(dim) = dim else {
            self.fixed += amount;
            return;
        };
        match self.rows.iter_mut().find(|(d, _)| *d == dim) {
            Some((_, c)) => *c += amount,
            None => self.rows.push((dim, amount)),
        }
    }
}

/// `offset + Σ coefficient · size`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affine {
    /// The constant part.
    pub offset: i64,
    /// Sizes and their coefficients.
    pub terms: Vec<(SizeId, i64)>,
}

/// Names a [`Buffer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BufferId(pub u32);
/// Names a [`Table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableId(pub u32);
/// Names a [`Size`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SizeId(pub u32);

/// A row-major array: rows of `dim` (none: one row) of `row_len` elements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Buffer {
    /// For reading.
    pub name: String,
    /// Its rows.
    pub dim: Option<DimId>,
    /// Elements a row.
    pub row_len: usize,
    /// Where it lives.
    pub home: Home,
}

/// Where a buffer lives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Home {
    /// Input k of the program.
    Input(u32),
    /// Parameter k of the program.
    Param(u32),
    /// Output k of the program.
    Output(u32),
    /// Numbers known at compile time.
    Const(Vec<f64>),
    /// Memory of the call.
    Temp,
    /// Memory of a thread that holds some of the rows at a time.
    Tile,
}

/// An array of integers that is known when a batch is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Table {
    /// The image of every row.
    MapIndex(MapId),
    /// The offsets into `MapOrder` of the rows that go to a row.
    MapPtr(MapId),
    /// See `MapPtr`.
    MapOrder(MapId),
    /// The position of every row within its sample.
    Position(DimId),
    /// The sample of every row.
    Sample(DimId),
    /// The offsets of every sample.
    SamplePtr(DimId),
    /// The labels of a class-valued input.
    Labels(u32),
    /// `[cells of coarse, offsets]`: the cell of `fine`, or −1 where it lies outside.
    Window(Window),
    /// `[cells of fine, offsets, overlap]`: the cells of `coarse` whose windows reach a cell by an offset, or −1.
    WindowBack(Window),
    /// Numbers known at compile time.
    List(Vec<u32>),
    /// What choice k of the program chose, for every row of its dim of choices: rows of the dim that is chosen from.
    Chosen(u32, DimId),
    /// As `MapPtr`, for the map `Chosen`.
    ChosenPtr(u32, DimId),
    /// As `MapOrder`, for the map `Chosen`.
    ChosenOrder(u32, DimId),
}

/// The windows of a grid: entry o of coarse cell h is fine cell `stride · h + offsets[o]`, modulo the extents if `wrap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Window {
    pub offsets: Vec<Vec<i32>>,
    pub stride: u32,
    pub wrap: bool,
    pub fine: DimId,
    pub coarse: DimId,
}

/// A number that is known when a batch is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// Rows of a dim.
    Rows(DimId),
    /// Rows of a grid in one sample.
    Cells(DimId),
    /// The step that loop k is at.
    Step(u32),
    /// The step that loop k is at times the rows of a dim.
    StepRows(u32, DimId),
    /// How many windows can reach one cell by one offset.
    Overlap(Window),
    /// The rows of the longest list of a map.
    Longest(MapId),
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Run a kernel over all its rows.
    Kernel(usize),
    /// A matrix product.
    Gemm(Box<Gemm>),
    /// A loop over the steps of a time dim.
    Loop(TimeLoop),
    /// Fills the tables of a choice.
    Choose(Choose),
}

impl Step {
    /// Calls `f` on every product among steps, those in loops too.
    pub fn each_product(steps: &[Step], f: &mut impl FnMut(&Gemm)) {
        for step in steps {
            match step {
                Step::Gemm(g) => f(g),
                Step::Loop(l) => Step::each_product(&l.body, f),
                Step::Kernel(_) | Step::Choose(_) => {}
            }
        }
    }
}

/// A choice by the numbers of an array: `chosen` is a dim of choices, `key` has a row for each row of the dim that it chooses from, for
/// every chooser that is no sample (ordered by chooser). The largest number comes first; of equal ones the first row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choose {
    /// Its number, for [`Table::Chosen`].
    pub id: u32,
    /// What is chosen.
    pub chosen: DimId,
    /// The buffer of the numbers.
    pub key: BufferId,
    /// The first of them.
    pub offset: Affine,
}

/// `for t in 0..steps(time)`, or backwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeLoop {
    /// Its number, for [`Size::Step`].
    pub id: u32,
    /// What is run over.
    pub time: DimId,
    /// Descending.
    pub reverse: bool,
    /// Run in every step.
    pub body: Vec<Step>,
}

/// How far a loop of a matrix product runs: `times`, for every row of `dim` if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Extent {
    pub dim: Option<DimId>,
    pub times: usize,
}

/// A matrix in a buffer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// Where it is.
    pub buffer: BufferId,
    /// Its first element.
    pub offset: Affine,
    /// Elements from row to row.
    pub row_stride: usize,
    /// Elements from column to column.
    pub col_stride: usize,
}

/// `c = a · b` for every index of `batch`: `a` is m × k, `b` is k × n.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gemm {
    /// m, n, k.
    pub size: [Extent; 3],
    /// Left argument. With `pack`, the matrix that the kernel writes.
    pub a: Matrix,
    /// Right argument.
    pub b: Matrix,
    /// Result.
    pub c: Matrix,
    /// Outer loops and their strides in a, b, c.
    pub batch: Vec<(Extent, [usize; 3])>,
    /// A kernel that computes `a` tile by tile: `a.buffer` has its home in [`Home::Tile`] and is written row by row. The rows of its
    /// dim are the slow part of m, or of k.
    pub pack: Option<usize>,
}

/// What a kernel runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Space {
    /// The rows of a dim, each cut into `times` parts.
    Rows {
        /// The dim.
        dim: DimId,
        /// The parts of a row.
        times: u32,
    },
    /// A fixed number of rows.
    Fixed(u32),
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Rows(d) => write!(f, "rows(d{})", d.0),
            Size::Cells(d) => write!(f, "cells(d{})", d.0),
            Size::Step(l) => write!(f, "step{l}"),
            Size::StepRows(l, d) => write!(f, "(step{l} * rows(d{}))", d.0),
            Size::Overlap(w) => write!(f, "overlap(d{}, d{})", w.coarse.0, w.fine.0),
            Size::Longest(m) => write!(f, "longest(m{})", m.0),
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Extent { dim: None, times } => write!(f, "{times}"),
            Extent { dim: Some(d), times: 1 } => write!(f, "d{}", d.0),
            Extent { dim: Some(d), times } => write!(f, "(d{} * {times})", d.0),
        }
    }
}

/// A matrix product in one line.
pub fn gemm_text(g: &Gemm, buffers: &[Buffer], sizes: &[Size]) -> String {
    let matrix = |m: &Matrix| {
        let mut at: Vec<String> = m
            .offset
            .terms
            .iter()
            .map(|(s, c)| format!("{c} * {}", sizes[s.0 as usize]))
            .collect();
        if m.offset.offset != 0 || at.is_empty() {
            at.push(format!("{}", m.offset.offset));
        }
        let name = &buffers[m.buffer.0 as usize].name;
        format!("{name}[{}; {}, {}]", at.join(" + "), m.row_stride, m.col_stride)
    };
    let batch: Vec<String> = g.batch.iter().map(|(e, s)| format!("{e} {s:?}")).collect();
    let outer = if batch.is_empty() {
        String::new()
    } else {
        format!(" for {}", batch.join(", "))
    };
    let [m, n, k] = &g.size;
    format!(
        "gemm {m} x {n} x {k}: {} = {} * {}{outer}",
        matrix(&g.c),
        matrix(&g.a),
        matrix(&g.b)
    )
}

impl Plan {
    /// A step in one line.
    pub fn step_name(&self, step: &Step) -> String {
        match step {
            Step::Kernel(k) => format!("kernel {k} {}", self.kernels[*k].name),
            Step::Gemm(g) => gemm_text(g, &self.buffers, &self.sizes),
            Step::Loop(l) => format!("loop {}", l.id),
            Step::Choose(c) => format!("choose {} {}", c.id, self.buffers[c.key.0 as usize].name),
        }
    }
}
