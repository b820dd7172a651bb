//! Standard actions of groups on R^d and Z^d, and inclusions of groups in each other.

use crate::element::{Elem, Element};
use crate::exact::Exact;
use crate::group::{Group, circle};
use crate::scalar::Scalar;
use crate::subgroup::Subgroup;

impl Group {
    /// The integer matrix, row-major, of `element` on Z^d, if its standard action on R^d maps Z^d to itself: quarter turns
    /// by r = \[\[0, −1\], \[1, 0\]\] and f = diag(1, −1) on Z²; the generator of C(2) and f of D(1) by −1 on Z¹; signed
    /// permutations on Z³.
    ///
    /// For images, coordinates are (row, column): r turns the displayed image counter-clockwise, f is its left-right mirror.
    pub fn point_matrix(&self, element: &Element, d: usize) -> Option<Vec<i32>> {
        if self.is_internal() {
            Some((0..d * d).map(|at| i32::from(at / d == at % d)).collect())
        } else if self.acts_on_space(d) {
            self.integral(element, d)
        } else {
            None
        }
    }

    /// Does the group act on no space of one to three dimensions? Points are then fixed by it: SU(2), SO(5), S(5).
    pub fn is_internal(&self) -> bool {
        match self {
            Group::Product(factors) => factors.iter().all(Group::is_internal),
            _ => (1..=3).all(|d| !self.acts_on_space(d)),
        }
    }

    /// The largest subgroup that maps Z^d to itself, by a name whose natural inclusion ([`Group::include`]) leads back here;
    /// `None` where the group does not act on R^d by orthogonal matrices, or no name is known.
    ///
    /// C(n), D(n): C(m), D(m) with m = gcd(n, 4); SO(2), O(2): C(4), D(4); SO(3), O(3): O, Oh.
    pub fn grid_subgroup(&self, d: usize) -> Option<Group> {
        if self.acts_on_grid(d) {
            return Some(self.clone());
        }
        if !self.acts_on_space(d) {
            return None;
        }
        let four = |n: u32| if n.is_multiple_of(4) { 4 } else { 2 - n % 2 };
        match self {
            Group::C(n) => Some(Group::C(four(*n))),
            Group::D(n) => Some(Group::D(four(*n))),
            Group::SO2 => Some(Group::C(4)),
            Group::O2 => Some(Group::D(4)),
            Group::SO3 => Some(Group::O),
            Group::O3 => Some(Group::Oh),
            Group::Product(factors) => {
                let part = |factor: &Group| match factor.acts_on_space(d) {
                    true => factor.grid_subgroup(d),
                    false => Some(factor.clone()),
                };
                Some(Group::Product(factors.iter().map(part).collect::<Option<_>>()?))
            }
            _ => {
                let keeps = |g: &Element| self.integral(g, d).is_some();
                Some(Subgroup::select(self, keeps).ok()?.embedded())
            }
        }
    }

    /// A basis of the Lie algebra of a subgroup, included by [`Group::include`], in the basis of [`Group::lie_curves`]; `None` where it is
    /// not known.
    pub fn lie_part(&self, subgroup: &Group) -> Option<Vec<Vec<Exact>>> {
        let n = self.lie_dim();
        let unit = |k: usize| (0..n).map(|j| if j == k { Exact::ONE } else { Exact::ZERO }).collect();
        match (self, subgroup) {
            _ if subgroup.lie_dim() == 0 => Some(vec![]),
            _ if self == subgroup => Some((0..n).map(unit).collect()),
            (Group::O2, Group::SO2) | (Group::O3, Group::SO3) => Some((0..n).map(unit).collect()),
            (Group::SO3 | Group::O3, Group::Axial(axial)) => Some(vec![axial.axis().to_vec()]),
            (Group::Axial(a), Group::Axial(b)) if a.axis() == b.axis() => Some(vec![unit(0)]),
            (Group::Product(a), Group::Product(b)) if a.len() == b.len() => {
                let (mut basis, mut at) = (vec![], 0);
                for (a, b) in a.iter().zip(b) {
                    for part in a.lie_part(b)? {
                        let mut direction = vec![Exact::ZERO; n];
                        direction[at..at + part.len()].copy_from_slice(&part);
                        basis.push(direction);
                    }
                    at += a.lie_dim();
                }
                Some(basis)
            }
            _ => None,
        }
    }

