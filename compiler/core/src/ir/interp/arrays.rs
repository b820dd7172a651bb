//! The work of single nodes on plain arrays.

use super::Algebra;
use crate::ir::verify::{is_stacked, rank, show};
use crate::ir::{Fold, Op, Scalar, Shape};
use gdl_abi::{DimDef, DimId, Domains, Instance, MapId};
use std::rc::Rc;

/// The largest array that is computed.
const MAX_ELEMENTS: usize = 1 << 32;

/// The sizes and maps of a batch.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) domains: &'a Domains,
    pub(super) instance: &'a Instance,
}

impl<'a> Rows<'a> {
    /// Checks that the instance is one of these domains.
    pub fn new(domains: &'a Domains, instance: &'a Instance) -> Result<Rows<'a>, String> {
        let dims = domains.dims.len();
        let lists = [instance.rows.len(), instance.extents.len(), instance.sample_ptr.len()];
        if lists != [dims; 3] || instance.maps.len() != domains.maps.len() {
            return Err("the sizes are those of another program".into());
        }
        for k in 0..dims {
            check_dim(domains, instance, DimId(k as u32)).map_err(|e| format!("dim d{k}: {e}"))?;
        }
        for (k, data) in instance.maps.iter().enumerate() {
            let (from, to) = domains.ends(MapId(k as u32));
            let targets = instance.rows[to.0 as usize];
            if data.index.len() != instance.rows[from.0 as usize] || data.index.iter().any(|&r| r as usize >= targets) {
                return Err(format!("map m{k} does not lead from dim d{} to dim d{}", from.0, to.0));
            }
        }
        Ok(Rows { domains, instance })
    }

    /// Rows of a dim.
    pub fn rows(&self, d: DimId) -> usize {
        self.instance.rows[d.0 as usize]
    }

    /// Rows of a shape; 1 without dim.
    pub fn count(&self, s: &Shape) -> usize {
        s.dim.map_or(1, |d| self.rows(d))
    }

    /// Elements of a shape.
    pub fn len(&self, s: &Shape) -> usize {
        self.count(s) * s.row_len()
    }

    /// Checks that an array of this shape can be held.
    pub fn check_len(&self, s: &Shape) -> Result<(), String> {
        self.check_steps(1, s)
    }

    /// Checks that as many arrays of this shape as there are steps can be held.
    pub fn check_steps(&self, steps: usize, s: &Shape) -> Result<(), String> {
        let rows = self.count(s).checked_mul(steps);
        match rows.and_then(|n| n.checked_mul(s.row_len())) {
            Some(n) if n <= MAX_ELEMENTS => Ok(()),
            _ => Err(format!(
                "{} with {} rows, {steps} times, is too large",
                show(s),
                self.count(s)
            )),
        }
    }

    /// The largest number of steps that a sample has.
    pub fn steps(&self, time: DimId) -> usize {
        self.instance.steps(time)
    }

    /// The number of steps of every sample.
    pub fn step_counts(&self, time: DimId) -> Vec<usize> {
        self.instance.sample_ptr[time.0 as usize]
            .windows(2)
            .map(|w| (w[1] - w[0]) as usize)
            .collect()
    }

    /// The images of all rows.
    pub fn map(&self, m: MapId) -> &'a [u32] {
        &self.instance.maps[m.0 as usize].index
    }

    /// The sample of every row.
    pub fn samples(&self, d: DimId) -> Vec<u32> {
        match self.domains.dim_def(d) {
            DimDef::Stacked { of, .. } => {
                let inner = self.samples(*of);
                (0..self.rows(d)).map(|k| inner[k % inner.len()]).collect()
            }
            _ => {
                let ptr = &self.instance.sample_ptr[d.0 as usize];
                let of_sample = |(s, w): (usize, &[u32])| std::iter::repeat_n(s as u32, (w[1] - w[0]) as usize);
                ptr.windows(2).enumerate().flat_map(of_sample).collect()
            }
        }
    }

    /// The position of every row within its sample.
    pub fn positions(&self, d: DimId) -> Vec<u32> {
        if is_stacked(self.domains, d) {
            return Vec::new();
        }
        self.instance.sample_ptr[d.0 as usize]
            .windows(2)
            .flat_map(|w| 0..w[1] - w[0])
            .collect()
    }

    /// The positions of the images of all rows of `d` under a map, or of the rows themselves.
    pub fn image_positions(&self, d: DimId, map: Option<MapId>) -> Vec<u32> {
        match map {
            None => self.positions(d),
            Some(m) => {
                let at = self.positions(self.domains.ends(m).1);
                self.map(m).iter().map(|&k| at[k as usize]).collect()
            }
        }
    }

    /// Calls `f(window entry, fine row)` for all entries of all windows that lie inside the grid.
    pub fn windows(&self, op: &Op, mut f: impl FnMut(usize, usize)) {
        let Op::Window {
            offsets,
            stride,
            wrap,
            fine,
            coarse,
            ..
        } = op
        else {
            return;
        };
        let [fine, coarse] = [fine, coarse].map(|d| &self.instance.extents[d.0 as usize]);
        for row in 0..self.instance.rows[0] * product(coarse) {
            let (sample, at) = (row / product(coarse), row % product(coarse));
            for (o, offset) in offsets.iter().enumerate() {
                if let Some(cell) = read_cell(at, coarse, fine, offset, *stride, *wrap) {
                    f(row * offsets.len() + o, sample * product(fine) + cell);
                }
            }
        }
    }
}

