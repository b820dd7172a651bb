//! Characters of Lie groups: weights with multiplicities, and with them the irreducible parts of a representation without any maps.
//!
//! A character times ∏ (1 − e^−α) over the positive roots α has the multiplicities of the irreducible representations as its coefficients at
//! dominant weights (Weyl). Representations are those over the complex numbers of the complexified ones, so the dimension of the space of
//! equivariant maps is Σ m_λ(V) m_λ(W).

use super::highest::{self, Weight};
use super::weights::{Roots, Series};
use super::{Family, Linear};
use crate::error::Error;
use crate::group::Group;
use crate::irreps;
use crate::rep::{Atom, Label, Rep};
use std::collections::BTreeMap;

/// Weights in twice the coordinates ε_i; of SU(n) and SL(n) n times those, less their sum. Of O(n) a last entry is the parity of −1.
type Character = BTreeMap<Vec<i64>, i64>;

/// Characters of more weights are not computed.
const MAX_WEIGHTS: usize = 1 << 16;

/// A group with a maximal torus.
struct Torus<'a> {
    group: &'a Group,
    /// The positive roots.
    roots: Vec<Vec<i64>>,
    /// The number of coordinates.
    width: usize,
    /// Weights are taken up to multiples of (1, …, 1).
    traceless: bool,
    /// Is −1 an element beside the identity component?
    parity: bool,
}

