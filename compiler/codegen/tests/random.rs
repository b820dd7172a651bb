//! Random programs and their gradients, compiled and interpreted.

mod common;

use common::check_on;
use gdl_core::ir::grad::training_step;
use gdl_core::ir::random::{Options, random_program_with};

fn programs(seeds: std::ops::Range<u64>, options: Options, modes: &[(bool, usize)]) {
    for seed in seeds {
        let (func, door, inputs, params) = random_program_with(seed, 4 + seed as usize % 24, options);
        check_on(&func, &door, &inputs, &params, modes, &format!("seed {seed}"));
    }
}

#[test]
fn all_operators() {
    programs(0..500, Options::default(), &[(true, 1), (true, 2)]);
}

#[test]
fn single_precision() {
    let options = Options {
        smooth: true,
        ..Options::default()
    };
    programs(1000..1250, options, &[(false, 2)]);
}

#[test]
fn gradients() {
    let options = Options {
        smooth: true,
        ..Options::default()
    };
    for seed in 2000..2200 {
        let (func, door, inputs, params) = random_program_with(seed, 3 + seed as usize % 12, options);
        let func = training_step(&func, &[0]).unwrap();
        check_on(&func, &door, &inputs, &params, &[(true, 1)], &format!("seed {seed}"));
    }
}
