//! Irreducible representations of the classical groups by their highest weights, as matrices over the reals.
//!
//! | group | labels | diagram |
//! |---|---|---|
//! | U(n) | the weight λ1 ≥ … ≥ λn | λ − λn, times det^λn |
//! | SU(n), SL(n) | Dynkin labels, n − 1 | λ_i = Σ_{k ≥ i} a_k |
//! | Sp(2m) | Dynkin labels, m | λ_i = Σ_{k ≥ i} a_k |
//! | SO(2m+1), SO(p, q) | Dynkin labels, m, the last one even | λ_i = Σ_{i ≤ k < m} a_k + a_m/2 |
//! | SO(2m), SO(p, q) | Dynkin labels, m, the last two of one parity | also λ_m = (a_m − a_{m−1})/2 |
//! | O(n), O(p, q) | the rows of a diagram whose first two columns have at most n boxes together | the shorter one, times det |
//!
//! The space of a diagram is that of [`super::tower`]. Over the reals:
//!
//! - A representation of SU(n) or U(n) that is not its own conjugate is a space of twice the dimension, on which i acts (complex type), shared
//!   with its conjugate; one that is has either a real form, the vectors that an antilinear map J keeps, or J² = −1 (quaternionic type).
//! - SO(p, q) with p + q = 2m and λ_m ≠ 0: the volume form e_I ↦ ± e_J, J the complement of I, commutes with it. If its square is 1, the
//!   representation is half of the space, that of eigenvalue ±1 for ±λ_m > 0; if it is −1, it is all of it, of complex type.

use super::Family;
use super::product::Series;
use super::tower::{MAX_SPACE, Tower, is_odd};
use super::weights::{self, Roots};
use crate::error::Error;
use crate::exact::Exact;
use crate::finite::Kind;
use crate::linear::{identity, minor, multiply};
use crate::scalar::{Complex, Scalar};

pub use super::labels::Weight;
pub(super) use super::labels::dynkin;
pub(crate) use super::labels::{by_labels, is_named, labels, list};

/// How a representation is made of the space of a diagram.
struct Shape {
    family: Family,
    series: Series,
    /// The number of axes, over the complex numbers for U(n) and SU(n).
    n: usize,
    rows: Vec<u32>,
    /// The power of the determinant.
    det: i64,
    kind: Kind,
    /// Which eigenspace of the volume form it is.
    half: Option<bool>,
    /// Axes from this one on have the other sign in the invariant form.
    positive: usize,
}

impl Shape {
    fn of(weight: &Weight) -> Shape {
        let (family, w) = (weight.family(), weight.list());
        let rows = |list: Vec<i64>| list.into_iter().map(|x| x.unsigned_abs() as u32).collect::<Vec<u32>>();
        let palindrome = |sum: i64| (0..w.len()).all(|i| w[i] + w[w.len() - 1 - i] == sum);
        let shape = |series, n: u32, list: Vec<i64>, kind| Shape {
            family,
            series,
            n: n as usize,
            rows: rows(list),
            det: 0,
            kind,
            half: None,
            positive: n as usize,
        };
        match family {
            Family::U(n) => {
                let last = w.last().copied().unwrap_or(0);
                let kind = if palindrome(0) { Kind::Real } else { Kind::Complex };
                Shape {
                    det: last,
                    ..shape(Series::Gl, n, w.iter().map(|x| x - last).collect(), kind)
                }
            }
            Family::SU(n) => {
                // −1 of the centre's square root: the middle label, for n = 4k + 2.
                let middle = |i: usize| w[i - 1] - w[i];
                let kind = match n {
                    _ if !palindrome(w[0]) => Kind::Complex,
                    n if n % 4 == 2 && middle(n as usize / 2) % 2 == 1 => Kind::Quaternionic,
                    _ => Kind::Real,
                };
                shape(Series::Gl, n, w, kind)
            }
            Family::SO(p, q) | Family::O(p, q) => {
                let n = p + q;
                let height = w.iter().filter(|&&x| x != 0).count();
                let mut list = w.clone();
                let (mut det, mut half, mut kind) = (0, None, Kind::Real);
                match family {
                    Family::O(..) if 2 * height > n as usize => {
                        // The first column of the associated diagram.
                        det = 1;
                        list.truncate(n as usize - height);
                    }
                    Family::SO(..) if 2 * height == n as usize => {
                        let last = w.last().copied().unwrap_or(0);
                        match (n / 2 + q) % 2 {
                            0 => half = Some(last > 0),
                            _ => kind = Kind::Complex,
                        }
                    }
                    _ => {}
                }
                Shape {
                    det,
                    half,
                    // A form of one sign is definite.
                    positive: if p == 0 { n as usize } else { p as usize },
                    ..shape(Series::Orthogonal, n, list, kind)
                }
            }
            Family::Sp(n) => shape(Series::Symplectic, n, w, Kind::Real),
            Family::SL(n) => shape(Series::Gl, n, w, Kind::Real),
            Family::Given => shape(Series::Gl, 0, vec![], Kind::Real),
        }
    }

