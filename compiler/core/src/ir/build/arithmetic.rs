//! Constructors of arithmetic: scalar functions, contractions, sums and what is made of them.

use super::Builder;
use crate::ir::{Fold, Op, Scalar, Shape, Value};
use gdl_abi::{DimId, MapId};
use gdl_rep::Exact;

/// Arithmetic.
impl Builder {
    /// A scalar function of arguments of equal shapes.
    pub fn map(&mut self, f: Scalar, args: &[Value]) -> Value {
        let shape = args.first().map(|&x| self.shape(x)).unwrap_or_default();
        self.push(Op::Map { f, args: args.to_vec() }, shape)
    }

    /// A function of one argument.
    pub fn map1(&mut self, f: Scalar, x: Value) -> Value {
        self.map(f, &[x])
    }

    /// A function of two arguments.
    pub fn map2(&mut self, f: Scalar, x: Value, y: Value) -> Value {
        self.map(f, &[x, y])
    }

    /// A function of three arguments.
    pub fn map3(&mut self, f: Scalar, x: Value, y: Value, z: Value) -> Value {
        self.map(f, &[x, y, z])
    }

    /// x + y
    pub fn add(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Add, &[x, y])
    }

    /// x − y
    pub fn sub(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Sub, &[x, y])
    }

    /// x y, entry by entry
    pub fn mul(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Mul, &[x, y])
    }

    /// x / y, entry by entry
    pub fn div(&mut self, x: Value, y: Value) -> Value {
        self.map(Scalar::Div, &[x, y])
    }

    /// −x
    pub fn neg(&mut self, x: Value) -> Value {
        self.map(Scalar::Neg, &[x])
    }

    /// c x
    pub fn scale(&mut self, x: Value, c: Exact) -> Value {
        let c = self.fill(self.shape(x), c);
        self.mul(x, c)
    }

    /// x + c
    pub fn shift(&mut self, x: Value, c: Exact) -> Value {
        let c = self.fill(self.shape(x), c);
        self.add(x, c)
    }

    /// `yes` where `cond` is not 0, else `no`.
    pub fn select(&mut self, cond: Value, yes: Value, no: Value) -> Value {
        self.map(Scalar::Select, &[cond, yes, no])
    }

    /// Einsum, `"oi,ni->no"`: letters for the static axes. Rows stay rows.
    pub fn contract(&mut self, a: Value, b: Value, letters: &str) -> Value {
        self.einsum(a, b, letters, false)
    }

    /// As [`Builder::contract`], and the rows are summed too.
    pub fn contract_rows(&mut self, a: Value, b: Value, letters: &str) -> Value {
        self.einsum(a, b, letters, true)
    }

    fn einsum(&mut self, a: Value, b: Value, letters: &str, sum_rows: bool) -> Value {
        let parts = letters.split_once("->").and_then(|(i, o)| {
            i.split_once(',')
                .map(|(a, b)| [a, b, o].map(|s| s.trim().bytes().collect()))
        });
        let Some([a_axes, b_axes, out_axes]) = parts else {
            self.fail(format!("`{letters}` does not read like `oi,ni->no`"));
            return a;
        };
        self.contract_axes([a, b], [a_axes, b_axes, out_axes], sum_rows)
    }

    /// A contraction with its letters as bytes: of a, of b, of the result; `dim` of the result, `None` to sum over rows.
    pub fn contract_labels(
        &mut self,
        a: Value,
        b: Value,
        a_axes: &[u8],
        b_axes: &[u8],
        out_axes: &[u8],
        dim: Option<DimId>,
    ) -> Value {
        let letters = [a_axes, b_axes, out_axes].map(<[u8]>::to_vec);
        self.contract_axes([a, b], letters, dim.is_none())
    }

    /// A contraction with its letters as numbers: of a, of b, of the result.
    pub fn contract_axes(&mut self, [a, b]: [Value; 2], letters: [Vec<u8>; 3], sum_rows: bool) -> Value {
        let [sa, sb] = [a, b].map(|v| self.shape(v));
        let extent = |l: &u8| {
            let find = |list: &[u8], s: &Shape| list.iter().position(|x| x == l).and_then(|k| s.axes.get(k).copied());
            find(&letters[0], &sa).or_else(|| find(&letters[1], &sb)).unwrap_or(0)
        };
        let axes = letters[2].iter().map(extent).collect();
        let dim = if sum_rows { None } else { sa.dim.or(sb.dim) };
        let [a_axes, b_axes, out_axes] = letters;
        self.push(
            Op::Contract {
                a,
                b,
                a_axes,
                b_axes,
                out_axes,
            },
            Shape { dim, axes },
        )
    }
}

