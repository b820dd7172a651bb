//! Elements of groups of matrices: exponentials, random and memorable ones, and their names.

use super::{Family, Linear, families, imaginary_unit};
use crate::element::{Elem, Element};
use crate::exact::Exact;
use crate::linear::{identity, inverse, multiply, transpose};

/// A matrix and its inverse as an element.
fn element(n: usize, (matrix, inverse): (Vec<Exact>, Vec<Exact>)) -> Element {
    Elem::Linear {
        n: n as u32,
        matrix,
        inverse,
    }
}

impl Linear {
    /// The identity.
    pub(crate) fn identity(&self) -> Element {
        element(self.size, families::one(self.size))
    }

    /// Elements that together with the identity component generate the group.
    pub(crate) fn generators(&self) -> Vec<Element> {
        let pairs = self.discrete.iter().cloned();
        pairs.map(|pair| element(self.size, pair)).collect()
    }

    /// Does a matrix belong to the group, up to 1e-9? Groups by generators only say whether it has the right size.
    pub(crate) fn contains(&self, m: &[Exact]) -> bool {
        let n = self.size;
        if m.len() != n * n {
            return false;
        }
        let close = |a: &[Exact], b: &[Exact]| a.iter().zip(b).all(|(x, y)| (x.f - y.f).abs() < 1e-9);
        let keeps = |form: &[Exact]| {
            let product = multiply(&multiply(&transpose(m, n, n), form, n, n, n), m, n, n, n);
            close(&product, form)
        };
        let complex_linear = || {
            let i = imaginary_unit(n);
            close(&multiply(m, &i, n, n, n), &multiply(&i, m, n, n, n))
        };
        let diagonal = |signs: &[i8]| -> Vec<Exact> {
            let entry = |at: usize| if at / n == at % n { i64::from(signs[at / n]) } else { 0 };
            (0..n * n).map(|at| Exact::int(entry(at))).collect()
        };
        let metric = self.form().is_none_or(|signs| keeps(&diagonal(signs)));
        let unimodular = || (determinant(m, n) - 1.0).abs() < 1e-9;
        match self.family {
            Family::SO(..) => metric && unimodular(),
            Family::O(..) => metric,
            Family::U(_) => metric && complex_linear(),
            Family::SU(_) => {
                metric && complex_linear() && close(&families::complex_determinant(m, n), &[Exact::ONE, Exact::ZERO])
            }
            Family::Sp(_) => keeps(&families::symplectic_form(n)),
            Family::SL(_) => unimodular(),
            Family::Given => true,
        }
    }