    fn is_unitary(&self) -> bool {
        matches!(self.family, Family::U(_) | Family::SU(_))
    }
}

/// The type of its commutant.
pub(crate) fn kind(weight: &Weight) -> Kind {
    Shape::of(weight).kind
}

/// The weights of its complexification in twice the coordinates, each with the parity of −1 and a multiplicity; `None` for O(2m), whose
/// character they do not determine.
pub(super) fn weights(weight: &Weight) -> Option<Vec<(Vec<i64>, bool, i64)>> {
    let shape = Shape::of(weight);
    let all = weight.list();
    let (roots, highest) = match weight.family() {
        Family::U(n) | Family::SU(n) | Family::SL(n) => (Roots::new(weights::Series::A, n as usize - 1), all.clone()),
        Family::Sp(n) => (Roots::new(weights::Series::C, n as usize / 2), all.clone()),
        Family::SO(p, q) if (p + q) % 2 == 0 => (Roots::new(weights::Series::D, (p + q) as usize / 2), all.clone()),
        Family::SO(p, q) | Family::O(p, q) if (p + q) % 2 == 1 => {
            let rank = (p + q) as usize / 2;
            let row = |i: usize| shape.rows.get(i).map_or(0, |&r| i64::from(r));
            (Roots::new(weights::Series::B, rank), (0..rank).map(row).collect())
        }
        _ => return None,
    };
    let odd = all.iter().sum::<i64>() % 2 != 0;
    let doubled: Vec<i64> = highest.iter().map(|x| 2 * x).collect();
    let mut out: Vec<(Vec<i64>, bool, i64)> = roots.weights(&doubled).into_iter().map(|(w, m)| (w, odd, m)).collect();
    match shape.kind {
        Kind::Real => {}
        Kind::Complex => {
            // Of SO(p, q) the mirror image.
            let from = if shape.is_unitary() { 0 } else { all.len() - 1 };
            let conjugate = |(w, odd, m): &(Vec<i64>, bool, i64)| {
                let mut w = w.clone();
                w[from..].iter_mut().for_each(|x| *x = -*x);
                (w, *odd, *m)
            };
            let more: Vec<_> = out.iter().map(conjugate).collect();
            out.extend(more);
        }
        Kind::Quaternionic => out.iter_mut().for_each(|(_, _, m)| *m *= 2),
    }
    Some(out)
}

/// The dimension over the reals, by Weyl's formula.
pub(crate) fn dim(weight: &Weight) -> usize {
    let shape = Shape::of(weight);
    let whole = weights::diagram_dim(shape.series, shape.n, &shape.rows);
    let whole = usize::try_from(whole).unwrap_or(usize::MAX);
    match (shape.kind, shape.half) {
        (_, Some(_)) => whole / 2,
        (Kind::Real, None) => whole,
        // The volume form is i.
        (Kind::Complex, None) if shape.series == Series::Orthogonal => whole,
        _ => whole.saturating_mul(2),
    }
}

/// Why it cannot be built, if it cannot.
///
/// # Errors
/// It is too large, or floats do not decide.
pub(crate) fn check(weight: &Weight) -> Result<(), Error> {
    let shape = Shape::of(weight);
    let whole = weights::diagram_dim(shape.series, shape.n, &shape.rows);
    if whole > MAX_SPACE as u64 {
        return Err(Error::TooLarge(format!(
            "this representation of {}, of dimension {}, lies in a space of dimension {whole}; those of at most {MAX_SPACE} are built",
            super::name(weight.family()),
            dim(weight)
        )));
    }
    let tower = Tower::of(shape.series, shape.n, &shape.rows)?;
    match tower.dim() as u64 == whole {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "a representation of dimension {whole} of {} was found with dimension {}",
            super::name(weight.family()),
            tower.dim()
        ))),
    }
}

