//! Equivariant kernels on R² and R³, sampled on windows of a grid that the group does not permute.
//!
//! The space is that of escnn: Gaussian rings times harmonics with a cut-off, K(x) = Σ c · φ_i(|x|) B Y_l(x/|x|) with B as in
//! [`crate::harmonics::harmonic_kernel`] and φ_i(r) = exp(−(r − r_i)²/2σ_i²). As a function on R^d each K is equivariant under the
//! whole group; its values at the points of a grid are equivariant under the subgroup that permutes them.

use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::harmonics::{count, harmonic_kernel, harmonics};
use crate::hom::{Basis, larger};
use crate::rep::Atom;

/// A ring: a Gaussian function of |x|, times harmonics up to a degree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    /// Where the Gaussian has its maximum, in cells.
    pub radius: f64,
    /// Its standard deviation.
    pub width: f64,
    /// The largest degree of its harmonics.
    pub degree: u32,
}

/// Rings for windows of `size` cells.
///
/// Odd sizes, as in escnn: radii 0, 1, … up to R = (size − 1)/2 with widths 0.6, at R 0.4, at the centre 0.005, and degrees 2r for odd
/// r, 2r − 1 for even r, 2 at R, 0 at the centre. Even sizes have no cell at the centre: radii 1/2, 3/2, … up to R, widths 0.6, at R
/// 0.4, degrees 2r, at R at most 2.
pub fn rings(size: u32) -> Vec<Ring> {
    let (last, half) = (size.saturating_sub(1) / 2, size.is_multiple_of(2));
    let ring = |r: u32| Ring {
        radius: f64::from(r) + if half { 0.5 } else { 0.0 },
        width: match r {
            0 if !half => 0.005,
            _ if r == last => 0.4,
            _ => 0.6,
        },
        degree: match r {
            0 => u32::from(half),
            _ if r == last => 2,
            _ if half => 2 * r + 1,
            _ => 2 * r - (r + 1) % 2,
        },
    };
    (0..=last).map(ring).collect()
}

/// The points of a window of `size` cells on every one of d axes, last axis fastest: offsets of cell centres from the centre of the
/// window, doubled where the size is even.
pub fn window_points(d: usize, size: u32) -> Vec<Vec<i32>> {
    let coordinate = |k: u32| match size % 2 {
        1 => k as i32 - (size / 2) as i32,
        _ => 2 * k as i32 - (size as i32 - 1),
    };
    let mut points: Vec<Vec<i32>> = vec![vec![]];
    for _ in 0..d {
        points = points
            .into_iter()
            .flat_map(|p| (0..size).map(move |k| [p.as_slice(), &[coordinate(k)]].concat()))
            .collect();
    }
    points
}

/// The kernels of one degree: element (k, i) is Σ_m basis\[k, ·, ·, m\] · samples\[i, m, ·\], the ring i fast.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The degree of its harmonics.
    pub degree: u32,
    /// Of shape \[k, dim b, dim a, harmonics\].
    pub basis: Basis,
    /// The number of rings.
    pub rings: u32,
    /// Of shape \[rings, harmonics, points\].
    pub samples: Vec<Exact>,
}

/// A basis of kernels on a window, in factors.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowBasis {
    /// The number of points.
    pub points: u32,
    /// The kernels of every degree, ascending.
    pub pieces: Vec<Piece>,
}

/// A basis of the equivariant kernels from a to b, sampled on a window of `size` cells on every axis of Z^d.
///
/// Samples are normalised: the squares of those of one ring and degree sum to the number of harmonics. Radial factors are
/// transcendental numbers; see [`Exact::opaque`].
pub fn window_kernel(group: &Group, d: usize, size: u32, a: &Atom, b: &Atom) -> Result<WindowBasis, Error> {
    let points = window_points(d, size);
    let rings = rings(size);
    let cell = if size % 2 == 1 { 1.0 } else { 2.0 };
    let top = rings.iter().map(|r| r.degree).max().unwrap_or(0);
    let mut pieces = vec![];
    for degree in 0..=top {
        let basis = harmonic_kernel(group, d, degree, a, b)?;
        let chosen: Vec<&Ring> = rings.iter().filter(|r| r.degree >= degree).collect();
        if basis.is_empty() {
            continue;
        }
        let samples = chosen.iter().flat_map(|ring| sample(ring, degree, &points, cell));
        pieces.push(Piece {
            degree,
            basis,
            rings: chosen.len() as u32,
            samples: samples.collect(),
        });
    }
    Ok(WindowBasis {
        points: points.len() as u32,
        pieces,
    })
}

