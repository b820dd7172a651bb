//! Whole models: forces inside a loss, attention, training steps.

use crate::check::{Case, batch, real, world};
use gdl_abi::{Dtype, Instance};
use gdl_core::ir::build::Builder;
use gdl_core::ir::grad::{gradient, gradient_of, training_step};
use gdl_core::ir::interp::{Real64, run};
use gdl_core::ir::{Fold, Scalar, Shape};
use gdl_rep::Exact;

#[test]
fn forces_in_a_loss() {
    Case::new(-1.0, 1.0, |b, w| {
        let x = real(b, "x", w.nodes, &[3]);
        let weights = b.param("W", &[4, 4]);
        let last = b.param("v", &[4]);
        let [from, to] = [w.src, w.dst].map(|m| b.gather(x, m));
        let edge = b.sub(from, to);
        let r2 = b.contract(edge, edge, "a,a->");
        let r2 = b.shift(r2, Exact::ONE);
        let r = b.map1(Scalar::Sqrt, r2);
        let rungs = b.expand(r, &Shape::new(Some(w.edges), &[4]));
        let rates = b.constant(&[4], (1..5).map(Exact::int).collect());
        let rates = b.expand_last(rates, &Shape::new(Some(w.edges), &[4]));
        let waves = b.mul(rungs, rates);
        let waves = b.map1(Scalar::Sin, waves);
        let h = b.contract(weights, waves, "oi,i->o");
        let h = b.map1(Scalar::Tanh, h);
        let h = b.segment(Fold::Sum, h, w.dst);
        let energy = b.contract(last, h, "a,a->");
        let energy = b.segment(Fold::Sum, energy, w.node_sample);
        let slope = gradient_of(b, energy, &[x])[0];
        let forces = b.neg(slope);
        let square = b.contract_rows(forces, forces, "a,a->");
        let squares = b.contract_rows(energy, energy, ",->");
        let loss = b.add(square, squares);
        vec![loss, forces]
    })
    .check(2);
}

#[test]
fn attention() {
    Case::new(-1.0, 1.0, |b, w| {
        let x = real(b, "x", w.nodes, &[3]);
        let [q, k, v] = ["Q", "K", "V"].map(|name| {
            let p = b.param(name, &[2, 3, 3]);
            b.contract(p, x, "hoi,i->ho")
        });
        let q = b.gather(q, w.left);
        let [k, v] = [k, v].map(|x| b.gather(x, w.right));
        let scores = b.contract(q, k, "ho,ho->h");
        let weights = b.softmax_segment(scores, w.left);
        let values = b.contract(weights, v, "h,ho->ho");
        let y = b.segment(Fold::Sum, values, w.left);
        vec![y]
    })
    .check(2);
}

#[test]
fn dependent_variables_have_total_gradients() {
    let mut b = Builder::new("chain");
    let w = world(&mut b);
    let x = real(&mut b, "x", w.samples, &[]);
    let y = b.mul(x, x);
    let z = b.mul(y, x);
    let ones = b.ones_like(z);
    let grads = gradient(&mut b, &[(z, ones)], &[x, y]);
    let func = b.finish([("by x", grads[0]), ("by y", grads[1])]).unwrap();
    let instance = Instance::new(&func.domains, &batch()).unwrap();
    let out = run(&Real64, &func, &instance, &[vec![2.0, 3.0, 5.0]], &[]).unwrap();
    assert_eq!(out, [vec![12.0, 27.0, 75.0], vec![2.0, 3.0, 5.0]]);
}

#[test]
fn training_steps() {
    let mut b = Builder::new("fit");
    let w = world(&mut b);
    let x = b.input("x", Some(w.nodes), &[2], Dtype::Real);
    let class = b.input("class", Some(w.nodes), &[], Dtype::Class(3));
    let p = b.param("p", &[3, 2]);
    let unused = b.param("unused", &[2]);
    let scores = b.contract(p, x, "ci,i->c");
    let chosen = b.contract(scores, class, "c,c->");
    let loss = b.total(chosen);
    let _ = b.mul(unused, unused);
    let func = b.finish([("scores", scores), ("loss", loss)]).unwrap();
    let step = training_step(&func, &[1]).unwrap();
    assert_eq!(step.outputs, ["scores", "loss", "grad.p", "grad.unused"]);
    let instance = Instance::new(&step.domains, &batch()).unwrap();
    let xs: Vec<f64> = (0..10).map(f64::from).collect();
    let labels = gdl_core::ir::interp::one_hot(&Real64, &[0, 1, 2, 0, 1], 3).unwrap();
    let out = run(&Real64, &step, &instance, &[xs, labels], &[vec![1.0; 6], vec![1.0; 2]]).unwrap();
    assert_eq!(out[1], [45.0]);
    // Sums of x over the rows of a class.
    assert_eq!(out[2], [6.0, 8.0, 10.0, 12.0, 4.0, 5.0]);
    assert_eq!(out[3], [0.0, 0.0]);

    assert!(training_step(&func, &[0]).is_err(), "one number a row is no loss");
    assert!(training_step(&func, &[7]).is_err());
}

#[test]
fn misuse_is_reported() {
    let mut b = Builder::new("bad");
    let w = world(&mut b);
    let x = real(&mut b, "x", w.nodes, &[2]);
    let y = real(&mut b, "y", w.nodes, &[3]);
    gradient(&mut b, &[(x, y)], &[x]);
    assert!(b.finish([("x", x)]).unwrap_err().contains("another shape"));
}
