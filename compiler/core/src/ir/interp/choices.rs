//! Choices: which rows, and arrays at them.

use super::arrays::Rows;
use super::{Algebra, Frame};
use crate::ir::choice::choice;
use crate::ir::{Fold, Scalar, Shape};
use gdl_abi::{DimId, SAMPLES};
use std::ops::Range;

impl<A: Algebra> Frame<'_, A> {
    /// The position of every chosen row, plus a number that says whether the choice is good ([`Algebra::ranking`]).
    pub(super) fn choose(&self, key: &[A::S], chosen: DimId) -> Result<Vec<A::S>, String> {
        let rows = &self.rows;
        let what = choice(rows.domains, chosen)?;
        let pairs = rows.domains.keys_of(chosen).ok_or("no pairs")?;
        let mut out = Vec::with_capacity(rows.rows(chosen));
        for sample in 0..rows.rows(SAMPLES) {
            let (choosers, all) = (rows.span(what.each, sample).len(), rows.span(what.of, sample).len());
            let count = rows.span(chosen, sample).len().checked_div(choosers).unwrap_or(0);
            let first = rows.span(pairs, sample).start;
            for own in 0..choosers {
                let places: Vec<usize> = (0..all).filter(|&k| !what.others || k != own).collect();
                let keys: Vec<A::S> = places.iter().map(|k| key[first + own * all + k]).collect();
                for (k, moved) in self.alg.ranking(&keys).into_iter().take(count) {
                    let place = self.alg.int(places[k] as i64);
                    out.push(self.alg.fold(Fold::Sum, place, moved));
                }
            }
        }
        Ok(out)
    }

    /// For every choice the row it stands for.
    fn chosen_rows(&self, at: &[A::S], chosen: DimId) -> Result<Vec<Chosen<A::S>>, String> {
        let what = choice(self.rows.domains, chosen)?;
        let mut out = Vec::with_capacity(at.len());
        for sample in 0..self.rows.rows(SAMPLES) {
            let rows = self.rows.span(what.of, sample);
            for &x in &at[self.rows.span(chosen, sample)] {
                let place = self.alg.place(x).filter(|&k| k < rows.len()).unwrap_or(0);
                let whole = self.alg.int(place as i64);
                out.push(Chosen {
                    row: rows.start + place,
                    moved: self.alg.scalar(Scalar::Sub, &[x, whole]),
                });
            }
        }
        Ok(out)
    }

    /// x at what was chosen.
    pub(super) fn take(&self, x: &[A::S], at: &[A::S], shape: &Shape) -> Result<Vec<A::S>, String> {
        let m = shape.row_len();
        let chosen = self.chosen_rows(at, shape.dim.unwrap_or(SAMPLES))?;
        let row = |c: Chosen<A::S>| (c.row * m..(c.row + 1) * m).map(move |k| self.alg.fold(Fold::Sum, x[k], c.moved));
        Ok(chosen.into_iter().flat_map(row).collect())
    }

    /// The transpose of `take`.
    pub(super) fn put(&self, x: &[A::S], at: &[A::S], from: &Shape, to: &Shape) -> Result<Vec<A::S>, String> {
        let m = to.row_len();
        let mut out = vec![self.alg.empty(Fold::Sum); self.rows.len(to)];
        for (c, row) in self
            .chosen_rows(at, from.dim.unwrap_or(SAMPLES))?
            .iter()
            .zip(x.chunks(m.max(1)))
        {
            for (k, &v) in row.iter().enumerate() {
                let slot = &mut out[c.row * m + k];
                *slot = self.alg.fold(Fold::Sum, *slot, self.alg.fold(Fold::Sum, v, c.moved));
            }
        }
        Ok(out)
    }
}

/// A chosen row.
#[derive(Clone, Copy)]
struct Chosen<S> {
    row: usize,
    moved: S,
}

impl Rows<'_> {
    /// The rows of a dim in a sample.
    fn span(&self, d: DimId, sample: usize) -> Range<usize> {
        let ptr = &self.instance.sample_ptr[d.0 as usize];
        ptr[sample] as usize..ptr[sample + 1] as usize
    }
}
