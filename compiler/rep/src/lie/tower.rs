//! Spaces of highest weight, box by box: the representation of a diagram is found in the product of that with a box less and the defining
//! one, as an eigenspace of the Casimir operator.
//!
//! In the product of an irreducible representation and the defining one every irreducible representation occurs once, and all have different
//! Casimir eigenvalues, so each step is one of exact linear algebra. Bases are adapted to the chain of subgroups of the first k axes
//! (Gelfand and Zetlin): joint eigenvectors of their Casimir operators and of the torus, or of the reflections of single axes. For GL(n) and
//! O(n) this singles out orthogonal lines whose lengths are square roots of rational numbers with small factors, so that matrices are exact.
//! Sp(n) has no such chain; as nothing asks for orthogonal matrices of a group that is not compact, its bases are in echelon form.

use crate::error::Error;
use crate::exact::Exact;
use crate::linear::{canonical, null_space};
use crate::scalar::Scalar;
use crate::stop;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Larger spaces are not built.
pub(super) const MAX_SPACE: usize = 400;

/// Which matrices act: all, those that keep a definite form, or those that keep a symplectic one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Series {
    Gl,
    Orthogonal,
    Symplectic,
}

/// A sparse vector.
type Column = Vec<(usize, Exact)>;

/// What a basis vector is told apart by: its weight, or the parity of every axis.
pub(super) type Place = Vec<i8>;

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

/// An irreducible representation.
struct Space {
    places: Vec<Place>,
    /// Twice the Casimir eigenvalues of the subgroups of the first k axes, k = 1 … n.
    casimirs: Vec<Vec<Exact>>,
    /// The columns of P(E_pq), p and q below n: E_pq projected to the Lie algebra.
    action: Vec<Vec<Column>>,
    /// For the columns of a diagram of one column: the sign of the coefficient of e_i1 ⊗ … ⊗ e_ik, i1 < … < ik.
    orientation: Vec<i8>,
    /// Where the volume form sends basis vectors, for a diagram with half as many rows as there are axes.
    volume: Option<Vec<(usize, i8)>>,
}

impl Series {
    /// Twice the Casimir eigenvalue of a diagram, Σ P(E_pq) P(E_qp), for the subgroup of the first k axes.
    fn casimir(self, rows: &[u32], k: usize) -> i64 {
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
    fn chain(self, n: usize) -> std::ops::Range<usize> {
        if self == Series::Symplectic { 0..0 } else { 1..n }
    }

    /// P(E_pq) e_i.
    fn on_vector(self, n: usize, p: usize, q: usize, i: usize) -> Vec<(usize, Exact)> {
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
    fn moved(self, place: &Place, i: usize) -> Place {
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
    fn trivial(series: Series, n: usize) -> Space {
        let width = if series == Series::Symplectic { n / 2 } else { n };
        Space {
            places: vec![vec![0; width]],
            casimirs: vec![vec![Exact::ZERO; n]],
            action: vec![vec![vec![]]; n * n],
            orientation: vec![1],
            volume: None,
        }
    }

    fn dim(&self) -> usize {
        self.places.len()
    }
}

/// U ⊗ V.
struct Product<'a> {
    series: Series,
    n: usize,
    space: &'a Space,
}

impl Product<'_> {
    /// Twice the Casimir operator of the first k axes on a vector.
    fn casimir(&self, k: usize, v: &[(usize, Exact)]) -> BTreeMap<usize, Exact> {
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
    fn act(&self, p: usize, q: usize, v: &[(usize, Exact)]) -> BTreeMap<usize, Exact> {
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
    fn lines(&self, block: &[usize], rows: &[u32]) -> Result<Vec<Vec<Exact>>, Error> {
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
