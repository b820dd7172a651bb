//! Decides for every value of a body whether it is computed where it is used or stored.
//!
//! Before: any body. After: every value has a [`Place`]; reductions, loops and results have memory, and a value that is computed
//! in place is either an index away from memory or cheap for the number of times it is computed.

use super::contract::{OneHot, Role, Roles};
use super::view::strided_chain;
use crate::loop_ir::scalar_cost;
use gdl_abi::Dtype;
use gdl_core::ir::{Body, Fold, Func, Op, Shape, Value};

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Computed where it is used.
    Inline,
    /// In memory from the start: inputs, parameters, arguments and results of loops.
    Given,
    /// Computed once, by a kernel.
    Row,
    /// Computed once, by a matrix product.
    Gemm,
    /// A loop over time.
    Loop,
    /// Tables that a choice fills.
    Choice,
}

/// A value whose recomputation costs more than this many additions is stored.
const RECOMPUTE: f64 = 6.0;
/// Inlined expressions stay below this many additions.
const INLINE: f64 = 160.0;
/// Sums that are written out stay below this many additions.
const SHORT: f64 = 64.0;
/// Sums of more terms than this are loops.
const TERMS: usize = 8;
/// Sums of this many neighbours are vectors.
const VECTOR: usize = 4;
/// How many more rows a pullback is taken to have than its argument.
const FAN_OUT: f64 = 8.0;

/// The places of all values of a body.
pub fn place(func: &Func, body: &Body) -> Vec<Place> {
    let mut p = Placing {
        func,
        body,
        times: vec![0.0; body.nodes.len()],
        forced: vec![false; body.nodes.len()],
        cost: inline_costs(func, body),
    };
    body.results.iter().for_each(|v| p.times[v.0 as usize] += 1.0);
    let mut places = vec![Place::Inline; body.nodes.len()];
    for k in (0..body.nodes.len()).rev() {
        let v = Value(k as u32);
        places[k] = p.place(v);
        let times = if places[k] == Place::Inline { p.times[k] } else { 1.0 };
        if p.times[k] > 0.0 || p.forced[k] {
            p.charge(v, places[k], times);
        } else {
            // Nobody reads it.
            places[k] = Place::Inline;
        }
    }
    places
}

struct Placing<'a> {
    func: &'a Func,
    body: &'a Body,
    /// How often every element is computed, if not stored.
    times: Vec<f64>,
    forced: Vec<bool>,
    cost: Vec<f64>,
}

