//! Standard actions of groups on R^d and Z^d, and inclusions of groups in each other.

use crate::element::{Elem, Element};
use crate::group::{Group, circle};
use crate::scalar::Scalar;

impl Group {
    /// The integer matrix, row-major, of `element` on Z^d where the whole group acts on Z^d: C(n) and D(n) with
    /// n = 1, 2, 4 on Z² by r = \[\[0, −1\], \[1, 0\]\] to the power 4/n and f = diag(1, −1); C(2) and D(1) by −1 on Z¹; O and Oh on Z³.
    ///
    /// For images, coordinates are (row, column): r turns the displayed image counter-clockwise, f is its left-right mirror.
    pub fn point_matrix(&self, element: &Element, d: usize) -> Option<Vec<i32>> {
        if self.acts_on_grid(d) {
            integral(element, d)
        } else {
            None
        }
    }

    /// Does the group act on Z^d? A product does through its only factor that acts on R^d.
    pub fn acts_on_grid(&self, d: usize) -> bool {
        match self {
            Group::Product(factors) => {
                let mut acting = factors.iter().filter(|factor| factor.acts_on_space(d));
                acting.next().is_some_and(|factor| factor.acts_on_grid(d)) && acting.next().is_none()
            }
            _ => {
                self.is_finite() && self.acts_on_space(d) && self.generators().iter().all(|g| integral(g, d).is_some())
            }
        }
    }

    /// The matrix, row-major, of `element` in the standard action on R^d; formulas at [`Elem::vector`].
    pub fn vector_matrix(&self, element: &Element, d: usize) -> Option<Vec<f64>> {
        Some(element.vector(d)?.iter().map(|x| x.f).collect())
    }

    /// Does the group act on R^d in the standard way?
    pub fn acts_on_space(&self, d: usize) -> bool {
        self.identity().vector(d).is_some() && self.generators().iter().all(|g| g.vector(d).is_some())
    }

    /// The image of an element of this group in a larger one, by the natural inclusion: subgroups in their parents,
    /// C(n) ≤ C(kn), D(kn), SO(2), O(2); D(n) ≤ D(kn), O(2); SO(2) ≤ O(2); O ≤ Oh ≤ O(3); O ≤ SO(3) ≤ O(3).
    pub fn include<S: Scalar>(&self, into: &Group, element: &Elem<S>) -> Option<Elem<S>> {
        if self == into {
            return Some(element.clone());
        }
        match (self, into, element) {
            (Group::Trivial, _, _) => Some(into.identity().lift()),
            (Group::Subgroup(sub), _, _) => sub.parent().include(into, element),
            (Group::C(_), Group::C(m), Elem::Planar { n, flip, turn })
            | (Group::C(_) | Group::D(_), Group::D(m), Elem::Planar { n, flip, turn })
                if m % n == 0 =>
            {
                Some(Elem::Planar {
                    n: *m,
                    flip: *flip,
                    turn: turn * (m / n),
                })
            }
            (Group::C(_), Group::SO2 | Group::O2, Elem::Planar { n, flip, turn })
            | (Group::D(_), Group::O2, Elem::Planar { n, flip, turn }) => {
                Some(circle(*flip, i64::from(*turn), u64::from(*n)).lift())
            }
            (Group::SO2, Group::O2, _) | (Group::O, Group::Oh, _) | (Group::SO3, Group::O3, _) => Some(element.clone()),
            (Group::O, Group::SO3 | Group::O3, _) | (Group::Oh, Group::O3, _) => {
                Some(Elem::Space(element.vector(3)?.try_into().ok()?))
            }
            (Group::Product(a), Group::Product(b), Elem::Tuple(parts)) if a.len() == b.len() => {
                let images = a.iter().zip(b).zip(parts).map(|((a, b), part)| a.include(b, part));
                Some(Elem::Tuple(images.collect::<Option<_>>()?))
            }
            _ => None,
        }
    }
}

/// The matrix on R^d, if its entries are integers.
fn integral(g: &Element, d: usize) -> Option<Vec<i32>> {
    g.vector(d)?
        .iter()
        .map(|x| (x.f.fract() == 0.0).then_some(x.f as i32))
        .collect()
}
