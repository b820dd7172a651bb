//! Equivariant layers of space (e3nn): harmonics, linear maps, tensor products, gates.

use super::bases::coordinates;
use super::case::{Case, sets};
use super::irrep_list::{Irreps, linear, three_j};
use super::trial::{Built, Trial};
use super::view::{Entry, Term, View};

/// A case with inputs under their own names, one output `y`, and gradients.
fn trial<'a>(case: &'a Case, built: &'a Built, inputs: &[&str]) -> Trial<'a> {
    let rows = case.shape(&format!("in.{}", inputs[0]))[0];
    let start = Trial::new(case, built, sets("s", 1, rows));
    inputs
        .iter()
        .fold(start, |t, n| t.input(n, case.view(&format!("in.{n}"))))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
}

fn with_coordinates<'a>(mut t: Trial<'a>, case: &Case, built: &Built, name: &str, full: &View) -> Trial<'a> {
    for (name, view) in coordinates(built, case, name, full) {
        t = t.param(&name, view);
    }
    t
}

#[test]
fn spherical_harmonics() {
    let case = Case::load("e3nn/spherical_harmonics_l0_6");
    let built = Built::new(
        "model M under O(3) (s: set, x: s -> vector) -> (s -> 0e + 1o + 2e + 3o + 4e + 5o + 6e) { harmonics(x, 6) }",
    );
    trial(&case, &built, &["x"]).check();
}

#[test]
fn linear_map() {
    let case = Case::load("e3nn/linear");
    let built = Built::new(
        "
model M under O(3) (s: set, x: s -> 8x0e+4x1o+2x2e) -> (s -> 6x0e+3x1o+2x2e) {
  param W: hom(8x0e+4x1o+2x2e, 6x0e+3x1o+2x2e)
  W(x)
}",
    );
    let [a, b] = ["8x0e+4x1o+2x2e", "6x0e+3x1o+2x2e"].map(Irreps::new);
    let full = linear(&case, "w.weight", "aux", &a, &b);
    with_coordinates(trial(&case, &built, &["x"]), &case, &built, "W", &full).check();
}

#[test]
fn fully_connected_tensor_product() {
    let case = Case::load("e3nn/fully_connected_tp");
    let texts = ["4x0e+2x1o+1x2e", "3x0e+2x1o", "3x0e+2x1o+2x1e+1x2e"];
    let [a, c, b] = texts.map(Irreps::new);
    let [ta, tc, tb] = texts;
    let built = Built::new(&format!(
        "
model M under O(3) (s: set, x1: s -> {ta}, x2: s -> {tc}) -> (s -> {tb}) {{
  param W: hom(({ta}) * ({tc}), {tb})
  y[i] = W(tensor(x1[i], x2[i]))
  y
}}"
    ));
    let mut full = View::fill(&[b.dim(), a.dim() * c.dim()], 0.0);
    let coefficients = case.reals("aux.path_coeff");
    let mut flat = 0;
    for (path, coefficient) in case.integers("aux.paths").chunks(4).zip(coefficients) {
        let (p, q, r) = (&a.blocks[path[0]], &c.blocks[path[1]], &b.blocks[path[2]]);
        let w3j = three_j(p.l, q.l, r.l);
        for (u, v) in (0..p.mul).flat_map(|u| (0..q.mul).map(move |v| (u, v))) {
            for w in 0..r.mul {
                for (at, &number) in w3j.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                    let (i, j, k) = (at / (q.dim() * r.dim()), at / r.dim() % q.dim(), at % r.dim());
                    let source = (p.at + u * p.dim() + i) * c.dim() + q.at + v * q.dim() + j;
                    let term = Term {
                        key: "w.weight".into(),
                        at: flat,
                        factor: coefficient * number,
                    };
                    full.entries[(r.at + w * r.dim() + k) * a.dim() * c.dim() + source]
                        .terms
                        .push(term);
                }
                flat += 1;
            }
        }
    }
    with_coordinates(trial(&case, &built, &["x1", "x2"]), &case, &built, "W", &full).check();
}

/// A path with a weight for every copy. C is the 3j tensor times the path's coefficient.
pub const PATH: &str = "
layer path(x: n x V, y: S, w: n, U: orth) -> n x U where n: int, V: orth, S: orth {
  param C: hom(V * S, U)
  z[u] = w[u] * C(tensor(x[u], y))
  z
}
";

