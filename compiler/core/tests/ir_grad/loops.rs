//! Loops: states, stacked inputs and outputs, captures with and without rows, samples that end early or never start.

use crate::check::{Case, real};
use gdl_abi::DimDef;
use gdl_core::ir::build::Builder;
use gdl_core::ir::{Fold, Scalar, Shape, Value};
use gdl_rep::Exact;

/// h' = tanh(W h + U x + c[h's row]), y = h'.
fn recurrent(b: &mut Builder, reverse: bool) -> Vec<Value> {
    let w = crate::check::world(b);
    let weights = b.param("W", &[2, 2]);
    let other = b.param("U", &[2, 3]);
    let x = real(b, "x", w.time, &[3]);
    let h0 = real(b, "h", w.samples, &[2]);
    let c = real(b, "c", w.samples, &[2]);
    let steps = b.segment(Fold::Sum, x, w.to_step);
    let outs = b.scan(w.time, reverse, [&[h0], &[steps], &[weights, other, c]], |b, args| {
        let &[h, x, weights, other, c] = args else {
            return Vec::new();
        };
        let a = b.contract(weights, h, "oi,i->o");
        let u = b.contract(other, x, "oi,i->o");
        let sum = b.add(a, u);
        let sum = b.add(sum, c);
        let next = b.map1(Scalar::Tanh, sum);
        let y = b.mul(next, h);
        vec![next, y]
    });
    let y = b.gather(outs[1], w.to_step);
    vec![outs[0], y]
}

#[test]
fn recurrent_network() {
    for reverse in [false, true] {
        Case::new(-1.0, 1.0, |b, _| recurrent(b, reverse)).check(3);
    }
}

#[test]
fn only_some_outputs_matter() {
    for k in [0, 1] {
        Case::new(-1.0, 1.0, |b, _| vec![recurrent(b, false)[k]]).check(2);
    }
}

#[test]
fn rows_that_are_done_do_not_spoil_weights() {
    // Where a sample has no step, x is 0 and log x is −∞: nothing of it may reach p.
    let case = Case::new(0.5, 1.5, |b, w| {
        let p = b.param("p", &[]);
        let x = real(b, "x", w.time, &[]);
        let h0 = real(b, "h", w.samples, &[]);
        let steps = b.segment(Fold::Sum, x, w.to_step);
        let outs = b.scan(w.time, false, [&[h0], &[steps], &[p]], |b, args| {
            let &[h, x, p] = args else { return Vec::new() };
            let shape = b.shape(h);
            let p2 = b.mul(p, p);
            let p = b.expand(p2, &shape);
            let log = b.map1(Scalar::Log, x);
            let ratio = b.div(log, h);
            let term = b.mul(p, ratio);
            let next = b.add(h, term);
            let next = b.map1(Scalar::Exp, next);
            let next = b.map1(Scalar::Tanh, next);
            vec![next]
        });
        vec![outs[0]]
    });
    case.check(2);
}

#[test]
fn message_passing_in_a_loop() {
    // As many rounds as the sample has nodes; weights are combined before they are used.
    Case::new(-1.0, 1.0, |b, w| {
        let first = b.param("A", &[2, 2]);
        let second = b.param("B", &[2, 2]);
        let bias = b.param("c", &[2]);
        let x = real(b, "x", w.nodes, &[2]);
        let e = real(b, "e", w.edges, &[2]);
        let rounds = b.domains().dim(DimDef::Rounds {
            like: Some(w.nodes),
            fixed: 0,
        });
        let outs = b.scan(rounds, false, [&[x], &[], &[first, second, e, bias]], |b, args| {
            let &[h, first, second, e, bias] = args else {
                return Vec::new();
            };
            let product = b.contract(first, second, "ab,bc->ac");
            let weights = b.map1(Scalar::Sin, product);
            let m = b.gather(h, w.src);
            let m = b.contract(weights, m, "oi,i->o");
            let m = b.mul(m, e);
            let sum = b.segment(Fold::Sum, m, w.dst);
            let bias = b.expand(bias, &Shape::new(Some(w.nodes), &[2]));
            let sum = b.add(sum, bias);
            let next = b.map1(Scalar::Tanh, sum);
            vec![next, sum]
        });
        let all = b.total(outs[1]);
        vec![outs[0], all]
    })
    .check(2);
}

