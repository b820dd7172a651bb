//! Neighbours closer than a cutoff, by sorting points into bins: linear in the number of points.
//!
//! With a periodic cell, fractional coordinates f = A⁻¹ x are wrapped into [0, 1); bins divide the cell along its three lattice
//! directions, and a bin beyond the last one is a bin of the next image. Bins are never thinner than needed: along direction k
//! the planes of the lattice are h_k = 1 / |a*_k| apart, so a ball of radius r touches the bins within ⌈r / (h_k / n_k)⌉.

use super::vector::{add, cross, dot, norm, orthogonal, scale, sub, unit};
use super::{Edges, Point};

/// A lattice.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Lattice vectors; those that are not periods are not looked at.
    pub vectors: [Point; 3],
    /// Which are periods.
    pub periodic: [bool; 3],
}

/// More bins than this around one point mean that cutoff and cell are in different units.
const MOST_BINS: f64 = 1e6;

impl Cell {
    /// A cell that repeats in all directions.
    pub fn periodic(vectors: [Point; 3]) -> Cell {
        Cell {
            vectors,
            periodic: [true; 3],
        }
    }

    /// A translation of the lattice.
    pub fn translation(&self, shift: [i32; 3]) -> Point {
        (0..3).fold([0.0; 3], |sum, k| add(sum, scale(self.vectors[k], f64::from(shift[k]))))
    }

    /// Lattice vectors with unit vectors at right angles in place of those that are not periods.
    fn completed(&self) -> Option<[Point; 3]> {
        let mut basis = self.vectors;
        let periods: Vec<usize> = (0..3).filter(|&k| self.periodic[k]).collect();
        match periods.as_slice() {
            [] => basis = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            &[k] => {
                let along = unit(basis[k])?;
                let first = orthogonal(along)?;
                basis[(k + 1) % 3] = first;
                basis[(k + 2) % 3] = cross(along, first);
            }
            &[j, k] => basis[3 - j - k] = unit(cross(basis[j], basis[k]))?,
            _ => {}
        }
        Some(basis)
    }
}

/// Rows of the inverse of the matrix with these columns.
fn reciprocals(basis: &[Point; 3]) -> Option<[Point; 3]> {
    let volume = dot(basis[0], cross(basis[1], basis[2]));
    let flat = basis.iter().map(|&v| norm(v)).product::<f64>() * 1e-12;
    (volume.abs() > flat && volume.is_finite())
        .then(|| [0, 1, 2].map(|k| scale(cross(basis[(k + 1) % 3], basis[(k + 2) % 3]), 1.0 / volume)))
}

/// Points sorted into bins.
struct Bins {
    /// Bins along every direction.
    count: [i64; 3],
    /// How many bins away a neighbour can be.
    reach: [i64; 3],
    periodic: [bool; 3],
    /// The bin of every point, and the lattice translation that took it there.
    place: Vec<([i64; 3], [i32; 3])>,
    /// Points by bin.
    members: Vec<Vec<u32>>,
}

impl Bins {
    fn new(points: &[Point], basis: &[Point; 3], periodic: [bool; 3], cutoff: f64) -> Option<Bins> {
        let inverse = reciprocals(basis)?;
        let mut fractions: Vec<Point> = points.iter().map(|&x| inverse.map(|a| dot(a, x))).collect();
        let (mut count, mut reach, mut low, mut width) = ([1i64; 3], [0i64; 3], [0.0; 3], [1.0; 3]);
        let per_axis = ((points.len().max(1) as f64).cbrt().ceil() as i64 * 2).max(1);
        for k in 0..3 {
            let height = 1.0 / norm(inverse[k]);
            if !periodic[k] {
                low[k] = fractions.iter().map(|f| f[k]).fold(f64::INFINITY, f64::min);
                let high = fractions.iter().map(|f| f[k]).fold(f64::NEG_INFINITY, f64::max);
                width[k] = (high - low[k]).max(1e-9) * (1.0 + 1e-9);
            }
            count[k] = ((height * width[k] / cutoff) as i64).clamp(1, per_axis);
            reach[k] = (cutoff * count[k] as f64 / (height * width[k])).ceil() as i64;
            if !periodic[k] {
                reach[k] = reach[k].min(count[k]);
            }
        }
        if reach.iter().map(|&r| 2.0 * r as f64 + 1.0).product::<f64>() > MOST_BINS {
            return None;
        }
        let mut bins = Bins {
            count,
            reach,
            periodic,
            place: Vec::new(),
            members: vec![Vec::new(); count.iter().product::<i64>() as usize],
        };
        for (row, f) in fractions.iter_mut().enumerate() {
            let mut wrapped = [0; 3];
            let mut bin = [0; 3];
            for k in 0..3 {
                if periodic[k] {
                    wrapped[k] = -(f[k].floor() as i32);
                    f[k] -= f[k].floor();
                }
                bin[k] = (((f[k] - low[k]) / width[k] * count[k] as f64) as i64).clamp(0, count[k] - 1);
            }
            let flat = bins.flat(bin);
            bins.members[flat].push(row as u32);
            bins.place.push((bin, wrapped));
        }
        Some(bins)
    }

    fn flat(&self, bin: [i64; 3]) -> usize {
        ((bin[0] * self.count[1] + bin[1]) * self.count[2] + bin[2]) as usize
    }

    /// Calls `f(member, image)` for the points of all bins around a bin.
    fn around(&self, bin: [i64; 3], mut f: impl FnMut(usize, [i64; 3])) {
        let range = |k: usize| bin[k] - self.reach[k]..=bin[k] + self.reach[k];
        for x in range(0) {
            for y in range(1) {
                for z in range(2) {
                    let at = [x, y, z];
                    if (0..3).any(|k| !self.periodic[k] && !(0..self.count[k]).contains(&at[k])) {
                        continue;
                    }
                    let image = [0, 1, 2].map(|k| at[k].div_euclid(self.count[k]));
                    let own = [0, 1, 2].map(|k| at[k].rem_euclid(self.count[k]));
                    self.members[self.flat(own)].iter().for_each(|&j| f(j as usize, image));
                }
            }
        }
    }
}

