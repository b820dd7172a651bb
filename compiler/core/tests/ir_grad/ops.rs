//! Every operator but loops.

use crate::check::{Case, World, real};
use gdl_abi::DimDef;
use gdl_core::ir::build::{Builder, WindowSpec};
use gdl_core::ir::{Cmp, Fold, Scalar, Shape, Value};
use gdl_rep::Exact;

/// One input `[nodes, 2, 3]` in (0.3, 1.7).
fn one(f: impl FnOnce(&mut Builder, World, Value) -> Value) -> Case {
    Case::new(0.3, 1.7, |b, w| {
        let x = real(b, "x", w.nodes, &[2, 3]);
        let y = f(b, w, x);
        vec![y]
    })
}

#[test]
fn scalar_functions_of_one_argument() {
    let smooth = [
        Scalar::Neg,
        Scalar::Exp,
        Scalar::Log,
        Scalar::Sqrt,
        Scalar::Sin,
        Scalar::Cos,
        Scalar::Tanh,
        Scalar::Sigmoid,
        Scalar::Erf,
        Scalar::Abs,
        Scalar::Relu,
        Scalar::Sign,
        Scalar::PowI(0),
        Scalar::PowI(1),
        Scalar::PowI(2),
        Scalar::PowI(5),
        Scalar::PowI(-2),
    ];
    for f in smooth {
        one(|b, _, x| b.map1(f, x)).check(3);
    }
    for f in [Scalar::Abs, Scalar::Relu, Scalar::Sign, Scalar::PowI(3), Scalar::Floor] {
        one(|b, _, x| {
            let low = b.scale(x, Exact::ratio(-1, 8));
            b.map1(f, low)
        })
        .check(2);
    }
}

#[test]
fn scalar_functions_of_several_arguments() {
    for f in [
        Scalar::Add,
        Scalar::Sub,
        Scalar::Mul,
        Scalar::Div,
        Scalar::Pow,
        Scalar::Max,
        Scalar::Min,
    ] {
        Case::new(0.3, 1.7, |b, w| {
            let x = real(b, "x", w.nodes, &[2]);
            let y = real(b, "y", w.nodes, &[2]);
            let z = b.map2(f, x, y);
            let square = b.map2(f, x, x);
            vec![z, square]
        })
        .check(if matches!(f, Scalar::Max | Scalar::Min) { 2 } else { 3 });
    }
    for f in [Scalar::Lt, Scalar::Le, Scalar::Eq] {
        Case::new(0.3, 1.7, |b, w| {
            let x = real(b, "x", w.nodes, &[2]);
            let y = real(b, "y", w.nodes, &[2]);
            let test = b.map2(f, x, y);
            let product = b.mul(x, y);
            let z = b.select(test, product, x);
            vec![z]
        })
        .check(2);
    }
}

#[test]
fn structure() {
    one(|b, w, x| {
        let shape = Shape::new(Some(w.nodes), &[3, 4, 2]);
        let y = b.broadcast(x, shape, &[2, 0]);
        b.mul(y, y)
    })
    .check(2);
    one(|b, _, x| {
        let y = b.reshape(x, &[3, 2]);
        b.map1(Scalar::Sin, y)
    })
    .check(2);
    one(|b, _, x| {
        let y = b.slice(x, 1, 1, 2);
        let z = b.slice(x, 1, 0, 2);
        let t = b.concat(&[y, z, y], 0);
        b.map1(Scalar::Exp, t)
    })
    .check(2);
}

#[test]
fn detached_values_are_constants() {
    let case = one(|b, _, x| {
        let fixed = b.detach(x);
        b.mul(fixed, x)
    });
    let ones = vec![vec![1.0; case.inputs[0].len()]];
    assert_eq!(case.gradients(&ones), case.inputs);
}

#[test]
fn values_without_rows() {
    Case::new(0.3, 1.7, |b, w| {
        let p = b.param("p", &[2]);
        let x = real(b, "x", w.nodes, &[3, 2]);
        let p2 = b.mul(p, p);
        let y = b.expand_last(p2, &Shape::new(Some(w.nodes), &[3, 2]));
        let z = b.mul(x, y);
        let sum = b.total(z);
        vec![z, sum]
    })
    .check(3);
}

#[test]
fn contractions() {
    let letters = [
        "ab,bc->ac",
        "ab,bc->ca",
        "ab,bc->a",
        "ab,bc->",
        "ab,bc->abc",
        "ab,bd->d",
    ];
    for text in letters {
        for sum in [false, true] {
            for [rows_a, rows_b] in [[true, true], [true, false], [false, true], [false, false]] {
                Case::new(0.3, 1.7, |b, w| {
                    let x = real(b, "x", rows_a.then_some(w.nodes), &[2, 3]);
                    let y = real(b, "y", rows_b.then_some(w.nodes), &[3, 4]);
                    let z = if sum {
                        b.contract_rows(x, y, text)
                    } else {
                        b.contract(x, y, text)
                    };
                    vec![z]
                })
                .check(2);
            }
        }
    }
    for text in ["aa,ab->b", "aa,bc->abc", "aa,aa->a", "aaa,b->"] {
        Case::new(0.3, 1.7, |b, w| {
            let (left, right) = text.split_once("->").unwrap().0.split_once(',').unwrap();
            let x = real(b, "x", w.nodes, &vec![2; left.len()]);
            let y = b.param("p", &vec![2; right.len()]);
            vec![b.contract(x, y, text)]
        })
        .check(2);
    }
    one(|b, _, x| b.contract(x, x, "ab,cb->ac")).check(3);
}

