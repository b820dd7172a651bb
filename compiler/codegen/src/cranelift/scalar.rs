//! Scalar functions of the IR as instructions.

use super::lanes::{Num, Ops};
use cranelift::prelude::*;
use gdl_core::ir::Scalar;
use gdl_runtime::maths::calls;

/// Applies a scalar function; `args` are as many as it takes.
pub fn apply(o: &mut Ops<'_, '_>, f: Scalar, args: &[Num]) -> Num {
    match args {
        [x] => o.each([x], |o, [x]| unary(o, f, x)),
        [x, y] => o.each([x, y], |o, [x, y]| binary(o, f, x, y)),
        [c, x, y] => o.each([c, x, y], |o, [c, x, y]| {
            let ty = o.b.func.dfg.value_type(c);
            let zero = o.num(ty, 0.0);
            o.compare(FloatCC::NotEqual, [c, zero], [x, y])
        }),
        _ => {
            let ty = o.scalar();
            Num::One(o.num(ty, f64::NAN))
        }
    }
}

fn unary(o: &mut Ops<'_, '_>, f: Scalar, x: Value) -> Value {
    let ty = o.b.func.dfg.value_type(x);
    match f {
        Scalar::Neg => o.b.ins().fneg(x),
        Scalar::Exp => o.exp(x),
        Scalar::Log => o.log(x),
        Scalar::Sqrt => o.b.ins().sqrt(x),
        Scalar::Sin => o.call_each(calls::SIN, [x]),
        Scalar::Cos => o.call_each(calls::COS, [x]),
        Scalar::Erf => o.call_each(calls::ERF, [x]),
        Scalar::Tanh => o.tanh(x),
        Scalar::Sigmoid => o.sigmoid(x),
        Scalar::Abs => o.b.ins().fabs(x),
        Scalar::Floor => o.floor(x),
        Scalar::Relu => {
            let zero = o.num(ty, 0.0);
            o.max(x, zero)
        }
        Scalar::Sign => {
            let [minus, zero, one] = [-1.0, 0.0, 1.0].map(|c| o.num(ty, c));
            let below = o.compare(FloatCC::LessThan, [x, zero], [minus, zero]);
            o.compare(FloatCC::GreaterThan, [x, zero], [one, below])
        }
        Scalar::PowI(n) => power(o, x, n),
        _ => x,
    }
}

fn binary(o: &mut Ops<'_, '_>, f: Scalar, x: Value, y: Value) -> Value {
    let ty = o.b.func.dfg.value_type(x);
    match f {
        Scalar::Add => o.b.ins().fadd(x, y),
        Scalar::Sub => o.b.ins().fsub(x, y),
        Scalar::Mul => o.b.ins().fmul(x, y),
        Scalar::Div => o.b.ins().fdiv(x, y),
        Scalar::Pow => o.call_each(calls::POW, [x, y]),
        Scalar::Max => o.max(x, y),
        Scalar::Min => o.min(x, y),
        Scalar::Lt | Scalar::Le | Scalar::Eq => {
            let cc = match f {
                Scalar::Lt => FloatCC::LessThan,
                Scalar::Le => FloatCC::LessThanOrEqual,
                _ => FloatCC::Equal,
            };
            let [one, zero] = [1.0, 0.0].map(|c| o.num(ty, c));
            o.compare(cc, [x, y], [one, zero])
        }
        _ => x,
    }
}

/// x^n by squaring.
fn power(o: &mut Ops<'_, '_>, x: Value, n: i32) -> Value {
    let ty = o.b.func.dfg.value_type(x);
    let one = o.num(ty, 1.0);
    let (mut result, mut square, mut left) = (None, x, n.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result = Some(match result {
                Some(r) => o.b.ins().fmul(r, square),
                None => square,
            });
        }
        left >>= 1;
        if left > 0 {
            square = o.b.ins().fmul(square, square);
        }
    }
    let value = result.unwrap_or(one);
    if n < 0 { o.b.ins().fdiv(one, value) } else { value }
}
