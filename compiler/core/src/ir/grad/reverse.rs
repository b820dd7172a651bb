//! Reverse mode: every node hands the cotangent of its value on to its operands, last node first.

use super::contract::Adjoint;
use super::folds::{spread, weights};
use super::live::live;
use super::scalar::derivative;
use crate::ir::build::Builder;
use crate::ir::simplify::is_zero;
use crate::ir::{Fold, Op, Value};
use std::collections::HashMap;

/// Makes a value of others.
pub(super) type Make = Box<dyn Fn(&mut Builder, &[Value]) -> Value>;

/// A sum over all rows that becomes the cotangent of a value without rows.
pub(super) struct RowSum {
    /// The value without rows.
    pub target: Value,
    /// Values with rows that the sum is made of.
    pub parts: Vec<Value>,
    /// Makes it.
    pub make: Make,
}

/// Reverse mode over the first nodes of a program.
pub(super) struct Reverse<'b> {
    pub b: &'b mut Builder,
    pub live: Vec<bool>,
    /// The number of the first node that hands its cotangent on.
    first: usize,
    cotangents: HashMap<Value, Value>,
    /// Of results of loops.
    pub loop_cotangents: HashMap<(Value, u32), Value>,
    /// In a loop body nothing is summed over rows: the sums are left to whoever made the loop.
    pub postponed: Option<Vec<RowSum>>,
}

