//! NequIP networks (e3nn): energies, forces, and gradients of both.

use super::bases::coordinates;
use super::case::{Case, graph};
use super::irrep_list::{Irreps, linear, paths_matrix};
use super::irreps::path_map;
use super::trial::{Built, Trial};
use super::view::{Term, View};

/// One interaction. Irreps are those of the features that enter, of the messages (a block a path), of the gate's input there and
/// of its result.
struct Layer {
    from: &'static str,
    messages: &'static str,
    gate: &'static str,
    to: &'static str,
}

/// The harmonics of an edge.
const HARMONICS: &str = "1x0e+1x1o+1x2e";

/// A path whose weights are linear in `r`. C is the 3j tensor times the path's coefficient.
const PATH: &str = "
layer path(x: n x V, y: S, r: k, U: orth) -> n x U where n: int, k: int, V: orth, S: orth {
  param F: hom(k, n)
  param C: hom(V * S, U)
  w = F(r)
  z[u] = w[u] * C(tensor(x[u], y))
  z
}
";

/// A network as text. The library's `bessel` is √(2/cutoff) sin(…)/r, the reference has 2/cutoff.
fn source(case: &Case, layers: &[Layer], cutoff: f64, bessel: usize, hidden: usize) -> String {
    let silu = case.reals("aux.act_cst")[0];
    let neighbours = case.reals("aux.avg_num_neighbors")[0];
    let last = layers.last().expect("a layer").to;
    let mut text = format!(
        "{PATH}
model M under O(3) (m: cloud(3, cutoff = {cutoff}), z: m.nodes -> class(2))
-> (energy: 1, node_energy: m.nodes -> 1, forces: m.nodes -> vector) {{
  param E: class(2) -> 4x0e
  param H: hom({last}, 1)
  b[e in m.edges] = sqrt(2 / {cutoff}) * bessel(norm(e.vec), {bessel}, {cutoff}) * envelope(norm(e.vec), 6, {cutoff})
  y[e in m.edges] = harmonics(e.vec, 2)
  h0 = E[z]
"
    );
    for (k, layer) in layers.iter().enumerate() {
        let Layer { from, messages, to, .. } = layer;
        let [a, c, b] = [from, HARMONICS, messages].map(Irreps::new);
        let call = |p: &[usize]| {
            let [v, s, u] = [&a.blocks[p[0]], &c.blocks[p[1]], &b.blocks[p[2]]].map(|q| q.irrep());
            format!("path(x{k}[j].[{v}], y[e].[{s}], r{k}[e], {u})")
        };
        let calls: Vec<String> = case
            .integers(&format!("aux.layer{k}.tp.paths"))
            .chunks(4)
            .map(call)
            .collect();
        let calls = calls.join("\n    ++ ");
        text += &format!(
            "
  param A{k}: hom({from}, {from})
  param B{k}: hom({messages}, gated({to}))
  param S{k}: class(2) -> hom({from}, gated({to}))
  param R{k}: hom({bessel}, {hidden})
  x{k} = A{k}(h{k})
  r{k}[e in m.edges] = {silu:?} * silu(R{k}(b[e]))
  t{k}[e: j -> i in m.edges] = {calls}
  u{k}[i] = (sum e: j -> i in m.edges: t{k}[e]) / sqrt({neighbours:?})
  g{k}[i] = B{k}(u{k}[i]) + S{k}[z[i]](h{k}[i])
  h{} = {silu:?} * gate(g{k}, silu)
",
            k + 1
        );
    }
    text + &format!(
        "
  node_energy = H(h{})
  energy = sum i: node_energy[i]
  forces = -grad(energy, m.pos)
  (energy = energy, node_energy = node_energy, forces = forces)
}}",
        layers.len()
    )
}

/// The maps `[label, target, source]` that a tensor product with one-hot labels stands for: C(l, 0, l) is 1/√(2l+1) times the
/// identity, weights are W\[source copy, label, target copy\].
fn by_label(case: &Case, k: usize, a: &Irreps, b: &Irreps) -> View {
    let mut full = View::fill(&[2, b.dim(), a.dim()], 0.0);
    let mut flat = 0;
    let coefficients = case.reals(&format!("aux.layer{k}.sc.path_coeff"));
    for (path, c) in case
        .integers(&format!("aux.layer{k}.sc.paths"))
        .chunks(4)
        .zip(coefficients)
    {
        let (p, q) = (&a.blocks[path[0]], &b.blocks[path[2]]);
        let factor = c / (p.dim() as f64).sqrt();
        for (u, label) in (0..p.mul).flat_map(|u| [(u, 0), (u, 1)]) {
            for w in 0..q.mul {
                for m in 0..p.dim() {
                    let row = label * b.dim() + q.at + w * q.dim() + m;
                    let term = Term {
                        key: format!("w.layer{k}.sc.weight").into(),
                        at: flat,
                        factor,
                    };
                    full.entries[row * a.dim() + p.at + u * p.dim() + m].terms.push(term);
                }
                flat += 1;
            }
        }
    }
    full
}

