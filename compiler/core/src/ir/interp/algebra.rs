//! What the elements of arrays are.

use crate::ir::{Fold, Scalar};
use gdl_rep::Exact;
use std::fmt::Debug;

/// Numbers that a program can run on. Operations never fail: what is undefined (1/0 in a field) is a *poison* element,
/// which every operation passes on.
pub trait Algebra {
    /// The elements.
    type S: Copy + PartialEq + Debug;
    /// A constant of the program.
    ///
    /// # Errors
    /// The number does not exist here.
    fn constant(&self, x: Exact) -> Result<Self::S, String>;
    /// An integer: truth values, positions, labels.
    fn int(&self, n: i64) -> Self::S;
    /// A scalar function; `args` has as many elements as the function has arguments.
    fn scalar(&self, f: Scalar, args: &[Self::S]) -> Self::S;
    /// The value of a fold over nothing: 0, 1, −∞, ∞.
    fn empty(&self, fold: Fold) -> Self::S;
    /// Is the element undefined (or not a number)?
    fn is_poison(&self, x: Self::S) -> bool;

    /// One more element in a fold.
    fn fold(&self, fold: Fold, x: Self::S, y: Self::S) -> Self::S {
        let f = match fold {
            Fold::Sum => Scalar::Add,
            Fold::Prod => Scalar::Mul,
            Fold::Max => Scalar::Max,
            Fold::Min => Scalar::Min,
        };
        self.scalar(f, &[x, y])
    }

    /// The places of some numbers by descending size, of equal ones the first first; and with every place a number that is 0 wherever
    /// the choice of it is good, in the sense of the algebra.
    fn ranking(&self, keys: &[Self::S]) -> Vec<(usize, Self::S)>;

    /// The place that an integer names, whatever its motion; `None` for poison.
    fn place(&self, x: Self::S) -> Option<usize>;
}

/// Floating point in double precision: the reference for the back ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real64;

impl Algebra for Real64 {
    type S = f64;
    fn constant(&self, x: Exact) -> Result<f64, String> {
        Ok(x.f)
    }
    fn int(&self, n: i64) -> f64 {
        n as f64
    }
    fn scalar(&self, f: Scalar, args: &[f64]) -> f64 {
        let arg = |k: usize| args.get(k).copied().unwrap_or(f64::NAN);
        let (x, y) = (arg(0), arg(1));
        let truth = |b: bool| f64::from(u8::from(b));
        match f {
            Scalar::Add => x + y,
            Scalar::Sub => x - y,
            Scalar::Mul => x * y,
            Scalar::Div => x / y,
            Scalar::Neg => -x,
            Scalar::Exp => x.exp(),
            Scalar::Log => x.ln(),
            Scalar::Sqrt => x.sqrt(),
            Scalar::Sin => x.sin(),
            Scalar::Cos => x.cos(),
            Scalar::Tanh => x.tanh(),
            Scalar::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Scalar::Erf => erf(x),
            Scalar::Abs => x.abs(),
            Scalar::Relu if x <= 0.0 => 0.0,
            Scalar::Relu => x,
            Scalar::Sign if x > 0.0 => 1.0,
            Scalar::Sign if x < 0.0 => -1.0,
            Scalar::Sign => x * 0.0,
            Scalar::Floor => x.floor(),
            Scalar::PowI(n) => x.powi(n),
            Scalar::Pow => x.powf(y),
            Scalar::Max if y > x || y.is_nan() => y,
            Scalar::Min if y < x || y.is_nan() => y,
            Scalar::Max | Scalar::Min => x,
            Scalar::Lt => truth(x < y),
            Scalar::Le => truth(x <= y),
            Scalar::Eq => truth(x == y),
            Scalar::Select if x != 0.0 => y,
            Scalar::Select => arg(2),
        }
    }
    fn empty(&self, fold: Fold) -> f64 {
        match fold {
            Fold::Sum => 0.0,
            Fold::Prod => 1.0,
            Fold::Max => f64::NEG_INFINITY,
            Fold::Min => f64::INFINITY,
        }
    }
    fn is_poison(&self, x: f64) -> bool {
        x.is_nan()
    }
    fn place(&self, x: f64) -> Option<usize> {
        (x >= 0.0).then_some(x as usize)
    }
    /// NaN comes last.
    fn ranking(&self, keys: &[f64]) -> Vec<(usize, f64)> {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by(|&a, &b| {
            let [x, y] = [keys[a], keys[b]];
            // Of NaN and a number the number comes first.
            y.partial_cmp(&x).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
        });
        order.into_iter().map(|k| (k, 0.0)).collect()
    }
}

/// The error function: its series where that converges fast, otherwise the continued fraction of its complement.
fn erf(x: f64) -> f64 {
    let scale = std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
    if x.is_nan() {
        x
    } else if x.abs() < 2.5 {
        // erf x = 2/√π e^(−x²) Σ 2^n x^(2n+1) / (2n+1)!!
        let (mut term, mut sum) = (x, x);
        for n in 1..100 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        scale * sum
    } else if x.abs() > 6.0 {
        x.signum()
    } else {
        // erfc x = e^(−x²)/√π · 1/(x + 1/2/(x + 1/(x + 3/2/(x + …))))
        let z = x.abs();
        let tail = (1..80).rev().fold(z, |t, n| z + f64::from(n) / 2.0 / t);
        x.signum() * (1.0 - scale / 2.0 / tail)
    }
}
