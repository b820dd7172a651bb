//! Canonical isomorphisms: representations as sums of irreducible ones, by orthogonal changes of basis.
//!
//! - Kronecker products of sums of irreducible atoms: Clebsch-Gordan, one pair of blocks at a time. For O(3) and SO(3) the path
//!   from l₁, l₂ to l₃ is √(2l₃+1) W(l₁, l₂, l₃), as in e3nn; for other groups the canonical basis of maps, made orthonormal.
//! - Symmetric and alternating powers: likewise.
//! - The regular representation: the Fourier transform e_h ↦ √(d/|G|) ρ(h) v, one copy of ρ for each basis vector v of ρ that is not
//!   yet reached.
//! - V * V as sym(V, 2) + alt(V, 2).

use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::hom::{Basis, hom_basis, residual_of};
use crate::irreps::{degree, irreps};
use crate::linear::{multiply, transpose};
use crate::rep::{Atom, Label, Rep};
use crate::wigner::wigner_3j;

/// The largest number of entries of one change of basis.
const MAX_ENTRIES: usize = 1 << 20;

/// Without residues, a norm below this is zero.
const NUMERIC_ZERO: f64 = 1e-9;

/// Some blocks of a factor: `copies` of `dim` components each, from component `at` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first component.
    pub at: u32,
    /// Copies.
    pub copies: u32,
    /// Components of one copy.
    pub dim: u32,
}

impl Range {
    /// All components of a space as one copy.
    fn whole(dim: usize) -> Range {
        Range {
            at: 0,
            copies: 1,
            dim: dim as u32,
        }
    }
}

/// One summand of a decomposition: for every copy in `left` and in `right`, `matrix.len()` copies of `atom`.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The part of the left factor that is read; the whole vector, unless it is a Kronecker product.
    pub left: Range,
    /// The part of the right factor; a factor of dimension one, unless the vector is a Kronecker product.
    pub right: Range,
    /// What comes out.
    pub atom: Atom,
    /// \[copies, dim atom, left dim, right dim\]; the rows of all pieces together are orthonormal.
    pub matrix: Basis,
}

impl Piece {
    /// The number of copies of its atom.
    pub fn copies(&self) -> u32 {
        self.left.copies * self.right.copies * self.matrix.len() as u32
    }
}

/// The dimensions of the factors that the ranges of an atom's pieces refer to.
pub fn factors(group: &Group, atom: &Atom) -> (usize, usize) {
    match atom {
        Atom::Kron(a, b) => (a.dim(), b.dim()),
        other => (other.dim(group), 1),
    }
}

/// Whether an atom has a decomposition on the list of canonical ones.
pub fn is_decomposable(atom: &Atom) -> bool {
    match atom {
        Atom::Kron(a, b) => is_sum_of_irreps(a) && is_sum_of_irreps(b),
        Atom::Sym(a, _) | Atom::Alt(a, _) => is_sum_of_irreps(a),
        Atom::Regular => true,
        _ => false,
    }
}

fn is_sum_of_irreps(rep: &Rep) -> bool {
    rep.blocks.iter().all(|(_, a)| is_irreducible(a))
}

fn is_irreducible(atom: &Atom) -> bool {
    match atom {
        Atom::Trivial | Atom::Irrep(_) => true,
        Atom::Outer(parts) => parts.iter().all(is_irreducible),
        _ => false,
    }
}

