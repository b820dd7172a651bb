//! Small dense linear algebra over a ring, and exact elimination with the float carried beside the residue.

use crate::error::Error;
use crate::exact::Exact;
use crate::modp;
use crate::scalar::Scalar;
use crate::stop;

/// The identity matrix of size n.
pub fn identity<S: Scalar>(n: usize) -> Vec<S> {
    (0..n * n)
        .map(|at| if at / n == at % n { S::one() } else { S::zero() })
        .collect()
}

/// A·B for A of n×k and B of k×m, row-major.
pub fn multiply<S: Scalar>(a: &[S], b: &[S], n: usize, k: usize, m: usize) -> Vec<S> {
    let mut c = vec![S::zero(); n * m];
    for i in 0..n {
        for j in 0..k {
            let x = &a[i * k + j];
            if x.vanishes() {
                continue;
            }
            for l in 0..m {
                let y = &b[j * m + l];
                if !y.vanishes() {
                    c[i * m + l] = c[i * m + l].plus(&x.times(y));
                }
            }
        }
    }
    c
}

/// A ⊗ B for square matrices of sizes n and m: row i·m + k, column j·m + l holds A_ij·B_kl.
pub fn kronecker<S: Scalar>(a: &[S], b: &[S], n: usize, m: usize) -> Vec<S> {
    let size = n * m;
    (0..size * size)
        .map(|at| {
            let (row, column) = (at / size, at % size);
            let x = &a[row / m * n + column / m];
            if x.vanishes() {
                S::zero()
            } else {
                x.times(&b[row % m * m + column % m])
            }
        })
        .collect()
}

/// The transpose of an n×m matrix.
pub fn transpose<S: Scalar>(a: &[S], n: usize, m: usize) -> Vec<S> {
    (0..n * m).map(|at| a[at % n * m + at / n].clone()).collect()
}

/// The determinant of an n×n matrix by expansion along its first row; for the small minors of alternating powers.
pub fn minor<S: Scalar>(a: &[S], rows: &[usize], columns: &[usize], n: usize) -> S {
    let Some((&row, rest)) = rows.split_first() else {
        return S::one();
    };
    let mut sum = S::zero();
    for (at, &column) in columns.iter().enumerate() {
        let entry = &a[row * n + column];
        if entry.vanishes() {
            continue;
        }
        let mut others = columns.to_vec();
        others.remove(at);
        let term = entry.times(&minor(a, rest, &others, n));
        sum = sum.plus(&if at % 2 == 0 { term } else { term.minus() });
    }
    sum
}

/// The inverse of an n×n matrix, by Gauss-Jordan with the largest pivots; `None` if there is none.
pub fn inverse(a: &[Exact], n: usize) -> Option<Vec<Exact>> {
    let mut rows: Vec<Vec<Exact>> = (0..n)
        .map(|i| {
            let unit = (0..n).map(|j| if i == j { Exact::ONE } else { Exact::ZERO });
            a[i * n..(i + 1) * n].iter().copied().chain(unit).collect()
        })
        .collect();
    let exact = a.iter().all(|x| x.r.is_some());
    let zero = |x: Exact| if exact { x.is_zero() } else { x.f.abs() < NUMERIC_ZERO };
    for k in 0..n {
        let best = (k..n)
            .filter(|&i| !zero(rows[i][k]))
            .max_by(|&i, &j| rows[i][k].f.abs().total_cmp(&rows[j][k].f.abs()))?;
        rows.swap(k, best);
        let scale = Exact::ONE / rows[k][k];
        rows[k].iter_mut().for_each(|x| *x = *x * scale);
        let pivot = rows[k].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let factor = row[k];
            if !factor.is_zero() {
                row.iter_mut()
                    .zip(&pivot)
                    .for_each(|(x, y)| *x = eliminate(*x, factor, *y));
            }
        }
    }
    Some(
        rows.iter()
            .flat_map(|row| row[n..].iter().map(|x| x.polish()))
            .collect(),
    )
}

/// The dimension of the span of some vectors; an error if they are known in floating point only and leave no clear gap.
pub fn rank(vectors: &[Vec<Exact>], width: usize) -> Result<usize, Error> {
    let exact = vectors.iter().flatten().all(|x| x.r.is_some());
    let mut echelon = Echelon::new(width, exact);
    echelon.reduce(vectors.to_vec());
    match echelon.decided() {
        true => Ok(echelon.rows.len()),
        false => Err(undecided()),
    }
}

/// The length of the part of a vector that lies outside the span of independent ones; exactly 0 if it lies inside.
pub fn rest(basis: &[Vec<Exact>], v: &[Exact], width: usize) -> Result<f64, Error> {
    let with = [basis, &[v.to_vec()]].concat();
    if rank(&with, width)? == basis.len() {
        return Ok(0.0);
    }
    let mut frame: Vec<Vec<f64>> = vec![];
    for b in &with {
        let mut u: Vec<f64> = b.iter().map(|x| x.f).collect();
        // Twice is enough.
        for e in frame.iter().chain(&frame) {
            let c: f64 = e.iter().zip(&u).map(|(x, y)| x * y).sum();
            u.iter_mut().zip(e).for_each(|(x, y)| *x -= c * y);
        }
        let size = u.iter().map(|x| x * x).sum::<f64>().sqrt();
        if frame.len() == basis.len() {
            return Ok(size);
        }
        frame.push(u.iter().map(|x| x / size.max(f64::MIN_POSITIVE)).collect());
    }
    Ok(0.0)
}

