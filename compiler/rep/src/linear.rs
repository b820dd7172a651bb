//! Small dense linear algebra over a ring, and exact elimination with the float carried beside the residue.

use crate::error::Error;
use crate::exact::Exact;
use crate::modp;
use crate::scalar::Scalar;

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
    decided: bool,
    rows: Vec<Vec<Exact>>,
    pivots: Vec<usize>,
}

impl Echelon {
    /// No rows yet, of `width` columns. With `exact` every entry must carry a residue.
    fn new(width: usize, exact: bool) -> Echelon {
        Echelon {
            width,
            exact,
            decided: true,
            rows: vec![],
            pivots: vec![],
        }
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
            let best = (done..rows.len())
                .filter(|&i| !self.negligible(rows[i][column]))
                .max_by(|&i, &j| rows[i][column].f.abs().total_cmp(&rows[j][column].f.abs()));
            let Some(best) = best else { continue };
            self.decided &= self.exact || rows[best][column].f.abs() > NUMERIC_PIVOT;
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

    /// The reduced rows, floats polished.
    fn rows(self) -> Vec<Vec<Exact>> {
        self.rows
            .into_iter()
            .map(|row| row.into_iter().map(Exact::polish).collect())
            .collect()
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

/// The vectors that all equations annihilate, in reduced row echelon form; the flag says that floats decided. An error
/// if they do not leave a clear gap.
pub fn null_space(equations: Vec<Vec<Exact>>, width: usize) -> Result<(Vec<Vec<Exact>>, bool), Error> {
    let exact = equations.iter().flatten().all(|x| x.r.is_some());
    let mut echelon = Echelon::new(width, exact);
    echelon.reduce(equations);
    if !echelon.decided {
        return Err(Error::Invalid(
            "floating point does not decide the rank of the equations".into(),
        ));
    }
    Ok((echelon.null_space(), !exact))
}