/// An atom as a sum of irreducible ones.
///
/// Pieces are ordered by pairs of blocks (left slow), then by irreducible atom as [`irreps`] lists them.
///
/// # Errors
/// The irreducible representations are unknown, or the change of basis is too large.
pub fn decompose(group: &Group, atom: &Atom) -> Result<Vec<Piece>, Error> {
    let pieces = match atom {
        Atom::Kron(a, b) if is_decomposable(atom) => kron(group, a, b)?,
        Atom::Sym(..) | Atom::Alt(..) | Atom::Regular if is_decomposable(atom) => {
            let dim = atom.dim(group);
            let paths = match atom {
                Atom::Regular => fourier(group)?,
                _ => paths(group, atom)?,
            };
            paths
                .into_iter()
                .map(|(to, matrix)| Piece {
                    left: Range::whole(dim),
                    right: Range::whole(1),
                    atom: to,
                    matrix: with_right(matrix, 1),
                })
                .collect()
        }
        _ => {
            return Err(Error::Invalid(format!(
                "`{}` of {group} has no canonical decomposition",
                atom.name(group)
            )));
        }
    };
    let total: usize = pieces.iter().map(|p| p.copies() as usize * p.atom.dim(group)).sum();
    if total == atom.dim(group) {
        return Ok(pieces);
    }
    Err(Error::Unknown(format!(
        "the irreducible representations of {group} in `{}` are not all known",
        atom.name(group)
    )))
}

/// V * V as symmetric and alternating tensors.
pub fn symmetrize(rep: &Rep) -> Result<Vec<Piece>, Error> {
    let d = rep.dim();
    if d * d * d * (d + 1) / 2 > MAX_ENTRIES {
        return Err(Error::TooLarge(format!(
            "the square of `{rep}` is too large to be split"
        )));
    }
    let half = Exact::sqrt_ratio(1, 2);
    let mut symmetric: Vec<Exact> = vec![];
    let mut alternating: Vec<Exact> = vec![];
    for i in 0..d {
        for j in i..d {
            let row = |sign: Exact, size: Exact| {
                let mut row = vec![Exact::ZERO; d * d];
                row[j * d + i] = sign * size;
                row[i * d + j] = size;
                row
            };
            symmetric.extend(row(Exact::ONE, if i == j { Exact::ONE } else { half }));
            if i < j {
                alternating.extend(row(-Exact::ONE, half));
            }
        }
    }
    let piece = |atom: Atom, data: Vec<Exact>| {
        let rows = data.len() / (d * d).max(1);
        Ok(Piece {
            left: Range::whole(d),
            right: Range::whole(d),
            atom: atom.checked(&rep.group)?,
            matrix: Basis::exact([1, rows, d, d].map(|n| n as u32).to_vec(), data),
        })
    };
    let boxed = || Box::new(rep.clone());
    let mut pieces = vec![piece(Atom::Sym(boxed(), 2), symmetric)?];
    if d > 1 {
        pieces.push(piece(Atom::Alt(boxed(), 2), alternating)?);
    }
    Ok(pieces)
}

/// Clebsch-Gordan for every pair of blocks.
fn kron(group: &Group, a: &Rep, b: &Rep) -> Result<Vec<Piece>, Error> {
    let mut pieces = vec![];
    let mut left_at = 0;
    for (n, x) in &a.blocks {
        let dx = x.dim(group) as u32;
        let mut right_at = 0;
        for (m, y) in &b.blocks {
            let dy = y.dim(group) as u32;
            for (atom, matrix) in clebsch_gordan(group, x, y)? {
                pieces.push(Piece {
                    left: Range {
                        at: left_at,
                        copies: *n,
                        dim: dx,
                    },
                    right: Range {
                        at: right_at,
                        copies: *m,
                        dim: dy,
                    },
                    atom,
                    matrix: with_right(matrix, dy),
                });
            }
            right_at += m * dy;
        }
        left_at += n * dx;
    }
    Ok(pieces)
}