impl<'b> Reverse<'b> {
    /// Over the nodes before `end`, with respect to `wrt`.
    pub fn new(b: &'b mut Builder, end: usize, wrt: &[Value], in_loop: bool) -> Reverse<'b> {
        let end = end.min(b.body().nodes.len());
        let live = live(&b.body().nodes[..end], &|v, _| wrt.contains(&v));
        let postponed = in_loop.then(Vec::new);
        Reverse {
            b,
            live,
            first: 0,
            cotangents: HashMap::new(),
            loop_cotangents: HashMap::new(),
            postponed,
        }
    }

    /// The cotangents of `wrt`.
    pub fn run(mut self, seeds: &[(Value, Value)], wrt: &[Value]) -> Vec<Value> {
        self.spread(seeds);
        wrt.iter().map(|&v| self.cotangent(v)).collect()
    }

    /// Goes through all nodes.
    pub fn spread(&mut self, seeds: &[(Value, Value)]) {
        for &(v, c) in seeds {
            self.give(v, c);
        }
        for k in (self.first..self.live.len()).rev() {
            let v = Value(k as u32);
            if !self.live[k] {
                continue;
            }
            self.b.origin = self.b.body().nodes[k].origin;
            match self.b.op(v).clone() {
                Op::Scan(scan) => self.scan(v, &scan),
                op => {
                    if let Some(g) = self.cotangents.get(&v).copied() {
                        self.node(&op, v, g);
                    }
                }
            }
        }
        self.b.origin = u32::MAX;
    }

    /// Cotangents of the nodes before `first`, from seeds at any nodes: a pass over the nodes from `first` on.
    pub fn back_to(&mut self, first: usize, seeds: &[(Value, Value)]) -> Vec<(Value, Value)> {
        let end = self.b.body().nodes.len();
        let known = &self.live;
        let is_seed = |v: Value| (v.0 as usize) < first && known[v.0 as usize];
        let live = live(&self.b.body().nodes[..end], &|v, _| is_seed(v));
        let mut later = Reverse {
            b: &mut *self.b,
            live,
            first,
            cotangents: HashMap::new(),
            loop_cotangents: HashMap::new(),
            postponed: None,
        };
        later.spread(seeds);
        let mut found: Vec<(Value, Value)> = later
            .cotangents
            .into_iter()
            .filter(|(v, _)| (v.0 as usize) < first)
            .collect();
        found.sort_unstable();
        found
    }

    /// The cotangent of a value, zeros if there is none.
    pub fn cotangent(&mut self, v: Value) -> Value {
        match self.cotangents.get(&v) {
            Some(c) => *c,
            None => self.b.zeros_like(v),
        }
    }

    /// Adds to the cotangent of a value.
    pub fn give(&mut self, v: Value, c: Value) {
        if !self.live.get(v.0 as usize).is_some_and(|l| *l) || is_zero(self.b, c) {
            return;
        }
        let sum = match self.cotangents.get(&v) {
            Some(&old) => self.b.add(old, c),
            None => c,
        };
        self.cotangents.insert(v, sum);
    }

    /// Adds a sum over rows to the cotangent of a value without rows.
    pub fn give_rows(&mut self, sum: RowSum) {
        match &mut self.postponed {
            Some(list) => list.push(sum),
            None => {
                let c = (sum.make)(self.b, &sum.parts);
                self.give(sum.target, c);
            }
        }
    }

    fn is_live(&self, v: Value) -> bool {
        self.live[v.0 as usize]
    }

    /// Hands the cotangent `g` of node `v` on.
    fn node(&mut self, op: &Op, v: Value, g: Value) {
        match op {
            Op::Map { f, args } => {
                for (k, &x) in args.iter().enumerate() {
                    if self.is_live(x)
                        && let Some(c) = derivative(self.b, *f, args, v, k, g)
                    {
                        self.give(x, c);
                    }
                }
            }
            Op::Broadcast { x, axes } => self.broadcast(*x, axes, g),
            Op::Reshape { x } => {
                let axes = self.b.shape(*x).axes;
                let c = self.b.reshape(g, &axes);
                self.give(*x, c);
            }
            Op::Slice { x, axis, start, .. } => {
                let n = self.b.shape(*x).axes[*axis as usize];
                let c = self.b.pad(g, *axis, *start, n);
                self.give(*x, c);
            }
            Op::Concat { xs, axis } => {
                let mut start = 0;
                for &x in xs {
                    let n = self.b.shape(x).axes[*axis as usize];
                    if self.is_live(x) {
                        let c = self.b.slice(g, *axis, start, n);
                        self.give(x, c);
                    }
                    start += n;
                }
            }
            Op::Contract { .. } => {
                for adjoint in Adjoint::both(self.b, op) {
                    self.contract(adjoint, g);
                }
            }
            Op::Reduce { x, .. } | Op::Segment { x, .. } => {
                let g = spread(self.b, op, g);
                let c = match weights(self.b, op, v) {
                    Some(w) => self.b.mul(g, w),
                    None => g,
                };
                self.give(*x, c);
            }
            Op::Gather { x, map } => {
                let c = self.b.segment(Fold::Sum, g, *map);
                self.give(*x, c);
            }
            Op::Take { x, at } => {
                let c = self.b.put(g, *at);
                self.give(*x, c);
            }
            Op::Put { x, at } => {
                let c = self.b.take(g, *at);
                self.give(*x, c);
            }
            Op::Total { x } => {
                let shape = self.b.shape(*x);
                let c = self.b.expand(g, &shape);
                self.give(*x, c);
            }
            Op::Window { x, .. } => {
                let shape = self.b.shape(*x);
                let mut adjoint = op.with_operands(|_| g);
                if let Op::Window { transpose, .. } = &mut adjoint {
                    *transpose = !*transpose;
                }
                let c = self.b.push(adjoint, shape);
                self.give(*x, c);
            }
            Op::Proj { scan, k } => {
                self.loop_cotangents.insert((*scan, *k), g);
            }
            Op::Input(_)
            | Op::Param(_)
            | Op::Arg(_)
            | Op::Const(_)
            | Op::Fill(_)
            | Op::Compare { .. }
            | Op::Position
            | Op::Choose { .. }
            | Op::Scan(_)
            | Op::Detach { .. } => {}
        }
    }

    /// Sums over the axes along which `x` was constant, and over the rows if it has none.
    fn broadcast(&mut self, x: Value, axes: &[u32], g: Value) {
        let count = self.b.shape(g).axes.len() as u32;
        let summed: Vec<u32> = (0..count).filter(|k| !axes.contains(k)).collect();
        let sum = self.b.sum_axes(g, &summed);
        let rank = |k: &u32| axes.iter().filter(|&j| j < k).count() as u32;
        let order: Vec<u32> = axes.iter().map(rank).collect();
        let c = self.b.transpose(sum, &order);
        if self.b.shape(x).dim == self.b.shape(c).dim {
            self.give(x, c);
        } else {
            self.give_rows(RowSum {
                target: x,
                parts: vec![c],
                make: Box::new(|b, parts| b.total(parts[0])),
            });
        }
    }

    fn contract(&mut self, adjoint: Adjoint, g: Value) {
        let (target, other) = (adjoint.target, adjoint.other);
        if !self.is_live(target) {
            return;
        }
        let has_rows = |v: Value| self.b.shape(v).dim.is_some();
        if has_rows(g) && !has_rows(target) {
            let make = Box::new(move |b: &mut Builder, parts: &[Value]| adjoint.apply(b, parts[0], parts[1]));
            self.give_rows(RowSum {
                target,
                parts: vec![g, other],
                make,
            });
        } else {
            let c = adjoint.apply(self.b, g, other);
            self.give(target, c);
        }
    }
}