/// Checks the sizes of a dim against each other.
fn check_dim(domains: &Domains, instance: &Instance, d: DimId) -> Result<(), String> {
    let k = d.0 as usize;
    let (rows, ptr, samples) = (instance.rows[k], &instance.sample_ptr[k], instance.rows[0]);
    if let DimDef::Stacked { time, of } = domains.dim_def(d) {
        let want = instance.steps(*time).checked_mul(instance.rows[of.0 as usize]);
        return if want == Some(rows) {
            Ok(())
        } else {
            Err(format!("{rows} rows are not steps times rows"))
        };
    }
    let ascends = ptr.first() == Some(&0) && ptr.windows(2).all(|w| w[0] <= w[1]);
    if ptr.len() != samples + 1 || !ascends || ptr[samples] as usize != rows {
        return Err(format!("its offsets do not divide {rows} rows among {samples} samples"));
    }
    if let Some(rank) = rank(domains, d) {
        let extents = &instance.extents[k];
        let cells = extents.iter().try_fold(samples, |n, &e| n.checked_mul(e as usize));
        if extents.len() != rank || extents.contains(&0) || cells != Some(rows) {
            return Err(format!("its extents are {extents:?}"));
        }
    }
    Ok(())
}

/// The cell of the fine grid at an offset from a cell of the coarse one.
fn read_cell(mut at: usize, coarse: &[u32], fine: &[u32], offset: &[i32], stride: u32, wrap: bool) -> Option<usize> {
    let (mut cell, mut unit) = (0, 1);
    for k in (0..fine.len()).rev() {
        let (n, m) = (i64::from(fine[k]), coarse[k] as usize);
        let position = (at % m) as i64 * i64::from(stride) + i64::from(offset[k]);
        at /= m;
        let inside = if wrap { position.rem_euclid(n) } else { position };
        if !(0..n).contains(&inside) {
            return None;
        }
        cell += inside as usize * unit;
        unit *= n as usize;
    }
    Some(cell)
}

/// The product of extents.
pub(super) fn product(axes: &[u32]) -> usize {
    axes.iter().map(|&n| n as usize).product()
}

pub(super) fn map<A: Algebra>(alg: &A, f: Scalar, args: &[Rc<Vec<A::S>>], len: usize) -> Vec<A::S> {
    match args {
        [x] => x.iter().map(|&x| alg.scalar(f, &[x])).collect(),
        [x, y] => x.iter().zip(y.iter()).map(|(&x, &y)| alg.scalar(f, &[x, y])).collect(),
        _ => {
            let at = |k: usize| args.iter().map(|x| x[k]).collect::<Vec<A::S>>();
            (0..len).map(|k| alg.scalar(f, &at(k))).collect()
        }
    }
}

