//! Spaces of highest weight, box by box: the representation of a diagram is found in the product of that with a box less and the defining
//! one, as an eigenspace of the Casimir operator.
//!
//! In the product of an irreducible representation and the defining one every irreducible representation occurs once, and all have different
//! Casimir eigenvalues, so each step is one of exact linear algebra. Bases are adapted to the chain of subgroups of the first k axes
//! (Gelfand and Zetlin): joint eigenvectors of their Casimir operators and of the torus, or of the reflections of single axes. For GL(n) and
//! O(n) this singles out orthogonal lines whose lengths are square roots of rational numbers with small factors, so that matrices are exact.
//! Sp(n) has no such chain; as nothing asks for orthogonal matrices of a group that is not compact, its bases are in echelon form.

use super::product::{Column, Place, Product, Series, Space};
use crate::error::Error;
use crate::exact::Exact;
use crate::scalar::Scalar;
use crate::stop;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Larger spaces are not built.
pub(super) const MAX_SPACE: usize = 400;

/// The representation of a diagram.
pub(super) struct Tower {
    series: Series,
    n: usize,
    steps: Vec<Step>,
    top: Space,
}

/// From a space U to the next one in U ⊗ V: index u·n + i stands for u ⊗ e_i.
struct Step {
    /// The basis vectors.
    into: Vec<Column>,
    /// A left inverse, by the indices of U ⊗ V.
    back: Vec<Column>,
    /// The places of the basis of U.
    places: Vec<Place>,
}

