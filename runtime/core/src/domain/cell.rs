//! Lattices.

use super::Point;
use super::vector::{add, cross, dot, norm, orthogonal, scale, unit};

/// A lattice.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Lattice vectors; those that are not periods are not looked at.
    pub vectors: [Point; 3],
    /// Which are periods.
    pub periodic: [bool; 3],
}

impl Cell {
    /// No periods: points in open space.
    pub const OPEN: Cell = Cell {
        vectors: [[0.0; 3]; 3],
        periodic: [false; 3],
    };

    /// A cell that repeats in all directions.
    pub fn periodic(vectors: [Point; 3]) -> Cell {
        Cell {
            vectors,
            periodic: [true; 3],
        }
    }

    /// A translation of the lattice.
    pub fn translation(&self, shift: [i32; 3]) -> Point {
        (0..3)
            .filter(|&k| self.periodic[k])
            .fold([0.0; 3], |sum, k| add(sum, scale(self.vectors[k], f64::from(shift[k]))))
    }

    /// The rows of the inverse of the matrix whose columns are the lattice vectors, with unit vectors at right angles to all others
    /// in place of those that are not periods; `None` where the periods are not independent.
    pub(super) fn inverse(&self) -> Option<[Point; 3]> {
        let basis = self.completed()?;
        let volume = dot(basis[0], cross(basis[1], basis[2]));
        let flat = basis.iter().map(|&v| norm(v)).product::<f64>() * 1e-12;
        (volume.abs() > flat && volume.is_finite())
            .then(|| [0, 1, 2].map(|k| scale(cross(basis[(k + 1) % 3], basis[(k + 2) % 3]), 1.0 / volume)))
    }

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
