//! Irreducible representations over the reals: lists, names, dimensions.

use crate::error::Error;
use crate::group::Group;
use crate::rep::{Atom, Label};
use crate::{octahedral, symmetric, wigner};

/// The irreducible representations of a group, the trivial one first; of a Lie group those with l or k up to `max`.
///
/// For a product they are the outer products, the last factor fastest; refused if two factors have representations of
/// complex type, whose outer products over the reals split.
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
        Group::O => (0..5).map(|index| Label::Finite { index }).collect(),
        Group::Oh => (0..10).map(|index| Label::Finite { index }).collect(),
        Group::Product(factors) => return products(factors, max),
        Group::Subgroup(_) => {
            return Err(Error::Unknown(format!(
                "the irreducible representations of {group} are not tabulated"
            )));
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

fn products(factors: &[Group], max: u32) -> Result<Vec<Atom>, Error> {
    let lists = factors.iter().map(|g| irreps(g, max)).collect::<Result<Vec<_>, _>>()?;
    let complex = factors
        .iter()
        .zip(&lists)
        .filter(|(g, list)| list.iter().any(|a| commutant(g, a) == 2))
        .count();
    if complex > 1 {
        return Err(Error::Unknown(
            "two factors have representations of complex type".into(),
        ));
    }
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

/// The dimension of the commutant of an irreducible atom: 1 for real type, 2 for complex type.
pub fn commutant(group: &Group, atom: &Atom) -> usize {
    match (group, atom) {
        (Group::C(_), Atom::Irrep(label)) => dim(group, *label),
        (Group::SO2, Atom::Irrep(_)) => 2,
        (Group::Product(factors), Atom::Outer(parts)) => {
            factors.iter().zip(parts).map(|(g, a)| commutant(g, a)).product()
        }
        _ => 1,
    }
}

/// The canonical atom of a label, or why it is not one of this group.
pub fn checked(group: &Group, label: Label) -> Result<Atom, Error> {
    let valid = match (group, label) {
        (Group::O3, Label::O3 { l, .. }) | (Group::SO3, Label::SO3 { l }) => l < wigner::MAX_L,
        (Group::SO2, Label::SO2 { .. }) => true,
        (Group::O2, Label::O2 { j, k }) => j || k == 0,
        (Group::C(n), Label::Cyclic { k }) => 2 * k <= *n,
        (Group::D(n), Label::Dihedral { j, k }) => 2 * k <= *n && (j || k == 0 || 2 * k == *n),
        (Group::S(n), Label::Finite { index }) => {
            *n <= symmetric::MAX_POINTS && (index as usize) < symmetric::partitions(*n).len()
        }
        (Group::O, Label::Finite { index }) => index < 5,
        (Group::Oh, Label::Finite { index }) => index < 10,
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
        Label::SO2 { k } | Label::Cyclic { k } => k == 0,
        Label::O2 { j, k } | Label::Dihedral { j, k } => !j && k == 0,
        Label::Finite { index } => index == 0,
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
        (Group::C(_), &[k]) => Label::Cyclic { k: natural(k)? },
        (Group::O2, &[j @ 0..=1, k]) => Label::O2 {
            j: j == 1,
            k: natural(k)?,
        },
        (Group::D(_), &[j @ 0..=1, k]) => Label::Dihedral {
            j: j == 1,
            k: natural(k)?,
        },
        (Group::O | Group::Oh, &[index]) => Label::Finite { index: natural(index)? },
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
        Group::O => Label::Finite {
            index: position(&octahedral::NAMES[..5], name, "").ok_or_else(unknown)?,
        },
        Group::Oh => {
            let even = position(&octahedral::NAMES, name, "g");
            let odd = position(&octahedral::NAMES, name, "u").map(|i| i + 5);
            Label::Finite {
                index: even.or(odd).ok_or_else(unknown)?,
            }
        }
        _ => return Err(unknown()),
    };
    checked(group, label).map_err(|_| unknown())
}

fn position(names: &[&str], name: &str, suffix: &str) -> Option<u32> {
    let stem = name.strip_suffix(suffix)?;
    names.iter().position(|n| *n == stem).map(|i| i as u32)
}

/// How a label is written.
pub(crate) fn name(group: &Group, label: Label) -> String {
    match (group, label) {
        (_, Label::O3 { l, odd }) => format!("{l}{}", if odd { "o" } else { "e" }),
        (_, Label::SO3 { l }) => format!("irrep({l})"),
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
        (_, Label::Finite { index }) => {
            let parity = match (group, index < 5) {
                (Group::Oh, true) => "g",
                (Group::Oh, false) => "u",
                _ => "",
            };
            format!("irrep({}{parity})", octahedral::NAMES[index as usize % 5])
        }
    }
}

/// The dimension of the representation with this label.
pub(crate) fn dim(group: &Group, label: Label) -> usize {
    match (group, label) {
        (_, Label::O3 { l, .. } | Label::SO3 { l }) => 2 * l as usize + 1,
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
        (_, Label::Finite { index }) => [1, 1, 2, 3, 3][index as usize % 5],
        _ => 0,
    }
}
