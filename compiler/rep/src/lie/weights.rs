//! Irreducible representations of the classical groups by their highest weights: dimensions (Weyl), weights (Freudenthal) and tensor
//! products (Brauer, Klimyk).
//!
//! SU(n) and SL(n) are of type A, SO(2m + 1) of type B, Sp(2m) of type C, SO(2m) of type D; SO(p, q) has the finite-dimensional
//! representations of SO(p + q). A representation is named by its Dynkin labels, its dimension is that over the complex numbers.

use crate::error::Error;
use crate::group::Group;
use crate::lie::Family;
use crate::lie::product;
use std::collections::BTreeMap;

/// Products are taken of representations of at most this dimension.
const MAX_DIM: u64 = 20_000;

/// Lists end here.
const MAX_LISTED: usize = 2000;

/// The series of a root system.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Series {
    A,
    B,
    C,
    D,
}

/// Weights in twice the coordinates of the usual orthonormal basis ε_i, so that all are whole; type A in those of GL(n).
pub(super) type Weight = Vec<i64>;

/// The root system of a group.
pub(super) struct Roots {
    series: Series,
    rank: usize,
    pub positive: Vec<Weight>,
    simple: Vec<Weight>,
    /// Half the sum of the positive roots, up to a multiple of (1, …, 1) for type A.
    rho: Weight,
    /// Are there no spin representations?
    integral: bool,
}

fn inner(a: &[i64], b: &[i64]) -> i64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn plus(a: &[i64], k: i64, b: &[i64]) -> Weight {
    a.iter().zip(b).map(|(x, y)| x + k * y).collect()
}

impl Roots {
    fn of(group: &Group) -> Result<Roots, Error> {
        let unknown = || Error::Unknown(format!("{group} is not a semisimple classical group that is connected"));
        let family = match group {
            Group::SO3 => Family::SO(3, 0),
            Group::Linear(linear) => linear.family(),
            _ => return Err(unknown()),
        };
        let orthogonal = |n: u32| match n {
            3.. if n % 2 == 1 => Ok((Series::B, n as usize / 2)),
            4.. => Ok((Series::D, n as usize / 2)),
            _ => Err(unknown()),
        };
        let (series, rank) = match family {
            Family::SU(n) | Family::SL(n) if n > 1 => (Series::A, n as usize - 1),
            Family::SO(p, q) => orthogonal(p + q)?,
            Family::Sp(n) => (Series::C, n as usize / 2),
            _ => return Err(unknown()),
        };
        Ok(Roots::new(series, rank))
    }

    pub fn new(series: Series, rank: usize) -> Roots {
        let width = if series == Series::A { rank + 1 } else { rank };
        let unit = |terms: &[(usize, i64)]| {
            let mut w = vec![0; width];
            terms.iter().for_each(|&(i, x)| w[i] += 2 * x);
            w
        };
        let mut positive = vec![];
        for i in 0..width {
            for j in i + 1..width {
                positive.push(unit(&[(i, 1), (j, -1)]));
                if series != Series::A {
                    positive.push(unit(&[(i, 1), (j, 1)]));
                }
            }
            match series {
                Series::B => positive.push(unit(&[(i, 1)])),
                Series::C => positive.push(unit(&[(i, 2)])),
                _ => {}
            }
        }
        let mut simple: Vec<Weight> = (1..width).map(|i| unit(&[(i - 1, 1), (i, -1)])).collect();
        match series {
            Series::A => {}
            Series::B => simple.push(unit(&[(rank - 1, 1)])),
            Series::C => simple.push(unit(&[(rank - 1, 2)])),
            Series::D => simple.push(unit(&[(rank - 2, 1), (rank - 1, 1)])),
        }
        let rho = (0..width as i64)
            .map(|i| match series {
                Series::A => 2 * (rank as i64 - i),
                Series::B => 2 * (rank as i64 - i) - 1,
                Series::C => 2 * (rank as i64 - i),
                Series::D => 2 * (rank as i64 - 1 - i),
            })
            .collect();
        Roots {
            series,
            rank,
            positive,
            simple,
            rho,
            integral: matches!(series, Series::B | Series::D),
        }
    }

