//! Correct models pass.

use crate::common::test;
use gdl_core::certify::{Options, Report, Status};

pub const SETS: &str = "
model DeepSets(s: set, x: s -> 3) -> 4 {
  h[i] = mlp(x[i], [8, 8])
  mlp(sum i: h[i], [8, 4])
}";

pub const GRAPH: &str = "
model Gcn(g: graph, x: g.nodes -> 3) -> (g.nodes -> 2) {
  param W: hom(3, 2)
  y[i] = W(x[i]) / (1 + g.degree[i])
       + (sum e: j -> i in g.edges: W(x[j]) / sqrt((1 + g.degree[i]) * (1 + g.degree[j])))
  relu(y)
}";

pub const ATTENTION: &str = "
layer attention(x: s -> a, heads: int, b: orth) -> (s -> a) where s: set {
  param Q, K, V: 0..heads -> hom(a, b)
  param O: hom(heads x b, a)
  y[i][h] = mean j in s by softmax dot(Q[h](x[i]), K[h](x[j])) / sqrt(dim(b)): V[h](x[j])
  O(y)
}
model Attention(s: set(nonempty), x: s -> 3) -> (s -> 3) {
  x |> attention(2, 4)
}";

pub const GRID: &str = "
model Small under D(4) (img: grid(2, edge = zero, size = 2*k), x: img -> 1) -> 3 {
  x |> conv(2 x regular, 3) |> batch_norm |> relu |> max_pool(2) |> conv(2 x regular, 3) |> relu
    |> pool(mean) |> group_pool(max) |> mlp([4, 3])
}";

pub const TORUS: &str = "
model Torus under C(4) (img: grid(2, edge = wrap), x: img -> 1) -> (img -> vector) {
  x |> conv(regular, 3) |> relu |> conv(vector, 3)
}";

pub const EGNN: &str = "
layer egnn(h: m.nodes -> a, x: m.nodes -> point, width: int) -> (h: m.nodes -> a, x: m.nodes -> point)
where m: cloud(d), a: scalars {
  u[e: j -> i in m.edges] = mlp(h[i] ++ h[j] ++ norm2(x[i] - x[j]), [width, width])
  x1[i] = x[i] + (mean e: j -> i in m.edges: mlp(u[e], [width, 1]) * (x[i] - x[j]) else 0)
  h1[i] = h[i] + mlp(h[i] ++ (sum e: j -> i in m.edges: u[e]), [width, a])
  (h = h1, x = x1)
}
model Egnn under O(3) (m: cloud(3), h: m.nodes -> 2) -> (h: m.nodes -> 2, x: m.nodes -> point) {
  (h1, x1) = egnn(h, m.pos, 4)
  egnn(h1, x1, 4)
}";

pub const FORCES: &str = "
model Forces under O(3) (m: cloud(3), z: m.nodes -> enum(H, C)) -> (energy: 1, forces: m.nodes -> vector) {
  param E: enum(H, C) -> 3
  u[e: j -> i in m.edges] = mlp(E[z[i]] ++ E[z[j]] ++ norm2(e.vec), [4, 1])
  energy = sum e in m.edges: u[e]
  forces = -grad(energy, m.pos)
}";

pub const TENSORS: &str = "
model Tensors under O(3) (m: cloud(3), x: m.nodes -> 2x0e + 1x1o) -> (m.nodes -> 1x1o) {
  K[e in m.edges] = mlp(norm2(e.vec), [4, fixed(sphere(2) -> hom(2x0e + 1x1o, 2x0e + 1x1o + 1x2e))])
  y[i] = sum e: j -> i in m.edges: K[e][e.dir](x[j])
  linear(y, 1x1o)
}";

pub const MESH: &str = "
model Gem(m: mesh, x: m.verts -> 2) -> (s: m.verts -> 2, v: m.verts -> 1 + irrep(1)) {
  y = x |> gem_conv(gated(2 + 2 x irrep(1) + irrep(2))) |> gate(silu) |> gem_conv(1 + irrep(1))
  (s = gem_conv(y, 2), v = y)
}";

pub const SEQ: &str = "
model Rnn(s: seq, x: s -> 2) -> (last: 3, all: s -> 3) {
  scan t in s from h = ones(3) {
    h' = tanh(linear(h ++ x[t], 3))
    y[t] = h'
  }
  (last = h, all = y)
}";

