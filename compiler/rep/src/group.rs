//! Groups: what they are called, their elements, generators and standard actions.

use crate::axial::Axial;
use crate::element::{Elem, Element};
use crate::error::Error;
use crate::exact::Exact;
use crate::finite::{Generated, construct};
use crate::lie::Linear;
use crate::permutation::{Signed, rank, unrank};
use crate::scalar::Jet;
use crate::subgroup::Subgroup;
use num_bigint::BigUint;
use std::fmt;
use std::sync::Arc;

/// The largest group whose elements are listed.
pub const MAX_ELEMENTS: u64 = 1_000_000;

/// A group, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// One element.
    Trivial,
    /// Rotations of the plane by multiples of 360°/n.
    C(u32),
    /// C(n) and n reflections, order 2n.
    D(u32),
    /// All permutations of n points.
    S(u32),
    /// The dicyclic group of order 4n: a^i and a^i x with a^2n = 1, x² = a^n, x a x⁻¹ = a⁻¹; Dic(2) is Q8.
    Dic(u32),
    /// The 12 rotations of the tetrahedron with vertices at alternate corners of the cube.
    T,
    /// The 24 symmetries of the tetrahedron.
    Td,
    /// The 24 pyritohedral symmetries of the cube: T and the inversion.
    Th,
    /// The 24 rotations of the cube.
    O,
    /// The 48 symmetries of the cube.
    Oh,
    /// Rotations of the plane.
    SO2,
    /// Rotations and reflections of the plane.
    O2,
    /// Rotations of space.
    SO3,
    /// Rotations and reflections of space.
    O3,
    /// A direct product of at least two groups, none of them trivial or a product.
    Product(Vec<Group>),
    /// A subgroup of a finite group, as a group with the parent's elements.
    Subgroup(Box<Subgroup>),
    /// Rotations of space about one axis, and what maps the axis to itself.
    Axial(Box<Axial>),
    /// A group of permutations by generators; all finite groups without a line of their own are built as one.
    Generated(Arc<Generated>),
    /// A group of matrices with a Lie algebra; those above have lines of their own.
    Linear(Arc<Linear>),
}

impl Group {
    /// The group called `name` with arguments: `C(n)`, `D(n)`, `S(n)`, `A(n)`, `Dic(n)`, `Q8`, `T`, `Td`, `Th`, `O`, `Oh`,
    /// `I`, `Ih`, `SO(n)`, `O(n)`, `SO(p, q)`, `O(p, q)`, `U(n)`, `SU(n)`, `Sp(n)`, `SL(n)`, `trivial`.
    pub fn named(name: &str, args: &[i64]) -> Result<Group, Error> {
        let count = |n: i64| u32::try_from(n).ok().filter(|&n| n > 0 && n <= 1 << 24);
        let bad = || Error::Invalid(format!("`{name}` needs a positive number"));
        match (name, args) {
            ("trivial", []) => Ok(Group::Trivial),
            ("C", &[n]) => count(n).map(Group::C).ok_or_else(bad),
            ("D", &[n]) => count(n).map(Group::D).ok_or_else(bad),
            ("S", &[n]) => count(n).map(Group::S).ok_or_else(bad),
            ("A", &[n]) => construct::alternating(count(n).ok_or_else(bad)?),
            ("Dic", &[n]) => count(n).map(Group::Dic).ok_or_else(bad),
            ("Q8", []) => Ok(Group::Dic(2)),
            ("T", []) => Ok(Group::T),
            ("Td", []) => Ok(Group::Td),
            ("Th", []) => Ok(Group::Th),
            ("O", []) => Ok(Group::O),
            ("Oh", []) => Ok(Group::Oh),
            ("I", []) => construct::icosahedral(false),
            ("Ih", []) => construct::icosahedral(true),
            ("SO", [2]) => Ok(Group::SO2),
            ("O", [2]) => Ok(Group::O2),
            ("SO", [3]) => Ok(Group::SO3),
            ("O", [3]) => Ok(Group::O3),
            ("SO" | "SU" | "SL", [1]) => Ok(Group::Trivial),
            ("O", [1]) => Ok(Group::D(1)),
            ("SO" | "O", &[p, 0]) => Group::named(name, &[p]),
            ("SO" | "O", &[0, q]) => Group::named(name, &[q]),
            ("SO" | "O" | "U" | "SU" | "Sp" | "SL", _) if Linear::named(name, args).is_some() => {
                let group = Linear::named(name, args).ok_or_else(bad)??;
                Ok(Group::Linear(Arc::new(group)))
            }
            (_, []) => Err(Error::Unknown(format!("there is no group `{name}`"))),
            _ => {
                let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                Err(Error::Unknown(format!(
                    "there is no group `{name}({})`",
                    args.join(", ")
                )))
            }
        }
    }

