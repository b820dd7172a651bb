//! Random programs: they run, stay tame, and have every operator.

use gdl_abi::Instance;
use gdl_core::ir::interp::{Real64, run};
use gdl_core::ir::random::random_program;
use gdl_core::ir::{Body, Op, Scalar};
use std::collections::BTreeSet;

const SEEDS: u64 = 400;

#[test]
fn run_and_stay_tame() {
    for seed in 0..SEEDS {
        let (func, door, inputs, params) = random_program(seed, 25);
        let instance = Instance::new(&func.domains, &door).unwrap();
        let outputs = run(&Real64, &func, &instance, &inputs, &params).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        for (name, x) in func.outputs.iter().zip(&outputs) {
            assert!(x.iter().all(|x| x.abs() < 1e4), "seed {seed}: `{name}` is {x:?}");
        }
    }
}

#[test]
fn are_made_of_everything() {
    let mut seen = BTreeSet::new();
    for seed in 0..SEEDS {
        names(&random_program(seed, 25).0.body, &mut seen);
    }
    for (_, name) in Scalar::NAMED {
        assert!(seen.contains(name), "no {name}");
    }
    let ops = "input param arg const fill broadcast reshape slice concat contract reduce gather segment total window \
               compare position scan proj detach";
    for name in ops.split_whitespace() {
        assert!(seen.contains(name), "no {name}");
    }
}

fn names(body: &Body, seen: &mut BTreeSet<&'static str>) {
    for node in &body.nodes {
        seen.insert(node.op.name());
        match &node.op {
            Op::Scan(scan) => names(&scan.body, seen),
            Op::Map { f, .. } => seen.extend(Scalar::NAMED.iter().filter(|(g, _)| g == f).map(|(_, n)| *n)),
            _ => {}
        }
    }
}

#[test]
fn equal_seeds_give_equal_programs() {
    assert_eq!(random_program(7, 30), random_program(7, 30));
}
