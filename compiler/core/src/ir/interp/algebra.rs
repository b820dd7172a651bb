//! What the elements of arrays are.

use crate::ir::{Fold, Scalar};
use gdl_rep::Exact;

/// Numbers that a program can run on. Operations never fail: what is undefined (1/0 in a field) is a *poison* element,
/// which every operation passes on.
pub trait Algebra: Copy + 'static {
    /// A constant of the program.
    fn constant(x: Exact) -> Self;
    /// x + y
    fn add(self, y: Self) -> Self;
    /// x y
    fn mul(self, y: Self) -> Self;
    /// A scalar function; `args` has as many elements as the function has arguments.
    fn apply(f: Scalar, args: &[Self]) -> Self;
    /// The value of a fold over nothing: 0, 1, −∞, ∞.
    fn empty(fold: Fold) -> Self;
    /// Is the element undefined (or not a number)?
    fn is_poison(self) -> bool;

    /// One more element in a fold.
    fn fold(fold: Fold, x: Self, y: Self) -> Self {
        match fold {
            Fold::Sum => x.add(y),
            Fold::Prod => x.mul(y),
            Fold::Max => Self::apply(Scalar::Max, &[x, y]),
            Fold::Min => Self::apply(Scalar::Min, &[x, y]),
        }
    }

    /// An integer.
    fn int(n: i64) -> Self {
        Self::constant(Exact::int(n))
    }
}

/// Floating point in double precision: the reference for the back ends.
pub type Real64 = f64;

impl Algebra for f64 {
    fn constant(x: Exact) -> f64 {
        x.f
    }
    fn add(self, y: f64) -> f64 {
        self + y
    }
    fn mul(self, y: f64) -> f64 {
        self * y
    }
    fn apply(f: Scalar, args: &[f64]) -> f64 {
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
    fn empty(fold: Fold) -> f64 {
        match fold {
            Fold::Sum => 0.0,
            Fold::Prod => 1.0,
            Fold::Max => f64::NEG_INFINITY,
            Fold::Min => f64::INFINITY,
        }
    }
    fn is_poison(self) -> bool {
        self.is_nan()
    }
}

/// The error function: its series where that converges fast, otherwise the continued fraction of its complement.
pub fn erf(x: f64) -> f64 {
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
