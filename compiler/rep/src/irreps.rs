//! Irreducible representations over the reals: lists, names, dimensions.

use crate::error::Error;
use crate::exact::Exact;
use crate::finite::{Kind, construct};
use crate::group::Group;
use crate::lie::{Family, highest, spin};
use crate::rep::{Atom, Label};
use crate::{octahedral, symmetric, wigner};

/// The irreducible representations of a group, the trivial one first; of a Lie group those with l or k up to `max`.
///
/// For a product they are the outer products, the last factor fastest; those of a finite product of which two factors have
/// representations that are not of real type, whose outer products split, are found from the character table.
pub fn irreps(group: &Group, max: u32) -> Result<Vec<Atom>, Error> {
    let labels: Vec<Label> = match group {
        Group::Trivial => return Ok(vec![Atom::Trivial]),
        Group::C(n) => (0..=n / 2).map(|k| Label::Cyclic { k }).collect(),
        Group::D(n) => dihedral_labels(*n),
        Group::SO2 => (0..=max).map(|k| Label::SO2 { k }).collect(),
        Group::O2 => {
            let planes = (1..=max).map(|k| Label::O2 { j: true, k });
            [Label::O2 { j: false, k: 0 }, Label::O2 { j: true, k: 0 }]
                .into_iter()
                .chain(planes)
                .collect()
        }
        Group::SO3 => (0..=max.min(wigner::MAX_L - 1)).map(|l| Label::SO3 { l }).collect(),
        Group::O3 => (0..=max.min(wigner::MAX_L - 1))
            .flat_map(|l| [false, true].map(|odd| Label::O3 { l, odd }))
            .collect(),
        Group::S(n) if *n <= symmetric::MAX_POINTS => (0..symmetric::partitions(*n).len() as u32)
            .map(|index| Label::Finite { index })
            .collect(),
        Group::S(n) => {
            return Err(Error::TooLarge(format!(
                "irreducible representations of S({n}) are built up to S({})",
                symmetric::MAX_POINTS
            )));
        }
        Group::T | Group::Td | Group::Th | Group::O | Group::Oh => (0..octahedral::list(group).len() as u32)
            .map(|index| Label::Finite { index })
            .collect(),
        Group::Linear(linear) => match linear.family() {
            Family::U(1) => (0..=max).map(|k| Label::SO2 { k }).collect(),
            Family::SU(2) => (0..=(2 * max).min(spin::MAX_TWICE))
                .map(|twice| Label::Spin { twice })
                .collect(),
            // Whoever asks for all of them expects orthogonal matrices.
            family if highest::is_named(family) && linear.is_orthogonal() => {
                let atom = |w: highest::Weight| match () {
                    () if w.is_trivial() => Ok(Atom::Trivial),
                    () if w.is_defining() => Atom::defining(group),
                    () => Ok(Atom::Irrep(Label::Weight(w))),
                };
                return highest::list(family, max).into_iter().map(atom).collect();
            }
            family => {
                let how = match highest::is_named(family) {
                    true => "name one by its highest weight, `irrep(…)`, or build others",
                    false => "build others",
                };
                return Err(Error::Unknown(format!(
                    "the irreducible representations of {group} are not listed; {how} from its vectors by products, powers and duals"
                )));
            }
        },
        Group::Product(factors) if !splits(factors) => return products(factors, max),
        Group::Product(_) if !group.is_finite() => {
            return Err(Error::Unknown(format!(
                "two factors of {group} have representations that are not of real type"
            )));
        }
        Group::Dic(_) | Group::Product(_) | Group::Subgroup(_) | Group::Axial(_) | Group::Generated(_) => {
            let count = group.finite()?.real_irreps()?.characters().len();
            (0..count as u32).map(|index| Label::Finite { index }).collect()
        }
    };
    labels.into_iter().map(|label| checked(group, label)).collect()
}

fn dihedral_labels(n: u32) -> Vec<Label> {
    let mut labels = vec![];
    for k in 0..=n / 2 {
        let line = k == 0 || 2 * k == n;
        for j in [false, true] {
            if j || line {
                labels.push(Label::Dihedral { j, k });
            }
        }
    }
    labels
}

/// Do two factors have representations that are not of real type?
fn splits(factors: &[Group]) -> bool {
    let complex = |group: &&Group| match group {
        Group::C(n) => *n > 2,
        Group::SO2 | Group::T | Group::Th => true,
        Group::Linear(_) => true,
        Group::Dic(_) | Group::Product(_) | Group::Subgroup(_) | Group::Axial(_) | Group::Generated(_) => {
            let real = group.finite().and_then(|finite| {
                let irreps = finite.real_irreps()?;
                Ok(irreps.characters().iter().all(|c| c.kind == Kind::Real))
            });
            !real.unwrap_or(false)
        }
        _ => false,
    };
    factors.iter().filter(complex).count() > 1
}

