//! Sparse matrices by rows, and those of representations: the same formulas as in [`crate::matrices`], for spaces too large to write
//! matrices out.

use crate::element::Elem;
use crate::exact::Exact;
use crate::group::Group;
use crate::matrices::{multisets, subsets};
use crate::rep::{Atom, Rep};
use crate::scalar::{Jet, Scalar};
use std::collections::BTreeMap;

/// A matrix by its entries that are not zero, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Sparse<T> {
    width: usize,
    /// Where each row begins, and the end.
    starts: Vec<usize>,
    columns: Vec<u32>,
    entries: Vec<T>,
}

impl<T> Sparse<T> {
    /// No rows yet.
    pub fn new(width: usize) -> Sparse<T> {
        Sparse {
            width,
            starts: vec![0],
            columns: vec![],
            entries: vec![],
        }
    }

    /// Appends a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = (usize, T)>) {
        for (column, x) in row {
            self.columns.push(column as u32);
            self.entries.push(x);
        }
        self.starts.push(self.columns.len());
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries of a row with their columns.
    pub fn row(&self, i: usize) -> impl ExactSizeIterator<Item = (usize, &T)> + Clone {
        let range = self.starts[i]..self.starts[i + 1];
        let columns = self.columns[range.clone()].iter().map(|&j| j as usize);
        columns.zip(&self.entries[range])
    }

    /// All entries.
    pub fn entries(&self) -> &[T] {
        &self.entries
    }

    /// The transpose, with each entry made from its row and itself.
    pub fn transposed<U: Clone>(&self, mut f: impl FnMut(usize, &T) -> U) -> Sparse<U> {
        let mut starts = vec![0; self.width + 1];
        self.columns.iter().for_each(|&j| starts[j as usize + 1] += 1);
        for j in 0..self.width {
            starts[j + 1] += starts[j];
        }
        let mut next = starts.clone();
        let mut places = vec![(0, 0); self.len()];
        for i in 0..self.height() {
            for at in self.starts[i]..self.starts[i + 1] {
                let slot = &mut next[self.columns[at] as usize];
                places[*slot] = (i, at);
                *slot += 1;
            }
        }
        Sparse {
            width: self.height(),
            starts,
            columns: places.iter().map(|&(i, _)| i as u32).collect(),
            entries: places.iter().map(|&(i, at)| f(i, &self.entries[at])).collect(),
        }
    }

    /// The same places with other entries.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Sparse<U> {
        Sparse {
            width: self.width,
            starts: self.starts.clone(),
            columns: self.columns.clone(),
            entries: self.entries.iter().map(f).collect(),
        }
    }
}

impl<S: Scalar> Sparse<S> {
    /// The entries of a matrix that are not zero.
    pub fn from_dense(m: &[S], width: usize) -> Sparse<S> {
        let mut out = Sparse::new(width);
        for row in m.chunks(width.max(1)) {
            out.push(row.iter().cloned().enumerate().filter(|(_, x)| !x.vanishes()));
        }
        out
    }

    /// The matrix that moves basis vector j to image\[j\].
    fn permutation(image: &[u32]) -> Sparse<S> {
        let mut from = vec![0; image.len()];
        for (j, &i) in image.iter().enumerate() {
            from[i as usize] = j;
        }
        let mut out = Sparse::new(image.len());
        for j in from {
            out.push([(j, S::one())]);
        }
        out
    }

    /// A ⊗ B, the first factor slow.
    fn kronecker(&self, other: &Sparse<S>) -> Sparse<S> {
        let mut out = Sparse::new(self.width * other.width);
        for i in 0..self.height() {
            for k in 0..other.height() {
                let pairs = self.row(i).flat_map(|(j, x)| {
                    let place = j * other.width;
                    other.row(k).map(move |(l, y)| (place + l, x.times(y)))
                });
                out.push(pairs.filter(|(_, x)| !x.vanishes()));
            }
        }
        out
    }

    /// M v.
    pub fn times(&self, v: &[S]) -> Vec<S> {
        let value = |i: usize| self.row(i).fold(S::zero(), |sum, (j, x)| sum.plus(&x.times(&v[j])));
        (0..self.height()).map(value).collect()
    }

    /// The transpose.
    pub fn transpose(&self) -> Sparse<S> {
        self.transposed(|_, x| x.clone())
    }

    /// Appends another matrix as a block below and to the right, `copies` times.
    fn append(&mut self, block: &Sparse<S>, copies: u32) {
        for _ in 0..copies {
            let at = self.width;
            for i in 0..block.height() {
                self.push(block.row(i).map(|(j, x)| (at + j, x.clone())));
            }
            self.width += block.width;
        }
    }
}

impl Sparse<Jet> {
    /// The derivatives.
    fn derivative(&self) -> Sparse<Exact> {
        let mut out = Sparse::new(self.width);
        for i in 0..self.height() {
            out.push(self.row(i).map(|(j, x)| (j, x.d)).filter(|(_, d)| !d.is_zero()));
        }
        out
    }
}

/// Σ c·M over matrices of one size.
pub(crate) fn combination(terms: &[(Exact, &Sparse<Exact>)]) -> Sparse<Exact> {
    let (height, width) = terms.first().map_or((0, 0), |(_, m)| (m.height(), m.width));
    let mut out = Sparse::new(width);
    for i in 0..height {
        let mut row: BTreeMap<usize, Exact> = BTreeMap::new();
        for (c, m) in terms {
            for (j, x) in m.row(i) {
                *row.entry(j).or_insert(Exact::ZERO) += *c * *x;
            }
        }
        out.push(row.into_iter().filter(|(_, x)| !x.is_zero()));
    }
    out
}