pub const BELLMAN: &str = "
model Distances(g: graph, w: g.edges -> 1, source: g.nodes -> 1) -> (g.nodes -> 1) {
  iterate g.size from h = linear(source, 4) {
    h'[i] = mlp(h[i] ++ (min e: j -> i in g.edges: mlp(h[j] ++ h[i] ++ w[e], [4, 4]) else 0), [4, 4])
  }
  linear(h, 1)
}";

pub const NEIGHBOURS: &str = "
model Dynamic under O(3) [ties] (s: set, x: s -> 2x0e + 1x1o) -> (near: s -> 2, best: 1x1o, pushed: s -> 1x1o) {
  v[i] = x[i].[1o]
  near[i] = max e: j -> i in knn(v, 2): mlp(x[i].[0e] ++ x[j].[0e] ++ norm2(v[i] - v[j]), [4, 2]) else 0
  w = linear(x, 2)
  top = topk(norm2(v), 2)
  best = sum t in top: w[t][0] * t * v[t]
  pushed = grad(sum i: norm2(near[i]), v)
}";

pub const SORTED: &str = "
model Sorted under trivial [ties] (s: set, x: s -> 2) -> (last: 2, paths: s -> 2) {
  t = sort(linear(x, 1))
  scan i in t from h = ones(2) {
    h' = tanh(linear(h ++ x[i], 2))
  }
  iterate 2 from y = x {
    y'[i] = tanh(linear(y[i] ++ (mean e: j -> i in knn(y, 2): y[j] else 0), 2))
  }
  (last = h, paths = y)
}";

pub const ALL: [(&str, &str); 13] = [
    ("sets", SETS),
    ("graph", GRAPH),
    ("attention", ATTENTION),
    ("grid", GRID),
    ("torus", TORUS),
    ("egnn", EGNN),
    ("forces", FORCES),
    ("tensors", TENSORS),
    ("mesh", MESH),
    ("seq", SEQ),
    ("bellman", BELLMAN),
    ("neighbours", NEIGHBOURS),
    ("sorted", SORTED),
];

fn passes(text: &str) -> Report {
    let report = test(
        text,
        &Options {
            seed: 1,
            ..Options::default()
        },
    )
    .unwrap_or_else(|f| panic!("{f:#?}"));
    assert!(
        report.rows.iter().all(|r| !matches!(r.status, Status::Numeric(..))),
        "{report:#?}"
    );
    assert!(report.undefined.is_empty(), "{report:#?}");
    report
}

#[test]
fn sets() {
    let report = passes(SETS);
    let names: Vec<&str> = report.rows.iter().map(|r| r.factor.as_str()).collect();
    assert_eq!(names, ["permutations of `s`", "permutations of samples, batching"]);
    assert!(report.false_acceptance < 1e-6);
}

#[test]
fn graph() {
    passes(GRAPH);
}

#[test]
fn attention() {
    passes(ATTENTION);
}

#[test]
fn grid() {
    let report = passes(GRID);
    assert_eq!(report.rows[0].factor, "D(4)");
    assert_eq!(report.rows[0].status, Status::Exact);
}

#[test]
fn torus() {
    let report = passes(TORUS);
    assert!(
        report
            .rows
            .iter()
            .any(|r| r.factor == "translations of `img`" && r.status == Status::Exact)
    );
}

#[test]
fn egnn() {
    let report = passes(EGNN);
    assert!(
        report
            .rows
            .iter()
            .any(|r| r.factor == "translations of points" && r.status == Status::Exact)
    );
}

#[test]
fn forces() {
    passes(FORCES);
}

#[test]
fn tensors() {
    passes(TENSORS);
}

#[test]
fn mesh() {
    let report = passes(MESH);
    assert!(report.rows.iter().any(|r| r.factor == "changes of frame of `m`"));
}

#[test]
fn integrations() {
    passes(
        "
model Orbits under O(3) (m: cloud(3), v: m.nodes -> vector) -> (x: m.nodes -> point, v: m.nodes -> vector) {
  integrate t in rk4(1.0, 1) from x = m.pos, u = v {
    x' = u
    u'[i] = sum j in m.nodes: tanh(t * norm2(x[j] - x[i])) * (x[j] - x[i])
  }
  (x = x, v = u)
}",
    );
}

/// An orbit by so many rounds of a method. The degree grows with every round.
pub const ORBITS: &str = "
model Orbits under O(3) (m: cloud(3), v: m.nodes -> vector) -> (x: m.nodes -> point, v: m.nodes -> vector) {
  integrate METHOD from x = m.pos, u = v {
    x' = u
    u'[i] = sum j in m.nodes: (x[j] - x[i]) / (0.1 + norm2(x[j] - x[i]))^2
  }
  (x = x, v = u)
}";

