//! Compiled programs against the interpreter.

use gdl_abi::{ArrayDecl, DoorSizes, Dtype, Instance};
use gdl_codegen::{Options, compile};
use gdl_core::ir::interp::{self, Real64};
use gdl_core::ir::{Builder, Func, Value};
use gdl_runtime::{Array, Program};

/// A generator of numbers: splitmix.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn real(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub fn below(&mut self, n: u32) -> u32 {
        (self.next() % u64::from(n.max(1))) as u32
    }
}

/// Random numbers for an argument.
pub fn argument(decl: &ArrayDecl, batch: &Instance, random: &mut Random) -> Array {
    let len = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]) * decl.row_len();
    match decl.dtype {
        Dtype::Real => Array::F64((0..len).map(|_| f64::from(random.real() as f32)).collect()),
        Dtype::Class(n) => Array::Class((0..len).map(|_| random.below(n)).collect()),
    }
}

fn elements(decl: &ArrayDecl, array: &Array) -> Vec<f64> {
    match (decl.dtype, array) {
        (Dtype::Class(n), Array::Class(labels)) => interp::one_hot(&Real64, labels, n).unwrap(),
        _ => array.to_f64(),
    }
}

fn convert(array: &Array, double: bool) -> Array {
    match array {
        Array::F64(v) if !double => Array::F32(v.iter().map(|&x| x as f32).collect()),
        other => other.clone(),
    }
}

/// Runs a function compiled in all ways and interpreted, on random numbers; compares.
pub fn check_func(func: &Func, door: &DoorSizes, seed: u64) {
    let batch = Instance::new(&func.domains, door).unwrap();
    let mut random = Random(seed);
    let inputs: Vec<Array> = func.inputs.iter().map(|d| argument(d, &batch, &mut random)).collect();
    let params: Vec<Array> = func.params.iter().map(|d| argument(d, &batch, &mut random)).collect();
    let tensors = |decls: &[ArrayDecl], arrays: &[Array]| {
        decls
            .iter()
            .zip(arrays)
            .map(|(d, a)| elements(d, a))
            .collect::<Vec<_>>()
    };
    let want = interp::run(
        &Real64,
        func,
        &batch,
        &tensors(&func.inputs, &inputs),
        &tensors(&func.params, &params),
    )
    .unwrap();
    for (double, threads) in [(true, 1), (false, 2), (true, 2), (false, 1)] {
        let program = compile(
            func,
            &Options {
                double,
                threads,
                texts: false,
            },
        )
        .unwrap();
        let args: Vec<Vec<Array>> = [&inputs, &params]
            .map(|list| list.iter().map(|a| convert(a, double)).collect())
            .into();
        let refs: Vec<Vec<&Array>> = args.iter().map(|l| l.iter().collect()).collect();
        let mut outputs = Vec::new();
        // Twice: the second call reuses memory.
        for _ in 0..2 {
            program.run(&batch, &refs[0], &refs[1], &mut outputs).unwrap();
        }
        for (k, (got, want)) in outputs.iter().zip(&want).enumerate() {
            let got = got.to_f64();
            assert_eq!(got.len(), want.len(), "length of output {k}");
            let scale = want
                .iter()
                .map(|x| x.abs())
                .filter(|x| x.is_finite())
                .fold(1.0, f64::max);
            let tolerance = if double { 1e-11 } else { 4e-5 } * scale;
            for (j, (x, y)) in got.iter().zip(want).enumerate() {
                let same =
                    (x - y).abs() <= tolerance || (x.is_nan() && y.is_nan()) || x == y || (!double && y.abs() > 1e30);
                assert!(
                    same,
                    "output {k}[{j}]: {x} instead of {} (double {double}, threads {threads})\n{}",
                    y,
                    program.loop_text()
                );
            }
        }
    }
}

/// As [`check_func`], for a program made on the spot.
pub fn check(door: &DoorSizes, build: impl FnOnce(&mut Builder) -> Vec<Value>) {
    let mut b = Builder::new("test");
    let results = build(&mut b);
    let outputs: Vec<(String, Value)> = results
        .into_iter()
        .enumerate()
        .map(|(k, v)| (format!("y{k}"), v))
        .collect();
    let func = b.finish(outputs).unwrap();
    check_func(&func, door, 1);
}
