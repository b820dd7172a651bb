//! The work of single nodes on plain arrays.

use super::Algebra;
use crate::ir::verify::is_stacked;
use crate::ir::{Fold, Op, Scalar, Shape};
use gdl_abi::{DimDef, DimId, Domains, Instance, MapId};
use std::rc::Rc;

/// The sizes and maps of a batch.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    domains: &'a Domains,
    instance: &'a Instance,
}

impl<'a> Rows<'a> {
    /// Checks that the instance is one of these domains.
    pub fn new(domains: &'a Domains, instance: &'a Instance) -> Result<Rows<'a>, String> {
        let dims = domains.dims.len();
        let lists = [instance.rows.len(), instance.extents.len(), instance.sample_ptr.len()];
        if lists != [dims; 3] || instance.maps.len() != domains.maps.len() {
            return Err("the sizes are those of another program".into());
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
        let cells = |e: &[u32]| product(e);
        for row in 0..self.instance.rows[0] * cells(coarse) {
            let (sample, at) = (row / cells(coarse), row % cells(coarse));
            for (o, offset) in offsets.iter().enumerate() {
                if let Some(cell) = read_cell(at, coarse, fine, offset, *stride, *wrap) {
                    f(row * offsets.len() + o, sample * cells(fine) + cell);
                }
            }
        }
    }
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

pub(super) fn map<A: Algebra>(f: Scalar, args: &[Rc<Vec<A>>], len: usize) -> Vec<A> {
    match args {
        [x] => x.iter().map(|&x| A::apply(f, &[x])).collect(),
        [x, y] => x.iter().zip(y.iter()).map(|(&x, &y)| A::apply(f, &[x, y])).collect(),
        _ => {
            let at = |k: usize| args.iter().map(|x| x[k]).collect::<Vec<A>>();
            (0..len).map(|k| A::apply(f, &at(k))).collect()
        }
    }
}

pub(super) fn broadcast<A: Algebra>(x: &[A], from: &Shape, n: usize, axes: &[u32], to: &Shape) -> Vec<A> {
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

pub(super) fn reduce<A: Algebra>(fold: Fold, x: &[A], [outer, n, inner]: [usize; 3]) -> Vec<A> {
    let mut out = vec![A::empty(fold); outer * inner];
    for i in 0..outer {
        for k in 0..n {
            for j in 0..inner {
                let at = i * inner + j;
                out[at] = A::fold(fold, out[at], x[(i * n + k) * inner + j]);
            }
        }
    }
    out
}

pub(super) fn segment<A: Algebra>(fold: Fold, x: &[A], index: &[u32], m: usize, rows: usize) -> Vec<A> {
    let mut out = vec![A::empty(fold); rows * m];
    for (row, &to) in index.iter().enumerate() {
        for k in 0..m {
            let at = to as usize * m + k;
            out[at] = A::fold(fold, out[at], x[row * m + k]);
        }
    }
    out
}

/// Sum of products over `n` rows. The letters of the result come first, so that it is written in order.
pub(super) fn contract<A: Algebra>([a, b]: [&[A]; 2], shapes: [&Shape; 3], letters: [&[u8]; 3], n: usize) -> Vec<A> {
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
    let mut out = vec![A::empty(Fold::Sum); rows * shapes[2].row_len()];
    walk(&loops, [0; 3], &mut |[i, j, k]| out[k] = out[k].add(a[i].mul(b[j])));
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