/// Sums and what is made of them.
impl Builder {
    /// Reduction over one static axis, which disappears.
    pub fn reduce(&mut self, op: Fold, x: Value, axis: u32) -> Value {
        let mut shape = self.shape(x);
        if (axis as usize) < shape.axes.len() {
            shape.axes.remove(axis as usize);
        }
        self.push(Op::Reduce { op, x, axis }, shape)
    }

    /// The sum over several static axes, as one reduction.
    pub fn sum_axes(&mut self, x: Value, axes: &[u32]) -> Value {
        let shape = self.shape(x);
        let all = 0..shape.axes.len() as u32;
        let kept: Vec<u32> = all.filter(|k| !axes.contains(k)).collect();
        if kept.len() == shape.axes.len() {
            return x;
        }
        let order: Vec<u32> = kept.iter().chain(axes).copied().collect();
        let last = self.transpose(x, &order);
        let mut merged: Vec<u32> = kept
            .iter()
            .filter_map(|&k| shape.axes.get(k as usize).copied())
            .collect();
        let summed = axes.iter().filter_map(|&k| shape.axes.get(k as usize)).product();
        merged.push(summed);
        let flat = self.reshape(last, &merged);
        self.reduce(Fold::Sum, flat, merged.len() as u32 - 1)
    }

    /// The sum over all rows.
    pub fn total(&mut self, x: Value) -> Value {
        let axes = self.shape(x).axes;
        self.push(Op::Total { x }, Shape { dim: None, axes })
    }

    /// How many rows go to every row: `[B]` for a map A → B.
    pub fn count(&mut self, map: MapId) -> Value {
        let dim = self.ends(map).0;
        let ones = self.fill(Shape { dim, axes: Vec::new() }, Exact::ONE);
        self.segment(Fold::Sum, ones, map)
    }

    /// The mean of the rows that go to every row; 0/0 where there are none.
    pub fn mean_segment(&mut self, x: Value, map: MapId) -> Value {
        let sum = self.segment(Fold::Sum, x, map);
        let count = self.count(map);
        let count = self.expand(count, &self.shape(sum));
        self.div(sum, count)
    }

    /// exp(x) over its sum over all rows that go to the same row. The maximum is subtracted first, for floating point's sake.
    pub fn softmax_segment(&mut self, x: Value, map: MapId) -> Value {
        let fixed = self.detach(x);
        let top = self.segment(Fold::Max, fixed, map);
        let top = self.gather(top, map);
        let low = self.sub(x, top);
        let e = self.map1(Scalar::Exp, low);
        let sum = self.segment(Fold::Sum, e, map);
        let sum = self.gather(sum, map);
        self.div(e, sum)
    }

    /// exp(x) over its sum over a static axis.
    pub fn softmax_axis(&mut self, x: Value, axis: u32) -> Value {
        let shape = self.shape(x);
        let others: Vec<u32> = (0..shape.axes.len() as u32).filter(|&k| k != axis).collect();
        let fixed = self.detach(x);
        let top = self.reduce(Fold::Max, fixed, axis);
        let top = self.broadcast(top, shape.clone(), &others);
        let low = self.sub(x, top);
        let e = self.map1(Scalar::Exp, low);
        let sum = self.reduce(Fold::Sum, e, axis);
        let sum = self.broadcast(sum, shape, &others);
        self.div(e, sum)
    }
}
