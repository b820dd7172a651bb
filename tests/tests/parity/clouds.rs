//! Points in space: EGNN and SchNet.

use super::case::{Case, graph, sets};
use super::trial::{Built, Trial};
use super::view::View;

/// The library's `egnn` has one width for messages and hidden layers; here they differ.
const EGNN: &str = "
layer update(h: m.nodes -> a, x: m.nodes -> point, hidden: int, messages: int) -> (h: m.nodes -> a, x: m.nodes -> point)
where m: cloud(d), a: scalars {
  u[e: j -> i in m.edges] = silu(mlp(h[i] ++ h[j] ++ norm2(x[i] - x[j]), [hidden, messages], silu))
  x1[i] = x[i] + (mean e: j -> i in m.edges: mlp(u[e], [hidden, 1], silu) * (x[i] - x[j]) else 0)
  h1[i] = h[i] + mlp(h[i] ++ (sum e: j -> i in m.edges: u[e]), [hidden, a], silu)
  (h = h1, x = x1)
}
";

/// The networks φ_e, φ_x, φ_h in the order in which `update` calls them.
const NETWORKS: [&str; 3] = ["phi_e", "phi_x", "phi_h"];

fn egnn(name: &str, nodes: usize, layers: usize, model: &str) {
    let case = Case::load(name);
    let built = Built::new(&format!("{EGNN}{model}"));
    let (door, _) = graph("m", nodes, &case.integers("in.edge_src"), &case.integers("in.edge_dst"));
    let mut trial = Trial::new(&case, &built, door);
    for layer in 0..layers {
        for (k, network) in NETWORKS.iter().enumerate() {
            for (path, at) in [("linear_1", 0), ("mlp_1.linear_1", 2)] {
                for (letter, kind) in [("W", "weight"), ("c", "bias")] {
                    let name = format!("update_{}.mlp_{}.{path}.{letter}", layer + 1, k + 1);
                    trial = trial.param(&name, case.view(&format!("w.layer{layer}.{network}.{at}.{kind}")));
                }
            }
        }
    }
    trial
        .input("h", case.view("in.h"))
        .input("m.pos", case.view("in.x"))
        .output("h", case.view("out.h"))
        .output("x", case.view("out.x"))
        .gradients("grad.", [("h", case.view("in.cot.h")), ("x", case.view("in.cot.x"))])
        .check();
}

#[test]
fn egnn_one_layer() {
    let model = "
model M under O(3) (m: cloud(3), h: m.nodes -> 6) -> (h: m.nodes -> 6, x: m.nodes -> point) {
  update(h, m.pos, 12, 8)
}";
    egnn("egnn/egnn_1layer_full", 10, 1, model);
}

#[test]
fn egnn_three_layers() {
    let model = "
model M under O(3) (m: cloud(3), h: m.nodes -> 5) -> (h: m.nodes -> 5, x: m.nodes -> point) {
  (h1, x1) = update(h, m.pos, 10, 8)
  (h2, x2) = update(h1, x1, 10, 8)
  update(h2, x2, 10, 8)
}";
    egnn("egnn/egnn_3layer_full", 9, 3, model);
}

/// Here a point is its own neighbour too, and moves are summed.
const EGNN_PYTORCH: &str = "
model M under O(3) (m: cloud(3), h: m.nodes -> 5) -> (h: m.nodes -> 5, x: m.nodes -> point) {
  u[i in m.nodes][j in m.nodes] = silu(mlp(h[i] ++ h[j] ++ norm2(m.pos[i] - m.pos[j]), [22, 6], silu))
  x1[i] = m.pos[i] + (sum j in m.nodes: mlp(u[i][j], [24, 1], silu) * (m.pos[i] - m.pos[j]))
  h1[i] = h[i] + mlp(h[i] ++ (sum j in m.nodes: u[i][j]), [10, 5], silu)
  (h = h1, x = x1)
}";