/// Is an irreducible representation of this group numbered in [`crate::finite::realise`]?
fn tabulated(group: &Group) -> bool {
    match group {
        Group::Dic(_) | Group::Subgroup(_) | Group::Generated(_) => true,
        Group::Product(factors) => group.is_finite() && splits(factors),
        _ => false,
    }
}

fn products(factors: &[Group], max: u32) -> Result<Vec<Atom>, Error> {
    let lists = factors.iter().map(|g| irreps(g, max)).collect::<Result<Vec<_>, _>>()?;
    let mut tuples: Vec<Vec<Atom>> = vec![vec![]];
    for list in &lists {
        tuples = tuples
            .iter()
            .flat_map(|head| {
                list.iter()
                    .map(|last| [head.as_slice(), std::slice::from_ref(last)].concat())
            })
            .collect();
    }
    let group = Group::Product(factors.to_vec());
    tuples
        .into_iter()
        .map(|parts| Atom::Outer(parts).checked(&group))
        .collect()
}

/// The dimension of the commutant of an irreducible atom: 1 for real type, 2 for complex, 4 for quaternionic type.
pub fn commutant(group: &Group, atom: &Atom) -> usize {
    match (group, atom) {
        (Group::C(_), Atom::Irrep(label)) => dim(group, *label),
        (Group::T | Group::Th, Atom::Irrep(label)) if dim(group, *label) == 2 => 2,
        (_, Atom::Irrep(Label::Finite { index })) if tabulated(group) => {
            character(group, *index).map_or(1, |c| c.kind.commutant())
        }
        (Group::SO2, Atom::Irrep(_)) | (Group::Linear(_), Atom::Irrep(Label::SO2 { .. })) => 2,
        (_, Atom::Irrep(Label::Spin { twice })) if twice % 2 == 1 => 4,
        (Group::Linear(linear), Atom::Vector(_)) if highest::is_named(linear.family()) && linear.is_complex() => 2,
        (_, Atom::Irrep(Label::Weight(w))) => highest::kind(w).commutant(),
        (Group::Product(factors), Atom::Outer(parts)) => {
            factors.iter().zip(parts).map(|(g, a)| commutant(g, a)).product()
        }
        _ => 1,
    }
}

/// A basis of the commutant of a representation that comes from the character table.
pub(crate) fn commutant_basis(group: &Group, atom: &Atom) -> Option<Vec<Vec<Exact>>> {
    if let Atom::Irrep(Label::Spin { twice }) = atom {
        return Some(spin::commutant(*twice));
    }
    if let Atom::Irrep(Label::Weight(w)) = atom {
        return Some(highest::commutant(w));
    }
    let Atom::Irrep(Label::Finite { index }) = atom else {
        return None;
    };
    if !tabulated(group) {
        return None;
    }
    let irrep = group.finite().ok()?.real_irrep(*index as usize).ok()?;
    Some(irrep.commutant.clone())
}

/// The real character with this number.
fn character(group: &Group, index: u32) -> Option<crate::finite::RealCharacter> {
    let finite = group.finite().ok()?;
    finite.real_irreps().ok()?.characters().get(index as usize).cloned()
}

/// The degree and oddness of an irreducible atom of O(3) or SO(3); invariants of any group have degree 0.
pub fn degree(atom: &Atom) -> Option<(u32, bool)> {
    match atom {
        Atom::Trivial => Some((0, false)),
        Atom::Irrep(Label::O3 { l, odd }) => Some((*l, *odd)),
        Atom::Irrep(Label::SO3 { l }) => Some((*l, false)),
        _ => None,
    }
}