/// All edges shorter than the cutoff, periodic images included; a point is its own neighbour only as an image.
///
/// # Errors
/// Names a number that is not finite or not positive, a flat cell, or a cutoff that is large beyond reason for the cell.
///
/// ```
/// use gdl_runtime::domain::{Cell, neighbours};
/// let cell = Cell::periodic([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]);
/// let edges = neighbours(&[[0.0; 3]], Some(&cell), 2.5).unwrap();
/// assert_eq!(edges.len(), 6);
/// ```
pub fn neighbours(points: &[Point], cell: Option<&Cell>, cutoff: f64) -> Result<Edges, String> {
    if !(cutoff > 0.0 && cutoff.is_finite()) {
        return Err(format!("a cutoff of {cutoff} has no neighbours"));
    }
    if let Some(k) = points.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
        return Err(format!("point {k} is not finite"));
    }
    let none = Cell {
        vectors: [[0.0; 3]; 3],
        periodic: [false; 3],
    };
    let cell = cell.unwrap_or(&none);
    let basis = cell
        .completed()
        .filter(|b| reciprocals(b).is_some())
        .ok_or("the lattice vectors are not independent")?;
    let bins = Bins::new(points, &basis, cell.periodic, cutoff)
        .ok_or_else(|| format!("a cutoff of {cutoff} reaches very many images of the cell: are both in one unit?"))?;
    let mut edges = Edges::default();
    let mut found: Vec<(usize, [i32; 3])> = Vec::new();
    for (i, &centre) in points.iter().enumerate() {
        let (bin, wrapped) = bins.place[i];
        found.clear();
        bins.around(bin, |j, image| {
            let shift = [0, 1, 2].map(|k| image[k] as i32 + bins.place[j].1[k] - wrapped[k]);
            let apart = add(sub(points[j], centre), cell.translation(shift));
            let itself = i == j && shift == [0; 3];
            if dot(apart, apart) < cutoff * cutoff && !itself {
                found.push((j, shift));
            }
        });
        found.sort_unstable();
        found.iter().for_each(|&(j, shift)| edges.push(j, i, shift));
    }
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(n: usize, size: f64, seed: u64) -> Vec<Point> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64 * size
        };
        (0..n).map(|_| [next(), next(), next()]).collect()
    }

    /// Every image within `far` cells.
    fn brute(points: &[Point], cell: &Cell, cutoff: f64, far: i32) -> Edges {
        let mut edges = Edges::default();
        let range = |k: usize| if cell.periodic[k] { -far..=far } else { 0..=0 };
        for i in 0..points.len() {
            for j in 0..points.len() {
                for a in range(0) {
                    for b in range(1) {
                        for c in range(2) {
                            let v = add(sub(points[j], points[i]), cell.translation([a, b, c]));
                            if dot(v, v) < cutoff * cutoff && (i != j || [a, b, c] != [0; 3]) {
                                edges.push(j, i, [a, b, c]);
                            }
                        }
                    }
                }
            }
        }
        edges
    }

    #[test]
    fn open_clouds() {
        let open = Cell {
            vectors: [[0.0; 3]; 3],
            periodic: [false; 3],
        };
        for (n, cutoff) in [(0, 1.0), (1, 1.0), (60, 0.7), (60, 3.0), (200, 100.0)] {
            let points = cloud(n, 4.0, 7);
            assert_eq!(
                neighbours(&points, None, cutoff).unwrap(),
                brute(&points, &open, cutoff, 0)
            );
        }
        // All in one plane, and all in one place.
        let flat: Vec<Point> = cloud(50, 4.0, 3).into_iter().map(|p| [p[0], 1.0, p[2]]).collect();
        assert_eq!(neighbours(&flat, None, 1.0).unwrap(), brute(&flat, &open, 1.0, 0));
        assert_eq!(neighbours(&[[1.0; 3]; 5], None, 1.0).unwrap().len(), 20);
    }

    #[test]
    fn periodic_clouds() {
        let skew = [[3.0, 0.0, 0.0], [1.2, 2.5, 0.0], [-0.7, 0.9, 2.8]];
        for periodic in [
            [true; 3],
            [true, true, false],
            [false, true, false],
            [true, false, true],
        ] {
            for (n, cutoff) in [(1, 4.0), (25, 1.3), (12, 5.1)] {
                let cell = Cell {
                    vectors: skew,
                    periodic,
                };
                // Also points outside of the cell.
                let points: Vec<Point> = cloud(n, 9.0, 5).into_iter().map(|p| sub(p, [4.0, 1.0, 3.0])).collect();
                assert_eq!(
                    neighbours(&points, Some(&cell), cutoff).unwrap(),
                    brute(&points, &cell, cutoff, 9),
                    "{periodic:?} {n} {cutoff}"
                );
            }
        }
    }

    #[test]
    fn errors() {
        let flat = Cell::periodic([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        assert!(neighbours(&[[0.0; 3]], Some(&flat), 1.0).is_err());
        assert!(neighbours(&[[0.0; 3]], None, 0.0).is_err());
        assert!(neighbours(&[[f64::NAN; 3]], None, 1.0).is_err());
        let tiny = Cell::periodic([[1e-9, 0.0, 0.0], [0.0, 1e-9, 0.0], [0.0, 0.0, 1e-9]]);
        assert!(neighbours(&[[0.0; 3]], Some(&tiny), 5.0).is_err());
    }
}
