//! Choices: the rows with the largest keys, found by the device.

use super::compare;
use gdl_abi::{DimDef, DoorSizes, Dtype, Instance, MapDef, SAMPLES};
use gdl_core::ir::build::Builder;
use gdl_core::ir::{Fold, Func, grad};
use gdl_core::lower::lower_model;
use gdl_core::{check, modules};
use gdl_tests::gpu::device;

/// Sorting, the largest of a sample, and neighbours by features, with what is read from them and put back into them by derivatives.
const MODELS: [&str; 3] = [
    "model Order under trivial [ties] (s: set, x: s -> 4) -> 4 {
  key = linear(x, 1)
  sum k in sort(key): (1 + k) * x[k]
}
",
    "model Attend under trivial [ties] (s: set, x: s -> 4) -> (s -> 4) {
  key[i, j] = dot(x[i], x[j])
  y[i] = mean e: j -> i in topk(key, 2) by softmax dot(x[i], x[j]): x[j]
  y
}
",
    "model Dynamic under O(3) [ties] (s: set, x: s -> 4x0e + 2x1o) -> (s -> 5) {
  v = linear(x, 1o)
  y[i] = max e: j -> i in knn(v, 4): mlp(x[i].[0e] ++ x[j].[0e] ++ norm2(v[i] - v[j]), [8, 5]) else 0
  y
}
",
];

/// Samples of different sizes, empty and single ones among them.
fn door() -> DoorSizes {
    DoorSizes {
        samples: 6,
        ragged: vec![("s".into(), vec![0, 3, 3, 4, 90, 92, 97])],
        ..DoorSizes::default()
    }
}

fn wave(n: usize, phase: f64) -> Vec<f64> {
    (0..n).map(|k| (1.7 * k as f64 + phase).sin()).collect()
}

#[test]
fn models_that_choose() {
    let Some(gpu) = device() else { return };
    for text in MODELS {
        let (program, _) = modules::load("choice.gdl", text, &[], &|_, _| Err("no files".into()));
        let (models, said) = check::check(&program);
        assert!(said.iter().all(|d| !d.is_error()), "{text}{said:?}");
        let func = lower_model(&models[0]).expect("a program").func;
        let back = grad::vjp(&func).expect("a derivative");
        for (func, part) in [(&func, "forward"), (&back, "gradient")] {
            let batch = Instance::new(&func.domains, &door()).expect("a batch");
            let rows = |d: &gdl_abi::ArrayDecl| d.dim.map_or(1, |d| batch.rows[d.0 as usize]);
            let inputs: Vec<Vec<f64>> = func.inputs.iter().map(|d| wave(rows(d) * d.row_len(), 0.3)).collect();
            let params: Vec<Vec<f64>> = func.params.iter().map(|d| wave(d.row_len(), 1.0)).collect();
            compare(&gpu, func, &batch, &inputs, &params, &format!("{part} of {text}"));
        }
    }
}

/// All of every sample in the order of `key`, and from every row to the best of the others.
fn ranked() -> Func {
    let mut b = Builder::new("ranked");
    let d = b.domains();
    let of = d.dim(DimDef::Ragged { name: "s".into() });
    let best = d.dim(DimDef::Chosen {
        of,
        each: SAMPLES,
        k: None,
        others: false,
    });
    let pairs = d.dim(DimDef::Pairs { left: of, right: of });
    let near = d.dim(DimDef::Chosen {
        of,
        each: of,
        k: Some(3),
        others: true,
    });
    let [right, chooser] = [MapDef::Right(pairs), MapDef::Chooser(near)].map(|m| d.map(m));
    let key = b.input("key", Some(of), &[], Dtype::Real);
    let x = b.input("x", Some(of), &[2], Dtype::Real);
    let at = b.choose(key, best);
    let sorted = b.take(x, at);
    let keys = b.gather(key, right);
    let at = b.choose(keys, near);
    let taken = b.take(x, at);
    let taken = b.segment(Fold::Sum, taken, chooser);
    let chosen = b.gather(x, chooser);
    let put = b.put(chosen, at);
    let results = [("sorted", sorted), ("taken", taken), ("put", put)];
    b.finish(results).expect("a program")
}

/// Of equal keys the first comes first, 0 and −0 are equal, infinities are the ends, and NaN comes last.
#[test]
fn equal_keys_and_no_numbers() {
    let Some(gpu) = device() else { return };
    let func = ranked();
    let batch = Instance::new(&func.domains, &door()).expect("a batch");
    let special = [
        1.0,
        f64::NAN,
        0.0,
        -0.0,
        f64::INFINITY,
        -2.5,
        1.0,
        f64::NEG_INFINITY,
        -0.0,
        0.0,
        1e-40,
        -1e-40,
    ];
    let keys: Vec<f64> = (0..97).map(|k| special[(5 * k + k / 12) % special.len()]).collect();
    compare(&gpu, &func, &batch, &[keys, wave(194, 0.0)], &[], "special keys");
}
