//! Every finite group as a group of permutations: the ground for stabilizer chains.

use crate::element::{Elem, Element};
use crate::group::Group;

impl Group {
    /// The number of points that [`Group::to_points`] permutes; `None` for infinite groups.
    ///
    /// C(n): one cycle for each prime power in n; D(n): the same, turned around by f, and two points that f exchanges;
    /// Dic(n): its elements; S(n) and groups by generators: their points; signed matrices: ±x, ±y, ±z; products: the points
    /// of the factors one after the other; subgroups: those of the parent.
    pub fn points(&self) -> Option<usize> {
        Some(match self {
            Group::Trivial => 0,
            Group::C(n) => cycle_lengths(*n).iter().sum::<u32>() as usize,
            Group::D(n) => cycle_lengths(*n).iter().sum::<u32>() as usize + 2,
            Group::Dic(n) => 4 * *n as usize,
            Group::S(n) => *n as usize,
            Group::T | Group::Td | Group::Th | Group::O | Group::Oh => 6,
            Group::SO2 | Group::O2 | Group::SO3 | Group::O3 | Group::Axial(_) | Group::Linear(_) => return None,
            Group::Product(factors) => factors.iter().map(Group::points).sum::<Option<usize>>()?,
            Group::Subgroup(sub) => sub.parent().points()?,
            Group::Generated(group) => group.degree(),
        })
    }

    /// An element as a permutation; faithful. `None` for elements of other groups.
    pub fn to_points(&self, g: &Element) -> Option<Vec<u32>> {
        Some(match (self, g) {
            (Group::Trivial, Elem::Identity) => vec![],
            (Group::C(n) | Group::D(n), Elem::Planar { n: m, flip, turn }) if n == m => {
                let mut image = vec![];
                for length in cycle_lengths(*n) {
                    let (start, turn) = (image.len() as u32, turn % length);
                    // r^turn f^flip: i ↦ turn ± i
                    image.extend((0..length).map(|i| {
                        let moved = if *flip { turn + length - i } else { turn + i };
                        start + moved % length
                    }));
                }
                if matches!(self, Group::D(_)) {
                    let start = image.len() as u32;
                    image.extend([start + u32::from(*flip), start + u32::from(!flip)]);
                }
                image
            }
            (Group::Dic(n), Elem::Dicyclic { n: m, .. }) if n == m => {
                let image = |i| Some(self.index(&g.compose(&self.element(i)?)?)? as u32);
                (0..4 * u64::from(*n)).map(image).collect::<Option<_>>()?
            }
            (Group::S(_) | Group::Generated(_), Elem::Permutation(image)) => {
                (image.len() == self.points()?).then(|| image.clone())?
            }
            (Group::T | Group::Td | Group::Th | Group::O | Group::Oh, Elem::Signed { axis, sign }) => (0..6u8)
                .map(|point| {
                    let (j, negative) = (usize::from(point / 2), point % 2 == 1);
                    2 * u32::from(axis[j]) + u32::from((sign[j] < 0) != negative)
                })
                .collect(),
            (Group::Product(factors), Elem::Tuple(parts)) if factors.len() == parts.len() => {
                let mut image: Vec<u32> = vec![];
                for (factor, part) in factors.iter().zip(parts) {
                    let start = image.len() as u32;
                    image.extend(factor.to_points(part)?.into_iter().map(|i| start + i));
                }
                image
            }
            (Group::Subgroup(sub), _) => sub.parent().to_points(g)?,
            _ => return None,
        })
    }

    /// The element that acts by this permutation.
    pub fn from_points(&self, image: &[u32]) -> Option<Element> {
        if image.len() != self.points()? {
            return None;
        }
        Some(match self {
            Group::Trivial => Elem::Identity,
            Group::C(n) | Group::D(n) => {
                let lengths = cycle_lengths(*n);
                let total: u32 = lengths.iter().sum();
                let flip = matches!(self, Group::D(_)) && image[total as usize] != total;
                let (mut turn, mut modulus, mut start) = (0, 1, 0);
                for length in lengths {
                    let wanted = image[start as usize] - start;
                    // Chinese remainders, one prime power at a time.
                    turn = (0..length).map(|k| turn + k * modulus).find(|t| t % length == wanted)?;
                    modulus *= length;
                    start += length;
                }
                Elem::Planar { n: *n, flip, turn }
            }
            // A regular permutation is known from the image of the identity.
            Group::Dic(_) => self.element(u64::from(*image.first()?))?,
            Group::S(_) | Group::Generated(_) => Elem::Permutation(image.to_vec()),
            Group::T | Group::Td | Group::Th | Group::O | Group::Oh => Elem::Signed {
                axis: [0, 2, 4].map(|point: usize| (image[point] / 2) as u8),
                sign: [0, 2, 4].map(|point: usize| if image[point] % 2 == 1 { -1 } else { 1 }),
            },
            Group::Product(factors) => {
                let (mut parts, mut start) = (vec![], 0);
                for factor in factors {
                    let end = start + factor.points()?;
                    let part: Vec<u32> = image[start..end].iter().map(|&i| i - start as u32).collect();
                    parts.push(factor.from_points(&part)?);
                    start = end;
                }
                Elem::Tuple(parts)
            }
            Group::Subgroup(sub) => sub.parent().from_points(image)?,
            Group::SO2 | Group::O2 | Group::SO3 | Group::O3 | Group::Axial(_) | Group::Linear(_) => return None,
        })
    }

    /// Generators as permutations, and the number of points.
    pub(crate) fn generating_points(&self) -> Option<(Vec<Vec<u32>>, usize)> {
        let generators = self.generators();
        let images = generators.iter().map(|g| self.to_points(g)).collect::<Option<_>>()?;
        Some((images, self.points()?))
    }
}

/// The prime powers that n is a product of, ascending primes.
fn cycle_lengths(mut n: u32) -> Vec<u32> {
    let mut lengths = vec![];
    let mut p = 2;
    while n > 1 {
        if p * p > n {
            p = n;
        }
        let mut power = 1;
        while n.is_multiple_of(p) {
            n /= p;
            power *= p;
        }
        if power > 1 {
            lengths.push(power);
        }
        p += 1;
    }
    lengths
}