/// The parameters of one interaction; `first` is the number of its first path.
fn parameters(case: &Case, built: &Built, layer: &Layer, k: usize, first: usize) -> Vec<(String, View)> {
    let [a, c, mid, gate] = [layer.from, HARMONICS, layer.messages, layer.gate].map(Irreps::new);
    // `gated(V)` is V, then the gates.
    let columns = |key: &str| case.integers(&format!("aux.layer{k}.gate.cols_{key}"));
    let rows: Vec<usize> = ["scalars", "gated", "gates"].into_iter().flat_map(columns).collect();
    let map = |name: &str, a: &Irreps, b: &Irreps| {
        linear(
            case,
            &format!("w.layer{k}.{name}.weight"),
            &format!("aux.layer{k}.{name}"),
            a,
            b,
        )
    };
    let radial = |n: usize| {
        let w = case.view(&format!("w.layer{k}.fc.{n}"));
        let sources = w.shape[0] as f64;
        w.transpose().scale(1.0 / sources.sqrt())
    };
    let mut found = vec![(format!("R{k}"), radial(0))];
    found.extend(coordinates(built, case, &format!("A{k}"), &map("lin1", &a, &a)));
    found.extend(coordinates(
        built,
        case,
        &format!("B{k}"),
        &map("lin2", &mid, &gate).pick(0, rows.iter().copied()),
    ));
    found.extend(coordinates(
        built,
        case,
        &format!("S{k}"),
        &by_label(case, k, &a, &gate).pick(1, rows),
    ));
    let paths = case.integers(&format!("aux.layer{k}.tp.paths"));
    let factors = case.reals(&format!("aux.layer{k}.tp.path_coeff"));
    let mut weights = 0;
    for (n, (p, factor)) in paths.chunks(4).zip(factors).enumerate() {
        let name = format!("path_{}", first + n);
        let (v, s, u) = (&a.blocks[p[0]], &c.blocks[p[1]], &mid.blocks[p[2]]);
        found.push((format!("{name}.F"), radial(1).pick(0, weights..weights + v.mul)));
        weights += v.mul;
        found.extend(coordinates(
            built,
            case,
            &format!("{name}.C"),
            &path_map(v.l, s.l, u.l, factor),
        ));
    }
    found
}

fn network(name: &str, layers: &[Layer], cutoff: f64, bessel: usize, hidden: usize) {
    let case = Case::load(name);
    let built = Built::new(&source(&case, layers, cutoff, bessel, hidden));
    let (src, dst) = (case.integers("in.edge_src"), case.integers("in.edge_dst"));
    let (door, _) = graph("m", 12, &src, &dst);
    let last = Irreps::new(layers.last().expect("a layer").to);
    let head = paths_matrix("w.head.weight", &last, &Irreps::new("1x0e"), &[[0, 0]], &[0.5]);
    let mut found = coordinates(&built, &case, "H", &head);
    found.push(("E".into(), case.view("w.embed.weight").scale(0.5f64.sqrt())));
    let mut first = 1;
    for (k, layer) in layers.iter().enumerate() {
        found.extend(parameters(&case, &built, layer, k, first));
        first += case.shape(&format!("aux.layer{k}.tp.paths"))[0];
    }
    found
        .into_iter()
        .fold(Trial::new(&case, &built, door), |t, (name, view)| t.param(&name, view))
        .labels("z", &case.integers("in.species"))
        .input("m.pos", case.view("in.pos"))
        .input("m.shift", View::fill(&[dst.len(), 3], 0.0))
        .output("energy", case.view("out.energy"))
        .output("node_energy", case.view("out.node_energy"))
        .gradients("grad.energy.", [("energy", View::fill(&[1], 1.0))])
        .within(1e-10, 1e-3)
        .output("forces", case.view("out.forces"))
        .gradients("grad.forces.", [("forces", case.view("in.cot.forces"))])
        .check();
}

#[test]
fn one_layer() {
    let layer = Layer {
        from: "4x0e",
        messages: "4x0e+4x1o+4x2e",
        gate: "9x0e+3x1o+2x2e",
        to: "4x0e+3x1o+2x2e",
    };
    network("e3nn/nequip_block_12", &[layer], 2.2, 8, 8);
}

#[test]
fn two_layers() {
    let first = Layer {
        from: "4x0e",
        messages: "4x0e+4x1o+4x2e",
        gate: "7x0e+2x1o+1x2e",
        to: "4x0e+2x1o+1x2e",
    };
    let second = Layer {
        from: "4x0e+2x1o+1x2e",
        messages: "4x0e+2x0e+1x0e+4x1o+2x1o+2x1o+1x1o+2x1e+1x1e+4x2e+2x2e+1x2e+1x2e",
        gate: "9x0e+2x1o+2x1e+1x2e",
        to: "4x0e+2x1o+2x1e+1x2e",
    };
    network("e3nn/nequip_2layer_12", &[first, second], 2.0, 6, 6);
}
