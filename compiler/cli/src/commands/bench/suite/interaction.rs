//! A whole interaction of NequIP (Batzner et al. 2022), radial network and all.

use super::{Subject, graph};

pub(super) const SUBJECT: Subject = Subject {
    name: "interaction",
    text: "/// 32 channels up to degree 2, 2^15 edges.
model Interaction under O(3) (m: cloud(3, cutoff = 5.0), h: m.nodes -> 32 x (0e + 1o + 2e), r: m.edges -> 8) -> (m.nodes -> 32 x (0e + 1o + 2e)) {
  h |> interaction(r, 2, 0e + 1o + 2e)
}
",
    door: || graph("m", 2048, 16),
};
