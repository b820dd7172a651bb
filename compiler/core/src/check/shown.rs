//! Counterexamples of written things: what moves a named element, a vector, a component.

use super::Checker;
use crate::types::{DomainKind, Rep, Set};
use gdl_rep::Exact;
use gdl_rep::witness::{self, Counterexample};

impl Checker<'_> {
    /// A symmetry that moves the elements of an index set, and what becomes of a named one.
    pub(crate) fn moved_element(&self, set: &Set) -> Option<String> {
        let shown = self.show_set(set);
        let by_group = || {
            let g = self.model.group.witness_elements().into_iter().next()?;
            (!self.abstract_mode).then(|| format!("{g}:  a named element of `{shown}` is moved"))
        };
        match set {
            Set::Range(_) | Set::Enum(_) => None,
            Set::Circle(_) => Some(format!("a frame turned by 90°:  a named element of `{shown}` is moved")),
            Set::Window(..) | Set::Points(_) | Set::Harmonic(_) => by_group(),
            Set::Nodes(d) | Set::Edges(d) => match &self.domain(*d).kind {
                DomainKind::Seq { .. } => None,
                DomainKind::Grid { wrap: true, .. } => {
                    Some(format!("translation by one cell:  a named cell of `{shown}` is moved"))
                }
                DomainKind::Grid { .. } | DomainKind::Coarse { .. } => by_group(),
                _ => Some(format!(
                    "two elements of `{shown}` exchanged:  the named one is another"
                )),
            },
        }
    }

    /// A group element that moves vectors of a representation which has vectors that are not fixed.
    pub(crate) fn moved_vector(&self, rep: &Rep) -> Option<String> {
        let (group, known) = self.concrete(rep)?;
        let v: Vec<Exact> = (0..known.dim()).map(|k| Exact::ratio(1, k as i64 + 1)).collect();
        witness::not_fixed_vector(&group, &known, &v).ok()?.map(|c| moved(&c))
    }

    /// A group element that does not commute with a function of single components.
    pub(crate) fn mixed_components(&self, rep: &Rep, f: &dyn Fn(f64) -> f64) -> Option<String> {
        let (group, known) = self.concrete(rep)?;
        witness::pointwise(&group, &known, f).map(said)
    }

    /// A group element that does not keep the place of the largest component.
    pub(crate) fn moved_maximum(&self, rep: &Rep) -> Option<String> {
        let (group, known) = self.concrete(rep)?;
        let places = gdl_rep::Rep::new(
            group.clone(),
            vec![(u32::try_from(known.dim()).ok()?, gdl_rep::Atom::Trivial)],
        )
        .ok()?;
        let place = |v: &[f64]| {
            let top = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            v.iter().map(|&x| f64::from(x == top)).collect()
        };
        witness::generic(&group, &known, &places, place).map(said)
    }
}

/// A counterexample to g x = x.
pub(crate) fn moved(c: &Counterexample) -> String {
    let error = match c.error {
        e if e < 0.005 => format!("{e:.1e}"),
        e => format!("{e:.2}"),
    };
    format!("{}:  |g x - x| / |x| = {error}", c.element)
}

/// A counterexample to the equivariance of a function f.
pub(crate) fn said(c: Counterexample) -> String {
    format!("{}:  |f(gx) - g f(x)| / |f(x)| = {:.2}", c.element, c.error)
}