impl Torus<'_> {
    fn of(group: &Group) -> Option<Torus<'_>> {
        let torus = |roots: Option<Roots>, width: usize| Torus {
            group,
            roots: roots.map_or_else(Vec::new, |r| r.positive),
            width,
            traceless: false,
            parity: false,
        };
        let rotations = |n: u32| match n % 2 {
            1 => torus(Some(Roots::new(Series::B, n as usize / 2)), n as usize / 2),
            _ => torus(Some(Roots::new(Series::D, n as usize / 2)), n as usize / 2),
        };
        Some(match group {
            Group::SO2 => torus(None, 1),
            Group::SO3 => rotations(3),
            Group::O3 => Torus {
                parity: true,
                ..rotations(3)
            },
            Group::Linear(linear) => match linear.family() {
                Family::U(1) => torus(None, 1),
                Family::U(n) => torus(Some(Roots::new(Series::A, n as usize - 1)), n as usize),
                Family::SU(n) | Family::SL(n) => Torus {
                    traceless: true,
                    ..torus(Some(Roots::new(Series::A, n as usize - 1)), n as usize)
                },
                Family::Sp(n) => torus(Some(Roots::new(Series::C, n as usize / 2)), n as usize / 2),
                Family::SO(p, q) if p + q > 2 => rotations(p + q),
                Family::O(p, q) if p + q > 2 && (p + q) % 2 == 1 => Torus {
                    parity: true,
                    ..rotations(p + q)
                },
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A weight in twice the coordinates, as a key.
    fn key(&self, weight: &[i64], odd: bool) -> Vec<i64> {
        let n = self.width as i64;
        let sum: i64 = weight.iter().sum();
        let normal = |x: &i64| if self.traceless { n * x - sum } else { *x };
        let mut key: Vec<i64> = weight.iter().map(normal).collect();
        if self.parity {
            key.push(i64::from(odd));
        }
        key
    }

    fn add(&self, into: &mut Character, weight: &[i64], odd: bool, times: i64) {
        *into.entry(self.key(weight, odd)).or_insert(0) += times;
    }

    fn product(&self, a: &Character, b: &Character) -> Option<Character> {
        let mut out = Character::new();
        for (x, m) in a {
            for (y, n) in b {
                let mut sum: Vec<i64> = x.iter().zip(y).map(|(x, y)| x + y).collect();
                if self.parity
                    && let Some(p) = sum.last_mut()
                {
                    *p %= 2;
                }
                *out.entry(sum).or_insert(0) += m.checked_mul(*n)?;
            }
            if out.len() > MAX_WEIGHTS {
                return None;
            }
        }
        Some(out)
    }

    fn dual(&self, a: &Character) -> Character {
        let negative = |(w, m): (&Vec<i64>, &i64)| {
            let mut w = w.clone();
            w[..self.width].iter_mut().for_each(|x| *x = -*x);
            (w, *m)
        };
        a.iter().map(negative).collect()
    }

    /// The symmetric or alternating power, weight by weight.
    fn power(&self, a: &Character, k: u32, symmetric: bool) -> Option<Character> {
        let one = self.key(&vec![0; self.width], false);
        let mut powers: Vec<Character> = vec![Character::from([(one, 1)])];
        powers.extend((0..k).map(|_| Character::new()));
        for (w, m) in a {
            for degree in (1..=k as usize).rev() {
                for j in 1..=degree {
                    // Ways to take j of m vectors of one weight.
                    let (m, j64) = (*m, j as i64);
                    let ways = (0..j64).try_fold(1i64, |c, i| {
                        let factor = if symmetric { m + i } else { m - i };
                        Some(c.checked_mul(factor)? / (i + 1))
                    })?;
                    if ways == 0 {
                        continue;
                    }
                    let term: Character = Character::from([(w.iter().map(|x| x * j64).collect(), ways)]);
                    let more = self.product(&powers[degree - j].clone(), &term)?;
                    for (w, m) in more {
                        *powers[degree].entry(w).or_insert(0) += m;
                    }
                }
            }
        }
        powers.pop()
    }

    fn of_rep(&self, rep: &Rep) -> Option<Character> {
        if rep.group != *self.group {
            return None;
        }
        let mut out = Character::new();
        for (copies, atom) in &rep.blocks {
            for (w, m) in self.of_atom(atom)? {
                *out.entry(w).or_insert(0) += m.checked_mul(i64::from(*copies))?;
            }
        }
        (out.len() <= MAX_WEIGHTS).then_some(out)
    }

    fn of_atom(&self, atom: &Atom) -> Option<Character> {
        let mut out = Character::new();
        match atom {
            Atom::Trivial => self.add(&mut out, &vec![0; self.width], false, 1),
            Atom::Irrep(Label::O3 { l, .. } | Label::SO3 { l }) => {
                let odd = matches!(atom, Atom::Irrep(Label::O3 { odd: true, .. }));
                let l = i64::from(*l);
                (-l..=l).for_each(|m| self.add(&mut out, &[2 * m], odd, 1));
            }
            Atom::Irrep(Label::SO2 { k }) => {
                let k = i64::from(*k);
                let ends = if k == 0 { vec![0] } else { vec![2 * k, -2 * k] };
                ends.iter().for_each(|&x| self.add(&mut out, &[x], false, 1));
            }
            Atom::Irrep(Label::Spin { twice }) => {
                let (j, times) = (i64::from(*twice), 1 + i64::from(twice % 2));
                (0..=j).for_each(|k| self.add(&mut out, &[2 * (j - k), 2 * k], false, times));
            }
            Atom::Irrep(Label::Weight(w)) => {
                for (weight, odd, m) in highest::weights(w)? {
                    self.add(&mut out, &weight, odd, m);
                }
            }
            Atom::Vector(_) => {
                let Group::Linear(linear) = self.group else { return None };
                self.defining(linear, &mut out);
            }
            Atom::Tensor { up, down } => {
                // Over the complex numbers, and the conjugate.
                let unit = |i: usize, x: i64| {
                    (0..self.width)
                        .map(|j| if i == j { x } else { 0 })
                        .collect::<Vec<i64>>()
                };
                let (mut v, mut w) = (Character::new(), Character::new());
                (0..self.width).for_each(|i| self.add(&mut v, &unit(i, 2), false, 1));
                (0..self.width).for_each(|i| self.add(&mut w, &unit(i, -2), false, 1));
                let mut product = Character::from([(self.key(&vec![0; self.width], false), 1)]);
                for k in 0..up + down {
                    product = self.product(&product, if k < *up { &v } else { &w })?;
                }
                out = product.clone();
                for (w, m) in self.dual(&product) {
                    *out.entry(w).or_insert(0) += m;
                }
            }
            Atom::Kron(a, b) => return self.product(&self.of_rep(a)?, &self.of_rep(b)?),
            Atom::Hom(a, b) => return self.product(&self.dual(&self.of_rep(a)?), &self.of_rep(b)?),
            Atom::Dual(a) => return Some(self.dual(&self.of_rep(a)?)),
            Atom::Sym(a, k) => return self.power(&self.of_rep(a)?, *k, true),
            Atom::Alt(a, k) => return self.power(&self.of_rep(a)?, *k, false),
            _ => return None,
        }
        Some(out)
    }

    fn defining(&self, linear: &Linear, out: &mut Character) {
        let n = self.width;
        let unit = |i: usize, x: i64| (0..n).map(|j| if i == j { x } else { 0 }).collect::<Vec<i64>>();
        for i in 0..n {
            self.add(out, &unit(i, 2), true, 1);
            if !matches!(linear.family(), Family::SL(_)) {
                self.add(out, &unit(i, -2), true, 1);
            }
        }
        if matches!(linear.family(), Family::SO(p, q) | Family::O(p, q) if (p + q) % 2 == 1) {
            self.add(out, &vec![0; n], true, 1);
        }
    }

    /// The multiplicities of irreducible representations, by their highest weights.
    fn parts(&self, mut character: Character) -> Option<Character> {
        let scale = if self.traceless { self.width as i64 } else { 1 };
        for root in &self.roots {
            let mut next = character.clone();
            for (w, m) in &character {
                let mut below = w.clone();
                below.iter_mut().zip(root).for_each(|(x, a)| *x -= scale * a);
                *next.entry(below).or_insert(0) -= m;
            }
            next.retain(|_, m| *m != 0);
            if next.len() > 4 * MAX_WEIGHTS {
                return None;
            }
            character = next;
        }
        let inner = |w: &[i64], a: &[i64]| w.iter().zip(a).map(|(x, y)| x * y).sum::<i64>();
        character.retain(|w, _| self.roots.iter().all(|a| inner(w, a) >= 0));
        Some(character)
    }

    /// The irreducible representation over the reals with this highest weight, and how often its complexification has it; `None` for the
    /// conjugate of another.
    fn irrep(&self, key: &[i64]) -> Result<Option<(Atom, i64)>, Error> {
        let half = |k: usize| key[k] / 2;
        let label = match self.group {
            Group::O3 => Label::O3 {
                l: half(0) as u32,
                odd: key[1] == 1,
            },
            Group::SO3 => Label::SO3 { l: half(0) as u32 },
            Group::Linear(linear) if !matches!(linear.family(), Family::U(1) | Family::SU(2)) => {
                let family = linear.family();
                let Some(weight) = self.weight(family, key)? else {
                    return Ok(None);
                };
                let atom = irreps::checked(self.group, Label::Weight(weight))?;
                let times = if highest::kind(&weight).commutant() == 4 { 2 } else { 1 };
                return Ok(Some((atom, times)));
            }
            Group::Linear(linear) if linear.family() == Family::SU(2) => {
                let twice = ((key[0] - key[1]) / 4) as u32;
                let atom = irreps::checked(self.group, Label::Spin { twice })?;
                return Ok(Some((atom, 1 + i64::from(twice % 2))));
            }
            _ if half(0) < 0 => return Ok(None),
            _ => Label::SO2 { k: half(0) as u32 },
        };
        irreps::checked(self.group, label).map(|atom| Some((atom, 1)))
    }

    /// The weight of a key; `None` if the representation is named by its conjugate.
    fn weight(&self, family: Family, key: &[i64]) -> Result<Option<Weight>, Error> {
        let labels: Vec<i64> = match family {
            Family::SU(_) | Family::SL(_) => {
                let scale = 2 * self.width as i64;
                key.windows(2).map(|p| (p[0] - p[1]) / scale).collect()
            }
            Family::O(p, q) => {
                let n = (p + q) as usize;
                let mut rows: Vec<i64> = key[..self.width].iter().map(|x| x / 2).filter(|&x| x > 0).collect();
                if rows.iter().sum::<i64>() % 2 != key[self.width] {
                    rows.resize(n - rows.len(), 1);
                }
                rows
            }
            Family::U(_) => key.iter().map(|x| x / 2).collect(),
            _ => highest::dynkin(family, &key.iter().map(|x| x / 2).collect::<Vec<i64>>()),
        };
        let weight = highest::by_labels(family, &labels)?;
        Ok((highest::labels(&weight) == labels).then_some(weight))
    }
}

/// The dimension of the space of equivariant maps; `None` where characters do not tell: other groups, or too many weights.
pub(crate) fn hom_dim(a: &Rep, b: &Rep) -> Option<u64> {
    let torus = Torus::of(&a.group)?;
    let x = torus.parts(torus.of_rep(a)?)?;
    let y = if a == b {
        x.clone()
    } else {
        torus.parts(torus.of_rep(b)?)?
    };
    let total = x.iter().try_fold(0i64, |sum, (w, m)| {
        sum.checked_add(m.checked_mul(*y.get(w).unwrap_or(&0))?)
    })?;
    u64::try_from(total).ok()
}

/// The sum of irreducible representations over the reals that a representation is equivalent to, by height; `None` as for [`hom_dim`].
pub(crate) fn decomposition(rep: &Rep) -> Option<Result<Rep, Error>> {
    let torus = Torus::of(&rep.group)?;
    let parts = torus.parts(torus.of_rep(rep)?)?;
    let mut blocks: Vec<(u32, Atom)> = vec![];
    for (key, m) in &parts {
        match torus.irrep(key) {
            Ok(None) => {}
            Ok(Some((atom, times))) => blocks.push(((m / times) as u32, atom)),
            Err(e) => return Some(Err(e)),
        }
    }
    blocks.sort_by_cached_key(|(_, atom)| (atom.dim(&rep.group), atom.name(&rep.group)));
    if matches!(rep.group, Group::O3) {
        blocks.sort_by_cached_key(|(_, atom)| irreps::degree(atom));
    }
    Some(Rep::new(rep.group.clone(), blocks))
}
