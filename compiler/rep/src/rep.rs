//! Representations: ordered sums of atoms with multiplicities, and how they are written.

use crate::error::Error;
use crate::group::Group;
use crate::irreps;
use crate::lie::Family;
use crate::lie::highest::Weight;
use crate::subgroup::Subgroup;
use std::fmt;

/// The largest symmetric or alternating power.
pub const MAX_POWER: u32 = 6;

/// The largest dimension of an atom, and of a matrix of one …
pub const MAX_DIM: usize = 1 << 14;

/// … but for spaces of maps, which are asked for their invariants.
const MAX_MAPS: usize = crate::intertwining::MAX_UNKNOWNS;

/// The name of an irreducible representation within its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// O(3): D^l with parity; `1o` is (x, y, z).
    O3 {
        /// Degree.
        l: u32,
        /// Inversion acts by −1.
        odd: bool,
    },
    /// SO(3): D^l.
    SO3 {
        /// Degree.
        l: u32,
    },
    /// SO(2) and U(1): rotation by kθ.
    SO2 {
        /// Frequency.
        k: u32,
    },
    /// O(2): (0,0) trivial, (1,0) the sign of the determinant, (1,k) the plane at frequency k.
    O2 {
        /// f acts by (−1)^j where the dimension is one.
        j: bool,
        /// Frequency.
        k: u32,
    },
    /// C(n): rotation by 2πk/n, 0 ≤ k ≤ n/2.
    Cyclic {
        /// Frequency.
        k: u32,
    },
    /// D(n), in escnn's names (j, k): as for O(2), and (0, n/2), (1, n/2) for even n.
    Dihedral {
        /// f acts by (−1)^j where the dimension is one.
        j: bool,
        /// Frequency.
        k: u32,
    },
    /// SU(2): spin j, see [`crate::lie::spin`].
    Spin {
        /// 2j.
        twice: u32,
    },
    /// A classical group: by its highest weight, see [`crate::lie::highest`].
    Weight(Weight),
    /// Number in the list of [`irreps::irreps`]: S(n) by partitions in reverse lexicographic order, cubic groups by their
    /// names (A1 A2 E T1 T2), all others by their character tables.
    Finite {
        /// The number; 0 is trivial.
        index: u32,
    },
}

/// An indecomposable name of a representation. Its group is known from the [`Rep`] it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    /// The trivial representation of dimension one.
    Trivial,
    /// An irreducible representation over the reals, not trivial.
    Irrep(Label),
    /// Functions on a finite group, ρ(g) e_h = e_gh.
    Regular,
    /// Functions on the cosets of a subgroup, ordered by their smallest elements.
    Quotient(Subgroup),
    /// The standard representation on R^d, where it is not irreducible or not named otherwise.
    Vector(u32),
    /// A group of permutations (S(n), by generators, or a subgroup of one) on its points.
    PermDefining,
    /// The Kronecker product; the first factor is slow.
    Kron(Box<Rep>, Box<Rep>),
    /// The symmetric power, in the orthonormal basis of normalised monomials e_i1 … e_ik, i1 ≤ … ≤ ik, lexicographic.
    Sym(Box<Rep>, u32),
    /// The alternating power, in the basis e_i1 ∧ … ∧ e_ik, i1 < … < ik, lexicographic.
    Alt(Box<Rep>, u32),
    /// The dual, ρ(g⁻¹)ᵀ.
    Dual(Box<Rep>),
    /// Linear maps from the first to the second, as matrices \[dim second\]\[dim first\], row-major: X ↦ ρ₂ X ρ₁⁻¹.
    Hom(Box<Rep>, Box<Rep>),
    /// A representation of a larger group, through the natural inclusion ([`Group::include`]).
    Restrict(Box<Rep>),
    /// For a group of complex matrices on V: V ⊗ … ⊗ V ⊗ V* ⊗ … ⊗ V* over the complex numbers, as a real space; the first factor
    /// is slow. For n×n matrices its dimension is 2n^(up + down).
    Tensor {
        /// Factors V.
        up: u32,
        /// Factors V*.
        down: u32,
    },
    /// For a product group: the tensor product of one atom for each factor, the first one slow.
    Outer(Vec<Atom>),
}

/// A representation: an ordered list of multiplicities and atoms. Adjacent equal atoms are merged, nothing is sorted.
///
/// In the layout of a vector, blocks follow each other and the copies in a block are slow, components fast.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rep {
    /// The group that acts.
    pub group: Group,
    /// Multiplicities (positive) and atoms.
    pub blocks: Vec<(u32, Atom)>,
}