/// The canonical atom of a label, or why it is not one of this group.
pub fn checked(group: &Group, label: Label) -> Result<Atom, Error> {
    if let (Group::Linear(linear), Label::Weight(w)) = (group, label)
        && linear.family() == w.family()
    {
        if w.is_trivial() {
            return Ok(Atom::Trivial);
        }
        if w.is_defining() {
            return Atom::defining(group);
        }
        let canonical = highest::by_labels(w.family(), &highest::labels(&w))?;
        highest::check(&canonical)?;
        return Ok(Atom::Irrep(Label::Weight(canonical)));
    }
    let valid = match (group, label) {
        (Group::O3, Label::O3 { l, .. }) | (Group::SO3, Label::SO3 { l }) => l < wigner::MAX_L,
        (Group::SO2, Label::SO2 { .. }) => true,
        (Group::Linear(linear), Label::SO2 { .. }) => linear.family() == Family::U(1),
        (Group::Linear(linear), Label::Spin { twice }) => linear.family() == Family::SU(2) && twice <= spin::MAX_TWICE,
        (Group::O2, Label::O2 { j, k }) => j || k == 0,
        (Group::C(n), Label::Cyclic { k }) => 2 * k <= *n,
        (Group::D(n), Label::Dihedral { j, k }) => 2 * k <= *n && (j || k == 0 || 2 * k == *n),
        (Group::S(n), Label::Finite { index }) => {
            *n <= symmetric::MAX_POINTS && (index as usize) < symmetric::partitions(*n).len()
        }
        (Group::T | Group::Td | Group::Th | Group::O | Group::Oh, Label::Finite { index }) => {
            (index as usize) < octahedral::list(group).len()
        }
        (_, Label::Finite { index }) if tabulated(group) => {
            (index as usize) < group.finite()?.real_irreps()?.characters().len()
        }
        _ => false,
    };
    if !valid {
        return Err(Error::Unknown(format!(
            "{group} has no irreducible representation {label:?}"
        )));
    }
    let trivial = match label {
        Label::O3 { l, odd } => l == 0 && !odd,
        Label::SO3 { l } => l == 0,
        Label::Spin { twice } => twice == 0,
        Label::SO2 { k } | Label::Cyclic { k } => k == 0,
        Label::O2 { j, k } | Label::Dihedral { j, k } => !j && k == 0,
        Label::Finite { index } => index == 0,
        Label::Weight(w) => w.is_trivial(),
    };
    Ok(if trivial { Atom::Trivial } else { Atom::Irrep(label) })
}

/// See [`Atom::irrep`].
pub(crate) fn by_numbers(group: &Group, numbers: &[i64]) -> Result<Atom, Error> {
    let unknown = || {
        let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        Error::Unknown(format!(
            "{group} has no irreducible representation `irrep({})`",
            list.join(", ")
        ))
    };
    let natural = |n: i64| u32::try_from(n).map_err(|_| unknown());
    let label = match (group, numbers) {
        (Group::Trivial, [0]) => return Ok(Atom::Trivial),
        (Group::SO3, &[l]) => Label::SO3 { l: natural(l)? },
        (Group::SO2, &[k]) => Label::SO2 { k: natural(k)? },
        (Group::Linear(linear), &[k]) if linear.family() == Family::U(1) => Label::SO2 { k: natural(k)? },
        (Group::Linear(linear), &[j]) if linear.family() == Family::SU(2) => Label::Spin {
            twice: natural(j.saturating_mul(2))?,
        },
        (Group::Linear(linear), labels) if highest::is_named(linear.family()) => {
            return checked(group, Label::Weight(highest::by_labels(linear.family(), labels)?));
        }
        (Group::C(_), &[k]) => Label::Cyclic { k: natural(k)? },
        (Group::O2, &[j @ 0..=1, k]) => Label::O2 {
            j: j == 1,
            k: natural(k)?,
        },
        (Group::D(_), &[j @ 0..=1, k]) => Label::Dihedral {
            j: j == 1,
            k: natural(k)?,
        },
        (Group::T | Group::Td | Group::Th | Group::O | Group::Oh, &[index]) => Label::Finite { index: natural(index)? },
        (_, &[index]) if tabulated(group) => {
            let index = natural(index)?;
            return checked(group, Label::Finite { index });
        }
        (Group::S(n), parts) if *n <= symmetric::MAX_POINTS => {
            let parts = parts.iter().map(|&p| natural(p)).collect::<Result<Vec<u32>, _>>()?;
            let index = symmetric::partitions(*n)
                .iter()
                .position(|p| *p == parts)
                .ok_or_else(unknown)?;
            Label::Finite { index: index as u32 }
        }
        _ => return Err(unknown()),
    };
    checked(group, label).map_err(|_| unknown())
}

/// See [`Atom::named`].
pub(crate) fn by_name(group: &Group, name: &str) -> Result<Atom, Error> {
    let unknown = || Error::Unknown(format!("{group} has no irreducible representation `{name}`"));
    let label = match group {
        Group::O3 => {
            let (l, odd) = match (name.strip_suffix('e'), name.strip_suffix('o')) {
                (Some(l), _) => (l, false),
                (_, Some(l)) => (l, true),
                _ => return Err(unknown()),
            };
            Label::O3 {
                l: l.parse().map_err(|_| unknown())?,
                odd,
            }
        }
        Group::T | Group::Td | Group::Th | Group::O | Group::Oh => {
            let at = octahedral::list(group).iter().position(|(n, _)| *n == name);
            Label::Finite {
                index: at.ok_or_else(unknown)? as u32,
            }
        }
        _ if tabulated(group) => {
            let at = icosahedral_names(group).iter().position(|n| n == name);
            Label::Finite {
                index: at.ok_or_else(unknown)? as u32,
            }
        }
        _ => return Err(unknown()),
    };
    checked(group, label).map_err(|_| unknown())
}

