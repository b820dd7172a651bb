//! Random programs: reverse and forward mode agree, and agree with differences where functions are smooth.

use crate::check::Case;
use gdl_core::ir::random::{Options, random_program_with};
use gdl_core::ir::{Body, Op};

fn case(seed: u64, size: usize, smooth: bool) -> Case {
    let options = Options {
        smooth,
        ..Options::default()
    };
    let (func, door, inputs, params) = random_program_with(seed, size, options);
    Case {
        func,
        door,
        inputs,
        params,
    }
}

/// Differences see through [`Op::Detach`]: it is replaced by the identity.
fn attach(body: &mut Body) {
    for node in &mut body.nodes {
        match &mut node.op {
            Op::Detach { x } => node.op = Op::Reshape { x: *x },
            Op::Scan(scan) => attach(&mut scan.body),
            _ => {}
        }
    }
}

#[test]
fn modes_agree() {
    for seed in 0..150 {
        case(seed, 25, false).check_modes(2);
    }
}

#[test]
fn smooth_programs_agree_with_differences() {
    for seed in 0..100 {
        let mut case = case(seed, 20, true);
        attach(&mut case.func.body);
        case.check(2);
    }
}
