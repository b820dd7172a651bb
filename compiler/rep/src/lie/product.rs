//! One step of the way to a highest weight: the product U ⊗ V of an irreducible representation and the defining one, and in it the joint
//! eigenvectors of the Casimir operators of the group and of its subgroups of the first k axes.

use crate::error::Error;
use crate::exact::Exact;
use crate::linear::{canonical, null_space};
use std::collections::{BTreeMap, HashMap};

/// Which matrices act: all, those that keep a definite form, or those that keep a symplectic one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Series {
    Gl,
    Orthogonal,
    Symplectic,
}

/// A sparse vector.
pub(super) type Column = Vec<(usize, Exact)>;

/// What a basis vector is told apart by: its weight, or the parity of every axis.
pub(super) type Place = Vec<i8>;

/// An irreducible representation.
pub(super) struct Space {
    pub places: Vec<Place>,
    /// Twice the Casimir eigenvalues of the subgroups of the first k axes, k = 1 … n.
    pub casimirs: Vec<Vec<Exact>>,
    /// The columns of P(E_pq), p and q below n: E_pq projected to the Lie algebra.
    pub action: Vec<Vec<Column>>,
    /// For the columns of a diagram of one column: the sign of the coefficient of e_i1 ⊗ … ⊗ e_ik, i1 < … < ik.
    pub orientation: Vec<i8>,
    /// Where the volume form sends basis vectors, for a diagram with half as many rows as there are axes.
    pub volume: Option<Vec<(usize, i8)>>,
}

impl Series {
    /// Twice the Casimir eigenvalue of a diagram, Σ P(E_pq) P(E_qp), for the subgroup of the first k axes.
    pub fn casimir(self, rows: &[u32], k: usize) -> i64 {
        let terms = rows.iter().zip(1i64..).map(|(&a, i)| {
            let (a, k) = (i64::from(a), k as i64);
            match self {
                Series::Gl => 2 * a * (a + k + 1 - 2 * i),
                Series::Orthogonal => a * (a + k - 2 * i),
                Series::Symplectic => a * (a + k + 2 - 2 * i),
            }
        });
        terms.sum()
    }

    /// The subgroups of the first k axes that bases are adapted to, without the whole group.
    pub fn chain(self, n: usize) -> std::ops::Range<usize> {
        if self == Series::Symplectic { 0..0 } else { 1..n }
    }

    /// P(E_pq) e_i.
    pub fn on_vector(self, n: usize, p: usize, q: usize, i: usize) -> Vec<(usize, Exact)> {
        let half = Exact::ratio(1, 2);
        let unit = |j: usize, row: usize, x: Exact| (j == i).then_some((row, x));
        let other = |k: usize| (k + n / 2) % n;
        let terms = match self {
            Series::Gl => [unit(q, p, Exact::ONE), None],
            Series::Orthogonal => [unit(q, p, half), unit(p, q, -half)],
            Series::Symplectic => {
                let same = (p < n / 2) == (q < n / 2);
                [
                    unit(q, p, half),
                    unit(other(p), other(q), if same { -half } else { half }),
                ]
            }
        };
        terms.into_iter().flatten().collect()
    }

    /// The place of u ⊗ e_i.
    pub fn moved(self, place: &Place, i: usize) -> Place {
        let mut next = place.clone();
        match self {
            Series::Gl => next[i] += 1,
            Series::Orthogonal => next[i] ^= 1,
            Series::Symplectic => {
                let m = place.len();
                next[i % m] += if i < m { 1 } else { -1 };
            }
        }
        next
    }
}

