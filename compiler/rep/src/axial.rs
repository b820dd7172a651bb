//! Groups of rotations and reflections of space with one axis: the closed subgroups of SO(3) and O(3) that contain all rotations about
//! a line, and not all rotations of space.
//!
//! Such a group maps its axis n to ±n. Its elements fall into four cosets of the rotations about n, told apart by the signs of the
//! determinant and of ⟨g n, n⟩; which of them occur gives the five kinds (Schoenflies): C∞ (rotations), D∞ (and half turns across), C∞v (and
//! reflections in planes through the axis), C∞h (and the inversion), D∞h (all).

use crate::element::{Elem, Element};
use crate::exact::Exact;
use crate::group::Group;
use crate::scalar::Jet;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A group with an axis.
#[derive(Clone, Debug)]
pub struct Axial {
    /// Along the axis: the largest component is 1.
    axis: [Exact; 3],
    /// Half turns across the axis, the inversion, reflections in planes through the axis.
    cosets: [bool; 3],
    /// Whether it is seen as a subgroup of O(3), or of SO(3).
    improper: bool,
}

/// Representatives beside the identity, in the order of [`Axial::new`].
const COSETS: usize = 3;

impl PartialEq for Axial {
    fn eq(&self, other: &Axial) -> bool {
        let near = |k: usize| (self.axis[k].f - other.axis[k].f).abs() < 1e-9;
        self.cosets == other.cosets && self.improper == other.improper && (0..3).all(near)
    }
}

impl Eq for Axial {}

impl Hash for Axial {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.cosets, self.improper).hash(state);
    }
}

impl Axial {
    /// The elements of SO(3) or O(3) whose coset is kept; `keep` is asked about representatives. `None` for the axis 0, or if what is kept
    /// is not closed under products.
    pub fn new(parent: &Group, axis: [Exact; 3], keep: impl Fn(&Element) -> bool) -> Option<Axial> {
        let axis = direction(axis)?;
        let improper = *parent == Group::O3;
        let mut group = Axial {
            axis,
            cosets: [false; COSETS],
            improper,
        };
        for k in 0..COSETS {
            let inside = improper || k == 0;
            group.cosets[k] = inside && keep(&group.representative(k));
        }
        let two = group.cosets.iter().filter(|c| **c).count();
        (two != 2).then_some(group)
    }

    /// The group that it is a subgroup of: O(3) or SO(3).
    pub fn parent(&self) -> Group {
        if self.improper { Group::O3 } else { Group::SO3 }
    }

    /// Along the axis.
    pub fn axis(&self) -> [Exact; 3] {
        self.axis
    }

    /// A half turn across the axis, the inversion, a reflection in a plane through the axis.
    fn representative(&self, coset: usize) -> Element {
        if coset == 1 {
            return Elem::Space(std::array::from_fn(|at| Exact::int(-i64::from(at % 4 == 0))));
        }
        let p = across(&self.axis);
        let square = p.iter().fold(Exact::ZERO, |s, x| s + *x * *x);
        // 2 p pᵀ / |p|² − 1, and its negative.
        let sign = Exact::int(if coset == 0 { 1 } else { -1 });
        Elem::Space(std::array::from_fn(|at| {
            let (i, j) = (at / 3, at % 3);
            let one = Exact::int(i64::from(i == j));
            sign * (Exact::int(2) * p[i] * p[j] / square - one)
        }))
    }

    /// One element of every coset but that of the rotations.
    pub fn generators(&self) -> Vec<Element> {
        (0..COSETS)
            .filter(|&k| self.cosets[k])
            .map(|k| self.representative(k))
            .collect()
    }

    /// Whether a matrix of O(3) is one of its elements.
    pub fn contains(&self, g: &[Exact; 9]) -> bool {
        let n = self.axis.map(|x| x.f);
        let moved: [f64; 3] = std::array::from_fn(|i| (0..3).map(|j| g[3 * i + j].f * n[j]).sum());
        let along: f64 = (0..3).map(|k| moved[k] * n[k]).sum();
        let square: f64 = n.iter().map(|x| x * x).sum();
        let sign = along.signum();
        if (0..3).any(|k| (moved[k] - sign * n[k]).abs() > 1e-9) || (along.abs() - square).abs() > 1e-9 {
            return false;
        }
        match (crate::wigner::det(g) > 0.0, sign > 0.0) {
            (true, true) => true,
            (true, false) => self.cosets[0],
            (false, false) => self.cosets[1],
            (false, true) => self.cosets[2],
        }
    }

    /// Whether all elements of another are elements of this one.
    pub fn contains_all(&self, other: &Axial) -> bool {
        let near = |k: usize| (self.axis[k].f - other.axis[k].f).abs() < 1e-9;
        (0..3).all(near) && (0..COSETS).all(|k| self.cosets[k] || !other.cosets[k])
    }

    /// n·L, the generator of the rotations about the axis, in the basis (L_x, L_y, L_z) of so(3).
    pub fn algebra(&self) -> Vec<Exact> {
        self.axis.to_vec()
    }

    /// 1 + ε n·L.
    pub fn curve(&self) -> Elem<Jet> {
        Elem::Space(std::array::from_fn(|at| {
            let (i, j) = (at / 3, at % 3);
            // (L_k)_ij = −ε_kij
            let d = match (3 + j - i) % 3 {
                1 => -self.axis[(j + 1) % 3],
                2 => self.axis[(i + 1) % 3],
                _ => Exact::ZERO,
            };
            Jet {
                v: Exact::int(i64::from(i == j)),
                d,
            }
        }))
    }

