//! Elementary functions in compiled code against the standard library's, in units in the last place.

use gdl_abi::{DimDef, DoorSizes, Dtype, Instance};
use gdl_codegen::{Options, compile};
use gdl_core::ir::{Builder, Scalar};
use gdl_runtime::{Array, Program};

type Case = (Scalar, fn(f64) -> f64, [f64; 2]);

const CASES: [Case; 8] = [
    (Scalar::Exp, f64::exp, [-87.0, 88.0]),
    (Scalar::Exp, f64::exp, [-1e-3, 1e-3]),
    (Scalar::Log, f64::ln, [1e-6, 50.0]),
    (Scalar::Log, f64::ln, [0.9, 1.1]),
    (Scalar::Tanh, f64::tanh, [-12.0, 12.0]),
    (Scalar::Tanh, f64::tanh, [-0.01, 0.01]),
    (Scalar::Sigmoid, |x| 1.0 / (1.0 + (-x).exp()), [-80.0, 80.0]),
    (Scalar::Sqrt, f64::sqrt, [0.0, 3.0]),
];

fn run(f: Scalar, xs: &[f64], double: bool) -> Vec<f64> {
    let mut b = Builder::new("f");
    let n = b.domains().dim(DimDef::Ragged { name: "n".into() });
    let x = b.input("x", Some(n), &[], Dtype::Real);
    let y = b.map1(f, x);
    let func = b.finish([("y", y)]).unwrap();
    let program = compile(
        &func,
        &Options {
            double,
            threads: 1,
            texts: false,
        },
    )
    .unwrap();
    let door = DoorSizes {
        samples: 1,
        ragged: vec![("n".into(), vec![0, xs.len() as u32])],
        ..DoorSizes::default()
    };
    let batch = Instance::new(&func.domains, &door).unwrap();
    let input = if double {
        Array::F64(xs.to_vec())
    } else {
        Array::F32(xs.iter().map(|&x| x as f32).collect())
    };
    let mut out = Vec::new();
    program.run(&batch, &[&input], &[], &mut out).unwrap();
    out[0].to_f64()
}

#[test]
fn within_a_few_units() {
    for (f, exact, [low, high]) in CASES {
        for double in [false, true] {
            let unit = if double { f64::EPSILON } else { f64::from(f32::EPSILON) };
            // 10001 is no multiple of a vector.
            let xs: Vec<f64> = (0..10_001)
                .map(|k| f64::from((low + (high - low) * f64::from(k) / 1e4) as f32))
                .collect();
            let mut worst = (0.0, 0.0);
            for (x, y) in xs.iter().zip(run(f, &xs, double)) {
                let want = exact(*x);
                let error = (y - want).abs() / (want.abs() * unit).max(f64::MIN_POSITIVE);
                if error > worst.0 {
                    worst = (error, *x);
                }
            }
            assert!(
                worst.0 < 3.0,
                "{f:?} on {low}..{high}, double {double}: {:.2} units at {}",
                worst.0,
                worst.1
            );
        }
    }
}

#[test]
fn special_values() {
    let inf = f64::INFINITY;
    for double in [false, true] {
        assert_eq!(
            run(Scalar::Exp, &[-inf, -1e4, 0.0, 1e4, inf], double),
            [0.0, 0.0, 1.0, inf, inf]
        );
        assert_eq!(run(Scalar::Log, &[0.0, 1.0, inf], double), [-inf, 0.0, inf]);
        assert_eq!(
            run(Scalar::Tanh, &[-inf, -40.0, 0.0, 40.0, inf], double),
            [-1.0, -1.0, 0.0, 1.0, 1.0]
        );
        assert_eq!(run(Scalar::Sigmoid, &[-inf, 0.0, inf], double), [0.0, 0.5, 1.0]);
        for f in [Scalar::Exp, Scalar::Log, Scalar::Tanh, Scalar::Sigmoid] {
            assert!(run(f, &[f64::NAN], double)[0].is_nan());
        }
        assert!(run(Scalar::Log, &[-1.0], double)[0].is_nan());
        assert!((run(Scalar::Log, &[1e-40], double)[0] + 92.103_403_719_761_84).abs() < 1e-4);
    }
}