/// Diagrams inside one, with at most so many rows.
fn within(rows: &[u32], most: usize) -> Vec<Vec<u32>> {
    let mut all: Vec<Vec<u32>> = vec![vec![]];
    for &r in rows.iter().take(most) {
        let longer = |head: &Vec<u32>| {
            let top = head.last().map_or(r, |&last| last.min(r));
            (0..=top).map(|a| [head.as_slice(), &[a]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

impl Space {
    /// One dimension, on which everything acts as zero.
    pub fn trivial(series: Series, n: usize) -> Space {
        let width = if series == Series::Symplectic { n / 2 } else { n };
        Space {
            places: vec![vec![0; width]],
            casimirs: vec![vec![Exact::ZERO; n]],
            action: vec![vec![vec![]]; n * n],
            orientation: vec![1],
            volume: None,
        }
    }

    pub fn dim(&self) -> usize {
        self.places.len()
    }
}

/// U ⊗ V.
pub(super) struct Product<'a> {
    pub series: Series,
    pub n: usize,
    pub space: &'a Space,
}

impl Product<'_> {
    /// Twice the Casimir operator of the first k axes on a vector.
    pub fn casimir(&self, k: usize, v: &[(usize, Exact)]) -> BTreeMap<usize, Exact> {
        let n = self.n;
        let mut out: BTreeMap<usize, Exact> = BTreeMap::new();
        for &(at, x) in v {
            let (u, i) = (at / n, at % n);
            let own = self.space.casimirs[u][k - 1];
            let defining = if i < k { self.series.casimir(&[1], k) } else { 0 };
            *out.entry(at).or_insert(Exact::ZERO) += x * (own + Exact::int(defining));
            if i >= k {
                continue;
            }
            // 4 Σ P(E_pq) ⊗ E_qp with p = i.
            for q in 0..k {
                for &(w, y) in &self.space.action[i * n + q][u] {
                    *out.entry(w * n + q).or_insert(Exact::ZERO) += Exact::int(4) * x * y;
                }
            }
        }
        out
    }

    /// P(E_pq) on a vector.
    pub fn act(&self, p: usize, q: usize, v: &[(usize, Exact)]) -> BTreeMap<usize, Exact> {
        let n = self.n;
        let mut out: BTreeMap<usize, Exact> = BTreeMap::new();
        for &(at, x) in v {
            let (u, i) = (at / n, at % n);
            for &(w, y) in &self.space.action[p * n + q][u] {
                *out.entry(w * n + i).or_insert(Exact::ZERO) += x * y;
            }
            for (j, y) in self.series.on_vector(n, p, q, i) {
                *out.entry(u * n + j).or_insert(Exact::ZERO) += x * y;
            }
        }
        out
    }

    /// The joint eigenvectors within a set of basis vectors that the group's Casimir operator has the eigenvalue of the diagram on.
    pub fn lines(&self, block: &[usize], rows: &[u32]) -> Result<Vec<Vec<Exact>>, Error> {
        let n = self.n;
        let number: HashMap<usize, usize> = block.iter().enumerate().map(|(k, &at)| (at, k)).collect();
        let image = |k: usize, v: &[Exact]| -> Vec<Exact> {
            let entries: Column = block
                .iter()
                .zip(v)
                .filter(|(_, x)| !x.is_zero())
                .map(|(&at, &x)| (at, x))
                .collect();
            let mut out = vec![Exact::ZERO; block.len()];
            for (at, x) in self.casimir(k, &entries) {
                if let Some(&k) = number.get(&at) {
                    out[k] = x;
                }
            }
            out
        };
        let units: Vec<Vec<Exact>> = (0..block.len())
            .map(|k| {
                (0..block.len())
                    .map(|j| if j == k { Exact::ONE } else { Exact::ZERO })
                    .collect()
            })
            .collect();
        let whole = eigenspace(&units, |v| image(n, v), self.series.casimir(rows, n))?;
        let mut spaces = vec![whole];
        for k in self.series.chain(n).rev() {
            let most = if self.series == Series::Orthogonal { k / 2 } else { k };
            let mut values: Vec<i64> = within(rows, most).iter().map(|d| self.series.casimir(d, k)).collect();
            values.sort_unstable();
            values.dedup();
            let mut finer = vec![];
            for space in spaces {
                let mut left = space.len();
                if left < 2 {
                    finer.push(space);
                    continue;
                }
                for &c in &values {
                    let part = eigenspace(&space, |v| image(k, v), c)?;
                    left = left.saturating_sub(part.len());
                    finer.push(part);
                    if left == 0 {
                        break;
                    }
                }
            }
            spaces = finer;
        }
        Ok(spaces.concat())
    }
}

/// The vectors of an invariant space in echelon form that an operator multiplies by a number, in echelon form.
fn eigenspace(
    space: &[Vec<Exact>],
    image: impl Fn(&[Exact]) -> Vec<Exact>,
    value: i64,
) -> Result<Vec<Vec<Exact>>, Error> {
    let (m, width) = (space.len(), space.first().map_or(0, Vec::len));
    let pivots: Vec<usize> = space
        .iter()
        .filter_map(|v| v.iter().position(|x| !x.is_zero()))
        .collect();
    let images: Vec<Vec<Exact>> = space.iter().map(|v| image(v)).collect();
    let equation = |row: usize| -> Vec<Exact> {
        (0..m)
            .map(|column| {
                let x = images[column][pivots[row]];
                if row == column { x - Exact::int(value) } else { x }
            })
            .collect()
    };
    let (solutions, _) = null_space((0..m).map(equation).collect(), m)?;
    let vectors: Vec<Vec<Exact>> = solutions
        .iter()
        .map(|c| {
            let mut v = vec![Exact::ZERO; width];
            for (c, b) in c.iter().zip(space) {
                v.iter_mut().zip(b).for_each(|(x, y)| *x += *c * *y);
            }
            v
        })
        .collect();
    Ok(canonical(vectors, width))
}