/// The matrix at a group element, given by its real matrix; `None` if it cannot be built.
pub(crate) fn matrix<S: Scalar>(weight: &Weight, g: &[S]) -> Option<Vec<S>> {
    let shape = Shape::of(weight);
    let tower = Tower::of(shape.series, shape.n, &shape.rows).ok()?;
    let d = tower.dim();
    if shape.is_unitary() {
        let complex = complex_entries(g, shape.n);
        let mut m = tower.matrix(&complex, shape.n);
        if shape.det != 0 {
            let all: Vec<usize> = (0..shape.n).collect();
            let det = minor(&complex, &all, &all, shape.n);
            // Of modulus 1: the inverse is the conjugate.
            let factor = if shape.det > 0 { det } else { det.conjugate() };
            let power = (0..shape.det.unsigned_abs()).fold(Complex::one(), |x, _| x.times(&factor));
            m.iter_mut().for_each(|x| *x = x.times(&power));
        }
        return match shape.kind {
            Kind::Real => Some(real_form(&m, &tower.conjugation().ok()?)),
            _ => Some(realified(&m, d)),
        };
    }
    let mut m = tower.matrix(g, shape.positive);
    if shape.det != 0 && determinant_sign(g, shape.n) < 0.0 {
        m.iter_mut().for_each(|x| *x = x.minus());
    }
    match shape.half {
        None => Some(m),
        Some(sign) => Some(halved(&m, &volume(&tower, &shape)?, sign)),
    }
}

/// The signs of the form Σ ±x_k² that SO(p, q) and O(p, q) keep on a representation; `None` for other groups, and where the form vanishes
/// on a half.
pub(crate) fn form(weight: &Weight) -> Option<Vec<i8>> {
    let shape = Shape::of(weight);
    if shape.series != Series::Orthogonal {
        return None;
    }
    let tower = Tower::of(shape.series, shape.n, &shape.rows).ok()?;
    let sign = |place: &Vec<i8>| if is_odd(place, shape.positive) { -1 } else { 1 };
    let signs: Vec<i8> = tower.places().iter().map(sign).collect();
    if shape.half.is_none() {
        return Some(signs);
    }
    let pairs = tower.volume()?.iter().enumerate().filter(|(c, (to, _))| c < to);
    pairs
        .map(|(c, (to, _))| (signs[c] == signs[*to]).then_some(signs[c]))
        .collect()
}

/// The volume form on the space, for the form with signs.
fn volume(tower: &Tower, shape: &Shape) -> Option<Vec<(usize, i8)>> {
    let turned = (shape.n - shape.positive) % 2 == 1;
    let signed = |((to, sign), place): (&(usize, i8), &Vec<i8>)| {
        let even = turned && !is_odd(place, shape.positive);
        (*to, if even { -sign } else { *sign })
    };
    Some(tower.volume()?.iter().zip(tower.places()).map(signed).collect())
}

/// A basis of the commutant, 1 first.
pub(crate) fn commutant(weight: &Weight) -> Vec<Vec<Exact>> {
    let shape = Shape::of(weight);
    let d = dim(weight);
    let one = identity(d);
    let tower = Tower::of(shape.series, shape.n, &shape.rows).ok();
    let monomial = |map: &[(usize, i8)]| {
        let mut m = vec![Exact::ZERO; d * d];
        map.iter()
            .enumerate()
            .for_each(|(c, (r, s))| m[r * d + c] = Exact::int(i64::from(*s)));
        m
    };
    match shape.kind {
        Kind::Real => vec![one],
        Kind::Complex if !shape.is_unitary() => {
            let form = tower.and_then(|t| volume(&t, &shape)).unwrap_or_default();
            vec![one, monomial(&form)]
        }
        Kind::Complex => vec![one, super::imaginary_unit(d)],
        Kind::Quaternionic => {
            let i = super::imaginary_unit(d);
            // J (x + iy) b_c = s (x − iy) b_c'.
            let map = tower.and_then(|t| t.conjugation().ok()).unwrap_or_default();
            let parts = map.iter().flat_map(|&(to, s)| [(2 * to, s), (2 * to + 1, -s)]);
            let j = monomial(&parts.collect::<Vec<_>>());
            let k = multiply(&i, &j, d, d, d);
            vec![one, i, j, k]
        }
    }
}

