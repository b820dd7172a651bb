//! Weights read as e3nn stores them (`in e3nn`).

use super::case::{Case, sets};
use super::trial::{Built, Trial};
use super::view::{Entry, Term, View};
use gdl_core::certify::Rng;
use gdl_core::certify::numeric::interpret;

/// The parameters of a model as entries of the tensors that `as` names.
fn stored<'a>(case: &'a Case, built: &'a Built, rows: usize) -> Trial<'a> {
    let start = Trial::new(case, built, sets("s", 1, rows));
    built.params.iter().fold(start, |t, p| {
        let stored = p.external.as_ref().expect("a name");
        let layout = stored.layout.as_ref().expect("a layout");
        assert_eq!(
            case.shape(&stored.tensor).iter().product::<usize>(),
            layout.len as usize
        );
        let entry = |&(at, factor): &(u32, f64)| Entry {
            constant: 0.0,
            terms: vec![Term {
                key: stored.tensor.as_str().into(),
                at: at as usize,
                factor,
            }],
        };
        let view = View {
            shape: vec![layout.entries.len()],
            entries: layout.entries.iter().map(entry).collect(),
        };
        t.param(&p.name, view)
    })
}

#[test]
fn linear_map() {
    let case = Case::load("e3nn/linear");
    let built = Built::new(
        "
model M under O(3) (s: set, x: s -> 8x0e+4x1o+2x2e) -> (s -> 6x0e+3x1o+2x2e) {
  param W: hom(8x0e+4x1o+2x2e, 6x0e+3x1o+2x2e) in e3nn as \"w.weight\"
  W(x)
}",
    );
    stored(&case, &built, 7)
        .input("x", case.view("in.x"))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
        .check();
}

#[test]
fn fully_connected_tensor_product() {
    let case = Case::load("e3nn/fully_connected_tp");
    let built = Built::new(
        "
model M under O(3) (s: set, x1: s -> 4x0e+2x1o+1x2e, x2: s -> 3x0e+2x1o) -> (s -> 3x0e+2x1o+2x1e+1x2e) {
  param W: hom((4x0e+2x1o+1x2e) * (3x0e+2x1o), 3x0e+2x1o+2x1e+1x2e) in e3nn as \"w.weight\"
  y[i] = W(tensor(x1[i], x2[i]))
  y
}",
    );
    stored(&case, &built, 6)
        .input("x1", case.view("in.x1"))
        .input("x2", case.view("in.x2"))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
        .check();
}

#[test]
fn fully_connected_network() {
    let case = Case::load("e3nn/fully_connected_net");
    let c = case.reals("aux.act_cst")[0];
    let built = Built::new(&format!(
        "
layer dense(x: a, b: rep, k: int) -> b {{
  param W: hom(a, b) in e3nn as \"w.layer{{k}}\"
  W(x)
}}
model M (s: set, x: s -> 8) -> (s -> 5) {{
  dense({c:?} * silu(dense({c:?} * silu(dense(x, 16, 0)), 16, 1)), 5, 2)
}}"
    ));
    stored(&case, &built, 11)
        .input("x", case.view("in.x"))
        .output("output", case.view("out.y"))
        .gradients("grad.", [("output", case.view("in.cot.y"))])
        .check();
}

/// What a model computes from these inputs, with one random tensor for all its parameters.
fn run(source: &str, inputs: &[Vec<f64>]) -> Vec<f64> {
    let built = Built::new(source);
    let layouts: Vec<_> = built
        .params
        .iter()
        .map(|p| p.external.as_ref().and_then(|s| s.layout.as_ref()).expect("a layout"))
        .collect();
    let mut rng = Rng::new(3);
    let tensor: Vec<f64> = (0..layouts[0].len).map(|_| rng.unit()).collect();
    let params: Vec<Vec<f64>> = layouts
        .iter()
        .map(|l| l.entries.iter().map(|&(at, f)| tensor[at as usize] * f).collect())
        .collect();
    interpret(&built.func, &params, &sets("s", 1, 5), inputs)
        .unwrap_or_else(|e| panic!("{e}"))
        .remove(0)
}

fn same(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().any(|x| x.abs() > 0.1));
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() < 1e-12, "{x} {y}");
    }
}

fn numbers(n: usize) -> Vec<f64> {
    let mut rng = Rng::new(5);
    (0..n).map(|_| rng.unit()).collect()
}

const LABELS: [f64; 5] = [2.0, 0.0, 1.0, 1.0, 2.0];

fn one_hot() -> Vec<f64> {
    let row = |k: &f64| {
        (0..3)
            .map(|j| f64::from(u8::from(f64::from(j) == *k)))
            .collect::<Vec<_>>()
    };
    LABELS.iter().flat_map(row).collect()
}

/// A kernel on the sphere is the tensor product with the harmonics.
#[test]
fn kernels_are_products_with_harmonics() {
    let (a, b) = ("2x0e + 3x1o + 1x2e", "1x0e + 2x1o + 2x1e + 2x2e");
    let kernel = format!(
        "
model M under O(3) (s: set, x: s -> {a}, v: s -> vector) -> (s -> {b}) {{
  param K: sphere(2) -> hom({a}, {b}) in e3nn as \"w\"
  y[i] = K[v[i]](x[i])
  y
}}"
    );
    let product = format!(
        "
model M under O(3) (s: set, x: s -> {a}, v: s -> vector) -> (s -> {b}) {{
  param W: hom(({a}) * (0e + 1o + 2e), {b}) in e3nn as \"w\"
  y[i] = W(tensor(x[i], harmonics(v[i], 2)))
  y
}}"
    );
    let inputs = [numbers(5 * 16), numbers(5 * 3)];
    same(&run(&kernel, &inputs), &run(&product, &inputs));
}

/// A map for every label is the tensor product with one-hot labels.
#[test]
fn tables_of_maps_are_products_with_labels() {
    let (a, b) = ("2x0e + 3x1o", "1x0e + 2x1o");
    let table = format!(
        "
model M under O(3) (s: set, x: s -> {a}, z: s -> class(3)) -> (s -> {b}) {{
  param S: class(3) -> hom({a}, {b}) in e3nn as \"w\"
  y[i] = S[z[i]](x[i])
  y
}}"
    );
    let product = format!(
        "
model M under O(3) (s: set, x: s -> {a}, z: s -> 3x0e) -> (s -> {b}) {{
  param W: hom(({a}) * 3x0e, {b}) in e3nn as \"w\"
  y[i] = W(tensor(x[i], z[i]))
  y
}}"
    );
    let x = numbers(5 * 11);
    same(
        &run(&table, &[x.clone(), LABELS.to_vec()]),
        &run(&product, &[x, one_hot()]),
    );
}

/// A vector for every label is a linear map of one-hot labels.
#[test]
fn tables_of_vectors_are_linear() {
    let table = "
model M (s: set, z: s -> class(3)) -> (s -> 4) {
  param E: class(3) -> 4 in e3nn as \"w\"
  y[i] = E[z[i]]
  y
}";
    let linear = "
model M (s: set, z: s -> 3) -> (s -> 4) {
  param W: hom(3, 4) in e3nn as \"w\"
  W(z)
}";
    same(&run(table, &[LABELS.to_vec()]), &run(linear, &[one_hot()]));
}