pub(super) fn broadcast<S: Copy>(x: &[S], from: &Shape, n: usize, axes: &[u32], to: &Shape) -> Vec<S> {
    let mut steps = vec![0; to.axes.len()];
    for (&k, step) in axes.iter().zip(row_steps(&from.axes)) {
        steps[k as usize] = step;
    }
    let row = if from.dim.is_some() { from.row_len() } else { 0 };
    let mut out = Vec::with_capacity(n * to.row_len());
    let mut loops = vec![Loop { count: n, steps: [row] }];
    loops.extend(to.axes.iter().zip(steps).map(|(&count, s)| Loop {
        count: count as usize,
        steps: [s],
    }));
    walk(&loops, [0], &mut |[k]| out.push(x[k]));
    out
}

pub(super) fn reduce<A: Algebra>(alg: &A, fold: Fold, x: &[A::S], [outer, n, inner]: [usize; 3]) -> Vec<A::S> {
    let mut out = vec![alg.empty(fold); outer * inner];
    for i in 0..outer {
        for k in 0..n {
            for j in 0..inner {
                let at = i * inner + j;
                out[at] = alg.fold(fold, out[at], x[(i * n + k) * inner + j]);
            }
        }
    }
    out
}

pub(super) fn segment<A: Algebra>(alg: &A, fold: Fold, x: &[A::S], index: &[u32], m: usize, rows: usize) -> Vec<A::S> {
    let mut out = vec![alg.empty(fold); rows * m];
    for (row, &to) in index.iter().enumerate() {
        for k in 0..m {
            let at = to as usize * m + k;
            out[at] = alg.fold(fold, out[at], x[row * m + k]);
        }
    }
    out
}

/// Sum of products over `n` rows. The letters of the result come first, so that it is written in order.
pub(super) fn contract<A: Algebra>(
    alg: &A,
    [a, b]: [&[A::S]; 2],
    shapes: [&Shape; 3],
    letters: [&[u8]; 3],
    n: usize,
) -> Vec<A::S> {
    let row_step = |s: &Shape| if s.dim.is_some() { s.row_len() } else { 0 };
    let mut loops = vec![Loop {
        count: n,
        steps: shapes.map(row_step),
    }];
    let mut order: Vec<u8> = letters[2].to_vec();
    for &l in letters[0].iter().chain(letters[1]) {
        if !order.contains(&l) {
            order.push(l);
        }
    }
    for l in order {
        let mut count = 0;
        let mut steps = [0; 3];
        for (k, step) in steps.iter_mut().enumerate() {
            let places = letters[k].iter().zip(&shapes[k].axes).zip(row_steps(&shapes[k].axes));
            for ((_, &extent), s) in places.filter(|((x, _), _)| **x == l) {
                count = extent as usize;
                *step += s;
            }
        }
        loops.push(Loop { count, steps });
    }
    let rows = if shapes[2].dim.is_some() { n } else { 1 };
    let mut out = vec![alg.empty(Fold::Sum); rows * shapes[2].row_len()];
    walk(&loops, [0; 3], &mut |[i, j, k]| {
        let product = alg.scalar(Scalar::Mul, &[a[i], b[j]]);
        out[k] = alg.scalar(Scalar::Add, &[out[k], product]);
    });
    out
}

/// How far apart neighbours along every axis lie within a row.
fn row_steps(axes: &[u32]) -> Vec<usize> {
    (0..axes.len()).map(|k| product(&axes[k + 1..])).collect()
}

/// A loop that moves N positions.
struct Loop<const N: usize> {
    count: usize,
    steps: [usize; N],
}

/// Nested loops, the first outermost.
fn walk<const N: usize>(loops: &[Loop<N>], mut at: [usize; N], f: &mut impl FnMut([usize; N])) {
    let Some((first, inner)) = loops.split_first() else {
        return f(at);
    };
    for _ in 0..first.count {
        walk(inner, at, f);
        for (x, step) in at.iter_mut().zip(first.steps) {
            *x += step;
        }
    }
}
