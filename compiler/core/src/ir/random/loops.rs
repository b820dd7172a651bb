//! Loops of random programs.

use super::Bounded;
use super::steps::Steps;
use crate::ir::{Fold, Scalar, Value};
use gdl_abi::{DimDef, SAMPLES};
use gdl_rep::Exact;

impl Steps<'_> {
    /// A loop: over the nodes of every sample, or some rounds.
    pub(super) fn iterate(&mut self) {
        if !self.options.loops || self.depth > 1 {
            return self.arithmetic();
        }
        let time = self
            .rng
            .of(&[self.world.nodes, self.world.rounds[0], self.world.rounds[1]]);
        let dim = self.rng.of(&[SAMPLES, self.world.nodes]);
        if self.depth == 0 && time == self.world.nodes && dim == SAMPLES {
            let Some((x, bound)) = self.one(|s| s.dim == Some(time)) else {
                return;
            };
            let x = self.b.segment(Fold::Sum, x, self.world.to_step);
            self.pool.push((x, bound));
        }
        let Some((start, bound)) = self.one(|s| s.dim == Some(dim)) else {
            return;
        };
        let (start, _) = self.shrunk(start, bound);
        let shape = self.b.shape(start);
        let (second, _) = self.like(&shape);
        let mut init = vec![start];
        if self.rng.once_in(2) {
            init.push(second);
        }
        let stacked = self.b.domains().dim(DimDef::Stacked { time, of: dim });
        let xs: Vec<Bounded> = self.one(|s| s.dim == Some(stacked)).into_iter().collect();
        let mut captures = Vec::new();
        for _ in 0..3 {
            captures.extend(self.one(|s| s.dim.is_none() || s.dim == Some(dim) || s.dim == Some(self.world.edges)));
        }
        let bounds: Vec<f64> = init
            .iter()
            .map(|_| 1.0)
            .chain(xs.iter().chain(&captures).map(|x| x.1))
            .collect();
        let [xs, captures] = [xs, captures].map(|list| list.iter().map(|x| x.0).collect::<Vec<Value>>());
        let reverse = self.rng.once_in(2);
        let (rng, world, options, depth) = (&mut *self.rng, self.world, self.options, self.depth + 1);
        let mut left = 0.0;
        let out = self.b.scan(time, reverse, [&init, &xs, &captures], |b, args| {
            let pool = args.iter().copied().zip(bounds).collect();
            let mut inner = Steps {
                b,
                rng,
                world,
                options,
                pool,
                depth,
            };
            for _ in 0..4 {
                inner.step();
            }
            let mut results: Vec<Value> = args[..init.len()].iter().map(|s| inner.next_state(*s)).collect();
            if let Some((y, bound)) = inner.one(|s| s.dim == Some(dim)) {
                results.push(y);
                left = bound;
            }
            results
        });
        for (k, v) in out.into_iter().enumerate() {
            self.keep(v, if k < init.len() { 1.0 } else { left });
        }
    }

    /// A state from the one before and something else of its shape, not larger than 1.
    fn next_state(&mut self, s: Value) -> Value {
        let shape = self.b.shape(s);
        let (x, bound) = self.like(&shape);
        if self.options.analytic {
            let sum = self.b.add(s, x);
            return self.b.map1(Scalar::Tanh, sum);
        }
        let (x, _) = self.shrunk(x, bound);
        let sum = self.b.add(s, x);
        self.b.scale(sum, Exact::ratio(1, 2))
    }
}