#[test]
fn egnn_pytorch() {
    let case = Case::load("egnn/egnn_pytorch_layer");
    let built = Built::new(EGNN_PYTORCH);
    let mut trial = Trial::new(&case, &built, sets("m", 2, 8));
    for (k, network) in ["edge_mlp", "coors_mlp", "node_mlp"].iter().enumerate() {
        for (path, at) in [("linear_1", 0), ("mlp_1.linear_1", 3)] {
            for (letter, kind) in [("W", "weight"), ("c", "bias")] {
                let name = format!("mlp_{}.{path}.{letter}", k + 1);
                trial = trial.param(&name, case.view(&format!("w.{network}.{at}.{kind}")));
            }
        }
    }
    trial
        .input("h", case.view("in.h"))
        .input("m.pos", case.view("in.x"))
        .output("h", case.view("out.h"))
        .output("x", case.view("out.x"))
        .check();
}

/// The library's `cfconv` has neither a cutoff function nor a map in front of the filters.
const SCHNET: &str = "
layer cut(r: 1, cutoff: word) -> 1 {
  (cos(pi / cutoff * r) + 1) / 2
}

layer interact(h: m.nodes -> 16, r: m.edges -> k, c: m.edges -> 1) -> (m.nodes -> 16) where m: cloud(3), k: int {
  param W: hom(16, 12)
  w[e in m.edges] = c[e] * mlp(r[e], [12, 12], shifted_softplus)
  x = W(h)
  y[i] = sum e: j -> i in m.edges: w[e] * x[j]
  h + mlp(y, [16, 16], shifted_softplus)
}

model M under O(3) (m: cloud(3, cutoff = 3), z: m.nodes -> class(9)) -> (energy: 1, forces: m.nodes -> vector) {
  r[e in m.edges] = gaussians(norm(e.vec), 10, 3)
  c[e in m.edges] = cut(norm(e.vec), 3)
  h = embed(z, 16) |> interact(r, c) |> interact(r, c)
  energy = sum i: mlp(h[i], [8, 1], shifted_softplus)
  forces = -grad(energy, m.pos)
}";

#[test]
fn schnet() {
    let case = Case::load("torch_geometric/schnet_20");
    let built = Built::new(SCHNET);
    let ends = case.integers("in.edge_index");
    let (src, dst) = ends.split_at(ends.len() / 2);
    let (door, _) = graph("m", 20, src, dst);
    let mut trial = Trial::new(&case, &built, door).param("embed_1.E", case.view("w.embedding.weight"));
    let mut weights = vec![
        ("mlp_1.linear_1".to_string(), "lin1".to_string()),
        ("mlp_1.mlp_1.linear_1".into(), "lin2".into()),
    ];
    for k in 0..2 {
        let (path, key) = (format!("interact_{}", k + 1), format!("interactions.{k}"));
        trial = trial.param(&format!("{path}.W"), case.view(&format!("w.{key}.conv.lin1.weight")));
        for (p, q) in [
            ("mlp_1.linear_1", "mlp.0"),
            ("mlp_1.mlp_1.linear_1", "mlp.2"),
            ("mlp_2.linear_1", "conv.lin2"),
            ("mlp_2.mlp_1.linear_1", "lin"),
        ] {
            weights.push((format!("{path}.{p}"), format!("{key}.{q}")));
        }
    }
    for (path, key) in weights {
        trial = trial
            .param(&format!("{path}.W"), case.view(&format!("w.{key}.weight")))
            .param(&format!("{path}.c"), case.view(&format!("w.{key}.bias")));
    }
    trial
        .labels("z", &case.integers("in.z"))
        .input("m.pos", case.view("in.pos"))
        .input("m.shift", View::fill(&[dst.len(), 3], 0.0))
        .output("energy", case.view("out.energy"))
        .gradients("grad.energy.", [("energy", View::fill(&[1], 1.0))])
        .within(1e-9, 1e-3)
        .output("forces", case.view("out.forces"))
        .check();
}
