//! Shaders against the interpreter and machine code, on whatever device there is.

mod banks;
mod choices;
mod curves;
mod errors;
mod examples;
mod folds;
mod functions;
mod fusion;
mod learning;
mod products;
mod rounds;

use gdl_abi::{ArrayDecl, Dtype, Instance};
use gdl_core::ir::Func;
use gdl_core::ir::grad::training_step;
use gdl_core::ir::interp::{self, Real64};
use gdl_core::ir::random::{Options, random_program_with};
use gdl_gpu::Gpu;
use gdl_runtime::Array;
use gdl_tests::gpu::{device, on_devices, run_twice};
use gdl_tests::{Scratch, gdl, root};
use std::sync::Arc;

fn single(decl: &ArrayDecl, x: &[f64]) -> Array {
    match decl.dtype {
        Dtype::Real => Array::F32(x.iter().map(|&x| x as f32).collect()),
        Dtype::Class(n) => {
            let label = |c: &[f64]| c.iter().position(|&x| x == 1.0).unwrap_or(0) as u32;
            Array::Class(x.chunks(n as usize).map(label).collect())
        }
    }
}

fn compare(gpu: &Arc<Gpu>, func: &Func, batch: &Instance, inputs: &[Vec<f64>], params: &[Vec<f64>], what: &str) {
    let want = interp::run(&Real64, func, batch, inputs, params).unwrap();
    let all = |decls: &[ArrayDecl], list: &[Vec<f64>]| -> Vec<Array> {
        decls.iter().zip(list).map(|(d, x)| single(d, x)).collect()
    };
    let (xs, ps) = (all(&func.inputs, inputs), all(&func.params, params));
    let (xs, ps): (Vec<&Array>, Vec<&Array>) = (xs.iter().collect(), ps.iter().collect());
    for program in on_devices(gpu, func, what) {
        let outputs = run_twice(&program, batch, &xs, &ps, what);
        same(&outputs, &want, what);
    }
}

/// Whether outputs are those of the interpreter, up to rounding.
fn same(outputs: &[Array], want: &[Vec<f64>], what: &str) {
    for (k, (got, want)) in outputs.iter().zip(want).enumerate() {
        let got = got.to_f64();
        assert_eq!(got.len(), want.len(), "{what}: length of output {k}");
        let scale = want
            .iter()
            .map(|x| x.abs())
            .filter(|x| x.is_finite())
            .fold(1.0, f64::max);
        for (j, (&x, &y)) in got.iter().zip(want).enumerate() {
            let same = (x - y).abs() <= 1e-4 * scale || y.abs() > 1e30 || y.is_nan();
            assert!(same, "{what}: output {k}[{j}]: {x} instead of {y}");
        }
    }
}

#[test]
fn random_programs_and_gradients() {
    let Some(gpu) = device() else { return };
    let options = Options {
        smooth: true,
        ..Options::default()
    };
    for seed in 0..24 {
        let (func, door, inputs, params) = random_program_with(seed, 4 + seed as usize % 24, options);
        let batch = Instance::new(&func.domains, &door).unwrap();
        compare(&gpu, &func, &batch, &inputs, &params, &format!("seed {seed}"));
        if seed % 3 == 0 {
            let func = training_step(&func, &[0]).unwrap();
            compare(&gpu, &func, &batch, &inputs, &params, &format!("gradient, seed {seed}"));
        }
    }
}

/// Trained on the GPU: the loss and metrics of every epoch are those of machine code, up to rounding.
#[test]
fn training() {
    if device().is_none() {
        return;
    }
    let folder = Scratch::new();
    let curve = |name: &str, epochs: &str, backend: &str| -> Vec<f64> {
        let source = root().join("examples").join(name).display().to_string();
        let out = folder.path(backend);
        let done = gdl(&[
            "train",
            &source,
            "--epochs",
            epochs,
            "--out",
            &out,
            "--backend",
            backend,
            "--json",
        ]);
        assert_eq!(done.code, 0, "{done:?}");
        let log = std::fs::read_to_string(folder.path(&format!("{backend}/metrics.jsonl"))).expect("a log");
        let scores = |line: &str| {
            let all: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).expect("JSON");
            let wanted = |(k, v): (String, serde_json::Value)| k.starts_with("train_").then(|| v.as_f64()).flatten();
            all.into_iter().filter_map(wanted).collect::<Vec<f64>>()
        };
        log.lines().flat_map(scores).collect()
    };
    for (name, epochs) in [
        ("02-sets/sets.gdl", "1"),
        ("03-karate/karate.gdl", "10"),
        ("07-mesh/slope.gdl", "1"),
    ] {
        let (gpu, cpu) = (curve(name, epochs, "wgsl"), curve(name, epochs, "cranelift"));
        assert!(!cpu.is_empty() && gpu.len() == cpu.len(), "{name}: {gpu:?} {cpu:?}");
        for (a, b) in gpu.iter().zip(&cpu) {
            assert!((a - b).abs() <= 1e-3 * b.abs().max(1e-2), "{name}: {gpu:?} {cpu:?}");
        }
    }
}

#[test]
fn devices_are_chosen_and_models_verified() {
    if device().is_none() {
        return;
    }
    let source = root().join("examples/03-karate/karate.gdl").display().to_string();
    let verified = gdl(&["verify", &source, "--backend", "wgsl", "--device", "0", "--json"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let report: serde_json::Value = serde_json::from_str(&verified.out).expect("JSON");
    let error = report["f32"].as_f64().expect("an error");
    assert!(error > 0.0 && error < 1e-4, "{report}");
    let unknown = gdl(&["verify", &source, "--backend", "wgsl", "--device", "abacus"]);
    assert!(
        unknown.code == 1 && unknown.err.contains("there is no device `abacus`; there are: 0 "),
        "{unknown:?}"
    );
    let idle = gdl(&["verify", &source, "--device", "0"]);
    assert!(
        idle.code == 2 && idle.err.contains("`--device` is for `--backend wgsl`"),
        "{idle:?}"
    );
    let double = gdl(&["train", &source, "--backend", "wgsl", "--dtype", "f64"]);
    assert!(
        double.code == 2 && double.err.contains("single precision only"),
        "{double:?}"
    );
}