impl Atom {
    /// The irreducible representation with these numbers in brackets: `irrep(l)` of SO(3), `irrep(k)` of SO(2) and
    /// C(n), `irrep(j, k)` of O(2) and D(n), the parts of a partition for S(n), the number in the list for O and Oh, the labels of a highest
    /// weight for the classical groups ([`crate::lie::highest`]).
    pub fn irrep(group: &Group, numbers: &[i64]) -> Result<Atom, Error> {
        irreps::by_numbers(group, numbers)
    }

    /// The irreducible representation with this name: `1o` and `2e` of O(3), `T1` of O, `T1u` of Oh.
    pub fn named(group: &Group, name: &str) -> Result<Atom, Error> {
        irreps::by_name(group, name)
    }

    /// The standard representation on R^d, by its irreducible name where the matrices are the same.
    pub fn vector(group: &Group, d: u32) -> Result<Atom, Error> {
        match (group, d) {
            (Group::O3, 3) => Ok(Atom::Irrep(Label::O3 { l: 1, odd: true })),
            (Group::SO3, 3) => Ok(Atom::Irrep(Label::SO3 { l: 1 })),
            (Group::SO2, 2) => Ok(Atom::Irrep(Label::SO2 { k: 1 })),
            (Group::O2, 2) => Ok(Atom::Irrep(Label::O2 { j: true, k: 1 })),
            (Group::C(n), 2) if *n > 2 => Ok(Atom::Irrep(Label::Cyclic { k: 1 })),
            (Group::D(n), 2) if *n > 2 => Ok(Atom::Irrep(Label::Dihedral { j: true, k: 1 })),
            (Group::T, 3) => Atom::named(group, "T"),
            (Group::Td, 3) => Atom::named(group, "T2"),
            (Group::Th, 3) => Atom::named(group, "Tu"),
            (Group::O, 3) => Atom::named(group, "T1"),
            (Group::Oh, 3) => Atom::named(group, "T1u"),
            (Group::Product(factors), _) if group.acts_on_space(d as usize) => factors
                .iter()
                .map(|factor| {
                    if factor.acts_on_space(d as usize) {
                        Atom::vector(factor, d)
                    } else {
                        Ok(Atom::Trivial)
                    }
                })
                .collect::<Result<Vec<Atom>, Error>>()
                .map(Atom::Outer),
            _ if d > 0 && group.acts_on_space(d as usize) => Ok(Atom::Vector(d)),
            _ => Err(Error::Invalid(format!("{group} has no standard action on R^{d}"))),
        }
    }

    /// The defining representation of a group of matrices; of a complex group as a real space.
    pub fn defining(group: &Group) -> Result<Atom, Error> {
        let d = group
            .defining_dim()
            .ok_or_else(|| Error::Invalid(format!("{group} is not a group of matrices")))?;
        Ok(match group {
            Group::Linear(linear) => match linear.family() {
                Family::U(1) => Atom::Irrep(Label::SO2 { k: 1 }),
                Family::SU(2) => Atom::Irrep(Label::Spin { twice: 1 }),
                _ => Atom::Vector(d),
            },
            _ => Atom::vector(group, d)?,
        })
    }

