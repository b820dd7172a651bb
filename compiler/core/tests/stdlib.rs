//! Every layer of the standard library checks, lowers, differentiates and passes the exact test in a small model, under a group
//! that moves its features where there is something to move.

use gdl_core::certify::{Options, Status, certify_with};
use gdl_core::check::{check, check_library};
use gdl_core::ir::{grad, verify::verify};
use gdl_core::lower::lower_model;
use gdl_core::modules::load;

/// A layer, the signature of a model, its body.
type Case = (&'static str, &'static str, &'static str);

const SETS: &str = "under C(3) (s: set, x: s -> 1 + regular) -> (s -> 2 x regular)";
const SEQS: &str = "under C(3) (s: seq, x: s -> 1 + regular) -> (s -> 4)";
const GRAPH: &str = "under C(3) (g: graph, x: g.nodes -> 1 + regular) -> (g.nodes -> 2 x regular)";
const NEAR: &str = "under C(3) [ties] (s: set, x: s -> regular) -> (s -> 2 x regular)";
const CLOUD: &str = "under O(3) (m: cloud(3, cutoff = 4.0), h: m.nodes -> 4 x (0e + 1o)) -> (m.nodes -> 4 x (0e + 1o))";
const EDGES: &str = "under O(3) (m: cloud(3, cutoff = 4.0)) -> (m.edges -> 8)";
const VECTOR: &str =
    "under O(3) (m: cloud(3, cutoff = 4.0), x: m.nodes -> 4x0e + 2x1o + 2x2e) -> (m.nodes -> 4x0e + 2x1o + 2x2e)";
const VALUE: &str = "under C(4) (s: set, x: s -> regular) -> (s -> regular)";
const NUMBERS: &str = "(s: set, x: s -> 4) -> (s -> 4)";
const PAIR: &str = "(s: set, x: s -> 4, y: s -> 4) -> (s -> 1)";
const VECTORS: &str = "under O(3) (s: set, x: s -> 2 + 1o, y: s -> 2 + 1o) -> (s -> 1)";
const LABEL: &str = "(s: set, x: s -> 4, y: s -> class(4)) -> (s -> 1)";
const TIED: &str = "under trivial [ties] (s: set, x: s -> 4, y: s -> class(4)) -> (s -> 1)";
const GRID: &str = "under D(4) (p: grid(2, size = 4*k), x: p -> 1) -> 4";
const MESH: &str = "(m: mesh, x: m.verts -> 3) -> (m.verts -> 2)";
const BLOCKS: &str =
    "under O(3) (m: cloud(3, cutoff = 4.0), x: m.nodes -> 4x0e + 2x1o + 2x2e) -> (m.nodes -> 4x0e + 2x1o)";

const CASES: [Case; 83] = [
    ("linear", SETS, "linear(x, 2 x regular)"),
    ("bias", VALUE, "bias(x)"),
    ("mlp", SETS, "mlp(x, [2 x regular, 8, 2 x regular], silu)"),
    ("embed", "(s: set, z: s -> class(5)) -> (s -> 4)", "embed(z, 4)"),
    ("dropout", VALUE, "dropout(x, 0.1)"),
    ("drop_copies", VECTOR, "dropout(x)"),
    ("silu", VALUE, "silu(x)"),
    ("gelu", VALUE, "gelu(x)"),
    ("softplus", VALUE, "softplus(x)"),
    ("shifted_softplus", VALUE, "shifted_softplus(x)"),
    ("leaky_relu", VALUE, "leaky_relu(x, 0.2)"),
    ("elu", VALUE, "elu(x)"),
    ("softmax", NUMBERS, "softmax(x)"),
    ("gate", VECTOR, "x |> linear(gated(4x0e + 2x1o + 2x2e)) |> gate(silu)"),
    ("norm_act", VECTOR, "norm_act(x, tanh)"),
    ("resize", VECTOR, "norm_act(x)"),
    ("layer_norm", VECTOR, "layer_norm(x)"),
    ("norm_copies", NUMBERS, "layer_norm(x)"),
    ("rms_norm", VECTOR, "rms_norm(x)"),
    ("rms_copies", VALUE, "rms_norm(x)"),
    ("cross_entropy", LABEL, "cross_entropy(x, y)"),
    ("binary_cross_entropy", PAIR, "binary_cross_entropy(x, y)"),
    ("mse", VECTORS, "mse(x, y)"),
    ("mae", PAIR, "mae(x, y)"),
    ("huber", PAIR, "huber(x, y, 0.5)"),
    ("huber_of", "(s: set, x: s -> 1) -> (s -> 1)", "huber_of(x, 1)"),
    ("hit", TIED, "hit(x, y)"),
    (
        "conv",
        GRID,
        "x |> conv(4 x regular, 3) |> pool(mean) |> group_pool(max)",
    ),
    (
        "conv_strided",
        GRID,
        "x |> conv_strided(4 x regular, 2) |> pool(max) |> group_pool(max)",
    ),
    (
        "max_pool",
        GRID,
        "x |> conv(4 x regular, 3) |> max_pool(2) |> pool(sum) |> group_pool(mean)",
    ),
    (
        "mean_pool",
        GRID,
        "x |> conv(4 x regular, 3) |> mean_pool(2) |> pool(mean) |> group_pool(max)",
    ),
    ("pool", GRID, "x |> conv(4, 3) |> pool(mean)"),
    (
        "group_pool",
        GRID,
        "x |> conv(4 x regular, 1) |> pool(mean) |> group_pool(mean)",
    ),
    (
        "batch_norm",
        GRID,
        "x |> conv(4 x regular, 3) |> batch_norm |> relu |> pool(mean) |> group_pool(max)",
    ),
    (
        "block_norm",
        GRID,
        "x |> conv(2 + 2 x irrep(1, 1), 3) |> batch_norm |> pool(mean) |> linear(4)",
    ),
    ("gcn", GRAPH, "gcn(x, 2 x regular)"),
    ("sage", GRAPH, "sage(x, 2 x regular)"),
    ("gin", GRAPH, "gin(x, [8, 2 x regular])"),
    ("gat", GRAPH, "gat(x, 2, regular)"),
    ("gatv2", GRAPH, "gatv2(x, 2, regular)"),
    ("attend", GRAPH, "gat(x, 2, regular, 0.1)"),
    ("cheb", GRAPH, "cheb(x, 2 x regular, 3)"),
    ("spread", GRAPH, "x |> spread |> linear(2 x regular)"),
    ("edge_conv", GRAPH, "edge_conv(x, [3 x regular, 2 x regular])"),
    (
        "dynamic_edge_conv",
        NEAR,
        "dynamic_edge_conv(x, 2, [3 x regular, 2 x regular])",
    ),
    (
        "collect",
        GRAPH,
        "u[e: j -> i in g.edges] = x[j] - x[i]\n  collect(u, min) |> linear(2 x regular)",
    ),
    (
        "mpnn",
        GRAPH,
        "mpnn(x, [2 x regular, regular], [8, 2 x regular], mean, silu)",
    ),
    (
        "mpnn_edges",
        "under C(3) (g: graph, x: g.nodes -> regular, w: g.edges -> 1) -> (g.nodes -> regular)",
        "mpnn_edges(x, w, [2 x regular], [regular], max)",
    ),
    (
        "deep_sets",
        "under C(3) (s: set, x: s -> regular) -> regular",
        "deep_sets(x, [2 x regular, 8], [8, regular])",
    ),
    ("set_linear", SETS, "set_linear(x, 2 x regular)"),
    (
        "janossy",
        "under C(3) (s: set, x: s -> regular) -> regular",
        "janossy(x, 2, [2 x regular], [regular])",
    ),
    ("tuples", "(s: set, x: s -> 2) -> 3", "janossy(x, 3, [4], [3])"),
    ("arrangements", "(s: set, x: s -> 1) -> (s -> 1)", "arrangements(x, 3)"),
    ("attention", VALUE, "attention(x, 2, regular)"),
    ("transformer", VALUE, "transformer(x, 2, regular, 2 x regular)"),
    (
        "attention_pool",
        "under C(3) (s: set, x: s -> 1 + regular) -> 2 x regular",
        "attention_pool(x, 2, regular)",
    ),
    ("waves", SEQS, "y[t in s] = waves(t, 2)\n  y"),
    ("causal_conv", SEQS, "causal_conv(x, 4, 3)"),
    ("conv1d", SEQS, "conv1d(x, 4, 2)"),
    ("phases", SEQS, "y[t] = phases(t, 3) ++ linear(x[t], 1)\n  y"),
    ("turn", SEQS, "y[t] = turn(linear(x[t], 2), linear(x[t], 2), t)\n  y"),
    ("rotary", SEQS, "rotary(linear(x, 2), linear(x, 2))"),
    ("rotary_attention", SEQS, "rotary_attention(x, 2, 3) |> linear(4)"),
    ("with_positions", SEQS, "with_positions(x, 3) |> linear(4)"),
    (
        "causal_attention",
        "under C(4) (s: seq, x: s -> regular) -> (s -> regular)",
        "causal_attention(x, 2, regular, 0.5)",
    ),
    ("rnn", SEQS, "rnn(x, 4)"),
    ("lstm", SEQS, "lstm(x, 4)"),
    ("two lstm", SEQS, "x |> lstm(5) |> lstm(4)"),
    ("gru", SEQS, "gru(x, 4)"),
    (
        "bessel",
        EDGES,
        "r[e in m.edges] = bessel(norm(e.vec), 8, m.cutoff)\n  r",
    ),
    (
        "gaussians",
        EDGES,
        "r[e in m.edges] = gaussians(norm(e.vec), 8, m.cutoff)\n  r",
    ),
    (
        "gaussians_up_to",
        EDGES,
        "r[e in m.edges] = gaussians_up_to(norm(e.vec), 7, 2)\n  r",
    ),
    (
        "envelope",
        EDGES,
        "r[e in m.edges] = bessel(norm(e.vec), 8, 4) * envelope(norm(e.vec), 6, 4)\n  r",
    ),
    (
        "egnn",
        "under O(3) (m: cloud(3), h: m.nodes -> 4) -> (h: m.nodes -> 4, x: m.nodes -> point)",
        "(h1, x1) = egnn(h, m.pos, 8)\n  (h2, x2) = egnn(h1, x1, 8)\n  (h = h2, x = x2)",
    ),
    (
        "cfconv",
        "under O(3) (m: cloud(3, cutoff = 4), h: m.nodes -> 4) -> (m.nodes -> 4)",
        "r[e in m.edges] = gaussians(norm(e.vec), 8, m.cutoff)\n  cfconv(h, r)",
    ),
    ("bilinear", VECTOR, "bilinear(x, x, 4x0e + 2x1o + 2x2e)"),
    ("filter_irreps", BLOCKS, "filter_irreps(x, 0e + 1o)"),
    (
        "tensor_product",
        BLOCKS,
        "tensor_product(x, linear(x, 0e + 1o), 0e + 1o) |> linear(4x0e + 2x1o)",
    ),
    (
        "scale_copies",
        VECTOR,
        "scale_copies(x, mlp(x, [4, per_copy(4x0e + 2x1o + 2x2e)]))",
    ),
    (
        "interaction",
        CLOUD,
        "r[e in m.edges] = bessel(norm(e.vec), 8, m.cutoff)\n  interaction(h, r, 2, 0e + 1o)",
    ),
    (
        "interaction to forces",
        "under O(3) (m: cloud(3, cutoff = 4.0), z: m.nodes -> enum(H, C)) -> (energy: 1, forces: m.nodes -> vector)",
        "param E: enum(H, C) -> 8x0e\n  r[e in m.edges] = bessel(norm(e.vec), 8, m.cutoff)\n  h = E[z] |> interaction(r, 1, 0e + 1o)\n  energy = sum i: linear(h[i] as (8x0e + 8x1o), 1)\n  forces = -grad(energy, m.pos)",
    ),
    (
        "gem_conv",
        MESH,
        "x |> gem_conv(4 x irrep(0) + 4 x irrep(1)) |> gem_conv(2)",
    ),
    (
        "gem_conv with gates",
        MESH,
        "x |> gem_conv(gated(4 x irrep(0) + 4 x irrep(1))) |> gate(silu) |> gem_conv(2)",
    ),
];

#[test]
fn layers_check_alone() {
    let (program, diags) = load("empty.gdl", "", &[], &|_, _| Err("no files".into()));
    let found: Vec<String> = diags
        .iter()
        .chain(&check_library(&program))
        .map(|d| format!("{} {}: {:?}", d.code, d.title, d.labels))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn layers_in_models() {
    let only = std::env::var("LAYER").ok();
    let mut failures = Vec::new();
    for (layer, signature, body) in CASES {
        if only.as_ref().is_some_and(|o| o != layer) {
            continue;
        }
        if let Err(why) = in_model(signature, body) {
            failures.push(format!("{layer}: {why}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} layers:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn every_layer_has_a_case() {
    let (program, _) = load("empty.gdl", "", &[], &|_, _| Err("no files".into()));
    for m in &program.modules {
        for item in &m.ast.items {
            if let gdl_syntax::ast::ItemKind::Layer(c) = &item.kind {
                assert!(
                    CASES.iter().any(|(l, _, _)| *l == c.name.name),
                    "`{}` is in no model",
                    c.name.name
                );
            }
        }
    }
}

fn in_model(signature: &str, body: &str) -> Result<(), String> {
    let text = format!("model Case {signature} {{\n  {body}\n}}\n");
    let (program, mut diags) = load("case.gdl", &text, &[], &|_, _| Err("no files".into()));
    let (models, found) = check(&program);
    diags.extend(found);
    let shown: Vec<String> = diags
        .iter()
        .map(|d| {
            let at: Vec<String> = d
                .labels
                .iter()
                .map(|l| format!("{}: {}", program.modules[l.span.file as usize].path, l.text))
                .collect();
            format!("{} {} [{}]", d.code, d.title, at.join("; "))
        })
        .collect();
    if !shown.is_empty() {
        return Err(shown.join("\n    "));
    }
    let model = models.first().ok_or("no model")?;
    let lowered = lower_model(model).map_err(|d| format!("{} {}: {:?}", d.code, d.title, d.labels))?;
    verify(&lowered.func)?;
    grad::vjp(&lowered.func)?;
    let options = Options {
        scenes: 4,
        budget: 5e7,
        ..Options::default()
    };
    let report = certify_with(model, &lowered.func, &options).map_err(|f| format!("not equivariant: {f:?}"))?;
    match report.rows.iter().find(|r| matches!(r.status, Status::Numeric(..))) {
        Some(row) => Err(format!("not exact: {row:?}")),
        None => Ok(()),
    }
}
