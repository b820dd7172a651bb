//! From the checker's representations to concrete ones: dimensions, bases of fixed elements.

use crate::typed::Model;
use crate::types::{Atom, Rep, Set, Space};
use gdl_rep::hom::{self, Basis};
use gdl_rep::{Atom as Known, Group, WindowBasis};
use gdl_rep::{harmonics, kernel, rings};

/// The group that acts on a representation: the gauge SO(2) of a mesh, or the model's group.
pub fn group_of(model: &Model, rep: &Rep) -> Group {
    if rep.gauge.is_some() {
        Group::SO2
    } else {
        model.group.clone()
    }
}

/// The representation without unknowns, and its group. Fixed elements count as their coordinates.
pub fn concrete(model: &Model, rep: &Rep) -> Option<(Group, gdl_rep::Rep)> {
    let group = group_of(model, rep);
    let r = concrete_in(model, rep, &group)?;
    Some((group, r))
}

/// The representation without unknowns, of a group that acts on it: invariants belong to any.
pub fn concrete_in(model: &Model, rep: &Rep, group: &Group) -> Option<gdl_rep::Rep> {
    gdl_rep::Rep::new(group.clone(), concrete_blocks(model, rep, group)?).ok()
}

/// An atom made of invariants of another group, as one of this group.
fn at_home(atom: &Known, group: &Group) -> Known {
    let moved = |r: &gdl_rep::Rep| {
        if r.group != *group && r.is_trivial() {
            Box::new(gdl_rep::Rep::trivial(group.clone(), r.dim() as u32))
        } else {
            Box::new(r.clone())
        }
    };
    match atom {
        Known::Sym(a, k) => Known::Sym(moved(a), *k),
        Known::Alt(a, k) => Known::Alt(moved(a), *k),
        Known::Dual(a) => Known::Dual(moved(a)),
        other => other.clone(),
    }
}

/// The signs of the invariant form of a representation, if it is indefinite.
pub fn indefinite(model: &Model, rep: &Rep) -> Option<Vec<i8>> {
    let (_, known) = concrete(model, rep)?;
    if known.is_orthogonal() { None } else { known.form() }
}

fn concrete_blocks(model: &Model, rep: &Rep, group: &Group) -> Option<Vec<(u32, Known)>> {
    let mut out = Vec::new();
    for (n, atom) in rep.flat().blocks() {
        let n = u32::try_from(n.value()?).ok()?;
        out.push(match atom {
            Atom::Known(k) => (n, at_home(k, group)),
            Atom::Var { .. } => return None,
            Atom::Vector(d) => match Known::vector(group, u32::try_from(d.value()?).ok()?) {
                Ok(k) => (n, k),
                Err(_) => (n * u32::try_from(d.value()?).ok()?, Known::Trivial),
            },
            Atom::Sum(_) => return None,
            Atom::Hom(a, b) => (
                n,
                Known::Hom(
                    Box::new(concrete_in(model, a, group)?),
                    Box::new(concrete_in(model, b, group)?),
                ),
            ),
            Atom::Kron(a, b) => (
                n,
                Known::Kron(
                    Box::new(concrete_in(model, a, group)?),
                    Box::new(concrete_in(model, b, group)?),
                ),
            ),
            Atom::Fixed(s) => (
                n * u32::try_from(space_dims(model, s).ok()?.total).ok()?,
                Known::Trivial,
            ),
        });
    }
    Some(out)
}

/// The number of coordinates of a space of fixed elements.
#[derive(Clone, Debug)]
pub struct SpaceDims {
    /// All of them.
    pub total: u64,
    /// A block of the target that no map reaches.
    pub dead: Option<String>,
}

/// One part of a space of fixed elements: maps between two blocks, or one block of vectors.
#[derive(Clone, Debug)]
pub struct Part {
    /// Copies of the target block.
    pub out_mult: u32,
    /// Copies of the source block (1 for vectors).
    pub in_mult: u32,
    /// Offset and dimension of one copy of the target.
    pub out_at: u32,
    /// Dimension of one copy of the target.
    pub out_dim: u32,
    /// Offset of the source block.
    pub in_at: u32,
    /// Dimension of one copy of the source.
    pub in_dim: u32,
    /// Basis elements.
    pub count: u32,
    /// What they are.
    pub basis: PartBasis,
}

/// The basis elements of a part.
#[derive(Clone, Debug)]
pub enum PartBasis {
    /// Tensors `[count, points…, out_dim, in_dim]`; over harmonics `[count / rings, out_dim, in_dim, harmonics]`, rings fast.
    Tensors(Basis),
    /// Kernels on a window that the group does not permute.
    Sampled(WindowBasis),
}

impl PartBasis {
    fn len(&self) -> u32 {
        match self {
            PartBasis::Tensors(b) => b.len() as u32,
            PartBasis::Sampled(b) => b.len() as u32,
        }
    }