impl Placing<'_> {
    fn place(&self, v: Value) -> Place {
        let node = &self.body.nodes[v.0 as usize];
        match &node.op {
            Op::Input(k) if matches!(self.func.inputs[*k as usize].dtype, Dtype::Class(_)) => self.inline_or_row(v),
            Op::Input(_) | Op::Param(_) | Op::Arg(_) | Op::Proj { .. } => Place::Given,
            Op::Const(_) | Op::Fill(_) if !self.forced[v.0 as usize] => Place::Inline,
            Op::Contract { .. } => match Roles::of(self.body, v) {
                Some(roles) if roles.suits_gemm() && !super::sparse::is_sparse(self.body, v) => Place::Gemm,
                _ => self.short_or_row(v),
            },
            Op::Reduce { .. } => self.short_or_row(v),
            Op::Segment { .. } if counted(self.body, v).is_some() => self.inline_or_row(v),
            Op::Segment { .. } | Op::Put { .. } | Op::Total { .. } | Op::Window { transpose: true, .. } => Place::Row,
            Op::Scan(_) => Place::Loop,
            Op::Choose { .. } => Place::Choice,
            _ => self.inline_or_row(v),
        }
    }

    fn inline_or_row(&self, v: Value) -> Place {
        let k = v.0 as usize;
        let (times, cost) = (self.times[k], self.cost[k]);
        let own_work = matches!(self.body.nodes[k].op, Op::Map { .. });
        let recomputed = own_work && (times - 1.0) * cost > RECOMPUTE;
        if self.forced[k] || recomputed || cost > INLINE {
            Place::Row
        } else {
            Place::Inline
        }
    }

    /// Short sums are written out where they are used, if that is once.
    fn short_or_row(&self, v: Value) -> Place {
        let k = v.0 as usize;
        let short = terms(self.func, self.body, v).is_some() && self.cost[k] <= SHORT;
        let often = self.times[k] > 1.0 && self.cost[k] > 2.0;
        if self.forced[k] || often || !short {
            Place::Row
        } else {
            Place::Inline
        }
    }

    fn use_of(&mut self, x: Value, times: f64) {
        self.times[x.0 as usize] += times;
    }

    /// Charges the arguments of a value that is computed `times` times.
    fn charge(&mut self, v: Value, place: Place, times: f64) {
        let node = &self.body.nodes[v.0 as usize];
        match &node.op {
            Op::Map { args, .. } => args.iter().for_each(|&x| self.use_of(x, times)),
            Op::Broadcast { x, .. } => {
                let more = spread(&node.shape, self.shape(*x));
                self.use_of(*x, times * more);
            }
            Op::Reshape { x } | Op::Slice { x, .. } | Op::Detach { x } | Op::Reduce { x, .. } | Op::Total { x } => {
                self.use_of(*x, times)
            }
            Op::Concat { xs, .. } => xs.iter().for_each(|&x| self.use_of(x, times)),
            Op::Gather { x, .. } => self.use_of(*x, times * FAN_OUT),
            Op::Take { x, at } => {
                self.use_of(*x, times * FAN_OUT);
                self.use_of(*at, 1.0);
            }
            Op::Segment { x, .. } => self.use_of(*x, times),
            Op::Put { x, at } => {
                self.use_of(*x, times);
                self.use_of(*at, 1.0);
            }
            Op::Choose { key, .. } => {
                self.use_of(*key, 1.0);
                self.forced[key.0 as usize] = true;
            }
            Op::Window {
                x, offsets, transpose, ..
            } => self.use_of(*x, times * if *transpose { 1.0 } else { offsets.len() as f64 }),
            Op::Contract { a, b, .. } if place == Place::Gemm => self.charge_gemm(v, *a, *b),
            Op::Contract { a, b, .. } => {
                let points = Roles::of(self.body, v).map_or(16.0, |r| r.points());
                for x in [*a, *b] {
                    let own = self.shape(x).row_len().max(1) as f64;
                    let dim_spread = if self.shape(x).dim.is_none() && self.has_rows(*a, *b) {
                        1000.0
                    } else {
                        1.0
                    };
                    self.use_of(x, times * (points / own).max(1.0) * dim_spread);
                }
            }
            Op::Proj { scan, .. } => self.use_of(*scan, 1.0),
            Op::Scan(scan) => {
                for &x in scan.xs.iter().chain(&scan.captures) {
                    self.use_of(x, 1.0);
                    self.forced[x.0 as usize] |=
                        !matches!(self.body.nodes[x.0 as usize].op, Op::Const(_) | Op::Fill(_));
                }
                scan.init.iter().for_each(|&x| self.use_of(x, 1.0));
                // Stacked arguments are read at a step: they must lie in memory.
                scan.xs.iter().for_each(|x| self.forced[x.0 as usize] = true);
            }
            Op::Input(_)
            | Op::Param(_)
            | Op::Arg(_)
            | Op::Const(_)
            | Op::Fill(_)
            | Op::Compare { .. }
            | Op::Position => {}
        }
    }

    fn has_rows(&self, a: Value, b: Value) -> bool {
        self.shape(a).dim.is_some() || self.shape(b).dim.is_some()
    }

    fn shape(&self, v: Value) -> &Shape {
        &self.body.nodes[v.0 as usize].shape
    }

    /// One argument of a matrix product may be computed tile by tile, if it has rows; others must lie in memory.
    fn charge_gemm(&mut self, v: Value, a: Value, b: Value) {
        let Some(roles) = Roles::of(self.body, v) else { return };
        let mut elsewhere = Vec::new();
        for x in [a, b] {
            self.use_of(x, 1.0);
            let (end, strided) = strided_chain(self.body, x);
            if !(strided && self.will_be_stored(end)) {
                elsewhere.push((x, end, strided));
            }
        }
        // Windows and pullbacks rather than arithmetic, which others may want too.
        let computes = |end: Value| matches!(self.body.nodes[end.0 as usize].op, Op::Map { .. });
        let packed = elsewhere
            .iter()
            .filter(|(x, ..)| roles.can_pack(*x == a))
            .min_by_key(|(_, end, _)| computes(*end))
            .map(|(x, ..)| *x);
        for (x, end, strided) in elsewhere {
            if Some(x) == packed {
                continue;
            }
            let own_memory = !strided || matches!(self.body.nodes[end.0 as usize].op, Op::Input(_));
            self.forced[if own_memory { x } else { end }.0 as usize] = true;
        }
    }

    fn will_be_stored(&self, v: Value) -> bool {
        self.forced[v.0 as usize] || !matches!(self.place(v), Place::Inline)
    }
}

