//! Groups: what they are called, their elements, generators and standard actions.

use crate::element::{Elem, Element};
use crate::error::Error;
use crate::exact::Exact;
use crate::permutation::{determinant, rank, signed_elements, unrank};
use crate::scalar::Jet;
use crate::subgroup::Subgroup;
use std::fmt;

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
}

impl Group {
    /// The group called `name` with arguments: `C(n)`, `D(n)`, `S(n)`, `O`, `Oh`, `SO(2)`, `O(2)`, `SO(3)`, `O(3)`,
    /// `trivial`.
    pub fn named(name: &str, args: &[i64]) -> Result<Group, Error> {
        let count = |n: i64| u32::try_from(n).ok().filter(|&n| n > 0 && n <= 1 << 24);
        let bad = || Error::Invalid(format!("`{name}` needs a positive number"));
        match (name, args) {
            ("trivial", []) => Ok(Group::Trivial),
            ("C", &[n]) => count(n).map(Group::C).ok_or_else(bad),
            ("D", &[n]) => count(n).map(Group::D).ok_or_else(bad),
            ("S", &[n]) => count(n).map(Group::S).ok_or_else(bad),
            ("O", []) => Ok(Group::O),
            ("Oh", []) => Ok(Group::Oh),
            ("SO", [2]) => Ok(Group::SO2),
            ("O", [2]) => Ok(Group::O2),
            ("SO", [3]) => Ok(Group::SO3),
            ("O", [3]) => Ok(Group::O3),
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

    /// The number of elements; `None` if infinite or beyond 64 bits.
    pub fn order(&self) -> Option<u64> {
        match self {
            Group::Trivial => Some(1),
            Group::C(n) => Some(u64::from(*n)),
            Group::D(n) => Some(2 * u64::from(*n)),
            Group::S(n) => (1..=u64::from(*n)).try_fold(1u64, u64::checked_mul),
            Group::O => Some(24),
            Group::Oh => Some(48),
            Group::SO2 | Group::O2 | Group::SO3 | Group::O3 => None,
            Group::Product(factors) => factors
                .iter()
                .try_fold(1u64, |n, factor| n.checked_mul(factor.order()?)),
            Group::Subgroup(sub) => Some(sub.order()),
        }
    }

    /// The dimension of the Lie algebra.
    pub fn lie_dim(&self) -> usize {
        match self {
            Group::SO2 | Group::O2 => 1,
            Group::SO3 | Group::O3 => 3,
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
            Group::O | Group::Oh => Elem::Signed {
                axis: [0, 1, 2],
                sign: [1; 3],
            },
            Group::SO2 | Group::O2 => circle(false, 0, 1),
            Group::SO3 | Group::O3 => space([1, 0, 0, 0, 1, 0, 0, 0, 1]),
            Group::Product(factors) => Elem::Tuple(factors.iter().map(Group::identity).collect()),
            Group::Subgroup(sub) => sub.parent().identity(),
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
            // Quarter turns about z and x.
            Group::O => vec![
                Elem::Signed {
                    axis: [1, 0, 2],
                    sign: [1, -1, 1],
                },
                Elem::Signed {
                    axis: [0, 2, 1],
                    sign: [1, 1, -1],
                },
            ],
            Group::Oh => {
                let mut list = Group::O.generators();
                list.push(Elem::Signed {
                    axis: [0, 1, 2],
                    sign: [-1; 3],
                });
                list
            }
            Group::O2 => vec![circle(true, 0, 1)],
            Group::O3 => vec![space([-1, 0, 0, 0, -1, 0, 0, 0, -1])],
            Group::Product(factors) => embed_each(factors, Group::generators),
            Group::Subgroup(sub) => sub.generators(),
        }
    }

    /// One curve 1 + εA through the identity for each generator A of the Lie algebra:
    /// SO(2): dr/dθ; SO(3): rotations about x, y, z, (L_k)_ij = −ε_ijk.
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
        match self.order() {
            Some(order) if order <= MAX_ELEMENTS => Ok((0..order).filter_map(|i| self.element(i)).collect()),
            Some(order) => Err(Error::TooLarge(format!(
                "{self} has {order} elements; at most {MAX_ELEMENTS} are listed"
            ))),
            None if self.is_finite() => Err(Error::TooLarge(format!("{self} has too many elements to list"))),
            None => Err(Error::Invalid(format!("{self} is infinite"))),
        }
    }

    /// Element number `index` of a finite group, 0 being the identity.
    ///
    /// C(n), D(n): r^k f^j has number j·n + k (escnn's order); S(n): by the factorial number system of the images;
    /// O, Oh: by axes, then signs; products: the first factor is slowest.
    pub fn element(&self, index: u64) -> Option<Element> {
        if index >= self.order()? {
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
            Group::S(n) => Elem::Permutation(unrank(index, *n)),
            Group::O => signed_elements().filter(|g| determinant(g) == 1).nth(index as usize)?,
            Group::Oh => signed_elements().nth(index as usize)?,
            Group::Product(factors) => {
                let mut rest = index;
                let mut parts = vec![];
                for factor in factors.iter().rev() {
                    let order = factor.order()?;
                    parts.push(factor.element(rest % order)?);
                    rest /= order;
                }
                parts.reverse();
                Elem::Tuple(parts)
            }
            Group::Subgroup(sub) => sub.element(index as usize)?,
            Group::SO2 | Group::O2 | Group::SO3 | Group::O3 => return None,
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
            (Group::S(n), Elem::Permutation(image)) if image.len() == *n as usize => rank(image),
            (Group::O, Elem::Signed { .. }) => signed_elements()
                .filter(|g| determinant(g) == 1)
                .position(|g| g == *element)
                .map(|i| i as u64),
            (Group::Oh, Elem::Signed { .. }) => signed_elements().position(|g| g == *element).map(|i| i as u64),
            (Group::Product(factors), Elem::Tuple(parts)) if parts.len() == factors.len() => {
                factors.iter().zip(parts).try_fold(0u64, |index, (factor, part)| {
                    index.checked_mul(factor.order()?)?.checked_add(factor.index(part)?)
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
            _ => self.index(element).is_some(),
        }
    }

    /// A random element, uniform (Haar); `draw` gives 64 random bits a call.
    pub fn random(&self, draw: &mut impl FnMut() -> u64) -> Element {
        self.random_dyn(draw)
    }

    fn random_dyn(&self, draw: &mut dyn FnMut() -> u64) -> Element {
        let mut unit = || (draw() >> 11) as f64 / (1u64 << 53) as f64;
        match self {
            Group::SO2 | Group::O2 => {
                let (sin, cos) = (std::f64::consts::TAU * unit()).sin_cos();
                let flip = *self == Group::O2 && unit() < 0.5;
                Elem::Circle {
                    flip,
                    cos: Exact::inexact(cos),
                    sin: Exact::inexact(sin),
                }
            }
            Group::SO3 | Group::O3 => {
                // Shoemake's uniform quaternion.
                let (u, (s1, c1), (s2, c2)) = (
                    unit(),
                    (std::f64::consts::TAU * unit()).sin_cos(),
                    (std::f64::consts::TAU * unit()).sin_cos(),
                );
                let (a, b) = ((1.0 - u).sqrt(), u.sqrt());
                let (x, y, z, w) = (a * s1, a * c1, b * s2, b * c2);
                let sign = if *self == Group::O3 && unit() < 0.5 { -1.0 } else { 1.0 };
                let m = [
                    1.0 - 2.0 * (y * y + z * z),
                    2.0 * (x * y - z * w),
                    2.0 * (x * z + y * w),
                    2.0 * (x * y + z * w),
                    1.0 - 2.0 * (x * x + z * z),
                    2.0 * (y * z - x * w),
                    2.0 * (x * z - y * w),
                    2.0 * (y * z + x * w),
                    1.0 - 2.0 * (x * x + y * y),
                ];
                Elem::Space(m.map(|x| Exact::inexact(sign * x)))
            }
            Group::S(n) => {
                let mut image: Vec<u32> = (0..*n).collect();
                for i in (1..image.len()).rev() {
                    image.swap(i, (draw() % (i as u64 + 1)) as usize);
                }
                Elem::Permutation(image)
            }
            Group::Product(factors) => Elem::Tuple(factors.iter().map(|g| g.random_dyn(draw)).collect()),
            _ => {
                let order = self.order().unwrap_or(1).max(1);
                self.element(draw() % order).unwrap_or_else(|| self.identity())
            }
        }
    }

    /// Memorable elements for counterexamples: quarter turns, reflections, thirds of a turn, transpositions.
    pub fn witness_elements(&self) -> Vec<Element> {
        match self {
            Group::SO2 => vec![
                circle(false, 1, 4),
                circle(false, 1, 3),
                circle(false, 1, 8),
                circle(false, 1, 2),
            ],
            Group::O2 => [vec![circle(true, 0, 1)], Group::SO2.witness_elements()].concat(),
            Group::SO3 => vec![
                space([1, 0, 0, 0, 0, -1, 0, 1, 0]),
                space([0, 0, 1, 0, 1, 0, -1, 0, 0]),
                space([0, -1, 0, 1, 0, 0, 0, 0, 1]),
                space([0, 0, 1, 1, 0, 0, 0, 1, 0]),
                space([1, 0, 0, 0, -1, 0, 0, 0, -1]),
            ],
            Group::O3 => {
                let mut list = Group::SO3.witness_elements();
                list.push(space([-1, 0, 0, 0, -1, 0, 0, 0, -1]));
                list.push(space([-1, 0, 0, 0, 1, 0, 0, 0, 1]));
                list
            }
            Group::C(n) | Group::D(n) => {
                let mut turns: Vec<u32> = [4, 3, 2].into_iter().filter(|q| n % q == 0).map(|q| n / q).collect();
                if *n > 1 && !turns.contains(&1) {
                    turns.push(1);
                }
                let mut list: Vec<Element> = turns
                    .into_iter()
                    .map(|turn| Elem::Planar {
                        n: *n,
                        flip: false,
                        turn,
                    })
                    .collect();
                if matches!(self, Group::D(_)) {
                    list.push(Elem::Planar {
                        n: *n,
                        flip: true,
                        turn: 0,
                    });
                }
                list
            }
            Group::O | Group::Oh => {
                let mut list = self.generators();
                list.push(Elem::Signed {
                    axis: [1, 2, 0],
                    sign: [1; 3],
                });
                list
            }
            Group::Product(factors) => embed_each(factors, Group::witness_elements),
            Group::Trivial | Group::S(_) | Group::Subgroup(_) => self.generators(),
        }
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

fn space(m: [i64; 9]) -> Element {
    Elem::Space(m.map(Exact::int))
}

/// The elements of each factor, with identities in the other places.
fn embed_each(factors: &[Group], list: impl Fn(&Group) -> Vec<Element>) -> Vec<Element> {
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
        }
    }
}
