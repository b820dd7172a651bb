//! Elimination over F_p.

use crate::modp;

/// Vectors in reduced row echelon form, kept so while more are added.
#[derive(Default)]
pub(super) struct Echelon {
    /// Pivot and vector: 1 at its own pivot, which is its first entry, 0 at those of the others.
    rows: Vec<(usize, Vec<u64>)>,
}

impl Echelon {
    /// Adds a vector; false if it was in the span.
    pub fn insert(&mut self, mut v: Vec<u64>) -> bool {
        for (pivot, row) in &self.rows {
            let c = v[*pivot];
            subtract(&mut v, c, row, *pivot);
        }
        let Some(pivot) = v.iter().position(|&x| x != 0) else {
            return false;
        };
        let scale = modp::inv(v[pivot]).unwrap_or(0);
        v.iter_mut().for_each(|x| *x = modp::mul(*x, scale));
        for (_, row) in &mut self.rows {
            let c = row[pivot];
            subtract(row, c, &v, pivot);
        }
        self.rows.push((pivot, v));
        true
    }

    /// The number of vectors.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The vectors in order.
    pub fn rows(mut self) -> Vec<Vec<u64>> {
        self.rows.sort_by_key(|(pivot, _)| *pivot);
        self.rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// x − c·y, where y is zero before `from`.
fn subtract(x: &mut [u64], c: u64, y: &[u64], from: usize) {
    if c != 0 {
        for (x, &y) in x[from..].iter_mut().zip(&y[from..]) {
            *x = modp::sub(*x, modp::mul(c, y));
        }
    }
}

/// The first places of vectors in reduced row echelon form.
pub(super) fn pivots(rows: &[Vec<u64>]) -> Vec<usize> {
    let first = |row: &Vec<u64>| row.iter().position(|&x| x != 0);
    rows.iter().filter_map(first).collect()
}