    /// A random element: uniform on compact families, otherwise an exponential of moderate size times elements of the components.
    pub(crate) fn random(&self, draw: &mut dyn FnMut() -> u64) -> Element {
        let n = self.size;
        let mut unit = || ((draw() >> 11) + 1) as f64 / (1u64 << 53) as f64;
        let mut normal = || (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
        // On a compact group long exponentials are spread evenly enough for tests; elsewhere they would be ill-conditioned.
        let size = if self.is_orthogonal() { 4.0 } else { 0.5 };
        let mut a = vec![0.0; n * n];
        for generator in &self.algebra {
            let c = size * normal();
            a.iter_mut().zip(generator).for_each(|(x, y)| *x += c * y.f);
        }
        let mut g = exponential(&a, n);
        for k in self.generators() {
            if draw().is_multiple_of(2) {
                g = k.compose(&g).unwrap_or(g);
            }
        }
        g
    }

    /// A random element with exact coordinates, from 64 random bits a call; `None` for groups by generators.
    pub(crate) fn random_exact(&self, draw: &mut dyn FnMut() -> u64) -> Option<Element> {
        let n = self.size;
        let mut small = |bound: u64| (draw() % (2 * bound + 1)) as i64 - bound as i64;
        let mut g = match self.family {
            Family::Given => return None,
            Family::SL(_) => {
                // Products of shears.
                let mut g = self.identity();
                for at in (0..n * n).filter(|at| at / n != at % n) {
                    let shear = |t: i64| {
                        let mut m: Vec<Exact> = identity(n);
                        m[at] = Exact::int(t);
                        m
                    };
                    let t = small(1);
                    g = element(n, (shear(t), shear(-t))).compose(&g)?;
                }
                g
            }
            Family::SU(_) => {
                // Unit quaternions q²/|q|² on neighbouring coordinates.
                let mut g = self.identity();
                for k in 1..n / 2 {
                    let q = [1 + small(2).abs(), small(2), small(2), small(2)];
                    g = families::quaternion(n, 2 * (k - 1), q).compose(&g)?;
                }
                g
            }
            _ => self.cayley(&mut small)?,
        };
        for k in self.generators() {
            if small(1) > 0 {
                g = k.compose(&g)?;
            }
        }
        Some(g)
    }

    /// (1 − A)⁻¹ (1 + A) for a random element A of the Lie algebra of a group that keeps a bilinear form.
    fn cayley(&self, small: &mut dyn FnMut(u64) -> i64) -> Option<Element> {
        let n = self.size;
        let scale = Exact::ratio(1, 4);
        for _ in 0..16 {
            let mut a = vec![Exact::ZERO; n * n];
            for generator in &self.algebra {
                let c = scale * Exact::int(small(2));
                a.iter_mut().zip(generator).for_each(|(x, y)| *x += c * *y);
            }
            let one: Vec<Exact> = identity(n);
            let plus: Vec<Exact> = one.iter().zip(&a).map(|(x, y)| *x + *y).collect();
            let minus: Vec<Exact> = one.iter().zip(&a).map(|(x, y)| *x - *y).collect();
            if let (Some(down), Some(up)) = (inverse(&minus, n), inverse(&plus, n)) {
                let pair = (multiply(&down, &plus, n, n, n), multiply(&up, &minus, n, n, n));
                return Some(element(n, pair));
            }
        }
        None
    }

    /// Memorable elements: quarter turns, boosts of velocity 3/5, shears, reflections.
    pub(crate) fn witness_elements(&self) -> Vec<Element> {
        let n = self.size;
        let block = |i: usize, j: usize, m: [Exact; 4], inverse: [Exact; 4]| {
            let put = |b: [Exact; 4]| {
                let mut g: Vec<Exact> = identity(n);
                [(i, i), (i, j), (j, i), (j, j)]
                    .iter()
                    .zip(b)
                    .for_each(|(&(r, c), x)| g[r * n + c] = x);
                g
            };
            element(n, (put(m), put(inverse)))
        };
        let int = |m: [i64; 4]| m.map(Exact::int);
        let quarter = |i, j| block(i, j, int([0, -1, 1, 0]), int([0, 1, -1, 0]));
        let boost = |i, j| {
            let (c, s) = (Exact::ratio(5, 4), Exact::ratio(3, 4));
            block(i, j, [c, s, s, c], [c, -s, -s, c])
        };
        let shear = |i, j| block(i, j, int([1, 1, 0, 1]), int([1, -1, 0, 1]));
        let mut list = match self.family {
            Family::SO(p, q) | Family::O(p, q) => {
                let (p, q) = (p as usize, q as usize);
                let mut list = vec![];
                if p > 0 && q > 0 {
                    list.push(boost(p - 1, p));
                }
                list.extend((p > 1).then(|| quarter(0, 1)));
                list.extend((q > 1).then(|| quarter(n - 2, n - 1)));
                list
            }
            Family::U(_) => vec![quarter(0, 1)],
            Family::SU(_) => vec![
                families::quaternion(n, 0, [1, 0, 1, 0]),
                families::quaternion(n, 0, [1, 1, 0, 0]),
            ],
            Family::Sp(_) => vec![quarter(0, n / 2), shear(0, n / 2)],
            Family::SL(_) => vec![
                shear(0, 1),
                quarter(0, 1),
                block(
                    0,
                    1,
                    [Exact::int(2), Exact::ZERO, Exact::ZERO, Exact::ratio(1, 2)],
                    [Exact::ratio(1, 2), Exact::ZERO, Exact::ZERO, Exact::int(2)],
                ),
            ],
            Family::Given => self
                .algebra
                .iter()
                .map(|a| exponential(&a.iter().map(|x| x.f).collect::<Vec<_>>(), n))
                .collect(),
        };
        list.extend(self.generators());
        list
    }
}

/// exp(A) with its inverse, by scaling, a Taylor series and squaring.
fn exponential(a: &[f64], n: usize) -> Element {
    let norm = a.iter().map(|x| x * x).sum::<f64>().sqrt();
    let halvings = if norm > 0.25 {
        (norm / 0.25).log2().ceil() as u32
    } else {
        0
    };
    let scaled = |sign: f64| -> Vec<Exact> {
        let scale = sign / f64::from(halvings).exp2();
        a.iter().map(|x| Exact::inexact(x * scale)).collect()
    };
    let series = |a: &[Exact]| {
        let mut sum: Vec<Exact> = identity(n);
        let mut term = sum.clone();
        for k in 1..20 {
            let scale = Exact::inexact(1.0 / f64::from(k));
            term = multiply(&term, a, n, n, n).iter().map(|x| *x * scale).collect();
            sum.iter_mut().zip(&term).for_each(|(x, y)| *x += *y);
        }
        (0..halvings).fold(sum, |m, _| multiply(&m, &m, n, n, n))
    };
    let inexact = |m: Vec<Exact>| m.into_iter().map(|x| Exact::inexact(x.f)).collect();
    element(n, (inexact(series(&scaled(1.0))), inexact(series(&scaled(-1.0)))))
}

/// The determinant in floating point.
pub(super) fn determinant(m: &[Exact], n: usize) -> f64 {
    let mut rows: Vec<Vec<f64>> = m.chunks(n).map(|row| row.iter().map(|x| x.f).collect()).collect();
    let mut product = 1.0;
    for k in 0..n {
        let Some(best) = (k..n).max_by(|&i, &j| rows[i][k].abs().total_cmp(&rows[j][k].abs())) else {
            return product;
        };
        if rows[best][k] == 0.0 {
            return 0.0;
        }
        if best != k {
            rows.swap(k, best);
            product = -product;
        }
        product *= rows[k][k];
        let pivot = rows[k].clone();
        for row in &mut rows[k + 1..] {
            let factor = row[k] / pivot[k];
            row.iter_mut().zip(&pivot).for_each(|(x, y)| *x -= factor * y);
        }
    }
    product
}

/// A matrix in words: turns, boosts and shears of two axes, reflections, or its numbers.
pub(crate) fn matrix_words(n: usize, m: &[Exact]) -> String {
    let at = |i: usize, j: usize| m[i * n + j].f;
    let near = |x: f64, y: f64| (x - y).abs() < 1e-9;
    let unit = |i: usize, j: usize| f64::from(u8::from(i == j));
    let moved: Vec<usize> = (0..n)
        .filter(|&i| (0..n).any(|j| !near(at(i, j), unit(i, j)) || !near(at(j, i), unit(i, j))))
        .collect();
    let axes = |list: &[usize]| {
        let names: Vec<String> = list.iter().map(|i| (i + 1).to_string()).collect();
        names.join(" and ")
    };
    let short = |x: f64| (x * 100.0).round() / 100.0 + 0.0;
    let diagonal =
        moved.iter().all(|&i| near(at(i, i), -1.0)) && (0..n * n).all(|k| k / n == k % n || near(m[k].f, 0.0));
    match moved.as_slice() {
        [] => "identity".into(),
        all if diagonal && all.len() == n => "inversion".into(),
        some if diagonal => format!("reflection of axis {}", axes(some)),
        &[i, j] => {
            let (a, b, c, d) = (at(i, i), at(i, j), at(j, i), at(j, j));
            let pair = axes(&moved);
            if near(a, d) && near(b, -c) && near(a * a + c * c, 1.0) {
                format!("rotation by {}° of axes {pair}", short(c.atan2(a).to_degrees()))
            } else if near(a, d) && near(b, c) && near(a * a - c * c, 1.0) {
                format!("boost of velocity {} of axes {pair}", short(c / a))
            } else {
                format!(
                    "[[{}, {}], [{}, {}]] on axes {pair}",
                    short(a),
                    short(b),
                    short(c),
                    short(d)
                )
            }
        }
        _ if n <= 4 => {
            let rows: Vec<String> = (0..n)
                .map(|i| {
                    let row: Vec<String> = (0..n).map(|j| short(at(i, j)).to_string()).collect();
                    format!("[{}]", row.join(", "))
                })
                .collect();
            format!("[{}]", rows.join(", "))
        }
        some => format!("a matrix that moves {} axes", some.len()),
    }
}