    /// The weight with these Dynkin labels: 2⟨λ, α⟩/⟨α, α⟩ for the simple roots α.
    fn weight(&self, labels: &[u32]) -> Weight {
        let width = self.rho.len();
        let mut w = vec![0i64; width];
        for (k, &a) in labels.iter().enumerate() {
            let a = i64::from(a);
            let (last, half) = (self.rank - 1, matches!(self.series, Series::B | Series::D));
            let spin = half && k == last || self.series == Series::D && k + 1 == last;
            let end = if spin { width } else { k + 1 };
            w[..end].iter_mut().for_each(|x| *x += if spin { a } else { 2 * a });
            if self.series == Series::D && k + 1 == last {
                w[width - 1] -= 2 * a;
            }
        }
        w
    }

    fn labels(&self, weight: &[i64]) -> Vec<u32> {
        let label = |a: &Weight| (2 * inner(weight, a) / inner(a, a)) as u32;
        self.simple.iter().map(label).collect()
    }

    /// ∏ ⟨λ + ρ, α⟩/⟨ρ, α⟩ over the positive roots.
    fn dim(&self, weight: &[i64]) -> u64 {
        let shifted = plus(weight, 1, &self.rho);
        let (mut top, mut bottom) = (1u128, 1u128);
        for a in &self.positive {
            let (x, y) = (inner(&shifted, a) as u128, inner(&self.rho, a) as u128);
            (top, bottom) = (top.saturating_mul(x), bottom.saturating_mul(y));
            let common = num_integer::gcd(top, bottom);
            (top, bottom) = (top / common, bottom / common);
        }
        u64::try_from(top / bottom).unwrap_or(u64::MAX)
    }

    /// The weights with their multiplicities, by Freudenthal's formula, from the highest down.
    pub fn weights(&self, highest: &[i64]) -> BTreeMap<Weight, i64> {
        let square = |w: &[i64]| {
            let shifted = plus(w, 1, &self.rho);
            inner(&shifted, &shifted)
        };
        let top = square(highest);
        let mut known: BTreeMap<Weight, i64> = BTreeMap::from([(highest.to_vec(), 1)]);
        let mut level = vec![highest.to_vec()];
        while !level.is_empty() {
            let mut next: Vec<Weight> = level
                .iter()
                .flat_map(|w| self.simple.iter().map(move |a| plus(w, -1, a)))
                .collect();
            next.sort_unstable();
            next.dedup();
            next.retain(|w| {
                let mut sum = 0;
                for a in &self.positive {
                    for k in 1.. {
                        let above = plus(w, k, a);
                        let Some(m) = known.get(&above) else { break };
                        sum += m * inner(&above, a);
                    }
                }
                let m = match top - square(w) {
                    0 => 0,
                    gap => 2 * sum / gap,
                };
                if m > 0 {
                    known.insert(w.clone(), m);
                }
                m > 0
            });
            level = next;
        }
        known
    }

    /// The dominant weight that the Weyl group moves a weight to, and the sign of the element; `None` if a reflection fixes it.
    fn dominant(&self, weight: &[i64]) -> Option<(Weight, i64)> {
        let mut w = weight.to_vec();
        let mut sign = 1;
        if self.series != Series::A {
            let negative = w.iter().filter(|x| **x < 0).count();
            let has_zero = w.contains(&0);
            w.iter_mut().for_each(|x| *x = x.abs());
            match self.series {
                Series::D => {}
                _ if has_zero => return None,
                _ if negative % 2 == 1 => sign = -sign,
                _ => {}
            }
        }
        // Insertion, counting exchanges.
        for i in 1..w.len() {
            for j in (1..=i).rev() {
                if w[j - 1] < w[j] {
                    w.swap(j - 1, j);
                    sign = -sign;
                }
            }
        }
        if w.windows(2).any(|p| p[0] == p[1]) {
            return None;
        }
        if self.series == Series::D && weight.iter().filter(|x| **x < 0).count() % 2 == 1 {
            let last = w.len() - 1;
            w[last] = -w[last];
        }
        Some((w, sign))
    }

    fn checked(&self, group: &Group, labels: &[u32]) -> Result<Weight, Error> {
        if labels.len() != self.rank {
            return Err(Error::Invalid(format!(
                "highest weights of {group} have {} Dynkin labels, not {}",
                self.rank,
                labels.len()
            )));
        }
        let weight = self.weight(labels);
        if !self.exists(&weight) {
            return Err(Error::Invalid(format!(
                "{labels:?} is a spin representation: of a double cover of {group}, not of {group}"
            )));
        }
        if self.dim(&weight) > MAX_DIM {
            return Err(Error::TooLarge(format!(
                "the representation {labels:?} of {group} has dimension {}; at most {MAX_DIM}",
                self.dim(&weight)
            )));
        }
        Ok(weight)
    }

