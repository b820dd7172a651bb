//! The null space in floating point: random vectors, less their parts in the range of M = Eᵀ W E, which conjugate gradients find. They need
//! as many steps as M has different eigenvalues.

use super::Part;
use crate::error::Error;
use crate::random::Random;
use crate::sparse::Sparse;
use crate::stop;

/// Steps of conjugate gradients.
const MAX_STEPS: usize = 20_000;

/// The smallest eigenvalue of M that is not zero must be above this, relative to the largest.
const MIN_GAP: f64 = 1e-10;

/// What is left of a random solution in the span of others, from rounding alone, stays below this.
const ROUNDING: f64 = 1e-7;

/// M = Eᵀ W E.
struct Normal {
    /// E.
    rows: Sparse<f64>,
    /// Eᵀ W.
    columns: Sparse<f64>,
}

/// A x.
fn times(a: &Sparse<f64>, x: &[f64]) -> Vec<f64> {
    let value = |i: usize| a.row(i).map(|(j, e)| e * x[j]).sum();
    (0..a.height()).map(value).collect()
}

impl Normal {
    fn new(part: &Part) -> Normal {
        let rows = part.rows.map(|x| x.f);
        Normal {
            columns: rows.transposed(|i, e| part.weights[i].f * e),
            rows,
        }
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        times(&self.columns, &times(&self.rows, x))
    }

    /// A vector less its part in the range of M, and the relative gap as far as it shows.
    fn project(&self, y: &[f64]) -> Result<(Vec<f64>, f64), Error> {
        let start = norm(y);
        let mut rest = self.apply(y);
        let mut kernel = y.to_vec();
        let mut direction = rest.clone();
        let mut square = dot(&rest, &rest);
        let small = 1e-15 * square.sqrt();
        // The tridiagonal matrix of Lanczos that belongs to the steps.
        let mut lanczos = Lanczos::default();
        let (mut last_alpha, mut last_beta) = (1.0, 0.0);
        for _ in 0..MAX_STEPS {
            stop::check();
            if square.sqrt() <= small || norm(&kernel) <= ROUNDING * 1e-6 * start {
                return Ok((kernel, lanczos.gap()));
            }
            let image = self.apply(&direction);
            let alpha = square / dot(&direction, &image);
            // After rounding has set in, the numbers say nothing about M.
            if square.sqrt() > 1e5 * small {
                lanczos.push(1.0 / alpha + last_beta / last_alpha, last_beta.sqrt() / last_alpha);
            }
            for ((k, r), (d, i)) in kernel.iter_mut().zip(&mut rest).zip(direction.iter().zip(&image)) {
                *k -= alpha * d;
                *r -= alpha * i;
            }
            let next = dot(&rest, &rest);
            let beta = next / square;
            for (d, r) in direction.iter_mut().zip(&rest) {
                *d = r + beta * *d;
            }
            (square, last_alpha, last_beta) = (next, alpha, beta);
        }
        Err(undecided())
    }

    /// A random vector of length 1 projected twice, so that rounding is all that is left in the range.
    fn solution(&self, random: &mut Random) -> Result<(Vec<f64>, f64), Error> {
        let mut v = random.vector(self.rows.width());
        scale(&mut v);
        let (once, gap) = self.project(&v)?;
        if gap < MIN_GAP {
            return Err(undecided());
        }
        Ok((self.project(&once)?.0, gap))
    }
}

