//! Folds that a workgroup makes of what its invocations have: with subgroups, without them, and against the definition.

use gdl_abi::{DimDef, DoorSizes, Dtype, Instance, MapDef};
use gdl_core::ir::build::Builder;
use gdl_core::ir::{Fold, Func};
use gdl_runtime::Array;
use gdl_tests::gpu::{device, on_devices, run_twice, shaders};

/// Samples: empty, one row, fewer rows than a subgroup has invocations, and many.
const SAMPLES: [u32; 7] = [0, 0, 1, 4, 70, 1100, 5000];
/// Elements of a row.
const WIDTHS: [u32; 4] = [1, 3, 4, 11];

/// The fold of the rows of every sample.
fn of_samples(fold: Fold, width: u32) -> Func {
    let mut b = Builder::new("folds");
    let rows = b.domains().dim(DimDef::Ragged { name: "s".into() });
    let sample = b.domains().map(MapDef::Sample(rows));
    let x = b.input("x", Some(rows), &[width], Dtype::Real);
    let all = b.segment(fold, x, sample);
    b.finish([("all", all)]).expect("a program")
}

/// NaN if one of them is.
fn folded(fold: Fold, terms: impl Iterator<Item = f32>) -> f64 {
    let terms = terms.map(f64::from);
    let extreme = |larger: bool| {
        move |a: f64, x: f64| {
            let first = a.is_nan() || (a > x) == larger && a != x && !x.is_nan();
            if first { a } else { x }
        }
    };
    match fold {
        Fold::Sum => terms.sum(),
        Fold::Prod => terms.product(),
        Fold::Max => terms.fold(f64::NEG_INFINITY, extreme(true)),
        Fold::Min => terms.fold(f64::INFINITY, extreme(false)),
    }
}

/// Every fold of ordinary numbers, and of numbers of which a few are none, or the ends of all.
#[test]
fn folds_of_samples() {
    let Some(gpu) = device() else { return };
    let rows = SAMPLES[SAMPLES.len() - 1] as usize;
    let door = DoorSizes {
        samples: SAMPLES.len() - 1,
        ragged: vec![("s".into(), SAMPLES.to_vec())],
        ..DoorSizes::default()
    };
    let special = [f32::NAN, f32::INFINITY, -f32::NAN, f32::NEG_INFINITY, -0.0, 0.0];
    for (fold, width) in [Fold::Sum, Fold::Prod, Fold::Max, Fold::Min]
        .into_iter()
        .flat_map(|fold| WIDTHS.map(|width| (fold, width)))
    {
        let func = of_samples(fold, width);
        let what = format!("{fold:?} of rows of {width}");
        let (_, made) = shaders(&func, &what);
        assert!(made.folds.halves.contains("fn gdl_"), "{what}: nothing is folded");
        let called = ["subgroupAdd(", "subgroupMul(", "subgroupMax("];
        let uses = called.iter().any(|name| made.folds.subgroups.contains(name));
        assert_eq!(uses, width == 1, "{what}");
        let batch = Instance::new(&func.domains, &door).expect("a batch");
        let width = width as usize;
        // Negative ones only in every other element, so that no identity is the largest or the smallest.
        let number = |k: usize| {
            let wave = (1.7 * k as f64).sin();
            match (fold, k % width % 2) {
                (Fold::Prod, _) => 1.0 + 0.01 * wave,
                (_, 0) => wave - 2.0,
                _ => wave + 2.0,
            }
        };
        let ordinary: Vec<f32> = (0..rows * width).map(|k| number(k) as f32).collect();
        let odd = |(k, x): (usize, &f32)| match k % 613 {
            0 => special[k / 613 % special.len()],
            _ => *x,
        };
        let odd: Vec<f32> = ordinary.iter().enumerate().map(odd).collect();
        for program in on_devices(&gpu, &func, &what) {
            for numbers in [&ordinary, &odd] {
                let x = Array::F32(numbers.clone());
                let found = run_twice(&program, &batch, &[&x], &[], &what)[0].to_f64();
                assert_eq!(found.len(), (SAMPLES.len() - 1) * width);
                for (k, got) in found.into_iter().enumerate() {
                    let (low, high) = (SAMPLES[k / width] as usize, SAMPLES[k / width + 1] as usize);
                    let want = folded(fold, (low..high).map(|row| numbers[row * width + k % width]));
                    let near = match fold {
                        Fold::Max | Fold::Min => 0.0,
                        Fold::Sum | Fold::Prod => 1e-5 * want.abs(),
                    };
                    let same = got == want || got.is_nan() && want.is_nan() || (got - want).abs() <= near;
                    assert!(same, "{what}, sample {}: {got} in place of {want}", k / width);
                }
            }
        }
    }
}