    /// How far it is from being fixed, if it was found in floating point; see [`Basis::residual`].
    pub fn residual(&self) -> Option<f64> {
        match self {
            PartBasis::Tensors(b) => b.residual,
            PartBasis::Sampled(b) => b.residual(),
        }
    }

    /// A hash of its numbers.
    pub fn fingerprint(&self) -> u64 {
        match self {
            PartBasis::Tensors(b) => b.fingerprint(),
            PartBasis::Sampled(b) => b.fingerprint(),
        }
    }

    /// The sum of the squares of its numbers.
    pub fn square_norm(&self) -> f64 {
        match self {
            PartBasis::Tensors(b) => b.data.iter().map(|x| x.f * x.f).sum(),
            PartBasis::Sampled(b) => b.square_norm(),
        }
    }
}

/// A space of fixed elements taken apart.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Free copies: transparent sets, and the multiplicity of the whole.
    pub copies: Vec<u32>,
    /// The set with a non-trivial action, if any.
    pub orbit: Option<Set>,
    /// Harmonics or points (of windows) of the orbit.
    pub orbit_len: u32,
    /// Functions of |x| that each harmonic is multiplied by; 1 for functions of the direction alone.
    pub rings: u32,
    /// Dimension of the target, and of the source for maps.
    pub out_dim: u32,
    /// Dimension of the source; `None` for vectors.
    pub in_dim: Option<u32>,
    /// The parts with any element, target block slow, source block fast.
    pub parts: Vec<Part>,
}

impl Opened {
    /// Coordinates of one free copy.
    pub fn coords(&self) -> u64 {
        self.parts
            .iter()
            .map(|p| u64::from(p.out_mult) * u64::from(p.in_mult) * u64::from(p.count))
            .sum()
    }

    /// The product of the free copies.
    pub fn copy_count(&self) -> u64 {
        self.copies.iter().map(|&n| u64::from(n)).product()
    }
}

/// Counts coordinates and finds dead blocks.
pub fn space_dims(model: &Model, space: &Space) -> Result<SpaceDims, String> {
    let open = open(model, space)?;
    let total = open.coords() * open.copy_count();
    if total > 1 << 28 {
        return Err(format!("{total} coordinates are too many"));
    }
    let mut dead = None;
    if let (Some((_, b)), Some(_)) = (strip_copies(&space.rep).as_hom(), open.in_dim) {
        let mut at = 0u32;
        for (n, atom) in b.flat().blocks() {
            let one = Rep::from_blocks(vec![(n.clone(), atom.clone())], b.gauge);
            let dim = concrete(model, &one).map_or(0, |(_, r)| r.dim()) as u32;
            let reached = open.parts.iter().any(|p| p.out_at >= at && p.out_at < at + dim);
            if !reached && dim > 0 && !one.is_trivial() {
                dead = Some(one.to_string());
            }
            at += dim;
        }
    }
    Ok(SpaceDims { total, dead })
}

fn strip_copies(rep: &Rep) -> Rep {
    rep.copies().1
}

/// Takes a space of fixed elements apart into bases per pair of blocks; multiplicities never enter the linear algebra.
pub fn open(model: &Model, space: &Space) -> Result<Opened, String> {
    let mut copies = Vec::new();
    let mut orbit = None;
    for s in &space.sets {
        match s {
            Set::Range(n) => copies.push(size(n)?),
            Set::Enum(names) => copies.push(names.len() as u32),
            Set::Window(..) | Set::Circle(_) | Set::Harmonic(_) if orbit.is_none() => orbit = Some(s.clone()),
            other => return Err(format!("`{other}` cannot carry parameters here")),
        }
    }
    let mut rep = space.rep.clone();
    let (a, b) = loop {
        if let Some((a, b)) = rep.as_hom() {
            break (Some(a), b);
        }
        let (n, inner) = rep.copies();
        let is_map = inner.copies().1.as_hom().is_some() || inner.as_hom().is_some();
        if is_map && !n.is(1) {
            copies.push(size(&n)?);
            rep = inner;
        } else {
            break (None, rep.clone());
        }
    };
    let group = group_of(model, a.as_ref().filter(|_| b.gauge.is_none()).unwrap_or(&b));
    let target = concrete_in(model, &b, &group).ok_or("this representation is not known here")?;
    let source = match &a {
        Some(a) => Some(concrete_in(model, a, &group).ok_or("this representation is not known here")?),
        None => None,
    };
    let trivial = gdl_rep::Rep::trivial(group.clone(), 1);
    let rings = match &orbit {
        Some(Set::Harmonic(h)) => h.rings.as_ref().map_or(Ok(1), size)?,
        _ => 1,
    };
    let mut parts = Vec::new();
    let mut out_at = 0;
    for (out_mult, out_atom) in &target.blocks {
        let out_dim = out_atom.dim(&group) as u32;
        let mut in_at = 0;
        for (in_mult, in_atom) in &source.as_ref().unwrap_or(&trivial).blocks {
            let in_dim = in_atom.dim(&group) as u32;
            for basis in bases(model, &group, orbit.as_ref(), in_atom, out_atom)? {
                let count = basis.len() * rings;
                if count > 0 {
                    parts.push(Part {
                        out_mult: *out_mult,
                        in_mult: *in_mult,
                        out_at,
                        out_dim,
                        in_at,
                        in_dim,
                        count,
                        basis,
                    });
                }
            }
            in_at += in_mult * in_dim;
        }
        out_at += out_mult * out_dim;
    }
    let orbit_len = match &orbit {
        Some(Set::Window(d, n)) => window_points(model, *d, size(n)?).len() as u32,
        Some(Set::Harmonic(h)) => harmonic_count(h.dim, size(&h.degree)?),
        Some(Set::Circle(_)) => parts.iter().map(|p| harmonics_of(&p.basis)).max().unwrap_or(1),
        _ => 1,
    };
    if let Some(Set::Circle(_)) = &orbit {
        for p in &mut parts {
            if let PartBasis::Tensors(basis) = &mut p.basis {
                *basis = widen(basis, 0, orbit_len);
            }
        }
    }
    Ok(Opened {
        copies,
        orbit,
        orbit_len,
        rings,
        out_dim: target.dim() as u32,
        in_dim: source.map(|s| s.dim() as u32),
        parts,
    })
}

