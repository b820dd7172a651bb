//! Pointwise functions and products.

use super::frame::{Low, Rows};
use super::{L, Lowerer};
use crate::ir::{Fold, Scalar, Value};
use crate::typed::{NodeId, VarId};
use gdl_rep::Exact;
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;

impl Lowerer<'_> {
    /// Two arrays with common rows and static axes.
    pub(super) fn pair(&mut self, a: &Low, b: &Low, span: Span) -> L<(Value, Value, Rows, Vec<VarId>)> {
        let (rows, statics) = (self.join(&[a, b], &BTreeSet::new()), self.join_statics(&[a, b]));
        let dim = self.dim_of(&rows);
        let (x, y) = (
            self.coerce(a, &rows, &statics, span)?,
            self.coerce(b, &rows, &statics, span)?,
        );
        let (x, y) = (self.b().along(x, dim), self.b().along(y, dim));
        Ok((x, y, rows, statics))
    }

    /// Components with signs.
    pub(super) fn signed(&mut self, x: Value, signs: &[i8]) -> Value {
        let shape = self.b().shape(x);
        let axis = shape.axes.len() as u32 - 1;
        let numbers = signs.iter().map(|&s| Exact::int(i64::from(s))).collect();
        let signs = self.b().constant(&[signs.len() as u32], numbers);
        let wide = self.b().broadcast(signs, shape, &[axis]);
        self.b().mul(x, wide)
    }

    pub(super) fn pointwise(&mut self, f: Scalar, args: &[NodeId], span: Span) -> L<Low> {
        let lows = args.iter().map(|x| self.tensor(*x)).collect::<L<Vec<Low>>>()?;
        let refs: Vec<&Low> = lows.iter().collect();
        let (rows, statics) = (self.join(&refs, &BTreeSet::new()), self.join_statics(&refs));
        let dim = self.dim_of(&rows);
        let mut vs = Vec::new();
        for l in &lows {
            let v = self.coerce(l, &rows, &statics, span)?;
            vs.push(self.b().along(v, dim));
        }
        let widest = vs
            .iter()
            .copied()
            .max_by_key(|v| self.levels[self.cur].b.axes(*v).last().copied().unwrap_or(1))
            .unwrap_or(vs[0]);
        let vs: Vec<Value> = vs.into_iter().map(|v| self.widen(v, widest)).collect();
        let v = self.b().map(f, &vs);
        Ok(Low { v, rows, statics })
    }

    /// One number times everything, or one number a copy.
    pub(super) fn scale(&mut self, s: NodeId, x: NodeId, span: Span) -> L<Low> {
        let rep = self.model.rep(x).cloned().unwrap_or_default();
        let (s, x) = (self.tensor(s)?, self.tensor(x)?);
        let (sv, xv, rows, statics) = self.pair(&s, &x, span)?;
        let k = statics.len() as u32;
        let n = self.b().axes(sv)[k as usize];
        if n == 1 {
            let wide = self.widen(sv, xv);
            let v = self.b().mul(wide, xv);
            return Ok(Low { v, rows, statics });
        }
        let copies = rep.copies().0.value().unwrap_or(1) as u32;
        let lead = self.b().axes(xv)[..k as usize].to_vec();
        let d = self.b().axes(xv)[k as usize] / copies.max(1);
        let split = self.b().reshape(xv, &[lead.as_slice(), &[copies, d]].concat());
        let shape = self.b().shape(split);
        let axes: Vec<u32> = (0..=k).collect();
        let wide = self.b().broadcast(sv, shape, &axes);
        let p = self.b().mul(wide, split);
        let v = self.b().reshape(p, &[lead.as_slice(), &[copies * d]].concat());
        Ok(Low { v, rows, statics })
    }

    pub(super) fn outer(&mut self, a: NodeId, b: NodeId, span: Span) -> L<Low> {
        let (a, b) = (self.tensor(a)?, self.tensor(b)?);
        let (av, bv, rows, statics) = self.pair(&a, &b, span)?;
        let l: Vec<u8> = (0..statics.len() as u8).map(|k| b'A' + k).collect();
        let dim = self.dim_of(&rows);
        let v = self.b().contract_labels(
            av,
            bv,
            &[l.as_slice(), b"x"].concat(),
            &[l.as_slice(), b"y"].concat(),
            &[l.as_slice(), b"xy"].concat(),
            dim,
        );
        let axes = self.b().axes(v).to_vec();
        let k = statics.len();
        let v = self.b().reshape(v, &[&axes[..k], &[axes[k] * axes[k + 1]]].concat());
        Ok(Low { v, rows, statics })
    }

    /// ε_ijk a_j b_k in (x, y, z).
    pub(super) fn cross(&mut self, a: NodeId, b: NodeId, span: Span) -> L<Low> {
        let (a, b) = (self.tensor(a)?, self.tensor(b)?);
        let (av, bv, rows, statics) = self.pair(&a, &b, span)?;
        let mut eps = vec![Exact::int(0); 27];
        for (i, j, k, s) in [
            (0, 1, 2, 1),
            (1, 2, 0, 1),
            (2, 0, 1, 1),
            (0, 2, 1, -1),
            (1, 0, 2, -1),
            (2, 1, 0, -1),
        ] {
            eps[i * 9 + j * 3 + k] = Exact::int(s);
        }
        let l: Vec<u8> = (0..statics.len() as u8).map(|k| b'A' + k).collect();
        let dim = self.dim_of(&rows);
        let e = self.b().constant(&[3, 3, 3], eps);
        let m = self.b().contract_labels(
            e,
            av,
            b"ijk",
            &[l.as_slice(), b"j"].concat(),
            &[l.as_slice(), b"ik"].concat(),
            dim,
        );
        let v = self.b().contract_labels(
            m,
            bv,
            &[l.as_slice(), b"ik"].concat(),
            &[l.as_slice(), b"k"].concat(),
            &[l.as_slice(), b"i"].concat(),
            dim,
        );
        Ok(Low { v, rows, statics })
    }

    pub(super) fn blocks(&mut self, x: NodeId, first: u32, count: u32, span: Span) -> L<Low> {
        let Some(rep) = self.model.rep(x).cloned() else {
            return Err(self.unsupported("not a vector", span));
        };
        let t = self.tensor(x)?;
        let (mut start, mut len) = (0, 0);
        for (k, (n, a)) in rep.flat().blocks().iter().enumerate() {
            let one = crate::types::Rep::from_blocks(vec![(n.clone(), a.clone())], rep.gauge);
            let d = self.rep_dim(&one);
            if (k as u32) < first {
                start += d;
            } else if (k as u32) < first + count {
                len += d;
            }
        }
        let axis = t.statics.len() as u32;
        let v = self.b().slice(t.v, axis, start, len);
        Ok(Low { v, ..t })
    }

    /// One-hot vector of the maximum; ties share.
    pub(super) fn argmax(&mut self, x: NodeId) -> L<Low> {
        let t = self.tensor(x)?;
        let axis = t.statics.len() as u32;
        let m = self.b().reduce(Fold::Max, t.v, axis);
        let m = self.with_one(m);
        let m = self.widen(m, t.v);
        let hit = self.b().map(Scalar::Eq, &[t.v, m]);
        let n = self.b().reduce(Fold::Sum, hit, axis);
        let n = self.with_one(n);
        let n = self.widen(n, hit);
        let v = self.b().div(hit, n);
        Ok(Low { v, ..t })
    }

    pub(super) fn gradient(&mut self, of: NodeId, wrt: NodeId, span: Span) -> L<Low> {
        let f = self.tensor(of)?;
        let x = self.tensor(wrt)?;
        if self.cur != 0 || f.rows == Rows::Const {
            return Err(self.unsupported("a gradient inside a loop, or of a constant", span));
        }
        let ones = self.b().ones_like(f.v);
        let grads = crate::ir::grad::gradient(self.b(), &[(f.v, ones)], &[x.v]);
        Ok(Low { v: grads[0], ..x })
    }
}