/// The Clebsch-Gordan coefficients of two irreducible atoms: for each irreducible atom in their product, in the order of [`irreps`], orthonormal
/// maps \[k, dim, dim x · dim y\]. Of half-integer spins too.
///
/// # Errors
/// The irreducible representations are unknown.
pub fn clebsch_gordan(group: &Group, x: &Atom, y: &Atom) -> Result<Vec<(Atom, Basis)>, Error> {
    if matches!(group, Group::O3 | Group::SO3)
        && let (Some((l1, p1)), Some((l2, p2))) = (degree(x), degree(y))
    {
        return (l1.abs_diff(l2)..=l1 + l2)
            .map(|l3| {
                let label = match group {
                    Group::O3 => Label::O3 { l: l3, odd: p1 ^ p2 },
                    _ => Label::SO3 { l: l3 },
                };
                let w = wigner_3j(l1, l2, l3);
                let d = 2 * l3 as usize + 1;
                let scale = Exact::sqrt_int(d as u64);
                let rows = transpose(&w, w.len() / d, d).iter().map(|c| scale * *c).collect();
                let atom = Atom::Irrep(label).checked(group)?;
                Ok((atom, Basis::from_rows(vec![rows], &[d, w.len() / d], None)))
            })
            .collect();
    }
    let rep = |atom: &Atom| Rep::atom(group.clone(), atom.clone()).map(Box::new);
    paths(group, &Atom::Kron(rep(x)?, rep(y)?))
}

/// The largest degree, frequency or height that can occur in an atom of a Lie group.
fn top(group: &Group, atom: &Atom) -> u32 {
    let of_rep = |r: &Rep| r.blocks.iter().map(|(_, a)| top(&r.group, a)).max().unwrap_or(0);
    match atom {
        Atom::Vector(_) if matches!(group, Group::Linear(_)) => 1,
        Atom::Tensor { up, down } => up + down,
        Atom::Irrep(Label::Weight(w)) => w.height(),
        Atom::Dual(a) => of_rep(a),
        Atom::Irrep(Label::O3 { l, .. } | Label::SO3 { l }) => *l,
        Atom::Irrep(Label::SO2 { k } | Label::O2 { k, .. }) => *k,
        Atom::Irrep(Label::Spin { twice }) => twice.div_ceil(2),
        Atom::Kron(a, b) => of_rep(a) + of_rep(b),
        Atom::Sym(a, k) | Atom::Alt(a, k) => k * of_rep(a),
        Atom::Outer(parts) => match group {
            Group::Product(factors) => factors.iter().zip(parts).map(|(g, a)| top(g, a)).max().unwrap_or(0),
            _ => 0,
        },
        _ => 0,
    }
}

/// The irreducible atoms of a group in their order, up to the largest degree among these; empty if they are unknown.
pub fn listing<'a>(group: &Group, atoms: impl Iterator<Item = &'a Atom>) -> Vec<Atom> {
    irreps(group, atoms.map(|a| top(group, a)).max().unwrap_or(0)).unwrap_or_default()
}

/// For each irreducible atom in `atom`, orthonormal maps onto it, \[k, dim, dim atom\].
fn paths(group: &Group, atom: &Atom) -> Result<Vec<(Atom, Basis)>, Error> {
    let dim = atom.dim(group);
    let mut out = vec![];
    let mut left = dim;
    // Where the irreducible representations are unknown, invariants still are.
    for to in irreps(group, top(group, atom)).unwrap_or_else(|_| vec![Atom::Trivial]) {
        if left == 0 {
            break;
        }
        let d = to.dim(group);
        if d > left {
            continue;
        }
        let basis = hom_basis(group, atom, &to)?;
        let maps = orthonormal(&basis, d, dim);
        left = left.saturating_sub(maps.len() * d);
        if !maps.is_empty() {
            out.push((to, Basis::from_rows(maps, &[d, dim], basis.residual)));
        }
    }
    Ok(out)
}

