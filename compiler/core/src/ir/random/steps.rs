//! The steps of random programs.

use super::{Bounded, Options, Rng, World};
use crate::ir::build::WindowSpec;
use crate::ir::{Builder, Cmp, Fold, Scalar, Shape, Value};
use gdl_abi::{DimId, Dtype, SAMPLES};
use gdl_rep::Exact;

/// More rows than any dim has.
const ROWS: f64 = 32.0;
/// What elements of values may reach.
const LIMIT: f64 = 3.0;
/// Elements a row of a value may have.
const ROW_LEN: usize = 27;

/// A program or a loop body that grows step by step.
pub(super) struct Steps<'a> {
    pub(super) b: &'a mut Builder,
    pub(super) rng: &'a mut Rng,
    pub(super) world: &'a World,
    pub(super) options: Options,
    pub(super) pool: Vec<Bounded>,
    /// How many loops are around.
    pub(super) depth: usize,
}

impl<'a> Steps<'a> {
    pub fn new(b: &'a mut Builder, rng: &'a mut Rng, world: &'a World, options: Options) -> Steps<'a> {
        Steps {
            b,
            rng,
            world,
            options,
            pool: Vec::new(),
            depth: 0,
        }
    }

    /// A few inputs and parameters.
    pub fn leaves(&mut self) {
        for dim in [self.world.nodes, self.world.edges, SAMPLES] {
            let axes = self.axes();
            self.input(dim, &axes, None);
        }
        if self.options.grids {
            self.input(self.world.grid, &[2], None);
        }
        if self.rng.once_in(3) {
            self.input(self.world.nodes, &[], Some(3));
        }
        for _ in 0..3 {
            let axes = self.axes();
            self.param(&axes);
        }
    }

    /// The loss and some values.
    pub fn outputs(mut self) -> Vec<(String, Value)> {
        let mut list: Vec<Value> = self.pool.iter().rev().take(4).map(|(v, _)| *v).collect();
        list.push(self.any().0);
        let mut loss = self.b.scalar(Exact::ZERO);
        for v in &list {
            let bent = if self.options.analytic {
                self.b.map1(Scalar::Sin, *v)
            } else {
                *v
            };
            let rows = if self.b.shape(bent).dim.is_some() {
                self.b.total(bent)
            } else {
                bent
            };
            let n = self.b.shape(rows).row_len() as u32;
            let flat = self.b.reshape(rows, &[n]);
            let weights = (0..n).map(|_| self.rng.exact()).collect();
            let weights = self.b.constant(&[n], weights);
            let sum = self.b.contract(flat, weights, "a,a->");
            loss = self.b.add(loss, sum);
        }
        let mut outputs = vec![("loss".to_string(), loss)];
        outputs.extend(list.into_iter().enumerate().map(|(k, v)| (format!("y{k}"), v)));
        outputs
    }

    /// One more value.
    pub fn step(&mut self) {
        match self.rng.below(18) {
            0..=2 => self.arithmetic(),
            3 | 4 => self.function(),
            5 => self.choice(),
            6 => self.movement(),
            7 => self.slices(),
            8..=10 => self.contraction(),
            11 => self.reduction(),
            12 | 13 => self.along_map(),
            14 => self.rows(),
            15 => self.windows(),
            16 => self.indices(),
            _ => self.iterate(),
        }
    }

    /// Takes a value into the pool; what is too large is bent or scaled first.
    pub(super) fn keep(&mut self, v: Value, bound: f64) {
        let (v, bound) = if bound <= LIMIT {
            (v, bound)
        } else if self.options.analytic && self.rng.once_in(2) {
            (self.b.map1(Scalar::Tanh, v), 1.0)
        } else {
            (self.b.scale(v, Exact::ratio(1, bound.ceil() as i64)), 1.0)
        };
        self.pool.push((v, bound));
    }

    fn any(&mut self) -> Bounded {
        // Rather one of the last.
        let n = self.pool.len();
        let from = if self.rng.once_in(3) { 0 } else { n.saturating_sub(6) };
        self.pool[from + self.rng.below(n - from)]
    }

    /// A value that the test accepts.
    pub(super) fn one(&mut self, test: impl Fn(&Shape) -> bool) -> Option<Bounded> {
        let list: Vec<Bounded> = self
            .pool
            .iter()
            .copied()
            .filter(|(v, _)| test(&self.b.shape(*v)))
            .collect();
        (!list.is_empty()).then(|| self.rng.of(&list))
    }

    fn axes(&mut self) -> Vec<u32> {
        let rank = self.rng.of(&[0, 1, 1, 2, 2, 3]);
        (0..rank).map(|_| self.rng.of(&[1, 2, 2, 3, 3])).collect()
    }

    fn input(&mut self, dim: DimId, axes: &[u32], classes: Option<u32>) {
        let name = format!("x{}", self.b.inputs().len());
        let dtype = classes.map_or(Dtype::Real, Dtype::Class);
        let v = self.b.input(&name, Some(dim), axes, dtype);
        self.pool.push((v, 1.0));
    }

    fn param(&mut self, axes: &[u32]) -> Value {
        let name = format!("w{}", self.b.params().len());
        let v = self.b.param(&name, axes);
        self.pool.push((v, 1.0));
        v
    }

    fn constant(&mut self, axes: &[u32]) -> Value {
        let n = axes.iter().product::<u32>();
        let cell = |rng: &mut Rng| if rng.once_in(3) { Exact::ZERO } else { rng.exact() };
        let data = (0..n).map(|_| cell(self.rng)).collect();
        self.b.constant(axes, data)
    }

    /// A value without rows.
    fn rowless(&mut self, axes: &[u32]) -> Value {
        if self.depth == 0 && self.rng.once_in(2) {
            self.param(axes)
        } else {
            self.constant(axes)
        }
    }

    /// A value of this shape.
    pub(super) fn like(&mut self, shape: &Shape) -> Bounded {
        if !self.rng.once_in(3)
            && let Some(found) = self.one(|s| s == shape)
        {
            return found;
        }
        if self.rng.once_in(4) {
            let x = self.rng.exact();
            return (self.b.fill(shape.clone(), x), 1.0);
        }
        let places: Vec<u32> = (0..shape.axes.len() as u32).filter(|_| !self.rng.once_in(3)).collect();
        let axes: Vec<u32> = places.iter().map(|&k| shape.axes[k as usize]).collect();
        let small = self.rowless(&axes);
        (self.b.broadcast(small, shape.clone(), &places), 1.0)
    }

    pub(super) fn arithmetic(&mut self) {
        let (x, bx) = self.any();
        let (y, by) = self.like(&self.b.shape(x));
        match self.rng.below(4) {
            0 => {
                let v = self.b.add(x, y);
                self.keep(v, bx + by);
            }
            1 => {
                let v = self.b.sub(y, x);
                self.keep(v, bx + by);
            }
            2 if self.options.analytic => {
                let (below, _) = self.positive(y, by);
                let v = self.b.div(x, below);
                self.keep(v, 2.0 * bx);
            }
            _ => {
                let v = self.b.mul(x, y);
                self.keep(v, bx * by);
            }
        }
    }

    /// x² + ½.
    fn positive(&mut self, x: Value, bound: f64) -> Bounded {
        let square = self.b.mul(x, x);
        (self.b.shift(square, Exact::ratio(1, 2)), bound * bound + 0.5)
    }

    fn function(&mut self) {
        let (x, bound) = self.any();
        if !self.options.analytic {
            let v = self.b.map1(Scalar::PowI(2), x);
            return self.keep(v, bound * bound);
        }
        let (above, most) = self.positive(x, bound);
        let f = |s: &mut Self, f, x| s.b.map1(f, x);
        let (v, bound) = match self.rng.below(if self.options.smooth { 14 } else { 18 }) {
            0 => (f(self, Scalar::Exp, x), bound.exp()),
            1 => (f(self, Scalar::Log, above), most.max(1.0)),
            2 => (f(self, Scalar::Sqrt, above), most.max(1.0)),
            3 => (f(self, Scalar::Sin, x), 1.0),
            4 => (f(self, Scalar::Cos, x), 1.0),
            5 => (f(self, Scalar::Tanh, x), 1.0),
            6 => (f(self, Scalar::Sigmoid, x), 1.0),
            7 => (f(self, Scalar::Erf, x), 1.0),
            8 => (f(self, Scalar::Neg, x), bound),
            9 => (f(self, Scalar::PowI(2), x), bound.powi(2)),
            10 => (f(self, Scalar::PowI(3), x), bound.powi(3)),
            11 => (f(self, Scalar::PowI(-1), above), 2.0),
            12 => (self.b.map2(Scalar::Pow, above, x), most.max(2.0).powf(bound)),
            13 => (self.b.detach(x), bound),
            14 => (f(self, Scalar::Abs, x), bound),
            15 => (f(self, Scalar::Relu, x), bound),
            16 => (f(self, Scalar::Sign, x), 1.0),
            _ => (f(self, Scalar::Floor, x), bound + 1.0),
        };
        self.keep(v, bound);
    }

    /// Extrema, comparisons and selections.
    fn choice(&mut self) {
        let (x, bx) = self.any();
        let shape = self.b.shape(x);
        let (y, by) = self.like(&shape);
        if self.options.smooth || !self.options.analytic {
            return self.mask(x, bx);
        }
        let f = self.rng.of(&[
            Scalar::Max,
            Scalar::Min,
            Scalar::Lt,
            Scalar::Le,
            Scalar::Eq,
            Scalar::Select,
        ]);
        let v = match f {
            Scalar::Select => {
                let less = self.b.map2(Scalar::Lt, x, y);
                let (z, bz) = self.like(&shape);
                let v = self.b.select(less, y, z);
                return self.keep(v, by.max(bz));
            }
            f => self.b.map2(f, x, y),
        };
        self.keep(v, bx.max(by).max(1.0));
    }

    /// x in some rows, something else in the others.
    fn mask(&mut self, x: Value, bound: f64) {
        let shape = self.b.shape(x);
        let test = |d: &DimId| [self.world.nodes, self.world.edges, self.world.pairs].contains(d);
        let Some(dim) = shape.dim.filter(test) else { return };
        let first = self.b.position(dim);
        let first = self.b.expand(first, &shape);
        let (y, by) = self.like(&shape);
        let v = self.b.select(first, x, y);
        self.keep(v, bound.max(by));
    }

    /// Broadcasts, transposes and reshapes.
    fn movement(&mut self) {
        let (x, bound) = self.any();
        let shape = self.b.shape(x);
        let rank = shape.axes.len() as u32;
        let v = match self.rng.below(3) {
            0 => {
                let mut axes = shape.axes.clone();
                let place = self.rng.below(rank as usize + 1);
                axes.insert(place, 2);
                let places: Vec<u32> = (0..rank).map(|k| k + u32::from(k as usize >= place)).collect();
                let dim = shape.dim.or((self.depth == 0).then_some(self.world.nodes));
                let dim = if self.rng.once_in(2) { dim } else { shape.dim };
                let wide = Shape { dim, axes };
                if wide.row_len() > ROW_LEN {
                    return;
                }
                self.b.broadcast(x, wide, &places)
            }
            1 => {
                let mut order: Vec<u32> = (0..rank).collect();
                order.reverse();
                self.b.transpose(x, &order)
            }
            _ => {
                let n = shape.row_len() as u32;
                let axes = if n.is_multiple_of(2) { vec![2, n / 2] } else { vec![n] };
                self.b.reshape(x, &axes)
            }
        };
        self.keep(v, bound);
    }

    fn slices(&mut self) {
        let Some((x, bound)) = self.one(|s| s.axes.iter().any(|n| *n > 1)) else {
            return;
        };
        let shape = self.b.shape(x);
        let axis = shape.axes.iter().position(|n| *n > 1).unwrap_or(0);
        let n = shape.axes[axis];
        if self.rng.once_in(2) {
            let start = self.rng.below(n as usize - 1) as u32;
            let len = 1 + self.rng.below((n - start) as usize) as u32;
            let v = self.b.slice(x, axis as u32, start, len);
            return self.keep(v, bound);
        }
        let (y, by) = self.like(&shape);
        if 2 * shape.row_len() <= ROW_LEN {
            let v = self.b.concat(&[x, y], axis as u32);
            self.keep(v, bound.max(by));
        }
    }

    fn contraction(&mut self) {
        let (x, bx) = self.any();
        let sx = self.b.shape(x);
        let Some((y, by)) = self.one(|s| s.dim.is_none() || sx.dim.is_none() || s.dim == sx.dim) else {
            return;
        };
        let mut extents: Vec<u32> = Vec::new();
        let mut letters = Vec::new();
        for v in [x, y] {
            let mut list = Vec::new();
            for n in self.b.shape(v).axes {
                let same: Vec<usize> = (0..extents.len()).filter(|k| extents[*k] == n).collect();
                // A letter twice in one argument is rare.
                let again = if v == x && sx.axes.len() == extents.len() { 2 } else { 6 };
                let k = if !same.is_empty() && self.rng.below(again) == 0 {
                    self.rng.of(&same)
                } else {
                    extents.push(n);
                    extents.len() - 1
                };
                list.push(b'a' + k as u8);
            }
            letters.push(list);
        }
        let mut bound = bx * by;
        let mut out = Vec::new();
        let mut len = 1;
        for (k, n) in extents.iter().enumerate() {
            if out.len() < 3 && len * *n as usize <= ROW_LEN && self.rng.once_in(2) {
                out.insert(self.rng.below(out.len() + 1), b'a' + k as u8);
                len *= *n as usize;
            } else {
                bound *= f64::from(*n);
            }
        }
        let sum_rows = self.depth == 0 && self.rng.once_in(4);
        if sum_rows {
            bound *= ROWS;
        }
        let second = letters.pop().unwrap_or_default();
        let first = letters.pop().unwrap_or_default();
        let v = self.b.contract_axes([x, y], [first, second, out], sum_rows);
        self.keep(v, bound);
    }

    fn fold(&mut self) -> Fold {
        if self.options.smooth || !self.options.analytic {
            return self.rng.of(&[Fold::Sum, Fold::Sum, Fold::Prod]);
        }
        self.rng.of(&[Fold::Sum, Fold::Sum, Fold::Prod, Fold::Max, Fold::Min])
    }

    fn reduction(&mut self) {
        let Some((x, bound)) = self.one(|s| !s.axes.is_empty()) else {
            return;
        };
        let shape = self.b.shape(x);
        let axis = self.rng.below(shape.axes.len());
        let n = shape.axes[axis];
        let fold = self.fold();
        let v = self.b.reduce(fold, x, axis as u32);
        let bound = match fold {
            Fold::Sum => bound * f64::from(n),
            Fold::Prod => bound.max(1.0).powi(n as i32),
            Fold::Max | Fold::Min => bound,
        };
        self.keep(v, bound);
    }

    /// Gathers and segments.
    fn along_map(&mut self) {
        let map = self.rng.of(&self.world.maps);
        let (from, to) = self.b.domains().ends(map);
        if self.rng.once_in(2) {
            let Some((x, bound)) = self.one(|s| s.dim == Some(to)) else {
                return;
            };
            let v = self.b.gather(x, map);
            return self.keep(v, bound);
        }
        let Some((x, bound)) = self.one(|s| s.dim == Some(from)) else {
            return;
        };
        let fold = self.fold();
        match fold {
            Fold::Sum => {
                let v = self.b.segment(fold, x, map);
                self.keep(v, bound * ROWS / 4.0);
            }
            Fold::Prod => {
                let (small, _) = self.shrunk(x, bound);
                let v = self.b.segment(fold, small, map);
                self.keep(v, 1.0);
            }
            Fold::Max | Fold::Min => {
                // The extremum of nothing is infinite.
                let v = self.b.segment(fold, x, map);
                let v = self.b.map1(Scalar::Tanh, v);
                self.keep(v, 1.0);
            }
        }
    }

    pub(super) fn shrunk(&mut self, x: Value, bound: f64) -> Bounded {
        if bound <= 1.0 {
            (x, bound)
        } else {
            (self.b.scale(x, Exact::ratio(1, bound.ceil() as i64)), 1.0)
        }
    }

    /// Sums over all rows, values for all rows, more leaves.
    fn rows(&mut self) {
        if self.depth > 0 {
            return self.arithmetic();
        }
        match self.rng.below(3) {
            0 => {
                let Some((x, bound)) = self.one(|s| s.dim.is_some()) else {
                    return;
                };
                let v = self.b.total(x);
                self.keep(v, bound * ROWS);
            }
            1 => {
                let Some((x, bound)) = self.one(|s| s.dim.is_none()) else {
                    return;
                };
                let dim = self
                    .rng
                    .of(&[self.world.nodes, self.world.edges, self.world.pairs, SAMPLES]);
                let shape = Shape {
                    dim: Some(dim),
                    axes: self.b.shape(x).axes,
                };
                let v = self.b.expand(x, &shape);
                self.keep(v, bound);
            }
            _ => {
                let axes = self.axes();
                let dim = self
                    .rng
                    .of(&[self.world.nodes, self.world.edges, self.world.pairs, SAMPLES]);
                self.input(dim, &axes, None);
            }
        }
    }

    fn windows(&mut self) {
        if !self.options.grids {
            return self.arithmetic();
        }
        let (fine, coarse) = (self.world.grid, self.world.coarse);
        let steps = self.rng.once_in(2);
        let to = if steps { coarse } else { fine };
        let count = 1 + self.rng.below(3);
        let cell = |rng: &mut Rng, rank| (0..rank).map(|_| rng.below(3) as i32 - 1).collect();
        let spec = WindowSpec {
            offsets: (0..count).map(|_| cell(self.rng, self.world.rank)).collect(),
            stride: if steps { 2 } else { 1 },
            wrap: self.rng.once_in(2),
            fine,
            coarse: to,
        };
        let fits = |s: &Shape| s.dim == Some(to) && s.axes.first() == Some(&(count as u32));
        if let Some((x, bound)) = self.one(fits)
            && self.rng.once_in(2)
        {
            let v = self.b.window_adjoint(x, &spec);
            return self.keep(v, bound * count as f64);
        }
        let fits = |s: &Shape| s.dim == Some(fine) && s.row_len() * count <= ROW_LEN && s.axes.len() < 3;
        let Some((x, bound)) = self.one(fits) else { return };
        let v = self.b.window(x, &spec);
        self.keep(v, bound);
    }

    /// Positions and comparisons of indices.
    fn indices(&mut self) {
        let (dim, w) = (
            self.rng.of(&[self.world.nodes, self.world.edges, self.world.pairs]),
            self.world,
        );
        let v = match self.rng.below(3) {
            0 => self.b.position(dim),
            _ if dim == w.nodes => self.b.compare(self.rng.of(&[Cmp::Eq, Cmp::Le]), dim, None, None),
            _ => {
                let [a, b] = if dim == w.edges {
                    [w.maps[0], w.maps[1]]
                } else {
                    [w.maps[2], w.maps[3]]
                };
                self.b
                    .compare(self.rng.of(&[Cmp::Eq, Cmp::Lt, Cmp::Le]), dim, Some(a), Some(b))
            }
        };
        self.keep(v, 12.0);
    }
}
