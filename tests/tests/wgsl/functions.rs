//! Scalar functions on the device against the standard library.

use gdl_abi::{DimDef, DoorSizes, Dtype, Instance};
use gdl_core::ir::Scalar;
use gdl_core::ir::build::Builder;
use gdl_runtime::Array;
use gdl_tests::gpu::{device, on_device, run_twice};

/// The values of a function at points.
fn values(f: Scalar, points: &[f32]) -> Option<Vec<f64>> {
    let gpu = device()?;
    let mut b = Builder::new("function");
    let rows = b.domains().dim(DimDef::Ragged { name: "s".into() });
    let x = b.input("x", Some(rows), &[], Dtype::Real);
    let y = b.map(f, &[x]);
    let func = b.finish([("y", y)]).expect("a program");
    let door = DoorSizes {
        samples: 1,
        ragged: vec![("s".into(), vec![0, points.len() as u32])],
        ..DoorSizes::default()
    };
    let batch = Instance::new(&func.domains, &door).expect("a batch");
    let input = Array::F32(points.to_vec());
    let what = format!("{f:?}");
    let program = on_device(&gpu, &func, &what);
    Some(run_twice(&program, &batch, &[&input], &[], &what)[0].to_f64())
}

/// A function, its exact values, and a range.
type Case = (Scalar, fn(f64) -> f64, [f64; 2]);

/// Within the bounds that the functions have on CPUs without fused multiply-add, twice as much where WGSL lets a division be inexact.
#[test]
fn functions_are_accurate() {
    let cases: [Case; 9] = [
        (Scalar::Exp, f64::exp, [-87.0, 88.0]),
        (Scalar::Log, f64::ln, [1e-6, 50.0]),
        (Scalar::Tanh, f64::tanh, [-12.0, 12.0]),
        (Scalar::Sigmoid, |x| 1.0 / (1.0 + (-x).exp()), [-80.0, 80.0]),
        (Scalar::Sin, f64::sin, [-10.0, 10.0]),
        (Scalar::Cos, f64::cos, [-10.0, 10.0]),
        (Scalar::Sqrt, f64::sqrt, [0.0, 50.0]),
        (Scalar::PowI(-3), |x| x.powi(-3), [0.1, 3.0]),
        (Scalar::Relu, |x| x.max(0.0), [-1.0, 1.0]),
    ];
    for (f, exact, [low, high]) in cases {
        const POINTS: u32 = 20_000;
        let at = |k: u32| (low + (high - low) * f64::from(k) / f64::from(POINTS)) as f32;
        let points: Vec<f32> = (0..=POINTS).map(at).collect();
        let Some(found) = values(f, &points) else { return };
        for (x, y) in points.iter().zip(found) {
            let want = exact(f64::from(*x));
            let size = (want.abs() as f32).max(f32::MIN_POSITIVE);
            let unit = f64::from(f32::from_bits(size.to_bits() + 1) - size);
            assert!((y - want).abs() < 8.0 * unit, "{f:?} {x}: {y} in place of {want}");
        }
    }
}

/// Infinities and NaN go through as they should.
#[test]
fn ends_of_functions() {
    let inf = f64::INFINITY;
    for (f, x, want) in [
        (Scalar::Exp, inf, inf),
        (Scalar::Exp, -inf, 0.0),
        (Scalar::Log, 0.0, -inf),
        (Scalar::Log, inf, inf),
        (Scalar::Tanh, -inf, -1.0),
        (Scalar::Sigmoid, inf, 1.0),
        (Scalar::Relu, f64::NAN, f64::NAN),
        (Scalar::Log, -1.0, f64::NAN),
    ] {
        let Some(found) = values(f, &[x as f32]) else { return };
        assert!(
            found[0] == want || (found[0].is_nan() && want.is_nan()),
            "{f:?} {x}: {}",
            found[0]
        );
    }
}