    /// Does the group act on Z^d? A product does through its only factor that acts on R^d, an internal group trivially.
    pub fn acts_on_grid(&self, d: usize) -> bool {
        match self {
            _ if self.is_internal() => true,
            Group::Product(factors) => {
                let mut acting = factors.iter().filter(|factor| factor.acts_on_space(d));
                acting.next().is_some_and(|factor| factor.acts_on_grid(d)) && acting.next().is_none()
            }
            _ => {
                self.is_finite()
                    && self.acts_on_space(d)
                    && self.generators().iter().all(|g| self.integral(g, d).is_some())
            }
        }
    }

    /// The matrix, row-major, of `element` in the standard action on R^d; formulas at [`Elem::vector`].
    pub fn vector_matrix(&self, element: &Element, d: usize) -> Option<Vec<f64>> {
        Some(self.vector(element, d)?.iter().map(|x| x.f).collect())
    }

    /// The matrix of the standard action on R^d over any ring, row-major: [`Elem::vector`], the matrices of a group that is
    /// generated by orthogonal ones; a product acts through its only factor that acts, a subgroup as its parent.
    pub fn vector<S: Scalar>(&self, element: &Elem<S>, d: usize) -> Option<Vec<S>> {
        match (self, element) {
            (Group::Subgroup(sub), _) => sub.parent().vector(element, d),
            (Group::Axial(axial), _) => axial.parent().vector(element, d),
            (Group::Product(factors), Elem::Tuple(parts)) => {
                let mut acting = factors.iter().zip(parts).filter_map(|(g, part)| g.vector(part, d));
                acting.next().filter(|_| acting.next().is_none())
            }
            (Group::Generated(group), Elem::Permutation(image)) if group.space_dim() == Some(d) => {
                Some(group.matrix(image)?.into_iter().map(S::constant).collect())
            }
            // Complex groups act on spaces of their own, not on points.
            (Group::Linear(group), _) if !group.is_complex() => self.defining(element, d),
            _ => element.vector(d),
        }
    }

    /// The matrix of the defining representation, of dimension d: the standard action on R^d, or the matrix of an element of a
    /// group of matrices.
    pub fn defining<S: Scalar>(&self, element: &Elem<S>, d: usize) -> Option<Vec<S>> {
        match (self, element) {
            (Group::Linear(_), Elem::Linear { n, matrix, .. }) if *n as usize == d => Some(matrix.clone()),
            (Group::Linear(_), _) => None,
            _ => self.vector(element, d),
        }
    }

    /// The dimension of the defining representation of a group of matrices, SO(2) … O(3) included.
    pub fn defining_dim(&self) -> Option<u32> {
        match self {
            Group::SO2 | Group::O2 => Some(2),
            Group::SO3 | Group::O3 => Some(3),
            Group::Linear(group) => Some(group.size() as u32),
            _ => None,
        }
    }

    /// The matrix on R^d, if its entries are integers.
    fn integral(&self, g: &Element, d: usize) -> Option<Vec<i32>> {
        self.vector(g, d)?
            .iter()
            .map(|x| (x.f.fract() == 0.0).then_some(x.f as i32))
            .collect()
    }

    /// Does the group act on R^d in the standard way?
    pub fn acts_on_space(&self, d: usize) -> bool {
        self.vector(&self.identity(), d).is_some() && self.generators().iter().all(|g| self.vector(g, d).is_some())
    }

    /// Does the group act on R^d by orthogonal matrices?
    pub fn acts_orthogonally(&self, d: usize) -> bool {
        let orthogonal = |g: &Element| {
            let Some(m) = self.vector(g, d) else { return false };
            let product = crate::linear::multiply(&m, &crate::linear::transpose(&m, d, d), d, d, d);
            let identity: Vec<Exact> = crate::linear::identity(d);
            product.iter().zip(&identity).all(|(x, y)| (x.f - y.f).abs() < 1e-9)
        };
        let rigid = match self {
            Group::Linear(group) => group.is_orthogonal(),
            Group::Product(factors) => factors.iter().all(|g| !g.acts_on_space(d) || g.acts_orthogonally(d)),
            _ => true,
        };
        rigid && self.acts_on_space(d) && self.generators().iter().all(orthogonal)
    }