/// The 3j tensor times a number, as a map from the tensor product.
pub fn path_map(l1: u32, l2: u32, l3: u32, factor: f64) -> View {
    let [n1, n2, n3] = [l1, l2, l3].map(|l| 2 * l as usize + 1);
    let entry = |&x: &f64| Entry {
        constant: factor * x,
        terms: Vec::new(),
    };
    let w3j = View {
        shape: vec![n1, n2, n3],
        entries: three_j(l1, l2, l3).iter().map(entry).collect(),
    };
    w3j.permute(&[2, 0, 1]).reshape(&[n3, n1 * n2])
}

#[test]
fn tensor_product_with_weights_of_edges() {
    let case = Case::load("e3nn/tp_uvu_nequip");
    let (ta, tc) = ("4x0e+4x1o+4x2e", "0e+1o+2e");
    let tb = "4x0e+4x0e+4x0e+4x1o+4x1o+4x1o+4x1o+4x2e+4x2e+4x2e+4x2e";
    let [a, c, b] = [ta, tc, tb].map(Irreps::new);
    let paths = case.integers("aux.paths");
    let call = |(k, p): (usize, &[usize])| {
        let [x, y, z] = [&a.blocks[p[0]], &c.blocks[p[1]], &b.blocks[p[2]]].map(|q| q.irrep());
        format!("path(x1[i].[{x}], x2[i].[{y}], w[i][{k}], {z})")
    };
    let calls: Vec<String> = paths.chunks(4).enumerate().map(call).collect();
    let built = Built::new(&format!(
        "{PATH}
model M under O(3) (s: set, x1: s -> {ta}, x2: s -> {tc}, w: s -> {} x 4) -> (s -> {tb}) {{
  y[i] = {}
  y
}}",
        calls.len(),
        calls.join("\n    ++ ")
    ));
    let mut t = trial(&case, &built, &["x1", "x2"]).input("w", case.view("w.weight"));
    for (k, (p, factor)) in paths.chunks(4).zip(case.reals("aux.path_coeff")).enumerate() {
        let map = path_map(a.blocks[p[0]].l, c.blocks[p[1]].l, b.blocks[p[2]].l, factor);
        t = with_coordinates(t, &case, &built, &format!("path_{}.C", k + 1), &map);
    }
    t.check();
}

/// The library's `gate` has one function for scalars and gates, and treats odd scalars as vectors; here there are three.
#[test]
fn gate() {
    let case = Case::load("e3nn/gate");
    let [silu, tanh] = case.reals("aux.act_cst_scalars")[..] else {
        panic!("two constants")
    };
    let sigmoid = case.reals("aux.act_cst_gates")[0];
    let built = Built::new(&format!(
        "
layer times(g: n, v: n x V) -> n x V where n: int, V: orth {{
  y[k] = {sigmoid:?} * sigmoid(g[k]) * v[k]
  y
}}

model M under O(3) (s: set, x: s -> 6x0e+2x0o, g1: s -> 3, g2: s -> 2, v: s -> 3x1o+2x2e) -> (s -> 6x0e+2x0o+3x1o+2x2e) {{
  y[i] = {silu:?} * silu(x[i].[0e]) ++ {tanh:?} * tanh(x[i].[0o]) ++ times(g1[i], v[i].[1o]) ++ times(g2[i], v[i].[2e])
  y
}}"
    ));
    let columns = |key: &str| case.integers(&format!("aux.cols_{key}"));
    let input = |list: &[usize]| case.view("in.x").pick(1, list.iter().copied());
    let gates = columns("gates");
    Trial::new(&case, &built, sets("s", 1, 8))
        .input("x", input(&columns("scalars")))
        .input("g1", input(&gates[..3]))
        .input("g2", input(&gates[3..]))
        .input("v", input(&columns("gated")))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
        .check();
}

/// No offsets; weights are divided by the root of their number of sources, activations scaled to second moment 1.
#[test]
fn fully_connected_network() {
    let case = Case::load("e3nn/fully_connected_net");
    let c = case.reals("aux.act_cst")[0];
    let built = Built::new(&format!(
        "
model M (s: set, x: s -> 8) -> (s -> 5) {{
  param A: hom(8, 16)
  param B: hom(16, 16)
  param C: hom(16, 5)
  C({c:?} * silu(B({c:?} * silu(A(x)))))
}}"
    ));
    let weight = |k: usize, sources: f64| {
        case.view(&format!("w.layer{k}"))
            .transpose()
            .scale(1.0 / sources.sqrt())
    };
    trial(&case, &built, &["x"])
        .param("A", weight(0, 8.0))
        .param("B", weight(1, 16.0))
        .param("C", weight(2, 16.0))
        .check();
}