impl Tower {
    /// The representation of GL(n), O(n) or Sp(n) with this diagram, of at most n, n/2, n/2 rows.
    pub fn of(series: Series, n: usize, rows: &[u32]) -> Result<Arc<Tower>, Error> {
        type Known = Mutex<HashMap<(Series, usize, Vec<u32>), Arc<Tower>>>;
        static KNOWN: OnceLock<Known> = OnceLock::new();
        let known = || {
            KNOWN
                .get_or_init(Known::default)
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let rows: Vec<u32> = rows.iter().copied().filter(|&r| r > 0).collect();
        let key = (series, n, rows.clone());
        let found = known().get(&key).cloned();
        if let Some(tower) = found {
            return Ok(tower);
        }
        let tower = Arc::new(Tower::build(series, n, &rows)?);
        known().insert(key, tower.clone());
        Ok(tower)
    }

    fn build(series: Series, n: usize, rows: &[u32]) -> Result<Tower, Error> {
        let mut tower = Tower {
            series,
            n,
            steps: vec![],
            top: Space::trivial(series, n),
        };
        // Column by column.
        let mut diagram: Vec<u32> = vec![];
        for column in 0..rows.first().copied().unwrap_or(0) {
            for row in 0..rows.iter().filter(|&&r| r > column).count() {
                match diagram.get_mut(row) {
                    Some(r) => *r += 1,
                    None => diagram.push(1),
                }
                tower.add_box(&diagram, row)?;
            }
        }
        Ok(tower)
    }

    fn add_box(&mut self, diagram: &[u32], row: usize) -> Result<(), Error> {
        let (series, n) = (self.series, self.n);
        let product = Product {
            series,
            n,
            space: &self.top,
        };
        let size = n * self.top.dim();
        if size > n * MAX_SPACE {
            return Err(Error::TooLarge(format!(
                "a representation on the way to it has dimension {}; at most {MAX_SPACE} are built",
                self.top.dim()
            )));
        }
        let mut blocks: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for (u, place) in self.top.places.iter().enumerate() {
            for i in 0..n {
                blocks.entry(series.moved(place, i)).or_default().push(u * n + i);
            }
        }
        let orthogonal = series != Series::Symplectic;
        let mut found: Vec<(Place, Column, usize)> = vec![];
        for (place, block) in blocks {
            stop::check();
            for line in product.lines(&block, diagram)? {
                let column: Column = block
                    .iter()
                    .zip(&line)
                    .filter(|(_, x)| !x.is_zero())
                    .map(|(&at, &x)| (at, x))
                    .collect();
                let length = column.iter().fold(Exact::ZERO, |sum, (_, x)| sum + *x * *x).sqrt();
                let scale = if orthogonal { Exact::ONE / length } else { Exact::ONE };
                let pivot = column.first().map_or(0, |x| x.0);
                let scaled = column.into_iter().map(|(at, x)| (at, refined(x * scale))).collect();
                found.push((place.clone(), scaled, pivot));
            }
        }
        if found
            .iter()
            .flat_map(|(_, column, _)| column)
            .any(|(_, x)| x.r.is_none())
        {
            return Err(Error::TooLarge(
                "this representation needs square roots of primes that are not known exactly; none are built with them"
                    .into(),
            ));
        }
        // e_1, …, e_n come in this order.
        found.sort_by(|a, b| {
            a.1.first()
                .map(|x| x.0)
                .cmp(&b.1.first().map(|x| x.0))
                .then_with(|| a.0.cmp(&b.0))
        });
        let mut back: Vec<Column> = vec![vec![]; size];
        for (c, (_, column, pivot)) in found.iter().enumerate() {
            match orthogonal {
                true => column.iter().for_each(|&(at, x)| back[at].push((c, x))),
                false => back[*pivot].push((c, Exact::ONE)),
            }
        }
        let into: Vec<Column> = found.iter().map(|(_, column, _)| column.clone()).collect();
        let places: Vec<Place> = found.into_iter().map(|(place, ..)| place).collect();
        let returned = |image: BTreeMap<usize, Exact>| -> Column {
            let mut out: BTreeMap<usize, Exact> = BTreeMap::new();
            for (at, x) in image {
                for &(c, y) in &back[at] {
                    *out.entry(c).or_insert(Exact::ZERO) += x * y;
                }
            }
            out.into_iter()
                .map(|(c, x)| (c, refined(x)))
                .filter(|(_, x)| !small(*x))
                .collect()
        };
        let mut action = vec![];
        for (p, q) in (0..n * n).map(|at| (at / n, at % n)) {
            action.push(into.iter().map(|v| returned(product.act(p, q, v))).collect());
        }
        let levels = |v: &Column| -> Vec<Exact> {
            let (at, x) = v.first().copied().unwrap_or((0, Exact::ONE));
            let value = |k: usize| {
                product
                    .casimir(k, v)
                    .get(&at)
                    .map_or(Exact::ZERO, |y| (*y / x).polish())
            };
            (1..=n)
                .map(|k| {
                    if series.chain(n).contains(&k) {
                        value(k)
                    } else {
                        Exact::int(series.casimir(diagram, k))
                    }
                })
                .collect()
        };
        let casimirs = into.iter().map(levels).collect();
        let one_column = diagram.iter().all(|&r| r == 1) && row + 1 == diagram.len() && series == Series::Orthogonal;
        let orientation = if one_column {
            self.oriented(&into, &places)
        } else {
            vec![]
        };
        let volume = match (&self.top.volume, one_column && 2 * diagram.len() == n) {
            (_, true) => Some(volume_form(&places, &orientation)),
            (Some(volume), _) => Some(carried(volume, &into, &back, n)),
            (None, _) => None,
        };
        let top = Space {
            places,
            casimirs,
            action,
            orientation,
            volume,
        };
        let below = std::mem::replace(&mut self.top, top);
        self.steps.push(Step {
            into,
            back,
            places: below.places,
        });
        Ok(())
    }

    /// The signs of e_i1 ⊗ … ⊗ e_ik in the basis of the next alternating power.
    fn oriented(&self, into: &[Column], places: &[Place]) -> Vec<i8> {
        let of = |(column, place): (&Column, &Place)| {
            let last = place.iter().rposition(|&x| x != 0).unwrap_or(0);
            let found = column.iter().find(|(at, _)| at % self.n == last);
            found.map_or(
                1,
                |(at, x)| if x.f < 0.0 { -1 } else { 1 } * self.top.orientation[at / self.n],
            )
        };
        into.iter().zip(places).map(of).collect()
    }

    /// The dimension.
    pub fn dim(&self) -> usize {
        self.top.dim()
    }

    /// The places of the basis.
    pub fn places(&self) -> &[Place] {
        &self.top.places
    }

    /// Where the volume form e_I ↦ ± e_J, I and J complementary, sends basis vectors.
    pub fn volume(&self) -> Option<&[(usize, i8)]> {
        self.top.volume.as_deref()
    }

    /// The matrix of g, n×n. Axes from `positive` on have the other sign in an invariant form: lengths of basis vectors with an odd number of
    /// them are imaginary in that of the definite form.
    pub fn matrix<S: Scalar>(&self, g: &[S], positive: usize) -> Vec<S> {
        let n = self.n;
        let mut m = vec![S::one()];
        let mut d = 1;
        for step in &self.steps {
            let odd: Vec<bool> = step.places.iter().map(|p| is_odd(p, positive)).collect();
            let signed = |at: usize, x: Exact| if at % n >= positive && odd[at / n] { -x } else { x };
            let size = step.into.len();
            let mut out = vec![S::zero(); size * size];
            for (c, column) in step.into.iter().enumerate() {
                // g on the second factor, then m on the first.
                let mut first: BTreeMap<usize, Vec<S>> = BTreeMap::new();
                for &(at, x) in column {
                    let row = first.entry(at / n).or_insert_with(|| vec![S::zero(); n]);
                    let x = S::constant(signed(at, x));
                    for (j, y) in row.iter_mut().enumerate() {
                        *y = y.plus(&x.times(&g[j * n + at % n]));
                    }
                }
                for u in 0..d {
                    for j in 0..n {
                        let at = u * n + j;
                        if step.back[at].is_empty() {
                            continue;
                        }
                        let mut sum = S::zero();
                        for (w, row) in &first {
                            let entry = &m[u * d + w];
                            if !entry.vanishes() && !row[j].vanishes() {
                                sum = sum.plus(&entry.times(&row[j]));
                            }
                        }
                        if sum.vanishes() {
                            continue;
                        }
                        for &(r, x) in &step.back[at] {
                            let y = &mut out[r * size + c];
                            *y = y.plus(&S::constant(signed(at, x)).times(&sum));
                        }
                    }
                }
            }
            (m, d) = (out, size);
        }
        m
    }

    /// The antilinear map J(x b_c) = x̄ s_c b_c' that commutes with U(n) up to a power of the determinant; for diagrams that are complementary to
    /// themselves in a rectangle.
    pub fn conjugation(&self) -> Result<Vec<(usize, i8)>, Error> {
        let n = self.n;
        let failed = || Error::Invalid("a representation was expected to be self-dual".into());
        let highest = (0..self.dim())
            .find(|&c| (0..n * n).all(|at| at / n >= at % n || self.top.action[at][c].is_empty()))
            .ok_or_else(failed)?;
        let total = self.top.places[highest][0] + self.top.places[highest][n - 1];
        // Casimir operators without the part of the centre are those of the dual, too.
        let traceless = |c: usize, k: usize| {
            let sum: i64 = self.top.places[c][..k].iter().map(|&x| i64::from(x)).sum();
            self.top.casimirs[c][k - 1].f - 2.0 * (sum * sum) as f64 / k as f64
        };
        let partner = |c: usize| {
            let place: Place = self.top.places[c].iter().map(|x| total - x).collect();
            let same = |b: &usize| {
                self.top.places[*b] == place && (1..=n).all(|k| (traceless(c, k) - traceless(*b, k)).abs() < 1e-6)
            };
            (0..self.dim()).find(same)
        };
        let to: Vec<usize> = (0..self.dim()).map(partner).collect::<Option<_>>().ok_or_else(failed)?;
        let mut sign = vec![0i8; self.dim()];
        sign[highest] = 1;
        let mut open = vec![highest];
        while let Some(c) = open.pop() {
            for k in 1..n {
                // M E_pq = −E_qp M for p = q + 1.
                for &(r, x) in &self.top.action[k * n + k - 1][c] {
                    if sign[r] != 0 {
                        continue;
                    }
                    let moved = &self.top.action[(k - 1) * n + k][to[c]];
                    let y = moved
                        .iter()
                        .find(|(b, _)| *b == to[r])
                        .map(|e| e.1.f)
                        .ok_or_else(failed)?;
                    sign[r] = if (y / x.f) * f64::from(sign[c]) < 0.0 { 1 } else { -1 };
                    open.push(r);
                }
            }
        }
        match sign.contains(&0) {
            true => Err(failed()),
            false => Ok(to.into_iter().zip(sign).collect()),
        }
    }
}

/// Does a basis vector have an odd number of axes from `positive` on?
pub(super) fn is_odd(place: &Place, positive: usize) -> bool {
    place.iter().skip(positive).filter(|&&x| x & 1 != 0).count() % 2 == 1
}

/// The same number with a better float, if it is the square root of a rational one.
fn refined(x: Exact) -> Exact {
    match (x * x).as_ratio() {
        Some((n, d)) => Exact {
            f: (n as f64 / d as f64).sqrt().copysign(x.f),
            r: x.r,
        },
        None => x,
    }
}

/// Zero, or what rounding leaves of it.
fn small(x: Exact) -> bool {
    x.r.map_or(x.f.abs() < 1e-12, |r| r == 0)
}

/// e_I ↦ ε e_J for I and J complementary, ε the sign of the permutation (I, J), in bases of signs `orientation`.
fn volume_form(places: &[Place], orientation: &[i8]) -> Vec<(usize, i8)> {
    let image = |(c, place): (usize, &Place)| {
        let other: Place = place.iter().map(|x| 1 - x).collect();
        let to = places.iter().position(|p| *p == other).unwrap_or(c);
        // Pairs of an axis of I after one of J.
        let inversions = (0..place.len())
            .filter(|&i| place[i] == 1)
            .map(|i| place[..i].iter().filter(|&&x| x == 0).count());
        let even = inversions.sum::<usize>() % 2 == 0;
        (to, if even { 1 } else { -1 } * orientation[c] * orientation[to])
    };
    places.iter().enumerate().map(image).collect()
}

/// The volume form of the first factor on the next space.
fn carried(volume: &[(usize, i8)], into: &[Column], back: &[Column], n: usize) -> Vec<(usize, i8)> {
    let image = |(c, column): (usize, &Column)| {
        let mut out: BTreeMap<usize, f64> = BTreeMap::new();
        for &(at, x) in column {
            let (to, sign) = volume[at / n];
            for &(r, y) in &back[to * n + at % n] {
                *out.entry(r).or_insert(0.0) += f64::from(sign) * x.f * y.f;
            }
        }
        let best = out.into_iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        best.map_or((c, 1), |(r, x)| (r, if x < 0.0 { -1 } else { 1 }))
    };
    into.iter().enumerate().map(image).collect()
}
