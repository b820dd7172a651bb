//! Matrices of representations: one formula per atom, over any ring ([`Scalar`]).

use crate::element::{Elem, Element, planar};
use crate::exact::Exact;
use crate::group::Group;
use crate::lie::{highest, spin};
use crate::linear::{kronecker, minor, transpose};
use crate::rep::{Atom, Label, MAX_DIM, Rep};
use crate::scalar::{Jet, Scalar};
use crate::{octahedral, symmetric, wigner};

impl Atom {
    /// The matrix of an element, row-major; `None` if it does not belong to the group or the atom not to it, or for a space of maps of a
    /// dimension above [`MAX_DIM`].
    pub fn matrix<S: Scalar>(&self, group: &Group, g: &Elem<S>) -> Option<Vec<S>> {
        if self.dim(group) > MAX_DIM {
            return None;
        }
        if let Some(image) = self.permutation(group, g) {
            let n = image.len();
            let mut m = vec![S::zero(); n * n];
            for (from, &to) in image.iter().enumerate() {
                m[to as usize * n + from] = S::one();
            }
            return Some(m);
        }
        match self {
            Atom::Trivial => Some(vec![S::one()]),
            Atom::Irrep(label) => irrep(group, *label, g),
            Atom::Regular | Atom::Quotient(_) | Atom::PermDefining => None,
            Atom::Vector(d) => group.defining(g, *d as usize),
            Atom::Kron(a, b) => Some(kronecker(&a.matrix_over(g)?, &b.matrix_over(g)?, a.dim(), b.dim())),
            Atom::Sym(a, k) => Some(symmetric_power(&a.matrix_over(g)?, a.dim(), *k as usize)),
            Atom::Alt(a, k) => {
                let (m, n) = (a.matrix_over(g)?, a.dim());
                let sets = subsets(n, *k as usize);
                Some(
                    sets.iter()
                        .flat_map(|i| sets.iter().map(|j| minor(&m, i, j, n)).collect::<Vec<_>>())
                        .collect(),
                )
            }
            Atom::Dual(a) => Some(contragredient(a, g)?),
            Atom::Hom(a, b) => Some(kronecker(&b.matrix_over(g)?, &contragredient(a, g)?, b.dim(), a.dim())),
            Atom::Restrict(a) => a.matrix_over(&group.include(&a.group, g)?),
            Atom::Tensor { up, down } => match (group, g) {
                (Group::Linear(_), Elem::Linear { n, matrix, inverse }) => {
                    Some(crate::lie::complex_tensor(*n as usize, matrix, inverse, *up, *down))
                }
                _ => None,
            },
            Atom::Outer(parts) => {
                let (Group::Product(factors), Elem::Tuple(elements)) = (group, g) else {
                    return None;
                };
                let mut product = (vec![S::one()], 1);
                for ((factor, atom), element) in factors.iter().zip(parts).zip(elements) {
                    let (m, n) = (atom.matrix(factor, element)?, atom.dim(factor));
                    product = (kronecker(&product.0, &m, product.1, n), product.1 * n);
                }
                Some(product.0)
            }
        }
    }

    /// For a permutation representation: where each basis vector goes. `None` for others.
    pub fn permutation<S: Scalar>(&self, group: &Group, g: &Elem<S>) -> Option<Vec<u32>> {
        if !self.is_permutation() {
            return None;
        }
        let pairs = |a: &[u32], b: &[u32]| -> Vec<u32> {
            let n = b.len() as u32;
            a.iter().flat_map(|&i| b.iter().map(move |&j| i * n + j)).collect()
        };
        match self {
            Atom::Trivial => Some(vec![0]),
            Atom::Irrep(_) | Atom::Vector(_) | Atom::Tensor { .. } => None,
            Atom::Regular => {
                let g = g.discrete()?;
                let image = |h: Element| Some(group.index(&g.compose(&h)?)? as u32);
                group.elements().ok()?.into_iter().map(image).collect()
            }
            Atom::Quotient(sub) => {
                let g = g.discrete()?;
                let points = sub.coset_representatives().ok()?;
                let keys: Vec<u64> = points.iter().filter_map(|x| group.index(x)).collect();
                let image = |x: &Element| {
                    keys.binary_search(&sub.coset_key(&g.compose(x)?)?)
                        .ok()
                        .map(|i| i as u32)
                };
                points.iter().map(image).collect()
            }
            Atom::PermDefining => match (group, g) {
                (Group::Subgroup(sub), _) => self.permutation(sub.parent(), g),
                (_, Elem::Permutation(image)) => Some(image.clone()),
                _ => None,
            },
            Atom::Kron(a, b) => Some(pairs(&a.permutation(g)?, &b.permutation(g)?)),
            Atom::Hom(a, b) => Some(pairs(&b.permutation(g)?, &a.permutation(g)?)),
            Atom::Sym(a, k) => {
                let (points, monomials) = (a.permutation(g)?, multisets(a.dim(), *k as usize));
                let image = |m: &Vec<usize>| {
                    let mut moved: Vec<usize> = m.iter().map(|&i| points[i] as usize).collect();
                    moved.sort_unstable();
                    monomials.binary_search(&moved).ok().map(|i| i as u32)
                };
                monomials.iter().map(image).collect()
            }
            Atom::Alt(a, k) => {
                if *k == 0 {
                    Some(vec![0])
                } else {
                    a.permutation(g)
                }
            }
            Atom::Dual(a) => a.permutation(g),
            Atom::Restrict(a) => a.permutation(&group.include(&a.group, g)?),
            Atom::Outer(parts) => {
                let (Group::Product(factors), Elem::Tuple(elements)) = (group, g) else {
                    return None;
                };
                factors
                    .iter()
                    .zip(parts)
                    .zip(elements)
                    .try_fold(vec![0], |image, ((factor, atom), element)| {
                        Some(pairs(&image, &atom.permutation(factor, element)?))
                    })
            }
        }
    }

