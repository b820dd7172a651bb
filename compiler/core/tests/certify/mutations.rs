//! Broken programs are rejected: the lowered programs of correct models, with one node changed.
//!
//! Every mutant is judged twice: in floating point, by random group elements, and by the exact test. What is visibly broken in
//! floating point must be rejected; what is not must be accepted, unless its equivariance rests on a law of exp.

use crate::accepted::{ALL, EGNN, MESH, ORBITS};
use crate::common::compile;
use gdl_core::certify::numeric::interpret;
use gdl_core::certify::{Options, Rng, VerifyOptions, certify_with, verify};
use gdl_core::ir::{Fold, Func, Node, Op, Scalar};
use gdl_core::typed::Model;
use gdl_rep::Exact;

/// All changes of one node that leave its shape alone.
fn changes(func: &Func, node: &Node) -> Vec<(&'static str, Op)> {
    let mut out = Vec::new();
    let domains = &func.domains;
    let other_map = |map: gdl_abi::MapId| {
        (0..domains.maps.len() as u32)
            .map(gdl_abi::MapId)
            .find(|m| *m != map && domains.ends(*m) == domains.ends(map))
    };
    match &node.op {
        Op::Const(c) => {
            for k in [0, c.data.len() / 2, c.data.len() - 1] {
                let mut c = c.clone();
                c.data[k] += Exact::ratio(1, 3);
                out.push(("a constant moved", Op::Const(c)));
            }
            let mut c = c.clone();
            c.data.reverse();
            out.push(("a constant reversed", Op::Const(c)));
        }
        Op::Map { f, args } => {
            let to = |f| Op::Map { f, args: args.clone() };
            match f {
                Scalar::Add => out.push(("a sum became a difference", to(Scalar::Sub))),
                Scalar::Sub => {
                    out.push(("a difference became a sum", to(Scalar::Add)));
                    out.push((
                        "a term dropped",
                        Op::Map {
                            f: Scalar::Neg,
                            args: vec![args[1]],
                        },
                    ));
                }
                Scalar::Mul => out.push(("a product became a sum", to(Scalar::Add))),
                Scalar::Div => out.push(("a quotient became a product", to(Scalar::Mul))),
                Scalar::Relu => out.push(("another function", to(Scalar::Tanh))),
                _ => {}
            }
            if args.len() == 2 {
                out.push(("a node dropped", Op::Detach { x: args[0] }));
            }
        }
        Op::Gather { x, map } => {
            if let Some(map) = other_map(*map) {
                out.push(("the other end of the edge", Op::Gather { x: *x, map }));
            }
        }
        Op::Segment { op, x, map } => {
            if let Some(map) = other_map(*map) {
                out.push(("summed at the other end", Op::Segment { op: *op, x: *x, map }));
            }
            if *op == Fold::Sum {
                out.push((
                    "a product for a sum",
                    Op::Segment {
                        op: Fold::Prod,
                        x: *x,
                        map: *map,
                    },
                ));
            }
        }
        Op::Reduce { op: Fold::Sum, x, axis } => {
            out.push((
                "a maximum of components",
                Op::Reduce {
                    op: Fold::Max,
                    x: *x,
                    axis: *axis,
                },
            ));
        }
        Op::Slice { x, axis, start, len } => {
            let have = func.body.get(*x).map_or(0, |n| n.shape.axes[*axis as usize]);
            for start in [start + 1, start.wrapping_sub(1)] {
                if start.checked_add(*len).is_some_and(|end| end <= have) {
                    out.push((
                        "another slice",
                        Op::Slice {
                            x: *x,
                            axis: *axis,
                            start,
                            len: *len,
                        },
                    ));
                }
            }
        }
        Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } => {
            for k in 1..a_axes.len() {
                let mut a_axes = a_axes.clone();
                a_axes.swap(0, k);
                out.push((
                    "labels exchanged",
                    Op::Contract {
                        a: *a,
                        b: *b,
                        a_axes,
                        b_axes: b_axes.clone(),
                        out_axes: out_axes.clone(),
                    },
                ));
            }
        }
        Op::Broadcast { x, axes } if axes.len() > 1 => {
            let mut axes = axes.clone();
            axes.reverse();
            out.push(("a transposition", Op::Broadcast { x: *x, axes }));
        }
        Op::Window {
            x,
            offsets,
            stride,
            wrap,
            transpose,
            fine,
            coarse,
        } => {
            let mut moved = offsets.clone();
            moved.iter_mut().for_each(|o| o[0] += 1);
            let mut dropped = offsets.clone();
            let n = dropped.len();
            dropped[n - 1] = dropped[0].clone();
            for (what, offsets) in [("windows moved", moved), ("a cell forgotten", dropped)] {
                out.push((
                    what,
                    Op::Window {
                        x: *x,
                        offsets,
                        stride: *stride,
                        wrap: *wrap,
                        transpose: *transpose,
                        fine: *fine,
                        coarse: *coarse,
                    },
                ));
            }
        }
        _ => {}
    }
    if node.shape.dim.is_some() && node.shape.axes == [3] && matches!(node.op, Op::Segment { .. } | Op::Contract { .. })
    {
        out.push((
            "a fixed vector",
            Op::Const(gdl_core::ir::Constant {
                axes: vec![3],
                data: vec![Exact::ONE; 3],
            }),
        ));
    }
    out
}

