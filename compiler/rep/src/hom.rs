//! Bases of equivariant linear maps, one pair of atoms at a time.
//!
//! In order of preference: Schur's lemma for irreducible atoms; factor by factor for outer products; indicator functions
//! of orbits for two permutation representations; translates of one vector for maps from or to the regular
//! representation; otherwise the null space of the generators' equations, over F_p with floats carried alongside: by elimination, or for
//! large spaces through irreducible representations ([`crate::schur`]) or part by part with Krylov's method ([`crate::nullspace`]).

use crate::element::Element;
use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::intertwining::{self, Maps};
use crate::irreps;
use crate::lie::{character, imaginary_unit};
use crate::linear::{self, canonical};
use crate::rep::{Atom, Rep};
use crate::schur;
use crate::stop;
use crate::tying::{MAX_ENTRIES, hom_tying};

/// Maps with at most this many entries are found by plain elimination; see [`crate::nullspace`] for others.
const MAX_PLAIN: usize = 2048;

/// A basis: `shape[0]` tensors of shape `shape[1..]`, row-major.
///
/// Canonical: reduced row echelon form of the flattened tensors, except for maps of an irreducible representation to
/// itself, \[1\] or \[1, J\], J the rotation by 90°, their outer products, and [`crate::kernel::sphere_kernel`] and
/// [`crate::kernel::circle_kernel`], which have closed forms.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// The number of tensors, then their shape.
    pub shape: Vec<u32>,
    /// The entries.
    pub data: Vec<Exact>,
    /// For a basis that was found, wholly or its dimension, in floating point: the largest |ρ_b(g) X − X ρ_a(g)| / |X| over its
    /// tensors X and the generators g of the group and of its Lie algebra, entry by entry. `None`: it is exact.
    pub residual: Option<f64>,
    /// If floats decided on its dimension: the smallest number that was not taken for zero, where 1 is the size of the equations. Solutions
    /// are told apart from others by this much.
    pub gap: Option<f64>,
}

impl Basis {
    /// A basis that is known exactly.
    pub fn exact(shape: Vec<u32>, data: Vec<Exact>) -> Basis {
        Basis {
            shape,
            data,
            residual: None,
            gap: None,
        }
    }

    pub(crate) fn from_maps(maps: Maps, shape: &[usize]) -> Basis {
        Basis {
            gap: maps.gap,
            ..Basis::from_rows(maps.rows, shape, maps.residual)
        }
    }

    pub(crate) fn from_rows(rows: Vec<Vec<Exact>>, shape: &[usize], residual: Option<f64>) -> Basis {
        let dims = std::iter::once(rows.len()).chain(shape.iter().copied());
        let data: Vec<Exact> = rows.into_iter().flatten().collect();
        let rounded = data.iter().any(|x| x.r.is_none()).then_some(f64::EPSILON);
        Basis {
            shape: dims.map(|d| d as u32).collect(),
            data,
            residual: residual.or(rounded),
            gap: None,
        }
    }

    /// Was the basis, or its dimension, found in floating point?
    pub fn numeric(&self) -> bool {
        self.residual.is_some()
    }

    /// The number of tensors.
    pub fn len(&self) -> usize {
        self.shape.first().map_or(0, |&k| k as usize)
    }

    /// No tensors: only zero is equivariant.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tensor number k.
    pub fn tensor(&self, k: usize) -> &[Exact] {
        let size: usize = self.shape.iter().skip(1).map(|&d| d as usize).product();
        self.data.get(k * size..(k + 1) * size).unwrap_or(&[])
    }

    /// A hash of the shape and entries (FNV-1a over residues; floats rounded to 1e-9 where there are none), so that
    /// saved coefficients can be checked against the basis they were learned in.
    pub fn fingerprint(&self) -> u64 {
        let entry = |x: &Exact| x.r.unwrap_or_else(|| (x.f * 1e9).round() as i64 as u64);
        let words = self
            .shape
            .iter()
            .map(|&d| u64::from(d))
            .chain(self.data.iter().map(entry));
        words
            .flat_map(u64::to_le_bytes)
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
    }
}