    /// The rotation with the quaternion (w, t n), after representative `coset` − 1 (0: none) if the group has it.
    pub fn element(&self, coset: usize, w: Exact, t: Exact) -> Element {
        let [x, y, z] = self.axis.map(|a| t * a);
        let square = w * w + x * x + y * y + z * z;
        let two = Exact::int(2);
        let m = [
            square - two * (y * y + z * z),
            two * (x * y - z * w),
            two * (x * z + y * w),
            two * (x * y + z * w),
            square - two * (x * x + z * z),
            two * (y * z - x * w),
            two * (x * z - y * w),
            two * (y * z + x * w),
            square - two * (x * x + y * y),
        ];
        let turn = Elem::Space(m.map(|v| v / square));
        self.after(turn, coset)
    }

    /// A rotation after a representative.
    fn after(&self, turn: Element, coset: usize) -> Element {
        let present = coset.checked_sub(1).filter(|&k| k < COSETS && self.cosets[k]);
        let first = present.map(|k| self.representative(k));
        first.and_then(|g| turn.compose(&g)).unwrap_or(turn)
    }

    /// Its rotations about the axis.
    pub fn turns(&self) -> Axial {
        Axial {
            cosets: [false; COSETS],
            ..self.clone()
        }
    }

    /// A rotation about the axis by a number of turns, up to rounding.
    fn turned(&self, turns: f64) -> Element {
        let length = self.axis.iter().map(|x| x.f * x.f).sum::<f64>().sqrt();
        let (sin, cos) = (std::f64::consts::PI * turns).sin_cos();
        self.element(0, Exact::inexact(cos), Exact::inexact(sin / length))
    }

    /// A random element; `draw` gives 64 random bits a call.
    pub fn random(&self, draw: &mut dyn FnMut() -> u64) -> Element {
        let turns = (draw() >> 11) as f64 / (1u64 << 53) as f64;
        let coset = (draw() % (COSETS as u64 + 1)) as usize;
        self.after(self.turned(turns), coset)
    }

    /// Quarter, third and half turns, and one element of every other coset.
    pub fn witness_elements(&self) -> Vec<Element> {
        let mut list: Vec<Element> = [0.25, 1.0 / 3.0, 0.5].iter().map(|&t| self.turned(t)).collect();
        list.extend(self.generators());
        list
    }
}

impl fmt::Display for Axial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.cosets {
            [false, false, false] => "C∞",
            [true, false, false] => "D∞",
            [false, true, false] => "C∞h",
            [false, false, true] => "C∞v",
            _ => "D∞h",
        };
        write!(f, "{kind} about {}", crate::element::axis_name(&self.axis.map(|x| x.f)))
    }
}

/// A vector along an axis: its largest component made 1, the first of equal ones.
fn direction(v: [Exact; 3]) -> Option<[Exact; 3]> {
    let mut largest = 0;
    for k in 1..3 {
        if v[k].f.abs() > v[largest].f.abs() + 1e-12 {
            largest = k;
        }
    }
    let unit = v[largest];
    (unit.f.abs() > 1e-12).then(|| v.map(|x| x / unit))
}

/// A vector at right angles to another.
fn across(v: &[Exact; 3]) -> [Exact; 3] {
    let smallest = (0..3).fold(0, |s, k| if v[k].f.abs() < v[s].f.abs() { k } else { s });
    let (i, j) = ((smallest + 1) % 3, (smallest + 2) % 3);
    let mut p = [Exact::ZERO; 3];
    p[i] = -v[j];
    p[j] = v[i];
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(v: [i64; 3]) -> [Exact; 3] {
        v.map(Exact::int)
    }

    fn space(g: &Element) -> [Exact; 9] {
        match g {
            Elem::Space(m) => *m,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cosets_and_names() {
        let all = Axial::new(&Group::O3, exact([0, 0, 2]), |_| true).expect("an axis");
        assert_eq!(all.to_string(), "D∞h about z");
        let polar = Axial::new(&Group::O3, exact([1, 2, -2]), |g| {
            let m = space(g).map(|x| x.f);
            // Fixes the vector.
            (0..3).all(|i| (m[3 * i] + 2.0 * m[3 * i + 1] - 2.0 * m[3 * i + 2] - [1.0, 2.0, -2.0][i]).abs() < 1e-9)
        });
        let polar = polar.expect("an axis");
        assert_eq!(polar.to_string(), "C∞v about (0.5, 1, -1)");
        assert_eq!(
            Axial::new(&Group::SO3, exact([1, 0, 0]), |_| true).map(|a| a.to_string()),
            Some("D∞ about x".into())
        );
        assert!(Axial::new(&Group::O3, exact([0, 0, 0]), |_| true).is_none());
        assert!(!all.contains_all(&polar) && all.contains_all(&all));
    }

    #[test]
    fn elements_belong() {
        let mut state = 7u64;
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state
        };
        for keep in [[true; 3], [false, false, true]] {
            let full = Axial::new(&Group::O3, exact([1, 2, -2]), |_| true).expect("an axis");
            let index = |g: &Element| (0..3).find(|&k| full.representative(k) == *g);
            let group =
                Axial::new(&Group::O3, exact([1, 2, -2]), |g| index(g).is_some_and(|k| keep[k])).expect("closed");
            for _ in 0..20 {
                let (g, h) = (group.random(&mut draw), group.random(&mut draw));
                assert!(group.contains(&space(&g)));
                assert!(group.contains(&space(&g.compose(&h).expect("a product"))));
            }
            for k in 0..4 {
                let exact = group.element(k, Exact::int(3), Exact::int(2));
                assert!(group.contains(&space(&exact)) && space(&exact).iter().all(|x| x.r.is_some()));
            }
            let quarter = Group::SO3.witness_elements();
            assert!(!quarter.iter().all(|g| group.contains(&space(g))));
        }
    }
}