fn size(n: &crate::types::Int) -> Result<u32, String> {
    n.value()
        .and_then(|v| u32::try_from(v).ok())
        .ok_or_else(|| format!("the size `{n}` is not known here"))
}

/// The bases of fixed maps (or functions of the orbit with maps as values) between two atoms.
fn bases(model: &Model, group: &Group, orbit: Option<&Set>, a: &Known, b: &Known) -> Result<Vec<PartBasis>, String> {
    let show = |e: gdl_rep::Error| e.to_string();
    let tensors = |basis: Result<Basis, gdl_rep::Error>| Ok(vec![PartBasis::Tensors(basis.map_err(show)?)]);
    match orbit {
        None => tensors(hom::hom_basis(group, a, b)),
        Some(Set::Window(d, n)) => {
            let rank = grid_rank(model, *d) as usize;
            if group.acts_on_grid(rank) {
                return tensors(kernel::kernel_basis(group, &window_points(model, *d, size(n)?), a, b));
            }
            let sampled = rings::window_kernel(group, rank, size(n)?, a, b).map_err(show)?;
            Ok(vec![PartBasis::Sampled(sampled)])
        }
        Some(Set::Harmonic(h)) => {
            let top = size(&h.degree)?;
            let total = harmonic_count(h.dim, top);
            let list = harmonics::harmonic_kernels(group, h.dim as usize, top, a, b).map_err(show)?;
            let wide = |(l, basis): (u32, Basis)| {
                let at = if l == 0 { 0 } else { harmonic_count(h.dim, l - 1) };
                PartBasis::Tensors(widen(&basis, at, total))
            };
            Ok(list.into_iter().map(wide).collect())
        }
        Some(Set::Circle(_)) => tensors(kernel::circle_kernel(a, b)),
        Some(other) => Err(format!("`{other}` has no finite space of functions")),
    }
}

/// The number of harmonics of R^dim up to a degree.
fn harmonic_count(dim: u32, degree: u32) -> u32 {
    match dim {
        2 => 2 * degree + 1,
        _ => (degree + 1).pow(2),
    }
}

fn harmonics_of(basis: &PartBasis) -> u32 {
    match basis {
        PartBasis::Tensors(b) => b.shape.get(3).copied().unwrap_or(1),
        PartBasis::Sampled(_) => 1,
    }
}

/// A basis over some harmonics, from number `at` on, as one over all of them.
fn widen(basis: &Basis, at: u32, total: u32) -> Basis {
    let n = basis.shape[3] as usize;
    let mut shape = basis.shape.clone();
    shape[3] = total;
    let mut data = Vec::with_capacity(basis.data.len() / n.max(1) * total as usize);
    for row in basis.data.chunks(n) {
        let start = data.len();
        data.resize(start + total as usize, gdl_rep::Exact::int(0));
        data[start + at as usize..start + at as usize + n].copy_from_slice(row);
    }
    Basis {
        shape,
        data,
        residual: basis.residual,
        gap: basis.gap,
    }
}

/// The points of a window on a grid; see [`rings::window_points`].
pub fn window_points(model: &Model, d: crate::types::DomainId, size: u32) -> Vec<Vec<i32>> {
    rings::window_points(grid_rank(model, d) as usize, size)
}

/// The number of axes of a grid.
pub fn grid_rank(model: &Model, d: crate::types::DomainId) -> u32 {
    use crate::types::DomainKind as K;
    match &model.domains[d.0 as usize].kind {
        K::Grid { rank, .. } => rank.value().and_then(|r| u32::try_from(r).ok()).unwrap_or(2),
        K::Coarse { of, .. } => grid_rank(model, *of),
        _ => 1,
    }
}