#[test]
fn the_first_round_stands_for_many() {
    for (method, short) in [
        ("midpoint(1.0, 1)", false),
        ("midpoint(1.0, 40)", true),
        ("dopri5(1.0, 40)", true),
    ] {
        let report = passes(&ORBITS.replace("METHOD", method));
        let left_out = report.skipped.iter().any(|s| s == "rounds of loops after the first");
        assert_eq!(left_out, short, "{method}");
    }
}

#[test]
fn neighbours() {
    passes(NEIGHBOURS);
}

#[test]
fn sorted() {
    passes(SORTED);
}

#[test]
fn sequences() {
    let report = passes(SEQ);
    assert!(report.rows.iter().any(|r| matches!(r.status, Status::NotClaimed(_))));
}

/// Products, powers and the regular representation taken apart and put together again.
#[test]
fn isomorphisms() {
    passes(
        "
model A under O(3) (s: set, u: s -> 4x1o, v: s -> 1o + 2e) -> (s -> 8) {
  t = tensor(u, v) as 4x0e + 4x1e + 4x2e + 4x1o + 4x2o + 4x3o
  w[i] = linear(norm2(t[i].[2o]) * t[i].[0e], 8)
  w
}",
    );
    passes(
        "
model B under D(4) (img: grid(2), x: img -> 3 x regular) -> (img -> 3 x regular) {
  y = x as 3 + 3 x irrep(1, 0) + 6 x irrep(1, 1) + 3 x irrep(0, 2) + 3 x irrep(1, 2)
  norm_act(y) as 3 x regular
}",
    );
    passes(
        "
model C under O(3) (s: set, u: s -> 1o, v: s -> 1o) -> (s -> 0e + 2e) {
  y[i] = (tensor(u[i], v[i]) as sym(1o, 2) + alt(1o, 2)).[sym(1o, 2)] as 0e + 2e
  y
}",
    );
    passes(
        "
model D under O(3) (s: set, u: s -> 4 x (0e + 1o), v: s -> 4x1o + 4x0e) -> (s -> 2 x (1o + 2x0e + 1o)) {
  y[i] = (u[i] + (v[i] as 4 x (0e + 1o))) as 2 x (1o + 2x0e + 1o)
  y
}",
    );
}

#[test]
fn rounds() {
    passes(BELLMAN);
}

/// Edges without a direction (self-edges, points that coincide) have `e.dir` = 0; nothing is undefined.
#[test]
fn directions() {
    passes(
        "
model M under O(3) (m: cloud(3)) -> (energy: 1, total: m.nodes -> vector, forces: m.nodes -> vector) {
  total[i] = sum e: j -> i in m.edges: exp(-norm2(e.vec)) * e.dir
  energy = (sum i: norm(total[i])) + (sum e in m.edges: norm(e.vec))
  forces = -grad(energy, m.pos)
}",
    );
}

/// Derivatives of nonlinearities that are no ring operations, up to the second order.
#[test]
fn derivatives_of_activations() {
    for act in [
        "gelu",
        "silu",
        "elu",
        "softplus",
        "sin",
        "erf",
        "tanh",
        "leaky_relu",
        "abs",
    ] {
        passes(&format!(
            "
model M under O(3) (m: cloud(3), x: m.nodes -> 1) -> (forces: m.nodes -> vector, slope: m.nodes -> 1, curved: m.nodes -> vector) {{
  u[e: j -> i in m.edges] = {act}(x[i] + linear(norm2(e.vec), 1))
  energy = sum e in m.edges: linear(u[e], 1)
  forces = -grad(energy, m.pos)
  slope = grad(energy, x)
  work = sum i: norm2(forces[i]) + slope[i]^2
  curved = grad(work, m.pos)
}}"
        ));
    }
}

/// Products over rows, whose factors may be 0, and their first and second derivatives.
#[test]
fn derivatives_of_products() {
    passes(
        "
model M under O(2) (m: cloud(2), x: m.nodes -> 1) -> (forces: m.nodes -> vector, curved: m.nodes -> vector) {
  y[i] = prod e: j -> i in m.edges: x[j] * norm2(e.vec)
  energy = sum i: y[i] + (prod i in m.nodes: x[i])
  forces = -grad(energy, m.pos)
  curved = grad(sum i: norm2(forces[i]), m.pos)
}",
    );
}
