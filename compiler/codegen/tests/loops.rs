//! Loops over time.

mod common;

use common::check;
use gdl_abi::{DimDef, DoorSizes, Dtype, MapDef, SAMPLES};
use gdl_core::ir::{Builder, Fold, Scalar, Value};

/// Sequences of 3, 0, 5 and 1 positions, sets of 2, 3, 0 and 1 elements.
fn sequences() -> DoorSizes {
    DoorSizes {
        samples: 4,
        ragged: vec![("seq".into(), vec![0, 3, 3, 8, 9]), ("set".into(), vec![0, 2, 5, 5, 6])],
        ..DoorSizes::default()
    }
}

fn nothing() -> DoorSizes {
    DoorSizes {
        samples: 0,
        ragged: vec![("seq".into(), vec![0]), ("set".into(), vec![0])],
        ..DoorSizes::default()
    }
}

fn both(build: impl Fn(&mut Builder) -> Vec<Value>) {
    check(&sequences(), &build);
    check(&nothing(), &build);
}

/// A recurrent network whose input is laid out by step.
fn network(b: &mut Builder, width: u32, reverse: bool) -> Vec<Value> {
    let d = b.domains();
    let time = d.dim(DimDef::Ragged { name: "seq".into() });
    let stacked = d.dim(DimDef::Stacked { time, of: SAMPLES });
    let to_step = d.map(MapDef::ToStep { time, stacked });
    let x = b.input("x", Some(time), &[width], Dtype::Real);
    let h0 = b.input("h0", Some(SAMPLES), &[width], Dtype::Real);
    let w = b.param("w", &[width, width]);
    let xs = b.segment(Fold::Sum, x, to_step);
    let results = b.scan(time, reverse, [&[h0], &[xs], &[w]], |b, args| {
        let [h, x, w] = args else { unreachable!() };
        let wh = b.contract(*h, *w, "i,oi->o");
        let sum = b.add(wh, *x);
        let next = b.map1(Scalar::Tanh, sum);
        let y = b.mul(next, *x);
        vec![next, y]
    });
    let ys = b.gather(results[1], to_step);
    vec![results[0], results[1], ys]
}

#[test]
fn recurrent() {
    for (width, reverse) in [(5, false), (5, true), (24, false), (24, true)] {
        both(|b| network(b, width, reverse));
    }
}

/// Matrix products of the part of a step, whatever its axes are called.
#[test]
fn products_of_parts() {
    for reverse in [false, true] {
        both(|b| {
            let d = b.domains();
            let time = d.dim(DimDef::Ragged { name: "seq".into() });
            let stacked = d.dim(DimDef::Stacked { time, of: SAMPLES });
            let to_step = d.map(MapDef::ToStep { time, stacked });
            let x = b.input("x", Some(time), &[24], Dtype::Real);
            let h0 = b.input("h0", Some(SAMPLES), &[24], Dtype::Real);
            let w = b.param("w", &[24, 4, 6]);
            let xs = b.segment(Fold::Sum, x, to_step);
            b.scan(time, reverse, [&[h0], &[xs], &[w]], |b, args| {
                let [h, x, w] = args else { unreachable!() };
                let x = b.reshape(*x, &[4, 6]);
                let wx = b.contract(x, *w, "ij,oij->o");
                let sum = b.add(wx, *h);
                vec![b.map1(Scalar::Tanh, sum)]
            })
        });
    }
}

#[test]
fn swapped_states() {
    both(|b| {
        let time = b.domains().dim(DimDef::Ragged { name: "seq".into() });
        let [x, y] = ["x", "y"].map(|n| b.input(n, Some(SAMPLES), &[3], Dtype::Real));
        b.scan(time, false, [&[x, y], &[], &[]], |b, args| {
            let sum = b.add(args[0], args[1]);
            vec![args[1], args[0], sum]
        })
    });
}

#[test]
fn rounds_with_messages() {
    both(|b| {
        let d = b.domains();
        let set = d.dim(DimDef::Ragged { name: "set".into() });
        let rounds = d.dim(DimDef::Rounds {
            like: Some(set),
            fixed: 0,
        });
        let pairs = d.dim(DimDef::Pairs { left: set, right: set });
        let left = d.map(MapDef::Left(pairs));
        let right = d.map(MapDef::Right(pairs));
        let x = b.input("x", Some(set), &[4], Dtype::Real);
        let scale = b.input("scale", Some(pairs), &[], Dtype::Real);
        b.scan(rounds, false, [&[x], &[], &[scale, x]], |b, args| {
            let far = b.gather(args[0], right);
            let wide = b.broadcast(args[1], gdl_core::ir::Shape::new(Some(pairs), &[4]), &[]);
            let message = b.mul(far, wide);
            let most = b.segment(Fold::Max, message, left);
            let next = b.map2(Scalar::Min, most, args[2]);
            vec![next]
        })
    });
}

#[test]
fn nested() {
    both(|b| {
        let d = b.domains();
        let time = d.dim(DimDef::Ragged { name: "seq".into() });
        let rounds = d.dim(DimDef::Rounds { like: None, fixed: 3 });
        let x = b.input("x", Some(SAMPLES), &[2], Dtype::Real);
        let w = b.param("w", &[2]);
        b.scan(time, true, [&[x], &[], &[w]], |b, outer| {
            let w = outer[1];
            let inner = b.scan(rounds, false, [&[outer[0]], &[], &[w, outer[0]]], |b, args| {
                let scaled = b.contract(args[0], args[1], "i,i->i");
                let next = b.add(scaled, args[2]);
                vec![next, next]
            });
            let sum = b.add(inner[0], outer[0]);
            let half = b.map1(Scalar::Tanh, sum);
            vec![half]
        })
    });
}

#[test]
fn a_state_that_stays() {
    both(|b| {
        let time = b.domains().dim(DimDef::Ragged { name: "seq".into() });
        let x = b.input("x", Some(SAMPLES), &[], Dtype::Real);
        let mut out = b.scan(time, false, [&[x], &[], &[]], |_, args| vec![args[0], args[0]]);
        out.push(x);
        out
    });
}
