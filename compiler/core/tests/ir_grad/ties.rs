//! Conventions at kinks, ties and zeros.

use crate::check::{Case, real};
use gdl_core::ir::grad::gradient_of;
use gdl_core::ir::{Fold, Scalar};

/// The gradient of the sum of the outputs with respect to the first input.
fn gradient(case: &Case) -> Vec<f64> {
    let ones: Vec<Vec<f64>> = case.run().iter().map(|y| vec![1.0; y.len()]).collect();
    case.gradients(&ones)[0].clone()
}

#[test]
fn extrema_share_equally() {
    // Edges go to the rows 0, 0, 1, 1, 3, 3.
    let mut case = Case::new(0.0, 1.0, |b, w| {
        let x = real(b, "x", w.edges, &[]);
        vec![b.segment(Fold::Max, x, w.dst)]
    });
    case.inputs[0] = vec![2.0, 2.0, 1.0, 3.0, 5.0, 5.0];
    assert_eq!(gradient_where_finite(&case), [0.5, 0.5, 0.0, 1.0, 0.5, 0.5]);

    let mut case = Case::new(0.0, 1.0, |b, w| {
        let x = real(b, "x", w.samples, &[4]);
        vec![b.reduce(Fold::Min, x, 0)]
    });
    case.inputs[0] = vec![1.0, 1.0, 2.0, 1.0, 3.0, 2.0, 1.0, 0.0, 7.0, 7.0, 7.0, 7.0];
    let third = 1.0 / 3.0;
    assert_eq!(
        gradient(&case),
        [third, third, 0.0, third, 0.0, 0.0, 0.0, 1.0, 0.25, 0.25, 0.25, 0.25]
    );

    for f in [Scalar::Max, Scalar::Min] {
        let mut case = Case::new(0.0, 1.0, |b, w| {
            let x = real(b, "x", w.samples, &[]);
            let y = real(b, "y", w.samples, &[]);
            vec![b.map2(f, x, y)]
        });
        case.inputs = vec![vec![1.0, 2.0, 3.0], vec![1.0, 5.0, 0.0]];
        let above = if f == Scalar::Max { 1.0 } else { 0.0 };
        assert_eq!(gradient(&case), [0.5, 1.0 - above, above]);
    }
}

/// As [`gradient`]; outputs may be infinite where nothing is folded.
fn gradient_where_finite(case: &Case) -> Vec<f64> {
    let ones: Vec<Vec<f64>> = case
        .run()
        .iter()
        .map(|y| y.iter().map(|v| f64::from(u8::from(v.is_finite()))).collect())
        .collect();
    case.gradients(&ones)[0].clone()
}

#[test]
fn kinks() {
    for (f, expected) in [
        (Scalar::Relu, [0.0, 0.0, 1.0]),
        (Scalar::Abs, [-1.0, 0.0, 1.0]),
        (Scalar::Sign, [0.0; 3]),
        (Scalar::Floor, [0.0; 3]),
        (Scalar::PowI(0), [0.0; 3]),
        (Scalar::PowI(1), [1.0; 3]),
        (Scalar::PowI(2), [-4.0, 0.0, 4.0]),
    ] {
        let mut case = Case::new(0.0, 1.0, |b, w| {
            let x = real(b, "x", w.samples, &[]);
            vec![b.map1(f, x)]
        });
        case.inputs[0] = vec![-2.0, 0.0, 2.0];
        assert_eq!(gradient(&case), expected, "{f:?}");
    }
}

#[test]
fn powers_of_zero() {
    let mut case = Case::new(0.0, 1.0, |b, w| {
        let x = real(b, "x", w.samples, &[]);
        let y = real(b, "y", w.samples, &[]);
        vec![b.map2(Scalar::Pow, x, y)]
    });
    case.inputs = vec![vec![0.0, 0.0, 4.0], vec![2.0, 1.0, 0.5]];
    assert_eq!(gradient(&case), [0.0, 1.0, 0.25]);
    let ones = vec![vec![1.0; 3]];
    let by_exponent = &case.gradients(&ones)[1];
    assert_eq!(by_exponent[..2], [0.0, 0.0]);
}

#[test]
fn products_with_zeros() {
    let mut case = Case::new(0.0, 1.0, |b, w| {
        let x = real(b, "x", w.samples, &[3]);
        vec![b.reduce(Fold::Prod, x, 0)]
    });
    case.inputs[0] = vec![2.0, 3.0, 5.0, 0.0, 3.0, 5.0, 0.0, 0.0, 5.0];
    assert_eq!(gradient(&case), [15.0, 10.0, 6.0, 15.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    case.check(3);

    let mut case = Case::new(0.0, 1.0, |b, w| {
        let x = real(b, "x", w.edges, &[]);
        vec![b.segment(Fold::Prod, x, w.dst)]
    });
    case.inputs[0] = vec![2.0, 3.0, 0.0, 5.0, 0.0, 0.0];
    assert_eq!(gradient(&case), [3.0, 2.0, 5.0, 0.0, 0.0, 0.0]);

    // Of x y the derivatives are y and x, and those of their sum are 1, whatever x and y are.
    let mut case = Case::new(0.0, 1.0, |b, w| {
        let x = real(b, "x", w.edges, &[]);
        let y = b.segment(Fold::Prod, x, w.dst);
        gradient_of(b, y, &[x])
    });
    case.inputs[0] = vec![2.0, 4.0, 0.0, 5.0, 0.0, 0.0];
    assert_eq!(gradient(&case), [1.0; 6]);
}

/// Up to the third derivative nothing is lost, however many of the factors are 0.
#[test]
fn products_over_rows_with_zeros() {
    let mut case = Case::new(0.0, 1.0, |b, w| {
        let x = real(b, "x", w.edges, &[]);
        vec![b.segment(Fold::Prod, x, w.src)]
    });
    // The rows 0, 1 and 3 go to one node.
    for zeros in [&[][..], &[0], &[0, 3], &[0, 1, 3], &[0, 1, 2, 3, 4, 5]] {
        case.inputs[0] = vec![2.0, 3.0, 4.0, 5.0, 7.0, 11.0];
        zeros.iter().for_each(|&k: &usize| case.inputs[0][k] = 0.0);
        case.check(3);
    }
}

/// The gradient of |x| at 0 is 0, and so are its derivatives.
#[test]
fn lengths_of_zero() {
    let length = |b: &mut gdl_core::ir::Builder, w: crate::check::World| {
        let x = real(b, "x", w.samples, &[3]);
        let square = b.mul(x, x);
        let square = b.reduce(Fold::Sum, square, 0);
        (x, b.map1(Scalar::Sqrt, square))
    };
    let at = vec![3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -2.0];
    let mut case = Case::new(0.0, 1.0, |b, w| vec![length(b, w).1]);
    case.inputs[0].clone_from(&at);
    let directions = [0.6, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0];
    assert!(
        gradient(&case)
            .iter()
            .zip(directions)
            .all(|(a, b)| (a - b).abs() < 1e-15)
    );
    let mut case = Case::new(0.0, 1.0, |b, w| {
        let (x, r) = length(b, w);
        gradient_of(b, r, &[x])
    });
    case.inputs[0] = at;
    let second = gradient(&case);
    assert!(second.iter().all(|d| d.is_finite()), "{second:?}");
    assert_eq!(second[3..6], [0.0; 3]);
}
