//! Harmonic functions of the plane and of space, and the kernels made from them.
//!
//! The harmonics of degree l of R^d are homogeneous harmonic polynomials, a basis of those of degree l on the unit sphere:
//!
//! - d = 2: 1, and (Re, Im)(x + iy)^l = r^l (cos lθ, sin lθ);
//! - d = 3: Y_l of [`wigner::spherical_harmonics`], |Y_l|² = 2l + 1 on the unit sphere.
//!
//! A group of orthogonal matrices mixes those of one degree: Y_l(gx) = ρ_l(g) Y_l(x), so functions up to some degree are a
//! finite space that the group maps to itself, and so are their products with functions of |x|.

use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::hom::{Basis, hom_basis, larger};
use crate::irreps::degree;
use crate::rep::{Atom, Label, Rep};
use crate::scalar::Scalar;
use crate::wigner::{self, MAX_L, wigner_3j};

/// The number of harmonics of degree l of R^d, d = 2 or 3.
pub fn count(d: usize, l: u32) -> usize {
    match (d, l) {
        (2, 0) => 1,
        (2, _) => 2,
        _ => 2 * l as usize + 1,
    }
}

/// The harmonics of degree l at a vector of R², or R³.
pub fn harmonics<S: Scalar>(l: u32, x: &[S]) -> Vec<S> {
    if let [x, y, z] = x {
        let all = wigner::spherical_harmonics(l, &[x.clone(), y.clone(), z.clone()]);
        return all[(l * l) as usize..].to_vec();
    }
    let (mut re, mut im) = (S::one(), S::zero());
    for _ in 0..l {
        let next = re.times(&x[0]).plus(&im.times(&x[1]).minus());
        im = re.times(&x[1]).plus(&im.times(&x[0]));
        re = next;
    }
    if l == 0 { vec![re] } else { vec![re, im] }
}

/// How a group that acts on R^d by orthogonal matrices acts on the harmonics of degree l.
pub fn harmonic_atom(group: &Group, d: usize, l: u32) -> Result<Atom, Error> {
    if l >= MAX_L {
        return Err(Error::TooLarge(format!("harmonics are built below degree {MAX_L}")));
    }
    if !matches!(d, 2 | 3) || !group.acts_orthogonally(d) {
        return Err(Error::Invalid(format!(
            "{group} does not act on R^{d} by rotations and reflections"
        )));
    }
    let all = match d {
        2 => (Group::O2, Label::O2 { j: l > 0, k: l }),
        _ => (Group::O3, Label::O3 { l, odd: l % 2 == 1 }),
    };
    let atom = match (group, d) {
        _ if l == 0 => Atom::Trivial,
        (Group::SO2, _) => Atom::Irrep(Label::SO2 { k: l }),
        (Group::SO3, _) => Atom::Irrep(Label::SO3 { l }),
        (Group::O2 | Group::O3, _) => Atom::Irrep(all.1),
        (Group::Product(factors), _) => Atom::Outer(
            factors
                .iter()
                .map(|factor| match factor.acts_on_space(d) {
                    true => harmonic_atom(factor, d, l),
                    false => Ok(Atom::Trivial),
                })
                .collect::<Result<_, _>>()?,
        ),
        _ => Atom::Restrict(Box::new(Rep::atom(all.0, Atom::Irrep(all.1))?)),
    };
    atom.checked(group)
}

