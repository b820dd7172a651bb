//! Constructors of what moves elements: broadcasts, slices, joins, maps between dims, windows.

use super::Builder;
use crate::ir::{Fold, Op, Shape, Value};
use gdl_abi::{DimDef, DimId, MapId};
use gdl_rep::Exact;

/// Grid windows, see [`Op::Window`].
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    /// One number an axis.
    pub offsets: Vec<Vec<i32>>,
    /// Cells of the fine grid a cell of the coarse one.
    pub stride: u32,
    /// Are the borders joined?
    pub wrap: bool,
    /// The grid that is read.
    pub fine: DimId,
    /// The grid of the windows.
    pub coarse: DimId,
}

impl Builder {
    /// Puts the axes of `x` at `axes` of `shape`, constant along the others.
    pub fn broadcast(&mut self, x: Value, shape: Shape, axes: &[u32]) -> Value {
        self.push(Op::Broadcast { x, axes: axes.to_vec() }, shape)
    }

    /// `x` as a value of `shape`, of which its axes are the first ones.
    pub fn expand(&mut self, x: Value, shape: &Shape) -> Value {
        let axes: Vec<u32> = (0..self.shape(x).axes.len() as u32).collect();
        self.broadcast(x, shape.clone(), &axes)
    }

    /// `x` as a value of `shape`, of which its axes are the last ones.
    pub fn expand_last(&mut self, x: Value, shape: &Shape) -> Value {
        let (n, m) = (self.shape(x).axes.len() as u32, shape.axes.len() as u32);
        let axes: Vec<u32> = (m.saturating_sub(n)..m).collect();
        self.broadcast(x, shape.clone(), &axes)
    }

    /// Constant along the rows of `dim`; `x` itself if it has these rows.
    pub fn along(&mut self, x: Value, dim: Option<DimId>) -> Value {
        let shape = Shape {
            dim,
            axes: self.axes(x).to_vec(),
        };
        self.expand(x, &shape)
    }

    /// Axis k of the result is axis `order[k]` of `x`.
    pub fn transpose(&mut self, x: Value, order: &[u32]) -> Value {
        let s = self.shape(x);
        let axes: Vec<u32> = order
            .iter()
            .map(|&k| s.axes.get(k as usize).copied().unwrap_or(0))
            .collect();
        let place = |k| order.iter().position(|&o| o == k).unwrap_or(order.len()) as u32;
        let places: Vec<u32> = (0..s.axes.len() as u32).map(place).collect();
        self.broadcast(x, Shape { dim: s.dim, axes }, &places)
    }

    /// The same elements under other axes.
    pub fn reshape(&mut self, x: Value, axes: &[u32]) -> Value {
        let dim = self.shape(x).dim;
        self.push(Op::Reshape { x }, Shape::new(dim, axes))
    }

    /// `len` entries from `start`.
    pub fn slice(&mut self, x: Value, axis: u32, start: u32, len: u32) -> Value {
        let mut shape = self.shape(x);
        if let Some(n) = shape.axes.get_mut(axis as usize) {
            *n = len;
        }
        self.push(Op::Slice { x, axis, start, len }, shape)
    }

    /// Entry `k` along an axis, which disappears.
    pub fn pick(&mut self, x: Value, axis: u32, k: u32) -> Value {
        let one = self.slice(x, axis, k, 1);
        let mut axes = self.shape(one).axes;
        if (axis as usize) < axes.len() {
            axes.remove(axis as usize);
        }
        self.reshape(one, &axes)
    }

    /// Joined along an axis.
    pub fn concat(&mut self, xs: &[Value], axis: u32) -> Value {
        let mut shape = xs.first().map(|&x| self.shape(x)).unwrap_or_default();
        let length = |x: &Value| self.shape(*x).axes.get(axis as usize).copied().unwrap_or(0);
        let total = xs.iter().map(length).fold(0, u32::saturating_add);
        if let Some(n) = shape.axes.get_mut(axis as usize) {
            *n = total;
        }
        self.push(Op::Concat { xs: xs.to_vec(), axis }, shape)
    }

