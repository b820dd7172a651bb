//! Random elements with exact coordinates, for tests over a finite field.

use crate::element::{Elem, Element};
use crate::exact::Exact;
use crate::group::Group;

impl Group {
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