/// Kernels of degree l, K(x)_ij = Σ_m B_ijm Y_lm(x) with K(gx) = ρ_b(g) K(x) ρ_a(g)⁻¹: a basis of shape
/// \[k, dim b, dim a, harmonics\].
///
/// Between irreducible representations of O(3) or SO(3), B_ijm = √(dim b) · W(l_a, l, l_b)_jmi, which is e3nn's path with its
/// `component` normalisation. Otherwise the maps a ⊗ Y_l → b of [`hom_basis`].
pub fn harmonic_kernel(group: &Group, d: usize, l: u32, a: &Atom, b: &Atom) -> Result<Basis, Error> {
    let harmonic = harmonic_atom(group, d, l)?;
    let (a, b) = (a.clone().checked(group)?, b.clone().checked(group)?);
    let (da, db, n) = (a.dim(group), b.dim(group), count(d, l));
    if let (Some(x), Some(y), 3) = (degree(&a), degree(&b), d)
        && matches!(group, Group::O3 | Group::SO3)
    {
        return Ok(clebsch_gordan_kernel(group, l, x, y));
    }
    if let Group::Product(factors) = group
        && let (Some(left), Some(right)) = (a.parts(factors), b.parts(factors))
    {
        let mut product = Basis::from_rows(vec![vec![Exact::ONE]], &[1, 1, 1], None);
        for ((factor, a), b) in factors.iter().zip(&left).zip(&right) {
            let own = if factor.acts_on_space(d) {
                harmonic_kernel(factor, d, l, a, b)?
            } else {
                let maps = hom_basis(factor, a, b)?;
                let shape = [maps.shape.as_slice(), &[1]].concat();
                Basis { shape, ..maps }
            };
            product = outer(&product, &own);
        }
        return Ok(product);
    }
    let single = |atom: Atom| Rep::atom(group.clone(), atom).map(Box::new);
    let pair = Atom::Kron(single(a)?, single(harmonic)?);
    let basis = hom_basis(group, &pair, &b)?;
    let shape = [basis.len(), db, da, n].map(|x| x as u32).to_vec();
    Ok(Basis { shape, ..basis })
}

/// The kernels of every degree up to `top` that has any.
pub fn harmonic_kernels(group: &Group, d: usize, top: u32, a: &Atom, b: &Atom) -> Result<Vec<(u32, Basis)>, Error> {
    let mut result = vec![];
    for l in 0..=top {
        let basis = harmonic_kernel(group, d, l, a, b)?;
        if !basis.is_empty() {
            result.push((l, basis));
        }
    }
    Ok(result)
}

fn clebsch_gordan_kernel(group: &Group, l: u32, (la, pa): (u32, bool), (lb, pb): (u32, bool)) -> Basis {
    let [da, db, n] = [la, lb, l].map(|l| 2 * l as usize + 1);
    let parity = *group == Group::SO3 || (l % 2 == 1) ^ pa == pb;
    if !parity || l < la.abs_diff(lb) || l > la + lb {
        return Basis::from_rows(vec![], &[db, da, n], None);
    }
    let w = wigner_3j(la, l, lb);
    let scale = Exact::sqrt_int(db as u64);
    let entry = |at: usize| {
        let (i, j, m) = (at / (da * n), at / n % da, at % n);
        scale * w[(j * n + m) * db + i]
    };
    Basis::from_rows(vec![(0..db * da * n).map(entry).collect()], &[db, da, n], None)
}

/// The Kronecker products of all pairs of tensors of shape \[dim b, dim a, n\].
fn outer(x: &Basis, y: &Basis) -> Basis {
    let side = |basis: &Basis, at: usize| basis.shape.get(at).copied().unwrap_or(0) as usize;
    let (xb, xa, xn) = (side(x, 1), side(x, 2), side(x, 3));
    let (yb, ya, yn) = (side(y, 1), side(y, 2), side(y, 3));
    let (da, n) = (xa * ya, xn * yn);
    let mut rows = vec![];
    for i in 0..x.len() {
        for j in 0..y.len() {
            let (p, q) = (x.tensor(i), y.tensor(j));
            let entry = |at: usize| {
                let (b, a, m) = (at / (da * n), at / n % da, at % n);
                p[(b / yb * xa + a / ya) * xn + m / yn] * q[(b % yb * ya + a % ya) * yn + m % yn]
            };
            rows.push((0..xb * yb * da * n).map(entry).collect());
        }
    }
    Basis::from_rows(rows, &[xb * yb, da, n], larger(x.residual, y.residual))
}