    /// The image of an element of this group in a larger one, by the natural inclusion: subgroups in their parents and in larger subgroups of
    /// these,
    /// C(n) ≤ C(kn), D(kn), SO(2), O(2); D(n) ≤ D(kn), O(2); C(2n) ≤ Dic(n); SO(2) ≤ O(2); signed permutation matrices in
    /// each other; groups of orthogonal matrices on R² or R³ in O(2) or O(3), and in SO(3) if they are rotations; permutations of n
    /// points in S(n) and in groups of permutations that contain them. Also the map of a product to O(2) or O(3) by its only
    /// factor that acts on the plane or on space, which is not injective.
    pub fn include<S: Scalar>(&self, into: &Group, element: &Elem<S>) -> Option<Elem<S>> {
        if self == into {
            return Some(element.clone());
        }
        match (self, into, element) {
            (Group::Trivial, _, _) => Some(into.identity().lift()),
            (Group::Subgroup(small), Group::Subgroup(large), _) if small.parent() == large.parent() => {
                large.contains_all(small).then(|| element.clone())
            }
            (Group::Axial(small), Group::Axial(large), _) => large.contains_all(small).then(|| element.clone()),
            (Group::Subgroup(sub), _, _) => sub.parent().include(into, element),
            (_, Group::Axial(axial), _) if self.is_finite() => {
                let parent = axial.parent();
                let inside =
                    |g: &Element| matches!(self.include(&parent, g), Some(Elem::Space(m)) if axial.contains(&m));
                self.generators()
                    .iter()
                    .all(inside)
                    .then(|| self.include(&parent, element))?
            }
            (Group::Axial(axial), _, _) => axial.parent().include(into, element),
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
            (Group::C(n), Group::Dic(m), Elem::Planar { turn, .. }) if (2 * m) % n == 0 => Some(Elem::Dicyclic {
                n: *m,
                flip: false,
                turn: turn * (2 * m / n),
            }),
            (Group::SO2, Group::O2, _)
            | (Group::T, Group::Td | Group::Th | Group::O | Group::Oh, _)
            | (Group::Td | Group::Th | Group::O, Group::Oh, _)
            | (Group::SO3, Group::O3, _) => Some(element.clone()),
            (
                Group::T | Group::Td | Group::Th | Group::O | Group::Oh | Group::Generated(_),
                Group::SO3 | Group::O3,
                _,
            ) => {
                if *into == Group::SO3 && !self.rotates() {
                    return None;
                }
                Some(Elem::Space(self.vector(element, 3)?.try_into().ok()?))
            }
            (Group::Generated(group), Group::S(n), _) if group.degree() == *n as usize => Some(element.clone()),
            (Group::Generated(_) | Group::S(_), Group::Generated(larger), _) => {
                let inside = self.generators().iter().all(|g| into.contains(g));
                (inside && self.points() == Some(larger.degree())).then(|| element.clone())
            }
            // A product acts on space through its only factor that does.
            (Group::Product(factors), Group::O2 | Group::O3, Elem::Tuple(parts)) => {
                let d = if *into == Group::O2 { 2 } else { 3 };
                let mut acting = factors.iter().zip(parts).filter(|(factor, _)| factor.acts_on_space(d));
                let (factor, part) = acting.next()?;
                factor.include(into, part).filter(|_| acting.next().is_none())
            }
            (_, Group::O2, _) if self.acts_orthogonally(2) => {
                let [a, b, c, d]: [S; 4] = self.vector(element, 2)?.try_into().ok()?;
                let flip = a.value() * d.value() < b.value() * c.value();
                Some(Elem::Circle { flip, cos: a, sin: c })
            }
            (_, Group::O3, _) if self.acts_orthogonally(3) => {
                Some(Elem::Space(self.vector(element, 3)?.try_into().ok()?))
            }
            (Group::Product(a), Group::Product(b), Elem::Tuple(parts)) if a.len() == b.len() => {
                let images = a.iter().zip(b).zip(parts).map(|((a, b), part)| a.include(b, part));
                Some(Elem::Tuple(images.collect::<Option<_>>()?))
            }
            _ => None,
        }
    }

    /// Does every element act on R³ with determinant 1?
    fn rotates(&self) -> bool {
        self.generators().iter().all(|g| {
            let matrix = self.vector(g, 3).and_then(|m| <[Exact; 9]>::try_from(m).ok());
            matrix.is_some_and(|m| crate::wigner::det(&m) > 0.0)
        })
    }
}
