//! Elements to test with: random ones, random ones with exact coordinates for tests over a finite field, and memorable ones.

use crate::element::{Elem, Element};
use crate::exact::Exact;
use crate::group::{Group, circle, embed_each, signed, space};

impl Group {
    /// A random element; uniform on the finite groups and on SO(2), O(2), SO(3), O(3). `draw` gives 64 random bits a call.
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
            Group::Generated(group) => Elem::Permutation(group.chain().random(draw)),
            Group::Subgroup(sub) => sub.random(draw),
            Group::Axial(axial) => axial.random(draw),
            Group::Linear(group) => group.random(draw),
            _ => {
                let order = self.small_order().unwrap_or(1).max(1);
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
            Group::O | Group::Oh => [self.generators(), vec![signed([1, 2, 0], [1; 3])]].concat(),
            Group::Product(factors) => embed_each(factors, Group::witness_elements),
            Group::Linear(group) => group.witness_elements(),
            _ => self.generators(),
        }
    }

    /// A random element with exact coordinates: of a finite group any, of a Lie group a rational one. `None` where no rational
    /// elements are known (groups of matrices by generators); `draw` gives 64 random bits a call.
    pub fn random_exact(&self, draw: &mut dyn FnMut() -> u64) -> Option<Element> {
        let mut small = |n: u64| (draw() % (2 * n + 1)) as i64 - n as i64;
        Some(match self {
            Group::SO2 | Group::O2 => {
                let (a, b) = (5 + small(4), small(6));
                let n = a * a + b * b;
                Elem::Circle {
                    flip: *self == Group::O2 && small(1) > 0,
                    cos: Exact::ratio(a * a - b * b, n),
                    sin: Exact::ratio(2 * a * b, n),
                }
            }
            Group::SO3 | Group::O3 => {
                // The rotation of the quaternion w + ix + jy + kz.
                let (w, x, y, z) = (3 + small(2), small(6), small(6), small(6));
                let n = w * w + x * x + y * y + z * z;
                let sign = if *self == Group::O3 && small(1) > 0 { -1 } else { 1 };
                let m = [
                    n - 2 * (y * y + z * z),
                    2 * (x * y - z * w),
                    2 * (x * z + y * w),
                    2 * (x * y + z * w),
                    n - 2 * (x * x + z * z),
                    2 * (y * z - x * w),
                    2 * (x * z - y * w),
                    2 * (y * z + x * w),
                    n - 2 * (x * x + y * y),
                ];
                Elem::Space(m.map(|v| Exact::ratio(sign * v, n)))
            }
            Group::Axial(axial) => {
                let (w, t, which) = (3 + small(2), small(6), small(6).unsigned_abs() as usize % 4);
                axial.element(which, Exact::int(w), Exact::int(t))
            }
            Group::Linear(group) => group.random_exact(draw)?,
            Group::Product(factors) => {
                let parts = factors.iter().map(|factor| factor.random_exact(draw));
                Elem::Tuple(parts.collect::<Option<_>>()?)
            }
            finite => finite.random(&mut || draw()),
        })
    }
}