/// A basis of the linear maps X with X ρ_a(g) = ρ_b(g) X, of shape \[k, dim b, dim a\].
pub fn hom_basis(group: &Group, a: &Atom, b: &Atom) -> Result<Basis, Error> {
    let (a, b) = (a.clone().checked(group)?, b.clone().checked(group)?);
    let (da, db) = (a.dim(group), b.dim(group));
    if let Group::Product(factors) = group
        && let (Some(left), Some(right)) = (a.parts(factors), b.parts(factors))
    {
        let mut product = Basis::exact(vec![1, 1, 1], vec![Exact::ONE]);
        for ((factor, a), b) in factors.iter().zip(left).zip(right) {
            product = outer(&product, &hom_basis(factor, &a, &b)?);
        }
        return Ok(product);
    }
    if let Some(tying) = hom_tying(group, &a, &b)? {
        return tying.basis();
    }
    let irreducible = |atom: &Atom| matches!(atom, Atom::Trivial | Atom::Irrep(_));
    let rows = if irreducible(&a) && irreducible(&b) {
        schur(group, &a, &b)
    } else if a == Atom::Regular {
        canonical(from_regular(group, &b)?, da * db)
    } else if b == Atom::Regular {
        to_regular(group, &a)?
    } else {
        let large = if da.saturating_mul(db) > MAX_PLAIN {
            small_enough(group, &a, &b)?;
            schur::maps(group, &a, &b)?
        } else {
            None
        };
        let maps = match large {
            Some(maps) => maps,
            None => fixed(group, &group.generators(), &a, &b)?,
        };
        return Ok(Basis::from_maps(maps, &[db, da]));
    };
    let residual = residual_of(group, &rows, &a, &b)?;
    Ok(Basis::from_rows(rows, &[db, da], residual))
}

/// Whether a basis of the maps from a to b can be written out, where their number is known before they are.
fn small_enough(group: &Group, a: &Atom, b: &Atom) -> Result<(), Error> {
    let rep = |atom: &Atom| Rep::atom(group.clone(), atom.clone());
    let (from, to) = (rep(a)?, rep(b)?);
    let (da, db) = (from.dim(), to.dim());
    match character::hom_dim(&from, &to) {
        Some(n) if n.saturating_mul((da * db) as u64) > MAX_ENTRIES as u64 => Err(Error::TooLarge(format!(
            "the equivariant maps from `{from}` to `{to}` form a space of dimension {n}; a basis of it has {n}·{db}·{da} entries, and at most {MAX_ENTRIES} are written out"
        ))),
        _ => Ok(()),
    }
}

/// A basis over the real numbers of the complex linear maps among those of [`hom_basis`], for representations of a group of complex
/// matrices: twice as many as over the complex numbers.
pub fn complex_hom_basis(group: &Group, a: &Atom, b: &Atom) -> Result<Basis, Error> {
    let (a, b) = (a.clone().checked(group)?, b.clone().checked(group)?);
    let unit = |atom: &Atom| match atom {
        Atom::Vector(_) | Atom::Tensor { .. } => Ok(imaginary_unit(atom.dim(group))),
        Atom::Irrep(_) if atom.dim(group).is_multiple_of(2) => Ok(imaginary_unit(atom.dim(group))),
        _ => Err(Error::Invalid(format!(
            "`{}` of {group} is not a complex space",
            atom.name(group)
        ))),
    };
    let pair = (unit(&a)?, unit(&b)?);
    let maps = solve(group, &group.generators(), vec![pair], &a, &b)?;
    Ok(Basis::from_maps(maps, &[b.dim(group), a.dim(group)]))
}

/// The dimension of the space of equivariant maps between two representations of a group: by characters where they are known (of finite groups
/// that are small enough, and by weights), otherwise that of its bases.
pub fn hom_dim(from: &Rep, to: &Rep) -> Result<u64, Error> {
    if from.group != to.group {
        return Err(Error::Invalid(format!(
            "`{from}` is a representation of {}, `{to}` of {}",
            from.group, to.group
        )));
    }
    if from.group.is_finite()
        && let Ok(dim) = from.hom_dim(to)
    {
        return Ok(dim);
    }
    if let Some(dim) = character::hom_dim(from, to) {
        return Ok(dim);
    }
    // The few pairs that have been counted already.
    let mut known: Vec<((&Atom, &Atom), u64)> = vec![];
    let mut total = 0;
    for (n, a) in &from.blocks {
        for (m, b) in &to.blocks {
            let maps = match known.iter().find(|(pair, _)| *pair == (a, b)) {
                Some((_, maps)) => *maps,
                None => hom_basis(&from.group, a, b)?.len() as u64,
            };
            known.push(((a, b), maps));
            total += u64::from(*n) * u64::from(*m) * maps;
        }
    }
    Ok(total)
}