    /// The direct product: factors of factors are flattened, trivial ones dropped.
    pub fn product(factors: impl IntoIterator<Item = Group>) -> Group {
        let mut flat = vec![];
        for factor in factors {
            match factor {
                Group::Trivial => {}
                Group::Product(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Group::Trivial,
            1 => flat.remove(0),
            _ => Group::Product(flat),
        }
    }

    /// Finitely many elements?
    pub fn is_finite(&self) -> bool {
        self.lie_dim() == 0
    }

    /// The number of elements; `None` if infinite.
    pub fn order(&self) -> Option<BigUint> {
        Some(match self {
            Group::Trivial => BigUint::from(1u32),
            Group::C(n) => BigUint::from(*n),
            Group::D(n) => BigUint::from(*n) * 2u32,
            Group::Dic(n) => BigUint::from(*n) * 4u32,
            Group::S(n) => (1..=*n).fold(BigUint::from(1u32), |order, k| order * k),
            Group::T | Group::Td | Group::Th | Group::O | Group::Oh => BigUint::from(self.signed()?.order()),
            Group::SO2 | Group::O2 | Group::SO3 | Group::O3 | Group::Axial(_) | Group::Linear(_) => return None,
            Group::Product(factors) => {
                let orders: Vec<BigUint> = factors.iter().map(Group::order).collect::<Option<_>>()?;
                orders.into_iter().product()
            }
            Group::Subgroup(sub) => sub.order(),
            Group::Generated(group) => group.order(),
        })
    }

    /// The number of elements of a finite group, if it is below 2^64.
    pub fn small_order(&self) -> Option<u64> {
        match self {
            // Without the long product.
            Group::S(n) if *n > 20 => None,
            _ => u64::try_from(self.order()?).ok(),
        }
    }

    /// The group of signed permutation matrices that it is.
    fn signed(&self) -> Option<Signed> {
        Some(match self {
            Group::T => Signed::T,
            Group::Td => Signed::Td,
            Group::Th => Signed::Th,
            Group::O => Signed::O,
            Group::Oh => Signed::Oh,
            _ => return None,
        })
    }

    /// The dimension of the Lie algebra.
    pub fn lie_dim(&self) -> usize {
        match self {
            Group::SO2 | Group::O2 => 1,
            Group::SO3 | Group::O3 => 3,
            Group::Axial(_) => 1,
            Group::Linear(group) => group.algebra().len(),
            Group::Product(factors) => factors.iter().map(Group::lie_dim).sum(),
            _ => 0,
        }
    }

    /// The identity.
    pub fn identity(&self) -> Element {
        match self {
            Group::Trivial => Elem::Identity,
            Group::C(n) | Group::D(n) => Elem::Planar {
                n: *n,
                flip: false,
                turn: 0,
            },
            Group::S(n) => Elem::Permutation((0..*n).collect()),
            Group::Dic(n) => Elem::Dicyclic {
                n: *n,
                flip: false,
                turn: 0,
            },
            Group::T | Group::Td | Group::Th | Group::O | Group::Oh => Elem::Signed {
                axis: [0, 1, 2],
                sign: [1; 3],
            },
            Group::SO2 | Group::O2 => circle(false, 0, 1),
            Group::SO3 | Group::O3 | Group::Axial(_) => space([1, 0, 0, 0, 1, 0, 0, 0, 1]),
            Group::Product(factors) => Elem::Tuple(factors.iter().map(Group::identity).collect()),
            Group::Subgroup(sub) => sub.parent().identity(),
            Group::Generated(group) => Elem::Permutation((0..group.degree() as u32).collect()),
            Group::Linear(group) => group.identity(),
        }
    }

    /// `a` after `b`; `None` for elements of different groups.
    pub fn compose(&self, a: &Element, b: &Element) -> Option<Element> {
        a.compose(b)
    }

    /// The inverse.
    pub fn inverse(&self, a: &Element) -> Element {
        a.inverse()
    }

    /// Elements that generate a finite group; for a Lie group, elements that together with the identity component
    /// generate the group.
    pub fn generators(&self) -> Vec<Element> {
        match self {
            Group::Trivial | Group::SO2 | Group::SO3 => vec![],
            Group::C(n) => rotations(*n),
            Group::D(n) => {
                let mut list = rotations(*n);
                list.push(Elem::Planar {
                    n: *n,
                    flip: true,
                    turn: 0,
                });
                list
            }
            Group::S(n) => match n {
                0 | 1 => vec![],
                2 => vec![Elem::Permutation(vec![1, 0])],
                _ => {
                    let mut swap: Vec<u32> = (0..*n).collect();
                    swap.swap(0, 1);
                    vec![
                        Elem::Permutation(swap),
                        Elem::Permutation((0..*n).map(|i| (i + 1) % n).collect()),
                    ]
                }
            },
            Group::Dic(n) => [(false, 1), (true, 0)]
                .map(|(flip, turn)| Elem::Dicyclic { n: *n, flip, turn })
                .to_vec(),
            // The half turn about z and the third of a turn about (1, 1, 1).
            Group::T => vec![signed([0, 1, 2], [-1, -1, 1]), signed([1, 2, 0], [1; 3])],
            // The mirror that exchanges x and y.
            Group::Td => [Group::T.generators(), vec![signed([1, 0, 2], [1; 3])]].concat(),
            Group::Th => [Group::T.generators(), vec![signed([0, 1, 2], [-1; 3])]].concat(),
            // Quarter turns about z and x.
            Group::O => vec![signed([1, 0, 2], [1, -1, 1]), signed([0, 2, 1], [1, 1, -1])],
            Group::Oh => [Group::O.generators(), vec![signed([0, 1, 2], [-1; 3])]].concat(),
            Group::O2 => vec![circle(true, 0, 1)],
            Group::O3 => vec![space([-1, 0, 0, 0, -1, 0, 0, 0, -1])],
            Group::Product(factors) => embed_each(factors, Group::generators),
            Group::Subgroup(sub) => sub.generators(),
            Group::Axial(axial) => axial.generators(),
            Group::Generated(group) => group.generators().iter().cloned().map(Elem::Permutation).collect(),
            Group::Linear(group) => group.generators(),
        }
    }

    /// One curve 1 + εA through the identity for each generator A of the Lie algebra:
    /// SO(2): dr/dθ; SO(3): rotations about x, y, z, (L_k)_ij = −ε_ijk; for others see [`Linear::algebra`].
    pub fn lie_curves(&self) -> Vec<Elem<Jet>> {
        let jet = |v: i64, d: i64| Jet {
            v: Exact::int(v),
            d: Exact::int(d),
        };
        match self {
            Group::SO2 | Group::O2 => {
                vec![Elem::Circle {
                    flip: false,
                    cos: jet(1, 0),
                    sin: jet(0, 1),
                }]
            }
            Group::Axial(axial) => vec![axial.curve()],
            Group::SO3 | Group::O3 => (0..3)
                .map(|k| {
                    let (i, j) = ((k + 1) % 3, (k + 2) % 3);
                    Elem::Space(std::array::from_fn(|at| match (at / 3, at % 3) {
                        (a, b) if a == b => jet(1, 0),
                        at if at == (i, j) => jet(0, -1),
                        at if at == (j, i) => jet(0, 1),
                        _ => jet(0, 0),
                    }))
                })
                .collect(),
            Group::Linear(group) => group.algebra().iter().map(|a| curve(group.size(), a)).collect(),
            Group::Product(factors) => {
                let rest: Vec<Elem<Jet>> = factors.iter().map(|g| g.identity().lift()).collect();
                let mut curves = vec![];
                for (at, factor) in factors.iter().enumerate() {
                    for curve in factor.lie_curves() {
                        let mut parts = rest.clone();
                        parts[at] = curve;
                        curves.push(Elem::Tuple(parts));
                    }
                }
                curves
            }
            _ => vec![],
        }
    }

    /// All elements of a finite group, in the order of [`Group::index`].
    pub fn elements(&self) -> Result<Vec<Element>, Error> {
        match (self, self.small_order()) {
            (Group::Subgroup(sub), _) => sub.elements(),
            (_, Some(order)) if order <= MAX_ELEMENTS => Ok((0..order).filter_map(|i| self.element(i)).collect()),
            _ => Err(self.unlisted()),
        }
    }

    /// The error of asking a group for all its elements that has too many.
    pub(crate) fn unlisted(&self) -> Error {
        match self.order() {
            Some(_) if matches!(self, Group::S(n) if *n > 40) => {
                Error::TooLarge(format!("{self} has too many elements to list"))
            }
            Some(order) => Error::TooLarge(format!(
                "{self} has {order} elements; at most {MAX_ELEMENTS} are listed"
            )),
            None => Error::Invalid(format!("{self} is infinite")),
        }
    }

    /// Element number `index` of a finite group, 0 being the identity.
    ///
    /// C(n), D(n): r^k f^j has number j·n + k (escnn's order); Dic(n): a^k x^j has number j·2n + k; permutations: in the
    /// lexicographic order of the images; signed permutation matrices: by axes, then signs; products: the first factor
    /// is slowest.
    pub fn element(&self, index: u64) -> Option<Element> {
        if index >= self.small_order()? {
            return None;
        }
        Some(match self {
            Group::Trivial => Elem::Identity,
            Group::C(n) | Group::D(n) => {
                let n64 = u64::from(*n);
                Elem::Planar {
                    n: *n,
                    flip: index >= n64,
                    turn: (index % n64) as u32,
                }
            }
            Group::Dic(n) => {
                let half = 2 * u64::from(*n);
                Elem::Dicyclic {
                    n: *n,
                    flip: index >= half,
                    turn: (index % half) as u32,
                }
            }
            Group::S(n) => Elem::Permutation(unrank(index, *n)),
            Group::T | Group::Td | Group::Th | Group::O | Group::Oh => self.signed()?.element(index as usize)?,
            Group::Product(factors) => {
                let mut rest = index;
                let mut parts = vec![];
                for factor in factors.iter().rev() {
                    let order = factor.small_order()?;
                    parts.push(factor.element(rest % order)?);
                    rest /= order;
                }
                parts.reverse();
                Elem::Tuple(parts)
            }
            Group::Subgroup(sub) => sub.element(index as usize)?,
            Group::Generated(group) => Elem::Permutation(group.chain().element(index)?),
            Group::SO2 | Group::O2 | Group::SO3 | Group::O3 | Group::Axial(_) | Group::Linear(_) => return None,
        })
    }

    /// The number of an element of a finite group; `None` if it is not in the group.
    pub fn index(&self, element: &Element) -> Option<u64> {
        match (self, element) {
            (Group::Trivial, Elem::Identity) => Some(0),
            (
                Group::C(n),
                Elem::Planar {
                    n: m,
                    flip: false,
                    turn,
                },
            ) if n == m => Some(u64::from(*turn)),
            (Group::D(n), Elem::Planar { n: m, flip, turn }) if n == m => {
                Some(u64::from(*flip) * u64::from(*n) + u64::from(*turn))
            }
            (Group::Dic(n), Elem::Dicyclic { n: m, flip, turn }) if n == m => {
                Some(u64::from(*flip) * 2 * u64::from(*n) + u64::from(*turn))
            }
            (Group::S(n), Elem::Permutation(image)) if image.len() == *n as usize => rank(image),
            (Group::T | Group::Td | Group::Th | Group::O | Group::Oh, Elem::Signed { .. }) => {
                self.signed()?.index(element).map(|i| i as u64)
            }
            (Group::Generated(group), Elem::Permutation(image)) => group.chain().index(image),
            (Group::Product(factors), Elem::Tuple(parts)) if parts.len() == factors.len() => {
                factors.iter().zip(parts).try_fold(0u64, |index, (factor, part)| {
                    index
                        .checked_mul(factor.small_order()?)?
                        .checked_add(factor.index(part)?)
                })
            }
            (Group::Subgroup(sub), _) => sub.position(element).map(|i| i as u64),
            _ => None,
        }
    }

    /// Is `element` one of this group's?
    pub fn contains(&self, element: &Element) -> bool {
        match (self, element) {
            (Group::SO2, Elem::Circle { flip, .. }) => !flip,
            (Group::O2, Elem::Circle { .. }) | (Group::O3, Elem::Space(_)) => true,
            (Group::SO3, Elem::Space(m)) => crate::wigner::det(m) > 0.0,
            (Group::Product(factors), Elem::Tuple(parts)) => {
                factors.len() == parts.len() && factors.iter().zip(parts).all(|(g, e)| g.contains(e))
            }
            (Group::S(n), Elem::Permutation(image)) => image.len() == *n as usize,
            (Group::Generated(group), Elem::Permutation(image)) => group.chain().contains(image),
            (Group::Subgroup(sub), _) => sub.contains(element),
            (Group::Axial(axial), Elem::Space(m)) => axial.contains(m),
            (Group::Linear(group), Elem::Linear { matrix, .. }) => group.contains(matrix),
            _ => self.index(element).is_some(),
        }
    }
}

/// 1 + εA.
fn curve(n: usize, a: &[Exact]) -> Elem<Jet> {
    let through = |sign: Exact| {
        let jet = |at: usize| Jet {
            v: if at / n == at % n { Exact::ONE } else { Exact::ZERO },
            d: sign * a[at],
        };
        (0..n * n).map(jet).collect()
    };
    Elem::Linear {
        n: n as u32,
        matrix: through(Exact::ONE),
        inverse: through(-Exact::ONE),
    }
}

fn rotations(n: u32) -> Vec<Element> {
    if n > 1 {
        vec![Elem::Planar {
            n,
            flip: false,
            turn: 1,
        }]
    } else {
        vec![]
    }
}

/// r(2πk/n)·f^flip.
pub(crate) fn circle(flip: bool, k: i64, n: u64) -> Element {
    Elem::Circle {
        flip,
        cos: Exact::cos_2pi(k, n),
        sin: Exact::sin_2pi(k, n),
    }
}

pub(crate) fn signed(axis: [u8; 3], sign: [i8; 3]) -> Element {
    Elem::Signed { axis, sign }
}

pub(crate) fn space(m: [i64; 9]) -> Element {
    Elem::Space(m.map(Exact::int))
}

/// The elements of each factor, with identities in the other places.
pub(crate) fn embed_each(factors: &[Group], list: impl Fn(&Group) -> Vec<Element>) -> Vec<Element> {
    let rest: Vec<Element> = factors.iter().map(Group::identity).collect();
    let mut result = vec![];
    for (at, factor) in factors.iter().enumerate() {
        for element in list(factor) {
            let mut parts = rest.clone();
            parts[at] = element;
            result.push(Elem::Tuple(parts));
        }
    }
    result
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Group::Trivial => f.write_str("trivial"),
            Group::C(n) => write!(f, "C({n})"),
            Group::D(n) => write!(f, "D({n})"),
            Group::S(n) => write!(f, "S({n})"),
            Group::Dic(2) => f.write_str("Q8"),
            Group::Dic(n) => write!(f, "Dic({n})"),
            Group::T => f.write_str("T"),
            Group::Td => f.write_str("Td"),
            Group::Th => f.write_str("Th"),
            Group::O => f.write_str("O"),
            Group::Oh => f.write_str("Oh"),
            Group::SO2 => f.write_str("SO(2)"),
            Group::O2 => f.write_str("O(2)"),
            Group::SO3 => f.write_str("SO(3)"),
            Group::O3 => f.write_str("O(3)"),
            Group::Product(factors) => {
                let names: Vec<String> = factors.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" x "))
            }
            Group::Subgroup(sub) => sub.fmt(f),
            Group::Axial(axial) => axial.fmt(f),
            Group::Generated(group) => group.fmt(f),
            Group::Linear(group) => group.fmt(f),
        }
    }
}
