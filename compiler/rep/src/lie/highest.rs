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
use super::tower::{MAX_SPACE, Series, Tower, is_odd};
use super::weights::{self, Roots};
use crate::error::Error;
use crate::exact::Exact;
use crate::finite::Kind;
use crate::linear::{identity, minor, multiply};
use crate::scalar::{Complex, Scalar};

/// The largest number of coordinates.
const MAX_RANK: usize = 16;

/// Coordinates and boxes stay below this.
const MAX_BOXES: i64 = 60;

/// A highest weight in the coordinates of the diagonal matrices, or of the rotations of pairs of axes; for O(n) the rows of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weight {
    family: Family,
    coordinates: [i8; MAX_RANK],
}

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

impl Weight {
    fn of(family: Family, list: &[i64]) -> Option<Weight> {
        let mut coordinates = [0; MAX_RANK];
        for (x, y) in coordinates.iter_mut().zip(list) {
            *x = i8::try_from(*y).ok().filter(|x| i64::from(*x).abs() <= MAX_BOXES)?;
        }
        let small = list.len() <= MAX_RANK && list.iter().sum::<i64>().abs() <= MAX_BOXES;
        small.then_some(Weight { family, coordinates })
    }

    /// The group that it is a weight of.
    pub(crate) fn family(&self) -> Family {
        self.family
    }

    fn list(&self) -> Vec<i64> {
        let width = width(self.family).unwrap_or(0);
        self.coordinates[..width].iter().map(|&x| i64::from(x)).collect()
    }

    /// Is it zero?
    pub(crate) fn is_trivial(&self) -> bool {
        self.coordinates == [0; MAX_RANK]
    }

    /// Is it that of the defining representation?
    pub(crate) fn is_defining(&self) -> bool {
        self.coordinates[0] == 1 && self.coordinates[1..] == [0; MAX_RANK - 1]
    }

    /// How many factors V and V* it needs.
    pub(crate) fn height(&self) -> u32 {
        let list = self.list();
        match self.family {
            Family::SU(_) | Family::SL(_) => list[0] as u32,
            _ => list.iter().map(|x| x.unsigned_abs() as u32).sum(),
        }
    }
}

/// The number of coordinates of weights; none for groups whose representations have other names.
fn width(family: Family) -> Option<usize> {
    Some(match family {
        Family::U(n) if n > 1 => n,
        Family::SU(n) if n > 2 => n,
        Family::SL(n) => n,
        Family::Sp(n) => n / 2,
        Family::SO(p, q) if p + q > 2 => (p + q) / 2,
        Family::O(p, q) if p + q > 2 => p + q,
        _ => return None,
    } as usize)
}

/// Are its irreducible representations named by weights?
pub(crate) fn is_named(family: Family) -> bool {
    width(family).is_some()
}

fn unknown(family: Family, labels: &[i64]) -> Error {
    let list: Vec<String> = labels.iter().map(ToString::to_string).collect();
    let usage = match family {
        Family::U(n) => format!("a weight of U({n}) is {n} whole numbers that do not ascend"),
        Family::O(p, q) => format!(
            "the rows of a diagram whose first two columns have at most {} boxes",
            p + q
        ),
        other => format!("{} Dynkin labels from 0 on", dynkin_count(other)),
    };
    Error::Unknown(format!(
        "{} has no irreducible representation `irrep({})`: it is named by {usage}",
        super::name(family),
        list.join(", ")
    ))
}

fn dynkin_count(family: Family) -> usize {
    let width = width(family).unwrap_or(0);
    match family {
        Family::SU(_) | Family::SL(_) => width - 1,
        _ => width,
    }
}

/// The weight with these labels, that of the conjugate representation where both are one over the reals.
///
/// # Errors
/// There is no such representation, or it is one of a double cover only.
pub(crate) fn by_labels(family: Family, labels: &[i64]) -> Result<Weight, Error> {
    let bad = || unknown(family, labels);
    let width = width(family).ok_or_else(bad)?;
    let descending = |list: &[i64]| list.windows(2).all(|p| p[0] >= p[1]);
    let coordinates: Vec<i64> = match family {
        Family::U(_) if labels.len() == width && descending(labels) => labels.to_vec(),
        Family::O(p, q) if labels.len() <= width && descending(labels) && labels.last().is_none_or(|&x| x >= 0) => {
            let column = |k: i64| labels.iter().filter(|&&x| x > k).count();
            if column(0) + column(1) > (p + q) as usize {
                return Err(bad());
            }
            labels.to_vec()
        }
        Family::U(_) | Family::O(..) => return Err(bad()),
        _ => {
            if labels.len() != dynkin_count(family) || labels.iter().any(|&a| !(0..=MAX_BOXES).contains(&a)) {
                return Err(bad());
            }
            from_dynkin(family, labels).ok_or_else(|| {
                Error::Invalid(format!(
                    "{labels:?} is a spin representation: of a double cover of {0}, not of {0}",
                    super::name(family)
                ))
            })?
        }
    };
    let weight = Weight::of(family, &coordinates)
        .ok_or_else(|| Error::TooLarge(format!("weights are built of at most {MAX_BOXES} boxes")))?;
    let shape = Shape::of(&weight);
    let complex = shape.kind == Kind::Complex;
    let conjugate = match family {
        Family::U(_) if complex => coordinates.iter().rev().map(|x| -x).collect(),
        Family::SU(_) if complex => coordinates.iter().rev().map(|x| coordinates[0] - x).collect(),
        Family::SO(..) if complex => {
            let mut other = coordinates.clone();
            other.iter_mut().skip(width - 1).for_each(|x| *x = -*x);
            other
        }
        _ => coordinates,
    };
    // The one with fewer boxes.
    let better = |c: &Weight| match family {
        Family::SU(_) => c.coordinates < weight.coordinates,
        _ => c.coordinates > weight.coordinates,
    };
    Ok(Weight::of(family, &conjugate).filter(better).unwrap_or(weight))
}