    /// The atom in its canonical form, or why it is not one of this group.
    pub fn checked(self, group: &Group) -> Result<Atom, Error> {
        let foreign = |what: &str| Err(Error::Invalid(format!("{group} has no representation `{what}`")));
        let of_group = |rep: &Rep| {
            if rep.group == *group {
                Ok(())
            } else {
                Err(Error::Invalid(format!(
                    "`{rep}` is a representation of {}, not of {group}",
                    rep.group
                )))
            }
        };
        let atom = match self {
            Atom::Trivial => Atom::Trivial,
            Atom::Irrep(label) => irreps::checked(group, label)?,
            Atom::Regular if !group.is_finite() => return foreign("regular"),
            Atom::Quotient(sub) if sub.parent() != group => {
                return foreign(&format!("quotient({sub})"));
            }
            Atom::Vector(d) if group.defining_dim() == Some(d) => Atom::defining(group)?,
            Atom::Vector(d) => Atom::vector(group, d)?,
            Atom::PermDefining if permuted(group).is_none() => return foreign("perm"),
            Atom::Kron(a, b) => {
                of_group(&a)?;
                of_group(&b)?;
                Atom::Kron(a, b)
            }
            Atom::Hom(a, b) => {
                of_group(&a)?;
                of_group(&b)?;
                Atom::Hom(a, b)
            }
            Atom::Sym(_, k) | Atom::Alt(_, k) if k > MAX_POWER => {
                return Err(Error::TooLarge(format!("powers are built up to {MAX_POWER}, not {k}")));
            }
            Atom::Sym(a, k) => {
                of_group(&a)?;
                Atom::Sym(a, k)
            }
            Atom::Alt(a, k) => {
                of_group(&a)?;
                Atom::Alt(a, k)
            }
            Atom::Dual(a) => {
                of_group(&a)?;
                match a.blocks.as_slice() {
                    [(1, atom)] => atom.dual(group),
                    _ => Atom::Dual(a),
                }
            }
            Atom::Tensor { up, down } => match group {
                Group::Linear(linear) if linear.is_complex() => Atom::Tensor { up, down },
                _ => return foreign(&format!("tensor({up}, {down})")),
            },
            Atom::Restrict(a) if group.include(&a.group, &group.identity()).is_none() => {
                return Err(Error::Invalid(format!(
                    "{group} is not contained in {} by a known inclusion",
                    a.group
                )));
            }
            Atom::Outer(parts) => match group {
                Group::Product(factors) if factors.len() == parts.len() => {
                    let parts: Vec<Atom> = factors
                        .iter()
                        .zip(parts)
                        .map(|(g, a)| a.checked(g))
                        .collect::<Result<_, _>>()?;
                    if parts.iter().all(|a| *a == Atom::Trivial) {
                        Atom::Trivial
                    } else {
                        Atom::Outer(parts)
                    }
                }
                _ => return foreign("outer product"),
            },
            other => other,
        };
        let most = if matches!(atom, Atom::Hom(..)) {
            MAX_MAPS
        } else {
            MAX_DIM
        };
        match atom.dim(group) {
            d if d > most => Err(Error::TooLarge(format!(
                "a representation of dimension {d} is too large"
            ))),
            _ => Ok(atom),
        }
    }

    /// The dimension.
    pub fn dim(&self, group: &Group) -> usize {
        match self {
            Atom::Trivial => 1,
            Atom::Irrep(label) => irreps::dim(group, *label),
            Atom::Regular => group
                .small_order()
                .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX)),
            Atom::Quotient(sub) => {
                let index = group.order().unwrap_or_default() / sub.order();
                usize::try_from(index).unwrap_or(usize::MAX)
            }
            Atom::Vector(d) => *d as usize,
            Atom::Tensor { up, down } => {
                let n = group.defining_dim().unwrap_or(0) as usize / 2;
                (0..up + down).fold(2, |d: usize, _| d.saturating_mul(n))
            }
            Atom::PermDefining => permuted(group).unwrap_or(0),
            Atom::Kron(a, b) | Atom::Hom(a, b) => a.dim().saturating_mul(b.dim()),
            Atom::Sym(a, k) => choose(a.dim().saturating_add(*k as usize).saturating_sub(1), *k as usize),
            Atom::Alt(a, k) => choose(a.dim(), *k as usize),
            Atom::Dual(a) | Atom::Restrict(a) => a.dim(),
            Atom::Outer(parts) => match group {
                Group::Product(factors) => factors
                    .iter()
                    .zip(parts)
                    .fold(1, |d, (g, a)| usize::saturating_mul(d, a.dim(g))),
                _ => 0,
            },
        }
    }

    /// Does every element act as the identity, by the form of the atom?
    pub fn is_trivial(&self) -> bool {
        match self {
            Atom::Trivial => true,
            Atom::Kron(a, b) | Atom::Hom(a, b) => a.is_trivial() && b.is_trivial(),
            Atom::Sym(a, _) | Atom::Alt(a, _) | Atom::Dual(a) | Atom::Restrict(a) => a.is_trivial(),
            Atom::Outer(parts) => parts.iter().all(Atom::is_trivial),
            _ => false,
        }
    }

    /// The factors of an atom of a product group, if it is an outer product.
    pub(crate) fn parts(&self, factors: &[Group]) -> Option<Vec<Atom>> {
        match self {
            Atom::Trivial => Some(vec![Atom::Trivial; factors.len()]),
            Atom::Regular => Some(vec![Atom::Regular; factors.len()]),
            Atom::Outer(parts) => Some(parts.clone()),
            _ => None,
        }
    }

    /// Does the group permute the basis?
    pub fn is_permutation(&self) -> bool {
        match self {
            Atom::Trivial | Atom::Regular | Atom::Quotient(_) | Atom::PermDefining => true,
            Atom::Irrep(_) | Atom::Vector(_) | Atom::Tensor { .. } => false,
            Atom::Kron(a, b) | Atom::Hom(a, b) => a.is_permutation() && b.is_permutation(),
            Atom::Sym(a, _) | Atom::Dual(a) | Atom::Restrict(a) => a.is_permutation(),
            Atom::Alt(a, k) => *k == 0 || *k == 1 && a.is_permutation(),
            Atom::Outer(parts) => parts.iter().all(Atom::is_permutation),
        }
    }

    /// Is it one component that every element multiplies by ±1, not always by +1?
    pub fn is_sign_character(&self, group: &Group) -> bool {
        if *self == Atom::Trivial || self.dim(group) != 1 {
            return false;
        }
        let values: Option<Vec<f64>> = group
            .generators()
            .iter()
            .map(|g| self.matrix(group, g).and_then(|m| m.first().map(|x| x.f)))
            .collect();
        values.is_some_and(|v| v.iter().all(|x| x.abs() == 1.0) && v.contains(&-1.0))
    }
}