impl Atom {
    /// The matrix of an element; see [`Atom::matrix`].
    pub(crate) fn sparse<S: Scalar>(&self, group: &Group, g: &Elem<S>) -> Option<Sparse<S>> {
        if let Some(image) = self.permutation(group, g) {
            return Some(Sparse::permutation(&image));
        }
        match self {
            Atom::Kron(a, b) => Some(a.sparse(g)?.kronecker(&b.sparse(g)?)),
            Atom::Hom(a, b) => Some(b.sparse(g)?.kronecker(&a.sparse(&g.inverse())?.transpose())),
            Atom::Sym(a, k) => Some(symmetric(&a.sparse(g)?, *k as usize)),
            Atom::Alt(a, k) => Some(alternating(&a.sparse(g)?, *k as usize)),
            Atom::Dual(a) => Some(a.sparse(&g.inverse())?.transpose()),
            Atom::Restrict(a) => a.sparse(&group.include(&a.group, g)?),
            Atom::Outer(parts) => {
                let (Group::Product(factors), Elem::Tuple(elements)) = (group, g) else {
                    return None;
                };
                let mut product = Sparse::from_dense(&[S::one()], 1);
                for ((factor, atom), element) in factors.iter().zip(parts).zip(elements) {
                    product = product.kronecker(&atom.sparse(factor, element)?);
                }
                Some(product)
            }
            _ => Some(Sparse::from_dense(&self.matrix(group, g)?, self.dim(group))),
        }
    }

    /// The derivatives at the identity; see [`Atom::lie_matrices`].
    pub(crate) fn sparse_lie(&self, group: &Group) -> Option<Vec<Sparse<Exact>>> {
        let curves = group.lie_curves();
        let matrices = curves.iter().map(|curve| self.sparse::<Jet>(group, curve));
        matrices.map(|m| Some(m?.derivative())).collect()
    }
}

impl Rep {
    /// The matrix of an element.
    fn sparse<S: Scalar>(&self, g: &Elem<S>) -> Option<Sparse<S>> {
        let mut out = Sparse::new(0);
        for (copies, atom) in &self.blocks {
            out.append(&atom.sparse(&self.group, g)?, *copies);
        }
        Some(out)
    }
}

/// All ways to pick one entry in each of these rows: their columns and their product.
fn picks<S: Scalar>(m: &Sparse<S>, rows: &[usize]) -> Vec<(Vec<usize>, S)> {
    rows.iter().fold(vec![(vec![], S::one())], |heads, &i| {
        let longer = heads.iter().flat_map(|(head, x)| {
            m.row(i)
                .map(move |(j, y)| ([head.as_slice(), &[j]].concat(), x.times(y)))
        });
        longer.filter(|(_, x)| !x.vanishes()).collect()
    })
}

/// A row of a power: the columns of the monomials, with the terms that belong to each added up.
fn collected<S: Scalar>(terms: impl Iterator<Item = (Vec<usize>, S)>, monomials: &[Vec<usize>]) -> BTreeMap<usize, S> {
    let mut row: BTreeMap<usize, S> = BTreeMap::new();
    for (key, x) in terms {
        if let Ok(at) = monomials.binary_search(&key) {
            let sum = row.entry(at).or_insert_with(S::zero);
            *sum = sum.plus(&x);
        }
    }
    row.retain(|_, x| !x.vanishes());
    row
}

/// The k-th symmetric power.
fn symmetric<S: Scalar>(m: &Sparse<S>, k: usize) -> Sparse<S> {
    let monomials = multisets(m.width(), k);
    let mut out = Sparse::new(monomials.len());
    for rows in &monomials {
        let sorted = picks(m, rows).into_iter().map(|(mut columns, x)| {
            columns.sort_unstable();
            (columns, x)
        });
        let row = collected(sorted, &monomials).into_iter().map(|(at, x)| {
            let scale = Exact::sqrt_ratio(arrangements(rows), arrangements(&monomials[at]));
            (at, S::constant(scale).times(&x))
        });
        out.push(row);
    }
    out
}

/// The number of different arrangements of an ascending list.
fn arrangements(list: &[usize]) -> u64 {
    let mut count = 1;
    for (at, x) in list.iter().enumerate() {
        let repeats = list[..=at].iter().filter(|y| *y == x).count() as u64;
        count = count * (at as u64 + 1) / repeats;
    }
    count
}

/// The k-th alternating power.
fn alternating<S: Scalar>(m: &Sparse<S>, k: usize) -> Sparse<S> {
    let sets = subsets(m.width(), k);
    let mut out = Sparse::new(sets.len());
    for rows in &sets {
        let sorted = picks(m, rows).into_iter().map(|(mut columns, x)| {
            let inversions: usize = (0..k)
                .map(|i| columns[..i].iter().filter(|&&a| a > columns[i]).count())
                .sum();
            columns.sort_unstable();
            (columns, if inversions.is_multiple_of(2) { x } else { x.minus() })
        });
        out.push(collected(sorted, &sets));
    }
    out
}
