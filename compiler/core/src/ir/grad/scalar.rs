//! Derivatives of scalar functions, for both modes.

use crate::ir::build::Builder;
use crate::ir::{Scalar, Value};
use gdl_rep::Exact;

/// g · ∂f/∂(argument k), where `out` = f(args); `None` if it is zero everywhere.
pub(super) fn derivative(b: &mut Builder, f: Scalar, args: &[Value], out: Value, k: usize, g: Value) -> Option<Value> {
    let x = args[0];
    let y = *args.get(1).unwrap_or(&x);
    Some(match (f, k) {
        (Scalar::Add, _) | (Scalar::Sub, 0) => g,
        (Scalar::Sub, _) | (Scalar::Neg, _) => b.neg(g),
        (Scalar::Mul, 0) => b.mul(g, y),
        (Scalar::Mul, _) => b.mul(g, x),
        (Scalar::Div, 0) => b.div(g, y),
        (Scalar::Div, _) => {
            let product = b.mul(g, out);
            let quotient = b.div(product, y);
            b.neg(quotient)
        }
        (Scalar::Exp, _) => b.mul(g, out),
        (Scalar::Log, _) => b.div(g, x),
        (Scalar::Sqrt, _) => {
            // 0 at 0, so that the gradient of a length is 0 there: the only vector that is fixed by what fixes 0.
            let (zero, one) = (b.zeros_like(out), b.ones_like(out));
            let half = b.scale(g, Exact::ratio(1, 2));
            let safe = b.select(out, out, one);
            let slope = b.div(half, safe);
            b.select(out, slope, zero)
        }
        (Scalar::Sin, _) => {
            let cos = b.map1(Scalar::Cos, x);
            b.mul(g, cos)
        }
        (Scalar::Cos, _) => {
            let sin = b.map1(Scalar::Sin, x);
            let product = b.mul(g, sin);
            b.neg(product)
        }
        (Scalar::Tanh, _) => {
            let square = b.mul(out, out);
            let ones = b.ones_like(out);
            let slope = b.sub(ones, square);
            b.mul(g, slope)
        }
        (Scalar::Sigmoid, _) => {
            let ones = b.ones_like(out);
            let rest = b.sub(ones, out);
            let slope = b.mul(out, rest);
            b.mul(g, slope)
        }
        (Scalar::Erf, _) => {
            let square = b.mul(x, x);
            let square = b.neg(square);
            let bell = b.map1(Scalar::Exp, square);
            let slope = b.scale(bell, Exact::inexact(std::f64::consts::FRAC_2_SQRT_PI));
            b.mul(g, slope)
        }
        (Scalar::Abs, _) => {
            let sign = b.map1(Scalar::Sign, x);
            b.mul(g, sign)
        }
        (Scalar::Relu, _) => {
            let zero = b.zeros_like(x);
            let positive = b.map2(Scalar::Lt, zero, x);
            b.select(positive, g, zero)
        }
        (Scalar::PowI(0), _) => return None,
        (Scalar::PowI(n), _) => {
            let power = b.map1(Scalar::PowI(n - 1), x);
            let slope = b.scale(power, Exact::int(i64::from(n)));
            b.mul(g, slope)
        }
        (Scalar::Pow, 0) => {
            let less = b.shift(y, Exact::int(-1));
            let power = b.map2(Scalar::Pow, x, less);
            let slope = b.mul(y, power);
            b.mul(g, slope)
        }
        (Scalar::Pow, _) => {
            // log 1 in the place of log 0: the power is 0 there.
            let ones = b.ones_like(x);
            let safe = b.select(x, x, ones);
            let log = b.map1(Scalar::Log, safe);
            let slope = b.mul(out, log);
            b.mul(g, slope)
        }
        (Scalar::Max, 0) | (Scalar::Min, 1) => extremum(b, y, x, g),
        (Scalar::Max, _) | (Scalar::Min, _) => extremum(b, x, y, g),
        (Scalar::Select, 1) => {
            let zero = b.zeros_like(g);
            b.select(x, g, zero)
        }
        (Scalar::Select, 2) => {
            let zero = b.zeros_like(g);
            b.select(x, zero, g)
        }
        (Scalar::Select | Scalar::Sign | Scalar::Floor | Scalar::Lt | Scalar::Le | Scalar::Eq, _) => return None,
    })
}

/// g where low < high, g/2 where they are equal.
fn extremum(b: &mut Builder, low: Value, high: Value, g: Value) -> Value {
    let less = b.map2(Scalar::Lt, low, high);
    let equal = b.map2(Scalar::Eq, low, high);
    let half = b.scale(g, Exact::ratio(1, 2));
    let zero = b.zeros_like(g);
    let tied = b.select(equal, half, zero);
    b.select(less, g, tied)
}