/// The sign of the determinant.
fn determinant_sign<S: Scalar>(g: &[S], n: usize) -> f64 {
    let values: Vec<Exact> = g.iter().map(|x| Exact::inexact(x.value())).collect();
    super::elements::determinant(&values, n)
}

/// (b_c ± s b_c')/√2 for the pairs of a map b_c ↦ s b_c' of square 1.
fn halved<S: Scalar>(m: &[S], map: &[(usize, i8)], positive: bool) -> Vec<S> {
    let d = map.len();
    let half = S::constant(Exact::ratio(1, 2));
    let pairs: Vec<(usize, usize, bool)> = map
        .iter()
        .enumerate()
        .filter(|(c, (to, _))| *c < *to)
        .map(|(c, (to, s))| (c, *to, (*s > 0) == positive))
        .collect();
    let mut out = vec![];
    for &(a, b, s) in &pairs {
        for &(c, e, t) in &pairs {
            let term = |x: &S, keep: bool| if keep { x.clone() } else { x.minus() };
            let sum = m[a * d + c]
                .plus(&term(&m[a * d + e], t))
                .plus(&term(&m[b * d + c], s))
                .plus(&term(&m[b * d + e], s == t));
            out.push(half.times(&sum));
        }
    }
    out
}

/// The complex matrix of size n that a real one of size 2n stands for.
fn complex_entries<S: Scalar>(g: &[S], n: usize) -> Vec<Complex<S>> {
    let entry = |at: usize| {
        let (i, j) = (2 * (at / n), 2 * (at % n));
        Complex {
            re: g[2 * n * i + j].clone(),
            im: g[2 * n * (i + 1) + j].clone(),
        }
    };
    (0..n * n).map(entry).collect()
}

/// A complex matrix of size d as a real one of size 2d.
fn realified<S: Scalar>(m: &[Complex<S>], d: usize) -> Vec<S> {
    let size = 2 * d;
    let mut out = vec![S::zero(); size * size];
    for (at, z) in m.iter().enumerate() {
        let (i, j) = (2 * (at / d), 2 * (at % d));
        out[i * size + j] = z.re.clone();
        out[(i + 1) * size + j + 1] = z.re.clone();
        out[i * size + j + 1] = z.im.minus();
        out[(i + 1) * size + j] = z.im.clone();
    }
    out
}

/// A complex matrix on the vectors that b_c ↦ s b_c', extended antilinearly, keeps: for pairs (b_c + s b_c')/√2 and i(b_c − s b_c')/√2, for
/// single ones b_c or i b_c.
fn real_form<S: Scalar>(m: &[Complex<S>], map: &[(usize, i8)]) -> Vec<S> {
    let d = map.len();
    let root = Exact::sqrt_ratio(1, 2);
    let real = |x: Exact| Complex::<S>::constant(x);
    let imaginary = |x: Exact| Complex {
        re: S::zero(),
        im: S::constant(x),
    };
    let mut basis: Vec<Vec<(usize, Complex<S>)>> = vec![];
    for (c, &(to, s)) in map.iter().enumerate() {
        let sign = Exact::int(i64::from(s));
        if to == c {
            basis.push(vec![(c, if s > 0 { real(Exact::ONE) } else { imaginary(Exact::ONE) })]);
        } else if c < to {
            basis.push(vec![(c, real(root)), (to, real(sign * root))]);
            basis.push(vec![(c, imaginary(root)), (to, imaginary(-(sign * root)))]);
        }
    }
    let mut out = vec![];
    for row in &basis {
        for column in &basis {
            let mut sum = S::zero();
            for (i, x) in row {
                for (j, y) in column {
                    let entry = &m[i * d + j];
                    if !entry.vanishes() {
                        sum = sum.plus(&x.conjugate().times(&entry.times(y)).re);
                    }
                }
            }
            out.push(sum);
        }
    }
    out
}