/// The names A, T1, T2, G, H of the representations of I, with g and u for Ih; none for other groups. T1 is the one in
/// which a rotation by 72° has trace 1 + 2 cos 72°.
fn icosahedral_names(group: &Group) -> Vec<String> {
    let full = construct::icosahedral(true).is_ok_and(|ih| *group == ih);
    if !full && construct::icosahedral(false).is_ok_and(|i| *group != i) {
        return vec![];
    }
    let names = || {
        let finite = group.finite().ok()?;
        let table = group.character_table().ok()?;
        let turn = finite.classes().of(*finite.generators().first()?);
        let inversion = finite.classes().of(*finite.generators().last()?);
        let name = |c: &crate::finite::RealCharacter| {
            let stem = match c.degree {
                1 => "A",
                3 if table.float(c.rows[0], turn).0 * table.float(c.rows[0], 0).0 > 0.0 => "T1",
                3 => "T2",
                4 => "G",
                _ => "H",
            };
            match (full, table.float(c.rows[0], inversion).0 > 0.0) {
                (false, _) => stem.to_string(),
                (true, true) => format!("{stem}g"),
                (true, false) => format!("{stem}u"),
            }
        };
        Some(finite.real_irreps().ok()?.characters().iter().map(name).collect())
    };
    names().unwrap_or_default()
}

/// How a label is written.
pub(crate) fn name(group: &Group, label: Label) -> String {
    match (group, label) {
        (_, Label::O3 { l, odd }) => format!("{l}{}", if odd { "o" } else { "e" }),
        (_, Label::SO3 { l }) => format!("irrep({l})"),
        (_, Label::Spin { twice }) if twice % 2 == 1 => format!("irrep({twice}/2)"),
        (_, Label::Spin { twice }) => format!("irrep({})", twice / 2),
        (_, Label::Weight(w)) => {
            let labels: Vec<String> = highest::labels(&w).iter().map(ToString::to_string).collect();
            format!("irrep({})", labels.join(","))
        }
        (_, Label::SO2 { k } | Label::Cyclic { k }) => format!("irrep({k})"),
        (_, Label::O2 { j, k } | Label::Dihedral { j, k }) => format!("irrep({},{k})", u8::from(j)),
        (Group::S(n), Label::Finite { index }) => {
            let partition = symmetric::partitions(*n)
                .into_iter()
                .nth(index as usize)
                .unwrap_or_default();
            let parts: Vec<String> = partition.iter().map(ToString::to_string).collect();
            format!("irrep({})", parts.join(","))
        }
        (Group::T | Group::Td | Group::Th | Group::O | Group::Oh, Label::Finite { index }) => {
            let names = octahedral::list(group);
            format!("irrep({})", names.get(index as usize).map_or("?", |(name, _)| name))
        }
        (_, Label::Finite { index }) => match icosahedral_names(group).get(index as usize) {
            Some(name) => format!("irrep({name})"),
            None => format!("irrep({index})"),
        },
    }
}

/// The dimension of the representation with this label.
pub(crate) fn dim(group: &Group, label: Label) -> usize {
    match (group, label) {
        (_, Label::O3 { l, .. } | Label::SO3 { l }) => 2 * l as usize + 1,
        (_, Label::Spin { twice }) => spin::dim(twice),
        (_, Label::Weight(w)) => highest::dim(&w),
        (_, Label::SO2 { k } | Label::O2 { k, .. }) => {
            if k == 0 {
                1
            } else {
                2
            }
        }
        (Group::C(n) | Group::D(n), Label::Cyclic { k } | Label::Dihedral { k, .. }) => {
            if k == 0 || 2 * k == *n {
                1
            } else {
                2
            }
        }
        (Group::S(n), Label::Finite { index }) => symmetric::dim(*n, index),
        (Group::T | Group::Td | Group::Th | Group::O | Group::Oh, Label::Finite { index }) => {
            let of_oh = octahedral::list(group)
                .get(index as usize)
                .map_or(0, |(_, of_oh)| *of_oh);
            [1, 1, 2, 3, 3][of_oh as usize % 5]
        }
        (_, Label::Finite { index }) => character(group, index).map_or(0, |c| c.degree),
        _ => 0,
    }
}