#[test]
fn folds_over_axes() {
    for fold in [Fold::Sum, Fold::Prod, Fold::Max, Fold::Min] {
        for axis in [0, 1] {
            one(|b, _, x| {
                let y = b.reduce(fold, x, axis);
                b.mul(y, y)
            })
            .check(3);
        }
    }
}

#[test]
fn folds_over_rows() {
    for fold in [Fold::Sum, Fold::Prod, Fold::Max, Fold::Min] {
        Case::new(0.3, 1.7, |b, w| {
            let x = real(b, "x", w.edges, &[2]);
            let y = b.segment(fold, x, w.dst);
            let y = b.gather(y, w.dst);
            vec![b.mul(x, y)]
        })
        .check(3);
    }
    one(|b, w, x| {
        let y = b.gather(x, w.src);
        b.mul(y, y)
    })
    .check(3);
    one(|b, w, x| {
        let l = b.gather(x, w.left);
        let r = b.gather(x, w.right);
        let y = b.contract(l, r, "ab,ab->a");
        b.segment(Fold::Sum, y, w.right)
    })
    .check(2);
    one(|b, _, x| {
        let y = b.total(x);
        b.mul(y, y)
    })
    .check(3);
}

#[test]
fn means_and_softmax() {
    Case::new(-1.0, 1.0, |b, w| {
        let x = real(b, "x", w.edges, &[2]);
        let y = b.softmax_segment(x, w.dst);
        let z = b.softmax_axis(x, 0);
        let p = real(b, "p", w.pairs, &[]);
        let m = b.mean_segment(p, w.left);
        vec![y, z, m]
    })
    .check(3);
}

#[test]
fn windows() {
    let cross = || vec![vec![0, 0], vec![-1, 0], vec![1, 0], vec![0, -1], vec![0, 1]];
    for wrap in [false, true] {
        for strided in [false, true] {
            Case::new(0.3, 1.7, |b, w| {
                let x = real(b, "x", w.image, &[2]);
                let k = b.param("K", &[3, 5, 2]);
                let (stride, coarse) = if strided { (2, w.coarse) } else { (1, w.image) };
                let spec = WindowSpec {
                    offsets: cross(),
                    stride,
                    wrap,
                    fine: w.image,
                    coarse,
                };
                let u = b.window(x, &spec);
                let y = b.contract(k, u, "cok,ok->c");
                let back = b.mul(u, u);
                let z = b.window_adjoint(back, &spec);
                vec![y, z]
            })
            .check(2);
        }
    }
}

#[test]
fn choices() {
    for others in [false, true] {
        Case::new(0.3, 1.7, |b, w| {
            let dim = |each, others| DimDef::Chosen {
                of: w.nodes,
                each,
                k: Some(2),
                others,
            };
            let best = b.domains().dim(dim(gdl_abi::SAMPLES, false));
            let near = b.domains().dim(dim(w.nodes, others));
            let x = real(b, "x", w.nodes, &[2]);
            let key = b.pick(x, 0, 1);
            let at = b.choose(key, best);
            let y = b.take(x, at);
            let y = b.mul(y, y);
            let [l, r] = [w.left, w.right].map(|m| b.gather(x, m));
            let pairs = b.contract(l, r, "a,a->");
            let at = b.choose(pairs, near);
            let z = b.take(x, at);
            let z = b.mul(z, z);
            let back = b.put(z, at);
            let back = b.mul(back, x);
            vec![y, z, back]
        })
        .check(3);
    }
}

#[test]
fn indices_have_no_derivative() {
    Case::new(0.3, 1.7, |b, w| {
        let x = real(b, "x", w.pairs, &[]);
        let test = b.compare(Cmp::Lt, w.pairs, Some(w.left), Some(w.right));
        let at = b.position(w.pairs);
        let y = b.mul(x, at);
        let y = b.mul(y, x);
        let z = b.select(test, y, x);
        vec![z]
    })
    .check(2);
}

#[test]
fn gradients_of_what_does_not_depend_are_zero() {
    let case = Case::new(0.3, 1.7, |b, w| {
        let x = real(b, "x", w.nodes, &[2]);
        let y = real(b, "y", w.edges, &[]);
        let fixed = b.detach(x);
        let z = b.mul(fixed, fixed);
        vec![z, y]
    });
    let cotangents: Vec<Vec<f64>> = case.run().iter().map(|y| vec![1.0; y.len()]).collect();
    let grads = case.gradients(&cotangents);
    assert!(grads[0].iter().all(|&g| g == 0.0) && grads[1].iter().all(|&g| g == 1.0));
}