fn undecided() -> Error {
    Error::Invalid("floating point does not decide the rank of the equations".into())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

fn scale(v: &mut [f64]) {
    let size = norm(v).max(f64::MIN_POSITIVE);
    v.iter_mut().for_each(|x| *x /= size);
}

/// A vector less its part in the span of orthonormal ones.
fn outside(v: &mut [f64], frame: &[Vec<f64>]) {
    // Twice is enough.
    for e in frame.iter().chain(frame) {
        let c = dot(e, v);
        v.iter_mut().zip(e).for_each(|(x, y)| *x -= c * y);
    }
}

/// An orthonormal basis of the null space, or `most + 1` vectors of it, and the relative gap.
pub(super) fn null_space(part: &Part, most: usize) -> Result<(Vec<Vec<f64>>, f64), Error> {
    let m = Normal::new(part);
    let mut random = Random(part.unknowns.len() as u64);
    let mut found: Vec<Vec<f64>> = vec![];
    let mut gap = 1.0f64;
    loop {
        let (mut v, seen) = m.solution(&mut random)?;
        gap = gap.min(seen);
        outside(&mut v, &found);
        if norm(&v) < ROUNDING || found.len() > most {
            return Ok((found, gap));
        }
        scale(&mut v);
        found.push(v);
    }
}

/// The basis of the null space that is one of the unit vectors at each of these places.
pub(super) fn with_pivots(part: &Part, pivots: &[usize]) -> Result<Vec<Vec<f64>>, Error> {
    let m = Normal::new(part);
    let mut random = Random(part.unknowns.len() as u64);
    let mut vectors = vec![];
    for _ in pivots {
        vectors.push(m.solution(&mut random)?.0);
    }
    Ok(reduced(vectors, pivots))
}

/// The basis of the span of some vectors that is one of the unit vectors at each of these places.
pub(super) fn reduced(vectors: Vec<Vec<f64>>, pivots: &[usize]) -> Vec<Vec<f64>> {
    let mut frame: Vec<Vec<f64>> = vec![];
    for mut v in vectors {
        scale(&mut v);
        outside(&mut v, &frame);
        if norm(&v) > ROUNDING {
            scale(&mut v);
            frame.push(v);
        }
    }
    let mut rows = frame.clone();
    eliminate(&mut rows, pivots);
    // Elimination leaves the span by its rounding errors. Back in it, unit vectors are off by little, and a second elimination is harmless.
    for row in &mut rows {
        let mut image = vec![0.0; row.len()];
        for e in &frame {
            let c = dot(e, row);
            image.iter_mut().zip(e).for_each(|(x, y)| *x += c * y);
        }
        *row = image;
    }
    eliminate(&mut rows, pivots);
    rows
}

/// Gauss and Jordan on the columns of the pivots.
fn eliminate(rows: &mut [Vec<f64>], pivots: &[usize]) {
    for (k, &pivot) in pivots.iter().enumerate() {
        let best = (k..rows.len()).max_by(|&i, &j| rows[i][pivot].abs().total_cmp(&rows[j][pivot].abs()));
        let Some(best) = best else { return };
        rows.swap(k, best);
        let c = rows[k][pivot];
        rows[k].iter_mut().for_each(|x| *x /= c);
        let row = rows[k].clone();
        for (_, other) in rows.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let c = other[pivot];
            other.iter_mut().zip(&row).for_each(|(x, y)| *x -= c * y);
        }
    }
    for (k, row) in rows.iter_mut().enumerate() {
        for (i, &pivot) in pivots.iter().enumerate() {
            row[pivot] = f64::from(u8::from(i == k));
        }
    }
}

/// A symmetric tridiagonal matrix.
#[derive(Default)]
struct Lanczos {
    diagonal: Vec<f64>,
    /// Next to the diagonal, the first one unused.
    beside: Vec<f64>,
}

impl Lanczos {
    fn push(&mut self, diagonal: f64, beside: f64) {
        self.diagonal.push(diagonal);
        self.beside.push(beside);
    }

    /// The smallest eigenvalue over the largest; 1 if there are none.
    fn gap(&self) -> f64 {
        let n = self.diagonal.len();
        let reach = |i: usize| self.beside[i] * f64::from(u8::from(i > 0)) + self.beside.get(i + 1).unwrap_or(&0.0);
        let top = (0..n).map(|i| self.diagonal[i] + reach(i)).fold(0.0, f64::max);
        if n == 0 || top <= 0.0 {
            return 1.0;
        }
        let (smallest, largest) = (self.eigenvalue(1, top), self.eigenvalue(n, top));
        smallest / largest
    }

    /// Eigenvalue number k from below, by bisection of \[0, top\].
    fn eigenvalue(&self, k: usize, top: f64) -> f64 {
        let (mut low, mut high) = (0.0, top);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.below(middle) >= k {
                high = middle
            } else {
                low = middle
            }
        }
        f64::midpoint(low, high)
    }

    /// The number of eigenvalues below x: the negative pivots of T − x (Sylvester).
    fn below(&self, x: f64) -> usize {
        let mut count = 0;
        let mut pivot = 1.0;
        for (i, d) in self.diagonal.iter().enumerate() {
            let coupling = if i == 0 { 0.0 } else { self.beside[i].powi(2) };
            pivot = d - x - coupling / pivot;
            if pivot == 0.0 {
                pivot = -f64::MIN_POSITIVE;
            }
            count += usize::from(pivot < 0.0);
        }
        count
    }
}