/// φ(|x|) Y_l(x/|x|) at every point, of shape \[harmonics, points\]; `cell` coordinates make one cell.
fn sample(ring: &Ring, degree: u32, points: &[Vec<i32>], cell: f64) -> Vec<Exact> {
    let d = points.first().map_or(2, Vec::len);
    let square = |p: &[i32]| p.iter().map(|&x| i64::from(x) * i64::from(x)).sum::<i64>();
    let radial = |p: &[i32]| {
        let r = (square(p) as f64).sqrt();
        let at = (r / cell - ring.radius) / ring.width;
        match square(p) {
            0 if degree > 0 => 0.0,
            0 => (-at * at / 2.0).exp(),
            _ => (-at * at / 2.0).exp() / r.powi(degree as i32),
        }
    };
    let values: Vec<Vec<Exact>> = points
        .iter()
        .map(|p| harmonics(degree, &p.iter().map(|&x| Exact::int(i64::from(x))).collect::<Vec<_>>()))
        .collect();
    let size: f64 = points
        .iter()
        .zip(&values)
        .map(|(p, y)| radial(p).powi(2) * y.iter().map(|y| y.f * y.f).sum::<f64>())
        .sum();
    let n = count(d, degree);
    let scale = (n as f64 / size.max(f64::MIN_POSITIVE)).sqrt();
    let factors: Vec<Exact> = points.iter().map(|p| Exact::opaque(scale * radial(p))).collect();
    (0..n)
        .flat_map(|m| factors.iter().zip(&values).map(move |(f, y)| *f * y[m]))
        .collect()
}

impl WindowBasis {
    /// The number of kernels.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|p| p.basis.len() * p.rings as usize).sum()
    }

    /// Only zero is equivariant.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The largest residual of what was found in floating point; see [`Basis::residual`].
    pub fn residual(&self) -> Option<f64> {
        self.pieces.iter().fold(None, |r, p| larger(r, p.basis.residual))
    }

    /// The sum of the squares of all entries of all kernels.
    pub fn square_norm(&self) -> f64 {
        let points = self.points as usize;
        let piece = |p: &Piece| {
            let n = count_of(p);
            let mut gram = vec![0.0; n * n];
            for ring in p.samples.chunks(n * points) {
                for (at, g) in gram.iter_mut().enumerate() {
                    let (i, j) = (&ring[at / n * points..][..points], &ring[at % n * points..][..points]);
                    *g += i.iter().zip(j).map(|(x, y)| x.f * y.f).sum::<f64>();
                }
            }
            let form = |v: &[Exact]| -> f64 { (0..n * n).map(|at| v[at / n].f * v[at % n].f * gram[at]).sum() };
            p.basis.data.chunks(n).map(form).sum::<f64>()
        };
        self.pieces.iter().map(piece).sum()
    }

    /// All kernels written out, of shape \[k, points, dim b, dim a\].
    pub fn dense(&self) -> Basis {
        let points = self.points as usize;
        let mut rows = vec![];
        let mut shape = [points, 0, 0];
        for p in &self.pieces {
            let n = count_of(p);
            shape = [points, p.basis.shape[1] as usize, p.basis.shape[2] as usize];
            for k in 0..p.basis.len() {
                for ring in p.samples.chunks(n * points) {
                    let value = |at: usize| {
                        let entry = &p.basis.tensor(k)[at % (shape[1] * shape[2]) * n..][..n];
                        let point = at / (shape[1] * shape[2]);
                        (0..n).fold(Exact::ZERO, |sum, m| sum + entry[m] * ring[m * points + point])
                    };
                    rows.push((0..shape.iter().product()).map(value).collect());
                }
            }
        }
        Basis::from_rows(rows, &shape, self.residual())
    }

    /// A hash of all factors; see [`Basis::fingerprint`].
    pub fn fingerprint(&self) -> u64 {
        let parts = self.pieces.iter().flat_map(|p| {
            let samples = Basis::from_rows(vec![p.samples.clone()], &[p.samples.len()], None);
            [p.basis.fingerprint(), samples.fingerprint()]
        });
        parts.fold(u64::from(self.points), |hash, part| hash.rotate_left(17) ^ part)
    }
}

/// The number of harmonics of a piece.
fn count_of(p: &Piece) -> usize {
    p.basis.shape.get(3).map_or(1, |&n| n as usize)
}