/// The number of points that a group of permutations acts on.
fn permuted(group: &Group) -> Option<usize> {
    match group {
        Group::S(n) => Some(*n as usize),
        Group::Generated(group) => Some(group.degree()),
        Group::Subgroup(sub) => permuted(sub.parent()),
        _ => None,
    }
}

/// n over k, saturating.
fn choose(n: usize, k: usize) -> usize {
    if k > n {
        return 0;
    }
    let result = (0..k.min(n - k)).try_fold(1usize, |b, i| Some(b.checked_mul(n - i)? / (i + 1)));
    result.unwrap_or(usize::MAX)
}

impl Rep {
    /// The sum of blocks in order: atoms are brought to their canonical form, zero multiplicities dropped and adjacent
    /// equal atoms merged.
    pub fn new(group: Group, blocks: impl IntoIterator<Item = (u32, Atom)>) -> Result<Rep, Error> {
        let mut rep = Rep { group, blocks: vec![] };
        for (n, atom) in blocks {
            let atom = atom.checked(&rep.group)?;
            rep.push(n, atom);
        }
        Ok(rep)
    }

    /// One atom, once.
    pub fn atom(group: Group, atom: Atom) -> Result<Rep, Error> {
        Rep::new(group, [(1, atom)])
    }

    /// V ⊗ … ⊗ V ⊗ V* ⊗ … ⊗ V* for the defining representation V of a group of matrices, `up` and `down` factors; over the complex
    /// numbers for a complex group.
    pub fn tensor(group: &Group, up: u32, down: u32) -> Result<Rep, Error> {
        if up.saturating_add(down) > MAX_POWER {
            return Err(Error::TooLarge(format!(
                "tensors are built with up to {MAX_POWER} factors"
            )));
        }
        if let Group::Linear(linear) = group
            && linear.is_complex()
        {
            return match up + down {
                0 => Ok(Rep::trivial(group.clone(), 2)),
                _ => Rep::atom(group.clone(), Atom::Tensor { up, down }),
            };
        }
        let v = Rep::atom(group.clone(), Atom::defining(group)?)?;
        let factors = (0..up + down).map(|k| if k < up { v.clone() } else { v.dual() });
        let product = factors.reduce(|x, y| Rep {
            group: group.clone(),
            blocks: vec![(1, Atom::Kron(Box::new(x), Box::new(y)))],
        });
        match product {
            None => Ok(Rep::trivial(group.clone(), 1)),
            Some(rep) => Rep::new(group.clone(), rep.blocks),
        }
    }

    /// n trivial copies.
    pub fn trivial(group: Group, n: u32) -> Rep {
        let mut rep = Rep { group, blocks: vec![] };
        rep.push(n, Atom::Trivial);
        rep
    }

    /// Appends copies of a checked atom.
    fn push(&mut self, n: u32, atom: Atom) {
        match self.blocks.last_mut() {
            _ if n == 0 => {}
            Some((m, last)) if *last == atom => *m = m.saturating_add(n),
            _ => self.blocks.push((n, atom)),
        }
    }