/// The projections of a representation of a compact group onto its isotypic components, row-major, by the irreducible representations that
/// occur.
///
/// # Errors
/// The irreducible representations are unknown.
pub fn projections(rep: &Rep) -> Result<Vec<(Atom, Vec<f64>)>, Error> {
    let n = rep.dim();
    let mut out: Vec<(Atom, Vec<f64>)> = vec![];
    let mut at = 0;
    for (copies, atom) in &rep.blocks {
        let dim = atom.dim(&rep.group);
        let parts = paths(&rep.group, atom)?;
        let found: usize = parts.iter().map(|(to, maps)| maps.len() * to.dim(&rep.group)).sum();
        if found < dim || !rep.group.is_finite() && !atom.is_orthogonal(&rep.group) {
            return Err(Error::Unknown(format!(
                "the irreducible parts of `{}` of {} are not known as orthogonal maps",
                atom.name(&rep.group),
                rep.group
            )));
        }
        for _ in 0..*copies {
            for (to, maps) in &parts {
                let place = match out.iter().position(|(known, _)| known == to) {
                    Some(k) => k,
                    None => {
                        out.push((to.clone(), vec![0.0; n * n]));
                        out.len() - 1
                    }
                };
                for k in 0..maps.len() {
                    let x = maps.tensor(k);
                    let d = to.dim(&rep.group);
                    for (i, j) in (0..dim * dim).map(|e| (e / dim, e % dim)) {
                        let sum: f64 = (0..d).map(|r| x[r * dim + i].f * x[r * dim + j].f).sum();
                        out[place].1[(at + i) * n + at + j] += sum;
                    }
                }
            }
            at += dim;
        }
    }
    Ok(out)
}

/// Gram-Schmidt over the commutant of an irreducible representation of dimension d: for maps X, Y onto it, X Yᵀ commutes with it, and
/// X Xᵀ is a multiple of 1. What is left of a map that the earlier ones reach is zero, so one map is kept for every copy.
pub(crate) fn orthonormal(basis: &Basis, d: usize, dim: usize) -> Vec<Vec<Exact>> {
    let mut kept: Vec<Vec<Exact>> = vec![];
    for k in 0..basis.len() {
        let mut x = basis.tensor(k).to_vec();
        for y in &kept {
            let overlap = multiply(&x, &transpose(y, d, dim), d, dim, d);
            let known = multiply(&overlap, y, d, d, dim);
            x = x.iter().zip(known).map(|(a, b)| *a - b).collect();
        }
        let square = x.iter().fold(Exact::ZERO, |sum, a| sum + *a * *a) / Exact::int(d as i64);
        let vanishes = square.r.map_or(square.f < NUMERIC_ZERO, |r| r == 0);
        if !vanishes {
            let norm = square.sqrt();
            kept.push(x.iter().map(|a| (*a / norm).polish()).collect());
        }
    }
    kept
}

/// The Fourier transform of a finite group: for each irreducible atom the maps e_h ↦ √(d/|G|) ρ(h) v.
fn fourier(group: &Group) -> Result<Vec<(Atom, Basis)>, Error> {
    let n = Atom::Regular.dim(group);
    if n.saturating_mul(n) > MAX_ENTRIES {
        return Err(Error::TooLarge(format!(
            "the Fourier transform of {group} is too large"
        )));
    }
    let elements = group.elements()?;
    let mut out = vec![];
    for to in irreps(group, 0)? {
        let d = to.dim(group);
        let scale = Exact::sqrt_ratio(d as u64, n as u64);
        let mut translates: Vec<Vec<Exact>> = vec![vec![Exact::ZERO; d * n]; d];
        for (h, element) in elements.iter().enumerate() {
            let m: Vec<Exact> = crate::hom::matrix(group, &to, element)?;
            for (v, map) in translates.iter_mut().enumerate() {
                for i in 0..d {
                    map[i * n + h] = scale * m[i * d + v];
                }
            }
        }
        let maps = orthonormal(&Basis::from_rows(translates, &[d, n], None), d, n);
        let residual = residual_of(group, &maps, &Atom::Regular, &to)?;
        out.push((to, Basis::from_rows(maps, &[d, n], residual)));
    }
    Ok(out)
}

/// Maps \[k, d, left·right\] as \[k, d, left, right\].
fn with_right(mut basis: Basis, right: u32) -> Basis {
    if let Some(last) = basis.shape.last_mut() {
        *last /= right.max(1);
    }
    basis.shape.push(right);
    basis
}
