//! Domains from data: edges from positions, frames from meshes. What the index arrays and geometric signals of a batch are made of.
//!
//! An edge goes from its source to its destination; edges are sorted by destination, then by source, then by image. The vector of an
//! edge points from the destination (the centre) to the source (its neighbour): `x[src] + shift · cell − x[dst]`.
#![forbid(unsafe_code)]

mod bins;
mod cell;
mod mesh;
mod neighbours;
mod vector;

pub use cell::Cell;
pub use mesh::{Mesh, MeshEdges};
pub use neighbours::{nearest, neighbours};

/// A point or vector of space.
pub type Point = [f64; 3];

/// Edges sorted by destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edges {
    /// Where every edge comes from.
    pub src: Vec<u32>,
    /// Where it goes.
    pub dst: Vec<u32>,
    /// The lattice translation of the source, in lattice vectors.
    pub shift: Vec<[i32; 3]>,
}

impl Edges {
    fn push(&mut self, src: usize, dst: usize, shift: [i32; 3]) {
        self.src.push(src as u32);
        self.dst.push(dst as u32);
        self.shift.push(shift);
    }

    /// The number of edges.
    pub fn len(&self) -> usize {
        self.src.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.src.is_empty()
    }

    /// The vector of every edge.
    pub fn vectors(&self, points: &[Point], cell: &Cell) -> Vec<Point> {
        let at = |k: usize| {
            let apart = vector::sub(points[self.src[k] as usize], points[self.dst[k] as usize]);
            vector::add(apart, cell.translation(self.shift[k]))
        };
        (0..self.len()).map(at).collect()
    }
}

/// All ordered pairs of different rows among `n`.
pub fn complete(n: usize) -> Edges {
    let mut edges = Edges::default();
    for dst in 0..n {
        (0..n)
            .filter(|src| *src != dst)
            .for_each(|src| edges.push(src, dst, [0; 3]));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn complete_graphs() {
        assert!(complete(0).is_empty() && complete(1).is_empty());
        let edges = complete(3);
        assert_eq!((edges.src, edges.dst), (vec![1, 2, 0, 2, 0, 1], vec![0, 0, 1, 1, 2, 2]));
    }
}