    /// The derivative at the identity along every generator of the Lie algebra ([`Group::lie_curves`]).
    pub fn lie_matrices(&self, group: &Group) -> Option<Vec<Vec<Exact>>> {
        let curves = group.lie_curves();
        curves
            .iter()
            .map(|curve| Some(self.matrix::<Jet>(group, curve)?.iter().map(|x| x.d).collect()))
            .collect()
    }
}

impl Rep {
    /// The matrix of an element over any ring, row-major.
    pub fn matrix_over<S: Scalar>(&self, g: &Elem<S>) -> Option<Vec<S>> {
        let n = self.dim();
        let mut m = vec![S::zero(); n * n];
        let mut at = 0;
        for (copies, atom) in &self.blocks {
            let (block, d) = (atom.matrix(&self.group, g)?, atom.dim(&self.group));
            for _ in 0..*copies {
                for i in 0..d {
                    m[(at + i) * n + at..][..d].clone_from_slice(&block[i * d..][..d]);
                }
                at += d;
            }
        }
        Some(m)
    }

    /// For a permutation representation: where each basis vector goes.
    pub fn permutation<S: Scalar>(&self, g: &Elem<S>) -> Option<Vec<u32>> {
        let mut image = vec![];
        for (copies, atom) in &self.blocks {
            let block = atom.permutation(&self.group, g)?;
            for _ in 0..*copies {
                let at = image.len() as u32;
                image.extend(block.iter().map(|&i| at + i));
            }
        }
        Some(image)
    }

    /// The matrix of an element, row-major; entries are NaN if it belongs to another group.
    pub fn matrix(&self, g: &Element) -> Vec<f64> {
        let n = self.dim();
        self.matrix_over(g)
            .map_or_else(|| vec![f64::NAN; n * n], |m| m.iter().map(|x| x.f).collect())
    }

    /// The matrix with residues; `None` if the element is not exact.
    pub fn exact_matrix(&self, g: &Element) -> Option<Vec<Exact>> {
        self.matrix_over(g).filter(|m| m.iter().all(|x| x.r.is_some()))
    }

    /// The derivative at the identity along every generator of the Lie algebra, row-major.
    pub fn lie_matrices(&self) -> Vec<Vec<Exact>> {
        let curves = self.group.lie_curves();
        curves
            .iter()
            .filter_map(|curve| Some(self.matrix_over::<Jet>(curve)?.iter().map(|x| x.d).collect()))
            .collect()
    }

    /// ρ(g)·v, block by block; NaN if g belongs to another group or v has another length.
    pub fn apply(&self, g: &Element, v: &[f64]) -> Vec<f64> {
        let mut result = vec![];
        let mut rest = v;
        for (copies, atom) in &self.blocks {
            let d = atom.dim(&self.group);
            let Some(block) = atom.matrix::<Exact>(&self.group, g) else {
                return vec![f64::NAN; v.len()];
            };
            for _ in 0..*copies {
                let Some((x, tail)) = rest.split_at_checked(d) else {
                    return vec![f64::NAN; v.len()];
                };
                result.extend((0..d).map(|i| (0..d).map(|j| block[i * d + j].f * x[j]).sum::<f64>()));
                rest = tail;
            }
        }
        result
    }
}

/// ρ(g⁻¹)ᵀ.
fn contragredient<S: Scalar>(rep: &Rep, g: &Elem<S>) -> Option<Vec<S>> {
    let n = rep.dim();
    Some(transpose(&rep.matrix_over(&g.inverse())?, n, n))
}