/// What every row adds where a push-forward sums the same number for all: the result is a multiple of the lengths of lists.
pub fn counted(body: &Body, v: Value) -> Option<f64> {
    match body.nodes[v.0 as usize].op {
        Op::Segment { op: Fold::Sum, x, .. } => match &body.nodes[x.0 as usize].op {
            Op::Fill(c) => Some(c.f),
            _ => None,
        },
        _ => None,
    }
}

/// How many elements of a result read one element of the argument.
fn spread(to: &Shape, from: &Shape) -> f64 {
    let rows = if to.dim.is_some() && from.dim.is_none() {
        1000.0
    } else {
        1.0
    };
    rows * to.row_len() as f64 / from.row_len().max(1) as f64
}

/// The number of terms of a reduction or contraction that is short enough to be written out.
pub fn terms(func: &Func, body: &Body, v: Value) -> Option<usize> {
    let node = &body.nodes[v.0 as usize];
    let dim = |x: &Value| body.nodes[x.0 as usize].shape.dim;
    let n = match &node.op {
        Op::Reduce { x, axis, .. } => {
            let axes = &body.nodes[x.0 as usize].shape.axes;
            let n = axes[*axis as usize] as usize;
            // Along memory, vectors are better.
            if *axis as usize + 1 == axes.len() && n >= VECTOR {
                return None;
            }
            n
        }
        Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } if node.shape.dim.is_some() || dim(a).or(dim(b)).is_none() => {
            if OneHot::of(func, body, v).is_some() {
                return Some(1);
            }
            if [a, b]
                .iter()
                .any(|x| matches!(body.nodes[x.0 as usize].op, Op::Const(_)))
            {
                return None;
            }
            let roles = Roles::of(body, v)?;
            let along = a_axes.last() == b_axes.last() && a_axes.last().is_some_and(|l| !out_axes.contains(l));
            if along && roles.extent(Role::K) >= VECTOR {
                return None;
            }
            roles.extent(Role::K) * roles.extent(Role::Alone)
        }
        _ => return None,
    };
    (n <= TERMS).then_some(n)
}

/// What one element costs if nothing below is stored but long reductions.
fn inline_costs(func: &Func, body: &Body) -> Vec<f64> {
    let mut costs: Vec<f64> = Vec::with_capacity(body.nodes.len());
    for (k, node) in body.nodes.iter().enumerate() {
        let of = |v: &Value| costs[v.0 as usize];
        let short = || terms(func, body, Value(k as u32)).map(|n| n as f64);
        let cost = match &node.op {
            Op::Map { f, args } => scalar_cost(*f) + args.iter().map(of).sum::<f64>(),
            Op::Broadcast { x, .. } | Op::Reshape { x } | Op::Slice { x, .. } | Op::Detach { x } => of(x),
            // What is read at many rows is stored, if it is work at all.
            Op::Gather { x, .. }
            | Op::Take { x, .. }
            | Op::Window {
                x, transpose: false, ..
            } => of(x).min(1.0) + 1.0,
            Op::Concat { xs, .. } => xs.iter().map(of).fold(0.0, f64::max) + xs.len() as f64,
            Op::Reduce { x, .. } => short().map_or(1.0, |n| n * (1.0 + of(x))),
            Op::Contract { a, b, .. } => short().map_or(1.0, |n| n * (1.0 + of(a) + of(b))),
            Op::Const(_) | Op::Fill(_) => 0.0,
            _ => 1.0,
        };
        costs.push(cost.min(1e6));
    }
    costs
}