#[test]
fn loops_in_loops() {
    Case::new(-1.0, 1.0, |b, w| {
        let p = b.param("p", &[2, 2]);
        let x = real(b, "x", w.time, &[2]);
        let h0 = real(b, "h", w.samples, &[2]);
        let steps = b.segment(Fold::Sum, x, w.to_step);
        let outs = b.scan(w.time, false, [&[h0], &[steps], &[p]], |b, args| {
            let &[h, x, p] = args else { return Vec::new() };
            let square = b.contract(p, p, "ab,bc->ac");
            let inner = b.scan(w.rounds, true, [&[h], &[], &[square, x]], |b, args| {
                let &[h, square, x] = args else { return Vec::new() };
                let m = b.contract(square, h, "oi,i->o");
                let sum = b.add(m, x);
                let next = b.map1(Scalar::Sin, sum);
                vec![next, next]
            });
            let spread = b.domains().dim(DimDef::Stacked {
                time: w.rounds,
                of: w.samples,
            });
            let back = b.domains().map(gdl_abi::MapDef::Unstack(spread));
            let sum = b.segment(Fold::Sum, inner[1], back);
            let next = b.scale(sum, Exact::ratio(1, 2));
            let next = b.add(next, inner[0]);
            vec![next, next]
        });
        let y = b.gather(outs[1], w.to_step);
        vec![outs[0], y]
    })
    .check(2);
}

#[test]
fn a_capture_twice_and_a_state_that_never_varies() {
    Case::new(-1.0, 1.0, |b, w| {
        let p = b.param("p", &[2]);
        let h0 = real(b, "h", w.samples, &[2]);
        let count = b.fill(Shape::new(Some(w.samples), &[]), Exact::ZERO);
        let outs = b.scan(w.time, false, [&[h0, count], &[], &[p, p, h0]], |b, args| {
            let &[h, count, p, q, start] = args else {
                return Vec::new();
            };
            let shape = b.shape(h);
            let [p, q] = [p, q].map(|v| b.expand(v, &shape));
            let q = b.map1(Scalar::Exp, q);
            let product = b.mul(p, q);
            let product = b.mul(product, h);
            let n = b.expand(count, &shape);
            let product = b.mul(product, n);
            let next = b.add(product, start);
            let more = b.shift(count, Exact::ONE);
            vec![next, more]
        });
        vec![outs[0], outs[1]]
    })
    .check(2);
}

#[test]
fn gradients_inside_loops() {
    // Gradient descent on Σ sin(p h), three steps at most, differentiated.
    Case::new(-1.0, 1.0, |b, w| {
        let p = b.param("p", &[2]);
        let h0 = real(b, "h", w.samples, &[2]);
        let outs = b.scan(w.time, false, [&[h0], &[], &[p]], |b, args| {
            let &[h, p] = args else { return Vec::new() };
            let product = b.contract(p, h, "a,a->a");
            let energy = b.map1(Scalar::Sin, product);
            let slope = gdl_core::ir::grad::gradient_of(b, energy, &[h])[0];
            let step = b.scale(slope, Exact::ratio(-1, 4));
            vec![b.add(h, step)]
        });
        vec![outs[0]]
    })
    .check(2);
}

#[test]
fn a_capture_that_depends_on_another_one() {
    Case::new(-1.0, 1.0, |b, w| {
        let p = b.param("p", &[2]);
        let q = b.mul(p, p);
        let h0 = real(b, "h", w.samples, &[2]);
        b.scan(w.time, false, [&[h0], &[], &[q, p]], |b, args| {
            let &[h, q, p] = args else { return Vec::new() };
            let square = b.mul(p, p);
            let sum = b.add(square, q);
            vec![b.contract(h, sum, "a,a->a")]
        })
    })
    .check(2);
}

#[test]
fn a_capture_that_the_body_undoes() {
    // Outside the loop the two reshapes cancel: what is left begins before the capture.
    let case = Case::new(-1.0, 1.0, |b, w| {
        let p = b.param("p", &[2, 3]);
        let flat = b.reshape(p, &[6]);
        let h0 = real(b, "h", w.samples, &[3]);
        let outs = b.scan(w.rounds, false, [&[h0], &[], &[flat]], |b, args| {
            let &[h, flat] = args else { return Vec::new() };
            let m = b.reshape(flat, &[2, 3]);
            let u = b.contract(m, h, "oi,i->o");
            let v = b.contract(m, u, "oi,o->i");
            vec![b.map1(Scalar::Tanh, v)]
        });
        vec![outs[0]]
    });
    case.check(2);
}