fn irrep<S: Scalar>(group: &Group, label: Label, g: &Elem<S>) -> Option<Vec<S>> {
    let sign = |negative: bool| S::constant(if negative { -Exact::ONE } else { Exact::ONE });
    match (group, label, g) {
        (Group::O3, Label::O3 { l, odd }, Elem::Space(m)) => Some(wigner::wigner_d(l, odd, m)),
        (Group::SO3, Label::SO3 { l }, Elem::Space(m)) => Some(wigner::wigner_d(l, false, m)),
        (Group::SO2, Label::SO2 { k }, Elem::Circle { flip, cos, sin })
        | (Group::O2, Label::O2 { k, .. }, Elem::Circle { flip, cos, sin }) => {
            if k == 0 {
                return Some(vec![sign(*flip)]);
            }
            let (c, s) = turn_power(cos, sin, k);
            Some(planar(c, s, *flip))
        }
        (Group::Linear(_), Label::SO2 { k }, Elem::Linear { n: 2, matrix, .. }) => {
            let (c, s) = turn_power(&matrix[0], &matrix[2], k);
            Some(planar(c, s, false))
        }
        (Group::Linear(_), Label::Spin { twice }, Elem::Linear { n: 4, matrix, .. }) => {
            Some(spin::matrix(twice, matrix))
        }
        (Group::Linear(_), Label::Weight(w), Elem::Linear { matrix, .. }) => highest::matrix(&w, matrix),
        (Group::C(_), Label::Cyclic { k }, Elem::Planar { n, flip, turn }) => {
            Some(planar_irrep(*n, false, k, *flip, *turn))
        }
        (Group::D(_), Label::Dihedral { j, k }, Elem::Planar { n, flip, turn }) => {
            Some(planar_irrep(*n, j, k, *flip, *turn))
        }
        (Group::S(_), Label::Finite { index }, Elem::Permutation(image)) => {
            Some(symmetric::matrix(index, image)?.into_iter().map(S::constant).collect())
        }
        (
            Group::T | Group::Td | Group::Th | Group::O | Group::Oh,
            Label::Finite { index },
            Elem::Signed { axis, sign },
        ) => {
            let (_, of_oh) = octahedral::list(group).get(index as usize)?;
            Some(octahedral::matrix(*of_oh, *axis, *sign))
        }
        (_, Label::Finite { index }, _) => {
            let finite = group.finite().ok()?;
            let number = group.index(&g.discrete()?)? as u32;
            let irrep = finite.real_irrep(index as usize).ok()?;
            Some(irrep.matrix(&finite, number).into_iter().map(S::constant).collect())
        }
        _ => None,
    }
}

/// Irrep (j, k) of D(n) at r^turn f^flip.
fn planar_irrep<S: Scalar>(n: u32, j: bool, k: u32, flip: bool, turn: u32) -> Vec<S> {
    let steps = (u64::from(turn) * u64::from(k) % u64::from(n)) as i64;
    if k == 0 || 2 * k == n {
        let negative = (j && flip) ^ (steps != 0);
        return vec![S::constant(if negative { -Exact::ONE } else { Exact::ONE })];
    }
    let (c, s) = (Exact::cos_2pi(steps, u64::from(n)), Exact::sin_2pi(steps, u64::from(n)));
    planar(S::constant(c), S::constant(s), flip)
}

/// (cos kθ, sin kθ) as the k-th power of cos θ + i sin θ.
fn turn_power<S: Scalar>(cos: &S, sin: &S, k: u32) -> (S, S) {
    let (mut c, mut s) = (cos.clone(), sin.clone());
    for _ in 1..k {
        let next = c.times(cos).plus(&s.times(sin).minus());
        s = s.times(cos).plus(&c.times(sin));
        c = next;
    }
    (c, s)
}

/// Entry (I, J) is √(|P(I)|/|P(J)|) Σ_{b ∈ P(J)} ∏_t ρ(I_t, b_t), P(I) the distinct arrangements of the multiset I.
fn symmetric_power<S: Scalar>(m: &[S], n: usize, k: usize) -> Vec<S> {
    let monomials = multisets(n, k);
    let arranged: Vec<Vec<Vec<usize>>> = monomials.iter().map(|m| arrangements(m)).collect();
    let mut result = vec![];
    for (i, row) in monomials.iter().enumerate() {
        for column in &arranged {
            let mut sum = S::zero();
            for b in column {
                let term = row.iter().zip(b).fold(S::one(), |t, (&x, &y)| t.times(&m[x * n + y]));
                sum = sum.plus(&term);
            }
            let scale = Exact::sqrt_ratio(arranged[i].len() as u64, column.len() as u64);
            result.push(S::constant(scale).times(&sum));
        }
    }
    result
}

/// The multisets of k numbers below n, ascending, lexicographic.
pub(crate) fn multisets(n: usize, k: usize) -> Vec<Vec<usize>> {
    sequences(n, k, |last| last)
}

/// The sets of k numbers below n, ascending, lexicographic.
pub(crate) fn subsets(n: usize, k: usize) -> Vec<Vec<usize>> {
    sequences(n, k, |last| last + 1)
}

fn sequences(n: usize, k: usize, next: impl Fn(usize) -> usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![vec![]];
    for _ in 0..k {
        all = all
            .into_iter()
            .flat_map(|head| {
                let from = head.last().map_or(0, |&last| next(last));
                (from..n).map(|i| [head.as_slice(), &[i]].concat()).collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

/// The distinct arrangements of a multiset.
fn arrangements(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let mut all = vec![];
    for (at, &first) in items.iter().enumerate() {
        if at > 0 && items[at - 1] == first {
            continue;
        }
        let mut rest = items.to_vec();
        rest.remove(at);
        all.extend(
            arrangements(&rest)
                .into_iter()
                .map(|tail| [&[first], tail.as_slice()].concat()),
        );
    }
    all
}
