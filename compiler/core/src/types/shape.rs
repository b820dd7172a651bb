//! Questions about the shape of a representation.

use super::{Atom, Int, Rep};
use gdl_rep::Atom as Known;

impl Rep {
    /// If it is trivial: the number of copies.
    pub fn scalar_count(&self) -> Option<Int> {
        if !self.is_trivial() {
            return None;
        }
        self.flat()
            .blocks()
            .iter()
            .try_fold(Int::num(0), |acc, (n, a)| match a {
                Atom::Known(Known::Trivial) => acc.add(n),
                _ => None,
            })
    }

    /// V and one number for every copy in a block that is not invariant.
    pub fn gated(&self) -> Option<Rep> {
        let mut gates = Int::num(0);
        for (n, a) in self.flat().blocks() {
            if !is_scalar_atom(a) {
                gates = gates.add(n)?;
            }
        }
        Some(self.flat().plus(&Rep::atom(gates, Atom::Known(Known::Trivial))))
    }

    /// The V of which this is `gated(V)`.
    pub fn ungated(&self) -> Option<Rep> {
        let flat = self.flat();
        let mut blocks = flat.blocks().to_vec();
        let mut gates = Int::num(0);
        for (n, a) in &blocks {
            if !is_scalar_atom(a) {
                gates = gates.add(n)?;
            }
        }
        if gates.is(0) {
            return Some(flat);
        }
        let (n, a) = blocks.last_mut()?;
        if !is_scalar_atom(a) {
            return None;
        }
        *n = n.add(&gates.neg()?)?;
        if n.value().is_some_and(|v| v < 0) {
            return None;
        }
        Some(Rep::from_blocks(blocks, self.gauge))
    }

    /// Whether each group element permutes the basis up to signs.
    pub fn is_signed_permutation(&self) -> bool {
        self.flat().blocks().iter().all(|(_, a)| match a {
            Atom::Known(k) => k.is_permutation() || self.gauge.is_none() && is_sign(k),
            other => Rep::from_blocks(vec![(Int::num(1), other.clone())], None).is_permutation(),
        })
    }

    /// If it is one element of a space of fixed maps or kernels: that space, at least one set or a map.
    pub fn opened(&self) -> Option<crate::types::Space> {
        match self.blocks() {
            [(n, Atom::Fixed(s))] if n.is(1) && !s.sets.is_empty() => Some((**s).clone()),
            _ => None,
        }
    }
}

/// Whether a one-dimensional irrep acts by ±1.
fn is_sign(a: &Known) -> bool {
    use gdl_rep::rep::Label;
    matches!(
        a,
        Known::Irrep(Label::O3 { l: 0, .. } | Label::O2 { k: 0, .. } | Label::Dihedral { k: 0, .. })
    )
}

fn is_scalar_atom(a: &Atom) -> bool {
    Rep::from_blocks(vec![(Int::num(1), a.clone())], None).is_trivial()
}