/// The largest relative error in floating point.
fn error(model: &Model, func: &Func) -> f64 {
    let mut rng = Rng::new(5);
    let params: Vec<Vec<f64>> = func
        .params
        .iter()
        .map(|p| {
            (0..p.row_len())
                .map(|_| 0.2 + 0.5 * rng.unit() * if rng.below(3) == 0 { -1.0 } else { 1.0 })
                .collect()
        })
        .collect();
    // Statistics stay positive.
    let params: Vec<Vec<f64>> = params
        .into_iter()
        .zip(&func.params)
        .map(|(x, d)| {
            if d.name.contains("var") {
                x.iter().map(|v| v.abs()).collect()
            } else {
                x
            }
        })
        .collect();
    let mut run = |door: &gdl_abi::DoorSizes, inputs: &[Vec<f64>]| interpret(func, &params, door, inputs);
    match verify(
        model,
        func,
        &mut run,
        &[],
        &VerifyOptions {
            seed: 11,
            runs: 4,
            ..VerifyOptions::default()
        },
    ) {
        Ok(report) => report.error(),
        Err(why) => panic!("{why}"),
    }
}

/// Mutants, rejected ones, and disagreements of one model.
fn mutate(text: &str) -> (usize, usize, Vec<String>) {
    let (model, func) = compile(text);
    let has_exp = format!("{func:?}").contains("f: Exp");
    let (mut all, mut broken, mut wrong) = (0, 0, Vec::new());
    for k in 0..func.body.nodes.len() {
        for (what, op) in changes(&func, &func.body.nodes[k]) {
            let mut mutant = func.clone();
            mutant.body.nodes[k].op = op;
            if gdl_core::ir::verify::verify(&mutant).is_err() {
                continue;
            }
            all += 1;
            let numeric = error(&model, &mutant);
            let exact = certify_with(
                &model,
                &mutant,
                &Options {
                    seed: 3,
                    scenes: 2,
                    ..Options::default()
                },
            );
            if let Err(f) = &exact {
                assert!(f.is_counterexample(), "{what} at %{k}: {f:?}");
                broken += 1;
            }
            // A choice among values that are equal everywhere: nothing is claimed of it, and the report says so.
            let silent = exact.as_ref().is_ok_and(|r| !r.undefined.is_empty()) && chooses(&mutant);
            let (bad, good) = (numeric > 1e-6 && numeric.is_finite(), numeric < 1e-10);
            if bad && exact.is_ok() && !silent || good && exact.is_err() && !has_exp {
                wrong.push(format!(
                    "%{k}, {what}: error {numeric:.1e}, exact test {:?}",
                    exact.err()
                ));
            }
        }
    }
    (all, broken, wrong)
}

fn chooses(func: &Func) -> bool {
    func.body.nodes.iter().any(|n| matches!(n.op, Op::Choose { .. }))
}

#[test]
fn mutants() {
    let only = std::env::var("MODEL").ok();
    let (mut total, mut rejected, mut wrong) = (0, 0, Vec::new());
    for (name, text) in ALL {
        if only.as_ref().is_some_and(|o| o != name) {
            continue;
        }
        let (all, broken, list) = mutate(text);
        println!("{name}: {all} mutants, {broken} rejected");
        total += all;
        rejected += broken;
        wrong.extend(list.into_iter().map(|w| format!("{name}: {w}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        only.is_some() || rejected >= 100,
        "{rejected} of {total} mutants were rejected"
    );
}

#[test]
fn failures_are_named() {
    // Positions gathered at the other end of an edge: a difference became a sum.
    let (model, mut func) = compile(EGNN);
    let at = func
        .body
        .nodes
        .iter()
        .position(|n| matches!(n.op, Op::Map { f: Scalar::Sub, .. }) && n.shape.axes == [3]);
    let at = at.expect("a difference of points");
    if let Op::Map { f, .. } = &mut func.body.nodes[at].op {
        *f = Scalar::Add;
    }
    let f = certify_with(&model, &func, &Options::default()).expect_err("this is broken");
    assert_eq!(f.factor, "translations of points");
    let node = model.node(f.node.expect("a typed node"));
    assert_eq!(
        &EGNN[node.span.start as usize..node.span.end as usize],
        "x[i] - x[j]",
        "{f:?}"
    );
    assert_eq!(f.span, node.span);
    assert!(f.diagnostic().counterexample.is_some());
}

#[test]
fn what_is_broken_in_a_long_loop_is_found() {
    let (model, mut func) = compile(&ORBITS.replace("METHOD", "dopri5(1.0, 40)"));
    let mut broken = 0;
    for n in &mut func.body.nodes {
        let Op::Scan(scan) = &mut n.op else { continue };
        let differences = scan.body.nodes.iter_mut().filter(|n| n.shape.axes == [3]);
        for n in differences {
            if let Op::Map { f, .. } = &mut n.op
                && *f == Scalar::Sub
            {
                *f = Scalar::Add;
                broken += 1;
            }
        }
    }
    assert!(broken > 0);
    let f = certify_with(&model, &func, &Options::default()).expect_err("this is broken");
    assert_eq!(f.factor, "translations of points");
}

#[test]
fn transport_is_not_the_angle() {
    let (model, mut func) = compile(MESH);
    let named = |func: &Func, n: &str| {
        func.inputs
            .iter()
            .position(|d| d.name == n)
            .expect("an input of meshes") as u32
    };
    let (transport, angle) = (named(&func, "m.transport"), named(&func, "m.angle"));
    for n in &mut func.body.nodes {
        if n.op == Op::Input(transport) {
            n.op = Op::Input(angle);
        }
    }
    let f = certify_with(&model, &func, &Options::default()).expect_err("this is broken");
    assert_eq!(f.factor, "changes of frame of `m`");
}
