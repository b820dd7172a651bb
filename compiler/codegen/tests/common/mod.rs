//! Compiled programs against the interpreter.

#![allow(dead_code, reason = "each test file uses a part")]

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
pub fn argument(decl: &ArrayDecl, batch: &Instance, random: &mut Random) -> Vec<f64> {
    let len = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]) * decl.row_len();
    match decl.dtype {
        Dtype::Real => (0..len).map(|_| f64::from(random.real() as f32)).collect(),
        Dtype::Class(n) => interp::one_hot(&Real64, &(0..len).map(|_| random.below(n)).collect::<Vec<_>>(), n).unwrap(),
    }
}

/// The labels that a one-hot array stands for.
fn labels(one_hot: &[f64], n: u32) -> Array {
    Array::Class(
        one_hot
            .chunks(n as usize)
            .map(|c| c.iter().position(|&x| x == 1.0).unwrap() as u32)
            .collect(),
    )
}

/// An argument as the interpreter takes it, as a compiled program does.
fn convert(decl: &ArrayDecl, elements: &[f64], double: bool) -> Array {
    match decl.dtype {
        Dtype::Class(n) => labels(elements, n),
        Dtype::Real if double => Array::F64(elements.to_vec()),
        Dtype::Real => Array::F32(elements.iter().map(|&x| x as f32).collect()),
    }
}

/// Runs a function compiled in several ways (double, threads) and interpreted; compares.
pub fn check_on(
    func: &Func,
    door: &DoorSizes,
    inputs: &[Vec<f64>],
    params: &[Vec<f64>],
    modes: &[(bool, usize)],
    what: &str,
) {
    for &(double, threads) in modes {
        let options = Options {
            double,
            threads,
            texts: false,
        };
        let program = compile(func, &options).unwrap_or_else(|e| panic!("{what}: {e}"));
        let what = format!("{what} (double {double}, threads {threads})");
        check_program(&program, func, door, inputs, params, &what);
    }
}

/// Runs a program that was made from a function, twice, and compares with the interpreter.
pub fn check_program(
    program: &dyn Program,
    func: &Func,
    door: &DoorSizes,
    inputs: &[Vec<f64>],
    params: &[Vec<f64>],
    what: &str,
) {
    let batch = Instance::new(&func.domains, door).unwrap();
    let want = interp::run(&Real64, func, &batch, inputs, params).unwrap();
    let double = program.is_f64();
    let convert_all = |decls: &[ArrayDecl], list: &[Vec<f64>]| -> Vec<Array> {
        decls.iter().zip(list).map(|(d, x)| convert(d, x, double)).collect()
    };
    let (xs, ps) = (convert_all(&func.inputs, inputs), convert_all(&func.params, params));
    let (xs, ps): (Vec<&Array>, Vec<&Array>) = (xs.iter().collect(), ps.iter().collect());
    let mut outputs = Vec::new();
    program.run(&batch, &xs, &ps, &mut outputs).unwrap();
    let first = outputs.clone();
    // The second call reuses memory, and gives the same bits.
    program.run(&batch, &xs, &ps, &mut outputs).unwrap();
    let bits = |list: &[Array]| {
        list.iter()
            .flat_map(Array::to_f64)
            .map(f64::to_bits)
            .collect::<Vec<_>>()
    };
    assert!(bits(&first) == bits(&outputs), "{what}: two calls differ");
    for (k, (got, want)) in outputs.iter().zip(&want).enumerate() {
        let got = got.to_f64();
        assert_eq!(got.len(), want.len(), "{what}: length of output {k}");
        let scale = want
            .iter()
            .map(|x| x.abs())
            .filter(|x| x.is_finite())
            .fold(1.0, f64::max);
        let tolerance = if double { 1e-10 } else { 1e-4 } * scale;
        for (j, (&x, &y)) in got.iter().zip(want).enumerate() {
            let same =
                (x - y).abs() <= tolerance || (x.is_nan() && y.is_nan()) || x == y || (!double && y.abs() > 1e30);
            assert!(same, "{what}: output {k}[{j}]: {x} instead of {y}");
        }
    }
}

/// As [`check_on`], in all ways and on random numbers.
pub fn check_func(func: &Func, door: &DoorSizes, seed: u64) {
    let batch = Instance::new(&func.domains, door).unwrap();
    let mut random = Random(seed);
    let mut arguments = |decls: &[ArrayDecl]| {
        decls
            .iter()
            .map(|d| argument(d, &batch, &mut random))
            .collect::<Vec<_>>()
    };
    let (inputs, params) = (arguments(&func.inputs), arguments(&func.params));
    check_on(
        func,
        door,
        &inputs,
        &params,
        &[(true, 1), (false, 2), (true, 2), (false, 1)],
        "program",
    );
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
