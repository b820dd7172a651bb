//! Concrete representations as the checker asks about them.

use super::{Atom, Int, Rep};
use gdl_rep::rep::Label;
use gdl_rep::{Atom as Known, Group};

/// `l`e or `l`o of O(3), or of SO(3), where parity is forgotten.
pub fn o3_irrep(group: &Group, l: u32, odd: bool) -> Option<Known> {
    match group {
        Group::O3 => Some(o3(l, odd)),
        Group::SO3 => Some(if l == 0 {
            Known::Trivial
        } else {
            Known::Irrep(Label::SO3 { l })
        }),
        // Restricted to a subgroup; in degree 1 it is the standard representation.
        Group::Axial(_) if l == 0 && !odd => Some(Known::Trivial),
        Group::Axial(_) if l == 1 && odd => Known::vector(group, 3).ok(),
        Group::Axial(_) => {
            let whole = gdl_rep::Rep::atom(Group::O3, o3(l, odd)).ok()?;
            Some(Known::Restrict(Box::new(whole)))
        }
        _ => None,
    }
}

/// `l`e or `l`o of O(3).
pub fn o3(l: u32, odd: bool) -> Known {
    if l == 0 && !odd {
        Known::Trivial
    } else {
        Known::Irrep(Label::O3 { l, odd })
    }
}

/// The standard representation on R^d; `None` where the group does not act there.
pub fn vector(group: &Group, d: u32) -> Option<Rep> {
    Known::vector(group, d)
        .ok()
        .map(|a| Rep::atom(Int::num(1), Atom::Known(a)))
}

/// The representation of u × v: a vector, and under reflections one of the other parity.
pub fn cross(group: &Group, a: &Rep, b: &Rep) -> Option<Rep> {
    let label = |r: &Rep| match r.flat().blocks() {
        [(n, Atom::Known(Known::Irrep(l)))] if n.is(1) => Some(*l),
        _ => None,
    };
    let out = match (group, label(a)?, label(b)?) {
        (Group::O3, Label::O3 { l: 1, odd: p }, Label::O3 { l: 1, odd: q }) => Label::O3 { l: 1, odd: p ^ q },
        (Group::SO3, Label::SO3 { l: 1 }, Label::SO3 { l: 1 }) => Label::SO3 { l: 1 },
        _ => return None,
    };
    Some(Rep::atom(Int::num(1), Atom::Known(Known::Irrep(out))))
}

/// The name of an atom where no group is at hand.
pub fn name(atom: &Known) -> String {
    match atom {
        Known::Irrep(Label::O3 { l, odd }) => format!("{l}{}", if *odd { "o" } else { "e" }),
        Known::Irrep(Label::SO3 { l }) => format!("irrep({l})"),
        Known::Irrep(Label::SO2 { k } | Label::Cyclic { k }) => format!("irrep({k})"),
        Known::Irrep(Label::O2 { j, k } | Label::Dihedral { j, k }) => format!("irrep({}, {k})", u32::from(*j)),
        Known::Irrep(Label::Finite { index }) => format!("irrep({index})"),
        other => other.name(&Group::Trivial),
    }
}

/// Whether it is written `8x1o`.
pub fn is_irrep_of_o3(atom: &Known) -> bool {
    matches!(atom, Known::Irrep(Label::O3 { .. }))
}