/// The coordinates of the weight with these Dynkin labels; `None` if they are not whole.
fn from_dynkin(family: Family, labels: &[i64]) -> Option<Vec<i64>> {
    let rank = labels.len();
    let tail = |i: usize, to: usize| -> i64 { labels[i..to].iter().sum() };
    match family {
        Family::SU(_) | Family::SL(_) => Some((0..=rank).map(|i| tail(i, rank)).collect()),
        Family::Sp(_) => Some((0..rank).map(|i| tail(i, rank)).collect()),
        Family::SO(p, q) if (p + q) % 2 == 1 => {
            let last = labels[rank - 1];
            (last % 2 == 0).then(|| (0..rank).map(|i| tail(i, rank - 1) + last / 2).collect())
        }
        _ => {
            let (a, b) = (labels[rank - 2], labels[rank - 1]);
            let row = |i: usize| {
                if i + 1 == rank {
                    (b - a) / 2
                } else {
                    tail(i, rank - 2) + (a + b) / 2
                }
            };
            ((a + b) % 2 == 0).then(|| (0..rank).map(row).collect())
        }
    }
}

/// The labels that name a weight.
pub(crate) fn labels(weight: &Weight) -> Vec<i64> {
    dynkin(weight.family, &weight.list())
}

/// The labels of a weight by its coordinates.
pub(super) fn dynkin(family: Family, w: &[i64]) -> Vec<i64> {
    let steps = || w.windows(2).map(|p| p[0] - p[1]).collect::<Vec<i64>>();
    let last = w.last().copied().unwrap_or(0);
    match family {
        Family::U(_) => w.to_vec(),
        Family::O(..) => w.iter().copied().take_while(|&x| x > 0).collect(),
        Family::SU(_) | Family::SL(_) => steps(),
        Family::SO(p, q) if (p + q) % 2 == 1 => [steps(), vec![2 * last]].concat(),
        Family::SO(..) => [steps(), vec![w[w.len() - 2] + last]].concat(),
        _ => [steps(), vec![last]].concat(),
    }
}

/// The weights of height at most `max`, the trivial one first, by height.
pub(crate) fn list(family: Family, max: u32) -> Vec<Weight> {
    let width = width(family).unwrap_or(0);
    let max = i64::from(max).min(MAX_BOXES);
    let low = match family {
        Family::U(_) => -max,
        Family::SO(p, q) if (p + q) % 2 == 0 => -max,
        _ => 0,
    };
    let mut all: Vec<Vec<i64>> = vec![vec![]];
    for i in 0..width {
        // Only the last coordinate of a rotation group may be negative.
        let least = if matches!(family, Family::SO(..)) && i + 1 < width {
            0
        } else {
            low
        };
        let longer = |head: &Vec<i64>| {
            let top = head.last().copied().unwrap_or(max);
            let head = head.clone();
            (least..=top)
                .rev()
                .map(move |x| [head.as_slice(), &[x]].concat())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
        all.retain(|w| {
            matches!(family, Family::SU(_) | Family::SL(_)) || w.iter().map(|x| x.abs()).sum::<i64>() <= max
        });
    }
    let mut found: Vec<Weight> = vec![];
    for w in all {
        // Of SU(n) and SL(n) the last coordinate is 0; of SO(2m) the last one is not larger than the one before.
        let canonical = |w: &Weight| by_labels(family, &labels(w)).is_ok_and(|c| c == *w);
        found.extend(Weight::of(family, &w).filter(canonical));
    }
    let boxes = |w: &Weight| w.list().iter().map(|x| x.abs()).sum::<i64>();
    found.sort_by_key(|w| (w.height(), boxes(w), std::cmp::Reverse(w.coordinates)));
    found.dedup();
    found
}

impl Shape {
    fn of(weight: &Weight) -> Shape {
        let (family, w) = (weight.family, weight.list());
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
    let (roots, highest) = match weight.family {
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
            super::name(weight.family),
            dim(weight)
        )));
    }
    let tower = Tower::of(shape.series, shape.n, &shape.rows)?;
    match tower.dim() as u64 == whole {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "a representation of dimension {whole} of {} was found with dimension {}",
            super::name(weight.family),
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