    /// `x` between zeros along an axis that gets length `len`.
    pub fn pad(&mut self, x: Value, axis: u32, start: u32, len: u32) -> Value {
        let shape = self.shape(x);
        let n = shape.axes.get(axis as usize).copied().unwrap_or(0);
        let zeros = |b: &mut Builder, n: u32| {
            let mut s = shape.clone();
            if let Some(m) = s.axes.get_mut(axis as usize) {
                *m = n;
            }
            b.fill(s, Exact::ZERO)
        };
        let before = zeros(self, start);
        let after = zeros(self, len.saturating_sub(start.saturating_add(n)));
        self.concat(&[before, x, after], axis)
    }

    /// Pullback along a map.
    pub fn gather(&mut self, x: Value, map: MapId) -> Value {
        let shape = Shape {
            dim: self.ends(map).0,
            axes: self.shape(x).axes,
        };
        self.push(Op::Gather { x, map }, shape)
    }

    /// Push-forward along a map.
    pub fn segment(&mut self, op: Fold, x: Value, map: MapId) -> Value {
        let shape = Shape {
            dim: self.ends(map).1,
            axes: self.shape(x).axes,
        };
        self.push(Op::Segment { op, x, map }, shape)
    }

    /// A choice by descending `key`.
    pub fn choose(&mut self, key: Value, chosen: DimId) -> Value {
        self.push(Op::Choose { key, chosen }, Shape::new(Some(chosen), &[]))
    }

    /// `x` at what was chosen.
    pub fn take(&mut self, x: Value, at: Value) -> Value {
        let shape = Shape {
            dim: self.shape(at).dim,
            axes: self.shape(x).axes,
        };
        self.push(Op::Take { x, at }, shape)
    }

    /// The transpose of [`Builder::take`].
    pub fn put(&mut self, x: Value, at: Value) -> Value {
        let of = |d: DimId| match self.domains.dims.get(d.0 as usize) {
            Some(DimDef::Chosen { of, .. }) => Some(*of),
            _ => None,
        };
        let shape = Shape {
            dim: self.shape(at).dim.and_then(of),
            axes: self.shape(x).axes,
        };
        self.push(Op::Put { x, at }, shape)
    }

    /// Windows of a grid signal: `[fine, …]` to `[coarse, k, …]`.
    pub fn window(&mut self, x: Value, spec: &WindowSpec) -> Value {
        let mut axes = vec![spec.offsets.len() as u32];
        axes.extend(self.shape(x).axes);
        let shape = Shape {
            dim: Some(spec.coarse),
            axes,
        };
        self.push(spec.op(x, false), shape)
    }

    /// The adjoint of [`Builder::window`]: `[coarse, k, …]` to `[fine, …]`.
    pub fn window_adjoint(&mut self, x: Value, spec: &WindowSpec) -> Value {
        let axes = self.shape(x).axes.get(1..).unwrap_or_default().to_vec();
        let shape = Shape {
            dim: Some(spec.fine),
            axes,
        };
        self.push(spec.op(x, true), shape)
    }

    /// The identity with derivative zero.
    pub fn detach(&mut self, x: Value) -> Value {
        self.push(Op::Detach { x }, self.shape(x))
    }

    pub(super) fn ends(&self, map: MapId) -> (Option<DimId>, Option<DimId>) {
        if map.0 as usize >= self.domains.maps.len() {
            return (None, None);
        }
        let (from, to) = self.domains.ends(map);
        (Some(from), Some(to))
    }
}

impl WindowSpec {
    fn op(&self, x: Value, transpose: bool) -> Op {
        let WindowSpec {
            offsets,
            stride,
            wrap,
            fine,
            coarse,
        } = self.clone();
        Op::Window {
            x,
            offsets,
            stride,
            wrap,
            transpose,
            fine,
            coarse,
        }
    }
}