    /// The sum V + W; `None` for different groups.
    pub fn plus(&self, other: &Rep) -> Option<Rep> {
        let mut sum = (self.group == other.group).then(|| self.clone())?;
        for (n, atom) in &other.blocks {
            sum.push(*n, atom.clone());
        }
        Some(sum)
    }

    /// n × V: n copies of the whole list.
    pub fn times(&self, n: u32) -> Rep {
        if let [(m, atom)] = self.blocks.as_slice() {
            let mut rep = Rep {
                group: self.group.clone(),
                blocks: vec![],
            };
            rep.push(m.saturating_mul(n), atom.clone());
            return rep;
        }
        let mut rep = Rep {
            group: self.group.clone(),
            blocks: vec![],
        };
        for _ in 0..n {
            for (m, atom) in &self.blocks {
                rep.push(*m, atom.clone());
            }
        }
        rep
    }

    /// The dimension.
    pub fn dim(&self) -> usize {
        self.blocks.iter().fold(0, |d, (n, atom)| {
            usize::saturating_add(d, atom.dim(&self.group).saturating_mul(*n as usize))
        })
    }

    /// Does the group permute the components?
    pub fn is_permutation(&self) -> bool {
        self.blocks.iter().all(|(_, atom)| atom.is_permutation())
    }

    /// Does the group act trivially, by the form of all blocks?
    pub fn is_trivial(&self) -> bool {
        self.blocks.iter().all(|(_, atom)| atom.is_trivial())
    }

    /// Copies of one ±1 character that is not trivial?
    pub fn is_sign_character(&self) -> bool {
        matches!(self.blocks.as_slice(), [(_, atom)] if atom.is_sign_character(&self.group))
    }

    /// Every atom in the layout, copies repeated.
    pub fn atoms(&self) -> impl Iterator<Item = &Atom> {
        self.blocks
            .iter()
            .flat_map(|(n, atom)| std::iter::repeat_n(atom, *n as usize))
    }
}

impl fmt::Display for Rep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.blocks.is_empty() {
            return f.write_str("0");
        }
        for (at, (n, atom)) in self.blocks.iter().enumerate() {
            if at > 0 {
                f.write_str(" + ")?;
            }
            let name = atom.name(&self.group);
            match (atom, &self.group, *n) {
                (Atom::Trivial | Atom::Irrep(_), Group::O3, 1) => f.write_str(&name)?,
                (Atom::Trivial | Atom::Irrep(_), Group::O3, n) => write!(f, "{n}x{name}")?,
                (Atom::Trivial, _, n) => write!(f, "{n}")?,
                (_, _, 1) => f.write_str(&name)?,
                (_, _, n) => write!(f, "{n} x {name}")?,
            }
        }
        Ok(())
    }
}

/// A factor of a product, in brackets where it needs them.
fn factor(rep: &Rep, right: bool) -> String {
    match rep.blocks.as_slice() {
        [(1, Atom::Kron(..))] if right => format!("({rep})"),
        [(1, _)] => rep.to_string(),
        _ => format!("({rep})"),
    }
}

impl Atom {
    /// How the atom is written in the language.
    pub fn name(&self, group: &Group) -> String {
        match self {
            Atom::Trivial if *group == Group::O3 => "0e".into(),
            Atom::Trivial => "1".into(),
            Atom::Irrep(label) => irreps::name(group, *label),
            Atom::Regular => "regular".into(),
            Atom::Quotient(sub) => format!("quotient({sub})"),
            Atom::Vector(d) => format!("vector({d})"),
            Atom::Tensor { up, down } => format!("tensor({up}, {down})"),
            Atom::PermDefining => "perm".into(),
            // Products group to the left.
            Atom::Kron(a, b) => format!("{} * {}", factor(a, false), factor(b, true)),
            Atom::Sym(a, k) => format!("sym({a}, {k})"),
            Atom::Alt(a, k) => format!("alt({a}, {k})"),
            Atom::Dual(a) => format!("dual({a})"),
            Atom::Hom(a, b) => format!("hom({a}, {b})"),
            Atom::Restrict(a) => format!("restrict({a} of {}, {group})", a.group),
            Atom::Outer(parts) => {
                let factor = |k: usize| match group {
                    Group::Product(factors) => factors.get(k).unwrap_or(&Group::Trivial),
                    _ => &Group::Trivial,
                };
                let names: Vec<String> = parts.iter().enumerate().map(|(k, a)| a.name(factor(k))).collect();
                format!("outer({})", names.join(", "))
            }
        }
    }
}
