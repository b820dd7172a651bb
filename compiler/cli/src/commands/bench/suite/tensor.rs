//! The loop at the heart of equivariant potentials: gather, tensor product with spherical harmonics, sum over neighbours.

use super::{Subject, graph};

pub(super) const SUBJECT: Subject = Subject {
    name: "tensor",
    text: "/// 32 channels up to degree 2, 2^15 edges; a weight an edge, channel and path that is linear in 8 numbers of the edge.
model Tensor under O(3) (m: cloud(3, cutoff = 5.0), h: m.nodes -> 32 x (0e + 1o + 2e), r: m.edges -> 8) -> (m.nodes -> 32 x (0e + 1o + 2e)) {
  K[e in m.edges] = linear(r[e], fixed(0..32 -> sphere(2) -> hom(0e + 1o + 2e, 0e + 1o + 2e)))
  y[i][k] = sum e: j -> i in m.edges: K[e][k][e.dir](h[j][k])
  y
}
",
    door: || graph("m", 2048, 16),
};
