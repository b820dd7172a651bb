//! Attention over the neighbours in a graph (Veličković et al. 2018).

use super::{Subject, graph};

pub(super) const SUBJECT: Subject = Subject {
    name: "gat",
    text: "/// 8 heads of 8 numbers, 100 000 edges.
model Gat (g: graph, x: g.nodes -> 64) -> (g.nodes -> 8 x 8) {
  x |> gat(8, 8)
}
",
    door: || graph("g", 10_000, 10),
};