/// A basis of the vectors that every element fixes, of shape \[k, dim\].
pub fn invariants(group: &Group, atom: &Atom) -> Result<Basis, Error> {
    let basis = hom_basis(group, &Atom::Trivial, atom)?;
    let dim = basis.shape.get(1).copied().unwrap_or(0) as usize;
    Ok(Basis {
        shape: vec![basis.len() as u32, dim as u32],
        ..basis
    })
}

/// The Kronecker products of all pairs of matrices.
fn outer(x: &Basis, y: &Basis) -> Basis {
    let side = |basis: &Basis, at: usize| basis.shape.get(at).copied().unwrap_or(0) as usize;
    let (xb, xa, yb, ya) = (side(x, 1), side(x, 2), side(y, 1), side(y, 2));
    let mut rows = vec![];
    for i in 0..x.len() {
        for j in 0..y.len() {
            let (m, n) = (x.tensor(i), y.tensor(j));
            let entry = |at: usize| {
                let (row, column) = (at / (xa * ya), at % (xa * ya));
                m[row / yb * xa + column / ya] * n[row % yb * ya + column % ya]
            };
            rows.push((0..xb * yb * xa * ya).map(entry).collect());
        }
    }
    Basis {
        gap: smaller(x.gap, y.gap),
        ..Basis::from_rows(rows, &[xb * yb, xa * ya], larger(x.residual, y.residual))
    }
}

fn schur(group: &Group, a: &Atom, b: &Atom) -> Vec<Vec<Exact>> {
    if a != b {
        return vec![];
    }
    if let Some(basis) = irreps::commutant_basis(group, a) {
        return basis;
    }
    let mut rows = vec![linear::identity(a.dim(group))];
    if irreps::commutant(group, a) == 2 {
        rows.push([0, -1, 1, 0].map(Exact::int).to_vec());
    }
    rows
}

/// Functions on the group: the maps e_h ↦ ρ_b(h) v for each basis vector v.
fn from_regular(group: &Group, b: &Atom) -> Result<Vec<Vec<Exact>>, Error> {
    let elements = small(group, b)?;
    let (n, db) = (elements.len(), b.dim(group));
    let mut rows = vec![vec![Exact::ZERO; n * db]; db];
    for (h, element) in elements.iter().enumerate() {
        let m: Vec<Exact> = matrix(group, b, element)?;
        for i in 0..db {
            for (v, row) in rows.iter_mut().enumerate() {
                row[i * n + h] = m[i * db + v];
            }
        }
    }
    Ok(rows)
}

/// The maps x ↦ (h ↦ (ρ_a(h⁻¹) x)_v) for each component v; at h = 1 they are the unit vectors, so they are reduced.
fn to_regular(group: &Group, a: &Atom) -> Result<Vec<Vec<Exact>>, Error> {
    let elements = small(group, a)?;
    let (n, da) = (elements.len(), a.dim(group));
    let mut rows = vec![vec![Exact::ZERO; n * da]; da];
    for (h, element) in elements.iter().enumerate() {
        let m: Vec<Exact> = matrix(group, a, &element.inverse())?;
        for (v, row) in rows.iter_mut().enumerate() {
            row[h * da..][..da].copy_from_slice(&m[v * da..][..da]);
        }
    }
    Ok(rows)
}

/// The elements of the group, if a basis of maps between it and the atom is of reasonable size.
fn small(group: &Group, atom: &Atom) -> Result<Vec<Element>, Error> {
    let size = group
        .small_order()
        .unwrap_or(u64::MAX)
        .saturating_mul((atom.dim(group) as u64).pow(2));
    if size > 1 << 22 {
        return Err(Error::TooLarge(format!(
            "equivariant maps between `{}` and `regular` of {group} are too large",
            atom.name(group)
        )));
    }
    group.elements()
}

pub(crate) fn matrix(group: &Group, atom: &Atom, g: &Element) -> Result<Vec<Exact>, Error> {
    atom.matrix(group, g).ok_or_else(|| {
        let g = group.describe(g);
        Error::Invalid(format!("{g} does not act on `{}` of {group}", atom.name(group)))
    })
}