    fn exists(&self, weight: &[i64]) -> bool {
        !self.integral || weight.iter().all(|x| x % 2 == 0)
    }
}

/// The dimension of the representation of GL(n), O(n) or Sp(n) with a diagram of at most n, n/2 and n/2 rows.
pub(super) fn diagram_dim(series: product::Series, n: usize, rows: &[u32]) -> u64 {
    let (roots, width) = match series {
        product::Series::Gl => (Roots::new(Series::A, n - 1), n),
        product::Series::Symplectic => (Roots::new(Series::C, n / 2), n / 2),
        product::Series::Orthogonal if n % 2 == 1 => (Roots::new(Series::B, n / 2), n / 2),
        product::Series::Orthogonal => (Roots::new(Series::D, n / 2), n / 2),
    };
    let weight: Weight = (0..width)
        .map(|i| 2 * rows.get(i).map_or(0, |&r| i64::from(r)))
        .collect();
    // Of O(2m): that of SO(2m) and its mirror image.
    let mirrored = roots.series == Series::D && weight.last().is_some_and(|&x| x != 0);
    roots.dim(&weight).saturating_mul(if mirrored { 2 } else { 1 })
}

/// An irreducible representation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irreducible {
    /// The Dynkin labels of its highest weight.
    pub labels: Vec<u32>,
    /// Its dimension over the complex numbers.
    pub dim: u64,
}

/// The irreducible representations of dimension at most `max`, by dimension.
///
/// # Errors
/// The group is none of the simple classical ones, or the list is too long.
pub fn irreducibles(group: &Group, max: u64) -> Result<Vec<Irreducible>, Error> {
    let roots = Roots::of(group)?;
    let mut found = vec![];
    let mut open = vec![(vec![0u32; roots.rank], 0)];
    // Dimensions grow with every label.
    while let Some((labels, from)) = open.pop() {
        let weight = roots.weight(&labels);
        let dim = roots.dim(&weight);
        if dim > max.min(MAX_DIM) {
            continue;
        }
        if found.len() == MAX_LISTED {
            return Err(Error::TooLarge(format!(
                "{group} has more than {MAX_LISTED} irreducible representations of dimension at most {max}"
            )));
        }
        for k in from..roots.rank {
            let mut next = labels.clone();
            next[k] += 1;
            open.push((next, k));
        }
        if roots.exists(&weight) {
            found.push(Irreducible { labels, dim });
        }
    }
    found.sort_by_key(|i| (i.dim, std::cmp::Reverse(i.labels.clone())));
    Ok(found)
}

/// The irreducible representations in a tensor product, with multiplicities, by dimension.
///
/// # Errors
/// As for [`irreducibles`], or the labels name no representation of the group.
pub fn tensor_product(group: &Group, a: &[u32], b: &[u32]) -> Result<Vec<(u64, Irreducible)>, Error> {
    let roots = Roots::of(group)?;
    let (a, b) = (roots.checked(group, a)?, roots.checked(group, b)?);
    let (large, small) = if roots.dim(&a) < roots.dim(&b) { (b, a) } else { (a, b) };
    let shifted = plus(&large, 1, &roots.rho);
    let mut sum: BTreeMap<Vec<u32>, (i64, Weight)> = BTreeMap::new();
    for (w, m) in roots.weights(&small) {
        if let Some((dominant, sign)) = roots.dominant(&plus(&shifted, 1, &w)) {
            let weight = plus(&dominant, -1, &roots.rho);
            sum.entry(roots.labels(&weight)).or_insert((0, weight)).0 += sign * m;
        }
    }
    let mut out: Vec<(u64, Irreducible)> = sum
        .into_iter()
        .filter(|(_, (m, _))| *m > 0)
        .map(|(labels, (m, weight))| {
            let dim = roots.dim(&weight);
            (m as u64, Irreducible { labels, dim })
        })
        .collect();
    out.sort_by_key(|(_, i)| (i.dim, std::cmp::Reverse(i.labels.clone())));
    Ok(out)
}