/// An integer matrix applied to a point.
pub fn act(m: &[i32], point: &[i32]) -> Vec<i32> {
    let d = point.len();
    (0..d).map(|i| (0..d).map(|j| m[i * d + j] * point[j]).sum()).collect()
}

/// Without residues, an entry below this is zero …
const NUMERIC_ZERO: f64 = 1e-9;

/// … and a pivot below this leaves the rank undecided: entries between the two are in the gap.
const NUMERIC_PIVOT: f64 = 1e-6;

/// A row-reduced set of equations or vectors, kept reduced while rows are added.
struct Echelon {
    width: usize,
    exact: bool,
    /// The smallest pivot, in floats.
    smallest: f64,
    rows: Vec<Vec<Exact>>,
    pivots: Vec<usize>,
}

impl Echelon {
    /// No rows yet, of `width` columns. With `exact` every entry must carry a residue.
    fn new(width: usize, exact: bool) -> Echelon {
        Echelon {
            width,
            exact,
            smallest: f64::INFINITY,
            rows: vec![],
            pivots: vec![],
        }
    }

    /// Do the numbers say which pivots are zero?
    fn decided(&self) -> bool {
        self.exact || self.smallest > NUMERIC_PIVOT
    }

    fn negligible(&self, x: Exact) -> bool {
        if self.exact {
            x.is_zero()
        } else {
            x.f.abs() < NUMERIC_ZERO
        }
    }

    /// Brings all rows to reduced row echelon form. The result is unique, so the choice of pivots may follow the
    /// floats: in each column the largest one.
    fn reduce(&mut self, mut rows: Vec<Vec<Exact>>) {
        let mut done = 0;
        for column in 0..self.width {
            stop::check();
            let best = (done..rows.len())
                .filter(|&i| !self.negligible(rows[i][column]))
                .max_by(|&i, &j| rows[i][column].f.abs().total_cmp(&rows[j][column].f.abs()));
            let Some(best) = best else { continue };
            self.smallest = self.smallest.min(rows[best][column].f.abs());
            rows.swap(done, best);
            let scale = Exact::ONE / rows[done][column];
            for x in &mut rows[done][column..] {
                if !x.is_zero() {
                    *x = *x * scale;
                }
            }
            rows[done][column] = Exact::ONE;
            let pivot = rows[done].clone();
            let support: Vec<usize> = (column..self.width).filter(|&j| !pivot[j].is_zero()).collect();
            for (i, row) in rows.iter_mut().enumerate() {
                let factor = row[column];
                if i == done || factor.is_zero() {
                    continue;
                }
                for &j in &support {
                    row[j] = eliminate(row[j], factor, pivot[j]);
                }
                row[column] = Exact::ZERO;
            }
            self.pivots.push(column);
            done += 1;
            if done == rows.len() {
                break;
            }
        }
        rows.truncate(done);
        self.rows = rows;
    }

    /// The reduced rows, floats polished, and without what rounding left of zeros.
    fn rows(self) -> Vec<Vec<Exact>> {
        let clean = |x: Exact| {
            if self.negligible(x) {
                Exact { f: 0.0, ..x }
            } else {
                x.polish()
            }
        };
        let rows = self.rows.iter();
        rows.map(|row| row.iter().map(|&x| clean(x)).collect()).collect()
    }

    /// A basis of the vectors that all rows annihilate, in reduced row echelon form.
    fn null_space(self) -> Vec<Vec<Exact>> {
        let free: Vec<usize> = (0..self.width)
            .filter(|j| self.pivots.binary_search(j).is_err())
            .collect();
        let vectors = free
            .iter()
            .map(|&j| {
                let mut v = vec![Exact::ZERO; self.width];
                v[j] = Exact::ONE;
                for (row, &pivot) in self.rows.iter().zip(&self.pivots) {
                    v[pivot] = -row[j];
                }
                v
            })
            .collect();
        canonical(vectors, self.width)
    }
}

/// x − a·b, with a float of exactly zero where the residue says so.
fn eliminate(x: Exact, a: Exact, b: Exact) -> Exact {
    let r = match (x.r, a.r, b.r) {
        (Some(x), Some(a), Some(b)) => Some(modp::sub(x, modp::mul(a, b))),
        _ => None,
    };
    Exact {
        f: if r == Some(0) { 0.0 } else { x.f - a.f * b.f },
        r,
    }
}

/// The reduced row echelon form of the span of some vectors.
pub fn canonical(vectors: Vec<Vec<Exact>>, width: usize) -> Vec<Vec<Exact>> {
    let exact = vectors.iter().flatten().all(|x| x.r.is_some());
    let mut echelon = Echelon::new(width, exact);
    echelon.reduce(vectors);
    echelon.rows()
}

/// The vectors that all equations annihilate, in reduced row echelon form; if floats decided, also the gap: the smallest pivot. An error if it
/// is not clear.
pub fn null_space(equations: Vec<Vec<Exact>>, width: usize) -> Result<(Vec<Vec<Exact>>, Option<f64>), Error> {
    let exact = equations.iter().flatten().all(|x| x.r.is_some());
    let mut echelon = Echelon::new(width, exact);
    echelon.reduce(equations);
    if !echelon.decided() {
        return Err(undecided());
    }
    let gap = (!exact).then_some(echelon.smallest.min(1.0));
    Ok((echelon.null_space(), gap))
}

fn undecided() -> Error {
    Error::Invalid("floating point does not decide the rank of the equations".into())
}