/// The matrices X of dim b × dim a, flattened, with ρ_b(g) X = X ρ_a(g) for the given elements and for the identity
/// component, in reduced row echelon form.
pub(crate) fn fixed(group: &Group, elements: &[Element], a: &Atom, b: &Atom) -> Result<Maps, Error> {
    solve(group, elements, vec![], a, b)
}

/// The larger of two residuals.
pub fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        _ => a.or(b),
    }
}

/// The smaller of two gaps.
pub fn smaller(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        _ => a.or(b),
    }
}

/// What is left of the equations for maps from a to b that are not known exactly.
pub(crate) fn residual_of(group: &Group, maps: &[Vec<Exact>], a: &Atom, b: &Atom) -> Result<Option<f64>, Error> {
    if maps.iter().flatten().all(|x| x.r.is_some()) {
        return Ok(None);
    }
    let pairs = pairs_of(group, &group.generators(), a, b)?;
    Ok(Some(left_over(&pairs, maps, a.dim(group), b.dim(group))))
}

/// One matrix in each of two representations.
type Pair = (Vec<Exact>, Vec<Exact>);

/// The matrices of elements and of the Lie algebra in two representations.
fn pairs_of(group: &Group, elements: &[Element], a: &Atom, b: &Atom) -> Result<Vec<Pair>, Error> {
    let mut pairs = vec![];
    for g in elements {
        pairs.push((matrix(group, a, g)?, matrix(group, b, g)?));
    }
    let all = |atom: &Atom| atom.lie_matrices(group).unwrap_or_default();
    pairs.extend(all(a).into_iter().zip(all(b)));
    Ok(pairs)
}

/// The largest entry of ρ_b X − X ρ_a, relative to that of X.
fn left_over(pairs: &[Pair], maps: &[Vec<Exact>], da: usize, db: usize) -> f64 {
    let largest = |x: &mut dyn Iterator<Item = f64>| x.fold(0.0, |m: f64, x| m.max(x.abs()));
    let mut worst = 0.0f64;
    for x in maps {
        let size = largest(&mut x.iter().map(|x| x.f)).max(f64::MIN_POSITIVE);
        for (ra, rb) in pairs {
            let (left, right) = (linear::multiply(rb, x, db, db, da), linear::multiply(x, ra, db, da, da));
            let rest = largest(&mut left.iter().zip(&right).map(|(l, r)| l.f - r.f));
            worst = worst.max(rest / size);
        }
    }
    worst
}

/// The same for maps that also commute with other pairs of matrices.
fn solve(group: &Group, elements: &[Element], mut pairs: Vec<Pair>, a: &Atom, b: &Atom) -> Result<Maps, Error> {
    let (da, db) = (a.dim(group), b.dim(group));
    if da.saturating_mul(db) > MAX_PLAIN {
        return intertwining::maps(group, elements, pairs, a, b);
    }
    pairs.extend(pairs_of(group, elements, a, b)?);
    // One pair at a time: later equations are written in the solutions of the earlier ones.
    let mut solutions: Vec<Vec<Exact>> = (0..da * db).map(|at| unit_vector(at, da * db)).collect();
    let mut gap = None;
    for (ra, rb) in &pairs {
        stop::check();
        let images: Vec<Vec<Exact>> = solutions
            .iter()
            .map(|x| {
                let left = linear::multiply(rb, x, db, db, da);
                let right = linear::multiply(x, ra, db, da, da);
                left.into_iter().zip(right).map(|(l, r)| l - r).collect()
            })
            .collect();
        let equations: Vec<Vec<Exact>> = (0..da * db)
            .map(|at| images.iter().map(|image| image[at]).collect::<Vec<Exact>>())
            .filter(|row| row.iter().any(|x| !x.is_zero()))
            .collect();
        let (coefficients, seen) = linear::null_space(equations, solutions.len())?;
        gap = smaller(gap, seen);
        let size = solutions.len();
        let flat: Vec<Exact> = solutions.concat();
        solutions = coefficients
            .iter()
            .map(|c| linear::multiply(c, &flat, 1, size, da * db))
            .collect();
    }
    let mut rows = canonical(solutions, da * db);
    if gap.is_none() {
        rows = intertwining::refined(rows, &pairs, da, db)?;
    }
    let residual = gap.is_some().then(|| left_over(&pairs, &rows, da, db));
    Ok(Maps { rows, residual, gap })
}

fn unit_vector(at: usize, n: usize) -> Vec<Exact> {
    (0..n).map(|i| if i == at { Exact::ONE } else { Exact::ZERO }).collect()
}
